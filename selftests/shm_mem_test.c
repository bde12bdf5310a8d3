// SPDX-License-Identifier: GPL-2.0
/*
 * Segments as memory: locked and swapped, charged to who touches them, and used by
 * whatever takes memory of a process.
 */
#include "shm_fixture.h"
#include "memcg.h"

#include <linux/futex.h>
#include <sys/resource.h>
#include <sys/swap.h>

/* --- SHM_LOCK and RLIMIT_MEMLOCK */

static int memlock_set(rlim_t bytes)
{
	struct rlimit limit = { bytes, bytes };

	return setrlimit(RLIMIT_MEMLOCK, &limit);
}

/* A segment of @pages pages that belongs to OTHER_UID. */
static int segment_of_other(size_t pages)
{
	int id = shm_new(pages * PAGE);
	struct shmid_ds ds = shm_ds(id);

	ds.shm_perm.uid = OTHER_UID;
	return shm->ctl(id, IPC_SET, &ds) ? -1 : id;
}

/* A child that is OTHER_UID and may lock so much. */
static pid_t child_with_memlock(rlim_t bytes)
{
	pid_t pid = child_fork();

	if (!pid && (memlock_set(bytes) || become(OTHER_UID)))
		_exit(98);
	return pid;
}

static bool is_locked(int id)
{
	return shm_ds(id).shm_perm.mode & SHM_LOCKED;
}

TEST_F(shm, owner_locks_within_its_limit)
{
	int a = segment_of_other(2), b = segment_of_other(3), c = segment_of_other(1);
	pid_t pid;

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	ASSERT_LE(0, c);
	/* no limit at all is another error than one that is too low */
	pid = child_with_memlock(0);
	if (!pid) {
		EXPECT_EQ(-1, shm->ctl(c, SHM_LOCK, NULL));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(0, shm->ctl(c, SHM_UNLOCK, NULL));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_FALSE(is_locked(c));
	pid = child_with_memlock(2 * PAGE + 100);
	if (!pid) {
		EXPECT_EQ(-1, shm->ctl(b, SHM_LOCK, NULL));
		EXPECT_EQ(ENOMEM, errno);
		EXPECT_EQ(0, shm->ctl(a, SHM_LOCK, NULL));
		/* what is locked is charged, once */
		EXPECT_EQ(0, shm->ctl(a, SHM_LOCK, NULL));
		EXPECT_EQ(-1, shm->ctl(c, SHM_LOCK, NULL));
		EXPECT_EQ(ENOMEM, errno);
		EXPECT_FALSE(is_locked(c));
		EXPECT_EQ(0, shm->ctl(a, SHM_UNLOCK, NULL));
		EXPECT_EQ(0, shm->ctl(a, SHM_UNLOCK, NULL));
		EXPECT_EQ(0, shm->ctl(c, SHM_LOCK, NULL));
		EXPECT_EQ(-1, shm->ctl(a, SHM_LOCK, NULL));
		EXPECT_EQ(ENOMEM, errno);
		/* what is removed is given back */
		EXPECT_EQ(0, shm_remove(c));
		EXPECT_EQ(0, shm->ctl(a, SHM_LOCK, NULL));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(is_locked(a));
	EXPECT_FALSE(is_locked(b));
	EXPECT_EQ(0, shm_remove(a));
	EXPECT_EQ(0, shm_remove(b));
}

TEST_F(shm, locked_memory_is_charged_to_who_locked_it)
{
	int a = segment_of_other(2), b = segment_of_other(2);
	pid_t pid;

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	pid = child_with_memlock(2 * PAGE);
	if (!pid)
		_exit(shm->ctl(a, SHM_LOCK, NULL));
	EXPECT_EQ(0, child_wait(pid));
	/* it stays so when that process has gone */
	pid = child_with_memlock(2 * PAGE);
	if (!pid) {
		EXPECT_EQ(-1, shm->ctl(b, SHM_LOCK, NULL));
		EXPECT_EQ(ENOMEM, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	/* and whoever unlocks it, the user gets it back */
	EXPECT_EQ(0, shm->ctl(a, SHM_UNLOCK, NULL));
	pid = child_with_memlock(2 * PAGE);
	if (!pid)
		_exit(shm->ctl(b, SHM_LOCK, NULL));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, shm_remove(b));
	pid = child_with_memlock(2 * PAGE);
	if (!pid)
		_exit(shm->ctl(a, SHM_LOCK, NULL));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, shm_remove(a));
}

TEST_F(shm, capability_locks_without_a_limit)
{
	int id = segment_of_other(1000);
	pid_t pid;

	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, memlock_set(0));
		EXPECT_EQ(0, shm->ctl(id, SHM_LOCK, NULL));
		EXPECT_TRUE(is_locked(id));
		EXPECT_EQ(0, shm->ctl(id, SHM_UNLOCK, NULL));
		EXPECT_EQ(0, capabilities_drop_all_but(CAP_IPC_LOCK));
		EXPECT_EQ(0, shm->ctl(id, SHM_LOCK, NULL));
		EXPECT_TRUE(is_locked(id));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(is_locked(id));
	EXPECT_EQ(0, shm_remove(id));
}

/* --- swap */

#define RAM_DISK	"/dev/ram0"
#define SWAP_SIZE	(64UL << 20)

/* The header that mkswap(8) writes. */
static int swap_make(void)
{
	static char page[4096];
	unsigned int *info = (unsigned int *)(page + 1024);
	int fd = open(RAM_DISK, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return -1;
	info[0] = 1;
	info[1] = SWAP_SIZE / PAGE - 1;
	memcpy(page + sizeof(page) - 10, "SWAPSPACE2", 10);
	ret = pwrite(fd, page, sizeof(page), 0) == sizeof(page) ? fsync(fd) : -1;
	close(fd);
	return ret ? -1 : swapon(RAM_DISK, 0);
}

static unsigned long swapped_pages(void)
{
	struct shm_info info = { 0 };

	shm->ctl(0, SHM_INFO, &info);
	return info.shm_swp;
}

/* Touch so much private memory that the group's 12 MiB do not hold it and more. */
static void press(void)
{
	size_t size = 16UL << 20, i;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (i = 0; p != MAP_FAILED && i < size; i += PAGE)
		p[i] = 1;
	munmap(p, size);
}

static void swap_and_look(struct __test_metadata *_metadata, size_t size)
{
	unsigned long swapped;
	char *p;
	int id = shm_new_at(size, &p);

	EXPECT_LE(0, id);
	if (id < 0)
		return;
	pattern(p, size, 0);
	press();
	swapped = swapped_pages();
	printf("# %lu of %lu pages are swapped\n", swapped, size / PAGE);
	fflush(stdout);
	EXPECT_LT(size / PAGE / 4, swapped);
	EXPECT_TRUE(is_pattern(p, size, 0));
	/* written to after it came back */
	pattern(p, size, 1);
	press();
	EXPECT_LT(0, swapped_pages());
	EXPECT_TRUE(is_pattern(p, size, 1));

	/* not while it is locked */
	EXPECT_EQ(0, shm->ctl(id, SHM_LOCK, NULL));
	EXPECT_TRUE(is_pattern(p, size, 1));
	swapped = swapped_pages();
	press();
	EXPECT_EQ(swapped, swapped_pages());
	EXPECT_EQ(0, shm->ctl(id, SHM_UNLOCK, NULL));
	pattern(p, size, 2);
	press();
	EXPECT_LT(size / PAGE / 4, swapped_pages());
	EXPECT_TRUE(is_pattern(p, size, 2));

	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm->dt(p));
	/* khugepaged holds the file of what it looks at for a moment */
	EXPECT_TRUE(EVENTUALLY(!swapped_pages()));
}

TEST_F_TIMEOUT(shm, memory_is_swapped_and_comes_back, 120)
{
	/* pages small and, with kipc, huge */
	static const size_t sizes[] = { 1 << 20, 4 << 20 };
	size_t i;
	pid_t pid;

	if (access(RAM_DISK, F_OK))
		SKIP(return, "this kernel has no RAM disk to swap to");
	ASSERT_EQ(0, swap_make());
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, memcg_make("12M"));
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, memcg_enter());
			swap_and_look(_metadata, sizes[i]);
			child_exit();
		}
		ASSERT_EQ(0, child_wait_long(pid));
		EXPECT_EQ(0, memcg_remove());
	}
	EXPECT_EQ(0, swapoff(RAM_DISK));
}

