// SPDX-License-Identifier: GPL-2.0
/* Outer files and mappings of a segment; see shm.h. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/shm.h>
#include <linux/timekeeping.h>

#include "compat.h"
#include "core/fdinfo.h"
#include "obj/shm.h"

/* What a file of tmpfs can do and an outer file cannot. */
#define KIPC_SHM_NOT_FMODE \
	(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE | FMODE_CAN_READ | \
	 FMODE_CAN_WRITE)

static struct kipc_shm *kipc_shm_of_vma(const struct vm_area_struct *vma)
{
	return vma->vm_file->private_data;
}

static const struct vm_operations_struct *
kipc_shm_inner_ops(const struct vm_area_struct *vma)
{
	/* Set, always to the same, by whoever maps it at the moment. */
	return READ_ONCE(kipc_shm_of_vma(vma)->inner_ops);
}

/* A mapping was made: by mmap, fork, mremap, or by splitting one. */
static void kipc_shm_count_mapping(struct kipc_shm *shm)
{
	spin_lock(&shm->entry.lock);
	shm->nattch++;
	shm->atime = ktime_get_real_seconds();
	kipc_shm_set_lpid_locked(shm);
	spin_unlock(&shm->entry.lock);
}

static void kipc_shm_vm_open(struct vm_area_struct *vma)
{
	const struct vm_operations_struct *ops = kipc_shm_inner_ops(vma);

	if (ops->open)
		ops->open(vma);
	kipc_shm_count_mapping(kipc_shm_of_vma(vma));
}

/* The outer file, which the mapping still holds, retires the segment. */
static void kipc_shm_vm_close(struct vm_area_struct *vma)
{
	const struct vm_operations_struct *ops = kipc_shm_inner_ops(vma);
	struct kipc_shm *shm = kipc_shm_of_vma(vma);

	if (ops->close)
		ops->close(vma);
	spin_lock(&shm->entry.lock);
	shm->nattch--;
	shm->dtime = ktime_get_real_seconds();
	kipc_shm_set_lpid_locked(shm);
	spin_unlock(&shm->entry.lock);
}

static vm_fault_t kipc_shm_vm_fault(struct vm_fault *vmf)
{
	return kipc_shm_inner_ops(vmf->vma)->fault(vmf);
}

static vm_fault_t kipc_shm_vm_map_pages(struct vm_fault *vmf, pgoff_t start,
					pgoff_t end)
{
	const struct vm_operations_struct *ops = kipc_shm_inner_ops(vmf->vma);

	return ops->map_pages ? ops->map_pages(vmf, start, end) : 0;
}

static int kipc_shm_vm_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	const struct vm_operations_struct *ops = kipc_shm_inner_ops(vma);

	return ops->may_split ? ops->may_split(vma, addr) : 0;
}

#ifdef CONFIG_NUMA
static int kipc_shm_vm_set_policy(struct vm_area_struct *vma,
				  struct mempolicy *policy)
{
	const struct vm_operations_struct *ops = kipc_shm_inner_ops(vma);

	return ops->set_policy ? ops->set_policy(vma, policy) : 0;
}

static KIPC_GET_POLICY(kipc_shm_vm_get_policy)
{
	const struct vm_operations_struct *ops = kipc_shm_inner_ops(vma);

	return ops->get_policy ? kipc_get_policy(ops, vma, addr) :
				 vma->vm_policy;
}
#endif

static const struct vm_operations_struct kipc_shm_vm_ops = {
	.open		= kipc_shm_vm_open,
	.close		= kipc_shm_vm_close,
	.fault		= kipc_shm_vm_fault,
	.map_pages	= kipc_shm_vm_map_pages,
	.may_split	= kipc_shm_vm_may_split,
#ifdef CONFIG_NUMA
	.set_policy	= kipc_shm_vm_set_policy,
	.get_policy	= kipc_shm_vm_get_policy,
#endif
};

static const struct file_operations kipc_shm_attach_fops;

