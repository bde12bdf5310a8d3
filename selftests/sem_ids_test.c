// SPDX-License-Identifier: GPL-2.0
/*
 * How a semaphore set is made and found, how many there can be, and what becomes of ids
 * and keys. Classes 1 and 6.
 */
#define SEM_BY_ID_ALONE
#include "sem_fixture.h"

#define KEY 0x6b697063

#define LOAD(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define STORE(p, n) __atomic_store_n(p, n, __ATOMIC_SEQ_CST)

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
			id = sem->get(KEY + round, 1, IPC_CREAT | IPC_EXCL | 0600);
			if (id >= 0)
				__atomic_add_fetch(won, 1, __ATOMIC_SEQ_CST);
			else if (errno == EEXIST)
				__atomic_add_fetch(lost, 1, __ATOMIC_SEQ_CST);
			else
				_exit(1);
		}
		_exit(0);
	}
	for (round = 1; round <= ROUNDS; round++) {
		STORE(start, round);
		ASSERT_TRUE(EVENTUALLY(LOAD(won) + LOAD(lost) == round * CHILDREN));
		ASSERT_EQ(round, LOAD(won));
		EXPECT_EQ(0, sem_rmid(sem->get(KEY + round, 0, 0)));
	}
	for (i = 0; i < CHILDREN; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
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
	enum { COUNT = 50 };
	int ids[COUNT], i, id;

	ASSERT_EQ(0, limits("32000 1024000000 500 50"));
	for (i = 0; i < COUNT; i++) {
		ids[i] = sem->get(KEY + i, 2, IPC_CREAT | 0600);
		ASSERT_LE(0, ids[i]);
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, sem_new(1));
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_EQ(-1, sem->get(KEY + COUNT, 1, IPC_CREAT | 0600));
		EXPECT_EQ(ENOSPC, errno);
	}
	EXPECT_EQ(COUNT, sem_used());
	EXPECT_EQ(2 * COUNT, sem_total());
	EXPECT_EQ(-1, sem->get(KEY + COUNT, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	/* what is there is found all the same */
	EXPECT_EQ(ids[7], sem->get(KEY + 7, 0, IPC_CREAT));
	EXPECT_EQ(0, sem_rmid(ids[7]));
	id = sem->get(KEY + COUNT, 1, IPC_CREAT | 0600);
	EXPECT_LE(0, id);
	EXPECT_EQ(-1, sem_new(1));
	EXPECT_EQ(ENOSPC, errno);
	/* lowered below what there is, nothing goes */
	ASSERT_EQ(0, limits("32000 1024000000 500 10"));
	EXPECT_EQ(COUNT, sem_used());
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(-1, sem_new(1));
	EXPECT_EQ(ENOSPC, errno);
	for (i = 0; i < COUNT; i++)
		EXPECT_EQ(i == 7 ? -1 : 0, sem_rmid(ids[i]));
	id = sem_new(1);
	EXPECT_LE(0, id);
	EXPECT_EQ(0, sem_rmid(id));
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
	int wanted[] = { 5 << sem->index_bits | 17, 0, INT_MAX, 1 << sem->index_bits | 17 };
	int id, again;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		ASSERT_EQ(0, next_id(wanted[i]));
		EXPECT_EQ(wanted[i], next_id_now());
		id = sem->get(KEY, 1, IPC_CREAT | 0600);
		EXPECT_EQ(wanted[i], id);
		EXPECT_EQ(-1, next_id_now());
		EXPECT_EQ(id, sem->get(KEY, 0, 0));
		EXPECT_EQ(0, sem_do(id, 0, 1, 0));
		again = sem_new(1);
		ASSERT_LE(0, again);
		EXPECT_NE(id, again);
		EXPECT_EQ(0, sem_rmid(again));
		EXPECT_EQ(0, sem_rmid(id));
		EXPECT_FALSE(sem_exists(id));
	}
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

#define STORM_KEYS 8

struct storm {
	int stop;
	int last_id;		/* the id that was given last */
	long found[3];		/* by index, by key, by a guess of the id */
};

static unsigned int storm_nsems(int key)
{
	return 1 + (key - KEY) * 3;
}

static void storm_create(struct storm *storm, unsigned int seed)
{
	int key, id;

	while (!LOAD(&storm->stop)) {
		key = KEY + rand_r(&seed) % STORM_KEYS;
		id = sem->get(key, storm_nsems(key), IPC_CREAT | IPC_EXCL | 0640);
		if (id >= 0)
			STORE(&storm->last_id, id);
		else if (errno != EEXIST)
			_exit(1);
		id = sem->get(KEY + rand_r(&seed) % STORM_KEYS, 0, 0);
		if (id < 0 ? errno != ENOENT : sem_rmid(id) && errno != EINVAL && errno != EIDRM)
			_exit(2);
	}
	_exit(0);
}

/* What is wrong with this set, or NULL. */
static const char *storm_check(int id, const struct semid_ds *ds)
{
	int key = ds->sem_perm.__key;

	if (key < KEY || key >= KEY + STORM_KEYS)
		return "key";
	if (ds->sem_nsems != storm_nsems(key))
		return "number of semaphores";
	if (ds->sem_perm.mode != 0640)
		return "mode";
	if (ds->sem_perm.__seq != SEQ(id))
		return "sequence number";
	if (time(NULL) - ds->sem_ctime > 3600 || time(NULL) < ds->sem_ctime - 1)
		return "time";
	return NULL;
}

static bool gone(void)
{
	return errno == EINVAL || errno == EIDRM;
}

/* An operation and all values of what may be there. */
static const char *storm_use(int id, long *found)
{
	unsigned short values[64];
	struct semid_ds ds;
	size_t i;

	if (SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(0, -1, 0), SEM_OP(0, 0, IPC_NOWAIT)))
		return gone() ? NULL : "answer to an operation";
	++*found;
	if (sem_stat(id, &ds))
		return gone() ? NULL : "answer to IPC_STAT";
	memset(values, POISON, sizeof(values));
	if (sem_getall(id, values, ARRAY_SIZE(values)))
		return gone() ? NULL : "answer to GETALL";
	if (!is_all(values, 0, ds.sem_nsems * sizeof(*values)))
		return "value";
	for (i = ds.sem_nsems; i < ARRAY_SIZE(values); i++)
		if (!is_all(&values[i], POISON, sizeof(*values)))
			return "size of its values";
	return storm_check(id, &ds);
}

