// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations of several processes on one pipe or FIFO, the kernel's and kipc's in
 * lockstep: each result, errno, content, event, and who sleeps, must be the same after each
 * step.
 *
 * Environment: as diff_sysv_test.
 *
 * What semantics.rst says to be different on purpose is not tried. In one place, here:
 *
 *  - Capacity is in bytes, that of the kernel in slots of a page. A seed either has writes of
 *    any size and is drained long before the slots are used up, or all that moves is whole
 *    pages; see is_to_be_drained() and random_len().
 *  - Capacities for whose slots the kernel finds no memory; kipc's need none. See other_step().
 *  - Packets do not mix with what was written as a stream, and are not spliced: the kernel takes
 *    several at once; see has_packets.
 *  - A file is not made non-blocking while somebody sleeps with it (the kernel looks again when
 *    it is woken); see BLOCKING_END.
 *  - Reads of more than a page while a writer sleeps: kipc's may get more than the pipe holds.
 *    See moved_at_once().
 *  - While a write sleeps that is so large that kipc's readers take it from the writer's memory,
 *    kipc's pipe may have room that the kernel's writer has filled: nobody else writes then, or
 *    looks whether he could. See large_write_sleeps().
 *  - A write from a bad address may leave the kernel's pipe a slot without data, which poll takes
 *    for some: all is read at once after it, nobody polls before, and none is a packet. Of more
 *    than PIPE_BUF bytes whole pages are written, and where those begin is not the same. See
 *    bad_write().
 *  - Splicing more than a page into a pipe of which readers sleep: kipc's go on with the first
 *    part. See moved_at_once().
 *  - tee and splice between pipes with len 0, which the kernel answers before it looks at the
 *    descriptors, and of more slots than the other pipe has. See move_step().
 *  - SIGIO, fstatfs(2), names below /proc: not tried at all.
 *  - The time of the last read or write, by the clock of now if that was set since: all look
 *    before it is. See lockstep_pipe.h.
 *  - A write that sleeps moves the times of kipc's pipe with each part, those of the kernel's
 *    when it ends. See times_are_known().
 *  - Splicing moves the times of kipc's pipe, but not those of the kernel's. See
 *    times_are_known().
 *  - Any times of a pipe on kernels that keep none; see pipe_times.h.
 *  - atime of a FIFO, for which the kernel looks at the mount; see lockstep_pipe.h.
 *  - One writer sleeps at most: writes of more than PIPE_BUF bytes may be divided anywhere.
 *    See may_sleep_in_write().
 */
#include "lockstep_pipe.h"
#include "lockstep_run.h"

enum { ANY_SIZE, WHOLE_PAGES };

/* The last end of each actor is the one that it sleeps with. */
#define BLOCKING_END	(ENDS - 1)

static int sizes;
/*
 * Whether the seed has bad addresses, or writes that are large and sleep: then it has no epoll,
 * which would have edges for nothing.
 */
static bool bad_addresses, large_writes;
/* A write of no more than that is none of them. */
#define SMALL_WRITE	(8 * PIPE_BUF)
/* Since the pipe was empty: how much went into it, in how many writes. */
static long outstanding, writes;

static void forget_writes(void)
{
	outstanding = 0;
	writes = 0;
}

/* What each actor has each of its ends open for, as open(2) has it; -1 for not at all. */
static int modes[ACTORS][ENDS];

static bool looks(int n)
{
	return n;
}

static bool is_for(int mode, bool out)
{
	return mode == O_RDWR || mode == (out ? O_WRONLY : O_RDONLY);
}

/* Mostly one that is open in this direction. */
static long random_end(int actor, bool out)
{
	int i, end = 0;

	for (i = 0; i < 30; i++) {
		end = random_below(BLOCKING_END);
		if (is_for(modes[actor][end], out) || chance(40))
			break;
	}
	return end;
}

static long any_end(int actor)
{
	return random_end(actor, chance(2));
}

static int sleepers(int op, int other)
{
	int n, sum = 0;

	for (n = 1; n < ACTORS; n++)
		sum += run.asleep[n] &&
		       (run.sleeps_in[n].op == op || run.sleeps_in[n].op == other);
	return sum;
}

static bool large_write_sleeps(void)
{
	int n;

	for (n = 1; n < ACTORS; n++)
		if (run.asleep[n] && run.sleeps_in[n].arg[1] > SMALL_WRITE &&
		    (run.sleeps_in[n].op == PIPE_WRITE || run.sleeps_in[n].op == PIPE_WRITEV))
			return true;
	return false;
}

static void before_looks(void)
{
	int i;

	for (i = 0; i < SIDES; i++)
		run.sides[i].common->large_write = large_write_sleeps();
}

