// SPDX-License-Identifier: GPL-2.0
/*
 * Pipes: splice and tee with any file, by copying.
 *
 * The other file may sleep, take its own locks, be a pipe of the kernel whose
 * lock is also taken around ours by splice(2), or be another pipe of ours that
 * a second splice fills from this one. So its code runs with no lock of ours
 * held. Instead:
 *
 * - what goes out is claimed: other readers wait as if there were no data, and
 *   what the file did not take stays in the pipe;
 * - what comes in gets its room reserved, pages included, so that what was read
 *   from the file always fits. A file that may give messages, of which it drops what
 *   a read has no room for, is not read from before there is room for PIPE_BUF bytes.
 *
 * The bytes pass through a buffer of the call's own. No page of the other file
 * enters the ring, and none of the ring's leaves it.
 */
#include <linux/bvec.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uio.h>

#include "compat.h"
#include "obj/pipe.h"

#define KIPC_BOUNCE_MAX		SZ_16K

/**
 * struct kipc_splice - one splice or tee
 * @pipe: our side
 * @end: the file it is reached by
 * @file: the other side
 * @len: bytes to move at most
 * @pos: position in @file
 * @own_pos: @pos is the caller's, not the file position
 * @nonblock: do not wait for our pipe, for another one, or for input
 * @fifo: @file is a pipe, too, of any kind
 * @stream: what is not read of @file at once can be read later
 * @buf: the bounce buffer
 * @order: its size
 */
struct kipc_splice {
	struct kipc_pipe *pipe;
	struct file *end;
	struct file *file;
	u64 len;
	loff_t pos;
	bool own_pos;
	bool nonblock;
	bool fifo;
	bool stream;
	void *buf;
	unsigned int order;
};

static u32 kipc_splice_round(const struct kipc_splice *sp, u64 done)
{
	return min_t(u64, sp->len - done, PAGE_SIZE << sp->order);
}

/* Is the other side, where it can be polled and must not be waited for, ready? */
static bool kipc_splice_is_ready(const struct kipc_splice *sp, __poll_t events)
{
	return vfs_poll(sp->file, NULL) & (events | EPOLLERR | EPOLLHUP);
}

/* With writers or readers that keep up it would never come back to see a signal. */
static bool kipc_splice_is_wanted(u64 done)
{
	return done && signal_pending(current);
}

/* By page, not by address: direct I/O takes nothing else. */
static void kipc_splice_iter(struct kipc_splice *sp, unsigned int direction,
			     size_t len, struct bio_vec *vec,
			     struct iov_iter *iter)
{
	vec->bv_page = virt_to_page(sp->buf);
	vec->bv_offset = 0;
	vec->bv_len = len;
	iov_iter_bvec(iter, direction, vec, 1, len);
}

static ssize_t kipc_splice_file_read(struct kipc_splice *sp, size_t len)
{
	struct iov_iter iter;
	struct bio_vec vec;

	kipc_splice_iter(sp, ITER_DEST, len, &vec, &iter);
	return vfs_iter_read(sp->file, &iter, &sp->pos, 0);
}

static ssize_t kipc_splice_file_write(struct kipc_splice *sp, size_t len)
{
	struct iov_iter iter;
	struct bio_vec vec;

	kipc_splice_iter(sp, ITER_SOURCE, len, &vec, &iter);
	return kipc_iter_write(sp->file, &iter, &sp->pos, 0);
}

/* Claims the reading side, with what is in the ring, if that comes first. */
static bool kipc_pipe_try_claim(struct kipc_pipe *pipe)
{
	bool claimed;

	spin_lock(&pipe->lock);
	claimed = kipc_ring_used(&pipe->ring) && !pipe->direct;
	WRITE_ONCE(pipe->claimed, claimed);
	spin_unlock(&pipe->lock);
	return claimed;
}

