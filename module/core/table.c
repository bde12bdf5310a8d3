// SPDX-License-Identifier: GPL-2.0
/* Tables of ids and keys; see table.h. */
#include <linux/err.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "compat.h"
#include "core/instance.h"
#include "core/table.h"
#include "trace.h"

/*
 * Indices are given in a circle of at least so many, and of twice as many as are
 * in use: an index, and with it a sequence number, comes back late, and the tree
 * stays dense.
 */
#define KIPC_INDEX_CYCLE	1024

/* Filled while the module is loaded, before there is an instance. */
static const struct kipc_table_ops *kipc_table_kinds[KIPC_TABLE_NR];

static const struct rhashtable_params kipc_table_key_params = {
	.head_offset		= offsetof(struct kipc_entry, key_node),
	.key_offset		= offsetof(struct kipc_entry, key),
	.key_len		= sizeof_field(struct kipc_entry, key),
	.automatic_shrinking	= true,
};

/**
 * kipc_table_register - say how a kind of objects is made and shown
 * @ops: the kind; at load time only
 */
void kipc_table_register(const struct kipc_table_ops *ops)
{
	kipc_table_kinds[ops->which] = ops;
}

/**
 * kipc_table_init - set up an empty table
 * @table: memory of the table
 * @inst: the instance it is a part of
 * @which: which of its tables
 *
 * Context: may sleep. Return: 0, or -ENOMEM.
 */
int kipc_table_init(struct kipc_table *table, struct kipc_instance *inst,
		    enum kipc_table_id which)
{
	static const struct {
		enum kipc_limit limit;
		enum kipc_limit next_id;
	} limits[KIPC_TABLE_NR] = {
		[KIPC_TABLE_SHM] = { KIPC_LIMIT_SHMMNI, KIPC_LIMIT_SHM_NEXT_ID },
		[KIPC_TABLE_SEM] = { KIPC_LIMIT_SEMMNI, KIPC_LIMIT_SEM_NEXT_ID },
		[KIPC_TABLE_MSG] = { KIPC_LIMIT_MSGMNI, KIPC_LIMIT_MSG_NEXT_ID },
		[KIPC_TABLE_SIG] = { KIPC_LIMIT_SIGMNI, KIPC_LIMIT_SIG_NEXT_ID },
	};

	mutex_init(&table->lock);
	idr_init(&table->entries);
	table->ops = kipc_table_kinds[which];
	table->inst = inst;
	table->limit = limits[which].limit;
	table->next_id = limits[which].next_id;
	table->last_index = -1;
	table->spare = -1;
	return rhashtable_init(&table->keys, &kipc_table_key_params);
}

/**
 * kipc_table_is_forced - does every object go with its last user?
 * @table: the table of its kind
 *
 * Return: true if the instance's limits say so.
 */
bool kipc_table_is_forced(const struct kipc_table *table)
{
	enum kipc_limit forced = table->ops->forced;

	return forced != KIPC_LIMIT_NR &&
	       kipc_limit_get(&table->inst->limits, forced);
}

/*
 * Finds an entry by its index, and takes a reference. Its memory is that of an
 * entry for now, but perhaps of another by the time that the reference is taken,
 * even of one that is still being made: then that is put again.
 */
static struct kipc_entry *kipc_table_hold(struct kipc_table *table, int index)
{
	struct kipc_entry *entry;
	int id;

	rcu_read_lock();
	entry = idr_find(&table->entries, index);
	if (entry && !refcount_inc_not_zero(&entry->obj.ref))
		entry = NULL;
	rcu_read_unlock();
	if (!entry)
		return NULL;
	/* Pairs with the barrier in kipc_obj_init(). */
	smp_mb__after_atomic();
	/* Pairs with the release in kipc_table_add_locked(). */
	id = smp_load_acquire(&entry->id);
	if (likely(entry->table == table && id >= 0 &&
		   (id & (KIPC_INDEX_NR - 1)) == index))
		return entry;
	kipc_entry_put(entry);
	return NULL;
}

/* Finds the first entry at or after an index, and takes a reference. */
static struct kipc_entry *kipc_table_next_any(struct kipc_table *table,
					      int *index)
{
	struct kipc_entry *entry;
	bool more;

	for (;; (*index)++) {
		rcu_read_lock();
		more = idr_get_next(&table->entries, index);
		rcu_read_unlock();
		if (!more)
			return NULL;
		entry = kipc_table_hold(table, *index);
		/* One whose last reference is gone has been taken out just now. */
		if (entry)
			return entry;
	}
}

