// SPDX-License-Identifier: GPL-2.0
/*
 * KIPC_IOC_PIPE_SPLICE and _TEE: between a pipe of kipc and files, sockets, pipes of
 * the kernel and of kipc.
 */
#include "kipc_fixture.h"

#include <sys/epoll.h>
#include <sys/socket.h>

/* Move @len bytes at most; what came back in @len, or -1. */
static long long splice_kipc(int pipe, int fd, unsigned int flags, unsigned long long len,
			     unsigned long long *offset)
{
	struct kipc_pipe_splice arg = {
		.fd = fd, .flags = flags, .len = len, .offset = offset ? *offset : 0,
	}, same = arg;

	if (ioctl(pipe, KIPC_IOC_PIPE_SPLICE, &arg))
		return memcmp(&arg, &same, sizeof(arg)) ? -2 : -1;
	if (offset)
		*offset = arg.offset;
	return arg.len;
}

static long long tee_kipc(int pipe, int fd, unsigned int flags, unsigned long long len)
{
	struct kipc_pipe_splice arg = { .fd = fd, .flags = flags, .len = len }, same = arg;

	if (ioctl(pipe, KIPC_IOC_PIPE_TEE, &arg))
		return memcmp(&arg, &same, sizeof(arg)) ? -2 : -1;
	return arg.len;
}

/* A file that holds @len bytes of the pattern, its position at the beginning. */
static int file_of(size_t len)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (fd < 0 || !write_pattern(fd, len, 0) || lseek(fd, 0, SEEK_SET))
		return -1;
	return fd;
}

#define TO	KIPC_SPLICE_TO_PIPE
#define FROM	KIPC_SPLICE_FROM_PIPE
#define NOWAIT	KIPC_SPLICE_NONBLOCK
#define AT	KIPC_SPLICE_OFFSET

/* --- files */

