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

static int wanted(unsigned int bits)
{
	return shm->get(KEY, 1, bits) < 0 ? -1 : 0;
}

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
	unsigned int mode = v->mode, bits;
	char what[32];

	/* the same bits in each place mean the same */
	for (bits = 0; bits < 8; bits++) {
		snprintf(what, sizeof(what), "get for %u", bits);
		verdict(v, what, wanted(bits << 6), may_access(a, mode, bits), EACCES);
		verdict(v, what, wanted(bits << 3 | IPC_CREAT), may_access(a, mode, bits), EACCES);
		verdict(v, what, wanted(bits), may_access(a, mode, bits), EACCES);
	}
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

static int segment_make(void)
{
	struct actor creator = { "creator", CREATOR_UID, CREATOR_GID, 0, -1 };
	int id;

	if (act(&creator))
		return -1;
	id = shm->get(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	return act_end() ? -1 : id;
}

static int segment_set(int id, unsigned int mode)
{
	struct shmid_ds ds = {
		.shm_perm = { .uid = OWNER_UID, .gid = OWNER_GID, .mode = mode },
	};

	return shm->ctl(id, IPC_SET, &ds);
}

TEST_F_TIMEOUT(shm, every_command_obeys_the_whole_matrix_of_user_group_mode_and_capability, 240)
{
	struct verdicts v = { ._metadata = _metadata };
	struct shmid_ds ds;
	int id;

	all_caps = caps_permitted();
	id = segment_make();
	ASSERT_LE(0, id);
	ASSERT_EQ(0, segment_set(id, 0));
	ds = shm_ds(id);
	EXPECT_EQ(CREATOR_UID, ds.shm_perm.cuid);
	EXPECT_EQ(CREATOR_GID, ds.shm_perm.cgid);
	EXPECT_EQ(OWNER_UID, ds.shm_perm.uid);
	EXPECT_EQ(OWNER_GID, ds.shm_perm.gid);
	for (v.actor = actors; v.actor < actors + ARRAY_SIZE(actors); v.actor++) {
		for (v.mode = 0; v.mode < 01000; v.mode++) {
			ASSERT_EQ(0, segment_set(id, v.mode));
			ASSERT_EQ(0, act(v.actor));
			try_all(&v, id);
			ASSERT_EQ(0, act_end());
		}
	}
	printf("# %d verdicts, %d of them allow it\n", v.checked, v.allowed);
	fflush(stdout);
	EXPECT_EQ(0, shm_nattch(id));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, only_owner_creator_and_administrator_set_and_remove)
{
	static const unsigned int modes[] = { 0, 0200, 0600, 0666, 0777 };
	struct verdicts v = { ._metadata = _metadata };
	struct shmid_ds ds, now;
	size_t i;
	int id, ret;

	all_caps = caps_permitted();
	for (v.actor = actors; v.actor < actors + ARRAY_SIZE(actors); v.actor++) {
		for (i = 0; i < ARRAY_SIZE(modes); i++) {
			v.mode = modes[i];
			id = segment_make();
			ASSERT_LE(0, id);
			ASSERT_EQ(0, segment_set(id, v.mode));
			ds = shm_ds(id);
			ds.shm_perm.mode = v.mode ^ 0111;
			ds.shm_perm.uid = STRANGER_UID;
			ASSERT_EQ(0, act(v.actor));
			ret = shm->ctl(id, IPC_SET, &ds);
			ASSERT_EQ(0, ({ int e = errno, r = act_end(); errno = e; r; }));
			verdict(&v, "IPC_SET", ret, may_control(v.actor), EPERM);
			now = shm_ds(id);
			EXPECT_EQ(ret ? v.mode : v.mode ^ 0111, now.shm_perm.mode);
			EXPECT_EQ(ret ? OWNER_UID : STRANGER_UID, now.shm_perm.uid);
			EXPECT_EQ(CREATOR_UID, now.shm_perm.cuid);

			ASSERT_EQ(0, segment_set(id, v.mode));
			ASSERT_EQ(0, act(v.actor));
			ret = shm_remove(id);
			ASSERT_EQ(0, ({ int e = errno, r = act_end(); errno = e; r; }));
			verdict(&v, "IPC_RMID", ret, may_control(v.actor), EPERM);
			EXPECT_EQ(!!ret, shm_exists(id));
			if (ret)
				EXPECT_EQ(0, shm_remove(id));
		}
	}
}

TEST_F(shm, locking_needs_ownership_or_a_capability_whatever_the_mode)
{
	static const unsigned int modes[] = { 0, 0777 };
	struct verdicts v = { ._metadata = _metadata };
	size_t i;
	int id, ret;

	all_caps = caps_permitted();
	id = segment_make();
	ASSERT_LE(0, id);
	for (v.actor = actors; v.actor < actors + ARRAY_SIZE(actors); v.actor++) {
		for (i = 0; i < ARRAY_SIZE(modes); i++) {
			v.mode = modes[i];
			ASSERT_EQ(0, segment_set(id, v.mode));
			ASSERT_EQ(0, act(v.actor));
			ret = shm->ctl(id, SHM_LOCK, NULL);
			ASSERT_EQ(0, ({ int e = errno, r = act_end(); errno = e; r; }));
			verdict(&v, "SHM_LOCK", ret, may_lock(v.actor), EPERM);
			EXPECT_EQ(v.mode | (ret ? 0 : SHM_LOCKED), shm_ds(id).shm_perm.mode);
			EXPECT_EQ(0, shm->ctl(id, SHM_UNLOCK, NULL));
		}
	}
	EXPECT_EQ(0, shm_remove(id));
}

/* Only what an owner set anew may not lock the old one out: the creator stays. */
TEST_F(shm, creator_keeps_control_of_what_was_given_away)
{
	struct actor creator = actors[0], owner = actors[1];
	struct shmid_ds ds = {
		.shm_perm = { .uid = STRANGER_UID, .gid = STRANGER_GID, .mode = 0600 },
	};
	int id;

	all_caps = caps_permitted();
	id = segment_make();
	ASSERT_LE(0, id);
	ASSERT_EQ(0, segment_set(id, 0600));
	ASSERT_EQ(0, act(&owner));
	EXPECT_EQ(0, shm->ctl(id, IPC_SET, &ds));
	/* the former owner has lost it */
	EXPECT_EQ(-1, shm->ctl(id, IPC_SET, &ds));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, attach(id, SHM_RDONLY));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, act_end());
	ASSERT_EQ(0, act(&creator));
	EXPECT_EQ(0, attach(id, 0));
	EXPECT_EQ(0, shm_remove(id));
	ASSERT_EQ(0, act_end());
}

