// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: every operation on message queues with each of its allocations and copies failing; see
 * failnth.h.
 */
#include "failnth.h"

#include <sys/eventfd.h>

#define KEY	0x6b697063
/* In the cache of the smallest messages; in the largest, and further pages. */
#define SMALL	10
#define LARGE	8192
/* whatever the message has */
#define ANY	0

static char text[LARGE];

static int queue_make(int dev, int key)
{
	struct kipc_msg_get get = {
		.key = key, .mode = 0600, .flags = KIPC_GET_CREAT | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(dev, KIPC_IOC_MSG_GET, &get) ? -1 : get.id;
}

static int run_get(struct work *work)
{
	struct kipc_msg_get get = {
		.key = KEY, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(work->dev, KIPC_IOC_MSG_GET, &get);
}

static void undo_get(struct work *work)
{
	struct kipc_msg_get get = { .key = KEY };
	struct kipc_remove remove = { .id = -1 };

	/* when its id could not be written it is there all the same, maybe */
	if (ioctl(work->dev, KIPC_IOC_MSG_GET, &get))
		return;
	remove.id = get.id;
	ioctl(work->dev, KIPC_IOC_MSG_REMOVE, &remove);
}

static int run_find(struct work *work)
{
	struct kipc_msg_get get = { .key = KEY + 1, .flags = KIPC_GET_CREAT };

	return ioctl(work->dev, KIPC_IOC_MSG_GET, &get);
}

static int run_create_queue(struct work *work)
{
	struct kipc_msg_create create = { .mode = 0600 };
	int ret = ioctl(work->dev, KIPC_IOC_MSG_CREATE, &create);

	work->made = create.fd;
	return ret;
}

static void undo_made(struct work *work)
{
	close(work->made);
}

static int run_open(struct work *work)
{
	struct kipc_msg_open open = { .id = work->id };
	int ret = ioctl(work->dev, KIPC_IOC_MSG_OPEN, &open);

	work->made = open.fd;
	return ret;
}

static int run_open_again(struct work *work)
{
	struct kipc_msg_open open = {
		.id = KIPC_ID_SELF, .flags = KIPC_MSG_RDONLY | KIPC_MSG_TYPED,
	};
	int ret = ioctl(work->fd, KIPC_IOC_MSG_OPEN, &open);

	work->made = open.fd;
	return ret;
}

/* --- messages: type 1 comes and goes, one of type 2 and one of type 3 stay */

static int send_to(int fd, int id, long long type, size_t size)
{
	struct kipc_msg_send arg = {
		.id = id, .flags = KIPC_MSG_NOWAIT, .type = type, .addr = (unsigned long)text,
		.size = size, .timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(fd, KIPC_IOC_MSG_SEND, &arg);
}

static int receive_from(int fd, int id, long long type, size_t size, unsigned int flags)
{
	static char buf[LARGE];
	struct kipc_msg_receive arg = {
		.id = id, .flags = KIPC_MSG_NOWAIT | flags, .type = type,
		.addr = (unsigned long)buf, .size = sizeof(buf), .timeout = KIPC_TIMEOUT_NONE,
	};

	memset(buf, POISON, sizeof(buf));
	if (ioctl(fd, KIPC_IOC_MSG_RECEIVE, &arg))
		return -1;
	if ((arg.size == size || size == ANY) && is_pattern(buf, arg.size, 0))
		return 0;
	errno = EBADMSG;
	return -1;
}

static int run_send(struct work *work)
{
	return send_to(work->dev, work->id, 1, SMALL);
}

static void undo_send(struct work *work)
{
	receive_from(work->fd, KIPC_ID_SELF, 1, SMALL, 0);
}

static int run_send_large(struct work *work)
{
	return send_to(work->fd, KIPC_ID_SELF, 1, LARGE);
}

static void undo_send_large(struct work *work)
{
	receive_from(work->fd, KIPC_ID_SELF, 1, LARGE, 0);
}

static int run_write(struct work *work)
{
	return write(work->fd, text, SMALL);
}

static int run_write_large(struct work *work)
{
	return write(work->fd, text, LARGE);
}

/* A type that nothing had before. */
static int run_send_new_type(struct work *work)
{
	return send_to(work->fd, KIPC_ID_SELF, 1LL << 40, SMALL);
}

static void undo_send_new_type(struct work *work)
{
	receive_from(work->fd, KIPC_ID_SELF, 1LL << 40, SMALL, 0);
}

static int run_receive(struct work *work)
{
	return receive_from(work->dev, work->id, 2, SMALL, 0);
}

static void undo_receive(struct work *work)
{
	send_to(work->fd, KIPC_ID_SELF, 2, SMALL);
}

static int run_receive_lowest(struct work *work)
{
	return receive_from(work->fd, KIPC_ID_SELF, -3, SMALL, 0);
}

static int run_receive_large(struct work *work)
{
	return receive_from(work->fd, KIPC_ID_SELF, 3, LARGE, 0);
}

static int run_receive_except(struct work *work)
{
	return receive_from(work->fd, KIPC_ID_SELF, 3, SMALL, KIPC_MSG_EXCEPT);
}

static void undo_receive_large(struct work *work)
{
	send_to(work->fd, KIPC_ID_SELF, 3, LARGE);
}

static int run_copy(struct work *work)
{
	return receive_from(work->fd, KIPC_ID_SELF, 1, ANY, KIPC_MSG_COPY);
}

/* What is read is of this type; what is written of type 1. */
static void filter_by(struct work *work, long long type)
{
	struct kipc_msg_filter filter = { .type = type, .send_type = 1 };

	MUST(!ioctl(work->fd, KIPC_IOC_MSG_FILTER, &filter));
}

static void filter_two(struct work *work)
{
	filter_by(work, 2);
}

static void filter_three(struct work *work)
{
	filter_by(work, 3);
}

static int run_read(struct work *work)
{
	static char buf[LARGE];
	int n;

	n = read(work->fd, buf, sizeof(buf));
	if (n < 0 || is_pattern(buf, n, 0))
		return n;
	errno = EBADMSG;
	return -1;
}

static int run_stat_queue(struct work *work)
{
	struct kipc_msg_stat stat = { .perm.id = KIPC_ID_SELF };

	return ioctl(work->fd, KIPC_IOC_MSG_STAT, &stat);
}

static int run_set(struct work *work)
{
	struct kipc_msg_set set = {
		.set = { .id = KIPC_ID_SELF, .uid = OTHER_UID, .gid = OTHER_UID, .mode = 0640 },
		.qbytes = 100000,
	};

	return ioctl(work->fd, KIPC_IOC_MSG_SET, &set);
}

static void undo_set(struct work *work)
{
	struct kipc_msg_set set = {
		.set = { .id = KIPC_ID_SELF, .mode = 0600 }, .qbytes = 1 << 20,
	};

	MUST(!ioctl(work->fd, KIPC_IOC_MSG_SET, &set));
}

static int run_remove(struct work *work)
{
	struct kipc_remove remove = { .id = work->victim };

	return ioctl(work->dev, KIPC_IOC_MSG_REMOVE, &remove);
}

static void undo_remove(struct work *work)
{
	work->victim = queue_make(work->dev, KIPC_KEY_PRIVATE);
	/* as much as it holds */
	send_to(work->dev, work->victim, 1, LARGE);
	send_to(work->dev, work->victim, 1, LARGE);
}

static int run_info(struct work *work)
{
	struct kipc_msg_info info = { .flags = KIPC_MSG_INFO_USAGE };

	return ioctl(work->dev, KIPC_IOC_MSG_INFO, &info);
}

static int notify(struct work *work, unsigned int how, int target)
{
	struct kipc_msg_notify arg = { .how = how, .target = target };

	return ioctl(work->fd, KIPC_IOC_MSG_NOTIFY, &arg);
}

static int run_notify_signal(struct work *work)
{
	return notify(work, KIPC_NOTIFY_SIGNAL, SIGUSR1);
}

static int run_notify_eventfd(struct work *work)
{
	return notify(work, KIPC_NOTIFY_EVENTFD, work->other);
}

static void undo_notify(struct work *work)
{
	notify(work, KIPC_NOTIFY_NONE, 0);
}

static int run_poll_queue(struct work *work)
{
	return poll_now(work->fd, POLLIN | POLLOUT);
}

static int run_vector_write(struct work *work)
{
	struct iovec vec[] = { { text, 4 }, { text + 4, SMALL - 4 } };

	return writev(work->fd, vec, 2);
}

static int run_vector_read(struct work *work)
{
	static char a[4], b[LARGE];
	struct iovec vec[] = { { a, sizeof(a) }, { b, sizeof(b) } };

	return readv(work->fd, vec, 2);
}

static int run_filter(struct work *work)
{
	struct kipc_msg_filter filter = { .type = 2, .send_type = 1 };

	return ioctl(work->fd, KIPC_IOC_MSG_FILTER, &filter);
}

/* Sleeps until the time is over. */
static int run_timed_receive(struct work *work)
{
	static char buf[LARGE];
	struct kipc_msg_receive arg = {
		.id = KIPC_ID_SELF, .flags = KIPC_MSG_RELATIVE, .type = 99,
		.addr = (unsigned long)buf, .size = sizeof(buf), .timeout = 1000000,
	};

	return ioctl(work->fd, KIPC_IOC_MSG_RECEIVE, &arg) && errno == ETIMEDOUT ? 0 : -1;
}

/* One that has to wait for room: the queue holds no byte more than it has. */
static int run_timed_send(struct work *work)
{
	struct kipc_msg_send arg = {
		.id = work->victim, .flags = KIPC_MSG_RELATIVE, .type = 1,
		.addr = (unsigned long)text, .size = LARGE, .timeout = 1000000,
	};

	return ioctl(work->dev, KIPC_IOC_MSG_SEND, &arg) && errno == ETIMEDOUT ? 0 : -1;
}

/* --- being told: @made is an empty queue, and @other waits for a message in it */

static int run_send_that_tells(struct work *work)
{
	return send_to(work->made, KIPC_ID_SELF, 1, SMALL);
}

static void undo_send_that_tells(struct work *work)
{
	struct kipc_msg_notify arg = { .how = KIPC_NOTIFY_EVENTFD, .target = work->other };
	__u64 told;

	/* none is lost, whatever there is no memory for */
	if (read(work->other, &told, sizeof(told)) != sizeof(told))
		abort();
	receive_from(work->made, KIPC_ID_SELF, 1, SMALL, 0);
	ioctl(work->made, KIPC_IOC_MSG_NOTIFY, &arg);
}

static int run_send_that_signals(struct work *work)
{
	return send_to(work->made, KIPC_ID_SELF, 1, SMALL);
}

static void undo_send_that_signals(struct work *work)
{
	struct kipc_msg_notify arg = { .how = KIPC_NOTIFY_SIGNAL, .target = SIGUSR1 };

	/* a standard signal comes without memory for what goes with it, too */
	if (take_signal(SIGUSR1, NULL, DEADLINE_MS))
		abort();
	receive_from(work->made, KIPC_ID_SELF, 1, SMALL, 0);
	ioctl(work->made, KIPC_IOC_MSG_NOTIFY, &arg);
}

/* O_ASYNC is something to be kept for the open file. */
static int run_async(struct work *work)
{
	return set_flag(work->fd, O_ASYNC, true);
}

static void undo_async(struct work *work)
{
	set_flag(work->fd, O_ASYNC, false);
}

static const struct operation msg_operations[] = {
	ROW("get", run_get, undo_get, .undone_after = EFAULT),
	ROW("get of what exists", run_find, NULL),
	ROW("create", run_create_queue, undo_made),
	ROW("open", run_open, undo_made),
	ROW("open of a descriptor", run_open_again, undo_made),
	ROW("send", run_send, undo_send),
	ROW("send of two pages", run_send_large, undo_send_large),
	ROW("send of a new type", run_send_new_type, undo_send_new_type),
	ROW("write", run_write, undo_send),
	ROW("write of two pages", run_write_large, undo_send_large),
	ROW("receive", run_receive, undo_receive),
	ROW("receive of the lowest type", run_receive_lowest, undo_receive),
	ROW("receive of two pages", run_receive_large, undo_receive_large),
	ROW("receive except", run_receive_except, undo_receive),
	ROW("copy", run_copy, NULL),
	ROW("read", run_read, undo_receive, .prepare = filter_two),
	ROW("read of two pages", run_read, undo_receive_large, .prepare = filter_three),
	ROW("stat", run_stat_queue, NULL),
	ROW("set", run_set, undo_set),
	ROW("remove", run_remove, undo_remove),
	ROW("info", run_info, NULL),
	ROW("notify by a signal", run_notify_signal, undo_notify),
	ROW("notify by an eventfd", run_notify_eventfd, undo_notify),
	ROW("poll", run_poll_queue, NULL),
	ROW("async", run_async, undo_async),
	ROW("writev", run_vector_write, undo_send),
	ROW("readv", run_vector_read, undo_receive, .prepare = filter_two),
	ROW("filter", run_filter, filter_three, .prepare = filter_three),
	ROW("receive that times out", run_timed_receive, NULL),
	ROW("send that times out", run_timed_send, NULL),
};

static const struct operation telling_by_eventfd =
	ROW("send that tells an eventfd", run_send_that_tells, undo_send_that_tells);

static const struct operation telling_by_signal =
	ROW("send that tells by a signal", run_send_that_signals, undo_send_that_signals);

TEST_F_TIMEOUT(kipc, failing_allocations_of_message_queues_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	pattern(text, sizeof(text), 0);
	work.id = queue_make(self->dev, KEY + 1);
	work.victim = queue_make(self->dev, KIPC_KEY_PRIVATE);
	ASSERT_LE(0, work.id);
	ASSERT_LE(0, work.victim);
	work.other = eventfd(0, EFD_CLOEXEC);
	ASSERT_LE(0, work.other);
	ASSERT_EQ(0, run_open(&work));
	work.fd = work.made;
	undo_set(&work);
	undo_receive(&work);
	undo_receive_large(&work);
	ASSERT_EQ(0, send_to(work.dev, work.victim, 1, LARGE));
	ASSERT_EQ(0, send_to(work.dev, work.victim, 1, LARGE));
	for (i = 0; i < ARRAY_SIZE(msg_operations); i++)
		fail_each(_metadata, &work, &msg_operations[i]);
	EXPECT_TRUE(calls_are_complete(self->dev, KIPC_NR_MSG_GET));
	close(work.fd);
	work.fd = 0;
	EXPECT_EQ(0, run_remove(&work));
	work.victim = work.id;
	EXPECT_EQ(0, run_remove(&work));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == self->before.msg_queues));
	close(work.other);
	faults_done();
}

TEST_F_TIMEOUT(kipc, failing_allocations_of_a_send_that_tells_somebody_lose_no_word, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	struct kipc_msg_notify arg = { .how = KIPC_NOTIFY_EVENTFD };

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	block_signal(SIGUSR1);
	pattern(text, sizeof(text), 0);
	work.other = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_LE(0, work.other);
	ASSERT_EQ(0, run_create_queue(&work));
	arg.target = work.other;
	ASSERT_EQ(0, ioctl(work.made, KIPC_IOC_MSG_NOTIFY, &arg));
	fail_each(_metadata, &work, &telling_by_eventfd);
	arg = (struct kipc_msg_notify) { .how = KIPC_NOTIFY_NONE };
	ASSERT_EQ(0, ioctl(work.made, KIPC_IOC_MSG_NOTIFY, &arg));
	arg = (struct kipc_msg_notify) { .how = KIPC_NOTIFY_SIGNAL, .target = SIGUSR1 };
	ASSERT_EQ(0, ioctl(work.made, KIPC_IOC_MSG_NOTIFY, &arg));
	fail_each(_metadata, &work, &telling_by_signal);
	close(work.made);
	close(work.other);
	faults_done();
}

TEST_HARNESS_MAIN
