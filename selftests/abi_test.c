// SPDX-License-Identifier: GPL-2.0
/*
 * The ABI is frozen: numbers, sizes and places of all members, the same for 32-bit
 * and 64-bit programs. Built both ways; each call is made both ways.
 */
#include "kipc_fixture.h"

#include <assert.h>
#include <stddef.h>

static_assert(sizeof(struct kipc_query) == 32, "frozen");
static_assert(sizeof(struct kipc_stats) == 56, "frozen");
static_assert(sizeof(struct kipc_pipe_create) == 24, "frozen");
static_assert(sizeof(struct kipc_pipe_size) == 8, "frozen");
static_assert(sizeof(struct kipc_pipe_splice) == 24, "frozen");
static_assert(sizeof(struct kipc_pipe_stat) == 56, "frozen");

#define SIZE(type, want) \
	{ #type, sizeof(struct type), want }
#define PLACE(type, member, want) \
	{ #type "." #member, offsetof(struct type, member), want }

TEST(numbers_of_the_calls_are_frozen)
{
	EXPECT_EQ(0xC020BB00U, KIPC_IOC_QUERY);
	EXPECT_EQ(0x8038BB01U, KIPC_IOC_STATS);
	EXPECT_EQ(0xC018BB10U, KIPC_IOC_PIPE_CREATE);
	EXPECT_EQ(0x8008BB11U, KIPC_IOC_PIPE_GET_SIZE);
	EXPECT_EQ(0xC008BB12U, KIPC_IOC_PIPE_SET_SIZE);
	EXPECT_EQ(0xC018BB13U, KIPC_IOC_PIPE_SPLICE);
	EXPECT_EQ(0xC018BB14U, KIPC_IOC_PIPE_TEE);
	EXPECT_EQ(0x8038BB15U, KIPC_IOC_PIPE_STAT);
}

TEST(flags_are_frozen)
{
	EXPECT_EQ(1, KIPC_ON_INSTANCE);
	EXPECT_EQ(2, KIPC_ON_PIPE);
	EXPECT_EQ(1, KIPC_PIPE_CLOEXEC);
	EXPECT_EQ(2, KIPC_PIPE_NONBLOCK);
	EXPECT_EQ(4, KIPC_PIPE_PACKET);
	EXPECT_EQ(1, KIPC_SPLICE_TO_PIPE);
	EXPECT_EQ(2, KIPC_SPLICE_FROM_PIPE);
	EXPECT_EQ(4, KIPC_SPLICE_NONBLOCK);
	EXPECT_EQ(8, KIPC_SPLICE_OFFSET);
	EXPECT_EQ(0x4b495043, KIPCFS_MAGIC);
	EXPECT_STREQ("kipc", KIPC_DEVICE_NAME);
	EXPECT_STREQ("kipcfs", KIPCFS_NAME);
}

TEST(structures_are_frozen)
{
	static const struct {
		const char *name;
		size_t is, want;
	} places[] = {
		SIZE(kipc_query, 32),
		PLACE(kipc_query, nr, 0),
		PLACE(kipc_query, abi, 4),
		PLACE(kipc_query, size_min, 8),
		PLACE(kipc_query, size_max, 12),
		PLACE(kipc_query, flags, 16),
		PLACE(kipc_query, targets, 24),
		PLACE(kipc_query, reserved, 28),
		SIZE(kipc_stats, 56),
		PLACE(kipc_stats, pipes, 0),
		PLACE(kipc_stats, fifos, 8),
		PLACE(kipc_stats, buffer_pages, 16),
		PLACE(kipc_stats, user_pages, 24),
		PLACE(kipc_stats, user_pages_max, 32),
		PLACE(kipc_stats, pipe_size_max, 40),
		PLACE(kipc_stats, page_size, 48),
		PLACE(kipc_stats, reserved, 52),
		SIZE(kipc_pipe_create, 24),
		PLACE(kipc_pipe_create, flags, 0),
		PLACE(kipc_pipe_create, reserved, 4),
		PLACE(kipc_pipe_create, size, 8),
		PLACE(kipc_pipe_create, rfd, 16),
		PLACE(kipc_pipe_create, wfd, 20),
		SIZE(kipc_pipe_size, 8),
		PLACE(kipc_pipe_size, size, 0),
		SIZE(kipc_pipe_splice, 24),
		PLACE(kipc_pipe_splice, fd, 0),
		PLACE(kipc_pipe_splice, flags, 4),
		PLACE(kipc_pipe_splice, len, 8),
		PLACE(kipc_pipe_splice, offset, 16),
		SIZE(kipc_pipe_stat, 56),
		PLACE(kipc_pipe_stat, size, 0),
		PLACE(kipc_pipe_stat, used, 8),
		PLACE(kipc_pipe_stat, pages, 16),
		PLACE(kipc_pipe_stat, packets, 24),
		PLACE(kipc_pipe_stat, readers, 32),
		PLACE(kipc_pipe_stat, writers, 36),
		PLACE(kipc_pipe_stat, sleeping_readers, 40),
		PLACE(kipc_pipe_stat, sleeping_writers, 44),
		PLACE(kipc_pipe_stat, sleeping_openers, 48),
		PLACE(kipc_pipe_stat, reserved, 52),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		EXPECT_EQ(places[i].want, places[i].is)
			TH_LOG("%s", places[i].name ?: "");
}

TEST_F(kipc, create_gives_a_pipe_that_works)
{
	struct kipc_pipe_create arg;
	char buf[8];

	memset(&arg, 0, sizeof(arg));
	arg.flags = KIPC_PIPE_NONBLOCK | KIPC_PIPE_CLOEXEC | KIPC_PIPE_PACKET;
	arg.size = 123456;
	arg.rfd = -1;
	arg.wfd = -1;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, &arg));
	EXPECT_EQ(131072, arg.size);
	EXPECT_EQ(FD_CLOEXEC, fcntl(arg.rfd, F_GETFD));
	EXPECT_EQ(O_NONBLOCK, fcntl(arg.rfd, F_GETFL) & (O_NONBLOCK | O_DIRECT));
	EXPECT_EQ(O_NONBLOCK | O_DIRECT, fcntl(arg.wfd, F_GETFL) & (O_NONBLOCK | O_DIRECT));
	EXPECT_EQ(2, write(arg.wfd, "ab", 2));
	EXPECT_EQ(1, write(arg.wfd, "c", 1));
	EXPECT_EQ(POLLIN, poll_now(arg.rfd, POLLIN));
	EXPECT_EQ(3, bytes_in(arg.rfd));
	EXPECT_EQ(2, read(arg.rfd, buf, sizeof(buf)));
	EXPECT_EQ(1, read(arg.rfd, buf, sizeof(buf)));
	EXPECT_EQ(-1, read(arg.rfd, buf, sizeof(buf)));
	EXPECT_EQ(EAGAIN, errno);
	close(arg.rfd);
	close(arg.wfd);
}

TEST_F(kipc, vectors_blocking_and_signals_work)
{
	struct iovec out[] = { { "ab", 2 }, { "cde", 3 } };
	char a[4] = "", b[4] = "";
	struct iovec in[] = { { a, 3 }, { b, 3 } };
	pid_t pid;

	ASSERT_EQ(5, writev(self->w, out, 2));
	EXPECT_EQ(5, readv(self->r, in, 2));
	EXPECT_STREQ("abc", a);
	EXPECT_STREQ("de", b);
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGUSR1, 0);
		EXPECT_EQ(-1, read(self->r, a, 1));
		EXPECT_EQ(EINTR, errno);
		EXPECT_EQ(1, read(self->r, a, 1));
		child_exit();
	}
	ASSERT_TRUE(EVENTUALLY(stat_of(self->r).sleeping_readers == 1));
	kill(pid, SIGUSR1);
	ASSERT_TRUE(EVENTUALLY(!signals_pending(pid) &&
			       stat_of(self->r).sleeping_readers == 1));
	ASSERT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(kipc, sizes_beyond_32_bits_are_seen_whole)
{
	struct kipc_pipe_size size = { .size = (1ULL << 32) + 8192 };
	struct kipc_pipe_splice splice = {
		.fd = self->w, .flags = KIPC_SPLICE_FROM_PIPE | KIPC_SPLICE_OFFSET, .len = 1,
		.offset = 1ULL << 32,
	};
	int fd = memfd_create("file", MFD_CLOEXEC);

	/* cut off, it would be a fine size */
	EXPECT_EQ(-1, ioctl(self->r, KIPC_IOC_PIPE_SET_SIZE, &size));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(65536, size_get(self->r));
	EXPECT_EQ(1 << 20, size_set(self->r, 1 << 20));

	ASSERT_EQ(1, write(self->w, "x", 1));
	splice.fd = fd;
	ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_PIPE_SPLICE, &splice));
	EXPECT_EQ((1ULL << 32) + 1, splice.offset);
	EXPECT_EQ((1LL << 32) + 1, lseek64(fd, 0, SEEK_END));
	close(fd);
}