static void times_are_known(bool out, bool known)
{
	int i;

	for (i = 0; i < SIDES; i++) {
		if (out)
			run.sides[i].common->mtime_unknown = !known;
		else
			run.sides[i].common->atime_unknown = !known;
	}
}

static void slots_may_be_empty(bool empty)
{
	int i;

	for (i = 0; i < SIDES; i++)
		run.sides[i].common->empty_slots = empty;
}

static void ends_have_changed(int n, const struct step *step)
{
	const long *arg = step->arg;

	if (step->op == FORK)
		memcpy(modes[arg[0]], modes[n], sizeof(modes[n]));
	if (run.sides[NATIVE].answer.ret)
		return;
	if (step->op == PIPE_CLOSE)
		modes[n][arg[0]] = -1;
	if (step->op == PIPE_OPEN)
		modes[n][arg[1]] = arg[2] & O_ACCMODE;
	if (step->op == PIPE_DUP)
		modes[n][arg[1]] = modes[n][arg[0]];
}

static bool is_read(int op)
{
	return op == PIPE_READ || op == PIPE_READV;
}

static void step_is_done(int n, const struct step *step)
{
	long moved = run.sides[NATIVE].answer.ret;

	ends_have_changed(n, step);
	switch (step->op) {
	case PIPE_WRITE:
	case PIPE_WRITEV:
	case PIPE_WRITE_BAD:
	case PIPE_SPLICE_IN:
	case PIPE_TEE_IN:
	case PIPE_MOVE_IN:
		outstanding += moved > 0 ? moved : 0;
		writes += moved > 0 ? 2 + moved / PIPE_BUF : 0;
		if (moved > 0)
			times_are_known(true, (step->op == PIPE_WRITE || step->op == PIPE_WRITEV) &&
					moved == step->arg[1] &&
					!sleepers(PIPE_WRITE, PIPE_WRITEV));
		break;
	case PIPE_READ:
	case PIPE_READV:
	case PIPE_SPLICE_OUT:
	case PIPE_MOVE_OUT:
		if (moved > 0)
			times_are_known(false, is_read(step->op));
		/* all that there was */
		if (is_read(step->op) && moved >= 0 && moved < step->arg[1] && !has_packets)
			forget_writes();
	}
}

static bool ends_by_itself(const struct step *step)
{
	/* none has a time limit */
	(void)step;
	return false;
}

static void actor_has_ended(void)
{
}

static bool is_to_be_drained(void)
{
	return sizes == ANY_SIZE && (outstanding > 24000 || writes > 10);
}

static bool may_sleep_in_write(void)
{
	return awake() > 1 && !sleepers(PIPE_WRITE, PIPE_WRITEV);
}

static bool may_sleep_in_read(void)
{
	return awake() > 1 && sleepers(PIPE_READ, PIPE_READV) < 2;
}

static long random_len(void)
{
	if (sizes == WHOLE_PAGES)
		return (chance(12) ? 0 : 1 + random_below(chance(4) ? 18 : 3)) * PIPE_BUF;
	if (has_packets)
		return random_below(chance(2) ? 60 : PIPE_BUF + 1);
	return chance(2) ? random_below(60) : random_below(5000);
}

/*
 * Of @len bytes: so many as both pipes have for a reader, if a writer sleeps; or, spliced into
 * the pipe (@in), as come in one part, if a reader does.
 */
static long moved_at_once(bool in, long len)
{
	int asleep = in ? sleepers(PIPE_READ, PIPE_READV) : sleepers(PIPE_WRITE, PIPE_WRITEV);

	return asleep && len > PIPE_BUF ? PIPE_BUF : len;
}

/* Whether it sleeps is up to the open file, which actors that fork share. */
static bool set_blocking(int actor, long end, bool blocking)
{
	struct step step = { .op = PIPE_SETFL, .arg = { end } };

	step.arg[1] = (blocking ? 0 : O_NONBLOCK) | (has_packets ? O_DIRECT : 0);
	return make_step(actor, &step, -1, 0);
}

/* So what may sleep does so by an open file of its own, which stays as it is. */
static bool open_blocking(int actor, bool out, long end)
{
	struct step step = { .op = PIPE_OPEN, .arg = { end, BLOCKING_END } };

	step.arg[2] = (out ? O_WRONLY : O_RDONLY) | O_NONBLOCK | (has_packets ? O_DIRECT : 0);
	if (!make_step(actor, &step, -1, 0))
		return false;
	return run.ret || set_blocking(actor, BLOCKING_END, true);
}

