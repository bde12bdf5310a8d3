// SPDX-License-Identifier: GPL-2.0
/* Descriptors of message queues: read, write, poll; see msg.h. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "compat.h"
#include "core/instance.h"
#include "obj/msg_fast.h"

/* Bytes of a type in what is read and written. */
static size_t kipc_msg_file_head(const struct kipc_msg_file *msg_file)
{
	return msg_file->typed ? sizeof(s64) : 0;
}

/* What a read of so many bytes receives. */
static void kipc_msg_file_want(struct kipc_msg_file *msg_file,
			       struct kipc_msg_want *want, size_t size)
{
	unsigned int seq;

	do {
		seq = read_seqbegin(&msg_file->filter_lock);
		*want = msg_file->want;
	} while (read_seqretry(&msg_file->filter_lock, seq));
	want->size = max(want->size, size);
}

/* The type that a write without one sends. */
static s64 kipc_msg_file_send_type(struct kipc_msg_file *msg_file)
{
	unsigned int seq;
	s64 type;

	do {
		seq = read_seqbegin(&msg_file->filter_lock);
		type = msg_file->send_type;
	} while (read_seqretry(&msg_file->filter_lock, seq));
	return type;
}

/* How a read or write waits. */
static const struct kipc_msg_how kipc_msg_file_how[] = {
	[false]	= { .timeout = KIPC_TIMEOUT_NONE },
	[true]	= { .flags = KIPC_MSG_NOWAIT },
};

static __always_inline ssize_t kipc_msg_do_read(struct file *file,
						struct kipc_xfer *xfer,
						size_t len, bool nowait)
{
	struct kipc_msg_file *msg_file = file->private_data;
	struct kipc_msg_queue *queue = msg_file->queue;
	size_t head = kipc_msg_file_head(msg_file);
	struct kipc_msg_want want;
	struct kipc_msg *msg;

	if (unlikely(len < head))
		return -EINVAL;
	kipc_msg_file_want(msg_file, &want, len - head);
	msg = kipc_msg_receive(queue, &want, &kipc_msg_file_how[nowait]);
	if (IS_ERR(msg))
		return PTR_ERR(msg) == -ENOMSG ? -EAGAIN : PTR_ERR(msg);
	len = min(len - head, msg->len);
	if (unlikely((head && kipc_xfer_out(xfer, &msg->key.type, head) != head) ||
		     kipc_msg_out(msg, xfer, len))) {
		kipc_msg_put_back(queue, msg);
		return -EFAULT;
	}
	kipc_msg_done(queue, msg);
	return head + len;
}

static __always_inline ssize_t kipc_msg_do_write(struct file *file,
						 struct kipc_xfer *xfer,
						 size_t len, bool nowait,
						 gfp_t gfp)
{
	struct kipc_msg_file *msg_file = file->private_data;
	struct kipc_msg_queue *queue = msg_file->queue;
	size_t head = kipc_msg_file_head(msg_file);
	struct kipc_msg *msg;
	s64 type;
	int ret;

	if (unlikely(len < head ||
		     len - head > kipc_limit_get(&queue->entry.obj.inst->limits,
						 KIPC_LIMIT_MSGMAX)))
		return -EINVAL;
	if (!head)
		type = kipc_msg_file_send_type(msg_file);
	else if (kipc_xfer_in(xfer, &type, head) != head)
		return -EFAULT;
	if (unlikely(type < 1))
		return -EINVAL;
	msg = kipc_msg_make(queue, xfer, len - head, gfp);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	msg->key.type = type;
	ret = kipc_msg_send(queue, msg, &kipc_msg_file_how[nowait]);
	if (likely(!ret))
		return len;
	kipc_msg_done(queue, msg);
	return ret;
}

static ssize_t kipc_msg_read(struct file *file, char __user *buf, size_t len,
			     loff_t *pos)
{
	struct kipc_xfer xfer = { .buf = buf };

	return kipc_msg_do_read(file, &xfer, len, file->f_flags & O_NONBLOCK);
}

static ssize_t kipc_msg_write(struct file *file, const char __user *buf,
			      size_t len, loff_t *pos)
{
	struct kipc_xfer xfer = { .buf = (char __user *)buf };

	return kipc_msg_do_write(file, &xfer, len, file->f_flags & O_NONBLOCK,
				 GFP_KERNEL_ACCOUNT);
}

static bool kipc_msg_iter_is_nowait(const struct kiocb *iocb)
{
	return iocb->ki_flags & IOCB_NOWAIT ||
	       iocb->ki_filp->f_flags & O_NONBLOCK;
}

static ssize_t kipc_msg_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct kipc_xfer xfer = { .iter = to };

	return kipc_msg_do_read(iocb->ki_filp, &xfer, iov_iter_count(to),
				kipc_msg_iter_is_nowait(iocb));
}

static ssize_t kipc_msg_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	bool atomic = iocb->ki_flags & IOCB_NOWAIT;
	struct kipc_xfer xfer = { .iter = from };
	ssize_t ret;

	ret = kipc_msg_do_write(iocb->ki_filp, &xfer, iov_iter_count(from),
				kipc_msg_iter_is_nowait(iocb), atomic ?
				GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN :
				GFP_KERNEL_ACCOUNT);
	/* With time there may be memory. */
	return atomic && ret == -ENOMEM ? -EAGAIN : ret;
}

