// SPDX-License-Identifier: GPL-2.0
/*
 * pipe, pipe2, and the capacity of a pipe.
 *
 * Whatever kipc cannot give, for want of memory, descriptors or a user's share, is asked of the
 * kernel: pipe(2) has limits of its own and errors for them. So a program may have pipes of
 * both kinds, as it may have inherited some, and no call here concludes from one what
 * another is.
 */
#include "pipe.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIPE_FLAGS (O_CLOEXEC | O_NONBLOCK | O_DIRECT)

bool shim_is_fifo(int fd)
{
	struct shim_stat st;

	return SHIM_RAW(SHIM_SYS_fstat, fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

bool shim_is_kipc_pipe(int fd)
{
	struct kipc_pipe_size arg = { };

	return shim_is_fifo(fd) && SHIM_RAW(SYS_ioctl, fd, KIPC_IOC_PIPE_GET_SIZE, &arg) == 0;
}

/* --- pipe, pipe2 */

/*
 * With KIPC_FALLBACK=refuse that is the program's answer. Limits of descriptors are those of
 * pipe(2); the rest means that there is no such call.
 */
static long no_device(long ret)
{
	if (!shim_config()->refuse || ret == -EMFILE || ret == -ENFILE)
		return ret;
	return shim_lost(-ret);
}

/*
 * A new pipe has the lowest numbers that are free. One of them went to the device: take it
 * back, so that the program finds what it would find without us.
 */
static void settle(struct shim_use *use, int fds[2], int flags)
{
	int i, spare = use->fd;

	if (!shim_take(use))
		return;
	/* who closed it, or has its number, may know the pipe's numbers as well: leave them */
	if (!shim_is_still_ours(spare))
		goto out_forget;
	for (i = 0; i < 2; i++) {
		int old = fds[i];

		if (spare < old && SHIM_RAW(SYS_dup3, old, spare, flags & O_CLOEXEC) >= 0) {
			fds[i] = spare;
			spare = old;
		}
	}
	SHIM_RAW(SYS_close, spare);
out_forget:
	shim_forget(use);
}

static long create(int fds[2], int flags)
{
	struct kipc_pipe_create arg = {
		.flags = (flags & O_CLOEXEC ? KIPC_PIPE_CLOEXEC : 0) |
			 (flags & O_NONBLOCK ? KIPC_PIPE_NONBLOCK : 0) |
			 (flags & O_DIRECT ? KIPC_PIPE_PACKET : 0),
	};
	struct shim_use use;
	long ret = shim_begin(&use);

	if (ret < 0)
		return no_device(ret);
	ret = SHIM_RAW(SYS_ioctl, use.fd, KIPC_IOC_PIPE_CREATE, &arg);
	if (ret < 0) {
		if (shim_config()->refuse)
			ret = shim_filtered(use.fd, ret);
		shim_end(&use);
		return ret;
	}
	fds[0] = arg.rfd;
	fds[1] = arg.wfd;
	settle(&use, fds, flags);
	return 0;
}

static long kipc_pipe2(int fds[2], int flags)
{
	int tries = SHIM_TRIES;
	long ret;

	do {
		ret = create(fds, flags);
	} while (shim_is_lost(ret) && --tries);
	return tries ? ret : no_device(ret);
}

/* Neither the kernel nor we write to @fds when the call fails. */
static long make_pipe(int fds[2], int flags)
{
	int made[2];
	long ret = -EINVAL;

	if (!(flags & ~PIPE_FLAGS))
		ret = kipc_pipe2(made, flags);
	if (ret < 0)
		return shim_config()->refuse ? ret : SHIM_RAW(SYS_pipe2, fds, flags);
	if (!shim_can_write(fds, sizeof(made))) {
		SHIM_RAW(SYS_close, made[0]);
		SHIM_RAW(SYS_close, made[1]);
		return -EFAULT;
	}
	memcpy(fds, made, sizeof(made));
	return 0;
}

int shim_pipe2(int fds[2], int flags)
{
	switch (shim_world(SHIM_PIPE)) {
	case SHIM_NATIVE:
		return shim_result(SHIM_RAW(SYS_pipe2, fds, flags));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	return shim_result(make_pipe(fds, flags));
}

int pipe2(int fds[2], int flags)
{
	int ret = shim_pipe2(fds, flags);

	if (ret)
		shim_trace(ret, "(%p, %#x)", (void *)fds, flags);
	else
		shim_trace(ret, "([%d, %d], %#x)", fds[0], fds[1], flags);
	return ret;
}

int pipe(int fds[2])
{
	return pipe2(fds, 0);
}

/* what the C library called it when threads were a library of their own */
int __pipe(int fds[2])
{
	return pipe2(fds, 0);
}

/* --- fcntl */

/*
 * The kernel knows its own pipes, and answers EBADF for everything else. @arg is as long as
 * the kernel takes it, so that what is too large for an int stays too large.
 */
static long pipe_size(int fd, int cmd, unsigned long size)
{
	struct kipc_pipe_size arg = { .size = size };
	unsigned int call = cmd == F_SETPIPE_SZ ? KIPC_IOC_PIPE_SET_SIZE : KIPC_IOC_PIPE_GET_SIZE;
	long ret = SHIM_RAW(SYS_fcntl, fd, cmd, size);

	if (ret != -EBADF || !(shim_config()->families & SHIM_PIPE) || !shim_is_fifo(fd))
		return ret;
	ret = SHIM_RAW(SYS_ioctl, fd, call, &arg);
	if (ret == -ENOTTY)
		return -EBADF;
	return ret < 0 ? ret : (long)arg.size;
}

int shim_fcntl_size(int fd, int cmd, unsigned long size)
{
	return shim_result(pipe_size(fd, cmd, size));
}

/*
 * The functions behind ours are looked for at once, as fcntl may be called by handlers of
 * signals and by children of vfork, which must not do that.
 */
static void *next_fcntl, *next_fcntl64;

static __attribute__((constructor)) void find_next(void)
{
	shim_next(&next_fcntl, "fcntl");
	shim_next(&next_fcntl64, "fcntl64");
}

static int any_fcntl(void **next, const char *name, int fd, int cmd, unsigned long arg)
{
	int ret;

	if (cmd != F_GETPIPE_SZ && cmd != F_SETPIPE_SZ)
		return ((__typeof__(fcntl) *)shim_next(next, name))(fd, cmd, arg);
	ret = shim_fcntl_size(fd, cmd, arg);
	if (shim_is_traced())
		shim_trace_line(ret, name, "(%d, %s, %lu)", fd,
				cmd == F_GETPIPE_SZ ? "F_GETPIPE_SZ" : "F_SETPIPE_SZ", arg);
	return ret;
}

/* Whatever the third argument is, and whether it is there: it goes where a long goes. */
int fcntl(int fd, int cmd, ...)
{
	unsigned long arg;
	va_list args;

	va_start(args, cmd);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return any_fcntl(&next_fcntl, __func__, fd, cmd, arg);
}

int fcntl64(int fd, int cmd, ...)
{
	unsigned long arg;
	va_list args;

	va_start(args, cmd);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return any_fcntl(&next_fcntl64, __func__, fd, cmd, arg);
}

#if __TIMESIZE == 32
/* what fcntl is for programs with times of 64 bits */
int __fcntl_time64(int fd, int cmd, ...)
{
	static void *next;
	unsigned long arg;
	va_list args;

	va_start(args, cmd);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return any_fcntl(&next, __func__, fd, cmd, arg);
}
#endif