TEST_F(kipc, splice_from_a_file_uses_and_moves_its_position)
{
	int fd = file_of(20000);

	ASSERT_LE(0, fd);
	EXPECT_EQ(5000, splice_kipc(self->w, fd, TO, 5000, NULL));
	EXPECT_EQ(5000, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(5000, bytes_in(self->r));
	EXPECT_EQ(15000, splice_kipc(self->w, fd, TO, 50000, NULL));
	EXPECT_EQ(0, splice_kipc(self->w, fd, TO, 50000, NULL));
	EXPECT_EQ(20000, lseek(fd, 0, SEEK_CUR));
	EXPECT_TRUE(read_pattern(self->r, 20000, 0));
	close(fd);
}

TEST_F(kipc, splice_from_a_file_at_an_offset_leaves_its_position)
{
	unsigned long long offset = 777;
	int fd = file_of(20000);

	ASSERT_LE(0, fd);
	EXPECT_EQ(9000, splice_kipc(self->w, fd, TO | AT, 9000, &offset));
	EXPECT_EQ(9777, offset);
	EXPECT_EQ(0, lseek(fd, 0, SEEK_CUR));
	EXPECT_TRUE(read_pattern(self->r, 9000, 777));
	offset = 20000;
	EXPECT_EQ(0, splice_kipc(self->w, fd, TO | AT, 9000, &offset));
	EXPECT_EQ(20000, offset);
	close(fd);
}

TEST_F(kipc, splice_to_a_file_uses_and_moves_its_position)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_TRUE(write_pattern(self->w, 30000, 0));
	EXPECT_EQ(10000, splice_kipc(self->r, fd, FROM, 10000, NULL));
	EXPECT_EQ(20000, bytes_in(self->r));
	EXPECT_EQ(10000, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(20000, splice_kipc(self->r, fd, FROM, 50000, NULL));
	EXPECT_EQ(0, bytes_in(self->r));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_TRUE(read_pattern(fd, 30000, 0));
	close(fd);
}

TEST_F(kipc, splice_to_a_file_at_an_offset_leaves_its_position)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	unsigned long long offset = 4000;
	char c;

	ASSERT_LE(0, fd);
	ASSERT_TRUE(write_pattern(self->w, 3000, 4000));
	EXPECT_EQ(3000, splice_kipc(self->r, fd, FROM | AT, 3000, &offset));
	EXPECT_EQ(7000, offset);
	EXPECT_EQ(0, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(1, read(fd, &c, 1));
	EXPECT_EQ(0, c);
	ASSERT_EQ(4000, lseek(fd, 4000, SEEK_SET));
	EXPECT_TRUE(read_pattern(fd, 3000, 4000));
	close(fd);
}

TEST_F(kipc, splice_into_a_pipe_stops_when_it_is_full)
{
	int fd = file_of(100000);

	ASSERT_LE(0, fd);
	EXPECT_EQ(65536, splice_kipc(self->w, fd, TO, 100000, NULL));
	EXPECT_EQ(65536, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(-1, splice_kipc(self->w, fd, TO | NOWAIT, 100000, NULL));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(65536, lseek(fd, 0, SEEK_CUR));
	EXPECT_TRUE(read_pattern(self->r, 65536, 0));
	close(fd);
}

TEST_F(kipc, splice_to_dev_null_drains_and_from_dev_zero_fills)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	unsigned char buf[1000];

	ASSERT_LE(0, null);
	ASSERT_LE(0, zero);
	memset(buf, POISON, sizeof(buf));
	EXPECT_EQ(1000, splice_kipc(self->w, zero, TO, 1000, NULL));
	EXPECT_EQ(1000, read(self->r, buf, sizeof(buf)));
	EXPECT_TRUE(is_all(buf, 0, sizeof(buf)));
	ASSERT_EQ(65536, fill(self->w));
	EXPECT_EQ(65536, splice_kipc(self->r, null, FROM, 100000, NULL));
	EXPECT_EQ(0, bytes_in(self->r));
	/* all that there is room for, of what never waits */
	EXPECT_EQ(65536, splice_kipc(self->w, zero, TO, 100000, NULL));
	EXPECT_EQ(65536, bytes_in(self->r));
	close(null);
	close(zero);
}

/*
 * Class 9: a page of the file must never be in the pipe. What is written behind the
 * spliced bytes would land in the file, and what is written to the file would change
 * what is on its way already.
 */
TEST_F(kipc, spliced_data_and_its_file_do_not_touch_each_other)
{
	char path[] = "/tmp/kipc-splice-XXXXXX";
	unsigned char buf[8192];
	int files[2], i, k;

	files[0] = memfd_create("file", MFD_CLOEXEC);
	files[1] = mkstemp(path);
	ASSERT_LE(0, files[0]);
	ASSERT_LE(0, files[1]);
	unlink(path);
	for (i = 0; i < 2; i++) {
		ASSERT_TRUE(write_pattern(files[i], 8192, 0));
		ASSERT_EQ(0, lseek(files[i], 0, SEEK_SET));
		/* a part of a page, so that there is room to merge into */
		ASSERT_EQ(100, splice_kipc(self->w, files[i], TO, 100, NULL));
		for (k = 0; k < 50; k++)
			ASSERT_EQ(10, write(self->w, "overwrite!", 10));
		ASSERT_EQ(8192, pread(files[i], buf, 8192, 0));
		EXPECT_TRUE(is_pattern(buf, 8192, 0));

		memset(buf, 'X', sizeof(buf));
		ASSERT_EQ(8192, pwrite(files[i], buf, 8192, 0));
		ASSERT_EQ(0, ftruncate(files[i], 0));
		EXPECT_TRUE(read_pattern(self->r, 100, 0));
		for (k = 0; k < 50; k++) {
			ASSERT_EQ(10, read(self->r, buf, 10));
			ASSERT_EQ(0, memcmp(buf, "overwrite!", 10));
		}
	}
	/* the other way: the file keeps what it got when the pipe goes on */
	ASSERT_TRUE(write_pattern(self->w, 4096, 0));
	ASSERT_EQ(0, lseek(files[0], 0, SEEK_SET));
	ASSERT_EQ(4096, splice_kipc(self->r, files[0], FROM, 4096, NULL));
	ASSERT_EQ(65536, fill(self->w));
	ASSERT_EQ(4096, pread(files[0], buf, 4096, 0));
	EXPECT_TRUE(is_pattern(buf, 4096, 0));
	close(files[0]);
	close(files[1]);
}

TEST_F(kipc, splice_system_call_brings_no_page_of_a_file_either)
{
	int fd = file_of(4096), fds[2];
	unsigned char buf[4096];
	loff_t offset = 0;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	/* the kernel's pipe does hold the file's page, and hands it to ours */
	ASSERT_EQ(100, splice(fd, &offset, fds[1], NULL, 100, 0));
	ASSERT_EQ(100, splice(fds[0], NULL, self->w, NULL, 100, 0));
	ASSERT_EQ(5, write(self->w, "12345", 5));
	ASSERT_EQ(4096, pread(fd, buf, 4096, 0));
	EXPECT_TRUE(is_pattern(buf, 4096, 0));
	memset(buf, 'X', sizeof(buf));
	ASSERT_EQ(4096, pwrite(fd, buf, 4096, 0));
	EXPECT_TRUE(read_pattern(self->r, 100, 0));
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

/* --- pipes and sockets */

TEST_F(kipc, splice_goes_both_ways_with_a_pipe_of_the_kernel)
{
	int fds[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_TRUE(write_pattern(fds[1], 10000, 0));
	EXPECT_EQ(4000, splice_kipc(self->w, fds[0], TO, 4000, NULL));
	EXPECT_EQ(6000, splice_kipc(self->w, fds[0], TO, 6000, NULL));
	EXPECT_EQ(0, bytes_in(fds[0]));
	EXPECT_EQ(10000, splice_kipc(self->r, fds[1], FROM, 60000, NULL));
	EXPECT_EQ(0, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(fds[0], 10000, 0));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(kipc, splice_goes_both_ways_with_a_socket)
{
	int socks[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	ASSERT_TRUE(write_pattern(self->w, 10000, 0));
	EXPECT_EQ(10000, splice_kipc(self->r, socks[0], FROM, 10000, NULL));
	EXPECT_TRUE(read_pattern(socks[1], 5000, 0));
	EXPECT_EQ(5000, splice_kipc(self->w, socks[1], TO, 5000, NULL));
	EXPECT_TRUE(read_pattern(self->r, 5000, 5000));
	close(socks[0]);
	EXPECT_EQ(0, splice_kipc(self->w, socks[1], TO, 5000, NULL));
	close(socks[1]);
}

TEST_F(kipc, splice_joins_pipes_of_kipc_named_from_either_side)
{
	int fds[2];

	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 1 << 20));
	ASSERT_TRUE(write_pattern(self->w, 20000, 0));
	EXPECT_EQ(10000, splice_kipc(self->r, fds[1], FROM, 10000, NULL));
	EXPECT_EQ(10000, splice_kipc(fds[1], self->r, TO, 10000, NULL));
	EXPECT_EQ(0, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(fds[0], 20000, 0));
	close(fds[0]);
	close(fds[1]);
}

enum { MESSAGE = 1000 };

/* Two ends, to read from and to write to, that keep messages apart. */
static int messages_from(int dev, int kind, int fds[2])
{
	switch (kind) {
	case 0:
		return pipe2(fds, O_DIRECT | O_CLOEXEC);
	case 1:
		return kipc_pipe(dev, fds, KIPC_PIPE_PACKET, 0);
	case 2:
		return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds);
	default:
		return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
	}
}

/* A byte of room is enough for who reads from a file, but not for one that gives messages. */
TEST_F(kipc, splice_into_a_nearly_full_pipe_cuts_no_message)
{
	char buf[PIPE_BUF], c;
	int kind, fds[2];
	pid_t pid;

	for (kind = 0; kind < 4; kind++) {
		ASSERT_EQ(0, messages_from(self->dev, kind, fds));
		ASSERT_TRUE(write_pattern(fds[1], MESSAGE, 0));
		ASSERT_TRUE(write_pattern(fds[1], MESSAGE, MESSAGE));
		ASSERT_EQ(65536, fill(self->w));
		ASSERT_EQ(1, read(self->r, &c, 1));
		EXPECT_EQ(-1, splice_kipc(self->w, fds[0], TO | NOWAIT, 65536, NULL));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(65535, bytes_in(self->r));

		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(MESSAGE, splice_kipc(self->w, fds[0], TO, 65536, NULL));
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
		EXPECT_EQ(1, stat_of(self->r).sleeping_writers);
		ASSERT_TRUE(read_pattern(self->r, PIPE_BUF - 2, 1));
		EXPECT_TRUE(task_is_blocked(pid, SYS_ioctl));
		ASSERT_TRUE(read_pattern(self->r, 1, PIPE_BUF - 1));
		EXPECT_EQ(0, child_wait(pid));

		/* with room for it, who asks for no more than that may have it */
		EXPECT_EQ(MESSAGE, splice_kipc(self->w, fds[0], TO | NOWAIT, MESSAGE, NULL));
		EXPECT_TRUE(read_pattern(self->r, 65536 - PIPE_BUF, PIPE_BUF));
		EXPECT_EQ(2 * MESSAGE, read(self->r, buf, sizeof(buf)));
		EXPECT_TRUE(is_pattern(buf, 2 * MESSAGE, 0))
			TH_LOG("kind %d", kind);
		close(fds[0]);
		close(fds[1]);
	}
}

/* A child that splices what @fd has, up to @len, into the pipe; it exits with what came. */
static pid_t splicer_from(const struct _test_data_kipc *self, int fd, size_t len)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(splice_kipc(self->w, fd, TO, len, NULL));
	return asleep_in(pid, SYS_ioctl);
}

/* What one that waits for input has reserved may be most of a small pipe, for any time. */
TEST_F(kipc, splice_does_with_what_others_have_left_of_an_empty_pipe)
{
	int idle[2], busy[2];
	pid_t first, second;
	char buf[8192];

	ASSERT_LE(0, size_set(self->w, 4096));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, idle));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, busy));
	first = splicer_from(self, idle[0], 100);
	ASSERT_LT(0, first);

	ASSERT_TRUE(write_pattern(busy[1], 50, 0));
	EXPECT_EQ(50, splice_kipc(self->w, busy[0], TO | NOWAIT, 65536, NULL));

	/* not while something is there to be read */
	ASSERT_TRUE(write_pattern(busy[1], 50, 50));
	EXPECT_EQ(-1, splice_kipc(self->w, busy[0], TO | NOWAIT, 65536, NULL));
	EXPECT_EQ(EAGAIN, errno);
	second = splicer_from(self, busy[0], 65536);
	ASSERT_LT(0, second);
	EXPECT_TRUE(read_pattern(self->r, 49, 0));
	EXPECT_TRUE(task_is_blocked(second, SYS_ioctl));
	EXPECT_TRUE(read_pattern(self->r, 1, 49));
	EXPECT_EQ(50, child_wait(second));
	EXPECT_TRUE(read_pattern(self->r, 50, 50));

	/* as does a write that can be divided */
	second = child_fork();
	if (!second)
		_exit(write_pattern(self->w, sizeof(buf), 0) ? 0 : 1);
	EXPECT_TRUE(read_pattern(self->r, sizeof(buf), 0));
	EXPECT_EQ(0, child_wait(second));

	ASSERT_TRUE(write_pattern(idle[1], 60, 0));
	EXPECT_EQ(60, child_wait(first));
	EXPECT_TRUE(read_pattern(self->r, 60, 0));
	close(idle[0]);
	close(idle[1]);
	close(busy[0]);
	close(busy[1]);
}

