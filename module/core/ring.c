// SPDX-License-Identifier: GPL-2.0
/* The ring of bytes; see ring.h. */
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "compat.h"
#include "core/ring.h"

/*
 * The bounds of both copies are computed from the ring's own geometry, so the
 * walk that hardened usercopy would make to find out what object the kernel
 * address belongs to, a third of the cost of a one-byte transfer, is left out.
 */
static size_t kipc_xfer_in(struct kipc_xfer *xfer, void *to, size_t len)
{
	size_t left;

	if (xfer->iter)
		return _copy_from_iter(to, len, xfer->iter);
	left = _copy_from_user(to, xfer->buf, len);
	xfer->buf += len - left;
	return len - left;
}

/*
 * By address and never by page: a pipe of the kernel as the destination would
 * keep a reference on the page instead of copying it.
 */
static size_t kipc_xfer_out(struct kipc_xfer *xfer, const void *from,
			    size_t len)
{
	size_t left;

	if (xfer->iter)
		return _copy_to_iter(from, len, xfer->iter);
	left = _copy_to_user(xfer->buf, from, len);
	xfer->buf += len - left;
	return len - left;
}

static inline u32 kipc_ring_slot(const struct kipc_ring *ring, u32 pos)
{
	return (pos & (ring->size - 1)) >> PAGE_SHIFT;
}

/* The number of bytes at @pos that are contiguous in memory, @len at most. */
static inline u32 kipc_ring_chunk(u32 pos, u32 len)
{
	return min_t(u32, len, PAGE_SIZE - offset_in_page(pos));
}

static inline void *kipc_ring_addr(const struct kipc_ring *ring, u32 pos)
{
	return ring->slots[kipc_ring_slot(ring, pos)] + offset_in_page(pos);
}

/**
 * kipc_ring_round - the capacity that a ring has when so much is asked for
 * @size: bytes wanted
 *
 * Return: @size rounded up to a page times a power of two; 0 if that is more
 * than KIPC_RING_SIZE_MAX.
 */
u32 kipc_ring_round(u64 size)
{
	if (size > KIPC_RING_SIZE_MAX)
		return 0;
	return roundup_pow_of_two(max_t(u64, size, PAGE_SIZE));
}

/**
 * kipc_ring_init - set up an empty ring, without pages
 * @ring: zeroed memory of the ring
 * @size: capacity, as kipc_ring_round() gives it
 * @pages: where to count pages, besides the ring's own counter
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM.
 */
