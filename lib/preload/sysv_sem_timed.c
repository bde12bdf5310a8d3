// SPDX-License-Identifier: GPL-2.0
/* semtimedop(2). */
#include "sysv.h"

#include <time.h>

#define NSEC_PER_SEC	1000000000ULL
/* A signed number of nanoseconds does not go further. */
#define SECONDS_END	9223372036ULL

/* KIPC_TIMEOUT_NONE for what lies beyond the end of time. */
static __u64 nanoseconds(const struct timespec *timeout)
{
	__u64 seconds = timeout->tv_sec;

	if (seconds >= SECONDS_END)
		return KIPC_TIMEOUT_NONE;
	return seconds * NSEC_PER_SEC + timeout->tv_nsec;
}

static long do_semtimedop(int id, struct sembuf *ops, size_t nops,
			  const struct timespec *timeout)
{
	__u64 time;

	if (!timeout)
		return shim_sem_do(id, ops, nops, 0, KIPC_TIMEOUT_NONE);
	if (!shim_can_read(timeout, sizeof(*timeout)))
		return -EFAULT;
	if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
	    (unsigned long)timeout->tv_nsec >= NSEC_PER_SEC)
		return shim_sem_refuse(ops, nops);
	time = nanoseconds(timeout);
	return shim_sem_do(id, ops, nops, time == KIPC_TIMEOUT_NONE ? 0 : KIPC_SEM_RELATIVE,
			   time);
}

int SHIM_TIMED(shim_semtimedop)(int id, struct sembuf *ops, size_t nops,
				const struct timespec *timeout)
{
	switch (shim_world(SHIM_SEM)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_TIMED_NEXT(semtimedop)(id, ops, nops, timeout));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	return shim_result(do_semtimedop(id, ops, nops, timeout));
}

int semtimedop(int id, struct sembuf *ops, size_t nops, const struct timespec *timeout)
{
	int ret = SHIM_TIMED(shim_semtimedop)(id, ops, nops, timeout);

	shim_trace(ret, "(%d, %p, %zu, %p)", id, (void *)ops, nops, (void *)timeout);
	return ret;
}
