/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_OBJ_FIFO_H
#define _KIPC_OBJ_FIFO_H

/*
 * A FIFO is a pipe with a name: an inode of type S_IFIFO in a mount of kipcfs,
 * and a pipe (pipe.h) that exists while the FIFO is open. What is its own is
 * the rendezvous of those who open it: a reader waits for a writer and a writer
 * for a reader, by the counters of opens, not of open files, so that a partner
 * who came and left again at once was there nevertheless.
 *
 * The mount pins the module, and each open file the mount.
 */

#include <linux/fs.h>

extern const struct file_operations kipc_fifo_fops;
extern const struct inode_operations kipc_fifo_iops;

#endif /* _KIPC_OBJ_FIFO_H */
