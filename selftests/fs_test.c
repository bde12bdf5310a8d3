// SPDX-License-Identifier: GPL-2.0
/*
 * kipcfs as a file system, where it is like tmpfs: names, links, directories, modes
 * and owners, times, mounts.
 */
#include "fs_fixture.h"

#include <dirent.h>
#include <linux/magic.h>
#include <sys/sysmacros.h>

static int rename_with(const char *from, const char *to, unsigned int flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static ino_t inode_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_ino;
}

static int mode_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? -1 : (int)st.st_mode;
}

static int links_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? -1 : (int)st.st_nlink;
}

static long long mtime_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? -1 : st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
}

static int age(const char *name)
{
	struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	return utimensat(AT_FDCWD, name, times, AT_SYMLINK_NOFOLLOW);
}

/* --- making things */

TEST_F(fs, mkfifo_obeys_the_umask_and_belongs_to_its_maker)
{
	struct stat st;
	pid_t pid;

	umask(027);
	ASSERT_EQ(0, mkfifo("f", 0666));
	ASSERT_EQ(0, lstat("f", &st));
	EXPECT_EQ(S_IFIFO | 0640, st.st_mode);
	EXPECT_EQ(1, st.st_nlink);
	EXPECT_EQ(0, st.st_size);
	EXPECT_EQ(0, st.st_uid);
	ASSERT_EQ(0, chmod(".", 0777));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, mknod("g", S_IFIFO | 0604, makedev(1, 3)));
		EXPECT_EQ(0, lstat("g", &st));
		EXPECT_EQ(S_IFIFO | 0600, st.st_mode);
		EXPECT_EQ(OTHER_UID, st.st_uid);
		EXPECT_EQ(OTHER_UID, st.st_gid);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(fs, mkfifo_refuses_what_cannot_be)
{
	char name[300];
	pid_t pid;

	ASSERT_EQ(0, mkfifo("f", 0644));
	EXPECT_EQ(-1, mkfifo("f", 0644));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, mkfifo("f/g", 0644));
	EXPECT_EQ(ENOTDIR, errno);
	EXPECT_EQ(-1, mkfifo("none/g", 0644));
	EXPECT_EQ(ENOENT, errno);
	memset(name, 'n', sizeof(name));
	name[256] = 0;
	EXPECT_EQ(-1, mkfifo(name, 0644));
	EXPECT_EQ(ENAMETOOLONG, errno);
	name[255] = 0;
	EXPECT_EQ(0, mkfifo(name, 0644));
	EXPECT_EQ(S_IFIFO | 0644, mode_of(name));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, mkfifo("h", 0644));
		EXPECT_EQ(EACCES, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(fs, setgid_directory_hands_its_group_on)
{
	struct stat st;

	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, chown("d", 0, THIRD_UID));
	ASSERT_EQ(0, chmod("d", 02755));
	ASSERT_EQ(0, mkfifo("d/f", 0644));
	ASSERT_EQ(0, mkdir("d/d", 0755));
	ASSERT_EQ(0, lstat("d/f", &st));
	EXPECT_EQ(THIRD_UID, st.st_gid);
	ASSERT_EQ(0, lstat("d/d", &st));
	EXPECT_EQ(THIRD_UID, st.st_gid);
	EXPECT_EQ(S_IFDIR | 02755, st.st_mode);
}

TEST_F(fs, readdir_lists_everything_once_with_its_type)
{
	int seen[200] = { 0 }, fifos = 0, dirs = 0, links = 0, dots = 0, i;
	struct dirent *entry;
	char name[16];
	DIR *dir;

	/* the root may hold more than what the test has made */
	ASSERT_EQ(0, mkdir("list", 0755));
	ASSERT_EQ(0, chdir("list"));
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		ASSERT_EQ(0, mkfifo(name, 0644));
	}
	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, symlink("f1", "l"));
	ASSERT_EQ(0, unlink("f7"));
	dir = opendir(".");
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.') {
			dots++;
			continue;
		}
		EXPECT_EQ(inode_of(entry->d_name), entry->d_ino);
		fifos += entry->d_type == DT_FIFO;
		dirs += entry->d_type == DT_DIR;
		links += entry->d_type == DT_LNK;
		if (sscanf(entry->d_name, "f%d", &i) == 1)
			seen[i]++;
	}
	EXPECT_EQ(2, dots);
	EXPECT_EQ(199, fifos);
	EXPECT_EQ(1, dirs);
	EXPECT_EQ(1, links);
	for (i = 0; i < 200; i++)
		EXPECT_EQ(i != 7, seen[i]);

	/* and once more */
	ASSERT_EQ(0, unlink("f8"));
	rewinddir(dir);
	for (i = 0; readdir(dir); i++)
		;
	EXPECT_EQ(2 + 198 + 2, i);
	closedir(dir);
}