TEST_F(kipc, splice_from_a_file_uses_the_last_free_byte)
{
	int fd = file_of(100);
	char c;

	ASSERT_LE(0, fd);
	ASSERT_EQ(65536, fill(self->w));
	ASSERT_EQ(1, read(self->r, &c, 1));
	EXPECT_EQ(1, splice_kipc(self->w, fd, TO, 100, NULL));
	EXPECT_EQ(1, lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ(-1, splice_kipc(self->w, fd, TO | NOWAIT, 100, NULL));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(read_pattern(self->r, 65535, 1));
	EXPECT_TRUE(read_pattern(self->r, 1, 0));
	close(fd);
}

/* splice(2) and tee(2) give another pipe what fits, and wait for nothing more. */
TEST_F(kipc, another_pipe_gets_what_fits_at_once)
{
	static char buf[65536 - PIPE_BUF];
	int round, fds[2];

	pattern(buf, sizeof(buf), 0);
	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, round ? kipc_pipe(self->dev, fds, 0, 0) : pipe2(fds, O_CLOEXEC));
		/* in one go: in odd pieces the kernel's pipe would be full before */
		ASSERT_EQ((ssize_t)sizeof(buf), write(fds[1], buf, sizeof(buf)));
		ASSERT_TRUE(write_pattern(self->w, 2 * PIPE_BUF, 0));
		EXPECT_EQ(PIPE_BUF, tee_kipc(self->r, fds[1], 0, 2 * PIPE_BUF));
		EXPECT_EQ(2 * PIPE_BUF, bytes_in(self->r));
		ASSERT_TRUE(read_pattern(fds[0], PIPE_BUF, 0));
		EXPECT_EQ(PIPE_BUF, splice_kipc(self->r, fds[1], FROM, 2 * PIPE_BUF, NULL));
		EXPECT_EQ(PIPE_BUF, bytes_in(self->r));

		/* now it is full: whoever must not wait is told so, by any of the three */
		EXPECT_EQ(-1, splice_kipc(self->r, fds[1], FROM | NOWAIT, PIPE_BUF, NULL));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(-1, tee_kipc(self->r, fds[1], NOWAIT, PIPE_BUF));
		EXPECT_EQ(EAGAIN, errno);
		ASSERT_EQ(0, set_flag(self->r, O_NONBLOCK, true));
		EXPECT_EQ(-1, splice_kipc(self->r, fds[1], FROM, PIPE_BUF, NULL));
		EXPECT_EQ(EAGAIN, errno);
		ASSERT_EQ(0, set_flag(self->r, O_NONBLOCK, false));
		ASSERT_EQ(0, set_flag(fds[1], O_NONBLOCK, true));
		EXPECT_EQ(-1, splice_kipc(self->r, fds[1], FROM, PIPE_BUF, NULL));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(PIPE_BUF, bytes_in(self->r));
		EXPECT_TRUE(read_pattern(self->r, PIPE_BUF, PIPE_BUF));

		/* a pipe that appends is a pipe like others */
		EXPECT_TRUE(read_pattern(fds[0], 65536 - 2 * PIPE_BUF, PIPE_BUF));
		ASSERT_EQ(0, set_flag(fds[1], O_APPEND, true));
		ASSERT_TRUE(write_pattern(self->w, 10, 0));
		EXPECT_EQ(10, splice_kipc(self->r, fds[1], FROM, 10, NULL));
		close(fds[0]);
		close(fds[1]);
	}
}

