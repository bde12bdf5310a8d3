/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of System V message queues: the kernel's own, and kipc's on the node of an
 * instance. msg->get(), msg->send(), msg->receive() and msg->ctl() have the arguments and
 * results of msgget(), msgsnd(), msgrcv() and msgctl(). Only kipc's have timeouts.
 *
 * Below them is a function for each command, and what tests ask all the time.
 */
#ifndef KIPC_MSG_OPS_H
#define KIPC_MSG_OPS_H

#include "mounts.h"

#include <sys/ipc.h>
#include <sys/msg.h>

#define MSG_MOUNT	MOUNTS "/instance"

/* The defaults of the limits. */
#define MSGMAX		8192
#define MSGMNB		16384

/* What msgsnd() sends: the type and as many bytes as the call says. */
struct message {
	long type;
	union {
		int tag;
		char text[MSGMAX];
	};
};

struct msg_ops {
	const char *table;
	const char *limits;
	/* how many bits of an id are the index */
	int index_bits;
	/* the system calls that send() and receive() sleep in */
	long send_nr;
	long receive_nr;
	int (*get)(key_t key, int flags);
	int (*send)(int id, const void *buf, size_t size, int flags);
	ssize_t (*receive)(int id, void *buf, size_t size, long type, int flags);
	int (*ctl)(int id, int cmd, void *buf);
};

/* The implementation under test. */
static const struct msg_ops *msg;
/* Where kipc's calls go. */
static int msg_dev = -1;

/* --- the kernel's */

static inline int native_msg_send(int id, const void *buf, size_t size, int flags)
{
	return syscall(SYS_msgsnd, id, buf, size, flags);
}

static inline ssize_t native_msg_receive(int id, void *buf, size_t size, long type, int flags)
{
	return syscall(SYS_msgrcv, id, buf, size, type, flags);
}

static inline int native_msg_ctl(int id, int cmd, void *buf)
{
	return msgctl(id, cmd, buf);
}

static const struct msg_ops msg_native = {
	.table = "/proc/sysvipc/msg",
	.limits = "/proc/sys/kernel/",
	.index_bits = 15,
	.send_nr = SYS_msgsnd,
	.receive_nr = SYS_msgrcv,
	.get = msgget,
	.send = native_msg_send,
	.receive = native_msg_receive,
	.ctl = native_msg_ctl,
};

/* --- kipc's, on a node or descriptor @fd */

/* One more flag for get(), nothing of the C library's. */
#define MSG_GET_AUTOREMOVE 0x20000000

static inline int kipc_msg_get(key_t key, int flags)
{
	struct kipc_msg_get arg = { .key = key, .mode = flags & 0777, .id = -7 };

	arg.flags = (flags & IPC_CREAT ? KIPC_GET_CREAT : 0) |
		    (flags & IPC_EXCL ? KIPC_GET_EXCL : 0) |
		    (flags & MSG_GET_AUTOREMOVE ? KIPC_GET_AUTOREMOVE : 0);
	return ioctl(msg_dev, KIPC_IOC_MSG_GET, &arg) ? -1 : arg.id;
}

/* KIPC_MSG_* for the flags of msgsnd() and msgrcv(). */
static inline unsigned int kipc_msg_flags(int flags)
{
	return (flags & IPC_NOWAIT ? KIPC_MSG_NOWAIT : 0) |
	       (flags & MSG_NOERROR ? KIPC_MSG_NOERROR : 0) |
	       (flags & MSG_EXCEPT ? KIPC_MSG_EXCEPT : 0) |
	       (flags & MSG_COPY ? KIPC_MSG_COPY : 0);
}

/* @flags and @timeout are arguments of KIPC_IOC_MSG_SEND here. */
static inline int msg_send_on(int fd, int id, long type, const void *text, size_t size,
			      unsigned int flags, __u64 timeout)
{
	struct kipc_msg_send arg = {
		.id = id, .flags = flags, .type = type, .addr = (unsigned long)text,
		.size = size, .timeout = timeout,
	};

	return ioctl(fd, KIPC_IOC_MSG_SEND, &arg);
}

