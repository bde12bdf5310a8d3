// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of uapi/linux/kipc.h: a table that says of each member what it is, and how a
 * structure is filled from that, mostly so that the call can succeed.
 */
#include "fuzz.h"

#include <sys/mman.h>

enum what {
	END, FLAGS, NUMBER, BELOW, KEY, ID, MODE, USER, SIZE, BUFFER, TIMEOUT, FILE_FD, EVENT_FD,
	OPS, VALUES, PLACE, ATTACHED, MSG_TYPE, SIGNAL, SET_OF_SIGNALS, SUBSCRIBER, VALUE, NR,
	LENGTH, NSEMS, RARELY,
	/* results */
	NEW_FD, NEW_ID, NEW_ADDR,
};

struct member {
	enum what what;
	unsigned char at;
	unsigned char size;
	/* flags, MOSTLY(); a bound; the kind of a descriptor; 1: operations to be watched */
	unsigned int arg;
};

#define MEMBERS_MAX 12

struct ioctl_row {
	const char *name;
	unsigned int cmd;
	/* where it is served, a bit for each kind */
	unsigned int kinds;
	unsigned int weight;
	struct member members[MEMBERS_MAX];
};

#define AT(type, member) offsetof(struct kipc_##type, member)
#define WIDTH(type, ...) sizeof(((struct kipc_##type *)0)->__VA_ARGS__)
/* What there is in a member: M(what, arg, type, member). */
#define M(what, arg, ...) { what, AT(__VA_ARGS__), WIDTH(__VA_ARGS__), arg }
#define ON(kind)	(1U << FD_##kind)
#define ON_ALL		(ON(INSTANCE) | ON(PIPE) | ON(SHM) | ON(SEM) | ON(MSG) | ON(SIG) | \
			 ON(SUBSCRIBER))
#define ON_SIGNALS	(ON(INSTANCE) | ON(SIG) | ON(SUBSCRIBER))
/* Any of some flags, and those of @arg >> 16 mostly: whoever sleeps does nothing else. */
#define MOSTLY(flag, all) ((flag) << 16 | (all))
#define GET_FLAGS	(KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE)
#define STAT_FLAGS	(KIPC_STAT_INDEX | KIPC_STAT_ANY)
#define SHM_FLAGS	(KIPC_SHM_NORESERVE | KIPC_SHM_HUGE | KIPC_SHM_NO_HUGE)

/* What all objects with an id have alike. */
#define ROW_SET(NAME, kinds) \
	{ #NAME "_SET", KIPC_IOC_##NAME##_SET, kinds, 3, { \
		M(ID, 0, set, id), M(USER, 0, set, uid), M(USER, 0, set, gid), \
		M(MODE, 0, set, mode) } }
#define ROW_REMOVE(NAME, kinds) \
	{ #NAME "_REMOVE", KIPC_IOC_##NAME##_REMOVE, kinds, 3, { M(ID, 0, remove, id) } }
#define ROW_STAT(NAME, type, kinds) \
	{ #NAME "_STAT", KIPC_IOC_##NAME##_STAT, kinds, 3, { \
		M(ID, 0, type, perm.id), M(FLAGS, STAT_FLAGS, type, flags) } }

