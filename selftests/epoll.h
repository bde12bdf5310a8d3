/* SPDX-License-Identifier: GPL-2.0 */
/* poll and epoll on one descriptor. */
#ifndef KIPC_EPOLL_H
#define KIPC_EPOLL_H

#include "kipc_test.h"

#include <poll.h>
#include <sys/epoll.h>

/* What poll reports of an object that was removed. */
#define GONE	(POLLERR | POLLHUP)

/* A child that waits in poll(), for @want, once it sleeps there; see asleep_in(). */
static inline pid_t asleep_in_poll(struct __test_metadata *_metadata, int fd, int events, int want)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	pid_t pid = child_fork();

	if (!pid) {
		EXPECT_EQ(1, poll(&pfd, 1, -1));
		EXPECT_EQ(want, pfd.revents & (events | GONE));
		child_exit();
	}
	return asleep_in(pid, CALL_POLL);
}

static inline int epoll_on(int fd, unsigned int events)
{
	struct epoll_event event = { .events = events };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event)) {
		close(ep);
		return -1;
	}
	return ep;
}

/* The events that are reported within @ms, 0 for none. */
static inline int epoll_take(int ep, int ms)
{
	struct epoll_event event;

	switch (epoll_wait(ep, &event, 1, ms)) {
	case 0:
		return 0;
	case 1:
		return event.events;
	default:
		return -1;
	}
}

#endif /* KIPC_EPOLL_H */
