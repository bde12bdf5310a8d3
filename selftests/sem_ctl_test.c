// SPDX-License-Identifier: GPL-2.0
/*
 * What semctl(2) does: each command, what it changes and what not, and its errors.
 */
#include "sem_fixture.h"

#define KEY 0x6b697063

/* --- GETVAL, GETPID, GETNCNT, GETZCNT */

TEST_F(sem, numbers_that_the_set_has_not_are_einval)
{
	static const int bad[] = { 3, 4, 250, 65536, 65537, INT_MAX, -1, INT_MIN };
	int id = sem_new(3);
	size_t i;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, sem_getval(id, bad[i]));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_getpid(id, bad[i]));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_getncnt(id, bad[i]));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_getzcnt(id, bad[i]));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_setval(id, bad[i], 1));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, process_of_the_last_operation_is_recorded_for_each_semaphore)
{
	unsigned short values[] = { 1, 1, 1, 1 };
	int id = sem_new(4);
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	pid = child_fork();
	if (!pid)
		_exit(sem_setval(id, 1, 1) ||
		      SEM_DO(id, SEM_OP(2, 0, 0), SEM_OP(3, 1, 0)) ? errno : 0);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(getpid(), sem_getpid(id, 0));
	EXPECT_EQ(pid, sem_getpid(id, 1));
	EXPECT_EQ(pid, sem_getpid(id, 2));
	EXPECT_EQ(pid, sem_getpid(id, 3));
	/* what fails, and what only looks, does not count */
	EXPECT_EQ(-1, sem_do(id, 1, 0, IPC_NOWAIT));
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(1, 1, 0), SEM_OP(2, -1, IPC_NOWAIT)));
	EXPECT_EQ(-1, sem_setval(id, 1, -1));
	EXPECT_EQ(1, sem_getval(id, 1));
	EXPECT_EQ(pid, sem_getpid(id, 1));
	EXPECT_EQ(pid, sem_getpid(id, 2));
	/* setting the same value does */
	EXPECT_EQ(0, sem_setval(id, 1, 1));
	EXPECT_EQ(getpid(), sem_getpid(id, 1));
	EXPECT_EQ(pid, sem_getpid(id, 2));
	pid = child_fork();
	if (!pid)
		_exit(sem_setall(id, values, 4) ? errno : 0);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(pid, sem_getpid(id, 0));
	EXPECT_EQ(pid, sem_getpid(id, 3));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, processes_are_those_of_the_namespace_of_who_asks)
{
	int id = sem_new(2), status;
	pid_t pid, inner;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(getpid(), sem_getpid(id, 0));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWPID));
		inner = fork();
		if (!inner) {
			/* who was last has no number in here, we have the first */
			EXPECT_EQ(0, sem_getpid(id, 0));
			EXPECT_EQ(0, sem_do(id, 1, 1, 0));
			EXPECT_EQ(1, sem_getpid(id, 1));
			child_exit();
		}
		EXPECT_EQ(inner, waitpid(inner, &status, 0));
		EXPECT_EQ(0, status);
		/* and here it is a number of this one, although it is gone */
		EXPECT_EQ(inner, sem_getpid(id, 1));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(getpid(), sem_getpid(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, sleeper_counts_at_the_operation_that_it_waits_for_alone)
{
	int id = sem_new(3);
	pid_t pids[4];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 2, 1));
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0), SEM_OP(2, 0, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(2, -1, 0), SEM_OP(1, -1, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(1, 0, 0), SEM_OP(2, 0, 0));
	pids[3] = SEM_SLEEPER(id, SEM_OP(2, 0, 0));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(0, sem_getzcnt(id, 0));
	EXPECT_EQ(1, sem_getncnt(id, 1));
	EXPECT_EQ(0, sem_getzcnt(id, 1));
	EXPECT_EQ(0, sem_getncnt(id, 2));
	EXPECT_EQ(2, sem_getzcnt(id, 2));
	/* and at another one when that can be done, but the next one cannot */
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_EQ(0, sem_getncnt(id, 0));
	EXPECT_EQ(2, sem_getncnt(id, 1));
	/* one that is interrupted counts no more */
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[1]));
	EXPECT_EQ(1, sem_getncnt(id, 1));
	EXPECT_EQ(0, sem_do(id, 2, -1, 0));
	EXPECT_EQ(0, child_wait(pids[2]));
	EXPECT_EQ(0, child_wait(pids[3]));
	EXPECT_EQ(0, sem_getzcnt(id, 2));
	EXPECT_TRUE(sem_is_asleep(pids[0]));
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, sem_getncnt(id, 1));
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- SETVAL, SETALL, GETALL */

