// SPDX-License-Identifier: GPL-2.0
/*
 * FIFOs: who waits for whom in open(), ends that leave and come back, data that ends
 * with the last of them.
 */
#include "fs_fixture.h"

static int open_fifo(const char *name, int flags)
{
	return open(name, flags | O_CLOEXEC);
}

static int reopen(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

/* A child that opens "f" with @flags and is held to be in there. */
static pid_t open_in_child(struct __test_metadata *_metadata, int flags)
{
	pid_t pid = child_fork();

	if (!pid) {
		EXPECT_LE(0, open_fifo("f", flags));
		child_exit();
	}
	EXPECT_TRUE(wait_blocked(pid, CALL_OPEN));
	return pid;
}

/* Whether nobody has "f" open for reading, nor waits to. */
static bool has_no_reader(void)
{
	int fd = open_fifo("f", O_WRONLY | O_NONBLOCK);

	if (fd < 0)
		return errno == ENXIO;
	close(fd);
	return false;
}

/* --- open() */

TEST_F(fs, open_for_reading_waits_for_a_writer)
{
	pid_t pid;
	int w;

	ASSERT_EQ(0, mkfifo("f", 0644));
	pid = open_in_child(_metadata, O_RDONLY);
	w = open_fifo("f", O_WRONLY);
	EXPECT_LE(0, w);
	EXPECT_EQ(0, child_wait(pid));
	close(w);
}

TEST_F(fs, open_for_writing_waits_for_a_reader)
{
	pid_t pid;
	int r;

	ASSERT_EQ(0, mkfifo("f", 0644));
	pid = open_in_child(_metadata, O_WRONLY);
	r = open_fifo("f", O_RDONLY);
	EXPECT_LE(0, r);
	EXPECT_EQ(0, child_wait(pid));
	close(r);
}

TEST_F(fs, one_writer_lets_all_waiting_readers_in)
{
	pid_t pids[4];
	size_t i;
	int w;

	ASSERT_EQ(0, mkfifo("f", 0644));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = open_in_child(_metadata, O_RDONLY);
	w = open_fifo("f", O_WRONLY | O_NONBLOCK);
	EXPECT_LE(0, w);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	close(w);
}

TEST_F(fs, one_reader_lets_all_waiting_writers_in)
{
	pid_t pids[4];
	size_t i;
	int r;

	ASSERT_EQ(0, mkfifo("f", 0644));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		pids[i] = open_in_child(_metadata, O_WRONLY);
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	EXPECT_LE(0, r);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	close(r);
}

TEST_F(fs, reader_is_let_in_by_a_writer_that_is_gone_already)
{
	pid_t pid;
	int round, len, w;
	char buf[8];

	ASSERT_EQ(0, mkfifo("f", 0644));
	for (round = 0; round < 30; round++) {
		len = round % 2 ? 3 : 0;
		pid = child_fork();
		if (!pid) {
			int r = open_fifo("f", O_RDONLY);

			EXPECT_LE(0, r);
			EXPECT_EQ(len, read(r, buf, sizeof(buf)));
			EXPECT_EQ(0, read(r, buf, sizeof(buf)));
			child_exit();
		}
		/* now and then without looking whether it waits already */
		ASSERT_TRUE(round >= 10 || wait_blocked(pid, CALL_OPEN));
		w = open_fifo("f", O_WRONLY);
		ASSERT_LE(0, w);
		ASSERT_EQ(len, write(w, "abc", len));
		close(w);
		ASSERT_EQ(0, child_wait(pid));
	}
}

TEST_F(fs, interrupted_open_is_eintr_and_leaves_no_end)
{
	static const int flags[] = { O_RDONLY, O_WRONLY };
	pid_t pid;
	size_t i;
	int r;

	ASSERT_EQ(0, mkfifo("f", 0644));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		pid = child_fork();
		if (!pid) {
			handle_signal(SIGUSR1, 0);
			EXPECT_EQ(-1, open_fifo("f", flags[i]));
			EXPECT_EQ(EINTR, errno);
			EXPECT_EQ(1, signals_seen);
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pid, CALL_OPEN));
		kill(pid, SIGUSR1);
		EXPECT_EQ(0, child_wait(pid));
		EXPECT_TRUE(has_no_reader());
	}
	/* no writer has stayed either, though one has been there */
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, r);
	EXPECT_EQ(0, poll_now(r, POLL_ALL));
	close(r);
}

