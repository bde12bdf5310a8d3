// SPDX-License-Identifier: GPL-2.0
/*
 * How signal queues come to their end, with the signals in them: removed while they are
 * used, with their creator, with their instance, with the module; and that every byte that
 * comes out of their calls is defined.
 */
#include "fd_pass.h"
#include "module_fixture.h"
#include "sig_fixture.h"

#include <sys/resource.h>

#define KEY	0x6b697063
#define SECOND	MOUNTS "/second"
#define SIG	(KIPC_SIG_RTMIN + 5)
#define GONE	(POLLERR | POLLHUP)

/* Expect that every call on the descriptor of a queue that was removed says so. */
static void expect_removed(struct __test_metadata *_metadata, int fd, bool subscriber)
{
	struct kipc_sig_pending pending;

	EXPECT_EQ(-1, sigq_put(fd, GROUP, SIG, 1));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sigq_put(fd, GROUP, 0, 1));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sigq_resize(fd, SELF, 100));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sigq_remove(fd, SELF));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sigq_open(fd, SELF, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sub_new(fd, SELF, NULL));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(GONE, poll_now(fd, POLLIN | POLLOUT) & GONE);
	if (!subscriber)
		return;
	EXPECT_EQ(-1, sub_read_one(fd));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sub_take(fd, ALL));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sub_wait(fd, ALL, 0, KIPC_TIMEOUT_NONE, NULL));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(ALL, sub_mask(fd, KIPC_SIG_BLOCK, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sub_action(fd, KIPC_SIG_DELIVER, 1));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SIG_PENDING, &pending));
	EXPECT_EQ(EIDRM, errno);
}

/* --- removal */

TEST_F(sigq, removed_queue_is_gone_for_its_descriptors_too)
{
	int fd, sub, blocking, id, again;
	pid_t pids[3];
	__u32 number;
	size_t i;

	id = sigq_get(self->dev, KEY, KIPC_GET_CREAT, 0600);
	ASSERT_LE(0, id);
	fd = sigq_open(self->dev, id, 0);
	sub = sigq_subscribe(self->dev, id, KIPC_SIG_NONBLOCK, ALL, &number);
	blocking = sigq_subscribe(self->dev, id, 0, BIT_OF(SIG), NULL);
	ASSERT_LE(0, blocking);
	ASSERT_EQ(0, sigq_put(fd, GROUP, SIG, 1));
	ASSERT_EQ(0, sigq_put(fd, number, SIG, 2));
	ASSERT_EQ(0, sigq_put(fd, number, SIGUSR1, 3));
	pids[0] = sub_reader(blocking);
	pids[1] = sub_waiter(sub, BIT_OF(64));
	pids[2] = sub_waiter(blocking, BIT_OF(64));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		ASSERT_LT(0, pids[i]);
	EXPECT_EQ(3, sigq_stat(fd, SELF).waiters);
	EXPECT_EQ(0, sigq_remove(self->dev, id));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(EIDRM, child_wait(pids[i]));
	/* what was in it is gone already, and accounted for */
	EXPECT_EQ(0, stats_of(self->dev).user_signals);
	EXPECT_EQ(0, sigq_stat(fd, SELF).queued);
	EXPECT_EQ(3, sigq_stat(fd, SELF).dropped);
	EXPECT_TRUE(sigq_adds_up(fd, SELF));
	EXPECT_EQ(SELF, sigq_stat(fd, SELF).perm.id);
	EXPECT_EQ(KIPC_KEY_PRIVATE, sigq_stat(fd, SELF).perm.key);
	EXPECT_EQ(0, sigq_stat(fd, SELF).waiters);
	for (i = 0; i < 2; i++) {
		expect_removed(_metadata, fd, false);
		expect_removed(_metadata, sub, true);
		expect_removed(_metadata, blocking, true);
	}
	EXPECT_FALSE(sigq_exists(self->dev, id));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, sigq_info(self->dev).used_ids);
	/* the key is free, and what has it now is another queue */
	again = sigq_get(self->dev, KEY, KIPC_GET_CREAT | KIPC_GET_EXCL, 0600);
	ASSERT_LE(0, again);
	EXPECT_EQ(0, sigq_send(self->dev, again, GROUP, SIG, 0, 1));
	expect_removed(_metadata, sub, true);
	EXPECT_EQ(1, sigq_stat(self->dev, again).queued);
	close(fd);
	close(sub);
	close(blocking);
	EXPECT_EQ(0, sigq_remove(self->dev, again));
}

