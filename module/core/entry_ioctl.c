// SPDX-License-Identifier: GPL-2.0
/* Calls that are the same for all objects with an id; see table.h. */
#include <linux/capability.h>
#include <linux/err.h>

#include "core/instance.h"
#include "core/ioctl.h"
#include "core/table.h"

/* First versions of the structures: these sizes never change. */
static_assert(sizeof(struct kipc_perm) == 32);
static_assert(sizeof(struct kipc_set) == 16);
static_assert(sizeof(struct kipc_remove) == 8);

/**
 * kipc_entry_of_call - find the object that a call is about
 * @call: the call
 * @which: the table that an id is looked up in
 * @id: an id, or KIPC_ID_SELF for a call on a descriptor of the object
 *
 * Return: the object with a reference for the caller, or ERR_PTR(-EINVAL).
 */
struct kipc_entry *kipc_entry_of_call(struct kipc_call *call,
				      enum kipc_table_id which, int id)
{
	struct kipc_entry *entry = call->obj;

	if (!entry)
		return kipc_table_find(&call->inst->tables[which], id);
	if (id != KIPC_ID_SELF)
		return ERR_PTR(-EINVAL);
	kipc_entry_get(entry);
	return entry;
}

/**
 * kipc_entry_of_stat - find the object that a *_STAT call is about
 * @call: the call
 * @which: the table
 * @id: an id, an index, or KIPC_ID_SELF
 * @flags: KIPC_STAT_*
 *
 * Whoever has a descriptor was allowed to read when it was opened.
 *
 * Return: the object with a reference for the caller, or ERR_PTR: -EINVAL,
 * -EACCES.
 */
struct kipc_entry *kipc_entry_of_stat(struct kipc_call *call,
				      enum kipc_table_id which, int id,
				      u32 flags)
{
	struct kipc_table *table = &call->inst->tables[which];
	struct kipc_entry *entry;
	int ret;

	if (call->obj && flags)
		return ERR_PTR(-EINVAL);
	if (flags & KIPC_STAT_INDEX)
		entry = kipc_table_find_index(table, id);
	else
		entry = kipc_entry_of_call(call, which, id);
	if (IS_ERR(entry) || call->obj || (flags & KIPC_STAT_ANY))
		return entry;
	ret = kipc_perm_check(entry, 0444);
	if (!ret)
		return entry;
	kipc_entry_put(entry);
	return ERR_PTR(ret);
}

/**
 * kipc_entry_ioctl_set - serve a *_SET call
 * @call: the call
 * @which: the table
 * @set: its argument
 *
 * Return: 0; -EINVAL, -EPERM, -EIDRM.
 */
int kipc_entry_ioctl_set(struct kipc_call *call, enum kipc_table_id which,
			 const struct kipc_set *set)
{
	struct kipc_entry *entry = kipc_entry_of_call(call, which, set->id);
	int ret;

	if (IS_ERR(entry))
		return PTR_ERR(entry);
	ret = kipc_perm_set(entry, set);
	kipc_entry_put(entry);
	return ret;
}

/**
 * kipc_entry_ioctl_remove - serve a *_REMOVE call
 * @call: the call
 * @which: the table
 * @remove: its argument
 *
 * Return: 0; -EINVAL, -EPERM, -EIDRM.
 */
int kipc_entry_ioctl_remove(struct kipc_call *call, enum kipc_table_id which,
			    const struct kipc_remove *remove)
{
	struct kipc_entry *entry = kipc_entry_of_call(call, which, remove->id);
	int ret;

	if (IS_ERR(entry))
		return PTR_ERR(entry);
	ret = kipc_perm_check_owner(entry, CAP_SYS_ADMIN);
	if (!ret)
		ret = kipc_entry_remove(entry);
	kipc_entry_put(entry);
	return ret;
}
