// SPDX-License-Identifier: GPL-2.0
/*
 * How message queues come to their end, with the messages in them: removed while they are
 * used, with their creator, with their instance, with the module; and that every byte that
 * comes out of their calls is defined.
 */
#include "module_fixture.h"
#include "msg_kipc_fixture.h"

#include <pthread.h>
#include <sys/eventfd.h>

#define KEY	0x6b697063
#define SECOND	MOUNTS "/second"

/* Expect that every call on the descriptor of a queue that was removed says so. */
static void expect_removed(struct __test_metadata *_metadata, int fd)
{
	/* a type, for those that want one */
	__s64 buf[2] = { 1 };

	EXPECT_EQ(-1, queue_put(fd, SELF, 1, 1, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, queue_put(fd, SELF, 1, 1, NOWAIT));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, queue_receive(fd, SELF, 0, buf, sizeof(buf), 0, NULL));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, queue_receive(fd, SELF, 0, buf, sizeof(buf), NOWAIT, NULL));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, queue_receive(fd, SELF, 0, buf, sizeof(buf), NOWAIT | KIPC_MSG_COPY, NULL));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, read(fd, buf, sizeof(buf)));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, write(fd, buf, sizeof(buf)));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, queue_resize(fd, SELF, 100));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, queue_remove(fd, SELF));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, queue_open(fd, SELF, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, queue_notify(fd, KIPC_NOTIFY_SIGNAL, SIGUSR1, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(POLLERR | POLLHUP, poll_now(fd, POLLIN | POLLOUT) & (POLLERR | POLLHUP));
}

/* --- removal */

TEST_F(queue, removed_queue_is_gone_for_its_descriptors_too)
{
	int fd, other, id, again;
	pid_t pids[6];
	size_t i;

	id = queue_get(self->dev, KEY, KIPC_GET_CREAT, 0600);
	ASSERT_LE(0, id);
	fd = queue_open(self->dev, id, 0);
	other = queue_open(self->dev, id, KIPC_MSG_TYPED);
	ASSERT_LE(0, other);
	ASSERT_EQ(2, queue_fill(fd, SELF, 1));
	ASSERT_EQ(0, queue_filter(fd, 7, 0));
	pids[0] = queue_reader(fd, 1);
	pids[1] = queue_writer(fd, 100);
	pids[2] = queue_sender(fd, SELF, 8, 100);
	pids[3] = queue_receiver(fd, SELF, 7, 0, 1);
	pids[4] = queue_sender(self->dev, id, 8, 100);
	pids[5] = queue_receiver(self->dev, id, 7, 0, 1);
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		ASSERT_LT(0, pids[i]);
	EXPECT_EQ(3, queue_stat(fd, SELF).senders);
	EXPECT_EQ(3, queue_stat(fd, SELF).receivers);
	EXPECT_EQ(0, queue_remove(self->dev, id));
	for (i = 0; i < ARRAY_SIZE(pids); i++)
		EXPECT_EQ(EIDRM, child_wait(pids[i]));
	for (i = 0; i < 2; i++) {
		expect_removed(_metadata, fd);
		expect_removed(_metadata, other);
	}
	EXPECT_FALSE(queue_exists(self->dev, id));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, queue_info(self->dev).used_ids);
	/* the key is free, and what has it now is another queue */
	again = queue_get(self->dev, KEY, KIPC_GET_CREAT | KIPC_GET_EXCL, 0600);
	ASSERT_LE(0, again);
	EXPECT_EQ(0, queue_put(self->dev, again, 1, 1, 0));
	EXPECT_EQ(-1, queue_put(fd, SELF, 1, 1, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_TRUE(queue_holds(self->dev, again, 1, 1));
	close(fd);
	close(other);
	EXPECT_EQ(0, queue_remove(self->dev, again));
}

TEST_F(queue, removed_queue_can_be_looked_at)
{
	struct kipc_msg_stat stat;

	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	ASSERT_EQ(0, queue_remove(self->fd, SELF));
	stat = (struct kipc_msg_stat) { .perm.id = SELF };
	ASSERT_EQ(0, ioctl(self->fd, KIPC_IOC_MSG_STAT, &stat));
	EXPECT_EQ(SELF, stat.perm.id);
	EXPECT_EQ(KIPC_KEY_PRIVATE, stat.perm.key);
	EXPECT_EQ(0, stat.perm.seq);
	EXPECT_EQ(0, stat.senders);
	EXPECT_EQ(0, stat.receivers);
	/* what was in it is gone already */
	EXPECT_EQ(0, stat.qnum);
	EXPECT_EQ(0, stat.cbytes);
	EXPECT_EQ(1, stat.fds);
}

TEST_F(queue, queue_without_an_id_can_be_removed_by_its_descriptor)
{
	int fd = queue_create(self->dev, 0);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = queue_receiver(fd, SELF, 0, 0, 1);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, queue_remove(fd, SELF));
	EXPECT_EQ(EIDRM, child_wait(pid));
	expect_removed(_metadata, fd);
	close(fd);
}

/* Who sleeps uses the queue: closing the descriptor meanwhile takes nothing away. */
static void *read_one(void *data)
{
	int fd = *(int *)data;
	char buf[16];

	return (void *)(long)(read(fd, buf, sizeof(buf)) < 0 ? errno : 0);
}

static void *receive_one(void *data)
{
	return (void *)(long)(queue_take(*(int *)data, SELF, 0, 0, NULL) < 0 ? errno : 0);
}

TEST_F(queue, closed_descriptor_leaves_its_sleeper_the_queue)
{
	struct kipc_stats before = stats_of(self->dev);
	pthread_t thread;
	void *result;
	int fd, i;
	pid_t pid;

	for (i = 0; i < 2; i++) {
		fd = queue_open(self->dev, self->id, 0);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, pthread_create(&thread, NULL, i ? read_one : receive_one, &fd));
		ASSERT_TRUE(EVENTUALLY(queue_stat(self->dev, self->id).receivers == 1));
		close(fd);
		EXPECT_EQ(1, queue_stat(self->dev, self->id).receivers);
		EXPECT_EQ(0, queue_put(self->dev, self->id, 1, 10, 0));
		ASSERT_EQ(0, pthread_join(thread, &result));
		EXPECT_EQ(0, (long)result);
	}
	/* one that nobody can find any more goes when the sleeper does */
	for (i = 0; i < 2; i++) {
		fd = queue_create(self->dev, 0);
		ASSERT_LE(0, fd);
		pid = i ? queue_reader(fd, 1) : queue_receiver(fd, SELF, 0, 0, 1);
		ASSERT_LT(0, pid);
		close(fd);
		EXPECT_EQ(before.msg_queues + 1, stats_of(self->dev).msg_queues);
		EXPECT_EQ(128 + SIGKILL, child_kill(pid));
		EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == before.msg_queues));
	}
}

