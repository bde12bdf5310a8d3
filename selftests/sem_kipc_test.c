// SPDX-License-Identifier: GPL-2.0
/*
 * What only kipc's semaphores do: descriptors, what they serve and what they do not
 * allow; the call for one operation; absolute timeouts. How sets come to their end is in
 * sem_life_test, watching in sem_poll_test.
 */
#include "fd_pass.h"
#include "sem_kipc_fixture.h"

#include <sys/resource.h>

#define KEY 0x6b697063

#define NSEC 1000000000LL

/* --- handles */

TEST_F(set, descriptor_reaches_the_set_of_the_id)
{
	char link[64], name[64] = "", info[512] = "", want[64];
	struct kipc_sem_stat a, b;
	int fd;

	fd = sem_open_on(self->dev, self->id, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	EXPECT_LT(0, readlink(link, name, sizeof(name) - 1));
	EXPECT_STREQ("anon_inode:[kipc_sem]", name);
	snprintf(link, sizeof(link), "/proc/self/fdinfo/%d", fd);
	EXPECT_LT(0, file_read(link, info, sizeof(info)));
	snprintf(want, sizeof(want), "kipc-sem-id:\t%d\n", self->id);
	EXPECT_NE(NULL, strstr(info, want))
		TH_LOG("%s", info);

	EXPECT_EQ(0, sem_do_on(fd, 1, 3, 0));
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 3, 0, 0));
	EXPECT_EQ(0, sem_do(self->id, 1, -1, 0));
	EXPECT_EQ(2, sem_value(fd, SELF, 1).value);
	EXPECT_EQ(getpid(), sem_value(fd, SELF, 1).pid);
	a = sem_stat_of(self->dev, self->id);
	b = sem_stat_of(fd, SELF);
	EXPECT_EQ(0, memcmp(&a, &b, sizeof(a)));
	EXPECT_EQ(self->id, b.perm.id);
	EXPECT_EQ(4, b.nsems);
	EXPECT_EQ(1, b.fds);
	close(fd);
	EXPECT_TRUE(EVENTUALLY(sem_stat_of(self->dev, self->id).fds == 0));
}

