// SPDX-License-Identifier: GPL-2.0
/*
 * How a semaphore set is made and found, how many there can be, and what becomes of ids
 * and keys. Classes 1 and 6.
 */
#define SEM_BY_ID_ALONE
#include "sem_fixture.h"
#include "ids.h"

#define SEQ(id)		((id) >> sem->index_bits)

static int limits(const char *text)
{
	return sem_limit_set("sem", text);
}

static int next_id(int id)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", id);
	return sem_limit_set("sem_next_id", text);
}

static int next_id_now(void)
{
	char text[32];

	return sem_limit_get("sem_next_id", text, sizeof(text)) ? -7 : atoi(text);
}

static int set_get(key_t key, int flags)
{
	return sem->get(key, flags & IPC_CREAT ? 1 : 0, flags);
}

static int set_limit(int n)
{
	char text[64];

	snprintf(text, sizeof(text), "32000 1024000000 500 %d", n);
	return limits(text);
}

static struct ids sets(void)
{
	return (struct ids) {
		.index_bits = sem->index_bits, .get = set_get, .remove = sem_rmid,
		.exists = sem_exists, .used = sem_used, .set_limit = set_limit,
		.set_next = next_id, .next = next_id_now,
	};
}

/* --- keys */

TEST_F(sem, private_key_makes_a_new_set_each_time)
{
	int a = sem->get(IPC_PRIVATE, 1, 0600), b = sem->get(IPC_PRIVATE, 2, IPC_EXCL | 0600);
	int c = sem->get(IPC_PRIVATE, 3, IPC_CREAT | IPC_EXCL | 0600);

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	ASSERT_LE(0, c);
	EXPECT_NE(a, b);
	EXPECT_NE(a, c);
	EXPECT_NE(b, c);
	EXPECT_EQ(0, sem_ds(b).sem_perm.__key);
	EXPECT_EQ(3, sem_used());
	EXPECT_EQ(6, sem_total());
	EXPECT_EQ(0, sem_rmid(a));
	EXPECT_EQ(0, sem_rmid(b));
	EXPECT_EQ(0, sem_rmid(c));
}

TEST_F(sem, key_finds_its_set)
{
	static const key_t keys[] = { KEY, 1, -1, INT_MAX, INT_MIN, 0x01000000 };
	int ids[ARRAY_SIZE(keys)];
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(-1, sem->get(keys[i], 1, 0600));
		EXPECT_EQ(ENOENT, errno);
		EXPECT_EQ(-1, sem->get(keys[i], 1, IPC_EXCL | 0600));
		EXPECT_EQ(ENOENT, errno);
		ids[i] = sem->get(keys[i], 3 + i, IPC_CREAT | IPC_EXCL | 0600);
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(keys[i], sem_ds(ids[i]).sem_perm.__key);
		for (k = 0; k < i; k++)
			EXPECT_NE(ids[k], ids[i]);
	}
	EXPECT_EQ((int)ARRAY_SIZE(keys), sem_used());
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(ids[i], sem->get(keys[i], 3 + i, 0600));
		EXPECT_EQ(ids[i], sem->get(keys[i], 0, 0));
		EXPECT_EQ(ids[i], sem->get(keys[i], 2, IPC_CREAT | 0600));
		EXPECT_EQ(ids[i], sem->get(keys[i], 1, IPC_EXCL));
		EXPECT_EQ(3 + i, sem_ds(ids[i]).sem_nsems);
		EXPECT_EQ(0, sem_rmid(ids[i]));
		EXPECT_EQ(-1, sem->get(keys[i], 0, 0));
		EXPECT_EQ(ENOENT, errno);
	}
}

