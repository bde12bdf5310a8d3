// SPDX-License-Identifier: GPL-2.0
/*
 * How many real-time signals may wait, in a queue and of a user; that whoever sends more is
 * told, and nothing is lost without being counted; whose memory it is (class 11), and in
 * which cache (class 12).
 */
#include "oom.h"
#include "sig_fixture.h"
#include "slab.h"

#include <sys/resource.h>

#define SIG	(KIPC_SIG_RTMIN + 5)
#define MIB	(1LL << 20)
#define CACHE	"kipc_sig_record"

/* Send real-time signals until one is refused with EAGAIN; how many were not, or -1. */
static int fill_up(int fd, __u32 to)
{
	int n = 0;

	while (!sigq_put(fd, to, SIG + n % 3, n))
		n++;
	return errno == EAGAIN ? n : -1;
}

static unsigned long long charged(const struct _test_data_sigq *self)
{
	return stats_of(self->dev).user_signals;
}

/* --- of a queue */

TEST_F(sigq, sigqmax_is_the_limit_of_a_new_queue)
{
	struct kipc_sig_stat stat;
	__u32 number;
	int sub = sub_new(self->dev, self->id, &number), id, i;

	ASSERT_LE(0, sub);
	EXPECT_EQ(SIGQMAX, sigq_info(self->dev).sigqmax);
	EXPECT_EQ(32000, sigq_info(self->dev).sigmni);
	for (i = 0; i < SIGQMAX / 2; i++)
		ASSERT_EQ(0, sigq_put(self->fd, number, SIG, i));
	/* all sets together */
	EXPECT_EQ(SIGQMAX / 2, fill_up(self->fd, GROUP));
	EXPECT_EQ(-1, sigq_put(self->fd, number, SIG, 1));
	EXPECT_EQ(EAGAIN, errno);
	stat = sigq_stat(self->fd, SELF);
	EXPECT_EQ(SIGQMAX, stat.queued);
	EXPECT_EQ(SIGQMAX, stat.sent);
	EXPECT_EQ(2, stat.refused);
	EXPECT_EQ(SIGQMAX, charged(self));
	/* standard signals always find their place */
	EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	EXPECT_EQ(0, sigq_put(self->fd, number, SIGUSR1, 1));
	EXPECT_EQ(SIGQMAX, charged(self));
	EXPECT_EQ(SIGQMAX + 2, sub_drain(sub));
	EXPECT_EQ(0, charged(self));

	ASSERT_EQ(0, sigq_limit_set("sigqmax", 3));
	EXPECT_EQ(SIGQMAX, sigq_stat(self->fd, SELF).limit);
	id = sigq_new(self->dev);
	EXPECT_EQ(3, sigq_stat(self->dev, id).limit);
	EXPECT_EQ(0, sigq_remove(self->dev, id));
	close(sub);
}

TEST_F(sigq, lower_limit_leaves_what_waits)
{
	int sub = sub_new(self->dev, self->id, NULL), i;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 10));
	EXPECT_EQ(10, fill_up(self->fd, GROUP));
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 4));
	EXPECT_EQ(10, sigq_stat(self->fd, SELF).queued);
	for (i = 0; i < 6; i++) {
		EXPECT_LT(0, sub_take(sub, ALL));
		EXPECT_EQ(-1, sigq_put(self->fd, GROUP, SIG, 1));
		EXPECT_EQ(EAGAIN, errno);
	}
	EXPECT_LT(0, sub_take(sub, ALL));
	EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(-1, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(4, sub_drain(sub));
	close(sub);
}

/* It need not wait. */
TEST_F(sigq, signal_that_somebody_waits_for_needs_no_room)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL);
	pid_t pid;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 0));
	pid = sub_reader(sub);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(TOOK(SIG), child_wait(pid));
	EXPECT_EQ(-1, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).refused);
	close(sub);
}

