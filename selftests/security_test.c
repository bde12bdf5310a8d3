// SPDX-License-Identifier: GPL-2.0
/*
 * What somebody without privileges would try: to get more from a descriptor than it was made
 * for, to change an instance of others from a user namespace, to pass limits by forks and
 * namespaces. What could be learned of the kernel's memory is in secrets_test.
 *
 * The permissions of each call are in *_perm_test, capabilities and instances in
 * instance_test and mount_test, bytes of structures in *_life_test and ioctl_test.
 */
#include "fd_pass.h"
#include "ioctl_calls.h"
#include "mounts.h"

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

/* May be sent by for who has it; what is asked of the queue is for who may do that. */
TEST_F(kipc, signal_queue_that_is_sent_to_another_user_is_what_it_was_opened_for)
{
	struct kipc_sig_send send = { .id = KIPC_ID_SELF, .signo = KIPC_SIG_RTMIN };
	struct kipc_sig_set change = {
		.set = { .id = KIPC_ID_SELF, .uid = OTHER_UID, .mode = 0666 }, .limit = 1,
	};
	struct kipc_remove remove = { .id = KIPC_ID_SELF };
	struct kipc_sig_subscribe subscribe = { .id = KIPC_ID_SELF };
	struct kipc_sig_stat stat = { .perm.id = KIPC_ID_SELF };
	struct kipc_sig_open open = { .fd = -1 };
	unsigned long long sent;
	int pair[2], fd;
	pid_t pid;

	ASSERT_TRUE(prepare(self));
	open.id = signals.id;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SIG_OPEN, &open));
	ASSERT_EQ(0, ioctl(open.fd, KIPC_IOC_SIG_STAT, &stat));
	sent = stat.sent;
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		fd = fd_receive(pair[1]);
		EXPECT_EQ(0, ioctl(fd, KIPC_IOC_SIG_SEND, &send));
		EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SIG_SET, &change));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SIG_REMOVE, &remove));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SIG_SUBSCRIBE, &subscribe));
		EXPECT_EQ(EACCES, errno);
		open.id = KIPC_ID_SELF;
		EXPECT_EQ(-1, ioctl(fd, KIPC_IOC_SIG_OPEN, &open));
		EXPECT_EQ(EACCES, errno);
		/* by its id it is still not for this user */
		send.id = signals.id;
		EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_SIG_SEND, &send));
		EXPECT_EQ(EACCES, errno);
		child_exit();
	}
	ASSERT_EQ(0, fd_send(pair[0], open.fd));
	EXPECT_EQ(0, child_wait(pid));
	stat = (struct kipc_sig_stat) { .perm.id = KIPC_ID_SELF };
	ASSERT_EQ(0, ioctl(open.fd, KIPC_IOC_SIG_STAT, &stat));
	EXPECT_EQ(sent + 1, stat.sent);
	EXPECT_EQ(0600, stat.perm.mode);
	close(open.fd);
}

/* --- descriptors of another process, by /proc/PID/fd */

static int open_of(pid_t pid, int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	return open(path, flags | O_CLOEXEC | O_NONBLOCK);
}

/* The errors of opening it to read, and to write; 0 for none. */
#define OPEN_ERRORS(pid, fd, to_read, to_write) do { \
	static const int modes__[] = { O_RDONLY, O_WRONLY }; \
	int i__, got__; \
	for (i__ = 0; i__ < 2; i__++) { \
		got__ = open_of(pid, fd, modes__[i__]); \
		EXPECT_EQ(i__ ? to_write : to_read, got__ < 0 ? errno : 0) \
			TH_LOG(#fd ", mode %d", modes__[i__]); \
		if (got__ >= 0) \
			close(got__); \
	} \
} while (0)