/* Class 18. */
struct closing {
	int fd;
	int stop;
	int dev;
	long rounds;
};

static void *use_descriptor(void *data)
{
	struct closing *closing = data;
	char buf[100] = "";
	int fd;

	while (!LOAD(&closing->stop)) {
		fd = LOAD(&closing->fd);
		write(fd, buf, sizeof(buf));
		poll_now(fd, POLLIN | POLLOUT);
		queue_put(fd, SELF, 1, 5, NOWAIT);
		read(fd, buf, sizeof(buf));
		queue_take(fd, SELF, 0, NOWAIT, NULL);
		queue_filter(fd, 1, 0);
		queue_notify(fd, KIPC_NOTIFY_SIGNAL, SIGUSR1, 0);
		ADD(&closing->rounds, 1);
	}
	return NULL;
}

TEST_F_TIMEOUT(queue, operation_against_close_of_the_same_descriptor_is_safe, 60)
{
	struct closing closing = { .fd = -1, .dev = self->dev };
	pthread_t threads[2];
	int i, fd;

	signal(SIGUSR1, SIG_IGN);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, use_descriptor, &closing));
	for (i = 0; i < 2000; i++) {
		fd = queue_create(self->dev, KIPC_MSG_NONBLOCK);
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
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == 1));
}

