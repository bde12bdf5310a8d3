/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_KIPC_H
#define _UAPI_LINUX_KIPC_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: The kipc ABI
 *
 * Every call is an ioctl, either on an instance node (``/dev/kipc``, or
 * ``control`` in a mount of kipcfs) or on the file descriptor of an object. The
 * rules that all of them keep:
 *
 * - A number identifies the call, the size encoded in the command tells which
 *   version of the argument structure the caller was built with. A shorter
 *   structure than the first version is EINVAL; a longer one than the module
 *   knows is accepted while its unknown tail is zero, and E2BIG otherwise.
 * - Unknown flag bits and reserved members that are not zero are EINVAL.
 * - An unknown number, a wrong direction, or a call on a descriptor that does
 *   not serve it is ENOTTY. KIPC_IOC_QUERY tells what a module serves.
 * - Structures have no implicit padding and no member whose size or alignment
 *   depends on the ABI of the caller, so that 32-bit and 64-bit programs use
 *   the same bytes.
 * - A call that fails has no effect, and output members are not written.
 */

/** KIPC_DEVICE_NAME - name of the default instance's node below /dev */
#define KIPC_DEVICE_NAME	"kipc"

/** KIPCFS_NAME - file system type to give to mount(2) */
#define KIPCFS_NAME		"kipcfs"

/** KIPCFS_MAGIC - f_type that statfs(2) reports for a kipcfs mount */
#define KIPCFS_MAGIC		0x4b495043

/** KIPC_ABI_VERSION - raised when a call is added or extended */
#define KIPC_ABI_VERSION	5

/** KIPC_IOC_TYPE - the type byte of every kipc ioctl */
#define KIPC_IOC_TYPE		0xBB

/*
 * Numbers are handed out in blocks: 0x00 core, 0x10 pipe, 0x20 shm, 0x30 sem,
 * 0x40 msg, 0x50 sig, 0x60 fs.
 */
#define KIPC_NR_QUERY		0x00
#define KIPC_NR_STATS		0x01
#define KIPC_NR_PIPE_CREATE	0x10
#define KIPC_NR_PIPE_GET_SIZE	0x11
#define KIPC_NR_PIPE_SET_SIZE	0x12
#define KIPC_NR_PIPE_SPLICE	0x13
#define KIPC_NR_PIPE_TEE	0x14
#define KIPC_NR_PIPE_STAT	0x15
#define KIPC_NR_SHM_GET		0x20
#define KIPC_NR_SHM_CREATE	0x21
#define KIPC_NR_SHM_OPEN	0x22
#define KIPC_NR_SHM_ATTACH	0x23
#define KIPC_NR_SHM_DETACH	0x24
#define KIPC_NR_SHM_STAT	0x25
#define KIPC_NR_SHM_SET		0x26
#define KIPC_NR_SHM_REMOVE	0x27
#define KIPC_NR_SHM_LOCK	0x28
#define KIPC_NR_SHM_INFO	0x29
#define KIPC_NR_SEM_GET		0x30
#define KIPC_NR_SEM_CREATE	0x31
#define KIPC_NR_SEM_OPEN	0x32
#define KIPC_NR_SEM_OP		0x33
#define KIPC_NR_SEM_OP_ONE	0x34
#define KIPC_NR_SEM_GET_VALUE	0x35
#define KIPC_NR_SEM_SET_VALUE	0x36
#define KIPC_NR_SEM_GET_ALL	0x37
#define KIPC_NR_SEM_SET_ALL	0x38
#define KIPC_NR_SEM_STAT	0x39
#define KIPC_NR_SEM_SET		0x3a
#define KIPC_NR_SEM_REMOVE	0x3b
#define KIPC_NR_SEM_INFO	0x3c
#define KIPC_NR_SEM_WATCH	0x3d
#define KIPC_NR_MSG_GET		0x40
#define KIPC_NR_MSG_CREATE	0x41
#define KIPC_NR_MSG_OPEN	0x42
#define KIPC_NR_MSG_SEND	0x43
#define KIPC_NR_MSG_RECEIVE	0x44
#define KIPC_NR_MSG_STAT	0x45
#define KIPC_NR_MSG_SET		0x46
#define KIPC_NR_MSG_REMOVE	0x47
#define KIPC_NR_MSG_INFO	0x48
#define KIPC_NR_MSG_FILTER	0x49
#define KIPC_NR_MSG_NOTIFY	0x4a
#define KIPC_NR_SIG_GET		0x50
#define KIPC_NR_SIG_CREATE	0x51
#define KIPC_NR_SIG_OPEN	0x52
#define KIPC_NR_SIG_SUBSCRIBE	0x53
#define KIPC_NR_SIG_SEND	0x54
#define KIPC_NR_SIG_WAIT	0x55
#define KIPC_NR_SIG_MASK	0x56
#define KIPC_NR_SIG_ACTION	0x57
#define KIPC_NR_SIG_PENDING	0x58
#define KIPC_NR_SIG_STAT	0x59
#define KIPC_NR_SIG_SET		0x5a
#define KIPC_NR_SIG_REMOVE	0x5b
#define KIPC_NR_SIG_INFO	0x5c

/* Where a call is served: the bits of &struct kipc_query.targets */
#define KIPC_ON_INSTANCE	(1U << 0)	/* /dev/kipc, control of a mount */
#define KIPC_ON_PIPE		(1U << 1)	/* an end of a pipe, an open FIFO */
#define KIPC_ON_SHM		(1U << 2)	/* a shared memory segment */
#define KIPC_ON_SEM		(1U << 3)	/* a semaphore set */
#define KIPC_ON_MSG		(1U << 4)	/* a message queue */
#define KIPC_ON_SIG		(1U << 5)	/* a signal queue */
#define KIPC_ON_SUBSCRIBER	(1U << 6)	/* a subscriber of a signal queue */

/**
 * struct kipc_query - argument of KIPC_IOC_QUERY
 * @nr: in: number of the call asked about (_IOC_NR of its command)
 * @abi: out: KIPC_ABI_VERSION of the module
 * @size_min: out: size of the first version of the call's structure, bytes
 * @size_max: out: size of the newest version that the module knows, bytes
 * @flags: out: the flag bits that the call accepts
 * @targets: out: which descriptors serve it, KIPC_ON_*
 * @reserved: must be zero
 *
 * Served by every kipc descriptor. ENOTTY: the module has no such call.
 */
struct kipc_query {
	__u32 nr;
	__u32 abi;
	__u32 size_min;
	__u32 size_max;
	__aligned_u64 flags;
	__u32 targets;
	__u32 reserved;
};

/**
 * struct kipc_stats - argument of KIPC_IOC_STATS
 * @pipes: anonymous pipes alive in the instance
 * @fifos: FIFOs that are open somewhere, in the instance
 * @buffer_pages: pages of memory that hold, or held lately, the instance's
 *	pipe data
 * @user_pages: capacity of all pipes and FIFOs charged to the caller's user,
 *	in pages, over all instances
 * @user_pages_max: limit of @user_pages for unprivileged users; 0 for none
 * @pipe_size_max: largest capacity that an unprivileged user may set, bytes
 * @page_size: unit of the members counted in pages, bytes
 * @reserved: zero
 * @shm_segments: shared memory segments alive in the instance, those without
 *	an id and those marked for destruction among them; since version 2
 * @shm_pages: size of all of them, in pages; since version 2
 * @sem_sets: semaphore sets alive in the instance, those without an id among
 *	them; since version 3
 * @sems: semaphores in all of them; since version 3
 * @user_undos: sets and processes that the caller's user has SEM_UNDO
 *	adjustments for, over all instances: one for each pair; since version 3
 * @user_undos_max: limit of @user_undos for unprivileged users; 0 for none;
 *	since version 3
 * @msg_queues: message queues alive in the instance, those without an id among
 *	them; since version 4
 * @sig_queues: signal queues alive in the instance, those without an id among
 *	them; since version 5
 * @user_signals: real-time signals that the caller's user has sent and nobody
 *	has taken yet, over all instances; since version 5
 * @user_signals_max: limit of @user_signals for unprivileged users; 0 for none;
 *	since version 5
 *
 * All members are outputs. Fails only with EFAULT.
 */
struct kipc_stats {
	__aligned_u64 pipes;
	__aligned_u64 fifos;
	__aligned_u64 buffer_pages;
	__aligned_u64 user_pages;
	__aligned_u64 user_pages_max;
	__aligned_u64 pipe_size_max;
	__u32 page_size;
	__u32 reserved;
	__aligned_u64 shm_segments;
	__aligned_u64 shm_pages;
	__aligned_u64 sem_sets;
	__aligned_u64 sems;
	__aligned_u64 user_undos;
	__aligned_u64 user_undos_max;
	__aligned_u64 msg_queues;
	__aligned_u64 sig_queues;
	__aligned_u64 user_signals;
	__aligned_u64 user_signals_max;
};

