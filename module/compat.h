/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_COMPAT_H
#define _KIPC_COMPAT_H

/*
 * Every difference between kernel versions, 6.1 to 7.3, in one place. Each
 * entry names what changed; the rest of the module is written as if there were
 * one kernel.
 */

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/slab.h>
#include <linux/splice.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <linux/workqueue.h>

/* 6.3: operations of inodes get a mnt_idmap instead of a user_namespace. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#define kipc_idmap mnt_idmap
#else
#define kipc_idmap user_namespace
#endif

/* 6.6: generic_fillattr() gets the mask of what is asked for. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define kipc_generic_fillattr(idmap, mask, inode, stat) \
	generic_fillattr(idmap, mask, inode, stat)
#else
#define kipc_generic_fillattr(idmap, mask, inode, stat) \
	generic_fillattr(idmap, inode, stat)
#endif

/* 6.7: times of an inode have accessors only. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define kipc_inode_set_atime(inode, ts)	inode_set_atime_to_ts(inode, ts)
#define kipc_inode_set_mtime(inode, ts)	inode_set_mtime_to_ts(inode, ts)
#define kipc_inode_set_ctime(inode, ts)	inode_set_ctime_to_ts(inode, ts)
#else
#define kipc_inode_set_atime(inode, ts)	((inode)->i_atime = (ts))
#define kipc_inode_set_mtime(inode, ts)	((inode)->i_mtime = (ts))
#define kipc_inode_set_ctime(inode, ts)	((inode)->i_ctime = (ts))
#endif

/* 6.5: splice_read for files that can only be copied from. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define kipc_splice_read copy_splice_read
#else
#define kipc_splice_read generic_file_splice_read
#endif

/*
 * 6.12: where the architecture wants these copies inline, they have another name.
 * They are copy_from_user() and copy_to_user() without the run-time check of the
 * kernel address.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) && \
	defined(INLINE_COPY_FROM_USER)
#define kipc_copy_from_user _inline_copy_from_user
#else
#define kipc_copy_from_user _copy_from_user
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) && \
	defined(INLINE_COPY_TO_USER)
#define kipc_copy_to_user _inline_copy_to_user
#else
#define kipc_copy_to_user _copy_to_user
#endif

/* 6.17: the queue for works that no CPU is bound to has a new name, and later warns of the old. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define kipc_unbound_wq system_dfl_wq
#else
#define kipc_unbound_wq system_unbound_wq
#endif

/* 6.8: vfs_iter_write() keeps the file system from being frozen by itself. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define kipc_iter_write vfs_iter_write
#else
static inline ssize_t kipc_iter_write(struct file *file, struct iov_iter *iter,
				      loff_t *pos, rwf_t flags)
{
	ssize_t ret;

	file_start_write(file);
	ret = vfs_iter_write(file, iter, pos, flags);
	file_end_write(file);
	return ret;
}
#endif

/* 6.18: a write may ask for no SIGPIPE. */
#ifndef IOCB_NOSIGNAL
#define IOCB_NOSIGNAL	0
#endif

/* 6.12: the word of struct file that a FIFO may use has another name. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define kipc_file_cookie(file)	((file)->f_pipe)
#else
#define kipc_file_cookie(file)	((file)->f_version)
#endif

/*
 * 6.14: a file says what fsnotify has to tell of it. One from alloc_file_pseudo() says
 * nothing; that of a pipe says all but permission events, as natively.
 */
static inline void kipc_file_notify(struct file *file)
{
#ifdef FMODE_FSNOTIFY_MASK
	file->f_mode &= ~FMODE_FSNOTIFY_MASK;
	file->f_mode |= FMODE_NONOTIFY_PERM;
#endif
}

/* 6.16: inodes of alloc_anon_inode() are marked as such. */
#ifndef S_ANON_INODE
#define S_ANON_INODE	0
#endif

/* 6.8: always 1 is added. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#define kipc_eventfd_signal(ctx)	eventfd_signal(ctx)
#else
#define kipc_eventfd_signal(ctx)	eventfd_signal(ctx, 1)
#endif

/* 6.5: caches can be kept from being merged; before, one for user copies was not. */
#ifndef SLAB_NO_MERGE
#define SLAB_NO_MERGE	0
#endif

