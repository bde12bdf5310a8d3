// SPDX-License-Identifier: GPL-2.0
/*
 * Instances: the name spaces that objects live in.
 *
 * The default instance belongs to the module; each mount of kipcfs makes one
 * more. An instance lives as long as something in it does, so an object may
 * outlast the mount it was made in.
 */
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "kipc.h"

static LIST_HEAD(kipc_instances);
static DEFINE_SPINLOCK(kipc_instances_lock);

/* The instance behind /dev/kipc; set once by kipc_instances_init(). */
struct kipc_instance *kipc_default_instance;

/**
 * kipc_instance_alloc - make an empty instance
 *
 * Context: may sleep.
 * Return: the instance with one reference, or NULL for lack of memory.
 */
struct kipc_instance *kipc_instance_alloc(void)
{
	struct kipc_instance *inst;

	inst = kzalloc(sizeof(*inst), GFP_KERNEL_ACCOUNT);
	if (!inst)
		return NULL;
	refcount_set(&inst->ref, 1);
	spin_lock(&kipc_instances_lock);
	list_add_tail(&inst->node, &kipc_instances);
	spin_unlock(&kipc_instances_lock);
	return inst;
}

/**
 * kipc_instance_get - take a reference
 * @inst: an instance that the caller has a reference on
 *
 * Return: @inst.
 */
struct kipc_instance *kipc_instance_get(struct kipc_instance *inst)
{
	refcount_inc(&inst->ref);
	return inst;
}

/**
 * kipc_instance_put - drop a reference; the last one frees the instance
 * @inst: the instance, or NULL
 *
 * Context: any but hard interrupt.
 */
void kipc_instance_put(struct kipc_instance *inst)
{
	int kind;

	if (!inst || !refcount_dec_and_lock(&inst->ref, &kipc_instances_lock))
		return;
	kipc_dec_locked(&kipc_instances_lock);
	list_del(&inst->node);
	spin_unlock(&kipc_instances_lock);
	for (kind = 0; kind < KIPC_KIND_NR; kind++)
		WARN_ON_ONCE(atomic_long_read(&inst->objects[kind]));
	WARN_ON_ONCE(atomic_long_read(&inst->buffer_pages));
	kfree(inst);
}

/**
 * kipc_instances_objects - count the live objects of all instances
 *
 * Return: the count, which may be old by the time the caller sees it.
 */
long kipc_instances_objects(void)
{
	struct kipc_instance *inst;
	long nr = 0;
	int kind;

	spin_lock(&kipc_instances_lock);
	list_for_each_entry(inst, &kipc_instances, node)
		for (kind = 0; kind < KIPC_KIND_NR; kind++)
			nr += atomic_long_read(&inst->objects[kind]);
	spin_unlock(&kipc_instances_lock);
	return nr;
}

/**
 * kipc_instances_init - make the default instance
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_instances_init(void)
{
	kipc_default_instance = kipc_instance_alloc();
	return kipc_default_instance ? 0 : -ENOMEM;
}

/**
 * kipc_instances_exit - drop the default instance, the last one there is
 *
 * Every other instance has gone with the mount or object that held it, and the
 * module cannot be unloaded before those.
 */
void kipc_instances_exit(void)
{
	kipc_instance_put(kipc_default_instance);
	WARN_ON(!list_empty(&kipc_instances));
}
