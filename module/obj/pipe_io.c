// SPDX-License-Identifier: GPL-2.0
/* Pipes: read, write and poll; see pipe.h. */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "compat.h"
#include "obj/pipe.h"
#include "trace.h"

static struct kmem_cache *kipc_packet_cache __ro_after_init;

static struct kipc_packet *kipc_packet_alloc(gfp_t gfp)
{
	return kmem_cache_alloc(kipc_packet_cache, gfp);
}

static void kipc_packet_free(struct kipc_packet *packet)
{
	if (packet)
		kmem_cache_free(kipc_packet_cache, packet);
}

/**
 * kipc_packets_free - forget all packets of a pipe
 * @pipe: a pipe that nobody else uses any more
 */
void kipc_packets_free(struct kipc_pipe *pipe)
{
	struct kipc_packet *packet, *next;

	list_for_each_entry_safe(packet, next, &pipe->packets, node) {
		list_del(&packet->node);
		kipc_packet_free(packet);
	}
	pipe->nr_packets = 0;
}

/**
 * kipc_packets_init - make the cache of packets
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_packets_init(void)
{
	kipc_packet_cache = KMEM_CACHE(kipc_packet, SLAB_ACCOUNT);
	return kipc_packet_cache ? 0 : -ENOMEM;
}

/**
 * kipc_packets_exit - destroy the cache of packets
 */
void kipc_packets_exit(void)
{
	kmem_cache_destroy(kipc_packet_cache);
}

/**
 * kipc_pipe_lock_side - become the one reader, or the one writer
 * @side: rd_lock or wr_lock
 * @nowait: fail instead of waiting
 *
 * The holder may be stopped in a page fault, so waiting must be killable.
 *
 * Return: 0; -EAGAIN; -ERESTARTSYS when the thread was killed.
 */
int kipc_pipe_lock_side(struct mutex *side, bool nowait)
{
	if (nowait)
		return mutex_trylock(side) ? 0 : -EAGAIN;
	return mutex_lock_killable(side) ? -ERESTARTSYS : 0;
}

/**
 * kipc_pipe_pick_locked - decide who can go on in the state as it is
 * @pipe: the pipe; its lock is held
 * @wake: where to note whom to wake
 *
 * Called at the end of each change, and by whoever was woken and leaves without
 * having used it, so that no wake-up gets lost. One reader and one writer at a
 * time: when they leave with something left over, they pick the next.
 */
void kipc_pipe_pick_locked(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake)
{
	struct kipc_sleeper *writer;

	lockdep_assert_held(&pipe->lock);
	if (unlikely(!list_empty(&pipe->rd.sleepers)) && !wake->reader &&
	    kipc_pipe_is_readable_locked(pipe))
		wake->reader = kipc_waitq_pick_locked(&pipe->rd);

	writer = kipc_waitq_first_locked(&pipe->wr);
	if (unlikely(writer) && !wake->writer &&
	    kipc_pipe_room(pipe) >= writer->need && kipc_pipe_packet_fits(pipe))
		wake->writer = kipc_waitq_pick_locked(&pipe->wr);
}

/**
 * kipc_pipe_wake - wake whom a change of state concerns
 * @pipe: the pipe
 * @wake: whom; empty afterwards
 *
 * Context: no lock of the pipe held but, before a writer goes to sleep, wr_lock.
 */
void kipc_pipe_wake(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake)
{
	if (wake->reader)
		kipc_wake_task(wake->reader);
	if (wake->writer)
		kipc_wake_task(wake->writer);
	if (wake->poll_readers)
		wake_up_interruptible_sync_poll(&pipe->rd.pollers,
						EPOLLIN | EPOLLRDNORM);
	if (wake->poll_writers)
		wake_up_interruptible_sync_poll(&pipe->wr.pollers,
						EPOLLOUT | EPOLLWRNORM);
	if (wake->fasync_readers)
		kill_fasync(&pipe->fasync_readers, SIGIO, POLL_IN);
	if (wake->fasync_writers)
		kill_fasync(&pipe->fasync_writers, SIGIO, POLL_OUT);
	*wake = (struct kipc_pipe_wake){};
}

/* Passes on a wake-up that this thread got and has no use for. */
static void kipc_pipe_pass_on(struct kipc_pipe *pipe)
{
	struct kipc_pipe_wake wake = {};

	spin_lock(&pipe->lock);
	kipc_pipe_pick_locked(pipe, &wake);
	spin_unlock(&pipe->lock);
	kipc_pipe_wake(pipe, &wake);
}