/* Makes an outer file of somebody who has become a user of the segment. */
static struct file *kipc_shm_outer(struct kipc_shm *shm, bool read_only,
				   const struct file_operations *fops)
{
	int flags = read_only ? O_RDONLY : O_RDWR;
	struct file *file;

	file = dentry_open(&shm->inner->f_path, flags | O_LARGEFILE,
			   current_cred());
	if (IS_ERR(file)) {
		kipc_entry_close(&shm->entry);
		return file;
	}
	file->f_mode &= ~KIPC_SHM_NOT_FMODE;
	file->private_data = shm;
	replace_fops(file, fops_get(fops));
	return file;
}

/* Likewise, of a new user. */
static struct file *kipc_shm_outer_new(struct kipc_shm *shm, bool read_only,
				       const struct file_operations *fops)
{
	int ret;

	kipc_entry_get(&shm->entry);
	ret = kipc_entry_open(&shm->entry);
	if (!ret)
		return kipc_shm_outer(shm, read_only, fops);
	kipc_entry_put(&shm->entry);
	return ERR_PTR(ret);
}

/*
 * From 6.4 to 6.13 the kernel tries again to merge a mapping with the one before
 * it when mmap has changed its flags (tmpfs does, for memory tagging), and forgets
 * it then without closing it. Those of different files are never merged. The file
 * may be changed here: the kernel looks at it again after mmap, and what it counts
 * of writers and mappings it counts in the inode, which stays the same.
 */
static int kipc_shm_mmap_alone(struct kipc_shm *shm, struct vm_area_struct *vma)
{
	bool read_only = !(vma->vm_file->f_mode & FMODE_WRITE);
	struct file *file;

	kipc_entry_get(&shm->entry);
	kipc_entry_open_again(&shm->entry);
	file = kipc_shm_outer(shm, read_only, &kipc_shm_attach_fops);
	if (IS_ERR(file))
		return PTR_ERR(file);
	vma_set_file(vma, file);
	fput(file);
	return 0;
}

/*
 * Is nothing left of a segment that was removed but the file of a mapping that is gone? So it is
 * where remap_file_pages(2) has replaced the last one, but not where shmat(2) has.
 */
static bool kipc_shm_is_over(struct kipc_shm *shm)
{
	bool over;

	spin_lock(&shm->entry.lock);
	over = shm->entry.mode & KIPC_MODE_DEST && !shm->nattch && !shm->fds &&
	       !atomic_read(&shm->attaching);
	spin_unlock(&shm->entry.lock);
	return over;
}

static int kipc_shm_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct kipc_shm *shm = file->private_data;
	vm_flags_t flags = vma->vm_flags;
	int ret;

	if (kipc_shm_is_over(shm))
		return -EINVAL;
	ret = kipc_call_mmap(shm->inner, vma);
	if (!ret && vma->vm_flags != flags)
		ret = kipc_shm_mmap_alone(shm, vma);
	if (ret)
		return ret;
	WRITE_ONCE(shm->inner_ops, vma->vm_ops);
	vma->vm_ops = &kipc_shm_vm_ops;
	kipc_shm_count_mapping(shm);
	return 0;
}

static unsigned long kipc_shm_get_unmapped_area(struct file *file,
						unsigned long addr,
						unsigned long len,
						unsigned long pgoff,
						unsigned long flags)
{
	struct kipc_shm *shm = file->private_data;
	struct file *inner = shm->inner;

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
	/* One search for an aligned place, where tmpfs would do two. */
	if (kipc_shm_is_huge(shm))
		return thp_get_unmapped_area(file, addr, len, pgoff, flags);
#endif
	return inner->f_op->get_unmapped_area(inner, addr, len, pgoff, flags);
}

/* For msync(2), which wants to find something. */
static int kipc_shm_fsync(struct file *file, loff_t start, loff_t end,
			  int datasync)
{
	return 0;
}

/* For MADV_REMOVE, and to have all pages at once; the size stays. */
static long kipc_shm_fallocate(struct file *file, int mode, loff_t offset,
			       loff_t len)
{
	struct kipc_shm *shm = file->private_data;
	struct file *inner = shm->inner;

	if (!inner->f_op->fallocate)
		return -EOPNOTSUPP;
	/* The sum was checked by vfs_fallocate(). */
	if (!(mode & FALLOC_FL_PUNCH_HOLE) &&
	    offset + len > i_size_read(file_inode(inner)))
		return -EFBIG;
	return inner->f_op->fallocate(inner, mode, offset, len);
}

