// SPDX-License-Identifier: GPL-2.0
/*
 * Message queues: what is in a queue, who gets it, and who may go on. All of this happens
 * under the queue's lock; see msg.h.
 */
#include <linux/err.h>
#include <linux/sched.h>

#include "obj/msg.h"

static struct kipc_msg *kipc_msg_of(struct kipc_msg_key *key)
{
	return container_of(key, struct kipc_msg, key);
}

static bool kipc_msg_is_wanted(const struct kipc_msg_want *want, s64 type)
{
	switch (want->mode) {
	case KIPC_MSG_EQUAL:
		return type == want->type;
	case KIPC_MSG_OTHER:
		return type != want->type;
	case KIPC_MSG_LEAST:
		return type <= want->type;
	default:
		return true;
	}
}

/*
 * Finds the oldest message of any type but one. Either few messages of that type are at
 * the front, or there are few types: looks at both until it knows.
 */
static struct kipc_msg *
kipc_msg_find_other_locked(struct kipc_msg_queue *queue, s64 type)
{
	struct kipc_msg_key *key = kipc_msg_key_least(&queue->types);
	struct kipc_msg *msg, *oldest = NULL;

	list_for_each_entry(msg, &queue->messages, node) {
		if (msg->key.type != type)
			return msg;
		if (key->type != type &&
		    (!oldest || key->order < oldest->key.order))
			oldest = kipc_msg_of(key);
		key = kipc_msg_key_next(key);
		if (!key)
			break;
	}
	return oldest;
}

/**
 * kipc_msg_find_locked - find a message in a queue
 * @queue: the queue, locked
 * @want: what is wanted
 *
 * Return: the message, however long it is, or NULL.
 */
struct kipc_msg *kipc_msg_find_locked(struct kipc_msg_queue *queue,
				      const struct kipc_msg_want *want)
{
	struct kipc_msg_key *key = NULL;

	switch (want->mode) {
	case KIPC_MSG_ANY:
		return list_first_entry_or_null(&queue->messages,
						struct kipc_msg, node);
	case KIPC_MSG_OTHER:
		return kipc_msg_find_other_locked(queue, want->type);
	case KIPC_MSG_EQUAL:
		key = kipc_msg_key_find(&queue->types, want->type);
		break;
	case KIPC_MSG_LEAST:
		key = kipc_msg_key_least(&queue->types);
		if (key && key->type > want->type)
			key = NULL;
		break;
	}
	return key ? kipc_msg_of(key) : NULL;
}

/* Finds a sender that waits with a message that is wanted. */
static struct kipc_msg_sender *
kipc_msg_find_sender_locked(struct kipc_msg_queue *queue,
			    const struct kipc_msg_want *want)
{
	struct kipc_msg_sender *sender, *best = NULL;

	list_for_each_entry(sender, &queue->senders, waiter.node) {
		if (!kipc_msg_is_wanted(want, sender->msg->key.type) ||
		    kipc_waiter_is_in_doubt(&sender->waiter))
			continue;
		if (want->mode != KIPC_MSG_LEAST)
			return sender;
		if (!best || sender->msg->key.type < best->msg->key.type)
			best = sender;
	}
	return best;
}

/**
 * kipc_msg_receivable_locked - find what could be received
 * @queue: the queue, locked
 * @want: what is wanted
 *
 * Return: a message of the queue, or of a sender that waits, or NULL.
 */
struct kipc_msg *kipc_msg_receivable_locked(struct kipc_msg_queue *queue,
					    const struct kipc_msg_want *want)
{
	struct kipc_msg *msg = kipc_msg_find_locked(queue, want);
	struct kipc_msg_sender *sender;

	if (msg || likely(!queue->nr_senders))
		return msg;
	sender = kipc_msg_find_sender_locked(queue, want);
	return sender ? sender->msg : NULL;
}

static struct kipc_msg_receiver *kipc_msg_receiver_of(struct kipc_msg_key *key)
{
	return container_of(key, struct kipc_msg_receiver, key);
}

/* Is a receiver given anything at the moment, and has it room for so much? */
static bool kipc_msg_can_have(const struct kipc_msg_receiver *receiver,
			      size_t len)
{
	return !kipc_waiter_is_in_doubt(&receiver->waiter) &&
	       len <= receiver->want->size;
}

