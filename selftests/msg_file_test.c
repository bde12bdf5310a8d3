// SPDX-License-Identifier: GPL-2.0
/*
 * A message queue as a file: what its descriptors are and what they allow. Reading and
 * writing are in msg_rw_test, ends in msg_life_test.
 */
#include "fd_pass.h"
#include "msg_kipc_fixture.h"

#include <sys/resource.h>

/* --- handles */

TEST_F(queue, descriptor_reaches_the_queue_of_the_id)
{
	char link[64], name[64] = "", info[512] = "", want[64];
	struct kipc_msg_stat a, b;

	EXPECT_EQ(O_RDWR, fcntl(self->fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", self->fd);
	EXPECT_LT(0, readlink(link, name, sizeof(name) - 1));
	EXPECT_STREQ("anon_inode:[kipc_msg]", name);
	snprintf(link, sizeof(link), "/proc/self/fdinfo/%d", self->fd);
	EXPECT_LT(0, file_read(link, info, sizeof(info)));
	snprintf(want, sizeof(want), "kipc-msg-id:\t%d\n", self->id);
	EXPECT_NE(NULL, strstr(info, want))
		TH_LOG("%s", info);

	EXPECT_EQ(0, queue_put(self->fd, SELF, 7, 100, 0));
	EXPECT_EQ(0, queue_put(self->dev, self->id, 8, 50, 0));
	a = queue_stat(self->dev, self->id);
	b = queue_stat(self->fd, SELF);
	EXPECT_EQ(0, memcmp(&a, &b, sizeof(a)));
	EXPECT_EQ(self->id, b.perm.id);
	EXPECT_EQ(1, b.fds);
	EXPECT_EQ(2, b.qnum);
	EXPECT_EQ(150, b.cbytes);
	EXPECT_EQ(getpid(), b.lspid);
	EXPECT_EQ(100, queue_take(self->dev, self->id, 7, 0, NULL));
	EXPECT_EQ(50, queue_take(self->fd, SELF, 8, 0, NULL));
	queue_close(self);
	EXPECT_TRUE(EVENTUALLY(queue_stat(self->dev, self->id).fds == 0));
}

TEST_F(queue, descriptors_have_the_flags_that_were_asked_for)
{
	static const struct {
		unsigned int flags;
		int status, fd;
	} cases[] = {
		{ 0, O_RDWR, 0 },
		{ KIPC_MSG_RDONLY, O_RDONLY, 0 },
		{ KIPC_MSG_WRONLY, O_WRONLY, 0 },
		{ KIPC_MSG_TYPED, O_RDWR, 0 },
		{ KIPC_MSG_NONBLOCK, O_RDWR | O_NONBLOCK, 0 },
		{ KIPC_MSG_CLOEXEC, O_RDWR, FD_CLOEXEC },
		{ KIPC_MSG_RDONLY | KIPC_MSG_TYPED | KIPC_MSG_NONBLOCK | KIPC_MSG_CLOEXEC,
		  O_RDONLY | O_NONBLOCK, FD_CLOEXEC },
	};
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		fd = queue_open(self->dev, self->id, cases[i].flags);
		ASSERT_LE(0, fd);
		EXPECT_EQ(cases[i].status, fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
		EXPECT_EQ(cases[i].fd, fcntl(fd, F_GETFD));
		close(fd);
		fd = queue_create(self->dev, cases[i].flags);
		if (cases[i].flags & (KIPC_MSG_RDONLY | KIPC_MSG_WRONLY)) {
			EXPECT_EQ(-1, fd);
			EXPECT_EQ(EINVAL, errno);
			continue;
		}
		ASSERT_LE(0, fd);
		EXPECT_EQ(cases[i].status, fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
		EXPECT_EQ(cases[i].fd, fcntl(fd, F_GETFD));
		close(fd);
	}
	/* neither of the two is both */
	EXPECT_EQ(-1, queue_open(self->dev, self->id, KIPC_MSG_RDONLY | KIPC_MSG_WRONLY));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(EVENTUALLY(queue_stat(self->dev, self->id).fds == 1));
}

TEST_F(queue, descriptors_are_counted_however_they_are_made)
{
	int b, c, copy;
	pid_t pid;

	b = queue_open(self->fd, SELF, KIPC_MSG_RDONLY);
	ASSERT_LE(0, b);
	/* whoever may open the queue may do so with any of its descriptors */
	c = queue_open(b, SELF, 0);
	ASSERT_LE(0, c);
	EXPECT_EQ(3, queue_stat(b, SELF).fds);
	/* one open file is one handle */
	copy = dup(self->fd);
	EXPECT_EQ(3, queue_stat(b, SELF).fds);
	queue_close(self);
	EXPECT_EQ(3, queue_stat(b, SELF).fds);
	pid = child_fork();
	if (!pid) {
		close(copy);
		close(b);
		EXPECT_EQ(3, queue_stat(c, SELF).fds);
		EXPECT_EQ(5, write(c, "hello", 5));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(pid, queue_stat(b, SELF).lspid);
	EXPECT_EQ(1, queue_stat(b, SELF).qnum);
	close(copy);
	EXPECT_EQ(2, queue_stat(b, SELF).fds);
	close(c);
	close(b);
	EXPECT_EQ(0, queue_stat(self->dev, self->id).fds);
}

TEST_F(queue, queue_without_an_id_goes_with_its_last_descriptor)
{
	struct kipc_stats before = stats_of(self->dev);
	struct kipc_msg_info info;
	struct kipc_msg_stat stat;
	char table[1024];
	int fd, other;

	fd = queue_create(self->dev, KIPC_MSG_CLOEXEC);
	ASSERT_LE(0, fd);
	stat = queue_stat(fd, SELF);
	EXPECT_EQ(SELF, stat.perm.id);
	EXPECT_EQ(KIPC_KEY_PRIVATE, stat.perm.key);
	EXPECT_EQ(0600, stat.perm.mode);
	EXPECT_EQ(0, stat.perm.seq);
	EXPECT_EQ(MSGMNB, stat.qbytes);
	EXPECT_EQ(1, stat.fds);
	info = queue_info(self->dev);
	EXPECT_EQ(1, info.used_ids);
	EXPECT_EQ(0, info.messages);
	EXPECT_EQ(before.msg_queues + 1, stats_of(self->dev).msg_queues);
	/* a heading, and the fixture's */
	ASSERT_LT(0, file_read(QUEUE_TABLE, table, sizeof(table)));
	EXPECT_STREQ("\n", strchr(strchr(table, '\n') + 1, '\n'));

	EXPECT_EQ(5, write(fd, "hello", 5));
	other = queue_open(fd, SELF, 0);
	ASSERT_LE(0, other);
	close(fd);
	EXPECT_EQ(5, bytes_in(other));
	EXPECT_EQ(before.msg_queues + 1, stats_of(self->dev).msg_queues);
	/* with what it holds */
	close(other);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == before.msg_queues));
}

TEST_F(queue, descriptor_in_flight_keeps_its_queue)
{
	struct kipc_stats before = stats_of(self->dev);
	int socks[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	fd = queue_create(self->dev, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, queue_put(fd, SELF, 42, 10, 0));
	ASSERT_EQ(0, fd_send(socks[0], fd));
	close(fd);
	EXPECT_EQ(before.msg_queues + 1, stats_of(self->dev).msg_queues);
	fd = fd_receive(socks[1]);
	ASSERT_LE(0, fd);
	EXPECT_TRUE(queue_holds(fd, SELF, 1, 10));
	ASSERT_EQ(0, fd_send(socks[0], fd));
	close(fd);
	/* nobody will ever take it */
	close(socks[0]);
	close(socks[1]);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == before.msg_queues));
}

TEST_F(queue, full_descriptor_table_is_emfile_and_leaks_nothing)
{
	struct kipc_stats before = stats_of(self->dev);
	struct rlimit old, limit;
	int next = dup(0);

	close(next);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	limit = old;
	limit.rlim_cur = next;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-1, queue_open(self->dev, self->id, 0));
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(-1, queue_create(self->dev, 0));
	EXPECT_EQ(EMFILE, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
	EXPECT_EQ(1, queue_stat(self->dev, self->id).fds);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == before.msg_queues));
}

