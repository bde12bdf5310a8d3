/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of what System V shared memory is: every one of them runs
 * with the kernel's own calls as well as with kipc's, so that what it expects is
 * proved to be what the kernel does.
 *
 * Each test has an empty instance of its own: an IPC namespace of the kernel, or a
 * mount of kipcfs.
 *
 * Built with KIPC_SHIM, each runs with the C library's calls by way of libkipc-preload.so
 * instead.
 */
#ifndef KIPC_SHM_FIXTURE_H
#define KIPC_SHM_FIXTURE_H

#include "shm_ops.h"

FIXTURE(shm)
{
	long long objects;
};

FIXTURE_VARIANT(shm)
{
	const struct shm_ops *ops;
};

#ifdef KIPC_SHIM
FIXTURE_VARIANT_ADD(shm, shim)
{
	.ops = &shm_kipc,
};
#else
FIXTURE_VARIANT_ADD(shm, native)
{
	.ops = &shm_native,
};

FIXTURE_VARIANT_ADD(shm, kipc)
{
	.ops = &shm_kipc,
};
#endif

FIXTURE_SETUP(shm)
{
	umask(022);
	shm = variant->ops;
	if (shm == &shm_native) {
		if (access(shm->table, F_OK))
			SKIP(_exit(255), "this kernel has no shared memory of its own");
		ASSERT_EQ(0, unshare(CLONE_NEWIPC));
		return;
	}
	self->objects = param_get("objects");
	shm_dev = shm_instance();
	ASSERT_LE(0, shm_dev)
		TH_LOG(SHM_MOUNT ": %s", strerror(errno));
}

FIXTURE_TEARDOWN(shm)
{
	children_reap();
	/* what a test has made it has removed */
	EXPECT_TRUE(EVENTUALLY(shm_used() == 0))
		TH_LOG("%d segments are left", shm_used());
	EXPECT_EQ(0, shm_total());
	if (shm == &shm_native)
		return;
	close(shm_dev);
	EXPECT_TRUE(EVENTUALLY(umount(SHM_MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

#endif /* KIPC_SHM_FIXTURE_H */
