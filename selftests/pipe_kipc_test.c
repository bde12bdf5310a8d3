// SPDX-License-Identifier: GPL-2.0
/*
 * What kipc's pipes promise beyond the kernel's: a capacity in bytes, limits that are
 * errors, no memory while idle; and what their calls and their names tell.
 */
#include "epoll.h"
#include "kipc_fixture.h"

/* --- capacity */

TEST_F_TIMEOUT(kipc, capacity_is_accepted_byte_by_byte, 120)
{
	int i;

	ASSERT_EQ(0, set_flag(self->w, O_NONBLOCK, true));
	for (i = 0; i < 65536; i++)
		ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(-1, write(self->w, "x", 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(65536, bytes_in(self->r));
}

/* Fill the pipe with writes of @size bytes, and smaller ones at the end. */
static size_t fill_by(int fd, size_t size, size_t at)
{
	unsigned char buf[PIPE_BUF];
	size_t sum = 0;

	while (size) {
		pattern(buf, size, at + sum);
		if (write(fd, buf, size) == (ssize_t)size)
			sum += size;
		else if (errno == EAGAIN)
			size /= 2;
		else
			return 0;
	}
	return sum;
}

TEST_F_TIMEOUT(kipc, capacity_is_accepted_in_odd_sizes_at_every_power_of_two, 120)
{
	static const size_t odd[] = { 4096, 4095, 1000, 777, 4001, 93 };
	unsigned long long size;
	size_t in, out, i;
	int fds[2];

	for (size = 4096; size <= 1 << 20; size *= 2) {
		ASSERT_EQ(0, kipc_pipe(self->dev, fds, KIPC_PIPE_NONBLOCK, size));
		EXPECT_EQ(size, size_get(fds[0]));
		in = 0;
		out = 0;
		for (i = 0; i < ARRAY_SIZE(odd); i++) {
			if (size > 1 << 18 && i > 2)
				break;
			in += fill_by(fds[1], odd[i], in);
			ASSERT_EQ(size, in - out);
			ASSERT_EQ((int)size, bytes_in(fds[0]));
			/* leave something, so that the next round wraps */
			ASSERT_TRUE(read_pattern(fds[0], size - 101, out));
			out += size - 101;
		}
		ASSERT_TRUE(read_pattern(fds[0], in - out, out));
		close(fds[0]);
		close(fds[1]);
	}
}

TEST_F(kipc, any_free_byte_can_be_written)
{
	char c;

	ASSERT_EQ(0, set_flag(self->w, O_NONBLOCK, true));
	ASSERT_EQ(65536, fill(self->w));
	EXPECT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(-1, write(self->w, "x", 1));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_TRUE(read_pattern(self->r, 1000, 1));
	/* poll still speaks of PIPE_BUF bytes */
	EXPECT_EQ(0, poll_now(self->w, POLLOUT));
	EXPECT_EQ(1000, fill_by(self->w, 1000, 0));
}

TEST_F(kipc, writers_behind_one_that_needs_more_are_not_starved)
{
	char buf[PIPE_BUF] = "", c;
	pid_t big, small;

	ASSERT_EQ(65536, fill(self->w));
	big = child_fork();
	if (!big) {
		EXPECT_EQ(PIPE_BUF, write(self->w, buf, PIPE_BUF));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(big, SYS_write));
	small = child_fork();
	if (!small) {
		EXPECT_EQ(1, write(self->w, "x", 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(small, SYS_write));
	ASSERT_TRUE(read_pattern(self->r, 65536, 0));
	EXPECT_EQ(0, child_wait(big));
	EXPECT_EQ(0, child_wait(small));
	ASSERT_EQ(PIPE_BUF + 1, bytes_in(self->r));
	EXPECT_EQ(1, read(self->r, &c, 1));
}

TEST_F(kipc, small_packets_do_not_use_up_the_capacity)
{
	int fds[2], n = 0;
	char buf[64];

	ASSERT_EQ(0, kipc_pipe(self->dev, fds, KIPC_PIPE_NONBLOCK | KIPC_PIPE_PACKET, 0));
	memset(buf, 0, sizeof(buf));
	while (write(fds[1], buf, 64) == 64)
		n++;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(65536 / 64, n);
	EXPECT_EQ(65536 / 64, stat_of(fds[0]).packets);
	EXPECT_EQ(64, read(fds[0], buf, 64));
	EXPECT_EQ(1, write(fds[1], buf, 1));
	EXPECT_EQ(65536 / 64, stat_of(fds[0]).packets);
	EXPECT_EQ(-1, write(fds[1], buf, 1));
	EXPECT_EQ(EAGAIN, errno);
	close(fds[0]);
	close(fds[1]);
}

TEST_F(kipc, size_is_rounded_up_to_a_page_times_a_power_of_two)
{
	static const unsigned long long sizes[][2] = {
		{ 0, 4096 }, { 1, 4096 }, { 4095, 4096 }, { 4096, 4096 }, { 4097, 8192 },
		{ 8193, 16384 }, { 65536, 65536 }, { 65537, 131072 }, { 1000000, 1 << 20 },
	};
	struct kipc_pipe_create arg;
	size_t i;

	EXPECT_EQ(65536, size_get(self->r));
	EXPECT_EQ(65536, size_get(self->w));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(sizes[i][1], size_set(i % 2 ? self->r : self->w, sizes[i][0]));
		EXPECT_EQ(sizes[i][1], size_get(self->r));
		arg = (struct kipc_pipe_create) { .size = sizes[i][0] };
		ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, &arg));
		/* at creation, 0 asks for the default */
		EXPECT_EQ(sizes[i][0] ? sizes[i][1] : 65536, arg.size);
		EXPECT_EQ(arg.size, size_get(arg.rfd));
		close(arg.rfd);
		close(arg.wfd);
	}
}

TEST_F(kipc, sizes_above_2_to_the_31_are_einval)
{
	static const unsigned long long sizes[] = {
		(1ULL << 31) + 1, 1ULL << 32, (1ULL << 32) + 4096, 1ULL << 63, ~0ULL,
	};
	struct kipc_pipe_create arg;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(-1, size_set(self->r, sizes[i]));
		EXPECT_EQ(EINVAL, errno);
		arg = (struct kipc_pipe_create) { .size = sizes[i], .rfd = -7, .wfd = -7 };
		EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, &arg));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-7, arg.rfd);
	}
	EXPECT_EQ(65536, size_get(self->r));
}