TEST_F(queue, calls_on_a_descriptor_take_no_id)
{
	static const int ids[] = { 0, 1, -2, INT_MAX, INT_MIN };
	struct kipc_msg_stat stat;
	char buf[8];
	size_t i;
	int id;

	ASSERT_EQ(0, queue_put(self->fd, SELF, 1, 8, 0));
	for (i = 0; i <= ARRAY_SIZE(ids); i++) {
		id = i < ARRAY_SIZE(ids) ? ids[i] : self->id;
		EXPECT_EQ(-1, queue_open(self->fd, id, 0));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, queue_put(self->fd, id, 1, 8, NOWAIT));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, queue_receive(self->fd, id, 0, buf, 8, NOWAIT, NULL));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_FALSE(queue_exists(self->fd, id));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, queue_resize(self->fd, id, 100));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, queue_remove(self->fd, id));
		EXPECT_EQ(EINVAL, errno);
	}
	/* nor an index */
	stat = (struct kipc_msg_stat) { .perm.id = SELF, .flags = KIPC_STAT_INDEX };
	EXPECT_EQ(-1, ioctl(self->fd, KIPC_IOC_MSG_STAT, &stat));
	EXPECT_EQ(EINVAL, errno);
	/* and on a node it takes an id that is one */
	EXPECT_EQ(-1, queue_open(self->dev, SELF, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, queue_put(self->dev, SELF, 1, 8, NOWAIT));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, queue_receive(self->dev, SELF, 0, buf, 8, NOWAIT, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, queue_remove(self->dev, SELF));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(queue_holds(self->fd, SELF, 1, 8));
	EXPECT_EQ(MSGMNB, queue_stat(self->fd, SELF).qbytes);
	EXPECT_EQ(1, queue_stat(self->fd, SELF).fds);
}

