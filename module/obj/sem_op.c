// SPDX-License-Identifier: GPL-2.0
/* Operations on semaphores: doing them, waiting, waking; see sem.h. */
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "core/fdinfo.h"
#include "obj/sem.h"

/**
 * struct kipc_sem_waiter - a thread whose list waits, on its own stack
 * @waiter: what all waiters have
 * @turn: in the set's @turns, or empty; it is in no queue then
 * @list: what is to be done
 * @ticket: those who wait longer have a smaller one; constant
 * @num: at which semaphore it waits; changes under the set's lock, and only for
 *	lists of more than one
 * @for_zero: for that to be 0; otherwise for it to be large enough
 * @parked: in @turns with a single operation while nobody has the set's lock
 */
struct kipc_sem_waiter {
	struct kipc_waiter waiter;
	struct rb_node turn;
	struct kipc_sem_list *list;
	u64 ticket;
	unsigned int num;
	bool for_zero;
	bool parked;
};

/* What may be done to others without a pause, in steps of one operation: some 100 us. */
#define KIPC_SEM_STEPS	16384

/**
 * kipc_sem_check_list - check operations, and see what they are
 * @set: what they are for
 * @list: the list, which gets all but its process
 * @ops: the operations, list->nr of them, flags checked; numbers are made safe
 *
 * Return: 0, or -EFBIG if one is for a semaphore that the set does not have.
 */
int kipc_sem_check_list(const struct kipc_sem_set *set,
			struct kipc_sem_list *list, struct kipc_sem_op *ops)
{
	unsigned int i;

	list->ops = ops;
	list->alters = false;
	list->undos = false;
	list->undo = NULL;
	for (i = 0; i < list->nr; i++) {
		if (ops[i].num >= set->nsems)
			return -EFBIG;
		ops[i].num = array_index_nospec(ops[i].num, set->nsems);
		if (ops[i].op)
			list->alters = true;
		if (ops[i].flags & KIPC_SEM_UNDO)
			list->undos = true;
	}
	return 0;
}

static void kipc_sem_claim_list(struct kipc_sem_set *set,
				const struct kipc_sem_list *list)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		kipc_sem_claim(set, &set->sems[list->ops[i].num]);
}

/* Takes back the first operations of a list. */
static void kipc_sem_revert(struct kipc_sem_set *set,
			    struct kipc_sem_list *list, unsigned int nr)
{
	const struct kipc_sem_op *op;

	while (nr--) {
		op = &list->ops[nr];
		kipc_sem_step_back(&set->sems[op->num], list, op);
	}
}

/*
 * Does all operations of a list, or none: then @stop says which one it was that
 * has to wait, or cannot be done.
 */
static int kipc_sem_apply(struct kipc_sem_set *set, struct kipc_sem_list *list,
			  unsigned int *stop)
{
	unsigned int i;
	int ret;

	for (i = 0; i < list->nr; i++) {
		ret = kipc_sem_step(&set->sems[list->ops[i].num], list,
				    &list->ops[i]);
		if (unlikely(ret)) {
			kipc_sem_revert(set, list, i);
			*stop = i;
			return ret;
		}
	}
	return 0;
}

/**
 * kipc_sem_change_pid - note another process as the one of the last operation
 * @sem: the semaphore, locked or claimed
 * @pid: the process
 */
void kipc_sem_change_pid(struct kipc_sem *sem, struct pid *pid)
{
	put_pid(sem->pid);
	sem->pid = get_pid(pid);
}

/**
 * kipc_sem_set_dead - note that a holder has died, or that it is known
 * @sem: a semaphore that is claimed
 * @dead: which
 */
void kipc_sem_set_dead(struct kipc_sem *sem, bool dead)
{
	if (sem->dead == dead)
		return;
	sem->dead = dead;
	if (dead)
		sem->nr_wide++;
	else
		sem->nr_wide--;
}

/* Notes who did the operations of a list, and when. */
static void kipc_sem_sign(struct kipc_sem_set *set,
			  const struct kipc_sem_list *list)
{
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		kipc_sem_set_pid(&set->sems[list->ops[i].num], list->pid);
	set->sems[list->ops[0].num].otime = ktime_get_real_seconds();
}

/*
 * Likewise of a set that is locked wide, and notes which semaphores others may
 * have waited for. Says whether a holder of one that was decreased has died.
 */
