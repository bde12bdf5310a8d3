/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every call that takes a structure: where it is served, an argument with which it
 * succeeds, how to undo that, and what a call that fails must not change. Also for 32-bit
 * programs.
 */
#ifndef KIPC_IOCTL_CALLS_H
#define KIPC_IOCTL_CALLS_H

#include "kipc_fixture.h"

#include <stddef.h>
#include <sys/mman.h>

struct call {
	const char *name;
	unsigned int cmd;
	unsigned int targets;
	int flags_at;
	unsigned int flags;
	int reserved_at;
};

#define NO_MEMBER	(-1)
#define ON_ALL		(KIPC_ON_INSTANCE | KIPC_ON_PIPE | KIPC_ON_SHM | KIPC_ON_SEM | \
			 KIPC_ON_MSG | KIPC_ON_SIG | KIPC_ON_SUBSCRIBER)
#define ON_BOTH		(KIPC_ON_INSTANCE | KIPC_ON_SHM)
#define ON_SETS		(KIPC_ON_INSTANCE | KIPC_ON_SEM)
#define ON_QUEUES	(KIPC_ON_INSTANCE | KIPC_ON_MSG)
#define ON_SIGNALS	(KIPC_ON_INSTANCE | KIPC_ON_SIG | KIPC_ON_SUBSCRIBER)

