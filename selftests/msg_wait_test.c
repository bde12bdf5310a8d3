// SPDX-License-Identifier: GPL-2.0
/*
 * Sleeping in msgsnd(2) and msgrcv(2): what it is slept for, and what else ends it: a
 * removal, new permissions, a signal. None of these loses a message. Timeouts, which only
 * kipc has, are in msg_time_test.
 */
#include "msg_fixture.h"
#include "stuck.h"

/* One call in each way in which it can sleep; those that receive do not take type 9. */
struct call {
	bool sends;
	long type;
	int flags;
	/* a type that a receiver passes by, if not 0, and one that it takes */
	long other;
	long its;
};

static const struct call calls[] = {
	{ false, 0, 0, 0, 4 },
	{ false, 3, 0, 2, 3 },
	{ false, 3, MSG_NOERROR, 4, 3 },
	{ false, -3, 0, 4, 2 },
	{ false, LONG_MIN, 0, 0, LONG_MAX },
	{ false, 2, MSG_EXCEPT, 2, 3 },
	{ true, 1, 0, 0, 0 },
};

/* Two queues: one that is empty, to receive from, and one that is full. */
struct queues {
	int empty;
	int full;
};

static int queues_new(struct queues *q)
{
	q->empty = msg_new();
	q->full = msg_new_of(8);
	return q->empty < 0 || q->full < 0 || msg_send(q->full, 9, 8, 0) ? -1 : 0;
}

static int queues_remove(const struct queues *q)
{
	return msg_rmid(q->empty) | msg_rmid(q->full);
}

static int call(const struct queues *q, const struct call *c)
{
	int tag;

	if (c->sends)
		return msg_send_tag(q->full, c->type, 7, 0) ? errno : 0;
	tag = msg_receive_tag(q->empty, c->type, c->flags);
	return tag < 0 ? errno : GOT(tag);
}

/* A child in this call, with a handler for SIGUSR1 that has these flags. */
static pid_t caller(const struct queues *q, const struct call *c, int flags)
{
	pid_t pid = child_fork();

	if (!pid) {
		handle_signal(SIGUSR1, flags);
		_exit(call(q, c));
	}
	return msg_sleeper(pid);
}

/* --- what they wait for */

