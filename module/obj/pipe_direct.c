// SPDX-License-Identifier: GPL-2.0
/*
 * Pipes: large writes, which readers copy straight out of the writer's memory.
 *
 * A write that finds the pipe full, or a reader waiting, and has more left than a ring holds,
 * pins its pages, publishes them (&struct kipc_pipe.direct) and sleeps. Readers take first what
 * was in the ring before, then from those pages: one copy instead of two, and the writer need
 * not run for each ringful. What others write meanwhile goes into the ring, behind it. The last
 * ringful of the write goes through the ring, so that the writer returns when it would natively.
 * Natively a pipe whose writer sleeps is full. So a reader who leaves less than a ringful of
 * it all moves that to the ring and has the writer go on.
 *
 * A reader marks the pages busy and copies with no spinlock held. A writer that gets a signal
 * withdraws them, unless they are busy: then it waits until that one copy has ended, so that
 * it knows how much was taken. A writer that is killed does not wait. So the pages are
 * unpinned by whoever is last, which the reference count tells.
 *
 * A splice cannot read from them: it has the ring filled and ends it, and the writer goes on
 * through the ring. So does who changes the size.
 */
#include <linux/cred.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/refcount.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "core/account.h"
#include "obj/pipe.h"
#include "trace.h"

/* Less than that is not worth the pinning. */
#define KIPC_DIRECT_MIN		SZ_32K
/* So many pages at once, and of one user: they cannot be moved meanwhile. */
#define KIPC_DIRECT_PAGES	256
#define KIPC_DIRECT_USER_PAGES	(SZ_16M >> PAGE_SHIFT)
/* Of each such lot a ringful goes through the ring: with a larger one not much is gained. */
#define KIPC_DIRECT_RING_MAX	(KIPC_DIRECT_PAGES / 2 * PAGE_SIZE)

/**
 * struct kipc_direct - memory of a writer, for readers to copy from
 * @ref: one of the writer and one of whoever copies
 * @at: it comes after the bytes of the ring up to this position; constant
 * @offset: of its first byte in the first page; constant
 * @len: bytes; constant
 * @done: bytes that were taken; changes under the pipe's rd_lock and lock
 * @moved: those of them that went to the ring; likewise
 * @busy: a reader is copying; lock
 * @leaving: the writer wants to know when that is done; lock
 * @waiter: the writer, which is there as long as this is published; constant
 * @user: who is charged for the pages; a counted reference
 * @nr_pages: how many; constant
 * @pages: the pages, pinned
 */
struct kipc_direct {
	refcount_t ref;
	u32 at;
	u32 offset;
	u32 len;
	u32 done;
	u32 moved;
	bool busy;
	bool leaving;
	struct kipc_waiter *waiter;
	struct kipc_user *user;
	unsigned int nr_pages;
	struct page *pages[KIPC_DIRECT_PAGES];
};

static struct kmem_cache *kipc_direct_cache __ro_after_init;

static void kipc_direct_put(struct kipc_direct *direct)
{
	if (!refcount_dec_and_test(&direct->ref))
		return;
	unpin_user_pages(direct->pages, direct->nr_pages);
	kipc_user_uncharge(direct->user, KIPC_CHARGE_PINNED, direct->nr_pages);
	kipc_user_put(direct->user);
	kmem_cache_free(kipc_direct_cache, direct);
}

/*
 * Pins up to @nr_pages pages from @start on, which are mapped and belong to nobody else: so
 * nothing is faulted in or copied for it, and no file is kept from being truncated. What must
 * not stay where it is for as long as it takes is left out; from 6.3 on it is moved. Returns
 * how many.
 */
static unsigned int kipc_direct_pin_pages(struct kipc_direct *direct,
					  unsigned long start,
					  unsigned int nr_pages)
{
	int pinned, i;

	pinned = pin_user_pages_fast(start, nr_pages,
				     FOLL_LONGTERM | KIPC_FOLL_PRESENT,
				     direct->pages);
	for (i = 0; i < pinned; i++)
		if (!folio_test_anon(page_folio(direct->pages[i])))
			break;
	if (i < pinned)
		unpin_user_pages(direct->pages + i, pinned - i);
	return i;
}

/*
 * Pins up to @len bytes of the calling process at @buf. Returns NULL if that cannot be, for
 * whatever reason: the bytes can still be copied, or fail to be, in the ordinary way.
 */
static struct kipc_direct *kipc_direct_pin(const void __user *buf, size_t len)
{
	u32 offset = offset_in_page(buf);
	struct kipc_direct *direct;
	unsigned int nr_pages;