/* Waits for data and claims the reading side: 1, or 0 at the end of file. */
static int kipc_pipe_claim(struct kipc_pipe *pipe, bool nonblock)
{
	struct kipc_pipe_wake wake = {};
	bool claimed = false;
	int ret;

	ret = kipc_pipe_lock_side(&pipe->rd_lock, false);
	if (ret)
		return ret;
	for (;;) {
		ret = kipc_pipe_wait_readable(pipe, nonblock);
		if (ret < 0)
			return ret;
		if (!ret)
			break;
		claimed = kipc_pipe_try_claim(pipe);
		if (claimed)
			break;
		/* Under this lock no other large write takes the place of the one there is. */
		ret = kipc_pipe_lock_side(&pipe->wr_lock, false);
		if (ret) {
			mutex_unlock(&pipe->rd_lock);
			kipc_pipe_pass_on(pipe, &pipe->rd);
			return ret;
		}
		kipc_direct_to_ring(pipe, false, &wake);
		claimed = kipc_pipe_try_claim(pipe);
		mutex_unlock(&pipe->wr_lock);
		if (claimed)
			break;
		/* Before it sleeps. */
		kipc_pipe_wake(pipe, &wake);
	}
	mutex_unlock(&pipe->rd_lock);
	kipc_pipe_wake(pipe, &wake);
	return claimed;
}

static void kipc_pipe_unclaim(struct kipc_pipe *pipe,
			      struct kipc_pipe_wake *wake)
{
	bool ended;

	spin_lock(&pipe->lock);
	ended = !pipe->writers;
	/* Pairs with the acquire in kipc_pipe_avail(). */
	smp_store_release(&pipe->claimed, false);
	/* Who was told of data, or of the end, meanwhile has found neither. */
	if (ended || kipc_pipe_is_readable_locked(pipe)) {
		if (kipc_waitq_is_polled_locked(&pipe->rd))
			wake->what |= KIPC_WAKE_POLL_READERS;
		if (READ_ONCE(pipe->fasync_readers))
			wake->what |= KIPC_WAKE_FASYNC_READERS;
	}
	kipc_pipe_pick_locked(pipe, wake);
	spin_unlock(&pipe->lock);
	kipc_pipe_wake(pipe, wake);
	/* Who came to the end of file meanwhile could not see it for the claim. */
	if (ended)
		kipc_wake_all(&pipe->rd, &pipe->lock);
}

/* Copies claimed bytes to the bounce buffer; rd_lock keeps resizing away. */
static int kipc_pipe_peek_claimed(struct kipc_splice *sp, u32 skip, u32 len)
{
	int ret = kipc_pipe_lock_side(&sp->pipe->rd_lock, false);

	if (ret)
		return ret;
	kipc_ring_peek(&sp->pipe->ring, sp->pipe->ring.tail + skip, len,
		       sp->buf);
	mutex_unlock(&sp->pipe->rd_lock);
	return 0;
}

/* From the pipe to the file; what is not to be consumed is only copied. */
static ssize_t kipc_splice_out(struct kipc_splice *sp, bool consume)
{
	struct kipc_pipe *pipe = sp->pipe;
	struct kipc_pipe_wake wake = {};
	struct kipc_pipe_span span;
	u32 avail, round, skip = 0;
	ssize_t ret;
	u64 done = 0;

	ret = kipc_pipe_claim(pipe, sp->nonblock);
	if (ret <= 0)
		return ret;
	while (done < sp->len) {
		/* Our claim keeps the tail; writers may add meanwhile. */
		spin_lock(&pipe->lock);
		avail = kipc_ring_used(&pipe->ring) - skip;
		spin_unlock(&pipe->lock);
		if (!avail || kipc_splice_is_wanted(done))
			break;
		/* Another pipe gets what fits at once, and is not waited for. */
		ret = -EAGAIN;
		round = kipc_splice_round(sp, done);
		if (sp->fifo) {
			if ((sp->nonblock || done) &&
			    !kipc_splice_is_ready(sp, EPOLLOUT))
				break;
			/* What a pipe that is ready takes without waiting. */
			round = min_t(u32, round, PIPE_BUF);
		}
		kipc_pipe_span(pipe, skip, round, avail, &span);
		ret = kipc_pipe_peek_claimed(sp, skip, span.copy);
		if (ret)
			break;
		ret = kipc_splice_file_write(sp, span.copy);
		if (ret <= 0)
			break;
		done += ret;
		/* Unlike a read it leaves the rest of a packet. */
		if (consume)
			kipc_pipe_commit_read(pipe, sp->end, ret, &wake);
		else
			skip += ret;
		kipc_pipe_wake(pipe, &wake);
		if (ret < span.copy)
			break;
		/* A packet at a time: tee does not see those behind the first. */
		if (span.whole_from < span.copy)
			break;
	}
	kipc_pipe_unclaim(pipe, &wake);
	return done ?: ret;
}

/*
 * Reserves up to @len bytes of room, of which there must be PIPE_BUF, or @len, if @how has
 * KIPC_WRITE_WHOLE; *@room says how many.
 */
