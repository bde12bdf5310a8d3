/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_LIMIT_H
#define _KIPC_CORE_LIMIT_H

#include <linux/types.h>

/*
 * The limits of an instance, with the names, defaults and formats that the
 * kernel's own have below /proc/sys/kernel, as far as it has such. Each is one
 * number here; a file may show several. They may change at any time: a limit is
 * read once, with kipc_limit_get(), by what it limits.
 */

/**
 * enum kipc_limit - the limits, indices of &struct kipc_limits.value
 * @KIPC_LIMIT_SHMMAX: bytes of a shared memory segment
 * @KIPC_LIMIT_SHMALL: pages of all segments
 * @KIPC_LIMIT_SHMMNI: segments
 * @KIPC_LIMIT_SHM_RMID_FORCED: 1: segments go with their last attachment
 * @KIPC_LIMIT_SEMMSL: semaphores of a set
 * @KIPC_LIMIT_SEMMNS: semaphores of all sets
 * @KIPC_LIMIT_SEMOPM: operations of a semop(2)
 * @KIPC_LIMIT_SEMMNI: semaphore sets
 * @KIPC_LIMIT_MSGMAX: bytes of a message
 * @KIPC_LIMIT_MSGMNB: bytes of a message queue, to begin with
 * @KIPC_LIMIT_MSGMNI: message queues
 * @KIPC_LIMIT_SIGQMAX: real-time signals that wait in a signal queue, to begin with
 * @KIPC_LIMIT_SIGMNI: signal queues
 * @KIPC_LIMIT_SHM_NEXT_ID: id that the next segment gets, -1 for any
 * @KIPC_LIMIT_SEM_NEXT_ID: likewise, semaphore sets
 * @KIPC_LIMIT_MSG_NEXT_ID: likewise, message queues
 * @KIPC_LIMIT_SIG_NEXT_ID: likewise, signal queues
 * @KIPC_LIMIT_NR: number of limits
 */
enum kipc_limit {
	KIPC_LIMIT_SHMMAX,
	KIPC_LIMIT_SHMALL,
	KIPC_LIMIT_SHMMNI,
	KIPC_LIMIT_SHM_RMID_FORCED,
	KIPC_LIMIT_SEMMSL,
	KIPC_LIMIT_SEMMNS,
	KIPC_LIMIT_SEMOPM,
	KIPC_LIMIT_SEMMNI,
	KIPC_LIMIT_MSGMAX,
	KIPC_LIMIT_MSGMNB,
	KIPC_LIMIT_MSGMNI,
	KIPC_LIMIT_SIGQMAX,
	KIPC_LIMIT_SIGMNI,
	KIPC_LIMIT_SHM_NEXT_ID,
	KIPC_LIMIT_SEM_NEXT_ID,
	KIPC_LIMIT_MSG_NEXT_ID,
	KIPC_LIMIT_SIG_NEXT_ID,
	KIPC_LIMIT_NR,
};

/**
 * struct kipc_limits - the limits of one instance
 * @value: by enum kipc_limit
 */
struct kipc_limits {
	unsigned long value[KIPC_LIMIT_NR];
};

/* What the *_NEXT_ID limits are when any id will do. */
#define KIPC_NEXT_ID_ANY	ULONG_MAX

static inline unsigned long kipc_limit_get(const struct kipc_limits *limits,
					   enum kipc_limit limit)
{
	return READ_ONCE(limits->value[limit]);
}

void kipc_limits_init(struct kipc_limits *limits);
const char *kipc_limit_name(enum kipc_limit limit);
unsigned long kipc_limit_default(enum kipc_limit limit);
int kipc_limit_parse(enum kipc_limit limit, const char *text,
		     unsigned long *value);
bool kipc_limit_permits(const struct kipc_limits *limits,
			enum kipc_limit limit, unsigned long value);
int kipc_limit_print(enum kipc_limit limit, unsigned long value, char *buf,
		     size_t size);
int kipc_limit_charge(atomic_long_t *used, unsigned long nr,
		      unsigned long limit);

#endif /* _KIPC_CORE_LIMIT_H */
