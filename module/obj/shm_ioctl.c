// SPDX-License-Identifier: GPL-2.0
/* Shared memory segments: the calls of the ABI; see shm.h. */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>

#include "obj/shm.h"

/* First versions of the structures: these sizes never change. */
#define KIPC_SHM_GET_SIZE_VER0		32
#define KIPC_SHM_CREATE_SIZE_VER0	24
#define KIPC_SHM_OPEN_SIZE_VER0		16
#define KIPC_SHM_ATTACH_SIZE_VER0	16
#define KIPC_SHM_DETACH_SIZE_VER0	8
#define KIPC_SHM_STAT_SIZE_VER0		104
#define KIPC_SHM_LOCK_SIZE_VER0		8
#define KIPC_SHM_INFO_SIZE_VER0		64

static_assert(sizeof(struct kipc_shm_get) == KIPC_SHM_GET_SIZE_VER0);
static_assert(sizeof(struct kipc_shm_create) == KIPC_SHM_CREATE_SIZE_VER0);
static_assert(sizeof(struct kipc_shm_open) == KIPC_SHM_OPEN_SIZE_VER0);
static_assert(sizeof(struct kipc_shm_attach) == KIPC_SHM_ATTACH_SIZE_VER0);
static_assert(sizeof(struct kipc_shm_detach) == KIPC_SHM_DETACH_SIZE_VER0);
static_assert(sizeof(struct kipc_shm_stat) == KIPC_SHM_STAT_SIZE_VER0);
static_assert(sizeof(struct kipc_shm_lock) == KIPC_SHM_LOCK_SIZE_VER0);
static_assert(sizeof(struct kipc_shm_info) == KIPC_SHM_INFO_SIZE_VER0);
static_assert(KIPC_SHM_STAT_SIZE_VER0 <= KIPC_IOCTL_ARG_MAX);

#define KIPC_SHM_MEMORY_FLAGS \
	(KIPC_SHM_NORESERVE | KIPC_SHM_HUGE | KIPC_SHM_NO_HUGE)

static struct kipc_shm *kipc_shm_of_call(struct kipc_call *call, int id)
{
	struct kipc_entry *entry = kipc_entry_of_call(call, KIPC_TABLE_SHM, id);

	return IS_ERR(entry) ? ERR_CAST(entry) : kipc_shm_of(entry);
}

static void kipc_shm_put(struct kipc_shm *shm)
{
	kipc_entry_put(&shm->entry);
}

static int kipc_shm_ioctl_get(struct kipc_call *call, void *arg)
{
	struct kipc_shm_get *shm_get = arg;
	const struct kipc_shm_spec spec = {
		.size		= shm_get->size,
		.flags		= shm_get->flags & KIPC_SHM_MEMORY_FLAGS,
		.page_shift	= shm_get->page_shift,
	};
	const struct kipc_get get = {
		.key	= shm_get->key,
		.flags	= shm_get->flags,
		.mode	= shm_get->mode & 0777,
		.arg	= &spec,
	};
	int ret = kipc_shm_check_spec(&spec);

	if (ret)
		return ret;
	ret = kipc_table_get(&call->inst->tables[KIPC_TABLE_SHM], &get);
	if (ret < 0)
		return ret;
	shm_get->id = ret;
	return 0;
}

/* Prepares a descriptor for a segment. */
static int kipc_shm_add_fd(struct kipc_call *call, struct kipc_shm *shm,
			   u32 flags, s32 *fd)
{
	struct file *file = kipc_shm_open(shm, flags & KIPC_SHM_RDONLY);

	return kipc_fds_add_opened(&call->fds, file,
				   flags & KIPC_SHM_CLOEXEC ? O_CLOEXEC : 0, fd);
}

