// SPDX-License-Identifier: GPL-2.0
/* Pipes, and FIFOs that are open. */
#include <errno.h>

#include "lib.h"

int kipc_pipe(int fd, int fds[2], unsigned int flags, __u64 size)
{
	struct kipc_pipe_create arg = { .flags = flags, .size = size };

	if (ioctl(fd, KIPC_IOC_PIPE_CREATE, &arg))
		return -1;
	fds[0] = arg.rfd;
	fds[1] = arg.wfd;
	return 0;
}

__s64 kipc_pipe_get_size(int fd)
{
	struct kipc_pipe_size arg = { };

	return ioctl(fd, KIPC_IOC_PIPE_GET_SIZE, &arg) ? -1 : (__s64)arg.size;
}

__s64 kipc_pipe_set_size(int fd, __u64 size)
{
	struct kipc_pipe_size arg = { .size = size };

	return ioctl(fd, KIPC_IOC_PIPE_SET_SIZE, &arg) ? -1 : (__s64)arg.size;
}

ssize_t kipc_pipe_splice(int fd, int file, __u64 *offset, size_t len, unsigned int flags)
{
	struct kipc_pipe_splice arg = { .fd = file, .flags = flags, .len = len };

	if (offset) {
		arg.flags |= KIPC_SPLICE_OFFSET;
		arg.offset = *offset;
	} else if (flags & KIPC_SPLICE_OFFSET) {
		errno = EINVAL;
		return -1;
	}
	if (ioctl(fd, KIPC_IOC_PIPE_SPLICE, &arg))
		return -1;
	if (offset)
		*offset = arg.offset;
	return arg.len;
}

ssize_t kipc_pipe_tee(int fd, int file, size_t len, unsigned int flags)
{
	struct kipc_pipe_splice arg = { .fd = file, .flags = flags, .len = len };

	return ioctl(fd, KIPC_IOC_PIPE_TEE, &arg) ? -1 : (ssize_t)arg.len;
}

int kipc_pipe_stat(int fd, struct kipc_pipe_stat *stat, size_t size)
{
	if (kipc_lib_prepare(stat, size, 0))
		return -1;
	return kipc_lib_call(fd, KIPC_IOC_PIPE_STAT, stat, size);
}
