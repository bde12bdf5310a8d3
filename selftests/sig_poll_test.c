// SPDX-License-Identifier: GPL-2.0
/*
 * What poll(), epoll, SIGIO and io_uring say of a signal queue and of its subscribers, and
 * when.
 */
#include "epoll.h"
#include "sig_fixture.h"
#include "uring.h"

#define SIG	(KIPC_SIG_RTMIN + 5)
#define RECORD	sizeof(struct signalfd_siginfo)

/* --- poll */

TEST_F(sigq, poll_follows_what_can_be_read)
{
	__u32 number;
	int sub = sub_new(self->dev, self->id, &number);
	int other = sub_new(self->dev, self->id, NULL);

	ASSERT_LE(0, sub);
	EXPECT_EQ(0, poll_now(sub, POLL_ALL));
	ASSERT_EQ(0, sigq_put(self->fd, number, SIG, 1));
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(sub, POLL_ALL));
	EXPECT_EQ(0, poll_now(other, POLL_ALL));
	EXPECT_EQ(SIG, sub_read_one(sub));
	EXPECT_EQ(0, poll_now(sub, POLL_ALL));
	/* of the group, for all of them, until one takes it */
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(sub, POLL_ALL));
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(other, POLL_ALL));
	EXPECT_EQ(SIGUSR1, sub_read_one(other));
	EXPECT_EQ(0, poll_now(sub, POLL_ALL));
	EXPECT_EQ(0, poll_now(other, POLL_ALL));
	close(sub);
	close(other);
}

TEST_F(sigq, poll_follows_what_is_blocked_and_ignored)
{
	int sub = sub_new(self->dev, self->id, NULL), other = sub_new(self->dev, self->id, NULL);

	ASSERT_LE(0, sub);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	sub_mask(sub, KIPC_SIG_BLOCK, BIT_OF(SIG));
	EXPECT_EQ(0, poll_now(sub, POLLIN));
	EXPECT_EQ(POLLIN, poll_now(other, POLLIN));
	sub_mask(sub, KIPC_SIG_UNBLOCK, BIT_OF(SIG));
	EXPECT_EQ(POLLIN, poll_now(sub, POLLIN));
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_IGNORE, BIT_OF(SIG)));
	EXPECT_EQ(0, poll_now(sub, POLLIN));
	EXPECT_EQ(POLLIN, poll_now(other, POLLIN));
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_KEEP, BIT_OF(SIG)));
	EXPECT_EQ(POLLIN, poll_now(sub, POLLIN));
	close(sub);
	close(other);
}

TEST_F(sigq, pollout_promises_room_for_a_real_time_signal)
{
	int sub = sub_new(self->dev, self->id, NULL);

	ASSERT_LE(0, sub);
	EXPECT_EQ(POLLOUT | POLLWRNORM, poll_now(self->fd, POLL_ALL));
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 2));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(POLLOUT, poll_now(self->fd, POLLOUT));
	/* standard ones take no room */
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	EXPECT_EQ(POLLOUT, poll_now(self->fd, POLLOUT));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(0, poll_now(self->fd, POLL_ALL));
	EXPECT_EQ(-1, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(SIGUSR1, sub_read_one(sub));
	EXPECT_EQ(0, poll_now(self->fd, POLL_ALL));
	EXPECT_EQ(SIG, sub_read_one(sub));
	EXPECT_EQ(POLLOUT, poll_now(self->fd, POLLOUT));
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 0));
	EXPECT_EQ(0, poll_now(self->fd, POLLOUT));
	close(sub);
}

TEST_F(sigq, all_sleeping_polls_wake_for_a_signal_of_the_group)
{
	int sub = sub_new(self->dev, self->id, NULL), other = sub_new(self->dev, self->id, NULL);
	pid_t pids[4];
	int i;

	for (i = 0; i < 4; i++) {
		pids[i] = asleep_in_poll(_metadata, i % 2 ? sub : other, POLLIN, POLLIN);
		ASSERT_LT(0, pids[i]);
	}
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	close(sub);
	close(other);
}