/* --- directories and links */

TEST_F(fs, directories_are_made_and_removed)
{
	int links = links_of(".");

	ASSERT_EQ(0, mkdir("d", 0777));
	EXPECT_EQ(S_IFDIR | 0755, mode_of("d"));
	EXPECT_EQ(2, links_of("d"));
	EXPECT_EQ(links + 1, links_of("."));
	EXPECT_EQ(-1, mkdir("d", 0777));
	EXPECT_EQ(EEXIST, errno);
	ASSERT_EQ(0, mkdir("d/e", 0777));
	ASSERT_EQ(0, mkfifo("d/e/f", 0644));
	EXPECT_EQ(-1, rmdir("d"));
	EXPECT_EQ(ENOTEMPTY, errno);
	EXPECT_EQ(-1, rmdir("d/e/f"));
	EXPECT_EQ(ENOTDIR, errno);
	EXPECT_EQ(-1, unlink("d/e"));
	EXPECT_EQ(EISDIR, errno);
	EXPECT_EQ(-1, rmdir("d/e/."));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, unlink("d/e/f"));
	EXPECT_EQ(0, rmdir("d/e"));
	EXPECT_EQ(0, rmdir("d"));
	EXPECT_EQ(links, links_of("."));
	EXPECT_EQ(-1, rmdir("d"));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(fs, removed_working_directory_takes_no_new_names)
{
	ASSERT_EQ(0, mkdir("d", 0777));
	ASSERT_EQ(0, chdir("d"));
	ASSERT_EQ(0, rmdir("../d"));
	EXPECT_EQ(-1, mkfifo("f", 0644));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(fs, symlinks_are_read_and_followed)
{
	char target[64] = "", longer[256];
	struct stat st;
	int rw;

	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, mkfifo("d/f", 0644));
	ASSERT_EQ(0, symlink("d/f", "l"));
	EXPECT_EQ(S_IFLNK | 0777, mode_of("l"));
	ASSERT_EQ(0, lstat("l", &st));
	EXPECT_EQ(3, st.st_size);
	EXPECT_EQ(3, readlink("l", target, sizeof(target) - 1));
	EXPECT_STREQ("d/f", target);
	ASSERT_EQ(0, stat("l", &st));
	EXPECT_EQ(S_IFIFO | 0644, st.st_mode);
	rw = open("l", O_RDWR | O_CLOEXEC);
	EXPECT_LE(0, rw);
	close(rw);
	EXPECT_EQ(-1, open("l", O_RDWR | O_NOFOLLOW));
	EXPECT_EQ(ELOOP, errno);

	/* a long target, and one that leads nowhere */
	memset(longer, 't', 200);
	longer[200] = 0;
	ASSERT_EQ(0, symlink(longer, "m"));
	ASSERT_EQ(0, lstat("m", &st));
	EXPECT_EQ(200, st.st_size);
	EXPECT_EQ(-1, stat("m", &st));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, symlink("x", "m"));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(0, lchown("m", OTHER_UID, OTHER_UID));
	ASSERT_EQ(0, lstat("m", &st));
	EXPECT_EQ(OTHER_UID, st.st_uid);
	EXPECT_EQ(0, unlink("m"));
	EXPECT_EQ(0, unlink("l"));
	EXPECT_EQ(S_IFIFO | 0644, mode_of("d/f"));
}

