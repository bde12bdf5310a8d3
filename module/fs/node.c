// SPDX-License-Identifier: GPL-2.0
/* kipcfs: the nodes that every mount begins with; see fs.h. */
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "core/fdinfo.h"
#include "core/ioctl.h"
#include "fs/fs.h"

static int kipc_fs_control_open(struct inode *inode, struct file *file)
{
	file->private_data = kipc_instance_of(inode);
	return stream_open(inode, file);
}

static const struct file_operations kipc_fs_control_fops = {
	.owner		= THIS_MODULE,
	.open		= kipc_fs_control_open,
	.unlocked_ioctl	= kipc_instance_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.show_fdinfo	= kipc_fdinfo_show_node,
};

/**
 * struct kipc_fs_limit - a file below limits/
 * @name: its name, that of the kernel's file in /proc/sys/kernel if there is one
 * @first: the first limit that it shows
 * @nr: how many, with tabulators between them
 */
struct kipc_fs_limit {
	const char *name;
	enum kipc_limit first;
	unsigned int nr;
};

/* The file with the most limits has so many. */
#define KIPC_FS_LIMIT_VALUES	4

static const struct kipc_fs_limit kipc_fs_limits[] = {
	{ "shmmax", KIPC_LIMIT_SHMMAX, 1 },
	{ "shmall", KIPC_LIMIT_SHMALL, 1 },
	{ "shmmni", KIPC_LIMIT_SHMMNI, 1 },
	{ "shm_rmid_forced", KIPC_LIMIT_SHM_RMID_FORCED, 1 },
	{ "shm_next_id", KIPC_LIMIT_SHM_NEXT_ID, 1 },
	{ "sem", KIPC_LIMIT_SEMMSL, 4 },
	{ "sem_next_id", KIPC_LIMIT_SEM_NEXT_ID, 1 },
	{ "msgmax", KIPC_LIMIT_MSGMAX, 1 },
	{ "msgmnb", KIPC_LIMIT_MSGMNB, 1 },
	{ "msgmni", KIPC_LIMIT_MSGMNI, 1 },
	{ "msg_next_id", KIPC_LIMIT_MSG_NEXT_ID, 1 },
	{ "sigqmax", KIPC_LIMIT_SIGQMAX, 1 },
	{ "sigmni", KIPC_LIMIT_SIGMNI, 1 },
	{ "sig_next_id", KIPC_LIMIT_SIG_NEXT_ID, 1 },
};

static ssize_t kipc_fs_limit_read(struct file *file, char __user *buf,
				  size_t size, loff_t *pos)
{
	const struct kipc_fs_limit *row = file_inode(file)->i_private;
	struct kipc_instance *inst = kipc_instance_of(file_inode(file));
	char text[128];
	unsigned int i;
	int len = 0;

	for (i = 0; i < row->nr; i++) {
		enum kipc_limit limit = row->first + i;

		len += kipc_limit_print(limit,
					kipc_limit_get(&inst->limits, limit),
					text + len, sizeof(text) - len);
		text[len++] = i + 1 < row->nr ? '\t' : '\n';
	}
	return simple_read_from_buffer(buf, size, pos, text, len);
}

/* Reads the values of a row, or the first few of them. Returns how many, or an error. */
static int kipc_fs_limit_parse(const struct kipc_fs_limit *row, char *text,
			       unsigned long *values)
{
	unsigned int nr = 0;
	char *word;
	int ret;

	while ((word = strsep(&text, " \t\n"))) {
		if (!*word)
			continue;
		if (nr == row->nr)
			return -EINVAL;
		ret = kipc_limit_parse(row->first + nr, word, &values[nr]);
		if (ret)
			return ret;
		nr++;
	}
	return nr ? nr : -EINVAL;
}

static ssize_t kipc_fs_limit_write(struct file *file, const char __user *buf,
				   size_t size, loff_t *pos)
{
	const struct kipc_fs_limit *row = file_inode(file)->i_private;
	struct kipc_instance *inst = kipc_instance_of(file_inode(file));
	unsigned long values[KIPC_FS_LIMIT_VALUES];
	char text[128];
	int i, nr;

	/* As in /proc/sys. */
	if (!size)
		return 0;
	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, size))
		return -EFAULT;
	text[size] = '\0';
	/* All of them are checked before the first one changes. */
	nr = kipc_fs_limit_parse(row, text, values);
	if (nr < 0)
		return nr;
	for (i = 0; i < nr; i++)
		if (!kipc_limit_permits(&inst->limits, row->first + i, values[i]))
			return -EPERM;
	for (i = 0; i < nr; i++)
		kipc_instance_set_limit(inst, row->first + i, values[i]);
	*pos += size;
	return size;
}

static const struct file_operations kipc_fs_limit_fops = {
	.owner	= THIS_MODULE,
	.read	= kipc_fs_limit_read,
	.write	= kipc_fs_limit_write,
	.llseek	= default_llseek,
};

/* Owner and mode can change; O_TRUNC is accepted and means nothing. */
static int kipc_fs_fixed_setattr(struct kipc_idmap *idmap,
				 struct dentry *dentry, struct iattr *attr)
{
	attr->ia_valid &= ~ATTR_SIZE;
	return simple_setattr(idmap, dentry, attr);
}

static const struct inode_operations kipc_fs_fixed_iops = {
	.setattr	= kipc_fs_fixed_setattr,
};

/* Nothing can be made in, or taken out of, these directories. */
static const struct inode_operations kipc_fs_fixed_dir_iops = {
	.lookup		= simple_lookup,
	.setattr	= simple_setattr,
};

