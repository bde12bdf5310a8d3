/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes that use every kind of object at once: a pipe, a FIFO, a segment, a semaphore
 * set, a message queue and a signal queue, of one instance, by ids and by descriptors. They
 * take a token of a semaphore with SEM_UNDO while they work, so that whatever they die of
 * the tokens are all back.
 *
 * Whatever they do may fail for want of room, and for nothing else; each kind of it must have
 * succeeded in the end.
 */
#ifndef KIPC_STORM_H
#define KIPC_STORM_H

#include "mounts.h"

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/time.h>

#define STORM_DIR	MOUNTS "/storm"
#define STORM_SIZE	65536

/* The semaphores: tokens that are taken and come back, and one that is 0 but for moments. */
enum { TOKENS, MOMENTS, STORM_SEMS };
#define STORM_TOKENS	100

/*
 * What is done, of which those from FOR_TWO on need somebody else at the same time. SLOW are
 * those that sleep in the call, in a pipe of one page.
 */
enum {
	PIPE_WRITE, PIPE_READ, FIFO_WRITE, FIFO_READ, SHM_ATTACH, SHM_MAP, SEM_CHANGE, MSG_SEND,
	MSG_RECEIVE, SIG_SEND, SIG_WAIT,
	FOR_TWO, SLOW_WRITE = FOR_TWO, SLOW_READ, SLOW_OPEN, STORM_KINDS
};

static const char *const storm_kinds[STORM_KINDS] = {
	"write to a pipe", "read from a pipe", "write to a FIFO", "read from a FIFO",
	"attachment", "mapping", "operation of a semaphore", "sending a message",
	"receiving a message", "sending a signal", "waiting for a signal",
	"write to a pipe that sleeps", "read from a pipe that sleeps", "open of a FIFO that sleeps",
};

/* What one may sleep in, see storm_sleep(). */
enum { STORM_ANY, STORM_READ, STORM_WRITE, STORM_OPEN, STORM_OPEN_TO_WRITE };

/* For so long somebody may sleep who is not killed, in us. */
#define STORM_SLEEP	50000

/* What all use; those named slow block, and nobody has the FIFO of that name open. */
struct storm {
	int node;
	int dir;
	int pipe[2];
	int slow[2];
	int fifo;
	int shm, shm_fd;
	int sem, sem_fd;
	int msg, msg_fd;
	int sig, sub_fd;
};

/* In memory that all share. */
struct storm_count {
	int stop;
	/* what all are to sleep in, in each round */
	int wish;
	/* for a moment nobody is to begin anew */
	int away;
	int bad;
	/* of a fork bomb that counts its processes itself */
	int alive;
	/* forks of one that were not to be had */
	long refused;
	long rounds;
	/* how often each kind succeeded */
	long done[STORM_KINDS];
	char what[80];
};

static struct storm_count *count;

/* Note what must not happen. */
static inline void storm_complain(const char *what)
{
	int error = errno;

	if (ADD(&count->bad, 1) == 1)
		snprintf(count->what, sizeof(count->what), "%s (errno %d)", what, error);
}

/* Note that something of @kind was done, or that it failed, which is for want of room only. */
static inline void storm_note(int kind, bool done)
{
	if (done)
		ADD(&count->done[kind], 1);
	else if (errno != EAGAIN && errno != ETIMEDOUT && errno != EINTR && errno != ENOMEM &&
		 errno != ENOSPC)
		storm_complain(storm_kinds[kind]);
}

/* Some bytes were moved; both ends are open, so that none at all are an error. */
static inline void storm_note_bytes(int kind, ssize_t n)
{
	if (!n)
		errno = ENODATA;
	storm_note(kind, n > 0);
}

/* Whether the first @kinds of them have all been done. */
static inline bool storm_has_done(int kinds)
{
	int kind;

	for (kind = 0; kind < kinds; kind++)
		if (!LOAD(&count->done[kind]))
			return false;
	return true;
}

