// SPDX-License-Identifier: GPL-2.0
/*
 * read(2) and write(2) on the descriptors of a message queue: a whole message each, with or
 * without its type; what a filter lets through; and when they sleep.
 */
#include "msg_kipc_fixture.h"

/* A message as it is written and read on a descriptor with types. */
struct typed {
	__s64 type;
	char bytes[100];
};

static ssize_t typed_write(int fd, long long type, size_t size)
{
	struct typed msg = { .type = type };

	pattern(msg.bytes, size, type);
	return write(fd, &msg, sizeof(msg.type) + size);
}

/* The bytes behind the type, -1 with errno, -2 if they are not those that were sent. */
static ssize_t typed_read(int fd, long long *type)
{
	struct typed msg;
	ssize_t n;

	memset(&msg, POISON, sizeof(msg));
	n = read(fd, &msg, sizeof(msg));
	if (n < 0)
		return -1;
	*type = msg.type;
	n -= sizeof(msg.type);
	return n >= 0 && is_pattern(msg.bytes, n, msg.type) &&
	       is_all(msg.bytes + n, POISON, sizeof(msg.bytes) - n) ? n : -2;
}

/* --- read(2) and write(2) */

TEST_F(queue, write_sends_one_message_and_read_receives_one)
{
	long long type;
	char buf[16];

	EXPECT_EQ(5, write(self->fd, "hello", 5));
	EXPECT_EQ(3, write(self->fd, "you", 3));
	EXPECT_TRUE(queue_holds(self->fd, SELF, 2, 8));
	EXPECT_NE(0, queue_stat(self->fd, SELF).stime);
	EXPECT_EQ(0, queue_stat(self->fd, SELF).rtime);
	EXPECT_EQ(0, queue_stat(self->fd, SELF).lrpid);
	memset(buf, POISON, sizeof(buf));
	EXPECT_EQ(5, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp("hello", buf, 5));
	EXPECT_TRUE(is_all(buf + 5, POISON, sizeof(buf) - 5));
	EXPECT_EQ(getpid(), queue_stat(self->fd, SELF).lrpid);
	EXPECT_NE(0, queue_stat(self->fd, SELF).rtime);
	EXPECT_EQ(3, queue_receive(self->dev, self->id, 0, buf, sizeof(buf), NOWAIT, &type));
	EXPECT_EQ(0, memcmp("you", buf, 3));
	/* what is sent is of type 1, unless something else is said */
	EXPECT_EQ(1, type);
	EXPECT_EQ(0, queue_put(self->dev, self->id, 1LL << 40, 12, 0));
	EXPECT_EQ(12, read(self->fd, buf, sizeof(buf)));
	EXPECT_TRUE(is_pattern(buf, 12, 1LL << 40));
	EXPECT_TRUE(queue_holds(self->fd, SELF, 0, 0));
}

TEST_F(queue, type_comes_first_where_it_was_asked_for)
{
	static const long long types[] = { 1, 2, 0x7fffffff, 0x80000000LL, 1LL << 40, LLONG_MAX };
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED);
	long long type;
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		EXPECT_EQ((ssize_t)(8 + i * 10), typed_write(fd, types[i], i * 10));
		EXPECT_TRUE(queue_holds(fd, SELF, 1, i * 10));
		EXPECT_EQ((int)(8 + i * 10), bytes_in(fd));
		EXPECT_EQ((int)(i * 10), bytes_in(self->fd));
		EXPECT_EQ((ssize_t)(i * 10), i % 2 ? typed_read(fd, &type) :
			  queue_take(self->dev, self->id, types[i], NOWAIT, &type));
		EXPECT_EQ(types[i], type);
	}
	EXPECT_EQ(0, queue_put(self->fd, SELF, 77, 20, 0));
	EXPECT_EQ(20, typed_read(fd, &type));
	EXPECT_EQ(77, type);
	close(fd);
	/* likewise on one that was made with its queue */
	fd = queue_create(self->dev, KIPC_MSG_TYPED);
	ASSERT_LE(0, fd);
	EXPECT_EQ(38, typed_write(fd, 5, 30));
	EXPECT_EQ(30, typed_read(fd, &type));
	EXPECT_EQ(5, type);
	close(fd);
}

