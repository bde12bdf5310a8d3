/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of what System V semaphores are: every one of them runs with
 * the kernel's own calls as well as with kipc's, by id and by descriptor, so that what it
 * expects is proved to be what the kernel does. With SEM_BY_ID_ALONE, to be defined
 * before, it is not made by descriptor.
 *
 * Each test has an empty instance of its own: an IPC namespace of the kernel, or a
 * mount of kipcfs.
 *
 * Built with KIPC_SHIM, each runs with the C library's calls by way of libkipc-preload.so
 * instead.
 */
#ifndef KIPC_SEM_FIXTURE_H
#define KIPC_SEM_FIXTURE_H

#include "sem_ops.h"

FIXTURE(sem)
{
	long long objects;
};

FIXTURE_VARIANT(sem)
{
	const struct sem_ops *ops;
};

#ifdef KIPC_SHIM
FIXTURE_VARIANT_ADD(sem, shim)
{
	.ops = &sem_kipc,
};
#else
FIXTURE_VARIANT_ADD(sem, native)
{
	.ops = &sem_native,
};

FIXTURE_VARIANT_ADD(sem, kipc)
{
	.ops = &sem_kipc,
};

/* A descriptor was checked when it was opened, and is no id. */
#ifndef SEM_BY_ID_ALONE
FIXTURE_VARIANT_ADD(sem, kipc_fd)
{
	.ops = &sem_kipc_fd,
};
#endif
#endif

FIXTURE_SETUP(sem)
{
	umask(022);
	sem = variant->ops;
	if (sem == &sem_native) {
		if (access(sem->table, F_OK))
			SKIP(_exit(255), "this kernel has no semaphores of its own");
		ASSERT_EQ(0, unshare(CLONE_NEWIPC));
		return;
	}
	self->objects = param_get("objects");
	sem_dev = sem_instance();
	ASSERT_LE(0, sem_dev)
		TH_LOG(SEM_MOUNT ": %s", strerror(errno));
}

FIXTURE_TEARDOWN(sem)
{
	children_reap();
	sem_fds_close();
	/* what a test has made it has removed */
	EXPECT_TRUE(EVENTUALLY(sem_used() == 0))
		TH_LOG("%d sets are left", sem_used());
	EXPECT_TRUE(EVENTUALLY(sem_total() == 0))
		TH_LOG("%d semaphores are left", sem_total());
	if (sem == &sem_native)
		return;
	close(sem_dev);
	EXPECT_TRUE(EVENTUALLY(umount(SEM_MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

#endif /* KIPC_SEM_FIXTURE_H */
