// SPDX-License-Identifier: GPL-2.0
/* Signal queues: the calls of the ABI; see sig.h. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "core/instance.h"
#include "obj/sig.h"

/* First versions of the structures: these sizes never change. */
#define KIPC_SIG_GET_SIZE_VER0		16
#define KIPC_SIG_CREATE_SIZE_VER0	16
#define KIPC_SIG_OPEN_SIZE_VER0		16
#define KIPC_SIG_SUBSCRIBE_SIZE_VER0	24
#define KIPC_SIG_SEND_SIZE_VER0		32
#define KIPC_SIG_WAIT_SIZE_VER0		48
#define KIPC_SIG_MASK_SIZE_VER0		16
#define KIPC_SIG_ACTION_SIZE_VER0	16
#define KIPC_SIG_PENDING_SIZE_VER0	48
#define KIPC_SIG_STAT_SIZE_VER0		160
#define KIPC_SIG_SET_SIZE_VER0		24
#define KIPC_SIG_INFO_SIZE_VER0		32

static_assert(sizeof(struct kipc_sig_get) == KIPC_SIG_GET_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_create) == KIPC_SIG_CREATE_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_open) == KIPC_SIG_OPEN_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_subscribe) ==
	      KIPC_SIG_SUBSCRIBE_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_send) == KIPC_SIG_SEND_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_wait) == KIPC_SIG_WAIT_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_mask) == KIPC_SIG_MASK_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_action) == KIPC_SIG_ACTION_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_pending) == KIPC_SIG_PENDING_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_stat) == KIPC_SIG_STAT_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_set) == KIPC_SIG_SET_SIZE_VER0);
static_assert(sizeof(struct kipc_sig_info) == KIPC_SIG_INFO_SIZE_VER0);
static_assert(KIPC_SIG_STAT_SIZE_VER0 <= KIPC_IOCTL_ARG_MAX);

#define KIPC_ON_ANY_SIG	(KIPC_ON_INSTANCE | KIPC_ON_SIG | KIPC_ON_SUBSCRIBER)

#define KIPC_SIG_WAIT_FLAGS	(KIPC_SIG_NOWAIT | KIPC_SIG_RELATIVE)

/* Finds the queue that a call is about; a reference is the caller's. */
static struct kipc_sig_queue *kipc_sig_of_call(struct kipc_call *call, int id)
{
	struct kipc_entry *entry = kipc_entry_of_call(call, KIPC_TABLE_SIG, id);

	return IS_ERR(entry) ? ERR_CAST(entry) : kipc_sig_queue_of(entry);
}

static void kipc_sig_put(struct kipc_sig_queue *queue)
{
	kipc_entry_put(&queue->entry);
}

static int kipc_sig_ioctl_get(struct kipc_call *call, void *arg)
{
	struct kipc_sig_get *sig_get = arg;
	const struct kipc_get get = {
		.key	= sig_get->key,
		.flags	= sig_get->flags,
		.mode	= sig_get->mode & 0777,
	};
	int ret = kipc_table_get(&call->inst->tables[KIPC_TABLE_SIG], &get);

	if (ret < 0)
		return ret;
	sig_get->id = ret;
	return 0;
}

/* Prepares the descriptor of a call. */
static int kipc_sig_add_fd(struct kipc_call *call, struct file *file, u32 flags,
			   s32 *fd)
{
	return kipc_fds_add_opened(&call->fds, file,
				   flags & KIPC_SIG_CLOEXEC ? O_CLOEXEC : 0, fd);
}

static int kipc_sig_ioctl_create(struct kipc_call *call, void *arg)
{
	struct kipc_sig_create *create = arg;
	const struct kipc_get get = {
		.key	= KIPC_KEY_PRIVATE,
		.mode	= create->mode & 0777,
	};
	struct kipc_sig_queue *queue;
	int ret = kipc_sig_queue_alloc(call->inst, &get, &queue);

	if (ret)
		return ret;
	ret = kipc_sig_add_fd(call, kipc_sig_open(queue, true), create->flags,
			      &create->fd);
	kipc_sig_put(queue);
	return ret;
}

