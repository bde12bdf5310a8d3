// SPDX-License-Identifier: GPL-2.0
/*
 * Class 7: who may do what with a message queue. The full matrix of users, groups,
 * capabilities, modes and calls, compared with the rules of sysvipc(7), for the kernel's
 * own queues and for kipc's.
 */
#include "actors.h"
#include "msg_fixture.h"

#define KEY 0x6b697063

#define READ	4
#define WRITE	2

/* --- the calls; the queue is empty and has room for one byte */

static int stat_by(int id, int cmd)
{
	struct msqid_ds ds;

	if (cmd != IPC_STAT)
		id = msg_index(id);
	return msg->ctl(id, cmd, &ds) < 0 ? -1 : 0;
}

/* The error that it must be in the end if the call is allowed is as good as none. */
static int but_for(int ret, int error)
{
	return ret == -1 && errno == error ? 0 : -1;
}

static int receive_by(int id, long type, int flags)
{
	return but_for(msg_receive_tag(id, type, flags | IPC_NOWAIT) < 0 ? -1 : 0, ENOMSG);
}

/* The way to a descriptor, which only kipc has. */
static int open_by(int id, unsigned int flags)
{
	int fd = msg_open_on(msg_dev, id, flags);

	return fd < 0 ? -1 : close(fd);
}

/* --- all that leave the queue as it is */

static void try_all(struct verdicts *v, int id)
{
	bool read = may_access(v->actor, v->mode, READ);
	bool write = may_access(v->actor, v->mode, WRITE);

	verdict(v, "IPC_STAT", stat_by(id, IPC_STAT), read, EACCES);
	verdict(v, "MSG_STAT", stat_by(id, MSG_STAT), read, EACCES);
	verdict(v, "MSG_STAT_ANY", stat_by(id, MSG_STAT_ANY), true, 0);
	verdict(v, "receive", receive_by(id, 0, 0), read, EACCES);
	verdict(v, "receive a type", receive_by(id, 1, MSG_NOERROR), read, EACCES);
	verdict(v, "receive the lowest", receive_by(id, -1, 0), read, EACCES);
	verdict(v, "receive another", receive_by(id, 1, MSG_EXCEPT), read, EACCES);
	verdict(v, "copy", receive_by(id, 0, MSG_COPY), read, EACCES);
	verdict(v, "send", but_for(msg_put(id, 1, 1), EAGAIN), write, EACCES);
	if (msg != &msg_kipc)
		return;
	verdict(v, "open", open_by(id, 0), read && write, EACCES);
	verdict(v, "open to receive", open_by(id, KIPC_MSG_RDONLY), read, EACCES);
	verdict(v, "open to send", open_by(id, KIPC_MSG_WRONLY), write, EACCES);
}

static int queue_get(int flags)
{
	return msg->get(KEY, flags);
}

static int queue_set(int id, uid_t uid, gid_t gid, unsigned int mode)
{
	return msg_set(id, uid, gid, mode, 1);
}

static int queue_perm(int id, struct ipc_perm *perm)
{
	struct msqid_ds ds;
	int ret = msg_stat(id, &ds);

	*perm = ds.msg_perm;
	return ret;
}

static int queue_use(int id)
{
	return receive_by(id, 0, 0);
}

static int queue_instance(void)
{
	if (msg == &msg_native)
		return unshare(CLONE_NEWIPC);
	msg_dev = msg_instance();
	return msg_dev < 0 ? -1 : 0;
}

static const struct kind queue = {
	.get = queue_get,
	.set = queue_set,
	.remove = msg_rmid,
	.perm = queue_perm,
	.use = queue_use,
	.try_all = try_all,
	.enter_instance = queue_instance,
};

TEST_F_TIMEOUT(msg, every_call_obeys_the_whole_matrix_of_user_group_mode_and_capability, 240)
{
	whole_matrix_is_obeyed(_metadata, &queue);
}

TEST_F(msg, only_owner_creator_and_administrator_set_and_remove)
{
	few_set_and_remove(_metadata, &queue);
}

TEST_F(msg, creator_keeps_control_of_what_was_given_away)
{
	creator_keeps_control(_metadata, &queue);
}

