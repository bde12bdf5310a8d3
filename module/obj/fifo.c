// SPDX-License-Identifier: GPL-2.0
/* FIFOs: how they are opened; see fifo.h. */
#include <linux/fs.h>
#include <linux/module.h>

#include "compat.h"
#include "obj/fifo.h"
#include "obj/pipe.h"

static const struct kipc_obj_ops kipc_fifo_obj_ops = {
	.kind	= KIPC_KIND_FIFO,
	.name	= "fifo",
	.free	= kipc_pipe_free,
};

/*
 * Sleeps until the counter of the other side's opens moves. The pipe's lock is
 * held at entry and at return, and released in between.
 */
static int kipc_fifo_wait_partner(struct kipc_pipe *pipe,
				  const unsigned int *counter)
{
	struct kipc_sleeper s = KIPC_SLEEPER_INIT(s);
	unsigned int seen = *counter;
	int ret;

	while (*counter == seen) {
		kipc_sleeper_enter_locked(&pipe->openers, &s);
		spin_unlock(&pipe->lock);
		ret = kipc_sleeper_wait(&pipe->openers, &s, &pipe->lock);
		spin_lock(&pipe->lock);
		if (ret && *counter == seen)
			return ret;
	}
	return 0;
}

/* Waits, where the mode asks for it, for the other side; as the above. */
static int kipc_fifo_rendezvous(struct kipc_pipe *pipe, struct file *file)
{
	switch (file->f_mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ:
		if (pipe->writers)
			return 0;
		if (file->f_flags & O_NONBLOCK) {
			/* No hang-up for poll until a writer has been here. */
			kipc_file_cookie(file) = pipe->w_counter;
			return 0;
		}
		return kipc_fifo_wait_partner(pipe, &pipe->w_counter);
	case FMODE_WRITE:
		if (pipe->readers)
			return 0;
		return kipc_fifo_wait_partner(pipe, &pipe->r_counter);
	default:
		/* It can at least talk to itself. */
		return 0;
	}
}

static int kipc_fifo_open(struct inode *inode, struct file *file)
{
	struct kipc_instance *inst = inode->i_sb->s_fs_info;
	struct kipc_pipe *pipe;
	int ret;

	if (!(file->f_mode & (FMODE_READ | FMODE_WRITE)))
		return -EINVAL;
	pipe = kipc_pipe_get_or_create(inode, &kipc_fifo_obj_ops, inst,
				       KIPC_RING_SIZE_DEFAULT);
	if (IS_ERR(pipe))
		return PTR_ERR(pipe) == -EDQUOT ? -ENOMEM : PTR_ERR(pipe);
	kipc_pipe_prepare_file(inode, file, pipe);

	spin_lock(&pipe->lock);
	if ((file->f_mode & (FMODE_READ | FMODE_WRITE)) == FMODE_WRITE &&
	    (file->f_flags & O_NONBLOCK) && !pipe->readers) {
		spin_unlock(&pipe->lock);
		ret = -ENXIO;
		goto out_put;
	}
	kipc_pipe_enter_locked(pipe, file);
	spin_unlock(&pipe->lock);
	kipc_wake_all(&pipe->openers, &pipe->lock);

	spin_lock(&pipe->lock);
	ret = kipc_fifo_rendezvous(pipe, file);
	spin_unlock(&pipe->lock);
	if (!ret)
		return 0;
	kipc_pipe_leave(pipe, file);
out_put:
	kipc_obj_put(&pipe->obj);
	return ret;
}

const struct file_operations kipc_fifo_fops = {
	.owner		= THIS_MODULE,
	.open		= kipc_fifo_open,
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
};

const struct inode_operations kipc_fifo_iops = {
	.getattr	= kipc_pipe_getattr,
	.setattr	= kipc_pipe_setattr,
};
