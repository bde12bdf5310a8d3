/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects that live beside those of a case: each has a key and an id, and none is used but by
 * the case itself. They stay for the next case that wants as many.
 */
#ifndef KIPC_BENCH_CROWD_H
#define KIPC_BENCH_CROWD_H

#include "bench.h"

/* The keys of a crowd are this one and those that follow it. */
#define CROWD_KEY	0x6b697064

/**
 * struct crowd_kind - objects of which there can be a crowd
 * @what: what they are, in the plural
 * @make: make one with the key @key; its id, or -1
 * @remove: remove one; says whether there was one
 * @limit_raise: have room for @n, or as many as are allowed; NULL if nothing has to be done
 * @limit_restore: undo that
 */
struct crowd_kind {
	const char *what;
	int (*make)(enum bench_impl impl, int key);
	bool (*remove)(enum bench_impl impl, int id);
	void (*limit_raise)(enum bench_impl impl, int n);
	void (*limit_restore)(enum bench_impl impl);
};

/**
 * struct crowd_member - who walks about in the crowd, for the cases' @run
 * @impl: whose crowd
 * @random: says where to go next
 */
struct crowd_member {
	enum bench_impl impl;
	unsigned int random;
};

/* Say what the crowds of this program are of; at its exit there are none. */
void crowd_start(const struct crowd_kind *kind);
/* Have crowds of @n each, or as many as are allowed. */
void crowd_have(unsigned int n);
/* Run the case @c with a crowd of @n beside it. */
void crowd_run(unsigned int n, const struct bench_case *c);

/* A case's @open; its @close is free(). */
void *crowd_member_open(enum bench_impl impl, const struct bench_case *c);
/* The key, the id of another one at each call, all over the crowd. */
int crowd_next_key(struct crowd_member *m);
int crowd_next_id(struct crowd_member *m);

#endif /* KIPC_BENCH_CROWD_H */