static int kipc_sem_sign_wide(struct kipc_sem_set *set,
			      const struct kipc_sem_list *list)
{
	const struct kipc_sem_op *op;
	struct kipc_sem *sem;
	int ret = 0;

	kipc_sem_sign(set, list);
	for (op = list->ops; op < list->ops + list->nr; op++) {
		sem = &set->sems[op->num];
		/* A list may also wait for a semaphore to be smaller. */
		if (op->op)
			sem->changed = true;
		if (op->op < 0 && sem->dead) {
			kipc_sem_set_dead(sem, false);
			ret = -EOWNERDEAD;
		}
	}
	return ret;
}

/*
 * Stands in the queue of the semaphore that stops it. A list may come from another
 * one, and then it stands behind who waits less long: tickets say who is next.
 */
static void kipc_sem_enqueue(struct kipc_sem_set *set,
			     struct kipc_sem_waiter *waiter)
{
	struct kipc_sem *sem = &set->sems[waiter->num];

	list_add_tail(&waiter->waiter.node,
		      waiter->list->alters ? &sem->alters : &sem->zeros);
	if (waiter->list->nr > 1)
		sem->nr_wide++;
}

/*
 * Undoes that, at a semaphore that is locked or claimed; who is taken from a queue is in a
 * list of who takes it then, or has a turn.
 */
static void kipc_sem_left_queue(struct kipc_sem_set *set,
				struct kipc_sem_waiter *waiter)
{
	if (waiter->list->nr > 1 || waiter->parked)
		set->sems[waiter->num].nr_wide--;
	waiter->parked = false;
}

static void kipc_sem_set_stop(struct kipc_sem_waiter *waiter, unsigned int stop)
{
	const struct kipc_sem_op *op = &waiter->list->ops[stop];

	waiter->num = op->num;
	waiter->for_zero = !op->op;
}

/*
 * Does what a waiter at a semaphore wants, if that can be done now. The semaphore
 * alone is locked, so no list of more than one waits there.
 */
static void kipc_sem_serve(struct kipc_sem_set *set,
			   struct kipc_sem_waiter *waiter,
			   struct list_head *taken)
{
	unsigned int stop;
	int ret = kipc_sem_apply(set, waiter->list, &stop);

	if (ret == KIPC_SEM_WAIT)
		return;
	if (!ret)
		kipc_sem_sign(set, waiter->list);
	kipc_waiter_take_locked(&waiter->waiter, ret, taken);
}

/*
 * Looks at those who wait at a semaphore that has changed: that it is smaller than
 * before helps nobody but those who wait for 0.
 */
static void kipc_sem_wake_narrow(struct kipc_sem_set *set, struct kipc_sem *sem,
				 bool larger, struct list_head *taken)
{
	struct kipc_sem_waiter *waiter, *next;

	if (larger) {
		list_for_each_entry_safe(waiter, next, &sem->alters, waiter.node) {
			if (!sem->value)
				break;
			kipc_sem_serve(set, waiter, taken);
		}
	}
	if (sem->value)
		return;
	list_for_each_entry_safe(waiter, next, &sem->zeros, waiter.node)
		kipc_sem_serve(set, waiter, taken);
}

/*
 * Likewise of a set that is locked wide: serves a waiter that is in no queue any
 * more, or enters it where it has to wait now. Says whether its list has been done.
 */
static bool kipc_sem_serve_wide(struct kipc_sem_set *set,
				struct kipc_sem_waiter *waiter,
				struct list_head *taken)
{
	struct kipc_sem_list *list = waiter->list;
	unsigned int stop;
	bool done;
	int ret;

	kipc_sem_claim_list(set, list);
	kipc_sem_left_queue(set, waiter);
	ret = kipc_sem_apply(set, list, &stop);
	done = !ret;
	if (ret == KIPC_SEM_WAIT) {
		if (!(list->ops[stop].flags & KIPC_SEM_NOWAIT)) {
			kipc_sem_set_stop(waiter, stop);
			kipc_sem_enqueue(set, waiter);
			return false;
		}
		ret = -EAGAIN;
	} else if (done) {
		ret = kipc_sem_sign_wide(set, list);
	}
	kipc_waiter_take_locked(&waiter->waiter, ret, taken);
	return done;
}

static bool kipc_sem_is_longer(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct kipc_sem_waiter, turn)->ticket <
	       rb_entry(b, struct kipc_sem_waiter, turn)->ticket;
}