static bool transfer(int actor, bool out, long end)
{
	struct step step = { .op = out ? PIPE_WRITE : PIPE_READ };
	bool blocking = chance(4) && (out ? may_sleep_in_write() : may_sleep_in_read());

	if (chance(4) && !has_packets)
		step.op = out ? PIPE_WRITEV : PIPE_READV;
	if (out && large_write_sleeps())
		return true;
	step.arg[0] = blocking ? BLOCKING_END : end;
	step.arg[1] = random_len();
	if (blocking && !large_writes && step.arg[1] > SMALL_WRITE)
		step.arg[1] = SMALL_WRITE;
	step.arg[2] = out ? random_below(1000) : 0;
	if (!out)
		step.arg[1] = moved_at_once(false, step.arg[1]);
	if (!blocking)
		return set_blocking(actor, end, false) && make_step(actor, &step, -1, 0);
	if (!open_blocking(actor, out, end))
		return false;
	if (!is_for(modes[actor][BLOCKING_END], out))
		return true;
	if (out)
		times_are_known(true, false);
	return make_step(actor, &step, -1, 0);
}

/* Who is awake and can read, and *@end to read from; or 0. */
static int somebody_who_reads(long *end)
{
	int n, i;

	for (n = 1; n < ACTORS; n++) {
		for (i = 0; i < BLOCKING_END; i++) {
			*end = i;
			if (is_alive(n) && !run.asleep[n] && is_for(modes[n][i], false))
				return n;
		}
	}
	return 0;
}

static bool drain(int actor, long end)
{
	struct step step = { .op = PIPE_READ, .arg = { end, 65536 } };

	if (!set_blocking(actor, end, false))
		return false;
	do {
		if (!make_step(actor, &step, -1, 0))
			return false;
	} while (run.ret > 0);
	/* empty, or nobody can write to it any more */
	forget_writes();
	return true;
}

static bool other_step(int actor)
{
	struct step step = { .arg = { any_end(actor) } };
	long *arg = step.arg;

	switch (random_below(11)) {
	case 0:
		if (large_write_sleeps())
			return true;
		step.op = PIPE_POLL;
		arg[1] = ONE_OF(0, POLLIN, POLLOUT, POLLRDHUP | POLLPRI, POLL_ALL);
		break;
	case 1:
		step.op = PIPE_FIONREAD;
		break;
	case 2:
		step.op = PIPE_CLOSE;
		break;
	case 3 ... 4:
		step.op = PIPE_OPEN;
		arg[1] = random_below(BLOCKING_END);
		arg[3] = chance(3);
		arg[2] = ONE_OF(O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY | O_CLOEXEC) |
			 (is_fifo && awake() > 1 && chance(8) ? 0 : O_NONBLOCK) |
			 (has_packets ? O_DIRECT : 0);
		break;
	case 5:
		step.op = PIPE_DUP;
		arg[1] = random_below(BLOCKING_END);
		break;
	case 6:
		step.op = PIPE_SIZE;
		/* a smaller one is another number of slots than of bytes */
		arg[1] = sizes == ANY_SIZE ? -1 :
			 ONE_OF(-1, 1, 4096, 5000, 8192, 65536, 70000, 131072, (1L << 31) + 1);
		break;
	case 7:
		step.op = PIPE_STAT;
		break;
	case 8:
		if (bad_addresses || large_writes)
			return true;
		step.op = PIPE_EPOLL_ADD;
		arg[1] = ONE_OF(EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT | EPOLLET,
				EPOLLIN | EPOLLET, EPOLLOUT | EPOLLET, EPOLLIN | EPOLLONESHOT);
		arg[2] = ONE_OF(EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL);
		break;
	case 9:
		step.op = PIPE_EPOLL_WAIT;
		break;
	default:
		step.op = PIPE_READ_BAD;
		arg[1] = random_len();
		return !set_blocking(actor, arg[0], false) ? false :
			make_step(actor, &step, -1, 0);
	}
	return make_step(actor, &step, -1, 0);
}

/* What it leaves in the kernel's pipe goes at once. */
static bool bad_write(int actor, long end)
{
	struct step step = { .op = PIPE_WRITE_BAD, .arg = { end, random_len() } };
	long from;
	int n = somebody_who_reads(&from);

	if (sizes == ANY_SIZE && step.arg[1] > PIPE_BUF)
		step.arg[1] = PIPE_BUF;
	if (!bad_addresses || !n || !step.arg[1] || sleepers(PIPE_WRITE, PIPE_WRITEV) ||
	    sleepers(PIPE_READ, PIPE_READV))
		return true;
	if (chance(2))
		step.arg[2] = sizes == WHOLE_PAGES ?
			(long)random_below(step.arg[1] / PIPE_BUF) * PIPE_BUF :
			(long)random_below(step.arg[1]);
	slots_may_be_empty(true);
	if (!set_blocking(actor, end, false) || !make_step(actor, &step, -1, 0) ||
	    !drain(n, from))
		return false;
	slots_may_be_empty(false);
	return true;
}

