// SPDX-License-Identifier: GPL-2.0
/*
 * shm_producer [PATH [COUNT]]: make a shared memory segment and write COUNT numbered
 * records into it for shm_consumer to read. PATH is that of an instance, see instance.h.
 *
 *	$ shm_producer &
 *	$ shm_consumer
 */
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

	if (!ioctl(kipc, KIPC_IOC_SHM_GET, &get))
		return get.id;
	if (errno != EEXIST)
		return complain("cannot make the segment");
	fprintf(stderr, "shm_producer: another one runs, or was killed while somebody used its\n"
		"segment; that can be removed: kipc rm shm -k %#x\n", RING_KEY);
	return -1;
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
	unsigned long long count = 100000;
	struct kipc_shm_detach detach;
	struct ring *ring;
	int kipc, id;
	bool good;

	if (argc > 3 || (argc > 1 && *argv[1] == '-') ||
	    (argc > 2 && read_number(argv[2], &count))) {
		fprintf(stderr, "usage: shm_producer [PATH [COUNT]]\n");
		return 2;
	}
	kipc = instance_open(argc > 1 ? argv[1] : NULL);
	if (kipc < 0)
		return 1;
	id = make_segment(kipc);
	if (id < 0)
		return 1;
	ring = ring_attach(kipc, id);
	if (!ring)
		return 1;

	ring->count = count;
	/* a consumer may be here already: it waits for this before it looks at the rest */
	atomic_store(&ring->ready, RING_READY);
	futex_wake(&ring->ready);

	good = produce(ring, kipc, id);
	if (good)
		printf("producer: %llu records written\n", ring->count);

	/* An exit would detach as well. The segment goes with it, see AUTOREMOVE. */
	detach.addr = (uintptr_t)ring;
	if (ioctl(kipc, KIPC_IOC_SHM_DETACH, &detach)) {
		complain("cannot detach the segment");
		good = false;
	}
	return good ? 0 : 1;
}
