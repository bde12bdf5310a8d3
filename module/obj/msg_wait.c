// SPDX-License-Identifier: GPL-2.0
/* Message queues: sending and receiving, and waiting for it; see msg.h. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "obj/msg.h"

/*
 * What a waiter gets that is to begin anew, inside; not an error. The permissions that
 * allowed it may have changed.
 */
#define KIPC_MSG_AGAIN	1

/**
 * kipc_msg_wake_slow - the case of kipc_msg_wake() that somebody is to be told
 * @queue: the queue; the caller has a reference
 * @wake: what was noted under the lock
 *
 * Context: no spinlock held.
 */
void kipc_msg_wake_slow(struct kipc_msg_queue *queue,
			struct kipc_msg_wake *wake)
{
	if (wake->tell & KIPC_MSG_TELL_READABLE) {
		wake_up_interruptible_sync_poll(&queue->pollers,
						EPOLLIN | EPOLLRDNORM);
		kill_fasync(&queue->fasync, SIGIO, POLL_IN);
	}
	if (wake->tell & KIPC_MSG_TELL_WRITABLE) {
		wake_up_interruptible_sync_poll(&queue->pollers,
						EPOLLOUT | EPOLLWRNORM);
		kill_fasync(&queue->fasync, SIGIO, POLL_OUT);
	}
	if (wake->notice)
		kipc_msg_notice_tell(wake->notice);
}

/* Has a sender stand where it belongs: behind all, unless it waited already. */
static void kipc_msg_enqueue_sender_locked(struct kipc_msg_queue *queue,
					   struct kipc_msg_sender *sender)
{
	struct kipc_msg_sender *before;

	list_for_each_entry_reverse(before, &queue->senders, waiter.node)
		if (before->order < sender->order)
			break;
	list_add(&sender->waiter.node, &before->waiter.node);
	queue->nr_senders++;
}

static void kipc_msg_enqueue_receiver_locked(struct kipc_msg_queue *queue,
					     struct kipc_msg_receiver *receiver)
{
	struct kipc_msg_receiver *before;

	queue->nr_receivers++;
	if (receiver->want->mode == KIPC_MSG_EQUAL) {
		INIT_LIST_HEAD(&receiver->waiter.node);
		kipc_msg_key_add(&queue->receiver_types, &receiver->key);
		return;
	}
	list_for_each_entry_reverse(before, &queue->receivers, waiter.node)
		if (before->key.order < receiver->key.order)
			break;
	list_add(&receiver->waiter.node, &before->waiter.node);
}

/* Takes a sender that gives up off the queue, and lets others go on. */
static bool kipc_msg_leave_send(struct kipc_msg_queue *queue,
				struct kipc_msg_sender *sender)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	bool queued;

	spin_lock(&queue->entry.lock);
	queued = sender->waiter.state == KIPC_WAITER_QUEUED;
	if (queued) {
		list_del(&sender->waiter.node);
		queue->nr_senders--;
		kipc_msg_serve_locked(queue, &wake);
		if (kipc_msg_is_writable_locked(queue))
			kipc_msg_tell_locked(queue, &wake,
					     KIPC_MSG_TELL_WRITABLE);
	}
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	return queued;
}

/* What a call that gives up waiting returns, from what kipc_waiter_wait() did. */
static int kipc_msg_given_up(const struct kipc_msg_wait *how, int ret)
{
	if (ret == -ETIME)
		return -ETIMEDOUT;
	/* As natively: EINTR after a handler, else the call begins anew. */
	return how->once ? -EINTR : -ERESTARTNOHAND;
}

/* Waits for room. The queue is locked, and unlocked. */
static noinline int kipc_msg_wait_send(struct kipc_msg_queue *queue,
				       struct kipc_msg *msg,
				       const struct kipc_msg_wait *how,
				       u64 *order, struct kipc_msg_wake *wake)
	__releases(&queue->entry.lock)
{
	struct kipc_msg_sender sender = {
		.waiter = {
			.task	= current,
			.state	= KIPC_WAITER_QUEUED,
		},
		.msg = msg,
	};
	int ret;

	if (!*order)
		*order = ++queue->order;
	sender.order = *order;
	kipc_msg_enqueue_sender_locked(queue, &sender);
	/* Who waits again may stand before others now. */
	kipc_msg_serve_locked(queue, wake);
	/* A receiver would find this message. */
	kipc_msg_tell_locked(queue, wake, KIPC_MSG_TELL_READABLE);
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, wake);

	ret = kipc_waiter_wait(&sender.waiter, how->expires);
	if (ret) {
		if (kipc_msg_leave_send(queue, &sender))
			return kipc_msg_given_up(how, ret);
		kipc_waiter_settle(&sender.waiter);
	}
	return sender.waiter.result;
}