	len = min_t(size_t, len, KIPC_DIRECT_PAGES * PAGE_SIZE - offset);
	nr_pages = DIV_ROUND_UP(offset + len, PAGE_SIZE);
	direct = kmem_cache_alloc(kipc_direct_cache, GFP_KERNEL | __GFP_NOWARN);
	if (!direct)
		return NULL;
	direct->user = kipc_user_get(current_uid());
	if (!direct->user)
		goto out_free;
	if (!kipc_user_try_charge(direct->user, KIPC_CHARGE_PINNED, nr_pages,
				  KIPC_DIRECT_USER_PAGES))
		goto out_put;
	refcount_set(&direct->ref, 1);
	direct->offset = offset;
	direct->nr_pages = kipc_direct_pin_pages(direct, (unsigned long)buf - offset,
						 nr_pages);
	direct->done = 0;
	direct->moved = 0;
	direct->busy = false;
	direct->leaving = false;
	kipc_user_uncharge(direct->user, KIPC_CHARGE_PINNED,
			   nr_pages - direct->nr_pages);
	if (direct->nr_pages * PAGE_SIZE >= offset + KIPC_DIRECT_MIN) {
		len = min_t(size_t, len, direct->nr_pages * PAGE_SIZE - offset);
		/* Whole pages, so that who reads no more than one gets them whole, as natively. */
		direct->len = round_down(len, PAGE_SIZE);
		if (direct->len)
			return direct;
	}
	kipc_direct_put(direct);
	return NULL;

out_put:
	kipc_user_put(direct->user);
out_free:
	kmem_cache_free(kipc_direct_cache, direct);
	return NULL;
}

/**
 * kipc_direct_left_locked - bytes that readers can still take of a large write
 * @pipe: the pipe; its lock is held
 *
 * Return: bytes; 0 if there is no such write.
 */
u32 kipc_direct_left_locked(const struct kipc_pipe *pipe)
{
	const struct kipc_direct *direct = pipe->direct;

	return direct ? direct->len - direct->done : 0;
}

/**
 * kipc_direct_writer_locked - the thread whose memory readers copy from
 * @pipe: the pipe; its lock is held
 *
 * Return: the thread, which waits, or NULL if there is none.
 */
struct task_struct *kipc_direct_writer_locked(const struct kipc_pipe *pipe)
{
	return pipe->direct ? pipe->direct->waiter->task : NULL;
}

/**
 * kipc_direct_end_locked - have the writer go on
 * @pipe: the pipe; its lock is held
 * @wake: where to note whom to wake
 *
 * No reader is copying from it. What was not read of the write stays the writer's. If there is
 * none, nothing happens.
 */
void kipc_direct_end_locked(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake)
{
	struct kipc_direct *direct = pipe->direct;

	lockdep_assert_held(&pipe->lock);
	if (!direct)
		return;
	WARN_ON_ONCE(direct->busy);
	WRITE_ONCE(pipe->direct, NULL);
	wake->direct = direct->waiter;
	wake->direct_task = kipc_waiter_take_one_locked(direct->waiter, 0);
	wake->what |= KIPC_WAKE_DIRECT;
}

/* Is there, with @direct, as much to read as in a pipe that is full? */
static bool kipc_direct_is_enough_locked(const struct kipc_pipe *pipe,
					 const struct kipc_direct *direct)
{
	return kipc_ring_used(&pipe->ring) + direct->len - direct->done >=
	       pipe->ring.size;
}

/* Copies bytes out, without counting them as read. */
static u32 kipc_direct_copy(const struct kipc_direct *direct, u32 len,
			    struct kipc_xfer *xfer)
{
	u32 pos = direct->offset + direct->done, done = 0, bytes, copied;
	void *from;

	while (done < len) {
		bytes = min_t(u32, len - done, PAGE_SIZE - offset_in_page(pos));
		from = kmap_local_page(direct->pages[pos >> PAGE_SHIFT]);
		copied = kipc_xfer_out(xfer, from + offset_in_page(pos), bytes);
		kunmap_local(from);
		done += copied;
		pos += copied;
		if (unlikely(copied < bytes))
			break;
	}
	return done;
}

/* Gives a reader what comes first, if that is a large write. */
static struct kipc_direct *kipc_direct_begin_read(struct kipc_pipe *pipe)
{
	struct kipc_direct *direct;

	spin_lock(&pipe->lock);
	direct = pipe->direct;
	if (direct && (s32)(direct->at - pipe->ring.tail) <= 0) {
		refcount_inc(&direct->ref);
		direct->busy = true;
	} else {
		direct = NULL;
	}
	spin_unlock(&pipe->lock);
	return direct;
}

