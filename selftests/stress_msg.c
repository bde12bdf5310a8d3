// SPDX-License-Identifier: GPL-2.0
/*
 * Classes 1, 2, 3, 6 and 15: processes on all CPUs that send and receive in all ways, come
 * and go with queues of their own, remove those of others, list what there is, and are
 * killed at random. No message may come twice or be lost but with whom it reached when that
 * was killed, nobody may sleep for ever, nothing may be left.
 *
 * Environment: KIPC_STRESS_SECONDS, how long it lasts (default: 5).
 */
#include "msg_kipc_fixture.h"

#include <sys/eventfd.h>
#include <sys/sysinfo.h>

enum { WORKERS_MAX = 12, TYPES = 5, NUMBERS = 1 << 22, LISTED_MAX = 64 };

/* What happened to a message, by its number. */
enum { SENT = 1, RECEIVED = 2 };

static struct shared {
	int dev;
	/* one that stays; some that are removed and made again all the time */
	int id;
	int unsteady[4];
	int stop;
	int bad;
	int numbers;
	long long sent;
	long long received;
	long long timeouts;
	long long removed;
	long long listed;
	char what[120];
	unsigned char fate[NUMBERS];
} *sh;

struct letter {
	int number;
	unsigned char pad[600];
};

static void complain(const char *what, long detail)
{
	int error = errno;

	if (ADD(&sh->bad, 1) == 1)
		snprintf(sh->what, sizeof(sh->what), "%s (%ld, errno %d)", what, detail, error);
}

/* Send one, for as long as it takes or a moment only. */
static void send_one(int fd, int id, unsigned int seed)
{
	struct letter letter = { .number = ADD(&sh->numbers, 1) - 1 };
	size_t size = seed / 8 % sizeof(letter.pad);
	int ret;

	if (letter.number >= NUMBERS)
		return;
	pattern(letter.pad, size, letter.number);
	size += sizeof(letter.number);
	if (seed % 8 == 0)
		ret = queue_send_until(fd, id, 1 + seed % TYPES, &letter, size,
				       KIPC_MSG_RELATIVE, seed % 200000);
	else if (seed % 8 == 1 && id == SELF)
		ret = write(fd, &letter, size) == (ssize_t)size ? 0 : -1;
	else
		ret = queue_send(fd, id, 1 + seed % TYPES, &letter, size, seed & 2 ? NOWAIT : 0);
	if (!ret) {
		__atomic_or_fetch(&sh->fate[letter.number], SENT, __ATOMIC_SEQ_CST);
		ADD(&sh->sent, 1);
	} else if (errno == ETIMEDOUT) {
		ADD(&sh->timeouts, 1);
	} else if (errno != EAGAIN) {
		complain("send", letter.number);
	}
}

static void letter_check(const struct letter *letter, ssize_t n)
{
	ssize_t size = n - sizeof(letter->number);

	if (size < 0 || letter->number < 0 || letter->number >= NUMBERS ||
	    !is_pattern(letter->pad, size, letter->number)) {
		complain("not what was sent", n);
		return;
	}
	if (__atomic_fetch_or(&sh->fate[letter->number], RECEIVED, __ATOMIC_SEQ_CST) & RECEIVED)
		complain("a message that comes twice", letter->number);
	ADD(&sh->received, 1);
}

static void receive_one(int fd, int id, unsigned int seed)
{
	long long want = (long long)(seed / 8 % (2 * TYPES + 1)) - TYPES;
	unsigned int flags = want > 0 && seed & 4 ? KIPC_MSG_EXCEPT : 0;
	struct letter letter;
	ssize_t n;

	/* a little while, but for what everybody would take: the senders see to that */
	if (seed % 8 == 0 && id == SELF) {
		if (queue_filter(fd, want, flags) || set_flag(fd, O_NONBLOCK, true))
			complain("filter", want);
		n = read(fd, &letter, sizeof(letter));
		set_flag(fd, O_NONBLOCK, false);
	} else {
		n = queue_receive_until(fd, id, want, &letter, sizeof(letter),
					KIPC_MSG_RELATIVE | flags, seed % 500000, NULL);
	}
	if (n >= 0)
		letter_check(&letter, n);
	else if (errno == ETIMEDOUT)
		ADD(&sh->timeouts, 1);
	else if (errno != EAGAIN)
		complain("receive", want);
}

/* At no moment are the numbers of the queue such as cannot be. */
static void look(int fd)
{
	struct kipc_msg_stat stat = queue_stat(fd, SELF);

	if (stat.cbytes > stat.qbytes || stat.qnum > stat.qbytes || stat.senders > WORKERS_MAX ||
	    stat.receivers > WORKERS_MAX || (!stat.qnum && stat.cbytes) ||
	    stat.cbytes < stat.qnum * sizeof(int))
		complain("numbers of the queue", stat.qnum);
	if (stat.perm.id != sh->id || stat.perm.mode != 0600)
		complain("id or mode", stat.perm.id);
}

