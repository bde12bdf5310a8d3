// SPDX-License-Identifier: GPL-2.0
/*
 * Who goes on when several sleep. A list that can be done is done, whoever sleeps; those
 * who sleep are served in the order in which they began to, and one that cannot go on yet
 * does not hold up those behind it.
 */
#include "sem_fixture.h"

/* Whether exactly those sleepers of @n have gone on that @gone has bits for. */
static bool are_gone(const pid_t *pids, int n, unsigned int gone)
{
	int i;

	for (i = 0; i < n; i++) {
		if (pids[i] <= 0)
			return false;
		if (gone & 1U << i ? child_wait(pids[i]) != 0 : !sem_is_asleep(pids[i])) {
			printf("# sleeper %d should have %s\n", i,
			       gone & 1U << i ? "gone on" : "stayed asleep");
			return false;
		}
	}
	return true;
}

TEST_F(sem, equals_are_served_in_the_order_of_their_coming)
{
	enum { SLEEPERS = 12 };
	int id = sem_new(1), i;
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, id);
	for (i = 0; i < SLEEPERS; i++)
		pids[i] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	EXPECT_EQ(SLEEPERS, sem_getncnt(id, 0));
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(0, sem_do(id, 0, 1, 0));
		EXPECT_EQ(0, sem_getval(id, 0));
		EXPECT_EQ(pids[i], sem_getpid(id, 0));
		EXPECT_EQ(SLEEPERS - 1 - i, sem_getncnt(id, 0));
		ASSERT_TRUE(are_gone(pids + i, SLEEPERS - i, 1));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, equal_lists_are_served_in_the_order_of_their_coming)
{
	enum { SLEEPERS = 8 };
	int id = sem_new(2), i;
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, id);
	for (i = 0; i < SLEEPERS; i++)
		pids[i] = SEM_SLEEPER(id, SEM_OP(i % 2, -1, 0), SEM_OP((i + 1) % 2, -1, 0));
	EXPECT_EQ(SLEEPERS / 2, sem_getncnt(id, 0));
	EXPECT_EQ(SLEEPERS / 2, sem_getncnt(id, 1));
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(0, sem_do(id, i % 2, 1, 0));
		EXPECT_EQ(0, sem_do(id, (i + 1) % 2, 1, 0));
		EXPECT_TRUE(SEM_VALUES(id, 0, 0));
		EXPECT_EQ(pids[i], sem_getpid(id, 0));
		EXPECT_EQ(pids[i], sem_getpid(id, 1));
		ASSERT_TRUE(are_gone(pids + i, SLEEPERS - i, 1));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

/* A set in which lists sleep is another case than one in which none does. */
TEST_F(sem, coming_and_going_of_lists_does_not_change_the_order)
{
	int id = sem_new(3);
	pid_t pids[6];

	ASSERT_LE(0, id);
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(1, -1, 0), SEM_OP(2, -1, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	pids[3] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	/* the list goes, by itself */
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(1, 1, 0), SEM_OP(2, 1, 0)));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0));
	EXPECT_EQ(0, child_wait(pids[1]));
	pids[4] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(pids[0], sem_getpid(id, 0));
	EXPECT_EQ(0, child_wait(pids[0]));
	/* one comes again, and is killed */
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(2, -1, 0));
	pids[5] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(pids[2], sem_getpid(id, 0));
	EXPECT_EQ(0, child_wait(pids[2]));
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[1]));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(pids[3], sem_getpid(id, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(pids[4], sem_getpid(id, 0));
	EXPECT_TRUE(are_gone(pids + 3, 3, 3));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(0, child_wait(pids[5]));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, one_that_cannot_go_on_does_not_hold_up_the_others)
{
	int id = sem_new(2);
	pid_t pids[4];

	ASSERT_LE(0, id);
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -5, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(0, -2, 0));
	pids[3] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	ASSERT_TRUE(are_gone(pids, 4, 8));
	EXPECT_EQ(0, sem_do(id, 0, 4, 0));
	EXPECT_TRUE(SEM_VALUES(id, 2, 0));
	ASSERT_TRUE(are_gone(pids, 3, 4));
	/* there were 4 for the first to take part of: it took nothing */
	EXPECT_EQ(0, sem_do(id, 0, 3, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	ASSERT_TRUE(are_gone(pids, 2, 1));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, sem_rmid(id));
}

/* First come, first served also between a list and an operation. */
TEST_F(sem, list_that_came_first_goes_before_an_operation)
{
	int id = sem_new(2);
	pid_t pids[2];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 1, 1));
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	ASSERT_TRUE(are_gone(pids, 2, 1));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, operation_that_came_first_goes_before_a_list)
{
	int id = sem_new(2);
	pid_t pids[2];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 1, 1));
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 1));
	ASSERT_TRUE(are_gone(pids, 2, 1));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, sem_rmid(id));
}

