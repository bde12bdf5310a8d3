/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of kipc's message queues, and the fixture of the tests of what only they do: an
 * instance of the test's own, and in it a queue with an id but without a key, and a
 * descriptor of it, for both directions and without types.
 *
 * The bytes of the messages that tests send are the pattern, from their type on.
 */
#ifndef KIPC_MSG_KIPC_FIXTURE_H
#define KIPC_MSG_KIPC_FIXTURE_H

#include "mounts.h"

#define QUEUE_MOUNT	MOUNTS "/instance"
#define QUEUE_TABLE	QUEUE_MOUNT "/sysvipc/msg"
#define SELF		KIPC_ID_SELF
#define NOWAIT		KIPC_MSG_NOWAIT

/* What a new instance allows. */
#define MSGMAX		8192
#define MSGMNB		16384

/* --- calls, on a node or a descriptor @fd */

static inline int queue_get(int fd, int key, unsigned int flags, unsigned int mode)
{
	struct kipc_msg_get arg = { .key = key, .flags = flags, .mode = mode, .id = -7 };

	return ioctl(fd, KIPC_IOC_MSG_GET, &arg) ? -1 : arg.id;
}

static inline int queue_new(int fd)
{
	return queue_get(fd, KIPC_KEY_PRIVATE, 0, 0600);
}

static inline int queue_create(int fd, unsigned int flags)
{
	struct kipc_msg_create arg = { .flags = flags, .mode = 0600, .fd = -7 };

	return ioctl(fd, KIPC_IOC_MSG_CREATE, &arg) ? -1 : arg.fd;
}

static inline int queue_open(int fd, int id, unsigned int flags)
{
	struct kipc_msg_open arg = { .id = id, .flags = flags, .fd = -7 };

	return ioctl(fd, KIPC_IOC_MSG_OPEN, &arg) ? -1 : arg.fd;
}

static inline int queue_send_until(int fd, int id, long long type, const void *data, size_t size,
				   unsigned int flags, __u64 timeout)
{
	struct kipc_msg_send arg = {
		.id = id, .flags = flags, .type = type, .addr = (unsigned long)data,
		.size = size, .timeout = timeout,
	};

	return ioctl(fd, KIPC_IOC_MSG_SEND, &arg);
}

static inline int queue_send(int fd, int id, long long type, const void *data, size_t size,
			     unsigned int flags)
{
	return queue_send_until(fd, id, type, data, size, flags, KIPC_TIMEOUT_NONE);
}

/* The bytes that were received, or -1; the message's type goes to *@type if that is wanted. */
static inline ssize_t queue_receive_until(int fd, int id, long long want, void *buf, size_t size,
					  unsigned int flags, __u64 timeout, long long *type)
{
	struct kipc_msg_receive arg = {
		.id = id, .flags = flags, .type = want, .addr = (unsigned long)buf,
		.size = size, .timeout = timeout,
	};

	if (ioctl(fd, KIPC_IOC_MSG_RECEIVE, &arg))
		return -1;
	if (type)
		*type = arg.type;
	return arg.size;
}

static inline ssize_t queue_receive(int fd, int id, long long want, void *buf, size_t size,
				    unsigned int flags, long long *type)
{
	return queue_receive_until(fd, id, want, buf, size, flags, KIPC_TIMEOUT_NONE, type);
}

/* Poison if it fails. */
static inline struct kipc_msg_stat queue_stat(int fd, int id)
{
	struct kipc_msg_stat stat;

	memset(&stat, POISON, sizeof(stat));
	stat.perm.id = id;
	stat.flags = 0;
	if (ioctl(fd, KIPC_IOC_MSG_STAT, &stat))
		memset(&stat, POISON, sizeof(stat));
	return stat;
}

static inline bool queue_exists(int fd, int id)
{
	struct kipc_msg_stat stat = { .perm.id = id };

	return !ioctl(fd, KIPC_IOC_MSG_STAT, &stat);
}

static inline int queue_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode,
			    unsigned long long qbytes)
{
	struct kipc_msg_set arg = {
		.set = { .id = id, .uid = uid, .gid = gid, .mode = mode }, .qbytes = qbytes,
	};

	return ioctl(fd, KIPC_IOC_MSG_SET, &arg);
}

/* For a queue of root's. */
static inline int queue_resize(int fd, int id, unsigned long long qbytes)
{
	return queue_set(fd, id, 0, 0, 0600, qbytes);
}

static inline int queue_remove(int fd, int id)
{
	struct kipc_remove arg = { .id = id };

	return ioctl(fd, KIPC_IOC_MSG_REMOVE, &arg);
}

static inline struct kipc_msg_info queue_info(int fd)
{
	struct kipc_msg_info info;

	memset(&info, POISON, sizeof(info));
	info.flags = KIPC_MSG_INFO_USAGE;
	if (ioctl(fd, KIPC_IOC_MSG_INFO, &info))
		memset(&info, POISON, sizeof(info));
	return info;
}

static inline int queue_filter_and_type(int fd, long long type, unsigned int flags,
					long long send_type)
{
	struct kipc_msg_filter arg = { .type = type, .send_type = send_type, .flags = flags };

	return ioctl(fd, KIPC_IOC_MSG_FILTER, &arg);
}

static inline int queue_filter(int fd, long long type, unsigned int flags)
{
	return queue_filter_and_type(fd, type, flags, 1);
}

static inline int queue_notify(int fd, unsigned int how, int target, unsigned long long value)
{
	struct kipc_msg_notify arg = { .how = how, .target = target, .value = value };

	return ioctl(fd, KIPC_IOC_MSG_NOTIFY, &arg);
}

