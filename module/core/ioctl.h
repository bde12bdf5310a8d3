/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_IOCTL_H
#define _KIPC_CORE_IOCTL_H

#include <linux/types.h>
#include <linux/kipc.h>

#include "core/file.h"

/*
 * One table drives dispatch, the check of sizes and flags, and KIPC_IOC_QUERY.
 * Each area of the module has a &struct kipc_ioctl_set with a block of numbers
 * and registers it at load. A handler gets a kernel copy of the argument, as
 * long as the newest version of its structure, with zeroes where the caller's
 * was shorter; flags are checked. It changes the copy, and the dispatcher
 * copies it back, and only then installs the descriptors that the handler
 * prepared: nothing can fail after a descriptor is visible.
 */

struct file;
struct kipc_instance;

/**
 * struct kipc_call - one ioctl on its way
 * @file: the file it was made on
 * @inst: the instance of that file
 * @obj: the object of that file, or NULL on an instance node
 * @value: the argument as it was passed, for a call without a structure
 * @fds: descriptors to install when all else has succeeded; filled by the
 *	handler
 */
struct kipc_call {
	struct file *file;
	struct kipc_instance *inst;
	void *obj;
	unsigned long value;
	struct kipc_fds fds;
};

/**
 * struct kipc_ioctl - one row of a table
 * @cmd: the command, with the newest size of its structure
 * @size_min: size of the first version of the structure
 * @targets: descriptors that serve it, KIPC_ON_*
 * @flags: the accepted bits of the __u32 at @flags_at
 * @flags_at: offset of the flags in the structure, or KIPC_IOCTL_NO_MEMBER
 * @reserved_at: offset of a __u32 that must be zero, or KIPC_IOCTL_NO_MEMBER
 * @lasting: the call changes something that cannot be taken back when its
 *	results turn out not to be writable, so that is tried first
 * @direct: serves the newest version of the structure, and copies it by itself; for
 *	a call that has to be fast; NULL for others
 * @handler: does it. Returns 0 or an error; after an error nothing has changed
 *	and no descriptor is prepared.
 */
struct kipc_ioctl {
	unsigned int cmd;
	unsigned int size_min;
	unsigned int targets;
	u32 flags;
	int flags_at;
	int reserved_at;
	bool lasting;
	long (*direct)(struct kipc_call *call, void __user *uarg);
	int (*handler)(struct kipc_call *call, void *arg);
};

/**
 * struct kipc_ioctl_set - a block of up to 16 numbers
 * @rows: the rows; the number of a row is its index plus the block's first
 * @nr_rows: how many
 * @block: the block, the upper four bits of the numbers
 */
struct kipc_ioctl_set {
	const struct kipc_ioctl *rows;
	unsigned int nr_rows;
	unsigned int block;
};

/* The largest argument structure; the dispatcher keeps it on the stack. */
#define KIPC_IOCTL_ARG_MAX	160

/* For the offsets in a row: the structure has no such member. */
#define KIPC_IOCTL_NO_MEMBER	(-1)

extern const struct kipc_ioctl_set kipc_core_ioctls;

void kipc_ioctl_register(const struct kipc_ioctl_set *set);
long kipc_instance_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg);
long kipc_ioctl_dispatch(struct kipc_call *call, unsigned int target,
			 unsigned int cmd, void __user *uarg);

#endif /* _KIPC_CORE_IOCTL_H */
