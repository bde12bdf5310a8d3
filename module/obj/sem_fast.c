// SPDX-License-Identifier: GPL-2.0
/*
 * Operations on semaphores as fast as can be: those that can be done at once, when
 * nobody else has to be looked at, and the calls on a descriptor that are to reach
 * them by the shortest way. Everything else goes on in sem_op.c; see sem.h.
 */
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "core/instance.h"
#include "obj/sem.h"
#include "obj/sem_undo.h"

/* So many operations are few. */
#define KIPC_SEM_FEW	2

/* What is to be done by kipc_sem_do() is answered with, inside; not an error. */
#define KIPC_SEM_WIDE	2

static __always_inline bool kipc_sem_is_waited_for(const struct kipc_sem *sem)
{
	return !list_empty(&sem->alters) || !list_empty(&sem->zeros);
}

/* Does one operation, unless it has to be done wide. */
static __always_inline int kipc_sem_do_one(struct kipc_sem_set *set,
					   struct kipc_sem_list *list,
					   const struct kipc_sem_ops *arg)
{
	struct kipc_sem *sem = &set->sems[list->ops[0].num];
	int ret = KIPC_SEM_WIDE;

	spin_lock(&sem->lock);
	if (unlikely(!kipc_sem_is_narrow(sem)))
		goto out_unlock;
	ret = kipc_sem_step(sem, list, &list->ops[0]);
	if (unlikely(ret)) {
		if (ret == KIPC_SEM_WAIT)
			return kipc_sem_block(set, sem, list, arg);
		goto out_unlock;
	}
	kipc_sem_set_pid(sem, list->pid);
	sem->otime = ktime_get_real_seconds();
	if (unlikely(kipc_sem_is_waited_for(sem))) {
		kipc_sem_wake(set, sem, list->ops[0].op > 0);
		return 0;
	}
out_unlock:
	spin_unlock(&sem->lock);
	return ret;
}

/* Does two operations, if they can be done and nobody waits for what they change. */
static __always_inline int kipc_sem_do_two(struct kipc_sem_set *set,
					   struct kipc_sem_list *list)
{
	struct kipc_sem *a = &set->sems[list->ops[0].num];
	struct kipc_sem *b = &set->sems[list->ops[1].num];
	int ret = KIPC_SEM_WIDE;

	if (unlikely(a == b))
		return ret;
	spin_lock(a < b ? &a->lock : &b->lock);
	spin_lock_nested(a < b ? &b->lock : &a->lock, SINGLE_DEPTH_NESTING);
	if (unlikely(!kipc_sem_is_narrow(a) || kipc_sem_is_waited_for(a) ||
		     !kipc_sem_is_narrow(b) || kipc_sem_is_waited_for(b) ||
		     kipc_sem_step(a, list, &list->ops[0])))
		goto out_unlock;
	if (unlikely(kipc_sem_step(b, list, &list->ops[1]))) {
		kipc_sem_step_back(a, list, &list->ops[0]);
		goto out_unlock;
	}
	kipc_sem_set_pid(a, list->pid);
	kipc_sem_set_pid(b, list->pid);
	a->otime = ktime_get_real_seconds();
	ret = 0;
out_unlock:
	spin_unlock(&b->lock);
	spin_unlock(&a->lock);
	return ret;
}

/* Makes ready to do operations that are known to be for this set. */
static __always_inline int kipc_sem_prepare(struct kipc_sem_set *set,
					    struct kipc_sem_list *list)
{
	kipc_sem_undo_settle(set);
	list->pid = task_tgid(current);
	return list->undos ? kipc_sem_undo_get(set, &list->undo) : 0;
}

/* Does operations by the shortest way that there is for so many. */
static __always_inline int kipc_sem_do_few(struct kipc_sem_set *set,
					   struct kipc_sem_list *list,
					   const struct kipc_sem_ops *arg)
{
	int ret = kipc_sem_prepare(set, list);

	if (unlikely(ret))
		return ret;
	ret = KIPC_SEM_WIDE;
	if (list->nr == 1)
		ret = kipc_sem_do_one(set, list, arg);
	else if (list->nr == 2)
		ret = kipc_sem_do_two(set, list);
	if (unlikely(ret == KIPC_SEM_WIDE))
		ret = kipc_sem_do(set, list, arg);
	/*
	 * Not if it is the end of a time that it has waited, nor if there are no adjustments but
	 * the caller's own.
	 */
	if (unlikely(ret == -EAGAIN) &&
	    !(list->undo && READ_ONCE(set->nr_undos) == 1) &&
	    (!arg || arg->timeout == KIPC_TIMEOUT_NONE ||
	     (list->nr == 1 && (list->ops[0].flags & KIPC_SEM_NOWAIT))) &&
	    kipc_sem_undo_settle_now(set))
		ret = kipc_sem_do(set, list, arg);
	return ret;
}

