/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_OBJ_PIPE_H
#define _KIPC_OBJ_PIPE_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/mount.h>

#include "compat.h"
#include "kipc.h"
#include "core/file.h"
#include "core/ioctl.h"
#include "core/ring.h"
#include "core/wait.h"

/*
 * A pipe: a ring of bytes with a reading and a writing side. It belongs to an
 * inode: an anonymous one (pipe.c) or that of a FIFO (fifo.c). The first open
 * makes it, the last close frees it with all that is in it.
 *
 * Each side has a mutex that lets one thread copy at a time, so a reader and a
 * writer work at the same time; what both need is under the spinlock. Bytes
 * become visible when the writer moves the head, and free when the reader moves
 * the tail, each once per call: that makes writes of PIPE_BUF bytes or less
 * atomic, and a call that fails leaves no trace.
 *
 * splice and tee run code of other files, under which no lock of ours may be
 * held. They mark what they work on instead: a reader claims the reading side,
 * a writer reserves room.
 *
 *	pipe.c		life: creation, ends, attributes of the inode
 *	pipe_ioctl.c	the calls of the ABI; resizing
 *	pipe_io.c	read, write, poll
 *	pipe_wait.c	sleeping and waking
 *	pipe_direct.c	large writes: readers copy from the writer's memory
 *	pipe_packet.c	packet mode
 *	pipe_show.c	what fdinfo says
 *	pipe_splice.c	splice and tee
 *	pipe_trim.c	takes the pages of idle pipes back
 *	fifo.c		FIFOs: rendezvous of the openers
 */

/**
 * struct kipc_packet - one write in packet mode that was not read yet
 * @node: in kipc_pipe.packets, oldest first
 * @start: position of its first byte
 * @len: its length in bytes, 1 to PIPE_BUF
 */
struct kipc_packet {
	struct list_head node;
	u32 start;
	u32 len;
};

/**
 * struct kipc_pipe - a pipe
 * @obj: the object
 * @lock: innermost; guards what is said to be guarded by it
 * @readers: open files that can read; changes under @lock
 * @writers: open files that can write; likewise
 * @r_counter: opens for reading so far; @lock
 * @w_counter: opens for writing so far; @lock
 * @reserved: bytes of room promised to splices; changes under @wr_lock and
 *	@lock, but is released under @lock alone
 * @claimed: a splice has the reading side; set under @rd_lock and @lock,
 *	cleared under @lock alone
 * @direct: memory of a writer to read from, or NULL; @lock
 * @passed: bytes written and read that the positions of @ring do not count: those
 *	of @direct, and those from before the ring was rewound; @lock
 * @nr_packets: entries of @packets; @lock
 * @packets: packets in the ring; @lock
 * @ring: @ring.head changes under @wr_lock and @lock, @ring.tail under @rd_lock
 *	(or a claim) and @lock; slots under @wr_lock, and with @rd_lock too where
 *	pages with content go
 * @read_at: jiffies of the last read, or of the creation; @lock
 * @written_at: likewise, of the last write
 * @was_read: the times of the inode do not show @read_at yet; @lock
 * @was_written: likewise, @written_at
 * @rd: readers, who wait for data; @lock
 * @wr: writers, who wait for room: kipc_sleeper.need is in bytes; @lock
 * @openers: opens of a FIFO, who wait for the other side; @lock
 * @fasync_readers: who gets SIGIO for data
 * @fasync_writers: who gets SIGIO for room
 * @trim_node: in kipc_trim.pipes while @trim_listed; kipc_trim.lock
 * @trim_listed: the ring has pages; changes under @wr_lock and kipc_trim.lock
 * @trim_used: @trim_listed was true once; set under @wr_lock
 * @rd_lock: one reader at a time; outermost, user memory is copied under it
 * @wr_lock: one writer at a time; nests in @rd_lock, otherwise likewise
 */
