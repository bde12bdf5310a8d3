// SPDX-License-Identifier: GPL-2.0
/*
 * How a message queue is made and found, how many there can be, and what becomes of ids
 * and keys. Classes 1 and 6.
 */
#include "msg_fixture.h"
#include "ids.h"

#define SEQ(id)		((id) >> msg->index_bits)

/* An id, and the sequence number and index that it is made of. */
#define ID(seq, index)	((seq) << msg->index_bits | (index))

static int set_limit(int n)
{
	return msg_limit_set("msgmni", n);
}

static int next_id(int id)
{
	return msg_limit_set("msg_next_id", id);
}

static int next_id_now(void)
{
	return msg_limit_get("msg_next_id");
}

static struct ids queues(void)
{
	return (struct ids) {
		.index_bits = msg->index_bits, .get = msg->get, .remove = msg_rmid,
		.exists = msg_exists, .used = msg_used, .set_limit = set_limit,
		.set_next = next_id, .next = next_id_now,
	};
}

/* --- keys */

TEST_F(msg, private_key_makes_a_new_queue_each_time)
{
	static const int flags[] = { 0600, IPC_EXCL | 0600, IPC_CREAT | IPC_EXCL | 0600 };
	int ids[ARRAY_SIZE(flags)];
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		ids[i] = msg->get(IPC_PRIVATE, flags[i]);
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(0, msg_ds(ids[i]).msg_perm.__key);
		for (k = 0; k < i; k++)
			EXPECT_NE(ids[k], ids[i]);
	}
	EXPECT_EQ(3, msg_used());
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_EQ(0, msg_rmid(ids[i]));
}

TEST_F(msg, key_finds_its_queue)
{
	static const key_t keys[] = { KEY, 1, -1, INT_MAX, INT_MIN, 0x01000000 };
	int ids[ARRAY_SIZE(keys)];
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(-1, msg->get(keys[i], 0600));
		EXPECT_EQ(ENOENT, errno);
		EXPECT_EQ(-1, msg->get(keys[i], IPC_EXCL | 0600));
		EXPECT_EQ(ENOENT, errno);
		ids[i] = msg->get(keys[i], IPC_CREAT | IPC_EXCL | 0600);
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(keys[i], msg_ds(ids[i]).msg_perm.__key);
		for (k = 0; k < i; k++)
			EXPECT_NE(ids[k], ids[i]);
	}
	EXPECT_EQ((int)ARRAY_SIZE(keys), msg_used());
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(ids[i], msg->get(keys[i], 0600));
		EXPECT_EQ(ids[i], msg->get(keys[i], 0));
		EXPECT_EQ(ids[i], msg->get(keys[i], IPC_CREAT | 0600));
		EXPECT_EQ(ids[i], msg->get(keys[i], IPC_EXCL));
		EXPECT_EQ(-1, msg->get(keys[i], IPC_CREAT | IPC_EXCL | 0600));
		EXPECT_EQ(EEXIST, errno);
		EXPECT_EQ(0, msg_rmid(ids[i]));
		EXPECT_EQ(-1, msg->get(keys[i], 0));
		EXPECT_EQ(ENOENT, errno);
	}
}

TEST_F(msg, exclusive_creation_by_many_has_one_winner)
{
	struct ids ids = queues();

	one_of_many_wins(_metadata, &ids);
}

TEST_F(msg, removal_frees_the_key_and_ends_the_sleep_of_the_old_queue_alone)
{
	int id = msg->get(KEY, IPC_CREAT | 0600), again;
	pid_t pid, other;

	ASSERT_LE(0, id);
	pid = msg_receiver(id, 0, 0);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, msg_rmid(id));
	EXPECT_EQ(-1, msg->get(KEY, 0));
	EXPECT_EQ(ENOENT, errno);
	again = msg->get(KEY, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, again);
	EXPECT_NE(id, again);
	EXPECT_EQ(EIDRM, child_wait(pid));
	other = msg_receiver(again, 0, 0);
	ASSERT_LT(0, other);
	EXPECT_EQ(-1, msg_put(id, 1, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, msg_rmid(id));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(msg_is_asleep(other));
	EXPECT_EQ(0, msg_put(again, 1, 2));
	EXPECT_EQ(GOT(2), child_wait(other));
	EXPECT_EQ(0, msg_rmid(again));
}

