// SPDX-License-Identifier: GPL-2.0
/*
 * Class 7: who may do what with a signal queue. The full matrix of users, groups,
 * capabilities, modes and calls, compared with the rules of sysvipc(7): to read is to
 * subscribe, to write is to send.
 */
#include "actors.h"
#include "sig_kind.h"

#define KEY	0x6b697063
#define SIG	(KIPC_SIG_RTMIN + 5)
#define READ	4
#define WRITE	2

/* --- the calls, which leave the queue as it is */

static int close_if_open(int fd)
{
	return fd < 0 ? -1 : close(fd);
}

static int stat_by(int id, unsigned int flags)
{
	struct kipc_sig_stat stat = {
		.perm.id = flags & KIPC_STAT_INDEX ? id & 0xfffff : id, .flags = flags,
	};

	return ioctl(kind_dev, KIPC_IOC_SIG_STAT, &stat);
}

static void try_all(struct verdicts *v, int id)
{
	bool read = may_access(v->actor, v->mode, READ);
	bool write = may_access(v->actor, v->mode, WRITE);

	verdict(v, "stat", stat_by(id, 0), read, EACCES);
	verdict(v, "stat by index", stat_by(id, KIPC_STAT_INDEX), read, EACCES);
	verdict(v, "stat of any", stat_by(id, KIPC_STAT_INDEX | KIPC_STAT_ANY), true, 0);
	verdict(v, "ask to send", sigq_send(kind_dev, id, GROUP, 0, 0, 0), write, EACCES);
	verdict(v, "send", sigq_send(kind_dev, id, GROUP, SIGUSR1, 0, 0), write, EACCES);
	verdict(v, "open", close_if_open(sigq_open(kind_dev, id, 0)), write, EACCES);
	verdict(v, "subscribe", close_if_open(sub_new(kind_dev, id, NULL)), read, EACCES);
}

static int queue_get(int flags)
{
	return kind_get(KEY, flags);
}

static int queue_set(int id, uid_t uid, gid_t gid, unsigned int mode)
{
	return sigq_set(kind_dev, id, uid, gid, mode, 1);
}

static int queue_perm(int id, struct ipc_perm *perm)
{
	struct kipc_sig_stat stat = { .perm.id = id };

	if (ioctl(kind_dev, KIPC_IOC_SIG_STAT, &stat))
		return -1;
	memset(perm, 0, sizeof(*perm));
	perm->uid = stat.perm.uid;
	perm->gid = stat.perm.gid;
	perm->cuid = stat.perm.cuid;
	perm->cgid = stat.perm.cgid;
	perm->mode = stat.perm.mode;
	return 0;
}

static int queue_use(int id)
{
	return close_if_open(sub_new(kind_dev, id, NULL));
}

static int queue_instance(void)
{
	kind_dev = sigq_instance();
	return kind_dev < 0 ? -1 : 0;
}

static const struct kind queue = {
	.get = queue_get,
	.set = queue_set,
	.remove = kind_remove,
	.perm = queue_perm,
	.use = queue_use,
	.try_all = try_all,
	.enter_instance = queue_instance,
};

TEST_F_TIMEOUT(sigq, every_call_obeys_the_whole_matrix_of_user_group_mode_and_capability, 240)
{
	kind_dev = self->dev;
	whole_matrix_is_obeyed(_metadata, &queue);
}

TEST_F_TIMEOUT(sigq, only_owner_creator_and_administrator_set_and_remove, 60)
{
	kind_dev = self->dev;
	few_set_and_remove(_metadata, &queue);
}

TEST_F(sigq, creator_keeps_control_of_what_was_given_away)
{
	kind_dev = self->dev;
	creator_keeps_control(_metadata, &queue);
}

/* --- descriptors */

