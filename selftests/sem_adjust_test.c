// SPDX-License-Identifier: GPL-2.0
/*
 * SEM_UNDO: what the adjustments add up to, what forgets them, and whom they wake. Classes
 * 4 and 19.
 */
#include "race.h"
#include "sem_fixture.h"
#include "sem_steps.h"

/* --- what it adds up to */

TEST_F(sem, undo_stops_at_zero_and_at_the_maximum)
{
	int id = SET_OF(1, 32767, 10, 10);
	pid_t pid;

	ASSERT_LE(0, id);
	pid = HOLDER(id, SEM_OP(0, 5, SEM_UNDO), SEM_OP(1, -5, SEM_UNDO),
		     SEM_OP(2, 5, SEM_UNDO), SEM_OP(3, -5, SEM_UNDO));
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, -3, 0), SEM_OP(1, 3, 0), SEM_OP(2, -10, 0),
			    SEM_OP(3, 32762, 0)));
	EXPECT_TRUE(VALUES_ARE(id, 3, 32765, 5, 32767));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_TRUE(VALUES_ARE(id, 0, 32767, 0, 32767));
	EXPECT_EQ(pid, sem_getpid(id, 0));
	EXPECT_EQ(pid, sem_getpid(id, 3));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, adjustment_beyond_its_range_is_erange_and_changes_nothing)
{
	struct semid_ds before, after;
	int id = sem_new(3);
	pid_t pid;

	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		/* an adjustment goes down to -32768 */
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 32767, SEM_UNDO), SEM_OP(0, -32767, 0),
				    SEM_OP(0, 1, SEM_UNDO)));
		/* and up to 32767 */
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(1, 32767, 0), SEM_OP(1, -32767, SEM_UNDO),
				    SEM_OP(1, 9, 0)));
		EXPECT_TRUE(VALUES_ARE(id, 1, 9, 0));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 0, 32767, 0));

	ASSERT_EQ(0, SET_VALUES(id, 0, 0, 0));
	before = sem_ds(id);
	pid = child_fork();
	if (!pid) {
		struct sembuf lists[][5] = {
			{ SEM_OP(2, 1, SEM_UNDO), SEM_OP(0, 1, SEM_UNDO) },
			{ SEM_OP(0, 1, SEM_UNDO), SEM_OP(2, 1, SEM_UNDO) },
			{ SEM_OP(2, 1, 0), SEM_OP(1, -1, SEM_UNDO) },
			{ SEM_OP(2, 1, SEM_UNDO), SEM_OP(2, 1, SEM_UNDO),
			  SEM_OP(1, 1, 0), SEM_OP(1, -2, SEM_UNDO | IPC_NOWAIT) },
			/* too far and back is too far, and so within one list */
			{ SEM_OP(0, 1, SEM_UNDO), SEM_OP(0, -1, SEM_UNDO) },
			{ SEM_OP(2, 32767, SEM_UNDO), SEM_OP(2, -32767, 0),
			  SEM_OP(2, 2, SEM_UNDO), SEM_OP(2, -2, SEM_UNDO) },
			/* of the value, and with what was undone of it */
			{ SEM_OP(2, 32767, SEM_UNDO), SEM_OP(2, 1, SEM_UNDO) },
		};
		static const int lengths[] = { 2, 2, 2, 4, 2, 4, 2 };
		struct semid_ds now, then;
		pid_t pids[3];
		size_t i;
		int k;

		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 32767, SEM_UNDO), SEM_OP(0, -32767, 0),
				    SEM_OP(0, 1, SEM_UNDO), SEM_OP(0, -1, 0)));
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(1, 32767, 0), SEM_OP(1, -32767, SEM_UNDO),
				    SEM_OP(1, 1, 0)));
		for (k = 0; k < 3; k++)
			pids[k] = sem_getpid(id, k);
		then = sem_ds(id);
		for (i = 0; i < ARRAY_SIZE(lists); i++) {
			errno = 0;
			EXPECT_EQ(-1, sem->op(id, lists[i], lengths[i]));
			EXPECT_EQ(ERANGE, errno)
				TH_LOG("list %zu: %s", i, strerror(errno));
			EXPECT_TRUE(VALUES_ARE(id, 0, 1, 0));
			now = sem_ds(id);
			EXPECT_TRUE(sem_ds_same(&then, &now));
			for (k = 0; k < 3; k++)
				EXPECT_EQ(pids[k], sem_getpid(id, k));
		}
		/* the third semaphore has no adjustment, the others still have theirs */
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 0, 32767, 0));
	after = sem_ds(id);
	EXPECT_EQ(before.sem_ctime, after.sem_ctime);
	EXPECT_NE(pid, sem_getpid(id, 2));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, setval_forgets_it_for_one_semaphore_of_all_processes)
{
	int id = SET_OF(5, 5), i;
	pid_t pids[3];

	ASSERT_LE(0, id);
	for (i = 0; i < 3; i++) {
		pids[i] = HOLDER(id, SEM_OP(0, -1, SEM_UNDO), SEM_OP(1, -1, SEM_UNDO));
		ASSERT_LT(0, pids[i]);
	}
	EXPECT_TRUE(VALUES_ARE(id, 2, 2));
	EXPECT_EQ(0, sem_setval(id, 0, 2));
	EXPECT_EQ(-1, sem_setval(id, 1, 32768));
	EXPECT_EQ(ERANGE, errno);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
		EXPECT_TRUE(VALUES_ARE(id, 2, 3 + i));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, setall_forgets_it_for_all_semaphores_of_all_processes)
{
	unsigned short bad[] = { 1, 32768 };
	int id = SET_OF(5, 5), i;
	pid_t pids[3];

	ASSERT_LE(0, id);
	for (i = 0; i < 3; i++) {
		pids[i] = HOLDER(id, SEM_OP(0, -1, SEM_UNDO), SEM_OP(1, 1, SEM_UNDO));
		ASSERT_LT(0, pids[i]);
	}
	EXPECT_EQ(-1, sem_setall(id, bad, 2));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[0]));
	EXPECT_TRUE(VALUES_ARE(id, 3, 7));
	EXPECT_EQ(0, SET_VALUES(id, 3, 7));
	for (i = 1; i < 3; i++) {
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
		EXPECT_TRUE(VALUES_ARE(id, 3, 7));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, what_is_done_after_setval_is_undone_again)
{
	int id = SET_OF(0, 5);
	pid_t pid;

	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 32767, SEM_UNDO), SEM_OP(0, -32767, 0),
				    SEM_OP(1, -5, SEM_UNDO)));
		EXPECT_EQ(0, sem_setval(id, 0, 3));
		/* there is room again */
		EXPECT_EQ(0, sem_do(id, 0, 2, SEM_UNDO));
		EXPECT_EQ(0, SET_VALUES(id, 10, 10));
		EXPECT_EQ(0, sem_do(id, 0, -4, SEM_UNDO));
		EXPECT_EQ(0, sem_do(id, 0, -1, SEM_UNDO));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 10, 10));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- the set goes first */