TEST_F(kipc, descriptors_of_root_are_not_opened_by_a_user)
{
	pid_t parent = getpid(), pid;
	int i;

	ASSERT_TRUE(prepare(self));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		OPEN_ERRORS(parent, self->r, EACCES, EACCES);
		OPEN_ERRORS(parent, self->w, EACCES, EACCES);
		OPEN_ERRORS(parent, self->dev, EACCES, EACCES);
		for (i = 0; i < NR_OBJECTS; i++) {
			OPEN_ERRORS(parent, object_fd(objects[i]), EACCES, EACCES);
			EXPECT_GT(0, open_of(parent, object_fd(objects[i]), O_PATH));
		}
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

/* Of a process of the same user: what may be had is up to the object, not to who has it. */
TEST_F(kipc, descriptors_of_a_process_of_the_same_user_are_opened_as_the_object_says)
{
	struct kipc_shm_create create = { .size = 4096, .mode = 0600, .fd = -1 };
	int own[2], kept[2], *ready = shared_alloc(sizeof(*ready));
	pid_t holder, pid;
	int i;

	ASSERT_NE(NULL, ready);
	ASSERT_TRUE(prepare(self));
	/* for the numbers to be the same in all of them */
	ASSERT_EQ(0, kipc_pipe(self->dev, own, 0, 0));
	ASSERT_EQ(0, kipc_pipe(self->dev, kept, 0, 0));
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_CREATE, &create));
	holder = child_fork();
	if (!holder) {
		int fds[2], seg;

		if (become(OTHER_UID) || prctl(PR_SET_DUMPABLE, 1) ||
		    kipc_pipe(self->dev, fds, 0, 0) || dup2(fds[0], own[0]) < 0 ||
		    dup2(fds[1], own[1]) < 0 || kipc_pipe(self->dev, fds, 0, 0) ||
		    dup2(fds[0], kept[0]) < 0 || fchmod(fds[0], 0400))
			_exit(60);
		seg = create.fd;
		if (ioctl(self->dev, KIPC_IOC_SHM_CREATE, &create) || dup2(create.fd, seg) < 0)
			_exit(61);
		STORE(ready, 1);
		pause();
		_exit(62);
	}
	ASSERT_TRUE(EVENTUALLY(LOAD(ready)));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		OPEN_ERRORS(holder, own[0], 0, 0);
		OPEN_ERRORS(holder, own[1], 0, 0);
		OPEN_ERRORS(holder, kept[0], 0, EACCES);
		/* of root, whose permissions go with it */
		OPEN_ERRORS(holder, self->r, EACCES, EACCES);
		/* a segment's are not those of a file; and nothing else opens twice */
		OPEN_ERRORS(holder, create.fd, EACCES, EACCES);
		for (i = 0; i < NR_OBJECTS; i++) {
			int got = open_of(holder, object_fd(objects[i]), O_RDONLY);

			EXPECT_GT(0, got)
				TH_LOG("object %d", i);
		}
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(128 + SIGKILL, child_kill(holder));
	for (i = 0; i < 2; i++) {
		close(own[i]);
		close(kept[i]);
	}
	close(create.fd);
}

/* --- a program that is somebody else's */

enum { OF_SHM, OF_SEM, OF_MSG, OF_SIG, FAMILIES };

static const struct family {
	const char *name;
	unsigned int set, remove;
} families[FAMILIES] = {
	[OF_SHM] = { "segment", KIPC_IOC_SHM_SET, KIPC_IOC_SHM_REMOVE },
	[OF_SEM] = { "set", KIPC_IOC_SEM_SET, KIPC_IOC_SEM_REMOVE },
	[OF_MSG] = { "message queue", KIPC_IOC_MSG_SET, KIPC_IOC_MSG_REMOVE },
	[OF_SIG] = { "signal queue", KIPC_IOC_SIG_SET, KIPC_IOC_SIG_REMOVE },
};

/* A new one, with an id, that only its owner may use; or -1. */
static int family_get(int node, int family)
{
	struct kipc_shm_get shm = { .size = 4096, .mode = 0600 };
	struct kipc_sem_get sem = { .nsems = 1, .mode = 0600 };
	struct kipc_msg_get msg = { .mode = 0600 };
	struct kipc_sig_get sig = { .mode = 0600 };

	switch (family) {
	case OF_SHM:
		return ioctl(node, KIPC_IOC_SHM_GET, &shm) ? -1 : shm.id;
	case OF_SEM:
		return ioctl(node, KIPC_IOC_SEM_GET, &sem) ? -1 : sem.id;
	case OF_MSG:
		return ioctl(node, KIPC_IOC_MSG_GET, &msg) ? -1 : msg.id;
	default:
		return ioctl(node, KIPC_IOC_SIG_GET, &sig) ? -1 : sig.id;
	}
}

