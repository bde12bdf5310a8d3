// SPDX-License-Identifier: GPL-2.0
/* What /proc/PID/fdinfo says about kipc's files; see fdinfo.h. */
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/kipc.h>

#include "core/fdinfo.h"
#include "core/instance.h"
#include "core/table.h"

/**
 * kipc_fdinfo_instance - say which instance it is
 * @m: where
 * @inst: the instance
 */
void kipc_fdinfo_instance(struct seq_file *m, const struct kipc_instance *inst)
{
	seq_printf(m, "kipc-instance:\t%u\n", inst->number);
}

/**
 * kipc_fdinfo_entry - say which object it is
 * @m: where
 * @entry: an object that is found by id, or was
 */
void kipc_fdinfo_entry(struct seq_file *m, struct kipc_entry *entry)
{
	kipc_fdinfo_instance(m, entry->obj.inst);
	seq_printf(m, "kipc-%s-id:\t%d\n", entry->obj.ops->name,
		   READ_ONCE(entry->gone) ? KIPC_ID_SELF : entry->id);
}

/**
 * kipc_fdinfo_waiter_locked - name a thread that waits
 * @info: where
 * @task: the thread; the lock is held that keeps it from going on
 *
 * Return: true if the caller is to add what it waits for, and the end of the line;
 * false if enough have been named.
 */
bool kipc_fdinfo_waiter_locked(struct kipc_fdinfo *info,
			       struct task_struct *task)
{
	if (!info->left)
		return false;
	info->left--;
	seq_printf(info->m, "kipc-waiter:\t%d %d ", pid_vnr(task_tgid(task)),
		   pid_vnr(task_pid(task)));
	return true;
}

/**
 * kipc_fdinfo_show_node - serve the fdinfo of a node of an instance
 * @m: where
 * @file: /dev/kipc or control of a mount
 */
void kipc_fdinfo_show_node(struct seq_file *m, struct file *file)
{
	kipc_fdinfo_instance(m, file->private_data);
}
