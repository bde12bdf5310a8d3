// SPDX-License-Identifier: GPL-2.0
/* The way to the device: where calls go, and what the user is told if it cannot be there. */
#include "shim.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* The first version of the ABI that has all the families. */
#define ABI_NEEDED 4

/* The path of the node; NULL: nobody has looked yet. */
static const char *node;
static char control[sizeof(((struct shim_config *)0)->device) + sizeof("/control")];
/* enum shim_world, or -1 as long as nobody has looked */
static int world = -1;

/* Flags that together no program gives a descriptor of its own; O_NOCTTY: it may be a terminal. */
#define MARKS (O_RDONLY | O_APPEND | O_DSYNC | O_NONBLOCK)

static int open_path(const char *path)
{
	return SHIM_RAW(SYS_openat, AT_FDCWD, path, MARKS | O_CLOEXEC | O_NOCTTY, 0);
}

bool shim_is_ours(int fd)
{
	struct kipc_stats stats = { 0 };
	long flags = SHIM_RAW(SYS_fcntl, fd, F_GETFL);

	return flags >= 0 && (flags & (O_ACCMODE | MARKS)) == MARKS &&
	       SHIM_RAW(SYS_ioctl, fd, KIPC_IOC_STATS, &stats) == 0;
}

bool shim_is_still_ours(int fd)
{
	long flags = SHIM_RAW(SYS_fcntl, fd, F_GETFL);

	/* a filter may not let us see */
	return flags < 0 ? flags != -EBADF : (flags & (O_ACCMODE | MARKS)) == MARKS;
}

/* Who opens a node in our place. */
struct opener {
	const char *path;
	int fd;
};