TEST_F(msg, receiver_sleeps_until_there_is_what_it_takes)
{
	const struct call *c;
	int id = msg_new();
	pid_t pid;

	ASSERT_LE(0, id);
	for (c = calls; !c->sends; c++) {
		pid = msg_receiver(id, c->type, c->flags);
		ASSERT_LT(0, pid);
		if (c->other) {
			EXPECT_EQ(0, msg_put(id, c->other, 1));
			EXPECT_EQ(1, msg_qnum(id));
			EXPECT_TRUE(msg_is_asleep(pid));
		}
		EXPECT_EQ(0, msg_put(id, c->its, 2));
		/* given to it at once: nobody else can have it */
		EXPECT_EQ(c->other ? 1 : 0, msg_qnum(id));
		EXPECT_EQ(c->other ? 4 : 0, msg_cbytes(id));
		EXPECT_EQ(pid, msg_ds(id).msg_lrpid);
		EXPECT_EQ(GOT(2), child_wait(pid))
			TH_LOG("type %ld", c->type);
		if (c->other)
			EXPECT_EQ(1, msg_take(id, 0));
	}
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, one_message_ends_the_sleep_of_one)
{
	enum { SLEEPERS = 5 };
	int id = msg_new(), i;
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, id);
	for (i = 0; i < SLEEPERS; i++) {
		pids[i] = msg_receiver(id, i % 2 ? 0 : -5, 0);
		ASSERT_LT(0, pids[i]);
	}
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(0, msg_put(id, 5, i));
		EXPECT_EQ(GOT(i), child_wait(pids[i]));
		EXPECT_TRUE(i == SLEEPERS - 1 || msg_is_asleep(pids[i + 1]));
	}
	EXPECT_EQ(0, msg_put(id, 5, i));
	EXPECT_EQ(1, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* Room is for kipc's sender at once; the kernel's takes it when it runs. */
TEST_F(msg, sender_sleeps_until_there_is_room)
{
	int id = msg_new_of(100);
	pid_t pid;

	ASSERT_LE(0, id);
	/* for its bytes */
	EXPECT_EQ(0, msg_send(id, 1, 40, 0));
	EXPECT_EQ(0, msg_send(id, 2, 40, 0));
	pid = msg_big_sender(id, 3, 70);
	ASSERT_LT(0, pid);
	EXPECT_EQ(2, msg_qnum(id));
	EXPECT_TRUE(msg_arrives(id, 1, 40));
	EXPECT_TRUE(msg_is_asleep(pid));
	EXPECT_EQ(1, msg_qnum(id));
	EXPECT_TRUE(msg_arrives(id, 2, 40));
	if (msg == &msg_kipc) {
		EXPECT_EQ(1, msg_qnum(id));
		EXPECT_EQ(pid, msg_ds(id).msg_lspid);
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(70, msg_cbytes(id));
	EXPECT_EQ(pid, msg_ds(id).msg_lspid);
	EXPECT_TRUE(msg_arrives(id, 3, 70));

	/* for one more message */
	ASSERT_EQ(0, msg_set_qbytes(id, 2));
	EXPECT_EQ(0, msg_send(id, 1, 0, 0));
	EXPECT_EQ(0, msg_send(id, 2, 0, 0));
	pid = msg_big_sender(id, 3, 0);
	ASSERT_LT(0, pid);
	EXPECT_TRUE(msg_arrives(id, 2, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(msg_arrives(id, 0, 0));
	EXPECT_TRUE(msg_arrives(id, 3, 0));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, sender_sleeps_until_the_queue_may_hold_more)
{
	int id = msg_new_of(10);
	pid_t pids[2];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_send(id, 1, 10, 0));
	pids[0] = msg_big_sender(id, 2, 20);
	pids[1] = msg_big_sender(id, 3, 30);
	EXPECT_EQ(0, msg_set_qbytes(id, 29));
	EXPECT_EQ(1, msg_qnum(id));
	EXPECT_EQ(0, msg_set_qbytes(id, 30));
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_TRUE(EVENTUALLY(msg_is_asleep(pids[1])));
	EXPECT_EQ(2, msg_qnum(id));
	EXPECT_EQ(0, msg_set_qbytes(id, 60));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(60, msg_cbytes(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* A receiver for which there is too much, and one for which there is not. */
static pid_t receiver_with_room(int id, size_t room, int flags)
{
	pid_t pid = child_fork();
	struct message m;
	ssize_t n;

	if (!pid) {
		memset(&m, POISON, sizeof(m));
		n = msg->receive(id, &m, room, 0, flags);
		if (n >= 0 && !is_all(m.text + room, POISON, sizeof(m.text) - room))
			_exit(99);
		_exit(n < 0 ? errno : GOT((int)n));
	}
	return msg_sleeper(pid);
}

TEST_F(msg, sleeper_without_room_is_e2big_and_the_next_one_gets_the_message)
{
	int id = msg_new();
	pid_t pids[4];

	ASSERT_LE(0, id);
	pids[0] = receiver_with_room(id, 3, 0);
	pids[1] = receiver_with_room(id, 0, 0);
	pids[2] = receiver_with_room(id, 4, 0);
	pids[3] = receiver_with_room(id, 0, 0);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(E2BIG, child_wait(pids[0]));
	EXPECT_EQ(E2BIG, child_wait(pids[1]));
	EXPECT_EQ(GOT(4), child_wait(pids[2]));
	EXPECT_TRUE(msg_is_asleep(pids[3]));
	EXPECT_EQ(0, msg_qnum(id));
	/* with nobody behind it the message stays */
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(E2BIG, child_wait(pids[3]));
	EXPECT_EQ(1, msg_qnum(id));
	EXPECT_EQ(1, msg_take(id, 0));
	/* what is cut fits always */
	pids[0] = receiver_with_room(id, 3, MSG_NOERROR);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(GOT(3), child_wait(pids[0]));
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* One that sleeps in receiving to memory that is not there. */
static pid_t faulting_receiver(int id)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(msg->receive(id, nowhere(), 8, 0, 0) < 0 ? errno : 0);
	return msg_sleeper(pid);
}

/* The kernel has lost the message then; kipc puts it back, or gives it to the next. */
TEST_F(msg, message_of_a_sleeper_that_faults_is_not_lost)
{
	int id = msg_new();
	pid_t pids[2];

	ASSERT_LE(0, id);
	pids[0] = faulting_receiver(id);
	ASSERT_LT(0, pids[0]);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(0, msg_put(id, 1, 2));
	EXPECT_EQ(EFAULT, child_wait(pids[0]));
	if (msg == &msg_kipc)
		EXPECT_EQ(1, msg_take(id, 0));
	EXPECT_EQ(2, msg_take(id, 0));
	EXPECT_EQ(0, msg_qnum(id));

	pids[0] = faulting_receiver(id);
	pids[1] = msg_receiver(id, 1, 0);
	ASSERT_LT(0, pids[0]);
	ASSERT_LT(0, pids[1]);
	EXPECT_EQ(0, msg_put(id, 1, 3));
	EXPECT_EQ(EFAULT, child_wait(pids[0]));
	if (msg == &msg_native)
		EXPECT_EQ(0, msg_put(id, 1, 3));
	EXPECT_EQ(GOT(3), child_wait(pids[1]));
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

static ssize_t take_message(struct stuck_taker *taker)
{
	return msg->receive(taker->from, taker->page, 8, 0, 0);
}

/* Between those that went back before it and those that were never received. */
TEST_F(msg, messages_that_come_back_keep_their_order)
{
	int id = msg_new(), i;
	struct stuck_taker takers[2] = {
		{ .take = take_message, .from = id }, { .take = take_message, .from = id },
	};

	ASSERT_LE(0, id);
	for (i = 1; i <= 3; i++)
		EXPECT_EQ(0, msg_put(id, 1, i));
	for (i = 0; i < 2; i++)
		ASSERT_TRUE(stuck_taker_start(&takers[i]));
	EXPECT_EQ(1, msg_qnum(id));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(EFAULT, stuck_taker_fail(&takers[i]));
	for (i = msg == &msg_kipc ? 1 : 3; i <= 3; i++)
		EXPECT_EQ(i, msg_take(id, 1));
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, message_received_by_its_type_comes_back_to_its_place)
{
	enum { NR = 7 };
	int id, i, type;

	if (msg != &msg_kipc)
		return;
	id = msg_new();
	ASSERT_LE(0, id);
	for (i = 1; i <= NR; i++)
		EXPECT_EQ(0, msg_put(id, i, i));
	for (type = NR; type > 0; type--) {
		EXPECT_EQ(-1, msg->receive(id, nowhere(), 8, type, 0));
		EXPECT_EQ(EFAULT, errno);
	}
	for (i = 1; i <= NR; i++)
		EXPECT_EQ(i, msg_take(id, 0));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, message_that_comes_back_to_a_queue_that_is_gone_is_freed)
{
	int id = msg_new();
	struct stuck_taker taker = { .take = take_message, .from = id };

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	ASSERT_TRUE(stuck_taker_start(&taker));
	EXPECT_EQ(0, msg_rmid(id));
	EXPECT_EQ(EFAULT, stuck_taker_fail(&taker));
}

/* Nor is the room that it left given away for good. */
TEST_F(msg, message_that_comes_back_to_a_full_queue_keeps_its_place)
{
	int id = msg_new_of(8);
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 1));
	EXPECT_EQ(0, msg_put(id, 1, 2));
	pid = msg_sender(id, 1, 3);
	ASSERT_LT(0, pid);
	EXPECT_EQ(-1, msg->receive(id, nowhere(), 8, 0, 0));
	EXPECT_EQ(EFAULT, errno);
	if (msg == &msg_kipc)
		EXPECT_EQ(1, msg_take(id, 0));
	EXPECT_EQ(2, msg_take(id, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(3, msg_take(id, 0));
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- the end of the queue, and of the permission */

TEST_F(msg, removal_ends_every_kind_of_sleep_with_eidrm)
{
	pid_t pids[ARRAY_SIZE(calls)], stays;
	int other = msg_new();
	struct queues q;
	size_t i;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, queues_new(&q));
	stays = msg_receiver(other, 0, 0);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		pids[i] = caller(&q, &calls[i], 0);
		ASSERT_LT(0, pids[i]);
	}
	EXPECT_EQ(0, queues_remove(&q));
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		EXPECT_EQ(EIDRM, child_wait(pids[i]))
			TH_LOG("call %zu", i);
	EXPECT_FALSE(msg_exists(q.empty));
	EXPECT_FALSE(msg_exists(q.full));
	EXPECT_EQ(0, msg_total());
	EXPECT_TRUE(msg_is_asleep(stays));
	EXPECT_EQ(0, msg_put(other, 1, 5));
	EXPECT_EQ(GOT(5), child_wait(stays));
	EXPECT_EQ(0, msg_rmid(other));
}

/* The kernel looks at senders again only when there is room for them. */
TEST_F(msg, sleepers_without_permission_any_more_are_eacces)
{
	pid_t theirs[ARRAY_SIZE(calls)], mine[ARRAY_SIZE(calls)];
	struct queues q;
	size_t i;

	ASSERT_EQ(0, queues_new(&q));
	ASSERT_EQ(0, msg_set(q.empty, 0, 0, 0606, MSGMNB));
	ASSERT_EQ(0, msg_set(q.full, 0, 0, 0606, 8));
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		mine[i] = caller(&q, &calls[i], 0);
		ASSERT_LT(0, mine[i]);
		theirs[i] = child_fork();
		if (!theirs[i]) {
			if (become(OTHER_UID))
				_exit(98);
			_exit(call(&q, &calls[i]));
		}
		ASSERT_LT(0, msg_sleeper(theirs[i]));
	}
	/* all that they need is left to them */
	ASSERT_EQ(0, msg_set(q.empty, 0, 0, 0604, MSGMNB));
	ASSERT_EQ(0, msg_set(q.full, 0, 0, 0602, 8));
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		EXPECT_TRUE(EVENTUALLY(msg_is_asleep(theirs[i])));
	ASSERT_EQ(0, msg_set(q.empty, 0, 0, 0602, MSGMNB));
	ASSERT_EQ(0, msg_set(q.full, 0, 0, 0604, 8));
	if (msg == &msg_native)
		EXPECT_TRUE(msg_arrives(q.full, 9, 8));
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		EXPECT_EQ(EACCES, child_wait(theirs[i]))
			TH_LOG("call %zu", i);
	if (msg == &msg_kipc)
		EXPECT_TRUE(msg_arrives(q.full, 9, 8));
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].sends) {
			EXPECT_EQ(0, child_wait(mine[i]));
			continue;
		}
		EXPECT_TRUE(EVENTUALLY(msg_is_asleep(mine[i])));
		EXPECT_EQ(128 + SIGKILL, child_kill(mine[i]));
	}
	EXPECT_EQ(1, msg_qnum(q.full));
	EXPECT_EQ(0, queues_remove(&q));
}

/*
 * A sleeper that has not run since IPC_SET does not know yet, and the kernel gives it what
 * is sent. It has the message or EACCES, and never both or neither.
 */
TEST_F(msg, message_sent_while_permissions_change_is_not_lost)
{
	int id = msg_new(), round, status;
	pid_t pid;

	ASSERT_LE(0, id);
	for (round = 0; round < 30; round++) {
		ASSERT_EQ(0, msg_set(id, 0, 0, 0604, MSGMNB));
		pid = child_fork();
		if (!pid) {
			if (become(OTHER_UID))
				_exit(98);
			_exit(msg_receive_tag(id, 1, 0) < 0 ? errno : GOT(0));
		}
		ASSERT_LT(0, msg_sleeper(pid));
		ASSERT_EQ(0, msg_set(id, 0, 0, 0600, MSGMNB));
		EXPECT_EQ(0, msg_put(id, 1, round));
		status = child_wait(pid);
		EXPECT_TRUE(status == EACCES || status == GOT(0))
			TH_LOG("round %d: %d", round, status);
		EXPECT_EQ(status == EACCES ? round : -1, msg_take(id, 0));
	}
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- signals */

TEST_F(msg, handled_signal_ends_every_kind_of_sleep_with_eintr)
{
	static const int flags[] = { 0, SA_RESTART };
	pid_t pids[ARRAY_SIZE(calls)];
	struct msqid_ds empty, full;
	struct queues q;
	size_t i, k;

	ASSERT_EQ(0, queues_new(&q));
	empty = msg_ds(q.empty);
	full = msg_ds(q.full);
	/* with SA_RESTART as well: they are never restarted */
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		for (k = 0; k < ARRAY_SIZE(calls); k++) {
			pids[k] = caller(&q, &calls[k], flags[i]);
			ASSERT_LT(0, pids[k]);
		}
		for (k = 0; k < ARRAY_SIZE(calls); k++)
			kill(pids[k], SIGUSR1);
		for (k = 0; k < ARRAY_SIZE(calls); k++)
			EXPECT_EQ(EINTR, child_wait(pids[k]))
				TH_LOG("call %zu", k);
	}
	EXPECT_TRUE(msg_unchanged(q.empty, &empty));
	EXPECT_TRUE(msg_unchanged(q.full, &full));
	/* who is gone is given nothing */
	EXPECT_EQ(0, msg_put(q.empty, 3, 1));
	EXPECT_TRUE(MSG_TAGS(q.empty, 1));
	EXPECT_EQ(0, queues_remove(&q));
}

TEST_F(msg, signals_that_nobody_handles_do_not_disturb)
{
	pid_t pids[ARRAY_SIZE(calls)];
	struct queues q;
	sigset_t set;
	size_t i;

	ASSERT_EQ(0, queues_new(&q));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			signal(SIGUSR1, SIG_IGN);
			sigprocmask(SIG_BLOCK, &set, NULL);
			_exit(call(&q, &calls[i]));
		}
		ASSERT_LT(0, msg_sleeper(pids[i]));
		/* ignored; ignored by default; blocked */
		kill(pids[i], SIGUSR1);
		kill(pids[i], SIGWINCH);
		kill(pids[i], SIGUSR2);
		ASSERT_TRUE(EVENTUALLY(signals_pending(pids[i]) && msg_is_asleep(pids[i])));
		EXPECT_EQ(0, calls[i].sends ? !msg_arrives(q.full, 9, 8) :
			  msg_put(q.empty, calls[i].its, 4));
		EXPECT_EQ(calls[i].sends ? 0 : GOT(4), child_wait(pids[i]));
	}
	EXPECT_EQ(0, msg_qnum(q.empty));
	EXPECT_EQ(1, msg_qnum(q.full));
	EXPECT_EQ(0, queues_remove(&q));
}

