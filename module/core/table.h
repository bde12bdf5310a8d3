/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_TABLE_H
#define _KIPC_CORE_TABLE_H

#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/uidgid.h>
#include <linux/kipc.h>

#include "kipc.h"
#include "core/exit.h"
#include "core/limit.h"

/*
 * Objects with an id and perhaps a key: System V's half of IPC.
 *
 * Each instance has a table for each kind of such objects. What they have in
 * common is a &struct kipc_entry, the first member of each kind's structure. An
 * entry is made complete, then added to the table (kipc_table_get()), where it
 * has a reference of the table's; look-ups by id run under RCU and take another.
 * Descriptors and attachments are users (kipc_entry_open()), with a reference
 * each. Removal retires the entry: the table forgets it, @gone says so to whoever
 * looked it up before, and the table's reference goes. An object that @lingers
 * is doomed first and retired with its last user. After the last reference the
 * memory stays that of an object of the kind for an RCU grace period at least;
 * whose it is may change at once.
 *
 * An object that is made straight for a descriptor is in no table: its id is
 * KIPC_ID_SELF, and all its references are those of users.
 *
 * An id is an index, in the lower bits, and a sequence number, so that an old id
 * does not find a new object.
 */

/**
 * enum kipc_table_id - the tables of an instance
 * @KIPC_TABLE_SHM: shared memory segments
 * @KIPC_TABLE_SEM: semaphore sets
 * @KIPC_TABLE_MSG: message queues
 * @KIPC_TABLE_SIG: signal queues
 * @KIPC_TABLE_NR: number of tables
 */
enum kipc_table_id {
	KIPC_TABLE_SHM,
	KIPC_TABLE_SEM,
	KIPC_TABLE_MSG,
	KIPC_TABLE_SIG,
	KIPC_TABLE_NR,
};

#define KIPC_INDEX_BITS	20
#define KIPC_INDEX_NR	((unsigned int)BIT(KIPC_INDEX_BITS))
#define KIPC_SEQ_NR	(1U << (31 - KIPC_INDEX_BITS))

struct kipc_call;
struct kipc_entry;
struct pid;
struct pid_namespace;
struct seq_file;

/**
 * struct kipc_get - what a *_GET call asks for
 * @key: key, or KIPC_KEY_PRIVATE
 * @flags: KIPC_GET_*
 * @mode: permissions of a new object, or those wanted of an existing one
 * @arg: the rest of the argument, for the kind
 */
struct kipc_get {
	int key;
	u32 flags;
	umode_t mode;
	const void *arg;
};

/**
 * struct kipc_table_ops - what a table must know of its kind
 * @which: the table
 * @lingers: removal waits for the last user
 * @forced: the limit that, while it is 1, has each object go with its last user,
 *	or KIPC_LIMIT_NR
 * @create: makes an entry of the kind, complete but for its id
 * @named: told the id of an entry before it has it; may be NULL. May not sleep.
 * @retired: told that an entry is gone; may be NULL. Called once, without locks,
 *	by who has a reference; may sleep.
 * @matches: 0, or the error that a *_GET of this existing entry fails with; NULL for
 *	always 0
 * @show: prints the row of an entry as /proc/sysvipc has it; NULL for a kind that has no
 *	table there
 */
struct kipc_table_ops {
	enum kipc_table_id which;
	bool lingers;
	enum kipc_limit forced;
	int (*create)(struct kipc_instance *inst, const struct kipc_get *get,
		      struct kipc_entry **res);
	void (*named)(struct kipc_entry *entry, int id);
	void (*retired)(struct kipc_entry *entry);
	int (*matches)(struct kipc_entry *entry, const struct kipc_get *get);
	void (*show)(struct seq_file *m, struct kipc_entry *entry,
		     struct pid_namespace *pid_ns);
};

/**
 * struct kipc_table - the objects of one kind that have an id
 * @lock: serialises changes; objects are made under it
 * @ops: the kind, or NULL for one that this module does not have
 * @inst: the instance that the table is a part of; constant
 * @limit: which limit bounds the number of entries; constant
 * @next_id: which limit prescribes the next id; constant
 * @entries: by index; changed under @lock, read under RCU
 * @keys: those with a key, by key; used under @lock
 * @in_use: number of entries; changed under @lock, read without it for information
 * @last_index: index given last; guarded by @lock
 * @spare: index that was freed last and is not free in @entries yet, or -1;
 *	guarded by @lock
 * @seq: sequence number given last; guarded by @lock
 */
struct kipc_table {
	struct mutex lock; /* what it guards is said above, member by member */
	const struct kipc_table_ops *ops;
	struct kipc_instance *inst;
	enum kipc_limit limit;
	enum kipc_limit next_id;
	struct idr entries;
	struct rhashtable keys;
	unsigned int in_use;
	int last_index;
	int spare;
	unsigned int seq;
};

