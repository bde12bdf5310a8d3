// SPDX-License-Identifier: GPL-2.0
/*
 * What somebody without privileges would try: to get more from a descriptor than it was made
 * for, to change an instance of others from a user namespace, to pass limits by forks and
 * namespaces, and to learn something of the kernel's memory.
 *
 * The permissions of each call are in *_perm_test, capabilities and instances in
 * instance_test and mount_test, bytes of structures in *_life_test and ioctl_test.
 */
#include "fd_pass.h"
#include "ioctl_calls.h"
#include "mounts.h"

#include <ctype.h>
#include <dirent.h>

#define OWN	MOUNTS "/own"
#define USER	MOUNTS "/user"
#define PROGRAM	MOUNTS "/program"

/* The descriptor of a node that a program finds after an exec. */
#define NODE_FD	200

static int try_open(int fd, int flags)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	return ret;
}

/* How many of the ways to open an object again, by what is open already, succeed. */
static int ways_to_open_again(int fd)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_TRUNC, 3 };
	int path = try_open(fd, O_PATH), ways = 0, got, i, from;

	for (from = fd; from >= 0; from = from == fd ? path : -1) {
		for (i = 0; i < (int)ARRAY_SIZE(modes); i++) {
			got = try_open(from, modes[i]);
			ways += got >= 0;
			if (got >= 0)
				close(got);
		}
	}
	if (path >= 0)
		close(path);
	return ways;
}

TEST_F(kipc, objects_are_not_opened_again_by_proc_or_a_path_descriptor)
{
	pid_t pid;
	int i;

	ASSERT_TRUE(prepare(self));
	for (i = 0; i < NR_OBJECTS; i++) {
		/* the memory of a segment is a file of tmpfs, which root may open */
		if (objects[i] == KIPC_ON_SHM)
			continue;
		EXPECT_EQ(0, ways_to_open_again(object_fd(objects[i])))
			TH_LOG("object %d, for root", i);
	}
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, prctl(PR_SET_DUMPABLE, 1));
		for (i = 0; i < NR_OBJECTS; i++) {
			EXPECT_EQ(0, ways_to_open_again(object_fd(objects[i])))
				TH_LOG("object %d, for a user", i);
		}
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

/* --- descriptors that are given to somebody else */

static int on_segment(int fd, unsigned int cmd)
{
	struct kipc_set change = { .id = KIPC_ID_SELF, .uid = OTHER_UID, .mode = 0666 };
	struct kipc_remove remove = { .id = KIPC_ID_SELF };
	struct kipc_shm_lock lock = { .id = KIPC_ID_SELF, .lock = 1 };
	void *arg = cmd == KIPC_IOC_SHM_SET ? (void *)&change :
		    cmd == KIPC_IOC_SHM_REMOVE ? (void *)&remove : &lock;

	return ioctl(fd, cmd, arg) ? errno : 0;
}

static int map_error(int fd, int prot)
{
	void *p = mmap(NULL, 4096, prot, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return errno;
	munmap(p, 4096);
	return 0;
}

TEST_F(kipc, segment_that_is_sent_to_another_user_is_what_it_was_opened_for)
{
	struct kipc_shm_open open = { .flags = KIPC_SHM_RDONLY, .fd = -1 };
	struct kipc_shm_attach attach;
	int pair[2], fd;
	void *p;
	pid_t pid;

	ASSERT_TRUE(prepare(self));
	open.id = seg.id;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_OPEN, &open));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		munmap((void *)(unsigned long)seg.addr, 4096);
		fd = fd_receive(pair[1]);
		EXPECT_LE(0, fd);
		EXPECT_EQ(0, map_error(fd, PROT_READ));
		EXPECT_EQ(EACCES, map_error(fd, PROT_READ | PROT_WRITE));
		p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		EXPECT_EQ(-1, mprotect(p, 4096, PROT_READ | PROT_WRITE));
		EXPECT_EQ(EACCES, errno);
		EXPECT_NE(0, ftruncate(fd, 8192));
		EXPECT_NE(0, fallocate(fd, 0, 0, 4096));
		EXPECT_NE(0, fchmod(fd, 0666));
		EXPECT_EQ(EPERM, on_segment(fd, KIPC_IOC_SHM_SET));
		EXPECT_EQ(EPERM, on_segment(fd, KIPC_IOC_SHM_REMOVE));
		EXPECT_EQ(EPERM, on_segment(fd, KIPC_IOC_SHM_LOCK));
		/* by its id it is still not for this user */
		attach = (struct kipc_shm_attach) { .id = seg.id, .flags = KIPC_SHM_RDONLY };
		EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_SHM_ATTACH, &attach));
		EXPECT_EQ(EACCES, errno);
		child_exit();
	}
	ASSERT_EQ(0, fd_send(pair[0], open.fd));
	EXPECT_EQ(0, child_wait(pid));
	close(open.fd);
}

