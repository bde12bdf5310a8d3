/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_H
#define _KIPC_H

#include <linux/refcount.h>
#include <linux/types.h>

struct inode;
struct kipc_instance;
struct kipc_user;

/**
 * DOC: Overview
 *
 * kipc implements the kernel's IPC objects outside the kernel. An *object*
 * (&struct kipc_obj, the first member of every kind of object) lives in an
 * *instance* (&struct kipc_instance): the default one behind /dev/kipc, or the
 * one that a mount of kipcfs makes. Programs hold objects through files.
 *
 * module/core knows nothing of the kinds: it counts, charges, publishes and
 * dispatches. module/obj has one kind of object per file and reaches the core
 * only. module/fs is the file system; the operations of its FIFO inodes are
 * handed to it by module/main.c, which is the only place that knows all.
 */

/**
 * DOC: Locking
 *
 * The order, outermost first; what stands on one line is never nested::
 *
 *	kipc_pipe.rd_lock
 *	  kipc_pipe.wr_lock
 *	    kipc_trim.lock
 *	    inode->i_lock
 *	      kipc_pipe.lock
 *	kipc_table.lock
 *	  kipc_exit_shard.lock
 *	    wait_pidfd of a process
 *	  kipc_entry.lock
 *	kipc_sem_set.lock
 *	  kipc_sem.lock
 *	  kipc_entry.lock
 *	  kipc_sem_file.pollers, the locks of whoever polls
 *	kipc_entry.lock of a signal queue
 *	  kipc_sig_subscriber.pollers, the locks of whoever polls
 *	  siglock of a process, with interrupts off
 *	kipc_instances_lock, kipc_users.lock
 *
 * - kipc_pipe.rd_lock and .wr_lock (mutexes) serialise the readers and the
 *   writers of a pipe. They are held while user memory is copied, so
 *   mmap_lock nests inside them. They are never held while a thread sleeps for
 *   data or space, and never while code of another file runs: splice claims or
 *   reserves its bytes instead (see module/obj/pipe_splice.c).
 * - kipc_pipe.lock (spinlock) guards the state that both sides share: indices,
 *   counts of ends, sleepers, packets, reservations. Held for a few
 *   instructions; nothing is allocated, copied or woken under it.
 * - A reader that copies from the memory of a writer holds rd_lock, the writer
 *   none: see module/obj/pipe_direct.c.
 * - A writer that finds the pipe empty, and the trimmer, want rd_lock although
 *   they hold an inner lock: they only ever try.
 * - inode->i_lock guards which object an inode has published, and the times of a pipe.
 * - kipc_table.lock (mutex) serialises changes of a table of ids; memory is
 *   allocated, and objects are made, under it. Look-ups run under RCU.
 * - kipc_entry.lock (spinlock) guards an object with an id: owner, mode, users, and
 *   the state of its kind. The vm_operations take it, inside mmap_lock.
 * - kipc_exit_shard.lock (mutex) guards what is to be done when processes exit. A
 *   process that exits calls kipc_exit_wake() under the kernel's locks of tasks and
 *   that of wait_pidfd, with interrupts off; it takes no lock of kipc's.
 * - kipc_sem.lock (spinlock) guards a semaphore; kipc_sem_set.lock (spinlock) is for
 *   who needs more than one, and claims them (module/obj/sem.h). Two of the former are
 *   held by kipc_sem_do_two() alone, that of the lower number first, and nothing is
 *   taken inside. kipc_entry.lock is taken inside the set's for a time that whoever
 *   is woken is to find.
 *
 * Wake-ups happen outside all spinlocks: the waker takes the sleeper off its queue
 * under the object's, and wakes it after the unlock (module/core/wait.h). No mutex
 * is held either, but by a long read or write that goes on, and by who changes the size
 * of a pipe. Pollers of
 * a semaphore set are the exception, and those of a subscriber to a signal queue: the
 * lock keeps their files from going; who gets a real signal from a signal queue; and
 * those who wait at a message queue, when IPC_SET changes the permissions.
 */

/**
 * enum kipc_kind - the kinds of objects, indices of the counters
 * @KIPC_KIND_PIPE: anonymous pipe
 * @KIPC_KIND_FIFO: pipe behind a FIFO that is open
 * @KIPC_KIND_SHM: shared memory segment
 * @KIPC_KIND_SEM: semaphore set
 * @KIPC_KIND_MSG: message queue
 * @KIPC_KIND_SIG: signal queue
 * @KIPC_KIND_NR: number of kinds
 */
enum kipc_kind {
	KIPC_KIND_PIPE,
	KIPC_KIND_FIFO,
	KIPC_KIND_SHM,
	KIPC_KIND_SEM,
	KIPC_KIND_MSG,
	KIPC_KIND_SIG,
	KIPC_KIND_NR,
};

struct kipc_obj;

/**
 * struct kipc_obj_ops - what the core must know of a kind
 * @kind: index of the counters
 * @name: for tracepoints
 * @charged: memory is charged to the user who made it
 * @free: frees the object; called once, after the last reference is gone and
 *	the object can no longer be found. May sleep if the object is found by id.
 */
struct kipc_obj_ops {
	enum kipc_kind kind;
	const char *name;
	bool charged;
	void (*free)(struct kipc_obj *obj);
};

/**
 * struct kipc_obj - what all objects have; first member of each kind's struct
 * @ref: one per open file, and for an object with an id one of its table's. An
 *	inode that publishes the object has none: it is emptied by the last put,
 *	under @inode's i_lock.
 * @ops: the kind; constant
 * @inst: where the object lives; a counted reference; constant
 * @user: who pays, a counted reference, or NULL if nobody does; constant
 * @charged: pages charged to @user; guarded by the object's own lock
 * @inode: the inode that publishes the object, or NULL for one that is found by
 *	id, and before publication; valid as long as the object has references,
 *	since each file pins it
 */
struct kipc_obj {
	refcount_t ref;
	const struct kipc_obj_ops *ops;
	struct kipc_instance *inst;
	struct kipc_user *user;
	unsigned long charged;
	struct inode *inode;
};

/* core/object.c */
int kipc_obj_init(struct kipc_obj *obj, const struct kipc_obj_ops *ops,
		  struct kipc_instance *inst);
void kipc_obj_destroy(struct kipc_obj *obj);
struct kipc_obj *kipc_obj_find(struct inode *inode);
struct kipc_obj *kipc_obj_publish(struct kipc_obj *obj, struct inode *inode);
void kipc_obj_put(struct kipc_obj *obj);

#endif /* _KIPC_H */