/* Likewise of those who want this type, and no other. */
static noinline struct kipc_msg_receiver *
kipc_msg_find_typed_receiver_locked(struct kipc_msg_queue *queue, s64 type,
				    size_t len)
{
	struct kipc_msg_key *key, *oldest;
	struct kipc_msg_receiver *receiver;

	oldest = kipc_msg_key_find(&queue->receiver_types, type);
	if (!oldest)
		return NULL;
	key = oldest;
	do {
		receiver = kipc_msg_receiver_of(key);
		if (likely(kipc_msg_can_have(receiver, len)))
			return receiver;
		key = list_next_entry(key, same);
	} while (key != oldest);
	return NULL;
}

/*
 * Finds who has waited longest for a message of a type, and has room for so many bytes; with 0
 * for @len, room or not.
 */
static __always_inline struct kipc_msg_receiver *
kipc_msg_find_receiver_locked(struct kipc_msg_queue *queue, s64 type,
			      size_t len)
{
	struct kipc_msg_receiver *receiver, *one = NULL;

	if (!RB_EMPTY_ROOT(&queue->receiver_types))
		one = kipc_msg_find_typed_receiver_locked(queue, type, len);
	list_for_each_entry(receiver, &queue->receivers, waiter.node) {
		if (one && one->key.order < receiver->key.order)
			break;
		if (kipc_msg_is_wanted(receiver->want, type) &&
		    kipc_msg_can_have(receiver, len))
			return receiver;
	}
	return one;
}

/* Could a message be in the queue if nothing else was? */
static bool kipc_msg_fits_ever_locked(const struct kipc_msg_queue *queue,
				      size_t len)
{
	return queue->qbytes && len <= queue->qbytes;
}

/* Does somebody wait who is to be served before those who come now? */
static bool kipc_msg_is_held_up_locked(const struct kipc_msg_queue *queue)
{
	const struct kipc_msg_sender *sender;

	if (likely(!queue->nr_senders))
		return false;
	list_for_each_entry(sender, &queue->senders, waiter.node)
		if (kipc_msg_fits_ever_locked(queue, sender->msg->len))
			return true;
	return false;
}

/**
 * kipc_msg_is_writable_locked - could a message be sent now?
 * @queue: the queue, locked
 *
 * Return: true if there is room for one byte, and nobody waits for it.
 */
bool kipc_msg_is_writable_locked(const struct kipc_msg_queue *queue)
{
	return kipc_msg_has_room_locked(queue, 1) &&
	       !kipc_msg_is_held_up_locked(queue);
}

/* Forgets that the caller has received a message, unless others have since. */
static void kipc_msg_note_returned_locked(struct kipc_msg_queue *queue,
					  struct kipc_msg *msg)
{
	struct kipc_msg_last *last = &queue->received;

	if (last->pid != task_tgid(current))
		return;
	last->time = msg->rtime;
	if (msg->replaced)
		swap(last->pid, last->before);
}

/**
 * kipc_msg_drop_receiver_locked - take a receiver off a queue, not its waiter
 * @queue: the queue, locked
 * @receiver: the receiver, which waits
 */
void kipc_msg_drop_receiver_locked(struct kipc_msg_queue *queue,
				   struct kipc_msg_receiver *receiver)
{
	if (receiver->typed)
		kipc_msg_key_del(&queue->receiver_types, &receiver->key);
	queue->nr_receivers--;
}

static void kipc_msg_take_receiver_locked(struct kipc_msg_queue *queue,
					  struct kipc_msg_receiver *receiver,
					  int result,
					  struct kipc_msg_wake *wake)
{
	kipc_msg_drop_receiver_locked(queue, receiver);
	kipc_waiter_take_locked(&receiver->waiter, result, &wake->taken);
}

static void kipc_msg_take_sender_locked(struct kipc_msg_queue *queue,
					struct kipc_msg_sender *sender,
					int result, struct kipc_msg_wake *wake)
{
	queue->nr_senders--;
	kipc_waiter_take_locked(&sender->waiter, result, &wake->taken);
}