/* --- a program that is somebody else's */

static int attach_error(int node, int id)
{
	struct kipc_shm_attach attach = { .id = id };

	return ioctl(node, KIPC_IOC_SHM_ATTACH, &attach) ? errno : 0;
}

static int remove_error(int node, int id)
{
	struct kipc_remove remove = { .id = id };

	return ioctl(node, KIPC_IOC_SHM_REMOVE, &remove) ? errno : 0;
}

/* The setuid program: what it may, as itself and as who has called it. */
__attribute__((constructor)) static void as_program(int argc, char **argv)
{
	int id;

	if (argc != 3 || strcmp(argv[1], "--setuid"))
		return;
	id = atoi(argv[2]);
	if (getuid() != OTHER_UID || geteuid() != THIRD_UID)
		_exit(10);
	if (attach_error(NODE_FD, id))
		_exit(11);
	if (seteuid(OTHER_UID) || attach_error(NODE_FD, id) != EACCES ||
	    remove_error(NODE_FD, id) != EPERM)
		_exit(12);
	/* and back: the saved user is the owner still */
	if (seteuid(THIRD_UID) || remove_error(NODE_FD, id))
		_exit(13);
	_exit(0);
}

static int program_copy(void)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(PROGRAM, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, n) != n)
			return -1;
	close(from);
	close(to);
	return n || chown(PROGRAM, THIRD_UID, THIRD_UID) || chmod(PROGRAM, 04755) ? -1 : 0;
}

TEST_F(kipc, setuid_program_has_the_rights_of_the_user_that_it_is_at_each_call)
{
	struct kipc_shm_get get = { .size = 4096, .mode = 0600 };
	struct kipc_set owner = { .uid = THIRD_UID, .gid = THIRD_UID, .mode = 0600 };
	char id[12];
	pid_t pid;

	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, program_copy());
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_GET, &get));
	owner.id = get.id;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_SET, &owner));
	snprintf(id, sizeof(id), "%d", get.id);
	pid = child_fork();
	if (!pid) {
		/* opened by the caller: who has opened a node does not matter */
		if (become(OTHER_UID) || dup2(kipc_open(), NODE_FD) < 0)
			_exit(20);
		if (attach_error(NODE_FD, get.id) != EACCES)
			_exit(21);
		execl(PROGRAM, PROGRAM, "--setuid", id, NULL);
		_exit(22);
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(EINVAL, remove_error(self->dev, get.id));
}

/* --- an instance of others, seen from a user namespace */

