// SPDX-License-Identifier: GPL-2.0
/*
 * Signal queues under load, with subscribers that come, go and are killed, and queues that
 * are removed, just when somebody else does something. Every signal is taken once, or is
 * accounted for; whoever comes first. Classes 2, 3, 15 and 18.
 */
#include "sig_fixture.h"

#include <pthread.h>

#define SIG	(KIPC_SIG_RTMIN + 5)
#define NUMBERS	4

/* --- exactly once */

enum { SENDERS = 4, TAKERS = 4, SERIALS = 100000 };

static struct traffic {
	int dev;
	int fd;
	int stop;
	bool kills;
	int sent[SENDERS];
	int taken;
	int bad;
	char what[80];
	unsigned char seen[SENDERS][SERIALS];
} *traffic;

static void complain(const char *what)
{
	if (ADD(&traffic->bad, 1) == 1)
		snprintf(traffic->what, sizeof(traffic->what), "%s", what);
}

/* Send serial numbers; at the limit try again. */
static void send_serials(int sender, int count)
{
	int serial;

	for (serial = 0; serial < count && !LOAD(&traffic->stop); serial++) {
		while (sigq_put(traffic->fd, GROUP, SIG + serial % NUMBERS,
				sender * 0x100000000ULL + serial)) {
			if (errno != EAGAIN)
				_exit(errno);
			sched_yield();
		}
		STORE(&traffic->sent[sender], serial + 1);
	}
	_exit(0);
}

struct order {
	int last[SENDERS][NUMBERS];
};

static void order_init(struct order *order)
{
	memset(order, 0xff, sizeof(*order));
}

/*
 * Each comes once, and what one taker has of a sender and a number grows, but where somebody
 * died who had got one already: that is put back, and comes behind those of others.
 */
static void note_taken(struct order *order, int signo, unsigned long long value)
{
	unsigned int sender = value >> 32, serial = value;
	int *last;

	if (sender >= SENDERS || serial >= SERIALS || signo != (int)(SIG + serial % NUMBERS)) {
		complain("not what was sent");
		return;
	}
	last = &order->last[sender][signo - SIG];
	if (*last >= (int)serial && !traffic->kills)
		complain("out of order");
	*last = serial;
	if (ADD(&traffic->seen[sender][serial], 1) != 1)
		complain("twice");
	ADD(&traffic->taken, 1);
}

/* Take whatever comes, in the way that belongs to @way; until the queue goes. */
static void take_serials(int way)
{
	int sub = sigq_subscribe(traffic->fd, SELF, KIPC_SIG_CLOEXEC, 0, NULL), n, i;
	struct signalfd_siginfo infos[3];
	struct kipc_sig_wait got;
	struct order order;

	order_init(&order);
	for (;;) {
		if (way % 2) {
			n = sub_read(sub, infos, way % 4 == 1 ? 1 : 3);
			for (i = 0; i < n; i++)
				note_taken(&order, infos[i].ssi_signo, infos[i].ssi_ptr);
		} else {
			n = sub_wait(sub, ALL, RELATIVE, 1000000 + way % 3 * 100000, &got);
			if (n > 0)
				note_taken(&order, got.signo, got.value);
		}
		if (n < 0 && errno != EAGAIN)
			_exit(errno);
	}
}

static pid_t sender_start(int i, int count)
{
	pid_t pid = child_fork();

	if (!pid)
		send_serials(i, count);
	return pid;
}

static pid_t taker_start(int way)
{
	pid_t pid = child_fork();

	if (!pid)
		take_serials(way);
	return pid;
}

static int traffic_begin(const struct _test_data_sigq *self)
{
	traffic = shared_alloc(sizeof(*traffic));
	if (!traffic)
		return -1;
	traffic->dev = self->dev;
	traffic->fd = self->fd;
	return sigq_resize(self->fd, SELF, 50);
}

/* How many of those that were sent nobody has said to have taken. */
static int traffic_lost(void)
{
	int lost = 0, i, k;

	for (i = 0; i < SENDERS; i++)
		for (k = 0; k < traffic->sent[i]; k++)
			lost += !traffic->seen[i][k];
	return lost;
}