/**
 * kipc_sem_run - do operations, and wait until they can be done
 * @set: the set; the caller has a reference, and may do this
 * @list: the operations, as kipc_sem_check_list() has left them
 * @arg: the call, for how long to wait
 *
 * Context: may sleep.
 * Return: as of kipc_sem_do(), and -ENOMEM, -ENOSPC for lack of adjustments.
 */
int kipc_sem_run(struct kipc_sem_set *set, struct kipc_sem_list *list,
		 const struct kipc_sem_ops *arg)
{
	return kipc_sem_do_few(set, list, arg);
}

/**
 * kipc_sem_op_one - serve KIPC_IOC_SEM_OP_ONE
 * @file: the descriptor's open file
 * @arg: the operation
 *
 * Context: may sleep. Return: 0 or a negative errno, as the ABI says.
 */
int kipc_sem_op_one(struct file *file, unsigned long arg)
{
	struct kipc_sem_file *sem_file = file->private_data;
	struct kipc_sem_set *set = sem_file->set;
	unsigned int num = arg >> 16 & KIPC_SEM_ONE_NUM_MAX;
	struct kipc_sem_op op = {
		.num	= array_index_nospec(num, set->nsems),
		.op	= (s16)arg,
		.flags	= (arg & KIPC_SEM_ONE_NOWAIT ? KIPC_SEM_NOWAIT : 0) |
			  (arg & KIPC_SEM_ONE_UNDO ? KIPC_SEM_UNDO : 0),
	};
	struct kipc_sem_list list = {
		.ops	= &op,
		.nr	= 1,
		.alters	= op.op,
		.undos	= op.flags & KIPC_SEM_UNDO,
	};

	if (arg != (u32)arg)
		return -EINVAL;
	if (num >= set->nsems)
		return -EFBIG;
	if (list.alters && !(file->f_mode & FMODE_WRITE))
		return -EACCES;
	return kipc_sem_do_few(set, &list, NULL);
}

/* Copies the argument of KIPC_IOC_SEM_OP. */
static __always_inline int
kipc_sem_fetch_arg(struct kipc_sem_ops *arg,
		   const struct kipc_sem_ops __user *uarg)
{
	if (!user_access_begin(uarg, sizeof(*uarg)))
		return -EFAULT;
	unsafe_get_user(arg->id, &uarg->id, fault);
	unsafe_get_user(arg->nops, &uarg->nops, fault);
	unsafe_get_user(arg->ops, &uarg->ops, fault);
	unsafe_get_user(arg->flags, &uarg->flags, fault);
	unsafe_get_user(arg->reserved, &uarg->reserved, fault);
	unsafe_get_user(arg->timeout, &uarg->timeout, fault);
	user_access_end();
	return 0;

fault:
	user_access_end();
	return -EFAULT;
}

/* Copies a few operations, and does what kipc_sem_check_list() does for many. */
static __always_inline int
kipc_sem_fetch_list(const struct kipc_sem_set *set, struct kipc_sem_list *list,
		    struct kipc_sem_op *ops, unsigned int nr,
		    const struct kipc_sem_op __user *uops)
{
	unsigned int i, max = 0;
	s16 all_flags = 0, all_ops = 0;
	u16 num;

	if (!user_access_begin(uops, nr * sizeof(*uops)))
		return -EFAULT;
	for (i = 0; i < nr; i++) {
		unsafe_get_user(num, &uops[i].num, fault);
		unsafe_get_user(ops[i].op, &uops[i].op, fault);
		unsafe_get_user(ops[i].flags, &uops[i].flags, fault);
		max = max_t(unsigned int, max, num);
		ops[i].num = array_index_nospec(num, set->nsems);
		all_ops |= ops[i].op;
		all_flags |= ops[i].flags;
	}
	user_access_end();
	if (all_flags & ~KIPC_SEM_OP_FLAGS)
		return -EINVAL;
	list->ops = ops;
	list->nr = nr;
	list->alters = all_ops;
	list->undos = all_flags & KIPC_SEM_UNDO;
	return max < set->nsems ? 0 : -EFBIG;

fault:
	user_access_end();
	return -EFAULT;
}

