/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that can be asked about what an operation works on, for failnth.h: structures down to the
 * times and to who was last, each semaphore, what is in the pipe and in the queues, what fdinfo
 * says. It is taken before each attempt, a second later by the clock than what was done before,
 * and compared to the last byte after one that failed.
 */
#ifndef KIPC_FAILNTH_STATE_H
#define KIPC_FAILNTH_STATE_H

#include "kipc_fixture.h"

/* For what would make all that follows worthless. */
#define MUST(condition) do { \
	if (!(condition)) { \
		printf("# %s, line %d: %s: %s\n", __FILE__, __LINE__, #condition, \
		       strerror(errno)); \
		fflush(stdout); \
		abort(); \
	} \
} while (0)

#define STATE_SEMS	64
#define STATE_MESSAGES	4
#define STATE_TEXT	16384

/* What an operation works on, and where it leaves what is to be undone. */
struct whole_state;
struct work {
	int dev;
	int r;
	int w;
	int other;
	struct kipc_pipe_create create;
	char byte;
	/* a segment, set or queue that stays, its descriptor, where it is attached */
	int id;
	int fd;
	char *addr;
	/* one to remove, a place to attach at, what was made */
	int victim;
	char *place;
	int made;
	/* tells what else there is to see; how long it may take until all is settled */
	void (*look)(const struct work *work, struct whole_state *state);
	int patience_ms;
};

/* What is known of a message without taking it. */
struct message_state {
	long long type;
	unsigned long long size;
	unsigned int sum;
	int error;
};

struct object_state {
	struct kipc_shm_stat shm;
	struct kipc_sem_stat sem;
	struct kipc_sem_value sems[STATE_SEMS];
	struct kipc_msg_stat msg;
	struct message_state messages[STATE_MESSAGES];
	struct kipc_sig_stat sig;
	struct kipc_sig_pending pending;
	struct kipc_pipe_stat pipe;
	int bytes;
};

/* The objects of @r, @fd, @other, and that with the id @victim. */
#define STATE_OBJECTS	4
struct whole_state {
	struct kipc_stats stats;
	struct object_state of[STATE_OBJECTS];
	/* the bytes in the pipe */
	char bytes[16];
	/* signals that wait for the process */
	unsigned long long signals;
	long long objects;
	int next_fd;
	/* what is said by fdinfo, and by look() */
	unsigned int used;
	char text[STATE_TEXT];
};

static inline void state_add(struct whole_state *state, const char *format, ...)
{
	size_t room = sizeof(state->text) - state->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(state->text + state->used, room, format, args);
	va_end(args);
	/* what is cut off could change unseen */
	MUST(n >= 0 && (size_t)n < room);
	state->used += n;
}

static inline void state_add_file(struct whole_state *state, const char *path)
{
	size_t room = sizeof(state->text) - state->used - 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOATIME);
	ssize_t n;

	while (fd >= 0 && (n = read(fd, state->text + state->used, room)) > 0) {
		state->used += n;
		room -= n;
		MUST(room);
	}
	close(fd);
}

static inline void state_add_fdinfo(struct whole_state *state, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	state_add_file(state, path);
}

static inline void messages_ask(struct object_state *of, int fd, int id)
{
	static unsigned char buf[8192];
	size_t byte;
	int i;

	for (i = 0; i < STATE_MESSAGES; i++) {
		struct kipc_msg_receive arg = {
			.id = id, .type = i, .addr = (unsigned long)buf, .size = sizeof(buf),
			.flags = KIPC_MSG_NOWAIT | KIPC_MSG_COPY | KIPC_MSG_NOERROR,
			.timeout = KIPC_TIMEOUT_NONE,
		};
		struct message_state *message = &of->messages[i];

		if (ioctl(fd, KIPC_IOC_MSG_RECEIVE, &arg)) {
			message->error = errno;
			continue;
		}
		message->type = arg.type;
		message->size = arg.size;
		for (byte = 0; byte < arg.size; byte++)
			message->sum = message->sum * 31 + buf[byte];
	}
}

