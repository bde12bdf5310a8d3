// SPDX-License-Identifier: GPL-2.0
/* The way to an instance's node, and what to say when there is none. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tool.h"

#define PARAMETERS	"/sys/module/kipc/parameters"

static const char default_device[] = "/dev/" KIPC_DEVICE_NAME;

const char *device_path = default_device;

static const char absent[] =
	"it does not exist; load the module (modprobe kipc), or name another by --instance";

static const struct meaning device_meanings[] = {
	{ ENOENT,
	  "it does not exist; --instance or KIPC_DEV names where a kipcfs is mounted, or a node"
	},
	{ ENXIO,
	  "no driver stands behind it; load the module (modprobe kipc)"
	},
	{ ENODEV,
	  "no driver stands behind it; load the module (modprobe kipc)"
	},
	{ ENOTDIR,
	  "it does not exist; name another instance with --instance or KIPC_DEV"
	},
	{ EACCES,
	  "you may not open it; it is open to every user unless a udev rule, chmod or an option of the mount has changed that"
	},
	{ EROFS,
	  "it is mounted read-only; run 'mount -o remount,rw' on it as root"
	},
	{ EMFILE,
	  "this process has no descriptor left; raise 'ulimit -n'"
	},
	{ ENFILE,
	  "the system has no descriptor left; raise fs.file-max"
	},
};

static const struct meaning call_meanings[] = {
	{ ENOTTY,
	  "it is not served there; run 'kipc doctor' to see what does not fit"
	},
	{ EMFILE,
	  "this process has no descriptor left; raise 'ulimit -n'"
	},
	{ ENFILE,
	  "the system has no descriptor left, or your pipes hold all that the module allows an unprivileged user"
	},
	{ EPERM,
	  "that is more than the module allows an unprivileged user"
	},
	{ EINVAL,
	  "a pipe cannot have that size; give at most 2G"
	},
	{ EBUSY,
	  "more bytes wait in the pipe than would fit; let a reader take them first"
	},
};

/* What errno @err means to the user, and what to do. */
const char *explain(const struct meaning *meanings, size_t n, int err)
{
	for (size_t i = 0; i < n; i++) {
		if (meanings[i].err == err)
			return meanings[i].text;
	}
	return strerror(err);
}

/* Why a node cannot be opened, and what to do. */
const char *device_problem(int err)
{
	/* not a wrong name of the user's */
	if (err == ENOENT && !strcmp(device_path, default_device))
		return absent;
	return explain(device_meanings, ARRAY_SIZE(device_meanings), err);
}

/* Append " NAME=VALUE" of a parameter of the module, the name alone if it is hidden. */
static void add_parameter(char *text, size_t room, const char *name, const char *unit)
{
	char path[128], value[32] = "";
	size_t len = strlen(text);
	FILE *file;

	snprintf(path, sizeof(path), PARAMETERS "/%s", name);
	file = fopen(path, "re");
	if (file) {
		if (!fgets(value, sizeof(value), file))
			*value = '\0';
		value[strcspn(value, "\n")] = '\0';
		fclose(file);
	}
	if (*value)
		snprintf(text + len, room - len, " %s (%s %s)", name, value, unit);
	else
		snprintf(text + len, room - len, " %s", name);
}

