// SPDX-License-Identifier: GPL-2.0
/*
 * Class 4: trees of processes that adjust semaphores, fork, make threads, run this program
 * again and end in every way, at random. Each notes what it does for good, so that what the
 * values are when the last one has ended is known exactly.
 */
#include "sem_fixture.h"
#include "sem_steps.h"

#include <sched.h>

enum { SETS = 3, SEMS = 6, FIRST = 15000 };

/* The descriptors that a program finds after an exec. */
enum { STORM_FD = 200, DEV_FD, SET_FD };

/* In memory that all share, at STORM_FD. */
struct storm {
	int implementation;
	int ids[SETS];
	int bad;
	int error;
	int processes;
	int threads;
	int execs;
	int lists;
	/* what is done for good */
	int sum[SETS][SEMS];
};

static const struct sem_ops *const implementations[] = {
	&sem_native, &sem_kipc, &sem_kipc_fd,
};

static struct storm *storm;

/* Some operations on one set; a thread that another one may end makes all of them undone. */
static void operate(unsigned int *seed, bool for_good)
{
	int set = rand_r(seed) % SETS, n = 1 + rand_r(seed) % 4, i;
	struct sembuf ops[4];

	for (i = 0; i < n; i++)
		ops[i] = SEM_OP(rand_r(seed) % SEMS, (int)(rand_r(seed) % 7) - 3,
				for_good && rand_r(seed) % 2 ? 0 : SEM_UNDO);
	/* far from where an adjustment would stop, and from where one would wait */
	for (i = 0; i < n; i++)
		if (!ops[i].sem_op)
			ops[i].sem_op = 1;
	if (sem->op(storm->ids[set], ops, n)) {
		STORE(&storm->error, errno);
		ADD(&storm->bad, 1);
		return;
	}
	ADD(&storm->lists, 1);
	for (i = 0; i < n; i++)
		if (!(ops[i].sem_flg & SEM_UNDO))
			ADD(&storm->sum[set][ops[i].sem_num], ops[i].sem_op);
}

static void *operate_in_thread(void *data)
{
	unsigned int seed = (unsigned long)data;
	int n = rand_r(&seed) % 20;

	ADD(&storm->threads, 1);
	while (n--)
		operate(&seed, false);
	/* some end, some are there until the process ends */
	while (rand_r(&seed) % 2)
		pause();
	return NULL;
}

struct again {
	unsigned int seed;
	int depth;
};

static void *exec_again(void *data)
{
	struct again *again = data;
	char seed[16], depth[16];

	snprintf(seed, sizeof(seed), "%u", again->seed);
	snprintf(depth, sizeof(depth), "%d", again->depth);
	execl("/proc/self/exe", "sem_storm_test", "--storm", seed, depth, NULL);
	_exit(79);
}

static void become_program_again(unsigned int seed, int depth)
{
	struct again again = { seed, depth };
	pthread_t thread;

	if (seed % 2)
		exec_again(&again);
	if (pthread_create(&thread, NULL, exec_again, &again))
		_exit(78);
	for (;;)
		pause();
}

/* A process from its birth, or from the last exec, to its end. */
static void live(unsigned int seed, int depth)
{
	int steps = 3 + rand_r(&seed) % 8;
	bool alone = true;
	pthread_t thread;
	pid_t pid;

	while (steps--) {
		switch (rand_r(&seed) % 10) {
		case 0 ... 5:
			operate(&seed, true);
			break;
		case 6 ... 7:
			pid = depth > 0 ? fork() : -1;
			if (!pid) {
				/* the child begins anew */
				ADD(&storm->processes, 1);
				depth--;
				steps = 3 + rand_r(&seed) % 8;
				alone = true;
				seed += 1000003;
			}
			if (pid > 0 && rand_r(&seed) % 3 == 0)
				waitpid(pid, NULL, 0);
			break;
		case 8:
			alone = false;
			if (pthread_create(&thread, NULL, operate_in_thread,
					   (void *)(unsigned long)rand_r(&seed)))
				ADD(&storm->bad, 1);
			break;
		default:
			if (depth > 0 && rand_r(&seed) % 2) {
				ADD(&storm->execs, 1);
				become_program_again(rand_r(&seed), depth - 1);
			}
		}
	}
	end_by(alone ? rand_r(&seed) % ENDINGS : seed % 2 ? BY_EXIT : BY_KILL);
}

