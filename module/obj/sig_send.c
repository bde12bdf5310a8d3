// SPDX-License-Identifier: GPL-2.0
/*
 * Signal queues: sending, and who gets what was sent; see sig.h.
 *
 * The steps are those of the kernel's signals, Documentation/semantics.rst names them.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/timekeeping.h>

#include "obj/sig.h"
#include "trace.h"

/**
 * kipc_sig_note_room_locked - note that there is room, if anybody polls for that
 * @queue: the queue, locked
 * @wake: where to
 */
void kipc_sig_note_room_locked(struct kipc_sig_queue *queue,
			       struct kipc_sig_wake *wake)
{
	/* A poller enters the wait queue before it takes the lock to look. */
	if (unlikely(waitqueue_active(&queue->pollers)) &&
	    kipc_sig_has_room_locked(queue))
		wake->room = true;
}

/**
 * kipc_sig_unlock - unlock a queue, and do what a change has left to be done
 * @queue: the queue; the caller has a reference
 * @wake: what was noted under the lock
 *
 * Context: may sleep.
 */
void kipc_sig_unlock(struct kipc_sig_queue *queue, struct kipc_sig_wake *wake)
	__releases(&queue->entry.lock)
{
	spin_unlock(&queue->entry.lock);
	if (!list_empty(&wake->taken))
		kipc_waiters_wake(&wake->taken);
	if (unlikely(wake->room))
		wake_up_interruptible_poll(&queue->pollers,
					   EPOLLOUT | EPOLLWRNORM);
	kipc_sig_records_free(&wake->records);
}

/**
 * kipc_sig_tell_locked - tell those who poll a subscriber that it can be read
 * @sub: the subscriber, its queue locked
 */
void kipc_sig_tell_locked(struct kipc_sig_subscriber *sub)
{
	lockdep_assert_held(&sub->queue->entry.lock);
	/* As in kipc_sig_note_room_locked(). */
	if (waitqueue_active(&sub->pollers))
		wake_up_interruptible_poll(&sub->pollers,
					   EPOLLIN | EPOLLRDNORM);
	kill_fasync(&sub->fasync, SIGIO, POLL_IN);
}

/* Notes who has done something. Returns true if it was another process before. */
static bool kipc_sig_note_locked(struct kipc_sig_last *last, struct pid *pid)
{
	bool replaced = last->pid != pid;

	if (replaced) {
		put_pid(last->before);
		last->before = last->pid;
		last->pid = get_pid(pid);
	}
	last->time = ktime_get_real_seconds();
	return replaced;
}

static void kipc_sig_note_sent_locked(struct kipc_sig_queue *queue,
				      const struct kipc_sig *sig)
{
	queue->counts.sent++;
	kipc_sig_note_locked(&queue->sent, sig->sender);
}

/**
 * kipc_sig_note_taken_locked - count a signal as taken
 * @queue: the queue, locked
 * @item: the signal; it keeps how things were before
 * @taker: who has taken it
 */
void kipc_sig_note_taken_locked(struct kipc_sig_queue *queue,
				struct kipc_sig_item *item,
				struct task_struct *taker)
{
	queue->counts.taken++;
	item->rtime = queue->taken.time;
	item->replaced = kipc_sig_note_locked(&queue->taken, task_tgid(taker));
}

/* Forgets that the caller has taken a signal; the last that was, unless others have since. */
static void kipc_sig_note_returned_locked(struct kipc_sig_queue *queue,
					  const struct kipc_sig_item *item)
{
	struct kipc_sig_last *last = &queue->taken;

	queue->counts.taken--;
	if (last->pid != task_tgid(current))
		return;
	last->time = item->rtime;
	if (item->replaced)
		swap(last->pid, last->before);
}

/* Leaves a signal to be freed that was neither taken nor waits. */
static void kipc_sig_discard_locked(struct kipc_sig_item *item,
				    struct kipc_sig_wake *wake)
{
	if (item->record) {
		item->record->sig = item->sig;
		list_add(&item->record->node, &wake->records);
	} else {
		put_pid(item->sig.sender);
	}
}