static const struct ioctl_row rows[] = {
	{ "QUERY", KIPC_IOC_QUERY, ON_ALL, 1, { M(NR, 0, query, nr) } },
	{ "STATS", KIPC_IOC_STATS, ON(INSTANCE), 1, { } },

	{ "PIPE_CREATE", KIPC_IOC_PIPE_CREATE, ON(INSTANCE), 8, {
		M(FLAGS, KIPC_PIPE_CLOEXEC | KIPC_PIPE_NONBLOCK | KIPC_PIPE_PACKET,
		  pipe_create, flags),
		M(SIZE, 0, pipe_create, size), M(NEW_FD, FD_PIPE, pipe_create, rfd),
		M(NEW_FD, FD_PIPE, pipe_create, wfd) } },
	{ "PIPE_GET_SIZE", KIPC_IOC_PIPE_GET_SIZE, ON(PIPE), 1, { } },
	{ "PIPE_SET_SIZE", KIPC_IOC_PIPE_SET_SIZE, ON(PIPE), 6, { M(SIZE, 0, pipe_size, size) } },
	{ "PIPE_SPLICE", KIPC_IOC_PIPE_SPLICE, ON(PIPE), 10, {
		M(FILE_FD, 0, pipe_splice, fd),
		M(FLAGS, MOSTLY(KIPC_SPLICE_NONBLOCK, 15), pipe_splice, flags),
		M(LENGTH, 0, pipe_splice, len), M(RARELY, 0, pipe_splice, offset) } },
	{ "PIPE_TEE", KIPC_IOC_PIPE_TEE, ON(PIPE), 6, {
		M(FILE_FD, 0, pipe_splice, fd),
		M(FLAGS, MOSTLY(KIPC_SPLICE_NONBLOCK, 0), pipe_splice, flags),
		M(LENGTH, 0, pipe_splice, len) } },
	{ "PIPE_STAT", KIPC_IOC_PIPE_STAT, ON(PIPE), 2, { } },

	{ "SHM_GET", KIPC_IOC_SHM_GET, ON(INSTANCE), 8, {
		M(KEY, 0, shm_get, key),
		M(FLAGS, MOSTLY(KIPC_GET_CREAT, GET_FLAGS | SHM_FLAGS), shm_get, flags),
		M(SIZE, 0, shm_get, size), M(MODE, 0, shm_get, mode),
		M(RARELY, 0, shm_get, page_shift), M(NEW_ID, 0, shm_get, id) } },
	{ "SHM_CREATE", KIPC_IOC_SHM_CREATE, ON(INSTANCE), 6, {
		M(FLAGS, KIPC_SHM_CLOEXEC | SHM_FLAGS, shm_create, flags),
		M(MODE, 0, shm_create, mode), M(SIZE, 0, shm_create, size),
		M(RARELY, 0, shm_create, page_shift), M(NEW_FD, FD_SHM, shm_create, fd) } },
	{ "SHM_OPEN", KIPC_IOC_SHM_OPEN, ON(INSTANCE) | ON(SHM), 6, {
		M(ID, 0, shm_open, id),
		M(FLAGS, KIPC_SHM_RDONLY | KIPC_SHM_CLOEXEC, shm_open, flags),
		M(NEW_FD, FD_SHM, shm_open, fd) } },
	{ "SHM_ATTACH", KIPC_IOC_SHM_ATTACH, ON(INSTANCE) | ON(SHM), 14, {
		M(ID, 0, shm_attach, id), M(FLAGS, 15, shm_attach, flags),
		M(PLACE, 0, shm_attach, addr), M(NEW_ADDR, 0, shm_attach, addr) } },
	{ "SHM_DETACH", KIPC_IOC_SHM_DETACH, ON(INSTANCE) | ON(SHM), 8, {
		M(ATTACHED, 0, shm_detach, addr) } },
	ROW_STAT(SHM, shm_stat, ON(INSTANCE) | ON(SHM)),
	ROW_SET(SHM, ON(INSTANCE) | ON(SHM)),
	ROW_REMOVE(SHM, ON(INSTANCE) | ON(SHM)),
	{ "SHM_LOCK", KIPC_IOC_SHM_LOCK, ON(INSTANCE) | ON(SHM), 4, {
		M(ID, 0, shm_lock, id), M(BELOW, 2, shm_lock, lock) } },
	{ "SHM_INFO", KIPC_IOC_SHM_INFO, ON(INSTANCE), 1, {
		M(FLAGS, KIPC_SHM_INFO_USAGE, shm_info, flags) } },

	{ "SEM_GET", KIPC_IOC_SEM_GET, ON(INSTANCE), 6, {
		M(KEY, 0, sem_get, key),
		M(FLAGS, MOSTLY(KIPC_GET_CREAT, GET_FLAGS | KIPC_SEM_ROBUST), sem_get, flags),
		M(NSEMS, 0, sem_get, nsems), M(MODE, 0, sem_get, mode),
		M(NEW_ID, 0, sem_get, id) } },
	{ "SEM_CREATE", KIPC_IOC_SEM_CREATE, ON(INSTANCE), 5, {
		M(FLAGS, KIPC_SEM_CLOEXEC | KIPC_SEM_ROBUST, sem_create, flags),
		M(NSEMS, 0, sem_create, nsems), M(MODE, 0, sem_create, mode),
		M(NEW_FD, FD_SEM, sem_create, fd) } },
	{ "SEM_OPEN", KIPC_IOC_SEM_OPEN, ON(INSTANCE) | ON(SEM), 5, {
		M(ID, 0, sem_open, id),
		M(FLAGS, KIPC_SEM_RDONLY | KIPC_SEM_CLOEXEC, sem_open, flags),
		M(NEW_FD, FD_SEM, sem_open, fd) } },
	{ "SEM_OP", KIPC_IOC_SEM_OP, ON(INSTANCE) | ON(SEM), 24, {
		M(ID, 0, sem_ops, id), M(OPS, 0, sem_ops, ops),
		M(FLAGS, KIPC_SEM_RELATIVE, sem_ops, flags), M(TIMEOUT, 0, sem_ops, timeout) } },
	{ "SEM_GET_VALUE", KIPC_IOC_SEM_GET_VALUE, ON(INSTANCE) | ON(SEM), 2, {
		M(ID, 0, sem_value, id), M(BELOW, 4, sem_value, num) } },
	{ "SEM_SET_VALUE", KIPC_IOC_SEM_SET_VALUE, ON(INSTANCE) | ON(SEM), 6, {
		M(ID, 0, sem_set_value, id), M(BELOW, 4, sem_set_value, num),
		M(VALUE, 0, sem_set_value, value) } },
	{ "SEM_GET_ALL", KIPC_IOC_SEM_GET_ALL, ON(INSTANCE) | ON(SEM), 2, {
		M(ID, 0, sem_values, id), M(NSEMS, 0, sem_values, nsems),
		M(BUFFER, 0, sem_values, values) } },
	{ "SEM_SET_ALL", KIPC_IOC_SEM_SET_ALL, ON(INSTANCE) | ON(SEM), 5, {
		M(ID, 0, sem_values, id), M(NSEMS, 0, sem_values, nsems),
		M(VALUES, 0, sem_values, values) } },
	ROW_STAT(SEM, sem_stat, ON(INSTANCE) | ON(SEM)),
	ROW_SET(SEM, ON(INSTANCE) | ON(SEM)),
	ROW_REMOVE(SEM, ON(INSTANCE) | ON(SEM)),
	{ "SEM_INFO", KIPC_IOC_SEM_INFO, ON(INSTANCE), 1, { } },
	{ "SEM_WATCH", KIPC_IOC_SEM_WATCH, ON(SEM), 6, {
		M(OPS, 1, sem_watch, ops) } },

	{ "MSG_GET", KIPC_IOC_MSG_GET, ON(INSTANCE), 6, {
		M(KEY, 0, msg_get, key),
		M(FLAGS, MOSTLY(KIPC_GET_CREAT, GET_FLAGS), msg_get, flags),
		M(MODE, 0, msg_get, mode), M(NEW_ID, 0, msg_get, id) } },
	{ "MSG_CREATE", KIPC_IOC_MSG_CREATE, ON(INSTANCE), 5, {
		M(FLAGS, KIPC_MSG_TYPED | KIPC_MSG_NONBLOCK | KIPC_MSG_CLOEXEC, msg_create, flags),
		M(MODE, 0, msg_create, mode), M(NEW_FD, FD_MSG, msg_create, fd) } },
	{ "MSG_OPEN", KIPC_IOC_MSG_OPEN, ON(INSTANCE) | ON(MSG), 6, {
		M(ID, 0, msg_open, id), M(FLAGS, 15 | KIPC_MSG_CLOEXEC, msg_open, flags),
		M(NEW_FD, FD_MSG, msg_open, fd) } },
	{ "MSG_SEND", KIPC_IOC_MSG_SEND, ON(INSTANCE) | ON(MSG), 18, {
		M(ID, 0, msg_send, id), M(FLAGS, MOSTLY(KIPC_MSG_NOWAIT, 3), msg_send, flags),
		M(MSG_TYPE, 1, msg_send, type), M(BUFFER, 0, msg_send, addr),
		M(LENGTH, 0, msg_send, size), M(TIMEOUT, 0, msg_send, timeout) } },
	{ "MSG_RECEIVE", KIPC_IOC_MSG_RECEIVE, ON(INSTANCE) | ON(MSG), 16, {
		M(ID, 0, msg_receive, id),
		M(FLAGS, MOSTLY(KIPC_MSG_NOWAIT, 31), msg_receive, flags),
		M(MSG_TYPE, 0, msg_receive, type), M(BUFFER, 0, msg_receive, addr),
		M(LENGTH, 0, msg_receive, size), M(TIMEOUT, 0, msg_receive, timeout) } },
	ROW_STAT(MSG, msg_stat, ON(INSTANCE) | ON(MSG)),
	{ "MSG_SET", KIPC_IOC_MSG_SET, ON(INSTANCE) | ON(MSG), 4, {
		M(ID, 0, msg_set, set.id), M(USER, 0, msg_set, set.uid),
		M(USER, 0, msg_set, set.gid), M(MODE, 0, msg_set, set.mode),
		M(LENGTH, 0, msg_set, qbytes) } },
	ROW_REMOVE(MSG, ON(INSTANCE) | ON(MSG)),
	{ "MSG_INFO", KIPC_IOC_MSG_INFO, ON(INSTANCE), 1, {
		M(FLAGS, KIPC_MSG_INFO_USAGE, msg_info, flags) } },
	{ "MSG_FILTER", KIPC_IOC_MSG_FILTER, ON(MSG), 5, {
		M(MSG_TYPE, 0, msg_filter, type), M(MSG_TYPE, 1, msg_filter, send_type),
		M(FLAGS, KIPC_MSG_NOERROR | KIPC_MSG_EXCEPT, msg_filter, flags) } },
	{ "MSG_NOTIFY", KIPC_IOC_MSG_NOTIFY, ON(MSG), 5, {
		M(BELOW, 3, msg_notify, how), M(EVENT_FD, 0, msg_notify, target),
		M(NUMBER, 0, msg_notify, value) } },

	{ "SIG_GET", KIPC_IOC_SIG_GET, ON(INSTANCE), 6, {
		M(KEY, 0, sig_get, key),
		M(FLAGS, MOSTLY(KIPC_GET_CREAT, GET_FLAGS), sig_get, flags),
		M(MODE, 0, sig_get, mode), M(NEW_ID, 0, sig_get, id) } },
	{ "SIG_CREATE", KIPC_IOC_SIG_CREATE, ON(INSTANCE), 5, {
		M(FLAGS, KIPC_SIG_CLOEXEC, sig_create, flags), M(MODE, 0, sig_create, mode),
		M(NEW_FD, FD_SIG, sig_create, fd) } },
	{ "SIG_OPEN", KIPC_IOC_SIG_OPEN, ON_SIGNALS, 5, {
		M(ID, 0, sig_open, id), M(FLAGS, KIPC_SIG_CLOEXEC, sig_open, flags),
		M(NEW_FD, FD_SIG, sig_open, fd) } },
	{ "SIG_SUBSCRIBE", KIPC_IOC_SIG_SUBSCRIBE, ON_SIGNALS, 8, {
		M(ID, 0, sig_subscribe, id),
		M(FLAGS, KIPC_SIG_NONBLOCK | KIPC_SIG_CLOEXEC, sig_subscribe, flags),
		M(SET_OF_SIGNALS, 0, sig_subscribe, blocked),
		M(NEW_FD, FD_SUBSCRIBER, sig_subscribe, fd) } },
	{ "SIG_SEND", KIPC_IOC_SIG_SEND, ON_SIGNALS, 20, {
		M(ID, 0, sig_send, id), M(SUBSCRIBER, 0, sig_send, to),
		M(SIGNAL, 0, sig_send, signo), M(RARELY, 0, sig_send, code),
		M(NUMBER, 0, sig_send, value) } },
	{ "SIG_WAIT", KIPC_IOC_SIG_WAIT, ON(SUBSCRIBER), 12, {
		M(SET_OF_SIGNALS, 0, sig_wait, set), M(TIMEOUT, 0, sig_wait, timeout),
		M(FLAGS, MOSTLY(KIPC_SIG_NOWAIT, 3), sig_wait, flags) } },
	{ "SIG_MASK", KIPC_IOC_SIG_MASK, ON(SUBSCRIBER), 6, {
		M(BELOW, 3, sig_mask, how), M(SET_OF_SIGNALS, 0, sig_mask, set) } },
	{ "SIG_ACTION", KIPC_IOC_SIG_ACTION, ON(SUBSCRIBER), 8, {
		M(BELOW, 3, sig_action, action), M(SET_OF_SIGNALS, 1, sig_action, set) } },
	{ "SIG_PENDING", KIPC_IOC_SIG_PENDING, ON(SUBSCRIBER), 2, { } },
	ROW_STAT(SIG, sig_stat, ON_SIGNALS),
	{ "SIG_SET", KIPC_IOC_SIG_SET, ON_SIGNALS, 4, {
		M(ID, 0, sig_set, set.id), M(USER, 0, sig_set, set.uid),
		M(USER, 0, sig_set, set.gid), M(MODE, 0, sig_set, set.mode),
		M(LENGTH, 0, sig_set, limit) } },
	ROW_REMOVE(SIG, ON_SIGNALS),
	{ "SIG_INFO", KIPC_IOC_SIG_INFO, ON(INSTANCE), 1, {
		M(FLAGS, KIPC_SIG_INFO_USAGE, sig_info, flags) } },
};

