// SPDX-License-Identifier: GPL-2.0
/*
 * A pipe as a file: fstat, times, owner and mode, descriptors over exec, fork and
 * sockets, opening it again through /proc, splice and sendfile.
 */
#include "pipe_fixture.h"
#include "pipe_times.h"

#include <sys/inotify.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

/* Run again as a program that ends with the number of the given descriptors open. */
static void __attribute__((constructor)) count_after_exec(void)
{
	char *list = getenv("KIPC_COUNT_FDS");
	int a, b;

	if (!list || sscanf(list, "%d %d", &a, &b) != 2)
		return;
	_exit((fcntl(a, F_GETFD) >= 0) + (fcntl(b, F_GETFD) >= 0));
}

static int exec_and_count(int a, int b)
{
	char *envp[2] = { NULL };
	pid_t pid = child_fork();

	if (!pid) {
		if (asprintf(&envp[0], "KIPC_COUNT_FDS=%d %d", a, b) < 0)
			_exit(98);
		execle("/proc/self/exe", "count", NULL, envp);
		_exit(97);
	}
	return child_wait(pid);
}

TEST_F(pipe, descriptors_stay_open_over_exec)
{
	EXPECT_EQ(0, fcntl(self->r, F_GETFD));
	EXPECT_EQ(0, fcntl(self->w, F_GETFD));
	EXPECT_EQ(2, exec_and_count(self->r, self->w));
}

TEST_F(pipe, o_cloexec_closes_both_over_exec)
{
	ASSERT_EQ(0, pipe_renew(self, O_CLOEXEC));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->r, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->w, F_GETFD));
	EXPECT_EQ(0, exec_and_count(self->r, self->w));
}

TEST_F(pipe, descriptors_are_the_lowest_free_ones)
{
	int fds[2], a, b;

	a = dup(self->r);
	b = dup(self->r);
	ASSERT_LE(0, b);
	close(a);
	close(b);
	ASSERT_EQ(0, pipe_make(self->dev, fds, 0));
	EXPECT_EQ(a, fds[0]);
	EXPECT_EQ(b, fds[1]);
	close(fds[0]);
	close(fds[1]);
}

TEST_F(pipe, fstat_says_fifo_of_the_creator)
{
	struct stat r, w, other;
	int fds[2];

	memset(&r, POISON, sizeof(r));
	memset(&w, POISON, sizeof(w));
	ASSERT_EQ(0, fstat(self->r, &r));
	ASSERT_EQ(0, fstat(self->w, &w));
	EXPECT_EQ(S_IFIFO | 0600, r.st_mode);
	EXPECT_EQ(geteuid(), r.st_uid);
	EXPECT_EQ(getegid(), r.st_gid);
	EXPECT_EQ(1, r.st_nlink);
	EXPECT_EQ(0, r.st_size);
	EXPECT_NE(0, r.st_ino);
	EXPECT_EQ(4096, r.st_blksize);
	EXPECT_EQ(0, memcmp(&r, &w, sizeof(r)));

	ASSERT_EQ(0, pipe_make(self->dev, fds, 0));
	ASSERT_EQ(0, fstat(fds[0], &other));
	EXPECT_NE(r.st_ino, other.st_ino);
	EXPECT_EQ(r.st_dev, other.st_dev);
	close(fds[0]);
	close(fds[1]);
}

TEST_F(pipe, a_pipe_belongs_to_the_user_that_creates_it)
{
	pid_t pid = child_fork();
	struct stat st;
	int fds[2];

	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, pipe_make(self->dev, fds, 0));
		EXPECT_EQ(0, fstat(fds[0], &st));
		EXPECT_EQ(OTHER_UID, st.st_uid);
		EXPECT_EQ(OTHER_UID, st.st_gid);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

static long long stamp(const struct timespec *ts)
{
	return ts->tv_sec * 1000000000LL + ts->tv_nsec;
}

static bool same_times(const struct stat *a, const struct stat *b)
{
	return stamp(&a->st_atim) == stamp(&b->st_atim) &&
	       stamp(&a->st_mtim) == stamp(&b->st_mtim) &&
	       stamp(&a->st_ctim) == stamp(&b->st_ctim);
}

/* Until the clock that files are stamped with has gone on. */
static bool tick(void)
{
	struct timespec start, now;

	clock_gettime(CLOCK_REALTIME_COARSE, &start);
	return EVENTUALLY((clock_gettime(CLOCK_REALTIME_COARSE, &now),
			   stamp(&now) > stamp(&start)));
}