static inline void object_ask(struct object_state *of, int fd, int id)
{
	unsigned int i;

	of->shm.perm.id = id;
	of->sem.perm.id = id;
	of->msg.perm.id = id;
	of->sig.perm.id = id;
	ioctl(fd, KIPC_IOC_SHM_STAT, &of->shm);
	ioctl(fd, KIPC_IOC_SIG_STAT, &of->sig);
	if (!ioctl(fd, KIPC_IOC_MSG_STAT, &of->msg))
		messages_ask(of, fd, id);
	if (!ioctl(fd, KIPC_IOC_SEM_STAT, &of->sem)) {
		for (i = 0; i < of->sem.nsems && i < STATE_SEMS; i++) {
			of->sems[i].id = id;
			of->sems[i].num = i;
			ioctl(fd, KIPC_IOC_SEM_GET_VALUE, &of->sems[i]);
		}
	}
	if (id != KIPC_ID_SELF)
		return;
	ioctl(fd, KIPC_IOC_SIG_PENDING, &of->pending);
	ioctl(fd, KIPC_IOC_PIPE_STAT, &of->pipe);
	/* pages that it has got meanwhile a pipe may keep */
	of->pipe.pages = 0;
	/* of a queue: what the filter lets through */
	of->bytes = bytes_in(fd);
}

/* What is in the pipe is copied to another one. */
static inline void bytes_ask(const struct work *work, struct whole_state *state)
{
	struct kipc_pipe_splice arg = {
		.len = sizeof(state->bytes), .flags = KIPC_SPLICE_NONBLOCK,
	};
	int fds[2];

	MUST(!pipe2(fds, O_CLOEXEC | O_NONBLOCK));
	arg.fd = fds[1];
	MUST(!ioctl(work->r, KIPC_IOC_PIPE_TEE, &arg));
	MUST(read(fds[0], state->bytes, sizeof(state->bytes)) == (ssize_t)arg.len);
	close(fds[0]);
	close(fds[1]);
}

/* Adjustments are told by a descriptor alone. */
static inline void undos_ask(const struct work *work, struct whole_state *state)
{
	struct kipc_sem_open arg = { .id = work->victim };

	if (ioctl(work->dev, KIPC_IOC_SEM_OPEN, &arg))
		return;
	state_add_fdinfo(state, arg.fd);
	close(arg.fd);
}

static inline void whole_state_of(const struct work *work, struct whole_state *state)
{
	int fds[] = { work->r, work->fd, work->other };
	sigset_t signals;
	size_t i;

	memset(state, 0, sizeof(*state));
	state->stats = stats_of(work->dev);
	state->stats.buffer_pages = 0;
	state->objects = param_get("objects");
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		if (fds[i] <= 0)
			continue;
		object_ask(&state->of[i], fds[i], KIPC_ID_SELF);
		state_add_fdinfo(state, fds[i]);
	}
	object_ask(&state->of[i], work->dev, work->victim);
	undos_ask(work, state);
	if (state->of[0].pipe.used)
		bytes_ask(work, state);
	sigpending(&signals);
	memcpy(&state->signals, &signals, sizeof(state->signals));
	state->next_fd = dup(0);
	close(state->next_fd);
	if (work->look)
		work->look(work, state);
}

/* --- what is not the same again when an operation has succeeded and was undone */

/* Which the object is that was made anew. */
static inline void forget_id(struct kipc_perm *perm)
{
	perm->id = 0;
	perm->seq = 0;
}

static inline void forget_shm(struct kipc_shm_stat *shm)
{
	forget_id(&shm->perm);
	shm->atime = 0;
	shm->dtime = 0;
	shm->ctime = 0;
	shm->lpid = 0;
}

static inline void forget_sem(struct object_state *of)
{
	int i;

	forget_id(&of->sem.perm);
	of->sem.otime = 0;
	of->sem.ctime = 0;
	for (i = 0; i < STATE_SEMS; i++) {
		of->sems[i].id = 0;
		of->sems[i].pid = 0;
	}
}

/* In which order the messages lie as well. */
static inline void forget_msg(struct object_state *of)
{
	forget_id(&of->msg.perm);
	of->msg.stime = 0;
	of->msg.rtime = 0;
	of->msg.ctime = 0;
	of->msg.lspid = 0;
	of->msg.lrpid = 0;
	memset(of->messages, 0, sizeof(of->messages));
	of->bytes = 0;
}