/* The operations of a list of semaphores, in @ops. */
static void ops_make(struct context *c, struct kipc_sem_op *ops, unsigned int n, bool plain)
{
	static const short steps[] = { 1, -1, 0, 2, -2, 1, -1, 3, 100, -100, 32767, -32768 };
	unsigned int i;

	for (i = 0; i < n; i++) {
		ops[i].num = once_in(&c->d, 40) ? draw(&c->d) : below(&c->d, 3);
		ops[i].op = steps[below(&c->d, ARRAY_SIZE(steps))];
		ops[i].flags = plain ? 0 : (once_in(&c->d, 3) ? 0 : KIPC_SEM_NOWAIT) |
				       (once_in(&c->d, 3) ? KIPC_SEM_UNDO : 0);
		if (once_in(&c->d, 100))
			ops[i].flags = draw(&c->d);
	}
}

static __u64 flags_pick(struct context *c, unsigned int arg)
{
	unsigned int bit, all = arg & 0xffff;
	__u64 flags = once_in(&c->d, 4) ? 0 : arg >> 16;

	/* few at once: most of them exclude others */
	for (bit = 0; bit < 16; bit++)
		if (all >> bit & 1 && once_in(&c->d, 3))
			flags |= 1U << bit;
	return once_in(&c->d, 60) ? flags | 1ULL << below(&c->d, 32) : flags;
}

