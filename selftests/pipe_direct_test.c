// SPDX-License-Identifier: GPL-2.0
/*
 * Writes that are larger than the pipe. Readers of kipc's copy them straight out of the
 * writer's memory, which must not show but in speed: so most of these run with the kernel's
 * own pipe, too.
 */
#include "epoll.h"
#include "mounts.h"
#include "pipe_fixture.h"
#include "stuck.h"

#include <pthread.h>
#include <sys/time.h>

#define KIB		1024UL
#define MIB		(1024 * KIB)
#define CAPACITY	(64 * KIB)

/* A child that writes @len bytes of the pattern in one call, from a page's byte @offset. */
static pid_t writer_fork(struct __test_metadata *_metadata, struct _test_data_pipe *self,
			 size_t len, size_t offset)
{
	pid_t pid = child_fork();
	char *buf;

	if (pid)
		return pid;
	buf = mmap(NULL, len + offset, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		   0);
	EXPECT_NE(MAP_FAILED, buf);
	pattern(buf + offset, len, 0);
	pipe_close(&self->r);
	EXPECT_EQ((ssize_t)len, write(self->w, buf + offset, len));
	child_exit();
}

/* Read the pattern up to the end of file, by @size at most; how long it was, or -1. */
static ssize_t drain(int fd, char *buf, size_t size, size_t at)
{
	ssize_t n;

	while ((n = read(fd, buf, size)) > 0) {
		if (!is_pattern(buf, n, at))
			return -1;
		at += n;
	}
	return n ? -1 : (ssize_t)at;
}

static bool read_whole(int fd, char *buf, size_t len)
{
	ssize_t n;

	for (; len; len -= n) {
		n = read(fd, buf, len);
		if (n <= 0)
			return false;
	}
	return true;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static long vm_counter(const char *name)
{
	char line[128];
	long value = -1;
	size_t len = strlen(name);
	FILE *f;

	/* each CPU has counts of its own that the file does not show before they are added */
	f = fopen("/proc/sys/vm/stat_refresh", "w");
	if (!f || fputs("1", f) < 0 || fclose(f))
		return -1;
	f = fopen("/proc/vmstat", "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ' ')
			value = strtol(line + len, NULL, 10);
	if (f)
		fclose(f);
	return value;
}

/* Pages that are pinned now, of all processes. */
static long pinned(void)
{
	long released = vm_counter("nr_foll_pin_released");

	return vm_counter("nr_foll_pin_acquired") - released;
}

TEST_F(pipe, large_writes_arrive_in_reads_of_any_size)
{
	static const size_t sizes[] = { 1000, 4096, CAPACITY, CAPACITY + 1, MIB, 4 * MIB };
	static const size_t offsets[] = { 0, 1, 4095 };
	const size_t len = 3 * MIB + 123;
	char *buf = malloc(4 * MIB);
	size_t i;
	pid_t pid;

	ASSERT_NE(NULL, buf);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, pipe_renew(self, 0));
		pid = writer_fork(_metadata, self, len, offsets[i % ARRAY_SIZE(offsets)]);
		ASSERT_LT(0, pid);
		pipe_close(&self->w);
		EXPECT_EQ((ssize_t)len, drain(self->r, buf, sizes[i], 0))
			TH_LOG("reads of %zu", sizes[i]);
		EXPECT_EQ(0, child_wait(pid));
	}
	free(buf);
}

/* A slot of the kernel's pipe is a page, and its writer fills one after the other. */
TEST_F(pipe, reads_of_a_page_or_what_divides_it_are_never_short_in_a_large_write)
{
	static const size_t sizes[] = { 512, 1024, 4096 };
	static const size_t offsets[] = { 0, 16, 1, 4095 };
	/* more than is pinned at once */
	const size_t len = MIB + 512 * KIB + 123;
	char buf[4096];
	size_t i, at, want;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(offsets); i++) {
		ASSERT_EQ(0, pipe_renew(self, 0));
		pid = writer_fork(_metadata, self, len, offsets[i % ARRAY_SIZE(offsets)]);
		ASSERT_LT(0, pid);
		pipe_close(&self->w);
		for (at = 0; at < len; at += want) {
			want = smaller(sizes[i % ARRAY_SIZE(sizes)], len - at);
			ASSERT_EQ((ssize_t)want, read(self->r, buf, want))
				TH_LOG("after %zu bytes, from byte %zu of a page", at,
				       offsets[i % ARRAY_SIZE(offsets)]);
			ASSERT_TRUE(is_pattern(buf, want, at));
		}
		EXPECT_EQ(0, child_wait(pid));
	}
}