/**
 * kipc_table_close - retire all entries and free what the table allocated
 * @table: a table on which no call can be made any more
 *
 * Entries that have users stay with them, without an id. The last user of an
 * entry may be on its way to retire it; it finds it gone.
 *
 * Context: may sleep.
 */
void kipc_table_close(struct kipc_table *table)
{
	struct kipc_entry *entry;
	int index = 0;

	while ((entry = kipc_table_next_any(table, &index))) {
		kipc_entry_retire(entry);
		kipc_entry_put(entry);
		index++;
		cond_resched();
	}
	/* Whoever retires the last entry may not be done with the table. */
	mutex_lock(&table->lock);
	WARN_ON_ONCE(table->in_use);
	idr_destroy(&table->entries);
	rhashtable_destroy(&table->keys);
	mutex_unlock(&table->lock);
}

/*
 * The index that was freed last stays taken until the next one is: who makes and
 * removes objects in turn would have a part of the tree allocated and freed each
 * time.
 */
static void kipc_table_free_index_locked(struct kipc_table *table, int index)
{
	lockdep_assert_held(&table->lock);
	if (table->spare >= 0)
		idr_remove(&table->entries, table->spare);
	if (index >= 0)
		idr_replace(&table->entries, NULL, index);
	table->spare = index;
}

/* Finds an index for an entry, and by that its id. */
static int kipc_table_alloc_id_locked(struct kipc_table *table)
{
	unsigned long *next = &table->inst->limits.value[table->next_id];
	unsigned long wanted = xchg(next, KIPC_NEXT_ID_ANY);
	unsigned int seq, end;
	int index;

	lockdep_assert_held(&table->lock);
	if (wanted != KIPC_NEXT_ID_ANY) {
		kipc_table_free_index_locked(table, -1);
		seq = wanted >> KIPC_INDEX_BITS;
		index = idr_alloc(&table->entries, NULL,
				  wanted & (KIPC_INDEX_NR - 1), KIPC_INDEX_NR,
				  GFP_KERNEL_ACCOUNT);
		if (index < 0)
			return index;
	} else {
		end = clamp(2 * table->in_use, KIPC_INDEX_CYCLE, KIPC_INDEX_NR);
		if (table->in_use >= KIPC_INDEX_NR - 1)
			kipc_table_free_index_locked(table, -1);
		index = idr_alloc_cyclic(&table->entries, NULL, 0, end,
					 GFP_KERNEL_ACCOUNT);
		if (index < 0)
			return index;
		if (index <= table->last_index)
			table->seq = (table->seq + 1) % KIPC_SEQ_NR;
		table->last_index = index;
		seq = table->seq;
	}
	return seq << KIPC_INDEX_BITS | index;
}

/* Makes an entry one that can be found. Nothing about it may fail afterwards. */
static int kipc_table_add_locked(struct kipc_table *table,
				 struct kipc_entry *entry)
{
	int id, ret = 0;

	lockdep_assert_held(&table->lock);
	if (table->in_use >= kipc_limit_get(&table->inst->limits, table->limit))
		return -ENOSPC;
	id = kipc_table_alloc_id_locked(table);
	if (id < 0)
		return id;
	if (entry->autoremove || kipc_table_is_forced(table))
		ret = kipc_orphan_watch(entry);
	if (ret)
		goto out_id;
	if (entry->key != KIPC_KEY_PRIVATE)
		ret = rhashtable_insert_fast(&table->keys, &entry->key_node,
					     kipc_table_key_params);
	if (ret)
		goto out_watch;
	WRITE_ONCE(table->in_use, table->in_use + 1);
	if (table->ops->named)
		table->ops->named(entry, id);
	/* It has an id from when it is complete; see kipc_table_hold(). */
	smp_store_release(&entry->id, id);
	trace_kipc_entry_add(entry);
	idr_replace(&table->entries, entry, id & (KIPC_INDEX_NR - 1));
	return id;

out_watch:
	kipc_orphan_unwatch(entry);
out_id:
	idr_remove(&table->entries, id & (KIPC_INDEX_NR - 1));
	return ret;
}

