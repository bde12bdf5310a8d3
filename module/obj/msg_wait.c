// SPDX-License-Identifier: GPL-2.0
/* Message queues: sending and receiving, and waiting for it; see msg.h. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "obj/msg.h"

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

/* Takes a sender that gives up off the queue, and lets others go on. */
static bool kipc_msg_leave_send(struct kipc_msg_queue *queue,
				struct kipc_msg_sender *sender)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	bool queued;

	spin_lock(&queue->entry.lock);
	queued = kipc_waiter_is_queued_locked(&sender->waiter);
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

static inline ktime_t *kipc_msg_deadline(const struct kipc_msg_how *how,
					 ktime_t *deadline)
{
	if (likely(how->timeout == KIPC_TIMEOUT_NONE))
		return NULL;
	return kipc_deadline(how->timeout, how->flags & KIPC_MSG_RELATIVE,
			     deadline);
}

/* What a call that gives up waiting returns, from what kipc_waiter_wait() did. */
static int kipc_msg_given_up(const struct kipc_msg_how *how, int ret)
{
	if (ret == -ETIME)
		return -ETIMEDOUT;
	if (ret != -EINTR)
		return ret;
	/* As natively: EINTR after a handler, else the call begins anew, if it can. */
	return how->flags & KIPC_MSG_RELATIVE ? -EINTR : -ERESTARTNOHAND;
}

/* IPC_SET has put a sender in doubt; sees whether it may go on, or wait. */
static int kipc_msg_check_sender(struct kipc_msg_queue *queue,
				 struct kipc_msg_sender *sender)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	unsigned int pokes = READ_ONCE(sender->waiter.pokes);
	int ret = kipc_perm_check(&queue->entry, KIPC_MSG_WRITE);

	if (ret)
		return ret;
	spin_lock(&queue->entry.lock);
	sender->waiter.seen = pokes;
	kipc_msg_resume_sender_locked(queue, sender, &wake);
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	return 0;
}

/* Waits for room. The queue is locked, and unlocked. */
static int kipc_msg_wait_send(struct kipc_msg_queue *queue,
			      struct kipc_msg *msg,
			      const struct kipc_msg_how *how,
			      struct kipc_msg_wake *wake)
	__releases(&queue->entry.lock)
{
	ktime_t deadline, *expires = kipc_msg_deadline(how, &deadline);
	struct kipc_msg_sender sender;
	int ret;

	kipc_waiter_init(&sender.waiter);
	sender.msg = msg;
	sender.by_id = how->by_id;
	list_add_tail(&sender.waiter.node, &queue->senders);
	queue->nr_senders++;
	/* A receiver would find this message. */
	kipc_msg_tell_locked(queue, wake, KIPC_MSG_TELL_READABLE);
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, wake);

	do {
		ret = kipc_waiter_wait(&sender.waiter, expires);
		if (likely(ret != -EAGAIN))
			break;
		ret = kipc_msg_check_sender(queue, &sender);
	} while (!ret);
	if (ret) {
		if (kipc_msg_leave_send(queue, &sender))
			return kipc_msg_given_up(how, ret);
		kipc_waiter_settle(&sender.waiter);
	}
	return sender.waiter.result;
}

/* Sends what is not simply handed over; else as kipc_msg_send_locked(). */
static noinline int kipc_msg_send_shared(struct kipc_msg_queue *queue,
					 struct kipc_msg *msg,
					 const struct kipc_msg_how *how)
	__releases(&queue->entry.lock)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	bool waits = !(how->flags & KIPC_MSG_NOWAIT);
	int ret = 0;

	if (!kipc_msg_put_locked(queue, msg, &wake, waits)) {
		if (waits)
			return kipc_msg_wait_send(queue, msg, how, &wake);
		ret = -EAGAIN;
	}
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	return ret;
}

/**
 * kipc_msg_send_locked - the general case of kipc_msg_send()
 * @queue: the queue; its lock is held, and dropped
 * @msg: the message
 * @how: how to wait
 *
 * Return: as of kipc_msg_send().
 */
