// SPDX-License-Identifier: GPL-2.0
/* Pipes: the calls of the ABI, and the size of a pipe; see pipe.h. */
#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <asm/ioctls.h>

#include "core/account.h"
#include "core/param.h"
#include "obj/pipe.h"

/* First versions of the structures: these sizes never change. */
#define KIPC_PIPE_CREATE_SIZE_VER0	24
#define KIPC_PIPE_SIZE_SIZE_VER0	8
#define KIPC_PIPE_SPLICE_SIZE_VER0	24
#define KIPC_PIPE_STAT_SIZE_VER0	56

static_assert(sizeof(struct kipc_pipe_create) == KIPC_PIPE_CREATE_SIZE_VER0);
static_assert(sizeof(struct kipc_pipe_size) == KIPC_PIPE_SIZE_SIZE_VER0);
static_assert(sizeof(struct kipc_pipe_splice) == KIPC_PIPE_SPLICE_SIZE_VER0);
static_assert(sizeof(struct kipc_pipe_stat) == KIPC_PIPE_STAT_SIZE_VER0);
static_assert(KIPC_PIPE_STAT_SIZE_VER0 <= KIPC_IOCTL_ARG_MAX);

/* May this caller have a pipe of this capacity? */
static int kipc_pipe_check_size(u32 size)
{
	if (size > READ_ONCE(kipc_param_pipe_size_max) &&
	    !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

static int kipc_pipe_ioctl_create(struct kipc_call *call, void *arg)
{
	struct kipc_pipe_create *create = arg;
	int ret, i, fd_flags = 0, flags = 0;
	struct file *files[2];
	u32 size = KIPC_RING_SIZE_DEFAULT;

	if (create->size) {
		size = kipc_ring_round(create->size);
		if (!size)
			return -EINVAL;
		ret = kipc_pipe_check_size(size);
		if (ret)
			return ret;
	}
	if (create->flags & KIPC_PIPE_CLOEXEC)
		fd_flags |= O_CLOEXEC;
	if (create->flags & KIPC_PIPE_NONBLOCK)
		flags |= O_NONBLOCK;
	if (create->flags & KIPC_PIPE_PACKET)
		flags |= O_DIRECT;

	ret = kipc_pipe_open_pair(call->inst, size, flags, files);
	if (ret)
		return ret == -EDQUOT ? -ENFILE : ret;
	for (i = 0; i < 2; i++) {
		ret = kipc_fds_add(&call->fds, files[i], fd_flags);
		if (ret)
			goto out_put;
	}
	create->size = size;
	create->rfd = call->fds.fd[0];
	create->wfd = call->fds.fd[1];
	return 0;

out_put:
	kipc_fds_abort(&call->fds);
	for (; i < 2; i++)
		fput(files[i]);
	return ret;
}

/* Gives a pipe a ring of another size; the caller has both side locks. */
static int kipc_pipe_resize(struct kipc_pipe *pipe, u32 size)
{
	struct kipc_ring new = {}, old;
	u32 tail, bytes;
	int ret;

	ret = kipc_ring_init(&new, size, pipe->ring.pages);
	if (ret)
		return ret;
	/*
	 * A claim may move the tail, and a reservation be released, meanwhile;
	 * then we copy, or allocate, too much.
	 */
	tail = READ_ONCE(pipe->ring.tail);
	bytes = pipe->ring.head - tail + READ_ONCE(pipe->reserved);
	new.tail = tail;
	new.head = tail;
	if (bytes) {
		ret = kipc_ring_populate(&new, bytes, GFP_KERNEL_ACCOUNT);
		if (ret) {
			kipc_ring_destroy(&new);
			return ret;
		}
	}
	kipc_ring_copy(&new, &pipe->ring);

	spin_lock(&pipe->lock);
	new.tail = pipe->ring.tail;
	kipc_ring_assign(&old, &pipe->ring);
	kipc_ring_assign(&pipe->ring, &new);
	spin_unlock(&pipe->lock);
	kipc_ring_destroy(&old);
	if (pipe->ring.nr_pages)
		kipc_trim_add(pipe);
	return 0;
}

static int kipc_pipe_set_size_locked(struct kipc_pipe *pipe, u32 size)
{
	unsigned long pages = size >> PAGE_SHIFT;
	unsigned long charged = pipe->obj.charged;
	struct kipc_pipe_wake wake = {};
	int ret;

	lockdep_assert_held(&pipe->rd_lock);
	lockdep_assert_held(&pipe->wr_lock);
	if (size == pipe->ring.size)
		return 0;
	/* It counts as what the pipe has, and there may be room for more of it. */
	kipc_direct_to_ring(pipe, false, &wake);
	/* A writer that was killed is not to wait for the memory that this takes. */
	kipc_pipe_wake(pipe, &wake);
	if (size < kipc_ring_used_about(&pipe->ring) + READ_ONCE(pipe->reserved) ||
	    size / KIPC_PIPE_PACKET_SHARE < READ_ONCE(pipe->nr_packets))
		return -EBUSY;
	if (pages > charged) {
		ret = kipc_pipe_check_size(size);
		if (ret)
			return ret;
		if (kipc_user_charge(pipe->obj.user, KIPC_CHARGE_PAGES,
				     pages - charged,
				     kipc_pipe_user_limit()))
			return -EPERM;
	}
	ret = kipc_pipe_resize(pipe, size);
	if (!ret)
		pipe->obj.charged = pages;
	if (ret && pages > charged)
		kipc_user_uncharge(pipe->obj.user, KIPC_CHARGE_PAGES,
				   pages - charged);
	if (!ret && pages < charged)
		kipc_user_uncharge(pipe->obj.user, KIPC_CHARGE_PAGES,
				   charged - pages);
	return ret;
}

static int kipc_pipe_ioctl_set_size(struct kipc_call *call, void *arg)
{
	struct kipc_pipe *pipe = call->obj;
	struct kipc_pipe_size *size = arg;
	u32 rounded = kipc_ring_round(size->size);
	int ret;

	if (!rounded)
		return -EINVAL;
	ret = kipc_pipe_lock_side(&pipe->rd_lock, false);
	if (ret)
		return ret;
	ret = kipc_pipe_lock_side(&pipe->wr_lock, false);
	if (ret)
		goto out_unlock_rd;
	ret = kipc_pipe_set_size_locked(pipe, rounded);
	mutex_unlock(&pipe->wr_lock);
out_unlock_rd:
	mutex_unlock(&pipe->rd_lock);
	if (ret)
		return ret;
	kipc_pipe_notify_room(pipe);
	size->size = rounded;
	return 0;
}

static int kipc_pipe_ioctl_get_size(struct kipc_call *call, void *arg)
{
	struct kipc_pipe *pipe = call->obj;
	struct kipc_pipe_size *size = arg;

	size->size = READ_ONCE(pipe->ring.size);
	return 0;
}

static int kipc_pipe_ioctl_stat(struct kipc_call *call, void *arg)
{
	struct kipc_pipe *pipe = call->obj;
	struct kipc_pipe_stat *stat = arg;

	spin_lock(&pipe->lock);
	stat->size = pipe->ring.size;
	stat->used = kipc_ring_used(&pipe->ring);
	stat->pages = READ_ONCE(pipe->ring.nr_pages);
	stat->packets = pipe->nr_packets;
	stat->readers = pipe->readers;
	stat->writers = pipe->writers;
	stat->sleeping_readers = pipe->rd.nr_sleepers;
	stat->sleeping_writers = pipe->wr.nr_sleepers + !!pipe->direct;
	stat->sleeping_openers = pipe->openers.nr_sleepers;
	spin_unlock(&pipe->lock);
	return 0;
}

static const struct kipc_ioctl kipc_pipe_ioctl_rows[] = {
	[KIPC_NR_PIPE_CREATE & 0xf] = {
		.cmd		= KIPC_IOC_PIPE_CREATE,
		.size_min	= KIPC_PIPE_CREATE_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags		= KIPC_PIPE_CLOEXEC | KIPC_PIPE_NONBLOCK |
				  KIPC_PIPE_PACKET,
		.flags_at	= offsetof(struct kipc_pipe_create, flags),
		.reserved_at	= offsetof(struct kipc_pipe_create, reserved),
		.handler	= kipc_pipe_ioctl_create,
	},
	[KIPC_NR_PIPE_GET_SIZE & 0xf] = {
		.cmd		= KIPC_IOC_PIPE_GET_SIZE,
		.size_min	= KIPC_PIPE_SIZE_SIZE_VER0,
		.targets	= KIPC_ON_PIPE,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_pipe_ioctl_get_size,
	},
	[KIPC_NR_PIPE_SET_SIZE & 0xf] = {
		.cmd		= KIPC_IOC_PIPE_SET_SIZE,
		.size_min	= KIPC_PIPE_SIZE_SIZE_VER0,
		.targets	= KIPC_ON_PIPE,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.lasting	= true,
		.handler	= kipc_pipe_ioctl_set_size,
	},
	[KIPC_NR_PIPE_SPLICE & 0xf] = {
		.cmd		= KIPC_IOC_PIPE_SPLICE,
		.size_min	= KIPC_PIPE_SPLICE_SIZE_VER0,
		.targets	= KIPC_ON_PIPE,
		.flags		= KIPC_SPLICE_TO_PIPE | KIPC_SPLICE_FROM_PIPE |
				  KIPC_SPLICE_NONBLOCK | KIPC_SPLICE_OFFSET,
		.flags_at	= offsetof(struct kipc_pipe_splice, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.lasting	= true,
		.handler	= kipc_pipe_ioctl_splice,
	},
	[KIPC_NR_PIPE_TEE & 0xf] = {
		.cmd		= KIPC_IOC_PIPE_TEE,
		.size_min	= KIPC_PIPE_SPLICE_SIZE_VER0,
		.targets	= KIPC_ON_PIPE,
		.flags		= KIPC_SPLICE_NONBLOCK,
		.flags_at	= offsetof(struct kipc_pipe_splice, flags),
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.lasting	= true,
		.handler	= kipc_pipe_ioctl_tee,
	},
	[KIPC_NR_PIPE_STAT & 0xf] = {
		.cmd		= KIPC_IOC_PIPE_STAT,
		.size_min	= KIPC_PIPE_STAT_SIZE_VER0,
		.targets	= KIPC_ON_PIPE,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_pipe_ioctl_stat,
	},
};

const struct kipc_ioctl_set kipc_pipe_ioctls = {
	.rows = kipc_pipe_ioctl_rows,
	.nr_rows = ARRAY_SIZE(kipc_pipe_ioctl_rows),
	.block = KIPC_NR_PIPE_CREATE >> 4,
};

/**
 * kipc_pipe_ioctl - ioctl(2) on an end
 * @file: an end
 * @cmd: FIONREAD or a call of the kipc ABI
 * @arg: its argument
 *
 * Return: what the call returns; -ENOTTY for any other.
 */
long kipc_pipe_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct kipc_pipe *pipe = file->private_data;
	struct kipc_call call = {
		.file = file,
		.inst = pipe->obj.inst,
		.obj = pipe,
	};
	u32 used;

	if (cmd == FIONREAD) {
		spin_lock(&pipe->lock);
		used = kipc_ring_used(&pipe->ring);
		/* A writer that waits would fill the ring up. */
		used += min(kipc_direct_left_locked(pipe),
			    pipe->ring.size - used);
		spin_unlock(&pipe->lock);
		return put_user((int)used, (int __user *)arg);
	}
	return kipc_ioctl_dispatch(&call, KIPC_ON_PIPE, cmd,
				   (void __user *)arg);
}