/* This program again. */
__attribute__((constructor)) static void after_exec(int argc, char **argv)
{
	int i;

	if (argc != 4 || strcmp(argv[1], "--storm"))
		return;
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE, MAP_SHARED, STORM_FD, 0);
	if (storm == MAP_FAILED)
		_exit(77);
	sem = implementations[storm->implementation];
	sem_dev = DEV_FD;
	for (i = 0; i < SETS && sem == &sem_kipc_fd; i++)
		sem_fds[i] = (struct sem_fd) { storm->ids[i], SET_FD + i };
	sem_fds_used = i;
	live(strtoul(argv[2], NULL, 10), atoi(argv[3]));
}

/* Make what the processes need, and all descriptors of it such that an exec keeps them. */
static int storm_prepare(void)
{
	int fd = memfd_create("storm", 0), i;

	if (fd < 0 || ftruncate(fd, sizeof(*storm)) || dup2(fd, STORM_FD) < 0)
		return -1;
	close(fd);
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE, MAP_SHARED, STORM_FD, 0);
	if (storm == MAP_FAILED)
		return -1;
	while (implementations[storm->implementation] != sem)
		storm->implementation++;
	for (i = 0; i < SETS; i++) {
		storm->ids[i] = sem_new(SEMS);
		if (storm->ids[i] < 0)
			return -1;
	}
	if (sem_dev >= 0 && dup2(sem_dev, DEV_FD) < 0)
		return -1;
	for (i = 0; i < sem_fds_used; i++)
		if (dup2(sem_fds[i].fd, SET_FD + i) < 0)
			return -1;
	return 0;
}

static int values_set_all(void)
{
	unsigned short values[SEMS];
	int i, ret = 0;

	for (i = 0; i < SEMS; i++)
		values[i] = FIRST;
	for (i = 0; i < SETS; i++)
		ret |= sem_setall(storm->ids[i], values, SEMS);
	memset(storm->sum, 0, sizeof(storm->sum));
	return ret;
}

TEST_F_TIMEOUT(sem, storm_of_forks_threads_execs_and_exits_adds_up, 120)
{
	unsigned short want[SEMS];
	int round, i, k;
	long long end;

	ASSERT_EQ(0, storm_prepare());
	/* the orphans are ours */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	end = now_ms() + 10000;
	for (round = 0; round < 5 || (now_ms() < end && round < 200); round++) {
		ASSERT_EQ(0, values_set_all());
		for (i = 0; i < 3; i++) {
			if (fork())
				continue;
			ADD(&storm->processes, 1);
			live(round * 3 + i, 3);
		}
		/* the last one has ended when there is nobody to wait for */
		while (waitpid(-1, NULL, 0) > 0)
			;
		ASSERT_EQ(ECHILD, errno);
		ASSERT_EQ(0, storm->bad)
			TH_LOG("round %d: errno %d", round, storm->error);
		for (i = 0; i < SETS; i++) {
			for (k = 0; k < SEMS; k++)
				want[k] = FIRST + storm->sum[i][k];
			ASSERT_TRUE(values_same(storm->ids[i], want, SEMS))
				TH_LOG("round %d, set %d", round, i);
		}
	}
	printf("# %d rounds: %d processes, %d threads, %d execs, %d lists\n", round,
	       storm->processes, storm->threads, storm->execs, storm->lists);
	fflush(stdout);
	EXPECT_LT(0, storm->threads);
	EXPECT_LT(0, storm->execs);
	EXPECT_LT(0, storm->lists);
	for (i = 0; i < SETS; i++)
		EXPECT_EQ(0, sem_rmid(storm->ids[i]));
	for (i = STORM_FD; i < SET_FD + SETS; i++)
		close(i);
}

TEST_HARNESS_MAIN