/* Takes a waiter from a queue: it is looked at when those have been who wait longer. */
static void kipc_sem_give_turn(struct kipc_sem_set *set,
			       struct kipc_sem_waiter *waiter)
{
	list_del_init(&waiter->waiter.node);
	rb_add(&waiter->turn, &set->turns, kipc_sem_is_longer);
}

/*
 * Who has a turn while the lock is dropped is where the next one finds it who goes wide, as all
 * do then who come to its semaphore.
 */
static void kipc_sem_park(struct kipc_sem_set *set,
			  struct kipc_sem_waiter *waiter)
{
	struct kipc_sem *sem = &set->sems[waiter->num];

	if (waiter->list->nr > 1 || waiter->parked)
		return;
	kipc_sem_claim(set, sem);
	sem->nr_wide++;
	waiter->parked = true;
}

/*
 * Empties the queues of a semaphore that has changed, but for single operations if these
 * cannot be done all the same. Those who only wait for zero are served at once; the others
 * get a turn. Adds to @steps what that takes.
 */
static void kipc_sem_gather(struct kipc_sem_set *set, struct kipc_sem *sem,
			    bool singles, struct list_head *taken,
			    unsigned int *steps)
{
	struct kipc_sem_waiter *waiter, *next;

	if (!sem->value) {
		/* None of them comes back: another one stops it, if any. */
		list_for_each_entry_safe(waiter, next, &sem->zeros, waiter.node) {
			*steps += waiter->list->nr;
			list_del_init(&waiter->waiter.node);
			kipc_sem_serve_wide(set, waiter, taken);
		}
		/* Below 0 nothing goes, but a list may wait for zero and alter. */
		if (!sem->nr_wide)
			return;
	}
	list_for_each_entry_safe(waiter, next, &sem->alters, waiter.node) {
		(*steps)++;
		if (!singles && waiter->list->nr == 1)
			continue;
		kipc_sem_give_turn(set, waiter);
	}
}

/* Likewise of all semaphores that the list of a waiter, which is done, has changed. */
static void kipc_sem_gather_list(struct kipc_sem_set *set,
				 const struct kipc_sem_list *list,
				 struct list_head *taken, unsigned int *steps)
{
	/*
	 * A single operation that waited has made it smaller: not for those who stand there
	 * with single ones, and have had too little before.
	 */
	bool singles = list->nr > 1;
	const struct kipc_sem_op *op;
	struct kipc_sem *sem;

	for (op = list->ops; op < list->ops + list->nr; op++) {
		sem = &set->sems[op->num];
		if (op->op && (singles || !sem->value || sem->nr_wide))
			kipc_sem_gather(set, sem, singles, taken, steps);
	}
}

/* Takes the one who waits longest. */
static struct kipc_sem_waiter *kipc_sem_next_turn(struct kipc_sem_set *set)
{
	struct rb_node *first = rb_first(&set->turns);

	if (!first)
		return NULL;
	rb_erase(first, &set->turns);
	RB_CLEAR_NODE(first);
	return rb_entry(first, struct kipc_sem_waiter, turn);
}

/* Gives others a chance to use the set, and tells those who are done. */
static void kipc_sem_pause_locked(struct kipc_sem_set *set,
				  struct list_head *taken)
{
	struct rb_node *node;

	for (node = rb_first(&set->turns); node; node = rb_next(node))
		kipc_sem_park(set, rb_entry(node, struct kipc_sem_waiter, turn));
	kipc_sem_poll_wake_locked(set);
	kipc_sem_unlock_wide(set);
	kipc_waiters_wake(taken);
	INIT_LIST_HEAD(taken);
	cond_resched();
	kipc_sem_lock_wide(set);
}

/**
 * kipc_sem_wake_locked - do what waits for the semaphores that have changed
 * @set: the set, locked wide
 * @taken: list for kipc_waiters_wake()
 *
 * All who wait at one that has changed have a turn, who waits longest first. Who
 * cannot go on then stands in a queue again, until that semaphore changes; whoever
 * is done may change some, and gives a turn to those who wait there. So nobody
 * stands in a queue who could go on. It comes to an end, as those who are done are
 * gone, and each of them gives a turn at most to all who are left.
 *
 * That may be many: the lock is dropped now and then, all claims with it, and somebody
 * else may take what others wait for, or go on with their turns.
 *
 * Those who poll are woken as well.
 *
 * Context: may sleep.
 */
