// SPDX-License-Identifier: GPL-2.0
/*
 * To wait for semaphores by io_uring: a poll request on a descriptor of a set completes when
 * the list that it watches can be done.
 */
#include "sem_kipc_fixture.h"
#include "sem_steps.h"
#include "uring.h"

/* A set of two, only by a descriptor; the request of a ring is never to outlive a test. */
static int ring_and_set(struct io_uring *ring, int dev)
{
	if (io_uring_queue_init(64, ring, 0))
		return -1;
	return sem_create_on(dev, 2, 0600, KIPC_SEM_CLOEXEC);
}

TEST_F(set, poll_request_completes_when_the_list_can_be_done)
{
	struct io_uring ring;
	int fd = ring_and_set(&ring, self->dev);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, WATCH(fd, SEM_OP(0, -1, 0), SEM_OP(1, 0, 0)));
	ASSERT_TRUE(submit_poll(&ring, fd, POLLIN, false, 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	ASSERT_EQ(0, SEM_DO_ON(fd, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	ASSERT_EQ(0, sem_do_on(fd, 1, -1, 0));
	EXPECT_EQ(POLLIN, take_result(&ring, 1, true) & (POLLIN | POLLERR | POLLHUP));
	/* at once, if it can be done now */
	ASSERT_TRUE(submit_poll(&ring, fd, POLLIN, false, 2));
	EXPECT_EQ(POLLIN, take_result(&ring, 2, true) & (POLLIN | POLLERR | POLLHUP));
	EXPECT_EQ(-ETIME, take_result(&ring, 2, false));
	io_uring_queue_exit(&ring);
	close(fd);
}

TEST_F(set, poll_request_completes_by_the_end_of_a_process)
{
	struct io_uring ring;
	int fd = ring_and_set(&ring, self->dev);
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, WATCH(fd, SEM_OP(0, -1, 0)));
	ASSERT_EQ(0, sem_do_on(fd, 0, 1, 0));
	pid = child_fork();
	if (!pid) {
		if (sem_do_on(fd, 0, -1, SEM_UNDO))
			_exit(1);
		for (;;)
			pause();
	}
	ASSERT_TRUE(EVENTUALLY(sem_value(fd, SELF, 0).value == 0));
	ASSERT_TRUE(submit_poll(&ring, fd, POLLIN, false, 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(POLLIN, take_result(&ring, 1, true) & (POLLIN | POLLERR | POLLHUP));
	io_uring_queue_exit(&ring);
	close(fd);
}

TEST_F(set, request_that_stays_tells_each_edge)
{
	struct io_uring ring;
	int fd = ring_and_set(&ring, self->dev), i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, WATCH(fd, SEM_OP(0, -1, 0)));
	ASSERT_TRUE(submit_poll(&ring, fd, POLLIN, true, 1));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
		ASSERT_EQ(0, sem_do_on(fd, 0, 1, 0));
		EXPECT_EQ(POLLIN, take_result(&ring, 1, true) & (POLLIN | POLLERR | POLLHUP));
	}
	io_uring_queue_exit(&ring);
	close(fd);
}

TEST_F(set, removal_completes_a_poll_request)
{
	struct io_uring ring;
	int fd = ring_and_set(&ring, self->dev), watched, ret;

	ASSERT_LE(0, fd);
	close(fd);
	for (watched = 0; watched < 2; watched++) {
		fd = sem_create_on(self->dev, 2, 0600, KIPC_SEM_CLOEXEC);
		ASSERT_LE(0, fd);
		if (watched)
			ASSERT_EQ(0, WATCH(fd, SEM_OP(0, -1, 0)));
		ASSERT_TRUE(submit_poll(&ring, fd, POLLIN, false, 1));
		EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
		ASSERT_EQ(0, sem_remove_on(fd, SELF));
		ret = take_result(&ring, 1, true);
		EXPECT_LT(0, ret);
		EXPECT_EQ(POLLERR | POLLHUP, ret & (POLLIN | POLLERR | POLLHUP));
		close(fd);
	}
	io_uring_queue_exit(&ring);
}

TEST_F(set, poll_request_can_be_cancelled)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	int fd = ring_and_set(&ring, self->dev), a, b;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, WATCH(fd, SEM_OP(0, -1, 0)));
	ASSERT_TRUE(submit_poll(&ring, fd, POLLIN, false, 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_cancel64(sqe, 1, 0);
	io_uring_sqe_set_data64(sqe, 1);
	ASSERT_EQ(1, io_uring_submit(&ring));
	a = take_result(&ring, 1, true);
	b = take_result(&ring, 1, true);
	/* in either order: the cancellation's own result, and the request's */
	EXPECT_TRUE((a == 0 && b == -ECANCELED) || (a == -ECANCELED && b == 0));
	ASSERT_EQ(0, sem_do_on(fd, 0, 1, 0));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	io_uring_queue_exit(&ring);
	close(fd);
}

TEST_F(set, ring_that_is_closed_with_requests_lets_the_set_go)
{
	struct io_uring ring;
	int fd = ring_and_set(&ring, self->dev), i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, WATCH(fd, SEM_OP(0, -1, 0)));
	for (i = 0; i < 10; i++)
		ASSERT_TRUE(submit_poll(&ring, fd, POLLIN, i % 2, i));
	EXPECT_EQ(2, stats_of(self->dev).sem_sets);
	/* the requests keep the open file, and so the set */
	close(fd);
	EXPECT_EQ(2, stats_of(self->dev).sem_sets);
	io_uring_queue_exit(&ring);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == 1));
}

/* Each waits for its own semaphore; one ring hears of all. */
TEST_F_TIMEOUT(set, one_ring_waits_for_many_sets, 60)
{
	enum { MANY = 30 };
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int fds[MANY], i, k;

	ASSERT_EQ(0, io_uring_queue_init(64, &ring, 0));
	for (i = 0; i < MANY; i++) {
		fds[i] = sem_create_on(self->dev, 1 + i % 3, 0600, KIPC_SEM_CLOEXEC);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, WATCH(fds[i], SEM_OP(i % 3, -1, 0)));
		ASSERT_TRUE(submit_poll(&ring, fds[i], POLLIN, false, i));
	}
	for (i = 0; i < MANY; i++) {
		k = i * 7 % MANY;
		ASSERT_EQ(-EAGAIN, io_uring_peek_cqe(&ring, &cqe));
		ASSERT_EQ(0, sem_do_on(fds[k], k % 3, 1, 0));
		EXPECT_EQ(POLLIN, take_result(&ring, k, true) & (POLLIN | POLLERR | POLLHUP));
	}
	io_uring_queue_exit(&ring);
	for (i = 0; i < MANY; i++)
		close(fds[i]);
}

TEST_HARNESS_MAIN
