// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: what can be done with the file system with each allocation and copy failing; see
 * failnth.h.
 */
#include "failnth.h"

#include <dirent.h>
#include <sched.h>
#include <sys/statfs.h>

#define MOUNT		"/tmp/kipcfs"

/*
 * All names with what stat(2) says, and what is in the files. When a directory was read last
 * changes by looking; that a link was read the VFS says before it is.
 */
static void look_into(struct whole_state *state, const char *path)
{
	struct dirent *entry;
	char name[300];
	struct stat st;
	DIR *dir;
	int fd;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC);
	MUST(fd >= 0);
	dir = fdopendir(fd);
	MUST(dir);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, "."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		MUST(!lstat(name, &st));
		state_add(state, "%s ino %lu mode %o links %lu %u:%u size %ld times %ld %ld\n",
			  name, st.st_ino, st.st_mode, st.st_nlink, st.st_uid, st.st_gid,
			  st.st_size, st.st_mtime, st.st_ctime);
		if (S_ISDIR(st.st_mode)) {
			if (strcmp(entry->d_name, ".."))
				look_into(state, name);
			continue;
		}
		if (S_ISFIFO(st.st_mode))
			state_add(state, "atime %ld\n", st.st_atime);
		else if (S_ISREG(st.st_mode))
			state_add_file(state, name);
	}
	closedir(dir);
}

static void look_at_mounts(const struct work *work, struct whole_state *state)
{
	int control = open(MOUNT "/control", O_RDWR | O_CLOEXEC);
	struct kipc_stats stats = stats_of(control);

	(void)work;
	close(control);
	look_into(state, MOUNT);
	state_add_file(state, "/proc/self/mountinfo");
	state_add(state, "pipes %llu fifos %llu\n", stats.pipes, stats.fifos);
}

/* With all limits, by the options that are shown for them. */
static void look_at_mountinfo(const struct work *work, struct whole_state *state)
{
	(void)work;
	state_add_file(state, "/proc/self/mountinfo");
}

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

static int run_mkfifo_in_dir(struct work *work)
{
	(void)work;
	return mkfifo("dir/f", 0600);
}

static void undo_mkfifo_in_dir(struct work *work)
{
	(void)work;
	unlink("dir/f");
}

static int run_rename_over(struct work *work)
{
	(void)work;
	return rename("second", "victim");
}

static void undo_rename_over(struct work *work)
{
	(void)work;
	mkfifo("second", 0600);
}

static int run_exchange(struct work *work)
{
	(void)work;
	return renameat2(AT_FDCWD, "fifo", AT_FDCWD, "dir", RENAME_EXCHANGE);
}