TEST_F(sigq, queue_without_an_id_goes_with_its_last_descriptor_of_either_kind)
{
	int fd = sigq_create(self->dev, KIPC_SIG_CLOEXEC), sub, copy;
	__u32 number;

	ASSERT_LE(0, fd);
	EXPECT_EQ(SELF, sigq_stat(fd, SELF).perm.id);
	EXPECT_EQ(1, sigq_info(self->dev).used_ids);
	EXPECT_EQ(2, stats_of(self->dev).sig_queues);
	sub = sub_new(fd, SELF, &number);
	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_put(fd, GROUP, SIG, 1));
	close(fd);
	EXPECT_EQ(2, stats_of(self->dev).sig_queues);
	/* a subscriber may send as well, if it may */
	ASSERT_EQ(0, sigq_put(sub, number, SIG, 2));
	fd = sigq_open(sub, SELF, 0);
	EXPECT_LE(0, fd);
	close(fd);
	/* a duplicate is the same subscriber */
	copy = dup(sub);
	close(sub);
	EXPECT_EQ(1, sigq_stat(copy, SELF).subscribers);
	EXPECT_EQ(SIG, sub_read_one(copy));
	close(copy);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sig_queues == 1));
	EXPECT_EQ(0, stats_of(self->dev).user_signals);
	/* one can be removed, too */
	fd = sigq_create(self->dev, 0);
	EXPECT_EQ(0, sigq_remove(fd, SELF));
	expect_removed(_metadata, fd, false);
	close(fd);
}

TEST_F(sigq, subscriber_is_handed_to_another_process)
{
	int socks[2], sub;
	__u32 number;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		sub = fd_receive(socks[1]);
		EXPECT_LE(0, sub);
		EXPECT_EQ(SIG, sub_read_one(sub));
		EXPECT_EQ(-1, sub_new(self->dev, self->id, NULL));
		EXPECT_EQ(EACCES, errno);
		child_exit();
	}
	sub = sub_new(self->dev, self->id, &number);
	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_put(self->fd, number, SIG, 1));
	ASSERT_EQ(0, fd_send(socks[0], sub));
	close(sub);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(EVENTUALLY(sigq_stat(self->fd, SELF).subscribers == 0));
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).dropped);
	close(socks[0]);
	close(socks[1]);
}

TEST_F(sigq, full_descriptor_table_is_emfile_and_leaks_nothing)
{
	struct kipc_sig_stat before = sigq_stat(self->fd, SELF), now;
	struct rlimit old, limit;
	__u32 first, second;
	int sub = sub_new(self->dev, self->id, &first), next;

	ASSERT_LE(0, sub);
	close(sub);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	limit = old;
	next = dup(0);
	close(next);
	limit.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-1, sub_new(self->dev, self->id, NULL));
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(-1, sigq_open(self->dev, self->id, 0));
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(-1, sigq_create(self->dev, 0));
	EXPECT_EQ(EMFILE, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	now = sigq_stat(self->fd, SELF);
	EXPECT_EQ(0, memcmp(&before, &now, sizeof(now)));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sig_queues == 1));
	sub = sub_new(self->dev, self->id, &second);
	EXPECT_LT(first, second);
	close(sub);
}

/* --- KIPC_GET_AUTOREMOVE */

static int get_auto(int dev, int key)
{
	return sigq_get(dev, key, KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE, 0600);
}

