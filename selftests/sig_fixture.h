/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of signal queues, and the fixture of their tests: an instance of the test's own,
 * and in it a queue with an id but without a key, and a descriptor to send by. Subscribers
 * are made by the tests.
 */
#ifndef KIPC_SIG_FIXTURE_H
#define KIPC_SIG_FIXTURE_H

#include "mounts.h"
#include "race.h"

#include <sys/signalfd.h>

#define QUEUE_MOUNT	MOUNTS "/instance"
#define SELF		KIPC_ID_SELF
#define GROUP		KIPC_SIG_GROUP
#define NOWAIT		KIPC_SIG_NOWAIT
#define RELATIVE	KIPC_SIG_RELATIVE

/* What a new instance allows. */
#define SIGQMAX		1024

/* The set of one signal, of the standard ones, and of all. */
#define BIT_OF(signo)	(1ULL << ((signo) - 1))
#define STANDARD	(BIT_OF(KIPC_SIG_RTMIN) - 1)
#define ALL		(~0ULL)

/* --- calls, on a node or a descriptor @fd */

static inline int sigq_get(int fd, int key, unsigned int flags, unsigned int mode)
{
	struct kipc_sig_get arg = { .key = key, .flags = flags, .mode = mode, .id = -7 };

	return ioctl(fd, KIPC_IOC_SIG_GET, &arg) ? -1 : arg.id;
}

static inline int sigq_new(int fd)
{
	return sigq_get(fd, KIPC_KEY_PRIVATE, 0, 0600);
}

static inline int sigq_create(int fd, unsigned int flags)
{
	struct kipc_sig_create arg = { .flags = flags, .mode = 0600, .fd = -7 };

	return ioctl(fd, KIPC_IOC_SIG_CREATE, &arg) ? -1 : arg.fd;
}

static inline int sigq_open(int fd, int id, unsigned int flags)
{
	struct kipc_sig_open arg = { .id = id, .flags = flags, .fd = -7 };

	return ioctl(fd, KIPC_IOC_SIG_OPEN, &arg) ? -1 : arg.fd;
}

/* The subscriber's number goes to *@number if that is wanted; ~0 if it fails. */
static inline int sigq_subscribe(int fd, int id, unsigned int flags, __u64 blocked, __u32 *number)
{
	struct kipc_sig_subscribe arg = {
		.id = id, .flags = flags, .blocked = blocked, .fd = -7,
	};
	int ret = ioctl(fd, KIPC_IOC_SIG_SUBSCRIBE, &arg);

	if (number)
		*number = ret ? ~0U : arg.number;
	return ret ? -1 : arg.fd;
}

static inline int sigq_send(int fd, int id, __u32 to, int signo, int code, __u64 value)
{
	struct kipc_sig_send arg = {
		.id = id, .to = to, .signo = signo, .code = code, .value = value,
	};

	return ioctl(fd, KIPC_IOC_SIG_SEND, &arg);
}

/* As sigqueue(), on a descriptor of the queue or of a subscriber. */
static inline int sigq_put(int fd, __u32 to, int signo, __u64 value)
{
	return sigq_send(fd, SELF, to, signo, SI_QUEUE, value);
}

/* Poison if it fails. */
static inline struct kipc_sig_stat sigq_stat(int fd, int id)
{
	struct kipc_sig_stat stat;

	memset(&stat, POISON, sizeof(stat));
	stat.perm.id = id;
	stat.flags = 0;
	if (ioctl(fd, KIPC_IOC_SIG_STAT, &stat))
		memset(&stat, POISON, sizeof(stat));
	return stat;
}

static inline bool sigq_exists(int fd, int id)
{
	struct kipc_sig_stat stat = { .perm.id = id };

	return !ioctl(fd, KIPC_IOC_SIG_STAT, &stat);
}

