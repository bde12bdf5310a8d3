// SPDX-License-Identifier: GPL-2.0
/* Sleeping and waking; see wait.h for the protocol. */
#include <linux/sched/signal.h>

#include "core/wait.h"

/**
 * kipc_sleeper_wait - sleep until picked or signalled
 * @wq: the queue that @s was entered into
 * @s: the calling thread's entry
 * @lock: the object's lock, not held
 *
 * Context: sleeps; no locks held.
 * Return: 0 when a waker picked the thread, which then looks at its condition
 * again; -ERESTARTSYS when a signal is pending. In both cases @s is in no queue
 * any more. After -ERESTARTSYS the thread may have been picked all the same, so
 * the caller passes the wake-up on.
 */
int kipc_sleeper_wait(struct kipc_waitq *wq, struct kipc_sleeper *s, spinlock_t *lock)
{
	int ret = 0;

	for (;;) {
		/*
		 * Pairs with the barrier in wake_up_process(): either we see
		 * that we were picked, or the waker sees us asleep.
		 */
		set_current_state(TASK_INTERRUPTIBLE);
		if (list_empty_careful(&s->node))
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	if (!ret)
		return 0;

	spin_lock(lock);
	if (!list_empty(&s->node)) {
		list_del_init(&s->node);
		wq->nr_sleepers--;
	}
	spin_unlock(lock);
	return ret;
}

/**
 * kipc_wake_all - wake everybody in a queue
 * @wq: the queue
 * @lock: the object's lock, not held
 *
 * Threads that enter the queue meanwhile are not waited for.
 */
void kipc_wake_all(struct kipc_waitq *wq, spinlock_t *lock)
{
	struct task_struct *task;
	unsigned int nr;

	spin_lock(lock);
	nr = wq->nr_sleepers;
	spin_unlock(lock);
	while (nr--) {
		spin_lock(lock);
		task = kipc_waitq_pick_locked(wq);
		spin_unlock(lock);
		if (!task)
			break;
		kipc_wake_task(task);
	}
	wake_up_interruptible_all(&wq->pollers);
}
