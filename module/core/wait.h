/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_WAIT_H
#define _KIPC_CORE_WAIT_H

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

/*
 * Waiting. The kernel's wait queues wake under their own lock, and a woken
 * thread on another CPU then spins on that lock; wake_q, the kernel's answer,
 * is not exported. So sleepers stand in a list of the object's own, guarded by
 * the object's spinlock:
 *
 * - who must sleep enters itself under that lock, having seen under the same
 *   lock that its condition does not hold, so no wake-up is lost;
 * - who makes the condition true picks a sleeper off the list under the lock
 *   (kipc_waitq_pick_locked), unlocks, and wakes the task, on which the pick
 *   took a reference (kipc_wake_task);
 * - the pick is the waker's last touch of the sleeper's entry, which is on the
 *   sleeper's stack. A sleeper that sees itself picked leaves at once; one that
 *   leaves for another reason takes itself off the list under the lock;
 * - a wake-up is a hint, not a grant. Who was picked and then leaves without
 *   using what it was woken for must pass the wake-up on.
 *
 * poll and epoll stand in an ordinary wait queue beside it. Whether anybody is
 * there is looked at under the object's lock: a poller enters the queue before
 * it takes that lock to look at the state, so either the waker sees the poller
 * or the poller sees the new state.
 */

/**
 * struct kipc_waitq - those who wait for one condition of an object
 * @sleepers: blocked threads, longest waiting first; guarded by the object's
 *	lock
 * @nr_sleepers: how many; guarded likewise
 * @pollers: poll, select, epoll and io_uring
 */
struct kipc_waitq {
	struct list_head sleepers;
	unsigned int nr_sleepers;
	wait_queue_head_t pollers;
};

/**
 * struct kipc_sleeper - a thread in a &struct kipc_waitq, on its own stack
 * @node: in the queue; empty when picked or not entered
 * @task: the thread
 * @need: how much the thread waits for, in the unit of the object
 * @tag: what else the object wants to know of it
 * @again: the thread was woken before and came too late: it goes to the front
 */
struct kipc_sleeper {
	struct list_head node;
	struct task_struct *task;
	unsigned int need;
	unsigned int tag;
	bool again;
};

#define KIPC_SLEEPER_INIT(name) {		\
	.node = LIST_HEAD_INIT((name).node),	\
	.task = current,			\
}

static inline void kipc_waitq_init(struct kipc_waitq *wq)
{
	INIT_LIST_HEAD(&wq->sleepers);
	wq->nr_sleepers = 0;
	init_waitqueue_head(&wq->pollers);
}

/**
 * kipc_waitq_is_polled_locked - does anybody poll?
 * @wq: the queue; the object's lock is held
 *
 * Return: true if there is a poller to wake.
 */
static inline bool kipc_waitq_is_polled_locked(struct kipc_waitq *wq)
{
	/* The object's lock orders this against a poller; see above. */
	return waitqueue_active(&wq->pollers);
}

/**
 * kipc_waitq_first_locked - the sleeper who has waited longest
 * @wq: the queue; the object's lock is held
 *
 * Return: the sleeper, or NULL.
 */
static inline struct kipc_sleeper *
kipc_waitq_first_locked(struct kipc_waitq *wq)
{
	return list_first_entry_or_null(&wq->sleepers, struct kipc_sleeper,
					node);
}

/**
 * kipc_sleeper_enter_locked - stand in a queue
 * @wq: the queue; the object's lock is held and the condition is false
 * @s: the calling thread's entry, not in a queue
 *
 * The caller goes on to kipc_sleeper_wait(), and may drop locks before it.
 */
static inline void kipc_sleeper_enter_locked(struct kipc_waitq *wq,
					     struct kipc_sleeper *s)
{
	if (s->again)
		list_add(&s->node, &wq->sleepers);
	else
		list_add_tail(&s->node, &wq->sleepers);
	wq->nr_sleepers++;
	s->again = true;
}

/**
 * kipc_waitq_pick_locked - take the longest waiting sleeper off a queue
 * @wq: the queue; the object's lock is held
 *
 * Return: its task, for kipc_wake_task() after the unlock, or NULL.
 */
static inline struct task_struct *
kipc_waitq_pick_locked(struct kipc_waitq *wq)
{
	struct kipc_sleeper *s = kipc_waitq_first_locked(wq);
	struct task_struct *task;

	if (!s)
		return NULL;
	task = get_task_struct(s->task);
	wq->nr_sleepers--;
	/*
	 * The last touch of the entry: a sleeper that sees itself off the list,
	 * which it looks at without the lock, may be gone right after.
	 */
	list_del_init_careful(&s->node);
	return task;
}

/**
 * kipc_wake_task - wake a thread that was picked
 * @task: what kipc_waitq_pick_locked() returned
 *
 * Context: no spinlock held.
 */
static inline void kipc_wake_task(struct task_struct *task)
{
	wake_up_process(task);
	put_task_struct(task);
}

