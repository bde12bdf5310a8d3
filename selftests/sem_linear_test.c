// SPDX-License-Identifier: GPL-2.0
/*
 * Class 5: whatever several threads or processes do to a set at once must look as if they
 * had done it one after the other, each call at some moment between its begin and its end.
 * Small histories of lists, reads, new values and ends of processes are recorded, and an
 * order that explains all results is searched for each.
 *
 * What a call gets to know of the time is a ticket of a counter that all share: exact,
 * however coarse the machine's clock is.
 */
#include "sem_fixture.h"
#include "sem_steps.h"

enum { SEMS = 3, OPS_MAX = 3, EVENTS_MAX = 16 };

enum kind { OPERATE, READ_ALL, READ_ONE, SET_ALL, SET_ONE, END };

struct event {
	unsigned int begin;
	unsigned int end;
	enum kind kind;
	int who;
	/* OPERATE: how many, and 0, or what errno was */
	int nops;
	int error;
	struct sembuf ops[OPS_MAX];
	/* which one; what was read, or is to be set, or the adjustments */
	int num;
	short values[SEMS];
};

struct state {
	short values[SEMS];
};

/* --- the checker */

/* Whether the list can be done; if it cannot, nothing changes. */
static bool state_operate(struct state *state, const struct event *event)
{
	struct state next = *state;
	int i;

	for (i = 0; i < event->nops; i++) {
		short *value = &next.values[event->ops[i].sem_num];

		if (!event->ops[i].sem_op && *value)
			return false;
		*value += event->ops[i].sem_op;
		if (*value < 0)
			return false;
	}
	*state = next;
	return true;
}

/* Whether @event has that result if it happens now; then its effect. */
static bool state_follow(struct state *state, const struct event *event)
{
	struct state next = *state;
	int i;

	switch (event->kind) {
	case OPERATE:
		if (event->error)
			return event->error == EAGAIN && !state_operate(&next, event);
		return state_operate(state, event);
	case READ_ALL:
		return !memcmp(state->values, event->values, sizeof(state->values));
	case READ_ONE:
		return state->values[event->num] == event->values[event->num];
	case SET_ALL:
		memcpy(state->values, event->values, sizeof(state->values));
		return true;
	case SET_ONE:
		state->values[event->num] = event->values[event->num];
		return true;
	case END:
		for (i = 0; i < SEMS; i++) {
			state->values[i] += event->values[i];
			if (state->values[i] < 0)
				state->values[i] = 0;
		}
		return true;
	}
	return false;
}

/* What the search has met before: which events are done, with which values. */
#define MET_SIZE	(1 << 16)
static struct met {
	unsigned long long key;
	unsigned int search;
} met[MET_SIZE];
static unsigned int searches, met_used;

static bool meet(unsigned int done, const struct state *state)
{
	unsigned long long key = done;
	unsigned int at;
	int i;

	for (i = 0; i < SEMS; i++)
		key = key << 16 | (unsigned short)state->values[i];
	at = key * 0x9e3779b97f4a7c15ULL >> 48;
	for (; met[at].search == searches; at = (at + 1) % MET_SIZE)
		if (met[at].key == key)
			return true;
	/* a table that is full has no end to look for */
	if (++met_used > MET_SIZE / 2)
		abort();
	met[at] = (struct met) { key, searches };
	return false;
}

static bool search(const struct event *events, int n, unsigned int done, struct state state)
{
	unsigned int first_end = UINT_MAX;
	struct state next;
	int i;

	if (done == (1U << n) - 1)
		return true;
	if (meet(done, &state))
		return false;
	for (i = 0; i < n; i++)
		if (!(done & 1U << i) && events[i].end < first_end)
			first_end = events[i].end;
	for (i = 0; i < n; i++) {
		/* not what began when another one, still to come, had ended */
		if ((done & 1U << i) || events[i].begin > first_end)
			continue;
		next = state;
		if (state_follow(&next, &events[i]) && search(events, n, done | 1U << i, next))
			return true;
	}
	return false;
}

static bool is_linearizable(const struct event *events, int n, const struct state *first)
{
	searches++;
	met_used = 0;
	return search(events, n, 0, *first);
}

