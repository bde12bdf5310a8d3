// SPDX-License-Identifier: GPL-2.0
/*
 * What ends a sleep in semop(2) and semtimedop(2) before the operations are done: a
 * timeout, a signal. Neither leaves a trace in the set.
 */
#include "sem_fixture.h"

static int timed(int id, int num, int op, int flags, long long ns)
{
	struct timespec ts = { .tv_sec = ns / NSEC, .tv_nsec = ns % NSEC };

	return sem->timedop(id, &SEM_OP(num, op, flags), 1, &ts);
}

/* --- timeouts */

TEST_F(sem, timeout_is_eagain_and_never_early)
{
	static const long long timeouts[] = { 0, 1, 999, 1000000, 20000000, 1100000000 };
	int id = sem_new(SEM_STATE_MAX);
	struct sem_state state;
	long long begin;
	size_t i;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)));
	state = sem_state(id);
	for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
		struct timespec ts = {
			.tv_sec = timeouts[i] / NSEC, .tv_nsec = timeouts[i] % NSEC,
		};
		struct sembuf list[] = {
			SEM_OP(0, -1, 0), SEM_OP(1, 0, 0),
		};

		begin = now_ns();
		EXPECT_EQ(-1, timed(id, 0, -2, 0, timeouts[i]));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_LE(timeouts[i], now_ns() - begin);
		begin = now_ns();
		EXPECT_EQ(-1, timed(id, 0, 0, 0, timeouts[i]));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_LE(timeouts[i], now_ns() - begin);
		begin = now_ns();
		EXPECT_EQ(-1, sem->timedop(id, list, 2, &ts));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_LE(timeouts[i], now_ns() - begin);
		EXPECT_TRUE(sem_unchanged(id, &state));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, what_can_be_done_at_once_needs_no_time)
{
	int id = sem_new(2);

	ASSERT_LE(0, id);
	EXPECT_EQ(0, timed(id, 0, 2, 0, 0));
	EXPECT_EQ(0, timed(id, 0, -1, 0, 0));
	EXPECT_EQ(0, timed(id, 1, 0, 0, 0));
	EXPECT_TRUE(SEM_VALUES(id, 1, 0));
	/* with IPC_NOWAIT the time does not matter */
	EXPECT_EQ(-1, timed(id, 0, -2, IPC_NOWAIT, 1000000 * NSEC));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, no_timeout_and_very_long_ones_are_slept_through)
{
	static const struct timespec long_ones[] = {
		{ .tv_sec = 100000 },
		{ .tv_sec = INT_MAX, .tv_nsec = 999999999 },
		/* as much as can be said in nanoseconds */
		{ .tv_sec = LLONG_MAX / NSEC, .tv_nsec = LLONG_MAX % NSEC },
	};
	struct sembuf op = SEM_OP(0, -1, 0);
	int id = sem_new(1);
	size_t i;
	pid_t pid;

	ASSERT_LE(0, id);
	for (i = 0; i <= ARRAY_SIZE(long_ones); i++) {
		const struct timespec *ts = i < ARRAY_SIZE(long_ones) ? &long_ones[i] : NULL;

		pid = child_fork();
		if (!pid)
			_exit(sem->timedop(id, &op, 1, ts) ? errno : 0);
		ASSERT_TRUE(wait_blocked(pid, sem->timedop_nr));
		EXPECT_EQ(1, sem_getncnt(id, 0));
		EXPECT_EQ(0, sem_do(id, 0, 1, 0));
		EXPECT_EQ(0, sem_getval(id, 0));
		EXPECT_EQ(0, child_wait(pid));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, who_gave_up_is_not_counted_and_gets_nothing)
{
	struct timespec ts = { .tv_nsec = 30000000 };
	struct sembuf op = SEM_OP(0, -1, 0);
	int id = sem_new(1);
	pid_t stays, gives_up;

	ASSERT_LE(0, id);
	gives_up = child_fork();
	if (!gives_up)
		_exit(sem->timedop(id, &op, 1, &ts) ? errno : 0);
	stays = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	ASSERT_LT(0, stays);
	EXPECT_EQ(EAGAIN, child_wait(gives_up));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(0, child_wait(stays));
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/* What takes long must not be told from a list that came too late. */
TEST_F(sem, timeout_against_increase_loses_nothing)
{
	struct timespec ts = { .tv_nsec = 100000 };
	struct sembuf op = SEM_OP(0, -1, 0);
	int id = sem_new(1), got = 0, given = 0, round, late = 0;
	int *turn = shared_alloc(sizeof(*turn));
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_NE(NULL, turn);
	pid = child_fork();
	if (!pid) {
		for (round = 0; round < 300; round++) {
			struct timespec some = { .tv_nsec = 40000 + round % 64 * 2000 };

			while (__atomic_load_n(turn, __ATOMIC_SEQ_CST) != round)
				sched_yield();
			nanosleep(&some, NULL);
			if (sem_do(id, 0, 1, 0))
				_exit(1);
			__atomic_store_n(turn, round + 1000, __ATOMIC_SEQ_CST);
		}
		_exit(0);
	}
	for (round = 0; round < 300; round++) {
		__atomic_store_n(turn, round, __ATOMIC_SEQ_CST);
		if (!sem->timedop(id, &op, 1, &ts)) {
			got++;
		} else {
			ASSERT_EQ(EAGAIN, errno);
			late++;
		}
		ASSERT_TRUE(EVENTUALLY(__atomic_load_n(turn, __ATOMIC_SEQ_CST) == round + 1000));
		given++;
		ASSERT_EQ(given - got, sem_getval(id, 0));
		ASSERT_EQ(0, sem_getncnt(id, 0));
		if (given > got) {
			ASSERT_EQ(0, sem_do(id, 0, got - given, IPC_NOWAIT));
			got = given;
		}
	}
	printf("# %d of %d came too late\n", late, given);
	fflush(stdout);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, times_that_are_none_are_einval)
{
	static const struct timespec bad[] = {
		{ .tv_nsec = -1 }, { .tv_nsec = NSEC }, { .tv_nsec = LONG_MAX },
		{ .tv_nsec = LONG_MIN }, { .tv_sec = -1 }, { .tv_sec = -1, .tv_nsec = 999999999 },
		{ .tv_sec = 5, .tv_nsec = NSEC },
	};
	struct sembuf op = SEM_OP(0, 1, 0);
	int id = sem_new(1);
	size_t i;

	ASSERT_LE(0, id);
	/* kipc takes a number instead, all of whose values are times */
	for (i = 0; sem == &sem_native && i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, sem->timedop(id, &op, 1, &bad[i]));
		EXPECT_EQ(EINVAL, errno);
		/* before the id, but after the list */
		EXPECT_EQ(-1, sem->timedop(id, nowhere(), 1, &bad[i]));
		EXPECT_EQ(EFAULT, errno);
	}
	if (sem == &sem_native) {
		EXPECT_EQ(-1, sem->timedop(id, &op, 1, (void *)1));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- signals */

/* A child that sleeps in the list, with a handler for SIGUSR1 that has these flags. */
static pid_t sleeper_with_handler(int id, struct sembuf *ops, size_t nops, int flags,
				  const struct timespec *ts)
{
	pid_t pid = child_fork();

	if (!pid) {
		handle_signal(SIGUSR1, flags);
		if (!(ts ? sem->timedop(id, ops, nops, ts) : sem->op(id, ops, nops)))
			_exit(0);
		_exit(signals_seen == 1 ? errno : 98);
	}
	return pid > 0 && EVENTUALLY(sem_is_asleep(pid)) ? pid : -1;
}

TEST_F(sem, handled_signal_ends_every_kind_of_sleep_with_eintr)
{
	static const int flags[] = { 0, SA_RESTART };
	struct sembuf p[] = { SEM_OP(0, -2, 0) }, zero[] = { SEM_OP(0, 0, 0) };
	struct sembuf list[] = { SEM_OP(0, -1, 0), SEM_OP(1, -1, 0) };
	struct sembuf zeroes[] = { SEM_OP(1, 0, 0), SEM_OP(0, 0, 0) };
	struct timespec ts = { .tv_sec = 1000 };
	int id = sem_new(SEM_STATE_MAX), k;
	struct sem_state state;
	pid_t pids[5];
	size_t i;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	state = sem_state(id);
	/* with SA_RESTART as well: semop is never restarted */
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		pids[0] = sleeper_with_handler(id, p, 1, flags[i], NULL);
		pids[1] = sleeper_with_handler(id, zero, 1, flags[i], NULL);
		pids[2] = sleeper_with_handler(id, list, 2, flags[i], NULL);
		pids[3] = sleeper_with_handler(id, zeroes, 2, flags[i], NULL);
		pids[4] = sleeper_with_handler(id, p, 1, flags[i], &ts);
		EXPECT_EQ(2, sem_getncnt(id, 0));
		EXPECT_EQ(1, sem_getncnt(id, 1));
		EXPECT_EQ(2, sem_getzcnt(id, 0));
		for (k = 0; k < 5; k++) {
			ASSERT_LT(0, pids[k]);
			kill(pids[k], SIGUSR1);
		}
		for (k = 0; k < 5; k++)
			EXPECT_EQ(EINTR, child_wait(pids[k]))
				TH_LOG("sleeper %d", k);
		EXPECT_TRUE(sem_unchanged(id, &state));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

/*
 * A time that is over when it begins is over before any signal can be. The kernel's timer
 * may come a little late for that, so that there it can be EINTR.
 */
TEST_F_TIMEOUT(sem, time_that_is_over_is_eagain_in_a_rain_of_signals, 120)
{
	int id = sem_new(1), *stop = shared_alloc(sizeof(*stop)), i;
	pid_t target = getpid(), pid;

	ASSERT_NE(NULL, stop);
	ASSERT_LE(0, id);
	handle_signal(SIGUSR1, SA_RESTART);
	pid = child_fork();
	if (!pid) {
		while (!__atomic_load_n(stop, __ATOMIC_SEQ_CST)) {
			kill(target, SIGUSR1);
			/* so that not all of the target's time goes to its handler */
			usleep(20);
		}
		_exit(0);
	}
	for (i = 0; i < 500; i++) {
		ASSERT_EQ(-1, timed(id, 0, i % 2 ? -1 : -2, 0, 0));
		ASSERT_TRUE(errno == EAGAIN || (errno == EINTR && sem == &sem_native))
			TH_LOG("call %d: %s", i, strerror(errno));
	}
	__atomic_store_n(stop, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, signals_that_nobody_handles_do_not_disturb)
{
	int id = sem_new(1);
	sigset_t set;
	pid_t pid;

	ASSERT_LE(0, id);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pid = child_fork();
	if (!pid) {
		signal(SIGUSR1, SIG_IGN);
		sigprocmask(SIG_BLOCK, &set, NULL);
		_exit(sem_do(id, 0, -1, 0) ? errno : 0);
	}
	ASSERT_TRUE(EVENTUALLY(sem_is_asleep(pid)));
	/* ignored; ignored by default; blocked */
	kill(pid, SIGUSR1);
	kill(pid, SIGWINCH);
	kill(pid, SIGUSR2);
	ASSERT_TRUE(EVENTUALLY(signals_pending(pid) && sem_is_asleep(pid)));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/* As signal(7) says, of semop() among a few. */
TEST_F(sem, stop_and_continue_is_eintr_without_a_handler)
{
	int id = sem_new(1), status;
	pid_t pid;

	ASSERT_LE(0, id);
	pid = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	ASSERT_LT(0, pid);
	kill(pid, SIGSTOP);
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status));
	kill(pid, SIGCONT);
	EXPECT_EQ(EINTR, child_wait(pid));
	EXPECT_EQ(0, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, killed_sleeper_leaves_no_trace)
{
	int id = sem_new(SEM_STATE_MAX);
	struct sem_state state;
	pid_t pids[3];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	state = sem_state(id);
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -2, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, 0, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(1, sem_getzcnt(id, 0));
	EXPECT_EQ(1, sem_getncnt(id, 1));
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[1]));
	EXPECT_EQ(0, sem_getzcnt(id, 0));
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[2]));
	EXPECT_EQ(0, sem_getncnt(id, 1));
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[0]));
	EXPECT_TRUE(sem_unchanged(id, &state));
	/* what they would have taken is there for others */
	EXPECT_EQ(0, sem_do(id, 0, -1, IPC_NOWAIT));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, signal_that_waits_keeps_nobody_from_what_needs_no_sleep)
{
	int id = sem_new(1);
	sigset_t set;
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGUSR1, 0);
		sigprocmask(SIG_BLOCK, &set, NULL);
		raise(SIGUSR1);
		EXPECT_EQ(0, sem_do(id, 0, -1, 0));
		EXPECT_EQ(0, signals_seen);
		/* one that is not blocked is taken before the call, or ends it */
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		EXPECT_EQ(1, signals_seen);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_rmid(id));
}