TEST_F(sigq, descriptors_do_what_was_allowed_when_they_were_made)
{
	__u32 number;
	int sub, fd;
	pid_t pid;

	/* to subscribe, not to send */
	ASSERT_EQ(0, sigq_set(self->fd, SELF, 0, 0, 0604, SIGQMAX));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		sub = sub_new(self->dev, self->id, &number);
		EXPECT_LE(0, sub);
		EXPECT_EQ(-1, sigq_put(sub, GROUP, SIG, 1));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sigq_put(sub, number, SIG, 1));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sigq_put(sub, number, 0, 1));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sigq_open(self->dev, self->id, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sigq_open(sub, SELF, 0));
		EXPECT_EQ(EACCES, errno);
		/* nor later, when it may by id, by the same descriptor */
		EXPECT_EQ(-1, sigq_set(sub, SELF, OTHER_UID, OTHER_UID, 0666, 1));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, sigq_remove(sub, SELF));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(0, sigq_put(self->fd, number, SIG, 7));
		EXPECT_EQ(SIG, sub_read_one(sub));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	/* to send, not to subscribe */
	ASSERT_EQ(0, sigq_set(self->fd, SELF, 0, 0, 0602, SIGQMAX));
	sub = sub_new(self->dev, self->id, &number);
	ASSERT_LE(0, sub);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		fd = sigq_open(self->dev, self->id, 0);
		EXPECT_LE(0, fd);
		EXPECT_EQ(0, sigq_put(fd, GROUP, SIG, 1));
		EXPECT_EQ(0, sigq_send(self->dev, self->id, number, SIG, 0, 1));
		EXPECT_EQ(-1, sub_new(self->dev, self->id, NULL));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sub_new(fd, SELF, NULL));
		EXPECT_EQ(EACCES, errno);
		EXPECT_FALSE(sigq_exists(self->dev, self->id));
		EXPECT_EQ(EACCES, errno);
		/* what is sent on a descriptor is not checked again */
		EXPECT_EQ(0, sigq_put(self->fd, GROUP, 0, 0));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	/* once allowed, whatever the mode is then */
	fd = sigq_open(self->dev, self->id, 0);
	ASSERT_EQ(0, sigq_set(self->fd, SELF, 0, 0, 0, SIGQMAX));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, sigq_put(fd, GROUP, SIG, 1));
		EXPECT_EQ(0, sigq_put(sub, number, SIG, 1));
		EXPECT_EQ(4, sub_drain(sub));
		EXPECT_EQ(-1, sigq_open(fd, SELF, 0));
		EXPECT_EQ(EACCES, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	close(fd);
	close(sub);
}

TEST_F(sigq, refused_calls_change_nothing)
{
	struct actor stranger = actors[7];
	struct kipc_sig_stat stat, now;
	int sub;

	all_caps = caps_permitted();
	sub = sub_new(self->dev, self->id, NULL);
	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	ASSERT_EQ(0, sigq_set(self->fd, SELF, 0, 0, 0600, SIGQMAX));
	stat = sigq_stat(self->fd, SELF);
	ASSERT_EQ(0, act(&stranger));
	EXPECT_EQ(-1, sigq_send(self->dev, self->id, GROUP, SIG, 0, 1));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sub_new(self->dev, self->id, NULL));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sigq_set(self->dev, self->id, STRANGER_UID, STRANGER_GID, 0666, 1));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, sigq_remove(self->dev, self->id));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, act_end());
	now = sigq_stat(self->fd, SELF);
	EXPECT_EQ(0, memcmp(&stat, &now, sizeof(now)));
	close(sub);
}

TEST_F(sigq, limit_above_sigqmax_needs_the_capability)
{
	pid_t pid;
	int id;

	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		id = sigq_get(self->dev, KEY, KIPC_GET_CREAT, 0600);
		EXPECT_LE(0, id);
		EXPECT_EQ(0, sigq_set(self->dev, id, OTHER_UID, OTHER_UID, 0600, SIGQMAX));
		EXPECT_EQ(-1, sigq_set(self->dev, id, OTHER_UID, OTHER_UID, 0640, SIGQMAX + 1));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(0600, sigq_stat(self->dev, id).perm.mode);
		EXPECT_EQ(SIGQMAX, sigq_stat(self->dev, id).limit);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	id = sigq_get(self->dev, KEY, 0, 0);
	EXPECT_EQ(0, sigq_set(self->dev, id, 0, 0, 0600, SIGQMAX + 1));
	EXPECT_EQ(SIGQMAX + 1, sigq_stat(self->dev, id).limit);
	EXPECT_EQ(-1, sigq_set(self->dev, id, -1, 0, 0600, 5));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(SIGQMAX + 1, sigq_stat(self->dev, id).limit);
	EXPECT_EQ(0, sigq_remove(self->dev, id));
}

/* --- namespaces */

