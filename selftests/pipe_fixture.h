/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of what a pipe is: every one of them runs with the
 * kernel's own pipe as well as with kipc's, so that what it expects is proved to be
 * what the kernel does.
 *
 * Built with KIPC_SHIM, they run with those that the C library's calls give by way of
 * libkipc-preload.so, which are kipc's.
 *
 * A test begins with a new pipe, its ends in self->r and self->w; an end that a test
 * closes it sets to -1, by pipe_close().
 */
#ifndef KIPC_PIPE_FIXTURE_H
#define KIPC_PIPE_FIXTURE_H

#include "kipc_test.h"

FIXTURE(pipe)
{
	int dev;
	int r;
	int w;
	struct kipc_stats before;
};

FIXTURE_VARIANT(pipe)
{
	bool kipc;
};

#ifdef KIPC_SHIM
FIXTURE_VARIANT_ADD(pipe, shim)
{
	.kipc = true,
};
#else
FIXTURE_VARIANT_ADD(pipe, native)
{
	.kipc = false,
};

FIXTURE_VARIANT_ADD(pipe, kipc)
{
	.kipc = true,
};
#endif

static inline void pipe_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Begin again with a pipe made with other flags. */
static inline int pipe_renew(struct _test_data_pipe *self, int flags)
{
	int fds[2];

	pipe_close(&self->r);
	pipe_close(&self->w);
	if (pipe_make(self->dev, fds, flags))
		return -1;
	self->r = fds[0];
	self->w = fds[1];
	return 0;
}

/* Move up to @len bytes of the pipe to the file @out, by the implementation's own call. */
static inline ssize_t move(struct _test_data_pipe *self, int out, size_t len)
{
	struct kipc_pipe_splice arg = { .fd = out, .len = len, .flags = KIPC_SPLICE_FROM_PIPE };

	if (self->dev < 0)
		return splice(self->r, NULL, out, NULL, len, 0);
	return ioctl(self->r, KIPC_IOC_PIPE_SPLICE, &arg) ? -1 : (ssize_t)arg.len;
}

/* Begin with the kernel's pipe or kipc's. */
static inline void pipe_begin(struct __test_metadata *_metadata, struct _test_data_pipe *self,
			      bool kipc)
{
	struct kipc_pipe_size size;

	self->dev = -1;
	self->r = -1;
	self->w = -1;
	if (kipc) {
		self->dev = kipc_open();
		ASSERT_LE(0, self->dev)
			TH_LOG(KIPC_DEVICE ": %s", strerror(errno));
		self->before = stats_of(self->dev);
	}
	ASSERT_EQ(0, pipe_renew(self, 0));
	/* the shim may give one of the kernel */
	ASSERT_EQ(kipc ? 0 : -1, ioctl(self->r, KIPC_IOC_PIPE_GET_SIZE, &size));
}

static inline void pipe_end(struct __test_metadata *_metadata, struct _test_data_pipe *self)
{
	children_reap();
	pipe_close(&self->r);
	pipe_close(&self->w);
	if (self->dev >= 0) {
		EXPECT_TRUE(stats_return_to(self->dev, &self->before));
		close(self->dev);
	}
}

FIXTURE_SETUP(pipe)
{
	pipe_begin(_metadata, self, variant->kipc);
}

FIXTURE_TEARDOWN(pipe)
{
	pipe_end(_metadata, self);
}

#endif /* KIPC_PIPE_FIXTURE_H */