void kipc_sem_wake_locked(struct kipc_sem_set *set, struct list_head *taken)
{
	struct kipc_sem_waiter *waiter;
	unsigned int steps = 0;
	struct kipc_sem *sem;

	for (sem = kipc_sem_first_claimed(set); sem;
	     sem = kipc_sem_next_claimed(set, sem))
		if (sem->changed)
			kipc_sem_gather(set, sem, true, taken, &steps);
	/* Its list is there as long as it has not been told that it is done. */
	while ((waiter = kipc_sem_next_turn(set))) {
		steps += waiter->list->nr;
		if (kipc_sem_serve_wide(set, waiter, taken))
			kipc_sem_gather_list(set, waiter->list, taken, &steps);
		if (steps >= KIPC_SEM_STEPS) {
			kipc_sem_pause_locked(set, taken);
			steps = 0;
		}
	}
	kipc_sem_poll_wake_locked(set);
}

/**
 * kipc_sem_put_value - set a semaphore
 * @set: its set, locked wide
 * @sem: the semaphore, claimed
 * @value: its new value
 * @pid: who does it
 *
 * kipc_sem_wake_locked() is to be called after it.
 */
void kipc_sem_put_value(struct kipc_sem_set *set, struct kipc_sem *sem,
			int value, struct pid *pid)
{
	lockdep_assert_held(&set->lock);
	sem->value = value;
	kipc_sem_set_pid(sem, pid);
	sem->changed = true;
}

/* Enters the queue of the operation that stops a list. */
static void kipc_sem_begin_wait(struct kipc_sem_set *set,
				struct kipc_sem_waiter *waiter,
				struct kipc_sem_list *list, unsigned int stop)
{
	kipc_waiter_init(&waiter->waiter);
	RB_CLEAR_NODE(&waiter->turn);
	waiter->parked = false;
	waiter->list = list;
	waiter->ticket = atomic64_inc_return(&set->tickets);
	kipc_sem_set_stop(waiter, stop);
	kipc_sem_enqueue(set, waiter);
}

/* Likewise in a set that is locked wide. */
static void kipc_sem_begin_wait_wide(struct kipc_sem_set *set,
				     struct kipc_sem_waiter *waiter,
				     struct kipc_sem_list *list,
				     unsigned int stop)
{
	kipc_sem_begin_wait(set, waiter, list, stop);
	/* In a queue it would come before those who have a turn, and wait longer. */
	if (unlikely(!RB_EMPTY_ROOT(&set->turns))) {
		kipc_sem_give_turn(set, waiter);
		kipc_sem_park(set, waiter);
	}
}

/* Locks a set for the semaphore that a waiter is at; as kipc_sem_lock(). */
static bool kipc_sem_lock_waiter(struct kipc_sem_set *set,
				 struct kipc_sem_waiter *waiter)
{
	/* That goes wide if it is parked. */
	if (waiter->list->nr == 1)
		return kipc_sem_lock(set, &set->sems[waiter->num]);
	/* One with a list may move from one semaphore to another. */
	kipc_sem_lock_wide(set);
	kipc_sem_claim(set, &set->sems[waiter->num]);
	return true;
}

/* Sleeps until a list is done, or has to be given up. No locks are held. */
static int kipc_sem_wait(struct kipc_sem_set *set,
			 struct kipc_sem_waiter *waiter,
			 const struct kipc_sem_ops *arg)
{
	ktime_t deadline, *expires = NULL;
	bool wide, queued;
	int ret;

	if (arg)
		expires = kipc_deadline(arg->timeout,
					arg->flags & KIPC_SEM_RELATIVE,
					&deadline);
	ret = kipc_waiter_wait(&waiter->waiter, expires);
	if (!ret)
		return waiter->waiter.result;
	wide = kipc_sem_lock_waiter(set, waiter);
	queued = kipc_waiter_is_queued_locked(&waiter->waiter);
	if (queued) {
		if (RB_EMPTY_NODE(&waiter->turn))
			list_del(&waiter->waiter.node);
		else
			rb_erase(&waiter->turn, &set->turns);
		kipc_sem_left_queue(set, waiter);
	}
	kipc_sem_unlock(set, &set->sems[waiter->num], wide);
	if (queued)
		return ret == -ETIME ? -EAGAIN : ret;
	kipc_waiter_settle(&waiter->waiter);
	return waiter->waiter.result;
}

/**
 * kipc_sem_block - wait for a semaphore that an operation has to wait for
 * @set: the set
 * @sem: the semaphore; its lock is held, and dropped
 * @list: the operation
 * @arg: the call, for how long to wait; NULL for ever
 *
 * Return: as of kipc_sem_do().
 */
