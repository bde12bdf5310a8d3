/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of semaphores against the ends of processes share: steps that processes
 * of a test wait for, ways to end, threads that do one list of operations.
 */
#ifndef KIPC_SEM_STEPS_H
#define KIPC_SEM_STEPS_H

#include "sem_ops.h"

#include <pthread.h>

/* --- steps, of all processes of a test */

static int *step;

static inline int steps_begin(void)
{
	step = shared_alloc(sizeof(*step));
	return step ? 0 : -1;
}

static inline void reach(int n)
{
	STORE(step, n);
}

static inline bool is_reached(int n)
{
	return EVENTUALLY(LOAD(step) >= n);
}

/* --- values */

static inline bool values_same(int id, const unsigned short *want, int nsems)
{
	unsigned short values[nsems];
	int i;

	memset(values, POISON, sizeof(values));
	if (sem_getall(id, values, nsems)) {
		printf("# the values cannot be read: %s\n", strerror(errno));
		return false;
	}
	for (i = 0; i < nsems; i++) {
		if (values[i] == want[i])
			continue;
		printf("# semaphore %d is %d, should be %d\n", i, values[i], want[i]);
		fflush(stdout);
		return false;
	}
	return true;
}

#define VALUES_ARE(id, ...) ({ \
	unsigned short want__[] = { __VA_ARGS__ }; \
	values_same(id, want__, sizeof(want__) / sizeof(want__[0])); \
})

#define SET_VALUES(id, ...) ({ \
	unsigned short values__[] = { __VA_ARGS__ }; \
	sem_setall(id, values__, sizeof(values__) / sizeof(values__[0])); \
})

/* A new set with these values. */
#define SET_OF(...) ({ \
	unsigned short first__[] = { __VA_ARGS__ }; \
	int set__ = sem_new(sizeof(first__) / sizeof(first__[0])); \
	sem_setall(set__, first__, sizeof(first__) / sizeof(first__[0])) ? -1 : set__; \
})

/* --- ends of a process */

enum ending {
	BY_EXIT,
	BY_LAST_THREAD,
	BY_KILL,
	BY_SIGNAL,
	BY_FAULT,
	ENDINGS,
};

/* End the calling process; if it has other threads, not by BY_LAST_THREAD. */
static inline void end_by(enum ending how)
{
	switch (how) {
	case BY_EXIT:
		_exit(0);
	case BY_LAST_THREAD:
		syscall(SYS_exit, 0);
		break;
	case BY_SIGNAL:
		signal(SIGTERM, SIG_DFL);
		kill(getpid(), SIGTERM);
		break;
	case BY_FAULT:
		signal(SIGSEGV, SIG_DFL);
		__atomic_store_n((char *)nowhere(), 1, __ATOMIC_RELAXED);
		break;
	default:
		kill(getpid(), SIGKILL);
	}
	for (;;)
		pause();
}

/* What child_wait() says about one that ended so. */
static inline int status_of(enum ending how)
{
	static const int statuses[ENDINGS] = {
		[BY_KILL] = 128 + SIGKILL,
		[BY_SIGNAL] = 128 + SIGTERM,
		[BY_FAULT] = 128 + SIGSEGV,
	};

	return statuses[how];
}

/* --- a child or a thread that does one list */

/* A child that has done the list, and then waits to be killed. Or -1. */
static inline pid_t holder_of(int id, struct sembuf *ops, size_t nops)
{
	int *done = shared_alloc(sizeof(*done));
	pid_t pid;

	if (!done)
		return -1;
	pid = child_fork();
	if (!pid) {
		STORE(done, sem->op(id, ops, nops) ? -1 : 1);
		for (;;)
			pause();
	}
	if (pid > 0 && (!EVENTUALLY(LOAD(done)) || LOAD(done) < 0))
		pid = -1;
	munmap(done, sizeof(*done));
	return pid;
}

#define HOLDER(id, ...) ({ \
	struct sembuf ops__[] = { __VA_ARGS__ }; \
	holder_of(id, ops__, sizeof(ops__) / sizeof(ops__[0])); \
})

struct job {
	int id;
	struct sembuf op;
	pid_t tid;
	int error;
};

static inline void *job_run(void *data)
{
	struct job *job = data;

	STORE(&job->tid, gettid());
	job->error = sem_do_error(job->id, &job->op, 1);
	return NULL;
}

/* Do one operation in a thread that comes and goes: 0 or the errno value. */
static inline int in_a_thread(int id, int num, int op, int flags)
{
	struct job job = { .id = id, .op = SEM_OP(num, op, flags) };
	pthread_t thread;

	if (pthread_create(&thread, NULL, job_run, &job) || pthread_join(thread, NULL))
		return -1;
	return job.error;
}

/* --- what poll waits for */

#define WATCH(fd, ...) ({ \
	struct sembuf watched__[] = { __VA_ARGS__ }; \
	sem_watch_on(fd, watched__, sizeof(watched__) / sizeof(watched__[0])); \
})

static inline int watch_end(int fd)
{
	return sem_watch_on(fd, NULL, 0);
}

#endif /* KIPC_SEM_STEPS_H */
