/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_FS_FS_H
#define _KIPC_FS_FS_H

#include <linux/fs.h>

/*
 * kipcfs. Each mount is an instance (&struct kipc_instance), at s_fs_info of
 * its super block. Its tree lives in the dentry cache alone: directories,
 * symbolic links and FIFOs. What a FIFO does is not known here; main.c passes
 * its operations in.
 */

/**
 * struct kipc_fs_node_ops - operations of the inodes that open as objects
 * @fifo_fops: of the files of a FIFO
 * @fifo_iops: of its inode
 */
struct kipc_fs_node_ops {
	const struct file_operations *fifo_fops;
	const struct inode_operations *fifo_iops;
};

extern struct kipc_fs_node_ops kipc_fs_node_ops;

/* Inodes, and further names of them, that a mount may have. */
#define KIPC_FS_NODES_MAX	65536

struct inode *kipc_fs_inode(struct super_block *sb, umode_t mode);
extern const struct super_operations kipc_fs_sops;

int kipc_fs_init(const struct kipc_fs_node_ops *ops);
void kipc_fs_exit(void);

#endif /* _KIPC_FS_FS_H */
