// SPDX-License-Identifier: GPL-2.0
/*
 * Class 14: the life of mappings. Whatever a process does to its address space, and
 * however it ends, the number of attachments is the number of mappings there are.
 */
#include "shm_fixture.h"
#include "shm_maps.h"

#include <pthread.h>
#include <sys/resource.h>

/* How many mappings of the segment @id the process has. */
static int mappings(pid_t pid, int id)
{
	struct mapping m;
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%.5s", shm->mapped_as);
	return maps_find(pid, id, prefix, &m, 1);
}

/* Expect @want attachments, and that they are this process's mappings. */
static void expect_attached(struct __test_metadata *_metadata, int id, long want)
{
	EXPECT_EQ(want, shm_nattch(id));
	EXPECT_EQ(want, mappings(getpid(), id));
}

/* --- processes */

TEST_F(shm, fork_and_exit_are_attach_and_detach)
{
	int id, up[2], down[2], i;
	pid_t pids[3];
	char *p, c;

	id = shm_new_at(2 * PAGE, &p);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, pipe2(up, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(down, O_CLOEXEC));
	for (i = 0; i < 3; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			p[i] = i + 1;
			EXPECT_EQ(1, write(up[1], "x", 1));
			EXPECT_EQ(1, read(down[0], &c, 1));
			child_exit();
		}
	}
	for (i = 0; i < 3; i++)
		ASSERT_EQ(1, read(up[0], &c, 1));
	EXPECT_EQ(4, shm_nattch(id));
	EXPECT_EQ(0, memcmp(p, "\1\2\3", 3));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(1, write(down[1], "x", 1));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	expect_attached(_metadata, id, 1);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, death_by_a_signal_detaches)
{
	static const int signals[] = { SIGKILL, SIGSEGV, SIGTERM };
	int id = shm_new(PAGE);
	pid_t pid;
	size_t i;
	char *p;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		pid = child_fork();
		if (!pid) {
			signal(signals[i], SIG_DFL);
			p = shm->at(id, NULL, 0);
			p[0] = 1;
			for (;;)
				pause();
		}
		ASSERT_TRUE(EVENTUALLY(shm_nattch(id) == 1 && task_is_blocked(pid, CALL_PAUSE)));
		kill(pid, signals[i]);
		EXPECT_EQ(128 + signals[i], child_wait(pid));
		EXPECT_EQ(0, shm_nattch(id));
		EXPECT_EQ(pid, shm_ds(id).shm_lpid);
	}
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, exec_detaches)
{
	int id, fds[2];
	pid_t pid;
	char *p;

	id = shm_new_at(PAGE, &p);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	pid = child_fork();
	if (!pid) {
		dup2(fds[0], 0);
		execl("/usr/bin/cat", "cat", NULL);
		_exit(97);
	}
	close(fds[0]);
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	expect_attached(_metadata, id, 1);
	close(fds[1]);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

static void *pause_until(void *data)
{
	while (!__atomic_load_n((int *)data, __ATOMIC_SEQ_CST))
		nap();
	return NULL;
}

TEST_F(shm, threads_share_the_attachments_of_their_process)
{
	int id, stop = 0;
	pthread_t thread;
	char *p;

	id = shm_new_at(PAGE, &p);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, pthread_create(&thread, NULL, pause_until, &stop));
	EXPECT_EQ(1, shm_nattch(id));
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(1, shm_nattch(id));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, removed_segment_lives_as_long_as_any_child)
{
	int id, fds[2];
	pid_t pid, grandchild;
	char *p, c;

	id = shm_new_at(3 * PAGE, &p);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	pattern(p, 3 * PAGE, 0);
	pid = child_fork();
	if (!pid) {
		grandchild = child_fork();
		if (!grandchild) {
			EXPECT_EQ(1, read(fds[0], &c, 1));
			EXPECT_TRUE(is_pattern(p, 3 * PAGE, 0));
			child_exit();
		}
		EXPECT_EQ(0, child_wait(grandchild));
		child_exit();
	}
	ASSERT_TRUE(EVENTUALLY(shm_nattch(id) == 3));
	ASSERT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(2, shm_nattch(id));
	EXPECT_EQ(3, shm_total());
	ASSERT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_FALSE(shm_exists(id));
	EXPECT_EQ(0, shm_total());
}

TEST_F(shm, mapping_that_is_not_to_be_inherited_is_not)
{
	int id;
	pid_t pid;
	char *p;

	id = shm_new_at(3 * PAGE, &p);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, madvise(p, PAGE, MADV_DONTFORK));
	expect_attached(_metadata, id, 2);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(3, shm_nattch(id));
		EXPECT_EQ(1, mappings(getpid(), id));
		p[PAGE] = 1;
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(SIGSEGV, touch_dies(p, false));
	EXPECT_EQ(1, p[PAGE]);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_nattch(id));
	EXPECT_EQ(0, shm_remove(id));
}