/* A sleep whose operations were done is not reported as interrupted. */
TEST_F(sem, operations_that_were_done_are_not_eintr)
{
	int id = sem_new(1), status, i;
	struct sembuf op = SEM_OP(0, -1, 0);
	pid_t pid;

	ASSERT_LE(0, id);
	for (i = 0; i < 20; i++) {
		pid = sleeper_with_handler(id, &op, 1, 0, NULL);
		ASSERT_LT(0, pid);
		if (i % 2) {
			/* it cannot run between the two */
			kill(pid, SIGSTOP);
			ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
			EXPECT_EQ(0, sem_do(id, 0, 1, 0));
			kill(pid, SIGUSR1);
			kill(pid, SIGCONT);
			/* it took the stop for an interruption, or slept on: not both */
		} else {
			EXPECT_EQ(0, sem_do(id, 0, 1, 0));
			kill(pid, SIGUSR1);
		}
		status = child_wait(pid);
		EXPECT_TRUE(status == 0 || (i % 2 && (status == EINTR || status == 98)))
			TH_LOG("round %d: %d", i, status);
		EXPECT_EQ(status ? 1 : 0, sem_getval(id, 0));
		EXPECT_EQ(0, sem_getncnt(id, 0));
		EXPECT_EQ(0, sem_setval(id, 0, 0));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_HARNESS_MAIN
