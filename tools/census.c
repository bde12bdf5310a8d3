// SPDX-License-Identifier: GPL-2.0
/* All uses of kipc's objects by all processes that one may look into; see users.h. */
#define _GNU_SOURCE	/* O_PATH */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "users.h"

/* As memory of a segment is called, before its key */
static const char memory_name[] = "/kipc_shm:";

/* The name of a process, or of a thread; "?" if it is gone */
const char *process_name(int pid, char *name, size_t len)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(name, len, file))
		snprintf(name, len, "?");
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = '\0';
	make_printable(name);
	return name;
}

/* Call @line for the lines of fdinfo; false if it cannot be read. */
bool fdinfo_lines(int pid, int fd, void (*line)(void *arg, char *text), void *arg)
{
	char path[64], text[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		line(arg, text);
	}
	fclose(file);
	return true;
}

static void read_instance(void *arg, char *text)
{
	unsigned int *number = arg;

	if (sscanf(text, "kipc-instance:\t%u", number) != 1)
		return;
}

/* Which instance a node leads to, 0 if the module does not tell */
unsigned int instance_number(int device)
{
	unsigned int number = 0;

	fdinfo_lines(getpid(), device, read_instance, &number);
	return number;
}

/* 0, or -1 for lack of memory */
static int census_add(struct census *census, const struct use *use)
{
	char *path = use->path ? strdup(use->path) : NULL;
	struct use *uses = census->uses;

	if (use->path && !path)
		return -1;

	/* room is a power of two */
	if (!(census->n & (census->n - 1))) {
		size_t room = census->n ? 2 * (size_t)census->n : 1;

		uses = realloc(uses, room * sizeof(*uses));
		if (!uses) {
			free(path);
			return -1;
		}
		census->uses = uses;
	}
	uses[census->n] = *use;
	uses[census->n++].path = path;
	return 0;
}

static bool is_same(const struct use *a, const struct use *b)
{
	if (a->pid != b->pid || a->kind != b->kind)
		return false;
	if (!a->kind || a->kind == &kind_shm)
		return a->dev == b->dev && a->ino == b->ino &&
		       a->ctime.tv_nsec == b->ctime.tv_nsec &&
		       a->ctime.tv_sec == b->ctime.tv_sec;
	return a->instance == b->instance && a->id == b->id;
}

/* One more use; what a process has of an object is counted together. */
static int census_note(struct census *census, const struct use *use)
{
	struct use *known;

	for (int i = census->n - 1; i >= 0 && census->uses[i].pid == use->pid; i--) {
		known = &census->uses[i];
		if (!is_same(known, use))
			continue;
		known->descriptors += use->descriptors;
		known->readers += use->readers;
		known->writers += use->writers;
		known->attached += use->attached;
		if (known->fd < 0)
			known->fd = use->fd;
		return 0;
	}
	return census_add(census, use);
}

/* --- descriptors */

static void read_use(void *arg, char *text)
{
	struct use *use = arg;
	unsigned int flags;
	char name[8];

	if (sscanf(text, "flags: %o", &flags) == 1 && !(flags & O_PATH)) {
		use->descriptors = 1;
		use->readers = (flags & O_ACCMODE) != O_WRONLY;
		use->writers = (flags & O_ACCMODE) != O_RDONLY;
	} else if (sscanf(text, "kipc-%3[a-z]-id:\t%d", name, &use->id) == 2) {
		for (size_t i = 0; i < kinds_count; i++)
			if (!strcmp(kinds[i]->name, name))
				use->kind = kinds[i];
	} else if (!strncmp(text, "kipc-written:", 13)) {
		use->is_pipe = true;
	} else {
		read_instance(&use->instance, text);
	}
}

/* Is what a link below fd/ leads to perhaps an object? */
static bool is_candidate(const char *link)
{
	return !strncmp(link, "anon_inode:[kipc_", 17) || !strncmp(link, "kipc_pipe:", 10) ||
	       *link == '/';
}

/* stat(2) that asks no server: files of all kinds are looked at, and theirs may be dead. */
static int stat_as_known(const char *path, struct statx *stx)
{
	return statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, stx);
}

/* 0 or -1 for lack of memory; what is not one of kipc's is passed over. */
static int look_at_fd(struct census *census, struct use use)
{
	char path[64], link[PATH_MAX];
	struct statx stx;
	bool is_fifo;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", use.pid, use.fd);
	n = readlink(path, link, sizeof(link) - 1);
	if (n < 0)
		return 0;
	link[n] = '\0';
	if (!is_candidate(link) || stat_as_known(path, &stx))
		return 0;
	is_fifo = S_ISFIFO(stx.stx_mode);
	if (!is_fifo && *link == '/' && strncmp(link, memory_name, strlen(memory_name)))
		return 0;
	if (!fdinfo_lines(use.pid, use.fd, read_use, &use) || !use.descriptors)
		return 0;
	/* the kernel's own FIFOs say nothing of kipc */
	if (is_fifo ? !use.is_pipe : !use.kind)
		return 0;
	if (!use.kind || use.kind == &kind_shm) {
		use.dev = makedev(stx.stx_dev_major, stx.stx_dev_minor);
		use.ino = stx.stx_ino;
	}
	if (use.kind == &kind_shm) {
		use.ctime.tv_sec = stx.stx_ctime.tv_sec;
		use.ctime.tv_nsec = stx.stx_ctime.tv_nsec;
	}
	use.path = link;
	return census_note(census, &use);
}

static int look_at_fds(struct census *census, const struct use *process)
{
	struct use use = *process;
	struct dirent *entry;
	char path[64];
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", use.pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (!err && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		use.fd = atoi(entry->d_name);
		err = look_at_fd(census, use);
	}
	closedir(dir);
	return err;
}

/* --- memory */

/*
 * A line of maps. Memory of another instance can have the same name and numbers; only root
 * may look at the file behind it, and see when that was changed.
 */
static int look_at_mapping(struct census *census, struct use use, const char *line)
{
	unsigned long from, to, ino;
	unsigned int major, minor;
	char path[96];
	struct stat st;

	if (!strstr(line, memory_name) ||
	    sscanf(line, "%lx-%lx %*s %*s %x:%x %lu", &from, &to, &major, &minor, &ino) != 5)
		return 0;
	use.kind = &kind_shm;
	use.attached = 1;
	use.id = ino;
	use.ino = ino;
	use.dev = makedev(major, minor);
	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", use.pid, from, to);
	if (!stat(path, &st))
		use.ctime = st.st_ctim;
	return census_note(census, &use);
}

static int look_at_memory(struct census *census, const struct use *process)
{
	char path[64], line[512];
	struct use use = *process;
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", use.pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (!err && fgets(line, sizeof(line), file))
		err = look_at_mapping(census, use, line);
	fclose(file);
	return err;
}

/* --- processes */

/* 0 or -1 for lack of memory */
int census_take(struct census *census)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	int err = 0;

	*census = (struct census){ };
	while (proc && !err && (entry = readdir(proc))) {
		struct use use = { .fd = -1, .id = KIPC_ID_SELF };

		if (!isdigit((unsigned char)*entry->d_name))
			continue;
		use.pid = atoi(entry->d_name);
		process_name(use.pid, use.name, sizeof(use.name));
		err = look_at_fds(census, &use);
		use.fd = -1;
		if (!err)
			err = look_at_memory(census, &use);
	}
	if (proc)
		closedir(proc);
	if (err)
		census_drop(census);
	return err;
}

void census_drop(struct census *census)
{
	for (int i = 0; i < census->n; i++)
		free(census->uses[i].path);
	free(census->uses);
	*census = (struct census){ };
}