/* Sleeps with @side dropped; on failure it stays dropped. */
static int kipc_pipe_sleep(struct kipc_pipe *pipe, struct kipc_waitq *wq,
			   struct kipc_sleeper *s, struct mutex *side)
{
	int ret;

	mutex_unlock(side);
	ret = kipc_sleeper_wait(wq, s, &pipe->lock);
	if (!ret)
		ret = kipc_pipe_lock_side(side, false);
	if (ret)
		kipc_pipe_pass_on(pipe);
	return ret;
}

/**
 * kipc_pipe_wait_readable - wait for data
 * @pipe: the pipe; the caller has rd_lock
 * @nonblock: fail instead of sleeping
 * @avail: the bytes that can be read; 0 at the end of file
 *
 * Return: 0 with rd_lock held; -EAGAIN or -ERESTARTSYS with rd_lock released.
 */
int kipc_pipe_wait_readable(struct kipc_pipe *pipe, bool nonblock, u32 *avail)
{
	struct kipc_sleeper s = KIPC_SLEEPER_INIT(s);
	int ret;

	for (;;) {
		/*
		 * Only a claim could make data unavailable while we have
		 * rd_lock, and it takes rd_lock to be set. The acquire pairs
		 * with the release in kipc_pipe_unclaim(), which follows the
		 * claim's last use of the tail.
		 */
		if (likely(!smp_load_acquire(&pipe->claimed))) {
			/* Pairs with the release in kipc_pipe_commit_write. */
			*avail = smp_load_acquire(&pipe->ring.head) -
				 pipe->ring.tail;
			if (*avail)
				return 0;
		}
		spin_lock(&pipe->lock);
		if (kipc_pipe_is_readable_locked(pipe)) {
			spin_unlock(&pipe->lock);
			continue;
		}
		if (!pipe->writers && !kipc_ring_used(&pipe->ring)) {
			spin_unlock(&pipe->lock);
			*avail = 0;
			return 0;
		}
		if (nonblock) {
			spin_unlock(&pipe->lock);
			mutex_unlock(&pipe->rd_lock);
			return -EAGAIN;
		}
		kipc_sleeper_enter_locked(&pipe->rd, &s);
		spin_unlock(&pipe->lock);
		ret = kipc_pipe_sleep(pipe, &pipe->rd, &s, &pipe->rd_lock);
		if (ret)
			return ret;
	}
}

/**
 * kipc_pipe_wait_writable - wait for room
 * @pipe: the pipe; the caller has wr_lock
 * @need: bytes of room
 * @packet: room for a packet is needed, too
 * @s: the caller's entry, kept over several waits so that a thread that was
 *	woken too late does not lose its turn
 *
 * Return: 0 with wr_lock held, when there seems to be room or no reader is
 * left; -ERESTARTSYS with wr_lock released.
 */
int kipc_pipe_wait_writable(struct kipc_pipe *pipe, u32 need, bool packet,
			    struct kipc_sleeper *s)
{
	s->need = need;
	spin_lock(&pipe->lock);
	if (!pipe->readers ||
	    (kipc_pipe_room(pipe) >= need &&
	     (!packet || kipc_pipe_packet_fits(pipe)))) {
		spin_unlock(&pipe->lock);
		return 0;
	}
	kipc_sleeper_enter_locked(&pipe->wr, s);
	spin_unlock(&pipe->lock);
	return kipc_pipe_sleep(pipe, &pipe->wr, s, &pipe->wr_lock);
}

/**
 * kipc_pipe_span - find out what one read gets
 * @pipe: the pipe; the caller keeps others from reading
 * @want: bytes that the reader has room for
 * @avail: bytes that are there
 * @span: the answer
 *
 * Without packets that is all there is. With packets it ends behind the first
 * of them, and what does not fit of that one is lost.
 */
void kipc_pipe_span(struct kipc_pipe *pipe, u32 want, u32 avail,
		    struct kipc_pipe_span *span)
{
	const struct kipc_packet *packet;
	u32 ahead;

	span->copy = min(want, avail);
	span->consume = span->copy;
	span->whole_from = span->copy;
	if (likely(!READ_ONCE(pipe->nr_packets)))
		return;

	spin_lock(&pipe->lock);
	packet = list_first_entry_or_null(&pipe->packets, struct kipc_packet,
					  node);
	if (packet) {
		ahead = packet->start - pipe->ring.tail;
		if (ahead < span->copy) {
			span->copy = min(span->copy, ahead + packet->len);
			span->consume = ahead + packet->len;
			span->whole_from = ahead;
		}
	}
	spin_unlock(&pipe->lock);
}