static int kipc_sig_ioctl_open(struct kipc_call *call, void *arg)
{
	struct kipc_sig_open *open = arg;
	struct kipc_sig_queue *queue = kipc_sig_of_call(call, open->id);
	bool may_read;
	int ret;

	if (IS_ERR(queue))
		return PTR_ERR(queue);
	ret = kipc_perm_check(&queue->entry, KIPC_SIG_WRITE);
	if (ret)
		goto out_put;
	may_read = !kipc_perm_check(&queue->entry, KIPC_SIG_READ);
	ret = kipc_sig_add_fd(call, kipc_sig_open(queue, may_read), open->flags,
			      &open->fd);
out_put:
	kipc_sig_put(queue);
	return ret;
}

static int kipc_sig_ioctl_subscribe(struct kipc_call *call, void *arg)
{
	struct kipc_sig_subscribe *subscribe = arg;
	struct kipc_sig_queue *queue = kipc_sig_of_call(call, subscribe->id);
	bool may_send;
	int ret;

	if (IS_ERR(queue))
		return PTR_ERR(queue);
	ret = kipc_perm_check(&queue->entry, KIPC_SIG_READ);
	if (ret)
		goto out_put;
	may_send = !kipc_perm_check(&queue->entry, KIPC_SIG_WRITE);
	ret = kipc_sig_add_fd(call,
			      kipc_sig_open_subscriber(queue, subscribe,
						       may_send,
						       &subscribe->number),
			      subscribe->flags, &subscribe->fd);
out_put:
	kipc_sig_put(queue);
	return ret;
}

/* Is the signal one that can be sent? */
static int kipc_sig_check_send(const struct kipc_sig_send *arg)
{
	if (arg->signo < 0 || arg->signo > KIPC_SIG_MAX)
		return -EINVAL;
	/* What only the kernel sends has such codes. */
	return arg->code > SI_USER ? -EPERM : 0;
}

static int kipc_sig_ioctl_send(struct kipc_call *call, void *arg)
{
	const struct kipc_sig_send *send = arg;
	const struct kipc_sig sig = {
		.signo	= send->signo,
		.code	= send->code,
		.to	= send->to,
		.value	= send->value,
	};
	struct kipc_sig_queue *queue;
	int ret = kipc_sig_check_send(send);

	if (ret)
		return ret;
	if (call->obj && !(call->file->f_mode & FMODE_WRITE))
		return -EACCES;
	queue = kipc_sig_of_call(call, send->id);
	if (IS_ERR(queue))
		return PTR_ERR(queue);
	if (!call->obj)
		ret = kipc_perm_check(&queue->entry, KIPC_SIG_WRITE);
	if (!ret)
		ret = kipc_sig_send(queue, &sig);
	kipc_sig_put(queue);
	return ret;
}

/* Tells the caller what it has got, in its terms. */
static void kipc_sig_fill_wait(struct kipc_sig_wait *arg,
			       const struct kipc_sig *sig)
{
	arg->signo = sig->signo;
	arg->code = sig->code;
	arg->pid = pid_vnr(sig->sender);
	arg->uid = from_kuid_munged(current_user_ns(), sig->uid);
	arg->to = sig->to;
	arg->value = sig->value;
}

/*
 * Waits as a call says whose flags are checked. Where @uarg is not NULL, the structure there
 * gets what the caller is told, and the signal is put back if it cannot.
 */
static int kipc_sig_do_wait(struct kipc_call *call, struct kipc_sig_wait *arg,
			    struct kipc_sig_wait __user *uarg)
{
	struct kipc_sig_subscriber *sub = call->file->private_data;
	struct kipc_sig_item item;
	ktime_t deadline;
	const struct kipc_sig_want want = {
		.set		= arg->set,
		.nowait		= arg->flags & KIPC_SIG_NOWAIT,
		.expires	= kipc_deadline(arg->timeout,
						arg->flags & KIPC_SIG_RELATIVE,
						&deadline),
	};
	int ret = kipc_sig_take(sub, &want, &item);

	if (ret)
		return ret == -ETIME ? -EAGAIN : ret;
	kipc_sig_fill_wait(arg, &item.sig);
	if (uarg && copy_to_user(uarg, arg, sizeof(*arg))) {
		kipc_sig_put_back(sub, &item);
		return -EFAULT;
	}
	kipc_sig_item_free(&item);
	return 0;
}

static int kipc_sig_ioctl_wait(struct kipc_call *call, void *arg)
{
	return kipc_sig_do_wait(call, arg, NULL);
}

