// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: every call of ioctl_calls.h on every kind of descriptor that serves it, with each of
 * its allocations and copies failing; see failnth.h. The other *failnth_test have what calls do
 * in different cases; this one has them all, those that come later as well.
 */
#include "failnth.h"
#include "ioctl_calls.h"

/* The call that is tried, where, and its argument. */
static struct _test_data_kipc *fixture;
static const struct call *call;
static int server;
static unsigned char argument[CALLS_MAX_SIZE];

static const unsigned int targets[] = {
	KIPC_ON_INSTANCE, KIPC_ON_PIPE, KIPC_ON_SHM, KIPC_ON_SEM, KIPC_ON_MSG, KIPC_ON_SIG,
	KIPC_ON_SUBSCRIBER,
};

static int descriptor_of(unsigned int target)
{
	if (target == KIPC_ON_INSTANCE)
		return fixture->dev;
	return target == KIPC_ON_PIPE ? fixture->r : object_fd(target);
}

/*
 * These leave what only their result names, so that it cannot be undone when that could not be
 * written. With a key, or an address, they are in the other programs.
 */
static bool leaves_what_nobody_knows(unsigned int nr)
{
	switch (nr) {
	case KIPC_NR_SHM_GET:
	case KIPC_NR_SHM_ATTACH:
	case KIPC_NR_SEM_GET:
	case KIPC_NR_MSG_GET:
	case KIPC_NR_SIG_GET:
		return true;
	default:
		return false;
	}
}

/* Their arguments are read one by one, see ioctl_fault_test. */
static bool has_nothing_to_fail(unsigned int nr)
{
	return nr == KIPC_NR_SEM_OP || nr == KIPC_NR_SEM_OP_ONE;
}

/* Those that have done their work when their result is written. */
static bool lasts(unsigned int nr)
{
	return nr == KIPC_NR_PIPE_SET_SIZE || nr == KIPC_NR_PIPE_SPLICE || nr == KIPC_NR_SIG_MASK;
}

static int run_call(struct work *work)
{
	(void)work;
	good_argument(call, argument);
	if (targets[server] != KIPC_ON_INSTANCE && targets[server] != KIPC_ON_PIPE)
		argument_for_itself(call, argument);
	return ioctl(descriptor_of(targets[server]), call->cmd, argument);
}

static void undo_call(struct work *work)
{
	char buf[16];
	ssize_t n;

	(void)work;
	if (call->cmd != KIPC_IOC_PIPE_SPLICE) {
		undo(fixture, call, argument);
		return;
	}
	/* whether it took a byte or not */
	n = read(fixture->r, buf, sizeof(buf));
	MUST(n == 4 || n == 5);
	MUST(write(fixture->w, "hello", 5) == 5);
}

static void look_at_objects(const struct work *work, struct whole_state *state)
{
	const struct state now = state_of(fixture);
	const unsigned char *p = (const unsigned char *)&now;
	size_t i;

	(void)work;
	for (i = 0; i < sizeof(now); i++)
		state_add(state, "%02x%s", p[i], i % 16 == 15 ? "\n" : "");
	for (i = 0; i < NR_OBJECTS; i++)
		state_add_fdinfo(state, object_fd(objects[i]));
}

TEST_F_TIMEOUT(kipc, failing_allocations_of_every_call_on_every_descriptor_leave_nothing, 240)
{
	struct work work = {
		.dev = self->dev, .r = self->r, .w = self->w, .victim = -1,
		.look = look_at_objects,
	};
	unsigned int done[256] = { 0 }, nr;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	fixture = self;
	ASSERT_TRUE(prepare(self));
	/* opened the first time */
	null_fd();
	faults_prepare();
	for (call = calls; call < calls_end; call++) {
		struct operation op = ROW(call->name, run_call, undo_call);

		if (leaves_what_nobody_knows(_IOC_NR(call->cmd)) ||
		    has_nothing_to_fail(_IOC_NR(call->cmd)))
			continue;
		if (lasts(_IOC_NR(call->cmd)))
			op.undone_after = EFAULT;
		for (server = 0; server < (int)ARRAY_SIZE(targets); server++) {
			if (!(call->targets & targets[server]))
				continue;
			printf("# by descriptor %#x:\n", targets[server]);
			fail_each(_metadata, &work, &op);
			done[_IOC_NR(call->cmd)] |= targets[server];
		}
	}
	for (nr = 0; nr < ARRAY_SIZE(done); nr++) {
		struct kipc_query query = { .nr = nr };

		if (ioctl(self->dev, KIPC_IOC_QUERY, &query) || leaves_what_nobody_knows(nr) ||
		    has_nothing_to_fail(nr))
			continue;
		EXPECT_EQ(query.targets, done[nr])
			TH_LOG("call %#x", nr);
	}
	faults_done();
}

TEST_HARNESS_MAIN
