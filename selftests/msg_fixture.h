/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of what System V message queues are: every one of them runs
 * with the kernel's own calls as well as with kipc's, so that what it expects is proved to
 * be what the kernel does. Where kipc does more, the test says what both do.
 *
 * Each test has an empty instance of its own: an IPC namespace of the kernel, or a
 * mount of kipcfs.
 *
 * Built with KIPC_SHIM, each runs with the C library's calls by way of libkipc-preload.so
 * instead.
 */
#ifndef KIPC_MSG_FIXTURE_H
#define KIPC_MSG_FIXTURE_H

#include "msg_ops.h"

FIXTURE(msg)
{
	long long objects;
};

FIXTURE_VARIANT(msg)
{
	const struct msg_ops *ops;
};

#ifdef KIPC_SHIM
FIXTURE_VARIANT_ADD(msg, shim)
{
	.ops = &msg_kipc,
};
#else
FIXTURE_VARIANT_ADD(msg, native)
{
	.ops = &msg_native,
};

FIXTURE_VARIANT_ADD(msg, kipc)
{
	.ops = &msg_kipc,
};
#endif

FIXTURE_SETUP(msg)
{
	umask(022);
	msg = variant->ops;
	if (msg == &msg_native) {
		if (access(msg->table, F_OK))
			SKIP(_exit(255), "this kernel has no message queues of its own");
		ASSERT_EQ(0, unshare(CLONE_NEWIPC));
		return;
	}
	self->objects = param_get("objects");
	msg_dev = msg_instance();
	ASSERT_LE(0, msg_dev)
		TH_LOG(MSG_MOUNT ": %s", strerror(errno));
}

FIXTURE_TEARDOWN(msg)
{
	children_reap();
	/* what a test has made it has removed */
	EXPECT_TRUE(EVENTUALLY(msg_used() == 0))
		TH_LOG("%d queues are left", msg_used());
	EXPECT_TRUE(EVENTUALLY(msg_total() == 0 && msg_total_bytes() == 0))
		TH_LOG("%d messages of %d bytes are left", msg_total(), msg_total_bytes());
	if (msg == &msg_native)
		return;
	EXPECT_TRUE(EVENTUALLY(stats_of(msg_dev).msg_queues == 0));
	close(msg_dev);
	EXPECT_TRUE(EVENTUALLY(umount(MSG_MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

#endif /* KIPC_MSG_FIXTURE_H */
