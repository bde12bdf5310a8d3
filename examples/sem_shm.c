// SPDX-License-Identifier: GPL-2.0
/*
 * sem_shm [PATH [MODE]]: several processes change what they share, each alone while it
 * does. The memory is a segment of kipc, the lock a semaphore. PATH is that of an
 * instance, see instance.h. MODE is
 *
 *	lock   (default) use the semaphore
 *	hold   the same, but the first to have it stops in the middle until it is killed
 *	none   do not use it, and see what happens
 *
 * Pieces are moved from the left to the right, one at a time. That takes two steps, so
 * for a moment the two do not add up to what they should. Nobody may look then, which is
 * what the lock is for.
 *
 * A lock has a holder, and a holder can die. With SEM_UNDO the semaphore is given back
 * when that process ends, by whatever way: the others go on. But what it had begun is
 * still half done. Since the set is made with KIPC_SEM_ROBUST, the next one to take
 * the semaphore is told (EOWNERDEAD), and can put it right.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance.h"

#define KEY	0x73686172	/* any number: "shar" */
#define WORKERS	4
#define ROUNDS	1000

/* The semaphores of the set. A new one is 0. */
enum {
	LOCK,		/* 1 while nobody has it */
	GATE,		/* how many workers are still to come */
	SEMAPHORES
};

enum mode {
	MODE_LOCK,
	MODE_HOLD,
	MODE_NONE
};

/* The segment */
struct shared {
	long left;
	long right;
	bool held;		/* in mode hold: somebody has stopped */
};

#define TOTAL	((long)WORKERS * ROUNDS)

/*
 * The keys let kipc(8) and ipcs(1) show which objects are ours, and keep another one of
 * us out: EXCL. With AUTOREMOVE they go when this process and its workers have exited,
 * however that comes.
 */
static int make_segment(int kipc)
{
	struct kipc_shm_get get = {
		.key = KEY,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE,
		.size = sizeof(struct shared),
		.mode = 0600,
	};

	return ioctl(kipc, KIPC_IOC_SHM_GET, &get) ? complain("cannot make the segment") : get.id;
}

static struct shared *attach_segment(int kipc, int id)
{
	struct kipc_shm_attach attach = { .id = id };

	if (!ioctl(kipc, KIPC_IOC_SHM_ATTACH, &attach))
		return (struct shared *)(uintptr_t)attach.addr;
	complain("cannot have the segment in memory");
	return NULL;
}

static int make_set(int kipc)
{
	struct kipc_sem_get get = {
		.key = KEY,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE | KIPC_SEM_ROBUST,
		.nsems = SEMAPHORES,
		.mode = 0600,
	};

	return ioctl(kipc, KIPC_IOC_SEM_GET, &get) ? complain("cannot make the set") : get.id;
}

/*
 * A descriptor of the set. What is done by it needs no look-up and no check of the
 * permissions any more.
 */
static int open_set(int kipc, int id)
{
	struct kipc_sem_open open = { .id = id, .flags = KIPC_SEM_CLOEXEC };

	return ioctl(kipc, KIPC_IOC_SEM_OPEN, &open) ? complain("cannot open the set") : open.fd;
}

/* One operation, packed into the argument: OP_ONE. For several at once there is SEM_OP. */
static int add(int set, unsigned int semaphore, int value, unsigned int flags)
{
	int result;

	/* unlike read(2) this is never restarted after a signal */
	do {
		result = ioctl(set, KIPC_IOC_SEM_OP_ONE, KIPC_SEM_ONE(semaphore, value) | flags);
	} while (result && errno == EINTR);
	return result;
}

static void repair(struct shared *shared)
{
	printf("worker %d: the one before me died between the two steps\n", getpid());
	shared->right = TOTAL - shared->left;
}

/* To be followed by give_lock(). */
static int take_lock(int set, struct shared *shared)
{
	if (!add(set, LOCK, -1, KIPC_SEM_ONE_UNDO))
		return 0;
	/* the one error with which the operation was done: we have the lock */
	if (errno == EOWNERDEAD) {
		repair(shared);
		return 0;
	}
	return complain("cannot take the lock");
}

/* With SEM_UNDO as well: nothing is left to be given back then. */
static int give_lock(int set)
{
	return add(set, LOCK, 1, KIPC_SEM_ONE_UNDO) ? complain("cannot give the lock back") : 0;
}

