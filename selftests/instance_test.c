// SPDX-License-Identifier: GPL-2.0
/*
 * Instances: the control node of a mount, what two instances do not share, whose
 * capabilities count in one, and when it goes. Shared memory stands for all objects
 * that have an id.
 */
#include "instance_fixture.h"

/* --- the control node */

TEST_F(instance, control_serves_the_same_calls_as_the_device)
{
	struct kipc_query dev, own;
	unsigned int nr, served = 0;

	for (nr = 0; nr < 256; nr++) {
		memset(&dev, 0, sizeof(dev));
		memset(&own, 0, sizeof(own));
		dev.nr = nr;
		own.nr = nr;
		EXPECT_EQ(ioctl(self->dev, KIPC_IOC_QUERY, &dev),
			  ioctl(self->in.node, KIPC_IOC_QUERY, &own));
		EXPECT_EQ(0, memcmp(&dev, &own, sizeof(dev)));
		served += !!(own.targets & KIPC_ON_INSTANCE);
	}
	/*
	 * query, stats, a pipe, and of segments and semaphore sets all but what a descriptor
	 * needs
	 */
	EXPECT_LE(24, served);
	EXPECT_EQ(-1, ioctl(self->in.node, _IO(KIPC_IOC_TYPE, 0xff)));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_F(instance, pipe_made_on_control_belongs_to_the_instance)
{
	unsigned long long pipes = stats_of(self->in.node).pipes;
	int fds[2];

	ASSERT_EQ(0, kipc_pipe(self->in.node, fds, KIPC_PIPE_CLOEXEC, 0));
	EXPECT_EQ(pipes + 1, stats_of(self->in.node).pipes);
	EXPECT_EQ(self->before.pipes, stats_of(self->dev).pipes);
	EXPECT_TRUE(write_pattern(fds[1], 1000, 0));
	EXPECT_TRUE(read_pattern(fds[0], 1000, 0));
	close(fds[0]);
	close(fds[1]);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->in.node).pipes == pipes));
}

TEST_F(instance, control_is_a_file_that_everybody_may_open_but_not_read_or_map)
{
	struct stat st;
	char buf[8];
	pid_t pid;

	ASSERT_EQ(0, fstat(self->in.node, &st));
	EXPECT_EQ(S_IFREG | 0666, st.st_mode);
	EXPECT_GT(0, read(self->in.node, buf, sizeof(buf)));
	EXPECT_GT(0, write(self->in.node, buf, sizeof(buf)));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->in.node, 0));
	pid = child_fork();
	if (!pid) {
		struct instance in = { .dir = OWN };

		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, instance_open(&in));
		EXPECT_LE(0, segment(&in, KEY));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_LE(0, seg_get(&self->in, KEY, 0, 0));
}

TEST_F(instance, any_open_mode_of_control_serves_calls)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	struct instance in = { .dir = OWN };
	size_t i;
	int id;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		in.node = open_in(OWN, "control", modes[i]);
		ASSERT_LE(0, in.node);
		id = segment(&in, KEY + i);
		EXPECT_LE(0, id);
		EXPECT_TRUE(seg_exists(&self->in, id));
		close(in.node);
	}
}

/* --- what is not shared */