TEST_F(sigq, capabilities_of_a_user_namespace_have_no_power_over_an_instance_outside)
{
	struct kipc_sig_stat stat, now;
	pid_t pid;
	int own;

	kind_dev = self->dev;
	ASSERT_EQ(0, sigq_set(self->fd, SELF, 0, 0, 0600, 5));
	stat = sigq_stat(self->fd, SELF);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		/* all capabilities, but not those that count */
		EXPECT_EQ(-1, sigq_send(self->dev, self->id, GROUP, SIG, 0, 1));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sub_new(self->dev, self->id, NULL));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sigq_open(self->dev, self->id, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, stat_by(self->id, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sigq_set(self->dev, self->id, 0, 0, 0666, 1));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, sigq_remove(self->dev, self->id));
		EXPECT_EQ(EPERM, errno);
		/* nor for what is its own */
		own = sigq_get(self->dev, KIPC_KEY_PRIVATE, KIPC_GET_CREAT | KIPC_GET_AUTOREMOVE,
			       0600);
		EXPECT_LE(0, own);
		EXPECT_EQ(-1, sigq_set(self->dev, own, 0, 0, 0600, SIGQMAX + 1));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, child_wait(pid));
	now = sigq_stat(self->fd, SELF);
	EXPECT_EQ(0, memcmp(&stat, &now, sizeof(now)));
}

TEST_F(sigq, users_are_those_of_the_namespace_of_who_asks)
{
	kind_dev = self->dev;
	users_are_the_askers(_metadata, &queue);
}

TEST_F(sigq, capabilities_count_in_an_instance_of_their_own_namespace)
{
	kind_dev = self->dev;
	capabilities_count_at_home(_metadata, &queue);
}

TEST_F(sigq, sender_is_told_in_the_terms_of_who_takes_it)
{
	struct signalfd_siginfo info;
	struct kipc_sig_wait got;
	pid_t pid, sender;
	int sub, i;

	sub = sub_new(self->dev, self->id, NULL);
	ASSERT_LE(0, sub);
	for (i = 0; i < 4; i++) {
		sender = child_fork();
		if (!sender)
			_exit(become(i % 2 ? OTHER_UID : STRANGER_UID) ||
			      sigq_put(self->fd, GROUP, SIG, i));
		EXPECT_EQ(0, child_wait(sender));
	}
	/* as this one sees it; it has ended, but that was its number */
	EXPECT_EQ(SIG, sub_take_info(sub, ALL, &got));
	EXPECT_EQ(STRANGER_UID, (int)got.uid);
	pid = child_fork();
	if (!pid) {
		/* from another user namespace: 0 is OTHER_UID there, the stranger is nobody */
		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(1, sub_read(sub, &info, 1));
		EXPECT_EQ(0, info.ssi_uid);
		EXPECT_EQ(SIG, sub_take_info(sub, ALL, &got));
		EXPECT_EQ(65534, got.uid);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(SIG, sub_take_info(sub, ALL, &got));
	EXPECT_EQ(OTHER_UID, (int)got.uid);
	close(sub);
}

TEST_F(sigq, processes_are_told_in_the_pid_namespace_of_who_takes_it)
{
	struct signalfd_siginfo info;
	struct kipc_sig_wait got;
	int sub = sub_new(self->dev, self->id, NULL);
	pid_t pid, inner;

	ASSERT_LE(0, sub);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWPID));
		EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
		EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG + 1, 1));
		inner = fork();
		if (!inner) {
			/* who is outside has no number in here; the first in here has 1 */
			EXPECT_EQ(SIG, sub_take_info(sub, BIT_OF(SIG), &got));
			EXPECT_EQ(0, got.pid);
			EXPECT_EQ(1, sub_read(sub, &info, 1));
			EXPECT_EQ(0, info.ssi_pid);
			EXPECT_EQ(0, sigq_stat(self->fd, SELF).lspid);
			EXPECT_EQ(1, sigq_stat(self->fd, SELF).lrpid);
			EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
			EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 3));
			EXPECT_EQ(SIG, sub_take_info(sub, BIT_OF(SIG), &got));
			EXPECT_EQ(1, got.pid);
			child_exit();
		}
		EXPECT_EQ(0, child_wait(inner));
		EXPECT_EQ(SIG, sub_take_info(sub, BIT_OF(SIG), &got));
		EXPECT_EQ(inner, got.pid);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	close(sub);
}

TEST_HARNESS_MAIN
