// SPDX-License-Identifier: GPL-2.0
/*
 * Getting hold of somebody else's pipe without disturbing it.
 *
 * To open a FIFO is to take part in it: whoever waits in an open for the other
 * side goes on, and is alone again when we leave. So nothing is opened here as
 * long as a process holds the pipe: its descriptor is borrowed (pidfd_getfd(2),
 * which adds no reader and no writer), or where that is not allowed opened
 * once more in the same direction, which changes nothing for the others either.
 */
#define _GNU_SOURCE	/* O_PATH */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tool.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open	434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd	438
#endif

/* What a search of the processes came to */
enum found {
	NOWHERE,
	OURS,
	NOT_OURS,
};

/* A descriptor of a process, by its numbers */
struct place {
	int pid;
	int fd;
};

void pipe_drop(struct pipe_handle *handle)
{
	close(handle->fd);
	handle->fd = -1;
}

/* Take over @fd if it is one of kipc's pipes, close it otherwise. */
static bool pipe_accept(int fd, int mode, struct pipe_handle *handle)
{
	struct kipc_pipe_size size;

	if (ioctl(fd, KIPC_IOC_PIPE_GET_SIZE, &size) < 0) {
		int err = errno;

		close(fd);
		errno = err;
		return false;
	}
	handle->fd = fd;
	handle->readers = mode == O_RDONLY || mode == O_RDWR;
	handle->writers = mode == O_WRONLY || mode == O_RDWR;
	return true;
}

static int pipe_borrow(const struct place *place)
{
	int pidfd, fd, err;

	pidfd = syscall(SYS_pidfd_open, place->pid, 0);
	if (pidfd < 0)
		return -1;
	fd = syscall(SYS_pidfd_getfd, pidfd, place->fd, 0);
	err = errno;
	close(pidfd);
	errno = err;
	return fd;
}

/* The O_ACCMODE of a process's descriptor, -1 if it cannot be told. */
static int place_mode(const struct place *place)
{
	char path[64], line[128];
	unsigned int flags;
	int mode = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", place->pid, place->fd);
	file = fopen(path, "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "flags: %o", &flags) == 1 && !(flags & O_PATH))
			mode = flags & O_ACCMODE;
	}
	fclose(file);
	return mode;
}

static int pipe_open_again(const struct place *place, int mode)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", place->pid, place->fd);
	return open(path, mode | O_NONBLOCK | O_CLOEXEC);
}

/* False with errno set; ENOTTY: it is open there, but not a pipe of kipc. */
static bool pipe_at(const struct place *place, struct pipe_handle *handle)
{
	int fd, mode;

	fd = pipe_borrow(place);
	if (fd >= 0)
		return pipe_accept(fd, -1, handle);
	mode = place_mode(place);
	if (mode < 0)
		return false;
	fd = pipe_open_again(place, mode);
	return fd >= 0 && pipe_accept(fd, mode, handle);
}

static int number(const char *text)
{
	char *end;
	long value;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	value = strtol(text, &end, 10);
	return errno || *end || value > INT32_MAX ? -1 : (int)value;
}

/*
 * Search the descriptors of process @pid for the file @want; NOT_OURS: it is open
 * there, and so it is the kernel's.
 */
static enum found search_process(int pid, const struct stat *want, struct pipe_handle *handle)
{
	struct place place = { .pid = pid };
	enum found found = NOWHERE;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return NOWHERE;
	while (found == NOWHERE && (entry = readdir(dir))) {
		struct stat st;

		place.fd = number(entry->d_name);
		if (place.fd < 0 || fstatat(dirfd(dir), entry->d_name, &st, 0) ||
		    st.st_dev != want->st_dev || st.st_ino != want->st_ino)
			continue;
		if (pipe_at(&place, handle))
			found = OURS;
		else if (errno == ENOTTY)
			found = NOT_OURS;
	}
	closedir(dir);
	return found;
}

static enum found search_all(const struct stat *want, struct pipe_handle *handle)
{
	enum found found = NOWHERE;
	struct dirent *entry;
	DIR *proc;

	proc = opendir("/proc");
	if (!proc)
		return NOWHERE;
	while (found == NOWHERE && (entry = readdir(proc))) {
		int pid = number(entry->d_name);

		if (pid > 0)
			found = search_process(pid, want, handle);
	}
	closedir(proc);
	return found;
}

static int not_ours(const char *path)
{
	fail("%s is a pipe, but not one of kipc", path);
	return -1;
}

/* Only what lies in a kipcfs can become a pipe of kipc by being opened. */
static bool in_kipcfs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) || fs.f_type == KIPCFS_MAGIC;
}

/*
 * Find the pipe or FIFO @path, which may be of the form /proc/PID/fd/N. A FIFO
 * that no process holds is opened for reading, which is seen by whoever waits in
 * an open of it; or where @advice says what to do instead, that is told.
 */
int pipe_find(const char *path, const char *advice, struct pipe_handle *handle)
{
	struct place place;
	struct stat st;
	int fd, len = 0;

	if (stat(path, &st)) {
		fail("cannot look at %s: %s%s", path, strerror(errno),
		     errno == EACCES ? "; its owner or root can" : "");
		return -1;
	}
	if (!S_ISFIFO(st.st_mode)) {
		fail("%s is not a pipe or FIFO", path);
		return -1;
	}
	if (sscanf(path, "/proc/%d/fd/%d%n", &place.pid, &place.fd, &len) == 2 && !path[len]) {
		if (pipe_at(&place, handle))
			return 0;
		if (errno == ENOTTY)
			return not_ours(path);
		fail("cannot get at %s: %s; its owner or root can", path, strerror(errno));
		return -1;
	}

	switch (search_all(&st, handle)) {
	case OURS:
		return 0;
	case NOT_OURS:
		return not_ours(path);
	case NOWHERE:
		break;
	}
	if (!in_kipcfs(path))
		return not_ours(path);
	if (advice) {
		fail("%s is not open in any process that you may look into; %s", path, advice);
		return -1;
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		fail("cannot open %s for reading: %s", path, strerror(errno));
		return -1;
	}
	if (!pipe_accept(fd, O_RDONLY, handle))
		return not_ours(path);
	return 0;
}