/* Flags of &struct kipc_pipe_create.flags */
#define KIPC_PIPE_CLOEXEC	(1U << 0)	/* both descriptors: O_CLOEXEC */
#define KIPC_PIPE_NONBLOCK	(1U << 1)	/* both ends: O_NONBLOCK */
#define KIPC_PIPE_PACKET	(1U << 2)	/* write end: O_DIRECT, packet mode */

/**
 * struct kipc_pipe_create - argument of KIPC_IOC_PIPE_CREATE
 * @flags: in: KIPC_PIPE_*
 * @reserved: must be zero
 * @size: in: capacity wanted in bytes, 0 for the default (16 pages); out: the
 *	capacity given, @size rounded up to a page times a power of two
 * @rfd: out: descriptor of the read end
 * @wfd: out: descriptor of the write end
 *
 * The pipe belongs to the instance that the call is made on. Errors: EINVAL
 * (flags, reserved, @size above 2^31); EMFILE, ENFILE (no descriptor left, or
 * the user's limit of pipe memory is reached); EPERM (@size above the limit for
 * unprivileged users); ENOMEM; EFAULT.
 */
struct kipc_pipe_create {
	__u32 flags;
	__u32 reserved;
	__aligned_u64 size;
	__s32 rfd;
	__s32 wfd;
};

/**
 * struct kipc_pipe_size - argument of KIPC_IOC_PIPE_GET_SIZE and _SET_SIZE
 * @size: capacity in bytes. Exactly so many bytes are accepted before a write
 *	blocks. SET_SIZE takes the capacity wanted (at least one page is given,
 *	and rounding is up to a page times a power of two) and returns the one
 *	given.
 *
 * Errors of SET_SIZE, as of fcntl(F_SETPIPE_SZ): EINVAL (above 2^31), EPERM (an
 * unprivileged user's limit would be passed), EBUSY (more bytes, or packets, are in
 * the pipe than would fit, with the room that a splice into it has reserved), ENOMEM.
 */
struct kipc_pipe_size {
	__aligned_u64 size;
};

/* Flags of &struct kipc_pipe_splice.flags; TEE takes only NONBLOCK */
#define KIPC_SPLICE_TO_PIPE	(1U << 0)	/* from @fd into the pipe */
#define KIPC_SPLICE_FROM_PIPE	(1U << 1)	/* from the pipe to @fd */
#define KIPC_SPLICE_NONBLOCK	(1U << 2)	/* do not wait for pipes or input */
#define KIPC_SPLICE_OFFSET	(1U << 3)	/* @offset is used and updated */

/**
 * struct kipc_pipe_splice - argument of KIPC_IOC_PIPE_SPLICE and _TEE
 * @fd: in: the other file: any that can be read or written through iterators
 *	(regular files, sockets, pipes of the kernel, other kipc pipes, ...)
 * @flags: in: KIPC_SPLICE_*; SPLICE wants exactly one direction
 * @len: in: bytes to move at most; out: bytes moved, 0 at the end of input
 * @offset: in/out with KIPC_SPLICE_OFFSET: position in @fd instead of its file
 *	position, which then stays; must be zero without that flag
 *
 * Moves (SPLICE) or duplicates without consuming (TEE, from the pipe to @fd)
 * bytes between the pipe that the call is made on and @fd, by copying. What
 * splice(2) and tee(2) do for the kernel's own pipes, with their errors: EBADF
 * (a descriptor is not open, or not in this direction), EINVAL (flags, @fd
 * cannot take part or is the same pipe, offset above 2^63 - 1), ESPIPE (offset
 * for a file that cannot seek), EAGAIN, EPIPE with SIGPIPE, EINTR, ENOMEM, and
 * what @fd answers. Another pipe at @fd gives or takes what it can at once; it
 * is waited for only before the first byte, and not with KIPC_SPLICE_NONBLOCK.
 * That flag also keeps from waiting for input of any file that can be polled. An
 * error after some bytes were moved is reported by the next call.
 */
struct kipc_pipe_splice {
	__s32 fd;
	__u32 flags;
	__aligned_u64 len;
	__aligned_u64 offset;
};

/**
 * struct kipc_pipe_stat - argument of KIPC_IOC_PIPE_STAT
 * @size: capacity, bytes
 * @used: bytes that can be read now
 * @pages: pages of memory that the pipe holds now
 * @packets: packets (O_DIRECT writes) among @used
 * @readers: open files that can read
 * @writers: open files that can write
 * @sleeping_readers: threads blocked in a read or splice
 * @sleeping_writers: threads blocked in a write or splice
 * @sleeping_openers: threads blocked in an open of this FIFO
 * @reserved: zero
 *
 * All members are outputs, a consistent snapshot. Fails only with EFAULT.
 */
struct kipc_pipe_stat {
	__aligned_u64 size;
	__aligned_u64 used;
	__aligned_u64 pages;
	__aligned_u64 packets;
	__u32 readers;
	__u32 writers;
	__u32 sleeping_readers;
	__u32 sleeping_writers;
	__u32 sleeping_openers;
	__u32 reserved;
};

/**
 * DOC: Objects with ids and keys
 *
 * Shared memory, semaphore sets, message and signal queues can have an id in their
 * instance, and a key to find it by, as System V has it. They persist then until
 * they are removed. A descriptor is another handle on the same object; one that
 * was made without an id goes with its last descriptor or mapping.
 *
 * Calls that name an object take an id on an instance node. On a descriptor of
 * the object the id must be KIPC_ID_SELF. Users and groups are translated from
 * and to the caller's user namespace, process ids to its pid namespace. Where
 * an error depends on the object: EINVAL, no object has this id; EIDRM, it was
 * removed just now, or on a descriptor: it was removed, or its instance was
 * unmounted; EACCES, its mode does not allow this; EPERM, only for its
 * owner, its creator, or with CAP_SYS_ADMIN in the user namespace of the
 * instance. CAP_IPC_OWNER there stands in for the bits of the mode.
 */

/** KIPC_KEY_PRIVATE - the key that never finds an object, IPC_PRIVATE */
#define KIPC_KEY_PRIVATE	0

/** KIPC_ID_SELF - instead of an id: the object of this descriptor */
#define KIPC_ID_SELF		(-1)

/* Flags of all *_GET calls */
#define KIPC_GET_CREAT		(1U << 0)	/* make it if nothing has the key */
#define KIPC_GET_EXCL		(1U << 1)	/* with CREAT: EEXIST if it exists */
/*
 * The object removes itself once its creator has exited and nobody has it open
 * or attached.
 */
#define KIPC_GET_AUTOREMOVE	(1U << 2)

/* Flags of all *_STAT calls */
#define KIPC_STAT_INDEX		(1U << 0)	/* the id is an index, as of *_STAT */
#define KIPC_STAT_ANY		(1U << 1)	/* without a look at the mode, *_STAT_ANY */

/* Bits of &struct kipc_perm.mode above the nine of the permissions */
#define KIPC_MODE_DEST		01000U	/* goes with its last user, SHM_DEST */
#define KIPC_MODE_LOCKED	02000U	/* not swapped, SHM_LOCKED */

/**
 * struct kipc_perm - what all objects with an id have
 * @id: in: which object, see KIPC_STAT_INDEX; out: its id, or KIPC_ID_SELF if it
 *	has none, or none any more
 * @key: out: its key; KIPC_KEY_PRIVATE for none, and once it was removed
 * @uid: out: owner
 * @gid: out: group
 * @cuid: out: creator
 * @cgid: out: creator's group
 * @mode: out: permissions, KIPC_MODE_*
 * @seq: out: sequence number, a part of @id
 */
struct kipc_perm {
	__s32 id;
	__s32 key;
	__u32 uid;
	__u32 gid;
	__u32 cuid;
	__u32 cgid;
	__u32 mode;
	__u32 seq;
};

/**
 * struct kipc_set - argument of the *_SET calls, IPC_SET
 * @id: in: which object
 * @uid: in: its new owner
 * @gid: in: its new group
 * @mode: in: its new permissions; bits above 0777 are ignored
 *
 * Errors: EINVAL (@id; @uid or @gid do not exist in the caller's user
 * namespace), EIDRM, EPERM, EFAULT.
 */
struct kipc_set {
	__s32 id;
	__u32 uid;
	__u32 gid;
	__u32 mode;
};

/**
 * struct kipc_remove - argument of the *_REMOVE calls, IPC_RMID
 * @id: in: which object
 * @reserved: must be zero
 *
 * The key is free at once. A segment that is attached or open keeps its id,
 * and shows KIPC_MODE_DEST, until its last user goes. Other objects are gone
 * at once: who sleeps on one gets EIDRM, and so does who uses a descriptor of
 * it. Errors: EINVAL, EIDRM, EPERM, EFAULT.
 */
struct kipc_remove {
	__s32 id;
	__u32 reserved;
};

/* Flags of &struct kipc_shm_get.flags and &struct kipc_shm_create.flags */
#define KIPC_SHM_NORESERVE	(1U << 8)	/* do not reserve swap space */
#define KIPC_SHM_HUGE		(1U << 9)	/* huge pages, whatever the size */
#define KIPC_SHM_NO_HUGE	(1U << 10)	/* no huge pages, whatever the size */