TEST_F(fs, interrupted_open_goes_on_with_sa_restart)
{
	static const int flags[] = { O_RDONLY, O_WRONLY };
	pid_t pid;
	size_t i;
	int fd;

	ASSERT_EQ(0, mkfifo("f", 0644));
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		pid = child_fork();
		if (!pid) {
			handle_signal(SIGUSR1, SA_RESTART);
			EXPECT_LE(0, open_fifo("f", flags[i]));
			EXPECT_EQ(1, signals_seen);
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pid, CALL_OPEN));
		kill(pid, SIGUSR1);
		ASSERT_TRUE(EVENTUALLY(!signals_pending(pid) && task_is_blocked(pid, CALL_OPEN)));
		fd = open_fifo("f", flags[!i]);
		EXPECT_LE(0, fd);
		EXPECT_EQ(0, child_wait(pid));
		close(fd);
	}
}

TEST_F(fs, killed_opener_leaves_no_end)
{
	pid_t pid;
	int r;

	ASSERT_EQ(0, mkfifo("f", 0644));
	pid = open_in_child(_metadata, O_RDONLY);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_TRUE(has_no_reader());
	pid = open_in_child(_metadata, O_WRONLY);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, r);
	EXPECT_EQ(0, poll_now(r, POLL_ALL));
	close(r);
}

TEST_F(fs, nonblocking_reader_opens_at_once_and_nonblocking_writer_needs_one)
{
	int r, w;

	ASSERT_EQ(0, mkfifo("f", 0644));
	EXPECT_EQ(-1, open_fifo("f", O_WRONLY | O_NONBLOCK));
	EXPECT_EQ(ENXIO, errno);
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, r);
	w = open_fifo("f", O_WRONLY | O_NONBLOCK);
	ASSERT_LE(0, w);
	close(r);
	EXPECT_EQ(-1, open_fifo("f", O_WRONLY | O_NONBLOCK));
	EXPECT_EQ(ENXIO, errno);
	close(w);
}

TEST_F(fs, open_for_both_never_waits)
{
	int rw, r, w;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0644));
	rw = open_fifo("f", O_RDWR);
	ASSERT_LE(0, rw);
	EXPECT_EQ(1, write(rw, "x", 1));
	EXPECT_EQ(POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM, poll_now(rw, POLL_ALL));
	EXPECT_EQ(1, read(rw, &c, 1));
	/* nor does anyone else then */
	r = open_fifo("f", O_RDONLY);
	EXPECT_LE(0, r);
	w = open_fifo("f", O_WRONLY);
	EXPECT_LE(0, w);
	close(r);
	close(w);
	close(rw);
}

TEST_F(fs, open_for_both_lets_waiting_readers_and_writers_in)
{
	pid_t pid;
	int rw;

	ASSERT_EQ(0, mkfifo("f", 0644));
	pid = open_in_child(_metadata, O_RDONLY);
	rw = open_fifo("f", O_RDWR);
	ASSERT_LE(0, rw);
	EXPECT_EQ(0, child_wait(pid));
	close(rw);
	pid = open_in_child(_metadata, O_WRONLY);
	rw = open_fifo("f", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, rw);
	EXPECT_EQ(0, child_wait(pid));
	close(rw);
}