/* --- sleepers that are killed */

TEST_F_TIMEOUT(queue, sleepers_that_are_killed_leave_nothing, 60)
{
	enum { SLEEPERS = 12 };
	pid_t pids[SLEEPERS];
	int round, i;

	ASSERT_EQ(2, queue_fill(self->fd, SELF, 1));
	ASSERT_EQ(0, queue_filter(self->fd, 7, 0));
	for (round = 0; round < 4; round++) {
		for (i = 0; i < SLEEPERS; i++) {
			pids[i] = child_fork();
			if (pids[i])
				continue;
			switch (i % 4) {
			case 0:
				queue_put(self->fd, SELF, 8, 1 + 600 * i, 0);
				break;
			case 1:
				queue_take(self->dev, self->id, 7, 0, NULL);
				break;
			case 2:
				write(self->fd, "hello", 5);
				break;
			case 3:
				read(self->fd, &i, sizeof(i));
				break;
			}
			_exit(1);
		}
		ASSERT_TRUE(EVENTUALLY(queue_stat(self->fd, SELF).senders == SLEEPERS / 2 &&
				       queue_stat(self->fd, SELF).receivers == SLEEPERS / 2));
		for (i = 0; i < SLEEPERS; i++)
			kill(pids[i * 5 % SLEEPERS], SIGKILL);
		for (i = 0; i < SLEEPERS; i++)
			EXPECT_EQ(128 + SIGKILL, child_wait(pids[i]));
		EXPECT_EQ(0, queue_stat(self->fd, SELF).senders);
		EXPECT_EQ(0, queue_stat(self->fd, SELF).receivers);
		EXPECT_TRUE(queue_holds(self->fd, SELF, 2, 2 * MSGMAX));
	}
}

/* --- KIPC_GET_AUTOREMOVE */

static int get_auto(int dev, int key)
{
	return queue_get(dev, key, KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE, 0600);
}

TEST_F(queue, queue_goes_with_its_creator_before_anybody_can_know_of_the_exit)
{
	int *id = shared_alloc(sizeof(int)), round, status, again;
	pid_t pid;

	ASSERT_NE(NULL, id);
	for (round = 0; round < 60; round++) {
		*id = -1;
		pid = child_fork();
		if (!pid) {
			*id = get_auto(self->dev, KEY);
			queue_fill(self->dev, *id, 5);
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
			EXPECT_FALSE(queue_exists(self->dev, *id));
			break;
		case 1:
			EXPECT_EQ(-1, queue_get(self->dev, KEY, 0, 0));
			EXPECT_EQ(ENOENT, errno);
			break;
		case 2:
			again = queue_get(self->dev, KEY, KIPC_GET_CREAT | KIPC_GET_EXCL, 0600);
			EXPECT_LE(0, again);
			EXPECT_EQ(0, queue_remove(self->dev, again));
			break;
		case 3:
			EXPECT_EQ(1, queue_info(self->dev).used_ids);
			EXPECT_EQ(0, queue_info(self->dev).messages);
			break;
		case 4:
			EXPECT_EQ(-1, queue_open(self->dev, *id, 0));
			break;
		}
		EXPECT_EQ(-1, queue_put(self->dev, *id, 1, 1, NOWAIT));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, queue_take(self->dev, *id, 0, NOWAIT, NULL));
		EXPECT_EQ(EINVAL, errno);
	}
}

