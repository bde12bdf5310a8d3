// SPDX-License-Identifier: GPL-2.0
/* Pipes: creation, ends, attributes of the inode; see pipe.h. */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>

#include "compat.h"
#include "core/account.h"
#include "core/instance.h"
#include "core/param.h"
#include "obj/pipe.h"

static struct kmem_cache *kipc_pipe_cache __ro_after_init;

/**
 * kipc_pipe_user_limit - how many pages of capacity a user may have
 *
 * Return: pages; 0 for no limit.
 */
unsigned long kipc_pipe_user_limit(void)
{
	return READ_ONCE(kipc_param_pipe_user_pages);
}

/* The constructor leaves what kipc_pipe_free() finds unchanged at the end. */
static void kipc_pipe_construct(void *mem)
{
	struct kipc_pipe *pipe = mem;

	memset(pipe, 0, sizeof(*pipe));
	spin_lock_init(&pipe->lock);
	mutex_init(&pipe->rd_lock);
	mutex_init(&pipe->wr_lock);
	kipc_waitq_init(&pipe->rd);
	kipc_waitq_init(&pipe->wr);
	kipc_waitq_init(&pipe->openers);
	INIT_LIST_HEAD(&pipe->packets);
}

/* Makes an unpublished pipe without ends. */
static struct kipc_pipe *kipc_pipe_alloc(const struct kipc_obj_ops *ops,
					 struct kipc_instance *inst, u32 size)
{
	struct kipc_pipe *pipe;
	int ret;

	pipe = kmem_cache_alloc(kipc_pipe_cache, GFP_KERNEL);
	if (!pipe)
		return ERR_PTR(-ENOMEM);
	ret = kipc_obj_init(&pipe->obj, ops, inst);
	if (ret)
		goto out_free;
	ret = kipc_user_charge(pipe->obj.user, KIPC_CHARGE_PAGES,
			       size >> PAGE_SHIFT,
			       kipc_pipe_user_limit());
	if (ret)
		goto out_destroy;
	pipe->obj.charged = size >> PAGE_SHIFT;
	ret = kipc_ring_init(&pipe->ring, size, &inst->buffer_pages);
	if (ret)
		goto out_destroy;
	/* Not what a file begins with: one that never had a writer sees the end. */
	pipe->r_counter = 1;
	pipe->w_counter = 1;
	pipe->read_at = jiffies;
	pipe->written_at = pipe->read_at;
	pipe->was_read = false;
	pipe->was_written = false;
	pipe->passed = 0;
	return pipe;

out_destroy:
	kipc_obj_destroy(&pipe->obj);
out_free:
	kmem_cache_free(kipc_pipe_cache, pipe);
	return ERR_PTR(ret);
}

static struct timespec64 kipc_pipe_time_of(struct inode *inode, unsigned long at)
{
	struct timespec64 ago;

	jiffies_to_timespec64(jiffies - at, &ago);
	return timespec64_sub(current_time(inode), ago);
}

/* The times of an inode move when somebody looks, not with every byte. */
static void kipc_pipe_fold_times_locked(struct kipc_pipe *pipe,
					struct inode *inode)
{
	unsigned long read_at, written_at;
	bool was_read, was_written;
	struct timespec64 time;

	/* Nobody sets a later time in between, or sees one half of a new one. */
	lockdep_assert_held(&inode->i_lock);
	spin_lock(&pipe->lock);
	read_at = pipe->read_at;
	written_at = pipe->written_at;
	was_read = pipe->was_read;
	was_written = pipe->was_written;
	pipe->was_read = false;
	pipe->was_written = false;
	spin_unlock(&pipe->lock);

	if (was_read)
		kipc_inode_set_atime(inode, kipc_pipe_time_of(inode, read_at));
	if (was_written) {
		time = kipc_pipe_time_of(inode, written_at);
		kipc_inode_set_mtime(inode, time);
		kipc_inode_set_ctime(inode, time);
	}
}

/**
 * kipc_pipe_free - free a pipe that nobody can reach any more
 * @obj: its object
 */
