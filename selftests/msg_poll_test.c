// SPDX-License-Identifier: GPL-2.0
/*
 * What poll(), select(), epoll and SIGIO say of a message queue, and when.
 */
#include "epoll.h"
#include "msg_kipc_fixture.h"

#include <sys/select.h>

/* One descriptor for each direction. */
struct ends {
	int r;
	int w;
};

static int ends_open(struct ends *ends, const struct _test_data_queue *self)
{
	ends->r = queue_open(self->dev, self->id, KIPC_MSG_RDONLY);
	ends->w = queue_open(self->dev, self->id, KIPC_MSG_WRONLY);
	return ends->r < 0 || ends->w < 0 ? -1 : 0;
}

static void ends_close(struct ends *ends)
{
	close(ends->r);
	close(ends->w);
}

/* --- poll() and select() */

TEST_F(queue, poll_follows_what_can_be_received)
{
	EXPECT_EQ(0, poll_now(self->fd, POLLIN | POLLRDNORM));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 6, 0, 0));
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(self->fd, POLLIN | POLLRDNORM));
	EXPECT_EQ(5, queue_next(self->fd, SELF, 0));
	/* one without bytes is one */
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(self->fd, POLLIN | POLLRDNORM));
	EXPECT_EQ(6, queue_next(self->fd, SELF, 0));
	EXPECT_EQ(0, poll_now(self->fd, POLLIN | POLLRDNORM));
}

TEST_F(queue, pollout_promises_room_for_one_byte)
{
	char buf[MSGMAX];

	EXPECT_EQ(POLLOUT | POLLWRNORM, poll_now(self->fd, POLL_ALL));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 1, MSGMAX, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 1, MSGMAX - 1, 0));
	EXPECT_EQ(POLLOUT, poll_now(self->fd, POLLOUT));
	ASSERT_EQ(1, write(self->fd, "x", 1));
	EXPECT_EQ(0, poll_now(self->fd, POLLOUT));
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(self->fd, POLL_ALL));
	ASSERT_EQ(MSGMAX, read(self->fd, buf, MSGMAX));
	EXPECT_EQ(POLLOUT | POLLWRNORM, poll_now(self->fd, POLLOUT | POLLWRNORM));
	/* so many messages, of no bytes */
	ASSERT_EQ(MSGMAX - 1, read(self->fd, buf, MSGMAX));
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 3));
	EXPECT_EQ(0, write(self->fd, buf, 0));
	EXPECT_EQ(POLLOUT, poll_now(self->fd, POLLOUT));
	EXPECT_EQ(0, write(self->fd, buf, 0));
	EXPECT_EQ(0, poll_now(self->fd, POLLOUT));
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 4));
	EXPECT_EQ(POLLOUT, poll_now(self->fd, POLLOUT));
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 0));
	EXPECT_EQ(0, poll_now(self->fd, POLLOUT));
}

/* A byte would have to wait behind it, though there is room. */
TEST_F(queue, pollout_waits_for_those_who_wait)
{
	pid_t pid;

	ASSERT_EQ(0, queue_put(self->fd, SELF, 1, MSGMAX, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 2, 1000, 0));
	pid = queue_sender(self->fd, SELF, 3, MSGMAX);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, poll_now(self->fd, POLLOUT));
	EXPECT_EQ(-1, queue_put(self->fd, SELF, 4, 1, NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	kill(pid, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, child_wait(pid));
	EXPECT_EQ(POLLOUT, poll_now(self->fd, POLLOUT));
	/* one that can never be sent holds up nobody */
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 1000));
	EXPECT_EQ(MSGMAX, queue_take(self->fd, SELF, 1, NOWAIT, NULL));
	EXPECT_EQ(1000, queue_take(self->fd, SELF, 2, NOWAIT, NULL));
	pid = queue_sender(self->fd, SELF, 3, 1001);
	ASSERT_LT(0, pid);
	EXPECT_EQ(POLLOUT, poll_now(self->fd, POLLOUT));
	EXPECT_EQ(1001, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
	EXPECT_EQ(0, child_wait(pid));
}

