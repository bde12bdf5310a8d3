// SPDX-License-Identifier: GPL-2.0
/*
 * Random System V calls of several processes, on the kernel's own objects and on kipc's in
 * lockstep: each result, errno, member of a structure, row of a table, content, and who
 * sleeps, must be the same after each step.
 *
 * Environment: DIFF_SEED, the first seed (default: 1); DIFF_SECONDS, for how long seeds
 * follow (default: there are 8); DIFF_STEPS, of each seed; DIFF_VERBOSE=1, show all steps.
 *
 * What semantics.rst says to be different on purpose is not tried. In one place, here:
 *
 *  - Messages: nobody sends to a full queue that somebody waits for (kipc hands it over);
 *    while a sender sleeps nobody else sends (kipc: strictly in order), and only the first
 *    message is received (kipc also takes those of senders). See may_send(), may_receive().
 *  - IPC_SET with several who sleep on the queue: those of the kernel race for their places.
 *    See may_set_queue().
 *  - MSG_COPY with MSG_NOERROR, and bad addresses of messages. See random_receive_flags().
 *  - Lists that sleep have one operation that can stop them, and no value comes near the
 *    largest one while anybody sleeps (kipc does not look again at what cannot be done any
 *    more). See random_sleeping_list().
 *  - otime after the end of a process whose adjustments are all 0 again: kipc has no record
 *    of it any more. See actor_has_ended().
 *  - Segments of 2 MiB and more (huge pages), SHM_HUGETLB, attaching at address 0.
 *  - Constants in IPC_INFO and SEM_INFO that mean nothing; see lockstep_sysv.h.
 *  - Unknown flags and bad addresses where kipc's calls have another structure: the tests of
 *    libkipc-preload.so have them.
 */
#include "lockstep_sysv.h"
#include "lockstep_run.h"

/* Whether a seed has values near the largest one, and so nobody who sleeps on semaphores. */
static bool great_values;

/* --- what is there */

/* Where each has attached something, as far as it is easy to know. */
static bool attached[ACTORS][PLACES];

static bool looks(int n)
{
	return !n;
}

static void before_looks(void)
{
}

static void step_is_done(int n, const struct step *step)
{
	int i;

	if (step->op == FORK)
		memcpy(attached[step->arg[0]], attached[n], sizeof(attached[n]));
	if (step->op == EXEC)
		memset(attached[n], false, sizeof(attached[n]));
	if (step->op == SHM_AT && !run.sides[NATIVE].answer.ret)
		attached[n][step->arg[1]] = true;
	if (step->op == SHM_DT && !run.sides[NATIVE].answer.ret)
		attached[n][step->arg[0]] = false;
	if (step->op != SEM_OPS || step->arg[0] < 0 || run.sides[NATIVE].answer.ret)
		return;
	for (i = 0; i < SIDES; i++)
		run.sides[i].common->otime_unknown[step->arg[0]] = false;
}

static bool ends_by_itself(const struct step *step)
{
	return step->op == SEM_OPS && step->arg[2];
}

static void actor_has_ended(void)
{
	int i;

	for (i = 0; i < SIDES; i++)
		memset(run.sides[i].common->otime_unknown, true, SLOTS);
}

/* One of those objects that are there, or -1. */
static long live_slot(int kind)
{
	const struct common *c = run.sides[NATIVE].common;
	long slot, found = -1;
	int n = 0;

	for (slot = 0; slot < c->nids[kind]; slot++)
		if (!c->gone[kind][slot] && !random_below(++n))
			found = slot;
	return found;
}

static long random_slot(int kind)
{
	const struct common *c = run.sides[NATIVE].common;
	long slot = live_slot(kind);

	if (!c->nids[kind] || chance(30))
		return -1 - (long)random_below(4);
	/* now and then one that is gone */
	return slot < 0 || chance(15) ? (long)random_below(c->nids[kind]) : slot;
}

/* Mostly, if there is nothing of this kind, something has to be made first. */
static bool wants_one(int kind)
{
	return live_slot(kind) < 0 && !chance(4);
}

static bool is_full(int kind)
{
	return run.sides[NATIVE].common->nids[kind] == SLOTS;
}

static int sleepers_in(int op, long slot)
{
	int n, sum = 0;

	for (n = 1; n < ACTORS; n++)
		sum += run.asleep[n] && run.sleeps_in[n].op == op &&
		       run.sleeps_in[n].arg[0] == slot;
	return sum;
}

/* One more may sleep, and somebody is left. */
static bool may_sleep(void)
{
	return awake() > 1;
}