/* The number of bytes, and *@type; likewise. */
static inline ssize_t msg_receive_on(int fd, int id, long *type, void *text, size_t size,
				     unsigned int flags, __u64 timeout)
{
	struct kipc_msg_receive arg = {
		.id = id, .flags = flags, .type = *type, .addr = (unsigned long)text,
		.size = size, .timeout = timeout,
	};

	if (ioctl(fd, KIPC_IOC_MSG_RECEIVE, &arg))
		return -1;
	*type = arg.type;
	return arg.size;
}

static inline int msg_stat_on(int fd, int id, unsigned int flags, struct kipc_msg_stat *arg)
{
	memset(arg, POISON, sizeof(*arg));
	arg->perm.id = id;
	arg->flags = flags;
	return ioctl(fd, KIPC_IOC_MSG_STAT, arg);
}

static inline int msg_set_on(int fd, int id, uid_t uid, gid_t gid, unsigned int mode,
			     __u64 qbytes)
{
	struct kipc_msg_set arg = {
		.set = { .id = id, .uid = uid, .gid = gid, .mode = mode }, .qbytes = qbytes,
	};

	return ioctl(fd, KIPC_IOC_MSG_SET, &arg);
}

static inline int msg_remove_on(int fd, int id)
{
	struct kipc_remove arg = { .id = id };

	return ioctl(fd, KIPC_IOC_MSG_REMOVE, &arg);
}

static inline int msg_info_on(int fd, unsigned int flags, struct kipc_msg_info *arg)
{
	memset(arg, POISON, sizeof(*arg));
	arg->flags = flags;
	return ioctl(fd, KIPC_IOC_MSG_INFO, arg);
}

/* A descriptor, of the queue @id or of a new one. */
static inline int msg_open_on(int fd, int id, unsigned int flags)
{
	struct kipc_msg_open arg = { .id = id, .flags = flags, .fd = -7 };

	return ioctl(fd, KIPC_IOC_MSG_OPEN, &arg) ? -1 : arg.fd;
}

static inline int msg_create_on(int fd, unsigned int mode, unsigned int flags)
{
	struct kipc_msg_create arg = { .mode = mode, .flags = flags, .fd = -7 };

	return ioctl(fd, KIPC_IOC_MSG_CREATE, &arg) ? -1 : arg.fd;
}

static inline int msg_ds_on(int fd, int id, unsigned int flags, struct msqid_ds *ds)
{
	struct kipc_msg_stat arg;

	if (!ds)
		return ioctl(fd, KIPC_IOC_MSG_STAT, nowhere());
	if (msg_stat_on(fd, id, flags, &arg))
		return -1;
	memset(ds, 0, sizeof(*ds));
	ds->msg_perm.__key = arg.perm.key;
	ds->msg_perm.uid = arg.perm.uid;
	ds->msg_perm.gid = arg.perm.gid;
	ds->msg_perm.cuid = arg.perm.cuid;
	ds->msg_perm.cgid = arg.perm.cgid;
	ds->msg_perm.mode = arg.perm.mode;
	ds->msg_perm.__seq = arg.perm.seq;
	ds->msg_stime = arg.stime;
	ds->msg_rtime = arg.rtime;
	ds->msg_ctime = arg.ctime;
	ds->msg_cbytes = arg.cbytes;
	ds->msg_qnum = arg.qnum;
	ds->msg_qbytes = arg.qbytes;
	ds->msg_lspid = arg.lspid;
	ds->msg_lrpid = arg.lrpid;
	return flags ? arg.perm.id : 0;
}

static inline int msg_info_as(int fd, int cmd, struct msginfo *info)
{
	struct kipc_msg_info arg;

	if (msg_info_on(fd, cmd == MSG_INFO ? KIPC_MSG_INFO_USAGE : 0, &arg))
		return -1;
	memset(info, 0, sizeof(*info));
	info->msgmax = arg.msgmax;
	info->msgmnb = arg.msgmnb;
	info->msgmni = arg.msgmni;
	if (cmd == MSG_INFO) {
		info->msgpool = arg.used_ids;
		info->msgmap = arg.messages;
		info->msgtql = arg.bytes;
	}
	return arg.max_index < 0 ? 0 : arg.max_index;
}

