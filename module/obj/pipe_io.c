// SPDX-License-Identifier: GPL-2.0
/* Pipes: read, write and poll; see pipe.h. */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uio.h>

#include "compat.h"
#include "obj/pipe.h"
#include "trace.h"

static __always_inline void
kipc_pipe_move_tail_locked(struct kipc_pipe *pipe, const struct file *file,
			   u32 bytes)
{
	/*
	 * Our reads of the bytes come before a writer's reuse of their room;
	 * pairs with the acquire in kipc_pipe_room().
	 */
	smp_store_release(&pipe->ring.tail, pipe->ring.tail + bytes);
	kipc_pipe_note_read_locked(pipe, file);
	trace_kipc_pipe_read(&pipe->obj, bytes, kipc_ring_used(&pipe->ring));
}

static __always_inline void
kipc_pipe_move_head_locked(struct kipc_pipe *pipe, u32 bytes)
{
	/*
	 * The bytes, their pages and packet come before the head that shows
	 * them; pairs with the acquire in kipc_pipe_avail().
	 */
	smp_store_release(&pipe->ring.head, pipe->ring.head + bytes);
	kipc_pipe_note_write_locked(pipe);
	trace_kipc_pipe_write(&pipe->obj, bytes, kipc_ring_used(&pipe->ring));
}

/**
 * kipc_pipe_commit_read - take bytes out that were copied
 * @pipe: the pipe; the caller has rd_lock or the claim
 * @file: the end that they are read from
 * @bytes: how many go; at most one packet among them
 * @wake: where to note whom to wake
 */
void kipc_pipe_commit_read(struct kipc_pipe *pipe, const struct file *file,
			   u32 bytes, struct kipc_pipe_wake *wake)
{
	struct kipc_packet *packet = NULL;

	spin_lock(&pipe->lock);
	if (unlikely(pipe->nr_packets))
		packet = kipc_packet_consume_locked(pipe, bytes);
	kipc_pipe_move_tail_locked(pipe, file, bytes);
	if (kipc_pipe_is_watched_locked(pipe))
		kipc_pipe_notify_read_locked(pipe, bytes, packet, wake);
	spin_unlock(&pipe->lock);
	kipc_packet_free(packet);
}

static __always_inline void
__kipc_pipe_commit_write_locked(struct kipc_pipe *pipe, u32 bytes,
				struct kipc_packet *packet, u32 release,
				struct kipc_pipe_wake *wake)
{
	lockdep_assert_held(&pipe->lock);
	if (unlikely(packet)) {
		packet->start = pipe->ring.head;
		packet->len = bytes;
		list_add_tail(&packet->node, &pipe->packets);
		WRITE_ONCE(pipe->nr_packets, pipe->nr_packets + 1);
	}
	if (unlikely(release))
		WRITE_ONCE(pipe->reserved, pipe->reserved - release);
	kipc_pipe_move_head_locked(pipe, bytes);
	if (kipc_pipe_is_watched_locked(pipe))
		kipc_pipe_notify_write_locked(pipe, wake);
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
	__kipc_pipe_commit_write_locked(pipe, bytes, packet, release, wake);
	spin_unlock(&pipe->lock);
}

/**
 * kipc_pipe_commit_write_locked - make bytes readable that were copied in
 * @pipe: the pipe; the caller has wr_lock and lock
 * @bytes: how many
 * @packet: the packet they are, or NULL for a stream
 * @release: bytes of reservation that this write uses up
 * @wake: where to note whom to wake
 */
void kipc_pipe_commit_write_locked(struct kipc_pipe *pipe, u32 bytes,
				   struct kipc_packet *packet, u32 release,
				   struct kipc_pipe_wake *wake)
{
	__kipc_pipe_commit_write_locked(pipe, bytes, packet, release, wake);
}

/**
 * kipc_pipe_take - read bytes of the ring
 * @pipe: the pipe; the caller has rd_lock
 * @file: the end that they are read from
 * @xfer: where they go
 * @len: how many at most
 * @avail: how many there are, 1 at least
 * @wake: where to note whom to wake
 *
 * Context: may sleep in a fault of user memory.
 * Return: bytes, or -EFAULT.
 */
ssize_t kipc_pipe_take(struct kipc_pipe *pipe, const struct file *file,
		       struct kipc_xfer *xfer, size_t len, u32 avail,
		       struct kipc_pipe_wake *wake)
{
	struct kipc_pipe_span span;
	u32 copied;

	kipc_pipe_span(pipe, 0, len, avail, &span);
	copied = kipc_ring_drain(&pipe->ring, span.copy, xfer);
	if (unlikely(copied < span.copy)) {
		/* A packet that cannot be delivered whole is not consumed. */
		if (copied > span.whole_from) {
			kipc_xfer_revert(xfer, copied - span.whole_from);
			copied = span.whole_from;
		}
		span.consume = copied;
		if (!copied)
			return -EFAULT;
	}
	kipc_pipe_commit_read(pipe, file, span.consume, wake);
	return copied;
}

