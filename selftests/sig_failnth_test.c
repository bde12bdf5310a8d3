// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: every operation on signal queues with each of its allocations and copies failing; see
 * failnth.h.
 */
#include "failnth.h"
#include "sig_fixture.h"

#define KEY	0x6b697063
#define SIG	(KIPC_SIG_RTMIN + 5)

/*
 * The queue is @id and @fd, @other is a subscriber of it; one SIG and one SIGUSR1 wait. It can
 * read the former, and gets SIG + 3 delivered; everything else it blocks.
 */
#define BLOCKED	(~(BIT_OF(SIG) | BIT_OF(SIG + 3)))

static __u32 number;

static int queue_make(int dev, int key)
{
	return sigq_get(dev, key, KIPC_GET_CREAT | KIPC_GET_AUTOREMOVE, 0600);
}

static int run_get(struct work *work)
{
	return sigq_get(work->dev, KEY, KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE,
			0600);
}

static void undo_get(struct work *work)
{
	int id = sigq_get(work->dev, KEY, 0, 0);

	/* when its id could not be written it is there all the same, maybe */
	if (id >= 0)
		sigq_remove(work->dev, id);
}

static int run_find(struct work *work)
{
	return sigq_get(work->dev, KEY + 1, KIPC_GET_CREAT, 0);
}

static int run_create_queue(struct work *work)
{
	work->made = sigq_create(work->dev, 0);
	return work->made;
}

static void undo_made(struct work *work)
{
	close(work->made);
}

static int run_open(struct work *work)
{
	work->made = sigq_open(work->dev, work->id, 0);
	return work->made;
}

static int run_subscribe(struct work *work)
{
	work->made = sub_new(work->fd, SELF, NULL);
	return work->made;
}

static int run_send(struct work *work)
{
	return sigq_put(work->fd, GROUP, SIG + 1, 7);
}

static void undo_send(struct work *work)
{
	sub_take(work->other, BIT_OF(SIG + 1));
}

static int run_send_standard(struct work *work)
{
	return sigq_put(work->other, GROUP, SIGUSR2, 7);
}

static void undo_send_standard(struct work *work)
{
	sub_take(work->other, BIT_OF(SIGUSR2));
}

static int run_send_to_one(struct work *work)
{
	return sigq_send(work->dev, work->id, number, SIG + 1, 0, 7);
}

static int run_merge(struct work *work)
{
	return sigq_put(work->fd, GROUP, SIGUSR1, 8);
}

static int run_wait(struct work *work)
{
	return sub_take(work->other, BIT_OF(SIG));
}

static void undo_wait(struct work *work)
{
	sigq_put(work->fd, GROUP, SIG, 7);
}

/* Sleeps until the time is over. */
static int run_timed_wait(struct work *work)
{
	struct kipc_sig_wait arg = {
		.set = BIT_OF(SIG + 7), .flags = KIPC_SIG_RELATIVE, .timeout = 1000000,
	};

	return ioctl(work->other, KIPC_IOC_SIG_WAIT, &arg) && errno == EAGAIN ? 0 : -1;
}

static int run_read(struct work *work)
{
	struct signalfd_siginfo info;

	return sub_read(work->other, &info, 1);
}

/* Two wait; when the second cannot be copied it stays. */
static int run_read_two(struct work *work)
{
	struct signalfd_siginfo infos[2];

	work->made = sub_read(work->other, infos, 2);
	return work->made;
}

static void undo_read_two(struct work *work)
{
	while (work->made-- > 0)
		undo_wait(work);
}

static int run_mask(struct work *work)
{
	struct kipc_sig_mask arg = { .how = KIPC_SIG_BLOCK, .set = BIT_OF(SIG) };

	return ioctl(work->other, KIPC_IOC_SIG_MASK, &arg);
}

static void undo_mask(struct work *work)
{
	sub_mask(work->other, KIPC_SIG_SETMASK, BLOCKED);
}

static int run_deliver(struct work *work)
{
	return sub_action(work->other, KIPC_SIG_DELIVER, BIT_OF(SIG + 2));
}

static void undo_deliver(struct work *work)
{
	sub_action(work->other, KIPC_SIG_KEEP, BIT_OF(SIG + 2));
}

/* Delivered, or if the kernel has no memory for that, it waits; never neither. */
static int run_send_delivered(struct work *work)
{
	return sigq_put(work->fd, GROUP, SIG + 3, 7);
}

/* Take it from where it is. */
static void take_delivered(struct work *work, int sig)
{
	bool waits = sub_take(work->other, BIT_OF(sig)) == sig;
	bool is_delivered = !take_signal(sig, NULL, 0);

	MUST(waits + is_delivered == 1);
}

static void undo_send_delivered(struct work *work)
{
	take_delivered(work, SIG + 3);
}

/* What waited is delivered, or goes on to wait. */
static int run_unmask(struct work *work)
{
	return sub_mask(work->other, KIPC_SIG_SETMASK, BLOCKED & ~BIT_OF(SIG + 5)) == ALL ? -1 : 0;
}

static void prepare_unmask(struct work *work)
{
	MUST(!sub_action(work->other, KIPC_SIG_DELIVER, BIT_OF(SIG + 5)));
	MUST(!sigq_put(work->fd, GROUP, SIG + 5, 7));
}

static void undo_unmask(struct work *work)
{
	take_delivered(work, SIG + 5);
	undo_mask(work);
	MUST(!sigq_put(work->fd, GROUP, SIG + 5, 7));
}