/* The same, for a structure of this version; no signal is lost when it cannot be written. */
static long kipc_sig_wait_call(struct kipc_call *call, void __user *uarg)
{
	struct kipc_sig_wait arg;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	if (arg.flags & ~KIPC_SIG_WAIT_FLAGS)
		return -EINVAL;
	return kipc_sig_do_wait(call, &arg, uarg);
}

static int kipc_sig_ioctl_mask(struct kipc_call *call, void *arg)
{
	return kipc_sig_mask(call->file->private_data, arg);
}

static int kipc_sig_ioctl_action(struct kipc_call *call, void *arg)
{
	return kipc_sig_action(call->file->private_data, arg);
}

static int kipc_sig_ioctl_pending(struct kipc_call *call, void *arg)
{
	struct kipc_sig_subscriber *sub = call->file->private_data;
	struct kipc_sig_queue *queue = sub->queue;
	struct kipc_sig_pending *pending = arg;
	int ret = 0;

	spin_lock(&queue->entry.lock);
	if (queue->entry.gone)
		ret = -EIDRM;
	pending->own = sub->own.set;
	pending->shared = queue->shared.set;
	pending->blocked = sub->blocked;
	pending->ignored = sub->ignored;
	pending->delivered = sub->delivered;
	pending->own_queued = sub->own.nr;
	pending->number = sub->number;
	spin_unlock(&queue->entry.lock);
	return ret;
}

static void kipc_sig_fill_stat_locked(struct kipc_sig_queue *queue,
				      struct kipc_sig_stat *stat)
{
	const struct kipc_sig_counts *counts = &queue->counts;

	kipc_perm_fill_locked(&queue->entry, &stat->perm);
	stat->fds = queue->entry.users - queue->nr_subscribers;
	stat->subscribers = queue->nr_subscribers;
	stat->waiters = queue->nr_takers;
	stat->pending = queue->shared.set;
	stat->queued = queue->queued;
	stat->limit = queue->limit;
	stat->sent = counts->sent;
	stat->taken = counts->taken;
	stat->delivered = counts->delivered;
	stat->merged = counts->merged;
	stat->ignored = counts->ignored;
	stat->dropped = counts->dropped;
	stat->refused = counts->refused;
	stat->stime = queue->sent.time;
	stat->rtime = queue->taken.time;
	stat->ctime = queue->entry.ctime;
	stat->lspid = pid_vnr(queue->sent.pid);
	stat->lrpid = pid_vnr(queue->taken.pid);
}

static int kipc_sig_ioctl_stat(struct kipc_call *call, void *arg)
{
	struct kipc_sig_stat *stat = arg;
	struct kipc_entry *entry;
	int ret = 0;

	if (call->obj && !(call->file->f_mode & FMODE_READ))
		return -EACCES;
	entry = kipc_entry_of_stat(call, KIPC_TABLE_SIG, stat->perm.id,
				   stat->flags);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	spin_lock(&entry->lock);
	if (entry->gone && !call->obj)
		ret = -EIDRM;
	kipc_sig_fill_stat_locked(kipc_sig_queue_of(entry), stat);
	spin_unlock(&entry->lock);
	kipc_entry_put(entry);
	return ret;
}

static int kipc_sig_do_set(struct kipc_sig_queue *queue,
			   const struct kipc_sig_set *arg)
{
	struct kipc_instance *inst = queue->entry.obj.inst;
	struct kipc_perm_set perm;
	int ret = kipc_perm_check_owner(&queue->entry, CAP_SYS_ADMIN);

	if (ret)
		return ret;
	if (arg->limit > kipc_limit_get(&inst->limits, KIPC_LIMIT_SIGQMAX) &&
	    !ns_capable(inst->user_ns, CAP_SYS_RESOURCE))
		return -EPERM;
	ret = kipc_perm_of_set(&arg->set, &perm);
	return ret ?: kipc_sig_set(queue, &perm,
				   min_t(u64, arg->limit, INT_MAX));
}

static int kipc_sig_ioctl_set(struct kipc_call *call, void *arg)
{
	const struct kipc_sig_set *set = arg;
	struct kipc_sig_queue *queue = kipc_sig_of_call(call, set->set.id);
	int ret;

	if (IS_ERR(queue))
		return PTR_ERR(queue);
	ret = kipc_sig_do_set(queue, set);
	kipc_sig_put(queue);
	return ret;
}