/* Flag of &struct kipc_shm_create.flags and &struct kipc_shm_open.flags */
#define KIPC_SHM_CLOEXEC	(1U << 11)	/* O_CLOEXEC */

/* Flags of &struct kipc_shm_attach.flags; OPEN takes RDONLY */
#define KIPC_SHM_RDONLY		(1U << 0)	/* for reading only */
#define KIPC_SHM_RND		(1U << 1)	/* round the address down */
#define KIPC_SHM_REMAP		(1U << 2)	/* replace what is mapped there */
#define KIPC_SHM_EXEC		(1U << 3)	/* allow execution */

/**
 * struct kipc_shm_get - argument of KIPC_IOC_SHM_GET, shmget(2)
 * @key: in: key, or KIPC_KEY_PRIVATE for a new segment
 * @flags: in: KIPC_GET_*, KIPC_SHM_NORESERVE, KIPC_SHM_HUGE, KIPC_SHM_NO_HUGE
 * @size: in: bytes; for an existing segment at most what it has
 * @mode: in: permissions of a new segment, or those wanted of an existing one;
 *	bits above 0777 are ignored
 * @page_shift: in: with KIPC_SHM_HUGE: size of a huge page as a power of two,
 *	0 for the default. The memory is a multiple of it.
 * @id: out: id of the segment
 * @reserved: must be zero
 *
 * Segments of the size of a huge page (2 MiB on x86-64) and more use those
 * where memory allows, with neither of the two flags. What is compared with
 * shmmax, and counts for shmall, is the memory: with KIPC_SHM_HUGE @size
 * rounded up. Errors: EINVAL (flags, both huge flags, @page_shift is no size
 * of huge pages, @size is 0 or above shmmax for a new segment, or more than
 * the existing one has); ENOENT (no such key); EEXIST; EACCES; ENOSPC (shmmni
 * or shmall is reached); ENOMEM; ENFILE; EFAULT.
 */
struct kipc_shm_get {
	__s32 key;
	__u32 flags;
	__aligned_u64 size;
	__u32 mode;
	__u32 page_shift;
	__s32 id;
	__u32 reserved;
};

/**
 * struct kipc_shm_create - argument of KIPC_IOC_SHM_CREATE
 * @flags: in: KIPC_SHM_CLOEXEC, KIPC_SHM_NORESERVE, KIPC_SHM_HUGE,
 *	KIPC_SHM_NO_HUGE
 * @mode: in: permissions that KIPC_IOC_SHM_OPEN on the descriptor looks at
 * @size: in: bytes
 * @page_shift: in: as in &struct kipc_shm_get
 * @fd: out: descriptor for reading and writing
 *
 * A segment without key and id: mmap(2) maps it, and it goes with its last
 * descriptor or mapping. Errors: as of KIPC_IOC_SHM_GET, and EMFILE.
 */
struct kipc_shm_create {
	__u32 flags;
	__u32 mode;
	__aligned_u64 size;
	__u32 page_shift;
	__s32 fd;
};

/**
 * struct kipc_shm_open - argument of KIPC_IOC_SHM_OPEN
 * @id: in: which segment
 * @flags: in: KIPC_SHM_RDONLY, KIPC_SHM_CLOEXEC
 * @fd: out: descriptor, to be mapped with mmap(2)
 * @reserved: must be zero
 *
 * Errors: EINVAL, EIDRM, EACCES, EMFILE, ENFILE, ENOMEM, EFAULT.
 */
struct kipc_shm_open {
	__s32 id;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
};

/**
 * struct kipc_shm_attach - argument of KIPC_IOC_SHM_ATTACH, shmat(2)
 * @id: in: which segment
 * @flags: in: KIPC_SHM_RDONLY, KIPC_SHM_RND, KIPC_SHM_REMAP, KIPC_SHM_EXEC
 * @addr: in: where, or 0 for anywhere; out: where
 *
 * Errors: EINVAL (@id; @addr is no multiple of the page size and RND is not
 * given; the place is taken and REMAP is not given; REMAP without an address);
 * EIDRM; EACCES; EPERM (@addr is below vm.mmap_min_addr); ENOMEM; EAGAIN (mlockall
 * and RLIMIT_MEMLOCK); ENFILE; EINTR (only by a fatal signal); EFAULT. The structure
 * must not be where REMAP attaches.
 */
struct kipc_shm_attach {
	__s32 id;
	__u32 flags;
	__aligned_u64 addr;
};

/**
 * struct kipc_shm_detach - argument of KIPC_IOC_SHM_DETACH, shmdt(2)
 * @addr: in: where the segment was attached
 *
 * Unmaps what is left of an attachment that began at @addr, of any segment of
 * any instance; a mapping of a descriptor that begins with the first page counts as
 * one. Errors: EINVAL (no attachment begins there), EINTR (only by a fatal signal),
 * ENOMEM (it is still there, or what is left of it: call again), EPERM (likewise, for
 * it was sealed by mseal(2)), EFAULT.
 */
struct kipc_shm_detach {
	__aligned_u64 addr;
};

/**
 * struct kipc_shm_stat - argument of KIPC_IOC_SHM_STAT, IPC_STAT, SHM_STAT
 * @perm: in: which segment; out: id, key, owner, mode
 * @flags: in: KIPC_STAT_*
 * @fds: out: files that descriptors of the segment refer or referred to: one that
 *	is mapped counts until it is unmapped; attachments do not
 * @size: out: bytes, as asked for
 * @atime: out: last attach, in seconds since the epoch; 0 for never
 * @dtime: out: last detach, likewise
 * @ctime: out: last change by IPC_SET, or creation
 * @cpid: out: process that made it; 0 if it is not in the caller's namespace
 * @lpid: out: process that attached or detached last, likewise; 0 for none
 * @nattch: out: attachments, that is mappings, of all processes
 * @rss: out: bytes in memory
 * @swap: out: bytes in swap space
 *
 * Errors: EINVAL, EIDRM, EACCES, EFAULT.
 */
struct kipc_shm_stat {
	struct kipc_perm perm;
	__u32 flags;
	__u32 fds;
	__aligned_u64 size;
	__aligned_u64 atime;
	__aligned_u64 dtime;
	__aligned_u64 ctime;
	__s32 cpid;
	__s32 lpid;
	__aligned_u64 nattch;
	__aligned_u64 rss;
	__aligned_u64 swap;
};

/**
 * struct kipc_shm_lock - argument of KIPC_IOC_SHM_LOCK, SHM_LOCK, SHM_UNLOCK
 * @id: in: which segment
 * @lock: in: 1 keeps its pages out of swap space, 0 ends that
 *
 * Pages that are not in memory are not read in. For the owner and the creator
 * within RLIMIT_MEMLOCK, or with CAP_IPC_LOCK. Errors: EINVAL, EIDRM, EPERM (not
 * the owner, or RLIMIT_MEMLOCK is 0), ENOMEM (RLIMIT_MEMLOCK), EFAULT.
 */
struct kipc_shm_lock {
	__s32 id;
	__u32 lock;
};

/* Flag of &struct kipc_shm_info.flags */
#define KIPC_SHM_INFO_USAGE	(1U << 0)	/* add up rss and swap: looks at all */

/**
 * struct kipc_shm_info - argument of KIPC_IOC_SHM_INFO, IPC_INFO, SHM_INFO
 * @flags: in: KIPC_SHM_INFO_USAGE
 * @max_index: out: highest index in use, -1 if none is
 * @shmmax: out: limit of a segment's size, bytes
 * @shmall: out: limit of all segments' size, pages
 * @shmmni: out: limit of the number of segments
 * @used_ids: out: segments that have an id
 * @total: out: size of all segments, pages
 * @rss: out: pages in memory, with KIPC_SHM_INFO_USAGE
 * @swap: out: pages in swap space, with KIPC_SHM_INFO_USAGE
 *
 * Anybody may ask. Errors: EINVAL (flags), EFAULT.
 */
struct kipc_shm_info {
	__u32 flags;
	__s32 max_index;
	__aligned_u64 shmmax;
	__aligned_u64 shmall;
	__aligned_u64 shmmni;
	__aligned_u64 used_ids;
	__aligned_u64 total;
	__aligned_u64 rss;
	__aligned_u64 swap;
};

/* Flag of &struct kipc_sem_get.flags and &struct kipc_sem_create.flags */
#define KIPC_SEM_ROBUST		(1U << 8)	/* report dead holders, EOWNERDEAD */

/* Flag of &struct kipc_sem_create.flags and &struct kipc_sem_open.flags */
#define KIPC_SEM_CLOEXEC	(1U << 11)	/* O_CLOEXEC */

/* Flag of &struct kipc_sem_open.flags */
#define KIPC_SEM_RDONLY		(1U << 0)	/* only to look and to wait for zero */

/** KIPC_SEM_VALUE_MAX - largest value of a semaphore, and of an adjustment: SEMVMX */
#define KIPC_SEM_VALUE_MAX	32767