struct kipc_pipe {
	struct kipc_obj obj;
	spinlock_t lock; /* what it guards is said above, member by member */
	unsigned int readers;
	unsigned int writers;
	unsigned int r_counter;
	unsigned int w_counter;
	u32 reserved;
	bool claimed;
	struct kipc_direct *direct;
	u32 passed;
	unsigned int nr_packets;
	struct list_head packets;
	struct kipc_ring ring;
	unsigned long read_at;
	unsigned long written_at;
	bool was_read;
	bool was_written;
	struct kipc_waitq rd;
	struct kipc_waitq wr;
	struct kipc_waitq openers;
	struct fasync_struct *fasync_readers;
	struct fasync_struct *fasync_writers;
	struct list_head trim_node;
	bool trim_listed;
	bool trim_used;
	struct mutex rd_lock ____cacheline_aligned_in_smp;
	struct mutex wr_lock ____cacheline_aligned_in_smp;
};

/* Bits of &struct kipc_pipe_wake.what */
#define KIPC_WAKE_READER	BIT(0)
#define KIPC_WAKE_WRITER	BIT(1)
#define KIPC_WAKE_POLL_READERS	BIT(2)
#define KIPC_WAKE_POLL_WRITERS	BIT(3)
#define KIPC_WAKE_FASYNC_READERS BIT(4)
#define KIPC_WAKE_FASYNC_WRITERS BIT(5)
#define KIPC_WAKE_DIRECT	BIT(6)

/**
 * struct kipc_pipe_wake - whom to wake when the locks are dropped
 * @what: KIPC_WAKE_*; nearly always 0
 * @reader: a blocked reader, valid with KIPC_WAKE_READER
 * @writer: a blocked writer, valid with KIPC_WAKE_WRITER
 * @direct: the writer of a large write, valid with KIPC_WAKE_DIRECT
 * @direct_task: its thread, likewise
 */
struct kipc_pipe_wake {
	unsigned int what;
	struct task_struct *reader;
	struct task_struct *writer;
	struct kipc_waiter *direct;
	struct task_struct *direct_task;
};

/**
 * struct kipc_pipe_span - what one read gets
 * @copy: bytes to copy
 * @consume: bytes to take out then: more when the rest of a packet is lost
 * @whole_from: the bytes from here on are a packet: all of them or none
 */
struct kipc_pipe_span {
	u32 copy;
	u32 consume;
	u32 whole_from;
};

/* How to write; the first two decide what is waited for */
#define KIPC_WRITE_WHOLE	BIT(0)	/* all at once or nothing */
#define KIPC_WRITE_PACKET	BIT(1)	/* as a packet */
#define KIPC_WRITE_NOWAIT	BIT(2)	/* do not sleep, for memory or locks either */
#define KIPC_WRITE_NOSIGNAL	BIT(3)	/* no SIGPIPE */
#define KIPC_WRITE_REST		BIT(4)	/* less will do if splices have the rest of an empty pipe */

/* A packet counts for so many bytes at least when their number is limited. */
#define KIPC_PIPE_PACKET_SHARE	64

/**
 * kipc_pipe_room - bytes that may be written
 * @pipe: the pipe; the caller has wr_lock or lock
 *
 * Return: bytes. Without lock it may be too small: readers go on meanwhile.
 */
static inline u32 kipc_pipe_room(const struct kipc_pipe *pipe)
{
	/* Pairs with the release in kipc_pipe_move_tail_locked(). */
	u32 tail = smp_load_acquire(&pipe->ring.tail);

	return pipe->ring.size - (READ_ONCE(pipe->ring.head) - tail) -
	       READ_ONCE(pipe->reserved);
}

/*
 * Is there room for @need bytes? Or for fewer, if @how says that these will do, and no reader can
 * make more: nothing is in the pipe, and splices have reserved the rest. The caller has the pipe's
 * lock, or wr_lock: then there may be more than this says.
 */
static inline bool kipc_pipe_has_room(const struct kipc_pipe *pipe, u32 need,
				      unsigned int how)
{
	u32 room = kipc_pipe_room(pipe);

	if (likely(room >= need))
		return true;
	return (how & KIPC_WRITE_REST) && room &&
	       !kipc_ring_used_about(&pipe->ring);
}