TEST_F(sigq, sender_is_told_of_every_signal_that_is_not_accepted)
{
	enum { SENDS = 200 };
	int sub = sub_new(self->dev, self->id, NULL), i, accepted = 0;
	struct kipc_sig_stat stat;
	struct kipc_sig_wait got;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 5));
	for (i = 0; i < SENDS; i++) {
		int ret = sigq_put(self->fd, GROUP, SIG, accepted);

		EXPECT_TRUE(!ret || errno == EAGAIN);
		accepted += !ret;
		if (i % 7 == 6) {
			EXPECT_EQ(SIG, sub_take_info(sub, ALL, &got));
			EXPECT_EQ((unsigned long long)(i / 7), got.value);
		}
	}
	stat = sigq_stat(self->fd, SELF);
	EXPECT_EQ((unsigned long long)accepted, stat.sent);
	EXPECT_EQ((unsigned long long)(SENDS - accepted), stat.refused);
	EXPECT_EQ(5 + SENDS / 7, accepted);
	close(sub);
}

TEST_F_TIMEOUT(sigq, counters_add_up_whatever_becomes_of_signals, 60)
{
	unsigned int seed = 5;
	struct kipc_sig_stat stat;
	__u32 numbers[3];
	int subs[3], i, k;

	signal(SIG, SIG_IGN);
	for (i = 0; i < 3; i++) {
		subs[i] = sub_new(self->dev, self->id, &numbers[i]);
		ASSERT_LE(0, subs[i]);
	}
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 20));
	for (i = 0; i < 3000; i++) {
		k = rand_r(&seed) % 3;
		switch (rand_r(&seed) % 16) {
		case 0 ... 8:
			sigq_put(self->fd, rand_r(&seed) % 2 ? numbers[k] : GROUP,
				 rand_r(&seed) % 2 ? 1 + rand_r(&seed) % 64 : SIG, i);
			break;
		case 9 ... 10:
			sub_take(subs[k], ALL);
			break;
		case 11:
			sub_read_one(subs[k]);
			break;
		case 12:
			sub_mask(subs[k], KIPC_SIG_SETMASK,
				 rand_r(&seed) % 2 ? rand_r(&seed) * 0x123456789ULL : 0);
			break;
		case 13:
			/* what is delivered must be ignored by this process */
			sub_action(subs[k], rand_r(&seed) % 2 ? KIPC_SIG_DELIVER : KIPC_SIG_KEEP,
				   BIT_OF(SIG));
			break;
		case 14:
			sub_action(subs[k], rand_r(&seed) % 3 ? KIPC_SIG_KEEP : KIPC_SIG_IGNORE,
				   rand_r(&seed) * 0x1234567ULL);
			break;
		case 15:
			close(subs[k]);
			subs[k] = sub_new(self->dev, self->id, &numbers[k]);
			break;
		}
		ASSERT_TRUE(sigq_adds_up(self->fd, SELF));
	}
	stat = sigq_stat(self->fd, SELF);
	EXPECT_LT(0, stat.taken);
	EXPECT_LT(0, stat.delivered);
	EXPECT_LT(0, stat.merged);
	EXPECT_LT(0, stat.ignored);
	EXPECT_LT(0, stat.dropped);
	EXPECT_LT(0, stat.refused);
	for (i = 0; i < 3; i++)
		close(subs[i]);
}

TEST_F_TIMEOUT(sigq, subscribers_are_1024_and_no_more, 60)
{
	struct rlimit files = { 2048, 4096 };
	int subs[KIPC_SIG_SUBSCRIBERS_MAX], i;
	__u32 number, last = 0;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	for (i = 0; i < KIPC_SIG_SUBSCRIBERS_MAX; i++) {
		subs[i] = sub_new(self->dev, self->id, &number);
		ASSERT_LE(0, subs[i])
			TH_LOG("subscriber %d: %s", i, strerror(errno));
		ASSERT_LT(last, number);
		last = number;
	}
	EXPECT_EQ(-1, sub_new(self->dev, self->id, NULL));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(KIPC_SIG_SUBSCRIBERS_MAX, (int)sigq_stat(self->fd, SELF).subscribers);
	/* each of them is found */
	for (i = 0; i < KIPC_SIG_SUBSCRIBERS_MAX; i += 100) {
		number = sub_pending(subs[i]).number;
		ASSERT_EQ(0, sigq_put(self->fd, number, SIG, 1));
		EXPECT_EQ(SIG, sub_read_one(subs[i]));
	}
	close(subs[7]);
	subs[7] = sub_new(self->dev, self->id, &number);
	EXPECT_LE(0, subs[7]);
	EXPECT_LT(last, number);
	EXPECT_EQ(-1, sub_new(self->dev, self->id, NULL));
	for (i = 0; i < KIPC_SIG_SUBSCRIBERS_MAX; i++)
		close(subs[i]);
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).subscribers);
}

