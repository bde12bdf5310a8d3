/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A control group of the test's own, with a limit of memory.
 */
#ifndef KIPC_MEMCG_H
#define KIPC_MEMCG_H

#include "mounts.h"

#define MEMCG	"/sys/fs/cgroup/kipc-test"

static inline int memcg_write(const char *file, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), MEMCG "/%s", file);
	return file_write(path, value);
}

/* The group must be empty in the end: memcg_remove(). */
static inline int memcg_make(const char *max)
{
	rmdir(MEMCG);
	if (mkdir(MEMCG, 0755))
		return -1;
	return memcg_write("memory.max", max);
}

static inline int memcg_remove(void)
{
	return EVENTUALLY(!rmdir(MEMCG) || errno == ENOENT) ? 0 : -1;
}

static inline int memcg_enter(void)
{
	return memcg_write("cgroup.procs", "0");
}

static inline int memcg_leave(void)
{
	return file_write("/sys/fs/cgroup/cgroup.procs", "0");
}

/* The value of a line of @file, or of the file if @name is NULL; -1 if there is none. */
static inline long long memcg_read(const char *file, const char *name)
{
	char path[128], buf[8192], *line, *next;
	size_t len = name ? strlen(name) : 0;

	snprintf(path, sizeof(path), MEMCG "/%s", file);
	if (file_read(path, buf, sizeof(buf)) < 0)
		return -1;
	for (line = buf; line; line = next) {
		next = strchr(line, '\n');
		next = next ? next + 1 : NULL;
		if (!name)
			return strtoll(line, NULL, 10);
		if (!strncmp(line, name, len) && line[len] == ' ')
			return strtoll(line + len, NULL, 10);
	}
	return -1;
}

#endif /* KIPC_MEMCG_H */