/**
 * kipc_msg_hand_one_locked - give a message to one receiver, and nobody else
 * @queue: the queue, locked
 * @msg: the message, which was not in it
 * @task: where to leave the receiver's task, for kipc_waiter_wake_one()
 *
 * Return: the receiver, or NULL if there is none, or one that has no room for it.
 */
struct kipc_msg_receiver *
kipc_msg_hand_one_locked(struct kipc_msg_queue *queue, struct kipc_msg *msg,
			 struct task_struct **task)
{
	struct kipc_msg_receiver *receiver;

	receiver = kipc_msg_find_receiver_locked(queue, msg->key.type, 0);
	if (unlikely(!receiver || msg->len > receiver->want->size))
		return NULL;
	receiver->msg = msg;
	kipc_msg_sign_locked(queue, msg, current);
	kipc_msg_note_received_locked(queue, msg, receiver->waiter.task);
	kipc_msg_drop_receiver_locked(queue, receiver);
	list_del(&receiver->waiter.node);
	*task = kipc_waiter_take_one_locked(&receiver->waiter, 0);
	return receiver;
}

/* Gives a message to who waits for it. */
static bool kipc_msg_hand_over_locked(struct kipc_msg_queue *queue,
				      struct kipc_msg *msg,
				      struct kipc_msg_wake *wake)
{
	struct kipc_msg_receiver *receiver;

	while ((receiver = kipc_msg_find_receiver_locked(queue, msg->key.type,
							 0))) {
		if (msg->len > receiver->want->size) {
			kipc_msg_take_receiver_locked(queue, receiver, -E2BIG,
						      wake);
			continue;
		}
		receiver->msg = msg;
		kipc_msg_note_received_locked(queue, msg,
					      receiver->waiter.task);
		kipc_msg_take_receiver_locked(queue, receiver, 0, wake);
		return true;
	}
	return false;
}

/*
 * Finds what a message comes behind that was received and comes back. It was one of the
 * oldest, but where it was received by its type: then it may have been one of the youngest.
 * So this looks from both ends at the same time.
 */
static struct list_head *kipc_msg_place_locked(struct kipc_msg_queue *queue,
					       u64 order)
{
	struct list_head *before = &queue->messages, *behind = before;

	do {
		before = before->prev;
		if (before == &queue->messages ||
		    list_entry(before, struct kipc_msg, node)->key.order < order)
			return before;
		behind = behind->next;
	} while (list_entry(behind, struct kipc_msg, node)->key.order < order);
	return behind->prev;
}

/* Adds a message that was received and comes back. */
static void kipc_msg_insert_locked(struct kipc_msg_queue *queue,
				   struct kipc_msg *msg)
{
	struct list_head *before = kipc_msg_place_locked(queue, msg->key.order);

	kipc_msg_append_locked(queue, msg);
	list_move(&msg->node, before);
}

/* A message comes to stay: whoever has asked is told if it is alone. */
static void kipc_msg_notice_locked(struct kipc_msg_queue *queue,
				   struct task_struct *sender,
				   struct kipc_msg_wake *wake)
{
	if (likely(!queue->notice || queue->qnum))
		return;
	kipc_msg_notice_sign_locked(queue->notice, sender);
	swap(wake->notice, queue->notice);
}

/* Adds a message that was just sent, by a thread that waited or by the caller. */
static void kipc_msg_arrive_locked(struct kipc_msg_queue *queue,
				   struct kipc_msg *msg,
				   struct task_struct *sender,
				   struct kipc_msg_wake *wake)
{
	kipc_msg_notice_locked(queue, sender, wake);
	kipc_msg_sign_locked(queue, msg, sender);
	kipc_msg_append_locked(queue, msg);
	kipc_msg_tell_locked(queue, wake, KIPC_MSG_TELL_READABLE);
}

/**
 * kipc_msg_put_locked - send a message, if that can be done now
 * @queue: the queue, locked
 * @msg: the message, which is the queue's or a receiver's on success
 * @wake: whom to wake, on failure as well
 * @waits: the caller waits with it otherwise
 *
 * Return: true if it was sent.
 */