static const struct call calls[] = {
	{
		"QUERY", KIPC_IOC_QUERY, ON_ALL, NO_MEMBER, 0,
		offsetof(struct kipc_query, reserved),
	}, {
		"STATS", KIPC_IOC_STATS, KIPC_ON_INSTANCE, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"PIPE_CREATE", KIPC_IOC_PIPE_CREATE, KIPC_ON_INSTANCE,
		offsetof(struct kipc_pipe_create, flags),
		KIPC_PIPE_CLOEXEC | KIPC_PIPE_NONBLOCK | KIPC_PIPE_PACKET,
		offsetof(struct kipc_pipe_create, reserved),
	}, {
		"PIPE_GET_SIZE", KIPC_IOC_PIPE_GET_SIZE, KIPC_ON_PIPE, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"PIPE_SET_SIZE", KIPC_IOC_PIPE_SET_SIZE, KIPC_ON_PIPE, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"PIPE_SPLICE", KIPC_IOC_PIPE_SPLICE, KIPC_ON_PIPE,
		offsetof(struct kipc_pipe_splice, flags),
		KIPC_SPLICE_TO_PIPE | KIPC_SPLICE_FROM_PIPE | KIPC_SPLICE_NONBLOCK |
		KIPC_SPLICE_OFFSET, NO_MEMBER,
	}, {
		"PIPE_TEE", KIPC_IOC_PIPE_TEE, KIPC_ON_PIPE,
		offsetof(struct kipc_pipe_splice, flags), KIPC_SPLICE_NONBLOCK, NO_MEMBER,
	}, {
		"PIPE_STAT", KIPC_IOC_PIPE_STAT, KIPC_ON_PIPE, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SHM_GET", KIPC_IOC_SHM_GET, KIPC_ON_INSTANCE,
		offsetof(struct kipc_shm_get, flags),
		KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE | KIPC_SHM_NORESERVE |
		KIPC_SHM_HUGE | KIPC_SHM_NO_HUGE, offsetof(struct kipc_shm_get, reserved),
	}, {
		"SHM_CREATE", KIPC_IOC_SHM_CREATE, KIPC_ON_INSTANCE,
		offsetof(struct kipc_shm_create, flags),
		KIPC_SHM_CLOEXEC | KIPC_SHM_NORESERVE | KIPC_SHM_HUGE | KIPC_SHM_NO_HUGE,
		NO_MEMBER,
	}, {
		"SHM_OPEN", KIPC_IOC_SHM_OPEN, ON_BOTH, offsetof(struct kipc_shm_open, flags),
		KIPC_SHM_CLOEXEC | KIPC_SHM_RDONLY, offsetof(struct kipc_shm_open, reserved),
	}, {
		"SHM_ATTACH", KIPC_IOC_SHM_ATTACH, ON_BOTH, offsetof(struct kipc_shm_attach, flags),
		KIPC_SHM_RDONLY | KIPC_SHM_RND | KIPC_SHM_REMAP | KIPC_SHM_EXEC, NO_MEMBER,
	}, {
		"SHM_DETACH", KIPC_IOC_SHM_DETACH, ON_BOTH, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SHM_STAT", KIPC_IOC_SHM_STAT, ON_BOTH, offsetof(struct kipc_shm_stat, flags),
		KIPC_STAT_INDEX | KIPC_STAT_ANY, NO_MEMBER,
	}, {
		"SHM_SET", KIPC_IOC_SHM_SET, ON_BOTH, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SHM_REMOVE", KIPC_IOC_SHM_REMOVE, ON_BOTH, NO_MEMBER, 0,
		offsetof(struct kipc_remove, reserved),
	}, {
		"SHM_LOCK", KIPC_IOC_SHM_LOCK, ON_BOTH, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SHM_INFO", KIPC_IOC_SHM_INFO, KIPC_ON_INSTANCE,
		offsetof(struct kipc_shm_info, flags), KIPC_SHM_INFO_USAGE, NO_MEMBER,
	}, {
		"SEM_GET", KIPC_IOC_SEM_GET, KIPC_ON_INSTANCE,
		offsetof(struct kipc_sem_get, flags),
		KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE | KIPC_SEM_ROBUST,
		offsetof(struct kipc_sem_get, reserved),
	}, {
		"SEM_CREATE", KIPC_IOC_SEM_CREATE, KIPC_ON_INSTANCE,
		offsetof(struct kipc_sem_create, flags), KIPC_SEM_CLOEXEC | KIPC_SEM_ROBUST,
		NO_MEMBER,
	}, {
		"SEM_OPEN", KIPC_IOC_SEM_OPEN, ON_SETS, offsetof(struct kipc_sem_open, flags),
		KIPC_SEM_CLOEXEC | KIPC_SEM_RDONLY, offsetof(struct kipc_sem_open, reserved),
	}, {
		"SEM_OP", KIPC_IOC_SEM_OP, ON_SETS, offsetof(struct kipc_sem_ops, flags),
		KIPC_SEM_RELATIVE, offsetof(struct kipc_sem_ops, reserved),
	}, {
		"SEM_GET_VALUE", KIPC_IOC_SEM_GET_VALUE, ON_SETS, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SEM_SET_VALUE", KIPC_IOC_SEM_SET_VALUE, ON_SETS, NO_MEMBER, 0,
		offsetof(struct kipc_sem_set_value, reserved),
	}, {
		"SEM_GET_ALL", KIPC_IOC_SEM_GET_ALL, ON_SETS, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SEM_SET_ALL", KIPC_IOC_SEM_SET_ALL, ON_SETS, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SEM_STAT", KIPC_IOC_SEM_STAT, ON_SETS, offsetof(struct kipc_sem_stat, flags),
		KIPC_STAT_INDEX | KIPC_STAT_ANY, NO_MEMBER,
	}, {
		"SEM_SET", KIPC_IOC_SEM_SET, ON_SETS, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SEM_REMOVE", KIPC_IOC_SEM_REMOVE, ON_SETS, NO_MEMBER, 0,
		offsetof(struct kipc_remove, reserved),
	}, {
		"SEM_INFO", KIPC_IOC_SEM_INFO, KIPC_ON_INSTANCE,
		offsetof(struct kipc_sem_info, flags), 0, NO_MEMBER,
	}, {
		"SEM_WATCH", KIPC_IOC_SEM_WATCH, KIPC_ON_SEM,
		offsetof(struct kipc_sem_watch, flags), 0, NO_MEMBER,
	}, {
		"MSG_GET", KIPC_IOC_MSG_GET, KIPC_ON_INSTANCE,
		offsetof(struct kipc_msg_get, flags),
		KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE, NO_MEMBER,
	}, {
		"MSG_CREATE", KIPC_IOC_MSG_CREATE, KIPC_ON_INSTANCE,
		offsetof(struct kipc_msg_create, flags),
		KIPC_MSG_TYPED | KIPC_MSG_NONBLOCK | KIPC_MSG_CLOEXEC,
		offsetof(struct kipc_msg_create, reserved),
	}, {
		"MSG_OPEN", KIPC_IOC_MSG_OPEN, ON_QUEUES, offsetof(struct kipc_msg_open, flags),
		KIPC_MSG_RDONLY | KIPC_MSG_WRONLY | KIPC_MSG_TYPED | KIPC_MSG_NONBLOCK |
		KIPC_MSG_CLOEXEC, offsetof(struct kipc_msg_open, reserved),
	}, {
		"MSG_SEND", KIPC_IOC_MSG_SEND, ON_QUEUES, offsetof(struct kipc_msg_send, flags),
		KIPC_MSG_NOWAIT | KIPC_MSG_RELATIVE, NO_MEMBER,
	}, {
		"MSG_RECEIVE", KIPC_IOC_MSG_RECEIVE, ON_QUEUES,
		offsetof(struct kipc_msg_receive, flags),
		KIPC_MSG_NOWAIT | KIPC_MSG_RELATIVE | KIPC_MSG_NOERROR | KIPC_MSG_EXCEPT |
		KIPC_MSG_COPY, NO_MEMBER,
	}, {
		"MSG_STAT", KIPC_IOC_MSG_STAT, ON_QUEUES, offsetof(struct kipc_msg_stat, flags),
		KIPC_STAT_INDEX | KIPC_STAT_ANY, NO_MEMBER,
	}, {
		"MSG_SET", KIPC_IOC_MSG_SET, ON_QUEUES, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"MSG_REMOVE", KIPC_IOC_MSG_REMOVE, ON_QUEUES, NO_MEMBER, 0,
		offsetof(struct kipc_remove, reserved),
	}, {
		"MSG_INFO", KIPC_IOC_MSG_INFO, KIPC_ON_INSTANCE,
		offsetof(struct kipc_msg_info, flags), KIPC_MSG_INFO_USAGE, NO_MEMBER,
	}, {
		"MSG_FILTER", KIPC_IOC_MSG_FILTER, KIPC_ON_MSG,
		offsetof(struct kipc_msg_filter, flags), KIPC_MSG_EXCEPT | KIPC_MSG_NOERROR,
		offsetof(struct kipc_msg_filter, reserved),
	}, {
		"MSG_NOTIFY", KIPC_IOC_MSG_NOTIFY, KIPC_ON_MSG, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SIG_GET", KIPC_IOC_SIG_GET, KIPC_ON_INSTANCE,
		offsetof(struct kipc_sig_get, flags),
		KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE, NO_MEMBER,
	}, {
		"SIG_CREATE", KIPC_IOC_SIG_CREATE, KIPC_ON_INSTANCE,
		offsetof(struct kipc_sig_create, flags), KIPC_SIG_CLOEXEC,
		offsetof(struct kipc_sig_create, reserved),
	}, {
		"SIG_OPEN", KIPC_IOC_SIG_OPEN, ON_SIGNALS, offsetof(struct kipc_sig_open, flags),
		KIPC_SIG_CLOEXEC, offsetof(struct kipc_sig_open, reserved),
	}, {
		"SIG_SUBSCRIBE", KIPC_IOC_SIG_SUBSCRIBE, ON_SIGNALS,
		offsetof(struct kipc_sig_subscribe, flags), KIPC_SIG_NONBLOCK | KIPC_SIG_CLOEXEC,
		NO_MEMBER,
	}, {
		"SIG_SEND", KIPC_IOC_SIG_SEND, ON_SIGNALS, offsetof(struct kipc_sig_send, flags),
		0, offsetof(struct kipc_sig_send, reserved),
	}, {
		"SIG_WAIT", KIPC_IOC_SIG_WAIT, KIPC_ON_SUBSCRIBER,
		offsetof(struct kipc_sig_wait, flags), KIPC_SIG_NOWAIT | KIPC_SIG_RELATIVE,
		NO_MEMBER,
	}, {
		"SIG_MASK", KIPC_IOC_SIG_MASK, KIPC_ON_SUBSCRIBER, NO_MEMBER, 0,
		offsetof(struct kipc_sig_mask, reserved),
	}, {
		"SIG_ACTION", KIPC_IOC_SIG_ACTION, KIPC_ON_SUBSCRIBER, NO_MEMBER, 0,
		offsetof(struct kipc_sig_action, reserved),
	}, {
		"SIG_PENDING", KIPC_IOC_SIG_PENDING, KIPC_ON_SUBSCRIBER, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SIG_STAT", KIPC_IOC_SIG_STAT, ON_SIGNALS, offsetof(struct kipc_sig_stat, flags),
		KIPC_STAT_INDEX | KIPC_STAT_ANY, NO_MEMBER,
	}, {
		"SIG_SET", KIPC_IOC_SIG_SET, ON_SIGNALS, NO_MEMBER, 0, NO_MEMBER,
	}, {
		"SIG_REMOVE", KIPC_IOC_SIG_REMOVE, ON_SIGNALS, NO_MEMBER, 0,
		offsetof(struct kipc_remove, reserved),
	}, {
		"SIG_INFO", KIPC_IOC_SIG_INFO, KIPC_ON_INSTANCE,
		offsetof(struct kipc_sig_info, flags), KIPC_SIG_INFO_USAGE, NO_MEMBER,
	},
};