TEST_F_TIMEOUT(sigq, queue_goes_with_its_creator_before_anybody_can_know_of_the_exit, 60)
{
	int *id = shared_alloc(sizeof(int)), round, status, i;
	pid_t pid;

	ASSERT_NE(NULL, id);
	for (round = 0; round < 40; round++) {
		*id = -1;
		pid = child_fork();
		if (!pid) {
			*id = get_auto(self->dev, KEY);
			for (i = 0; i < 20; i++)
				sigq_send(self->dev, *id, GROUP, SIG, 0, i);
			if (round % 2)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		child_forget(pid);
		ASSERT_LE(0, *id);
		/* each of them is the first to look */
		switch (round % 10 / 2) {
		case 0:
			EXPECT_FALSE(sigq_exists(self->dev, *id));
			break;
		case 1:
			EXPECT_EQ(-1, sigq_get(self->dev, KEY, 0, 0));
			EXPECT_EQ(ENOENT, errno);
			break;
		case 2:
			EXPECT_EQ(-1, sub_new(self->dev, *id, NULL));
			break;
		case 3:
			EXPECT_EQ(1, sigq_info(self->dev).used_ids);
			EXPECT_EQ(0, sigq_info(self->dev).queued);
			break;
		case 4:
			EXPECT_EQ(-1, sigq_open(self->dev, *id, 0));
			break;
		}
		EXPECT_EQ(-1, sigq_send(self->dev, *id, GROUP, SIG, 0, 1));
		EXPECT_EQ(EINVAL, errno);
	}
}

TEST_F(sigq, queue_that_removes_itself_waits_for_its_last_subscriber)
{
	int *id = shared_alloc(sizeof(int)), go[2], sub;
	pid_t pid;
	char c;

	ASSERT_NE(NULL, id);
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	*id = -1;
	pid = child_fork();
	if (!pid) {
		STORE(id, get_auto(self->dev, KEY));
		_exit(read(go[0], &c, 1) != 1);
	}
	ASSERT_TRUE(EVENTUALLY(LOAD(id) >= 0));
	/* subscribers may come and go while the creator lives */
	close(sub_new(self->dev, *id, NULL));
	EXPECT_TRUE(sigq_exists(self->dev, *id));
	sub = sub_new(self->dev, *id, NULL);
	ASSERT_LE(0, sub);
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(*id, sigq_get(self->dev, KEY, 0, 0));
	EXPECT_EQ(0, sigq_send(self->dev, *id, GROUP, SIG, 0, 1));
	EXPECT_EQ(SIG, sub_read_one(sub));
	close(sub);
	EXPECT_FALSE(sigq_exists(self->dev, *id));
	EXPECT_EQ(EINVAL, errno);
}

/* --- instances */

TEST_F(sigq, instances_have_ids_keys_and_limits_of_their_own)
{
	int device = kipc_open(), second, id, i, devs[3];
	struct kipc_stats before;

	ASSERT_LE(0, device);
	before = stats_of(device);
	ASSERT_EQ(0, kipcfs_mount(SECOND, "sigqmax=7,sigmni=3"));
	second = open_in(SECOND, "control", O_RDWR);
	ASSERT_LE(0, second);
	devs[0] = self->dev;
	devs[1] = second;
	devs[2] = device;
	for (i = 0; i < 3; i++) {
		id = sigq_get(devs[i], KEY, KIPC_GET_CREAT | KIPC_GET_EXCL, 0600);
		ASSERT_LE(0, id);
		EXPECT_EQ(0, sigq_send(devs[i], id, GROUP, SIG + i, 0, i));
	}
	EXPECT_EQ(before.sig_queues + 1, stats_of(device).sig_queues);
	EXPECT_EQ(1, stats_of(second).sig_queues);
	EXPECT_EQ(2, stats_of(self->dev).sig_queues);
	EXPECT_EQ(3, stats_of(device).user_signals);
	for (i = 0; i < 3; i++) {
		id = sigq_get(devs[i], KEY, 0, 0);
		EXPECT_EQ(BIT_OF(SIG + i), sigq_stat(devs[i], id).pending);
		EXPECT_EQ(i == 1 ? 7 : SIGQMAX, (int)sigq_stat(devs[i], id).limit);
		EXPECT_EQ(0, sigq_remove(devs[i], id));
	}
	EXPECT_EQ(3, sigq_info(second).sigmni);
	close(second);
	EXPECT_TRUE(EVENTUALLY(umount(SECOND) == 0));
	close(device);
}

TEST_F(sigq, umount_removes_queues_with_open_descriptors_but_not_those_without_an_id)
{
	long long objects = param_get("objects");
	int second, id, fd, sub, nameless, own;
	pid_t pids[2];

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, second);
	id = sigq_get(second, KEY, KIPC_GET_CREAT, 0600);
	ASSERT_LE(0, id);
	/* one that nobody has open, with signals */
	ASSERT_EQ(0, sigq_send(second, sigq_new(second), GROUP, SIG, 0, 1));
	fd = sigq_open(second, id, KIPC_SIG_CLOEXEC);
	sub = sigq_subscribe(second, id, KIPC_SIG_CLOEXEC, 0, NULL);
	nameless = sigq_create(second, KIPC_SIG_CLOEXEC);
	own = sigq_subscribe(nameless, SELF, KIPC_SIG_CLOEXEC, 0, NULL);
	ASSERT_LE(0, sub);
	ASSERT_LE(0, own);
	/* a node keeps it mounted, descriptors do not */
	EXPECT_EQ(-1, umount(SECOND));
	EXPECT_EQ(EBUSY, errno);
	close(second);
	pids[0] = sub_reader(sub);
	pids[1] = sub_reader(own);
	ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));
	EXPECT_EQ(EIDRM, child_wait(pids[0]));
	expect_removed(_metadata, fd, false);
	expect_removed(_metadata, sub, true);
	close(fd);
	close(sub);
	EXPECT_TRUE(wait_blocked(pids[1], SYS_read));
	EXPECT_EQ(0, sigq_put(nameless, GROUP, SIG, 1));
	EXPECT_EQ(TOOK(SIG), child_wait(pids[1]));
	/* the place is free for a new instance, which has none of it */
	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	EXPECT_EQ(0, sigq_info(second).used_ids);
	EXPECT_FALSE(sigq_exists(second, id));
	close(second);
	ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));
	EXPECT_EQ(0, sigq_put(nameless, GROUP, SIG, 2));
	EXPECT_EQ(SIG, sub_read_one(own));
	close(nameless);
	close(own);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
}