/* A child that makes a queue of its own, and waits for a byte. */
static pid_t creator(int dev, int *id, const int *go)
{
	pid_t pid = child_fork();
	char c;

	if (!pid) {
		STORE(id, get_auto(dev, KEY));
		_exit(read(go[0], &c, 1) != 1);
	}
	return pid > 0 && EVENTUALLY(LOAD(id) >= 0) ? pid : -1;
}

TEST_F(queue, queue_that_removes_itself_waits_for_its_last_descriptor)
{
	int *id = shared_alloc(sizeof(int)), go[2], fd;
	pid_t pid, sleeper;

	ASSERT_NE(NULL, id);
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	*id = -1;
	pid = creator(self->dev, id, go);
	ASSERT_LT(0, pid);
	/* users may come and go while the creator lives */
	fd = queue_open(self->dev, *id, 0);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_TRUE(queue_exists(self->dev, *id));
	fd = queue_open(self->dev, *id, KIPC_MSG_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, queue_put(fd, SELF, 5, 50, 0));
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(*id, queue_get(self->dev, KEY, 0, 0));
	EXPECT_EQ(50, queue_take(self->dev, *id, 5, NOWAIT, NULL));
	/* a sleeper by id has no handle on it, and does not keep it */
	sleeper = child_fork();
	if (!sleeper) {
		close(fd);
		_exit(queue_take(self->dev, *id, 0, 0, NULL) < 0 ? errno : 0);
	}
	ASSERT_TRUE(wait_blocked(sleeper, SYS_ioctl));
	close(fd);
	EXPECT_EQ(EIDRM, child_wait(sleeper));
	EXPECT_FALSE(queue_exists(self->dev, *id));
}

TEST_F(queue, sleepers_in_a_queue_that_removes_itself_get_eidrm)
{
	int *id = shared_alloc(sizeof(int)), go[2];
	pid_t pid, sleepers[2];

	ASSERT_NE(NULL, id);
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	*id = -1;
	pid = creator(self->dev, id, go);
	ASSERT_LT(0, pid);
	ASSERT_EQ(2, queue_fill(self->dev, *id, 5));
	sleepers[0] = queue_receiver(self->dev, *id, 6, 0, 1);
	sleepers[1] = queue_sender(self->dev, *id, 7, 1);
	ASSERT_LT(0, sleepers[0]);
	ASSERT_LT(0, sleepers[1]);
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	/* nobody makes a call that would notice */
	EXPECT_EQ(EIDRM, child_wait(sleepers[0]));
	EXPECT_EQ(EIDRM, child_wait(sleepers[1]));
	EXPECT_FALSE(queue_exists(self->dev, *id));
}

/* --- instances */

TEST_F(queue, instances_have_ids_keys_and_limits_of_their_own)
{
	int device = kipc_open(), second, id, i, devs[3];
	struct kipc_stats before;

	ASSERT_LE(0, device);
	before = stats_of(device);
	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	ASSERT_LE(0, second);
	devs[0] = self->dev;
	devs[1] = second;
	devs[2] = device;
	for (i = 0; i < 3; i++) {
		id = queue_get(devs[i], KEY, KIPC_GET_CREAT | KIPC_GET_EXCL, 0600);
		ASSERT_LE(0, id);
		EXPECT_EQ(0, queue_put(devs[i], id, 5, 10 + i, 0));
	}
	EXPECT_EQ(before.msg_queues + 1, stats_of(device).msg_queues);
	EXPECT_EQ(1, stats_of(second).msg_queues);
	EXPECT_EQ(2, stats_of(self->dev).msg_queues);
	ASSERT_EQ(0, queue_limit_set("msgmax", 11));
	ASSERT_EQ(0, queue_limit_set("msgmni", 2));
	for (i = 0; i < 3; i++) {
		id = queue_get(devs[i], KEY, 0, 0);
		EXPECT_TRUE(queue_holds(devs[i], id, 1, 10 + i));
		EXPECT_EQ(i ? 0 : -1, queue_put(devs[i], id, 6, 12, NOWAIT));
		EXPECT_EQ(0, queue_remove(devs[i], id));
	}
	EXPECT_EQ(11, queue_info(self->dev).msgmax);
	EXPECT_EQ(MSGMAX, queue_info(second).msgmax);
	close(second);
	EXPECT_TRUE(EVENTUALLY(umount(SECOND) == 0));
	EXPECT_TRUE(EVENTUALLY(stats_of(device).msg_queues == before.msg_queues));
	close(device);
}

