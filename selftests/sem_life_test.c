// SPDX-License-Identifier: GPL-2.0
/*
 * How kipc's semaphore sets come to their end: removed while they are used, with their
 * creator, with their instance; and that every byte that comes out is defined.
 */
#include "module_fixture.h"
#include "sem_kipc_fixture.h"

#include <pthread.h>

#define KEY	0x6b697063
#define SECOND	MOUNTS "/second"

/* Expect that every call on the descriptor of a set that was removed says so. */
static void expect_removed(struct __test_metadata *_metadata, int fd)
{
	unsigned short values[4] = { 0 };
	struct kipc_sem_value value;
	struct kipc_sem_stat stat;
	struct sembuf op = SEM_OP(0, 1, 0);

	EXPECT_EQ(-1, sem_do_on(fd, 0, 1, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_do_on(fd, 0, 0, IPC_NOWAIT));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_do_on(fd, 0, 1, SEM_UNDO));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, SEM_DO_ON(fd, SEM_OP(0, 1, 0), SEM_OP(1, -1, 0)));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_one_on(fd, KIPC_SEM_ONE(0, 1)));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_value_on(fd, SELF, 0, &value));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_set_value_on(fd, SELF, 0, 1));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_get_all_on(fd, SELF, values, 4));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_set_all_on(fd, SELF, values, 4));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_set_on(fd, SELF, 0, 0, 0666));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_remove_on(fd, SELF));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_open_on(fd, SELF, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, sem_watch_on(fd, &op, 1));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(POLLERR | POLLHUP, poll_now(fd, POLLIN));
	/* but it can be looked at */
	EXPECT_EQ(0, sem_stat_on(fd, SELF, 0, &stat));
	EXPECT_EQ(SELF, stat.perm.id);
	EXPECT_EQ(KIPC_KEY_PRIVATE, stat.perm.key);
	EXPECT_EQ(0, stat.perm.seq);
	EXPECT_EQ(4, stat.nsems);
	EXPECT_EQ(0, stat.sleepers);
	EXPECT_EQ(0, stat.undos);
	EXPECT_LE(1, stat.fds);
}

/* --- removal */

TEST_F(set, removed_set_is_gone_for_its_descriptors_too)
{
	int fd, other, id, again;
	pid_t pids[3];

	id = sem->get(KEY, 4, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	fd = sem_open_on(self->dev, id, 0);
	other = sem_open_on(self->dev, id, KIPC_SEM_RDONLY);
	ASSERT_LE(0, other);
	EXPECT_EQ(0, poll_now(fd, POLLIN));
	EXPECT_EQ(0, sem_do_on(fd, 2, 1, SEM_UNDO));
	pids[0] = sem_sleeper_on(fd, 0, -1, 0);
	pids[1] = sem_sleeper_on(other, 2, 0, 0);
	pids[2] = SEM_SLEEPER(id, SEM_OP(0, -1, 0), SEM_OP(1, -1, 0));
	EXPECT_EQ(0, sem_rmid(id));
	EXPECT_EQ(EIDRM, child_wait(pids[0]));
	EXPECT_EQ(EIDRM, child_wait(pids[1]));
	EXPECT_EQ(EIDRM, child_wait(pids[2]));
	expect_removed(_metadata, fd);
	expect_removed(_metadata, fd);
	EXPECT_EQ(-1, sem_do_on(other, 0, 0, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_FALSE(sem_exists(id));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, sem_used());
	/* the key is free, and what has it now is another set */
	again = sem->get(KEY, 1, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, again);
	EXPECT_EQ(0, sem_do(again, 0, 1, 0));
	EXPECT_EQ(-1, sem_do_on(fd, 0, 1, 0));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(1, sem_getval(again, 0));
	close(fd);
	close(other);
	EXPECT_EQ(0, sem_rmid(again));
}

TEST_F(set, set_without_an_id_can_be_removed_by_its_descriptor)
{
	int fd = sem_create_on(self->dev, 4, 0600, 0);
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = sem_sleeper_on(fd, 3, -1, 0);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, sem_remove_on(fd, SELF));
	EXPECT_EQ(EIDRM, child_wait(pid));
	expect_removed(_metadata, fd);
	close(fd);
}

/* Who sleeps uses the set: closing the descriptor meanwhile takes nothing away. */
static void *sleep_on(void *data)
{
	int fd = *(int *)data;

	return (void *)(long)(sem_do_on(fd, 0, -1, 0) ? errno : 0);
}

TEST_F(set, closed_descriptor_leaves_its_sleeper_the_set)
{
	struct kipc_stats before = stats_of(self->dev);
	struct timespec ts = { .tv_nsec = 1 };
	int fd = sem_open_on(self->dev, self->id, 0), copy, i;
	struct sembuf op = SEM_OP(0, -1, 0);
	pthread_t thread;
	void *result;
	pid_t pid;

	ASSERT_LE(0, fd);
	copy = fd;
	ASSERT_EQ(0, pthread_create(&thread, NULL, sleep_on, &copy));
	ASSERT_TRUE(EVENTUALLY(sem_getncnt(self->id, 0) == 1));
	close(fd);
	EXPECT_EQ(1, sem_getncnt(self->id, 0));
	EXPECT_EQ(0, sem_do(self->id, 0, 1, 0));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(0, (long)result);

	/* one that nobody can find any more goes when the sleeper does */
	for (i = 0; i < 2; i++) {
		fd = sem_create_on(self->dev, 2, 0600, 0);
		ASSERT_LE(0, fd);
		pid = sem_sleeper_on(fd, 0, -1, 0);
		ASSERT_LT(0, pid);
		EXPECT_EQ(-1, sem_timedop_on(fd, SELF, &op, 1, &ts));
		close(fd);
		EXPECT_EQ(before.sem_sets + 1, stats_of(self->dev).sem_sets);
		EXPECT_TRUE(task_is_blocked(pid, SYS_ioctl));
		EXPECT_EQ(128 + SIGKILL, child_kill(pid));
		EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == before.sem_sets));
	}
}

