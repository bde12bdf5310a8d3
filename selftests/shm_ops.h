/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of System V shared memory, the kernel's own and kipc's: shm->get(),
 * shm->at(), shm->dt() and shm->ctl(), with the arguments and results of shmget(),
 * shmat(), shmdt() and shmctl(); and what tests ask with them all the time.
 */
#ifndef KIPC_SHM_OPS_H
#define KIPC_SHM_OPS_H

#include "mounts.h"

#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#define SHM_MOUNT	MOUNTS "/instance"

#define NOT_ATTACHED	((void *)-1)
#define PAGE		4096UL
#define HUGE_PAGE	(2UL << 20)

struct shm_ops {
	const char *table;
	const char *limits;
	/* what /proc/PID/maps shows, with the key to be put in */
	const char *mapped_as;
	/* how many bits of an id are the index */
	int index_bits;
	int (*get)(key_t key, size_t size, int flags);
	void *(*at)(int id, const void *addr, int flags);
	int (*dt)(const void *addr);
	int (*ctl)(int id, int cmd, void *arg);
};

/* The implementation under test. */
static const struct shm_ops *shm;
/* Where kipc's calls go. */
static int shm_dev = -1;

/* --- the kernel's */

static inline int native_ctl(int id, int cmd, void *arg)
{
	return shmctl(id, cmd, arg);
}

static const struct shm_ops shm_native = {
	.table = "/proc/sysvipc/shm",
	.limits = "/proc/sys/kernel/",
	.mapped_as = "/SYSV%08x (deleted)",
	.index_bits = 15,
	.get = shmget,
	.at = shmat,
	.dt = shmdt,
	.ctl = native_ctl,
};

/* --- kipc's */

static inline int kipc_shm_get(key_t key, size_t size, int flags)
{
	struct kipc_shm_get arg = { .key = key, .size = size, .mode = flags & 0777, .id = -7 };

	arg.flags = (flags & IPC_CREAT ? KIPC_GET_CREAT : 0) |
		    (flags & IPC_EXCL ? KIPC_GET_EXCL : 0) |
		    (flags & SHM_NORESERVE ? KIPC_SHM_NORESERVE : 0);
	if (flags & SHM_HUGETLB) {
		arg.flags |= KIPC_SHM_HUGE;
		arg.page_shift = (unsigned int)flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
	}
	return ioctl(shm_dev, KIPC_IOC_SHM_GET, &arg) ? -1 : arg.id;
}

static inline void *kipc_shm_at(int id, const void *addr, int flags)
{
	struct kipc_shm_attach arg = { .id = id, .addr = (unsigned long)addr };

	arg.flags = (flags & SHM_RDONLY ? KIPC_SHM_RDONLY : 0) |
		    (flags & SHM_RND ? KIPC_SHM_RND : 0) |
		    (flags & SHM_REMAP ? KIPC_SHM_REMAP : 0) |
		    (flags & SHM_EXEC ? KIPC_SHM_EXEC : 0);
	if (ioctl(shm_dev, KIPC_IOC_SHM_ATTACH, &arg))
		return NOT_ATTACHED;
	return (void *)(unsigned long)arg.addr;
}

static inline int kipc_shm_dt(const void *addr)
{
	struct kipc_shm_detach arg = { .addr = (unsigned long)addr };

	return ioctl(shm_dev, KIPC_IOC_SHM_DETACH, &arg);
}

static inline int kipc_shm_stat(int id, unsigned int flags, struct shmid_ds *ds)
{
	struct kipc_shm_stat arg;

	memset(&arg, POISON, sizeof(arg));
	arg.perm.id = id;
	arg.flags = flags;
	if (ioctl(shm_dev, KIPC_IOC_SHM_STAT, &arg))
		return -1;
	memset(ds, 0, sizeof(*ds));
	ds->shm_perm.__key = arg.perm.key;
	ds->shm_perm.uid = arg.perm.uid;
	ds->shm_perm.gid = arg.perm.gid;
	ds->shm_perm.cuid = arg.perm.cuid;
	ds->shm_perm.cgid = arg.perm.cgid;
	ds->shm_perm.mode = arg.perm.mode;
	ds->shm_perm.__seq = arg.perm.seq;
	ds->shm_segsz = arg.size;
	ds->shm_atime = arg.atime;
	ds->shm_dtime = arg.dtime;
	ds->shm_ctime = arg.ctime;
	ds->shm_cpid = arg.cpid;
	ds->shm_lpid = arg.lpid;
	ds->shm_nattch = arg.nattch;
	return flags ? arg.perm.id : 0;
}

static inline int kipc_shm_info(int cmd, void *out)
{
	struct kipc_shm_info arg;
	struct shm_info *info = out;
	struct shminfo *limits = out;

	memset(&arg, POISON, sizeof(arg));
	arg.flags = cmd == SHM_INFO ? KIPC_SHM_INFO_USAGE : 0;
	if (ioctl(shm_dev, KIPC_IOC_SHM_INFO, &arg))
		return -1;
	if (cmd == SHM_INFO) {
		memset(info, 0, sizeof(*info));
		info->used_ids = arg.used_ids;
		info->shm_tot = arg.total;
		info->shm_rss = arg.rss;
		info->shm_swp = arg.swap;
	} else {
		memset(limits, 0, sizeof(*limits));
		limits->shmmax = arg.shmmax;
		limits->shmmin = 1;
		limits->shmmni = arg.shmmni;
		limits->shmseg = arg.shmmni;
		limits->shmall = arg.shmall;
	}
	return arg.max_index < 0 ? 0 : arg.max_index;
}