TEST_F(kipc, shrink_below_the_content_is_ebusy_and_to_it_is_not)
{
	ASSERT_TRUE(write_pattern(self->w, 20000, 0));
	ASSERT_TRUE(read_pattern(self->r, 20000 - 8193, 0));
	EXPECT_EQ(-1, size_set(self->r, 8192));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(65536, size_get(self->r));
	EXPECT_EQ(8193, bytes_in(self->r));
	ASSERT_TRUE(read_pattern(self->r, 1, 20000 - 8193));
	EXPECT_EQ(8192, size_set(self->r, 8192));
	EXPECT_EQ(8192, bytes_in(self->r));
	EXPECT_EQ(0, poll_now(self->w, POLLOUT));
	EXPECT_TRUE(read_pattern(self->r, 8192, 20000 - 8192));
	ASSERT_TRUE(write_pattern(self->w, 8192, 0));
	EXPECT_TRUE(read_pattern(self->r, 8192, 0));
}

TEST_F(kipc, growth_keeps_content_that_wraps_round)
{
	unsigned long long size;
	size_t out = 0, in;

	ASSERT_EQ(4096, size_set(self->w, 4096));
	ASSERT_TRUE(write_pattern(self->w, 3000, 0));
	ASSERT_TRUE(read_pattern(self->r, 2500, 0));
	out = 2500;
	in = 3000;
	for (size = 8192; size <= 1 << 20; size *= 2) {
		/* full to the last byte, beginning in the middle */
		ASSERT_TRUE(write_pattern(self->w, size / 2 - (in - out), in));
		in = out + size / 2;
		ASSERT_EQ(size, size_set(self->w, size));
		ASSERT_EQ((int)(in - out), bytes_in(self->r));
		ASSERT_TRUE(read_pattern(self->r, size / 4 + 13, out));
		out += size / 4 + 13;
	}
	EXPECT_TRUE(read_pattern(self->r, in - out, out));
	EXPECT_EQ(0, bytes_in(self->r));
}

