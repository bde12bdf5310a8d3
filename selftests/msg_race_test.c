// SPDX-License-Identifier: GPL-2.0
/*
 * Message queues that are removed, or left by whoever sleeps on them, just when somebody
 * else does the same. What is counted must add up whoever comes first. Classes 2, 3 and 18.
 */
#include "msg_fixture.h"
#include "msg_kipc_fixture.h"
#include "race.h"

#include <pthread.h>

/* Whether all of them sleep in a call. */
static bool all_asleep(const pid_t *pids, int n)
{
	while (n--)
		if (!msg_is_asleep(pids[n]))
			return false;
	return true;
}

/* --- removal against sleepers: class 2 */

enum { MEMBERS = 6 };

struct crowd {
	int id;
	int round;
	int stop;
	int bad;
	int error;
	long long passed;
	long long removed;
	pid_t pids[MEMBERS];
};

/* The ways to receive a message of type 3. */
static const struct {
	long type;
	int flags;
} ways[MEMBERS] = {
	{ 0, 0 }, { 3, 0 }, { -3, 0 }, { 2, MSG_EXCEPT }, { LONG_MIN, 0 }, { 3, MSG_NOERROR },
};

/* What ends a call besides its success. */
static void note_end(struct crowd *crowd)
{
	if (errno == EIDRM || errno == EINVAL) {
		ADD(&crowd->removed, 1);
		return;
	}
	STORE(&crowd->error, errno);
	ADD(&crowd->bad, 1);
}

/* Receive over and over; a tag tells of which round the queue was. */
static void crowd_receive(struct crowd *crowd, int kind)
{
	int before, tag;

	while (!LOAD(&crowd->stop)) {
		before = LOAD(&crowd->round);
		tag = msg_receive_tag(crowd->id, ways[kind].type, ways[kind].flags);
		if (tag < 0)
			note_end(crowd);
		else if (tag < before || tag > LOAD(&crowd->round))
			ADD(&crowd->bad, 1);
		else
			ADD(&crowd->passed, 1);
	}
	_exit(0);
}

/* Send over and over; the tags of each member grow. */
static void crowd_send(struct crowd *crowd, int kind)
{
	int tag;

	for (tag = 1; !LOAD(&crowd->stop); tag++) {
		if (msg_send_tag(crowd->id, 1 + kind, tag, 0))
			note_end(crowd);
		else
			ADD(&crowd->passed, 1);
	}
	_exit(0);
}

static pid_t crowd_join(struct crowd *crowd, void (*member)(struct crowd *crowd, int kind),
			int kind)
{
	pid_t pid = child_fork();

	if (!pid)
		member(crowd, kind);
	return pid;
}

static struct crowd *crowd_begin(void (*member)(struct crowd *crowd, int kind), size_t qbytes)
{
	struct crowd *crowd = shared_alloc(sizeof(*crowd));
	int i;

	if (!crowd)
		return NULL;
	crowd->id = msg_new_of(qbytes);
	for (i = 0; i < MEMBERS; i++)
		crowd->pids[i] = crowd_join(crowd, member, i);
	return crowd->id < 0 ? NULL : crowd;
}

/* Remove the queue and make another with its id. */
static bool crowd_renew(struct crowd *crowd, size_t qbytes)
{
	if (msg_rmid(crowd->id) || msg_same_again(crowd->id) != crowd->id)
		return false;
	ADD(&crowd->round, 1);
	return !msg_set_qbytes(crowd->id, qbytes);
}