/* Wherever a list waits at the moment, it keeps the place in which it came. */
TEST_F(sem, list_keeps_its_place_when_it_waits_for_another_semaphore)
{
	int id = sem_new(2);
	pid_t pids[3];

	ASSERT_LE(0, id);
	pids[0] = SEM_SLEEPER(id, SEM_OP(1, -1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(1, -1, 0));
	/* now it is behind the first, but before the last */
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(3, sem_getncnt(id, 1));
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 1, 0));
	ASSERT_TRUE(are_gone(pids, 3, 1));
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	ASSERT_TRUE(are_gone(pids + 1, 2, 1));
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_EQ(0, child_wait(pids[2]));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, order_holds_over_two_semaphores_that_one_list_changes)
{
	int id = sem_new(3), turn;
	pid_t pids[4];

	ASSERT_LE(0, id);
	/* with and without a list that sleeps elsewhere */
	for (turn = 0; turn < 2; turn++) {
		pid_t aside = turn ? SEM_SLEEPER(id, SEM_OP(2, -1, 0), SEM_OP(0, 1, 0)) : 0;

		EXPECT_LE(0, aside);
		pids[0] = SEM_SLEEPER(id, SEM_OP(1, -1, 0));
		pids[1] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
		pids[2] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0));
		pids[3] = SEM_SLEEPER(id, SEM_OP(1, -1, 0));
		/* each of the first two takes its own, and nothing is left */
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)));
		EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0));
		ASSERT_TRUE(are_gone(pids, 4, 3));
		/* the list came before the last one, whichever is changed first */
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(1, 1, 0), SEM_OP(0, 1, 0)));
		EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0));
		ASSERT_TRUE(are_gone(pids + 2, 2, 1));
		EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)));
		EXPECT_TRUE(SEM_VALUES(id, 1, 0, 0));
		EXPECT_EQ(0, child_wait(pids[3]));
		if (turn)
			EXPECT_EQ(128 + SIGKILL, child_kill(aside));
		EXPECT_EQ(0, sem_setval(id, 0, 0));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

/* What one sleeper gives lets others go in turn, those that came before it as well. */
TEST_F(sem, sleepers_let_each_other_go)
{
	int id = sem_new(4);
	pid_t pids[4];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 3, 1));
	pids[0] = SEM_SLEEPER(id, SEM_OP(2, -1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(1, -1, 0), SEM_OP(2, 1, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, 1, 0), SEM_OP(3, -1, 0));
	pids[3] = SEM_SLEEPER(id, SEM_OP(3, 0, 0), SEM_OP(2, 0, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0, 0));
	EXPECT_TRUE(are_gone(pids, 4, 15));
	EXPECT_EQ(0, sem_rmid(id));
}

