/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of FIFOs and of the file system they live in: each test
 * has a new mount, which is its working directory, and runs with the kernel's tmpfs
 * as well as with kipcfs.
 */
#ifndef KIPC_FS_FIXTURE_H
#define KIPC_FS_FIXTURE_H

#include "mounts.h"

#include <sys/statfs.h>

struct fs_mount {
	char dir[64];
	int dev;
	long long objects;
	struct kipc_stats before;
};

FIXTURE(fs)
{
	struct fs_mount m;
};

FIXTURE_VARIANT(fs)
{
	const char *type;
	bool kipc;
};

FIXTURE_VARIANT_ADD(fs, native)
{
	.type = "tmpfs",
	.kipc = false,
};

FIXTURE_VARIANT_ADD(fs, kipc)
{
	.type = KIPCFS_NAME,
	.kipc = true,
};

FIXTURE_SETUP(fs)
{
	struct fs_mount *m = &self->m;

	umask(022);
	m->dev = -1;
	if (variant->kipc) {
		m->dev = kipc_open();
		ASSERT_LE(0, m->dev)
			TH_LOG(KIPC_DEVICE ": %s", strerror(errno));
		m->before = stats_of(m->dev);
		m->objects = param_get("objects");
	}
	ASSERT_EQ(0, mounts_private());
	snprintf(m->dir, sizeof(m->dir), MOUNTS "/mount");
	ASSERT_EQ(0, fs_mount_at(variant->type, m->dir));
	ASSERT_EQ(0, chdir(m->dir));
}

FIXTURE_TEARDOWN(fs)
{
	struct fs_mount *m = &self->m;

	children_reap();
	EXPECT_EQ(0, chdir("/"));
	/* nothing that the test has closed keeps it busy */
	EXPECT_TRUE(EVENTUALLY(umount(m->dir) == 0 || errno == EINVAL));
	if (m->dev >= 0) {
		EXPECT_TRUE(stats_return_to(m->dev, &m->before));
		EXPECT_TRUE(EVENTUALLY(param_get("objects") == m->objects));
		close(m->dev);
	}
}

#endif /* KIPC_FS_FIXTURE_H */
