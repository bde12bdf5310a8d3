// SPDX-License-Identifier: GPL-2.0
/*
 * Ids and keys by the ten thousand. What it costs is for the bench to say.
 */
#include "instance_fixture.h"

/* Odd, so that no two of the first 2^32 keys are the same; none is IPC_PRIVATE. */
#define NTH_KEY(i)	((int)(((unsigned int)(i) + 1) * 2654435761U))

#define INDEX_MAX	(1 << 20)

/* One that looks for errors, and is some ten times slower. */
static bool is_debug_kernel(void)
{
	return !access("/proc/lockdep_stats", F_OK) || !access("/sys/kernel/debug/kcsan", F_OK);
}

static int count_of(void)
{
	/* the kernel's own ends at 32,768 */
	if (shm == &shm_native)
		return 30000;
	return is_debug_kernel() ? 10000 : 100000;
}

/* Count the rows of the table; -1 if one is there twice or is no row. */
static int rows_of_table(unsigned char *seen)
{
	int rows = -1, key, id, index;
	FILE *f = fopen(shm->table, "r");
	char line[256];

	memset(seen, 0, INDEX_MAX);
	while (f && fgets(line, sizeof(line), f)) {
		if (++rows == 0)
			continue;
		index = 0;
		if (sscanf(line, "%d %d", &key, &id) == 2)
			index = id & ((1 << shm->index_bits) - 1);
		if (line[strlen(line) - 1] != '\n' || seen[index]++) {
			rows = -1;
			break;
		}
	}
	if (f)
		fclose(f);
	return rows;
}

TEST_F_TIMEOUT(shm, tens_of_thousands_are_found_by_id_and_by_key, 280)
{
	int n = count_of(), *ids = malloc(n * sizeof(*ids)), *old, i, k, index;
	unsigned char *seen = calloc(1, INDEX_MAX);
	char text[16];

	ASSERT_NE(NULL, ids);
	ASSERT_NE(NULL, seen);
	old = malloc(n * sizeof(*old));
	ASSERT_NE(NULL, old);
	snprintf(text, sizeof(text), "%d", n);
	ASSERT_EQ(0, shm_limit_set("shmmni", text));
	for (i = 0; i < n; i++) {
		ids[i] = shm->get(NTH_KEY(i), 1 + i, IPC_CREAT | IPC_EXCL | 0600);
		ASSERT_LE(0, ids[i])
			TH_LOG("%d: %s", i, strerror(errno));
		index = ids[i] & ((1 << shm->index_bits) - 1);
		ASSERT_EQ(0, seen[index]++);
	}
	EXPECT_EQ(n, shm_used());
	EXPECT_EQ(-1, shm_new(1));
	EXPECT_EQ(ENOSPC, errno);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(ids[i], shm->get(NTH_KEY(i), 0, 0));
		ASSERT_EQ(1 + i, shm_ds(ids[i]).shm_segsz);
		ASSERT_EQ(NTH_KEY(i), shm_ds(ids[i]).shm_perm.__key);
	}
	EXPECT_EQ(n, rows_of_table(seen));

	/* every third one goes; the others do not notice */
	for (i = 0; i < n; i += 3) {
		ASSERT_EQ(0, shm_remove(ids[i]));
		old[i] = ids[i];
	}
	for (i = 0; i < n; i++) {
		if (i % 3) {
			ASSERT_EQ(ids[i], shm->get(NTH_KEY(i), 0, 0));
			ASSERT_TRUE(shm_exists(ids[i]));
			continue;
		}
		ASSERT_EQ(-1, shm->get(NTH_KEY(i), 0, 0));
		ASSERT_EQ(ENOENT, errno);
		ASSERT_FALSE(shm_exists(ids[i]));
	}
	EXPECT_EQ(n - (n + 2) / 3, shm_used());
	EXPECT_EQ(n - (n + 2) / 3, rows_of_table(seen));

	/* what takes their places is not mistaken for them */
	for (i = 0; i < n; i += 3) {
		ids[i] = shm->get(NTH_KEY(n + i), 1 + i, IPC_CREAT | IPC_EXCL | 0600);
		ASSERT_LE(0, ids[i]);
	}
	EXPECT_EQ(n, shm_used());
	for (i = 0; i < n; i += 3) {
		ASSERT_FALSE(shm_exists(old[i]));
		ASSERT_EQ(ids[i], shm->get(NTH_KEY(n + i), 0, 0));
	}
	EXPECT_EQ(n, rows_of_table(seen));

	/* in no order that means anything; the steps have no common divisor with n */
	for (i = 0, k = 0; i < n; i++, k = (k + 7919) % n)
		ASSERT_EQ(0, shm_remove(ids[k]));
	EXPECT_EQ(0, shm_used());
	EXPECT_EQ(0, shm_total());
	EXPECT_EQ(0, rows_of_table(seen));
	free(seen);
	free(old);
	free(ids);
}

/*
 * Half of the first 1,024 indices are taken, and the others are used over and over:
 * the sequence number runs through all its 2,048 values and begins again.
 */
TEST_F_TIMEOUT(instance, ids_stay_valid_when_the_sequence_wraps, 400)
{
	enum { KEEP = 511, ROUNDS = 1200000 };
	int keep[KEEP], id, last, i, round, after = 0;

	if (is_debug_kernel())
		SKIP(return, "a million segments take too long on this kernel");
	for (i = 0; i < KEEP; i++) {
		keep[i] = segment(&self->in, NTH_KEY(i));
		ASSERT_LE(0, keep[i]);
	}
	last = keep[KEEP - 1];
	for (round = 0; after < 2000 && round < ROUNDS; round++) {
		id = segment(&self->in, KIPC_KEY_PRIVATE);
		ASSERT_LE(0, id);
		ASSERT_NE(last, id);
		ASSERT_EQ(0, seg_remove(&self->in, id));
		if (id >> 20 != last >> 20) {
			ASSERT_EQ(((last >> 20) + 1) % 2048, id >> 20);
			ASSERT_GT(last & 0xfffff, id & 0xfffff);
		} else {
			ASSERT_LT(last, id);
		}
		after += after || id >> 20 < last >> 20;
		if (round % 1024 == 0 || after) {
			i = round % KEEP;
			ASSERT_EQ(keep[i], seg_get(&self->in, NTH_KEY(i), 0, 0));
			ASSERT_TRUE(seg_exists(&self->in, keep[i]));
			ASSERT_FALSE(seg_exists(&self->in, id));
			ASSERT_EQ(EINVAL, errno);
		}
		last = id;
	}
	EXPECT_EQ(2000, after);
	EXPECT_EQ(KEEP, seg_info(&self->in).used_ids);
	for (i = 0; i < KEEP; i++) {
		EXPECT_EQ(keep[i], seg_get(&self->in, NTH_KEY(i), 0, 0));
		EXPECT_EQ(0, seg_remove(&self->in, keep[i]));
	}
}

TEST_HARNESS_MAIN