/* The message of a thread that waits for room could be received. */
TEST_F(queue, pollin_sees_the_messages_of_those_who_wait)
{
	int fd = queue_open(self->dev, self->id, 0);
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	ASSERT_EQ(0, queue_filter(fd, 7, 0));
	EXPECT_EQ(0, poll_now(fd, POLLIN));
	pid = queue_sender(self->fd, SELF, 7, 10);
	ASSERT_LT(0, pid);
	EXPECT_EQ(POLLIN, poll_now(fd, POLLIN));
	EXPECT_EQ(10, bytes_in(fd));
	EXPECT_EQ(10, queue_take(fd, SELF, 7, NOWAIT, NULL));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, poll_now(fd, POLLIN));
	close(fd);
}

TEST_F(queue, select_follows_both_directions)
{
	struct timeval now = { 0, 0 };
	fd_set r, w;
	int top = self->fd + 1;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_SET(self->fd, &r);
	FD_SET(self->fd, &w);
	EXPECT_EQ(1, select(top, &r, &w, NULL, &now));
	EXPECT_FALSE(FD_ISSET(self->fd, &r));
	EXPECT_TRUE(FD_ISSET(self->fd, &w));
	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	FD_SET(self->fd, &r);
	EXPECT_EQ(1, select(top, &r, &w, NULL, &now));
	EXPECT_TRUE(FD_ISSET(self->fd, &r));
	EXPECT_FALSE(FD_ISSET(self->fd, &w));
	/* both would fail at once, and not wait */
	ASSERT_EQ(0, queue_remove(self->fd, SELF));
	FD_SET(self->fd, &w);
	EXPECT_LE(1, select(top, &r, &w, NULL, &now));
	EXPECT_TRUE(FD_ISSET(self->fd, &r));
}

TEST_F(queue, all_sleeping_polls_wake_for_a_message_and_for_room)
{
	pid_t pids[4];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = asleep_in_poll(_metadata, self->fd, POLLIN, POLLIN);
		ASSERT_LT(0, pids[i]);
	}
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	ASSERT_LT(0, queue_fill(self->fd, SELF, 6));
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = asleep_in_poll(_metadata, self->fd, POLLOUT, POLLOUT);
		ASSERT_LT(0, pids[i]);
	}
	EXPECT_EQ(10, queue_take(self->fd, SELF, 5, NOWAIT, NULL));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

TEST_F(queue, sleeping_poll_wakes_for_what_its_filter_lets_through_alone)
{
	pid_t pid;

	ASSERT_EQ(0, queue_put(self->fd, SELF, 9, 10, 0));
	ASSERT_EQ(0, queue_filter(self->fd, -7, 0));
	pid = asleep_in_poll(_metadata, self->fd, POLLIN, POLLIN);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, queue_put(self->fd, SELF, 8, 10, 0));
	EXPECT_EQ(9, queue_next(self->fd, SELF, 0));
	ASSERT_TRUE(wait_blocked(pid, CALL_POLL));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 7, 10, 0));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(queue, sleeping_poll_looks_again_when_its_filter_changes)
{
	pid_t pid;

	ASSERT_EQ(0, queue_put(self->fd, SELF, 9, 10, 0));
	ASSERT_EQ(0, queue_filter(self->fd, 7, 0));
	pid = asleep_in_poll(_metadata, self->fd, POLLIN, POLLIN);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, queue_filter(self->fd, 8, 0));
	ASSERT_TRUE(wait_blocked(pid, CALL_POLL));
	ASSERT_EQ(0, queue_filter(self->fd, 9, 0));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(queue, sleeping_poll_wakes_when_a_sender_begins_to_wait)
{
	pid_t pid, sender;

	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	ASSERT_EQ(0, queue_filter(self->fd, 7, 0));
	pid = asleep_in_poll(_metadata, self->fd, POLLIN, POLLIN);
	ASSERT_LT(0, pid);
	sender = queue_sender(self->fd, SELF, 7, 10);
	ASSERT_LT(0, sender);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(128 + SIGKILL, child_kill(sender));
}

TEST_F(queue, sleeping_polls_wake_when_a_sender_leaves_and_when_there_is_more_room)
{
	pid_t pid, sender;

	ASSERT_EQ(0, queue_put(self->fd, SELF, 1, MSGMAX, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 1, 1000, 0));
	sender = queue_sender(self->fd, SELF, 7, MSGMAX);
	ASSERT_LT(0, sender);
	pid = asleep_in_poll(_metadata, self->fd, POLLOUT, POLLOUT);
	ASSERT_LT(0, pid);
	EXPECT_EQ(128 + SIGKILL, child_kill(sender));
	EXPECT_EQ(0, child_wait(pid));

	ASSERT_EQ(0, queue_resize(self->fd, SELF, 5000));
	pid = asleep_in_poll(_metadata, self->fd, POLLOUT, POLLOUT);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, queue_resize(self->fd, SELF, MSGMAX + 1001));
	EXPECT_EQ(0, child_wait(pid));
}

