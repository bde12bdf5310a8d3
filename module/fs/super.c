// SPDX-License-Identifier: GPL-2.0
/* kipcfs: mounts; see fs.h. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/kipc.h>

#include "compat.h"
#include "fs/fs.h"

#define KIPC_FS_MODE_DEFAULT	0666
#define KIPC_FS_DIRMODE_DEFAULT	0755

/* Set once by kipc_fs_init(), before the file system can be mounted. */
struct kipc_fs_node_ops kipc_fs_node_ops;

static const struct fs_parameter_spec kipc_fs_parameters[] = {
	fsparam_u32("uid", KIPC_FS_OPT_UID),
	fsparam_u32("gid", KIPC_FS_OPT_GID),
	fsparam_u32oct("mode", KIPC_FS_OPT_MODE),
	fsparam_u32oct("dirmode", KIPC_FS_OPT_DIRMODE),
	fsparam_flag("default", KIPC_FS_OPT_DEFAULT),
	fsparam_string("shmmax", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SHMMAX),
	fsparam_string("shmall", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SHMALL),
	fsparam_string("shmmni", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SHMMNI),
	fsparam_string("shm_rmid_forced",
		       KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SHM_RMID_FORCED),
	fsparam_string("semmsl", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SEMMSL),
	fsparam_string("semmns", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SEMMNS),
	fsparam_string("semopm", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SEMOPM),
	fsparam_string("semmni", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SEMMNI),
	fsparam_string("msgmax", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_MSGMAX),
	fsparam_string("msgmnb", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_MSGMNB),
	fsparam_string("msgmni", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_MSGMNI),
	fsparam_string("sigqmax", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SIGQMAX),
	fsparam_string("sigmni", KIPC_FS_OPT_LIMIT + KIPC_LIMIT_SIGMNI),
	{}
};

static_assert(KIPC_FS_OPT_LIMIT + KIPC_LIMIT_NR <= BITS_PER_LONG);

static int kipc_fs_bad_value(struct fs_context *fc, struct fs_parameter *param)
{
	return invalfc(fc, "Bad value for '%s'", param->key);
}

static int kipc_fs_parse_param(struct fs_context *fc,
			       struct fs_parameter *param)
{
	struct kipc_fs_options *options = fc->fs_private;
	struct fs_parse_result result;
	int opt = fs_parse(fc, kipc_fs_parameters, param, &result);

	if (opt < 0)
		return opt;
	switch (opt) {
	case KIPC_FS_OPT_UID:
		options->uid = make_kuid(current_user_ns(), result.uint_32);
		if (!kuid_has_mapping(fc->user_ns, options->uid))
			return kipc_fs_bad_value(fc, param);
		break;
	case KIPC_FS_OPT_GID:
		options->gid = make_kgid(current_user_ns(), result.uint_32);
		if (!kgid_has_mapping(fc->user_ns, options->gid))
			return kipc_fs_bad_value(fc, param);
		break;
	case KIPC_FS_OPT_MODE:
		if (result.uint_32 & ~0777)
			return kipc_fs_bad_value(fc, param);
		options->mode = result.uint_32;
		break;
	case KIPC_FS_OPT_DIRMODE:
		if (result.uint_32 & ~01777)
			return kipc_fs_bad_value(fc, param);
		options->dirmode = result.uint_32;
		break;
	case KIPC_FS_OPT_DEFAULT:
		break;
	default:
		if (kipc_limit_parse(opt - KIPC_FS_OPT_LIMIT, param->string,
				     &options->limits[opt - KIPC_FS_OPT_LIMIT]))
			return kipc_fs_bad_value(fc, param);
	}
	options->given |= BIT(opt);
	return 0;
}