TEST_F(queue, umount_removes_queues_with_open_descriptors_but_not_those_without_an_id)
{
	long long objects = param_get("objects");
	int second, id, fd, nameless;
	pid_t pids[2];

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, second);
	id = queue_get(second, KEY, KIPC_GET_CREAT, 0600);
	ASSERT_LE(0, id);
	ASSERT_EQ(2, queue_fill(second, id, 5));
	/* one that nobody has open, with messages */
	ASSERT_LE(0, queue_fill(second, queue_new(second), 5));
	fd = queue_open(second, id, KIPC_MSG_CLOEXEC);
	nameless = queue_create(second, KIPC_MSG_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, nameless);
	EXPECT_EQ(0, queue_put(nameless, SELF, 5, 50, 0));
	/* a node keeps it mounted, descriptors do not */
	EXPECT_EQ(-1, umount(SECOND));
	EXPECT_EQ(EBUSY, errno);
	close(second);
	pids[0] = queue_receiver(fd, SELF, 6, 0, 1);
	pids[1] = queue_receiver(nameless, SELF, 6, 0, 60);
	ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));

	EXPECT_EQ(EIDRM, child_wait(pids[0]));
	expect_removed(_metadata, fd);
	close(fd);
	EXPECT_TRUE(task_is_blocked(pids[1], SYS_ioctl));
	EXPECT_EQ(0, queue_put(nameless, SELF, 6, 60, 0));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(50, queue_take(nameless, SELF, 5, NOWAIT, NULL));
	/* the place is free for a new instance, which has none of it */
	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	EXPECT_EQ(0, queue_info(second).used_ids);
	EXPECT_EQ(-1, queue_get(second, KEY, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_FALSE(queue_exists(second, id));
	close(second);
	ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));
	EXPECT_EQ(5, write(nameless, "hello", 5));
	EXPECT_EQ(0, queue_remove(nameless, SELF));
	expect_removed(_metadata, nameless);
	close(nameless);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
}

TEST_F(queue, lazily_unmounted_instance_works_until_its_last_node_is_closed)
{
	long long objects = param_get("objects");
	int second, id, fd;

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	ASSERT_LE(0, second);
	id = queue_get(second, KEY, KIPC_GET_CREAT, 0600);
	ASSERT_LE(0, id);
	fd = queue_open(second, id, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, umount2(SECOND, MNT_DETACH));
	EXPECT_EQ(id, queue_get(second, KEY, 0, 0));
	EXPECT_LE(0, queue_new(second));
	EXPECT_EQ(2, queue_info(second).used_ids);
	EXPECT_EQ(0, queue_put(second, id, 5, 10, 0));
	EXPECT_EQ(10, bytes_in(fd));
	close(second);
	EXPECT_TRUE(EVENTUALLY((poll_now(fd, POLLIN) & (POLLERR | POLLHUP)) ==
			       (POLLERR | POLLHUP)));
	expect_removed(_metadata, fd);
	close(fd);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
}

/* --- what comes out: class 8 */

