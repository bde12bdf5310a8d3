// SPDX-License-Identifier: GPL-2.0
/*
 * Class 11: in a control group processes make sets, adjustments and watch lists until they
 * can no more. They harm nobody else, and all that they took comes back.
 *
 * The pieces are so large that a debug kernel gives them back at once, too.
 */
#define SEM_BY_ID_ALONE
#include "sem_fixture.h"
#include "sem_kipc_fixture.h"
#include "oom.h"
#include "sem_steps.h"

#define LIMIT		(64LL << 20)
#define ADVANCE		(512LL << 10)

static void remove_all(void)
{
	struct seminfo info;
	struct semid_ds ds;
	int max = sem_info(SEM_INFO, &info), index, id;

	for (index = 0; index <= max; index++) {
		id = sem_stat_index(index, &ds);
		if (id >= 0)
			sem_rmid(id);
	}
}

static int make_sets(void *nsems)
{
	while (sem_new(*(int *)nsems) >= 0)
		;
	return errno;
}

static void exhaust(struct __test_metadata *_metadata, int nsems)
{
	struct hog hog;

	hog_run(_metadata, &hog, LIMIT, make_sets, &nsems);
	printf("# %d sets of %d semaphores\n", sem_used(), nsems);
	hog_was_limited(_metadata, &hog, sem_used());
	remove_all();
	EXPECT_EQ(0, sem_used());
	hog_is_gone(_metadata, &hog, NULL);
}

TEST_F_TIMEOUT(sem, small_sets_end_at_the_limit_of_the_group, 120)
{
	exhaust(_metadata, 250);
}

TEST_F_TIMEOUT(sem, large_sets_end_at_the_limit_of_the_group, 120)
{
	exhaust(_metadata, 32000);
}

/* --- adjustments */

/* Made by who is in no group, for others to adjust: an adjustment takes two bytes each. */
enum { SETS = 20, SEMS = 32000 };

static int sets_make(int *ids)
{
	int i;

	for (i = 0; i < SETS; i++) {
		ids[i] = sem_new(SEMS);
		if (ids[i] < 0)
			return -1;
	}
	return 0;
}

/* Adjust all sets: what errno was, or 0. */
static int adjust_all(const int *ids)
{
	int i;

	for (i = 0; i < SETS; i++)
		if (sem_do(ids[i], i, 1, SEM_UNDO))
			return errno;
	return 0;
}

TEST_F_TIMEOUT(sem, adjustments_are_charged_to_who_makes_them, 120)
{
	long long *charged = shared_alloc(2 * sizeof(*charged));
	int ids[SETS], i;
	pid_t pid;

	ASSERT_NE(NULL, charged);
	ASSERT_EQ(0, sets_make(ids));
	ASSERT_EQ(0, memcg_make("64M"));
	pid = child_fork();
	if (!pid) {
		if (memcg_enter() || sem_do(ids[0], 0, 1, 0))
			_exit(98);
		charged[0] = memcg_read("memory.current", NULL);
		if (adjust_all(ids))
			_exit(1);
		charged[1] = memcg_read("memory.current", NULL);
		_exit(0);
	}
	EXPECT_EQ(0, child_wait(pid));
	printf("# %lld bytes for %d adjustments\n", charged[1] - charged[0], SETS);
	fflush(stdout);
	/* each CPU has some pages in advance */
	EXPECT_LE(SETS * SEMS * 2LL - ADVANCE, charged[1] - charged[0]);
	EXPECT_TRUE(EVENTUALLY(memcg_read("memory.current", NULL) < charged[0] + ADVANCE));
	EXPECT_EQ(0, memcg_remove());
	for (i = 0; i < SETS; i++)
		EXPECT_EQ(0, sem_rmid(ids[i]));
}