TEST_F(queue, message_may_be_in_pieces)
{
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED);
	char a[5] = "hell", b[5] = "o yo", c[10];
	struct iovec out[] = { { a, 4 }, { NULL, 0 }, { b, 4 }, { "u", 1 } };
	struct iovec in[] = { { c, 3 }, { c + 5, 5 } };
	__s64 type = 99, got = 0;
	struct iovec typed[] = { { (char *)&type, 3 }, { (char *)&type + 3, 5 }, { a, 4 } };
	struct iovec back[] = { { &got, 8 }, { c, 2 }, { c + 2, 8 } };

	ASSERT_LE(0, fd);
	EXPECT_EQ(9, writev(self->fd, out, 4));
	EXPECT_TRUE(queue_holds(self->fd, SELF, 1, 9));
	EXPECT_EQ(-1, readv(self->fd, in, 2));
	EXPECT_EQ(E2BIG, errno);
	in[1].iov_len = 6;
	memset(c, POISON, sizeof(c));
	in[1].iov_base = c + 3;
	EXPECT_EQ(9, readv(self->fd, in, 2));
	EXPECT_EQ(0, memcmp("hello you", c, 9));
	/* the type, too */
	EXPECT_EQ(12, writev(fd, typed, 3));
	EXPECT_EQ(12, readv(fd, back, 3));
	EXPECT_EQ(99, got);
	EXPECT_EQ(0, memcmp("hell", c, 4));
	close(fd);
}

TEST_F(queue, messages_may_be_empty)
{
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED);
	long long type;
	char c;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, write(self->fd, &c, 0));
	EXPECT_EQ(8, typed_write(fd, 3, 0));
	EXPECT_EQ(0, queue_put(self->fd, SELF, 4, 0, 0));
	EXPECT_TRUE(queue_holds(fd, SELF, 3, 0));
	EXPECT_EQ(POLLIN, poll_now(self->fd, POLLIN));
	EXPECT_EQ(0, bytes_in(self->fd));
	EXPECT_EQ(8, bytes_in(fd));
	/* no room is enough */
	EXPECT_EQ(0, read(self->fd, &c, 0));
	EXPECT_TRUE(queue_holds(fd, SELF, 2, 0));
	EXPECT_EQ(0, typed_read(fd, &type));
	EXPECT_EQ(3, type);
	EXPECT_EQ(0, read(self->fd, &c, 1));
	EXPECT_TRUE(queue_holds(fd, SELF, 0, 0));
	EXPECT_EQ(0, poll_now(self->fd, POLLIN));
	close(fd);
}

TEST_F(queue, message_that_does_not_fit_stays)
{
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED);
	struct typed msg;
	char buf[20];
	size_t n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 20, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 6, 0, 0));
	for (n = 0; n < 20; n++) {
		memset(buf, POISON, sizeof(buf));
		EXPECT_EQ(-1, read(self->fd, buf, n));
		EXPECT_EQ(E2BIG, errno);
		EXPECT_TRUE(is_all(buf, POISON, sizeof(buf)));
		memset(&msg, POISON, sizeof(msg));
		EXPECT_EQ(-1, read(fd, &msg, 8 + n));
		EXPECT_EQ(E2BIG, errno);
		EXPECT_TRUE(is_all(&msg, POISON, sizeof(msg)));
	}
	EXPECT_TRUE(queue_holds(fd, SELF, 2, 20));
	EXPECT_EQ(0, queue_stat(fd, SELF).lrpid);
	EXPECT_EQ(20, read(self->fd, buf, 20));
	EXPECT_TRUE(is_pattern(buf, 20, 5));
	close(fd);
}

