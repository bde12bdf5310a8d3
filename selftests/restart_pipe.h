/* SPDX-License-Identifier: GPL-2.0 */
/* Calls on pipes and FIFOs that sleep, for restart_test. */
#ifndef KIPC_RESTART_PIPE_H
#define KIPC_RESTART_PIPE_H

#include "restart.h"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

/* What a pipe holds, the kernel's and kipc's. */
#define PIPE_FULL	65536
/* More than any pipe takes at once. */
#define HUGE_WRITE	(2 * PIPE_FULL)

/* --- the places */

static inline int pipe_of(struct place *p, int flags)
{
	int fds[2];

	if (pipe_make(p->dev, fds, O_CLOEXEC | flags))
		return -1;
	p->r = fds[0];
	p->w = fds[1];
	return 0;
}

static inline int far_pipe(struct place *p)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	p->far_r = fds[0];
	p->far_w = fds[1];
	return 0;
}

/* With a part of the pattern; its position is where the bytes go on that a full pipe holds. */
static inline int far_file(struct place *p, size_t from, size_t to)
{
	p->file = memfd_create("file", MFD_CLOEXEC);
	return lseek(p->file, from, SEEK_SET) >= 0 && write_pattern(p->file, to - from, from) &&
	       lseek(p->file, PIPE_FULL, SEEK_SET) == PIPE_FULL ? 0 : -1;
}

static inline int make_empty_pipe(struct place *p)
{
	return pipe_of(p, 0) || far_pipe(p) || far_file(p, 0, 0) || place_watch(p, p->r, POLLIN);
}

static inline int make_empty_pipe_and_long_file(struct place *p)
{
	return pipe_of(p, 0) || far_file(p, 0, HUGE_WRITE);
}

static inline int make_empty_packet_pipe(struct place *p)
{
	return pipe_of(p, O_DIRECT);
}

static inline int make_full(struct place *p)
{
	return fill(p->w) == PIPE_FULL ? place_watch(p, p->w, POLLOUT) : -1;
}

static inline int make_full_pipe(struct place *p)
{
	return pipe_of(p, 0) || far_pipe(p) || far_file(p, PIPE_FULL, PIPE_FULL + PIPE_BUF) ||
	       !write_pattern(p->far_w, FEW, PIPE_FULL) || make_full(p);
}

static inline int make_full_packet_pipe(struct place *p)
{
	return pipe_of(p, O_DIRECT) || make_full(p);
}

/* A few bytes, for another pipe that is full. */
static inline int make_pipe_to_full(struct place *p)
{
	return pipe_of(p, 0) || far_pipe(p) || !write_pattern(p->w, FEW, PIPE_FULL) ||
	       fill(p->far_w) != PIPE_FULL;
}