/*
 * Bytes up to @bytes behind the tail are going. Returns the first packet if all
 * of it goes, to be freed; one that loses its beginning shrinks.
 */
static struct kipc_packet *kipc_packet_consume_locked(struct kipc_pipe *pipe,
						      u32 bytes)
{
	struct kipc_packet *packet;
	u32 ahead;

	packet = list_first_entry(&pipe->packets, struct kipc_packet, node);
	ahead = packet->start - pipe->ring.tail;
	if (ahead >= bytes)
		return NULL;
	if (ahead + packet->len > bytes) {
		packet->len -= bytes - ahead;
		packet->start = pipe->ring.tail + bytes;
		return NULL;
	}
	list_del(&packet->node);
	WRITE_ONCE(pipe->nr_packets, pipe->nr_packets - 1);
	return packet;
}

/**
 * kipc_pipe_commit_read - take bytes out that were copied
 * @pipe: the pipe; the caller has rd_lock or the claim
 * @bytes: how many go; at most one packet among them
 * @wake: where to note whom to wake
 */
void kipc_pipe_commit_read(struct kipc_pipe *pipe, u32 bytes,
			   struct kipc_pipe_wake *wake)
{
	struct kipc_packet *packet = NULL;
	bool was_writable;

	spin_lock(&pipe->lock);
	was_writable = kipc_pipe_is_writable_locked(pipe);
	if (unlikely(pipe->nr_packets))
		packet = kipc_packet_consume_locked(pipe, bytes);
	/* Our reads of these bytes come before a writer's reuse of the room. */
	smp_store_release(&pipe->ring.tail, pipe->ring.tail + bytes);
	WRITE_ONCE(pipe->read_at, jiffies);
	wake->poll_writers |= !was_writable &&
			      kipc_pipe_is_writable_locked(pipe) &&
			      waitqueue_active(&pipe->wr.pollers);
	wake->fasync_writers |= !!READ_ONCE(pipe->fasync_writers);
	kipc_pipe_pick_locked(pipe, wake);
	trace_kipc_pipe_read(&pipe->obj, bytes, kipc_ring_used(&pipe->ring));
	spin_unlock(&pipe->lock);
	kipc_packet_free(packet);
}

/**
 * kipc_pipe_commit_write - make bytes readable that were copied in
 * @pipe: the pipe; the caller has wr_lock
 * @bytes: how many
 * @packet: the packet they are, or NULL for a stream
 * @release: bytes of reservation that this write uses up
 * @wake: where to note whom to wake
 */
void kipc_pipe_commit_write(struct kipc_pipe *pipe, u32 bytes,
			    struct kipc_packet *packet, u32 release,
			    struct kipc_pipe_wake *wake)
{
	spin_lock(&pipe->lock);
	if (unlikely(packet)) {
		packet->start = pipe->ring.head;
		packet->len = bytes;
		list_add_tail(&packet->node, &pipe->packets);
		WRITE_ONCE(pipe->nr_packets, pipe->nr_packets + 1);
	}
	if (unlikely(release))
		WRITE_ONCE(pipe->reserved, pipe->reserved - release);
	/* The bytes, their pages and packet come before the head that shows them. */
	smp_store_release(&pipe->ring.head, pipe->ring.head + bytes);
	WRITE_ONCE(pipe->written_at, jiffies);
	/* An edge-triggered poller is told of each write. */
	wake->poll_readers |= waitqueue_active(&pipe->rd.pollers);
	wake->fasync_readers |= !!READ_ONCE(pipe->fasync_readers);
	kipc_pipe_pick_locked(pipe, wake);
	trace_kipc_pipe_write(&pipe->obj, bytes, kipc_ring_used(&pipe->ring));
	spin_unlock(&pipe->lock);
}

static ssize_t kipc_pipe_do_read(struct file *file, struct kipc_xfer *xfer,
				 size_t len, bool nowait)
{
	struct kipc_pipe *pipe = file->private_data;
	bool nonblock = nowait || (file->f_flags & O_NONBLOCK);
	struct kipc_pipe_wake wake = {};
	struct kipc_pipe_span span;
	ssize_t ret;
	u32 avail;

	if (unlikely(!len))
		return 0;
	ret = kipc_pipe_lock_side(&pipe->rd_lock, nowait);
	if (ret)
		return ret;
	ret = kipc_pipe_wait_readable(pipe, nonblock, &avail);
	if (ret)
		return ret;
	if (!avail)
		goto out_unlock;

	kipc_pipe_span(pipe, len, avail, &span);
	ret = kipc_ring_drain(&pipe->ring, 0, span.copy, xfer);
	if (unlikely(ret < span.copy)) {
		/* A packet that cannot be delivered whole is not consumed. */
		ret = min_t(u32, ret, span.whole_from);
		span.consume = ret;
		if (!ret) {
			ret = -EFAULT;
			goto out_unlock;
		}
	}
	kipc_pipe_commit_read(pipe, span.consume, &wake);
out_unlock:
	mutex_unlock(&pipe->rd_lock);
	kipc_pipe_wake(pipe, &wake);
	return ret;
}

