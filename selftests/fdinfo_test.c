// SPDX-License-Identifier: GPL-2.0
/*
 * What /proc/PID/fdinfo says about kipc's files: the instance, the object, and who waits
 * for it by pid. kipc(8) finds holders and waiters by it.
 */
#include "instance_fixture.h"

#include <pthread.h>
#include <sys/signalfd.h>

static char info[65536];

/* What fdinfo says about a descriptor of @pid's. */
static const char *info_of(pid_t pid, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	if (file_read(path, info, sizeof(info)) < 0)
		return "";
	return info;
}

static bool info_says(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Does it have that line? */
static bool info_says(int fd, const char *format, ...)
{
	char line[256] = "\n";
	va_list args;

	va_start(args, format);
	vsnprintf(line + 1, sizeof(line) - 2, format, args);
	va_end(args);
	strcat(line, "\n");
	return strstr(info_of(getpid(), fd), line);
}

static int info_lines(int fd, const char *name)
{
	const char *at = info_of(getpid(), fd);
	int n = 0;

	while ((at = strstr(at, name))) {
		at++;
		n++;
	}
	return n;
}

/* The instance that a descriptor belongs to, 0 if it does not say so. */
static unsigned int instance_number(int fd)
{
	const char *at = strstr(info_of(getpid(), fd), "kipc-instance:\t");

	return at ? strtoul(at + strlen("kipc-instance:\t"), NULL, 10) : 0;
}

static unsigned long long info_number(int fd, const char *name)
{
	const char *at = strstr(info_of(getpid(), fd), name);

	return at ? strtoull(at + strlen(name), NULL, 10) : ~0ULL;
}

/* A set of 3, in the instance. */
static int set_make(int node)
{
	struct kipc_sem_get get = { .flags = KIPC_GET_CREAT, .nsems = 3, .mode = 0600 };

	return ioctl(node, KIPC_IOC_SEM_GET, &get) ? -1 : get.id;
}

static int set_open(int node, int id)
{
	struct kipc_sem_open open = { .id = id, .flags = KIPC_SEM_CLOEXEC };

	return ioctl(node, KIPC_IOC_SEM_OPEN, &open) ? -1 : open.fd;
}

static int set_do(int fd, const struct kipc_sem_op *ops, unsigned int n)
{
	struct kipc_sem_ops arg = {
		.id = KIPC_ID_SELF,
		.ops = (unsigned long)ops,
		.nops = n,
		.timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(fd, KIPC_IOC_SEM_OP, &arg);
}

/* A child that does so and sleeps. */
static pid_t set_sleeper(int fd, const struct kipc_sem_op *ops, unsigned int n)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(set_do(fd, ops, n) ? errno : 0);
	return pid > 0 && wait_blocked(pid, SYS_ioctl) ? pid : -1;
}

static int queue_make(int node)
{
	struct kipc_msg_get get = { .flags = KIPC_GET_CREAT, .mode = 0600 };

	return ioctl(node, KIPC_IOC_MSG_GET, &get) ? -1 : get.id;
}

static int queue_open(int node, int id)
{
	struct kipc_msg_open open = { .id = id, .flags = KIPC_MSG_CLOEXEC };

	return ioctl(node, KIPC_IOC_MSG_OPEN, &open) ? -1 : open.fd;
}

static int queue_send(int fd, long long type, size_t size, __u32 flags)
{
	static char bytes[8192];
	struct kipc_msg_send arg = {
		.id = KIPC_ID_SELF,
		.flags = flags,
		.type = type,
		.addr = (unsigned long)bytes,
		.size = size,
		.timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(fd, KIPC_IOC_MSG_SEND, &arg);
}

static int queue_receive(int fd, long long type, __u32 flags)
{
	char bytes[8192];
	struct kipc_msg_receive arg = {
		.id = KIPC_ID_SELF,
		.flags = flags,
		.type = type,
		.addr = (unsigned long)bytes,
		.size = sizeof(bytes),
		.timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(fd, KIPC_IOC_MSG_RECEIVE, &arg);
}

static pid_t queue_receiver(int fd, long long type, __u32 flags)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(queue_receive(fd, type, flags) ? errno : 0);
	return pid > 0 && wait_blocked(pid, SYS_ioctl) ? pid : -1;
}

static pid_t queue_sender(int fd, long long type, size_t size)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(queue_send(fd, type, size, 0) ? errno : 0);
	return pid > 0 && wait_blocked(pid, SYS_ioctl) ? pid : -1;
}

/* A queue of signals, its id is left, and a descriptor of it. */
static int signals_make(int node, int *id)
{
	struct kipc_sig_get get = { .flags = KIPC_GET_CREAT, .mode = 0600 };
	struct kipc_sig_open open = { .flags = KIPC_SIG_CLOEXEC };

	if (ioctl(node, KIPC_IOC_SIG_GET, &get))
		return -1;
	*id = open.id = get.id;
	return ioctl(node, KIPC_IOC_SIG_OPEN, &open) ? -1 : open.fd;
}

/* A subscriber that blocks these; its number is left. */
static int signals_subscribe(int fd, __u64 blocked, __u32 *number)
{
	struct kipc_sig_subscribe arg = {
		.id = KIPC_ID_SELF, .flags = KIPC_SIG_CLOEXEC, .blocked = blocked,
	};

	if (ioctl(fd, KIPC_IOC_SIG_SUBSCRIBE, &arg))
		return -1;
	*number = arg.number;
	return arg.fd;
}

static int signal_send(int fd, __u32 to, int signo)
{
	struct kipc_sig_send arg = {
		.id = KIPC_ID_SELF, .to = to, .signo = signo, .code = SI_QUEUE,
	};

	return ioctl(fd, KIPC_IOC_SIG_SEND, &arg);
}

static pid_t signal_reader(int fd)
{
	struct signalfd_siginfo record;
	pid_t pid = child_fork();

	if (!pid)
		_exit(read(fd, &record, sizeof(record)) == sizeof(record) ? 0 : errno);
	return pid > 0 && wait_blocked(pid, SYS_read) ? pid : -1;
}

/* --- which object */

TEST_F(instance, files_of_an_instance_have_its_number_and_no_other_has_it)
{
	struct kipc_shm_open shm = { .flags = KIPC_SHM_CLOEXEC };
	unsigned int own, second;
	struct instance other = { .dir = SECOND };
	int set, queue, pipe[2];

	own = instance_number(self->in.node);
	EXPECT_LT(0, own);
	EXPECT_NE(own, instance_number(self->dev));
	EXPECT_LT(0, instance_number(self->dev));
	ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
	ASSERT_EQ(0, instance_open(&other));
	second = instance_number(other.node);
	EXPECT_NE(own, second);
	EXPECT_NE(instance_number(self->dev), second);

	set = set_open(self->in.node, set_make(self->in.node));
	queue = queue_open(self->in.node, queue_make(self->in.node));
	shm.id = segment(&self->in, 0);
	EXPECT_EQ(0, ioctl(self->in.node, KIPC_IOC_SHM_OPEN, &shm));
	ASSERT_EQ(0, kipc_pipe(self->in.node, pipe, 0, 0));
	EXPECT_EQ(own, instance_number(set));
	EXPECT_EQ(own, instance_number(queue));
	EXPECT_EQ(own, instance_number(shm.fd));
	EXPECT_EQ(own, instance_number(pipe[0]));
	EXPECT_EQ(own, instance_number(pipe[1]));
	EXPECT_TRUE(info_says(shm.fd, "kipc-shm-id:\t%d", shm.id));
	EXPECT_EQ(0, seg_remove(&self->in, shm.id));
	close(set);
	close(queue);
	close(shm.fd);
	close(pipe[0]);
	close(pipe[1]);
	instance_close(&other);
	EXPECT_TRUE(EVENTUALLY(umount(SECOND) == 0));
}

TEST_F(instance, the_id_of_what_was_removed_is_not_shown)
{
	struct kipc_remove remove;
	int set;

	remove = (struct kipc_remove){ .id = set_make(self->in.node) };
	set = set_open(self->in.node, remove.id);
	ASSERT_LE(0, set);
	EXPECT_TRUE(info_says(set, "kipc-sem-id:\t%d", remove.id));
	EXPECT_EQ(0, ioctl(self->in.node, KIPC_IOC_SEM_REMOVE, &remove));
	EXPECT_TRUE(info_says(set, "kipc-sem-id:\t-1"));
	close(set);
}

/* --- who waits */

TEST_F(instance, who_waits_for_a_semaphore_is_named_and_no_longer_when_it_goes_on)
{
	const struct kipc_sem_op take = { .num = 1, .op = -1 };
	const struct kipc_sem_op give[] = { { .num = 0, .op = 1 }, { .num = 1, .op = 1 } };
	const struct kipc_sem_op list[] = { { .num = 0, .op = 0 }, { .num = 2, .op = 1 } };
	int fd = set_open(self->in.node, set_make(self->in.node));
	pid_t taker, zero;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, info_lines(fd, "kipc-waiter:"));
	EXPECT_EQ(0, info_number(fd, "kipc-waits:\t"));
	EXPECT_EQ(0, set_do(fd, give, 1));
	taker = set_sleeper(fd, &take, 1);
	zero = set_sleeper(fd, list, 2);
	ASSERT_LT(0, taker);
	ASSERT_LT(0, zero);
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d sem 1 larger", taker, taker));
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d sem 0 zero", zero, zero));
	EXPECT_EQ(2, info_lines(fd, "kipc-waiter:"));
	EXPECT_EQ(2, info_number(fd, "kipc-waits:\t"));

	EXPECT_EQ(0, set_do(fd, give + 1, 1));
	EXPECT_EQ(0, child_wait(taker));
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d sem 0 zero", zero, zero));
	EXPECT_EQ(1, info_lines(fd, "kipc-waiter:"));
	EXPECT_EQ(137, child_kill(zero));
	EXPECT_EQ(0, info_lines(fd, "kipc-waiter:"));
	EXPECT_EQ(2, info_number(fd, "kipc-waits:\t"));
	close(fd);
}

