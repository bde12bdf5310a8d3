// SPDX-License-Identifier: GPL-2.0
/* Semaphore sets: the calls of the ABI; see sem.h. */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "core/bucket.h"
#include "core/instance.h"
#include "obj/sem.h"

/* First versions of the structures: these sizes never change. */
#define KIPC_SEM_GET_SIZE_VER0		24
#define KIPC_SEM_CREATE_SIZE_VER0	16
#define KIPC_SEM_OPEN_SIZE_VER0		16
#define KIPC_SEM_OPS_SIZE_VER0		32
#define KIPC_SEM_VALUE_SIZE_VER0	32
#define KIPC_SEM_SET_VALUE_SIZE_VER0	16
#define KIPC_SEM_VALUES_SIZE_VER0	16
#define KIPC_SEM_STAT_SIZE_VER0		72
#define KIPC_SEM_INFO_SIZE_VER0		40
#define KIPC_SEM_WATCH_SIZE_VER0	16

static_assert(sizeof(struct kipc_sem_get) == KIPC_SEM_GET_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_create) == KIPC_SEM_CREATE_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_open) == KIPC_SEM_OPEN_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_ops) == KIPC_SEM_OPS_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_value) == KIPC_SEM_VALUE_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_set_value) ==
	      KIPC_SEM_SET_VALUE_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_values) == KIPC_SEM_VALUES_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_stat) == KIPC_SEM_STAT_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_info) == KIPC_SEM_INFO_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_watch) == KIPC_SEM_WATCH_SIZE_VER0);
static_assert(sizeof(struct kipc_sem_op) == 6);

/* Finds the set that a call is about; a reference is the caller's. */
static struct kipc_sem_set *kipc_sem_of_call(struct kipc_call *call, int id)
{
	struct kipc_entry *entry = kipc_entry_of_call(call, KIPC_TABLE_SEM, id);

	return IS_ERR(entry) ? ERR_CAST(entry) : kipc_sem_set_of(entry);
}

static void kipc_sem_put(struct kipc_sem_set *set)
{
	kipc_entry_put(&set->entry);
}

/* May this call do this? A descriptor was checked when it was opened. */
static int kipc_sem_check_access(struct kipc_call *call,
				 struct kipc_sem_set *set, umode_t wanted)
{
	if (!call->obj)
		return kipc_perm_check(&set->entry, wanted);
	if (wanted == KIPC_SEM_ALTER && !(call->file->f_mode & FMODE_WRITE))
		return -EACCES;
	return 0;
}

static int kipc_sem_ioctl_get(struct kipc_call *call, void *arg)
{
	struct kipc_sem_get *sem_get = arg;
	const struct kipc_get get = {
		.key	= sem_get->key,
		.flags	= sem_get->flags,
		.mode	= sem_get->mode & 0777,
		.arg	= sem_get,
	};
	int ret;

	if (sem_get->nsems > kipc_limit_get(&call->inst->limits,
					    KIPC_LIMIT_SEMMSL))
		return -EINVAL;
	ret = kipc_table_get(&call->inst->tables[KIPC_TABLE_SEM], &get);
	if (ret < 0)
		return ret;
	sem_get->id = ret;
	return 0;
}

/* Prepares a descriptor for a set. */
static int kipc_sem_add_fd(struct kipc_call *call, struct kipc_sem_set *set,
			   u32 flags, s32 *fd)
{
	struct file *file = kipc_sem_open(set, flags & KIPC_SEM_RDONLY);

	return kipc_fds_add_opened(&call->fds, file,
				   flags & KIPC_SEM_CLOEXEC ? O_CLOEXEC : 0, fd);
}

