/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_OBJ_SIG_H
#define _KIPC_OBJ_SIG_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/kipc.h>

#include "core/ioctl.h"
#include "core/notify.h"
#include "core/table.h"
#include "core/wait.h"

/*
 * Signal queues.
 *
 * A queue has subscribers, each behind a file of its own, which lives as long as that. Sent
 * signals wait in pending sets: one that is shared by all subscribers, and one of each
 * subscriber. A standard signal has a place in every set, so it always can be kept; a
 * real-time signal is a record that the sender has allocated, and that is charged to the
 * sender's user until it is taken.
 *
 * What is sent goes to a thread that waits for it, as a struct kipc_waiter: the sender fills
 * in what it gets. If there is none, it becomes a real signal to a process that has asked
 * for that, and only then it waits. So nothing that waits in a set is wanted by anybody at
 * that moment, and whoever changes what is wanted (kipc_sig_reconsider_locked()) offers
 * again what waits, in pieces if that is much. A thread comes to look for itself before it waits.
 *
 * What was taken belongs to the thread that took it until it was copied out, or is put back
 * at its place. Memory that a record had is freed after the lock was dropped.
 *
 * All of this is guarded by the lock of the entry, and pollers are told under it, since it
 * is what keeps their subscriber from going; real signals are sent under it, so that nobody
 * gets one after its subscriber has said that it wants no more. A call holds a reference on
 * the queue, and on a subscriber by its file.
 */

/* Standard signals, and those of them and of the real-time ones that there are. */
#define KIPC_SIG_STANDARD_NR	(KIPC_SIG_RTMIN - 1)
#define KIPC_SIG_REALTIME_NR	(KIPC_SIG_MAX - KIPC_SIG_STANDARD_NR)

/* Subscribers are found by number in so many lists. */
#define KIPC_SIG_NUMBER_LISTS	32

/**
 * struct kipc_sig - a signal that was sent
 * @signo: its number
 * @code: its si_code
 * @to: the number of the subscriber that it was sent to, or KIPC_SIG_GROUP
 * @uid: real user of the sender
 * @sender: process that has sent it, a counted reference
 * @value: its si_value
 * @order: which is older
 */
struct kipc_sig {
	int signo;
	int code;
	u32 to;
	kuid_t uid;
	struct pid *sender;
	u64 value;
	u64 order;
};

/**
 * struct kipc_sig_record - memory of a real-time signal
 * @node: in a pending set
 * @sig: the signal, while it is there
 * @user: who is charged for it; a counted reference
 */
struct kipc_sig_record {
	struct list_head node;
	struct kipc_sig sig;
	struct kipc_user *user;
};

/**
 * struct kipc_sig_item - a signal on its way into a pending set, or out of it
 * @sig: the signal; its reference is the item's
 * @record: its memory, or NULL for a standard signal
 * @replaced: it was taken, and by another process than the signal before
 * @rtime: when that one was taken
 */
struct kipc_sig_item {
	struct kipc_sig sig;
	struct kipc_sig_record *record;
	bool replaced;
	time64_t rtime;
};

/**
 * struct kipc_sig_last - who has done something last, and when
 * @pid: process, a counted reference, or NULL
 * @before: the one before that, likewise
 * @time: seconds since the epoch, or 0
 */
struct kipc_sig_last {
	struct pid *pid;
	struct pid *before;
	time64_t time;
};

/**
 * struct kipc_sig_line - real-time signals of one number
 * @records: struct kipc_sig_record, oldest first
 * @nr: how many
 */
struct kipc_sig_line {
	struct list_head records;
	unsigned int nr;
};

/**
 * struct kipc_sig_store - a pending set
 * @set: which signals wait in it
 * @nr: how many signals
 * @standard: standard signals that wait, by number
 * @realtime: the others, by number
 */
struct kipc_sig_store {
	u64 set;
	unsigned int nr;
	struct kipc_sig standard[KIPC_SIG_STANDARD_NR];
	struct kipc_sig_line realtime[KIPC_SIG_REALTIME_NR];
};

/**
 * struct kipc_sig_counts - what has become of signals; see struct kipc_sig_stat
 * @sent: accepted
 * @taken: read, or waited for
 * @delivered: became real signals
 * @merged: merged into one that waited
 * @ignored: dropped because nobody wants them
 * @dropped: gone with their subscriber, or with the queue
 * @refused: not accepted for want of room
 */
struct kipc_sig_counts {
	u64 sent;
	u64 taken;
	u64 delivered;
	u64 merged;
	u64 ignored;
	u64 dropped;
	u64 refused;
};