int kipc_sem_block(struct kipc_sem_set *set, struct kipc_sem *sem,
		   struct kipc_sem_list *list, const struct kipc_sem_ops *arg)
	__releases(&sem->lock)
{
	struct kipc_sem_waiter waiter;

	if (list->ops[0].flags & KIPC_SEM_NOWAIT) {
		spin_unlock(&sem->lock);
		return -EAGAIN;
	}
	kipc_sem_begin_wait(set, &waiter, list, 0);
	spin_unlock(&sem->lock);
	return kipc_sem_wait(set, &waiter, arg);
}

/**
 * kipc_sem_wake - do what waits for a semaphore that has changed
 * @set: the set
 * @sem: the semaphore; its lock is held, and dropped
 * @larger: it is larger than before
 */
void kipc_sem_wake(struct kipc_sem_set *set, struct kipc_sem *sem, bool larger)
	__releases(&sem->lock)
{
	LIST_HEAD(taken);

	kipc_sem_wake_narrow(set, sem, larger, &taken);
	spin_unlock(&sem->lock);
	kipc_waiters_wake(&taken);
}

/**
 * kipc_sem_do - do the operations of a list, and wait until they can be done
 * @set: the set; the caller has a reference
 * @list: the list
 * @arg: the call, for how long to wait; NULL for ever
 *
 * Context: may sleep.
 * Return: 0; -EOWNERDEAD, also when they are done; -EAGAIN, -EIDRM, -EINTR,
 * -ERANGE.
 */
int kipc_sem_do(struct kipc_sem_set *set, struct kipc_sem_list *list,
		const struct kipc_sem_ops *arg)
{
	struct kipc_sem_waiter waiter;
	unsigned int stop;
	LIST_HEAD(taken);
	int ret = -EIDRM;

	kipc_sem_lock_wide(set);
	kipc_sem_claim_list(set, list);
	if (likely(!READ_ONCE(set->entry.gone)))
		ret = kipc_sem_apply(set, list, &stop);
	if (!ret) {
		ret = kipc_sem_sign_wide(set, list);
		kipc_sem_wake_locked(set, &taken);
	} else if (ret == KIPC_SEM_WAIT) {
		if (list->ops[stop].flags & KIPC_SEM_NOWAIT)
			ret = -EAGAIN;
		else
			kipc_sem_begin_wait_wide(set, &waiter, list, stop);
	}
	kipc_sem_unlock_wide(set);
	kipc_waiters_wake(&taken);
	return ret == KIPC_SEM_WAIT ? kipc_sem_wait(set, &waiter, arg) : ret;
}

/**
 * kipc_sem_could - could the operations of a list be done now?
 * @set: the set, locked wide
 * @list: the list, without KIPC_SEM_UNDO
 *
 * Return: true if they could.
 */
bool kipc_sem_could(struct kipc_sem_set *set, struct kipc_sem_list *list)
{
	unsigned int stop;

	kipc_sem_claim_list(set, list);
	if (kipc_sem_apply(set, list, &stop))
		return false;
	kipc_sem_revert(set, list, list->nr);
	return true;
}

static void kipc_sem_count_waiter(const struct kipc_sem_waiter *waiter,
				  unsigned int *ncnt, unsigned int *zcnt)
{
	if (waiter->for_zero)
		(*zcnt)++;
	else
		(*ncnt)++;
}

/**
 * kipc_sem_count_waiters - count those who wait at a semaphore
 * @set: its set
 * @sem: the semaphore, as kipc_sem_lock() has locked it
 * @ncnt: where to leave how many wait for it to be larger
 * @zcnt: where to leave how many wait for it to be 0
 */
void kipc_sem_count_waiters(struct kipc_sem_set *set, struct kipc_sem *sem,
			    unsigned int *ncnt, unsigned int *zcnt)
{
	struct kipc_sem_waiter *waiter;
	struct rb_node *node;

	*ncnt = 0;
	*zcnt = 0;
	list_for_each_entry(waiter, &sem->zeros, waiter.node)
		kipc_sem_count_waiter(waiter, ncnt, zcnt);
	list_for_each_entry(waiter, &sem->alters, waiter.node)
		kipc_sem_count_waiter(waiter, ncnt, zcnt);
	/* Otherwise none of those who have a turn waits here, and the set is not locked. */
	if (!sem->nr_wide)
		return;
	for (node = rb_first(&set->turns); node; node = rb_next(node)) {
		waiter = rb_entry(node, struct kipc_sem_waiter, turn);
		if (&set->sems[waiter->num] == sem)
			kipc_sem_count_waiter(waiter, ncnt, zcnt);
	}
}