/**
 * struct kipc_sem_get - argument of KIPC_IOC_SEM_GET, semget(2)
 * @key: in: key, or KIPC_KEY_PRIVATE for a new set
 * @flags: in: KIPC_GET_*, KIPC_SEM_ROBUST
 * @nsems: in: number of semaphores; for an existing set at most what it has
 * @mode: in: permissions of a new set, or those wanted of an existing one; bits
 *	above 0777 are ignored
 * @id: out: id of the set
 * @reserved: must be zero
 *
 * The semaphores of a new set are 0. Errors: EINVAL (flags; @nsems is above semmsl,
 * or is 0 for a new set, or more than the existing one has); ENOENT; EEXIST; EACCES;
 * ENOSPC (semmni or semmns is reached); ENOMEM; EFAULT.
 */
struct kipc_sem_get {
	__s32 key;
	__u32 flags;
	__u32 nsems;
	__u32 mode;
	__s32 id;
	__u32 reserved;
};

/**
 * struct kipc_sem_create - argument of KIPC_IOC_SEM_CREATE
 * @flags: in: KIPC_SEM_CLOEXEC, KIPC_SEM_ROBUST
 * @nsems: in: number of semaphores
 * @mode: in: permissions that KIPC_IOC_SEM_OPEN on the descriptor looks at
 * @fd: out: descriptor
 *
 * A set without key and id, which goes with its last descriptor. Errors: as of
 * KIPC_IOC_SEM_GET, and EMFILE, ENFILE.
 */
struct kipc_sem_create {
	__u32 flags;
	__u32 nsems;
	__u32 mode;
	__s32 fd;
};

/**
 * struct kipc_sem_open - argument of KIPC_IOC_SEM_OPEN
 * @id: in: which set
 * @flags: in: KIPC_SEM_RDONLY, KIPC_SEM_CLOEXEC
 * @fd: out: descriptor
 * @reserved: must be zero
 *
 * Without KIPC_SEM_RDONLY permission to read and to alter is wanted. Calls on the
 * descriptor are not checked again. Errors: EINVAL, EIDRM, EACCES, EMFILE, ENFILE,
 * ENOMEM, EFAULT.
 */
struct kipc_sem_open {
	__s32 id;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
};

/* Flags of &struct kipc_sem_op.flags: IPC_NOWAIT and SEM_UNDO */
#define KIPC_SEM_NOWAIT		0x0800	/* EAGAIN instead of sleeping for this one */
#define KIPC_SEM_UNDO		0x1000	/* take it back when the process ends */

/**
 * struct kipc_sem_op - one operation, the same as struct sembuf
 * @num: which semaphore of the set
 * @op: what to add to it: below 0 waits until that leaves it at least 0; 0 waits
 *	until it is 0
 * @flags: KIPC_SEM_NOWAIT, KIPC_SEM_UNDO
 */
struct kipc_sem_op {
	__u16 num;
	__s16 op;
	__s16 flags;
};

/* Flag of &struct kipc_sem_ops.flags */
#define KIPC_SEM_RELATIVE	(1U << 0)	/* @timeout counts from now */

/** KIPC_TIMEOUT_NONE - a timeout that never comes */
#define KIPC_TIMEOUT_NONE	(~(__u64)0)

/**
 * struct kipc_sem_ops - argument of KIPC_IOC_SEM_OP, semop(2), semtimedop(2)
 * @id: in: which set
 * @nops: in: number of operations
 * @ops: in: user address of so many &struct kipc_sem_op
 * @flags: in: KIPC_SEM_RELATIVE
 * @reserved: must be zero
 * @timeout: in: when to stop waiting, in ns of CLOCK_MONOTONIC, or
 *	KIPC_TIMEOUT_NONE
 *
 * The operations are done in their order and all at once, or none of them: the
 * caller sleeps until all can be done. A semaphore may occur more than once. Errors,
 * as of semop(2): EINVAL (@id, flags, no operation); E2BIG (more operations than
 * semopm); EFBIG (no such semaphore); EACCES; EAGAIN (an operation with
 * KIPC_SEM_NOWAIT would have to wait, or the time is over); EIDRM; EINTR (never
 * restarted); ERANGE (a value or an adjustment would leave its range); ENOSPC
 * (adjustments of the caller's user are at their limit); ENOMEM; EFAULT.
 * EOWNERDEAD, only for a set made with KIPC_SEM_ROBUST: the operations were done, and
 * one that decreased a semaphore was the first to do so after a process that had
 * changed it with KIPC_SEM_UNDO died and its adjustment was applied.
 */
struct kipc_sem_ops {
	__s32 id;
	__u32 nops;
	__aligned_u64 ops;
	__u32 flags;
	__u32 reserved;
	__aligned_u64 timeout;
};

/*
 * KIPC_IOC_SEM_OP_ONE, on the descriptor of a set, takes one operation in the
 * argument itself, not an address. It waits without a timeout. Errors: as of
 * KIPC_IOC_SEM_OP.
 */
#define KIPC_SEM_ONE_NUM_MAX	0x3fff
#define KIPC_SEM_ONE_NOWAIT	(1U << 30)	/* KIPC_SEM_NOWAIT */
#define KIPC_SEM_ONE_UNDO	(1U << 31)	/* KIPC_SEM_UNDO */

/**
 * KIPC_SEM_ONE - argument of KIPC_IOC_SEM_OP_ONE
 * @num: which semaphore, at most KIPC_SEM_ONE_NUM_MAX
 * @op: what to add to it, -32768 to 32767
 *
 * The flags KIPC_SEM_ONE_* are or-ed to it.
 */
#define KIPC_SEM_ONE(num, op)	((__u32)(num) << 16 | (__u16)(op))

/**
 * struct kipc_sem_value - argument of KIPC_IOC_SEM_GET_VALUE: GETVAL, GETPID,
 *	GETNCNT, GETZCNT in one
 * @id: in: which set
 * @num: in: which semaphore
 * @value: out: its value
 * @pid: out: process of the last operation that was done on it, SETVAL and SETALL
 *	and the adjustment at a process's end among them; 0 for none, or if it is not
 *	in the caller's namespace
 * @ncnt: out: threads that sleep because its value is too small
 * @zcnt: out: threads that sleep because it is not 0
 * @dead: out: 1 if the next to decrease it gets EOWNERDEAD
 * @reserved: zero
 *
 * Errors: EINVAL (@id, @num), EIDRM, EACCES, EFAULT.
 */
struct kipc_sem_value {
	__s32 id;
	__u32 num;
	__s32 value;
	__s32 pid;
	__u32 ncnt;
	__u32 zcnt;
	__u32 dead;
	__u32 reserved;
};

/**
 * struct kipc_sem_set_value - argument of KIPC_IOC_SEM_SET_VALUE, SETVAL
 * @id: in: which set
 * @num: in: which semaphore
 * @value: in: its new value
 * @reserved: must be zero
 *
 * Adjustments of all processes for it are forgotten. Errors: EINVAL (@id, @num),
 * ERANGE (@value), EIDRM, EACCES, EFAULT.
 */
struct kipc_sem_set_value {
	__s32 id;
	__u32 num;
	__s32 value;
	__u32 reserved;
};

/**
 * struct kipc_sem_values - argument of KIPC_IOC_SEM_GET_ALL and _SET_ALL: GETALL,
 *	SETALL
 * @id: in: which set
 * @nsems: in: elements of @values: for GET_ALL at least, for SET_ALL exactly as many
 *	as the set has semaphores; out of GET_ALL: how many that are
 * @values: in: user address of an array of __u16
 *
 * All values are read or set at once. SET_ALL forgets all adjustments. Errors: EINVAL
 * (@id, @nsems), ERANGE (a value above KIPC_SEM_VALUE_MAX), EIDRM, EACCES, ENOMEM,
 * EFAULT.
 */
struct kipc_sem_values {
	__s32 id;
	__u32 nsems;
	__aligned_u64 values;
};

/**
 * struct kipc_sem_stat - argument of KIPC_IOC_SEM_STAT, IPC_STAT, SEM_STAT
 * @perm: in: which set; out: id, key, owner, mode
 * @flags: in: KIPC_STAT_*
 * @nsems: out: number of semaphores
 * @otime: out: last operation, in seconds since the epoch; 0 for never
 * @ctime: out: creation, or the last change by IPC_SET, SETVAL or SETALL
 * @fds: out: open files of the set
 * @sleepers: out: threads that sleep in an operation on it
 * @undos: out: processes that have adjustments for it
 * @robust: out: 1 if it was made with KIPC_SEM_ROBUST
 *
 * Errors: EINVAL, EIDRM, EACCES, EFAULT.
 */
struct kipc_sem_stat {
	struct kipc_perm perm;
	__u32 flags;
	__u32 nsems;
	__aligned_u64 otime;
	__aligned_u64 ctime;
	__u32 fds;
	__u32 sleepers;
	__u32 undos;
	__u32 robust;
};

/**
 * struct kipc_sem_info - argument of KIPC_IOC_SEM_INFO, IPC_INFO, SEM_INFO
 * @flags: must be zero
 * @max_index: out: highest index in use, -1 if none is
 * @semmsl: out: limit of the semaphores of a set
 * @semmns: out: limit of the semaphores of all sets
 * @semopm: out: limit of the operations of one call
 * @semmni: out: limit of the number of sets
 * @used_ids: out: sets that have an id
 * @used_sems: out: semaphores in all sets, those without an id among them
 *
 * Anybody may ask. Errors: EINVAL (flags), EFAULT.
 */
