// SPDX-License-Identifier: GPL-2.0
/*
 * Class 11: in a control group of 64 MiB a process makes segments until it can no more.
 * It harms nobody else, and all that it took comes back.
 */
#include "shm_fixture.h"
#include "oom.h"

#define LIMIT		(64LL << 20)

static void remove_all(void)
{
	int max = shm->ctl(0, SHM_INFO, &(struct shm_info) { 0 }), index, id;
	struct shmid_ds ds;

	for (index = 0; index <= max; index++) {
		id = shm->ctl(index, SHM_STAT, &ds);
		if (id >= 0)
			shm_remove(id);
	}
}

static int make_segments(void *arg)
{
	size_t size = *(size_t *)arg, i;
	char *p;

	for (;;) {
		if (shm_new_at(size, &p) < 0)
			return errno;
		for (i = 0; i < size; i += PAGE)
			p[i] = 1;
		shm->dt(p);
	}
}

static void exhaust(struct __test_metadata *_metadata, size_t size)
{
	struct hog hog;

	hog_run(_metadata, &hog, LIMIT, make_segments, &size);
	printf("# %d segments of %zu bytes\n", shm_used(), size);
	hog_was_limited(_metadata, &hog, shm_used());
	remove_all();
	EXPECT_EQ(0, shm_used());
	EXPECT_EQ(0, shm_total());
	hog_is_gone(_metadata, &hog, NULL);
}

TEST_F_TIMEOUT(shm, small_segments_end_at_the_limit_of_the_group, 120)
{
	exhaust(_metadata, 32 * PAGE);
}

TEST_F_TIMEOUT(shm, large_segments_end_at_the_limit_of_the_group, 120)
{
	exhaust(_metadata, 4 * HUGE_PAGE);
}

TEST_HARNESS_MAIN