/*
 * Waiting for others to do one's work. A sleeper of the kind above looks again at
 * what it was woken for. A waiter has described what it wants, and whoever makes
 * that possible does it, under the locks of the object, with the result in the
 * waiter's entry. So what is given is given in order, and the waiter need not
 * take a lock when it wakes:
 *
 * - who must wait enters itself in a list of the object (KIPC_WAITER_QUEUED);
 * - who has done its work takes it off, under the lock, into a list of its own
 *   (KIPC_WAITER_TAKEN, kipc_waiter_take_locked), unlocks, and tells and wakes all
 *   in that list (KIPC_WAITER_DONE, kipc_waiters_wake). Storing DONE is the last
 *   touch of the entry;
 * - a waiter that leaves for another reason takes the lock: if it is QUEUED it
 *   takes itself off, if it is TAKEN its work is done and it waits to be told.
 */
enum kipc_waiter_state {
	KIPC_WAITER_QUEUED,
	KIPC_WAITER_TAKEN,
	KIPC_WAITER_DONE,
};

/**
 * struct kipc_waiter - a thread whose work others do, on its own stack
 * @node: in a list of the object, or of who has done its work
 * @task: the thread
 * @state: changed under the object's lock up to TAKEN
 * @pokes: how often it was told to see whether it may still wait; changed under the
 *	object's lock
 * @seen: as of which of them it has seen that; likewise
 * @result: of the work; the waiter's own once it is DONE
 */
struct kipc_waiter {
	struct list_head node;
	struct task_struct *task;
	enum kipc_waiter_state state;
	unsigned int pokes;
	unsigned int seen;
	int result;
};

/**
 * kipc_waiter_init - make a waiter of the calling thread
 * @waiter: its entry, for it to put in a list of the object
 */
static inline void kipc_waiter_init(struct kipc_waiter *waiter)
{
	waiter->task = current;
	waiter->state = KIPC_WAITER_QUEUED;
	waiter->pokes = 0;
	waiter->seen = 0;
}

/**
 * kipc_waiter_is_queued_locked - is its work still to be done?
 * @waiter: a waiter; the object's lock is held
 *
 * Return: true if so, until the lock is dropped. Otherwise it is taken, and may be told
 * so at this moment: that needs no lock.
 */
static inline bool kipc_waiter_is_queued_locked(const struct kipc_waiter *waiter)
{
	return READ_ONCE(waiter->state) == KIPC_WAITER_QUEUED;
}

/**
 * kipc_waiter_poke_locked - have a waiter see whether it may still wait
 * @waiter: a waiter that is queued, and stays where it is; the object's lock is held
 *
 * For what is rare: the waiter is woken under the lock.
 */
static inline void kipc_waiter_poke_locked(struct kipc_waiter *waiter)
{
	WRITE_ONCE(waiter->pokes, waiter->pokes + 1);
	wake_up_process(waiter->task);
}

/**
 * kipc_waiter_is_in_doubt - has it still to see whether it may wait?
 * @waiter: a waiter; the object's lock is held, or it is the caller's own
 *
 * Return: true if so. It gets nothing until then.
 */
static inline bool kipc_waiter_is_in_doubt(const struct kipc_waiter *waiter)
{
	return READ_ONCE(waiter->pokes) != waiter->seen;
}

/**
 * kipc_waiter_take_locked - take a waiter off its list, with its work done
 * @waiter: a waiter that is queued; the object's lock is held
 * @result: what it gets
 * @taken: list for kipc_waiters_wake()
 */
static inline void kipc_waiter_take_locked(struct kipc_waiter *waiter,
					   int result, struct list_head *taken)
{
	waiter->result = result;
	/* The waiter may be looking, without the lock, whether it is DONE. */
	WRITE_ONCE(waiter->state, KIPC_WAITER_TAKEN);
	list_move_tail(&waiter->node, taken);
}

ktime_t *kipc_deadline(u64 timeout, bool relative, ktime_t *deadline);

/**
 * kipc_waiter_take_one_locked - take one waiter, which is in no list any more
 * @waiter: the waiter; the object's lock is held
 * @result: what it gets
 *
 * Return: its task, for kipc_waiter_wake_one().
 */
static inline struct task_struct *
kipc_waiter_take_one_locked(struct kipc_waiter *waiter, int result)
{
	waiter->result = result;
	WRITE_ONCE(waiter->state, KIPC_WAITER_TAKEN);
	return get_task_struct(waiter->task);
}

/**
 * kipc_waiter_wake_one - tell one waiter that its work is done, and wake it
 * @waiter: the waiter
 * @task: its task
 *
 * Context: no spinlock held.
 */
static inline void kipc_waiter_wake_one(struct kipc_waiter *waiter,
					struct task_struct *task)
{
	/* Pairs with the acquire of the waiter, which may go right after. */
	smp_store_release(&waiter->state, KIPC_WAITER_DONE);
	kipc_wake_task(task);
}

void kipc_waiters_wake(struct list_head *taken);
int kipc_waiter_wait(struct kipc_waiter *waiter, ktime_t *expires);
int kipc_waiter_wait_killable(struct kipc_waiter *waiter);
void kipc_waiter_settle(struct kipc_waiter *waiter);

int kipc_sleeper_wait(struct kipc_waitq *wq, struct kipc_sleeper *s, spinlock_t *lock);
void kipc_wake_all(struct kipc_waitq *wq, spinlock_t *lock);

#endif /* _KIPC_CORE_WAIT_H */
