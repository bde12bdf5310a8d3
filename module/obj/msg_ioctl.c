// SPDX-License-Identifier: GPL-2.0
/* Message queues: the calls of the ABI; see msg.h. */
#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "core/instance.h"
#include "obj/msg_fast.h"

/* First versions of the structures: these sizes never change. */
#define KIPC_MSG_GET_SIZE_VER0		16
#define KIPC_MSG_CREATE_SIZE_VER0	16
#define KIPC_MSG_OPEN_SIZE_VER0		16
#define KIPC_MSG_SEND_SIZE_VER0		40
#define KIPC_MSG_RECEIVE_SIZE_VER0	40
#define KIPC_MSG_STAT_SIZE_VER0		104
#define KIPC_MSG_SET_SIZE_VER0		24
#define KIPC_MSG_INFO_SIZE_VER0		48
#define KIPC_MSG_FILTER_SIZE_VER0	24
#define KIPC_MSG_NOTIFY_SIZE_VER0	16

static_assert(sizeof(struct kipc_msg_get) == KIPC_MSG_GET_SIZE_VER0);
static_assert(sizeof(struct kipc_msg_create) == KIPC_MSG_CREATE_SIZE_VER0);
static_assert(sizeof(struct kipc_msg_open) == KIPC_MSG_OPEN_SIZE_VER0);
static_assert(sizeof(struct kipc_msg_send) == KIPC_MSG_SEND_SIZE_VER0);
static_assert(sizeof(struct kipc_msg_receive) == KIPC_MSG_RECEIVE_SIZE_VER0);
static_assert(sizeof(struct kipc_msg_stat) == KIPC_MSG_STAT_SIZE_VER0);
static_assert(sizeof(struct kipc_msg_set) == KIPC_MSG_SET_SIZE_VER0);
static_assert(sizeof(struct kipc_msg_info) == KIPC_MSG_INFO_SIZE_VER0);
static_assert(sizeof(struct kipc_msg_filter) == KIPC_MSG_FILTER_SIZE_VER0);
static_assert(sizeof(struct kipc_msg_notify) == KIPC_MSG_NOTIFY_SIZE_VER0);
static_assert(KIPC_MSG_STAT_SIZE_VER0 <= KIPC_IOCTL_ARG_MAX);

#define KIPC_MSG_SEND_FLAGS	(KIPC_MSG_NOWAIT | KIPC_MSG_RELATIVE)
#define KIPC_MSG_RECEIVE_FLAGS \
	(KIPC_MSG_SEND_FLAGS | KIPC_MSG_NOERROR | KIPC_MSG_EXCEPT | \
	 KIPC_MSG_COPY)

/* Finds the queue that a call is about; a reference is the caller's. */
static struct kipc_msg_queue *kipc_msg_of_call(struct kipc_call *call, int id)
{
	struct kipc_entry *entry = kipc_entry_of_call(call, KIPC_TABLE_MSG, id);

	return IS_ERR(entry) ? ERR_CAST(entry) : kipc_msg_queue_of(entry);
}

static void kipc_msg_put(struct kipc_msg_queue *queue)
{
	kipc_entry_put(&queue->entry);
}

/**
 * kipc_msg_want_init - say what is wanted
 * @want: where to
 * @type: the type, as of msgrcv(2)
 * @flags: KIPC_MSG_EXCEPT, KIPC_MSG_NOERROR; others are ignored
 * @size: room for a message
 */
void kipc_msg_want_init(struct kipc_msg_want *want, s64 type, u32 flags,
			size_t size)
{
	want->type = type;
	want->size = flags & KIPC_MSG_NOERROR ? SIZE_MAX : size;
	if (!type) {
		want->mode = KIPC_MSG_ANY;
	} else if (type < 0) {
		want->mode = KIPC_MSG_LEAST;
		want->type = type == S64_MIN ? S64_MAX : -type;
	} else {
		want->mode = flags & KIPC_MSG_EXCEPT ? KIPC_MSG_OTHER :
						       KIPC_MSG_EQUAL;
	}
}