TEST_F(kipc, input_that_is_not_there_yet_is_eagain_with_nonblock)
{
	int fds[2], socks[2];

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	EXPECT_EQ(-1, splice_kipc(self->w, fds[0], TO | NOWAIT, 100, NULL));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, splice_kipc(self->w, socks[0], TO | NOWAIT, 100, NULL));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(3, write(fds[1], "abc", 3));
	ASSERT_EQ(2, write(socks[1], "de", 2));
	EXPECT_EQ(3, splice_kipc(self->w, fds[0], TO | NOWAIT, 100, NULL));
	EXPECT_EQ(2, splice_kipc(self->w, socks[0], TO | NOWAIT, 100, NULL));
	EXPECT_EQ(5, bytes_in(self->r));
	close(fds[0]);
	close(fds[1]);
	close(socks[0]);
	close(socks[1]);
}

TEST_F(kipc, tee_copies_and_takes_nothing)
{
	int fd = memfd_create("file", MFD_CLOEXEC), fds[2], native[2];

	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
	ASSERT_EQ(0, pipe2(native, O_CLOEXEC));
	ASSERT_TRUE(write_pattern(self->w, 9000, 0));
	EXPECT_EQ(9000, tee_kipc(self->r, fds[1], 0, 20000));
	EXPECT_EQ(9000, bytes_in(self->r));
	EXPECT_EQ(100, tee_kipc(self->r, native[1], 0, 100));
	EXPECT_EQ(9000, tee_kipc(self->r, fd, 0, 9000));
	EXPECT_EQ(9000, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(fds[0], 9000, 0));
	EXPECT_TRUE(read_pattern(native[0], 100, 0));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_TRUE(read_pattern(fd, 9000, 0));
	EXPECT_TRUE(read_pattern(self->r, 9000, 0));
	close(fd);
	close(fds[0]);
	close(fds[1]);
	close(native[0]);
	close(native[1]);
}