/**
 * struct kipc_entry - what all objects with an id have; first member of each
 * @obj: what all objects have; first member
 * @table: the table it is in, or would be in; constant
 * @lock: guards what is marked so, and the state of the kind
 * @id: its id, or KIPC_ID_SELF; constant once it can be found
 * @key: its key; changed under the table's lock and @lock
 * @users: descriptors and attachments; guarded by @lock
 * @uid: owner; guarded by @lock
 * @gid: owner's group; guarded by @lock
 * @cuid: creator; constant
 * @cgid: creator's group; constant
 * @mode: permissions, KIPC_MODE_*; guarded by @lock
 * @gone: no longer in the table; changed under the table's lock and @lock
 * @autoremove: goes with its creator and last user; constant
 * @mortal: it may have to go with its creator; set under the table's lock
 * @ctime: last change, seconds since the epoch; guarded by @lock
 * @creator: process that made it, a counted reference; constant
 * @key_node: in the table's keys; guarded by the table's lock
 * @watch: for the exit of @creator, if it is @mortal
 * @rcu: frees it after a grace period
 */
struct kipc_entry {
	struct kipc_obj obj;
	struct kipc_table *table;
	spinlock_t lock; /* what it guards is said above, member by member */
	int id;
	int key;
	unsigned int users;
	kuid_t uid;
	kgid_t gid;
	kuid_t cuid;
	kgid_t cgid;
	umode_t mode;
	bool gone;
	bool autoremove;
	bool mortal;
	time64_t ctime;
	struct pid *creator;
	struct rhash_head key_node;
	struct kipc_exit_watch watch;
	struct rcu_head rcu;
};

/**
 * struct kipc_perm_set - what IPC_SET sets
 * @uid: owner
 * @gid: owner's group
 * @mode: permissions, the nine bits of them
 */
struct kipc_perm_set {
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
};

/* core/table.c */
void kipc_table_register(const struct kipc_table_ops *ops);
int kipc_table_init(struct kipc_table *table, struct kipc_instance *inst,
		    enum kipc_table_id which);
bool kipc_table_is_forced(const struct kipc_table *table);
void kipc_table_close(struct kipc_table *table);
int kipc_table_get(struct kipc_table *table, const struct kipc_get *get);
struct kipc_entry *kipc_table_find(struct kipc_table *table, int id);
struct kipc_entry *kipc_table_find_index(struct kipc_table *table, int index);
struct kipc_entry *kipc_table_next(struct kipc_table *table, int *index);
int kipc_table_max_index(struct kipc_table *table);
void kipc_table_sweep(struct kipc_table *table);

/* core/entry.c */
int kipc_entry_init(struct kipc_entry *entry, const struct kipc_obj_ops *ops,
		    struct kipc_table *table, const struct kipc_get *get);
void kipc_entry_destroy(struct kipc_entry *entry);
void kipc_entry_get(struct kipc_entry *entry);
void kipc_entry_put(struct kipc_entry *entry);
void kipc_entry_put_retired(struct kipc_entry *entry);
int kipc_entry_open(struct kipc_entry *entry);
void kipc_entry_open_again(struct kipc_entry *entry);
void kipc_entry_close(struct kipc_entry *entry);
int kipc_entry_remove(struct kipc_entry *entry);
void kipc_entry_retire(struct kipc_entry *entry);
void kipc_entry_retire_unused(struct kipc_entry *entry);
bool kipc_entry_retire_locked(struct kipc_entry *entry, bool unused_only);
bool kipc_entry_is_orphan(struct kipc_entry *entry);

/* core/entry_ioctl.c */
struct kipc_entry *kipc_entry_of_call(struct kipc_call *call,
				      enum kipc_table_id which, int id);
struct kipc_entry *kipc_entry_of_stat(struct kipc_call *call,
				      enum kipc_table_id which, int id,
				      u32 flags);
int kipc_entry_ioctl_set(struct kipc_call *call, enum kipc_table_id which,
			 const struct kipc_set *set);
int kipc_entry_ioctl_remove(struct kipc_call *call, enum kipc_table_id which,
			    const struct kipc_remove *remove);

/* core/table.c, for core/entry.c */
void kipc_table_forget_locked(struct kipc_table *table,
			      struct kipc_entry *entry);
void kipc_table_doom_locked(struct kipc_table *table, struct kipc_entry *entry);

/* core/perm.c */
int kipc_perm_check(struct kipc_entry *entry, umode_t wanted);
int kipc_perm_check_owner(struct kipc_entry *entry, int cap);
int kipc_perm_of_set(const struct kipc_set *set, struct kipc_perm_set *perm);
bool kipc_perm_set_locked(struct kipc_entry *entry,
			  const struct kipc_perm_set *perm);
int kipc_perm_set(struct kipc_entry *entry, const struct kipc_set *set);
void kipc_perm_fill_locked(struct kipc_entry *entry, struct kipc_perm *perm);

/* core/orphan.c */
int kipc_orphan_watch(struct kipc_entry *entry);
void kipc_orphan_unwatch(struct kipc_entry *entry);

#endif /* _KIPC_CORE_TABLE_H */
