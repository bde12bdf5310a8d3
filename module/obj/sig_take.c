// SPDX-License-Identifier: GPL-2.0
/* Signal queues: taking signals, and waiting for them; see sig.h. */
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "obj/sig.h"
#include "trace.h"

/* Takes the lowest signal that is wanted, and of one number the subscriber's own first. */
static bool kipc_sig_take_locked(struct kipc_sig_subscriber *sub,
				 const struct kipc_sig_want *want,
				 struct kipc_sig_item *item,
				 struct kipc_sig_wake *wake)
{
	struct kipc_sig_queue *queue = sub->queue;
	struct kipc_sig_store *store = &sub->own;
	u64 set = want->unblocked ? ~sub->blocked : want->set;
	int signo;

	set = kipc_sig_takeable_locked(sub, set);
	if (!set)
		return false;
	signo = __ffs64(set) + 1;
	if (!(store->set & kipc_sig_bit(signo)))
		store = &queue->shared;
	kipc_sig_store_take_locked(queue, store, signo, item);
	kipc_sig_note_taken_locked(queue, item, current);
	kipc_sig_note_room_locked(queue, wake);
	trace_kipc_sig_dequeue(&queue->entry, sub->number, signo);
	return true;
}

/* Takes a thread that waits off the queue, with an error. */
static void kipc_sig_end_taker_locked(struct kipc_sig_queue *queue,
				      struct kipc_sig_taker *taker, int result,
				      struct kipc_sig_wake *wake)
{
	list_del(&taker->peer);
	queue->nr_takers--;
	kipc_waiter_take_locked(&taker->waiter, result, &wake->taken);
}

/**
 * kipc_sig_end_takers_locked - end all waiting, with -EIDRM
 * @queue: the queue, locked
 * @wake: whom to wake
 */
void kipc_sig_end_takers_locked(struct kipc_sig_queue *queue,
				struct kipc_sig_wake *wake)
{
	struct kipc_sig_taker *taker, *next;

	list_for_each_entry_safe(taker, next, &queue->takers, waiter.node)
		kipc_sig_end_taker_locked(queue, taker, -EIDRM, wake);
}

/* Takes the calling thread, which gives up, off the queue. */
static bool kipc_sig_leave(struct kipc_sig_queue *queue,
			   struct kipc_sig_taker *taker)
{
	bool queued;

	spin_lock(&queue->entry.lock);
	queued = kipc_waiter_is_queued_locked(&taker->waiter);
	if (queued) {
		list_del(&taker->waiter.node);
		list_del(&taker->peer);
		queue->nr_takers--;
	}
	spin_unlock(&queue->entry.lock);
	return queued;
}

/* Waits for a signal. The queue is locked, and unlocked. */
static int kipc_sig_wait_locked(struct kipc_sig_subscriber *sub,
				const struct kipc_sig_want *want,
				struct kipc_sig_item *item)
	__releases(&sub->queue->entry.lock)
{
	struct kipc_sig_queue *queue = sub->queue;
	struct kipc_sig_taker taker = {
		.sub	= sub,
		.want	= want,
		.item	= item,
	};
	int ret;

	kipc_waiter_init(&taker.waiter);
	list_add_tail(&taker.waiter.node, &queue->takers);
	list_add_tail(&taker.peer, &sub->takers);
	queue->nr_takers++;
	spin_unlock(&queue->entry.lock);

	ret = kipc_waiter_wait(&taker.waiter, want->expires);
	if (ret) {
		if (kipc_sig_leave(queue, &taker))
			return ret;
		kipc_waiter_settle(&taker.waiter);
	}
	if (taker.waiter.result)
		return taker.waiter.result;
	if (unlikely(fatal_signal_pending(current))) {
		/* Nobody would ever see it. */
		kipc_sig_put_back(sub, item);
		return -EINTR;
	}
	return 0;
}

/**
 * kipc_sig_take - take a signal
 * @sub: the subscriber; the caller has its file
 * @want: what is wanted
 * @item: where to leave the signal, for kipc_sig_item_free() or kipc_sig_put_back()
 *
 * Context: may sleep.
 * Return: 0; -EAGAIN if there is none and the caller does not wait; -ETIME, -EINTR,
 * -EIDRM.
 */
int kipc_sig_take(struct kipc_sig_subscriber *sub,
		  const struct kipc_sig_want *want, struct kipc_sig_item *item)
{
	struct kipc_sig_queue *queue = sub->queue;
	struct kipc_sig_wake wake;
	int ret = 0;

	kipc_sig_lock(queue, &wake);
	if (unlikely(queue->entry.gone)) {
		ret = -EIDRM;
	} else if (!kipc_sig_take_locked(sub, want, item, &wake)) {
		if (!want->nowait)
			return kipc_sig_wait_locked(sub, want, item);
		ret = -EAGAIN;
	}
	kipc_sig_unlock(queue, &wake);
	return ret;
}