static int kipc_sem_ioctl_create(struct kipc_call *call, void *arg)
{
	struct kipc_instance *inst = call->inst;
	struct kipc_sem_create *create = arg;
	const struct kipc_get get = {
		.key	= KIPC_KEY_PRIVATE,
		.flags	= create->flags & KIPC_SEM_ROBUST,
		.mode	= create->mode & 0777,
	};
	struct kipc_sem_set *set;
	int ret;

	if (create->nsems > kipc_limit_get(&inst->limits, KIPC_LIMIT_SEMMSL))
		return -EINVAL;
	ret = kipc_sem_set_alloc(inst, &get, create->nsems, &set);
	if (ret == -ENOSPC) {
		/* What should be gone does not count. */
		kipc_exit_settle();
		ret = kipc_sem_set_alloc(inst, &get, create->nsems, &set);
	}
	if (ret)
		return ret;
	ret = kipc_sem_add_fd(call, set, create->flags & KIPC_SEM_CLOEXEC,
			      &create->fd);
	kipc_sem_put(set);
	return ret;
}

static int kipc_sem_ioctl_open(struct kipc_call *call, void *arg)
{
	struct kipc_sem_open *open = arg;
	struct kipc_sem_set *set = kipc_sem_of_call(call, open->id);
	int ret;

	if (IS_ERR(set))
		return PTR_ERR(set);
	ret = kipc_perm_check(&set->entry, open->flags & KIPC_SEM_RDONLY ?
					   0444 : 0666);
	if (!ret)
		ret = kipc_sem_add_fd(call, set, open->flags, &open->fd);
	kipc_sem_put(set);
	return ret;
}

/* Checks flags, which may be some of @valid. */
static int kipc_sem_check_flags(const struct kipc_sem_op *ops, unsigned int nr,
				s16 valid)
{
	unsigned int i;
	s16 flags = 0;

	for (i = 0; i < nr; i++)
		flags |= ops[i].flags;
	return flags & ~valid ? -EINVAL : 0;
}

/* Copies operations of the caller into memory that is to be freed. */
static struct kipc_sem_op *kipc_sem_copy_ops(u64 addr, unsigned int nr)
{
	size_t size = array_size(nr, sizeof(struct kipc_sem_op));
	struct kipc_sem_op *ops = kipc_bucket_alloc(size, GFP_KERNEL_ACCOUNT);

	if (!ops)
		return ERR_PTR(-ENOMEM);
	if (!copy_from_user(ops, u64_to_user_ptr(addr), size))
		return ops;
	kvfree(ops);
	return ERR_PTR(-EFAULT);
}

/**
 * kipc_sem_ioctl_op - serve KIPC_IOC_SEM_OP for any number of operations
 * @call: the call
 * @arg: its argument, flags checked
 *
 * Return: 0 or a negative errno, as the ABI says.
 */
int kipc_sem_ioctl_op(struct kipc_call *call, void *arg)
{
	const struct kipc_sem_ops *sem_ops = arg;
	struct kipc_sem_list list = { .nr = sem_ops->nops };
	struct kipc_sem_set *set = NULL;
	struct kipc_sem_op *ops;
	int ret;

	if (!list.nr)
		return -EINVAL;
	if (list.nr > kipc_limit_get(&call->inst->limits, KIPC_LIMIT_SEMOPM))
		return -E2BIG;
	ops = kipc_sem_copy_ops(sem_ops->ops, list.nr);
	if (IS_ERR(ops))
		return PTR_ERR(ops);
	ret = kipc_sem_check_flags(ops, list.nr, KIPC_SEM_OP_FLAGS);
	if (ret)
		goto out_free;
	set = kipc_sem_of_call(call, sem_ops->id);
	if (IS_ERR(set)) {
		ret = PTR_ERR(set);
		goto out_free;
	}
	ret = kipc_sem_check_list(set, &list, ops);
	if (!ret)
		ret = kipc_sem_check_access(call, set, list.alters ?
					    KIPC_SEM_ALTER : KIPC_SEM_READ);
	if (!ret)
		ret = kipc_sem_run(set, &list, sem_ops);
	kipc_sem_put(set);
out_free:
	kvfree(ops);
	return ret;
}

static int kipc_sem_ioctl_op_one(struct kipc_call *call, void *arg)
{
	return kipc_sem_op_one(call->file, call->value);
}