static inline int storm_sem(int fd, int id, int num, int op, int flags, __u64 timeout)
{
	struct kipc_sem_op one = { .num = num, .op = op, .flags = flags };
	struct kipc_sem_ops ops = {
		.id = id, .nops = 1, .ops = (unsigned long)&one, .timeout = timeout,
		.flags = timeout == KIPC_TIMEOUT_NONE ? 0 : KIPC_SEM_RELATIVE,
	};

	return ioctl(fd, KIPC_IOC_SEM_OP, &ops);
}

static inline int storm_value(const struct storm *st, int num)
{
	struct kipc_sem_value value = { .id = st->sem, .num = num };

	return ioctl(st->node, KIPC_IOC_SEM_GET_VALUE, &value) ? -1 : value.value;
}

/* Objects on @node; the FIFO is in @dir. 0 or -1. */
static inline int storm_make(struct storm *st, int node, const char *dir)
{
	struct kipc_shm_get shm = { .size = STORM_SIZE, .mode = 0600 };
	struct kipc_shm_open shm_open = { .fd = -1 };
	struct kipc_sem_get sem = { .nsems = STORM_SEMS, .mode = 0600 };
	struct kipc_sem_open sem_open = { .fd = -1 };
	struct kipc_msg_get msg = { .mode = 0600 };
	struct kipc_msg_open msg_open = { .fd = -1 };
	struct kipc_sig_get sig = { .mode = 0600 };
	struct kipc_sig_subscribe sub = { .fd = -1 };

	st->node = node;
	st->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->dir < 0 || kipc_pipe(node, st->pipe, KIPC_PIPE_NONBLOCK, 0) ||
	    kipc_pipe(node, st->slow, 0, PIPE_BUF) || mkfifoat(st->dir, "fifo", 0600) ||
	    mkfifoat(st->dir, "slow", 0600))
		return -1;
	st->fifo = openat(st->dir, "fifo", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (st->fifo < 0 || ioctl(node, KIPC_IOC_SHM_GET, &shm) ||
	    ioctl(node, KIPC_IOC_SEM_GET, &sem) || ioctl(node, KIPC_IOC_MSG_GET, &msg) ||
	    ioctl(node, KIPC_IOC_SIG_GET, &sig))
		return -1;
	st->shm = shm.id;
	st->sem = sem.id;
	st->msg = msg.id;
	st->sig = sig.id;
	shm_open.id = shm.id;
	sem_open.id = sem.id;
	msg_open.id = msg.id;
	sub.id = sig.id;
	if (ioctl(node, KIPC_IOC_SHM_OPEN, &shm_open) ||
	    ioctl(node, KIPC_IOC_SEM_OPEN, &sem_open) ||
	    ioctl(node, KIPC_IOC_MSG_OPEN, &msg_open) ||
	    ioctl(node, KIPC_IOC_SIG_SUBSCRIBE, &sub))
		return -1;
	st->shm_fd = shm_open.fd;
	st->sem_fd = sem_open.fd;
	st->msg_fd = msg_open.fd;
	st->sub_fd = sub.fd;
	return storm_sem(node, st->sem, TOKENS, STORM_TOKENS, 0, KIPC_TIMEOUT_NONE);
}

/* The descriptors, not the objects that have ids. */
static inline void storm_close(struct storm *st)
{
	close(st->dir);
	close(st->pipe[0]);
	close(st->pipe[1]);
	close(st->slow[0]);
	close(st->slow[1]);
	close(st->fifo);
	close(st->shm_fd);
	close(st->sem_fd);
	close(st->msg_fd);
	close(st->sub_fd);
}