/* Packets behind a stream that does not fit in the buffer which the bytes pass through. */
TEST_F(kipc, tee_ends_behind_the_first_packet_as_a_read_does)
{
	enum { STREAM = 20480, PACKET = 100, PACKETS = 5, LEN = STREAM + PACKET };
	unsigned char *buf = malloc(65536);
	int fds[2], i;

	ASSERT_NE(NULL, buf);
	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
	ASSERT_TRUE(write_pattern(self->w, STREAM, 0));
	ASSERT_EQ(0, set_flag(self->w, O_DIRECT, true));
	for (i = 0; i < PACKETS; i++)
		ASSERT_TRUE(write_pattern(self->w, PACKET, STREAM + i * PACKET));
	EXPECT_EQ(LEN, tee_kipc(self->r, fds[1], 0, 65536));
	EXPECT_EQ(LEN, bytes_in(fds[0]));
	EXPECT_TRUE(read_pattern(fds[0], LEN, 0));
	EXPECT_EQ(STREAM + PACKETS * PACKET, bytes_in(self->r));
	EXPECT_EQ(LEN, read(self->r, buf, 65536));
	EXPECT_TRUE(is_pattern(buf, LEN, 0));
	for (i = 1; i < PACKETS; i++) {
		EXPECT_EQ(PACKET, tee_kipc(self->r, fds[1], 0, 65536));
		EXPECT_TRUE(read_pattern(fds[0], PACKET, STREAM + i * PACKET));
		EXPECT_EQ(PACKET, read(self->r, buf, 65536));
		EXPECT_TRUE(is_pattern(buf, PACKET, STREAM + i * PACKET));
	}
	EXPECT_EQ(0, bytes_in(self->r));
	free(buf);
	close(fds[0]);
	close(fds[1]);
}

/* --- waiting, ends */

TEST_F(kipc, nothing_to_move_is_eagain_0_or_a_wait)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	pid_t pid;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, splice_kipc(self->r, fd, FROM | NOWAIT, 100, NULL));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, tee_kipc(self->r, fd, NOWAIT, 100));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, splice_kipc(self->r, fd, FROM, 0, NULL));
	EXPECT_EQ(0, tee_kipc(self->r, fd, 0, 0));

	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(3, splice_kipc(self->r, fd, FROM, 100, NULL));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	EXPECT_EQ(1, stat_of(self->r).sleeping_readers);
	ASSERT_EQ(3, write(self->w, "abc", 3));
	EXPECT_EQ(0, child_wait(pid));

	end_close(&self->w);
	EXPECT_EQ(0, splice_kipc(self->r, fd, FROM, 100, NULL));
	EXPECT_EQ(0, tee_kipc(self->r, fd, 0, 100));
	close(fd);
}

