// SPDX-License-Identifier: GPL-2.0
/* What can be done with any descriptor. */
#include "fuzz.h"

#include <liburing.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>

/* Often the end of the program's pipe that serves it: 0 to read, 1 to write. */
static int fd_to_transfer(struct context *c, int end)
{
	int fd = once_in(&c->d, 3) ? fd_end(end) : -1;

	return fd >= 0 ? fd : fd_any(c);
}

static long run_read(struct context *c, const struct call *call)
{
	int fd = fd_to_transfer(c, 0);
	size_t size = size_pick(c);
	char *buf = buffer_pick(c, &size);

	(void)call;
	return read(fd, buf, size % (1 << 20));
}

static long run_write(struct context *c, const struct call *call)
{
	int fd = fd_to_transfer(c, 1);
	size_t size = size_pick(c);
	char *buf = buffer_pick(c, &size);

	(void)call;
	/* for queues whose messages begin with their type */
	c->data[0] = once_in(&c->d, 4) ? 0 : 1 + below(&c->d, 4);
	if (once_in(&c->d, 4))
		return write(fd, once_in(&c->d, 4) ? (char *)attached_pick(c) : c->data,
			     once_in(&c->d, 2) ? DATA_SIZE : PAGE * below(&c->d, 64));
	return write(fd, once_in(&c->d, 2) ? c->data : buf, size % (1 << 20));
}

static unsigned int vector_make(struct context *c, struct iovec *vec)
{
	unsigned int n = below(&c->d, 5), i;

	for (i = 0; i < n; i++) {
		size_t size = size_pick(c);

		vec[i].iov_base = buffer_pick(c, &size);
		vec[i].iov_len = size % (1 << 18);
	}
	return n;
}

static long run_vector(struct context *c, const struct call *call)
{
	int fd = fd_any(c), flags = once_in(&c->d, 2) ? RWF_NOWAIT : below(&c->d, 32);
	struct iovec vec[5];
	unsigned int n = vector_make(c, vec);
	off_t off = once_in(&c->d, 2) ? -1 : (off_t)number_pick(c);

	(void)call;
	switch (below(&c->d, 4)) {
	case 0:
		return readv(fd, vec, n);
	case 1:
		return writev(fd, vec, n);
	case 2:
		return preadv2(fd, vec, n, off, flags);
	default:
		return pwritev2(fd, vec, n, off, flags);
	}
}

static long run_poll(struct context *c, const struct call *call)
{
	struct pollfd pfd[4];
	unsigned int n = 1 + below(&c->d, 4), i;

	(void)call;
	for (i = 0; i < n; i++)
		pfd[i] = (struct pollfd) { .fd = fd_any(c), .events = draw(&c->d) };
	return poll(pfd, n, once_in(&c->d, 3) ? 2 : 0);
}

static long run_epoll(struct context *c, const struct call *call)
{
	struct epoll_event event = { .events = draw(&c->d) }, events[4];
	int epoll = fd_pick(c, FD_EPOLL), fd = fd_any(c);

	(void)call;
	if (once_in(&c->d, 3))
		return epoll_wait(epoll, events, 4, once_in(&c->d, 2) ? 2 : 0);
	if (once_in(&c->d, 2))
		event.events &= EPOLLIN | EPOLLOUT | EPOLLET;
	return epoll_ctl(epoll, 1 + below(&c->d, 3), fd, &event);
}

static long run_close(struct context *c, const struct call *call)
{
	int fd = fd_any(c);

	(void)call;
	return fd < FD_FIRST ? 0 : close(fd);
}

/* A number that another thread is using becomes another file. */
static long run_dup(struct context *c, const struct call *call)
{
	int kind = below(&c->d, FD_KINDS), old = fd_pick(c, kind), new = fd_any(c);

	(void)call;
	if (once_in(&c->d, 2)) {
		new = dup(old);
		fd_add(kind, new);
		return new;
	}
	return new < FD_FIRST ? 0 : dup3(old, new, once_in(&c->d, 2) ? O_CLOEXEC : 0);
}

