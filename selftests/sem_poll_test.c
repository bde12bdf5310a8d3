// SPDX-License-Identifier: GPL-2.0
/*
 * What poll, select and epoll are told of a set whose descriptor watches for a list
 * (KIPC_IOC_SEM_WATCH). The same for io_uring is in sem_uring_test, removal in
 * sem_life_test.
 */
#include "epoll.h"
#include "sem_kipc_fixture.h"
#include "sem_steps.h"

static bool is_readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1 && pfd.revents == POLLIN;
}

/* Whether there was an edge since this was asked last. */
static bool has_edge(int ep)
{
	return epoll_take(ep, 0) > 0;
}

TEST_F(set, readable_while_the_list_could_be_done)
{
	int fd = sem_open_on(self->dev, self->id, KIPC_SEM_RDONLY);

	ASSERT_LE(0, fd);
	EXPECT_FALSE(is_readable(fd));
	ASSERT_EQ(0, WATCH(fd, SEM_OP(0, -2, 0), SEM_OP(1, 0, 0)));
	EXPECT_FALSE(is_readable(fd));
	EXPECT_EQ(0, sem_do(self->id, 0, 1, 0));
	EXPECT_FALSE(is_readable(fd));
	EXPECT_EQ(0, sem_do(self->id, 0, 1, 0));
	EXPECT_TRUE(is_readable(fd));
	EXPECT_EQ(0, sem_do(self->id, 1, 1, 0));
	EXPECT_FALSE(is_readable(fd));
	EXPECT_EQ(0, sem_setval(self->id, 1, 0));
	EXPECT_TRUE(is_readable(fd));
	/* another list takes the place of the first */
	ASSERT_EQ(0, WATCH(fd, SEM_OP(3, -1, 0)));
	EXPECT_FALSE(is_readable(fd));
	EXPECT_EQ(0, sem_do(self->id, 3, 1, 0));
	EXPECT_TRUE(is_readable(fd));
	ASSERT_EQ(0, watch_end(fd));
	EXPECT_FALSE(is_readable(fd));
	EXPECT_TRUE(SEM_VALUES(self->id, 2, 0, 0, 1));
	close(fd);
}

TEST_F(set, list_that_cannot_be_watched_is_refused_and_the_last_one_stays)
{
	static const struct sembuf good = SEM_OP(0, -1, 0);
	struct kipc_sem_watch none = { .ops = 1, .nops = 1 };
	int fd = sem_open_on(self->dev, self->id, KIPC_SEM_RDONLY);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, WATCH(fd, SEM_OP(0, -1, 0)));
	EXPECT_EQ(-1, WATCH(fd, SEM_OP(1, 0, 0), SEM_OP(0, 0, IPC_NOWAIT)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, WATCH(fd, SEM_OP(0, 0, SEM_UNDO)));
	EXPECT_EQ(EINVAL, errno);
	/* there are 4 */
	EXPECT_EQ(-1, WATCH(fd, SEM_OP(1, 0, 0), SEM_OP(4, 0, 0)));
	EXPECT_EQ(EFBIG, errno);
	EXPECT_EQ(-1, sem_watch_on(fd, &good, 1 << 20));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SEM_WATCH, &none));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_FALSE(is_readable(fd));
	EXPECT_EQ(0, sem_do(self->id, 0, 1, 0));
	EXPECT_TRUE(is_readable(fd));
	close(fd);
}

TEST_F(set, edge_comes_with_each_change_of_a_semaphore_in_the_list)
{
	/* the second one has the same semaphore several times */
	static const struct sembuf lists[2][3] = {
		{ SEM_OP(0, -1, 0), SEM_OP(1, -1, 0) },
		{ SEM_OP(0, -1, 0), SEM_OP(0, 1, 0), SEM_OP(0, -1, 0) },
	};
	unsigned short values[4] = { 1, 1, 1, 1 };
	int fds[2], eps[2], i;

	for (i = 0; i < 2; i++) {
		fds[i] = sem_open_on(self->dev, self->id, KIPC_SEM_RDONLY);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, sem_watch_on(fds[i], lists[i], 2 + i));
		eps[i] = epoll_on(fds[i], EPOLLIN | EPOLLET);
		ASSERT_LE(0, eps[i]);
		EXPECT_FALSE(has_edge(eps[i]));
	}
	EXPECT_EQ(0, sem_do(self->id, 0, 1, 0));
	EXPECT_FALSE(has_edge(eps[0]));
	EXPECT_TRUE(has_edge(eps[1]));
	EXPECT_FALSE(has_edge(eps[1]));
	EXPECT_EQ(0, sem_do(self->id, 1, 1, 0));
	EXPECT_TRUE(has_edge(eps[0]));
	EXPECT_FALSE(has_edge(eps[1]));
	/* all at once, and one after the other again */
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, sem_setall(self->id, values, 4));
		EXPECT_TRUE(has_edge(eps[0]));
		EXPECT_FALSE(has_edge(eps[0]));
		EXPECT_TRUE(has_edge(eps[1]));
		EXPECT_EQ(0, sem_do(self->id, 0, 1, 0));
		EXPECT_TRUE(has_edge(eps[0]));
		EXPECT_TRUE(has_edge(eps[1]));
		EXPECT_EQ(0, sem_do(self->id, 2, 1, 0));
		EXPECT_FALSE(has_edge(eps[0]));
		EXPECT_FALSE(has_edge(eps[1]));
	}
	for (i = 0; i < 2; i++) {
		close(eps[i]);
		close(fds[i]);
	}
}