/* Why a node or a pipe refuses a call, and what to do; good until the next call. */
const char *call_problem(int err)
{
	const char *text = explain(call_meanings, ARRAY_SIZE(call_meanings), err);
	static char limits[512];

	if (err != EPERM && err != ENFILE)
		return text;
	snprintf(limits, sizeof(limits), "%s: see", text);
	if (err == EPERM) {
		add_parameter(limits, sizeof(limits), "pipe_size_max", "bytes a pipe");
		strcat(limits, " and");
	}
	add_parameter(limits, sizeof(limits), "pipe_user_pages", "pages in all");
	strcat(limits, " in " PARAMETERS);
	return limits;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* What -i or --instance of a subcommand says. */
int instance_option(const struct command *cmd, const char *path)
{
	if (!*path) {
		usage(cmd, "--instance needs the path of a mount or a node");
		return -1;
	}
	device_path = path;
	return 0;
}

/* For a program that we become: the same instance, wherever that changes to. */
int instance_export(void)
{
	char path[PATH_MAX];

	if (*device_path != '/' && !realpath(device_path, path))
		return fail("cannot tell where %s is: %s", device_path, strerror(errno));
	if (setenv("KIPC_DEV", *device_path == '/' ? device_path : path, 1))
		return fail("no memory for KIPC_DEV");
	return 0;
}

/* 0, or -1 after a message */
static int find_node(char path[PATH_MAX])
{
	if (!is_directory(device_path)) {
		snprintf(path, PATH_MAX, "%s", device_path);
		return 0;
	}
	snprintf(path, PATH_MAX, "%s/control", device_path);
	/* what else may be wrong is told by the open */
	if (!access(path, F_OK) || errno != ENOENT)
		return 0;
	fail("%s is not where a kipcfs is mounted: there is no %s", device_path, path);
	return -1;
}

/* What looks needs no right to write: it may be mounted read-only. */
static int open_node(bool look)
{
	struct kipc_query query = { .nr = KIPC_NR_QUERY };
	char path[PATH_MAX];
	int fd;

	if (find_node(path))
		return -1;
	/* what is not a node may be a FIFO, or a terminal */
	fd = open(path, (look ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		fail("cannot open %s: %s", path, device_problem(errno));
		return -1;
	}
	if (ioctl(fd, KIPC_IOC_QUERY, &query) < 0) {
		fail("%s is not a node of kipc; name one with --instance or KIPC_DEV", path);
		close(fd);
		return -1;
	}
	return fd;
}

/* Open the instance's node; -1 after a message. */
int device_open(void)
{
	return open_node(false);
}

int device_open_to_look(void)
{
	return open_node(true);
}

static const char mount_advice[] =
	"run 'mount -t kipcfs -o default none DIRECTORY' as root, or name another with --instance";

/* Is @directory the root of a kipcfs, and not only a part, mounted by itself? */
static bool has_limits(const char *directory)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/limits", directory);
	return is_directory(path);
}

/* A kipcfs mount that shows the default instance, or NULL. */
static const char *default_directory(void)
{
	static char directory[PATH_MAX];
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const char *found = NULL;
	struct mntent *entry;

	while (mounts && !found && (entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_type, KIPCFS_NAME) || !hasmntopt(entry, "default"))
			continue;
		/* it may also be a bind mount of a table */
		if (!has_limits(entry->mnt_dir))
			continue;
		snprintf(directory, sizeof(directory), "%s", entry->mnt_dir);
		found = directory;
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

/* Where the instance is mounted; NULL after a message. Good until the next call. */
const char *instance_directory(void)
{
	static char directory[PATH_MAX];
	struct statfs fs;
	const char *found;

	if (!statfs(device_path, &fs) && fs.f_type == KIPCFS_MAGIC) {
		if (!realpath(device_path, directory)) {
			fail("cannot tell where %s is: %s", device_path, strerror(errno));
			return NULL;
		}
		found = is_directory(directory) ? directory : dirname(directory);
		if (has_limits(found))
			return found;
		fail("%s does not lead to the limits; name the root of that kipcfs",
		     device_path);
		return NULL;
	}
	if (is_directory(device_path)) {
		fail("no kipcfs is mounted at %s", device_path);
		return NULL;
	}
	if (access(device_path, F_OK)) {
		fail("cannot look at %s: %s", device_path, device_problem(errno));
		return NULL;
	}
	found = default_directory();
	if (!found)
		fail("limits and tables of %s are files of a mount, and there is none: %s",
		     device_path, mount_advice);
	return found;
}
