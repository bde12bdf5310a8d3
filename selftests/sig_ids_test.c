// SPDX-License-Identifier: GPL-2.0
/*
 * How a signal queue is made and found, how many there can be, and what becomes of ids and
 * keys. Classes 1 and 6.
 */
#include "ids.h"
#include "sig_kind.h"

#define INDEX_BITS	20
#define SEQ(id)		((id) >> INDEX_BITS)

static int used(void)
{
	/* but for the fixture's */
	return sigq_info(kind_dev).used_ids - 1;
}

/* There is one more. */
static int set_limit(int n)
{
	return sigq_limit_set("sigmni", n + 1);
}

static int set_next(int id)
{
	return sigq_limit_set("sig_next_id", id);
}

static int next_id(void)
{
	char buf[64];

	return file_read(QUEUE_MOUNT "/limits/sig_next_id", buf, sizeof(buf)) < 0 ? -2 : atoi(buf);
}

static const struct ids queues = {
	.index_bits = INDEX_BITS, .get = kind_get, .remove = kind_remove, .exists = kind_exists,
	.used = used, .set_limit = set_limit, .set_next = set_next, .next = next_id,
};

/* --- keys */

TEST_F(sigq, private_key_makes_a_new_queue_each_time)
{
	static const unsigned int flags[] = { 0, KIPC_GET_EXCL, KIPC_GET_CREAT | KIPC_GET_EXCL };
	int ids[ARRAY_SIZE(flags)];
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		ids[i] = sigq_get(self->dev, KIPC_KEY_PRIVATE, flags[i], 0600);
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(0, sigq_stat(self->dev, ids[i]).perm.key);
		EXPECT_NE(self->id, ids[i]);
		for (k = 0; k < i; k++)
			EXPECT_NE(ids[k], ids[i]);
	}
	EXPECT_EQ(4, sigq_info(self->dev).used_ids);
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_EQ(0, sigq_remove(self->dev, ids[i]));
}

TEST_F(sigq, key_finds_its_queue)
{
	static const key_t keys[] = { KEY, 1, -1, INT_MAX, INT_MIN, 0x01000000 };
	int ids[ARRAY_SIZE(keys)];
	size_t i;

	kind_dev = self->dev;
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(-1, kind_get(keys[i], IPC_EXCL | 0600));
		EXPECT_EQ(ENOENT, errno);
		ids[i] = kind_get(keys[i], IPC_CREAT | IPC_EXCL | 0600);
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(keys[i], sigq_stat(self->dev, ids[i]).perm.key);
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(ids[i], kind_get(keys[i], 0));
		EXPECT_EQ(ids[i], kind_get(keys[i], IPC_CREAT | 0600));
		EXPECT_EQ(-1, kind_get(keys[i], IPC_CREAT | IPC_EXCL | 0600));
		EXPECT_EQ(EEXIST, errno);
		EXPECT_EQ(0, kind_remove(ids[i]));
		EXPECT_EQ(-1, kind_get(keys[i], 0));
		EXPECT_EQ(ENOENT, errno);
	}
}

TEST_F(sigq, exclusive_creation_by_many_has_one_winner)
{
	kind_dev = self->dev;
	one_of_many_wins(_metadata, &queues);
}

TEST_F(sigq, new_queue_is_described_completely)
{
	long long begin = time(NULL);
	int id = sigq_get(self->dev, KEY, KIPC_GET_CREAT, 0640);
	struct kipc_sig_stat stat, want = {
		.perm = { .id = id, .key = KEY, .mode = 0640, .seq = SEQ(id) }, .limit = SIGQMAX,
	};

	ASSERT_LE(0, id);
	stat = sigq_stat(self->dev, id);
	EXPECT_LE(begin, (long long)stat.ctime);
	EXPECT_GE(time(NULL), (time_t)stat.ctime);
	want.ctime = stat.ctime;
	EXPECT_EQ(0, memcmp(&want, &stat, sizeof(stat)));
	EXPECT_EQ(0, sigq_remove(self->dev, id));
}

TEST_F(sigq, stat_tells_what_has_happened)
{
	long long begin = time(NULL);
	int sub = sub_new(self->dev, self->id, NULL), other = sigq_open(self->dev, self->id, 0);
	struct kipc_sig_stat stat;
	pid_t pid;

	ASSERT_LE(0, sub);
	pid = child_fork();
	if (!pid)
		_exit(sigq_put(self->fd, GROUP, 40, 1) || sigq_put(self->fd, GROUP, 2, 1));
	EXPECT_EQ(0, child_wait(pid));
	stat = sigq_stat(self->dev, self->id);
	EXPECT_EQ(pid, stat.lspid);
	EXPECT_EQ(0, stat.lrpid);
	EXPECT_LE(begin, (long long)stat.stime);
	EXPECT_EQ(0, stat.rtime);
	EXPECT_EQ(2, stat.fds);
	EXPECT_EQ(1, stat.subscribers);
	EXPECT_EQ(2, stat.queued);
	EXPECT_EQ(2, stat.sent);
	EXPECT_EQ(BIT_OF(40) | BIT_OF(2), stat.pending);
	EXPECT_EQ(2, sub_read_one(sub));
	stat = sigq_stat(self->fd, SELF);
	EXPECT_EQ(getpid(), stat.lrpid);
	EXPECT_LE(begin, (long long)stat.rtime);
	EXPECT_EQ(1, stat.taken);
	EXPECT_EQ(1, sigq_info(self->dev).queued);
	close(sub);
	close(other);
}

