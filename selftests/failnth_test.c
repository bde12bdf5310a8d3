// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: every operation, with its first allocation failing, its second, and so on
 * until there is none left to fail. Each failure is an error that says so, and leaves
 * nothing behind. Needs a kernel with fault injection.
 *
 * The idea and the way to do it are those of iommufd_fail_nth.c of the kernel.
 */
#include "kipc_fixture.h"

#include <sched.h>

#define DEBUGFS		"/sys/kernel/debug"
#define NTH_MAX		500
#define MOUNT		"/tmp/kipcfs"

static int nth_fd = -1;

/* From now on the @nth allocation of this task fails; 0 for none. */
static void nth_set(int nth)
{
	int tries, len;
	char buf[16];

	len = snprintf(buf, sizeof(buf), "%d", nth);
	/* what is still armed may hit this very call, once */
	for (tries = 0; tries < 5; tries++)
		if (pwrite(nth_fd, buf, len, 0) == len)
			return;
	abort();
}

/* Whether what nth_set() asked for has happened; ends it. */
static bool nth_was_reached(void)
{
	char buf[16] = "";
	bool reached;

	/* if it hits this call, it has not hit the operation */
	reached = pread(nth_fd, buf, sizeof(buf) - 1, 0) > 0 && strtol(buf, NULL, 10) == 0;
	nth_set(0);
	return reached;
}

