/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_OBJ_SHM_H
#define _KIPC_OBJ_SHM_H

#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/kipc.h>

#include "core/instance.h"
#include "core/ioctl.h"
#include "core/table.h"

/*
 * Shared memory segments.
 *
 * The pages of a segment are those of an unlinked file of tmpfs, the inner file,
 * so that swapping, migration, memory policies, cgroups and huge pages are the
 * kernel's business. A segment is used through outer files: further files of the
 * same inode, with kipc's operations instead of tmpfs's. There is one for each
 * descriptor, and one for each attachment, which its mappings hold. An outer file
 * is a user of the segment, and holds a reference.
 *
 * Mappings of an outer file have kipc's vm_operations, which do the counting and
 * leave the pages to those of the inner file.
 *
 * The inode is tmpfs's own and knows nothing of kipc: it grants nothing to
 * anybody, so it cannot be opened again through /proc past the permissions of
 * the segment, and its size is sealed. That is why an O_PATH descriptor of it may
 * outlive the segment, and the module.
 */

struct cred;
struct pid;

/**
 * struct kipc_shm - a segment
 * @entry: what all objects with an id have; first member. Its lock guards what is
 *	marked so.
 * @inner: the file that has the pages; a counted reference; constant
 * @inner_ops: vm_operations of a mapping of @inner; set by the first mmap, and to
 *	the same value by others
 * @size: bytes asked for; constant
 * @pages: pages charged to the instance; constant
 * @nattch: mappings; guarded by the entry's lock
 * @fds: outer files that are not those of an attachment; guarded by the entry's
 *	lock
 * @attaching: calls that are attaching it at this moment
 * @had_fd: a descriptor was made; guarded by the entry's lock
 * @atime: last attach, seconds since the epoch; guarded by the entry's lock
 * @dtime: last detach; guarded by the entry's lock
 * @lpid: process of the last attach or detach, a counted reference or NULL;
 *	guarded by the entry's lock
 * @locker: who pays for SHM_LOCK, a counted reference, or NULL while it is not
 *	locked; guarded by the entry's lock
 */
struct kipc_shm {
	struct kipc_entry entry;
	struct file *inner;
	const struct vm_operations_struct *inner_ops;
	u64 size;
	unsigned long pages;
	unsigned long nattch;
	unsigned int fds;
	atomic_t attaching;
	bool had_fd;
	time64_t atime;
	time64_t dtime;
	struct pid *lpid;
	const struct cred *locker;
};

/**
 * struct kipc_shm_spec - what segment to make
 * @size: bytes
 * @flags: KIPC_SHM_NORESERVE, KIPC_SHM_HUGE, KIPC_SHM_NO_HUGE
 * @page_shift: size of huge pages, or 0
 */
struct kipc_shm_spec {
	u64 size;
	u32 flags;
	u32 page_shift;
};

static inline struct kipc_shm *kipc_shm_of(struct kipc_entry *entry)
{
	return container_of(entry, struct kipc_shm, entry);
}

/* obj/shm.c */
extern const struct kipc_table_ops kipc_shm_table_ops;
int kipc_shm_check_spec(const struct kipc_shm_spec *spec);
int kipc_shm_alloc(struct kipc_instance *inst, const struct kipc_get *get,
		   const struct kipc_shm_spec *spec, struct kipc_shm **res);
void kipc_shm_set_lpid_locked(struct kipc_shm *shm);

/* obj/shm_pages.c */
u64 kipc_shm_file_size(const struct kipc_shm_spec *spec);
struct file *kipc_shm_pages_alloc(const struct kipc_shm_spec *spec, int key);
void kipc_shm_pages_free(struct kipc_shm *shm);
bool kipc_shm_is_huge(const struct kipc_shm *shm);
void kipc_shm_usage(struct kipc_shm *shm, u64 *rss, u64 *swap);
int kipc_shm_lock(struct kipc_shm *shm);
int kipc_shm_unlock(struct kipc_shm *shm);
void kipc_shm_pages_init(void);
void kipc_shm_pages_exit(void);

/* obj/shm_map.c */
struct file *kipc_shm_open(struct kipc_shm *shm, bool read_only);
int kipc_shm_attach_place(unsigned long *addr, u32 flags,
			  unsigned long *map_flags);
unsigned long kipc_shm_attach(struct kipc_shm *shm, unsigned long addr,
			      unsigned long map_flags, u32 flags);
int kipc_shm_detach(unsigned long addr);

/* obj/shm_ioctl.c */
extern const struct kipc_ioctl_set kipc_shm_ioctls;
long kipc_shm_file_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg);

#endif /* _KIPC_OBJ_SHM_H */