TEST_F(queue, message_is_cut_where_that_was_asked_for)
{
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED);
	struct typed msg;
	char buf[20];
	size_t n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, queue_filter(self->fd, 0, KIPC_MSG_NOERROR));
	ASSERT_EQ(0, queue_filter(fd, 0, KIPC_MSG_NOERROR));
	for (n = 0; n < 20; n++) {
		ASSERT_EQ(0, queue_put(self->dev, self->id, 5, 20, 0));
		ASSERT_EQ(0, queue_put(self->dev, self->id, 6, 20, 0));
		memset(buf, POISON, sizeof(buf));
		EXPECT_EQ((ssize_t)n, read(self->fd, buf, n));
		EXPECT_TRUE(is_pattern(buf, n, 5));
		EXPECT_TRUE(is_all(buf + n, POISON, sizeof(buf) - n));
		memset(&msg, POISON, sizeof(msg));
		EXPECT_EQ((ssize_t)(8 + n), read(fd, &msg, 8 + n));
		EXPECT_EQ(6, msg.type);
		EXPECT_TRUE(is_pattern(msg.bytes, n, 6));
		EXPECT_TRUE(is_all(msg.bytes + n, POISON, sizeof(msg.bytes) - n));
		/* the rest is gone */
		EXPECT_TRUE(queue_holds(fd, SELF, 0, 0));
	}
	close(fd);
}

TEST_F(queue, writes_that_are_no_message_are_einval)
{
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED);
	static const __s64 bad[] = { 0, -1, INT_MIN, LLONG_MIN };
	char *buf = calloc(1, MSGMAX + 100);
	__s64 type;
	size_t n;

	ASSERT_NE(NULL, buf);
	ASSERT_LE(0, fd);
	/* no whole type */
	memset(buf, 1, 8);
	for (n = 0; n < 8; n++) {
		EXPECT_EQ(-1, write(fd, buf, n));
		EXPECT_EQ(EINVAL, errno);
	}
	for (n = 0; n < ARRAY_SIZE(bad); n++) {
		memcpy(buf, &bad[n], sizeof(type));
		EXPECT_EQ(-1, write(fd, buf, 10));
		EXPECT_EQ(EINVAL, errno);
	}
	/* too long; the type does not count */
	type = 1;
	memcpy(buf, &type, sizeof(type));
	EXPECT_EQ(-1, write(fd, buf, 8 + MSGMAX + 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, buf, MSGMAX + 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(queue_holds(fd, SELF, 0, 0));
	EXPECT_EQ(0, queue_stat(fd, SELF).lspid);
	EXPECT_EQ(8 + MSGMAX, write(fd, buf, 8 + MSGMAX));
	EXPECT_EQ(MSGMAX, write(self->fd, buf, MSGMAX));
	EXPECT_TRUE(queue_holds(fd, SELF, 2, 2 * MSGMAX));
	/* and no room for a type */
	for (n = 0; n < 8; n++) {
		EXPECT_EQ(-1, read(fd, buf, n));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(queue_holds(fd, SELF, 2, 2 * MSGMAX));
	close(fd);
	free(buf);
}

TEST_F(queue, bad_addresses_are_efault_and_lose_nothing)
{
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED), fds[2] = { self->fd, fd }, i;
	unsigned long page = sysconf(_SC_PAGESIZE);
	char *edge = edge_alloc(1);
	__s64 type = 4;
	size_t n;

	ASSERT_LE(0, fd);
	ASSERT_NE(NULL, edge);
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-1, write(fds[i], nowhere(), 20));
		EXPECT_EQ(EFAULT, errno);
		for (n = 1; n < 20; n++) {
			memset(edge + page - n, 0, n);
			memcpy(edge + page - n, &type, n < 8 ? n : 8);
			EXPECT_EQ(-1, write(fds[i], edge + page - n, 20));
			EXPECT_EQ(EFAULT, errno);
		}
	}
	EXPECT_TRUE(queue_holds(fd, SELF, 0, 0));
	EXPECT_EQ(0, queue_stat(fd, SELF).lspid);
	for (type = 3; type < 6; type++)
		ASSERT_EQ(0, queue_put(fd, SELF, type, 20, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, queue_filter(fds[i], 4, 0));
		EXPECT_EQ(-1, read(fds[i], nowhere(), 28));
		EXPECT_EQ(EFAULT, errno);
		for (n = 1; n < 20; n++) {
			EXPECT_EQ(-1, read(fds[i], edge + page - n, 28));
			EXPECT_EQ(EFAULT, errno);
		}
		EXPECT_EQ(-1, queue_receive(fds[i], SELF, 4, edge + page - 19, 20, NOWAIT, NULL));
		EXPECT_EQ(EFAULT, errno);
	}
	/* at its place */
	EXPECT_TRUE(queue_holds(fd, SELF, 3, 60));
	EXPECT_EQ(0, queue_stat(fd, SELF).lrpid);
	for (type = 3; type < 6; type++)
		EXPECT_EQ(type, queue_next(fd, SELF, 0));
	close(fd);
}

