// SPDX-License-Identifier: GPL-2.0
/*
 * Where the pages of a segment are to be: a policy is the segment's, not that of a mapping, so
 * that all who attach it have it.
 */
#include "shm_fixture.h"
#include "shm_maps.h"

#include <linux/mempolicy.h>

/* The only node that every machine has. */
#define NODES	1UL
#define MAXNODE	(8 * sizeof(long))

static long bind_to(void *p, size_t size, int mode, unsigned long nodes)
{
	return syscall(SYS_mbind, p, size, mode, nodes ? &nodes : NULL, nodes ? MAXNODE : 0, 0);
}

/* The policy at @p, and its nodes; or -1. */
static int policy_at(void *p, unsigned long *nodes)
{
	unsigned long mask[16] = { 0 };
	int mode = -1;

	if (syscall(SYS_get_mempolicy, &mode, mask, 8 * sizeof(mask), p, MPOL_F_ADDR))
		return -1;
	*nodes = mask[0];
	return mode;
}

static bool has_policy(void *p, int mode, unsigned long nodes)
{
	unsigned long got = ~0UL;
	int now = policy_at(p, &got);

	if (now == mode && got == nodes)
		return true;
	printf("# policy %d, nodes %lx\n", now, got);
	fflush(stdout);
	return false;
}

/* What numa_maps says of the mapping that begins at @p. */
static bool numa_maps_line(const void *p, char *line, size_t size)
{
	FILE *f = fopen("/proc/self/numa_maps", "re");
	bool found = false;
	char *end;

	while (f && !found && fgets(line, size, f))
		found = strtoul(line, &end, 16) == (unsigned long)p && *end == ' ';
	if (f)
		fclose(f);
	return found;
}

static bool has_numa(void)
{
	int mode;

	return !syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0) || errno != ENOSYS;
}

/* Small pages, and such as kipc has in huge ones. */
static const size_t sizes[] = { 4, 512 };

TEST_F(shm, policy_of_a_segment_is_that_of_everybody_who_attaches_it)
{
	struct mapping found;
	char *p, *q;
	size_t i, half;
	pid_t pid;
	int id;

	if (!has_numa())
		SKIP(return, "the kernel has no NUMA");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		half = sizes[i] * PAGE / 2;
		id = shm_new_at(2 * half, &p);
		ASSERT_LE(0, id);
		q = shm->at(id, NULL, 0);
		ASSERT_NE(NOT_ATTACHED, q);
		EXPECT_TRUE(has_policy(p, MPOL_DEFAULT, 0));
		ASSERT_EQ(0, bind_to(p, half, MPOL_BIND, NODES));
		EXPECT_TRUE(has_policy(p, MPOL_BIND, NODES));
		EXPECT_TRUE(has_policy(p + half - 1, MPOL_BIND, NODES));
		EXPECT_TRUE(has_policy(p + half, MPOL_DEFAULT, 0));
		/* by the other mapping, and in another process */
		EXPECT_TRUE(has_policy(q, MPOL_BIND, NODES));
		EXPECT_TRUE(has_policy(q + half, MPOL_DEFAULT, 0));
		ASSERT_EQ(0, bind_to(q + half, half, MPOL_INTERLEAVE, NODES));
		EXPECT_TRUE(has_policy(p + half, MPOL_INTERLEAVE, NODES));
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, shm->dt(p));
			p = shm->at(id, NULL, 0);
			EXPECT_TRUE(has_policy(p, MPOL_BIND, NODES));
			EXPECT_TRUE(has_policy(p + half, MPOL_INTERLEAVE, NODES));
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
		/* back to that of each process */
		ASSERT_EQ(0, bind_to(p, half, MPOL_DEFAULT, 0));
		EXPECT_TRUE(has_policy(p, MPOL_DEFAULT, 0));
		EXPECT_TRUE(has_policy(q, MPOL_DEFAULT, 0));
		EXPECT_TRUE(has_policy(q + half, MPOL_INTERLEAVE, NODES));
		/* what was split counts as often as it is there */
		EXPECT_EQ(maps_find(getpid(), id, "/", &found, 1), shm_nattch(id));
		EXPECT_EQ(0, shm->dt(p));
		EXPECT_EQ(0, shm->dt(q));
		EXPECT_EQ(0, shm_nattch(id));
		/* it outlives all of them */
		p = shm->at(id, NULL, 0);
		ASSERT_NE(NOT_ATTACHED, p);
		EXPECT_TRUE(has_policy(p, MPOL_DEFAULT, 0));
		EXPECT_TRUE(has_policy(p + half, MPOL_INTERLEAVE, NODES));
		EXPECT_EQ(0, shm->dt(p));
		EXPECT_EQ(0, shm_remove(id));
	}
}

TEST_F(shm, numa_maps_say_the_policy_and_the_node_of_pages)
{
	int id, node = -1;
	char line[1024];
	char *p;

	if (!has_numa())
		SKIP(return, "the kernel has no NUMA");
	id = shm_new_at(4 * PAGE, &p);
	ASSERT_LE(0, id);
	ASSERT_TRUE(numa_maps_line(p, line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, " default "))
		TH_LOG("%s", line);
	ASSERT_EQ(0, bind_to(p, 4 * PAGE, MPOL_BIND, NODES));
	memset(p, 1, 3 * PAGE);
	EXPECT_EQ(0, syscall(SYS_get_mempolicy, &node, NULL, 0, p, MPOL_F_NODE | MPOL_F_ADDR));
	EXPECT_EQ(0, node);
	ASSERT_TRUE(numa_maps_line(p, line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, " bind:0 "))
		TH_LOG("%s", line);
	EXPECT_NE(NULL, strstr(line, " N0=3 "))
		TH_LOG("%s", line);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, policy_that_cannot_be_is_refused_and_changes_nothing)
{
	char *p;
	int id;

	if (!has_numa())
		SKIP(return, "the kernel has no NUMA");
	id = shm_new_at(4 * PAGE, &p);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, bind_to(p, 4 * PAGE, MPOL_PREFERRED, NODES));
	/* a node that is not there, no node at all, no such policy, half a page */
	EXPECT_EQ(-1, bind_to(p, PAGE, MPOL_BIND, 1UL << 40));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, bind_to(p, PAGE, MPOL_BIND, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, bind_to(p, PAGE, MPOL_MAX + 3, NODES));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, bind_to(p + 1, PAGE, MPOL_BIND, NODES));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(has_policy(p, MPOL_PREFERRED, NODES));
	EXPECT_TRUE(has_policy(p + 3 * PAGE, MPOL_PREFERRED, NODES));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_HARNESS_MAIN