static __poll_t kipc_msg_poll(struct file *file, poll_table *wait)
{
	struct kipc_msg_file *msg_file = file->private_data;
	struct kipc_msg_queue *queue = msg_file->queue;
	struct kipc_msg_want want;
	__poll_t mask = 0;

	poll_wait(file, &queue->pollers, wait);
	kipc_msg_file_want(msg_file, &want, 0);
	spin_lock(&queue->entry.lock);
	if (queue->entry.gone) {
		mask = EPOLLERR | EPOLLHUP;
	} else {
		if (file->f_mode & FMODE_READ &&
		    kipc_msg_receivable_locked(queue, &want))
			mask |= EPOLLIN | EPOLLRDNORM;
		if (file->f_mode & FMODE_WRITE &&
		    kipc_msg_is_writable_locked(queue))
			mask |= EPOLLOUT | EPOLLWRNORM;
	}
	spin_unlock(&queue->entry.lock);
	return mask;
}

static int kipc_msg_fasync(int fd, struct file *file, int on)
{
	struct kipc_msg_file *msg_file = file->private_data;

	return fasync_helper(fd, file, on, &msg_file->queue->fasync);
}

static int kipc_msg_release(struct inode *inode, struct file *file)
{
	struct kipc_msg_file *msg_file = file->private_data;
	struct kipc_msg_queue *queue = msg_file->queue;

	kipc_msg_notify_drop(msg_file);
	kfree(msg_file);
	kipc_entry_close(&queue->entry);
	return 0;
}

/**
 * kipc_msg_file_pending - serve FIONREAD
 * @file: an open file of a queue
 *
 * Return: bytes that a read would return, 0 if it would wait; -EACCES on a descriptor for
 * sending only.
 */
int kipc_msg_file_pending(struct file *file)
{
	struct kipc_msg_file *msg_file = file->private_data;
	struct kipc_msg_queue *queue = msg_file->queue;
	struct kipc_msg_want want;
	struct kipc_msg *msg;
	size_t len = 0;

	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	kipc_msg_file_want(msg_file, &want, 0);
	spin_lock(&queue->entry.lock);
	msg = kipc_msg_receivable_locked(queue, &want);
	if (msg)
		len = kipc_msg_file_head(msg_file) + msg->len;
	spin_unlock(&queue->entry.lock);
	return min_t(size_t, len, INT_MAX);
}

/**
 * kipc_msg_file_filter - serve KIPC_IOC_MSG_FILTER
 * @msg_file: an open file of a queue
 * @arg: the call's argument
 *
 * Return: 0, or -EINVAL.
 */
int kipc_msg_file_filter(struct kipc_msg_file *msg_file,
			 const struct kipc_msg_filter *arg)
{
	struct kipc_msg_want want;

	if (arg->send_type < 1)
		return -EINVAL;
	kipc_msg_want_init(&want, arg->type, arg->flags, 0);
	write_seqlock(&msg_file->filter_lock);
	msg_file->want = want;
	msg_file->send_type = arg->send_type;
	write_sequnlock(&msg_file->filter_lock);
	/* Whoever polls looks again, at what is wanted now. */
	wake_up_poll(&msg_file->queue->pollers, EPOLLIN | EPOLLRDNORM);
	return 0;
}

static const struct file_operations kipc_msg_fops = {
	.owner		= THIS_MODULE,
	.read		= kipc_msg_read,
	.write		= kipc_msg_write,
	.read_iter	= kipc_msg_read_iter,
	.write_iter	= kipc_msg_write_iter,
	.poll		= kipc_msg_poll,
	.fasync		= kipc_msg_fasync,
	.unlocked_ioctl	= kipc_msg_file_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= kipc_msg_release,
	.show_fdinfo	= kipc_msg_show_fdinfo,
};

static int kipc_msg_open_flags(u32 flags)
{
	int oflags = flags & KIPC_MSG_NONBLOCK ? O_NONBLOCK : 0;

	if (flags & KIPC_MSG_RDONLY)
		return oflags | O_RDONLY;
	return oflags | (flags & KIPC_MSG_WRONLY ? O_WRONLY : O_RDWR);
}

/**
 * kipc_msg_open - make a file for a descriptor of a queue
 * @queue: the queue; the caller has a reference
 * @flags: KIPC_MSG_RDONLY, KIPC_MSG_WRONLY, KIPC_MSG_TYPED, KIPC_MSG_NONBLOCK
 *
 * Context: may sleep. Return: the file, or ERR_PTR: -EIDRM, -ENOMEM, -ENFILE.
 */
struct file *kipc_msg_open(struct kipc_msg_queue *queue, u32 flags)
{
	struct kipc_msg_file *msg_file;
	struct file *file;
	int ret;

	msg_file = kzalloc(sizeof(*msg_file), GFP_KERNEL_ACCOUNT);
	if (!msg_file)
		return ERR_PTR(-ENOMEM);
	msg_file->queue = queue;
	msg_file->typed = flags & KIPC_MSG_TYPED;
	msg_file->send_type = 1;
	seqlock_init(&msg_file->filter_lock);
	kipc_entry_get(&queue->entry);
	ret = kipc_entry_open(&queue->entry);
	if (ret) {
		kipc_entry_put(&queue->entry);
		goto out_free;
	}
	file = anon_inode_getfile("[kipc_msg]", &kipc_msg_fops, msg_file,
				  kipc_msg_open_flags(flags));
	if (IS_ERR(file)) {
		kipc_entry_close(&queue->entry);
		ret = PTR_ERR(file);
		goto out_free;
	}
	/* There are no positions; and who may not wait need not. */
	stream_open(file_inode(file), file);
	file->f_mode |= FMODE_NOWAIT;
	return file;

out_free:
	kfree(msg_file);
	return ERR_PTR(ret);
}