static __u64 set_of_signals_pick(struct context *c, bool harmless)
{
	/* not those that end or stop a process, when they are to become real */
	__u64 kept = harmless ? ~(1ULL << 8 | 1ULL << 18) : ~0ULL;

	switch (below(&c->d, 4)) {
	case 0:
		return kept;
	case 1:
		return once_in(&c->d, 2) ? 0 : draw(&c->d) & kept;
	default:
		/* those that SIGNAL prefers */
		return ((1ULL << 9 | 1ULL << 11 | 1ULL << 33 | 1ULL << 39) & draw(&c->d)) & kept;
	}
}

static __u64 signal_pick(struct context *c)
{
	static const unsigned char some[] = { 10, 12, 34, 40 };

	return once_in(&c->d, 4) ? below(&c->d, 67) : some[below(&c->d, ARRAY_SIZE(some))];
}

static __u64 msg_type_pick(struct context *c, bool positive)
{
	static const __s64 extremes[] = { 0, INT64_MIN, INT64_MAX, -1, 1LL << 40 };

	if (once_in(&c->d, 12))
		return extremes[below(&c->d, ARRAY_SIZE(extremes))];
	if (positive)
		return 1 + below(&c->d, 5);
	return (__s64)below(&c->d, 11) - 5;
}

static __u64 values_pick(struct context *c)
{
	unsigned short *values = (unsigned short *)c->data;
	unsigned int i;

	for (i = 0; i < 32; i++)
		values[i] = below(&c->d, 4);
	if (once_in(&c->d, 8))
		values[below(&c->d, 32)] = draw(&c->d);
	return (uintptr_t)values;
}