static void kipc_direct_end_read(struct kipc_pipe *pipe, const struct file *file,
				 struct kipc_direct *direct, u32 bytes,
				 struct kipc_pipe_wake *wake)
{
	spin_lock(&pipe->lock);
	direct->busy = false;
	direct->done += bytes;
	if (bytes) {
		pipe->passed += bytes;
		kipc_pipe_note_write_locked(pipe);
		kipc_pipe_note_read_locked(pipe, file);
		trace_kipc_pipe_read(&pipe->obj, bytes,
				     kipc_ring_used(&pipe->ring));
	}
	/* A writer that was killed has withdrawn it, and perhaps another has come. */
	if (pipe->direct == direct &&
	    (direct->leaving || direct->done == direct->len))
		kipc_direct_end_locked(pipe, wake);
	if (kipc_pipe_is_watched_locked(pipe))
		kipc_pipe_notify_read_locked(pipe, 0, false, wake);
	spin_unlock(&pipe->lock);
	kipc_direct_put(direct);
}

/*
 * The bytes of the ring that come before a large write; all if there is none any more, which
 * @behind tells.
 */
static u32 kipc_direct_ahead(struct kipc_pipe *pipe, bool *behind)
{
	u32 ahead;

	spin_lock(&pipe->lock);
	ahead = kipc_ring_used(&pipe->ring);
	*behind = pipe->direct;
	if (pipe->direct)
		ahead = max_t(s32, 0, pipe->direct->at - pipe->ring.tail);
	spin_unlock(&pipe->lock);
	return ahead;
}

/**
 * kipc_direct_read - read from a pipe with a large write
 * @pipe: the pipe; the caller has rd_lock, and there is no claim
 * @file: the end that is read from
 * @xfer: where the bytes go
 * @len: how many at most
 * @wake: where to note whom to wake
 *
 * Context: may sleep in a fault of user memory.
 * Return: bytes; 0 if there is nothing to read any more; -EFAULT.
 */
ssize_t kipc_direct_read(struct kipc_pipe *pipe, const struct file *file,
			 struct kipc_xfer *xfer, size_t len,
			 struct kipc_pipe_wake *wake)
{
	struct kipc_direct *direct;
	u32 ahead, bytes, copied;
	ssize_t done = 0, more;
	bool behind;

	ahead = kipc_direct_ahead(pipe, &behind);
	if (ahead) {
		done = kipc_pipe_take(pipe, file, xfer, len, ahead, wake);
		/* A packet ends a read, also if a large write comes just then. */
		if (done < (ssize_t)ahead || done == len || !behind)
			return done;
		/* Before more is changed. */
		kipc_pipe_wake(pipe, wake);
	}
	direct = kipc_direct_begin_read(pipe);
	if (!direct)
		return done;
	bytes = min_t(size_t, len - done, direct->len - direct->done);
	copied = kipc_direct_copy(direct, bytes, xfer);
	kipc_direct_end_read(pipe, file, direct, copied, wake);
	done += copied;
	if (unlikely(copied < bytes))
		return done ?: -EFAULT;
	if (done == len)
		return done;
	/* What others have written meanwhile. */
	kipc_pipe_wake(pipe, wake);
	ahead = kipc_direct_ahead(pipe, &behind);
	if (!ahead)
		return done;
	more = kipc_pipe_take(pipe, file, xfer, len - done, ahead, wake);
	return done + max_t(ssize_t, more, 0);
}

/* Copies to the ring as many bytes as it has room and memory for; returns how many. */
static u32 kipc_direct_fill(struct kipc_pipe *pipe, const struct kipc_direct *direct,
			    bool nowait)
{
	u32 len = min(kipc_pipe_room(pipe), direct->len - direct->done);
	u32 done, bytes, pos;
	void *from;

	if (!len ||
	    kipc_pipe_populate(pipe, READ_ONCE(pipe->reserved) + len, nowait))
		return 0;
	for (done = 0; done < len; done += bytes) {
		pos = direct->offset + direct->done + done;
		bytes = min_t(u32, len - done, PAGE_SIZE - offset_in_page(pos));
		from = kmap_local_page(direct->pages[pos >> PAGE_SHIFT]);
		kipc_ring_poke(&pipe->ring, pipe->ring.head + done, bytes,
			       from + offset_in_page(pos));
		kunmap_local(from);
	}
	return len;
}