/* This one takes a number in place of a structure. */
static const struct call call_of_a_value = {
	"SEM_OP_ONE", KIPC_IOC_SEM_OP_ONE, KIPC_ON_SEM, NO_MEMBER, 0, NO_MEMBER,
};

#define CALLS_MAX_SIZE	160
static const struct call *const calls_end = calls + ARRAY_SIZE(calls);

static inline void mark_known(bool *known)
{
	const struct call *call;

	for (call = calls; call < calls_end; call++)
		known[_IOC_NR(call->cmd)] = true;
	known[_IOC_NR(call_of_a_value.cmd)] = true;
}

static inline size_t arg_size(const struct call *call)
{
	return _IOC_SIZE(call->cmd);
}

/* What the first version had. */
static inline size_t arg_size_min(const struct call *call)
{
	return call->cmd == KIPC_IOC_STATS ? 56 : arg_size(call);
}

static inline unsigned int resized(const struct call *call, size_t size)
{
	return _IOC(_IOC_DIR(call->cmd), KIPC_IOC_TYPE, _IOC_NR(call->cmd), size);
}

/*
 * A segment for the calls that want one: its id, a descriptor, and where it is attached.
 * It goes with the test's process.
 */
static struct segment {
	int id;
	int fd;
	unsigned long long addr;
} seg = { .fd = -1 };

