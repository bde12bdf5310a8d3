// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that go when their creator has exited.
 *
 * A process that exits wakes whoever polls a pidfd of it; a watcher waits in the
 * same queue, one for each table and process, however many objects that made.
 * It is woken under the kernel's locks of tasks, so all it does is to enter a
 * list and start a work, which retires the objects. The work may run after the
 * parent has learnt of the exit: until then look-ups pass such objects over, see
 * kipc_entry_is_orphan().
 */
#include <linux/bitops.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "core/table.h"

/* Bit of &struct kipc_watcher.state */
#define KIPC_WATCHER_QUEUED	0

/**
 * struct kipc_watcher - waits for the exit of a process
 * @table: the table that it is for; constant
 * @pid: the process, a counted reference; constant
 * @wait: in the queue of those who poll a pidfd of it
 * @node: in the table's watchers; guarded by the table's lock
 * @entries: objects that the process made; guarded by the table's lock
 * @exited: in the table's list of watchers that were woken
 * @state: KIPC_WATCHER_QUEUED: it is in that list, or the work has it, which then
 *	frees it
 */
struct kipc_watcher {
	struct kipc_table *table;
	struct pid *pid;
	wait_queue_entry_t wait;
	struct hlist_node node;
	struct list_head entries;
	struct llist_node exited;
	unsigned long state;
};

static void kipc_watcher_queue(struct kipc_watcher *watcher)
{
	if (test_and_set_bit(KIPC_WATCHER_QUEUED, &watcher->state))
		return;
	llist_add(&watcher->exited, &watcher->table->exited);
	queue_work(system_unbound_wq, &watcher->table->exit_work);
}

/* Called with interrupts off, and the queue and all tasks locked. */
static int kipc_watcher_wake(wait_queue_entry_t *wait, unsigned int mode,
			     int flags, void *key)
{
	kipc_watcher_queue(container_of(wait, struct kipc_watcher, wait));
	return 0;
}

/* Finds the watcher of a process, or makes one. */
static struct kipc_watcher *kipc_watcher_get_locked(struct kipc_table *table,
						    struct pid *pid)
{
	struct kipc_watcher *watcher;

	lockdep_assert_held(&table->lock);
	hash_for_each_possible(table->watchers, watcher, node,
			       (unsigned long)pid)
		if (watcher->pid == pid)
			return watcher;
	watcher = kzalloc(sizeof(*watcher), GFP_KERNEL_ACCOUNT);
	if (!watcher)
		return NULL;
	watcher->table = table;
	watcher->pid = get_pid(pid);
	INIT_LIST_HEAD(&watcher->entries);
	init_waitqueue_func_entry(&watcher->wait, kipc_watcher_wake);
	hash_add(table->watchers, &watcher->node, (unsigned long)pid);
	add_wait_queue(&pid->wait_pidfd, &watcher->wait);
	return watcher;
}

/* Ends the waiting; the watcher is not woken any more afterwards. */
static void kipc_watcher_unhash_locked(struct kipc_watcher *watcher)
{
	lockdep_assert_held(&watcher->table->lock);
	if (hlist_unhashed(&watcher->node))
		return;
	hash_del(&watcher->node);
	remove_wait_queue(&watcher->pid->wait_pidfd, &watcher->wait);
}

static void kipc_watcher_free(struct kipc_watcher *watcher)
{
	put_pid(watcher->pid);
	kfree(watcher);
}

/* Takes the next object of a watcher, with a reference. */
static struct kipc_entry *kipc_watcher_next(struct kipc_watcher *watcher)
{
	struct kipc_entry *entry;

	mutex_lock(&watcher->table->lock);
	entry = list_first_entry_or_null(&watcher->entries, struct kipc_entry,
					 watch_node);
	if (entry) {
		kipc_entry_get(entry);
		list_del(&entry->watch_node);
		entry->watcher = NULL;
	}
	mutex_unlock(&watcher->table->lock);
	return entry;
}

/* Retires what a process made, or leaves it to its last user. */
static void kipc_watcher_retire_all(struct kipc_watcher *watcher)
{
	struct kipc_entry *entry;

	while ((entry = kipc_watcher_next(watcher))) {
		if (kipc_entry_is_orphan(entry))
			kipc_entry_retire_unused(entry);
		kipc_entry_put(entry);
		cond_resched();
	}
}

/*
 * Gives a watcher back after its process, or a thread of that, was seen to exit. An
 * exit that came while the watcher was queued was not noted: it is looked for.
 */
static void kipc_watcher_release(struct kipc_watcher *watcher)
{
	struct kipc_table *table = watcher->table;

	mutex_lock(&table->lock);
	if (list_empty(&watcher->entries)) {
		kipc_watcher_unhash_locked(watcher);
		kipc_watcher_free(watcher);
	} else {
		clear_bit(KIPC_WATCHER_QUEUED, &watcher->state);
		/* Pairs with the order that test_and_set_bit() implies. */
		smp_mb__after_atomic();
		if (kipc_pid_has_exited(watcher->pid))
			kipc_watcher_queue(watcher);
	}
	mutex_unlock(&table->lock);
}

static void kipc_orphans_work(struct work_struct *work)
{
	struct kipc_table *table = container_of(work, struct kipc_table,
						exit_work);
	struct llist_node *list = llist_del_all(&table->exited);
	struct kipc_watcher *watcher, *next;

	llist_for_each_entry_safe(watcher, next, list, exited) {
		if (kipc_pid_has_exited(watcher->pid))
			kipc_watcher_retire_all(watcher);
		kipc_watcher_release(watcher);
	}
}

/**
 * kipc_orphans_init - set up the watching of creators
 * @table: a new table
 */
void kipc_orphans_init(struct kipc_table *table)
{
	hash_init(table->watchers);
	init_llist_head(&table->exited);
	INIT_WORK(&table->exit_work, kipc_orphans_work);
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
 *
 * Context: may sleep. Return: 0, or -ENOMEM.
 */
int kipc_orphan_watch(struct kipc_entry *entry)
{
	struct kipc_watcher *watcher;

	lockdep_assert_held(&entry->table->lock);
	if (entry->mortal || entry->gone)
		return 0;
	watcher = kipc_watcher_get_locked(entry->table, entry->creator);
	if (!watcher)
		return -ENOMEM;
	entry->watcher = watcher;
	list_add_tail(&entry->watch_node, &watcher->entries);
	WRITE_ONCE(entry->mortal, true);
	return 0;
}

/**
 * kipc_orphan_unwatch - undo kipc_orphan_watch()
 * @entry: the object, which is retired; its table is locked
 */
void kipc_orphan_unwatch(struct kipc_entry *entry)
{
	struct kipc_watcher *watcher = entry->watcher;

	lockdep_assert_held(&entry->table->lock);
	if (!watcher)
		return;
	entry->watcher = NULL;
	list_del(&entry->watch_node);
	if (!list_empty(&watcher->entries))
		return;
	kipc_watcher_unhash_locked(watcher);
	/* One that was woken before is left to the work. */
	if (!test_bit(KIPC_WATCHER_QUEUED, &watcher->state))
		kipc_watcher_free(watcher);
}

/**
 * kipc_orphans_settle - wait until all objects that have to go have gone
 * @table: the table, not locked by the caller
 *
 * Context: may sleep.
 */
void kipc_orphans_settle(struct kipc_table *table)
{
	/* It may be queued again while it runs, and that is not waited for. */
	while (flush_work(&table->exit_work))
		;
}