TEST_F_TIMEOUT(sigq, every_signal_is_taken_once_and_in_order_by_many, 120)
{
	int count = rounds_of(3000), i;
	pid_t senders[SENDERS], takers[TAKERS];

	ASSERT_EQ(0, traffic_begin(self));
	for (i = 0; i < TAKERS; i++)
		takers[i] = taker_start(i);
	for (i = 0; i < SENDERS; i++)
		senders[i] = sender_start(i, count);
	for (i = 0; i < SENDERS; i++) {
		int status = -1, tries;

		for (tries = 0; tries < 4 && status < 0; tries++)
			status = child_wait(senders[i]);
		EXPECT_EQ(0, status);
	}
	EXPECT_TRUE(EVENTUALLY(LOAD(&traffic->taken) == SENDERS * count))
		TH_LOG("%d of %d", traffic->taken, SENDERS * count);
	EXPECT_EQ(0, traffic->bad)
		TH_LOG("%s", traffic->what);
	EXPECT_EQ(0, traffic_lost());
	EXPECT_EQ((unsigned long long)SENDERS * count, sigq_stat(self->fd, SELF).taken);
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).queued);
	ASSERT_EQ(0, sigq_remove(self->fd, SELF));
	for (i = 0; i < TAKERS; i++)
		EXPECT_EQ(EIDRM, child_wait(takers[i]));
}

/* One that dies takes along what it has taken without having said so, and nothing else. */
TEST_F_TIMEOUT(sigq, kills_at_any_moment_lose_and_double_nothing_else, 120)
{
	pid_t senders[SENDERS], takers[TAKERS];
	int kills = 0, i, lost, sent = 0;
	unsigned int seed = 11;
	struct signalfd_siginfo info;
	struct order order;
	int sub;

	ASSERT_EQ(0, traffic_begin(self));
	traffic->kills = true;
	for (i = 0; i < SENDERS; i++)
		senders[i] = sender_start(i, SERIALS);
	for (i = 0; i < TAKERS; i++)
		takers[i] = taker_start(i & ~2);
	while (kills < rounds_of(90)) {
		spin(rand_r(&seed) % 100000);
		i = rand_r(&seed) % TAKERS;
		ASSERT_EQ(128 + SIGKILL, child_kill(takers[i]));
		kills++;
		/* those that read take one at a time */
		takers[i] = taker_start(i & ~2);
		ASSERT_TRUE(sigq_adds_up(self->fd, SELF));
	}
	STORE(&traffic->stop, 1);
	for (i = 0; i < SENDERS; i++)
		EXPECT_EQ(0, child_wait(senders[i]));
	for (i = 0; i < TAKERS; i++)
		EXPECT_EQ(128 + SIGKILL, child_kill(takers[i]));
	kills += TAKERS;
	sub = sub_new(self->fd, SELF, NULL);
	order_init(&order);
	while (sub_read(sub, &info, 1) == 1)
		note_taken(&order, info.ssi_signo, info.ssi_ptr);
	for (i = 0; i < SENDERS; i++)
		sent += traffic->sent[i];
	lost = traffic_lost();
	printf("# %d sent, %d taken, %d lost by %d kills\n", sent, traffic->taken, lost, kills);
	fflush(stdout);
	EXPECT_EQ(0, traffic->bad)
		TH_LOG("%s", traffic->what);
	EXPECT_LT(0, traffic->taken);
	EXPECT_GE(kills, lost);
	EXPECT_EQ((unsigned long long)sent, sigq_stat(self->fd, SELF).sent);
	EXPECT_EQ((unsigned long long)sent, sigq_stat(self->fd, SELF).taken);
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).dropped);
	close(sub);
}

/* --- the death of a subscriber */

