// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: every call of pipes with each of its allocations and copies failing; see failnth.h.
 * What can be done with any file is in file_failnth_test.
 */
#include "failnth.h"
#include "mounts.h"

#include <sys/mman.h>
#include <sys/sendfile.h>

static int run_create(struct work *work)
{
	work->create = (struct kipc_pipe_create) { .rfd = -7, .wfd = -7 };
	return ioctl(work->dev, KIPC_IOC_PIPE_CREATE, &work->create);
}

static void undo_create(struct work *work)
{
	close(work->create.rfd);
	close(work->create.wfd);
}

static int run_create_large(struct work *work)
{
	work->create = (struct kipc_pipe_create) { .size = 1 << 20, .rfd = -7, .wfd = -7 };
	return ioctl(work->dev, KIPC_IOC_PIPE_CREATE, &work->create);
}

static int run_query(struct work *work)
{
	struct kipc_query query = { .nr = KIPC_NR_STATS };

	return ioctl(work->dev, KIPC_IOC_QUERY, &query);
}

static int run_stats(struct work *work)
{
	struct kipc_stats stats;

	return ioctl(work->dev, KIPC_IOC_STATS, &stats);
}

static int run_stat(struct work *work)
{
	struct kipc_pipe_stat stat;

	return ioctl(work->r, KIPC_IOC_PIPE_STAT, &stat);
}

static int run_get_size(struct work *work)
{
	struct kipc_pipe_size size;

	return ioctl(work->r, KIPC_IOC_PIPE_GET_SIZE, &size);
}

static int run_set_size(struct work *work)
{
	struct kipc_pipe_size size = { .size = 1 << 20 };

	return ioctl(work->r, KIPC_IOC_PIPE_SET_SIZE, &size);
}

static void undo_set_size(struct work *work)
{
	size_set(work->r, 65536);
}

static int run_write(struct work *work)
{
	return write(work->w, "x", 1);
}

/* A pipe that a child of the test reads, and something that is too large for it. */
static int large_fd = -1;
static char large_write[1 << 20];

/* What the child has read so far, what of that was wrong, and where it began to be written. */
struct large {
	size_t received;
	size_t wrong;
	size_t base;
};

static struct large *large;

static void large_read(int fd)
{
	static char buf[sizeof(large_write)];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (!is_pattern(buf, n, large->received - LOAD(&large->base)))
			ADD(&large->wrong, 1);
		ADD(&large->received, n);
	}
}

/* The child goes with the writing end. */
static pid_t large_reader_fork(int dev)
{
	int fds[2];
	pid_t pid;

	pattern(large_write, sizeof(large_write), 0);
	large = shared_alloc(sizeof(*large));
	if (!large || kipc_pipe(dev, fds, KIPC_PIPE_CLOEXEC, 0))
		return -1;
	pid = child_fork();
	if (!pid) {
		close(fds[1]);
		large_read(fds[0]);
		_exit(0);
	}
	close(fds[0]);
	large_fd = fds[1];
	return pid;
}

static int run_large_write(struct work *work)
{
	work->made = write(large_fd, large_write, sizeof(large_write));
	return work->made;
}

/* The reader gets as much as was said to be written. */
static void undo_large_write(struct work *work)
{
	MUST(EVENTUALLY(LOAD(&large->received) >= large->base + work->made));
	STORE(&large->base, large->base + work->made);
}

static void look_at_large(const struct work *work, struct whole_state *state)
{
	(void)work;
	state_add(state, "received %zu, wrong %zu\n", LOAD(&large->received) - large->base,
		  LOAD(&large->wrong));
}

static void undo_write(struct work *work)
{
	read(work->r, &work->byte, 1);
}

/* As much as fits: all of its pages at once. */
static int run_long_write(struct work *work)
{
	work->made = write(work->w, large_write, 65536);
	return work->made;
}

/* So many as were said to be written, and the right ones. */
static void undo_long_write(struct work *work)
{
	static char buf[65536];

	MUST(bytes_in(work->r) == work->made);
	MUST(read(work->r, buf, sizeof(buf)) == work->made && is_pattern(buf, work->made, 0));
}

