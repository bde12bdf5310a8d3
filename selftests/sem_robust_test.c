// SPDX-License-Identifier: GPL-2.0
/*
 * KIPC_SEM_ROBUST: the first who takes from a semaphore after a process has died that had
 * adjusted it gets EOWNERDEAD, with what he wanted.
 */
#include "sem_kipc_fixture.h"
#include "sem_steps.h"

#include <sys/mman.h>

static int robust_new(int nsems)
{
	return sem->get(IPC_PRIVATE, nsems, IPC_CREAT | 0600 | SEM_GET_ROBUST);
}

static bool is_dead(int id, int num)
{
	struct kipc_sem_value value;

	return !sem_value_on(sem_dev, id, num, &value) && value.dead == 1;
}

/* 0, or what errno was. */
static int error_of(int ret)
{
	return ret ? errno : 0;
}

/* A process takes a token of each of these semaphores, and dies. */
static int die_with(int id, unsigned int nums, enum ending how)
{
	struct sembuf ops[4];
	pid_t pid;
	int n = 0, i;

	for (i = 0; i < 4; i++)
		if (nums & 1U << i)
			ops[n++] = SEM_OP(i, -1, SEM_UNDO);
	pid = child_fork();
	if (!pid) {
		if (sem->op(id, ops, n))
			_exit(77);
		end_by(how);
	}
	return child_wait(pid) == status_of(how) ? 0 : -1;
}

/* Take a token in each way that there is. */
static int take(int id, int fd, int way)
{
	struct timespec later = { .tv_sec = 60 };
	struct sembuf one = SEM_OP(0, -1, 0);

	switch (way) {
	case 0:
		return sem->op(id, &one, 1);
	case 1:
		return sem->timedop(id, &one, 1, &later);
	case 2:
		return SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(0, -2, IPC_NOWAIT));
	case 3:
		return SEM_DO(id, SEM_OP(2, 0, 0), SEM_OP(1, 1, 0), SEM_OP(0, -1, 0));
	case 4:
		return sem_do_on(fd, 0, -1, 0);
	case 5:
		return sem_one_on(fd, KIPC_SEM_ONE(0, -1) | KIPC_SEM_ONE_NOWAIT);
	default:
		return sem_one_on(fd, KIPC_SEM_ONE(0, -1) | KIPC_SEM_ONE_UNDO);
	}
}

TEST_F(set, first_who_takes_after_a_death_is_told_and_has_it)
{
	int id = robust_new(3), fd, how, way;
	pid_t pid;

	ASSERT_LE(0, id);
	fd = sem_open_on(self->dev, id, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, sem_stat_of(fd, SELF).robust);
	EXPECT_EQ(0, sem_stat_of(self->dev, self->id).robust);
	for (way = 0; way < 7; way++) {
		how = way % ENDINGS;
		ASSERT_EQ(0, SET_VALUES(id, 1, 0, 0));
		EXPECT_FALSE(is_dead(id, 0));
		ASSERT_EQ(0, die_with(id, 1, how));
		EXPECT_TRUE(is_dead(id, 0));
		EXPECT_FALSE(is_dead(id, 1));
		EXPECT_EQ(1, sem_getval(id, 0));
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(EOWNERDEAD, error_of(take(id, fd, way)))
				TH_LOG("way %d", way);
			/* all of it is done */
			EXPECT_EQ(0, sem_getval(id, 0));
			EXPECT_EQ(way == 3, sem_getval(id, 1));
			EXPECT_EQ(getpid(), sem_getpid(id, 0));
			EXPECT_FALSE(is_dead(id, 0));
			/* once */
			EXPECT_EQ(0, sem_do(id, 0, 1, way == 6 ? SEM_UNDO : 0));
			EXPECT_EQ(0, take(id, fd, way));
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
	}
	EXPECT_EQ(0, sem_rmid(id));
	close(fd);
}

TEST_F(set, sets_that_are_not_robust_never_tell)
{
	int how;

	for (how = 0; how < ENDINGS; how++) {
		ASSERT_EQ(0, SET_VALUES(self->id, 1, 1, 1, 1));
		ASSERT_EQ(0, die_with(self->id, 0xf, how));
		EXPECT_FALSE(is_dead(self->id, 0));
		EXPECT_EQ(0, sem_do(self->id, 0, -1, 0));
		EXPECT_EQ(0, SEM_DO(self->id, SEM_OP(1, -1, 0), SEM_OP(3, -1, SEM_UNDO)));
	}
}

