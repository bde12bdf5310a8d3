// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring on a message queue: reads, writes and polls that would block wait without a
 * worker thread.
 */
#include "msg_kipc_fixture.h"
#include "uring.h"

/* Whether it could be given to the kernel. */
static bool submit_write(struct io_uring *ring, int fd, const void *buf, size_t size, __u64 data)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_write(sqe, fd, buf, size, 0);
	io_uring_sqe_set_data64(sqe, data);
	return io_uring_submit(ring) == 1;
}

TEST_F(queue, read_of_an_empty_queue_waits_without_a_worker)
{
	struct io_uring ring;
	char buf[16] = "";

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_TRUE(submit_read(&ring, self->fd, buf, sizeof(buf), 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	EXPECT_EQ(0, workers());
	ASSERT_EQ(5, write(self->fd, "hello", 5));
	EXPECT_EQ(5, take_result(&ring, 1, true));
	EXPECT_STREQ("hello", buf);
	EXPECT_EQ(0, workers());
	EXPECT_TRUE(queue_holds(self->fd, SELF, 0, 0));
	io_uring_queue_exit(&ring);
}

TEST_F(queue, read_waits_for_what_its_filter_lets_through)
{
	int fd = queue_open(self->dev, self->id, KIPC_MSG_TYPED);
	struct {
		__s64 type;
		char bytes[20];
	} msg = { 0 };
	struct io_uring ring;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, queue_filter(fd, 7, 0));
	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 6, 20, 0));
	ASSERT_TRUE(submit_read(&ring, fd, &msg, sizeof(msg), 1));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 8, 20, 0));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	EXPECT_EQ(0, workers());
	ASSERT_EQ(0, queue_put(self->fd, SELF, 7, 20, 0));
	EXPECT_EQ((int)(8 + 20), take_result(&ring, 1, true));
	EXPECT_EQ(7, msg.type);
	EXPECT_TRUE(is_pattern(msg.bytes, 20, 7));
	EXPECT_EQ(0, workers());
	EXPECT_TRUE(queue_holds(fd, SELF, 2, 40));
	io_uring_queue_exit(&ring);
	close(fd);
}