TEST_F(sem, exclusive_creation_of_what_exists_is_eexist)
{
	int id = sem->get(KEY, 2, IPC_CREAT | 0600);

	ASSERT_LE(0, id);
	EXPECT_EQ(-1, sem->get(KEY, 2, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EEXIST, errno);
	/* it comes before what is wrong with the number, but for what is never right */
	EXPECT_EQ(-1, sem->get(KEY, 0, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, sem->get(KEY, 3, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, sem->get(KEY, 32001, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, sem_used());
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, exclusive_creation_by_many_has_one_winner)
{
	struct ids ids = sets();

	one_of_many_wins(_metadata, &ids);
}

TEST_F(sem, removal_frees_the_key_and_ends_the_sleep_of_the_old_set_alone)
{
	int id = sem->get(KEY, 1, IPC_CREAT | 0600), again;
	pid_t pid, other;

	ASSERT_LE(0, id);
	pid = SEM_SLEEPER(id, SEM_OP(0, -1, 0));
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(-1, sem->get(KEY, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	again = sem->get(KEY, 2, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, again);
	EXPECT_NE(id, again);
	EXPECT_EQ(EIDRM, child_wait(pid));
	other = SEM_SLEEPER(again, SEM_OP(0, -1, 0));
	ASSERT_LT(0, other);
	EXPECT_EQ(-1, sem_do(id, 0, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_rmid(id));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(sem_is_asleep(other));
	EXPECT_EQ(0, sem_do(again, 0, 1, 0));
	EXPECT_EQ(0, child_wait(other));
	EXPECT_EQ(0, sem_rmid(again));
}

TEST_F(sem, new_set_is_described_completely)
{
	long long begin = time(NULL);
	int id = sem->get(KEY, 5, IPC_CREAT | IPC_EXCL | 0640);
	struct semid_ds ds;

	ASSERT_LE(0, id);
	memset(&ds, POISON, sizeof(ds));
	ASSERT_EQ(0, sem_stat(id, &ds));
	EXPECT_EQ(KEY, ds.sem_perm.__key);
	EXPECT_EQ(0, ds.sem_perm.uid);
	EXPECT_EQ(0, ds.sem_perm.gid);
	EXPECT_EQ(0, ds.sem_perm.cuid);
	EXPECT_EQ(0, ds.sem_perm.cgid);
	EXPECT_EQ(0640, ds.sem_perm.mode);
	EXPECT_EQ(SEQ(id), ds.sem_perm.__seq);
	EXPECT_EQ(5, ds.sem_nsems);
	EXPECT_EQ(0, ds.sem_otime);
	EXPECT_LE(begin, ds.sem_ctime);
	EXPECT_GE(time(NULL), ds.sem_ctime);
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- how many */

TEST_F(sem, numbers_that_cannot_be_are_einval)
{
	static const int bad[] = { 0, -1, INT_MIN, 32001, INT_MAX };
	int id;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, sem->get(IPC_PRIVATE, bad[i], 0600));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem->get(KEY, bad[i], IPC_CREAT | 0600));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, sem_used());
	id = sem->get(KEY, 3, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	for (i = 1; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, sem->get(KEY, bad[i], 0600));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, sem->get(KEY, 4, 0600));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem->get(KEY, 4, IPC_CREAT | 0600));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(id, sem->get(KEY, 0, IPC_CREAT | 0600));
	EXPECT_EQ(3, sem_total());
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, semmsl_limits_the_semaphores_of_a_set)
{
	int id = sem->get(KEY, 32000, IPC_CREAT | 0600), other;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, sem_do(id, 31999, 1, 0));
	EXPECT_EQ(1, sem_getval(id, 31999));
	EXPECT_EQ(-1, sem_do(id, 32000, 1, 0));
	EXPECT_EQ(EFBIG, errno);
	ASSERT_EQ(0, limits("10 1024000000 500 32000"));
	EXPECT_EQ(-1, sem_new(11));
	EXPECT_EQ(EINVAL, errno);
	other = sem_new(10);
	EXPECT_LE(0, other);
	EXPECT_EQ(0, sem_rmid(other));
	/* what is there works on, but is found only with a number that is allowed now */
	EXPECT_EQ(1, sem_getval(id, 31999));
	EXPECT_EQ(-1, sem->get(KEY, 11, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(id, sem->get(KEY, 10, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, semmns_limits_the_semaphores_of_all_sets)
{
	int a, b, id;

	ASSERT_EQ(0, limits("100 20 500 32000"));
	EXPECT_EQ(-1, sem_new(21));
	EXPECT_EQ(ENOSPC, errno);
	a = sem_new(15);
	ASSERT_LE(0, a);
	EXPECT_EQ(-1, sem_new(6));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(-1, sem->get(KEY, 6, IPC_CREAT | 0600));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(-1, sem->get(KEY, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	b = sem->get(KEY, 5, IPC_CREAT | 0600);
	ASSERT_LE(0, b);
	EXPECT_EQ(20, sem_total());
	EXPECT_EQ(-1, sem_new(1));
	EXPECT_EQ(ENOSPC, errno);
	/* to find one needs no room */
	EXPECT_EQ(b, sem->get(KEY, 5, IPC_CREAT | 0600));
	/* lowered below what there is, nothing goes */
	ASSERT_EQ(0, limits("100 10 500 32000"));
	EXPECT_EQ(0, sem_do(a, 14, 1, 0));
	EXPECT_EQ(0, sem_rmid(a));
	EXPECT_EQ(5, sem_total());
	EXPECT_EQ(-1, sem_new(6));
	EXPECT_EQ(ENOSPC, errno);
	id = sem_new(5);
	EXPECT_LE(0, id);
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(0, sem_rmid(b));
	/* sums that are more than a number can hold */
	ASSERT_EQ(0, limits("32000 2147483647 500 32000"));
	a = sem_new(32000);
	EXPECT_LE(0, a);
	EXPECT_EQ(0, sem_rmid(a));
}

/* However long those who sleep in it take to wake. */
TEST_F(sem, room_of_a_set_is_free_when_it_is_removed)
{
	enum { SLEEPERS = 6 };
	pid_t pids[SLEEPERS];
	int round, id, i;

	ASSERT_EQ(0, limits("100 10 500 32000"));
	for (round = 0; round < 30; round++) {
		id = sem_new(10);
		ASSERT_LE(0, id);
		for (i = 0; i < SLEEPERS; i++)
			pids[i] = SEM_SLEEPER(id, SEM_OP(9, -1, 0));
		EXPECT_EQ(SLEEPERS, sem_getncnt(id, 9));
		EXPECT_EQ(0, sem_rmid(id));
		id = sem_new(10);
		EXPECT_LE(0, id)
			TH_LOG("round %d: %s", round, strerror(errno));
		EXPECT_EQ(10, sem_total());
		EXPECT_EQ(0, sem_rmid(id));
		EXPECT_EQ(0, sem_total());
		for (i = 0; i < SLEEPERS; i++)
			EXPECT_EQ(EIDRM, child_wait(pids[i]));
	}
}

TEST_F(sem, semmni_is_the_number_of_ids_and_no_more)
{
	struct ids ids = sets();

	limit_is_kept(_metadata, &ids);
}

/* --- ids */

TEST_F(sem, stale_ids_are_einval_and_do_not_come_back_soon)
{
	enum { ROUNDS = 1000 };
	int *ids = calloc(ROUNDS, sizeof(*ids)), i, k;
	struct semid_ds ds, same;

	ASSERT_NE(NULL, ids);
	for (i = 0; i < ROUNDS; i++) {
		ids[i] = sem_new(1);
		ASSERT_LE(0, ids[i]);
		for (k = 0; k < i; k++)
			ASSERT_NE(ids[k], ids[i]);
		ASSERT_EQ(0, sem_rmid(ids[i]));
	}
	memset(&ds, POISON, sizeof(ds));
	same = ds;
	for (i = 0; i < ROUNDS; i += 99) {
		EXPECT_EQ(-1, sem_stat(ids[i], &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_TRUE(sem_ds_same(&ds, &same));
		EXPECT_EQ(-1, sem_do(ids[i], 0, 1, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_rmid(ids[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	free(ids);
}

TEST_F(sem, ids_that_differ_in_one_bit_are_einval)
{
	int id = sem_new(1), k;
	struct semid_ds ds;

	ASSERT_LE(0, id);
	for (k = 0; k < 32; k++) {
		EXPECT_EQ(-1, sem_stat(id ^ (int)(1U << k), &ds))
			TH_LOG("bit %d", k);
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_do(id ^ (int)(1U << k), 0, 1, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, sem_getval(id, 0));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, next_id_gives_the_id_asked_for_once)
{
	struct ids ids = sets();

	next_id_is_given_once(_metadata, &ids);
}

TEST_F(sem, next_id_is_used_up_by_a_creation_alone)
{
	int id, other, wanted = 3 << sem->index_bits | 33;

	id = sem->get(KEY, 1, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, next_id(wanted));
	EXPECT_EQ(id, sem->get(KEY, 0, IPC_CREAT));
	EXPECT_EQ(-1, sem->get(KEY, 0, IPC_CREAT | IPC_EXCL));
	EXPECT_EQ(-1, sem->get(KEY + 1, 0, 0));
	EXPECT_EQ(-1, sem->get(KEY + 1, 0, IPC_CREAT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(wanted, next_id_now());
	other = sem_new(1);
	EXPECT_EQ(wanted, other);
	/* the index is taken: the next free one, with the sequence that was asked for */
	ASSERT_EQ(0, next_id(9 << sem->index_bits | 33));
	EXPECT_EQ(0, sem_rmid(id));
	id = sem_new(1);
	EXPECT_EQ(9 << sem->index_bits | 34, id);
	EXPECT_TRUE(sem_exists(other));
	EXPECT_FALSE(sem_exists(9 << sem->index_bits | 33));
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(0, sem_rmid(other));
}

/* --- found while it is made, while it goes: classes 1 and 6 */

static unsigned int storm_nsems(int key)
{
	return 1 + (key - KEY) * 3;
}

static int storm_make(key_t key)
{
	return sem->get(key, storm_nsems(key), IPC_CREAT | IPC_EXCL | 0640);
}

static int storm_find(key_t key)
{
	return sem->get(key, 0, 0);
}

static int storm_max_index(void)
{
	struct seminfo info;

	return sem_info(SEM_INFO, &info);
}

/* What is wrong with this set, or NULL. */
static const char *storm_check(int id, const struct semid_ds *ds)
{
	int key = ds->sem_perm.__key;

	if (!storm_key_is_right(key))
		return "key";
	if (ds->sem_nsems != storm_nsems(key))
		return "number of semaphores";
	if (ds->sem_perm.mode != 0640)
		return "mode";
	if (ds->sem_perm.__seq != SEQ(id))
		return "sequence number";
	return storm_time_is_right(ds->sem_ctime) ? NULL : "time";
}

static const char *storm_at_index(int index, long *found)
{
	struct semid_ds ds;
	int id = sem_stat_any(index, &ds);

	if (id < 0)
		return storm_is_gone() ? NULL : "answer to SEM_STAT_ANY";
	++*found;
	return sem_index(id) == index ? storm_check(id, &ds) : "index";
}

/* An operation and all values of what may be there. */
static const char *storm_use(int id, long *found)
{
	unsigned short values[64];
	struct semid_ds ds;
	size_t i;

	if (SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(0, -1, 0), SEM_OP(0, 0, IPC_NOWAIT)))
		return storm_is_gone() ? NULL : "answer to an operation";
	++*found;
	if (sem_stat(id, &ds))
		return storm_is_gone() ? NULL : "answer to IPC_STAT";
	memset(values, POISON, sizeof(values));
	if (sem_getall(id, values, ARRAY_SIZE(values)))
		return storm_is_gone() ? NULL : "answer to GETALL";
	if (!is_all(values, 0, ds.sem_nsems * sizeof(*values)))
		return "value";
	for (i = ds.sem_nsems; i < ARRAY_SIZE(values); i++)
		if (!is_all(&values[i], POISON, sizeof(*values)))
			return "size of its values";
	return storm_check(id, &ds);
}

TEST_F_TIMEOUT(sem, what_is_found_is_complete, 120)
{
	static const struct storm storm = {
		.make = storm_make, .find = storm_find, .remove = sem_rmid,
		.max_index = storm_max_index, .at_index = storm_at_index,
		.by_key = storm_use, .by_guess = storm_use,
	};
	pid_t pids[2];

	storm_run(_metadata, &storm, pids);
}

TEST_HARNESS_MAIN