TEST_F(msg, new_queue_is_described_completely)
{
	long long begin = time(NULL);
	int id = msg->get(KEY, IPC_CREAT | IPC_EXCL | 0640);
	struct msqid_ds ds, want = {
		.msg_perm = { .__key = KEY, .mode = 0640, .__seq = SEQ(id) },
		.msg_qbytes = MSGMNB,
	};

	ASSERT_LE(0, id);
	memset(&ds, POISON, sizeof(ds));
	ASSERT_EQ(0, msg_stat(id, &ds));
	EXPECT_LE(begin, ds.msg_ctime);
	EXPECT_GE(time(NULL), ds.msg_ctime);
	want.msg_ctime = ds.msg_ctime;
	EXPECT_TRUE(msg_ds_same(&ds, &want));
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- how many */

TEST_F(msg, msgmni_is_the_number_of_ids_and_no_more)
{
	struct ids ids = queues();

	limit_is_kept(_metadata, &ids);
}

/* --- ids */

TEST_F(msg, stale_ids_are_einval_and_do_not_come_back_soon)
{
	enum { ROUNDS = 1000 };
	int *ids = calloc(ROUNDS, sizeof(*ids)), i, k;
	struct msqid_ds ds, same;

	ASSERT_NE(NULL, ids);
	for (i = 0; i < ROUNDS; i++) {
		ids[i] = msg_new();
		ASSERT_LE(0, ids[i]);
		for (k = 0; k < i; k++)
			ASSERT_NE(ids[k], ids[i]);
		ASSERT_EQ(0, msg_rmid(ids[i]));
	}
	memset(&ds, POISON, sizeof(ds));
	same = ds;
	for (i = 0; i < ROUNDS; i += 99) {
		EXPECT_EQ(-1, msg_stat(ids[i], &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_TRUE(msg_ds_same(&ds, &same));
		EXPECT_EQ(-1, msg_put(ids[i], 1, 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, msg_rmid(ids[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	free(ids);
}

TEST_F(msg, ids_that_differ_in_one_bit_are_einval)
{
	int id = msg_new(), k, other;
	struct msqid_ds ds;

	ASSERT_LE(0, id);
	for (k = 0; k < 32; k++) {
		other = id ^ (int)(1U << k);
		EXPECT_EQ(-1, msg_stat(other, &ds))
			TH_LOG("bit %d", k);
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, msg_put(other, 1, 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, msg_take(other, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, next_id_gives_the_id_asked_for_once)
{
	struct ids ids = queues();

	next_id_is_given_once(_metadata, &ids);
}

TEST_F(msg, next_id_is_used_up_by_a_creation_alone)
{
	int id, other, wanted = ID(3, 33);

	id = msg->get(KEY, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, next_id(wanted));
	EXPECT_EQ(id, msg->get(KEY, IPC_CREAT));
	EXPECT_EQ(-1, msg->get(KEY, IPC_CREAT | IPC_EXCL));
	EXPECT_EQ(-1, msg->get(KEY + 1, 0));
	EXPECT_EQ(wanted, next_id_now());
	other = msg_new();
	EXPECT_EQ(wanted, other);
	/* the index is taken: the next free one, with the sequence that was asked for */
	ASSERT_EQ(0, next_id(ID(9, 33)));
	EXPECT_EQ(0, msg_rmid(id));
	id = msg_new();
	EXPECT_EQ(ID(9, 34), id);
	EXPECT_TRUE(msg_exists(other));
	EXPECT_FALSE(msg_exists(ID(9, 33)));
	EXPECT_EQ(0, msg_rmid(id));
	EXPECT_EQ(0, msg_rmid(other));
}

/* --- found while it is made, while it goes: classes 1 and 6 */

static int storm_make(key_t key)
{
	return msg->get(key, IPC_CREAT | IPC_EXCL | 0640);
}

static int storm_find(key_t key)
{
	return msg->get(key, 0);
}

static int storm_max_index(void)
{
	struct msginfo info;

	return msg_info(MSG_INFO, &info);
}

/* What is wrong with this queue, or NULL. */
static const char *storm_check(int id, const struct msqid_ds *ds)
{
	if (!storm_key_is_right(ds->msg_perm.__key))
		return "key";
	if (ds->msg_qbytes != MSGMNB)
		return "size";
	if (ds->msg_perm.mode != 0640)
		return "mode";
	if (ds->msg_perm.__seq != SEQ(id))
		return "sequence number";
	if (ds->msg_qnum > 1 || ds->msg_cbytes != 4 * ds->msg_qnum)
		return "number of messages";
	return storm_time_is_right(ds->msg_ctime) ? NULL : "time";
}

static const char *storm_at_index(int index, long *found)
{
	struct msqid_ds ds;
	int id = msg_stat_any(index, &ds);

	if (id < 0)
		return storm_is_gone() ? NULL : "answer to MSG_STAT_ANY";
	++*found;
	return msg_index(id) == index ? storm_check(id, &ds) : "index";
}

/* Send to and receive from what may be there; nobody else does. */
static const char *storm_use(int id, long *found)
{
	static int serial;
	struct msqid_ds ds;
	int tag;

	if (msg_put(id, 1, ++serial))
		return storm_is_gone() ? NULL : "answer to sending";
	++*found;
	if (msg_stat(id, &ds))
		return storm_is_gone() ? NULL : "answer to IPC_STAT";
	/* it may be one that was made since */
	tag = msg_take(id, 0);
	if (tag < 0 ? !storm_is_gone() && errno != ENOMSG : tag != serial)
		return "message";
	return storm_check(id, &ds);
}

TEST_F_TIMEOUT(msg, what_is_found_is_complete, 120)
{
	static const struct storm storm = {
		.make = storm_make, .find = storm_find, .remove = msg_rmid,
		.max_index = storm_max_index, .at_index = storm_at_index,
		.by_key = storm_use, .by_guess = storm_use,
	};
	pid_t pids[2];

	storm_run(_metadata, &storm, pids);
}

TEST_HARNESS_MAIN