static __u64 mode_pick(struct context *c)
{
	static const unsigned int modes[] = { 0666, 0600, 0777, 0444, 0222, 0 };

	return once_in(&c->d, 2) ? 0666 : modes[below(&c->d, ARRAY_SIZE(modes))];
}

static __u64 user_pick(struct context *c)
{
	static const unsigned int users[] = { 0, 0, 1000, 1001, -1, 1 << 31 };

	return users[below(&c->d, ARRAY_SIZE(users))];
}

static __u64 nsems_pick(struct context *c)
{
	static const unsigned int numbers[] = { 1, 3, 3, 4, 40, 0, 260, 32000, 32001, -1 };

	return numbers[once_in(&c->d, 4) ? below(&c->d, ARRAY_SIZE(numbers)) : 1];
}

static __u64 ops_pick(struct context *c, unsigned char *arg, const struct member *m)
{
	struct kipc_sem_op *ops = (struct kipc_sem_op *)c->data;
	unsigned int n = once_in(&c->d, 12) ? below(&c->d, 520) : 1 + below(&c->d, 4);

	ops_make(c, ops, n, m->arg);
	memcpy(arg + (m->arg ? offsetof(struct kipc_sem_watch, nops) :
			       offsetof(struct kipc_sem_ops, nops)), &n, sizeof(n));
	return once_in(&c->d, 50) ? number_pick(c) : (uintptr_t)ops;
}

