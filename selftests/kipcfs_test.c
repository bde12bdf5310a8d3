// SPDX-License-Identifier: GPL-2.0
/*
 * What kipcfs does that no other file system does: which nodes it refuses, and the
 * pipe calls on its FIFOs.
 */
#include "mounts.h"

#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#define MOUNT	MOUNTS "/kipcfs"

FIXTURE(kipcfs)
{
	int dev;
	long long objects;
	struct kipc_stats before;
};

FIXTURE_SETUP(kipcfs)
{
	umask(022);
	self->dev = kipc_open();
	ASSERT_LE(0, self->dev)
		TH_LOG(KIPC_DEVICE ": %s", strerror(errno));
	self->before = stats_of(self->dev);
	self->objects = param_get("objects");
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(MOUNT, NULL));
	ASSERT_EQ(0, chdir(MOUNT));
}

FIXTURE_TEARDOWN(kipcfs)
{
	children_reap();
	EXPECT_EQ(0, chdir("/"));
	EXPECT_TRUE(EVENTUALLY(umount(MOUNT) == 0));
	EXPECT_TRUE(stats_return_to(self->dev, &self->before));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
	close(self->dev);
}

TEST_F(kipcfs, other_nodes_than_fifos_are_refused)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "socket" };
	int sock;

	EXPECT_EQ(-1, mknod("chr", S_IFCHR | 0666, makedev(1, 3)));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, mknod("blk", S_IFBLK | 0666, makedev(7, 0)));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, mknod("reg", S_IFREG | 0666, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, mknod("sock", S_IFSOCK | 0666, 0));
	EXPECT_EQ(EPERM, errno);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT_LE(0, sock);
	EXPECT_EQ(-1, bind(sock, (struct sockaddr *)&name, sizeof(name)));
	EXPECT_EQ(EPERM, errno);
	close(sock);
	EXPECT_EQ(-1, access("chr", F_OK));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(kipcfs, regular_files_are_refused)
{
	EXPECT_EQ(-1, open("file", O_RDWR | O_CREAT, 0644));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, open(".", O_RDWR | O_TMPFILE, 0644));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(-1, access("file", F_OK));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(kipcfs, proc_filesystems_lists_it_without_a_device)
{
	char line[64];
	int found = 0;
	FILE *f;

	f = fopen("/proc/filesystems", "r");
	ASSERT_NE(NULL, f);
	while (fgets(line, sizeof(line), f))
		found += !strcmp(line, "nodev\t" KIPCFS_NAME "\n");
	fclose(f);
	EXPECT_EQ(1, found);
}

static long long nodes_free(void)
{
	struct statfs sfs;

	return statfs(".", &sfs) ? -1 : (long long)sfs.f_ffree;
}

/* Each name keeps an entry of the kernel's in memory, as a node of its own does. */
TEST_F(kipcfs, hard_links_count_as_nodes)
{
	long long start = nodes_free();

	ASSERT_LT(0, start);
	ASSERT_EQ(0, mkfifo("a", 0644));
	ASSERT_EQ(0, mkfifo("b", 0644));
	EXPECT_EQ(start - 2, nodes_free());
	ASSERT_EQ(0, link("a", "a2"));
	ASSERT_EQ(0, link("a", "a3"));
	EXPECT_EQ(start - 4, nodes_free());
	EXPECT_EQ(-1, link("a", "a2"));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(start - 4, nodes_free());
	ASSERT_EQ(0, unlink("a"));
	EXPECT_EQ(start - 3, nodes_free());

	/* over one of two names, over the last name, over a name of the same node */
	ASSERT_EQ(0, rename("b", "a2"));
	EXPECT_EQ(start - 2, nodes_free());
	ASSERT_EQ(0, rename("a2", "a3"));
	EXPECT_TRUE(EVENTUALLY(nodes_free() == start - 1));
	ASSERT_EQ(0, link("a3", "a4"));
	ASSERT_EQ(0, rename("a3", "a4"));
	EXPECT_EQ(start - 2, nodes_free());
	ASSERT_EQ(0, mkfifo("b", 0644));
	ASSERT_EQ(0, renameat2(AT_FDCWD, "b", AT_FDCWD, "a4", RENAME_EXCHANGE));
	EXPECT_EQ(start - 3, nodes_free());

	ASSERT_EQ(0, unlink("a3"));
	ASSERT_EQ(0, unlink("a4"));
	ASSERT_EQ(0, unlink("b"));
	EXPECT_TRUE(EVENTUALLY(nodes_free() == start));

	/* a symbolic link is a node, and may have several names too */
	ASSERT_EQ(0, symlink("target", "s"));
	ASSERT_EQ(0, link("s", "s2"));
	EXPECT_EQ(start - 2, nodes_free());
	ASSERT_EQ(0, unlink("s"));
	ASSERT_EQ(0, unlink("s2"));
	EXPECT_TRUE(EVENTUALLY(nodes_free() == start));
}

TEST_F_TIMEOUT(kipcfs, names_beyond_the_limit_are_enospc, 240)
{
	long long left;
	char name[32];

	ASSERT_EQ(0, mkfifo("f", 0644));
	for (left = nodes_free(); left > 0; left--) {
		snprintf(name, sizeof(name), "%lld", left);
		ASSERT_EQ(0, link("f", name));
	}
	EXPECT_EQ(0, nodes_free());
	EXPECT_EQ(-1, link("f", "more"));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(-1, mkfifo("more", 0644));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(-1, mkdir("more", 0755));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(-1, symlink("f", "more"));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(0, nodes_free());
	EXPECT_EQ(0, unlink("1"));
	EXPECT_EQ(0, link("f", "more"));
	EXPECT_EQ(0, nodes_free());
}

