/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc/PID/maps knows about the mappings of a segment: the oracle for the number
 * of attachments.
 */
#ifndef KIPC_SHM_MAPS_H
#define KIPC_SHM_MAPS_H

#include "kipc_test.h"

struct mapping {
	char *begin;
	char *end;
	unsigned long offset;
	bool writable;
	bool shared;
	unsigned long inode;
	char name[64];
};

/* The next line of maps, false at the end. */
static inline bool maps_next(FILE *f, struct mapping *m)
{
	unsigned long begin, end;
	char line[1024], mode[8];
	int n;

	if (!fgets(line, sizeof(line), f))
		return false;
	memset(m, 0, sizeof(*m));
	n = sscanf(line, "%lx-%lx %7s %lx %*s %lu %63[^\n]", &begin, &end, mode, &m->offset,
		   &m->inode, m->name);
	if (n < 5)
		return false;
	m->begin = (char *)begin;
	m->end = (char *)end;
	m->writable = mode[1] == 'w';
	m->shared = mode[3] == 's';
	return true;
}

static inline FILE *maps_open(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	return fopen(path, "re");
}

/*
 * The mappings of a process whose file has this inode number and a name that begins
 * like this: how many there are, and the first @max of them.
 */
static inline int maps_find(pid_t pid, unsigned long inode, const char *prefix,
			    struct mapping *found, int max)
{
	FILE *f = maps_open(pid);
	struct mapping m;
	int n = 0;

	if (!f)
		return -1;
	while (maps_next(f, &m)) {
		if (m.inode != inode || strncmp(m.name, prefix, strlen(prefix)))
			continue;
		if (n < max)
			found[n] = m;
		n++;
	}
	fclose(f);
	return n;
}

/* The mapping that @addr lies in. */
static inline bool maps_at(const void *addr, struct mapping *m)
{
	FILE *f = maps_open(getpid());
	bool found = false;

	while (f && !found && maps_next(f, m))
		found = m->begin <= (char *)addr && (char *)addr < m->end;
	if (f)
		fclose(f);
	return found;
}

#endif /* KIPC_SHM_MAPS_H */