TEST_F(sem, setval_sets_one_value_and_the_time_of_change)
{
	struct semid_ds before, now;
	int id = sem_new(3);
	time_t since;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	before = sem_ds(id);
	since = next_second();
	EXPECT_EQ(0, sem_setval(id, 1, 32767));
	EXPECT_TRUE(SEM_VALUES(id, 1, 32767, 0));
	EXPECT_EQ(0, sem_getpid(id, 2));
	EXPECT_EQ(getpid(), sem_getpid(id, 1));
	now = sem_ds(id);
	EXPECT_LE(since, now.sem_ctime);
	EXPECT_GE(time(NULL), now.sem_ctime);
	/* it is no operation, and changes nothing else */
	now.sem_ctime = before.sem_ctime;
	EXPECT_TRUE(sem_ds_same(&now, &before));
	EXPECT_EQ(0, sem_setval(id, 1, 0));
	EXPECT_TRUE(SEM_VALUES(id, 1, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, values_that_no_semaphore_can_have_are_erange_and_change_nothing)
{
	static const int bad[] = { -1, 32768, 65535, 65536, 65537, INT_MAX, INT_MIN };
	unsigned short values[SEM_STATE_MAX] = { 5, 6, 7, 8, 9 };
	int id = sem_new(SEM_STATE_MAX);
	struct sem_state state;
	size_t i;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	state = sem_state(id);
	next_second();
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, sem_setval(id, 0, bad[i]));
		EXPECT_EQ(ERANGE, errno);
		/* it comes before all else that is wrong */
		EXPECT_EQ(-1, sem_setval(id, 99, bad[i]));
		EXPECT_EQ(ERANGE, errno);
		EXPECT_EQ(-1, sem_setval(id + 1, 0, bad[i]));
		EXPECT_EQ(ERANGE, errno);
	}
	for (i = 0; i < SEM_STATE_MAX; i++) {
		unsigned short good = values[i];

		values[i] = i % 2 ? 32768 : 65535;
		EXPECT_EQ(-1, sem_setall(id, values, SEM_STATE_MAX));
		EXPECT_EQ(ERANGE, errno);
		values[i] = good;
	}
	EXPECT_TRUE(sem_unchanged(id, &state));
	EXPECT_EQ(0, sem_setall(id, values, SEM_STATE_MAX));
	EXPECT_TRUE(sem_values_are(id, values, SEM_STATE_MAX));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, all_values_are_set_and_read_exactly)
{
	enum { MANY = 1000 };
	unsigned short in[MANY], out[MANY + 1];
	struct semid_ds before, now;
	int id = sem_new(MANY), i;
	time_t since;

	ASSERT_LE(0, id);
	for (i = 0; i < MANY; i++)
		in[i] = i * 32 + 31;
	before = sem_ds(id);
	since = next_second();
	EXPECT_EQ(0, sem_setall(id, in, MANY));
	memset(out, POISON, sizeof(out));
	EXPECT_EQ(0, sem_getall(id, out, MANY));
	EXPECT_EQ(0, memcmp(in, out, sizeof(in)));
	EXPECT_TRUE(is_all(&out[MANY], POISON, sizeof(out[0])));
	EXPECT_EQ(in[MANY - 1], sem_getval(id, MANY - 1));
	EXPECT_EQ(getpid(), sem_getpid(id, MANY - 1));
	now = sem_ds(id);
	EXPECT_LE(since, now.sem_ctime);
	now.sem_ctime = before.sem_ctime;
	EXPECT_TRUE(sem_ds_same(&now, &before));
	EXPECT_EQ(0, now.sem_otime);
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, arrays_that_cannot_be_reached_are_efault)
{
	unsigned long page = sysconf(_SC_PAGESIZE);
	int id = sem_new(SEM_STATE_MAX), big = sem_new(1000);
	unsigned short *values;
	struct sem_state state;
	char *edge;

	ASSERT_LE(0, id);
	ASSERT_LE(0, big);
	EXPECT_EQ(0, sem_setval(id, 1, 3));
	state = sem_state(id);
	edge = edge_alloc(1);
	ASSERT_NE(NULL, edge);
	memset(edge, 1, page);
	/* one semaphore too many */
	values = (unsigned short *)(edge + page) - (SEM_STATE_MAX - 1);
	EXPECT_EQ(-1, sem_setall(id, values, SEM_STATE_MAX));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sem_getall(id, values, SEM_STATE_MAX));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sem_setall(id, nowhere(), SEM_STATE_MAX));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sem_getall(id, nowhere(), SEM_STATE_MAX));
	EXPECT_EQ(EFAULT, errno);
	values = (unsigned short *)(edge + page) - 999;
	EXPECT_EQ(-1, sem_setall(big, values, 1000));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sem_getall(big, values, 1000));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(sem_unchanged(id, &state));
	EXPECT_EQ(0, sem_getval(big, 0));
	/* not one more than there are is read or written */
	values = (unsigned short *)(edge + page) - SEM_STATE_MAX;
	EXPECT_EQ(0, sem_getall(id, values, SEM_STATE_MAX));
	EXPECT_EQ(3, values[1]);
	EXPECT_EQ(0, sem_setall(id, values, SEM_STATE_MAX));
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(0, sem_rmid(big));
}