TEST_F(fs, hard_links_share_the_inode)
{
	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, link("f", "d/g"));
	EXPECT_EQ(2, links_of("f"));
	EXPECT_EQ(inode_of("f"), inode_of("d/g"));
	EXPECT_EQ(-1, link("f", "d/g"));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, link("d", "e"));
	EXPECT_EQ(EPERM, errno);
	ASSERT_EQ(0, unlink("f"));
	EXPECT_EQ(1, links_of("d/g"));
	EXPECT_EQ(-1, unlink("f"));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(fs, every_change_of_a_directory_moves_its_mtime)
{
	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, age("d"));
	ASSERT_EQ(0, mkfifo("d/f", 0644));
	EXPECT_LT(1000000000000LL, mtime_of("d"));
	ASSERT_EQ(0, age("d"));
	ASSERT_EQ(0, link("d/f", "d/g"));
	EXPECT_LT(1000000000000LL, mtime_of("d"));
	ASSERT_EQ(0, age("d"));
	ASSERT_EQ(0, unlink("d/g"));
	EXPECT_LT(1000000000000LL, mtime_of("d"));
	ASSERT_EQ(0, age("d"));
	ASSERT_EQ(0, age("."));
	ASSERT_EQ(0, rename("d/f", "f"));
	EXPECT_LT(1000000000000LL, mtime_of("d"));
	EXPECT_LT(1000000000000LL, mtime_of("."));
}

/* --- rename */

TEST_F(fs, rename_moves_and_replaces)
{
	ino_t f;

	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, mkfifo("g", 0644));
	ASSERT_EQ(0, mkdir("d", 0755));
	f = inode_of("f");
	ASSERT_EQ(0, rename("f", "g"));
	EXPECT_EQ(f, inode_of("g"));
	EXPECT_EQ(-1, mode_of("f"));
	ASSERT_EQ(0, rename("g", "d/h"));
	EXPECT_EQ(f, inode_of("d/h"));
	EXPECT_EQ(-1, rename("none", "x"));
	EXPECT_EQ(ENOENT, errno);
	/* two names of one file: nothing happens */
	ASSERT_EQ(0, link("d/h", "k"));
	EXPECT_EQ(0, rename("k", "d/h"));
	EXPECT_EQ(2, links_of("k"));
}

TEST_F(fs, rename_of_directories_keeps_the_tree_a_tree)
{
	int links = links_of(".");

	ASSERT_EQ(0, mkdir("a", 0755));
	ASSERT_EQ(0, mkdir("a/b", 0755));
	ASSERT_EQ(0, mkdir("c", 0755));
	ASSERT_EQ(0, mkfifo("f", 0644));
	EXPECT_EQ(links + 2, links_of("."));
	EXPECT_EQ(-1, rename("a", "a/b/x"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, rename("c", "a"));
	EXPECT_EQ(ENOTEMPTY, errno);
	EXPECT_EQ(-1, rename("c", "f"));
	EXPECT_EQ(ENOTDIR, errno);
	EXPECT_EQ(-1, rename("f", "c"));
	EXPECT_EQ(EISDIR, errno);
	EXPECT_EQ(0, rename("a", "c"));
	EXPECT_EQ(links + 1, links_of("."));
	EXPECT_EQ(3, links_of("c"));
	EXPECT_EQ(0, rename("c/b", "b"));
	EXPECT_EQ(links + 2, links_of("."));
	EXPECT_EQ(2, links_of("c"));
}

TEST_F(fs, rename_noreplace_does_not_replace)
{
	ino_t f, g;

	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, mkfifo("g", 0644));
	f = inode_of("f");
	g = inode_of("g");
	EXPECT_EQ(-1, rename_with("f", "g", RENAME_NOREPLACE));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(f, inode_of("f"));
	EXPECT_EQ(g, inode_of("g"));
	EXPECT_EQ(0, rename_with("f", "h", RENAME_NOREPLACE));
	EXPECT_EQ(f, inode_of("h"));
}

TEST_F(fs, rename_exchange_exchanges)
{
	int links = links_of(".");
	ino_t f, d;

	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, mkdir("s", 0755));
	ASSERT_EQ(0, mkdir("s/d", 0755));
	f = inode_of("f");
	d = inode_of("s/d");
	EXPECT_EQ(3, links_of("s"));
	EXPECT_EQ(0, rename_with("f", "s/d", RENAME_EXCHANGE));
	EXPECT_EQ(d, inode_of("f"));
	EXPECT_EQ(f, inode_of("s/d"));
	EXPECT_EQ(2, links_of("s"));
	EXPECT_EQ(links + 2, links_of("."));
	EXPECT_EQ(-1, rename_with("f", "none", RENAME_EXCHANGE));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(fs, rename_refuses_unknown_flags)
{
	ASSERT_EQ(0, mkfifo("f", 0644));
	EXPECT_EQ(-1, rename_with("f", "g", 1 << 7));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(S_IFIFO | 0644, mode_of("f"));
}

/* --- owners and modes */

