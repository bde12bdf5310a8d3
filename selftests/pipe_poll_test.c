// SPDX-License-Identifier: GPL-2.0
/*
 * What poll(), select(), epoll and SIGIO say of a pipe, and when.
 */
#include "epoll.h"
#include "pipe_fixture.h"

#include <sys/select.h>

TEST_F(pipe, poll_follows_what_can_be_read)
{
	char c;

	EXPECT_EQ(0, poll_now(self->r, POLL_ALL));
	ASSERT_EQ(2, write(self->w, "ab", 2));
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(self->r, POLL_ALL));
	ASSERT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(self->r, POLL_ALL));
	ASSERT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(0, poll_now(self->r, POLL_ALL));
}

TEST_F(pipe, pollout_promises_room_for_pipe_buf_bytes)
{
	char buf[PIPE_BUF] = "";

	ASSERT_EQ(0, pipe_renew(self, O_NONBLOCK));
	EXPECT_EQ(POLLOUT | POLLWRNORM, poll_now(self->w, POLL_ALL));
	ASSERT_EQ(65536, fill(self->w));
	EXPECT_EQ(0, poll_now(self->w, POLL_ALL));
	ASSERT_TRUE(read_pattern(self->r, PIPE_BUF - 1, 0));
	EXPECT_EQ(0, poll_now(self->w, POLL_ALL));
	ASSERT_TRUE(read_pattern(self->r, 1, PIPE_BUF - 1));
	EXPECT_EQ(POLLOUT | POLLWRNORM, poll_now(self->w, POLL_ALL));
	EXPECT_EQ(PIPE_BUF, write(self->w, buf, PIPE_BUF));
	EXPECT_EQ(0, poll_now(self->w, POLL_ALL));
}

TEST_F(pipe, poll_says_hup_when_the_last_writer_is_gone)
{
	int copy = dup(self->w);
	char c;

	ASSERT_EQ(1, write(self->w, "x", 1));
	pipe_close(&self->w);
	EXPECT_EQ(POLLIN | POLLRDNORM, poll_now(self->r, POLL_ALL));
	close(copy);
	EXPECT_EQ(POLLIN | POLLRDNORM | POLLHUP, poll_now(self->r, POLL_ALL));
	/* asked for or not */
	EXPECT_EQ(POLLHUP, poll_now(self->r, 0));
	ASSERT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(POLLHUP, poll_now(self->r, POLL_ALL));
}

TEST_F(pipe, poll_says_err_when_the_last_reader_is_gone)
{
	int copy = dup(self->r);

	pipe_close(&self->r);
	EXPECT_EQ(POLLOUT | POLLWRNORM, poll_now(self->w, POLL_ALL));
	ASSERT_EQ(65536, fill(self->w));
	close(copy);
	EXPECT_EQ(POLLERR, poll_now(self->w, POLL_ALL));
	EXPECT_EQ(POLLERR, poll_now(self->w, 0));
}

TEST_F(pipe, poll_of_an_empty_pipe_without_reader_says_out_and_err)
{
	pipe_close(&self->r);
	EXPECT_EQ(POLLOUT | POLLWRNORM | POLLERR, poll_now(self->w, POLL_ALL));
}

TEST_F(pipe, select_follows_both_ends)
{
	struct timeval now = { 0, 0 };
	fd_set r, w, x;
	int top = (self->r > self->w ? self->r : self->w) + 1;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(self->r, &r);
	FD_SET(self->w, &w);
	FD_SET(self->r, &x);
	EXPECT_EQ(1, select(top, &r, &w, &x, &now));
	EXPECT_FALSE(FD_ISSET(self->r, &r));
	EXPECT_TRUE(FD_ISSET(self->w, &w));
	EXPECT_FALSE(FD_ISSET(self->r, &x));

	ASSERT_EQ(65536, fill(self->w));
	FD_SET(self->r, &r);
	FD_SET(self->w, &w);
	EXPECT_EQ(1, select(top, &r, &w, NULL, &now));
	EXPECT_TRUE(FD_ISSET(self->r, &r));
	EXPECT_FALSE(FD_ISSET(self->w, &w));

	/* end of file can be read */
	ASSERT_TRUE(read_pattern(self->r, 65536, 0));
	pipe_close(&self->w);
	FD_SET(self->r, &r);
	EXPECT_EQ(1, select(top, &r, NULL, NULL, &now));
	EXPECT_TRUE(FD_ISSET(self->r, &r));
}

