/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_OBJ_MSG_H
#define _KIPC_OBJ_MSG_H

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seqlock.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>
#include <linux/kipc.h>

#include "core/ioctl.h"
#include "core/ring.h"
#include "core/table.h"
#include "core/wait.h"

/*
 * Message queues.
 *
 * The bytes of a message are copied in before the queue is locked, and out after it
 * was unlocked. What could not be copied out is put back at its place.
 *
 * Messages stand in a list in their order, and those of one type in a ring, of which
 * the oldest is in a tree by type (struct kipc_msg_key). Every kind of receiving takes
 * the oldest of some type, so none has to look through the whole queue. Receivers that
 * wait for one type are found by it in the same way; those that would take several are
 * looked at one after the other.
 *
 * Who cannot go on waits as a struct kipc_waiter: whoever makes it possible does it.
 * A message that is sent is handed to the receiver that has waited longest of those
 * who want it, whether there is room or not. A receiver that finds nothing looks at the
 * messages of the senders that wait. So nobody ever waits for a message that another
 * waits to send. Senders that wait for room are served in their order, and who comes
 * later waits behind them; only a message that is larger than the whole queue holds up
 * nobody.
 *
 * All of this is guarded by the lock of the entry. A call holds a reference on the queue,
 * sleeping or not.
 */

struct kipc_msg_notice;
struct kipc_msg_page;

/**
 * struct kipc_msg_key - what something is found by
 * @node: in the tree, if it is the oldest of its type
 * @same: ring of all of its type, from the oldest on
 * @type: type of messages
 * @order: which is older
 */
struct kipc_msg_key {
	struct rb_node node;
	struct list_head same;
	s64 type;
	u64 order;
};

/**
 * struct kipc_msg - a message
 * @node: in the queue's list
 * @key: its type, in the queue's tree
 * @ref: one of the queue or of who sends or receives it, and one per copier
 * @room: bytes of @data; constant
 * @replaced: it was received, and by another process than the message before
 * @rtime: when that one was received
 * @len: bytes of payload
 * @more: what @data is too small for, or NULL
 * @data: the payload, or the first of it
 */
struct kipc_msg {
	struct list_head node;
	struct kipc_msg_key key;
	refcount_t ref;
	bool replaced;
	u16 room;
	time64_t rtime;
	size_t len;
	struct kipc_msg_page *more;
	char data[];
};

/**
 * struct kipc_msg_last - who has done something last, and when
 * @pid: process, a counted reference, or NULL
 * @before: the one before that, likewise
 * @time: seconds since the epoch, or 0
 */
struct kipc_msg_last {
	struct pid *pid;
	struct pid *before;
	time64_t time;
};

/**
 * struct kipc_msg_queue - a message queue
 * @entry: what all objects with an id have; first member. Its lock guards the rest.
 * @qbytes: how many bytes, and how many messages, it may hold
 * @cbytes: bytes of all messages
 * @qnum: messages
 * @order: given last to a message or a receiver
 * @waits: how many receivers were given one
 * @messages: the messages, oldest first
 * @types: the same by type
 * @senders: struct kipc_msg_sender, longest waiting first
 * @receivers: struct kipc_msg_receiver that would take several types, and perhaps one
 *	that wants one and came when nobody waited, likewise
 * @receiver_types: others who want one type, by it
 * @nr_senders: how many senders wait
 * @nr_receivers: how many receivers wait, of both kinds
 * @sent: who sent last
 * @received: who received last
 * @notice: whom to tell of the next message, or NULL
 * @spare: memory of a message that is gone, for the next one, or NULL; exchanged without
 *	the lock
 * @fasync: who has asked for SIGIO
 * @pollers: poll, select, epoll and io_uring
 */
struct kipc_msg_queue {
	struct kipc_entry entry;
	unsigned long qbytes;
	unsigned long cbytes;
	unsigned long qnum;
	u64 order;
	u64 waits;
	struct list_head messages;
	struct rb_root types;
	struct list_head senders;
	struct list_head receivers;
	struct rb_root receiver_types;
	unsigned int nr_senders;
	unsigned int nr_receivers;
	struct kipc_msg_last sent;
	struct kipc_msg_last received;
	struct kipc_msg_notice *notice;
	struct kipc_msg *spare;
	struct fasync_struct *fasync;
	wait_queue_head_t pollers;
};