TEST_F(pipe, write_moves_mtime_and_ctime_and_read_moves_atime)
{
	bool moves = variant->kipc || kernel_keeps_times();
	struct stat before, after;
	struct timespec now;
	char c;

	ASSERT_EQ(0, fstat(self->r, &before));
	clock_gettime(CLOCK_REALTIME, &now);
	EXPECT_LE(stamp(&before.st_mtim), stamp(&now));
	EXPECT_GT(stamp(&before.st_mtim) + 60000000000LL, stamp(&now));

	ASSERT_TRUE(tick());
	ASSERT_EQ(0, fstat(self->r, &after));
	EXPECT_TRUE(same_times(&before, &after));

	ASSERT_EQ(1, write(self->w, "x", 1));
	ASSERT_EQ(0, fstat(self->r, &after));
	EXPECT_EQ(stamp(&before.st_atim), stamp(&after.st_atim));
	EXPECT_EQ(moves, stamp(&before.st_mtim) < stamp(&after.st_mtim));
	EXPECT_EQ(stamp(&after.st_mtim), stamp(&after.st_ctim));

	before = after;
	ASSERT_TRUE(tick());
	ASSERT_EQ(1, read(self->r, &c, 1));
	ASSERT_EQ(0, fstat(self->w, &after));
	EXPECT_EQ(moves, stamp(&before.st_atim) < stamp(&after.st_atim));
	EXPECT_EQ(stamp(&before.st_mtim), stamp(&after.st_mtim));
	EXPECT_EQ(stamp(&before.st_ctim), stamp(&after.st_ctim));
}

TEST_F(pipe, read_through_an_o_noatime_file_leaves_atime)
{
	bool moves = variant->kipc || kernel_keeps_times();
	struct stat before, after;
	char c;

	ASSERT_EQ(0, fstat(self->r, &before));
	ASSERT_TRUE(tick());
	ASSERT_EQ(2, write(self->w, "xy", 2));
	ASSERT_EQ(0, set_flag(self->r, O_NOATIME, true));
	ASSERT_EQ(1, read(self->r, &c, 1));
	ASSERT_EQ(0, fstat(self->r, &after));
	EXPECT_EQ(stamp(&before.st_atim), stamp(&after.st_atim));
	ASSERT_EQ(0, set_flag(self->r, O_NOATIME, false));
	ASSERT_EQ(1, read(self->r, &c, 1));
	ASSERT_EQ(0, fstat(self->r, &after));
	EXPECT_EQ(moves, stamp(&before.st_atim) < stamp(&after.st_atim));
}

TEST_F(pipe, calls_that_move_no_byte_move_no_time)
{
	struct stat before, after;
	char c;

	ASSERT_EQ(0, pipe_renew(self, O_NONBLOCK));
	ASSERT_EQ(0, fstat(self->r, &before));
	ASSERT_TRUE(tick());
	EXPECT_EQ(-1, read(self->r, &c, 1));
	EXPECT_EQ(0, write(self->w, "", 0));
	EXPECT_EQ(-1, write(self->w, nowhere(), 10));
	poll_now(self->r, POLLIN);
	ASSERT_EQ(0, fstat(self->r, &after));
	EXPECT_TRUE(same_times(&before, &after));
}

TEST_F(pipe, utimes_can_be_set)
{
	struct timespec times[2] = { { .tv_sec = 1000, .tv_nsec = 5 }, { .tv_sec = 2000 } };
	struct stat st;

	ASSERT_EQ(0, futimens(self->w, times));
	ASSERT_EQ(0, fstat(self->r, &st));
	EXPECT_EQ(1000000000005LL, stamp(&st.st_atim));
	EXPECT_EQ(2000000000000LL, stamp(&st.st_mtim));
}

TEST_F(pipe, fchmod_and_fchown_show_on_both_ends)
{
	struct stat st;

	ASSERT_EQ(0, fchmod(self->r, 0640));
	ASSERT_EQ(0, fchown(self->w, OTHER_UID, THIRD_UID));
	ASSERT_EQ(0, fstat(self->w, &st));
	EXPECT_EQ(S_IFIFO | 0640, st.st_mode);
	ASSERT_EQ(0, fstat(self->r, &st));
	EXPECT_EQ(OTHER_UID, st.st_uid);
	EXPECT_EQ(THIRD_UID, st.st_gid);
}

