/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_OBJ_SEM_H
#define _KIPC_OBJ_SEM_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/rbtree_types.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/wait.h>
#include <linux/kipc.h>

#include "core/exit.h"
#include "core/ioctl.h"
#include "core/table.h"
#include "core/wait.h"

/*
 * Semaphore sets.
 *
 * An operation on one semaphore takes that semaphore's lock and no other; a list of
 * two that finds nobody waiting takes both, the one with the lower number first. All
 * else - other lists of operations, changes of the whole set, adjustments when a
 * process ends - goes wide: it takes the lock of the set, and claims the semaphores
 * that it touches, one after the other, in any order. To claim one is to take its lock,
 * to mark it and to give the lock back. Who finds a semaphore marked goes wide as
 * well, and so waits until the set's lock is free, when no claims are left. Claims
 * are made by the holder of the set's lock only, so they never deadlock, and as
 * many as needed do not nest.
 *
 * Who cannot go on waits at the one semaphore that stops him: only a change of that
 * one can help. Whoever changes a semaphore looks at those who wait there, in the
 * order in which they began to wait, does the work of those who can go on, and
 * wakes them after the unlock (struct kipc_waiter). A list that cannot go on after
 * all moves to the semaphore that stops it now. While lists wait at a semaphore,
 * or poll watches it, or a holder of it has died, or there are too many to be looked
 * at without a pause, all operations on it go wide (@nr_wide); those on other semaphores
 * of the set do not.
 *
 * Adjustments of SEM_UNDO belong to a process and a set. They are found by these
 * two in a hash table of the module and are guarded as the semaphores are that they
 * are for. When the process has exited they are applied by the work of core/exit.h, or
 * by who is quicker and has to see the set as it is then (kipc_sem_undo_settle()).
 *
 * A call holds a reference on the set, sleeping or not. Removal marks the set as
 * gone and then visits each semaphore, so that all operations go wide from then on:
 * who goes wide sees the mark, and who did not stands in a queue that is visited.
 */

struct kipc_fdinfo;
struct kipc_sem_undo;
struct kipc_sem_watch_list;
struct kipc_user;

/**
 * struct kipc_sem - a semaphore, on a cache line of its own
 * @lock: guards the rest while the semaphore is not claimed; the set's lock does
 *	while it is
 * @value: its value
 * @dead: a holder has died and nobody has been told, see KIPC_SEM_ROBUST
 * @changed: it has been changed since it was claimed; false while it is not
 * @claimed: 0, or in the list of those that the holder of the set's lock has
 *	claimed: the number of the next plus 1, or KIPC_SEM_CLAIM_END
 * @nr_wide: reasons for an operation on it to go wide
 * @pid: process of the last operation, a counted reference, or NULL
 * @otime: time of the last operation that is noted here; the set's is the latest
 * @zeros: those who wait here with a list that alters nothing
 * @alters: others who wait here: those with a single operation in the order in which
 *	they came, those with lists anywhere between them
 */
struct kipc_sem {
	spinlock_t lock; /* what it guards is said above, member by member */
	u16 value;
	bool dead;
	bool changed;
	u32 claimed;
	u32 nr_wide;
	struct pid *pid;
	time64_t otime;
	struct list_head zeros;
	struct list_head alters;
} ____cacheline_aligned_in_smp;

#define KIPC_SEM_CLAIM_END	U32_MAX

/* The flags of an operation. */
#define KIPC_SEM_OP_FLAGS	(KIPC_SEM_NOWAIT | KIPC_SEM_UNDO)

/* What wants to alter a set, or only to look at it. */
#define KIPC_SEM_ALTER	0222
#define KIPC_SEM_READ	0444