static __u64 member_pick(struct context *c, unsigned char *arg, const struct member *m,
			 int block, bool by_id)
{
	size_t size = DATA_SIZE;

	switch (m->what) {
	case FLAGS:
		return flags_pick(c, m->arg);
	case NUMBER:
		return number_pick(c);
	case BELOW:
		return once_in(&c->d, 20) ? draw(&c->d) : below(&c->d, m->arg);
	case KEY:
		return once_in(&c->d, 3) ? KIPC_KEY_PRIVATE : 0x100 + below(&c->d, 4);
	case ID:
		return by_id || once_in(&c->d, 30) ? id_pick(c, block) : KIPC_ID_SELF;
	case MODE:
		return mode_pick(c);
	case USER:
		return user_pick(c);
	case SIZE:
		return size_pick(c);
	case LENGTH:
		return size_pick(c) % (once_in(&c->d, 8) ? 1 << 20 : 9000);
	case BUFFER:
		return (uintptr_t)buffer_pick(c, &size);
	case TIMEOUT:
		return timeout_pick(c);
	case FILE_FD:
		return fd_pick(c, once_in(&c->d, 3) ? FD_FILE : once_in(&c->d, 2) ? FD_PIPE :
			       FD_NATIVE);
	case EVENT_FD:
		return once_in(&c->d, 2) ? (__u64)fd_pick(c, FD_EVENT) : signal_pick(c);
	case OPS:
		return ops_pick(c, arg, m);
	case VALUES:
		return values_pick(c);
	case PLACE:
		return once_in(&c->d, 2) ? 0 : place_pick(c);
	case ATTACHED:
		return attached_pick(c);
	case MSG_TYPE:
		return msg_type_pick(c, m->arg);
	case SIGNAL:
		return signal_pick(c);
	case SET_OF_SIGNALS:
		return set_of_signals_pick(c, m->arg);
	case SUBSCRIBER:
		return once_in(&c->d, 2) ? KIPC_SIG_GROUP : below(&c->d, 4);
	case VALUE:
		return once_in(&c->d, 8) ? number_pick(c) : below(&c->d, 3);
	case NR:
		return below(&c->d, 0x62);
	case NSEMS:
		return nsems_pick(c);
	case RARELY:
		return once_in(&c->d, 6) ? number_pick(c) : 0;
	default:
		return 0;
	}
}

/* What is wrong with one of some structures. */
static void structure_spoil(struct context *c, unsigned char *arg, unsigned int *cmd)
{
	unsigned int size = _IOC_SIZE(*cmd), at = below(&c->d, size ? size : 1), wide, i;
	__u64 number = number_pick(c);

	switch (below(&c->d, 6)) {
	case 0:
		arg[at] ^= 1 << below(&c->d, 8);
		break;
	case 1:
		at &= ~3U;
		memcpy(arg + at, &number, 4);
		break;
	case 2:
		at &= ~7U;
		memcpy(arg + at, &number, 8);
		break;
	case 3:
		/* a later version of the structure, with something in its tail or nothing */
		wide = size + 8 * (1 + below(&c->d, 8));
		for (i = size; i < wide; i++)
			arg[i] = 0;
		if (once_in(&c->d, 2))
			arg[size + below(&c->d, wide - size)] = 1;
		*cmd = _IOC(_IOC_DIR(*cmd), _IOC_TYPE(*cmd), _IOC_NR(*cmd), wide);
		break;
	case 4:
		*cmd = _IOC(_IOC_DIR(*cmd), _IOC_TYPE(*cmd), _IOC_NR(*cmd), at);
		break;
	default:
		*cmd ^= 1U << below(&c->d, 32);
	}
}

/* Where the structure is for the call: a copy of @arg at an address that is good, or not. */
static void *structure_place(struct context *c, const unsigned char *arg, size_t size)
{
	size_t room = size;
	char *at = c->structures + PAGE - size;

	if (once_in(&c->d, 40))
		return buffer_pick(c, &room);
	if (once_in(&c->d, 60))
		/* it ends where there is no page any more */
		at += 1 + below(&c->d, 8);
	if (at + size <= c->structures + PAGE)
		memcpy(at, arg, size);
	return at;
}