/* --- what comes out: class 8 */

TEST_F(sigq, outputs_are_defined_to_the_last_byte)
{
	struct kipc_sig_pending e, f;
	struct kipc_sig_stat a, b;
	struct kipc_sig_info c, d;
	int sub = sub_new(self->dev, self->id, NULL);

	ASSERT_LE(0, sub);
	/* the members that are inputs get what they need, all others must be written */
	memset(&a, POISON, sizeof(a));
	memset(&b, ~POISON, sizeof(b));
	a.perm.id = self->id;
	b.perm.id = self->id;
	a.flags = 0;
	b.flags = 0;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SIG_STAT, &a));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SIG_STAT, &b));
	EXPECT_TRUE(is_defined(&a, &b, sizeof(a)));
	memset(&c, POISON, sizeof(c));
	memset(&d, ~POISON, sizeof(d));
	c.flags = 0;
	d.flags = 0;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SIG_INFO, &c));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SIG_INFO, &d));
	EXPECT_TRUE(is_defined(&c, &d, sizeof(c)));
	memset(&e, POISON, sizeof(e));
	memset(&f, ~POISON, sizeof(f));
	ASSERT_EQ(0, ioctl(sub, KIPC_IOC_SIG_PENDING, &e));
	ASSERT_EQ(0, ioctl(sub, KIPC_IOC_SIG_PENDING, &f));
	EXPECT_TRUE(is_defined(&e, &f, sizeof(e)));
	close(sub);
}

