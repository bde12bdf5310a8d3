// SPDX-License-Identifier: GPL-2.0
/*
 * A change of a set that lets many long lists go, one after the other, each of which lets all
 * others be looked at again: too much to be done without a pause, in which some are killed,
 * or the set is removed. Classes 2 and 3.
 */
#include "race.h"
#include "sem_fixture.h"

enum { HERD = 60, LIST = 500 };

/*
 * Wait as the one of @place: semaphore 0 has to be HERD - @place, and is one more then. So the
 * youngest goes first, and all others are looked at after each of them, from the beginning.
 */
static pid_t herd_member(int id, int place)
{
	struct sembuf ops[LIST];
	int i;

	for (i = 0; i < LIST - 2; i++)
		ops[i] = SEM_OP(1, 0, 0);
	ops[i++] = SEM_OP(0, -(HERD - place), 0);
	ops[i++] = SEM_OP(0, HERD - place + 1, 0);
	return sem_sleeper(id, ops, LIST);
}

static int herd_make(int id, pid_t *pids)
{
	int i;

	for (i = 0; i < HERD; i++) {
		pids[i] = herd_member(id, i);
		if (pids[i] <= 0)
			return -1;
	}
	return sem_getncnt(id, 0) == HERD ? 0 : -1;
}

/* How many of them ended with @status. */
static int herd_end(const pid_t *pids, int status)
{
	int i, n = 0;

	for (i = 0; i < HERD; i++)
		n += child_wait(pids[i]) == status;
	return n;
}

/* Let them go, in a process of its own. */
static pid_t herd_let_go(int id)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(sem_setval(id, 0, 1) ? errno : 0);
	return pid;
}

TEST_F_TIMEOUT(sem, long_lists_let_each_other_go, 120)
{
	int id = sem_new(2);
	pid_t pids[HERD];

	ASSERT_LE(0, id);
	ASSERT_EQ(0, herd_make(id, pids));
	EXPECT_EQ(0, sem_setval(id, 0, 1));
	EXPECT_EQ(HERD + 1, sem_getval(id, 0));
	EXPECT_EQ(0, sem_getncnt(id, 0));
	EXPECT_EQ(HERD, herd_end(pids, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/* Some are killed meanwhile: the first of those who go before them do so, and the rest stays. */
TEST_F_TIMEOUT(sem, killed_ones_of_many_long_lists_leave_the_others_in_their_order, 240)
{
	int round, id = sem_new(2), stopped, i;
	pid_t pids[HERD], setter;

	ASSERT_LE(0, id);
	for (round = 0; round < rounds_of(3); round++) {
		EXPECT_EQ(0, sem_setval(id, 0, 0));
		ASSERT_EQ(0, herd_make(id, pids));
		setter = herd_let_go(id);
		ASSERT_LT(0, setter);
		spin(round * 100000L);
		for (i = 0; i < HERD; i += 40)
			kill(pids[i], SIGKILL);
		EXPECT_EQ(0, child_wait(setter));
		for (i = 0; i < HERD; i += 40)
			waitpid(pids[i], NULL, 0);
		/* as far as they came */
		stopped = HERD - sem_getval(id, 0);
		EXPECT_EQ(stopped < 0 ? 0 : stopped - stopped / 40, sem_getncnt(id, 0))
			TH_LOG("round %d, value %d", round, sem_getval(id, 0));
		for (i = 0; i < HERD; i++)
			if (i % 40 && i > stopped)
				EXPECT_EQ(0, child_wait(pids[i]));
		for (i = stopped; i >= 0; i--) {
			if (!(i % 40))
				continue;
			EXPECT_EQ(0, sem_setval(id, 0, HERD - i));
			EXPECT_EQ(0, child_wait(pids[i]));
		}
		EXPECT_EQ(0, sem_getncnt(id, 0));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

/* One that comes in a pause has not waited as long as those whom the pause is for. */
TEST_F_TIMEOUT(sem, who_comes_while_others_are_looked_at_stands_behind_them, 240)
{
	enum { MANY = 2 * HERD };
	int round, i, id = sem_new(2);
	pid_t pids[MANY], setter, first, next;
	struct sembuf ops[LIST];

	ASSERT_LE(0, id);
	/* 0 will not do for any of them */
	for (i = 0; i < LIST - 1; i++)
		ops[i] = SEM_OP(1, 0, 0);
	ops[i] = SEM_OP(0, -1000, 0);
	for (round = 0; round < rounds_of(4); round++) {
		for (i = 0; i < MANY; i++) {
			pids[i] = sem_sleeper(id, ops, LIST);
			ASSERT_LT(0, pids[i]);
		}
		first = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
		ASSERT_LT(0, first);
		setter = child_fork();
		if (!setter)
			_exit(sem_setval(id, 0, 0) ? errno : 0);
		next = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
		ASSERT_LT(0, next);
		EXPECT_EQ(0, child_wait(setter));
		EXPECT_EQ(MANY + 2, sem_getncnt(id, 0));
		for (i = 0; i < MANY; i++)
			EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0)));
		EXPECT_EQ(0, child_wait(first));
		EXPECT_TRUE(sem_is_asleep(next));
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0)));
		EXPECT_EQ(0, child_wait(next));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F_TIMEOUT(sem, removal_while_long_lists_go_ends_the_rest_of_them, 240)
{
	int round, id, gone, done;
	pid_t pids[HERD], setter;

	for (round = 0; round < rounds_of(3); round++) {
		id = sem_new(2);
		ASSERT_LE(0, id);
		ASSERT_EQ(0, herd_make(id, pids));
		setter = herd_let_go(id);
		ASSERT_LT(0, setter);
		spin(round * 100000L);
		EXPECT_EQ(0, sem_rmid(id));
		gone = child_wait(setter);
		EXPECT_TRUE(!gone || gone == EIDRM || gone == EINVAL);
		for (done = 0, gone = 0; done + gone < HERD; ) {
			int status = child_wait(pids[done + gone]);

			ASSERT_TRUE(status == 0 || status == EIDRM);
			/* those who went are the youngest */
			if (status)
				gone++;
			else
				done++;
			EXPECT_TRUE(!status || !done);
		}
	}
}

TEST_HARNESS_MAIN