int kipc_ring_init(struct kipc_ring *ring, u32 size, atomic_long_t *pages)
{
	u32 nr_slots = size >> PAGE_SHIFT;

	ring->size = size;
	ring->pages = pages;
	if (nr_slots <= KIPC_RING_INLINE_SLOTS) {
		ring->slots = ring->inline_slots;
		return 0;
	}
	ring->slots = kvcalloc(nr_slots, sizeof(*ring->slots),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return ring->slots ? 0 : -ENOMEM;
}

/**
 * kipc_ring_destroy - free all that a ring has
 * @ring: the ring; nobody else uses it
 */
void kipc_ring_destroy(struct kipc_ring *ring)
{
	kipc_ring_trim(ring);
	if (ring->slots != ring->inline_slots)
		kvfree(ring->slots);
}

/**
 * kipc_ring_is_populated - are there pages for the next bytes?
 * @ring: the ring; the caller is the only writer
 * @len: bytes behind the head, 1 at least
 *
 * Return: true if kipc_ring_fill() of @len bytes needs no new page.
 */
bool kipc_ring_is_populated(const struct kipc_ring *ring, u32 len)
{
	u32 slot = kipc_ring_slot(ring, ring->head);
	u32 nr = DIV_ROUND_UP(offset_in_page(ring->head) + len, PAGE_SIZE);
	u32 mask = (ring->size >> PAGE_SHIFT) - 1;

	for (; nr; nr--, slot = (slot + 1) & mask)
		if (!ring->slots[slot])
			return false;
	return true;
}

/**
 * kipc_ring_populate - make sure that there are pages for the next bytes
 * @ring: the ring; the caller is the only writer
 * @len: bytes behind the head, 1 at least, not more than are free
 * @gfp: how to allocate
 *
 * Context: may sleep if @gfp may.
 * Return: 0, or -ENOMEM; pages allocated before that stay.
 */
int kipc_ring_populate(struct kipc_ring *ring, u32 len, gfp_t gfp)
{
	u32 slot = kipc_ring_slot(ring, ring->head);
	u32 nr = DIV_ROUND_UP(offset_in_page(ring->head) + len, PAGE_SIZE);
	u32 mask = (ring->size >> PAGE_SHIFT) - 1;
	struct page *page;

	for (; nr; nr--, slot = (slot + 1) & mask) {
		if (ring->slots[slot])
			continue;
		page = alloc_page(gfp);
		if (!page)
			return -ENOMEM;
		ring->slots[slot] = page_address(page);
		WRITE_ONCE(ring->nr_pages, ring->nr_pages + 1);
		atomic_long_inc(ring->pages);
	}
	return 0;
}

/**
 * kipc_ring_fill - copy bytes in behind the head, without moving it
 * @ring: the ring, populated; the caller is the only writer
 * @len: bytes
 * @xfer: where they come from
 *
 * Context: may sleep in a fault of user memory.
 * Return: bytes copied; fewer than @len only when the source faulted, and then
 * a whole number of contiguous pieces.
 */
u32 kipc_ring_fill(struct kipc_ring *ring, u32 len, struct kipc_xfer *xfer)
{
	u32 done = 0, chunk;

	while (done < len) {
		chunk = kipc_ring_chunk(ring->head + done, len - done);
		if (kipc_xfer_in(xfer, kipc_ring_addr(ring, ring->head + done),
				 chunk) != chunk)
			break;
		done += chunk;
	}
	return done;
}

/**
 * kipc_ring_drain - copy bytes out, without moving the tail
 * @ring: the ring; the caller keeps others from reading
 * @skip: bytes to leave out, behind the tail
 * @len: bytes to copy behind those; there are that many
 * @xfer: where they go to
 *
 * Context: may sleep in a fault of user memory.
 * Return: bytes copied; fewer than @len only when the destination faulted, and
 * then a whole number of contiguous pieces.
 */
u32 kipc_ring_drain(struct kipc_ring *ring, u32 skip, u32 len,
		    struct kipc_xfer *xfer)
{
	u32 done = 0, chunk, pos;

	while (done < len) {
		pos = ring->tail + skip + done;
		chunk = kipc_ring_chunk(pos, len - done);
		if (kipc_xfer_out(xfer, kipc_ring_addr(ring, pos), chunk) !=
		    chunk)
			break;
		done += chunk;
	}
	return done;
}

/**
 * kipc_ring_peek - copy bytes out to kernel memory, without moving the tail
 * @ring: the ring; the caller keeps others from reading
 * @skip: bytes to leave out, behind the tail
 * @len: bytes to copy behind those; there are that many
 * @to: where they go to
 */
void kipc_ring_peek(const struct kipc_ring *ring, u32 skip, u32 len, void *to)
{
	u32 done, chunk, pos;

	for (done = 0; done < len; done += chunk) {
		pos = ring->tail + skip + done;
		chunk = kipc_ring_chunk(pos, len - done);
		memcpy(to + done, kipc_ring_addr(ring, pos), chunk);
	}
}

/**
 * kipc_ring_copy - copy the content of one ring into another
 * @to: the ring to fill: its head is at the first byte to copy, and it is
 *	populated for all from there to the head of @from
 * @from: the ring to copy from; the caller keeps others from writing to it
 *
 * Positions stay what they are: only the size of the rings differs.
 */
void kipc_ring_copy(struct kipc_ring *to, const struct kipc_ring *from)
{
	u32 chunk;

	while (to->head != from->head) {
		chunk = kipc_ring_chunk(to->head, from->head - to->head);
		memcpy(kipc_ring_addr(to, to->head),
		       kipc_ring_addr(from, to->head), chunk);
		to->head += chunk;
	}
}

/**
 * kipc_ring_assign - move a ring's structure in memory
 * @to: where it goes to
 * @from: where it comes from, not to be used any more
 */
void kipc_ring_assign(struct kipc_ring *to, const struct kipc_ring *from)
{
	*to = *from;
	if (from->slots == from->inline_slots)
		to->slots = to->inline_slots;
}

/**
 * kipc_ring_trim - free all pages of an empty ring, and start at position 0
 * @ring: the ring; the caller excludes readers and writers
 *
 * Context: any but hard interrupt.
 */
void kipc_ring_trim(struct kipc_ring *ring)
{
	u32 slot, nr_slots = ring->size >> PAGE_SHIFT;

	for (slot = 0; slot < nr_slots && ring->nr_pages; slot++) {
		if (!ring->slots[slot])
			continue;
		free_page((unsigned long)ring->slots[slot]);
		ring->slots[slot] = NULL;
		WRITE_ONCE(ring->nr_pages, ring->nr_pages - 1);
		atomic_long_dec(ring->pages);
	}
	ring->head = 0;
	ring->tail = 0;
}