static int kipc_sig_ioctl_remove(struct kipc_call *call, void *arg)
{
	return kipc_entry_ioctl_remove(call, KIPC_TABLE_SIG, arg);
}

/* Adds up what waits in all queues. */
static u64 kipc_sig_sum_usage(struct kipc_table *table)
{
	struct kipc_entry *entry;
	u64 queued = 0;
	int index = 0;

	while ((entry = kipc_table_next(table, &index))) {
		spin_lock(&entry->lock);
		queued += kipc_sig_queue_of(entry)->queued;
		spin_unlock(&entry->lock);
		kipc_entry_put(entry);
		index++;
		cond_resched();
	}
	return queued;
}

static int kipc_sig_ioctl_info(struct kipc_call *call, void *arg)
{
	struct kipc_table *table = &call->inst->tables[KIPC_TABLE_SIG];
	const struct kipc_limits *limits = &call->inst->limits;
	struct kipc_sig_info *info = arg;

	/* What should be gone does not count. */
	kipc_exit_settle();
	info->max_index = kipc_table_max_index(table);
	info->sigmni = kipc_limit_get(limits, KIPC_LIMIT_SIGMNI);
	info->sigqmax = kipc_limit_get(limits, KIPC_LIMIT_SIGQMAX);
	info->used_ids = READ_ONCE(table->in_use);
	info->queued = info->flags & KIPC_SIG_INFO_USAGE ?
		       kipc_sig_sum_usage(table) : 0;
	return 0;
}

