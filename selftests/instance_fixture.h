/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Several instances side by side: the calls of shm_fixture.h, on the one that is named;
 * and the fixture of the tests of instances, a mount that is left empty.
 */
#ifndef KIPC_INSTANCE_FIXTURE_H
#define KIPC_INSTANCE_FIXTURE_H

#include "mounts.h"
#include "shm_fixture.h"

#define OWN	MOUNTS "/own"
#define SECOND	MOUNTS "/second"
#define USER	MOUNTS "/user"
#define KEY	0x4b495043

struct instance {
	int node;
	const char *dir;	/* of its mount */
};

static inline int instance_open(struct instance *in)
{
	in->node = open_in(in->dir, "control", O_RDWR);
	return in->node < 0 ? -1 : 0;
}

static inline void instance_close(struct instance *in)
{
	if (in->node >= 0)
		close(in->node);
	in->node = -1;
}

static inline int seg_get(const struct instance *in, int key, size_t size, int flags)
{
	shm_dev = in->node;
	return kipc_shm_get(key, size, flags);
}

/* A new one of a page, for its owner alone. */
static inline int segment(const struct instance *in, int key)
{
	return seg_get(in, key, 4096, IPC_CREAT | IPC_EXCL | 0600);
}

static inline int seg_remove(const struct instance *in, int id)
{
	shm_dev = in->node;
	return kipc_shm_ctl(id, IPC_RMID, NULL);
}

static inline int seg_set(const struct instance *in, int id, uid_t uid, gid_t gid, int mode)
{
	struct shmid_ds ds = { .shm_perm = { .uid = uid, .gid = gid, .mode = mode } };

	shm_dev = in->node;
	return kipc_shm_ctl(id, IPC_SET, &ds);
}

static inline int seg_stat(const struct instance *in, int id, struct shmid_ds *ds)
{
	memset(ds, POISON, sizeof(*ds));
	shm_dev = in->node;
	return kipc_shm_stat(id, 0, ds);
}

static inline bool seg_exists(const struct instance *in, int id)
{
	struct shmid_ds ds;

	return !seg_stat(in, id, &ds);
}

static inline struct kipc_shm_info seg_info(const struct instance *in)
{
	struct kipc_shm_info info;

	memset(&info, POISON, sizeof(info));
	info.flags = 0;
	ioctl(in->node, KIPC_IOC_SHM_INFO, &info);
	return info;
}

/* The address, or NULL. */
static inline char *seg_attach(const struct instance *in, int id)
{
	char *p;

	shm_dev = in->node;
	p = kipc_shm_at(id, NULL, 0);
	return p == NOT_ATTACHED ? NULL : p;
}

static inline int seg_detach(const struct instance *in, const void *p)
{
	shm_dev = in->node;
	return kipc_shm_dt(p);
}

static inline const char *path_in(const struct instance *in, const char *name)
{
	static char path[2][256];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", in->dir, name);
	return path[turn];
}

/* What the file says, newline included. */
static inline const char *text_in(const struct instance *in, const char *name)
{
	static char text[2][4096];
	static int turn;

	turn = !turn;
	if (file_read(path_in(in, name), text[turn], sizeof(text[turn])) < 0)
		return "(cannot be read)";
	return text[turn];
}

FIXTURE(instance)
{
	int dev;
	long long objects;
	struct kipc_stats before;
	struct instance in;
};

FIXTURE_SETUP(instance)
{
	umask(022);
	self->dev = kipc_open();
	ASSERT_LE(0, self->dev)
		TH_LOG(KIPC_DEVICE ": %s", strerror(errno));
	self->before = stats_of(self->dev);
	self->objects = param_get("objects");
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(OWN, NULL));
	self->in.dir = OWN;
	ASSERT_EQ(0, instance_open(&self->in));
}

FIXTURE_TEARDOWN(instance)
{
	struct kipc_stats after;

	children_reap();
	instance_close(&self->in);
	EXPECT_EQ(0, chdir("/"));
	EXPECT_TRUE(EVENTUALLY(umount(OWN) == 0 || errno == EINVAL));
	EXPECT_TRUE(stats_return_to(self->dev, &self->before));
	after = stats_of(self->dev);
	EXPECT_EQ(self->before.shm_segments, after.shm_segments);
	EXPECT_EQ(self->before.shm_pages, after.shm_pages);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects))
		TH_LOG("objects %lld -> %lld", self->objects, param_get("objects"));
	close(self->dev);
}

#endif /* KIPC_INSTANCE_FIXTURE_H */
