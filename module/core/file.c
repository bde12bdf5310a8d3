// SPDX-License-Identifier: GPL-2.0
/* Anonymous files and the publication of descriptors; see file.h. */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/kipc.h>

#include "compat.h"
#include "core/file.h"

static struct vfsmount *kipc_anon_mnt __ro_after_init;

/**
 * kipc_fds_add - reserve a descriptor for a file
 * @fds: the set to add it to
 * @file: the file; its reference becomes the set's on success
 * @flags: O_CLOEXEC or 0
 *
 * Return: 0, or -EMFILE.
 */
int kipc_fds_add(struct kipc_fds *fds, struct file *file, int flags)
{
	int fd = get_unused_fd_flags(flags);

	if (fd < 0)
		return fd;
	fds->fd[fds->nr] = fd;
	fds->file[fds->nr] = file;
	fds->nr++;
	return 0;
}

/**
 * kipc_fds_add_opened - reserve the only descriptor of a call
 * @fds: the set of the call, empty
 * @file: a file that was opened for it, whose reference is ours in any case; or ERR_PTR
 * @flags: O_CLOEXEC or 0
 * @fd: where to leave the descriptor's number
 *
 * Context: may sleep. Return: 0, -EMFILE, or what @file says.
 */
int kipc_fds_add_opened(struct kipc_fds *fds, struct file *file, int flags,
			s32 *fd)
{
	int ret;

	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = kipc_fds_add(fds, file, flags);
	if (ret) {
		fput(file);
		return ret;
	}
	*fd = fds->fd[0];
	return 0;
}

/**
 * kipc_fds_install - make all descriptors of a set visible; cannot fail
 * @fds: the set
 *
 * From here on another thread may use and close them.
 */
void kipc_fds_install(struct kipc_fds *fds)
{
	unsigned int i;

	for (i = 0; i < fds->nr; i++)
		fd_install(fds->fd[i], fds->file[i]);
	fds->nr = 0;
}

/**
 * kipc_fds_abort - give the descriptors of a set back and drop its files
 * @fds: the set
 */
void kipc_fds_abort(struct kipc_fds *fds)
{
	while (fds->nr) {
		fds->nr--;
		put_unused_fd(fds->fd[fds->nr]);
		fput(fds->file[fds->nr]);
	}
}

static void kipc_anon_evict_inode(struct inode *inode)
{
	clear_inode(inode);
	/*
	 * The root directory goes with the module and does not pin it. For the
	 * others: whoever evicts still has to come back through this file
	 * system's operations; kipc_anon_exit() waits for that.
	 */
	if (!S_ISDIR(inode->i_mode))
		module_put(THIS_MODULE);
}

static const struct super_operations kipc_anon_sops = {
	.statfs		= simple_statfs,
	.evict_inode	= kipc_anon_evict_inode,
	/* Nobody walks to these inodes by name, so no RCU grace period. */
	.destroy_inode	= free_inode_nonrcu,
};

/* The kernel's helper for such names is not exported. */
static char *kipc_anon_dname(struct dentry *dentry, char *buffer, int buflen)
{
	char name[32];
	int len;

	len = scnprintf(name, sizeof(name), "kipc_pipe:[%llu]",
			kipc_ino(d_inode(dentry))) + 1;
	if (len > buflen)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buffer + buflen - len, name, len);
}

static const struct dentry_operations kipc_anon_dops = {
	.d_dname = kipc_anon_dname,
};

static int kipc_anon_init_fs_context(struct fs_context *fc)
{
	struct pseudo_fs_context *ctx = init_pseudo(fc, KIPCFS_MAGIC);

	if (!ctx)
		return -ENOMEM;
	ctx->ops = &kipc_anon_sops;
	ctx->dops = &kipc_anon_dops;
	return 0;
}

/* No owner: the mount below would pin the module for ever. */
static struct file_system_type kipc_anon_fs_type = {
	.name			= "kipc_anon",
	.init_fs_context	= kipc_anon_init_fs_context,
	.kill_sb		= kill_anon_super,
};

/**
 * kipc_anon_inode - make an inode that is in no directory
 * @iops: its operations
 * @fops: the operations of its files, without an owner
 * @mode: type and permissions; the owner is the caller
 *
 * Context: may sleep. Return: the inode, which pins the module, or ERR_PTR.
 */
struct inode *kipc_anon_inode(const struct inode_operations *iops,
			      const struct file_operations *fops, umode_t mode)
{
	struct inode *inode = alloc_anon_inode(kipc_anon_mnt->mnt_sb);

	if (IS_ERR(inode))
		return inode;
	__module_get(THIS_MODULE);
	/*
	 * Unlike other anonymous inodes these have permissions worth checking, and
	 * can be opened again: as those of the kernel's pipes they are not marked.
	 */
	inode->i_flags &= ~(S_PRIVATE | S_ANON_INODE);
	inode->i_mode = mode;
	inode->i_op = iops;
	inode->i_fop = fops;
	return inode;
}

/**
 * kipc_anon_file - open the first file of an anonymous inode
 * @inode: from kipc_anon_inode(); its reference becomes the file's on success
 * @flags: O_RDONLY, O_WRONLY and other open flags
 *
 * The open operation is not called.
 *
 * Return: the file, or ERR_PTR.
 */
struct file *kipc_anon_file(struct inode *inode, int flags)
{
	struct file *file = alloc_file_pseudo(inode, kipc_anon_mnt, "", flags,
					      inode->i_fop);

	if (!IS_ERR(file))
		kipc_file_notify(file);
	return file;
}

/**
 * kipc_anon_reopen - open one more file of an anonymous inode
 * @file: a file of that inode
 * @flags: flags of the new file
 *
 * The open operation is called. Return: the file, or ERR_PTR.
 */
struct file *kipc_anon_reopen(struct file *file, int flags)
{
	return dentry_open(&file->f_path, flags, current_cred());
}

/**
 * kipc_anon_init - mount the pseudo file system
 *
 * Return: 0 or a negative errno.
 */
int __init kipc_anon_init(void)
{
	struct vfsmount *mnt = kern_mount(&kipc_anon_fs_type);

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	kipc_anon_mnt = mnt;
	return 0;
}

/**
 * kipc_anon_exit - unmount the pseudo file system
 *
 * No inode is left when the module may be unloaded. But the thread that put the
 * last file may still be on its way out of the VFS, where it looks at the
 * operations above once more, before it drops its reference on the mount; so
 * wait until ours is the only one. may_umount() allows its caller one more than
 * the one that keeps the mount alive.
 */
void kipc_anon_exit(void)
{
	mntget(kipc_anon_mnt);
	while (!may_umount(kipc_anon_mnt))
		msleep(20);
	mntput(kipc_anon_mnt);
	kern_unmount(kipc_anon_mnt);
}