/* Another set with the id of the one that was removed. */
static int same_again(int id, int nsems)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", id);
	return sem_limit_set("sem_next_id", text) ? -1 : sem_new(nsems);
}

/* A descriptor of the set that has the id now. */
static void look_again(int id)
{
	struct sem_fd *known = sem_fd_find(id);

	if (!known)
		return;
	close(known->fd);
	known->fd = sem_open_on(sem_dev, id, KIPC_SEM_CLOEXEC);
}

TEST_F(sem, set_with_the_id_of_a_removed_one_is_not_touched)
{
	int id = SET_OF(5, 5, 5), other = SET_OF(5);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, steps_begin());
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, -1, SEM_UNDO), SEM_OP(2, 9, SEM_UNDO)));
		EXPECT_EQ(0, sem_do(other, 0, -1, SEM_UNDO));
		EXPECT_EQ(0, sem_rmid(id));
		EXPECT_EQ(id, same_again(id, 2));
		EXPECT_EQ(0, SET_VALUES(id, 7, 7));
		reach(1);
		EXPECT_TRUE(is_reached(2));
		EXPECT_TRUE(VALUES_ARE(id, 7, 7));
		/* it adjusts the new one from the beginning */
		EXPECT_EQ(0, sem_do(id, 1, -2, SEM_UNDO));
		child_exit();
	}
	ASSERT_TRUE(is_reached(1));
	look_again(id);
	reach(2);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 7, 7));
	EXPECT_TRUE(VALUES_ARE(other, 5));
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(0, sem_rmid(other));
}