TEST_F(set, descriptors_are_counted_however_they_are_made)
{
	int a, b, c, dup_a;
	pid_t pid;

	a = sem_open_on(self->dev, self->id, KIPC_SEM_CLOEXEC);
	ASSERT_LE(0, a);
	EXPECT_EQ(FD_CLOEXEC, fcntl(a, F_GETFD));
	b = sem_open_on(a, SELF, KIPC_SEM_RDONLY);
	ASSERT_LE(0, b);
	EXPECT_EQ(0, fcntl(b, F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(b, F_GETFL) & O_ACCMODE);
	/* whoever may open the set may do so with any of its descriptors */
	c = sem_open_on(b, SELF, 0);
	ASSERT_LE(0, c);
	EXPECT_EQ(3, sem_stat_of(b, SELF).fds);
	/* one open file is one handle */
	dup_a = dup(a);
	EXPECT_EQ(3, sem_stat_of(b, SELF).fds);
	close(a);
	EXPECT_EQ(3, sem_stat_of(b, SELF).fds);
	pid = child_fork();
	if (!pid) {
		close(dup_a);
		close(b);
		EXPECT_EQ(3, sem_stat_of(c, SELF).fds);
		EXPECT_EQ(0, sem_do_on(c, 0, 1, 0));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(1, sem_value(b, SELF, 0).value);
	EXPECT_EQ(pid, sem_value(b, SELF, 0).pid);
	close(dup_a);
	EXPECT_EQ(2, sem_stat_of(b, SELF).fds);
	close(c);
	close(b);
	EXPECT_EQ(0, sem_stat_of(self->dev, self->id).fds);
}

TEST_F(set, set_without_an_id_goes_with_its_last_descriptor)
{
	struct kipc_stats before = stats_of(self->dev);
	struct kipc_sem_info info;
	struct kipc_sem_stat stat;
	char table[1024];
	int fd, other;

	fd = sem_create_on(self->dev, 7, 07777640, KIPC_SEM_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
	stat = sem_stat_of(fd, SELF);
	EXPECT_EQ(SELF, stat.perm.id);
	EXPECT_EQ(KIPC_KEY_PRIVATE, stat.perm.key);
	EXPECT_EQ(0640, stat.perm.mode);
	EXPECT_EQ(0, stat.perm.uid);
	EXPECT_EQ(0, stat.perm.seq);
	EXPECT_EQ(7, stat.nsems);
	EXPECT_EQ(1, stat.fds);
	EXPECT_EQ(0, stat.robust);
	ASSERT_EQ(0, sem_info_on(self->dev, &info));
	EXPECT_EQ(1, info.used_ids);
	EXPECT_EQ(11, info.used_sems);
	EXPECT_EQ(sem_index(self->id), info.max_index);
	EXPECT_EQ(before.sem_sets + 1, stats_of(self->dev).sem_sets);
	EXPECT_EQ(before.sems + 7, stats_of(self->dev).sems);
	ASSERT_LT(0, file_read(sem->table, table, sizeof(table)));
	EXPECT_EQ(2 * strlen(strchr(table, '\n') + 1), strlen(table));

	EXPECT_EQ(0, SEM_DO_ON(fd, SEM_OP(0, 1, 0), SEM_OP(6, 2, 0)));
	other = sem_open_on(fd, SELF, 0);
	ASSERT_LE(0, other);
	close(fd);
	EXPECT_EQ(2, sem_value(other, SELF, 6).value);
	EXPECT_EQ(before.sem_sets + 1, stats_of(self->dev).sem_sets);
	close(other);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == before.sem_sets));
	EXPECT_EQ(before.sems, stats_of(self->dev).sems);
}

TEST_F(set, limits_hold_for_sets_without_an_id_too)
{
	int fd, next = dup(0), second;

	close(next);
	EXPECT_EQ(-1, sem_create_on(self->dev, 0, 0600, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_create_on(self->dev, 32001, 0600, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_create_on(self->dev, UINT_MAX, 0600, 0));
	EXPECT_EQ(EINVAL, errno);
	/* one id, which is used up; but these have none */
	ASSERT_EQ(0, sem_limit_set("sem", "10 20 500 1"));
	EXPECT_EQ(-1, sem_create_on(self->dev, 11, 0600, 0));
	EXPECT_EQ(EINVAL, errno);
	fd = sem_create_on(self->dev, 10, 0600, 0);
	EXPECT_EQ(next, fd);
	second = sem_create_on(self->dev, 6, 0600, 0);
	EXPECT_LE(0, second);
	EXPECT_EQ(-1, sem_create_on(self->dev, 1, 0600, 0));
	EXPECT_EQ(ENOSPC, errno);
	/* and they count for the others */
	EXPECT_EQ(0, sem_rmid(self->id));
	EXPECT_TRUE(EVENTUALLY(sem_total() == 16));
	EXPECT_EQ(-1, sem_new(5));
	EXPECT_EQ(ENOSPC, errno);
	self->id = sem_new(4);
	EXPECT_LE(0, self->id);
	close(fd);
	close(second);
	EXPECT_TRUE(EVENTUALLY(sem_total() == 4));
}

TEST_F(set, full_descriptor_table_is_emfile_and_leaks_nothing)
{
	struct kipc_stats before = stats_of(self->dev);
	struct rlimit old, limit;
	int next = dup(0);

	close(next);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	limit = old;
	limit.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-1, sem_open_on(self->dev, self->id, 0));
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(-1, sem_create_on(self->dev, 3, 0600, 0));
	EXPECT_EQ(EMFILE, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_EQ(0, sem_stat_of(self->dev, self->id).fds);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == before.sem_sets));
	EXPECT_EQ(before.sems, stats_of(self->dev).sems);
}

/* --- what is served where */

TEST_F(set, calls_on_a_descriptor_take_no_id)
{
	static const int ids[] = { 0, 1, -2, INT_MAX, INT_MIN };
	unsigned short values[4] = { 1, 1, 1, 1 };
	struct sembuf op = SEM_OP(0, 1, 0);
	struct kipc_sem_value value;
	struct kipc_sem_stat stat;
	int fd = sem_open_on(self->dev, self->id, 0), id;
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i <= ARRAY_SIZE(ids); i++) {
		id = i < ARRAY_SIZE(ids) ? ids[i] : self->id;
		EXPECT_EQ(-1, sem_open_on(fd, id, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_op_on(fd, id, &op, 1, 0, KIPC_TIMEOUT_NONE));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_value_on(fd, id, 0, &value));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_set_value_on(fd, id, 0, 1));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_get_all_on(fd, id, values, 4));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_set_all_on(fd, id, values, 4));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_stat_on(fd, id, 0, &stat));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_set_on(fd, id, 1, 1, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, sem_remove_on(fd, id));
		EXPECT_EQ(EINVAL, errno);
	}
	/* nor an index */
	EXPECT_EQ(-1, sem_stat_on(fd, SELF, KIPC_STAT_INDEX, &stat));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_stat_on(fd, SELF, KIPC_STAT_ANY, &stat));
	EXPECT_EQ(EINVAL, errno);
	/* and on a node it takes an id that is one */
	EXPECT_EQ(-1, sem_open_on(self->dev, SELF, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_op_on(self->dev, SELF, &op, 1, 0, KIPC_TIMEOUT_NONE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_set_value_on(self->dev, SELF, 0, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 0, 0, 0));
	EXPECT_EQ(0600, sem_stat_of(fd, SELF).perm.mode);
	EXPECT_EQ(1, sem_stat_of(fd, SELF).fds);
	close(fd);
}

TEST_F(set, calls_on_a_descriptor_change_its_set)
{
	int fd = sem_open_on(self->dev, self->id, 0);
	unsigned short values[4] = { 4, 5, 6, 7 };
	struct kipc_sem_stat stat;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, sem_set_on(fd, SELF, OTHER_UID, THIRD_UID, 0751));
	stat = sem_stat_of(self->dev, self->id);
	EXPECT_EQ(OTHER_UID, stat.perm.uid);
	EXPECT_EQ(THIRD_UID, stat.perm.gid);
	EXPECT_EQ(0751, stat.perm.mode);
	EXPECT_EQ(0, sem_set_all_on(fd, SELF, values, 4));
	EXPECT_EQ(0, sem_set_value_on(fd, SELF, 2, 9));
	EXPECT_TRUE(SEM_VALUES(self->id, 4, 5, 9, 7));
	memset(values, POISON, sizeof(values));
	EXPECT_EQ(4, sem_get_all_on(fd, SELF, values, 4));
	EXPECT_EQ(9, values[2]);
	EXPECT_EQ(0, sem_remove_on(fd, SELF));
	EXPECT_FALSE(sem_exists(self->id));
	close(fd);
}

