// SPDX-License-Identifier: GPL-2.0
/*
 * How a message queue is made and found, how many there can be, and what becomes of ids
 * and keys. Classes 1 and 6.
 */
#include "msg_fixture.h"
#include "race.h"

#define KEY 0x6b697063

#define SEQ(id)		((id) >> msg->index_bits)

/* An id, and the sequence number and index that it is made of. */
#define ID(seq, index)	((seq) << msg->index_bits | (index))

static int next_id(int id)
{
	return msg_limit_set("msg_next_id", id);
}

static int next_id_now(void)
{
	return msg_limit_get("msg_next_id");
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
	enum { CHILDREN = 4, ROUNDS = 100 };
	int *start = shared_alloc(4096), *won = start + 1, *lost = start + 2, i, round, id;
	pid_t pids[CHILDREN];

	ASSERT_NE(NULL, start);
	for (i = 0; i < CHILDREN; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		for (round = 1; round <= ROUNDS; round++) {
			while (LOAD(start) < round)
				sched_yield();
			id = msg->get(KEY + round, IPC_CREAT | IPC_EXCL | 0600);
			if (id < 0 && errno != EEXIST)
				_exit(1);
			ADD(id < 0 ? lost : won, 1);
		}
		_exit(0);
	}
	for (round = 1; round <= ROUNDS; round++) {
		STORE(start, round);
		ASSERT_TRUE(EVENTUALLY(LOAD(won) + LOAD(lost) == round * CHILDREN));
		ASSERT_EQ(round, LOAD(won));
		EXPECT_EQ(0, msg_rmid(msg->get(KEY + round, 0)));
	}
	for (i = 0; i < CHILDREN; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
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
	enum { COUNT = 50 };
	int ids[COUNT], i, id;

	ASSERT_EQ(0, msg_limit_set("msgmni", COUNT));
	for (i = 0; i < COUNT; i++) {
		ids[i] = msg->get(KEY + i, IPC_CREAT | 0600);
		ASSERT_LE(0, ids[i]);
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, msg_new());
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_EQ(-1, msg->get(KEY + COUNT, IPC_CREAT | 0600));
		EXPECT_EQ(ENOSPC, errno);
	}
	EXPECT_EQ(COUNT, msg_used());
	EXPECT_EQ(-1, msg->get(KEY + COUNT, 0));
	EXPECT_EQ(ENOENT, errno);
	/* what is there is found all the same */
	EXPECT_EQ(ids[7], msg->get(KEY + 7, IPC_CREAT));
	EXPECT_EQ(0, msg_rmid(ids[7]));
	id = msg->get(KEY + COUNT, IPC_CREAT | 0600);
	EXPECT_LE(0, id);
	EXPECT_EQ(-1, msg_new());
	EXPECT_EQ(ENOSPC, errno);
	/* lowered below what there is, nothing goes */
	ASSERT_EQ(0, msg_limit_set("msgmni", 10));
	EXPECT_EQ(COUNT, msg_used());
	EXPECT_EQ(0, msg_rmid(id));
	EXPECT_EQ(-1, msg_new());
	EXPECT_EQ(ENOSPC, errno);
	for (i = 0; i < COUNT; i++)
		EXPECT_EQ(i == 7 ? -1 : 0, msg_rmid(ids[i]));
	id = msg_new();
	EXPECT_LE(0, id);
	EXPECT_EQ(0, msg_rmid(id));
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
	int wanted[] = { ID(5, 17), 0, INT_MAX, ID(1, 17) }, id, again;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		ASSERT_EQ(0, next_id(wanted[i]));
		EXPECT_EQ(wanted[i], next_id_now());
		id = msg->get(KEY, IPC_CREAT | 0600);
		EXPECT_EQ(wanted[i], id);
		EXPECT_EQ(-1, next_id_now());
		EXPECT_EQ(id, msg->get(KEY, 0));
		EXPECT_EQ(0, msg_put(id, 1, 1));
		again = msg_new();
		ASSERT_LE(0, again);
		EXPECT_NE(id, again);
		EXPECT_EQ(0, msg_rmid(again));
		EXPECT_EQ(0, msg_rmid(id));
		EXPECT_FALSE(msg_exists(id));
	}
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