/**
 * enum kipc_msg_mode - which messages are wanted
 * @KIPC_MSG_ANY: all
 * @KIPC_MSG_EQUAL: those of one type
 * @KIPC_MSG_OTHER: those of all types but one
 * @KIPC_MSG_LEAST: those of a type up to one, the lowest first
 */
enum kipc_msg_mode {
	KIPC_MSG_ANY,
	KIPC_MSG_EQUAL,
	KIPC_MSG_OTHER,
	KIPC_MSG_LEAST,
};

/**
 * struct kipc_msg_want - what is to be received
 * @mode: which messages
 * @type: the type that @mode is about
 * @size: how long a message may be
 */
struct kipc_msg_want {
	enum kipc_msg_mode mode;
	s64 type;
	size_t size;
};

/**
 * struct kipc_msg_how - how a call waits
 * @timeout: when it stops, in ns, or KIPC_TIMEOUT_NONE
 * @flags: KIPC_MSG_NOWAIT, KIPC_MSG_RELATIVE; others are ignored
 * @by_id: it was allowed by the permissions at the moment, not by a descriptor
 */
struct kipc_msg_how {
	u64 timeout;
	u32 flags;
	bool by_id;
};

/**
 * struct kipc_msg_sender - a thread that waits for room, on its own stack
 * @waiter: in the queue's @senders
 * @msg: what it sends
 * @by_id: as in struct kipc_msg_how
 */
struct kipc_msg_sender {
	struct kipc_waiter waiter;
	struct kipc_msg *msg;
	bool by_id;
};

/**
 * struct kipc_msg_receiver - a thread that waits for a message, on its own stack
 * @waiter: in the queue's @receivers, unless it is @typed
 * @key: since when it waits, and in the queue's @receiver_types if it is @typed
 * @want: what it wants
 * @msg: what it got
 * @typed: it wants one type, and others waited before it
 * @by_id: as in struct kipc_msg_how
 */
struct kipc_msg_receiver {
	struct kipc_waiter waiter;
	struct kipc_msg_key key;
	const struct kipc_msg_want *want;
	struct kipc_msg *msg;
	bool typed;
	bool by_id;
};

/* What was made possible, and is told after the unlock. */
#define KIPC_MSG_TELL_READABLE	0x1
#define KIPC_MSG_TELL_WRITABLE	0x2

/**
 * struct kipc_msg_wake - whom a change of a queue concerns
 * @taken: waiters whose work is done
 * @tell: what to tell those who poll, KIPC_MSG_TELL_*
 * @notice: whom to tell of a message, or NULL
 */
struct kipc_msg_wake {
	struct list_head taken;
	unsigned int tell;
	struct kipc_msg_notice *notice;
};

#define KIPC_MSG_WAKE_INIT(name) { .taken = LIST_HEAD_INIT((name).taken) }

/**
 * struct kipc_msg_file - an open file of a queue
 * @queue: the queue; a counted reference; constant
 * @typed: read and write begin with a type; constant
 * @filter_lock: guards the rest
 * @want: what read receives; its size is 0, or SIZE_MAX to cut what is too long
 * @send_type: the type that write sends
 */
struct kipc_msg_file {
	struct kipc_msg_queue *queue;
	bool typed;
	seqlock_t filter_lock; /* what it guards is said above */
	struct kipc_msg_want want;
	s64 send_type;
};

/* The smallest memory of a message holds so many bytes. */
#define KIPC_MSG_ROOM_MIN	80

/* What wants to receive from a queue, or to send to it. */
#define KIPC_MSG_READ	0444
#define KIPC_MSG_WRITE	0222

static inline struct kipc_msg_queue *
kipc_msg_queue_of(struct kipc_entry *entry)
{
	return container_of(entry, struct kipc_msg_queue, entry);
}

/* obj/msg.c */
extern const struct kipc_table_ops kipc_msg_table_ops;
int kipc_msg_init(void);
void kipc_msg_exit(void);
int kipc_msg_queue_alloc(struct kipc_instance *inst, const struct kipc_get *get,
			 struct kipc_msg_queue **res);

/* obj/msg_key.c */
void kipc_msg_key_add(struct rb_root *root, struct kipc_msg_key *key);
void kipc_msg_key_del(struct rb_root *root, struct kipc_msg_key *key);
struct kipc_msg_key *kipc_msg_key_find(const struct rb_root *root, s64 type);
struct kipc_msg_key *kipc_msg_key_least(const struct rb_root *root);
struct kipc_msg_key *kipc_msg_key_next(const struct kipc_msg_key *key);