/* --- what a descriptor allows */

TEST_F(set, read_only_descriptor_changes_nothing)
{
	unsigned short values[4] = { 1, 1, 1, 1 };
	int ro = sem_open_on(self->dev, self->id, KIPC_SEM_RDONLY);
	pid_t pid;

	ASSERT_LE(0, ro);
	EXPECT_EQ(-1, sem_do_on(ro, 0, 1, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sem_do_on(ro, 0, -1, IPC_NOWAIT));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, SEM_DO_ON(ro, SEM_OP(0, 0, 0), SEM_OP(1, 1, 0)));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, SEM_DO_ON(ro, SEM_OP(0, 1, SEM_UNDO), SEM_OP(0, -1, SEM_UNDO)));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sem_one_on(ro, KIPC_SEM_ONE(0, 1)));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sem_one_on(ro, KIPC_SEM_ONE(0, -1) | KIPC_SEM_ONE_NOWAIT));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sem_set_value_on(ro, SELF, 0, 1));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, sem_set_all_on(ro, SELF, values, 4));
	EXPECT_EQ(EACCES, errno);
	/* a number that is none comes first, as by id */
	EXPECT_EQ(-1, sem_do_on(ro, 4, 1, 0));
	EXPECT_EQ(EFBIG, errno);
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 0, 0, 0));
	EXPECT_EQ(0, sem_getpid(self->id, 0));
	EXPECT_EQ(0, sem_stat_of(ro, SELF).undos);

	EXPECT_EQ(0, sem_do_on(ro, 0, 0, 0));
	EXPECT_EQ(0, sem_one_on(ro, KIPC_SEM_ONE(1, 0)));
	EXPECT_EQ(4, sem_get_all_on(ro, SELF, values, 4));
	EXPECT_EQ(0, sem_value(ro, SELF, 3).value);
	EXPECT_EQ(0, sem_do(self->id, 2, 1, 0));
	pid = sem_sleeper_on(ro, 2, 0, 0);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, sem_do(self->id, 2, -1, 0));
	EXPECT_EQ(0, child_wait(pid));
	close(ro);
}