TEST_F(sigq, dying_subscriber_takes_along_its_own_and_leaves_those_of_the_group)
{
	int other = sub_new(self->dev, self->id, NULL), i, sub, said[2];
	__u32 *number = shared_alloc(4096);
	pid_t pid;
	char c;

	ASSERT_LE(0, other);
	ASSERT_NE(NULL, number);
	ASSERT_EQ(0, pipe2(said, O_CLOEXEC));
	for (i = 0; i < 2; i++) {
		pid = child_fork();
		if (!pid) {
			sub = sigq_subscribe(self->dev, self->id, 0, ALL, number);
			write(said[1], "x", 1);
			/* asleep for something else */
			sub_wait(sub, BIT_OF(64), 0, KIPC_TIMEOUT_NONE, NULL);
			_exit(0);
		}
		ASSERT_EQ(1, read(said[0], &c, 1));
		ASSERT_TRUE(EVENTUALLY(sigq_stat(self->fd, SELF).waiters == 1));
		ASSERT_EQ(0, sigq_put(self->fd, *number, SIG, 1));
		ASSERT_EQ(0, sigq_put(self->fd, *number, SIG, 2));
		ASSERT_EQ(0, sigq_put(self->fd, *number, SIGUSR1, 3));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 4));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 5));
		EXPECT_EQ(3, stats_of(self->dev).user_signals);
		EXPECT_EQ(2, sigq_stat(self->fd, SELF).subscribers);
		if (i)
			ASSERT_EQ(0, sigq_put(self->fd, *number, 64, 6));
		EXPECT_EQ(i ? 0 : 128 + SIGKILL, i ? child_wait(pid) : child_kill(pid));
		EXPECT_EQ(1, sigq_stat(self->fd, SELF).subscribers);
		EXPECT_EQ(3U + 3 * i, sigq_stat(self->fd, SELF).dropped);
		EXPECT_EQ(2, sigq_stat(self->fd, SELF).queued);
		EXPECT_EQ(0, sigq_stat(self->fd, SELF).waiters);
		EXPECT_EQ(-1, sigq_put(self->fd, *number, SIG, 1));
		EXPECT_EQ(ESRCH, errno);
		EXPECT_EQ(SIGUSR1, sub_read_one(other));
		EXPECT_EQ(SIG, sub_read_one(other));
		EXPECT_EQ(0, stats_of(self->dev).user_signals);
	}
	close(other);
}

/* A thread that is about to die gets nothing: what was handed to it goes to others. */
TEST_F_TIMEOUT(sigq, signal_that_is_handed_to_a_dying_sleeper_is_not_lost, 60)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL);
	int other = sub_new(self->dev, self->id, NULL), round, i;
	pid_t pid;

	ASSERT_LE(0, sub);
	ASSERT_LE(0, other);
	for (round = 0; round < rounds_of(120); round++) {
		pid = round % 2 ? sub_reader(sub) : sub_waiter(sub, ALL);
		ASSERT_LT(0, pid);
		kill(pid, SIGKILL);
		for (i = 0; i < 2; i++)
			ASSERT_EQ(0, sigq_put(self->fd, GROUP, i ? SIG : SIGUSR1, round));
		ASSERT_EQ(128 + SIGKILL, child_wait(pid));
		ASSERT_TRUE(sub_awaits(other, 0, BIT_OF(SIG) | BIT_OF(SIGUSR1)));
		ASSERT_EQ(0, sigq_stat(self->fd, SELF).waiters);
		ASSERT_EQ(SIGUSR1, sub_read_one(other));
		ASSERT_EQ(SIG, sub_read_one(other));
	}
	EXPECT_EQ(2ULL * round, sigq_stat(self->fd, SELF).taken);
	close(sub);
	close(other);
}

