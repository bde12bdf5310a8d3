// SPDX-License-Identifier: GPL-2.0
/* The memory of a segment: the inner file, huge pages, locking; see shm.h. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/shmem_fs.h>
#include <linux/swap.h>
#include <uapi/linux/fcntl.h>

#include "compat.h"
#include "obj/shm.h"

/* Without it the kernel's shmem files are ones of ramfs, which know no sizes. */
#ifndef CONFIG_SHMEM
#error "kipc needs a kernel with CONFIG_SHMEM"
#endif

/*
 * Two tmpfs of our own: one maps whole huge pages where a file has room for them,
 * the other never does. NULL when the kernel has no huge pages to give.
 */
static struct vfsmount *kipc_shm_huge_mnt __ro_after_init;
static struct vfsmount *kipc_shm_small_mnt __ro_after_init;

/**
 * kipc_shm_file_size - how much memory is behind a segment
 * @spec: size and kind; checked but for the size
 *
 * Return: bytes; less than the size asked for when rounding has wrapped.
 */
u64 kipc_shm_file_size(const struct kipc_shm_spec *spec)
{
	u32 shift = spec->page_shift ? spec->page_shift : PMD_SHIFT;

	if (spec->flags & KIPC_SHM_HUGE)
		return round_up(spec->size, 1ULL << shift);
	return spec->size;
}

/* Which tmpfs a segment's file is made in; NULL for the kernel's own. */
static struct vfsmount *kipc_shm_mnt(const struct kipc_shm_spec *spec)
{
	if (spec->flags & KIPC_SHM_NO_HUGE)
		return kipc_shm_small_mnt;
	/* Small segments do not pay for huge pages. */
	if ((spec->flags & KIPC_SHM_HUGE) || spec->size >= PMD_SIZE)
		return kipc_shm_huge_mnt;
	return NULL;
}

#define KIPC_SHM_NAME		"kipc_shm:00000000"
#define KIPC_SHM_NAME_SIZE	sizeof(KIPC_SHM_NAME)

/* As snprintf() would, which is a hundredth of what a small segment costs. */
static void kipc_shm_name(char *name, u32 key)
{
	char *digit = name + KIPC_SHM_NAME_SIZE - 1;

	memcpy(name, KIPC_SHM_NAME, KIPC_SHM_NAME_SIZE);
	for (; key; key >>= 4)
		*--digit = "0123456789abcdef"[key & 0xf];
}

/**
 * kipc_shm_pages_alloc - make the inner file of a segment
 * @spec: size and kind; checked
 * @key: for its name
 *
 * Context: may sleep.
 * Return: the file, or ERR_PTR: -EINVAL, -ENOMEM, -ENFILE, -ENOSPC (no inode).
 */
struct file *kipc_shm_pages_alloc(const struct kipc_shm_spec *spec, int key)
{
	bool noreserve = spec->flags & KIPC_SHM_NORESERVE;
	struct vfsmount *mnt = kipc_shm_mnt(spec);
	u64 size = kipc_shm_file_size(spec);
	struct inode *inode;
	struct file *file;
	char name[KIPC_SHM_NAME_SIZE];

	if (size > MAX_LFS_FILESIZE)
		return ERR_PTR(-EINVAL);
	kipc_shm_name(name, key);
	if (mnt)
		file = shmem_file_setup_with_mnt(mnt, name, size,
						 kipc_shmem_flags(noreserve));
	else
		file = shmem_file_setup(name, size,
					kipc_shmem_flags(noreserve));
	if (IS_ERR(file))
		return file;

	/* Nobody gets at the inode past the segment's permissions; see shm.h. */
	inode = file_inode(file);
	inode->i_mode = S_IFREG;
	inode->i_uid = GLOBAL_ROOT_UID;
	inode->i_gid = GLOBAL_ROOT_GID;
	SHMEM_I(inode)->seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW;
	/* The segment has times of its own. */
	inode->i_flags |= S_NOATIME;
	return file;
}

/**
 * kipc_shm_is_huge - may this segment have huge pages?
 * @shm: the segment
 *
 * Return: true if it has them where memory allows.
 */
bool kipc_shm_is_huge(const struct kipc_shm *shm)
{
	return kipc_shm_huge_mnt && shm->inner->f_path.mnt == kipc_shm_huge_mnt;
}

/* Ends what SHM_LOCK did, and gives back what it charged. */
static void kipc_shm_unlock_locked(struct kipc_shm *shm)
{
	lockdep_assert_held(&shm->entry.lock);
	if (!shm->locker)
		return;
	mapping_clear_unevictable(shm->inner->f_mapping);
	shm->entry.mode &= ~KIPC_MODE_LOCKED;
	atomic_long_sub(shm->pages, &shm->locker->user->locked_vm);
	put_cred(shm->locker);
	shm->locker = NULL;
}

/**
 * kipc_shm_pages_free - free the memory of a segment that nobody uses any more
 * @shm: the segment
 *
 * The inode may live on: descriptors opened with O_PATH are no users. They must
 * not keep the memory, which nobody is charged for any more.
 *
 * Context: may sleep.
 */
