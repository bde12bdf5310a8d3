// SPDX-License-Identifier: GPL-2.0
/*
 * shm_consumer [PATH [PAUSE]]: find the segment of shm_producer by its key, read all its
 * records, and tell whether all came, in order and undamaged. PATH is that of an
 * instance, see instance.h. PAUSE milliseconds are slept after each record, so that one
 * can look at the segment meanwhile.
 */
#include "shm_ring.h"

/*
 * Find the segment. Without CREAT nothing is made; the size says how much of it we need
 * and the mode which rights. A producer that has just been started gets some seconds.
 */
static int find_segment(int kipc)
{
	struct kipc_shm_get get = {
		.key = RING_KEY,
		.size = sizeof(struct ring),
		.mode = 0600,
	};

	for (int tries = 0; tries < 500; tries++) {
		if (!ioctl(kipc, KIPC_IOC_SHM_GET, &get))
			return get.id;
		if (errno != ENOENT)
			break;
		sleep_ms(10);
	}
	return complain("cannot find the segment; does shm_producer run?");
}

/*
 * Sleep until @word has another value than @seen; false if nobody is there to change it.
 * We may be here before the producer has attached the segment that it made, so it is
 * given some seconds.
 */
static bool wait_for_producer(_Atomic __u32 *word, __u32 seen, int kipc, int id)
{
	int alone = 0;

	while (atomic_load(word) == seen) {
		if (ring_users(kipc, id) < 2 && ++alone > 5) {
			fprintf(stderr, "shm_consumer: the producer is gone\n");
			return false;
		}
		futex_wait(word, seen);
	}
	return true;
}

static bool consume(struct ring *ring, unsigned int pause, int kipc, int id)
{
	__u32 taken = 0;

	for (__u64 n = 0; n < ring->count; n++) {
		struct record record;

		while (atomic_load(&ring->written) == taken) {
			if (!wait_for_producer(&ring->written, taken, kipc, id))
				return false;
		}
		record = ring->slots[n % RING_SLOTS];
		/* only now: from here on the producer may overwrite the slot */
		atomic_store(&ring->taken, ++taken);
		futex_wake(&ring->taken);

		if (record.number != n || record.check != record_check(n)) {
			fprintf(stderr, "shm_consumer: instead of record %llu there is %llu\n",
				n, record.number);
			return false;
		}
		sleep_ms(pause);
	}
	return true;
}

int main(int argc, char **argv)
{
	unsigned long long pause = 0;
	struct ring *ring;
	int kipc, id;

	if (argc > 3 || (argc > 1 && *argv[1] == '-') ||
	    (argc > 2 && (read_number(argv[2], &pause) || pause > 60000))) {
		fprintf(stderr, "usage: shm_consumer [PATH [PAUSE]], at most 60000 ms\n");
		return 2;
	}
	kipc = instance_open(argc > 1 ? argv[1] : NULL);
	if (kipc < 0)
		return 1;
	id = find_segment(kipc);
	if (id < 0)
		return 1;
	ring = ring_attach(kipc, id);
	if (!ring)
		return 1;
	atomic_fetch_add(&ring->consumers, 1);
	if (!wait_for_producer(&ring->ready, 0, kipc, id) ||
	    !consume(ring, pause, kipc, id)) {
		printf("consumer: FAILED\n");
		return 1;
	}
	printf("consumer: all %llu records came, in order\n", ring->count);
	/* our exit detaches the segment */
	return 0;
}
