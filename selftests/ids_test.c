// SPDX-License-Identifier: GPL-2.0
/*
 * Ids and keys: how an object is found, what becomes of its id and its key, and how
 * many there can be. Classes 1 and 6.
 */
#include "instance_fixture.h"
#include "ids.h"

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

static int segment_get(key_t key, int flags)
{
	return shm->get(key, flags & IPC_CREAT ? 4096 : 0, flags);
}

static int set_limit(int n)
{
	return shm_limit("shmmni", n);
}

static int next_id(int id)
{
	return shm_limit("shm_next_id", id);
}

static int next_id_now(void)
{
	char text[32];

	return shm_limit_get("shm_next_id", text, sizeof(text)) ? -7 : atoi(text);
}

static struct ids segments(void)
{
	return (struct ids) {
		.index_bits = shm->index_bits, .get = segment_get, .remove = shm_remove,
		.exists = shm_exists, .used = shm_used, .set_limit = set_limit,
		.set_next = next_id, .next = next_id_now,
	};
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
	struct ids ids = segments();

	one_of_many_wins(_metadata, &ids);
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
	struct ids ids = segments();

	next_id_is_given_once(_metadata, &ids);
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
	struct ids ids = segments();

	limit_is_kept(_metadata, &ids);
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

static pid_t makers[2];

static size_t storm_size(int key)
{
	return PAGE * (1 + key - KEY);
}

static int storm_make(key_t key)
{
	return shm->get(key, storm_size(key), IPC_CREAT | IPC_EXCL | 0640);
}

static int storm_find(key_t key)
{
	return shm->get(key, 0, 0);
}

/* What is wrong with this segment, or NULL. */
static const char *storm_check(int id, const struct shmid_ds *ds)
{
	int key = ds->shm_perm.__key;

	if (key && !storm_key_is_right(key))
		return "key";
	if (key && ds->shm_segsz != storm_size(key))
		return "size";
	if (!key != !!(ds->shm_perm.mode & SHM_DEST))
		return "a key although it is removed, or none although it is not";
	if ((ds->shm_perm.mode & 0777) != 0640 || ds->shm_segsz % PAGE || !ds->shm_segsz)
		return "mode or size";
	if (ds->shm_perm.__seq != SEQ(id))
		return "sequence number";
	if (ds->shm_cpid != makers[0] && ds->shm_cpid != makers[1])
		return "creator";
	return storm_time_is_right(ds->shm_ctime) ? NULL : "time";
}

static const char *storm_at_index(int index, long *found)
{
	struct shmid_ds ds;
	int id = shm->ctl(index, SHM_STAT_ANY, &ds);

	if (id < 0)
		return storm_is_gone() ? NULL : "answer to SHM_STAT_ANY";
	++*found;
	return INDEX(id) == index ? storm_check(id, &ds) : "index";
}

static const char *storm_stat(int id, long *found)
{
	struct shmid_ds ds;

	if (shm->ctl(id, IPC_STAT, &ds))
		return storm_is_gone() ? NULL : "answer to IPC_STAT";
	++*found;
	return storm_check(id, &ds);
}

static const char *storm_attach(int id, long *found)
{
	const char *wrong = "contents";
	struct shmid_ds ds;
	char *p;

	p = shm->at(id, NULL, SHM_RDONLY);
	if (p == NOT_ATTACHED)
		return storm_is_gone() ? NULL : "answer to an attachment";
	++*found;
	/* it cannot go now */
	if (shm->ctl(id, IPC_STAT, &ds) || ds.shm_nattch < 1)
		wrong = "answer to IPC_STAT";
	else if (!p[0] && !p[ds.shm_segsz - 1])
		wrong = storm_check(id, &ds);
	return shm->dt(p) ? "answer to a detachment" : wrong;
}

TEST_F_TIMEOUT(shm, what_is_found_is_complete, 120)
{
	static const struct storm storm = {
		.make = storm_make, .find = storm_find, .remove = shm_remove,
		.max_index = max_index, .at_index = storm_at_index,
		.by_key = storm_stat, .by_guess = storm_attach,
	};

	storm_run(_metadata, &storm, makers);
}

TEST_HARNESS_MAIN