/* Takes over what the options say of the nodes. */
static void kipc_fs_apply_nodes(struct kipc_fs_mount *mount,
				const struct kipc_fs_options *options)
{
	if (options->given & BIT(KIPC_FS_OPT_UID))
		mount->uid = options->uid;
	if (options->given & BIT(KIPC_FS_OPT_GID))
		mount->gid = options->gid;
	if (options->given & BIT(KIPC_FS_OPT_MODE))
		mount->mode = options->mode;
	if (options->given & BIT(KIPC_FS_OPT_DIRMODE))
		mount->dirmode = options->dirmode;
}

/* May the caller set the limits that the options name? */
static int kipc_fs_check_limits(struct fs_context *fc,
				const struct kipc_fs_mount *mount)
{
	const struct kipc_fs_options *options = fc->fs_private;
	int i;

	for (i = 0; i < KIPC_LIMIT_NR; i++) {
		if (!(options->given & BIT(KIPC_FS_OPT_LIMIT + i)) ||
		    kipc_limit_permits(&mount->mount.inst->limits, i,
				       options->limits[i]))
			continue;
		errorfc(fc, "'%s=%lu' is for CAP_SYS_RESOURCE",
			kipc_limit_name(i), options->limits[i]);
		return -EPERM;
	}
	return 0;
}

/* Sets the limits that the options name. */
static void kipc_fs_apply_limits(struct kipc_fs_mount *mount,
				 const struct kipc_fs_options *options)
{
	int i;

	for (i = 0; i < KIPC_LIMIT_NR; i++)
		if (options->given & BIT(KIPC_FS_OPT_LIMIT + i))
			kipc_instance_set_limit(mount->mount.inst, i,
						options->limits[i]);
}

/**
 * kipc_fs_show_options - print the options of a mount for /proc/mounts
 * @m: where to
 * @root: the root of the mount
 *
 * Return: 0.
 */
int kipc_fs_show_options(struct seq_file *m, struct dentry *root)
{
	struct kipc_fs_mount *mount = kipc_fs_mount_of(root->d_sb);
	struct kipc_instance *inst = mount->mount.inst;
	const struct inode *control = mount->fixed[1], *dir = d_inode(root);
	struct user_namespace *ns = seq_user_ns(m);
	unsigned long value;
	char text[24];
	int i;

	if (inst == kipc_default_instance)
		seq_puts(m, ",default");
	/* As they are now: mount(8) hands all of these back to a remount. */
	if (!uid_eq(dir->i_uid, GLOBAL_ROOT_UID))
		seq_printf(m, ",uid=%u", from_kuid_munged(ns, dir->i_uid));
	if (!gid_eq(dir->i_gid, GLOBAL_ROOT_GID))
		seq_printf(m, ",gid=%u", from_kgid_munged(ns, dir->i_gid));
	if ((control->i_mode & 0777) != KIPC_FS_MODE_DEFAULT)
		seq_printf(m, ",mode=%o", control->i_mode & 0777);
	if ((dir->i_mode & 01777) != KIPC_FS_DIRMODE_DEFAULT)
		seq_printf(m, ",dirmode=%o", dir->i_mode & 01777);
	/* The ids after the limits are no options. */
	for (i = 0; i < KIPC_LIMIT_SHM_NEXT_ID; i++) {
		value = kipc_limit_get(&inst->limits, i);
		if (value == kipc_limit_default(i))
			continue;
		kipc_limit_print(i, value, text, sizeof(text));
		seq_printf(m, ",%s=%s", kipc_limit_name(i), text);
	}
	return 0;
}

static int kipc_fs_fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct kipc_fs_mount *mount = kipc_fs_mount_of(sb);
	struct inode *root;
	int ret;

	sb->s_magic = KIPCFS_MAGIC;
	sb->s_op = &kipc_fs_sops;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_time_gran = 1;
	/* Whoever mounts it, it gives no way to devices or to programs. */
	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;

	kipc_fs_apply_nodes(mount, fc->fs_private);
	root = kipc_fs_inode(sb, S_IFDIR | mount->dirmode);
	if (IS_ERR(root))
		return PTR_ERR(root);
	root->i_uid = mount->uid;
	root->i_gid = mount->gid;
	sb->s_root = d_make_root(root);
	if (!sb->s_root)
		return -ENOMEM;
	ret = kipc_fs_fixed_create(sb);
	if (ret)
		return ret;
	kipc_fs_apply_limits(mount, fc->fs_private);
	return 0;
}

