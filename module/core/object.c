// SPDX-License-Identifier: GPL-2.0
/*
 * Objects: references, publication on an inode, counting.
 *
 * An object is made unpublished (kipc_obj_init), becomes visible at one point
 * (kipc_obj_publish) and invisible at another: the last put retires it under
 * the same lock that look-ups take, so nobody can find an object that is about
 * to be freed, nor one that is not initialised. Objects that are found by an id
 * are published elsewhere, see table.h.
 */
#include <linux/fs.h>
#include <linux/slab.h>

#include "compat.h"
#include "kipc.h"
#include "core/account.h"
#include "core/instance.h"
#include "trace.h"

/**
 * kipc_obj_init - set up the common part of a new, unpublished object
 * @obj: memory of the object
 * @ops: its kind
 * @inst: the instance it will live in
 *
 * The caller's user pays for an object of a kind that is charged. The object has
 * one reference. The rest of one that is found by id is set up before.
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM.
 */
int kipc_obj_init(struct kipc_obj *obj, const struct kipc_obj_ops *ops,
		  struct kipc_instance *inst)
{
	obj->user = NULL;
	if (ops->charged) {
		obj->user = kipc_user_get(current_fsuid());
		if (!obj->user)
			return -ENOMEM;
	}
	obj->ops = ops;
	obj->inode = NULL;
	obj->charged = 0;
	obj->inst = kipc_instance_get(inst);
	atomic_long_inc(&inst->objects[ops->kind]);
	/*
	 * Who looks for what was in this memory before may take a reference from
	 * here on, and put it. Pairs with the barrier in kipc_table_hold().
	 */
	smp_wmb();
	refcount_set(&obj->ref, 1);
	return 0;
}

/**
 * kipc_obj_destroy - undo kipc_obj_init()
 * @obj: an object nobody can find; its memory stays the caller's
 *
 * What the object still has charged is given back.
 *
 * Context: any but hard interrupt.
 */
void kipc_obj_destroy(struct kipc_obj *obj)
{
	if (obj->user)
		kipc_user_uncharge(obj->user, KIPC_CHARGE_PAGES,
				   obj->charged);
	kipc_user_put(obj->user);
	atomic_long_dec(&obj->inst->objects[obj->ops->kind]);
	kipc_instance_put(obj->inst);
}

/**
 * kipc_obj_find - look up the object that an inode publishes
 * @inode: the inode, pinned by the caller
 *
 * Return: the object with a reference for the caller, or NULL.
 */
struct kipc_obj *kipc_obj_find(struct inode *inode)
{
	struct kipc_obj *obj;

	spin_lock(&inode->i_lock);
	obj = inode->i_private;
	if (obj)
		refcount_inc(&obj->ref);
	spin_unlock(&inode->i_lock);
	return obj;
}

/**
 * kipc_obj_publish - make an object the one of an inode
 * @obj: complete and unpublished; nothing about it may fail from here on
 * @inode: the inode, pinned by the caller
 *
 * Return: @obj, or, when another thread was quicker, that thread's object with
 * a reference for the caller, who then frees @obj.
 */
struct kipc_obj *kipc_obj_publish(struct kipc_obj *obj, struct inode *inode)
{
	struct kipc_obj *winner;

	spin_lock(&inode->i_lock);
	winner = inode->i_private;
	if (winner) {
		refcount_inc(&winner->ref);
	} else {
		winner = obj;
		obj->inode = inode;
		inode->i_private = obj;
	}
	spin_unlock(&inode->i_lock);
	if (winner == obj)
		trace_kipc_obj_publish(obj);
	return winner;
}

/**
 * kipc_obj_put - drop a reference; the last one retires and frees the object
 * @obj: the object, or NULL
 *
 * Context: may sleep for an object that is found by id; any but hard interrupt
 * for others. The caller pins the inode, if the object is published on one.
 */
void kipc_obj_put(struct kipc_obj *obj)
{
	struct inode *inode;

	if (!obj)
		return;
	inode = obj->inode;
	if (!inode) {
		if (refcount_dec_and_test(&obj->ref))
			obj->ops->free(obj);
		return;
	}
	if (!refcount_dec_and_lock(&obj->ref, &inode->i_lock))
		return;
	kipc_dec_locked(&inode->i_lock);
	inode->i_private = NULL;
	spin_unlock(&inode->i_lock);
	trace_kipc_obj_retire(obj);
	obj->ops->free(obj);
}