/*
 * Starts an empty ring again at its first page, which is there and in the
 * cache, instead of going on to the next one. Readers look at both indices
 * under rd_lock, which ranks above the wr_lock that we hold, so only try.
 */
static void kipc_pipe_rewind(struct kipc_pipe *pipe)
{
	lockdep_assert_held(&pipe->wr_lock);
	if (!mutex_trylock(&pipe->rd_lock))
		return;
	spin_lock(&pipe->lock);
	if (!kipc_ring_used(&pipe->ring) && !pipe->reserved && !pipe->claimed) {
		WRITE_ONCE(pipe->ring.head, 0);
		WRITE_ONCE(pipe->ring.tail, 0);
	}
	spin_unlock(&pipe->lock);
	mutex_unlock(&pipe->rd_lock);
}

/**
 * kipc_pipe_populate - get pages for the bytes that a writer is about to add
 * @pipe: the pipe; the caller has wr_lock
 * @bytes: how many, with those of all reservations; there is room for them
 * @nowait: do not wait for memory
 *
 * Return: 0; -ENOMEM; -EAGAIN instead of it with @nowait.
 */
int kipc_pipe_populate(struct kipc_pipe *pipe, u32 bytes, bool nowait)
{
	gfp_t gfp = nowait ? GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN :
			     GFP_KERNEL_ACCOUNT;
	int ret;

	if (likely(kipc_ring_is_populated(&pipe->ring, bytes)))
		return 0;
	if (!kipc_ring_used(&pipe->ring) && pipe->ring.nr_pages)
		kipc_pipe_rewind(pipe);
	ret = kipc_ring_populate(&pipe->ring, bytes, gfp);
	if (pipe->ring.nr_pages)
		kipc_trim_add(pipe);
	return ret && nowait ? -EAGAIN : ret;
}

/* Adds @len bytes, for which there is room; returns how many were added. */
static ssize_t kipc_pipe_add(struct kipc_pipe *pipe, struct kipc_xfer *xfer,
			     u32 len, bool whole, bool as_packet, bool nowait,
			     struct kipc_pipe_wake *wake)
{
	struct kipc_packet *packet = NULL;
	u32 copied;
	int ret;

	ret = kipc_pipe_populate(pipe, len + READ_ONCE(pipe->reserved), nowait);
	if (ret)
		return ret;
	if (unlikely(as_packet)) {
		packet = kipc_packet_alloc(nowait ? GFP_NOWAIT : GFP_KERNEL);
		if (!packet)
			return nowait ? -EAGAIN : -ENOMEM;
	}
	copied = kipc_ring_fill(&pipe->ring, len, xfer);
	if (unlikely(!copied || (whole && copied < len))) {
		kipc_packet_free(packet);
		return -EFAULT;
	}
	kipc_pipe_commit_write(pipe, copied, packet, 0, wake);
	return copied;
}

static ssize_t kipc_pipe_do_write(struct file *file, struct kipc_xfer *xfer,
				  size_t len, bool nowait)
{
	struct kipc_pipe *pipe = file->private_data;
	bool nonblock = nowait || (file->f_flags & O_NONBLOCK);
	bool packet = file->f_flags & O_DIRECT;
	bool whole = packet || len <= PIPE_BUF;
	struct kipc_sleeper s = KIPC_SLEEPER_INIT(s);
	struct kipc_pipe_wake wake = {};
	size_t done = 0;
	u32 want, room;
	ssize_t ret;

	if (unlikely(!len))
		return 0;
	ret = kipc_pipe_lock_side(&pipe->wr_lock, nowait);
	if (ret)
		return ret;

	while (done < len) {
		if (unlikely(!READ_ONCE(pipe->readers))) {
			ret = -EPIPE;
			break;
		}
		want = len - done;
		if (packet)
			want = min_t(u32, want, PIPE_BUF);
		room = min(want, kipc_pipe_room(pipe));
		if (likely(room == want || (room && !whole)) &&
		    (!packet || kipc_pipe_packet_fits(pipe))) {
			ret = kipc_pipe_add(pipe, xfer, room, whole, packet,
					    nowait, &wake);
			if (ret < 0)
				break;
			done += ret;
			if (unlikely(ret < room))
				break;
			continue;
		}
		if (nonblock) {
			ret = -EAGAIN;
			break;
		}
		kipc_pipe_wake(pipe, &wake);
		/*
		 * What fits is written at once. For more than that wait until
		 * half of the ring is free: a writer woken for each page would
		 * cost a switch of threads for each page.
		 */
		if (!whole)
			want = min_t(u32, want, PIPE_BUF);
		ret = kipc_pipe_wait_writable(pipe, want, packet, &s);
		if (ret)
			return done ?: ret;
	}
	mutex_unlock(&pipe->wr_lock);
	kipc_pipe_wake(pipe, &wake);
	if (unlikely(ret == -EPIPE))
		send_sig(SIGPIPE, current, 0);
	return done ?: ret;
}

