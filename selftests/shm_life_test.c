// SPDX-License-Identifier: GPL-2.0
/*
 * How kipc's segments come to their end: with their creator, their last user, their
 * instance; and that instances know nothing of each other.
 */
#include "shm_kipc_fixture.h"

#include <pthread.h>

#define KEY 0x6b697063

static int get_auto(int dev, key_t key, size_t size)
{
	struct kipc_shm_get arg = {
		.key = key, .size = size, .mode = 0600, .id = -7,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(dev, KIPC_IOC_SHM_GET, &arg) ? -1 : arg.id;
}

/* --- KIPC_GET_AUTOREMOVE */

static bool listed(int id)
{
	int max = shm->ctl(0, SHM_INFO, &(struct shm_info) { 0 }), index;
	struct shmid_ds ds;

	for (index = 0; index <= max; index++)
		if (shm->ctl(index, SHM_STAT, &ds) == id)
			return true;
	return false;
}

static bool in_table(int id)
{
	static char table[65536];
	char word[16];

	snprintf(word, sizeof(word), " %d ", id);
	return file_read(shm->table, table, sizeof(table)) > 0 && strstr(table, word);
}

TEST_F(segment, segment_goes_with_its_creator_before_anybody_can_know_of_the_exit)
{
	int *id = shared_alloc(sizeof(int)), round, status, again;
	pid_t pid;

	ASSERT_NE(NULL, id);
	for (round = 0; round < 200; round++) {
		*id = -1;
		pid = child_fork();
		if (!pid) {
			*id = get_auto(self->dev, KEY, 100 * PAGE);
			if (round % 2)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		child_forget(pid);
		ASSERT_LE(0, *id);
		/* each of them is the first to look */
		switch (round % 8 / 2) {
		case 0:
			EXPECT_FALSE(shm_exists(*id));
			break;
		case 1:
			EXPECT_EQ(-1, shm->get(KEY, 1, 0));
			EXPECT_EQ(ENOENT, errno);
			break;
		case 2:
			again = shm->get(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
			EXPECT_LE(0, again);
			EXPECT_EQ(0, shm_remove(again));
			break;
		case 3:
			EXPECT_FALSE(round % 16 < 8 ? listed(*id) : in_table(*id));
			break;
		}
		EXPECT_FALSE(shm_exists(*id));
		EXPECT_EQ(NOT_ATTACHED, shm->at(*id, NULL, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, seg_open(self->dev, *id, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(EVENTUALLY(shm_total() == 4));
}

TEST_F(segment, segment_that_removes_itself_waits_for_its_last_user)
{
	int *id = shared_alloc(sizeof(int)), go[2], fd = -1, how;
	char *p = NULL, c;
	pid_t pid;

	ASSERT_NE(NULL, id);
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	for (how = 0; how < 3; how++) {
		*id = -1;
		pid = child_fork();
		if (!pid) {
			__atomic_store_n(id, get_auto(self->dev, KEY, PAGE), __ATOMIC_SEQ_CST);
			_exit(read(go[0], &c, 1) != 1);
		}
		ASSERT_TRUE(EVENTUALLY(__atomic_load_n(id, __ATOMIC_SEQ_CST) >= 0));
		/* users may come and go while the creator lives */
		p = shm->at(*id, NULL, 0);
		ASSERT_NE(NOT_ATTACHED, p);
		EXPECT_EQ(0, shm->dt(p));
		EXPECT_TRUE(shm_exists(*id));
		if (how != 1)
			p = shm->at(*id, NULL, 0);
		if (how != 0)
			fd = seg_open(self->dev, *id, 0);
		ASSERT_EQ(1, write(go[1], "x", 1));
		EXPECT_EQ(0, child_wait(pid));
		EXPECT_TRUE(shm_exists(*id));
		EXPECT_EQ(*id, shm->get(KEY, 1, 0));
		if (how != 1)
			EXPECT_EQ(0, shm->dt(p));
		if (how == 2)
			EXPECT_TRUE(shm_exists(*id));
		if (how != 0)
			close(fd);
		EXPECT_FALSE(shm_exists(*id));
		EXPECT_EQ(-1, shm->get(KEY, 1, 0));
		EXPECT_EQ(ENOENT, errno);
	}
}

static void *create_in_thread(void *data)
{
	int *id = data;

	*id = get_auto(shm_dev, KEY, PAGE);
	return NULL;
}

TEST_F(segment, creator_is_the_process_and_not_its_thread_or_program)
{
	int *id = shared_alloc(sizeof(int)), fds[2];
	pthread_t thread;
	pid_t pid;

	ASSERT_NE(NULL, id);
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	*id = -1;
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, pthread_create(&thread, NULL, create_in_thread, id));
		EXPECT_EQ(0, pthread_join(thread, NULL));
		EXPECT_TRUE(shm_exists(*id));
		dup2(fds[0], 0);
		execl("/usr/bin/cat", "cat", NULL);
		_exit(97);
	}
	close(fds[0]);
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	EXPECT_TRUE(shm_exists(*id));
	close(fds[1]);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_FALSE(shm_exists(*id));
}

TEST_F(segment, children_of_the_creator_do_not_take_it_with_them)
{
	int id = get_auto(self->dev, KEY, PAGE);
	char *p = shm->at(id, NULL, 0);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_NE(NOT_ATTACHED, p);
	EXPECT_EQ(0, shm->dt(p));
	pid = child_fork();
	if (!pid)
		_exit(shm->at(id, NULL, 0) == NOT_ATTACHED);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(shm_exists(id));
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_FALSE(shm_exists(id));
}

TEST_F(segment, many_go_at_once_with_their_creator)
{
	enum { COUNT = 300 };
	pid_t pid;
	int i;

	pid = child_fork();
	if (!pid) {
		for (i = 0; i < COUNT; i++)
			if (get_auto(self->dev, KEY + i, PAGE) < 0)
				_exit(1);
		_exit(shm_used() != COUNT + 1);
	}
	EXPECT_EQ(0, child_wait(pid));
	for (i = 0; i < COUNT; i++)
		EXPECT_EQ(-1, shm->get(KEY + i, 1, 0));
	EXPECT_TRUE(EVENTUALLY(shm_used() == 1));
	EXPECT_TRUE(EVENTUALLY(shm_total() == 4));
}

TEST_F(segment, open_descriptor_is_a_user_for_forced_removal)
{
	int fd;
	char *p;

	fd = seg_open(self->dev, self->id, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, shm_limit_set("shm_rmid_forced", "1"));
	p = shm->at(self->id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_TRUE(shm_exists(self->id));
	close(fd);
	EXPECT_FALSE(shm_exists(self->id));
}

/* --- instances */

#define SECOND MOUNTS "/second"

TEST_F(segment, instances_have_ids_keys_and_limits_of_their_own)
{
	int device = kipc_open(), second, id, other, i;
	int devs[3];
	char *p;

	ASSERT_LE(0, device);
	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	ASSERT_LE(0, second);
	devs[0] = self->dev;
	devs[1] = second;
	devs[2] = device;
	for (i = 0; i < 3; i++) {
		shm_dev = devs[i];
		id = shm->get(KEY, PAGE * (i + 1), IPC_CREAT | IPC_EXCL | 0600);
		ASSERT_LE(0, id);
		p = shm->at(id, NULL, 0);
		ASSERT_NE(NOT_ATTACHED, p);
		p[0] = i + 1;
		/* any node detaches it */
		EXPECT_EQ(0, seg_detach(devs[(i + 1) % 3], p));
	}
	for (i = 0; i < 3; i++) {
		shm_dev = devs[i];
		id = shm->get(KEY, 0, 0);
		EXPECT_EQ(PAGE * (i + 1), shm_ds(id).shm_segsz);
		p = shm->at(id, NULL, 0);
		ASSERT_NE(NOT_ATTACHED, p);
		EXPECT_EQ(i + 1, p[0]);
		EXPECT_EQ(0, shm->dt(p));
	}
	shm_dev = self->dev;
	ASSERT_EQ(0, shm_limit_set("shmmni", "2"));
	EXPECT_EQ(-1, shm_new(1));
	EXPECT_EQ(ENOSPC, errno);
	shm_dev = second;
	other = shm_new(1);
	EXPECT_LE(0, other);
	for (i = 0; i < 3; i++) {
		shm_dev = devs[i];
		EXPECT_EQ(0, shm_remove(shm->get(KEY, 0, 0)));
	}
	close(second);
	EXPECT_EQ(0, umount(SECOND));
	close(device);
	shm_dev = self->dev;
}

TEST_F(segment, memory_in_use_outlives_its_instance)
{
	long long objects = param_get("objects");
	struct kipc_shm_stat stat;
	int second, id, fd, lost;
	char *p, *q;

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	ASSERT_LE(0, second);
	shm_dev = second;
	id = shm->get(KEY, 2 * PAGE, IPC_CREAT | 0600);
	lost = shm->get(KEY + 1, 2 * PAGE, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_LE(0, lost);
	p = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	fd = seg_open(second, id, 0);
	ASSERT_LE(0, fd);
	/* a node keeps it mounted, memory does not */
	EXPECT_EQ(-1, umount(SECOND));
	EXPECT_EQ(EBUSY, errno);
	close(second);
	ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));

	pattern(p, 2 * PAGE, 1);
	q = seg_map(fd, 2 * PAGE, RW, MAP_SHARED);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_TRUE(is_pattern(q, 2 * PAGE, 1));
	stat = seg_stat(fd, KIPC_ID_SELF);
	EXPECT_EQ(2, stat.nattch);
	EXPECT_EQ(1, stat.fds);
	EXPECT_EQ(2 * PAGE, stat.size);
	/* the place is free for a new instance, which has none of it */
	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	shm_dev = second;
	EXPECT_EQ(0, shm_used());
	EXPECT_EQ(-1, shm->get(KEY, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_FALSE(shm_exists(id));
	/* yet it detaches what is mapped */
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm->dt(q));
	close(second);
	ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));
	EXPECT_EQ(0, seg_stat(fd, KIPC_ID_SELF).nattch);
	close(fd);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
	shm_dev = self->dev;
}

TEST_F(segment, lazily_unmounted_instance_works_until_its_last_node_is_closed)
{
	long long objects = param_get("objects");
	int second, id;

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	second = open_in(SECOND, "control", O_RDWR);
	ASSERT_LE(0, second);
	shm_dev = second;
	id = shm->get(KEY, PAGE, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, umount2(SECOND, MNT_DETACH));
	EXPECT_EQ(id, shm->get(KEY, PAGE, 0));
	EXPECT_LE(0, shm_new(PAGE));
	EXPECT_EQ(2, shm_used());
	close(second);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
	shm_dev = self->dev;
}

/* --- what comes out */

TEST_F(segment, outputs_are_defined_to_the_last_byte)
{
	struct kipc_shm_stat a, b;
	struct kipc_shm_info c, d;

	/* the members that are inputs get what they need, all others must be written */
	memset(&a, POISON, sizeof(a));
	memset(&b, ~POISON, sizeof(b));
	a.perm.id = self->id;
	b.perm.id = self->id;
	a.flags = 0;
	b.flags = 0;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_STAT, &a));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_STAT, &b));
	EXPECT_TRUE(is_defined(&a, &b, sizeof(a)));
	EXPECT_EQ(0, a.flags);
	memset(&c, POISON, sizeof(c));
	memset(&d, ~POISON, sizeof(d));
	c.flags = 0;
	d.flags = 0;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_INFO, &c));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_INFO, &d));
	EXPECT_TRUE(is_defined(&c, &d, sizeof(c)));
	EXPECT_EQ(0, c.rss);
	EXPECT_EQ(0, c.swap);
}