static inline void storm_remove(struct storm *st)
{
	struct kipc_remove shm = { .id = st->shm }, sem = { .id = st->sem };
	struct kipc_remove msg = { .id = st->msg }, sig = { .id = st->sig };

	ioctl(st->node, KIPC_IOC_SHM_REMOVE, &shm);
	ioctl(st->node, KIPC_IOC_SEM_REMOVE, &sem);
	ioctl(st->node, KIPC_IOC_MSG_REMOVE, &msg);
	ioctl(st->node, KIPC_IOC_SIG_REMOVE, &sig);
}

static inline void storm_bytes(const struct storm *st, unsigned int seed)
{
	char buf[8192];
	size_t size = 1 + seed % sizeof(buf);

	memset(buf, seed, size);
	if (seed & 1)
		storm_note_bytes(PIPE_WRITE, write(st->pipe[1], buf, size));
	else
		storm_note_bytes(PIPE_READ, read(st->pipe[0], buf, size));
	if (seed & 2)
		storm_note_bytes(FIFO_WRITE, write(st->fifo, buf, 1 + size / 4));
	else
		storm_note_bytes(FIFO_READ, read(st->fifo, buf, 1 + size / 2));
}

static inline void storm_memory(const struct storm *st, unsigned int seed)
{
	struct kipc_shm_attach attach = { .id = st->shm };
	char *p = MAP_FAILED;

	if (seed & 1) {
		if (!ioctl(st->node, KIPC_IOC_SHM_ATTACH, &attach))
			p = (char *)(unsigned long)attach.addr;
		storm_note(SHM_ATTACH, p != MAP_FAILED);
	} else {
		p = mmap(NULL, STORM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, st->shm_fd, 0);
		storm_note(SHM_MAP, p != MAP_FAILED);
	}
	if (p == MAP_FAILED)
		return;
	p[seed % STORM_SIZE] = seed;
	/* sometimes it is left to the exit */
	if (seed % 8 && munmap(p, STORM_SIZE))
		storm_complain("munmap");
}