static int run_packet(struct work *work)
{
	int ret;

	set_flag(work->w, O_DIRECT, true);
	ret = write(work->w, "x", 1);
	set_flag(work->w, O_DIRECT, false);
	return ret;
}

static int run_tee(struct work *work)
{
	struct kipc_pipe_splice arg = { .fd = work->other, .len = 5 };

	return ioctl(work->r, KIPC_IOC_PIPE_TEE, &arg);
}

static int run_splice_in(struct work *work)
{
	struct kipc_pipe_splice arg = {
		.fd = work->other, .len = 5, .flags = KIPC_SPLICE_TO_PIPE,
	};

	return ioctl(work->w, KIPC_IOC_PIPE_SPLICE, &arg);
}

static void undo_splice_in(struct work *work)
{
	char buf[5];

	if (bytes_in(work->r))
		read(work->r, buf, sizeof(buf));
}

/* The bytes that are in the pipe are read, and put back. */
static int run_read(struct work *work)
{
	return read(work->r, &work->byte, 1);
}

static void undo_read(struct work *work)
{
	write(work->w, "x", 1);
}

static int run_vector_read(struct work *work)
{
	char a = 0, b = 0;
	struct iovec vec[] = { { &a, 1 }, { &b, 1 } };

	return readv(work->r, vec, 2);
}

static int run_vector_write(struct work *work)
{
	struct iovec vec[] = { { "a", 1 }, { "b", 1 } };

	return writev(work->w, vec, 2);
}

static void undo_vector_write(struct work *work)
{
	char buf[3];

	read(work->r, buf, bytes_in(work->r));
	undo_read(work);
}

static int run_splice_out(struct work *work)
{
	struct kipc_pipe_splice arg = {
		.fd = work->fd, .len = 1, .flags = KIPC_SPLICE_FROM_PIPE | KIPC_SPLICE_OFFSET,
	};

	return ioctl(work->r, KIPC_IOC_PIPE_SPLICE, &arg);
}

static void undo_splice_out(struct work *work)
{
	if (!bytes_in(work->r))
		undo_read(work);
}

/* By splice(2), to a pipe of the kernel. */
static int run_splice_native(struct work *work)
{
	int ret = splice(work->r, NULL, work->made, NULL, 1, SPLICE_F_NONBLOCK);

	/* so kernels before 6.5 say that there is no page for their own pipe */
	if (ret < 0 && errno == EAGAIN)
		errno = ENOMEM;
	return ret;
}

static void undo_splice_native(struct work *work)
{
	read(work->victim, &work->byte, 1);
	undo_read(work);
}

/* By sendfile(2), from a file of the kernel. */
static int run_sendfile(struct work *work)
{
	off_t at = 0;

	return sendfile(work->w, work->fd, &at, 1);
}

static int run_reopen(struct work *work)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", work->r);
	work->create.rfd = open(path, O_RDWR | O_CLOEXEC);
	return work->create.rfd < 0 ? -1 : 0;
}

static void undo_reopen(struct work *work)
{
	close(work->create.rfd);
}

static const struct operation operations[] = {
	ROW("create", run_create, undo_create),
	ROW("create of 1 MiB", run_create_large, undo_create),
	ROW("query", run_query, NULL),
	ROW("stats", run_stats, NULL),
	ROW("stat", run_stat, NULL),
	ROW("get size", run_get_size, NULL),
	ROW("set size", run_set_size, undo_set_size, .undone_after = EFAULT),
	ROW("write", run_write, undo_write),
	ROW("write of 64 KiB", run_long_write, undo_long_write, .partial = true),
	ROW("write of 1 MiB", run_large_write, undo_large_write, .partial = true),
	ROW("packet", run_packet, undo_write),
	ROW("tee", run_tee, NULL),
	ROW("splice", run_splice_in, undo_splice_in, .undone_after = EFAULT),
	ROW("reopen", run_reopen, undo_reopen),
};

/* With one byte in the pipe; @fd is a file, @made and @victim are a pipe of the kernel. */
static const struct operation full_operations[] = {
	ROW("read", run_read, undo_read),
	ROW("readv", run_vector_read, undo_read, .partial = true),
	ROW("writev", run_vector_write, undo_vector_write, .partial = true),
	ROW("set size of a pipe with bytes in it", run_set_size, undo_set_size,
	    .undone_after = EFAULT),
	ROW("splice to a file", run_splice_out, undo_splice_out, .undone_after = EFAULT),
	ROW("splice(2) to a pipe", run_splice_native, undo_splice_native),
	ROW("sendfile(2)", run_sendfile, undo_write),
};