static void *thread_takes(void *arg)
{
	const struct kipc_sem_op take = { .num = 2, .op = -1 };

	set_do(*(int *)arg, &take, 1);
	return NULL;
}

TEST_F(instance, a_thread_that_waits_is_named_with_its_process)
{
	const struct kipc_sem_op give = { .num = 2, .op = 1 };
	int fd = set_open(self->in.node, set_make(self->in.node));
	pthread_t thread;
	int pid, tid, n;
	char *line;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, thread_takes, &fd));
	EXPECT_TRUE(EVENTUALLY(info_lines(fd, "kipc-waiter:") == 1));
	line = strstr(info_of(getpid(), fd), "kipc-waiter:");
	ASSERT_NE(NULL, line);
	n = sscanf(line, "kipc-waiter:\t%d %d", &pid, &tid);
	EXPECT_EQ(2, n);
	EXPECT_EQ(getpid(), pid);
	EXPECT_NE(getpid(), tid);
	EXPECT_TRUE(EVENTUALLY(task_is_blocked(tid, SYS_ioctl)));
	EXPECT_EQ(0, set_do(fd, &give, 1));
	pthread_join(thread, NULL);
	close(fd);
}

TEST_F(instance, who_has_adjustments_is_named_until_they_are_zero)
{
	const struct kipc_sem_op take = { .num = 1, .op = -1, .flags = KIPC_SEM_UNDO };
	const struct kipc_sem_op give = { .num = 1, .op = 2 };
	const struct kipc_sem_op back = { .num = 1, .op = 1, .flags = KIPC_SEM_UNDO };
	int fd = set_open(self->in.node, set_make(self->in.node));

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, set_do(fd, &give, 1));
	EXPECT_EQ(0, set_do(fd, &take, 1));
	EXPECT_EQ(0, set_do(fd, &take, 1));
	EXPECT_TRUE(info_says(fd, "kipc-undo:\t%d sem 1 2", getpid()));
	EXPECT_EQ(0, set_do(fd, &back, 1));
	EXPECT_TRUE(info_says(fd, "kipc-undo:\t%d sem 1 1", getpid()));
	EXPECT_EQ(0, set_do(fd, &back, 1));
	EXPECT_EQ(0, info_lines(fd, "kipc-undo:"));
	close(fd);
}

