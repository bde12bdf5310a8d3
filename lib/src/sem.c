// SPDX-License-Identifier: GPL-2.0
/* Semaphore sets. */
#include "lib.h"

int kipc_sem_get(int fd, int key, unsigned int nsems, unsigned int mode, unsigned int flags)
{
	struct kipc_sem_get arg = { .key = key, .flags = flags, .nsems = nsems, .mode = mode };

	return ioctl(fd, KIPC_IOC_SEM_GET, &arg) ? -1 : arg.id;
}

int kipc_sem_create(int fd, unsigned int nsems, unsigned int mode, unsigned int flags)
{
	struct kipc_sem_create arg = { .flags = flags, .nsems = nsems, .mode = mode };

	return ioctl(fd, KIPC_IOC_SEM_CREATE, &arg) ? -1 : arg.fd;
}

int kipc_sem_open(int fd, int id, unsigned int flags)
{
	struct kipc_sem_open arg = { .id = id, .flags = flags };

	return ioctl(fd, KIPC_IOC_SEM_OPEN, &arg) ? -1 : arg.fd;
}

int kipc_sem_op(int fd, int id, const struct kipc_sem_op *ops, unsigned int nops,
		unsigned int flags, __u64 timeout)
{
	struct kipc_sem_ops arg = {
		.id = id,
		.nops = nops,
		.ops = kipc_lib_address(ops),
		.flags = flags,
		.timeout = timeout,
	};

	return ioctl(fd, KIPC_IOC_SEM_OP, &arg);
}

int kipc_sem_op_one(int fd, unsigned int op)
{
	return ioctl(fd, KIPC_IOC_SEM_OP_ONE, (unsigned long)op);
}

int kipc_sem_get_value(int fd, int id, unsigned int num, struct kipc_sem_value *value,
		       size_t size)
{
	if (kipc_lib_prepare(value, size, offsetof(struct kipc_sem_value, value)))
		return -1;
	value->id = id;
	value->num = num;
	return kipc_lib_call(fd, KIPC_IOC_SEM_GET_VALUE, value, size);
}

int kipc_sem_set_value(int fd, int id, unsigned int num, int value)
{
	struct kipc_sem_set_value arg = { .id = id, .num = num, .value = value };

	return ioctl(fd, KIPC_IOC_SEM_SET_VALUE, &arg);
}

int kipc_sem_get_all(int fd, int id, __u16 *values, unsigned int nsems)
{
	struct kipc_sem_values arg = {
		.id = id,
		.nsems = nsems,
		.values = kipc_lib_address(values),
	};

	return ioctl(fd, KIPC_IOC_SEM_GET_ALL, &arg) ? -1 : (int)arg.nsems;
}

int kipc_sem_set_all(int fd, int id, const __u16 *values, unsigned int nsems)
{
	struct kipc_sem_values arg = {
		.id = id,
		.nsems = nsems,
		.values = kipc_lib_address(values),
	};

	return ioctl(fd, KIPC_IOC_SEM_SET_ALL, &arg);
}

int kipc_sem_stat(int fd, int id, unsigned int flags, struct kipc_sem_stat *stat, size_t size)
{
	if (kipc_lib_prepare(stat, size, offsetof(struct kipc_sem_stat, nsems)))
		return -1;
	stat->perm.id = id;
	stat->flags = flags;
	return kipc_lib_call(fd, KIPC_IOC_SEM_STAT, stat, size);
}

int kipc_sem_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode)
{
	struct kipc_set arg = { .id = id, .uid = uid, .gid = gid, .mode = mode };

	return ioctl(fd, KIPC_IOC_SEM_SET, &arg);
}

int kipc_sem_remove(int fd, int id)
{
	struct kipc_remove arg = { .id = id };

	return ioctl(fd, KIPC_IOC_SEM_REMOVE, &arg);
}

int kipc_sem_info(int fd, unsigned int flags, struct kipc_sem_info *info, size_t size)
{
	if (kipc_lib_prepare(info, size, offsetof(struct kipc_sem_info, max_index)))
		return -1;
	info->flags = flags;
	return kipc_lib_call(fd, KIPC_IOC_SEM_INFO, info, size);
}

int kipc_sem_watch(int fd, const struct kipc_sem_op *ops, unsigned int nops)
{
	struct kipc_sem_watch arg = { .ops = kipc_lib_address(ops), .nops = nops };

	return ioctl(fd, KIPC_IOC_SEM_WATCH, &arg);
}