TEST_F(fs, chmod_and_chown_change_what_they_say)
{
	struct stat st;

	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, chmod("f", 0612));
	ASSERT_EQ(0, chown("f", OTHER_UID, THIRD_UID));
	ASSERT_EQ(0, lstat("f", &st));
	EXPECT_EQ(S_IFIFO | 0612, st.st_mode);
	EXPECT_EQ(OTHER_UID, st.st_uid);
	EXPECT_EQ(THIRD_UID, st.st_gid);
}

TEST_F(fs, only_the_owner_changes_mode_and_only_root_the_owner)
{
	pid_t pid;

	ASSERT_EQ(0, mkfifo("f", 0666));
	ASSERT_EQ(0, mkfifo("g", 0666));
	ASSERT_EQ(0, chown("g", OTHER_UID, OTHER_UID));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, chmod("f", 0600));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, chown("f", OTHER_UID, OTHER_UID));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(0, chmod("g", 0600));
		EXPECT_EQ(-1, chown("g", THIRD_UID, -1));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, chown("g", -1, THIRD_UID));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(0, chown("g", OTHER_UID, OTHER_UID));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(S_IFIFO | 0600, mode_of("g"));
}

TEST_F(fs, utimensat_sets_what_it_is_told_to)
{
	struct timespec times[2] = {
		{ .tv_sec = 1234, .tv_nsec = 567 }, { .tv_nsec = UTIME_OMIT },
	};
	struct stat before, st;

	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, lstat("f", &before));
	ASSERT_EQ(0, utimensat(AT_FDCWD, "f", times, 0));
	ASSERT_EQ(0, lstat("f", &st));
	EXPECT_EQ(1234, st.st_atim.tv_sec);
	EXPECT_EQ(567, st.st_atim.tv_nsec);
	EXPECT_EQ(before.st_mtim.tv_sec, st.st_mtim.tv_sec);
	EXPECT_EQ(before.st_mtim.tv_nsec, st.st_mtim.tv_nsec);
	times[0].tv_nsec = UTIME_NOW;
	ASSERT_EQ(0, utimensat(AT_FDCWD, "f", times, 0));
	ASSERT_EQ(0, lstat("f", &st));
	EXPECT_LT(1234, st.st_atim.tv_sec);
}

/* The answer that the mode of a file gives: @who is 6 for its owner, 3, 0 for others. */
static int expected_error(int mode, int who, int flags)
{
	int want = flags == O_RDONLY ? 4 : flags == O_WRONLY ? 2 : 6;

	return (mode >> who & want) == want ? 0 : EACCES;
}

TEST_F(fs, open_obeys_the_whole_matrix_of_user_mode_and_access)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		int who;
	} users[] = {
		{ OTHER_UID, OTHER_UID, 6 }, { THIRD_UID, THIRD_UID, 3 }, { 4711, 4711, 0 },
		{ OTHER_UID, THIRD_UID, 6 }, { 4711, THIRD_UID, 3 }, { 0, 0, -1 },
	};
	static const int accesses[] = { O_RDONLY, O_WRONLY, O_RDWR };
	int keep[24], mode, i, fd, want;
	size_t u, a;
	char name[8];
	pid_t pid;

	for (i = 0; i < 24; i++) {
		snprintf(name, sizeof(name), "%d", i);
		ASSERT_EQ(0, mkfifo(name, 0600));
		ASSERT_EQ(0, chmod(name, (i % 8) << (i / 8 * 3)));
		ASSERT_EQ(0, chown(name, OTHER_UID, THIRD_UID));
		/* so that no writer is refused for the want of a reader */
		keep[i] = open(name, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, keep[i]);
	}
	for (u = 0; u < ARRAY_SIZE(users); u++) {
		pid = child_fork();
		if (!pid) {
			if (users[u].uid) {
				EXPECT_EQ(0, syscall(SYS_setgroups, 0, NULL));
				EXPECT_EQ(0, setresgid(users[u].gid, users[u].gid, users[u].gid));
				EXPECT_EQ(0, setresuid(users[u].uid, users[u].uid, users[u].uid));
			}
			for (i = 0; i < 24; i++) {
				snprintf(name, sizeof(name), "%d", i);
				mode = (i % 8) << (i / 8 * 3);
				for (a = 0; a < ARRAY_SIZE(accesses); a++) {
					want = users[u].who < 0 ? 0 :
					       expected_error(mode, users[u].who, accesses[a]);
					errno = 0;
					fd = open(name, accesses[a] | O_NONBLOCK | O_CLOEXEC);
					EXPECT_EQ(want, errno)
						TH_LOG("uid %u mode %o", users[u].uid, mode);
					EXPECT_EQ(want == 0, fd >= 0);
					close(fd);
				}
			}
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
	}
	for (i = 0; i < 24; i++)
		close(keep[i]);
}

