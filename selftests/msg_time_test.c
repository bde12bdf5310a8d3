// SPDX-License-Identifier: GPL-2.0
/*
 * Timeouts of sending and receiving, which only kipc has. What is about the very moment is
 * in msg_race_test.
 */
#include "msg_kipc_fixture.h"

#define RELATIVE KIPC_MSG_RELATIVE

/* A message of 8 bytes, or room for one. */
static int timed(const struct _test_data_queue *self, bool sends, unsigned int flags,
		 unsigned long long timeout)
{
	char buf[8] = "message";

	if (sends)
		return queue_send_until(self->dev, self->id, 1, buf, 8, flags, timeout);
	return queue_receive_until(self->dev, self->id, 1, buf, 8, flags, timeout, NULL) < 0 ?
		-1 : 0;
}

/* A child that makes the call, and sleeps. */
static pid_t timed_sleeper(const struct _test_data_queue *self, bool sends, unsigned int flags,
			   unsigned long long timeout)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(timed(self, sends, flags, timeout) ? errno : 0);
	return asleep_in(pid, SYS_ioctl);
}

/* Make the queue such that one of both calls would sleep: full, or empty. */
static int make_wait(const struct _test_data_queue *self, bool sends)
{
	if (queue_drain(self->dev, self->id) < 0 || queue_resize(self->dev, self->id, 8))
		return -1;
	return sends ? queue_put(self->dev, self->id, 2, 8, NOWAIT) : 0;
}

/* Whether nothing came and nothing went since, and nobody waits. */
static bool is_as_it_was(const struct _test_data_queue *self, const struct kipc_msg_stat *before)
{
	struct kipc_msg_stat now = queue_stat(self->dev, self->id);

	return !memcmp(before, &now, sizeof(now)) && !now.senders && !now.receivers;
}

TEST_F(queue, timeout_is_etimedout_and_never_early)
{
	static const long long timeouts[] = { 0, 1, 999, 1000000, 20000000, 1100000000 };
	struct kipc_msg_stat stat;
	long long begin;
	int sends;
	size_t i;

	for (sends = 0; sends < 2; sends++) {
		ASSERT_EQ(0, make_wait(self, sends));
		stat = queue_stat(self->dev, self->id);
		for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
			begin = now_ns();
			EXPECT_EQ(-1, timed(self, sends, RELATIVE, timeouts[i]));
			EXPECT_EQ(ETIMEDOUT, errno);
			EXPECT_LE(timeouts[i], now_ns() - begin);
			begin = now_ns();
			EXPECT_EQ(-1, timed(self, sends, 0, begin + timeouts[i]));
			EXPECT_EQ(ETIMEDOUT, errno);
			EXPECT_LE(timeouts[i], now_ns() - begin);
		}
		/* long ago */
		EXPECT_EQ(-1, timed(self, sends, 0, 0));
		EXPECT_EQ(ETIMEDOUT, errno);
		EXPECT_EQ(-1, timed(self, sends, 0, 1));
		EXPECT_EQ(ETIMEDOUT, errno);
		EXPECT_TRUE(is_as_it_was(self, &stat));
	}
}

TEST_F(queue, what_can_be_done_at_once_needs_no_time)
{
	ASSERT_EQ(0, make_wait(self, false));
	EXPECT_EQ(0, timed(self, true, RELATIVE, 0));
	EXPECT_EQ(0, timed(self, false, RELATIVE, 0));
	EXPECT_EQ(0, timed(self, true, 0, 0));
	EXPECT_EQ(0, timed(self, false, 0, 1));
	/* with KIPC_MSG_NOWAIT the time does not matter */
	EXPECT_EQ(-1, timed(self, false, NOWAIT | RELATIVE, 1000000 * NSEC));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(-1, timed(self, false, NOWAIT, 0));
	EXPECT_EQ(ENOMSG, errno);
	ASSERT_EQ(0, make_wait(self, true));
	EXPECT_EQ(-1, timed(self, true, NOWAIT | RELATIVE, 1000000 * NSEC));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, timed(self, true, NOWAIT, 0));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(queue, timeouts_too_far_to_come_are_slept_through)
{
	static const struct {
		unsigned int flags;
		unsigned long long timeout;
	} cases[] = {
		{ 0, KIPC_TIMEOUT_NONE }, { RELATIVE, KIPC_TIMEOUT_NONE },
		{ 0, KIPC_TIMEOUT_NONE - 1 }, { RELATIVE, KIPC_TIMEOUT_NONE - 1 },
		{ 0, 1ULL << 63 }, { RELATIVE, 1ULL << 63 },
		{ 0, LLONG_MAX }, { RELATIVE, LLONG_MAX }, { RELATIVE, 1000000 * NSEC },
	};
	struct kipc_msg_stat stat;
	pid_t pid;
	int sends;
	size_t i;

	for (sends = 0; sends < 2; sends++) {
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			ASSERT_EQ(0, make_wait(self, sends));
			pid = timed_sleeper(self, sends, cases[i].flags, cases[i].timeout);
			ASSERT_LT(0, pid)
				TH_LOG("case %zu", i);
			stat = queue_stat(self->dev, self->id);
			EXPECT_EQ(sends, stat.senders);
			EXPECT_EQ(!sends, stat.receivers);
			EXPECT_EQ(0, sends ? queue_next(self->dev, self->id, 2) != 2 :
				  queue_put(self->dev, self->id, 1, 8, NOWAIT));
			EXPECT_EQ(0, child_wait(pid));
			EXPECT_TRUE(queue_holds(self->dev, self->id, sends, 8 * sends));
		}
	}
}