TEST_F(fs, access_mode_3_is_einval_and_lets_nobody_in)
{
	pid_t pid;

	ASSERT_EQ(0, mkfifo("f", 0644));
	pid = open_in_child(_metadata, O_RDONLY);
	EXPECT_EQ(-1, open_fifo("f", O_ACCMODE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, open_fifo("f", O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(task_is_blocked(pid, CALL_OPEN));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_TRUE(EVENTUALLY(has_no_reader()));
}

TEST_F(fs, path_descriptor_is_no_end)
{
	int path;

	ASSERT_EQ(0, mkfifo("f", 0644));
	path = open_fifo("f", O_PATH);
	ASSERT_LE(0, path);
	EXPECT_TRUE(has_no_reader());
	EXPECT_EQ(-1, write(path, "x", 1));
	EXPECT_EQ(EBADF, errno);
	close(path);
}

TEST_F(fs, flags_of_open_that_make_files_do_nothing_to_a_fifo)
{
	int rw, w;

	ASSERT_EQ(0, mkfifo("f", 0644));
	rw = open_fifo("f", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, rw);
	ASSERT_EQ(3, write(rw, "abc", 3));
	w = open_fifo("f", O_WRONLY | O_TRUNC | O_APPEND);
	ASSERT_LE(0, w);
	close(w);
	EXPECT_EQ(3, bytes_in(rw));
	w = open("f", O_WRONLY | O_CREAT, 0600);
	ASSERT_LE(0, w);
	close(w);
	EXPECT_EQ(-1, open("f", O_WRONLY | O_CREAT | O_EXCL, 0600));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, open_fifo("f", O_RDONLY | O_DIRECTORY));
	EXPECT_EQ(ENOTDIR, errno);
	close(rw);
	/* an open that fails late leaves no end either */
	EXPECT_EQ(-1, open_fifo("f", O_RDONLY | O_NONBLOCK | O_DIRECT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(has_no_reader());
}

/* --- ends that come and go */

TEST_F(fs, reader_before_any_writer_sees_neither_data_nor_hup)
{
	int r, r2, w;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0644));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, r);
	EXPECT_EQ(0, poll_now(r, POLL_ALL));
	EXPECT_EQ(0, read(r, &c, 1));
	w = open_fifo("f", O_WRONLY);
	ASSERT_LE(0, w);
	EXPECT_EQ(0, poll_now(r, POLL_ALL));
	EXPECT_EQ(-1, read(r, &c, 1));
	EXPECT_EQ(EAGAIN, errno);
	close(w);
	EXPECT_EQ(POLLHUP, poll_now(r, POLL_ALL));
	EXPECT_EQ(0, read(r, &c, 1));
	/* a reader that opens now has seen no writer */
	r2 = open_fifo("f", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, r2);
	EXPECT_EQ(0, poll_now(r2, POLL_ALL));
	EXPECT_EQ(POLLHUP, poll_now(r, POLL_ALL));
	close(r);
	close(r2);
}

TEST_F(fs, writer_that_comes_back_ends_the_end_of_file)
{
	int r, w, round;
	char buf[8];

	ASSERT_EQ(0, mkfifo("f", 0644));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, r);
	for (round = 0; round < 3; round++) {
		w = open_fifo("f", O_WRONLY);
		ASSERT_LE(0, w);
		EXPECT_EQ(3, write(w, "abc", 3));
		close(w);
		EXPECT_EQ(POLLIN | POLLRDNORM | POLLHUP, poll_now(r, POLL_ALL));
		EXPECT_EQ(3, read(r, buf, sizeof(buf)));
		EXPECT_EQ(0, read(r, buf, sizeof(buf)));
	}
	close(r);
}