/**
 * kipc_table_doom_locked - mark an entry as one that goes, and free its key
 * @table: the table, locked by the caller
 * @entry: an entry, with or without a key
 *
 * Whoever sees the one sees the other.
 */
void kipc_table_doom_locked(struct kipc_table *table, struct kipc_entry *entry)
{
	lockdep_assert_held(&table->lock);
	trace_kipc_entry_doom(entry);
	if (entry->key != KIPC_KEY_PRIVATE)
		rhashtable_remove_fast(&table->keys, &entry->key_node,
				       kipc_table_key_params);
	spin_lock(&entry->lock);
	entry->key = KIPC_KEY_PRIVATE;
	if (table->ops->lingers)
		entry->mode |= KIPC_MODE_DEST;
	spin_unlock(&entry->lock);
}

/**
 * kipc_table_forget_locked - free the id and the key of an entry
 * @table: the table, locked by the caller
 * @entry: an entry of it; the table's reference becomes the caller's
 */
void kipc_table_forget_locked(struct kipc_table *table,
			      struct kipc_entry *entry)
{
	lockdep_assert_held(&table->lock);
	trace_kipc_entry_retire(entry);
	kipc_orphan_unwatch(entry);
	kipc_table_doom_locked(table, entry);
	kipc_table_free_index_locked(table, entry->id & (KIPC_INDEX_NR - 1));
	WRITE_ONCE(table->in_use, table->in_use - 1);
}

/* Makes an object that cannot be found by a key; the table is not locked. */
static int kipc_table_get_private(struct kipc_table *table,
				  const struct kipc_get *get)
{
	struct kipc_entry *entry;
	int ret;

	ret = table->ops->create(table->inst, get, &entry);
	if (ret)
		return ret;
	mutex_lock(&table->lock);
	ret = kipc_table_add_locked(table, entry);
	mutex_unlock(&table->lock);
	if (ret < 0)
		kipc_entry_put(entry);
	return ret;
}

static int kipc_table_get_existing_locked(struct kipc_table *table,
					  const struct kipc_get *get,
					  struct kipc_entry *entry)
{
	int ret;

	lockdep_assert_held(&table->lock);
	if ((get->flags & KIPC_GET_CREAT) && (get->flags & KIPC_GET_EXCL))
		return -EEXIST;
	if (table->ops->matches) {
		ret = table->ops->matches(entry, get);
		if (ret)
			return ret;
	}
	ret = kipc_perm_check(entry, get->mode);
	return ret ? ret : entry->id;
}

/* An orphan that had the key goes to @orphan, for its last reference to be put. */
static int kipc_table_get_locked(struct kipc_table *table,
				 const struct kipc_get *get,
				 struct kipc_entry **orphan)
{
	struct kipc_entry *entry;
	int ret;

	lockdep_assert_held(&table->lock);
	entry = rhashtable_lookup_fast(&table->keys, &get->key,
				       kipc_table_key_params);
	if (entry && kipc_entry_is_orphan(entry) &&
	    kipc_entry_retire_locked(entry, true)) {
		*orphan = entry;
		entry = NULL;
	}
	if (entry)
		return kipc_table_get_existing_locked(table, get, entry);
	if (!(get->flags & KIPC_GET_CREAT))
		return -ENOENT;
	ret = table->ops->create(table->inst, get, &entry);
	if (ret)
		return ret;
	ret = kipc_table_add_locked(table, entry);
	if (ret < 0)
		kipc_entry_put(entry);
	return ret;
}

static int kipc_table_try_get(struct kipc_table *table,
			      const struct kipc_get *get)
{
	struct kipc_entry *orphan = NULL;
	int ret;

	if (get->key == KIPC_KEY_PRIVATE)
		return kipc_table_get_private(table, get);
	/* Held while the object is made, so that there is one per key. */
	mutex_lock(&table->lock);
	ret = kipc_table_get_locked(table, get, &orphan);
	mutex_unlock(&table->lock);
	if (orphan)
		kipc_entry_put_retired(orphan);
	return ret;
}

/**
 * kipc_table_get - find an object by its key, or make one
 * @table: the table of its kind
 * @get: what is asked for
 *
 * Context: may sleep.
 * Return: the id; -ENOENT, -EEXIST, -EACCES as of shmget(2); -ENOSPC when the
 * limit of objects is reached; -ENOMEM; or what the kind says.
 */
