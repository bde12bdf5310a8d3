// SPDX-License-Identifier: GPL-2.0
/*
 * Large numbers: 100,000 messages of many types in a queue, 10,000 threads that sleep in it,
 * thousands of queues. All of it must come out right; how long it may take is not judged but
 * for the time that a test has.
 */
#include "msg_kipc_fixture.h"

#include <pthread.h>

/* A debug kernel takes its time for everything: a part of them must do there. */
static int reduced(int n)
{
	return access("/proc/self/fail-nth", F_OK) ? n : n / 5;
}

/* --- messages */

enum { MESSAGES = 100000, TYPES = 10007 };

/* Types come in no order, and each about ten times. */
static int type_of(int i)
{
	return 1 + i * 7919LL % TYPES;
}

/* What is still in the queue: messages of a type are in the order of their numbers. */
static struct {
	bool taken[MESSAGES];
	int next_of_type[TYPES + 1];
	int count;
	int first;
	int lowest;
	int left;
} in_queue;

static void in_queue_begin(void)
{
	int i;

	memset(&in_queue, 0, sizeof(in_queue));
	in_queue.count = reduced(MESSAGES);
	in_queue.left = in_queue.count;
	in_queue.lowest = 1;
	for (i = 1; i <= TYPES; i++)
		in_queue.next_of_type[i] = MESSAGES;
	for (i = in_queue.count - 1; i >= 0; i--)
		in_queue.next_of_type[type_of(i)] = i;
}

/* The next message of the same type comes TYPES messages later: 7919 has no part in 10007. */
static int first_of_type(int type)
{
	int *i = &in_queue.next_of_type[type];

	while (*i < in_queue.count && in_queue.taken[*i])
		*i += TYPES;
	return *i < in_queue.count ? *i : -1;
}

static int first_but_of_type(int type)
{
	int i;

	while (in_queue.first < in_queue.count && in_queue.taken[in_queue.first])
		in_queue.first++;
	for (i = in_queue.first; i < in_queue.count; i++)
		if (!in_queue.taken[i] && type_of(i) != type)
			return i;
	return -1;
}

static int first_of_lowest(void)
{
	while (in_queue.lowest <= TYPES && first_of_type(in_queue.lowest) < 0)
		in_queue.lowest++;
	return in_queue.lowest <= TYPES ? first_of_type(in_queue.lowest) : -1;
}

/* Take the one that @want means, and see that it is @i. */
static bool takes(int fd, long long want, unsigned int flags, int i)
{
	long long type;
	int got = -1;
	ssize_t n;

	n = queue_receive(fd, SELF, want, &got, sizeof(got), NOWAIT | flags, &type);
	if (i < 0)
		return n == -1 && errno == ENOMSG;
	if (n != sizeof(got) || got != i || type != type_of(i)) {
		printf("# wanted %lld %#x: got message %d, not %d\n", want, flags, got, i);
		return false;
	}
	in_queue.taken[i] = true;
	in_queue.left--;
	return true;
}

