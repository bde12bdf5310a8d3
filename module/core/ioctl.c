// SPDX-License-Identifier: GPL-2.0
/* Table-driven dispatch of ioctls; see ioctl.h. */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "kipc.h"
#include "core/account.h"
#include "core/instance.h"
#include "core/ioctl.h"
#include "core/param.h"

/* First versions of the structures: these sizes never change. */
#define KIPC_QUERY_SIZE_VER0	32
#define KIPC_STATS_SIZE_VER0	56
#define KIPC_STATS_SIZE_VER1	72
#define KIPC_STATS_SIZE_VER2	104
#define KIPC_STATS_SIZE_VER3	112
#define KIPC_STATS_SIZE_VER4	136

static_assert(sizeof(struct kipc_query) == KIPC_QUERY_SIZE_VER0);
static_assert(offsetof(struct kipc_stats, shm_segments) ==
	      KIPC_STATS_SIZE_VER0);
static_assert(offsetof(struct kipc_stats, sem_sets) == KIPC_STATS_SIZE_VER1);
static_assert(offsetof(struct kipc_stats, msg_queues) ==
	      KIPC_STATS_SIZE_VER2);
static_assert(offsetof(struct kipc_stats, sig_queues) == KIPC_STATS_SIZE_VER3);
static_assert(sizeof(struct kipc_stats) == KIPC_STATS_SIZE_VER4);
static_assert(KIPC_STATS_SIZE_VER4 <= KIPC_IOCTL_ARG_MAX);

#define KIPC_IOCTL_BLOCKS	8
#define KIPC_IOCTL_PER_BLOCK	16

/* Filled while the module is loaded, before the device exists; then constant. */
static const struct kipc_ioctl_set *kipc_ioctl_sets[KIPC_IOCTL_BLOCKS];

/**
 * kipc_ioctl_register - add a block of calls
 * @set: the block; at load time only
 */
void kipc_ioctl_register(const struct kipc_ioctl_set *set)
{
	kipc_ioctl_sets[set->block] = set;
}

static const struct kipc_ioctl *kipc_ioctl_find(unsigned int nr)
{
	unsigned int block = nr / KIPC_IOCTL_PER_BLOCK;
	unsigned int index = nr % KIPC_IOCTL_PER_BLOCK;
	const struct kipc_ioctl_set *set;

	if (block >= KIPC_IOCTL_BLOCKS)
		return NULL;
	set = kipc_ioctl_sets[array_index_nospec(block, KIPC_IOCTL_BLOCKS)];
	if (!set || index >= set->nr_rows)
		return NULL;
	index = array_index_nospec(index, set->nr_rows);
	return set->rows[index].handler ? &set->rows[index] : NULL;
}

static u32 kipc_ioctl_u32_at(const void *arg, int offset)
{
	return *(const u32 *)(arg + offset);
}

/* Copies the argument in and checks what can be checked from the table. */
static int kipc_ioctl_copy_in(const struct kipc_ioctl *row, unsigned int usize,
			      void *arg, const void __user *uarg)
{
	unsigned int ksize = _IOC_SIZE(row->cmd);
	int ret;

	if (!(_IOC_DIR(row->cmd) & _IOC_WRITE)) {
		/* Outputs only; but a tail that nobody knows is refused too. */
		memset(arg, 0, ksize);
		if (usize <= ksize)
			return 0;
		ret = check_zeroed_user(uarg + ksize, usize - ksize);
		if (ret < 0)
			return ret;
		return ret ? 0 : -E2BIG;
	}
	/* Both sizes are known to fit, so the usual case goes unchecked. */
	if (likely(usize == ksize))
		ret = kipc_copy_from_user(arg, uarg, ksize) ? -EFAULT : 0;
	else
		ret = copy_struct_from_user(arg, ksize, uarg, usize);
	if (ret)
		return ret;
	if (row->flags_at >= 0 &&
	    kipc_ioctl_u32_at(arg, row->flags_at) & ~row->flags)
		return -EINVAL;
	if (row->reserved_at >= 0 && kipc_ioctl_u32_at(arg, row->reserved_at))
		return -EINVAL;
	return 0;
}

static int kipc_ioctl_copy_out(const struct kipc_ioctl *row, unsigned int usize,
			       void __user *uarg, const void *arg)
{
	unsigned int ksize = _IOC_SIZE(row->cmd);

	if (!(_IOC_DIR(row->cmd) & _IOC_READ))
		return 0;
	return kipc_copy_to_user(uarg, arg, min(usize, ksize)) ? -EFAULT : 0;
}

/**
 * kipc_ioctl_dispatch - serve an ioctl
 * @call: file, instance and object filled in
 * @target: the KIPC_ON_* bit of the file
 * @cmd: the command
 * @uarg: its argument, in user space
 *
 * Context: may sleep.
 * Return: 0; -ENOTTY for a command that this file does not serve; -EINVAL for a
 * structure shorter than its first version, unknown flags or reserved bits;
 * -E2BIG for a longer one with an unknown tail; -EFAULT; or the handler's error.
 */
