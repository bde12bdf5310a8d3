/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of ids and keys share, for all kinds of objects: how many there can be,
 * which ids they get, and objects that are looked for while they are made and while they
 * go. Classes 1 and 6.
 */
#ifndef KIPC_IDS_H
#define KIPC_IDS_H

#include "race.h"

#include <sys/ipc.h>

/* Keys from here on; instance_fixture.h has one of its own. */
#ifndef KEY
#define KEY 0x6b697063
#endif

struct ids {
	int index_bits;
	/* shmget() and the like; what is made is as small as can be, any size is found */
	int (*get)(key_t key, int flags);
	int (*remove)(int id);
	bool (*exists)(int id);
	int (*used)(void);
	/* the limit of the number of ids */
	int (*set_limit)(int n);
	/* the next id, and what the file says of it; -1 if it is free */
	int (*set_next)(int id);
	int (*next)(void);
};

static inline void one_of_many_wins(struct __test_metadata *_metadata, const struct ids *ids)
{
	enum { CHILDREN = 4, ROUNDS = 100 };
	int *start = shared_alloc(4096), *won = start + 1, *lost = start + 2, i, round, id;
	pid_t pids[CHILDREN];

	ASSERT_NE(NULL, start);
	for (i = 0; i < CHILDREN; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		for (round = 1; round <= ROUNDS; round++) {
			while (LOAD(start) < round)
				sched_yield();
			id = ids->get(KEY + round, IPC_CREAT | IPC_EXCL | 0600);
			if (id < 0 && errno != EEXIST)
				_exit(1);
			ADD(id < 0 ? lost : won, 1);
		}
		_exit(0);
	}
	for (round = 1; round <= ROUNDS; round++) {
		STORE(start, round);
		ASSERT_TRUE(EVENTUALLY(LOAD(won) + LOAD(lost) == round * CHILDREN));
		ASSERT_EQ(round, LOAD(won));
		EXPECT_EQ(0, ids->remove(ids->get(KEY + round, 0)));
	}
	for (i = 0; i < CHILDREN; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

static inline void limit_is_kept(struct __test_metadata *_metadata, const struct ids *ids)
{
	enum { COUNT = 50 };
	int made[COUNT], i, id;

	ASSERT_EQ(0, ids->set_limit(COUNT));
	for (i = 0; i < COUNT; i++) {
		made[i] = ids->get(KEY + i, IPC_CREAT | 0600);
		ASSERT_LE(0, made[i]);
	}
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, ids->get(IPC_PRIVATE, IPC_CREAT | 0600));
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_EQ(-1, ids->get(KEY + COUNT, IPC_CREAT | 0600));
		EXPECT_EQ(ENOSPC, errno);
	}
	EXPECT_EQ(COUNT, ids->used());
	EXPECT_EQ(-1, ids->get(KEY + COUNT, 0));
	EXPECT_EQ(ENOENT, errno);
	/* what is there is found all the same */
	EXPECT_EQ(made[7], ids->get(KEY + 7, IPC_CREAT));
	EXPECT_EQ(0, ids->remove(made[7]));
	id = ids->get(KEY + COUNT, IPC_CREAT | 0600);
	EXPECT_LE(0, id);
	EXPECT_EQ(-1, ids->get(IPC_PRIVATE, IPC_CREAT | 0600));
	EXPECT_EQ(ENOSPC, errno);
	/* lowered below what there is, nothing goes */
	ASSERT_EQ(0, ids->set_limit(10));
	EXPECT_EQ(COUNT, ids->used());
	EXPECT_EQ(0, ids->remove(id));
	EXPECT_EQ(-1, ids->get(IPC_PRIVATE, IPC_CREAT | 0600));
	EXPECT_EQ(ENOSPC, errno);
	for (i = 0; i < COUNT; i++)
		EXPECT_EQ(i == 7 ? -1 : 0, ids->remove(made[i]));
	id = ids->get(IPC_PRIVATE, IPC_CREAT | 0600);
	EXPECT_LE(0, id);
	EXPECT_EQ(0, ids->remove(id));
}