static inline unsigned long long segment_attach(int dev)
{
	struct kipc_shm_attach attach = { .id = seg.id };

	return ioctl(dev, KIPC_IOC_SHM_ATTACH, &attach) ? 0 : attach.addr;
}

static inline void segment_renew(int dev)
{
	struct kipc_shm_get get = {
		.size = 4096, .mode = 0600, .flags = KIPC_GET_AUTOREMOVE,
	};
	struct kipc_shm_open open = { .fd = -1 };
	struct kipc_remove remove;

	if (seg.fd >= 0) {
		remove = (struct kipc_remove) { .id = seg.id };
		ioctl(dev, KIPC_IOC_SHM_REMOVE, &remove);
		munmap((void *)(unsigned long)seg.addr, 4096);
		close(seg.fd);
	}
	ioctl(dev, KIPC_IOC_SHM_GET, &get);
	open.id = get.id;
	ioctl(dev, KIPC_IOC_SHM_OPEN, &open);
	seg.id = get.id;
	seg.fd = open.fd;
	seg.addr = segment_attach(dev);
}

/* Likewise a semaphore set, with what operations and values are read from. */
#define SET_NSEMS 2

static struct semaphores {
	int id;
	int fd;
} set = { .fd = -1 };

static struct kipc_sem_op set_ops[] = { { .num = 0, .op = 1 }, { .num = 1, .op = 0 } };
static __u16 set_values[SET_NSEMS];

static inline void set_renew(int dev)
{
	struct kipc_sem_get get = {
		.nsems = SET_NSEMS, .mode = 0600, .flags = KIPC_GET_AUTOREMOVE,
	};
	struct kipc_sem_open open = { .fd = -1 };
	struct kipc_remove remove;

	if (set.fd >= 0) {
		remove = (struct kipc_remove) { .id = set.id };
		ioctl(dev, KIPC_IOC_SEM_REMOVE, &remove);
		close(set.fd);
	}
	ioctl(dev, KIPC_IOC_SEM_GET, &get);
	open.id = get.id;
	ioctl(dev, KIPC_IOC_SEM_OPEN, &open);
	set.id = get.id;
	set.fd = open.fd;
}

/* Likewise a message queue, with what is sent and a place to receive. */
static struct queue {
	int id;
	int fd;
} queue = { .fd = -1 };

static const char queue_text[] = "hello";
static char queue_buf[16];