/*
 * Does a thread that waits want this signal? One that reads leaves those to the handlers
 * that they are to be delivered to, unless it is the @last one to be asked.
 */
static bool kipc_sig_is_wanted_locked(const struct kipc_sig_taker *taker,
				      const struct kipc_sig *sig, bool last)
{
	const struct kipc_sig_subscriber *sub = taker->sub;
	u64 bit = kipc_sig_bit(sig->signo);

	if (sig->to == KIPC_SIG_GROUP && sub->ignored & bit)
		return false;
	if (!taker->want->unblocked)
		return taker->want->set & bit;
	return !(sub->blocked & bit) && (last || !(sub->delivered & bit));
}

/* Finds the thread that has waited longest of those who want a signal. */
static struct kipc_sig_taker *
kipc_sig_find_taker_locked(struct kipc_sig_queue *queue,
			   struct kipc_sig_subscriber *sub,
			   const struct kipc_sig *sig, bool last)
{
	struct kipc_sig_taker *taker;

	if (sub) {
		list_for_each_entry(taker, &sub->takers, peer)
			if (kipc_sig_is_wanted_locked(taker, sig, last))
				return taker;
	} else {
		list_for_each_entry(taker, &queue->takers, waiter.node)
			if (kipc_sig_is_wanted_locked(taker, sig, last))
				return taker;
	}
	return NULL;
}

/* Gives a signal to a thread that waits for it. */
static bool kipc_sig_hand_over_locked(struct kipc_sig_queue *queue,
				      struct kipc_sig_subscriber *sub,
				      const struct kipc_sig_item *item,
				      bool last, struct kipc_sig_wake *wake)
{
	struct kipc_sig_taker *taker;

	taker = kipc_sig_find_taker_locked(queue, sub, &item->sig, last);
	if (!taker)
		return false;
	trace_kipc_sig_wake(&queue->entry, taker->sub->number,
			    item->sig.signo);
	*taker->item = *item;
	kipc_sig_note_taken_locked(queue, taker->item, taker->waiter.task);
	list_del(&taker->peer);
	queue->nr_takers--;
	kipc_waiter_take_locked(&taker->waiter, 0, &wake->taken);
	return true;
}

/* Makes a real signal of one that a subscriber has. */
static bool kipc_sig_deliver_one_locked(struct kipc_sig_subscriber *sub,
					struct kipc_sig_item *item,
					struct kipc_sig_wake *wake)
{
	struct kipc_sig_queue *queue = sub->queue;
	const struct kipc_sig *sig = &item->sig;
	struct kipc_sig_delivery *delivery;
	struct kernel_siginfo info;
	int ret;

	list_for_each_entry(delivery, &sub->deliveries, node)
		if (delivery->set & kipc_sig_bit(sig->signo))
			break;
	clear_siginfo(&info);
	info.si_signo = sig->signo;
	info.si_code = sig->code;
	info.si_value.sival_ptr = u64_to_user_ptr(sig->value);
	ret = kipc_target_send(&delivery->target, &info, sig->sender, sig->uid,
			       true);
	trace_kipc_sig_deliver(&queue->entry, sub->number, sig->signo, ret);
	if (ret == -ESRCH)
		kipc_sig_delivery_end_locked(sub, delivery);
	if (ret)
		return false;
	queue->counts.delivered++;
	queue->taken.time = ktime_get_real_seconds();
	kipc_sig_discard_locked(item, wake);
	return true;
}

static bool kipc_sig_try_deliver_locked(struct kipc_sig_subscriber *sub,
					struct kipc_sig_item *item,
					struct kipc_sig_wake *wake)
{
	u64 bit = kipc_sig_bit(item->sig.signo);

	return sub->delivered & ~sub->blocked & bit &&
	       kipc_sig_deliver_one_locked(sub, item, wake);
}