/* Make all kinds of allocations of a task take part. */
static void faults_prepare(void)
{
	static const char *const files[][2] = {
		{ DEBUGFS "/failslab/ignore-gfp-wait", "N" },
		{ DEBUGFS "/failslab/task-filter", "Y" },
		{ DEBUGFS "/failslab/verbose", "0" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ DEBUGFS "/fail_page_alloc/min-order", "0" },
		{ DEBUGFS "/fail_page_alloc/task-filter", "Y" },
		{ DEBUGFS "/fail_page_alloc/verbose", "0" },
		{ DEBUGFS "/fail_usercopy/verbose", "0" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		file_write(files[i][0], files[i][1]);
}

static bool have_fault_injection(void)
{
	nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	return nth_fd >= 0;
}

/* What an operation works on, and where it leaves what is to be undone. */
struct work {
	int dev;
	int r;
	int w;
	int other;
	struct kipc_pipe_create create;
	char byte;
};

struct operation {
	const char *name;
	/* 0 or a count, or -1 with errno */
	int (*run)(struct work *work);
	void (*undo)(struct work *work);
	/*
	 * It has done its work when its result is written. That was found possible
	 * before (see ioctl_test), so it can only fail by injection, as EFAULT.
	 */
	bool writes_last;
};

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

static void undo_write(struct work *work)
{
	read(work->r, &work->byte, 1);
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

static int run_async(struct work *work)
{
	return set_flag(work->r, O_ASYNC, true);
}

static void undo_async(struct work *work)
{
	set_flag(work->r, O_ASYNC, false);
}

static int run_poll(struct work *work)
{
	return poll_now(work->r, POLLIN);
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
	{ "create", run_create, undo_create, false },
	{ "create of 1 MiB", run_create_large, undo_create, false },
	{ "query", run_query, NULL, false },
	{ "stats", run_stats, NULL, false },
	{ "stat", run_stat, NULL, false },
	{ "get size", run_get_size, NULL, false },
	{ "set size", run_set_size, undo_set_size, true },
	{ "write", run_write, undo_write, false },
	{ "packet", run_packet, undo_write, false },
	{ "tee", run_tee, NULL, false },
	{ "splice", run_splice_in, undo_splice_in, true },
	{ "async", run_async, undo_async, false },
	{ "poll", run_poll, NULL, false },
	{ "reopen", run_reopen, undo_reopen, false },
};

static bool is_lack_of_memory(int error)
{
	/* EFAULT: copying from and to user space is made to fail in the same way */
	return error == ENOMEM || error == EFAULT || error == ENFILE || error == EMFILE;
}

/*
 * Run @op with each of its allocations failing in turn; what lives must be the same
 * after each failure, and the operation must succeed in the end.
 */
static void fail_each(struct __test_metadata *_metadata, struct work *work,
		      const struct operation *op)
{
	struct kipc_stats before = stats_of(work->dev);
	struct kipc_pipe_stat pipe = stat_of(work->r), now;
	int nth, ret, error;
	bool reached;

	for (nth = 1; nth <= NTH_MAX; nth++) {
		nth_set(nth);
		errno = 0;
		ret = op->run(work);
		error = errno;
		reached = nth_was_reached();
		if (ret >= 0) {
			/* what can do without that allocation may */
			if (op->undo)
				op->undo(work);
			if (!reached)
				break;
		} else {
			EXPECT_TRUE(reached && is_lack_of_memory(error))
				TH_LOG("%s, allocation %d: %s", op->name, nth, strerror(error));
			if (!reached)
				break;
			if (op->writes_last && error == EFAULT)
				op->undo(work);
		}
		EXPECT_TRUE(stats_return_to(work->dev, &before))
			TH_LOG("%s, allocation %d", op->name, nth);
		now = stat_of(work->r);
		EXPECT_EQ(pipe.used, now.used);
		EXPECT_EQ(pipe.size, now.size);
		EXPECT_EQ(pipe.packets, now.packets);
		EXPECT_TRUE(EVENTUALLY(stat_of(work->r).readers == pipe.readers));
	}
	EXPECT_GE(NTH_MAX, nth)
		TH_LOG("%s never came to its end", op->name);
	printf("# %s: %d allocations made to fail\n", op->name, nth - 1);
	fflush(stdout);
}

TEST_F_TIMEOUT(kipc, failing_allocations_of_pipe_calls_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	unsigned int seed;
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	work.other = open("/dev/zero", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, work.other);
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		/* tee needs something to copy, and the first write a pipe without pages */
		if (operations[i].run == run_tee)
			ASSERT_EQ(5, write(self->w, "hello", 5));
		fail_each(_metadata, &work, &operations[i]);
		if (operations[i].run == run_tee)
			EXPECT_EQ(5, read(self->r, &seed, 4) + read(self->r, &work.byte, 1));
	}
	close(work.other);
	close(nth_fd);
}

/* --- the file system */

static int run_mkfifo(struct work *work)
{
	(void)work;
	return mkfifo("f", 0600);
}

static void undo_mkfifo(struct work *work)
{
	(void)work;
	unlink("f");
}

static int run_mkdir(struct work *work)
{
	(void)work;
	return mkdir("d", 0700);
}

static void undo_mkdir(struct work *work)
{
	(void)work;
	rmdir("d");
}

static int run_symlink(struct work *work)
{
	(void)work;
	return symlink("a target that is long enough to be no part of an inode", "l");
}

static void undo_symlink(struct work *work)
{
	(void)work;
	unlink("l");
}

static int run_open_fifo(struct work *work)
{
	work->create.rfd = open("fifo", O_RDWR | O_CLOEXEC);
	return work->create.rfd < 0 ? -1 : 0;
}

static int run_open_fifo_nonblock(struct work *work)
{
	work->create.rfd = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return work->create.rfd < 0 ? -1 : 0;
}

static int run_link(struct work *work)
{
	(void)work;
	return link("fifo", "g");
}

static void undo_link(struct work *work)
{
	(void)work;
	unlink("g");
}

static int run_mount(struct work *work)
{
	(void)work;
	return mount("none", MOUNT "2", KIPCFS_NAME, 0, NULL);
}

static void undo_mount(struct work *work)
{
	(void)work;
	umount(MOUNT "2");
}

static const struct operation fs_operations[] = {
	{ "mkfifo", run_mkfifo, undo_mkfifo, false },
	{ "mkdir", run_mkdir, undo_mkdir, false },
	{ "symlink", run_symlink, undo_symlink, false },
	{ "link", run_link, undo_link, false },
	{ "open of a fifo", run_open_fifo, undo_reopen, false },
	{ "nonblocking open of a fifo", run_open_fifo_nonblock, undo_reopen, false },
	{ "mount", run_mount, undo_mount, false },
};

TEST_F_TIMEOUT(kipc, failing_allocations_of_the_file_system_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	long long objects = param_get("objects");
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("none", "/tmp", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir(MOUNT, 0755));
	ASSERT_EQ(0, mkdir(MOUNT "2", 0755));
	ASSERT_EQ(0, mount("none", MOUNT, KIPCFS_NAME, 0, NULL));
	ASSERT_EQ(0, chdir(MOUNT));
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	for (i = 0; i < ARRAY_SIZE(fs_operations); i++) {
		long long now = param_get("objects");

		fail_each(_metadata, &work, &fs_operations[i]);
		EXPECT_TRUE(EVENTUALLY(param_get("objects") == now));
	}
	ASSERT_EQ(0, chdir("/"));
	EXPECT_TRUE(EVENTUALLY(umount(MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
	close(nth_fd);
}

TEST_HARNESS_MAIN