/* To another pipe and from one, which is empty before; what it does not take comes back. */
static bool move_step(int actor)
{
	struct step step = { .op = ONE_OF(PIPE_TEE_OUT, PIPE_TEE_IN, PIPE_MOVE_OUT, PIPE_MOVE_IN) };
	bool in = step.op == PIPE_TEE_IN || step.op == PIPE_MOVE_IN;

	step.arg[0] = random_end(actor, in);
	step.arg[1] = random_len();
	if (has_packets || !step.arg[1] || (in && (is_to_be_drained() || large_write_sleeps())))
		return true;
	step.arg[1] = moved_at_once(in, step.arg[1]);
	if (in)
		step.arg[2] = chance(8) ? 0 : sizes == WHOLE_PAGES ?
			(1 + (long)random_below(16)) * PIPE_BUF : 1 + (long)random_below(5000);
	return set_blocking(actor, step.arg[0], false) && make_step(actor, &step, -1, 0);
}

/* Of the FIFO, or its mode. */
static bool name_step(int actor)
{
	struct step step = { .arg = { any_end(actor) } };

	step.op = is_fifo ? ONE_OF(PIPE_LINK, PIPE_UNLINK, PIPE_UNLINK, PIPE_CHMOD) : PIPE_CHMOD;
	if (step.op == PIPE_UNLINK)
		step.arg[1] = !chance(4);
	if (step.op == PIPE_CHMOD)
		step.arg[1] = random_below(01000);
	return make_step(actor, &step, -1, 0);
}

static bool splice_step(int actor)
{
	bool in = chance(2) && !is_to_be_drained();
	struct step step = { .arg = { random_end(actor, in) } };

	step.op = in ? PIPE_SPLICE_IN : PIPE_SPLICE_OUT;
	step.arg[1] = random_len();
	if (has_packets || !step.arg[1] || (in && large_write_sleeps()))
		return true;
	step.arg[1] = moved_at_once(in, step.arg[1]);
	if (step.op == PIPE_SPLICE_IN)
		step.arg[2] = random_below(20) * (sizes == WHOLE_PAGES ? PIPE_BUF : 3001);
	return set_blocking(actor, step.arg[0], false) && make_step(actor, &step, -1, 0);
}

static bool process_step(int actor)
{
	int n = sleeping_actor();

	if (n)
		return chance(2) ? interrupt_actor(n) : end_actor(n, true);
	n = unborn_actor();
	if (n && chance(2))
		return fork_actor(actor, n);
	return awake() < 2 || end_actor(actor, chance(2));
}

static bool random_step(int actor)
{
	int dice = random_below(100);

	if (dice < 30 && !is_to_be_drained())
		return transfer(actor, true, random_end(actor, true));
	if (dice < 55)
		return transfer(actor, false, random_end(actor, false));
	if (dice < 77)
		return other_step(actor);
	if (dice < 80)
		return name_step(actor);
	if (dice < 85)
		return bad_write(actor, random_end(actor, true));
	if (dice < 88)
		return splice_step(actor);
	return dice < 95 ? move_step(actor) : process_step(actor);
}

static void one_seed(unsigned long seed, int steps)
{
	struct step close_end = { .op = PIPE_CLOSE };
	long end;
	bool same;
	int n;

	random_seed(seed);
	is_fifo = chance(2);
	sizes = chance(2) ? ANY_SIZE : WHOLE_PAGES;
	has_packets = sizes == ANY_SIZE && !is_fifo && chance(3);
	bad_addresses = !has_packets && chance(2);
	large_writes = chance(2);
	forget_writes();
	memset(modes, -1, sizeof(modes));
	modes[0][0] = O_RDONLY;
	modes[0][1] = O_WRONLY;
	same = run_begin(seed, 3);
	for (; same && close_end.arg[0] < 2; close_end.arg[0]++)
		same = make_step(0, &close_end, -1, 0);
	while (same && run.steps < steps) {
		n = is_to_be_drained() ? somebody_who_reads(&end) : 0;
		same = n ? drain(n, end) : random_step(awake_actor());
	}
}

TEST_F_TIMEOUT(lockstep, random_operations_do_the_same_on_both_sides, 100000)
{
	run_names = step_names;
	run_seeds(one_seed);
	EXPECT_EQ(0, run.differences);
	EXPECT_TRUE(succeeds_often(PIPE_READ));
	EXPECT_TRUE(succeeds_often(PIPE_WRITE));
	EXPECT_TRUE(succeeds_often(PIPE_MOVE_IN));
	EXPECT_TRUE(succeeds_often(PIPE_MOVE_OUT));
}

TEST_HARNESS_MAIN
