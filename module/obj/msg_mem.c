// SPDX-License-Identifier: GPL-2.0
/*
 * Message queues: the memory of messages; see msg.h.
 *
 * Users decide how large messages are and what is in them. So that none of them ever lies
 * beside an object of the kernel, they have caches of their own. What is longer than the
 * largest of those goes on in single pages. A queue keeps the memory of one message that
 * is gone (msg_fast.h): most queues see one message after the other, of about the same size.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "compat.h"
#include "obj/msg.h"

/**
 * struct kipc_msg_page - a page of a long message
 * @next: the next, or NULL
 * @data: payload
 */
struct kipc_msg_page {
	struct kipc_msg_page *next;
	char data[PAGE_SIZE - sizeof(struct kipc_msg_page *)];
};

static_assert(sizeof(struct kipc_msg_page) == PAGE_SIZE);

#define KIPC_MSG_PAGE_BYTES	sizeof_field(struct kipc_msg_page, data)

/* So many bytes need no page; what is 8 KiB, or 64 KiB, with so many needs one page less. */
#define KIPC_MSG_FIRST_BYTES	4224

static const struct {
	const char *name;
	unsigned int bytes;
} kipc_msg_cache_rows[] = {
	{ "kipc_msg_80", KIPC_MSG_ROOM_MIN },
	{ "kipc_msg_400", 400 },
	{ "kipc_msg_912", 912 },
	{ "kipc_msg_1936", 1936 },
	{ "kipc_msg_4224", KIPC_MSG_FIRST_BYTES },
};

static struct kmem_cache *kipc_msg_caches[ARRAY_SIZE(kipc_msg_cache_rows)]
	__ro_after_init;

static unsigned int kipc_msg_choose_cache(size_t bytes)
{
	unsigned int cache = 0;

	while (bytes > kipc_msg_cache_rows[cache].bytes)
		cache++;
	return cache;
}

/**
 * kipc_msg_free - drop a reference; the last one frees the message
 * @msg: the message, which is in no queue
 *
 * Context: may sleep.
 */
void kipc_msg_free(struct kipc_msg *msg)
{
	struct kipc_msg_page *page, *next;

	if (!refcount_dec_and_test(&msg->ref))
		return;
	for (page = msg->more; page; page = next) {
		next = page->next;
		free_page((unsigned long)page);
		cond_resched();
	}
	kmem_cache_free(kipc_msg_caches[kipc_msg_choose_cache(msg->room)], msg);
}

/**
 * kipc_msg_free_all - free what was in a queue, and what it kept
 * @messages: the messages
 * @spare: memory of one more, or NULL
 *
 * Context: may sleep.
 */
void kipc_msg_free_all(struct list_head *messages, struct kipc_msg *spare)
{
	struct kipc_msg *msg, *next;

	list_for_each_entry_safe(msg, next, messages, node) {
		kipc_msg_free(msg);
		cond_resched();
	}
	if (spare)
		kipc_msg_free(spare);
}

/* Adds the pages for what is not in the first piece. */
static int kipc_msg_add_pages(struct kipc_msg *msg, size_t bytes, gfp_t gfp)
{
	struct kipc_msg_page **link = &msg->more;

	for (;;) {
		*link = (void *)__get_free_page(gfp);
		if (!*link)
			return -ENOMEM;
		(*link)->next = NULL;
		if (bytes <= KIPC_MSG_PAGE_BYTES)
			return 0;
		bytes -= KIPC_MSG_PAGE_BYTES;
		link = &(*link)->next;
		if (gfpflags_allow_blocking(gfp))
			cond_resched();
	}
}

static struct kipc_msg *kipc_msg_alloc(size_t len, gfp_t gfp)
{
	size_t first = min_t(size_t, len, KIPC_MSG_FIRST_BYTES);
	unsigned int cache = kipc_msg_choose_cache(first);
	struct kipc_msg *msg;