TEST_F(fs, search_permission_of_directories_counts)
{
	pid_t pid;

	ASSERT_EQ(0, mkdir("d", 0700));
	ASSERT_EQ(0, mkfifo("d/f", 0666));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, open("d/f", O_RDWR));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, unlink("d/f"));
		EXPECT_EQ(EACCES, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(fs, sticky_directory_lets_only_owners_remove_and_rename)
{
	pid_t pid;

	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, chmod("d", 01777));
	EXPECT_EQ(S_IFDIR | 01777, mode_of("d"));
	ASSERT_EQ(0, mkfifo("d/root", 0666));
	ASSERT_EQ(0, mkfifo("d/other", 0600));
	ASSERT_EQ(0, chown("d/other", OTHER_UID, OTHER_UID));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, unlink("d/root"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, rename("d/root", "d/x"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, rename("d/other", "d/root"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(0, rename("d/other", "d/mine"));
		EXPECT_EQ(0, unlink("d/mine"));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(S_IFIFO | 0644, mode_of("d/root"));
}

/* --- mounts */

TEST_F(fs, statfs_tells_the_type)
{
	struct statfs sfs;

	memset(&sfs, POISON, sizeof(sfs));
	ASSERT_EQ(0, statfs(".", &sfs));
	EXPECT_EQ(variant->kipc ? KIPCFS_MAGIC : TMPFS_MAGIC, (long)sfs.f_type);
	EXPECT_EQ(255, sfs.f_namelen);
	EXPECT_EQ(4096, sfs.f_bsize);
}

TEST_F(fs, root_of_a_new_mount_belongs_to_the_mounter)
{
	struct stat st;

	ASSERT_EQ(0, lstat(".", &st));
	EXPECT_EQ(S_IFDIR | 0755, st.st_mode);
	EXPECT_EQ(0, st.st_uid);
	EXPECT_EQ(0, st.st_gid);
	EXPECT_EQ(variant->kipc ? 4 : 2, st.st_nlink);
}

TEST_F(fs, two_mounts_share_nothing)
{
	struct stat a, b;
	int rw;

	ASSERT_EQ(0, fs_mount_at(variant->type, MOUNTS "/second"));
	ASSERT_EQ(0, mkfifo("f", 0644));
	EXPECT_EQ(-1, lstat(MOUNTS "/second/f", &b));
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(0, mkfifo(MOUNTS "/second/f", 0644));
	ASSERT_EQ(0, lstat("f", &a));
	ASSERT_EQ(0, lstat(MOUNTS "/second/f", &b));
	EXPECT_NE(a.st_dev, b.st_dev);
	rw = open("f", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, rw);
	EXPECT_EQ(-1, open(MOUNTS "/second/f", O_WRONLY | O_NONBLOCK));
	EXPECT_EQ(ENXIO, errno);
	EXPECT_EQ(-1, rename("f", MOUNTS "/second/g"));
	EXPECT_EQ(EXDEV, errno);
	EXPECT_EQ(-1, link("f", MOUNTS "/second/g"));
	EXPECT_EQ(EXDEV, errno);
	close(rw);
	EXPECT_EQ(0, umount(MOUNTS "/second"));
}

TEST_F(fs, unknown_mount_options_are_refused)
{
	ASSERT_EQ(0, mkdir(MOUNTS "/second", 0755));
	EXPECT_EQ(-1, mount("none", MOUNTS "/second", variant->type, 0, "nonsense"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, mount("none", MOUNTS "/second", variant->type, 0, "nonsense=1"));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(fs, umount_is_refused_while_a_fifo_is_open)
{
	int rw;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0644));
	rw = open("f", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, rw);
	ASSERT_EQ(0, chdir("/"));
	EXPECT_EQ(-1, umount(self->m.dir));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(1, write(rw, "x", 1));
	EXPECT_EQ(1, read(rw, &c, 1));
	close(rw);
	EXPECT_TRUE(EVENTUALLY(umount(self->m.dir) == 0));
}

TEST_F(fs, umount_is_refused_while_an_open_waits)
{
	pid_t pid;

	ASSERT_EQ(0, mkfifo("f", 0644));
	pid = child_fork();
	if (!pid) {
		char path[128];

		EXPECT_EQ(0, chdir("/"));
		snprintf(path, sizeof(path), "%s/f", self->m.dir);
		open(path, O_RDONLY);
		_exit(1);
	}
	ASSERT_TRUE(wait_blocked(pid, CALL_OPEN));
	ASSERT_EQ(0, chdir("/"));
	EXPECT_EQ(-1, umount(self->m.dir));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
	EXPECT_TRUE(EVENTUALLY(umount(self->m.dir) == 0));
}

TEST_F(fs, fifo_works_on_after_a_lazy_umount)
{
	int r, w;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0644));
	r = open("f", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	w = open("f", O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, w);
	ASSERT_EQ(0, umount2(self->m.dir, MNT_DETACH));
	ASSERT_EQ(0, chdir("/"));
	EXPECT_EQ(-1, umount(self->m.dir));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, write(w, "x", 1));
	EXPECT_EQ(1, read(r, &c, 1));
	close(w);
	EXPECT_EQ(POLLHUP, poll_now(r, POLL_ALL));
	close(r);
}

TEST_F(fs, names_left_in_a_mount_go_with_it)
{
	int links = links_of(".");

	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, mkdir("d", 0755));
	ASSERT_EQ(0, mkfifo("d/f", 0644));
	ASSERT_EQ(0, symlink("d/f", "l"));
	ASSERT_EQ(0, chdir("/"));
	ASSERT_TRUE(EVENTUALLY(umount(self->m.dir) == 0));
	ASSERT_EQ(0, mount("none", self->m.dir, variant->type, 0, NULL));
	ASSERT_EQ(0, chdir(self->m.dir));
	EXPECT_EQ(-1, mode_of("f"));
	EXPECT_EQ(-1, mode_of("d"));
	EXPECT_EQ(links, links_of("."));
}

