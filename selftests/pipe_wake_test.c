// SPDX-License-Identifier: GPL-2.0
/*
 * Who wakes whom: signals that interrupt or restart a blocked call, wake-ups that
 * must not be lost between many readers and writers, sleepers that are killed.
 */
#include "pipe_fixture.h"
#include "race.h"

/* Give the pipe another capacity, by the implementation's own call. */
static int pipe_resize(struct _test_data_pipe *self, int size)
{
	struct kipc_pipe_size arg = { .size = size };

	if (self->dev < 0)
		return fcntl(self->w, F_SETPIPE_SZ, size) == size ? 0 : -1;
	return ioctl(self->w, KIPC_IOC_PIPE_SET_SIZE, &arg);
}

/* --- signals: signal(7) */

TEST_F(pipe, blocked_read_is_eintr_without_sa_restart)
{
	pid_t pid = child_fork();
	char c = 'c';

	if (!pid) {
		handle_signal(SIGUSR1, 0);
		EXPECT_EQ(-1, read(self->r, &c, 1));
		EXPECT_EQ(EINTR, errno);
		EXPECT_EQ(1, signals_seen);
		EXPECT_EQ('c', c);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, blocked_read_goes_on_with_sa_restart)
{
	int *seen = shared_alloc(sizeof(*seen));
	pid_t pid;
	char c;

	ASSERT_NE(NULL, seen);
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGUSR1, SA_RESTART);
		EXPECT_EQ(1, read(self->r, &c, 1));
		EXPECT_EQ(1, signals_seen);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	kill(pid, SIGUSR1);
	/* the restarted call is another one, which the pending mask tells apart */
	ASSERT_TRUE(EVENTUALLY(task_is_blocked(pid, SYS_read) && !signals_pending(pid)));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, blocked_write_is_eintr_without_sa_restart)
{
	pid_t pid;

	ASSERT_EQ(65536, fill(self->w));
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGUSR1, 0);
		EXPECT_EQ(-1, write(self->w, "x", 1));
		EXPECT_EQ(EINTR, errno);
		EXPECT_EQ(1, signals_seen);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(65536, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 65536, 0));
}

TEST_F(pipe, blocked_write_goes_on_with_sa_restart)
{
	unsigned char buf[PIPE_BUF];
	pid_t pid;

	ASSERT_EQ(65536, fill(self->w));
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGUSR1, SA_RESTART);
		pattern(buf, sizeof(buf), 65536);
		EXPECT_EQ(PIPE_BUF, write(self->w, buf, PIPE_BUF));
		EXPECT_EQ(1, signals_seen);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_write));
	kill(pid, SIGUSR1);
	ASSERT_TRUE(EVENTUALLY(task_is_blocked(pid, SYS_write) && !signals_pending(pid)));
	EXPECT_EQ(65536, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 65536 + PIPE_BUF, 0));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, interrupted_partial_write_returns_its_count)
{
	static const int flags[] = { 0, SA_RESTART };
	const int len = 200000;
	char *buf = malloc(len);
	pid_t pid;
	size_t i;

	ASSERT_NE(NULL, buf);
	pattern(buf, len, 0);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		pid = child_fork();
		if (!pid) {
			handle_signal(SIGUSR1, flags[i]);
			EXPECT_EQ(65536 + 2 * PIPE_BUF, write(self->w, buf, len));
			EXPECT_EQ(1, signals_seen);
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pid, SYS_write));
		ASSERT_TRUE(read_pattern(self->r, 2 * PIPE_BUF, 0));
		ASSERT_TRUE(EVENTUALLY(bytes_in(self->r) == 65536));
		ASSERT_TRUE(wait_blocked(pid, SYS_write));
		kill(pid, SIGUSR1);
		EXPECT_EQ(0, child_wait(pid));
		EXPECT_TRUE(read_pattern(self->r, 65536, 2 * PIPE_BUF));
		EXPECT_EQ(0, bytes_in(self->r));
	}
}