TEST_F(segment, calls_write_only_what_they_say)
{
	struct kipc_shm_get get, get_same;
	struct kipc_shm_create create, create_same;
	struct kipc_shm_open open_arg, open_same;
	struct kipc_shm_attach attach, attach_same;

	get = (struct kipc_shm_get) {
		.key = KEY, .flags = KIPC_GET_CREAT, .size = 5000, .mode = 07777640, .id = -7,
	};
	get_same = get;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_GET, &get));
	EXPECT_LE(0, get.id);
	EXPECT_EQ(0640, shm_ds(get.id).shm_perm.mode);
	get_same.id = get.id;
	EXPECT_EQ(0, memcmp(&get, &get_same, sizeof(get)));
	EXPECT_EQ(0, shm_remove(get.id));

	create = (struct kipc_shm_create) { .mode = 07777640, .size = 5000, .fd = -7 };
	create_same = create;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_CREATE, &create));
	create_same.fd = create.fd;
	EXPECT_EQ(0, memcmp(&create, &create_same, sizeof(create)));
	EXPECT_EQ(0640, seg_stat(create.fd, KIPC_ID_SELF).perm.mode & 0777);
	close(create.fd);

	open_arg = (struct kipc_shm_open) { .id = self->id, .flags = KIPC_SHM_RDONLY, .fd = -7 };
	open_same = open_arg;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_OPEN, &open_arg));
	open_same.fd = open_arg.fd;
	EXPECT_EQ(0, memcmp(&open_arg, &open_same, sizeof(open_arg)));
	close(open_arg.fd);

	attach = (struct kipc_shm_attach) { .id = self->id, .flags = KIPC_SHM_RDONLY };
	attach_same = attach;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_ATTACH, &attach));
	EXPECT_NE(0, attach.addr);
	EXPECT_EQ(0, seg_detach(self->dev, (void *)(unsigned long)attach.addr));
	attach_same.addr = attach.addr;
	EXPECT_EQ(0, memcmp(&attach, &attach_same, sizeof(attach)));
}

TEST_F(segment, sizes_of_pages_that_are_none_are_refused)
{
	static const unsigned int shifts[] = { 1, 12, 13, 20, 22, 29, 31, 34, 63, 64, 255, ~0U };
	struct kipc_shm_get get = { .size = 1, .mode = 0600 };
	struct kipc_shm_create create = { .size = 1, .mode = 0600, .fd = -7 };
	size_t i;

	for (i = 0; i <= ARRAY_SIZE(shifts); i++) {
		get.flags = KIPC_SHM_HUGE;
		get.page_shift = 0;
		if (i < ARRAY_SIZE(shifts))
			get.page_shift = shifts[i];
		else
			get.flags = KIPC_SHM_HUGE | KIPC_SHM_NO_HUGE;
		get.id = -7;
		create.flags = get.flags;
		create.page_shift = get.page_shift;
		EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_SHM_GET, &get));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-7, get.id);
		EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_SHM_CREATE, &create));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-7, create.fd);
	}
	EXPECT_EQ(1, shm_used());
}

TEST_HARNESS_MAIN