static int kipc_msg_send_once(struct kipc_msg_queue *queue,
			      struct kipc_msg *msg,
			      const struct kipc_msg_wait *how, u64 *order)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	int ret = 0;

	spin_lock(&queue->entry.lock);
	if (unlikely(queue->entry.gone))
		ret = -EIDRM;
	else if (unlikely(!kipc_msg_put_locked(queue, msg, &wake)))
		ret = -EAGAIN;
	if (unlikely(ret == -EAGAIN) && !how->nowait)
		return kipc_msg_wait_send(queue, msg, how, order, &wake);
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	return ret;
}

/**
 * kipc_msg_send - send a message
 * @queue: the queue; the caller has a reference, and may do this
 * @msg: the message, with a type; no longer the caller's on success
 * @how: how to wait
 *
 * Context: may sleep.
 * Return: 0; -EAGAIN, -EIDRM, -EINTR, -ERESTARTNOHAND, -ETIMEDOUT; -EACCES if it was forbidden meanwhile.
 */
int kipc_msg_send(struct kipc_msg_queue *queue, struct kipc_msg *msg,
		  const struct kipc_msg_wait *how)
{
	u64 order = 0;
	int ret;

	for (;;) {
		ret = kipc_msg_send_once(queue, msg, how, &order);
		if (likely(ret != KIPC_MSG_AGAIN))
			return ret;
		if (!how->by_id)
			continue;
		ret = kipc_perm_check(&queue->entry, KIPC_MSG_WRITE);
		if (ret)
			return ret;
	}
}

/* Takes a receiver that gives up off the queue. */
static bool kipc_msg_leave_receive(struct kipc_msg_queue *queue,
				   struct kipc_msg_receiver *receiver)
{
	bool queued;

	spin_lock(&queue->entry.lock);
	queued = receiver->waiter.state == KIPC_WAITER_QUEUED;
	if (queued) {
		kipc_msg_drop_receiver_locked(queue, receiver);
		list_del(&receiver->waiter.node);
	}
	spin_unlock(&queue->entry.lock);
	return queued;
}

/* Waits for a message. The queue is locked, and unlocked. */
static noinline struct kipc_msg *
kipc_msg_wait_receive(struct kipc_msg_queue *queue,
		      const struct kipc_msg_want *want,
		      const struct kipc_msg_wait *how, u64 *order)
	__releases(&queue->entry.lock)
{
	struct kipc_msg_receiver receiver = {
		.waiter = {
			.task	= current,
			.state	= KIPC_WAITER_QUEUED,
		},
		.key.type	= want->type,
		.want		= want,
	};
	int ret;

	if (!*order)
		*order = ++queue->order;
	receiver.key.order = *order;
	kipc_msg_enqueue_receiver_locked(queue, &receiver);
	spin_unlock(&queue->entry.lock);

	ret = kipc_waiter_wait(&receiver.waiter, how->expires);
	if (ret) {
		if (kipc_msg_leave_receive(queue, &receiver))
			return ERR_PTR(kipc_msg_given_up(how, ret));
		kipc_waiter_settle(&receiver.waiter);
	}
	if (likely(!receiver.waiter.result))
		return receiver.msg;
	return receiver.waiter.result == KIPC_MSG_AGAIN ? NULL :
		ERR_PTR(receiver.waiter.result);
}

