/* SPDX-License-Identifier: GPL-2.0 */
/* poll(2) and the like, of whatever place, for restart_test. */
#ifndef KIPC_RESTART_POLL_H
#define KIPC_RESTART_POLL_H

#include "restart.h"

#include <sys/select.h>

static inline long do_poll(const struct place *p)
{
	struct pollfd pfd = { .fd = p->watched, .events = p->events };

	return poll(&pfd, 1, left_ms(p));
}

static inline long do_poll_forever(const struct place *p)
{
	struct pollfd pfd = { .fd = p->watched, .events = p->events };

	return poll(&pfd, 1, -1);
}

static inline long do_ppoll(const struct place *p)
{
	struct pollfd pfd = { .fd = p->watched, .events = p->events };
	struct timespec ts = left(p);

	return ppoll(&pfd, 1, &ts, NULL);
}

#ifdef SYS_select
static inline long do_select(const struct place *p)
{
	struct timespec ts = left(p);
	struct timeval tv = { .tv_sec = ts.tv_sec, .tv_usec = (ts.tv_nsec + 999) / 1000 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(p->watched, &set);
	return syscall(SYS_select, p->watched + 1, p->events == POLLIN ? &set : NULL,
		       p->events == POLLIN ? NULL : &set, NULL, &tv);
}
#endif

static inline long do_pselect(const struct place *p)
{
	struct timespec ts = left(p);
	fd_set set;

	FD_ZERO(&set);
	FD_SET(p->watched, &set);
	return syscall(SYS_pselect6, p->watched + 1, p->events == POLLIN ? &set : NULL,
		       p->events == POLLIN ? NULL : &set, NULL, &ts, NULL);
}

static inline long do_epoll_wait(const struct place *p)
{
	struct epoll_event event;

	return epoll_wait(p->epoll, &event, 1, left_ms(p));
}

static inline long do_epoll_pwait(const struct place *p)
{
	struct epoll_event event;
	sigset_t set;

	/* but for the signal of the test that has it blocked anyway */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return epoll_pwait(p->epoll, &event, 1, left_ms(p), &set);
}

#endif /* KIPC_RESTART_POLL_H */
