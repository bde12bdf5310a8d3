/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_INSTANCE_H
#define _KIPC_CORE_INSTANCE_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/refcount.h>

#include "kipc.h"
#include "core/limit.h"
#include "core/table.h"

/*
 * Instances: the name spaces that objects live in. The default instance belongs
 * to the module; each mount of kipcfs makes one more. Whoever made an instance
 * closes it, and with that all its ids and keys go; the structure lives on while
 * an object refers to it, so what is held by a descriptor or a mapping outlasts
 * the mount it was made in.
 */

struct user_namespace;

/**
 * struct kipc_instance - a name space of objects
 * @ref: one per mount and object
 * @number: tells it from others; constant
 * @user_ns: where privileges over its objects are looked for: that of the
 *	mounter; a counted reference; constant
 * @limits: how many and how large
 * @tables: the objects that have an id
 * @objects: live objects of each kind
 * @buffer_pages: pages that hold payload of this instance's pipes
 * @shm_pages: size of this instance's shared memory segments, in pages
 * @sems: semaphores in this instance's sets
 * @node: in the list of all instances; guarded by kipc_instances_lock
 */
struct kipc_instance {
	refcount_t ref;
	unsigned int number;
	struct user_namespace *user_ns;
	struct kipc_limits limits;
	struct kipc_table tables[KIPC_TABLE_NR];
	atomic_long_t objects[KIPC_KIND_NR];
	atomic_long_t buffer_pages;
	atomic_long_t shm_pages;
	atomic_long_t sems;
	struct list_head node;
};

/**
 * struct kipc_mount - what s_fs_info of a mount of kipcfs points to
 * @inst: the instance that the mount shows; a counted reference; constant
 */
struct kipc_mount {
	struct kipc_instance *inst;
};

/* The instance that an inode of kipcfs is in. */
static inline struct kipc_instance *kipc_instance_of(const struct inode *inode)
{
	const struct kipc_mount *mount = inode->i_sb->s_fs_info;

	return mount->inst;
}

/* The instance behind /dev/kipc. */
extern struct kipc_instance *kipc_default_instance;

struct kipc_instance *kipc_instance_alloc(struct user_namespace *user_ns);
struct kipc_instance *kipc_instance_get(struct kipc_instance *inst);
void kipc_instance_put(struct kipc_instance *inst);
void kipc_instance_close(struct kipc_instance *inst);
void kipc_instance_set_limit(struct kipc_instance *inst, enum kipc_limit limit,
			     unsigned long value);
long kipc_instances_objects(void);
int kipc_instances_init(void);
void kipc_instances_exit(void);

#endif /* _KIPC_CORE_INSTANCE_H */
