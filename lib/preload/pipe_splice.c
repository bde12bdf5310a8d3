// SPDX-License-Identifier: GPL-2.0
/*
 * splice, tee, vmsplice and sendfile. The kernel's calls know the kernel's own pipes; if one of
 * kipc takes part, its calls that copy do what is asked, with the results of the former. What
 * concerns no pipe of kipc goes to the next function.
 */
#include "pipe.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/single_threaded.h>
#include <sys/uio.h>
#include <unistd.h>

#define SPLICE_FLAGS (SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT)

/* No pipe of kipc takes part. A descriptor that does not know a call says the same. */
#define NOT_OURS (-ENOTTY)

static bool is_on(void)
{
	return shim_config()->families & SHIM_PIPE;
}

/* splice, tee and vmsplice are cancellation points; between these two come system calls only. */
static int sleep_begin(void)
{
	int type = PTHREAD_CANCEL_DEFERRED;

	/* acts upon a request that came before, too */
	if (!__libc_single_threaded)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	return type;
}

static void sleep_end(int type)
{
	int old;

	if (!__libc_single_threaded)
		pthread_setcanceltype(type, &old);
}

static long move(int pipe, unsigned int cmd, struct kipc_pipe_splice *arg, bool is_cancellable)
{
	int type;
	long ret;

	if (!is_cancellable)
		return SHIM_RAW(SYS_ioctl, pipe, cmd, arg);
	type = sleep_begin();
	ret = SHIM_RAW(SYS_ioctl, pipe, cmd, arg);
	sleep_end(type);
	return ret;
}

static bool is_open(int fd)
{
	return SHIM_RAW(SYS_fcntl, fd, F_GETFD) >= 0;
}

/* --- splice */

/* One way, between @pipe, which need not be kipc's, and @file. */
static long splice_by(int pipe, unsigned int flags, int file, loff_t *offset, size_t len,
		      bool is_cancellable)
{
	struct kipc_pipe_splice arg = { .fd = file, .flags = flags, .len = len };
	long ret;

	if (offset && !shim_can_read(offset, sizeof(*offset)))
		return shim_is_kipc_pipe(pipe) ? -EFAULT : NOT_OURS;
	if (offset) {
		arg.flags |= KIPC_SPLICE_OFFSET;
		memcpy(&arg.offset, offset, sizeof(arg.offset));
	}
	ret = move(pipe, KIPC_IOC_PIPE_SPLICE, &arg, is_cancellable);
	if (ret < 0)
		return ret;
	if (offset && !shim_can_write(offset, sizeof(*offset)))
		return -EFAULT;
	if (offset)
		memcpy(offset, &arg.offset, sizeof(arg.offset));
	return arg.len;
}

/* A pipe has no position: the answer if one is given, after all that comes before it. */
static long refuse_position(int in, int out)
{
	if (!shim_is_kipc_pipe(in) && !shim_is_kipc_pipe(out))
		return NOT_OURS;
	return is_open(in) && is_open(out) ? -ESPIPE : -EBADF;
}

static long do_splice(int in, loff_t *in_at, int out, loff_t *out_at, size_t len,
		      unsigned int flags, bool is_cancellable)
{
	unsigned int nonblock = flags & SPLICE_F_NONBLOCK ? KIPC_SPLICE_NONBLOCK : 0;
	long ret = NOT_OURS;

	if (!is_on() || !len || (flags & ~SPLICE_FLAGS))
		return NOT_OURS;
	if ((in_at && shim_is_fifo(in)) || (out_at && shim_is_fifo(out)))
		return refuse_position(in, out);
	if (shim_is_fifo(in))
		ret = splice_by(in, KIPC_SPLICE_FROM_PIPE | nonblock, out, out_at, len,
				is_cancellable);
	if (ret == NOT_OURS && shim_is_fifo(out))
		ret = splice_by(out, KIPC_SPLICE_TO_PIPE | nonblock, in, in_at, len,
				is_cancellable);
	/* of a file that cannot seek; splice(2) has ESPIPE for pipes only */
	return ret == -ESPIPE ? -EINVAL : ret;
}

ssize_t shim_splice(int in, loff_t *in_at, int out, loff_t *out_at, size_t len,
		    unsigned int flags, bool is_cancellable)
{
	long ret = do_splice(in, in_at, out, out_at, len, flags, is_cancellable);

	if (ret == NOT_OURS)
		return SHIM_NEXT(splice)(in, in_at, out, out_at, len, flags);
	return shim_result(ret);
}