long kipc_ioctl_dispatch(struct kipc_call *call, unsigned int target,
			 unsigned int cmd, void __user *uarg)
{
	unsigned int usize = _IOC_SIZE(cmd);
	u64 arg[KIPC_IOCTL_ARG_MAX / sizeof(u64)];
	const struct kipc_ioctl *row;
	int ret;

	if (_IOC_TYPE(cmd) != KIPC_IOC_TYPE)
		return -ENOTTY;
	row = kipc_ioctl_find(_IOC_NR(cmd));
	if (!row || !(row->targets & target) ||
	    _IOC_DIR(cmd) != _IOC_DIR(row->cmd))
		return -ENOTTY;
	if (usize < row->size_min)
		return -EINVAL;
	if (row->direct && usize == _IOC_SIZE(row->cmd))
		return row->direct(call, uarg);

	/*
	 * Outputs are a part of what is copied back, so what a handler does not
	 * set goes back as it came in; nothing of the stack is disclosed.
	 */
	ret = kipc_ioctl_copy_in(row, usize, arg, uarg);
	if (ret)
		return ret;

	if (row->lasting) {
		ret = kipc_ioctl_copy_out(row, usize, uarg, arg);
		if (ret)
			return ret;
	}

	call->value = (unsigned long)uarg;
	ret = row->handler(call, arg);
	if (ret)
		return ret;

	ret = kipc_ioctl_copy_out(row, usize, uarg, arg);
	if (ret) {
		kipc_fds_abort(&call->fds);
		return ret;
	}
	/* Nothing below can fail. */
	kipc_fds_install(&call->fds);
	return 0;
}

/**
 * kipc_instance_ioctl - ioctl on an instance node
 * @file: the node, whose private_data is the instance
 * @cmd: the command
 * @arg: its argument, a user address
 *
 * Return: as of kipc_ioctl_dispatch().
 */
long kipc_instance_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	struct kipc_call call = {
		.file = file,
		.inst = file->private_data,
	};

	return kipc_ioctl_dispatch(&call, KIPC_ON_INSTANCE, cmd,
				   (void __user *)arg);
}

static int kipc_ioctl_query(struct kipc_call *call, void *arg)
{
	struct kipc_query *query = arg;
	const struct kipc_ioctl *row = kipc_ioctl_find(query->nr);

	if (!row)
		return -ENOTTY;
	query->abi = KIPC_ABI_VERSION;
	query->size_min = row->size_min;
	query->size_max = _IOC_SIZE(row->cmd);
	query->flags = row->flags;
	query->targets = row->targets;
	return 0;
}

static int kipc_ioctl_stats(struct kipc_call *call, void *arg)
{
	struct kipc_instance *inst = call->inst;
	struct kipc_stats *stats = arg;

	stats->pipes = atomic_long_read(&inst->objects[KIPC_KIND_PIPE]);
	stats->fifos = atomic_long_read(&inst->objects[KIPC_KIND_FIFO]);
	stats->buffer_pages = atomic_long_read(&inst->buffer_pages);
	stats->user_pages = kipc_user_charged(current_fsuid(),
					      KIPC_CHARGE_PAGES);
	stats->user_pages_max = READ_ONCE(kipc_param_pipe_user_pages);
	stats->pipe_size_max = READ_ONCE(kipc_param_pipe_size_max);
	stats->page_size = PAGE_SIZE;
	stats->shm_segments = atomic_long_read(&inst->objects[KIPC_KIND_SHM]);
	stats->shm_pages = atomic_long_read(&inst->shm_pages);
	stats->sem_sets = atomic_long_read(&inst->objects[KIPC_KIND_SEM]);
	stats->sems = atomic_long_read(&inst->sems);
	stats->user_undos = kipc_user_charged(current_fsuid(),
					      KIPC_CHARGE_UNDOS);
	stats->user_undos_max = READ_ONCE(kipc_param_sem_user_undos);
	stats->msg_queues = atomic_long_read(&inst->objects[KIPC_KIND_MSG]);
	stats->sig_queues = atomic_long_read(&inst->objects[KIPC_KIND_SIG]);
	stats->user_signals = kipc_user_charged(current_fsuid(),
						KIPC_CHARGE_SIGNALS);
	stats->user_signals_max = READ_ONCE(kipc_param_sig_user_signals);
	return 0;
}

static const struct kipc_ioctl kipc_core_ioctl_rows[] = {
	[KIPC_NR_QUERY & 0xf] = {
		.cmd		= KIPC_IOC_QUERY,
		.size_min	= KIPC_QUERY_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE | KIPC_ON_PIPE |
				  KIPC_ON_SHM | KIPC_ON_SEM | KIPC_ON_MSG |
				  KIPC_ON_SIG | KIPC_ON_SUBSCRIBER,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= offsetof(struct kipc_query, reserved),
		.handler	= kipc_ioctl_query,
	},
	[KIPC_NR_STATS & 0xf] = {
		.cmd		= KIPC_IOC_STATS,
		.size_min	= KIPC_STATS_SIZE_VER0,
		.targets	= KIPC_ON_INSTANCE,
		.flags_at	= KIPC_IOCTL_NO_MEMBER,
		.reserved_at	= KIPC_IOCTL_NO_MEMBER,
		.handler	= kipc_ioctl_stats,
	},
};

const struct kipc_ioctl_set kipc_core_ioctls = {
	.rows = kipc_core_ioctl_rows,
	.nr_rows = ARRAY_SIZE(kipc_core_ioctl_rows),
	.block = KIPC_NR_QUERY >> 4,
};