/* Without a handler a call goes on where it was; with a timeout from now on it cannot. */
TEST_F(msg, stop_and_continue_do_not_disturb)
{
	static const struct call both[] = { { .type = 0 }, { .sends = true, .type = 1 } };
	struct queues q;
	pid_t pids[2];
	int status, i;

	ASSERT_EQ(0, queues_new(&q));
	for (i = 0; i < 2; i++) {
		pids[i] = caller(&q, &both[i], 0);
		ASSERT_LT(0, pids[i]);
		kill(pids[i], SIGSTOP);
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, WUNTRACED));
		EXPECT_TRUE(WIFSTOPPED(status));
		kill(pids[i], SIGCONT);
		EXPECT_TRUE(EVENTUALLY(msg_is_asleep(pids[i])));
	}
	EXPECT_EQ(0, msg_put(q.empty, 1, 6));
	EXPECT_EQ(GOT(6), child_wait(pids[0]));
	EXPECT_TRUE(msg_arrives(q.full, 9, 8));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, msg_qnum(q.empty));
	EXPECT_EQ(0, queues_remove(&q));
}

TEST_F(msg, killed_sleepers_leave_no_trace)
{
	pid_t pids[ARRAY_SIZE(calls)];
	struct msqid_ds empty, full;
	struct queues q;
	size_t i;

	ASSERT_EQ(0, queues_new(&q));
	empty = msg_ds(q.empty);
	full = msg_ds(q.full);
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		pids[i] = caller(&q, &calls[i], 0);
		ASSERT_LT(0, pids[i]);
	}
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[(i * 3) % ARRAY_SIZE(calls)]));
	EXPECT_TRUE(msg_unchanged(q.empty, &empty));
	EXPECT_TRUE(msg_unchanged(q.full, &full));
	for (i = 1; i <= 5; i++)
		EXPECT_EQ(0, msg_put(q.empty, i, i));
	EXPECT_TRUE(MSG_TAGS(q.empty, 1, 2, 3, 4, 5));
	EXPECT_TRUE(msg_arrives(q.full, 9, 8));
	EXPECT_EQ(0, msg_qnum(q.full));
	EXPECT_EQ(0, queues_remove(&q));
}