static void history_print(const struct event *events, int n, const struct state *first)
{
	static const char *const names[] = {
		"lists", "reads all", "reads", "sets all", "sets", "ends",
	};
	int i, k;

	printf("# from %d %d %d\n", first->values[0], first->values[1], first->values[2]);
	for (i = 0; i < n; i++) {
		printf("# %2u-%2u %d %s", events[i].begin, events[i].end, events[i].who,
		       names[events[i].kind]);
		for (k = 0; k < events[i].nops; k++)
			printf(" %d:%+d%s", events[i].ops[k].sem_num, events[i].ops[k].sem_op,
			       events[i].ops[k].sem_flg & IPC_NOWAIT ? "!" : "");
		if (events[i].kind == OPERATE)
			printf(" %s\n", events[i].error ? strerror(events[i].error) : "done");
		else
			printf(" [%d] %d %d %d\n", events[i].num, events[i].values[0],
			       events[i].values[1], events[i].values[2]);
	}
	fflush(stdout);
}

/* --- what the checker must accept and what it must refuse */

#define LIST(from, to, err, ...) { \
	.begin = from, .end = to, .kind = OPERATE, .error = err, \
	.nops = sizeof((struct sembuf[]) { __VA_ARGS__ }) / sizeof(struct sembuf), \
	.ops = { __VA_ARGS__ } \
}

#define OTHER(from, to, what, n, ...) { \
	.begin = from, .end = to, .kind = what, .num = n, .values = { __VA_ARGS__ } \
}

struct example {
	const char *what;
	struct event events[6];
	bool good;
};

TEST(checker_accepts_and_refuses_as_it_should)
{
	const struct example examples[] = {
		{ "one after the other", {
			LIST(1, 2, 0, SEM_OP(0, -1, 0)),
			LIST(3, 4, EAGAIN, SEM_OP(0, -1, IPC_NOWAIT)),
			LIST(5, 6, 0, SEM_OP(0, 1, 0)),
			LIST(7, 8, 0, SEM_OP(0, -1, 0)) }, true },
		{ "one token for two", {
			LIST(1, 3, 0, SEM_OP(0, -1, 0)),
			LIST(2, 4, 0, SEM_OP(0, -1, 0)) }, false },
		{ "one token for two, one of whom gives it back", {
			LIST(1, 6, 0, SEM_OP(0, -1, 0)),
			LIST(2, 3, 0, SEM_OP(0, -1, 0)),
			LIST(4, 5, 0, SEM_OP(0, 1, 0)) }, true },
		{ "the same, given back too late", {
			LIST(1, 4, 0, SEM_OP(0, -1, 0)),
			LIST(2, 3, 0, SEM_OP(0, -1, 0)),
			LIST(5, 6, 0, SEM_OP(0, 1, 0)) }, false },
		{ "half of a list is seen", {
			LIST(1, 4, 0, SEM_OP(0, -1, 0), SEM_OP(1, 1, 0)),
			OTHER(2, 3, READ_ALL, 0, 0, 0, 0) }, false },
		{ "the whole of it is seen", {
			LIST(1, 6, 0, SEM_OP(0, -1, 0), SEM_OP(1, 1, 0)),
			OTHER(2, 3, READ_ALL, 0, 1, 0, 0),
			OTHER(4, 5, READ_ALL, 0, 0, 1, 0) }, true },
		{ "seen, and then no more", {
			LIST(1, 6, 0, SEM_OP(0, -1, 0), SEM_OP(1, 1, 0)),
			OTHER(2, 3, READ_ALL, 0, 0, 1, 0),
			OTHER(4, 5, READ_ALL, 0, 1, 0, 0) }, false },
		{ "an old value is read", {
			LIST(1, 2, 0, SEM_OP(2, 1, 0)),
			OTHER(3, 4, READ_ONE, 2, 0, 0, 0) }, false },
		{ "refused though it could be done at any moment", {
			LIST(1, 2, 0, SEM_OP(0, 1, 0)),
			LIST(3, 6, EAGAIN, SEM_OP(0, -1, IPC_NOWAIT)),
			LIST(4, 5, 0, SEM_OP(0, -1, 0)) }, false },
		{ "refused while another one had it", {
			LIST(1, 3, EAGAIN, SEM_OP(0, -1, IPC_NOWAIT)),
			LIST(2, 4, 0, SEM_OP(0, -1, 0)) }, true },
		{ "did not wait for zero", {
			LIST(1, 2, 0, SEM_OP(1, 0, 0), SEM_OP(0, 0, 0)) }, false },
		{ "two lists that each need what the other one gives", {
			LIST(1, 4, 0, SEM_OP(1, -1, 0), SEM_OP(2, 1, 0)),
			LIST(2, 3, 0, SEM_OP(2, -1, 0), SEM_OP(1, 1, 0)) }, false },
		{ "another errno", {
			LIST(1, 2, ERANGE, SEM_OP(0, 1, 0)) }, false },
		{ "half of new values", {
			OTHER(1, 4, SET_ALL, 0, 5, 5, 5),
			OTHER(2, 3, READ_ALL, 0, 5, 5, 0) }, false },
		{ "all of the new values, and one more", {
			OTHER(1, 6, SET_ALL, 0, 5, 5, 5),
			OTHER(2, 3, READ_ALL, 0, 5, 5, 5),
			OTHER(4, 5, SET_ONE, 1, 0, 0, 0),
			OTHER(7, 8, READ_ALL, 0, 5, 0, 5) }, true },
		{ "half of an end", {
			OTHER(1, 4, END, 0, 1, 1, 0),
			OTHER(2, 3, READ_ALL, 0, 1, 1, 0) }, false },
		{ "an end that stops at zero", {
			OTHER(1, 4, END, 0, -2, 1, 0),
			OTHER(2, 3, READ_ALL, 0, 0, 1, 0),
			OTHER(5, 6, READ_ALL, 0, 0, 1, 0) }, true },
		{ "an end that comes too late", {
			OTHER(1, 2, END, 0, 0, 1, 0),
			OTHER(3, 4, READ_ALL, 0, 1, 0, 0) }, false },
	};
	const struct state first = { { 1, 0, 0 } };
	size_t i;
	int n;

	for (i = 0; i < ARRAY_SIZE(examples); i++) {
		for (n = 0; n < 6 && examples[i].events[n].end; n++)
			;
		EXPECT_LT(0, n);
		EXPECT_EQ(examples[i].good, is_linearizable(examples[i].events, n, &first))
			TH_LOG("%s", examples[i].what);
	}
}