static void results_take(const struct ioctl_row *row, const unsigned char *arg, int block)
{
	const struct member *m;

	for (m = row->members; m < row->members + MEMBERS_MAX && m->what; m++) {
		__u64 value = 0;

		memcpy(&value, arg + m->at, m->size);
		if (m->what == NEW_FD)
			fd_add(m->arg, value);
		else if (m->what == NEW_ID)
			id_add(block, value);
		else if (m->what == NEW_ADDR)
			attached_add(value, 0);
	}
}

static enum fd_kind target_pick(struct context *c, unsigned int kinds)
{
	unsigned int kind;

	if (once_in(&c->d, 80))
		return below(&c->d, FD_KINDS);
	do {
		kind = below(&c->d, FD_SUBSCRIBER + 1);
	} while (!(kinds >> kind & 1));
	return kind;
}

static long run_ioctl(struct context *c, const struct call *call)
{
	const struct ioctl_row *row = call->row;
	unsigned char arg[512], *at;
	unsigned int cmd = row->cmd, size;
	enum fd_kind target = target_pick(c, row->kinds);
	int fd = fd_pick(c, target), block = _IOC_NR(cmd) >> 4;
	const struct member *m;
	bool spoilt, ours;
	long ret;

	memset(arg, 0, sizeof(arg));
	for (m = row->members; m < row->members + MEMBERS_MAX && m->what; m++) {
		__u64 value = member_pick(c, arg, m, block, target == FD_INSTANCE);

		if (m->what < NEW_FD)
			memcpy(arg + m->at, &value, m->size);
	}
	spoilt = once_in(&c->d, 12);
	if (spoilt)
		structure_spoil(c, arg, &cmd);
	size = _IOC_SIZE(cmd) < sizeof(arg) ? _IOC_SIZE(cmd) : sizeof(arg);
	at = structure_place(c, arg, size);
	ours = (char *)at == c->structures + PAGE - size;
	ret = ioctl(fd, cmd, at);
	if (ret >= 0 && ours && !spoilt)
		results_take(row, at, block);
	/* but where the kernel was made to fail it may have written some of its results */
	if (ret < 0 && ours && !c->faults && memcmp(at, arg, size))
		complain("%s failed (%d) and has written to its structure", row->name, errno);
	return ret;
}

static long run_sem_op_one(struct context *c, const struct call *call)
{
	struct kipc_sem_op op;
	unsigned int arg;

	(void)call;
	ops_make(c, &op, 1, false);
	arg = KIPC_SEM_ONE(op.num & KIPC_SEM_ONE_NUM_MAX, op.op) |
	      (op.flags & KIPC_SEM_NOWAIT ? KIPC_SEM_ONE_NOWAIT : 0) |
	      (op.flags & KIPC_SEM_UNDO ? KIPC_SEM_ONE_UNDO : 0);
	return ioctl(fd_pick(c, FD_SEM), KIPC_IOC_SEM_OP_ONE,
		     (unsigned long)(once_in(&c->d, 50) ? draw(&c->d) : arg));
}

void calls_add_ioctl(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		calls_add(rows[i].name, run_ioctl, rows[i].weight, &rows[i]);
	calls_add("SEM_OP_ONE", run_sem_op_one, 12, NULL);
}

/* The module is asked which numbers there are. */
bool calls_are_complete(void)
{
	int dev = open("/dev/" KIPC_DEVICE_NAME, O_RDWR | O_CLOEXEC);
	struct kipc_query query = { .nr = 0 };
	unsigned int nr, served = 0, known = 0;
	size_t i;

	for (nr = 0; nr < 256; nr++) {
		query.nr = nr;
		if (ioctl(dev, KIPC_IOC_QUERY, &query))
			continue;
		served++;
		known += nr == KIPC_NR_SEM_OP_ONE;
		for (i = 0; i < ARRAY_SIZE(rows); i++)
			known += _IOC_NR(rows[i].cmd) == nr;
	}
	close(dev);
	return served && served == known;
}