TEST_F(set, read_only_descriptor_cannot_be_escalated)
{
	int ro = sem_open_on(self->dev, self->id, KIPC_SEM_RDONLY), fd;
	char link[64];
	pid_t pid;

	ASSERT_LE(0, ro);
	ASSERT_EQ(0, sem_set(self->id, 0, 0, 0604));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", ro);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, prctl(PR_SET_DUMPABLE, 1));
		EXPECT_EQ(-1, open(link, O_RDWR | O_CLOEXEC));
		fcntl(ro, F_SETFL, O_RDWR);
		EXPECT_EQ(O_RDONLY, fcntl(ro, F_GETFL) & O_ACCMODE);
		EXPECT_EQ(-1, sem_do_on(ro, 0, 1, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_open_on(ro, SELF, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_set_on(ro, SELF, OTHER_UID, OTHER_UID, 0666));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, sem_remove_on(ro, SELF));
		EXPECT_EQ(EPERM, errno);
		/* what the mode allows is allowed to this one, too */
		fd = sem_open_on(ro, SELF, KIPC_SEM_RDONLY);
		EXPECT_LE(0, fd);
		EXPECT_EQ(0, sem_do_on(fd, 0, 0, 0));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 0, 0, 0));
	close(ro);
}

TEST_F(set, descriptor_gives_what_it_allows_to_another_user)
{
	int socks[2], fd, ro;
	pid_t pid;
	char c;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	pid = child_fork();
	if (!pid) {
		close(socks[0]);
		EXPECT_EQ(0, become(OTHER_UID));
		fd = fd_receive(socks[1]);
		ro = fd_receive(socks[1]);
		/* nothing by id, all by the descriptor */
		EXPECT_EQ(-1, sem_do(self->id, 0, 0, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_open_on(self->dev, self->id, KIPC_SEM_RDONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_open_on(fd, SELF, KIPC_SEM_RDONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, sem_remove_on(fd, SELF));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(2, sem_stat_of(ro, SELF).fds);
		EXPECT_EQ(0, sem_do_on(fd, 0, 1, 0));
		EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(0, 1)));
		EXPECT_EQ(0, sem_set_value_on(fd, SELF, 1, 5));
		EXPECT_EQ(-1, sem_do_on(ro, 0, 1, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(2, sem_value(ro, SELF, 0).value);
		EXPECT_EQ(1, write(socks[1], "x", 1));
		EXPECT_EQ(0, sem_do_on(fd, 3, -1, 0));
		child_exit();
	}
	close(socks[1]);
	fd = sem_open_on(self->dev, self->id, 0);
	ro = sem_open_on(self->dev, self->id, KIPC_SEM_RDONLY);
	ASSERT_LE(0, ro);
	ASSERT_EQ(0, fd_send(socks[0], fd));
	ASSERT_EQ(0, fd_send(socks[0], ro));
	close(fd);
	close(ro);
	ASSERT_EQ(1, read(socks[0], &c, 1));
	EXPECT_TRUE(SEM_VALUES(self->id, 2, 5, 0, 0));
	EXPECT_EQ(pid, sem_getpid(self->id, 0));
	EXPECT_TRUE(EVENTUALLY(sem_getncnt(self->id, 3) == 1));
	EXPECT_EQ(0, sem_do(self->id, 3, 1, 0));
	EXPECT_EQ(0, child_wait(pid));
	close(socks[0]);
}

TEST_F(set, descriptor_in_flight_keeps_its_set)
{
	struct kipc_stats before = stats_of(self->dev);
	int socks[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	fd = sem_create_on(self->dev, 2, 0600, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, sem_do_on(fd, 1, 42, 0));
	ASSERT_EQ(0, fd_send(socks[0], fd));
	close(fd);
	EXPECT_EQ(before.sem_sets + 1, stats_of(self->dev).sem_sets);
	fd = fd_receive(socks[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(42, sem_value(fd, SELF, 1).value);
	ASSERT_EQ(0, fd_send(socks[0], fd));
	close(fd);
	/* nobody will ever take it */
	close(socks[0]);
	close(socks[1]);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == before.sem_sets));
}

TEST_F(set, descriptor_is_no_file_to_read_write_or_map)
{
	int fd = sem_open_on(self->dev, self->id, 0);
	char c = 'x';

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, &c, 1));
	EXPECT_EQ(-1, write(fd, &c, 1));
	EXPECT_EQ(-1, pread(fd, &c, 1, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(-1, ftruncate(fd, 0));
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 0, 0, 0));
	close(fd);
}

/* --- one operation, in the argument itself */

TEST_F(set, one_operation_does_what_a_list_of_one_does)
{
	int fd = sem_open_on(self->dev, self->id, 0);
	pid_t pid;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(3, 5)));
	EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(0, 32767)));
	EXPECT_TRUE(SEM_VALUES(self->id, 32767, 0, 0, 5));
	EXPECT_EQ(getpid(), sem_getpid(self->id, 3));
	EXPECT_EQ(0, sem_getpid(self->id, 1));
	EXPECT_NE(0, sem_ds(self->id).sem_otime);
	EXPECT_EQ(-1, sem_one_on(fd, KIPC_SEM_ONE(0, 1)));
	EXPECT_EQ(ERANGE, errno);
	EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(3, -4)));
	EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(1, 0)));
	EXPECT_EQ(-1, sem_one_on(fd, KIPC_SEM_ONE(3, -2) | KIPC_SEM_ONE_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, sem_one_on(fd, KIPC_SEM_ONE(3, 0) | KIPC_SEM_ONE_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, sem_one_on(fd, KIPC_SEM_ONE(3, -32768) | KIPC_SEM_ONE_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(SEM_VALUES(self->id, 32767, 0, 0, 1));
	pid = child_fork();
	if (!pid)
		_exit(sem_one_on(fd, KIPC_SEM_ONE(2, -3)) ? errno : 0);
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	EXPECT_EQ(1, sem_getncnt(self->id, 2));
	EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(2, 2)));
	EXPECT_TRUE(task_is_blocked(pid, SYS_ioctl));
	EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(2, 2)));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(1, sem_getval(self->id, 2));
	/* a handled signal ends it, and it is never restarted */
	pid = child_fork();
	if (!pid) {
		handle_signal(SIGUSR1, SA_RESTART);
		_exit(sem_one_on(fd, KIPC_SEM_ONE(2, -3)) ? errno : 0);
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	kill(pid, SIGUSR1);
	EXPECT_EQ(EINTR, child_wait(pid));
	EXPECT_EQ(1, sem_getval(self->id, 2));
	close(fd);
}