struct kipc_sem_info {
	__u32 flags;
	__s32 max_index;
	__u32 semmsl;
	__u32 semmns;
	__u32 semopm;
	__u32 semmni;
	__aligned_u64 used_ids;
	__aligned_u64 used_sems;
};

/**
 * struct kipc_sem_watch - argument of KIPC_IOC_SEM_WATCH
 * @ops: in: user address of @nops operations, whose flags must be 0
 * @nops: in: number of operations, at most semopm; 0 ends watching
 * @flags: must be zero
 *
 * Decides what poll(2), select(2), epoll(7) and io_uring on this open file of a set
 * wait for: it is readable (EPOLLIN) while these operations could be done at once,
 * and an edge is seen whenever a semaphore among them changes and they can. Nothing is
 * done or reserved: follow with KIPC_SEM_NOWAIT. A set that was removed is EPOLLERR
 * and EPOLLHUP. Duplicates of the descriptor share the list. Errors: EINVAL (flags),
 * E2BIG, EFBIG, EIDRM, ENOMEM, ENOSPC (all that poll a set have more than
 * KIPC_SEM_WATCHED_MAX operations), EFAULT.
 */
struct kipc_sem_watch {
	__aligned_u64 ops;
	__u32 nops;
	__u32 flags;
};

/** KIPC_SEM_WATCHED_MAX - so many operations are all that a set is polled for */
#define KIPC_SEM_WATCHED_MAX	(1U << 20)

/** KIPC_MSG_NUM_MAX - so many messages are all that a queue takes, however large it is */
#define KIPC_MSG_NUM_MAX	(1U << 18)

/* Flags of &struct kipc_msg_create.flags and &struct kipc_msg_open.flags */
#define KIPC_MSG_RDONLY		(1U << 0)	/* only to receive and to look */
#define KIPC_MSG_WRONLY		(1U << 1)	/* only to send */
#define KIPC_MSG_TYPED		(1U << 2)	/* read, write: the type comes first */
#define KIPC_MSG_NONBLOCK	(1U << 3)	/* O_NONBLOCK, for read and write */
#define KIPC_MSG_CLOEXEC	(1U << 11)	/* O_CLOEXEC */

/**
 * struct kipc_msg_get - argument of KIPC_IOC_MSG_GET, msgget(2)
 * @key: in: key, or KIPC_KEY_PRIVATE for a new queue
 * @flags: in: KIPC_GET_*
 * @mode: in: permissions of a new queue, or those wanted of an existing one; bits
 *	above 0777 are ignored
 * @id: out: id of the queue
 *
 * A new queue holds msgmnb bytes. Errors: EINVAL (flags); ENOENT; EEXIST; EACCES;
 * ENOSPC (msgmni is reached); ENOMEM; EFAULT.
 */
struct kipc_msg_get {
	__s32 key;
	__u32 flags;
	__u32 mode;
	__s32 id;
};

/**
 * struct kipc_msg_create - argument of KIPC_IOC_MSG_CREATE
 * @flags: in: KIPC_MSG_TYPED, KIPC_MSG_NONBLOCK, KIPC_MSG_CLOEXEC
 * @mode: in: permissions that KIPC_IOC_MSG_OPEN on the descriptor looks at
 * @fd: out: descriptor
 * @reserved: must be zero
 *
 * A queue without key and id, which goes with its last descriptor. Errors: EINVAL
 * (flags), EMFILE, ENFILE, ENOMEM, EFAULT.
 */
struct kipc_msg_create {
	__u32 flags;
	__u32 mode;
	__s32 fd;
	__u32 reserved;
};

/**
 * struct kipc_msg_open - argument of KIPC_IOC_MSG_OPEN
 * @id: in: which queue
 * @flags: in: KIPC_MSG_RDONLY or KIPC_MSG_WRONLY or neither of them;
 *	KIPC_MSG_TYPED, KIPC_MSG_NONBLOCK, KIPC_MSG_CLOEXEC
 * @fd: out: descriptor
 * @reserved: must be zero
 *
 * Permission to read is wanted without KIPC_MSG_WRONLY, permission to write without
 * KIPC_MSG_RDONLY. Calls on the descriptor are not checked again. On it read(2)
 * receives one message and write(2) sends one. With KIPC_MSG_TYPED the bytes of
 * both begin with the type, a __s64; without, KIPC_IOC_MSG_FILTER says what type is
 * sent. What is received, and what poll(2) waits for, is said there as well. Both
 * calls answer as KIPC_IOC_MSG_RECEIVE and KIPC_IOC_MSG_SEND do, but with EAGAIN
 * where the descriptor is O_NONBLOCK and they would have to wait, and EINVAL for
 * fewer bytes than a type. They are readable (EPOLLIN) when a message can be
 * received, writable (EPOLLOUT) when one of one byte can be sent, EPOLLERR and
 * EPOLLHUP when the queue was removed; O_ASYNC is served. FIONREAD gives the bytes
 * that the next read(2) would return, and EACCES on a descriptor for sending only.
 * Errors: EINVAL, EIDRM, EACCES, EMFILE,
 * ENFILE, ENOMEM, EFAULT.
 */
struct kipc_msg_open {
	__s32 id;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
};

/* Flags of &struct kipc_msg_send.flags and &struct kipc_msg_receive.flags */
#define KIPC_MSG_NOWAIT		(1U << 0)	/* IPC_NOWAIT: an error instead of sleeping */
#define KIPC_MSG_RELATIVE	(1U << 1)	/* @timeout counts from now */
/* Flags of &struct kipc_msg_receive.flags; KIPC_IOC_MSG_FILTER takes the first two */
#define KIPC_MSG_NOERROR	(1U << 2)	/* MSG_NOERROR: cut what is too long */
#define KIPC_MSG_EXCEPT		(1U << 3)	/* MSG_EXCEPT: any other type than @type */
#define KIPC_MSG_COPY		(1U << 4)	/* MSG_COPY: @type is a position; take nothing */

/**
 * struct kipc_msg_send - argument of KIPC_IOC_MSG_SEND, msgsnd(2)
 * @id: in: which queue
 * @flags: in: KIPC_MSG_NOWAIT, KIPC_MSG_RELATIVE
 * @type: in: type of the message, above 0
 * @addr: in: user address of the message's bytes, without its type
 * @size: in: how many bytes; 0 is allowed
 * @timeout: in: when to stop waiting, in ns of CLOCK_MONOTONIC, or
 *	KIPC_TIMEOUT_NONE
 *
 * A message goes straight to a thread that waits for one of its type, whether the
 * queue is full or not. Otherwise it waits for room, @size bytes and one message, and
 * for those who wait already: they are served in their order, but for messages that
 * are larger than the whole queue, which hold up nobody. Errors, as of msgsnd(2):
 * EINVAL (@id, flags, @type, @size above msgmax); EACCES; EAGAIN (it would have to wait,
 * with KIPC_MSG_NOWAIT); ETIMEDOUT; EIDRM; EINTR (a signal's handler ran, whatever its
 * SA_RESTART; or KIPC_MSG_RELATIVE and any signal); ENOMEM; EFAULT.
 */
struct kipc_msg_send {
	__s32 id;
	__u32 flags;
	__s64 type;
	__aligned_u64 addr;
	__aligned_u64 size;
	__aligned_u64 timeout;
};

/**
 * struct kipc_msg_receive - argument of KIPC_IOC_MSG_RECEIVE, msgrcv(2)
 * @id: in: which queue
 * @flags: in: KIPC_MSG_NOWAIT, KIPC_MSG_RELATIVE, KIPC_MSG_NOERROR,
 *	KIPC_MSG_EXCEPT, KIPC_MSG_COPY
 * @type: in: what to receive: 0, the first message; above 0, the first of this type,
 *	or with KIPC_MSG_EXCEPT the first of any other; below 0, the first of the lowest
 *	type that is at most -@type; with KIPC_MSG_COPY the position of the message in
 *	the queue, from 0; out: its type
 * @addr: in: user address for the message's bytes, without its type
 * @size: in: bytes there; out: bytes of the message, or as many as there was room
 *	for
 * @timeout: in: as of &struct kipc_msg_send
 *
 * The message of a thread that waits for room is received as if there had been room.
 * What cannot be copied to @addr is put back at its place. KIPC_MSG_COPY wants
 * KIPC_MSG_NOWAIT, and not KIPC_MSG_EXCEPT. Errors, as of msgrcv(2): EINVAL (@id,
 * flags, @size above 2^63 - 1); EACCES; ENOMSG (no such message, with
 * KIPC_MSG_NOWAIT); ETIMEDOUT; E2BIG (the message is longer than @size, without
 * KIPC_MSG_NOERROR; it stays); EIDRM; EINTR (as of &struct kipc_msg_send); EFAULT.
 */
