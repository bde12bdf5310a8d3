// SPDX-License-Identifier: GPL-2.0
/*
 * What msgctl(2) does: each command, what it tells and changes and what not, and its
 * errors. What IPC_SET and IPC_RMID do to sleepers is in msg_wait_test.
 */
#include "actors.h"
#include "msg_fixture.h"

#define KEY 0x6b697063

/* --- times, processes and numbers */

TEST_F(msg, sending_and_receiving_are_recorded)
{
	int id = msg_new(), status;
	struct msqid_ds ds, made;
	time_t since;
	pid_t pid;

	ASSERT_LE(0, id);
	made = msg_ds(id);
	EXPECT_EQ(0, made.msg_stime);
	EXPECT_EQ(0, made.msg_rtime);
	EXPECT_EQ(0, made.msg_lspid);
	EXPECT_EQ(0, made.msg_lrpid);
	since = next_second();
	EXPECT_EQ(0, msg_send(id, 1, 100, 0));
	pid = child_fork();
	if (!pid)
		_exit(msg_send(id, 2, 200, 0) ? errno : 0);
	EXPECT_EQ(0, child_wait(pid));
	ds = msg_ds(id);
	EXPECT_EQ(2, ds.msg_qnum);
	EXPECT_EQ(300, ds.msg_cbytes);
	EXPECT_EQ(pid, ds.msg_lspid);
	EXPECT_EQ(0, ds.msg_lrpid);
	EXPECT_LE(since, ds.msg_stime);
	EXPECT_GE(time(NULL), ds.msg_stime);
	EXPECT_EQ(0, ds.msg_rtime);
	EXPECT_EQ(made.msg_ctime, ds.msg_ctime);

	since = next_second();
	pid = child_fork();
	if (!pid)
		_exit(!msg_arrives(id, 2, 200));
	EXPECT_EQ(0, child_wait(pid));
	made = ds;
	ds = msg_ds(id);
	EXPECT_EQ(1, ds.msg_qnum);
	EXPECT_EQ(100, ds.msg_cbytes);
	EXPECT_EQ(pid, ds.msg_lrpid);
	EXPECT_LE(since, ds.msg_rtime);
	EXPECT_GE(time(NULL), ds.msg_rtime);
	EXPECT_EQ(made.msg_lspid, ds.msg_lspid);
	EXPECT_EQ(made.msg_stime, ds.msg_stime);
	EXPECT_EQ(made.msg_ctime, ds.msg_ctime);

	/* what fails, and what only looks, is not */
	next_second();
	EXPECT_EQ(-1, msg_send(id, 0, 1, 0));
	EXPECT_EQ(-1, msg_send(id, 1, 8193, 0));
	EXPECT_EQ(-1, msg_take(id, 7));
	EXPECT_EQ(-1, msg_take(id, 0));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, msg_peek(id, 0));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(0, msg_set_qbytes(id, 120));
	ds.msg_qbytes = 120;
	ds.msg_ctime = msg_ds(id).msg_ctime;
	EXPECT_EQ(-1, msg_send(id, 1, 21, IPC_NOWAIT));
	pid = msg_big_sender(id, 1, 21);
	status = child_kill(pid);
	EXPECT_EQ(128 + SIGKILL, status);
	EXPECT_TRUE(msg_unchanged(id, &ds));
	EXPECT_EQ(0, msg_rmid(id));
}

