/* SPDX-License-Identifier: GPL-2.0 */
/* Calls on message queues that sleep, for restart_test. */
#ifndef KIPC_RESTART_MSG_H
#define KIPC_RESTART_MSG_H

#include "restart.h"
#include "msg_ops.h"

/* The message that fills a queue, and one that is sent. */
#define FULL_TYPE	9
#define SENT_TYPE	1
#define SENT_SIZE	4

static inline int make_empty_queue(struct place *p)
{
	p->id = msg_new();
	if (p->id < 0 || p->dev < 0)
		return p->id < 0 ? -1 : 0;
	p->fd = msg_open_on(p->dev, p->id, KIPC_MSG_CLOEXEC);
	return place_watch(p, p->fd, POLLIN);
}

static inline int make_full_queue(struct place *p)
{
	p->id = msg_new_of(FEW);
	if (p->id < 0 || msg_send(p->id, FULL_TYPE, FEW, IPC_NOWAIT))
		return -1;
	if (p->dev < 0)
		return 0;
	p->fd = msg_open_on(p->dev, p->id, KIPC_MSG_CLOEXEC);
	return place_watch(p, p->fd, POLLOUT);
}

static inline void look_at_queue(const struct place *p, bool asleep, char *text)
{
	struct msqid_ds ds = msg_ds(p->id);
	struct kipc_msg_stat stat = { 0 };

	if (p->dev >= 0)
		msg_stat_on(p->dev, p->id, 0, &stat);
	snprintf(text, LOOK_MAX,
		 "%s: %lu messages, %lu bytes, of %d and %d, %lu and %lu; %u and %u wait",
		 asleep ? "asleep" : "awake", (unsigned long)ds.msg_qnum,
		 (unsigned long)ds.msg_cbytes, ds.msg_lspid, ds.msg_lrpid,
		 (unsigned long)ds.msg_stime, (unsigned long)ds.msg_rtime, stat.senders,
		 stat.receivers);
}

/* The message that all those who receive would have. */
static inline bool finish_empty_queue(struct place *p)
{
	return !msg_send(p->id, SENT_TYPE, SENT_SIZE, IPC_NOWAIT);
}

static inline bool finish_full_queue(struct place *p)
{
	return msg_arrives(p->id, FULL_TYPE, FEW);
}

static inline int remove_queue(const struct place *p)
{
	return msg_rmid(p->id);
}

static const struct kind empty_queue = {
	.sysv = true, .make = make_empty_queue, .look = look_at_queue,
	.finish = finish_empty_queue, .remove = remove_queue,
};

static const struct kind full_queue = {
	.sysv = true, .make = make_full_queue, .look = look_at_queue,
	.finish = finish_full_queue, .remove = remove_queue,
};

/* --- the calls */

static inline long do_msgsnd(const struct place *p)
{
	return msg_send(p->id, SENT_TYPE, SENT_SIZE, 0);
}

static inline long receive(const struct place *p, long type, int flags)
{
	struct message m;
	long n;

	memset(&m, POISON, sizeof(m));
	n = msg->receive(p->id, &m, sizeof(m.text), type, flags);
	return untouched(n, &m, sizeof(m));
}

static inline long do_msgrcv_any(const struct place *p)
{
	return receive(p, 0, 0);
}

static inline long do_msgrcv_type(const struct place *p)
{
	return receive(p, SENT_TYPE, 0);
}

static inline long do_msgrcv_lowest(const struct place *p)
{
	return receive(p, -SENT_TYPE, 0);
}

static inline long do_msgrcv_except(const struct place *p)
{
	return receive(p, FULL_TYPE, MSG_EXCEPT);
}

static inline long send_on(int fd, int id, unsigned int flags, __u64 timeout)
{
	unsigned char buf[SENT_SIZE];

	pattern(buf, sizeof(buf), SENT_TYPE);
	return msg_send_on(fd, id, SENT_TYPE, buf, sizeof(buf), flags, timeout);
}

static inline long receive_on(int fd, int id, unsigned int flags, __u64 timeout)
{
	unsigned char buf[FEW];
	long type = SENT_TYPE;

	memset(buf, POISON, sizeof(buf));
	return untouched(msg_receive_on(fd, id, &type, buf, sizeof(buf), flags, timeout), buf,
			 sizeof(buf));
}

static inline long do_send_until(const struct place *p)
{
	return send_on(p->dev, p->id, 0, p->deadline);
}

static inline long do_send_for(const struct place *p)
{
	return send_on(p->dev, p->id, KIPC_MSG_RELATIVE, left_ns(p));
}

static inline long do_receive_until(const struct place *p)
{
	return receive_on(p->dev, p->id, 0, p->deadline);
}

static inline long do_receive_for(const struct place *p)
{
	return receive_on(p->dev, p->id, KIPC_MSG_RELATIVE, left_ns(p));
}

static inline long do_send_on_fd(const struct place *p)
{
	return send_on(p->fd, KIPC_ID_SELF, 0, KIPC_TIMEOUT_NONE);
}

static inline long do_send_on_fd_until(const struct place *p)
{
	return send_on(p->fd, KIPC_ID_SELF, 0, p->deadline);
}

static inline long do_receive_on_fd(const struct place *p)
{
	return receive_on(p->fd, KIPC_ID_SELF, 0, KIPC_TIMEOUT_NONE);
}

static inline long do_receive_on_fd_until(const struct place *p)
{
	return receive_on(p->fd, KIPC_ID_SELF, 0, p->deadline);
}

static inline long do_queue_read(const struct place *p)
{
	return read_few(p->fd);
}

static inline long do_queue_readv(const struct place *p)
{
	return readv_few(p->fd);
}

static inline long do_queue_write(const struct place *p)
{
	unsigned char buf[SENT_SIZE];

	pattern(buf, sizeof(buf), SENT_TYPE);
	return write(p->fd, buf, sizeof(buf));
}

static inline long do_queue_writev(const struct place *p)
{
	unsigned char buf[SENT_SIZE];
	const struct iovec iov[2] = { { buf, 1 }, { buf + 1, SENT_SIZE - 1 } };

	pattern(buf, sizeof(buf), SENT_TYPE);
	return writev(p->fd, iov, 2);
}

static inline bool message_was_sent(const struct place *p)
{
	return msg_qnum(p->id) == 1 && msg_arrives(p->id, SENT_TYPE, SENT_SIZE);
}

static inline bool message_was_taken(const struct place *p)
{
	return msg_qnum(p->id) == 0;
}

#endif /* KIPC_RESTART_MSG_H */
