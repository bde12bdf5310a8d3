// SPDX-License-Identifier: GPL-2.0
/* Objects that live beside those of a case, see crowd.h. */
#include <stdio.h>
#include <stdlib.h>

#include "crowd.h"

/* what the cases make themselves has to fit beside a crowd that is as large as is allowed */
#define SPARE	16

static const struct crowd_kind *crowd_kind;

static struct crowd {
	int *ids;
	unsigned int n;
} crowds[BENCH_IMPLS];

/* how many were wanted: there may be less */
static unsigned int crowd_wanted;

static void crowd_shrink(enum bench_impl impl, unsigned int n)
{
	struct crowd *crowd = &crowds[impl];

	while (crowd->n > n)
		crowd_kind->remove(impl, crowd->ids[--crowd->n]);
}

static void crowd_open(enum bench_impl impl, unsigned int n)
{
	struct crowd *crowd = &crowds[impl];

	if (crowd_kind->limit_raise)
		crowd_kind->limit_raise(impl, n + SPARE);
	crowd->ids = bench_alloc((n + SPARE) * sizeof(*crowd->ids));
	while (crowd->n < n + SPARE) {
		int id = crowd_kind->make(impl, CROWD_KEY + crowd->n);

		if (id < 0)
			break;
		crowd->ids[crowd->n++] = id;
	}
	bench_check(crowd->n > SPARE, "cannot make a crowd");
	crowd_shrink(impl, crowd->n - SPARE);
	if (crowd->n < n)
		printf("# %s: %u %s instead of %u, more are not allowed\n",
		       impl == BENCH_NATIVE ? "native" : "kipc", crowd->n, crowd_kind->what, n);
}

static void crowd_close(enum bench_impl impl)
{
	struct crowd *crowd = &crowds[impl];

	crowd_shrink(impl, 0);
	free(crowd->ids);
	crowd->ids = NULL;
	if (crowd_kind->limit_restore)
		crowd_kind->limit_restore(impl);
}

void crowd_have(unsigned int n)
{
	if (n == crowd_wanted)
		return;
	for (int i = 0; i < BENCH_IMPLS; i++)
		crowd_close(i);
	crowd_wanted = n;
	for (int i = 0; n && i < BENCH_IMPLS; i++) {
		if (bench.use[i])
			crowd_open(i, n);
	}
}

void crowd_run(unsigned int n, const struct bench_case *c)
{
	if (!bench_wants(c->name))
		return;
	crowd_have(n);
	bench_run(c);
}

/* Such objects would stay for ever. */
static void crowd_leave(void)
{
	crowd_have(0);
}

void crowd_start(const struct crowd_kind *kind)
{
	crowd_kind = kind;
	atexit(crowd_leave);
}

void *crowd_member_open(enum bench_impl impl, const struct bench_case *c)
{
	struct crowd_member *m = bench_alloc(sizeof(*m));

	(void)c;
	m->impl = impl;
	m->random = 1;
	return m;
}

static unsigned int crowd_next(struct crowd_member *m)
{
	m->random = m->random * 1664525 + 1013904223;
	return ((unsigned long)m->random * crowds[m->impl].n) >> 32;
}

int crowd_next_key(struct crowd_member *m)
{
	return CROWD_KEY + crowd_next(m);
}

int crowd_next_id(struct crowd_member *m)
{
	return crowds[m->impl].ids[crowd_next(m)];
}