ssize_t splice(int in, loff_t *in_at, int out, loff_t *out_at, size_t len, unsigned int flags)
{
	ssize_t ret = shim_splice(in, in_at, out, out_at, len, flags, true);

	shim_trace(ret, "(%d, %p, %d, %p, %zu, %#x)", in, (void *)in_at, out,
		   (void *)out_at, len, flags);
	return ret;
}

/* --- tee */

/* What is asked for again if others have closed the pipe between. */
static long tee_once(int in, int out, size_t len, unsigned int flags)
{
	unsigned int out_flags = KIPC_SPLICE_TO_PIPE |
				 (flags & SPLICE_F_NONBLOCK ? KIPC_SPLICE_NONBLOCK : 0);
	struct shim_file ends[2];
	int fds[2];
	long ret;

	ret = SHIM_RAW(SYS_pipe2, fds, O_CLOEXEC);
	if (ret)
		return ret;
	ends[0] = shim_file(fds[0]);
	ends[1] = shim_file(fds[1]);
	ret = SHIM_RAW(SYS_tee, in, fds[1], len, flags);
	/* both calls may sleep */
	if (ret > 0 && !shim_file_is_same(&ends[0]))
		ret = -EBADF;
	else if (ret > 0)
		ret = splice_by(out, out_flags, fds[0], NULL, ret, false);
	shim_file_close(&ends[0]);
	shim_file_close(&ends[1]);
	return ret;
}

/*
 * From a pipe of the kernel, which gives copies only to its like: through one of those, which
 * nobody else knows. What does not fit into the pipe at @out is still in that at @in.
 */
