// SPDX-License-Identifier: GPL-2.0
/*
 * Who goes on when several sleep. A message goes to the receiver that has waited longest of
 * those who take it. Senders go on in the order of their coming, a big message is not
 * starved by small ones, and nobody sleeps whom another sleeper could serve: these are
 * kipc's alone, and the tests show what the kernel does instead. Class 15.
 */
#include "msg_fixture.h"
#include "race.h"

/* Whether exactly those of @n sleepers have gone on that @gone has bits for. */
static bool are_gone(const pid_t *pids, int n, unsigned int gone)
{
	int i;

	for (i = 0; i < n; i++) {
		if (pids[i] <= 0)
			return false;
		/* new permissions have them wake and sleep again */
		if (gone & 1U << i ? !child_wait(pids[i]) : EVENTUALLY(msg_is_asleep(pids[i])))
			continue;
		printf("# sleeper %d should have %s\n", i,
		       gone & 1U << i ? "gone on" : "stayed asleep");
		fflush(stdout);
		return false;
	}
	return true;
}

/* --- receivers */

TEST_F(msg, message_goes_to_who_has_waited_longest_of_those_who_take_it)
{
	static const struct {
		long type;
		int flags;
	} wants[] = {
		{ 5, 0 }, { -2, 0 }, { 0, 0 }, { 5, 0 }, { 1, MSG_EXCEPT }, { 2, 0 }, { -9, 0 },
		{ 1, 0 }, { 0, 0 },
	};
	/* a type, and who gets it */
	static const struct {
		long type;
		int sleeper;
	} sent[] = {
		{ 2, 1 }, { 5, 0 }, { 1, 2 }, { 5, 3 }, { 1, 6 }, { 1, 7 }, { 2, 4 }, { 2, 5 },
		{ 7, 8 },
	};
	int id = msg_new();
	pid_t pids[ARRAY_SIZE(wants)];
	size_t i;

	ASSERT_LE(0, id);
	for (i = 0; i < ARRAY_SIZE(wants); i++) {
		pids[i] = msg_receiver(id, wants[i].type, wants[i].flags);
		ASSERT_LT(0, pids[i]);
	}
	for (i = 0; i < ARRAY_SIZE(sent); i++) {
		EXPECT_EQ(0, msg_put(id, sent[i].type, i));
		EXPECT_EQ(0, msg_qnum(id));
		EXPECT_EQ(pids[sent[i].sleeper], msg_ds(id).msg_lrpid)
			TH_LOG("message %zu", i);
		EXPECT_EQ(GOT((int)i), child_wait(pids[sent[i].sleeper]));
	}
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, receivers_of_one_type_are_served_in_the_order_of_their_coming)
{
	enum { SLEEPERS = 12 };
	int id = msg_new(), i;
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, id);
	for (i = 0; i < SLEEPERS; i++) {
		pids[i] = msg_receiver(id, 4, 0);
		ASSERT_LT(0, pids[i]);
	}
	/* one that is gone leaves its turn to the next; and all that came at once arrive */
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[5]));
	for (i = 0; i < SLEEPERS; i++)
		if (i != 5)
			EXPECT_EQ(0, msg_put(id, 4, i));
	EXPECT_EQ(0, msg_qnum(id));
	for (i = 0; i < SLEEPERS; i++)
		if (i != 5)
			EXPECT_EQ(GOT(i), child_wait(pids[i]));
	EXPECT_EQ(0, msg_rmid(id));
}