TEST_F(pipe, sleeping_poll_is_eintr_even_with_sa_restart)
{
	struct pollfd pfd = { .fd = self->r, .events = POLLIN };
	pid_t pid = child_fork();

	if (!pid) {
		handle_signal(SIGUSR1, SA_RESTART);
		EXPECT_EQ(-1, poll(&pfd, 1, -1));
		EXPECT_EQ(EINTR, errno);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, CALL_POLL));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(pipe, stopped_and_continued_reader_sleeps_on)
{
	pid_t pid = child_fork();
	int status;
	char c;

	if (!pid) {
		EXPECT_EQ(1, read(self->r, &c, 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	kill(pid, SIGSTOP);
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	kill(pid, SIGCONT);
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, child_wait(pid));
}

/* --- killed sleepers */

TEST_F(pipe, killed_reader_ends_at_once_and_the_others_read_on)
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
		ASSERT_TRUE(wait_blocked(pids[i], SYS_read));
	}
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[0]));
	ASSERT_EQ(2, write(self->w, "ab", 2));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, child_wait(pids[2]));
	EXPECT_EQ(0, bytes_in(self->r));
}

TEST_F(pipe, killed_writer_ends_at_once_and_the_others_write_on)
{
	pid_t pids[3];
	size_t i;

	ASSERT_EQ(65536, fill(self->w));
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			EXPECT_EQ(1, write(self->w, "x", 1));
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pids[i], SYS_write));
	}
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[0]));
	/* a page for each: the kernel's pipe gives room by pages */
	ASSERT_TRUE(read_pattern(self->r, 2 * PIPE_BUF, 0));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, child_wait(pids[2]));
	EXPECT_EQ(65536 - 2 * PIPE_BUF + 2, bytes_in(self->r));
}

TEST_F(pipe, last_reader_that_is_killed_breaks_the_pipe_for_blocked_writers)
{
	pid_t reader, writer;

	signal(SIGPIPE, SIG_IGN);
	reader = child_fork();
	if (!reader) {
		for (;;)
			pause();
	}
	pipe_close(&self->r);
	ASSERT_EQ(65536, fill(self->w));
	writer = child_fork();
	if (!writer) {
		EXPECT_EQ(-1, write(self->w, "x", 1));
		EXPECT_EQ(EPIPE, errno);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(writer, SYS_write));
	EXPECT_EQ(128 + SIGKILL, child_kill(reader));
	EXPECT_EQ(0, child_wait(writer));
}

/* --- sleepers that fail when they are woken */

TEST_F(pipe, reader_that_faults_leaves_the_bytes_to_the_next_one)
{
	pid_t bad, good;
	char buf[2];

	bad = child_fork();
	if (!bad) {
		EXPECT_EQ(-1, read(self->r, nowhere(), 2));
		EXPECT_EQ(EFAULT, errno);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(bad, SYS_read));
	good = child_fork();
	if (!good) {
		EXPECT_EQ(2, read(self->r, buf, 2));
		EXPECT_EQ(0, memcmp(buf, "xy", 2));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(good, SYS_read));
	ASSERT_EQ(2, write(self->w, "xy", 2));
	EXPECT_EQ(0, child_wait(bad));
	EXPECT_EQ(0, child_wait(good));
	EXPECT_EQ(0, bytes_in(self->r));
}