TEST_F(instance, ids_and_keys_of_instances_are_separate)
{
	struct instance second = { .dir = SECOND }, dev = { .node = self->dev };
	int a, b, c, more;
	struct shmid_ds ds;

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	ASSERT_EQ(0, instance_open(&second));
	a = seg_get(&self->in, KEY, 1000, IPC_CREAT | IPC_EXCL | 0600);
	b = seg_get(&second, KEY, 2000, IPC_CREAT | IPC_EXCL | 0600);
	c = seg_get(&dev, KEY, 3000, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	ASSERT_LE(0, c);
	EXPECT_EQ(0, seg_stat(&self->in, a, &ds));
	EXPECT_EQ(1000, ds.shm_segsz);
	EXPECT_EQ(0, seg_stat(&second, b, &ds));
	EXPECT_EQ(2000, ds.shm_segsz);
	EXPECT_EQ(0, seg_stat(&dev, c, &ds));
	EXPECT_EQ(3000, ds.shm_segsz);

	/* an id that only one of them has is not known in the others */
	more = segment(&self->in, KEY + 1);
	ASSERT_LE(0, more);
	EXPECT_NE(more, b);
	EXPECT_FALSE(seg_exists(&second, more));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, seg_get(&second, KEY + 1, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, seg_get(&dev, KEY + 1, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(2, seg_info(&self->in).used_ids);
	EXPECT_EQ(1, seg_info(&second).used_ids);
	EXPECT_EQ(2, stats_of(self->in.node).shm_segments);
	EXPECT_EQ(1, stats_of(second.node).shm_segments);
	EXPECT_EQ(self->before.shm_segments + 1, stats_of(self->dev).shm_segments);

	/* and removing in one removes nothing in another */
	EXPECT_EQ(0, seg_remove(&self->in, a));
	EXPECT_EQ(b, seg_get(&second, KEY, 0, 0));
	EXPECT_EQ(c, seg_get(&dev, KEY, 0, 0));
	EXPECT_EQ(0, seg_remove(&dev, c));
	close(second.node);
	EXPECT_EQ(0, umount(SECOND));
}

TEST_F(instance, limits_and_tables_of_instances_are_separate)
{
	struct instance second = { .dir = SECOND }, dev = { .node = self->dev };
	unsigned long long dev_mni = seg_info(&dev).shmmni;
	char table[4096], other[4096];

	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	ASSERT_EQ(0, instance_open(&second));
	ASSERT_LT(0, file_read(path_in(&second, "sysvipc/shm"), other, sizeof(other)));
	ASSERT_LE(0, segment(&self->in, KEY));
	ASSERT_LT(0, file_read(path_in(&second, "sysvipc/shm"), table, sizeof(table)));
	EXPECT_STREQ(other, table);
	ASSERT_LT(0, file_read(path_in(&self->in, "sysvipc/shm"), table, sizeof(table)));
	EXPECT_LT(strlen(other), strlen(table));

	EXPECT_EQ(0, file_write(path_in(&self->in, "limits/shmmni"), "1"));
	EXPECT_STREQ("1\n", text_in(&self->in, "limits/shmmni"));
	EXPECT_STREQ("4096\n", text_in(&second, "limits/shmmni"));
	EXPECT_EQ(1, seg_info(&self->in).shmmni);
	EXPECT_EQ(4096, seg_info(&second).shmmni);
	EXPECT_EQ(dev_mni, seg_info(&dev).shmmni);
	EXPECT_EQ(-1, segment(&self->in, KEY + 1));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_LE(0, segment(&second, KEY + 1));
	EXPECT_LE(0, segment(&second, KEY + 2));
	close(second.node);
	EXPECT_EQ(0, umount(SECOND));
}

TEST_F(instance, bind_mounts_and_new_namespaces_show_the_same_instance)
{
	struct instance again = { .dir = SECOND };
	int id = segment(&self->in, KEY);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, mkdir(SECOND, 0755));
	ASSERT_EQ(0, mount(OWN, SECOND, NULL, MS_BIND, NULL));
	ASSERT_EQ(0, instance_open(&again));
	EXPECT_EQ(id, seg_get(&again, KEY, 0, 0));
	close(again.node);
	/* one of the two mounts is not the instance */
	EXPECT_EQ(0, umount(SECOND));
	EXPECT_TRUE(seg_exists(&self->in, id));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWNS));
		again.node = open_in(OWN, "control", O_RDWR);
		EXPECT_EQ(id, seg_get(&again, KEY, 0, 0));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

/* --- whose capabilities count */

/* A process of user 1 of the namespace makes a segment that only it may use. */
static int others_segment(const struct instance *in, int *id)
{
	pid_t pid = child_fork();

	if (!pid) {
		if (become(1))
			_exit(1);
		*id = seg_get(in, KEY, 4096, IPC_CREAT | IPC_EXCL | 0600);
		_exit(*id < 0);
	}
	return child_wait(pid);
}

/* What one with these capabilities in the mounter's namespace may do there. */
static int errors_with(const struct instance *in, int cap, int id, int *attach)
{
	int *errors = shared_alloc(2 * sizeof(*errors)), remove;
	pid_t pid = child_fork();

	if (!pid) {
		errors[0] = 1000;
		if (!capabilities_drop_all_but(cap)) {
			errors[0] = seg_attach(in, id) ? 0 : errno;
			errors[1] = seg_remove(in, id) ? errno : 0;
		}
		_exit(0);
	}
	child_wait(pid);
	*attach = errors[0];
	remove = errors[1];
	munmap(errors, 2 * sizeof(*errors));
	return remove;
}

TEST_F(instance, capabilities_count_in_the_namespace_of_the_mounter)
{
	int *id = shared_alloc(2 * sizeof(*id)), attach;
	pid_t pid;

	ASSERT_NE(NULL, id);
	ASSERT_EQ(0, mkdir(USER, 0755));
	pid = child_fork();
	if (!pid) {
		struct instance in = { .dir = USER };

		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(0, kipcfs_mount(USER, NULL));
		EXPECT_EQ(0, instance_open(&in));
		EXPECT_EQ(0, others_segment(&in, id));

		EXPECT_EQ(EPERM, errors_with(&in, -1, *id, &attach));
		EXPECT_EQ(EACCES, attach);
		EXPECT_EQ(EPERM, errors_with(&in, CAP_IPC_OWNER, *id, &attach));
		EXPECT_EQ(0, attach);
		EXPECT_EQ(0, errors_with(&in, CAP_SYS_ADMIN, *id, &attach));
		EXPECT_EQ(EACCES, attach);
		EXPECT_FALSE(seg_exists(&in, *id));
		EXPECT_EQ(EINVAL, errno);

		/* owner 1 is 1001 outside, and the other way round */
		EXPECT_EQ(0, others_segment(&in, id));
		EXPECT_EQ(0, seg_set(&in, *id, 0, 0, 0600));
		EXPECT_EQ(-1, seg_set(&in, *id, OTHER_UID, 0, 0600));
		EXPECT_EQ(EINVAL, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(instance, capabilities_of_a_user_namespace_do_not_count_outside_of_it)
{
	struct instance dev = { .node = self->dev };
	int *id = shared_alloc(2 * sizeof(*id)), attach;
	pid_t pid;

	ASSERT_NE(NULL, id);
	ASSERT_EQ(0, chmod(OWN, 0755));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		/* of the initial namespace, a mount and the device */
		EXPECT_EQ(0, others_segment(&self->in, &id[0]));
		EXPECT_EQ(EPERM, errors_with(&self->in, CAP_SYS_ADMIN, id[0], &attach));
		EXPECT_EQ(EACCES, attach);
		EXPECT_EQ(EPERM, errors_with(&self->in, CAP_IPC_OWNER, id[0], &attach));
		EXPECT_EQ(EACCES, attach);
		EXPECT_EQ(0, others_segment(&dev, &id[1]));
		EXPECT_EQ(-1, seg_remove(&dev, id[1]));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(NULL, seg_attach(&dev, id[1]));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, seg_set(&dev, id[1], 0, 0, 0666));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(seg_exists(&self->in, id[0]));
	/* real root may */
	EXPECT_EQ(0, seg_remove(&dev, id[1]));
}

TEST_F(instance, root_outside_has_all_rights_in_the_instance_of_a_user_namespace)
{
	int *id = shared_alloc(sizeof(*id)), *ready = shared_alloc(sizeof(*ready));
	struct instance in;
	char dir[64];
	struct shmid_ds ds;
	pid_t pid;
	char *p;

	ASSERT_NE(NULL, id);
	ASSERT_NE(NULL, ready);
	ASSERT_EQ(0, mkdir(USER, 0755));
	pid = child_fork();
	if (!pid) {
		in.dir = USER;
		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(0, kipcfs_mount(USER, NULL));
		in.node = open_in(USER, "control", O_RDWR);
		EXPECT_EQ(0, others_segment(&in, id));
		STORE(ready, _metadata->passed ? 1 : 2);
		pause();
		_exit(1);
	}
	ASSERT_TRUE(EVENTUALLY(LOAD(ready)));
	ASSERT_EQ(1, LOAD(ready));
	snprintf(dir, sizeof(dir), "/proc/%d/root" USER, pid);
	in.dir = dir;
	ASSERT_EQ(0, instance_open(&in));
	EXPECT_EQ(0, seg_stat(&in, *id, &ds));
	EXPECT_EQ(THIRD_UID, ds.shm_perm.uid);
	EXPECT_EQ(THIRD_UID, ds.shm_perm.cuid);
	p = seg_attach(&in, *id);
	EXPECT_NE(NULL, p);
	EXPECT_EQ(0, seg_remove(&in, *id));
	EXPECT_EQ(0, seg_detach(&in, p));
	close(in.node);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
}

TEST_F(instance, any_user_has_an_instance_of_its_own_in_a_user_namespace)
{
	pid_t pid;

	ASSERT_EQ(0, mkdir(USER, 0755));
	pid = child_fork();
	if (!pid) {
		struct instance in = { .dir = USER };
		struct stat st;
		struct shmid_ds ds;
		char text[64];
		int id;

		EXPECT_EQ(0, user_namespace_enter(OTHER_UID));
		EXPECT_EQ(0, kipcfs_mount(USER, NULL));
		EXPECT_EQ(0, instance_open(&in));
		EXPECT_EQ(0, fstat(in.node, &st));
		EXPECT_EQ(0, st.st_uid);
		EXPECT_EQ(0, st.st_gid);
		id = segment(&in, KEY);
		EXPECT_LE(0, id);
		EXPECT_EQ(0, seg_stat(&in, id, &ds));
		EXPECT_EQ(0, ds.shm_perm.uid);
		EXPECT_EQ(0, ds.shm_perm.cuid);
		EXPECT_EQ(0, seg_remove(&in, id));
		/* the limits are the mounter's, too */
		EXPECT_EQ(0, file_write(path_in(&in, "limits/shmmni"), "0"));
		EXPECT_EQ(-1, segment(&in, KEY));
		EXPECT_EQ(ENOSPC, errno);
		/* but for what would keep others from running */
		EXPECT_EQ(0, file_write(path_in(&in, "limits/sem"), "8 8 500 8"));
		EXPECT_EQ(-1, file_write(path_in(&in, "limits/sem"), "9 9 501 9"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_LT(0, file_read(path_in(&in, "limits/sem"), text, sizeof(text)));
		EXPECT_STREQ("8\t8\t500\t8\n", text);
		EXPECT_EQ(-1, kipcfs_mount(USER, "semopm=501"));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

/* Nor need who owns a mount take back what was set for them, to set something else. */
TEST_F(instance, owner_of_a_mount_keeps_what_is_for_the_administrator_to_set)
{
	char text[64], options[64];
	pid_t pid;

	ASSERT_EQ(0, mkdir(USER, 0755));
	snprintf(options, sizeof(options), "uid=%d,semopm=1000", OTHER_UID);
	ASSERT_EQ(0, kipcfs_mount(USER, options));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, file_write(USER "/limits/sem", "8 8 1000 8"));
		EXPECT_EQ(-1, file_write(USER "/limits/sem", "9 9 1001 9"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_LT(0, file_read(USER "/limits/sem", text, sizeof(text)));
		EXPECT_STREQ("8\t8\t1000\t8\n", text);
		EXPECT_EQ(0, file_write(USER "/limits/sem", "8 8 900 8"));
		EXPECT_EQ(-1, file_write(USER "/limits/sem", "8 8 1000 8"));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, umount(USER));
}

/* --- when an instance goes */

TEST_F(instance, umount_takes_all_objects_with_it)
{
	struct stat st;
	int i;

	for (i = 0; i < 20; i++)
		ASSERT_LE(0, seg_get(&self->in, i % 2 ? KEY + i : IPC_PRIVATE, 10000,
				     IPC_CREAT | 0600));
	EXPECT_EQ(20, stats_of(self->in.node).shm_segments);
	EXPECT_EQ(60, stats_of(self->in.node).shm_pages);
	EXPECT_LE(self->objects + 20, param_get("objects"));
	instance_close(&self->in);
	ASSERT_TRUE(EVENTUALLY(umount(OWN) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
	EXPECT_EQ(-1, stat(OWN "/control", &st));
	EXPECT_EQ(ENOENT, errno);

	/* the next mount starts with nothing, and at the beginning */
	ASSERT_EQ(0, kipcfs_mount(OWN, NULL));
	self->in.node = open_in(OWN, "control", O_RDWR);
	EXPECT_EQ(0, seg_info(&self->in).used_ids);
	EXPECT_EQ(-1, seg_info(&self->in).max_index);
	EXPECT_EQ(-1, seg_get(&self->in, KEY + 1, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, segment(&self->in, KEY + 1));
}

TEST_F(instance, open_nodes_keep_a_mount_busy)
{
	static const char *const nodes[] = {
		"control", "sysvipc/shm", "sysvipc/sem", "sysvipc/msg", "limits/shmmax",
	};
	size_t i;
	int fd;

	instance_close(&self->in);
	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		fd = open_in(OWN, nodes[i], O_RDONLY);
		ASSERT_LE(0, fd)
			TH_LOG("%s: %s", nodes[i], strerror(errno));
		EXPECT_EQ(-1, umount(OWN));
		EXPECT_EQ(EBUSY, errno);
		close(fd);
	}
}

TEST_F(instance, lazily_unmounted_instance_lives_until_its_control_is_closed)
{
	int id = segment(&self->in, KEY), more;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, umount2(OWN, MNT_DETACH));
	EXPECT_EQ(id, seg_get(&self->in, KEY, 0, 0));
	more = segment(&self->in, KEY + 1);
	EXPECT_LE(0, more);
	EXPECT_EQ(2, stats_of(self->in.node).shm_segments);
	EXPECT_LE(self->objects + 2, param_get("objects"));
	EXPECT_EQ(0, seg_remove(&self->in, more));
	EXPECT_EQ(1, seg_info(&self->in).used_ids);
	instance_close(&self->in);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

TEST_F(instance, lazily_unmounted_instance_lives_until_its_table_is_closed)
{
	char buf[1024] = "";
	int fd;

	ASSERT_LE(0, segment(&self->in, KEY));
	fd = open(path_in(&self->in, "sysvipc/shm"), O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	instance_close(&self->in);
	ASSERT_EQ(0, umount2(OWN, MNT_DETACH));
	EXPECT_LT(0, read(fd, buf, sizeof(buf) - 1));
	EXPECT_NE(NULL, strstr(buf, "1263095875"));
	EXPECT_LT(self->objects, param_get("objects"));
	close(fd);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

TEST_F(instance, attached_segment_outlives_its_mount)
{
	struct instance dev = { .node = self->dev };
	int id = segment(&self->in, KEY);
	pid_t pid;
	char *p;

	ASSERT_LE(0, id);
	p = seg_attach(&self->in, id);
	ASSERT_NE(NULL, p);
	pattern(p, 4000, 0);
	instance_close(&self->in);
	/* it does not keep the mount busy either */
	ASSERT_TRUE(EVENTUALLY(umount(OWN) == 0));
	EXPECT_LT(self->objects, param_get("objects"));
	EXPECT_TRUE(is_pattern(p, 4000, 0));
	p[4095] = 'x';
	pid = child_fork();
	if (!pid) {
		EXPECT_TRUE(is_pattern(p, 4000, 0));
		p[0] = 'c';
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ('c', p[0]);
	/* any instance detaches it */
	EXPECT_EQ(0, seg_detach(&dev, p));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

TEST_F(instance, descriptor_of_a_segment_outlives_its_mount)
{
	struct kipc_shm_open arg = { .fd = -1, .flags = KIPC_SHM_CLOEXEC };
	struct kipc_shm_stat stat;
	struct stat st;
	char *p;

	arg.id = segment(&self->in, KEY);
	ASSERT_LE(0, arg.id);
	ASSERT_EQ(0, ioctl(self->in.node, KIPC_IOC_SHM_OPEN, &arg));
	instance_close(&self->in);
	ASSERT_TRUE(EVENTUALLY(umount(OWN) == 0));
	EXPECT_LT(self->objects, param_get("objects"));
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, arg.fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	pattern(p, 4096, 0);
	memset(&stat, POISON, sizeof(stat));
	stat.perm.id = KIPC_ID_SELF;
	stat.flags = 0;
	ASSERT_EQ(0, ioctl(arg.fd, KIPC_IOC_SHM_STAT, &stat));
	EXPECT_EQ(4096, stat.size);
	EXPECT_EQ(1, stat.nattch);
	EXPECT_EQ(1, stat.fds);
	EXPECT_EQ(0, fstat(arg.fd, &st));
	EXPECT_EQ(4096, st.st_size);
	close(arg.fd);
	EXPECT_TRUE(is_pattern(p, 4096, 0));
	EXPECT_LT(self->objects, param_get("objects"));
	EXPECT_EQ(0, munmap(p, 4096));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

TEST_F_TIMEOUT(instance, mounts_come_and_go_with_their_objects, 120)
{
	struct instance in = { .dir = SECOND };
	char *p = NULL, *last = NULL;
	int i, k, id = -1;

	for (i = 0; i < 30; i++) {
		ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
		ASSERT_EQ(0, instance_open(&in));
		for (k = 0; k <= i; k++)
			id = segment(&in, KEY + k);
		EXPECT_LE(0, id);
		p = seg_attach(&in, id);
		ASSERT_NE(NULL, p);
		p[0] = i;
		if (i % 2)
			ASSERT_EQ(0, umount2(SECOND, MNT_DETACH));
		close(in.node);
		if (i % 2 == 0)
			ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));
		/* the one of the mount before is still there */
		if (last) {
			EXPECT_EQ(i - 1, last[0]);
			EXPECT_EQ(0, seg_detach(&self->in, last));
		}
		last = p;
	}
	EXPECT_EQ(0, seg_detach(&self->in, last));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

TEST_F_TIMEOUT(instance, lazy_umount_under_load_leaves_nothing, 120)
{
	enum { WORKERS = 3, ROUNDS = 5 };
	int *busy = shared_alloc(sizeof(*busy)), round, i, id;
	struct instance in = { .dir = SECOND };
	pid_t pids[WORKERS];
	char *p;

	ASSERT_NE(NULL, busy);
	for (round = 0; round < ROUNDS; round++) {
		ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
		ASSERT_EQ(0, instance_open(&in));
		STORE(busy, 0);
		for (i = 0; i < WORKERS; i++) {
			pids[i] = child_fork();
			if (pids[i])
				continue;
			for (;;) {
				id = seg_get(&in, KEY + rand() % 5, 9000, IPC_CREAT | 0600);
				p = id < 0 ? NULL : seg_attach(&in, id);
				if (p)
					p[8999] = 1;
				seg_remove(&in, id);
				if (p && seg_detach(&in, p))
					_exit(1);
				__atomic_add_fetch(busy, 1, __ATOMIC_SEQ_CST);
			}
		}
		instance_close(&in);
		EXPECT_TRUE(EVENTUALLY(LOAD(busy) > 50));
		ASSERT_EQ(0, umount2(SECOND, MNT_DETACH));
		i = LOAD(busy);
		EXPECT_TRUE(EVENTUALLY(LOAD(busy) > i + 50));
		for (i = 0; i < WORKERS; i++)
			EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
		EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
	}
}

/*
 * The last node of an instance is closed while the last user of a segment goes, or the
 * process that it goes with.
 */
TEST_F_TIMEOUT(instance, last_use_of_a_segment_against_the_last_close, 120)
{
	struct instance dev = { .node = self->dev }, in = { .dir = SECOND };
	int *turn = shared_alloc(sizeof(*turn)), round, id, k;
	pid_t pid;
	char *p;

	ASSERT_NE(NULL, turn);
	for (round = 0; round < 300; round++) {
		ASSERT_EQ(0, kipcfs_mount(SECOND, round % 2 ? NULL : "shm_rmid_forced=1"));
		ASSERT_EQ(0, instance_open(&in));
		STORE(turn, 0);
		pid = child_fork();
		if (!pid) {
			/* one alone: the close must not wait for another's sake */
			id = segment(&in, KEY);
			p = round % 2 ? seg_attach(&in, id) : NULL;
			if (id < 0 || (round % 2 && (!p || seg_remove(&in, id))))
				_exit(1);
			instance_close(&in);
			STORE(turn, 1);
			while (LOAD(turn) != 2)
				;
			/* it goes with this, or with the exit */
			_exit(p && seg_detach(&dev, p) ? 2 : 0);
		}
		ASSERT_TRUE(EVENTUALLY(LOAD(turn) == 1));
		ASSERT_EQ(0, umount2(SECOND, MNT_DETACH));
		STORE(turn, 2);
		/* a little later each time */
		for (k = 0; k < round / 2; k++)
			LOAD(turn);
		instance_close(&in);
		ASSERT_EQ(0, child_wait(pid));
		ASSERT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
	}
}

TEST_HARNESS_MAIN