static int kipc_pipe_reserve(struct kipc_pipe *pipe, u32 len, unsigned int how,
			     bool nonblock, u32 *room)
{
	u32 want = how & KIPC_WRITE_WHOLE ? min_t(u32, len, PIPE_BUF) : 1;
	struct kipc_sleeper s = KIPC_SLEEPER_INIT(s);
	struct kipc_pipe_wake wake = {};
	int ret;

	ret = kipc_pipe_lock_side(&pipe->wr_lock, false);
	if (ret)
		return ret;
	for (;;) {
		ret = -EPIPE;
		if (!READ_ONCE(pipe->readers))
			goto out_unlock;
		if (kipc_pipe_has_room(pipe, want, how))
			break;
		ret = -EAGAIN;
		if (nonblock)
			goto out_unlock;
		ret = kipc_pipe_wait_writable(pipe, how & KIPC_WRITE_WHOLE ?
					      want : len, how, &s);
		if (ret)
			return ret;
	}
	*room = min(len, kipc_pipe_room(pipe));
	ret = kipc_pipe_populate(pipe, READ_ONCE(pipe->reserved) + *room, false);
	if (ret)
		goto out_unlock;
	spin_lock(&pipe->lock);
	WRITE_ONCE(pipe->reserved, pipe->reserved + *room);
	/* There may be room for the next one. */
	kipc_pipe_pick_locked(pipe, &wake);
	spin_unlock(&pipe->lock);
out_unlock:
	mutex_unlock(&pipe->wr_lock);
	kipc_pipe_wake(pipe, &wake);
	if (ret)
		kipc_pipe_pass_on(pipe, &pipe->wr);
	return ret;
}

static void kipc_pipe_unreserve(struct kipc_pipe *pipe, u32 room)
{
	if (!room)
		return;
	spin_lock(&pipe->lock);
	WRITE_ONCE(pipe->reserved, pipe->reserved - room);
	spin_unlock(&pipe->lock);
	kipc_pipe_notify_room(pipe);
}

/* Puts @len bytes of the bounce buffer into room that was reserved for them. */
static int kipc_pipe_add_reserved(struct kipc_splice *sp, u32 len)
{
	struct kvec vec = { .iov_base = sp->buf, .iov_len = len };
	struct kipc_pipe *pipe = sp->pipe;
	struct kipc_pipe_wake wake = {};
	struct kipc_xfer xfer = {};
	struct iov_iter iter;
	int ret;

	ret = kipc_pipe_lock_side(&pipe->wr_lock, false);
	if (ret)
		return ret;
	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, len);
	xfer.iter = &iter;
	WARN_ON_ONCE(kipc_ring_fill(&pipe->ring, len, &xfer) != len);
	kipc_pipe_commit_write(pipe, len, NULL, len, &wake);
	mutex_unlock(&pipe->wr_lock);
	kipc_pipe_wake(pipe, &wake);
	return 0;
}

/* From the file to the pipe. */
static ssize_t kipc_splice_in(struct kipc_splice *sp)
{
	unsigned int how = sp->stream ? 0 : KIPC_WRITE_WHOLE | KIPC_WRITE_REST;
	struct kipc_pipe *pipe = sp->pipe;
	ssize_t ret = 0;
	u64 done = 0;
	u32 room;

	if (sp->nonblock && file_can_poll(sp->file) &&
	    !kipc_splice_is_ready(sp, EPOLLIN))
		return -EAGAIN;
	while (done < sp->len && !kipc_splice_is_wanted(done)) {
		ret = kipc_pipe_reserve(pipe, kipc_splice_round(sp, done), how,
					sp->nonblock || done, &room);
		if (ret)
			break;
		ret = kipc_splice_file_read(sp, room);
		if (ret > 0) {
			int err = kipc_pipe_add_reserved(sp, ret);

			if (err) {
				/* Killed: nobody will miss the bytes. */
				kipc_pipe_unreserve(pipe, room);
				return err;
			}
			kipc_pipe_unreserve(pipe, room - ret);
			done += ret;
		} else {
			kipc_pipe_unreserve(pipe, room);
		}
		if (ret < (ssize_t)room)
			break;
		/* With something in hand there is no more waiting. */
		if (file_can_poll(sp->file) &&
		    !kipc_splice_is_ready(sp, EPOLLIN))
			break;
	}
	if (ret == -EPIPE && !done)
		send_sig(SIGPIPE, current, 0);
	return done ?: ret;
}