static inline void queue_renew(int dev)
{
	struct kipc_msg_get get = { .mode = 0600, .flags = KIPC_GET_AUTOREMOVE };
	struct kipc_msg_open open = { .fd = -1 };
	struct kipc_msg_send send = {
		.id = KIPC_ID_SELF, .type = 1, .addr = (unsigned long)queue_text, .size = 5,
		.timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_remove remove;

	if (queue.fd >= 0) {
		remove = (struct kipc_remove) { .id = queue.id };
		ioctl(dev, KIPC_IOC_MSG_REMOVE, &remove);
		close(queue.fd);
	}
	ioctl(dev, KIPC_IOC_MSG_GET, &get);
	open.id = get.id;
	ioctl(dev, KIPC_IOC_MSG_OPEN, &open);
	queue.id = get.id;
	queue.fd = open.fd;
	ioctl(queue.fd, KIPC_IOC_MSG_SEND, &send);
}

/* Likewise a signal queue with a subscriber, and signals that wait for it. */
static struct signals {
	int id;
	int fd;
	int sub;
} signals = { .fd = -1, .sub = -1 };

static inline void signals_renew(int dev)
{
	struct kipc_sig_get get = { .mode = 0600, .flags = KIPC_GET_AUTOREMOVE };
	struct kipc_sig_open open = { .fd = -1 };
	struct kipc_sig_subscribe subscribe = { .fd = -1 };
	struct kipc_sig_send send = { .id = KIPC_ID_SELF, .signo = KIPC_SIG_RTMIN };
	struct kipc_remove remove;

	if (signals.fd >= 0) {
		remove = (struct kipc_remove) { .id = signals.id };
		ioctl(dev, KIPC_IOC_SIG_REMOVE, &remove);
		close(signals.fd);
		close(signals.sub);
	}
	ioctl(dev, KIPC_IOC_SIG_GET, &get);
	open.id = get.id;
	ioctl(dev, KIPC_IOC_SIG_OPEN, &open);
	subscribe.id = get.id;
	ioctl(dev, KIPC_IOC_SIG_SUBSCRIBE, &subscribe);
	signals.id = get.id;
	signals.fd = open.fd;
	signals.sub = subscribe.fd;
	ioctl(signals.fd, KIPC_IOC_SIG_SEND, &send);
	ioctl(signals.fd, KIPC_IOC_SIG_SEND, &send);
}

/* The same call on the descriptor of the object names no id. */
static inline void argument_for_itself(const struct call *call, void *arg)
{
	int id = KIPC_ID_SELF;

	if (call->cmd != KIPC_IOC_SHM_DETACH && call->cmd != KIPC_IOC_QUERY &&
	    call->cmd != KIPC_IOC_SEM_WATCH && call->cmd != KIPC_IOC_MSG_FILTER &&
	    call->cmd != KIPC_IOC_MSG_NOTIFY &&
	    (call->targets & KIPC_ON_INSTANCE || !(call->targets & KIPC_ON_SUBSCRIBER)))
		memcpy(arg, &id, sizeof(id));
}

/* A descriptor that serves the call, and an argument with which it succeeds. */
static inline int served_by(const struct _test_data_kipc *self, const struct call *call)
{
	if (call->targets & KIPC_ON_INSTANCE)
		return self->dev;
	if (call->targets & KIPC_ON_PIPE)
		return self->r;
	if (call->targets & KIPC_ON_SUBSCRIBER)
		return signals.sub;
	return call->targets & KIPC_ON_SEM ? set.fd : queue.fd;
}

/* The descriptors of objects, but pipes. */
#define NR_OBJECTS	5

static inline int object_fd(unsigned int target)
{
	switch (target) {
	case KIPC_ON_SHM:
		return seg.fd;
	case KIPC_ON_SEM:
		return set.fd;
	case KIPC_ON_MSG:
		return queue.fd;
	case KIPC_ON_SIG:
		return signals.fd;
	default:
		return signals.sub;
	}
}

static const unsigned int objects[NR_OBJECTS] = {
	KIPC_ON_SHM, KIPC_ON_SEM, KIPC_ON_MSG, KIPC_ON_SIG, KIPC_ON_SUBSCRIBER,
};

static inline int null_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return fd;
}

#define PUT(type, ...) memcpy(arg, &(struct type) { __VA_ARGS__ }, sizeof(struct type))