/**
 * kipc_pipe_read - read(2)
 * @file: an end that can read
 * @buf: user memory
 * @len: its size
 * @pos: ignored
 *
 * Return: bytes; 0 at the end of file; -EAGAIN, -EFAULT, -ERESTARTSYS.
 */
ssize_t kipc_pipe_read(struct file *file, char __user *buf, size_t len,
		       loff_t *pos)
{
	struct kipc_xfer xfer = { .buf = buf };

	return kipc_pipe_do_read(file, &xfer, len, false);
}

/**
 * kipc_pipe_write - write(2)
 * @file: an end that can write
 * @buf: user memory
 * @len: its size
 * @pos: ignored
 *
 * Return: bytes; -EAGAIN, -EFAULT, -ENOMEM, -EPIPE (with SIGPIPE),
 * -ERESTARTSYS.
 */
ssize_t kipc_pipe_write(struct file *file, const char __user *buf, size_t len,
			loff_t *pos)
{
	struct kipc_xfer xfer = { .buf = (char __user *)buf };

	return kipc_pipe_do_write(file, &xfer, len, false);
}

/**
 * kipc_pipe_read_iter - readv(2), splice(2), io_uring
 * @iocb: the call; IOCB_NOWAIT is honoured
 * @to: where the bytes go
 *
 * Return: as kipc_pipe_read().
 */
ssize_t kipc_pipe_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct kipc_xfer xfer = { .iter = to };

	return kipc_pipe_do_read(iocb->ki_filp, &xfer, iov_iter_count(to),
				 iocb->ki_flags & IOCB_NOWAIT);
}

/**
 * kipc_pipe_write_iter - writev(2), splice(2), sendfile(2), io_uring
 * @iocb: the call; IOCB_NOWAIT is honoured
 * @from: where the bytes come from
 *
 * Return: as kipc_pipe_write().
 */
ssize_t kipc_pipe_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct kipc_xfer xfer = { .iter = from };

	return kipc_pipe_do_write(iocb->ki_filp, &xfer, iov_iter_count(from),
				  iocb->ki_flags & IOCB_NOWAIT);
}

/**
 * kipc_pipe_poll - poll(2), select(2), epoll(7)
 * @file: an end
 * @table: where to enter
 *
 * Return: EPOLLIN for data; EPOLLHUP when no writer is left; EPOLLOUT when
 * PIPE_BUF bytes can be written; EPOLLERR when no reader is left.
 */
__poll_t kipc_pipe_poll(struct file *file, struct poll_table_struct *table)
{
	struct kipc_pipe *pipe = file->private_data;
	__poll_t mask = 0;

	if (file->f_mode & FMODE_READ)
		poll_wait(file, &pipe->rd.pollers, table);
	if (file->f_mode & FMODE_WRITE)
		poll_wait(file, &pipe->wr.pollers, table);

	spin_lock(&pipe->lock);
	if (file->f_mode & FMODE_READ) {
		if (kipc_pipe_is_readable_locked(pipe))
			mask |= EPOLLIN | EPOLLRDNORM;
		/* Who opened a FIFO before any writer came sees no end yet. */
		if (!pipe->writers &&
		    kipc_file_cookie(file) != pipe->w_counter)
			mask |= EPOLLHUP;
	}
	if (file->f_mode & FMODE_WRITE) {
		if (kipc_pipe_is_writable_locked(pipe))
			mask |= EPOLLOUT | EPOLLWRNORM;
		if (!pipe->readers)
			mask |= EPOLLERR;
	}
	spin_unlock(&pipe->lock);
	return mask;
}