/* Lines of the table have a key, an id, a mode and numbers that belong together. */
static void list(void)
{
	struct kipc_msg_info info = queue_info(sh->dev);
	unsigned long long cbytes, qnum;
	unsigned int mode;
	char line[512];
	int key, id;
	FILE *f = fopen(QUEUE_TABLE, "re");

	ADD(&sh->listed, 1);
	if (!f || !fgets(line, sizeof(line), f) || !strstr(line, "msqid"))
		complain("the table's heading", 0);
	else
		while (fgets(line, sizeof(line), f))
			if (sscanf(line, "%d %d %o %llu %llu", &key, &id, &mode, &cbytes,
				   &qnum) != 5 || key || mode != 0600 || cbytes > MSGMNB ||
			    (!qnum && cbytes))
				complain(line, 0);
	if (f)
		fclose(f);
	if (info.used_ids < 1 || info.used_ids > LISTED_MAX)
		complain("KIPC_IOC_MSG_INFO", info.used_ids);
}

/* Use a queue that may go meanwhile, or take it away and make a new one. */
static void be_unsteady(unsigned int seed)
{
	int *place = &sh->unsteady[seed / 16 % ARRAY_SIZE(sh->unsteady)];
	struct kipc_msg_stat stat;
	int id = LOAD(place), fd, ret = 0;
	char buf[300] = "";

	switch (seed % 10) {
	case 0:
		if (queue_remove(sh->dev, id)) {
			if (errno != EINVAL && errno != EIDRM)
				complain("removal", id);
			return;
		}
		ADD(&sh->removed, 1);
		id = queue_new(sh->dev);
		if (id < 0)
			complain("a new queue", 0);
		STORE(place, id);
		return;
	case 1 ... 3:
		ret = queue_send_until(sh->dev, id, 1 + seed / 64 % 3, buf, seed / 256 % 300,
				       KIPC_MSG_RELATIVE, seed % 300000);
		break;
	case 4 ... 6:
		ret = queue_receive_until(sh->dev, id, seed / 64 % 4, buf, sizeof(buf),
					  KIPC_MSG_RELATIVE, seed % 300000, NULL);
		break;
	case 7:
		/* one whose id was guessed: it is complete, or not there */
		stat = (struct kipc_msg_stat) {
			.perm.id = seed / 64 % 8, .flags = KIPC_STAT_INDEX,
		};
		ret = ioctl(sh->dev, KIPC_IOC_MSG_STAT, &stat);
		if (!ret && stat.perm.id != sh->id &&
		    (stat.perm.mode != 0600 || stat.qbytes != MSGMNB || !stat.ctime ||
		     stat.perm.cuid))
			complain("half a queue", stat.perm.id);
		break;
	case 8:
		ret = queue_set(sh->dev, id, 0, 0, 0600, MSGMNB);
		break;
	case 9:
		fd = queue_open(sh->dev, id, KIPC_MSG_NONBLOCK);
		if (fd < 0) {
			ret = -1;
			break;
		}
		if (queue_notify(fd, KIPC_NOTIFY_SIGNAL, SIGUSR1, 0) && errno != EBUSY &&
		    errno != EIDRM)
			complain("notify", id);
		poll_now(fd, POLLIN | POLLOUT);
		ret = seed & 64 ? write(fd, buf, 20) : read(fd, buf, sizeof(buf));
		close(fd);
		break;
	}
	if (ret < 0 && errno != EAGAIN && errno != ETIMEDOUT && errno != EIDRM && errno != EINVAL)
		complain("operation on a queue that goes", seed % 10);
}

/* A life that nobody else takes part in. */
static void live_alone(unsigned int seed)
{
	int fd = queue_create(sh->dev, 0), event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0 || queue_notify(fd, KIPC_NOTIFY_EVENTFD, event, 0)) {
		complain("a queue of one's own", fd);
		return;
	}
	if (queue_put(fd, SELF, 1 + seed % 9, seed % MSGMAX, NOWAIT) ||
	    queue_put(fd, SELF, 10, 10, NOWAIT) || poll_now(event, POLLIN) != POLLIN ||
	    queue_next(fd, SELF, -9) != 1 + seed % 9)
		complain("operation on a queue of one's own", fd);
	if (seed & 1 && queue_remove(fd, SELF))
		complain("removal of a queue of one's own", fd);
	close(fd);
	close(event);
}