static inline void good_argument(const struct call *call, void *arg)
{
	memset(arg, POISON, arg_size(call));
	switch (call->cmd) {
	case KIPC_IOC_QUERY:
		PUT(kipc_query, .nr = KIPC_NR_PIPE_CREATE);
		break;
	case KIPC_IOC_PIPE_CREATE:
		PUT(kipc_pipe_create, .rfd = -7, .wfd = -7);
		break;
	case KIPC_IOC_PIPE_SET_SIZE:
		PUT(kipc_pipe_size, .size = 8192);
		break;
	case KIPC_IOC_PIPE_SPLICE:
		PUT(kipc_pipe_splice, .fd = null_fd(), .len = 1,
		    .flags = KIPC_SPLICE_FROM_PIPE);
		break;
	case KIPC_IOC_PIPE_TEE:
		PUT(kipc_pipe_splice, .fd = null_fd(), .len = 1);
		break;
	case KIPC_IOC_SHM_GET:
		PUT(kipc_shm_get, .size = 1, .id = -7);
		break;
	case KIPC_IOC_SHM_CREATE:
		PUT(kipc_shm_create, .size = 1, .fd = -7);
		break;
	case KIPC_IOC_SHM_OPEN:
		PUT(kipc_shm_open, .id = seg.id, .fd = -7);
		break;
	case KIPC_IOC_SHM_ATTACH:
		PUT(kipc_shm_attach, .id = seg.id);
		break;
	case KIPC_IOC_SHM_DETACH:
		PUT(kipc_shm_detach, .addr = seg.addr);
		break;
	case KIPC_IOC_SHM_STAT:
		PUT(kipc_shm_stat, .perm.id = seg.id);
		break;
	case KIPC_IOC_SHM_SET:
		PUT(kipc_set, .id = seg.id, .uid = 1, .gid = 2, .mode = 0666);
		break;
	case KIPC_IOC_SHM_REMOVE:
		PUT(kipc_remove, .id = seg.id);
		break;
	case KIPC_IOC_SHM_LOCK:
		PUT(kipc_shm_lock, .id = seg.id, .lock = 1);
		break;
	case KIPC_IOC_SHM_INFO:
		PUT(kipc_shm_info, .flags = 0);
		break;
	case KIPC_IOC_SEM_GET:
		PUT(kipc_sem_get, .nsems = 1, .id = -7);
		break;
	case KIPC_IOC_SEM_CREATE:
		PUT(kipc_sem_create, .nsems = 1, .fd = -7);
		break;
	case KIPC_IOC_SEM_OPEN:
		PUT(kipc_sem_open, .id = set.id, .fd = -7);
		break;
	case KIPC_IOC_SEM_OP:
		PUT(kipc_sem_ops, .id = set.id, .nops = ARRAY_SIZE(set_ops),
		    .ops = (unsigned long)set_ops, .timeout = KIPC_TIMEOUT_NONE);
		break;
	case KIPC_IOC_SEM_GET_VALUE:
		PUT(kipc_sem_value, .id = set.id, .num = 1);
		break;
	case KIPC_IOC_SEM_SET_VALUE:
		PUT(kipc_sem_set_value, .id = set.id, .num = 1, .value = 5);
		break;
	case KIPC_IOC_SEM_GET_ALL:
	case KIPC_IOC_SEM_SET_ALL:
		PUT(kipc_sem_values, .id = set.id, .nsems = SET_NSEMS,
		    .values = (unsigned long)set_values);
		break;
	case KIPC_IOC_SEM_STAT:
		PUT(kipc_sem_stat, .perm.id = set.id);
		break;
	case KIPC_IOC_SEM_SET:
		PUT(kipc_set, .id = set.id, .uid = 1, .gid = 2, .mode = 0666);
		break;
	case KIPC_IOC_SEM_REMOVE:
		PUT(kipc_remove, .id = set.id);
		break;
	case KIPC_IOC_SEM_INFO:
		PUT(kipc_sem_info, .flags = 0);
		break;
	case KIPC_IOC_SEM_WATCH:
		PUT(kipc_sem_watch, .ops = (unsigned long)set_ops, .nops = 1);
		break;
	case KIPC_IOC_MSG_GET:
		PUT(kipc_msg_get, .id = -7);
		break;
	case KIPC_IOC_MSG_CREATE:
		PUT(kipc_msg_create, .fd = -7);
		break;
	case KIPC_IOC_MSG_OPEN:
		PUT(kipc_msg_open, .id = queue.id, .fd = -7);
		break;
	case KIPC_IOC_MSG_SEND:
		PUT(kipc_msg_send, .id = queue.id, .type = 1, .size = 5,
		    .addr = (unsigned long)queue_text, .timeout = KIPC_TIMEOUT_NONE);
		break;
	case KIPC_IOC_MSG_RECEIVE:
		PUT(kipc_msg_receive, .id = queue.id, .size = sizeof(queue_buf),
		    .addr = (unsigned long)queue_buf, .timeout = KIPC_TIMEOUT_NONE);
		break;
	case KIPC_IOC_MSG_STAT:
		PUT(kipc_msg_stat, .perm.id = queue.id);
		break;
	case KIPC_IOC_MSG_SET:
		PUT(kipc_msg_set, .set = { .id = queue.id, .uid = 1, .gid = 2, .mode = 0666 },
		    .qbytes = 100);
		break;
	case KIPC_IOC_MSG_REMOVE:
		PUT(kipc_remove, .id = queue.id);
		break;
	case KIPC_IOC_MSG_INFO:
		PUT(kipc_msg_info, .flags = 0);
		break;
	case KIPC_IOC_MSG_FILTER:
		PUT(kipc_msg_filter, .type = 1, .send_type = 1);
		break;
	case KIPC_IOC_MSG_NOTIFY:
		PUT(kipc_msg_notify, .how = KIPC_NOTIFY_NONE);
		break;
	case KIPC_IOC_SIG_GET:
		PUT(kipc_sig_get, .id = -7);
		break;
	case KIPC_IOC_SIG_CREATE:
		PUT(kipc_sig_create, .fd = -7);
		break;
	case KIPC_IOC_SIG_OPEN:
		PUT(kipc_sig_open, .id = signals.id, .fd = -7);
		break;
	case KIPC_IOC_SIG_SUBSCRIBE:
		PUT(kipc_sig_subscribe, .id = signals.id, .fd = -7);
		break;
	case KIPC_IOC_SIG_SEND:
		PUT(kipc_sig_send, .id = signals.id, .signo = KIPC_SIG_RTMIN, .code = -1);
		break;
	case KIPC_IOC_SIG_WAIT:
		PUT(kipc_sig_wait, .set = ~0ULL, .timeout = KIPC_TIMEOUT_NONE);
		break;
	case KIPC_IOC_SIG_MASK:
		PUT(kipc_sig_mask, .how = KIPC_SIG_BLOCK, .set = 0x10);
		break;
	case KIPC_IOC_SIG_ACTION:
		PUT(kipc_sig_action, .action = KIPC_SIG_IGNORE, .set = 0x100);
		break;
	case KIPC_IOC_SIG_STAT:
		PUT(kipc_sig_stat, .perm.id = signals.id);
		break;
	case KIPC_IOC_SIG_SET:
		PUT(kipc_sig_set, .set = { .id = signals.id, .uid = 1, .gid = 2, .mode = 0666 },
		    .limit = 100);
		break;
	case KIPC_IOC_SIG_REMOVE:
		PUT(kipc_remove, .id = signals.id);
		break;
	case KIPC_IOC_SIG_INFO:
		PUT(kipc_sig_info, .flags = 0);
		break;
	}
}

