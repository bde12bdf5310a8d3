/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_KIPC_H
#define _UAPI_LINUX_KIPC_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: The kipc ABI
 *
 * Every call is an ioctl, either on an instance node (``/dev/kipc``) or on the
 * file descriptor of an object. The rules that all of them keep:
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
#define KIPC_ABI_VERSION	1

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

/* Where a call is served: the bits of &struct kipc_query.targets */
#define KIPC_ON_INSTANCE	(1U << 0)	/* /dev/kipc */
#define KIPC_ON_PIPE		(1U << 1)	/* an end of a pipe, an open FIFO */

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
 * unprivileged user's limit would be passed), EBUSY (more bytes are in the pipe
 * than would fit), ENOMEM.
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

#endif /* _UAPI_LINUX_KIPC_H */
