/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one who tells both sides of lockstep.h their steps and compares what comes of them.
 */
#ifndef KIPC_LOCKSTEP_RUN_H
#define KIPC_LOCKSTEP_RUN_H

#include "lockstep.h"

#define HISTORY	16
/* Milliseconds until somebody who has not answered is looked at. */
#define PATIENCE	5

struct run {
	struct side sides[SIDES];
	unsigned long seed;
	int steps;
	/* what each actor sleeps in */
	bool asleep[ACTORS];
	struct step sleeps_in[ACTORS];
	/* what the last step returned natively, 0 if it sleeps */
	long ret;
	/* the last steps, as text */
	char history[HISTORY][160];
	int nhistory;
	/* of the clock, to that which is not set; what it is at the start of a seed */
	long long lag;
	long long clock;
	int differences;
	int seeds;
	/* of all seeds: how often a step was made, succeeded, slept */
	long made[32], succeeded[32], slept[32];
};

static struct run run;
/* What the steps are called. */
static const char *const *run_names;

/*
 * To be said by the program: what it keeps in mind of steps that both have done, and whether
 * the actor @n, which is awake, is to look after each.
 */
static void step_is_done(int n, const struct step *step);
/* Whether the step @step ends after a moment, whatever others do. */
static bool ends_by_itself(const struct step *step);
static bool looks(int n);
/* What those who look are to be told. */
static void before_looks(void);
static void actor_has_ended(void);

__attribute__((format(printf, 1, 2)))
static inline void note(const char *format, ...)
{
	char *line = run.history[run.nhistory++ % HISTORY];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(run.history[0]), format, args);
	va_end(args);
	if (number_from("DIFF_VERBOSE", 0))
		printf("# %4d %s\n", run.steps, line);
}

static inline void note_step(int actor, const struct step *step)
{
	char line[160];
	int n = ARGS, i;
	size_t used;

	while (n && !step->arg[n - 1])
		n--;
	used = snprintf(line, sizeof(line), "actor %d: %s(", actor, run_names[step->op]);
	for (i = 0; i < n && used < sizeof(line); i++)
		used += snprintf(line + used, sizeof(line) - used,
				 labs(step->arg[i]) > 65536 ? "%s%#lx" : "%s%ld", i ? ", " : "",
				 step->arg[i]);
	note("%s)", line);
}

