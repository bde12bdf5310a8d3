// SPDX-License-Identifier: GPL-2.0
/* Sleeping and waking; see wait.h for the protocol. */
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "core/wait.h"

/**
 * kipc_sleeper_enter_locked - stand in a queue
 * @wq: the queue; the object's lock is held and the condition is false
 * @s: the calling thread's entry, not in a queue
 *
 * The caller goes on to kipc_sleeper_wait(), and may drop locks before it.
 */
void kipc_sleeper_enter_locked(struct kipc_waitq *wq, struct kipc_sleeper *s)
{
	if (s->again)
		list_add(&s->node, &wq->sleepers);
	else
		list_add_tail(&s->node, &wq->sleepers);
	wq->nr_sleepers++;
	s->again = true;
}

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
int kipc_sleeper_wait(struct kipc_waitq *wq, struct kipc_sleeper *s,
		      spinlock_t *lock)
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

	spin_lock(lock);
	if (!list_empty(&s->node)) {
		list_del_init(&s->node);
		wq->nr_sleepers--;
	}
	spin_unlock(lock);
	return ret;
}

/**
 * kipc_waitq_pick_locked - take the longest waiting sleeper off a queue
 * @wq: the queue; the object's lock is held
 *
 * Return: its task, for kipc_wake_task() after the unlock, or NULL.
 */
struct task_struct *kipc_waitq_pick_locked(struct kipc_waitq *wq)
{
	struct kipc_sleeper *s = kipc_waitq_first_locked(wq);
	struct task_struct *task;

	if (!s)
		return NULL;
	task = get_task_struct(s->task);
	wq->nr_sleepers--;
	/* The sleeper looks at this without the lock; see kipc_sleeper_wait. */
	list_del_init_careful(&s->node);
	return task;
}

/**
 * kipc_wake_task - wake a thread that was picked
 * @task: what kipc_waitq_pick_locked() returned, NULL included
 *
 * Context: no spinlock held.
 */
void kipc_wake_task(struct task_struct *task)
{
	if (!task)
		return;
	wake_up_process(task);
	put_task_struct(task);
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
