// SPDX-License-Identifier: GPL-2.0
/*
 * Files of /proc that tell of System V IPC, and its limits: who opens one by its name gets that of
 * the instance. Programs read there what their calls do not say, and write limits.
 *
 * The kernel is asked first. So what is not one of these names costs nothing more, a path that
 * is nowhere in memory is the kernel's to refuse, and what an open is not to do is not done.
 */
#include "shim.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>

/* All their names begin with it. */
#define PREFIX "/proc/sys"

static const struct node {
	const char *path;
	/* where it is in a kipcfs */
	const char *ours;
	enum shim_family family;
} nodes[] = {
	{ "/proc/sysvipc/shm", "sysvipc/shm", SHIM_SHM },
	{ "/proc/sysvipc/sem", "sysvipc/sem", SHIM_SEM },
	{ "/proc/sysvipc/msg", "sysvipc/msg", SHIM_MSG },
	{ "/proc/sys/kernel/shmmax", "limits/shmmax", SHIM_SHM },
	{ "/proc/sys/kernel/shmall", "limits/shmall", SHIM_SHM },
	{ "/proc/sys/kernel/shmmni", "limits/shmmni", SHIM_SHM },
	{ "/proc/sys/kernel/shm_rmid_forced", "limits/shm_rmid_forced", SHIM_SHM },
	{ "/proc/sys/kernel/shm_next_id", "limits/shm_next_id", SHIM_SHM },
	{ "/proc/sys/kernel/sem", "limits/sem", SHIM_SEM },
	{ "/proc/sys/kernel/sem_next_id", "limits/sem_next_id", SHIM_SEM },
	{ "/proc/sys/kernel/msgmax", "limits/msgmax", SHIM_MSG },
	{ "/proc/sys/kernel/msgmnb", "limits/msgmnb", SHIM_MSG },
	{ "/proc/sys/kernel/msgmni", "limits/msgmni", SHIM_MSG },
	{ "/proc/sys/kernel/msg_next_id", "limits/msg_next_id", SHIM_MSG },
};

/* A path of ours, and the mount that it leads through, if that is only for this moment. */
struct place {
	char path[4096 + 64];
	struct shim_file mount;
};

static const struct node *find_node(const char *path)
{
	size_t i;

	/* quickly, of most */
	if (strncmp(path, PREFIX, strlen(PREFIX)))
		return NULL;
	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		if (!strcmp(path, nodes[i].path))
			return &nodes[i];
	}
	return NULL;
}

static bool is_there(const char *path)
{
	return SHIM_RAW(SYS_faccessat, AT_FDCWD, path, 0) == 0;
}

/* Write the path of @ours in the kipcfs at @directory: is there such a file? */
static bool is_in(struct place *place, const char *directory, int len, const char *ours)
{
	int n = snprintf(place->path, sizeof(place->path), "%.*s/%s", len, directory, ours);

	return n > 0 && n < (int)sizeof(place->path) && is_there(place->path);
}

/* KIPC_DEV: the directory, or the node in it. */
static bool is_beside_device(struct place *place, const char *ours)
{
	const char *device = shim_config()->device;
	const char *slash = strrchr(device, '/');

	return is_in(place, device, strlen(device), ours) ||
	       (slash && !strcmp(slash, "/control") &&
		is_in(place, device, slash - device, ours));
}

/*
 * The default instance: a mount of it that nobody else sees, and that is gone with what is
 * opened through it. For the administrator, unless a filter may end who mounts.
 */
