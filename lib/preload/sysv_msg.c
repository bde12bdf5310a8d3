// SPDX-License-Identifier: GPL-2.0
/* msgget(2), msgsnd(2), msgrcv(2). */
#include "sysv.h"

#include <pthread.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

/* struct msgbuf of any size. */
struct message {
	long type;
	char text[];
};

static long do_msgget(key_t key, int flags)
{
	struct kipc_msg_get get = {
		.key = key, .flags = shim_get_flags(flags), .mode = flags & 0777,
	};
	long ret = shim_ioctl(KIPC_IOC_MSG_GET, &get);

	return ret < 0 ? ret : get.id;
}

int shim_msgget(key_t key, int flags)
{
	switch (shim_world(SHIM_MSG)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_NEXT(msgget)(key, flags));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	return shim_result(do_msgget(key, flags));
}

int msgget(key_t key, int flags)
{
	int ret = shim_msgget(key, flags);

	shim_trace(ret, "(%#x, %#o)", (unsigned int)key, flags);
	return ret;
}

static long do_msgsnd(int id, const struct message *msg, size_t size, int flags,
		      bool is_cancellable)
{
	struct kipc_msg_send send = {
		.id = id, .flags = flags & IPC_NOWAIT ? KIPC_MSG_NOWAIT : 0,
		.addr = (uintptr_t)msg->text, .size = size, .timeout = KIPC_TIMEOUT_NONE,
	};

	if (!shim_can_read(msg, sizeof(msg->type)))
		return -EFAULT;
	send.type = msg->type;
	if (is_cancellable)
		pthread_testcancel();
	if (flags & IPC_NOWAIT)
		return shim_ioctl(KIPC_IOC_MSG_SEND, &send);
	return shim_ioctl_sleep(KIPC_IOC_MSG_SEND, &send, is_cancellable);
}

int shim_msgsnd(int id, const void *msg, size_t size, int flags, bool is_cancellable)
{
	switch (shim_world(SHIM_MSG)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_NEXT(msgsnd)(id, msg, size, flags));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	return shim_result(do_msgsnd(id, msg, size, flags, is_cancellable));
}

int msgsnd(int id, const void *msg, size_t size, int flags)
{
	int ret = shim_msgsnd(id, msg, size, flags, true);

	shim_trace(ret, "(%d, %p, %zu, %#x)", id, msg, size, flags);
	return ret;
}

static unsigned int receive_flags(int flags)
{
	return (flags & IPC_NOWAIT ? KIPC_MSG_NOWAIT : 0) |
	       (flags & MSG_NOERROR ? KIPC_MSG_NOERROR : 0) |
	       (flags & MSG_EXCEPT ? KIPC_MSG_EXCEPT : 0) |
	       (flags & MSG_COPY ? KIPC_MSG_COPY : 0);
}

static long do_msgrcv(int id, struct message *msg, size_t size, long type, int flags,
		      bool is_cancellable)
{
	struct kipc_msg_receive receive = {
		.id = id, .flags = receive_flags(flags), .type = type,
		.addr = (uintptr_t)msg->text, .size = size, .timeout = KIPC_TIMEOUT_NONE,
	};
	long ret;

	if ((ssize_t)size < 0)
		return -EINVAL;
	if (is_cancellable)
		pthread_testcancel();
	if (flags & IPC_NOWAIT)
		ret = shim_ioctl(KIPC_IOC_MSG_RECEIVE, &receive);
	else
		ret = shim_ioctl_sleep(KIPC_IOC_MSG_RECEIVE, &receive, is_cancellable);
	if (ret < 0)
		return ret;
	/* otherwise the message is lost, as the kernel has it */
	type = receive.type;
	return shim_give(&msg->type, &type, sizeof(type)) ?: (long)receive.size;
}

ssize_t shim_msgrcv(int id, void *msg, size_t size, long type, int flags, bool is_cancellable)
{
	switch (shim_world(SHIM_MSG)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_NEXT(msgrcv)(id, msg, size, type, flags));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	return shim_result(do_msgrcv(id, msg, size, type, flags, is_cancellable));
}

ssize_t msgrcv(int id, void *msg, size_t size, long type, int flags)
{
	ssize_t ret = shim_msgrcv(id, msg, size, type, flags, true);

	shim_trace(ret, "(%d, %p, %zu, %ld, %#x)", id, msg, size, type, flags);
	return ret;
}