static inline int kipc_msg_send(int id, const void *buf, size_t size, int flags)
{
	const struct message *m = buf;

	/* the type is no part of the memory: there is none to read at an address like this */
	return msg_send_on(msg_dev, id, buf == nowhere() ? 1 : m->type, m->text, size,
			   kipc_msg_flags(flags), KIPC_TIMEOUT_NONE);
}

static inline ssize_t kipc_msg_receive(int id, void *buf, size_t size, long type, int flags)
{
	struct message *m = buf;
	ssize_t n = msg_receive_on(msg_dev, id, &type, m->text, size, kipc_msg_flags(flags),
				   KIPC_TIMEOUT_NONE);

	if (n >= 0)
		m->type = type;
	return n;
}

static inline int kipc_msg_ctl(int id, int cmd, void *buf)
{
	struct msqid_ds *ds = buf;

	switch (cmd) {
	case IPC_STAT:
		return msg_ds_on(msg_dev, id, 0, ds);
	case MSG_STAT:
		return msg_ds_on(msg_dev, id, KIPC_STAT_INDEX, ds);
	case MSG_STAT_ANY:
		return msg_ds_on(msg_dev, id, KIPC_STAT_INDEX | KIPC_STAT_ANY, ds);
	case IPC_INFO:
	case MSG_INFO:
		return msg_info_as(msg_dev, cmd, buf);
	case IPC_SET:
		if (!ds)
			return ioctl(msg_dev, KIPC_IOC_MSG_SET, nowhere());
		return msg_set_on(msg_dev, id, ds->msg_perm.uid, ds->msg_perm.gid,
				  ds->msg_perm.mode, ds->msg_qbytes);
	case IPC_RMID:
		return msg_remove_on(msg_dev, id);
	}
	errno = EINVAL;
	return -1;
}

static const struct msg_ops msg_kipc = {
	.table = MSG_MOUNT "/sysvipc/msg",
	.limits = MSG_MOUNT "/limits/",
	.index_bits = 20,
	.send_nr = SYS_ioctl,
	.receive_nr = SYS_ioctl,
#ifdef KIPC_SHIM
	/* libkipc-preload.so makes them kipc's */
	.get = msgget,
	.send = msgsnd,
	.receive = msgrcv,
	.ctl = native_msg_ctl,
#else
	.get = kipc_msg_get,
	.send = kipc_msg_send,
	.receive = kipc_msg_receive,
	.ctl = kipc_msg_ctl,
#endif
};

/* --- a function for each command */

static inline int msg_stat(int id, struct msqid_ds *ds)
{
	return msg->ctl(id, IPC_STAT, ds);
}

/* With an index in place of an id. */
static inline int msg_stat_index(int index, struct msqid_ds *ds)
{
	return msg->ctl(index, MSG_STAT, ds);
}

static inline int msg_stat_any(int index, struct msqid_ds *ds)
{
	return msg->ctl(index, MSG_STAT_ANY, ds);
}

static inline int msg_index(int id)
{
	return id & ((1 << msg->index_bits) - 1);
}

static inline int msg_set(int id, uid_t uid, gid_t gid, unsigned int mode, size_t qbytes)
{
	struct msqid_ds ds = {
		.msg_perm = { .uid = uid, .gid = gid, .mode = mode }, .msg_qbytes = qbytes,
	};

	return msg->ctl(id, IPC_SET, &ds);
}

static inline int msg_rmid(int id)
{
	return msg->ctl(id, IPC_RMID, NULL);
}

/* @cmd is IPC_INFO for the limits, MSG_INFO for what is used, too. */
static inline int msg_info(int cmd, struct msginfo *info)
{
	memset(info, POISON, sizeof(*info));
	return msg->ctl(0, cmd, info);
}