TEST_F(sem, setval_lets_sleepers_go_and_that_is_an_operation)
{
	int id = sem_new(2);
	pid_t pids[3];
	time_t since;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setval(id, 1, 1));
	pids[0] = SEM_SLEEPER(id, SEM_OP(0, -3, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, -3, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(1, 0, 0));
	EXPECT_EQ(0, sem_setval(id, 0, 2));
	EXPECT_EQ(0, sem_setval(id, 1, 2));
	EXPECT_EQ(2, sem_getncnt(id, 0));
	EXPECT_EQ(1, sem_getzcnt(id, 1));
	EXPECT_EQ(0, sem_ds(id).sem_otime);
	EXPECT_EQ(0, sem_setval(id, 0, 4));
	EXPECT_EQ(1, sem_getval(id, 0));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_EQ(pids[0], sem_getpid(id, 0));
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_NE(0, sem_ds(id).sem_otime);
	since = next_second();
	EXPECT_EQ(0, sem_setval(id, 1, 0));
	EXPECT_EQ(0, child_wait(pids[2]));
	EXPECT_EQ(pids[2], sem_getpid(id, 1));
	EXPECT_LE(since, sem_ds(id).sem_otime);
	/* a value that allows nothing wakes nobody */
	EXPECT_EQ(0, sem_setval(id, 0, 0));
	EXPECT_EQ(1, sem_getncnt(id, 0));
	EXPECT_TRUE(sem_is_asleep(pids[1]));
	EXPECT_EQ(0, sem_setval(id, 0, 3));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, setall_lets_go_whoever_can_with_all_values_together)
{
	unsigned short values[3] = { 1, 0, 1 };
	int id = sem_new(3);
	pid_t pids[4];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_setall(id, values, 3));
	pids[0] = SEM_SLEEPER(id, SEM_OP(1, -1, 0), SEM_OP(0, -2, 0));
	pids[1] = SEM_SLEEPER(id, SEM_OP(0, 0, 0), SEM_OP(2, 0, 0));
	pids[2] = SEM_SLEEPER(id, SEM_OP(1, -1, 0));
	pids[3] = SEM_SLEEPER(id, SEM_OP(2, -7, 0));
	values[0] = 2;
	values[1] = 2;
	values[2] = 6;
	EXPECT_EQ(0, sem_setall(id, values, 3));
	/* the first took both, and the third what was left; the others wait */
	EXPECT_TRUE(SEM_VALUES(id, 0, 0, 6));
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[2]));
	EXPECT_EQ(1, sem_getzcnt(id, 2));
	EXPECT_EQ(1, sem_getncnt(id, 2));
	EXPECT_TRUE(sem_is_asleep(pids[1]));
	EXPECT_TRUE(sem_is_asleep(pids[3]));
	values[2] = 7;
	EXPECT_EQ(0, sem_setall(id, values, 3));
	EXPECT_EQ(0, child_wait(pids[3]));
	EXPECT_EQ(2, sem_getval(id, 0));
	EXPECT_EQ(0, sem_do(id, 0, -2, IPC_NOWAIT));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_TRUE(SEM_VALUES(id, 0, 2, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/* What all writers keep equal, no reader finds different. */
TEST_F_TIMEOUT(sem, all_values_are_read_and_set_at_one_instant, 120)
{
	enum { SEMS = 300 };
	int id = sem_new(SEMS), *stop = shared_alloc(sizeof(*stop)), i, k, error;
	unsigned short values[SEMS], seen = 0;
	long different = 0;
	long long end;
	pid_t pids[2];

	ASSERT_NE(NULL, stop);
	ASSERT_LE(0, id);
	for (k = 0; k < 2; k++) {
		pids[k] = child_fork();
		if (pids[k])
			continue;
		for (i = 0; !__atomic_load_n(stop, __ATOMIC_SEQ_CST); i++) {
			struct sembuf ops[SEMS];
			int n;

			for (n = 0; n < SEMS; n++) {
				values[n] = i % 1000 + k;
				ops[n] = SEM_OP(n, i % 2 ? -1 : 1, IPC_NOWAIT);
			}
			error = k ? sem_do_error(id, ops, SEMS) :
				sem_setall(id, values, SEMS) ? errno : 0;
			if (error && error != EAGAIN)
				_exit(error);
			if (k && i % 7 == 0)
				sched_yield();
		}
		_exit(0);
	}
	end = now_ms() + DEADLINE_MS;
	for (i = 0; (i < 1000 || different < 50) && now_ms() < end; i++) {
		memset(values, POISON, sizeof(values));
		ASSERT_EQ(0, sem_getall(id, values, SEMS));
		for (k = 1; k < SEMS; k++)
			ASSERT_EQ(values[0], values[k])
				TH_LOG("%d and %d", 0, k);
		different += i && values[0] != seen;
		seen = values[0];
	}
	EXPECT_LE(50, different);
	__atomic_store_n(stop, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- times */

TEST_F(sem, operations_set_otime_and_only_those_that_are_done)
{
	struct semid_ds before, now;
	int id = sem_new(3);
	time_t since;
	pid_t pid;

	ASSERT_LE(0, id);
	before = sem_ds(id);
	EXPECT_EQ(0, before.sem_otime);
	since = next_second();
	EXPECT_EQ(0, sem_do(id, 2, 0, 0));
	now = sem_ds(id);
	EXPECT_LE(since, now.sem_otime);
	EXPECT_GE(time(NULL), now.sem_otime);
	EXPECT_EQ(before.sem_ctime, now.sem_ctime);

	/* what sleeps, fails or is interrupted does not */
	before = now;
	since = next_second();
	EXPECT_EQ(-1, sem_do(id, 0, -1, IPC_NOWAIT));
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, 32767, 0), SEM_OP(0, 1, 0)));
	EXPECT_EQ(-1, sem_do(id, 7, 1, 0));
	pid = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	now = sem_ds(id);
	EXPECT_TRUE(sem_ds_same(&before, &now));
	child_kill(pid);
	now = sem_ds(id);
	EXPECT_TRUE(sem_ds_same(&before, &now));

	/* the latest of all semaphores counts */
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_LE(since, sem_ds(id).sem_otime);
	since = next_second();
	EXPECT_EQ(0, sem_do(id, 2, 1, 0));
	EXPECT_LE(since, sem_ds(id).sem_otime);
	since = next_second();
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, -1, 0)));
	EXPECT_LE(since, sem_ds(id).sem_otime);
	EXPECT_EQ(before.sem_ctime, sem_ds(id).sem_ctime);
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- IPC_SET, IPC_RMID */

