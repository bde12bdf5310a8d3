// SPDX-License-Identifier: GPL-2.0
/* Shared memory segments: how they come and go; see shm.h. */
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "compat.h"
#include "obj/shm.h"

/* Sizes of pages that a segment may ask for, as powers of two. */
static bool kipc_shm_is_page_shift(u32 shift)
{
	return !shift || shift == PMD_SHIFT || shift == PUD_SHIFT;
}

static void kipc_shm_free(struct kipc_obj *obj)
{
	struct kipc_entry *entry = container_of(obj, struct kipc_entry, obj);
	struct kipc_shm *shm = kipc_shm_of(entry);

	WARN_ON_ONCE(shm->nattch);
	kipc_shm_pages_free(shm);
	put_pid(shm->lpid);
	atomic_long_sub(shm->pages, &obj->inst->shm_pages);
	kipc_entry_destroy(entry);
	kfree_rcu(shm, entry.rcu);
}

static const struct kipc_obj_ops kipc_shm_obj_ops = {
	.kind	= KIPC_KIND_SHM,
	.name	= "shm",
	.free	= kipc_shm_free,
};

/**
 * kipc_shm_check_spec - check the flags that a segment is to be made with
 * @spec: what segment to make
 *
 * Return: 0, or -EINVAL.
 */
int kipc_shm_check_spec(const struct kipc_shm_spec *spec)
{
	if ((spec->flags & KIPC_SHM_HUGE) && (spec->flags & KIPC_SHM_NO_HUGE))
		return -EINVAL;
	if (spec->page_shift && !(spec->flags & KIPC_SHM_HUGE))
		return -EINVAL;
	return kipc_shm_is_page_shift(spec->page_shift) ? 0 : -EINVAL;
}

/**
 * kipc_shm_alloc - make a segment that nobody can find yet
 * @inst: where it will live
 * @get: key, flags and mode
 * @spec: size and kind of its memory; checked but for the size
 * @res: where to leave the segment, which has one reference
 *
 * Context: may sleep.
 * Return: 0; -EINVAL (size); -ENOSPC (shmall, or no inode); -ENOMEM; -ENFILE.
 */
int kipc_shm_alloc(struct kipc_instance *inst, const struct kipc_get *get,
		   const struct kipc_shm_spec *spec, struct kipc_shm **res)
{
	unsigned long max = kipc_limit_get(&inst->limits, KIPC_LIMIT_SHMMAX);
	u64 size = kipc_shm_file_size(spec);
	struct kipc_shm *shm;
	unsigned long pages;
	int ret;

	if (!spec->size || size < spec->size || size > max)
		return -EINVAL;
	/* More pages than can be counted: the sum wraps. */
	pages = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	if (!pages)
		return -ENOSPC;
	ret = kipc_limit_charge(&inst->shm_pages, pages,
				kipc_limit_get(&inst->limits,
					       KIPC_LIMIT_SHMALL));
	if (ret)
		return ret;
	shm = kzalloc(sizeof(*shm), GFP_KERNEL_ACCOUNT);
	if (!shm) {
		ret = -ENOMEM;
		goto out_uncharge;
	}
	shm->size = spec->size;
	shm->pages = pages;
	shm->inner = kipc_shm_pages_alloc(spec, get->key);
	if (IS_ERR(shm->inner)) {
		ret = PTR_ERR(shm->inner);
		goto out_free;
	}
	ret = kipc_entry_init(&shm->entry, &kipc_shm_obj_ops,
			      &inst->tables[KIPC_TABLE_SHM], get);
	if (ret)
		goto out_fput;
	*res = shm;
	return 0;

out_fput:
	fput(shm->inner);
out_free:
	kfree(shm);
out_uncharge:
	atomic_long_sub(pages, &inst->shm_pages);
	return ret;
}

/**
 * kipc_shm_set_lpid_locked - note the current process as the last one
 * @shm: the segment, its entry locked
 */
void kipc_shm_set_lpid_locked(struct kipc_shm *shm)
{
	struct pid *old = shm->lpid;

	lockdep_assert_held(&shm->entry.lock);
	if (old == task_tgid(current))
		return;
	shm->lpid = get_pid(task_tgid(current));
	put_pid(old);
}

static int kipc_shm_table_create(struct kipc_instance *inst,
				 const struct kipc_get *get,
				 struct kipc_entry **res)
{
	struct kipc_shm *shm;
	int ret = kipc_shm_alloc(inst, get, get->arg, &shm);

	if (!ret)
		*res = &shm->entry;
	return ret;
}

/* /proc/PID/maps shows the id as the number of the inode, as the kernel has it. */
static void kipc_shm_table_named(struct kipc_entry *entry, int id)
{
	file_inode(kipc_shm_of(entry)->inner)->i_ino = id;
}

static int kipc_shm_table_matches(struct kipc_entry *entry,
				  const struct kipc_get *get)
{
	const struct kipc_shm_spec *spec = get->arg;

	return spec->size > kipc_shm_of(entry)->size ? -EINVAL : 0;
}

/* The widths of /proc/sysvipc/shm, which depend on the size of a long. */
#if BITS_PER_LONG <= 32
#define KIPC_SHM_SIZE_SPEC "%10lu"
#else
#define KIPC_SHM_SIZE_SPEC "%21lu"
#endif

static void kipc_shm_table_show(struct seq_file *m, struct kipc_entry *entry,
				struct pid_namespace *pid_ns)
{
	struct user_namespace *ns = seq_user_ns(m);
	struct kipc_shm *shm = kipc_shm_of(entry);
	u64 rss, swap;

	kipc_shm_usage(shm, &rss, &swap);
	spin_lock(&entry->lock);
	if (entry->gone)
		goto out_unlock;
	seq_printf(m, "%10d %10d  %4o " KIPC_SHM_SIZE_SPEC " %5u %5u  ",
		   entry->key, entry->id, entry->mode, (unsigned long)shm->size,
		   pid_nr_ns(entry->creator, pid_ns),
		   pid_nr_ns(shm->lpid, pid_ns));
	seq_printf(m, "%5lu %5u %5u %5u %5u ", shm->nattch,
		   from_kuid_munged(ns, entry->uid),
		   from_kgid_munged(ns, entry->gid),
		   from_kuid_munged(ns, entry->cuid),
		   from_kgid_munged(ns, entry->cgid));
	seq_printf(m, "%10llu %10llu %10llu ", shm->atime, shm->dtime,
		   entry->ctime);
	seq_printf(m, KIPC_SHM_SIZE_SPEC " " KIPC_SHM_SIZE_SPEC "\n",
		   (unsigned long)rss, (unsigned long)swap);
out_unlock:
	spin_unlock(&entry->lock);
}

const struct kipc_table_ops kipc_shm_table_ops = {
	.which		= KIPC_TABLE_SHM,
	.lingers	= true,
	.forced		= KIPC_LIMIT_SHM_RMID_FORCED,
	.create		= kipc_shm_table_create,
	.named		= kipc_shm_table_named,
	.matches	= kipc_shm_table_matches,
	.show		= kipc_shm_table_show,
};
