// SPDX-License-Identifier: GPL-2.0
/*
 * What read() and write() do on a pipe: order, blocking, end of file, broken pipe,
 * atomic and partial writes, bad addresses.
 */
#include "pipe_fixture.h"

TEST_F(pipe, bytes_come_out_as_they_went_in)
{
	char buf[16] = "";

	EXPECT_EQ(5, write(self->w, "hello", 5));
	EXPECT_EQ(6, write(self->w, " world", 6));
	EXPECT_EQ(3, read(self->r, buf, 3));
	EXPECT_EQ(8, read(self->r, buf + 3, sizeof(buf) - 3));
	EXPECT_STREQ("hello world", buf);
}

TEST_F(pipe, odd_sized_writes_and_reads_keep_the_order_of_all_bytes)
{
	unsigned char buf[9000];
	size_t in = 0, out = 0, size;
	unsigned int seed = 1;
	ssize_t n;

	ASSERT_EQ(0, set_flag(self->w, O_NONBLOCK, true));
	ASSERT_EQ(0, set_flag(self->r, O_NONBLOCK, true));
	while (in < 1000000) {
		size = 1 + rand_r(&seed) % (rand_r(&seed) % 2 ? 300 : sizeof(buf));
		pattern(buf, size, in);
		n = write(self->w, buf, size);
		if (n < 0) {
			ASSERT_EQ(EAGAIN, errno);
			n = 0;
		}
		in += n;
		size = 1 + rand_r(&seed) % (rand_r(&seed) % 2 ? 300 : sizeof(buf));
		n = read(self->r, buf, size);
		if (n < 0) {
			ASSERT_EQ(EAGAIN, errno);
			n = 0;
		}
		ASSERT_TRUE(is_pattern(buf, n, out));
		out += n;
		ASSERT_EQ((int)(in - out), bytes_in(self->r));
	}
	EXPECT_TRUE(read_pattern(self->r, in - out, out));
	EXPECT_EQ(-1, read(self->r, buf, 1));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(pipe, writev_gathers_and_readv_scatters)
{
	char a[2] = "", b[4] = "", c[8] = "";
	struct iovec out[] = {
		{ "ab", 2 }, { "", 0 }, { "cdef", 4 }, { "g", 1 },
	};
	struct iovec in[] = {
		{ a, 1 }, { b, 3 }, { c, 7 },
	};

	EXPECT_EQ(7, writev(self->w, out, ARRAY_SIZE(out)));
	EXPECT_EQ(7, bytes_in(self->r));
	EXPECT_EQ(7, readv(self->r, in, ARRAY_SIZE(in)));
	EXPECT_STREQ("a", a);
	EXPECT_STREQ("bcd", b);
	EXPECT_STREQ("efg", c);
}

TEST_F(pipe, read_does_not_wait_for_more_than_there_is)
{
	char buf[100];

	ASSERT_EQ(3, write(self->w, "abc", 3));
	EXPECT_EQ(3, read(self->r, buf, sizeof(buf)));
}

TEST_F(pipe, fionread_counts_the_bytes_on_both_ends)
{
	EXPECT_EQ(0, bytes_in(self->r));
	ASSERT_TRUE(write_pattern(self->w, 5001, 0));
	EXPECT_EQ(5001, bytes_in(self->r));
	EXPECT_EQ(5001, bytes_in(self->w));
	ASSERT_TRUE(read_pattern(self->r, 5000, 0));
	EXPECT_EQ(1, bytes_in(self->r));
	EXPECT_EQ(-1, ioctl(self->r, FIONREAD, NULL));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(pipe, unknown_ioctl_is_enotty)
{
	int n;

	EXPECT_EQ(-1, ioctl(self->r, TCGETS, &n));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->w, _IO(0xBD, 99), 0));
	EXPECT_EQ(ENOTTY, errno);
}

/* --- blocking */

