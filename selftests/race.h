/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tests of races share: memory that is read and written by several, turns on one CPU,
 * a gate to begin at the same moment, and a delay that finds that moment.
 */
#ifndef KIPC_RACE_H
#define KIPC_RACE_H

#include "kipc_test.h"

#include <sched.h>

/* One CPU for all who call this, where the one with the highest priority runs. */
static inline int take_turns(int priority)
{
	struct sched_param param = { .sched_priority = priority };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus) ||
	       sched_setscheduler(0, SCHED_FIFO, &param) ? -1 : 0;
}

/* Begin at the same moment: each of @n comes once in each round. */
struct gate {
	int n;
	int come;
	int round;
};

/* A thread that spins alone takes its CPU from who it waits for. */
static inline void gate_pass(struct gate *gate)
{
	int round = LOAD(&gate->round), spins;

	if (ADD(&gate->come, 1) == gate->n) {
		STORE(&gate->come, 0);
		ADD(&gate->round, 1);
		return;
	}
	for (spins = 0; LOAD(&gate->round) == round; spins++)
		if (spins > 1000)
			sched_yield();
}

static inline void spin(long n)
{
	while (n-- > 0)
		__asm__ volatile ("" : : : "memory");
}

/*
 * Two things are to happen at the same moment, whatever machine this is: who comes first
 * now lets the other one come a little earlier the next time.
 */
static inline void tune(long *spins, bool longer)
{
	*spins += longer ? *spins / 16 + 16 : -(*spins / 16 + 1);
	*spins = *spins < 0 ? 0 : *spins;
}

/* So many rounds, or fewer on a kernel whose checks make each of them take long. */
static inline int rounds_of(int n)
{
	static int checks = -1;

	if (checks < 0)
		checks = !access("/proc/lockdep_stats", F_OK);
	return checks ? n / 3 : n;
}

#endif /* KIPC_RACE_H */