bool kipc_msg_put_locked(struct kipc_msg_queue *queue, struct kipc_msg *msg,
			 struct kipc_msg_wake *wake, bool waits)
{
	bool room = kipc_msg_has_room_locked(queue, msg->len) &&
		    !kipc_msg_is_held_up_locked(queue);

	/* A message that will not be is no reason for anybody to get E2BIG. */
	if (!room && !waits &&
	    !kipc_msg_find_receiver_locked(queue, msg->key.type, msg->len))
		return false;
	if (unlikely(queue->nr_receivers) &&
	    kipc_msg_hand_over_locked(queue, msg, wake)) {
		kipc_msg_sign_locked(queue, msg, current);
		return true;
	}
	if (unlikely(!room))
		return false;
	kipc_msg_arrive_locked(queue, msg, current, wake);
	return true;
}

/**
 * kipc_msg_put_back - take back that a message was received
 * @queue: the queue; the caller has a reference
 * @msg: what kipc_msg_receive() has returned; no longer the caller's
 *
 * There may be no room any more, but nothing is lost for that.
 *
 * Context: may sleep.
 */
void kipc_msg_put_back(struct kipc_msg_queue *queue, struct kipc_msg *msg)
{
	struct kipc_msg_wake wake = KIPC_MSG_WAKE_INIT(wake);
	bool gone;

	spin_lock(&queue->entry.lock);
	gone = queue->entry.gone;
	if (!gone) {
		kipc_msg_note_returned_locked(queue, msg);
		if (!kipc_msg_hand_over_locked(queue, msg, &wake)) {
			kipc_msg_notice_locked(queue, current, &wake);
			kipc_msg_insert_locked(queue, msg);
			kipc_msg_tell_locked(queue, &wake,
					     KIPC_MSG_TELL_READABLE);
		}
	}
	spin_unlock(&queue->entry.lock);
	kipc_msg_wake(queue, &wake);
	if (gone)
		kipc_msg_free(msg);
}

/**
 * kipc_msg_serve_locked - let senders go on for whom there is room
 * @queue: the queue, locked
 * @wake: whom to wake
 *
 * No receiver waits for what they send.
 */
void kipc_msg_serve_locked(struct kipc_msg_queue *queue,
			   struct kipc_msg_wake *wake)
{
	struct kipc_msg_sender *sender, *next;

	list_for_each_entry_safe(sender, next, &queue->senders, waiter.node) {
		if (!kipc_msg_fits_ever_locked(queue, sender->msg->len))
			continue;
		if (!kipc_msg_has_room_locked(queue, sender->msg->len) ||
		    kipc_waiter_is_in_doubt(&sender->waiter))
			break;
		kipc_msg_arrive_locked(queue, sender->msg, sender->waiter.task,
				       wake);
		kipc_msg_take_sender_locked(queue, sender, 0, wake);
	}
}

/**
 * kipc_msg_resume_sender_locked - let a sender go on that was in doubt
 * @queue: the queue, locked
 * @sender: the sender, which may be done already
 * @wake: whom to wake
 *
 * What it sends was kept from receivers, and those behind it waited for it.
 */
void kipc_msg_resume_sender_locked(struct kipc_msg_queue *queue,
				   struct kipc_msg_sender *sender,
				   struct kipc_msg_wake *wake)
{
	struct kipc_waiter *waiter = &sender->waiter;

	if (!kipc_waiter_is_queued_locked(waiter) ||
	    kipc_waiter_is_in_doubt(waiter))
		return;
	if (kipc_msg_hand_over_locked(queue, sender->msg, wake)) {
		kipc_msg_sign_locked(queue, sender->msg, waiter->task);
		kipc_msg_take_sender_locked(queue, sender, 0, wake);
	}
	kipc_msg_serve_locked(queue, wake);
	if (kipc_waiter_is_queued_locked(waiter))
		kipc_msg_tell_locked(queue, wake, KIPC_MSG_TELL_READABLE);
	if (kipc_msg_is_writable_locked(queue))
		kipc_msg_tell_locked(queue, wake, KIPC_MSG_TELL_WRITABLE);
}