static int run_deliver_waiting(struct work *work)
{
	return sub_action(work->other, KIPC_SIG_DELIVER, BIT_OF(SIG));
}

static void undo_deliver_waiting(struct work *work)
{
	take_delivered(work, SIG);
	MUST(!sub_action(work->other, KIPC_SIG_KEEP, BIT_OF(SIG)));
	undo_wait(work);
}

static int run_ignore(struct work *work)
{
	return sub_action(work->other, KIPC_SIG_IGNORE, BIT_OF(SIG + 4));
}

static void undo_ignore(struct work *work)
{
	sub_action(work->other, KIPC_SIG_KEEP, BIT_OF(SIG + 4));
}

static int run_pending(struct work *work)
{
	struct kipc_sig_pending arg;

	return ioctl(work->other, KIPC_IOC_SIG_PENDING, &arg);
}

static int run_stat_queue(struct work *work)
{
	struct kipc_sig_stat stat = { .perm.id = SELF };

	return ioctl(work->fd, KIPC_IOC_SIG_STAT, &stat);
}

static int run_set(struct work *work)
{
	return sigq_set(work->fd, SELF, OTHER_UID, OTHER_UID, 0640, 50);
}

static void undo_set(struct work *work)
{
	MUST(!sigq_resize(work->fd, SELF, 100));
}

static int run_remove(struct work *work)
{
	return sigq_remove(work->dev, work->victim);
}

static void undo_remove(struct work *work)
{
	work->victim = queue_make(work->dev, KIPC_KEY_PRIVATE);
	sigq_send(work->dev, work->victim, GROUP, SIG, 0, 1);
}

static int run_info(struct work *work)
{
	struct kipc_sig_info info = { .flags = KIPC_SIG_INFO_USAGE };

	return ioctl(work->dev, KIPC_IOC_SIG_INFO, &info);
}

static int run_poll_both(struct work *work)
{
	return poll_now(work->fd, POLLOUT) | poll_now(work->other, POLLIN);
}

static int run_async(struct work *work)
{
	return set_flag(work->other, O_ASYNC, true);
}

static void undo_async(struct work *work)
{
	set_flag(work->other, O_ASYNC, false);
}

static const struct operation sig_operations[] = {
	ROW("get", run_get, undo_get, .undone_after = EFAULT),
	ROW("get of what exists", run_find, NULL),
	ROW("create", run_create_queue, undo_made),
	ROW("open", run_open, undo_made),
	ROW("subscribe", run_subscribe, undo_made),
	ROW("send", run_send, undo_send),
	ROW("send of a standard signal", run_send_standard, undo_send_standard),
	ROW("send to one", run_send_to_one, undo_send),
	ROW("send that is merged", run_merge, NULL),
	ROW("wait", run_wait, undo_wait),
	ROW("wait that times out", run_timed_wait, NULL),
	ROW("read", run_read, undo_wait),
	ROW("mask", run_mask, undo_mask, .undone_after = EFAULT),
	ROW("deliver", run_deliver, undo_deliver),
	ROW("send of what is delivered", run_send_delivered, undo_send_delivered,
	    .otherwise = true),
	ROW("mask with what is delivered then", run_unmask, undo_unmask,
	    .prepare = prepare_unmask, .undone_after = EFAULT, .otherwise = true),
	ROW("deliver what waits", run_deliver_waiting, undo_deliver_waiting, .otherwise = true),
	ROW("ignore", run_ignore, undo_ignore),
	ROW("pending", run_pending, NULL),
	ROW("stat", run_stat_queue, NULL),
	ROW("set", run_set, undo_set),
	ROW("remove", run_remove, undo_remove),
	ROW("info", run_info, NULL),
	ROW("poll", run_poll_both, NULL),
	ROW("async", run_async, undo_async),
	/* last: the second one remains */
	ROW("read of two", run_read_two, undo_read_two, .prepare = undo_wait, .partial = true),
};

TEST_F_TIMEOUT(kipc, failing_allocations_of_signal_queues_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	block_signal(SIG);
	block_signal(SIG + 3);
	block_signal(SIG + 5);
	work.id = queue_make(self->dev, KEY + 1);
	ASSERT_LE(0, work.id);
	undo_remove(&work);
	ASSERT_LE(0, work.victim);
	ASSERT_LE(0, run_open(&work));
	work.fd = work.made;
	work.other = sigq_subscribe(work.fd, SELF, KIPC_SIG_NONBLOCK, BLOCKED, &number);
	ASSERT_LE(0, work.other);
	undo_set(&work);
	ASSERT_EQ(0, sub_action(work.other, KIPC_SIG_DELIVER, BIT_OF(SIG + 3)));
	undo_wait(&work);
	ASSERT_EQ(0, run_merge(&work));
	for (i = 0; i < ARRAY_SIZE(sig_operations); i++)
		fail_each(_metadata, &work, &sig_operations[i]);
	EXPECT_TRUE(calls_are_complete(self->dev, KIPC_NR_SIG_GET));
	EXPECT_TRUE(sigq_adds_up(work.fd, SELF));
	close(work.other);
	close(work.fd);
	work.fd = 0;
	EXPECT_EQ(0, run_remove(&work));
	work.victim = work.id;
	EXPECT_EQ(0, run_remove(&work));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sig_queues == self->before.sig_queues));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_signals == 0));
	faults_done();
}

TEST_HARNESS_MAIN
