// SPDX-License-Identifier: GPL-2.0
/*
 * What semop(2) does: single operations and lists, all or nothing, and each of its errors.
 * Timeouts and signals are in sem_time_test, the order among sleepers in sem_fair_test,
 * permissions in sem_perm_test, SEM_UNDO in sem_undo_test.
 */
#include "sem_fixture.h"

#define SEMOPM 500

/* --- one operation */

TEST_F(sem, semaphores_of_a_new_set_are_zero_and_nobody_touched_them)
{
	int id = sem_new(3), i;

	ASSERT_LE(0, id);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, sem_getval(id, i));
		EXPECT_EQ(0, sem_getpid(id, i));
		EXPECT_EQ(0, sem_getncnt(id, i));
		EXPECT_EQ(0, sem_getzcnt(id, i));
	}
	EXPECT_EQ(3, sem_ds(id).sem_nsems);
	EXPECT_EQ(0, sem_ds(id).sem_otime);
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, operations_add_to_the_value_and_are_recorded)
{
	long long begin = time(NULL);
	int id = sem_new(3);
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 1, 5, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 5, 0));
	EXPECT_EQ(0, sem_do(id, 1, -3, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 2, 0));
	EXPECT_EQ(0, sem_do(id, 1, -2, IPC_NOWAIT));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0));
	EXPECT_EQ(0, sem_do(id, 2, 32767, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 32767));
	EXPECT_EQ(0, sem_do(id, 2, -32767, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0));
	EXPECT_EQ(0, sem_getpid(id, 0));
	EXPECT_EQ(getpid(), sem_getpid(id, 1));
	EXPECT_EQ(getpid(), sem_getpid(id, 2));
	EXPECT_LE(begin, sem_ds(id).sem_otime);
	EXPECT_GE(time(NULL), sem_ds(id).sem_otime);
	pid = child_fork();
	if (!pid)
		_exit(sem_do(id, 1, 1, 0) ? errno : 0);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_getpid(id, 0));
	EXPECT_EQ(pid, sem_getpid(id, 1));
	EXPECT_EQ(getpid(), sem_getpid(id, 2));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, decrease_sleeps_until_the_value_allows_it)
{
	int id = sem_new(1);
	pid_t pid;

	ASSERT_LE(0, id);
	pid = SEM_SLEEPER(id, SEM_OP(0, -2, 0));
	ASSERT_LT(0, pid);
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_getzcnt(id, 0));
	EXPECT_EQ(0, sem_getpid(id, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(1, sem_getval(id, 0));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_TRUE(sem_is_asleep(pid));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	/* given to the sleeper at once: nobody else can have it */
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, sem_getncnt(id, 0));
	EXPECT_EQ(pid, sem_getpid(id, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, one_increase_lets_as_many_go_as_it_suffices_for)
{
	int id = sem_new(1), i;
	pid_t pids[5];

	ASSERT_LE(0, id);
	for (i = 0; i < 5; i++) {
		pids[i] = SEM_SLEEPER(id, SEM_OP(0, -2, 0));
		ASSERT_LT(0, pids[i]);
		EXPECT_EQ(i + 1, sem_getncnt(id, 0));
	}
	EXPECT_EQ(0, sem_do(id, 0, 7, 0));
	EXPECT_EQ(1, sem_getval(id, 0));
	EXPECT_EQ(2, sem_getncnt(id, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_TRUE(sem_is_asleep(pids[3]));
	EXPECT_TRUE(sem_is_asleep(pids[4]));
	EXPECT_EQ(0, sem_do(id, 0, 3, 0));
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, child_wait(pids[3]));
	EXPECT_EQ(0, child_wait(pids[4]));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, zero_is_waited_for)
{
	long long begin = time(NULL);
	int id = sem_new(2);
	pid_t pids[2];

	ASSERT_LE(0, id);
	/* it is zero; that is an operation as well */
	EXPECT_EQ(0, sem_do(id, 0, 0, 0));
	EXPECT_EQ(getpid(), sem_getpid(id, 0));
	EXPECT_EQ(0, sem_getpid(id, 1));
	EXPECT_LE(begin, sem_ds(id).sem_otime);
	EXPECT_EQ(0, sem_setval(id, 0, 2));
	EXPECT_EQ(-1, sem_do(id, 0, 0, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, 0, 0));
	ASSERT_LT(0, pids[0]);
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, 0, 0));
	ASSERT_LT(0, pids[1]);
	EXPECT_EQ(2, sem_getzcnt(id, 0));
	EXPECT_EQ(0, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_getzcnt(id, 1));
	EXPECT_EQ(0, sem_do(id, 0, -1, 0));
	EXPECT_EQ(2, sem_getzcnt(id, 0));
	EXPECT_TRUE(sem_is_asleep(pids[0]));
	EXPECT_TRUE(sem_is_asleep(pids[1]));
	EXPECT_EQ(getpid(), sem_getpid(id, 0));
	EXPECT_EQ(0, sem_do(id, 0, -1, 0));
	EXPECT_EQ(0, sem_getzcnt(id, 0));
	EXPECT_EQ(pids[1], sem_getpid(id, 0));
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, sem_rmid(id));
}