TEST_F(set, one_operation_takes_no_bit_that_means_nothing)
{
	int fd = sem_open_on(self->dev, self->id, 0), bit;

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, sem_one_on(fd, KIPC_SEM_ONE(4, 1)));
	EXPECT_EQ(EFBIG, errno);
	EXPECT_EQ(-1, sem_one_on(fd, KIPC_SEM_ONE(4, 0) | KIPC_SEM_ONE_NOWAIT));
	EXPECT_EQ(EFBIG, errno);
	EXPECT_EQ(-1, sem_one_on(fd, KIPC_SEM_ONE(KIPC_SEM_ONE_NUM_MAX, 1)));
	EXPECT_EQ(EFBIG, errno);
	/* each bit of the number */
	for (bit = 18; bit < 30; bit++) {
		EXPECT_EQ(-1, sem_one_on(fd, KIPC_SEM_ONE(0, 1) | 1U << bit))
			TH_LOG("bit %d", bit);
		EXPECT_EQ(EFBIG, errno);
	}
	/* above those that there are */
	for (bit = 32; bit < 64; bit++) {
		EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SEM_OP_ONE, 1UL << bit | KIPC_SEM_ONE(0, 1)))
			TH_LOG("bit %d", bit);
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SEM_OP_ONE, -1L));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sem_one_on(self->dev, KIPC_SEM_ONE(0, 1)));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 0, 0, 0));
	close(fd);
}