static void fail_each_on_empty(struct __test_metadata *_metadata, struct work work)
{
	unsigned int seed;
	pid_t reader;
	size_t i;

	reader = large_reader_fork(work.dev);
	ASSERT_LT(0, reader);
	work.look = look_at_large;
	work.other = open("/dev/zero", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, work.other);
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		/* tee needs something to copy, and the first write a pipe without pages */
		if (operations[i].run == run_tee)
			ASSERT_EQ(5, write(work.w, "hello", 5));
		fail_each(_metadata, &work, &operations[i]);
		if (operations[i].run == run_tee)
			EXPECT_EQ(5, read(work.r, &seed, 4) + read(work.r, &work.byte, 1));
	}
	EXPECT_TRUE(calls_are_complete(work.dev, KIPC_NR_QUERY));
	EXPECT_TRUE(calls_are_complete(work.dev, KIPC_NR_PIPE_CREATE));
	close(large_fd);
	EXPECT_EQ(0, child_wait(reader));
	EXPECT_EQ(large->base, large->received);
	EXPECT_EQ(0, large->wrong);
	close(work.other);
}

static void fail_each_on_full(struct __test_metadata *_metadata, struct work work)
{
	int native[2];
	size_t i;

	work.fd = memfd_create("failnth", MFD_CLOEXEC);
	ASSERT_LE(0, work.fd);
	ASSERT_EQ(1, write(work.fd, "x", 1));
	ASSERT_EQ(0, pipe2(native, O_CLOEXEC | O_NONBLOCK));
	work.victim = native[0];
	work.made = native[1];
	ASSERT_EQ(1, write(work.w, "x", 1));
	for (i = 0; i < ARRAY_SIZE(full_operations); i++)
		fail_each(_metadata, &work, &full_operations[i]);
	close(work.fd);
	close(native[0]);
	close(native[1]);
}

TEST_F_TIMEOUT(kipc, failing_allocations_of_pipe_calls_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	fail_each_on_empty(_metadata, work);
	fail_each_on_full(_metadata, work);
	faults_done();
}

/* The kernel's splice(2), whose pipe may get no page for some of the bytes that it asked for. */
TEST_F_TIMEOUT(kipc, splice_that_fails_half_way_moves_every_byte_once, 120)
{
	enum { LEN = 20000 };
	int nth, in, fds[2], parts = 0;
	bool reached;
	ssize_t n;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	for (nth = 1, reached = true; reached && nth < NTH_MAX; nth++) {
		ASSERT_EQ(0, pipe2(fds, O_NONBLOCK | O_CLOEXEC));
		ASSERT_TRUE(write_pattern(self->w, LEN, 0));
		nth_set(nth);
		n = splice(self->r, NULL, fds[1], NULL, LEN, 0);
		reached = nth_was_reached();
		in = bytes_in(fds[0]);
		parts += in > 0 && in < LEN;
		EXPECT_EQ(in, n < 0 ? 0 : n);
		EXPECT_EQ(LEN - in, bytes_in(self->r));
		EXPECT_TRUE(read_pattern(fds[0], in, 0));
		EXPECT_TRUE(read_pattern(self->r, LEN - in, in))
			TH_LOG("allocation %d: %zd of %d", nth, n, in);
		close(fds[0]);
		close(fds[1]);
	}
	EXPECT_EQ(LEN, n);
	/* or nothing was tried */
	EXPECT_LT(0, parts);
	faults_done();
}

#define MOUNT	MOUNTS "/instance"