TEST_F(pipe, blocked_reader_wakes_when_data_comes)
{
	char c = 0;
	pid_t pid = child_fork();

	if (!pid) {
		EXPECT_EQ(1, read(self->r, &c, 1));
		EXPECT_EQ('x', c);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	EXPECT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, blocked_writer_goes_on_as_room_is_made)
{
	size_t len = 300000;
	pid_t pid = child_fork();
	char *buf;

	if (!pid) {
		buf = malloc(len);
		pattern(buf, len, 0);
		EXPECT_EQ((ssize_t)len, write(self->w, buf, len));
		child_exit();
	}
	pipe_close(&self->w);
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	EXPECT_EQ(65536, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, len, 0));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, write_up_to_pipe_buf_sleeps_until_all_of_it_fits)
{
	char buf[PIPE_BUF] = "";
	pid_t pid;

	ASSERT_EQ(65536, fill(self->w));
	ASSERT_TRUE(read_pattern(self->r, PIPE_BUF - 1, 0));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(PIPE_BUF, write(self->w, buf, PIPE_BUF));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	EXPECT_EQ(65536 - PIPE_BUF + 1, bytes_in(self->r));
	ASSERT_TRUE(read_pattern(self->r, 1, PIPE_BUF - 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(65536, bytes_in(self->r));
}

TEST_F(pipe, nonblocking_read_of_an_empty_pipe_is_eagain)
{
	char c;

	ASSERT_EQ(0, pipe_renew(self, O_NONBLOCK));
	EXPECT_EQ(O_RDONLY | O_NONBLOCK, fcntl(self->r, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(O_WRONLY | O_NONBLOCK, fcntl(self->w, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(-1, read(self->r, &c, 1));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(pipe, nonblocking_write_to_a_full_pipe_is_eagain)
{
	char big[3 * PIPE_BUF] = "";

	ASSERT_EQ(0, pipe_renew(self, O_NONBLOCK));
	EXPECT_EQ(65536, fill(self->w));
	EXPECT_EQ(-1, write(self->w, "x", 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, write(self->w, big, sizeof(big)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(65536, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 65536, 0));
}

TEST_F(pipe, nonblock_can_be_set_and_cleared_later_on_either_end)
{
	pid_t pid;
	char c;

	ASSERT_EQ(0, set_flag(self->r, O_NONBLOCK, true));
	EXPECT_EQ(-1, read(self->r, &c, 1));
	EXPECT_EQ(EAGAIN, errno);
	/* it belongs to the open file, not to the pipe */
	EXPECT_EQ(0, fcntl(self->w, F_GETFL) & O_NONBLOCK);
	ASSERT_EQ(0, set_flag(self->r, O_NONBLOCK, false));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(1, read(self->r, &c, 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, nonblocking_write_up_to_pipe_buf_is_all_or_nothing)
{
	unsigned char buf[PIPE_BUF];

	ASSERT_EQ(0, pipe_renew(self, O_NONBLOCK));
	ASSERT_EQ(65536, fill(self->w));
	ASSERT_TRUE(read_pattern(self->r, PIPE_BUF - 1, 0));
	pattern(buf, sizeof(buf), 65536);
	EXPECT_EQ(-1, write(self->w, buf, PIPE_BUF));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(65536 - PIPE_BUF + 1, bytes_in(self->r));
	ASSERT_TRUE(read_pattern(self->r, 1, PIPE_BUF - 1));
	EXPECT_EQ(PIPE_BUF, write(self->w, buf, PIPE_BUF));
	EXPECT_TRUE(read_pattern(self->r, 65536, PIPE_BUF));
}

TEST_F(pipe, nonblocking_write_over_pipe_buf_writes_what_fits)
{
	unsigned char buf[4 * PIPE_BUF];

	ASSERT_EQ(0, pipe_renew(self, O_NONBLOCK));
	ASSERT_EQ(65536, fill(self->w));
	ASSERT_TRUE(read_pattern(self->r, 2 * PIPE_BUF, 0));
	pattern(buf, sizeof(buf), 65536);
	EXPECT_EQ(2 * PIPE_BUF, write(self->w, buf, sizeof(buf)));
	ASSERT_TRUE(read_pattern(self->r, PIPE_BUF, 2 * PIPE_BUF));
	EXPECT_EQ(PIPE_BUF, write(self->w, buf + 2 * PIPE_BUF, PIPE_BUF + 1));
	EXPECT_TRUE(read_pattern(self->r, 65536, 3 * PIPE_BUF));
	EXPECT_EQ(0, bytes_in(self->r));
}

/* --- the other end is gone */

TEST_F(pipe, reader_gets_what_is_left_and_then_end_of_file)
{
	char buf[8];

	ASSERT_EQ(3, write(self->w, "abc", 3));
	pipe_close(&self->w);
	EXPECT_EQ(2, read(self->r, buf, 2));
	EXPECT_EQ(1, read(self->r, buf, sizeof(buf)));
	EXPECT_EQ(0, read(self->r, buf, sizeof(buf)));
	EXPECT_EQ(0, read(self->r, buf, sizeof(buf)));
	ASSERT_EQ(0, set_flag(self->r, O_NONBLOCK, true));
	EXPECT_EQ(0, read(self->r, buf, sizeof(buf)));
}

TEST_F(pipe, blocked_reader_gets_eof_when_the_last_writer_closes)
{
	pid_t pid = child_fork();
	int copy;
	char c;

	if (!pid) {
		close(self->w);
		EXPECT_EQ(0, read(self->r, &c, 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	copy = dup(self->w);
	pipe_close(&self->w);
	EXPECT_TRUE(task_is_blocked(pid, SYS_read));
	close(copy);
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, all_blocked_readers_get_eof_when_the_last_writer_closes)
{
	pid_t pids[4];
	size_t i;
	char c;

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			close(self->w);
			EXPECT_EQ(0, read(self->r, &c, 1));
			child_exit();
		}
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		ASSERT_TRUE(wait_blocked(pids[i], SYS_read));
	pipe_close(&self->w);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

TEST_F(pipe, killed_writer_leaves_end_of_file)
{
	pid_t pid = child_fork();
	char c;

	if (!pid) {
		write(self->w, "x", 1);
		for (;;)
			pause();
	}
	pipe_close(&self->w);
	EXPECT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(0, read(self->r, &c, 1));
}

TEST_F(pipe, write_without_a_reader_kills_by_sigpipe)
{
	pid_t pid;

	pipe_close(&self->r);
	pid = child_fork();
	if (!pid) {
		write(self->w, "x", 1);
		child_exit();
	}
	EXPECT_EQ(128 + SIGPIPE, child_wait(pid));
}

TEST_F(pipe, write_without_a_reader_is_epipe_where_sigpipe_is_ignored)
{
	char big[2 * PIPE_BUF] = "";

	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(3, write(self->w, "abc", 3));
	pipe_close(&self->r);
	EXPECT_EQ(-1, write(self->w, "x", 1));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(-1, write(self->w, big, sizeof(big)));
	EXPECT_EQ(EPIPE, errno);
	ASSERT_EQ(0, set_flag(self->w, O_NONBLOCK, true));
	EXPECT_EQ(-1, write(self->w, "x", 1));
	EXPECT_EQ(EPIPE, errno);
}

TEST_F(pipe, each_write_without_a_reader_sends_one_sigpipe)
{
	handle_signal(SIGPIPE, 0);
	pipe_close(&self->r);
	EXPECT_EQ(-1, write(self->w, "x", 1));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(1, signals_seen);
	EXPECT_EQ(-1, write(self->w, "x", 1));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(2, signals_seen);
}

TEST_F(pipe, blocked_writer_gets_epipe_when_the_last_reader_closes)
{
	pid_t pid;

	ASSERT_EQ(65536, fill(self->w));
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGPIPE, SA_RESTART);
		close(self->r);
		EXPECT_EQ(-1, write(self->w, "x", 1));
		EXPECT_EQ(EPIPE, errno);
		EXPECT_EQ(1, signals_seen);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	pipe_close(&self->r);
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, broken_off_write_returns_its_count_and_sends_sigpipe)
{
	pid_t pid = child_fork();
	char *buf;

	if (!pid) {
		handle_signal(SIGPIPE, 0);
		close(self->r);
		buf = calloc(1, 200000);
		EXPECT_EQ(65536, write(self->w, buf, 200000));
		EXPECT_EQ(1, signals_seen);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	pipe_close(&self->r);
	EXPECT_EQ(0, child_wait(pid));
}

/* --- nothing to do */

TEST_F(pipe, read_of_nothing_returns_0_at_once)
{
	struct iovec none[2] = { };
	char c = 'c';

	EXPECT_EQ(0, read(self->r, &c, 0));
	EXPECT_EQ(0, read(self->r, NULL, 0));
	EXPECT_EQ(0, readv(self->r, none, 0));
	EXPECT_EQ(0, readv(self->r, none, 2));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, read(self->r, &c, 0));
	EXPECT_EQ(1, bytes_in(self->r));
	EXPECT_EQ('c', c);
}

TEST_F(pipe, write_of_nothing_returns_0_and_leaves_nothing)
{
	struct iovec none[2] = { };
	char c;

	handle_signal(SIGPIPE, 0);
	EXPECT_EQ(0, write(self->w, "", 0));
	EXPECT_EQ(0, write(self->w, NULL, 0));
	EXPECT_EQ(0, writev(self->w, none, 0));
	EXPECT_EQ(0, writev(self->w, none, 2));
	EXPECT_EQ(0, poll_now(self->r, POLLIN));
	ASSERT_EQ(0, set_flag(self->r, O_NONBLOCK, true));
	EXPECT_EQ(-1, read(self->r, &c, 1));
	EXPECT_EQ(EAGAIN, errno);

	ASSERT_EQ(65536, fill(self->w));
	EXPECT_EQ(0, write(self->w, "", 0));
	pipe_close(&self->r);
	EXPECT_EQ(0, write(self->w, "", 0));
	EXPECT_EQ(0, signals_seen);
}

/* --- many writers */

struct record {
	unsigned short size;
	unsigned char writer;
	unsigned char number;
};

static void record_make(unsigned char *buf, int writer, int number, int size)
{
	struct record head = { size, writer, number };
	int i;

	for (i = 0; i < size; i++)
		buf[i] = writer * 37 + number * 11 + i;
	memcpy(buf, &head, sizeof(head));
}

/* Write @count records of odd sizes, every other one in three pieces. */
static int record_writer(int fd, int writer, int count)
{
	static const int sizes[] = { 4096, 5, 1000, 4095, 511, 97, 3333, 2048, 4, 4093 };
	unsigned char buf[PIPE_BUF];
	int i, size;

	for (i = 0; i < count; i++) {
		size = sizes[(i + 3 * writer) % ARRAY_SIZE(sizes)];
		record_make(buf, writer, i, size);
		if (i % 2 && size > 10) {
			struct iovec iov[] = {
				{ buf, 3 }, { buf + 3, 4 }, { buf + 7, size - 7 },
			};

			if (writev(fd, iov, 3) != size)
				return 1;
		} else if (write(fd, buf, size) != size) {
			return 1;
		}
	}
	return 0;
}

/* Read records in pieces of odd size; the number of good ones, -1 after a bad one. */
static int record_reader(int fd, int writers)
{
	unsigned char buf[2 * PIPE_BUF], want[PIPE_BUF];
	int next[8] = { 0 }, have = 0, good = 0;
	struct record head;
	ssize_t n;

	for (;;) {
		n = read(fd, buf + have, 1 + good * 397 % PIPE_BUF);
		if (n <= 0)
			return n == 0 && have == 0 ? good : -1;
		have += n;
		while (have >= (int)sizeof(head)) {
			memcpy(&head, buf, sizeof(head));
			if (head.size < sizeof(head) || head.size > PIPE_BUF ||
			    head.writer >= writers ||
			    head.number != (unsigned char)next[head.writer])
				return -1;
			if (have < head.size)
				break;
			record_make(want, head.writer, head.number, head.size);
			if (memcmp(want, buf, head.size))
				return -1;
			next[head.writer]++;
			good++;
			have -= head.size;
			memmove(buf, buf + head.size, have);
		}
	}
}

TEST_F_TIMEOUT(pipe, writes_up_to_pipe_buf_of_many_writers_stay_whole, 120)
{
	const int writers = 5, count = 400;
	pid_t pids[5];
	int i;

	for (i = 0; i < writers; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			_exit(record_writer(self->w, i, count));
	}
	pipe_close(&self->w);
	EXPECT_EQ(writers * count, record_reader(self->r, writers));
	for (i = 0; i < writers; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

TEST_F_TIMEOUT(pipe, nonblocking_writers_never_tear_a_record_either, 120)
{
	const int writers = 3, count = 200;
	unsigned char buf[PIPE_BUF];
	pid_t pids[3];
	int i, k, size;

	ASSERT_EQ(0, set_flag(self->w, O_NONBLOCK, true));
	for (i = 0; i < writers; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			for (k = 0; k < count; k++) {
				size = 1000 * (i + 1) + 13 * k % 977;
				record_make(buf, i, k, size);
				while (write(self->w, buf, size) != size) {
					if (errno != EAGAIN)
						_exit(1);
					struct pollfd pfd = { .fd = self->w, .events = POLLOUT };

					poll(&pfd, 1, -1);
				}
			}
			_exit(0);
		}
	}
	pipe_close(&self->w);
	EXPECT_EQ(writers * count, record_reader(self->r, writers));
	for (i = 0; i < writers; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

TEST_F_TIMEOUT(pipe, no_byte_of_large_writes_of_many_writers_is_lost, 120)
{
	enum { WRITERS = 3, LEN = 200000 };
	long counts[WRITERS] = { 0 };
	unsigned char buf[7001];
	pid_t pids[WRITERS];
	ssize_t n, i;
	char *data;

	for (i = 0; i < WRITERS; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			data = malloc(LEN);
			memset(data, i, LEN);
			EXPECT_EQ(LEN, write(self->w, data, LEN));
			child_exit();
		}
	}
	pipe_close(&self->w);
	while ((n = read(self->r, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++) {
			ASSERT_GT(WRITERS, buf[i]);
			counts[buf[i]]++;
		}
	}
	EXPECT_EQ(0, n);
	for (i = 0; i < WRITERS; i++) {
		EXPECT_EQ(LEN, counts[i]);
		EXPECT_EQ(0, child_wait(pids[i]));
	}
}

/* --- bad addresses */

TEST_F(pipe, write_from_a_bad_address_leaves_nothing_behind)
{
	char *edge = edge_alloc(1);
	struct iovec iov[] = {
		{ edge, 10 }, { NULL, 10 },
	};

	ASSERT_NE(NULL, edge);
	EXPECT_EQ(-1, write(self->w, nowhere(), 10));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, write(self->w, edge + 4096 - 5, 10));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, writev(self->w, iov, 2));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, bytes_in(self->r));

	/* and nothing between what is written before and after */
	ASSERT_TRUE(write_pattern(self->w, 100, 0));
	EXPECT_EQ(-1, write(self->w, edge + 4096 - 5, 10));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, writev(self->w, iov, 2));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_TRUE(write_pattern(self->w, 100, 100));
	EXPECT_EQ(200, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 200, 0));
	EXPECT_EQ(0, bytes_in(self->r));
}

TEST_F(pipe, long_write_that_meets_a_bad_address_returns_what_it_wrote)
{
	char *edge = edge_alloc(2);

	ASSERT_NE(NULL, edge);
	pattern(edge, 8192, 0);
	EXPECT_EQ(8192, write(self->w, edge, 3 * 4096));
	EXPECT_EQ(8192, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 8192, 0));
	EXPECT_EQ(0, bytes_in(self->r));
}

TEST_F(pipe, read_to_a_bad_address_loses_nothing)
{
	char *edge = edge_alloc(1);

	ASSERT_NE(NULL, edge);
	ASSERT_TRUE(write_pattern(self->w, 1000, 0));
	EXPECT_EQ(-1, read(self->r, nowhere(), 1000));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, read(self->r, edge + 4096 - 100, 1000));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(1000, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 1000, 0));
}

TEST_F(pipe, long_read_that_meets_a_bad_address_loses_nothing)
{
	char *edge = edge_alloc(1);

	ASSERT_NE(NULL, edge);
	/* page by page, so that the first page is done when the second fails */
	ASSERT_EQ(65536, fill(self->w));
	EXPECT_EQ(4096, read(self->r, edge, 3 * 4096));
	EXPECT_TRUE(is_pattern(edge, 4096, 0));
	EXPECT_EQ(65536 - 4096, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 65536 - 4096, 4096));
}

TEST_F(pipe, write_to_a_full_pipe_from_a_bad_address_can_be_repeated)
{
	ASSERT_EQ(0, pipe_renew(self, O_NONBLOCK));
	ASSERT_EQ(65536, fill(self->w));
	ASSERT_TRUE(read_pattern(self->r, 65536, 0));
	EXPECT_EQ(-1, write(self->w, nowhere(), 4096));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, bytes_in(self->r));
	ASSERT_TRUE(write_pattern(self->w, 4096, 0));
	EXPECT_TRUE(read_pattern(self->r, 4096, 0));
}

/* --- calls that a pipe does not take */

TEST_F(pipe, wrong_direction_is_ebadf)
{
	struct iovec iov = { "x", 1 };
	char c;

	EXPECT_EQ(-1, read(self->w, &c, 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, write(self->r, "x", 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, writev(self->r, &iov, 1));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, read(self->w, &c, 0));
	EXPECT_EQ(EBADF, errno);
}

TEST_F(pipe, a_pipe_has_no_position)
{
	struct iovec iov;
	char c = 'c';

	iov.iov_base = &c;
	iov.iov_len = 1;
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(-1, lseek(self->r, 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, lseek(self->w, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(self->r, &c, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pwrite(self->w, &c, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, preadv(self->r, &iov, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pwritev(self->w, &iov, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	/* -1 stands for the position, so it is no position */
	EXPECT_EQ(1, preadv2(self->r, &iov, 1, -1, 0));
	EXPECT_EQ('x', c);
}

TEST_F(pipe, calls_of_other_files_are_refused)
{
	EXPECT_EQ(-1, ftruncate(self->w, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, fallocate(self->w, 0, 0, 4096));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, fsync(self->w));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(ESPIPE, posix_fadvise(self->r, 0, 0, POSIX_FADV_NORMAL));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, self->r, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, fchdir(self->r));
	EXPECT_EQ(ENOTDIR, errno);
}

TEST_HARNESS_MAIN
