/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_WAIT_H
#define _KIPC_CORE_WAIT_H

#include <linux/list.h>
#include <linux/sched.h>
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
 * - a sleeper always takes the lock again before it leaves, so its entry, which
 *   is on its stack, is off the list by then and no waker can touch it;
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
 * @again: the thread was woken before and came too late: it goes to the front
 */
struct kipc_sleeper {
	struct list_head node;
	struct task_struct *task;
	unsigned int need;
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

void kipc_sleeper_enter_locked(struct kipc_waitq *wq, struct kipc_sleeper *s);
int kipc_sleeper_wait(struct kipc_waitq *wq, struct kipc_sleeper *s,
		      spinlock_t *lock);
struct task_struct *kipc_waitq_pick_locked(struct kipc_waitq *wq);
void kipc_wake_task(struct task_struct *task);
void kipc_wake_all(struct kipc_waitq *wq, spinlock_t *lock);

#endif /* _KIPC_CORE_WAIT_H */
