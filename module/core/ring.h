/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_RING_H
#define _KIPC_CORE_RING_H

#include <linux/mm.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "compat.h"

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

/* A pipe of default size needs no separate array of slots. */
#define KIPC_RING_INLINE_SLOTS	16
#define KIPC_RING_SIZE_DEFAULT	(KIPC_RING_INLINE_SLOTS * PAGE_SIZE)
#define KIPC_RING_SIZE_MAX	0x80000000U

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
 * kipc_ring_rewind - let an empty ring start again at its first page
 * @ring: the ring; the caller excludes readers and writers, and all others who
 *	look at its positions
 */
static inline void kipc_ring_rewind(struct kipc_ring *ring)
{
	WRITE_ONCE(ring->head, 0);
	WRITE_ONCE(ring->tail, 0);
}

/**
 * kipc_ring_used - bytes in the ring
 * @ring: the ring; head and tail are stable
 *
 * Return: bytes.
 */
static inline u32 kipc_ring_used(const struct kipc_ring *ring)
{
	return ring->head - ring->tail;
}

/**
 * kipc_ring_used_about - bytes in the ring, while readers or writers go on
 * @ring: the ring
 *
 * Return: bytes; a hint.
 */
static inline u32 kipc_ring_used_about(const struct kipc_ring *ring)
{
	return READ_ONCE(ring->head) - READ_ONCE(ring->tail);
}

static inline u32 kipc_ring_slot(const struct kipc_ring *ring, u32 pos)
{
	return (pos & (ring->size - 1)) >> PAGE_SHIFT;
}

static inline void *kipc_ring_addr(const struct kipc_ring *ring, u32 pos)
{
	return ring->slots[kipc_ring_slot(ring, pos)] + offset_in_page(pos);
}

/* Are the bytes from @pos on in one page? */
static inline bool kipc_ring_is_one_chunk(u32 pos, u32 len)
{
	return offset_in_page(pos) + len <= PAGE_SIZE;
}

/*
 * The bounds of both copies are computed from the ring's own geometry, so the
 * walk that hardened usercopy would make to find out what object the kernel
 * address belongs to, a third of the cost of a one-byte transfer, is left out.
 */
static inline size_t kipc_xfer_in(struct kipc_xfer *xfer, void *to, size_t len)
{
	size_t left;

	if (xfer->iter)
		return _copy_from_iter(to, len, xfer->iter);
	left = kipc_copy_from_user(to, xfer->buf, len);
	xfer->buf += len - left;
	return len - left;
}

/*
 * By address and never by page: a pipe of the kernel as the destination would
 * keep a reference on the page instead of copying it.
 */
static inline size_t kipc_xfer_out(struct kipc_xfer *xfer, const void *from,
				   size_t len)
{
	size_t left;

	if (xfer->iter)
		return _copy_to_iter(from, len, xfer->iter);
	left = kipc_copy_to_user(xfer->buf, from, len);
	xfer->buf += len - left;
	return len - left;
}

/*
 * Forgets that the last @len bytes were copied out. An iterator may be a pipe of the kernel,
 * which keeps, up to 6.4, all that it took, and not only what it is told that there was.
 */
static inline void kipc_xfer_revert(struct kipc_xfer *xfer, size_t len)
{
	if (xfer->iter)
		iov_iter_revert(xfer->iter, len);
	else
		xfer->buf -= len;
}

u32 kipc_ring_round(u64 size);
int kipc_ring_init(struct kipc_ring *ring, u32 size, atomic_long_t *pages);
void kipc_ring_destroy(struct kipc_ring *ring);
int kipc_ring_populate(struct kipc_ring *ring, u32 len, gfp_t gfp);
void kipc_ring_peek(const struct kipc_ring *ring, u32 start, u32 len, void *to);
void kipc_ring_poke(struct kipc_ring *ring, u32 start, u32 len, const void *from);
void kipc_ring_copy(struct kipc_ring *to, const struct kipc_ring *from);
void kipc_ring_assign(struct kipc_ring *to, const struct kipc_ring *from);
u32 kipc_ring_trim(struct kipc_ring *ring, u32 max);

/* The general cases of the three functions below. */
bool kipc_ring_is_populated_many(const struct kipc_ring *ring, u32 len);
u32 kipc_ring_fill_many(struct kipc_ring *ring, u32 len,
			struct kipc_xfer *xfer);
u32 kipc_ring_drain_many(struct kipc_ring *ring, u32 len,
			 struct kipc_xfer *xfer);

/**
 * kipc_ring_is_populated - are there pages for the next bytes?
 * @ring: the ring; the caller is the only writer
 * @len: bytes behind the head, 1 at least
 *
 * Return: true if kipc_ring_fill() of @len bytes needs no new page.
 */
static inline bool kipc_ring_is_populated(const struct kipc_ring *ring, u32 len)
{
	if (likely(kipc_ring_is_one_chunk(ring->head, len)))
		return ring->slots[kipc_ring_slot(ring, ring->head)];
	return kipc_ring_is_populated_many(ring, len);
}

/**
 * kipc_ring_fill - copy bytes in behind the head, without moving it
 * @ring: the ring, populated; the caller is the only writer
 * @len: bytes
 * @xfer: where they come from
 *
 * Context: may sleep in a fault of user memory.
 * Return: bytes copied; fewer than @len only when the source faulted, and then
 * up to the end of a page.
 */
static inline u32 kipc_ring_fill(struct kipc_ring *ring, u32 len,
				 struct kipc_xfer *xfer)
{
	void *to = kipc_ring_addr(ring, ring->head);

	if (likely(kipc_ring_is_one_chunk(ring->head, len)))
		return kipc_xfer_in(xfer, to, len) == len ? len : 0;
	return kipc_ring_fill_many(ring, len, xfer);
}

/**
 * kipc_ring_drain - copy bytes out, without moving the tail
 * @ring: the ring; the caller is the only reader
 * @len: bytes; there are that many
 * @xfer: where they go to
 *
 * Context: may sleep in a fault of user memory.
 * Return: bytes copied, by which @xfer is advanced; fewer than @len only when the
 * destination faulted, and then up to the end of a page.
 */
static inline u32 kipc_ring_drain(struct kipc_ring *ring, u32 len,
				  struct kipc_xfer *xfer)
{
	void *from = kipc_ring_addr(ring, ring->tail);
	size_t copied;

	if (unlikely(!kipc_ring_is_one_chunk(ring->tail, len)))
		return kipc_ring_drain_many(ring, len, xfer);
	copied = kipc_xfer_out(xfer, from, len);
	if (likely(copied == len))
		return len;
	kipc_xfer_revert(xfer, copied);
	return 0;
}

#endif /* _KIPC_CORE_RING_H */