TEST_F(kipc, growth_wakes_a_blocked_writer)
{
	pid_t pid;

	ASSERT_EQ(65536, fill(self->w));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(1, write(self->w, "x", 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	EXPECT_EQ(131072, size_set(self->r, 131072));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(65537, bytes_in(self->r));
}

TEST_F(kipc, growth_wakes_who_polls_to_write)
{
	pid_t pid;

	ASSERT_EQ(65536, fill(self->w));
	pid = asleep_in_poll(_metadata, self->w, POLLOUT, POLLOUT);
	ASSERT_LT(0, pid);
	EXPECT_EQ(131072, size_set(self->r, 131072));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(kipc, packets_stay_packets_when_the_size_changes)
{
	int fds[2], i;
	char buf[100];

	ASSERT_EQ(0, kipc_pipe(self->dev, fds, KIPC_PIPE_PACKET, 4096));
	for (i = 1; i <= 50; i++)
		ASSERT_EQ(i, write(fds[1], buf, i));
	ASSERT_EQ(1 << 20, size_set(fds[0], 1 << 20));
	ASSERT_EQ(4096, size_set(fds[0], 4096));
	for (i = 1; i <= 50; i++)
		ASSERT_EQ(i, read(fds[0], buf, sizeof(buf)));
	close(fds[0]);
	close(fds[1]);
}

/* --- limits */

TEST_F(kipc, size_above_the_limit_needs_cap_sys_resource)
{
	pid_t pid;
	int fds[2];

	ASSERT_EQ(0, param_set("pipe_size_max", 262144));
	EXPECT_EQ(524288, size_set(self->r, 524288));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, kipc_pipe(self->dev, fds, 0, 262144));
		EXPECT_EQ(-1, size_set(fds[0], 262145));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(262144, size_get(fds[0]));
		EXPECT_EQ(-1, kipc_pipe(self->dev, fds, 0, 262145));
		EXPECT_EQ(EPERM, errno);
		/* what is too large already may still be made smaller */
		EXPECT_EQ(-1, size_set(self->r, 1048576));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(262144, size_set(self->r, 262144));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(262144, stats_of(self->dev).pipe_size_max);
}

TEST_F(kipc, default_limits_allow_1_mib_and_no_more)
{
	pid_t pid = child_fork();
	int fds[2];

	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, kipc_pipe(self->dev, fds, 0, 1 << 20));
		EXPECT_EQ(-1, size_set(fds[0], (1 << 20) + 1));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(1 << 20, self->before.pipe_size_max);
}

TEST_F(kipc, users_page_limit_is_enfile_at_creation_and_eperm_for_growth)
{
	int a[2], b[2], c[2];
	pid_t pid;

	ASSERT_EQ(0, param_set("pipe_user_pages", 40));
	EXPECT_EQ(40, stats_of(self->dev).user_pages_max);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, stats_of(self->dev).user_pages);
		EXPECT_EQ(0, kipc_pipe(self->dev, a, 0, 0));
		EXPECT_EQ(0, kipc_pipe(self->dev, b, 0, 0));
		EXPECT_EQ(32, stats_of(self->dev).user_pages);
		EXPECT_EQ(-1, kipc_pipe(self->dev, c, 0, 0));
		EXPECT_EQ(ENFILE, errno);
		EXPECT_EQ(-1, size_set(a[0], 32 * 4096));
		EXPECT_EQ(EPERM, errno);
		/* nobody has become smaller for it */
		EXPECT_EQ(65536, size_get(a[0]));
		EXPECT_EQ(65536, size_get(b[0]));
		EXPECT_EQ(32, stats_of(self->dev).user_pages);
		/* up to the limit is allowed, and giving back makes room */
		EXPECT_EQ(0, kipc_pipe(self->dev, c, 0, 8 * 4096));
		EXPECT_EQ(40, stats_of(self->dev).user_pages);
		EXPECT_EQ(4096, size_set(a[0], 4096));
		EXPECT_EQ(25, stats_of(self->dev).user_pages);
		EXPECT_EQ(16 * 4096, size_set(c[0], 16 * 4096));
		EXPECT_EQ(33, stats_of(self->dev).user_pages);
		close(b[0]);
		close(b[1]);
		EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_pages == 17));
		EXPECT_EQ(0, kipc_pipe(self->dev, b, 0, 0));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	/* root has no limit, and the other user's pages are not root's */
	EXPECT_EQ(0, kipc_pipe(self->dev, a, 0, 1 << 20));
	EXPECT_EQ(self->before.user_pages + 16 + 256, stats_of(self->dev).user_pages);
	close(a[0]);
	close(a[1]);
}