/* The last of a file of an attachment. */
static int kipc_shm_attach_release(struct inode *inode, struct file *file)
{
	struct kipc_shm *shm = file->private_data;

	kipc_entry_close(&shm->entry);
	return 0;
}

/* The last of a file that descriptors may refer to. */
static int kipc_shm_release(struct inode *inode, struct file *file)
{
	struct kipc_shm *shm = file->private_data;

	spin_lock(&shm->entry.lock);
	shm->fds--;
	spin_unlock(&shm->entry.lock);
	return kipc_shm_attach_release(inode, file);
}

static void kipc_shm_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct kipc_shm *shm = file->private_data;

	kipc_fdinfo_entry(m, &shm->entry);
}

static const struct file_operations kipc_shm_fops = {
	.owner			= THIS_MODULE,
	.unlocked_ioctl		= kipc_shm_file_ioctl,
	.compat_ioctl		= compat_ptr_ioctl,
	.mmap			= kipc_shm_mmap,
	.get_unmapped_area	= kipc_shm_get_unmapped_area,
	.fsync			= kipc_shm_fsync,
	.fallocate		= kipc_shm_fallocate,
	.release		= kipc_shm_release,
	.show_fdinfo		= kipc_shm_show_fdinfo,
};

static const struct file_operations kipc_shm_attach_fops = {
	.owner			= THIS_MODULE,
	.mmap			= kipc_shm_mmap,
	.get_unmapped_area	= kipc_shm_get_unmapped_area,
	.fsync			= kipc_shm_fsync,
	.fallocate		= kipc_shm_fallocate,
	.release		= kipc_shm_attach_release,
};

/**
 * kipc_shm_open - make a file for a descriptor of a segment
 * @shm: the segment
 * @read_only: it cannot be mapped for writing
 *
 * Context: may sleep. Return: the file, or ERR_PTR: -EIDRM, -ENOMEM, -ENFILE.
 */
struct file *kipc_shm_open(struct kipc_shm *shm, bool read_only)
{
	struct file *file = kipc_shm_outer_new(shm, read_only, &kipc_shm_fops);

	if (IS_ERR(file))
		return file;
	spin_lock(&shm->entry.lock);
	shm->fds++;
	shm->had_fd = true;
	spin_unlock(&shm->entry.lock);
	return file;
}

/**
 * kipc_shm_attach_place - decide where a segment is to be attached
 * @addr: the address asked for, 0 for any; rounded if @flags say so
 * @flags: KIPC_SHM_RND, KIPC_SHM_REMAP
 * @map_flags: out: how to map it there
 *
 * Return: 0, or -EINVAL.
 */
int kipc_shm_attach_place(unsigned long *addr, u32 flags,
			  unsigned long *map_flags)
{
	*map_flags = MAP_SHARED;
	if (!*addr)
		return flags & KIPC_SHM_REMAP ? -EINVAL : 0;
	/* An address that is rounded to 0 does not mean any address. */
	if (flags & KIPC_SHM_RND)
		*addr = ALIGN_DOWN(*addr, SHMLBA);
	if (!PAGE_ALIGNED(*addr))
		return -EINVAL;
	if (!(flags & KIPC_SHM_REMAP))
		*map_flags |= MAP_FIXED_NOREPLACE;
	else if (*addr)
		*map_flags |= MAP_FIXED;
	else
		return -EINVAL;
	return 0;
}

/* Is something mapped where a segment was to be mapped, but not over others? */
static bool kipc_shm_is_taken(unsigned long addr, unsigned long size,
			      unsigned long map_flags)
{
	struct mm_struct *mm = current->mm;
	bool taken;

	if (!(map_flags & MAP_FIXED_NOREPLACE))
		return false;
	mmap_read_lock(mm);
	taken = find_vma_intersection(mm, addr, addr + size);
	mmap_read_unlock(mm);
	return taken;
}

