// SPDX-License-Identifier: GPL-2.0
/*
 * Ids and keys: how an object is found, what becomes of its id and its key, and how
 * many there can be. Classes 1 and 6.
 */
#include "instance_fixture.h"

#define LOAD(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)

#define SEQ(id)		((id) >> shm->index_bits)
#define INDEX(id)	((id) & ((1 << shm->index_bits) - 1))

static int shm_limit(const char *name, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	return shm_limit_set(name, text);
}

static int max_index(void)
{
	struct shm_info info;

	return shm->ctl(0, SHM_INFO, &info);
}

/* --- keys */

TEST_F(shm, key_finds_the_segment_that_was_made_with_it)
{
	int keys[] = { KEY, 1, -1, INT_MAX, INT_MIN }, ids[ARRAY_SIZE(keys)];
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(-1, shm->get(keys[i], 0, 0));
		EXPECT_EQ(ENOENT, errno);
		ids[i] = shm->get(keys[i], 100 + i, IPC_CREAT | 0600);
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(keys[i], shm_ds(ids[i]).shm_perm.__key);
		for (k = 0; k < i; k++)
			EXPECT_NE(ids[k], ids[i]);
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(ids[i], shm->get(keys[i], 0, 0));
		EXPECT_EQ(ids[i], shm->get(keys[i], 100, IPC_CREAT | 0600));
		EXPECT_EQ(100 + i, shm_ds(ids[i]).shm_segsz);
		EXPECT_EQ(0, shm_remove(ids[i]));
		EXPECT_EQ(-1, shm->get(keys[i], 0, 0));
		EXPECT_EQ(ENOENT, errno);
	}
}

TEST_F(shm, private_key_makes_a_new_segment_each_time)
{
	int ids[5];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		/* neither flag means anything */
		ids[i] = shm->get(IPC_PRIVATE, 4096, i % 2 ? IPC_CREAT | IPC_EXCL | 0600 : 0600);
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(0, shm_ds(ids[i]).shm_perm.__key);
	}
	EXPECT_EQ(5, shm_used());
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		EXPECT_EQ(0, shm_remove(ids[i]));
}