/* Wait in poll() in a child, for @want. */
static pid_t poll_in_child(struct __test_metadata *_metadata, int fd, int events, int want,
			   int close_first)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	pid_t pid = child_fork();

	if (!pid) {
		close(close_first);
		EXPECT_EQ(1, poll(&pfd, 1, -1));
		EXPECT_EQ(want, pfd.revents);
		child_exit();
	}
	return pid;
}

TEST_F(pipe, sleeping_poll_wakes_for_data)
{
	pid_t pid = poll_in_child(_metadata, self->r, POLLIN, POLLIN, -1);

	ASSERT_TRUE(wait_blocked(pid, CALL_POLL));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, sleeping_poll_wakes_for_room)
{
	pid_t pid;

	ASSERT_EQ(65536, fill(self->w));
	pid = poll_in_child(_metadata, self->w, POLLOUT, POLLOUT, -1);
	ASSERT_TRUE(wait_blocked(pid, CALL_POLL));
	ASSERT_TRUE(read_pattern(self->r, 65536, 0));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, sleeping_poll_wakes_for_hup)
{
	pid_t pid = poll_in_child(_metadata, self->r, POLLIN, POLLHUP, self->w);

	ASSERT_TRUE(wait_blocked(pid, CALL_POLL));
	pipe_close(&self->w);
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, sleeping_poll_wakes_for_err)
{
	pid_t pid;

	ASSERT_EQ(65536, fill(self->w));
	pid = poll_in_child(_metadata, self->w, POLLOUT, POLLERR, self->r);
	ASSERT_TRUE(wait_blocked(pid, CALL_POLL));
	pipe_close(&self->r);
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, all_sleeping_polls_wake_for_one_byte)
{
	pid_t pids[3];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = poll_in_child(_metadata, self->r, POLLIN, POLLIN, -1);
		ASSERT_TRUE(wait_blocked(pids[i], CALL_POLL));
	}
	ASSERT_EQ(1, write(self->w, "x", 1));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

TEST_F(pipe, poll_times_out_while_nothing_happens)
{
	struct pollfd pfd = { .fd = self->r, .events = POLLIN };
	long long start = now_ms();

	EXPECT_EQ(0, poll(&pfd, 1, 30));
	EXPECT_EQ(0, pfd.revents);
	EXPECT_LE(start + 29, now_ms());
}

/* --- epoll */

TEST_F(pipe, level_triggered_epoll_reports_as_long_as_there_is_data)
{
	int ep = epoll_on(self->r, EPOLLIN);
	char c;

	ASSERT_LE(0, ep);
	EXPECT_EQ(0, epoll_take(ep, 0));
	ASSERT_EQ(2, write(self->w, "ab", 2));
	EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
	EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
	ASSERT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
	ASSERT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(0, epoll_take(ep, 0));
	pipe_close(&self->w);
	EXPECT_EQ(EPOLLHUP, epoll_take(ep, 0));
	EXPECT_EQ(EPOLLHUP, epoll_take(ep, 0));
	close(ep);
}

TEST_F(pipe, each_write_wakes_an_edge_triggered_reader)
{
	int ep = epoll_on(self->r, EPOLLIN | EPOLLET);
	int i;

	ASSERT_LE(0, ep);
	EXPECT_EQ(0, epoll_take(ep, 0));
	for (i = 0; i < 5; i++) {
		/* whether or not what was there has been read */
		ASSERT_EQ(3, write(self->w, "abc", 3));
		EXPECT_EQ(EPOLLIN, epoll_take(ep, DEADLINE_MS));
		EXPECT_EQ(0, epoll_take(ep, 0));
	}
	EXPECT_EQ(15, bytes_in(self->r));
	close(ep);
}