static int kipc_shm_ioctl_create(struct kipc_call *call, void *arg)
{
	struct kipc_shm_create *create = arg;
	const struct kipc_shm_spec spec = {
		.size		= create->size,
		.flags		= create->flags & KIPC_SHM_MEMORY_FLAGS,
		.page_shift	= create->page_shift,
	};
	const struct kipc_get get = {
		.key	= KIPC_KEY_PRIVATE,
		.mode	= create->mode & 0777,
	};
	struct kipc_shm *shm;
	int ret = kipc_shm_check_spec(&spec);

	if (ret)
		return ret;
	ret = kipc_shm_alloc(call->inst, &get, &spec, &shm);
	if (ret == -ENOSPC) {
		/* What should be gone does not count. */
		kipc_exit_settle();
		ret = kipc_shm_alloc(call->inst, &get, &spec, &shm);
	}
	if (ret)
		return ret;
	ret = kipc_shm_add_fd(call, shm, create->flags & KIPC_SHM_CLOEXEC,
			      &create->fd);
	kipc_shm_put(shm);
	return ret;
}

static int kipc_shm_ioctl_open(struct kipc_call *call, void *arg)
{
	struct kipc_shm_open *open = arg;
	struct kipc_shm *shm = kipc_shm_of_call(call, open->id);
	int ret;

	if (IS_ERR(shm))
		return PTR_ERR(shm);
	ret = kipc_perm_check(&shm->entry, open->flags & KIPC_SHM_RDONLY ?
					   0444 : 0666);
	if (!ret)
		ret = kipc_shm_add_fd(call, shm, open->flags, &open->fd);
	kipc_shm_put(shm);
	return ret;
}

static int kipc_shm_ioctl_attach(struct kipc_call *call, void *arg)
{
	struct kipc_shm_attach *attach = arg;
	unsigned long map_flags, addr = attach->addr;
	umode_t wanted = 0444;
	struct kipc_shm *shm;
	int ret;

	/* As shmat(2): a bad address comes before a bad id or mode. */
	if (attach->addr != addr)
		return -EINVAL;
	ret = kipc_shm_attach_place(&addr, attach->flags, &map_flags);
	if (ret)
		return ret;
	if (!(attach->flags & KIPC_SHM_RDONLY))
		wanted |= 0222;
	if (attach->flags & KIPC_SHM_EXEC)
		wanted |= 0111;

	shm = kipc_shm_of_call(call, attach->id);
	if (IS_ERR(shm))
		return PTR_ERR(shm);
	ret = kipc_perm_check(&shm->entry, wanted);
	if (!ret) {
		addr = kipc_shm_attach(shm, addr, map_flags,
				       attach->flags);
		if (IS_ERR_VALUE(addr))
			ret = addr;
		else
			attach->addr = addr;
	}
	kipc_shm_put(shm);
	return ret;
}

static int kipc_shm_ioctl_detach(struct kipc_call *call, void *arg)
{
	struct kipc_shm_detach *detach = arg;

	if (detach->addr != (unsigned long)detach->addr)
		return -EINVAL;
	return kipc_shm_detach(detach->addr);
}

static void kipc_shm_fill(struct kipc_shm *shm, struct kipc_shm_stat *stat)
{
	kipc_shm_usage(shm, &stat->rss, &stat->swap);
	kipc_perm_fill_locked(&shm->entry, &stat->perm);
	stat->fds = shm->fds;
	stat->size = shm->size;
	stat->atime = shm->atime;
	stat->dtime = shm->dtime;
	stat->ctime = shm->entry.ctime;
	stat->cpid = pid_vnr(shm->entry.creator);
	stat->lpid = pid_vnr(shm->lpid);
	stat->nattch = shm->nattch;
}