/* There is enough for two, but the first changes another semaphore meanwhile. */
TEST_F(sem, what_one_leaves_the_next_one_gets)
{
	int id = sem_new(3);
	pid_t pids[4];

	ASSERT_LE(0, id);
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, 1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(1, -1, 0), SEM_OP(2, 1, 0));
	pids[3] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(2, -1, 0));
	EXPECT_EQ(0, sem_do(id, 0, 3, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0));
	ASSERT_TRUE(are_gone(pids, 4, 15));
	/* and the other way round: what it takes is not there for the next */
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(1, -1, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(1, 1, 0), SEM_OP(0, 2, 0)));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0));
	ASSERT_TRUE(are_gone(pids, 3, 5));
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, who_waits_for_zero_shares_it_with_all_the_others)
{
	int id = sem_new(2);
	pid_t pids[5];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)));
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, 0, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, -2, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(0, 0, 0), SEM_OP(1, 0, 0));
	pids[3] = SEM_SLEEPER(id, SEM_OP(0, 0, 0));
	pids[4] = SEM_SLEEPER(id, SEM_OP(1, 0, 0));
	EXPECT_EQ(3, sem_getzcnt(id, 0));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_do(id, 0, -1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 0, 1));
	ASSERT_TRUE(are_gone(pids, 5, 1 + 8));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_do(id, 1, -1, 0));
	ASSERT_TRUE(are_gone(pids + 1, 2, 2));
	EXPECT_EQ(0, child_wait(pids[4]));
	/* one that takes all of it makes zero, too */
	pids[0] = -1;
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, 0, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_TRUE(are_gone(pids, 2, 3));
	EXPECT_EQ(0, sem_rmid(id));
}

/* Who only looks takes nothing away, and so goes first, as if it were by itself. */
TEST_F(sem, who_alters_nothing_goes_before_who_does)
{
	int id = sem_new(2);
	pid_t pids[4];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 0, 1));
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, 0, 0), SEM_OP(1, 1, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, 0, 0), SEM_OP(0, 1, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(0, 0, 0), SEM_OP(1, 0, 0));
	pids[3] = SEM_SLEEPER(id, SEM_OP(0, 0, 0));
	EXPECT_EQ(4, sem_getzcnt(id, 0));
	EXPECT_EQ(0, sem_do(id, 0, -1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 1, 1));
	EXPECT_EQ(0, sem_getzcnt(id, 0));
	EXPECT_TRUE(are_gone(pids, 4, 15));
	EXPECT_EQ(0, sem_rmid(id));
}

/* The lock of old: of all who wait for zero to take it, one gets it. */
TEST_F(sem, zero_that_is_taken_at_once_goes_to_one_after_the_other)
{
	enum { SLEEPERS = 6 };
	int id = sem_new(1), i;
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 0, 1));
	for (i = 0; i < SLEEPERS; i++)
		pids[i] = SEM_SLEEPER(id, SEM_OP(0, 0, 0), SEM_OP(0, 1, 0));
	EXPECT_EQ(SLEEPERS, sem_getzcnt(id, 0));
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(0, sem_do(id, 0, -1, 0));
		EXPECT_EQ(1, sem_getval(id, 0));
		EXPECT_EQ(pids[i], sem_getpid(id, 0));
		ASSERT_TRUE(are_gone(pids + i, SLEEPERS - i, 1));
	}
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, what_can_be_done_now_is_not_put_behind_who_sleeps)
{
	int id = sem_new(2);
	pid_t pids[2];

	ASSERT_LE(0, id);
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -2, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(1, sem_getval(id, 0));
	/* neither of them had use for it */
	EXPECT_EQ(0, sem_do(id, 0, -1, IPC_NOWAIT));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 0, IPC_NOWAIT), SEM_OP(1, 0, IPC_NOWAIT)));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(1, 1, 0), SEM_OP(1, -1, IPC_NOWAIT)));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	ASSERT_TRUE(are_gone(pids, 2, 0));
	EXPECT_EQ(0, sem_do(id, 0, 2, 0));
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, sem_rmid(id));
}