TEST_F(set, one_operation_reaches_as_far_as_its_number)
{
	int fd = sem_create_on(self->dev, KIPC_SEM_ONE_NUM_MAX + 10, 0600, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(KIPC_SEM_ONE_NUM_MAX, 3)));
	EXPECT_EQ(3, sem_value(fd, SELF, KIPC_SEM_ONE_NUM_MAX).value);
	EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(KIPC_SEM_ONE_NUM_MAX, -3) | KIPC_SEM_ONE_UNDO));
	EXPECT_EQ(0, sem_one_on(fd, KIPC_SEM_ONE(KIPC_SEM_ONE_NUM_MAX, 3) |
				KIPC_SEM_ONE_UNDO | KIPC_SEM_ONE_NOWAIT));
	EXPECT_EQ(3, sem_value(fd, SELF, KIPC_SEM_ONE_NUM_MAX).value);
	EXPECT_EQ(0, sem_value(fd, SELF, 0).value);
	EXPECT_EQ(0, sem_value(fd, SELF, KIPC_SEM_ONE_NUM_MAX + 1).value);
	EXPECT_EQ(0, sem_do_on(fd, KIPC_SEM_ONE_NUM_MAX + 1, 1, 0));
	EXPECT_EQ(0, sem_value(fd, SELF, 0).value);
	close(fd);
}

/* --- timeouts */

TEST_F(set, absolute_timeout_ends_the_sleep_when_it_comes)
{
	static const int from_now[] = { -1, 0, 30000000, -1000000000 };
	struct sembuf p = SEM_OP(0, -1, 0), v = SEM_OP(0, 1, 0);
	int fd = sem_open_on(self->dev, self->id, 0);
	__u64 when;
	size_t i;

	ASSERT_LE(0, fd);
	for (i = 0; i <= ARRAY_SIZE(from_now); i++) {
		/* the last one is the first instant of all */
		when = i < ARRAY_SIZE(from_now) ? now_ns() + from_now[i] : 0;
		EXPECT_EQ(-1, sem_op_on(fd, SELF, &p, 1, 0, when));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_LE(when, now_ns());
		EXPECT_EQ(-1, sem_op_on(self->dev, self->id, &p, 1, 0, when));
		EXPECT_EQ(EAGAIN, errno);
		/* it matters only to who has to wait */
		EXPECT_EQ(0, sem_op_on(fd, SELF, &v, 1, 0, when));
		EXPECT_EQ(0, sem_op_on(fd, SELF, &p, 1, 0, when));
		EXPECT_TRUE(SEM_VALUES(self->id, 0, 0, 0, 0));
		EXPECT_EQ(0, sem_getncnt(self->id, 0));
	}
	/* the same as a span of time is long; and none is none */
	when = now_ns() + 30000000;
	EXPECT_EQ(-1, sem_op_on(fd, SELF, &p, 1, KIPC_SEM_RELATIVE, 30000000));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_LE(when, now_ns());
	EXPECT_EQ(-1, sem_op_on(fd, SELF, &p, 1, KIPC_SEM_RELATIVE, 0));
	EXPECT_EQ(EAGAIN, errno);
	close(fd);
}

/* The instant is one of the caller's clock, which a time namespace may set. */
TEST_F(set, absolute_timeout_is_of_the_time_namespace)
{
	static const char *const offsets[] = { "1 100000 5", "1 -1 0" };
	struct sembuf p = SEM_OP(0, -1, 0);
	__u64 outside, when;
	size_t i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, unshare(CLONE_NEWTIME));
			EXPECT_EQ(0, file_write("/proc/self/timens_offsets", offsets[i]));
			outside = now_ns();
			pid = child_fork();
			if (!pid) {
				when = now_ns();
				EXPECT_LT(900000000ULL, when > outside ? when - outside :
									 outside - when);
				when += 30000000;
				EXPECT_EQ(-1, sem_op_on(self->dev, self->id, &p, 1, 0, when));
				EXPECT_EQ(EAGAIN, errno);
				EXPECT_LE(when, now_ns());
				EXPECT_GE(when + 20 * NSEC, now_ns());
				/* before the machine was there, and never */
				EXPECT_EQ(-1, sem_op_on(self->dev, self->id, &p, 1, 0, 0));
				EXPECT_EQ(EAGAIN, errno);
				child_exit();
			}
			EXPECT_EQ(0, child_wait(pid));
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
	}
}