static int kipc_shm_ioctl_stat(struct kipc_call *call, void *arg)
{
	struct kipc_shm_stat *stat = arg;
	struct kipc_entry *entry;
	int ret = 0;

	entry = kipc_entry_of_stat(call, KIPC_TABLE_SHM, stat->perm.id,
				   stat->flags);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	spin_lock(&entry->lock);
	if (entry->gone && !call->obj)
		ret = -EIDRM;
	else
		kipc_shm_fill(kipc_shm_of(entry), stat);
	spin_unlock(&entry->lock);
	kipc_entry_put(entry);
	return ret;
}

static int kipc_shm_ioctl_set(struct kipc_call *call, void *arg)
{
	return kipc_entry_ioctl_set(call, KIPC_TABLE_SHM, arg);
}

static int kipc_shm_ioctl_remove(struct kipc_call *call, void *arg)
{
	return kipc_entry_ioctl_remove(call, KIPC_TABLE_SHM, arg);
}

static int kipc_shm_ioctl_lock(struct kipc_call *call, void *arg)
{
	struct kipc_shm_lock *lock = arg;
	struct kipc_shm *shm;
	int ret;

	if (lock->lock > 1)
		return -EINVAL;
	shm = kipc_shm_of_call(call, lock->id);
	if (IS_ERR(shm))
		return PTR_ERR(shm);
	ret = kipc_perm_check_owner(&shm->entry, CAP_IPC_LOCK);
	if (!ret && lock->lock && !rlimit(RLIMIT_MEMLOCK) &&
	    !ns_capable(call->inst->user_ns, CAP_IPC_LOCK))
		ret = -EPERM;
	if (!ret)
		ret = lock->lock ? kipc_shm_lock(shm) : kipc_shm_unlock(shm);
	kipc_shm_put(shm);
	return ret;
}

/* Adds up where the memory of all segments with an id is. */
static void kipc_shm_sum_usage(struct kipc_table *table,
			       struct kipc_shm_info *info)
{
	struct kipc_entry *entry;
	u64 rss, swap;
	int index = 0;

	while ((entry = kipc_table_next(table, &index))) {
		kipc_shm_usage(kipc_shm_of(entry), &rss, &swap);
		info->rss += rss >> PAGE_SHIFT;
		info->swap += swap >> PAGE_SHIFT;
		kipc_entry_put(entry);
		index++;
		cond_resched();
	}
}

static int kipc_shm_ioctl_info(struct kipc_call *call, void *arg)
{
	struct kipc_table *table = &call->inst->tables[KIPC_TABLE_SHM];
	const struct kipc_limits *limits = &call->inst->limits;
	struct kipc_shm_info *info = arg;

	/* What should be gone does not count. */
	kipc_exit_settle();
	info->max_index = kipc_table_max_index(table);
	info->shmmax = kipc_limit_get(limits, KIPC_LIMIT_SHMMAX);
	info->shmall = kipc_limit_get(limits, KIPC_LIMIT_SHMALL);
	info->shmmni = kipc_limit_get(limits, KIPC_LIMIT_SHMMNI);
	info->used_ids = READ_ONCE(table->in_use);
	info->total = atomic_long_read(&call->inst->shm_pages);
	info->rss = 0;
	info->swap = 0;
	if (info->flags & KIPC_SHM_INFO_USAGE)
		kipc_shm_sum_usage(table, info);
	return 0;
}