/* Reads; called with rd_lock held, which it releases. */
static noinline ssize_t kipc_pipe_do_read(struct file *file,
					  struct kipc_xfer *xfer, size_t len,
					  bool nowait)
{
	struct kipc_pipe *pipe = file->private_data;
	bool nonblock = nowait || (file->f_flags & O_NONBLOCK);
	struct kipc_pipe_wake wake = {};
	ssize_t ret;
	u32 avail;

	do {
		ret = kipc_pipe_wait_readable(pipe, nonblock);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		/* First, so that it has nothing that comes behind a large write. */
		avail = kipc_pipe_avail(pipe);
		if (unlikely(READ_ONCE(pipe->direct)))
			ret = kipc_direct_read(pipe, file, xfer, len, &wake);
		else
			ret = avail ? kipc_pipe_take(pipe, file, xfer, len,
						     avail, &wake) : 0;
		/* A writer that was there may have withdrawn what it had. */
	} while (unlikely(!ret));
	/* One may also have come during the read. */
	if (unlikely(READ_ONCE(pipe->direct)))
		kipc_direct_keep_full(pipe, &wake);
	mutex_unlock(&pipe->rd_lock);
	kipc_pipe_wake(pipe, &wake);
	if (unlikely(ret < 0))
		kipc_pipe_pass_on(pipe, &pipe->rd);
	return ret;
}

/* A pipe that is emptied again and again makes do with so many pages. */
#define KIPC_PIPE_REWIND_PAGES	4

/*
 * Starts an empty ring again at its first page, which is there and in the
 * cache, instead of going on to a new one. Readers look at both indices
 * under rd_lock, which ranks above the wr_lock that we hold, so only try.
 */
static void kipc_pipe_rewind(struct kipc_pipe *pipe)
{
	lockdep_assert_held(&pipe->wr_lock);
	if (!mutex_trylock(&pipe->rd_lock))
		return;
	spin_lock(&pipe->lock);
	if (kipc_pipe_is_unused_locked(pipe))
		kipc_pipe_rewind_locked(pipe);
	spin_unlock(&pipe->lock);
	mutex_unlock(&pipe->rd_lock);
}

/* The case of kipc_pipe_populate() that a page is missing. */
int kipc_pipe_populate_slow(struct kipc_pipe *pipe, u32 bytes, bool nowait)
{
	gfp_t gfp = nowait ? GFP_NOWAIT | __GFP_ACCOUNT | __GFP_NOWARN :
			     GFP_KERNEL_ACCOUNT;
	int ret;

	if (!kipc_ring_used_about(&pipe->ring) &&
	    pipe->ring.nr_pages >= KIPC_PIPE_REWIND_PAGES)
		kipc_pipe_rewind(pipe);
	ret = kipc_ring_populate(&pipe->ring, bytes, gfp);
	if (pipe->ring.nr_pages)
		kipc_trim_add(pipe);
	return ret && nowait ? -EAGAIN : ret;
}

/* Adds @len bytes, for which there is room; returns how many were added. */
static ssize_t kipc_pipe_add(struct kipc_pipe *pipe, struct kipc_xfer *xfer,
			     u32 len, unsigned int how,
			     struct kipc_pipe_wake *wake)
{
	bool nowait = how & KIPC_WRITE_NOWAIT;
	struct kipc_packet *packet = NULL;
	u32 copied;
	int ret;

	ret = kipc_pipe_populate(pipe, len + READ_ONCE(pipe->reserved), nowait);
	if (ret)
		return ret;
	if (unlikely(how & KIPC_WRITE_PACKET)) {
		packet = kipc_packet_alloc(nowait);
		if (!packet)
			return nowait ? -EAGAIN : -ENOMEM;
	}
	copied = kipc_ring_fill(&pipe->ring, len, xfer);
	if (unlikely(!copied || ((how & KIPC_WRITE_WHOLE) && copied < len))) {
		kipc_packet_free(packet);
		return -EFAULT;
	}
	kipc_pipe_commit_write(pipe, copied, packet, 0, wake);
	return copied;
}

/* Somebody may change that in the middle of a write, and counts on it. */
static bool kipc_pipe_is_nonblock(const struct file *file, unsigned int how)
{
	return (how & KIPC_WRITE_NOWAIT) ||
	       (READ_ONCE(file->f_flags) & O_NONBLOCK);
}