static void hold_forever(struct shared *shared)
{
	shared->held = true;
	printf("worker %d: have the lock, and go no further until I am killed\n", getpid());
	fflush(stdout);
	while (true)
		pause();
}

/* Move one piece. False if it was seen that somebody else is at it, too. */
static bool move(struct shared *shared, enum mode mode)
{
	long left = shared->left, right = shared->right;

	shared->left = left - 1;
	if (mode == MODE_HOLD && !shared->held)
		hold_forever(shared);
	/* as if it took long: the others get their chance */
	usleep(1);
	shared->right = right + 1;
	return left + right == TOTAL;
}

/* What a worker does. Its exit status is 0, 1 after a message, 2 if it was disturbed. */
static int work(int set, struct shared *shared, enum mode mode)
{
	bool alone = true;

	/* one fewer to come; then sleep until that is 0, so that all begin at once */
	if (add(set, GATE, -1, 0) || add(set, GATE, 0, 0)) {
		complain("cannot pass the gate");
		return 1;
	}
	for (int i = 0; i < ROUNDS; i++) {
		if (mode != MODE_NONE && take_lock(set, shared))
			return 1;
		alone &= move(shared, mode);
		if (mode != MODE_NONE && give_lock(set))
			return 1;
	}
	return alone ? 0 : 2;
}

static int start_workers(int set, struct shared *shared, enum mode mode)
{
	/* first of all, as a new semaphore is 0: the lock is free, and the gate shut */
	if (add(set, LOCK, 1, 0) || add(set, GATE, WORKERS, 0))
		return complain("cannot prepare the semaphores");
	for (int i = 0; i < WORKERS; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return complain("cannot start a worker");
		if (!pid)
			exit(work(set, shared, mode));
	}
	return 0;
}

/* Wait for all; how many were disturbed, or -1. */
static int wait_for_workers(enum mode mode)
{
	int status, disturbed = 0, result = 0;
	pid_t pid;

	while ((pid = wait(&status)) > 0) {
		if (WIFSIGNALED(status)) {
			printf("worker %d: killed by signal %d\n", pid, WTERMSIG(status));
			if (mode != MODE_HOLD || WTERMSIG(status) != SIGKILL)
				result = -1;
		} else if (WEXITSTATUS(status) == 2) {
			disturbed++;
		} else if (WEXITSTATUS(status)) {
			result = -1;
		}
	}
	return result ?: disturbed;
}

static int semaphore_value(int set, unsigned int semaphore)
{
	struct kipc_sem_value value = { .id = KIPC_ID_SELF, .num = semaphore };

	return ioctl(set, KIPC_IOC_SEM_GET_VALUE, &value) ? complain("value") : value.value;
}

static int read_mode(const char *word, enum mode *mode)
{
	static const char *const names[] = { "lock", "hold", "none" };

	for (int i = 0; i < 3; i++) {
		if (!strcmp(word, names[i])) {
			*mode = i;
			return 0;
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	enum mode mode = MODE_LOCK;
	struct shared *shared;
	int kipc, segment, set, disturbed;

	if (argc > 3 || (argc > 1 && *argv[1] == '-') ||
	    (argc > 2 && read_mode(argv[2], &mode))) {
		fprintf(stderr, "usage: sem_shm [PATH [lock | hold | none]]\n");
		return 2;
	}
	/* what the processes say comes line by line, and is not in the buffer that fork copies */
	setvbuf(stdout, NULL, _IOLBF, 0);

	kipc = instance_open(argc > 1 ? argv[1] : NULL);
	if (kipc < 0)
		return 1;
	segment = make_segment(kipc);
	if (segment < 0)
		return 1;
	shared = attach_segment(kipc, segment);
	if (!shared)
		return 1;
	set = make_set(kipc);
	if (set < 0)
		return 1;
	set = open_set(kipc, set);
	if (set < 0)
		return 1;

	/* the workers inherit both */
	shared->left = TOTAL;
	if (start_workers(set, shared, mode))
		return 1;
	disturbed = wait_for_workers(mode);
	printf("left %ld, right %ld, together %ld of %ld; %d of %d workers were disturbed\n",
	       shared->left, shared->right, shared->left + shared->right, TOTAL, disturbed,
	       WORKERS);
	printf("the lock is %d\n", semaphore_value(set, LOCK));
	return disturbed || shared->left + shared->right != TOTAL;
}