static const struct kipc_ioctl kipc_shm_ioctl_rows[] = {
	[KIPC_NR_SHM_GET & 0xf] = {
		.cmd		= KIPC_IOC_SHM_GET,
		.size_min	= KIPC_SHM_GET_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_GET_CREAT | KIPC_GET_EXCL |
				  KIPC_GET_AUTOREMOVE | KIPC_SHM_MEMORY_FLAGS,
		.flags_at	= offsetof(struct kipc_shm_get, flags),
		.reserved_at	= offsetof(struct kipc_shm_get, reserved),
		.lasting	= true,
		.handler	= kipc_shm_ioctl_get,
	},
	[KIPC_NR_SHM_CREATE & 0xf] = {
		.cmd		= KIPC_IOC_SHM_CREATE,
		.size_min	= KIPC_SHM_CREATE_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_SHM_CLOEXEC | KIPC_SHM_MEMORY_FLAGS,
		.flags_at	= offsetof(struct kipc_shm_create, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_shm_ioctl_create,
	},
	[KIPC_NR_SHM_OPEN & 0xf] = {
		.cmd		= KIPC_IOC_SHM_OPEN,
		.size_min	= KIPC_SHM_OPEN_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SHM,
		.flags		= KIPC_SHM_CLOEXEC | KIPC_SHM_RDONLY,
		.flags_at	= offsetof(struct kipc_shm_open, flags),
		.reserved_at	= offsetof(struct kipc_shm_open, reserved),
		.handler	= kipc_shm_ioctl_open,
	},
	[KIPC_NR_SHM_ATTACH & 0xf] = {
		.cmd		= KIPC_IOC_SHM_ATTACH,
		.size_min	= KIPC_SHM_ATTACH_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SHM,
		.flags		= KIPC_SHM_RDONLY | KIPC_SHM_RND |
				  KIPC_SHM_REMAP | KIPC_SHM_EXEC,
		.flags_at	= offsetof(struct kipc_shm_attach, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.lasting	= true,
		.handler	= kipc_shm_ioctl_attach,
	},
	[KIPC_NR_SHM_DETACH & 0xf] = {
		.cmd		= KIPC_IOC_SHM_DETACH,
		.size_min	= KIPC_SHM_DETACH_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SHM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_shm_ioctl_detach,
	},
	[KIPC_NR_SHM_STAT & 0xf] = {
		.cmd		= KIPC_IOC_SHM_STAT,
		.size_min	= KIPC_SHM_STAT_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SHM,
		.flags		= KIPC_STAT_INDEX | KIPC_STAT_ANY,
		.flags_at	= offsetof(struct kipc_shm_stat, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_shm_ioctl_stat,
	},
	[KIPC_NR_SHM_SET & 0xf] = {
		.cmd		= KIPC_IOC_SHM_SET,
		.size_min	= sizeof(struct kipc_set),
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SHM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_shm_ioctl_set,
	},
	[KIPC_NR_SHM_REMOVE & 0xf] = {
		.cmd		= KIPC_IOC_SHM_REMOVE,
		.size_min	= sizeof(struct kipc_remove),
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SHM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= offsetof(struct kipc_remove, reserved),
		.handler	= kipc_shm_ioctl_remove,
	},
	[KIPC_NR_SHM_LOCK & 0xf] = {
		.cmd		= KIPC_IOC_SHM_LOCK,
		.size_min	= KIPC_SHM_LOCK_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SHM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_shm_ioctl_lock,
	},
	[KIPC_NR_SHM_INFO & 0xf] = {
		.cmd		= KIPC_IOC_SHM_INFO,
		.size_min	= KIPC_SHM_INFO_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_SHM_INFO_USAGE,
		.flags_at	= offsetof(struct kipc_shm_info, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_shm_ioctl_info,
	},
};

const struct kipc_ioctl_set kipc_shm_ioctls = {
	.rows = kipc_shm_ioctl_rows,
	.nr_rows = ARRAY_SIZE(kipc_shm_ioctl_rows),
	.block = KIPC_NR_SHM_GET >> 4,
};

/**
 * kipc_shm_file_ioctl - ioctl on a descriptor of a segment
 * @file: the outer file
 * @cmd: the command
 * @arg: its argument, a user address
 *
 * Return: as of kipc_ioctl_dispatch().
 */
long kipc_shm_file_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	struct kipc_shm *shm = file->private_data;
	struct kipc_call call = {
		.file = file,
		.inst = shm->entry.obj.inst,
		.obj = &shm->entry,
	};

	return kipc_ioctl_dispatch(&call, KIPC_ON_SHM, cmd,
				   (void __user *)arg);
}
