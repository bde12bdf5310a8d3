/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of libkipc: an empty instance, opened by the library and, to
 * compare with, by itself. What kipc_test.h has under the library's names are the same
 * calls without it; they are called raw_* here.
 */
#ifndef KIPC_LIB_FIXTURE_H
#define KIPC_LIB_FIXTURE_H

#define kipc_open	raw_open
#define kipc_pipe	raw_pipe
#include "mounts.h"
#undef kipc_open
#undef kipc_pipe

#include <dirent.h>
#include <pthread.h>
#include <sys/mman.h>

#include <kipc.h>

#define OWN	MOUNTS "/own"
#define SELF	KIPC_ID_SELF
#define KEY	0x4b495043

/* A call that is to fail with -1 and this errno. */
#define EXPECT_FAILS(err, call) do { \
	errno = 0; \
	EXPECT_EQ(-1, (long long)(call)) \
		TH_LOG("%s", #call); \
	EXPECT_EQ(err, errno) \
		TH_LOG("%s", #call); \
} while (0)

FIXTURE(lib)
{
	int dev;	/* by the library */
	int raw;	/* without it */
};

FIXTURE_SETUP(lib)
{
	ASSERT_EQ(0, unsetenv("KIPC_DEV"));
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(OWN, NULL));
	self->dev = kipc_open(OWN);
	ASSERT_LE(0, self->dev);
	self->raw = open_in(OWN, "control", O_RDWR);
	ASSERT_LE(0, self->raw);
}

/* The instance goes with the test's mounts, and all that is in it. */
FIXTURE_TEARDOWN(lib)
{
	children_reap();
	close(self->dev);
	close(self->raw);
}

/* How many descriptors this process has. */
static inline int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

#endif /* KIPC_LIB_FIXTURE_H */
