// SPDX-License-Identifier: GPL-2.0
/* Descriptors of semaphore sets, and polling them; see sem.h. */
#include <linux/anon_inodes.h>
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "compat.h"
#include "core/bucket.h"
#include "core/fdinfo.h"
#include "obj/sem.h"

/**
 * struct kipc_sem_watch_node - that an open file polls for a semaphore
 * @node: in the set's watches of that semaphore; guarded by the set's lock
 * @watch: what it is a part of; constant
 */
struct kipc_sem_watch_node {
	struct hlist_node node;
	struct kipc_sem_watch_list *watch;
};

/**
 * struct kipc_sem_watch_list - what an open file polls for
 * @file: the open file; constant
 * @look: what the set's @looks was when this was looked at last; guarded by the
 *	set's lock
 * @list: operations, the memory of which is a part of this
 * @nodes: one for each of them
 */
struct kipc_sem_watch_list {
	struct kipc_sem_file *file;
	u64 look;
	struct kipc_sem_list list;
	struct kipc_sem_watch_node nodes[];
};

static void kipc_sem_watch_free(struct kipc_sem_watch_list *watch)
{
	if (watch)
		kvfree(watch->list.ops);
	kvfree(watch);
}

/* Has the semaphores of a list tell when they change. */
static void kipc_sem_watch_link_locked(struct kipc_sem_set *set,
				       struct kipc_sem_watch_list *watch)
{
	unsigned int i, num;

	for (i = 0; i < watch->list.nr; i++) {
		num = watch->list.ops[i].num;
		kipc_sem_claim(set, &set->sems[num]);
		set->sems[num].nr_wide++;
		hlist_add_head(&watch->nodes[i].node, &set->watches[num]);
	}
	set->nr_watched += watch->list.nr;
}

static void kipc_sem_watch_unlink_locked(struct kipc_sem_set *set,
					 struct kipc_sem_watch_list *watch)
{
	unsigned int i, num;

	if (!watch)
		return;
	for (i = 0; i < watch->list.nr; i++) {
		num = watch->list.ops[i].num;
		kipc_sem_claim(set, &set->sems[num]);
		set->sems[num].nr_wide--;
		hlist_del(&watch->nodes[i].node);
	}
	set->nr_watched -= watch->list.nr;
}

/* Whether an open file may poll for something else; all are looked at without a pause. */
static bool kipc_sem_watch_fits_locked(const struct kipc_sem_file *sem_file,
				       const struct kipc_sem_watch_list *watch)
{
	u32 nr = sem_file->set->nr_watched;

	if (sem_file->watch)
		nr -= sem_file->watch->list.nr;
	return !watch || nr + watch->list.nr <= KIPC_SEM_WATCHED_MAX;
}

/*
 * Replaces what an open file polls for. Returns what it was, or ERR_PTR() of -EIDRM or -ENOSPC.
 */
static struct kipc_sem_watch_list *
kipc_sem_watch_replace(struct kipc_sem_file *sem_file,
		       struct kipc_sem_watch_list *watch,
		       struct hlist_head **heads)
{
	struct kipc_sem_set *set = sem_file->set;
	struct kipc_sem_watch_list *old;

	kipc_sem_lock_wide(set);
	if (READ_ONCE(set->entry.gone)) {
		kipc_sem_unlock_wide(set);
		return ERR_PTR(-EIDRM);
	}
	if (!kipc_sem_watch_fits_locked(sem_file, watch)) {
		kipc_sem_unlock_wide(set);
		return ERR_PTR(-ENOSPC);
	}
	if (!set->watches) {
		/* Without the lock it is only asked whether they are there. */
		WRITE_ONCE(set->watches, *heads);
		*heads = NULL;
	}
	old = sem_file->watch;
	kipc_sem_watch_unlink_locked(set, old);
	if (watch)
		kipc_sem_watch_link_locked(set, watch);
	sem_file->watch = watch;
	kipc_sem_unlock_wide(set);
	return old;
}