/* --- filters */

TEST_F(queue, filter_decides_what_is_read)
{
	static const struct {
		long long type;
		unsigned int flags;
		long long order[6];
	} cases[] = {
		{ 0, 0, { 5, 2, 9, 2, 5, -1 } },
		{ 2, 0, { 2, 2, -1 } },
		{ 3, 0, { -1 } },
		{ -4, 0, { 2, 2, -1 } },
		{ -5, 0, { 2, 2, 5, 5, -1 } },
		{ LLONG_MIN, 0, { 2, 2, 5, 5, 9, -1 } },
		{ 5, KIPC_MSG_EXCEPT, { 2, 9, 2, -1 } },
		{ 7, KIPC_MSG_EXCEPT, { 5, 2, 9, 2, 5, -1 } },
	};
	static const long long sent[] = { 5, 2, 9, 2, 5 };
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED | KIPC_MSG_NONBLOCK);
	long long type;
	size_t i, k;

	ASSERT_LE(0, fd);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (k = 0; k < ARRAY_SIZE(sent); k++)
			ASSERT_EQ(0, queue_put(self->fd, SELF, sent[k], sent[k] * 10, 0));
		ASSERT_EQ(0, queue_filter(fd, cases[i].type, cases[i].flags));
		for (k = 0; cases[i].order[k] > 0; k++) {
			EXPECT_EQ(POLLIN, poll_now(fd, POLLIN));
			EXPECT_EQ(8 + cases[i].order[k] * 10, bytes_in(fd));
			EXPECT_EQ(cases[i].order[k] * 10, typed_read(fd, &type));
			EXPECT_EQ(cases[i].order[k], type)
				TH_LOG("filter %lld %#x", cases[i].type, cases[i].flags);
		}
		EXPECT_EQ(0, poll_now(fd, POLLIN));
		EXPECT_EQ(0, bytes_in(fd));
		EXPECT_EQ(-1, typed_read(fd, &type));
		EXPECT_EQ(EAGAIN, errno);
		/* calls that say what they want do not look at it */
		EXPECT_EQ(5 - (int)k, queue_drain(fd, SELF));
	}
	close(fd);
}

TEST_F(queue, filter_says_what_type_is_sent)
{
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED);
	long long type;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, queue_filter_and_type(self->fd, 0, 0, 1LL << 33));
	ASSERT_EQ(0, queue_filter_and_type(fd, 0, 0, 12));
	EXPECT_EQ(5, write(self->fd, "hello", 5));
	/* where the type comes with the message it is this one */
	EXPECT_EQ(18, typed_write(fd, 7, 10));
	EXPECT_EQ(0, queue_put(self->fd, SELF, 8, 10, 0));
	EXPECT_EQ(5, queue_receive(fd, SELF, 0, (char [5]) { }, 5, NOWAIT, &type));
	EXPECT_EQ(1LL << 33, type);
	EXPECT_EQ(7, queue_next(fd, SELF, 0));
	EXPECT_EQ(8, queue_next(fd, SELF, 0));
	close(fd);
}