/* --- what a process does to its mappings */

TEST_F(shm, partial_unmaps_split_and_shorten)
{
	char *p;
	int id = shm_new_at(8 * PAGE, &p);

	ASSERT_LE(0, id);
	pattern(p, 8 * PAGE, 0);
	ASSERT_EQ(0, munmap(p, PAGE));
	expect_attached(_metadata, id, 1);
	ASSERT_EQ(0, munmap(p + 7 * PAGE, PAGE));
	expect_attached(_metadata, id, 1);
	ASSERT_EQ(0, munmap(p + 3 * PAGE, PAGE));
	expect_attached(_metadata, id, 2);
	EXPECT_TRUE(is_pattern(p + PAGE, 2 * PAGE, PAGE));
	EXPECT_TRUE(is_pattern(p + 4 * PAGE, 3 * PAGE, 4 * PAGE));
	/* what is behind the hole */
	ASSERT_EQ(0, munmap(p + 3 * PAGE, 5 * PAGE));
	expect_attached(_metadata, id, 1);
	ASSERT_EQ(0, munmap(p, 8 * PAGE));
	expect_attached(_metadata, id, 0);
	EXPECT_TRUE(shm_exists(id));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, last_unmap_of_a_removed_segment_takes_it)
{
	char *p;
	int id = shm_new_at(4 * PAGE, &p);

	ASSERT_LE(0, id);
	ASSERT_EQ(0, munmap(p + PAGE, PAGE));
	ASSERT_EQ(0, shm_remove(id));
	ASSERT_EQ(0, munmap(p, PAGE));
	EXPECT_EQ(1, shm_nattch(id));
	p[2 * PAGE] = 1;
	ASSERT_EQ(0, munmap(p + 3 * PAGE, PAGE));
	EXPECT_EQ(1, shm_nattch(id));
	ASSERT_EQ(0, munmap(p + 2 * PAGE, PAGE));
	EXPECT_FALSE(shm_exists(id));
}

/* What maps the same pages anew takes the old mapping away first, and finds nothing then. */
TEST_F(shm, last_mapping_of_a_removed_segment_cannot_be_made_again)
{
	char *p, *q;
	int id = shm_new_at(PAGE, &p);

	ASSERT_LE(0, id);
	p[0] = 1;
	ASSERT_EQ(0, syscall(SYS_remap_file_pages, p, PAGE, 0, 0, 0));
	expect_attached(_metadata, id, 1);
	q = shm->at(id, NULL, 0);
	ASSERT_NE(MAP_FAILED, (void *)q);
	ASSERT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, syscall(SYS_remap_file_pages, p, PAGE, 0, 0, 0));
	EXPECT_EQ(1, p[0]);
	EXPECT_EQ(2, shm_nattch(id));
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(-1, syscall(SYS_remap_file_pages, p, PAGE, 0, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_FALSE(shm_exists(id));
	EXPECT_EQ(-1, shm->dt(p));
	EXPECT_EQ(EINVAL, errno);
}

/* What an attachment replaces is gone before it is there, but does not end the segment. */
TEST_F(shm, last_mapping_of_a_removed_segment_can_be_attached_over)
{
	char *p, *q;
	int id = shm_new_at(2 * PAGE, &p);

	ASSERT_LE(0, id);
	p[0] = 5;
	ASSERT_EQ(0, shm_remove(id));
	ASSERT_EQ(p, shm->at(id, p, SHM_REMAP));
	EXPECT_EQ(5, p[0]);
	expect_attached(_metadata, id, 1);
	/* over more than the old one, and not at its place */
	q = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)q);
	ASSERT_EQ(q + PAGE, shm->at(id, q + PAGE, SHM_REMAP));
	EXPECT_EQ(0, shm->dt(p));
	ASSERT_EQ(q, shm->at(id, q, SHM_REMAP | SHM_RDONLY));
	EXPECT_EQ(5, q[0]);
	munmap(q + 2 * PAGE, 2 * PAGE);
	expect_attached(_metadata, id, 1);
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_FALSE(shm_exists(id));
}