/* What was refused has changed nothing, what was allowed is done. */
TEST_F(msg, refused_calls_change_nothing)
{
	struct actor stranger = actors[7];
	struct msqid_ds ds;
	int id;

	id = made_by_creator(&queue);
	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(0, msg_put(id, 2, 2));
	/* only to receive */
	ASSERT_EQ(0, msg_set(id, OWNER_UID, OWNER_GID, 0664, MSGMNB));
	ds = msg_ds(id);
	ASSERT_EQ(0, act(&stranger));
	EXPECT_EQ(-1, msg_send_tag(id, 3, 3, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, msg_set(id, STRANGER_UID, STRANGER_GID, 0666, 1));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, msg_rmid(id));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, act_end());
	EXPECT_TRUE(msg_unchanged(id, &ds));
	ASSERT_EQ(0, act(&stranger));
	EXPECT_EQ(1, msg_take(id, 0));
	ASSERT_EQ(0, act_end());

	/* only to send */
	ASSERT_EQ(0, msg_set(id, OWNER_UID, OWNER_GID, 0662, MSGMNB));
	ds = msg_ds(id);
	ASSERT_EQ(0, act(&stranger));
	EXPECT_EQ(-1, msg_receive_tag(id, 0, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, msg_peek(id, 0));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, act_end());
	EXPECT_TRUE(msg_unchanged(id, &ds));
	ASSERT_EQ(0, act(&stranger));
	EXPECT_EQ(0, msg_send_tag(id, 3, 3, 0));
	ASSERT_EQ(0, act_end());
	EXPECT_TRUE(MSG_TAGS(id, 2, 3));
	EXPECT_EQ(0, msg_rmid(id));
}

/* As far as a caller can tell two errors apart, the kernel's order is kept. */
TEST_F(msg, order_of_errors_is_the_kernels)
{
	struct actor stranger = actors[7];
	int id;

	id = made_by_creator(&queue);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, give_to_owner(&queue, id, 0600));
	ASSERT_EQ(0, act(&stranger));
	/* get: is it there, permission */
	EXPECT_EQ(-1, msg->get(KEY, IPC_CREAT | IPC_EXCL | 0400));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, msg->get(KEY, 0400));
	EXPECT_EQ(EACCES, errno);
	/* send: size and type, address, id, permission, and only then room */
	EXPECT_EQ(-1, msg_send(id, 0, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg->send(id + 1, nowhere(), 8, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, msg->send(id, nowhere(), 8, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, msg_put(id + 1, 1, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_put(id, 1, 1));
	EXPECT_EQ(EACCES, errno);
	/* receive: size and flags, id, permission, is there one; what is in memory last */
	EXPECT_EQ(-1, msg->receive(id, nowhere(), SIZE_MAX, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_receive_tag(id, 0, MSG_COPY));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg->receive(id + 1, nowhere(), 8, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg->receive(id, nowhere(), 8, 0, 0));
	EXPECT_EQ(EACCES, errno);
	/* SET: id, owner, size, new owner */
	EXPECT_EQ(-1, msg_set(id + 1, -1, -1, 0, MSGMNB + 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_set(id, -1, -1, 0, 1));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, act_end());
	EXPECT_EQ(-1, msg_set(id, -1, -1, 0, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_put(id, 1, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, msg->receive(id, nowhere(), 8, 0, IPC_NOWAIT));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(0, msg_set(id, 0, 0, 0600, 8));
	EXPECT_EQ(0, msg_send(id, 1, 8, 0));
	EXPECT_EQ(-1, msg->receive(id, nowhere(), 7, 0, 0));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, msg->receive(id, nowhere(), 7, 2, IPC_NOWAIT));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(1, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- user namespaces */

TEST_F(msg, capabilities_of_a_user_namespace_have_no_power_over_an_instance_outside)
{
	struct msqid_ds ds;
	pid_t pid;
	int id;

	id = msg->get(KEY, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	ds = msg_ds(id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		/* all capabilities, but not those that count */
		EXPECT_EQ(-1, msg->get(KEY, 0400));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, msg_put(id, 1, 1));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, msg_take(id, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, msg_peek(id, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, stat_by(id, IPC_STAT));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, msg_set(id, 0, 0, 0666, 1));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, msg_rmid(id));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(msg_unchanged(id, &ds));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, users_are_those_of_the_namespace_of_who_asks)
{
	users_are_the_askers(_metadata, &queue);
}

/* An instance of the namespace: its capabilities rule there, and only there. */
TEST_F(msg, capabilities_count_in_an_instance_of_their_own_namespace)
{
	capabilities_count_at_home(_metadata, &queue);
}

TEST_HARNESS_MAIN
