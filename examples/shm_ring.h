/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ring that shm_producer and shm_consumer share: what the bytes of the segment
 * mean, and how one waits for the other.
 *
 * Shared memory is only memory. Who writes when is up to the programs, and this is
 * the simplest case: one writer, one reader, a ring of slots and two counters. Each
 * counter is written by one side alone, so no lock is needed:
 *
 *	written   counts what the producer has put into the ring, ever
 *	taken     counts what the consumer has taken out of it, ever
 *
 * Record number n lies in slot n % RING_SLOTS. The ring is empty when the counters
 * are equal, and full when they differ by RING_SLOTS. That they wrap around after
 * 2^32 records does no harm, as only their difference counts.
 */
#ifndef SHM_RING_H
#define SHM_RING_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "instance.h"

#define RING_KEY	0x72696e67	/* any number that both programs know: "ring" */
#define RING_SLOTS	64		/* a power of two, as the counters wrap */
#define RING_READY	0x6b697063

struct record {
	__u64 number;
	__u64 check;		/* number, scrambled: see record_check() */
};

struct ring {
	_Atomic __u32 ready;		/* RING_READY, once the rest is worth reading */
	_Atomic __u32 consumers;	/* how many have come, ever */
	__u64 count;			/* records that there will be */

	/*
	 * Each on a cache line of its own: a processor that writes to a line takes it
	 * away from all others.
	 */
	_Atomic __u32 written __attribute__((aligned(64)));
	_Atomic __u32 taken __attribute__((aligned(64)));
	struct record slots[RING_SLOTS] __attribute__((aligned(64)));
};

static inline __u64 record_check(__u64 number)
{
	return number * 0x9e3779b97f4a7c15 ^ 0x6b697063;
}

/* Have the segment in our memory, wherever there is room. A new one is all zeroes. */
static inline struct ring *ring_attach(int kipc, int id)
{
	struct kipc_shm_attach attach = { .id = id };

	if (ioctl(kipc, KIPC_IOC_SHM_ATTACH, &attach)) {
		complain("cannot have the segment in memory");
		return NULL;
	}
	return (struct ring *)(uintptr_t)attach.addr;
}

/*
 * Sleep while *word is @value, for a second at most. The kernel compares once more
 * before the thread sleeps, so that a change between our look and its sleep is not
 * missed. There is no FUTEX_PRIVATE_FLAG here: the other side is another process, and
 * knows the word by another address. It is the page of the segment that counts.
 */
static inline void futex_wait(_Atomic __u32 *word, __u32 value)
{
	struct timespec second = { .tv_sec = 1 };

	syscall(SYS_futex, word, FUTEX_WAIT, value, &second, NULL, 0);
}

static inline void futex_wake(_Atomic __u32 *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* How many processes have the segment attached? -1 if it cannot be told. */
static inline int ring_users(int kipc, int id)
{
	struct kipc_shm_stat stat = { .perm.id = id };

	return ioctl(kipc, KIPC_IOC_SHM_STAT, &stat) ? -1 : (int)stat.nattch;
}

static inline void sleep_ms(unsigned int ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000L };

	while (ms && nanosleep(&time, &time) && errno == EINTR)
		;
}

#endif /* SHM_RING_H */