TEST_F(queue, outputs_are_defined_to_the_last_byte)
{
	struct kipc_msg_stat a, b;
	struct kipc_msg_info c, d;

	/* the members that are inputs get what they need, all others must be written */
	memset(&a, POISON, sizeof(a));
	memset(&b, ~POISON, sizeof(b));
	a.perm.id = self->id;
	b.perm.id = self->id;
	a.flags = 0;
	b.flags = 0;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_MSG_STAT, &a));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_MSG_STAT, &b));
	EXPECT_TRUE(is_defined(&a, &b, sizeof(a)));
	EXPECT_EQ(0, a.flags);
	memset(&c, POISON, sizeof(c));
	memset(&d, ~POISON, sizeof(d));
	c.flags = 0;
	d.flags = 0;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_MSG_INFO, &c));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_MSG_INFO, &d));
	EXPECT_TRUE(is_defined(&c, &d, sizeof(c)));
	EXPECT_EQ(0, c.flags);
	EXPECT_EQ(0, c.reserved);
}

TEST_F(queue, calls_write_only_what_they_say)
{
	struct kipc_msg_receive receive, receive_same;
	struct kipc_msg_create create, create_same;
	struct kipc_msg_open open_arg, open_same;
	struct kipc_msg_get get, get_same;
	char buf[64];

	get = (struct kipc_msg_get) {
		.key = KEY, .flags = KIPC_GET_CREAT, .mode = 07777640, .id = -7,
	};
	get_same = get;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_MSG_GET, &get));
	EXPECT_LE(0, get.id);
	EXPECT_EQ(0640, queue_stat(self->dev, get.id).perm.mode);
	get_same.id = get.id;
	EXPECT_EQ(0, memcmp(&get, &get_same, sizeof(get)));
	EXPECT_EQ(0, queue_remove(self->dev, get.id));

	create = (struct kipc_msg_create) { .mode = 07777640, .fd = -7 };
	create_same = create;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_MSG_CREATE, &create));
	EXPECT_EQ(0640, queue_stat(create.fd, SELF).perm.mode);
	create_same.fd = create.fd;
	EXPECT_EQ(0, memcmp(&create, &create_same, sizeof(create)));
	close(create.fd);

	open_arg = (struct kipc_msg_open) { .id = self->id, .flags = KIPC_MSG_RDONLY, .fd = -7 };
	open_same = open_arg;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_MSG_OPEN, &open_arg));
	open_same.fd = open_arg.fd;
	EXPECT_EQ(0, memcmp(&open_arg, &open_same, sizeof(open_arg)));
	close(open_arg.fd);

	ASSERT_EQ(0, queue_put(self->fd, SELF, 77, 40, 0));
	memset(buf, POISON, sizeof(buf));
	receive = (struct kipc_msg_receive) {
		.id = SELF, .type = -100, .addr = (unsigned long)buf, .size = sizeof(buf),
		.timeout = 12345, .flags = KIPC_MSG_RELATIVE,
	};
	receive_same = receive;
	ASSERT_EQ(0, ioctl(self->fd, KIPC_IOC_MSG_RECEIVE, &receive));
	receive_same.type = 77;
	receive_same.size = 40;
	EXPECT_EQ(0, memcmp(&receive, &receive_same, sizeof(receive)));
	EXPECT_TRUE(is_pattern(buf, 40, 77));
	EXPECT_TRUE(is_all(buf + 40, POISON, sizeof(buf) - 40));
	/* nothing if it fails */
	receive = receive_same;
	receive.type = -100;
	receive.flags = NOWAIT;
	receive_same = receive;
	memset(buf, POISON, sizeof(buf));
	EXPECT_EQ(-1, ioctl(self->fd, KIPC_IOC_MSG_RECEIVE, &receive));
	EXPECT_EQ(ENOMSG, errno);
	EXPECT_EQ(0, memcmp(&receive, &receive_same, sizeof(receive)));
	EXPECT_TRUE(is_all(buf, POISON, sizeof(buf)));
}

/* --- the module: class 17 */

