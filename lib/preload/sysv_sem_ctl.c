// SPDX-License-Identifier: GPL-2.0
/* semctl(2). */
#include "sysv.h"

#include <limits.h>
#include <stdarg.h>

/* What System V has of limits that the kernel does not have, as it reports them. */
#define SEMMAP	(32000 * 32000)
#define SEMMNU	(32000 * 32000)
#define SEMUME	500
#define SEMUSZ	20
#define SEMVMX	KIPC_SEM_VALUE_MAX
#define SEMAEM	SEMVMX

/* The index of an id, as abi.rst has it. */
#define INDEX_MASK 0xfffff

static long get_stat(int id, unsigned int flags, struct semid_ds *buf)
{
	struct kipc_sem_stat stat = { .perm.id = id, .flags = flags };
	struct semid_ds ds;
	long ret = shim_ioctl(KIPC_IOC_SEM_STAT, &stat);

	if (ret < 0)
		return ret;
	memset(&ds, 0, sizeof(ds));
	shim_get_perm(&ds.sem_perm, &stat.perm);
	shim_set_time(&ds, offsetof(struct semid_ds, sem_otime), stat.otime);
	shim_set_time(&ds, offsetof(struct semid_ds, sem_ctime), stat.ctime);
	ds.sem_nsems = stat.nsems;
	return shim_give(buf, &ds, sizeof(ds)) ?: shim_stat_result(&stat.perm, flags);
}

static long get_info(int cmd, struct seminfo *buf)
{
	struct kipc_sem_info info = { .flags = 0 };
	struct seminfo out;
	long ret = shim_ioctl(KIPC_IOC_SEM_INFO, &info);

	if (ret < 0)
		return ret;
	memset(&out, 0, sizeof(out));
	out.semmap = SEMMAP;
	out.semmni = info.semmni;
	out.semmns = info.semmns;
	out.semmnu = SEMMNU;
	out.semmsl = info.semmsl;
	out.semopm = info.semopm;
	out.semume = SEMUME;
	out.semusz = cmd == SEM_INFO ? (int)info.used_ids : SEMUSZ;
	out.semvmx = SEMVMX;
	out.semaem = cmd == SEM_INFO ? (int)info.used_sems : SEMAEM;
	return shim_give(buf, &out, sizeof(out)) ?: shim_info_result(info.max_index);
}

static long get_value(int id, int num, int cmd)
{
	struct kipc_sem_value value = { .id = id, .num = num };
	long ret = shim_ioctl(KIPC_IOC_SEM_GET_VALUE, &value);

	if (ret < 0)
		return ret;
	switch (cmd) {
	case GETVAL:
		return value.value;
	case GETPID:
		return value.pid;
	case GETNCNT:
		return value.ncnt;
	}
	return value.zcnt;
}

static long set_value(int id, int num, int value)
{
	struct kipc_sem_set_value arg = { .id = id, .num = num, .value = value };

	return shim_ioctl(KIPC_IOC_SEM_SET_VALUE, &arg);
}

static long get_all(int id, unsigned short *values)
{
	struct kipc_sem_values arg = {
		.id = id, .nsems = UINT_MAX, .values = (uintptr_t)values,
	};

	return shim_ioctl(KIPC_IOC_SEM_GET_ALL, &arg);
}

/*
 * SETALL does not say how many values there are, and needs no permission to read the set:
 * its size is asked for by its index.
 */
static long set_all(int id, const unsigned short *values)
{
	struct kipc_sem_stat stat = {
		.perm.id = id & INDEX_MASK, .flags = KIPC_STAT_INDEX | KIPC_STAT_ANY,
	};
	struct kipc_sem_values arg = { .id = id, .values = (uintptr_t)values };
	long ret = shim_ioctl(KIPC_IOC_SEM_STAT, &stat);

	if (ret < 0 || stat.perm.id != id)
		return ret < 0 ? ret : -EINVAL;
	arg.nsems = stat.nsems;
	return shim_ioctl(KIPC_IOC_SEM_SET_ALL, &arg);
}

static long set(int id, const struct semid_ds *buf)
{
	struct kipc_set set;

	if (!shim_can_read(buf, sizeof(*buf)))
		return -EFAULT;
	set = shim_put_perm(id, &buf->sem_perm);
	return shim_ioctl(KIPC_IOC_SEM_SET, &set);
}

static long do_semctl(int id, int num, int cmd, unsigned long arg)
{
	struct kipc_remove remove = { .id = id };

	switch (cmd) {
	case IPC_STAT:
		return get_stat(id, 0, (void *)arg);
	case SEM_STAT:
		return get_stat(id, KIPC_STAT_INDEX, (void *)arg);
	case SEM_STAT_ANY:
		return get_stat(id, KIPC_STAT_INDEX | KIPC_STAT_ANY, (void *)arg);
	case IPC_INFO:
	case SEM_INFO:
		return get_info(cmd, (void *)arg);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
		return get_value(id, num, cmd);
	case SETVAL:
		return set_value(id, num, arg);
	case GETALL:
		return get_all(id, (void *)arg);
	case SETALL:
		return set_all(id, (void *)arg);
	case IPC_SET:
		return set(id, (void *)arg);
	case IPC_RMID:
		return shim_ioctl(KIPC_IOC_SEM_REMOVE, &remove);
	}
	return -EINVAL;
}

int SHIM_TIMED(shim_semctl)(int id, int num, int cmd, unsigned long arg)
{
	switch (shim_world(SHIM_SEM)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_TIMED_NEXT(semctl)(id, num, cmd, arg));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	if (id < 0)
		return shim_result(-EINVAL);
	return shim_result(do_semctl(id, num, cmd & ~SHIM_IPC_64, arg));
}

/* A union semun goes where a long of its size goes; many commands come without one. */
int semctl(int id, int num, int cmd, ...)
{
	unsigned long arg;
	va_list args;
	int ret;

	va_start(args, cmd);
	arg = va_arg(args, unsigned long);
	va_end(args);
	ret = SHIM_TIMED(shim_semctl)(id, num, cmd, arg);
	shim_trace(ret, "(%d, %d, %d, %#lx)", id, num, cmd, arg);
	return ret;
}
