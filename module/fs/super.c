// SPDX-License-Identifier: GPL-2.0
/* kipcfs: mounts; see fs.h. */
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/kipc.h>

#include "compat.h"
#include "kipc.h"
#include "fs/fs.h"

/* Set once by kipc_fs_init(), before the file system can be mounted. */
struct kipc_fs_node_ops kipc_fs_node_ops;

static int kipc_fs_fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct inode *root;

	sb->s_magic = KIPCFS_MAGIC;
	sb->s_op = &kipc_fs_sops;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_time_gran = 1;
	/* Whoever mounts it, it gives no way to devices or to programs. */
	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;

	root = kipc_fs_inode(sb, S_IFDIR | 0755);
	if (IS_ERR(root))
		return PTR_ERR(root);
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int kipc_fs_get_tree(struct fs_context *fc)
{
	fc->s_fs_info = kipc_instance_alloc();
	if (!fc->s_fs_info)
		return -ENOMEM;
	return get_tree_nodev(fc, kipc_fs_fill_super);
}

/* The instance is here only until a super block has taken it over. */
static void kipc_fs_free_fc(struct fs_context *fc)
{
	kipc_instance_put(fc->s_fs_info);
}

static const struct fs_context_operations kipc_fs_context_ops = {
	.free		= kipc_fs_free_fc,
	.get_tree	= kipc_fs_get_tree,
};

static int kipc_fs_init_fs_context(struct fs_context *fc)
{
	fc->ops = &kipc_fs_context_ops;
	return 0;
}

static void kipc_fs_kill_sb(struct super_block *sb)
{
	struct kipc_instance *inst = sb->s_fs_info;

	/* Evicts all inodes, which still count themselves in the instance. */
	kipc_kill_litter_super(sb);
	kipc_instance_put(inst);
}

static struct file_system_type kipc_fs_type = {
	.owner			= THIS_MODULE,
	.name			= KIPCFS_NAME,
	.init_fs_context	= kipc_fs_init_fs_context,
	.kill_sb		= kipc_fs_kill_sb,
	.fs_flags		= FS_USERNS_MOUNT | FS_ALLOW_IDMAP,
};
MODULE_ALIAS_FS(KIPCFS_NAME);

/**
 * kipc_fs_init - make kipcfs known
 * @ops: what to do with inodes that open as objects
 *
 * Return: 0 or a negative errno.
 */
int __init kipc_fs_init(const struct kipc_fs_node_ops *ops)
{
	kipc_fs_node_ops = *ops;
	return register_filesystem(&kipc_fs_type);
}

/**
 * kipc_fs_exit - forget kipcfs; no mount is left
 */
void kipc_fs_exit(void)
{
	unregister_filesystem(&kipc_fs_type);
	/* Inodes are freed after a grace period, by our code. */
	rcu_barrier();
}