/* With an instance of its own. */
TEST_F_TIMEOUT(kipc, failing_allocations_of_calls_on_a_fifo_leave_nothing, 240)
{
	struct work work = { .dev = -1 };

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(MOUNT, NULL));
	ASSERT_EQ(0, mkfifo(MOUNT "/fifo", 0600));
	work.dev = open_in(MOUNT, "control", O_RDWR);
	work.r = open_in(MOUNT, "fifo", O_RDONLY | O_NONBLOCK);
	work.w = open_in(MOUNT, "fifo", O_WRONLY);
	ASSERT_LE(0, work.dev);
	ASSERT_LE(0, work.r);
	ASSERT_LE(0, work.w);
	set_flag(work.r, O_NONBLOCK, false);
	fail_each_on_empty(_metadata, work);
	fail_each_on_full(_metadata, work);
	close(work.r);
	close(work.w);
	close(work.dev);
	EXPECT_TRUE(EVENTUALLY(umount(MOUNT) == 0));
	faults_done();
}

/*
 * --- what fail_each() would notice: operations that do half of their work, each another half,
 * before they fail. @victim is a set, @fd a queue with two messages.
 */

static int set_make(int dev)
{
	struct kipc_sem_get arg = {
		.key = KIPC_KEY_PRIVATE, .nsems = 40, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(dev, KIPC_IOC_SEM_GET, &arg) ? -1 : arg.id;
}

static int run_half_value(struct work *work)
{
	struct kipc_sem_set_value arg = { .id = work->victim, .num = 39, .value = 7 };

	return ioctl(work->dev, KIPC_IOC_SEM_SET_VALUE, &arg) || run_stats(work) ? -1 : 0;
}

static int operate(struct work *work, int first, int second, int flags)
{
	struct kipc_sem_op ops[] = {
		{ .num = 3, .op = first, .flags = flags }, { .num = 3, .op = second },
	};
	struct kipc_sem_ops arg = {
		.id = work->victim, .ops = (unsigned long)ops, .nops = 2,
		.timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(work->dev, KIPC_IOC_SEM_OP, &arg);
}

/* The value is the same again, the time and the process are others. */
static int run_half_time(struct work *work)
{
	return operate(work, 1, -1, 0) || run_stats(work) ? -1 : 0;
}

/* Nothing but an adjustment is left. */
static int run_half_adjustment(struct work *work)
{
	return operate(work, 1, -1, KIPC_SEM_UNDO) || run_stats(work) ? -1 : 0;
}

static int run_half_descriptor(struct work *work)
{
	work->made = dup(work->dev);
	return run_stats(work);
}

static void undo_half_descriptor(struct work *work)
{
	close(work->made);
}

static int run_half_object(struct work *work)
{
	/* one of these fails, whatever becomes of the number, see NTH_FEW */
	return run_create(work) || run_stats(work) || run_stats(work) || run_stats(work) ? -1 : 0;
}

/* The message is back, but behind the other one. */
static int run_half_receive(struct work *work)
{
	char byte;

	if (read(work->fd, &byte, 1) != 1 || write(work->fd, &byte, 1) != 1)
		return -1;
	return run_stats(work);
}

static int run_half_filter(struct work *work)
{
	struct kipc_msg_filter arg = { .type = 9, .send_type = 1 };

	return ioctl(work->fd, KIPC_IOC_MSG_FILTER, &arg) || run_stats(work) ? -1 : 0;
}

static void undo_half_filter(struct work *work)
{
	struct kipc_msg_filter arg = { .send_type = 1 };

	MUST(!ioctl(work->fd, KIPC_IOC_MSG_FILTER, &arg));
}

/* As many bytes as before, but the last one is another. */
static int run_half_write(struct work *work)
{
	char first;

	if (write(work->w, "y", 1) != 1 || read(work->r, &first, 1) != 1)
		return -1;
	return run_stats(work);
}

static int run_half_signal(struct work *work)
{
	kill(getpid(), SIGUSR1);
	return run_stats(work);
}

static void undo_half_signal(struct work *work)
{
	(void)work;
	take_signal(SIGUSR1, NULL, 0);
}

/* All is well but for the error. */
static int run_wrong_copy(struct work *work)
{
	int ret = run_stats(work);

	errno = ENOMEM;
	return ret;
}

static int run_wrong_allocation(struct work *work)
{
	int ret = run_create(work);

	if (ret && errno == ENOMEM)
		errno = EFAULT;
	return ret;
}

static int run_unheard(struct work *work)
{
	run_stats(work);
	return 0;
}

/* What cannot be done is forgotten. */
static int run_lost(struct work *work)
{
	return run_stats(work) || write(work->fd, "c", 1) == 1 ? 0 : -1;
}

static void undo_lost(struct work *work)
{
	struct kipc_msg_stat stat = { .perm.id = KIPC_ID_SELF };
	char byte;

	MUST(!ioctl(work->fd, KIPC_IOC_MSG_STAT, &stat));
	for (; stat.qnum > 2; stat.qnum--)
		MUST(read(work->fd, &byte, 1) == 1);
	for (; stat.qnum < 2; stat.qnum++)
		MUST(write(work->fd, "b", 1) == 1);
}

static int run_refused(struct work *work)
{
	(void)work;
	errno = EINVAL;
	return -1;
}

static int run_nothing(struct work *work)
{
	(void)work;
	return 0;
}

struct mistake {
	const char *name;
	int (*run)(struct work *work);
	void (*undo)(struct work *work);
	/* what is said of it */
	const char *words;
};

static const struct mistake mistakes[] = {
	{ "value", run_half_value, NULL, "for a copy has changed sem of victim" },
	{ "time", run_half_time, NULL, "for a copy has changed sem of victim" },
	{ "adjustment", run_half_adjustment, NULL, "stats" },
	{ "descriptor", run_half_descriptor, undo_half_descriptor, "has changed next_fd" },
	{ "object", run_half_object, undo_create, "has changed stats" },
	{ "receive", run_half_receive, NULL, "has changed msg of fd" },
	{ "filter", run_half_filter, undo_half_filter, "has changed bytes of fd" },
	{ "write", run_half_write, NULL, "for a copy has changed bytes" },
	{ "signal", run_half_signal, undo_half_signal, "has changed signals" },
	{ "error of a copy", run_wrong_copy, NULL, "Cannot allocate memory for a copy" },
	{ "error of an allocation", run_wrong_allocation, undo_create,
	  "Bad address for an allocation" },
	{ "failure that is not told", run_unheard, NULL, "does without a copy" },
	{ "work that is not done", run_lost, undo_lost, "not as if nothing had failed" },
	{ "success that is not undone", run_half_object, NULL, "not as before" },
	{ "failure of its own", run_refused, NULL, "fails by itself: Invalid argument" },
	{ "no failure", run_nothing, NULL, "nothing can be made to fail" },
};

static void look_for_mistake(struct __test_metadata *_metadata, int dev,
			     const struct mistake *mistake)
{
	const struct operation op = ROW(mistake->name, mistake->run, mistake->undo);
	struct kipc_msg_create queue = { .flags = KIPC_MSG_NONBLOCK, .mode = 0600 };
	static struct verdict verdict = { .quiet = true };
	struct work work = { .dev = dev, .patience_ms = 20 };
	int fds[2];

	/* all of its own, for whatever is left of it */
	MUST(!kipc_pipe(dev, fds, 0, 0));
	work.r = fds[0];
	work.w = fds[1];
	MUST(write(work.w, "x", 1) == 1);
	MUST(!ioctl(dev, KIPC_IOC_MSG_CREATE, &queue));
	work.fd = queue.fd;
	MUST(write(work.fd, "a", 1) == 1 && write(work.fd, "b", 1) == 1);
	work.victim = set_make(dev);
	MUST(work.victim >= 0);
	verdict.wanted = mistake->words;
	fail_each_quietly(&work, &op, &verdict);
	EXPECT_TRUE(verdict.found)
		TH_LOG("%s: %d complaints, the last was: %s", mistake->name, verdict.complaints,
		       verdict.words);
}

/* Each in a process of its own, which takes with it what is left. */
TEST_F_TIMEOUT(kipc, operations_that_do_half_of_their_work_are_noticed, 240)
{
	pid_t pid;
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	close(nth_fd);
	for (i = 0; i < ARRAY_SIZE(mistakes); i++) {
		pid = child_fork();
		if (!pid) {
			block_signal(SIGUSR1);
			if (!have_fault_injection())
				_exit(1);
			faults_prepare();
			look_for_mistake(_metadata, self->dev, &mistakes[i]);
			faults_done();
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid))
			TH_LOG("%s", mistakes[i].name);
	}
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == self->before.sem_sets))
		TH_LOG("%llu -> %llu", self->before.sem_sets, stats_of(self->dev).sem_sets);
}

TEST_HARNESS_MAIN