TEST_F(pipe, only_the_owner_may_fchmod_and_fchown)
{
	pid_t pid = child_fork();

	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, fchmod(self->r, 0666));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, fchown(self->r, OTHER_UID, -1));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

/* --- more descriptors for the same pipe */

TEST_F(pipe, fork_keeps_both_ends_open)
{
	pid_t pid = child_fork();
	char c;

	if (!pid) {
		/* the parent's read answers */
		EXPECT_EQ(1, write(self->w, "x", 1));
		for (;;)
			pause();
	}
	EXPECT_EQ(1, read(self->r, &c, 1));
	pipe_close(&self->w);
	/* the child still holds a write end */
	EXPECT_EQ(0, poll_now(self->r, POLL_ALL));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_TRUE(EVENTUALLY(poll_now(self->r, POLL_ALL) == POLLHUP));
}

static int send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { "f", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -1;
}

static int receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))] = "", c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(sock, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

TEST_F(pipe, ends_can_be_passed_over_a_socket)
{
	int socks[2], fd;
	pid_t pid;
	char c;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	pid = child_fork();
	if (!pid) {
		close(self->r);
		close(self->w);
		close(socks[0]);
		fd = receive_fd(socks[1]);
		EXPECT_LE(0, fd);
		EXPECT_EQ(6, write(fd, "passed", 6));
		child_exit();
	}
	close(socks[1]);
	ASSERT_EQ(0, send_fd(socks[0], self->w));
	pipe_close(&self->w);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(6, bytes_in(self->r));

	/* an end on its way is open */
	ASSERT_EQ(0, pipe_renew(self, 0));
	close(socks[0]);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	ASSERT_EQ(0, send_fd(socks[0], self->w));
	pipe_close(&self->w);
	EXPECT_EQ(0, poll_now(self->r, POLL_ALL));
	/* and closed when nobody takes it */
	close(socks[0]);
	close(socks[1]);
	EXPECT_TRUE(EVENTUALLY(poll_now(self->r, POLL_ALL) == POLLHUP));
	EXPECT_EQ(0, read(self->r, &c, 1));
}

static int reopen(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

TEST_F(pipe, reopening_through_proc_gives_either_end)
{
	int r, w, rw;
	char c = 0;

	r = reopen(self->w, O_RDONLY);
	ASSERT_LE(0, r);
	w = reopen(self->r, O_WRONLY);
	ASSERT_LE(0, w);
	rw = reopen(self->r, O_RDWR);
	ASSERT_LE(0, rw);
	EXPECT_EQ(1, write(w, "a", 1));
	EXPECT_EQ(1, read(r, &c, 1));
	EXPECT_EQ('a', c);
	EXPECT_EQ(1, write(rw, "b", 1));
	EXPECT_EQ(1, read(rw, &c, 1));
	EXPECT_EQ('b', c);
	EXPECT_EQ(-1, write(r, "x", 1));
	EXPECT_EQ(EBADF, errno);

	/* each counts as a reader and a writer of its own */
	pipe_close(&self->w);
	close(rw);
	EXPECT_EQ(0, poll_now(self->r, POLL_ALL));
	close(w);
	EXPECT_EQ(POLLHUP, poll_now(self->r, POLL_ALL));
	close(r);
}

TEST_F(pipe, reopening_never_waits_for_the_other_end)
{
	int r, w;
	char c;

	pipe_close(&self->w);
	EXPECT_EQ(POLLHUP, poll_now(self->r, POLL_ALL));
	r = reopen(self->r, O_RDONLY);
	ASSERT_LE(0, r);
	EXPECT_EQ(0, read(r, &c, 1));
	/* and a pipe at its end goes on when a writer comes back */
	w = reopen(self->r, O_WRONLY);
	ASSERT_LE(0, w);
	EXPECT_EQ(0, poll_now(self->r, POLL_ALL));
	ASSERT_EQ(1, write(w, "x", 1));
	EXPECT_EQ(1, read(r, &c, 1));

	/* not even ENXIO when there is no reader */
	close(r);
	pipe_close(&self->r);
	r = reopen(w, O_WRONLY | O_NONBLOCK);
	EXPECT_LE(0, r);
	signal(SIGPIPE, SIG_IGN);
	EXPECT_EQ(-1, write(r, "x", 1));
	EXPECT_EQ(EPIPE, errno);
	close(r);
	close(w);
}

TEST_F(pipe, reopened_end_has_flags_of_its_own)
{
	int r = reopen(self->r, O_RDONLY | O_NONBLOCK);
	char c;

	ASSERT_LE(0, r);
	EXPECT_EQ(-1, read(r, &c, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, fcntl(self->r, F_GETFL) & O_NONBLOCK);
	close(r);
}

TEST_F(pipe, pipe_begun_anew_by_a_reader_is_at_its_end)
{
	int path = reopen(self->r, O_PATH), r, w;
	char c;

	ASSERT_LE(0, path);
	pipe_close(&self->r);
	pipe_close(&self->w);
	r = reopen(path, O_RDONLY);
	ASSERT_LE(0, r);
	EXPECT_EQ(POLLHUP, poll_now(r, POLL_ALL));
	EXPECT_EQ(0, read(r, &c, 1));
	w = reopen(path, O_WRONLY);
	ASSERT_LE(0, w);
	EXPECT_EQ(0, poll_now(r, POLL_ALL));
	close(w);
	EXPECT_EQ(POLLHUP, poll_now(r, POLL_ALL));
	close(r);
	close(path);
}

/* 3 is "for ioctl only" to some drivers; a pipe has no such end. */
TEST_F(pipe, access_mode_3_is_einval_and_makes_no_end)
{
	EXPECT_EQ(-1, reopen(self->r, O_ACCMODE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, reopen(self->w, O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, poll_now(self->r, POLL_ALL));
	pipe_close(&self->w);
	EXPECT_EQ(POLLHUP, poll_now(self->r, POLL_ALL));
}

TEST_F(pipe, another_user_reopens_only_what_the_mode_allows)
{
	static const struct {
		int mode, flags, error;
	} cases[] = {
		{ 0600, O_RDONLY, EACCES }, { 0600, O_WRONLY, EACCES },
		{ 0604, O_RDONLY, 0 }, { 0604, O_WRONLY, EACCES },
		{ 0602, O_RDONLY, EACCES }, { 0602, O_WRONLY, 0 },
		{ 0606, O_RDWR, 0 }, { 0604, O_RDWR, EACCES },
		{ 0000, O_RDONLY, EACCES }, { 0077, O_RDWR, 0 },
	};
	pid_t pid;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, fchmod(self->r, cases[i].mode));
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, become(OTHER_UID));
			errno = 0;
			fd = reopen(self->r, cases[i].flags);
			EXPECT_EQ(cases[i].error, errno);
			EXPECT_EQ(!cases[i].error, fd >= 0);
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid))
			TH_LOG("mode %o flags %o", cases[i].mode, cases[i].flags);
	}
}