/* --- removal */

TEST_F(queue, removal_is_err_and_hup_for_everybody_and_stays_so)
{
	struct ends ends;
	pid_t pids[3];
	int ep, et, i;

	ASSERT_EQ(0, ends_open(&ends, self));
	ASSERT_EQ(0, queue_filter(self->fd, 7, 0));
	ep = epoll_on(self->fd, EPOLLIN);
	et = epoll_on(self->fd, EPOLLIN | EPOLLET);
	pids[0] = asleep_in_poll(_metadata, self->fd, POLLIN, GONE);
	pids[1] = asleep_in_poll(_metadata, ends.r, POLLIN, GONE);
	pids[2] = asleep_in_poll(_metadata, ends.r, 0, GONE);
	for (i = 0; i < 3; i++)
		ASSERT_LT(0, pids[i]);
	EXPECT_EQ(0, epoll_take(ep, 0));
	EXPECT_EQ(0, epoll_take(et, 0));
	ASSERT_EQ(0, queue_remove(self->dev, self->id));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(GONE, poll_now(self->fd, 0));
		EXPECT_EQ(GONE, poll_now(ends.r, POLLIN) & GONE);
		EXPECT_EQ(GONE, poll_now(ends.w, POLLOUT) & GONE);
		EXPECT_EQ(GONE, epoll_take(ep, 0) & GONE);
	}
	EXPECT_EQ(GONE, epoll_take(et, 0) & GONE);
	EXPECT_EQ(0, epoll_take(et, 0));
	close(ep);
	close(et);
	ends_close(&ends);
}

TEST_F(queue, removal_wakes_who_waits_for_room)
{
	pid_t pid;

	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	pid = asleep_in_poll(_metadata, self->fd, POLLOUT, GONE);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, queue_remove(self->fd, SELF));
	EXPECT_EQ(0, child_wait(pid));
}

/* --- epoll */

TEST_F(queue, level_triggered_epoll_reports_while_it_lasts)
{
	int in = epoll_on(self->fd, EPOLLIN), out = epoll_on(self->fd, EPOLLOUT), i;

	ASSERT_LE(0, in);
	ASSERT_LE(0, out);
	EXPECT_EQ(0, epoll_take(in, 0));
	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(EPOLLIN, epoll_take(in, 0));
		EXPECT_EQ(EPOLLIN, epoll_take(in, 0));
		EXPECT_EQ(i ? EPOLLOUT : 0, epoll_take(out, 0));
		EXPECT_EQ(MSGMAX, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
	}
	EXPECT_EQ(0, epoll_take(in, 0));
	EXPECT_EQ(EPOLLOUT, epoll_take(out, 0));
	EXPECT_EQ(EPOLLOUT, epoll_take(out, 0));
	close(in);
	close(out);
}

TEST_F(queue, each_message_that_stays_is_an_edge_for_a_reader)
{
	struct ends ends;
	pid_t pid;
	int ep, i;

	ASSERT_EQ(0, ends_open(&ends, self));
	ep = epoll_on(ends.r, EPOLLIN | EPOLLET);
	ASSERT_LE(0, ep);
	EXPECT_EQ(0, epoll_take(ep, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, i % 2 ? queue_put(self->dev, self->id, 5, 10, 0) :
			  write(ends.w, "", 0));
		EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
		EXPECT_EQ(0, epoll_take(ep, 0));
	}
	/* one that was taken is none */
	EXPECT_EQ(0, queue_take(ends.r, SELF, 0, NOWAIT, NULL));
	EXPECT_EQ(0, epoll_take(ep, 0));
	EXPECT_EQ(2, queue_drain(ends.r, SELF));
	pid = queue_receiver(self->fd, SELF, 0, 0, 30);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, queue_put(self->fd, SELF, 5, 30, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, epoll_take(ep, 0));
	EXPECT_EQ(0, queue_put(self->fd, SELF, 5, 30, 0));
	EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
	close(ep);
	ends_close(&ends);
}