/**
 * kipc_fs_is_fixed - is this one of the nodes that a mount begins with?
 * @inode: an inode of kipcfs
 *
 * Return: true if it is, and so must keep its name. The root is not meant.
 */
bool kipc_fs_is_fixed(const struct inode *inode)
{
	return inode->i_op == &kipc_fs_fixed_iops ||
	       inode->i_op == &kipc_fs_fixed_dir_iops;
}

/* Makes a node and gives it a name. The reference returned is the tree's. */
static struct dentry *kipc_fs_fixed_add(struct dentry *parent, const char *name,
					umode_t mode,
					const struct file_operations *fops,
					const void *private)
{
	struct kipc_fs_mount *mount = kipc_fs_mount_of(parent->d_sb);
	struct dentry *dentry;
	struct inode *inode;

	dentry = d_alloc_name(parent, name);
	if (!dentry)
		return ERR_PTR(-ENOMEM);
	inode = kipc_fs_inode(parent->d_sb, mode);
	if (IS_ERR(inode)) {
		dput(dentry);
		return ERR_CAST(inode);
	}
	inode->i_uid = mount->uid;
	inode->i_gid = mount->gid;
	inode->i_private = (void *)private;
	if (S_ISDIR(mode)) {
		inode->i_op = &kipc_fs_fixed_dir_iops;
		inc_nlink(d_inode(parent));
	} else {
		inode->i_op = &kipc_fs_fixed_iops;
		inode->i_fop = fops;
	}
	mount->fixed[mount->nr_fixed++] = inode;
	kipc_make_persistent(dentry, inode);
	dput(dentry);
	return dentry;
}

static int kipc_fs_fixed_add_tables(struct dentry *root)
{
	/* Signal queues have none: nothing would read it. */
	static const char * const names[KIPC_TABLE_NR] = {
		[KIPC_TABLE_SHM] = "shm",
		[KIPC_TABLE_SEM] = "sem",
		[KIPC_TABLE_MSG] = "msg",
	};
	struct dentry *dir, *node;
	unsigned long i;

	dir = kipc_fs_fixed_add(root, "sysvipc", S_IFDIR | 0555, NULL, NULL);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	for (i = 0; i < KIPC_TABLE_NR; i++) {
		if (!names[i])
			continue;
		node = kipc_fs_fixed_add(dir, names[i], S_IFREG | 0444,
					 &kipc_fs_table_fops, (void *)i);
		if (IS_ERR(node))
			return PTR_ERR(node);
	}
	return 0;
}

static int kipc_fs_fixed_add_limits(struct dentry *root)
{
	struct dentry *dir, *node;
	int i;

	dir = kipc_fs_fixed_add(root, "limits", S_IFDIR | 0555, NULL, NULL);
	if (IS_ERR(dir))
		return PTR_ERR(dir);
	for (i = 0; i < ARRAY_SIZE(kipc_fs_limits); i++) {
		node = kipc_fs_fixed_add(dir, kipc_fs_limits[i].name,
					 S_IFREG | 0644, &kipc_fs_limit_fops,
					 &kipc_fs_limits[i]);
		if (IS_ERR(node))
			return PTR_ERR(node);
	}
	return 0;
}

/**
 * kipc_fs_fixed_create - make the nodes that a mount begins with
 * @sb: a mount that has a root, and is not seen by anybody yet
 *
 * What was made when it fails goes with the super block.
 *
 * Context: may sleep. Return: 0, or -ENOMEM.
 */
int kipc_fs_fixed_create(struct super_block *sb)
{
	struct kipc_fs_mount *mount = kipc_fs_mount_of(sb);
	struct dentry *root = sb->s_root, *control;
	int ret;

	static_assert(2 + 2 + KIPC_TABLE_NR + ARRAY_SIZE(kipc_fs_limits) <=
		      KIPC_FS_FIXED_MAX);
	mount->fixed[mount->nr_fixed++] = d_inode(root);
	control = kipc_fs_fixed_add(root, "control", S_IFREG | mount->mode,
				    &kipc_fs_control_fops, NULL);
	if (IS_ERR(control))
		return PTR_ERR(control);
	ret = kipc_fs_fixed_add_tables(root);
	if (ret)
		return ret;
	return kipc_fs_fixed_add_limits(root);
}

/**
 * kipc_fs_fixed_update - give the fixed nodes owners and modes of a remount
 * @sb: the mount
 * @options: what the remount says
 *
 * What it does not say stays as chown(2) and chmod(2) have left it.
 *
 * Context: may sleep.
 */
void kipc_fs_fixed_update(struct super_block *sb,
			  const struct kipc_fs_options *options)
{
	struct kipc_fs_mount *mount = kipc_fs_mount_of(sb);
	unsigned int i;

	for (i = 0; i < mount->nr_fixed; i++) {
		struct inode *inode = mount->fixed[i];

		inode_lock(inode);
		if (options->given & BIT(KIPC_FS_OPT_UID))
			inode->i_uid = options->uid;
		if (options->given & BIT(KIPC_FS_OPT_GID))
			inode->i_gid = options->gid;
		if ((options->given & BIT(KIPC_FS_OPT_MODE)) &&
		    inode->i_fop == &kipc_fs_control_fops)
			inode->i_mode = S_IFREG | options->mode;
		if ((options->given & BIT(KIPC_FS_OPT_DIRMODE)) &&
		    inode == d_inode(sb->s_root))
			inode->i_mode = S_IFDIR | options->dirmode;
		inode_unlock(inode);
	}
}