/*
 * Copies a call of few operations, and checks all of it that does not depend on the
 * set. 0 for what is for kipc_sem_ioctl_op(), and 1 for success.
 */
static __always_inline int kipc_sem_fetch(const struct kipc_instance *inst,
					  struct kipc_sem_ops *arg,
					  const struct kipc_sem_ops __user *uarg)
{
	if (kipc_sem_fetch_arg(arg, uarg))
		return -EFAULT;
	if ((arg->flags & ~KIPC_SEM_RELATIVE) | arg->reserved)
		return -EINVAL;
	/* None, or many. */
	return likely(arg->nops - 1 < KIPC_SEM_FEW &&
		      arg->nops <= kipc_limit_get(&inst->limits,
						  KIPC_LIMIT_SEMOPM));
}

/**
 * kipc_sem_op_file - serve KIPC_IOC_SEM_OP on a descriptor
 * @file: the descriptor's open file
 * @uarg: the call's argument
 *
 * Context: may sleep. Return: 0 or a negative errno, as the ABI says.
 */
long kipc_sem_op_file(struct file *file, void __user *uarg)
{
	struct kipc_sem_file *sem_file = file->private_data;
	struct kipc_sem_set *set = sem_file->set;
	struct kipc_entry *entry = &set->entry;
	struct kipc_sem_op ops[KIPC_SEM_FEW];
	struct kipc_sem_list list = {};
	struct kipc_sem_ops arg;
	int ret;

	ret = kipc_sem_fetch(entry->obj.inst, &arg, uarg);
	if (unlikely(!ret)) {
		struct kipc_call call = {
			.file = file,
			.inst = entry->obj.inst,
			.obj = entry,
		};

		return kipc_sem_ioctl_op(&call, &arg);
	}
	if (unlikely(ret < 0))
		return ret;
	ret = kipc_sem_fetch_list(set, &list, ops, arg.nops,
				  u64_to_user_ptr(arg.ops));
	if (unlikely(ret))
		return ret;
	if (arg.id != KIPC_ID_SELF)
		return -EINVAL;
	if (list.alters && !(file->f_mode & FMODE_WRITE))
		return -EACCES;
	return kipc_sem_do_few(set, &list, &arg);
}

/* There is no such set; but as natively, operations that cannot be read come first. */
static noinline int kipc_sem_no_set(const struct kipc_sem_ops *arg)
{
	struct kipc_sem_op ops[KIPC_SEM_FEW];

	if (copy_from_user(ops, u64_to_user_ptr(arg->ops),
			   arg->nops * sizeof(*ops)))
		return -EFAULT;
	return -EINVAL;
}

/* Does few operations on a set that was found by its id. */
static __always_inline int kipc_sem_op_id(struct kipc_sem_set *set,
					  const struct kipc_sem_ops *arg)
{
	struct kipc_sem_op ops[KIPC_SEM_FEW];
	struct kipc_sem_list list = {};
	int ret;

	ret = kipc_sem_fetch_list(set, &list, ops, arg->nops,
				  u64_to_user_ptr(arg->ops));
	if (unlikely(ret))
		return ret;
	ret = kipc_perm_check(&set->entry, list.alters ? KIPC_SEM_ALTER :
							 KIPC_SEM_READ);
	if (unlikely(ret))
		return ret;
	return kipc_sem_do_few(set, &list, arg);
}

/**
 * kipc_sem_op_call - serve KIPC_IOC_SEM_OP on an instance node
 * @call: the call
 * @uarg: its argument
 *
 * Context: may sleep. Return: 0 or a negative errno, as the ABI says.
 */
long kipc_sem_op_call(struct kipc_call *call, void __user *uarg)
{
	struct kipc_entry *entry;
	struct kipc_sem_ops arg;
	int ret;

	ret = kipc_sem_fetch(call->inst, &arg, uarg);
	if (unlikely(!ret))
		return kipc_sem_ioctl_op(call, &arg);
	if (unlikely(ret < 0))
		return ret;
	entry = kipc_entry_of_call(call, KIPC_TABLE_SEM, arg.id);
	if (IS_ERR(entry))
		return kipc_sem_no_set(&arg);
	ret = kipc_sem_op_id(kipc_sem_set_of(entry), &arg);
	kipc_entry_put(entry);
	return ret;
}