/* Makes a real signal of one, for the first subscriber that wants that. */
static bool kipc_sig_deliver_locked(struct kipc_sig_queue *queue,
				    struct kipc_sig_subscriber *sub,
				    struct kipc_sig_item *item,
				    struct kipc_sig_wake *wake)
{
	if (sub)
		return kipc_sig_try_deliver_locked(sub, item, wake);
	list_for_each_entry(sub, &queue->subscribers, node)
		if (kipc_sig_try_deliver_locked(sub, item, wake))
			return true;
	return false;
}

/*
 * Finds somebody who takes a signal now: of one subscriber, or if that is NULL, of all.
 * On success it is theirs.
 */
static bool kipc_sig_complete_locked(struct kipc_sig_queue *queue,
				     struct kipc_sig_subscriber *sub,
				     struct kipc_sig_item *item,
				     struct kipc_sig_wake *wake)
{
	u64 bit = kipc_sig_bit(item->sig.signo);

	lockdep_assert_held(&queue->entry.lock);
	trace_kipc_sig_complete(&queue->entry, sub ? sub->number : 0,
				item->sig.signo);
	if (queue->nr_takers &&
	    kipc_sig_hand_over_locked(queue, sub, item, false, wake))
		return true;
	if (likely(!(queue->delivered & bit)))
		return false;
	if (kipc_sig_deliver_locked(queue, sub, item, wake))
		return true;
	/* A handler could not have it, so it waits to be read. */
	return queue->nr_takers &&
	       kipc_sig_hand_over_locked(queue, sub, item, true, wake);
}

/* Tells those who could read a signal that came to stay. */
static void kipc_sig_announce_locked(struct kipc_sig_queue *queue,
				     struct kipc_sig_subscriber *sub, int signo)
{
	u64 bit = kipc_sig_bit(signo);

	if (sub) {
		if (!(sub->blocked & bit))
			kipc_sig_tell_locked(sub);
		return;
	}
	list_for_each_entry(sub, &queue->subscribers, node)
		if (!((sub->blocked | sub->ignored) & bit))
			kipc_sig_tell_locked(sub);
}

/* So many signals are offered before others get the lock. */
#define KIPC_SIG_OFFER_MAX	32

/* The pending set of a subscriber, or if that is NULL, of the group. */
static struct kipc_sig_store *kipc_sig_store_of(struct kipc_sig_queue *queue,
						struct kipc_sig_subscriber *sub)
{
	return sub ? &sub->own : &queue->shared;
}

/*
 * Offers what waits of one number, the oldest first. Returns true if there may be more that
 * somebody takes.
 */
static bool kipc_sig_retarget_locked(struct kipc_sig_queue *queue,
				     struct kipc_sig_subscriber *sub, int signo,
				     struct kipc_sig_wake *wake)
{
	struct kipc_sig_store *store = kipc_sig_store_of(queue, sub);
	unsigned int left = KIPC_SIG_OFFER_MAX;
	struct kipc_sig_item item;

	while (store->set & kipc_sig_bit(signo)) {
		if (!left--)
			return true;
		kipc_sig_store_take_locked(queue, store, signo, &item);
		if (kipc_sig_complete_locked(queue, sub, &item, wake))
			continue;
		kipc_sig_store_put_back_locked(queue, store, &item);
		break;
	}
	return false;
}

/*
 * Lets others have the lock for a moment. Returns false if there is no use in going on. Who is
 * killed goes on: nobody else would tell those who wait.
 */
static bool kipc_sig_pause_locked(struct kipc_sig_queue *queue,
				  struct kipc_sig_wake *wake)
	__must_hold(&queue->entry.lock)
{
	kipc_sig_note_room_locked(queue, wake);
	kipc_sig_unlock(queue, wake);
	cond_resched();
	kipc_sig_lock(queue, wake);
	return !queue->entry.gone;
}

