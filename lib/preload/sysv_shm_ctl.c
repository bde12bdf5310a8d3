// SPDX-License-Identifier: GPL-2.0
/* shmctl(2). */
#include "sysv.h"

static long get_stat(int id, unsigned int flags, struct shmid_ds *buf)
{
	struct kipc_shm_stat stat = { .perm.id = id, .flags = flags };
	struct shmid_ds ds;
	long ret = shim_ioctl(KIPC_IOC_SHM_STAT, &stat);

	if (ret < 0)
		return ret;
	memset(&ds, 0, sizeof(ds));
	shim_get_perm(&ds.shm_perm, &stat.perm);
	ds.shm_segsz = stat.size;
	shim_set_time(&ds, offsetof(struct shmid_ds, shm_atime), stat.atime);
	shim_set_time(&ds, offsetof(struct shmid_ds, shm_dtime), stat.dtime);
	shim_set_time(&ds, offsetof(struct shmid_ds, shm_ctime), stat.ctime);
	ds.shm_cpid = stat.cpid;
	ds.shm_lpid = stat.lpid;
	ds.shm_nattch = stat.nattch;
	return shim_give(buf, &ds, sizeof(ds)) ?: shim_stat_result(&stat.perm, flags);
}

static long get_limits(struct shmid_ds *buf)
{
	struct kipc_shm_info info = { .flags = 0 };
	struct shminfo limits;
	long ret = shim_ioctl(KIPC_IOC_SHM_INFO, &info);

	if (ret < 0)
		return ret;
	memset(&limits, 0, sizeof(limits));
	limits.shmmax = shim_clamp(info.shmmax);
	limits.shmmin = 1;
	limits.shmmni = info.shmmni;
	limits.shmseg = info.shmmni;
	/* this one the kernel cuts off for 32-bit programs */
	limits.shmall = info.shmall;
	return shim_give(buf, &limits, sizeof(limits)) ?: shim_info_result(info.max_index);
}

static long get_usage(struct shmid_ds *buf)
{
	struct kipc_shm_info info = { .flags = KIPC_SHM_INFO_USAGE };
	struct shm_info usage;
	long ret = shim_ioctl(KIPC_IOC_SHM_INFO, &info);

	if (ret < 0)
		return ret;
	memset(&usage, 0, sizeof(usage));
	usage.used_ids = info.used_ids;
	usage.shm_tot = info.total;
	usage.shm_rss = info.rss;
	usage.shm_swp = info.swap;
	return shim_give(buf, &usage, sizeof(usage)) ?: shim_info_result(info.max_index);
}

static long set(int id, const struct shmid_ds *buf)
{
	struct kipc_set set;

	if (!shim_can_read(buf, sizeof(*buf)))
		return -EFAULT;
	set = shim_put_perm(id, &buf->shm_perm);
	return shim_ioctl(KIPC_IOC_SHM_SET, &set);
}

static long do_shmctl(int id, int cmd, struct shmid_ds *buf)
{
	struct kipc_remove remove = { .id = id };
	struct kipc_shm_lock lock = { .id = id, .lock = cmd == SHM_LOCK };

	switch (cmd) {
	case IPC_STAT:
		return get_stat(id, 0, buf);
	case SHM_STAT:
		return get_stat(id, KIPC_STAT_INDEX, buf);
	case SHM_STAT_ANY:
		return get_stat(id, KIPC_STAT_INDEX | KIPC_STAT_ANY, buf);
	case IPC_INFO:
		return get_limits(buf);
	case SHM_INFO:
		return get_usage(buf);
	case IPC_SET:
		return set(id, buf);
	case IPC_RMID:
		return shim_ioctl(KIPC_IOC_SHM_REMOVE, &remove);
	case SHM_LOCK:
	case SHM_UNLOCK:
		return shim_ioctl(KIPC_IOC_SHM_LOCK, &lock);
	}
	return -EINVAL;
}

int SHIM_TIMED(shim_shmctl)(int id, int cmd, struct shmid_ds *buf)
{
	switch (shim_world(SHIM_SHM)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_TIMED_NEXT(shmctl)(id, cmd, buf));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	/* the kernel looks at no command for an object below 0 */
	if (id < 0)
		return shim_result(-EINVAL);
	return shim_result(do_shmctl(id, cmd & ~SHIM_IPC_64, buf));
}

int shmctl(int id, int cmd, struct shmid_ds *buf)
{
	int ret = SHIM_TIMED(shim_shmctl)(id, cmd, buf);

	shim_trace(ret, "(%d, %d, %p)", id, cmd, (void *)buf);
	return ret;
}
