// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: what can be done with a descriptor of any kind, with each allocation and
 * copy failing; see failnth.h. What the kind itself serves is in the other *failnth_test.
 */
#include "failnth.h"
#include "sig_fixture.h"

#define MOUNT		MOUNTS "/files"

#include <sys/epoll.h>
#include <sys/statfs.h>

/* The descriptor is @fd; @other is an epoll, in which it is not; @made has it already. */

static int run_epoll_add(struct work *work)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };

	return epoll_ctl(work->other, EPOLL_CTL_ADD, work->fd, &event);
}

static void undo_epoll_add(struct work *work)
{
	epoll_ctl(work->other, EPOLL_CTL_DEL, work->fd, NULL);
}

static int run_epoll_change(struct work *work)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLPRI };

	return epoll_ctl(work->made, EPOLL_CTL_MOD, work->fd, &event);
}

static void undo_epoll_change(struct work *work)
{
	struct epoll_event event = { .events = EPOLLIN };

	epoll_ctl(work->made, EPOLL_CTL_MOD, work->fd, &event);
}

static int run_poll(struct work *work)
{
	return poll_now(work->fd, POLLIN | POLLOUT);
}

static int run_select(struct work *work)
{
	struct timeval tv = { 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(work->fd, &set);
	return select(work->fd + 1, &set, NULL, NULL, &tv);
}

static int run_async(struct work *work)
{
	return set_flag(work->fd, O_ASYNC, true);
}

static void undo_async(struct work *work)
{
	set_flag(work->fd, O_ASYNC, false);
}

static int run_fdinfo(struct work *work)
{
	static char buf[4096];
	char path[64];
	int fd, error;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", work->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	error = errno;
	close(fd);
	errno = error;
	return n;
}

static int run_stat(struct work *work)
{
	struct statfs fs;
	struct stat st;

	return fstat(work->fd, &st) || fstatfs(work->fd, &fs) ? -1 : 0;
}

static int run_name(struct work *work)
{
	char path[64], name[128];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", work->fd);
	return readlink(path, name, sizeof(name));
}

static const struct operation operations[] = {
	ROW("poll", run_poll, NULL),
	ROW("select", run_select, NULL),
	ROW("addition to an epoll", run_epoll_add, undo_epoll_add),
	ROW("change in an epoll", run_epoll_change, undo_epoll_change),
	ROW("async", run_async, undo_async),
	ROW("fdinfo", run_fdinfo, NULL),
	ROW("stat", run_stat, NULL),
	ROW("name", run_name, NULL),
};

/* One descriptor of each kind that there is; whether it has O_ASYNC. */
struct subject {
	const char *name;
	int (*make)(int dev);
	bool async;
};

static int make_pipe_end(int dev)
{
	int fds[2];

	if (kipc_pipe(dev, fds, 0, 0))
		return -1;
	close(fds[1]);
	return fds[0];
}

static int make_write_end(int dev)
{
	int fds[2];

	if (kipc_pipe(dev, fds, 0, 0))
		return -1;
	close(fds[0]);
	return fds[1];
}

static int make_fifo(int dev)
{
	(void)dev;
	if (mkfifo(MOUNT "/fifo", 0600) && errno != EEXIST)
		return -1;
	return open(MOUNT "/fifo", O_RDWR | O_CLOEXEC);
}

static int make_control(int dev)
{
	(void)dev;
	return open(MOUNT "/control", O_RDWR | O_CLOEXEC);
}

static int make_segment(int dev)
{
	struct kipc_shm_create arg = { .size = 4096, .mode = 0600 };

	return ioctl(dev, KIPC_IOC_SHM_CREATE, &arg) ? -1 : arg.fd;
}

static int make_set(int dev)
{
	struct kipc_sem_create arg = { .nsems = 3, .mode = 0600 };

	return ioctl(dev, KIPC_IOC_SEM_CREATE, &arg) ? -1 : arg.fd;
}

static int operate(int fd, int op, int flags)
{
	struct kipc_sem_op one = { .num = 1, .op = op, .flags = flags };
	struct kipc_sem_ops arg = {
		.id = KIPC_ID_SELF, .ops = (unsigned long)&one, .nops = 1,
		.timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(fd, KIPC_IOC_SEM_OP, &arg);
}

/* One that somebody waits for, and that has adjustments. */
static int make_used_set(int dev)
{
	int fd = make_set(dev);
	pid_t pid;

	if (fd < 0 || operate(fd, 1, KIPC_SEM_UNDO))
		return -1;
	pid = child_fork();
	if (!pid)
		_exit(operate(fd, -2, 0) ? errno : 0);
	return asleep_in(pid, SYS_ioctl) > 0 ? fd : -1;
}

static int make_queue(int dev)
{
	struct kipc_msg_create arg = { .mode = 0600 };

	return ioctl(dev, KIPC_IOC_MSG_CREATE, &arg) ? -1 : arg.fd;
}

static int make_signals(int dev)
{
	return sigq_create(dev, 0);
}

static int make_subscriber(int dev)
{
	int queue = sigq_create(dev, 0), fd = sub_new(queue, SELF, NULL);

	close(queue);
	return fd;
}

static int make_node(int dev)
{
	(void)dev;
	return kipc_open();
}

static const struct subject subjects[] = {
	{ "pipe", make_pipe_end, true },
	{ "write end", make_write_end, true },
	{ "fifo", make_fifo, true },
	{ "control", make_control, false },
	{ "segment", make_segment, false },
	{ "set", make_set, false },
	{ "set that is used", make_used_set, false },
	{ "queue", make_queue, true },
	{ "signals", make_signals, false },
	{ "subscriber", make_subscriber, true },
	{ "device", make_node, false },
};

/* Segments and nodes are no files to wait for. */
static bool can_be_polled(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC), ret;

	ret = epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	close(epoll);
	return !ret;
}

static bool can_do(const struct operation *op, const struct subject *subject, bool polled)
{
	return (polled || !strstr(op->name, "an epoll")) &&
	       (subject->async || op->run != run_async);
}

static void look_at_epoll(const struct work *work, struct whole_state *state)
{
	state_add_fdinfo(state, work->made);
}

TEST_F_TIMEOUT(kipc, failing_allocations_of_file_operations_leave_nothing, 240)
{
	struct work work = {
		.dev = self->dev, .r = self->r, .w = self->w, .look = look_at_epoll,
	};
	struct epoll_event event = { .events = EPOLLIN };
	size_t i, j;
	bool polled;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(MOUNT, NULL));
	for (i = 0; i < ARRAY_SIZE(subjects); i++) {
		printf("# of a %s:\n", subjects[i].name);
		work.fd = subjects[i].make(self->dev);
		work.other = epoll_create1(EPOLL_CLOEXEC);
		work.made = epoll_create1(EPOLL_CLOEXEC);
		ASSERT_LE(0, work.fd);
		ASSERT_LE(0, work.other);
		ASSERT_LE(0, work.made);
		polled = can_be_polled(work.fd);
		if (polled)
			ASSERT_EQ(0, epoll_ctl(work.made, EPOLL_CTL_ADD, work.fd, &event));
		for (j = 0; j < ARRAY_SIZE(operations); j++)
			if (can_do(&operations[j], &subjects[i], polled))
				fail_each(_metadata, &work, &operations[j]);
		close(work.made);
		close(work.other);
		close(work.fd);
		/* who waits goes before its set does */
		children_reap();
	}
	EXPECT_TRUE(EVENTUALLY(umount(MOUNT) == 0));
	faults_done();
}

TEST_HARNESS_MAIN
