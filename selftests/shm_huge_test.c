// SPDX-License-Identifier: GPL-2.0
/*
 * Huge pages: large segments have them with no setting by anybody, small ones do not
 * pay for them, and nothing else is different.
 */
#include "shm_fixture.h"
#include "shm_kipc_fixture.h"
#include "shm_maps.h"

/* kB of the mapping at @addr that huge pages of shared memory map at once; -1: no such. */
static long huge_kb(const void *addr)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long begin, end;
	bool here = false;
	char line[512];
	long kb = -1;

	while (f && kb < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
			here = begin == (unsigned long)addr;
		else if (here)
			sscanf(line, "ShmemPmdMapped: %ld kB", &kb);
	}
	if (f)
		fclose(f);
	return kb;
}

/* More of them than any test here has at a time. */
#define PIECES	64

/* How many huge pages could be had at once. */
static long free_pieces(void)
{
	FILE *f = fopen("/proc/buddyinfo", "re");
	int order, at, n, whole = __builtin_ctzl(HUGE_PAGE / PAGE);
	char line[512], zone[16];
	long pieces = 0, count;

	while (f && fgets(line, sizeof(line), f)) {
		/* that of old devices is kept for those */
		if (sscanf(line, "Node %*d, zone %15s%n", zone, &at) != 1 || !strcmp(zone, "DMA"))
			continue;
		for (order = 0; sscanf(line + at, "%ld%n", &count, &n) == 1; order++, at += n)
			if (order >= whole)
				pieces += count << (order - whole);
	}
	if (f)
		fclose(f);
	return pieces;
}

/*
 * Huge pages want free memory in whole pieces. To make some takes half a minute on a kernel that
 * looks at each page that is moved.
 */
static void tidy_up(void)
{
	if (free_pieces() >= PIECES)
		return;
	file_write("/proc/sys/vm/drop_caches", "3");
	file_write("/proc/sys/vm/compact_memory", "1");
}

static void touch_each(char *p, size_t size, size_t step)
{
	size_t i;

	for (i = 0; i < size; i += step)
		p[i] = 1;
}

static int get_with(size_t size, unsigned int flags, unsigned int page_shift)
{
	struct kipc_shm_get arg = {
		.size = size, .mode = 0600, .flags = flags, .page_shift = page_shift,
	};

	return ioctl(shm_dev, KIPC_IOC_SHM_GET, &arg) ? -1 : arg.id;
}

TEST_F(segment, large_segments_have_huge_pages_with_no_setting)
{
	static const size_t sizes[] = {
		HUGE_PAGE, 2 * HUGE_PAGE, 2 * HUGE_PAGE + 3 * PAGE + 1,
	};
	size_t i, whole, rss;
	int id;
	char *p;

	tidy_up();
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		id = shm_new_at(sizes[i], &p);
		ASSERT_LE(0, id);
		EXPECT_EQ(0, (unsigned long)p % HUGE_PAGE);
		touch_each(p, sizes[i], HUGE_PAGE);
		whole = sizes[i] / HUGE_PAGE * HUGE_PAGE;
		EXPECT_EQ(whole / 1024, huge_kb(p));
		/* the rest, that is no whole one, has small pages; newer kernels take several */
		rss = seg_stat(self->dev, id).rss;
		EXPECT_LE(whole + (whole < sizes[i] ? PAGE : 0), rss);
		EXPECT_GE((sizes[i] + PAGE - 1) / PAGE * PAGE, rss);
		EXPECT_EQ(sizes[i], shm_ds(id).shm_segsz);
		EXPECT_EQ(0, shm->dt(p));
		EXPECT_EQ(0, shm_remove(id));
	}
}