/**
 * struct kipc_sem_set - a semaphore set
 * @entry: what all objects with an id have; first member
 * @nsems: number of semaphores; constant
 * @robust: KIPC_SEM_ROBUST; constant
 * @nr_undos: entries of @undos; changed under @lock. It is here as each operation
 *	reads what is above @lock, while those who go wide write what follows.
 * @lock: taken by who goes wide
 * @claims: number of the semaphore claimed last plus 1, or KIPC_SEM_CLAIM_END;
 *	guarded by @lock
 * @turns: those who have been taken from a queue and not been looked at yet, who waits
 *	longest first; guarded by @lock
 * @undos: adjustments of processes; guarded by @lock
 * @files: open files; guarded by @lock
 * @watches: for each semaphore, those who poll for it; NULL if nobody ever did;
 *	set once, under @lock
 * @nr_watched: operations that are polled for, by all files; guarded by @lock
 * @looks: how often those who poll have been looked for; guarded by @lock
 * @tickets: the last that was given to one who waits
 * @sems: the semaphores
 */
struct kipc_sem_set {
	struct kipc_entry entry;
	unsigned int nsems;
	unsigned int nr_undos;
	bool robust;
	/* What it guards is said above, member by member. */
	spinlock_t lock ____cacheline_aligned_in_smp;
	u32 claims;
	struct rb_root turns;
	struct hlist_head undos;
	struct hlist_head files;
	struct hlist_head *watches;
	u32 nr_watched;
	u64 looks;
	atomic64_t tickets;
	struct kipc_sem sems[];
};

/**
 * struct kipc_sem_list - operations that are done together
 * @ops: the operations, with valid numbers
 * @nr: how many
 * @alters: one of them alters its semaphore
 * @undos: one of them has KIPC_SEM_UNDO
 * @undo: the process's adjustments if @undos, valid while the set is not gone
 * @pid: the process
 */
struct kipc_sem_list {
	const struct kipc_sem_op *ops;
	unsigned int nr;
	bool alters;
	bool undos;
	struct kipc_sem_undo *undo;
	struct pid *pid;
};

/* What adjustments belong to. */
struct kipc_sem_undo_key {
	struct pid *pid;
	struct kipc_sem_set *set;
};

/**
 * struct kipc_sem_undo - adjustments of a process for a set
 * @key: both; a counted reference on the process
 * @hash_node: in the module's table, while @set_node is in the set's list
 * @set_node: in the set's @undos; guarded by the set's lock
 * @watch: for the exit of the process
 * @user: who is charged while @set_node is in a list; a counted reference
 * @ref: one while @set_node is in a list, or of who has taken it out; one of who
 *	applies it for core/exit.h
 * @rcu: frees it after a grace period
 * @adj: what to add to each semaphore; guarded as the semaphore
 */
struct kipc_sem_undo {
	struct kipc_sem_undo_key key;
	struct rhash_head hash_node;
	struct hlist_node set_node;
	struct kipc_exit_watch watch;
	struct kipc_user *user;
	refcount_t ref;
	struct rcu_head rcu;
	s16 adj[];
};

/**
 * struct kipc_sem_file - an open file of a set
 * @set: the set; a counted reference; constant
 * @node: in the set's @files; guarded by the set's lock
 * @pollers: poll, select, epoll and io_uring
 * @watch: what they wait for, or NULL; guarded by the set's lock
 */
struct kipc_sem_file {
	struct kipc_sem_set *set;
	struct hlist_node node;
	wait_queue_head_t pollers;
	struct kipc_sem_watch_list *watch;
};

static inline struct kipc_sem_set *kipc_sem_set_of(struct kipc_entry *entry)
{
	return container_of(entry, struct kipc_sem_set, entry);
}

/* obj/sem.c */
extern const struct kipc_table_ops kipc_sem_table_ops;
int kipc_sem_init(void);
void kipc_sem_exit(void);
int kipc_sem_set_alloc(struct kipc_instance *inst, const struct kipc_get *get,
		       unsigned int nsems, struct kipc_sem_set **res);
time64_t kipc_sem_set_otime(struct kipc_sem_set *set);
unsigned int kipc_sem_set_sleepers(struct kipc_sem_set *set);
void kipc_sem_set_changed(struct kipc_sem_set *set);