static const struct kipc_ioctl kipc_sig_ioctl_rows[] = {
	[KIPC_NR_SIG_GET & 0xf] = {
		.cmd		= KIPC_IOC_SIG_GET,
		.size_min	= KIPC_SIG_GET_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_GET_CREAT | KIPC_GET_EXCL |
				  KIPC_GET_AUTOREMOVE,
		.flags_at	= offsetof(struct kipc_sig_get, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.lasting	= true,
		.handler	= kipc_sig_ioctl_get,
	},
	[KIPC_NR_SIG_CREATE & 0xf] = {
		.cmd		= KIPC_IOC_SIG_CREATE,
		.size_min	= KIPC_SIG_CREATE_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_SIG_CLOEXEC,
		.flags_at	= offsetof(struct kipc_sig_create, flags),
		.reserved_at	= offsetof(struct kipc_sig_create, reserved),
		.handler	= kipc_sig_ioctl_create,
	},
	[KIPC_NR_SIG_OPEN & 0xf] = {
		.cmd		= KIPC_IOC_SIG_OPEN,
		.size_min	= KIPC_SIG_OPEN_SIZE_VER0,
		.targets	= KIPC_ON_ANY_SIG,
		.flags		= KIPC_SIG_CLOEXEC,
		.flags_at	= offsetof(struct kipc_sig_open, flags),
		.reserved_at	= offsetof(struct kipc_sig_open, reserved),
		.handler	= kipc_sig_ioctl_open,
	},
	[KIPC_NR_SIG_SUBSCRIBE & 0xf] = {
		.cmd		= KIPC_IOC_SIG_SUBSCRIBE,
		.size_min	= KIPC_SIG_SUBSCRIBE_SIZE_VER0,
		.targets	= KIPC_ON_ANY_SIG,
		.flags		= KIPC_SIG_NONBLOCK | KIPC_SIG_CLOEXEC,
		.flags_at	= offsetof(struct kipc_sig_subscribe, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		/* For a moment others see a subscriber. */
		.lasting	= true,
		.handler	= kipc_sig_ioctl_subscribe,
	},
	[KIPC_NR_SIG_SEND & 0xf] = {
		.cmd		= KIPC_IOC_SIG_SEND,
		.size_min	= KIPC_SIG_SEND_SIZE_VER0,
		.targets	= KIPC_ON_ANY_SIG,
		.flags_at	= offsetof(struct kipc_sig_send, flags),
		.reserved_at	= offsetof(struct kipc_sig_send, reserved),
		.handler	= kipc_sig_ioctl_send,
	},
	[KIPC_NR_SIG_WAIT & 0xf] = {
		.cmd		= KIPC_IOC_SIG_WAIT,
		.size_min	= KIPC_SIG_WAIT_SIZE_VER0,
		.targets	= KIPC_ON_SUBSCRIBER,
		.flags		= KIPC_SIG_WAIT_FLAGS,
		.flags_at	= offsetof(struct kipc_sig_wait, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.lasting	= true,
		.direct		= kipc_sig_wait_call,
		.handler	= kipc_sig_ioctl_wait,
	},
	[KIPC_NR_SIG_MASK & 0xf] = {
		.cmd		= KIPC_IOC_SIG_MASK,
		.size_min	= KIPC_SIG_MASK_SIZE_VER0,
		.targets	= KIPC_ON_SUBSCRIBER,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= offsetof(struct kipc_sig_mask, reserved),
		.lasting	= true,
		.handler	= kipc_sig_ioctl_mask,
	},
	[KIPC_NR_SIG_ACTION & 0xf] = {
		.cmd		= KIPC_IOC_SIG_ACTION,
		.size_min	= KIPC_SIG_ACTION_SIZE_VER0,
		.targets	= KIPC_ON_SUBSCRIBER,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= offsetof(struct kipc_sig_action, reserved),
		.handler	= kipc_sig_ioctl_action,
	},
	[KIPC_NR_SIG_PENDING & 0xf] = {
		.cmd		= KIPC_IOC_SIG_PENDING,
		.size_min	= KIPC_SIG_PENDING_SIZE_VER0,
		.targets	= KIPC_ON_SUBSCRIBER,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sig_ioctl_pending,
	},
	[KIPC_NR_SIG_STAT & 0xf] = {
		.cmd		= KIPC_IOC_SIG_STAT,
		.size_min	= KIPC_SIG_STAT_SIZE_VER0,
		.targets	= KIPC_ON_ANY_SIG,
		.flags		= KIPC_STAT_INDEX | KIPC_STAT_ANY,
		.flags_at	= offsetof(struct kipc_sig_stat, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sig_ioctl_stat,
	},
	[KIPC_NR_SIG_SET & 0xf] = {
		.cmd		= KIPC_IOC_SIG_SET,
		.size_min	= KIPC_SIG_SET_SIZE_VER0,
		.targets	= KIPC_ON_ANY_SIG,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sig_ioctl_set,
	},
	[KIPC_NR_SIG_REMOVE & 0xf] = {
		.cmd		= KIPC_IOC_SIG_REMOVE,
		.size_min	= sizeof(struct kipc_remove),
		.targets	= KIPC_ON_ANY_SIG,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= offsetof(struct kipc_remove, reserved),
		.handler	= kipc_sig_ioctl_remove,
	},
	[KIPC_NR_SIG_INFO & 0xf] = {
		.cmd		= KIPC_IOC_SIG_INFO,
		.size_min	= KIPC_SIG_INFO_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_SIG_INFO_USAGE,
		.flags_at	= offsetof(struct kipc_sig_info, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_sig_ioctl_info,
	},
};

const struct kipc_ioctl_set kipc_sig_ioctls = {
	.rows = kipc_sig_ioctl_rows,
	.nr_rows = ARRAY_SIZE(kipc_sig_ioctl_rows),
	.block = KIPC_NR_SIG_GET >> 4,
};

static long kipc_sig_dispatch(struct file *file, struct kipc_sig_queue *queue,
			      unsigned int target, unsigned int cmd,
			      unsigned long arg)
{
	struct kipc_call call = {
		.file = file,
		.inst = queue->entry.obj.inst,
		.obj = &queue->entry,
	};

	return kipc_ioctl_dispatch(&call, target, cmd, (void __user *)arg);
}

/**
 * kipc_sig_file_ioctl - ioctl on a descriptor of a queue
 * @file: the open file
 * @cmd: the command
 * @arg: its argument, a user address
 *
 * Return: as of kipc_ioctl_dispatch().
 */
long kipc_sig_file_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	return kipc_sig_dispatch(file, file->private_data, KIPC_ON_SIG, cmd,
				 arg);
}

/**
 * kipc_sig_subscriber_ioctl - ioctl on a descriptor of a subscriber
 * @file: the open file
 * @cmd: the command
 * @arg: its argument, a user address
 *
 * Return: as of kipc_ioctl_dispatch().
 */
long kipc_sig_subscriber_ioctl(struct file *file, unsigned int cmd,
			       unsigned long arg)
{
	struct kipc_sig_subscriber *sub = file->private_data;

	return kipc_sig_dispatch(file, sub->queue, KIPC_ON_SUBSCRIBER, cmd,
				 arg);
}