struct kipc_msg_receive {
	__s32 id;
	__u32 flags;
	__s64 type;
	__aligned_u64 addr;
	__aligned_u64 size;
	__aligned_u64 timeout;
};

/**
 * struct kipc_msg_stat - argument of KIPC_IOC_MSG_STAT, IPC_STAT, MSG_STAT
 * @perm: in: which queue; out: id, key, owner, mode
 * @flags: in: KIPC_STAT_*
 * @fds: out: open files of the queue
 * @qbytes: out: how many bytes, and how many messages, it may hold
 * @cbytes: out: bytes of all messages in it
 * @qnum: out: messages in it
 * @stime: out: when a message was sent last, in seconds since the epoch; 0 for never
 * @rtime: out: when one was received last, likewise
 * @ctime: out: creation, or the last change by IPC_SET
 * @lspid: out: process that sent last; 0 for none, or if it is not in the caller's
 *	namespace
 * @lrpid: out: process that received last, likewise
 * @senders: out: threads that wait for room
 * @receivers: out: threads that wait for a message
 *
 * Errors: EINVAL, EIDRM, EACCES, EFAULT.
 */
struct kipc_msg_stat {
	struct kipc_perm perm;
	__u32 flags;
	__u32 fds;
	__aligned_u64 qbytes;
	__aligned_u64 cbytes;
	__aligned_u64 qnum;
	__aligned_u64 stime;
	__aligned_u64 rtime;
	__aligned_u64 ctime;
	__s32 lspid;
	__s32 lrpid;
	__u32 senders;
	__u32 receivers;
};

/**
 * struct kipc_msg_set - argument of KIPC_IOC_MSG_SET, IPC_SET
 * @set: in: which queue; its new owner and permissions
 * @qbytes: in: how many bytes, and how many messages, it may hold from now on; but not
 *	more than KIPC_MSG_NUM_MAX messages
 *
 * Threads that wait are judged anew by the permissions, and may get EACCES. Errors:
 * as of &struct kipc_set, and EPERM (@qbytes is above msgmnb and the caller has no
 * CAP_SYS_RESOURCE in the user namespace of the instance).
 */
struct kipc_msg_set {
	struct kipc_set set;
	__aligned_u64 qbytes;
};

/* Flag of &struct kipc_msg_info.flags */
#define KIPC_MSG_INFO_USAGE	(1U << 0)	/* add up messages and bytes: looks at all */

/**
 * struct kipc_msg_info - argument of KIPC_IOC_MSG_INFO, IPC_INFO, MSG_INFO
 * @flags: in: KIPC_MSG_INFO_USAGE
 * @max_index: out: highest index in use, -1 if none is
 * @msgmax: out: limit of a message's size, bytes
 * @msgmnb: out: bytes that a new queue holds
 * @msgmni: out: limit of the number of queues
 * @reserved: zero
 * @used_ids: out: queues that have an id
 * @messages: out: messages in all of them, with KIPC_MSG_INFO_USAGE
 * @bytes: out: bytes of those, with KIPC_MSG_INFO_USAGE
 *
 * Anybody may ask. Errors: EINVAL (flags), EFAULT.
 */
struct kipc_msg_info {
	__u32 flags;
	__s32 max_index;
	__u32 msgmax;
	__u32 msgmnb;
	__u32 msgmni;
	__u32 reserved;
	__aligned_u64 used_ids;
	__aligned_u64 messages;
	__aligned_u64 bytes;
};

/**
 * struct kipc_msg_filter - argument of KIPC_IOC_MSG_FILTER
 * @type: in: what read(2) receives and poll(2) waits for on this open file of a
 *	queue, as in &struct kipc_msg_receive; 0, any message, is the default
 * @send_type: in: type of what write(2) sends without KIPC_MSG_TYPED, above 0; 1 is the
 *	default
 * @flags: in: KIPC_MSG_EXCEPT, KIPC_MSG_NOERROR
 * @reserved: must be zero
 *
 * Duplicates of the descriptor share it. Errors: EINVAL (flags, @send_type), EFAULT.
 */
struct kipc_msg_filter {
	__s64 type;
	__s64 send_type;
	__u32 flags;
	__u32 reserved;
};

/* Values of &struct kipc_msg_notify.how */
#define KIPC_NOTIFY_NONE	0	/* not any more */
#define KIPC_NOTIFY_SIGNAL	1	/* a signal to the calling process */
#define KIPC_NOTIFY_EVENTFD	2	/* 1 is added to an eventfd(2) */

/**
 * struct kipc_msg_notify - argument of KIPC_IOC_MSG_NOTIFY, mq_notify(3)
 * @how: in: KIPC_NOTIFY_*
 * @target: in: number of the signal, or the eventfd's descriptor
 * @value: in: what goes with a signal as si_value
 *
 * Asks to be told once, when a message comes to stay in the queue while that is
 * empty: one that a waiting thread takes does not count. The signal has SI_MESGQ as
 * its si_code, and process and user of the sender; it goes to a thread that does not
 * block it, or to one of those that do. A queue tells one at a time; that ends when it
 * was done, with KIPC_NOTIFY_NONE on the same open file, when this is closed, and for a
 * signal when the process ends or executes another program. Errors: EBUSY
 * (somebody has asked already), EINVAL (@how, no such signal, no eventfd), EBADF
 * (no descriptor), EACCES (the descriptor is for sending only), EIDRM, ENOMEM,
 * EFAULT.
 */
struct kipc_msg_notify {
	__u32 how;
	__s32 target;
	__aligned_u64 value;
};

/**
 * DOC: Signal queues
 *
 * A signal queue is to its subscribers what the kernel's pending signals are to a
 * process and its threads: signals sent to the queue wait in a set that all
 * subscribers share, and exactly one takes each; signals sent to one subscriber wait
 * in a set of its own. Numbers are 1 to 64. Those below KIPC_SIG_RTMIN are standard
 * signals: one waits at a time in a set, and a second one is merged into it, of which
 * nothing else is kept. Those from KIPC_SIG_RTMIN on are real-time signals: all wait,
 * each number's in the order of sending, and none is lost. The lowest number is taken
 * first, and of one number what was sent to the subscriber itself. No number has a
 * meaning of its own: all of them can be blocked and ignored, 9 and 19 as well.
 *
 * Sets of signals are 64 bits: signal n is bit n - 1, as in a sigset_t.
 */

/** KIPC_SIG_MAX - the highest number of a signal */
#define KIPC_SIG_MAX		64

/** KIPC_SIG_RTMIN - the lowest number of a real-time signal, as the kernel counts */
#define KIPC_SIG_RTMIN		32

/** KIPC_SIG_SUBSCRIBERS_MAX - so many subscribers are all that a queue takes */
#define KIPC_SIG_SUBSCRIBERS_MAX	1024

/** KIPC_SIG_GROUP - instead of a subscriber's number: any of them */
#define KIPC_SIG_GROUP		0

/* Flags of the calls that make a descriptor; NONBLOCK: SUBSCRIBE only */
#define KIPC_SIG_NONBLOCK	(1U << 0)	/* O_NONBLOCK, for read */
#define KIPC_SIG_CLOEXEC	(1U << 11)	/* O_CLOEXEC */

/**
 * struct kipc_sig_get - argument of KIPC_IOC_SIG_GET
 * @key: in: key, or KIPC_KEY_PRIVATE for a new queue
 * @flags: in: KIPC_GET_*
 * @mode: in: permissions of a new queue, or those wanted of an existing one; bits
 *	above 0777 are ignored. To write is to send, to read is to subscribe.
 * @id: out: id of the queue
 *
 * Errors: EINVAL (flags); ENOENT; EEXIST; EACCES; ENOSPC (sigmni is reached); ENOMEM;
 * EFAULT.
 */
struct kipc_sig_get {
	__s32 key;
	__u32 flags;
	__u32 mode;
	__s32 id;
};

/**
 * struct kipc_sig_create - argument of KIPC_IOC_SIG_CREATE
 * @flags: in: KIPC_SIG_CLOEXEC
 * @mode: in: permissions that KIPC_IOC_SIG_OPEN and KIPC_IOC_SIG_SUBSCRIBE on the
 *	descriptor look at
 * @fd: out: descriptor, as of KIPC_IOC_SIG_OPEN
 * @reserved: must be zero
 *
 * A queue without key and id, which goes with its last descriptor, those of
 * subscribers among them. Errors: EINVAL (flags), EMFILE, ENFILE, ENOMEM, EFAULT.
 */
struct kipc_sig_create {
	__u32 flags;
	__u32 mode;
	__s32 fd;
	__u32 reserved;
};

/**
 * struct kipc_sig_open - argument of KIPC_IOC_SIG_OPEN
 * @id: in: which queue
 * @flags: in: KIPC_SIG_CLOEXEC
 * @fd: out: descriptor to send by
 * @reserved: must be zero
 *
 * Permission to write is wanted; what is sent on the descriptor is not checked again.
 * It is writable (EPOLLOUT) while the queue has room for a real-time signal, EPOLLERR
 * and EPOLLHUP when the queue was removed. KIPC_IOC_SIG_STAT on it wants permission to
 * read at the time of KIPC_IOC_SIG_OPEN. Errors: EINVAL, EIDRM, EACCES, EMFILE,
 * ENFILE, ENOMEM, EFAULT.
 */
