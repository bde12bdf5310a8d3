// SPDX-License-Identifier: GPL-2.0
/* Semaphore sets: how they come and go; see sem.h. */
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "core/bucket.h"
#include "core/instance.h"
#include "obj/sem.h"

/*
 * Sets of one semaphore, which are most of them, can be used again at once: look-ups
 * see to it that they hold what they have found.
 */
static struct kmem_cache *kipc_sem_one_cache __ro_after_init;

static struct kipc_sem_set *kipc_sem_set_alloc_memory(unsigned int nsems)
{
	struct kipc_sem_set *set;

	if (nsems == 1)
		return kmem_cache_zalloc(kipc_sem_one_cache, GFP_KERNEL_ACCOUNT);
	return kipc_bucket_alloc(struct_size(set, sems, nsems),
				 GFP_KERNEL_ACCOUNT | __GFP_ZERO);
}

static void kipc_sem_set_free_rcu(struct rcu_head *rcu)
{
	kvfree(container_of(rcu, struct kipc_sem_set, entry.rcu));
}

static void kipc_sem_set_free_memory(struct kipc_sem_set *set)
{
	if (set->nsems == 1)
		kmem_cache_free(kipc_sem_one_cache, set);
	else
		/* Cheaper than kvfree_rcu(), which makes ready for many at once. */
		call_rcu(&set->entry.rcu, kipc_sem_set_free_rcu);
}

static void kipc_sem_set_free(struct kipc_obj *obj)
{
	struct kipc_entry *entry = container_of(obj, struct kipc_entry, obj);
	struct kipc_sem_set *set = kipc_sem_set_of(entry);
	unsigned int i;

	kipc_sem_undo_drop_all(set);
	for (i = 0; i < set->nsems; i++)
		put_pid(set->sems[i].pid);
	kvfree(set->watches);
	/* Those of a set that was removed have not counted since then. */
	if (!entry->gone)
		atomic_long_sub(set->nsems, &obj->inst->sems);
	kipc_entry_destroy(entry);
	kipc_sem_set_free_memory(set);
}

static const struct kipc_obj_ops kipc_sem_obj_ops = {
	.kind	= KIPC_KIND_SEM,
	.name	= "sem",
	.free	= kipc_sem_set_free,
};

static void kipc_sem_setup(struct kipc_sem *sem)
{
	spin_lock_init(&sem->lock);
	INIT_LIST_HEAD(&sem->zeros);
	INIT_LIST_HEAD(&sem->alters);
}

/**
 * kipc_sem_set_alloc - make a set that nobody can find yet
 * @inst: where it will live
 * @get: key, flags and mode
 * @nsems: number of semaphores
 * @res: where to leave the set, which has one reference
 *
 * Context: may sleep. Return: 0; -EINVAL (@nsems is 0); -ENOSPC (semmns); -ENOMEM.
 */
int kipc_sem_set_alloc(struct kipc_instance *inst, const struct kipc_get *get,
		       unsigned int nsems, struct kipc_sem_set **res)
{
	struct kipc_sem_set *set;
	unsigned int i;
	int ret;

	if (!nsems)
		return -EINVAL;
	ret = kipc_limit_charge(&inst->sems, nsems,
				kipc_limit_get(&inst->limits,
					       KIPC_LIMIT_SEMMNS));
	if (ret)
		return ret;
	set = kipc_sem_set_alloc_memory(nsems);
	if (!set) {
		ret = -ENOMEM;
		goto out_uncharge;
	}
	set->nsems = nsems;
	set->robust = get->flags & KIPC_SEM_ROBUST;
	spin_lock_init(&set->lock);
	set->claims = KIPC_SEM_CLAIM_END;
	set->turns = RB_ROOT;
	INIT_HLIST_HEAD(&set->undos);
	INIT_HLIST_HEAD(&set->files);
	for (i = 0; i < nsems; i++)
		kipc_sem_setup(&set->sems[i]);
	ret = kipc_entry_init(&set->entry, &kipc_sem_obj_ops,
			      &inst->tables[KIPC_TABLE_SEM], get);
	if (ret)
		goto out_free;
	*res = set;
	return 0;

out_free:
	kipc_sem_set_free_memory(set);
out_uncharge:
	atomic_long_sub(nsems, &inst->sems);
	return ret;
}

/**
 * kipc_sem_set_otime - when was the last operation?
 * @set: the set
 *
 * Return: seconds since the epoch, or 0 for never.
 */
