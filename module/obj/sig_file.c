// SPDX-License-Identifier: GPL-2.0
/* Descriptors of signal queues and of subscribers: read, poll; see sig.h. */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/signalfd.h>
#include <linux/uio.h>

#include "compat.h"
#include "core/fdinfo.h"
#include "obj/sig.h"

/* What is read of a signal, in the reader's terms. */
static void kipc_sig_fill_record(struct signalfd_siginfo *record,
				 const struct kipc_sig *sig)
{
	memset(record, 0, sizeof(*record));
	record->ssi_signo = sig->signo;
	record->ssi_code = sig->code;
	record->ssi_pid = pid_vnr(sig->sender);
	record->ssi_uid = from_kuid_munged(current_user_ns(), sig->uid);
	record->ssi_int = (s32)sig->value;
	record->ssi_ptr = sig->value;
}

/* Takes one signal, and copies it out. */
static int kipc_sig_read_one(struct kipc_sig_subscriber *sub,
			     const struct kipc_sig_want *want,
			     struct iov_iter *to)
{
	struct signalfd_siginfo record;
	struct kipc_sig_item item;
	int ret = kipc_sig_take(sub, want, &item);

	if (ret)
		return ret;
	kipc_sig_fill_record(&record, &item.sig);
	if (copy_to_iter(&record, sizeof(record), to) != sizeof(record)) {
		kipc_sig_put_back(sub, &item);
		return -EFAULT;
	}
	kipc_sig_item_free(&item);
	return 0;
}

static ssize_t kipc_sig_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct kipc_sig_subscriber *sub = iocb->ki_filp->private_data;
	struct kipc_sig_want want = {
		.unblocked	= true,
		.nowait		= iocb->ki_flags & IOCB_NOWAIT ||
				  iocb->ki_filp->f_flags & O_NONBLOCK,
	};
	ssize_t done = 0;
	int ret;

	if (iov_iter_count(to) < sizeof(struct signalfd_siginfo))
		return -EINVAL;
	do {
		ret = kipc_sig_read_one(sub, &want, to);
		if (ret)
			break;
		done += sizeof(struct signalfd_siginfo);
		want.nowait = true;
	} while (iov_iter_count(to) >= sizeof(struct signalfd_siginfo));
	if (done)
		return done;
	return ret == -EINTR ? -ERESTARTSYS : ret;
}

static __poll_t kipc_sig_subscriber_poll(struct file *file, poll_table *wait)
{
	struct kipc_sig_subscriber *sub = file->private_data;
	struct kipc_sig_queue *queue = sub->queue;
	__poll_t mask = 0;

	poll_wait(file, &sub->pollers, wait);
	spin_lock(&queue->entry.lock);
	if (queue->entry.gone)
		mask = EPOLLERR | EPOLLHUP;
	else if (kipc_sig_takeable_locked(sub, ~sub->blocked))
		mask = EPOLLIN | EPOLLRDNORM;
	spin_unlock(&queue->entry.lock);
	return mask;
}

static int kipc_sig_subscriber_fasync(int fd, struct file *file, int on)
{
	struct kipc_sig_subscriber *sub = file->private_data;

	return fasync_helper(fd, file, on, &sub->fasync);
}

static int kipc_sig_subscriber_release(struct inode *inode, struct file *file)
{
	kipc_sig_unsubscribe(file->private_data);
	return 0;
}

static __poll_t kipc_sig_poll(struct file *file, poll_table *wait)
{
	struct kipc_sig_queue *queue = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &queue->pollers, wait);
	spin_lock(&queue->entry.lock);
	if (queue->entry.gone)
		mask = EPOLLERR | EPOLLHUP;
	else if (kipc_sig_has_room_locked(queue))
		mask = EPOLLOUT | EPOLLWRNORM;
	spin_unlock(&queue->entry.lock);
	return mask;
}

static int kipc_sig_release(struct inode *inode, struct file *file)
{
	struct kipc_sig_queue *queue = file->private_data;

	kipc_entry_close(&queue->entry);
	return 0;
}

#ifdef CONFIG_PROC_FS
/* Names those who wait, at all subscribers. */
static void kipc_sig_show_waiters_locked(struct seq_file *m,
					 const struct kipc_sig_queue *queue)
{
	struct kipc_fdinfo info = KIPC_FDINFO_INIT(m);
	const struct kipc_sig_taker *taker;

	lockdep_assert_held(&queue->entry.lock);
	list_for_each_entry(taker, &queue->takers, waiter.node) {
		if (!kipc_fdinfo_waiter_locked(&info, taker->waiter.task))
			return;
		seq_printf(m, "subscriber %u\n", taker->sub->number);
	}
}

/* A set as /proc/PID/status shows it. */
static void kipc_sig_show_set(struct seq_file *m, const char *name, u64 set)
{
	seq_printf(m, "kipc-sig-%s:\t%016llx\n", name, set);
}

