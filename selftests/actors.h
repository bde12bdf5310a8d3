/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Users of every relation to an object with an id, for tests of class 7: who may do what,
 * by the rules of sysvipc(7), and whether it was so.
 */
#ifndef KIPC_ACTORS_H
#define KIPC_ACTORS_H

#include "mounts.h"

#include <sys/ipc.h>

/* The object was made by one and belongs to the other. */
#define CREATOR_UID	1000
#define CREATOR_GID	1100
#define OWNER_UID	1001
#define OWNER_GID	1101
#define STRANGER_UID	1002
#define STRANGER_GID	1102

struct actor {
	const char *name;
	uid_t uid;
	gid_t gid;
	/* a supplementary group, if not 0 */
	gid_t group;
	/* the only capability, if not -1 */
	int cap;
};

static const struct actor actors[] = {
	{ "creator", CREATOR_UID, STRANGER_GID, 0, -1 },
	{ "owner", OWNER_UID, STRANGER_GID, 0, -1 },
	{ "owner in the group", OWNER_UID, OWNER_GID, 0, -1 },
	{ "member of the owner's group", STRANGER_UID, OWNER_GID, 0, -1 },
	{ "member of the creator's group", STRANGER_UID, CREATOR_GID, 0, -1 },
	{ "further member of the owner's group", STRANGER_UID, STRANGER_GID, OWNER_GID, -1 },
	{ "further member of the creator's group", STRANGER_UID, STRANGER_GID, CREATOR_GID, -1 },
	{ "stranger", STRANGER_UID, STRANGER_GID, 0, -1 },
	{ "stranger with CAP_IPC_OWNER", STRANGER_UID, STRANGER_GID, 0, CAP_IPC_OWNER },
	{ "stranger with CAP_SYS_ADMIN", STRANGER_UID, STRANGER_GID, 0, CAP_SYS_ADMIN },
	{ "stranger with CAP_IPC_LOCK", STRANGER_UID, STRANGER_GID, 0, CAP_IPC_LOCK },
	{ "stranger with CAP_DAC_OVERRIDE", STRANGER_UID, STRANGER_GID, 0, CAP_DAC_OVERRIDE },
	{ "stranger with CAP_FOWNER", STRANGER_UID, STRANGER_GID, 0, CAP_FOWNER },
	{ "root without capabilities", 0, 0, 0, -1 },
};

static inline int caps_set(unsigned long long effective, unsigned long long permitted)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = effective, .permitted = permitted },
		{ .effective = effective >> 32, .permitted = permitted >> 32 },
	};

	return syscall(SYS_capset, &head, data);
}

static inline unsigned long long caps_permitted(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return 0;
	return data[1].permitted * (1ULL << 32) + data[0].permitted;
}

static unsigned long long all_caps;

/* Act as @actor until act_end(). The capabilities stay within reach. */
static inline int act(const struct actor *actor)
{
	if (syscall(SYS_setgroups, !!actor->group, &actor->group) ||
	    setresgid(-1, actor->gid, -1) || setresuid(-1, actor->uid, -1))
		return -1;
	return caps_set(actor->cap < 0 ? 0 : 1ULL << actor->cap, all_caps);
}

static inline int act_end(void)
{
	if (caps_set(all_caps, all_caps) || setresuid(-1, 0, -1) || setresgid(-1, 0, -1))
		return -1;
	return caps_set(all_caps, all_caps);
}

/* --- the rules */

static inline bool in_group(const struct actor *actor, gid_t gid)
{
	return actor->gid == gid || actor->group == gid;
}

static inline bool owns(const struct actor *actor)
{
	return actor->uid == OWNER_UID || actor->uid == CREATOR_UID;
}

/* Whether @actor may have the accesses @want, three bits, of an object with @mode. */
static inline bool may_access(const struct actor *actor, unsigned int mode, unsigned int want)
{
	unsigned int class = 0;

	if (owns(actor))
		class = 6;
	else if (in_group(actor, OWNER_GID) || in_group(actor, CREATOR_GID))
		class = 3;
	return actor->cap == CAP_IPC_OWNER || !(want & ~(mode >> class) & 7);
}

static inline bool may_control(const struct actor *actor)
{
	return owns(actor) || actor->cap == CAP_SYS_ADMIN;
}

/* --- what came out */