/* The first line that differs, of each. */
static inline void show_lines(const char *a, const char *b)
{
	size_t line = 0, i;

	for (i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n')
			line = i + 1;
	printf("# native: %.*s\n# kipc:   %.*s\n", (int)strcspn(a + line, "\n"), a + line,
	       (int)strcspn(b + line, "\n"), b + line);
}

static inline bool differ(const char *what)
{
	int i, first = run.nhistory > HISTORY ? run.nhistory - HISTORY : 0;

	run.differences++;
	printf("# DIFF_SEED=%lu, step %d: %s\n", run.seed, run.steps, what);
	for (i = first; i < run.nhistory; i++)
		printf("#   %s\n", run.history[i % HISTORY]);
	fflush(stdout);
	return false;
}

static inline bool answers_agree(const char *whose)
{
	const struct answer *a = &run.sides[NATIVE].answer, *b = &run.sides[KIPC].answer;

	if (a->ret != b->ret || a->error != b->error) {
		differ(whose);
		printf("# native: %ld, errno %d; kipc: %ld, errno %d\n", a->ret, a->error, b->ret,
		       b->error);
		return false;
	}
	if (strcmp(a->text, b->text)) {
		differ(whose);
		show_lines(a->text, b->text);
		return false;
	}
	return true;
}

/* Have both sides come to rest after something that concerns actor @n. */
static inline bool settle(int n, const char *whose, int patience, int *how)
{
	int a = actor_settle(&run.sides[NATIVE], n, patience);
	int b = actor_settle(&run.sides[KIPC], n, patience);

	*how = a;
	if (a == LOST || b == LOST)
		return differ(a == LOST ? "the native actor is lost" : "kipc's actor is lost");
	if (a != b) {
		differ(whose);
		printf("# %s sleeps, the other has answered %ld, errno %d\n",
		       a == ASLEEP ? "native" : "kipc",
		       run.sides[a == ASLEEP ? KIPC : NATIVE].answer.ret,
		       run.sides[a == ASLEEP ? KIPC : NATIVE].answer.error);
		return false;
	}
	return true;
}

/* What those who slept have answered: of each side and actor. */
static struct answer woken[SIDES][ACTORS];

/*
 * Those of a side who have gone on. Who goes on may let another one go on before it answers,
 * so nobody sleeps for certain before all others have come to rest.
 */
static inline bool gather_woken(int which, bool answered[ACTORS])
{
	struct side *side = &run.sides[which];
	bool again = true;
	int n, how;

	while (again) {
		again = false;
		for (n = 1; n < ACTORS; n++) {
			if (!run.asleep[n] || answered[n])
				continue;
			how = actor_settle(side, n, 0);
			if (how == LOST)
				return differ("a sleeper is lost");
			if (how == ASLEEP)
				continue;
			woken[which][n] = side->answer;
			answered[n] = true;
			again = true;
		}
	}
	return true;
}

/* Those who slept may have gone on. */
static inline bool settle_sleepers(void)
{
	bool answered[SIDES][ACTORS] = { { false } };
	char whose[80];
	int n;

	if (!gather_woken(NATIVE, answered[NATIVE]) || !gather_woken(KIPC, answered[KIPC]))
		return false;
	for (n = 1; n < ACTORS; n++) {
		snprintf(whose, sizeof(whose), "actor %d, which slept: native %s, kipc %s", n,
			 answered[NATIVE][n] ? "goes on" : "sleeps",
			 answered[KIPC][n] ? "goes on" : "sleeps");
		if (answered[NATIVE][n] != answered[KIPC][n])
			return differ(whose);
		if (!answered[NATIVE][n])
			continue;
		run.asleep[n] = false;
		run.sides[NATIVE].answer = woken[NATIVE][n];
		run.sides[KIPC].answer = woken[KIPC][n];
		if (!answers_agree(whose))
			return false;
		run.succeeded[run.sleeps_in[n].op] += woken[NATIVE][n].ret >= 0;
		step_is_done(n, &run.sleeps_in[n]);
		note("  actor %d goes on: %ld, errno %d", n, woken[NATIVE][n].ret,
		     woken[NATIVE][n].error);
	}
	return true;
}

static inline bool look(void)
{
	struct step step = { .op = LOOK };
	int how, n, i;

	before_looks();
	for (n = 0; n < ACTORS; n++) {
		if (!run.sides[NATIVE].pid[n] || run.asleep[n] || !looks(n))
			continue;
		for (i = 0; i < SIDES; i++)
			if (actor_tell(&run.sides[i], n, &step))
				return differ("an actor is gone");
		if (!settle(n, "what is seen", PATIENCE, &how) || !answers_agree("what is seen"))
			return false;
	}
	return true;
}

/* What both have answered is of the same object; the first time it comes it has a new slot. */
static inline bool same_object(int kind, long size)
{
	int slots[SIDES], i;

	for (i = 0; i < SIDES; i++) {
		common = run.sides[i].common;
		slots[i] = slot_of(kind, run.sides[i].answer.ret);
		if (slots[i] >= 0 && common->gone[kind][slots[i]])
			slots[i] = -1;
	}
	if (slots[NATIVE] != slots[KIPC])
		return differ("another object");
	for (i = 0; i < SIDES; i++) {
		common = run.sides[i].common;
		if (slots[i] < 0) {
			common->ids[kind][common->nids[kind]] = run.sides[i].answer.ret;
			common->size[kind][common->nids[kind]++] = size;
		}
		run.sides[i].answer.ret = 0;
	}
	return true;
}

/* Times of the next step are those of no other. */
static inline void next_step(void)
{
	run.steps++;
	clock_put(run.clock + run.steps * STEP_SECONDS * NSEC);
}

/*
 * Make a step; @kind is that of the id that it returns, -1 if it does not. Whether both did
 * the same.
 */
static inline bool make_step(int actor, const struct step *step, int kind, long size)
{
	/* a sleep that ends in a moment is no sleep, however slow the machine is */
	int patience = ends_by_itself(step) ? DEADLINE_MS : PATIENCE, how, i;

	next_step();
	note_step(actor, step);
	run.made[step->op]++;
	run.ret = 0;
	for (i = 0; i < SIDES; i++)
		if (actor_tell(&run.sides[i], actor, step))
			return differ("an actor is gone");
	if (!settle(actor, "the step", patience, &how))
		return false;
	if (how == ASLEEP) {
		run.asleep[actor] = true;
		run.sleeps_in[actor] = *step;
		run.slept[step->op]++;
		note("  sleeps");
	} else {
		if (run.sides[NATIVE].answer.ret >= 0) {
			run.succeeded[step->op]++;
			if (kind >= 0 && run.sides[KIPC].answer.ret >= 0 &&
			    !same_object(kind, size))
				return false;
		}
		if (!answers_agree("the step"))
			return false;
		step_is_done(actor, step);
		run.ret = run.sides[NATIVE].answer.ret;
		if (run.ret)
			note("  %ld, errno %d", run.ret, run.sides[NATIVE].answer.error);
	}
	return settle_sleepers() && look();
}

static inline bool fork_actor(int parent, int n)
{
	struct step step = { .op = FORK, .arg = { n } };
	int i, how;

	next_step();
	note("actor %d: fork, as actor %d", parent, n);
	for (i = 0; i < SIDES; i++)
		if (actor_tell(&run.sides[i], parent, &step))
			return differ("an actor is gone");
	if (!settle(parent, "fork", PATIENCE, &how))
		return false;
	for (i = 0; i < SIDES; i++)
		if (run.sides[i].answer.ret < 0 ||
		    side_note_birth(&run.sides[i], n, run.sides[i].answer.ret))
			return differ("fork failed");
	step_is_done(parent, &step);
	return settle_sleepers() && look();
}

/*
 * What kipc takes back when a process ends is done for everybody who asks after it knows of
 * the end, as the first actors do here. Who sleeps may go on a moment later.
 */
static inline bool settle_end(void)
{
	struct step step = { .op = LOOK };
	int i, how;

	for (i = 0; i < SIDES; i++)
		if (actor_tell(&run.sides[i], 0, &step))
			return differ("the first actor is gone");
	return settle(0, "a look after an end", PATIENCE, &how);
}

/* Let it exit, or kill it. */
static inline bool end_actor(int n, bool kill)
{
	struct step step = { .op = EXIT };
	int i;

	next_step();
	note("actor %d: %s", n, kill ? "killed" : "exits");
	for (i = 0; i < SIDES; i++) {
		if (kill ? actor_kill(&run.sides[i], n) :
		    actor_tell(&run.sides[i], n, &step) || actor_gone(&run.sides[i], n))
			return differ("an actor does not end");
	}
	run.asleep[n] = false;
	actor_has_ended();
	return settle_end() && settle_sleepers() && look();
}

static inline bool interrupt_actor(int n)
{
	int i;

	next_step();
	note("actor %d: is sent a signal", n);
	for (i = 0; i < SIDES; i++)
		kill(run.sides[i].pid[n], SIGUSR1);
	/* the handler has to have begun, or it would seem that the sleep goes on */
	for (i = 0; i < SIDES; i++)
		if (!EVENTUALLY(!signals_pending(run.sides[i].pid[n])))
			return differ("a signal is not taken");
	return settle_sleepers() && look();
}

static inline bool is_alive(int n)
{
	return run.sides[NATIVE].pid[n];
}

static inline int awake(void)
{
	int n, sum = 0;

	for (n = 1; n < ACTORS; n++)
		sum += is_alive(n) && !run.asleep[n];
	return sum;
}

/* One that is awake: there always is. */
static inline int awake_actor(void)
{
	int n;

	do {
		n = 1 + random_below(ACTORS - 1);
	} while (!is_alive(n) || run.asleep[n]);
	return n;
}

/* One that could be born, or 0. */
static inline int unborn_actor(void)
{
	int n;

	for (n = 1; n < ACTORS; n++)
		if (!is_alive(n) && run.sides[NATIVE].common->births < BIRTHS)
			return n;
	return 0;
}

static inline int sleeping_actor(void)
{
	int n;

	for (n = 1; n < ACTORS; n++)
		if (run.asleep[n] && chance(2))
			return n;
	return 0;
}

/* Begin a seed with @n actors beside those who look; end it by run_end(). */
static inline bool run_begin(unsigned long seed, int n)
{
	int i;

	run.seed = seed;
	run.steps = 0;
	run.nhistory = 0;
	memset(run.asleep, 0, sizeof(run.asleep));
	/* far from the next second: what is a tick early is of the same step */
	run.clock = (clock_lag() + now_ns()) / NSEC * NSEC + NSEC / 2;
	for (i = 0; i < SIDES; i++) {
		if (side_begin(&run.sides[i], i))
			return differ("cannot begin");
		run.sides[i].common->began = run.clock / NSEC;
	}
	if (!look())
		return false;
	for (i = 1; i <= n; i++)
		if (!fork_actor(0, i))
			return false;
	return true;
}

static inline void run_end(void)
{
	int i;

	for (i = 0; i < SIDES; i++)
		if (side_end(&run.sides[i]))
			differ("an actor does not die");
}

/* What is tried unless something else is asked for: the same on every machine. */
#define SEEDS	8

/*
 * Seed after seed, from $DIFF_SEED on (1), for $DIFF_SECONDS, or SEEDS of them however long they
 * take, until one differs: with @one, which makes all steps of a seed.
 */
static inline void run_seeds(void (*one)(unsigned long seed, int steps))
{
	unsigned long seed = number_from("DIFF_SEED", 1), first = seed;
	int steps = number_from("DIFF_STEPS", 150), i;
	long seconds = number_from("DIFF_SECONDS", 0), sum = 0;
	long long end = now_ms() + seconds * 1000;

	do {
		one(seed++, steps);
		run_end();
		clock_put(run.lag + now_ns());
		sum += run.steps;
		run.seeds++;
	} while (!run.differences && (seconds ? now_ms() < end : run.seeds < SEEDS));
	printf("# seeds %lu to %lu, %ld steps\n", first, seed - 1, sum);
	for (i = 0; run_names[i]; i++)
		if (run.made[i])
			printf("#   %-8s %6ld made %6ld succeeded %5ld slept\n", run_names[i],
			       run.made[i], run.succeeded[i], run.slept[i]);
	fflush(stdout);
}

/*
 * Whether there were steps @op, of which a third at least has succeeded, at once or after a
 * sleep: those that only fail compare little. Of a few seeds it cannot be said.
 */
static inline bool succeeds_often(int op)
{
	return run.seeds < SEEDS ||
	       (run.made[op] && 3 * run.succeeded[op] >= run.made[op]);
}

/* All actors are gone in the end, and the clock is right, as it was. */
FIXTURE(lockstep)
{
	long long objects;
};

FIXTURE_SETUP(lockstep)
{
	int i;

	self->objects = param_get("objects");
	ASSERT_LE(0, self->objects);
	run.lag = clock_lag();
	for (i = 0; i < SIDES; i++)
		side_clear(&run.sides[i]);
}

FIXTURE_TEARDOWN(lockstep)
{
	run_end();
	children_reap();
	EXPECT_EQ(0, clock_put(run.lag + now_ns()));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects))
		TH_LOG("objects %lld -> %lld", self->objects, param_get("objects"));
}

#endif /* KIPC_LOCKSTEP_RUN_H */