/* obj/msg_mem.c */
struct kipc_msg *kipc_msg_from_user(struct kipc_xfer *xfer, size_t len,
				    gfp_t gfp);
int kipc_msg_to_user(const struct kipc_msg *msg, struct kipc_xfer *xfer,
		     size_t len);
void kipc_msg_free(struct kipc_msg *msg);
void kipc_msg_free_all(struct list_head *messages, struct kipc_msg *spare);
int kipc_msg_mem_init(void);
void kipc_msg_mem_exit(void);

/* obj/msg_queue.c */
struct kipc_msg *kipc_msg_find_locked(struct kipc_msg_queue *queue,
				      const struct kipc_msg_want *want);
struct kipc_msg *kipc_msg_receivable_locked(struct kipc_msg_queue *queue,
					    const struct kipc_msg_want *want);
bool kipc_msg_is_writable_locked(const struct kipc_msg_queue *queue);
bool kipc_msg_put_locked(struct kipc_msg_queue *queue, struct kipc_msg *msg,
			 struct kipc_msg_wake *wake, bool waits);
struct kipc_msg_receiver *
kipc_msg_hand_one_locked(struct kipc_msg_queue *queue, struct kipc_msg *msg,
			 struct task_struct **task);
void kipc_msg_put_back(struct kipc_msg_queue *queue, struct kipc_msg *msg);
struct kipc_msg *kipc_msg_take_locked(struct kipc_msg_queue *queue,
				      const struct kipc_msg_want *want,
				      struct kipc_msg_wake *wake);
void kipc_msg_serve_locked(struct kipc_msg_queue *queue,
			   struct kipc_msg_wake *wake);
void kipc_msg_resume_sender_locked(struct kipc_msg_queue *queue,
				   struct kipc_msg_sender *sender,
				   struct kipc_msg_wake *wake);
void kipc_msg_drop_receiver_locked(struct kipc_msg_queue *queue,
				   struct kipc_msg_receiver *receiver);
void kipc_msg_end_all_locked(struct kipc_msg_queue *queue,
			     struct kipc_msg_wake *wake);
void kipc_msg_poke_all_locked(struct kipc_msg_queue *queue);

/* obj/msg_show.c */
void kipc_msg_show_fdinfo(struct seq_file *m, struct file *file);

/* obj/msg_wait.c */
int kipc_msg_send_locked(struct kipc_msg_queue *queue, struct kipc_msg *msg,
			 const struct kipc_msg_how *how)
	__releases(&queue->entry.lock);
struct kipc_msg *kipc_msg_receive_locked(struct kipc_msg_queue *queue,
					 const struct kipc_msg_want *want,
					 const struct kipc_msg_how *how,
					 struct kipc_msg *msg)
	__releases(&queue->entry.lock);
struct kipc_msg *kipc_msg_copy(struct kipc_msg_queue *queue, s64 position,
			       const struct kipc_msg_want *want);
int kipc_msg_set(struct kipc_msg_queue *queue, const struct kipc_perm_set *perm,
		 unsigned long qbytes);
void kipc_msg_wake_slow(struct kipc_msg_queue *queue,
			struct kipc_msg_wake *wake);
void kipc_msg_end(struct kipc_msg_queue *queue);

/* obj/msg_notify.c */
int kipc_msg_notify(struct kipc_msg_file *msg_file,
		    const struct kipc_msg_notify *arg);
void kipc_msg_notify_drop(struct kipc_msg_file *msg_file);
void kipc_msg_notice_sign_locked(struct kipc_msg_notice *notice,
				 struct task_struct *sender);
void kipc_msg_notice_tell(struct kipc_msg_notice *notice);
void kipc_msg_notice_free(struct kipc_msg_notice *notice);

/* obj/msg_file.c */
struct file *kipc_msg_open(struct kipc_msg_queue *queue, u32 flags);
int kipc_msg_file_pending(struct file *file);
int kipc_msg_file_filter(struct kipc_msg_file *msg_file,
			 const struct kipc_msg_filter *arg);

/* obj/msg_ioctl.c */
extern const struct kipc_ioctl_set kipc_msg_ioctls;
long kipc_msg_file_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg);
void kipc_msg_want_init(struct kipc_msg_want *want, s64 type, u32 flags,
			size_t size);