static void worker(unsigned int seed)
{
	int fd = queue_open(sh->dev, sh->id, KIPC_MSG_CLOEXEC);

	signal(SIGUSR1, SIG_IGN);
	while (!LOAD(&sh->stop)) {
		bool by_fd = rand_r(&seed) % 2;

		switch (rand_r(&seed) % 16) {
		case 0 ... 4:
			send_one(by_fd ? fd : sh->dev, by_fd ? SELF : sh->id, rand_r(&seed));
			break;
		case 5 ... 10:
			receive_one(by_fd ? fd : sh->dev, by_fd ? SELF : sh->id, rand_r(&seed));
			break;
		case 11 ... 12:
			be_unsteady(rand_r(&seed));
			break;
		case 13:
			look(fd);
			break;
		case 14:
			list();
			break;
		case 15:
			live_alone(rand_r(&seed));
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

/* Take what is left, until nobody has anything more to send. */
static void drain(int fd)
{
	struct letter letter;
	ssize_t n;

	while ((n = queue_receive(fd, SELF, 0, &letter, sizeof(letter), NOWAIT, NULL)) >= 0)
		letter_check(&letter, n);
}

TEST_F_TIMEOUT(queue, storm_with_random_kills_loses_no_message_and_no_wakeup, 3600)
{
	const char *env = getenv("KIPC_STRESS_SECONDS");
	long long end = now_ms() + 1000LL * (env ? atoi(env) : 5);
	int workers = 3 * get_nprocs(), i, kills = 0, lost = 0, made = 0, alive;
	pid_t pids[WORKERS_MAX];
	unsigned int seed = 42;

	workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
	sh = shared_alloc(sizeof(*sh));
	ASSERT_NE(NULL, sh);
	sh->dev = self->dev;
	sh->id = self->id;
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 3000));
	for (i = 0; i < (int)ARRAY_SIZE(sh->unsteady); i++) {
		sh->unsteady[i] = queue_new(self->dev);
		ASSERT_LE(0, sh->unsteady[i]);
	}
	for (i = 0; i < workers; i++)
		pids[i] = worker_start(i);
	while (!LOAD(&sh->bad) &&
	       not_yet(end, LOAD(&sh->received) && LOAD(&sh->timeouts) &&
		       LOAD(&sh->removed) && kills)) {
		for (i = 0; i < 50; i++)
			nap();
		/* if all of them wait for room at the same time, somebody must make some */
		if (queue_stat(self->fd, SELF).senders == (unsigned int)workers)
			drain(self->fd);
		i = rand_r(&seed) % workers;
		ASSERT_EQ(128 + SIGKILL, child_kill(pids[i]));
		kills++;
		pids[i] = worker_start(1000 + kills);
	}
	/* who sleeps now sends, and can when there is room */
	STORE(&sh->stop, 1);
	for (i = 0; i < workers; i++) {
		EXPECT_TRUE(EVENTUALLY((drain(self->fd),
					alive = waitpid(pids[i], NULL, WNOHANG) == 0, !alive)))
			TH_LOG("worker %d sleeps on: %llu messages, %u senders, %u receivers", i,
			       queue_stat(self->fd, SELF).qnum,
			       queue_stat(self->fd, SELF).senders,
			       queue_stat(self->fd, SELF).receivers);
		child_forget(pids[i]);
	}
	drain(self->fd);
	EXPECT_EQ(0, sh->bad)
		TH_LOG("%s", sh->what);
	for (i = 0; i < sh->numbers && i < NUMBERS; i++) {
		lost += sh->fate[i] == SENT;
		made += sh->fate[i] == RECEIVED;
	}
	printf("# %lld sent, %lld received, %lld too late, %lld removed, %lld listed, %d kills\n",
	       sh->sent, sh->received, sh->timeouts, sh->removed, sh->listed, kills);
	printf("# %d lost with who had them, %d from who did not live to know\n", lost, made);
	fflush(stdout);
	/* a process that is killed takes along one at most, or has sent one more than it knew */
	EXPECT_GE(kills, lost);
	EXPECT_GE(kills, made);
	EXPECT_TRUE(queue_holds(self->fd, SELF, 0, 0));
	EXPECT_EQ(0, queue_stat(self->fd, SELF).senders);
	EXPECT_EQ(0, queue_stat(self->fd, SELF).receivers);
	EXPECT_LT(0, sh->received);
	EXPECT_LT(0, sh->timeouts);
	EXPECT_LT(0, sh->removed);
	EXPECT_LT(0, kills);
	for (i = 0; i < (int)ARRAY_SIZE(sh->unsteady); i++)
		queue_remove(self->dev, sh->unsteady[i]);
	/* one that was killed may have removed one without having named its successor */
	for (i = 0; i <= queue_info(self->dev).max_index; i++) {
		struct kipc_msg_stat stat = { .perm.id = i, .flags = KIPC_STAT_INDEX };

		if (!ioctl(self->dev, KIPC_IOC_MSG_STAT, &stat) && stat.perm.id != self->id)
			queue_remove(self->dev, stat.perm.id);
	}
}

TEST_HARNESS_MAIN