/* Is there a slot for one more packet? */
static inline bool kipc_pipe_packet_fits(const struct kipc_pipe *pipe)
{
	return READ_ONCE(pipe->nr_packets) <
	       pipe->ring.size / KIPC_PIPE_PACKET_SHARE;
}

/* Does poll say that one can write? Any write up to PIPE_BUF succeeds then. */
static inline bool kipc_pipe_is_writable_locked(const struct kipc_pipe *pipe)
{
	return kipc_pipe_room(pipe) >= PIPE_BUF && kipc_pipe_packet_fits(pipe);
}

/* Does anybody sleep on the pipe, poll it, or want signals from it? */
static inline bool kipc_pipe_is_watched_locked(struct kipc_pipe *pipe)
{
	return !list_empty(&pipe->rd.sleepers) ||
	       !list_empty(&pipe->wr.sleepers) ||
	       kipc_waitq_is_polled_locked(&pipe->rd) ||
	       kipc_waitq_is_polled_locked(&pipe->wr) ||
	       READ_ONCE(pipe->fasync_readers) ||
	       READ_ONCE(pipe->fasync_writers);
}

/* Is there nothing in the ring, and nothing that refers to its positions? */
static inline bool kipc_pipe_is_unused_locked(const struct kipc_pipe *pipe)
{
	return !kipc_ring_used(&pipe->ring) && !pipe->reserved &&
	       !pipe->claimed && !pipe->direct;
}

/*
 * Starts an unused ring again at its first page. The caller has both sides' locks, and pages
 * of the ring may go next.
 */
static inline void kipc_pipe_rewind_locked(struct kipc_pipe *pipe)
{
	lockdep_assert_held(&pipe->lock);
	pipe->passed += pipe->ring.head;
	kipc_ring_rewind(&pipe->ring);
}

/* Is there data that a reader could take? */
static inline bool kipc_pipe_is_readable_locked(const struct kipc_pipe *pipe)
{
	return (kipc_ring_used(&pipe->ring) || pipe->direct) && !pipe->claimed;
}

static inline struct kipc_pipe *kipc_pipe_of(struct kipc_obj *obj)
{
	return container_of(obj, struct kipc_pipe, obj);
}

/* pipe.c */
struct kipc_pipe *kipc_pipe_get_or_create(struct inode *inode,
					  const struct kipc_obj_ops *ops,
					  struct kipc_instance *inst);
void kipc_pipe_free(struct kipc_obj *obj);
void kipc_pipe_enter_locked(struct kipc_pipe *pipe, struct file *file);
bool kipc_pipe_leave(struct kipc_pipe *pipe, struct file *file);
void kipc_pipe_prepare_file(struct inode *inode, struct file *file,
			    struct kipc_pipe *pipe);
struct kipc_pipe *kipc_pipe_from_file(struct file *file);
int kipc_pipe_release(struct inode *inode, struct file *file);
int kipc_pipe_fasync(int fd, struct file *file, int on);
unsigned long kipc_pipe_user_limit(void);
int kipc_pipe_open_pair(struct kipc_instance *inst, u32 size, int flags,
			struct file *files[2]);
void kipc_pipe_settle_times(struct inode *inode);
int kipc_pipe_getattr(struct kipc_idmap *idmap, const struct path *path,
		      struct kstat *stat, u32 request_mask,
		      unsigned int query_flags);
int kipc_pipe_setattr(struct kipc_idmap *idmap, struct dentry *dentry,
		      struct iattr *attr);
int kipc_pipe_init(void);
void kipc_pipe_exit(void);

/* pipe_ioctl.c */
extern const struct kipc_ioctl_set kipc_pipe_ioctls;

long kipc_pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* pipe_io.c */
ssize_t kipc_pipe_read(struct file *file, char __user *buf, size_t len,
		       loff_t *pos);
ssize_t kipc_pipe_write(struct file *file, const char __user *buf, size_t len,
			loff_t *pos);