int kipc_msg_send_locked(struct kipc_msg_queue *queue, struct kipc_msg *msg,
			 const struct kipc_msg_how *how)
	__releases(&queue->entry.lock)
{
	struct kipc_msg_receiver *receiver = NULL;
	struct task_struct *task;

	if (unlikely(queue->entry.gone)) {
		spin_unlock(&queue->entry.lock);
		return -EIDRM;
	}
	if (queue->nr_receivers)
		receiver = kipc_msg_hand_one_locked(queue, msg, &task);
	if (!receiver)
		return kipc_msg_send_shared(queue, msg, how);
	/* The usual case of somebody waiting: one, who can have it. */
	spin_unlock(&queue->entry.lock);
	kipc_waiter_wake_one(&receiver->waiter, task);
	return 0;
}

/* Has a receiver wait behind all others. */
static __always_inline void
kipc_msg_enqueue_receiver_locked(struct kipc_msg_queue *queue,
				 struct kipc_msg_receiver *receiver)
{
	receiver->key.order = ++queue->order;
	queue->waits++;
	/* It is not worth a tree if there is only this one to be found. */
	receiver->typed = queue->nr_receivers++ &&
			  receiver->want->mode == KIPC_MSG_EQUAL;
	if (receiver->typed) {
		receiver->key.type = receiver->want->type;
		INIT_LIST_HEAD(&receiver->waiter.node);
		kipc_msg_key_add(&queue->receiver_types, &receiver->key);
	} else {
		list_add_tail(&receiver->waiter.node, &queue->receivers);
	}
}

/* Takes a receiver that gives up off the queue. */
static bool kipc_msg_leave_receive(struct kipc_msg_queue *queue,
				   struct kipc_msg_receiver *receiver)
{
	bool queued;

	spin_lock(&queue->entry.lock);
	queued = kipc_waiter_is_queued_locked(&receiver->waiter);
	if (queued) {
		kipc_msg_drop_receiver_locked(queue, receiver);
		list_del(&receiver->waiter.node);
	}
	spin_unlock(&queue->entry.lock);
	return queued;
}

/*
 * IPC_SET has put a receiver in doubt; sees whether it may go on. Meanwhile messages may
 * have come that it was not given: returns one, or an error, and then does not wait any
 * more; or NULL.
 */
static struct kipc_msg *
kipc_msg_check_receiver(struct kipc_msg_queue *queue,
			struct kipc_msg_receiver *receiver)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	unsigned int pokes = READ_ONCE(receiver->waiter.pokes);
	int ret = kipc_perm_check(&queue->entry, KIPC_MSG_READ);
	struct kipc_msg *msg = NULL;

	if (ret && kipc_msg_leave_receive(queue, receiver))
		return ERR_PTR(ret);
	/* What is done is done, if it is: then it does not matter what is seen. */
	spin_lock(&queue->entry.lock);
	receiver->waiter.seen = pokes;
	if (kipc_waiter_is_queued_locked(&receiver->waiter) &&
	    !kipc_waiter_is_in_doubt(&receiver->waiter))
		msg = kipc_msg_take_locked(queue, receiver->want, &wake);
	if (msg) {
		kipc_msg_drop_receiver_locked(queue, receiver);
		list_del(&receiver->waiter.node);
	}
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	return msg;
}