/* The kernel's pipe is filled up again whenever there is room, so what is in it is enough. */
TEST_F(pipe, who_waits_until_there_is_enough_of_a_large_write_gets_it)
{
	static const size_t lens[] = { 204800, 300 * KIB, MIB + 1 };
	static const size_t sizes[] = { 3000, 10000, 60000 };
	char *buf = malloc(CAPACITY);
	size_t i, at, want;
	pid_t pid;

	ASSERT_NE(NULL, buf);
	for (i = 0; i < ARRAY_SIZE(lens) * ARRAY_SIZE(sizes); i++) {
		size_t len = lens[i % ARRAY_SIZE(lens)];

		ASSERT_EQ(0, pipe_renew(self, 0));
		pid = writer_fork(_metadata, self, len, 0);
		ASSERT_LT(0, pid);
		pipe_close(&self->w);
		for (at = 0; at < len; at += want) {
			want = smaller(sizes[i / ARRAY_SIZE(lens)], len - at);
			ASSERT_TRUE(EVENTUALLY(bytes_in(self->r) >= (int)want))
				TH_LOG("%d of %zu after %zu of %zu", bytes_in(self->r), want, at,
				       len);
			ASSERT_EQ((ssize_t)want, read(self->r, buf, want));
			ASSERT_TRUE(is_pattern(buf, want, at));
		}
		EXPECT_EQ(0, child_wait(pid));
	}
	free(buf);
}

/* That it is one copy, and not two, is not to be seen but here. */
TEST_F(pipe, large_writes_are_read_from_the_pages_of_the_writer)
{
	long before = vm_counter("nr_foll_pin_acquired");
	char *buf = malloc(MIB);
	pid_t pid;

	ASSERT_NE(NULL, buf);
	ASSERT_LE(0, before);
	pid = writer_fork(_metadata, self, MIB, 0);
	ASSERT_LT(0, pid);
	pipe_close(&self->w);
	EXPECT_EQ((ssize_t)MIB, drain(self->r, buf, MIB, 0));
	EXPECT_EQ(0, child_wait(pid));
	if (variant->kipc)
		EXPECT_LE(200, vm_counter("nr_foll_pin_acquired") - before);
	EXPECT_TRUE(EVENTUALLY(!pinned()));
	free(buf);
}

TEST_F(pipe, writer_of_a_large_write_is_named_by_fdinfo)
{
	char *buf = malloc(MIB), path[64], info[1024] = "", line[64];
	pid_t pid;
	int fd;

	ASSERT_NE(NULL, buf);
	pid = writer_fork(_metadata, self, MIB, 0);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->r);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	EXPECT_LT(0, read(fd, info, sizeof(info) - 1));
	close(fd);
	if (variant->kipc) {
		snprintf(line, sizeof(line), "kipc-waiter:\t%d %d write\n", pid, pid);
		EXPECT_NE(NULL, strstr(info, line));
		EXPECT_NE(NULL, strstr(info, "kipc-written:\t65536\n"));
		/* that it waits for its own pages to be read, and not for room */
		EXPECT_LT(0, pinned());
	}
	pipe_close(&self->w);
	EXPECT_EQ((ssize_t)MIB, drain(self->r, buf, MIB, 0));
	EXPECT_EQ(0, child_wait(pid));
	free(buf);
}

