// SPDX-License-Identifier: GPL-2.0
/* SEM_UNDO: adjustments for when a process ends; see sem.h. */
#include <linux/cred.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "core/account.h"
#include "core/bucket.h"
#include "core/fdinfo.h"
#include "core/param.h"
#include "obj/sem.h"
#include "obj/sem_undo.h"

/* All adjustments, by process and set; set up while the module is loaded. */
struct rhashtable kipc_sem_undos;

static void kipc_sem_undo_uncharge(struct kipc_sem_undo *undo)
{
	kipc_user_uncharge(undo->user, KIPC_CHARGE_UNDOS, 1);
}

static void kipc_sem_undo_free_rcu(struct rcu_head *rcu)
{
	kvfree(container_of(rcu, struct kipc_sem_undo, rcu));
}

static void kipc_sem_undo_put(struct kipc_sem_undo *undo)
{
	if (!refcount_dec_and_test(&undo->ref))
		return;
	kipc_user_put(undo->user);
	put_pid(undo->key.pid);
	/* Not kvfree_rcu(), for which kipc_sem_exit() could not wait. */
	call_rcu(&undo->rcu, kipc_sem_undo_free_rcu);
}

/*
 * Makes adjustments impossible to find. The set is locked wide, and its reference on
 * them becomes the caller's.
 */
static void kipc_sem_undo_detach_locked(struct kipc_sem_undo *undo)
{
	struct kipc_sem_set *set = undo->key.set;

	lockdep_assert_held(&set->lock);
	hlist_del_init(&undo->set_node);
	kipc_sem_undo_uncharge(undo);
	rhashtable_remove_fast(&kipc_sem_undos, &undo->hash_node,
			       kipc_sem_undo_params);
	/* Pairs with kipc_sem_undo_settle(); the semaphores are claimed. */
	smp_store_release(&set->nr_undos, set->nr_undos - 1);
}

/* Does what a process that has ended left to be done. */
static void kipc_sem_undo_apply_locked(struct kipc_sem_undo *undo)
{
	struct kipc_sem_set *set = undo->key.set;
	struct kipc_sem *sem;
	unsigned int i;
	int value;

	for (i = 0; i < set->nsems; i++) {
		if (!undo->adj[i])
			continue;
		sem = &set->sems[i];
		kipc_sem_claim(set, sem);
		value = clamp(sem->value + undo->adj[i], 0, KIPC_SEM_VALUE_MAX);
		kipc_sem_put_value(set, sem, value, undo->key.pid);
		if (set->robust)
			kipc_sem_set_dead(sem, true);
	}
	kipc_sem_claim(set, &set->sems[0]);
	set->sems[0].otime = ktime_get_real_seconds();
}

static struct kipc_sem_undo *kipc_sem_undo_of(struct kipc_exit_watch *watch)
{
	return container_of(watch, struct kipc_sem_undo, watch);
}

/* Who frees adjustments withdraws the watch before, so they are still there. */
static bool kipc_sem_undo_hold(struct kipc_exit_watch *watch)
{
	struct kipc_sem_undo *undo = kipc_sem_undo_of(watch);

	if (!refcount_inc_not_zero(&undo->key.set->entry.obj.ref))
		return false;
	refcount_inc(&undo->ref);
	return true;
}

/* Ends adjustments of a process that has ended. The set is locked wide. */
static void kipc_sem_undo_end_locked(struct kipc_sem_undo *undo,
				     struct list_head *taken)
{
	struct kipc_sem_set *set = undo->key.set;

	if (!READ_ONCE(set->entry.gone))
		kipc_sem_undo_apply_locked(undo);
	kipc_sem_undo_detach_locked(undo);
	kipc_sem_wake_locked(set, taken);
}

static void kipc_sem_undo_exited(struct kipc_exit_watch *watch)
{
	struct kipc_sem_undo *undo = kipc_sem_undo_of(watch);
	struct kipc_sem_set *set = undo->key.set;
	LIST_HEAD(taken);
	bool ours;

	kipc_sem_lock_wide(set);
	/* Removal of the set may have been quicker, or who has to see it done. */
	ours = !hlist_unhashed(&undo->set_node);
	if (ours)
		kipc_sem_undo_end_locked(undo, &taken);
	kipc_sem_unlock_wide(set);
	kipc_waiters_wake(&taken);
	if (ours)
		kipc_sem_undo_put(undo);
	kipc_sem_undo_put(undo);
	kipc_entry_put(&set->entry);
}