TEST_F(kipcfs, pipe_calls_serve_an_open_fifo)
{
	struct kipc_pipe_size size;
	struct kipc_pipe_stat stat;
	int r, w;

	ASSERT_EQ(0, mkfifo("f", 0644));
	r = open("f", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	w = open("f", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, w);
	memset(&size, POISON, sizeof(size));
	ASSERT_EQ(0, ioctl(r, KIPC_IOC_PIPE_GET_SIZE, &size));
	EXPECT_EQ(65536, size.size);
	size.size = 100000;
	ASSERT_EQ(0, ioctl(w, KIPC_IOC_PIPE_SET_SIZE, &size));
	EXPECT_EQ(131072, size.size);
	ASSERT_TRUE(write_pattern(w, 5000, 0));

	stat = stat_of(r);
	EXPECT_EQ(131072, stat.size);
	EXPECT_EQ(5000, stat.used);
	EXPECT_LE(2, stat.pages);
	EXPECT_EQ(0, stat.packets);
	EXPECT_EQ(1, stat.readers);
	EXPECT_EQ(1, stat.writers);
	EXPECT_EQ(0, stat.sleeping_readers);
	EXPECT_EQ(0, stat.sleeping_writers);
	EXPECT_EQ(0, stat.sleeping_openers);
	EXPECT_EQ(0, stat.reserved);
	close(r);
	close(w);
}

TEST_F(kipcfs, stat_of_a_fifo_counts_its_waiting_openers)
{
	struct kipc_pipe_stat stat;
	pid_t pids[3];
	size_t i;
	int r, rw;

	/* an end that is no partner: it is open for reading and the openers read */
	ASSERT_EQ(0, mkfifo("f", 0644));
	r = open("f", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, r);
	EXPECT_EQ(0, stat_of(r).sleeping_openers);
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			EXPECT_LE(0, open("f", O_RDONLY));
			child_exit();
		}
		ASSERT_TRUE(wait_blocked(pids[i], CALL_OPEN));
	}
	EXPECT_EQ(3, stat_of(r).sleeping_openers);
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[0]));
	EXPECT_TRUE(EVENTUALLY(stat_of(r).sleeping_openers == 2));
	rw = open("f", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, rw);
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, child_wait(pids[2]));
	stat = stat_of(rw);
	EXPECT_EQ(0, stat.sleeping_openers);
	EXPECT_EQ(2, stat.readers);
	EXPECT_EQ(1, stat.writers);
	close(r);
	close(rw);
}

TEST_F(kipcfs, splice_and_tee_join_a_fifo_with_a_pipe)
{
	struct kipc_pipe_splice arg;
	int fds[2], rw;

	ASSERT_EQ(0, mkfifo("f", 0644));
	rw = open("f", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, rw);
	ASSERT_EQ(0, kipc_pipe(self->dev, fds, KIPC_PIPE_CLOEXEC, 0));
	ASSERT_TRUE(write_pattern(rw, 5000, 0));
	arg = (struct kipc_pipe_splice) { .fd = fds[1], .len = 5000 };
	ASSERT_EQ(0, ioctl(rw, KIPC_IOC_PIPE_TEE, &arg));
	EXPECT_EQ(5000, arg.len);
	arg = (struct kipc_pipe_splice) {
		.fd = fds[1], .len = 5000, .flags = KIPC_SPLICE_FROM_PIPE,
	};
	ASSERT_EQ(0, ioctl(rw, KIPC_IOC_PIPE_SPLICE, &arg));
	EXPECT_EQ(5000, arg.len);
	EXPECT_EQ(0, bytes_in(rw));
	EXPECT_TRUE(read_pattern(fds[0], 5000, 0));
	EXPECT_TRUE(read_pattern(fds[0], 5000, 0));
	close(fds[0]);
	close(fds[1]);
	close(rw);
}

TEST_F(kipcfs, capacity_of_an_open_fifo_is_charged_to_its_user)
{
	struct kipc_pipe_size size = { .size = 1 << 20 };
	unsigned long long start = stats_of(self->dev).user_pages;
	int rw;

	ASSERT_EQ(0, mkfifo("f", 0644));
	EXPECT_EQ(start, stats_of(self->dev).user_pages);
	rw = open("f", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, rw);
	EXPECT_EQ(start + 16, stats_of(self->dev).user_pages);
	ASSERT_EQ(0, ioctl(rw, KIPC_IOC_PIPE_SET_SIZE, &size));
	EXPECT_EQ(start + 256, stats_of(self->dev).user_pages);
	close(rw);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_pages == start));
}

TEST_F(kipcfs, calls_of_pipes_are_not_served_by_path_descriptors_and_directories)
{
	struct kipc_pipe_stat stat;
	int path, dir;

	ASSERT_EQ(0, mkfifo("f", 0644));
	path = open("f", O_PATH | O_CLOEXEC);
	ASSERT_LE(0, path);
	EXPECT_EQ(-1, ioctl(path, KIPC_IOC_PIPE_STAT, &stat));
	EXPECT_EQ(EBADF, errno);
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, dir);
	EXPECT_EQ(-1, ioctl(dir, KIPC_IOC_PIPE_STAT, &stat));
	EXPECT_EQ(ENOTTY, errno);
	close(path);
	close(dir);
}

TEST_F(kipcfs, a_mount_is_not_the_default_instance)
{
	unsigned long long fifos = stats_of(self->dev).fifos;
	int rw;

	ASSERT_EQ(0, mkfifo("f", 0644));
	rw = open("f", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, rw);
	EXPECT_EQ(fifos, stats_of(self->dev).fifos);
	/* but the module as a whole counts it */
	EXPECT_LT(self->objects, param_get("objects"));
	close(rw);
}

TEST_HARNESS_MAIN