static inline int kipc_shm_ctl(int id, int cmd, void *arg)
{
	struct kipc_remove remove = { .id = id };
	struct kipc_shm_lock lock = { .id = id, .lock = cmd == SHM_LOCK };
	struct kipc_set set = { .id = id };
	struct shmid_ds *ds = arg;

	switch (cmd) {
	case IPC_STAT:
		return kipc_shm_stat(id, 0, ds);
	case SHM_STAT:
		return kipc_shm_stat(id, KIPC_STAT_INDEX, ds);
	case SHM_STAT_ANY:
		return kipc_shm_stat(id, KIPC_STAT_INDEX | KIPC_STAT_ANY, ds);
	case IPC_INFO:
	case SHM_INFO:
		return kipc_shm_info(cmd, arg);
	case IPC_SET:
		set.uid = ds->shm_perm.uid;
		set.gid = ds->shm_perm.gid;
		set.mode = ds->shm_perm.mode;
		return ioctl(shm_dev, KIPC_IOC_SHM_SET, &set);
	case IPC_RMID:
		return ioctl(shm_dev, KIPC_IOC_SHM_REMOVE, &remove);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return ioctl(shm_dev, KIPC_IOC_SHM_LOCK, &lock);
	}
	errno = EINVAL;
	return -1;
}

static const struct shm_ops shm_kipc = {
	.table = SHM_MOUNT "/sysvipc/shm",
	.limits = SHM_MOUNT "/limits/",
	.mapped_as = "/kipc_shm:%08x (deleted)",
	.index_bits = 20,
#ifdef KIPC_SHIM
	/* libkipc-preload.so makes them kipc's */
	.get = shmget,
	.at = shmat,
	.dt = shmdt,
	.ctl = native_ctl,
#else
	.get = kipc_shm_get,
	.at = kipc_shm_at,
	.dt = kipc_shm_dt,
	.ctl = kipc_shm_ctl,
#endif
};

/* --- what the tests ask all the time */

/* A new segment without a key, for its owner. */
static inline int shm_new(size_t size)
{
	return shm->get(IPC_PRIVATE, size, IPC_CREAT | 0600);
}

/* The same, attached at *@addr. */
static inline int shm_new_at(size_t size, char **addr)
{
	int id = shm_new(size);

	*addr = id < 0 ? NOT_ATTACHED : shm->at(id, NULL, 0);
	return *addr == NOT_ATTACHED ? -1 : id;
}

static inline int shm_remove(int id)
{
	return shm->ctl(id, IPC_RMID, NULL);
}

/* Poison if there is no such segment. */
static inline struct shmid_ds shm_ds(int id)
{
	struct shmid_ds ds;

	memset(&ds, POISON, sizeof(ds));
	shm->ctl(id, IPC_STAT, &ds);
	return ds;
}

/* Every member, but no padding. */
static inline bool shm_ds_same(const struct shmid_ds *a, const struct shmid_ds *b)
{
	const struct ipc_perm *p = &a->shm_perm, *q = &b->shm_perm;

	return p->__key == q->__key && p->uid == q->uid && p->gid == q->gid &&
	       p->cuid == q->cuid && p->cgid == q->cgid && p->mode == q->mode &&
	       p->__seq == q->__seq && a->shm_segsz == b->shm_segsz &&
	       a->shm_atime == b->shm_atime && a->shm_dtime == b->shm_dtime &&
	       a->shm_ctime == b->shm_ctime && a->shm_cpid == b->shm_cpid &&
	       a->shm_lpid == b->shm_lpid && a->shm_nattch == b->shm_nattch;
}

static inline long shm_nattch(int id)
{
	return shm_ds(id).shm_nattch;
}

static inline bool shm_exists(int id)
{
	struct shmid_ds ds;

	return !shm->ctl(id, IPC_STAT, &ds);
}

/* How many segments there are, and how many pages they have. */
static inline int shm_used(void)
{
	struct shm_info info;

	memset(&info, POISON, sizeof(info));
	return shm->ctl(0, SHM_INFO, &info) < 0 ? -1 : info.used_ids;
}

static inline long shm_total(void)
{
	struct shm_info info;

	memset(&info, POISON, sizeof(info));
	return shm->ctl(0, SHM_INFO, &info) < 0 ? -1 : (long)info.shm_tot;
}

static inline int shm_limit_set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", shm->limits, name);
	return file_write(path, value);
}

static inline int shm_limit_get(const char *name, char *buf, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", shm->limits, name);
	return file_read(path, buf, size) > 0 ? 0 : -1;
}

/* What a child that touches memory at @addr dies of; 0 if it does not. */
static inline int touch_dies(char *addr, bool write)
{
	pid_t pid = child_fork();
	int status;

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		if (write)
			__atomic_store_n(addr, 1, __ATOMIC_RELAXED);
		else
			__atomic_load_n(addr, __ATOMIC_RELAXED);
		_exit(0);
	}
	status = child_wait(pid);
	return status > 128 ? status - 128 : status;
}

/* A place where @size bytes at a multiple of @align are free now. */
static inline char *free_place(size_t size, size_t align)
{
	char *p = mmap(NULL, size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	munmap(p, size + align);
	return (char *)(((unsigned long)p + align - 1) / align * align);
}

/* A new mount of kipcfs that nobody else sees; its control node, or -1. */
static inline int shm_instance(void)
{
	if (mounts_private() || kipcfs_mount(SHM_MOUNT, NULL))
		return -1;
	return open_in(SHM_MOUNT, "control", O_RDWR);
}

#endif /* KIPC_SHM_OPS_H */