/**
 * struct kipc_sig_queue - a signal queue
 * @entry: what all objects with an id have; first member. Its lock guards the rest.
 * @limit: how many real-time signals may wait
 * @queued: signals that wait, in all sets
 * @realtime: real-time signals among them
 * @order: given last to a signal
 * @shared: those that were sent to the group
 * @subscribers: struct kipc_sig_subscriber, oldest first
 * @numbers: the same by number
 * @nr_subscribers: how many there are
 * @last_number: the number given last
 * @ignored: what all subscribers ignore, nothing if there is none
 * @delivered: what is to become a real signal for some subscriber
 * @takers: struct kipc_sig_taker of all subscribers, longest waiting first
 * @nr_takers: how many
 * @counts: what has become of all signals
 * @sent: who has sent last
 * @taken: who has taken last; the time is also that of the last delivery
 * @pollers: poll, select, epoll and io_uring on its own descriptors
 */
struct kipc_sig_queue {
	struct kipc_entry entry;
	unsigned long limit;
	unsigned long queued;
	unsigned long realtime;
	u64 order;
	struct kipc_sig_store shared;
	struct list_head subscribers;
	struct hlist_head numbers[KIPC_SIG_NUMBER_LISTS];
	unsigned int nr_subscribers;
	u32 last_number;
	u64 ignored;
	u64 delivered;
	struct list_head takers;
	unsigned int nr_takers;
	struct kipc_sig_counts counts;
	struct kipc_sig_last sent;
	struct kipc_sig_last taken;
	wait_queue_head_t pollers;
};

/**
 * struct kipc_sig_delivery - signals that become real ones
 * @node: in a subscriber's list
 * @target: who has asked for them
 * @set: which; no two of a subscriber have one in common
 */
struct kipc_sig_delivery {
	struct list_head node;
	struct kipc_target target;
	u64 set;
};

/**
 * struct kipc_sig_subscriber - a subscriber, behind a file
 * @queue: the queue; a counted reference; constant
 * @number: what it is called; constant
 * @node: in the queue's list
 * @number_node: in the queue's lists by number
 * @blocked: what is neither read nor delivered
 * @ignored: what is dropped
 * @delivered: what becomes a real signal: the sets of @deliveries together
 * @deliveries: struct kipc_sig_delivery
 * @own: signals that were sent to it alone
 * @takers: struct kipc_sig_taker of it, longest waiting first
 * @fasync: who has asked for SIGIO
 * @pollers: poll, select, epoll and io_uring
 */
struct kipc_sig_subscriber {
	struct kipc_sig_queue *queue;
	u32 number;
	struct list_head node;
	struct hlist_node number_node;
	u64 blocked;
	u64 ignored;
	u64 delivered;
	struct list_head deliveries;
	struct kipc_sig_store own;
	struct list_head takers;
	struct fasync_struct *fasync;
	wait_queue_head_t pollers;
};

/**
 * struct kipc_sig_want - what a thread takes, and how it waits
 * @set: these signals
 * @unblocked: instead: what its subscriber does not block, at any time
 * @nowait: it does not wait
 * @expires: when it stops waiting, or NULL for never
 */
struct kipc_sig_want {
	u64 set;
	bool unblocked;
	bool nowait;
	ktime_t *expires;
};

/**
 * struct kipc_sig_taker - a thread that waits for a signal, on its own stack
 * @waiter: in the queue's @takers
 * @peer: in its subscriber's @takers
 * @sub: the subscriber that it waits at
 * @want: what it wants
 * @item: where to leave what it gets
 */
struct kipc_sig_taker {
	struct kipc_waiter waiter;
	struct list_head peer;
	struct kipc_sig_subscriber *sub;
	const struct kipc_sig_want *want;
	struct kipc_sig_item *item;
};

/**
 * struct kipc_sig_wake - what a change of a queue leaves to be done after the unlock
 * @taken: waiters who have got something
 * @records: memory of real-time signals that are gone
 * @room: there is room for a real-time signal, and somebody polls for that
 */
struct kipc_sig_wake {
	struct list_head taken;
	struct list_head records;
	bool room;
};

/**
 * kipc_sig_lock - lock a queue, for a change
 * @queue: the queue
 * @wake: where to note what the change leaves to be done
 */
static inline void kipc_sig_lock(struct kipc_sig_queue *queue,
				 struct kipc_sig_wake *wake)
	__acquires(&queue->entry.lock)
{
	INIT_LIST_HEAD(&wake->taken);
	INIT_LIST_HEAD(&wake->records);
	wake->room = false;
	spin_lock(&queue->entry.lock);
}

/* What wants to subscribe to a queue, or to send to it. */
#define KIPC_SIG_READ	0444
#define KIPC_SIG_WRITE	0222

static inline struct kipc_sig_queue *
kipc_sig_queue_of(struct kipc_entry *entry)
{
	return container_of(entry, struct kipc_sig_queue, entry);
}

/* The bit of a signal in a set. */
static inline u64 kipc_sig_bit(int signo)
{
	return BIT_ULL(signo - 1);
}

static inline bool kipc_sig_is_realtime(int signo)
{
	return signo >= KIPC_SIG_RTMIN;
}