int kipc_table_get(struct kipc_table *table, const struct kipc_get *get)
{
	int ret = kipc_table_try_get(table, get);

	if (ret != -ENOSPC)
		return ret;
	/* Objects that should be gone do not count. */
	kipc_exit_settle();
	return kipc_table_try_get(table, get);
}

/*
 * Is this object still there for whoever looks it up? Drops it if not, and retires
 * it if nobody has done so yet.
 */
static struct kipc_entry *kipc_table_hide_orphan(struct kipc_entry *entry)
{
	bool orphan = entry && kipc_entry_is_orphan(entry);

	if (orphan)
		kipc_entry_retire_unused(entry);
	if (!orphan && entry && !READ_ONCE(entry->gone))
		return entry;
	kipc_entry_put(entry);
	return NULL;
}

/* The index is a part of any id; the rest of it need not be looked at. */
static struct kipc_entry *kipc_table_look_up(struct kipc_table *table, int id,
					     bool index_only)
{
	struct kipc_entry *entry;

	if (id < 0)
		return ERR_PTR(-EINVAL);
	entry = kipc_table_hold(table, id & (KIPC_INDEX_NR - 1));
	if (entry && !index_only && entry->id != id) {
		kipc_entry_put(entry);
		entry = NULL;
	}
	entry = kipc_table_hide_orphan(entry);
	return entry ? entry : ERR_PTR(-EINVAL);
}

/**
 * kipc_table_find - look an object up by its id
 * @table: the table of its kind
 * @id: any number
 *
 * Return: the object with a reference for the caller, or ERR_PTR(-EINVAL). It
 * may be removed at any time; what changes it notices that by its lock.
 */
struct kipc_entry *kipc_table_find(struct kipc_table *table, int id)
{
	return kipc_table_look_up(table, id, false);
}

/**
 * kipc_table_find_index - look an object up by its index
 * @table: the table of its kind
 * @index: any number; as with the kernel's, an id's sequence number is ignored
 *
 * Return: as of kipc_table_find().
 */
struct kipc_entry *kipc_table_find_index(struct kipc_table *table, int index)
{
	return kipc_table_look_up(table, index, true);
}

/**
 * kipc_table_next - find the first object at or after an index
 * @table: the table of its kind
 * @index: where to begin; updated to where it was found
 *
 * Return: the object with a reference for the caller, or NULL.
 */
struct kipc_entry *kipc_table_next(struct kipc_table *table, int *index)
{
	struct kipc_entry *entry;

	while ((entry = kipc_table_next_any(table, index))) {
		if (kipc_table_hide_orphan(entry))
			return entry;
		(*index)++;
	}
	return NULL;
}

/**
 * kipc_table_max_index - find the highest index in use
 * @table: the table
 *
 * Context: may sleep. Return: the index, or -1 if the table is empty.
 */
int kipc_table_max_index(struct kipc_table *table)
{
	int bit, index, max = 0;

	mutex_lock(&table->lock);
	if (!table->in_use)
		max = -1;
	/* Bit by bit: is there anything at or above this? */
	for (bit = KIPC_INDEX_BITS - 1; bit >= 0 && table->in_use; bit--) {
		index = max | 1 << bit;
		if (idr_get_next(&table->entries, &index))
			max |= 1 << bit;
	}
	mutex_unlock(&table->lock);
	return max;
}

/**
 * kipc_table_sweep - retire what has no user and lost its creator
 * @table: a table that has begun to be forced
 *
 * Objects whose creator lives are watched from now on.
 *
 * Context: may sleep.
 */
void kipc_table_sweep(struct kipc_table *table)
{
	struct kipc_entry *entry;
	int index = 0;

	/* What is being added by somebody who did not know is there then. */
	mutex_lock(&table->lock);
	mutex_unlock(&table->lock);
	while ((entry = kipc_table_next_any(table, &index))) {
		mutex_lock(&table->lock);
		/* Without memory for that, its last user or a look-up sees it. */
		if (kipc_orphan_watch(entry))
			WRITE_ONCE(entry->mortal, true);
		mutex_unlock(&table->lock);
		if (kipc_entry_is_orphan(entry))
			kipc_entry_retire_unused(entry);
		kipc_entry_put(entry);
		index++;
		cond_resched();
	}
}