/* --- recording */

enum { WORKERS = 3, EACH = 4 };

struct recorder {
	int id;
	bool with_sets;
	int stop;
	int come;
	int round;
	unsigned int clock;
	unsigned int seed;
	struct event events[WORKERS][EACH + 1];
};

static unsigned int ticket(struct recorder *rec)
{
	return ADD(&rec->clock, 1);
}

static void pass(struct recorder *rec, int n)
{
	int round = LOAD(&rec->round), spins;

	if (ADD(&rec->come, 1) == n) {
		STORE(&rec->come, 0);
		ADD(&rec->round, 1);
		return;
	}
	for (spins = 0; LOAD(&rec->round) == round; spins++)
		if (spins > 500)
			sched_yield();
}

static enum kind any_kind(struct recorder *rec, unsigned int *seed)
{
	switch (rand_r(seed) % 12) {
	case 0 ... 1:
		return READ_ALL;
	case 2:
		return READ_ONE;
	case 3:
		return rec->with_sets ? SET_ALL : OPERATE;
	case 4:
		return rec->with_sets ? SET_ONE : OPERATE;
	}
	return OPERATE;
}

static void any_list(struct event *event, unsigned int *seed, int flags)
{
	int i;

	event->nops = 1 + rand_r(seed) % 5 % OPS_MAX;
	for (i = 0; i < event->nops; i++)
		event->ops[i] = SEM_OP(rand_r(seed) % SEMS, (int)(rand_r(seed) % 8 + 1) / 2 - 2,
				       flags | (rand_r(seed) % 2 ? IPC_NOWAIT : 0));
}