/* For there to be something to receive: a few bytes, messages or signals. */
static void object_fill(struct context *c, enum fd_kind kind, int fd)
{
	struct kipc_msg_send msg = {
		.id = KIPC_ID_SELF, .flags = KIPC_MSG_NOWAIT, .type = 1,
		.addr = (uintptr_t)c->data, .size = 10, .timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_sig_send sig = { .id = KIPC_ID_SELF, .code = -1 };
	int n = below(&c->d, 4);

	for (; n > 0; n--) {
		if (kind == FD_PIPE && write(fd, c->data, 100 * n) < 0)
			return;
		msg.type = n;
		if (kind == FD_MSG && ioctl(fd, KIPC_IOC_MSG_SEND, &msg))
			return;
		sig.signo = n == 1 ? 10 : 40;
		if (kind >= FD_SIG && ioctl(fd, KIPC_IOC_SIG_SEND, &sig))
			return;
	}
}

int object_make(struct context *c, enum fd_kind kind, int instance)
{
	struct kipc_pipe_create pipe = { .flags = draw(&c->d) & 7 };
	struct kipc_shm_create shm = { .size = 16 * PAGE, .mode = 0666 };
	struct kipc_sem_create sem = { .nsems = 3, .mode = 0666, .flags = draw(&c->d) & 0x100 };
	struct kipc_msg_create msg = { .mode = 0666, .flags = draw(&c->d) & 4 };
	struct kipc_sig_create sig = { .mode = 0666 };
	struct kipc_sig_subscribe subscribe = { .id = KIPC_ID_SELF };
	int fd;

	switch (kind) {
	case FD_PIPE:
		if (ioctl(instance, KIPC_IOC_PIPE_CREATE, &pipe))
			return -1;
		fd_add(FD_PIPE, pipe.rfd);
		fd_add(FD_PIPE, pipe.wfd);
		object_fill(c, kind, pipe.wfd);
		return once_in(&c->d, 2) ? pipe.rfd : pipe.wfd;
	case FD_SHM:
		return ioctl(instance, KIPC_IOC_SHM_CREATE, &shm) ? -1 : shm.fd;
	case FD_SEM:
		return ioctl(instance, KIPC_IOC_SEM_CREATE, &sem) ? -1 : sem.fd;
	case FD_MSG:
		fd = ioctl(instance, KIPC_IOC_MSG_CREATE, &msg) ? -1 : msg.fd;
		break;
	case FD_SIG:
		return ioctl(instance, KIPC_IOC_SIG_CREATE, &sig) ? -1 : sig.fd;
	default:
		fd = ioctl(fd_pick(c, FD_SIG), KIPC_IOC_SIG_SUBSCRIBE, &subscribe) ? -1 :
			subscribe.fd;
	}
	if (fd >= 0)
		object_fill(c, kind, fd);
	return fd;
}

static void id_remove(int fd, unsigned int cmd, int id)
{
	struct kipc_remove remove = { .id = id };

	ioctl(fd, cmd, &remove);
}

/* By index, so that it needs no memory of what was made. */
void ids_sweep(int fd)
{
	struct kipc_shm_info shms = { .max_index = -1 };
	struct kipc_sem_info sems = { .max_index = -1 };
	struct kipc_msg_info msgs = { .max_index = -1 };
	struct kipc_sig_info sigs = { .max_index = -1 };
	int i;

	ioctl(fd, KIPC_IOC_SHM_INFO, &shms);
	ioctl(fd, KIPC_IOC_SEM_INFO, &sems);
	ioctl(fd, KIPC_IOC_MSG_INFO, &msgs);
	ioctl(fd, KIPC_IOC_SIG_INFO, &sigs);
	for (i = 0; i <= shms.max_index; i++) {
		struct kipc_shm_stat stat = { .perm.id = i, .flags = STAT_FLAGS };

		if (!ioctl(fd, KIPC_IOC_SHM_STAT, &stat))
			id_remove(fd, KIPC_IOC_SHM_REMOVE, stat.perm.id);
	}
	for (i = 0; i <= sems.max_index; i++) {
		struct kipc_sem_stat stat = { .perm.id = i, .flags = STAT_FLAGS };

		if (!ioctl(fd, KIPC_IOC_SEM_STAT, &stat))
			id_remove(fd, KIPC_IOC_SEM_REMOVE, stat.perm.id);
	}
	for (i = 0; i <= msgs.max_index; i++) {
		struct kipc_msg_stat stat = { .perm.id = i, .flags = STAT_FLAGS };

		if (!ioctl(fd, KIPC_IOC_MSG_STAT, &stat))
			id_remove(fd, KIPC_IOC_MSG_REMOVE, stat.perm.id);
	}
	for (i = 0; i <= sigs.max_index; i++) {
		struct kipc_sig_stat stat = { .perm.id = i, .flags = STAT_FLAGS };

		if (!ioctl(fd, KIPC_IOC_SIG_STAT, &stat))
			id_remove(fd, KIPC_IOC_SIG_REMOVE, stat.perm.id);
	}
}