/**
 * kipc_msg_has_room_locked - may a message be added to a queue?
 * @queue: the queue, locked
 * @len: bytes of payload
 *
 * Return: true if so.
 */
static inline bool kipc_msg_has_room_locked(const struct kipc_msg_queue *queue,
					    size_t len)
{
	/* The limit may have been lowered below what is there. */
	return queue->qnum < queue->qbytes && queue->cbytes <= queue->qbytes &&
	       len <= queue->qbytes - queue->cbytes &&
	       queue->qnum < KIPC_MSG_NUM_MAX;
}

/**
 * kipc_msg_note_locked - note who has sent or received last, and when
 * @last: of which of them; its queue is locked
 * @task: who
 *
 * Return: true if it was another process before.
 */
static inline bool kipc_msg_note_locked(struct kipc_msg_last *last,
					struct task_struct *task)
{
	struct pid *pid = task_tgid(task);
	bool replaced = last->pid != pid;

	if (unlikely(replaced)) {
		/* Often two of them take turns. */
		swap(last->pid, last->before);
		if (last->pid != pid) {
			put_pid(last->pid);
			last->pid = get_pid(pid);
		}
	}
	last->time = ktime_get_real_seconds();
	return replaced;
}

/**
 * kipc_msg_sign_locked - note that a message was sent, and when among the others
 * @queue: the queue, locked
 * @msg: the message
 * @sender: who has sent it
 */
static inline void kipc_msg_sign_locked(struct kipc_msg_queue *queue,
					struct kipc_msg *msg,
					struct task_struct *sender)
{
	msg->key.order = ++queue->order;
	kipc_msg_note_locked(&queue->sent, sender);
}

/**
 * kipc_msg_note_received_locked - note who has received last, and when
 * @queue: the queue, locked
 * @msg: what; it keeps when that was before, for the case that it is put back
 * @receiver: who
 */
static inline void kipc_msg_note_received_locked(struct kipc_msg_queue *queue,
						 struct kipc_msg *msg,
						 struct task_struct *receiver)
{
	msg->rtime = queue->received.time;
	msg->replaced = kipc_msg_note_locked(&queue->received, receiver);
}

/**
 * kipc_msg_append_locked - add a message behind all others
 * @queue: the queue, locked
 * @msg: the message
 */
static inline void kipc_msg_append_locked(struct kipc_msg_queue *queue,
					  struct kipc_msg *msg)
{
	list_add_tail(&msg->node, &queue->messages);
	kipc_msg_key_add(&queue->types, &msg->key);
	queue->cbytes += msg->len;
	queue->qnum++;
}

/**
 * kipc_msg_remove_locked - take a message out
 * @queue: the queue, locked
 * @msg: the message, the oldest of its type
 */
static inline void kipc_msg_remove_locked(struct kipc_msg_queue *queue,
					  struct kipc_msg *msg)
{
	list_del(&msg->node);
	kipc_msg_key_del(&queue->types, &msg->key);
	queue->cbytes -= msg->len;
	queue->qnum--;
}

/**
 * kipc_msg_is_watched_locked - does anybody poll, or want SIGIO?
 * @queue: the queue, locked
 *
 * Return: true if so.
 */
static inline bool kipc_msg_is_watched_locked(struct kipc_msg_queue *queue)
{
	/* A poller enters the wait queue before it takes the lock to look. */
	return waitqueue_active(&queue->pollers) || READ_ONCE(queue->fasync);
}

/**
 * kipc_msg_tell_locked - note what is to be told, if there is anybody to tell
 * @queue: the queue, locked
 * @wake: where to
 * @what: KIPC_MSG_TELL_*
 */
static inline void kipc_msg_tell_locked(struct kipc_msg_queue *queue,
					struct kipc_msg_wake *wake,
					unsigned int what)
{
	if (unlikely(kipc_msg_is_watched_locked(queue)))
		wake->tell |= what;
}

/**
 * kipc_msg_wake - tell everybody whom a change concerns
 * @queue: the queue; the caller has a reference
 * @wake: what was noted under the lock
 *
 * Context: no spinlock held.
 */
static inline void kipc_msg_wake(struct kipc_msg_queue *queue,
				 struct kipc_msg_wake *wake)
{
	if (!list_empty(&wake->taken))
		kipc_waiters_wake(&wake->taken);
	if (unlikely(wake->tell || wake->notice))
		kipc_msg_wake_slow(queue, wake);
}

#endif /* _KIPC_OBJ_MSG_H */