static bool may_send(long slot, long size)
{
	const struct common *c = run.sides[NATIVE].common;

	if (slot < 0)
		return true;
	if (sleepers_in(MSG_SEND, slot))
		return false;
	return !sleepers_in(MSG_RECEIVE, slot) ||
	       (c->bytes[slot] + size <= c->room[slot] && c->queued[slot] + 1 <= c->room[slot]);
}

static bool may_receive(long slot, long type, int flags)
{
	if (slot < 0 || !sleepers_in(MSG_SEND, slot))
		return true;
	return !type && !(flags & MSG_COPY) && run.sides[NATIVE].common->queued[slot];
}

static bool may_set_queue(long slot)
{
	return slot < 0 || sleepers_in(MSG_SEND, slot) + sleepers_in(MSG_RECEIVE, slot) < 2;
}

/* --- random arguments */

static int random_key(void)
{
	return chance(3) ? IPC_PRIVATE : 0x100 + random_below(4);
}

static int random_mode(void)
{
	return chance(6) ? random_below(01000) : ONE_OF(0600, 0660, 0666, 0666, 0666, 0644);
}

static int random_get_flags(void)
{
	return (chance(5) ? 0 : IPC_CREAT) | (chance(6) ? IPC_EXCL : 0) | random_mode();
}

static long random_user(void)
{
	return ONE_OF(0, 1000, 1000, 1001, 1001, 7, -1);
}

/* Mostly one where something is attached, or where nothing is. */
static long random_place(int actor, bool taken)
{
	int i, place = 0;

	for (i = 0; i < 8; i++) {
		place = random_below(PLACES);
		if (attached[actor][place] == taken)
			break;
	}
	return place;
}

static void random_perm(long *arg)
{
	arg[0] = random_user();
	arg[1] = random_user();
	arg[2] = chance(8) ? (int)random_below(1 << 16) : random_mode();
}

/* --- segments */

static bool segment_step(int actor)
{
	struct step step = { .op = SHM_AT };
	int dice = random_below(100);
	long *arg = step.arg;

	arg[0] = random_place(actor, true);
	arg[1] = chance(3) ? random_below(6) * PAGE : 0;
	if (dice < 18 || wants_one(SHM)) {
		step.op = SHM_GET;
		arg[0] = random_key();
		arg[1] = ONE_OF(0, 1, 100, 4096, 4097, 8192, 20000, 65536, 131072, 1 << 20);
		if (chance(20))
			arg[1] = ONE_OF(-1L, LONG_MAX, 1L << 62, -4096L);
		arg[2] = random_get_flags() | (chance(8) ? SHM_NORESERVE : 0);
		return is_full(SHM) || make_step(actor, &step, SHM, arg[1]);
	}
	if (dice < 42) {
		arg[0] = random_slot(SHM);
		arg[1] = random_place(actor, chance(4));
		arg[2] = chance(6) ? random_below(PAGE * 3) : 0;
		arg[3] = (chance(4) ? SHM_RDONLY : 0) | (chance(4) ? SHM_RND : 0) |
			 (chance(5) ? SHM_REMAP : 0) | (chance(8) ? SHM_EXEC : 0);
		arg[4] = chance(6);
	} else if (dice < 52) {
		step.op = SHM_DT;
		arg[1] = chance(8) ? ONE_OF(1, 100, 4096, 8192) : 0;
	} else if (dice < 70) {
		step.op = SHM_CTL;
		arg[0] = random_slot(SHM);
		arg[1] = ONE_OF(IPC_STAT, IPC_SET, IPC_SET, IPC_RMID, SHM_LOCK, SHM_UNLOCK,
				SHM_STAT, SHM_STAT_ANY, SHM_INFO, IPC_INFO, 77);
		random_perm(arg + 2);
	} else if (dice < 84) {
		step.op = SHM_TOUCH;
		arg[1] += random_below(PAGE);
		arg[2] = chance(2);
		arg[3] = 1 + random_below(255);
	} else if (dice < 90) {
		step.op = MEM_UNMAP;
		arg[2] = (1 + random_below(4)) * PAGE;
	} else if (dice < 96) {
		step.op = MEM_REMAP;
		arg[2] = chance(4) ? 0 : (1 + random_below(4)) * PAGE;
		arg[3] = (1 + random_below(5)) * PAGE;
		arg[4] = random_below(PLACES);
	} else {
		step.op = MEM_PROTECT;
		arg[2] = (1 + random_below(4)) * PAGE;
		arg[3] = random_below(8);
	}
	return make_step(actor, &step, -1, 0);
}

/* --- semaphores */

static long pack(int num, int op, int flags)
{
	return (num & 0xffffL) | (op & 0xffffL) << 16 | (long)flags << 32;
}

