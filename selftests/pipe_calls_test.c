// SPDX-License-Identifier: GPL-2.0
/*
 * splice, tee, vmsplice, sendfile and fcntl of pipes, by the C library's functions and by
 * syscall(2).
 *
 * Each test has two pipes, @a and @b, from the first of which to the second things go. With the
 * shim each of them may be kipc's or the kernel's, in all combinations: what programs inherit is
 * the latter.
 */
#include "pipe_calls.h"
#include "stuck.h"
#include "threads.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#define R 0
#define W 1

FIXTURE(calls)
{
	int a[2];
	int b[2];
};

FIXTURE_VARIANT(calls)
{
	bool a_is_kipc;
	bool b_is_kipc;
};

FIXTURE_VARIANT_ADD(calls, native)
{
	.a_is_kipc = false,
	.b_is_kipc = false,
};

#ifdef KIPC_SHIM
FIXTURE_VARIANT_ADD(calls, shim)
{
	.a_is_kipc = true,
	.b_is_kipc = true,
};

FIXTURE_VARIANT_ADD(calls, shim_to_native)
{
	.a_is_kipc = true,
	.b_is_kipc = false,
};

FIXTURE_VARIANT_ADD(calls, native_to_shim)
{
	.a_is_kipc = false,
	.b_is_kipc = true,
};
#endif

FIXTURE_SETUP(calls)
{
	ASSERT_EQ(0, variant->a_is_kipc ? pipe(self->a) : kernel_pipe(self->a, 0));
	ASSERT_EQ(0, variant->b_is_kipc ? pipe2(self->b, 0) : kernel_pipe(self->b, 0));
	ASSERT_EQ(variant->a_is_kipc, is_kipc_pipe(self->a[R]));
	ASSERT_EQ(variant->b_is_kipc, is_kipc_pipe(self->b[W]));
	block_signal(SIGPIPE);
}

static void end_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

FIXTURE_TEARDOWN(calls)
{
	int i;

	children_reap();
	for (i = 0; i < 2; i++) {
		end_close(&self->a[i]);
		end_close(&self->b[i]);
	}
}

/* A file that holds @len bytes of the pattern, its position at the beginning. */
static int file_of(size_t len)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (fd < 0 || !write_pattern(fd, len, 0) || lseek(fd, 0, SEEK_SET))
		return -1;
	return fd;
}

/* Whether @call fails with @error. */
#define FAILS(error, call) ({ \
	errno = 0; \
	(call) == -1 && errno == (error); \
})

/* --- fcntl */

TEST_F(calls, fcntl_tells_and_sets_the_capacity)
{
	int i, *fds[] = { self->a, self->b };

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(65536, fcntl(fds[i][R], F_GETPIPE_SZ));
		EXPECT_EQ(65536, fcntl(fds[i][W], F_GETPIPE_SZ));
		EXPECT_EQ(8192, fcntl(fds[i][R], F_SETPIPE_SZ, 5000));
		EXPECT_EQ(8192, fcntl(fds[i][W], F_GETPIPE_SZ));
		EXPECT_EQ(4096, fcntl(fds[i][W], F_SETPIPE_SZ, 0));
		EXPECT_EQ(4096, fill(fds[i][W]));
		EXPECT_EQ(131072, fcntl(fds[i][W], F_SETPIPE_SZ, 131072));
		EXPECT_EQ(131072 - 4096, fill(fds[i][W]));
		EXPECT_TRUE(FAILS(EBUSY, fcntl(fds[i][W], F_SETPIPE_SZ, 65536)));
		EXPECT_TRUE(FAILS(EINVAL, fcntl(fds[i][W], F_SETPIPE_SZ, 0x80000001)));
		EXPECT_TRUE(FAILS(EINVAL, fcntl(fds[i][W], F_SETPIPE_SZ, -1)));
		EXPECT_EQ(131072, fcntl(fds[i][R], F_GETPIPE_SZ));
	}
}

TEST_F(calls, fcntl_refuses_a_capacity_that_is_not_allowed)
{
	pid_t child = child_fork();

	if (child == 0) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_TRUE(FAILS(EPERM, fcntl(self->a[W], F_SETPIPE_SZ, 1 << 30)));
		EXPECT_EQ(1 << 20, fcntl(self->a[W], F_SETPIPE_SZ, 1 << 20));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(child));
}

