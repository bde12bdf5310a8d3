/* SPDX-License-Identifier: GPL-2.0 */
/* Signal queues for the tests of what all objects with an id have: ids.h and actors.h. */
#ifndef KIPC_SIG_KIND_H
#define KIPC_SIG_KIND_H

#include "sig_fixture.h"

#include <sys/ipc.h>

/* Where the calls go. */
static int kind_dev = -1;

/* As msgget() and the like. */
static inline int kind_get(key_t key, int flags)
{
	return sigq_get(kind_dev, key, (flags & IPC_CREAT ? KIPC_GET_CREAT : 0) |
			(flags & IPC_EXCL ? KIPC_GET_EXCL : 0), flags & 0777);
}

static inline int kind_remove(int id)
{
	return sigq_remove(kind_dev, id);
}

static inline bool kind_exists(int id)
{
	return sigq_exists(kind_dev, id);
}

/* What is at an index: its id, and more; -1 if nothing is. */
static inline int kind_at(int index, struct kipc_sig_stat *stat)
{
	*stat = (struct kipc_sig_stat) { .perm.id = index, .flags = KIPC_STAT_INDEX };
	return ioctl(kind_dev, KIPC_IOC_SIG_STAT, stat) ? -1 : stat->perm.id;
}

static inline int kind_max_index(void)
{
	return sigq_info(kind_dev).max_index;
}

#endif /* KIPC_SIG_KIND_H */
