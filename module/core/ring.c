// SPDX-License-Identifier: GPL-2.0
/* The ring of bytes; see ring.h. */
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "core/ring.h"

/* Pages are allocated in runs of up to 8 where many are needed at once. */
#define KIPC_RING_ORDER_MAX	3

/*
 * The number of bytes at @pos that are contiguous in memory, @len at most. Pages
 * that were allocated together are copied together.
 */
static u32 kipc_ring_chunk(const struct kipc_ring *ring, u32 pos, u32 len)
{
	u32 last = (ring->size >> PAGE_SHIFT) - 1;
	u32 slot = kipc_ring_slot(ring, pos);
	u32 chunk = PAGE_SIZE - offset_in_page(pos);

	for (; chunk < len && slot < last; slot++, chunk += PAGE_SIZE)
		if (ring->slots[slot + 1] != ring->slots[slot] + PAGE_SIZE)
			break;
	return min(chunk, len);
}

/* Of @copied bytes at @pos, those that end with a page: a fault came behind. */
static u32 kipc_ring_whole_pages(u32 pos, u32 copied)
{
	u32 part = offset_in_page(pos + copied);

	return copied > part ? copied - part : 0;
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
 * @ring: memory of the ring, with no page in any of its inline slots
 * @size: capacity, as kipc_ring_round() gives it
 * @pages: where to count pages, besides the ring's own counter
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM.
 */
int kipc_ring_init(struct kipc_ring *ring, u32 size, atomic_long_t *pages)
{
	u32 nr_slots = size >> PAGE_SHIFT;

	ring->head = 0;
	ring->tail = 0;
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
	if (ring->nr_pages)
		kipc_ring_trim(ring, U32_MAX);
	if (ring->slots != ring->inline_slots)
		kvfree(ring->slots);
}

bool kipc_ring_is_populated_many(const struct kipc_ring *ring, u32 len)
{
	u32 slot = kipc_ring_slot(ring, ring->head);
	u32 nr = DIV_ROUND_UP(offset_in_page(ring->head) + len, PAGE_SIZE);
	u32 mask = (ring->size >> PAGE_SHIFT) - 1;

	for (; nr; nr--, slot = (slot + 1) & mask)
		if (!ring->slots[slot])
			return false;
	return true;
}

/* How many slots from @slot on, of @nr, have no page and do not wrap around. */
static u32 kipc_ring_hole(const struct kipc_ring *ring, u32 slot, u32 nr)
{
	u32 nr_slots = ring->size >> PAGE_SHIFT;
	u32 hole = 0;

	while (hole < nr && slot + hole < nr_slots && !ring->slots[slot + hole])
		hole++;
	return hole;
}

/* Allocates 1 to @nr pages that are contiguous; *@order says how many. */
static struct page *kipc_ring_alloc(u32 nr, gfp_t gfp, unsigned int *order)
{
	struct page *page;

	*order = min_t(unsigned int, ilog2(nr), KIPC_RING_ORDER_MAX);
	if (*order) {
		page = alloc_pages(gfp | __GFP_NORETRY | __GFP_NOWARN, *order);
		if (page) {
			/* They are freed one by one. */
			split_page(page, *order);
			return page;
		}
		*order = 0;
	}
	return alloc_page(gfp);
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
	u32 mask = (ring->size >> PAGE_SHIFT) - 1;
	u32 slot = kipc_ring_slot(ring, ring->head);
	u32 nr = DIV_ROUND_UP(offset_in_page(ring->head) + len, PAGE_SIZE);
	unsigned int order;
	struct page *page;
	u32 i, hole;

	while (nr) {
		hole = kipc_ring_hole(ring, slot, nr);
		if (!hole) {
			slot = (slot + 1) & mask;
			nr--;
			continue;
		}
		page = kipc_ring_alloc(hole, gfp, &order);
		if (!page)
			return -ENOMEM;
		for (i = 0; i < 1U << order; i++)
			ring->slots[slot + i] = page_address(page + i);
		WRITE_ONCE(ring->nr_pages, ring->nr_pages + i);
		atomic_long_add(i, ring->pages);
		slot = (slot + i) & mask;
		nr -= i;
	}
	return 0;
}

u32 kipc_ring_fill_many(struct kipc_ring *ring, u32 len,
			struct kipc_xfer *xfer)
{
	u32 done = 0, chunk, copied, pos;

	while (done < len) {
		pos = ring->head + done;
		chunk = kipc_ring_chunk(ring, pos, len - done);
		copied = kipc_xfer_in(xfer, kipc_ring_addr(ring, pos), chunk);
		if (unlikely(copied < chunk))
			return done + kipc_ring_whole_pages(pos, copied);
		done += chunk;
	}
	return done;
}

u32 kipc_ring_drain_many(struct kipc_ring *ring, u32 len,
			 struct kipc_xfer *xfer)
{
	u32 done = 0, chunk, copied, whole, pos;

	while (done < len) {
		pos = ring->tail + done;
		chunk = kipc_ring_chunk(ring, pos, len - done);
		copied = kipc_xfer_out(xfer, kipc_ring_addr(ring, pos), chunk);
		if (unlikely(copied < chunk)) {
			whole = kipc_ring_whole_pages(pos, copied);
			kipc_xfer_revert(xfer, copied - whole);
			return done + whole;
		}
		done += chunk;
	}
	return done;
}

/**
 * kipc_ring_peek - copy bytes out to kernel memory, without moving the tail
 * @ring: the ring
 * @start: position of the first byte. Not counted from the tail, which a splice
 *	may move meanwhile.
 * @len: bytes to copy; the caller keeps their pages in place
 * @to: where they go to
 */
void kipc_ring_peek(const struct kipc_ring *ring, u32 start, u32 len, void *to)
{
	u32 done, chunk, pos;

	for (done = 0; done < len; done += chunk) {
		pos = start + done;
		chunk = kipc_ring_chunk(ring, pos, len - done);
		memcpy(to + done, kipc_ring_addr(ring, pos), chunk);
	}
}

/**
 * kipc_ring_poke - copy bytes in from kernel memory, without moving the head
 * @ring: the ring; the caller is the only writer
 * @start: position of the first byte
 * @len: bytes to copy, for which the ring is populated
 * @from: where they come from
 */
void kipc_ring_poke(struct kipc_ring *ring, u32 start, u32 len, const void *from)
{
	u32 done, chunk, pos;

	for (done = 0; done < len; done += chunk) {
		pos = start + done;
		chunk = kipc_ring_chunk(ring, pos, len - done);
		memcpy(kipc_ring_addr(ring, pos), from + done, chunk);
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
		chunk = kipc_ring_chunk(to, to->head, from->head - to->head);
		kipc_ring_peek(from, to->head, chunk,
			       kipc_ring_addr(to, to->head));
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
	/* These are looked at without any lock, too. */
	WRITE_ONCE(to->head, from->head);
	WRITE_ONCE(to->tail, from->tail);
	WRITE_ONCE(to->size, from->size);
	WRITE_ONCE(to->nr_pages, from->nr_pages);
	to->pages = from->pages;
	memcpy(to->inline_slots, from->inline_slots, sizeof(to->inline_slots));
	to->slots = from->slots == from->inline_slots ? to->inline_slots :
							from->slots;
}

/**
 * kipc_ring_trim - free pages of an empty ring
 * @ring: the ring; the caller excludes readers and writers
 * @max: how many pages to free at most
 *
 * Context: any but hard interrupt.
 * Return: how many pages were freed.
 */
u32 kipc_ring_trim(struct kipc_ring *ring, u32 max)
{
	u32 slot, nr_slots = ring->size >> PAGE_SHIFT;
	u32 freed = 0;

	for (slot = 0; slot < nr_slots && ring->nr_pages && freed < max; slot++) {
		if (!ring->slots[slot])
			continue;
		freed++;
		free_page((unsigned long)ring->slots[slot]);
		ring->slots[slot] = NULL;
		WRITE_ONCE(ring->nr_pages, ring->nr_pages - 1);
		atomic_long_dec(ring->pages);
	}
	return freed;
}