TEST_F(fs, blocked_reader_gets_eof_when_the_writer_leaves)
{
	int rw, w;
	pid_t pid;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0644));
	rw = open_fifo("f", O_RDWR);
	ASSERT_LE(0, rw);
	pid = child_fork();
	if (!pid) {
		int r = open_fifo("f", O_RDONLY);

		close(rw);
		EXPECT_EQ(1, read(r, &c, 1));
		EXPECT_EQ(0, read(r, &c, 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	w = open_fifo("f", O_WRONLY);
	ASSERT_LE(0, w);
	close(rw);
	ASSERT_EQ(1, write(w, "x", 1));
	ASSERT_TRUE(EVENTUALLY(!bytes_in(w)));
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	close(w);
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(fs, reader_that_comes_back_mends_the_pipe)
{
	int r, w;
	char c;

	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, mkfifo("f", 0644));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, r);
	w = open_fifo("f", O_WRONLY);
	ASSERT_LE(0, w);
	close(r);
	EXPECT_EQ(POLLOUT | POLLWRNORM | POLLERR, poll_now(w, POLL_ALL));
	EXPECT_EQ(-1, write(w, "x", 1));
	EXPECT_EQ(EPIPE, errno);
	r = open_fifo("f", O_RDONLY);
	ASSERT_LE(0, r);
	EXPECT_EQ(POLLOUT | POLLWRNORM, poll_now(w, POLL_ALL));
	EXPECT_EQ(1, write(w, "y", 1));
	EXPECT_EQ(1, read(r, &c, 1));
	EXPECT_EQ('y', c);
	close(r);
	close(w);
}

TEST_F(fs, next_reader_gets_what_the_last_one_left_while_a_writer_stays)
{
	int r, w;
	char buf[8] = "";

	ASSERT_EQ(0, mkfifo("f", 0644));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	w = open_fifo("f", O_WRONLY);
	ASSERT_LE(0, w);
	ASSERT_EQ(6, write(w, "abcdef", 6));
	EXPECT_EQ(2, read(r, buf, 2));
	close(r);
	r = open_fifo("f", O_RDONLY);
	ASSERT_LE(0, r);
	EXPECT_EQ(4, read(r, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp("cdef", buf, 4));
	close(r);
	close(w);
}

TEST_F(fs, data_is_dropped_with_the_last_close)
{
	int rw;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0644));
	rw = open_fifo("f", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, rw);
	ASSERT_EQ(65536, fill(rw));
	close(rw);
	rw = open_fifo("f", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, rw);
	EXPECT_EQ(0, bytes_in(rw));
	EXPECT_EQ(-1, read(rw, &c, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(65536, fill(rw));
	close(rw);
}

static long long capacity(int fd, bool kipc)
{
	struct kipc_pipe_size arg = { .size = ~0ULL };

	if (!kipc)
		return fcntl(fd, F_GETPIPE_SZ);
	return ioctl(fd, KIPC_IOC_PIPE_GET_SIZE, &arg) ? -1 : (long long)arg.size;
}

static int resize(int fd, bool kipc, unsigned int size)
{
	struct kipc_pipe_size arg = { .size = size };

	if (!kipc)
		return fcntl(fd, F_SETPIPE_SZ, size) < 0 ? -1 : 0;
	return ioctl(fd, KIPC_IOC_PIPE_SET_SIZE, &arg);
}

TEST_F(fs, capacity_is_the_default_again_after_the_last_close)
{
	int rw, r;

	ASSERT_EQ(0, mkfifo("f", 0644));
	rw = open_fifo("f", O_RDWR);
	ASSERT_LE(0, rw);
	EXPECT_EQ(65536, capacity(rw, variant->kipc));
	ASSERT_EQ(0, resize(rw, variant->kipc, 262144));
	r = open_fifo("f", O_RDONLY);
	close(rw);
	EXPECT_EQ(262144, capacity(r, variant->kipc));
	close(r);
	rw = open_fifo("f", O_RDWR);
	EXPECT_EQ(65536, capacity(rw, variant->kipc));
	close(rw);
}

/* Who looks at the inode at the moment of the last close must not keep the pipe for the next. */
TEST_F(fs, stat_at_the_last_close_keeps_nothing_of_the_pipe)
{
	long long end = now_ms() + 2000;
	int rounds = 0, left = 0, rw;
	struct stat st;
	pid_t pid;

	ASSERT_EQ(0, mkfifo("f", 0644));
	pid = child_fork();
	if (!pid)
		for (;;)
			stat("f", &st);
	while (now_ms() < end) {
		rw = open_fifo("f", O_RDWR);
		ASSERT_LE(0, rw);
		left += bytes_in(rw);
		ASSERT_EQ(1, write(rw, "x", 1));
		close(rw);
		rounds++;
	}
	EXPECT_EQ(0, left)
		TH_LOG("%d of %d times", left, rounds);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
}

/* --- it is a pipe */

TEST_F(fs, blocking_atomicity_and_poll_are_those_of_a_pipe)
{
	char buf[PIPE_BUF] = "";
	int r, w;
	pid_t pid;

	ASSERT_EQ(0, mkfifo("f", 0644));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	w = open_fifo("f", O_WRONLY | O_NONBLOCK);
	ASSERT_LE(0, w);
	ASSERT_EQ(65536, fill(w));
	EXPECT_EQ(0, poll_now(w, POLL_ALL));
	ASSERT_TRUE(read_pattern(r, PIPE_BUF - 1, 0));
	EXPECT_EQ(-1, write(w, buf, PIPE_BUF));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, poll_now(w, POLL_ALL));
	set_flag(w, O_NONBLOCK, false);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(PIPE_BUF, write(w, buf, PIPE_BUF));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	ASSERT_TRUE(read_pattern(r, 1, PIPE_BUF - 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(-1, lseek(r, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	close(r);
	close(w);
}

TEST_F(fs, sigio_and_packet_mode_are_those_of_a_pipe)
{
	char buf[16];
	int r, w;

	ASSERT_EQ(0, mkfifo("f", 0644));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	w = open_fifo("f", O_WRONLY | O_NONBLOCK);
	ASSERT_LE(0, w);
	block_signal(SIGIO);
	ASSERT_EQ(0, fcntl(r, F_SETOWN, getpid()));
	ASSERT_EQ(0, set_flag(r, O_ASYNC, true));
	ASSERT_EQ(0, set_flag(w, O_DIRECT, true));
	ASSERT_EQ(2, write(w, "ab", 2));
	EXPECT_EQ(0, take_signal(SIGIO, NULL, DEADLINE_MS));
	ASSERT_EQ(3, write(w, "cde", 3));
	EXPECT_EQ(2, read(r, buf, sizeof(buf)));
	EXPECT_EQ(3, read(r, buf, sizeof(buf)));
	close(r);
	close(w);
}

TEST_F(fs, open_file_and_name_have_the_same_stat)
{
	struct stat a, b;
	int rw;

	ASSERT_EQ(0, mkfifo("f", 0640));
	rw = open_fifo("f", O_RDWR);
	ASSERT_LE(0, rw);
	ASSERT_EQ(0, fstat(rw, &a));
	ASSERT_EQ(0, stat("f", &b));
	EXPECT_EQ(S_IFIFO | 0640, a.st_mode);
	EXPECT_EQ(0, memcmp(&a, &b, sizeof(a)));
	ASSERT_EQ(0, fchmod(rw, 0600));
	ASSERT_EQ(0, stat("f", &b));
	EXPECT_EQ(S_IFIFO | 0600, b.st_mode);
	close(rw);
}

TEST_F(fs, write_moves_mtime_and_read_moves_atime)
{
	struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	struct stat st;
	int rw;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0640));
	rw = open_fifo("f", O_RDWR);
	ASSERT_LE(0, rw);
	ASSERT_EQ(0, futimens(rw, times));
	ASSERT_EQ(1, write(rw, "x", 1));
	ASSERT_EQ(0, stat("f", &st));
	EXPECT_EQ(1000, st.st_atim.tv_sec);
	EXPECT_LT(1000, st.st_mtim.tv_sec);
	ASSERT_EQ(1, read(rw, &c, 1));
	ASSERT_EQ(0, stat("f", &st));
	EXPECT_LT(1000, st.st_atim.tv_sec);
	close(rw);
}

/* Whether the last change of what is open as @fd was at @since or later. */
static bool changed_since(int fd, const struct timespec *since)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	return st.st_ctim.tv_sec > since->tv_sec ||
	       (st.st_ctim.tv_sec == since->tv_sec && st.st_ctim.tv_nsec >= since->tv_nsec);
}

TEST_F(fs, names_that_come_and_go_after_a_write_are_the_last_change)
{
	struct timespec now;
	int rw, i;

	ASSERT_EQ(0, mkfifo("f", 0640));
	rw = open_fifo("f", O_RDWR);
	ASSERT_LE(0, rw);
	for (i = 0; i < 4; i++) {
		/* nobody looks at the time of the write before */
		ASSERT_EQ(1, write(rw, "x", 1));
		next_second();
		ASSERT_EQ(0, clock_gettime(CLOCK_REALTIME_COARSE, &now));
		ASSERT_EQ(0, i == 0 ? link("f", "g") :
			     i == 1 ? rename("g", "h") :
			     i == 2 ? unlink("f") : chmod("h", 0600));
		EXPECT_TRUE(changed_since(rw, &now))
			TH_LOG("change %d", i);
	}
	close(rw);
}

TEST_F(fs, read_leaves_atime_with_o_noatime_and_on_a_noatime_mount)
{
	struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	int rw, quiet;
	struct stat st;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0640));
	rw = open_fifo("f", O_RDWR);
	quiet = open_fifo("f", O_RDWR | O_NOATIME);
	ASSERT_LE(0, rw);
	ASSERT_LE(0, quiet);
	ASSERT_EQ(0, futimens(rw, times));
	ASSERT_EQ(3, write(rw, "xyz", 3));
	ASSERT_EQ(1, read(quiet, &c, 1));
	ASSERT_EQ(0, stat("f", &st));
	EXPECT_EQ(1000, st.st_atim.tv_sec);
	EXPECT_LT(1000, st.st_mtim.tv_sec);

	ASSERT_EQ(0, mount(NULL, self->m.dir, NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL));
	ASSERT_EQ(1, read(rw, &c, 1));
	ASSERT_EQ(0, stat("f", &st));
	EXPECT_EQ(1000, st.st_atim.tv_sec);

	ASSERT_EQ(0, mount(NULL, self->m.dir, NULL, MS_REMOUNT | MS_BIND | MS_RELATIME, NULL));
	ASSERT_EQ(1, read(rw, &c, 1));
	ASSERT_EQ(0, stat("f", &st));
	EXPECT_LT(1000, st.st_atim.tv_sec);
	close(rw);
	close(quiet);
}