/* obj/sem_lock.c */
bool kipc_sem_lock(struct kipc_sem_set *set, struct kipc_sem *sem);
void kipc_sem_unlock(struct kipc_sem_set *set, struct kipc_sem *sem, bool wide);
void kipc_sem_lock_wide(struct kipc_sem_set *set);
void kipc_sem_claim(struct kipc_sem_set *set, struct kipc_sem *sem);
void kipc_sem_claim_all(struct kipc_sem_set *set);
struct kipc_sem *kipc_sem_first_claimed(struct kipc_sem_set *set);
struct kipc_sem *kipc_sem_next_claimed(struct kipc_sem_set *set,
				       const struct kipc_sem *sem);
void kipc_sem_unlock_wide(struct kipc_sem_set *set);

/* obj/sem_op.c */
int kipc_sem_check_list(const struct kipc_sem_set *set,
			struct kipc_sem_list *list, struct kipc_sem_op *ops);
int kipc_sem_do(struct kipc_sem_set *set, struct kipc_sem_list *list,
		const struct kipc_sem_ops *arg);
int kipc_sem_block(struct kipc_sem_set *set, struct kipc_sem *sem,
		   struct kipc_sem_list *list, const struct kipc_sem_ops *arg)
	__releases(&sem->lock);
void kipc_sem_wake(struct kipc_sem_set *set, struct kipc_sem *sem, bool larger)
	__releases(&sem->lock);
bool kipc_sem_could(struct kipc_sem_set *set, struct kipc_sem_list *list);
void kipc_sem_put_value(struct kipc_sem_set *set, struct kipc_sem *sem,
			int value, struct pid *pid);
void kipc_sem_change_pid(struct kipc_sem *sem, struct pid *pid);
void kipc_sem_set_dead(struct kipc_sem *sem, bool dead);
void kipc_sem_wake_locked(struct kipc_sem_set *set, struct list_head *taken);
void kipc_sem_count_waiters(struct kipc_sem_set *set, struct kipc_sem *sem,
			    unsigned int *ncnt, unsigned int *zcnt);
void kipc_sem_show_waiters(struct kipc_fdinfo *info, struct kipc_sem_set *set);
void kipc_sem_end(struct kipc_sem_set *set);

/* obj/sem_fast.c */
int kipc_sem_run(struct kipc_sem_set *set, struct kipc_sem_list *list,
		 const struct kipc_sem_ops *arg);
int kipc_sem_op_one(struct file *file, unsigned long arg);
long kipc_sem_op_file(struct file *file, void __user *uarg);
long kipc_sem_op_call(struct kipc_call *call, void __user *uarg);

/* obj/sem_undo.c */
int kipc_sem_undo_make(struct kipc_sem_set *set, struct kipc_sem_undo **res);
bool kipc_sem_undo_apply_exited(struct kipc_sem_set *set);
void kipc_sem_undo_forget_locked(struct kipc_sem_set *set, unsigned int first,
				 unsigned int nr);
void kipc_sem_undo_drop_all(struct kipc_sem_set *set);
void kipc_sem_undo_show(struct seq_file *m, struct kipc_sem_set *set);
int kipc_sem_undo_init(void);
void kipc_sem_undo_exit(void);

/* obj/sem_file.c */
struct file *kipc_sem_open(struct kipc_sem_set *set, bool read_only);
int kipc_sem_watch(struct kipc_sem_file *sem_file, struct kipc_sem_op *ops,
		   unsigned int nr);
void kipc_sem_poll_wake_locked(struct kipc_sem_set *set);
void kipc_sem_poll_end(struct kipc_sem_set *set);

/* obj/sem_ioctl.c */
extern const struct kipc_ioctl_set kipc_sem_ioctls;
long kipc_sem_file_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg);
int kipc_sem_ioctl_op(struct kipc_call *call, void *arg);