TEST_F(queue, calls_on_a_descriptor_change_its_queue)
{
	struct kipc_msg_stat stat;

	EXPECT_EQ(0, queue_set(self->fd, SELF, OTHER_UID, THIRD_UID, 0751, 12345));
	stat = queue_stat(self->dev, self->id);
	EXPECT_EQ(OTHER_UID, stat.perm.uid);
	EXPECT_EQ(THIRD_UID, stat.perm.gid);
	EXPECT_EQ(0751, stat.perm.mode);
	EXPECT_EQ(12345, stat.qbytes);
	EXPECT_EQ(0, queue_remove(self->fd, SELF));
	EXPECT_FALSE(queue_exists(self->dev, self->id));
}

/* --- what a descriptor allows */

TEST_F(queue, each_direction_is_for_descriptors_that_have_it)
{
	int ro = queue_open(self->dev, self->id, KIPC_MSG_RDONLY);
	int wo = queue_open(self->dev, self->id, KIPC_MSG_WRONLY);
	char buf[16];

	ASSERT_LE(0, ro);
	ASSERT_LE(0, wo);
	EXPECT_EQ(-1, write(ro, "hello", 5));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, queue_put(ro, SELF, 1, 5, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_TRUE(queue_holds(ro, SELF, 0, 0));

	EXPECT_EQ(5, write(wo, "hello", 5));
	EXPECT_EQ(0, queue_put(wo, SELF, 2, 6, 0));
	EXPECT_EQ(-1, read(wo, buf, sizeof(buf)));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, queue_receive(wo, SELF, 0, buf, sizeof(buf), NOWAIT, NULL));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, queue_receive(wo, SELF, 0, buf, sizeof(buf), NOWAIT | KIPC_MSG_COPY, NULL));
	EXPECT_EQ(EACCES, errno);
	EXPECT_FALSE(queue_exists(wo, SELF));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, queue_notify(wo, KIPC_NOTIFY_SIGNAL, SIGUSR1, 0));
	EXPECT_EQ(EACCES, errno);

	EXPECT_TRUE(queue_holds(ro, SELF, 2, 11));
	EXPECT_EQ(5, bytes_in(ro));
	EXPECT_EQ(5, read(ro, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp("hello", buf, 5));
	EXPECT_EQ(6, queue_take(ro, SELF, 2, NOWAIT, NULL));
	/* what comes first: that there is nothing, or that it is not for this one */
	EXPECT_EQ(-1, queue_receive(wo, SELF, 0, buf, sizeof(buf), NOWAIT, NULL));
	EXPECT_EQ(EACCES, errno);
	close(ro);
	close(wo);
}

TEST_F(queue, opening_wants_permission_for_the_direction)
{
	static const struct {
		unsigned int mode;
		bool may[3];
	} cases[] = {
		{ 0600, { false, false, false } },
		{ 0604, { false, true, false } },
		{ 0602, { false, false, true } },
		{ 0606, { true, true, true } },
	};
	static const unsigned int flags[] = { 0, KIPC_MSG_RDONLY, KIPC_MSG_WRONLY };
	int from, fd;
	size_t i, k;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, queue_set(self->dev, self->id, 0, 0, cases[i].mode, MSGMNB));
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, become(OTHER_UID));
			for (k = 0; k < 2 * ARRAY_SIZE(flags); k++) {
				from = k % 2 ? self->fd : self->dev;
				fd = queue_open(from, k % 2 ? SELF : self->id, flags[k / 2]);
				EXPECT_EQ(cases[i].may[k / 2], fd >= 0);
				if (fd >= 0)
					close(fd);
				EXPECT_TRUE(fd >= 0 || errno == EACCES);
			}
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
	}
}

