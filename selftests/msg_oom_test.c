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

/* Who fills queues by @dev with messages of @size bytes. */
struct filler {
	size_t size;
	int dev;
};

static int fill_queues(void *arg)
{
	struct filler *filler = arg;
	char *bytes = malloc(filler->size);
	int id;

	memset(bytes, 1, filler->size);
	for (;;) {
		id = queue_new(filler->dev);
		if (id < 0)
			return errno;
		while (!queue_send(filler->dev, id, 1, bytes, filler->size, NOWAIT))
			;
		if (errno != EAGAIN)
			return errno;
	}
}

static void fill_group(struct __test_metadata *_metadata, int dev, long long limit, size_t size)
{
	struct filler filler = { .size = size, .dev = dev };
	struct kipc_msg_info info;
	struct hog hog;

	hog_run(_metadata, &hog, limit, fill_queues, &filler);
	info = queue_info(dev);
	printf("# %llu messages of %zu bytes in %llu queues\n", info.messages, size,
	       info.used_ids);
	hog_was_limited(_metadata, &hog, info.messages);
	EXPECT_LE(info.messages * size, info.bytes);
	remove_all(dev);
	EXPECT_EQ(0, queue_info(dev).used_ids);
	hog_is_gone(_metadata, &hog, message_caches_shrink);
}

TEST_F_TIMEOUT(queue, small_messages_end_at_the_limit_of_the_group, 120)
{
	fill_group(_metadata, self->dev, 24 * MIB, 1);
}

TEST_F_TIMEOUT(queue, messages_of_the_largest_size_end_at_the_limit_of_the_group, 120)
{
	fill_group(_metadata, self->dev, 64 * MIB, MSGMAX);
}

TEST_F_TIMEOUT(queue, messages_of_a_megabyte_end_at_the_limit_of_the_group, 120)
{
	ASSERT_EQ(0, queue_limit_set("msgmax", MIB));
	ASSERT_EQ(0, queue_limit_set("msgmnb", 4 * MIB));
	fill_group(_metadata, self->dev, 64 * MIB, MIB);
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