TEST_F(msg, signal_that_waits_keeps_nobody_from_what_needs_no_sleep)
{
	int id = msg_new();
	sigset_t set;
	pid_t pid;

	ASSERT_LE(0, id);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGUSR1, 0);
		sigprocmask(SIG_BLOCK, &set, NULL);
		raise(SIGUSR1);
		EXPECT_EQ(0, msg_send_tag(id, 1, 5, 0));
		EXPECT_EQ(5, msg_receive_tag(id, 1, 0));
		EXPECT_EQ(0, signals_seen);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, msg_rmid(id));
}

/* What was received, and what was sent, is not reported as interrupted. */
TEST_F(msg, calls_that_were_done_are_not_eintr)
{
	static const struct call receives = { .type = 0 }, sends = { .sends = true, .type = 1 };
	struct queues q;
	int status, i;
	pid_t pid;

	ASSERT_EQ(0, queues_new(&q));
	for (i = 0; i < 20; i++) {
		pid = caller(&q, &receives, 0);
		ASSERT_LT(0, pid);
		if (i % 2) {
			/* it cannot run between the two */
			kill(pid, SIGSTOP);
			ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
		}
		EXPECT_EQ(0, msg_put(q.empty, 1, 6));
		kill(pid, SIGUSR1);
		kill(pid, SIGCONT);
		/* it took the stop for an interruption, or slept on: not both */
		status = child_wait(pid);
		EXPECT_TRUE(status == GOT(6) || (i % 2 && status == EINTR))
			TH_LOG("round %d: %d", i, status);
		EXPECT_EQ(status == EINTR ? 6 : -1, msg_take(q.empty, 0));

		/* the kernel's sender is to take the room itself, and may come too late */
		pid = caller(&q, &sends, 0);
		ASSERT_LT(0, pid);
		EXPECT_TRUE(msg_arrives(q.full, 9, 8));
		kill(pid, SIGUSR1);
		status = child_wait(pid);
		EXPECT_TRUE(status == 0 || (status == EINTR && msg == &msg_native));
		EXPECT_EQ(status ? -1 : 7, msg_take(q.full, 0));
		EXPECT_EQ(0, msg_send(q.full, 9, 8, IPC_NOWAIT));
	}
	EXPECT_EQ(0, queues_remove(&q));
}

TEST_HARNESS_MAIN
