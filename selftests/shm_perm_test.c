// SPDX-License-Identifier: GPL-2.0
/*
 * Class 7: who may do what. The full matrix of users, groups, capabilities, modes and
 * commands, compared with the rules of sysvipc(7), for the kernel's own shared memory
 * and for kipc's.
 */
#include "actors.h"
#include "shm_fixture.h"

#define KEY 0x6b697063

static bool may_lock(const struct actor *actor)
{
	return owns(actor) || actor->cap == CAP_IPC_LOCK;
}

/* --- the commands; each leaves everything as it was */

static int attach(int id, int flags)
{
	void *p = shm->at(id, NULL, flags);

	if (p == NOT_ATTACHED)
		return -1;
	return shm->dt(p);
}

static int stat_by(int id, int cmd)
{
	struct shmid_ds ds;

	if (cmd != IPC_STAT)
		id &= (1 << shm->index_bits) - 1;
	return shm->ctl(id, cmd, &ds) < 0 ? -1 : 0;
}

/* The way to a descriptor, which only kipc has. */
static int open_by(int id, unsigned int flags)
{
	struct kipc_shm_open arg = { .id = id, .flags = flags };

	if (ioctl(shm_dev, KIPC_IOC_SHM_OPEN, &arg))
		return -1;
	return close(arg.fd);
}

/* All commands that leave the segment as it is. */
static void try_all(struct verdicts *v, int id)
{
	const struct actor *a = v->actor;
	unsigned int mode = v->mode;

	verdict(v, "attach", attach(id, 0), may_access(a, mode, 6), EACCES);
	verdict(v, "attach for reading", attach(id, SHM_RDONLY), may_access(a, mode, 4), EACCES);
	verdict(v, "attach for execution", attach(id, SHM_RDONLY | SHM_EXEC),
		may_access(a, mode, 5), EACCES);
	verdict(v, "attach for all", attach(id, SHM_EXEC), may_access(a, mode, 7), EACCES);
	verdict(v, "IPC_STAT", stat_by(id, IPC_STAT), may_access(a, mode, 4), EACCES);
	verdict(v, "SHM_STAT", stat_by(id, SHM_STAT), may_access(a, mode, 4), EACCES);
	verdict(v, "SHM_STAT_ANY", stat_by(id, SHM_STAT_ANY), true, 0);
	if (shm == &shm_kipc) {
		verdict(v, "open", open_by(id, 0), may_access(a, mode, 6), EACCES);
		verdict(v, "open for reading", open_by(id, KIPC_SHM_RDONLY),
			may_access(a, mode, 4), EACCES);
	}
	verdict(v, "SHM_UNLOCK", shm->ctl(id, SHM_UNLOCK, NULL), may_lock(a), EPERM);
}

static int segment_get(int flags)
{
	return shm->get(KEY, flags & IPC_CREAT ? PAGE : 1, flags);
}

static int segment_set(int id, uid_t uid, gid_t gid, unsigned int mode)
{
	struct shmid_ds ds = { .shm_perm = { .uid = uid, .gid = gid, .mode = mode } };

	return shm->ctl(id, IPC_SET, &ds);
}

static int segment_perm(int id, struct ipc_perm *perm)
{
	struct shmid_ds ds;
	int ret = shm->ctl(id, IPC_STAT, &ds);

	*perm = ds.shm_perm;
	return ret;
}

static int segment_use(int id)
{
	return attach(id, SHM_RDONLY);
}

static int segment_instance(void)
{
	if (shm == &shm_native)
		return unshare(CLONE_NEWIPC);
	shm_dev = shm_instance();
	return shm_dev < 0 ? -1 : 0;
}

static const struct kind segment = {
	.get = segment_get,
	.set = segment_set,
	.remove = shm_remove,
	.perm = segment_perm,
	.use = segment_use,
	.try_all = try_all,
	.enter_instance = segment_instance,
};

TEST_F_TIMEOUT(shm, every_command_obeys_the_whole_matrix_of_user_group_mode_and_capability, 480)
{
	whole_matrix_is_obeyed(_metadata, &segment);
}

TEST_F(shm, only_owner_creator_and_administrator_set_and_remove)
{
	few_set_and_remove(_metadata, &segment);
}

/* Only what an owner set anew may not lock the old one out: the creator stays. */
TEST_F(shm, creator_keeps_control_of_what_was_given_away)
{
	creator_keeps_control(_metadata, &segment);
}

TEST_F(shm, locking_needs_ownership_or_a_capability_whatever_the_mode)
{
	static const unsigned int modes[] = { 0, 0777 };
	struct verdicts v = { ._metadata = _metadata };
	size_t i;
	int id, ret;

	id = made_by_creator(&segment);
	ASSERT_LE(0, id);
	for (v.actor = actors; v.actor < actors + ARRAY_SIZE(actors); v.actor++) {
		for (i = 0; i < ARRAY_SIZE(modes); i++) {
			v.mode = modes[i];
			ASSERT_EQ(0, give_to_owner(&segment, id, v.mode));
			ASSERT_EQ(0, act(v.actor));
			ret = shm->ctl(id, SHM_LOCK, NULL);
			ASSERT_EQ(0, act_end_quietly());
			verdict(&v, "SHM_LOCK", ret, may_lock(v.actor), EPERM);
			EXPECT_EQ(v.mode | (ret ? 0 : SHM_LOCKED), shm_ds(id).shm_perm.mode);
			EXPECT_EQ(0, shm->ctl(id, SHM_UNLOCK, NULL));
		}
	}
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, order_of_errors_is_size_then_permission)
{
	struct actor stranger = actors[7];
	int id;

	id = made_by_creator(&segment);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, act(&stranger));
	EXPECT_EQ(-1, shm->get(KEY, PAGE + 1, 0400));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shm->get(KEY, PAGE, 0400));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, shm->get(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0400));
	EXPECT_EQ(EEXIST, errno);
	/* a bad address is found before the mode is looked at */
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, (void *)1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, NULL, SHM_REMAP));
	EXPECT_EQ(EINVAL, errno);
	/* and a place that is taken after it */
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, (void *)((unsigned long)&id & -PAGE), 0));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, act_end());
	EXPECT_EQ(0, shm_remove(id));
}

/* --- user namespaces */

TEST_F(shm, capabilities_of_a_user_namespace_have_no_power_over_an_instance_outside)
{
	struct shmid_ds ds;
	int id;
	pid_t pid;

	id = shm->get(KEY, PAGE, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		/* all capabilities, but not those that count */
		EXPECT_EQ(-1, shm->get(KEY, 0, 0400));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, attach(id, SHM_RDONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, stat_by(id, IPC_STAT));
		EXPECT_EQ(EACCES, errno);
		memset(&ds, 0, sizeof(ds));
		EXPECT_EQ(-1, shm->ctl(id, IPC_SET, &ds));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, shm->ctl(id, SHM_LOCK, NULL));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, shm_remove(id));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0600, shm_ds(id).shm_perm.mode);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, users_are_those_of_the_namespace_of_who_asks)
{
	users_are_the_askers(_metadata, &segment);
}

/* An instance of the namespace: its capabilities rule there, and only there. */
TEST_F(shm, capabilities_count_in_an_instance_of_their_own_namespace)
{
	capabilities_count_at_home(_metadata, &segment);
}

TEST_HARNESS_MAIN