ssize_t kipc_pipe_read_iter(struct kiocb *iocb, struct iov_iter *to);
ssize_t kipc_pipe_write_iter(struct kiocb *iocb, struct iov_iter *from);
ssize_t kipc_pipe_take(struct kipc_pipe *pipe, const struct file *file,
		       struct kipc_xfer *xfer, size_t len, u32 avail,
		       struct kipc_pipe_wake *wake);
__poll_t kipc_pipe_poll(struct file *file, struct poll_table_struct *table);
int kipc_pipe_populate_slow(struct kipc_pipe *pipe, u32 bytes, bool nowait);
void kipc_pipe_commit_read(struct kipc_pipe *pipe, const struct file *file,
			   u32 bytes, struct kipc_pipe_wake *wake);
void kipc_pipe_commit_write(struct kipc_pipe *pipe, u32 bytes,
			    struct kipc_packet *packet, u32 release,
			    struct kipc_pipe_wake *wake);
void kipc_pipe_commit_write_locked(struct kipc_pipe *pipe, u32 bytes,
				   struct kipc_packet *packet, u32 release,
				   struct kipc_pipe_wake *wake);

/* pipe_wait.c */
int kipc_pipe_wait_readable(struct kipc_pipe *pipe, bool nonblock);
int kipc_pipe_wait_writable(struct kipc_pipe *pipe, u32 want, unsigned int how,
			    struct kipc_sleeper *s);
void kipc_pipe_pick_locked(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake);
void kipc_pipe_notify_read_locked(struct kipc_pipe *pipe, u32 bytes,
				  bool packet, struct kipc_pipe_wake *wake);
void kipc_pipe_notify_write_locked(struct kipc_pipe *pipe,
				   struct kipc_pipe_wake *wake);
void kipc_pipe_notify_room(struct kipc_pipe *pipe);
void kipc_pipe_end_read(struct kipc_pipe *pipe, u32 bytes)
	__releases(&pipe->lock);
void kipc_pipe_end_write(struct kipc_pipe *pipe)
	__releases(&pipe->lock);
void kipc_pipe_pass_on(struct kipc_pipe *pipe, const struct kipc_waitq *wq);
void kipc_pipe_wake_slow(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake);

/* pipe_direct.c */
u32 kipc_direct_left_locked(const struct kipc_pipe *pipe);
struct task_struct *kipc_direct_writer_locked(const struct kipc_pipe *pipe);
void kipc_direct_end_locked(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake);
void kipc_direct_to_ring(struct kipc_pipe *pipe, bool nowait, struct kipc_pipe_wake *wake);
void kipc_direct_keep_full(struct kipc_pipe *pipe, struct kipc_pipe_wake *wake);
ssize_t kipc_direct_read(struct kipc_pipe *pipe, const struct file *file,
			 struct kipc_xfer *xfer, size_t len,
			 struct kipc_pipe_wake *wake);
ssize_t kipc_direct_write(struct kipc_pipe *pipe, struct kipc_xfer *xfer, size_t len,
			  bool *again);
bool kipc_direct_is_worth(const struct kipc_pipe *pipe,
			  const struct kipc_xfer *xfer, size_t len);
bool kipc_direct_is_due(struct kipc_pipe *pipe, size_t len);
int kipc_direct_init(void);
void kipc_direct_exit(void);

/* pipe_packet.c */
struct kipc_packet *kipc_packet_alloc(bool nowait);
void kipc_packet_free(struct kipc_packet *packet);
void kipc_packet_limit_locked(struct kipc_pipe *pipe, u32 skip,
			      struct kipc_pipe_span *span);
struct kipc_packet *kipc_packet_consume_locked(struct kipc_pipe *pipe,
					       u32 bytes);
void kipc_packets_free(struct kipc_pipe *pipe);
int kipc_packets_init(void);
void kipc_packets_exit(void);

/* Notes for the inode's times that a file was read from. */
static __always_inline void
kipc_pipe_note_read_locked(struct kipc_pipe *pipe, const struct file *file)
{
	WRITE_ONCE(pipe->read_at, jiffies);
	if (!(file->f_flags & O_NOATIME) &&
	    !(file->f_path.mnt->mnt_flags & MNT_NOATIME))
		pipe->was_read = true;
}