TEST_F(sigq, sleeping_poll_wakes_for_what_it_does_not_block_alone)
{
	__u32 number;
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_NONBLOCK, BIT_OF(SIG), &number);
	pid_t pid;

	ASSERT_LE(0, sub);
	pid = asleep_in_poll(_metadata, sub, POLLIN, POLLIN);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, sigq_put(self->fd, number, SIG, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	ASSERT_TRUE(wait_blocked(pid, CALL_POLL));
	sub_mask(sub, KIPC_SIG_SETMASK, 0);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(2, sub_drain(sub));
	pid = asleep_in_poll(_metadata, sub, POLLIN, POLLIN);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, sigq_put(self->fd, number, SIGUSR1, 1));
	EXPECT_EQ(0, child_wait(pid));
	close(sub);
}

/* Room comes by reading, by a higher limit, with a subscriber that goes, by ignoring. */
TEST_F(sigq, sleeping_poll_wakes_for_room)
{
	__u32 number;
	int sub, way;
	pid_t pid;

	for (way = 0; way < 4; way++) {
		sub = sub_new(self->dev, self->id, &number);
		ASSERT_LE(0, sub);
		ASSERT_EQ(0, sigq_resize(self->fd, SELF, 1));
		ASSERT_EQ(0, sigq_put(self->fd, number, SIG, 1));
		pid = asleep_in_poll(_metadata, self->fd, POLLOUT, POLLOUT);
		ASSERT_LT(0, pid);
		switch (way) {
		case 0:
			EXPECT_EQ(SIG, sub_read_one(sub));
			break;
		case 1:
			EXPECT_EQ(0, sigq_resize(self->fd, SELF, 2));
			break;
		case 2:
			/* the one that polls has it, too */
			kill(pid, SIGKILL);
			EXPECT_EQ(128 + SIGKILL, child_wait(pid));
			close(sub);
			sub = -1;
			EXPECT_EQ(POLLOUT, poll_now(self->fd, POLLOUT));
			continue;
		case 3:
			EXPECT_EQ(0, sub_action(sub, KIPC_SIG_IGNORE, ALL));
			break;
		}
		EXPECT_EQ(0, child_wait(pid));
		close(sub);
	}
}

TEST_F(sigq, removal_is_err_and_hup_for_everybody_and_stays_so)
{
	int sub = sub_new(self->dev, self->id, NULL), fds[2] = { sub, self->fd }, i, ep;
	pid_t pids[2];

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 0));
	ep = epoll_on(sub, EPOLLIN | EPOLLET);
	for (i = 0; i < 2; i++) {
		pids[i] = asleep_in_poll(_metadata, fds[i], i ? POLLOUT : POLLIN, GONE);
		ASSERT_LT(0, pids[i]);
	}
	ASSERT_EQ(0, sigq_remove(self->dev, self->id));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, child_wait(pids[i]));
		EXPECT_EQ(GONE, poll_now(fds[i], POLL_ALL) & GONE);
		EXPECT_EQ(GONE, poll_now(fds[i], 0));
	}
	EXPECT_EQ(GONE, epoll_take(ep, 0) & GONE);
	EXPECT_EQ(0, epoll_take(ep, 0));
	close(ep);
	close(sub);
}

/* --- epoll */

TEST_F(sigq, level_triggered_epoll_reports_while_it_lasts)
{
	int sub = sub_new(self->dev, self->id, NULL), ep = epoll_on(sub, EPOLLIN), i;

	ASSERT_LE(0, sub);
	ASSERT_LE(0, ep);
	EXPECT_EQ(0, epoll_take(ep, 0));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
		EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
		EXPECT_EQ(SIG, sub_read_one(sub));
	}
	EXPECT_EQ(0, epoll_take(ep, 0));
	close(ep);
	close(sub);
}