TEST_F(instance, who_waits_for_a_message_is_named_with_what_it_wants)
{
	int fd = queue_open(self->in.node, queue_make(self->in.node));
	pid_t any, one, other, same, not, least;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, info_number(fd, "kipc-sent:\t"));
	one = queue_receiver(fd, 5, 0);
	other = queue_receiver(fd, 6, 0);
	same = queue_receiver(fd, 6, 0);
	not = queue_receiver(fd, 7, KIPC_MSG_EXCEPT);
	least = queue_receiver(fd, -8, 0);
	any = queue_receiver(fd, 0, 0);
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d receive type 5", one, one));
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d receive type 6", other, other));
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d receive type 6", same, same));
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d receive not type 7", not, not));
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d receive up to type 8", least, least));
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d receive any", any, any));
	EXPECT_EQ(6, info_lines(fd, "kipc-waiter:"));
	EXPECT_EQ(0, info_number(fd, "kipc-sent:\t"));
	EXPECT_EQ(0, queue_send(fd, 5, 10, 0));
	EXPECT_EQ(0, child_wait(one));
	EXPECT_EQ(5, info_lines(fd, "kipc-waiter:"));
	EXPECT_EQ(1, info_number(fd, "kipc-sent:\t"));
	children_reap();
	EXPECT_EQ(0, info_lines(fd, "kipc-waiter:"));
	close(fd);
}

