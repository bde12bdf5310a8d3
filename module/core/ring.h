/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_RING_H
#define _KIPC_CORE_RING_H

#include <linux/mm.h>
#include <linux/types.h>

/*
 * A ring of bytes, backed by pages that appear when the first byte reaches them
 * and stay until the ring is trimmed or resized.
 *
 * Bytes are numbered by free-running 32-bit positions: @tail is the next byte
 * to read, @head the next to write, and all of @size bytes can be used. The
 * ring has no lock. Its owner serialises writers among themselves and readers
 * among themselves, and publishes @head and @tail under a lock of its own; what
 * a function below needs is said there. Only addresses inside the ring's own
 * pages are ever given to a copy, so a page of somebody else's cannot get in.
 */

struct iov_iter;

/* A pipe of default size needs no separate array of slots. */
#define KIPC_RING_INLINE_SLOTS	16
#define KIPC_RING_SIZE_DEFAULT	(KIPC_RING_INLINE_SLOTS * PAGE_SIZE)
#define KIPC_RING_SIZE_MAX	(1U << 31)

/**
 * struct kipc_ring - the ring
 * @head: position behind the last byte; moved by the writer
 * @tail: position of the first byte; moved by the reader
 * @size: capacity in bytes, a power of two, at least a page
 * @nr_pages: slots that have a page
 * @slots: one page's address, or NULL, for each page of @size
 * @pages: where to count pages, besides @nr_pages
 * @inline_slots: the array for the default size
 */
struct kipc_ring {
	u32 head;
	u32 tail;
	u32 size;
	u32 nr_pages;
	void **slots;
	atomic_long_t *pages;
	void *inline_slots[KIPC_RING_INLINE_SLOTS];
};

/**
 * struct kipc_xfer - user memory that bytes come from or go to
 * @buf: plain buffer of read() or write(); advanced by what was copied
 * @iter: iterator, used instead of @buf unless NULL
 */
struct kipc_xfer {
	void __user *buf;
	struct iov_iter *iter;
};

/**
 * kipc_ring_used - bytes in the ring
 * @ring: the ring; head and tail are stable, or the answer is a hint
 *
 * Return: bytes.
 */
static inline u32 kipc_ring_used(const struct kipc_ring *ring)
{
	return ring->head - ring->tail;
}

u32 kipc_ring_round(u64 size);
int kipc_ring_init(struct kipc_ring *ring, u32 size, atomic_long_t *pages);
void kipc_ring_destroy(struct kipc_ring *ring);
bool kipc_ring_is_populated(const struct kipc_ring *ring, u32 len);
int kipc_ring_populate(struct kipc_ring *ring, u32 len, gfp_t gfp);
u32 kipc_ring_fill(struct kipc_ring *ring, u32 len, struct kipc_xfer *xfer);
u32 kipc_ring_drain(struct kipc_ring *ring, u32 skip, u32 len,
		    struct kipc_xfer *xfer);
void kipc_ring_peek(const struct kipc_ring *ring, u32 skip, u32 len, void *to);
void kipc_ring_copy(struct kipc_ring *to, const struct kipc_ring *from);
void kipc_ring_assign(struct kipc_ring *to, const struct kipc_ring *from);
void kipc_ring_trim(struct kipc_ring *ring);

#endif /* _KIPC_CORE_RING_H */