TEST_F(set, robust_is_what_the_set_was_made_as)
{
	int id = sem->get(0x4b49, 2, IPC_CREAT | 0600 | SEM_GET_ROBUST), fd;

	ASSERT_LE(0, id);
	/* who finds it need not ask for that, and nobody makes a plain one so */
	EXPECT_EQ(id, sem->get(0x4b49, 2, 0600));
	ASSERT_EQ(0, SET_VALUES(id, 1, 1));
	ASSERT_EQ(0, die_with(id, 2, BY_KILL));
	EXPECT_EQ(EOWNERDEAD, error_of(sem_do(id, 1, -1, 0)));
	EXPECT_EQ(0, sem_rmid(id));

	id = sem->get(0x4b49, 2, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	EXPECT_EQ(id, sem->get(0x4b49, 2, IPC_CREAT | 0600 | SEM_GET_ROBUST));
	EXPECT_EQ(0, sem_stat_of(self->dev, id).robust);
	EXPECT_EQ(0, sem_rmid(id));

	fd = sem_create_on(self->dev, 2, 0600, KIPC_SEM_ROBUST | KIPC_SEM_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, sem_stat_of(fd, SELF).robust);
	EXPECT_EQ(0, sem_do_on(fd, 0, 1, 0));
	pid_t pid = child_fork();

	if (!pid)
		_exit(sem_do_on(fd, 0, -1, SEM_UNDO) ? 1 : 0);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(EOWNERDEAD, error_of(sem_do_on(fd, 0, -1, 0)));
	EXPECT_EQ(0, error_of(sem_do_on(fd, 0, 1, 0)));
	close(fd);
}

TEST_F(set, sleeper_is_told_when_the_holder_dies)
{
	int id = robust_new(2);
	pid_t holder, first, second;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, SET_VALUES(id, 1, 1));
	holder = HOLDER(id, SEM_OP(0, -1, SEM_UNDO));
	ASSERT_LT(0, holder);
	first = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	ASSERT_LT(0, first);
	second = SEM_SLEEPER(id, SEM_OP(1, -1, 0), SEM_OP(0, -1, 0));
	ASSERT_LT(0, second);
	EXPECT_EQ(128 + SIGKILL, child_kill(holder));
	EXPECT_EQ(EOWNERDEAD, child_wait(first));
	EXPECT_TRUE(VALUES_ARE(id, 0, 1));
	EXPECT_FALSE(is_dead(id, 0));
	EXPECT_TRUE(sem_is_asleep(second));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(0, child_wait(second));

	/* the other one sleeps in a list, and is told by one that is woken, too */
	ASSERT_EQ(0, SET_VALUES(id, 1, 1));
	holder = HOLDER(id, SEM_OP(0, -1, SEM_UNDO));
	ASSERT_LT(0, holder);
	second = SEM_SLEEPER(id, SEM_OP(1, -1, 0), SEM_OP(0, -1, 0));
	ASSERT_LT(0, second);
	EXPECT_EQ(128 + SIGKILL, child_kill(holder));
	EXPECT_EQ(EOWNERDEAD, child_wait(second));
	EXPECT_TRUE(VALUES_ARE(id, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(set, only_who_takes_is_told)
{
	int id = robust_new(2);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, SET_VALUES(id, 1, 1));
	ASSERT_EQ(0, die_with(id, 1, BY_KILL));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(0, sem_do(id, 1, -1, 0));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(1, 0, 0), SEM_OP(0, 1, 0), SEM_OP(1, 1, 0)));
	/* nor who fails */
	EXPECT_EQ(EAGAIN, error_of(sem_do(id, 0, -4, IPC_NOWAIT)));
	EXPECT_EQ(EAGAIN, error_of(SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(1, -2, IPC_NOWAIT))));
	EXPECT_EQ(ERANGE, error_of(SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(1, 32767, 0))));
	EXPECT_TRUE(VALUES_ARE(id, 3, 1));
	EXPECT_TRUE(is_dead(id, 0));
	/* nor who waits for zero; nor who sleeps, before he has it */
	pid = SEM_SLEEPER(id, SEM_OP(0, -4, 0));
	ASSERT_LT(0, pid);
	EXPECT_TRUE(is_dead(id, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(EOWNERDEAD, child_wait(pid));
	EXPECT_FALSE(is_dead(id, 0));
	ASSERT_EQ(0, die_with(id, 2, BY_KILL));
	EXPECT_EQ(0, sem_do(id, 0, 0, 0));
	EXPECT_TRUE(is_dead(id, 1));
	EXPECT_EQ(EOWNERDEAD, error_of(sem_do(id, 1, -1, 0)));
	EXPECT_EQ(0, sem_do(id, 1, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(set, list_that_takes_from_two_is_told_once_for_both)
{
	int id = robust_new(3);

	ASSERT_LE(0, id);
	ASSERT_EQ(0, SET_VALUES(id, 2, 2, 2));
	ASSERT_EQ(0, die_with(id, 7, BY_KILL));
	EXPECT_EQ(EOWNERDEAD, error_of(SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(2, -1, 0))));
	EXPECT_FALSE(is_dead(id, 0));
	EXPECT_TRUE(is_dead(id, 1));
	EXPECT_FALSE(is_dead(id, 2));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(2, -1, 0)));
	EXPECT_EQ(EOWNERDEAD, error_of(sem_do(id, 1, -1, 0)));
	EXPECT_TRUE(VALUES_ARE(id, 0, 1, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(set, new_values_forget_the_dead)
{
	int id = robust_new(3);

	ASSERT_LE(0, id);
	ASSERT_EQ(0, SET_VALUES(id, 1, 1, 1));
	ASSERT_EQ(0, die_with(id, 7, BY_KILL));
	EXPECT_EQ(0, sem_setval(id, 1, 1));
	EXPECT_FALSE(is_dead(id, 1));
	EXPECT_EQ(0, sem_do(id, 1, -1, 0));
	EXPECT_TRUE(is_dead(id, 0));
	EXPECT_EQ(ERANGE, error_of(sem_setval(id, 0, -1)));
	EXPECT_TRUE(is_dead(id, 0));
	EXPECT_EQ(0, SET_VALUES(id, 1, 1, 1));
	EXPECT_FALSE(is_dead(id, 0));
	EXPECT_FALSE(is_dead(id, 2));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0), SEM_OP(2, -1, 0)));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(set, who_dies_without_an_adjustment_is_no_dead_holder)
{
	int id = robust_new(4);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, SET_VALUES(id, 2, 2, 2, 2));
	ASSERT_EQ(0, steps_begin());
	pid = child_fork();
	if (!pid) {
		/* given back; without SEM_UNDO; forgotten by SETVAL; of a thread that goes */
		EXPECT_EQ(0, sem_do(id, 0, -1, SEM_UNDO));
		EXPECT_EQ(0, sem_do(id, 0, 1, SEM_UNDO));
		EXPECT_EQ(0, sem_do(id, 1, -1, 0));
		EXPECT_EQ(0, sem_do(id, 2, -1, SEM_UNDO));
		EXPECT_EQ(0, in_a_thread(id, 3, -1, SEM_UNDO));
		reach(1);
		EXPECT_TRUE(is_reached(2));
		child_exit();
	}
	ASSERT_TRUE(is_reached(1));
	EXPECT_FALSE(is_dead(id, 3));
	EXPECT_EQ(0, sem_do(id, 3, -1, 0));
	EXPECT_EQ(0, sem_setval(id, 2, 2));
	reach(2);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_FALSE(is_dead(id, 0));
	EXPECT_FALSE(is_dead(id, 1));
	EXPECT_FALSE(is_dead(id, 2));
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0), SEM_OP(2, -1, 0)));
	EXPECT_EQ(EOWNERDEAD, error_of(sem_do(id, 3, -1, 0)));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(set, who_has_given_is_a_dead_holder_too)
{
	int id = robust_new(1);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, sem_setval(id, 0, 2));
	pid = HOLDER(id, SEM_OP(0, 2, SEM_UNDO));
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, sem_do(id, 0, -1, 0));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(1, sem_getval(id, 0));
	EXPECT_EQ(EOWNERDEAD, error_of(sem_do(id, 0, -1, 0)));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(set, who_was_told_may_die_as_well)
{
	int id = robust_new(1), i;
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, sem_setval(id, 0, 1));
	for (i = 0; i < 5; i++) {
		pid = child_fork();
		if (!pid)
			_exit(error_of(sem_do(id, 0, -1, SEM_UNDO)));
		EXPECT_EQ(i ? EOWNERDEAD : 0, child_wait(pid));
		EXPECT_EQ(1, sem_getval(id, 0));
		EXPECT_TRUE(is_dead(id, 0));
	}
	/* the last one gives it back, so nobody hears of him */
	EXPECT_EQ(EOWNERDEAD, error_of(sem_do(id, 0, -1, SEM_UNDO)));
	EXPECT_EQ(0, sem_do(id, 0, 1, SEM_UNDO));
	EXPECT_EQ(0, sem_do(id, 0, -1, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- what it is for: work on shared memory that nobody finds half done */

struct ledger {
	/* equal, but while somebody works; and who that is */
	long long a;
	long long b;
	pid_t working;
	long long told;
	long long half_done;
	long long rounds;
	int bad;
};

static void keep_books(int id, struct ledger *ledger, unsigned int seed)
{
	bool told;

	for (;;) {
		told = sem_do(id, 0, -1, SEM_UNDO);
		if (told && errno != EOWNERDEAD)
			ADD(&ledger->bad, 1);
		/* who has left it half done has died, and that was said */
		if (LOAD(&ledger->working) && !told)
			ADD(&ledger->bad, 1);
		if (!told && LOAD(&ledger->a) != LOAD(&ledger->b))
			ADD(&ledger->bad, 1);
		if (told) {
			ADD(&ledger->told, 1);
			if (ledger->a != ledger->b)
				ADD(&ledger->half_done, 1);
			STORE(&ledger->b, ledger->a);
		}
		STORE(&ledger->working, getpid());
		ADD(&ledger->a, 1);
		if (rand_r(&seed) % 8 == 0)
			sched_yield();
		if (LOAD(&ledger->working) != getpid())
			ADD(&ledger->bad, 1);
		ADD(&ledger->b, 1);
		STORE(&ledger->working, 0);
		ADD(&ledger->rounds, 1);
		if (sem_do(id, 0, 1, SEM_UNDO))
			ADD(&ledger->bad, 1);
	}
}

static pid_t keeper(int id, struct ledger *ledger, unsigned int seed)
{
	pid_t pid = child_fork();

	if (!pid)
		keep_books(id, ledger, seed);
	return pid;
}

TEST_F_TIMEOUT(set, survivors_of_random_kills_know_what_is_half_done, 120)
{
	enum { KEEPERS = 4 };
	struct ledger *ledger = shared_alloc(sizeof(*ledger));
	int id = robust_new(1), i, kills;
	long long end = now_ms() + 5000;
	pid_t pids[KEEPERS];

	ASSERT_NE(NULL, ledger);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, sem_setval(id, 0, 1));
	for (i = 0; i < KEEPERS; i++)
		pids[i] = keeper(id, ledger, i);
	for (kills = 0; kills < 50 || now_ms() < end; kills++) {
		/* one who holds it, as far as one can hit him */
		for (i = 0; i < KEEPERS - 1 && pids[i] != LOAD(&ledger->working); i++)
			;
		ASSERT_EQ(128 + SIGKILL, child_kill(pids[i]));
		pids[i] = keeper(id, ledger, 100 + kills);
		ASSERT_EQ(0, LOAD(&ledger->bad));
	}
	for (i = 0; i < KEEPERS; i++)
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
	printf("# %lld rounds, %d kills, told %lld times, half done %lld times\n", ledger->rounds,
	       kills, ledger->told, ledger->half_done);
	fflush(stdout);
	EXPECT_EQ(0, ledger->bad);
	EXPECT_LT(0, ledger->told);
	EXPECT_GE(kills, ledger->told);
	EXPECT_EQ(1, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_HARNESS_MAIN
