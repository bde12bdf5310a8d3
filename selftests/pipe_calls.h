/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests of what programs do with pipes by functions of the C library. They are built twice:
 * as they are, for the kernel's calls, and with KIPC_SHIM for the same by way of
 * libkipc-preload.so, where pipes are kipc's. So what they expect is proved to be what the
 * kernel does.
 */
#ifndef KIPC_PIPE_CALLS_H
#define KIPC_PIPE_CALLS_H

#include "kipc_test.h"

#include <dlfcn.h>

static inline bool is_kipc_pipe(int fd)
{
	struct kipc_pipe_size arg;

	return ioctl(fd, KIPC_IOC_PIPE_GET_SIZE, &arg) == 0;
}

/* A pipe of the kernel, by the function that the shim stands before. */
static inline int kernel_pipe(int fds[2], int flags)
{
#ifdef KIPC_SHIM
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	int (*function)(int fds[2], int flags);

	*(void **)&function = libc ? dlsym(libc, "pipe2") : NULL;
	return function ? function(fds, flags) : -1;
#else
	return pipe2(fds, flags);
#endif
}

/* In the end there are no more descriptors than in the beginning, nor pipes. */
FIXTURE(libc)
{
	int low;
	int dev;
	struct kipc_stats before;
};

FIXTURE_SETUP(libc)
{
	self->dev = kipc_open();
	ASSERT_LE(0, self->dev)
		TH_LOG(KIPC_DEVICE ": %s", strerror(errno));
	self->before = stats_of(self->dev);
	self->low = lowest_free();
	ASSERT_LE(0, self->low);
}

FIXTURE_TEARDOWN(libc)
{
	children_reap();
	EXPECT_EQ(self->low, lowest_free());
	EXPECT_TRUE(stats_return_to(self->dev, &self->before));
	close(self->dev);
}

#endif /* KIPC_PIPE_CALLS_H */