/**
 * kipc_sig_reconsider_locked - a subscriber wants more than before
 * @sub: the subscriber, its queue locked; the caller has its file
 * @set: which signals it wants now, or wants otherwise
 * @wake: what there is to be done
 *
 * The lock is dropped between numbers, and where many signals are taken, so this is the last
 * that a caller does. What is wanted is looked at again for each signal.
 *
 * Context: may sleep.
 */
void kipc_sig_reconsider_locked(struct kipc_sig_subscriber *sub, u64 set,
				struct kipc_sig_wake *wake)
{
	struct kipc_sig_queue *queue = sub->queue;
	u64 left, todo = set;
	int signo;

	/* In the order in which they would be taken. */
	while ((left = kipc_sig_takeable_locked(sub, todo))) {
		signo = __ffs64(left) + 1;
		if (!kipc_sig_retarget_locked(queue, sub, signo, wake) &&
		    !kipc_sig_retarget_locked(queue, NULL, signo, wake))
			todo &= ~GENMASK_ULL(signo - 1, 0);
		if (!kipc_sig_pause_locked(queue, wake))
			return;
	}
	kipc_sig_note_room_locked(queue, wake);
	if (kipc_sig_takeable_locked(sub, set & ~sub->blocked))
		kipc_sig_tell_locked(sub);
}

static struct kipc_sig_subscriber *
kipc_sig_find_subscriber_locked(struct kipc_sig_queue *queue, u32 number)
{
	struct kipc_sig_subscriber *sub;

	hlist_for_each_entry(sub, &queue->numbers[number % KIPC_SIG_NUMBER_LISTS],
			     number_node)
		if (sub->number == number)
			return sub;
	return NULL;
}

/* Does nobody want this signal, now and later? */
static bool kipc_sig_is_ignored_locked(const struct kipc_sig_queue *queue,
				       const struct kipc_sig_subscriber *sub,
				       int signo)
{
	return (sub ? sub->ignored : queue->ignored) & kipc_sig_bit(signo);
}

/*
 * Gives a new signal to somebody who takes it, or has it wait. After an error it is still
 * the caller's.
 */
static int kipc_sig_place_locked(struct kipc_sig_queue *queue,
				 struct kipc_sig_subscriber *sub,
				 struct kipc_sig_item *item,
				 struct kipc_sig_wake *wake)
{
	struct kipc_sig_store *store = kipc_sig_store_of(queue, sub);
	struct kipc_sig *sig = &item->sig;
	u64 bit = kipc_sig_bit(sig->signo);

	sig->order = ++queue->order;
	/* What came before is offered before, if it could not be delivered then. */
	if (unlikely(store->set & queue->delivered & bit)) {
		kipc_sig_retarget_locked(queue, sub, sig->signo, wake);
		kipc_sig_note_room_locked(queue, wake);
	}
	if (!(store->set & bit) &&
	    kipc_sig_complete_locked(queue, sub, item, wake)) {
		/* It is theirs, but its sender is the caller, who is here. */
		kipc_sig_note_sent_locked(queue, sig);
		return 0;
	}
	if (kipc_sig_is_realtime(sig->signo) && !kipc_sig_has_room_locked(queue))
		return -EAGAIN;
	kipc_sig_note_sent_locked(queue, sig);
	if (kipc_sig_store_add_locked(queue, store, item)) {
		kipc_sig_announce_locked(queue, sub, sig->signo);
	} else {
		queue->counts.merged++;
		kipc_sig_discard_locked(item, wake);
	}
	return 0;
}

/*
 * Sends a signal, for which @ret says whether there is memory. After an error it is still
 * the caller's.
 */
static int kipc_sig_send_locked(struct kipc_sig_queue *queue,
				struct kipc_sig_item *item, int ret,
				struct kipc_sig_wake *wake)
{
	struct kipc_sig_subscriber *sub = NULL;
	struct kipc_sig *sig = &item->sig;

