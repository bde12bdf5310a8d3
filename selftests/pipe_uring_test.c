// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring and RWF_NOWAIT: what would block is waited for by polling, not by a worker
 * thread. Also run with the kernel's pipe, of which the same is true.
 */
#include "pipe_fixture.h"
#include "uring.h"

/* The kernel's own pipes learned this in 6.4 only; kipc's can it everywhere. */
static bool knows_nowait(int fd)
{
	char c;
	struct iovec iov = { &c, 1 };

	return preadv2(fd, &iov, 1, -1, RWF_NOWAIT) >= 0 || errno != EOPNOTSUPP;
}

/* Whether nothing has blocked in a worker, by a pipe that need not. */
static bool works_alone(const struct _test_data_pipe *self)
{
	return workers() == 0 || (self->dev < 0 && !knows_nowait(self->r));
}

static bool ring_made(struct io_uring *ring)
{
	return io_uring_queue_init(8, ring, 0) == 0;
}

TEST_F(pipe, read_of_an_empty_pipe_waits_without_a_worker)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	char buf[16] = "";

	if (!ring_made(&ring))
		SKIP(return, "this kernel has no io_uring");
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read(sqe, self->r, buf, sizeof(buf), 0);
	io_uring_sqe_set_data64(sqe, 1);
	ASSERT_EQ(1, io_uring_submit(&ring));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	EXPECT_TRUE(works_alone(self));
	ASSERT_EQ(5, write(self->w, "hello", 5));
	EXPECT_EQ(5, take_result(&ring, 1, true));
	EXPECT_STREQ("hello", buf);
	EXPECT_TRUE(works_alone(self));
	io_uring_queue_exit(&ring);
}

TEST_F(pipe, write_to_a_full_pipe_waits_without_a_worker)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	if (!ring_made(&ring))
		SKIP(return, "this kernel has no io_uring");
	ASSERT_EQ(65536, fill(self->w));
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_write(sqe, self->w, "hello", 5, 0);
	io_uring_sqe_set_data64(sqe, 2);
	ASSERT_EQ(1, io_uring_submit(&ring));
	EXPECT_EQ(-ETIME, take_result(&ring, 2, false));
	EXPECT_TRUE(works_alone(self));
	ASSERT_TRUE(read_pattern(self->r, 65536, 0));
	EXPECT_EQ(5, take_result(&ring, 2, true));
	EXPECT_EQ(5, bytes_in(self->r));
	EXPECT_TRUE(works_alone(self));
	io_uring_queue_exit(&ring);
}

TEST_F(pipe, read_and_write_that_need_not_wait_complete_at_once)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	char buf[16] = "";

	if (!ring_made(&ring))
		SKIP(return, "this kernel has no io_uring");
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_write(sqe, self->w, "hello", 5, 0);
	io_uring_sqe_set_data64(sqe, 1);
	ASSERT_EQ(1, io_uring_submit(&ring));
	EXPECT_EQ(5, take_result(&ring, 1, true));
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read(sqe, self->r, buf, sizeof(buf), 0);
	io_uring_sqe_set_data64(sqe, 2);
	ASSERT_EQ(1, io_uring_submit(&ring));
	EXPECT_EQ(5, take_result(&ring, 2, true));
	EXPECT_STREQ("hello", buf);
	EXPECT_TRUE(works_alone(self));
	io_uring_queue_exit(&ring);
}

TEST_F(pipe, waiting_read_completes_with_end_of_file)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	char c;

	if (!ring_made(&ring))
		SKIP(return, "this kernel has no io_uring");
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read(sqe, self->r, &c, 1, 0);
	io_uring_sqe_set_data64(sqe, 1);
	ASSERT_EQ(1, io_uring_submit(&ring));
	pipe_close(&self->w);
	EXPECT_EQ(0, take_result(&ring, 1, true));
	io_uring_queue_exit(&ring);
}

