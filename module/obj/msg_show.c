// SPDX-License-Identifier: GPL-2.0
/* Message queues: what /proc/PID/fdinfo says about their files; see core/fdinfo.h. */
#include <linux/fs.h>

#include "core/fdinfo.h"
#include "obj/msg.h"

static void kipc_msg_show_sender_locked(struct kipc_fdinfo *info,
					const struct kipc_msg_sender *sender)
{
	if (kipc_fdinfo_waiter_locked(info, sender->waiter.task))
		seq_printf(info->m, "send type %lld bytes %zu\n",
			   sender->msg->key.type, sender->msg->len);
}

static void
kipc_msg_show_receiver_locked(struct kipc_fdinfo *info,
			      const struct kipc_msg_receiver *receiver)
{
	static const char * const modes[] = {
		[KIPC_MSG_EQUAL] = "type",
		[KIPC_MSG_OTHER] = "not type",
		[KIPC_MSG_LEAST] = "up to type",
	};
	const struct kipc_msg_want *want = receiver->want;

	if (!kipc_fdinfo_waiter_locked(info, receiver->waiter.task))
		return;
	if (want->mode == KIPC_MSG_ANY)
		seq_puts(info->m, "receive any\n");
	else
		seq_printf(info->m, "receive %s %lld\n", modes[want->mode],
			   want->type);
}

/* Those who want one type are found by it: the longest waiting of each, and a ring. */
static void kipc_msg_show_typed_locked(struct kipc_fdinfo *info,
				       const struct kipc_msg_queue *queue)
{
	struct kipc_msg_key *first, *key;

	for (first = kipc_msg_key_least(&queue->receiver_types); first && info->left;
	     first = kipc_msg_key_next(first)) {
		key = first;
		do {
			kipc_msg_show_receiver_locked(info,
						      container_of(key,
								   struct kipc_msg_receiver,
								   key));
			key = list_next_entry(key, same);
		} while (key != first && info->left);
	}
}

static void kipc_msg_show_waiters_locked(struct kipc_fdinfo *info,
					 const struct kipc_msg_queue *queue)
{
	const struct kipc_msg_receiver *receiver;
	const struct kipc_msg_sender *sender;

	lockdep_assert_held(&queue->entry.lock);
	list_for_each_entry(sender, &queue->senders, waiter.node) {
		if (!info->left)
			return;
		kipc_msg_show_sender_locked(info, sender);
	}
	list_for_each_entry(receiver, &queue->receivers, waiter.node) {
		if (!info->left)
			return;
		kipc_msg_show_receiver_locked(info, receiver);
	}
	kipc_msg_show_typed_locked(info, queue);
}

/**
 * kipc_msg_show_fdinfo - serve the fdinfo of a file of a queue
 * @m: where
 * @file: the file
 */
void kipc_msg_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct kipc_msg_file *msg_file = file->private_data;
	struct kipc_msg_queue *queue = msg_file->queue;
	struct kipc_fdinfo info = KIPC_FDINFO_INIT(m);

	kipc_fdinfo_entry(m, &queue->entry);
	spin_lock(&queue->entry.lock);
	/* Receivers that wait are numbered together with the messages. */
	seq_printf(m, "kipc-sent:\t%llu\n", queue->order - queue->waits);
	kipc_msg_show_waiters_locked(&info, queue);
	spin_unlock(&queue->entry.lock);
}
