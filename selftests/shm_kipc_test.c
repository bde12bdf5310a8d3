// SPDX-License-Identifier: GPL-2.0
/*
 * Shared memory by descriptors: what they do, what they do not allow, and to whom they
 * can be given.
 */
#include "fd_pass.h"
#include "shm_kipc_fixture.h"
#include "shm_maps.h"

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>

#define KEY 0x6b697063

/* --- handles */

TEST_F(segment, descriptor_maps_the_memory_that_the_id_attaches)
{
	char *p = shm->at(self->id, NULL, 0), *q, link[64], name[64] = "";
	struct kipc_shm_stat stat;
	struct stat st;
	int fd;

	ASSERT_NE(NOT_ATTACHED, p);
	fd = seg_open(self->dev, self->id, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_TRUE(S_ISREG(st.st_mode));
	EXPECT_EQ(4 * PAGE, st.st_size);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	EXPECT_LT(0, readlink(link, name, sizeof(name) - 1));
	EXPECT_STREQ("/kipc_shm:00000000 (deleted)", name);

	q = seg_map(fd, 4 * PAGE, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, q);
	pattern(p, 4 * PAGE, 9);
	EXPECT_TRUE(is_pattern(q, 4 * PAGE, 9));
	stat = seg_stat(fd, KIPC_ID_SELF);
	EXPECT_EQ(self->id, stat.perm.id);
	EXPECT_EQ(2, stat.nattch);
	EXPECT_EQ(1, stat.fds);
	EXPECT_EQ(4 * PAGE, stat.size);
	EXPECT_EQ(4 * PAGE, stat.rss);
	EXPECT_EQ(0, stat.swap);
	/* the mapping keeps the open file */
	close(fd);
	stat = seg_stat(self->dev, self->id);
	EXPECT_EQ(2, stat.nattch);
	EXPECT_EQ(1, stat.fds);
	q[0] = 1;
	EXPECT_EQ(1, p[0]);
	/* and is an attachment like any other */
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(0, seg_stat(self->dev, self->id).fds);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_nattch(self->id));
}

TEST_F(segment, descriptors_are_counted_however_they_are_made)
{
	int a, b, c, dup_a;
	pid_t pid;

	a = seg_open(self->dev, self->id, KIPC_SHM_CLOEXEC);
	ASSERT_LE(0, a);
	EXPECT_EQ(FD_CLOEXEC, fcntl(a, F_GETFD));
	b = seg_open(a, KIPC_ID_SELF, KIPC_SHM_RDONLY);
	ASSERT_LE(0, b);
	EXPECT_EQ(0, fcntl(b, F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(b, F_GETFL) & O_ACCMODE);
	c = seg_open(b, KIPC_ID_SELF, 0);
	ASSERT_LE(0, c);
	EXPECT_EQ(3, seg_stat(b, KIPC_ID_SELF).fds);
	/* one open file is one handle */
	dup_a = dup(a);
	EXPECT_EQ(3, seg_stat(b, KIPC_ID_SELF).fds);
	close(a);
	EXPECT_EQ(3, seg_stat(b, KIPC_ID_SELF).fds);
	pid = child_fork();
	if (!pid) {
		close(dup_a);
		close(b);
		EXPECT_EQ(3, seg_stat(c, KIPC_ID_SELF).fds);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	close(dup_a);
	EXPECT_EQ(2, seg_stat(b, KIPC_ID_SELF).fds);
	close(c);
	close(b);
	EXPECT_EQ(0, seg_stat(self->dev, self->id).fds);
	EXPECT_EQ(0, shm_nattch(self->id));
}

TEST_F(segment, anonymous_segment_has_no_id_and_goes_with_its_last_user)
{
	struct kipc_stats before = stats_of(self->dev);
	struct kipc_shm_stat stat;
	int fd, max;
	char *p;

	max = shm->ctl(0, IPC_INFO, &(struct shminfo) { 0 });
	fd = seg_create(self->dev, 5000, 0640, KIPC_SHM_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	stat = seg_stat(fd, KIPC_ID_SELF);
	EXPECT_EQ(KIPC_ID_SELF, stat.perm.id);
	EXPECT_EQ(KIPC_KEY_PRIVATE, stat.perm.key);
	EXPECT_EQ(0640, stat.perm.mode & 0777);
	EXPECT_EQ(0, stat.perm.uid);
	EXPECT_EQ(0, stat.perm.cuid);
	EXPECT_EQ(5000, stat.size);
	EXPECT_EQ(1, stat.fds);
	EXPECT_EQ(0, stat.nattch);
	EXPECT_EQ(getpid(), stat.cpid);
	EXPECT_EQ(0, stat.lpid);
	EXPECT_EQ(1, shm_used());
	EXPECT_EQ(max, shm->ctl(0, IPC_INFO, &(struct shminfo) { 0 }));
	EXPECT_EQ(before.shm_segments + 1, stats_of(self->dev).shm_segments);
	EXPECT_EQ(before.shm_pages + 2, stats_of(self->dev).shm_pages);

	p = seg_map(fd, 2 * PAGE, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	pattern(p, 2 * PAGE, 0);
	close(fd);
	EXPECT_TRUE(is_pattern(p, 2 * PAGE, 0));
	EXPECT_EQ(before.shm_segments + 1, stats_of(self->dev).shm_segments);
	munmap(p, PAGE);
	EXPECT_EQ(before.shm_segments + 1, stats_of(self->dev).shm_segments);
	munmap(p + PAGE, PAGE);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).shm_segments == before.shm_segments));
	EXPECT_EQ(before.shm_pages, stats_of(self->dev).shm_pages);
}

TEST_F(segment, limits_hold_for_anonymous_segments_too)
{
	int fd, next = dup(0);

	close(next);
	EXPECT_EQ(-1, seg_create(self->dev, 0, 0600, 0));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, shm_limit_set("shmmax", "9000"));
	EXPECT_EQ(-1, seg_create(self->dev, 9001, 0600, 0));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, shm_limit_set("shmall", "6"));
	EXPECT_EQ(-1, seg_create(self->dev, 2 * PAGE + 1, 0600, 0));
	EXPECT_EQ(ENOSPC, errno);
	fd = seg_create(self->dev, 2 * PAGE, 0600, 0);
	EXPECT_EQ(next, fd);
	/* and they count for the others */
	EXPECT_EQ(-1, shm_new(1));
	EXPECT_EQ(ENOSPC, errno);
	close(fd);
	EXPECT_TRUE(EVENTUALLY(shm_total() == 4));
}

