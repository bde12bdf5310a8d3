// SPDX-License-Identifier: GPL-2.0
/*
 * Classes 2, 4 and 15: processes on all CPUs that take, move and give back tokens, wait for
 * zero, come and go with sets of their own, list what there is, and are killed at random.
 * No token may be lost or made, nobody may sleep for ever, nothing may be left.
 *
 * Environment: KIPC_STRESS_SECONDS, how long it lasts (default: 5, for each kind).
 */
#include "sem_fixture.h"
#include "sem_steps.h"

#include <sys/sysinfo.h>

#define WORKERS_MAX	12

/*
 * The semaphores of the set that stays: two with tokens that are taken and come back, two
 * between which tokens wander, one that is 0 when nobody works.
 */
enum { TAKE, TAKE_TOO, WANDER, WANDER_TOO, WORKING, SEMS };
enum { TAKEN_MAX = 3, WANDERING = 8 };

struct shared {
	int id;
	/* one that is removed and made again all the time */
	int unsteady;
	int stop;
	int bad;
	long long slept;
	long long moved;
	long long lists;
	long long removed;
	/* what each worker has begun */
	long long rounds[WORKERS_MAX];
	char what[120];
};

static struct shared *sh;

static void complain(const char *what, long detail)
{
	int error = errno;

	if (ADD(&sh->bad, 1) == 1)
		snprintf(sh->what, sizeof(sh->what), "%s (%ld, errno %d)", what, detail, error);
}

/* Take tokens, for as long as it takes, and give them back. */
static void take(unsigned int seed)
{
	struct sembuf ops[2] = {
		SEM_OP(TAKE, -1 - (int)(seed / 4 % TAKEN_MAX), SEM_UNDO),
		SEM_OP(TAKE_TOO, -1 - (int)(seed / 16 % TAKEN_MAX), SEM_UNDO),
	};
	int n = 1 + seed % 2, i;

	if (seed / 2 % 2) {
		struct sembuf first = ops[0];

		ops[0] = ops[1];
		ops[1] = first;
	}
	if (sem->op(sh->id, ops, n)) {
		complain("take", n);
		return;
	}
	ADD(&sh->slept, 1);
	for (i = 0; i < n; i++)
		ops[i].sem_op = -ops[i].sem_op;
	if (sem->op(sh->id, ops, n))
		complain("give back", n);
}

/* One list, no moment between. */
static void wander(unsigned int seed)
{
	struct timespec soon = { .tv_nsec = seed % 200000 };
	struct sembuf ops[2] = {
		SEM_OP(seed % 2 ? WANDER : WANDER_TOO, -1 - (int)(seed / 2 % 3), 0),
		SEM_OP(seed % 2 ? WANDER_TOO : WANDER, 1 + seed / 2 % 3, 0),
	};

	if (!sem->timedop(sh->id, ops, 2, &soon))
		ADD(&sh->moved, 1);
	else if (errno != EAGAIN)
		complain("move", 0);
}

static void work_and_wait(unsigned int seed)
{
	struct timespec soon = { .tv_nsec = seed % 200000 };
	struct sembuf zero = SEM_OP(WORKING, 0, 0);

	if (seed % 4) {
		if (sem_do(sh->id, WORKING, 1, SEM_UNDO) || sem_do(sh->id, WORKING, -1, SEM_UNDO))
			complain("work", 0);
	} else if (sem->timedop(sh->id, &zero, 1, &soon) && errno != EAGAIN) {
		complain("wait for zero", 0);
	}
}

/* At no moment there is more than there was in the beginning, nor less of what wanders. */
static void look(void)
{
	unsigned short values[SEMS];
	struct semid_ds ds;

	memset(values, POISON, sizeof(values));
	if (sem_getall(sh->id, values, SEMS))
		complain("GETALL", 0);
	else if (values[TAKE] > TAKEN_MAX || values[TAKE_TOO] > TAKEN_MAX)
		complain("more tokens than there are", values[TAKE]);
	else if (values[WANDER] + values[WANDER_TOO] != WANDERING)
		complain("tokens that wander", values[WANDER] + values[WANDER_TOO]);
	else if (values[WORKING] > WORKERS_MAX)
		complain("more work than workers", values[WORKING]);
	memset(&ds, POISON, sizeof(ds));
	if (sem_stat(sh->id, &ds) || ds.sem_nsems != SEMS)
		complain("IPC_STAT", ds.sem_nsems);
	if (sem_getncnt(sh->id, TAKE) > WORKERS_MAX || sem_getzcnt(sh->id, WORKING) > WORKERS_MAX)
		complain("more sleepers than workers", 0);
}

/* Lines of the table have a key, an id, a mode and a number that belong together. */
static void list(void)
{
	struct seminfo info;
	unsigned int mode;
	unsigned long n;
	char line[512];
	int key, id;
	FILE *f = fopen(sem->table, "re");

	ADD(&sh->lists, 1);
	if (!f || !fgets(line, sizeof(line), f) || !strstr(line, "semid"))
		complain("the table's heading", 0);
	else
		while (fgets(line, sizeof(line), f))
			if (sscanf(line, "%d %d %o %lu", &key, &id, &mode, &n) != 4 || key ||
			    mode != 0600 || !n || n > SEMS)
				complain(line, 0);
	if (f)
		fclose(f);
	if (sem_info(SEM_INFO, &info) < 0 || info.semusz < 1)
		complain("SEM_INFO", info.semusz);
}

