// SPDX-License-Identifier: GPL-2.0
/* kipcfs: directories, symbolic links and FIFOs; see fs.h. */
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/statfs.h>
#include <linux/string.h>

#include "compat.h"
#include "fs/fs.h"

static const struct inode_operations kipc_fs_dir_iops;

static void kipc_fs_uncount_node(struct super_block *sb)
{
	atomic_long_dec(&kipc_fs_mount_of(sb)->nodes);
}

static int kipc_fs_count_node(struct super_block *sb)
{
	struct kipc_fs_mount *mount = kipc_fs_mount_of(sb);

	if (atomic_long_inc_return(&mount->nodes) <= KIPC_FS_NODES_MAX)
		return 0;
	kipc_fs_uncount_node(sb);
	return -ENOSPC;
}

/**
 * kipc_fs_inode - make an inode without a name
 * @sb: the mount
 * @mode: its type and permissions; the owner is the caller
 *
 * Context: may sleep.
 * Return: the inode; ERR_PTR of -ENOSPC when the mount has as many as it may
 * have, or of -ENOMEM.
 */
struct inode *kipc_fs_inode(struct super_block *sb, umode_t mode)
{
	struct timespec64 now;
	struct inode *inode;
	int ret;

	ret = kipc_fs_count_node(sb);
	if (ret)
		return ERR_PTR(ret);
	/* From here on the inode's eviction uncounts it. */
	inode = new_inode(sb);
	if (!inode) {
		kipc_fs_uncount_node(sb);
		return ERR_PTR(-ENOMEM);
	}
	inode->i_ino = get_next_ino();
	inode->i_mode = mode;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	now = current_time(inode);
	kipc_inode_set_atime(inode, now);
	kipc_inode_set_mtime(inode, now);
	kipc_inode_set_ctime(inode, now);

	switch (mode & S_IFMT) {
	case S_IFDIR:
		inode->i_op = &kipc_fs_dir_iops;
		inode->i_fop = &simple_dir_operations;
		inc_nlink(inode);
		break;
	case S_IFIFO:
		inode->i_op = kipc_fs_node_ops.fifo_iops;
		inode->i_fop = kipc_fs_node_ops.fifo_fops;
		break;
	case S_IFLNK:
		inode->i_op = &simple_symlink_inode_operations;
		break;
	}
	return inode;
}

static void kipc_fs_evict_inode(struct inode *inode)
{
	clear_inode(inode);
	kipc_fs_uncount_node(inode->i_sb);
}

/* Called after a grace period: a walk may have been reading the link. */
static void kipc_fs_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		free_page((unsigned long)inode->i_link);
	free_inode_nonrcu(inode);
}

static int kipc_fs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct kipc_fs_mount *mount = kipc_fs_mount_of(dentry->d_sb);
	long nodes = atomic_long_read(&mount->nodes);

	simple_statfs(dentry, buf);
	buf->f_files = KIPC_FS_NODES_MAX;
	/* One too many is counted for a moment, before it is refused. */
	buf->f_ffree = KIPC_FS_NODES_MAX - min_t(long, nodes, KIPC_FS_NODES_MAX);
	return 0;
}

const struct super_operations kipc_fs_sops = {
	.statfs		= kipc_fs_statfs,
	.drop_inode	= kipc_delete_inode,
	.evict_inode	= kipc_fs_evict_inode,
	.free_inode	= kipc_fs_free_inode,
	.show_options	= kipc_fs_show_options,
};

/* Gives an inode its name, and the owner that the directory prescribes. */
static void kipc_fs_link_inode(struct kipc_idmap *idmap, struct inode *dir,
			       struct dentry *dentry, struct inode *inode)
{
	struct timespec64 now = current_time(dir);

	inode_init_owner(idmap, inode, dir, inode->i_mode);
	kipc_inode_set_mtime(dir, now);
	kipc_inode_set_ctime(dir, now);
	kipc_make_persistent(dentry, inode);
}

static int kipc_fs_mknod(struct kipc_idmap *idmap, struct inode *dir,
			 struct dentry *dentry, umode_t mode, dev_t dev)
{
	struct inode *inode;

	if (!S_ISFIFO(mode))
		return -EPERM;
	inode = kipc_fs_inode(dir->i_sb, mode);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	kipc_fs_link_inode(idmap, dir, dentry, inode);
	return 0;
}

/* No regular files here; say so better than "Permission denied" would. */
static int kipc_fs_create(struct kipc_idmap *idmap, struct inode *dir,
			  struct dentry *dentry, kipc_create_mode)
{
	return -EPERM;
}