TEST_F_TIMEOUT(sem, what_is_found_is_complete, 120)
{
	struct storm *storm = shared_alloc(sizeof(*storm));
	const char *wrong = NULL;
	struct seminfo info;
	struct semid_ds ds;
	pid_t pids[2];
	long long end;
	int i, k, id;

	ASSERT_NE(NULL, storm);
	for (i = 0; i < 2; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			storm_create(storm, i);
	}
	end = now_ms() + 4000;
	for (k = 0; !wrong && now_ms() < end; k++) {
		for (i = sem_info(SEM_INFO, &info); !wrong && i >= 0; i--) {
			id = sem_stat_any(i, &ds);
			if (id < 0) {
				ASSERT_TRUE(gone());
				continue;
			}
			EXPECT_EQ(i, sem_index(id));
			wrong = storm_check(id, &ds);
			storm->found[0]++;
		}
		id = sem->get(KEY + k % STORM_KEYS, 0, 0);
		if (id >= 0 && !wrong)
			wrong = storm_use(id, &storm->found[1]);
		/* the one that is made now is the next, or thereabouts */
		for (i = 0; !wrong && i < 4; i++)
			wrong = storm_use(LOAD(&storm->last_id) + i, &storm->found[2]);
	}
	EXPECT_EQ(NULL, wrong)
		TH_LOG("a set was found with the wrong %s", wrong ?: "");
	for (i = 0; i < 3; i++)
		EXPECT_LT(0, storm->found[i]);
	STORE(&storm->stop, 1);
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[1]));
	for (i = 0; i < STORM_KEYS; i++)
		sem_rmid(sem->get(KEY + i, 0, 0));
}

TEST_HARNESS_MAIN
