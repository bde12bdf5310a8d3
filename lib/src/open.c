// SPDX-License-Identifier: GPL-2.0
/* The way to an instance, and the sentences about it when there is none. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib.h"

static const char default_path[] = "/dev/" KIPC_DEVICE_NAME;

/* Where it went wrong: the same errno means something else at each of them. */
enum step {
	STEP_NODE,	/* opening the node */
	STEP_CONTROL,	/* opening that of a directory */
	STEP_QUERY,	/* the first call */
	STEP_ABI,	/* comparing versions */
};

struct attempt {
	const char *path;
	unsigned int abi_wanted;
	unsigned int abi;
	enum step step;
};

/* close(2) that keeps errno */
static void close_quietly(int fd)
{
	int err = errno;

	close(fd);
	errno = err;
}

/* A program with more rights than its user must not be led elsewhere by that user. */
static const char *choose_path(const char *path)
{
	if (path && *path)
		return path;
	path = secure_getenv("KIPC_DEV");
	return path && *path ? path : default_path;
}

static int open_path(const char *path)
{
	/* O_NOCTTY: a wrong path must not change more than it has to */
	return open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
}

static int open_node(struct attempt *attempt)
{
	static const char name[] = "/control";
	size_t len = strlen(attempt->path);
	char control[PATH_MAX];
	int fd = open_path(attempt->path);

	/* a directory is never opened to be written */
	if (fd >= 0 || errno != EISDIR)
		return fd;
	attempt->step = STEP_CONTROL;
	if (len + sizeof(name) > sizeof(control)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(control, attempt->path, len);
	memcpy(control + len, name, sizeof(name));
	return open_path(control);
}

static int check_node(struct attempt *attempt, int fd)
{
	struct kipc_stats stats;
	int abi;

	attempt->step = STEP_QUERY;
	/* only instances serve this one: the path may be that of a FIFO in a kipcfs */
	if (kipc_stats(fd, &stats, sizeof(stats))) {
		/* what some files say to a call that they do not know */
		if (errno == EINVAL)
			errno = ENOTTY;
		return -1;
	}
	abi = kipc_abi(fd);
	if (abi < 0)
		return -1;
	attempt->step = STEP_ABI;
	attempt->abi = abi;
	if (attempt->abi >= attempt->abi_wanted)
		return 0;
	errno = EPROTONOSUPPORT;
	return -1;
}

static int attempt_open(struct attempt *attempt)
{
	int fd = open_node(attempt);

	if (fd < 0)
		return -1;
	if (!check_node(attempt, fd))
		return fd;
	close_quietly(fd);
	return -1;
}

int kipc_open(const char *path)
{
	struct attempt attempt = { .path = choose_path(path) };

	return attempt_open(&attempt);
}

/* What to say of an open that failed, after the path */
static const struct problem {
	int err;
	const char *text;
} node_problems[] = {
	{ ENOENT,
	  "does not exist; give the path of a node of kipc, or of a directory where a kipcfs is mounted (KIPC_DEV)"
	},
	{ ENXIO,
	  "has no driver: kipc's module is not loaded; load it as root (modprobe kipc)"
	},
	{ ENODEV,
	  "has no driver: kipc's module is not loaded; load it as root (modprobe kipc)"
	},
	{ EACCES,
	  "may not be opened by this user; it is open to everybody unless a udev rule, chmod or an option of the mount has changed that"
	},
	{ EPERM,
	  "may not be opened by this user; it is open to everybody unless a udev rule, chmod or an option of the mount has changed that"
	},
	{ EROFS,
	  "is on a read-only mount; run 'mount -o remount,rw' on it as root"
	},
	{ EMFILE,
	  "cannot be opened: this process has no descriptor left; raise 'ulimit -n'"
	},
	{ ENFILE,
	  "cannot be opened: the system has no descriptor left; raise fs.file-max"
	},
};

static const char not_loaded[] =
	"does not exist: kipc's module is not loaded; load it as root (modprobe kipc)";

static const char not_mounted[] =
	"has no node 'control': no kipcfs is mounted there (mount -t kipcfs none DIRECTORY)";

static const char not_kipc[] =
	"is not a node of kipc; give the path of one, or of where a kipcfs is mounted (KIPC_DEV)";

static const char *node_problem(const struct attempt *attempt, int err)
{
	const size_t n = sizeof(node_problems) / sizeof(node_problems[0]);

	if (err == ENOENT && attempt->step == STEP_CONTROL)
		return not_mounted;
	if (err == ENOENT && !strcmp(attempt->path, default_path))
		return not_loaded;
	for (size_t i = 0; i < n; i++) {
		if (node_problems[i].err == err)
			return node_problems[i].text;
	}
	return NULL;
}

static void explain(const struct attempt *attempt, int err, char *why, size_t size)
{
	const char *problem = NULL;

	if (attempt->step == STEP_NODE || attempt->step == STEP_CONTROL)
		problem = node_problem(attempt, err);
	else if (attempt->step == STEP_QUERY && err == ENOTTY)
		problem = not_kipc;

	if (problem)
		snprintf(why, size, "%s %s", attempt->path, problem);
	else if (attempt->step == STEP_QUERY)
		snprintf(why, size,
			 "%s refuses the first call (%s): let the sandbox's filter of system calls, or the security module, allow ioctl() of type 0x%x",
			 attempt->path, strerror(err), KIPC_IOC_TYPE);
	else if (attempt->step == STEP_ABI)
		snprintf(why, size,
			 "%s belongs to version %u of kipc's module, and version %u or later is needed; load a newer module",
			 attempt->path, attempt->abi, attempt->abi_wanted);
	else
		snprintf(why, size, "%s cannot be opened: %s", attempt->path, strerror(err));
}

int kipc_open_why(const char *path, unsigned int abi, char *why, size_t size)
{
	struct attempt attempt = { .path = choose_path(path), .abi_wanted = abi };
	int fd = attempt_open(&attempt);
	int err = errno;

	if (fd < 0 && why) {
		explain(&attempt, err, why, size);
		errno = err;
	}
	return fd;
}