static void kipc_sig_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct kipc_sig_queue *queue = file->private_data;

	spin_lock(&queue->entry.lock);
	kipc_fdinfo_entry(m, &queue->entry);
	seq_printf(m, "kipc-sig-subscribers:\t%u\n", queue->nr_subscribers);
	seq_printf(m, "kipc-sig-queued:\t%lu\n", queue->queued);
	kipc_sig_show_set(m, "shared", queue->shared.set);
	kipc_sig_show_waiters_locked(m, queue);
	spin_unlock(&queue->entry.lock);
}

static void kipc_sig_subscriber_show_fdinfo(struct seq_file *m,
					    struct file *file)
{
	struct kipc_sig_subscriber *sub = file->private_data;
	struct kipc_sig_queue *queue = sub->queue;

	spin_lock(&queue->entry.lock);
	kipc_fdinfo_entry(m, &queue->entry);
	seq_printf(m, "kipc-sig-number:\t%u\n", sub->number);
	seq_printf(m, "kipc-sig-queued:\t%u\n", sub->own.nr);
	kipc_sig_show_set(m, "own", sub->own.set);
	kipc_sig_show_set(m, "shared", queue->shared.set);
	kipc_sig_show_set(m, "blocked", sub->blocked);
	kipc_sig_show_set(m, "ignored", sub->ignored);
	kipc_sig_show_set(m, "delivered", sub->delivered);
	kipc_sig_show_waiters_locked(m, queue);
	spin_unlock(&queue->entry.lock);
}
#endif

static const struct file_operations kipc_sig_fops = {
	.owner		= THIS_MODULE,
	.poll		= kipc_sig_poll,
	.unlocked_ioctl	= kipc_sig_file_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= kipc_sig_release,
	.llseek		= noop_llseek,
#ifdef CONFIG_PROC_FS
	.show_fdinfo	= kipc_sig_show_fdinfo,
#endif
};

static const struct file_operations kipc_sig_subscriber_fops = {
	.owner		= THIS_MODULE,
	.read_iter	= kipc_sig_read_iter,
	.poll		= kipc_sig_subscriber_poll,
	.fasync		= kipc_sig_subscriber_fasync,
	.unlocked_ioctl	= kipc_sig_subscriber_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= kipc_sig_subscriber_release,
#ifdef CONFIG_PROC_FS
	.show_fdinfo	= kipc_sig_subscriber_show_fdinfo,
#endif
};

/**
 * kipc_sig_open - make a file for a descriptor of a queue
 * @queue: the queue; the caller has a reference
 * @may_read: one may look at it, too
 *
 * Context: may sleep. Return: the file, or ERR_PTR: -EIDRM, -ENOMEM, -ENFILE.
 */
struct file *kipc_sig_open(struct kipc_sig_queue *queue, bool may_read)
{
	struct file *file;
	int ret;

	kipc_entry_get(&queue->entry);
	ret = kipc_entry_open(&queue->entry);
	if (ret) {
		kipc_entry_put(&queue->entry);
		return ERR_PTR(ret);
	}
	file = anon_inode_getfile("[kipc_sig]", &kipc_sig_fops, queue,
				  may_read ? O_RDWR : O_WRONLY);
	if (IS_ERR(file))
		kipc_entry_close(&queue->entry);
	return file;
}

static int kipc_sig_subscriber_flags(u32 flags, bool may_send)
{
	return (flags & KIPC_SIG_NONBLOCK ? O_NONBLOCK : 0) |
	       (may_send ? O_RDWR : O_RDONLY);
}

/**
 * kipc_sig_open_subscriber - make a subscriber, and a file for its descriptor
 * @queue: the queue; the caller has a reference
 * @arg: the call's argument
 * @may_send: one may send by it, too
 * @number: where to leave the subscriber's number
 *
 * Context: may sleep.
 * Return: the file, or ERR_PTR: -EIDRM, -ENOSPC, -ENOMEM, -ENFILE.
 */
struct file *kipc_sig_open_subscriber(struct kipc_sig_queue *queue,
				      const struct kipc_sig_subscribe *arg,
				      bool may_send, u32 *number)
{
	struct kipc_sig_subscriber *sub;
	struct file *file;

	sub = kipc_sig_subscribe(queue, arg->blocked);
	if (IS_ERR(sub))
		return ERR_CAST(sub);
	file = anon_inode_getfile("[kipc_sig_subscriber]",
				  &kipc_sig_subscriber_fops, sub,
				  kipc_sig_subscriber_flags(arg->flags,
							    may_send));
	if (IS_ERR(file)) {
		kipc_sig_unsubscribe(sub);
		return file;
	}
	/* There are no positions; and who may not wait need not. */
	stream_open(file_inode(file), file);
	file->f_mode |= FMODE_NOWAIT;
	*number = sub->number;
	return file;
}