TEST_F_TIMEOUT(msg, receivers_of_a_removed_queue_leave_the_next_one_with_its_id_alone, 120)
{
	struct crowd *crowd = crowd_begin(crowd_receive, MSGMNB);
	unsigned int seed = 7;
	long long given = 0;
	int i, round, n;

	ASSERT_NE(NULL, crowd);
	for (round = 0; round < 150; round++) {
		/* all of them sleep, or some are on their way to it */
		if (round % 3 == 0)
			ASSERT_TRUE(EVENTUALLY(all_asleep(crowd->pids, MEMBERS)));
		n = rand_r(&seed) % 9;
		for (i = 0; i < n; i++)
			ASSERT_EQ(0, msg_put(crowd->id, 3, crowd->round));
		given += n;
		/* each has been received once, by whoever has slept since when */
		if (round % 2) {
			ASSERT_TRUE(EVENTUALLY(LOAD(&crowd->passed) == given))
				TH_LOG("%lld given, %lld received", given, crowd->passed);
			ASSERT_EQ(0, msg_qnum(crowd->id));
		}
		ASSERT_TRUE(crowd_renew(crowd, MSGMNB));
		if (round % 2 == 0) {
			/* what was in the queue is gone with it */
			ASSERT_TRUE(EVENTUALLY(all_asleep(crowd->pids, MEMBERS)));
			ASSERT_GE(given, crowd->passed);
			given = crowd->passed;
		}
	}
	EXPECT_EQ(0, crowd->bad)
		TH_LOG("errno %d", crowd->error);
	EXPECT_LT(round, crowd->removed);
	STORE(&crowd->stop, 1);
	EXPECT_EQ(0, msg_rmid(crowd->id));
	for (i = 0; i < MEMBERS; i++)
		EXPECT_EQ(0, child_wait(crowd->pids[i]));
}

TEST_F_TIMEOUT(msg, senders_of_a_removed_queue_leave_the_next_one_with_its_id_alone, 120)
{
	struct crowd *crowd = crowd_begin(crowd_send, 16);
	int last[MEMBERS] = { 0 }, i, round, n;
	unsigned int seed = 5;
	long long taken = 0;
	struct message m;

	ASSERT_NE(NULL, crowd);
	for (round = 0; round < 150; round++) {
		if (round % 3 == 0)
			ASSERT_TRUE(EVENTUALLY(all_asleep(crowd->pids, MEMBERS)));
		for (n = rand_r(&seed) % 9; n > 0; n--) {
			ASSERT_EQ(4, msg->receive(crowd->id, &m, 4, 0, 0));
			ASSERT_TRUE(m.type >= 1 && m.type <= MEMBERS);
			/* none twice, and in their order */
			ASSERT_LT(last[m.type - 1], m.tag);
			last[m.type - 1] = m.tag;
			taken++;
		}
		ASSERT_TRUE(crowd_renew(crowd, 16));
	}
	EXPECT_EQ(0, crowd->bad)
		TH_LOG("errno %d", crowd->error);
	EXPECT_LE(taken, crowd->passed + MEMBERS);
	EXPECT_LT(round, crowd->removed);
	STORE(&crowd->stop, 1);
	EXPECT_EQ(0, msg_rmid(crowd->id));
	for (i = 0; i < MEMBERS; i++)
		EXPECT_EQ(0, child_wait(crowd->pids[i]));
}

/* Killed, not only woken, while the queue goes and comes. */
static void kill_and_renew(struct __test_metadata *_metadata,
			   void (*member)(struct crowd *crowd, int kind), size_t qbytes)
{
	struct crowd *crowd = crowd_begin(member, qbytes);
	unsigned int seed = 3;
	int i, round, order;

	ASSERT_NE(NULL, crowd);
	for (round = 0; round < 100; round++) {
		i = rand_r(&seed) % MEMBERS;
		order = rand_r(&seed) % 4;
		if (order & 1)
			ASSERT_TRUE(EVENTUALLY(all_asleep(crowd->pids, MEMBERS)));
		if (order & 2)
			kill(crowd->pids[i], SIGKILL);
		/* one of them fits */
		msg_put(crowd->id, 3, crowd->round);
		msg_take(crowd->id, 0);
		ASSERT_TRUE(crowd_renew(crowd, qbytes));
		kill(crowd->pids[i], SIGKILL);
		EXPECT_EQ(128 + SIGKILL, child_wait(crowd->pids[i]));
		crowd->pids[i] = crowd_join(crowd, member, i);
	}
	EXPECT_EQ(0, crowd->bad)
		TH_LOG("errno %d", crowd->error);
	for (i = 0; i < MEMBERS; i++)
		EXPECT_EQ(128 + SIGKILL, child_kill(crowd->pids[i]));
	/* the dead get nothing, and send nothing */
	while (msg_take(crowd->id, 0) >= 0)
		;
	EXPECT_EQ(0, msg_qnum(crowd->id));
	EXPECT_EQ(0, msg_put(crowd->id, 3, 1));
	EXPECT_EQ(1, msg_take(crowd->id, 3));
	EXPECT_EQ(0, msg_rmid(crowd->id));
}