void kipc_pipe_free(struct kipc_obj *obj)
{
	struct kipc_pipe *pipe = kipc_pipe_of(obj);

	WARN_ON_ONCE(pipe->readers || pipe->writers || pipe->reserved ||
		     pipe->claimed || pipe->direct || pipe->rd.nr_sleepers ||
		     pipe->wr.nr_sleepers || pipe->openers.nr_sleepers);
	if (pipe->trim_used)
		kipc_trim_forget(pipe);
	if (!list_empty(&pipe->packets))
		kipc_packets_free(pipe);
	kipc_ring_destroy(&pipe->ring);
	kipc_obj_destroy(obj);
	kmem_cache_free(kipc_pipe_cache, pipe);
}

/* Makes a pipe and publishes it on @inode, unless somebody was quicker. */
static struct kipc_pipe *kipc_pipe_create(struct inode *inode,
					  const struct kipc_obj_ops *ops,
					  struct kipc_instance *inst, u32 size)
{
	struct kipc_pipe *pipe = kipc_pipe_alloc(ops, inst, size);
	struct kipc_obj *obj;

	if (IS_ERR(pipe))
		return pipe;
	obj = kipc_obj_publish(&pipe->obj, inode);
	if (obj != &pipe->obj)
		kipc_pipe_free(&pipe->obj);
	return kipc_pipe_of(obj);
}

/**
 * kipc_pipe_get_or_create - the pipe of an inode
 * @inode: the inode, pinned by the caller
 * @ops: what to make, if there is none yet
 * @inst: where
 *
 * Context: may sleep.
 * Return: the pipe with a reference for the caller; ERR_PTR(-ENOMEM) for lack
 * of memory, or when the user has too much pipe memory, as open(2) says.
 */
struct kipc_pipe *kipc_pipe_get_or_create(struct inode *inode,
					  const struct kipc_obj_ops *ops,
					  struct kipc_instance *inst)
{
	struct kipc_obj *obj = kipc_obj_find(inode);
	struct kipc_pipe *pipe;

	if (obj)
		return kipc_pipe_of(obj);
	pipe = kipc_pipe_create(inode, ops, inst, KIPC_RING_SIZE_DEFAULT);
	return PTR_ERR_OR_ZERO(pipe) == -EDQUOT ? ERR_PTR(-ENOMEM) : pipe;
}

/**
 * kipc_pipe_prepare_file - make a file an end of a pipe
 * @inode: its inode
 * @file: the file
 * @pipe: the pipe; its reference becomes the file's
 */
void kipc_pipe_prepare_file(struct inode *inode, struct file *file,
			    struct kipc_pipe *pipe)
{
	stream_open(inode, file);
	file->f_mode |= FMODE_NOWAIT;
	kipc_file_cookie(file) = 0;
	file->private_data = pipe;
}

/**
 * kipc_pipe_enter_locked - count a file as an end
 * @pipe: the pipe; its lock is held
 * @file: the file
 */
void kipc_pipe_enter_locked(struct kipc_pipe *pipe, struct file *file)
{
	lockdep_assert_held(&pipe->lock);
	if (file->f_mode & FMODE_READ) {
		pipe->r_counter++;
		WRITE_ONCE(pipe->readers, pipe->readers + 1);
	}
	if (file->f_mode & FMODE_WRITE) {
		pipe->w_counter++;
		WRITE_ONCE(pipe->writers, pipe->writers + 1);
	}
}

/**
 * kipc_pipe_leave - undo kipc_pipe_enter_locked()
 * @pipe: the pipe
 * @file: the file
 *
 * When the last one of a side goes, everybody on the other side is told.
 *
 * Return: true if its inode has yet to learn of a read or write.
 */
bool kipc_pipe_leave(struct kipc_pipe *pipe, struct file *file)
{
	struct kipc_pipe_wake wake;
	bool alone, watched, moved;

	wake.what = 0;
	spin_lock(&pipe->lock);
	if (file->f_mode & FMODE_READ)
		WRITE_ONCE(pipe->readers, pipe->readers - 1);
	if (file->f_mode & FMODE_WRITE)
		WRITE_ONCE(pipe->writers, pipe->writers - 1);
	alone = !pipe->readers != !pipe->writers;
	watched = kipc_pipe_is_watched_locked(pipe);
	moved = pipe->was_read || pipe->was_written;
	/* Nobody can be reading from it, and nobody will. */
	if (unlikely(pipe->direct && !pipe->readers))
		kipc_direct_end_locked(pipe, &wake);
	spin_unlock(&pipe->lock);
	kipc_pipe_wake(pipe, &wake);
	if (!alone || !watched)
		return moved;

	kipc_wake_all(&pipe->rd, &pipe->lock);
	kipc_wake_all(&pipe->wr, &pipe->lock);
	kill_fasync(&pipe->fasync_readers, SIGIO, POLL_IN);
	kill_fasync(&pipe->fasync_writers, SIGIO, POLL_OUT);
	return moved;
}

