// SPDX-License-Identifier: GPL-2.0
/* Sleeping and waking; see wait.h for the protocol. */
#include <linux/hrtimer.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/nsproxy.h>
#include <linux/time_namespace.h>
#include <linux/timekeeping.h>
#include <linux/kipc.h>

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

/* What the caller's clock says, in its time namespace, on that of the machine. */
static ktime_t kipc_timens_to_host(ktime_t time)
{
#ifdef CONFIG_TIME_NS
	ktime_t offset = timespec64_to_ktime(current->nsproxy->time_ns->offsets.monotonic);

	/* The kernel's own function is not exported. */
	if (time < offset)
		return 0;
	return offset < 0 ? ktime_add_safe(time, -offset) : time - offset;
#else
	return time;
#endif
}

/**
 * kipc_deadline - when is a call to stop waiting?
 * @timeout: what it says, in ns of the caller's CLOCK_MONOTONIC, or KIPC_TIMEOUT_NONE
 * @relative: that counts from now
 * @deadline: where to leave the answer
 *
 * Return: @deadline, CLOCK_MONOTONIC of the machine, or NULL for never.
 */
ktime_t *kipc_deadline(u64 timeout, bool relative, ktime_t *deadline)
{
	if (timeout == KIPC_TIMEOUT_NONE)
		return NULL;
	*deadline = ns_to_ktime(min_t(u64, timeout, KTIME_MAX));
	*deadline = relative ? ktime_add_safe(ktime_get(), *deadline) :
			       kipc_timens_to_host(*deadline);
	return deadline;
}

/**
 * kipc_waiters_wake - tell waiters that their work is done, and wake them
 * @taken: what kipc_waiter_take_locked() has filled; no longer to be used
 *
 * Context: no spinlock held.
 */
void kipc_waiters_wake(struct list_head *taken)
{
	struct kipc_waiter *waiter, *next;
	struct task_struct *task;

	list_for_each_entry_safe(waiter, next, taken, node) {
		task = get_task_struct(waiter->task);
		kipc_waiter_wake_one(waiter, task);
	}
}

static bool kipc_waiter_is_done(const struct kipc_waiter *waiter)
{
	/* Pairs with the release of who wakes. */
	return smp_load_acquire(&waiter->state) == KIPC_WAITER_DONE;
}

static bool kipc_is_over(const ktime_t *expires)
{
	return expires && ktime_compare(ktime_get(), *expires) >= 0;
}

/**
 * kipc_waiter_wait - sleep until one's work is done
 * @waiter: the calling thread's entry
 * @expires: when to stop, CLOCK_MONOTONIC, or NULL for never
 *
 * Context: sleeps; no locks held.
 * Return: 0 when the work is done; -ETIME when it is late, -EINTR when a signal is
 * pending and it is not late: then the caller takes the lock and looks at the state;
 * -EAGAIN when it was poked: then the caller sees whether it may wait again.
 */
int kipc_waiter_wait(struct kipc_waiter *waiter, ktime_t *expires)
{
	bool late = false;
	int ret = 0;

	for (;;) {
		/* Pairs with the barrier in wake_up_process(). */
		set_current_state(TASK_INTERRUPTIBLE);
		if (kipc_waiter_is_done(waiter))
			break;
		if (late || signal_pending(current)) {
			/* As natively, a signal does not hide that time is over. */
			ret = late || kipc_is_over(expires) ? -ETIME : -EINTR;
			break;
		}
		if (kipc_waiter_is_in_doubt(waiter)) {
			ret = -EAGAIN;
			break;
		}
		if (expires)
			late = !schedule_hrtimeout_range(expires,
							 current->timer_slack_ns,
							 HRTIMER_MODE_ABS);
		else
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	return ret;
}

/**
 * kipc_waiter_wait_killable - sleep until one's work is done, whatever signals come
 * @waiter: the calling thread's entry
 *
 * Context: sleeps; no locks held.
 * Return: 0 when the work is done; -EINTR when the thread was killed: then the caller takes
 * the lock and looks at the state.
 */
int kipc_waiter_wait_killable(struct kipc_waiter *waiter)
{
	int ret = 0;

	for (;;) {
		/* Pairs with the barrier in wake_up_process(). */
		set_current_state(TASK_KILLABLE);
		if (kipc_waiter_is_done(waiter))
			break;
		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return ret;
}

/**
 * kipc_waiter_settle - wait to be told of work that is done
 * @waiter: the calling thread's entry, which is taken
 *
 * Context: sleeps, but not for long; no locks held.
 */
void kipc_waiter_settle(struct kipc_waiter *waiter)
{
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (kipc_waiter_is_done(waiter))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}