TEST_F(fs, read_only_mount_keeps_its_names_but_lets_data_through)
{
	int rw;
	char c;

	ASSERT_EQ(0, mkfifo("f", 0644));
	ASSERT_EQ(0, chdir("/"));
	ASSERT_EQ(0, mount(NULL, self->m.dir, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	ASSERT_EQ(0, chdir(self->m.dir));
	EXPECT_EQ(-1, mkfifo("g", 0644));
	EXPECT_EQ(EROFS, errno);
	EXPECT_EQ(-1, unlink("f"));
	EXPECT_EQ(EROFS, errno);
	EXPECT_EQ(-1, chmod("f", 0600));
	EXPECT_EQ(EROFS, errno);
	rw = open("f", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, rw);
	EXPECT_EQ(1, write(rw, "x", 1));
	EXPECT_EQ(1, read(rw, &c, 1));
	close(rw);
}

TEST_F(fs, any_user_can_mount_in_a_user_namespace)
{
	struct stat st;
	pid_t pid;
	char c;
	int rw;

	if (access("/proc/self/ns/user", F_OK))
		SKIP(return, "this kernel has no user namespaces");
	ASSERT_EQ(0, mkdir(MOUNTS "/user", 0755));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter(OTHER_UID));
		EXPECT_EQ(0, mount("none", MOUNTS "/user", variant->type, 0, NULL));
		EXPECT_EQ(0, chdir(MOUNTS "/user"));
		EXPECT_EQ(0, mkfifo("f", 0644));
		EXPECT_EQ(0, lstat("f", &st));
		EXPECT_EQ(0, st.st_uid);
		EXPECT_EQ(0, st.st_gid);
		rw = open("f", O_RDWR);
		EXPECT_LE(0, rw);
		EXPECT_EQ(1, write(rw, "x", 1));
		EXPECT_EQ(1, read(rw, &c, 1));
		EXPECT_EQ(-1, mknod("null", S_IFCHR | 0666, makedev(1, 3)));
		EXPECT_EQ(EPERM, errno);
		/* an owner that the namespace does not know */
		EXPECT_EQ(-1, chown("f", THIRD_UID, -1));
		EXPECT_EQ(EINVAL, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_F(fs, mount_needs_privilege_outside_of_one)
{
	pid_t pid;

	ASSERT_EQ(0, mkdir(MOUNTS "/user", 0777));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, mount("none", MOUNTS "/user", variant->type, 0, NULL));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_HARNESS_MAIN