time64_t kipc_sem_set_otime(struct kipc_sem_set *set)
{
	time64_t otime = 0;
	struct kipc_sem *sem;
	bool wide;

	for (sem = set->sems; sem < set->sems + set->nsems; sem++) {
		wide = kipc_sem_lock(set, sem);
		otime = max(otime, sem->otime);
		kipc_sem_unlock(set, sem, wide);
	}
	return otime;
}

/**
 * kipc_sem_set_sleepers - how many threads sleep in operations on a set?
 * @set: the set
 *
 * Return: how many; threads may come and go meanwhile.
 */
unsigned int kipc_sem_set_sleepers(struct kipc_sem_set *set)
{
	unsigned int ncnt, zcnt, nr = 0;
	struct kipc_sem *sem;
	bool wide;

	for (sem = set->sems; sem < set->sems + set->nsems; sem++) {
		wide = kipc_sem_lock(set, sem);
		kipc_sem_count_waiters(set, sem, &ncnt, &zcnt);
		kipc_sem_unlock(set, sem, wide);
		nr += ncnt + zcnt;
	}
	return nr;
}

/**
 * kipc_sem_set_changed - note the time of SETVAL or SETALL
 * @set: the set, locked wide
 */
void kipc_sem_set_changed(struct kipc_sem_set *set)
{
	spin_lock(&set->entry.lock);
	set->entry.ctime = ktime_get_real_seconds();
	spin_unlock(&set->entry.lock);
}

static int kipc_sem_table_create(struct kipc_instance *inst,
				 const struct kipc_get *get,
				 struct kipc_entry **res)
{
	const struct kipc_sem_get *arg = get->arg;
	struct kipc_sem_set *set;
	int ret = kipc_sem_set_alloc(inst, get, arg->nsems, &set);

	if (!ret)
		*res = &set->entry;
	return ret;
}

static void kipc_sem_table_retired(struct kipc_entry *entry)
{
	struct kipc_sem_set *set = kipc_sem_set_of(entry);

	atomic_long_sub(set->nsems, &entry->obj.inst->sems);
	kipc_sem_end(set);
	kipc_sem_poll_end(set);
	kipc_sem_undo_drop_all(set);
}

static int kipc_sem_table_matches(struct kipc_entry *entry,
				  const struct kipc_get *get)
{
	const struct kipc_sem_get *arg = get->arg;

	return arg->nsems > kipc_sem_set_of(entry)->nsems ? -EINVAL : 0;
}

static void kipc_sem_table_show(struct seq_file *m, struct kipc_entry *entry,
				struct pid_namespace *pid_ns)
{
	struct user_namespace *ns = seq_user_ns(m);
	struct kipc_sem_set *set = kipc_sem_set_of(entry);
	time64_t otime;

	kipc_sem_undo_settle_now(set);
	otime = kipc_sem_set_otime(set);
	spin_lock(&entry->lock);
	if (!entry->gone)
		seq_printf(m, "%10d %10d  %4o %10u %5u %5u %5u %5u %10llu %10llu\n",
			   entry->key, entry->id, entry->mode, set->nsems,
			   from_kuid_munged(ns, entry->uid),
			   from_kgid_munged(ns, entry->gid),
			   from_kuid_munged(ns, entry->cuid),
			   from_kgid_munged(ns, entry->cgid),
			   otime, entry->ctime);
	spin_unlock(&entry->lock);
}

const struct kipc_table_ops kipc_sem_table_ops = {
	.which		= KIPC_TABLE_SEM,
	.forced		= KIPC_LIMIT_NR,
	.create		= kipc_sem_table_create,
	.retired	= kipc_sem_table_retired,
	.matches	= kipc_sem_table_matches,
	.show		= kipc_sem_table_show,
};

/**
 * kipc_sem_init - set up what all sets share
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_sem_init(void)
{
	struct kipc_sem_set *set;
	int ret;

	kipc_sem_one_cache = kmem_cache_create("kipc_sem_one",
					       struct_size(set, sems, 1), 0,
					       SLAB_HWCACHE_ALIGN |
					       SLAB_TYPESAFE_BY_RCU, NULL);
	if (!kipc_sem_one_cache)
		return -ENOMEM;
	ret = kipc_sem_undo_init();
	if (ret)
		kmem_cache_destroy(kipc_sem_one_cache);
	return ret;
}

/**
 * kipc_sem_exit - free it; no set is left
 */
void kipc_sem_exit(void)
{
	kipc_sem_undo_exit();
	/* Sets and adjustments are freed after a grace period, by our code. */
	rcu_barrier();
	kmem_cache_destroy(kipc_sem_one_cache);
}