/* Returns false if there is no room for more. */
static bool kipc_sem_show_waiter_locked(struct kipc_fdinfo *info,
					const struct kipc_sem_waiter *waiter)
{
	if (!kipc_fdinfo_waiter_locked(info, waiter->waiter.task))
		return false;
	seq_printf(info->m, "sem %u %s\n", waiter->num,
		   waiter->for_zero ? "zero" : "larger");
	return true;
}

static void kipc_sem_show_queue_locked(struct kipc_fdinfo *info,
				       const struct list_head *queue)
{
	const struct kipc_sem_waiter *waiter;

	list_for_each_entry(waiter, queue, waiter.node)
		if (!kipc_sem_show_waiter_locked(info, waiter))
			return;
}

/* Those who have a turn are in no queue. */
static void kipc_sem_show_turns_locked(struct kipc_fdinfo *info,
				       const struct kipc_sem_set *set)
{
	const struct rb_node *node;

	for (node = rb_first(&set->turns); node; node = rb_next(node))
		if (!kipc_sem_show_waiter_locked(info,
						 rb_entry(node, struct kipc_sem_waiter, turn)))
			return;
}

/**
 * kipc_sem_show_waiters - name those who wait at the semaphores of a set
 * @info: where
 * @set: the set
 */
void kipc_sem_show_waiters(struct kipc_fdinfo *info, struct kipc_sem_set *set)
{
	struct kipc_sem *sem;
	bool wide;

	kipc_sem_lock_wide(set);
	kipc_sem_show_turns_locked(info, set);
	kipc_sem_unlock_wide(set);
	for (sem = set->sems; sem < set->sems + set->nsems && info->left; sem++) {
		wide = kipc_sem_lock(set, sem);
		kipc_sem_show_queue_locked(info, &sem->alters);
		kipc_sem_show_queue_locked(info, &sem->zeros);
		kipc_sem_unlock(set, sem, wide);
	}
}

/* Wakes all who wait at a semaphore of a set that is gone. */
static void kipc_sem_end_waits(struct kipc_sem_set *set, struct kipc_sem *sem)
{
	struct kipc_sem_waiter *waiter, *next;
	LIST_HEAD(waiters);
	LIST_HEAD(taken);

	kipc_sem_lock_wide(set);
	kipc_sem_claim(set, sem);
	sem->nr_wide++;
	list_splice_init(&sem->zeros, &waiters);
	list_splice_init(&sem->alters, &waiters);
	list_for_each_entry_safe(waiter, next, &waiters, waiter.node) {
		kipc_sem_left_queue(set, waiter);
		kipc_waiter_take_locked(&waiter->waiter, -EIDRM, &taken);
	}
	kipc_sem_unlock_wide(set);
	kipc_waiters_wake(&taken);
}

/**
 * kipc_sem_end - wake all who wait in a set that is gone
 * @set: the set
 *
 * Context: may sleep.
 */
void kipc_sem_end(struct kipc_sem_set *set)
{
	struct kipc_sem_waiter *waiter;
	struct kipc_sem *sem;
	LIST_HEAD(taken);
	bool quiet;

	/* Who has gone wide may be moving waiters, and enters none after this. */
	kipc_sem_lock_wide(set);
	while ((waiter = kipc_sem_next_turn(set))) {
		kipc_sem_claim(set, &set->sems[waiter->num]);
		kipc_sem_left_queue(set, waiter);
		kipc_waiter_take_locked(&waiter->waiter, -EIDRM, &taken);
	}
	kipc_sem_unlock_wide(set);
	kipc_waiters_wake(&taken);
	for (sem = set->sems; sem < set->sems + set->nsems; sem++) {
		spin_lock(&sem->lock);
		quiet = kipc_sem_is_narrow(sem) &&
			list_empty(&sem->alters) && list_empty(&sem->zeros);
		/* Never 0 again: operations go wide, and see that it is gone. */
		if (quiet)
			sem->nr_wide++;
		spin_unlock(&sem->lock);
		if (!quiet)
			kipc_sem_end_waits(set, sem);
		cond_resched();
	}
}