TEST_F(instance, who_waits_for_room_is_named_with_its_message)
{
	int fd = queue_open(self->in.node, queue_make(self->in.node)), sent = 0;
	pid_t sender;

	ASSERT_LE(0, fd);
	while (!queue_send(fd, 1, 4096, KIPC_MSG_NOWAIT))
		sent++;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(sent, info_number(fd, "kipc-sent:\t"));
	sender = queue_sender(fd, 9, 100);
	ASSERT_LT(0, sender);
	EXPECT_EQ(1, info_lines(fd, "kipc-waiter:"));
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d send type 9 bytes 100", sender, sender));
	EXPECT_EQ(0, queue_receive(fd, 1, 0));
	EXPECT_EQ(0, child_wait(sender));
	EXPECT_EQ(0, info_lines(fd, "kipc-waiter:"));
	EXPECT_EQ(sent + 1, info_number(fd, "kipc-sent:\t"));
	close(fd);
}

TEST_F(instance, who_sleeps_in_a_pipe_is_named_at_both_ends)
{
	pid_t reader, writer;
	char byte = 'x';
	int fds[2], n;

	ASSERT_EQ(0, kipc_pipe(self->in.node, fds, 0, 4096));
	reader = child_fork();
	if (!reader)
		_exit(read(fds[0], &byte, 1) == 1 ? 0 : 1);
	ASSERT_TRUE(wait_blocked(reader, SYS_read));
	EXPECT_TRUE(info_says(fds[0], "kipc-waiter:\t%d %d read", reader, reader));
	EXPECT_TRUE(info_says(fds[1], "kipc-waiter:\t%d %d read", reader, reader));
	EXPECT_EQ(1, write(fds[1], &byte, 1));
	EXPECT_EQ(0, child_wait(reader));
	EXPECT_TRUE(info_says(fds[1], "kipc-written:\t1"));
	EXPECT_TRUE(info_says(fds[1], "kipc-read:\t1"));
	n = fill(fds[1]);
	EXPECT_EQ(4096, n);
	writer = child_fork();
	if (!writer)
		_exit(write(fds[1], &byte, 1) == 1 ? 0 : 1);
	ASSERT_TRUE(wait_blocked(writer, SYS_write));
	EXPECT_TRUE(info_says(fds[0], "kipc-waiter:\t%d %d write", writer, writer));
	EXPECT_EQ(1, info_lines(fds[0], "kipc-waiter:"));
	EXPECT_TRUE(info_says(fds[1], "kipc-written:\t4097"));
	EXPECT_EQ(137, child_kill(writer));
	EXPECT_EQ(0, info_lines(fds[0], "kipc-waiter:"));
	close(fds[0]);
	close(fds[1]);
}

