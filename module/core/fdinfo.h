/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_FDINFO_H
#define _KIPC_CORE_FDINFO_H

#include <linux/seq_file.h>

/*
 * What /proc/PID/fdinfo/FD says about kipc's files: the object, its instance, and who
 * waits. It is for people and for kipc(8), which finds out in this way who holds an
 * object and who waits for it. Process ids are those of the process that reads.
 */

struct file;
struct kipc_entry;
struct kipc_instance;
struct task_struct;

/* So many of those who wait are named, since a spinlock is held meanwhile. */
#define KIPC_FDINFO_WAITERS	256

/**
 * struct kipc_fdinfo - where to say something
 * @m: the file that is read
 * @left: how many waiters may still be named
 */
struct kipc_fdinfo {
	struct seq_file *m;
	unsigned int left;
};

#define KIPC_FDINFO_INIT(seq)	{ .m = (seq), .left = KIPC_FDINFO_WAITERS }

void kipc_fdinfo_instance(struct seq_file *m, const struct kipc_instance *inst);
void kipc_fdinfo_entry(struct seq_file *m, struct kipc_entry *entry);
bool kipc_fdinfo_waiter_locked(struct kipc_fdinfo *info,
			       struct task_struct *task);
void kipc_fdinfo_show_node(struct seq_file *m, struct file *file);

#endif /* _KIPC_CORE_FDINFO_H */
