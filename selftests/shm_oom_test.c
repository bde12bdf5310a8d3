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

/* Make and touch segments of @size bytes for ever. */
static void eat(size_t size)
{
	size_t i;
	char *p;

	for (;;) {
		if (shm_new_at(size, &p) < 0)
			_exit(errno == ENOMEM || errno == ENOSPC ? 0 : 1);
		for (i = 0; i < size; i += PAGE)
			p[i] = 1;
		shm->dt(p);
	}
}

static void exhaust(struct __test_metadata *_metadata, size_t size)
{
	long long before, peak, limit = LIMIT;
	int status, used;
	pid_t pid;

	before = memory_available();
	ASSERT_EQ(0, memcg_make("64M"));
	memcg_write("memory.swap.max", "0");
	pid = child_fork();
	if (!pid) {
		if (memcg_enter())
			_exit(98);
		eat(size);
	}
	status = child_wait_long(pid);
	EXPECT_TRUE(status == 0 || status == 128 + SIGKILL)
		TH_LOG("status %d", status);
	/* it got something, and no more than its own */
	used = shm_used();
	peak = memcg_read("memory.current", NULL);
	printf("# segments of %zu bytes: %d of them, %lld bytes charged\n", size, used, peak);
	fflush(stdout);
	EXPECT_LT(5, used);
	EXPECT_GE(limit, peak);
	EXPECT_LT(limit / 2, peak);
	EXPECT_GT(memory_bound(limit, used), before - memory_available());
	EXPECT_EQ(memcg_read("memory.events", "oom_kill"), status ? 1 : 0);

	remove_all();
	EXPECT_EQ(0, shm_used());
	EXPECT_EQ(0, shm_total());
	EXPECT_TRUE(EVENTUALLY(memcg_read("memory.current", NULL) < limit / 4));
	EXPECT_EQ(0, memcg_remove());
	EXPECT_TRUE(EVENTUALLY(memory_available() > before - limit / 2));
	EXPECT_EQ(status ? 1 : 0, oom_reports_clear());
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