TEST_F(sem, processes_with_adjustments_of_removed_sets_end_in_peace)
{
	int ids[5], i, round;
	pid_t pids[3];

	for (round = 0; round < 20; round++) {
		for (i = 0; i < 5; i++) {
			ids[i] = SET_OF(5, 5);
			ASSERT_LE(0, ids[i]);
		}
		for (i = 0; i < 3; i++) {
			pids[i] = child_fork();
			if (!pids[i]) {
				for (i = 0; i < 5; i++)
					if (sem_do(ids[i], i % 2, -1, SEM_UNDO))
						_exit(77);
				for (;;)
					pause();
			}
		}
		for (i = 0; i < 5; i++)
			ASSERT_TRUE(EVENTUALLY(sem_getval(ids[i], i % 2) == 2));
		/* some before, some between, some after */
		EXPECT_EQ(0, sem_rmid(ids[round % 5]));
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[0]));
		EXPECT_EQ(0, sem_rmid(ids[(round + 1) % 5]));
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[1]));
		EXPECT_EQ(0, sem_rmid(ids[(round + 3) % 5]));
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[2]));
		for (i = 0; i < 5; i++) {
			if (i == round % 5 || i == (round + 1) % 5 || i == (round + 3) % 5)
				continue;
			EXPECT_TRUE(VALUES_ARE(ids[i], 5, 5));
			EXPECT_EQ(0, sem_rmid(ids[i]));
		}
		sem_fds_close();
	}
}

/* --- many */

TEST_F(sem, all_semaphores_of_all_sets_get_their_own_back)
{
	enum { SETS = 12, SEMS = 250 };
	static unsigned short first[SETS][SEMS];
	int ids[SETS], i, k;
	pid_t pid;

	for (i = 0; i < SETS; i++) {
		for (k = 0; k < SEMS; k++)
			first[i][k] = 1000 + i * SEMS + k;
		ids[i] = sem_new(SEMS);
		ASSERT_LE(0, ids[i]);
		ASSERT_EQ(0, sem_setall(ids[i], first[i], SEMS));
	}
	pid = child_fork();
	if (!pid) {
		/* each by another sum, one set after the other and in turns */
		for (k = 0; k < SEMS; k++)
			for (i = 0; i < SETS; i++)
				if (k % (i + 1) == 0 &&
				    sem_do(ids[i], k, k % 3 - 1 ? k + 1 : -k - 1, SEM_UNDO))
					_exit(77);
		for (i = 0; i < SETS; i++)
			if (sem_do(ids[i], SEMS - 1, 1, SEM_UNDO))
				_exit(78);
		for (i = 0; i < SETS; i++)
			if (sem_getval(ids[i], 0) != 1001 + i * SEMS ||
			    sem_getval(ids[i], SEMS - 1) == 1000 + i * SEMS + SEMS - 1)
				_exit(79);
		_exit(0);
	}
	EXPECT_EQ(0, child_wait(pid));
	for (i = 0; i < SETS; i++) {
		EXPECT_TRUE(values_same(ids[i], first[i], SEMS))
			TH_LOG("set %d", i);
		EXPECT_EQ(0, sem_rmid(ids[i]));
	}
}

/* --- sleepers */