TEST_F(calls, fcntl_knows_what_is_no_pipe)
{
	int file = file_of(0), path;

	ASSERT_LE(0, file);
	EXPECT_TRUE(FAILS(EBADF, fcntl(file, F_GETPIPE_SZ)));
	EXPECT_TRUE(FAILS(EBADF, fcntl(file, F_SETPIPE_SZ, 4096)));
	EXPECT_TRUE(FAILS(EBADF, fcntl(12345, F_GETPIPE_SZ)));
	EXPECT_TRUE(FAILS(EBADF, fcntl(-1, F_GETPIPE_SZ)));
	path = open("/proc/self/fd/0", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, path);
	EXPECT_TRUE(FAILS(EBADF, fcntl(path, F_GETPIPE_SZ)));
	close(path);
	close(file);
}

TEST_F(calls, fcntl_does_all_else_as_before)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 7 };
	struct f_owner_ex owner = { .type = F_OWNER_PID, .pid = getpid() }, back = { };
	int file = file_of(20), copy;

	ASSERT_LE(0, file);
	EXPECT_EQ(O_RDONLY, fcntl(self->a[R], F_GETFL) & O_ACCMODE);
	EXPECT_EQ(0, fcntl(self->a[R], F_SETFL, O_NONBLOCK));
	EXPECT_TRUE(FAILS(EAGAIN, read(self->a[R], &lock, 1)));
	copy = fcntl(self->a[R], F_DUPFD_CLOEXEC, 100);
	EXPECT_EQ(100, copy);
	EXPECT_EQ(FD_CLOEXEC, fcntl(copy, F_GETFD));
	close(copy);
	EXPECT_EQ(0, fcntl(self->a[R], F_SETOWN_EX, &owner));
	EXPECT_EQ(0, fcntl(self->a[R], F_GETOWN_EX, &back));
	EXPECT_EQ(0, memcmp(&owner, &back, sizeof(owner)));
	EXPECT_EQ(getpid(), fcntl(self->a[R], F_GETOWN));
	EXPECT_EQ(0, fcntl(file, F_SETLK, &lock));
	if (child_fork() == 0) {
		lock.l_start = 0;
		lock.l_len = 0;
		EXPECT_EQ(0, fcntl(file, F_GETLK, &lock));
		EXPECT_EQ(F_WRLCK, lock.l_type);
		EXPECT_EQ(5, lock.l_start);
		EXPECT_EQ(7, lock.l_len);
		EXPECT_EQ(getppid(), lock.l_pid);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(children[0]));
	EXPECT_TRUE(FAILS(EINVAL, fcntl(file, 987654, 0)));
	close(file);
}

/* --- splice between pipes */

TEST_F(calls, splice_moves_what_there_is)
{
	ASSERT_TRUE(write_pattern(self->a[W], 10000, 0));
	EXPECT_EQ(3000, splice(self->a[R], NULL, self->b[W], NULL, 3000, 0));
	EXPECT_EQ(7000, bytes_in(self->a[R]));
	EXPECT_EQ(3000, bytes_in(self->b[R]));
	EXPECT_EQ(7000, splice(self->a[R], NULL, self->b[W], NULL, 1000000, SPLICE_F_MORE));
	EXPECT_TRUE(read_pattern(self->b[R], 10000, 0));
	end_close(&self->a[W]);
	EXPECT_EQ(0, splice(self->a[R], NULL, self->b[W], NULL, 1000, 0));
	EXPECT_EQ(0, splice(self->a[R], NULL, self->b[W], NULL, 1000, SPLICE_F_NONBLOCK));
}

TEST_F(calls, splice_stops_where_the_other_pipe_is_full)
{
	ASSERT_EQ(8192, fcntl(self->b[W], F_SETPIPE_SZ, 8192));
	ASSERT_TRUE(write_pattern(self->a[W], 32768, 0));
	ASSERT_TRUE(write_pattern(self->b[W], 4096, 0));
	EXPECT_EQ(4096, splice(self->a[R], NULL, self->b[W], NULL, 32768, 0));
	EXPECT_EQ(32768 - 4096, bytes_in(self->a[R]));
	EXPECT_TRUE(FAILS(EAGAIN, splice(self->a[R], NULL, self->b[W], NULL, 32768,
					 SPLICE_F_NONBLOCK)));
	EXPECT_EQ(32768 - 4096, bytes_in(self->a[R]));
	EXPECT_TRUE(read_pattern(self->b[R], 4096, 0));
	EXPECT_TRUE(read_pattern(self->b[R], 4096, 0));
	EXPECT_TRUE(read_pattern(self->a[R], 32768 - 4096, 4096));
}