/* Likewise, that it was written to. */
static __always_inline void kipc_pipe_note_write_locked(struct kipc_pipe *pipe)
{
	WRITE_ONCE(pipe->written_at, jiffies);
	pipe->was_written = true;
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
static inline int kipc_pipe_lock_side(struct mutex *side, bool nowait)
{
	if (unlikely(nowait))
		return mutex_trylock(side) ? 0 : -EAGAIN;
	return mutex_lock_killable(side) ? -ERESTARTSYS : 0;
}

/**
 * kipc_pipe_avail - bytes that can be read
 * @pipe: the pipe; the caller has rd_lock
 *
 * Return: bytes; more may be there in a moment, but not fewer.
 */
static inline u32 kipc_pipe_avail(const struct kipc_pipe *pipe)
{
	/*
	 * Only a claim could take data away while we have rd_lock, and it needs
	 * rd_lock to be set. The acquire pairs with the release in
	 * kipc_pipe_unclaim(), which follows the claim's last use of the tail.
	 */
	if (unlikely(smp_load_acquire(&pipe->claimed)))
		return 0;
	/* Pairs with the release in kipc_pipe_move_head_locked(). */
	return smp_load_acquire(&pipe->ring.head) - READ_ONCE(pipe->ring.tail);
}

/**
 * kipc_pipe_span - find out what one read gets
 * @pipe: the pipe; the caller keeps others from reading
 * @skip: bytes behind the tail that it leaves out; no whole packet among them
 * @want: bytes that the reader has room for
 * @avail: bytes that are there, behind @skip
 * @span: the answer
 *
 * Without packets that is all there is. With packets it ends behind the first
 * of them, and what does not fit of that one is lost.
 */
static inline void kipc_pipe_span(struct kipc_pipe *pipe, u32 skip, size_t want,
				  u32 avail, struct kipc_pipe_span *span)
{
	span->copy = min_t(size_t, want, avail);
	span->consume = span->copy;
	span->whole_from = span->copy;
	if (likely(!READ_ONCE(pipe->nr_packets)))
		return;
	spin_lock(&pipe->lock);
	kipc_packet_limit_locked(pipe, skip, span);
	spin_unlock(&pipe->lock);
}

/**
 * kipc_pipe_populate - get pages for the bytes that a writer is about to add
 * @pipe: the pipe; the caller has wr_lock
 * @bytes: how many, with those of all reservations; there is room for them
 * @nowait: do not wait for memory
 *
 * Return: 0; -ENOMEM; -EAGAIN instead of it with @nowait.
 */
static inline int kipc_pipe_populate(struct kipc_pipe *pipe, u32 bytes,
				     bool nowait)
{
	if (likely(kipc_ring_is_populated(&pipe->ring, bytes)))
		return 0;
	return kipc_pipe_populate_slow(pipe, bytes, nowait);
}

/**
 * kipc_pipe_wake - wake whom a change of state concerns
 * @pipe: the pipe
 * @wake: whom; empty afterwards
 *
 * Context: no spinlock held, and no mutex of the pipe but where a read or write is not done.
 */
static inline void kipc_pipe_wake(struct kipc_pipe *pipe,
				  struct kipc_pipe_wake *wake)
{
	if (unlikely(wake->what))
		kipc_pipe_wake_slow(pipe, wake);
}

/* pipe_show.c */
void kipc_pipe_show_fdinfo(struct seq_file *m, struct file *file);

/* pipe_splice.c */
int kipc_pipe_ioctl_splice(struct kipc_call *call, void *arg);
int kipc_pipe_ioctl_tee(struct kipc_call *call, void *arg);

/* pipe_trim.c */
void kipc_trim_add(struct kipc_pipe *pipe);
void kipc_trim_forget(struct kipc_pipe *pipe);
void kipc_trim_exit(void);

#endif /* _KIPC_OBJ_PIPE_H */