TEST_F(kipc, root_of_a_user_namespace_cannot_change_an_instance_that_is_not_its_own)
{
	struct stat before, after;
	char shmmax[2][64];
	pid_t pid;

	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(OWN, "shmmax=1m,mode=0644"));
	ASSERT_LT(0, file_read(OWN "/limits/shmmax", shmmax[0], sizeof(shmmax[0])));
	ASSERT_EQ(0, stat(OWN "/control", &before));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter(OTHER_UID));
		EXPECT_EQ(-1, mount(NULL, OWN, NULL, MS_REMOUNT, "shmmax=1"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, mount(NULL, OWN, NULL, MS_REMOUNT, "mode=0777"));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, umount(OWN));
		EXPECT_EQ(-1, chmod(OWN "/control", 0777));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, chown(OWN "/control", 0, 0));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, file_write(OWN "/limits/shmmax", "1"));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, truncate(OWN "/limits/shmmax", 0));
		EXPECT_EQ(-1, mkfifo(OWN "/fifo", 0600));
		EXPECT_EQ(EACCES, errno);
		EXPECT_EQ(-1, rename(OWN "/control", OWN "/limits/control"));
		/* the default instance is nobody's to be had this way */
		EXPECT_EQ(-1, kipcfs_mount(USER, "default"));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_LT(0, file_read(OWN "/limits/shmmax", shmmax[1], sizeof(shmmax[1])));
	EXPECT_STREQ(shmmax[0], shmmax[1]);
	ASSERT_EQ(0, stat(OWN "/control", &after));
	EXPECT_EQ(before.st_mode, after.st_mode);
	EXPECT_EQ(before.st_uid, after.st_uid);
	EXPECT_TRUE(EVENTUALLY(!umount(OWN)));
}

/* --- limits of a user: one sum, however many processes, namespaces and instances there are */

enum { PIPES, UNDOS, SIGNALS, NR_LIMITS };

static const struct user_limit {
	const char *param;
	/* the value for the test, what one thing takes of it, and how the end is told */
	int value, each, error;
} user_limits[NR_LIMITS] = {
	[PIPES] = { "pipe_user_pages", 96, 16, ENFILE },
	[UNDOS] = { "sem_user_undos", 6, 1, ENOSPC },
	[SIGNALS] = { "sig_user_signals", 6, 1, EAGAIN },
};

static int one_undo(int node)
{
	struct kipc_sem_get get = { .nsems = 1, .mode = 0600, .flags = KIPC_GET_AUTOREMOVE };
	struct kipc_sem_op op = { .op = 1, .flags = KIPC_SEM_UNDO };
	struct kipc_sem_ops ops = {
		.nops = 1, .ops = (unsigned long)&op, .timeout = KIPC_TIMEOUT_NONE,
	};

	if (ioctl(node, KIPC_IOC_SEM_GET, &get))
		return -1;
	ops.id = get.id;
	return ioctl(node, KIPC_IOC_SEM_OP, &ops);
}

static int one_signal(int node)
{
	struct kipc_sig_get get = { .mode = 0600, .flags = KIPC_GET_AUTOREMOVE };
	struct kipc_sig_send send = { .signo = KIPC_SIG_RTMIN };

	if (ioctl(node, KIPC_IOC_SIG_GET, &get))
		return -1;
	send.id = get.id;
	return ioctl(node, KIPC_IOC_SIG_SEND, &send);
}

/* One more thing that counts: 0 or the error. */
static int take_one(int node, int limit)
{
	int fds[2], ret;

	if (limit == PIPES)
		ret = kipc_pipe(node, fds, 0, 0);
	else
		ret = limit == UNDOS ? one_undo(node) : one_signal(node);
	return ret ? errno : 0;
}

/* A process of the user that has so many, until it is killed. */
static void hold(int node, int limit, int n, int *ready)
{
	while (n--)
		if (take_one(node, limit))
			_exit(30);
	STORE(ready, 1);
	pause();
	_exit(31);
}

/* How many the user gets beyond what it has, in a new instance in a namespace of its own. */
static void take_in_namespace(int limit, int *got)
{
	int node, error;

	if (user_namespace_enter(OTHER_UID) || kipcfs_mount(USER, NULL))
		_exit(40);
	node = open_in(USER, "control", O_RDWR);
	do {
		error = take_one(node, limit);
	} while (!error && ++*got < 1000);
	_exit(error == user_limits[limit].error ? 0 : 41);
}