TEST_F(segment, small_segments_have_small_pages)
{
	size_t size = HUGE_PAGE - PAGE;
	char *p;
	int id = shm_new_at(size, &p);

	ASSERT_LE(0, id);
	p[0] = 1;
	p[size - 1] = 1;
	EXPECT_EQ(0, huge_kb(p));
	EXPECT_EQ(2 * PAGE, seg_stat(self->dev, id).rss);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(segment, huge_pages_are_refused_if_told_so)
{
	size_t size = 2 * HUGE_PAGE;
	int id = get_with(size, KIPC_SHM_NO_HUGE, 0), fd;
	char *p = shm->at(id, NULL, 0);

	ASSERT_LE(0, id);
	ASSERT_NE(NOT_ATTACHED, p);
	touch_each(p, size, HUGE_PAGE);
	EXPECT_EQ(0, huge_kb(p));
	EXPECT_EQ(2 * PAGE, seg_stat(self->dev, id).rss);
	touch_each(p, size, PAGE);
	EXPECT_EQ(0, huge_kb(p));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));

	fd = seg_create(self->dev, size, 0600, KIPC_SHM_NO_HUGE);
	p = seg_map(fd, size, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	p[HUGE_PAGE] = 1;
	EXPECT_EQ(0, huge_kb(p));
	EXPECT_EQ(PAGE, seg_stat(fd, KIPC_ID_SELF).rss);
	munmap(p, size);
	close(fd);
}