static inline int sigq_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode, __u64 limit)
{
	struct kipc_sig_set arg = {
		.set = { .id = id, .uid = uid, .gid = gid, .mode = mode }, .limit = limit,
	};

	return ioctl(fd, KIPC_IOC_SIG_SET, &arg);
}

/* For a queue of root's. */
static inline int sigq_resize(int fd, int id, __u64 limit)
{
	return sigq_set(fd, id, 0, 0, 0600, limit);
}

static inline int sigq_remove(int fd, int id)
{
	struct kipc_remove arg = { .id = id };

	return ioctl(fd, KIPC_IOC_SIG_REMOVE, &arg);
}

static inline struct kipc_sig_info sigq_info(int fd)
{
	struct kipc_sig_info info;

	memset(&info, POISON, sizeof(info));
	info.flags = KIPC_SIG_INFO_USAGE;
	if (ioctl(fd, KIPC_IOC_SIG_INFO, &info))
		memset(&info, POISON, sizeof(info));
	return info;
}

static inline int sigq_limit_set(const char *name, long long value)
{
	char path[128], buf[32];

	snprintf(path, sizeof(path), QUEUE_MOUNT "/limits/%s", name);
	snprintf(buf, sizeof(buf), "%lld", value);
	return file_write(path, buf);
}

/* --- calls on the descriptor of a subscriber */

/* The number of the signal, or -1; the rest goes to *@got if that is wanted. */
static inline int sub_wait(int fd, __u64 set, unsigned int flags, __u64 timeout,
			   struct kipc_sig_wait *got)
{
	struct kipc_sig_wait arg = { .set = set, .timeout = timeout, .flags = flags };
	int ret = ioctl(fd, KIPC_IOC_SIG_WAIT, &arg);

	if (got)
		*got = arg;
	return ret ? -1 : arg.signo;
}

/* Take one of the set that is there, blocked or not. */
static inline int sub_take_info(int fd, __u64 set, struct kipc_sig_wait *got)
{
	return sub_wait(fd, set, NOWAIT, KIPC_TIMEOUT_NONE, got);
}

static inline int sub_take(int fd, __u64 set)
{
	return sub_take_info(fd, set, NULL);
}

/* Records that were read, or -1. */
static inline int sub_read(int fd, struct signalfd_siginfo *infos, int nr)
{
	ssize_t n = read(fd, infos, nr * sizeof(*infos));

	return n < 0 ? -1 : n % sizeof(*infos) ? -2 : (int)(n / sizeof(*infos));
}

/* The number of the next signal that can be read, or -1. */
static inline int sub_read_one(int fd)
{
	struct signalfd_siginfo info;
	int n = sub_read(fd, &info, 1);

	return n == 1 ? (int)info.ssi_signo : n < 0 ? n : -3;
}

/* What was blocked before, or ~0 with errno if it fails. */
static inline __u64 sub_mask(int fd, unsigned int how, __u64 set)
{
	struct kipc_sig_mask arg = { .how = how, .set = set };

	errno = 0;
	return ioctl(fd, KIPC_IOC_SIG_MASK, &arg) ? ALL : arg.set;
}

static inline int sub_action(int fd, unsigned int action, __u64 set)
{
	struct kipc_sig_action arg = { .action = action, .set = set };

	return ioctl(fd, KIPC_IOC_SIG_ACTION, &arg);
}

/* Poison if it fails. */
static inline struct kipc_sig_pending sub_pending(int fd)
{
	struct kipc_sig_pending arg;

	memset(&arg, POISON, sizeof(arg));
	if (ioctl(fd, KIPC_IOC_SIG_PENDING, &arg))
		memset(&arg, POISON, sizeof(arg));
	return arg;
}

/* Whether these signals wait for it alone, and these for any. */
static inline bool sub_awaits(int fd, __u64 own, __u64 shared)
{
	struct kipc_sig_pending now = sub_pending(fd);

	if (now.own != own || now.shared != shared)
		printf("# own %#llx, shared %#llx\n", now.own, now.shared);
	return now.own == own && now.shared == shared;
}