/* --- KIPC_GET_AUTOREMOVE */

static int get_auto(key_t key)
{
	return sem->get(key, 4, IPC_CREAT | IPC_EXCL | SEM_GET_AUTOREMOVE | 0600);
}

TEST_F(set, set_goes_with_its_creator_before_anybody_can_know_of_the_exit)
{
	int *id = shared_alloc(sizeof(int)), round, status, again;
	struct seminfo info;
	struct semid_ds ds;
	pid_t pid;

	ASSERT_NE(NULL, id);
	for (round = 0; round < 120; round++) {
		*id = -1;
		pid = child_fork();
		if (!pid) {
			*id = get_auto(KEY);
			sem_do(*id, 0, 1, round % 3 ? SEM_UNDO : 0);
			if (round % 2)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		child_forget(pid);
		ASSERT_LE(0, *id);
		/* each of them is the first to look */
		switch (round % 12 / 2) {
		case 0:
			EXPECT_FALSE(sem_exists(*id));
			break;
		case 1:
			EXPECT_EQ(-1, sem->get(KEY, 1, 0));
			EXPECT_EQ(ENOENT, errno);
			break;
		case 2:
			again = sem->get(KEY, 1, IPC_CREAT | IPC_EXCL | 0600);
			EXPECT_LE(0, again);
			EXPECT_EQ(0, sem_rmid(again));
			break;
		case 3:
			EXPECT_EQ(sem_index(self->id), sem_info(SEM_INFO, &info));
			EXPECT_EQ(1, info.semusz);
			break;
		case 4:
			EXPECT_EQ(-1, sem_stat_any(sem_index(*id), &ds));
			break;
		case 5:
			EXPECT_EQ(-1, sem_open_on(self->dev, *id, 0));
			break;
		}
		EXPECT_EQ(-1, sem_do(*id, 0, 1, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_getval(*id, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(EVENTUALLY(sem_total() == 4));
}

TEST_F(set, set_that_removes_itself_waits_for_its_last_descriptor)
{
	int *id = shared_alloc(sizeof(int)), go[2], fd;
	pid_t pid, sleeper;
	char c;

	ASSERT_NE(NULL, id);
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	*id = -1;
	pid = child_fork();
	if (!pid) {
		STORE(id, get_auto(KEY));
		_exit(read(go[0], &c, 1) != 1);
	}
	ASSERT_TRUE(EVENTUALLY(LOAD(id) >= 0));
	/* users may come and go while the creator lives */
	fd = sem_open_on(self->dev, *id, 0);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_TRUE(sem_exists(*id));
	fd = sem_open_on(self->dev, *id, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(sem_exists(*id));
	EXPECT_EQ(*id, sem->get(KEY, 1, 0));
	EXPECT_EQ(0, sem_do(*id, 0, 1, 0));
	/* a sleeper by id has no handle on it, and does not keep it */
	sleeper = child_fork();
	if (!sleeper) {
		close(fd);
		_exit(sem_do(*id, 0, -2, 0) ? errno : 0);
	}
	ASSERT_TRUE(EVENTUALLY(sem_is_asleep(sleeper)));
	EXPECT_EQ(1, sem_value(fd, SELF, 0).value);
	close(fd);
	EXPECT_EQ(EIDRM, child_wait(sleeper));
	EXPECT_FALSE(sem_exists(*id));
	EXPECT_EQ(-1, sem->get(KEY, 1, 0));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(set, sleepers_in_a_set_that_removes_itself_get_eidrm)
{
	int *id = shared_alloc(sizeof(int)), go[2];
	pid_t pid, sleeper;
	char c;

	ASSERT_NE(NULL, id);
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	*id = -1;
	pid = child_fork();
	if (!pid) {
		STORE(id, get_auto(KEY));
		_exit(read(go[0], &c, 1) != 1);
	}
	ASSERT_TRUE(EVENTUALLY(LOAD(id) >= 0));
	sleeper = SEM_SLEEPER(*id, SEM_OP(0, -1, 0));
	ASSERT_LT(0, sleeper);
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	/* nobody makes a call that would notice */
	EXPECT_EQ(EIDRM, child_wait(sleeper));
	EXPECT_FALSE(sem_exists(*id));
}

TEST_F(set, many_go_at_once_with_their_creator)
{
	enum { COUNT = 300 };
	pid_t pid;
	int i;

	pid = child_fork();
	if (!pid) {
		for (i = 0; i < COUNT; i++)
			if (get_auto(KEY + i) < 0)
				_exit(1);
		_exit(sem_used() != COUNT + 1);
	}
	EXPECT_EQ(0, child_wait(pid));
	for (i = 0; i < COUNT; i++)
		EXPECT_EQ(-1, sem->get(KEY + i, 1, 0));
	EXPECT_EQ(1, sem_used());
	EXPECT_TRUE(EVENTUALLY(sem_total() == 4));
}

/* --- instances */

TEST_F(set, instances_have_ids_keys_and_limits_of_their_own)
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
		sem_dev = devs[i];
		id = sem->get(KEY, 10 + i, IPC_CREAT | IPC_EXCL | 0600);
		ASSERT_LE(0, id);
		EXPECT_EQ(0, sem_do(id, 9, i + 1, 0));
	}
	EXPECT_EQ(before.sem_sets + 1, stats_of(device).sem_sets);
	EXPECT_EQ(before.sems + 12, stats_of(device).sems);
	EXPECT_EQ(1, stats_of(second).sem_sets);
	EXPECT_EQ(11, stats_of(second).sems);
	for (i = 0; i < 3; i++) {
		sem_dev = devs[i];
		id = sem->get(KEY, 0, 0);
		EXPECT_EQ(10 + i, sem_ds(id).sem_nsems);
		EXPECT_EQ(i + 1, sem_getval(id, 9));
	}
	sem_dev = self->dev;
	ASSERT_EQ(0, sem_limit_set("sem", "20 100 2 2"));
	EXPECT_EQ(-1, sem_new(1));
	EXPECT_EQ(ENOSPC, errno);
	sem_dev = second;
	id = sem_new(21);
	EXPECT_LE(0, id);
	EXPECT_EQ(0, SEM_DO(id, SEM_OP(0, 1, 0), SEM_OP(1, 1, 0), SEM_OP(2, 1, 0)));
	for (i = 0; i < 3; i++) {
		sem_dev = devs[i];
		EXPECT_EQ(0, sem_rmid(sem->get(KEY, 0, 0)));
	}
	close(second);
	EXPECT_TRUE(EVENTUALLY(umount(SECOND) == 0));
	EXPECT_TRUE(EVENTUALLY(stats_of(device).sem_sets == before.sem_sets));
	close(device);
	sem_dev = self->dev;
}

TEST_F(set, umount_removes_sets_with_open_descriptors_but_not_those_without_an_id)
{
	long long objects = param_get("objects");
	int second, id, fd, nameless;
	pid_t pids[2];

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, second);
	sem_dev = second;
	id = sem->get(KEY, 4, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_LE(0, sem->get(KEY + 1, 2, IPC_CREAT | 0600));
	fd = sem_open_on(second, id, KIPC_SEM_CLOEXEC);
	nameless = sem_create_on(second, 4, 0600, KIPC_SEM_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, nameless);
	EXPECT_EQ(0, sem_do_on(nameless, 1, 5, 0));
	/* a node keeps it mounted, descriptors do not */
	EXPECT_EQ(-1, umount(SECOND));
	EXPECT_EQ(EBUSY, errno);
	close(second);
	sem_dev = self->dev;
	pids[0] = sem_sleeper_on(fd, 0, -1, 0);
	pids[1] = sem_sleeper_on(nameless, 0, -1, 0);
	ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));

	EXPECT_EQ(EIDRM, child_wait(pids[0]));
	expect_removed(_metadata, fd);
	close(fd);
	EXPECT_TRUE(task_is_blocked(pids[1], SYS_ioctl));
	EXPECT_EQ(5, sem_value(nameless, SELF, 1).value);
	EXPECT_EQ(0, sem_do_on(nameless, 0, 1, SEM_UNDO));
	EXPECT_EQ(0, child_wait(pids[1]));
	/* the place is free for a new instance, which has none of it */
	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	sem_dev = second;
	EXPECT_EQ(0, sem_used());
	EXPECT_EQ(0, sem_total());
	EXPECT_EQ(-1, sem->get(KEY, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_FALSE(sem_exists(id));
	close(second);
	ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));
	EXPECT_EQ(0, SEM_DO_ON(nameless, SEM_OP(1, -5, 0), SEM_OP(2, 1, 0)));
	EXPECT_EQ(0, sem_remove_on(nameless, SELF));
	expect_removed(_metadata, nameless);
	close(nameless);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
	sem_dev = self->dev;
}

TEST_F(set, lazily_unmounted_instance_works_until_its_last_node_is_closed)
{
	long long objects = param_get("objects");
	int second, id, fd;

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	ASSERT_LE(0, second);
	sem_dev = second;
	id = sem->get(KEY, 4, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	fd = sem_open_on(second, id, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, umount2(SECOND, MNT_DETACH));
	EXPECT_EQ(id, sem->get(KEY, 4, 0));
	EXPECT_LE(0, sem_new(1));
	EXPECT_EQ(2, sem_used());
	EXPECT_EQ(0, sem_do_on(fd, 0, 1, 0));
	EXPECT_EQ(1, sem_getval(id, 0));
	close(second);
	sem_dev = self->dev;
	EXPECT_TRUE(EVENTUALLY(poll_now(fd, POLLIN) == (POLLERR | POLLHUP)));
	expect_removed(_metadata, fd);
	close(fd);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
}

/*
 * The last node of an instance is closed while a process ends that has adjustments for its
 * sets, sleeps in one, or takes one with it.
 */
TEST_F_TIMEOUT(set, end_of_an_instance_against_the_end_of_a_process, 120)
{
	int *turn = shared_alloc(sizeof(*turn)), round, k, id, fd, node;
	long long objects = param_get("objects");
	pid_t pid;

	ASSERT_NE(NULL, turn);
	for (round = 0; round < 300; round++) {
		ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
		node = open_in(SECOND, "control", O_RDWR);
		ASSERT_LE(0, node);
		STORE(turn, 0);
		pid = child_fork();
		if (!pid) {
			close(self->dev);
			sem_dev = node;
			id = sem->get(KEY, 2, IPC_CREAT | 0600 |
				      (round % 3 == 1 ? SEM_GET_AUTOREMOVE : 0));
			fd = round % 2 ? sem_open_on(node, id, KIPC_SEM_CLOEXEC) : -1;
			if (id < 0 || sem_do(id, 0, 1, SEM_UNDO))
				_exit(1);
			close(node);
			STORE(turn, 1);
			while (LOAD(turn) != 2)
				;
			/* while it goes: done, or too late */
			if (fd >= 0 && sem_do_on(fd, 0, 1, SEM_UNDO) && errno != EIDRM)
				_exit(2);
			_exit(0);
		}
		ASSERT_TRUE(EVENTUALLY(LOAD(turn) == 1));
		ASSERT_EQ(0, umount2(SECOND, MNT_DETACH));
		STORE(turn, 2);
		/* a little later each time */
		for (k = 0; k < round / 2; k++)
			LOAD(turn);
		close(node);
		ASSERT_EQ(0, child_wait(pid));
		ASSERT_TRUE(EVENTUALLY(param_get("objects") == objects))
			TH_LOG("round %d", round);
		ASSERT_TRUE(EVENTUALLY(stats_of(self->dev).user_undos == 0));
	}
}

/* --- what comes out: class 8 */

TEST_F(set, outputs_are_defined_to_the_last_byte)
{
	struct kipc_sem_value v, w;
	struct kipc_sem_stat a, b;
	struct kipc_sem_info c, d;

	/* the members that are inputs get what they need, all others must be written */
	memset(&a, POISON, sizeof(a));
	memset(&b, ~POISON, sizeof(b));
	a.perm.id = self->id;
	b.perm.id = self->id;
	a.flags = 0;
	b.flags = 0;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_STAT, &a));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_STAT, &b));
	EXPECT_TRUE(is_defined(&a, &b, sizeof(a)));
	EXPECT_EQ(0, a.flags);
	memset(&c, POISON, sizeof(c));
	memset(&d, ~POISON, sizeof(d));
	c.flags = 0;
	d.flags = 0;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_INFO, &c));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_INFO, &d));
	EXPECT_TRUE(is_defined(&c, &d, sizeof(c)));
	memset(&v, POISON, sizeof(v));
	memset(&w, ~POISON, sizeof(w));
	v.id = self->id;
	w.id = self->id;
	v.num = 3;
	w.num = 3;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_GET_VALUE, &v));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_GET_VALUE, &w));
	EXPECT_TRUE(is_defined(&v, &w, sizeof(v)));
	EXPECT_EQ(0, v.reserved);
}