TEST_F(pipe, large_write_ends_when_the_last_reader_leaves)
{
	char *buf;
	pid_t pid;

	pid = child_fork();
	if (!pid) {
		signal(SIGPIPE, SIG_IGN);
		pipe_close(&self->r);
		buf = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		EXPECT_NE(MAP_FAILED, buf);
		memset(buf, 'x', MIB);
		/* what fits was written, though nobody will read it */
		EXPECT_EQ((ssize_t)CAPACITY, write(self->w, buf, MIB));
		EXPECT_EQ(-1, write(self->w, buf, MIB));
		EXPECT_EQ(EPIPE, errno);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	pipe_close(&self->r);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(EVENTUALLY(!pinned()));
}

TEST_F(pipe, poll_count_and_nonblocking_reads_see_a_large_write)
{
	struct pollfd pfd = { .fd = self->r, .events = POLLIN };
	char *buf = malloc(MIB);
	size_t at = 0;
	pid_t pid;
	ssize_t n;

	ASSERT_NE(NULL, buf);
	pid = writer_fork(_metadata, self, MIB, 100);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	set_flag(self->r, O_NONBLOCK, true);
	EXPECT_EQ((int)CAPACITY, bytes_in(self->r));
	/* what is left of the ring, and more */
	ASSERT_EQ(1000, read(self->r, buf, 1000));
	EXPECT_TRUE(is_pattern(buf, 1000, 0));
	EXPECT_TRUE(EVENTUALLY(bytes_in(self->r) == (int)CAPACITY - 1000 ||
			       bytes_in(self->r) == (int)CAPACITY));
	at = 1000;
	while (at < MIB) {
		ASSERT_EQ(1, poll(&pfd, 1, DEADLINE_MS));
		ASSERT_EQ(POLLIN, pfd.revents);
		n = read(self->r, buf, MIB);
		/* another may have had it; here there is none */
		ASSERT_LT(0, n);
		ASSERT_TRUE(is_pattern(buf, n, at));
		at += n;
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(-1, read(self->r, buf, 1));
	EXPECT_EQ(EAGAIN, errno);
	free(buf);
}

/*
 * One read each time that @told says so, of what a pipe holds or, if @counted, of what
 * FIONREAD tells. Who reads so relies on being told again of what the writer adds.
 */
static void read_when_told(struct __test_metadata *_metadata, struct _test_data_pipe *self,
			   bool (*told)(int how), int how, bool counted)
{
	char *buf = malloc(MIB);
	size_t at = 0, len = CAPACITY;
	pid_t pid;
	ssize_t n;

	ASSERT_NE(NULL, buf);
	pid = writer_fork(_metadata, self, MIB, 100);
	ASSERT_LT(0, pid);
	pipe_close(&self->w);
	while (at < MIB) {
		ASSERT_TRUE(told(how))
			TH_LOG("after %zu bytes", at);
		if (counted)
			len = bytes_in(self->r);
		if (!len)
			continue;
		n = read(self->r, buf, len);
		ASSERT_LT(0, n);
		ASSERT_TRUE(is_pattern(buf, n, at));
		at += n;
	}
	EXPECT_EQ(0, child_wait(pid));
	free(buf);
}

static bool by_edge(int ep)
{
	return epoll_take(ep, DEADLINE_MS) > 0;
}

TEST_F(pipe, each_part_of_a_large_write_is_an_edge)
{
	int ep = epoll_on(self->r, EPOLLIN | EPOLLET);

	ASSERT_LE(0, ep);
	read_when_told(_metadata, self, by_edge, ep, false);
	ASSERT_EQ(0, pipe_renew(self, 0));
	close(ep);
	ep = epoll_on(self->r, EPOLLIN | EPOLLET);
	ASSERT_LE(0, ep);
	read_when_told(_metadata, self, by_edge, ep, true);
	close(ep);
}

static bool by_signal(int sig)
{
	struct timespec deadline = { .tv_sec = DEADLINE_MS / 1000 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, NULL, &deadline) == sig;
}

TEST_F(pipe, each_part_of_a_large_write_is_told_by_a_signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, fcntl(self->r, F_SETOWN, getpid()));
	set_flag(self->r, O_ASYNC, true);
	read_when_told(_metadata, self, by_signal, SIGIO, false);
}

TEST_F(pipe, interrupted_large_writes_know_how_much_was_written)
{
	static const struct itimerval often = { { 0, 3000 }, { 0, 3000 } };
	const size_t len = 6 * MIB;
	char *buf = malloc(len);
	size_t at = 0, short_ones = 0;
	ssize_t n;
	pid_t pid;

	ASSERT_NE(NULL, buf);
	pid = child_fork();
	if (!pid) {
		pipe_close(&self->r);
		pattern(buf, len, 0);
		handle_signal(SIGALRM, 0);
		setitimer(ITIMER_REAL, &often, NULL);
		while (at < len) {
			n = write(self->w, buf + at, len - at);
			short_ones += n < (ssize_t)(len - at);
			if (n > 0)
				at += n;
			else if (errno != EINTR)
				break;
		}
		EXPECT_EQ(len, at);
		EXPECT_LT(0, short_ones);
		child_exit();
	}
	ASSERT_LT(0, pid);
	pipe_close(&self->w);
	EXPECT_EQ((ssize_t)len, drain(self->r, buf, 300 * KIB, 0));
	EXPECT_EQ(0, child_wait(pid));
	free(buf);
}

TEST_F(pipe, killed_writers_leave_a_beginning)
{
	char *buf = malloc(MIB);
	ssize_t n, at;
	pid_t pid;
	int i;

	ASSERT_NE(NULL, buf);
	for (i = 0; i < 40; i++) {
		ASSERT_EQ(0, pipe_renew(self, 0));
		pid = writer_fork(_metadata, self, 2 * MIB, 0);
		ASSERT_LT(0, pid);
		pipe_close(&self->w);
		n = read(self->r, buf, 1 + i * 40 * KIB % MIB);
		ASSERT_LT(0, n);
		EXPECT_TRUE(is_pattern(buf, n, 0));
		kill(pid, SIGKILL);
		at = drain(self->r, buf, 50 * KIB, n);
		EXPECT_LE(n, at);
		EXPECT_LE(0, child_wait(pid));
	}
	EXPECT_TRUE(EVENTUALLY(!pinned()));
	free(buf);
}

TEST_F(pipe, reader_that_faults_loses_nothing)
{
	const size_t room = 16;
	char *edge = edge_alloc(room), *buf = malloc(MIB);
	size_t at = 0, part;
	ssize_t n;
	pid_t pid;

	ASSERT_NE(NULL, edge);
	ASSERT_NE(NULL, buf);
	pid = writer_fork(_metadata, self, 2 * MIB, 0);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	pipe_close(&self->w);
	for (part = 0; part < room * 4096; part += 5000) {
		n = read(self->r, edge + room * 4096 - part, MIB);
		if (n < 0) {
			ASSERT_EQ(EFAULT, errno);
			continue;
		}
		ASSERT_GE((ssize_t)part, n);
		ASSERT_TRUE(is_pattern(edge + room * 4096 - part, n, at));
		at += n;
	}
	EXPECT_LT(2 * CAPACITY, at);
	EXPECT_EQ((ssize_t)(2 * MIB), drain(self->r, buf, MIB, at));
	EXPECT_EQ(0, child_wait(pid));
	free(buf);
}

TEST_F(pipe, last_reader_that_goes_ends_a_large_write)
{
	static const size_t reads[] = { 0, 1000, CAPACITY, CAPACITY + 1000 };
	char *buf = malloc(MIB);
	size_t i;
	pid_t pid;

	ASSERT_NE(NULL, buf);
	for (i = 0; i < ARRAY_SIZE(reads); i++) {
		ASSERT_EQ(0, pipe_renew(self, 0));
		pid = child_fork();
		if (!pid) {
			ssize_t n;

			pipe_close(&self->r);
			handle_signal(SIGPIPE, 0);
			n = write(self->w, buf, MIB);
			/* that was in the pipe, and that was read */
			EXPECT_LE((ssize_t)(reads[i] > CAPACITY ? reads[i] : CAPACITY), n);
			EXPECT_GE((ssize_t)(CAPACITY + reads[i]), n);
			EXPECT_EQ(1, signals_seen);
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pid, SYS_write));
		if (reads[i])
			ASSERT_TRUE(read_whole(self->r, buf, reads[i]));
		pipe_close(&self->r);
		EXPECT_EQ(0, child_wait(pid));
	}
	free(buf);
}

