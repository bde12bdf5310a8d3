// SPDX-License-Identifier: GPL-2.0
/* Signal queues. */
#include "lib.h"

int kipc_sig_get(int fd, int key, unsigned int mode, unsigned int flags)
{
	struct kipc_sig_get arg = { .key = key, .flags = flags, .mode = mode };

	return ioctl(fd, KIPC_IOC_SIG_GET, &arg) ? -1 : arg.id;
}

int kipc_sig_create(int fd, unsigned int mode, unsigned int flags)
{
	struct kipc_sig_create arg = { .flags = flags, .mode = mode };

	return ioctl(fd, KIPC_IOC_SIG_CREATE, &arg) ? -1 : arg.fd;
}

int kipc_sig_open(int fd, int id, unsigned int flags)
{
	struct kipc_sig_open arg = { .id = id, .flags = flags };

	return ioctl(fd, KIPC_IOC_SIG_OPEN, &arg) ? -1 : arg.fd;
}

int kipc_sig_subscribe(int fd, int id, __u64 blocked, unsigned int flags, unsigned int *number)
{
	struct kipc_sig_subscribe arg = { .id = id, .flags = flags, .blocked = blocked };

	if (ioctl(fd, KIPC_IOC_SIG_SUBSCRIBE, &arg))
		return -1;
	if (number)
		*number = arg.number;
	return arg.fd;
}

int kipc_sig_send(int fd, int id, unsigned int to, int signo, int code, __u64 value)
{
	struct kipc_sig_send arg = {
		.id = id,
		.to = to,
		.signo = signo,
		.code = code,
		.value = value,
	};

	return ioctl(fd, KIPC_IOC_SIG_SEND, &arg);
}

int kipc_sig_wait(int fd, __u64 set, unsigned int flags, __u64 timeout,
		  struct kipc_sig_wait *wait, size_t size)
{
	if (kipc_lib_prepare(wait, size, offsetof(struct kipc_sig_wait, signo)))
		return -1;
	wait->set = set;
	wait->timeout = timeout;
	wait->flags = flags;
	return kipc_lib_call(fd, KIPC_IOC_SIG_WAIT, wait, size);
}

int kipc_sig_mask(int fd, unsigned int how, __u64 set, __u64 *before)
{
	struct kipc_sig_mask arg = { .how = how, .set = set };

	if (ioctl(fd, KIPC_IOC_SIG_MASK, &arg))
		return -1;
	if (before)
		*before = arg.set;
	return 0;
}

int kipc_sig_action(int fd, unsigned int action, __u64 set)
{
	struct kipc_sig_action arg = { .action = action, .set = set };

	return ioctl(fd, KIPC_IOC_SIG_ACTION, &arg);
}

int kipc_sig_pending(int fd, struct kipc_sig_pending *pending, size_t size)
{
	if (kipc_lib_prepare(pending, size, 0))
		return -1;
	return kipc_lib_call(fd, KIPC_IOC_SIG_PENDING, pending, size);
}

int kipc_sig_stat(int fd, int id, unsigned int flags, struct kipc_sig_stat *stat, size_t size)
{
	if (kipc_lib_prepare(stat, size, offsetof(struct kipc_sig_stat, fds)))
		return -1;
	stat->perm.id = id;
	stat->flags = flags;
	return kipc_lib_call(fd, KIPC_IOC_SIG_STAT, stat, size);
}

int kipc_sig_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode, __u64 limit)
{
	struct kipc_sig_set arg = {
		.set = { .id = id, .uid = uid, .gid = gid, .mode = mode },
		.limit = limit,
	};

	return ioctl(fd, KIPC_IOC_SIG_SET, &arg);
}

int kipc_sig_remove(int fd, int id)
{
	struct kipc_remove arg = { .id = id };

	return ioctl(fd, KIPC_IOC_SIG_REMOVE, &arg);
}

int kipc_sig_info(int fd, unsigned int flags, struct kipc_sig_info *info, size_t size)
{
	if (kipc_lib_prepare(info, size, offsetof(struct kipc_sig_info, max_index)))
		return -1;
	info->flags = flags;
	return kipc_lib_call(fd, KIPC_IOC_SIG_INFO, info, size);
}