/*
 * Small operations pass by all the time. As soon as there is once enough for the list, it
 * has it: nobody can come in between.
 */
TEST_F_TIMEOUT(sem, list_gets_its_turn_among_many_single_operations, 120)
{
	enum { CHILDREN = 3 };
	int id = sem_new(3), *stop = shared_alloc(sizeof(*stop)), i, k;
	pid_t pids[CHILDREN], list;

	ASSERT_NE(NULL, stop);
	ASSERT_LE(0, id);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)));
	for (i = 0; i < CHILDREN; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		for (k = i; !__atomic_load_n(stop, __ATOMIC_SEQ_CST); k++) {
			if (sem_do(id, k % 2, -1, 0) || sem_do(id, k % 2, 1, 0))
				_exit(errno);
		}
		_exit(0);
	}
	for (k = 0; k < 20; k++) {
		list = child_fork();
		if (!list) {
			for (i = 0; i < 10; i++)
				if (SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0)) ||
				    SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)))
					_exit(errno);
			_exit(0);
		}
		ASSERT_EQ(0, child_wait(list))
			TH_LOG("list %d", k);
	}
	__atomic_store_n(stop, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < CHILDREN; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_TRUE(SEM_VALUES(id, 1, 1, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F_TIMEOUT(sem, token_goes_round_in_order_and_is_never_lost, 120)
{
	enum { RING = 8, ROUNDS = 100 };
	int id = sem_new(RING), *last = shared_alloc(sizeof(*last)), i, k;
	pid_t pids[RING];

	ASSERT_NE(NULL, last);
	ASSERT_LE(0, id);
	*last = RING - 1;
	for (i = 0; i < RING; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		for (k = 0; k < ROUNDS; k++) {
			/* taken and given on in two ways */
			if (sem_do(id, i, -1, 0))
				_exit(errno);
			if (__atomic_load_n(last, __ATOMIC_SEQ_CST) != (i + RING - 1) % RING)
				_exit(99);
			__atomic_store_n(last, i, __ATOMIC_SEQ_CST);
			if (k % 2 ? sem_do(id, (i + 1) % RING, 1, 0) :
			    SEM_DO(id, SEM_OP(i, 0, 0), SEM_OP((i + 1) % RING, 1, 0)))
				_exit(errno);
		}
		_exit(0);
	}
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	for (i = 0; i < RING; i++)
		EXPECT_EQ(0, child_wait(pids[i]))
			TH_LOG("%d of %d", i, RING);
	EXPECT_TRUE(SEM_VALUES(id, 1, 0, 0, 0, 0, 0, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/*
 * Single operations and lists, that wait for something else.
 */
TEST_F_TIMEOUT(sem, sleepers_of_other_semaphores_stay_asleep, 120)
{
	enum { SLEEPERS = 40 };
	int id = sem_new(SLEEPERS + 1), i;
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, id);
	for (i = 0; i < SLEEPERS; i++)
		pids[i] = i % 4 ? SEM_SLEEPER(id, SEM_OP(i, -1, 0)) :
			SEM_SLEEPER(id, SEM_OP(i, -1, 0), SEM_OP(SLEEPERS, 0, 0));
	for (i = 0; i < SLEEPERS; i += 5) {
		EXPECT_EQ(0, sem_do(id, i, 1, 0));
		EXPECT_EQ(0, sem_getval(id, i));
		EXPECT_EQ(pids[i], sem_getpid(id, i));
		EXPECT_EQ(0, child_wait(pids[i]));
	}
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(i % 5 ? 1 : 0, sem_getncnt(id, i));
		if (i % 5)
			EXPECT_TRUE(sem_is_asleep(pids[i]));
	}
	EXPECT_EQ(0, sem_rmid(id));
	for (i = 0; i < SLEEPERS; i++)
		if (i % 5)
			EXPECT_EQ(EIDRM, child_wait(pids[i]));
}

TEST_HARNESS_MAIN
