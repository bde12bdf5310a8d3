/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mounts and user namespaces of a test's own.
 */
#ifndef KIPC_MOUNTS_H
#define KIPC_MOUNTS_H

#include "kipc_test.h"

#include <linux/capability.h>
#include <sched.h>

/* The mounts are made below this one, which goes away with the test's namespace. */
#define MOUNTS	"/tmp"

/* Mounts of the caller's own, which nobody else sees; below /tmp, with nothing on it. */
static inline int mounts_private(void)
{
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	return mount("none", MOUNTS, "tmpfs", 0, "mode=755");
}

static inline int fs_mount_at(const char *type, const char *dir)
{
	if (mkdir(dir, 0755))
		return -1;
	return mount("none", dir, type, 0, strcmp(type, "tmpfs") ? NULL : "mode=755");
}

/* Mount a kipcfs at @dir, which is made if it is not there. */
static inline int kipcfs_mount(const char *dir, const char *options)
{
	if (mkdir(dir, 0755) && errno != EEXIST)
		return -1;
	return mount("none", dir, KIPCFS_NAME, 0, options);
}

/* Open @name in the directory @dir. */
static inline int open_in(const char *dir, const char *name, int flags)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return open(path, flags | O_CLOEXEC);
}

/* What the file @path says, as a string; its length, or -1. */
static inline ssize_t file_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t sum = 0, n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buf + sum, size - 1 - sum)) > 0)
		sum += n;
	close(fd);
	buf[sum] = 0;
	return n < 0 ? -1 : sum;
}

/* Become the root of a new user namespace in which only one's own user exists. */
static inline int user_namespace_enter(uid_t uid)
{
	char map[32];

	/* /proc/self belongs to root after the change of user */
	if (become(uid) || prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (file_write("/proc/self/setgroups", "deny") || file_write("/proc/self/uid_map", map) ||
	    file_write("/proc/self/gid_map", map))
		return -1;
	return 0;
}

/*
 * The same with two users: 0 and 1 are those who are OTHER_UID and THIRD_UID outside.
 * For root, who alone may write such a map.
 */
static inline int user_namespace_enter_with_two(void)
{
	char map[64], path[64];
	int fds[2], status = -1;
	pid_t helper;
	char c = 0;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	helper = fork();
	if (!helper) {
		close(fds[1]);
		snprintf(map, sizeof(map), "0 %d 1\n1 %d 1\n", OTHER_UID, THIRD_UID);
		if (read(fds[0], &c, 1) != 1)
			_exit(1);
		snprintf(path, sizeof(path), "/proc/%d/uid_map", getppid());
		if (file_write(path, map))
			_exit(1);
		snprintf(path, sizeof(path), "/proc/%d/gid_map", getppid());
		_exit(file_write(path, map) ? 1 : 0);
	}
	if (syscall(SYS_setgroups, 0, NULL) == 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0)
		status = write(fds[1], &c, 1) == 1 ? 0 : -1;
	close(fds[0]);
	close(fds[1]);
	if (waitpid(helper, &helper, 0) < 0 || helper || status)
		return -1;
	return setresgid(0, 0, 0) || setresuid(0, 0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL) ?
		-1 : 0;
}

/* Keep no capability but the one. */
static inline int capabilities_drop_all_but(int cap)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (cap >= 0) {
		data[cap / 32].effective = 1U << cap % 32;
		data[cap / 32].permitted = 1U << cap % 32;
	}
	return syscall(SYS_capset, &header, data);
}

#endif /* KIPC_MOUNTS_H */