TEST_F(set, calls_write_only_what_they_say)
{
	struct kipc_sem_create create, create_same;
	struct kipc_sem_values values, values_same;
	struct kipc_sem_open open_arg, open_same;
	struct kipc_sem_get get, get_same;
	unsigned short array[8];

	get = (struct kipc_sem_get) {
		.key = KEY, .flags = KIPC_GET_CREAT, .nsems = 3, .mode = 07777640, .id = -7,
	};
	get_same = get;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_GET, &get));
	EXPECT_LE(0, get.id);
	EXPECT_EQ(0640, sem_ds(get.id).sem_perm.mode);
	get_same.id = get.id;
	EXPECT_EQ(0, memcmp(&get, &get_same, sizeof(get)));
	EXPECT_EQ(0, sem_rmid(get.id));

	create = (struct kipc_sem_create) { .mode = 07777640, .nsems = 3, .fd = -7 };
	create_same = create;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_CREATE, &create));
	create_same.fd = create.fd;
	EXPECT_EQ(0, memcmp(&create, &create_same, sizeof(create)));
	close(create.fd);

	open_arg = (struct kipc_sem_open) { .id = self->id, .flags = KIPC_SEM_RDONLY, .fd = -7 };
	open_same = open_arg;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_OPEN, &open_arg));
	open_same.fd = open_arg.fd;
	EXPECT_EQ(0, memcmp(&open_arg, &open_same, sizeof(open_arg)));
	close(open_arg.fd);

	memset(array, POISON, sizeof(array));
	values = (struct kipc_sem_values) {
		.id = self->id, .nsems = 8, .values = (unsigned long)array,
	};
	values_same = values;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_GET_ALL, &values));
	EXPECT_EQ(4, values.nsems);
	values_same.nsems = 4;
	EXPECT_EQ(0, memcmp(&values, &values_same, sizeof(values)));
	EXPECT_TRUE(is_all(array, 0, 4 * sizeof(*array)));
	EXPECT_TRUE(is_all(array + 4, POISON, 4 * sizeof(*array)));
}

/* --- the module */

/* Their creator has exited just now: what removes them must not outlive the module. */
TEST_F_TIMEOUT(module, module_goes_while_sets_remove_themselves, 120)
{
	int round, i, id;
	pid_t pid;

	sem = &sem_kipc;
	for (round = 0; round < 5; round++) {
		sem_dev = self->dev;
		pid = child_fork();
		if (!pid) {
			for (i = 0; i < 100; i++) {
				id = sem->get(IPC_PRIVATE, 2, SEM_GET_AUTOREMOVE | 0600);
				if (id < 0 || sem_do(id, 1, 1, SEM_UNDO))
					_exit(1);
			}
			_exit(0);
		}
		EXPECT_EQ(0, child_wait(pid));
		close(self->dev);
		ASSERT_TRUE(module_unload());
		self->dev = module_load();
		ASSERT_LE(0, self->dev);
		EXPECT_EQ(0, stats_of(self->dev).sem_sets);
	}
}

TEST_HARNESS_MAIN