/* Takes the message of a sender that waits. */
static struct kipc_msg *
kipc_msg_take_waiting_locked(struct kipc_msg_queue *queue,
			     const struct kipc_msg_want *want,
			     struct kipc_msg_wake *wake)
{
	struct kipc_msg_sender *sender = kipc_msg_find_sender_locked(queue,
								     want);
	struct kipc_msg *msg;

	if (!sender)
		return NULL;
	msg = sender->msg;
	if (msg->len > want->size)
		return ERR_PTR(-E2BIG);
	kipc_msg_sign_locked(queue, msg, sender->waiter.task);
	kipc_msg_take_sender_locked(queue, sender, 0, wake);
	return msg;
}

/**
 * kipc_msg_take_locked - receive a message, if there is one
 * @queue: the queue, locked
 * @want: what is wanted
 * @wake: whom to wake
 *
 * Return: the message, which is the caller's; NULL; ERR_PTR(-E2BIG) if it is longer than
 * wanted, and stays.
 */
struct kipc_msg *kipc_msg_take_locked(struct kipc_msg_queue *queue,
				      const struct kipc_msg_want *want,
				      struct kipc_msg_wake *wake)
{
	struct kipc_msg *msg = kipc_msg_find_locked(queue, want);

	if (likely(msg)) {
		if (unlikely(msg->len > want->size))
			return ERR_PTR(-E2BIG);
		kipc_msg_remove_locked(queue, msg);
	} else {
		if (likely(!queue->nr_senders))
			return NULL;
		msg = kipc_msg_take_waiting_locked(queue, want, wake);
		if (IS_ERR_OR_NULL(msg))
			return msg;
	}
	kipc_msg_note_received_locked(queue, msg, current);
	if (unlikely(queue->nr_senders))
		kipc_msg_serve_locked(queue, wake);
	if (unlikely(kipc_msg_is_watched_locked(queue)) &&
	    kipc_msg_is_writable_locked(queue))
		wake->tell |= KIPC_MSG_TELL_WRITABLE;
	return msg;
}

/**
 * kipc_msg_end_all_locked - end all waiting, with -EIDRM
 * @queue: the queue, locked
 * @wake: whom to wake
 */
void kipc_msg_end_all_locked(struct kipc_msg_queue *queue,
			     struct kipc_msg_wake *wake)
{
	struct kipc_msg_receiver *receiver, *next_receiver;
	struct kipc_msg_sender *sender, *next_sender;
	struct kipc_msg_key *key;

	list_for_each_entry_safe(sender, next_sender, &queue->senders,
				 waiter.node)
		kipc_msg_take_sender_locked(queue, sender, -EIDRM, wake);
	list_for_each_entry_safe(receiver, next_receiver, &queue->receivers,
				 waiter.node)
		kipc_msg_take_receiver_locked(queue, receiver, -EIDRM, wake);
	while ((key = kipc_msg_key_least(&queue->receiver_types))) {
		receiver = kipc_msg_receiver_of(key);
		kipc_msg_take_receiver_locked(queue, receiver, -EIDRM, wake);
	}
}

static void kipc_msg_poke_receiver_locked(struct kipc_msg_receiver *receiver)
{
	if (receiver->by_id)
		kipc_waiter_poke_locked(&receiver->waiter);
}

/**
 * kipc_msg_poke_all_locked - have all who wait see whether they may
 * @queue: the queue, locked
 *
 * Until they have, nobody is given anything. Descriptors are not concerned.
 */
void kipc_msg_poke_all_locked(struct kipc_msg_queue *queue)
{
	struct kipc_msg_receiver *receiver;
	struct kipc_msg_sender *sender;
	struct kipc_msg_key *key, *same;

	list_for_each_entry(sender, &queue->senders, waiter.node)
		if (sender->by_id)
			kipc_waiter_poke_locked(&sender->waiter);
	list_for_each_entry(receiver, &queue->receivers, waiter.node)
		kipc_msg_poke_receiver_locked(receiver);
	for (key = kipc_msg_key_least(&queue->receiver_types); key;
	     key = kipc_msg_key_next(key)) {
		same = key;
		do {
			kipc_msg_poke_receiver_locked(kipc_msg_receiver_of(same));
			same = list_next_entry(same, same);
		} while (same != key);
	}
}
