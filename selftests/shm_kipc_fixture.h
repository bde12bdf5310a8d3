/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of what only kipc's shared memory does: an instance of the
 * test's own, and a segment in it, of 4 pages, with an id but without a key.
 */
#ifndef KIPC_SHM_KIPC_FIXTURE_H
#define KIPC_SHM_KIPC_FIXTURE_H

#include "shm_ops.h"

FIXTURE(segment)
{
	/* the control node, and the segment */
	int dev;
	int id;
	long long objects;
};

FIXTURE_SETUP(segment)
{
	umask(022);
	shm = &shm_kipc;
	self->objects = param_get("objects");
	self->dev = shm_instance();
	ASSERT_LE(0, self->dev)
		TH_LOG(SHM_MOUNT ": %s", strerror(errno));
	shm_dev = self->dev;
	self->id = shm_new(4 * PAGE);
	ASSERT_LE(0, self->id);
}

FIXTURE_TEARDOWN(segment)
{
	children_reap();
	if (self->dev < 0)
		return;
	shm_remove(self->id);
	EXPECT_TRUE(EVENTUALLY(shm_used() == 0))
		TH_LOG("%d segments are left", shm_used());
	EXPECT_EQ(0, shm_total());
	EXPECT_EQ(0, stats_of(self->dev).shm_segments);
	EXPECT_EQ(0, stats_of(self->dev).shm_pages);
	close(self->dev);
	EXPECT_TRUE(EVENTUALLY(umount(SHM_MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

/* The calls, on an instance's node with an id, or on a descriptor with KIPC_ID_SELF. */

static inline int seg_open(int fd, int id, unsigned int flags)
{
	struct kipc_shm_open arg = { .id = id, .flags = flags, .fd = -7 };

	return ioctl(fd, KIPC_IOC_SHM_OPEN, &arg) ? -1 : arg.fd;
}

static inline int seg_create(int fd, size_t size, unsigned int mode, unsigned int flags)
{
	struct kipc_shm_create arg = { .size = size, .mode = mode, .flags = flags, .fd = -7 };

	return ioctl(fd, KIPC_IOC_SHM_CREATE, &arg) ? -1 : arg.fd;
}

static inline char *seg_attach(int fd, int id, unsigned int flags)
{
	struct kipc_shm_attach arg = { .id = id, .flags = flags };

	if (ioctl(fd, KIPC_IOC_SHM_ATTACH, &arg))
		return NOT_ATTACHED;
	return (char *)(unsigned long)arg.addr;
}

static inline int seg_detach(int fd, void *addr)
{
	struct kipc_shm_detach arg = { .addr = (unsigned long)addr };

	return ioctl(fd, KIPC_IOC_SHM_DETACH, &arg);
}

/* Poison if it fails. */
static inline struct kipc_shm_stat seg_stat(int fd, int id)
{
	struct kipc_shm_stat arg;

	memset(&arg, POISON, sizeof(arg));
	arg.perm.id = id;
	arg.flags = 0;
	ioctl(fd, KIPC_IOC_SHM_STAT, &arg);
	return arg;
}

static inline int seg_set(int fd, int id, unsigned int uid, unsigned int gid, unsigned int mode)
{
	struct kipc_set arg = { .id = id, .uid = uid, .gid = gid, .mode = mode };

	return ioctl(fd, KIPC_IOC_SHM_SET, &arg);
}

static inline int seg_lock(int fd, int id, unsigned int lock)
{
	struct kipc_shm_lock arg = { .id = id, .lock = lock };

	return ioctl(fd, KIPC_IOC_SHM_LOCK, &arg);
}

static inline int seg_remove(int fd, int id)
{
	struct kipc_remove arg = { .id = id };

	return ioctl(fd, KIPC_IOC_SHM_REMOVE, &arg);
}

static inline char *seg_map(int fd, size_t size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags, fd, 0);
}

#define RW (PROT_READ | PROT_WRITE)

#endif /* KIPC_SHM_KIPC_FIXTURE_H */