static int kipc_msg_ioctl_get(struct kipc_call *call, void *arg)
{
	struct kipc_msg_get *msg_get = arg;
	const struct kipc_get get = {
		.key	= msg_get->key,
		.flags	= msg_get->flags,
		.mode	= msg_get->mode & 0777,
	};
	int ret = kipc_table_get(&call->inst->tables[KIPC_TABLE_MSG], &get);

	if (ret < 0)
		return ret;
	msg_get->id = ret;
	return 0;
}

/* Prepares a descriptor for a queue. */
static int kipc_msg_add_fd(struct kipc_call *call,
			   struct kipc_msg_queue *queue, u32 flags, s32 *fd)
{
	struct file *file = kipc_msg_open(queue, flags);

	return kipc_fds_add_opened(&call->fds, file,
				   flags & KIPC_MSG_CLOEXEC ? O_CLOEXEC : 0, fd);
}

static int kipc_msg_ioctl_create(struct kipc_call *call, void *arg)
{
	struct kipc_msg_create *create = arg;
	const struct kipc_get get = {
		.key	= KIPC_KEY_PRIVATE,
		.mode	= create->mode & 0777,
	};
	struct kipc_msg_queue *queue;
	int ret = kipc_msg_queue_alloc(call->inst, &get, &queue);

	if (ret)
		return ret;
	ret = kipc_msg_add_fd(call, queue, create->flags, &create->fd);
	kipc_msg_put(queue);
	return ret;
}

static int kipc_msg_ioctl_open(struct kipc_call *call, void *arg)
{
	const u32 one_way = KIPC_MSG_RDONLY | KIPC_MSG_WRONLY;
	struct kipc_msg_open *open = arg;
	struct kipc_msg_queue *queue;
	umode_t wanted = 0;
	int ret;

	if ((open->flags & one_way) == one_way)
		return -EINVAL;
	if (!(open->flags & KIPC_MSG_WRONLY))
		wanted |= KIPC_MSG_READ;
	if (!(open->flags & KIPC_MSG_RDONLY))
		wanted |= KIPC_MSG_WRITE;
	queue = kipc_msg_of_call(call, open->id);
	if (IS_ERR(queue))
		return PTR_ERR(queue);
	ret = kipc_perm_check(&queue->entry, wanted);
	if (!ret)
		ret = kipc_msg_add_fd(call, queue, open->flags, &open->fd);
	kipc_msg_put(queue);
	return ret;
}

static int kipc_msg_check_send(const struct kipc_instance *inst,
			       const struct kipc_msg_send *arg)
{
	return arg->type < 1 ||
	       arg->size > kipc_limit_get(&inst->limits, KIPC_LIMIT_MSGMAX) ?
	       -EINVAL : 0;
}

/* Sends to a queue, by its id or on a descriptor. */
static __always_inline int kipc_msg_do_send(struct kipc_msg_queue *queue,
					    const struct kipc_msg_send *arg,
					    bool by_id)
{
	struct kipc_xfer xfer = { .buf = u64_to_user_ptr(arg->addr) };
	const struct kipc_msg_how how = {
		.timeout	= arg->timeout,
		.flags		= arg->flags,
		.by_id		= by_id,
	};
	struct kipc_msg *msg;
	int ret = 0;

	msg = kipc_msg_make(queue, &xfer, arg->size, GFP_KERNEL_ACCOUNT);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	msg->key.type = arg->type;
	if (by_id)
		ret = kipc_perm_check(&queue->entry, KIPC_MSG_WRITE);
	if (likely(!ret))
		ret = kipc_msg_send(queue, msg, &how);
	if (unlikely(ret))
		kipc_msg_done(queue, msg);
	return ret;
}

/* There is no such queue; but as natively, a message that cannot be read comes first. */
static noinline int kipc_msg_no_queue(const struct kipc_msg_send *arg)
{
	struct kipc_xfer xfer = { .buf = u64_to_user_ptr(arg->addr) };
	struct kipc_msg *msg;

	if (arg->id < 0)
		return -EINVAL;
	msg = kipc_msg_from_user(&xfer, arg->size, GFP_KERNEL_ACCOUNT);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	kipc_msg_free(msg);
	return -EINVAL;
}

