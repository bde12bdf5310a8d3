// SPDX-License-Identifier: GPL-2.0
/* Objects with an id: users, removal, references; see table.h. */
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "core/instance.h"
#include "core/table.h"

/**
 * kipc_entry_init - set up the common part of a new object
 * @entry: memory of the object
 * @ops: its kind
 * @table: the table it will be in, or would be
 * @get: its key, flags and mode
 *
 * The caller becomes owner and creator. The entry has one reference: the
 * table's, once it is added. The rest of the object is set up before.
 *
 * Context: may sleep. Return: 0, or -ENOMEM.
 */
int kipc_entry_init(struct kipc_entry *entry, const struct kipc_obj_ops *ops,
		    struct kipc_table *table, const struct kipc_get *get)
{
	int ret;

	entry->table = table;
	spin_lock_init(&entry->lock);
	entry->id = KIPC_ID_SELF;
	entry->key = get->key;
	entry->users = 0;
	current_euid_egid(&entry->cuid, &entry->cgid);
	entry->uid = entry->cuid;
	entry->gid = entry->cgid;
	entry->mode = get->mode & 0777;
	entry->gone = false;
	entry->autoremove = get->flags & KIPC_GET_AUTOREMOVE;
	entry->mortal = false;
	entry->ctime = ktime_get_real_seconds();
	entry->creator = get_pid(task_tgid(current));
	entry->watch.shard = NULL;
	ret = kipc_obj_init(&entry->obj, ops, table->inst);
	if (ret)
		put_pid(entry->creator);
	return ret;
}

/**
 * kipc_entry_destroy - undo kipc_entry_init()
 * @entry: an entry nobody can find; its memory is to be freed with kfree_rcu()
 *
 * Context: any but hard interrupt.
 */
void kipc_entry_destroy(struct kipc_entry *entry)
{
	WARN_ON_ONCE(entry->users);
	put_pid(entry->creator);
	kipc_obj_destroy(&entry->obj);
}

/**
 * kipc_entry_get - take a reference
 * @entry: an entry that the caller has a reference on
 */
void kipc_entry_get(struct kipc_entry *entry)
{
	refcount_inc(&entry->obj.ref);
}

/**
 * kipc_entry_put - drop a reference
 * @entry: the entry, or NULL
 *
 * Context: may sleep.
 */
void kipc_entry_put(struct kipc_entry *entry)
{
	if (entry)
		kipc_obj_put(&entry->obj);
}

/**
 * kipc_entry_put_retired - drop the table's reference after retiring an object
 * @entry: an entry that the caller has retired
 *
 * Context: may sleep.
 */
void kipc_entry_put_retired(struct kipc_entry *entry)
{
	if (entry->table->ops->retired)
		entry->table->ops->retired(entry);
	kipc_entry_put(entry);
}

/**
 * kipc_entry_retire_locked - make an object impossible to find
 * @entry: an entry that has an id; its table is locked
 * @unused_only: not if somebody uses it
 *
 * Return: true if it was retired just now. The table's reference is the caller's
 * then, for kipc_entry_put_retired() after the table is unlocked.
 */
bool kipc_entry_retire_locked(struct kipc_entry *entry, bool unused_only)
{
	bool retire;

	lockdep_assert_held(&entry->table->lock);
	spin_lock(&entry->lock);
	retire = !entry->gone && !(unused_only && entry->users);
	if (retire)
		WRITE_ONCE(entry->gone, true);
	spin_unlock(&entry->lock);
	if (!retire)
		return false;
	if (entry->id != KIPC_ID_SELF)
		kipc_table_forget_locked(entry->table, entry);
	else
		/* It is in no table; so that there is a reference to be put. */
		kipc_entry_get(entry);
	return true;
}

/* Takes an entry out of its table, with or without its users. */
static void kipc_entry_retire_if(struct kipc_entry *entry, bool unused_only)
{
	bool retired;

	mutex_lock(&entry->table->lock);
	retired = kipc_entry_retire_locked(entry, unused_only);
	mutex_unlock(&entry->table->lock);
	if (retired)
		kipc_entry_put_retired(entry);
}

