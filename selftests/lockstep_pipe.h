/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of a pipe or a FIFO for lockstep.h. There is one of it on each side; each actor
 * has descriptors of its own for its ends, as fork gives them.
 */
#ifndef KIPC_LOCKSTEP_PIPE_H
#define KIPC_LOCKSTEP_PIPE_H

#include "lockstep.h"
#include "pipe_times.h"

#include <sys/epoll.h>

enum {
	PIPE_WRITE = STEPS_COMMON, PIPE_READ, PIPE_WRITEV, PIPE_READV, PIPE_READ_BAD,
	PIPE_POLL, PIPE_FIONREAD, PIPE_CLOSE, PIPE_OPEN, PIPE_DUP, PIPE_SETFL, PIPE_SIZE,
	PIPE_STAT, PIPE_SPLICE_IN, PIPE_SPLICE_OUT, PIPE_EPOLL_ADD, PIPE_EPOLL_WAIT,
	PIPE_WRITE_BAD, PIPE_TEE_OUT, PIPE_TEE_IN, PIPE_MOVE_OUT, PIPE_MOVE_IN, PIPE_LINK,
	PIPE_UNLINK, PIPE_CHMOD, STEPS,
};

static const char *const step_names[STEPS + 1] = {
	"look", "fork", "exec", "exit", "become",
	"write", "read", "writev", "readv", "read to a bad address",
	"poll", "FIONREAD", "close", "open", "dup", "SETFL", "size",
	"fstat", "splice in", "splice out", "epoll_ctl", "epoll_wait",
	"write from a bad address", "tee to another pipe", "tee from another pipe",
	"splice to another pipe", "splice from another pipe", "link", "unlink", "fchmod", NULL,
};

#define ENDS		8
#define TRANSFER_MAX	(80 * 4096)
#define FIFO_PATH	MOUNTS "/instance/fifo"
#define OTHER_PATH	MOUNTS "/instance/other"

/* Of the seed: a FIFO, packets. */
static bool is_fifo, has_packets;

static int ends[ENDS];
/* Another pipe, of the same kind, which is empty but in a step. */
static int other[2];
static int epoll_fd, file_fd;
static bool native;
static unsigned char data[TRANSFER_MAX];

static bool may_sleep_in(int which, long nr)
{
	(void)which;
	return nr == SYS_read || nr == SYS_write || nr == SYS_readv || nr == SYS_writev ||
	       nr == SYS_openat;
}

/* A file to splice from, and to. */
static inline int file_make(void)
{
	file_fd = memfd_create("file", MFD_CLOEXEC);
	pattern(data, sizeof(data), 0);
	return write(file_fd, data, sizeof(data)) == sizeof(data) ? 0 : -1;
}

static int side_prepare(int which)
{
	int dev = -1, ret, i;

	native = which == NATIVE;
	for (i = 0; i < ENDS; i++)
		ends[i] = -1;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0 || file_make())
		return -1;
	if (!native)
		dev = kipc_open();
	if (pipe_make(dev, other, O_NONBLOCK))
		return -1;
	if (is_fifo) {
		close(dev);
		if (mounts_private() || mkdir(MOUNTS "/instance", 0755) ||
		    mount("none", MOUNTS "/instance", native ? "tmpfs" : KIPCFS_NAME, 0, NULL) ||
		    mkfifo(FIFO_PATH, 0600))
			return -1;
		ends[0] = open(FIFO_PATH, O_RDONLY | O_NONBLOCK);
		ends[1] = open(FIFO_PATH, O_WRONLY | O_NONBLOCK);
		return ends[1] < 0 ? -1 : 0;
	}
	ret = pipe_make(dev, ends, O_NONBLOCK | (has_packets ? O_DIRECT : 0));
	if (dev >= 0)
		close(dev);
	return ret;
}

static void actor_prepare(void)
{
}

static inline unsigned int hash_of(const void *buf, size_t len)
{
	const unsigned char *p = buf;
	unsigned int hash = 2166136261U;

	while (len--)
		hash = (hash ^ *p++) * 16777619U;
	return hash;
}

/* Keep the result of a call and its error, before anything else is called. */
static inline void result(struct answer *answer, long ret)
{
	answer->ret = ret;
	answer->error = ret < 0 ? errno : 0;
}

static inline void do_read(const struct step *step, struct answer *answer, int fd)
{
	size_t len = step->arg[1];
	struct iovec iov[3] = {
		{ data, len / 3 }, { data + len / 3, 0 }, { data + len / 3, len - len / 3 },
	};

	memset(data, POISON, len + 1);
	if (step->op == PIPE_READ)
		result(answer, read(fd, data, len));
	else if (step->op == PIPE_READV)
		result(answer, readv(fd, iov, 3));
	else
		result(answer, read(fd, nowhere(), len));
	say(answer, "%x", hash_of(data, len + 1));
}