TEST_F_TIMEOUT(msg, receivers_are_killed_while_their_queue_goes, 120)
{
	kill_and_renew(_metadata, crowd_receive, MSGMNB);
}

TEST_F_TIMEOUT(msg, senders_are_killed_while_their_queue_goes, 120)
{
	kill_and_renew(_metadata, crowd_send, 16);
}

/* --- ids of queues that are gone: the next queue may be where the last one was */

struct stale {
	int id;
	int stop;
	int bad;
	int error;
	long long met;
	long long missed;
};

/* Use whatever id is known, in every way that changes something. */
static void use_old_id(struct stale *stale, unsigned int seed)
{
	int id, ret;

	while (!LOAD(&stale->stop)) {
		id = LOAD(&stale->id);
		switch (rand_r(&seed) % 5) {
		case 0:
			ret = msg_put(id, 1 + rand_r(&seed) % 3, 1);
			break;
		case 1:
			ret = msg_take(id, rand_r(&seed) % 3) < 0;
			break;
		case 2:
			ret = msg_set(id, 0, 0, 0644, 100);
			break;
		case 3:
			/* asleep, perhaps, until it is removed */
			ret = msg_receive_tag(id, 7, 0) < 0;
			break;
		default:
			ret = msg_peek(id, 0) < 0;
		}
		ADD(ret && errno != ENOMSG ? &stale->missed : &stale->met, 1);
		if (!ret || errno == EIDRM || errno == EINVAL || errno == ENOMSG || errno == EAGAIN)
			continue;
		STORE(&stale->error, errno);
		ADD(&stale->bad, 1);
	}
	_exit(0);
}