TEST_F(shm, order_of_errors_is_size_then_permission)
{
	struct actor stranger = actors[7];
	int id;

	all_caps = caps_permitted();
	id = segment_make();
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
	struct shmid_ds ds;
	int id;
	pid_t pid;

	id = shm->get(KEY, PAGE, IPC_CREAT | 0644);
	ASSERT_LE(0, id);
	ds = shm_ds(id);
	ds.shm_perm.uid = THIRD_UID;
	ds.shm_perm.gid = OTHER_UID;
	ASSERT_EQ(0, shm->ctl(id, IPC_SET, &ds));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		ds = shm_ds(id);
		EXPECT_EQ(1, ds.shm_perm.uid);
		EXPECT_EQ(0, ds.shm_perm.gid);
		/* who has no number in here */
		EXPECT_EQ(65534, ds.shm_perm.cuid);
		EXPECT_EQ(65534, ds.shm_perm.cgid);
		EXPECT_EQ(0, setresuid(1, 1, 1));
		/* it is the owner's to set, but nobody's to name who is none here */
		ds.shm_perm.uid = 2;
		EXPECT_EQ(-1, shm->ctl(id, IPC_SET, &ds));
		EXPECT_EQ(EINVAL, errno);
		ds.shm_perm.uid = 0;
		EXPECT_EQ(0, shm->ctl(id, IPC_SET, &ds));
		child_exit();
	}
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(OTHER_UID, shm_ds(id).shm_perm.uid);
	EXPECT_EQ(0, shm_ds(id).shm_perm.cuid);
	EXPECT_EQ(0, shm_remove(id));
}

/* An instance of the namespace: its capabilities rule there, and only there. */
TEST_F(shm, capabilities_count_in_an_instance_of_their_own_namespace)
{
	struct shmid_ds ds;
	int id;
	pid_t pid;

	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		if (shm == &shm_native) {
			EXPECT_EQ(0, unshare(CLONE_NEWIPC));
		} else {
			shm_dev = shm_instance();
			EXPECT_LE(0, shm_dev);
		}
		EXPECT_EQ(0, setresuid(-1, 1, -1));
		id = shm->get(KEY, PAGE, IPC_CREAT | 0);
		EXPECT_LE(0, id);
		EXPECT_EQ(-1, attach(id, 0));
		EXPECT_EQ(0, setresuid(-1, 0, -1));
		EXPECT_EQ(0, attach(id, 0));
		ds = shm_ds(id);
		EXPECT_EQ(1, ds.shm_perm.uid);
		ds.shm_perm.mode = 0600;
		EXPECT_EQ(0, shm->ctl(id, IPC_SET, &ds));
		EXPECT_EQ(0, shm_remove(id));
		child_exit();
	}
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, shm_used());
}

TEST_HARNESS_MAIN