/* Who waits for zero has seen it, even if the value is something else again. */
TEST_F(sem, zero_for_a_moment_is_seen)
{
	int id = sem_new(1), i;
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 0, 1));
	for (i = 0; i < 20; i++) {
		pid = SEM_SLEEPER(id, SEM_OP(0, 0, 0));
		ASSERT_LT(0, pid);
		EXPECT_EQ(0, sem_do(id, 0, -1, 0));
		EXPECT_EQ(0, sem_do(id, 0, 1, 0));
		EXPECT_EQ(0, sem_getzcnt(id, 0));
		EXPECT_EQ(1, sem_getval(id, 0));
		EXPECT_EQ(0, child_wait(pid));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, nowait_never_sleeps_and_changes_nothing)
{
	int id = sem_new(SEM_STATE_MAX);
	struct sem_state state;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 0, 2, 0));
	state = sem_state(id);
	EXPECT_EQ(-1, sem_do(id, 0, -3, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, sem_do(id, 0, 0, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, sem_do(id, 1, -1, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	/* more than any semaphore can have */
	EXPECT_EQ(-1, sem_do(id, 0, -32768, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(sem_unchanged(id, &state));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- lists */

TEST_F(sem, list_is_done_as_a_whole)
{
	int id = sem_new(4);

	ASSERT_LE(0, id);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 3, 0), SEM_OP(3, 1, 0), SEM_OP(1, 0, 0)));
	EXPECT_TRUE(SEM_VALUES(id, 3, 0, 0, 1));
	EXPECT_EQ(getpid(), sem_getpid(id, 0));
	EXPECT_EQ(getpid(), sem_getpid(id, 1));
	EXPECT_EQ(0, sem_getpid(id, 2));
	EXPECT_EQ(getpid(), sem_getpid(id, 3));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(3, -1, 0), SEM_OP(0, -1, 0), SEM_OP(2, 2, 0)));
	EXPECT_TRUE(SEM_VALUES(id, 2, 0, 2, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, list_that_cannot_be_done_leaves_no_trace)
{
	int id = sem_new(SEM_STATE_MAX);
	struct sem_state state;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(2, 1, 0)));
	state = sem_state(id);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, IPC_NOWAIT)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(1, 1, 0), SEM_OP(3, 5, 0), SEM_OP(0, 0, IPC_NOWAIT)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(3, 5, 0), SEM_OP(0, -2, IPC_NOWAIT), SEM_OP(3, -5, 0)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(sem_unchanged(id, &state));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, list_sleeps_until_all_of_it_can_be_done_at_once)
{
	int id = sem_new(4);
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 3, 1));
	pid = SEM_SLEEPER(id, SEM_OP(2, 7, 0), SEM_OP(0, -1, 0), SEM_OP(1, -1, 0),
			  SEM_OP(3, 0, 0));
	ASSERT_LT(0, pid);
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0, 1));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_getncnt(id, 1));
	/* now it is for the next one that it waits */
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 1, 0, 0, 1));
	EXPECT_EQ(0, sem_getncnt(id, 0));
	EXPECT_EQ(1, sem_getncnt(id, 1));
	EXPECT_TRUE(sem_is_asleep(pid));
	/* what it has not taken others can take */
	EXPECT_EQ(0, sem_do(id, 0, -1, 0));
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 1, 0, 1));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_getncnt(id, 1));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 1, 1, 0, 1));
	EXPECT_EQ(0, sem_getncnt(id, 0));
	EXPECT_EQ(1, sem_getzcnt(id, 3));
	EXPECT_TRUE(sem_is_asleep(pid));
	EXPECT_EQ(0, sem_do(id, 3, -1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 7, 0));
	EXPECT_EQ(0, sem_getzcnt(id, 3));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(pid, sem_getpid(id, 2));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, operations_on_one_semaphore_follow_one_another)
{
	int id = sem_new(2);
	pid_t pid;

	ASSERT_LE(0, id);
	/* each sees what those before it have done */
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(0, -1, 0)));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 3, 0), SEM_OP(0, -3, 0), SEM_OP(0, 0, 0)));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, -1, IPC_NOWAIT), SEM_OP(0, 1, 0)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(0, 0, IPC_NOWAIT)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, 2, 0), SEM_OP(0, -1, 0), SEM_OP(0, -2, IPC_NOWAIT)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));

	/* the old way to lock: wait until it is free and take it */
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(1, 0, 0), SEM_OP(1, 1, 0)));
	EXPECT_TRUE(SEM_VALUES(id, 0, 1));
	pid = SEM_SLEEPER(id, SEM_OP(1, 0, 0), SEM_OP(1, 1, 0));
	ASSERT_LT(0, pid);
	EXPECT_EQ(1, sem_getzcnt(id, 1));
	EXPECT_EQ(0, sem_do(id, 1, -1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(pid, sem_getpid(id, 1));

	/* this one sleeps although it gives more than it takes */
	pid = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(0, 5, 0));
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 5, 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_rmid(id));
}

