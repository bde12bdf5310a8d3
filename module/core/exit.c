// SPDX-License-Identifier: GPL-2.0
/* What is to be done when a process has exited; see exit.h. */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "core/exit.h"

#define KIPC_EXIT_SHARD_BITS	4
#define KIPC_EXIT_WATCHER_BITS	6

/* Bit of &struct kipc_exit_watcher.state */
#define KIPC_EXIT_QUEUED	0

/**
 * struct kipc_exit_watcher - waits for the exit of a process
 * @shard: where it is; constant
 * @pid: the process, a counted reference; constant
 * @wait: in the queue of those who poll a pidfd of it
 * @node: in the shard's watchers; guarded by the shard's lock
 * @watches: what is to be done; guarded by the shard's lock
 * @exited: in the shard's list of watchers that were woken
 * @state: KIPC_EXIT_QUEUED: it is in that list, or the work has it, which then
 *	frees it
 */
struct kipc_exit_watcher {
	struct kipc_exit_shard *shard;
	struct pid *pid;
	wait_queue_entry_t wait;
	struct hlist_node node;
	struct list_head watches;
	struct llist_node exited;
	unsigned long state;
};

/**
 * struct kipc_exit_shard - the watchers of a share of all processes
 * @lock: guards the watchers
 * @watchers: by process, see kipc_exit_bucket()
 * @exited: those that were woken
 * @work: does what is to be done
 */
struct kipc_exit_shard {
	struct mutex lock; /* what it guards is said above, member by member */
	struct hlist_head watchers[1 << KIPC_EXIT_WATCHER_BITS];
	struct llist_head exited;
	struct work_struct work;
};

static struct kipc_exit_shard kipc_exit_shards[1 << KIPC_EXIT_SHARD_BITS];

/* Watchers that were woken and whose watches are not all done. */
static atomic_t kipc_exits_pending;

static void kipc_exit_queue(struct kipc_exit_watcher *watcher)
{
	if (test_and_set_bit(KIPC_EXIT_QUEUED, &watcher->state))
		return;
	atomic_inc(&kipc_exits_pending);
	llist_add(&watcher->exited, &watcher->shard->exited);
	queue_work(kipc_unbound_wq, &watcher->shard->work);
}

/* Called with interrupts off, and the queue and all tasks locked. */
static int kipc_exit_wake(wait_queue_entry_t *wait, unsigned int mode,
			  int flags, void *key)
{
	kipc_exit_queue(container_of(wait, struct kipc_exit_watcher, wait));
	return 0;
}

static struct kipc_exit_shard *kipc_exit_shard_of(struct pid *pid)
{
	return &kipc_exit_shards[hash_ptr(pid, KIPC_EXIT_SHARD_BITS)];
}

/* By other bits of the hash than those that all processes of a shard share. */
static struct hlist_head *kipc_exit_bucket(struct kipc_exit_shard *shard,
					   struct pid *pid)
{
	u32 hash = hash_ptr(pid, KIPC_EXIT_SHARD_BITS + KIPC_EXIT_WATCHER_BITS);

	return &shard->watchers[hash % ARRAY_SIZE(shard->watchers)];
}

static struct kipc_exit_watcher *
kipc_exit_watcher_alloc(struct kipc_exit_shard *shard, struct pid *pid)
{
	struct kipc_exit_watcher *watcher;

	watcher = kzalloc(sizeof(*watcher), GFP_KERNEL_ACCOUNT);
	if (!watcher)
		return NULL;
	watcher->shard = shard;
	watcher->pid = get_pid(pid);
	INIT_LIST_HEAD(&watcher->watches);
	init_waitqueue_func_entry(&watcher->wait, kipc_exit_wake);
	return watcher;
}

/* Begins the waiting. */
static void kipc_exit_hash_locked(struct kipc_exit_watcher *watcher)
{
	lockdep_assert_held(&watcher->shard->lock);
	hlist_add_head(&watcher->node,
		       kipc_exit_bucket(watcher->shard, watcher->pid));
	add_wait_queue(&watcher->pid->wait_pidfd, &watcher->wait);
}

/* Ends the waiting; the watcher is not woken any more afterwards. */
static void kipc_exit_unhash_locked(struct kipc_exit_watcher *watcher)
{
	lockdep_assert_held(&watcher->shard->lock);
	if (hlist_unhashed(&watcher->node))
		return;
	hlist_del_init(&watcher->node);
	remove_wait_queue(&watcher->pid->wait_pidfd, &watcher->wait);
}

static void kipc_exit_free(struct kipc_exit_watcher *watcher)
{
	put_pid(watcher->pid);
	kfree(watcher);
}

/* Takes the next watch of a watcher, with a reference. */
static struct kipc_exit_watch *
kipc_exit_next(struct kipc_exit_watcher *watcher)
{
	struct kipc_exit_watch *watch;

	mutex_lock(&watcher->shard->lock);
	while ((watch = list_first_entry_or_null(&watcher->watches,
						 struct kipc_exit_watch,
						 node))) {
		list_del(&watch->node);
		watch->watcher = NULL;
		if (watch->ops->hold(watch))
			break;
	}
	mutex_unlock(&watcher->shard->lock);
	return watch;
}

/*
 * Gives a watcher back after its process, or a thread of that, was seen to exit. An
 * exit that came while the watcher was queued was not noted: it is looked for.
 */