/* Whoever makes it happen: it is the sleeper's call that is done, at that time. */
TEST_F(msg, calls_that_slept_are_recorded_when_they_are_done)
{
	int id = msg_new_of(4);
	struct msqid_ds ds;
	time_t since;
	pid_t pid;

	ASSERT_LE(0, id);
	pid = msg_receiver(id, 1, 0);
	since = next_second();
	EXPECT_EQ(0, msg_put(id, 1, 1));
	ds = msg_ds(id);
	EXPECT_EQ(0, ds.msg_qnum);
	EXPECT_EQ(getpid(), ds.msg_lspid);
	EXPECT_EQ(pid, ds.msg_lrpid);
	EXPECT_LE(since, ds.msg_stime);
	EXPECT_LE(since, ds.msg_rtime);
	EXPECT_EQ(GOT(1), child_wait(pid));

	EXPECT_EQ(0, msg_put(id, 2, 2));
	pid = msg_sender(id, 3, 3);
	EXPECT_EQ(getpid(), msg_ds(id).msg_lspid);
	since = next_second();
	EXPECT_EQ(2, msg_take(id, 2));
	EXPECT_EQ(0, child_wait(pid));
	ds = msg_ds(id);
	EXPECT_EQ(1, ds.msg_qnum);
	EXPECT_EQ(pid, ds.msg_lspid);
	EXPECT_EQ(getpid(), ds.msg_lrpid);
	EXPECT_LE(since, ds.msg_stime);
	EXPECT_LE(since, ds.msg_rtime);
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, processes_are_those_of_the_namespace_of_who_asks)
{
	int id = msg_new(), status;
	pid_t pid, inner;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(0, msg_put(id, 2, 2));
	EXPECT_EQ(1, msg_take(id, 0));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWPID));
		inner = fork();
		if (!inner) {
			/* who was last has no number in here, we have the first */
			EXPECT_EQ(0, msg_ds(id).msg_lspid);
			EXPECT_EQ(0, msg_ds(id).msg_lrpid);
			EXPECT_EQ(2, msg_take(id, 0));
			EXPECT_EQ(1, msg_ds(id).msg_lrpid);
			EXPECT_EQ(0, msg_put(id, 3, 3));
			EXPECT_EQ(1, msg_ds(id).msg_lspid);
			child_exit();
		}
		EXPECT_EQ(inner, waitpid(inner, &status, 0));
		EXPECT_EQ(0, status);
		/* and here it is a number of this one, although it is gone */
		EXPECT_EQ(inner, msg_ds(id).msg_lspid);
		EXPECT_EQ(inner, msg_ds(id).msg_lrpid);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(1, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- IPC_SET */

TEST_F(msg, set_changes_owner_permissions_and_size_alone)
{
	int id = msg->get(KEY, IPC_CREAT | 0640);
	struct msqid_ds before, ds, now;
	time_t since;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(0, msg_put(id, 2, 2));
	EXPECT_EQ(1, msg_take(id, 0));
	before = msg_ds(id);
	since = next_second();
	memset(&ds, POISON, sizeof(ds));
	ds.msg_perm.uid = OTHER_UID;
	ds.msg_perm.gid = THIRD_UID;
	ds.msg_perm.mode = 07421;
	ds.msg_qbytes = 1234;
	ASSERT_EQ(0, msg->ctl(id, IPC_SET, &ds));
	now = msg_ds(id);
	EXPECT_EQ(OTHER_UID, now.msg_perm.uid);
	EXPECT_EQ(THIRD_UID, now.msg_perm.gid);
	EXPECT_EQ(0421, now.msg_perm.mode);
	EXPECT_EQ(1234, now.msg_qbytes);
	EXPECT_LE(since, now.msg_ctime);
	EXPECT_GE(time(NULL), now.msg_ctime);
	now.msg_perm.uid = before.msg_perm.uid;
	now.msg_perm.gid = before.msg_perm.gid;
	now.msg_perm.mode = before.msg_perm.mode;
	now.msg_qbytes = before.msg_qbytes;
	now.msg_ctime = before.msg_ctime;
	EXPECT_TRUE(msg_ds_same(&now, &before));
	EXPECT_TRUE(MSG_TAGS(id, 2));
	EXPECT_EQ(id, msg->get(KEY, 0));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, set_to_a_user_or_group_that_is_none_is_einval)
{
	int id = msg_new();
	struct msqid_ds ds;

	ASSERT_LE(0, id);
	ds = msg_ds(id);
	EXPECT_EQ(-1, msg_set(id, -1, 0, 0777, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_set(id, OTHER_UID, -1, 0777, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(msg_unchanged(id, &ds));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, queue_that_is_made_smaller_keeps_what_is_in_it)
{
	int id = msg_new();

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_send(id, 1, 60, 0));
	EXPECT_EQ(0, msg_send(id, 2, 60, 0));
	EXPECT_EQ(0, msg_set_qbytes(id, 50));
	EXPECT_EQ(120, msg_cbytes(id));
	EXPECT_EQ(-1, msg_send(id, 3, 0, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(msg_arrives(id, 1, 60));
	EXPECT_EQ(-1, msg_send(id, 3, 1, IPC_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(msg_arrives(id, 2, 60));
	EXPECT_EQ(0, msg_send(id, 3, 50, IPC_NOWAIT));
	EXPECT_EQ(-1, msg_send(id, 3, 1, IPC_NOWAIT));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, queue_may_be_as_large_as_can_be_said)
{
	int id = msg_new_of(SIZE_MAX), i;

	ASSERT_LE(0, id);
	EXPECT_EQ(SIZE_MAX, msg_ds(id).msg_qbytes);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, msg_send(id, 1 + i, MSGMAX, IPC_NOWAIT));
	EXPECT_EQ(10 * MSGMAX, msg_cbytes(id));
	EXPECT_TRUE(msg_arrives(id, 5, MSGMAX));
	EXPECT_EQ(0, msg_rmid(id));
}

/* Only with CAP_SYS_RESOURCE it may hold more than msgmnb; up to that the owner decides. */
TEST_F(msg, size_beyond_the_limit_needs_the_capability)
{
	static const struct actor owner = { "owner", OWNER_UID, OWNER_GID, 0, -1 };
	static const int useless[] = { CAP_SYS_ADMIN, CAP_IPC_OWNER, CAP_FOWNER };
	struct actor with = owner;
	struct msqid_ds ds;
	int id = msg_new();
	size_t i;

	all_caps = caps_permitted();
	ASSERT_LE(0, id);
	ASSERT_EQ(0, msg_set(id, OWNER_UID, OWNER_GID, 0600, 100));
	ASSERT_EQ(0, act(&owner));
	EXPECT_EQ(0, msg_set(id, OWNER_UID, OWNER_GID, 0600, MSGMNB));
	ds = msg_ds(id);
	EXPECT_EQ(-1, msg_set(id, STRANGER_UID, OWNER_GID, 0666, MSGMNB + 1));
	EXPECT_EQ(EPERM, errno);
	/* even to one that is not there */
	EXPECT_EQ(-1, msg_set(id, -1, OWNER_GID, 0666, MSGMNB + 1));
	EXPECT_EQ(EPERM, errno);
	EXPECT_TRUE(msg_unchanged(id, &ds));
	ASSERT_EQ(0, act_end());
	for (i = 0; i < ARRAY_SIZE(useless); i++) {
		with.cap = useless[i];
		ASSERT_EQ(0, act(&with));
		EXPECT_EQ(-1, msg_set(id, OWNER_UID, OWNER_GID, 0600, MSGMNB + 1));
		EXPECT_EQ(EPERM, errno);
		ASSERT_EQ(0, act_end());
	}
	EXPECT_TRUE(msg_unchanged(id, &ds));
	with.cap = CAP_SYS_RESOURCE;
	ASSERT_EQ(0, act(&with));
	EXPECT_EQ(0, msg_set(id, OWNER_UID, OWNER_GID, 0600, 100000));
	EXPECT_EQ(100000, msg_ds(id).msg_qbytes);
	ASSERT_EQ(0, act_end());
	/* without it what it has can be made less, but not kept */
	ASSERT_EQ(0, act(&owner));
	EXPECT_EQ(-1, msg_set(id, OWNER_UID, OWNER_GID, 0600, 100000));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, act_end());
	ASSERT_EQ(0, msg_limit_set("msgmnb", 50));
	ASSERT_EQ(0, act(&owner));
	EXPECT_EQ(-1, msg_set(id, OWNER_UID, OWNER_GID, 0600, 51));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(0, msg_set(id, OWNER_UID, OWNER_GID, 0600, 50));
	ASSERT_EQ(0, act_end());
	/* the capability does not replace ownership */
	with = (struct actor) { "stranger", STRANGER_UID, STRANGER_GID, 0, CAP_SYS_RESOURCE };
	ASSERT_EQ(0, act(&with));
	EXPECT_EQ(-1, msg_set(id, OWNER_UID, OWNER_GID, 0600, 10));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, act_end());
	EXPECT_EQ(50, msg_ds(id).msg_qbytes);
	EXPECT_EQ(0, msg_rmid(id));
}

/* The kernel wants the capability of the whole system, kipc that of the instance. */
TEST_F(msg, capability_counts_where_the_instance_belongs)
{
	int id = msg->get(KEY, IPC_CREAT | 0600);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, msg_set(id, OTHER_UID, OTHER_UID, 0600, 100));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		/* its owner, with all capabilities but not those that count */
		EXPECT_EQ(0, msg_set(id, 0, 0, 0600, 200));
		EXPECT_EQ(-1, msg_set(id, 0, 0, 0600, MSGMNB + 1));
		EXPECT_EQ(EPERM, errno);
		if (msg == &msg_native) {
			EXPECT_EQ(0, unshare(CLONE_NEWIPC));
		} else {
			msg_dev = msg_instance();
			EXPECT_LE(0, msg_dev);
		}
		id = msg_new();
		EXPECT_EQ(msg == &msg_native ? -1 : 0, msg_set(id, 0, 0, 0600, MSGMNB + 1));
		EXPECT_EQ(EPERM, msg == &msg_native ? errno : EPERM);
		EXPECT_EQ(0, msg_rmid(id));
		child_exit();
	}
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(200, msg_ds(id).msg_qbytes);
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- IPC_RMID */

TEST_F(msg, removed_queue_is_gone_for_every_call)
{
	int id = msg->get(KEY, IPC_CREAT | 0600);
	struct msqid_ds ds;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(1, msg_total());
	EXPECT_EQ(4, msg_total_bytes());
	EXPECT_EQ(0, msg_rmid(id));
	EXPECT_EQ(0, msg_used());
	EXPECT_EQ(0, msg_total());
	EXPECT_EQ(0, msg_total_bytes());
	EXPECT_EQ(-1, msg_rmid(id));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_put(id, 1, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_take(id, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_peek(id, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_stat(id, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_set(id, 0, 0, 0600, 100));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_stat_index(msg_index(id), &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_stat_any(msg_index(id), &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg->get(KEY, 0));
	EXPECT_EQ(ENOENT, errno);
}

/* --- by index, and all of them */

TEST_F(msg, stat_by_index_finds_every_queue_once)
{
	int ids[20], found[20] = { 0 }, i, k, id, max;
	struct msginfo info;
	struct msqid_ds ds;

	for (i = 0; i < 20; i++) {
		ids[i] = msg_new_of(1 + i);
		ASSERT_LE(0, ids[i]);
	}
	for (i = 0; i < 20; i += 3)
		EXPECT_EQ(0, msg_rmid(ids[i]));
	max = msg_info(MSG_INFO, &info);
	EXPECT_EQ(msg_index(ids[19]), max);
	for (i = 0; i <= max; i++) {
		memset(&ds, POISON, sizeof(ds));
		id = msg_stat_index(i, &ds);
		if (id < 0) {
			EXPECT_EQ(EINVAL, errno);
			EXPECT_EQ(-1, msg_stat_any(i, &ds));
			EXPECT_EQ(EINVAL, errno);
			continue;
		}
		EXPECT_EQ(i, msg_index(id));
		EXPECT_EQ(id, msg_stat_any(i, &ds));
		for (k = 0; k < 20; k++)
			if (ids[k] == id && ds.msg_qbytes == k + 1UL)
				found[k]++;
	}
	EXPECT_EQ(-1, msg_stat_index(max + 1, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_stat_index(-1, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_stat_any(-1, &ds));
	EXPECT_EQ(EINVAL, errno);
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(i % 3 ? 1 : 0, found[i]);
		if (i % 3)
			EXPECT_EQ(0, msg_rmid(ids[i]));
	}
}

TEST_F(msg, stat_by_index_looks_at_the_mode_and_stat_any_does_not)
{
	int id = msg->get(KEY, IPC_CREAT | 0200), index = msg_index(id);
	struct msqid_ds ds;
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		memset(&ds, POISON, sizeof(ds));
		EXPECT_EQ(-1, msg_stat_index(index, &ds));
		EXPECT_EQ(EACCES, errno);
		EXPECT_TRUE(is_all(&ds.msg_qnum, POISON, sizeof(ds.msg_qnum)));
		EXPECT_EQ(id, msg_stat_any(index, &ds));
		EXPECT_EQ(1, ds.msg_qnum);
		EXPECT_EQ(4, ds.msg_cbytes);
		EXPECT_EQ(KEY, ds.msg_perm.__key);
		EXPECT_EQ(0200, ds.msg_perm.mode);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, info_tells_limits_and_what_is_used)
{
	struct msginfo info;
	int a, b, max;

	EXPECT_EQ(0, msg_info(IPC_INFO, &info));
	EXPECT_EQ(32000, info.msgmni);
	EXPECT_EQ(MSGMAX, info.msgmax);
	EXPECT_EQ(MSGMNB, info.msgmnb);
	EXPECT_EQ(0, msg_info(MSG_INFO, &info));
	EXPECT_EQ(0, info.msgpool);
	EXPECT_EQ(0, info.msgmap);
	EXPECT_EQ(0, info.msgtql);

	a = msg_new();
	b = msg_new();
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_EQ(0, msg_send(a, 1, 100, 0));
	EXPECT_EQ(0, msg_send(b, 1, 30, 0));
	EXPECT_EQ(0, msg_send(b, 1, 0, 0));
	max = msg_index(b);
	EXPECT_EQ(max, msg_info(MSG_INFO, &info));
	EXPECT_EQ(2, info.msgpool);
	EXPECT_EQ(3, info.msgmap);
	EXPECT_EQ(130, info.msgtql);
	ASSERT_EQ(0, msg_limit_set("msgmax", 400));
	ASSERT_EQ(0, msg_limit_set("msgmnb", 5000));
	ASSERT_EQ(0, msg_limit_set("msgmni", 70));
	EXPECT_EQ(max, msg_info(IPC_INFO, &info));
	EXPECT_EQ(400, info.msgmax);
	EXPECT_EQ(5000, info.msgmnb);
	EXPECT_EQ(70, info.msgmni);
	EXPECT_TRUE(msg_arrives(b, 0, 30));
	EXPECT_EQ(max, msg_info(MSG_INFO, &info));
	EXPECT_EQ(5000, info.msgmnb);
	EXPECT_EQ(2, info.msgmap);
	EXPECT_EQ(100, info.msgtql);
	EXPECT_EQ(0, msg_rmid(b));
	EXPECT_EQ(msg_index(a), msg_info(MSG_INFO, &info));
	EXPECT_EQ(1, info.msgpool);
	EXPECT_EQ(1, info.msgmap);
	EXPECT_EQ(0, msg_rmid(a));
	EXPECT_EQ(0, msg_info(MSG_INFO, &info));
}

/* --- errors */

TEST_F(msg, ids_that_are_none_are_einval)
{
	int id = msg_new(), bad[MSG_BAD_IDS];
	struct msqid_ds ds;
	size_t i;

	ASSERT_LE(0, id);
	msg_bad_ids(id, bad);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, msg_stat(bad[i], &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, msg_set(bad[i], 0, 0, 0, 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, msg_rmid(bad[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	ds = msg_ds(id);
	EXPECT_EQ(0600, ds.msg_perm.mode);
	EXPECT_EQ(MSGMNB, ds.msg_qbytes);
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, structures_that_cannot_be_reached_are_efault)
{
	int id = msg_new();
	struct msqid_ds ds;

	ASSERT_LE(0, id);
	ds = msg_ds(id);
	EXPECT_EQ(-1, msg->ctl(id, IPC_STAT, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, msg->ctl(id, IPC_SET, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(msg_unchanged(id, &ds));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_HARNESS_MAIN