static int kipc_sem_get_value(struct kipc_sem_set *set,
			      struct kipc_sem_value *value)
{
	unsigned int ncnt, zcnt;
	struct kipc_sem *sem;
	bool wide;

	if (value->num >= set->nsems)
		return -EINVAL;
	sem = &set->sems[array_index_nospec(value->num, set->nsems)];
	kipc_sem_undo_settle_now(set);
	wide = kipc_sem_lock(set, sem);
	if (READ_ONCE(set->entry.gone)) {
		kipc_sem_unlock(set, sem, wide);
		return -EIDRM;
	}
	value->value = sem->value;
	value->pid = pid_vnr(sem->pid);
	value->dead = sem->dead;
	kipc_sem_count_waiters(set, sem, &ncnt, &zcnt);
	kipc_sem_unlock(set, sem, wide);
	value->ncnt = ncnt;
	value->zcnt = zcnt;
	value->reserved = 0;
	return 0;
}

static int kipc_sem_ioctl_get_value(struct kipc_call *call, void *arg)
{
	struct kipc_sem_value *value = arg;
	struct kipc_sem_set *set = kipc_sem_of_call(call, value->id);
	int ret;

	if (IS_ERR(set))
		return PTR_ERR(set);
	ret = kipc_sem_check_access(call, set, KIPC_SEM_READ);
	if (!ret)
		ret = kipc_sem_get_value(set, value);
	kipc_sem_put(set);
	return ret;
}

/* Sets one semaphore, or all if @values has them. */
static int kipc_sem_set_values(struct kipc_sem_set *set, unsigned int first,
			       const u16 *values, unsigned int nr)
{
	struct pid *pid = task_tgid(current);
	struct kipc_sem *sem;
	LIST_HEAD(taken);
	unsigned int i;
	int ret = 0;

	kipc_sem_undo_settle_now(set);
	kipc_sem_lock_wide(set);
	if (READ_ONCE(set->entry.gone)) {
		ret = -EIDRM;
		goto out_unlock;
	}
	for (i = 0; i < nr; i++) {
		sem = &set->sems[first + i];
		kipc_sem_claim(set, sem);
		kipc_sem_put_value(set, sem, values[i], pid);
		kipc_sem_set_dead(sem, false);
	}
	kipc_sem_undo_forget_locked(set, first, nr);
	/* Whoever is woken finds the time noted. */
	kipc_sem_set_changed(set);
	kipc_sem_wake_locked(set, &taken);
out_unlock:
	kipc_sem_unlock_wide(set);
	kipc_waiters_wake(&taken);
	return ret;
}

static int kipc_sem_ioctl_set_value(struct kipc_call *call, void *arg)
{
	struct kipc_sem_set_value *set_value = arg;
	struct kipc_sem_set *set;
	u16 value = set_value->value;
	u32 num = set_value->num;
	int ret = 0;

	/* As natively, what cannot be an id at all comes first. */
	if (!call->obj && set_value->id < 0)
		return -EINVAL;
	if (set_value->value < 0 || set_value->value > KIPC_SEM_VALUE_MAX)
		return -ERANGE;
	set = kipc_sem_of_call(call, set_value->id);
	if (IS_ERR(set))
		return PTR_ERR(set);
	if (num >= set->nsems)
		ret = -EINVAL;
	if (!ret)
		ret = kipc_sem_check_access(call, set, KIPC_SEM_ALTER);
	if (!ret)
		ret = kipc_sem_set_values(set,
					  array_index_nospec(num, set->nsems),
					  &value, 1);
	kipc_sem_put(set);
	return ret;
}

static int kipc_sem_read_all(struct kipc_sem_set *set, u16 *values)
{
	unsigned int i;
	int ret = 0;

	kipc_sem_undo_settle_now(set);
	kipc_sem_lock_wide(set);
	if (READ_ONCE(set->entry.gone)) {
		ret = -EIDRM;
	} else {
		kipc_sem_claim_all(set);
		for (i = 0; i < set->nsems; i++)
			values[i] = set->sems[i].value;
	}
	kipc_sem_unlock_wide(set);
	return ret;
}

