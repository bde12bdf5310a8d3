/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Calls that wait for signals, for restart_test: the kernel's signals of the sleeper's
 * process, and those of a queue of kipc that it has subscribed to.
 */
#ifndef KIPC_RESTART_SIG_H
#define KIPC_RESTART_SIG_H

#include "restart.h"

#include <sys/signalfd.h>

/* The signal that is waited for; as the kernel's it is blocked. */
#define AWAITED		40
#define AWAITED_SET	(1ULL << (AWAITED - 1))

static inline int make_native_signals(struct place *p)
{
	const __u64 set = AWAITED_SET;

	block_signal(AWAITED);
	p->r = syscall(SYS_signalfd4, -1, &set, sizeof(set), SFD_CLOEXEC);
	return p->r < 0 ? -1 : 0;
}

/* The reading end is a subscriber, the writing end the queue. */
static inline int make_kipc_signals(struct place *p)
{
	struct kipc_sig_create queue = { .flags = KIPC_SIG_CLOEXEC, .mode = 0600 };
	struct kipc_sig_subscribe sub = { .id = KIPC_ID_SELF, .flags = KIPC_SIG_CLOEXEC };

	if (ioctl(p->dev, KIPC_IOC_SIG_CREATE, &queue))
		return -1;
	p->w = queue.fd;
	if (ioctl(p->w, KIPC_IOC_SIG_SUBSCRIBE, &sub))
		return -1;
	p->r = sub.fd;
	return 0;
}

static inline int make_signals(struct place *p)
{
	if (p->dev < 0 ? make_native_signals(p) : make_kipc_signals(p))
		return -1;
	return place_watch(p, p->r, POLLIN);
}

static inline void look_at_signals(const struct place *p, bool asleep, char *text)
{
	struct kipc_sig_stat stat = { .perm.id = KIPC_ID_SELF };

	if (p->dev >= 0)
		ioctl(p->w, KIPC_IOC_SIG_STAT, &stat);
	snprintf(text, LOOK_MAX, "%s: %llu wait, %llu sent, %llu taken, %u waiters, of %d and %d",
		 asleep ? "asleep" : "awake", stat.queued, stat.sent, stat.taken, stat.waiters,
		 stat.lspid, stat.lrpid);
}

static inline bool finish_signals(struct place *p)
{
	struct kipc_sig_send send = { .id = KIPC_ID_SELF, .signo = AWAITED };

	if (p->dev < 0)
		return !kill(p->sleeper, AWAITED);
	return !ioctl(p->w, KIPC_IOC_SIG_SEND, &send);
}

static const struct kind signals = {
	.make = make_signals, .look = look_at_signals, .finish = finish_signals,
};

/* --- the calls: which signal it was */

static inline long do_sig_read(const struct place *p)
{
	struct signalfd_siginfo info;
	long n;

	memset(&info, POISON, sizeof(info));
	n = untouched(read(p->r, &info, sizeof(info)), &info, sizeof(info));
	return n == sizeof(info) ? (long)info.ssi_signo : n;
}

static inline long native_sig_wait(const struct timespec *ts)
{
	const __u64 set = AWAITED_SET;
	siginfo_t info;
	long n;

	memset(&info, POISON, sizeof(info));
	n = syscall(SYS_rt_sigtimedwait, &set, &info, ts, sizeof(set));
	return untouched(n, &info, sizeof(info));
}

static inline long sig_wait_on(int fd, unsigned int flags, __u64 timeout)
{
	struct kipc_sig_wait arg = { .set = AWAITED_SET, .flags = flags, .timeout = timeout };
	const struct kipc_sig_wait same = arg;

	if (!ioctl(fd, KIPC_IOC_SIG_WAIT, &arg))
		return arg.signo;
	return memcmp(&arg, &same, sizeof(arg)) ? (errno = -SPOILT, -1) : -1;
}

static inline long do_sig_wait(const struct place *p)
{
	return p->dev < 0 ? native_sig_wait(NULL) : sig_wait_on(p->r, 0, KIPC_TIMEOUT_NONE);
}

static inline long do_sig_wait_for(const struct place *p)
{
	struct timespec ts = left(p);

	return p->dev < 0 ? native_sig_wait(&ts) :
	       sig_wait_on(p->r, KIPC_SIG_RELATIVE, left_ns(p));
}

static inline long do_sig_wait_until(const struct place *p)
{
	return sig_wait_on(p->r, 0, p->deadline);
}

/* What the sleeper's process has pending only that could tell. */
static inline bool signal_was_taken(const struct place *p)
{
	return p->dev < 0 || poll_now(p->r, POLLIN) == 0;
}

#endif /* KIPC_RESTART_SIG_H */