static const struct kipc_exit_ops kipc_sem_undo_exit_ops = {
	.hold	= kipc_sem_undo_hold,
	.exited	= kipc_sem_undo_exited,
};

/* Charges and allocates adjustments that nobody can find yet. */
static struct kipc_sem_undo *kipc_sem_undo_alloc(struct kipc_sem_set *set)
{
	struct kipc_user *user = kipc_user_get(current_fsuid());
	struct kipc_sem_undo *undo;

	if (!user)
		return ERR_PTR(-ENOMEM);
	if (kipc_user_charge(user, KIPC_CHARGE_UNDOS, 1,
			     READ_ONCE(kipc_param_sem_user_undos))) {
		kipc_user_put(user);
		return ERR_PTR(-ENOSPC);
	}
	undo = kipc_bucket_alloc(struct_size(undo, adj, set->nsems),
				 GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!undo) {
		kipc_user_uncharge(user, KIPC_CHARGE_UNDOS, 1);
		kipc_user_put(user);
		return ERR_PTR(-ENOMEM);
	}
	undo->user = user;
	refcount_set(&undo->ref, 1);
	undo->key.pid = get_pid(task_tgid(current));
	undo->key.set = set;
	INIT_HLIST_NODE(&undo->set_node);
	return undo;
}

/* Enters adjustments, or finds those that another thread has just entered. */
static struct kipc_sem_undo *kipc_sem_undo_insert(struct kipc_sem_undo *undo)
{
	struct kipc_sem_set *set = undo->key.set;
	struct kipc_sem_undo *old;

	kipc_sem_lock_wide(set);
	if (READ_ONCE(set->entry.gone))
		old = ERR_PTR(-EIDRM);
	else
		old = rhashtable_lookup_get_insert_fast(&kipc_sem_undos,
							&undo->hash_node,
							kipc_sem_undo_params);
	/* EBUSY and E2BIG of the table are nothing to tell a caller. */
	if (IS_ERR(old) && PTR_ERR(old) != -EIDRM)
		old = ERR_PTR(-ENOMEM);
	if (!old) {
		old = undo;
		hlist_add_head(&undo->set_node, &set->undos);
		/* As in kipc_sem_undo_detach_locked(). */
		smp_store_release(&set->nr_undos, set->nr_undos + 1);
	}
	kipc_sem_unlock_wide(set);
	return old;
}

/* Likewise; those of processes that have ended do not count. */
static struct kipc_sem_undo *kipc_sem_undo_try_alloc(struct kipc_sem_set *set)
{
	struct kipc_sem_undo *undo = kipc_sem_undo_alloc(set);

	if (undo != ERR_PTR(-ENOSPC))
		return undo;
	kipc_exit_settle();
	return kipc_sem_undo_alloc(set);
}

/* Frees adjustments that nobody has found; they may be watched. */
static void kipc_sem_undo_discard(struct kipc_sem_undo *undo)
{
	kipc_exit_unwatch(&undo->watch);
	kipc_sem_undo_uncharge(undo);
	kipc_sem_undo_put(undo);
}

/**
 * kipc_sem_undo_make - make the current process's adjustments for a set
 * @set: the set; the caller has a reference
 * @res: where to leave them
 *
 * Another thread may have made them just now.
 *
 * Context: may sleep. Return: 0; -ENOMEM; -ENOSPC; -EIDRM.
 */
int kipc_sem_undo_make(struct kipc_sem_set *set, struct kipc_sem_undo **res)
{
	struct kipc_sem_undo *found, *undo = kipc_sem_undo_try_alloc(set);
	int ret;

	if (IS_ERR(undo))
		return PTR_ERR(undo);
	/* The process lives as long as its thread is here. */
	ret = kipc_exit_watch(&undo->watch, &kipc_sem_undo_exit_ops,
			      undo->key.pid);
	if (ret) {
		kipc_sem_undo_discard(undo);
		return ret;
	}
	found = kipc_sem_undo_insert(undo);
	if (found != undo)
		kipc_sem_undo_discard(undo);
	*res = found;
	return PTR_ERR_OR_ZERO(found);
}

/* Drops adjustments that the caller has detached. */
static void kipc_sem_undo_drop(struct kipc_sem_undo *undo)
{
	/* What has begun for a process that has exited has a reference. */
	kipc_exit_unwatch(&undo->watch);
	kipc_sem_undo_put(undo);
}