/* A list is looked at once for what changes at once; not as often as it is long. */
TEST_F_TIMEOUT(set, list_that_is_very_long_holds_up_nobody, 240)
{
	enum { OPS = 65536, SEMS = 4096, FILES = 3 };
	struct sembuf *ops = calloc(OPS, sizeof(*ops));
	unsigned short *values = calloc(SEMS, sizeof(*values));
	int fds[FILES], id, i, k;

	ASSERT_NE(NULL, ops);
	ASSERT_NE(NULL, values);
	ASSERT_EQ(0, sem_limit_set("sem", "32000 32000 65536 128"));
	id = sem_new(SEMS);
	ASSERT_LE(0, id);
	for (k = 0; k < FILES; k++) {
		/* all for one, for two, for as many as there are */
		for (i = 0; i < OPS; i++)
			ops[i] = SEM_OP(k == 0 ? 0 : k == 1 ? i / 2 % 2 : i / 2 % SEMS,
					i % 2 ? 1 : -1, 0);
		fds[k] = sem_open_on(self->dev, id, KIPC_SEM_RDONLY);
		ASSERT_LE(0, fds[k]);
		ASSERT_EQ(0, sem_watch_on(fds[k], ops, OPS));
		EXPECT_FALSE(is_readable(fds[k]));
	}
	for (i = 0; i < SEMS; i++)
		values[i] = 1;
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(0, sem_setall(id, values, SEMS));
		EXPECT_EQ(0, sem_do(id, 0, 1, 0));
		EXPECT_EQ(0, sem_do(id, 0, -2, 0));
		EXPECT_FALSE(is_readable(fds[i % FILES]));
		EXPECT_EQ(0, sem_do(id, 0, 1, 0));
		EXPECT_TRUE(is_readable(fds[i % FILES]));
	}
	for (k = 0; k < FILES; k++)
		close(fds[k]);
	EXPECT_EQ(0, sem_rmid(id));
	free(values);
	free(ops);
}

/* All files together; what one of them gives up another one may have. */
TEST_F_TIMEOUT(set, operations_that_are_polled_for_are_limited, 240)
{
	enum { OPS = 65536, FILES = KIPC_SEM_WATCHED_MAX / OPS };
	struct sembuf *ops = calloc(OPS, sizeof(*ops));
	int fds[FILES], more, id, i;

	ASSERT_NE(NULL, ops);
	ASSERT_EQ(0, sem_limit_set("sem", "32000 32000 65536 128"));
	id = sem_new(1);
	ASSERT_LE(0, id);
	for (i = 0; i < OPS; i++)
		ops[i] = SEM_OP(0, -1, 0);
	for (i = 0; i < FILES; i++) {
		fds[i] = sem_open_on(self->dev, id, KIPC_SEM_RDONLY);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, sem_watch_on(fds[i], ops, OPS));
	}
	more = sem_open_on(self->dev, id, KIPC_SEM_RDONLY);
	ASSERT_LE(0, more);
	EXPECT_EQ(-1, sem_watch_on(more, ops, 1));
	EXPECT_EQ(ENOSPC, errno);
	/* instead of its own */
	EXPECT_EQ(0, sem_watch_on(fds[0], ops, OPS));
	EXPECT_EQ(0, sem_watch_on(fds[0], ops, OPS - 1));
	EXPECT_EQ(0, sem_watch_on(more, ops, 1));
	EXPECT_EQ(-1, sem_watch_on(fds[0], ops, OPS));
	EXPECT_EQ(ENOSPC, errno);
	close(fds[1]);
	EXPECT_EQ(0, sem_watch_on(fds[0], ops, OPS));
	EXPECT_EQ(0, sem_do(id, 0, 1, 0));
	EXPECT_TRUE(is_readable(more));
	close(more);
	for (i = 0; i < FILES; i++)
		if (i != 1)
			close(fds[i]);
	EXPECT_EQ(0, sem_rmid(id));
	free(ops);
}

TEST_HARNESS_MAIN