/* Sleep on a set that may go meanwhile, or take it away and make a new one. */
static void be_unsteady(unsigned int seed)
{
	struct timespec soon = { .tv_nsec = seed % 300000 };
	struct sembuf ops[2] = {
		SEM_OP(0, -1, SEM_UNDO), SEM_OP(1, seed / 8 % 2 ? 0 : 1, SEM_UNDO),
	};
	int id = LOAD(&sh->unsteady), ret;

	switch (seed % 8) {
	case 0:
		if (sem_rmid(id)) {
			if (errno != EINVAL && errno != EIDRM)
				complain("removal", id);
			return;
		}
		ADD(&sh->removed, 1);
		id = sem_new(3);
		if (id < 0)
			complain("a new set", 0);
		STORE(&sh->unsteady, id);
		return;
	case 1 ... 3:
		ret = sem->op(id, &SEM_OP(0, 1, 0), 1);
		break;
	default:
		ret = sem->timedop(id, ops, 2, &soon);
	}
	/* the kernel says EINTR to whom the end of the time and the removal meet */
	if (ret && errno != EAGAIN && errno != EIDRM && errno != EINVAL &&
	    (errno != EINTR || sem != &sem_native))
		complain("operation on a set that goes", id);
}

/* A life that nobody else takes part in. */
static void live_alone(unsigned int seed)
{
	int id = sem_new(2);

	if (id < 0) {
		complain("a set of one's own", 0);
		return;
	}
	if (SEM_DO(id, SEM_OP(0, 3, SEM_UNDO), SEM_OP(1, 1, 0)) || !VALUES_ARE(id, 3, 1) ||
	    sem_getpid(id, 0) != getpid())
		complain("operation on a set of one's own", id);
	/* one that is killed here leaves it behind */
	if (sem_rmid(id))
		complain("removal of a set of one's own", id);
	if (!sem_do(id, 0, seed % 2, 0) || (errno != EINVAL && errno != EIDRM))
		complain("operation on a set that is gone", id);
	sem_fds_close();
}

static void worker(int number, unsigned int seed)
{
	while (!LOAD(&sh->stop)) {
		ADD(&sh->rounds[number], 1);
		switch (rand_r(&seed) % 16) {
		case 0 ... 4:
			take(rand_r(&seed));
			break;
		case 5 ... 8:
			wander(rand_r(&seed));
			break;
		case 9 ... 10:
			work_and_wait(rand_r(&seed));
			break;
		case 11 ... 12:
			be_unsteady(rand_r(&seed));
			break;
		case 13:
			look();
			break;
		case 14:
			list();
			break;
		case 15:
			live_alone(rand_r(&seed));
			break;
		}
	}
	_exit(0);
}

static pid_t worker_start(int number, unsigned int seed)
{
	pid_t pid = child_fork();

	if (!pid)
		worker(number, seed);
	return pid;
}

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

TEST_F_TIMEOUT(sem, storm_with_random_kills_loses_no_token_and_no_wakeup, 3600)
{
	const char *env = getenv("KIPC_STRESS_SECONDS");
	long long end = now_ms() + 1000LL * (env ? atoi(env) : 5), sum = 0;
	int workers = 3 * get_nprocs(), i, kills = 0;
	pid_t pids[WORKERS_MAX];
	unsigned int seed = 42;

	workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
	sh = shared_alloc(sizeof(*sh));
	ASSERT_NE(NULL, sh);
	sh->id = SET_OF(TAKEN_MAX, TAKEN_MAX, WANDERING, 0, 0);
	ASSERT_LE(0, sh->id);
	sh->unsteady = sem_new(3);
	ASSERT_LE(0, sh->unsteady);
	for (i = 0; i < workers; i++)
		pids[i] = worker_start(i, i);
	while (!LOAD(&sh->bad) &&
	       not_yet(end, LOAD(&sh->slept) && LOAD(&sh->moved) && LOAD(&sh->removed) && kills)) {
		for (i = 0; i < 50; i++)
			nap();
		i = rand_r(&seed) % workers;
		ASSERT_EQ(128 + SIGKILL, child_kill(pids[i]));
		kills++;
		pids[i] = worker_start(i, 1000 + kills);
	}
	/* who is asleep now wakes when the others have given back what they have */
	STORE(&sh->stop, 1);
	for (i = 0; i < workers; i++) {
		EXPECT_EQ(0, child_wait(pids[i]))
			TH_LOG("worker %d sleeps on: %d and %d tokens, %d and %d sleepers", i,
			       sem_getval(sh->id, TAKE), sem_getval(sh->id, TAKE_TOO),
			       sem_getncnt(sh->id, TAKE), sem_getncnt(sh->id, TAKE_TOO));
		sum += sh->rounds[i];
	}
	EXPECT_EQ(0, sh->bad)
		TH_LOG("%s", sh->what);
	printf("# %lld rounds, %lld taken, %lld moved, %lld listed, %lld removed, %d kills\n",
	       sum, sh->slept, sh->moved, sh->lists, sh->removed, kills);
	fflush(stdout);
	look();
	EXPECT_EQ(0, sh->bad);
	EXPECT_EQ(TAKEN_MAX, sem_getval(sh->id, TAKE));
	EXPECT_EQ(TAKEN_MAX, sem_getval(sh->id, TAKE_TOO));
	EXPECT_EQ(0, sem_getval(sh->id, WORKING));
	for (i = 0; i < SEMS; i++) {
		EXPECT_EQ(0, sem_getncnt(sh->id, i));
		EXPECT_EQ(0, sem_getzcnt(sh->id, i));
	}
	EXPECT_LT(0, sh->slept);
	EXPECT_LT(0, sh->moved);
	EXPECT_LT(0, sh->removed);
	EXPECT_LT(0, kills);
	remove_all();
	EXPECT_EQ(0, sem_used());
}

TEST_HARNESS_MAIN