/* What of a stream of records and of long runs of 'L' is what: see the writers below. */
struct parts {
	size_t run;
	size_t records;
	size_t in_record;
	bool torn;
};

#define RECORD 500

static void parts_add(struct parts *parts, const char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (parts->in_record) {
			parts->torn |= buf[i] != 'r';
			parts->in_record = (parts->in_record + 1) % RECORD;
			parts->records += !parts->in_record;
		} else if (buf[i] == 'R') {
			parts->in_record = 1;
		} else {
			parts->torn |= buf[i] != 'L';
			parts->run++;
		}
	}
}

TEST_F(pipe, small_writes_stay_whole_beside_large_ones)
{
	const size_t large = MIB + 77, rounds = 4, small = 300, writers = 3;
	struct parts parts = { 0 };
	char *buf = malloc(large);
	char record[RECORD];
	pid_t pids[6];
	size_t i, k;
	ssize_t n;

	ASSERT_NE(NULL, buf);
	for (i = 0; i < 2 * writers; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		pipe_close(&self->r);
		memset(buf, 'L', large);
		memset(record, 'r', RECORD);
		record[0] = 'R';
		for (k = 0; i % 2 && k < small; k++)
			EXPECT_EQ(RECORD, write(self->w, record, RECORD));
		for (k = 0; !(i % 2) && k < rounds; k++)
			EXPECT_EQ((ssize_t)large, write(self->w, buf, large));
		child_exit();
	}
	pipe_close(&self->w);
	while ((n = read(self->r, buf, 77777)) > 0)
		parts_add(&parts, buf, n);
	EXPECT_EQ(0, n);
	EXPECT_FALSE(parts.torn);
	EXPECT_EQ(0, parts.in_record);
	EXPECT_EQ(writers * small, parts.records);
	EXPECT_EQ(writers * rounds * large, parts.run);
	for (i = 0; i < 2 * writers; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	free(buf);
}

TEST_F(pipe, many_readers_share_a_large_write_without_gaps)
{
	const size_t len = 4 * MIB;
	size_t *sums = shared_alloc(4 * sizeof(*sums));
	char *buf = malloc(len);
	pid_t pids[4], pid;
	size_t i, k, sum = 0;
	ssize_t n;

	ASSERT_NE(NULL, sums);
	ASSERT_NE(NULL, buf);
	for (i = 0; i < 4; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		pipe_close(&self->w);
		while ((n = read(self->r, buf, 30011)) > 0)
			for (k = 0; k < (size_t)n; k++)
				sums[i] += (unsigned char)buf[k] + 1;
		EXPECT_EQ(0, n);
		child_exit();
	}
	pid = writer_fork(_metadata, self, len, 9);
	pipe_close(&self->w);
	EXPECT_EQ(0, child_wait(pid));
	pattern(buf, len, 0);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, child_wait(pids[i]));
		sum -= sums[i];
	}
	for (k = 0; k < len; k++)
		sum += (unsigned char)buf[k] + 1;
	EXPECT_EQ(0, sum);
	free(buf);
}