/* Sends as a call says whose flags are checked. */
static int kipc_msg_ioctl_send(struct kipc_call *call, void *arg)
{
	const struct kipc_msg_send *send = arg;
	struct kipc_msg_queue *queue;
	int ret = kipc_msg_check_send(call->inst, send);

	if (ret)
		return ret;
	if (call->obj && !(call->file->f_mode & FMODE_WRITE))
		return -EACCES;
	queue = kipc_msg_of_call(call, send->id);
	if (IS_ERR(queue))
		return kipc_msg_no_queue(send);
	ret = kipc_msg_do_send(queue, send, !call->obj);
	kipc_msg_put(queue);
	return ret;
}

/* Copies the structure of this version, and checks its flags. */
static __always_inline int kipc_msg_fetch_send(struct kipc_msg_send *arg,
					       const void __user *uarg)
{
	if (kipc_copy_from_user(arg, uarg, sizeof(*arg)))
		return -EFAULT;
	return arg->flags & ~KIPC_MSG_SEND_FLAGS ? -EINVAL : 0;
}

/* The same, for a structure of this version. */
static long kipc_msg_send_call(struct kipc_call *call, void __user *uarg)
{
	struct kipc_msg_send arg;
	int ret = kipc_msg_fetch_send(&arg, uarg);

	return ret ?: kipc_msg_ioctl_send(call, &arg);
}

/* The same on a descriptor, which holds the queue. */
static long kipc_msg_send_file(struct file *file, void __user *uarg)
{
	struct kipc_msg_file *msg_file = file->private_data;
	struct kipc_msg_queue *queue = msg_file->queue;
	struct kipc_msg_send arg;
	int ret = kipc_msg_fetch_send(&arg, uarg);

	if (!ret)
		ret = kipc_msg_check_send(queue->entry.obj.inst, &arg);
	if (ret)
		return ret;
	if (!(file->f_mode & FMODE_WRITE))
		return -EACCES;
	if (arg.id != KIPC_ID_SELF)
		return kipc_msg_no_queue(&arg);
	return kipc_msg_do_send(queue, &arg, false);
}

/*
 * Receives from a queue. Where @uarg is not NULL, the structure there gets what the caller
 * is told, and a message is put back if it cannot.
 */
static __always_inline int
kipc_msg_do_receive(struct kipc_msg_queue *queue, struct kipc_msg_receive *arg,
		    struct kipc_msg_receive __user *uarg, bool by_id)
{
	struct kipc_xfer xfer = { .buf = u64_to_user_ptr(arg->addr) };
	const struct kipc_msg_how how = {
		.timeout	= arg->timeout,
		.flags		= arg->flags,
		.by_id		= by_id,
	};
	bool copy = arg->flags & KIPC_MSG_COPY;
	struct kipc_msg_want want;
	struct kipc_msg *msg;
	int ret;

	kipc_msg_want_init(&want, arg->type, arg->flags,
			   min_t(u64, arg->size, SIZE_MAX));
	if (unlikely(copy))
		msg = kipc_msg_copy(queue, arg->type, &want);
	else
		msg = kipc_msg_receive(queue, &want, &how);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	arg->size = min_t(u64, arg->size, msg->len);
	arg->type = msg->key.type;
	ret = kipc_msg_out(msg, &xfer, arg->size);
	if (!ret && uarg && (put_user(arg->type, &uarg->type) ||
			     put_user(arg->size, &uarg->size)))
		ret = -EFAULT;
	if (unlikely(ret && !copy))
		kipc_msg_put_back(queue, msg);
	else
		kipc_msg_done(queue, msg);
	return ret;
}

static int kipc_msg_check_receive(const struct kipc_msg_receive *arg)
{
	if (arg->size > S64_MAX)
		return -EINVAL;
	return arg->flags & KIPC_MSG_COPY &&
	       (arg->flags & (KIPC_MSG_NOWAIT | KIPC_MSG_EXCEPT)) !=
	       KIPC_MSG_NOWAIT ? -EINVAL : 0;
}

/* Receives as a call says whose flags are checked. */
static int kipc_msg_receive_arg(struct kipc_call *call,
				struct kipc_msg_receive *arg,
				struct kipc_msg_receive __user *uarg)
{
	struct kipc_msg_queue *queue;
	int ret = kipc_msg_check_receive(arg);