TEST_F(fs, proc_names_an_open_fifo_by_its_path)
{
	char link[64], name[128] = "", want[128];
	int rw;

	ASSERT_EQ(0, mkfifo("f", 0640));
	rw = open_fifo("f", O_RDWR);
	ASSERT_LE(0, rw);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", rw);
	snprintf(want, sizeof(want), "%s/f", self->m.dir);
	ASSERT_LT(0, readlink(link, name, sizeof(name) - 1));
	EXPECT_STREQ(want, name);
	close(rw);
}

/* --- names that go away under it */

TEST_F(fs, unlinked_fifo_works_on_and_a_new_one_of_its_name_is_another)
{
	int r, w, rw;
	struct stat st;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0640));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	w = open_fifo("f", O_WRONLY);
	ASSERT_LE(0, w);
	ASSERT_EQ(0, unlink("f"));
	ASSERT_EQ(0, fstat(r, &st));
	EXPECT_EQ(0, st.st_nlink);
	EXPECT_EQ(-1, open_fifo("f", O_RDONLY | O_NONBLOCK));
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(0, mkfifo("f", 0640));
	rw = open_fifo("f", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, rw);
	EXPECT_EQ(1, write(w, "x", 1));
	EXPECT_EQ(0, bytes_in(rw));
	EXPECT_EQ(1, read(r, &c, 1));
	close(w);
	EXPECT_EQ(POLLHUP, poll_now(r, POLL_ALL));
	close(r);
	close(rw);
}

