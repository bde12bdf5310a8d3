// SPDX-License-Identifier: GPL-2.0
/*
 * Mounts of a program's own: an instance that nobody else sees, and the instance's tables
 * over those of the kernel, which ipcs(1) reads. Both are in a namespace of mounts that
 * goes with the last process in it. A user who may not make one gets it in a user
 * namespace, in which they are nobody else than they were.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "exec.h"

static const struct meaning space_meanings[] = {
	{ EPERM,
	  "you may not, and the system lets you make no user namespace; run it as root, or with --instance where root has mounted one"
	},
	{ ENOSPC,
	  "the system allows no more namespaces; see /proc/sys/user"
	},
	{ EUSERS,
	  "the system allows no more namespaces; see /proc/sys/user"
	},
	{ EINVAL,
	  "the kernel was built without them"
	},
	{ ENODEV,
	  "the kernel knows no file system kipcfs; load the module (modprobe kipc)"
	},
};

static const char *space_problem(int err)
{
	return explain(space_meanings, ARRAY_SIZE(space_meanings), err);
}

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Everybody stays who they are. */
static int enter_user_namespace(void)
{
	char uids[64], gids[64];

	snprintf(uids, sizeof(uids), "%u %u 1", geteuid(), geteuid());
	snprintf(gids, sizeof(gids), "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -1;
	if (put_text("/proc/self/setgroups", "deny") || put_text("/proc/self/uid_map", uids))
		return -1;
	return put_text("/proc/self/gid_map", gids);
}

static int enter_namespace(void)
{
	if (unshare(CLONE_NEWNS) && (errno != EPERM || enter_user_namespace())) {
		fail("cannot make a namespace of mounts: %s", space_problem(errno));
		return -1;
	}
	/* what is mounted outside is to appear here, and not the other way round */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL)) {
		fail("cannot make the mounts private: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int mount_instance(struct space *space)
{
	const char *above = getenv("TMPDIR");

	if (!above || *above != '/')
		above = "/tmp";
	snprintf(space->directory, sizeof(space->directory), "%s/kipc-XXXXXX", above);
	if (!mkdtemp(space->directory)) {
		fail("cannot make a directory in %s: %s; TMPDIR names another", above,
		     strerror(errno));
		return -1;
	}
	if (mount("none", space->directory, KIPCFS_NAME, MS_NOSUID | MS_NOEXEC, NULL)) {
		fail("cannot mount an instance: %s", space_problem(errno));
		rmdir(space->directory);
		return -1;
	}
	space->made = true;
	return 0;
}

/* Only where the kernel has some; without them ipcs(1) asks by system calls. */
static int bind_tables(const char *directory)
{
	static const char *const names[] = { "shm", "sem", "msg" };
	char from[PATH_MAX + 16], to[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(from, sizeof(from), "%s/sysvipc/%s", directory, names[i]);
		snprintf(to, sizeof(to), "/proc/sysvipc/%s", names[i]);
		if (access(to, F_OK))
			continue;
		if (mount(from, to, NULL, MS_BIND, NULL)) {
			fail("cannot lay %s over %s: %s", from, to, strerror(errno));
			return -1;
		}
	}
	return 0;
}

/* With a new instance if it is to be @fresh, otherwise for the one that was named. */
int space_make(struct space *space, bool fresh)
{
	const char *directory;

	if (!fresh) {
		/* while it is seen as the user named it */
		directory = instance_directory();
		if (!directory)
			return -1;
		snprintf(space->directory, sizeof(space->directory), "%s", directory);
	}
	if (enter_namespace() || (fresh && mount_instance(space)))
		return -1;
	if (bind_tables(space->directory)) {
		space_end(space, &(int){ 0 });
		return -1;
	}
	return 0;
}

/* How many processes but this one are in the namespace? */
static int count_others(void)
{
	char own[64] = "", path[300], name[64];
	struct dirent *entry;
	int n = 0;
	DIR *proc;

	if (readlink("/proc/self/ns/mnt", own, sizeof(own) - 1) < 0)
		return 0;
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)*entry->d_name) || atoi(entry->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/mnt", entry->d_name);
		memset(name, 0, sizeof(name));
		if (readlink(path, name, sizeof(name) - 1) > 0 && !strcmp(name, own))
			n++;
	}
	if (proc)
		closedir(proc);
	return n;
}

/*
 * Take away what was mounted, unless @processes run on there: then it is for them, and goes
 * with the last of them; the directory stays.
 */
void space_end(struct space *space, int *processes)
{
	*processes = 0;
	if (!space->made)
		return;
	*processes = count_others();
	if (*processes)
		return;
	if (umount2(space->directory, MNT_DETACH) || rmdir(space->directory))
		fail("%s stays: %s", space->directory, strerror(errno));
}