static inline int queue_limit_set(const char *name, long long value)
{
	char path[128], buf[32];

	snprintf(path, sizeof(path), QUEUE_MOUNT "/limits/%s", name);
	snprintf(buf, sizeof(buf), "%lld", value);
	return file_write(path, buf);
}

/* --- messages of the pattern */

/* Send one of at most MSGMAX bytes. */
static inline int queue_put(int fd, int id, long long type, size_t size, unsigned int flags)
{
	char buf[MSGMAX];

	pattern(buf, size, type);
	return queue_send(fd, id, type, buf, size, flags);
}

/* Receive one: its size; -1 with errno; -2 if its bytes are not those that were sent. */
static inline ssize_t queue_take(int fd, int id, long long want, unsigned int flags,
				 long long *type)
{
	char buf[MSGMAX + 1];
	long long got = -1;
	ssize_t n;

	memset(buf, POISON, sizeof(buf));
	n = queue_receive(fd, id, want, buf, MSGMAX, flags, &got);
	if (type)
		*type = got;
	if (n < 0)
		return -1;
	return is_pattern(buf, n, got) && is_all(buf + n, POISON, sizeof(buf) - n) ? n : -2;
}

/* The type of the next message that @want fits, which is taken, or -1. */
static inline long long queue_next(int fd, int id, long long want)
{
	long long type;

	return queue_take(fd, id, want, NOWAIT, &type) < 0 ? -1 : type;
}

/* Send until there is no room for a byte; how many messages that were, or -1. */
static inline int queue_fill(int fd, int id, long long type)
{
	size_t size = MSGMAX;
	int n = 0;

	while (size) {
		if (!queue_put(fd, id, type, size, NOWAIT))
			n++;
		else if (errno == EAGAIN)
			size = size > 1024 ? 1024 : size > 1;
		else
			return -1;
	}
	return n;
}

/* Take all, whatever they are; how many messages that were, or -1. */
static inline int queue_drain(int fd, int id)
{
	int n = 0;

	while (queue_take(fd, id, 0, NOWAIT, NULL) != -1)
		n++;
	return errno == ENOMSG ? n : -1;
}

/* Whether so many messages of so many bytes are in the queue. */
static inline bool queue_holds(int fd, int id, unsigned long long qnum, unsigned long long cbytes)
{
	struct kipc_msg_stat stat = queue_stat(fd, id);

	if (stat.qnum != qnum || stat.cbytes != cbytes)
		printf("# it holds %llu messages, %llu bytes\n", stat.qnum, stat.cbytes);
	return stat.qnum == qnum && stat.cbytes == cbytes;
}

/* --- sleepers: children that sleep in a call, and exit with 0 or the errno value */

#define NOT_THE_MESSAGE 200

static inline pid_t queue_sender(int fd, int id, long long type, size_t size)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(queue_put(fd, id, type, size, 0) ? errno : 0);
	return asleep_in(pid, SYS_ioctl);
}

/* It wants a message of this size in the end. */
static inline pid_t queue_receiver(int fd, int id, long long want, unsigned int flags,
				   ssize_t size)
{
	pid_t pid = child_fork();
	ssize_t n;

	if (!pid) {
		n = queue_take(fd, id, want, flags, NULL);
		_exit(n == -1 ? errno : n == size ? 0 : NOT_THE_MESSAGE);
	}
	return asleep_in(pid, SYS_ioctl);
}

/* Likewise in read(2) and write(2), without types. */
static inline pid_t queue_reader(int fd, ssize_t size)
{
	pid_t pid = child_fork();
	char buf[MSGMAX];
	ssize_t n;

	if (!pid) {
		n = read(fd, buf, sizeof(buf));
		_exit(n == -1 ? errno : n == size ? 0 : NOT_THE_MESSAGE);
	}
	return asleep_in(pid, SYS_read);
}

static inline pid_t queue_writer(int fd, size_t size)
{
	pid_t pid = child_fork();
	char buf[MSGMAX];

	if (!pid) {
		pattern(buf, size, 1);
		_exit(write(fd, buf, size) == (ssize_t)size ? 0 : errno);
	}
	return asleep_in(pid, SYS_write);
}

/* --- the instance */

/* A new mount of kipcfs that nobody else sees; its control node, or -1. */
static inline int queue_instance(void)
{
	if (mounts_private() || kipcfs_mount(QUEUE_MOUNT, NULL))
		return -1;
	return open_in(QUEUE_MOUNT, "control", O_RDWR);
}

FIXTURE(queue)
{
	/* the control node, and the queue */
	int dev;
	int id;
	int fd;
	long long objects;
};

FIXTURE_SETUP(queue)
{
	umask(022);
	self->objects = param_get("objects");
	self->dev = queue_instance();
	ASSERT_LE(0, self->dev)
		TH_LOG(QUEUE_MOUNT ": %s", strerror(errno));
	self->id = queue_new(self->dev);
	ASSERT_LE(0, self->id);
	self->fd = queue_open(self->dev, self->id, KIPC_MSG_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(queue)
{
	children_reap();
	if (self->dev < 0)
		return;
	queue_remove(self->dev, self->id);
	if (self->fd >= 0)
		close(self->fd);
	/* what a test has made it has removed */
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == 0))
		TH_LOG("%llu queues are left", stats_of(self->dev).msg_queues);
	EXPECT_EQ(0, queue_info(self->dev).used_ids);
	close(self->dev);
	EXPECT_TRUE(EVENTUALLY(umount(QUEUE_MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

/* Close the fixture's descriptor before the end. */
static inline void queue_close(struct _test_data_queue *self)
{
	close(self->fd);
	self->fd = -1;
}

#endif /* KIPC_MSG_KIPC_FIXTURE_H */