TEST_F(sem, set_changes_owner_group_and_permissions_alone)
{
	int id = sem->get(KEY, 3, IPC_CREAT | 0640);
	struct semid_ds before, ds, now;
	time_t since;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 1, 2, 0));
	before = sem_ds(id);
	since = next_second();
	memset(&ds, POISON, sizeof(ds));
	ds.sem_perm.uid = OTHER_UID;
	ds.sem_perm.gid = THIRD_UID;
	ds.sem_perm.mode = 07421;
	ASSERT_EQ(0, sem->ctl(id, 0, IPC_SET, (union semun){ .buf = &ds }));
	now = sem_ds(id);
	EXPECT_EQ(OTHER_UID, now.sem_perm.uid);
	EXPECT_EQ(THIRD_UID, now.sem_perm.gid);
	EXPECT_EQ(0421, now.sem_perm.mode);
	EXPECT_LE(since, now.sem_ctime);
	EXPECT_GE(time(NULL), now.sem_ctime);
	now.sem_perm.uid = before.sem_perm.uid;
	now.sem_perm.gid = before.sem_perm.gid;
	now.sem_perm.mode = before.sem_perm.mode;
	now.sem_ctime = before.sem_ctime;
	EXPECT_TRUE(sem_ds_same(&now, &before));
	EXPECT_TRUE(SEM_VALUES(id, 0, 2, 0));
	EXPECT_EQ(id, sem->get(KEY, 1, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, set_to_a_user_or_group_that_is_none_is_einval)
{
	struct semid_ds before, now;
	int id = sem_new(1);

	ASSERT_LE(0, id);
	before = sem_ds(id);
	EXPECT_EQ(-1, sem_set(id, -1, 0, 0777));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_set(id, OTHER_UID, -1, 0777));
	EXPECT_EQ(EINVAL, errno);
	now = sem_ds(id);
	EXPECT_TRUE(sem_ds_same(&before, &now));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, removed_set_is_gone_for_every_call)
{
	unsigned short values[2] = { 1, 1 };
	int id = sem->get(KEY, 2, IPC_CREAT | 0600);
	struct semid_ds ds;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(-1, sem_rmid(id));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, sem_getval(id, 0));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, sem_getpid(id, 0));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, sem_getncnt(id, 0));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, sem_getzcnt(id, 0));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, sem_setval(id, 0, 1));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, sem_getall(id, values, 2));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, sem_setall(id, values, 2));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, sem_set(id, 0, 0, 0600));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, sem_do(id, 0, 1, 0));
	EXPECT_EQ(sem->gone, errno);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 0, 0)));
	EXPECT_EQ(sem->gone, errno);
	memset(&ds, POISON, sizeof(ds));
	EXPECT_EQ(-1, sem_stat_index(sem_index(id), &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_stat_any(sem_index(id), &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem->get(KEY, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, sem_used());
	/* what an open descriptor keeps is no set any more */
	EXPECT_EQ(0, sem_total());
	sem_fds_close();
	EXPECT_EQ(0, sem_total());
}

/* --- by index, and all of them */

TEST_F(sem, stat_by_index_finds_every_set_once)
{
	int ids[20], found[20] = { 0 }, i, k, id, max;
	struct seminfo info;
	struct semid_ds ds;

	for (i = 0; i < 20; i++) {
		ids[i] = sem_new(1 + i);
		ASSERT_LE(0, ids[i]);
	}
	for (i = 0; i < 20; i += 3)
		EXPECT_EQ(0, sem_rmid(ids[i]));
	max = sem_info(SEM_INFO, &info);
	EXPECT_EQ(sem_index(ids[19]), max);
	for (i = 0; i <= max; i++) {
		memset(&ds, POISON, sizeof(ds));
		id = sem_stat_index(i, &ds);
		if (id < 0) {
			EXPECT_EQ(EINVAL, errno);
			EXPECT_EQ(-1, sem_stat_any(i, &ds));
			EXPECT_EQ(EINVAL, errno);
			continue;
		}
		EXPECT_EQ(i, sem_index(id));
		EXPECT_EQ(id, sem_stat_any(i, &ds));
		for (k = 0; k < 20; k++)
			if (ids[k] == id && ds.sem_nsems == k + 1UL)
				found[k]++;
	}
	EXPECT_EQ(-1, sem_stat_index(max + 1, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_stat_index(-1, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_stat_any(-1, &ds));
	EXPECT_EQ(EINVAL, errno);
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(i % 3 ? 1 : 0, found[i]);
		if (i % 3)
			EXPECT_EQ(0, sem_rmid(ids[i]));
	}
}

TEST_F(sem, stat_by_index_looks_at_the_mode_and_stat_any_does_not)
{
	int id = sem->get(KEY, 3, IPC_CREAT | 0200), index = sem_index(id);
	struct semid_ds ds;
	pid_t pid;

	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		memset(&ds, POISON, sizeof(ds));
		EXPECT_EQ(-1, sem_stat_index(index, &ds));
		EXPECT_EQ(EACCES, errno);
		EXPECT_TRUE(is_all(&ds.sem_nsems, POISON, sizeof(ds.sem_nsems)));
		EXPECT_EQ(id, sem_stat_any(index, &ds));
		EXPECT_EQ(3, ds.sem_nsems);
		EXPECT_EQ(KEY, ds.sem_perm.__key);
		EXPECT_EQ(0200, ds.sem_perm.mode);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, info_tells_limits_and_what_is_used)
{
	struct seminfo info;
	int a, b, max;

	memset(&info, POISON, sizeof(info));
	EXPECT_EQ(0, sem_info(IPC_INFO, &info));
	EXPECT_EQ(32000, info.semmni);
	EXPECT_EQ(1024000000, info.semmns);
	EXPECT_EQ(32000, info.semmsl);
	EXPECT_EQ(500, info.semopm);
	EXPECT_EQ(32767, info.semvmx);
	EXPECT_EQ(32767, info.semaem);
	memset(&info, POISON, sizeof(info));
	EXPECT_EQ(0, sem_info(SEM_INFO, &info));
	EXPECT_EQ(0, info.semusz);
	EXPECT_EQ(0, info.semaem);

	a = sem_new(3);
	b = sem_new(250);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	max = sem_index(b);
	EXPECT_EQ(max, sem_info(SEM_INFO, &info));
	EXPECT_EQ(2, info.semusz);
	EXPECT_EQ(253, info.semaem);
	ASSERT_EQ(0, sem_limit_set("sem", "400 5000 60 70"));
	EXPECT_EQ(max, sem_info(IPC_INFO, &info));
	EXPECT_EQ(400, info.semmsl);
	EXPECT_EQ(5000, info.semmns);
	EXPECT_EQ(60, info.semopm);
	EXPECT_EQ(70, info.semmni);
	EXPECT_EQ(max, sem_info(SEM_INFO, &info));
	EXPECT_EQ(5000, info.semmns);
	EXPECT_EQ(0, sem_rmid(b));
	sem_fds_close();
	EXPECT_TRUE(EVENTUALLY(sem_total() == 3));
	EXPECT_EQ(sem_index(a), sem_info(SEM_INFO, &info));
	EXPECT_EQ(1, info.semusz);
	EXPECT_EQ(3, info.semaem);
	EXPECT_EQ(0, sem_rmid(a));
	EXPECT_EQ(0, sem_info(SEM_INFO, &info));
}

TEST_F(sem, ids_that_are_none_are_einval)
{
	int id = sem_new(1), bad[6];
	unsigned short value = 1;
	struct semid_ds ds;
	size_t i;

	ASSERT_LE(0, id);
	bad[0] = -1;
	bad[1] = INT_MIN;
	bad[2] = id + 1;
	bad[3] = id + (1 << sem->index_bits);
	bad[4] = INT_MAX;
	bad[5] = id | INT_MIN;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, sem_stat(bad[i], &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_getval(bad[i], 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_setval(bad[i], 0, 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_getall(bad[i], &value, 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_setall(bad[i], &value, 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_set(bad[i], 0, 0, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_rmid(bad[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0600, sem_ds(id).sem_perm.mode);
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_HARNESS_MAIN