/* --- how many, and which ids */

TEST_F(sigq, sigmni_is_the_number_of_ids_and_no_more)
{
	kind_dev = self->dev;
	/* all others are its */
	limit_is_kept(_metadata, &queues);
}

TEST_F(sigq, next_id_gives_the_id_asked_for_once)
{
	int id = sigq_new(self->dev);

	/* the index of this one is one of those asked for */
	ASSERT_EQ(0, sigq_remove(self->dev, self->id));
	self->id = id;
	kind_dev = self->dev;
	next_id_is_given_once(_metadata, &queues);
}

TEST_F_TIMEOUT(sigq, stale_ids_and_ids_that_differ_in_one_bit_are_einval, 60)
{
	enum { ROUNDS = 300 };
	int ids[ROUNDS], i, k;

	for (i = 0; i < ROUNDS; i++) {
		ids[i] = sigq_new(self->dev);
		ASSERT_LE(0, ids[i]);
		for (k = 0; k < i; k++)
			ASSERT_NE(ids[k], ids[i]);
		ASSERT_EQ(0, sigq_remove(self->dev, ids[i]));
	}
	for (i = 0; i < 32; i++) {
		int other = self->id ^ (int)(1U << i);

		EXPECT_FALSE(sigq_exists(self->dev, other));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sigq_send(self->dev, other, GROUP, 40, 0, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sub_new(self->dev, other, NULL));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sigq_open(self->dev, ids[i], 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sigq_resize(self->dev, other, 10));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sigq_remove(self->dev, ids[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, sigq_send(self->fd, self->id, GROUP, 40, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).sent);
}

/* --- found while it is made, while it goes: classes 1 and 6 */

static int storm_make(key_t key)
{
	return kind_get(key, IPC_CREAT | IPC_EXCL | 0640);
}

static int storm_find(key_t key)
{
	return kind_get(key, 0);
}

/* The fixture's queue is no part of it. */
static int fixture_id;

static const char *storm_check(const struct kipc_sig_stat *stat)
{
	if (!storm_key_is_right(stat->perm.key))
		return "key";
	if (stat->limit != SIGQMAX)
		return "limit";
	if (stat->perm.mode != 0640)
		return "mode";
	if ((int)stat->perm.seq != SEQ(stat->perm.id))
		return "sequence number";
	if (stat->queued > 1 || stat->subscribers > 1 ||
	    stat->sent != stat->taken + stat->queued + stat->dropped)
		return "number of signals";
	return storm_time_is_right(stat->ctime) ? NULL : "time";
}

static const char *storm_at_index(int index, long *found)
{
	struct kipc_sig_stat stat;
	int id = kind_at(index, &stat);

	if (id == fixture_id)
		return NULL;
	if (id < 0)
		return storm_is_gone() ? NULL : "answer to STAT";
	++*found;
	return (id & ((1 << INDEX_BITS) - 1)) == index ? storm_check(&stat) : "index";
}

/* Send to, subscribe to and take from what may be there; nobody else does. */
static const char *storm_use(int id, long *found)
{
	static __u64 serial;
	struct kipc_sig_wait got;
	const char *wrong = NULL;
	__u32 number;
	int sub;

	if (id == fixture_id)
		return NULL;
	sub = sub_new(kind_dev, id, &number);
	if (sub < 0)
		return storm_is_gone() ? NULL : "answer to SUBSCRIBE";
	++*found;
	if (number != 1 && number > 1000000)
		wrong = "number";
	if (sigq_put(sub, number, 40, ++serial))
		wrong = storm_is_gone() ? NULL : "answer to sending";
	else if (sub_take_info(sub, ALL, &got) < 0)
		wrong = storm_is_gone() ? NULL : "answer to taking";
	else if (got.value != serial || got.to != number)
		wrong = "signal";
	close(sub);
	return wrong;
}

TEST_F_TIMEOUT(sigq, what_is_found_is_complete, 120)
{
	static const struct storm storm = {
		.make = storm_make, .find = storm_find, .remove = kind_remove,
		.max_index = kind_max_index, .at_index = storm_at_index,
		.by_key = storm_use, .by_guess = storm_use,
	};
	pid_t pids[2];

	kind_dev = self->dev;
	fixture_id = self->id;
	storm_run(_metadata, &storm, pids);
}

TEST_HARNESS_MAIN