TEST_F(queue, receiver_that_gave_up_gets_nothing)
{
	pid_t stays, gives_up;

	ASSERT_EQ(0, make_wait(self, false));
	gives_up = timed_sleeper(self, false, RELATIVE, 2 * NSEC);
	stays = timed_sleeper(self, false, 0, KIPC_TIMEOUT_NONE);
	ASSERT_LT(0, gives_up);
	ASSERT_LT(0, stays);
	EXPECT_EQ(ETIMEDOUT, child_wait(gives_up));
	EXPECT_EQ(1, queue_stat(self->dev, self->id).receivers);
	EXPECT_EQ(0, queue_put(self->dev, self->id, 1, 8, NOWAIT));
	EXPECT_EQ(0, child_wait(stays));
	EXPECT_TRUE(queue_holds(self->dev, self->id, 0, 0));
}

TEST_F(queue, sender_that_gave_up_has_sent_nothing_and_lets_others_go)
{
	pid_t stays, gives_up;

	ASSERT_EQ(0, queue_resize(self->dev, self->id, 14));
	EXPECT_EQ(0, queue_put(self->dev, self->id, 2, 10, NOWAIT));
	gives_up = timed_sleeper(self, true, RELATIVE, 2 * NSEC);
	ASSERT_LT(0, gives_up);
	/* it would fit, but came later */
	stays = queue_sender(self->dev, self->id, 3, 4);
	ASSERT_LT(0, stays);
	EXPECT_EQ(ETIMEDOUT, child_wait(gives_up));
	EXPECT_EQ(0, child_wait(stays));
	EXPECT_TRUE(queue_holds(self->dev, self->id, 2, 14));
	EXPECT_EQ(0, queue_stat(self->dev, self->id).senders);
	EXPECT_EQ(2, queue_next(self->dev, self->id, 0));
	EXPECT_EQ(3, queue_next(self->dev, self->id, 0));
}

static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid;
}

/* New permissions have them begin anew, but the time that they have had is gone. */
TEST_F(queue, set_does_not_prolong_a_timeout)
{
	int sends;
	pid_t pid;

	for (sends = 0; sends < 2; sends++) {
		ASSERT_EQ(0, make_wait(self, sends));
		pid = timed_sleeper(self, sends, RELATIVE, 2 * NSEC);
		ASSERT_LT(0, pid);
		EXPECT_TRUE(EVENTUALLY(!queue_resize(self->dev, self->id, 8) && has_ended(pid)));
		EXPECT_EQ(ETIMEDOUT, child_wait(pid));
		EXPECT_TRUE(queue_holds(self->dev, self->id, sends, 8 * sends));
	}
}

/* What is stopped goes on as it was, but for a time that would begin anew. */
TEST_F(queue, stop_and_continue_are_eintr_for_a_relative_timeout_alone)
{
	static const struct {
		unsigned int flags;
		unsigned long long timeout;
	} cases[] = {
		{ 0, KIPC_TIMEOUT_NONE }, { 0, KIPC_TIMEOUT_NONE - 1 }, { RELATIVE, 1000 * NSEC },
	};
	int sends, status;
	pid_t pid;
	size_t i;

	for (sends = 0; sends < 2; sends++) {
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			ASSERT_EQ(0, make_wait(self, sends));
			pid = timed_sleeper(self, sends, cases[i].flags, cases[i].timeout);
			ASSERT_LT(0, pid);
			kill(pid, SIGSTOP);
			ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
			EXPECT_TRUE(WIFSTOPPED(status));
			kill(pid, SIGCONT);
			if (cases[i].flags) {
				EXPECT_EQ(EINTR, child_wait(pid));
				continue;
			}
			EXPECT_LT(0, asleep_in(pid, SYS_ioctl));
			EXPECT_EQ(128 + SIGKILL, child_kill(pid));
			EXPECT_TRUE(queue_holds(self->dev, self->id, sends, 8 * sends));
		}
	}
}

TEST_HARNESS_MAIN
