// SPDX-License-Identifier: GPL-2.0
/*
 * Class 7: who may do what with a semaphore set. The full matrix of users, groups,
 * capabilities, modes and calls, compared with the rules of sysvipc(7), for the kernel's
 * own semaphores and for kipc's.
 */
#define SEM_BY_ID_ALONE
#include "actors.h"
#include "sem_fixture.h"

#define KEY 0x6b697063

#define READ	4
#define ALTER	2

/* --- the calls; each leaves all values as they were, which is 0 */

static int get_all(int id)
{
	unsigned short values[2];

	return sem_getall(id, values, 2);
}

static int set_all(int id)
{
	static const unsigned short values[2];

	return sem_setall(id, values, 2);
}

static int stat_by(int id, int cmd)
{
	struct semid_ds ds;

	if (cmd != IPC_STAT)
		id = sem_index(id);
	return sem->ctl(id, 0, cmd, (union semun){ .buf = &ds }) < 0 ? -1 : 0;
}

/* The way to a descriptor, which only kipc has. */
static int open_by(int id, unsigned int flags)
{
	int fd = sem_open_on(sem_dev, id, flags);

	return fd < 0 ? -1 : close(fd);
}

static int timed(int id)
{
	static const struct timespec ts = { .tv_sec = 1 };

	return sem->timedop(id, &SEM_OP(0, 0, 0), 1, &ts);
}

/* --- all that leave the set as it is */

static void try_all(struct verdicts *v, int id)
{
	bool read = may_access(v->actor, v->mode, READ);
	bool alter = may_access(v->actor, v->mode, ALTER);

	verdict(v, "IPC_STAT", stat_by(id, IPC_STAT), read, EACCES);
	verdict(v, "SEM_STAT", stat_by(id, SEM_STAT), read, EACCES);
	verdict(v, "SEM_STAT_ANY", stat_by(id, SEM_STAT_ANY), true, 0);
	verdict(v, "GETVAL", sem_getval(id, 1), read, EACCES);
	verdict(v, "GETPID", sem_getpid(id, 1) < 0 ? -1 : 0, read, EACCES);
	verdict(v, "GETNCNT", sem_getncnt(id, 1), read, EACCES);
	verdict(v, "GETZCNT", sem_getzcnt(id, 1), read, EACCES);
	verdict(v, "GETALL", get_all(id), read, EACCES);
	verdict(v, "SETVAL", sem_setval(id, 1, 0), alter, EACCES);
	verdict(v, "SETALL", set_all(id), alter, EACCES);
	/* to wait for zero is only to look; but one that alters makes all of it do so */
	verdict(v, "wait for zero", sem_do(id, 0, 0, 0), read, EACCES);
	verdict(v, "wait for zeroes", SEM_DO(id, SEM_OP(0, 0, 0), SEM_OP(1, 0, 0)), read, EACCES);
	verdict(v, "wait for zero with a timeout", timed(id), read, EACCES);
	verdict(v, "V and P", SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(0, -1, 0)), alter, EACCES);
	verdict(v, "zero, V and P", SEM_DO(id, SEM_OP(0, 0, 0), SEM_OP(1, 1, 0), SEM_OP(1, -1, 0)),
		alter, EACCES);
	verdict(v, "P", sem_do(id, 0, -1, IPC_NOWAIT) && errno == EAGAIN ? 0 : -1, alter, EACCES);
	verdict(v, "P and V with SEM_UNDO",
		SEM_DO(id, SEM_OP(0, 1, SEM_UNDO), SEM_OP(0, -1, SEM_UNDO)), alter, EACCES);
	if (sem != &sem_kipc)
		return;
	verdict(v, "open", open_by(id, 0), read && alter, EACCES);
	verdict(v, "open for reading", open_by(id, KIPC_SEM_RDONLY), read, EACCES);
}

static int set_get(int flags)
{
	return sem->get(KEY, flags & IPC_CREAT ? 2 : 1, flags);
}

static int set_perm(int id, struct ipc_perm *perm)
{
	struct semid_ds ds;
	int ret = sem_stat(id, &ds);

	*perm = ds.sem_perm;
	return ret;
}

static int set_use(int id)
{
	return sem_do(id, 0, 0, 0);
}

static int set_instance(void)
{
	if (sem == &sem_native)
		return unshare(CLONE_NEWIPC);
	sem_dev = sem_instance();
	return sem_dev < 0 ? -1 : 0;
}

static const struct kind set = {
	.get = set_get,
	.set = sem_set,
	.remove = sem_rmid,
	.perm = set_perm,
	.use = set_use,
	.try_all = try_all,
	.enter_instance = set_instance,
};

TEST_F_TIMEOUT(sem, every_call_obeys_the_whole_matrix_of_user_group_mode_and_capability, 240)
{
	whole_matrix_is_obeyed(_metadata, &set);
}

TEST_F(sem, only_owner_creator_and_administrator_set_and_remove)
{
	few_set_and_remove(_metadata, &set);
}

TEST_F(sem, creator_keeps_control_of_what_was_given_away)
{
	creator_keeps_control(_metadata, &set);
}

