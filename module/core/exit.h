/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_EXIT_H
#define _KIPC_CORE_EXIT_H

#include <linux/list.h>
#include <linux/types.h>

/*
 * What is to be done when a process has exited, that is with its last thread.
 *
 * A process that exits wakes whoever polls a pidfd of it, before its parent can
 * learn of the exit; a watcher waits in the same queue, one for each process,
 * however much is to be done. It is woken under the kernel's locks of tasks, so
 * all it does is to count itself as pending, to enter a list and to start a work.
 * That does the rest. Who must not see the world as it was before first asks
 * kipc_exit_is_pending(), and if so waits (kipc_exit_settle()).
 *
 * This needs no symbol that a kernel might lack, and costs nothing to processes
 * that are not watched.
 */

struct kipc_exit_shard;
struct kipc_exit_watch;
struct kipc_exit_watcher;
struct pid;

/**
 * struct kipc_exit_ops - what to do with a watch
 * @hold: takes a reference on what the watch is a part of, and returns true; or
 *	returns false if that is being freed. May not sleep.
 * @exited: the process has exited; called once, drops that reference, may sleep
 */
struct kipc_exit_ops {
	bool (*hold)(struct kipc_exit_watch *watch);
	void (*exited)(struct kipc_exit_watch *watch);
};

/**
 * struct kipc_exit_watch - one thing that is to be done; a part of something else
 * @ops: what to do; set by kipc_exit_watch()
 * @shard: whose lock guards the rest, or NULL before kipc_exit_watch()
 * @watcher: who waits, or NULL when nobody does any more
 * @node: in the watcher's list
 */
struct kipc_exit_watch {
	const struct kipc_exit_ops *ops;
	struct kipc_exit_shard *shard;
	struct kipc_exit_watcher *watcher;
	struct list_head node;
};

int kipc_exit_watch(struct kipc_exit_watch *watch,
		    const struct kipc_exit_ops *ops, struct pid *pid);
bool kipc_exit_unwatch(struct kipc_exit_watch *watch);
bool kipc_exit_is_pending(void);
void kipc_exit_settle(void);
bool kipc_pid_has_exited(struct pid *pid);
void kipc_exit_init(void);

#endif /* _KIPC_CORE_EXIT_H */