static int resize(struct _test_data_pipe *self, int size)
{
	struct kipc_pipe_size arg = { .size = size };

	if (self->dev < 0)
		return fcntl(self->w, F_SETPIPE_SZ, size) == size ? 0 : -1;
	return ioctl(self->w, KIPC_IOC_PIPE_SET_SIZE, &arg);
}

TEST_F(pipe, resizing_keeps_a_large_write_in_order)
{
	static const int sizes[] = { 1 << 20, 1 << 17, 1 << 18, 1 << 19, 1 << 16 };
	char *buf = malloc(MIB);
	size_t at = 0, i = 0;
	ssize_t n;
	pid_t pid;

	ASSERT_NE(NULL, buf);
	pid = writer_fork(_metadata, self, 4 * MIB, 0);
	ASSERT_LT(0, pid);
	pipe_close(&self->w);
	/* by the reading end, which serves as well */
	self->w = dup(self->r);
	while ((n = read(self->r, buf, 100 * KIB)) > 0) {
		ASSERT_TRUE(is_pattern(buf, n, at));
		at += n;
		if (resize(self, sizes[i++ % ARRAY_SIZE(sizes)]))
			EXPECT_EQ(EBUSY, errno);
	}
	EXPECT_EQ(0, n);
	EXPECT_EQ(4 * MIB, at);
	EXPECT_EQ(0, child_wait(pid));
	free(buf);
}