TEST_F(queue, message_of_a_sender_that_waited_is_an_edge_when_it_comes_in)
{
	int ep;
	pid_t pid;

	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	ep = epoll_on(self->fd, EPOLLIN | EPOLLET);
	ASSERT_LE(0, ep);
	EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
	pid = queue_sender(self->fd, SELF, 5, 10);
	ASSERT_LT(0, pid);
	epoll_take(ep, 0);
	EXPECT_EQ(MSGMAX, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
	EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
	EXPECT_EQ(0, child_wait(pid));
	close(ep);
}

TEST_F(queue, each_receive_is_an_edge_for_a_writer)
{
	struct ends ends;
	int ep, i;

	ASSERT_EQ(0, ends_open(&ends, self));
	ep = epoll_on(ends.w, EPOLLOUT | EPOLLET);
	ASSERT_LE(0, ep);
	EXPECT_EQ(EPOLLOUT, epoll_take(ep, 0));
	EXPECT_EQ(0, epoll_take(ep, 0));
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 1000, 0));
	ASSERT_LT(0, queue_fill(self->fd, SELF, 5));
	EXPECT_EQ(0, epoll_take(ep, 0));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(1000, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
		EXPECT_EQ(EPOLLOUT, epoll_take(ep, 0));
		EXPECT_EQ(0, epoll_take(ep, 0));
	}
	/* one that leaves it full is none */
	ASSERT_LT(0, queue_fill(self->fd, SELF, 5));
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 1000));
	epoll_take(ep, 0);
	EXPECT_EQ(1000, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
	EXPECT_EQ(0, epoll_take(ep, 0));
	/* more room is one */
	ASSERT_EQ(0, queue_resize(self->fd, SELF, MSGMNB + 1));
	EXPECT_EQ(EPOLLOUT, epoll_take(ep, 0));
	close(ep);
	ends_close(&ends);
}

TEST_F(queue, filter_lets_edges_through_as_it_does_messages)
{
	int ep = epoll_on(self->fd, EPOLLIN | EPOLLET), i;

	ASSERT_LE(0, ep);
	ASSERT_EQ(0, queue_filter(self->fd, 6, KIPC_MSG_EXCEPT));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, queue_put(self->fd, SELF, 6, 10, 0));
		EXPECT_EQ(0, epoll_take(ep, 0));
		ASSERT_EQ(0, queue_put(self->fd, SELF, 7, 10, 0));
		EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
		EXPECT_EQ(7, queue_next(self->fd, SELF, 7));
	}
	close(ep);
}

TEST_F(queue, epoll_outlives_the_queue_that_it_watches)
{
	int fd = queue_create(self->dev, 0), ep;

	ASSERT_LE(0, fd);
	ep = epoll_on(fd, EPOLLIN | EPOLLET);
	ASSERT_LE(0, ep);
	ASSERT_EQ(1, write(fd, "x", 1));
	close(fd);
	EXPECT_EQ(0, epoll_take(ep, 0));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == 1));
	close(ep);
}

/*
 * Who reads all that there is at each edge, and sleeps for the next, misses nothing, whatever
 * the senders do meanwhile.
 */
