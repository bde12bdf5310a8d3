// SPDX-License-Identifier: GPL-2.0
/* The way to the device: where calls go, and what a call there takes. */
#include "shim.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>

/* The first version of the ABI that has all the families. */
#define ABI_NEEDED 4

/* The path of the node; NULL: nobody has looked yet. */
static const char *node;
static char control[sizeof(((struct shim_config *)0)->device) + sizeof("/control")];
/* enum shim_world, or -1 as long as nobody has looked */
static int world = -1;

static int open_path(const char *path)
{
	/* what is not a node may be a FIFO, or a terminal */
	return SHIM_RAW(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			0);
}

/*
 * The process has all the descriptors that its soft limit allows: one more, for the moment,
 * within the hard limit.
 */
static int open_above_limit(const char *path)
{
	struct rlimit64 limit, more;
	int fd;

	if (SHIM_RAW(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0)
		return -EMFILE;
	more = limit;
	more.rlim_cur += 64;
	if (more.rlim_cur > more.rlim_max)
		more.rlim_cur = more.rlim_max;
	if (more.rlim_cur <= limit.rlim_cur ||
	    SHIM_RAW(SYS_prlimit64, 0, RLIMIT_NOFILE, &more, NULL) < 0)
		return -EMFILE;
	fd = open_path(path);
	SHIM_RAW(SYS_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	return fd;
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
	"the process has as many descriptors as its hard limit allows, and each call needs one for a moment; raise 'ulimit -Hn'",
	[OTHER_TROUBLE] =
	"it cannot be opened",
};

/* Whether the node is one of a module that fits. */
static enum trouble check_node(int fd)
{
	struct kipc_query query = { .nr = KIPC_NR_QUERY };
	long ret = SHIM_RAW(SYS_ioctl, fd, KIPC_IOC_QUERY, &query);

	if (ret == -ENOTTY || ret == -EINVAL)
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
	} else {
		found = check_node(fd);
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
static int lost(int error)
{
	if (error == EINTR)
		return -EINTR;
	if (error == ENFILE || error == ENOMEM)
		return -ENOMEM;
	tell(open_trouble(error));
	return error == EMFILE ? -ENOMEM : -ENOSYS;
}

int shim_open_quietly(void)
{
	const char *path = __atomic_load_n(&node, __ATOMIC_ACQUIRE);

	return path ? open_node(path) : find_node();
}

int shim_open(void)
{
	int fd = shim_open_quietly();

	return fd < 0 ? lost(-fd) : fd;
}

long shim_ioctl(unsigned int cmd, void *arg)
{
	int fd = shim_open();
	long ret;

	if (fd < 0)
		return fd;
	ret = SHIM_RAW(SYS_ioctl, fd, cmd, arg);
	SHIM_RAW(SYS_close, fd);
	return ret;
}

/* --- calls that sleep */

/*
 * While a thread sleeps others, or a signal's handler, may close its descriptor, sweeping
 * all of them, and open something else that gets its number. That must not be closed.
 */
static void release(int fd)
{
	struct kipc_stats stats = { 0 };

	if (SHIM_RAW(SYS_ioctl, fd, KIPC_IOC_STATS, &stats) == 0)
		SHIM_RAW(SYS_close, fd);
}

/*
 * The descriptors of the threads that sleep, each plus 1: a child that one of the others
 * forks has them, too, and nobody in it who would close them. More sleepers than there is
 * room for are not noted.
 */
static int sleepers[256];

static int *note_sleeper(int fd)
{
	size_t i;
	int none;

	for (i = 0; i < ARRAY_SIZE(sleepers); i++) {
		none = 0;
		if (__atomic_compare_exchange_n(&sleepers[i], &none, fd + 1, false,
						__ATOMIC_RELAXED, __ATOMIC_RELAXED))
			return &sleepers[i];
	}
	return NULL;
}

static void forget_in_child(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sleepers); i++) {
		if (sleepers[i])
			release(sleepers[i] - 1);
		sleepers[i] = 0;
	}
}

static __attribute__((constructor)) void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_in_child);
}

struct sleeper {
	int fd;
	int *noted;
};

static void end_sleep(void *arg)
{
	struct sleeper *sleeper = arg;

	if (sleeper->noted)
		__atomic_store_n(sleeper->noted, 0, __ATOMIC_RELAXED);
	release(sleeper->fd);
}

static long sleep_cancellable(struct sleeper *sleeper, unsigned int cmd, void *arg)
{
	int type, old;
	long ret;

	pthread_cleanup_push(end_sleep, sleeper);
	/* acts upon a request that came before, too */
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	ret = SHIM_RAW(SYS_ioctl, sleeper->fd, cmd, arg);
	pthread_setcanceltype(type, &old);
	pthread_cleanup_pop(1);
	return ret;
}

/* The others of the threads may do anything meanwhile. */
static long sleep_among_threads(int fd, unsigned int cmd, void *arg, bool is_cancellable)
{
	struct sleeper sleeper = { .fd = fd, .noted = note_sleeper(fd) };
	long ret;

	if (is_cancellable)
		return sleep_cancellable(&sleeper, cmd, arg);
	ret = SHIM_RAW(SYS_ioctl, fd, cmd, arg);
	end_sleep(&sleeper);
	return ret;
}

long shim_ioctl_sleep(unsigned int cmd, void *arg, bool is_cancellable)
{
	int fd = shim_open();
	long ret;

	if (fd < 0)
		return fd;
	if (!__libc_single_threaded)
		return sleep_among_threads(fd, cmd, arg, is_cancellable);
	ret = SHIM_RAW(SYS_ioctl, fd, cmd, arg);
	if (ret == -EINTR)
		release(fd);
	else
		SHIM_RAW(SYS_close, fd);
	return ret;
}
