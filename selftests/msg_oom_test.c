// SPDX-License-Identifier: GPL-2.0
/*
 * Class 11: in a control group a process fills queues with messages until it can no more. It
 * harms nobody else, and all that it took comes back.
 */
#include "msg_caches.h"
#include "msg_kipc_fixture.h"
#include "oom.h"

#include <pthread.h>

#define MIB		(1LL << 20)
#define ADVANCE		(512LL << 10)

static void remove_all(int dev)
{
	int index, max = queue_info(dev).max_index;
	struct kipc_msg_stat stat;

	for (index = 0; index <= max; index++) {
		stat = (struct kipc_msg_stat) { .perm.id = index, .flags = KIPC_STAT_INDEX };
		if (!ioctl(dev, KIPC_IOC_MSG_STAT, &stat))
			queue_remove(dev, stat.perm.id);
	}
}

/* Make queues and fill them, until that fails with what is returned. */
static int fill_queues(int dev, const void *bytes, size_t size)
{
	int id;

	for (;;) {
		id = queue_new(dev);
		if (id < 0)
			return errno;
		while (!queue_send(dev, id, 1, bytes, size, NOWAIT))
			;
		if (errno != EAGAIN)
			return errno;
	}
}

static void fill_group(struct __test_metadata *_metadata, int dev, const char *max,
		       long long limit, size_t size)
{
	long long before = memory_available(), peak;
	struct kipc_msg_info info;
	int status, error;
	char *bytes;
	pid_t pid;

	ASSERT_EQ(0, memcg_make(max));
	memcg_write("memory.swap.max", "0");
	pid = child_fork();
	if (!pid) {
		bytes = malloc(size);
		memset(bytes, 1, size);
		if (memcg_enter())
			_exit(98);
		error = fill_queues(dev, bytes, size);
		_exit(error == ENOMEM || error == ENOSPC ? 0 : 1);
	}
	status = child_wait_long(pid);
	EXPECT_TRUE(status == 0 || status == 128 + SIGKILL)
		TH_LOG("status %d", status);
	/* it got something, and no more than its own */
	info = queue_info(dev);
	peak = memcg_read("memory.current", NULL);
	printf("# %llu messages of %zu bytes in %llu queues, %lld bytes charged\n",
	       info.messages, size, info.used_ids, peak);
	fflush(stdout);
	EXPECT_LT(5, info.messages);
	EXPECT_LE(info.messages * size, info.bytes);
	EXPECT_GE(limit, peak);
	EXPECT_LT(limit / 2, peak);
	EXPECT_GT(memory_bound(limit, info.messages), before - memory_available());
	EXPECT_EQ(memcg_read("memory.events", "oom_kill"), status ? 1 : 0);

	remove_all(dev);
	EXPECT_EQ(0, queue_info(dev).used_ids);
	EXPECT_TRUE(EVENTUALLY((message_caches_shrink(),
				memcg_read("memory.current", NULL) < limit / 4)))
		TH_LOG("%lld bytes are left", memcg_read("memory.current", NULL));
	EXPECT_EQ(0, memcg_remove());
	EXPECT_TRUE(EVENTUALLY(memory_available() > before - limit / 2));
	EXPECT_EQ(status ? 1 : 0, oom_reports_clear());
}

TEST_F_TIMEOUT(queue, small_messages_end_at_the_limit_of_the_group, 120)
{
	fill_group(_metadata, self->dev, "24M", 24 * MIB, 1);
}

TEST_F_TIMEOUT(queue, messages_of_the_largest_size_end_at_the_limit_of_the_group, 120)
{
	fill_group(_metadata, self->dev, "64M", 64 * MIB, MSGMAX);
}

TEST_F_TIMEOUT(queue, messages_of_a_megabyte_end_at_the_limit_of_the_group, 120)
{
	ASSERT_EQ(0, queue_limit_set("msgmax", MIB));
	ASSERT_EQ(0, queue_limit_set("msgmnb", 4 * MIB));
	fill_group(_metadata, self->dev, "64M", 64 * MIB, MIB);
}

/* --- a message that waits is there, too */

static struct _test_data_queue *waited_for;

static void *send_and_wait(void *data)
{
	queue_send(waited_for->fd, SELF, 1, data, MIB, 0);
	return NULL;
}

TEST_F_TIMEOUT(queue, messages_that_wait_for_room_are_charged_to_who_sends_them, 60)
{
	enum { SENDERS = 8 };
	long long *charged = shared_alloc(sizeof(*charged)), now;
	pthread_t thread;
	char *bytes;
	pid_t pid;
	int i;

	waited_for = self;
	ASSERT_NE(NULL, charged);
	ASSERT_EQ(0, queue_limit_set("msgmax", MIB));
	ASSERT_EQ(0, memcg_make("64M"));
	*charged = -1;
	pid = child_fork();
	if (!pid) {
		if (memcg_enter())
			_exit(98);
		bytes = malloc(MIB);
		memset(bytes, 1, MIB);
		STORE(charged, memcg_read("memory.current", NULL));
		for (i = 0; i < SENDERS; i++)
			if (pthread_create(&thread, NULL, send_and_wait, bytes))
				_exit(1);
		pthread_join(thread, NULL);
		_exit(2);
	}
	ASSERT_TRUE(EVENTUALLY(queue_stat(self->fd, SELF).senders == SENDERS));
	now = memcg_read("memory.current", NULL);
	printf("# %lld bytes for %d messages\n", now - *charged, SENDERS);
	fflush(stdout);
	/* each CPU has some pages in advance */
	EXPECT_LE(SENDERS * MIB - ADVANCE, now - *charged);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_EQ(0, queue_stat(self->fd, SELF).senders);
	EXPECT_TRUE(queue_holds(self->fd, SELF, 0, 0));
	EXPECT_TRUE(EVENTUALLY((message_caches_shrink(),
				memcg_read("memory.current", NULL) < *charged + ADVANCE)));
	EXPECT_EQ(0, memcg_remove());
}

TEST_HARNESS_MAIN