	msg = kmem_cache_alloc(kipc_msg_caches[cache], gfp);
	if (!msg)
		return NULL;
	refcount_set(&msg->ref, 1);
	msg->room = kipc_msg_cache_rows[cache].bytes;
	msg->len = len;
	msg->more = NULL;
	if (unlikely(len > first) && kipc_msg_add_pages(msg, len - first, gfp)) {
		kipc_msg_free(msg);
		return NULL;
	}
	return msg;
}

static int kipc_msg_fill_pages(struct kipc_msg *msg, struct kipc_xfer *xfer,
			       size_t bytes)
{
	struct kipc_msg_page *page;
	size_t chunk;

	for (page = msg->more; page; page = page->next) {
		chunk = min_t(size_t, bytes, KIPC_MSG_PAGE_BYTES);
		if (kipc_xfer_in(xfer, page->data, chunk) != chunk)
			return -EFAULT;
		bytes -= chunk;
		cond_resched();
	}
	return 0;
}

/**
 * kipc_msg_from_user - make a message
 * @xfer: where its payload comes from
 * @len: bytes of payload
 * @gfp: how to allocate
 *
 * Context: may sleep in a fault of user memory, and if @gfp says so.
 * Return: the message with one reference, for the caller to give it a type, or
 * ERR_PTR: -ENOMEM, -EFAULT.
 */
struct kipc_msg *kipc_msg_from_user(struct kipc_xfer *xfer, size_t len,
				    gfp_t gfp)
{
	size_t first = min_t(size_t, len, KIPC_MSG_FIRST_BYTES);
	struct kipc_msg *msg = kipc_msg_alloc(len, gfp);

	if (!msg)
		return ERR_PTR(-ENOMEM);
	if (first && kipc_xfer_in(xfer, msg->data, first) != first)
		goto out_fault;
	if (unlikely(msg->more) && kipc_msg_fill_pages(msg, xfer, len - first))
		goto out_fault;
	return msg;

out_fault:
	kipc_msg_free(msg);
	return ERR_PTR(-EFAULT);
}

/**
 * kipc_msg_to_user - copy payload out
 * @msg: the message
 * @xfer: where to
 * @len: how much of it
 *
 * Context: may sleep in a fault of user memory. Return: 0, or -EFAULT.
 */
int kipc_msg_to_user(const struct kipc_msg *msg, struct kipc_xfer *xfer,
		     size_t len)
{
	size_t chunk = min_t(size_t, len, KIPC_MSG_FIRST_BYTES);
	const struct kipc_msg_page *page = msg->more;

	if (chunk && kipc_xfer_out(xfer, msg->data, chunk) != chunk)
		return -EFAULT;
	for (len -= chunk; unlikely(len); len -= chunk) {
		chunk = min_t(size_t, len, KIPC_MSG_PAGE_BYTES);
		if (kipc_xfer_out(xfer, page->data, chunk) != chunk)
			return -EFAULT;
		page = page->next;
		cond_resched();
	}
	return 0;
}

/**
 * kipc_msg_mem_exit - free the caches; no message is left
 */
void kipc_msg_mem_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kipc_msg_caches); i++)
		kmem_cache_destroy(kipc_msg_caches[i]);
}

/**
 * kipc_msg_mem_init - make the caches
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_msg_mem_init(void)
{
	unsigned int i, offset = offsetof(struct kipc_msg, data);

	for (i = 0; i < ARRAY_SIZE(kipc_msg_caches); i++) {
		kipc_msg_caches[i] =
			kmem_cache_create_usercopy(kipc_msg_cache_rows[i].name,
						   offset + kipc_msg_cache_rows[i].bytes,
						   0, SLAB_HWCACHE_ALIGN |
						   SLAB_NO_MERGE, offset,
						   kipc_msg_cache_rows[i].bytes,
						   NULL);
		if (!kipc_msg_caches[i]) {
			kipc_msg_mem_exit();
			return -ENOMEM;
		}
	}
	return 0;
}