static int kipc_sem_get_all(struct kipc_sem_set *set,
			    struct kipc_sem_values *arg)
{
	size_t size = array_size(set->nsems, sizeof(u16));
	u16 *values;
	int ret;

	if (arg->nsems < set->nsems)
		return -EINVAL;
	values = kipc_bucket_alloc(size, GFP_KERNEL_ACCOUNT);
	if (!values)
		return -ENOMEM;
	ret = kipc_sem_read_all(set, values);
	if (!ret && copy_to_user(u64_to_user_ptr(arg->values), values, size))
		ret = -EFAULT;
	if (!ret)
		arg->nsems = set->nsems;
	kvfree(values);
	return ret;
}

static int kipc_sem_set_all(struct kipc_sem_set *set,
			    const struct kipc_sem_values *arg)
{
	size_t size = array_size(set->nsems, sizeof(u16));
	unsigned int i;
	u16 *values;
	int ret = 0;

	if (arg->nsems != set->nsems)
		return -EINVAL;
	values = kipc_bucket_alloc(size, GFP_KERNEL_ACCOUNT);
	if (!values)
		return -ENOMEM;
	if (copy_from_user(values, u64_to_user_ptr(arg->values), size))
		ret = -EFAULT;
	for (i = 0; !ret && i < set->nsems; i++)
		if (values[i] > KIPC_SEM_VALUE_MAX)
			ret = -ERANGE;
	if (!ret)
		ret = kipc_sem_set_values(set, 0, values, set->nsems);
	kvfree(values);
	return ret;
}

static int kipc_sem_ioctl_get_all(struct kipc_call *call, void *arg)
{
	struct kipc_sem_values *values = arg;
	struct kipc_sem_set *set = kipc_sem_of_call(call, values->id);
	int ret;

	if (IS_ERR(set))
		return PTR_ERR(set);
	ret = kipc_sem_check_access(call, set, KIPC_SEM_READ);
	if (!ret)
		ret = kipc_sem_get_all(set, values);
	kipc_sem_put(set);
	return ret;
}

static int kipc_sem_ioctl_set_all(struct kipc_call *call, void *arg)
{
	struct kipc_sem_values *values = arg;
	struct kipc_sem_set *set = kipc_sem_of_call(call, values->id);
	int ret;

	if (IS_ERR(set))
		return PTR_ERR(set);
	ret = kipc_sem_check_access(call, set, KIPC_SEM_ALTER);
	if (!ret)
		ret = kipc_sem_set_all(set, values);
	kipc_sem_put(set);
	return ret;
}

static int kipc_sem_ioctl_stat(struct kipc_call *call, void *arg)
{
	struct kipc_sem_stat *stat = arg;
	struct kipc_sem_set *set;
	struct kipc_entry *entry;
	int ret = 0;

	entry = kipc_entry_of_stat(call, KIPC_TABLE_SEM, stat->perm.id,
				   stat->flags);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	set = kipc_sem_set_of(entry);
	kipc_sem_undo_settle_now(set);
	stat->nsems = set->nsems;
	stat->otime = kipc_sem_set_otime(set);
	stat->sleepers = kipc_sem_set_sleepers(set);
	stat->undos = READ_ONCE(set->nr_undos);
	stat->robust = set->robust;
	spin_lock(&entry->lock);
	if (entry->gone && !call->obj)
		ret = -EIDRM;
	kipc_perm_fill_locked(entry, &stat->perm);
	stat->ctime = entry->ctime;
	stat->fds = entry->users;
	spin_unlock(&entry->lock);
	kipc_entry_put(entry);
	return ret;
}

static int kipc_sem_ioctl_set(struct kipc_call *call, void *arg)
{
	return kipc_entry_ioctl_set(call, KIPC_TABLE_SEM, arg);
}

static int kipc_sem_ioctl_remove(struct kipc_call *call, void *arg)
{
	return kipc_entry_ioctl_remove(call, KIPC_TABLE_SEM, arg);
}