/* Ends the adjustments of one process that has ended. NULL if there is none. */
static struct kipc_sem_undo *
kipc_sem_undo_end_one(struct kipc_sem_set *set)
{
	struct kipc_sem_undo *undo, *found = NULL;
	LIST_HEAD(taken);

	kipc_sem_lock_wide(set);
	hlist_for_each_entry(undo, &set->undos, set_node) {
		if (kipc_pid_has_exited(undo->key.pid)) {
			found = undo;
			break;
		}
	}
	if (found)
		kipc_sem_undo_end_locked(found, &taken);
	kipc_sem_unlock_wide(set);
	kipc_waiters_wake(&taken);
	return found;
}

/**
 * kipc_sem_undo_apply_exited - apply the adjustments of processes that have ended
 * @set: the set
 *
 * The work of core/exit.h does it as well, but for all processes there are: whoever
 * ends many of them is not to hold up those who use other sets.
 *
 * Context: may sleep.
 * Return: true if there were any.
 */
bool kipc_sem_undo_apply_exited(struct kipc_sem_set *set)
{
	struct kipc_sem_undo *undo;
	bool any = false;

	while ((undo = kipc_sem_undo_end_one(set))) {
		kipc_sem_undo_drop(undo);
		any = true;
		cond_resched();
	}
	return any;
}

/**
 * kipc_sem_undo_forget_locked - forget all adjustments for some semaphores
 * @set: the set, locked wide
 * @first: number of the first one
 * @nr: how many; all of them are claimed
 */
void kipc_sem_undo_forget_locked(struct kipc_sem_set *set, unsigned int first,
				 unsigned int nr)
{
	struct kipc_sem_undo *undo;

	lockdep_assert_held(&set->lock);
	hlist_for_each_entry(undo, &set->undos, set_node)
		memset(&undo->adj[first], 0, array_size(nr, sizeof(undo->adj[0])));
}

static struct kipc_sem_undo *kipc_sem_undo_take(struct kipc_sem_set *set)
{
	struct kipc_sem_undo *undo;

	kipc_sem_lock_wide(set);
	undo = hlist_entry_safe(set->undos.first, struct kipc_sem_undo,
				set_node);
	if (undo)
		kipc_sem_undo_detach_locked(undo);
	kipc_sem_unlock_wide(set);
	return undo;
}

/**
 * kipc_sem_undo_drop_all - forget all adjustments for a set
 * @set: the set, which has no reference any more, or is gone and has been locked
 *	wide since
 *
 * Context: may sleep.
 */
void kipc_sem_undo_drop_all(struct kipc_sem_set *set)
{
	struct kipc_sem_undo *undo;

	while (READ_ONCE(set->nr_undos) && (undo = kipc_sem_undo_take(set))) {
		kipc_sem_undo_drop(undo);
		cond_resched();
	}
}

/* Names a process that would change a semaphore by its end, and the first of those. */
static void kipc_sem_undo_show_locked(struct seq_file *m,
				      const struct kipc_sem_undo *undo,
				      unsigned int nsems)
{
	unsigned int i;

	for (i = 0; i < nsems; i++) {
		if (!undo->adj[i])
			continue;
		seq_printf(m, "kipc-undo:\t%d sem %u %d\n",
			   pid_vnr(undo->key.pid), i, undo->adj[i]);
		return;
	}
}

/**
 * kipc_sem_undo_show - name processes that have adjustments for a set
 * @m: where
 * @set: the set
 *
 * Context: may sleep.
 */
void kipc_sem_undo_show(struct seq_file *m, struct kipc_sem_set *set)
{
	unsigned int left = KIPC_FDINFO_WAITERS;
	struct kipc_sem_undo *undo;

	if (!READ_ONCE(set->nr_undos))
		return;
	kipc_sem_undo_settle_now(set);
	kipc_sem_lock_wide(set);
	kipc_sem_claim_all(set);
	hlist_for_each_entry(undo, &set->undos, set_node) {
		if (!left--)
			break;
		kipc_sem_undo_show_locked(m, undo, set->nsems);
	}
	kipc_sem_unlock_wide(set);
}

/**
 * kipc_sem_undo_init - set up the table of adjustments
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_sem_undo_init(void)
{
	return rhashtable_init(&kipc_sem_undos, &kipc_sem_undo_params);
}

/**
 * kipc_sem_undo_exit - free it; no set is left
 */
void kipc_sem_undo_exit(void)
{
	rhashtable_destroy(&kipc_sem_undos);
}