/**
 * kipc_sig_takeable_locked - what could a subscriber take?
 * @sub: the subscriber, its queue locked
 * @set: of these signals
 *
 * Return: those that wait for it, alone or among others, blocked or not.
 */
static inline u64
kipc_sig_takeable_locked(const struct kipc_sig_subscriber *sub, u64 set)
{
	return (sub->own.set | (sub->queue->shared.set & ~sub->ignored)) & set;
}

/**
 * kipc_sig_has_room_locked - may one more real-time signal wait?
 * @queue: the queue, locked
 *
 * Return: true if so.
 */
static inline bool kipc_sig_has_room_locked(const struct kipc_sig_queue *queue)
{
	return queue->realtime < queue->limit;
}

/* obj/sig.c */
extern const struct kipc_table_ops kipc_sig_table_ops;
int kipc_sig_init(void);
void kipc_sig_exit(void);
int kipc_sig_queue_alloc(struct kipc_instance *inst, const struct kipc_get *get,
			 struct kipc_sig_queue **res);
struct kipc_sig_subscriber *kipc_sig_subscribe(struct kipc_sig_queue *queue,
					       u64 blocked);
void kipc_sig_unsubscribe(struct kipc_sig_subscriber *sub);
void kipc_sig_sum_sets_locked(struct kipc_sig_queue *queue);
int kipc_sig_set(struct kipc_sig_queue *queue, const struct kipc_perm_set *perm,
		 unsigned long limit);

/* obj/sig_pending.c */
int kipc_sig_record_alloc(struct kipc_sig_record **res);
void kipc_sig_record_free(struct kipc_sig_record *record);
void kipc_sig_records_free(struct list_head *records);
void kipc_sig_item_free(struct kipc_sig_item *item);
void kipc_sig_store_init(struct kipc_sig_store *store);
bool kipc_sig_store_add_locked(struct kipc_sig_queue *queue,
			       struct kipc_sig_store *store,
			       const struct kipc_sig_item *item);
void kipc_sig_store_take_locked(struct kipc_sig_queue *queue,
				struct kipc_sig_store *store, int signo,
				struct kipc_sig_item *item);
bool kipc_sig_store_put_back_locked(struct kipc_sig_queue *queue,
				    struct kipc_sig_store *store,
				    const struct kipc_sig_item *item);
unsigned long kipc_sig_store_drop_locked(struct kipc_sig_queue *queue,
					 struct kipc_sig_store *store, u64 set,
					 struct list_head *records);
int kipc_sig_pending_init(void);
void kipc_sig_pending_exit(void);

/* obj/sig_send.c */
int kipc_sig_send(struct kipc_sig_queue *queue, const struct kipc_sig *sig);
void kipc_sig_put_back(struct kipc_sig_subscriber *sub,
		       struct kipc_sig_item *item);
void kipc_sig_reconsider_locked(struct kipc_sig_subscriber *sub, u64 set,
				struct kipc_sig_wake *wake);
void kipc_sig_tell_locked(struct kipc_sig_subscriber *sub);
void kipc_sig_note_taken_locked(struct kipc_sig_queue *queue,
				struct kipc_sig_item *item,
				struct task_struct *taker);
void kipc_sig_note_room_locked(struct kipc_sig_queue *queue,
			       struct kipc_sig_wake *wake);
void kipc_sig_unlock(struct kipc_sig_queue *queue, struct kipc_sig_wake *wake)
	__releases(&queue->entry.lock);

/* obj/sig_take.c */
int kipc_sig_take(struct kipc_sig_subscriber *sub,
		  const struct kipc_sig_want *want, struct kipc_sig_item *item);
void kipc_sig_end_takers_locked(struct kipc_sig_queue *queue,
				struct kipc_sig_wake *wake);

/* obj/sig_action.c */
int kipc_sig_mask(struct kipc_sig_subscriber *sub, struct kipc_sig_mask *arg);
int kipc_sig_action(struct kipc_sig_subscriber *sub,
		    const struct kipc_sig_action *arg);
void kipc_sig_delivery_free_all(struct list_head *deliveries);
void kipc_sig_delivery_end_locked(struct kipc_sig_subscriber *sub,
				  struct kipc_sig_delivery *delivery);

/* obj/sig_file.c */
struct file *kipc_sig_open(struct kipc_sig_queue *queue, bool may_read);
struct file *kipc_sig_open_subscriber(struct kipc_sig_queue *queue,
				      const struct kipc_sig_subscribe *arg,
				      bool may_send, u32 *number);

/* obj/sig_ioctl.c */
extern const struct kipc_ioctl_set kipc_sig_ioctls;
long kipc_sig_file_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg);
long kipc_sig_subscriber_ioctl(struct file *file, unsigned int cmd,
			       unsigned long arg);

#endif /* _KIPC_OBJ_SIG_H */