TEST_F_TIMEOUT(queue, hundred_thousand_messages_of_many_types_come_out_as_asked, 240)
{
	unsigned int seed = 7;
	int count, i, got, type;

	in_queue_begin();
	count = in_queue.count;
	ASSERT_EQ(0, queue_resize(self->fd, SELF, count * sizeof(int)));
	for (i = 0; i < count; i++)
		ASSERT_EQ(0, queue_send(self->fd, SELF, type_of(i), &i, sizeof(i), NOWAIT));
	EXPECT_TRUE(queue_holds(self->fd, SELF, count, count * sizeof(int)));
	EXPECT_EQ(-1, queue_send(self->fd, SELF, 1, &i, sizeof(i), NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	/* positions count from the front, far inside as well */
	for (i = 0; i < count; i += count / 7) {
		ASSERT_EQ((ssize_t)sizeof(got),
			  queue_receive(self->fd, SELF, i, &got, sizeof(got),
					NOWAIT | KIPC_MSG_COPY, NULL));
		EXPECT_EQ(i, got);
	}
	for (i = 0; i < count; i++) {
		type = 1 + rand_r(&seed) % TYPES;
		switch (i % 4) {
		case 0 ... 1:
			ASSERT_TRUE(takes(self->fd, type, 0, first_of_type(type)));
			break;
		case 2:
			ASSERT_TRUE(takes(self->fd, -TYPES, 0, first_of_lowest()));
			break;
		case 3:
			type = i % 8 == 3 ? type : type_of(in_queue.first % count);
			ASSERT_TRUE(takes(self->fd, type, KIPC_MSG_EXCEPT,
					  first_but_of_type(type)));
			break;
		}
	}
	EXPECT_TRUE(queue_holds(self->fd, SELF, in_queue.left, in_queue.left * sizeof(int)));
	/* the rest in the order of their coming */
	for (i = first_but_of_type(0); i >= 0; i = first_but_of_type(0))
		ASSERT_TRUE(takes(self->fd, 0, 0, i));
	EXPECT_EQ(0, in_queue.left);
	EXPECT_TRUE(queue_holds(self->fd, SELF, 0, 0));
}

/* All of them go at once. */
TEST_F_TIMEOUT(queue, hundred_thousand_messages_go_with_their_queue, 120)
{
	int count = reduced(MESSAGES), i;

	ASSERT_EQ(0, queue_resize(self->fd, SELF, count));
	for (i = 0; i < count; i++)
		ASSERT_EQ(0, queue_send(self->fd, SELF, type_of(i), NULL, 0, NOWAIT));
	EXPECT_EQ((unsigned int)count, queue_info(self->dev).messages);
	EXPECT_EQ(0, queue_remove(self->fd, SELF));
	EXPECT_EQ(0, queue_info(self->dev).messages);
}

/* --- sleepers */

enum { SLEEPERS = 10000, FIRST_TYPE = 100 };

static struct sleeper {
	pthread_t thread;
	int fd;
	int type;
	int error;
	int got;
	long long got_type;
} sleepers[SLEEPERS];

static void *sleep_for_type(void *data)
{
	struct sleeper *sleeper = data;

	sleeper->got = -1;
	if (queue_receive(sleeper->fd, SELF, sleeper->type, &sleeper->got,
			  sizeof(sleeper->got), 0, &sleeper->got_type) < 0)
		sleeper->error = errno;
	return NULL;
}

#define THREADS_MAX "/proc/sys/kernel/threads-max"

static char threads_max[32];

/* As many as there may be, and as there is memory for with something left for the rest. */
static int sleepers_start(int fd, int wanted)
{
	static char info[8192];
	pthread_attr_t attr;
	long long room = 0;
	char *line;
	int n;

	if (file_read("/proc/meminfo", info, sizeof(info)) > 0) {
		line = strstr(info, "MemAvailable:");
		room = line ? strtoll(line + strlen("MemAvailable:"), NULL, 10) / 64 : 0;
	}
	if (room - 500 < wanted)
		wanted = room - 500;
	file_read(THREADS_MAX, threads_max, sizeof(threads_max));
	file_write(THREADS_MAX, "30000");
	if (pthread_attr_init(&attr) || pthread_attr_setstacksize(&attr, 256 << 10))
		return 0;
	for (n = 0; n < wanted; n++) {
		sleepers[n].fd = fd;
		sleepers[n].type = FIRST_TYPE + n;
		if (pthread_create(&sleepers[n].thread, &attr, sleep_for_type, &sleepers[n]))
			break;
	}
	printf("# %d sleepers\n", n);
	fflush(stdout);
	return n;
}

/* Wait for their ends; the one that had not this result, or -1. */
static int sleepers_end(int n, int error)
{
	const struct sleeper *sleeper;
	int i, bad = -1;

	for (i = 0; i < n; i++) {
		sleeper = &sleepers[i];
		pthread_join(sleeper->thread, NULL);
		if (sleeper->error != error)
			bad = i;
		if (!error && (sleeper->got != i || sleeper->got_type != sleeper->type))
			bad = i;
	}
	file_write(THREADS_MAX, threads_max);
	return bad;
}

TEST_F_TIMEOUT(queue, ten_thousand_sleepers_on_other_types_are_left_alone, 300)
{
	int n, i, got;
	pid_t pid;

	n = sleepers_start(self->fd, reduced(SLEEPERS));
	ASSERT_LT(1000, n);
	for (i = 0; i < 10; i++)
		if (EVENTUALLY(queue_stat(self->fd, SELF).receivers == (unsigned int)n))
			break;
	ASSERT_EQ((unsigned int)n, queue_stat(self->fd, SELF).receivers);
	/* messages that none of them wants stay, come and go */
	for (i = 0; i < 5000; i++) {
		ASSERT_EQ(0, queue_send(self->fd, SELF, 1 + i % 3, &i, sizeof(i), NOWAIT));
		ASSERT_EQ((ssize_t)sizeof(got),
			  queue_receive(self->fd, SELF, i % 2 ? 0 : -3, &got, sizeof(got), NOWAIT,
					NULL));
		ASSERT_EQ(i, got);
	}
	/* one more, who came last, gets what it waits for */
	pid = queue_receiver(self->dev, self->id, -50, 0, 20);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, queue_put(self->fd, SELF, 50, 20, NOWAIT));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ((unsigned int)n, queue_stat(self->fd, SELF).receivers);
	/* and each of them */
	for (i = n - 1; i >= 0; i--)
		ASSERT_EQ(0, queue_send(self->fd, SELF, FIRST_TYPE + i, &i, sizeof(i), NOWAIT));
	EXPECT_EQ(-1, sleepers_end(n, 0));
	EXPECT_TRUE(queue_holds(self->fd, SELF, 0, 0));
	EXPECT_EQ(0, queue_stat(self->fd, SELF).receivers);
}

TEST_F_TIMEOUT(queue, removal_wakes_thousands_of_sleepers, 300)
{
	int n, i;

	n = sleepers_start(self->fd, reduced(SLEEPERS) / 2);
	ASSERT_LT(500, n);
	for (i = 0; i < 10; i++)
		if (EVENTUALLY(queue_stat(self->fd, SELF).receivers == (unsigned int)n))
			break;
	ASSERT_EQ(0, queue_remove(self->fd, SELF));
	EXPECT_EQ(-1, sleepers_end(n, EIDRM));
}

/* --- queues */

TEST_F_TIMEOUT(queue, thousands_of_queues_keep_their_messages_apart, 120)
{
	enum { QUEUES = 4000 };
	static int ids[QUEUES];
	int i, got;

	for (i = 0; i < QUEUES; i++) {
		ids[i] = queue_get(self->dev, 1 + i, KIPC_GET_CREAT | KIPC_GET_EXCL, 0600);
		ASSERT_LE(0, ids[i]);
		ASSERT_EQ(0, queue_send(self->dev, ids[i], 1 + i, &i, sizeof(i), NOWAIT));
	}
	EXPECT_EQ(QUEUES + 1, queue_info(self->dev).used_ids);
	EXPECT_EQ(QUEUES, queue_info(self->dev).messages);
	EXPECT_EQ(QUEUES * sizeof(i), queue_info(self->dev).bytes);
	for (i = QUEUES - 1; i >= 0; i--) {
		ASSERT_EQ(ids[i], queue_get(self->dev, 1 + i, 0, 0));
		ASSERT_EQ((ssize_t)sizeof(got),
			  queue_receive(self->dev, ids[i], 1 + i, &got, sizeof(got), NOWAIT, NULL));
		ASSERT_EQ(i, got);
		ASSERT_EQ(0, queue_remove(self->dev, ids[i]));
	}
	EXPECT_EQ(0, queue_info(self->dev).messages);
	EXPECT_EQ(0, queue_info(self->dev).bytes);
}

TEST_HARNESS_MAIN