/* It is neither enough nor little enough: any change may let it go. */
TEST_F(sem, list_can_wait_for_one_certain_value)
{
	static const int from[] = { 1, 3, 0, 4 };
	int id = sem_new(2);
	pid_t pid;
	size_t i;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(from); i++) {
		EXPECT_EQ(0, sem_setval(id, 0, from[i]));
		pid = SEM_SLEEPER(id, SEM_OP(0, -2, 0), SEM_OP(0, 0, 0), SEM_OP(1, 1, 0));
		ASSERT_LT(0, pid);
		EXPECT_EQ(from[i] < 2, sem_getncnt(id, 0));
		EXPECT_EQ(from[i] > 2, sem_getzcnt(id, 0));
		EXPECT_EQ(0, sem_do(id, 0, 2 - from[i], 0));
		EXPECT_TRUE(SEM_VALUES(id, 0, i + 1));
		EXPECT_EQ(0, child_wait(pid));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

/* However their numbers are told apart: the bits of a word are too few for them. */
TEST_F(sem, distant_semaphores_are_not_taken_for_one_another)
{
	unsigned short want[250] = { 0 };
	struct sembuf ops[250];
	int id = sem_new(250), i;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(3, 1, 0), SEM_OP(67, 0, 0), SEM_OP(131, 2, 0)));
	want[3] = 1;
	want[131] = 2;
	EXPECT_TRUE(sem_values_are(id, want, 250));
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(3, -1, 0), SEM_OP(67, -1, IPC_NOWAIT)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(sem_values_are(id, want, 250));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(131, -2, 0), SEM_OP(3, -1, 0)));
	/* all of them, from the last to the first */
	for (i = 0; i < 250; i++) {
		ops[i] = SEM_OP(249 - i, i + 1, 0);
		want[249 - i] = i + 1;
	}
	EXPECT_EQ(0, sem->op(id, ops, 250));
	EXPECT_TRUE(sem_values_are(id, want, 250));
	EXPECT_EQ(getpid(), sem_getpid(id, 249));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, nowait_counts_for_the_operation_that_would_wait)
{
	int id = sem_new(2);
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, -1, IPC_NOWAIT), SEM_OP(1, -1, 0)));
	EXPECT_EQ(EAGAIN, errno);
	/* it is the first that has to wait, and it may */
	pid = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, IPC_NOWAIT));
	ASSERT_LT(0, pid);
	EXPECT_EQ(1, sem_getncnt(id, 0));
	/* when it is the second's turn, that does not wait */
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(EAGAIN, child_wait(pid));
	EXPECT_EQ(1, sem_getval(id, 0));
	EXPECT_EQ(0, sem_getncnt(id, 0));
	EXPECT_EQ(getpid(), sem_getpid(id, 0));
	EXPECT_EQ(0, sem_getpid(id, 1));
	/* and the other way round: at the latest when it is looked at again */
	pid = SEM_SLEEPER(id, SEM_OP(0, -1, IPC_NOWAIT), SEM_OP(1, -1, 0));
	ASSERT_LT(0, pid);
	EXPECT_EQ(1, sem_getncnt(id, 1));
	EXPECT_EQ(0, sem_do(id, 0, -1, 0));
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_EQ(EAGAIN, child_wait(pid));
	EXPECT_EQ(0, sem_getncnt(id, 1));
	EXPECT_EQ(1, sem_getval(id, 1));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- values beyond the largest: class 19 */