	if (ret)
		return ret;
	if (call->obj && !(call->file->f_mode & FMODE_READ))
		return -EACCES;
	queue = kipc_msg_of_call(call, arg->id);
	if (IS_ERR(queue))
		return PTR_ERR(queue);
	if (!call->obj)
		ret = kipc_perm_check(&queue->entry, KIPC_MSG_READ);
	if (!ret)
		ret = kipc_msg_do_receive(queue, arg, uarg, !call->obj);
	kipc_msg_put(queue);
	return ret;
}

static int kipc_msg_ioctl_receive(struct kipc_call *call, void *arg)
{
	return kipc_msg_receive_arg(call, arg, NULL);
}

/* Copies the structure of this version, and checks its flags. */
static __always_inline int kipc_msg_fetch_receive(struct kipc_msg_receive *arg,
						  const void __user *uarg)
{
	if (kipc_copy_from_user(arg, uarg, sizeof(*arg)))
		return -EFAULT;
	return arg->flags & ~KIPC_MSG_RECEIVE_FLAGS ? -EINVAL : 0;
}

/* The same, for a structure of this version; no message is lost when it cannot be written. */
static long kipc_msg_receive_call(struct kipc_call *call, void __user *uarg)
{
	struct kipc_msg_receive arg;
	int ret = kipc_msg_fetch_receive(&arg, uarg);

	return ret ?: kipc_msg_receive_arg(call, &arg, uarg);
}

/* The same on a descriptor, which holds the queue. */
static long kipc_msg_receive_file(struct file *file, void __user *uarg)
{
	struct kipc_msg_file *msg_file = file->private_data;
	struct kipc_msg_receive arg;
	int ret = kipc_msg_fetch_receive(&arg, uarg);

	if (!ret)
		ret = kipc_msg_check_receive(&arg);
	if (ret)
		return ret;
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	if (arg.id != KIPC_ID_SELF)
		return -EINVAL;
	return kipc_msg_do_receive(msg_file->queue, &arg, uarg, false);
}

static int kipc_msg_ioctl_stat(struct kipc_call *call, void *arg)
{
	struct kipc_msg_stat *stat = arg;
	struct kipc_msg_queue *queue;
	struct kipc_entry *entry;
	int ret = 0;

	if (call->obj && !(call->file->f_mode & FMODE_READ))
		return -EACCES;
	entry = kipc_entry_of_stat(call, KIPC_TABLE_MSG, stat->perm.id,
				   stat->flags);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	queue = kipc_msg_queue_of(entry);
	spin_lock(&entry->lock);
	if (entry->gone && !call->obj)
		ret = -EIDRM;
	kipc_perm_fill_locked(entry, &stat->perm);
	stat->fds = entry->users;
	stat->qbytes = queue->qbytes;
	stat->cbytes = queue->cbytes;
	stat->qnum = queue->qnum;
	stat->stime = queue->sent.time;
	stat->rtime = queue->received.time;
	stat->ctime = entry->ctime;
	stat->lspid = pid_vnr(queue->sent.pid);
	stat->lrpid = pid_vnr(queue->received.pid);
	stat->senders = queue->nr_senders;
	stat->receivers = queue->nr_receivers;
	spin_unlock(&entry->lock);
	kipc_entry_put(entry);
	return ret;
}

static int kipc_msg_do_set(struct kipc_msg_queue *queue,
			   const struct kipc_msg_set *arg)
{
	struct kipc_instance *inst = queue->entry.obj.inst;
	struct kipc_perm_set perm;
	int ret = kipc_perm_check_owner(&queue->entry, CAP_SYS_ADMIN);

	if (ret)
		return ret;
	if (arg->qbytes > kipc_limit_get(&inst->limits, KIPC_LIMIT_MSGMNB) &&
	    !ns_capable(inst->user_ns, CAP_SYS_RESOURCE))
		return -EPERM;
	ret = kipc_perm_of_set(&arg->set, &perm);
	return ret ?: kipc_msg_set(queue, &perm,
				   min_t(u64, arg->qbytes, ULONG_MAX));
}

static int kipc_msg_ioctl_set(struct kipc_call *call, void *arg)
{
	const struct kipc_msg_set *set = arg;
	struct kipc_msg_queue *queue = kipc_msg_of_call(call, set->set.id);
	int ret;

	if (IS_ERR(queue))
		return PTR_ERR(queue);
	ret = kipc_msg_do_set(queue, set);
	kipc_msg_put(queue);
	return ret;
}