/* What is delivered meanwhile dies with it, but no more than that. */
TEST_F_TIMEOUT(sigq, subscriber_that_is_killed_while_it_is_delivered_to_leaves_the_rest, 240)
{
	enum { NR = 900 };
	int other = sub_new(self->dev, self->id, NULL), *begun = shared_alloc(4096);
	int round, i, sub, left = 0;
	long spins = 10000;
	sigset_t all;
	pid_t pid;

	ASSERT_LE(0, other);
	ASSERT_NE(NULL, begun);
	for (round = 0; round < 200 && (!left || left == NR); round++) {
		for (i = 0; i < NR; i++)
			ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
		STORE(begun, 0);
		pid = child_fork();
		if (!pid) {
			sub = sub_new(self->dev, self->id, NULL);
			sigfillset(&all);
			if (sub < 0 || sigprocmask(SIG_BLOCK, &all, NULL))
				_exit(1);
			STORE(begun, 1);
			sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIG));
			pause();
		}
		while (!LOAD(begun))
			sched_yield();
		spin(spins);
		ASSERT_EQ(128 + SIGKILL, child_kill(pid));
		left = sub_drain(other);
		ASSERT_LE(0, left);
		ASSERT_TRUE(sigq_adds_up(self->fd, SELF));
		tune(&spins, left == NR);
	}
	EXPECT_TRUE(left && left < NR)
		TH_LOG("%d left in round %d", left, round);
	close(other);
}

/* --- the end of the wait against the wake-up: class 3 */

struct waiter {
	struct gate gate;
	int sub;
	/* 0: none; ns */
	long timeout;
	int error;
	int stop;
	pid_t tid;
};

static void *wait_each_round(void *data)
{
	struct waiter *waiter = data;
	int ret;

	STORE(&waiter->tid, gettid());
	/* timeouts are to come when they say */
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		gate_pass(&waiter->gate);
		if (waiter->stop)
			return NULL;
		ret = sub_wait(waiter->sub, ALL, waiter->timeout ? RELATIVE : 0,
			       waiter->timeout ? (__u64)waiter->timeout : KIPC_TIMEOUT_NONE, NULL);
		waiter->error = ret == SIG ? 0 : ret > 0 ? EBADMSG : errno;
		gate_pass(&waiter->gate);
	}
}

/*
 * Rounds in which a signal comes just when the wait for it ends otherwise: it was taken, or
 * it waits. With @error EINTR a handler ends it, otherwise the timeout.
 */
static void end_against_wakeup(struct __test_metadata *_metadata, struct _test_data_sigq *self,
			       int rounds, int error)
{
	struct waiter waiter = { .gate.n = 2 };
	int round, ended = 0, done;
	unsigned int seed = 1;
	pthread_t thread;
	long late = 1000;

	waiter.sub = sub_new(self->dev, self->id, NULL);
	ASSERT_LE(0, waiter.sub);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_each_round, &waiter));
	for (round = 0; round < rounds; round++) {
		bool first = error == EINTR && round % 4, last = error == EINTR && !first;

		waiter.timeout = error == EINTR ? 0 : 1 + rand_r(&seed) % 30000;
		gate_pass(&waiter.gate);
		if (error == EINTR)
			spin(rand_r(&seed) % 20000);
		if (first)
			syscall(SYS_tgkill, getpid(), waiter.tid, SIGUSR1);
		spin(late);
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, round));
		if (last)
			syscall(SYS_tgkill, getpid(), waiter.tid, SIGUSR1);
		gate_pass(&waiter.gate);
		done = !waiter.error;
		if (!done)
			ASSERT_EQ(error, waiter.error);
		ended += !done;
		ASSERT_EQ(done ? -1 : SIG, sub_take(waiter.sub, ALL))
			TH_LOG("round %d, error %d", round, waiter.error);
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
	EXPECT_EQ((unsigned long long)round, sigq_stat(self->fd, SELF).taken);
	close(waiter.sub);
}

TEST_F_TIMEOUT(sigq, handler_against_wakeup_loses_no_signal, 120)
{
	handle_signal(SIGUSR1, SA_RESTART);
	end_against_wakeup(_metadata, self, rounds_of(900), EINTR);
}

TEST_F_TIMEOUT(sigq, timeout_against_wakeup_loses_no_signal, 120)
{
	end_against_wakeup(_metadata, self, rounds_of(1200), EAGAIN);
}

/* --- removal against sleepers: class 2 */

enum { MEMBERS = 6 };

struct crowd {
	int dev;
	int id;
	int round;
	int bad;
	int stop;
	long long passed;
	long long removed;
};

