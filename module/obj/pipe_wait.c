// SPDX-License-Identifier: GPL-2.0
/* Pipes: who sleeps, who is woken and when; see pipe.h and core/wait.h. */
#include <linux/poll.h>

#include "obj/pipe.h"

/*
 * Decides who can go on in the state as it is. Called at the end of each change,
 * and by whoever was woken and leaves without having used it, so that no wake-up
 * gets lost. One reader and one writer at a time: when they leave with something
 * left over, they pick the next.
 *
 * What was picked must be woken before the next change. A thread may see that it
 * was picked before it is woken, go on, and be asleep again, in the queue, when
 * the wake-up arrives; the next change has to pick it anew.
 */
static __always_inline void
kipc_pipe_pick_reader_locked(struct kipc_pipe *pipe,
			     struct kipc_pipe_wake *wake)
{
	lockdep_assert_held(&pipe->lock);
	WARN_ON_ONCE(wake->what & KIPC_WAKE_READER);
	if (list_empty(&pipe->rd.sleepers) ||
	    !kipc_pipe_is_readable_locked(pipe))
		return;
	wake->reader = kipc_waitq_pick_locked(&pipe->rd);
	wake->what |= KIPC_WAKE_READER;
}

static __always_inline void
kipc_pipe_pick_writer_locked(struct kipc_pipe *pipe,
			     struct kipc_pipe_wake *wake)
{
	struct kipc_sleeper *writer = kipc_waitq_first_locked(&pipe->wr);

	lockdep_assert_held(&pipe->lock);
	WARN_ON_ONCE(wake->what & KIPC_WAKE_WRITER);
	if (!writer || !kipc_pipe_has_room(pipe, writer->need, writer->tag) ||
	    ((writer->tag & KIPC_WRITE_PACKET) &&
	     !kipc_pipe_packet_fits(pipe)))
		return;
	wake->writer = kipc_waitq_pick_locked(&pipe->wr);
	wake->what |= KIPC_WAKE_WRITER;
}

static __always_inline void __kipc_pipe_pick_locked(struct kipc_pipe *pipe,
						    struct kipc_pipe_wake *wake)
{
	kipc_pipe_pick_reader_locked(pipe, wake);
	kipc_pipe_pick_writer_locked(pipe, wake);
}

/**
 * kipc_pipe_pick_locked - decide who can go on in the state as it is
 * @pipe: the pipe; its lock is held
 * @wake: where to note whom to wake
 */
void kipc_pipe_pick_locked(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake)
{
	__kipc_pipe_pick_locked(pipe, wake);
}

/* There is something to read: an edge-triggered poller is told each time. */
static __always_inline void
kipc_pipe_tell_readers_locked(struct kipc_pipe *pipe,
			      struct kipc_pipe_wake *wake)
{
	if (kipc_waitq_is_polled_locked(&pipe->rd))
		wake->what |= KIPC_WAKE_POLL_READERS;
	if (READ_ONCE(pipe->fasync_readers))
		wake->what |= KIPC_WAKE_FASYNC_READERS;
}

/*
 * A pipe that somebody watches was read from: @bytes have gone, and a packet
 * with them if @packet. Pollers are told when that made it writable.
 */
static __always_inline void
__kipc_pipe_notify_read_locked(struct kipc_pipe *pipe, u32 bytes, bool packet,
			       struct kipc_pipe_wake *wake)
{
	u32 limit = pipe->ring.size / KIPC_PIPE_PACKET_SHARE;

	if (kipc_waitq_is_polled_locked(&pipe->wr) &&
	    kipc_pipe_is_writable_locked(pipe) &&
	    (kipc_pipe_room(pipe) - bytes < PIPE_BUF ||
	     pipe->nr_packets + packet >= limit))
		wake->what |= KIPC_WAKE_POLL_WRITERS;
	if (READ_ONCE(pipe->fasync_writers))
		wake->what |= KIPC_WAKE_FASYNC_WRITERS;
	/* Natively its writer would go on now, and that be a new edge. */
	if (unlikely(pipe->direct))
		kipc_pipe_tell_readers_locked(pipe, wake);
	__kipc_pipe_pick_locked(pipe, wake);
}

