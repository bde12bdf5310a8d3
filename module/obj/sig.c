// SPDX-License-Identifier: GPL-2.0
/* Signal queues: how they and their subscribers come and go; see sig.h. */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "compat.h"
#include "core/instance.h"
#include "obj/sig.h"

/*
 * Queues can be used again at once: look-ups hold what they have found. Neither cache is
 * merged with others: what waits is what users have chosen.
 */
static struct kmem_cache *kipc_sig_queue_cache __ro_after_init;
static struct kmem_cache *kipc_sig_subscriber_cache __ro_after_init;

static void kipc_sig_last_put(struct kipc_sig_last *last)
{
	put_pid(last->pid);
	put_pid(last->before);
}

static void kipc_sig_queue_free(struct kipc_obj *obj)
{
	struct kipc_entry *entry = container_of(obj, struct kipc_entry, obj);
	struct kipc_sig_queue *queue = kipc_sig_queue_of(entry);
	LIST_HEAD(records);

	WARN_ON_ONCE(queue->nr_subscribers);
	/* Nobody else is left, but this is how it is done. */
	spin_lock(&entry->lock);
	kipc_sig_store_drop_locked(queue, &queue->shared, U64_MAX, &records);
	WARN_ON_ONCE(queue->queued);
	spin_unlock(&entry->lock);
	kipc_sig_records_free(&records);
	kipc_sig_last_put(&queue->sent);
	kipc_sig_last_put(&queue->taken);
	kipc_entry_destroy(entry);
	kmem_cache_free(kipc_sig_queue_cache, queue);
}

static const struct kipc_obj_ops kipc_sig_obj_ops = {
	.kind	= KIPC_KIND_SIG,
	.name	= "sig",
	.free	= kipc_sig_queue_free,
};

/**
 * kipc_sig_queue_alloc - make a queue that nobody can find yet
 * @inst: where it will live
 * @get: key, flags and mode
 * @res: where to leave the queue, which has one reference
 *
 * Context: may sleep. Return: 0, or -ENOMEM.
 */
int kipc_sig_queue_alloc(struct kipc_instance *inst, const struct kipc_get *get,
			 struct kipc_sig_queue **res)
{
	struct kipc_sig_queue *queue;
	int ret;

	queue = kmem_cache_zalloc(kipc_sig_queue_cache, GFP_KERNEL_ACCOUNT);
	if (!queue)
		return -ENOMEM;
	queue->limit = kipc_limit_get(&inst->limits, KIPC_LIMIT_SIGQMAX);
	kipc_sig_store_init(&queue->shared);
	INIT_LIST_HEAD(&queue->subscribers);
	INIT_LIST_HEAD(&queue->takers);
	init_waitqueue_head(&queue->pollers);
	ret = kipc_entry_init(&queue->entry, &kipc_sig_obj_ops,
			      &inst->tables[KIPC_TABLE_SIG], get);
	if (ret) {
		kmem_cache_free(kipc_sig_queue_cache, queue);
		return ret;
	}
	*res = queue;
	return 0;
}

static int kipc_sig_table_create(struct kipc_instance *inst,
				 const struct kipc_get *get,
				 struct kipc_entry **res)
{
	struct kipc_sig_queue *queue;
	int ret = kipc_sig_queue_alloc(inst, get, &queue);

	if (!ret)
		*res = &queue->entry;
	return ret;
}

/* Ends a queue that is gone: all waiting, and all that waits. */
static void kipc_sig_table_retired(struct kipc_entry *entry)
{
	struct kipc_sig_queue *queue = kipc_sig_queue_of(entry);
	struct kipc_sig_wake wake;
	struct kipc_sig_subscriber *sub;
	unsigned long nr;

	kipc_sig_lock(queue, &wake);
	kipc_sig_end_takers_locked(queue, &wake);
	nr = kipc_sig_store_drop_locked(queue, &queue->shared, U64_MAX,
					&wake.records);
	list_for_each_entry(sub, &queue->subscribers, node) {
		nr += kipc_sig_store_drop_locked(queue, &sub->own, U64_MAX,
						 &wake.records);
		wake_up_all(&sub->pollers);
		kill_fasync(&sub->fasync, SIGIO, POLL_HUP);
	}
	queue->counts.dropped += nr;
	kipc_sig_unlock(queue, &wake);
	wake_up_all(&queue->pollers);
}

const struct kipc_table_ops kipc_sig_table_ops = {
	.which		= KIPC_TABLE_SIG,
	.forced		= KIPC_LIMIT_NR,
	.create		= kipc_sig_table_create,
	.retired	= kipc_sig_table_retired,
};

/**
 * kipc_sig_sum_sets_locked - note what subscribers have in common
 * @queue: the queue, locked; the sets of a subscriber, or who they are, have changed
 */
void kipc_sig_sum_sets_locked(struct kipc_sig_queue *queue)
{
	u64 ignored = queue->nr_subscribers ? U64_MAX : 0, delivered = 0;
	struct kipc_sig_subscriber *sub;

	lockdep_assert_held(&queue->entry.lock);
	list_for_each_entry(sub, &queue->subscribers, node) {
		ignored &= sub->ignored;
		delivered |= sub->delivered;
	}
	queue->ignored = ignored;
	queue->delivered = delivered;
}