static int kipc_sem_ioctl_info(struct kipc_call *call, void *arg)
{
	struct kipc_table *table = &call->inst->tables[KIPC_TABLE_SEM];
	const struct kipc_limits *limits = &call->inst->limits;
	struct kipc_sem_info *info = arg;

	/* What should be gone does not count. */
	kipc_exit_settle();
	info->max_index = kipc_table_max_index(table);
	info->semmsl = kipc_limit_get(limits, KIPC_LIMIT_SEMMSL);
	info->semmns = kipc_limit_get(limits, KIPC_LIMIT_SEMMNS);
	info->semopm = kipc_limit_get(limits, KIPC_LIMIT_SEMOPM);
	info->semmni = kipc_limit_get(limits, KIPC_LIMIT_SEMMNI);
	info->used_ids = READ_ONCE(table->in_use);
	info->used_sems = atomic_long_read(&call->inst->sems);
	return 0;
}

static int kipc_sem_ioctl_watch(struct kipc_call *call, void *arg)
{
	const struct kipc_sem_watch *watch = arg;
	struct kipc_sem_op *ops = NULL;
	int ret;

	if (watch->nops > kipc_limit_get(&call->inst->limits,
					 KIPC_LIMIT_SEMOPM))
		return -E2BIG;
	if (watch->nops) {
		ops = kipc_sem_copy_ops(watch->ops, watch->nops);
		if (IS_ERR(ops))
			return PTR_ERR(ops);
		ret = kipc_sem_check_flags(ops, watch->nops, 0);
		if (ret) {
			kvfree(ops);
			return ret;
		}
	}
	return kipc_sem_watch(call->file->private_data, ops, watch->nops);
}

