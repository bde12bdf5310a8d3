// SPDX-License-Identifier: GPL-2.0
/* Shared memory segments. */
#include "lib.h"

int kipc_shm_get(int fd, int key, __u64 size, unsigned int mode, unsigned int flags,
		 unsigned int page_shift)
{
	struct kipc_shm_get arg = {
		.key = key,
		.flags = flags,
		.size = size,
		.mode = mode,
		.page_shift = page_shift,
	};

	return ioctl(fd, KIPC_IOC_SHM_GET, &arg) ? -1 : arg.id;
}

int kipc_shm_create(int fd, __u64 size, unsigned int mode, unsigned int flags,
		    unsigned int page_shift)
{
	struct kipc_shm_create arg = {
		.flags = flags,
		.mode = mode,
		.size = size,
		.page_shift = page_shift,
	};

	return ioctl(fd, KIPC_IOC_SHM_CREATE, &arg) ? -1 : arg.fd;
}

int kipc_shm_open(int fd, int id, unsigned int flags)
{
	struct kipc_shm_open arg = { .id = id, .flags = flags };

	return ioctl(fd, KIPC_IOC_SHM_OPEN, &arg) ? -1 : arg.fd;
}

void *kipc_shm_attach(int fd, int id, const void *addr, unsigned int flags)
{
	struct kipc_shm_attach arg = {
		.id = id,
		.flags = flags,
		.addr = kipc_lib_address(addr),
	};

	if (ioctl(fd, KIPC_IOC_SHM_ATTACH, &arg))
		return KIPC_SHM_FAILED;
	return (void *)(uintptr_t)arg.addr;
}

int kipc_shm_detach(int fd, const void *addr)
{
	struct kipc_shm_detach arg = { .addr = kipc_lib_address(addr) };

	return ioctl(fd, KIPC_IOC_SHM_DETACH, &arg);
}

int kipc_shm_stat(int fd, int id, unsigned int flags, struct kipc_shm_stat *stat, size_t size)
{
	if (kipc_lib_prepare(stat, size, offsetof(struct kipc_shm_stat, fds)))
		return -1;
	stat->perm.id = id;
	stat->flags = flags;
	return kipc_lib_call(fd, KIPC_IOC_SHM_STAT, stat, size);
}

int kipc_shm_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode)
{
	struct kipc_set arg = { .id = id, .uid = uid, .gid = gid, .mode = mode };

	return ioctl(fd, KIPC_IOC_SHM_SET, &arg);
}

int kipc_shm_remove(int fd, int id)
{
	struct kipc_remove arg = { .id = id };

	return ioctl(fd, KIPC_IOC_SHM_REMOVE, &arg);
}

int kipc_shm_lock(int fd, int id, int lock)
{
	struct kipc_shm_lock arg = { .id = id, .lock = lock };

	return ioctl(fd, KIPC_IOC_SHM_LOCK, &arg);
}

int kipc_shm_info(int fd, unsigned int flags, struct kipc_shm_info *info, size_t size)
{
	if (kipc_lib_prepare(info, size, offsetof(struct kipc_shm_info, max_index)))
		return -1;
	info->flags = flags;
	return kipc_lib_call(fd, KIPC_IOC_SHM_INFO, info, size);
}