static inline void forget_sig(struct kipc_sig_stat *sig)
{
	forget_id(&sig->perm);
	sig->stime = 0;
	sig->rtime = 0;
	sig->ctime = 0;
	sig->lspid = 0;
	sig->lrpid = 0;
	sig->sent = 0;
	sig->taken = 0;
	sig->delivered = 0;
	sig->merged = 0;
	sig->ignored = 0;
	sig->dropped = 0;
	sig->refused = 0;
}

static inline void state_forget(struct whole_state *state)
{
	int i;

	for (i = 0; i < STATE_OBJECTS; i++) {
		forget_shm(&state->of[i].shm);
		forget_sem(&state->of[i]);
		forget_msg(&state->of[i]);
		forget_sig(&state->of[i].sig);
	}
	state->used = 0;
	memset(state->text, 0, sizeof(state->text));
}

/* --- */

/* A part begins there, and ends where the next one begins. */
struct state_part {
	const char *name;
	size_t at;
};

static inline const char *part_at(const struct state_part *parts, size_t nr, size_t at)
{
	while (parts[nr - 1].at > at)
		nr--;
	return parts[nr - 1].name;
}

/* The first part of both that differs, or NULL. */
static inline const char *state_difference(const struct whole_state *a,
					   const struct whole_state *b)
{
	static const struct state_part parts[] = {
		{ "stats", 0 },
		{ "object", offsetof(struct whole_state, of) },
		{ "bytes", offsetof(struct whole_state, bytes) },
		{ "signals", offsetof(struct whole_state, signals) },
		{ "objects", offsetof(struct whole_state, objects) },
		{ "next_fd", offsetof(struct whole_state, next_fd) },
		{ "text", offsetof(struct whole_state, used) },
	}, object_parts[] = {
		{ "shm", 0 },
		{ "sem", offsetof(struct object_state, sem) },
		{ "sems", offsetof(struct object_state, sems) },
		{ "msg", offsetof(struct object_state, msg) },
		{ "messages", offsetof(struct object_state, messages) },
		{ "sig", offsetof(struct object_state, sig) },
		{ "pending", offsetof(struct object_state, pending) },
		{ "pipe", offsetof(struct object_state, pipe) },
		{ "bytes", offsetof(struct object_state, bytes) },
	};
	static const char *const whose[STATE_OBJECTS] = { "r", "fd", "other", "victim" };
	const char *p = (const char *)a, *q = (const char *)b;
	size_t at = 0, in = offsetof(struct whole_state, of);
	static char name[32];

	while (at < sizeof(*a) && p[at] == q[at])
		at++;
	if (at == sizeof(*a))
		return NULL;
	if (at < in || at >= in + sizeof(a->of))
		return part_at(parts, ARRAY_SIZE(parts), at);
	snprintf(name, sizeof(name), "%s of %s",
		 part_at(object_parts, ARRAY_SIZE(object_parts), (at - in) % sizeof(a->of[0])),
		 whose[(at - in) / sizeof(a->of[0])]);
	return name;
}

static inline void text_difference_print(const char *a, const char *b)
{
	size_t line = 0, i;

	for (i = 0; a[i] == b[i]; i++)
		if (a[i] == '\n')
			line = i + 1;
	printf("# before: %.*s\n", (int)strcspn(a + line, "\n"), a + line);
	printf("# after:  %.*s\n", (int)strcspn(b + line, "\n"), b + line);
}

/*
 * As @want, or with @forget but for what state_forget() leaves out, and but for what @spare
 * clears: NULL if it is so before patience is over, or what differs.
 */
static inline const char *state_differs(const struct work *work, const struct whole_state *want,
					bool forget, void (*spare)(struct whole_state *state))
{
	long long end = now_ms() + (work->patience_ms ?: DEADLINE_MS);
	static struct whole_state now, then;
	const char *part;

	then = *want;
	if (spare)
		spare(&then);
	for (;;) {
		whole_state_of(work, &now);
		if (forget)
			state_forget(&now);
		if (spare)
			spare(&now);
		part = state_difference(&then, &now);
		if (!part || now_ms() >= end)
			break;
		nap();
	}
	if (part && !strcmp(part, "text") && !work->patience_ms)
		text_difference_print(then.text, now.text);
	return part;
}

#endif /* KIPC_FAILNTH_STATE_H */
