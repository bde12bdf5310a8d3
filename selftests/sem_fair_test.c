// SPDX-License-Identifier: GPL-2.0
/*
 * Who goes on when several sleep. A list that can be done is done, whoever sleeps; those
 * who sleep are served in the order in which they began to, and one that cannot go on yet
 * does not hold up those behind it.
 */
#include "sem_fixture.h"

#include <pthread.h>

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

/* --- against a model: who goes on, and in which order, decides what is left */

enum { MODEL_SEMS = 3, MODEL_OPS = 3, MODEL_SLEEPERS = 7 };

struct model {
	int values[MODEL_SEMS];
	struct {
		struct sembuf ops[MODEL_OPS];
		int n;
		bool gone;
	} sleepers[MODEL_SLEEPERS];
};

/* Whether a list can be done: then @values is what it makes of them. */
static bool model_can(const struct model *model, int who, int *values)
{
	int i;

	memcpy(values, model->values, sizeof(model->values));
	for (i = 0; i < model->sleepers[who].n; i++) {
		const struct sembuf *op = &model->sleepers[who].ops[i];

		values[op->sem_num] += op->sem_op;
		if (op->sem_op ? values[op->sem_num] < 0 : values[op->sem_num])
			return false;
	}
	return true;
}

static bool model_alters(const struct model *model, int who)
{
	int i;

	for (i = 0; i < model->sleepers[who].n; i++)
		if (model->sleepers[who].ops[i].sem_op)
			return true;
	return false;
}

/*
 * The one who goes next: who alters nothing, or who came first; -1 if nobody can. @values
 * is what is left then.
 */
static int model_next(const struct model *model, int *values)
{
	int alters, who;

	for (alters = 0; alters < 2; alters++)
		for (who = 0; who < MODEL_SLEEPERS; who++)
			if (!model->sleepers[who].gone && model_alters(model, who) == alters &&
			    model_can(model, who, values))
				return who;
	return -1;
}

/* All who can go: a bit for each. */
static unsigned int model_settle(struct model *model)
{
	int values[MODEL_SEMS], who;
	unsigned int gone = 0;

	while ((who = model_next(model, values)) >= 0) {
		memcpy(model->values, values, sizeof(values));
		model->sleepers[who].gone = true;
		gone |= 1U << who;
	}
	return gone;
}

/* A list that has to sleep for what there is. */
static void model_sleeper(struct model *model, int who, unsigned int *seed)
{
	int values[MODEL_SEMS], i;

	do {
		/* many of one operation: those are another case than lists */
		model->sleepers[who].n = rand_r(seed) % 2 ? 1 : 1 + rand_r(seed) % MODEL_OPS;
		for (i = 0; i < model->sleepers[who].n; i++)
			model->sleepers[who].ops[i] = SEM_OP(rand_r(seed) % MODEL_SEMS,
							     (int)(rand_r(seed) % 5) - 3, 0);
	} while (model_can(model, who, values));
}

static unsigned int model_asleep(const struct model *model)
{
	unsigned int asleep = 0;
	int who;

	for (who = 0; who < MODEL_SLEEPERS; who++)
		asleep |= (unsigned int)!model->sleepers[who].gone << who;
	return asleep;
}

/* Whether those who should be are asleep, and the others come to their end. */
static bool model_is(const struct model *model, const pid_t *pids, unsigned int gone)
{
	int who;

	for (who = 0; who < MODEL_SLEEPERS; who++) {
		if (gone & 1U << who && child_wait(pids[who]))
			return false;
		if (!model->sleepers[who].gone && !sem_is_asleep(pids[who]))
			return false;
	}
	return true;
}

TEST_F_TIMEOUT(sem, random_sleepers_go_on_in_the_order_of_the_model, 120)
{
	unsigned short values[MODEL_SEMS];
	unsigned int seed = 29, gone;
	int round, step, id, i;

	for (round = 0; round < 40; round++) {
		pid_t pids[MODEL_SLEEPERS];
		struct model model = { 0 };

		id = sem_new(MODEL_SEMS);
		ASSERT_LE(0, id);
		for (i = 0; i < MODEL_SLEEPERS; i++) {
			model_sleeper(&model, i, &seed);
			pids[i] = sem_sleeper(id, model.sleepers[i].ops, model.sleepers[i].n);
			ASSERT_LT(0, pids[i]);
		}
		for (step = 0; step < 4; step++) {
			/* all of them, or one */
			for (i = 0; i < MODEL_SEMS; i++) {
				if (step % 2 == 0 || i == step % MODEL_SEMS)
					model.values[i] = rand_r(&seed) % 5;
				values[i] = model.values[i];
			}
			i = step % MODEL_SEMS;
			ASSERT_EQ(0, step % 2 ? sem_setval(id, i, values[i]) :
						sem_setall(id, values, MODEL_SEMS));
			gone = model_settle(&model);
			ASSERT_TRUE(SEM_VALUES(id, model.values[0], model.values[1],
					       model.values[2]))
				TH_LOG("round %d, step %d", round, step);
			ASSERT_TRUE(model_is(&model, pids, gone))
				TH_LOG("round %d, step %d: %x should be gone, %x asleep", round,
				       step, gone, model_asleep(&model));
		}
		EXPECT_EQ(0, sem_rmid(id));
		for (i = 0; i < MODEL_SLEEPERS; i++)
			if (!model.sleepers[i].gone)
				EXPECT_EQ(EIDRM, child_wait(pids[i]));
	}
}

/* --- many at once */

struct herd {
	int id;
	int done;
	int failed;
};

static void *herd_member(void *data)
{
	struct herd *herd = data;
	int ret = sem_do(herd->id, 0, -1, 0);

	__atomic_add_fetch(ret ? &herd->failed : &herd->done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* On the debug kernel it takes long to make so many threads. */
TEST_F_TIMEOUT(sem, one_new_value_lets_a_herd_go_on, 360)
{
	enum { HERD = 500, ROUNDS = 3 };
	struct herd herd = { .id = sem_new(2) };
	static pthread_t threads[HERD];
	pthread_attr_t attr;
	pid_t pids[2];
	int round, i;

	ASSERT_LE(0, herd.id);
	ASSERT_EQ(0, pthread_attr_init(&attr));
	ASSERT_EQ(0, pthread_attr_setstacksize(&attr, 256 << 10));
	for (round = 0; round < ROUNDS; round++) {
		/* alone; behind a list; behind one that cannot go on */
		pids[0] = round ? SEM_SLEEPER(herd.id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0)) : 0;
		pids[1] = round > 1 ? SEM_SLEEPER(herd.id, SEM_OP(0, -10000, 0)) : 0;
		for (i = 0; i < HERD; i++)
			ASSERT_EQ(0, pthread_create(&threads[i], &attr, herd_member, &herd));
		ASSERT_TRUE(EVENTUALLY(sem_getncnt(herd.id, 0) == HERD + round));
		ASSERT_EQ(0, sem_setval(herd.id, 0, HERD));
		for (i = 0; i < HERD; i++)
			ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(0, herd.failed);
		EXPECT_EQ(HERD * (round + 1), herd.done);
		EXPECT_EQ(0, sem_getval(herd.id, 0));
		/* the list may count where it was stopped while there was enough */
		EXPECT_EQ(round, sem_getncnt(herd.id, 0) + sem_getncnt(herd.id, 1));
		for (i = 0; i < 2; i++)
			if (pids[i])
				EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
	}
	pthread_attr_destroy(&attr);
	EXPECT_EQ(0, sem_rmid(herd.id));
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