/**
 * kipc_direct_to_ring - have a large write go on through the ring
 * @pipe: the pipe; the caller has rd_lock and wr_lock, and no spinlock
 * @nowait: do not wait for memory
 * @wake: where to note whom to wake, before anything that takes long
 *
 * The ring then has what the writer would fill it with, so that who looks before the writer
 * has run finds no gap; unless others have written meanwhile, which then comes first. Nothing
 * happens if there is no large write.
 *
 * Context: sleeps for memory, without @nowait. Without memory the writer comes to fill the ring
 * itself.
 */
void kipc_direct_to_ring(struct kipc_pipe *pipe, bool nowait, struct kipc_pipe_wake *wake)
{
	struct kipc_direct *direct;
	u32 bytes = 0;

	lockdep_assert_held(&pipe->rd_lock);
	/* The writer cannot withdraw it now, unless it is killed. */
	lockdep_assert_held(&pipe->wr_lock);
	spin_lock(&pipe->lock);
	direct = pipe->direct;
	if (direct)
		refcount_inc(&direct->ref);
	spin_unlock(&pipe->lock);
	if (!direct)
		return;
	if (direct->at == pipe->ring.head)
		bytes = kipc_direct_fill(pipe, direct, nowait);
	spin_lock(&pipe->lock);
	if (bytes && pipe->direct) {
		direct->done += bytes;
		direct->moved = bytes;
		kipc_pipe_commit_write_locked(pipe, bytes, NULL, 0, wake);
	}
	kipc_direct_end_locked(pipe, wake);
	spin_unlock(&pipe->lock);
	kipc_direct_put(direct);
}

/**
 * kipc_direct_keep_full - have a large write go on when less than a ringful is left to read
 * @pipe: the pipe; the caller has rd_lock, and has read
 * @wake: where to note whom to wake; may have somebody
 *
 * Natively a pipe whose writer sleeps is full, and there are readers who wait until it has as
 * much as they want. So this follows each read that may have seen a large write, or during
 * which one may have come. Nothing happens if there is none.
 */
void kipc_direct_keep_full(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake)
{
	bool low;

	spin_lock(&pipe->lock);
	low = pipe->direct && !kipc_direct_is_enough_locked(pipe, pipe->direct);
	spin_unlock(&pipe->lock);
	if (!low)
		return;
	/* Before more is changed. */
	kipc_pipe_wake(pipe, wake);
	if (mutex_trylock(&pipe->wr_lock)) {
		/* Nor is it the reader's to wait for the writer's memory. */
		kipc_direct_to_ring(pipe, true, wake);
		mutex_unlock(&pipe->wr_lock);
		return;
	}
	/* Somebody else has it, perhaps to write at this moment, for whom no reader waits. */
	spin_lock(&pipe->lock);
	kipc_direct_end_locked(pipe, wake);
	spin_unlock(&pipe->lock);
}

static bool kipc_direct_may_publish_locked(const struct kipc_pipe *pipe)
{
	/* A packet among the bytes before it would end a read there. */
	return pipe->readers && !pipe->direct && !pipe->claimed &&
	       !pipe->nr_packets;
}

/* Shows a large write to readers. Returns false if it has to go another way now. */
static bool kipc_direct_publish(struct kipc_pipe *pipe,
				struct kipc_direct *direct,
				struct kipc_pipe_wake *wake)
{
	bool fits;

	spin_lock(&pipe->lock);
	fits = kipc_direct_may_publish_locked(pipe) &&
	       kipc_direct_is_enough_locked(pipe, direct);
	if (fits) {
		direct->at = pipe->ring.head;
		WRITE_ONCE(pipe->direct, direct);
		if (kipc_pipe_is_watched_locked(pipe))
			kipc_pipe_notify_write_locked(pipe, wake);
	}
	spin_unlock(&pipe->lock);
	return fits;
}

/* Takes a large write back. Returns false if that must wait for a reader. */
static bool kipc_direct_withdraw(struct kipc_pipe *pipe,
				 struct kipc_direct *direct, bool killed)
{
	bool withdrawn = true;

	spin_lock(&pipe->lock);
	if (pipe->direct != direct) {
		withdrawn = false;
	} else if (direct->busy && !killed) {
		direct->leaving = true;
		withdrawn = false;
	} else {
		WRITE_ONCE(pipe->direct, NULL);
	}
	spin_unlock(&pipe->lock);
	return withdrawn;
}

/*
 * Waits until all was read, or it cannot wait any longer. Returns 0 with wr_lock held;
 * -ERESTARTSYS, without it, if the thread was killed: then it is not known how much was read.
 */
