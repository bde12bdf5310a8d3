// SPDX-License-Identifier: GPL-2.0
/* semget(2), semop(2). */
#include "sysv.h"

#include <stdlib.h>

static long do_semget(key_t key, int nsems, int flags)
{
	struct kipc_sem_get get = {
		.key = key, .flags = shim_get_flags(flags), .nsems = nsems, .mode = flags & 0777,
	};
	long ret = shim_ioctl(KIPC_IOC_SEM_GET, &get);

	return ret < 0 ? ret : get.id;
}

int shim_semget(key_t key, int nsems, int flags)
{
	switch (shim_world(SHIM_SEM)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_NEXT(semget)(key, nsems, flags));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	return shim_result(do_semget(key, nsems, flags));
}

int semget(key_t key, int nsems, int flags)
{
	int ret = shim_semget(key, nsems, flags);

	shim_trace(ret, "(%#x, %d, %#o)", (unsigned int)key, nsems, flags);
	return ret;
}

static long do_ops(int id, const struct sembuf *ops, size_t nops, unsigned int flags,
		   __u64 timeout)
{
	struct kipc_sem_ops arg = {
		.id = id, .nops = nops, .ops = (uintptr_t)ops, .flags = flags,
		.timeout = timeout,
	};

	return shim_ioctl_sleep(KIPC_IOC_SEM_OP, &arg, false);
}

/* semop(2) does not look at flags that it does not know; kipc refuses them. */
static long do_clean_ops(int id, const struct sembuf *ops, size_t nops, unsigned int flags,
			 __u64 timeout)
{
	struct sembuf *clean = malloc(nops * sizeof(*clean));
	long ret;
	size_t i;

	if (!clean)
		return -ENOMEM;
	for (i = 0; i < nops; i++) {
		clean[i] = ops[i];
		clean[i].sem_flg &= IPC_NOWAIT | SEM_UNDO;
	}
	ret = do_ops(id, clean, nops, flags, timeout);
	free(clean);
	return ret;
}

static bool has_unknown_flags(const struct sembuf *ops, size_t nops)
{
	size_t i;

	for (i = 0; i < nops; i++) {
		if (ops[i].sem_flg & ~(IPC_NOWAIT | SEM_UNDO))
			return true;
	}
	return false;
}

/* What is wrong, where something else is wrong: the kernel looks at the operations first. */
long shim_sem_refuse(const struct sembuf *ops, size_t nops)
{
	struct kipc_sem_info info = { .flags = 0 };
	long ret = shim_ioctl(KIPC_IOC_SEM_INFO, &info);

	nops = (unsigned int)nops;
	if (ret < 0)
		return ret;
	if (nops > info.semopm)
		return -E2BIG;
	return !nops || shim_can_read(ops, nops * sizeof(*ops)) ? -EINVAL : -EFAULT;
}

long shim_sem_do(int id, struct sembuf *ops, size_t nops, unsigned int flags, __u64 timeout)
{
	long ret;

	/* the kernel looks at no more of it */
	nops = (unsigned int)nops;
	if (id < 0 || nops < 1)
		return shim_sem_refuse(ops, nops);
	ret = do_ops(id, ops, nops, flags, timeout);
	/* the kernel has read them: they are there */
	if (ret == -EINVAL && has_unknown_flags(ops, nops))
		ret = do_clean_ops(id, ops, nops, flags, timeout);
	return ret;
}

int shim_semop(int id, struct sembuf *ops, size_t nops)
{
	switch (shim_world(SHIM_SEM)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_NEXT(semop)(id, ops, nops));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	return shim_result(shim_sem_do(id, ops, nops, 0, KIPC_TIMEOUT_NONE));
}

int semop(int id, struct sembuf *ops, size_t nops)
{
	int ret = shim_semop(id, ops, nops);

	shim_trace(ret, "(%d, %p, %zu)", id, (void *)ops, nops);
	return ret;
}