TEST_F(shm, exclusive_creation_refuses_a_key_that_is_taken)
{
	int id;

	id = shm->get(KEY, 4096, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, id);
	EXPECT_EQ(-1, shm->get(KEY, 4096, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EEXIST, errno);
	/* before anything else is looked at: size, mode */
	EXPECT_EQ(-1, shm->get(KEY, 1000000, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EEXIST, errno);
	/* alone, IPC_EXCL says nothing */
	EXPECT_EQ(id, shm->get(KEY, 4096, IPC_EXCL));
	EXPECT_EQ(1, shm_used());
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, exclusive_creation_by_many_has_one_winner)
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
			id = shm->get(KEY + round, 1, IPC_CREAT | IPC_EXCL | 0600);
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
		__atomic_store_n(start, round, __ATOMIC_SEQ_CST);
		ASSERT_TRUE(EVENTUALLY(LOAD(won) + LOAD(lost) == round * CHILDREN));
		ASSERT_EQ(round, *won);
		EXPECT_EQ(0, shm_remove(shm->get(KEY + round, 0, 0)));
	}
	for (i = 0; i < CHILDREN; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

TEST_F(shm, removal_frees_the_key_even_while_attached)
{
	int id, again;
	char *p;

	id = shm->get(KEY, 4096, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	p = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	strcpy(p, "old");
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(-1, shm->get(KEY, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, shm_ds(id).shm_perm.__key);
	again = shm->get(KEY, 8192, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, again);
	EXPECT_NE(id, again);
	EXPECT_EQ(again, shm->get(KEY, 0, 0));
	EXPECT_EQ(4096, shm_ds(id).shm_segsz);
	EXPECT_EQ(8192, shm_ds(again).shm_segsz);
	EXPECT_STREQ("old", p);
	/* removed twice is removed; the key belongs to the other one */
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(again, shm->get(KEY, 0, 0));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_FALSE(shm_exists(id));
	EXPECT_EQ(again, shm->get(KEY, 0, 0));
	EXPECT_EQ(0, shm_remove(again));
}

/* --- ids */

TEST_F(shm, stale_id_is_refused_by_every_call)
{
	struct shmid_ds ds = { .shm_perm = { .mode = 0666 } };
	int id = shm_new(4096), fresh = -1;
	size_t i;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, shm_remove(id));
	/* with nothing at its index, and with another object there */
	for (i = 0; i < 2; i++) {
		EXPECT_EQ(NOT_ATTACHED, shm->at(id, NULL, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, shm->ctl(id, IPC_STAT, &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, shm->ctl(id, IPC_SET, &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, shm->ctl(id, SHM_LOCK, NULL));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, shm_remove(id));
		EXPECT_EQ(EINVAL, errno);
		if (i)
			break;
		for (fresh = shm_new(4096); INDEX(fresh) != INDEX(id); fresh = shm_new(4096)) {
			ASSERT_LE(0, fresh);
			ASSERT_EQ(0, shm_remove(fresh));
		}
		EXPECT_NE(SEQ(id), SEQ(fresh));
	}
	EXPECT_TRUE(shm_exists(fresh));
	EXPECT_EQ(0, shm_remove(fresh));
}

TEST_F(shm, ids_that_cannot_be_are_einval)
{
	int id = shm_new(4096), k;
	struct shmid_ds ds;

	ASSERT_LE(0, id);
	for (k = 0; k < 31; k++) {
		EXPECT_EQ(-1, shm->ctl(id ^ 1 << k, IPC_STAT, &ds))
			TH_LOG("bit %d", k);
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, shm->ctl(-1, IPC_STAT, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shm->ctl(INT_MIN, IPC_STAT, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shm->ctl(id | INT_MIN, IPC_RMID, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(shm_exists(id));
	EXPECT_EQ(0, shm_remove(id));
}

/*
 * Nothing is there but the one, and yet the indices are gone through one by one. What
 * comes at an index again has another sequence number.
 */
TEST_F(shm, an_index_is_not_used_again_at_once)
{
	int id = shm_new(1), last, turns = 0, run = 1;

	ASSERT_LE(0, id);
	while (turns < 3) {
		EXPECT_EQ(SEQ(id), shm_ds(id).shm_perm.__seq);
		ASSERT_EQ(0, shm_remove(id));
		last = id;
		id = shm_new(1);
		ASSERT_LE(0, id);
		if (SEQ(id) == SEQ(last)) {
			ASSERT_EQ(INDEX(last) + 1, INDEX(id));
			ASSERT_GT(5000, ++run);
			continue;
		}
		ASSERT_EQ(SEQ(last) + 1, SEQ(id));
		ASSERT_EQ(0, INDEX(id));
		EXPECT_LE(64, run);
		run = 1;
		turns++;
	}
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, next_id_gives_the_id_asked_for_once)
{
	int wanted[] = { 5 << shm->index_bits | 17, 0, INT_MAX, 1 << shm->index_bits | 17 };
	int id, again;
	char text[32];
	size_t i;

	/* the highest index has to be allowed, where it can be */
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		ASSERT_EQ(0, shm_limit("shm_next_id", wanted[i]));
		ASSERT_EQ(0, shm_limit_get("shm_next_id", text, sizeof(text)));
		EXPECT_EQ(wanted[i], atoi(text));
		id = shm->get(KEY, 4096, IPC_CREAT | 0600);
		EXPECT_EQ(wanted[i], id);
		ASSERT_EQ(0, shm_limit_get("shm_next_id", text, sizeof(text)));
		EXPECT_STREQ("-1\n", text);
		EXPECT_EQ(id, shm->get(KEY, 0, 0));
		EXPECT_TRUE(shm_exists(id));
		again = shm_new(4096);
		ASSERT_LE(0, again);
		EXPECT_NE(id, again);
		EXPECT_EQ(0, shm_remove(again));
		EXPECT_EQ(0, shm_remove(id));
		EXPECT_FALSE(shm_exists(id));
	}
}

TEST_F(shm, next_id_of_an_index_that_is_taken_gives_the_next_free_one)
{
	int id = shm_new(4096), other;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, shm_limit("shm_next_id", 9 << shm->index_bits | INDEX(id)));
	other = shm_new(4096);
	EXPECT_EQ(9 << shm->index_bits | (INDEX(id) + 1), other);
	EXPECT_TRUE(shm_exists(id));
	/* a look-up with the right index and the wrong sequence finds neither */
	EXPECT_FALSE(shm_exists(9 << shm->index_bits | INDEX(id)));
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm_remove(other));
}

TEST_F(shm, next_id_is_used_up_by_a_creation_alone)
{
	char text[32];
	int id, other;

	id = shm->get(KEY, 4096, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, shm_limit("shm_next_id", 3 << shm->index_bits | 33));
	EXPECT_EQ(id, shm->get(KEY, 0, IPC_CREAT));
	EXPECT_EQ(-1, shm->get(KEY, 0, IPC_CREAT | IPC_EXCL));
	EXPECT_EQ(-1, shm->get(KEY + 1, 0, 0));
	EXPECT_EQ(-1, shm->get(KEY + 1, 0, IPC_CREAT));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, shm_limit_get("shm_next_id", text, sizeof(text)));
	EXPECT_EQ(3 << shm->index_bits | 33, atoi(text));
	other = shm_new(1);
	EXPECT_EQ(3 << shm->index_bits | 33, other);
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm_remove(other));
}

/* --- lists of them */

TEST_F(shm, highest_index_follows_what_is_there)
{
	int ids[10], i, top = 0;
	struct shmid_ds ds;

	for (i = 0; i < 10; i++) {
		ids[i] = shm_new(4096);
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(INDEX(ids[i]), max_index());
	}
	EXPECT_EQ(0, shm_remove(ids[3]));
	EXPECT_EQ(INDEX(ids[9]), max_index());
	EXPECT_EQ(0, shm_remove(ids[9]));
	EXPECT_EQ(INDEX(ids[8]), max_index());

	/* by all indices up to it every object is found, and nothing else */
	for (i = 0; i <= max_index(); i++) {
		int id = shm->ctl(i, SHM_STAT, &ds);

		if (id < 0) {
			EXPECT_EQ(EINVAL, errno);
			EXPECT_EQ(INDEX(ids[3]), i);
			continue;
		}
		EXPECT_EQ(ids[top], id);
		EXPECT_EQ(4096, ds.shm_segsz);
		top += top == 2 ? 2 : 1;
	}
	EXPECT_EQ(9, top);
	EXPECT_EQ(-1, shm->ctl(max_index() + 1, SHM_STAT, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shm->ctl(-1, SHM_STAT, &ds));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shm->ctl(-1, SHM_STAT_ANY, &ds));
	EXPECT_EQ(EINVAL, errno);
	for (i = 0; i < 9; i++)
		EXPECT_EQ(i == 3 ? -1 : 0, shm_remove(ids[i]));
	EXPECT_EQ(0, max_index());
}

TEST_F(shm, stat_by_index_looks_at_the_mode_and_stat_any_does_not)
{
	struct shmid_ds ds;
	int id, index;
	pid_t pid;

	/* an index that no id is equal to */
	ASSERT_EQ(0, shm_limit("shm_next_id", 7 << shm->index_bits | 40));
	id = shm->get(KEY, 5000, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	index = INDEX(id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, shm->ctl(id, IPC_STAT, &ds));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, shm->ctl(index, SHM_STAT, &ds));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(id, shm->ctl(index, SHM_STAT_ANY, &ds));
		EXPECT_EQ(5000, ds.shm_segsz);
		EXPECT_EQ(KEY, ds.shm_perm.__key);
		EXPECT_EQ(0600, ds.shm_perm.mode);
		EXPECT_EQ(7, ds.shm_perm.__seq);
		/* an id is no index, an index no id */
		EXPECT_EQ(-1, shm->ctl(index, IPC_STAT, &ds));
		EXPECT_EQ(EINVAL, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	ds.shm_perm.uid = 0;
	ds.shm_perm.gid = 0;
	ds.shm_perm.mode = 0604;
	EXPECT_EQ(0, shm->ctl(id, IPC_SET, &ds));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, shm->ctl(id, IPC_STAT, &ds));
		EXPECT_EQ(id, shm->ctl(index, SHM_STAT, &ds));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, info_of_an_instance_without_ids_says_none)
{
	struct kipc_shm_info info;

	EXPECT_EQ(0, max_index());
	EXPECT_EQ(0, shm_used());
	if (shm == &shm_native)
		return;
	/* 0 is an index, too */
	memset(&info, POISON, sizeof(info));
	info.flags = 0;
	ASSERT_EQ(0, ioctl(shm_dev, KIPC_IOC_SHM_INFO, &info));
	EXPECT_EQ(-1, info.max_index);
}

/* --- how many */

TEST_F(shm, shmmni_is_the_number_of_ids_and_no_more)
{
	enum { COUNT = 50 };
	int ids[COUNT], i, id;

	ASSERT_EQ(0, shm_limit("shmmni", COUNT));
	for (i = 0; i < COUNT; i++) {
		ids[i] = shm->get(KEY + i, 4096, IPC_CREAT | 0600);
		ASSERT_LE(0, ids[i]);
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, shm_new(4096));
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_EQ(-1, shm->get(KEY + COUNT, 4096, IPC_CREAT | 0600));
		EXPECT_EQ(ENOSPC, errno);
	}
	EXPECT_EQ(COUNT, shm_used());
	EXPECT_EQ(COUNT, shm_total());
	EXPECT_EQ(-1, shm->get(KEY + COUNT, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	/* what is there is found all the same */
	EXPECT_EQ(ids[7], shm->get(KEY + 7, 0, IPC_CREAT));
	EXPECT_EQ(0, shm_remove(ids[7]));
	id = shm->get(KEY + COUNT, 4096, IPC_CREAT | 0600);
	EXPECT_LE(0, id);
	EXPECT_EQ(-1, shm_new(4096));
	EXPECT_EQ(ENOSPC, errno);
	/* lowered below what there is, nothing goes */
	ASSERT_EQ(0, shm_limit("shmmni", 10));
	EXPECT_EQ(COUNT, shm_used());
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(-1, shm_new(4096));
	EXPECT_EQ(ENOSPC, errno);
	for (i = 0; i < COUNT; i++)
		EXPECT_EQ(i == 7 ? -1 : 0, shm_remove(ids[i]));
	id = shm_new(4096);
	EXPECT_LE(0, id);
	EXPECT_EQ(0, shm_remove(id));
}

/* One that is removed, but attached, has its id still. */
TEST_F(shm, ids_of_removed_segments_count_until_the_last_detach)
{
	char *p;
	int id;

	ASSERT_EQ(0, shm_limit("shmmni", 1));
	id = shm_new_at(4096, &p);
	ASSERT_LE(0, id);
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(1, shm_used());
	EXPECT_EQ(-1, shm_new(4096));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_used());
	id = shm_new(4096);
	EXPECT_LE(0, id);
	EXPECT_EQ(0, shm_remove(id));
}

/* --- found while it is made, while it goes: classes 1 and 6 */

#define STORM_KEYS 8

struct storm {
	int stop;
	int last_id;		/* the id that was given last */
	long found[3];		/* by index, by key, by a guess of the id */
};

static size_t storm_size(int key)
{
	return PAGE * (1 + key - KEY);
}

static void storm_create(struct storm *storm, unsigned int seed)
{
	int key, id;

	while (!LOAD(&storm->stop)) {
		key = KEY + rand_r(&seed) % STORM_KEYS;
		id = shm->get(key, storm_size(key), IPC_CREAT | IPC_EXCL | 0640);
		if (id >= 0)
			__atomic_store_n(&storm->last_id, id, __ATOMIC_SEQ_CST);
		else if (errno != EEXIST)
			_exit(1);
		id = shm->get(KEY + rand_r(&seed) % STORM_KEYS, 0, 0);
		if (id < 0 ? errno != ENOENT : shm_remove(id) && errno != EINVAL && errno != EIDRM)
			_exit(2);
	}
	_exit(0);
}

/* What is wrong with this segment, or NULL. */
static const char *storm_check(const pid_t *pids, int id, const struct shmid_ds *ds)
{
	int key = ds->shm_perm.__key;

	if (key && (key < KEY || key >= KEY + STORM_KEYS))
		return "key";
	if (key && ds->shm_segsz != storm_size(key))
		return "size";
	if (!key != !!(ds->shm_perm.mode & SHM_DEST))
		return "a key although it is removed, or none although it is not";
	if ((ds->shm_perm.mode & 0777) != 0640 || ds->shm_segsz % PAGE || !ds->shm_segsz)
		return "mode or size";
	if (ds->shm_perm.__seq != SEQ(id))
		return "sequence number";
	if (ds->shm_cpid != pids[0] && ds->shm_cpid != pids[1])
		return "creator";
	if (time(NULL) - ds->shm_ctime > 3600 || time(NULL) < ds->shm_ctime - 1)
		return "time";
	return NULL;
}

TEST_F_TIMEOUT(shm, what_is_found_is_complete, 120)
{
	struct storm *storm = shared_alloc(sizeof(*storm));
	const char *wrong = NULL;
	struct shmid_ds ds;
	pid_t pids[2];
	long long end;
	int i, k, id;
	char *p;

	ASSERT_NE(NULL, storm);
	for (i = 0; i < 2; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			storm_create(storm, i);
	}
	end = now_ms() + 4000;
	for (k = 0; !wrong && now_ms() < end; k++) {
		for (i = max_index(); !wrong && i >= 0; i--) {
			id = shm->ctl(i, SHM_STAT_ANY, &ds);
			if (id < 0) {
				ASSERT_TRUE(errno == EINVAL || errno == EIDRM);
				continue;
			}
			EXPECT_EQ(i, INDEX(id));
			wrong = storm_check(pids, id, &ds);
			storm->found[0]++;
		}
		id = shm->get(KEY + k % STORM_KEYS, 0, 0);
		if (id >= 0 && !wrong && !shm->ctl(id, IPC_STAT, &ds)) {
			wrong = storm_check(pids, id, &ds);
			storm->found[1]++;
		}
		/* the one that is made now is the next, or thereabouts */
		for (i = 0; i < 4; i++) {
			id = LOAD(&storm->last_id) + i;
			p = shm->at(id, NULL, SHM_RDONLY);
			if (p == NOT_ATTACHED) {
				ASSERT_TRUE(errno == EINVAL || errno == EIDRM);
				continue;
			}
			ASSERT_EQ(0, shm->ctl(id, IPC_STAT, &ds));
			wrong = wrong ?: storm_check(pids, id, &ds);
			ASSERT_LE(1, ds.shm_nattch);
			ASSERT_EQ(0, p[0]);
			ASSERT_EQ(0, p[ds.shm_segsz - 1]);
			ASSERT_EQ(0, shm->dt(p));
			storm->found[2]++;
		}
	}
	EXPECT_EQ(NULL, wrong)
		TH_LOG("a segment was found with the wrong %s", wrong ?: "");
	for (i = 0; i < 3; i++)
		EXPECT_LT(0, storm->found[i]);
	__atomic_store_n(&storm->stop, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[1]));
	for (i = 0; i < STORM_KEYS; i++)
		shm_remove(shm->get(KEY + i, 0, 0));
}

TEST_HARNESS_MAIN
