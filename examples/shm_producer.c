// SPDX-License-Identifier: GPL-2.0
/*
 * shm_producer [NODE [COUNT]]: make a shared memory segment and write numbered records
 * into it for shm_consumer to read. NODE is that of a kipc instance, /dev/kipc or
 * control in a mount of kipcfs.
 *
 *	$ shm_producer &
 *	$ shm_consumer
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm_ring.h"

/*
 * Make the segment. With the key any process can find it; the mode says who may use it
 * then. With EXCL we do not take what another one has made.
 *
 * What System V shared memory is notorious for is that it stays when its makers crash.
 * With AUTOREMOVE it goes when this process has exited and nobody has it attached.
 */
static int make_segment(int kipc)
{
	struct kipc_shm_get get = {
		.key = RING_KEY,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE,
		.size = sizeof(struct ring),
		.mode = 0600,
	};

	if (ioctl(kipc, KIPC_IOC_SHM_GET, &get))
		return ring_complain("cannot make the segment");
	return get.id;
}

/* A consumer has come, and is not there any more. */
static bool deserted(struct ring *ring, int kipc, int id)
{
	return atomic_load(&ring->consumers) && ring_users(kipc, id) < 2;
}

/* Sleep until @taken has another value than @seen; false if that will never be. */
static bool wait_for_consumer(struct ring *ring, __u32 seen, int kipc, int id)
{
	while (atomic_load(&ring->taken) == seen) {
		/* ask first: what it did before it went is still seen by the loop */
		if (deserted(ring, kipc, id) && atomic_load(&ring->taken) == seen) {
			fprintf(stderr, "shm_producer: the consumer is gone\n");
			return false;
		}
		futex_wait(&ring->taken, seen);
	}
	return true;
}

static bool produce(struct ring *ring, int kipc, int id)
{
	__u32 written = 0, taken;

	for (__u64 n = 0; n < ring->count; n++) {
		struct record *slot = &ring->slots[n % RING_SLOTS];

		while (written - (taken = atomic_load(&ring->taken)) == RING_SLOTS) {
			if (!wait_for_consumer(ring, taken, kipc, id))
				return false;
		}
		slot->number = n;
		slot->check = record_check(n);
		/* only now: whoever sees the new count also sees the record */
		atomic_store(&ring->written, ++written);
		futex_wake(&ring->written);
	}
	/* stay until all is read: our exit would remove the segment under nobody's eyes */
	while ((taken = atomic_load(&ring->taken)) != written) {
		if (!wait_for_consumer(ring, taken, kipc, id))
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	const char *node = argc > 1 ? argv[1] : "/dev/" KIPC_DEVICE_NAME;
	struct kipc_shm_detach detach;
	struct ring *ring;
	int kipc, id;
	bool good;

	kipc = open(node, O_RDWR | O_CLOEXEC);
	if (kipc < 0) {
		ring_complain(node);
		return 1;
	}
	id = make_segment(kipc);
	if (id < 0)
		return 1;
	ring = ring_attach(kipc, id);
	if (!ring)
		return 1;

	ring->count = argc > 2 ? strtoull(argv[2], NULL, 0) : 100000;
	/* a consumer may be here already: it waits for this before it looks at the rest */
	atomic_store(&ring->ready, RING_READY);
	futex_wake(&ring->ready);

	good = produce(ring, kipc, id);
	if (good)
		printf("producer: %llu records written\n", ring->count);

	/* An exit would detach as well. The segment goes with it, see AUTOREMOVE. */
	detach.addr = (uintptr_t)ring;
	if (ioctl(kipc, KIPC_IOC_SHM_DETACH, &detach)) {
		ring_complain("cannot detach the segment");
		good = false;
	}
	return good ? 0 : 1;
}