TEST_F(kipc, splice_tee_stat_stats_and_query_work)
{
	int fd = memfd_create("file", MFD_CLOEXEC), fds[2];
	struct kipc_pipe_splice arg;
	struct kipc_query query;
	struct kipc_pipe_stat stat;

	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
	ASSERT_TRUE(write_pattern(self->w, 5000, 0));
	arg = (struct kipc_pipe_splice) { .fd = fds[1], .len = ~0ULL };
	ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_PIPE_TEE, &arg));
	EXPECT_EQ(5000, arg.len);
	arg = (struct kipc_pipe_splice) {
		.fd = fd, .flags = KIPC_SPLICE_FROM_PIPE, .len = ~0ULL,
	};
	ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_PIPE_SPLICE, &arg));
	EXPECT_EQ(5000, arg.len);
	EXPECT_TRUE(read_pattern(fds[0], 5000, 0));

	ASSERT_EQ(3, write(self->w, "abc", 3));
	stat = stat_of(self->r);
	EXPECT_EQ(65536, stat.size);
	EXPECT_EQ(3, stat.used);
	EXPECT_EQ(1, stat.readers);
	EXPECT_EQ(1, stat.writers);
	EXPECT_EQ(self->before.pipes + 2, stats_of(self->dev).pipes);

	memset(&query, 0, sizeof(query));
	query.nr = KIPC_NR_PIPE_STAT;
	ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_QUERY, &query));
	EXPECT_EQ(sizeof(stat), query.size_max);
	EXPECT_EQ(KIPC_ON_PIPE, query.targets);
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

TEST_F(kipc, bad_input_is_refused)
{
	struct kipc_pipe_create arg = { .flags = 1U << 31 };

	EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, &arg));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, nowhere()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_PIPE_STAT, &arg));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_HARNESS_MAIN