/**
 * kipc_shm_attach - map a segment into the caller's memory as shmat(2) does
 * @shm: the segment; permissions are the caller's business
 * @addr: from kipc_shm_attach_place()
 * @map_flags: from kipc_shm_attach_place()
 * @flags: KIPC_SHM_RDONLY, KIPC_SHM_EXEC
 *
 * Context: takes mmap_lock for writing.
 * Return: the address, or a negative errno: -EINVAL (something is mapped there),
 * -EIDRM, -ENOMEM, -ENFILE, -EPERM, -EINTR.
 */
unsigned long kipc_shm_attach(struct kipc_shm *shm, unsigned long addr,
			      unsigned long map_flags, u32 flags)
{
	loff_t size = i_size_read(file_inode(shm->inner));
	unsigned long ret, prot = PROT_READ;
	struct file *file;

	if (!(flags & KIPC_SHM_RDONLY))
		prot |= PROT_WRITE;
	if (flags & KIPC_SHM_EXEC)
		prot |= PROT_EXEC;

	file = kipc_shm_outer_new(shm, flags & KIPC_SHM_RDONLY,
				  &kipc_shm_attach_fops);
	if (IS_ERR(file))
		return PTR_ERR(file);
	atomic_inc(&shm->attaching);
	if (addr + size < addr && !(map_flags & MAP_FIXED))
		ret = -EINVAL;
	else
		ret = vm_mmap(file, addr, size, prot, map_flags, 0);
	atomic_dec(&shm->attaching);
	fput(file);
	/* shmat(2) has another name for that, and looks for it before all else. */
	if (ret == -EEXIST ||
	    (ret == -ENOMEM && kipc_shm_is_taken(addr, size, map_flags)))
		return -EINVAL;
	return ret;
}

/**
 * struct kipc_shm_part - a mapping that a detach is to unmap
 * @start: its address
 * @len: its length, bytes
 * @file: its outer file, a counted reference
 */
struct kipc_shm_part {
	unsigned long start;
	unsigned long len;
	struct file *file;
};

/*
 * Finds the next mapping at or after an address that is a part of an attachment
 * at @base: of the same file, if one is given, and below @end.
 */
static int kipc_shm_find_part(unsigned long base, unsigned long from,
			      unsigned long end, struct file *file,
			      struct kipc_shm_part *part)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int ret = -EINVAL;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	for (vma = find_vma(mm, from); vma; vma = find_vma(mm, vma->vm_end)) {
		if (vma->vm_end > end)
			break;
		if (vma->vm_ops != &kipc_shm_vm_ops ||
		    (vma->vm_start - base) >> PAGE_SHIFT != vma->vm_pgoff ||
		    (file && vma->vm_file != file))
			continue;
		part->start = vma->vm_start;
		part->len = vma->vm_end - vma->vm_start;
		part->file = get_file(vma->vm_file);
		ret = 0;
		break;
	}
	mmap_read_unlock(mm);
	return ret;
}

/**
 * kipc_shm_detach - unmap what is left of an attachment, as shmdt(2) does
 * @addr: where it began
 *
 * The lock is dropped between looking and unmapping: a thread that meanwhile
 * replaces the very mapping that is detached finds its own unmapped.
 *
 * Context: takes mmap_lock for writing.
 * Return: 0; -EINVAL if no attachment begins there; -EINTR; -ENOMEM; -EPERM
 * (mseal(2)). After the latter three there may be less left of it.
 */
int kipc_shm_detach(unsigned long addr)
{
	struct kipc_shm_part part = { .start = addr };
	unsigned long end = ULONG_MAX;
	struct file *file = NULL;
	int ret;

	if (!PAGE_ALIGNED(addr))
		return -EINVAL;
	do {
		ret = kipc_shm_find_part(addr, part.start + part.len, end, file,
					 &part);
		if (ret)
			break;
		if (file) {
			fput(part.file);
		} else {
			/* The first says which segment, and so how far. */
			file = part.file;
			end = addr + PAGE_ALIGN(i_size_read(file_inode(file)));
		}
		ret = vm_munmap(part.start, part.len);
	} while (!ret && part.start + part.len < end);
	if (!file)
		return ret;
	fput(file);
	/* There is no further part. */
	return ret == -EINVAL ? 0 : ret;
}
