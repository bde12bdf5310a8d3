/* SPDX-License-Identifier: GPL-2.0 */
/* epoll on one descriptor. */
#ifndef KIPC_EPOLL_H
#define KIPC_EPOLL_H

#include "kipc_test.h"

#include <sys/epoll.h>

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