/* Do anything, and note what came of it. */
static void act(struct recorder *rec, struct event *event, unsigned int *seed, int flags)
{
	struct timespec limit = { .tv_nsec = rand_r(seed) % 300000 };
	unsigned short values[SEMS];
	int i, ret = 0;

	memset(event, 0, sizeof(*event));
	event->kind = flags & SEM_UNDO ? OPERATE : any_kind(rec, seed);
	if (event->kind == OPERATE)
		any_list(event, seed, flags);
	event->num = rand_r(seed) % SEMS;
	for (i = 0; i < SEMS; i++)
		values[i] = rand_r(seed) % 4;
	event->begin = ticket(rec);
	switch (event->kind) {
	case OPERATE:
		if (sem->timedop(rec->id, event->ops, event->nops, &limit))
			event->error = errno;
		break;
	case READ_ALL:
		ret = sem_getall(rec->id, values, SEMS);
		break;
	case READ_ONE:
		values[event->num] = sem_getval(rec->id, event->num);
		break;
	case SET_ALL:
		ret = sem_setall(rec->id, values, SEMS);
		break;
	default:
		ret = sem_setval(rec->id, event->num, values[event->num]);
	}
	event->end = ticket(rec);
	for (i = 0; i < SEMS; i++)
		event->values[i] = ret ? -7 : values[i];
}

/* --- threads or processes that stay */

struct worker {
	struct recorder *rec;
	int who;
};

static void *work(void *data)
{
	struct worker *worker = data;
	struct recorder *rec = worker->rec;
	unsigned int seed = worker->who * 77;
	int i;

	for (;;) {
		pass(rec, WORKERS + 1);
		if (LOAD(&rec->stop))
			return NULL;
		for (i = 0; i < EACH; i++) {
			act(rec, &rec->events[worker->who][i], &seed, 0);
			rec->events[worker->who][i].who = worker->who;
		}
		pass(rec, WORKERS + 1);
	}
}

/* New values to begin with, which nobody else changes now. */
static int begin_values(struct recorder *rec, struct state *first)
{
	unsigned short values[SEMS];
	int i;

	for (i = 0; i < SEMS; i++) {
		values[i] = rand_r(&rec->seed) % 3;
		first->values[i] = values[i];
	}
	return sem_setall(rec->id, values, SEMS);
}

/* All that was recorded in one row, with what the values are in the end. */
static int gather(struct recorder *rec, struct event *events, int each, int more)
{
	unsigned short values[SEMS] = { 0 };
	struct event *last;
	int n = 0, w, i;

	for (w = 0; w < WORKERS; w++)
		for (i = 0; i < each + (w < more); i++)
			events[n++] = rec->events[w][i];
	last = &events[n++];
	memset(last, 0, sizeof(*last));
	last->kind = READ_ALL;
	last->begin = ticket(rec);
	if (sem_getall(rec->id, values, SEMS))
		values[0] = 777;
	last->end = ticket(rec);
	for (i = 0; i < SEMS; i++)
		last->values[i] = values[i];
	return n;
}

/* Calls of different workers at the same time, or it is no test at all. */
static int overlaps(const struct event *events, int n)
{
	int i, k, count = 0;

	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			count += events[i].begin < events[k].end &&
				 events[k].begin < events[i].end;
	return count;
}

static void record_and_check(struct __test_metadata *_metadata, bool processes, bool with_sets)
{
	struct recorder *rec = shared_alloc(sizeof(*rec));
	struct worker workers[WORKERS];
	pthread_t threads[WORKERS];
	struct event events[EVENTS_MAX];
	pid_t pids[WORKERS];
	int round, n, w, together = 0, bad = 0, refused = 0;
	struct state first;
	long long end;

	ASSERT_NE(NULL, rec);
	rec->with_sets = with_sets;
	rec->id = sem_new(SEMS);
	ASSERT_LE(0, rec->id);
	for (w = 0; w < WORKERS; w++) {
		workers[w] = (struct worker) { rec, w };
		if (!processes) {
			ASSERT_EQ(0, pthread_create(&threads[w], NULL, work, &workers[w]));
			continue;
		}
		pids[w] = child_fork();
		if (!pids[w]) {
			work(&workers[w]);
			_exit(0);
		}
	}
	end = now_ms() + 3000;
	for (round = 0; (round < 200 || now_ms() < end) && !bad; round++) {
		ASSERT_EQ(0, begin_values(rec, &first));
		STORE(&rec->clock, 0);
		pass(rec, WORKERS + 1);
		pass(rec, WORKERS + 1);
		n = gather(rec, events, EACH, 0);
		together += overlaps(events, n) > 0;
		bad += !is_linearizable(events, n, &first);
		if (bad)
			history_print(events, n, &first);
		/* a token more than there is, and the same history is refused */
		events[n - 1].values[round % SEMS]++;
		refused += !is_linearizable(events, n, &first);
	}
	printf("# %d histories, calls overlapped in %d of them\n", round, together);
	fflush(stdout);
	EXPECT_EQ(0, bad);
	EXPECT_LT(0, together);
	/* without new values each order of the same calls comes to the same sum */
	EXPECT_LT(0, refused);
	EXPECT_TRUE(with_sets || refused == round);
	STORE(&rec->stop, 1);
	pass(rec, WORKERS + 1);
	for (w = 0; w < WORKERS; w++)
		EXPECT_EQ(0, processes ? child_wait(pids[w]) : pthread_join(threads[w], NULL));
	EXPECT_EQ(0, sem_rmid(rec->id));
}

