// SPDX-License-Identifier: GPL-2.0
/*
 * Classes 1, 2, 3, 6 and 15: a token goes round among subscribers by signals of their own,
 * and must never be lost, while other processes send, take, mask, ignore, have delivered,
 * come, go with queues of their own, remove those of others, and are killed at random.
 * Nothing may be left.
 *
 * Environment: KIPC_STRESS_SECONDS, how long it lasts (default: 5).
 */
#include "sig_fixture.h"

#include <sys/sysinfo.h>

#define SIG	(KIPC_SIG_RTMIN + 5)
#define TOKEN	KIPC_SIG_RTMIN

enum { RING = 4, WORKERS_MAX = 8, UNSTEADY = 3 };

static struct shared {
	int dev;
	/* one that stays; some that are removed and made again all the time */
	int id;
	int fd;
	int unsteady[UNSTEADY];
	int stop;
	int bad;
	__u32 numbers[RING];
	long long rounds;
	long long taken;
	long long removed;
	long long lived;
	char what[120];
} *sh;

static void complain(const char *what, long detail)
{
	int error = errno;

	if (ADD(&sh->bad, 1) == 1)
		snprintf(sh->what, sizeof(sh->what), "%s (%ld, errno %d)", what, detail, error);
}

/* --- the ring */

/* Wait for the token in one of several ways, and pass it on with one more. */
static void ring_member(int i)
{
	int sub = sigq_subscribe(sh->fd, SELF, KIPC_SIG_CLOEXEC, ~BIT_OF(TOKEN), &sh->numbers[i]);
	struct signalfd_siginfo info;
	struct kipc_sig_wait got;
	struct pollfd pfd = { .fd = sub, .events = POLLIN };
	int way, signo;

	for (way = i; sub >= 0; way++) {
		switch (way % 3) {
		case 0:
			signo = sub_wait(sub, BIT_OF(TOKEN), 0, KIPC_TIMEOUT_NONE, &got);
			break;
		case 1:
			signo = sub_read(sub, &info, 1) == 1 ? (int)info.ssi_signo : -1;
			got.value = info.ssi_ptr;
			break;
		default:
			poll(&pfd, 1, -1);
			signo = sub_take_info(sub, BIT_OF(TOKEN), &got);
			break;
		}
		if (LOAD(&sh->stop))
			_exit(0);
		if (signo != TOKEN || got.value != (__u64)LOAD(&sh->rounds))
			complain("the token", signo);
		STORE(&sh->rounds, got.value + 1);
		/* whatever else fills the queue, others take it */
		while (sigq_put(sub, sh->numbers[(i + 1) % RING], TOKEN, got.value + 1)) {
			/* the next one may have seen that it is over, and gone */
			if (errno == ESRCH && LOAD(&sh->stop))
				_exit(0);
			if (errno != EAGAIN) {
				complain("passing the token", i);
				_exit(1);
			}
			if (LOAD(&sh->stop))
				_exit(0);
			sched_yield();
		}
	}
	_exit(2);
}

/* --- everybody else */

/* What is not the token's, of the queue that stays. */
static int harmless(unsigned int seed)
{
	int signo = 1 + seed % 64;

	return signo == TOKEN ? SIG : signo;
}

static void take_part(unsigned int seed)
{
	__u32 number;
	int sub = sub_new(sh->dev, sh->id, &number), i, ret = 0;

	if (sub < 0) {
		complain("to subscribe", sub);
		return;
	}
	switch (seed % 4) {
	case 0:
		ret = sub_action(sub, KIPC_SIG_IGNORE, seed * 0x12345ULL);
		break;
	case 1:
		ret = sub_mask(sub, KIPC_SIG_SETMASK, seed * 0x54321ULL) == ALL && errno;
		break;
	case 2:
		/* which are ignored here */
		ret = sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIG) | BIT_OF(SIGUSR1));
		break;
	}
	if (ret)
		complain("a mask or an action", seed % 4);
	for (i = seed / 4 % 20; i > 0; i--) {
		if (sigq_put(sub, i % 3 ? GROUP : number, harmless(seed + i), i) &&
		    errno != EAGAIN)
			complain("to send", i);
		if (i % 2 ? sub_read_one(sub) > 0 :
		    sub_wait(sub, ALL, RELATIVE, seed % 20000, NULL) > 0)
			ADD(&sh->taken, 1);
	}
	/* make room for others */
	i = sub_drain(sub);
	if (i < 0)
		complain("to take all", i);
	ADD(&sh->taken, i);
	close(sub);
}

static void be_unsteady(unsigned int seed)
{
	int *place = &sh->unsteady[seed / 16 % UNSTEADY];
	int id = LOAD(place), sub, ret = 0;
	__u32 number;

	switch (seed % 8) {
	case 0:
		if (sigq_remove(sh->dev, id)) {
			if (errno != EINVAL && errno != EIDRM)
				complain("removal", id);
			return;
		}
		ADD(&sh->removed, 1);
		id = sigq_new(sh->dev);
		if (id < 0)
			complain("a new queue", id);
		STORE(place, id);
		return;
	case 1 ... 3:
		ret = sigq_send(sh->dev, id, GROUP, 1 + seed / 64 % 64, 0, 1);
		break;
	default:
		sub = sigq_subscribe(sh->dev, id, 0, 0, &number);
		if (sub < 0) {
			ret = -1;
			break;
		}
		if (seed % 2)
			sigq_put(sub, number, SIG, 1);
		ret = sub_wait(sub, ALL, RELATIVE, seed % 100000, NULL);
		close(sub);
	}
	if (ret < 0 && errno != EAGAIN && errno != EIDRM && errno != EINVAL)
		complain("operation on a queue that goes", seed % 8);
}