static bool is_mounted_for_now(struct place *place, const char *ours)
{
	int fs, mode = SHIM_RAW(SYS_prctl, PR_GET_SECCOMP), mount = -1;
	struct shim_file context;
	char directory[32];

	/* It may also be the filter that answers. */
	if (mode && mode != -EINVAL)
		return false;
	fs = SHIM_RAW(SYS_fsopen, KIPCFS_NAME, FSOPEN_CLOEXEC);
	if (fs < 0)
		return false;
	context = shim_file(fs);
	if (SHIM_RAW(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "default", NULL, 0) == 0 &&
	    SHIM_RAW(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = SHIM_RAW(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	shim_file_close(&context);
	if (mount < 0)
		return false;
	place->mount = shim_file(mount);
	snprintf(directory, sizeof(directory), "/proc/self/fd/%d", mount);
	return is_in(place, directory, strlen(directory), ours);
}

/* The field of a line of /proc/self/mounts that begins at @at; where the next one does. */
static char *next_field(char *at)
{
	char *end = strchr(at, ' ');

	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

/* A line of /proc/self/mounts: is it the default instance, and is the file in there? */
static bool is_in_mount(struct place *place, char *line, const char *ours)
{
	char *directory = next_field(line);
	char *type = directory ? next_field(directory) : NULL;
	char *options = type ? next_field(type) : NULL;

	if (!options || strcmp(type, KIPCFS_NAME))
		return false;
	next_field(options);
	return strstr(options, ",default") && is_in(place, directory, strlen(directory), ours);
}

/* For others there may be a mount of it that they see. */
static bool is_mounted(struct place *place, const char *ours)
{
	int fd = SHIM_RAW(SYS_openat, AT_FDCWD, "/proc/self/mounts", O_RDONLY | O_CLOEXEC, 0);
	struct shim_file mounts;
	char text[4096];
	size_t len = 0;
	bool found = false;
	char *end;
	long n;

	if (fd < 0)
		return false;
	mounts = shim_file(fd);
	while (!found && (n = SHIM_RAW(SYS_read, fd, text + len, sizeof(text) - 1 - len)) > 0) {
		len += n;
		text[len] = '\0';
		while (!found && (end = strchr(text, '\n'))) {
			*end++ = '\0';
			found = is_in_mount(place, text, ours);
			len -= end - text;
			memmove(text, end, len + 1);
		}
		/* a line that is longer than all this is none of ours */
		if (len == sizeof(text) - 1)
			len = 0;
	}
	shim_file_close(&mounts);
	return found;
}

/* Where the file is that @node means; if that is the kernel's, false. */
static bool find_place(struct place *place, const struct node *node)
{
	place->mount.fd = -1;
	if (shim_world(node->family) != SHIM_KIPC)
		return false;
	if (is_beside_device(place, node->ours))
		return true;
	if (strcmp(shim_config()->device, "/dev/" KIPC_DEVICE_NAME))
		return false;
	return is_mounted(place, node->ours) || is_mounted_for_now(place, node->ours);
}

static void leave_place(const struct place *place)
{
	int error = errno;

	shim_file_close(&place->mount);
	errno = error;
}

/* Has the kernel looked at the path? Then it can be read here. */
static bool was_read(bool is_open)
{
	switch (errno) {
	case ENOENT:
	case EACCES:
	case EPERM:
	case EROFS:
		return true;
	default:
		return is_open;
	}
}

/* --- the functions */

/*
 * Those behind ours are found when we are loaded: programs open files in handlers of signals, in
 * children of vfork, and in their allocators, which must not look for anything. Before that, a
 * system call will do.
 */
enum opener {
	OPEN, OPEN64, OPENAT, OPENAT64, OPEN_2, OPEN64_2, OPENAT_2, OPENAT64_2,
};

static const char *const opener_names[] = {
	[OPEN] = "open",
	[OPEN64] = "open64",
	[OPENAT] = "openat",
	[OPENAT64] = "openat64",
	/* what the compiler makes of calls without a mode, to see whether they need one */
	[OPEN_2] = "__open_2",
	[OPEN64_2] = "__open64_2",
	[OPENAT_2] = "__openat_2",
	[OPENAT64_2] = "__openat64_2",
};

static void *next_opener[ARRAY_SIZE(opener_names)];
static void *next_fopen, *next_fopen64;

static __attribute__((constructor)) void find_next(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(opener_names); i++)
		shim_next(&next_opener[i], opener_names[i]);
	shim_next(&next_fopen, "fopen");
	shim_next(&next_fopen64, "fopen64");
}

/* What the functions of that name add. */
static int large_flag(enum opener opener)
{
	switch (opener) {
	case OPEN64:
	case OPENAT64:
	case OPEN64_2:
	case OPENAT64_2:
		return O_LARGEFILE;
	default:
		return 0;
	}
}

static int call_next(enum opener opener, int dir, const char *path, int flags, mode_t mode)
{
	void *next = __atomic_load_n(&next_opener[opener], __ATOMIC_RELAXED);

	if (!next) {
		flags |= large_flag(opener);
		return shim_result(SHIM_RAW(SYS_openat, dir, path, flags, mode));
	}
	switch (opener) {
	case OPEN:
	case OPEN64:
		return ((__typeof__(open) *)next)(path, flags, mode);
	case OPENAT:
	case OPENAT64:
		return ((__typeof__(openat) *)next)(dir, path, flags, mode);
	case OPEN_2:
	case OPEN64_2:
		return ((int (*)(const char *, int))next)(path, flags);
	default:
		return ((int (*)(int, const char *, int))next)(dir, path, flags);
	}
}

/*
 * The kernel has answered @fd for the path of @node. Only this and fopen_ours() take much of the
 * stack, which a handler may have little of.
 */
static __attribute__((noinline)) int open_ours(enum opener opener, int fd,
					       const struct node *node, int flags, mode_t mode)
{
	struct shim_file file = shim_file(fd);
	struct place place;

	if (find_place(&place, node)) {
		shim_file_close(&file);
		fd = call_next(opener, AT_FDCWD, place.path, flags, mode);
		if (shim_is_traced())
			shim_trace_line(fd, opener_names[opener], "(\"%s\", %#x)", node->path,
					flags);
	}
	leave_place(&place);
	return fd;
}

static int open_any(enum opener opener, int dir, const char *path, int flags, mode_t mode)
{
	int error = errno, fd = call_next(opener, dir, path, flags, mode);
	const struct node *node = was_read(fd >= 0) ? find_node(path) : NULL;

	if (!node)
		return fd;
	fd = open_ours(opener, fd, node, flags, mode);
	if (fd >= 0)
		errno = error;
	return fd;
}

/* The mode is there with O_CREAT and O_TMPFILE only; it goes where an int goes. */
#define MODE(last) ({ \
	va_list args__; \
	mode_t mode__; \
	va_start(args__, last); \
	mode__ = va_arg(args__, unsigned int); \
	va_end(args__); \
	mode__; \
})

int open(const char *path, int flags, ...)
{
	return open_any(OPEN, AT_FDCWD, path, flags, MODE(flags));
}

int open64(const char *path, int flags, ...)
{
	return open_any(OPEN64, AT_FDCWD, path, flags, MODE(flags));
}

int openat(int dir, const char *path, int flags, ...)
{
	return open_any(OPENAT, dir, path, flags, MODE(flags));
}

int openat64(int dir, const char *path, int flags, ...)
{
	return open_any(OPENAT64, dir, path, flags, MODE(flags));
}

int __open_2(const char *path, int flags)
{
	return open_any(OPEN_2, AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
	return open_any(OPEN64_2, AT_FDCWD, path, flags, 0);
}

int __openat_2(int dir, const char *path, int flags)
{
	return open_any(OPENAT_2, dir, path, flags, 0);
}

int __openat64_2(int dir, const char *path, int flags)
{
	return open_any(OPENAT64_2, dir, path, flags, 0);
}

static __attribute__((noinline)) FILE *fopen_ours(__typeof__(fopen) *next, FILE *stream,
						  const struct node *node, const char *mode)
{
	struct shim_file file = shim_file(stream ? fileno(stream) : -1);
	struct place place;

	if (find_place(&place, node)) {
		/* better to lose a stream than a descriptor of others */
		if (stream && shim_file_is_same(&file))
			fclose(stream);
		stream = next(place.path, mode);
		if (shim_is_traced())
			shim_trace_line(stream ? fileno(stream) : -1, "fopen",
					"(\"%s\", \"%.16s\")", node->path, mode);
	}
	leave_place(&place);
	return stream;
}

static FILE *fopen_any(void **next, const char *name, const char *path, const char *mode)
{
	__typeof__(fopen) *function = shim_next(next, name);
	int error = errno;
	FILE *stream = function(path, mode);
	const struct node *node = was_read(stream) ? find_node(path) : NULL;

	if (!node)
		return stream;
	stream = fopen_ours(function, stream, node, mode);
	if (stream)
		errno = error;
	return stream;
}

FILE *fopen(const char *path, const char *mode)
{
	return fopen_any(&next_fopen, __func__, path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	return fopen_any(&next_fopen64, __func__, path, mode);
}