/* Undo what a call that succeeded has done. */
static inline void undo(struct _test_data_kipc *self, const struct call *call, const void *arg)
{
	const struct kipc_pipe_create *create = arg;
	const struct kipc_shm_create *shm_create = arg;
	const struct kipc_shm_get *get = arg;
	const struct kipc_shm_open *open = arg;
	const struct kipc_shm_attach *attach = arg;
	const struct kipc_sem_create *sem_create = arg;
	const struct kipc_sem_get *sem_get = arg;
	const struct kipc_sem_open *sem_open = arg;
	const struct kipc_msg_create *msg_create = arg;
	const struct kipc_msg_get *msg_get = arg;
	const struct kipc_msg_open *msg_open = arg;
	const struct kipc_sig_create *sig_create = arg;
	const struct kipc_sig_get *sig_get = arg;
	const struct kipc_sig_open *sig_open = arg;
	const struct kipc_sig_subscribe *sig_subscribe = arg;
	struct kipc_remove remove;

	switch (call->cmd) {
	case KIPC_IOC_PIPE_CREATE:
		close(create->rfd);
		close(create->wfd);
		break;
	case KIPC_IOC_PIPE_SET_SIZE:
		size_set(self->r, 65536);
		break;
	case KIPC_IOC_PIPE_SPLICE:
		write(self->w, "x", 1);
		break;
	case KIPC_IOC_SHM_GET:
		remove = (struct kipc_remove) { .id = get->id };
		ioctl(self->dev, KIPC_IOC_SHM_REMOVE, &remove);
		break;
	case KIPC_IOC_SHM_CREATE:
		close(shm_create->fd);
		break;
	case KIPC_IOC_SHM_OPEN:
		close(open->fd);
		break;
	case KIPC_IOC_SHM_ATTACH:
		munmap((void *)(unsigned long)attach->addr, 4096);
		break;
	case KIPC_IOC_SHM_DETACH:
		seg.addr = segment_attach(self->dev);
		break;
	case KIPC_IOC_SHM_SET:
	case KIPC_IOC_SHM_REMOVE:
	case KIPC_IOC_SHM_LOCK:
		segment_renew(self->dev);
		break;
	case KIPC_IOC_SEM_GET:
		remove = (struct kipc_remove) { .id = sem_get->id };
		ioctl(self->dev, KIPC_IOC_SEM_REMOVE, &remove);
		break;
	case KIPC_IOC_SEM_CREATE:
		close(sem_create->fd);
		break;
	case KIPC_IOC_SEM_OPEN:
		close(sem_open->fd);
		break;
	case KIPC_IOC_SEM_OP:
	case KIPC_IOC_SEM_SET_VALUE:
	case KIPC_IOC_SEM_SET_ALL:
	case KIPC_IOC_SEM_SET:
	case KIPC_IOC_SEM_REMOVE:
	case KIPC_IOC_SEM_WATCH:
		set_renew(self->dev);
		break;
	case KIPC_IOC_MSG_GET:
		remove = (struct kipc_remove) { .id = msg_get->id };
		ioctl(self->dev, KIPC_IOC_MSG_REMOVE, &remove);
		break;
	case KIPC_IOC_MSG_CREATE:
		close(msg_create->fd);
		break;
	case KIPC_IOC_MSG_OPEN:
		close(msg_open->fd);
		break;
	case KIPC_IOC_MSG_SEND:
	case KIPC_IOC_MSG_RECEIVE:
	case KIPC_IOC_MSG_SET:
	case KIPC_IOC_MSG_REMOVE:
	case KIPC_IOC_MSG_FILTER:
		queue_renew(self->dev);
		break;
	case KIPC_IOC_SIG_GET:
		remove = (struct kipc_remove) { .id = sig_get->id };
		ioctl(self->dev, KIPC_IOC_SIG_REMOVE, &remove);
		break;
	case KIPC_IOC_SIG_CREATE:
		close(sig_create->fd);
		break;
	case KIPC_IOC_SIG_OPEN:
		close(sig_open->fd);
		break;
	case KIPC_IOC_SIG_SUBSCRIBE:
		close(sig_subscribe->fd);
		break;
	case KIPC_IOC_SIG_SEND:
	case KIPC_IOC_SIG_WAIT:
	case KIPC_IOC_SIG_MASK:
	case KIPC_IOC_SIG_ACTION:
	case KIPC_IOC_SIG_SET:
	case KIPC_IOC_SIG_REMOVE:
		signals_renew(self->dev);
		break;
	}
}