/* Writes; called with wr_lock held, which it releases. */
static noinline ssize_t kipc_pipe_do_write(struct file *file,
					   struct kipc_xfer *xfer, size_t len,
					   unsigned int how)
{
	struct kipc_pipe *pipe = file->private_data;
	struct kipc_sleeper s = KIPC_SLEEPER_INIT(s);
	struct kipc_pipe_wake wake = {};
	bool direct = true;
	size_t done = 0;
	u32 want, room;
	ssize_t ret = 0;

	if (file->f_flags & O_DIRECT)
		how |= KIPC_WRITE_PACKET | KIPC_WRITE_WHOLE;
	else if (len <= PIPE_BUF)
		how |= KIPC_WRITE_WHOLE;

	while (done < len) {
		if (unlikely(!READ_ONCE(pipe->readers))) {
			ret = -EPIPE;
			break;
		}
		want = len - done;
		if (how & KIPC_WRITE_PACKET)
			want = min_t(u32, want, PIPE_BUF);
		if (direct && kipc_direct_is_worth(pipe, xfer, want) &&
		    !kipc_pipe_is_nonblock(file, how) &&
		    kipc_direct_is_due(pipe, want)) {
			/* If readers take nothing, the rest goes through the ring. */
			ret = kipc_direct_write(pipe, xfer, want, &direct);
			if (ret < 0)
				return done ?: ret;
			done += ret;
			continue;
		}
		room = min(want, kipc_pipe_room(pipe));
		if (likely(room == want ||
			   (room && !(how & KIPC_WRITE_WHOLE))) &&
		    (!(how & KIPC_WRITE_PACKET) ||
		     kipc_pipe_packet_fits(pipe))) {
			ret = kipc_pipe_add(pipe, xfer, room, how, &wake);
			if (ret < 0)
				break;
			done += ret;
			if (done == len || ret < room)
				break;
			/* What readers take meanwhile makes no room, as natively. */
			if (!(how & KIPC_WRITE_PACKET) &&
			    kipc_pipe_is_nonblock(file, how))
				break;
			kipc_pipe_wake(pipe, &wake);
			continue;
		}
		if (kipc_pipe_is_nonblock(file, how)) {
			ret = -EAGAIN;
			break;
		}
		ret = kipc_pipe_wait_writable(pipe, want, how, &s);
		if (ret)
			return done ?: ret;
	}
	mutex_unlock(&pipe->wr_lock);
	kipc_pipe_wake(pipe, &wake);
	if (unlikely(ret < 0))
		kipc_pipe_pass_on(pipe, &pipe->wr);
	if (unlikely(ret == -EPIPE) && !(how & KIPC_WRITE_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	return done ?: ret;
}

/*
 * The common case of a small read or write: it concerns one piece of one page,
 * nothing needs to be waited for, and no packets are about. It has a path of
 * its own, because the general one costs a third more.
 */
static __always_inline bool
kipc_pipe_is_simple_read(const struct kipc_pipe *pipe, u32 len)
{
	return len && !READ_ONCE(pipe->nr_packets) &&
	       !READ_ONCE(pipe->direct) &&
	       kipc_ring_is_one_chunk(pipe->ring.tail, len);
}

static __always_inline bool
kipc_pipe_is_simple_write(const struct kipc_pipe *pipe,
			  const struct file *file, size_t len)
{
	return len <= PIPE_BUF && !(file->f_flags & O_DIRECT) &&
	       READ_ONCE(pipe->readers) && !READ_ONCE(pipe->reserved) &&
	       kipc_pipe_room(pipe) >= len &&
	       kipc_ring_is_one_chunk(pipe->ring.head, len) &&
	       pipe->ring.slots[kipc_ring_slot(&pipe->ring, pipe->ring.head)];
}

/*
 * Waits for the room of a small write, if that is all that keeps it from being a
 * simple one. Returns 0 with wr_lock held, else an error with wr_lock released.
 */
static noinline int kipc_pipe_wait_simple(struct kipc_pipe *pipe,
					  const struct file *file, size_t len)
{
	struct kipc_sleeper s = KIPC_SLEEPER_INIT(s);
	int ret;

	if (len > PIPE_BUF || (file->f_flags & (O_DIRECT | O_NONBLOCK)))
		return 0;
	while (READ_ONCE(pipe->readers) && kipc_pipe_room(pipe) < len) {
		ret = kipc_pipe_wait_writable(pipe, len, KIPC_WRITE_WHOLE, &s);
		if (ret)
			return ret;
	}
	return 0;
}

static noinline ssize_t kipc_pipe_read_buf(struct file *file, char __user *buf,
					   size_t len)
{
	struct kipc_xfer xfer = { .buf = buf };

	return kipc_pipe_do_read(file, &xfer, len, false);
}

static noinline ssize_t kipc_pipe_write_buf(struct file *file,
					    const char __user *buf, size_t len)
{
	struct kipc_xfer xfer = { .buf = (char __user *)buf };

	return kipc_pipe_do_write(file, &xfer, len, 0);
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
	struct kipc_pipe *pipe = file->private_data;
	u32 avail, bytes;
	int ret;

	if (unlikely(!len))
		return 0;
	if (mutex_lock_killable(&pipe->rd_lock))
		return -ERESTARTSYS;
	avail = kipc_pipe_avail(pipe);
	if (!avail) {
		ret = kipc_pipe_wait_readable(pipe,
					      file->f_flags & O_NONBLOCK);
		if (ret < 0)
			return ret;
		avail = kipc_pipe_avail(pipe);
	}
	bytes = min_t(size_t, len, avail);
	if (unlikely(!kipc_pipe_is_simple_read(pipe, bytes)))
		return kipc_pipe_read_buf(file, buf, len);

	if (kipc_copy_to_user(buf, kipc_ring_addr(&pipe->ring, pipe->ring.tail),
			      bytes)) {
		mutex_unlock(&pipe->rd_lock);
		kipc_pipe_pass_on(pipe, &pipe->rd);
		return -EFAULT;
	}
	spin_lock(&pipe->lock);
	kipc_pipe_move_tail_locked(pipe, file, bytes);
	if (kipc_pipe_is_watched_locked(pipe) || unlikely(pipe->direct)) {
		kipc_pipe_end_read(pipe, bytes);
		return bytes;
	}
	spin_unlock(&pipe->lock);
	mutex_unlock(&pipe->rd_lock);
	return bytes;
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
	struct kipc_pipe *pipe = file->private_data;
	int ret;

	if (unlikely(!len))
		return 0;
	if (mutex_lock_killable(&pipe->wr_lock))
		return -ERESTARTSYS;
	if (unlikely(!kipc_pipe_is_simple_write(pipe, file, len))) {
		ret = kipc_pipe_wait_simple(pipe, file, len);
		if (ret)
			return ret;
		if (!kipc_pipe_is_simple_write(pipe, file, len))
			return kipc_pipe_write_buf(file, buf, len);
	}

	if (kipc_copy_from_user(kipc_ring_addr(&pipe->ring, pipe->ring.head),
				buf, len)) {
		mutex_unlock(&pipe->wr_lock);
		kipc_pipe_pass_on(pipe, &pipe->wr);
		return -EFAULT;
	}
	spin_lock(&pipe->lock);
	kipc_pipe_move_head_locked(pipe, len);
	if (kipc_pipe_is_watched_locked(pipe)) {
		kipc_pipe_end_write(pipe);
		return len;
	}
	spin_unlock(&pipe->lock);
	mutex_unlock(&pipe->wr_lock);
	return len;
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
	struct kipc_pipe *pipe = iocb->ki_filp->private_data;
	bool nowait = iocb->ki_flags & IOCB_NOWAIT;
	struct kipc_xfer xfer = { .iter = to };
	int ret;

	if (!iov_iter_count(to))
		return 0;
	ret = kipc_pipe_lock_side(&pipe->rd_lock, nowait);
	if (ret)
		return ret;
	return kipc_pipe_do_read(iocb->ki_filp, &xfer, iov_iter_count(to),
				 nowait);
}

/**
 * kipc_pipe_write_iter - writev(2), splice(2), sendfile(2), io_uring
 * @iocb: the call; IOCB_NOWAIT and IOCB_NOSIGNAL are honoured
 * @from: where the bytes come from
 *
 * Return: as kipc_pipe_write().
 */
ssize_t kipc_pipe_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct kipc_pipe *pipe = iocb->ki_filp->private_data;
	bool nowait = iocb->ki_flags & IOCB_NOWAIT;
	struct kipc_xfer xfer = { .iter = from };
	unsigned int how = 0;
	int ret;

	if (!iov_iter_count(from))
		return 0;
	ret = kipc_pipe_lock_side(&pipe->wr_lock, nowait);
	if (ret)
		return ret;
	if (nowait)
		how |= KIPC_WRITE_NOWAIT;
	if (iocb->ki_flags & IOCB_NOSIGNAL)
		how |= KIPC_WRITE_NOSIGNAL;
	return kipc_pipe_do_write(iocb->ki_filp, &xfer, iov_iter_count(from),
				  how);
}

/**
 * kipc_pipe_poll - poll(2), select(2), epoll(7)
 * @file: an end
 * @table: where to enter
 *
 * Return: EPOLLIN for data; EPOLLHUP when no writer is left; neither for data
 * that a splice has claimed, as a read has to wait for that; EPOLLOUT when
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
		/*
		 * Who opened a FIFO before any writer came sees no end yet, and nobody
		 * does while a splice may leave what it has claimed.
		 */
		if (!pipe->writers &&
		    kipc_file_cookie(file) != pipe->w_counter &&
		    !(pipe->claimed && kipc_ring_used(&pipe->ring)))
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