/* --- who pays */

TEST_F(shm, memory_is_charged_to_who_touches_it_first)
{
	static const size_t sizes[] = { 1 << 20, 8 << 20 };
	long long charged;
	pid_t pid;
	size_t i, k;
	int id;
	char *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* made and half of it touched outside */
		id = shm_new_at(sizes[i], &p);
		ASSERT_LE(0, id);
		memset(p, 1, sizes[i] / 2);
		ASSERT_EQ(0, memcg_make("max"));
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, memcg_enter());
			for (k = 0; k < sizes[i]; k += PAGE)
				p[k] = 2;
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
		/* the process has gone, its memory has not */
		EXPECT_TRUE(EVENTUALLY((charged = memcg_read("memory.stat", "shmem"),
					charged == (long long)sizes[i] / 2)))
			TH_LOG("%lld bytes of %zu", charged, sizes[i]);
		EXPECT_EQ(0, shm_remove(id));
		EXPECT_EQ(0, shm->dt(p));
		EXPECT_TRUE(EVENTUALLY(memcg_read("memory.stat", "shmem") == 0));
		EXPECT_EQ(0, memcg_remove());
	}
}

/* Class 11: what the kernel keeps for a segment is charged, even if it has no pages. */
TEST_F(shm, segment_that_nobody_touches_is_charged_too)
{
	enum { COUNT = 2000 };
	int *ids = shared_alloc(COUNT * sizeof(int)), i;
	long long charged;
	pid_t pid;

	ASSERT_NE(NULL, ids);
	ASSERT_EQ(0, memcg_make("max"));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, memcg_enter());
		for (i = 0; i < COUNT; i++)
			ids[i] = shm_new(PAGE);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	charged = memcg_read("memory.current", NULL);
	printf("# %lld bytes a segment\n", charged / COUNT);
	fflush(stdout);
	/* an inode alone is more than this */
	EXPECT_LT(COUNT * 500, charged);
	for (i = 0; i < COUNT; i++)
		ASSERT_EQ(0, shm_remove(ids[i]));
	EXPECT_EQ(0, memcg_remove());
}