struct verdicts {
	struct __test_metadata *_metadata;
	const struct actor *actor;
	unsigned int mode;
	int checked;
	int allowed;
};

static inline void verdict(struct verdicts *v, const char *what, int ret, bool may, int error)
{
	struct __test_metadata *_metadata = v->_metadata;

	v->checked++;
	v->allowed += ret == 0;
	if (may) {
		EXPECT_EQ(0, ret)
			TH_LOG("%s is refused to %s by mode %04o: %s", what, v->actor->name,
			       v->mode, strerror(errno));
	} else {
		EXPECT_EQ(-1, ret)
			TH_LOG("%s is allowed to %s by mode %04o", what, v->actor->name, v->mode);
		EXPECT_EQ(error, errno)
			TH_LOG("%s by %s with mode %04o", what, v->actor->name, v->mode);
	}
}

/* --- what is the same for all kinds of objects */

struct kind {
	/* shmget() and the like, with always the same key */
	int (*get)(int flags);
	int (*set)(int id, uid_t uid, gid_t gid, unsigned int mode);
	int (*remove)(int id);
	/* owner, creator and mode; or -1 */
	int (*perm)(int id, struct ipc_perm *perm);
	/* something that is EACCES without permission, and succeeds with it */
	int (*use)(int id);
	/* the verdicts on all calls that leave an object as it is, but for get() */
	void (*try_all)(struct verdicts *v, int id);
	/* have the calls go to a new instance of the caller's user namespace */
	int (*enter_instance)(void);
};

static inline int made_by_creator(const struct kind *kind)
{
	static const struct actor creator = { "creator", CREATOR_UID, CREATOR_GID, 0, -1 };
	int id;

	all_caps = all_caps ?: caps_permitted();
	if (act(&creator))
		return -1;
	id = kind->get(IPC_CREAT | IPC_EXCL | 0600);
	return act_end() ? -1 : id;
}

static inline int give_to_owner(const struct kind *kind, int id, unsigned int mode)
{
	return kind->set(id, OWNER_UID, OWNER_GID, mode);
}

/* End to act, but keep the error of what was done. */
static inline int act_end_quietly(void)
{
	int error = errno, ret = act_end();

	errno = error;
	return ret;
}

/* The same bits in each place mean the same. */
static inline void try_get(struct verdicts *v, const struct kind *kind)
{
	unsigned int bits, k;
	char what[32];

	for (bits = 0; bits < 8; bits++) {
		bool may = may_access(v->actor, v->mode, bits);

		snprintf(what, sizeof(what), "get for %u", bits);
		for (k = 0; k < 3; k++)
			verdict(v, what, kind->get(bits << 3 * k | (k == 1 ? IPC_CREAT : 0)) < 0 ?
				-1 : 0, may, EACCES);
	}
}

static inline void whole_matrix_is_obeyed(struct __test_metadata *_metadata,
					  const struct kind *kind)
{
	struct verdicts v = { ._metadata = _metadata };
	struct ipc_perm perm;
	int id;

	id = made_by_creator(kind);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, give_to_owner(kind, id, 0));
	ASSERT_EQ(0, kind->perm(id, &perm));
	EXPECT_EQ(CREATOR_UID, perm.cuid);
	EXPECT_EQ(CREATOR_GID, perm.cgid);
	EXPECT_EQ(OWNER_UID, perm.uid);
	EXPECT_EQ(OWNER_GID, perm.gid);
	for (v.actor = actors; v.actor < actors + ARRAY_SIZE(actors); v.actor++) {
		for (v.mode = 0; v.mode < 01000; v.mode++) {
			ASSERT_EQ(0, give_to_owner(kind, id, v.mode));
			ASSERT_EQ(0, act(v.actor));
			try_get(&v, kind);
			kind->try_all(&v, id);
			ASSERT_EQ(0, act_end());
		}
	}
	printf("# %d verdicts, %d of them allow it\n", v.checked, v.allowed);
	fflush(stdout);
	EXPECT_EQ(0, kind->remove(id));
}

