/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Users of every relation to an object with an id, for tests of class 7: who may do what,
 * by the rules of sysvipc(7), and whether it was so.
 */
#ifndef KIPC_ACTORS_H
#define KIPC_ACTORS_H

#include "mounts.h"

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

#endif /* KIPC_ACTORS_H */