TEST_F(pipe, writer_that_faults_leaves_the_room_to_the_next_one)
{
	char *buf = malloc(65536);
	pid_t bad, good;

	ASSERT_NE(NULL, buf);
	ASSERT_EQ(65536, fill(self->w));
	bad = child_fork();
	if (!bad) {
		EXPECT_EQ(-1, write(self->w, nowhere(), 1));
		EXPECT_EQ(EFAULT, errno);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(bad, SYS_write));
	good = child_fork();
	if (!good) {
		EXPECT_EQ(1, write(self->w, "x", 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(good, SYS_write));
	/* in one read, which wakes the first of them */
	ASSERT_EQ(65536, read(self->r, buf, 65536));
	EXPECT_EQ(0, child_wait(bad));
	EXPECT_EQ(0, child_wait(good));
	EXPECT_EQ(1, bytes_in(self->r));
	free(buf);
}

/* --- who comes first */

TEST_F(pipe, write_that_fits_in_part_wakes_only_who_has_waited_longest)
{
	static char buf[2 * 65536];
	pid_t first, second;

	ASSERT_EQ(0, take_turns(3));
	first = child_fork();
	if (!first) {
		EXPECT_EQ(0, take_turns(1));
		EXPECT_EQ(65536, read(self->r, buf, sizeof(buf)));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(first, SYS_read));
	/* which would run before the first, were it woken as well */
	second = child_fork();
	if (!second) {
		EXPECT_EQ(0, take_turns(2));
		EXPECT_EQ(1, read(self->r, buf, 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(second, SYS_read));
	ASSERT_EQ(0, fcntl(self->w, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(65536, write(self->w, buf, sizeof(buf)));
	EXPECT_EQ(0, child_wait(first));
	EXPECT_TRUE(task_is_blocked(second, SYS_read));
	EXPECT_EQ(1, write(self->w, buf, 1));
	EXPECT_EQ(0, child_wait(second));
}

TEST_F(pipe, write_that_does_not_wait_is_of_what_fits_though_a_reader_comes_first)
{
	static char buf[2 * 65536];
	pid_t reader;

	ASSERT_EQ(0, take_turns(1));
	reader = child_fork();
	if (!reader) {
		EXPECT_EQ(0, take_turns(2));
		EXPECT_EQ(65536, read(self->r, buf, sizeof(buf)));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(reader, SYS_read));
	ASSERT_EQ(0, fcntl(self->w, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(65536, write(self->w, buf, sizeof(buf)));
	EXPECT_EQ(0, child_wait(reader));
	EXPECT_EQ(0, bytes_in(self->r));
}

/* --- interrupted in the moment of the wake-up */

/*
 * A byte wakes one reader. If that one is interrupted in the same moment, either it
 * takes the byte all the same, or another reader must.
 */
TEST_F_TIMEOUT(pipe, wakeup_of_an_interrupted_reader_is_not_lost, 90)
{
	struct shared {
		int read, interrupted;
	} *sh = shared_alloc(sizeof(*sh));
	pid_t pids[2];
	int i, round;
	char c;

	ASSERT_NE(NULL, sh);
	for (i = 0; i < 2; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			handle_signal(SIGUSR1, 0);
			for (;;) {
				if (read(self->r, &c, 1) == 1)
					ADD(&sh->read, 1);
				else
					ADD(&sh->interrupted, 1);
			}
		}
	}
	for (round = 0; round < 100; round++) {
		ASSERT_TRUE(wait_blocked(pids[0], SYS_read));
		ASSERT_TRUE(wait_blocked(pids[1], SYS_read));
		if (round % 2)
			kill(pids[round / 2 % 2], SIGUSR1);
		ASSERT_EQ(1, write(self->w, "x", 1));
		if (round % 2 == 0)
			kill(pids[round / 2 % 2], SIGUSR1);
		ASSERT_TRUE(EVENTUALLY(LOAD(&sh->read) == round + 1));
	}
}

/* --- many at once */

TEST_F_TIMEOUT(pipe, each_byte_goes_to_exactly_one_of_many_readers, 120)
{
	enum { READERS = 4, LEN = 100000 };
	struct shared {
		int counts[256], total;
	} *sh = shared_alloc(sizeof(*sh));
	unsigned char buf[4096];
	pid_t pids[READERS];
	int i, k, at, left;
	ssize_t n;

	ASSERT_NE(NULL, sh);
	for (i = 0; i < READERS; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			close(self->w);
			while ((n = read(self->r, buf, 1 + 100 * i)) > 0) {
				for (k = 0; k < n; k++)
					ADD(&sh->counts[buf[k]], 1);
				ADD(&sh->total, n);
			}
			EXPECT_EQ(0, n);
			child_exit();
		}
	}
	for (at = 0; at < LEN; at += n) {
		left = 1 + at % 777;
		n = left < LEN - at ? left : LEN - at;
		for (k = 0; k < n; k++)
			buf[k] = at + k;
		ASSERT_EQ(n, write(self->w, buf, n));
	}
	pipe_close(&self->w);
	for (i = 0; i < READERS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ(LEN, sh->total);
	for (k = 0; k < 256; k++)
		EXPECT_EQ(LEN / 256 + (k < LEN % 256), sh->counts[k]);
}

TEST_F_TIMEOUT(pipe, token_ring_never_loses_its_token, 120)
{
	enum { STATIONS = 5, ROUNDS = 300 };
	int fds[STATIONS][2], i, k;
	pid_t pids[STATIONS];
	unsigned int token;

	for (i = 0; i < STATIONS; i++)
		ASSERT_EQ(0, pipe_make(self->dev, fds[i], O_CLOEXEC));
	for (i = 0; i < STATIONS; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			for (k = 0; k < ROUNDS; k++) {
				EXPECT_EQ((ssize_t)sizeof(token),
					  read(fds[i][0], &token, sizeof(token)));
				token++;
				/* the last station keeps the token in the end */
				EXPECT_EQ((ssize_t)sizeof(token),
					  write(fds[(i + 1) % STATIONS][1], &token,
						sizeof(token)));
			}
			child_exit();
		}
	}
	token = 0;
	ASSERT_EQ((ssize_t)sizeof(token), write(fds[0][1], &token, sizeof(token)));
	for (i = 0; i < STATIONS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ((ssize_t)sizeof(token), read(fds[0][0], &token, sizeof(token)));
	EXPECT_EQ(STATIONS * ROUNDS, token);
	for (i = 0; i < STATIONS; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
}

/*
 * GNU make's job server: a pipe holds as many tokens as there are jobs; who wants to
 * run one takes a byte, and puts it back afterwards.
 */
TEST_F_TIMEOUT(pipe, make_jobserver_runs_all_jobs_and_never_too_many, 120)
{
	enum { MAKES = 6, TOKENS = 2, JOBS = 150 };
	struct shared {
		int running, most, done;
	} *sh = shared_alloc(sizeof(*sh));
	pid_t pids[MAKES];
	int i, k, now;
	char c;

	ASSERT_NE(NULL, sh);
	for (i = 0; i < MAKES; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			for (k = 0; k < JOBS; k++) {
				if (read(self->r, &c, 1) != 1)
					_exit(1);
				now = ADD(&sh->running, 1);
				if (now > LOAD(&sh->most))
					__atomic_store_n(&sh->most, now, __ATOMIC_SEQ_CST);
				if (k % 8 == i)
					sched_yield();
				ADD(&sh->done, 1);
				ADD(&sh->running, -1);
				if (write(self->w, &c, 1) != 1)
					_exit(2);
			}
			_exit(0);
		}
		ASSERT_TRUE(wait_blocked(pids[i], SYS_read));
	}
	ASSERT_EQ(TOKENS, write(self->w, "++", TOKENS));
	for (i = 0; i < MAKES; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ(MAKES * JOBS, sh->done);
	EXPECT_GE(TOKENS, sh->most);
	EXPECT_EQ(TOKENS, bytes_in(self->r));
}

TEST_F(pipe, each_token_wakes_one_more_waiting_make)
{
	int *taken = shared_alloc(sizeof(*taken));
	pid_t pids[4];
	size_t i;
	char c;

	ASSERT_NE(NULL, taken);
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			EXPECT_EQ(1, read(self->r, &c, 1));
			ADD(taken, 1);
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pids[i], SYS_read));
	}
	/* all tokens at once: the woken one passes the wake-up on */
	ASSERT_EQ(3, write(self->w, "+++", 3));
	ASSERT_TRUE(EVENTUALLY(LOAD(taken) == 3));
	EXPECT_EQ(0, bytes_in(self->r));
	ASSERT_EQ(1, write(self->w, "+", 1));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

TEST_F(pipe, room_for_many_wakes_many_blocked_writers)
{
	char buf[5 * PIPE_BUF];
	pid_t pids[4];
	size_t i;

	ASSERT_EQ(65536, fill(self->w));
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			EXPECT_EQ(1, write(self->w, "x", 1));
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pids[i], SYS_write));
	}
	/* in one read, which wakes only one of them */
	ASSERT_EQ((ssize_t)sizeof(buf), read(self->r, buf, sizeof(buf)));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

/* A writer that needs more room than there is must not keep a small one from writing. */
TEST_F(pipe, blocked_writers_of_all_sizes_end_when_the_pipe_is_emptied)
{
	static const int sizes[] = { 4096, 1, 4000, 10000, 96, 70000 };
	pid_t pids[ARRAY_SIZE(sizes)];
	unsigned char buf[4096];
	long sum = 0;
	ssize_t n;
	size_t i;

	ASSERT_EQ(65536, fill(self->w));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			char *data = calloc(1, sizes[i]);

			EXPECT_EQ(sizes[i], write(self->w, data, sizes[i]));
			child_exit();
		}
		sum += sizes[i];
		ASSERT_TRUE(wait_blocked(pids[i], SYS_write));
	}
	pipe_close(&self->w);
	ASSERT_TRUE(read_pattern(self->r, 65536, 0));
	while ((n = read(self->r, buf, sizeof(buf))) > 0)
		sum -= n;
	EXPECT_EQ(0, n);
	EXPECT_EQ(0, sum);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

TEST_F_TIMEOUT(pipe, single_bytes_between_many_writers_and_readers_are_all_seen, 120)
{
	enum { SIDE = 3, COUNT = 1500 };
	pid_t writers[SIDE], readers[SIDE];
	int *seen = shared_alloc(sizeof(*seen));
	int i, k;
	char c;

	ASSERT_NE(NULL, seen);
	for (i = 0; i < SIDE; i++) {
		readers[i] = child_fork();
		if (!readers[i]) {
			close(self->w);
			while (read(self->r, &c, 1) == 1)
				ADD(seen, 1);
			_exit(0);
		}
	}
	for (i = 0; i < SIDE; i++) {
		writers[i] = child_fork();
		if (!writers[i]) {
			for (k = 0; k < COUNT; k++)
				EXPECT_EQ(1, write(self->w, "x", 1));
			child_exit();
		}
	}
	for (i = 0; i < SIDE; i++)
		EXPECT_EQ(0, child_wait(writers[i]));
	/* all of it is read though no end of file helps */
	EXPECT_TRUE(EVENTUALLY(LOAD(seen) == SIDE * COUNT));
	pipe_close(&self->w);
	for (i = 0; i < SIDE; i++)
		EXPECT_EQ(0, child_wait(readers[i]));
}

/* Write again and again for some time, much more at once than fits. */
TEST_F_TIMEOUT(pipe, long_writes_and_fast_reads_never_wait_for_each_other, 180)
{
	enum { LEN = 1 << 20 };
	static const struct {
		int capacity, size;
	} cases[] = { { 65536, 65536 }, { 4096, 4096 }, { 4096, 100 } };
	struct shared {
		long long written, read;
	} *sh = shared_alloc(sizeof(*sh));
	unsigned char *buf = malloc(LEN);
	pid_t writer, reader;
	long long end;
	ssize_t n;
	size_t i;

	ASSERT_NE(NULL, sh);
	ASSERT_NE(NULL, buf);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, pipe_renew(self, 0));
		ASSERT_EQ(0, pipe_resize(self, cases[i].capacity));
		memset(sh, 0, sizeof(*sh));
		writer = child_fork();
		if (!writer) {
			close(self->r);
			pattern(buf, LEN, 0);
			for (end = now_ms() + 3000; now_ms() < end; sh->written += LEN)
				if (write(self->w, buf, LEN) != LEN)
					_exit(1);
			_exit(0);
		}
		reader = child_fork();
		if (!reader) {
			close(self->w);
			while ((n = read(self->r, buf, cases[i].size)) > 0) {
				/* not all of it: that would take too long to be a race */
				if (buf[0] != pattern_byte(sh->read % LEN) ||
				    buf[n - 1] != pattern_byte((sh->read + n - 1) % LEN))
					_exit(1);
				sh->read += n;
			}
			_exit(n < 0);
		}
		pipe_close(&self->w);
		EXPECT_EQ(0, child_wait(writer))
			TH_LOG("case %zu: the writer, with %lld bytes read", i, sh->read);
		ASSERT_EQ(0, child_wait(reader))
			TH_LOG("case %zu: the reader, with %lld bytes read", i, sh->read);
		EXPECT_LT(0, sh->written);
		EXPECT_EQ(sh->written, sh->read);
	}
	free(buf);
}

TEST_HARNESS_MAIN