static int open_in_place(void *arg)
{
	struct opener *opener = arg;
	struct rlimit64 limit;

	if (SHIM_RAW(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0)
		return 0;
	limit.rlim_cur = limit.rlim_max - limit.rlim_cur < SHIM_MORE_FDS ?
		limit.rlim_max : limit.rlim_cur + SHIM_MORE_FDS;
	if (SHIM_RAW(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL) == 0)
		opener->fd = open_path(opener->path);
	return 0;
}

/*
 * The process has all the descriptors that its soft limit allows. That limit is not ours to
 * raise, not even for a moment: other threads have it, too, and children inherit it. So a task
 * that shares memory and descriptors with us, but not the limit, opens the node while we wait.
 * No handler of the program may run in it.
 */
static int open_above_limit(const char *path)
{
	struct opener opener = { .path = path, .fd = -EMFILE };
	char stack[8192] __attribute__((aligned(16)));
	__u64 all = ~0ULL, mask;
	int error = errno, pid;

	SHIM_RAW(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof(mask));
	pid = clone(open_in_place, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_UNTRACED, &opener);
	if (pid > 0)
		SHIM_RAW(SYS_wait4, pid, NULL, __WCLONE, NULL);
	SHIM_RAW(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
	errno = error;
	return opener.fd;
}

/* Nobody is to find the device where he expects his standard output. */
static int above_standard(int fd)
{
	int high;

	if (fd < 0 || fd > 2)
		return fd;
	high = SHIM_RAW(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3);
	if (high < 0)
		return fd;
	if (shim_is_still_ours(fd))
		SHIM_RAW(SYS_close, fd);
	return high;
}

static int open_node(const char *path)
{
	int fd = open_path(path);

	if (fd == -EMFILE)
		fd = open_above_limit(path);
	return above_standard(fd);
}

static bool is_passing(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR;
}

/* Open KIPC_DEV for the first time, and learn whether it is a directory. */
static int find_node(void)
{
	const char *device = shim_config()->device;
	int fd;

	snprintf(control, sizeof(control), "%s/control", device);
	fd = open_node(control);
	/* says nothing about the path: it is not even looked at */
	if (is_passing(-fd))
		return fd;
	if (fd != -ENOTDIR) {
		__atomic_store_n(&node, control, __ATOMIC_RELEASE);
		return fd;
	}
	__atomic_store_n(&node, device, __ATOMIC_RELEASE);
	return open_node(device);
}

enum trouble {
	NO_TROUBLE,
	ABSENT,
	NOT_MOUNTED,
	NO_DRIVER,
	NOT_OURS,
	FORBIDDEN,
	IOCTL_FORBIDDEN,
	TOO_OLD,
	NO_DESCRIPTOR,
	OTHER_TROUBLE,
};

static const char *const trouble_texts[] = {
	[ABSENT] =
	"it does not exist; load the module (modprobe kipc), or set KIPC_DEV to where a kipcfs is mounted",
	[NOT_MOUNTED] =
	"no kipcfs is mounted there; mount one (mount -t kipcfs none DIRECTORY), or set KIPC_DEV to another",
	[NO_DRIVER] =
	"no driver stands behind it; load the module (modprobe kipc)",
	[NOT_OURS] =
	"it is not a node of kipc; set KIPC_DEV to a node, or to where a kipcfs is mounted",
	[FORBIDDEN] =
	"you may not open it, or seccomp does not let this process open anything",
	[IOCTL_FORBIDDEN] =
	"this process may not make ioctl calls, as by seccomp; allow them for the type 0xBB",
	[TOO_OLD] =
	"its module is too old for this library; load the kipc module that came with the library",
	[NO_DESCRIPTOR] =
	"the process has as many descriptors as it may, and each call needs one for a moment; raise 'ulimit -n' and 'ulimit -Hn'",
	[OTHER_TROUBLE] =
	"it cannot be opened",
};

/* Whether the node is one of a module that fits. */
static enum trouble check_node(int fd)
{
	struct kipc_query query = { .nr = KIPC_NR_QUERY };
	long ret = SHIM_RAW(SYS_ioctl, fd, KIPC_IOC_QUERY, &query);

	/* EBADF: another thread, or a handler, has closed it */
	if (ret == -ENOTTY || ret == -EINVAL || ret == -EBADF)
		return NOT_OURS;
	if (ret < 0)
		return IOCTL_FORBIDDEN;
	return query.abi < ABI_NEEDED ? TOO_OLD : NO_TROUBLE;
}

static enum trouble open_trouble(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return ABSENT;
	case ENXIO:
	case ENODEV:
		return NO_DRIVER;
	case EACCES:
	case EPERM:
		return FORBIDDEN;
	case EMFILE:
		return NO_DESCRIPTOR;
	}
	return OTHER_TROUBLE;
}

/* Is there a directory, without what a kipcfs has in it? */
static bool is_directory(const char *path)
{
	int fd = SHIM_RAW(SYS_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd >= 0)
		SHIM_RAW(SYS_close, fd);
	return fd >= 0;
}

/* Tell the user, once. */
static void tell(enum trouble trouble)
{
	static int is_told;

	if (!__atomic_exchange_n(&is_told, 1, __ATOMIC_RELAXED))
		shim_say("cannot use %s: %s", shim_config()->device, trouble_texts[trouble]);
}

/* Why calls do not go to the device. */
static enum trouble trouble;

static int decide(void)
{
	const struct shim_config *config = shim_config();
	enum trouble found;
	int fd = find_node(), where;

	if (fd < 0 && is_passing(-fd))
		return SHIM_KIPC;
	if (fd < 0) {
		found = open_trouble(-fd);
		if (found == ABSENT && is_directory(config->device))
			found = NOT_MOUNTED;
	} else {
		found = check_node(fd);
		/* what has its number by now says nothing: look again with the next call */
		if (!shim_is_still_ours(fd))
			return SHIM_KIPC;
		SHIM_RAW(SYS_close, fd);
	}
	__atomic_store_n(&trouble, found, __ATOMIC_RELAXED);
	if (!found) {
		__atomic_store_n(&world, SHIM_KIPC, __ATOMIC_RELEASE);
		return SHIM_KIPC;
	}
	/* who named a device, or wants no other, is told at once; others where it matters */
	if (config->device_is_named || config->refuse)
		tell(found);
	where = config->refuse ? SHIM_REFUSED : SHIM_NATIVE;
	__atomic_store_n(&world, where, __ATOMIC_RELEASE);
	return where;
}

enum shim_world shim_world(enum shim_family family)
{
	int known;

	if (!(shim_config()->families & family))
		return SHIM_NATIVE;
	known = __atomic_load_n(&world, __ATOMIC_ACQUIRE);
	return known < 0 ? decide() : known;
}

/* The kernel has no such call of its own. */
long shim_native_result(long ret)
{
	enum trouble found = __atomic_load_n(&trouble, __ATOMIC_RELAXED);

	if (ret == -1 && errno == ENOSYS && found) {
		tell(found);
		errno = ENOSYS;
	}
	return ret;
}

long shim_refuse(void)
{
	errno = ENOSYS;
	return -1;
}

/* What a call answers that can no longer reach the device; its own errors mean others. */
long shim_lost(int error)
{
	if (error == EINTR)
		return -EINTR;
	if (error == ENFILE || error == ENOMEM)
		return -ENOMEM;
	tell(open_trouble(error));
	return error == EMFILE ? -ENOMEM : -ENOSYS;
}

/* A filter may have come after the first calls; its errors mean others with ours. */
long shim_filtered(int fd, long ret)
{
	if ((ret != -EPERM && ret != -EACCES && ret != -ENOSYS) ||
	    check_node(fd) != IOCTL_FORBIDDEN)
		return ret;
	tell(IOCTL_FORBIDDEN);
	return -ENOSYS;
}

int shim_open(void)
{
	const char *path = __atomic_load_n(&node, __ATOMIC_ACQUIRE);

	return path ? open_node(path) : find_node();
}