TEST_F(calls, splice_does_not_wait_if_it_or_an_end_says_so)
{
	int i, *ends[] = { &self->a[R], &self->b[W] };

	EXPECT_TRUE(FAILS(EAGAIN, splice(self->a[R], NULL, self->b[W], NULL, 1,
					 SPLICE_F_NONBLOCK)));
	for (i = 0; i < 2; i++) {
		set_flag(*ends[i], O_NONBLOCK, true);
		EXPECT_TRUE(FAILS(EAGAIN, splice(self->a[R], NULL, self->b[W], NULL, 1, 0)));
		set_flag(*ends[i], O_NONBLOCK, false);
	}
	/* and where there is no room */
	ASSERT_LT(0, fill(self->b[W]));
	ASSERT_TRUE(write_pattern(self->a[W], 10, 0));
	for (i = 0; i < 2; i++) {
		set_flag(*ends[i], O_NONBLOCK, true);
		EXPECT_TRUE(FAILS(EAGAIN, splice(self->a[R], NULL, self->b[W], NULL, 1, 0)));
		set_flag(*ends[i], O_NONBLOCK, false);
	}
	EXPECT_EQ(10, bytes_in(self->a[R]));
}

TEST_F(calls, splice_waits_for_data_and_for_room)
{
	pid_t child = child_fork();

	if (child == 0) {
		end_close(&self->a[W]);
		EXPECT_EQ(5, splice(self->a[R], NULL, self->b[W], NULL, 100, 0));
		EXPECT_EQ(0, splice(self->a[R], NULL, self->b[W], NULL, 100, 0));
		child_exit();
	}
	EXPECT_TRUE(EVENTUALLY(task_is_blocked(child, SYS_ioctl) ||
			       task_is_blocked(child, SYS_splice)));
	ASSERT_TRUE(write_pattern(self->a[W], 5, 0));
	EXPECT_TRUE(read_pattern(self->b[R], 5, 0));
	end_close(&self->a[W]);
	EXPECT_EQ(0, child_wait(child));
}

TEST_F(calls, splice_to_a_pipe_that_nobody_reads)
{
	siginfo_t info;

	ASSERT_TRUE(write_pattern(self->a[W], 10, 0));
	end_close(&self->b[R]);
	EXPECT_TRUE(FAILS(EPIPE, splice(self->a[R], NULL, self->b[W], NULL, 10, 0)));
	EXPECT_EQ(0, take_signal(SIGPIPE, &info, 0));
	EXPECT_EQ(10, bytes_in(self->a[R]));
}

