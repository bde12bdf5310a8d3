/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes that use every kind of object at once: a pipe, a FIFO, a segment, a semaphore
 * set, a message queue and a signal queue, of one instance, by ids and by descriptors. They
 * take a token of a semaphore with SEM_UNDO while they work, so that whatever they die of
 * the tokens are all back.
 */
#ifndef KIPC_STORM_H
#define KIPC_STORM_H

#include "mounts.h"

#include <linux/futex.h>
#include <sys/mman.h>

#define STORM_DIR	MOUNTS "/storm"
#define STORM_SIZE	65536

/* The semaphores: tokens that are taken and come back, and one that is 0 but for moments. */
enum { TOKENS, MOMENTS, STORM_SEMS };
#define STORM_TOKENS	100

/* What all use. */
struct storm {
	int node;
	int pipe[2];
	int fifo;
	int shm, shm_fd;
	int sem, sem_fd;
	int msg, msg_fd;
	int sig, sub_fd;
};

/* In memory that all share. */
struct storm_count {
	int stop;
	/* for a moment nobody is to begin anew */
	int away;
	int bad;
	/* of a fork bomb that counts its processes itself */
	int alive;
	long rounds;
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
	char path[128];

	snprintf(path, sizeof(path), "%s/fifo", dir);
	st->node = node;
	if (kipc_pipe(node, st->pipe, KIPC_PIPE_NONBLOCK, 0) || mkfifo(path, 0600))
		return -1;
	st->fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
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
	close(st->pipe[0]);
	close(st->pipe[1]);
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
	size_t size = seed % sizeof(buf);

	memset(buf, seed, size);
	if (seed & 1)
		write(st->pipe[1], buf, size);
	else
		read(st->pipe[0], buf, size);
	if (seed & 2)
		write(st->fifo, buf, size / 4);
	else
		read(st->fifo, buf, size / 2);
}

static inline void storm_memory(const struct storm *st, unsigned int seed)
{
	struct kipc_shm_attach attach = { .id = st->shm };
	char *p;

	if (seed & 1) {
		if (ioctl(st->node, KIPC_IOC_SHM_ATTACH, &attach))
			return;
		p = (char *)(unsigned long)attach.addr;
	} else {
		p = mmap(NULL, STORM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, st->shm_fd, 0);
		if (p == MAP_FAILED)
			return;
	}
	p[seed % STORM_SIZE] = seed;
	/* sometimes it is left to the exit */
	if (seed % 8)
		munmap(p, STORM_SIZE);
}

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
	if (seed & 2)
		ioctl(fd, KIPC_IOC_MSG_SEND, &send);
	else
		ioctl(fd, KIPC_IOC_MSG_RECEIVE, &receive);
}

static inline void storm_signals(const struct storm *st, unsigned int seed)
{
	struct kipc_sig_send send = { .id = st->sig, .signo = 1 + seed % KIPC_SIG_MAX };
	struct kipc_sig_wait wait = {
		.set = ~0ULL, .flags = KIPC_SIG_RELATIVE, .timeout = seed % 1000000,
	};

	if (seed & 1)
		ioctl(st->node, KIPC_IOC_SIG_SEND, &send);
	else
		ioctl(st->sub_fd, KIPC_IOC_SIG_WAIT, &wait);
}

/* One round of everything, with a token. */
static inline void storm_round(const struct storm *st, unsigned int seed)
{
	int fd = seed & 1 ? st->node : st->sem_fd, id = seed & 1 ? st->sem : KIPC_ID_SELF;

	if (storm_sem(fd, id, TOKENS, -1, KIPC_SEM_UNDO, 1000000))
		return;
	storm_bytes(st, seed >> 3);
	storm_memory(st, seed >> 5);
	storm_messages(st, seed >> 7);
	storm_signals(st, seed >> 9);
	storm_sem(fd, id, MOMENTS, 1, KIPC_SEM_UNDO, KIPC_TIMEOUT_NONE);
	storm_sem(fd, id, MOMENTS, -1, KIPC_SEM_UNDO | KIPC_SEM_NOWAIT, KIPC_TIMEOUT_NONE);
	storm_sem(fd, id, TOKENS, 1, KIPC_SEM_UNDO, KIPC_TIMEOUT_NONE);
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