TEST_F(sem, value_above_the_largest_is_erange_and_changes_nothing)
{
	int id = sem_new(SEM_STATE_MAX);
	struct sem_state state;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 32767, 0), SEM_OP(1, 1, 0)));
	state = sem_state(id);
	EXPECT_EQ(-1, sem_do(id, 0, 1, 0));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(-1, sem_do(id, 0, 32767, 0));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(-1, sem_do(id, 1, 32767, IPC_NOWAIT));
	EXPECT_EQ(ERANGE, errno);
	/* in lists, at each place */
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, -1, 0)));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(2, 5, 0), SEM_OP(1, -1, 0), SEM_OP(0, 1, 0)));
	EXPECT_EQ(ERANGE, errno);
	/* no sum of several gets past it */
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(2, 32767, 0), SEM_OP(2, 1, 0)));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(2, 32767, 0), SEM_OP(2, 32767, 0), SEM_OP(2, 2, 0)));
	EXPECT_EQ(ERANGE, errno);
	/* not even if it ends where it may be */
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(1, 32767, 0), SEM_OP(1, -5, 0)));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_TRUE(sem_unchanged(id, &state));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(0, 1, 0)));
	EXPECT_EQ(32767, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, first_operation_that_cannot_be_done_decides)
{
	int id = sem_new(2);
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 0, 32767));
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, -1, IPC_NOWAIT)));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(1, -1, IPC_NOWAIT), SEM_OP(0, 1, 0)));
	EXPECT_EQ(EAGAIN, errno);
	/* this one sleeps first, and is out of range when its turn comes */
	pid = SEM_SLEEPER(id, SEM_OP(1, -1, 0), SEM_OP(0, 1, 0));
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_EQ(ERANGE, child_wait(pid));
	EXPECT_TRUE(SEM_VALUES(id, 32767, 1));
	EXPECT_EQ(0, sem_getncnt(id, 1));
	/* unless there is room by then */
	EXPECT_EQ(0, sem_do(id, 1, -1, 0));
	pid = SEM_SLEEPER(id, SEM_OP(1, -1, 0), SEM_OP(0, 1, 0));
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(1, 1, 0)));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(SEM_VALUES(id, 32767, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- errors of the call */

TEST_F(sem, list_may_be_as_long_as_semopm)
{
	struct sembuf ops[SEMOPM + 1];
	int id = sem_new(2), i;

	ASSERT_LE(0, id);
	for (i = 0; i <= SEMOPM; i++)
		ops[i] = SEM_OP(i % 2, 1, 0);
	EXPECT_EQ(0, sem->op(id, ops, SEMOPM));
	EXPECT_TRUE(SEM_VALUES(id, SEMOPM / 2, SEMOPM / 2));
	EXPECT_EQ(-1, sem->op(id, ops, SEMOPM + 1));
	EXPECT_EQ(E2BIG, errno);
	/* nothing of it is looked at then, not even the id */
	EXPECT_EQ(-1, sem->op(id, nowhere(), SEMOPM + 1));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, sem->op(id, nowhere(), UINT_MAX));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, sem->op(12345, nowhere(), SEMOPM + 1));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_TRUE(SEM_VALUES(id, SEMOPM / 2, SEMOPM / 2));

	ASSERT_EQ(0, sem_limit_set("sem", "32000 1024000000 3 32000"));
	EXPECT_EQ(-1, sem->op(id, ops, 4));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(0, sem->op(id, ops, 3));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, empty_list_is_einval)
{
	int id = sem_new(1);

	ASSERT_LE(0, id);
	EXPECT_EQ(-1, sem->op(id, &SEM_OP(0, 1, 0), 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem->op(id, nowhere(), 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, number_that_the_set_has_not_is_efbig)
{
	static const int bad[] = { 2, 3, 250, 32000, 65535 };
	int id = sem_new(2);
	size_t i;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, sem_do(id, bad[i], 1, 0));
		EXPECT_EQ(EFBIG, errno);
		EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(bad[i], 1, 0)));
		EXPECT_EQ(EFBIG, errno);
		/* before anything would wait or be out of range */
		EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(bad[i], 1, 0)));
		EXPECT_EQ(EFBIG, errno);
		EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, 32767, 0), SEM_OP(0, 1, 0),
				     SEM_OP(bad[i], 0, IPC_NOWAIT)));
		EXPECT_EQ(EFBIG, errno);
	}
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, list_that_cannot_be_read_is_efault)
{
	unsigned long page = sysconf(_SC_PAGESIZE);
	struct sembuf *ops;
	int id = sem_new(1), i;
	char *edge;

	ASSERT_LE(0, id);
	EXPECT_EQ(-1, sem->op(id, nowhere(), 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sem->op(id, (struct sembuf *)-page, 1));
	EXPECT_EQ(EFAULT, errno);
	/* the id is looked at later */
	EXPECT_EQ(-1, sem->op(12345, nowhere(), 1));
	EXPECT_EQ(EFAULT, errno);
	edge = edge_alloc(1);
	ASSERT_NE(NULL, edge);
	ops = (struct sembuf *)(edge + page) - 100;
	for (i = 0; i < 100; i++)
		ops[i] = SEM_OP(0, 1, 0);
	EXPECT_EQ(-1, sem->op(id, ops, 101));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sem->op(id, (struct sembuf *)((char *)ops + 1), 100));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, sem->op(id, ops, 100));
	EXPECT_EQ(100, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, ids_that_are_none_are_einval)
{
	int id = sem_new(1), bad[6], one = 1 << sem->index_bits;
	size_t i;

	ASSERT_LE(0, id);
	bad[0] = -1;
	bad[1] = INT_MIN;
	bad[2] = id + 1;
	/* the right index of another sequence */
	bad[3] = id + one;
	bad[4] = INT_MAX;
	bad[5] = id | INT_MIN;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, sem_do(bad[i], 0, 1, 0));
		EXPECT_EQ(EINVAL, errno);
		/* before the number of the semaphore is looked at */
		EXPECT_EQ(-1, sem_do(bad[i], 9, 1, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(-1, sem_do(id, 0, 1, 0));
	EXPECT_EQ(sem->gone, errno);
}

TEST_F(sem, removal_ends_every_kind_of_sleep_with_eidrm)
{
	int id = sem_new(3), other = sem_new(1), i;
	struct timespec ts = { .tv_sec = 1000 };
	struct sembuf op = SEM_OP(0, -2, 0);
	pid_t pids[6], stays;

	ASSERT_LE(0, id);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, sem_setval(id, 0, 1));
	stays = SEM_SLEEPER(other, SEM_OP(0, -1, 0));
	ASSERT_LT(0, stays);
	pids[0] = SEM_SLEEPER(id, SEM_OP(1, -1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, 0, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(0, 0, 0), SEM_OP(1, 0, 0));
	pids[3] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(2, -1, 0));
	pids[4] = SEM_SLEEPER(id, SEM_OP(0, 1, 0), SEM_OP(2, -1, SEM_UNDO));
	pids[5] = child_fork();
	if (!pids[5])
		_exit(sem->timedop(id, &op, 1, &ts) ? errno : 0);
	for (i = 0; i < 6; i++) {
		ASSERT_LT(0, pids[i]);
		ASSERT_TRUE(EVENTUALLY(sem_is_asleep(pids[i])));
	}
	EXPECT_EQ(2, sem_getncnt(id, 2));
	EXPECT_EQ(0, sem_rmid(id));
	for (i = 0; i < 6; i++)
		EXPECT_EQ(EIDRM, child_wait(pids[i]));
	EXPECT_FALSE(sem->gone == EINVAL && sem_exists(id));
	EXPECT_TRUE(sem_is_asleep(stays));
	EXPECT_EQ(0, sem_do(other, 0, 1, 0));
	EXPECT_EQ(0, child_wait(stays));
	EXPECT_EQ(0, sem_rmid(other));
}