static inline void do_write(const struct step *step, struct answer *answer, int fd)
{
	size_t len = step->arg[1];
	struct iovec iov[3] = {
		{ data, len / 3 }, { data + len / 3, 0 }, { data + len / 3, len - len / 3 },
	};

	pattern(data, len, step->arg[2]);
	if (step->op == PIPE_WRITE)
		result(answer, write(fd, data, len));
	else
		result(answer, writev(fd, iov, 3));
}

/* As much as arg[2] says of the data is there, and behind it nothing. */
static inline void do_write_bad(const struct step *step, struct answer *answer, int fd)
{
	size_t len = step->arg[1], there = step->arg[2];
	struct iovec iov[2] = { { data, there }, { nowhere(), len - there } };

	pattern(data, there, len);
	result(answer, writev(fd, iov, 2));
}

static inline void do_open(const struct step *step, struct answer *answer, int fd)
{
	char path[64] = FIFO_PATH;

	if (!is_fifo || step->arg[3])
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	result(answer, open(path, step->arg[2]));
	if (answer->ret < 0)
		return;
	if (ends[step->arg[1]] >= 0)
		close(ends[step->arg[1]]);
	ends[step->arg[1]] = answer->ret;
	answer->ret = 0;
}

static inline void do_dup(const struct step *step, struct answer *answer, int fd)
{
	result(answer, dup(fd));
	if (answer->ret < 0)
		return;
	if (ends[step->arg[1]] >= 0)
		close(ends[step->arg[1]]);
	ends[step->arg[1]] = answer->ret;
	answer->ret = 0;
}

/* Set the capacity, or ask for it if it is to be -1. */
static inline long size_of(int fd, long size)
{
	struct kipc_pipe_size arg = { .size = size };

	if (native)
		return size < 0 ? fcntl(fd, F_GETPIPE_SZ) : fcntl(fd, F_SETPIPE_SZ, size);
	if (ioctl(fd, size < 0 ? KIPC_IOC_PIPE_GET_SIZE : KIPC_IOC_PIPE_SET_SIZE, &arg))
		return -1;
	return arg.size;
}

static inline long splice_with(int fd, bool in, size_t len, long long offset)
{
	struct kipc_pipe_splice arg = {
		.fd = file_fd, .len = len, .offset = offset,
		.flags = KIPC_SPLICE_NONBLOCK | KIPC_SPLICE_OFFSET |
			 (in ? KIPC_SPLICE_TO_PIPE : KIPC_SPLICE_FROM_PIPE),
	};
	loff_t at = offset;

	if (native && in)
		return splice(file_fd, &at, fd, NULL, len, SPLICE_F_NONBLOCK);
	if (native)
		return splice(fd, NULL, file_fd, &at, len, SPLICE_F_NONBLOCK);
	return ioctl(fd, KIPC_IOC_PIPE_SPLICE, &arg) ? -1 : (long)arg.len;
}

static inline void do_splice(const struct step *step, struct answer *answer, int fd)
{
	long len = step->arg[1], offset = step->arg[2];

	if (step->op == PIPE_SPLICE_IN) {
		result(answer, splice_with(fd, true, len, offset));
		return;
	}
	/* behind what is spliced from */
	result(answer, splice_with(fd, false, len, TRANSFER_MAX));
	if (answer->ret > 0 && pread(file_fd, data, answer->ret, TRANSFER_MAX) == answer->ret)
		say(answer, "%x", hash_of(data, answer->ret));
}

/* Bytes from the pipe @from to the pipe @to; tee leaves them in the first. */
static inline long move(bool tee_only, int from, int to, size_t len)
{
	struct kipc_pipe_splice arg = { .fd = to, .len = len, .flags = KIPC_SPLICE_NONBLOCK };

	if (native)
		return tee_only ? tee(from, to, len, SPLICE_F_NONBLOCK) :
			splice(from, NULL, to, NULL, len, SPLICE_F_NONBLOCK);
	if (!tee_only)
		arg.flags |= KIPC_SPLICE_FROM_PIPE;
	return ioctl(from, tee_only ? KIPC_IOC_PIPE_TEE : KIPC_IOC_PIPE_SPLICE, &arg) ?
		-1 : (long)arg.len;
}

/* To the other pipe or from it, which is empty before and after. */
static inline void do_move(const struct step *step, struct answer *answer, int fd)
{
	bool tee_only = step->op == PIPE_TEE_IN || step->op == PIPE_TEE_OUT;
	size_t len = step->arg[1];
	ssize_t left;

	if (step->op == PIPE_TEE_IN || step->op == PIPE_MOVE_IN) {
		pattern(data, step->arg[2], len);
		write(other[1], data, step->arg[2]);
		result(answer, move(tee_only, other[0], fd, len));
	} else {
		result(answer, move(tee_only, fd, other[1], len));
	}
	left = read(other[0], data, sizeof(data));
	say(answer, "%zd %x", left, left > 0 ? hash_of(data, left) : 0);
}