/* An empty ring goes back to its first page: when it has no next one, and when it loses all. */
TEST_F(instance, bytes_of_a_pipe_are_counted_on_when_its_ring_begins_anew)
{
	struct kipc_pipe_stat stat;
	unsigned int sum = 0, i;
	int fds[2];

	ASSERT_EQ(0, kipc_pipe(self->in.node, fds, 0, 0));
	for (i = 0; i < 20; i++) {
		ASSERT_TRUE(write_pattern(fds[1], 3000, sum));
		sum += 3000;
		EXPECT_EQ(sum, info_number(fds[0], "kipc-written:\t"));
		EXPECT_EQ(sum - 3000, info_number(fds[1], "kipc-read:\t"));
		ASSERT_TRUE(read_pattern(fds[0], 3000, sum - 3000));
		EXPECT_EQ(sum, info_number(fds[0], "kipc-written:\t"));
		EXPECT_EQ(sum, info_number(fds[1], "kipc-read:\t"));
	}
	EXPECT_TRUE(EVENTUALLY((stat = stat_of(fds[0]), stat.pages == 0)));
	EXPECT_EQ(sum, info_number(fds[0], "kipc-written:\t"));
	EXPECT_EQ(sum, info_number(fds[0], "kipc-read:\t"));
	ASSERT_EQ(5, write(fds[1], "hello", 5));
	EXPECT_EQ(sum + 5, info_number(fds[0], "kipc-written:\t"));
	EXPECT_EQ(sum, info_number(fds[0], "kipc-read:\t"));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(instance, who_waits_for_a_signal_is_named_with_its_subscriber)
{
	const __u64 blocked = 1ULL << (SIGUSR1 - 1) | 1ULL << (KIPC_SIG_RTMIN - 1);
	int id, fd, first, second;
	__u32 one, two;
	pid_t a, b;

	fd = signals_make(self->in.node, &id);
	ASSERT_LE(0, fd);
	first = signals_subscribe(fd, blocked, &one);
	second = signals_subscribe(fd, 0, &two);
	ASSERT_LE(0, first);
	ASSERT_LE(0, second);
	EXPECT_TRUE(info_says(fd, "kipc-sig-id:\t%d", id));
	EXPECT_TRUE(info_says(fd, "kipc-sig-subscribers:\t2"));
	EXPECT_TRUE(info_says(first, "kipc-sig-number:\t%u", one));
	EXPECT_TRUE(info_says(second, "kipc-sig-number:\t%u", two));

	/* these stay: the first blocks them */
	EXPECT_EQ(0, signal_send(fd, one, SIGUSR1));
	EXPECT_EQ(0, signal_send(fd, one, KIPC_SIG_RTMIN));
	EXPECT_EQ(0, signal_send(fd, one, KIPC_SIG_RTMIN));
	EXPECT_TRUE(info_says(fd, "kipc-sig-queued:\t3"));
	EXPECT_TRUE(info_says(first, "kipc-sig-queued:\t3"));
	EXPECT_TRUE(info_says(second, "kipc-sig-queued:\t0"));
	EXPECT_TRUE(info_says(first, "kipc-sig-own:\t%016llx", blocked));
	EXPECT_TRUE(info_says(first, "kipc-sig-blocked:\t%016llx", blocked));
	EXPECT_TRUE(info_says(second, "kipc-sig-own:\t%016llx", 0ULL));
	EXPECT_TRUE(info_says(second, "kipc-sig-shared:\t%016llx", 0ULL));

	a = signal_reader(first);
	b = signal_reader(second);
	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	EXPECT_TRUE(info_says(fd, "kipc-waiter:\t%d %d subscriber %u", a, a, one));
	EXPECT_TRUE(info_says(second, "kipc-waiter:\t%d %d subscriber %u", b, b, two));
	EXPECT_EQ(2, info_lines(first, "kipc-waiter:"));
	EXPECT_EQ(0, signal_send(fd, two, SIGUSR2));
	EXPECT_EQ(0, child_wait(b));
	EXPECT_EQ(1, info_lines(fd, "kipc-waiter:"));
	EXPECT_EQ(137, child_kill(a));
	EXPECT_EQ(0, info_lines(fd, "kipc-waiter:"));
	close(first);
	close(second);
	close(fd);
}

TEST_F(instance, no_more_waiters_are_named_than_a_lock_may_be_held_for)
{
	enum { MANY = 300, NAMED = 256 };
	const struct kipc_sem_op take = { .num = 0, .op = -1 };
	const struct kipc_sem_op give = { .num = 0, .op = MANY };
	struct kipc_sem_stat stat;
	pid_t group;
	int fd;

	fd = set_open(self->in.node, set_make(self->in.node));
	ASSERT_LE(0, fd);
	group = child_fork();
	if (!group) {
		for (int i = 0; i < MANY; i++)
			if (!fork())
				_exit(set_do(fd, &take, 1) ? 1 : 0);
		while (wait(NULL) > 0)
			;
		_exit(0);
	}
	EXPECT_TRUE(EVENTUALLY((stat = (struct kipc_sem_stat){ .perm.id = KIPC_ID_SELF },
				!ioctl(fd, KIPC_IOC_SEM_STAT, &stat) && stat.sleepers == MANY)));
	EXPECT_EQ(NAMED, info_lines(fd, "kipc-waiter:"));
	EXPECT_EQ(0, set_do(fd, &give, 1));
	EXPECT_EQ(0, child_wait(group));
	EXPECT_EQ(0, info_lines(fd, "kipc-waiter:"));
	close(fd);
}

/* --- to whom */

TEST_F(instance, processes_are_named_as_their_reader_knows_them)
{
	const struct kipc_sem_op take = { .num = 1, .op = -1 };
	int fd = set_open(self->in.node, set_make(self->in.node));
	pid_t sleeper, reader;

	ASSERT_LE(0, fd);
	sleeper = set_sleeper(fd, &take, 1);
	ASSERT_LT(0, sleeper);
	reader = child_fork();
	if (!reader) {
		/* a new pid namespace, with a /proc of its own, knows nobody from outside */
		if (unshare(CLONE_NEWPID))
			_exit(2);
		reader = fork();
		if (!reader) {
			if (mount("proc", "/proc", "proc", 0, NULL))
				_exit(3);
			_exit(info_says(fd, "kipc-waiter:\t0 0 sem 1 larger") ? 0 : 1);
		}
		_exit(child_wait(reader));
	}
	EXPECT_EQ(0, child_wait(reader));
	/* that mount is in this namespace of mounts, too */
	EXPECT_EQ(0, umount("/proc"));
	EXPECT_EQ(137, child_kill(sleeper));
	close(fd);
}

TEST_HARNESS_MAIN