TEST_F_TIMEOUT(sem, lists_and_reads_of_threads_have_an_order, 120)
{
	record_and_check(_metadata, false, false);
}

TEST_F_TIMEOUT(sem, lists_and_reads_of_processes_have_an_order, 120)
{
	record_and_check(_metadata, true, false);
}

TEST_F_TIMEOUT(sem, lists_reads_and_new_values_have_an_order, 120)
{
	record_and_check(_metadata, false, true);
}

/* --- processes that end */

enum { LIVES = 2, IN_LIFE = 3 };

/* A life: some lists with SEM_UNDO, and the end, which takes them back in one step. */
static void live(struct recorder *rec, int who, unsigned int seed)
{
	struct event *end = &rec->events[who][IN_LIFE], *event;
	int i, k;

	pass(rec, WORKERS);
	memset(end, 0, sizeof(*end));
	end->kind = END;
	end->who = who;
	for (i = 0; i < IN_LIFE; i++) {
		event = &rec->events[who][i];
		act(rec, event, &seed, SEM_UNDO);
		event->who = who;
		for (k = 0; !event->error && k < event->nops; k++)
			end->values[event->ops[k].sem_num] -= event->ops[k].sem_op;
	}
	end->begin = ticket(rec);
	end_by(seed % 2 ? BY_EXIT : BY_KILL);
}

TEST_F_TIMEOUT(sem, ends_of_processes_have_their_place_in_the_order, 120)
{
	struct recorder *rec = shared_alloc(sizeof(*rec));
	struct event events[EVENTS_MAX];
	int round, n, w, together = 0, bad = 0, adjusted = 0;
	unsigned int seed = 1;
	struct state first;
	pid_t pids[LIVES];
	long long end;

	ASSERT_NE(NULL, rec);
	rec->id = sem_new(SEMS);
	ASSERT_LE(0, rec->id);
	end = now_ms() + 3000;
	for (round = 0; (round < 100 || now_ms() < end) && !bad; round++) {
		ASSERT_EQ(0, begin_values(rec, &first));
		STORE(&rec->clock, 0);
		for (w = 0; w < LIVES; w++) {
			pids[w] = child_fork();
			if (!pids[w])
				live(rec, w, round * 2 + w);
		}
		pass(rec, WORKERS);
		for (n = 0; n < IN_LIFE; n++) {
			act(rec, &rec->events[LIVES][n], &seed, 0);
			rec->events[LIVES][n].who = LIVES;
		}
		for (w = 0; w < LIVES; w++) {
			ASSERT_EQ(pids[w], waitpid(pids[w], NULL, 0));
			rec->events[w][IN_LIFE].end = ticket(rec);
			child_forget(pids[w]);
			adjusted += !is_all(rec->events[w][IN_LIFE].values, 0,
					    sizeof(events[0].values));
		}
		n = gather(rec, events, IN_LIFE, LIVES);
		together += overlaps(events, n) > 0;
		bad += !is_linearizable(events, n, &first);
		if (bad)
			history_print(events, n, &first);
	}
	printf("# %d histories, calls overlapped in %d of them, %d ends adjusted\n", round,
	       together, adjusted);
	fflush(stdout);
	EXPECT_EQ(0, bad);
	EXPECT_LT(0, together);
	EXPECT_LT(0, adjusted);
	EXPECT_EQ(0, sem_rmid(rec->id));
}

TEST_HARNESS_MAIN