TEST_F(kipc, limits_of_a_user_hold_over_children_instances_and_namespaces)
{
	int *shared = shared_alloc(2 * sizeof(int)), room, limit;
	long long old;
	pid_t holder, pid;

	ASSERT_NE(NULL, shared);
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, mkdir(USER, 0777));
	for (limit = 0; limit < NR_LIMITS; limit++) {
		old = param_get(user_limits[limit].param);
		ASSERT_EQ(0, param_set(user_limits[limit].param, user_limits[limit].value));
		room = user_limits[limit].value / user_limits[limit].each;
		memset(shared, 0, 2 * sizeof(int));
		holder = child_fork();
		if (!holder) {
			if (become(OTHER_UID))
				_exit(32);
			hold(self->dev, limit, room - 2, &shared[0]);
		}
		EXPECT_TRUE(EVENTUALLY(LOAD(&shared[0])));
		pid = child_fork();
		if (!pid)
			take_in_namespace(limit, &shared[1]);
		EXPECT_EQ(0, child_wait(pid))
			TH_LOG("%s", user_limits[limit].param);
		EXPECT_EQ(2, shared[1])
			TH_LOG("%s", user_limits[limit].param);
		EXPECT_EQ(128 + SIGKILL, child_kill(holder));
		EXPECT_EQ(0, param_set(user_limits[limit].param, old));
	}
}

/* --- nothing of the kernel's memory */

/* Whether the eight bytes are an address of the kernel: no small negative number, no mask. */
static bool is_address(unsigned long long n)
{
	return n >= 0xffff800000000000ULL && n < 0xfffffffff0000000ULL;
}

/* What is in memory that was freed, or not set, on kernels that look for that. */
static bool is_poison(unsigned long long n)
{
	return n == 0x6b6b6b6b6b6b6b6bULL || n == 0x5a5a5a5a5a5a5a5aULL ||
	       n == 0xaaaaaaaaaaaaaaaaULL || n == 0xccccccccccccccccULL;
}

static bool has_secrets(const void *buf, size_t size)
{
	unsigned long long n;
	size_t at;

	for (at = 0; at + sizeof(n) <= size; at += sizeof(n)) {
		memcpy(&n, (const char *)buf + at, sizeof(n));
		if (is_address(n) || is_poison(n)) {
			printf("# at %zu: %llx\n", at, n);
			return true;
		}
	}
	return false;
}

/* Masks of signals, and "for ever", may be all kinds of numbers. */
static bool gives_masks(unsigned int cmd)
{
	return cmd == KIPC_IOC_SIG_MASK || cmd == KIPC_IOC_SIG_ACTION ||
	       cmd == KIPC_IOC_SIG_WAIT || cmd == KIPC_IOC_SIG_SUBSCRIBE;
}

TEST_F(kipc, no_structure_has_an_address_of_the_kernel_or_what_was_freed)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	int looked_at = 0;

	EXPECT_TRUE(has_secrets(&(unsigned long long) { 0xffffffff81000000ULL }, 8));
	EXPECT_TRUE(has_secrets("xxxxxxxx\x6b\x6b\x6b\x6b\x6b\x6b\x6b\x6b", 16));
	ASSERT_TRUE(prepare(self));
	for (call = calls; call < calls_end; call++) {
		good_argument(call, arg);
		if (!(_IOC_DIR(call->cmd) & _IOC_READ) || gives_masks(call->cmd))
			continue;
		ASSERT_EQ(0, ioctl(served_by(self, call), call->cmd, arg))
			TH_LOG("%s: %s", call->name, strerror(errno));
		EXPECT_FALSE(has_secrets(arg, arg_size(call)))
			TH_LOG("%s", call->name);
		undo(self, call, arg);
		looked_at++;
	}
	EXPECT_LT(20, looked_at);
}

/*
 * A number of 16 digits that begins like an address of the kernel, wherever it is. The page
 * of vsyscall(7), in the maps of each process, is always at the same.
 */
static bool text_has_address(const char *text)
{
	const char *p;
	int digits;

	for (p = text; *p; p += digits ? digits : 1) {
		for (digits = 0; isxdigit(p[digits]); digits++)
			;
		if (digits == 16 && !strncmp(p, "ffff", 4) && strchr("89cef", p[4]) &&
		    strncmp(p, "ffffffffffffffff", 16) && strncmp(p, "ffffffffff60", 12))
			return true;
	}
	return false;
}

static bool file_tells_address(const char *path)
{
	static char text[1 << 20];

	if (file_read(path, text, sizeof(text)) <= 0 || !text_has_address(text))
		return false;
	printf("# %s\n", path);
	return true;
}