TEST_F_TIMEOUT(queue, edge_triggered_reader_and_writer_come_to_their_end, 60)
{
	enum { MESSAGES = 4000, SENDERS = 3 };
	struct epoll_event event;
	int fd, ep, sum = 0, i, n;
	pid_t pids[SENDERS];
	char buf[1000];

	for (i = 0; i < SENDERS; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		fd = queue_open(self->dev, self->id, KIPC_MSG_WRONLY | KIPC_MSG_NONBLOCK);
		ep = epoll_on(fd, EPOLLOUT | EPOLLET);
		memset(buf, 0, sizeof(buf));
		for (n = 0; n < MESSAGES; n++) {
			while (write(fd, buf, n % sizeof(buf)) < 0) {
				if (errno != EAGAIN || epoll_wait(ep, &event, 1, DEADLINE_MS) != 1)
					_exit(1);
			}
		}
		_exit(0);
	}
	fd = queue_open(self->dev, self->id, KIPC_MSG_RDONLY | KIPC_MSG_NONBLOCK);
	ep = epoll_on(fd, EPOLLIN | EPOLLET);
	ASSERT_LE(0, ep);
	while (sum < SENDERS * MESSAGES) {
		ASSERT_EQ(1, epoll_wait(ep, &event, 1, DEADLINE_MS))
			TH_LOG("%d messages, %llu more are there", sum,
			       queue_stat(fd, SELF).qnum);
		while (read(fd, buf, sizeof(buf)) >= 0)
			sum++;
		ASSERT_EQ(EAGAIN, errno);
	}
	EXPECT_EQ(SENDERS * MESSAGES, sum);
	for (i = 0; i < SENDERS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	close(ep);
	close(fd);
}

/* --- signals for input and output */

static int want_signals(int fd, int sig)
{
	block_signal(sig ? sig : SIGIO);
	if (fcntl(fd, F_SETOWN, getpid()) || fcntl(fd, F_SETSIG, sig))
		return -1;
	return set_flag(fd, O_ASYNC, true);
}

TEST_F(queue, reader_gets_sigio_for_each_message)
{
	struct ends ends;
	int i;

	ASSERT_EQ(0, ends_open(&ends, self));
	ASSERT_EQ(0, want_signals(ends.r, 0));
	EXPECT_NE(0, fcntl(ends.r, F_GETFL) & O_ASYNC);
	EXPECT_EQ(-1, take_signal(SIGIO, NULL, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, queue_put(self->dev, self->id, 5, 10, 0));
		EXPECT_EQ(0, take_signal(SIGIO, NULL, DEADLINE_MS));
	}
	EXPECT_EQ(-1, take_signal(SIGIO, NULL, 0));
	ASSERT_EQ(0, set_flag(ends.r, O_ASYNC, false));
	ASSERT_EQ(0, queue_put(self->dev, self->id, 5, 10, 0));
	EXPECT_EQ(-1, take_signal(SIGIO, NULL, 0));
	ends_close(&ends);
}

TEST_F(queue, signal_of_ones_choice_tells_descriptor_and_event)
{
	int in = SIGRTMIN + 1, out = SIGRTMIN + 2;
	struct ends ends;
	siginfo_t info;

	ASSERT_EQ(0, ends_open(&ends, self));
	ASSERT_EQ(0, want_signals(ends.r, in));
	ASSERT_EQ(5, write(ends.w, "hello", 5));
	ASSERT_EQ(0, take_signal(in, &info, DEADLINE_MS));
	EXPECT_EQ(ends.r, info.si_fd);
	EXPECT_EQ(POLL_IN, info.si_code);
	EXPECT_EQ(POLLIN | POLLRDNORM, info.si_band);

	ASSERT_LT(0, queue_fill(self->fd, SELF, 2));
	ASSERT_EQ(0, want_signals(ends.w, out));
	EXPECT_EQ(-1, take_signal(out, &info, 0));
	EXPECT_EQ(2, queue_next(self->fd, SELF, 2));
	ASSERT_EQ(0, take_signal(out, &info, DEADLINE_MS));
	EXPECT_EQ(ends.w, info.si_fd);
	EXPECT_EQ(POLL_OUT, info.si_code);
	EXPECT_EQ(POLLOUT | POLLWRNORM | POLLWRBAND, info.si_band);
	ends_close(&ends);
}

TEST_F(queue, removal_signals)
{
	int sig = SIGRTMIN + 1;
	siginfo_t info;

	ASSERT_EQ(0, want_signals(self->fd, sig));
	ASSERT_EQ(0, queue_remove(self->dev, self->id));
	ASSERT_EQ(0, take_signal(sig, &info, DEADLINE_MS));
	EXPECT_EQ(self->fd, info.si_fd);
	EXPECT_EQ(POLL_HUP, info.si_code);
}

TEST_F(queue, closed_descriptor_signals_no_more)
{
	int sig = SIGRTMIN + 3, more = queue_open(self->dev, self->id, KIPC_MSG_RDONLY);
	siginfo_t a, b;

	ASSERT_LE(0, more);
	ASSERT_EQ(0, want_signals(self->fd, sig));
	ASSERT_EQ(0, want_signals(more, sig));
	ASSERT_EQ(0, queue_put(self->dev, self->id, 5, 10, 0));
	ASSERT_EQ(0, take_signal(sig, &a, DEADLINE_MS));
	ASSERT_EQ(0, take_signal(sig, &b, DEADLINE_MS));
	EXPECT_EQ(self->fd + more, a.si_fd + b.si_fd);
	EXPECT_EQ(-1, take_signal(sig, &a, 0));
	close(more);
	ASSERT_EQ(0, queue_put(self->dev, self->id, 5, 10, 0));
	ASSERT_EQ(0, take_signal(sig, &a, DEADLINE_MS));
	EXPECT_EQ(self->fd, a.si_fd);
	EXPECT_EQ(-1, take_signal(sig, &a, 0));
}

TEST_HARNESS_MAIN