static void undo_exchange(struct work *work)
{
	run_exchange(work);
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

static int run_open_writer(struct work *work)
{
	work->create.rfd = open("fifo", O_WRONLY | O_CLOEXEC);
	return work->create.rfd < 0 ? -1 : 0;
}

/* Somebody reads from it. */
static void prepare_reader(struct work *work)
{
	work->other = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	MUST(work->other >= 0);
}

/* Sleeps until the child opens it as well. */
static int run_open_blocking(struct work *work)
{
	work->create.rfd = open("meet", O_RDONLY | O_CLOEXEC);
	return work->create.rfd < 0 ? -1 : 0;
}

/* A child that opens it for writing, and closes it, for ever. */
static void prepare_writer(struct work *work)
{
	pid_t pid;

	close(work->other);
	work->other = 0;
	pid = child_fork();
	if (!pid)
		for (;;)
			close(open("meet", O_WRONLY | O_CLOEXEC));
	work->made = pid;
	MUST(wait_blocked(pid, CALL_OPEN));
}

static void undo_open_blocking(struct work *work)
{
	undo_reopen(work);
	MUST(wait_blocked(work->made, CALL_OPEN));
}

static int run_open_device(struct work *work)
{
	work->create.rfd = kipc_open();
	return work->create.rfd < 0 ? -1 : 0;
}

static int run_chmod(struct work *work)
{
	(void)work;
	return chmod("fifo", 0640);
}

static int run_chown(struct work *work)
{
	(void)work;
	return chown("fifo", OTHER_UID, OTHER_UID);
}

static int run_utimes(struct work *work)
{
	(void)work;
	return utimensat(AT_FDCWD, "fifo", NULL, 0);
}

static int run_chmod_dir(struct work *work)
{
	(void)work;
	return chmod("dir", 0750);
}

static int run_chmod_fixed(struct work *work)
{
	(void)work;
	return chmod("control", 0640);
}

static void undo_attributes(struct work *work)
{
	(void)work;
	MUST(!chmod("fifo", 0600) && !chown("fifo", 0, 0) && !chmod("dir", 0700) &&
	     !chmod("control", 0666));
}

static int run_statfs(struct work *work)
{
	struct statfs fs;
	struct stat st;

	(void)work;
	return stat("fifo", &st) || statfs("fifo", &fs) ? -1 : 0;
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

static int run_fsconfig(struct work *work)
{
	int fs = fsopen(KIPCFS_NAME, FSOPEN_CLOEXEC), mount = -1, error;

	(void)work;
	if (fs >= 0 && !fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0600", 0) &&
	    !fsconfig(fs, FSCONFIG_SET_STRING, "shmmni", "7", 0) &&
	    !fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	error = errno;
	close(mount);
	close(fs);
	errno = error;
	return mount < 0 ? -1 : 0;
}

/* Root of a user namespace, and of mounts in it, which go with the process. */
static void be_in_a_namespace(struct work *work)
{
	(void)work;
	MUST(!unshare(CLONE_NEWUSER | CLONE_NEWNS));
	MUST(!file_write("/proc/self/setgroups", "deny"));
	MUST(!file_write("/proc/self/uid_map", "0 0 1") &&
	     !file_write("/proc/self/gid_map", "0 0 1"));
}

static int run_mount_in_namespace(struct work *work)
{
	(void)work;
	return mount("none", MOUNT "2", KIPCFS_NAME, 0, "uid=0,mode=0600,shmmni=5");
}

static int run_remount(struct work *work)
{
	(void)work;
	return mount("none", MOUNT, KIPCFS_NAME, MS_REMOUNT, "msgmax=5000,shmmni=7");
}

static void undo_remount(struct work *work)
{
	(void)work;
	MUST(!mount("none", MOUNT, KIPCFS_NAME, MS_REMOUNT, "msgmax=8192,shmmni=4096"));
}

static const struct operation fs_operations[] = {
	ROW("mkfifo", run_mkfifo, undo_mkfifo),
	ROW("mkdir", run_mkdir, undo_mkdir),
	ROW("symlink", run_symlink, undo_symlink),
	ROW("link", run_link, undo_link),
	ROW("open of a fifo", run_open_fifo, undo_reopen),
	ROW("nonblocking open of a fifo", run_open_fifo_nonblock, undo_reopen),
	ROW("mkfifo in a directory", run_mkfifo_in_dir, undo_mkfifo_in_dir),
	ROW("open for writing", run_open_writer, undo_reopen, .prepare = prepare_reader),
	ROW("blocking open", run_open_blocking, undo_open_blocking, .prepare = prepare_writer),
	ROW("rename", run_rename, undo_rename),
	ROW("rename over another", run_rename_over, undo_rename_over),
	ROW("exchange of names", run_exchange, undo_exchange),
	ROW("unlink", run_unlink, undo_unlink),
	ROW("rmdir", run_rmdir, undo_rmdir),
	ROW("chmod", run_chmod, undo_attributes),
	ROW("chown", run_chown, undo_attributes),
	ROW("chmod of a directory", run_chmod_dir, undo_attributes),
	ROW("chmod of control", run_chmod_fixed, undo_attributes),
	ROW("utimensat", run_utimes, NULL),
	ROW("stat, statfs", run_statfs, NULL),
	ROW("readlink", run_readlink, NULL),
	ROW("readdir", run_list, NULL),
	ROW("tables", run_table, NULL, .partial = true),
	ROW("limit", run_limit, NULL),
	ROW("limit that is set", run_limit_set, undo_limit_set),
	ROW("open of control", run_open_control, undo_reopen),
	ROW("open of the device", run_open_device, undo_reopen),
	ROW("mountinfo", run_mountinfo, NULL),
};

/* The kernel copies options once more, byte by byte, when they cannot be copied. */
static const struct operation mount_operations[] = {
	ROW("mount", run_mount, undo_mount),
	ROW("mount with options", run_mount_options, undo_mount, .partial = true),
	ROW("mount of the default instance", run_mount_default, undo_mount, .partial = true),
	ROW("mount in a user namespace", run_mount_in_namespace, NULL, .enter = be_in_a_namespace,
	    .partial = true),
	ROW("fsopen, fsconfig, fsmount", run_fsconfig, NULL),
	ROW("remount", run_remount, undo_remount, .partial = true),
};

/* One of each kind for the tables, which go with the mount. */
static bool objects_make(void)
{
	struct kipc_shm_get shm = { .size = 4096 };
	struct kipc_sem_get sem = { .nsems = 2 };
	struct kipc_msg_get msg = { .mode = 0600 };
	struct kipc_sig_get sig = { .mode = 0600 };
	int fd = open("control", O_RDWR | O_CLOEXEC);
	bool made;

	made = !ioctl(fd, KIPC_IOC_SHM_GET, &shm) && !ioctl(fd, KIPC_IOC_SEM_GET, &sem) &&
	       !ioctl(fd, KIPC_IOC_MSG_GET, &msg) && !ioctl(fd, KIPC_IOC_SIG_GET, &sig);
	close(fd);
	return made;
}

/* A mount with something of everything in it, and one with options, for mountinfo. */
static void mounts_make(struct __test_metadata *_metadata, struct work *work)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("none", "/tmp", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mkdir(MOUNT, 0755));
	ASSERT_EQ(0, mkdir(MOUNT "2", 0755));
	ASSERT_EQ(0, mkdir(MOUNT "3", 0755));
	/* for mountinfo */
	ASSERT_EQ(0, mount("none", MOUNT "3", KIPCFS_NAME, 0,
			   "uid=1,gid=2,mode=0640,dirmode=0750,msgmax=5"));
	ASSERT_EQ(0, mount("none", MOUNT, KIPCFS_NAME, 0, NULL));
	ASSERT_EQ(0, chdir(MOUNT));
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	ASSERT_EQ(0, mkfifo("second", 0600));
	ASSERT_EQ(0, mkfifo("meet", 0600));
	ASSERT_EQ(0, symlink("fifo", "link"));
	ASSERT_TRUE(objects_make());
	undo_unlink(work);
	undo_rmdir(work);
}

static void mounts_undo(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, chdir("/"));
	EXPECT_TRUE(EVENTUALLY(umount(MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(umount(MOUNT "3") == 0));
}

TEST_F_TIMEOUT(kipc, failing_allocations_of_the_file_system_leave_nothing, 300)
{
	struct work work = {
		.dev = self->dev, .r = self->r, .w = self->w, .look = look_at_mounts,
	};
	long long objects = param_get("objects");
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	mounts_make(_metadata, &work);
	for (i = 0; i < ARRAY_SIZE(fs_operations); i++)
		fail_each(_metadata, &work, &fs_operations[i]);
	EXPECT_EQ(128 + SIGKILL, child_kill(work.made));
	mounts_undo(_metadata);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
	faults_done();
}

/* These have hundreds of allocations, so less is looked at each time. */
TEST_F_TIMEOUT(kipc, failing_allocations_of_mounts_leave_nothing, 300)
{
	struct work work = {
		.dev = self->dev, .r = self->r, .w = self->w, .look = look_at_mountinfo,
	};
	long long objects = param_get("objects");
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	mounts_make(_metadata, &work);
	for (i = 0; i < ARRAY_SIZE(mount_operations); i++)
		fail_each(_metadata, &work, &mount_operations[i]);
	mounts_undo(_metadata);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
	faults_done();
}

TEST_HARNESS_MAIN