/**
 * kipc_sem_undo_settle - see to it that processes that have ended are done with
 * @set: the set that the caller is going to look at, or to change
 *
 * Context: may sleep.
 */
static inline void kipc_sem_undo_settle(struct kipc_sem_set *set)
{
	/* Pairs with the release of who applies adjustments. */
	if (unlikely(smp_load_acquire(&set->nr_undos) && kipc_exit_is_pending()))
		kipc_sem_undo_apply_exited(set);
}

/* So many processes are looked at one by one. */
#define KIPC_SEM_UNDOS_FEW	64

/**
 * kipc_sem_undo_settle_now - the same, for processes whose end nobody has been told of yet
 * @set: the set that the caller is going to look at, or that had nothing for it
 *
 * Who polls a pidfd can see that a process has ended a moment before those who wait for it
 * are woken, as kipc_exit_is_pending() counts on. So the processes are asked, if they are few,
 * by who looks, and by who would have to wait; an operation that can be done is done.
 *
 * Context: may sleep.
 * Return: true if something was done.
 */
static inline bool kipc_sem_undo_settle_now(struct kipc_sem_set *set)
{
	/* As in kipc_sem_undo_settle(). */
	unsigned int nr = smp_load_acquire(&set->nr_undos);

	if (likely(!nr) || (nr > KIPC_SEM_UNDOS_FEW && !kipc_exit_is_pending()))
		return false;
	return kipc_sem_undo_apply_exited(set);
}

/**
 * kipc_sem_is_narrow - may a semaphore be changed by who has its lock only?
 * @sem: the semaphore; its lock is held
 *
 * Return: true if so, until the lock is dropped.
 */
static __always_inline bool kipc_sem_is_narrow(const struct kipc_sem *sem)
{
	/* Pairs with the release of claims, which is done without this lock. */
	u32 claimed = smp_load_acquire(&sem->claimed);

	/*
	 * After that: while it is not claimed this does not change, and while it is,
	 * it does not matter.
	 */
	return !(claimed | data_race(sem->nr_wide));
}

/* What a list that has to wait is answered with, inside; not an error. */
#define KIPC_SEM_WAIT	1

/**
 * kipc_sem_step - do one operation, if it can be done now
 * @sem: its semaphore, locked or claimed
 * @list: what it is a part of
 * @op: the operation
 *
 * Return: 0; KIPC_SEM_WAIT; -ERANGE.
 */
static __always_inline int kipc_sem_step(struct kipc_sem *sem,
					 const struct kipc_sem_list *list,
					 const struct kipc_sem_op *op)
{
	int adj, value = sem->value + op->op;

	if (unlikely(op->op ? value < 0 : value))
		return KIPC_SEM_WAIT;
	if (unlikely(value > KIPC_SEM_VALUE_MAX))
		return -ERANGE;
	if (op->flags & KIPC_SEM_UNDO) {
		adj = list->undo->adj[op->num] - op->op;
		if (adj != (s16)adj)
			return -ERANGE;
		list->undo->adj[op->num] = adj;
	}
	sem->value = value;
	return 0;
}

/**
 * kipc_sem_step_back - take an operation back
 * @sem: its semaphore, locked or claimed since it was done
 * @list: what it is a part of
 * @op: the operation
 */
static inline void kipc_sem_step_back(struct kipc_sem *sem,
				      const struct kipc_sem_list *list,
				      const struct kipc_sem_op *op)
{
	sem->value -= op->op;
	if (op->flags & KIPC_SEM_UNDO)
		list->undo->adj[op->num] += op->op;
}

/**
 * kipc_sem_set_pid - note the process of the last operation
 * @sem: the semaphore, locked or claimed
 * @pid: the process
 */
static inline void kipc_sem_set_pid(struct kipc_sem *sem, struct pid *pid)
{
	if (unlikely(sem->pid != pid))
		kipc_sem_change_pid(sem, pid);
}

#endif /* _KIPC_OBJ_SEM_H */