static int random_num(long slot)
{
	int nsems = slot < 0 ? 1 : run.sides[NATIVE].common->size[SEM][slot];

	return chance(40) ? nsems + random_below(3) : random_below(nsems ? nsems : 1);
}

/* Mostly something that can be done with this value. */
static int random_op(int value)
{
	if (great_values && chance(4))
		return ONE_OF(32767, -32768, 20000, -20000, 16384);
	if (chance(8))
		return (int)random_below(7) - 3;
	if (value <= 0)
		return random_below(3);
	return chance(2) ? -1 - (int)random_below(value < 3 ? value : 3) : 1 + (int)random_below(2);
}

/* Operations that do not sleep. */
static void random_list(struct step *step)
{
	long slot = step->arg[0];
	int values[SEMS] = { 0 }, i, num, op;

	if (slot >= 0)
		memcpy(values, run.sides[NATIVE].common->values[slot], sizeof(values));
	step->arg[1] = chance(30) ? 0 : 1 + random_below(OPS_MAX);
	step->arg[3] = chance(40);
	for (i = 0; i < step->arg[1]; i++) {
		num = random_num(slot);
		op = random_op(values[num % SEMS]);
		values[num % SEMS] += op;
		step->arg[4 + i] = pack(num, op, IPC_NOWAIT | (chance(2) ? SEM_UNDO : 0));
	}
}

/* Increases, and one that may stop them. */
static void random_sleeping_list(struct step *step)
{
	int n = 1 + random_below(3), stop = random_below(n), i, op;

	step->arg[1] = n;
	for (i = 0; i < n; i++) {
		op = i == stop ? -(int)random_below(4) : 1 + (int)random_below(2);
		step->arg[4 + i] = pack(random_num(step->arg[0]), op, chance(2) ? SEM_UNDO : 0);
	}
}

static bool semaphore_ops(int actor)
{
	struct step step = { .op = SEM_OPS, .arg = { random_slot(SEM) } };

	step.arg[2] = chance(8) ? 1 + random_below(2) : 0;
	if (chance(2) || great_values || !(may_sleep() || step.arg[2]))
		random_list(&step);
	else
		random_sleeping_list(&step);
	return make_step(actor, &step, -1, 0);
}

static bool semaphore_step(int actor)
{
	struct step step = { .op = SEM_CTL };
	int dice = random_below(100);
	long *arg = step.arg;

	if (dice < 12 || wants_one(SEM)) {
		step.op = SEM_GET;
		arg[0] = random_key();
		arg[1] = ONE_OF(0, 1, 1, 2, 3, 5, 9, -1, 32001);
		arg[2] = random_get_flags();
		return is_full(SEM) || make_step(actor, &step, SEM, arg[1]);
	}
	if (dice < 70)
		return semaphore_ops(actor);
	arg[0] = random_slot(SEM);
	arg[1] = random_num(arg[0]);
	arg[2] = ONE_OF(GETVAL, GETPID, GETNCNT, GETZCNT, SETVAL, SETVAL, SETVAL, SETALL, SETALL,
			GETALL, IPC_STAT, IPC_SET, IPC_SET, IPC_RMID, SEM_STAT, SEM_STAT_ANY,
			SEM_INFO, IPC_INFO, 77);
	arg[3] = great_values && chance(3) ? ONE_OF(32767, 32766, 32768, -1, 65535) :
		 random_below(4);
	random_perm(arg + 4);
	return make_step(actor, &step, -1, 0);
}

/* --- messages */

static long random_size(void)
{
	return chance(5) ? ONE_OF(4000, 4048, 4049, 8192, 8193, 9000) : random_below(200);
}

static int random_receive_flags(bool sleep)
{
	int flags = (sleep ? 0 : IPC_NOWAIT) | (chance(5) ? MSG_EXCEPT : 0);

	if (chance(8))
		return flags | MSG_COPY;
	return flags | (chance(3) ? MSG_NOERROR : 0);
}

/* Mostly a queue that has a message. */
static long receive_slot(void)
{
	const struct common *c = run.sides[NATIVE].common;
	long slot = -1;
	int i;

	for (i = 0; i < 8; i++) {
		slot = random_slot(MSG);
		if (slot < 0 || c->queued[slot] || chance(8))
			break;
	}
	return slot;
}

/* Any, that of the first message, or something. */
static long random_type(long slot)
{
	if (chance(2))
		return 0;
	if (chance(2) && slot >= 0)
		return run.sides[NATIVE].common->first_type[slot];
	return chance(20) ? ONE_OF(LONG_MIN, LONG_MAX) : (long)random_below(9) - 4;
}