/* --- what else uses memory of a process */

TEST_F(shm, other_processes_read_and_write_it_by_address)
{
	static char buf[5 * PAGE];
	struct iovec local = { buf, sizeof(buf) }, remote;
	int id, fds[2];
	char *p, *q, c;
	pid_t pid;

	id = shm_new_at(5 * PAGE, &p);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	pid = child_fork();
	if (!pid)
		_exit(read(fds[0], &c, 1) != 1);
	/* its pages are not there yet, neither in the child nor at all */
	pattern(buf, sizeof(buf), 3);
	remote = (struct iovec) { p, 5 * PAGE };
	EXPECT_EQ(5 * PAGE, process_vm_writev(pid, &local, 1, &remote, 1, 0));
	EXPECT_TRUE(is_pattern(p, 5 * PAGE, 3));
	pattern(p, 5 * PAGE, 4);
	EXPECT_EQ(5 * PAGE, process_vm_readv(pid, &local, 1, &remote, 1, 0));
	EXPECT_TRUE(is_pattern(buf, 5 * PAGE, 4));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));

	/* not through one that is for reading only */
	q = shm->at(id, NULL, SHM_RDONLY);
	ASSERT_NE(NOT_ATTACHED, q);
	remote.iov_base = q;
	EXPECT_EQ(-1, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, pages_lent_to_a_pipe_outlive_the_segment)
{
	char *p, buf[PAGE];
	struct iovec iov;
	int id, fds[2];

	id = shm_new_at(PAGE, &p);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	pattern(p, PAGE, 5);
	iov = (struct iovec) { p, PAGE };
	ASSERT_EQ((ssize_t)PAGE, vmsplice(fds[1], &iov, 1, 0));
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_FALSE(shm_exists(id));
	ASSERT_EQ((ssize_t)PAGE, read(fds[0], buf, PAGE));
	EXPECT_TRUE(is_pattern(buf, PAGE, 5));
	close(fds[0]);
	close(fds[1]);
}

static int futex(int *at, int op, int value)
{
	return syscall(SYS_futex, at, op, value, NULL, NULL, 0);
}

TEST_F(shm, futexes_work_between_processes_that_have_it_elsewhere)
{
	int id, *mine, *theirs;
	char *p;
	pid_t pid;

	id = shm_new_at(2 * PAGE, &p);
	ASSERT_LE(0, id);
	mine = (int *)(p + PAGE + 64);
	pid = child_fork();
	if (!pid) {
		theirs = shm->at(id, NULL, 0);
		EXPECT_NE(NOT_ATTACHED, theirs);
		theirs = (int *)((char *)theirs + PAGE + 64);
		EXPECT_NE(mine, theirs);
		while (!__atomic_load_n(theirs, __ATOMIC_SEQ_CST))
			futex(theirs, FUTEX_WAIT, 0);
		EXPECT_EQ(7, *theirs);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_futex));
	/* another word of the same page wakes nobody */
	EXPECT_EQ(0, futex(mine + 1, FUTEX_WAKE, INT_MAX));
	__atomic_store_n(mine, 7, __ATOMIC_SEQ_CST);
	EXPECT_EQ(1, futex(mine, FUTEX_WAKE, INT_MAX));
	EXPECT_EQ(0, child_wait(pid));
	/* the same, when its id has gone */
	*mine = 0;
	EXPECT_EQ(0, shm_remove(id));
	pid = child_fork();
	if (!pid) {
		while (!__atomic_load_n(mine, __ATOMIC_SEQ_CST))
			futex(mine, FUTEX_WAIT, 0);
		_exit(0);
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_futex));
	__atomic_store_n(mine, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(1, futex(mine, FUTEX_WAKE, 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, shm->dt(p));
}

TEST_F(shm, direct_io_goes_to_it_and_comes_from_it)
{
	static const size_t sizes[] = { 256 << 10, 4 << 20 };
	int fd, id;
	size_t i;
	char *p;

	fd = open(RAM_DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		SKIP(return, "this kernel has no RAM disk for direct I/O");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		id = shm_new_at(sizes[i], &p);
		ASSERT_LE(0, id);
		pattern(p, sizes[i], i);
		EXPECT_EQ((ssize_t)sizes[i], pwrite(fd, p, sizes[i], 1 << 20));
		memset(p, 0, sizes[i]);
		EXPECT_EQ((ssize_t)sizes[i], pread(fd, p, sizes[i], 1 << 20));
		EXPECT_TRUE(is_pattern(p, sizes[i], i));
		EXPECT_EQ(0, shm->dt(p));
		EXPECT_EQ(0, shm_remove(id));
	}
	close(fd);
}

TEST_HARNESS_MAIN
