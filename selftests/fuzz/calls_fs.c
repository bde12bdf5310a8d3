// SPDX-License-Identifier: GPL-2.0
/*
 * kipcfs: in the mount that all workers share, which is the working directory, and in mounts
 * that a worker makes for itself, at m0 to m2 below PLACES.
 */
#include "fuzz.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#define PLACES "/tmp/fuzz"

static const char *const tables[] = { "sysvipc/shm", "sysvipc/sem", "sysvipc/msg" };

static const char *const limits[] = {
	"limits/shmmax", "limits/sem", "limits/msgmni", "limits/shm_next_id",
	"limits/sem_next_id", "limits/msg_next_id", "limits/sig_next_id",
	"limits/shm_rmid_forced", "limits/sigqmax",
};

/* what is in every mount, one of each kind */
static const char *const fixed[] = {
	"control", "sysvipc/shm", "limits/sem", "limits", "sysvipc", ".",
};

/* A name in some mount, which may exist. */
static const char *name_pick(struct context *c, char *name, size_t size)
{
	static const char *const own[] = {
		"", "", "", "", "d/", PLACES "/m0/", PLACES "/m0/", "none/",
	};
	const char *dir = own[below(&c->d, ARRAY_SIZE(own))];

	if (once_in(&c->d, 6))
		snprintf(name, size, "%s%s", dir, fixed[below(&c->d, ARRAY_SIZE(fixed))]);
	else if (once_in(&c->d, 8))
		snprintf(name, size, "%sd", dir);
	else if (once_in(&c->d, 60))
		snprintf(name, size, "%s%0300d", dir, 1);
	else
		snprintf(name, size, "%sf%u", dir, below(&c->d, 5));
	return name;
}

static long run_open(struct context *c, const struct call *call)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_PATH, O_DIRECTORY };
	int how = flags[below(&c->d, ARRAY_SIZE(flags))], fd;
	char name[400];
	bool control;

	(void)call;
	name_pick(c, name, sizeof(name));
	how |= once_in(&c->d, 4) ? 0 : O_NONBLOCK;
	how |= once_in(&c->d, 16) ? O_CREAT : 0;
	how |= once_in(&c->d, 16) ? O_TRUNC : 0;
	how |= once_in(&c->d, 32) ? O_TMPFILE : 0;
	fd = open(name, how, 0666);
	control = strstr(name, "control");
	fd_add(control ? FD_INSTANCE : strchr(name, 'f') ? FD_PIPE : FD_PLACE, fd);
	return fd;
}

static long run_mkfifo(struct context *c, const struct call *call)
{
	static const mode_t types[] = { S_IFIFO, S_IFREG, S_IFCHR, S_IFBLK, S_IFSOCK, 0 };
	mode_t type = once_in(&c->d, 12) ? types[below(&c->d, ARRAY_SIZE(types))] : S_IFIFO;
	char name[400];

	(void)call;
	return mknod(name_pick(c, name, sizeof(name)), type | (once_in(&c->d, 4) ? 0600 : 0666), 0);
}

static long run_name(struct context *c, const struct call *call)
{
	char name[400], other[400];
	unsigned int flags = once_in(&c->d, 3) ? below(&c->d, 8) : 0;

	(void)call;
	name_pick(c, name, sizeof(name));
	name_pick(c, other, sizeof(other));
	switch (below(&c->d, 7)) {
	case 0:
		return mkdir(name, 0777);
	case 1:
		return rmdir(name);
	case 2:
		return unlink(name);
	case 3:
		return symlink(other, name);
	case 4:
		return link(name, other);
	default:
		return syscall(SYS_renameat2, AT_FDCWD, name, AT_FDCWD, other, flags);
	}
}

static long run_inode(struct context *c, const struct call *call)
{
	struct statfs fs;
	struct stat st;
	char name[400];

	(void)call;
	name_pick(c, name, sizeof(name));
	switch (below(&c->d, 7)) {
	case 0:
		return chmod(name, once_in(&c->d, 2) ? 0777 : draw(&c->d) & 07777);
	case 1:
		return chown(name, once_in(&c->d, 2) ? 0 : 1000, 0);
	case 2:
		return truncate(name, size_pick(c));
	case 3:
		return utimensat(AT_FDCWD, name, NULL, 0);
	case 4:
		return statfs(name, &fs);
	case 5:
		return access(name, below(&c->d, 8));
	default:
		return lstat(name, &st);
	}
}

static long run_list(struct context *c, const struct call *call)
{
	char name[400];
	long ret, sum = 0;
	int fd;

	(void)call;
	name_pick(c, name, sizeof(name));
	if (once_in(&c->d, 3))
		snprintf(name, sizeof(name), ".");
	fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (once_in(&c->d, 3))
		lseek(fd, below(&c->d, 300), SEEK_SET);
	do {
		ret = syscall(SYS_getdents64, fd, c->data, 1 + below(&c->d, 4096));
	} while (ret > 0 && ++sum < 20);
	close(fd);
	return ret;
}