TEST_F(kipc, splice_into_a_full_pipe_waits_for_room)
{
	int fd = file_of(100);
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_EQ(65536, fill(self->w));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(100, splice_kipc(self->w, fd, TO, 100, NULL));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	EXPECT_EQ(1, stat_of(self->r).sleeping_writers);
	ASSERT_TRUE(read_pattern(self->r, 65536, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(read_pattern(self->r, 100, 0));
	close(fd);
}

TEST_F(kipc, waiting_splice_is_interrupted_or_killed_and_nothing_is_lost)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGUSR1, 0);
		EXPECT_EQ(-1, splice_kipc(self->r, fd, FROM, 100, NULL));
		EXPECT_EQ(EINTR, errno);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, child_wait(pid));
	pid = child_fork();
	if (!pid) {
		splice_kipc(self->r, fd, FROM, 100, NULL);
		_exit(1);
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(0, stat_of(self->r).sleeping_readers);
	ASSERT_TRUE(write_pattern(self->w, 100, 0));
	EXPECT_TRUE(read_pattern(self->r, 100, 0));
	close(fd);
}

/*
 * A splice need never sleep, and yet has to end when its thread is wanted. The signal is what
 * the other side of the pipe gets for the first part of the splice.
 */
TEST_F(kipc, signal_ends_a_splice_in_which_data_flows)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), fd = file_of(65536);
	long long n;

	ASSERT_LE(0, null);
	ASSERT_LE(0, fd);
	handle_signal(SIGIO, 0);
	ASSERT_EQ(65536, fill(self->w));
	ASSERT_EQ(0, fcntl(self->w, F_SETOWN, getpid()));
	ASSERT_EQ(0, set_flag(self->w, O_ASYNC, true));
	n = splice_kipc(self->r, null, FROM, 65536, NULL);
	EXPECT_LT(0, signals_seen);
	EXPECT_LT(0, n);
	EXPECT_GT(65536, n);
	EXPECT_EQ(65536 - n, bytes_in(self->r));
	ASSERT_EQ(0, set_flag(self->w, O_ASYNC, false));
	EXPECT_TRUE(read_pattern(self->r, 65536 - n, n));

	signals_seen = 0;
	ASSERT_EQ(0, fcntl(self->r, F_SETOWN, getpid()));
	ASSERT_EQ(0, set_flag(self->r, O_ASYNC, true));
	n = splice_kipc(self->w, fd, TO, 65536, NULL);
	EXPECT_LT(0, signals_seen);
	EXPECT_LT(0, n);
	EXPECT_GT(65536, n);
	EXPECT_EQ(n, bytes_in(self->r));
	EXPECT_EQ(n, lseek(fd, 0, SEEK_CUR));
	EXPECT_TRUE(read_pattern(self->r, n, 0));
	close(null);
	close(fd);
}