	if (queue->entry.gone)
		return -EIDRM;
	if (sig->to != KIPC_SIG_GROUP) {
		sub = kipc_sig_find_subscriber_locked(queue, sig->to);
		if (!sub)
			return -ESRCH;
	}
	if (kipc_sig_is_ignored_locked(queue, sub, sig->signo)) {
		kipc_sig_note_sent_locked(queue, sig);
		queue->counts.ignored++;
		kipc_sig_discard_locked(item, wake);
		return 0;
	}
	if (likely(!ret))
		ret = kipc_sig_place_locked(queue, sub, item, wake);
	if (unlikely(ret == -EAGAIN))
		queue->counts.refused++;
	return ret;
}

/* Sees whether a signal could be sent. */
static int kipc_sig_probe(struct kipc_sig_queue *queue, u32 to)
{
	int ret = 0;

	spin_lock(&queue->entry.lock);
	if (queue->entry.gone)
		ret = -EIDRM;
	else if (to != KIPC_SIG_GROUP &&
		 !kipc_sig_find_subscriber_locked(queue, to))
		ret = -ESRCH;
	spin_unlock(&queue->entry.lock);
	return ret;
}

/**
 * kipc_sig_send - send a signal
 * @queue: the queue; the caller has a reference, and may do this
 * @sig: its number, or 0 for a trial; its code and value, and to whom
 *
 * Context: may sleep. Return: 0; -EAGAIN, -EIDRM, -ESRCH, -ENOMEM.
 */
int kipc_sig_send(struct kipc_sig_queue *queue, const struct kipc_sig *sig)
{
	struct kipc_sig_wake wake;
	struct kipc_sig_item item = { .sig = *sig };
	int ret = 0;

	if (!sig->signo)
		return kipc_sig_probe(queue, sig->to);
	/* It may turn out that it is not needed. */
	if (kipc_sig_is_realtime(sig->signo))
		ret = kipc_sig_record_alloc(&item.record);
	item.sig.uid = current_uid();
	item.sig.sender = get_pid(task_tgid(current));

	kipc_sig_lock(queue, &wake);
	ret = kipc_sig_send_locked(queue, &item, ret, &wake);
	kipc_sig_unlock(queue, &wake);
	trace_kipc_sig_send(&queue->entry, sig->to, sig->signo, ret);
	if (unlikely(ret))
		kipc_sig_item_free(&item);
	return ret;
}

/* Puts a signal back, or gives it to who wants it by now. */
static void kipc_sig_put_back_locked(struct kipc_sig_queue *queue,
				     struct kipc_sig_subscriber *sub,
				     struct kipc_sig_item *item,
				     struct kipc_sig_wake *wake)
{
	int signo = item->sig.signo;

	kipc_sig_note_returned_locked(queue, item);
	if (queue->entry.gone) {
		queue->counts.dropped++;
		kipc_sig_discard_locked(item, wake);
		return;
	}
	if (kipc_sig_is_ignored_locked(queue, sub, signo)) {
		queue->counts.ignored++;
		kipc_sig_discard_locked(item, wake);
		return;
	}
	if (kipc_sig_complete_locked(queue, sub, item, wake))
		return;
	if (kipc_sig_store_put_back_locked(queue,
					   kipc_sig_store_of(queue, sub), item))
		queue->counts.merged++;
	kipc_sig_announce_locked(queue, sub, signo);
}

/**
 * kipc_sig_put_back - take back that a signal was taken
 * @sub: the subscriber that has taken it
 * @item: the signal; no longer the caller's
 *
 * There may be no room any more, but nothing is lost for that.
 *
 * Context: may sleep.
 */
void kipc_sig_put_back(struct kipc_sig_subscriber *sub,
		       struct kipc_sig_item *item)
{
	struct kipc_sig_wake wake;
	struct kipc_sig_queue *queue = sub->queue;

	kipc_sig_lock(queue, &wake);
	if (item->sig.to == KIPC_SIG_GROUP)
		sub = NULL;
	kipc_sig_put_back_locked(queue, sub, item, &wake);
	kipc_sig_unlock(queue, &wake);
}