/* One more process in the group, which adjusts all and stays; *@said becomes its result. */
static pid_t adjuster(const int *ids, int *said)
{
	pid_t pid;

	STORE(said, -1);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (memcg_enter())
			_exit(98);
		STORE(said, adjust_all(ids));
		for (;;)
			pause();
	}
	return pid;
}

TEST_F_TIMEOUT(sem, adjustments_end_at_the_limit_of_the_group, 120)
{
	enum { MOST = 400 };
	long long before, peak, limit = LIMIT / 2;
	int *said = shared_alloc(sizeof(*said)), ids[SETS], n, dead = 0, reports, i;
	static pid_t pids[MOST];

	ASSERT_NE(NULL, said);
	ASSERT_EQ(0, sets_make(ids));
	before = memory_available();
	ASSERT_EQ(0, memcg_make("32M"));
	memcg_write("memory.swap.max", "0");
	for (n = 0; n < MOST && !dead; n++) {
		pids[n] = adjuster(ids, said);
		ASSERT_LT(0, pids[n]);
		ASSERT_TRUE(EVENTUALLY(LOAD(said) != -1 ||
				       (dead = waitpid(-1, NULL, WNOHANG) > 0)));
		if (LOAD(said) > 0)
			break;
	}
	peak = memcg_read("memory.current", NULL);
	printf("# adjustments of %d processes, %lld bytes charged, the last one's errno is %d\n",
	       n, peak, dead ? 0 : *said);
	fflush(stdout);
	EXPECT_LT(5, n);
	EXPECT_GT(MOST, n);
	EXPECT_TRUE(dead || *said == ENOMEM);
	EXPECT_GE(limit, peak);
	EXPECT_GT(memory_bound(limit, n * SETS), before - memory_available());
	for (i = 0; i <= n && i < MOST; i++)
		if (pids[i])
			kill(pids[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	/* all is taken back, whoever was killed by whom */
	for (i = 0; i < SETS; i++) {
		EXPECT_EQ(0, sem_getval(ids[i], i));
		EXPECT_EQ(0, sem_rmid(ids[i]));
	}
	EXPECT_TRUE(EVENTUALLY(memcg_read("memory.current", NULL) < limit / 4));
	reports = memcg_read("memory.events", "oom_kill");
	EXPECT_EQ(0, memcg_remove());
	EXPECT_LE(dead, reports);
	EXPECT_EQ(reports, oom_reports_clear());
}

/* --- watch lists */

TEST_F_TIMEOUT(set, watch_lists_are_charged_to_who_makes_them, 60)
{
	enum { FILES = 100, OPS = 500 };
	long long *charged = shared_alloc(2 * sizeof(*charged));
	int id = sem_new(250);
	pid_t pid;

	ASSERT_NE(NULL, charged);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, memcg_make("64M"));
	pid = child_fork();
	if (!pid) {
		struct sembuf ops[OPS];
		int fds[FILES], i;

		for (i = 0; i < OPS; i++)
			ops[i] = SEM_OP(i % 250, 0, 0);
		if (memcg_enter())
			_exit(98);
		for (i = 0; i < FILES; i++)
			fds[i] = sem_open_on(self->dev, id, 0);
		charged[0] = memcg_read("memory.current", NULL);
		for (i = 0; i < FILES; i++)
			if (sem_watch_on(fds[i], ops, OPS))
				_exit(1);
		charged[1] = memcg_read("memory.current", NULL);
		_exit(0);
	}
	EXPECT_EQ(0, child_wait(pid));
	printf("# %lld bytes for %d lists of %d\n", charged[1] - charged[0], FILES, OPS);
	fflush(stdout);
	/* for each operation something to be found by, too */
	EXPECT_LE(FILES * OPS * 16LL - ADVANCE, charged[1] - charged[0]);
	EXPECT_TRUE(EVENTUALLY(memcg_read("memory.current", NULL) < charged[0] + ADVANCE));
	EXPECT_EQ(0, memcg_remove());
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_HARNESS_MAIN