/* --- messages; those that tests tell apart have a number as their text, the tag */

/* Send @size bytes of the pattern, from the offset that the type says. */
static inline int msg_send(int id, long type, size_t size, int flags)
{
	struct message m;

	m.type = type;
	pattern(m.text, size, type);
	return msg->send(id, &m, size, flags);
}

/* Without waiting: whether there was one of exactly @size bytes that msg_send() sent. */
static inline bool msg_arrives(int id, long type, size_t size)
{
	struct message m;

	return msg->receive(id, &m, sizeof(m.text), type, IPC_NOWAIT) == (ssize_t)size &&
	       is_pattern(m.text, size, m.type);
}

static inline int msg_send_tag(int id, long type, int tag, int flags)
{
	struct message m;

	m.type = type;
	m.tag = tag;
	return msg->send(id, &m, sizeof(m.tag), flags);
}

/* The tag of the message that is received, or -1. */
static inline int msg_receive_tag(int id, long type, int flags)
{
	struct message m;

	m.tag = -2;
	return msg->receive(id, &m, sizeof(m.tag), type, flags) == sizeof(m.tag) ? m.tag : -1;
}

/* Both without waiting. */
static inline int msg_put(int id, long type, int tag)
{
	return msg_send_tag(id, type, tag, IPC_NOWAIT);
}

static inline int msg_take(int id, long type)
{
	return msg_receive_tag(id, type, IPC_NOWAIT);
}

/* The tag of the message at this place of the queue, which stays. */
static inline int msg_peek(int id, int place)
{
	return msg_receive_tag(id, place, IPC_NOWAIT | MSG_COPY);
}

static inline bool msg_tags_are(int id, const int *want, int n)
{
	int i, tag;

	for (i = 0; i <= n; i++) {
		tag = msg_peek(id, i);
		if (tag == (i < n ? want[i] : -1))
			continue;
		printf("# the message at %d has the tag %d, not %d\n", i, tag,
		       i < n ? want[i] : -1);
		return false;
	}
	return errno == ENOMSG;
}

/* Whether these are the tags of all messages, in this order: MSG_TAGS(id, 1, 2, 3). */
#define MSG_TAGS(id, ...) ({ \
	const int want__[] = { __VA_ARGS__ }; \
	msg_tags_are(id, want__, sizeof(want__) / sizeof(want__[0])); \
})

/* Whether the task sleeps in send() or receive(). */
static inline bool msg_is_asleep(pid_t tid)
{
	return task_is_blocked(tid, msg->send_nr) || task_is_blocked(tid, msg->receive_nr);
}

/*
 * Children that make one call and exit with 0 or what errno was, those that receive with
 * GOT(tag) if they get one. Waited for until they sleep, so that one that is made later
 * sleeps later; -1 if it does not sleep.
 */
#define GOT(tag) (200 + (tag))

static inline pid_t msg_sleeper(pid_t pid)
{
	return pid > 0 && EVENTUALLY(msg_is_asleep(pid)) ? pid : -1;
}

static inline pid_t msg_receiver(int id, long type, int flags)
{
	pid_t pid = child_fork();
	int tag;

	if (!pid) {
		tag = msg_receive_tag(id, type, flags);
		_exit(tag < 0 ? errno : GOT(tag));
	}
	return msg_sleeper(pid);
}

static inline pid_t msg_sender(int id, long type, int tag)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(msg_send_tag(id, type, tag, 0) ? errno : 0);
	return msg_sleeper(pid);
}

/* One that sends @size bytes. */
static inline pid_t msg_big_sender(int id, long type, size_t size)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(msg_send(id, type, size, 0) ? errno : 0);
	return msg_sleeper(pid);
}

/* --- what the tests ask all the time */

/* A new queue without a key, for its owner. */
static inline int msg_new(void)
{
	return msg->get(IPC_PRIVATE, IPC_CREAT | 0600);
}