/* Waits for a message. The queue is locked, and unlocked. */
static __always_inline struct kipc_msg *
kipc_msg_wait_receive(struct kipc_msg_queue *queue,
		      const struct kipc_msg_want *want,
		      const struct kipc_msg_how *how)
	__releases(&queue->entry.lock)
{
	ktime_t deadline, *expires = kipc_msg_deadline(how, &deadline);
	struct kipc_msg_receiver receiver;
	struct kipc_msg *msg;
	int ret;

	kipc_waiter_init(&receiver.waiter);
	receiver.by_id = how->by_id;
	receiver.want = want;
	kipc_msg_enqueue_receiver_locked(queue, &receiver);
	spin_unlock(&queue->entry.lock);

	while ((ret = kipc_waiter_wait(&receiver.waiter, expires)) == -EAGAIN) {
		msg = kipc_msg_check_receiver(queue, &receiver);
		if (msg)
			return msg;
	}
	if (ret) {
		if (kipc_msg_leave_receive(queue, &receiver))
			return ERR_PTR(kipc_msg_given_up(how, ret));
		kipc_waiter_settle(&receiver.waiter);
	}
	return likely(!receiver.waiter.result) ?
	       receiver.msg : ERR_PTR(receiver.waiter.result);
}

/* Receives what somebody else is concerned by; else as kipc_msg_receive_locked(). */
static noinline struct kipc_msg *
kipc_msg_receive_shared(struct kipc_msg_queue *queue,
			const struct kipc_msg_want *want,
			const struct kipc_msg_how *how)
	__releases(&queue->entry.lock)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	struct kipc_msg *msg;

	msg = kipc_msg_take_locked(queue, want, &wake);
	if (!msg && !(how->flags & KIPC_MSG_NOWAIT))
		return kipc_msg_wait_receive(queue, want, how);
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	return msg ?: ERR_PTR(-ENOMSG);
}

/**
 * kipc_msg_receive_locked - the general case of kipc_msg_receive()
 * @queue: the queue; its lock is held, and dropped
 * @want: what is wanted
 * @how: how to wait
 * @msg: what is in the queue and wanted, or NULL
 *
 * Return: as of kipc_msg_receive().
 */
struct kipc_msg *kipc_msg_receive_locked(struct kipc_msg_queue *queue,
					 const struct kipc_msg_want *want,
					 const struct kipc_msg_how *how,
					 struct kipc_msg *msg)
	__releases(&queue->entry.lock)
{
	if (unlikely(queue->entry.gone)) {
		spin_unlock(&queue->entry.lock);
		return ERR_PTR(-EIDRM);
	}
	if (msg || queue->nr_senders || how->flags & KIPC_MSG_NOWAIT)
		return kipc_msg_receive_shared(queue, want, how);
	return kipc_msg_wait_receive(queue, want, how);
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
 * kipc_msg_set - serve IPC_SET
 * @queue: the queue; the caller has a reference, and may do this
 * @perm: its owner and permissions from now on
 * @qbytes: how much it may hold from now on
 *
 * Those who wait are judged anew, and keep their places.
 *
 * Return: 0, or -EIDRM.
 */
int kipc_msg_set(struct kipc_msg_queue *queue, const struct kipc_perm_set *perm,
		 unsigned long qbytes)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	int ret = 0;

	spin_lock(&queue->entry.lock);
	if (queue->entry.gone) {
		ret = -EIDRM;
		goto out_unlock;
	}
	if (kipc_perm_set_locked(&queue->entry, perm))
		kipc_msg_poke_all_locked(queue);
	queue->qbytes = qbytes;
	kipc_msg_serve_locked(queue, &wake);
	if (kipc_msg_is_writable_locked(queue))
		kipc_msg_tell_locked(queue, &wake, KIPC_MSG_TELL_WRITABLE);
out_unlock:
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	return ret;
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
	LIST_HEAD(messages);

	spin_lock(&queue->entry.lock);
	kipc_msg_end_all_locked(queue, &wake);
	list_splice_init(&queue->messages, &messages);
	queue->types = RB_ROOT;
	queue->cbytes = 0;
	queue->qnum = 0;
	swap(notice, queue->notice);
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	/* All, also those who wait to be the only one. */
	wake_up_all(&queue->pollers);
	kill_fasync(&queue->fasync, SIGIO, POLL_HUP);
	kipc_msg_notice_free(notice);
	kipc_msg_free_all(&messages, xchg(&queue->spare, NULL));
}
