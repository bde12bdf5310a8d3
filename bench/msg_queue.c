// SPDX-License-Identifier: GPL-2.0
/* The calls of both implementations, see msg_queue.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

#include "msg_queue.h"

#include <linux/kipc.h>

/* --- limits */

/* msgmax as it was, if it was changed */
static char old_msgmax[BENCH_IMPLS][32];

static const char *msgmax_path(enum bench_impl impl)
{
	static char path[256];
	char link[64], *slash;
	ssize_t len;

	if (impl == BENCH_NATIVE)
		return "/proc/sys/kernel/msgmax";
	/* beside the node, if that is one of a mount */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", bench.device);
	len = readlink(link, path, sizeof(path) - sizeof("limits/msgmax"));
	bench_check(len > 0, link);
	path[len] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash + 1, "limits/msgmax");
	return path;
}

static bool msgmax_write(enum bench_impl impl, const char *value)
{
	FILE *file = fopen(msgmax_path(impl), "we");
	bool good;

	if (!file)
		return false;
	good = fputs(value, file) >= 0;
	return !fclose(file) && good;
}

bool msgmax_raise(enum bench_impl impl)
{
	FILE *file = fopen(msgmax_path(impl), "re");
	char now[32], wanted[32];

	if (!file)
		return false;
	if (!fgets(now, sizeof(now), file))
		now[0] = '\0';
	fclose(file);
	if (strtoul(now, NULL, 10) >= MESSAGE_MAX)
		return true;
	snprintf(wanted, sizeof(wanted), "%d\n", MESSAGE_MAX);
	if (!msgmax_write(impl, wanted))
		return false;
	strcpy(old_msgmax[impl], now);
	return true;
}

void msgmax_restore(void)
{
	for (int i = 0; i < BENCH_IMPLS; i++) {
		if (old_msgmax[i][0])
			msgmax_write(i, old_msgmax[i]);
		old_msgmax[i][0] = '\0';
	}
}

/* --- the calls */

int queue_try(enum bench_impl impl, int key, bool create)
{
	struct kipc_msg_get get = {
		.key = key,
		.flags = create ? KIPC_GET_CREAT | KIPC_GET_EXCL : 0,
		.mode = 0600,
	};

	if (impl == BENCH_NATIVE)
		return msgget(key, create ? IPC_CREAT | IPC_EXCL | 0600 : 0600);
	return ioctl(bench.device, KIPC_IOC_MSG_GET, &get) ? -1 : get.id;
}

int queue_create(enum bench_impl impl, int key)
{
	int id = queue_try(impl, key, true);

	bench_check(id >= 0, "cannot make a message queue");
	return id;
}

bool queue_try_remove(enum bench_impl impl, int id)
{
	struct kipc_remove remove = { .id = id };

	if (impl == BENCH_NATIVE)
		return !msgctl(id, IPC_RMID, NULL);
	return !ioctl(bench.device, KIPC_IOC_MSG_REMOVE, &remove);
}

void queue_remove(enum bench_impl impl, int id)
{
	bench_check(queue_try_remove(impl, id), "cannot remove a message queue");
}

/* How many bytes it may hold, and how many messages; above msgmnb it takes root. */
void queue_set_qbytes(const struct queue *q, unsigned long qbytes)
{
	struct msqid_ds ds = { .msg_perm.mode = 0600, .msg_qbytes = qbytes };
	struct kipc_msg_set set = {
		.set = { .id = q->id, .mode = 0600 },
		.qbytes = qbytes,
	};

	ds.msg_perm.uid = geteuid();
	ds.msg_perm.gid = getegid();
	set.set.uid = geteuid();
	set.set.gid = getegid();
	bench_check(q->impl == BENCH_NATIVE ? !msgctl(q->id, IPC_SET, &ds) :
		    !ioctl(bench.device, KIPC_IOC_MSG_SET, &set), "cannot enlarge a queue");
}

bool queue_send(const struct queue *q, const struct message *m, size_t size)
{
	struct kipc_msg_send send;

	if (q->impl == BENCH_NATIVE)
		return !msgsnd(q->id, m, size, 0);
	if (q->way == BY_RW)
		return write(q->fd, m, sizeof(m->type) + size) == (ssize_t)(sizeof(m->type) + size);
	send = (struct kipc_msg_send){
		.id = q->way == BY_ID ? q->id : KIPC_ID_SELF,
		.type = m->type,
		.addr = (uintptr_t)m->text,
		.size = size,
		.timeout = KIPC_TIMEOUT_NONE,
	};
	return !ioctl(q->way == BY_ID ? bench.device : q->fd, KIPC_IOC_MSG_SEND, &send);
}

bool queue_receive(const struct queue *q, struct message *m, size_t size, long type, int flags)
{
	struct kipc_msg_receive receive;

	if (q->impl == BENCH_NATIVE)
		return msgrcv(q->id, m, size, type, flags) == (ssize_t)size;
	if (q->way == BY_RW)
		return read(q->fd, m, sizeof(m->type) + size) == (ssize_t)(sizeof(m->type) + size);
	receive = (struct kipc_msg_receive){
		.id = q->way == BY_ID ? q->id : KIPC_ID_SELF,
		.flags = flags ? KIPC_MSG_EXCEPT : 0,
		.type = type,
		.addr = (uintptr_t)m->text,
		.size = size,
		.timeout = KIPC_TIMEOUT_NONE,
	};
	if (ioctl(q->way == BY_ID ? bench.device : q->fd, KIPC_IOC_MSG_RECEIVE, &receive))
		return false;
	m->type = receive.type;
	return receive.size == size;
}

bool queue_stat(const struct queue *q)
{
	struct kipc_msg_stat stat;
	struct msqid_ds ds;

	if (q->impl == BENCH_NATIVE)
		return !msgctl(q->id, IPC_STAT, &ds);
	stat = (struct kipc_msg_stat){ .perm.id = q->way == BY_ID ? q->id : KIPC_ID_SELF };
	return !ioctl(q->way == BY_ID ? bench.device : q->fd, KIPC_IOC_MSG_STAT, &stat);
}

void queue_open_id(struct queue *q, enum bench_impl impl, enum way way, int id, long type)
{
	struct kipc_msg_open open = { .id = id, .flags = KIPC_MSG_TYPED | KIPC_MSG_CLOEXEC };
	struct kipc_msg_filter filter = { .type = type, .send_type = 1 };

	*q = (struct queue){ .impl = impl, .way = way, .id = id, .fd = -1 };
	if (impl == BENCH_NATIVE || way == BY_ID)
		return;
	bench_check(!ioctl(bench.device, KIPC_IOC_MSG_OPEN, &open), "KIPC_IOC_MSG_OPEN");
	q->fd = open.fd;
	if (type)
		bench_check(!ioctl(q->fd, KIPC_IOC_MSG_FILTER, &filter), "KIPC_IOC_MSG_FILTER");
}

void queue_open(struct queue *q, enum bench_impl impl, enum way way, long type)
{
	queue_open_id(q, impl, way, queue_create(impl, IPC_PRIVATE), type);
}

void queue_close(const struct queue *q)
{
	if (q->fd >= 0)
		close(q->fd);
	queue_remove(q->impl, q->id);
}
