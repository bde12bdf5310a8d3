/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_FILE_H
#define _KIPC_CORE_FILE_H

#include <linux/fs.h>

/*
 * Files that are in no directory, and how descriptors become visible.
 *
 * Anonymous objects have an inode on a pseudo file system of kipc's own. Such
 * an inode, and not its open files, pins the module: an O_PATH descriptor holds
 * the inode without the file operations, and the last fput() drops a module
 * reference taken through the file operations before it evicts the inode, whose
 * code is the module's. So the operations of these files have no owner.
 */

/**
 * struct kipc_fds - descriptors prepared but not yet visible
 * @nr: how many
 * @fd: their numbers, reserved
 * @file: their files
 */
struct kipc_fds {
	unsigned int nr;
	int fd[2];
	struct file *file[2];
};

int kipc_fds_add(struct kipc_fds *fds, struct file *file, int flags);
int kipc_fds_add_opened(struct kipc_fds *fds, struct file *file, int flags,
			s32 *fd);
void kipc_fds_install(struct kipc_fds *fds);
void kipc_fds_abort(struct kipc_fds *fds);

struct inode *kipc_anon_inode(const struct inode_operations *iops,
			      const struct file_operations *fops, umode_t mode);
struct file *kipc_anon_file(struct inode *inode, int flags);
struct file *kipc_anon_reopen(struct file *file, int flags);
int kipc_anon_init(void);
void kipc_anon_exit(void);

#endif /* _KIPC_CORE_FILE_H */
