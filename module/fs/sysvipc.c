// SPDX-License-Identifier: GPL-2.0
/*
 * kipcfs: the tables of objects with an id, in the format of /proc/sysvipc, so
 * that programs which read that show kipc's objects after a bind mount.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "fs/fs.h"

/* Which of the tables a node shows is its i_private. */
static enum kipc_table_id kipc_fs_table_id(const struct file *file)
{
	return (unsigned long)file_inode(file)->i_private;
}

#if BITS_PER_LONG <= 32
#define KIPC_FS_SHM_HEADING \
	"       key      shmid perms       size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime        rss       swap\n"
#else
#define KIPC_FS_SHM_HEADING \
	"       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n"
#endif

static const char * const kipc_fs_table_headings[KIPC_TABLE_NR] = {
	[KIPC_TABLE_SHM] = KIPC_FS_SHM_HEADING,
	[KIPC_TABLE_SEM] =
		"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n",
	[KIPC_TABLE_MSG] =
		"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n",
};

static struct kipc_table *kipc_fs_table(struct seq_file *m)
{
	struct kipc_instance *inst = kipc_instance_of(file_inode(m->file));

	return &inst->tables[kipc_fs_table_id(m->file)];
}

/* Positions: 0 is the heading, an index plus one its row. */
static void *kipc_fs_table_find(struct seq_file *m, loff_t *pos)
{
	struct kipc_entry *entry;
	int index = *pos - 1;

	entry = kipc_table_next(kipc_fs_table(m), &index);
	*pos = index + 1;
	return entry;
}

static void *kipc_fs_table_start(struct seq_file *m, loff_t *pos)
{
	if (*pos > KIPC_INDEX_NR)
		return NULL;
	return *pos ? kipc_fs_table_find(m, pos) : SEQ_START_TOKEN;
}

static void kipc_fs_table_stop(struct seq_file *m, void *v)
{
	if (v != SEQ_START_TOKEN)
		kipc_entry_put(v);
}

static void *kipc_fs_table_next(struct seq_file *m, void *v, loff_t *pos)
{
	kipc_fs_table_stop(m, v);
	(*pos)++;
	return kipc_fs_table_find(m, pos);
}

static int kipc_fs_table_show(struct seq_file *m, void *v)
{
	struct kipc_table *table = kipc_fs_table(m);

	if (v == SEQ_START_TOKEN)
		seq_puts(m, kipc_fs_table_headings[kipc_fs_table_id(m->file)]);
	else
		table->ops->show(m, v, task_active_pid_ns(current));
	return 0;
}

static const struct seq_operations kipc_fs_table_seq_ops = {
	.start	= kipc_fs_table_start,
	.stop	= kipc_fs_table_stop,
	.next	= kipc_fs_table_next,
	.show	= kipc_fs_table_show,
};

static int kipc_fs_table_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &kipc_fs_table_seq_ops);
}

const struct file_operations kipc_fs_table_fops = {
	.owner		= THIS_MODULE,
	.open		= kipc_fs_table_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= seq_release,
};