/* Gives a subscriber a number, by which it can be found from here on. */
static int kipc_sig_join_locked(struct kipc_sig_queue *queue,
				struct kipc_sig_subscriber *sub)
{
	if (queue->entry.gone)
		return -EIDRM;
	if (queue->nr_subscribers >= KIPC_SIG_SUBSCRIBERS_MAX ||
	    queue->last_number == U32_MAX)
		return -ENOSPC;
	sub->number = ++queue->last_number;
	queue->nr_subscribers++;
	queue->entry.users++;
	list_add_tail(&sub->node, &queue->subscribers);
	hlist_add_head(&sub->number_node,
		       &queue->numbers[sub->number % KIPC_SIG_NUMBER_LISTS]);
	kipc_sig_sum_sets_locked(queue);
	return 0;
}

/**
 * kipc_sig_subscribe - make a subscriber
 * @queue: the queue; the caller has a reference
 * @blocked: what it blocks from the start
 *
 * Context: may sleep.
 * Return: the subscriber, with a reference on the queue, for kipc_sig_unsubscribe(); or
 * ERR_PTR: -EIDRM, -ENOSPC, -ENOMEM.
 */
struct kipc_sig_subscriber *kipc_sig_subscribe(struct kipc_sig_queue *queue,
					       u64 blocked)
{
	struct kipc_sig_subscriber *sub;
	int ret;

	sub = kmem_cache_zalloc(kipc_sig_subscriber_cache, GFP_KERNEL_ACCOUNT);
	if (!sub)
		return ERR_PTR(-ENOMEM);
	sub->queue = queue;
	sub->blocked = blocked;
	INIT_LIST_HEAD(&sub->deliveries);
	INIT_LIST_HEAD(&sub->takers);
	kipc_sig_store_init(&sub->own);
	init_waitqueue_head(&sub->pollers);
	spin_lock(&queue->entry.lock);
	ret = kipc_sig_join_locked(queue, sub);
	spin_unlock(&queue->entry.lock);
	if (ret) {
		kmem_cache_free(kipc_sig_subscriber_cache, sub);
		return ERR_PTR(ret);
	}
	kipc_entry_get(&queue->entry);
	return sub;
}

/**
 * kipc_sig_unsubscribe - end a subscriber, and drop what waits for it alone
 * @sub: the subscriber, which no thread waits at; freed
 *
 * Signals of the group are not concerned: it had none of them.
 *
 * Context: may sleep.
 */
void kipc_sig_unsubscribe(struct kipc_sig_subscriber *sub)
{
	struct kipc_sig_queue *queue = sub->queue;
	struct kipc_sig_wake wake;

	WARN_ON_ONCE(!list_empty(&sub->takers));
	kipc_sig_lock(queue, &wake);
	queue->counts.dropped += kipc_sig_store_drop_locked(queue, &sub->own,
							    U64_MAX,
							    &wake.records);
	kipc_sig_note_room_locked(queue, &wake);
	queue->nr_subscribers--;
	list_del(&sub->node);
	hlist_del(&sub->number_node);
	kipc_sig_sum_sets_locked(queue);
	kipc_sig_unlock(queue, &wake);
	kipc_sig_delivery_free_all(&sub->deliveries);
	kmem_cache_free(kipc_sig_subscriber_cache, sub);
	kipc_entry_close(&queue->entry);
}

/**
 * kipc_sig_set - serve IPC_SET
 * @queue: the queue; the caller has a reference, and may do this
 * @perm: its owner and permissions from now on
 * @limit: how many real-time signals may wait from now on
 *
 * Who waits has a descriptor, and is not concerned.
 *
 * Return: 0, or -EIDRM.
 */
int kipc_sig_set(struct kipc_sig_queue *queue, const struct kipc_perm_set *perm,
		 unsigned long limit)
{
	struct kipc_sig_wake wake;
	int ret = -EIDRM;

	kipc_sig_lock(queue, &wake);
	if (!queue->entry.gone) {
		kipc_perm_set_locked(&queue->entry, perm);
		queue->limit = limit;
		kipc_sig_note_room_locked(queue, &wake);
		ret = 0;
	}
	kipc_sig_unlock(queue, &wake);
	return ret;
}

/**
 * kipc_sig_init - set up what all queues share
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_sig_init(void)
{
	kipc_sig_queue_cache = KMEM_CACHE(kipc_sig_queue,
					  SLAB_HWCACHE_ALIGN |
					  SLAB_TYPESAFE_BY_RCU);
	if (!kipc_sig_queue_cache)
		return -ENOMEM;
	kipc_sig_subscriber_cache =
		kmem_cache_create_usercopy("kipc_sig_subscriber",
					   sizeof(struct kipc_sig_subscriber), 0,
					   SLAB_HWCACHE_ALIGN | SLAB_NO_MERGE,
					   offsetof(struct kipc_sig_subscriber,
						    own),
					   sizeof(struct kipc_sig_store), NULL);
	if (!kipc_sig_subscriber_cache)
		goto out_queue;
	if (kipc_sig_pending_init())
		goto out_subscriber;
	return 0;

out_subscriber:
	kmem_cache_destroy(kipc_sig_subscriber_cache);
out_queue:
	kmem_cache_destroy(kipc_sig_queue_cache);
	return -ENOMEM;
}

/**
 * kipc_sig_exit - free it; no queue is left
 */
void kipc_sig_exit(void)
{
	kipc_sig_pending_exit();
	kmem_cache_destroy(kipc_sig_subscriber_cache);
	kmem_cache_destroy(kipc_sig_queue_cache);
}