TEST_F(pipe, each_write_wakes_an_edge_triggered_reader_that_sleeps)
{
	int *rounds = shared_alloc(sizeof(*rounds));
	pid_t pid;
	int i, ep;

	ASSERT_NE(NULL, rounds);
	pid = child_fork();
	if (!pid) {
		ep = epoll_on(self->r, EPOLLIN | EPOLLET);
		for (i = 0; i < 20; i++) {
			EXPECT_EQ(EPOLLIN, epoll_take(ep, -1));
			__atomic_add_fetch(rounds, 1, __ATOMIC_SEQ_CST);
		}
		child_exit();
	}
	for (i = 0; i < 20; i++) {
		ASSERT_TRUE(EVENTUALLY(__atomic_load_n(rounds, __ATOMIC_SEQ_CST) == i));
		ASSERT_TRUE(wait_blocked(pid, CALL_EPOLL_WAIT));
		ASSERT_EQ(1, write(self->w, "x", 1));
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, partial_read_does_not_wake_an_edge_triggered_reader_again)
{
	int ep = epoll_on(self->r, EPOLLIN | EPOLLET);
	char c;

	ASSERT_LE(0, ep);
	ASSERT_EQ(3, write(self->w, "abc", 3));
	EXPECT_EQ(EPOLLIN, epoll_take(ep, DEADLINE_MS));
	ASSERT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(0, epoll_take(ep, 0));
	close(ep);
}

TEST_F(pipe, edge_triggered_writer_wakes_when_a_full_pipe_gets_room)
{
	int ep = epoll_on(self->w, EPOLLOUT | EPOLLET);

	ASSERT_LE(0, ep);
	EXPECT_EQ(EPOLLOUT, epoll_take(ep, 0));
	EXPECT_EQ(0, epoll_take(ep, 0));
	ASSERT_EQ(65536, fill(self->w));
	EXPECT_EQ(0, epoll_take(ep, 0));
	ASSERT_TRUE(read_pattern(self->r, 2 * PIPE_BUF, 0));
	EXPECT_EQ(EPOLLOUT, epoll_take(ep, DEADLINE_MS));
	EXPECT_EQ(0, epoll_take(ep, 0));
	close(ep);
}

TEST_F(pipe, edge_triggered_writer_wakes_when_a_full_pipe_is_emptied_bit_by_bit)
{
	int ep = epoll_on(self->w, EPOLLOUT | EPOLLET);
	int events = 0, at;

	ASSERT_LE(0, ep);
	ASSERT_EQ(65536, fill(self->w));
	EXPECT_EQ(EPOLLOUT, epoll_take(ep, 0) | EPOLLOUT);
	for (at = 0; at < 3 * PIPE_BUF; at += 512) {
		ASSERT_TRUE(read_pattern(self->r, 512, at));
		events |= epoll_take(ep, 0);
	}
	EXPECT_EQ(EPOLLOUT, events);
	close(ep);
}

TEST_F(pipe, edge_triggered_epoll_reports_hup_and_err_once)
{
	int ep = epoll_on(self->r, EPOLLIN | EPOLLET);
	int ep2 = epoll_on(self->w, EPOLLET);

	ASSERT_LE(0, ep);
	ASSERT_LE(0, ep2);
	pipe_close(&self->w);
	/* closed, it is not watched any more */
	EXPECT_EQ(0, epoll_take(ep2, 0));
	EXPECT_EQ(EPOLLHUP, epoll_take(ep, DEADLINE_MS));
	EXPECT_EQ(0, epoll_take(ep, 0));
	close(ep);
	close(ep2);

	ASSERT_EQ(0, pipe_renew(self, 0));
	ep = epoll_on(self->w, EPOLLET);
	ASSERT_LE(0, ep);
	pipe_close(&self->r);
	EXPECT_EQ(EPOLLERR, epoll_take(ep, DEADLINE_MS));
	EXPECT_EQ(0, epoll_take(ep, 0));
	close(ep);
}

TEST_F(pipe, one_shot_epoll_reports_once_until_armed_again)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };
	int ep = epoll_on(self->r, EPOLLIN | EPOLLONESHOT);

	ASSERT_LE(0, ep);
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, epoll_take(ep, 0));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_MOD, self->r, &event));
	EXPECT_EQ(EPOLLIN, epoll_take(ep, 0));
	close(ep);
}

TEST_F(pipe, epoll_outlives_the_pipe_that_it_watches)
{
	int ep = epoll_on(self->r, EPOLLIN | EPOLLET);

	ASSERT_LE(0, ep);
	ASSERT_EQ(1, write(self->w, "x", 1));
	pipe_close(&self->r);
	pipe_close(&self->w);
	EXPECT_EQ(0, epoll_take(ep, 0));
	close(ep);
}

/* --- signals for input and output */

static int want_signals(int fd, int sig)
{
	block_signal(sig ? sig : SIGIO);
	if (fcntl(fd, F_SETOWN, getpid()) || fcntl(fd, F_SETSIG, sig))
		return -1;
	return set_flag(fd, O_ASYNC, true);
}