/* --- compared with a model */

#define MODEL_SEMS	5
#define MODEL_OPS	6

/* What the list does to the values: 0, or the negative error that keeps it from all. */
static int model(unsigned short *values, const struct sembuf *ops, int nops)
{
	int now[MODEL_SEMS], i;

	for (i = 0; i < MODEL_SEMS; i++)
		now[i] = values[i];
	for (i = 0; i < nops; i++) {
		int *value = &now[ops[i].sem_num];

		if ((!ops[i].sem_op && *value) || *value + ops[i].sem_op < 0)
			return -EAGAIN;
		*value += ops[i].sem_op;
		if (*value > SEMVMX)
			return -ERANGE;
	}
	for (i = 0; i < MODEL_SEMS; i++)
		values[i] = now[i];
	return 0;
}

static short random_op(unsigned int *seed)
{
	static const short wide[] = { 32767, -32767, 32766, -32766, 20000, -20000, -32768 };

	switch (rand_r(seed) % 8) {
	case 0:
		return wide[rand_r(seed) % ARRAY_SIZE(wide)];
	case 1:
	case 2:
		return 0;
	default:
		return rand_r(seed) % 7 - 3;
	}
}

TEST_F_TIMEOUT(sem, random_lists_do_what_the_model_does, 120)
{
	int id = sem_new(MODEL_SEMS), round, i, nops, error, counts[3] = { 0 };
	unsigned short values[MODEL_SEMS] = { 0 };
	struct sembuf ops[MODEL_OPS];
	unsigned int seed = 4711;

	ASSERT_LE(0, id);
	for (round = 0; round < 4000; round++) {
		nops = 1 + rand_r(&seed) % MODEL_OPS;
		for (i = 0; i < nops; i++)
			ops[i] = SEM_OP(rand_r(&seed) % MODEL_SEMS, random_op(&seed), IPC_NOWAIT);
		error = model(values, ops, nops);
		ASSERT_EQ(-error, sem_do_error(id, ops, nops))
			TH_LOG("round %d", round);
		ASSERT_TRUE(sem_values_are(id, values, MODEL_SEMS))
			TH_LOG("round %d", round);
		counts[error == 0 ? 0 : error == -EAGAIN ? 1 : 2]++;
	}
	for (i = 0; i < 3; i++)
		EXPECT_LT(100, counts[i]);
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- what it is for */

static void count_in_turn(int id, long *counter, int rounds)
{
	long seen;
	int i;

	for (i = 0; i < rounds; i++) {
		if (sem_do(id, 0, -1, 0))
			_exit(errno);
		seen = __atomic_load_n(counter, __ATOMIC_RELAXED);
		if (i % 16 == 0)
			sched_yield();
		__atomic_store_n(counter, seen + 1, __ATOMIC_RELAXED);
		if (sem_do(id, 0, 1, 0))
			_exit(errno);
	}
	_exit(0);
}

TEST_F_TIMEOUT(sem, holder_of_a_semaphore_is_alone, 120)
{
	enum { CHILDREN = 6, ROUNDS = 400 };
	long *counter = shared_alloc(sizeof(*counter));
	int id = sem_new(1), i;
	pid_t pids[CHILDREN];

	ASSERT_NE(NULL, counter);
	ASSERT_LE(0, id);
	for (i = 0; i < CHILDREN; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			count_in_turn(id, counter, ROUNDS);
	}
	EXPECT_TRUE(EVENTUALLY(sem_getncnt(id, 0) == CHILDREN));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	for (i = 0; i < CHILDREN; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ(CHILDREN * ROUNDS, *counter);
	EXPECT_EQ(1, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F_TIMEOUT(sem, philosophers_take_both_forks_at_once_and_never_starve, 120)
{
	enum { SEATS = 5, MEALS = 200 };
	int *eating = shared_alloc(4096), id = sem_new(SEATS), i, k;
	unsigned short ones[SEATS] = { 1, 1, 1, 1, 1 };
	pid_t pids[SEATS];

	ASSERT_NE(NULL, eating);
	ASSERT_LE(0, id);
	for (i = 0; i < SEATS; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		for (k = 0; k < MEALS; k++) {
			if (SEM_DO(id, SEM_OP(i, -1, 0), SEM_OP((i + 1) % SEATS, -1, 0)))
				_exit(errno);
			__atomic_store_n(&eating[i], 1, __ATOMIC_SEQ_CST);
			if (__atomic_load_n(&eating[(i + 1) % SEATS], __ATOMIC_SEQ_CST) ||
			    __atomic_load_n(&eating[(i + SEATS - 1) % SEATS], __ATOMIC_SEQ_CST))
				_exit(99);
			if (k % 8 == 0)
				sched_yield();
			__atomic_store_n(&eating[i], 0, __ATOMIC_SEQ_CST);
			if (SEM_DO(id, SEM_OP(i, 1, 0), SEM_OP((i + 1) % SEATS, 1, 0)))
				_exit(errno);
		}
		_exit(0);
	}
	EXPECT_TRUE(EVENTUALLY(sem_getncnt(id, 0) + sem_getncnt(id, 1) + sem_getncnt(id, 2) +
			       sem_getncnt(id, 3) + sem_getncnt(id, 4) == SEATS));
	EXPECT_EQ(0, sem_setall(id, ones, SEATS));
	for (i = 0; i < SEATS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_TRUE(sem_values_are(id, ones, SEATS));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_HARNESS_MAIN