static const struct kipc_ioctl kipc_sem_ioctl_rows[] = {
	[KIPC_NR_SEM_GET & 0xf] = {
		.cmd		= KIPC_IOC_SEM_GET,
		.size_min	= KIPC_SEM_GET_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_GET_CREAT | KIPC_GET_EXCL |
				  KIPC_GET_AUTOREMOVE | KIPC_SEM_ROBUST,
		.flags_at	= offsetof(struct kipc_sem_get, flags),
		.reserved_at	= offsetof(struct kipc_sem_get, reserved),
		.lasting	= true,
		.handler	= kipc_sem_ioctl_get,
	},
	[KIPC_NR_SEM_CREATE & 0xf] = {
		.cmd		= KIPC_IOC_SEM_CREATE,
		.size_min	= KIPC_SEM_CREATE_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_SEM_CLOEXEC | KIPC_SEM_ROBUST,
		.flags_at	= offsetof(struct kipc_sem_create, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sem_ioctl_create,
	},
	[KIPC_NR_SEM_OPEN & 0xf] = {
		.cmd		= KIPC_IOC_SEM_OPEN,
		.size_min	= KIPC_SEM_OPEN_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SEM,
		.flags		= KIPC_SEM_CLOEXEC | KIPC_SEM_RDONLY,
		.flags_at	= offsetof(struct kipc_sem_open, flags),
		.reserved_at	= offsetof(struct kipc_sem_open, reserved),
		.handler	= kipc_sem_ioctl_open,
	},
	[KIPC_NR_SEM_OP & 0xf] = {
		.cmd		= KIPC_IOC_SEM_OP,
		.size_min	= KIPC_SEM_OPS_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SEM,
		.flags		= KIPC_SEM_RELATIVE,
		.flags_at	= offsetof(struct kipc_sem_ops, flags),
		.reserved_at	= offsetof(struct kipc_sem_ops, reserved),
		.direct		= kipc_sem_op_call,
		.handler	= kipc_sem_ioctl_op,
	},
	[KIPC_NR_SEM_OP_ONE & 0xf] = {
		.cmd		= KIPC_IOC_SEM_OP_ONE,
		.targets	= KIPC_ON_SEM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sem_ioctl_op_one,
	},
	[KIPC_NR_SEM_GET_VALUE & 0xf] = {
		.cmd		= KIPC_IOC_SEM_GET_VALUE,
		.size_min	= KIPC_SEM_VALUE_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SEM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sem_ioctl_get_value,
	},
	[KIPC_NR_SEM_SET_VALUE & 0xf] = {
		.cmd		= KIPC_IOC_SEM_SET_VALUE,
		.size_min	= KIPC_SEM_SET_VALUE_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SEM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= offsetof(struct kipc_sem_set_value, reserved),
		.handler	= kipc_sem_ioctl_set_value,
	},
	[KIPC_NR_SEM_GET_ALL & 0xf] = {
		.cmd		= KIPC_IOC_SEM_GET_ALL,
		.size_min	= KIPC_SEM_VALUES_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SEM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sem_ioctl_get_all,
	},
	[KIPC_NR_SEM_SET_ALL & 0xf] = {
		.cmd		= KIPC_IOC_SEM_SET_ALL,
		.size_min	= KIPC_SEM_VALUES_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SEM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sem_ioctl_set_all,
	},
	[KIPC_NR_SEM_STAT & 0xf] = {
		.cmd		= KIPC_IOC_SEM_STAT,
		.size_min	= KIPC_SEM_STAT_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SEM,
		.flags		= KIPC_STAT_INDEX | KIPC_STAT_ANY,
		.flags_at	= offsetof(struct kipc_sem_stat, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sem_ioctl_stat,
	},
	[KIPC_NR_SEM_SET & 0xf] = {
		.cmd		= KIPC_IOC_SEM_SET,
		.size_min	= sizeof(struct kipc_set),
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SEM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sem_ioctl_set,
	},
	[KIPC_NR_SEM_REMOVE & 0xf] = {
		.cmd		= KIPC_IOC_SEM_REMOVE,
		.size_min	= sizeof(struct kipc_remove),
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_SEM,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= offsetof(struct kipc_remove, reserved),
		.handler	= kipc_sem_ioctl_remove,
	},
	[KIPC_NR_SEM_INFO & 0xf] = {
		.cmd		= KIPC_IOC_SEM_INFO,
		.size_min	= KIPC_SEM_INFO_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags_at	= offsetof(struct kipc_sem_info, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sem_ioctl_info,
	},
	[KIPC_NR_SEM_WATCH & 0xf] = {
		.cmd		= KIPC_IOC_SEM_WATCH,
		.size_min	= KIPC_SEM_WATCH_SIZE_VER0,
		.targets	= KIPC_ON_SEM,
		.flags_at	= offsetof(struct kipc_sem_watch, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sem_ioctl_watch,
	},
};

const struct kipc_ioctl_set kipc_sem_ioctls = {
	.rows = kipc_sem_ioctl_rows,
	.nr_rows = ARRAY_SIZE(kipc_sem_ioctl_rows),
	.block = KIPC_NR_SEM_GET >> 4,
};

static noinline long kipc_sem_dispatch(struct file *file, unsigned int cmd,
				       unsigned long arg)
{
	struct kipc_sem_file *sem_file = file->private_data;
	struct kipc_entry *entry = &sem_file->set->entry;
	struct kipc_call call = {
		.file = file,
		.inst = entry->obj.inst,
		.obj = entry,
	};

	return kipc_ioctl_dispatch(&call, KIPC_ON_SEM, cmd,
				   (void __user *)arg);
}

/**
 * kipc_sem_file_ioctl - ioctl on a descriptor of a set
 * @file: the open file
 * @cmd: the command
 * @arg: its argument, a user address or an operation
 *
 * Return: as of kipc_ioctl_dispatch().
 */
long kipc_sem_file_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	/* The calls that have to be fast. */
	if (likely(cmd == KIPC_IOC_SEM_OP_ONE))
		return kipc_sem_op_one(file, arg);
	if (cmd == KIPC_IOC_SEM_OP)
		return kipc_sem_op_file(file, (void __user *)arg);
	return kipc_sem_dispatch(file, cmd, arg);
}