/* Subscribe and sleep, over and over; values tell of which round the queue was. */
static void crowd_sleep(struct crowd *crowd, int kind)
{
	int sub, before, signo;
	struct kipc_sig_wait got;

	while (!LOAD(&crowd->stop)) {
		before = LOAD(&crowd->round);
		sub = sigq_subscribe(crowd->dev, LOAD(&crowd->id), 0, 0, NULL);
		signo = sub < 0 ? -1 : kind % 2 ? sub_read_one(sub) :
			sub_wait(sub, ALL, 0, KIPC_TIMEOUT_NONE, &got);
		if (signo > 0)
			ADD(&crowd->passed, 1);
		else if (errno == EIDRM || errno == EINVAL)
			ADD(&crowd->removed, 1);
		else
			ADD(&crowd->bad, 1);
		if (signo > 0 && kind % 2 == 0 &&
		    (got.value < (__u64)before || got.value > (__u64)LOAD(&crowd->round)))
			ADD(&crowd->bad, 1);
		if (sub >= 0)
			close(sub);
	}
	_exit(0);
}

TEST_F_TIMEOUT(sigq, sleepers_of_a_removed_queue_are_eidrm_and_leave_the_next_one_alone, 120)
{
	struct crowd *crowd = shared_alloc(sizeof(*crowd));
	pid_t pids[MEMBERS];
	unsigned int seed = 7;
	int i, round, id;

	ASSERT_NE(NULL, crowd);
	crowd->dev = self->dev;
	crowd->id = sigq_new(self->dev);
	for (i = 0; i < MEMBERS; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			crowd_sleep(crowd, i);
	}
	for (round = 0; round < rounds_of(75); round++) {
		id = crowd->id;
		/* all of them sleep, or some are on their way to it */
		if (round % 3 == 0)
			ASSERT_TRUE(EVENTUALLY(sigq_stat(self->dev, id).waiters == MEMBERS));
		for (i = rand_r(&seed) % 4; i > 0; i--)
			ASSERT_EQ(0, sigq_send(self->dev, id, GROUP, SIG, 0, round));
		spin(rand_r(&seed) % 20000);
		ASSERT_TRUE(sigq_adds_up(self->dev, id));
		if (rand_r(&seed) % 4 == 0) {
			i = rand_r(&seed) % MEMBERS;
			kill(pids[i], SIGKILL);
			ASSERT_EQ(0, sigq_remove(self->dev, id));
			EXPECT_EQ(128 + SIGKILL, child_wait(pids[i]));
			pids[i] = child_fork();
			if (!pids[i])
				crowd_sleep(crowd, i);
		} else {
			ASSERT_EQ(0, sigq_remove(self->dev, id));
		}
		/* the next one has the same id, and is another all the same */
		ASSERT_EQ(0, sigq_limit_set("sig_next_id", id));
		STORE(&crowd->round, round + 1);
		ASSERT_EQ(id, sigq_new(self->dev));
		ASSERT_EQ(0, LOAD(&crowd->bad));
	}
	EXPECT_LT(0, crowd->removed);
	EXPECT_LT(0, crowd->passed);
	STORE(&crowd->stop, 1);
	ASSERT_EQ(0, sigq_remove(self->dev, crowd->id));
	for (i = 0; i < MEMBERS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
}

/* --- a descriptor is closed while it is used: class 18 */

struct closing {
	int fd;
	int stop;
	long rounds;
};

static void *use_descriptor(void *data)
{
	struct closing *closing = data;
	int fd;

	while (!LOAD(&closing->stop)) {
		fd = LOAD(&closing->fd);
		sigq_put(fd, GROUP, SIG, 1);
		sub_read_one(fd);
		poll_now(fd, POLLIN);
		sub_wait(fd, ALL, RELATIVE, 10000, NULL);
		sub_mask(fd, KIPC_SIG_BLOCK, 5);
		sub_action(fd, ADD(&closing->rounds, 1) % 3, BIT_OF(SIG));
		sigq_put(fd, sub_pending(fd).number, SIG, 1);
	}
	return NULL;
}

TEST_F_TIMEOUT(sigq, operation_against_close_of_the_same_descriptor_is_safe, 60)
{
	struct closing closing = { .fd = -1 };
	pthread_t threads[2];
	int i, fd;

	signal(SIG, SIG_IGN);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, use_descriptor, &closing));
	for (i = 0; i < rounds_of(1000); i++) {
		fd = sub_new(self->dev, self->id, NULL);
		ASSERT_LE(0, fd);
		STORE(&closing.fd, fd);
		if (i % 50 == 0)
			nap();
		close(fd);
	}
	STORE(&closing.stop, 1);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_LT(0, closing.rounds);
	EXPECT_TRUE(EVENTUALLY(sigq_stat(self->fd, SELF).subscribers == 0));
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).waiters);
}