/**
 * kipc_pipe_release - the last close of a file
 * @inode: its inode
 * @file: the file
 *
 * Return: 0.
 */
int kipc_pipe_release(struct inode *inode, struct file *file)
{
	struct kipc_pipe *pipe = file->private_data;

	/* While the pipe can be found: who sets a time settles ours before. */
	if (kipc_pipe_leave(pipe, file)) {
		spin_lock(&inode->i_lock);
		kipc_pipe_fold_times_locked(pipe, inode);
		spin_unlock(&inode->i_lock);
	}
	kipc_obj_put(&pipe->obj);
	return 0;
}

/**
 * kipc_pipe_from_file - is this file an end of a pipe?
 * @file: any file
 *
 * Return: the pipe, without a reference of its own, or NULL.
 */
struct kipc_pipe *kipc_pipe_from_file(struct file *file)
{
	return file->f_op->release == kipc_pipe_release ? file->private_data :
							  NULL;
}

/**
 * kipc_pipe_fasync - fcntl(F_SETFL, O_ASYNC)
 * @fd: descriptor, or -1
 * @file: an end
 * @on: enter or leave
 *
 * Return: 0 or a negative errno.
 */
int kipc_pipe_fasync(int fd, struct file *file, int on)
{
	struct kipc_pipe *pipe = file->private_data;
	int ret = 0, entered = 0;

	if (file->f_mode & FMODE_READ) {
		ret = fasync_helper(fd, file, on, &pipe->fasync_readers);
		entered = ret;
	}
	if (ret >= 0 && (file->f_mode & FMODE_WRITE)) {
		ret = fasync_helper(fd, file, on, &pipe->fasync_writers);
		if (ret < 0 && entered > 0)
			fasync_helper(-1, file, 0, &pipe->fasync_readers);
	}
	return min(ret, 0);
}

/**
 * kipc_pipe_settle_times - have the inode know the times of its pipe
 * @inode: of a pipe or a FIFO
 *
 * To be called before a time is read, or set: one that is due now must not
 * overwrite it later.
 *
 * A reference would keep the pipe, with what is in it, over the last close, for
 * the next open to find. The lock is enough: the last put takes it.
 */
void kipc_pipe_settle_times(struct inode *inode)
{
	struct kipc_obj *obj;

	spin_lock(&inode->i_lock);
	obj = inode->i_private;
	if (obj)
		kipc_pipe_fold_times_locked(kipc_pipe_of(obj), inode);
	spin_unlock(&inode->i_lock);
}

/**
 * kipc_pipe_getattr - fstat(2)
 * @idmap: of the mount
 * @path: the file
 * @stat: the answer
 * @request_mask: what is asked for
 * @query_flags: ignored
 *
 * Return: 0.
 */
int kipc_pipe_getattr(struct kipc_idmap *idmap, const struct path *path,
		      struct kstat *stat, u32 request_mask,
		      unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	kipc_pipe_settle_times(inode);
	spin_lock(&inode->i_lock);
	kipc_generic_fillattr(idmap, request_mask, inode, stat);
	spin_unlock(&inode->i_lock);
	stat->blksize = PAGE_SIZE;
	return 0;
}

/**
 * kipc_pipe_setattr - fchmod(2), fchown(2), futimens(2)
 * @idmap: of the mount
 * @dentry: the file
 * @attr: what to set
 *
 * Return: 0 or a negative errno.
 */
int kipc_pipe_setattr(struct kipc_idmap *idmap, struct dentry *dentry,
		      struct iattr *attr)
{
	kipc_pipe_settle_times(d_inode(dentry));
	return simple_setattr(idmap, dentry, attr);
}

static const struct kipc_obj_ops kipc_pipe_obj_ops = {
	.kind	= KIPC_KIND_PIPE,
	.name	= "pipe",
	.charged = true,
	.free	= kipc_pipe_free,
};

