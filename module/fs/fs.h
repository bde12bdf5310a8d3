/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_FS_FS_H
#define _KIPC_FS_FS_H

#include <linux/fs.h>

#include "core/instance.h"

/*
 * kipcfs. Each mount is an instance (&struct kipc_instance), or shows the default
 * one. Its tree lives in the dentry cache alone: directories, symbolic links and
 * FIFOs, and fixed nodes that the mount begins with: control, the tables, the
 * limits. What a FIFO does is not known here; main.c passes its operations in.
 */

/**
 * struct kipc_fs_node_ops - operations of the inodes that open as objects
 * @fifo_fops: of the files of a FIFO
 * @fifo_iops: of its inode
 * @fifo_settle_times: called before a time of its inode is set
 */
struct kipc_fs_node_ops {
	const struct file_operations *fifo_fops;
	const struct inode_operations *fifo_iops;
	void (*fifo_settle_times)(struct inode *inode);
};

extern struct kipc_fs_node_ops kipc_fs_node_ops;

/* Inodes, and further names of them, that a mount may have. */
#define KIPC_FS_NODES_MAX	65536

/* Enough for the root and the rows in fs/node.c. */
#define KIPC_FS_FIXED_MAX	24

/**
 * struct kipc_fs_mount - a mount, at s_fs_info of its super block
 * @mount: what the rest of the module knows of it; first member
 * @uid: owner of the root and of the fixed nodes
 * @gid: their group
 * @mode: permissions of control
 * @dirmode: permissions of the root
 * @nodes: inodes and further names
 * @nr_fixed: how many inodes are in @fixed
 * @fixed: the root and the fixed nodes, which live as long as the super block
 *
 * What is not constant changes by a remount only, under s_umount.
 */
struct kipc_fs_mount {
	struct kipc_mount mount;
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	umode_t dirmode;
	atomic_long_t nodes;
	unsigned int nr_fixed;
	struct inode *fixed[KIPC_FS_FIXED_MAX];
};

/* Options; those for limits follow, in the order of enum kipc_limit. */
enum kipc_fs_option {
	KIPC_FS_OPT_UID,
	KIPC_FS_OPT_GID,
	KIPC_FS_OPT_MODE,
	KIPC_FS_OPT_DIRMODE,
	KIPC_FS_OPT_DEFAULT,
	KIPC_FS_OPT_LIMIT,
};

/**
 * struct kipc_fs_options - what the options of a mount or remount say
 * @given: bit by enum kipc_fs_option: it was given, and for a limit, is below
 * @uid: owner of the nodes
 * @gid: their group
 * @mode: permissions of control
 * @dirmode: permissions of the root
 * @limits: values of limits
 */
struct kipc_fs_options {
	unsigned long given;
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	umode_t dirmode;
	unsigned long limits[KIPC_LIMIT_NR];
};

static inline struct kipc_fs_mount *kipc_fs_mount_of(struct super_block *sb)
{
	return sb->s_fs_info;
}

/* fs/inode.c */
extern const struct super_operations kipc_fs_sops;
struct inode *kipc_fs_inode(struct super_block *sb, umode_t mode);
int kipc_fs_show_options(struct seq_file *m, struct dentry *root);

/* fs/node.c */
int kipc_fs_fixed_create(struct super_block *sb);
void kipc_fs_fixed_update(struct super_block *sb,
			  const struct kipc_fs_options *options);
bool kipc_fs_is_fixed(const struct inode *inode);

/* fs/sysvipc.c */
extern const struct file_operations kipc_fs_table_fops;

/* fs/super.c */
int kipc_fs_init(const struct kipc_fs_node_ops *ops);
void kipc_fs_exit(void);

#endif /* _KIPC_FS_FS_H */