static int kipc_msg_ioctl_remove(struct kipc_call *call, void *arg)
{
	return kipc_entry_ioctl_remove(call, KIPC_TABLE_MSG, arg);
}

/* Adds up what is in all queues. */
static void kipc_msg_sum_usage(struct kipc_table *table,
			       struct kipc_msg_info *info)
{
	struct kipc_msg_queue *queue;
	struct kipc_entry *entry;
	int index = 0;

	while ((entry = kipc_table_next(table, &index))) {
		queue = kipc_msg_queue_of(entry);
		spin_lock(&entry->lock);
		info->messages += queue->qnum;
		info->bytes += queue->cbytes;
		spin_unlock(&entry->lock);
		kipc_entry_put(entry);
		index++;
		cond_resched();
	}
}

static int kipc_msg_ioctl_info(struct kipc_call *call, void *arg)
{
	struct kipc_table *table = &call->inst->tables[KIPC_TABLE_MSG];
	const struct kipc_limits *limits = &call->inst->limits;
	struct kipc_msg_info *info = arg;

	/* What should be gone does not count. */
	kipc_exit_settle();
	info->max_index = kipc_table_max_index(table);
	info->msgmax = kipc_limit_get(limits, KIPC_LIMIT_MSGMAX);
	info->msgmnb = kipc_limit_get(limits, KIPC_LIMIT_MSGMNB);
	info->msgmni = kipc_limit_get(limits, KIPC_LIMIT_MSGMNI);
	info->reserved = 0;
	info->used_ids = READ_ONCE(table->in_use);
	info->messages = 0;
	info->bytes = 0;
	if (info->flags & KIPC_MSG_INFO_USAGE)
		kipc_msg_sum_usage(table, info);
	return 0;
}

static int kipc_msg_ioctl_filter(struct kipc_call *call, void *arg)
{
	return kipc_msg_file_filter(call->file->private_data, arg);
}

static int kipc_msg_ioctl_notify(struct kipc_call *call, void *arg)
{
	if (!(call->file->f_mode & FMODE_READ))
		return -EACCES;
	return kipc_msg_notify(call->file->private_data, arg);
}