/* What was refused has changed nothing. */
TEST_F(sem, refused_calls_change_nothing)
{
	static const unsigned short values[2] = { 7, 7 };
	struct actor stranger = actors[7];
	struct semid_ds before, now;
	int id, k;

	id = made_by_creator(&set);
	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 0, 5, 0));
	ASSERT_EQ(0, give_to_owner(&set, id, 0444));
	before = sem_ds(id);
	ASSERT_EQ(0, act(&stranger));
	for (k = 0; k < 2; k++) {
		EXPECT_EQ(-1, sem_do(id, 0, k ? 1 : -1, k ? SEM_UNDO : 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, SEM_DO(id, SEM_OP(1, 0, 0), SEM_OP(0, 1, 0)));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_setval(id, 0, 9));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_setall(id, values, 2));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_set(id, STRANGER_UID, STRANGER_GID, 0666));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, sem_rmid(id));
		EXPECT_EQ(EPERM, errno);
	}
	ASSERT_EQ(0, act_end());
	now = sem_ds(id);
	EXPECT_TRUE(sem_ds_same(&before, &now));
	EXPECT_TRUE(SEM_VALUES(id, 5, 0));
	EXPECT_EQ(getpid(), sem_getpid(id, 0));
	EXPECT_EQ(0, sem_getpid(id, 1));
	EXPECT_EQ(0, sem_rmid(id));
}

/* Who fell asleep with permission keeps it. */
TEST_F(sem, sleepers_are_not_asked_again)
{
	struct actor owner = actors[1];
	int id;
	pid_t pid;

	id = made_by_creator(&set);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, give_to_owner(&set, id, 0600));
	pid = child_fork();
	if (!pid) {
		if (act(&owner))
			_exit(98);
		_exit(SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0)) ? errno : 0);
	}
	ASSERT_TRUE(EVENTUALLY(sem_is_asleep(pid)));
	ASSERT_EQ(0, give_to_owner(&set, id, 0));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(sem_is_asleep(pid));
	EXPECT_EQ(0, sem_do(id, 1, 1, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_rmid(id));
}

/* As far as a caller can tell two errors apart, the kernel's order is kept. */
TEST_F(sem, order_of_errors_is_the_kernels)
{
	static const unsigned short bad_values[2] = { 0, 40000 };
	struct actor stranger = actors[7];
	struct sembuf op = SEM_OP(0, -1, IPC_NOWAIT);
	int id;

	id = made_by_creator(&set);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, act(&stranger));
	/* get: is it there, the number of semaphores, permission */
	EXPECT_EQ(-1, sem->get(KEY, 99, IPC_CREAT | IPC_EXCL | 0400));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, sem->get(KEY, 3, 0400));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem->get(KEY, 2, 0400));
	EXPECT_EQ(EACCES, errno);
	/* op: length, address, id, numbers, permission, and only then the values */
	EXPECT_EQ(-1, sem->op(id, nowhere(), 501));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, sem->op(id, nowhere(), 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem->op(-5, nowhere(), 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sem_do(id + 1, 2, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_do(id, 2, 1, 0));
	EXPECT_EQ(EFBIG, errno);
	EXPECT_EQ(-1, sem->op(id, &op, 1));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, SEM_DO(id, SEM_OP(0, 32767, 0), SEM_OP(0, 1, 0)));
	EXPECT_EQ(EACCES, errno);
	/* SETVAL: what is no id, value, id, number, permission */
	EXPECT_EQ(-1, sem_setval(-5, 2, 32768));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_setval(id + 1, 2, 32768));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(-1, sem_setval(id, 2, -1));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(-1, sem_setval(id, 2, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_setval(id, 1, 1));
	EXPECT_EQ(EACCES, errno);
	/* the others: id, permission, number or address, values */
	EXPECT_EQ(-1, sem_getval(id + 1, 2));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_getval(id, 2));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sem_getncnt(id, 2));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sem_getall(id, nowhere(), 2));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sem_setall(id, nowhere(), 2));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sem_setall(id, bad_values, 2));
	EXPECT_EQ(EACCES, errno);
	/* SET: id, owner, new owner */
	EXPECT_EQ(-1, sem_set(id + 1, -1, -1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_set(id, -1, -1, 0));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, act_end());
	EXPECT_EQ(-1, sem_set(id, -1, -1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_getval(id, 2));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_setall(id, nowhere(), 2));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, sem_setall(id, bad_values, 2));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- user namespaces */

TEST_F(sem, capabilities_of_a_user_namespace_have_no_power_over_an_instance_outside)
{
	int id;
	pid_t pid;

	id = sem->get(KEY, 2, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		/* all capabilities, but not those that count */
		EXPECT_EQ(-1, sem->get(KEY, 0, 0400));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_do(id, 0, 1, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_do(id, 0, 0, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_getval(id, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_setval(id, 0, 1));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, stat_by(id, IPC_STAT));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_set(id, 0, 0, 0666));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, sem_rmid(id));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0600, sem_ds(id).sem_perm.mode);
	EXPECT_TRUE(SEM_VALUES(id, 0, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, users_are_those_of_the_namespace_of_who_asks)
{
	users_are_the_askers(_metadata, &set);
}

/* An instance of the namespace: its capabilities rule there, and only there. */
TEST_F(sem, capabilities_count_in_an_instance_of_their_own_namespace)
{
	capabilities_count_at_home(_metadata, &set);
}

TEST_HARNESS_MAIN