TEST_F(pipe, poll_request_completes_when_there_is_data)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	if (!ring_made(&ring))
		SKIP(return, "this kernel has no io_uring");
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_poll_add(sqe, self->r, POLLIN);
	io_uring_sqe_set_data64(sqe, 1);
	ASSERT_EQ(1, io_uring_submit(&ring));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(POLLIN, take_result(&ring, 1, true) & POLLIN);
	io_uring_queue_exit(&ring);
}

TEST_F(pipe, waiting_read_can_be_cancelled_and_loses_nothing)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	int a, b;
	char c;

	if (!ring_made(&ring))
		SKIP(return, "this kernel has no io_uring");
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read(sqe, self->r, &c, 1, 0);
	io_uring_sqe_set_data64(sqe, 1);
	ASSERT_EQ(1, io_uring_submit(&ring));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_cancel64(sqe, 1, 0);
	io_uring_sqe_set_data64(sqe, 1);
	ASSERT_EQ(1, io_uring_submit(&ring));
	a = take_result(&ring, 1, true);
	b = take_result(&ring, 1, true);
	/* in either order: the cancellation's own result, and the read's */
	EXPECT_TRUE((a == 0 && b == -ECANCELED) || (a == -ECANCELED && b == 0));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(1, bytes_in(self->r));
	EXPECT_EQ(1, read(self->r, &c, 1));
	io_uring_queue_exit(&ring);
}

TEST_F(pipe, many_waiting_reads_each_get_their_byte)
{
	struct io_uring_cqe *cqe;
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	unsigned int seen = 0;
	char buf[6];
	int i;

	if (!ring_made(&ring))
		SKIP(return, "this kernel has no io_uring");
	for (i = 0; i < 6; i++) {
		sqe = io_uring_get_sqe(&ring);
		io_uring_prep_read(sqe, self->r, &buf[i], 1, 0);
		io_uring_sqe_set_data64(sqe, i);
	}
	ASSERT_EQ(6, io_uring_submit(&ring));
	for (i = 0; i < 6; i++)
		ASSERT_EQ(1, write(self->w, &"abcdef"[i], 1));
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
		EXPECT_EQ(1, cqe->res);
		seen |= 1U << (buf[cqe->user_data] - 'a');
		io_uring_cqe_seen(&ring, cqe);
	}
	EXPECT_EQ(0x3f, seen);
	EXPECT_TRUE(works_alone(self));
	io_uring_queue_exit(&ring);
}

TEST_F(pipe, ring_that_is_closed_with_a_waiting_read_lets_the_pipe_go)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	char c;

	if (!ring_made(&ring))
		SKIP(return, "this kernel has no io_uring");
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_read(sqe, self->r, &c, 1, 0);
	ASSERT_EQ(1, io_uring_submit(&ring));
	io_uring_queue_exit(&ring);
	pipe_close(&self->r);
	/* it is said by the write end, as soon as the last reference is gone */
	EXPECT_TRUE(EVENTUALLY(poll_now(self->w, POLLOUT) & POLLERR));
}

/* --- RWF_NOWAIT */

TEST_F(pipe, rwf_nowait_is_eagain_where_a_call_would_sleep)
{
	char buf[8] = "";
	struct iovec iov = { buf, sizeof(buf) };
	ssize_t n;

	if (!variant->kipc && !knows_nowait(self->r)) {
		EXPECT_EQ(-1, pwritev2(self->w, &iov, 1, -1, RWF_NOWAIT));
		EXPECT_EQ(EOPNOTSUPP, errno);
		return;
	}
	EXPECT_EQ(-1, preadv2(self->r, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(2, write(self->w, "ab", 2));
	EXPECT_EQ(2, preadv2(self->r, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_STREQ("ab", buf);

	n = pwritev2(self->w, &iov, 1, -1, RWF_NOWAIT);
	EXPECT_EQ((ssize_t)sizeof(buf), n);
	ASSERT_TRUE(fill(self->w) > 0);
	/* as full as the kernel's pipe gets */
	while (set_flag(self->w, O_NONBLOCK, true) == 0 && write(self->w, "x", 1) == 1)
		;
	ASSERT_EQ(0, set_flag(self->w, O_NONBLOCK, false));
	EXPECT_EQ(-1, pwritev2(self->w, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_HARNESS_MAIN
