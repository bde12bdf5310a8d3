/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of what only kipc's pipes do: the device, and a pipe of
 * the default capacity. Changed parameters of the module are put back in the end.
 */
#ifndef KIPC_KIPC_FIXTURE_H
#define KIPC_KIPC_FIXTURE_H

#include "kipc_test.h"

FIXTURE(kipc)
{
	int dev;
	int r;
	int w;
	long long size_max;
	long long user_pages;
	struct kipc_stats before;
};

FIXTURE_SETUP(kipc)
{
	int fds[2];

	self->dev = kipc_open();
	ASSERT_LE(0, self->dev)
		TH_LOG(KIPC_DEVICE ": %s", strerror(errno));
	self->size_max = param_get("pipe_size_max");
	self->user_pages = param_get("pipe_user_pages");
	ASSERT_LT(0, self->size_max);
	ASSERT_LT(0, self->user_pages);
	self->before = stats_of(self->dev);
	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
	self->r = fds[0];
	self->w = fds[1];
}

FIXTURE_TEARDOWN(kipc)
{
	children_reap();
	EXPECT_EQ(0, param_set("pipe_size_max", self->size_max));
	EXPECT_EQ(0, param_set("pipe_user_pages", self->user_pages));
	if (self->r >= 0)
		close(self->r);
	if (self->w >= 0)
		close(self->w);
	EXPECT_TRUE(stats_return_to(self->dev, &self->before));
	close(self->dev);
}

static inline void end_close(int *fd)
{
	close(*fd);
	*fd = -1;
}

static inline long long size_get(int fd)
{
	struct kipc_pipe_size arg = { .size = ~0ULL };

	return ioctl(fd, KIPC_IOC_PIPE_GET_SIZE, &arg) ? -1 : (long long)arg.size;
}

/* The capacity given, or -1; then the argument has not changed. */
static inline long long size_set(int fd, unsigned long long size)
{
	struct kipc_pipe_size arg = { .size = size };

	if (!ioctl(fd, KIPC_IOC_PIPE_SET_SIZE, &arg))
		return arg.size;
	return arg.size == size ? -1 : -2;
}

#endif /* KIPC_KIPC_FIXTURE_H */