/* As long as a writer sleeps, a pipe is full. */
TEST_F(pipe, pipe_with_a_large_write_cannot_be_made_smaller)
{
	char *buf = malloc(CAPACITY);
	pid_t pid;

	ASSERT_NE(NULL, buf);
	pid = writer_fork(_metadata, self, MIB, 0);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	ASSERT_EQ((ssize_t)CAPACITY, read(self->r, buf, CAPACITY));
	ASSERT_TRUE(EVENTUALLY(bytes_in(self->r) == (int)CAPACITY));
	EXPECT_EQ(-1, resize(self, CAPACITY / 2));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ((int)CAPACITY, bytes_in(self->r));
	pipe_close(&self->w);
	buf = realloc(buf, MIB);
	EXPECT_EQ((ssize_t)MIB, drain(self->r, buf, MIB, CAPACITY));
	EXPECT_EQ(0, child_wait(pid));
	free(buf);
}

TEST_F(pipe, enlarging_the_pipe_lets_a_large_write_end)
{
	pid_t pid = writer_fork(_metadata, self, 256 * KIB, 0);

	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	ASSERT_EQ(0, resize(self, MIB));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ((int)(256 * KIB), bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 256 * KIB, 0));
}

/* What is shared with another process is not pinned: that would make a copy of it. */
TEST_F(pipe, memory_that_is_shared_after_a_fork_is_written_and_not_pinned)
{
	long before = vm_counter("nr_foll_pin_acquired");
	char *buf = malloc(MIB);
	pid_t pid;

	ASSERT_NE(NULL, buf);
	pattern(buf, MIB, 0);
	pid = child_fork();
	if (!pid) {
		pipe_close(&self->r);
		EXPECT_EQ((ssize_t)MIB, write(self->w, buf, MIB));
		child_exit();
	}
	ASSERT_LT(0, pid);
	pipe_close(&self->w);
	EXPECT_TRUE(read_pattern(self->r, MIB, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_GE(16, vm_counter("nr_foll_pin_acquired") - before);
	free(buf);
}

/* Pages of a file are not pinned; the write is copied from there on, and pinned behind them. */
TEST_F(pipe, large_write_of_which_a_part_is_mapped_from_a_file_arrives)
{
	/* within the pages that are looked at together */
	const size_t half = 512 * KIB, at = 20 * KIB;
	int file = memfd_create("half", MFD_CLOEXEC);
	char *buf;
	pid_t pid;

	ASSERT_EQ(0, ftruncate(file, half));
	buf = mmap(NULL, 2 * half, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, buf);
	ASSERT_EQ(buf + at, mmap(buf + at, half, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				 file, 0));
	pid = child_fork();
	if (!pid) {
		pipe_close(&self->r);
		pattern(buf, 2 * half, 0);
		EXPECT_EQ((ssize_t)(2 * half), write(self->w, buf, 2 * half));
		child_exit();
	}
	ASSERT_LT(0, pid);
	pipe_close(&self->w);
	EXPECT_TRUE(read_pattern(self->r, 2 * half, 0));
	EXPECT_EQ(0, child_wait(pid));
	munmap(buf, 2 * half);
	close(file);
}

TEST_F(pipe, large_writes_are_spliced_and_read_in_turn)
{
	int file = memfd_create("spliced", MFD_CLOEXEC);
	const size_t len = 2 * MIB;
	char *buf = malloc(len);
	size_t at = 0, spliced = 0, turn = 0;
	ssize_t n;
	pid_t pid;

	ASSERT_LE(0, file);
	ASSERT_NE(NULL, buf);
	pid = writer_fork(_metadata, self, len, 0);
	ASSERT_LT(0, pid);
	pipe_close(&self->w);
	for (;;) {
		if (turn++ % 2) {
			n = read(self->r, buf, 90 * KIB);
			ASSERT_TRUE(n <= 0 || is_pattern(buf, n, at));
		} else {
			n = move(self, file, 60 * KIB);
			if (n > 0) {
				ASSERT_EQ(n, pread(file, buf, n, spliced));
				ASSERT_TRUE(is_pattern(buf, n, at));
				spliced += n;
			}
		}
		if (n <= 0)
			break;
		at += n;
	}
	EXPECT_EQ(0, n);
	EXPECT_EQ(len, at);
	EXPECT_LT(0, spliced);
	EXPECT_EQ(0, child_wait(pid));
	close(file);
	free(buf);
}

/* That the writer is woken for it, and has to go on by itself, must not show. */
TEST_F(pipe, who_does_not_wait_finds_a_large_write_that_is_spliced_or_resized)
{
	int file = memfd_create("spliced", MFD_CLOEXEC), round;
	const size_t part = 32 * KIB, len = 4 * MIB;
	size_t capacity = CAPACITY, at = 0, taken;
	char *buf = malloc(part);
	pid_t pid;

	ASSERT_LE(0, file);
	ASSERT_NE(NULL, buf);
	pid = writer_fork(_metadata, self, len, 0);
	ASSERT_LT(0, pid);
	pipe_close(&self->w);
	self->w = dup(self->r);
	set_flag(self->r, O_NONBLOCK, true);
	for (round = 0; round < 10; round++) {
		ASSERT_TRUE(wait_blocked(pid, SYS_write));
		/* so that there is nothing in kipc's pipe, or little */
		taken = round % 4 < 2 ? capacity : capacity - 4 * KIB;
		ASSERT_TRUE(read_pattern(self->r, taken, at));
		at += taken;
		ASSERT_TRUE(wait_blocked(pid, SYS_write));
		if (round % 2) {
			capacity = 2 * CAPACITY;
			ASSERT_EQ(0, resize(self, capacity));
			ASSERT_EQ((ssize_t)part, read(self->r, buf, part));
		} else {
			ASSERT_EQ((ssize_t)part, move(self, file, part));
			ASSERT_EQ((ssize_t)part, pread(file, buf, part, round / 2 * part));
		}
		ASSERT_TRUE(is_pattern(buf, part, at));
		at += part;
	}
	set_flag(self->r, O_NONBLOCK, false);
	pipe_close(&self->w);
	EXPECT_TRUE(read_pattern(self->r, len - at, at));
	EXPECT_EQ(0, child_wait(pid));
	close(file);
	free(buf);
}

/* --- what is only kipc's */

FIXTURE(direct)
{
	struct _test_data_pipe pipe;
};

FIXTURE_SETUP(direct)
{
	pipe_begin(_metadata, &self->pipe, true);
}

FIXTURE_TEARDOWN(direct)
{
	pipe_end(_metadata, &self->pipe);
}

/* A reader that is stopped in the middle of its copy. */

struct stuck {
	int fd;
	char *place;
	size_t len;
	ssize_t result;
};

static void *stuck_read(void *arg)
{
	struct stuck *stuck = arg;

	stuck->result = read(stuck->fd, stuck->place, stuck->len);
	return NULL;
}

static void stuck_in_the_middle(struct __test_metadata *_metadata, struct _test_data_pipe *self,
				int sig)
{
	/* beyond the ring, in the writer's memory */
	const size_t from = CAPACITY + 40 * KIB;
	struct stuck stuck = { .fd = self->r, .len = 512 * KIB };
	pthread_t thread;
	int faults;
	pid_t pid;
	char *buf;

	stuck.place = mmap(NULL, stuck.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	ASSERT_NE(MAP_FAILED, stuck.place);
	faults = faults_catch(stuck.place + from, stuck.len - from);
	ASSERT_LE(0, faults);
	buf = malloc(MIB);
	ASSERT_NE(NULL, buf);
	pid = child_fork();
	if (!pid) {
		pipe_close(&self->r);
		close(faults);
		handle_signal(SIGUSR1, 0);
		pattern(buf, MIB, 0);
		/* what the reader took, and then a ringful */
		EXPECT_EQ((ssize_t)(stuck.len + CAPACITY), write(self->w, buf, MIB));
		EXPECT_EQ(1, signals_seen);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	ASSERT_EQ(0, pthread_create(&thread, NULL, stuck_read, &stuck));
	ASSERT_TRUE(faults_wait(faults));

	kill(pid, sig);
	if (sig == SIGKILL) {
		/* it does not wait for the reader */
		EXPECT_EQ(128 + SIGKILL, child_wait(pid));
		ASSERT_EQ(0, faults_let_go(faults, stuck.place + from, stuck.len - from));
	} else {
		ASSERT_EQ(0, faults_let_go(faults, stuck.place + from, stuck.len - from));
		EXPECT_EQ(0, child_wait(pid));
	}
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ((ssize_t)stuck.len, stuck.result);
	EXPECT_TRUE(is_pattern(stuck.place, stuck.len, 0));
	if (sig != SIGKILL)
		EXPECT_TRUE(read_pattern(self->r, CAPACITY, stuck.len));
	EXPECT_EQ(0, bytes_in(self->r));
	EXPECT_TRUE(EVENTUALLY(!pinned()));
	munmap(stuck.place, stuck.len);
	close(faults);
	free(buf);
}

TEST_F(direct, killed_writer_does_not_wait_for_a_reader_that_is_stuck)
{
	stuck_in_the_middle(_metadata, &self->pipe, SIGKILL);
}

TEST_F(direct, interrupted_writer_counts_what_a_stuck_reader_is_taking)
{
	stuck_in_the_middle(_metadata, &self->pipe, SIGUSR1);
}

/* A read that began before a large write came has no more to do with it, but leaves little. */
TEST_F(direct, large_write_goes_on_that_came_during_a_read_of_all_there_was)
{
	struct stuck stuck = { .fd = self->pipe.r, .len = CAPACITY };
	char *buf = malloc(CAPACITY);
	pthread_t thread;
	int faults;
	pid_t pid;

	stuck.place = mmap(NULL, CAPACITY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	ASSERT_NE(MAP_FAILED, stuck.place);
	ASSERT_NE(NULL, buf);
	faults = faults_catch(stuck.place + 8192, CAPACITY - 8192);
	ASSERT_LE(0, faults);
	ASSERT_TRUE(write_pattern(self->pipe.w, CAPACITY, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, stuck_read, &stuck));
	ASSERT_TRUE(faults_wait(faults));
	pid = writer_fork(_metadata, &self->pipe, 96 * KIB, 0);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	ASSERT_EQ(0, faults_let_go(faults, stuck.place + 8192, CAPACITY - 8192));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ((ssize_t)CAPACITY, stuck.result);
	EXPECT_TRUE(is_pattern(stuck.place, CAPACITY, 0));
	EXPECT_TRUE(EVENTUALLY(bytes_in(self->pipe.r) == (int)CAPACITY))
		TH_LOG("%d", bytes_in(self->pipe.r));
	pipe_close(&self->pipe.w);
	EXPECT_EQ((ssize_t)(96 * KIB), drain(self->pipe.r, buf, CAPACITY, 0));
	EXPECT_EQ(0, child_wait(pid));
	munmap(stuck.place, CAPACITY);
	close(faults);
	free(buf);
}

TEST_F(direct, pages_of_one_user_that_are_pinned_are_limited)
{
	enum { WRITERS = 24 };
	int (*pipes)[2] = calloc(WRITERS, sizeof(*pipes));
	char *buf = malloc(2 * MIB);
	pid_t pids[WRITERS];
	int i;

	ASSERT_NE(NULL, pipes);
	ASSERT_NE(NULL, buf);
	for (i = 0; i < WRITERS; i++) {
		ASSERT_EQ(0, pipe_make(self->pipe.dev, pipes[i], 0));
		pids[i] = child_fork();
		if (!pids[i]) {
			close(pipes[i][0]);
			/* the same user, whatever it is called */
			EXPECT_EQ(0, i % 2 ? user_namespace_enter(OTHER_UID) : become(OTHER_UID));
			pattern(buf, 2 * MIB, 0);
			EXPECT_EQ((ssize_t)(2 * MIB), write(pipes[i][1], buf, 2 * MIB));
			child_exit();
		}
		close(pipes[i][1]);
		ASSERT_TRUE(wait_blocked(pids[i], SYS_write));
	}
	EXPECT_LE((long)(15 * MIB / 4096), pinned());
	EXPECT_GE((long)(16 * MIB / 4096), pinned());
	for (i = 0; i < WRITERS; i++) {
		EXPECT_EQ((ssize_t)(2 * MIB), drain(pipes[i][0], buf, MIB, 0));
		EXPECT_EQ(0, child_wait(pids[i]));
		close(pipes[i][0]);
	}
	EXPECT_TRUE(EVENTUALLY(!pinned()));
	free(pipes);
	free(buf);
}

TEST_HARNESS_MAIN
