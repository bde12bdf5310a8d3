// SPDX-License-Identifier: GPL-2.0
/* Instances: how they come and go; see instance.h. */
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "core/instance.h"

static LIST_HEAD(kipc_instances);
static DEFINE_SPINLOCK(kipc_instances_lock);

/* The number of the latest instance; guarded by kipc_instances_lock. */
static unsigned int kipc_instances_last;

/* The instance behind /dev/kipc; set once by kipc_instances_init(). */
struct kipc_instance *kipc_default_instance;

/**
 * kipc_instance_alloc - make an empty instance
 * @user_ns: where privileges over its objects are looked for
 *
 * Context: may sleep.
 * Return: the instance with one reference, to be closed by the caller in the
 * end, or NULL for lack of memory.
 */
struct kipc_instance *kipc_instance_alloc(struct user_namespace *user_ns)
{
	struct kipc_instance *inst;
	int i;

	inst = kzalloc(sizeof(*inst), GFP_KERNEL_ACCOUNT);
	if (!inst)
		return NULL;
	for (i = 0; i < KIPC_TABLE_NR; i++)
		if (kipc_table_init(&inst->tables[i], inst, i))
			goto out_tables;
	kipc_limits_init(&inst->limits);
	refcount_set(&inst->ref, 1);
	inst->user_ns = get_user_ns(user_ns);
	spin_lock(&kipc_instances_lock);
	inst->number = ++kipc_instances_last;
	list_add_tail(&inst->node, &kipc_instances);
	spin_unlock(&kipc_instances_lock);
	return inst;

out_tables:
	while (i--)
		kipc_table_close(&inst->tables[i]);
	kfree(inst);
	return NULL;
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
 * @inst: the instance, closed before its last reference goes, or NULL
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
	WARN_ON_ONCE(atomic_long_read(&inst->shm_pages));
	WARN_ON_ONCE(atomic_long_read(&inst->sems));
	put_user_ns(inst->user_ns);
	kfree(inst);
}

/**
 * kipc_instance_close - remove all ids and drop the maker's reference
 * @inst: an instance on which no call can be made any more, or NULL
 *
 * Objects that only had an id are freed. Others live on until their last
 * descriptor or mapping goes.
 *
 * Context: may sleep.
 */
void kipc_instance_close(struct kipc_instance *inst)
{
	int i;

	if (!inst)
		return;
	for (i = 0; i < KIPC_TABLE_NR; i++)
		kipc_table_close(&inst->tables[i]);
	kipc_instance_put(inst);
}

/**
 * kipc_instance_set_limit - change a limit
 * @inst: the instance
 * @limit: which
 * @value: a value that kipc_limit_parse() has accepted
 *
 * What is there already stays, but for the objects that a limit set to 1 says
 * should not be there without a user.
 *
 * Context: may sleep.
 */
void kipc_instance_set_limit(struct kipc_instance *inst, enum kipc_limit limit,
			     unsigned long value)
{
	WRITE_ONCE(inst->limits.value[limit], value);
	if (limit == KIPC_LIMIT_SHM_RMID_FORCED && value)
		kipc_table_sweep(&inst->tables[KIPC_TABLE_SHM]);
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
	kipc_default_instance = kipc_instance_alloc(&init_user_ns);
	return kipc_default_instance ? 0 : -ENOMEM;
}

/**
 * kipc_instances_exit - close the default instance, the last one there is
 *
 * Every other instance has gone with the mount or object that held it, and the
 * module cannot be unloaded before those.
 *
 * Context: may sleep.
 */
void kipc_instances_exit(void)
{
	kipc_instance_close(kipc_default_instance);
	/* What is done for processes that exit may still hold an object. */
	kipc_exit_settle();
	WARN_ON(!list_empty(&kipc_instances));
}