#define STORM_KEYS 8

struct storm {
	int stop;
	int last_id;		/* the id that was given last */
	long found[3];		/* by index, by key, by a guess of the id */
};

static void storm_create(struct storm *storm, unsigned int seed)
{
	int key, id;

	while (!LOAD(&storm->stop)) {
		key = KEY + rand_r(&seed) % STORM_KEYS;
		id = msg->get(key, IPC_CREAT | IPC_EXCL | 0640);
		if (id >= 0)
			STORE(&storm->last_id, id);
		else if (errno != EEXIST)
			_exit(1);
		id = msg->get(KEY + rand_r(&seed) % STORM_KEYS, 0);
		if (id < 0 ? errno != ENOENT : msg_rmid(id) && errno != EINVAL && errno != EIDRM)
			_exit(2);
	}
	_exit(0);
}

/* What is wrong with this queue, or NULL. */
static const char *storm_check(int id, const struct msqid_ds *ds)
{
	int key = ds->msg_perm.__key;

	if (key < KEY || key >= KEY + STORM_KEYS)
		return "key";
	if (ds->msg_qbytes != MSGMNB)
		return "size";
	if (ds->msg_perm.mode != 0640)
		return "mode";
	if (ds->msg_perm.__seq != SEQ(id))
		return "sequence number";
	if (ds->msg_qnum > 1 || ds->msg_cbytes != 4 * ds->msg_qnum)
		return "number of messages";
	if (time(NULL) - ds->msg_ctime > 3600 || time(NULL) < ds->msg_ctime - 1)
		return "time";
	return NULL;
}

static bool gone(void)
{
	return errno == EINVAL || errno == EIDRM;
}

/* Send to and receive from what may be there; nobody else does. */
static const char *storm_use(int id, int serial, long *found)
{
	struct msqid_ds ds;
	int tag;

	if (msg_put(id, 1, serial))
		return gone() ? NULL : "answer to sending";
	++*found;
	if (msg_stat(id, &ds))
		return gone() ? NULL : "answer to IPC_STAT";
	/* it may be one that was made since */
	tag = msg_take(id, 0);
	if (tag < 0 ? !gone() && errno != ENOMSG : tag != serial)
		return "message";
	return storm_check(id, &ds);
}

TEST_F_TIMEOUT(msg, what_is_found_is_complete, 120)
{
	struct storm *storm = shared_alloc(sizeof(*storm));
	const char *wrong = NULL;
	struct msginfo info;
	struct msqid_ds ds;
	pid_t pids[2];
	long long end;
	int i, k, id;

	ASSERT_NE(NULL, storm);
	for (i = 0; i < 2; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			storm_create(storm, i);
	}
	end = now_ms() + 3000;
	for (k = 0; !wrong && (k < 200 || now_ms() < end); k++) {
		for (i = msg_info(MSG_INFO, &info); !wrong && i >= 0; i--) {
			id = msg_stat_any(i, &ds);
			if (id < 0) {
				ASSERT_TRUE(gone());
				continue;
			}
			EXPECT_EQ(i, msg_index(id));
			wrong = storm_check(id, &ds);
			storm->found[0]++;
		}
		id = msg->get(KEY + k % STORM_KEYS, 0);
		if (id >= 0 && !wrong)
			wrong = storm_use(id, k, &storm->found[1]);
		/* the one that is made now is the next, or thereabouts */
		for (i = 0; !wrong && i < 4; i++)
			wrong = storm_use(LOAD(&storm->last_id) + i, k, &storm->found[2]);
	}
	EXPECT_EQ(NULL, wrong)
		TH_LOG("a queue was found with the wrong %s", wrong ?: "");
	for (i = 0; i < 3; i++)
		EXPECT_LT(0, storm->found[i]);
	STORE(&storm->stop, 1);
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[1]));
	for (i = 0; i < STORM_KEYS; i++)
		msg_rmid(msg->get(KEY + i, 0));
}

TEST_HARNESS_MAIN
