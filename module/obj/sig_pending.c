// SPDX-License-Identifier: GPL-2.0
/*
 * Signal queues: pending sets, and the memory of what waits in them; see sig.h.
 *
 * Records hold what users have chosen, so they have a cache of their own, and it is merged
 * with no other, see compat.h.
 */
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/slab.h>

#include "compat.h"
#include "core/account.h"
#include "core/param.h"
#include "obj/sig.h"

static struct kmem_cache *kipc_sig_record_cache __ro_after_init;

/**
 * kipc_sig_record_alloc - make memory for a real-time signal, and charge the caller's user
 * @res: where to leave it
 *
 * Context: may sleep. Return: 0; -EAGAIN if the user has as many as it may; -ENOMEM.
 */
int kipc_sig_record_alloc(struct kipc_sig_record **res)
{
	struct kipc_user *user = kipc_user_get(current_fsuid());
	struct kipc_sig_record *record;
	int ret = -EAGAIN;

	if (!user)
		return -ENOMEM;
	if (kipc_user_charge(user, KIPC_CHARGE_SIGNALS, 1,
			     READ_ONCE(kipc_param_sig_user_signals)))
		goto out_put_user;
	record = kmem_cache_alloc(kipc_sig_record_cache, GFP_KERNEL_ACCOUNT);
	if (!record) {
		ret = -ENOMEM;
		goto out_uncharge;
	}
	record->user = user;
	*res = record;
	return 0;

out_uncharge:
	kipc_user_uncharge(user, KIPC_CHARGE_SIGNALS, 1);
out_put_user:
	kipc_user_put(user);
	return ret;
}

/**
 * kipc_sig_record_free - undo kipc_sig_record_alloc()
 * @record: a record that is in no set, or NULL
 *
 * Context: no lock held.
 */
void kipc_sig_record_free(struct kipc_sig_record *record)
{
	if (!record)
		return;
	kipc_user_uncharge(record->user, KIPC_CHARGE_SIGNALS, 1);
	kipc_user_put(record->user);
	kmem_cache_free(kipc_sig_record_cache, record);
}

/**
 * kipc_sig_records_free - free signals that were dropped
 * @records: records with a signal, which are in no set
 *
 * Context: may sleep.
 */
void kipc_sig_records_free(struct list_head *records)
{
	struct kipc_sig_record *record, *next;

	list_for_each_entry_safe(record, next, records, node) {
		put_pid(record->sig.sender);
		kipc_sig_record_free(record);
		cond_resched();
	}
}

/**
 * kipc_sig_item_free - be done with a signal
 * @item: the signal, which is in no set
 *
 * Context: no lock held.
 */
void kipc_sig_item_free(struct kipc_sig_item *item)
{
	put_pid(item->sig.sender);
	kipc_sig_record_free(item->record);
}

/**
 * kipc_sig_store_init - make an empty pending set
 * @store: its memory, zeroed
 */
void kipc_sig_store_init(struct kipc_sig_store *store)
{
	unsigned int i;

	for (i = 0; i < KIPC_SIG_REALTIME_NR; i++)
		INIT_LIST_HEAD(&store->realtime[i].records);
}

static struct kipc_sig_line *kipc_sig_store_line(struct kipc_sig_store *store,
						 int signo)
{
	return &store->realtime[signo - KIPC_SIG_RTMIN];
}

/* Counts signals in. */
static void kipc_sig_store_count_locked(struct kipc_sig_queue *queue,
					struct kipc_sig_store *store, int signo)
{
	lockdep_assert_held(&queue->entry.lock);
	store->set |= kipc_sig_bit(signo);
	store->nr++;
	queue->queued++;
	if (kipc_sig_is_realtime(signo)) {
		kipc_sig_store_line(store, signo)->nr++;
		queue->realtime++;
	}
}

/* Counts signals of one number out. */
static void kipc_sig_store_uncount_locked(struct kipc_sig_queue *queue,
					  struct kipc_sig_store *store,
					  int signo, unsigned int nr)
{
	struct kipc_sig_line *line;
	unsigned int left = 0;

	lockdep_assert_held(&queue->entry.lock);
	store->nr -= nr;
	queue->queued -= nr;
	if (kipc_sig_is_realtime(signo)) {
		line = kipc_sig_store_line(store, signo);
		line->nr -= nr;
		left = line->nr;
		queue->realtime -= nr;
	}
	if (!left)
		store->set &= ~kipc_sig_bit(signo);
}

/**
 * kipc_sig_store_add_locked - have a signal wait, behind those of its number
 * @queue: the queue, locked
 * @store: one of its sets
 * @item: the signal, which is the set's on success
 *
 * Return: true; false if a standard signal of this number waits already.
 */