TEST_F(pipe, descriptor_works_for_a_user_that_could_not_open_it)
{
	pid_t pid = child_fork();
	char c;

	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(1, write(self->w, "x", 1));
		EXPECT_EQ(1, read(self->r, &c, 1));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

/* --- inotify */

/* What has happened to what is watched, since this was asked last. */
static unsigned int events_of(int notify)
{
	struct inotify_event events[8];
	unsigned int mask = 0;
	ssize_t n = read(notify, events, sizeof(events)), i;

	/* none of them has a name */
	for (i = 0; i < n / (ssize_t)sizeof(events[0]); i++)
		mask |= events[i].mask;
	return mask;
}

TEST_F(pipe, inotify_tells_what_is_written_and_read_by_any_end)
{
	int notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), r, w;
	char path[64], c;

	ASSERT_LE(0, notify);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->w);
	ASSERT_LE(0, inotify_add_watch(notify, path, IN_MODIFY | IN_ACCESS));
	EXPECT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(IN_MODIFY, events_of(notify));
	EXPECT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(IN_ACCESS, events_of(notify));

	w = reopen(self->r, O_WRONLY);
	ASSERT_LE(0, w);
	r = reopen(self->w, O_RDONLY);
	ASSERT_LE(0, r);
	EXPECT_EQ(1, write(w, "x", 1));
	EXPECT_EQ(IN_MODIFY, events_of(notify));
	EXPECT_EQ(1, read(r, &c, 1));
	EXPECT_EQ(IN_ACCESS, events_of(notify));
	close(r);
	close(w);
	close(notify);
}

/* --- splice and sendfile: the kernel's calls, with a kernel's pipe on the other side */