TEST_F(queue, write_to_a_full_queue_waits_without_a_worker)
{
	struct io_uring ring;

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_EQ(2, queue_fill(self->fd, SELF, 3));
	ASSERT_TRUE(submit_write(&ring, self->fd, "hello", 5, 2));
	EXPECT_EQ(-ETIME, take_result(&ring, 2, false));
	EXPECT_EQ(0, workers());
	EXPECT_EQ(MSGMAX, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
	EXPECT_EQ(5, take_result(&ring, 2, true));
	EXPECT_EQ(0, workers());
	EXPECT_TRUE(queue_holds(self->fd, SELF, 2, MSGMAX + 5));
	io_uring_queue_exit(&ring);
}

/* It polls for room for a byte: woken too early, it must wait on. */
TEST_F(queue, write_of_a_large_message_waits_until_there_is_room_for_all_of_it)
{
	static char buf[MSGMAX];
	struct io_uring ring;
	int i;

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	for (i = 0; i < 16; i++)
		ASSERT_EQ(0, queue_put(self->fd, SELF, 3, 1024, 0));
	ASSERT_TRUE(submit_write(&ring, self->fd, buf, sizeof(buf), 2));
	for (i = 0; i < 7; i++) {
		EXPECT_EQ(1024, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
		EXPECT_EQ(-ETIME, take_result(&ring, 2, false));
	}
	EXPECT_EQ(1024, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
	EXPECT_EQ(MSGMAX, take_result(&ring, 2, true));
	EXPECT_TRUE(queue_holds(self->fd, SELF, 9, 8 * 1024 + MSGMAX));
	io_uring_queue_exit(&ring);
}

TEST_F(queue, read_and_write_that_need_not_wait_complete_at_once)
{
	struct io_uring ring;
	char buf[16] = "";

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_TRUE(submit_write(&ring, self->fd, "hello", 5, 1));
	EXPECT_EQ(5, take_result(&ring, 1, false));
	ASSERT_TRUE(submit_write(&ring, self->fd, "you", 3, 2));
	EXPECT_EQ(3, take_result(&ring, 2, false));
	ASSERT_TRUE(submit_read(&ring, self->fd, buf, sizeof(buf), 3));
	EXPECT_EQ(5, take_result(&ring, 3, false));
	EXPECT_STREQ("hello", buf);
	/* errors, too, and they take nothing */
	ASSERT_TRUE(submit_read(&ring, self->fd, buf, 2, 4));
	EXPECT_EQ(-E2BIG, take_result(&ring, 4, false));
	ASSERT_TRUE(submit_read(&ring, self->fd, nowhere(), 16, 5));
	EXPECT_EQ(-EFAULT, take_result(&ring, 5, true));
	EXPECT_TRUE(queue_holds(self->fd, SELF, 1, 3));
	EXPECT_EQ(0, workers());
	io_uring_queue_exit(&ring);
}

TEST_F(queue, vectors_and_nonblocking_descriptors_work)
{
	int fd = queue_open(self->dev, self->id, KIPC_MSG_NONBLOCK);
	struct iovec out[] = { { "hel", 3 }, { "lo", 2 } };
	char a[3] = "", b[8] = "";
	struct iovec in[] = { { a, 2 }, { b, 7 } };
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	int ret;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_writev(sqe, self->fd, out, 2, 0);
	io_uring_sqe_set_data64(sqe, 1);
	ASSERT_EQ(1, io_uring_submit(&ring));
	EXPECT_EQ(5, take_result(&ring, 1, true));
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_readv(sqe, self->fd, in, 2, 0);
	io_uring_sqe_set_data64(sqe, 2);
	ASSERT_EQ(1, io_uring_submit(&ring));
	EXPECT_EQ(5, take_result(&ring, 2, true));
	EXPECT_STREQ("he", a);
	EXPECT_STREQ("llo", b);
	/* what io_uring makes of this flag differs between kernels, but no worker */
	ASSERT_TRUE(submit_read(&ring, fd, b, sizeof(b), 3));
	EXPECT_EQ(0, workers());
	ASSERT_EQ(2, write(self->fd, "hi", 2));
	ret = take_result(&ring, 3, true);
	EXPECT_TRUE(ret == 2 || ret == -EAGAIN);
	io_uring_queue_exit(&ring);
	close(fd);
}

TEST_F(queue, many_waiting_reads_each_get_their_message)
{
	enum { READS = 6 };
	unsigned int seen = 0;
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	char bufs[READS];
	int i;

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	for (i = 0; i < READS; i++)
		ASSERT_TRUE(submit_read(&ring, self->fd, &bufs[i], 1, i));
	for (i = 0; i < READS; i++)
		ASSERT_EQ(1, write(self->fd, &"abcdef"[i], 1));
	for (i = 0; i < READS; i++) {
		ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
		EXPECT_EQ(1, cqe->res);
		seen |= 1U << (bufs[cqe->user_data] - 'a');
		io_uring_cqe_seen(&ring, cqe);
	}
	EXPECT_EQ((1U << READS) - 1, seen);
	EXPECT_EQ(0, workers());
	io_uring_queue_exit(&ring);
}

TEST_F(queue, poll_requests_complete_when_it_can_be_done)
{
	struct io_uring ring;

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_TRUE(submit_poll(&ring, self->fd, POLLIN, false, 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	ASSERT_EQ(2, queue_fill(self->fd, SELF, 3));
	EXPECT_EQ(POLLIN, take_result(&ring, 1, true) & (POLLIN | POLLERR | POLLHUP));
	ASSERT_TRUE(submit_poll(&ring, self->fd, POLLOUT, false, 2));
	EXPECT_EQ(-ETIME, take_result(&ring, 2, false));
	EXPECT_EQ(3, queue_next(self->fd, SELF, 0));
	EXPECT_EQ(POLLOUT, take_result(&ring, 2, true) & (POLLOUT | POLLERR | POLLHUP));
	io_uring_queue_exit(&ring);
}

TEST_F(queue, poll_request_that_stays_tells_each_message)
{
	struct io_uring ring;
	int i;

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_TRUE(submit_poll(&ring, self->fd, POLLIN, true, 1));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
		ASSERT_EQ(0, queue_put(self->fd, SELF, 3, 10, 0));
		EXPECT_EQ(POLLIN, take_result(&ring, 1, true) & (POLLIN | POLLERR | POLLHUP));
	}
	io_uring_queue_exit(&ring);
}

TEST_F(queue, waiting_requests_can_be_cancelled_and_lose_nothing)
{
	struct io_uring ring;
	char c;

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_TRUE(submit_read(&ring, self->fd, &c, 1, 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	EXPECT_TRUE(cancelled(&ring, 1));
	ASSERT_EQ(1, write(self->fd, "x", 1));
	EXPECT_EQ(1, bytes_in(self->fd));
	ASSERT_EQ(1, read(self->fd, &c, 1));

	ASSERT_EQ(2, queue_fill(self->fd, SELF, 3));
	ASSERT_TRUE(submit_write(&ring, self->fd, "x", 1, 2));
	EXPECT_EQ(-ETIME, take_result(&ring, 2, false));
	EXPECT_TRUE(cancelled(&ring, 2));
	EXPECT_EQ(2, queue_drain(self->fd, SELF));
	EXPECT_EQ(0, queue_stat(self->fd, SELF).senders);
	EXPECT_EQ(0, queue_stat(self->fd, SELF).receivers);
	io_uring_queue_exit(&ring);
}

TEST_F(queue, removal_completes_waiting_requests)
{
	struct io_uring ring;
	char c;

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_TRUE(submit_read(&ring, self->fd, &c, 1, 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	ASSERT_EQ(0, queue_remove(self->fd, SELF));
	EXPECT_EQ(-EIDRM, take_result(&ring, 1, true));
	ASSERT_TRUE(submit_write(&ring, self->fd, "x", 1, 2));
	EXPECT_EQ(-EIDRM, take_result(&ring, 2, true));
	ASSERT_TRUE(submit_poll(&ring, self->fd, POLLIN, false, 3));
	EXPECT_EQ(POLLERR | POLLHUP, take_result(&ring, 3, true) & (POLLERR | POLLHUP));
	io_uring_queue_exit(&ring);
}

TEST_F(queue, ring_that_is_closed_with_requests_lets_the_queue_go)
{
	int fd = queue_create(self->dev, KIPC_MSG_CLOEXEC), i;
	struct io_uring ring;
	char bufs[4];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	for (i = 0; i < 4; i++)
		ASSERT_TRUE(i % 2 ? submit_read(&ring, fd, &bufs[i], 1, i) :
			    submit_poll(&ring, fd, POLLIN, i, i));
	/* the requests keep the open file, and so the queue */
	close(fd);
	EXPECT_EQ(2, stats_of(self->dev).msg_queues);
	io_uring_queue_exit(&ring);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == 1));
}

TEST_HARNESS_MAIN