TEST_F(sem, undo_wakes_who_sleeps_for_it)
{
	int id = SET_OF(0, 1, 0, 3), i;
	pid_t pids[4], pid;

	ASSERT_LE(0, id);
	pid = HOLDER(id, SEM_OP(1, -1, SEM_UNDO), SEM_OP(2, 1, SEM_UNDO), SEM_OP(3, -2, SEM_UNDO));
	ASSERT_LT(0, pid);
	pids[0] = SEM_SLEEPER(id, SEM_OP(1, -1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(2, 0, 0), SEM_OP(0, 1, 0));
	/* for both of them at once */
	pids[2] = SEM_SLEEPER(id, SEM_OP(3, -3, 0), SEM_OP(2, 0, 0), SEM_OP(3, 3, 0));
	/* and one who waits on */
	pids[3] = SEM_SLEEPER(id, SEM_OP(3, -4, 0));
	for (i = 0; i < 4; i++)
		ASSERT_LT(0, pids[i]);
	EXPECT_TRUE(VALUES_ARE(id, 0, 0, 1, 1));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, child_wait(pids[i]))
			TH_LOG("sleeper %d", i);
	EXPECT_TRUE(VALUES_ARE(id, 1, 0, 0, 3));
	EXPECT_TRUE(sem_is_asleep(pids[3]));
	EXPECT_EQ(1, sem_getncnt(id, 3));
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(EIDRM, child_wait(pids[3]));
}

/* What has not been done in the end is not undone, however it came to nothing. */
TEST_F(sem, operation_that_did_not_succeed_is_not_undone)
{
	struct timespec soon = { .tv_nsec = 1000000 };
	int id = SET_OF(1, 5);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, steps_begin());
	/* killed while it sleeps */
	pid = SEM_SLEEPER(id, SEM_OP(1, -1, SEM_UNDO), SEM_OP(0, -2, SEM_UNDO));
	ASSERT_LT(0, pid);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_TRUE(VALUES_ARE(id, 1, 5));
	pid = child_fork();
	if (!pid) {
		struct sembuf ops[] = { SEM_OP(1, 3, SEM_UNDO), SEM_OP(0, -2, SEM_UNDO) };

		EXPECT_EQ(-1, sem->timedop(id, ops, 2, &soon));
		EXPECT_EQ(EAGAIN, errno);
		ops[1].sem_flg |= IPC_NOWAIT;
		EXPECT_EQ(EAGAIN, sem_do_error(id, ops, 2));
		ops[1].sem_num = 2;
		EXPECT_EQ(EFBIG, sem_do_error(id, ops, 2));
		handle_signal(SIGUSR1, SA_RESTART);
		reach(1);
		EXPECT_EQ(EINTR, SEM_DO(id, SEM_OP(1, 1, SEM_UNDO), SEM_OP(0, -2, SEM_UNDO)) ?
				 errno : 0);
		EXPECT_EQ(1, signals_seen);
		child_exit();
	}
	ASSERT_TRUE(is_reached(1));
	ASSERT_TRUE(EVENTUALLY(sem_is_asleep(pid)));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(VALUES_ARE(id, 1, 5));
	EXPECT_EQ(0, sem_rmid(id));
}

/* Who wakes a sleeper has done its operation for it, and the adjustment, too. */
TEST_F(sem, operation_that_a_sleeper_was_woken_with_is_undone)
{
	int id = SET_OF(0, 5), round;
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, take_turns(1));
	for (round = 0; round < 20; round++) {
		pid = SEM_SLEEPER(id, SEM_OP(1, -1, SEM_UNDO), SEM_OP(0, -1, SEM_UNDO));
		ASSERT_LT(0, pid);
		/* it does not run before we wait for it */
		EXPECT_EQ(0, sem_do(id, 0, 1, 0));
		EXPECT_TRUE(VALUES_ARE(id, 0, 4));
		kill(pid, SIGKILL);
		EXPECT_EQ(128 + SIGKILL, child_wait(pid));
		EXPECT_TRUE(VALUES_ARE(id, 1, 5));
		EXPECT_EQ(0, sem_do(id, 0, -1, 0));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_HARNESS_MAIN