/* Something in the pipe, a segment, a set and queues, for all calls to work on. */
static inline bool prepare(struct _test_data_kipc *self)
{
	/* those of the process before us go on their own */
	if (!EVENTUALLY(stats_of(self->dev).shm_segments == 0 && !stats_of(self->dev).sem_sets &&
			!stats_of(self->dev).msg_queues && !stats_of(self->dev).sig_queues))
		return false;
	segment_renew(self->dev);
	set_renew(self->dev);
	queue_renew(self->dev);
	signals_renew(self->dev);
	return write(self->w, "hello", 5) == 5 && seg.fd >= 0 && seg.addr && set.fd >= 0 &&
	       queue.fd >= 0 && signals.fd >= 0 && signals.sub >= 0;
}

static inline int next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* What no call that fails may change. */
struct state {
	struct kipc_stats stats;
	struct kipc_pipe_stat pipe;
	struct kipc_shm_stat segment;
	struct kipc_sem_stat set;
	struct kipc_sem_value sems[SET_NSEMS];
	struct kipc_msg_stat queue;
	struct kipc_sig_stat signals;
	struct kipc_sig_pending pending;
	int next_fd;
};

static inline struct state state_of(struct _test_data_kipc *self)
{
	struct state state;
	int i;

	null_fd();
	memset(&state, 0, sizeof(state));
	state.stats = stats_of(self->dev);
	state.stats.buffer_pages = 0;
	state.pipe = stat_of(self->r);
	state.pipe.pages = 0;
	state.segment.perm.id = KIPC_ID_SELF;
	ioctl(seg.fd, KIPC_IOC_SHM_STAT, &state.segment);
	state.set.perm.id = KIPC_ID_SELF;
	ioctl(set.fd, KIPC_IOC_SEM_STAT, &state.set);
	for (i = 0; i < SET_NSEMS; i++) {
		state.sems[i].id = KIPC_ID_SELF;
		state.sems[i].num = i;
		ioctl(set.fd, KIPC_IOC_SEM_GET_VALUE, &state.sems[i]);
	}
	state.queue.perm.id = KIPC_ID_SELF;
	ioctl(queue.fd, KIPC_IOC_MSG_STAT, &state.queue);
	state.signals.perm.id = KIPC_ID_SELF;
	ioctl(signals.fd, KIPC_IOC_SIG_STAT, &state.signals);
	ioctl(signals.sub, KIPC_IOC_SIG_PENDING, &state.pending);
	state.next_fd = next_fd();
	return state;
}

static inline bool unchanged(struct _test_data_kipc *self, const struct state *before)
{
	struct state now;

	return EVENTUALLY((now = state_of(self), !memcmp(&now, before, sizeof(now))));
}

#endif /* KIPC_IOCTL_CALLS_H */