static bool message_step(int actor)
{
	bool sleep = may_sleep() && chance(2);
	struct step step = { .op = MSG_CTL };
	int dice = random_below(100);
	long *arg = step.arg;

	arg[0] = random_slot(MSG);
	if (dice < 10 || wants_one(MSG)) {
		step.op = MSG_GET;
		arg[0] = random_key();
		arg[1] = random_get_flags();
		return is_full(MSG) || make_step(actor, &step, MSG, 0);
	}
	if (dice < 50) {
		step.op = MSG_SEND;
		arg[1] = chance(30) ? ONE_OF(0, -1, LONG_MIN) : 1 + random_below(4);
		arg[2] = random_size();
		arg[3] = sleep ? 0 : IPC_NOWAIT;
		arg[4] = random_below(1000);
		if (!may_send(arg[0], arg[2]))
			return true;
	} else if (dice < 85) {
		step.op = MSG_RECEIVE;
		arg[0] = receive_slot();
		arg[1] = chance(5) ? random_size() : 9000;
		arg[2] = random_type(arg[0]);
		arg[3] = random_receive_flags(sleep);
		if (!may_receive(arg[0], arg[2], arg[3]))
			return true;
	} else {
		arg[1] = ONE_OF(IPC_STAT, IPC_SET, IPC_SET, IPC_SET, IPC_RMID, MSG_STAT,
				MSG_STAT_ANY, MSG_INFO, IPC_INFO, 77);
		random_perm(arg + 2);
		arg[5] = ONE_OF(300, 300, 1000, 16384, 16385, 100, 0);
		if (arg[1] == IPC_SET && !may_set_queue(arg[0]))
			return true;
	}
	return make_step(actor, &step, -1, 0);
}

/* --- processes */

static bool become_step(int actor)
{
	struct step step = { .op = BECOME };

	step.arg[0] = ONE_OF(0, 0, 0, 1000, 1001);
	step.arg[1] = step.arg[0] ? ONE_OF(1000, 1001, 7) : 0;
	step.arg[2] = chance(2) ? ONE_OF(1000, 7) : 0;
	return make_step(actor, &step, -1, 0);
}

static bool process_step(int actor)
{
	struct step exec = { .op = EXEC };
	int n = sleeping_actor();

	if (n && chance(2))
		return chance(3) ? end_actor(n, true) : interrupt_actor(n);
	switch (random_below(8)) {
	case 0 ... 2:
		n = unborn_actor();
		return !n || fork_actor(actor, n);
	case 3:
		return awake() < 2 || end_actor(actor, false);
	case 4:
		return awake() < 2 || end_actor(actor, true);
	case 5:
		return make_step(actor, &exec, -1, 0);
	default:
		return become_step(actor);
	}
}

/* Limits that are met soon, or those that are the default. */
static void choose_limits(void)
{
	static const struct limit small[] = {
		{ "shmmax", "66000" }, { "shmall", "40" }, { "shmmni", "4" },
		{ "sem", "6 14 4 4" }, { "msgmax", "4500" }, { "msgmnb", "1000" },
		{ "msgmni", "3" }, { "shm_rmid_forced", "1" },
	};
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(small); i++)
		if (chance(3))
			limits_now[n++] = small[i];
	limits_now[n] = (struct limit) { NULL, NULL };
}

static void one_seed(unsigned long seed, int steps)
{
	int kind = 0, actor;
	bool same;

	random_seed(seed);
	great_values = chance(4);
	choose_limits();
	same = run_begin(seed, 3);
	while (same && run.steps < steps) {
		/* some steps on end with one kind of object */
		if (chance(10))
			kind = random_below(KINDS);
		actor = awake_actor();
		if (chance(9))
			same = process_step(actor);
		else if (kind == SHM)
			same = segment_step(actor);
		else if (kind == SEM)
			same = semaphore_step(actor);
		else
			same = message_step(actor);
	}
}

TEST_F_TIMEOUT(lockstep, random_calls_do_the_same_on_both_sides, 100000)
{
	if (access("/proc/sysvipc", F_OK))
		SKIP(return, "the kernel has no System V IPC");
	run_names = step_names;
	run_seeds(one_seed);
	EXPECT_EQ(0, run.differences);
	EXPECT_TRUE(succeeds_often(SHM_AT));
	EXPECT_TRUE(succeeds_often(SEM_OPS));
	EXPECT_TRUE(succeeds_often(MSG_SEND));
	EXPECT_TRUE(succeeds_often(MSG_RECEIVE));
}

TEST_HARNESS_MAIN