TEST_F(kipc, page_limit_of_0_is_no_limit)
{
	int fds[20][2];
	pid_t pid;
	size_t i;

	ASSERT_EQ(0, param_set("pipe_user_pages", 0));
	EXPECT_EQ(0, stats_of(self->dev).user_pages_max);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		for (i = 0; i < ARRAY_SIZE(fds); i++)
			EXPECT_EQ(0, kipc_pipe(self->dev, fds[i], 0, 1 << 20));
		EXPECT_EQ(20 * 256, stats_of(self->dev).user_pages);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(kipc, capacity_stays_charged_to_the_creator)
{
	pid_t pid;

	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(131072, size_set(self->r, 131072));
		EXPECT_EQ(0, stats_of(self->dev).user_pages);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(self->before.user_pages + 32, stats_of(self->dev).user_pages);
}

/* --- memory */

TEST_F(kipc, idle_pipe_holds_no_pages)
{
	char buf[65536];

	EXPECT_EQ(0, stat_of(self->r).pages);
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_LT(0, stat_of(self->r).pages);
	ASSERT_EQ(65536 - 4096, fill(self->w));
	EXPECT_LE(16, stat_of(self->r).pages);
	EXPECT_LE(16, stats_of(self->dev).buffer_pages);
	end_close(&self->w);
	EXPECT_LE(16, stat_of(self->r).pages);
	while (read(self->r, buf, sizeof(buf)) > 0)
		;
	EXPECT_TRUE(EVENTUALLY(stat_of(self->r).pages == 0));
}

TEST_F(kipc, busy_again_after_its_pages_were_taken)
{
	int round;

	for (round = 0; round < 2; round++) {
		ASSERT_TRUE(write_pattern(self->w, 30000, 0));
		ASSERT_TRUE(read_pattern(self->r, 30000, 0));
		ASSERT_TRUE(EVENTUALLY(stat_of(self->r).pages == 0));
	}
	EXPECT_EQ(65536, fill(self->w));
	EXPECT_TRUE(read_pattern(self->r, 65536, 0));
}

TEST_F(kipc, waiting_data_is_never_taken)
{
	int fds[2];

	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
	ASSERT_TRUE(write_pattern(self->w, 20000, 0));
	ASSERT_TRUE(read_pattern(self->r, 7000, 0));
	/* by the time this one is emptied the other one has been looked at too */
	ASSERT_TRUE(write_pattern(fds[1], 20000, 0));
	ASSERT_TRUE(read_pattern(fds[0], 20000, 0));
	ASSERT_TRUE(EVENTUALLY(stat_of(fds[0]).pages == 0));
	EXPECT_LT(0, stat_of(self->r).pages);
	EXPECT_TRUE(read_pattern(self->r, 13000, 7000));
	close(fds[0]);
	close(fds[1]);
}

/* --- what it tells */

TEST_F(kipc, stat_counts_open_files_not_descriptors)
{
	struct kipc_pipe_stat stat = stat_of(self->r);
	char path[64];
	int more, copy;

	EXPECT_EQ(65536, stat.size);
	EXPECT_EQ(0, stat.used);
	EXPECT_EQ(0, stat.pages);
	EXPECT_EQ(0, stat.packets);
	EXPECT_EQ(1, stat.readers);
	EXPECT_EQ(1, stat.writers);
	EXPECT_EQ(0, stat.sleeping_readers);
	EXPECT_EQ(0, stat.sleeping_writers);
	EXPECT_EQ(0, stat.sleeping_openers);
	EXPECT_EQ(0, stat.reserved);

	copy = dup(self->r);
	EXPECT_EQ(1, stat_of(self->w).readers);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->w);
	more = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, more);
	EXPECT_EQ(2, stat_of(self->w).readers);
	EXPECT_EQ(2, stat_of(self->w).writers);
	close(more);
	close(copy);
	EXPECT_TRUE(EVENTUALLY(stat_of(self->w).readers == 1));
	end_close(&self->r);
	EXPECT_TRUE(EVENTUALLY(stat_of(self->w).readers == 0));
	EXPECT_EQ(1, stat_of(self->w).writers);
}

TEST_F(kipc, stat_counts_bytes_and_packets)
{
	struct kipc_pipe_stat stat;
	char buf[8];

	ASSERT_EQ(5, write(self->w, "hello", 5));
	ASSERT_EQ(0, set_flag(self->w, O_DIRECT, true));
	ASSERT_EQ(2, write(self->w, "ab", 2));
	ASSERT_EQ(2, write(self->w, "cd", 2));
	stat = stat_of(self->w);
	EXPECT_EQ(9, stat.used);
	EXPECT_EQ(2, stat.packets);
	ASSERT_EQ(5, read(self->r, buf, 5));
	ASSERT_EQ(2, read(self->r, buf, 8));
	stat = stat_of(self->w);
	EXPECT_EQ(2, stat.used);
	EXPECT_EQ(1, stat.packets);
}