TEST_F(calls, splice_refuses_what_is_no_way)
{
	int file = file_of(10), other = file_of(10);
	loff_t at = 0;

	ASSERT_LE(0, file);
	ASSERT_LE(0, other);
	ASSERT_TRUE(write_pattern(self->a[W], 10, 0));
	ASSERT_TRUE(write_pattern(self->b[W], 10, 0));
	EXPECT_TRUE(FAILS(EINVAL, splice(self->a[R], NULL, self->a[W], NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EINVAL, splice(self->b[R], NULL, self->b[W], NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EINVAL, splice(file, NULL, other, NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EINVAL, splice(self->a[R], NULL, self->b[W], NULL, 10, 16)));
	EXPECT_TRUE(FAILS(EBADF, splice(self->a[W], NULL, self->b[W], NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, splice(self->a[R], NULL, self->b[R], NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, splice(self->a[R], NULL, 12345, NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, splice(12345, NULL, self->b[W], NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, splice(file, NULL, self->b[R], NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, splice(self->a[W], NULL, file, NULL, 10, 0)));
	EXPECT_TRUE(FAILS(ESPIPE, splice(self->a[R], &at, self->b[W], NULL, 10, 0)));
	EXPECT_TRUE(FAILS(ESPIPE, splice(self->a[R], NULL, self->b[W], &at, 10, 0)));
	EXPECT_TRUE(FAILS(ESPIPE, splice(self->a[R], &at, file, NULL, 10, 0)));
	EXPECT_TRUE(FAILS(ESPIPE, splice(file, NULL, self->b[W], &at, 10, 0)));
	EXPECT_TRUE(FAILS(ESPIPE, splice(file, &at, self->b[W], &at, 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, splice(self->a[R], &at, 12345, NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, splice(12345, NULL, self->b[W], &at, 10, 0)));
	/* nothing to do is done, wherever */
	EXPECT_EQ(0, splice(12345, NULL, 12346, NULL, 0, 0));
	EXPECT_EQ(0, at);
	EXPECT_EQ(10, bytes_in(self->a[R]));
	EXPECT_EQ(10, bytes_in(self->b[R]));
	close(file);
	close(other);
}

static void *splicing(void *arg)
{
	int *fds = arg;

	splice(fds[0], NULL, fds[1], NULL, 10, 0);
	return NULL;
}

TEST_F(calls, splice_is_a_cancellation_point)
{
	int fds[] = { self->a[R], self->b[W] };
	pthread_t thread;
	void *result;

	ASSERT_EQ(0, pthread_create(&thread, NULL, splicing, fds));
	ASSERT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(PTHREAD_CANCELED, result);
}

/* --- splice between a pipe and a file */

TEST_F(calls, splice_from_a_file)
{
	int file = file_of(200000);
	loff_t at = 777;

	ASSERT_LE(0, file);
	EXPECT_EQ(5000, splice(file, NULL, self->b[W], NULL, 5000, 0));
	EXPECT_EQ(5000, lseek(file, 0, SEEK_CUR));
	EXPECT_TRUE(read_pattern(self->b[R], 5000, 0));
	EXPECT_EQ(3000, splice(file, &at, self->b[W], NULL, 3000, 0));
	EXPECT_EQ(3777, at);
	EXPECT_EQ(5000, lseek(file, 0, SEEK_CUR));
	EXPECT_TRUE(read_pattern(self->b[R], 3000, 777));
	at = 200000;
	EXPECT_EQ(0, splice(file, &at, self->b[W], NULL, 3000, 0));
	EXPECT_EQ(200000, at);
	/* no more than the pipe takes at once */
	at = 0;
	EXPECT_EQ(65536, splice(file, &at, self->b[W], NULL, 200000, 0));
	EXPECT_EQ(65536, at);
	EXPECT_TRUE(FAILS(EAGAIN, splice(file, &at, self->b[W], NULL, 10, SPLICE_F_NONBLOCK)));
	EXPECT_EQ(65536, at);
	EXPECT_TRUE(read_pattern(self->b[R], 65536, 0));
	close(file);
}

TEST_F(calls, splice_to_a_file)
{
	int file = file_of(0);
	char buf[10];
	loff_t at = 5;

	ASSERT_LE(0, file);
	ASSERT_TRUE(write_pattern(self->a[W], 30000, 0));
	EXPECT_EQ(20000, splice(self->a[R], NULL, file, NULL, 20000, 0));
	EXPECT_EQ(20000, lseek(file, 0, SEEK_CUR));
	EXPECT_EQ(10000, splice(self->a[R], NULL, file, NULL, 50000, 0));
	EXPECT_EQ(0, lseek(file, 0, SEEK_SET));
	EXPECT_TRUE(read_pattern(file, 30000, 0));
	ASSERT_EQ(3, write(self->a[W], "xyz", 3));
	EXPECT_EQ(3, splice(self->a[R], NULL, file, &at, 100, 0));
	EXPECT_EQ(8, at);
	EXPECT_EQ(30000, lseek(file, 0, SEEK_CUR));
	EXPECT_EQ(10, pread(file, buf, 10, 0));
	EXPECT_EQ(0, memcmp(buf + 5, "xyz", 3));
	ASSERT_EQ(0, fcntl(file, F_SETFL, O_APPEND));
	ASSERT_EQ(3, write(self->a[W], "xyz", 3));
	EXPECT_TRUE(FAILS(EINVAL, splice(self->a[R], NULL, file, NULL, 100, 0)));
	EXPECT_EQ(3, bytes_in(self->a[R]));
	close(file);
}

TEST_F(calls, splice_with_positions_that_cannot_be)
{
	int file = file_of(100), sockets[2];
	loff_t at = -1;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	ASSERT_TRUE(write_pattern(self->a[W], 10, 0));
	EXPECT_TRUE(FAILS(EINVAL, splice(self->a[R], NULL, file, &at, 10, 0)));
	EXPECT_TRUE(FAILS(EINVAL, splice(file, &at, self->b[W], NULL, 10, 0)));
	EXPECT_EQ(-1, at);
	at = 0;
	EXPECT_TRUE(FAILS(EINVAL, splice(self->a[R], NULL, sockets[0], &at, 10, 0)));
	EXPECT_TRUE(FAILS(EINVAL, splice(sockets[0], &at, self->b[W], NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EFAULT, splice(file, (loff_t *)8, self->b[W], NULL, 10, 0)));
	EXPECT_TRUE(FAILS(EFAULT, splice(self->a[R], NULL, file, (loff_t *)8, 10, 0)));
	EXPECT_EQ(10, bytes_in(self->a[R]));
	EXPECT_EQ(0, bytes_in(self->b[R]));
	close(file);
	close(sockets[0]);
	close(sockets[1]);
}

TEST_F(calls, splice_to_and_from_a_socket)
{
	int sockets[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets));
	EXPECT_TRUE(FAILS(EAGAIN, splice(sockets[1], NULL, self->b[W], NULL, 10,
					 SPLICE_F_NONBLOCK)));
	ASSERT_TRUE(write_pattern(self->a[W], 10000, 0));
	EXPECT_EQ(10000, splice(self->a[R], NULL, sockets[0], NULL, 20000, 0));
	EXPECT_EQ(10000, splice(sockets[1], NULL, self->b[W], NULL, 20000, 0));
	EXPECT_TRUE(read_pattern(self->b[R], 10000, 0));
	close(sockets[0]);
	EXPECT_EQ(0, splice(sockets[1], NULL, self->b[W], NULL, 10, 0));
	close(sockets[1]);
}

/* --- tee */

TEST_F(calls, tee_copies_and_takes_nothing)
{
	ASSERT_TRUE(write_pattern(self->a[W], 10000, 0));
	EXPECT_EQ(3000, tee(self->a[R], self->b[W], 3000, 0));
	EXPECT_EQ(10000, bytes_in(self->a[R]));
	EXPECT_TRUE(read_pattern(self->b[R], 3000, 0));
	EXPECT_EQ(10000, tee(self->a[R], self->b[W], 1000000, 0));
	EXPECT_TRUE(read_pattern(self->b[R], 10000, 0));
	EXPECT_TRUE(read_pattern(self->a[R], 10000, 0));
	EXPECT_TRUE(FAILS(EAGAIN, tee(self->a[R], self->b[W], 10, SPLICE_F_NONBLOCK)));
	end_close(&self->a[W]);
	EXPECT_EQ(0, tee(self->a[R], self->b[W], 10, 0));
}

TEST_F(calls, tee_copies_what_fits)
{
	ASSERT_EQ(4096, fcntl(self->b[W], F_SETPIPE_SZ, 4096));
	ASSERT_TRUE(write_pattern(self->a[W], 8192, 0));
	EXPECT_EQ(4096, tee(self->a[R], self->b[W], 8192, 0));
	EXPECT_TRUE(FAILS(EAGAIN, tee(self->a[R], self->b[W], 8192, SPLICE_F_NONBLOCK)));
	set_flag(self->b[W], O_NONBLOCK, true);
	EXPECT_TRUE(FAILS(EAGAIN, tee(self->a[R], self->b[W], 8192, 0)));
	set_flag(self->b[W], O_NONBLOCK, false);
	set_flag(self->a[R], O_NONBLOCK, true);
	EXPECT_TRUE(FAILS(EAGAIN, tee(self->a[R], self->b[W], 8192, 0)));
	set_flag(self->a[R], O_NONBLOCK, false);
	EXPECT_TRUE(read_pattern(self->b[R], 4096, 0));
	EXPECT_TRUE(read_pattern(self->a[R], 8192, 0));
}

#ifdef KIPC_SHIM
struct teeing {
	int in;
	int out;
	pid_t tid;
	ssize_t done;
};

static void *tee_in_thread(void *arg)
{
	struct teeing *t = arg;

	__atomic_store_n(&t->tid, gettid(), __ATOMIC_RELEASE);
	t->done = tee(t->in, t->out, 10, 0);
	return NULL;
}

static bool is_teeing(struct teeing *t)
{
	pid_t tid = __atomic_load_n(&t->tid, __ATOMIC_ACQUIRE);

	return tid && task_is_blocked(tid, SYS_ioctl);
}

/* The library has descriptors of its own then. */
TEST_F(calls, tee_that_sleeps_does_not_close_what_took_a_number_meanwhile)
{
	struct teeing t = { .in = self->a[R], .out = self->b[W] };
	int low = lowest_free(), i, files[3];
	pthread_t thread;

	if (!variant->b_is_kipc)
		return;
	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_LT(0, fill(self->b[W]));
	ASSERT_TRUE(write_pattern(self->a[W], 10, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, tee_in_thread, &t));
	ASSERT_TRUE(EVENTUALLY(is_teeing(&t)));
	for (i = 0; i < 3; i++)
		close(low + i);
	for (i = 0; i < 3; i++)
		files[i] = open("/dev/null", O_RDONLY);
	EXPECT_TRUE(read_pattern(self->b[R], 65536, 0));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(10, t.done);
	EXPECT_TRUE(read_pattern(self->b[R], 10, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, close(files[i]));
}
#endif

TEST_F(calls, tee_refuses_what_is_no_way)
{
	int file = file_of(10);
	siginfo_t info;

	ASSERT_LE(0, file);
	ASSERT_TRUE(write_pattern(self->a[W], 10, 0));
	EXPECT_TRUE(FAILS(EINVAL, tee(self->a[R], self->a[W], 10, 0)));
	EXPECT_TRUE(FAILS(EINVAL, tee(self->a[R], file, 10, 0)));
	EXPECT_TRUE(FAILS(EINVAL, tee(file, self->b[W], 10, 0)));
	EXPECT_TRUE(FAILS(EINVAL, tee(self->a[R], self->b[W], 10, 16)));
	EXPECT_TRUE(FAILS(EBADF, tee(self->a[W], self->b[W], 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, tee(self->a[R], self->b[R], 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, tee(self->a[R], 12345, 10, 0)));
	EXPECT_TRUE(FAILS(EBADF, tee(12345, self->b[W], 10, 0)));
	EXPECT_EQ(0, tee(12345, 12346, 0, 0));
	end_close(&self->b[R]);
	EXPECT_TRUE(FAILS(EPIPE, tee(self->a[R], self->b[W], 10, 0)));
	EXPECT_EQ(0, take_signal(SIGPIPE, &info, 0));
	EXPECT_EQ(10, bytes_in(self->a[R]));
	close(file);
}

/* --- vmsplice */

TEST_F(calls, vmsplice_gathers_and_scatters)
{
	char out[3000], in[3000];
	struct iovec to[] = { { out, 100 }, { out + 100, 0 }, { out + 100, 2900 } };
	struct iovec from[] = { { in, 1 }, { in + 1, 2000 }, { in + 2001, 999 } };

	pattern(out, sizeof(out), 0);
	EXPECT_EQ(3000, vmsplice(self->a[W], to, 3, 0));
	EXPECT_EQ(3000, bytes_in(self->a[R]));
	EXPECT_EQ(2001, vmsplice(self->a[R], from, 2, 0));
	EXPECT_EQ(999, vmsplice(self->a[R], from + 2, 1, SPLICE_F_NONBLOCK));
	EXPECT_TRUE(is_pattern(in, sizeof(in), 0));
	EXPECT_TRUE(FAILS(EAGAIN, vmsplice(self->a[R], from, 3, SPLICE_F_NONBLOCK)));
	end_close(&self->a[W]);
	EXPECT_EQ(0, vmsplice(self->a[R], from, 3, 0));
}

TEST_F(calls, vmsplice_moves_what_fits)
{
	static char page[131072] __attribute__((aligned(4096)));
	struct iovec vec = { page, sizeof(page) };

	pattern(page, sizeof(page), 0);
	EXPECT_EQ(65536, vmsplice(self->a[W], &vec, 1, 0));
	EXPECT_TRUE(FAILS(EAGAIN, vmsplice(self->a[W], &vec, 1, SPLICE_F_NONBLOCK)));
	EXPECT_TRUE(read_pattern(self->a[R], 65536, 0));
}

/* The flag of the open file is for read and write; vmsplice has one of its own. */
TEST_F(calls, vmsplice_waits_whatever_the_end_says)
{
	struct iovec vec = { (char *)"0123456789", 10 };
	pid_t child;

	ASSERT_LT(0, fill(self->a[W]));
	set_flag(self->a[W], O_NONBLOCK, true);
	child = child_fork();
	if (child == 0) {
		EXPECT_EQ(10, vmsplice(self->a[W], &vec, 1, 0));
		child_exit();
	}
	EXPECT_TRUE(EVENTUALLY(task_is_blocked(child, SYS_ppoll) ||
			       task_is_blocked(child, SYS_vmsplice)));
	EXPECT_TRUE(read_pattern(self->a[R], 65536, 0));
	EXPECT_EQ(0, child_wait(child));
	EXPECT_EQ(10, bytes_in(self->a[R]));
}

#ifdef KIPC_SHIM
/* A page that is nowhere until it is let go. */
static ssize_t write_page(struct stuck_taker *taker)
{
	return write(taker->from, taker->page, STUCK_PAGE);
}

/* There is room, but no end of the write before: the kernel's own calls would all wait for it. */
TEST_F(calls, vmsplice_behind_a_writer_that_is_stopped_neither_fails_nor_spins)
{
	struct stuck_taker writer = { .take = write_page, .from = self->a[W] };
	struct iovec vec = { (char *)"0123456789", 10 };
	pid_t child;

	if (!variant->a_is_kipc)
		return;
	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_TRUE(stuck_taker_start(&writer));
	EXPECT_TRUE(FAILS(EAGAIN, vmsplice(self->a[W], &vec, 1, SPLICE_F_NONBLOCK)));
	child = child_fork();
	if (child == 0) {
		/* or the writer would be stopped for as long as we live */
		close(writer.faults);
		EXPECT_EQ(10, vmsplice(self->a[W], &vec, 1, 0));
		child_exit();
	}
	EXPECT_TRUE(EVENTUALLY(task_state(child) == 'D'));
	EXPECT_EQ(0, bytes_in(self->a[R]));
	EXPECT_EQ(EFAULT, stuck_taker_fail(&writer));
	EXPECT_EQ(0, child_wait(child));
	EXPECT_EQ(10, bytes_in(self->a[R]));
}
#endif

TEST_F(calls, vmsplice_refuses_what_is_no_way)
{
	struct iovec vec = { (char *)"0123456789", 10 }, nowhere = { (char *)8, 10 };
	static struct iovec many[UIO_MAXIOV + 1];
	int file = file_of(10);
	siginfo_t info;

	ASSERT_LE(0, file);
	EXPECT_TRUE(FAILS(EBADF, vmsplice(12345, &vec, 1, 0)));
	EXPECT_TRUE(FAILS(EBADF, vmsplice(file, &vec, 1, 0)));
	EXPECT_TRUE(FAILS(EINVAL, vmsplice(self->a[W], &vec, 1, 16)));
	EXPECT_TRUE(FAILS(EINVAL, vmsplice(self->a[W], many, UIO_MAXIOV + 1, 0)));
	EXPECT_TRUE(FAILS(EFAULT, vmsplice(self->a[W], (struct iovec *)8, 1, 0)));
	EXPECT_TRUE(FAILS(EFAULT, vmsplice(self->a[W], &nowhere, 1, 0)));
	EXPECT_EQ(0, vmsplice(self->a[W], &vec, 0, 0));
	EXPECT_EQ(0, bytes_in(self->a[R]));
	end_close(&self->a[R]);
	EXPECT_TRUE(FAILS(EPIPE, vmsplice(self->a[W], &vec, 1, 0)));
	EXPECT_EQ(0, take_signal(SIGPIPE, &info, 0));
	close(file);
}

/* --- sendfile */

TEST_F(calls, sendfile_fills_a_pipe_and_does_not_wait_for_more_room)
{
	int file = file_of(200000);
	off64_t at64 = 1000;
	siginfo_t info;
	off_t at = 500;

	ASSERT_LE(0, file);
	EXPECT_EQ(65536, sendfile(self->b[W], file, NULL, 200000));
	EXPECT_EQ(65536, lseek(file, 0, SEEK_CUR));
	set_flag(self->b[W], O_NONBLOCK, true);
	EXPECT_TRUE(FAILS(EAGAIN, sendfile(self->b[W], file, &at, 1)));
	EXPECT_EQ(500, at);
	EXPECT_TRUE(read_pattern(self->b[R], 65536, 0));
	EXPECT_EQ(1000, sendfile(self->b[W], file, &at, 1000));
	EXPECT_EQ(1500, at);
	EXPECT_TRUE(read_pattern(self->b[R], 1000, 500));
	EXPECT_EQ(1000, sendfile64(self->b[W], file, &at64, 1000));
	EXPECT_EQ(2000, at64);
	EXPECT_TRUE(read_pattern(self->b[R], 1000, 1000));
	EXPECT_EQ(65536, lseek(file, 0, SEEK_CUR));
	at = 200000;
	EXPECT_EQ(0, sendfile(self->b[W], file, &at, 1000));
	end_close(&self->b[R]);
	EXPECT_TRUE(FAILS(EPIPE, sendfile(self->b[W], file, NULL, 1000)));
	EXPECT_EQ(0, take_signal(SIGPIPE, &info, 0));
	close(file);
}

TEST_F(calls, sendfile_refuses_what_is_no_way)
{
	off_t *fixed = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int file = file_of(10), other = file_of(0);
	off_t at = -1;

	ASSERT_NE(MAP_FAILED, (void *)fixed);
	ASSERT_LE(0, file);
	ASSERT_LE(0, other);
	EXPECT_TRUE(FAILS(EBADF, sendfile(self->b[R], file, NULL, 10)));
	EXPECT_TRUE(FAILS(EBADF, sendfile(self->b[W], 12345, NULL, 10)));
	EXPECT_TRUE(FAILS(EBADF, sendfile(12345, file, NULL, 10)));
	EXPECT_TRUE(FAILS(EINVAL, sendfile(self->b[W], file, &at, 10)));
	at = 0;
	EXPECT_TRUE(FAILS(ESPIPE, sendfile(self->b[W], self->a[R], &at, 10)));
	EXPECT_TRUE(FAILS(EFAULT, sendfile(self->b[W], file, (off_t *)8, 10)));
	EXPECT_EQ(0, bytes_in(self->b[R]));
	/* what was sent is sent, even if nobody can be told how far */
	EXPECT_TRUE(FAILS(EFAULT, sendfile(self->b[W], file, fixed, 10)));
	EXPECT_TRUE(FAILS(EFAULT, sendfile64(self->b[W], file, (off64_t *)fixed, 10)));
	EXPECT_EQ(20, bytes_in(self->b[R]));
	EXPECT_EQ(10, sendfile(other, file, NULL, 10));
	close(file);
	close(other);
}

/* --- syscall(2) */

TEST_F(calls, numbers_of_the_calls_do_the_same)
{
	struct iovec vec = { (char *)"0123456789", 10 };
	int file = file_of(100), fds[2];
	loff_t at = 10;

	ASSERT_LE(0, file);
	EXPECT_EQ(65536, syscall(SYS_fcntl, self->a[R], F_GETPIPE_SZ));
	EXPECT_EQ(8192, syscall(SYS_fcntl, self->a[R], F_SETPIPE_SZ, 8192));
	EXPECT_EQ(0, syscall(SYS_fcntl, self->a[W], F_SETFL, O_WRONLY));
	EXPECT_TRUE(FAILS(EBADF, syscall(SYS_fcntl, 12345, F_GETPIPE_SZ)));
#ifdef SYS_fcntl64
	EXPECT_EQ(8192, syscall(SYS_fcntl64, self->a[R], F_GETPIPE_SZ));
#endif
	EXPECT_EQ(10, syscall(SYS_vmsplice, self->a[W], &vec, 1, 0));
	EXPECT_EQ(10, syscall(SYS_tee, self->a[R], self->b[W], 100, 0));
	EXPECT_EQ(10, bytes_in(self->a[R]));
	EXPECT_EQ(10, syscall(SYS_splice, self->a[R], NULL, self->b[W], NULL, 100, 0));
	EXPECT_EQ(0, bytes_in(self->a[R]));
	EXPECT_EQ(20, syscall(SYS_splice, file, &at, self->b[W], NULL, 20, 0));
	EXPECT_EQ(30, at);
	EXPECT_EQ(5, syscall(SYS_sendfile, self->b[W], file, NULL, 5));
#ifdef SYS_sendfile64
	EXPECT_EQ(5, syscall(SYS_sendfile64, self->b[W], file, &at, 5));
	EXPECT_EQ(35, at);
	EXPECT_EQ(5, read(self->b[R], fds, 5));
#endif
	EXPECT_EQ(45, bytes_in(self->b[R]));
	EXPECT_TRUE(FAILS(EBADF, syscall(SYS_splice, self->a[W], NULL, file, NULL, 1, 0)));

	EXPECT_EQ(0, syscall(SYS_pipe2, fds, O_CLOEXEC));
	EXPECT_EQ(UNDER_SHIM, is_kipc_pipe(fds[R]));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fds[R], F_GETFD));
	close(fds[R]);
	close(fds[W]);
#ifdef SYS_pipe
	EXPECT_EQ(0, syscall(SYS_pipe, fds));
	EXPECT_EQ(UNDER_SHIM, is_kipc_pipe(fds[W]));
	EXPECT_EQ(0, fcntl(fds[R], F_GETFD));
	close(fds[R]);
	close(fds[W]);
#endif
	close(file);
}

TEST_HARNESS_MAIN