/* 6.7: get_policy() returns an index for interleaving as well. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define KIPC_GET_POLICY(name) \
	struct mempolicy *(name)(struct vm_area_struct *vma, \
				 unsigned long addr, pgoff_t *ilx)
#define kipc_get_policy(ops, vma, addr) \
	((ops)->get_policy(vma, addr, ilx))
#else
#define KIPC_GET_POLICY(name) \
	struct mempolicy *(name)(struct vm_area_struct *vma, unsigned long addr)
#define kipc_get_policy(ops, vma, addr) \
	((ops)->get_policy(vma, addr))
#endif

/* 6.17: calling the mmap operation of a file. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 17, 0)
#define kipc_call_mmap(file, vma)	vfs_mmap(file, vma)
#else
#define kipc_call_mmap(file, vma)	call_mmap(file, vma)
#endif

/*
 * 6.18: a file system is mounted for the kernel's own use with options, by a
 * function made for that; before, options can only be given to a mount that is
 * not, or changed afterwards.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
static inline struct vfsmount *kipc_mount_huge(struct file_system_type *type,
					       const char *huge)
{
	struct fs_context *fc = fs_context_for_mount(type, SB_KERNMOUNT);
	struct vfsmount *mnt;
	int ret;

	if (IS_ERR(fc))
		return ERR_CAST(fc);
	ret = vfs_parse_fs_string(fc, "source", type->name);
	if (!ret)
		ret = vfs_parse_fs_string(fc, "huge", huge);
	mnt = ret ? ERR_PTR(ret) : fc_mount_longterm(fc);
	put_fs_context(fc);
	return mnt;
}
#else
static inline int kipc_remount_huge(struct vfsmount *mnt, const char *huge)
{
	struct super_block *sb = mnt->mnt_sb;
	struct fs_context *fc;
	int ret;

	fc = fs_context_for_reconfigure(mnt->mnt_root, 0, 0);
	if (IS_ERR(fc))
		return PTR_ERR(fc);
	ret = vfs_parse_fs_string(fc, "huge", huge, strlen(huge));
	if (!ret) {
		down_write(&sb->s_umount);
		/* What reconfigure_super() does; that is not exported. */
		ret = fc->ops->reconfigure(fc);
		up_write(&sb->s_umount);
	}
	put_fs_context(fc);
	return ret;
}

static inline struct vfsmount *kipc_mount_huge(struct file_system_type *type,
					       const char *huge)
{
	struct vfsmount *mnt = kern_mount(type);
	int ret;

	if (IS_ERR(mnt))
		return mnt;
	ret = kipc_remount_huge(mnt, huge);
	if (!ret)
		return mnt;
	kern_unmount(mnt);
	return ERR_PTR(ret);
}
#endif

/* 7.2: batches of folios have a header of their own. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 2, 0)
#include <linux/folio_batch.h>
#else
#include <linux/pagevec.h>
#endif

/* 7.0: flags that a tmpfs file is made with have a type of their own. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define kipc_shmem_flags(noreserve) \
	((noreserve) ? mk_vma_flags(VMA_NORESERVE_BIT) : EMPTY_VMA_FLAGS)
#else
#define kipc_shmem_flags(noreserve)	((noreserve) ? VM_NORESERVE : 0)
#endif

/* 6.10: __assign_str() finds the source itself. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define kipc_assign_str(dst, src)	__assign_str(dst)
#else
#define kipc_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* 6.15: mkdir returns a dentry, or NULL for the one it was given. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define kipc_mkdir_t		struct dentry *
#define kipc_mkdir_ret(err)	ERR_PTR(err)
#else
#define kipc_mkdir_t		int
#define kipc_mkdir_ret(err)	(err)
#endif

/* 6.18: the function that never keeps an unused inode has another name. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
#define kipc_delete_inode inode_just_drop
#else
#define kipc_delete_inode generic_delete_inode
#endif

/* 7.1: inode numbers have 64 bits, before that those of a long. */
#define kipc_ino(inode)	((u64)(inode)->i_ino)

/* 7.3: create is no longer told whether the file has to be new. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
#define kipc_create_mode	umode_t mode
#else
#define kipc_create_mode	umode_t mode, bool excl
#endif

/*
 * To be said after a refcount_dec_and_lock() that took the lock: sparse does not
 * understand how the kernel declares it.
 */
#define kipc_dec_locked(lock)	__acquire(lock)

/*
 * 6.19: file systems whose entries live in the dentry cache alone mark them, and
 * have no unmount function of their own any more.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define kipc_kill_litter_super(sb)	kill_anon_super(sb)
#define kipc_make_persistent(dentry, inode) \
	d_make_persistent(dentry, inode)
#else
#define kipc_kill_litter_super(sb)	kill_litter_super(sb)
static inline void kipc_make_persistent(struct dentry *dentry,
					struct inode *inode)
{
	if (d_unhashed(dentry))
		d_add(dentry, inode);
	else
		d_instantiate(dentry, inode);
	dget(dentry);
}
#endif

/* Pin what is mapped now, without a fault: the former is internal since 6.3. */
#ifdef FOLL_FAST_ONLY
#define KIPC_FOLL_PRESENT	FOLL_FAST_ONLY
#else
#define KIPC_FOLL_PRESENT	FOLL_NOFAULT
#endif

#endif /* _KIPC_COMPAT_H */