TEST_F(fs, opener_that_waits_is_met_under_the_new_name)
{
	pid_t pid;
	int w;

	ASSERT_EQ(0, mkfifo("f", 0640));
	pid = open_in_child(_metadata, O_RDONLY);
	ASSERT_EQ(0, rename("f", "g"));
	w = open_fifo("g", O_WRONLY | O_NONBLOCK);
	EXPECT_LE(0, w);
	EXPECT_EQ(0, child_wait(pid));
	close(w);
}

TEST_F(fs, hard_links_lead_to_the_same_fifo)
{
	int r, w;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0640));
	ASSERT_EQ(0, link("f", "g"));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	w = open_fifo("g", O_WRONLY | O_NONBLOCK);
	ASSERT_LE(0, w);
	EXPECT_EQ(1, write(w, "x", 1));
	EXPECT_EQ(1, read(r, &c, 1));
	close(r);
	close(w);
}

TEST_F(fs, reopening_through_proc_follows_the_rules_of_open)
{
	int r, w;

	ASSERT_EQ(0, mkfifo("f", 0640));
	r = open_fifo("f", O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, r);
	w = reopen(r, O_WRONLY);
	ASSERT_LE(0, w);
	close(r);
	/* a FIFO it is, no anonymous pipe: no reader, ENXIO */
	EXPECT_EQ(-1, reopen(w, O_WRONLY | O_NONBLOCK));
	EXPECT_EQ(ENXIO, errno);
	close(w);
	r = open_fifo("f", O_PATH);
	w = reopen(r, O_RDWR);
	EXPECT_LE(0, w);
	close(r);
	close(w);
}

TEST_F_TIMEOUT(fs, ends_that_meet_in_a_storm_all_get_through, 120)
{
	enum { SIDE = 3, ROUNDS = 60 };
	pid_t pids[2 * SIDE];
	int *got = shared_alloc(sizeof(*got));
	int i, k, fd, end;

	ASSERT_NE(NULL, got);
	ASSERT_EQ(0, mkfifo("f", 0640));
	/* it keeps the pipe, so that nothing that was written is dropped */
	end = open_fifo("f", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, end);
	for (i = 0; i < 2 * SIDE; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			for (k = 0; k < ROUNDS; k++) {
				char c = 'x';

				fd = open_fifo("f", i < SIDE ? O_RDONLY : O_WRONLY);
				EXPECT_LE(0, fd);
				EXPECT_EQ(1, (i < SIDE) ? read(fd, &c, 1) : write(fd, &c, 1));
				EXPECT_EQ('x', c);
				close(fd);
				__atomic_add_fetch(got, 1, __ATOMIC_SEQ_CST);
			}
			child_exit();
		}
	}
	for (i = 0; i < 2 * SIDE; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ(2 * SIDE * ROUNDS, *got);
	EXPECT_EQ(0, bytes_in(end));
	close(end);
}

TEST_HARNESS_MAIN
