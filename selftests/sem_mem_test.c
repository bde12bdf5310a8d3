// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of semaphores. Class 12: how much it is users decide, and what is in some of it.
 */
#include "sem_kipc_fixture.h"
#include "slab.h"

static const char *const buckets[] = {
	"kipc_bucket_64", "kipc_bucket_128", "kipc_bucket_256", "kipc_bucket_512",
	"kipc_bucket_1k", "kipc_bucket_2k", "kipc_bucket_4k", "kipc_bucket_8k",
};

TEST_F(set, buckets_are_shared_with_nothing)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		EXPECT_TRUE(slab_is_alone(buckets[i]))
			TH_LOG("%s", buckets[i]);
}

static long bucket_objects(void)
{
	long sum = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(buckets); i++)
		sum += slab_objects(buckets[i]);
	return sum;
}

/* What @make allocates for each of many sets of @nsems; @files are descriptors of those. */
static void expect_own(struct __test_metadata *_metadata, const char *what,
		       void (*make)(struct __test_metadata *_metadata, int fd, int nsems),
		       int *files, int nfiles, int nsems)
{
	/* an open file has something of its own that is smaller */
	enum { LEAST = 256 };
	long own, general, own_now, general_now;
	int i;

	for (i = 0; i < (int)ARRAY_SIZE(buckets); i++)
		slab_shrink(buckets[i]);
	own = bucket_objects();
	general = kmalloc_objects(LEAST);
	for (i = 0; i < nfiles; i++)
		make(_metadata, files[i], nsems);
	own_now = bucket_objects();
	general_now = kmalloc_objects(LEAST);
	printf("# %s: buckets %ld -> %ld, kmalloc %ld -> %ld\n", what, own, own_now, general,
	       general_now);
	fflush(stdout);
	/* a few were there and free */
	EXPECT_LE(nfiles / 2, own_now - own);
	EXPECT_GT(nfiles / 4, general_now - general);
}

static void adjust(struct __test_metadata *_metadata, int fd, int nsems)
{
	EXPECT_EQ(0, sem_do_on(fd, nsems - 1, 1, SEM_UNDO));
}

static void watch(struct __test_metadata *_metadata, int fd, int nsems)
{
	struct sembuf ops[100];
	int i;

	for (i = 0; i < (int)ARRAY_SIZE(ops); i++)
		ops[i] = SEM_OP(i % nsems, -1, 0);
	EXPECT_EQ(0, sem_watch_on(fd, ops, ARRAY_SIZE(ops)));
}

TEST_F_TIMEOUT(set, what_users_decide_grows_buckets_and_no_others, 120)
{
	enum { SETS = 400, NSEMS = 50 };
	int *files = calloc(SETS, sizeof(*files)), i;
	long own, general;

	ASSERT_NE(NULL, files);
	own = bucket_objects();
	general = kmalloc_objects(4096);
	for (i = 0; i < SETS; i++) {
		files[i] = sem_create_on(self->dev, NSEMS, 0600, 0);
		ASSERT_LE(0, files[i]);
	}
	EXPECT_LE(SETS / 2, bucket_objects() - own);
	EXPECT_GT(SETS / 4, kmalloc_objects(4096) - general);
	expect_own(_metadata, "adjustments", adjust, files, SETS, NSEMS);
	expect_own(_metadata, "lists to poll for", watch, files, SETS, NSEMS);
	for (i = 0; i < SETS; i++)
		close(files[i]);
	free(files);
}

TEST_HARNESS_MAIN