static inline int far_sockets(struct place *p)
{
	int fds[2], size = 1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -1;
	p->far_r = fds[0];
	p->far_w = fds[1];
	return setsockopt(p->far_w, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static inline int make_pipe_and_sockets(struct place *p)
{
	return pipe_of(p, 0) || far_sockets(p);
}

/* More than the socket takes. */
static inline int make_pipe_to_socket(struct place *p)
{
	return pipe_of(p, 0) || far_sockets(p) || fill(p->w) != PIPE_FULL;
}

static inline int make_fifo(struct place *p)
{
	int dir = open(place_dir(p), O_PATH | O_CLOEXEC), ret;

	ret = mkfifoat(dir, "fifo", 0600);
	close(dir);
	return ret;
}

static inline int remove_fifo(const struct place *p)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/fifo", place_dir(p));
	return unlink(path);
}

static inline int make_open_fifo(struct place *p)
{
	if (make_fifo(p))
		return -1;
	p->r = open_in(place_dir(p), "fifo", O_RDONLY | O_NONBLOCK);
	p->w = open_in(place_dir(p), "fifo", O_WRONLY);
	return set_flag(p->r, O_NONBLOCK, false);
}

static inline int make_empty_fifo(struct place *p)
{
	return make_open_fifo(p) || place_watch(p, p->r, POLLIN);
}

static inline int make_full_fifo(struct place *p)
{
	return make_open_fifo(p) || make_full(p);
}

/* splice(2) holds the lock of a pipe of the kernel while it waits for other files. */
static inline void look_at_pipe(const struct place *p, bool asleep, char *text)
{
	struct kipc_pipe_stat stat = { 0 };
	int n;

	if (p->dev >= 0)
		stat = stat_of(p->r);
	n = snprintf(text, LOOK_MAX, "%s: %llu bytes, %u and %u wait; position %ld",
		     asleep ? "asleep" : "awake", stat.used, stat.sleeping_readers,
		     stat.sleeping_writers,
		     p->file < 0 ? 0 : (long)lseek(p->file, 0, SEEK_CUR));
	if (!asleep)
		snprintf(text + n, LOOK_MAX - n, "; %d bytes, %d behind it", bytes_in(p->r),
			 p->far_r < 0 ? 0 : bytes_in(p->far_r));
}

/* A FIFO that nobody has opened. To look for a reader wakes nobody. */
static inline void look_at_fifo(const struct place *p, bool asleep, char *text)
{
	int fd = asleep ? -2 : open_in(place_dir(p), "fifo", O_WRONLY | O_NONBLOCK);

	snprintf(text, LOOK_MAX, "%s", fd == -2 ? "asleep" : fd == -1 && errno == ENXIO ?
		 "no reader" : "somebody has it open");
	if (fd >= 0)
		close(fd);
}

static inline bool finish_empty_pipe(struct place *p)
{
	return write_pattern(p->w, 1, 0);
}

static inline bool finish_full_pipe(struct place *p)
{
	return read_pattern(p->r, PIPE_FULL + p->adds, 0);
}

static inline bool finish_pipe_to_full(struct place *p)
{
	return read_pattern(p->far_r, PIPE_FULL + FEW, 0);
}

static inline bool finish_sockets(struct place *p)
{
	return write_pattern(p->far_w, 1, 0);
}

/* Both sides at once. */
static inline bool finish_fifo(struct place *p)
{
	p->r = open_in(place_dir(p), "fifo", O_RDWR);
	return p->r >= 0;
}

static const struct kind empty_pipe = {
	.make = make_empty_pipe, .look = look_at_pipe, .finish = finish_empty_pipe,
};

/* Only for a call that moves a part: no other ends there. */
static const struct kind empty_pipe_and_long_file = {
	.make = make_empty_pipe_and_long_file,
};

static const struct kind empty_packet_pipe = {
	.make = make_empty_packet_pipe, .look = look_at_pipe, .finish = finish_empty_pipe,
};

static const struct kind full_pipe = {
	.make = make_full_pipe, .look = look_at_pipe, .finish = finish_full_pipe,
};

static const struct kind full_packet_pipe = {
	.make = make_full_packet_pipe, .look = look_at_pipe, .finish = finish_full_pipe,
};

static const struct kind pipe_to_full = {
	.make = make_pipe_to_full, .look = look_at_pipe, .finish = finish_pipe_to_full,
};

static const struct kind pipe_and_sockets = {
	.make = make_pipe_and_sockets, .look = look_at_pipe, .finish = finish_sockets,
};

/* Likewise. */
static const struct kind pipe_to_socket = {
	.make = make_pipe_to_socket,
};

static const struct kind fifo = {
	.make = make_fifo, .look = look_at_fifo, .finish = finish_fifo, .remove = remove_fifo,
};

static const struct kind empty_fifo = {
	.make = make_empty_fifo, .look = look_at_pipe, .finish = finish_empty_pipe,
	.remove = remove_fifo,
};

static const struct kind full_fifo = {
	.make = make_full_fifo, .look = look_at_pipe, .finish = finish_full_pipe,
	.remove = remove_fifo,
};

/* --- the calls */

static inline long do_read(const struct place *p)
{
	return read_few(p->r);
}

static inline long do_readv(const struct place *p)
{
	return readv_few(p->r);
}

static inline long do_preadv2(const struct place *p)
{
	unsigned char buf[FEW];
	struct iovec iov = { buf, sizeof(buf) };

	memset(buf, POISON, sizeof(buf));
	return untouched(preadv2(p->r, &iov, 1, -1, 0), buf, sizeof(buf));
}

/* Bytes behind those of a full pipe. */
static inline long write_more(int fd, size_t len, size_t at)
{
	static unsigned char buf[HUGE_WRITE];

	pattern(buf, len, at);
	return write(fd, buf, len);
}

static inline long do_write_byte(const struct place *p)
{
	return write_more(p->w, 1, PIPE_FULL);
}

static inline long do_write_atomic(const struct place *p)
{
	return write_more(p->w, PIPE_BUF, PIPE_FULL);
}

#define LONG_WRITE	(3 * PIPE_BUF + 5)

static inline long do_write_long(const struct place *p)
{
	return write_more(p->w, LONG_WRITE, PIPE_FULL);
}

static inline long writev_more(int fd, size_t len, size_t at)
{
	static unsigned char buf[HUGE_WRITE];
	struct iovec iov[3] = { { buf, 7 }, { buf + 7, 10000 }, { buf + 10007, len - 10007 } };

	pattern(buf, len, at);
	return writev(fd, iov, 3);
}

static inline long do_writev(const struct place *p)
{
	return writev_more(p->w, LONG_WRITE, PIPE_FULL);
}

static inline long do_write_huge(const struct place *p)
{
	return write_more(p->w, HUGE_WRITE, 0);
}

static inline long do_writev_huge(const struct place *p)
{
	return writev_more(p->w, HUGE_WRITE, 0);
}

static inline long do_sendfile(const struct place *p)
{
	return sendfile(p->w, p->file, NULL, PIPE_BUF);
}

static inline long do_sendfile_huge(const struct place *p)
{
	off_t begin = 0;

	return sendfile(p->w, p->file, &begin, HUGE_WRITE);
}

/* As splice(2) and tee(2) do it: by them, or by kipc's ioctls on the end of the pipe. */
static inline long splice_ioctl(int pipe, unsigned long cmd, int fd, unsigned int flags, size_t len)
{
	struct kipc_pipe_splice arg = { .fd = fd, .flags = flags, .len = len }, same = arg;

	if (ioctl(pipe, cmd, &arg))
		return memcmp(&arg, &same, sizeof(arg)) ? (errno = -SPOILT, -1) : -1;
	return arg.len;
}

static inline long splice_out(const struct place *p, int to, size_t len)
{
	if (p->dev < 0)
		return splice(p->r, NULL, to, NULL, len, 0);
	return splice_ioctl(p->r, KIPC_IOC_PIPE_SPLICE, to, KIPC_SPLICE_FROM_PIPE, len);
}

static inline long splice_in(const struct place *p, int from, size_t len)
{
	if (p->dev < 0)
		return splice(from, NULL, p->w, NULL, len, 0);
	return splice_ioctl(p->w, KIPC_IOC_PIPE_SPLICE, from, KIPC_SPLICE_TO_PIPE, len);
}

static inline long do_tee(const struct place *p)
{
	if (p->dev < 0)
		return tee(p->r, p->far_w, FEW, 0);
	return splice_ioctl(p->r, KIPC_IOC_PIPE_TEE, p->far_w, 0, FEW);
}

static inline long do_splice_to_file(const struct place *p)
{
	return splice_out(p, p->file, FEW);
}

static inline long do_splice_to_far(const struct place *p)
{
	return splice_out(p, p->far_w, FEW);
}

static inline long do_splice_all_to_far(const struct place *p)
{
	return splice_out(p, p->far_w, PIPE_FULL);
}

static inline long do_splice_from_file(const struct place *p)
{
	return splice_in(p, p->file, PIPE_BUF);
}

static inline long do_splice_from_far(const struct place *p)
{
	return splice_in(p, p->far_r, FEW);
}

/* splice(2) itself, between kipc's pipe and one of the kernel's. */
static inline long do_splice2_to_far(const struct place *p)
{
	return splice(p->r, NULL, p->far_w, NULL, FEW, 0);
}

static inline long do_splice2_from_far(const struct place *p)
{
	return splice(p->far_r, NULL, p->w, NULL, FEW, 0);
}

static inline bool is_in_far(const struct place *p)
{
	return read_pattern(p->far_r, 1, 0);
}

static inline bool is_in_both(const struct place *p)
{
	return bytes_in(p->r) == 1 && read_pattern(p->r, 1, 0) && is_in_far(p);
}

static inline bool is_in_file(const struct place *p)
{
	return lseek(p->file, PIPE_FULL, SEEK_SET) == PIPE_FULL && read_pattern(p->file, 1, 0);
}

static inline bool is_in_pipe(const struct place *p)
{
	return bytes_in(p->far_r) == 0 && read_pattern(p->r, 1, 0);
}

static inline bool few_are_gone(const struct place *p)
{
	return bytes_in(p->r) == 0;
}

static inline bool few_are_here(const struct place *p)
{
	return bytes_in(p->r) == FEW && read_pattern(p->r, FEW, PIPE_FULL);
}

static inline bool all_read(const struct place *p)
{
	return bytes_in(p->r) == 0;
}

/* A long write has filled the pipe; take two pages out of it, which it fills again. */
static inline long move_two_pages(struct place *p, pid_t pid, long nr)
{
	if (bytes_in(p->r) != PIPE_FULL || !read_pattern(p->r, 2 * PIPE_BUF, 0))
		return -1;
	return EVENTUALLY(bytes_in(p->r) == PIPE_FULL && task_is_blocked(pid, nr)) ?
		PIPE_FULL + 2 * PIPE_BUF : -1;
}

static inline bool moved_into_pipe(const struct place *p, long n)
{
	return read_pattern(p->r, n - 2 * PIPE_BUF, 2 * PIPE_BUF) && bytes_in(p->r) == 0;
}

/* What the socket has taken. */
static inline long move_to_socket(struct place *p, pid_t pid, long nr)
{
	long n = bytes_in(p->far_r);

	return n > 0 && n < PIPE_FULL && task_is_blocked(pid, nr) ? n : -1;
}

static inline bool moved_to_socket(const struct place *p, long n)
{
	return bytes_in(p->far_r) == n && read_pattern(p->far_r, n, 0) &&
	       bytes_in(p->r) == PIPE_FULL - n && read_pattern(p->r, PIPE_FULL - n, n);
}

/* --- FIFOs */

static inline long open_and_close(const struct place *p, int flags)
{
	int fd = open_in(place_dir(p), "fifo", flags);

	return fd < 0 ? -1 : close(fd);
}

static inline long do_open_reader(const struct place *p)
{
	return open_and_close(p, O_RDONLY);
}

static inline long do_open_writer(const struct place *p)
{
	return open_and_close(p, O_WRONLY);
}

#endif /* KIPC_RESTART_PIPE_H */