static void kipc_exit_release(struct kipc_exit_watcher *watcher)
{
	struct kipc_exit_shard *shard = watcher->shard;

	mutex_lock(&shard->lock);
	if (list_empty(&watcher->watches)) {
		kipc_exit_unhash_locked(watcher);
		kipc_exit_free(watcher);
	} else {
		clear_bit(KIPC_EXIT_QUEUED, &watcher->state);
		/* Pairs with the order that test_and_set_bit() implies. */
		smp_mb__after_atomic();
		if (kipc_pid_has_exited(watcher->pid))
			kipc_exit_queue(watcher);
	}
	mutex_unlock(&shard->lock);
	/* Pairs with the acquire of who asks whether all is done. */
	atomic_dec_return_release(&kipc_exits_pending);
}

static void kipc_exit_work(struct work_struct *work)
{
	struct kipc_exit_shard *shard = container_of(work,
						     struct kipc_exit_shard,
						     work);
	struct llist_node *list = llist_del_all(&shard->exited);
	struct kipc_exit_watcher *watcher, *next;
	struct kipc_exit_watch *watch;

	llist_for_each_entry_safe(watcher, next, list, exited) {
		while (kipc_pid_has_exited(watcher->pid) &&
		       (watch = kipc_exit_next(watcher))) {
			watch->ops->exited(watch);
			cond_resched();
		}
		kipc_exit_release(watcher);
	}
}

static struct kipc_exit_watcher *
kipc_exit_find_locked(struct kipc_exit_shard *shard, struct pid *pid)
{
	struct kipc_exit_watcher *watcher;

	lockdep_assert_held(&shard->lock);
	hlist_for_each_entry(watcher, kipc_exit_bucket(shard, pid), node)
		if (watcher->pid == pid)
			return watcher;
	return NULL;
}

static void kipc_exit_add_locked(struct kipc_exit_watcher *watcher,
				 struct kipc_exit_watch *watch)
{
	lockdep_assert_held(&watcher->shard->lock);
	watch->watcher = watcher;
	list_add_tail(&watch->node, &watcher->watches);
}

/**
 * kipc_exit_watch - have something done when a process has exited
 * @watch: what; not watched yet
 * @ops: how
 * @pid: the process, by its thread group; if it has exited nothing may happen
 *
 * Context: may sleep. Return: 0, or -ENOMEM.
 */
int kipc_exit_watch(struct kipc_exit_watch *watch,
		    const struct kipc_exit_ops *ops, struct pid *pid)
{
	struct kipc_exit_shard *shard = kipc_exit_shard_of(pid);
	struct kipc_exit_watcher *watcher, *new;

	watch->ops = ops;
	watch->shard = shard;
	watch->watcher = NULL;
	mutex_lock(&shard->lock);
	watcher = kipc_exit_find_locked(shard, pid);
	if (watcher)
		kipc_exit_add_locked(watcher, watch);
	mutex_unlock(&shard->lock);
	if (watcher)
		return 0;
	/* Without the lock: who is short of memory may be long about this. */
	new = kipc_exit_watcher_alloc(shard, pid);
	if (!new)
		return -ENOMEM;
	mutex_lock(&shard->lock);
	watcher = kipc_exit_find_locked(shard, pid);
	if (!watcher) {
		kipc_exit_hash_locked(new);
		watcher = new;
	}
	kipc_exit_add_locked(watcher, watch);
	mutex_unlock(&shard->lock);
	if (watcher != new)
		kipc_exit_free(new);
	return 0;
}

/**
 * kipc_exit_unwatch - undo kipc_exit_watch()
 * @watch: the watch, perhaps not watched
 *
 * Context: may sleep.
 * Return: true if it was watched; false if it was not, or the process has exited
 * and what is to be done is done, or is being done at the moment.
 */
bool kipc_exit_unwatch(struct kipc_exit_watch *watch)
{
	struct kipc_exit_watcher *watcher;

	if (!watch->shard)
		return false;
	mutex_lock(&watch->shard->lock);
	watcher = watch->watcher;
	if (watcher) {
		watch->watcher = NULL;
		list_del(&watch->node);
		if (list_empty(&watcher->watches)) {
			kipc_exit_unhash_locked(watcher);
			/* One that was woken before is left to the work. */
			if (!test_bit(KIPC_EXIT_QUEUED, &watcher->state))
				kipc_exit_free(watcher);
		}
	}
	mutex_unlock(&watch->shard->lock);
	return watcher;
}

/**
 * kipc_exit_is_pending - has a process exited for which not all is done?
 *
 * Return: true if that may be so. False means that all is done for every process
 * whose exit the caller can know of; but for a moment in which a pidfd that is polled tells
 * of it already, since the kernel looks there without a lock.
 */
bool kipc_exit_is_pending(void)
{
	return atomic_read_acquire(&kipc_exits_pending);
}

/**
 * kipc_exit_settle - wait until all is done for processes that have exited
 *
 * Only for those whose exit the caller can know of: others may exit all the time.
 *
 * Context: may sleep; not called by what is done then, nor with locks that this
 * takes.
 */
void kipc_exit_settle(void)
{
	struct work_struct *work;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kipc_exit_shards); i++) {
		work = &kipc_exit_shards[i].work;
		/*
		 * An exit that was not noted, see kipc_exit_release(), has the work
		 * queued again before it ends. That is not waited for the first time.
		 */
		if (flush_work(work))
			flush_work(work);
	}
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
 * kipc_exit_init - set up what is static
 */
void __init kipc_exit_init(void)
{
	struct kipc_exit_shard *shard;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kipc_exit_shards); i++) {
		shard = &kipc_exit_shards[i];
		mutex_init(&shard->lock);
		init_llist_head(&shard->exited);
		INIT_WORK(&shard->work, kipc_exit_work);
	}
}