static void *read_one(void *data)
{
	int signo = sub_read_one(*(int *)data);

	return (void *)(long)(signo < 0 ? errno : TOOK(signo));
}

TEST_F(sigq, closed_descriptor_leaves_its_sleeper_the_subscriber)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL);
	pthread_t thread;
	void *result;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, pthread_create(&thread, NULL, read_one, &sub));
	ASSERT_TRUE(EVENTUALLY(sigq_stat(self->fd, SELF).waiters == 1));
	close(sub);
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).subscribers);
	EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(TOOK(SIG), (long)result);
	EXPECT_TRUE(EVENTUALLY(sigq_stat(self->fd, SELF).subscribers == 0));
}

/* --- subscribers come and go */

/* Live as a subscriber for a moment, in one of many ways. */
static void come_and_go(const struct _test_data_sigq *self, const int *stop, unsigned int seed)
{
	__u32 number;
	int sub;

	signal(SIG, SIG_IGN);
	signal(SIG + 1, SIG_IGN);
	while (!LOAD(stop)) {
		sub = sub_new(self->dev, self->id, &number);
		if (sub < 0)
			_exit(1);
		switch (rand_r(&seed) % 5) {
		case 0:
			sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIG) | BIT_OF(SIG + 1));
			break;
		case 1:
			sub_action(sub, KIPC_SIG_IGNORE, ALL);
			break;
		case 2:
			sub_mask(sub, KIPC_SIG_SETMASK, rand_r(&seed) % 2 ? ALL : 0);
			break;
		case 3:
			sub_wait(sub, ALL, RELATIVE, rand_r(&seed) % 50000, NULL);
			break;
		}
		sigq_put(sub, number, SIG, 1);
		sigq_put(sub, GROUP, SIG + 1, 1);
		sub_read_one(sub);
		close(sub);
	}
	_exit(0);
}

TEST_F_TIMEOUT(sigq, storm_of_subscribers_that_come_go_and_are_killed_adds_up, 60)
{
	enum { ALL_OF_THEM = 4 };
	int *stop = shared_alloc(sizeof(*stop)), i, kills = 0, sub;
	long long end = now_ms() + 2500;
	pid_t pids[ALL_OF_THEM];
	unsigned int seed = 3;

	ASSERT_NE(NULL, stop);
	for (i = 0; i < ALL_OF_THEM; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			come_and_go(self, stop, i);
	}
	while (now_ms() < end || kills < 20) {
		sigq_put(self->fd, GROUP, SIG, 1);
		/* of somebody, perhaps */
		sigq_put(self->fd, 1 + rand_r(&seed) % 1000, SIG, 1);
		ASSERT_TRUE(sigq_adds_up(self->fd, SELF));
		if (rand_r(&seed) % 64)
			continue;
		i = rand_r(&seed) % ALL_OF_THEM;
		ASSERT_EQ(128 + SIGKILL, child_kill(pids[i]));
		kills++;
		pids[i] = child_fork();
		if (!pids[i])
			come_and_go(self, stop, 1000 + kills);
	}
	STORE(stop, 1);
	for (i = 0; i < ALL_OF_THEM; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).subscribers);
	sub = sub_new(self->fd, SELF, NULL);
	EXPECT_LE(0, sub_drain(sub));
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).queued);
	close(sub);
}

TEST_HARNESS_MAIN