TEST_F_TIMEOUT(msg, calls_with_an_old_id_never_reach_the_queue_that_came_after, 120)
{
	enum { USERS = 4 };
	struct stale *stale = shared_alloc(sizeof(*stale));
	long long end = now_ms() + 3000;
	unsigned int seed = 17;
	int i, id, round, touched = 0;
	struct msqid_ds ds;
	pid_t pids[USERS];

	ASSERT_NE(NULL, stale);
	stale->id = msg_new();
	ASSERT_EQ(0, msg_rmid(stale->id));
	for (i = 0; i < USERS; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			use_old_id(stale, i);
	}
	for (round = 0; round < 1000 || now_ms() < end; round++) {
		id = msg_new();
		ASSERT_LE(0, id);
		spin(rand_r(&seed) % 5000);
		/* nobody can know it yet */
		ds = msg_ds(id);
		touched += ds.msg_qnum || ds.msg_lspid || ds.msg_lrpid || ds.msg_stime ||
			   ds.msg_rtime || ds.msg_qbytes != MSGMNB || ds.msg_perm.mode != 0600;
		STORE(&stale->id, id);
		spin(rand_r(&seed) % 20000);
		ASSERT_EQ(0, msg_rmid(id));
	}
	STORE(&stale->stop, 1);
	for (i = 0; i < USERS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	printf("# %d queues, %lld calls met one, %lld came too late\n", round, stale->met,
	       stale->missed);
	fflush(stdout);
	EXPECT_EQ(0, touched);
	EXPECT_EQ(0, stale->bad)
		TH_LOG("errno %d", stale->error);
	EXPECT_LT(0, stale->met);
	EXPECT_LT(0, stale->missed);
}

/* --- killed between anything and anything */

#define SERIALS 100000

struct traffic {
	int id;
	int serial;
	int sent;
	int received;
	int bad;
	unsigned char seen[SERIALS];
};

static void send_serials(struct traffic *traffic)
{
	int serial;

	for (;;) {
		serial = ADD(&traffic->serial, 1);
		if (serial >= SERIALS)
			pause();
		if (msg_send_tag(traffic->id, 1 + serial % 3, serial, 0))
			_exit(errno);
		ADD(&traffic->sent, 1);
	}
}

static void count_serial(struct traffic *traffic, int serial)
{
	if (serial < 1 || serial >= SERIALS || ADD(&traffic->seen[serial], 1) != 1)
		ADD(&traffic->bad, 1);
	ADD(&traffic->received, 1);
}

static void receive_serials(struct traffic *traffic, int kind)
{
	int serial;

	for (;;) {
		serial = msg_receive_tag(traffic->id, kind % 2 ? 0 : -3, 0);
		if (serial < 0)
			_exit(errno);
		count_serial(traffic, serial);
	}
}

static pid_t traffic_join(struct traffic *traffic, int i)
{
	pid_t pid = child_fork();

	if (!pid && i % 2)
		receive_serials(traffic, i / 2);
	if (!pid)
		send_serials(traffic);
	return pid;
}

/* One that dies takes along at most what it has sent or received without having said so. */
TEST_F_TIMEOUT(msg, kills_at_any_moment_lose_and_double_nothing_else, 120)
{
	enum { ALL = 6 };
	struct traffic *traffic = shared_alloc(sizeof(*traffic));
	int kills[2] = { 0 }, i, serial;
	unsigned int seed = 11;
	pid_t pids[ALL];

	ASSERT_NE(NULL, traffic);
	traffic->id = msg_new_of(20);
	ASSERT_LE(0, traffic->id);
	for (i = 0; i < ALL; i++)
		pids[i] = traffic_join(traffic, i);
	while (kills[0] + kills[1] < 150) {
		spin(rand_r(&seed) % 100000);
		i = rand_r(&seed) % ALL;
		ASSERT_EQ(128 + SIGKILL, child_kill(pids[i]));
		kills[i % 2]++;
		pids[i] = traffic_join(traffic, i);
	}
	for (i = 0; i < ALL; i++) {
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
		kills[i % 2]++;
	}
	while ((serial = msg_take(traffic->id, 0)) >= 0)
		count_serial(traffic, serial);
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(0, msg_cbytes(traffic->id));
	EXPECT_EQ(0, traffic->bad);
	EXPECT_LT(0, traffic->received);
	EXPECT_LE(traffic->received, traffic->sent + kills[0]);
	EXPECT_LE(traffic->sent, traffic->received + kills[1]);
	EXPECT_EQ(0, msg_rmid(traffic->id));
}

/* --- the end of the wait against the wake-up: class 3 */

struct waiter {
	struct gate gate;
	/* sends, or receives */
	bool sends;
	int id;
	/* 0: none; ns */
	long timeout;
	int error;
	int stop;
	pid_t tid;
};

static int wait_once(const struct waiter *waiter)
{
	unsigned int flags = waiter->timeout ? KIPC_MSG_RELATIVE : 0;
	__u64 timeout = waiter->timeout ? (__u64)waiter->timeout : KIPC_TIMEOUT_NONE;
	long type = 1;
	int tag = 7;

	if (msg == &msg_native && waiter->sends)
		return msg_send_tag(waiter->id, 1, 7, 0) ? errno : 0;
	if (msg == &msg_native)
		return msg_receive_tag(waiter->id, 1, 0) < 0 ? errno : 0;
	if (waiter->sends)
		return msg_send_on(msg_dev, waiter->id, 1, &tag, 4, flags, timeout) ? errno : 0;
	return msg_receive_on(msg_dev, waiter->id, &type, &tag, 4, flags, timeout) != 4 ? errno : 0;
}

static void *wait_each_round(void *data)
{
	struct waiter *waiter = data;

	STORE(&waiter->tid, gettid());
	/* timeouts are to come when they say */
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		gate_pass(&waiter->gate);
		if (waiter->stop)
			return NULL;
		waiter->error = wait_once(waiter);
		gate_pass(&waiter->gate);
	}
}

