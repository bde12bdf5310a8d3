// SPDX-License-Identifier: GPL-2.0
/*
 * Objects that go when their creator has exited.
 *
 * They are retired soon after that (core/exit.h). That may be after the parent
 * has learnt of the exit: until then look-ups pass such objects over, see
 * kipc_entry_is_orphan().
 */
#include "core/table.h"

static struct kipc_entry *kipc_orphan_of(struct kipc_exit_watch *watch)
{
	return container_of(watch, struct kipc_entry, watch);
}

static bool kipc_orphan_hold(struct kipc_exit_watch *watch)
{
	return refcount_inc_not_zero(&kipc_orphan_of(watch)->obj.ref);
}

/* The creator has exited: retires the object, or leaves it to its last user. */
static void kipc_orphan_exited(struct kipc_exit_watch *watch)
{
	struct kipc_entry *entry = kipc_orphan_of(watch);

	if (kipc_entry_is_orphan(entry))
		kipc_entry_retire_unused(entry);
	kipc_entry_put(entry);
}

static const struct kipc_exit_ops kipc_orphan_ops = {
	.hold	= kipc_orphan_hold,
	.exited	= kipc_orphan_exited,
};

/**
 * kipc_orphan_watch - have an object retired when its creator has exited
 * @entry: the object; its table is locked
 *
 * Does nothing if that is so already or the object is retired.
 *
 * Context: may sleep. Return: 0, or -ENOMEM.
 */
int kipc_orphan_watch(struct kipc_entry *entry)
{
	int ret;

	lockdep_assert_held(&entry->table->lock);
	if (entry->mortal || entry->gone)
		return 0;
	ret = kipc_exit_watch(&entry->watch, &kipc_orphan_ops, entry->creator);
	if (!ret)
		WRITE_ONCE(entry->mortal, true);
	return ret;
}

/**
 * kipc_orphan_unwatch - undo kipc_orphan_watch()
 * @entry: the object, which is retired; its table is locked
 */
void kipc_orphan_unwatch(struct kipc_entry *entry)
{
	lockdep_assert_held(&entry->table->lock);
	if (entry->mortal)
		kipc_exit_unwatch(&entry->watch);
}