TEST_F(pipe, splice_takes_from_a_pipe_of_the_kernel)
{
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_TRUE(write_pattern(fds[1], 10000, 0));
	EXPECT_EQ(10000, splice(fds[0], NULL, self->w, NULL, 20000, 0));
	EXPECT_EQ(0, bytes_in(fds[0]));
	EXPECT_EQ(10000, bytes_in(self->r));
	EXPECT_EQ(-1, splice(fds[0], NULL, self->w, NULL, 100, SPLICE_F_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
	close(fds[1]);
	EXPECT_EQ(0, splice(fds[0], NULL, self->w, NULL, 100, 0));
	EXPECT_TRUE(read_pattern(self->r, 10000, 0));
	close(fds[0]);
}

TEST_F(pipe, splice_gives_to_a_pipe_of_the_kernel)
{
	int fds[2], at = 0;
	ssize_t n;

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_TRUE(write_pattern(self->w, 10000, 0));
	EXPECT_EQ(100, splice(self->r, NULL, fds[1], NULL, 100, 0));
	EXPECT_EQ(9900, bytes_in(self->r));
	for (at = 100; at < 10000; at += n) {
		n = splice(self->r, NULL, fds[1], NULL, 10000 - at, 0);
		ASSERT_LT(0, n);
	}
	EXPECT_EQ(0, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(fds[0], 10000, 0));
	ASSERT_EQ(0, set_flag(self->r, O_NONBLOCK, true));
	EXPECT_EQ(-1, splice(self->r, NULL, fds[1], NULL, 100, SPLICE_F_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
	pipe_close(&self->w);
	EXPECT_EQ(0, splice(self->r, NULL, fds[1], NULL, 100, 0));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(pipe, splice_to_a_pipe_without_reader_is_epipe)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(3, write(fds[1], "abc", 3));
	pipe_close(&self->r);
	EXPECT_EQ(-1, splice(fds[0], NULL, self->w, NULL, 3, 0));
	EXPECT_EQ(EPIPE, errno);
	close(fds[0]);
	close(fds[1]);
}

TEST_F(pipe, splice_has_no_offset_on_a_pipe)
{
	/* the kernel gives the better answer only for pipes of its own; the shim knows both */
	int error = variant->kipc && !UNDER_SHIM ? EINVAL : ESPIPE;
	loff_t offset = 0;
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(-1, splice(fds[0], NULL, self->w, &offset, 1, 0));
	EXPECT_EQ(error, errno);
	EXPECT_EQ(-1, splice(self->r, &offset, fds[1], NULL, 1, 0));
	EXPECT_EQ(error, errno);
	EXPECT_EQ(1, bytes_in(fds[0]));
	EXPECT_EQ(1, bytes_in(self->r));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(pipe, sendfile_fills_from_a_file)
{
	int fd = memfd_create("data", MFD_CLOEXEC);
	off_t offset = 1000;

	ASSERT_LE(0, fd);
	ASSERT_TRUE(write_pattern(fd, 20000, 0));
	EXPECT_EQ(9000, sendfile(self->w, fd, &offset, 9000));
	EXPECT_EQ(10000, offset);
	EXPECT_TRUE(read_pattern(self->r, 9000, 1000));
	ASSERT_EQ(15000, lseek(fd, 15000, SEEK_SET));
	EXPECT_EQ(5000, sendfile(self->w, fd, NULL, 50000));
	EXPECT_EQ(0, sendfile(self->w, fd, NULL, 50000));
	EXPECT_TRUE(read_pattern(self->r, 5000, 15000));
	close(fd);
}

TEST_F(pipe, sendfile_sleeps_until_there_is_room)
{
	int fd = memfd_create("data", MFD_CLOEXEC);
	const int len = 200000;
	pid_t pid;
	ssize_t n;
	int sum;

	ASSERT_LE(0, fd);
	ASSERT_TRUE(write_pattern(fd, len, 0));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	pid = child_fork();
	if (!pid) {
		for (sum = 0; sum < len; sum += n) {
			n = sendfile(self->w, fd, NULL, len - sum);
			if (n <= 0)
				_exit(1);
		}
		_exit(0);
	}
	pipe_close(&self->w);
	ASSERT_TRUE(wait_blocked(pid, UNDER_SHIM ? SYS_ioctl : SYS_sendfile));
	EXPECT_TRUE(read_pattern(self->r, len, 0));
	EXPECT_EQ(0, child_wait(pid));
	close(fd);
}

TEST_HARNESS_MAIN
