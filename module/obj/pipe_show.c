// SPDX-License-Identifier: GPL-2.0
/* Pipes: what /proc/PID/fdinfo says about their files; see core/fdinfo.h. */
#include "core/fdinfo.h"
#include "core/instance.h"
#include "obj/pipe.h"

static void kipc_pipe_show_sleepers_locked(struct kipc_fdinfo *info,
					   const struct kipc_waitq *wq,
					   const char *what)
{
	const struct kipc_sleeper *s;

	list_for_each_entry(s, &wq->sleepers, node) {
		if (!kipc_fdinfo_waiter_locked(info, s->task))
			return;
		seq_printf(info->m, "%s\n", what);
	}
}

/**
 * kipc_pipe_show_fdinfo - serve the fdinfo of an end of a pipe, or of an open FIFO
 * @m: where
 * @file: the file
 */
void kipc_pipe_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct kipc_pipe *pipe = kipc_pipe_from_file(file);
	struct kipc_fdinfo info = KIPC_FDINFO_INIT(m);
	struct task_struct *writer;

	kipc_fdinfo_instance(m, pipe->obj.inst);
	spin_lock(&pipe->lock);
	seq_printf(m, "kipc-written:\t%u\n", pipe->passed + pipe->ring.head);
	seq_printf(m, "kipc-read:\t%u\n", pipe->passed + pipe->ring.tail);
	kipc_pipe_show_sleepers_locked(&info, &pipe->rd, "read");
	kipc_pipe_show_sleepers_locked(&info, &pipe->wr, "write");
	writer = kipc_direct_writer_locked(pipe);
	if (writer && kipc_fdinfo_waiter_locked(&info, writer))
		seq_puts(m, "write\n");
	kipc_pipe_show_sleepers_locked(&info, &pipe->openers, "open");
	spin_unlock(&pipe->lock);
}