TEST_F(queue, read_only_descriptor_cannot_be_escalated)
{
	int ro = queue_open(self->dev, self->id, KIPC_MSG_RDONLY), fd;
	char link[64];
	pid_t pid;

	ASSERT_LE(0, ro);
	ASSERT_EQ(0, queue_set(self->dev, self->id, 0, 0, 0604, MSGMNB));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", ro);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, prctl(PR_SET_DUMPABLE, 1));
		EXPECT_EQ(-1, open(link, O_RDWR | O_CLOEXEC));
		fcntl(ro, F_SETFL, O_RDWR);
		EXPECT_EQ(O_RDONLY, fcntl(ro, F_GETFL) & O_ACCMODE);
		EXPECT_EQ(-1, write(ro, "x", 1));
		EXPECT_EQ(EBADF, errno);
		EXPECT_EQ(-1, queue_put(ro, SELF, 1, 1, NOWAIT));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, queue_open(ro, SELF, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, queue_open(ro, SELF, KIPC_MSG_WRONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, queue_set(ro, SELF, OTHER_UID, OTHER_UID, 0666, MSGMNB));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, queue_remove(ro, SELF));
		EXPECT_EQ(EPERM, errno);
		/* what the mode allows is allowed to this one, too */
		fd = queue_open(ro, SELF, KIPC_MSG_RDONLY);
		EXPECT_LE(0, fd);
		EXPECT_EQ(-1, queue_next(fd, SELF, 0));
		EXPECT_EQ(ENOMSG, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(queue_holds(self->fd, SELF, 0, 0));
	close(ro);
}

TEST_F(queue, descriptor_gives_what_it_allows_to_another_user)
{
	int socks[2], wo, ro;
	pid_t pid;
	char buf[16], c;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	pid = child_fork();
	if (!pid) {
		close(socks[0]);
		EXPECT_EQ(0, become(OTHER_UID));
		wo = fd_receive(socks[1]);
		ro = fd_receive(socks[1]);
		/* nothing by id, all by the descriptor */
		EXPECT_EQ(-1, queue_put(self->dev, self->id, 1, 1, NOWAIT));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, queue_next(self->dev, self->id, 0));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, queue_open(ro, SELF, KIPC_MSG_RDONLY));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, queue_remove(wo, SELF));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(3, queue_stat(ro, SELF).fds);
		EXPECT_EQ(5, write(wo, "hello", 5));
		EXPECT_EQ(0, queue_put(wo, SELF, 3, 30, 0));
		EXPECT_EQ(5, read(ro, buf, sizeof(buf)));
		EXPECT_EQ(-1, write(ro, "x", 1));
		EXPECT_EQ(EBADF, errno);
		EXPECT_EQ(1, write(socks[1], "x", 1));
		EXPECT_EQ(7, queue_take(ro, SELF, 9, 0, NULL));
		child_exit();
	}
	close(socks[1]);
	wo = queue_open(self->dev, self->id, KIPC_MSG_WRONLY);
	ro = queue_open(self->dev, self->id, KIPC_MSG_RDONLY);
	ASSERT_LE(0, wo);
	ASSERT_LE(0, ro);
	ASSERT_EQ(0, fd_send(socks[0], wo));
	ASSERT_EQ(0, fd_send(socks[0], ro));
	close(wo);
	close(ro);
	ASSERT_EQ(1, read(socks[0], &c, 1));
	EXPECT_EQ(pid, queue_stat(self->fd, SELF).lspid);
	EXPECT_TRUE(EVENTUALLY(queue_stat(self->fd, SELF).receivers == 1));
	EXPECT_EQ(0, queue_put(self->fd, SELF, 9, 7, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(pid, queue_stat(self->fd, SELF).lrpid);
	EXPECT_EQ(30, queue_take(self->fd, SELF, 3, NOWAIT, NULL));
	close(socks[0]);
}

TEST_F(queue, descriptor_is_no_file_to_seek_in_or_to_map)
{
	char c = 'x';

	ASSERT_EQ(0, queue_put(self->fd, SELF, 1, 1, 0));
	EXPECT_EQ(-1, pread(self->fd, &c, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pwrite(self->fd, &c, 1, 0));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(-1, ftruncate(self->fd, 0));
	EXPECT_TRUE(queue_holds(self->fd, SELF, 1, 1));
}

TEST_HARNESS_MAIN