TEST_F(queue, duplicates_share_the_filter_and_other_descriptors_do_not)
{
	int other = queue_open(self->fd, SELF, 0), copy = dup(self->fd);
	pid_t pid;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 50, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 7, 70, 0));
	ASSERT_EQ(0, queue_filter(copy, 7, 0));
	EXPECT_EQ(70, bytes_in(self->fd));
	EXPECT_EQ(50, bytes_in(other));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(70, bytes_in(self->fd));
		EXPECT_EQ(0, queue_filter(self->fd, 6, 0));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, bytes_in(copy));
	EXPECT_EQ(0, poll_now(copy, POLLIN));
	EXPECT_EQ(POLLIN, poll_now(other, POLLIN));
	close(other);
	close(copy);
}

TEST_F(queue, bad_filters_are_einval_and_change_nothing)
{
	static const struct kipc_msg_filter bad[] = {
		{ .type = 5, .send_type = 0 },
		{ .type = 5, .send_type = -1 },
		{ .type = 5, .send_type = LLONG_MIN },
		{ .type = 5, .send_type = 1, .reserved = 1 },
		{ .type = 5, .send_type = 1, .flags = NOWAIT },
		{ .type = 5, .send_type = 1, .flags = KIPC_MSG_COPY },
		{ .type = 5, .send_type = 1, .flags = KIPC_MSG_RELATIVE },
		{ .type = 5, .send_type = 1, .flags = 1U << 31 },
	};
	long long type;
	size_t i;

	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 50, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 7, 70, 0));
	ASSERT_EQ(0, queue_filter_and_type(self->fd, 7, 0, 9));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, ioctl(self->fd, KIPC_IOC_MSG_FILTER, &bad[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, ioctl(self->fd, KIPC_IOC_MSG_FILTER, nowhere()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(70, bytes_in(self->fd));
	EXPECT_EQ(3, write(self->fd, "abc", 3));
	EXPECT_EQ(3, queue_receive(self->fd, SELF, 9, (char [3]) { }, 3, NOWAIT, &type));
}

/* --- waiting in read(2) and write(2) */

TEST_F(queue, nonblocking_calls_are_eagain_where_they_would_wait)
{
	char buf[MSGMAX];
	pid_t pid;

	ASSERT_EQ(0, set_flag(self->fd, O_NONBLOCK, true));
	EXPECT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(2, queue_fill(self->dev, self->id, 1));
	EXPECT_EQ(-1, write(self->fd, buf, 1));
	EXPECT_EQ(EAGAIN, errno);
	/* no bytes, but one message more */
	EXPECT_EQ(0, write(self->fd, buf, 0));
	EXPECT_EQ(MSGMAX, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(100, write(self->fd, buf, 100));
	/* whole, or not at all */
	EXPECT_EQ(-1, write(self->fd, buf, MSGMAX));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(queue_holds(self->fd, SELF, 3, MSGMAX + 100));
	EXPECT_EQ(MSGMAX, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(100, read(self->fd, buf, sizeof(buf)));
	/* the calls with flags of their own go by those */
	pid = queue_receiver(self->fd, SELF, 0, 0, 10);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, queue_put(self->fd, SELF, 3, 10, 0));
	EXPECT_EQ(0, child_wait(pid));
	/* and it can be taken back */
	ASSERT_EQ(0, set_flag(self->fd, O_NONBLOCK, false));
	pid = queue_reader(self->fd, 9);
	ASSERT_LT(0, pid);
	EXPECT_EQ(9, write(self->fd, buf, 9));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(queue, reader_gets_the_message_that_it_waits_for)
{
	int fd = queue_open(self->dev, self->id, 0);
	struct kipc_msg_stat stat;
	pid_t pids[2];
	char buf[10];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, queue_filter(self->fd, 7, 0));
	ASSERT_EQ(0, queue_filter(fd, 7, KIPC_MSG_EXCEPT));
	pids[0] = queue_reader(self->fd, 70);
	pids[1] = queue_reader(fd, 80);
	ASSERT_LT(0, pids[0]);
	ASSERT_LT(0, pids[1]);
	EXPECT_EQ(2, queue_stat(fd, SELF).receivers);
	EXPECT_EQ(0, queue_put(fd, SELF, 8, 80, 0));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, queue_put(fd, SELF, 9, 10, 0));
	EXPECT_EQ(1, queue_stat(fd, SELF).receivers);
	EXPECT_TRUE(task_is_blocked(pids[0], SYS_read));
	EXPECT_EQ(0, queue_put(fd, SELF, 7, 70, 0));
	/* it was handed over before this call returned */
	stat = queue_stat(fd, SELF);
	EXPECT_EQ(1, stat.qnum);
	EXPECT_EQ(0, stat.receivers);
	EXPECT_EQ(pids[0], stat.lrpid);
	EXPECT_EQ(getpid(), stat.lspid);
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(10, read(fd, buf, sizeof(buf)));
	close(fd);
}

TEST_F(queue, writer_waits_for_room_for_its_whole_message)
{
	struct kipc_msg_stat stat;
	pid_t pid;

	ASSERT_EQ(0, queue_put(self->fd, SELF, 1, 8000, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 2, 8000, 0));
	pid = queue_writer(self->fd, 400);
	ASSERT_LT(0, pid);
	stat = queue_stat(self->fd, SELF);
	EXPECT_EQ(1, stat.senders);
	EXPECT_EQ(2, stat.qnum);
	EXPECT_EQ(16000, stat.cbytes);
	EXPECT_EQ(8000, queue_take(self->fd, SELF, 1, NOWAIT, NULL));
	/* it is in before this call returned */
	stat = queue_stat(self->fd, SELF);
	EXPECT_EQ(0, stat.senders);
	EXPECT_EQ(2, stat.qnum);
	EXPECT_EQ(8400, stat.cbytes);
	EXPECT_EQ(pid, stat.lspid);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(400, queue_take(self->fd, SELF, 1, NOWAIT, NULL));
}

TEST_F(queue, signals_end_read_and_write_and_they_are_not_restarted)
{
	static const long calls[] = { SYS_read, SYS_write, SYS_ioctl, SYS_ioctl };
	char buf[100] = "";
	pid_t pids[4];
	size_t i;

	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	ASSERT_EQ(0, queue_filter(self->fd, 7, 0));
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			handle_signal(SIGUSR1, SA_RESTART);
			EXPECT_EQ(-1, i == 0 ? read(self->fd, buf, sizeof(buf)) :
				  i == 1 ? write(self->fd, buf, sizeof(buf)) :
				  i == 2 ? queue_take(self->fd, SELF, 7, 0, NULL) :
				  queue_put(self->fd, SELF, 8, 1, 0));
			EXPECT_EQ(EINTR, errno);
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pids[i], calls[i]));
	}
	EXPECT_EQ(2, queue_stat(self->fd, SELF).senders);
	EXPECT_EQ(2, queue_stat(self->fd, SELF).receivers);
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		kill(pids[i], SIGUSR1);
		EXPECT_EQ(0, child_wait(pids[i]));
	}
	EXPECT_EQ(0, queue_stat(self->fd, SELF).senders);
	EXPECT_EQ(0, queue_stat(self->fd, SELF).receivers);
	EXPECT_TRUE(queue_holds(self->fd, SELF, 2, 2 * MSGMAX));
}

TEST_F(queue, rwf_nowait_is_eagain_where_a_call_would_sleep)
{
	char buf[MSGMAX] = "ab";
	struct iovec iov = { buf, 2 };

	EXPECT_EQ(-1, preadv2(self->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(2, pwritev2(self->fd, &iov, 1, -1, RWF_NOWAIT));
	memset(buf, 0, sizeof(buf));
	EXPECT_EQ(2, preadv2(self->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_STREQ("ab", buf);
	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	EXPECT_EQ(-1, pwritev2(self->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	/* an error that has nothing to do with waiting stays what it is */
	EXPECT_EQ(-1, preadv2(self->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_TRUE(queue_holds(self->fd, SELF, 2, 2 * MSGMAX));
}

TEST_HARNESS_MAIN