TEST_F(kipc, stat_counts_sleepers)
{
	pid_t pids[3];
	size_t i;
	char c;

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			EXPECT_EQ(1, read(self->r, &c, 1));
			child_exit();
		}
	}
	EXPECT_TRUE(EVENTUALLY(stat_of(self->r).sleeping_readers == 3));
	EXPECT_EQ(0, stat_of(self->r).sleeping_writers);
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[0]));
	EXPECT_EQ(2, stat_of(self->r).sleeping_readers);
	ASSERT_EQ(2, write(self->w, "ab", 2));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, child_wait(pids[2]));
	EXPECT_EQ(0, stat_of(self->r).sleeping_readers);

	ASSERT_EQ(65536, fill(self->w));
	pids[0] = child_fork();
	if (!pids[0]) {
		EXPECT_EQ(1, write(self->w, "x", 1));
		child_exit();
	}
	EXPECT_TRUE(EVENTUALLY(stat_of(self->r).sleeping_writers == 1));
	EXPECT_EQ(0, stat_of(self->r).sleeping_readers);
	ASSERT_TRUE(read_pattern(self->r, 4096, 0));
	EXPECT_EQ(0, child_wait(pids[0]));
}

TEST_F(kipc, stats_count_pipes)
{
	struct kipc_stats stats = stats_of(self->dev);
	int fds[2];

	EXPECT_EQ(self->before.pipes + 1, stats.pipes);
	EXPECT_EQ(self->before.user_pages + 16, stats.user_pages);
	EXPECT_EQ(sysconf(_SC_PAGESIZE), stats.page_size);
	EXPECT_EQ(0, stats.reserved);
	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
	EXPECT_EQ(self->before.pipes + 2, stats_of(self->dev).pipes);
	close(fds[0]);
	EXPECT_EQ(self->before.pipes + 2, stats_of(self->dev).pipes);
	close(fds[1]);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).pipes == self->before.pipes + 1));
}

TEST_F(kipc, proc_shows_a_kipc_name_with_the_inode_number)
{
	char path[64], name[64] = "", want[64];
	struct stat st;

	ASSERT_EQ(0, fstat(self->r, &st));
	snprintf(want, sizeof(want), "kipc_pipe:[%lu]", (unsigned long)st.st_ino);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->w);
	ASSERT_LT(0, readlink(path, name, sizeof(name) - 1));
	EXPECT_STREQ(want, name);
}

TEST_F(kipc, path_descriptor_keeps_the_inode_and_can_be_opened)
{
	struct stat before, st;
	char path[64], c;
	int o, r, w;

	ASSERT_EQ(0, fstat(self->r, &before));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->r);
	o = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, o);
	ASSERT_EQ(1, write(self->w, "x", 1));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", o);
	r = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, r);
	EXPECT_EQ(1, read(r, &c, 1));
	close(r);
	end_close(&self->r);
	end_close(&self->w);

	/* both ends were closed: the inode is the same, what was in it is gone */
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).pipes == self->before.pipes));
	r = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, r);
	w = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, w);
	ASSERT_EQ(0, fstat(w, &st));
	EXPECT_EQ(before.st_ino, st.st_ino);
	EXPECT_EQ(65536, size_get(w));
	EXPECT_EQ(1, write(w, "y", 1));
	EXPECT_EQ(1, read(r, &c, 1));
	EXPECT_EQ('y', c);
	close(r);
	close(w);
	close(o);
}

/* These know the kernel's own pipes only; KIPC_IOC_PIPE_* do the same. */
TEST_F(kipc, calls_for_pipes_of_the_kernel_are_refused)
{
	struct iovec iov = { "x", 1 };
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(-1, fcntl(self->r, F_GETPIPE_SZ));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, fcntl(self->r, F_SETPIPE_SZ, 4096));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, vmsplice(self->w, &iov, 1, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, tee(fds[0], self->w, 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, bytes_in(self->r));
	EXPECT_EQ(65536, size_get(self->r));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(kipc, device_is_usable_by_every_user)
{
	pid_t pid = child_fork();
	struct stat st;
	int dev, fds[2];

	ASSERT_EQ(0, stat(KIPC_DEVICE, &st));
	EXPECT_EQ(S_IFCHR | 0666, st.st_mode);
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		dev = kipc_open();
		EXPECT_LE(0, dev);
		EXPECT_EQ(0, kipc_pipe(dev, fds, 0, 0));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(kipc, pipe_outlives_the_device_descriptor)
{
	int dev = kipc_open(), fds[2];
	char c;

	ASSERT_EQ(0, kipc_pipe(dev, fds, 0, 0));
	close(dev);
	EXPECT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(1, read(fds[0], &c, 1));
	close(fds[0]);
	close(fds[1]);
}

TEST_HARNESS_MAIN
