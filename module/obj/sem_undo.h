/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_OBJ_SEM_UNDO_H
#define _KIPC_OBJ_SEM_UNDO_H

#include <linux/hash.h>
#include <linux/rhashtable.h>
#include <linux/sched/signal.h>

#include "obj/sem.h"

/* How adjustments are found; a part of the shortest way of an operation. */

extern struct rhashtable kipc_sem_undos;

/*
 * The addresses of the kernel's structures are not a user's to choose. But they are
 * regular, so many pairs of them have the same sum: one is multiplied before.
 */
static inline u32 kipc_sem_undo_hash(const void *data, u32 len, u32 seed)
{
	const struct kipc_sem_undo_key *key = data;

	return hash_long((unsigned long)key->pid * GOLDEN_RATIO_PRIME +
			 (unsigned long)key->set + seed, 32);
}

static inline int kipc_sem_undo_compare(struct rhashtable_compare_arg *arg,
					const void *obj)
{
	const struct kipc_sem_undo_key *key = arg->key;
	const struct kipc_sem_undo *undo = obj;

	return undo->key.pid != key->pid || undo->key.set != key->set;
}

static const struct rhashtable_params kipc_sem_undo_params = {
	.head_offset		= offsetof(struct kipc_sem_undo, hash_node),
	.key_offset		= offsetof(struct kipc_sem_undo, key),
	.key_len		= sizeof_field(struct kipc_sem_undo, key),
	.hashfn			= kipc_sem_undo_hash,
	.obj_cmpfn		= kipc_sem_undo_compare,
	.automatic_shrinking	= true,
};

/**
 * kipc_sem_undo_get - find or make the current process's adjustments for a set
 * @set: the set; the caller has a reference
 * @res: where to leave them. They stay until the process ends or the set is gone.
 *
 * Context: may sleep. Return: 0; -ENOMEM; -ENOSPC; -EIDRM.
 */
static __always_inline int kipc_sem_undo_get(struct kipc_sem_set *set,
					     struct kipc_sem_undo **res)
{
	struct kipc_sem_undo_key key = {
		.pid = task_tgid(current),
		.set = set,
	};

	rcu_read_lock();
	*res = rhashtable_lookup(&kipc_sem_undos, &key, kipc_sem_undo_params);
	rcu_read_unlock();
	return likely(*res) ? 0 : kipc_sem_undo_make(set, res);
}

#endif /* _KIPC_OBJ_SEM_UNDO_H */