TEST_F(segment, huge_pages_can_be_asked_for_at_any_size_by_anybody)
{
	static const struct {
		size_t size;
		unsigned int page_shift;
		size_t rounded;
	} cases[] = {
		{ 1, 0, HUGE_PAGE },
		{ 1, 21, HUGE_PAGE },
		{ HUGE_PAGE + 1, 0, 2 * HUGE_PAGE },
		{ HUGE_PAGE + 1, 21, 2 * HUGE_PAGE },
		{ 5, 30, 1UL << 30 },
	};
	struct mapping m;
	pid_t pid;
	size_t i;
	int id;
	char *p;

	tidy_up();
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			id = get_with(cases[i].size, KIPC_SHM_HUGE | KIPC_SHM_NORESERVE,
				      cases[i].page_shift);
			EXPECT_LE(0, id);
			p = shm->at(id, NULL, 0);
			EXPECT_NE(NOT_ATTACHED, p);
			EXPECT_EQ(cases[i].size, shm_ds(id).shm_segsz);
			EXPECT_TRUE(maps_at(p, &m));
			EXPECT_EQ(cases[i].rounded, m.end - m.begin);
			p[0] = 1;
			EXPECT_EQ(HUGE_PAGE / 1024, huge_kb(p));
			p[cases[i].rounded - 1] = 2;
			EXPECT_EQ(1, p[0]);
			EXPECT_EQ(0, shm->dt(p));
			EXPECT_EQ(0, shm_remove(id));
		}
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(segment, descriptors_map_huge_pages_too)
{
	int fd = seg_create(self->dev, 2 * HUGE_PAGE, 0600, 0);
	char *p, *q;

	ASSERT_LE(0, fd);
	tidy_up();
	p = seg_map(fd, 2 * HUGE_PAGE, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	pattern(p, 2 * HUGE_PAGE, 0);
	EXPECT_EQ(2 * HUGE_PAGE / 1024, huge_kb(p));
	/* where they do not fit, small ones show the same memory */
	q = mmap(free_place(4 * HUGE_PAGE, HUGE_PAGE) + PAGE, 2 * HUGE_PAGE, RW,
		 MAP_SHARED | MAP_FIXED, fd, 0);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_TRUE(is_pattern(q, 2 * HUGE_PAGE, 0));
	EXPECT_EQ(0, huge_kb(q));
	q[HUGE_PAGE + 5] = 99;
	EXPECT_EQ(99, p[HUGE_PAGE + 5]);
	munmap(p, 2 * HUGE_PAGE);
	munmap(q, 2 * HUGE_PAGE);
	close(fd);
}

TEST_F(segment, parts_of_huge_pages_can_be_cut_protected_and_dropped)
{
	size_t size = 2 * HUGE_PAGE;
	char *p, *q;
	int id;

	tidy_up();
	id = shm_new_at(size, &p);
	ASSERT_LE(0, id);
	q = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, q);
	pattern(p, size, 0);
	ASSERT_EQ(size / 1024, huge_kb(p));
	ASSERT_EQ(0, munmap(p + 5 * PAGE, PAGE));
	ASSERT_EQ(0, mprotect(p + HUGE_PAGE + PAGE, PAGE, PROT_READ));
	EXPECT_EQ(5, shm_nattch(id));
	EXPECT_TRUE(is_pattern(p, 5 * PAGE, 0));
	EXPECT_TRUE(is_pattern(p + 6 * PAGE, size - 6 * PAGE, 6 * PAGE));
	EXPECT_EQ(SIGSEGV, touch_dies(p + HUGE_PAGE + PAGE, true));
	EXPECT_EQ(SIGSEGV, touch_dies(p + 5 * PAGE, false));
	EXPECT_TRUE(is_pattern(q, size, 0));
	ASSERT_EQ(0, madvise(q + PAGE, PAGE, MADV_REMOVE));
	EXPECT_TRUE(is_pattern(p, PAGE, 0));
	EXPECT_TRUE(is_all(p + PAGE, 0, PAGE));
	EXPECT_TRUE(is_pattern(q + 2 * PAGE, size - 2 * PAGE, 2 * PAGE));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(segment, huge_pages_are_inherited_and_copied_when_private)
{
	int fd = seg_create(self->dev, HUGE_PAGE, 0600, 0);
	char *p, *q;
	pid_t pid;

	ASSERT_LE(0, fd);
	tidy_up();
	p = seg_map(fd, HUGE_PAGE, RW, MAP_SHARED);
	q = seg_map(fd, HUGE_PAGE, RW, MAP_PRIVATE);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_NE(MAP_FAILED, q);
	pattern(p, HUGE_PAGE, 0);
	pid = child_fork();
	if (!pid) {
		EXPECT_TRUE(is_pattern(p, HUGE_PAGE, 0));
		EXPECT_TRUE(is_pattern(q, HUGE_PAGE, 0));
		pattern(p, HUGE_PAGE, 1);
		q[7 * PAGE] = 5;
		EXPECT_TRUE(is_pattern(q + 8 * PAGE, HUGE_PAGE - 8 * PAGE, 8 * PAGE + 1));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(is_pattern(p, HUGE_PAGE, 1));
	EXPECT_TRUE(is_pattern(q, HUGE_PAGE, 1));
	EXPECT_EQ(HUGE_PAGE / 1024, huge_kb(p));
	munmap(p, HUGE_PAGE);
	munmap(q, HUGE_PAGE);
	close(fd);
}

/* --- SHM_HUGETLB, as programs have it */

TEST_F(shm, stock_flag_gives_a_segment_of_huge_pages)
{
	/* the default, and 2 MiB by name */
	static const int flags[] = { SHM_HUGETLB, SHM_HUGETLB | 21 << MAP_HUGE_SHIFT };
	char buf[32];
	size_t i;
	int id;
	char *p;

	tidy_up();
	if (shm == &shm_native) {
		file_write("/proc/sys/vm/nr_hugepages", "4");
		if (file_read("/proc/sys/vm/nr_hugepages", buf, sizeof(buf)) < 0 || atoi(buf) < 2)
			SKIP(return, "this kernel has no huge pages to give");
	}
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		id = shm->get(IPC_PRIVATE, HUGE_PAGE + 1, flags[i] | 0600);
		ASSERT_LE(0, id);
		EXPECT_EQ(HUGE_PAGE + 1, shm_ds(id).shm_segsz);
		EXPECT_EQ(0600, shm_ds(id).shm_perm.mode);
		/* kipc counts what it takes */
		EXPECT_EQ(HUGE_PAGE / PAGE + (shm == &shm_native ? 1 : HUGE_PAGE / PAGE),
			  shm_total());
		p = shm->at(id, NULL, 0);
		ASSERT_NE(NOT_ATTACHED, p);
		EXPECT_EQ(0, (unsigned long)p % HUGE_PAGE);
		p[0] = 1;
		p[2 * HUGE_PAGE - 1] = 2;
		EXPECT_EQ(1, p[0]);
		EXPECT_EQ(SIGSEGV, touch_dies(p + 2 * HUGE_PAGE, false));
		EXPECT_EQ(1, shm_nattch(id));
		EXPECT_EQ(0, shm->dt(p));
		EXPECT_EQ(0, shm_remove(id));
	}
	/* 8 KiB is no size of huge pages */
	EXPECT_EQ(-1, shm->get(IPC_PRIVATE, 1, SHM_HUGETLB | 13 << MAP_HUGE_SHIFT | 0600));
	EXPECT_EQ(EINVAL, errno);
	if (shm == &shm_native)
		file_write("/proc/sys/vm/nr_hugepages", "0");
}

TEST_HARNESS_MAIN
