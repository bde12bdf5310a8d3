// SPDX-License-Identifier: GPL-2.0
/* Message queues: how they come and go; see msg.h. */
#include <linux/pid.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "core/instance.h"
#include "obj/msg.h"

/* Queues can be used again at once: look-ups hold what they have found. */
static struct kmem_cache *kipc_msg_queue_cache __ro_after_init;

static void kipc_msg_last_put(struct kipc_msg_last *last)
{
	put_pid(last->pid);
	put_pid(last->before);
}

static void kipc_msg_queue_free(struct kipc_obj *obj)
{
	struct kipc_entry *entry = container_of(obj, struct kipc_entry, obj);
	struct kipc_msg_queue *queue = kipc_msg_queue_of(entry);

	kipc_msg_free_all(&queue->messages, queue->spare);
	kipc_msg_last_put(&queue->sent);
	kipc_msg_last_put(&queue->received);
	kipc_entry_destroy(entry);
	kmem_cache_free(kipc_msg_queue_cache, queue);
}

static const struct kipc_obj_ops kipc_msg_obj_ops = {
	.kind	= KIPC_KIND_MSG,
	.name	= "msg",
	.free	= kipc_msg_queue_free,
};

/**
 * kipc_msg_queue_alloc - make a queue that nobody can find yet
 * @inst: where it will live
 * @get: key, flags and mode
 * @res: where to leave the queue, which has one reference
 *
 * Context: may sleep. Return: 0, or -ENOMEM.
 */
int kipc_msg_queue_alloc(struct kipc_instance *inst, const struct kipc_get *get,
			 struct kipc_msg_queue **res)
{
	struct kipc_msg_queue *queue;
	int ret;

	queue = kmem_cache_zalloc(kipc_msg_queue_cache, GFP_KERNEL_ACCOUNT);
	if (!queue)
		return -ENOMEM;
	queue->qbytes = kipc_limit_get(&inst->limits, KIPC_LIMIT_MSGMNB);
	INIT_LIST_HEAD(&queue->messages);
	INIT_LIST_HEAD(&queue->senders);
	INIT_LIST_HEAD(&queue->receivers);
	init_waitqueue_head(&queue->pollers);
	ret = kipc_entry_init(&queue->entry, &kipc_msg_obj_ops,
			      &inst->tables[KIPC_TABLE_MSG], get);
	if (ret) {
		kmem_cache_free(kipc_msg_queue_cache, queue);
		return ret;
	}
	*res = queue;
	return 0;
}

static int kipc_msg_table_create(struct kipc_instance *inst,
				 const struct kipc_get *get,
				 struct kipc_entry **res)
{
	struct kipc_msg_queue *queue;
	int ret = kipc_msg_queue_alloc(inst, get, &queue);

	if (!ret)
		*res = &queue->entry;
	return ret;
}

static void kipc_msg_table_retired(struct kipc_entry *entry)
{
	kipc_msg_end(kipc_msg_queue_of(entry));
}

static void kipc_msg_table_show(struct seq_file *m, struct kipc_entry *entry,
				struct pid_namespace *pid_ns)
{
	struct kipc_msg_queue *queue = kipc_msg_queue_of(entry);
	struct user_namespace *ns = seq_user_ns(m);

	spin_lock(&entry->lock);
	if (!entry->gone)
		seq_printf(m, "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10llu %10llu %10llu\n",
			   entry->key, entry->id, entry->mode, queue->cbytes,
			   queue->qnum, pid_nr_ns(queue->sent.pid, pid_ns),
			   pid_nr_ns(queue->received.pid, pid_ns),
			   from_kuid_munged(ns, entry->uid),
			   from_kgid_munged(ns, entry->gid),
			   from_kuid_munged(ns, entry->cuid),
			   from_kgid_munged(ns, entry->cgid),
			   queue->sent.time, queue->received.time, entry->ctime);
	spin_unlock(&entry->lock);
}

const struct kipc_table_ops kipc_msg_table_ops = {
	.which		= KIPC_TABLE_MSG,
	.forced		= KIPC_LIMIT_NR,
	.create		= kipc_msg_table_create,
	.retired	= kipc_msg_table_retired,
	.show		= kipc_msg_table_show,
};

/**
 * kipc_msg_init - set up what all queues share
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_msg_init(void)
{
	int ret;

	kipc_msg_queue_cache = KMEM_CACHE(kipc_msg_queue,
					  SLAB_HWCACHE_ALIGN |
					  SLAB_TYPESAFE_BY_RCU);
	if (!kipc_msg_queue_cache)
		return -ENOMEM;
	ret = kipc_msg_mem_init();
	if (ret)
		kmem_cache_destroy(kipc_msg_queue_cache);
	return ret;
}

/**
 * kipc_msg_exit - free it; no queue is left
 */
void kipc_msg_exit(void)
{
	kipc_msg_mem_exit();
	kmem_cache_destroy(kipc_msg_queue_cache);
}
