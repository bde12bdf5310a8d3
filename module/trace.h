/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kipc

#if !defined(_KIPC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KIPC_TRACE_H

/*
 * Tracepoints, below events/kipc in tracefs. Objects are told apart by their id,
 * or by the inode number that fstat() and /proc/PID/fd show.
 */

#include <linux/fs.h>
#include <linux/tracepoint.h>

#include "compat.h"
#include "kipc.h"
#include "core/table.h"

DECLARE_EVENT_CLASS(kipc_obj,
	TP_PROTO(const struct kipc_obj *obj),
	TP_ARGS(obj),
	TP_STRUCT__entry(
		__string(kind, obj->ops->name)
		__field(unsigned long, ino)
		__field(unsigned long, charged)
	),
	TP_fast_assign(
		kipc_assign_str(kind, obj->ops->name);
		__entry->ino = obj->inode->i_ino;
		__entry->charged = obj->charged;
	),
	TP_printk("%s ino=%lu charged_pages=%lu", __get_str(kind), __entry->ino,
		  __entry->charged)
);

DEFINE_EVENT(kipc_obj, kipc_obj_publish,
	TP_PROTO(const struct kipc_obj *obj),
	TP_ARGS(obj)
);

DEFINE_EVENT(kipc_obj, kipc_obj_retire,
	TP_PROTO(const struct kipc_obj *obj),
	TP_ARGS(obj)
);

DECLARE_EVENT_CLASS(kipc_entry,
	TP_PROTO(const struct kipc_entry *named),
	TP_ARGS(named),
	TP_STRUCT__entry(
		__string(kind, named->obj.ops->name)
		__field(int, id)
		__field(int, key)
	),
	TP_fast_assign(
		kipc_assign_str(kind, named->obj.ops->name);
		__entry->id = named->id;
		__entry->key = named->key;
	),
	TP_printk("%s id=%d key=0x%08x", __get_str(kind), __entry->id,
		  __entry->key)
);

DEFINE_EVENT(kipc_entry, kipc_entry_add,
	TP_PROTO(const struct kipc_entry *named),
	TP_ARGS(named)
);

DEFINE_EVENT(kipc_entry, kipc_entry_doom,
	TP_PROTO(const struct kipc_entry *named),
	TP_ARGS(named)
);

DEFINE_EVENT(kipc_entry, kipc_entry_retire,
	TP_PROTO(const struct kipc_entry *named),
	TP_ARGS(named)
);

DECLARE_EVENT_CLASS(kipc_pipe_io,
	TP_PROTO(const struct kipc_obj *obj, size_t bytes, unsigned int used),
	TP_ARGS(obj, bytes, used),
	TP_STRUCT__entry(
		__field(unsigned long, ino)
		__field(size_t, bytes)
		__field(unsigned int, used)
	),
	TP_fast_assign(
		__entry->ino = obj->inode->i_ino;
		__entry->bytes = bytes;
		__entry->used = used;
	),
	TP_printk("ino=%lu bytes=%zu used=%u", __entry->ino, __entry->bytes,
		  __entry->used)
);

DEFINE_EVENT(kipc_pipe_io, kipc_pipe_read,
	TP_PROTO(const struct kipc_obj *obj, size_t bytes, unsigned int used),
	TP_ARGS(obj, bytes, used)
);

DEFINE_EVENT(kipc_pipe_io, kipc_pipe_write,
	TP_PROTO(const struct kipc_obj *obj, size_t bytes, unsigned int used),
	TP_ARGS(obj, bytes, used)
);

/*
 * The way of a signal, step by step as in kernel/signal.c; Documentation/semantics.rst says
 * which is which. Subscriber 0 is the group.
 */
DECLARE_EVENT_CLASS(kipc_sig,
	TP_PROTO(const struct kipc_entry *queue, u32 subscriber, int signo),
	TP_ARGS(queue, subscriber, signo),
	TP_STRUCT__entry(
		__field(int, id)
		__field(u32, subscriber)
		__field(int, signo)
	),
	TP_fast_assign(
		__entry->id = queue->id;
		__entry->subscriber = subscriber;
		__entry->signo = signo;
	),
	TP_printk("id=%d subscriber=%u sig=%d", __entry->id,
		  __entry->subscriber, __entry->signo)
);

DECLARE_EVENT_CLASS(kipc_sig_result,
	TP_PROTO(const struct kipc_entry *queue, u32 subscriber, int signo,
		 int result),
	TP_ARGS(queue, subscriber, signo, result),
	TP_STRUCT__entry(
		__field(int, id)
		__field(u32, subscriber)
		__field(int, signo)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->id = queue->id;
		__entry->subscriber = subscriber;
		__entry->signo = signo;
		__entry->result = result;
	),
	TP_printk("id=%d subscriber=%u sig=%d result=%d", __entry->id,
		  __entry->subscriber, __entry->signo, __entry->result)
);

/* It was sent to a subscriber or the group; the result of the call. */
DEFINE_EVENT(kipc_sig_result, kipc_sig_send,
	TP_PROTO(const struct kipc_entry *queue, u32 subscriber, int signo,
		 int result),
	TP_ARGS(queue, subscriber, signo, result)
);

/* Somebody is looked for who takes it now. */
DEFINE_EVENT(kipc_sig, kipc_sig_complete,
	TP_PROTO(const struct kipc_entry *queue, u32 subscriber, int signo),
	TP_ARGS(queue, subscriber, signo)
);

/* A thread that waits at a subscriber has it, and is woken. */
DEFINE_EVENT(kipc_sig, kipc_sig_wake,
	TP_PROTO(const struct kipc_entry *queue, u32 subscriber, int signo),
	TP_ARGS(queue, subscriber, signo)
);

/* A subscriber takes it out of a pending set. */
DEFINE_EVENT(kipc_sig, kipc_sig_dequeue,
	TP_PROTO(const struct kipc_entry *queue, u32 subscriber, int signo),
	TP_ARGS(queue, subscriber, signo)
);

/* It becomes a real signal for a subscriber; the result of that. */
DEFINE_EVENT(kipc_sig_result, kipc_sig_deliver,
	TP_PROTO(const struct kipc_entry *queue, u32 subscriber, int signo,
		 int result),
	TP_ARGS(queue, subscriber, signo, result)
);

#endif /* _KIPC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
