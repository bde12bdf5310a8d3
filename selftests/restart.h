/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What restart_test and the headers of its calls share: places, which are objects in a state
 * in which calls on them sleep. A place is of the kernel or of kipc, then in an instance of
 * the test's own.
 */
#ifndef KIPC_RESTART_H
#define KIPC_RESTART_H

#include "mounts.h"

#include <sys/epoll.h>
#include <sys/ipc.h>

#define RESTART_MOUNT	MOUNTS "/instance"

/* A few bytes: less than anything is divided at. */
#define FEW		100
/* A result that no call has: what it was not to touch was touched. */
#define SPOILT		(-7777)

#define LOOK_MAX	512

struct place {
	/* the instance; -1 for the kernel's own objects */
	int dev;
	/* how many bytes more than fill it the sleeper will have put into a pipe */
	size_t adds;
	/* the ends of a pipe or FIFO */
	int r;
	int w;
	/* a pipe of the kernel or a pair of sockets, and a file: the other side of splice */
	int far_r;
	int far_w;
	int file;
	/* a set or a queue, and for kipc's a descriptor of it */
	int id;
	int fd;
	/* what poll and the like watch, and for what; also by epoll */
	int watched;
	short events;
	int epoll;
	pid_t sleeper;
	/* when calls with a timeout are to stop, CLOCK_MONOTONIC, ns */
	long long deadline;
};

struct kind {
	/* System V has it, too */
	bool sysv;
	int (*make)(struct place *p);
	/* what can be seen of it: the same before a sleep and after one that came to nothing */
	void (*look)(const struct place *p, bool asleep, char *text);
	/* let the call end; false if what came out of a pipe was not what was put in */
	bool (*finish)(struct place *p);
	int (*remove)(const struct place *p);
};

static inline const char *place_dir(const struct place *p)
{
	return p->dev < 0 ? MOUNTS : RESTART_MOUNT;
}

static inline int place_watch(struct place *p, int fd, short events)
{
	struct epoll_event event = { .events = events };

	p->watched = fd;
	p->events = events;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline int place_make(struct place *p, const struct kind *kind, int dev)
{
	*p = (struct place){
		.dev = dev, .r = -1, .w = -1, .far_r = -1, .far_w = -1, .file = -1, .id = -1,
		.fd = -1, .epoll = -1, .deadline = (now_ms() + 1000000) * 1000000,
	};
	return kind->make(p);
}

static inline int place_end(struct place *p, const struct kind *kind)
{
	const int fds[] = { p->epoll, p->r, p->w, p->far_r, p->far_w, p->file, p->fd };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return kind->remove ? kind->remove(p) : 0;
}

/* A call that failed has written nothing to its buffer. */
static inline long untouched(long ret, const void *buf, size_t size)
{
	return ret < 0 && !is_all(buf, POISON, size) ? (errno = -SPOILT, -1) : ret;
}

/* Receive what comes, from a pipe or a queue. */
static inline long read_few(int fd)
{
	unsigned char buf[FEW];

	memset(buf, POISON, sizeof(buf));
	return untouched(read(fd, buf, sizeof(buf)), buf, sizeof(buf));
}

static inline long readv_few(int fd)
{
	unsigned char buf[FEW];
	struct iovec iov[2] = { { buf, 10 }, { buf + 10, sizeof(buf) - 10 } };

	memset(buf, POISON, sizeof(buf));
	return untouched(readv(fd, iov, 2), buf, sizeof(buf));
}

/* --- what is left of the time until the deadline */

static inline __u64 left_ns(const struct place *p)
{
	long long ns = p->deadline - now_ns();

	return ns < 0 ? 0 : ns;
}

static inline struct timespec left(const struct place *p)
{
	__u64 ns = left_ns(p);

	return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

static inline int left_ms(const struct place *p)
{
	return (left_ns(p) + 999999) / 1000000;
}

#endif /* KIPC_RESTART_H */