/* Tables, in pieces of any size. */
static long run_table(struct context *c, const struct call *call)
{
	char name[64];
	long ret;
	int fd, i;

	(void)call;
	snprintf(name, sizeof(name), "%s%s", once_in(&c->d, 4) ? PLACES "/m0/" : "",
		 tables[below(&c->d, ARRAY_SIZE(tables))]);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (once_in(&c->d, 4))
		lseek(fd, below(&c->d, 1000), SEEK_SET);
	for (i = 0; i < 8; i++) {
		ret = read(fd, c->data, 1 + below(&c->d, once_in(&c->d, 2) ? 100 : 8192));
		if (ret <= 0)
			break;
	}
	close(fd);
	return ret;
}

static long run_limit(struct context *c, const struct call *call)
{
	char name[64], text[200];
	int fd, len;
	long ret;

	(void)call;
	snprintf(name, sizeof(name), "%s%s", once_in(&c->d, 2) ? PLACES "/m0/" : "",
		 limits[below(&c->d, ARRAY_SIZE(limits))]);
	fd = open(name, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* in the shared one only such that the others can go on */
	len = 0;
	if (strstr(name, "next_id"))
		len = snprintf(text, sizeof(text), "%d\n", below(&c->d, 300));
	else if (strstr(name, "forced"))
		len = snprintf(text, sizeof(text), "%d", below(&c->d, 2));
	else if (!strncmp(name, PLACES, strlen(PLACES)))
		len = snprintf(text, sizeof(text), "%lld\t%lld x%0*d\n",
			       (long long)number_pick(c), (long long)number_pick(c),
			       below(&c->d, 100), 1);
	if (len && once_in(&c->d, 2))
		len = strcspn(text, " ");
	if (!len || once_in(&c->d, 2))
		ret = read(fd, text, sizeof(text));
	else
		ret = write(fd, text, len);
	close(fd);
	return ret;
}

static long run_mount(struct context *c, const struct call *call)
{
	static const char *const some[] = {
		"", "mode=0600", "dirmode=1777", "uid=1000,gid=1000", "shmmax=4096", "shmmni=4",
		"semmsl=10,semmns=20", "msgmnb=100", "sigqmax=2", "default", "nonsense", "semmsl=x",
		"shm_rmid_forced=1", "uid=77777", "msgmni=3,sigmni=3,semmni=2", "dirmode=77777",
	};
	unsigned long flags = once_in(&c->d, 8) ? MS_RDONLY : once_in(&c->d, 6) ? MS_REMOUNT : 0;
	char place[32], text[200];

	(void)call;
	snprintf(place, sizeof(place), PLACES "/m%u", below(&c->d, 3));
	snprintf(text, sizeof(text), "%s,%s", some[below(&c->d, ARRAY_SIZE(some))],
		 once_in(&c->d, 3) ? some[below(&c->d, ARRAY_SIZE(some))] : "dirmode=0777");
	return mount("none", place, KIPCFS_NAME, flags, text);
}

static long run_umount(struct context *c, const struct call *call)
{
	char place[32];

	(void)call;
	snprintf(place, sizeof(place), PLACES "/m%u", below(&c->d, 3));
	return umount2(place, once_in(&c->d, 2) ? MNT_DETACH : 0);
}

/* The control of a mount of one's own, so that calls are made on several instances. */
static long run_instance(struct context *c, const struct call *call)
{
	char place[32], name[64];
	int fd;

	(void)call;
	snprintf(place, sizeof(place), PLACES "/m%u", below(&c->d, 3));
	snprintf(name, sizeof(name), "%s/control", place);
	fd = open(name, O_RDWR);
	if (fd < 0 && errno == ENOENT && !mount("none", place, KIPCFS_NAME, 0, "dirmode=0777"))
		fd = open(name, O_RDWR);
	fd_add(FD_INSTANCE, fd);
	return fd;
}

static long run_mounts_shown(struct context *c, const struct call *call)
{
	int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	long ret;

	(void)call;
	if (fd < 0)
		return -1;
	while ((ret = read(fd, c->data, DATA_SIZE)) > 0)
		;
	close(fd);
	return ret;
}

void calls_add_fs(void)
{
	calls_add("open", run_open, 12, NULL);
	calls_add("mkfifo", run_mkfifo, 8, NULL);
	calls_add("name", run_name, 8, NULL);
	calls_add("inode", run_inode, 5, NULL);
	calls_add("list", run_list, 3, NULL);
	calls_add("table", run_table, 4, NULL);
	calls_add("limit", run_limit, 4, NULL);
	calls_add("mount", run_mount, 5, NULL);
	calls_add("umount", run_umount, 4, NULL);
	calls_add("instance", run_instance, 4, NULL);
	calls_add("mounts_shown", run_mounts_shown, 1, NULL);
}
