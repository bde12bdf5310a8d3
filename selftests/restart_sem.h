/* SPDX-License-Identifier: GPL-2.0 */
/* Calls on semaphore sets that sleep, for restart_test. */
#ifndef KIPC_RESTART_SEM_H
#define KIPC_RESTART_SEM_H

#include "restart.h"
#include "sem_ops.h"

/* The first is 0 and becomes 1, the second the reverse, the third is 1. */
#define SET_SIZE 3

static inline int make_set(struct place *p)
{
	static const unsigned short values[SET_SIZE] = { 0, 1, 1 };
	const struct sembuf watch = SEM_OP(0, -1, 0);

	p->id = sem_new(SET_SIZE);
	if (p->id < 0 || sem_setall(p->id, values, SET_SIZE) || p->dev < 0)
		return p->id < 0 ? -1 : 0;
	p->fd = sem_open_on(p->dev, p->id, KIPC_SEM_CLOEXEC);
	return sem_watch_on(p->fd, &watch, 1) || place_watch(p, p->fd, POLLIN);
}

static inline void look_at_set(const struct place *p, bool asleep, char *text)
{
	int i, n = snprintf(text, LOOK_MAX, "%s: otime %ld", asleep ? "asleep" : "awake",
			    (long)sem_ds(p->id).sem_otime);

	for (i = 0; i < SET_SIZE; i++)
		n += snprintf(text + n, LOOK_MAX - n, "; value %d pid %d ncnt %d zcnt %d",
			      sem_getval(p->id, i), sem_getpid(p->id, i),
			      sem_getncnt(p->id, i), sem_getzcnt(p->id, i));
}

static inline bool finish_set(struct place *p)
{
	return !SEM_DO(p->id, SEM_OP(0, 1, 0), SEM_OP(1, -1, 0));
}

static inline int remove_set(const struct place *p)
{
	return sem_rmid(p->id);
}

static const struct kind set = {
	.sysv = true, .make = make_set, .look = look_at_set, .finish = finish_set,
	.remove = remove_set,
};

/* --- the calls */

/* A list that sleeps at the first semaphore, for it to become 1, or the second, for 0. */
#define TAKE	{ SEM_OP(0, -1, 0) }
#define ZERO	{ SEM_OP(1, 0, 0) }
#define LIST	{ SEM_OP(2, -1, 0), SEM_OP(0, -1, 0) }

static inline long do_semop_take(const struct place *p)
{
	struct sembuf ops[] = TAKE;

	return sem->op(p->id, ops, 1);
}

static inline long do_semop_zero(const struct place *p)
{
	struct sembuf ops[] = ZERO;

	return sem->op(p->id, ops, 1);
}

static inline long do_semop_list(const struct place *p)
{
	struct sembuf ops[] = LIST;

	return sem->op(p->id, ops, 2);
}

static inline long do_semtimedop(const struct place *p)
{
	struct sembuf ops[] = TAKE;
	struct timespec ts = left(p);

	return sem->timedop(p->id, ops, 1, &ts);
}

static inline long do_semtimedop_list(const struct place *p)
{
	struct sembuf ops[] = LIST;
	struct timespec ts = left(p);

	return sem->timedop(p->id, ops, 2, &ts);
}

static inline long do_sem_until(const struct place *p)
{
	struct sembuf ops[] = TAKE;

	return sem_op_on(p->dev, p->id, ops, 1, 0, p->deadline);
}

static inline long do_sem_on_fd(const struct place *p)
{
	struct sembuf ops[] = LIST;

	return sem_op_on(p->fd, KIPC_ID_SELF, ops, 2, 0, KIPC_TIMEOUT_NONE);
}

static inline long do_sem_on_fd_until(const struct place *p)
{
	struct sembuf ops[] = ZERO;

	return sem_op_on(p->fd, KIPC_ID_SELF, ops, 1, 0, p->deadline);
}

static inline long do_sem_on_fd_for(const struct place *p)
{
	struct sembuf ops[] = TAKE;
	struct timespec ts = left(p);

	return sem_timedop_on(p->fd, KIPC_ID_SELF, ops, 1, &ts);
}

static inline long do_sem_one(const struct place *p)
{
	return sem_one_on(p->fd, KIPC_SEM_ONE(0, -1));
}

static inline long do_sem_one_zero(const struct place *p)
{
	return sem_one_on(p->fd, KIPC_SEM_ONE(1, 0));
}

static inline bool set_was_taken_from(const struct place *p)
{
	return SEM_VALUES(p->id, 0, 0, 1) && sem_getpid(p->id, 0) != getpid();
}

static inline bool list_was_done(const struct place *p)
{
	return SEM_VALUES(p->id, 0, 0, 0) && sem_getpid(p->id, 2) != getpid();
}

static inline bool zero_was_seen(const struct place *p)
{
	return SEM_VALUES(p->id, 1, 0, 1) && sem_getpid(p->id, 1) != getpid();
}

#endif /* KIPC_RESTART_SEM_H */