/* --- of a user */

/* Make the queue one that everybody may use, and each user have @max signals. */
static int limit_users(const struct _test_data_sigq *self, int max)
{
	return sigq_set(self->fd, SELF, 0, 0, 0666, SIGQMAX) || param_set("sig_user_signals", max);
}

TEST_F(sigq, user_has_so_many_signals_in_all_queues_and_no_more)
{
	int sub = sub_new(self->dev, self->id, NULL), other = sigq_create(self->dev, 0), i;
	pid_t pid;

	ASSERT_LE(0, sub);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, limit_users(self, 20));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(20, stats_of(self->dev).user_signals_max);
		for (i = 0; i < 8; i++)
			EXPECT_EQ(0, sigq_put(other, GROUP, SIG, i));
		EXPECT_EQ(12, fill_up(self->fd, GROUP));
		EXPECT_EQ(20, charged(self));
		EXPECT_EQ(-1, sigq_put(other, GROUP, SIG, 1));
		EXPECT_EQ(EAGAIN, errno);
		/* standard ones are not counted */
		EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	/* they are charged to who sent them while they wait, whether that lives or not */
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).refused);
	EXPECT_EQ(0, charged(self));
	/* nor is it another's limit, nor root's */
	for (i = 0; i < 30; i++)
		EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
	EXPECT_EQ(30, charged(self));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(THIRD_UID));
		EXPECT_EQ(20, fill_up(self->fd, GROUP));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(12 + 1 + 30 + 20, sub_drain(sub));
	EXPECT_EQ(0, charged(self));
	/* room is there as soon as they are taken, or dropped with their queue */
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(8, charged(self));
		EXPECT_EQ(12, fill_up(self->fd, GROUP));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	close(other);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_TRUE(EVENTUALLY(charged(self) == 12));
		EXPECT_EQ(8, fill_up(self->fd, GROUP));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	close(sub);
}

TEST_F(sigq, room_of_a_user_comes_back_in_every_way_a_signal_ends)
{
	static const char *const ways[] = {
		"taken", "read", "ignored", "dropped", "removed", "delivered",
	};
	int sub, fd, gone[2];
	__u32 number;
	size_t way;
	pid_t pid;
	char c;

	signal(SIG, SIG_IGN);
	signal(SIG + 1, SIG_IGN);
	signal(SIG + 2, SIG_IGN);
	ASSERT_EQ(0, limit_users(self, 5));
	ASSERT_EQ(0, pipe2(gone, O_CLOEXEC));
	for (way = 0; way < ARRAY_SIZE(ways); way++) {
		fd = sigq_create(self->dev, KIPC_SIG_CLOEXEC);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, sigq_set(fd, SELF, 0, 0, 0666, SIGQMAX));
		sub = sub_new(fd, SELF, &number);
		ASSERT_LE(0, sub);
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, become(OTHER_UID));
			EXPECT_EQ(5, fill_up(fd, number));
			EXPECT_EQ(1, write(gone[1], "x", 1));
			/* until there is room for all of them again */
			EXPECT_TRUE(EVENTUALLY(charged(self) == 0))
				TH_LOG("%s: %llu", ways[way], charged(self));
			child_exit();
		}
		ASSERT_EQ(1, read(gone[0], &c, 1));
		switch (way) {
		case 0:
			EXPECT_EQ(5, sub_drain(sub));
			break;
		case 1:
			while (sub_read_one(sub) > 0)
				;
			break;
		case 2:
			EXPECT_EQ(0, sub_action(sub, KIPC_SIG_IGNORE, ALL));
			break;
		case 4:
			EXPECT_EQ(0, sigq_remove(fd, SELF));
			break;
		case 5:
			EXPECT_EQ(0, sub_action(sub, KIPC_SIG_DELIVER, ALL));
			EXPECT_EQ(5, sigq_stat(fd, SELF).delivered);
			break;
		}
		if (way == 3) {
			/* the child has it, too */
			EXPECT_EQ(128 + SIGKILL, child_kill(pid));
			close(sub);
			EXPECT_EQ(5, sigq_stat(fd, SELF).dropped);
			EXPECT_EQ(0, sigq_stat(fd, SELF).queued);
			pid = child_fork();
			if (!pid) {
				EXPECT_EQ(0, become(OTHER_UID));
				EXPECT_EQ(0, charged(self));
				child_exit();
			}
			sub = -1;
		}
		EXPECT_EQ(0, child_wait(pid));
		close(sub);
		close(fd);
	}
}