/* Drops a mount, and all of its instance but for that of the module. */
static void kipc_fs_mount_free(struct kipc_fs_mount *mount)
{
	if (!mount)
		return;
	if (mount->mount.inst == kipc_default_instance)
		kipc_instance_put(mount->mount.inst);
	else
		kipc_instance_close(mount->mount.inst);
	kfree(mount);
}

static int kipc_fs_get_tree(struct fs_context *fc)
{
	struct kipc_fs_options *options = fc->fs_private;
	bool show_default = options->given & BIT(KIPC_FS_OPT_DEFAULT);
	struct kipc_fs_mount *mount;
	int ret;

	if (show_default && (fc->user_ns != &init_user_ns ||
			     !capable(CAP_SYS_ADMIN))) {
		errorfc(fc, "'default' is for the administrator of the machine");
		return -EPERM;
	}
	mount = kzalloc(sizeof(*mount), GFP_KERNEL_ACCOUNT);
	if (!mount)
		return -ENOMEM;
	if (show_default)
		mount->mount.inst = kipc_instance_get(kipc_default_instance);
	else
		mount->mount.inst = kipc_instance_alloc(fc->user_ns);
	if (!mount->mount.inst) {
		kfree(mount);
		return -ENOMEM;
	}
	mount->uid = current_fsuid();
	mount->gid = current_fsgid();
	mount->mode = KIPC_FS_MODE_DEFAULT;
	mount->dirmode = KIPC_FS_DIRMODE_DEFAULT;
	fc->s_fs_info = mount;
	ret = kipc_fs_check_limits(fc, mount);
	if (ret)
		return ret;
	return get_tree_nodev(fc, kipc_fs_fill_super);
}

static int kipc_fs_reconfigure(struct fs_context *fc)
{
	struct kipc_fs_mount *mount = kipc_fs_mount_of(fc->root->d_sb);
	struct kipc_fs_options *options = fc->fs_private;
	int ret;

	if ((options->given & BIT(KIPC_FS_OPT_DEFAULT)) &&
	    mount->mount.inst != kipc_default_instance)
		return invalfc(fc, "'default' cannot be given to a remount");
	ret = kipc_fs_check_limits(fc, mount);
	if (ret)
		return ret;
	kipc_fs_fixed_update(fc->root->d_sb, options);
	kipc_fs_apply_limits(mount, options);
	return 0;
}

/* The mount is here only until a super block has taken it over. */
static void kipc_fs_free_fc(struct fs_context *fc)
{
	kipc_fs_mount_free(fc->s_fs_info);
	kfree(fc->fs_private);
}

static const struct fs_context_operations kipc_fs_context_ops = {
	.free		= kipc_fs_free_fc,
	.parse_param	= kipc_fs_parse_param,
	.get_tree	= kipc_fs_get_tree,
	.reconfigure	= kipc_fs_reconfigure,
};

static int kipc_fs_init_fs_context(struct fs_context *fc)
{
	struct kipc_fs_options *options;

	options = kzalloc(sizeof(*options), GFP_KERNEL_ACCOUNT);
	if (!options)
		return -ENOMEM;
	fc->fs_private = options;
	fc->ops = &kipc_fs_context_ops;
	return 0;
}

static void kipc_fs_kill_sb(struct super_block *sb)
{
	struct kipc_fs_mount *mount = kipc_fs_mount_of(sb);

	/* Evicts all inodes, which still count themselves in the mount. */
	kipc_kill_litter_super(sb);
	kipc_fs_mount_free(mount);
}

static struct file_system_type kipc_fs_type = {
	.owner			= THIS_MODULE,
	.name			= KIPCFS_NAME,
	.init_fs_context	= kipc_fs_init_fs_context,
	.parameters		= kipc_fs_parameters,
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