struct kipc_sig_open {
	__s32 id;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
};

/**
 * struct kipc_sig_subscribe - argument of KIPC_IOC_SIG_SUBSCRIBE
 * @id: in: which queue
 * @flags: in: KIPC_SIG_NONBLOCK, KIPC_SIG_CLOEXEC
 * @blocked: in: set of signals that it blocks from the start
 * @fd: out: the subscriber's descriptor
 * @number: out: what KIPC_IOC_SIG_SEND calls this subscriber, above 0; numbers count
 *	up and are not used again while the queue lives
 *
 * Permission to read is wanted. read(2) on the descriptor takes signals that are not
 * blocked: as many struct signalfd_siginfo as there are and fit, at least one; it waits
 * for the first, or with O_NONBLOCK fails with EAGAIN. It is readable (EPOLLIN) while
 * there is one, EPOLLERR and EPOLLHUP when the queue was removed; O_ASYNC is served.
 * read(2) answers EINVAL to less room than one record takes, EINTR as that of a
 * signalfd(2) does (restarted with SA_RESTART), EIDRM, and EFAULT, which takes nothing.
 *
 * Duplicates of the descriptor are the same subscriber, which goes with the last of
 * them; signals sent to it alone go with it, and are counted as dropped. Errors: EINVAL
 * (@id, flags), EIDRM, EACCES, ENOSPC (KIPC_SIG_SUBSCRIBERS_MAX is reached), EMFILE,
 * ENFILE, ENOMEM, EFAULT.
 */
struct kipc_sig_subscribe {
	__s32 id;
	__u32 flags;
	__aligned_u64 blocked;
	__s32 fd;
	__u32 number;
};

/**
 * struct kipc_sig_send - argument of KIPC_IOC_SIG_SEND, kill(2), tgkill(2), sigqueue(3)
 * @id: in: which queue; KIPC_ID_SELF on a descriptor of it or of a subscriber
 * @to: in: number of a subscriber, or KIPC_SIG_GROUP
 * @signo: in: the signal, or 0 to see only whether it could be sent
 * @code: in: its si_code, 0 (SI_USER) or below: SI_QUEUE and so on
 * @value: in: its si_value
 * @flags: must be zero
 * @reserved: must be zero
 *
 * Never sleeps for room. The sender's process and real user go with the signal. A thread
 * that waits for it gets it; else it is delivered, if a subscriber has asked for that and
 * does not block it; else it waits. One that the subscriber ignores, or that all
 * subscribers do, is dropped, which is no error. Signals to the group wait for the first
 * subscriber if there is none. Errors: EINVAL (@id, flags, @signo); EPERM (@code above 0:
 * only the kernel sends such); ESRCH (no subscriber @to); EACCES (on an instance: no
 * permission to write; on a subscriber's descriptor: it had none when it subscribed);
 * EAGAIN (a real-time signal that would have to wait, and as many as may do so already;
 * or the sender's user has as many as it may, in all queues); EIDRM; ENOMEM (a real-time
 * signal); EFAULT.
 */
struct kipc_sig_send {
	__s32 id;
	__u32 to;
	__s32 signo;
	__s32 code;
	__aligned_u64 value;
	__u32 flags;
	__u32 reserved;
};

/* Flags of &struct kipc_sig_wait.flags */
#define KIPC_SIG_NOWAIT		(1U << 0)	/* EAGAIN instead of sleeping */
#define KIPC_SIG_RELATIVE	(1U << 1)	/* @timeout counts from now */

/**
 * struct kipc_sig_wait - argument of KIPC_IOC_SIG_WAIT, sigtimedwait(2)
 * @set: in: take one of these, blocked or not
 * @timeout: in: when to stop waiting, in ns of CLOCK_MONOTONIC, or KIPC_TIMEOUT_NONE
 * @flags: in: KIPC_SIG_NOWAIT, KIPC_SIG_RELATIVE
 * @signo: out: the signal
 * @code: out: its si_code
 * @pid: out: process that sent it, 0 if it is not in the caller's namespace
 * @uid: out: user that sent it
 * @to: out: the subscriber's own number, or KIPC_SIG_GROUP if it was sent to the group
 * @value: out: its si_value
 *
 * On a subscriber's descriptor. What the subscriber ignores is not taken. Errors, as of
 * sigtimedwait(2): EINVAL (flags); EAGAIN (none, with KIPC_SIG_NOWAIT, or until
 * @timeout); EIDRM; EINTR (a real signal came, whatever its handler's SA_RESTART);
 * EFAULT, which takes nothing.
 */
struct kipc_sig_wait {
	__aligned_u64 set;
	__aligned_u64 timeout;
	__u32 flags;
	__s32 signo;
	__s32 code;
	__s32 pid;
	__u32 uid;
	__u32 to;
	__aligned_u64 value;
};

/* Values of &struct kipc_sig_mask.how */
#define KIPC_SIG_BLOCK		0	/* block those in the set as well */
#define KIPC_SIG_UNBLOCK	1	/* do not block those in the set */
#define KIPC_SIG_SETMASK	2	/* block those in the set, and no others */

/**
 * struct kipc_sig_mask - argument of KIPC_IOC_SIG_MASK, sigprocmask(2)
 * @how: in: KIPC_SIG_BLOCK, KIPC_SIG_UNBLOCK, KIPC_SIG_SETMASK
 * @reserved: must be zero
 * @set: in: which signals; out: what was blocked before
 *
 * On a subscriber's descriptor, at any time, also while other threads wait at it. A
 * blocked signal is neither read nor delivered, and waits. Errors: EINVAL (@how), EIDRM, EFAULT.
 */
struct kipc_sig_mask {
	__u32 how;
	__u32 reserved;
	__aligned_u64 set;
};

/* Values of &struct kipc_sig_action.action */
#define KIPC_SIG_KEEP		0	/* wait to be read; the default */
#define KIPC_SIG_IGNORE		1	/* dropped when sent */
#define KIPC_SIG_DELIVER	2	/* becomes a real signal to the process */

/**
 * struct kipc_sig_action - argument of KIPC_IOC_SIG_ACTION, sigaction(2)
 * @action: in: KIPC_SIG_KEEP, KIPC_SIG_IGNORE, KIPC_SIG_DELIVER
 * @reserved: must be zero
 * @set: in: for which signals
 *
 * On a subscriber's descriptor. KIPC_SIG_IGNORE drops those that wait for this
 * subscriber alone, and those of the group if now all subscribers ignore them.
 * KIPC_SIG_DELIVER makes the calling process get the same real signal, with the
 * sender's process, user, code and value, as soon as the subscriber has one that it does
 * not block: those that wait now as well. Who waits in KIPC_IOC_SIG_WAIT comes before
 * that, who waits in read(2) after it. It ends when the process ends or executes another
 * program, whoever has the descriptor then; its signals wait to be read from then on. So
 * does one that cannot be delivered with all that it carries, for want of room among the
 * process's own (RLIMIT_SIGPENDING). Of several processes that have the descriptor, each
 * signal goes to the one that said so last. Errors: EINVAL (@action), EIDRM, ENOMEM,
 * EFAULT.
 */
struct kipc_sig_action {
	__u32 action;
	__u32 reserved;
	__aligned_u64 set;
};

/**
 * struct kipc_sig_pending - argument of KIPC_IOC_SIG_PENDING, sigpending(2)
 * @own: out: signals that wait for this subscriber alone
 * @shared: out: signals that wait for any
 * @blocked: out: what it blocks
 * @ignored: out: what it ignores
 * @delivered: out: what becomes a real signal to a process
 * @own_queued: out: how many signals wait for it alone
 * @number: out: the subscriber's number
 *
 * On a subscriber's descriptor. Errors: EIDRM, EFAULT.
 */
struct kipc_sig_pending {
	__aligned_u64 own;
	__aligned_u64 shared;
	__aligned_u64 blocked;
	__aligned_u64 ignored;
	__aligned_u64 delivered;
	__u32 own_queued;
	__u32 number;
};

/**
 * struct kipc_sig_stat - argument of KIPC_IOC_SIG_STAT, as IPC_STAT
 * @perm: in: which queue; out: id, key, owner, mode
 * @flags: in: KIPC_STAT_*
 * @fds: out: open files of the queue, those of subscribers not among them
 * @subscribers: out: how many it has
 * @waiters: out: threads that wait in read(2) or KIPC_IOC_SIG_WAIT
 * @pending: out: set of the signals that wait for any subscriber
 * @queued: out: signals that wait, of the group and of single subscribers
 * @limit: out: how many real-time signals may wait
 * @sent: out: signals accepted since the queue was made; the following five add up to
 *	it, and to @queued
 * @taken: out: of these, how many were read or waited for
 * @delivered: out: how many became real signals
 * @merged: out: how many were merged into one that waited
 * @ignored: out: how many were dropped because nobody wants them
 * @dropped: out: how many went with their subscriber, or with the queue
 * @refused: out: how many were not accepted, with EAGAIN
 * @stime: out: when one was sent last, in seconds since the epoch; 0 for never
 * @rtime: out: when one was taken or delivered last, likewise
 * @ctime: out: creation, or the last change by KIPC_IOC_SIG_SET
 * @lspid: out: process that sent last; 0 for none, or if it is not in the caller's
 *	namespace
 * @lrpid: out: process that took last, likewise
 *
 * Errors: EINVAL, EIDRM, EACCES, EFAULT.
 */