/* While the other file blocks, the pipe must go on, and lose nothing if it is killed. */
TEST_F(kipc, splice_blocked_by_the_other_file_can_be_killed)
{
	int fds[2];
	pid_t pid;

	/* into: the source has nothing */
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	pid = child_fork();
	if (!pid) {
		splice_kipc(self->w, fds[0], TO, 100, NULL);
		_exit(1);
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	ASSERT_TRUE(write_pattern(self->w, 50000, 0));
	EXPECT_TRUE(read_pattern(self->r, 50000, 0));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(65536, fill(self->w));
	/* out of: the target is full */
	ASSERT_EQ(65536, fill(fds[1]));
	pid = child_fork();
	if (!pid) {
		splice_kipc(self->r, fds[1], FROM, 100, NULL);
		_exit(1);
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(65536, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 65536, 0));
	close(fds[0]);
	close(fds[1]);
}

/* While a splice has claimed the bytes, readers wait; then they must see the end, too. */
static void read_behind_a_splice(struct __test_metadata *_metadata,
				 struct _test_data_kipc *self, int readers, bool kill_it)
{
	struct pollfd poller = { .fd = self->r };
	pid_t splicer, polling, pids[2];
	int fds[2], i, left;
	char buf[10];
	ssize_t n;

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(65536, fill(fds[1]));
	ASSERT_EQ(3, write(self->w, "abc", 3));
	splicer = child_fork();
	if (!splicer) {
		close(self->w);
		EXPECT_EQ(3, splice_kipc(self->r, fds[1], FROM, 100, NULL));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(splicer, SYS_ioctl));
	for (i = 0; i < readers; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			close(self->w);
			n = read(self->r, buf, sizeof(buf));
			EXPECT_TRUE(n == 0 || (n == 3 && !memcmp(buf, "abc", 3)));
			_exit(_metadata->passed ? 10 + n : 1);
		}
		ASSERT_TRUE(wait_blocked(pids[i], SYS_read));
	}
	block_signal(SIGIO);
	ASSERT_EQ(0, fcntl(self->r, F_SETOWN, getpid()));
	ASSERT_EQ(0, set_flag(self->r, O_ASYNC, true));
	end_close(&self->w);
	EXPECT_EQ(0, take_signal(SIGIO, NULL, DEADLINE_MS));
	/* a reader would have to wait, so poll must not say that it is the end */
	EXPECT_EQ(0, poll_now(self->r, POLL_ALL));
	EXPECT_EQ(-1, take_signal(SIGIO, NULL, 0));
	polling = child_fork();
	if (!polling) {
		EXPECT_EQ(1, poll(&poller, 1, -1));
		EXPECT_EQ(POLLHUP, poller.revents);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(polling, CALL_POLL));
	if (kill_it) {
		EXPECT_EQ(128 + SIGKILL, child_kill(splicer));
	} else {
		EXPECT_TRUE(read_pattern(fds[0], 65536, 0));
		EXPECT_EQ(0, child_wait(splicer));
		EXPECT_EQ(3, bytes_in(fds[0]));
	}
	/* what the splice did not take goes to one of them, all others come to the end */
	left = kill_it ? 3 : 0;
	for (i = 0; i < readers; i++) {
		int status = child_wait(pids[i]);

		EXPECT_TRUE(status == 10 || status == 10 + left)
			TH_LOG("reader %d: %d", i, status);
		if (status == 10 + left)
			left = 0;
	}
	EXPECT_EQ(0, left);
	EXPECT_EQ(0, child_wait(polling));
	EXPECT_EQ(0, take_signal(SIGIO, NULL, DEADLINE_MS));
	EXPECT_EQ(POLLHUP, poll_now(self->r, POLL_ALL));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(kipc, reader_behind_a_splice_comes_to_the_end_of_file)
{
	read_behind_a_splice(_metadata, self, 1, false);
}

TEST_F(kipc, all_readers_behind_a_splice_come_to_the_end_of_file)
{
	read_behind_a_splice(_metadata, self, 2, false);
}

TEST_F(kipc, readers_behind_a_killed_splice_get_the_rest_and_the_end_of_file)
{
	read_behind_a_splice(_metadata, self, 2, true);
}

TEST_F(kipc, splice_that_waits_for_its_file_lets_the_next_writer_in)
{
	unsigned char *buf = malloc(65536);
	pid_t splicer, writer;
	int socks[2];

	ASSERT_NE(NULL, buf);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	ASSERT_EQ(65536, fill(self->w));
	splicer = child_fork();
	if (!splicer) {
		EXPECT_EQ(100, splice_kipc(self->w, socks[0], TO, 100, NULL));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(splicer, SYS_ioctl));
	writer = child_fork();
	if (!writer) {
		EXPECT_EQ(1, write(self->w, "x", 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(writer, SYS_write));
	EXPECT_EQ(2, stat_of(self->r).sleeping_writers);
	/* in one read, which wakes the splice alone; that goes on to sleep in the socket */
	ASSERT_EQ(65536, read(self->r, buf, 65536));
	EXPECT_EQ(0, child_wait(writer));
	EXPECT_EQ(1, bytes_in(self->r));
	EXPECT_EQ(POLLOUT, poll_now(self->w, POLLOUT));
	ASSERT_TRUE(write_pattern(socks[1], 100, 0));
	EXPECT_EQ(0, child_wait(splicer));
	EXPECT_EQ(1, read(self->r, buf, 1));
	EXPECT_TRUE(read_pattern(self->r, 100, 0));
	free(buf);
	close(socks[0]);
	close(socks[1]);
}

TEST_F(kipc, splice_into_a_pipe_without_reader_is_epipe_with_sigpipe)
{
	int fd = file_of(100);

	ASSERT_LE(0, fd);
	handle_signal(SIGPIPE, 0);
	end_close(&self->r);
	EXPECT_EQ(-1, splice_kipc(self->w, fd, TO, 100, NULL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(1, signals_seen);
	EXPECT_EQ(0, lseek(fd, 0, SEEK_CUR));
	close(fd);
}

TEST_F(kipc, splice_to_a_broken_pipe_takes_nothing)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	close(fds[0]);
	ASSERT_TRUE(write_pattern(self->w, 100, 0));
	EXPECT_EQ(-1, splice_kipc(self->r, fds[1], FROM, 100, NULL));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_TRUE(read_pattern(self->r, 100, 0));
	close(fds[1]);
}

/* --- what is refused, with nothing moved */

TEST_F(kipc, splice_refuses_what_cannot_be)
{
	int file = file_of(100), append = file_of(10), epoll = epoll_create1(EPOLL_CLOEXEC);
	int dir = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int path = open("/proc", O_PATH | O_CLOEXEC);
	int fds[2], made = pipe2(fds, O_CLOEXEC);
	int rdonly = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int wronly = open("/dev/null", O_WRONLY | O_CLOEXEC);
	const struct {
		int pipe, fd;
		unsigned int flags;
		unsigned long long offset;
		int error;
	} cases[] = {
		/* the same pipe, either end of it */
		{ self->r, self->w, FROM, 0, EINVAL },
		{ self->w, self->r, TO, 0, EINVAL },
		/* directions */
		{ self->r, file, 0, 0, EINVAL },
		{ self->r, file, TO | FROM, 0, EINVAL },
		{ self->r, file, NOWAIT, 0, EINVAL },
		{ self->w, file, FROM, 0, EBADF },
		{ self->r, file, TO, 0, EBADF },
		{ self->r, rdonly, FROM, 0, EBADF },
		{ self->w, wronly, TO, 0, EBADF },
		{ self->r, self->r, FROM, 0, EBADF },
		/* descriptors */
		{ self->r, -1, FROM, 0, EBADF },
		{ self->r, 1 << 20, FROM, 0, EBADF },
		{ self->w, path, TO, 0, EBADF },
		/* files that are no streams of bytes */
		{ self->w, epoll, TO, 0, EINVAL },
		{ self->r, epoll, FROM, 0, EINVAL },
		{ self->w, dir, TO, 0, EINVAL },
		{ self->r, append, FROM, 0, EINVAL },
		/* offsets */
		{ self->r, file, FROM, 1, EINVAL },
		{ self->r, file, FROM | AT, 1ULL << 63, EINVAL },
		{ self->w, file, TO | AT, ~0ULL, EINVAL },
		{ self->r, fds[1], FROM | AT, 0, ESPIPE },
		{ self->w, fds[0], TO | AT, 0, ESPIPE },
		/* flags */
		{ self->r, file, FROM | 1U << 4, 0, EINVAL },
		{ self->r, file, FROM | 1U << 31, 0, EINVAL },
	};
	struct kipc_pipe_splice arg;
	size_t i;
	int ret;

	ASSERT_EQ(0, made);
	ASSERT_LE(0, epoll);
	ASSERT_EQ(0, set_flag(append, O_APPEND, true));
	ASSERT_TRUE(write_pattern(self->w, 100, 0));
	ASSERT_TRUE(write_pattern(fds[1], 100, 0));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		arg = (struct kipc_pipe_splice) {
			.fd = cases[i].fd, .flags = cases[i].flags, .len = 10,
			.offset = cases[i].offset,
		};
		errno = 0;
		ret = ioctl(cases[i].pipe, KIPC_IOC_PIPE_SPLICE, &arg);
		EXPECT_EQ(-1, ret);
		EXPECT_EQ(cases[i].error, errno)
			TH_LOG("case %zu", i);
		EXPECT_EQ(10, arg.len);
		EXPECT_EQ(cases[i].offset, arg.offset);
	}
	EXPECT_EQ(100, bytes_in(self->r));
	EXPECT_EQ(100, bytes_in(fds[0]));
	EXPECT_EQ(0, lseek(file, 0, SEEK_CUR));
	EXPECT_TRUE(read_pattern(self->r, 100, 0));
	for (i = 0; i < 2; i++)
		close(fds[i]);
	close(file);
	close(append);
	close(epoll);
	close(dir);
	close(path);
	close(rdonly);
	close(wronly);
}

TEST_F(kipc, what_cannot_take_part_is_refused_without_waiting)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	pid_t pid;

	ASSERT_LE(0, epoll);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(-1, splice_kipc(self->r, self->dev, FROM, 100, NULL));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, splice_kipc(self->r, epoll, FROM, 100, NULL));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, tee_kipc(self->r, self->dev, 0, 100));
		EXPECT_EQ(EINVAL, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(65536, fill(self->w));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(-1, splice_kipc(self->w, self->dev, TO, 100, NULL));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, splice_kipc(self->w, epoll, TO, 100, NULL));
		EXPECT_EQ(EINVAL, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	close(epoll);
}

TEST_F(kipc, tee_refuses_what_cannot_be)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_TRUE(write_pattern(self->w, 100, 0));
	EXPECT_EQ(-1, tee_kipc(self->r, self->w, 0, 10));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, tee_kipc(self->w, fd, 0, 10));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, tee_kipc(self->r, -1, 0, 10));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, tee_kipc(self->r, fd, FROM, 10));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, tee_kipc(self->r, fd, AT, 10));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(100, bytes_in(self->r));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_END));
	close(fd);
}

TEST_F(kipc, splice_keeps_the_rest_when_the_other_file_fails)
{
	int fd = memfd_create("file", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	ASSERT_TRUE(write_pattern(self->w, 100, 0));
	EXPECT_EQ(-1, splice_kipc(self->r, fd, FROM, 100, NULL));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(100, bytes_in(self->r));
	EXPECT_TRUE(read_pattern(self->r, 100, 0));
	close(fd);
}

TEST_HARNESS_MAIN