static long tee_through(int in, int out, size_t len, unsigned int flags)
{
	int in_mode, out_mode, tries = SHIM_TRIES;
	long ret;

	in_mode = SHIM_RAW(SYS_fcntl, in, F_GETFL);
	out_mode = SHIM_RAW(SYS_fcntl, out, F_GETFL);
	if (in_mode < 0 || out_mode < 0 || (in_mode & O_ACCMODE) == O_WRONLY ||
	    (out_mode & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if ((in_mode | out_mode) & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	do {
		ret = tee_once(in, out, len, flags);
	} while (ret == -EBADF && --tries);
	return ret;
}

static long do_tee(int in, int out, size_t len, unsigned int flags, bool is_cancellable)
{
	struct kipc_pipe_splice arg = {
		.fd = out,
		.flags = flags & SPLICE_F_NONBLOCK ? KIPC_SPLICE_NONBLOCK : 0,
		.len = len,
	};
	long ret;

	/* other files, and what is no file, are for the kernel to refuse */
	if (!is_on() || !len || (flags & ~SPLICE_FLAGS) || !shim_is_fifo(in) ||
	    !shim_is_fifo(out))
		return NOT_OURS;
	ret = move(in, KIPC_IOC_PIPE_TEE, &arg, is_cancellable);
	if (ret != NOT_OURS)
		return ret < 0 ? ret : (long)arg.len;
	return shim_is_kipc_pipe(out) ? tee_through(in, out, len, flags) : NOT_OURS;
}

ssize_t shim_tee(int in, int out, size_t len, unsigned int flags, bool is_cancellable)
{
	long ret = do_tee(in, out, len, flags, is_cancellable);

	if (ret == NOT_OURS)
		return SHIM_NEXT(tee)(in, out, len, flags);
	return shim_result(ret);
}

ssize_t tee(int in, int out, size_t len, unsigned int flags)
{
	ssize_t ret = shim_tee(in, out, len, flags, true);

	shim_trace(ret, "(%d, %d, %zu, %#x)", in, out, len, flags);
	return ret;
}

/* --- vmsplice */

/* Write no more than there is room for when poll says so; what else it takes is waited for. */
static long write_first_bytes(int fd, const struct iovec *iov, size_t nr)
{
	size_t room = PIPE_BUF, n = 0, i;
	struct iovec part[16];

	for (i = 0; i < nr && n < ARRAY_SIZE(part) && room; i++) {
		part[n] = iov[i];
		if (part[n].iov_len > room)
			part[n].iov_len = room;
		room -= part[n].iov_len;
		n += part[n].iov_len > 0;
	}
	return SHIM_RAW(SYS_pwritev2, fd, part, n, -1, -1, 0);
}

/*
 * Between the end @fd, in its one direction, and memory; what can be moved at once is enough.
 * RWF_NOWAIT has EAGAIN also for a lock or for memory that it would have to wait for, of which
 * ppoll(2) knows nothing: to ask again and again would never sleep.
 */
static long move_memory(int fd, const struct iovec *iov, size_t nr, bool nonblock)
{
	static const long long no_time[2];
	long mode = SHIM_RAW(SYS_fcntl, fd, F_GETFL), ret;
	bool is_write = (mode & O_ACCMODE) != O_RDONLY, was_ready = false;
	struct pollfd pfd = { .fd = fd, .events = is_write ? POLLOUT : POLLIN };
	/* only a write would go on to sleep when it has moved something */
	int rwf = is_write || nonblock ? RWF_NOWAIT : 0, tries = SHIM_TRIES;

	for (;;) {
		ret = SHIM_RAW(is_write ? SYS_pwritev2 : SYS_preadv2, fd, iov, nr, -1, -1, rwf);
		if (ret == -EAGAIN && was_ready && is_write && !nonblock)
			ret = write_first_bytes(fd, iov, nr);
		if (ret != -EAGAIN || (was_ready && (nonblock || !--tries)))
			return ret;
		ret = SHIM_RAW(SYS_ppoll, &pfd, 1, nonblock ? no_time : NULL);
		if (ret <= 0)
			return ret ?: -EAGAIN;
		was_ready = true;
	}
}

static long do_vmsplice(int fd, const struct iovec *iov, size_t nr, unsigned int flags,
			bool is_cancellable)
{
	bool nonblock = flags & SPLICE_F_NONBLOCK;
	int type;
	long ret;

	if (!is_on() || (flags & ~SPLICE_FLAGS) || !shim_is_kipc_pipe(fd))
		return NOT_OURS;
	if (!is_cancellable)
		return move_memory(fd, iov, nr, nonblock);
	type = sleep_begin();
	ret = move_memory(fd, iov, nr, nonblock);
	sleep_end(type);
	return ret;
}

ssize_t shim_vmsplice(int fd, const struct iovec *iov, size_t nr, unsigned int flags,
		      bool is_cancellable)
{
	long ret = do_vmsplice(fd, iov, nr, flags, is_cancellable);

	if (ret == NOT_OURS)
		return SHIM_NEXT(vmsplice)(fd, iov, nr, flags);
	return shim_result(ret);
}

ssize_t vmsplice(int fd, const struct iovec *iov, size_t nr, unsigned int flags)
{
	ssize_t ret = shim_vmsplice(fd, iov, nr, flags, true);

	shim_trace(ret, "(%d, %p, %zu, %#x)", fd, (void *)iov, nr, flags);
	return ret;
}

/* --- sendfile: no cancellation point */

/* Into a pipe it is a splice; without this, the kernel would fill ours like any file. */
static long do_sendfile64(int out, int in, loff_t *offset, size_t count)
{
	if (!is_on() || !shim_is_fifo(out))
		return NOT_OURS;
	return splice_by(out, KIPC_SPLICE_TO_PIPE, in, offset, count, false);
}

/* A position of 32 bits has a sign: nothing is sent that lies beyond. */
static long do_sendfile(int out, int in, off_t *offset, size_t count)
{
	off_t end;
	loff_t at;
	long ret;

	if (!offset || sizeof(*offset) == sizeof(at))
		return do_sendfile64(out, in, (loff_t *)offset, count);
	if (!is_on() || !shim_is_kipc_pipe(out))
		return NOT_OURS;
	if (!shim_can_read(offset, sizeof(*offset)))
		return -EFAULT;
	at = *offset;
	if (at == INT_MAX)
		return -EOVERFLOW;
	if (at >= 0 && count > (size_t)(INT_MAX - at))
		count = INT_MAX - at;
	ret = do_sendfile64(out, in, &at, count);
	if (ret < 0)
		return ret;
	end = at;
	return shim_give(offset, &end, sizeof(end)) ?: ret;
}

ssize_t shim_sendfile(int out, int in, off_t *offset, size_t count)
{
	long ret = do_sendfile(out, in, offset, count);

	if (ret == NOT_OURS)
		return SHIM_NEXT(sendfile)(out, in, offset, count);
	return shim_result(ret);
}

ssize_t shim_sendfile64(int out, int in, off64_t *offset, size_t count)
{
	long ret = do_sendfile64(out, in, offset, count);

	if (ret == NOT_OURS)
		return SHIM_NEXT(sendfile64)(out, in, offset, count);
	return shim_result(ret);
}

ssize_t sendfile(int out, int in, off_t *offset, size_t count)
{
	ssize_t ret = shim_sendfile(out, in, offset, count);

	shim_trace(ret, "(%d, %d, %p, %zu)", out, in, (void *)offset, count);
	return ret;
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t count)
{
	ssize_t ret = shim_sendfile64(out, in, offset, count);

	shim_trace(ret, "(%d, %d, %p, %zu)", out, in, (void *)offset, count);
	return ret;
}