TEST_F(set, timeouts_too_far_to_come_are_slept_through)
{
	static const struct {
		unsigned int flags;
		__u64 timeout;
	} cases[] = {
		{ 0, KIPC_TIMEOUT_NONE },
		{ 0, KIPC_TIMEOUT_NONE - 1 },
		{ 0, 1ULL << 63 },
		{ 0, (1ULL << 63) - 1 },
		{ KIPC_SEM_RELATIVE, KIPC_TIMEOUT_NONE },
		{ KIPC_SEM_RELATIVE, KIPC_TIMEOUT_NONE - 1 },
		{ KIPC_SEM_RELATIVE, 1ULL << 63 },
		{ KIPC_SEM_RELATIVE, (1ULL << 63) - 1 },
		{ KIPC_SEM_RELATIVE, 1ULL << 32 << 10 },
	};
	struct sembuf p = SEM_OP(1, -1, 0);
	pid_t pids[ARRAY_SIZE(cases)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		__u64 timeout = cases[i].timeout;
		unsigned int flags = cases[i].flags;

		pids[i] = child_fork();
		if (!pids[i])
			_exit(sem_op_on(self->dev, self->id, &p, 1, flags, timeout) ? errno : 0);
		ASSERT_TRUE(wait_blocked(pids[i], SYS_ioctl))
			TH_LOG("case %zu", i);
	}
	EXPECT_EQ((int)ARRAY_SIZE(cases), sem_getncnt(self->id, 1));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(0, sem_do(self->id, 1, 1, 0));
		EXPECT_EQ(0, child_wait(pids[i]))
			TH_LOG("case %zu", i);
	}
}

/* --- arguments */

TEST_F(set, unknown_flags_of_an_operation_are_einval)
{
	struct sembuf ops[3] = { SEM_OP(0, 1, 0), SEM_OP(1, 1, 0), SEM_OP(2, 1, 0) };
	int fd = sem_open_on(self->dev, self->id, 0), bit, i;

	ASSERT_LE(0, fd);
	for (bit = 0; bit < 16; bit++) {
		if (1 << bit & (IPC_NOWAIT | SEM_UNDO))
			continue;
		for (i = 0; i < 3; i++) {
			ops[i].sem_flg = 1 << bit;
			EXPECT_EQ(-1, sem_op_on(fd, SELF, ops, 3, 0, KIPC_TIMEOUT_NONE))
				TH_LOG("bit %d", bit);
			EXPECT_EQ(EINVAL, errno);
			EXPECT_EQ(-1, sem->op(self->id, ops, 3));
			EXPECT_EQ(EINVAL, errno);
			ops[i].sem_flg = 0;
		}
	}
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 0, 0, 0));
	EXPECT_EQ(0, sem_op_on(fd, SELF, ops, 3, 0, KIPC_TIMEOUT_NONE));
	EXPECT_TRUE(SEM_VALUES(self->id, 1, 1, 1, 0));
	close(fd);
}

