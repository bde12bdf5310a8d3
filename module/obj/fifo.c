// SPDX-License-Identifier: GPL-2.0
/* FIFOs: how they are opened; see fifo.h. */
#include <linux/fs.h>
#include <linux/module.h>

#include "compat.h"
#include "core/instance.h"
#include "obj/fifo.h"
#include "obj/pipe.h"

static const struct kipc_obj_ops kipc_fifo_obj_ops = {
	.kind	= KIPC_KIND_FIFO,
	.name	= "fifo",
	.charged = true,
	.free	= kipc_pipe_free,
};

/* Sleeps until the other side's counter of opens is no longer @seen. */
static int kipc_fifo_wait_partner(struct kipc_pipe *pipe, fmode_t mode,
				  const unsigned int *counter,
				  unsigned int seen)
{
	struct kipc_sleeper s = KIPC_SLEEPER_INIT(s);
	int ret = 0;

	s.tag = (__force unsigned int)mode;
	spin_lock(&pipe->lock);
	while (*counter == seen && !ret) {
		kipc_sleeper_enter_locked(&pipe->openers, &s);
		spin_unlock(&pipe->lock);
		ret = kipc_sleeper_wait(&pipe->openers, &s, &pipe->lock);
		spin_lock(&pipe->lock);
	}
	if (*counter != seen)
		ret = 0;
	spin_unlock(&pipe->lock);
	return ret;
}

/*
 * Becomes an end. Whether there is a partner, and since when one is waited for,
 * is decided in the same moment: those who wait for us already are let go next,
 * and may be gone again when we begin to wait.
 */
static int kipc_fifo_join(struct kipc_pipe *pipe, struct file *file)
{
	fmode_t mode = file->f_mode & (FMODE_READ | FMODE_WRITE);
	const unsigned int *counter = NULL;
	struct kipc_sleeper *opener;
	unsigned int seen = 0;
	bool awaited;

	spin_lock(&pipe->lock);
	if (mode == FMODE_WRITE && !pipe->readers) {
		if (file->f_flags & O_NONBLOCK) {
			spin_unlock(&pipe->lock);
			return -ENXIO;
		}
		counter = &pipe->r_counter;
	} else if (mode == FMODE_READ && !pipe->writers) {
		/* No hang-up for poll until a writer has been here. */
		if (file->f_flags & O_NONBLOCK)
			kipc_file_cookie(file) = pipe->w_counter;
		else
			counter = &pipe->w_counter;
	}
	if (counter)
		seen = *counter;
	kipc_pipe_enter_locked(pipe, file);
	/* Those who sleep are all of one side; let them be if it is ours. */
	opener = kipc_waitq_first_locked(&pipe->openers);
	awaited = opener && opener->tag != (__force unsigned int)mode;
	spin_unlock(&pipe->lock);
	if (awaited)
		kipc_wake_all(&pipe->openers, &pipe->lock);

	if (counter && kipc_fifo_wait_partner(pipe, mode, counter, seen)) {
		kipc_pipe_leave(pipe, file);
		return -ERESTARTSYS;
	}
	return 0;
}

static int kipc_fifo_open(struct inode *inode, struct file *file)
{
	struct kipc_instance *inst = kipc_instance_of(inode);
	struct kipc_pipe *pipe;
	int ret;

	if (!(file->f_mode & (FMODE_READ | FMODE_WRITE)))
		return -EINVAL;
	pipe = kipc_pipe_get_or_create(inode, &kipc_fifo_obj_ops, inst);
	if (IS_ERR(pipe))
		return PTR_ERR(pipe);
	kipc_pipe_prepare_file(inode, file, pipe);
	ret = kipc_fifo_join(pipe, file);
	if (ret)
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
	.show_fdinfo	= kipc_pipe_show_fdinfo,
};

const struct inode_operations kipc_fifo_iops = {
	.getattr	= kipc_pipe_getattr,
	.setattr	= kipc_pipe_setattr,
};