static inline void few_set_and_remove(struct __test_metadata *_metadata, const struct kind *kind)
{
	static const unsigned int modes[] = { 0, 0200, 0600, 0666, 0777 };
	struct verdicts v = { ._metadata = _metadata };
	struct ipc_perm now;
	int id, ret;
	size_t i;

	for (v.actor = actors; v.actor < actors + ARRAY_SIZE(actors); v.actor++) {
		for (i = 0; i < ARRAY_SIZE(modes); i++) {
			v.mode = modes[i];
			id = made_by_creator(kind);
			ASSERT_LE(0, id);
			ASSERT_EQ(0, give_to_owner(kind, id, v.mode));
			ASSERT_EQ(0, act(v.actor));
			ret = kind->set(id, STRANGER_UID, OWNER_GID, v.mode ^ 0111);
			ASSERT_EQ(0, act_end_quietly());
			verdict(&v, "IPC_SET", ret, may_control(v.actor), EPERM);
			ASSERT_EQ(0, kind->perm(id, &now));
			EXPECT_EQ(ret ? v.mode : v.mode ^ 0111, now.mode);
			EXPECT_EQ(ret ? OWNER_UID : STRANGER_UID, now.uid);
			EXPECT_EQ(CREATOR_UID, now.cuid);

			ASSERT_EQ(0, give_to_owner(kind, id, v.mode));
			ASSERT_EQ(0, act(v.actor));
			ret = kind->remove(id);
			ASSERT_EQ(0, act_end_quietly());
			verdict(&v, "IPC_RMID", ret, may_control(v.actor), EPERM);
			EXPECT_EQ(ret, kind->perm(id, &now) ? 0 : -1);
			if (ret)
				EXPECT_EQ(0, kind->remove(id));
		}
	}
}

static inline void creator_keeps_control(struct __test_metadata *_metadata,
					 const struct kind *kind)
{
	const struct actor *creator = &actors[0], *owner = &actors[1];
	int id;

	id = made_by_creator(kind);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, give_to_owner(kind, id, 0600));
	ASSERT_EQ(0, act(owner));
	EXPECT_EQ(0, kind->set(id, STRANGER_UID, STRANGER_GID, 0600));
	/* the former owner has lost it */
	EXPECT_EQ(-1, kind->set(id, OWNER_UID, OWNER_GID, 0600));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, kind->use(id));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, act_end());
	ASSERT_EQ(0, act(creator));
	EXPECT_EQ(0, kind->use(id));
	EXPECT_EQ(0, kind->remove(id));
	ASSERT_EQ(0, act_end());
}

static inline void users_are_the_askers(struct __test_metadata *_metadata,
					const struct kind *kind)
{
	struct ipc_perm perm;
	pid_t pid;
	int id;

	id = kind->get(IPC_CREAT | 0644);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, kind->set(id, THIRD_UID, OTHER_UID, 0644));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(0, kind->perm(id, &perm));
		EXPECT_EQ(1, perm.uid);
		EXPECT_EQ(0, perm.gid);
		/* who has no number in here */
		EXPECT_EQ(65534, perm.cuid);
		EXPECT_EQ(65534, perm.cgid);
		EXPECT_EQ(0, setresuid(1, 1, 1));
		/* it is the owner's to set, but nobody's to name who is none here */
		EXPECT_EQ(-1, kind->set(id, 2, 0, 0644));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, kind->set(id, 0, 0, 0644));
		child_exit();
	}
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, kind->perm(id, &perm));
	EXPECT_EQ(OTHER_UID, perm.uid);
	EXPECT_EQ(0, perm.cuid);
	EXPECT_EQ(0, kind->remove(id));
}

static inline void capabilities_count_at_home(struct __test_metadata *_metadata,
					      const struct kind *kind)
{
	struct ipc_perm perm;
	pid_t pid;
	int id;

	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(0, kind->enter_instance());
		EXPECT_EQ(0, setresuid(-1, 1, -1));
		id = kind->get(IPC_CREAT | 0);
		EXPECT_LE(0, id);
		EXPECT_EQ(-1, kind->use(id));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(0, setresuid(-1, 0, -1));
		EXPECT_EQ(0, kind->use(id));
		EXPECT_EQ(0, kind->perm(id, &perm));
		EXPECT_EQ(1, perm.uid);
		EXPECT_EQ(0, kind->set(id, 0, 0, 0600));
		EXPECT_EQ(0, kind->remove(id));
		child_exit();
	}
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, child_wait(pid));
}

#endif /* KIPC_ACTORS_H */
