// SPDX-License-Identifier: GPL-2.0
/* msgctl(2). */
#include "sysv.h"

/* What System V has of limits that the kernel does not have, as it reports them. */
#define MSGMAP	16384
#define MSGPOOL	512000
#define MSGSEG	0xffff
#define MSGSSZ	16
#define MSGTQL	16384

static long get_stat(int id, unsigned int flags, struct msqid_ds *buf)
{
	struct kipc_msg_stat stat = { .perm.id = id, .flags = flags };
	struct msqid_ds ds;
	long ret = shim_ioctl(KIPC_IOC_MSG_STAT, &stat);

	if (ret < 0)
		return ret;
	memset(&ds, 0, sizeof(ds));
	shim_get_perm(&ds.msg_perm, &stat.perm);
	shim_set_time(&ds, offsetof(struct msqid_ds, msg_stime), stat.stime);
	shim_set_time(&ds, offsetof(struct msqid_ds, msg_rtime), stat.rtime);
	shim_set_time(&ds, offsetof(struct msqid_ds, msg_ctime), stat.ctime);
	ds.msg_cbytes = stat.cbytes;
	ds.msg_qnum = stat.qnum;
	ds.msg_qbytes = stat.qbytes;
	ds.msg_lspid = stat.lspid;
	ds.msg_lrpid = stat.lrpid;
	return shim_give(buf, &ds, sizeof(ds)) ?: shim_stat_result(&stat.perm, flags);
}

static long get_info(int cmd, struct msqid_ds *buf)
{
	struct kipc_msg_info info = { .flags = cmd == MSG_INFO ? KIPC_MSG_INFO_USAGE : 0 };
	struct msginfo out;
	long ret = shim_ioctl(KIPC_IOC_MSG_INFO, &info);

	if (ret < 0)
		return ret;
	memset(&out, 0, sizeof(out));
	out.msgpool = cmd == MSG_INFO ? (int)info.used_ids : MSGPOOL;
	out.msgmap = cmd == MSG_INFO ? (int)info.messages : MSGMAP;
	out.msgmax = info.msgmax;
	out.msgmnb = info.msgmnb;
	out.msgmni = info.msgmni;
	out.msgssz = MSGSSZ;
	out.msgtql = cmd == MSG_INFO ? (int)info.bytes : MSGTQL;
	out.msgseg = MSGSEG;
	return shim_give(buf, &out, sizeof(out)) ?: shim_info_result(info.max_index);
}

static long set(int id, const struct msqid_ds *buf)
{
	struct kipc_msg_set arg;

	if (!shim_can_read(buf, sizeof(*buf)))
		return -EFAULT;
	arg.set = shim_put_perm(id, &buf->msg_perm);
	arg.qbytes = buf->msg_qbytes;
	return shim_ioctl(KIPC_IOC_MSG_SET, &arg);
}

static long do_msgctl(int id, int cmd, struct msqid_ds *buf)
{
	struct kipc_remove remove = { .id = id };

	switch (cmd) {
	case IPC_STAT:
		return get_stat(id, 0, buf);
	case MSG_STAT:
		return get_stat(id, KIPC_STAT_INDEX, buf);
	case MSG_STAT_ANY:
		return get_stat(id, KIPC_STAT_INDEX | KIPC_STAT_ANY, buf);
	case IPC_INFO:
	case MSG_INFO:
		return get_info(cmd, buf);
	case IPC_SET:
		return set(id, buf);
	case IPC_RMID:
		return shim_ioctl(KIPC_IOC_MSG_REMOVE, &remove);
	}
	return -EINVAL;
}

int SHIM_TIMED(shim_msgctl)(int id, int cmd, struct msqid_ds *buf)
{
	switch (shim_world(SHIM_MSG)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_TIMED_NEXT(msgctl)(id, cmd, buf));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	if (id < 0)
		return shim_result(-EINVAL);
	return shim_result(do_msgctl(id, cmd & ~SHIM_IPC_64, buf));
}

int msgctl(int id, int cmd, struct msqid_ds *buf)
{
	int ret = SHIM_TIMED(shim_msgctl)(id, cmd, buf);

	shim_trace(ret, "(%d, %d, %p)", id, cmd, (void *)buf);
	return ret;
}