/* Returns what kipc_msg_receive() does, or NULL if that is to begin anew. */
static struct kipc_msg *kipc_msg_receive_once(struct kipc_msg_queue *queue,
					      const struct kipc_msg_want *want,
					      const struct kipc_msg_wait *how,
					      u64 *order)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	struct kipc_msg *msg;

	spin_lock(&queue->entry.lock);
	if (unlikely(queue->entry.gone)) {
		msg = ERR_PTR(-EIDRM);
	} else {
		msg = kipc_msg_take_locked(queue, want, &wake);
		if (!msg) {
			if (!how->nowait)
				return kipc_msg_wait_receive(queue, want, how,
							     order);
			msg = ERR_PTR(-ENOMSG);
		}
	}
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	return msg;
}

/**
 * kipc_msg_receive - receive a message
 * @queue: the queue; the caller has a reference, and may do this
 * @want: what is wanted
 * @how: how to wait
 *
 * Context: may sleep.
 * Return: the message, for kipc_msg_free() or kipc_msg_put_back(), or ERR_PTR: -ENOMSG,
 * -E2BIG, -EIDRM, -EINTR, -ERESTARTNOHAND, -ETIMEDOUT; -EACCES if it was forbidden meanwhile.
 */
struct kipc_msg *kipc_msg_receive(struct kipc_msg_queue *queue,
				  const struct kipc_msg_want *want,
				  const struct kipc_msg_wait *how)
{
	struct kipc_msg *msg;
	u64 order = 0;
	int ret;

	for (;;) {
		msg = kipc_msg_receive_once(queue, want, how, &order);
		if (likely(msg))
			return msg;
		if (!how->by_id)
			continue;
		ret = kipc_perm_check(&queue->entry, KIPC_MSG_READ);
		if (ret)
			return ERR_PTR(ret);
	}
}

/**
 * kipc_msg_copy - look at a message without taking it
 * @queue: the queue; the caller has a reference, and may do this
 * @position: how many messages stand before it
 * @want: for how long it may be
 *
 * Return: the message, for kipc_msg_free(), or ERR_PTR: -ENOMSG, -E2BIG, -EIDRM.
 */
struct kipc_msg *kipc_msg_copy(struct kipc_msg_queue *queue, s64 position,
			       const struct kipc_msg_want *want)
{
	struct kipc_msg *msg, *found = ERR_PTR(-ENOMSG);

	spin_lock(&queue->entry.lock);
	if (queue->entry.gone) {
		found = ERR_PTR(-EIDRM);
	} else if (position >= 0 && (u64)position < queue->qnum) {
		list_for_each_entry(msg, &queue->messages, node)
			if (!position--)
				break;
		found = msg;
		if (msg->len > want->size)
			found = ERR_PTR(-E2BIG);
		else
			refcount_inc(&msg->ref);
	}
	spin_unlock(&queue->entry.lock);
	return found;
}

/**
 * kipc_msg_retry_all - judge anew all who wait, after IPC_SET
 * @queue: the queue; the caller has a reference
 * @qbytes: how much it may hold from now on
 */
void kipc_msg_retry_all(struct kipc_msg_queue *queue, unsigned long qbytes)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);

	spin_lock(&queue->entry.lock);
	queue->qbytes = qbytes;
	kipc_msg_take_all_locked(queue, KIPC_MSG_AGAIN, &wake);
	if (kipc_msg_is_writable_locked(queue))
		wake.tell |= KIPC_MSG_TELL_WRITABLE;
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
}

/**
 * kipc_msg_end - end a queue that is gone
 * @queue: the queue; the caller has a reference
 *
 * Context: may sleep.
 */
void kipc_msg_end(struct kipc_msg_queue *queue)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	struct kipc_msg_notice *notice = NULL;
	struct kipc_msg *msg, *next;
	LIST_HEAD(messages);

	spin_lock(&queue->entry.lock);
	kipc_msg_take_all_locked(queue, -EIDRM, &wake);
	list_splice_init(&queue->messages, &messages);
	queue->types = RB_ROOT;
	queue->cbytes = 0;
	queue->qnum = 0;
	swap(notice, queue->notice);
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	wake_up_poll(&queue->pollers, EPOLLERR | EPOLLHUP);
	kill_fasync(&queue->fasync, SIGIO, POLL_HUP);
	kipc_msg_notice_free(notice);
	list_for_each_entry_safe(msg, next, &messages, node)
		kipc_msg_free(msg);
}