/* One that blocks nothing; read() does not wait. */
static inline int sub_new(int fd, int id, __u32 *number)
{
	return sigq_subscribe(fd, id, KIPC_SIG_NONBLOCK | KIPC_SIG_CLOEXEC, 0, number);
}

/* --- what tests ask all the time */

/* Take all, whatever they are; how many that were, or -1. */
static inline int sub_drain(int fd)
{
	int n = 0;

	while (sub_take(fd, ALL) > 0)
		n++;
	return errno == EAGAIN ? n : -1;
}

/* Whether every signal that was accepted is accounted for, in one look. */
static inline bool sigq_adds_up(int fd, int id)
{
	struct kipc_sig_stat s = sigq_stat(fd, id);
	unsigned long long sum = s.taken + s.delivered + s.merged + s.ignored + s.dropped +
				 s.queued;

	if (s.sent != sum)
		printf("# %llu sent: %llu + %llu + %llu + %llu + %llu, %llu queued\n",
		       s.sent, s.taken, s.delivered, s.merged, s.ignored, s.dropped, s.queued);
	return s.sent == sum;
}

/* --- sleepers: children that exit with TOOK() and the signal, or with the errno value */

#define TOOK(signo)	(64 + (signo))

static inline pid_t sub_waiter(int fd, __u64 set)
{
	pid_t pid = child_fork();
	int signo;

	if (!pid) {
		signo = sub_wait(fd, set, 0, KIPC_TIMEOUT_NONE, NULL);
		_exit(signo > 0 ? TOOK(signo) : errno);
	}
	return asleep_in(pid, SYS_ioctl);
}

/* Likewise in read(2), which must wait on this descriptor. */
static inline pid_t sub_reader(int fd)
{
	pid_t pid = child_fork();
	int signo;

	if (!pid) {
		signo = sub_read_one(fd);
		_exit(signo > 0 ? TOOK(signo) : errno);
	}
	return asleep_in(pid, SYS_read);
}

/* --- the instance */

/* A new mount of kipcfs that nobody else sees; its control node, or -1. */
static inline int sigq_instance(void)
{
	if (mounts_private() || kipcfs_mount(QUEUE_MOUNT, NULL))
		return -1;
	return open_in(QUEUE_MOUNT, "control", O_RDWR);
}

FIXTURE(sigq)
{
	/* the control node, the queue, a descriptor of it */
	int dev;
	int id;
	int fd;
	long long objects;
	long long user_signals;
};

FIXTURE_SETUP(sigq)
{
	umask(022);
	self->objects = param_get("objects");
	self->user_signals = param_get("sig_user_signals");
	ASSERT_LE(0, self->user_signals);
	self->dev = sigq_instance();
	ASSERT_LE(0, self->dev)
		TH_LOG(QUEUE_MOUNT ": %s", strerror(errno));
	self->id = sigq_new(self->dev);
	ASSERT_LE(0, self->id);
	self->fd = sigq_open(self->dev, self->id, KIPC_SIG_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(sigq)
{
	children_reap();
	EXPECT_EQ(0, param_set("sig_user_signals", self->user_signals));
	if (self->dev < 0)
		return;
	/* nothing was lost without being counted */
	EXPECT_TRUE(!sigq_exists(self->dev, self->id) || sigq_adds_up(self->dev, self->id));
	sigq_remove(self->dev, self->id);
	if (self->fd >= 0)
		close(self->fd);
	/* what a test has made it has removed */
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sig_queues == 0))
		TH_LOG("%llu queues are left", stats_of(self->dev).sig_queues);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_signals == 0))
		TH_LOG("%llu signals are charged", stats_of(self->dev).user_signals);
	EXPECT_EQ(0, sigq_info(self->dev).used_ids);
	close(self->dev);
	EXPECT_TRUE(EVENTUALLY(umount(QUEUE_MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

#endif /* KIPC_SIG_FIXTURE_H */