/* A pipe that somebody watches was written to. */
static __always_inline void
__kipc_pipe_notify_write_locked(struct kipc_pipe *pipe,
				struct kipc_pipe_wake *wake)
{
	kipc_pipe_tell_readers_locked(pipe, wake);
	__kipc_pipe_pick_locked(pipe, wake);
}

/**
 * kipc_pipe_notify_read_locked - decide whom a read concerns
 * @pipe: the pipe, which is watched; its lock is held
 * @bytes: how many have gone
 * @packet: a packet has gone with them
 * @wake: where to note whom to wake
 */
void kipc_pipe_notify_read_locked(struct kipc_pipe *pipe, u32 bytes,
				  bool packet, struct kipc_pipe_wake *wake)
{
	__kipc_pipe_notify_read_locked(pipe, bytes, packet, wake);
}

/**
 * kipc_pipe_notify_write_locked - decide whom a write concerns
 * @pipe: the pipe, which is watched; its lock is held
 * @wake: where to note whom to wake
 */
void kipc_pipe_notify_write_locked(struct kipc_pipe *pipe,
				   struct kipc_pipe_wake *wake)
{
	__kipc_pipe_notify_write_locked(pipe, wake);
}

/* The case of kipc_pipe_wake() that there is anybody to wake. */
void kipc_pipe_wake_slow(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake)
{
	unsigned int what = wake->what;

	wake->what = 0;
	if (what & KIPC_WAKE_READER)
		kipc_wake_task(wake->reader);
	if (what & KIPC_WAKE_WRITER)
		kipc_wake_task(wake->writer);
	if (what & KIPC_WAKE_DIRECT)
		kipc_waiter_wake_one(wake->direct, wake->direct_task);
	if (what & KIPC_WAKE_POLL_READERS)
		wake_up_interruptible_sync_poll(&pipe->rd.pollers,
						EPOLLIN | EPOLLRDNORM);
	if (what & KIPC_WAKE_POLL_WRITERS)
		wake_up_interruptible_sync_poll(&pipe->wr.pollers,
						EPOLLOUT | EPOLLWRNORM);
	if (what & KIPC_WAKE_FASYNC_READERS)
		kill_fasync(&pipe->fasync_readers, SIGIO, POLL_IN);
	if (what & KIPC_WAKE_FASYNC_WRITERS)
		kill_fasync(&pipe->fasync_writers, SIGIO, POLL_OUT);
}

/**
 * kipc_pipe_end_read - tell those who watch of a simple read, and unlock
 * @pipe: the pipe; lock and rd_lock are held, and released
 * @bytes: how many have gone
 */
void kipc_pipe_end_read(struct kipc_pipe *pipe, u32 bytes)
	__releases(&pipe->lock)
{
	struct kipc_pipe_wake wake = {};

	__kipc_pipe_notify_read_locked(pipe, bytes, false, &wake);
	spin_unlock(&pipe->lock);
	/* It has come during the read. */
	if (unlikely(READ_ONCE(pipe->direct)))
		kipc_direct_keep_full(pipe, &wake);
	mutex_unlock(&pipe->rd_lock);
	kipc_pipe_wake(pipe, &wake);
}

/**
 * kipc_pipe_end_write - tell those who watch of a simple write, and unlock
 * @pipe: the pipe; lock and wr_lock are held, and released
 */
void kipc_pipe_end_write(struct kipc_pipe *pipe)
	__releases(&pipe->lock)
{
	struct kipc_pipe_wake wake = {};

	__kipc_pipe_notify_write_locked(pipe, &wake);
	spin_unlock(&pipe->lock);
	mutex_unlock(&pipe->wr_lock);
	kipc_pipe_wake(pipe, &wake);
}

/**
 * kipc_pipe_pass_on - pass on a wake-up that one cannot use
 * @pipe: the pipe
 * @wq: where one may have been woken, pipe->rd or pipe->wr
 *
 * For whoever leaves with an error. Nobody is woken on the other side: who was
 * picked there may not have run yet, and a second one would come before it.
 */
void kipc_pipe_pass_on(struct kipc_pipe *pipe, const struct kipc_waitq *wq)
{
	struct kipc_pipe_wake wake = {};

	spin_lock(&pipe->lock);
	if (wq == &pipe->rd)
		kipc_pipe_pick_reader_locked(pipe, &wake);
	else
		kipc_pipe_pick_writer_locked(pipe, &wake);
	spin_unlock(&pipe->lock);
	kipc_pipe_wake(pipe, &wake);
}