/* The kernel has them begin anew, behind each other as it happens. */
TEST_F(msg, set_does_not_change_the_order_of_receivers)
{
	enum { SLEEPERS = 8 };
	int id = msg_new(), i, status, got = 0;
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, id);
	for (i = 0; i < SLEEPERS; i++) {
		pids[i] = msg_receiver(id, i % 2 ? 0 : 3, 0);
		ASSERT_LT(0, pids[i]);
		ASSERT_EQ(0, msg_set_qbytes(id, 100));
		ASSERT_TRUE(EVENTUALLY(msg_is_asleep(pids[i])));
	}
	for (i = 0; i < SLEEPERS; i++)
		EXPECT_EQ(0, msg_put(id, 3, i));
	for (i = 0; i < SLEEPERS; i++) {
		status = child_wait(pids[i]);
		EXPECT_TRUE(status >= GOT(0) && status < GOT(SLEEPERS));
		got |= 1 << (status - GOT(0));
		if (msg == &msg_kipc)
			EXPECT_EQ(GOT(i), status);
	}
	EXPECT_EQ((1 << SLEEPERS) - 1, got);
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F_TIMEOUT(msg, sleepers_on_other_types_stay_asleep, 120)
{
	enum { SLEEPERS = 40 };
	int id = msg_new(), i;
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, id);
	for (i = 0; i < SLEEPERS; i++)
		pids[i] = msg_receiver(id, 10 + i, 0);
	for (i = 0; i < SLEEPERS; i += 5) {
		EXPECT_EQ(0, msg_put(id, 10 + i, i));
		EXPECT_EQ(pids[i], msg_ds(id).msg_lrpid);
		EXPECT_EQ(GOT(i), child_wait(pids[i]));
	}
	for (i = 0; i < SLEEPERS; i++)
		if (i % 5)
			EXPECT_TRUE(msg_is_asleep(pids[i]));
	EXPECT_EQ(0, msg_rmid(id));
	for (i = 0; i < SLEEPERS; i++)
		if (i % 5)
			EXPECT_EQ(EIDRM, child_wait(pids[i]));
}

/* --- senders */