static kipc_mkdir_t kipc_fs_mkdir(struct kipc_idmap *idmap, struct inode *dir,
				  struct dentry *dentry, umode_t mode)
{
	struct inode *inode = kipc_fs_inode(dir->i_sb, S_IFDIR | mode);

	if (IS_ERR(inode))
		return kipc_mkdir_ret(PTR_ERR(inode));
	inc_nlink(dir);
	kipc_fs_link_inode(idmap, dir, dentry, inode);
	return kipc_mkdir_ret(0);
}

static int kipc_fs_symlink(struct kipc_idmap *idmap, struct inode *dir,
			   struct dentry *dentry, const char *target)
{
	struct inode *inode;
	char *link;

	/* The VFS limits the target to less than PATH_MAX, a page at most. */
	link = (char *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!link)
		return -ENOMEM;
	if (strscpy(link, target, PAGE_SIZE) < 0) {
		free_page((unsigned long)link);
		return -ENAMETOOLONG;
	}
	inode = kipc_fs_inode(dir->i_sb, S_IFLNK | 0777);
	if (IS_ERR(inode)) {
		free_page((unsigned long)link);
		return PTR_ERR(inode);
	}
	inode->i_link = link;
	inode->i_size = strlen(link);
	kipc_fs_link_inode(idmap, dir, dentry, inode);
	return 0;
}

/* A name comes or goes, which is a change of the inode. */
static void kipc_fs_settle_times(struct dentry *dentry)
{
	if (d_really_is_positive(dentry) && S_ISFIFO(d_inode(dentry)->i_mode))
		kipc_fs_node_ops.fifo_settle_times(d_inode(dentry));
}

/* Each name pins a dentry: names count as inodes do. */
static int kipc_fs_link(struct dentry *old, struct inode *dir,
			struct dentry *dentry)
{
	int ret;

	if (kipc_fs_is_fixed(d_inode(old)))
		return -EPERM;
	ret = kipc_fs_count_node(dir->i_sb);
	if (ret)
		return ret;
	kipc_fs_settle_times(old);
	ret = simple_link(old, dir, dentry);
	if (ret)
		kipc_fs_uncount_node(dir->i_sb);
	return ret;
}

/* Does the inode, which goes on living, lose one of several names with this? */
static bool kipc_fs_is_extra_name(struct dentry *dentry)
{
	return d_really_is_positive(dentry) && !d_is_dir(dentry) &&
	       d_inode(dentry)->i_nlink > 1;
}

static int kipc_fs_unlink(struct inode *dir, struct dentry *dentry)
{
	bool extra = kipc_fs_is_extra_name(dentry);
	int ret;

	if (kipc_fs_is_fixed(d_inode(dentry)))
		return -EPERM;
	kipc_fs_settle_times(dentry);
	ret = simple_unlink(dir, dentry);
	if (!ret && extra)
		kipc_fs_uncount_node(dir->i_sb);
	return ret;
}

static int kipc_fs_rmdir(struct inode *dir, struct dentry *dentry)
{
	if (kipc_fs_is_fixed(d_inode(dentry)))
		return -EPERM;
	return simple_rmdir(dir, dentry);
}

static int kipc_fs_rename(struct kipc_idmap *idmap, struct inode *old_dir,
			  struct dentry *old_dentry, struct inode *new_dir,
			  struct dentry *new_dentry, unsigned int flags)
{
	bool extra = !(flags & RENAME_EXCHANGE) &&
		     kipc_fs_is_extra_name(new_dentry);
	int ret;

	if (kipc_fs_is_fixed(new_dir) ||
	    kipc_fs_is_fixed(d_inode(old_dentry)) ||
	    (d_really_is_positive(new_dentry) &&
	     kipc_fs_is_fixed(d_inode(new_dentry))))
		return -EPERM;
	kipc_fs_settle_times(old_dentry);
	kipc_fs_settle_times(new_dentry);
	ret = simple_rename(idmap, old_dir, old_dentry, new_dir, new_dentry,
			    flags);
	if (!ret && extra)
		kipc_fs_uncount_node(new_dir->i_sb);
	return ret;
}

static const struct inode_operations kipc_fs_dir_iops = {
	.lookup		= simple_lookup,
	.create		= kipc_fs_create,
	.mknod		= kipc_fs_mknod,
	.mkdir		= kipc_fs_mkdir,
	.symlink	= kipc_fs_symlink,
	.link		= kipc_fs_link,
	.unlink		= kipc_fs_unlink,
	.rmdir		= kipc_fs_rmdir,
	.rename		= kipc_fs_rename,
	.setattr	= simple_setattr,
};
