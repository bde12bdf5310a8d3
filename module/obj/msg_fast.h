/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_OBJ_MSG_FAST_H
#define _KIPC_OBJ_MSG_FAST_H

#include <linux/err.h>

#include "obj/msg.h"

/*
 * Sending and receiving as fast as can be: one message of a few pages at most, when nobody
 * else has to be looked at. All of this is inline in the calls that are to be fast.
 * Everything else goes on where msg.h says.
 */

/* May this memory hold so many bytes, without a waste of most of it? */
static inline bool kipc_msg_suits(const struct kipc_msg *msg, size_t len)
{
	return len <= msg->room && msg->room >> 3 <= len + KIPC_MSG_ROOM_MIN;
}

/**
 * kipc_msg_make - kipc_msg_from_user() for a queue that may have the memory
 * @queue: the queue that the message is for
 * @xfer: where its payload comes from
 * @len: bytes of payload
 * @gfp: how to allocate
 *
 * Context: may sleep. Return: as of kipc_msg_from_user().
 */
static __always_inline struct kipc_msg *
kipc_msg_make(struct kipc_msg_queue *queue, struct kipc_xfer *xfer, size_t len,
	      gfp_t gfp)
{
	struct kipc_msg *msg = READ_ONCE(queue->spare);

	if (likely(msg))
		msg = xchg(&queue->spare, NULL);
	if (unlikely(!msg))
		return kipc_msg_from_user(xfer, len, gfp);
	if (unlikely(!kipc_msg_suits(msg, len))) {
		kipc_msg_free(msg);
		return kipc_msg_from_user(xfer, len, gfp);
	}
	msg->len = len;
	if (len && unlikely(kipc_xfer_in(xfer, msg->data, len) != len)) {
		kipc_msg_free(msg);
		return ERR_PTR(-EFAULT);
	}
	return msg;
}

/**
 * kipc_msg_done - kipc_msg_free() for a queue that may keep the memory
 * @queue: the queue that the message was in
 * @msg: the message, received or not sent
 *
 * Context: may sleep.
 */
static __always_inline void kipc_msg_done(struct kipc_msg_queue *queue,
					  struct kipc_msg *msg)
{
	/* Only who finds it in the queue can take another reference. */
	if (likely(refcount_read(&msg->ref) == 1 && !msg->more &&
		   !READ_ONCE(queue->spare))) {
		/* Those who had one are done with the memory. */
		smp_acquire__after_ctrl_dep();
		if (likely(!cmpxchg(&queue->spare, NULL, msg)))
			return;
	}
	kipc_msg_free(msg);
}

/**
 * kipc_msg_out - copy payload out
 * @msg: the message
 * @xfer: where to
 * @len: how much of it
 *
 * Context: may sleep in a fault of user memory. Return: 0, or -EFAULT.
 */
static __always_inline int kipc_msg_out(const struct kipc_msg *msg,
					struct kipc_xfer *xfer, size_t len)
{
	if (unlikely(len > msg->room))
		return kipc_msg_to_user(msg, xfer, len);
	return len && unlikely(kipc_xfer_out(xfer, msg->data, len) != len) ?
	       -EFAULT : 0;
}

/**
 * kipc_msg_send - send a message
 * @queue: the queue; the caller has a reference, and may do this
 * @msg: the message, with a type; no longer the caller's on success
 * @how: how to wait
 *
 * Context: may sleep.
 * Return: 0; -EAGAIN, -EIDRM, -EINTR, -ERESTARTNOHAND, -ETIMEDOUT; -EACCES if it was
 * forbidden meanwhile.
 */
static __always_inline int kipc_msg_send(struct kipc_msg_queue *queue,
					 struct kipc_msg *msg,
					 const struct kipc_msg_how *how)
{
	spin_lock(&queue->entry.lock);
	if (unlikely(queue->entry.gone || queue->nr_receivers ||
		     queue->nr_senders || queue->notice ||
		     !kipc_msg_has_room_locked(queue, msg->len) ||
		     kipc_msg_is_watched_locked(queue)))
		return kipc_msg_send_locked(queue, msg, how);
	kipc_msg_sign_locked(queue, msg, current);
	kipc_msg_append_locked(queue, msg);
	spin_unlock(&queue->entry.lock);
	return 0;
}

/**
 * kipc_msg_receive - receive a message
 * @queue: the queue; the caller has a reference, and may do this
 * @want: what is wanted
 * @how: how to wait
 *
 * Context: may sleep.
 * Return: the message, for kipc_msg_done() or kipc_msg_put_back(), or ERR_PTR: -ENOMSG,
 * -E2BIG, -EIDRM, -EINTR, -ERESTARTNOHAND, -ETIMEDOUT; -EACCES if it was forbidden
 * meanwhile.
 */
static __always_inline struct kipc_msg *
kipc_msg_receive(struct kipc_msg_queue *queue, const struct kipc_msg_want *want,
		 const struct kipc_msg_how *how)
{
	struct kipc_msg *msg;

	spin_lock(&queue->entry.lock);
	msg = list_first_entry_or_null(&queue->messages, struct kipc_msg, node);
	if (msg && want->mode != KIPC_MSG_ANY &&
	    (want->mode != KIPC_MSG_EQUAL || want->type != msg->key.type))
		msg = kipc_msg_find_locked(queue, want);
	if (unlikely(!msg || msg->len > want->size || queue->nr_senders ||
		     queue->entry.gone || kipc_msg_is_watched_locked(queue)))
		return kipc_msg_receive_locked(queue, want, how, msg);
	kipc_msg_remove_locked(queue, msg);
	kipc_msg_note_received_locked(queue, msg, current);
	spin_unlock(&queue->entry.lock);
	return msg;
}

#endif /* _KIPC_OBJ_MSG_FAST_H */