TEST_F(set, arrays_of_another_size_than_the_set_are_einval)
{
	unsigned short values[6];
	static const unsigned int few[] = { 0, 1, 3 }, not_four[] = { 0, 1, 3, 5, 65540, UINT_MAX };
	size_t i;

	EXPECT_EQ(0, sem_setval(self->id, 3, 7));
	memset(values, POISON, sizeof(values));
	for (i = 0; i < ARRAY_SIZE(few); i++) {
		EXPECT_EQ(-1, sem_get_all_on(self->dev, self->id, values, few[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(is_all(values, POISON, sizeof(values)));
	/* more room than values is left as it was, and how many there are is told */
	EXPECT_EQ(4, sem_get_all_on(self->dev, self->id, values, 5));
	EXPECT_EQ(7, values[3]);
	EXPECT_TRUE(is_all(&values[4], POISON, 2 * sizeof(values[0])));
	EXPECT_EQ(4, sem_get_all_on(self->dev, self->id, values, UINT_MAX));
	memset(values, 0, sizeof(values));
	for (i = 0; i < ARRAY_SIZE(not_four); i++) {
		EXPECT_EQ(-1, sem_set_all_on(self->dev, self->id, values, not_four[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 0, 0, 7));
}

/*
 * --- a list that sleeps is not looked at before the semaphore that stopped it changes;
 * natively these get EAGAIN and ERANGE at once, and the third is counted elsewhere
 */

TEST_F(set, sleeping_list_is_looked_at_when_what_stopped_it_changes)
{
	pid_t nowait, range, counted;

	EXPECT_EQ(0, sem_do(self->id, 0, 1, 0));
	nowait = SEM_SLEEPER(self->id, SEM_OP(0, -1, IPC_NOWAIT), SEM_OP(1, -1, 0));
	range = SEM_SLEEPER(self->id, SEM_OP(2, 1, 0), SEM_OP(3, -1, 0));
	counted = SEM_SLEEPER(self->id, SEM_OP(0, -1, 0), SEM_OP(3, -2, 0));
	ASSERT_LT(0, nowait);
	ASSERT_LT(0, range);
	ASSERT_LT(0, counted);
	EXPECT_EQ(0, sem_do(self->id, 0, -1, 0));
	EXPECT_EQ(0, sem_setval(self->id, 2, SEMVMX));
	EXPECT_TRUE(sem_is_asleep(nowait));
	EXPECT_TRUE(sem_is_asleep(range));
	EXPECT_EQ(0, sem_getncnt(self->id, 0));
	EXPECT_EQ(1, sem_getncnt(self->id, 1));
	EXPECT_EQ(2, sem_getncnt(self->id, 3));
	/* what has been meanwhile does not matter */
	EXPECT_EQ(0, sem_do(self->id, 0, 1, 0));
	EXPECT_EQ(0, sem_do(self->id, 1, 1, 0));
	EXPECT_EQ(0, child_wait(nowait));
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 0, SEMVMX, 0));
	/* then the values of then count */
	EXPECT_EQ(0, sem_do(self->id, 3, 1, 0));
	EXPECT_EQ(ERANGE, child_wait(range));
	nowait = SEM_SLEEPER(self->id, SEM_OP(1, 0, IPC_NOWAIT), SEM_OP(0, -1, 0));
	ASSERT_LT(0, nowait);
	EXPECT_EQ(0, sem_do(self->id, 1, 1, 0));
	EXPECT_TRUE(sem_is_asleep(nowait));
	EXPECT_EQ(0, sem_do(self->id, 0, 1, 0));
	EXPECT_EQ(EAGAIN, child_wait(nowait));
	EXPECT_EQ(0, sem_do(self->id, 3, 1, 0));
	EXPECT_EQ(0, child_wait(counted));
	EXPECT_TRUE(SEM_VALUES(self->id, 0, 1, SEMVMX, 0));
}

TEST_F(set, one_call_tells_all_of_a_semaphore)
{
	struct kipc_sem_value value;
	pid_t pids[3];

	EXPECT_EQ(0, sem_do(self->id, 2, 1, 0));
	pids[0] = SEM_SLEEPER(self->id, SEM_OP(2, -2, 0));
	pids[1] = SEM_SLEEPER(self->id, SEM_OP(2, 0, 0));
	pids[2] = SEM_SLEEPER(self->id, SEM_OP(2, -3, 0), SEM_OP(0, 0, 0));
	value = sem_value(self->dev, self->id, 2);
	EXPECT_EQ(self->id, value.id);
	EXPECT_EQ(2, value.num);
	EXPECT_EQ(1, value.value);
	EXPECT_EQ(getpid(), value.pid);
	EXPECT_EQ(2, value.ncnt);
	EXPECT_EQ(1, value.zcnt);
	EXPECT_EQ(0, value.dead);
	EXPECT_EQ(0, value.reserved);
	EXPECT_EQ(3, sem_stat_of(self->dev, self->id).sleepers);
	EXPECT_EQ(0, sem_stat_of(self->dev, self->id).undos);
	EXPECT_EQ(0, sem_do(self->id, 2, -1, 0));
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(2, sem_stat_of(self->dev, self->id).sleepers);
	EXPECT_EQ(0, sem_do(self->id, 2, 5, 0));
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[2]));
	EXPECT_EQ(0, sem_stat_of(self->dev, self->id).sleepers);
}

TEST_HARNESS_MAIN