void kipc_shm_pages_free(struct kipc_shm *shm)
{
	struct inode *inode = file_inode(shm->inner);

	spin_lock(&shm->entry.lock);
	kipc_shm_unlock_locked(shm);
	spin_unlock(&shm->entry.lock);
	/*
	 * The last reference: nobody changes it any more. Only through a descriptor
	 * could the inode be opened with O_PATH; others are spared the search.
	 */
	if (shm->had_fd)
		shmem_truncate_range(inode, 0, -1);
	fput(shm->inner);
}

/**
 * kipc_shm_usage - where the memory of a segment is
 * @shm: the segment
 * @rss: out: bytes in memory
 * @swap: out: bytes in swap space
 *
 * Both may be old by the time the caller sees them.
 */
void kipc_shm_usage(struct kipc_shm *shm, u64 *rss, u64 *swap)
{
	struct inode *inode = file_inode(shm->inner);

	/* Words that tmpfs changes under its own locks; any value will do. */
	*rss = (u64)data_race(inode->i_mapping->nrpages) << PAGE_SHIFT;
	/* Likewise. */
	*swap = (u64)data_race(SHMEM_I(inode)->swapped) << PAGE_SHIFT;
}

/* Charges the current user for what SHM_LOCK keeps in memory. */
static int kipc_shm_lock_account_locked(struct kipc_shm *shm)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	const struct cred *cred = current_cred();

	lockdep_assert_held(&shm->entry.lock);
	if (atomic_long_add_return(shm->pages, &cred->user->locked_vm) > limit &&
	    rlimit(RLIMIT_MEMLOCK) != RLIM_INFINITY &&
	    !capable(CAP_IPC_LOCK)) {
		atomic_long_sub(shm->pages, &cred->user->locked_vm);
		return -ENOMEM;
	}
	/* Kernels of 6.1 before .192 do not export what drops a user alone. */
	shm->locker = get_cred(cred);
	return 0;
}

/**
 * kipc_shm_lock - keep a segment out of swap space
 * @shm: the segment
 *
 * Return: 0; -ENOMEM when the caller's RLIMIT_MEMLOCK would be passed; -EIDRM.
 */
int kipc_shm_lock(struct kipc_shm *shm)
{
	struct kipc_entry *entry = &shm->entry;
	int ret = 0;

	spin_lock(&entry->lock);
	if (entry->gone)
		ret = -EIDRM;
	else if (!shm->locker)
		ret = kipc_shm_lock_account_locked(shm);
	if (!ret) {
		mapping_set_unevictable(shm->inner->f_mapping);
		entry->mode |= KIPC_MODE_LOCKED;
	}
	spin_unlock(&entry->lock);
	return ret;
}

/* Lets reclaim see again the pages that it has put aside. */
static void kipc_shm_move_evictable(struct address_space *mapping)
{
	struct folio_batch batch;
	pgoff_t index = 0;

	folio_batch_init(&batch);
	while (!mapping_unevictable(mapping) &&
	       filemap_get_folios(mapping, &index, ULONG_MAX, &batch)) {
		check_move_unevictable_folios(&batch);
		folio_batch_release(&batch);
		cond_resched();
	}
}

/**
 * kipc_shm_unlock - undo kipc_shm_lock()
 * @shm: the segment
 *
 * Context: may sleep. Return: 0, or -EIDRM.
 */
int kipc_shm_unlock(struct kipc_shm *shm)
{
	struct kipc_entry *entry = &shm->entry;
	int ret = 0;

	spin_lock(&entry->lock);
	if (entry->gone)
		ret = -EIDRM;
	else
		kipc_shm_unlock_locked(shm);
	spin_unlock(&entry->lock);
	if (!ret)
		kipc_shm_move_evictable(shm->inner->f_mapping);
	return ret;
}

static struct vfsmount *__init kipc_shm_mount(struct file_system_type *type,
					      const char *huge)
{
	struct vfsmount *mnt = kipc_mount_huge(type, huge);

	if (!IS_ERR(mnt))
		return mnt;
	pr_notice("kipc: no tmpfs with huge=%s for shared memory: error %ld\n",
		  huge, PTR_ERR(mnt));
	return NULL;
}

/**
 * kipc_shm_pages_init - mount the tmpfs for large segments, and for small pages
 *
 * They are not needed: without them, and on kernels that have no huge pages, all
 * segments are in the kernel's own.
 */
void __init kipc_shm_pages_init(void)
{
	struct file_system_type *type = get_fs_type("tmpfs");

	if (!type || !IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE))
		return;
	kipc_shm_huge_mnt = kipc_shm_mount(type, "within_size");
	kipc_shm_small_mnt = kipc_shm_mount(type, "never");
}

/**
 * kipc_shm_pages_exit - unmount them
 *
 * Inodes that O_PATH descriptors hold keep the file system, which is not ours.
 */
void kipc_shm_pages_exit(void)
{
	if (kipc_shm_small_mnt)
		kern_unmount(kipc_shm_small_mnt);
	if (kipc_shm_huge_mnt)
		kern_unmount(kipc_shm_huge_mnt);
}