/**
 * kipc_entry_retire - make an object impossible to find
 * @entry: an entry that has an id; the caller has a reference
 *
 * Does nothing to one that is retired already. Users keep it alive.
 *
 * Context: may sleep.
 */
void kipc_entry_retire(struct kipc_entry *entry)
{
	kipc_entry_retire_if(entry, false);
}

/**
 * kipc_entry_retire_unused - likewise, unless somebody uses the object
 * @entry: an entry that has an id; the caller has a reference
 *
 * Context: may sleep.
 */
void kipc_entry_retire_unused(struct kipc_entry *entry)
{
	kipc_entry_retire_if(entry, true);
}

/* Has this object no reason to stay, if nobody uses it? */
static bool kipc_entry_is_doomed_locked(struct kipc_entry *entry)
{
	lockdep_assert_held(&entry->lock);
	return entry->mode & KIPC_MODE_DEST ||
	       kipc_table_is_forced(entry->table) ||
	       (entry->autoremove && kipc_pid_has_exited(entry->creator));
}

/**
 * kipc_entry_is_orphan - should this object be gone by now?
 * @entry: the entry
 *
 * Objects that go with their creator are retired soon after it has exited. Who
 * looks one up asks this, and so is never told of one that has outlived it.
 *
 * Return: true if the creator has exited and nobody uses the object.
 */
bool kipc_entry_is_orphan(struct kipc_entry *entry)
{
	bool orphan;

	if (likely(!READ_ONCE(entry->mortal)))
		return false;
	spin_lock(&entry->lock);
	orphan = !entry->users && kipc_entry_is_doomed_locked(entry) &&
		 kipc_pid_has_exited(entry->creator);
	spin_unlock(&entry->lock);
	return orphan;
}

/**
 * kipc_entry_open - become a user of an object
 * @entry: the entry; the caller's reference becomes the user's on success
 *
 * Return: 0, or -EIDRM if it was removed.
 */
int kipc_entry_open(struct kipc_entry *entry)
{
	int ret = 0;

	spin_lock(&entry->lock);
	if (entry->gone)
		ret = -EIDRM;
	else
		entry->users++;
	spin_unlock(&entry->lock);
	return ret;
}

/**
 * kipc_entry_open_again - become a user of an object once more
 * @entry: an entry that the caller is a user of, removed or not; another
 *	reference becomes the user's
 */
void kipc_entry_open_again(struct kipc_entry *entry)
{
	spin_lock(&entry->lock);
	entry->users++;
	spin_unlock(&entry->lock);
}

/**
 * kipc_entry_close - stop being a user of an object
 * @entry: the entry; the user's reference goes
 *
 * Context: may sleep.
 */
void kipc_entry_close(struct kipc_entry *entry)
{
	bool retire;

	spin_lock(&entry->lock);
	entry->users--;
	retire = !entry->users && entry->id != KIPC_ID_SELF && !entry->gone &&
		 kipc_entry_is_doomed_locked(entry);
	spin_unlock(&entry->lock);
	/* Somebody may open it meanwhile, and will close it after us then. */
	if (retire)
		kipc_entry_retire_unused(entry);
	kipc_entry_put(entry);
}

/**
 * kipc_entry_remove - remove an object as IPC_RMID does
 * @entry: the entry; the caller may do this and has a reference
 *
 * Context: may sleep. Return: 0, or -EIDRM if somebody was quicker.
 */
int kipc_entry_remove(struct kipc_entry *entry)
{
	struct kipc_table *table = entry->table;
	bool retired = false;
	int ret = 0;

	mutex_lock(&table->lock);
	if (entry->gone) {
		ret = -EIDRM;
	} else {
		/* Doomed first: its last user may be leaving at the moment. */
		if (table->ops->lingers)
			kipc_table_doom_locked(table, entry);
		retired = kipc_entry_retire_locked(entry, table->ops->lingers);
	}
	mutex_unlock(&table->lock);
	if (retired)
		kipc_entry_put_retired(entry);
	return ret;
}