static int kipc_direct_wait(struct kipc_pipe *pipe, struct kipc_direct *direct)
{
	struct kipc_waiter *waiter = direct->waiter;
	int ret;

	if (!kipc_waiter_wait(waiter, NULL))
		return kipc_pipe_lock_side(&pipe->wr_lock, false);
	/*
	 * With wr_lock, so that no other write comes before what the caller now fills the
	 * ring with. Until then a read that does not wait may find nothing.
	 */
	ret = kipc_pipe_lock_side(&pipe->wr_lock, false);
	if (!ret && kipc_direct_withdraw(pipe, direct, false))
		return 0;
	if (!ret)
		mutex_unlock(&pipe->wr_lock);
	/* A reader is at it, which may take its time to fault pages in. */
	if (!ret && !kipc_waiter_wait_killable(waiter))
		return kipc_pipe_lock_side(&pipe->wr_lock, false);
	if (!kipc_direct_withdraw(pipe, direct, true))
		kipc_waiter_settle(waiter);
	return -ERESTARTSYS;
}

/**
 * kipc_direct_write - have readers take a part of a large write
 * @pipe: the pipe; the caller has wr_lock
 * @xfer: where the bytes come from, plain memory; advanced by what was taken
 * @len: bytes that are left to write
 * @again: says whether readers have taken any themselves, and what is left may go this way, too
 *
 * Context: sleeps, with wr_lock released meanwhile.
 * Return: bytes that were taken, with wr_lock held; 0 if none, and then the caller sees by
 * itself how to go on; -ERESTARTSYS, with wr_lock released, when the thread was killed.
 */
ssize_t kipc_direct_write(struct kipc_pipe *pipe, struct kipc_xfer *xfer, size_t len,
			  bool *again)
{
	struct kipc_pipe_wake wake = {};
	struct kipc_direct *direct;
	struct kipc_waiter waiter;
	ssize_t done = 0;
	int ret;

	*again = false;
	if (signal_pending(current))
		return 0;
	/* What then goes through the ring. */
	len -= pipe->ring.size;
	direct = kipc_direct_pin(xfer->buf, len);
	if (!direct)
		return 0;
	kipc_waiter_init(&waiter);
	direct->waiter = &waiter;
	if (!kipc_direct_publish(pipe, direct, &wake))
		goto out_put;
	mutex_unlock(&pipe->wr_lock);
	kipc_pipe_wake(pipe, &wake);
	ret = kipc_direct_wait(pipe, direct);
	/* If it is known, it is stable: no reader finds it any more. */
	done = ret ? ret : (ssize_t)direct->done;
	if (done > 0) {
		xfer->buf += done;
		*again = done > direct->moved;
		if (*again)
			trace_kipc_pipe_write(&pipe->obj, done - direct->moved,
					      kipc_ring_used_about(&pipe->ring));
	}
out_put:
	kipc_direct_put(direct);
	return done;
}

/**
 * kipc_direct_is_due - are readers to take a part of a large write?
 * @pipe: the pipe; the caller has wr_lock
 * @len: bytes that are left to write
 *
 * What the ring has room for goes there, as natively, unless a reader waits for it and there
 * is a ringful for it and another one for the ring.
 *
 * Return: true if kipc_direct_write() is to be tried.
 */
bool kipc_direct_is_due(struct kipc_pipe *pipe, size_t len)
{
	bool due;

	spin_lock(&pipe->lock);
	due = kipc_direct_may_publish_locked(pipe) &&
	      (!kipc_pipe_room(pipe) ||
	       (pipe->rd.nr_sleepers && len / 2 >= pipe->ring.size));
	spin_unlock(&pipe->lock);
	return due;
}

/**
 * kipc_direct_is_worth - is a write large enough?
 * @pipe: the pipe; the caller has wr_lock
 * @xfer: where the bytes come from
 * @len: bytes that are left to write
 *
 * Return: true if kipc_direct_write() may be tried.
 */
bool kipc_direct_is_worth(const struct kipc_pipe *pipe,
			  const struct kipc_xfer *xfer, size_t len)
{
	return !xfer->iter && pipe->ring.size <= KIPC_DIRECT_RING_MAX &&
	       len >= (size_t)pipe->ring.size + KIPC_DIRECT_MIN;
}

/**
 * kipc_direct_init - make the cache of large writes
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_direct_init(void)
{
	kipc_direct_cache = KMEM_CACHE(kipc_direct, SLAB_ACCOUNT);
	return kipc_direct_cache ? 0 : -ENOMEM;
}

/**
 * kipc_direct_exit - destroy the cache of large writes
 */
void kipc_direct_exit(void)
{
	kmem_cache_destroy(kipc_direct_cache);
}