TEST_F(shm, protections_split_a_mapping)
{
	char *p;
	int id = shm_new_at(6 * PAGE, &p);

	ASSERT_LE(0, id);
	p[2 * PAGE] = 7;
	ASSERT_EQ(0, mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	expect_attached(_metadata, id, 3);
	EXPECT_EQ(7, p[2 * PAGE]);
	EXPECT_EQ(SIGSEGV, touch_dies(p + 2 * PAGE, true));
	EXPECT_EQ(0, touch_dies(p + 3 * PAGE, true));
	ASSERT_EQ(0, mprotect(p + 4 * PAGE, PAGE, PROT_NONE));
	expect_attached(_metadata, id, 5);
	EXPECT_EQ(SIGSEGV, touch_dies(p + 4 * PAGE, false));
	/* whether they become one again is the kernel's business */
	ASSERT_EQ(0, mprotect(p, 6 * PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(mappings(getpid(), id), shm_nattch(id));
	p[2 * PAGE] = 8;
	p[4 * PAGE] = 9;
	EXPECT_EQ(0, shm->dt(p));
	expect_attached(_metadata, id, 0);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, fixed_mappings_replace_parts_of_it)
{
	char *p;
	int id = shm_new_at(5 * PAGE, &p);

	ASSERT_LE(0, id);
	memset(p, 6, 5 * PAGE);
	ASSERT_EQ(p + PAGE, mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	expect_attached(_metadata, id, 2);
	EXPECT_EQ(0, p[PAGE]);
	p[PAGE] = 1;
	EXPECT_EQ(6, p[2 * PAGE]);
	ASSERT_EQ(p, mmap(p, 5 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	expect_attached(_metadata, id, 0);
	EXPECT_EQ(0, p[4 * PAGE]);
	/* what nobody has mapped is still there */
	ASSERT_EQ(p, shm->at(id, p, SHM_REMAP));
	EXPECT_TRUE(is_all(p, 6, 5 * PAGE));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, moved_mapping_is_the_same_attachment)
{
	char *place = free_place(16 * PAGE, PAGE), *p, *q;
	int id = shm_new_at(6 * PAGE, &p);

	ASSERT_LE(0, id);
	pattern(p, 6 * PAGE, 0);
	q = mremap(p, 6 * PAGE, 6 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ(place, q);
	expect_attached(_metadata, id, 1);
	EXPECT_TRUE(is_pattern(q, 6 * PAGE, 0));
	EXPECT_EQ(SIGSEGV, touch_dies(p, false));
	/* a part of it */
	ASSERT_EQ(q + 10 * PAGE, mremap(q + 2 * PAGE, 2 * PAGE, 2 * PAGE,
					MREMAP_MAYMOVE | MREMAP_FIXED, q + 10 * PAGE));
	expect_attached(_metadata, id, 3);
	EXPECT_TRUE(is_pattern(q + 10 * PAGE, 2 * PAGE, 2 * PAGE));
	EXPECT_TRUE(is_pattern(q + 4 * PAGE, 2 * PAGE, 4 * PAGE));
	/* shorter */
	ASSERT_EQ(q + 10 * PAGE, mremap(q + 10 * PAGE, 2 * PAGE, PAGE, 0));
	expect_attached(_metadata, id, 3);
	EXPECT_EQ(SIGSEGV, touch_dies(q + 11 * PAGE, false));
	/* it is detached where it would have begun, and only what lies right for that */
	EXPECT_EQ(0, shm->dt(q));
	expect_attached(_metadata, id, 1);
	EXPECT_EQ(-1, shm->dt(q + 10 * PAGE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, shm->dt(q + 8 * PAGE));
	expect_attached(_metadata, id, 0);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, mapping_is_copied_or_left_behind_by_mremap)
{
	char *p, *q, *r;
	int id = shm_new_at(2 * PAGE, &p);

	ASSERT_LE(0, id);
	p[0] = 3;
	q = mremap(p, 0, 2 * PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_NE(p, q);
	expect_attached(_metadata, id, 2);
	EXPECT_EQ(3, q[0]);
	q[1] = 4;
	EXPECT_EQ(4, p[1]);
	r = mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	ASSERT_NE(MAP_FAILED, r);
	expect_attached(_metadata, id, 3);
	EXPECT_EQ(3, r[0]);
	EXPECT_EQ(4, q[1]);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(0, shm->dt(r));
	expect_attached(_metadata, id, 0);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, mapping_grown_beyond_its_segment_has_nothing_there)
{
	char *place = free_place(8 * PAGE, PAGE), *p, *q;
	int id = shm_new(2 * PAGE);

	ASSERT_LE(0, id);
	p = shm->at(id, place, 0);
	ASSERT_EQ(place, p);
	p[PAGE] = 5;
	q = mremap(p, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
	ASSERT_NE(MAP_FAILED, q);
	expect_attached(_metadata, id, 1);
	EXPECT_EQ(5, q[PAGE]);
	EXPECT_EQ(SIGBUS, touch_dies(q + 2 * PAGE, false));
	EXPECT_EQ(SIGBUS, touch_dies(q + 3 * PAGE, true));
	EXPECT_EQ(2 * PAGE, shm_ds(id).shm_segsz);
	EXPECT_EQ(0, shm->dt(q));
	expect_attached(_metadata, id, 0);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, advice_drops_pages_of_the_mapping_or_of_the_segment)
{
	char *p, *q;
	int id = shm_new_at(4 * PAGE, &p);

	ASSERT_LE(0, id);
	q = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, q);
	memset(p, 9, 4 * PAGE);
	ASSERT_EQ(0, madvise(p, 4 * PAGE, MADV_DONTNEED));
	EXPECT_TRUE(is_all(p, 9, 4 * PAGE));
	ASSERT_EQ(0, madvise(p + PAGE, 2 * PAGE, MADV_REMOVE));
	EXPECT_TRUE(is_all(q, 9, PAGE));
	EXPECT_TRUE(is_all(q + PAGE, 0, 2 * PAGE));
	EXPECT_TRUE(is_all(q + 3 * PAGE, 9, PAGE));
	q[PAGE] = 1;
	EXPECT_EQ(1, p[PAGE]);
	EXPECT_EQ(0, msync(p, 4 * PAGE, MS_SYNC));
	EXPECT_EQ(2, shm_nattch(id));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, memory_file_of_the_process_does_not_write_a_read_only_attachment)
{
	int id, fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	char *p, *q, c = 8;

	ASSERT_LE(0, fd);
	id = shm_new_at(PAGE, &p);
	ASSERT_LE(0, id);
	p[0] = 5;
	q = shm->at(id, NULL, SHM_RDONLY);
	ASSERT_NE(NOT_ATTACHED, q);
	EXPECT_EQ(-1, pwrite(fd, &c, 1, (long)q));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(5, p[0]);
	EXPECT_EQ(1, pread(fd, &c, 1, (long)q));
	EXPECT_EQ(5, c);
	c = 6;
	EXPECT_EQ(1, pwrite(fd, &c, 1, (long)p));
	EXPECT_EQ(6, q[0]);
	close(fd);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(0, shm_remove(id));
}

/* --- what others see of it */

TEST_F(shm, maps_names_the_segment_by_key_and_id)
{
	static const key_t keys[] = { IPC_PRIVATE, 0x1234abcd, -1 };
	struct mapping m;
	char want[64], *p;
	size_t i;
	int id;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		id = shm->get(keys[i], 3 * PAGE, IPC_CREAT | 0600);
		ASSERT_LE(0, id);
		p = shm->at(id, NULL, i == 1 ? SHM_RDONLY : 0);
		ASSERT_NE(NOT_ATTACHED, p);
		ASSERT_TRUE(maps_at(p, &m));
		snprintf(want, sizeof(want), shm->mapped_as, keys[i]);
		EXPECT_STREQ(want, m.name);
		EXPECT_EQ(id, m.inode);
		EXPECT_EQ(p, m.begin);
		EXPECT_EQ(p + 3 * PAGE, m.end);
		EXPECT_EQ(0, m.offset);
		EXPECT_TRUE(m.shared);
		EXPECT_EQ(i != 1, m.writable);
		/* the name stays when the key has gone */
		ASSERT_EQ(0, shm_remove(id));
		ASSERT_TRUE(maps_at(p, &m));
		EXPECT_STREQ(want, m.name);
		EXPECT_EQ(0, shm->dt(p));
	}
}

#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"
#define CORE		"/tmp/kipc-core"

TEST_F(shm, core_dump_has_the_memory_and_its_name)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char name[64], old[256], *p, *core;
	struct stat st;
	int id, fd;
	pid_t pid;

	id = shm->get(0x5eed, 2 * PAGE, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_LT(0, file_read(CORE_PATTERN, old, sizeof(old)));
	ASSERT_EQ(0, file_write(CORE_PATTERN, CORE));
	pid = child_fork();
	if (!pid) {
		signal(SIGABRT, SIG_DFL);
		setrlimit(RLIMIT_CORE, &limit);
		p = shm->at(id, NULL, 0);
		pattern(p, 2 * PAGE, 77);
		abort();
	}
	EXPECT_EQ(128 + SIGABRT, child_wait(pid));
	ASSERT_EQ(0, file_write(CORE_PATTERN, old));
	EXPECT_EQ(0, shm_nattch(id));

	fd = open(CORE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fstat(fd, &st));
	core = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, core);
	snprintf(name, sizeof(name), shm->mapped_as, 0x5eed);
	EXPECT_NE(NULL, memmem(core, st.st_size, name, strlen(name)));
	p = malloc(2 * PAGE);
	pattern(p, 2 * PAGE, 77);
	EXPECT_NE(NULL, memmem(core, st.st_size, p, 2 * PAGE));
	munmap(core, st.st_size);
	free(p);
	close(fd);
	unlink(CORE);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_HARNESS_MAIN