static const struct kipc_ioctl kipc_msg_ioctl_rows[] = {
	[KIPC_NR_MSG_GET & 0xf] = {
		.cmd		= KIPC_IOC_MSG_GET,
		.size_min	= KIPC_MSG_GET_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_GET_CREAT | KIPC_GET_EXCL |
				  KIPC_GET_AUTOREMOVE,
		.flags_at	= offsetof(struct kipc_msg_get, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.lasting	= true,
		.handler	= kipc_msg_ioctl_get,
	},
	[KIPC_NR_MSG_CREATE & 0xf] = {
		.cmd		= KIPC_IOC_MSG_CREATE,
		.size_min	= KIPC_MSG_CREATE_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_MSG_TYPED | KIPC_MSG_NONBLOCK |
				  KIPC_MSG_CLOEXEC,
		.flags_at	= offsetof(struct kipc_msg_create, flags),
		.reserved_at	= offsetof(struct kipc_msg_create, reserved),
		.handler	= kipc_msg_ioctl_create,
	},
	[KIPC_NR_MSG_OPEN & 0xf] = {
		.cmd		= KIPC_IOC_MSG_OPEN,
		.size_min	= KIPC_MSG_OPEN_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_MSG,
		.flags		= KIPC_MSG_RDONLY | KIPC_MSG_WRONLY |
				  KIPC_MSG_TYPED | KIPC_MSG_NONBLOCK |
				  KIPC_MSG_CLOEXEC,
		.flags_at	= offsetof(struct kipc_msg_open, flags),
		.reserved_at	= offsetof(struct kipc_msg_open, reserved),
		.handler	= kipc_msg_ioctl_open,
	},
	[KIPC_NR_MSG_SEND & 0xf] = {
		.cmd		= KIPC_IOC_MSG_SEND,
		.size_min	= KIPC_MSG_SEND_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_MSG,
		.flags		= KIPC_MSG_SEND_FLAGS,
		.flags_at	= offsetof(struct kipc_msg_send, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.direct		= kipc_msg_send_call,
		.handler	= kipc_msg_ioctl_send,
	},
	[KIPC_NR_MSG_RECEIVE & 0xf] = {
		.cmd		= KIPC_IOC_MSG_RECEIVE,
		.size_min	= KIPC_MSG_RECEIVE_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_MSG,
		.flags		= KIPC_MSG_RECEIVE_FLAGS,
		.flags_at	= offsetof(struct kipc_msg_receive, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.lasting	= true,
		.direct		= kipc_msg_receive_call,
		.handler	= kipc_msg_ioctl_receive,
	},
	[KIPC_NR_MSG_STAT & 0xf] = {
		.cmd		= KIPC_IOC_MSG_STAT,
		.size_min	= KIPC_MSG_STAT_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_MSG,
		.flags		= KIPC_STAT_INDEX | KIPC_STAT_ANY,
		.flags_at	= offsetof(struct kipc_msg_stat, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_msg_ioctl_stat,
	},
	[KIPC_NR_MSG_SET & 0xf] = {
		.cmd		= KIPC_IOC_MSG_SET,
		.size_min	= KIPC_MSG_SET_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_MSG,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_msg_ioctl_set,
	},
	[KIPC_NR_MSG_REMOVE & 0xf] = {
		.cmd		= KIPC_IOC_MSG_REMOVE,
		.size_min	= sizeof(struct kipc_remove),
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_MSG,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= offsetof(struct kipc_remove, reserved),
		.handler	= kipc_msg_ioctl_remove,
	},
	[KIPC_NR_MSG_INFO & 0xf] = {
		.cmd		= KIPC_IOC_MSG_INFO,
		.size_min	= KIPC_MSG_INFO_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_MSG_INFO_USAGE,
		.flags_at	= offsetof(struct kipc_msg_info, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_msg_ioctl_info,
	},
	[KIPC_NR_MSG_FILTER & 0xf] = {
		.cmd		= KIPC_IOC_MSG_FILTER,
		.size_min	= KIPC_MSG_FILTER_SIZE_VER0,
		.targets	= KIPC_ON_MSG,
		.flags		= KIPC_MSG_EXCEPT | KIPC_MSG_NOERROR,
		.flags_at	= offsetof(struct kipc_msg_filter, flags),
		.reserved_at	= offsetof(struct kipc_msg_filter, reserved),
		.handler	= kipc_msg_ioctl_filter,
	},
	[KIPC_NR_MSG_NOTIFY & 0xf] = {
		.cmd		= KIPC_IOC_MSG_NOTIFY,
		.size_min	= KIPC_MSG_NOTIFY_SIZE_VER0,
		.targets	= KIPC_ON_MSG,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_msg_ioctl_notify,
	},
};

const struct kipc_ioctl_set kipc_msg_ioctls = {
	.rows = kipc_msg_ioctl_rows,
	.nr_rows = ARRAY_SIZE(kipc_msg_ioctl_rows),
	.block = KIPC_NR_MSG_GET >> 4,
};

static long kipc_msg_fionread(struct file *file, int __user *uarg)
{
	int bytes = kipc_msg_file_pending(file);

	return bytes < 0 ? bytes : put_user(bytes, uarg);
}

static noinline long kipc_msg_dispatch(struct file *file, unsigned int cmd,
				       unsigned long arg)
{
	struct kipc_msg_file *msg_file = file->private_data;
	struct kipc_entry *entry = &msg_file->queue->entry;
	struct kipc_call call = {
		.file = file,
		.inst = entry->obj.inst,
		.obj = entry,
	};

	return kipc_ioctl_dispatch(&call, KIPC_ON_MSG, cmd,
				   (void __user *)arg);
}

/**
 * kipc_msg_file_ioctl - ioctl on a descriptor of a queue
 * @file: the open file
 * @cmd: the command
 * @arg: its argument, a user address
 *
 * Return: as of kipc_ioctl_dispatch().
 */
long kipc_msg_file_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	/* The calls that have to be fast. */
	if (cmd == KIPC_IOC_MSG_SEND)
		return kipc_msg_send_file(file, (void __user *)arg);
	if (cmd == KIPC_IOC_MSG_RECEIVE)
		return kipc_msg_receive_file(file, (void __user *)arg);
	if (cmd == FIONREAD)
		return kipc_msg_fionread(file, (int __user *)arg);
	return kipc_msg_dispatch(file, cmd, arg);
}