struct kipc_sig_stat {
	struct kipc_perm perm;
	__u32 flags;
	__u32 fds;
	__u32 subscribers;
	__u32 waiters;
	__aligned_u64 pending;
	__aligned_u64 queued;
	__aligned_u64 limit;
	__aligned_u64 sent;
	__aligned_u64 taken;
	__aligned_u64 delivered;
	__aligned_u64 merged;
	__aligned_u64 ignored;
	__aligned_u64 dropped;
	__aligned_u64 refused;
	__aligned_u64 stime;
	__aligned_u64 rtime;
	__aligned_u64 ctime;
	__s32 lspid;
	__s32 lrpid;
};

/**
 * struct kipc_sig_set - argument of KIPC_IOC_SIG_SET, as IPC_SET
 * @set: in: which queue; its new owner and permissions
 * @limit: in: how many real-time signals may wait from now on; those that do stay; above
 *	2^31 - 1 is as that
 *
 * Errors: as of &struct kipc_set, and EPERM (@limit is above sigqmax and the caller
 * has no CAP_SYS_RESOURCE in the user namespace of the instance).
 */
struct kipc_sig_set {
	struct kipc_set set;
	__aligned_u64 limit;
};

/* Flag of &struct kipc_sig_info.flags */
#define KIPC_SIG_INFO_USAGE	(1U << 0)	/* add up what waits: looks at all */

/**
 * struct kipc_sig_info - argument of KIPC_IOC_SIG_INFO, as IPC_INFO
 * @flags: in: KIPC_SIG_INFO_USAGE
 * @max_index: out: highest index in use, -1 if none is
 * @sigmni: out: limit of the number of queues
 * @sigqmax: out: how many real-time signals may wait in a new queue
 * @used_ids: out: queues that have an id
 * @queued: out: signals that wait in all of them, with KIPC_SIG_INFO_USAGE
 *
 * Anybody may ask. Errors: EINVAL (flags), EFAULT.
 */
struct kipc_sig_info {
	__u32 flags;
	__s32 max_index;
	__u32 sigmni;
	__u32 sigqmax;
	__aligned_u64 used_ids;
	__aligned_u64 queued;
};

#define KIPC_IOC_QUERY \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_QUERY, struct kipc_query)
#define KIPC_IOC_STATS \
	_IOR(KIPC_IOC_TYPE, KIPC_NR_STATS, struct kipc_stats)
#define KIPC_IOC_PIPE_CREATE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_PIPE_CREATE, struct kipc_pipe_create)
#define KIPC_IOC_PIPE_GET_SIZE \
	_IOR(KIPC_IOC_TYPE, KIPC_NR_PIPE_GET_SIZE, struct kipc_pipe_size)
#define KIPC_IOC_PIPE_SET_SIZE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_PIPE_SET_SIZE, struct kipc_pipe_size)
#define KIPC_IOC_PIPE_SPLICE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_PIPE_SPLICE, struct kipc_pipe_splice)
#define KIPC_IOC_PIPE_TEE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_PIPE_TEE, struct kipc_pipe_splice)
#define KIPC_IOC_PIPE_STAT \
	_IOR(KIPC_IOC_TYPE, KIPC_NR_PIPE_STAT, struct kipc_pipe_stat)
#define KIPC_IOC_SHM_GET \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SHM_GET, struct kipc_shm_get)
#define KIPC_IOC_SHM_CREATE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SHM_CREATE, struct kipc_shm_create)
#define KIPC_IOC_SHM_OPEN \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SHM_OPEN, struct kipc_shm_open)
#define KIPC_IOC_SHM_ATTACH \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SHM_ATTACH, struct kipc_shm_attach)
#define KIPC_IOC_SHM_DETACH \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SHM_DETACH, struct kipc_shm_detach)
#define KIPC_IOC_SHM_STAT \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SHM_STAT, struct kipc_shm_stat)
#define KIPC_IOC_SHM_SET \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SHM_SET, struct kipc_set)
#define KIPC_IOC_SHM_REMOVE \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SHM_REMOVE, struct kipc_remove)
#define KIPC_IOC_SHM_LOCK \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SHM_LOCK, struct kipc_shm_lock)
#define KIPC_IOC_SHM_INFO \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SHM_INFO, struct kipc_shm_info)

#define KIPC_IOC_SEM_GET \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SEM_GET, struct kipc_sem_get)
#define KIPC_IOC_SEM_CREATE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SEM_CREATE, struct kipc_sem_create)
#define KIPC_IOC_SEM_OPEN \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SEM_OPEN, struct kipc_sem_open)
#define KIPC_IOC_SEM_OP \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SEM_OP, struct kipc_sem_ops)
#define KIPC_IOC_SEM_OP_ONE \
	_IO(KIPC_IOC_TYPE, KIPC_NR_SEM_OP_ONE)
#define KIPC_IOC_SEM_GET_VALUE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SEM_GET_VALUE, struct kipc_sem_value)
#define KIPC_IOC_SEM_SET_VALUE \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SEM_SET_VALUE, struct kipc_sem_set_value)
#define KIPC_IOC_SEM_GET_ALL \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SEM_GET_ALL, struct kipc_sem_values)
#define KIPC_IOC_SEM_SET_ALL \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SEM_SET_ALL, struct kipc_sem_values)
#define KIPC_IOC_SEM_STAT \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SEM_STAT, struct kipc_sem_stat)
#define KIPC_IOC_SEM_SET \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SEM_SET, struct kipc_set)
#define KIPC_IOC_SEM_REMOVE \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SEM_REMOVE, struct kipc_remove)
#define KIPC_IOC_SEM_INFO \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SEM_INFO, struct kipc_sem_info)
#define KIPC_IOC_SEM_WATCH \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SEM_WATCH, struct kipc_sem_watch)

#define KIPC_IOC_MSG_GET \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_MSG_GET, struct kipc_msg_get)
#define KIPC_IOC_MSG_CREATE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_MSG_CREATE, struct kipc_msg_create)
#define KIPC_IOC_MSG_OPEN \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_MSG_OPEN, struct kipc_msg_open)
#define KIPC_IOC_MSG_SEND \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_MSG_SEND, struct kipc_msg_send)
#define KIPC_IOC_MSG_RECEIVE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_MSG_RECEIVE, struct kipc_msg_receive)
#define KIPC_IOC_MSG_STAT \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_MSG_STAT, struct kipc_msg_stat)
#define KIPC_IOC_MSG_SET \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_MSG_SET, struct kipc_msg_set)
#define KIPC_IOC_MSG_REMOVE \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_MSG_REMOVE, struct kipc_remove)
#define KIPC_IOC_MSG_INFO \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_MSG_INFO, struct kipc_msg_info)
#define KIPC_IOC_MSG_FILTER \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_MSG_FILTER, struct kipc_msg_filter)
#define KIPC_IOC_MSG_NOTIFY \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_MSG_NOTIFY, struct kipc_msg_notify)

#define KIPC_IOC_SIG_GET \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SIG_GET, struct kipc_sig_get)
#define KIPC_IOC_SIG_CREATE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SIG_CREATE, struct kipc_sig_create)
#define KIPC_IOC_SIG_OPEN \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SIG_OPEN, struct kipc_sig_open)
#define KIPC_IOC_SIG_SUBSCRIBE \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SIG_SUBSCRIBE, struct kipc_sig_subscribe)
#define KIPC_IOC_SIG_SEND \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SIG_SEND, struct kipc_sig_send)
#define KIPC_IOC_SIG_WAIT \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SIG_WAIT, struct kipc_sig_wait)
#define KIPC_IOC_SIG_MASK \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SIG_MASK, struct kipc_sig_mask)
#define KIPC_IOC_SIG_ACTION \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SIG_ACTION, struct kipc_sig_action)
#define KIPC_IOC_SIG_PENDING \
	_IOR(KIPC_IOC_TYPE, KIPC_NR_SIG_PENDING, struct kipc_sig_pending)
#define KIPC_IOC_SIG_STAT \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SIG_STAT, struct kipc_sig_stat)
#define KIPC_IOC_SIG_SET \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SIG_SET, struct kipc_sig_set)
#define KIPC_IOC_SIG_REMOVE \
	_IOW(KIPC_IOC_TYPE, KIPC_NR_SIG_REMOVE, struct kipc_remove)
#define KIPC_IOC_SIG_INFO \
	_IOWR(KIPC_IOC_TYPE, KIPC_NR_SIG_INFO, struct kipc_sig_info)

#endif /* _UAPI_LINUX_KIPC_H */