static inline void do_stat(struct answer *answer, int fd)
{
	bool keeps_times = is_fifo || kernel_keeps_times();
	struct stat st;

	result(answer, fstat(fd, &st));
	if (answer->ret)
		return;
	say(answer, "mode %o links %lu user %u:%u size %ld block %ld, %ld of them, rdev %lx",
	    st.st_mode, (long)st.st_nlink, st.st_uid, st.st_gid, (long)st.st_size,
	    (long)st.st_blksize, (long)st.st_blocks, (long)st.st_rdev);
	/* for when they are not, see diff_pipe_test.c */
	if (keeps_times && !common->mtime_unknown)
		say(answer, " mtime %ld ctime %ld", step_of(st.st_mtime), step_of(st.st_ctime));
	if (keeps_times && !is_fifo && !common->atime_unknown)
		say(answer, " atime %ld", step_of(st.st_atime));
	say(answer, "\n");
}

static inline void do_epoll_wait(struct answer *answer)
{
	struct epoll_event events[ENDS * 2];
	int i;

	result(answer, epoll_wait(epoll_fd, events, ARRAY_SIZE(events), 0));
	for (i = 0; i < answer->ret; i++)
		say(answer, "%d:%x ", events[i].data.u32, events[i].events);
}

static inline void do_epoll_add(const struct step *step, struct answer *answer, int fd)
{
	struct epoll_event event = { .events = step->arg[1], .data.u32 = step->arg[0] };

	result(answer, epoll_ctl(epoll_fd, step->arg[2], fd, &event));
}

static inline void look_at_ends(struct answer *answer)
{
	/* until the pipe is drained a slot of the kernel's may have no data */
	int i, events = common->empty_slots ? 0 : POLL_ALL;

	/* and kipc's may have room that the kernel's writer fills */
	if (common->large_write)
		events &= ~(POLLOUT | POLLWRNORM);

	for (i = 0; i < ENDS; i++) {
		if (ends[i] < 0)
			continue;
		say(answer, "end %d: flags %o events %x bytes %d size %ld ", i,
		    fcntl(ends[i], F_GETFL), poll_now(ends[i], events), bytes_in(ends[i]),
		    size_of(ends[i], -1));
		do_stat(answer, ends[i]);
	}
	answer->ret = 0;
	answer->error = 0;
}

static void actor_do(const struct step *step, struct answer *answer)
{
	int fd = ends[step->arg[0]], n = -1;

	switch (step->op) {
	case LOOK:
		look_at_ends(answer);
		return;
	case PIPE_READ:
	case PIPE_READV:
	case PIPE_READ_BAD:
		do_read(step, answer, fd);
		return;
	case PIPE_WRITE:
	case PIPE_WRITEV:
		do_write(step, answer, fd);
		return;
	case PIPE_POLL:
		result(answer, poll_now(fd, step->arg[1]));
		return;
	case PIPE_FIONREAD:
		result(answer, ioctl(fd, FIONREAD, &n));
		say(answer, "%d", n);
		return;
	case PIPE_CLOSE:
		result(answer, close(fd));
		ends[step->arg[0]] = -1;
		return;
	case PIPE_OPEN:
		do_open(step, answer, fd);
		return;
	case PIPE_DUP:
		do_dup(step, answer, fd);
		return;
	case PIPE_SETFL:
		result(answer, fcntl(fd, F_SETFL, step->arg[1]));
		return;
	case PIPE_SIZE:
		result(answer, size_of(fd, step->arg[1]));
		return;
	case PIPE_STAT:
		do_stat(answer, fd);
		return;
	case PIPE_SPLICE_IN:
	case PIPE_SPLICE_OUT:
		do_splice(step, answer, fd);
		return;
	case PIPE_EPOLL_ADD:
		do_epoll_add(step, answer, fd);
		return;
	case PIPE_EPOLL_WAIT:
		do_epoll_wait(answer);
		return;
	case PIPE_WRITE_BAD:
		do_write_bad(step, answer, fd);
		return;
	case PIPE_TEE_OUT:
	case PIPE_TEE_IN:
	case PIPE_MOVE_OUT:
	case PIPE_MOVE_IN:
		do_move(step, answer, fd);
		return;
	case PIPE_LINK:
		result(answer, link(FIFO_PATH, OTHER_PATH));
		return;
	case PIPE_UNLINK:
		result(answer, unlink(step->arg[1] ? OTHER_PATH : FIFO_PATH));
		return;
	case PIPE_CHMOD:
		result(answer, fchmod(fd, step->arg[1]));
		return;
	}
}

#endif /* KIPC_LOCKSTEP_PIPE_H */