/* The kernel's race each other for the room. */
TEST_F(msg, senders_go_on_in_the_order_of_their_coming)
{
	enum { SLEEPERS = 10 };
	int id = msg_new_of(4), i, tag, got = 0;
	pid_t pids[SLEEPERS];

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, SLEEPERS));
	for (i = 0; i < SLEEPERS; i++) {
		pids[i] = msg_sender(id, 1 + i % 3, i);
		ASSERT_LT(0, pids[i]);
	}
	EXPECT_EQ(SLEEPERS, msg_take(id, 0));
	for (i = 0; i < SLEEPERS; i++) {
		/* in kipc the next one's is there already */
		tag = msg_receive_tag(id, 0, msg == &msg_kipc ? IPC_NOWAIT : 0);
		ASSERT_TRUE(tag >= 0 && tag < SLEEPERS);
		got |= 1 << tag;
		if (msg == &msg_kipc)
			EXPECT_EQ(i, tag);
	}
	EXPECT_EQ((1 << SLEEPERS) - 1, got);
	for (i = 0; i < SLEEPERS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* New permissions, too, and a larger queue. The kernel's order is whatever comes out. */
TEST_F(msg, set_does_not_change_the_order_of_senders)
{
	enum { SLEEPERS = 8 };
	int id = msg_new_of(4), i;
	pid_t pids[SLEEPERS];
	struct message m;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_put(id, 1, 0));
	for (i = 1; i < SLEEPERS; i++) {
		pids[i] = msg_sender(id, 1, i);
		ASSERT_LT(0, pids[i]);
		ASSERT_EQ(0, msg_set(id, 0, 0, 0600 + i, 4));
		ASSERT_TRUE(EVENTUALLY(msg_is_asleep(pids[i])));
	}
	EXPECT_EQ(1, msg_qnum(id));
	ASSERT_EQ(0, msg_set_qbytes(id, 4 * SLEEPERS));
	for (i = 1; i < SLEEPERS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ(SLEEPERS, msg_qnum(id));
	for (i = 0; i < SLEEPERS; i++) {
		EXPECT_EQ(4, msg->receive(id, &m, 4, 0, IPC_NOWAIT));
		if (msg == &msg_kipc)
			EXPECT_EQ(i, m.tag);
	}
	EXPECT_EQ(0, msg_rmid(id));
}

/* In the kernel small messages overtake it as long as they find room. */
TEST_F(msg, big_message_is_not_starved_by_small_ones)
{
	int id = msg_new_of(100), i;
	pid_t big, small;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_send(id, 1, 60, 0));
	big = msg_big_sender(id, 2, 80);
	ASSERT_LT(0, big);
	for (i = 0; i < 4; i++) {
		if (msg == &msg_native) {
			EXPECT_EQ(0, msg_send(id, 3, 10, IPC_NOWAIT));
		} else {
			EXPECT_EQ(-1, msg_send(id, 3, 10, IPC_NOWAIT));
			EXPECT_EQ(EAGAIN, errno);
			EXPECT_EQ(-1, msg_send(id, 3, 0, IPC_NOWAIT));
			EXPECT_EQ(EAGAIN, errno);
		}
	}
	EXPECT_TRUE(msg_is_asleep(big));
	small = msg_big_sender(id, 4, 15);
	ASSERT_LT(0, small);
	EXPECT_TRUE(msg_arrives(id, 1, 60));
	EXPECT_EQ(0, child_wait(small));
	if (msg == &msg_native) {
		/* there was room for one of the two */
		EXPECT_TRUE(msg_is_asleep(big));
		for (i = 0; i < 4; i++)
			EXPECT_TRUE(msg_arrives(id, 3, 10));
		EXPECT_TRUE(msg_arrives(id, 4, 15));
	} else {
		/* both were served at once, in their order */
		EXPECT_EQ(95, msg_cbytes(id));
	}
	EXPECT_EQ(0, child_wait(big));
	EXPECT_TRUE(msg_arrives(id, 0, 80));
	EXPECT_EQ(msg == &msg_kipc, msg_arrives(id, 0, 15));
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, message_larger_than_the_queue_holds_up_nobody)
{
	int id = msg_new_of(100);
	pid_t pids[3];

	ASSERT_LE(0, id);
	pids[1] = msg_big_sender(id, 2, 101);
	ASSERT_LT(0, pids[1]);
	EXPECT_EQ(0, msg_send(id, 1, 100, IPC_NOWAIT));
	/* nor when it stands between others */
	pids[0] = msg_big_sender(id, 1, 50);
	pids[2] = msg_big_sender(id, 3, 50);
	EXPECT_TRUE(msg_arrives(id, 1, 100));
	EXPECT_TRUE(are_gone(pids, 3, 5));
	EXPECT_EQ(100, msg_cbytes(id));
	/* until the queue is larger */
	ASSERT_EQ(0, msg_set_qbytes(id, 201));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(201, msg_cbytes(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* However it goes: what stood behind it is looked at again. */
TEST_F(msg, sender_that_leaves_lets_those_behind_it_go)
{
	int id = msg_new_of(100), how;
	pid_t big, pids[3];

	ASSERT_LE(0, id);
	for (how = 0; how < 3; how++) {
		EXPECT_EQ(0, msg_send(id, 1, 60, 0));
		ASSERT_EQ(0, msg_set(id, 0, 0, 0606, 100));
		big = child_fork();
		if (!big) {
			handle_signal(SIGUSR1, SA_RESTART);
			if (become(OTHER_UID))
				_exit(98);
			_exit(msg_send(id, 2, 80, 0) ? errno : 0);
		}
		ASSERT_LT(0, msg_sleeper(big));
		if (msg == &msg_native) {
			/* they do not stand behind it */
			EXPECT_EQ(0, msg_send(id, 3, 20, IPC_NOWAIT));
			EXPECT_EQ(0, msg_send(id, 4, 20, IPC_NOWAIT));
			pids[2] = msg_big_sender(id, 5, 20);
		} else {
			pids[0] = msg_big_sender(id, 3, 20);
			pids[1] = msg_big_sender(id, 4, 20);
			pids[2] = msg_big_sender(id, 5, 20);
			EXPECT_EQ(1, msg_qnum(id));
		}
		if (how < 2)
			kill(big, how ? SIGUSR1 : SIGKILL);
		else
			ASSERT_EQ(0, msg_set(id, 0, 0, 0600, 100));
		if (msg == &msg_kipc) {
			EXPECT_EQ(how == 2 ? EACCES : how ? EINTR : 128 + SIGKILL, child_wait(big));
			ASSERT_TRUE(are_gone(pids, 3, 3));
		} else if (how == 2) {
			/* it is not asked again before there is room */
			EXPECT_EQ(128 + SIGKILL, child_kill(big));
		} else {
			EXPECT_EQ(how ? EINTR : 128 + SIGKILL, child_wait(big));
		}
		EXPECT_EQ(100, msg_cbytes(id));
		EXPECT_TRUE(msg_arrives(id, 0, 60));
		EXPECT_EQ(0, child_wait(pids[2]));
		EXPECT_TRUE(msg_arrives(id, 0, 20));
		EXPECT_TRUE(msg_arrives(id, 0, 20));
		EXPECT_TRUE(msg_arrives(id, 5, 20));
		EXPECT_EQ(0, msg_qnum(id));
	}
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- one sleeper serves another, where the kernel lets both sleep for ever */

TEST_F(msg, full_queue_does_not_keep_a_message_from_who_waits_for_it)
{
	int id = msg_new_of(8);
	pid_t pids[2], sender;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_send(id, 1, 8, 0));
	pids[0] = msg_receiver(id, 9, 0);
	pids[1] = msg_receiver(id, 1, MSG_EXCEPT);
	ASSERT_LT(0, pids[0]);
	ASSERT_LT(0, pids[1]);
	if (msg == &msg_native) {
		EXPECT_EQ(-1, msg_put(id, 9, 3));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_TRUE(msg_arrives(id, 1, 8));
		EXPECT_EQ(0, msg_put(id, 9, 3));
		EXPECT_EQ(0, msg_put(id, 8, 4));
		EXPECT_EQ(0, msg_send(id, 1, 8, 0));
	} else {
		EXPECT_EQ(0, msg_put(id, 9, 3));
		/* and whether others wait for room */
		sender = msg_sender(id, 1, 5);
		ASSERT_LT(0, sender);
		EXPECT_EQ(0, msg_put(id, 8, 4));
		EXPECT_TRUE(msg_is_asleep(sender));
		EXPECT_EQ(128 + SIGKILL, child_kill(sender));
	}
	EXPECT_EQ(GOT(3), child_wait(pids[0]));
	EXPECT_EQ(GOT(4), child_wait(pids[1]));
	EXPECT_EQ(8, msg_cbytes(id));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, message_of_a_sleeping_sender_is_received_if_the_queue_has_none)
{
	static const struct {
		long type;
		int flags;
		/* of whose senders it gets the message */
		int from;
	} ways[] = {
		{ 4, 0, 0 }, { 5, 0, 1 }, { -5, 0, 0 }, { 9, MSG_EXCEPT, 0 }, { 4, MSG_NOERROR, 0 },
	};
	int id = msg_new_of(8);
	pid_t pids[2];
	size_t i;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_send(id, 9, 8, 0));
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		int flags = ways[i].flags | IPC_NOWAIT;

		pids[0] = msg_sender(id, 4, 1);
		pids[1] = msg_sender(id, 5, 2);
		ASSERT_LT(0, pids[0]);
		ASSERT_LT(0, pids[1]);
		/* what the queue has comes first, and is all that MSG_COPY looks at */
		EXPECT_EQ(-1, msg_receive_tag(id, 0, IPC_NOWAIT));
		EXPECT_EQ(E2BIG, errno);
		EXPECT_EQ(-1, msg_peek(id, 1));
		EXPECT_EQ(ENOMSG, errno);
		EXPECT_EQ(-1, msg_take(id, 7));
		EXPECT_EQ(ENOMSG, errno);
		if (msg == &msg_native) {
			EXPECT_EQ(-1, msg_receive_tag(id, ways[i].type, flags));
			EXPECT_EQ(ENOMSG, errno);
		} else {
			EXPECT_EQ(1 + ways[i].from, msg_receive_tag(id, ways[i].type, flags));
			EXPECT_EQ(pids[ways[i].from], msg_ds(id).msg_lspid);
			EXPECT_EQ(getpid(), msg_ds(id).msg_lrpid);
			ASSERT_TRUE(are_gone(pids, 2, 1 << ways[i].from));
		}
		EXPECT_EQ(8, msg_cbytes(id));
		child_kill(pids[0]);
		child_kill(pids[1]);
	}
	EXPECT_EQ(0, msg_rmid(id));
}

/* One that is too long for who asks stays with its sender. */
TEST_F(msg, message_of_a_sleeping_sender_can_be_too_long)
{
	int id = msg_new_of(8), status;
	struct message m;
	pid_t pid;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_send(id, 9, 8, 0));
	pid = msg_big_sender(id, 4, 6);
	ASSERT_LT(0, pid);
	EXPECT_EQ(-1, msg->receive(id, &m, 5, 4, IPC_NOWAIT));
	EXPECT_EQ(msg == &msg_kipc ? E2BIG : ENOMSG, errno);
	EXPECT_TRUE(msg_is_asleep(pid));
	EXPECT_EQ(msg == &msg_kipc ? 5 : -1,
		  msg->receive(id, &m, 5, 4, IPC_NOWAIT | MSG_NOERROR));
	status = msg == &msg_kipc ? child_wait(pid) : child_kill(pid);
	EXPECT_EQ(msg == &msg_kipc ? 0 : 128 + SIGKILL, status);
	EXPECT_EQ(1, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* A queue for no bytes is a place to meet, in kipc. */
TEST_F(msg, queue_without_room_hands_over)
{
	int id = msg_new_of(0), i;
	pid_t pid;

	ASSERT_LE(0, id);
	for (i = 0; i < 5; i++) {
		pid = msg_receiver(id, 1, 0);
		ASSERT_LT(0, pid);
		if (msg == &msg_kipc) {
			EXPECT_EQ(0, msg_put(id, 1, i));
			EXPECT_EQ(GOT(i), child_wait(pid));
		} else {
			EXPECT_EQ(-1, msg_put(id, 1, i));
			EXPECT_EQ(EAGAIN, errno);
			EXPECT_EQ(128 + SIGKILL, child_kill(pid));
		}
		EXPECT_EQ(-1, msg_put(id, 2, i));
		EXPECT_EQ(EAGAIN, errno);
		pid = msg_sender(id, 1, i);
		ASSERT_LT(0, pid);
		EXPECT_EQ(msg == &msg_kipc ? i : -1, msg_take(id, 0));
		child_kill(pid);
	}
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- in the long run */

TEST_F_TIMEOUT(msg, token_goes_round_in_order_and_is_never_lost, 120)
{
	enum { RING = 8, ROUNDS = 150 };
	int id = msg_new_of(4), *last = shared_alloc(sizeof(*last)), i, k;
	pid_t pids[RING];

	ASSERT_NE(NULL, last);
	ASSERT_LE(0, id);
	*last = RING - 1;
	for (i = 0; i < RING; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		for (k = 0; k < ROUNDS; k++) {
			if (msg_receive_tag(id, 1 + i, 0) != k * RING + i)
				_exit(98);
			if (LOAD(last) != (i + RING - 1) % RING)
				_exit(99);
			STORE(last, i);
			if (msg_send_tag(id, 1 + (i + 1) % RING, k * RING + i + 1, 0))
				_exit(errno);
		}
		_exit(0);
	}
	EXPECT_EQ(0, msg_put(id, 1, 0));
	for (i = 0; i < RING; i++)
		EXPECT_EQ(0, child_wait(pids[i]))
			TH_LOG("%d of %d", i, RING);
	EXPECT_EQ(RING * ROUNDS, msg_take(id, 1));
	EXPECT_EQ(0, msg_qnum(id));
	EXPECT_EQ(0, msg_rmid(id));
}

/* Small messages come all the time; each big one has its turn. */
TEST_F_TIMEOUT(msg, big_messages_get_their_turn_among_many_small_ones, 120)
{
	enum { CHILDREN = 3, BIG = 20 };
	int id = msg_new_of(100), *stop = shared_alloc(sizeof(*stop)), i, big = 0;
	pid_t pids[CHILDREN], sender;
	struct message m;

	ASSERT_NE(NULL, stop);
	ASSERT_LE(0, id);
	for (i = 0; i < CHILDREN; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		while (!LOAD(stop))
			if (msg_send(id, 1, 10, 0))
				_exit(errno);
		_exit(0);
	}
	sender = child_fork();
	if (!sender) {
		/* the kernel's might never end */
		for (i = 0; i < (msg == &msg_kipc ? BIG : 0); i++)
			if (msg_send(id, 2, 100, 0))
				_exit(errno);
		_exit(0);
	}
	for (i = 0; i < 2000 || (msg == &msg_kipc && big < BIG); i++) {
		ASSERT_LT(0, msg->receive(id, &m, 100, 0, 0));
		big += m.type == 2;
		ASSERT_GT(100000, i);
	}
	EXPECT_EQ(0, child_wait(sender));
	EXPECT_EQ(msg == &msg_kipc ? BIG : 0, big);
	STORE(stop, 1);
	EXPECT_EQ(0, msg_rmid(id));
	for (i = 0; i < CHILDREN; i++) {
		int status = child_wait(pids[i]);

		EXPECT_TRUE(status == 0 || status == EIDRM || status == EINVAL);
	}
}

TEST_HARNESS_MAIN