static long run_fcntl(struct context *c, const struct call *call)
{
	static const int cmds[] = {
		F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG,
		F_GETPIPE_SZ, F_SETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS, F_SETLK, F_GETLK,
	};
	static const int flags[] = { O_NONBLOCK, O_ASYNC, O_DIRECT, O_APPEND, O_NOATIME, -1 };
	static const int signals[] = { 0, SIGIO, SIGUSR1, 40 };
	int fd = fd_any(c), cmd = cmds[below(&c->d, ARRAY_SIZE(cmds))], set = 0, i;
	struct flock lock = { .l_type = F_WRLCK };

	(void)call;
	if (once_in(&c->d, 2))
		cmd = F_SETFL;
	switch (cmd) {
	case F_SETFL:
		for (i = 0; i < 6; i++)
			set |= once_in(&c->d, 4) ? flags[i] : 0;
		return fcntl(fd, cmd, set);
	case F_SETOWN:
		return fcntl(fd, cmd, once_in(&c->d, 4) ? 0 : getpid());
	case F_SETSIG:
		return fcntl(fd, cmd, signals[below(&c->d, ARRAY_SIZE(signals))]);
	case F_SETLK:
	case F_GETLK:
		return fcntl(fd, cmd, &lock);
	default:
		return fcntl(fd, cmd, (long)number_pick(c));
	}
}

static long run_control(struct context *c, const struct call *call)
{
	static const unsigned int cmds[] = { FIONREAD, FIOASYNC, FIONBIO, FIOCLEX, 0x5401 };
	int fd = fd_any(c), value = below(&c->d, 2);

	(void)call;
	return ioctl(fd, cmds[below(&c->d, ARRAY_SIZE(cmds))],
		     once_in(&c->d, 20) ? NULL : &value);
}

/* A file or a pipe at one end, whatever is there at the other. */
static long run_splice(struct context *c, const struct call *call)
{
	int one = fd_any(c), other = fd_pick(c, once_in(&c->d, 2) ? FD_NATIVE : FD_FILE);
	int from = once_in(&c->d, 2) ? one : other, to = from == one ? other : one;
	size_t size = size_pick(c) % (1 << 18);
	off_t off = number_pick(c), *at = once_in(&c->d, 3) ? &off : NULL;
	struct iovec vec[5];

	(void)call;
	switch (below(&c->d, 5)) {
	case 0:
		return tee(from, to, size, below(&c->d, 16));
	case 1:
		return vmsplice(from, vec, vector_make(c, vec), below(&c->d, 16));
	case 2:
		return sendfile(to, from, at, size);
	case 3:
		return copy_file_range(from, at, to, NULL, size, 0);
	default:
		return splice(from, at, to, NULL, size, below(&c->d, 16));
	}
}

static long run_seek(struct context *c, const struct call *call)
{
	int fd = fd_any(c), whence = below(&c->d, 6);

	(void)call;
	return lseek(fd, once_in(&c->d, 2) ? 0 : (off_t)number_pick(c), whence);
}

/* What is told about a descriptor. */
static long run_about(struct context *c, const struct call *call)
{
	int fd = fd_any(c), info;
	char path[64], text[1024];
	struct statfs fs;
	struct stat st;
	long ret;

	(void)call;
	switch (below(&c->d, 4)) {
	case 0:
		return fstat(fd, &st);
	case 1:
		return fstatfs(fd, &fs);
	case 2:
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		return readlink(path, text, sizeof(text));
	default:
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		info = open(path, O_RDONLY | O_CLOEXEC);
		if (info < 0)
			return -1;
		while ((ret = read(info, text, sizeof(text))) > 0)
			;
		close(info);
		return ret;
	}
}

/* Changes to the inode; but not to nodes of /dev, which the others need. */
static long run_attributes(struct context *c, const struct call *call)
{
	int fd = fd_any(c);
	struct stat st;

	(void)call;
	if (fstat(fd, &st) || S_ISCHR(st.st_mode))
		return 0;
	switch (below(&c->d, 6)) {
	case 0:
		return fchmod(fd, draw(&c->d) & 07777);
	case 1:
		return fchown(fd, once_in(&c->d, 2) ? 1000 : 0, -1);
	case 2:
		return futimens(fd, NULL);
	case 3:
		return ftruncate(fd, size_pick(c) % (1 << 20));
	case 4:
		return fsync(fd);
	default:
		return fallocate(fd, below(&c->d, 4), size_pick(c) % (1 << 20),
				 size_pick(c) % (1 << 20));
	}
}