TEST_F(segment, full_descriptor_table_is_emfile_and_leaks_nothing)
{
	struct kipc_stats before = stats_of(self->dev);
	struct rlimit old, limit;
	int next = dup(0);

	close(next);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	limit = old;
	limit.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-1, seg_open(self->dev, self->id, 0));
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(-1, seg_create(self->dev, PAGE, 0600, 0));
	EXPECT_EQ(EMFILE, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_EQ(0, seg_stat(self->dev, self->id).fds);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).shm_segments == before.shm_segments));
	EXPECT_EQ(before.shm_pages, stats_of(self->dev).shm_pages);
}

/* --- what is served where */

TEST_F(segment, calls_on_a_descriptor_take_no_id)
{
	static const int ids[] = { 0, 1, -2, INT_MAX, INT_MIN };
	struct kipc_shm_stat stat = { .flags = 0 };
	int fd = seg_open(self->dev, self->id, 0), id;
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i <= ARRAY_SIZE(ids); i++) {
		id = i < ARRAY_SIZE(ids) ? ids[i] : self->id;
		EXPECT_EQ(-1, seg_open(fd, id, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(NOT_ATTACHED, seg_attach(fd, id, 0));
		EXPECT_EQ(EINVAL, errno);
		stat.perm.id = id;
		EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SHM_STAT, &stat));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, seg_set(fd, id, 0, 0, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, seg_lock(fd, id, 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, seg_remove(fd, id));
		EXPECT_EQ(EINVAL, errno);
	}
	/* and on a node it takes an id that is one */
	EXPECT_EQ(-1, seg_open(self->dev, KIPC_ID_SELF, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, seg_lock(self->dev, KIPC_ID_SELF, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0600, seg_stat(fd, KIPC_ID_SELF).perm.mode);
	EXPECT_EQ(1, seg_stat(fd, KIPC_ID_SELF).fds);
	close(fd);
}

TEST_F(segment, calls_on_a_descriptor_reach_its_segment)
{
	int fd = seg_open(self->dev, self->id, 0);
	struct kipc_shm_stat a, b;
	char *p;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, seg_set(fd, KIPC_ID_SELF, OTHER_UID, THIRD_UID, 0751));
	a = seg_stat(self->dev, self->id);
	EXPECT_EQ(OTHER_UID, a.perm.uid);
	EXPECT_EQ(THIRD_UID, a.perm.gid);
	EXPECT_EQ(0751, a.perm.mode);
	b = seg_stat(fd, KIPC_ID_SELF);
	EXPECT_EQ(0, memcmp(&a, &b, sizeof(a)));
	EXPECT_EQ(0, seg_lock(fd, KIPC_ID_SELF, 1));
	EXPECT_EQ(0751 | KIPC_MODE_LOCKED, seg_stat(self->dev, self->id).perm.mode);
	EXPECT_EQ(-1, seg_lock(fd, KIPC_ID_SELF, 2));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, seg_lock(fd, KIPC_ID_SELF, 0));
	p = seg_attach(fd, KIPC_ID_SELF, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	EXPECT_EQ(1, seg_stat(fd, KIPC_ID_SELF).nattch);
	EXPECT_EQ(0, seg_detach(self->dev, p));
	EXPECT_EQ(0, seg_remove(fd, KIPC_ID_SELF));
	EXPECT_EQ(0751 | KIPC_MODE_DEST, seg_stat(fd, KIPC_ID_SELF).perm.mode);
	close(fd);
	EXPECT_FALSE(shm_exists(self->id));
}

TEST_F(segment, removed_segment_lives_as_long_as_a_descriptor)
{
	int id = shm->get(KEY, PAGE, IPC_CREAT | 0600), fd, second, again;
	char *p;

	ASSERT_LE(0, id);
	fd = seg_open(self->dev, id, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, shm_remove(id));
	EXPECT_EQ(0600 | KIPC_MODE_DEST, seg_stat(fd, KIPC_ID_SELF).perm.mode);
	EXPECT_EQ(KIPC_KEY_PRIVATE, seg_stat(self->dev, id).perm.key);
	again = shm->get(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	EXPECT_LE(0, again);
	/* its id works on */
	second = seg_open(self->dev, id, 0);
	EXPECT_LE(0, second);
	p = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	close(fd);
	close(second);
	EXPECT_TRUE(shm_exists(id));
	p[0] = 1;
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_FALSE(shm_exists(id));
	EXPECT_EQ(0, shm_remove(again));
}

/* --- what a descriptor does */

TEST_F(segment, descriptor_is_neither_read_nor_written_nor_resized)
{
	int fd = seg_open(self->dev, self->id, 0), null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct iovec iov;
	struct stat st;
	char c = 'x';

	ASSERT_LE(0, fd);
	iov = (struct iovec) { &c, 1 };
	EXPECT_EQ(-1, read(fd, &c, 1));
	EXPECT_EQ(-1, pread(fd, &c, 1, 0));
	EXPECT_EQ(-1, preadv(fd, &iov, 1, 0));
	EXPECT_EQ(-1, write(fd, &c, 1));
	EXPECT_EQ(-1, pwrite(fd, &c, 1, 0));
	EXPECT_EQ(-1, pwritev(fd, &iov, 1, 0));
	EXPECT_EQ(-1, sendfile(null, fd, NULL, 1));
	EXPECT_EQ(-1, copy_file_range(fd, NULL, null, NULL, 1, 0));
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, ftruncate(fd, 0));
	EXPECT_EQ(-1, ftruncate(fd, 3 * PAGE));
	EXPECT_EQ(-1, ftruncate(fd, 5 * PAGE));
	EXPECT_EQ(-1, fallocate(fd, 0, 0, 5 * PAGE));
	EXPECT_EQ(-1, fallocate(fd, 0, 4 * PAGE, 1));
	EXPECT_EQ(-1, fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE));
	EXPECT_EQ(-1, fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, PAGE));
	/* nobody can take writing away from the others */
	EXPECT_EQ(-1, fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	EXPECT_EQ(-1, fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(4 * PAGE, st.st_size);
	EXPECT_EQ(0, st.st_blocks);
	close(fd);
	close(null);
}

TEST_F(segment, holes_can_be_punched_and_filled_inside_the_size)
{
	int fd = seg_open(self->dev, self->id, 0);
	char *p = seg_map(fd, 4 * PAGE, RW, MAP_SHARED);

	ASSERT_LE(0, fd);
	ASSERT_NE(MAP_FAILED, p);
	memset(p, 5, 4 * PAGE);
	ASSERT_EQ(0, fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE, 2 * PAGE));
	EXPECT_EQ(2 * PAGE, seg_stat(fd, KIPC_ID_SELF).rss);
	EXPECT_TRUE(is_all(p, 5, PAGE));
	EXPECT_TRUE(is_all(p + PAGE, 0, 2 * PAGE));
	EXPECT_TRUE(is_all(p + 3 * PAGE, 5, PAGE));
	EXPECT_EQ(0, msync(p, 4 * PAGE, MS_SYNC));
	EXPECT_EQ(0, fsync(fd));
	munmap(p, 4 * PAGE);
	close(fd);
}