/* Makes what an open file is to poll for; the memory of @ops becomes a part of it. */
static struct kipc_sem_watch_list *
kipc_sem_watch_alloc(struct kipc_sem_file *sem_file, struct kipc_sem_op *ops,
		     unsigned int nr)
{
	struct kipc_sem_watch_list *watch;
	unsigned int i;
	int ret;

	watch = kipc_bucket_alloc(struct_size(watch, nodes, nr),
				  GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!watch)
		return ERR_PTR(-ENOMEM);
	watch->file = sem_file;
	watch->list.nr = nr;
	ret = kipc_sem_check_list(sem_file->set, &watch->list, ops);
	if (ret) {
		kvfree(watch);
		return ERR_PTR(ret);
	}
	for (i = 0; i < nr; i++)
		watch->nodes[i].watch = watch;
	return watch;
}

/**
 * kipc_sem_watch - say what polling an open file waits for
 * @sem_file: the open file
 * @ops: operations, checked; memory of kipc_bucket_alloc() that becomes ours
 * @nr: how many; 0 for nothing
 *
 * Context: may sleep. Return: 0; -EFBIG, -EIDRM, -ENOMEM, -ENOSPC.
 */
int kipc_sem_watch(struct kipc_sem_file *sem_file, struct kipc_sem_op *ops,
		   unsigned int nr)
{
	struct kipc_sem_set *set = sem_file->set;
	struct kipc_sem_watch_list *old, *watch = NULL;
	struct hlist_head *heads = NULL;

	if (nr) {
		watch = kipc_sem_watch_alloc(sem_file, ops, nr);
		if (IS_ERR(watch)) {
			kvfree(ops);
			return PTR_ERR(watch);
		}
	}
	/* Once they are there they stay. */
	if (nr && !READ_ONCE(set->watches)) {
		heads = kipc_bucket_alloc(array_size(set->nsems, sizeof(*heads)),
					  GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!heads) {
			kipc_sem_watch_free(watch);
			return -ENOMEM;
		}
	}
	old = kipc_sem_watch_replace(sem_file, watch, &heads);
	kvfree(heads);
	if (IS_ERR(old)) {
		kipc_sem_watch_free(watch);
		return PTR_ERR(old);
	}
	kipc_sem_watch_free(old);
	/* Whoever polls looks again, at what is polled for now. */
	wake_up_poll(&sem_file->pollers, EPOLLIN | EPOLLRDNORM);
	return 0;
}

/* Wakes those who poll for a semaphore, each of them once in a look. */
static void kipc_sem_poll_wake_one_locked(struct kipc_sem_set *set,
					  struct kipc_sem *sem)
{
	struct kipc_sem_watch_list *watch;
	struct kipc_sem_watch_node *node;

	lockdep_assert_held(&set->lock);
	hlist_for_each_entry(node, &set->watches[sem - set->sems], node) {
		watch = node->watch;
		/* It may be for many that have changed, or for one many times. */
		if (watch->look == set->looks)
			continue;
		watch->look = set->looks;
		if (kipc_sem_could(set, &watch->list))
			wake_up_poll(&watch->file->pollers,
				     EPOLLIN | EPOLLRDNORM);
	}
}

/**
 * kipc_sem_poll_wake_locked - wake those who poll for what can be done now
 * @set: the set, locked wide
 *
 * They poll through files that cannot go while the set is locked, so they are
 * woken under the lock.
 */
void kipc_sem_poll_wake_locked(struct kipc_sem_set *set)
{
	struct kipc_sem *sem;

	if (!set->watches)
		return;
	set->looks++;
	for (sem = kipc_sem_first_claimed(set); sem;
	     sem = kipc_sem_next_claimed(set, sem))
		if (sem->changed)
			kipc_sem_poll_wake_one_locked(set, sem);
}

/**
 * kipc_sem_poll_end - wake all who poll a set that is gone
 * @set: the set
 */
void kipc_sem_poll_end(struct kipc_sem_set *set)
{
	struct kipc_sem_file *sem_file;

	/* One that is being opened is not polled yet. */
	if (hlist_empty(&set->files))
		return;
	kipc_sem_lock_wide(set);
	hlist_for_each_entry(sem_file, &set->files, node)
		wake_up_all(&sem_file->pollers);
	kipc_sem_unlock_wide(set);
}