/* Makes a file an end of a pipe; the pipe's reference becomes the file's. */
static void kipc_pipe_add_end(struct inode *inode, struct file *file,
			      struct kipc_pipe *pipe)
{
	kipc_pipe_prepare_file(inode, file, pipe);
	spin_lock(&pipe->lock);
	kipc_pipe_enter_locked(pipe, file);
	spin_unlock(&pipe->lock);
}

/* The second end of a new pipe, or an end reopened through /proc/PID/fd. */
static int kipc_pipe_open(struct inode *inode, struct file *file)
{
	struct kipc_pipe *pipe;

	if (!(file->f_mode & (FMODE_READ | FMODE_WRITE)))
		return -EINVAL;
	/*
	 * With both ends closed and only O_PATH descriptors left this begins a
	 * new pipe, as it does in the kernel.
	 */
	pipe = kipc_pipe_get_or_create(inode, &kipc_pipe_obj_ops,
				       kipc_default_instance);
	if (IS_ERR(pipe))
		return PTR_ERR(pipe);
	kipc_pipe_add_end(inode, file, pipe);
	return 0;
}

/* No owner: the inode pins the module; see core/file.h. */
static const struct file_operations kipc_pipe_fops = {
	.open		= kipc_pipe_open,
	.read		= kipc_pipe_read,
	.write		= kipc_pipe_write,
	.read_iter	= kipc_pipe_read_iter,
	.write_iter	= kipc_pipe_write_iter,
	.splice_read	= kipc_splice_read,
	.splice_write	= iter_file_splice_write,
	.poll		= kipc_pipe_poll,
	.unlocked_ioctl	= kipc_pipe_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.fasync		= kipc_pipe_fasync,
	.release	= kipc_pipe_release,
	.show_fdinfo	= kipc_pipe_show_fdinfo,
};

static const struct inode_operations kipc_pipe_iops = {
	.getattr	= kipc_pipe_getattr,
	.setattr	= kipc_pipe_setattr,
};

/**
 * kipc_pipe_open_pair - open both ends of a new pipe
 * @inst: the instance it will live in
 * @size: its capacity, as kipc_ring_round() gives it
 * @flags: O_NONBLOCK for both ends, O_DIRECT for the writing one
 * @files: the reading end and the writing end, on success
 *
 * Return: 0; -EDQUOT when the user has too much pipe memory; -ENOMEM, -ENFILE.
 */
int kipc_pipe_open_pair(struct kipc_instance *inst, u32 size, int flags,
			struct file *files[2])
{
	struct file *rfile, *wfile;
	struct kipc_pipe *pipe;
	struct inode *inode;

	inode = kipc_anon_inode(&kipc_pipe_iops, &kipc_pipe_fops,
				S_IFIFO | 0600);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	pipe = kipc_pipe_create(inode, &kipc_pipe_obj_ops, inst, size);
	if (IS_ERR(pipe)) {
		iput(inode);
		return PTR_ERR(pipe);
	}
	wfile = kipc_anon_file(inode, O_WRONLY | flags);
	if (IS_ERR(wfile)) {
		kipc_obj_put(&pipe->obj);
		iput(inode);
		return PTR_ERR(wfile);
	}
	kipc_pipe_add_end(inode, wfile, pipe);

	rfile = kipc_anon_reopen(wfile, O_RDONLY | (flags & O_NONBLOCK));
	if (IS_ERR(rfile)) {
		fput(wfile);
		return PTR_ERR(rfile);
	}
	files[0] = rfile;
	files[1] = wfile;
	return 0;
}

/**
 * kipc_pipe_init - make the caches
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_pipe_init(void)
{
	int ret = kipc_packets_init();

	if (ret)
		return ret;
	ret = kipc_direct_init();
	if (ret)
		goto out_packets;
	kipc_pipe_cache = kmem_cache_create("kipc_pipe",
					    sizeof(struct kipc_pipe), 0,
					    SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT,
					    kipc_pipe_construct);
	if (!kipc_pipe_cache) {
		ret = -ENOMEM;
		goto out_direct;
	}
	return 0;

out_direct:
	kipc_direct_exit();
out_packets:
	kipc_packets_exit();
	return ret;
}

/**
 * kipc_pipe_exit - destroy the caches; no pipe is left
 */
void kipc_pipe_exit(void)
{
	kipc_trim_exit();
	kmem_cache_destroy(kipc_pipe_cache);
	kipc_direct_exit();
	kipc_packets_exit();
}