/* Poison if there is no such queue. */
static inline struct msqid_ds msg_ds(int id)
{
	struct msqid_ds ds;

	memset(&ds, POISON, sizeof(ds));
	msg_stat(id, &ds);
	return ds;
}

/* How many bytes, and messages, it may hold; nothing else changes but the time. */
static inline int msg_set_qbytes(int id, size_t qbytes)
{
	struct msqid_ds ds = msg_ds(id);

	return msg_set(id, ds.msg_perm.uid, ds.msg_perm.gid, ds.msg_perm.mode, qbytes);
}

/* A new queue for so many bytes. */
static inline int msg_new_of(size_t qbytes)
{
	int id = msg_new();

	return msg_set_qbytes(id, qbytes) ? -1 : id;
}

/* Every member, but no padding. */
static inline bool msg_ds_same(const struct msqid_ds *a, const struct msqid_ds *b)
{
	const struct ipc_perm *p = &a->msg_perm, *q = &b->msg_perm;

	return p->__key == q->__key && p->uid == q->uid && p->gid == q->gid &&
	       p->cuid == q->cuid && p->cgid == q->cgid && p->mode == q->mode &&
	       p->__seq == q->__seq && a->msg_stime == b->msg_stime &&
	       a->msg_rtime == b->msg_rtime && a->msg_ctime == b->msg_ctime &&
	       a->msg_cbytes == b->msg_cbytes && a->msg_qnum == b->msg_qnum &&
	       a->msg_qbytes == b->msg_qbytes && a->msg_lspid == b->msg_lspid &&
	       a->msg_lrpid == b->msg_lrpid;
}

static inline bool msg_unchanged(int id, const struct msqid_ds *before)
{
	struct msqid_ds now = msg_ds(id);

	return msg_ds_same(&now, before);
}

/* Ids that no queue has if there is only the one. */
#define MSG_BAD_IDS 6

static inline void msg_bad_ids(int id, int bad[MSG_BAD_IDS])
{
	bad[0] = -1;
	bad[1] = INT_MIN;
	bad[2] = id + 1;
	/* the right index of another sequence */
	bad[3] = id + (1 << msg->index_bits);
	bad[4] = INT_MAX;
	bad[5] = id | INT_MIN;
}

static inline bool msg_exists(int id)
{
	struct msqid_ds ds;

	return !msg_stat(id, &ds);
}

/* How many messages there are in the queue, and how many bytes. */
static inline long msg_qnum(int id)
{
	return msg_ds(id).msg_qnum;
}

static inline long msg_cbytes(int id)
{
	return msg_ds(id).msg_cbytes;
}

/* How many queues there are, and how many messages and bytes in all of them. */
static inline int msg_used(void)
{
	struct msginfo info;

	return msg_info(MSG_INFO, &info) < 0 ? -1 : info.msgpool;
}

static inline int msg_total(void)
{
	struct msginfo info;

	return msg_info(MSG_INFO, &info) < 0 ? -1 : info.msgmap;
}

static inline int msg_total_bytes(void)
{
	struct msginfo info;

	return msg_info(MSG_INFO, &info) < 0 ? -1 : info.msgtql;
}

static inline int msg_limit_set(const char *name, long long value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "%s%s", msg->limits, name);
	snprintf(text, sizeof(text), "%lld", value);
	return file_write(path, text);
}

static inline long long msg_limit_get(const char *name)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "%s%s", msg->limits, name);
	return file_read(path, text, sizeof(text)) > 0 ? strtoll(text, NULL, 10) : -7;
}

/* Another queue with the id of one that was removed. */
static inline int msg_same_again(int id)
{
	return msg_limit_set("msg_next_id", id) ? -1 : msg_new();
}

/* A new mount of kipcfs that nobody else sees; its control node, or -1. */
static inline int msg_instance(void)
{
	if (mounts_private() || kipcfs_mount(MSG_MOUNT, NULL))
		return -1;
	return open_in(MSG_MOUNT, "control", O_RDWR);
}

#endif /* KIPC_MSG_OPS_H */