static inline void next_id_is_given_once(struct __test_metadata *_metadata,
					 const struct ids *ids)
{
	int wanted[] = { 5 << ids->index_bits | 17, 0, INT_MAX, 1 << ids->index_bits | 17 };
	int id, again;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		ASSERT_EQ(0, ids->set_next(wanted[i]));
		EXPECT_EQ(wanted[i], ids->next());
		id = ids->get(KEY, IPC_CREAT | 0600);
		EXPECT_EQ(wanted[i], id);
		EXPECT_EQ(-1, ids->next());
		EXPECT_EQ(id, ids->get(KEY, 0));
		EXPECT_TRUE(ids->exists(id));
		again = ids->get(IPC_PRIVATE, IPC_CREAT | 0600);
		ASSERT_LE(0, again);
		EXPECT_NE(id, again);
		EXPECT_EQ(0, ids->remove(again));
		EXPECT_EQ(0, ids->remove(id));
		EXPECT_FALSE(ids->exists(id));
	}
}

/* --- found while it is made, while it goes */

#define STORM_KEYS 8

struct storm {
	/* a new object for this key, or EEXIST; different keys have different ones */
	int (*make)(key_t key);
	int (*find)(key_t key);
	int (*remove)(int id);
	int (*max_index)(void);
	/*
	 * Use what is at an index, what a key has found, or what may have an id: what was
	 * wrong, or NULL. They count what was there.
	 */
	const char *(*at_index)(int index, long *found);
	const char *(*by_key)(int id, long *found);
	const char *(*by_guess)(int id, long *found);
};

struct storm_state {
	int stop;
	int last_id;		/* the id that was given last */
	long found[3];		/* by index, by key, by a guess of the id */
};

static inline void storm_create(const struct storm *storm, struct storm_state *state,
				unsigned int seed)
{
	int id;

	while (!LOAD(&state->stop)) {
		id = storm->make(KEY + rand_r(&seed) % STORM_KEYS);
		if (id >= 0)
			STORE(&state->last_id, id);
		else if (errno != EEXIST)
			_exit(1);
		id = storm->find(KEY + rand_r(&seed) % STORM_KEYS);
		if (id < 0 ? errno != ENOENT :
		    storm->remove(id) && errno != EINVAL && errno != EIDRM)
			_exit(2);
	}
	_exit(0);
}

/* An object that was found may be gone when it is used. */
static inline bool storm_is_gone(void)
{
	return errno == EINVAL || errno == EIDRM;
}

static inline bool storm_key_is_right(int key)
{
	return key >= KEY && key < KEY + STORM_KEYS;
}

static inline bool storm_time_is_right(long long t)
{
	return time(NULL) - t <= 3600 && time(NULL) >= t - 1;
}

/* @pids: those who make them all. */
static inline void storm_run(struct __test_metadata *_metadata, const struct storm *storm,
			     pid_t pids[2])
{
	struct storm_state *state = shared_alloc(sizeof(*state));
	const char *wrong = NULL;
	long long end;
	int i, k, id;

	ASSERT_NE(NULL, state);
	for (i = 0; i < 2; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			storm_create(storm, state, i);
	}
	end = now_ms() + 4000;
	for (k = 0; !wrong && (k < 200 || now_ms() < end); k++) {
		for (i = storm->max_index(); !wrong && i >= 0; i--)
			wrong = storm->at_index(i, &state->found[0]);
		id = storm->find(KEY + k % STORM_KEYS);
		if (id >= 0 && !wrong)
			wrong = storm->by_key(id, &state->found[1]);
		/* the one that is made now is the next, or thereabouts */
		for (i = 0; !wrong && i < 4; i++)
			wrong = storm->by_guess(LOAD(&state->last_id) + i, &state->found[2]);
	}
	EXPECT_EQ(NULL, wrong)
		TH_LOG("one was found with the wrong %s", wrong ?: "");
	for (i = 0; i < 3; i++)
		EXPECT_LT(0, state->found[i]);
	STORE(&state->stop, 1);
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[1]));
	for (i = 0; i < STORM_KEYS; i++)
		storm->remove(storm->find(KEY + i));
}

#endif /* KIPC_IDS_H */
