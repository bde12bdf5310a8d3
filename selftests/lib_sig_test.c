// SPDX-License-Identifier: GPL-2.0
/*
 * libkipc: each function of signal queues does what its call does. Also for 32-bit programs.
 */
#include "lib_fixture.h"

#define RT		KIPC_SIG_RTMIN
#define SIGNAL(n)	(1ULL << ((n) - 1))

static bool sig_stats_agree(int dev, int raw, int id)
{
	struct kipc_sig_stat by_call = { .perm.id = id }, by_lib;

	memset(&by_lib, POISON, sizeof(by_lib));
	return !kipc_sig_stat(dev, id, 0, &by_lib, sizeof(by_lib)) &&
	       !ioctl(raw, KIPC_IOC_SIG_STAT, &by_call) &&
	       !memcmp(&by_call, &by_lib, sizeof(by_lib));
}

TEST_F(lib, signal_queue_of_a_key_is_made_found_changed_and_removed)
{
	struct kipc_sig_get get = { .key = KEY };
	struct kipc_sig_stat stat;
	int id, fd;

	EXPECT_FAILS(ENOENT, kipc_sig_get(self->dev, KEY, 0600, 0));
	id = kipc_sig_get(self->dev, KEY, 0640, KIPC_GET_CREAT);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, ioctl(self->raw, KIPC_IOC_SIG_GET, &get));
	EXPECT_EQ(get.id, id);
	EXPECT_TRUE(sig_stats_agree(self->dev, self->raw, id));

	fd = kipc_sig_open(self->dev, id, KIPC_SIG_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, kipc_sig_set(self->dev, id, OTHER_UID, THIRD_UID, 0660, 17));
	ASSERT_EQ(0, kipc_sig_stat(fd, SELF, 0, &stat, sizeof(stat)));
	EXPECT_EQ(OTHER_UID, stat.perm.uid);
	EXPECT_EQ(THIRD_UID, stat.perm.gid);
	EXPECT_EQ(0660, stat.perm.mode);
	EXPECT_EQ(17, stat.limit);
	EXPECT_EQ(0, kipc_sig_remove(self->dev, id));
	EXPECT_FAILS(EIDRM, kipc_sig_open(fd, SELF, 0));
}