bool kipc_sig_store_add_locked(struct kipc_sig_queue *queue,
			       struct kipc_sig_store *store,
			       const struct kipc_sig_item *item)
{
	const struct kipc_sig *sig = &item->sig;

	if (kipc_sig_is_realtime(sig->signo)) {
		item->record->sig = *sig;
		list_add_tail(&item->record->node,
			      &kipc_sig_store_line(store, sig->signo)->records);
	} else {
		if (store->set & kipc_sig_bit(sig->signo))
			return false;
		store->standard[sig->signo - 1] = *sig;
	}
	kipc_sig_store_count_locked(queue, store, sig->signo);
	return true;
}

/**
 * kipc_sig_store_take_locked - take the oldest signal of a number out
 * @queue: the queue, locked
 * @store: one of its sets
 * @signo: a number that waits in it
 * @item: where to leave the signal
 */
void kipc_sig_store_take_locked(struct kipc_sig_queue *queue,
				struct kipc_sig_store *store, int signo,
				struct kipc_sig_item *item)
{
	struct kipc_sig_line *line;

	item->record = NULL;
	if (kipc_sig_is_realtime(signo)) {
		line = kipc_sig_store_line(store, signo);
		item->record = list_first_entry(&line->records,
						struct kipc_sig_record, node);
		list_del(&item->record->node);
		item->sig = item->record->sig;
	} else {
		item->sig = store->standard[signo - 1];
	}
	kipc_sig_store_uncount_locked(queue, store, signo, 1);
}

/* Adds a real-time signal that was taken and comes back. */
static void kipc_sig_line_put_back(struct kipc_sig_line *line,
				   struct kipc_sig_record *record)
{
	struct kipc_sig_record *after;

	/* Few may have come back before it, and be older. */
	list_for_each_entry(after, &line->records, node)
		if (after->sig.order > record->sig.order)
			break;
	list_add_tail(&record->node, &after->node);
}

/**
 * kipc_sig_store_put_back_locked - undo kipc_sig_store_take_locked()
 * @queue: the queue, locked
 * @store: the set that the signal was taken from
 * @item: the signal, which is the set's from here on
 *
 * Limits are no matter.
 *
 * Return: true if it is merged with a standard signal that came meanwhile; the older one of
 * them waits.
 */
bool kipc_sig_store_put_back_locked(struct kipc_sig_queue *queue,
				    struct kipc_sig_store *store,
				    const struct kipc_sig_item *item)
{
	const struct kipc_sig *sig = &item->sig;
	struct kipc_sig *waiting;
	struct pid *merged;

	if (kipc_sig_is_realtime(sig->signo)) {
		item->record->sig = *sig;
		kipc_sig_line_put_back(kipc_sig_store_line(store, sig->signo),
				       item->record);
	} else {
		waiting = &store->standard[sig->signo - 1];
		if (store->set & kipc_sig_bit(sig->signo)) {
			merged = sig->sender;
			if (sig->order < waiting->order) {
				merged = waiting->sender;
				*waiting = *sig;
			}
			put_pid(merged);
			return true;
		}
		*waiting = *sig;
	}
	kipc_sig_store_count_locked(queue, store, sig->signo);
	return false;
}

/* Drops all of one number. */
static void kipc_sig_store_drop_one_locked(struct kipc_sig_queue *queue,
					   struct kipc_sig_store *store,
					   int signo, struct list_head *records)
{
	struct kipc_sig_line *line;
	unsigned int nr = 1;

	if (kipc_sig_is_realtime(signo)) {
		line = kipc_sig_store_line(store, signo);
		list_splice_init(&line->records, records);
		nr = line->nr;
	} else {
		put_pid(store->standard[signo - 1].sender);
	}
	kipc_sig_store_uncount_locked(queue, store, signo, nr);
}

/**
 * kipc_sig_store_drop_locked - drop signals that wait
 * @queue: the queue, locked
 * @store: one of its sets
 * @set: which numbers
 * @records: where to leave records, for kipc_sig_records_free() after the unlock
 *
 * Return: how many.
 */
unsigned long kipc_sig_store_drop_locked(struct kipc_sig_queue *queue,
					 struct kipc_sig_store *store, u64 set,
					 struct list_head *records)
{
	unsigned int before = store->nr;

	while (store->set & set)
		kipc_sig_store_drop_one_locked(queue, store,
					       __ffs64(store->set & set) + 1,
					       records);
	return before - store->nr;
}

/**
 * kipc_sig_pending_init - make the cache of records
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_sig_pending_init(void)
{
	kipc_sig_record_cache =
		kmem_cache_create_usercopy("kipc_sig_record",
					   sizeof(struct kipc_sig_record), 0,
					   SLAB_NO_MERGE,
					   offsetof(struct kipc_sig_record, sig),
					   sizeof(struct kipc_sig), NULL);
	return kipc_sig_record_cache ? 0 : -ENOMEM;
}

/**
 * kipc_sig_pending_exit - free the cache; no record is left
 */
void kipc_sig_pending_exit(void)
{
	kmem_cache_destroy(kipc_sig_record_cache);
}
