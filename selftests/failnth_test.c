// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: every call of pipes and shared memory with each of its allocations failing; see
 * failnth.h. What can be done with any file is in file_failnth_test.
 */
#include "failnth.h"

#include <sched.h>
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

static int run_large_write(struct work *work)
{
	(void)work;
	return write(large_fd, large_write, sizeof(large_write));
}

/* The child goes with the writing end. */
static pid_t large_reader_fork(int dev)
{
	int fds[2];
	pid_t pid;

	if (kipc_pipe(dev, fds, KIPC_PIPE_CLOEXEC, 0))
		return -1;
	pid = child_fork();
	if (!pid) {
		close(fds[1]);
		while (read(fds[0], large_write, sizeof(large_write)) > 0)
			;
		_exit(0);
	}
	close(fds[0]);
	large_fd = fds[1];
	return pid;
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
	char buf[2];

	read(work->r, buf, bytes_in(work->r) - 1);
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

static int run_chmod(struct work *work)
{
	return fchmod(work->r, 0600);
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
	{ "create", run_create, undo_create, 0 },
	{ "create of 1 MiB", run_create_large, undo_create, 0 },
	{ "query", run_query, NULL, 0 },
	{ "stats", run_stats, NULL, 0 },
	{ "stat", run_stat, NULL, 0 },
	{ "get size", run_get_size, NULL, 0 },
	{ "set size", run_set_size, undo_set_size, EFAULT },
	{ "write", run_write, undo_write, 0 },
	{ "write of 1 MiB", run_large_write, NULL, 0 },
	{ "packet", run_packet, undo_write, 0 },
	{ "tee", run_tee, NULL, 0 },
	{ "splice", run_splice_in, undo_splice_in, EFAULT },
	{ "reopen", run_reopen, undo_reopen, 0 },
	{ "chmod", run_chmod, NULL, 0 },
};

/* With one byte in the pipe; @fd is a file, @made and @victim are a pipe of the kernel. */
static const struct operation full_operations[] = {
	{ "read", run_read, undo_read, 0 },
	{ "readv", run_vector_read, undo_read, 0 },
	{ "writev", run_vector_write, undo_vector_write, 0 },
	{ "splice to a file", run_splice_out, undo_splice_out, EFAULT },
	{ "splice(2) to a pipe", run_splice_native, undo_splice_native, 0 },
	{ "sendfile(2)", run_sendfile, undo_write, 0 },
};

TEST_F_TIMEOUT(kipc, failing_allocations_of_pipe_calls_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	unsigned int seed;
	pid_t reader;
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	reader = large_reader_fork(self->dev);
	ASSERT_LT(0, reader);
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
	close(large_fd);
	EXPECT_EQ(0, child_wait(reader));
	close(work.other);
	close(nth_fd);
}

TEST_F_TIMEOUT(kipc, failing_allocations_of_calls_on_a_full_pipe_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	int native[2];
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	work.fd = memfd_create("failnth", MFD_CLOEXEC);
	ASSERT_LE(0, work.fd);
	ASSERT_EQ(1, write(work.fd, "x", 1));
	ASSERT_EQ(0, pipe2(native, O_CLOEXEC | O_NONBLOCK));
	work.victim = native[0];
	work.made = native[1];
	ASSERT_EQ(1, write(self->w, "x", 1));
	for (i = 0; i < ARRAY_SIZE(full_operations); i++)
		fail_each(_metadata, &work, &full_operations[i]);
	close(work.fd);
	close(native[0]);
	close(native[1]);
	close(nth_fd);
}

/* --- shared memory */

#define KEY	0x6b697063
#define SIZE	(4 * 4096)

static int run_shm_get(struct work *work)
{
	struct kipc_shm_get get = {
		.key = KEY, .size = SIZE, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(work->dev, KIPC_IOC_SHM_GET, &get);
}

static int run_shm_get_huge(struct work *work)
{
	struct kipc_shm_get get = {
		.key = KEY, .size = 4 << 20, .mode = 0600, .flags = KIPC_GET_CREAT,
	};

	return ioctl(work->dev, KIPC_IOC_SHM_GET, &get);
}

static void undo_shm_get(struct work *work)
{
	struct kipc_shm_get get = { .key = KEY };
	struct kipc_remove remove = { .id = -1 };

	/* when its id could not be written it is there all the same, maybe */
	if (ioctl(work->dev, KIPC_IOC_SHM_GET, &get))
		return;
	remove.id = get.id;
	ioctl(work->dev, KIPC_IOC_SHM_REMOVE, &remove);
}

static int run_shm_find(struct work *work)
{
	struct kipc_shm_get get = { .key = KEY + 1, .flags = KIPC_GET_CREAT };

	return ioctl(work->dev, KIPC_IOC_SHM_GET, &get);
}

static int run_shm_create(struct work *work)
{
	struct kipc_shm_create create = { .size = SIZE, .mode = 0600 };
	int ret = ioctl(work->dev, KIPC_IOC_SHM_CREATE, &create);

	work->made = create.fd;
	return ret;
}

static void undo_made(struct work *work)
{
	close(work->made);
}

static int run_shm_open(struct work *work)
{
	struct kipc_shm_open open = { .id = work->id };
	int ret = ioctl(work->dev, KIPC_IOC_SHM_OPEN, &open);

	work->made = open.fd;
	return ret;
}

static int run_shm_open_again(struct work *work)
{
	struct kipc_shm_open open = { .id = KIPC_ID_SELF, .flags = KIPC_SHM_RDONLY };
	int ret = ioctl(work->fd, KIPC_IOC_SHM_OPEN, &open);

	work->made = open.fd;
	return ret;
}

static int run_shm_attach(struct work *work)
{
	struct kipc_shm_attach attach = { .id = work->id, .addr = (unsigned long)work->place };

	return ioctl(work->dev, KIPC_IOC_SHM_ATTACH, &attach);
}

static void undo_shm_attach(struct work *work)
{
	munmap(work->place, SIZE);
}

static int run_shm_detach(struct work *work)
{
	struct kipc_shm_detach detach = { .addr = (unsigned long)work->addr };

	return ioctl(work->dev, KIPC_IOC_SHM_DETACH, &detach);
}

/* Attach it again where it was, and whole. */
static void undo_shm_detach(struct work *work)
{
	struct kipc_shm_attach attach = {
		.id = work->id, .addr = (unsigned long)work->addr, .flags = KIPC_SHM_REMAP,
	};

	ioctl(work->dev, KIPC_IOC_SHM_ATTACH, &attach);
}

static int run_shm_stat(struct work *work)
{
	struct kipc_shm_stat stat = { .perm.id = work->id };

	return ioctl(work->dev, KIPC_IOC_SHM_STAT, &stat);
}

static int run_shm_set(struct work *work)
{
	struct kipc_set set = { .id = work->id, .mode = 0600 };

	return ioctl(work->dev, KIPC_IOC_SHM_SET, &set);
}

static int run_shm_remove(struct work *work)
{
	struct kipc_remove remove = { .id = work->victim };

	return ioctl(work->dev, KIPC_IOC_SHM_REMOVE, &remove);
}

static int segment_make(int dev, int key)
{
	struct kipc_shm_get get = {
		.key = key, .size = SIZE, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(dev, KIPC_IOC_SHM_GET, &get) ? -1 : get.id;
}

static void undo_shm_remove(struct work *work)
{
	work->victim = segment_make(work->dev, KIPC_KEY_PRIVATE);
}

static int run_shm_lock(struct work *work)
{
	struct kipc_shm_lock lock = { .id = work->id, .lock = 1 };

	return ioctl(work->dev, KIPC_IOC_SHM_LOCK, &lock);
}

static void undo_shm_lock(struct work *work)
{
	struct kipc_shm_lock lock = { .id = work->id, .lock = 0 };

	ioctl(work->dev, KIPC_IOC_SHM_LOCK, &lock);
}

static int run_shm_info(struct work *work)
{
	struct kipc_shm_info info = { .flags = KIPC_SHM_INFO_USAGE };

	return ioctl(work->dev, KIPC_IOC_SHM_INFO, &info);
}

static int run_shm_mmap(struct work *work)
{
	return mmap(work->place, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, work->fd,
		    0) == MAP_FAILED ? -1 : 0;
}

static int run_shm_populate(struct work *work)
{
	return madvise(work->addr, SIZE, MADV_POPULATE_WRITE);
}

static void undo_shm_populate(struct work *work)
{
	madvise(work->addr, SIZE, MADV_REMOVE);
}

static int run_shm_fallocate(struct work *work)
{
	return fallocate(work->fd, 0, 0, SIZE);
}

static int run_shm_sync(struct work *work)
{
	return msync(work->addr, SIZE, MS_SYNC) || fsync(work->fd) ? -1 : 0;
}

/* Pages that the kernel itself comes to when it copies. */
static int run_shm_touch(struct work *work)
{
	return read(work->other, work->addr, SIZE);
}

static int run_shm_huge(struct work *work)
{
	struct kipc_shm_get get = {
		.key = KEY, .size = 2 << 20, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_SHM_HUGE,
	};

	return ioctl(work->dev, KIPC_IOC_SHM_GET, &get);
}

static int run_shm_split(struct work *work)
{
	return munmap(work->addr + 4096, 4096);
}

static int run_shm_protect(struct work *work)
{
	return mprotect(work->addr + 4096, 4096, PROT_READ);
}

static int run_shm_move(struct work *work)
{
	return mremap(work->addr, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, work->place) ==
	       MAP_FAILED ? -1 : 0;
}

static void undo_shm_move(struct work *work)
{
	munmap(work->place, SIZE);
	undo_shm_detach(work);
}

/* The child inherits the attachment and goes at once. */
static int run_shm_fork(struct work *work)
{
	pid_t pid = fork();

	(void)work;
	if (!pid)
		_exit(0);
	if (pid < 0 && errno == EAGAIN)
		errno = ENOMEM;
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	return pid < 0 ? -1 : 0;
}

/*
 * Stacks of processes that have gone are used again. So none has to be allocated, of
 * which the kernel complains in its log when it cannot be.
 */
static void stacks_warm(struct work *work)
{
	pid_t pids[2];
	int i;

	(void)work;
	for (i = 0; i < 2; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(0);
	}
	for (i = 0; i < 2; i++)
		waitpid(pids[i], NULL, 0);
}

static const struct operation shm_operations[] = {
	{ "get", run_shm_get, undo_shm_get, EFAULT },
	{ "get of 4 MiB", run_shm_get_huge, undo_shm_get, EFAULT },
	{ "get of what exists", run_shm_find, NULL, 0 },
	{ "create", run_shm_create, undo_made, 0 },
	{ "open", run_shm_open, undo_made, 0 },
	{ "open of a descriptor", run_shm_open_again, undo_made, 0 },
	{ "attach", run_shm_attach, undo_shm_attach, EFAULT },
	{ "detach", run_shm_detach, undo_shm_detach, 0 },
	{ "stat", run_shm_stat, NULL, 0 },
	{ "set", run_shm_set, NULL, 0 },
	{ "remove", run_shm_remove, undo_shm_remove, 0 },
	{ "lock", run_shm_lock, undo_shm_lock, 0 },
	{ "info", run_shm_info, NULL, 0 },
	{ "mmap", run_shm_mmap, undo_shm_attach, 0 },
	{ "populate", run_shm_populate, undo_shm_populate, 0 },
	{ "fallocate", run_shm_fallocate, undo_shm_populate, 0 },
	{ "sync", run_shm_sync, NULL, 0 },
	{ "touch", run_shm_touch, undo_shm_populate, 0 },
	{ "get in huge pages", run_shm_huge, undo_shm_get, EFAULT },
	{ "split by munmap", run_shm_split, undo_shm_detach, ENOMEM },
	{ "split by mprotect", run_shm_protect, undo_shm_detach, ENOMEM },
	{ "move", run_shm_move, undo_shm_move, ENOMEM },
	{ "fork", run_shm_fork, stacks_warm, ENOMEM },
};

TEST_F_TIMEOUT(kipc, failing_allocations_of_shared_memory_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	struct kipc_shm_attach attach;
	cpu_set_t cpus;
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	work.id = segment_make(self->dev, KEY + 1);
	work.victim = segment_make(self->dev, KIPC_KEY_PRIVATE);
	ASSERT_LE(0, work.id);
	ASSERT_LE(0, work.victim);
	ASSERT_EQ(0, run_shm_open(&work));
	work.fd = work.made;
	work.other = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, work.other);
	attach = (struct kipc_shm_attach) { .id = work.id };
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_ATTACH, &attach));
	work.addr = (char *)(unsigned long)attach.addr;
	/* far from everything that is mapped meanwhile */
	work.place = work.addr - (1UL << 32);
	/* stacks are kept by each CPU */
	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpus), &cpus));
	for (i = 0; i < ARRAY_SIZE(shm_operations); i++) {
		/* threads of the kernel may have taken those that were kept */
		stacks_warm(&work);
		fail_each(_metadata, &work, &shm_operations[i]);
	}
	munmap(work.addr, SIZE);
	close(work.other);
	close(work.fd);
	work.fd = 0;
	EXPECT_EQ(0, run_shm_remove(&work));
	work.victim = work.id;
	EXPECT_EQ(0, run_shm_remove(&work));
	EXPECT_EQ(self->before.shm_segments, stats_of(self->dev).shm_segments);
	EXPECT_EQ(self->before.shm_pages, stats_of(self->dev).shm_pages);
	close(nth_fd);
}

TEST_HARNESS_MAIN