TEST_F(segment, mappings_may_begin_anywhere_and_end_beyond)
{
	int fd = seg_open(self->dev, self->id, 0);
	char *p = seg_map(fd, 4 * PAGE, RW, MAP_SHARED), *q;

	ASSERT_LE(0, fd);
	ASSERT_NE(MAP_FAILED, p);
	pattern(p, 4 * PAGE, 0);
	q = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 3 * PAGE);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_TRUE(is_pattern(q, PAGE, 3 * PAGE));
	EXPECT_EQ(SIGBUS, touch_dies(q + PAGE, true));
	EXPECT_EQ(2, shm_nattch(self->id));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, RW, MAP_SHARED, fd, 1));
	EXPECT_EQ(EINVAL, errno);
	/* it is detached by where the segment would begin */
	EXPECT_EQ(-1, seg_detach(self->dev, q));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, munmap(q, 3 * PAGE));
	EXPECT_EQ(0, munmap(p, 4 * PAGE));
	EXPECT_EQ(0, shm_nattch(self->id));
	close(fd);
}

TEST_F(segment, private_mappings_keep_what_is_written_to_themselves)
{
	int fd = seg_open(self->dev, self->id, 0), ro = seg_open(fd, KIPC_ID_SELF, KIPC_SHM_RDONLY);
	struct mapping m;
	char *p, *q, *r;
	pid_t pid;

	ASSERT_LE(0, ro);
	p = seg_map(fd, 4 * PAGE, RW, MAP_SHARED);
	q = seg_map(fd, 4 * PAGE, RW, MAP_PRIVATE);
	r = seg_map(ro, 4 * PAGE, RW, MAP_PRIVATE);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_NE(MAP_FAILED, q);
	ASSERT_NE(MAP_FAILED, r);
	EXPECT_EQ(3, shm_nattch(self->id));
	ASSERT_TRUE(maps_at(q, &m));
	EXPECT_FALSE(m.shared);
	EXPECT_EQ(self->id, m.inode);
	memset(p, 1, 4 * PAGE);
	q[0] = 2;
	r[PAGE] = 3;
	EXPECT_TRUE(is_all(p, 1, 4 * PAGE));
	p[0] = 4;
	EXPECT_EQ(2, q[0]);
	EXPECT_EQ(4, r[0]);
	EXPECT_EQ(3, r[PAGE]);
	pid = child_fork();
	if (!pid) {
		q[0] = 5;
		r[0] = 5;
		EXPECT_EQ(6, shm_nattch(self->id));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(2, q[0]);
	EXPECT_EQ(4, r[0]);
	EXPECT_EQ(4, p[0]);
	munmap(p, 4 * PAGE);
	munmap(q, 4 * PAGE);
	munmap(r, 4 * PAGE);
	EXPECT_EQ(0, shm_nattch(self->id));
	close(fd);
	close(ro);
}

/* --- what a read-only descriptor does not allow */

static int reopen(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

static void expect_no_way_to_write(struct __test_metadata *_metadata, int ro)
{
	int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC), i;
	static const int flags[] = { O_RDWR, O_WRONLY, O_RDONLY, O_RDWR | O_TRUNC };
	char *p, path[64], c = 7;

	EXPECT_EQ(MAP_FAILED, seg_map(ro, PAGE, RW, MAP_SHARED));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(MAP_FAILED, seg_map(ro, PAGE, PROT_WRITE, MAP_SHARED_VALIDATE));
	EXPECT_EQ(EACCES, errno);
	p = seg_map(ro, PAGE, PROT_READ, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, mprotect(p, PAGE, RW));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, pwrite(mem, &c, 1, (long)p));
	EXPECT_EQ(-1, madvise(p, PAGE, MADV_REMOVE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(SIGSEGV, touch_dies(p, true));
	munmap(p, PAGE);
	close(mem);

	EXPECT_EQ(-1, fallocate(ro, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, ftruncate(ro, 0));
	EXPECT_EQ(0, fcntl(ro, F_SETFL, O_RDWR));
	EXPECT_EQ(O_RDONLY, fcntl(ro, F_GETFL) & O_ACCMODE);
	/* neither the inode, nor its owner, nor its attributes are theirs */
	for (i = 0; i < (int)ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(-1, reopen(ro, flags[i]));
		EXPECT_TRUE(errno == EACCES || errno == EPERM);
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ro);
	EXPECT_EQ(-1, truncate(path, 0));
	EXPECT_EQ(-1, fchmod(ro, 0777));
	EXPECT_EQ(-1, chmod(path, 0777));
	EXPECT_EQ(-1, fchown(ro, OTHER_UID, OTHER_UID));
	EXPECT_EQ(-1, futimens(ro, NULL));
	EXPECT_EQ(-1, fsetxattr(ro, "user.kipc", "x", 1, 0));
	EXPECT_EQ(-1, linkat(AT_FDCWD, path, AT_FDCWD, "/tmp/kipc-link", AT_SYMLINK_FOLLOW));
	/* what the mode refuses, a descriptor does not give either */
	EXPECT_EQ(-1, seg_open(ro, KIPC_ID_SELF, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(NOT_ATTACHED, seg_attach(ro, KIPC_ID_SELF, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, seg_set(ro, KIPC_ID_SELF, OTHER_UID, OTHER_UID, 0666));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, seg_lock(ro, KIPC_ID_SELF, 1));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, seg_remove(ro, KIPC_ID_SELF));
	EXPECT_EQ(EPERM, errno);
	/* only what it allows anyhow */
	EXPECT_LE(0, seg_open(ro, KIPC_ID_SELF, KIPC_SHM_RDONLY));
}

TEST_F(segment, read_only_descriptor_cannot_be_escalated)
{
	int ro = seg_open(self->dev, self->id, KIPC_SHM_RDONLY);
	char *p = shm->at(self->id, NULL, 0);
	struct kipc_shm_stat stat;
	struct stat st;
	pid_t pid;

	ASSERT_LE(0, ro);
	ASSERT_NE(NOT_ATTACHED, p);
	memset(p, 5, 4 * PAGE);
	ASSERT_EQ(0, seg_set(self->dev, self->id, 0, 0, 0644));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		/* /proc/self is ours again */
		EXPECT_EQ(0, prctl(PR_SET_DUMPABLE, 1));
		expect_no_way_to_write(_metadata, ro);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(is_all(p, 5, 4 * PAGE));
	ASSERT_EQ(0, fstat(ro, &st));
	EXPECT_EQ(4 * PAGE, st.st_size);
	EXPECT_EQ(0, st.st_mode & 07777);
	stat = seg_stat(ro, KIPC_ID_SELF);
	EXPECT_EQ(0644, stat.perm.mode);
	EXPECT_EQ(0, stat.perm.uid);
	EXPECT_EQ(1, stat.fds);
	EXPECT_EQ(0, shm->dt(p));
	close(ro);
}

TEST_F(segment, nobody_changes_the_size_or_executes_the_file)
{
	int fd = seg_open(self->dev, self->id, 0), raw;
	char *none[1] = { NULL };
	struct stat st;

	ASSERT_LE(0, fd);
	/* root may see the file behind it */
	raw = reopen(fd, O_RDWR);
	if (raw >= 0) {
		EXPECT_EQ(-1, ftruncate(raw, 0));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, ftruncate(raw, 8 * PAGE));
		EXPECT_EQ(EPERM, errno);
		close(raw);
	}
	EXPECT_EQ(-1, syscall(SYS_execveat, fd, "", none, none, AT_EMPTY_PATH));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(4 * PAGE, st.st_size);
	close(fd);
}

/* --- descriptors of others */

TEST_F(segment, descriptor_gives_what_it_allows_to_another_user)
{
	int socks[2], fd, ro;
	struct kipc_shm_stat stat;
	char *p, *q;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	pid = child_fork();
	if (!pid) {
		close(socks[0]);
		EXPECT_EQ(0, become(OTHER_UID));
		fd = fd_receive(socks[1]);
		ro = fd_receive(socks[1]);
		/* nothing by id, all by the descriptor */
		EXPECT_EQ(NOT_ATTACHED, shm->at(self->id, NULL, SHM_RDONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, seg_open(self->dev, self->id, KIPC_SHM_RDONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, seg_open(fd, KIPC_ID_SELF, KIPC_SHM_RDONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, seg_remove(fd, KIPC_ID_SELF));
		EXPECT_EQ(EPERM, errno);
		stat = seg_stat(ro, KIPC_ID_SELF);
		EXPECT_EQ(0600, stat.perm.mode);
		EXPECT_EQ(2, stat.fds);
		p = seg_map(fd, 4 * PAGE, RW, MAP_SHARED);
		q = seg_map(ro, 4 * PAGE, PROT_READ, MAP_SHARED);
		EXPECT_NE(MAP_FAILED, p);
		EXPECT_NE(MAP_FAILED, q);
		EXPECT_EQ(MAP_FAILED, seg_map(ro, 4 * PAGE, RW, MAP_SHARED));
		pattern(p, 4 * PAGE, 4);
		EXPECT_TRUE(is_pattern(q, 4 * PAGE, 4));
		EXPECT_EQ(1, write(socks[1], "x", 1));
		EXPECT_EQ(1, read(socks[1], p, 1));
		child_exit();
	}
	close(socks[1]);
	fd = seg_open(self->dev, self->id, 0);
	ro = seg_open(self->dev, self->id, KIPC_SHM_RDONLY);
	ASSERT_LE(0, ro);
	ASSERT_EQ(0, fd_send(socks[0], fd));
	ASSERT_EQ(0, fd_send(socks[0], ro));
	close(fd);
	close(ro);
	p = shm->at(self->id, NULL, SHM_RDONLY);
	ASSERT_NE(NOT_ATTACHED, p);
	ASSERT_EQ(1, read(socks[0], &(char) { 0 }, 1));
	EXPECT_TRUE(is_pattern(p, 4 * PAGE, 4));
	EXPECT_EQ(3, shm_nattch(self->id));
	EXPECT_EQ(2, seg_stat(self->dev, self->id).fds);
	ASSERT_EQ(1, write(socks[0], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, shm->dt(p));
	close(socks[0]);
}

TEST_F(segment, descriptor_in_flight_keeps_its_segment)
{
	struct kipc_stats before = stats_of(self->dev);
	int socks[2], fd;
	char *p;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	fd = seg_create(self->dev, PAGE, 0600, 0);
	p = seg_map(fd, PAGE, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	p[0] = 42;
	ASSERT_EQ(0, fd_send(socks[0], fd));
	close(fd);
	munmap(p, PAGE);
	EXPECT_EQ(before.shm_segments + 1, stats_of(self->dev).shm_segments);
	fd = fd_receive(socks[1]);
	ASSERT_LE(0, fd);
	p = seg_map(fd, PAGE, PROT_READ, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(42, p[0]);
	munmap(p, PAGE);
	ASSERT_EQ(0, fd_send(socks[0], fd));
	close(fd);
	/* nobody will ever take it */
	close(socks[0]);
	close(socks[1]);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).shm_segments == before.shm_segments));
}

TEST_F(segment, path_descriptor_keeps_no_memory)
{
	struct kipc_shm_lock lock = { .id = KIPC_ID_SELF, .lock = 1 };
	size_t size = 64 * PAGE;
	struct stat st;
	char path[64];
	int fd, o_path;
	char *p;

	fd = seg_create(self->dev, size, 0600, 0);
	ASSERT_LE(0, fd);
	p = seg_map(fd, size, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	memset(p, 1, size);
	ASSERT_EQ(0, ioctl(fd, KIPC_IOC_SHM_LOCK, &lock));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	o_path = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, o_path);
	ASSERT_EQ(0, fstat(o_path, &st));
	EXPECT_EQ(size / 512, st.st_blocks);

	munmap(p, size);
	close(fd);
	/* the segment is gone, though its inode is not */
	EXPECT_TRUE(EVENTUALLY(!fstat(o_path, &st) && st.st_blocks == 0))
		TH_LOG("%ld blocks are left", (long)st.st_blocks);
	EXPECT_EQ(size, st.st_size);
	close(o_path);
}

TEST_HARNESS_MAIN