TEST_F_TIMEOUT(sigq, exits_and_kills_free_what_they_leave, 60)
{
	struct kipc_stats before = stats_of(self->dev);
	int round, fd, sub;
	__u32 number;
	pid_t pid;
	char c;
	int said[2];

	ASSERT_EQ(0, pipe2(said, O_CLOEXEC));
	for (round = 0; round < 6; round++) {
		pid = child_fork();
		if (!pid) {
			fd = sigq_create(self->dev, 0);
			sub = sub_new(fd, SELF, &number);
			fill_up(fd, round % 3 ? GROUP : number);
			write(said[1], "x", 1);
			if (round % 2)
				pause();
			_exit(sub < 0);
		}
		ASSERT_EQ(1, read(said[0], &c, 1));
		EXPECT_EQ(round % 2 ? 128 + SIGKILL : 0,
			  round % 2 ? child_kill(pid) : child_wait(pid));
		EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sig_queues == before.sig_queues));
		EXPECT_TRUE(EVENTUALLY(charged(self) == 0));
	}
}

/* --- memory */

TEST_F_TIMEOUT(sigq, cache_of_signals_is_shared_with_nothing, 60)
{
	enum { SIGNALS = 5000 };
	long own, now;
	int i;

	EXPECT_TRUE(slab_is_alone(CACHE));
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, SIGNALS));
	slab_shrink(CACHE);
	own = slab_objects(CACHE);
	for (i = 0; i < SIGNALS; i++)
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
	now = slab_objects(CACHE);
	printf("# " CACHE " %ld -> %ld\n", own, now);
	fflush(stdout);
	EXPECT_LE(SIGNALS / 2, now - own);
}

static void remove_all(int dev, int but)
{
	int index, max = sigq_info(dev).max_index;
	struct kipc_sig_stat stat;

	for (index = 0; index <= max; index++) {
		stat = (struct kipc_sig_stat) { .perm.id = index, .flags = KIPC_STAT_INDEX };
		if (!ioctl(dev, KIPC_IOC_SIG_STAT, &stat) && stat.perm.id != but)
			sigq_remove(dev, stat.perm.id);
	}
}

/* Who makes queues by @dev, and fills them with @signals. */
struct filler {
	int dev;
	bool signals;
};

static int fill_queues(void *arg)
{
	struct filler *filler = arg;
	int id;

	for (;;) {
		id = sigq_new(filler->dev);
		if (id < 0)
			return errno;
		if (!filler->signals)
			continue;
		if (sigq_resize(filler->dev, id, 1000000))
			return errno;
		while (!sigq_send(filler->dev, id, GROUP, SIG, 0, 1))
			;
		if (errno != EAGAIN)
			return errno;
	}
}

static void shrink_caches(void)
{
	slab_shrink(CACHE);
	slab_shrink("kipc_sig_queue");
}

static void fill_group(struct __test_metadata *_metadata, struct _test_data_sigq *self,
		       bool signals, long long limit)
{
	struct filler filler = { .dev = self->dev, .signals = signals };
	struct kipc_sig_info info;
	struct hog hog;

	ASSERT_EQ(0, param_set("sig_user_signals", 0));
	hog_run(_metadata, &hog, limit, fill_queues, &filler);
	info = sigq_info(self->dev);
	printf("# %llu signals in %llu queues\n", info.queued, info.used_ids);
	hog_was_limited(_metadata, &hog, info.queued + info.used_ids);
	EXPECT_EQ(signals, info.queued > 1000);
	remove_all(self->dev, self->id);
	hog_is_gone(_metadata, &hog, shrink_caches);
}

TEST_F_TIMEOUT(sigq, signals_end_at_the_limit_of_the_group, 180)
{
	fill_group(_metadata, self, true, 12 * MIB);
}

TEST_F_TIMEOUT(sigq, queues_end_at_the_limit_of_the_group, 180)
{
	fill_group(_metadata, self, false, 24 * MIB);
}

TEST_HARNESS_MAIN