/* Finds the other file's position and checks that it can take part. */
static int kipc_splice_prepare(struct kipc_splice *sp,
			       const struct kipc_pipe_splice *arg, bool out)
{
	struct file *file = sp->file;
	fmode_t seek = out ? FMODE_PWRITE : FMODE_PREAD;
	umode_t mode = file_inode(file)->i_mode;

	if (!(file->f_mode & (out ? FMODE_WRITE : FMODE_READ)))
		return -EBADF;
	if (out ? !file->f_op->write_iter : !file->f_op->read_iter)
		return -EINVAL;
	if ((arg->flags & KIPC_SPLICE_OFFSET) && !(file->f_mode & seek))
		return -ESPIPE;
	if (kipc_pipe_from_file(file) == sp->pipe)
		return -EINVAL;
	sp->fifo = S_ISFIFO(mode) && file_can_poll(file);
	sp->stream = S_ISREG(mode) || S_ISBLK(mode);
	/* Between two pipes the mode of either counts for both. */
	if (sp->fifo && (file->f_flags & O_NONBLOCK))
		sp->nonblock = true;
	if (out && (file->f_flags & O_APPEND) && !sp->fifo)
		return -EINVAL;
	if (arg->flags & KIPC_SPLICE_OFFSET) {
		if (arg->offset > S64_MAX)
			return -EINVAL;
		sp->own_pos = true;
		sp->pos = arg->offset;
	} else {
		if (arg->offset)
			return -EINVAL;
		if (!(file->f_mode & FMODE_STREAM))
			sp->pos = file->f_pos;
	}
	return 0;
}

static int kipc_splice_run(struct kipc_call *call,
			   struct kipc_pipe_splice *arg, bool out, bool consume)
{
	struct kipc_splice sp = {
		.pipe = call->obj,
		.end = call->file,
		.len = min_t(u64, arg->len, MAX_RW_COUNT),
		.nonblock = (arg->flags & KIPC_SPLICE_NONBLOCK) ||
			    (call->file->f_flags & O_NONBLOCK),
	};
	struct file *file;
	ssize_t ret;

	if (!(call->file->f_mode & (out ? FMODE_READ : FMODE_WRITE)))
		return -EBADF;
	file = fget(arg->fd);
	if (!file)
		return -EBADF;
	sp.file = file;
	ret = kipc_splice_prepare(&sp, arg, out);
	if (ret || !sp.len)
		goto out_fput;

	sp.order = get_order(min_t(u64, sp.len, KIPC_BOUNCE_MAX));
	sp.buf = (void *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_COMP,
					  sp.order);
	if (!sp.buf) {
		ret = -ENOMEM;
		goto out_fput;
	}
	ret = out ? kipc_splice_out(&sp, consume) : kipc_splice_in(&sp);
	free_pages((unsigned long)sp.buf, sp.order);

	if (ret > 0) {
		if (sp.own_pos)
			arg->offset = sp.pos;
		else if (!(file->f_mode & FMODE_STREAM))
			file->f_pos = sp.pos;
	}
out_fput:
	fput(file);
	if (ret < 0)
		return ret;
	arg->len = ret;
	return 0;
}

/**
 * kipc_pipe_ioctl_splice - move bytes between a pipe and a file
 * @call: the call, on an end of the pipe
 * @arg: &struct kipc_pipe_splice
 *
 * Return: 0 or a negative errno, as the ABI says.
 */
int kipc_pipe_ioctl_splice(struct kipc_call *call, void *arg)
{
	struct kipc_pipe_splice *splice = arg;

	switch (splice->flags & (KIPC_SPLICE_TO_PIPE | KIPC_SPLICE_FROM_PIPE)) {
	case KIPC_SPLICE_TO_PIPE:
		return kipc_splice_run(call, splice, false, false);
	case KIPC_SPLICE_FROM_PIPE:
		return kipc_splice_run(call, splice, true, true);
	default:
		return -EINVAL;
	}
}

/**
 * kipc_pipe_ioctl_tee - copy bytes of a pipe to a file, and keep them
 * @call: the call, on an end of the pipe that can read
 * @arg: &struct kipc_pipe_splice
 *
 * Return: 0 or a negative errno, as the ABI says.
 */
int kipc_pipe_ioctl_tee(struct kipc_call *call, void *arg)
{
	return kipc_splice_run(call, arg, true, false);
}