/**
 * kipc_pipe_notify_room - tell that there may be more room, though nobody read
 * @pipe: the pipe
 */
void kipc_pipe_notify_room(struct kipc_pipe *pipe)
{
	struct kipc_pipe_wake wake = {};

	spin_lock(&pipe->lock);
	if (kipc_pipe_is_writable_locked(pipe) &&
	    kipc_waitq_is_polled_locked(&pipe->wr))
		wake.what |= KIPC_WAKE_POLL_WRITERS;
	kipc_pipe_pick_locked(pipe, &wake);
	spin_unlock(&pipe->lock);
	kipc_pipe_wake(pipe, &wake);
}

/* Sleeps with @side dropped; on failure it stays dropped. */
static __always_inline int
kipc_pipe_sleep(struct kipc_pipe *pipe, struct kipc_waitq *wq,
		struct kipc_sleeper *s, struct mutex *side)
{
	int ret;

	mutex_unlock(side);
	ret = kipc_sleeper_wait(wq, s, &pipe->lock);
	if (!ret)
		ret = kipc_pipe_lock_side(side, false);
	if (ret)
		kipc_pipe_pass_on(pipe, wq);
	return ret;
}

/**
 * kipc_pipe_wait_readable - wait for data
 * @pipe: the pipe; the caller has rd_lock
 * @nonblock: fail instead of sleeping
 *
 * Return: 1 when there is some, in the ring or of a large write, 0 at the end of file, with
 * rd_lock held; -EAGAIN or -ERESTARTSYS with rd_lock released.
 */
int kipc_pipe_wait_readable(struct kipc_pipe *pipe, bool nonblock)
{
	struct kipc_sleeper s = KIPC_SLEEPER_INIT(s);
	int ret;

	for (;;) {
		if (kipc_pipe_avail(pipe))
			return 1;
		spin_lock(&pipe->lock);
		if (kipc_pipe_is_readable_locked(pipe)) {
			spin_unlock(&pipe->lock);
			return 1;
		}
		if (!pipe->writers && !kipc_ring_used(&pipe->ring)) {
			spin_unlock(&pipe->lock);
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

/* Can a write go on? The lock is held. */
static bool kipc_pipe_may_write_locked(const struct kipc_pipe *pipe, u32 want,
				       unsigned int how)
{
	if (!pipe->readers)
		return true;
	if ((how & KIPC_WRITE_PACKET) && !kipc_pipe_packet_fits(pipe))
		return false;
	return kipc_pipe_has_room(pipe, how & KIPC_WRITE_WHOLE ? want : 1, how);
}

/**
 * kipc_pipe_wait_writable - wait for room
 * @pipe: the pipe; the caller has wr_lock
 * @want: bytes to write
 * @how: KIPC_WRITE_*
 * @s: the caller's entry, kept over several waits so that a thread that was
 *	woken too late does not lose its turn
 *
 * A write that can be divided sleeps, on a full pipe, until readers get to the
 * end of the page they are in: not for each byte that is read, and not for more
 * than a page either, so that a reader finds the pipe filled up again.
 *
 * Return: 0 with wr_lock held, when something can be written or no reader is
 * left; -ERESTARTSYS with wr_lock released.
 */
int kipc_pipe_wait_writable(struct kipc_pipe *pipe, u32 want, unsigned int how,
			    struct kipc_sleeper *s)
{
	u32 page;

	spin_lock(&pipe->lock);
	if (kipc_pipe_may_write_locked(pipe, want, how)) {
		spin_unlock(&pipe->lock);
		return 0;
	}
	page = PAGE_SIZE - offset_in_page(pipe->ring.tail);
	s->need = how & KIPC_WRITE_WHOLE ? want : min(want, page);
	s->tag = how & KIPC_WRITE_WHOLE ? how : how | KIPC_WRITE_REST;
	kipc_sleeper_enter_locked(&pipe->wr, s);
	spin_unlock(&pipe->lock);
	return kipc_pipe_sleep(pipe, &pipe->wr, s, &pipe->wr_lock);
}
