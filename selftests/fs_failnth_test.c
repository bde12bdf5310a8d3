// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: what can be done with the file system with each allocation failing; see failnth.h.
 */
#include "failnth.h"

#include <sched.h>
#include <sys/statfs.h>

#define MOUNT		"/tmp/kipcfs"

static int run_mkfifo(struct work *work)
{
	(void)work;
	return mkfifo("f", 0600);
}

static void undo_mkfifo(struct work *work)
{
	(void)work;
	unlink("f");
}

static int run_mkdir(struct work *work)
{
	(void)work;
	return mkdir("d", 0700);
}

static void undo_mkdir(struct work *work)
{
	(void)work;
	rmdir("d");
}

static int run_symlink(struct work *work)
{
	(void)work;
	return symlink("a target that is long enough to be no part of an inode", "l");
}

static void undo_symlink(struct work *work)
{
	(void)work;
	unlink("l");
}

static void undo_reopen(struct work *work)
{
	close(work->create.rfd);
}

static int run_open_fifo(struct work *work)
{
	work->create.rfd = open("fifo", O_RDWR | O_CLOEXEC);
	return work->create.rfd < 0 ? -1 : 0;
}

static int run_open_fifo_nonblock(struct work *work)
{
	work->create.rfd = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return work->create.rfd < 0 ? -1 : 0;
}

static int run_link(struct work *work)
{
	(void)work;
	return link("fifo", "g");
}

static void undo_link(struct work *work)
{
	(void)work;
	unlink("g");
}

static int run_mount(struct work *work)
{
	(void)work;
	return mount("none", MOUNT "2", KIPCFS_NAME, 0, NULL);
}

static void undo_mount(struct work *work)
{
	(void)work;
	umount(MOUNT "2");
}

static int run_rename(struct work *work)
{
	(void)work;
	return rename("fifo", "moved");
}

static void undo_rename(struct work *work)
{
	(void)work;
	rename("moved", "fifo");
}

static int run_unlink(struct work *work)
{
	(void)work;
	return unlink("victim");
}

static void undo_unlink(struct work *work)
{
	(void)work;
	mkfifo("victim", 0600);
}

static int run_rmdir(struct work *work)
{
	(void)work;
	return rmdir("dir");
}

static void undo_rmdir(struct work *work)
{
	(void)work;
	mkdir("dir", 0700);
}

/* Open a file, read it to its end with @size bytes at a time, and close it. */
static int read_all(const char *name, size_t size)
{
	static char buf[4096];
	int fd = open(name, O_RDONLY | O_CLOEXEC), error;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf, size)) > 0)
		;
	error = errno;
	close(fd);
	errno = error;
	return n;
}

static int run_table(struct work *work)
{
	(void)work;
	return read_all("sysvipc/shm", 100) || read_all("sysvipc/sem", 4096) ||
	       read_all("sysvipc/msg", 4096) ? -1 : 0;
}

static int run_limit(struct work *work)
{
	(void)work;
	return read_all("limits/sem", 100);
}

static int run_mountinfo(struct work *work)
{
	(void)work;
	return read_all("/proc/self/mountinfo", 4096);
}

static int run_list(struct work *work)
{
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;
	char buf[512];
	long n;

	(void)work;
	if (fd < 0)
		return -1;
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		;
	error = errno;
	close(fd);
	errno = error;
	return n;
}

static int limit_set(const char *text)
{
	int fd = open("limits/msgmni", O_WRONLY | O_CLOEXEC), error, n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	errno = error;
	return n;
}

static int run_limit_set(struct work *work)
{
	(void)work;
	return limit_set("77");
}

static void undo_limit_set(struct work *work)
{
	(void)work;
	limit_set("32000");
}

static int run_open_control(struct work *work)
{
	work->create.rfd = open("control", O_RDWR | O_CLOEXEC);
	return work->create.rfd < 0 ? -1 : 0;
}

static int run_open_device(struct work *work)
{
	work->create.rfd = kipc_open();
	return work->create.rfd < 0 ? -1 : 0;
}

static int run_attributes(struct work *work)
{
	struct statfs fs;
	struct stat st;

	(void)work;
	return chmod("fifo", 0600) || chown("fifo", 0, 0) || stat("fifo", &st) ||
	       statfs("fifo", &fs) || utimensat(AT_FDCWD, "fifo", NULL, 0) ? -1 : 0;
}

static int run_readlink(struct work *work)
{
	char buf[100];

	(void)work;
	return readlink("link", buf, sizeof(buf));
}

static int run_mount_options(struct work *work)
{
	(void)work;
	return mount("none", MOUNT "2", KIPCFS_NAME, 0, "mode=0600,uid=1000,shmmni=5,msgmax=100");
}

static int run_mount_default(struct work *work)
{
	(void)work;
	return mount("none", MOUNT "2", KIPCFS_NAME, 0, "default");
}

static int run_remount(struct work *work)
{
	(void)work;
	return mount("none", MOUNT, KIPCFS_NAME, MS_REMOUNT, "msgmax=8192");
}

static const struct operation fs_operations[] = {
	{ "mkfifo", run_mkfifo, undo_mkfifo, 0 },
	{ "mkdir", run_mkdir, undo_mkdir, 0 },
	{ "symlink", run_symlink, undo_symlink, 0 },
	{ "link", run_link, undo_link, 0 },
	{ "open of a fifo", run_open_fifo, undo_reopen, 0 },
	{ "nonblocking open of a fifo", run_open_fifo_nonblock, undo_reopen, 0 },
	{ "rename", run_rename, undo_rename, 0 },
	{ "unlink", run_unlink, undo_unlink, 0 },
	{ "rmdir", run_rmdir, undo_rmdir, 0 },
	{ "attributes", run_attributes, NULL, 0 },
	{ "readlink", run_readlink, NULL, 0 },
	{ "readdir", run_list, NULL, 0 },
	{ "tables", run_table, NULL, 0 },
	{ "limit", run_limit, NULL, 0 },
	{ "limit that is set", run_limit_set, undo_limit_set, 0 },
	{ "open of control", run_open_control, undo_reopen, 0 },
	{ "open of the device", run_open_device, undo_reopen, 0 },
	{ "mountinfo", run_mountinfo, NULL, 0 },
	{ "mount", run_mount, undo_mount, 0 },
	{ "mount with options", run_mount_options, undo_mount, 0 },
	{ "mount of the default instance", run_mount_default, undo_mount, 0 },
	{ "remount", run_remount, NULL, 0 },
};

TEST_F_TIMEOUT(kipc, failing_allocations_of_the_file_system_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	long long objects = param_get("objects");
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("none", "/tmp", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir(MOUNT, 0755));
	ASSERT_EQ(0, mkdir(MOUNT "2", 0755));
	ASSERT_EQ(0, mount("none", MOUNT, KIPCFS_NAME, 0, NULL));
	ASSERT_EQ(0, chdir(MOUNT));
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	ASSERT_EQ(0, symlink("fifo", "link"));
	undo_unlink(&work);
	undo_rmdir(&work);
	for (i = 0; i < ARRAY_SIZE(fs_operations); i++) {
		long long now = param_get("objects");

		fail_each(_metadata, &work, &fs_operations[i]);
		EXPECT_TRUE(EVENTUALLY(param_get("objects") == now));
	}
	ASSERT_EQ(0, chdir("/"));
	EXPECT_TRUE(EVENTUALLY(umount(MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
	close(nth_fd);
}

TEST_HARNESS_MAIN
