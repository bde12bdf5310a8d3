// SPDX-License-Identifier: GPL-2.0
/* Signal queues: what a subscriber blocks, ignores, or wants delivered; see sig.h. */
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "obj/sig.h"

/**
 * kipc_sig_mask - serve KIPC_IOC_SIG_MASK
 * @sub: the subscriber
 * @arg: the call's argument, with the answer on success
 *
 * Context: may sleep. Return: 0, -EINVAL, -EIDRM.
 */
int kipc_sig_mask(struct kipc_sig_subscriber *sub, struct kipc_sig_mask *arg)
{
	struct kipc_sig_wake wake;
	struct kipc_sig_queue *queue = sub->queue;
	u64 old, set = arg->set;
	int ret = 0;

	if (arg->how > KIPC_SIG_SETMASK)
		return -EINVAL;
	kipc_sig_lock(queue, &wake);
	old = sub->blocked;
	if (queue->entry.gone) {
		ret = -EIDRM;
		goto out_unlock;
	}
	if (arg->how == KIPC_SIG_BLOCK)
		set = old | set;
	else if (arg->how == KIPC_SIG_UNBLOCK)
		set = old & ~set;
	sub->blocked = set;
	arg->set = old;
	if (old & ~set)
		kipc_sig_reconsider_locked(sub, old & ~set, &wake);
out_unlock:
	kipc_sig_unlock(queue, &wake);
	return ret;
}

static void kipc_sig_delivery_free(struct kipc_sig_delivery *delivery)
{
	kipc_target_destroy(&delivery->target);
	kfree(delivery);
}

/**
 * kipc_sig_delivery_free_all - free deliveries
 * @deliveries: those of a subscriber that is gone, or those that were taken from one
 *
 * Context: any but hard interrupt.
 */
void kipc_sig_delivery_free_all(struct list_head *deliveries)
{
	struct kipc_sig_delivery *delivery, *next;

	list_for_each_entry_safe(delivery, next, deliveries, node)
		kipc_sig_delivery_free(delivery);
}

/**
 * kipc_sig_delivery_end_locked - deliver nothing any more to who is not there any more
 * @sub: the subscriber, its queue locked
 * @delivery: one of its deliveries; freed
 */
void kipc_sig_delivery_end_locked(struct kipc_sig_subscriber *sub,
				  struct kipc_sig_delivery *delivery)
{
	sub->delivered &= ~delivery->set;
	list_del(&delivery->node);
	kipc_sig_sum_sets_locked(sub->queue);
	kipc_sig_delivery_free(delivery);
}

/* Makes a delivery to the calling process. */
static struct kipc_sig_delivery *kipc_sig_delivery_alloc(u64 set)
{
	struct kipc_sig_delivery *delivery;

	delivery = kmalloc(sizeof(*delivery), GFP_KERNEL_ACCOUNT);
	if (!delivery)
		return NULL;
	delivery->set = set;
	kipc_target_init(&delivery->target);
	return delivery;
}

/* Has nobody get these signals delivered; who gets nothing else goes to @unused. */
static void kipc_sig_undeliver_locked(struct kipc_sig_subscriber *sub, u64 set,
				      struct list_head *unused)
{
	struct kipc_sig_delivery *delivery, *next;

	sub->delivered &= ~set;
	list_for_each_entry_safe(delivery, next, &sub->deliveries, node) {
		delivery->set &= ~set;
		if (!delivery->set)
			list_move(&delivery->node, unused);
	}
}

/* Drops what nobody wants any more. */
static void kipc_sig_drop_ignored_locked(struct kipc_sig_subscriber *sub,
					 u64 set, struct kipc_sig_wake *wake)
{
	struct kipc_sig_queue *queue = sub->queue;
	unsigned long nr;

	nr = kipc_sig_store_drop_locked(queue, &sub->own, set, &wake->records);
	nr += kipc_sig_store_drop_locked(queue, &queue->shared,
					 set & queue->ignored, &wake->records);
	queue->counts.ignored += nr;
	kipc_sig_note_room_locked(queue, wake);
}

/* Does it. A delivery to the calling process that is needed is taken from @list. */
static void kipc_sig_action_locked(struct kipc_sig_subscriber *sub, u32 action,
				   u64 set, struct list_head *list,
				   struct kipc_sig_wake *wake)
{
	LIST_HEAD(unused);

	kipc_sig_undeliver_locked(sub, set, &unused);
	list_splice_init(list, &sub->deliveries);
	list_splice(&unused, list);
	sub->ignored &= ~set;
	if (action == KIPC_SIG_IGNORE)
		sub->ignored |= set;
	else if (action == KIPC_SIG_DELIVER)
		sub->delivered |= set;
	kipc_sig_sum_sets_locked(sub->queue);
	if (action == KIPC_SIG_IGNORE)
		kipc_sig_drop_ignored_locked(sub, set, wake);
	else
		kipc_sig_reconsider_locked(sub, set, wake);
}

/**
 * kipc_sig_action - serve KIPC_IOC_SIG_ACTION
 * @sub: the subscriber
 * @arg: the call's argument
 *
 * Context: may sleep. Return: 0, -EINVAL, -EIDRM, -ENOMEM.
 */
int kipc_sig_action(struct kipc_sig_subscriber *sub,
		    const struct kipc_sig_action *arg)
{
	struct kipc_sig_wake wake;
	struct kipc_sig_queue *queue = sub->queue;
	struct kipc_sig_delivery *delivery;
	LIST_HEAD(deliveries);
	int ret = 0;

	if (arg->action > KIPC_SIG_DELIVER)
		return -EINVAL;
	if (arg->action == KIPC_SIG_DELIVER && arg->set) {
		delivery = kipc_sig_delivery_alloc(arg->set);
		if (!delivery)
			return -ENOMEM;
		list_add(&delivery->node, &deliveries);
	}
	kipc_sig_lock(queue, &wake);
	if (queue->entry.gone)
		ret = -EIDRM;
	else
		kipc_sig_action_locked(sub, arg->action, arg->set, &deliveries,
				       &wake);
	kipc_sig_unlock(queue, &wake);
	kipc_sig_delivery_free_all(&deliveries);
	return ret;
}