TEST_F(lib, signal_is_sent_to_a_subscriber_and_taken)
{
	int queue = kipc_sig_create(self->dev, 0600, KIPC_SIG_CLOEXEC);
	unsigned int first = 0, second = 0;
	struct kipc_sig_wait wait;
	int one, two;

	ASSERT_LE(0, queue);
	EXPECT_EQ(FD_CLOEXEC, fcntl(queue, F_GETFD));
	one = kipc_sig_subscribe(queue, SELF, SIGNAL(RT), KIPC_SIG_NONBLOCK, &first);
	two = kipc_sig_subscribe(queue, SELF, 0, KIPC_SIG_CLOEXEC, &second);
	ASSERT_LE(0, one);
	ASSERT_LE(0, two);
	EXPECT_NE(first, second);
	EXPECT_EQ(O_NONBLOCK, fcntl(one, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(two, F_GETFD));

	ASSERT_EQ(0, kipc_sig_send(queue, SELF, first, RT, SI_QUEUE, 0x123456789abcULL));
	EXPECT_EQ(0, poll_now(one, POLLIN));
	EXPECT_FAILS(EAGAIN, kipc_sig_wait(two, SIGNAL(RT), KIPC_SIG_NOWAIT, KIPC_TIMEOUT_NONE,
					   &wait, sizeof(wait)));
	EXPECT_FAILS(EAGAIN, kipc_sig_wait(one, SIGNAL(RT + 1), KIPC_SIG_RELATIVE, 1000, &wait,
					   sizeof(wait)));
	EXPECT_FAILS(EAGAIN, kipc_sig_wait(one, SIGNAL(RT + 1), 0, 1, &wait, sizeof(wait)));
	memset(&wait, POISON, sizeof(wait));
	ASSERT_EQ(0, kipc_sig_wait(one, SIGNAL(RT), 0, KIPC_TIMEOUT_NONE, &wait, sizeof(wait)));
	EXPECT_EQ(RT, wait.signo);
	EXPECT_EQ(SI_QUEUE, wait.code);
	EXPECT_EQ(getpid(), wait.pid);
	EXPECT_EQ(first, wait.to);
	EXPECT_EQ(0x123456789abcULL, wait.value);

	EXPECT_FAILS(ESRCH, kipc_sig_send(queue, SELF, second + 1, RT, 0, 0));
	EXPECT_FAILS(EPERM, kipc_sig_send(queue, SELF, first, RT, 1, 0));
	EXPECT_FAILS(EINVAL, kipc_sig_send(queue, SELF, first, KIPC_SIG_MAX + 1, 0, 0));
}

TEST_F(lib, mask_and_action_of_a_subscriber_are_what_was_asked_for)
{
	int queue = kipc_sig_create(self->dev, 0600, 0);
	struct kipc_sig_pending by_call, by_lib;
	__u64 before = 0;
	int fd;

	ASSERT_LE(0, queue);
	fd = kipc_sig_subscribe(queue, SELF, SIGNAL(3), 0, NULL);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, kipc_sig_mask(fd, KIPC_SIG_BLOCK, SIGNAL(5), &before));
	EXPECT_EQ(SIGNAL(3), before);
	EXPECT_EQ(0, kipc_sig_mask(fd, KIPC_SIG_UNBLOCK, SIGNAL(3), NULL));
	EXPECT_EQ(0, kipc_sig_action(fd, KIPC_SIG_IGNORE, SIGNAL(7)));
	EXPECT_EQ(0, kipc_sig_send(queue, SELF, KIPC_SIG_GROUP, 5, 0, 0));
	EXPECT_EQ(0, kipc_sig_send(queue, SELF, KIPC_SIG_GROUP, 7, 0, 0));

	memset(&by_lib, POISON, sizeof(by_lib));
	ASSERT_EQ(0, kipc_sig_pending(fd, &by_lib, sizeof(by_lib)));
	ASSERT_EQ(0, ioctl(fd, KIPC_IOC_SIG_PENDING, &by_call));
	EXPECT_EQ(0, memcmp(&by_call, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(SIGNAL(5), by_lib.blocked);
	EXPECT_EQ(SIGNAL(7), by_lib.ignored);
	EXPECT_EQ(SIGNAL(5), by_lib.shared);
	before = 77;
	EXPECT_FAILS(EINVAL, kipc_sig_mask(fd, 3, 0, &before));
	EXPECT_EQ(77, before);
	EXPECT_FAILS(EINVAL, kipc_sig_action(fd, 3, 0));
}

TEST_F(lib, figures_of_signal_queues_are_those_of_the_call)
{
	struct kipc_sig_info by_call = { .flags = KIPC_SIG_INFO_USAGE }, by_lib;
	int id = kipc_sig_get(self->dev, KIPC_KEY_PRIVATE, 0600, 0);

	ASSERT_LE(0, id);
	ASSERT_EQ(0, kipc_sig_send(self->dev, id, KIPC_SIG_GROUP, RT, 0, 0));
	memset(&by_lib, POISON, sizeof(by_lib));
	ASSERT_EQ(0, kipc_sig_info(self->dev, KIPC_SIG_INFO_USAGE, &by_lib, sizeof(by_lib)));
	ASSERT_EQ(0, ioctl(self->raw, KIPC_IOC_SIG_INFO, &by_call));
	EXPECT_EQ(0, memcmp(&by_call, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(1, by_lib.queued);
	EXPECT_FAILS(EINVAL, kipc_sig_info(self->dev, 1U << 31, &by_lib, sizeof(by_lib)));
}

TEST_HARNESS_MAIN