/* A life that nobody else takes part in. */
static void live_alone(unsigned int seed)
{
	int fd = sigq_create(sh->dev, 0), sub, signo = 1 + seed % 64;
	__u32 number;

	sub = sub_new(fd, SELF, &number);
	if (sub < 0 || sigq_put(fd, GROUP, signo, 1) || sigq_put(fd, number, signo, 2) ||
	    sub_take(sub, ALL) != signo || sub_pending(sub).shared != BIT_OF(signo) ||
	    !sigq_adds_up(fd, SELF))
		complain("a queue of one's own", signo);
	if (seed & 64 && sigq_remove(fd, SELF))
		complain("removal of a queue of one's own", fd);
	close(fd);
	close(sub);
	ADD(&sh->lived, 1);
}

static void worker(unsigned int seed)
{
	signal(SIG, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	while (!LOAD(&sh->stop)) {
		switch (rand_r(&seed) % 8) {
		case 0 ... 3:
			take_part(rand_r(&seed));
			break;
		case 4 ... 5:
			be_unsteady(rand_r(&seed));
			break;
		case 6:
			live_alone(rand_r(&seed));
			break;
		case 7:
			if (!sigq_adds_up(sh->fd, SELF))
				complain("counters", 0);
			sigq_info(sh->dev);
			break;
		}
	}
	_exit(0);
}

static pid_t worker_start(unsigned int seed)
{
	pid_t pid = child_fork();

	if (!pid)
		worker(seed);
	return pid;
}

/* Whether the token has moved on before long. */
static bool token_moves(void)
{
	long long before = LOAD(&sh->rounds);

	return EVENTUALLY(LOAD(&sh->rounds) != before || LOAD(&sh->bad));
}

TEST_F_TIMEOUT(sigq, token_is_never_lost_in_a_storm_with_random_kills, 3600)
{
	const char *env = getenv("KIPC_STRESS_SECONDS");
	long long end = now_ms() + 1000LL * (env ? atoi(env) : 5);
	int workers = 2 * get_nprocs(), i, kills = 0, sub;
	pid_t pids[WORKERS_MAX], ring[RING];
	struct kipc_sig_stat stat;
	unsigned int seed = 42;

	workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
	sh = shared_alloc(sizeof(*sh));
	ASSERT_NE(NULL, sh);
	sh->dev = self->dev;
	sh->id = self->id;
	sh->fd = self->fd;
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 100));
	for (i = 0; i < UNSTEADY; i++)
		sh->unsteady[i] = sigq_new(self->dev);
	for (i = 0; i < RING; i++) {
		ring[i] = child_fork();
		if (!ring[i])
			ring_member(i);
		ASSERT_TRUE(EVENTUALLY(LOAD(&sh->numbers[i])));
	}
	for (i = 0; i < workers; i++)
		pids[i] = worker_start(i);
	while (sigq_put(self->fd, sh->numbers[0], TOKEN, 0))
		ASSERT_EQ(EAGAIN, errno);
	while (!LOAD(&sh->bad) &&
	       not_yet(end, LOAD(&sh->rounds) && LOAD(&sh->taken) && LOAD(&sh->removed) &&
		       LOAD(&sh->lived) && kills)) {
		for (i = 0; i < 50; i++)
			nap();
		ASSERT_TRUE(token_moves())
			TH_LOG("the token is lost after %lld rounds", sh->rounds);
		i = rand_r(&seed) % workers;
		ASSERT_EQ(128 + SIGKILL, child_kill(pids[i]));
		kills++;
		pids[i] = worker_start(1000 + kills);
	}
	STORE(&sh->stop, 1);
	for (i = 0; i < workers; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	/* one has the token, all others sleep; what a worker has left is in nobody's way */
	sub = sub_new(self->fd, SELF, NULL);
	EXPECT_LE(0, sub_drain(sub));
	for (i = 0; i < RING; i++)
		sigq_put(self->fd, sh->numbers[i], TOKEN, 0);
	for (i = 0; i < RING; i++)
		EXPECT_EQ(0, child_wait(ring[i]));
	EXPECT_EQ(0, sh->bad)
		TH_LOG("%s", sh->what);
	sub_drain(sub);
	close(sub);
	stat = sigq_stat(self->fd, SELF);
	printf("# %lld rounds, %lld taken, %llu merged, %llu refused, %lld removed, %d kills\n",
	       sh->rounds, sh->taken, stat.merged, stat.refused, sh->removed, kills);
	fflush(stdout);
	EXPECT_EQ(0, stat.queued);
	EXPECT_EQ(0, stat.subscribers);
	EXPECT_EQ(0, stat.waiters);
	EXPECT_LT(0, sh->rounds);
	EXPECT_LT(0, sh->taken);
	EXPECT_LT(0, sh->removed);
	EXPECT_LT(0, sh->lived);
	EXPECT_LT(0, kills);
	/* one that was killed may have removed one without having named its successor */
	for (i = 0; i <= sigq_info(self->dev).max_index; i++) {
		stat = (struct kipc_sig_stat) { .perm.id = i, .flags = KIPC_STAT_INDEX };
		if (!ioctl(self->dev, KIPC_IOC_SIG_STAT, &stat) && stat.perm.id != self->id)
			sigq_remove(self->dev, stat.perm.id);
	}
}

TEST_HARNESS_MAIN