static bool descriptor_tells_address(int fd)
{
	char path[64], text[128] = "";

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (file_tells_address(path))
		return true;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, text, sizeof(text) - 1) < 0 || text_has_address(text);
}

TEST_F(kipc, no_text_has_an_address_of_the_kernel)
{
	static const char *const files[] = {
		"/proc/self/maps", "/proc/self/smaps", "/proc/misc", "/proc/filesystems",
		"/proc/self/mountinfo", OWN "/sysvipc/shm", OWN "/sysvipc/sem",
		OWN "/sysvipc/msg", OWN "/limits/shmmax", OWN "/limits/sem",
		KIPC_PARAMETERS "objects", KIPC_PARAMETERS "pipe_user_pages",
	};
	size_t i;

	EXPECT_TRUE(text_has_address("at ffff888012345678 it is"));
	EXPECT_FALSE(text_has_address("ffffffffffffffff 00007fffffffe000"));
	EXPECT_FALSE(text_has_address("ffffffffff600000-ffffffffff601000 --xp"));
	ASSERT_TRUE(prepare(self));
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(OWN, "default"));
	for (i = 0; i < NR_OBJECTS; i++)
		EXPECT_FALSE(descriptor_tells_address(object_fd(objects[i])));
	EXPECT_FALSE(descriptor_tells_address(self->r));
	EXPECT_FALSE(descriptor_tells_address(self->dev));
	for (i = 0; i < ARRAY_SIZE(files); i++)
		EXPECT_FALSE(file_tells_address(files[i]));
	EXPECT_TRUE(EVENTUALLY(!umount(OWN)));
}

/* --- tracepoints: root may see them, but what they show is passed on in reports */

#define TRACING	"/sys/kernel/tracing/instances/kipc-security"
#define EVENTS	TRACING "/events/kipc"

/*
 * An address, or the hash of one that %p prints: nothing else has so many digits. @text is
 * what the module's events have written.
 */
static bool trace_has_address(const char *text)
{
	const char *p;
	int digits;

	for (p = text; *p; p += digits ? digits : 1) {
		for (digits = 0; isxdigit(p[digits]); digits++)
			;
		if (digits >= 12) {
			printf("# %.*s\n", digits, p);
			return true;
		}
	}
	return strstr(text, "____ptrval____");
}

/* Each member of an event's record, as "format" of tracefs declares it, and how it is printed. */
static bool format_has_address(const char *format)
{
	const char *line = format, *end;

	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (!strncmp(line, "\tfield:", 7) && memchr(line, '*', end - line))
			return true;
	}
	line = strstr(format, "print fmt:");
	return !line || strstr(line, "%p");
}

/* How many events the module has; -1 if one of them could show an address. */
static int events_scan(void)
{
	static char format[8192];
	struct dirent *entry;
	char path[512];
	DIR *dir = opendir(EVENTS);
	int n = 0;

	while (dir && n >= 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || entry->d_type != DT_DIR)
			continue;
		snprintf(path, sizeof(path), EVENTS "/%s/format", entry->d_name);
		n++;
		if (file_read(path, format, sizeof(format)) <= 0 || format_has_address(format)) {
			printf("# %s\n%s\n", path, format);
			n = -1;
		}
	}
	if (dir)
		closedir(dir);
	return n;
}

