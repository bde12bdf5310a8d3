// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that go when their creator has exited.
 *
 * A process that exits wakes whoever polls a pidfd of it; the entries it made
 * wait in the same queue. That happens under the kernel's locks of tasks, so the
 * entries are only put in a list there, and a work retires them. The work may run
 * after the parent has learnt of the exit: until then look-ups pass such entries
 * over, see kipc_entry_is_orphan().
 */
#include <linux/bitops.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "core/table.h"

static LLIST_HEAD(kipc_orphans);

static void kipc_orphans_work(struct work_struct *work)
{
	struct llist_node *list = llist_del_all(&kipc_orphans);
	struct kipc_entry *entry, *next;

	llist_for_each_entry_safe(entry, next, list, exit_node) {
		/* Before the look: a further exit queues it again. */
		clear_bit(0, &entry->exit_queued);
		/* Pairs with the order that test_and_set_bit() implies. */
		smp_mb__after_atomic();
		if (kipc_entry_is_orphan(entry))
			kipc_entry_retire(entry);
		kipc_entry_put(entry);
	}
}

static DECLARE_WORK(kipc_orphans_worker, kipc_orphans_work);

/* Called with interrupts off and under locks; the table has a reference. */
static int kipc_orphan_wake(wait_queue_entry_t *wait, unsigned int mode,
			    int flags, void *key)
{
	struct kipc_entry *entry = container_of(wait, struct kipc_entry,
						exit_wait);

	if (test_and_set_bit(0, &entry->exit_queued))
		return 0;
	kipc_entry_get(entry);
	llist_add(&entry->exit_node, &kipc_orphans);
	schedule_work(&kipc_orphans_worker);
	return 0;
}

/**
 * kipc_pid_has_exited - has a whole process exited?
 * @pid: id of its thread group
 *
 * Return: true if it has, be it reaped or not.
 */
bool kipc_pid_has_exited(struct pid *pid)
{
	struct task_struct *leader;
	bool exited;

	rcu_read_lock();
	leader = pid_task(pid, PIDTYPE_TGID);
	exited = !leader || (READ_ONCE(leader->exit_state) &&
			     thread_group_empty(leader));
	rcu_read_unlock();
	return exited;
}

/**
 * kipc_orphan_watch - have an object retired when its creator has exited
 * @entry: the object; its table is locked
 *
 * Does nothing if that is so already or the object is retired.
 */
void kipc_orphan_watch(struct kipc_entry *entry)
{
	lockdep_assert_held(&entry->table->lock);
	if (entry->watched || entry->gone)
		return;
	init_waitqueue_func_entry(&entry->exit_wait, kipc_orphan_wake);
	WRITE_ONCE(entry->watched, true);
	add_wait_queue(&entry->creator->wait_pidfd, &entry->exit_wait);
}

/**
 * kipc_orphan_unwatch - undo kipc_orphan_watch()
 * @entry: the object; its table is locked
 */
void kipc_orphan_unwatch(struct kipc_entry *entry)
{
	lockdep_assert_held(&entry->table->lock);
	if (!entry->watched)
		return;
	remove_wait_queue(&entry->creator->wait_pidfd, &entry->exit_wait);
	WRITE_ONCE(entry->watched, false);
}

/**
 * kipc_orphans_settle - wait until all objects that have to go have gone
 *
 * Context: may sleep; the caller has no table locked.
 */
void kipc_orphans_settle(void)
{
	flush_work(&kipc_orphans_worker);
}