TEST_F(sigq, calls_write_only_what_they_say)
{
	struct kipc_sig_subscribe subscribe, subscribe_same;
	struct kipc_sig_create create, create_same;
	struct kipc_sig_get get, get_same;

	get = (struct kipc_sig_get) {
		.key = KEY, .flags = KIPC_GET_CREAT, .mode = 07777640, .id = -7,
	};
	get_same = get;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SIG_GET, &get));
	EXPECT_EQ(0640, sigq_stat(self->dev, get.id).perm.mode);
	get_same.id = get.id;
	EXPECT_EQ(0, memcmp(&get, &get_same, sizeof(get)));
	EXPECT_EQ(0, sigq_remove(self->dev, get.id));

	create = (struct kipc_sig_create) { .mode = 07777640, .fd = -7 };
	create_same = create;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SIG_CREATE, &create));
	EXPECT_EQ(0640, sigq_stat(create.fd, SELF).perm.mode);
	create_same.fd = create.fd;
	EXPECT_EQ(0, memcmp(&create, &create_same, sizeof(create)));

	subscribe = (struct kipc_sig_subscribe) {
		.id = SELF, .blocked = 0x123456789abcdef0ULL, .fd = -7, .number = 77,
	};
	subscribe_same = subscribe;
	ASSERT_EQ(0, ioctl(create.fd, KIPC_IOC_SIG_SUBSCRIBE, &subscribe));
	EXPECT_EQ(subscribe.blocked, sub_pending(subscribe.fd).blocked);
	subscribe_same.fd = subscribe.fd;
	subscribe_same.number = 1;
	EXPECT_EQ(0, memcmp(&subscribe, &subscribe_same, sizeof(subscribe)));
	close(subscribe.fd);
	close(create.fd);
}

/* --- the module: class 17 */

TEST_F_TIMEOUT(module, queues_and_signals_go_with_the_module, 120)
{
	int round, i, id;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 10; i++) {
			id = sigq_get(self->dev, i % 2 ? KEY + i : KIPC_KEY_PRIVATE,
				      KIPC_GET_CREAT, 0600);
			ASSERT_LE(0, id);
			while (!sigq_send(self->dev, id, GROUP, SIG + i, 0, i))
				;
			ASSERT_EQ(EAGAIN, errno);
		}
		close(self->dev);
		ASSERT_TRUE(module_unload());
		self->dev = module_load();
		ASSERT_LE(0, self->dev);
		EXPECT_EQ(0, stats_of(self->dev).sig_queues);
		EXPECT_EQ(0, stats_of(self->dev).user_signals);
		EXPECT_EQ(-1, sigq_get(self->dev, KEY + 1, 0, 0));
		EXPECT_EQ(ENOENT, errno);
	}
}

TEST_F(module, module_stays_while_a_queue_is_open_subscribed_to_slept_on_or_polled)
{
	static const long calls[] = { SYS_ioctl, SYS_read, CALL_POLL };
	struct pollfd pfd = { .events = POLLIN };
	int fd, sub, way;
	pid_t pid;

	for (way = 0; way < 3; way++) {
		fd = sigq_create(self->dev, 0);
		sub = sigq_subscribe(fd, SELF, 0, 0, NULL);
		ASSERT_LE(0, sub);
		pid = child_fork();
		if (!pid) {
			/* nothing but the subscriber */
			close(self->dev);
			close(fd);
			pfd.fd = sub;
			if (way == 0)
				sub_wait(sub, ALL, 0, KIPC_TIMEOUT_NONE, NULL);
			else if (way == 1)
				sub_read_one(sub);
			else
				poll(&pfd, 1, -1);
			_exit(1);
		}
		ASSERT_LT(0, asleep_in(pid, calls[way]));
		close(self->dev);
		close(sub);
		EXPECT_TRUE(unload_is_refused());
		/* one alone, of a queue that is removed */
		if (way == 2)
			EXPECT_EQ(0, sigq_remove(fd, SELF));
		close(fd);
		if (way < 2)
			EXPECT_TRUE(unload_is_refused());
		EXPECT_EQ(way == 2 ? 1 : 128 + SIGKILL, way == 2 ? child_wait(pid) :
			  child_kill(pid));
		self->dev = kipc_open();
		ASSERT_LE(0, self->dev);
	}
	close(self->dev);
	ASSERT_TRUE(module_unload());
	self->dev = module_load();
	ASSERT_LE(0, self->dev);
}

/* Delivery to this process is asked for, and must not outlive the module. */
TEST_F(module, module_goes_with_what_was_to_be_delivered)
{
	int fd, sub;

	fd = sigq_create(self->dev, 0);
	sub = sub_new(fd, SELF, NULL);
	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIGUSR1)));
	close(fd);
	close(sub);
	close(self->dev);
	ASSERT_TRUE(module_unload());
	self->dev = module_load();
	ASSERT_LE(0, self->dev);
}

TEST_HARNESS_MAIN
