// SPDX-License-Identifier: GPL-2.0
/* Message queues. */
#include "lib.h"

int kipc_msg_get(int fd, int key, unsigned int mode, unsigned int flags)
{
	struct kipc_msg_get arg = { .key = key, .flags = flags, .mode = mode };

	return ioctl(fd, KIPC_IOC_MSG_GET, &arg) ? -1 : arg.id;
}

int kipc_msg_create(int fd, unsigned int mode, unsigned int flags)
{
	struct kipc_msg_create arg = { .flags = flags, .mode = mode };

	return ioctl(fd, KIPC_IOC_MSG_CREATE, &arg) ? -1 : arg.fd;
}

int kipc_msg_open(int fd, int id, unsigned int flags)
{
	struct kipc_msg_open arg = { .id = id, .flags = flags };

	return ioctl(fd, KIPC_IOC_MSG_OPEN, &arg) ? -1 : arg.fd;
}

int kipc_msg_send(int fd, int id, __s64 type, const void *data, size_t size, unsigned int flags,
		  __u64 timeout)
{
	struct kipc_msg_send arg = {
		.id = id,
		.flags = flags,
		.type = type,
		.addr = kipc_lib_address(data),
		.size = size,
		.timeout = timeout,
	};

	return ioctl(fd, KIPC_IOC_MSG_SEND, &arg);
}

ssize_t kipc_msg_receive(int fd, int id, __s64 *type, void *data, size_t size,
			 unsigned int flags, __u64 timeout)
{
	struct kipc_msg_receive arg = {
		.id = id,
		.flags = flags,
		.type = *type,
		.addr = kipc_lib_address(data),
		.size = size,
		.timeout = timeout,
	};

	if (ioctl(fd, KIPC_IOC_MSG_RECEIVE, &arg))
		return -1;
	*type = arg.type;
	return arg.size;
}

int kipc_msg_stat(int fd, int id, unsigned int flags, struct kipc_msg_stat *stat, size_t size)
{
	if (kipc_lib_prepare(stat, size, offsetof(struct kipc_msg_stat, fds)))
		return -1;
	stat->perm.id = id;
	stat->flags = flags;
	return kipc_lib_call(fd, KIPC_IOC_MSG_STAT, stat, size);
}

int kipc_msg_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode, __u64 qbytes)
{
	struct kipc_msg_set arg = {
		.set = { .id = id, .uid = uid, .gid = gid, .mode = mode },
		.qbytes = qbytes,
	};

	return ioctl(fd, KIPC_IOC_MSG_SET, &arg);
}

int kipc_msg_remove(int fd, int id)
{
	struct kipc_remove arg = { .id = id };

	return ioctl(fd, KIPC_IOC_MSG_REMOVE, &arg);
}

int kipc_msg_info(int fd, unsigned int flags, struct kipc_msg_info *info, size_t size)
{
	if (kipc_lib_prepare(info, size, offsetof(struct kipc_msg_info, max_index)))
		return -1;
	info->flags = flags;
	return kipc_lib_call(fd, KIPC_IOC_MSG_INFO, info, size);
}

int kipc_msg_filter(int fd, __s64 type, __s64 send_type, unsigned int flags)
{
	struct kipc_msg_filter arg = { .type = type, .send_type = send_type, .flags = flags };

	return ioctl(fd, KIPC_IOC_MSG_FILTER, &arg);
}

int kipc_msg_notify(int fd, unsigned int how, int target, __u64 value)
{
	struct kipc_msg_notify arg = { .how = how, .target = target, .value = value };

	return ioctl(fd, KIPC_IOC_MSG_NOTIFY, &arg);
}