static __poll_t kipc_sem_poll(struct file *file, poll_table *wait)
{
	struct kipc_sem_file *sem_file = file->private_data;
	struct kipc_sem_set *set = sem_file->set;
	__poll_t mask = 0;

	poll_wait(file, &sem_file->pollers, wait);
	kipc_sem_undo_settle_now(set);
	kipc_sem_lock_wide(set);
	if (READ_ONCE(set->entry.gone))
		mask = EPOLLERR | EPOLLHUP;
	else if (sem_file->watch &&
		 kipc_sem_could(set, &sem_file->watch->list))
		mask = EPOLLIN | EPOLLRDNORM;
	kipc_sem_unlock_wide(set);
	return mask;
}

#ifdef CONFIG_COMPAT
static long kipc_sem_compat_ioctl(struct file *file, unsigned int cmd,
				  unsigned long arg)
{
	/* The one argument that is no address: compat_ptr() may drop a bit. */
	if (cmd == KIPC_IOC_SEM_OP_ONE)
		return kipc_sem_file_ioctl(file, cmd, (u32)arg);
	return kipc_sem_file_ioctl(file, cmd, (unsigned long)compat_ptr(arg));
}
#else
#define kipc_sem_compat_ioctl	NULL
#endif

static int kipc_sem_release(struct inode *inode, struct file *file)
{
	struct kipc_sem_file *sem_file = file->private_data;
	struct kipc_sem_set *set = sem_file->set;

	kipc_sem_lock_wide(set);
	kipc_sem_watch_unlink_locked(set, sem_file->watch);
	hlist_del(&sem_file->node);
	kipc_sem_unlock_wide(set);
	kipc_sem_watch_free(sem_file->watch);
	kfree(sem_file);
	kipc_entry_close(&set->entry);
	return 0;
}

static void kipc_sem_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct kipc_sem_file *sem_file = file->private_data;
	struct kipc_sem_set *set = sem_file->set;
	struct kipc_fdinfo info = KIPC_FDINFO_INIT(m);

	kipc_fdinfo_entry(m, &set->entry);
	seq_printf(m, "kipc-waits:\t%lld\n", atomic64_read(&set->tickets));
	kipc_sem_undo_show(m, set);
	kipc_sem_show_waiters(&info, set);
}

static const struct file_operations kipc_sem_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= kipc_sem_file_ioctl,
	.compat_ioctl	= kipc_sem_compat_ioctl,
	.poll		= kipc_sem_poll,
	.release	= kipc_sem_release,
	.llseek		= noop_llseek,
	.show_fdinfo	= kipc_sem_show_fdinfo,
};

/**
 * kipc_sem_open - make a file for a descriptor of a set
 * @set: the set; the caller has a reference
 * @read_only: it cannot be altered through the file
 *
 * Context: may sleep. Return: the file, or ERR_PTR: -EIDRM, -ENOMEM, -ENFILE.
 */
struct file *kipc_sem_open(struct kipc_sem_set *set, bool read_only)
{
	struct kipc_sem_file *sem_file;
	struct file *file;
	int ret;

	sem_file = kzalloc(sizeof(*sem_file), GFP_KERNEL_ACCOUNT);
	if (!sem_file)
		return ERR_PTR(-ENOMEM);
	sem_file->set = set;
	init_waitqueue_head(&sem_file->pollers);
	kipc_entry_get(&set->entry);
	ret = kipc_entry_open(&set->entry);
	if (ret) {
		kipc_entry_put(&set->entry);
		goto out_free;
	}
	file = anon_inode_getfile("[kipc_sem]", &kipc_sem_fops, sem_file,
				  read_only ? O_RDONLY : O_RDWR);
	if (IS_ERR(file)) {
		kipc_entry_close(&set->entry);
		ret = PTR_ERR(file);
		goto out_free;
	}
	kipc_sem_lock_wide(set);
	hlist_add_head(&sem_file->node, &set->files);
	kipc_sem_unlock_wide(set);
	return file;

out_free:
	kfree(sem_file);
	return ERR_PTR(ret);
}