/* The errors of what the mode is for, of a change and of removal; 0 for none. */
static int use_error(int node, int family, int id)
{
	struct kipc_shm_attach attach = { .id = id };
	struct kipc_sem_op op = { .op = 1 };
	struct kipc_sem_ops ops = {
		.id = id, .nops = 1, .ops = (unsigned long)&op, .timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_msg_send message = {
		.id = id, .type = 1, .flags = KIPC_MSG_NOWAIT, .timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_sig_send signal = { .id = id, .signo = SIGUSR1 };
	int ret;

	switch (family) {
	case OF_SHM:
		ret = ioctl(node, KIPC_IOC_SHM_ATTACH, &attach);
		break;
	case OF_SEM:
		ret = ioctl(node, KIPC_IOC_SEM_OP, &ops);
		break;
	case OF_MSG:
		ret = ioctl(node, KIPC_IOC_MSG_SEND, &message);
		break;
	default:
		ret = ioctl(node, KIPC_IOC_SIG_SEND, &signal);
	}
	return ret ? errno : 0;
}

static int set_error(int node, int family, int id)
{
	struct kipc_sig_set change = {
		.set = { .id = id, .uid = THIRD_UID, .gid = THIRD_UID, .mode = 0600 }, .limit = 9,
	};

	/* those of all kinds begin so; the next member is another limit, or none */
	return ioctl(node, families[family].set, &change) ? errno : 0;
}

static int remove_error(int node, int family, int id)
{
	struct kipc_remove remove = { .id = id };

	return ioctl(node, families[family].remove, &remove) ? errno : 0;
}

/* What the setuid program may, as itself and as who has called it: 0, or which was wrong. */
static int try_as_program(int family, int id)
{
	if (seteuid(THIRD_UID) || use_error(NODE_FD, family, id))
		return 1;
	if (seteuid(OTHER_UID) || use_error(NODE_FD, family, id) != EACCES)
		return 2;
	if (set_error(NODE_FD, family, id) != EPERM)
		return 3;
	if (remove_error(NODE_FD, family, id) != EPERM)
		return 4;
	/* and back: the saved user is the owner still */
	if (seteuid(THIRD_UID) || set_error(NODE_FD, family, id))
		return 5;
	return remove_error(NODE_FD, family, id) ? 6 : 0;
}

__attribute__((constructor)) static void as_program(int argc, char **argv)
{
	int family, wrong;

	if (argc != 2 + FAMILIES || strcmp(argv[1], "--setuid"))
		return;
	if (getuid() != OTHER_UID || geteuid() != THIRD_UID)
		_exit(99);
	for (family = 0; family < FAMILIES; family++) {
		wrong = try_as_program(family, atoi(argv[2 + family]));
		if (wrong)
			_exit(10 * (family + 1) + wrong);
	}
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
	char args[FAMILIES][12];
	int ids[FAMILIES], family;
	pid_t pid;

	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, program_copy());
	for (family = 0; family < FAMILIES; family++) {
		ids[family] = family_get(self->dev, family);
		ASSERT_LE(0, ids[family]);
		ASSERT_EQ(0, set_error(self->dev, family, ids[family]))
			TH_LOG("%s", families[family].name);
		snprintf(args[family], sizeof(args[family]), "%d", ids[family]);
	}
	pid = child_fork();
	if (!pid) {
		/* opened by the caller: who has opened a node does not matter */
		if (become(OTHER_UID) || dup2(kipc_open(), NODE_FD) < 0)
			_exit(97);
		for (family = 0; family < FAMILIES; family++)
			if (use_error(NODE_FD, family, ids[family]) != EACCES)
				_exit(90 + family);
		execl(PROGRAM, PROGRAM, "--setuid", args[OF_SHM], args[OF_SEM], args[OF_MSG],
		      args[OF_SIG], NULL);
		_exit(98);
	}
	EXPECT_EQ(0, child_wait(pid));
	for (family = 0; family < FAMILIES; family++)
		EXPECT_EQ(EINVAL, remove_error(self->dev, family, ids[family]))
			TH_LOG("%s", families[family].name);
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

TEST_HARNESS_MAIN