TEST_F(pipe, reader_gets_sigio_for_each_write)
{
	int i;

	ASSERT_EQ(0, want_signals(self->r, 0));
	EXPECT_NE(0, fcntl(self->r, F_GETFL) & O_ASYNC);
	EXPECT_EQ(-1, take_signal(SIGIO, NULL, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(1, write(self->w, "x", 1));
		EXPECT_EQ(0, take_signal(SIGIO, NULL, DEADLINE_MS));
	}
	EXPECT_EQ(-1, take_signal(SIGIO, NULL, 0));
	ASSERT_EQ(0, set_flag(self->r, O_ASYNC, false));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(-1, take_signal(SIGIO, NULL, 0));
}

TEST_F(pipe, signal_of_a_readers_choice_tells_descriptor_and_event)
{
	int sig = SIGRTMIN + 1;
	siginfo_t info;

	ASSERT_EQ(0, want_signals(self->r, sig));
	ASSERT_EQ(1, write(self->w, "x", 1));
	ASSERT_EQ(0, take_signal(sig, &info, DEADLINE_MS));
	EXPECT_EQ(self->r, info.si_fd);
	EXPECT_EQ(POLL_IN, info.si_code);
	EXPECT_EQ(POLLIN | POLLRDNORM, info.si_band);
}

TEST_F(pipe, signal_of_a_writers_choice_tells_descriptor_and_event)
{
	int sig = SIGRTMIN + 2;
	siginfo_t info;

	ASSERT_EQ(65536, fill(self->w));
	ASSERT_EQ(0, want_signals(self->w, sig));
	EXPECT_EQ(-1, take_signal(sig, &info, 0));
	ASSERT_TRUE(read_pattern(self->r, 4096, 0));
	ASSERT_EQ(0, take_signal(sig, &info, DEADLINE_MS));
	EXPECT_EQ(self->w, info.si_fd);
	EXPECT_EQ(POLL_OUT, info.si_code);
	EXPECT_EQ(POLLOUT | POLLWRNORM | POLLWRBAND, info.si_band);
}

TEST_F(pipe, close_of_the_last_other_end_signals)
{
	int sig = SIGRTMIN + 1;
	siginfo_t info;

	ASSERT_EQ(0, want_signals(self->r, sig));
	pipe_close(&self->w);
	ASSERT_EQ(0, take_signal(sig, &info, DEADLINE_MS));
	EXPECT_EQ(self->r, info.si_fd);
	EXPECT_EQ(POLL_IN, info.si_code);

	ASSERT_EQ(0, pipe_renew(self, 0));
	ASSERT_EQ(0, want_signals(self->w, sig));
	pipe_close(&self->r);
	ASSERT_EQ(0, take_signal(sig, &info, DEADLINE_MS));
	EXPECT_EQ(self->w, info.si_fd);
	EXPECT_EQ(POLL_OUT, info.si_code);
}

TEST_F(pipe, several_openers_are_signalled_each)
{
	int sig = SIGRTMIN + 3, more;
	char path[64];
	siginfo_t a, b;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->r);
	more = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, more);
	ASSERT_EQ(0, want_signals(self->r, sig));
	ASSERT_EQ(0, want_signals(more, sig));
	ASSERT_EQ(1, write(self->w, "x", 1));
	ASSERT_EQ(0, take_signal(sig, &a, DEADLINE_MS));
	ASSERT_EQ(0, take_signal(sig, &b, DEADLINE_MS));
	EXPECT_EQ(self->r + more, a.si_fd + b.si_fd);
	EXPECT_EQ(-1, take_signal(sig, &a, 0));

	/* one that closed is left out */
	close(more);
	ASSERT_EQ(1, write(self->w, "x", 1));
	ASSERT_EQ(0, take_signal(sig, &a, DEADLINE_MS));
	EXPECT_EQ(self->r, a.si_fd);
	EXPECT_EQ(-1, take_signal(sig, &a, 0));
}

TEST_F(pipe, fioasync_and_fionbio_work_like_fcntl)
{
	int on = 1, off = 0;
	char c;

	block_signal(SIGIO);
	ASSERT_EQ(0, fcntl(self->r, F_SETOWN, getpid()));
	EXPECT_EQ(0, ioctl(self->r, FIOASYNC, &on));
	EXPECT_NE(0, fcntl(self->r, F_GETFL) & O_ASYNC);
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, take_signal(SIGIO, NULL, DEADLINE_MS));
	EXPECT_EQ(0, ioctl(self->r, FIOASYNC, &off));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(-1, take_signal(SIGIO, NULL, 0));

	EXPECT_EQ(0, ioctl(self->r, FIONBIO, &on));
	EXPECT_NE(0, fcntl(self->r, F_GETFL) & O_NONBLOCK);
	ASSERT_EQ(1, read(self->r, &c, 1));
	ASSERT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(-1, read(self->r, &c, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, ioctl(self->r, FIONBIO, &off));
	EXPECT_EQ(0, fcntl(self->r, F_GETFL) & O_NONBLOCK);
}

TEST_HARNESS_MAIN