static long run_reopen(struct context *c, const struct call *call)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_PATH, 3 };
	int kind = below(&c->d, FD_SUBSCRIBER + 1), fd = fd_pick(c, kind), how;
	char path[64];

	(void)call;
	how = flags[below(&c->d, ARRAY_SIZE(flags))];
	how |= once_in(&c->d, 3) ? 0 : O_NONBLOCK;
	how |= once_in(&c->d, 8) ? O_DIRECT : 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, how);
	fd_add(kind, fd);
	return fd;
}

/* To whichever worker takes it, or the one that another has sent. */
static long run_pass(struct context *c, const struct call *call)
{
	bool send = once_in(&c->d, 2);
	int kind = below(&c->d, FD_SUBSCRIBER + 1), fd = send ? fd_pick(c, kind) : -1;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = "" };
	char byte = kind;
	struct iovec vec = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &vec, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	long ret;

	(void)call;
	if (send) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		return sendmsg(options.post[0], &msg, MSG_DONTWAIT);
	}
	ret = recvmsg(options.post[1], &msg, MSG_DONTWAIT);
	if (ret == 1 && control.header.cmsg_len == CMSG_LEN(sizeof(int)) &&
	    (unsigned char)byte <= FD_SUBSCRIBER) {
		memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
		fd_add(byte, fd);
	}
	return ret;
}

static void request_make(struct context *c, struct io_uring_sqe *sqe)
{
	int fd = fd_any(c);
	size_t size = size_pick(c);
	char *buf = buffer_pick(c, &size);

	switch (below(&c->d, 5)) {
	case 0:
		io_uring_prep_read(sqe, fd, buf, size % DATA_SIZE, 0);
		break;
	case 1:
		io_uring_prep_write(sqe, fd, buf, size % DATA_SIZE, 0);
		break;
	case 2:
		io_uring_prep_poll_multishot(sqe, fd, draw(&c->d) & 0x2fff);
		break;
	case 3:
		io_uring_prep_splice(sqe, fd, -1, fd_pick(c, FD_NATIVE), -1, size % DATA_SIZE, 0);
		break;
	default:
		io_uring_prep_poll_add(sqe, fd, draw(&c->d) & 0x2fff);
	}
	if (once_in(&c->d, 6))
		sqe->flags |= IOSQE_ASYNC;
}

/* Some requests; some of them are done when the ring goes, and some are not. */
static long run_uring(struct context *c, const struct call *call)
{
	struct __kernel_timespec ts = { .tv_nsec = 1000000 };
	unsigned int n = 1 + below(&c->d, 3), i;
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	long ret;

	(void)call;
	ret = io_uring_queue_init(4, &ring, 0);
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	for (i = 0; i < n; i++)
		request_make(c, io_uring_get_sqe(&ring));
	ret = io_uring_submit(&ring);
	if (ret > 0 && once_in(&c->d, 2))
		io_uring_wait_cqe_timeout(&ring, &cqe, &ts);
	io_uring_queue_exit(&ring);
	errno = ret < 0 ? -ret : 0;
	return ret < 0 ? -1 : ret;
}

void calls_add_file(void)
{
	calls_add("read", run_read, 16, NULL);
	calls_add("write", run_write, 20, NULL);
	calls_add("vector", run_vector, 10, NULL);
	calls_add("poll", run_poll, 6, NULL);
	calls_add("epoll", run_epoll, 8, NULL);
	calls_add("close", run_close, 6, NULL);
	calls_add("dup", run_dup, 4, NULL);
	calls_add("fcntl", run_fcntl, 8, NULL);
	calls_add("control", run_control, 5, NULL);
	calls_add("splice", run_splice, 12, NULL);
	calls_add("seek", run_seek, 2, NULL);
	calls_add("about", run_about, 5, NULL);
	calls_add("attributes", run_attributes, 4, NULL);
	calls_add("reopen", run_reopen, 8, NULL);
	calls_add("pass", run_pass, 5, NULL);
	calls_add("uring", run_uring, 3, NULL);
}