TEST_F_TIMEOUT(module, queues_and_messages_go_with_the_module, 120)
{
	static char large[MSGMAX];
	int round, i, id;

	for (round = 0; round < 4; round++) {
		for (i = 0; i < 20; i++) {
			id = queue_get(self->dev, i % 2 ? KEY + i : KIPC_KEY_PRIVATE,
				       KIPC_GET_CREAT, 0600);
			ASSERT_LE(0, id);
			while (!queue_send(self->dev, id, 1 + i, large, (i * 431) % MSGMAX + 1,
					   NOWAIT))
				;
			ASSERT_EQ(EAGAIN, errno);
		}
		close(self->dev);
		ASSERT_TRUE(module_unload());
		self->dev = module_load();
		ASSERT_LE(0, self->dev);
		EXPECT_EQ(0, stats_of(self->dev).msg_queues);
		EXPECT_EQ(0, queue_info(self->dev).used_ids);
		EXPECT_EQ(-1, queue_get(self->dev, KEY + 1, 0, 0));
		EXPECT_EQ(ENOENT, errno);
	}
}

/* Their creator has exited just now: what removes them must not outlive the module. */
TEST_F_TIMEOUT(module, module_goes_while_queues_remove_themselves, 120)
{
	int round, i, id;
	pid_t pid;

	for (round = 0; round < 5; round++) {
		pid = child_fork();
		if (!pid) {
			for (i = 0; i < 100; i++) {
				id = get_auto(self->dev, KIPC_KEY_PRIVATE);
				if (id < 0 || queue_put(self->dev, id, 5, i * 80, NOWAIT))
					_exit(1);
			}
			_exit(0);
		}
		EXPECT_EQ(0, child_wait(pid));
		close(self->dev);
		ASSERT_TRUE(module_unload());
		self->dev = module_load();
		ASSERT_LE(0, self->dev);
		EXPECT_EQ(0, stats_of(self->dev).msg_queues);
	}
}

/* Sleep in one of the ways on @fd, having nothing else open of the module. */
static pid_t sleeper_on(int dev, int fd, int way)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	static const long calls[] = { SYS_ioctl, SYS_read, CALL_POLL, SYS_ioctl, SYS_write };
	pid_t pid = child_fork();
	char c = 0;

	if (!pid) {
		close(dev);
		switch (way) {
		case 0:
			queue_take(fd, SELF, 5, 0, NULL);
			break;
		case 1:
			read(fd, &c, 1);
			break;
		case 2:
			poll(&pfd, 1, -1);
			break;
		case 3:
			queue_put(fd, SELF, 6, 200, 0);
			break;
		case 4:
			write(fd, &c, 1);
			break;
		}
		_exit(1);
	}
	return asleep_in(pid, calls[way]);
}

TEST_F(module, module_stays_while_a_queue_is_open_slept_on_or_polled)
{
	int fd, way, event = eventfd(0, EFD_CLOEXEC);
	pid_t pid;

	ASSERT_LE(0, event);
	fd = queue_create(self->dev, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, queue_notify(fd, KIPC_NOTIFY_EVENTFD, event, 0));
	close(self->dev);
	EXPECT_TRUE(unload_is_refused());
	/* one alone, of a queue that is removed */
	EXPECT_EQ(0, queue_remove(fd, SELF));
	EXPECT_TRUE(unload_is_refused());
	close(fd);

	for (way = 0; way < 5; way++) {
		self->dev = kipc_open();
		ASSERT_LE(0, self->dev);
		fd = queue_create(self->dev, 0);
		ASSERT_LE(0, fd);
		if (way >= 3)
			ASSERT_EQ(0, queue_resize(fd, SELF, 0));
		pid = sleeper_on(self->dev, fd, way);
		ASSERT_LT(0, pid);
		close(fd);
		close(self->dev);
		EXPECT_TRUE(unload_is_refused());
		EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	}
	ASSERT_TRUE(module_unload());
	self->dev = module_load();
	ASSERT_LE(0, self->dev);
	close(event);
}

TEST_HARNESS_MAIN