/*
 * Rounds in which a message, or room for one, comes just when the wait for it ends
 * otherwise: the message has gone over, or it is where it was. With @error EINTR a signal
 * ends it, otherwise the timeout.
 */
static void end_against_wakeup(struct __test_metadata *_metadata, bool sends, int rounds,
			       int error)
{
	struct waiter waiter = { .gate.n = 2, .sends = sends, .id = msg_new_of(4) };
	int round, ended = 0, done, left, want;
	unsigned int seed = 1;
	pthread_t thread;
	long late = 1000;

	ASSERT_LE(0, waiter.id);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_each_round, &waiter));
	for (round = 0; round < rounds; round++) {
		bool first = error == EINTR && round % 4, last = error == EINTR && !first;

		if (sends)
			ASSERT_EQ(0, msg_put(waiter.id, 2, 5));
		waiter.timeout = error == EINTR ? 0 : 1 + rand_r(&seed) % 30000;
		gate_pass(&waiter.gate);
		if (error == EINTR)
			spin(rand_r(&seed) % 20000);
		if (first)
			syscall(SYS_tgkill, getpid(), waiter.tid, SIGUSR1);
		spin(late);
		ASSERT_EQ(0, sends ? msg_take(waiter.id, 2) != 5 : msg_put(waiter.id, 1, 7));
		if (last)
			syscall(SYS_tgkill, getpid(), waiter.tid, SIGUSR1);
		gate_pass(&waiter.gate);
		done = !waiter.error;
		if (!done)
			ASSERT_EQ(error, waiter.error);
		ended += !done;
		left = msg_take(waiter.id, 0);
		want = sends == done ? 7 : -1;
		ASSERT_EQ(want, left)
			TH_LOG("round %d, error %d", round, waiter.error);
		ASSERT_EQ(0, msg_qnum(waiter.id));
		if (!last)
			tune(&late, done);
	}
	printf("# %d of %d waits were ended before they were over\n", ended, round);
	fflush(stdout);
	EXPECT_LT(0, ended);
	EXPECT_GT(round, ended);
	waiter.stop = 1;
	gate_pass(&waiter.gate);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, msg_rmid(waiter.id));
}

TEST_F_TIMEOUT(msg, signal_against_wakeup_of_a_receiver_loses_no_message, 120)
{
	handle_signal(SIGUSR1, SA_RESTART);
	end_against_wakeup(_metadata, false, 1500, EINTR);
}

TEST_F_TIMEOUT(msg, signal_against_wakeup_of_a_sender_loses_no_message, 120)
{
	handle_signal(SIGUSR1, SA_RESTART);
	end_against_wakeup(_metadata, true, 1500, EINTR);
}

/* The calls of the other tests, for the instance of this fixture. */
static void use_instance(int dev)
{
	msg = &msg_kipc;
	msg_dev = dev;
}

TEST_F_TIMEOUT(queue, timeout_against_wakeup_of_a_receiver_loses_no_message, 120)
{
	use_instance(self->dev);
	end_against_wakeup(_metadata, false, 2000, ETIMEDOUT);
}

TEST_F_TIMEOUT(queue, timeout_against_wakeup_of_a_sender_loses_no_message, 120)
{
	use_instance(self->dev);
	end_against_wakeup(_metadata, true, 2000, ETIMEDOUT);
}

TEST_HARNESS_MAIN