/* How many of the module's events @trace does not have. */
static int events_missing(const char *trace)
{
	struct dirent *entry;
	char name[300];
	DIR *dir = opendir(EVENTS);
	int n = 0;

	while (dir && (entry = readdir(dir))) {
		snprintf(name, sizeof(name), " %s: ", entry->d_name);
		if (entry->d_name[0] == '.' || entry->d_type != DT_DIR || strstr(trace, name))
			continue;
		printf("# not seen: %s\n", entry->d_name);
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* A signal for somebody who waits for it, and one that becomes a real one. */
static int signals_wake_and_deliver(void)
{
	struct kipc_sig_wait wait = { .set = 1ULL << (SIGUSR1 - 1), .timeout = KIPC_TIMEOUT_NONE };
	struct kipc_sig_action action = { .action = KIPC_SIG_DELIVER, .set = wait.set };
	struct kipc_sig_send send = { .id = KIPC_ID_SELF, .signo = SIGUSR1 };
	pid_t pid = child_fork();

	if (!pid)
		_exit(ioctl(signals.sub, KIPC_IOC_SIG_WAIT, &wait) ? errno : 0);
	if (!wait_blocked(pid, SYS_ioctl) || ioctl(signals.fd, KIPC_IOC_SIG_SEND, &send) ||
	    child_wait(pid))
		return -1;
	if (signal(SIGUSR1, SIG_IGN) == SIG_ERR ||
	    ioctl(signals.sub, KIPC_IOC_SIG_ACTION, &action))
		return -1;
	return ioctl(signals.fd, KIPC_IOC_SIG_SEND, &send);
}

/* All calls, and reading and writing. */
static void use_everything(struct _test_data_kipc *self, struct __test_metadata *_metadata)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;

	for (call = calls; call < calls_end; call++) {
		good_argument(call, arg);
		ASSERT_EQ(0, ioctl(served_by(self, call), call->cmd, arg))
			TH_LOG("%s: %s", call->name, strerror(errno));
		undo(self, call, arg);
	}
	ASSERT_EQ(5, write(self->w, "hello", 5));
	ASSERT_EQ(1, read(self->r, arg, 1));
	ASSERT_EQ(0, signals_wake_and_deliver());
}

/* All that was traced: as it is printed, or, where the kernel can do that, member by member. */
static void trace_is_clean(struct __test_metadata *_metadata, int nevents)
{
	static char trace[1 << 20];

	ASSERT_LT(0, file_read(TRACING "/trace", trace, sizeof(trace)));
	EXPECT_FALSE(trace_has_address(trace));
	EXPECT_EQ(0, events_missing(trace))
		TH_LOG("of %d events", nevents);
}

TEST_F(kipc, no_event_that_is_traced_has_an_address_of_the_kernel)
{
	int nevents;

	EXPECT_TRUE(trace_has_address("kipc_event: at 00000000a1b2c3d4 it is"));
	EXPECT_TRUE(trace_has_address("kipc_event: obj=0xffff888012345678"));
	EXPECT_FALSE(trace_has_address("12345.678901: kipc_event: ino=4294967295 key=0x00000000"));
	EXPECT_TRUE(format_has_address("\tfield:void * obj;\toffset:8;\nprint fmt: \"%d\""));
	EXPECT_TRUE(format_has_address("\tfield:int id;\toffset:8;\nprint fmt: \"%p\""));
	ASSERT_TRUE(prepare(self));
	rmdir(TRACING);
	ASSERT_EQ(0, mkdir(TRACING, 0755));
	nevents = events_scan();
	EXPECT_LT(10, nevents);
	ASSERT_EQ(0, file_write(EVENTS "/enable", "1"));
	use_everything(self, _metadata);
	ASSERT_EQ(0, file_write(TRACING "/tracing_on", "0"));
	trace_is_clean(_metadata, nevents);
	if (!access(TRACING "/options/fields", W_OK)) {
		ASSERT_EQ(0, file_write(TRACING "/options/fields", "1"));
		trace_is_clean(_metadata, nevents);
	}
	EXPECT_EQ(0, file_write(EVENTS "/enable", "0"));
	EXPECT_TRUE(EVENTUALLY(!rmdir(TRACING)));
}

/* New memory is 0, whatever was in it before: of segments, and what a message does not fill. */
TEST_F(kipc, new_memory_has_nothing_of_who_had_it_before)
{
	enum { SIZE = 1 << 20, ROUNDS = 20 };
	struct kipc_shm_create create = { .size = SIZE, .mode = 0600 };
	char *p;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		create.fd = -1;
		ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_CREATE, &create));
		p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, create.fd, 0);
		ASSERT_NE(MAP_FAILED, p);
		ASSERT_TRUE(is_all(p, 0, SIZE));
		/* for the next one to find, if it could */
		memset(p, 0x77, SIZE);
		munmap(p, SIZE);
		close(create.fd);
	}
}

TEST_HARNESS_MAIN