/* A sender waits for room, or does not. */
static inline void storm_messages(const struct storm *st, unsigned int seed)
{
	char text[4000];
	struct kipc_msg_send send = {
		.id = seed & 1 ? st->msg : KIPC_ID_SELF, .type = 1 + seed % 3,
		.addr = (unsigned long)text, .size = seed % sizeof(text),
		.flags = KIPC_MSG_NOWAIT, .timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_msg_receive receive = {
		.id = send.id, .addr = (unsigned long)text, .size = sizeof(text),
		.flags = KIPC_MSG_RELATIVE, .timeout = seed % 2000000,
	};
	int fd = seed & 1 ? st->node : st->msg_fd;

	memset(text, seed, sizeof(text));
	if (seed & 4) {
		send.flags = KIPC_MSG_RELATIVE;
		send.timeout = STORM_SLEEP * 1000;
	}
	if (seed & 2)
		storm_note(MSG_SEND, !ioctl(fd, KIPC_IOC_MSG_SEND, &send));
	else
		storm_note(MSG_RECEIVE, !ioctl(fd, KIPC_IOC_MSG_RECEIVE, &receive));
}

static inline void storm_signals(const struct storm *st, unsigned int seed)
{
	struct kipc_sig_send send = { .id = st->sig, .signo = 1 + seed % KIPC_SIG_MAX };
	struct kipc_sig_wait wait = {
		.set = ~0ULL, .flags = KIPC_SIG_RELATIVE, .timeout = seed % 1000000,
	};

	if (seed & 1)
		storm_note(SIG_SEND, !ioctl(st->node, KIPC_IOC_SIG_SEND, &send));
	else
		storm_note(SIG_WAIT, !ioctl(st->sub_fd, KIPC_IOC_SIG_WAIT, &wait));
}

/* Open one end of the FIFO that nobody has open, for as long as it takes. */
static inline void storm_meet(const struct storm *st, int flags)
{
	int fd = openat(st->dir, "slow", flags | O_CLOEXEC);

	storm_note(SLOW_OPEN, fd >= 0);
	if (fd >= 0)
		close(fd);
}

/*
 * Sleep until another one comes, or it has been long enough. The timer goes off again and
 * again, since the first time may be before the sleep.
 */
static inline void storm_sleep(const struct storm *st, unsigned int seed)
{
	struct itimerval soon = {
		.it_value.tv_usec = STORM_SLEEP, .it_interval.tv_usec = STORM_SLEEP,
	}, never = { 0 };
	char buf[2 * PIPE_BUF] = "";
	size_t size = 1 + seed % sizeof(buf);
	int wish = LOAD(&count->wish);

	handle_signal(SIGALRM, 0);
	setitimer(ITIMER_REAL, &soon, NULL);
	switch (wish ?: STORM_READ + (int)(seed / sizeof(buf) % 4)) {
	case STORM_WRITE:
		storm_note_bytes(SLOW_WRITE, write(st->slow[1], buf, size));
		break;
	case STORM_READ:
		storm_note_bytes(SLOW_READ, read(st->slow[0], buf, size));
		break;
	case STORM_OPEN:
		storm_meet(st, O_RDONLY);
		break;
	case STORM_OPEN_TO_WRITE:
		storm_meet(st, O_WRONLY);
		break;
	}
	setitimer(ITIMER_REAL, &never, NULL);
}

/* One round of everything, with a token. */
static inline void storm_round(const struct storm *st, unsigned int seed)
{
	int fd = seed & 1 ? st->node : st->sem_fd, id = seed & 1 ? st->sem : KIPC_ID_SELF;
	int ret = storm_sem(fd, id, TOKENS, -1, KIPC_SEM_UNDO, 1000000);

	storm_note(SEM_CHANGE, !ret);
	if (ret)
		return;
	storm_bytes(st, seed >> 3);
	storm_memory(st, seed >> 5);
	storm_messages(st, seed >> 7);
	storm_signals(st, seed >> 9);
	if (seed % 8 == 0 || LOAD(&count->wish))
		storm_sleep(st, seed >> 11);
	/* what one has added nobody else takes away */
	if ((storm_sem(fd, id, MOMENTS, 1, KIPC_SEM_UNDO, KIPC_TIMEOUT_NONE) ||
	     storm_sem(fd, id, MOMENTS, -1, KIPC_SEM_UNDO | KIPC_SEM_NOWAIT, KIPC_TIMEOUT_NONE) ||
	     storm_sem(fd, id, TOKENS, 1, KIPC_SEM_UNDO, KIPC_TIMEOUT_NONE)) && errno != ENOMEM)
		storm_complain("operation of a semaphore that nobody prevents");
	ADD(&count->rounds, 1);
}

static inline void storm_live(const struct storm *st, unsigned int seed)
{
	while (!LOAD(&count->stop))
		storm_round(st, rand_r(&seed));
	_exit(0);
}

/* Start a worker; to be killed, by child_kill() or otherwise. */
static inline pid_t storm_worker(const struct storm *st, unsigned int seed)
{
	pid_t pid = child_fork();

	if (!pid)
		storm_live(st, seed);
	return pid;
}

/* Nobody is left: all tokens are back, nobody waits, nothing is attached. */
static inline bool storm_is_over(const struct storm *st)
{
	struct kipc_sem_value value = { .id = st->sem, .num = TOKENS };
	struct kipc_shm_stat shm = { .perm.id = st->shm };

	if (ioctl(st->node, KIPC_IOC_SEM_GET_VALUE, &value) ||
	    ioctl(st->node, KIPC_IOC_SHM_STAT, &shm))
		return false;
	if (value.value == STORM_TOKENS && !value.ncnt && !value.zcnt && !shm.nattch &&
	    !storm_value(st, MOMENTS))
		return true;
	printf("# %d of %d tokens, %u and %u wait, %llu attached\n", value.value, STORM_TOKENS,
	       value.ncnt, value.zcnt, (unsigned long long)shm.nattch);
	return false;
}

#endif /* KIPC_STORM_H */