TEST_F(sigq, each_signal_that_stays_is_an_edge)
{
	__u32 number;
	int sub = sub_new(self->dev, self->id, &number), ep = epoll_on(sub, EPOLLIN | EPOLLET), i;

	ASSERT_LE(0, sub);
	ASSERT_LE(0, ep);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, sigq_put(self->fd, i % 2 ? number : GROUP, SIG, i));
		EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
		EXPECT_EQ(0, epoll_take(ep, 0));
	}
	EXPECT_EQ(SIG, sub_read_one(sub));
	EXPECT_EQ(0, epoll_take(ep, 0));
	/* unblocking shows what was there, and what is blocked is no edge */
	sub_mask(sub, KIPC_SIG_BLOCK, BIT_OF(SIGUSR1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	EXPECT_EQ(0, epoll_take(ep, 0));
	sub_mask(sub, KIPC_SIG_UNBLOCK, BIT_OF(SIGUSR1));
	EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
	close(ep);
	close(sub);
}

TEST_F_TIMEOUT(sigq, edge_triggered_reader_comes_to_its_end, 60)
{
	enum { COUNT = 3000 };
	int sub = sub_new(self->dev, self->id, NULL), ep = epoll_on(sub, EPOLLIN | EPOLLET), n = 0;
	pid_t pid;

	ASSERT_LE(0, sub);
	ASSERT_LE(0, ep);
	pid = child_fork();
	if (!pid) {
		for (n = 0; n < COUNT; n++)
			while (sigq_put(self->fd, GROUP, SIG, n))
				sched_yield();
		_exit(0);
	}
	while (n < COUNT && epoll_take(ep, DEADLINE_MS) == EPOLLIN)
		while (sub_read_one(sub) == SIG)
			n++;
	EXPECT_EQ(COUNT, n);
	EXPECT_EQ(0, child_wait(pid));
	close(ep);
	close(sub);
}

/* --- SIGIO */

TEST_F(sigq, sigio_comes_with_each_signal_that_stays)
{
	__u32 number;
	int sub = sub_new(self->dev, self->id, &number), i;
	siginfo_t info;

	ASSERT_LE(0, sub);
	block_signal(SIGIO);
	ASSERT_EQ(0, fcntl(sub, F_SETOWN, getpid()));
	ASSERT_EQ(0, set_flag(sub, O_ASYNC, true));
	EXPECT_EQ(-1, take_signal(SIGIO, &info, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, sigq_put(self->fd, i ? number : GROUP, SIG, 1));
		EXPECT_EQ(0, take_signal(SIGIO, &info, DEADLINE_MS));
	}
	sub_mask(sub, KIPC_SIG_BLOCK, BIT_OF(SIGUSR1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	EXPECT_EQ(-1, take_signal(SIGIO, &info, 0));
	sub_mask(sub, KIPC_SIG_SETMASK, 0);
	EXPECT_EQ(0, take_signal(SIGIO, &info, DEADLINE_MS));
	ASSERT_EQ(0, set_flag(sub, O_ASYNC, false));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(-1, take_signal(SIGIO, &info, 0));
	ASSERT_EQ(0, set_flag(sub, O_ASYNC, true));
	ASSERT_EQ(0, sigq_remove(self->fd, SELF));
	EXPECT_EQ(0, take_signal(SIGIO, &info, DEADLINE_MS));
	close(sub);
}

/* --- io_uring */

TEST_F(sigq, read_request_waits_without_a_worker)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, BIT_OF(SIGUSR1), NULL);
	struct signalfd_siginfo infos[2];
	struct io_uring ring;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	memset(infos, POISON, sizeof(infos));
	ASSERT_TRUE(submit_read(&ring, sub, infos, sizeof(infos), 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	EXPECT_EQ(0, workers());
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
	EXPECT_EQ((int)RECORD, take_result(&ring, 1, true));
	EXPECT_EQ(SIG, (int)infos[0].ssi_signo);
	EXPECT_EQ(2, infos[0].ssi_int);
	EXPECT_TRUE(is_all(&infos[1], POISON, RECORD));
	/* at once, if there is one; errors take nothing */
	sub_mask(sub, KIPC_SIG_SETMASK, 0);
	ASSERT_TRUE(submit_read(&ring, sub, nowhere(), RECORD, 2));
	EXPECT_EQ(-EFAULT, take_result(&ring, 2, true));
	ASSERT_TRUE(submit_read(&ring, sub, infos, RECORD - 1, 3));
	EXPECT_EQ(-EINVAL, take_result(&ring, 3, true));
	ASSERT_TRUE(submit_read(&ring, sub, infos, sizeof(infos), 4));
	EXPECT_EQ((int)RECORD, take_result(&ring, 4, true));
	EXPECT_EQ(SIGUSR1, (int)infos[0].ssi_signo);
	EXPECT_EQ(0, workers());
	io_uring_queue_exit(&ring);
	close(sub);
}

TEST_F(sigq, many_waiting_requests_each_get_their_signal)
{
	enum { READS = 6 };
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL), i;
	struct signalfd_siginfo infos[READS];
	unsigned int seen = 0;
	struct io_uring_cqe *cqe;
	struct io_uring ring;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	for (i = 0; i < READS; i++)
		ASSERT_TRUE(submit_read(&ring, sub, &infos[i], RECORD, i));
	for (i = 0; i < READS; i++)
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
	for (i = 0; i < READS; i++) {
		ASSERT_EQ(0, io_uring_wait_cqe(&ring, &cqe));
		EXPECT_EQ((int)RECORD, cqe->res);
		seen |= 1U << infos[cqe->user_data].ssi_int;
		io_uring_cqe_seen(&ring, cqe);
	}
	EXPECT_EQ((1U << READS) - 1, seen);
	EXPECT_EQ(0, workers());
	io_uring_queue_exit(&ring);
	close(sub);
}

TEST_F(sigq, poll_requests_complete_and_those_that_stay_tell_each_signal)
{
	int sub = sub_new(self->dev, self->id, NULL), i;
	struct io_uring ring;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_TRUE(submit_poll(&ring, sub, POLLIN, true, 1));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
		EXPECT_EQ(POLLIN, take_result(&ring, 1, true) & (POLLIN | GONE));
	}
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 5));
	ASSERT_TRUE(submit_poll(&ring, self->fd, POLLOUT, false, 2));
	EXPECT_EQ(-ETIME, take_result(&ring, 2, false));
	EXPECT_EQ(SIG, sub_read_one(sub));
	EXPECT_EQ(POLLOUT, take_result(&ring, 2, true) & (POLLOUT | GONE));
	io_uring_queue_exit(&ring);
	close(sub);
}

TEST_F(sigq, requests_are_cancelled_removed_and_closed_without_losing_anything)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL);
	struct signalfd_siginfo info;
	struct io_uring ring;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_TRUE(submit_read(&ring, sub, &info, RECORD, 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	EXPECT_TRUE(cancelled(&ring, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(SIG, sub_read_one(sub));
	ASSERT_TRUE(submit_read(&ring, sub, &info, RECORD, 2));
	ASSERT_TRUE(submit_poll(&ring, sub, POLLIN, false, 3));
	/* the requests keep the subscriber */
	close(sub);
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).subscribers);
	io_uring_queue_exit(&ring);
	EXPECT_TRUE(EVENTUALLY(sigq_stat(self->fd, SELF).subscribers == 0));

	sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL);
	ASSERT_LE(0, sub);
	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_TRUE(submit_read(&ring, sub, &info, RECORD, 1));
	EXPECT_EQ(-ETIME, take_result(&ring, 1, false));
	ASSERT_EQ(0, sigq_remove(self->fd, SELF));
	EXPECT_EQ(-EIDRM, take_result(&ring, 1, true));
	io_uring_queue_exit(&ring);
	close(sub);
}

TEST_HARNESS_MAIN
