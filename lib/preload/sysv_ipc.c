// SPDX-License-Identifier: GPL-2.0
/*
 * ipc(2): the one number of i386 for all calls of System V, from before each had its own.
 * The structures of Linux before 2.4, for commands without SHIM_IPC_64, are not served.
 */
#include "sysv.h"

#ifdef SYS_ipc

#define A(n) (args->a[n])

/* As in linux/ipc.h, which cannot be included together with sys/ipc.h. */
enum {
	SEMOP = 1, SEMGET = 2, SEMCTL = 3, SEMTIMEDOP = 4,
	MSGSND = 11, MSGRCV = 12, MSGGET = 13, MSGCTL = 14,
	SHMAT = 21, SHMDT = 22, SHMGET = 23, SHMCTL = 24,
};

/* How the first versions hand over two arguments as one. */
struct old_msgrcv {
	void *msg;
	long type;
};

static long ipc_msgrcv(const struct shim_args *args)
{
	const struct old_msgrcv *old = (void *)A(4);

	/* the version of the call */
	if (A(0) >> 16)
		return shim_msgrcv(A(1), (void *)A(4), A(2), A(5), A(3), false);
	if (!old || !shim_can_read(old, sizeof(*old)))
		return shim_result(old ? -EFAULT : -EINVAL);
	return shim_msgrcv(A(1), old->msg, A(2), old->type, A(3), false);
}

static long ipc_shmat(const struct shim_args *args)
{
	void *addr;

	/* that version is the kernel's own */
	if (A(0) >> 16 == 1)
		return shim_result(-EINVAL);
	addr = shim_shmat(A(1), (void *)A(4), A(2));
	if (addr == (void *)-1)
		return -1;
	/* it stays attached, as the kernel has it */
	return shim_result(shim_give((void *)A(3), &addr, sizeof(addr)));
}

static long ipc_semctl(const struct shim_args *args)
{
	if (!A(4) || !shim_can_read((void *)A(4), sizeof(long)))
		return shim_result(A(4) ? -EFAULT : -EINVAL);
	return shim_semctl(A(1), A(2), A(3), *(unsigned long *)A(4));
}

long shim_ipc(const struct shim_args *args)
{
	switch (A(0) & 0xffff) {
	case SEMOP:
		return shim_semop(A(1), (void *)A(4), A(2));
	case SEMGET:
		return shim_semget(A(1), A(2), A(3));
	case SEMCTL:
		return ipc_semctl(args);
	case SEMTIMEDOP:
		return shim_semtimedop(A(1), (void *)A(4), A(2), (void *)A(5));
	case MSGSND:
		return shim_msgsnd(A(1), (void *)A(4), A(2), A(3), false);
	case MSGRCV:
		return ipc_msgrcv(args);
	case MSGGET:
		return shim_msgget(A(1), A(2));
	case MSGCTL:
		return shim_msgctl(A(1), A(2), (void *)A(4));
	case SHMAT:
		return ipc_shmat(args);
	case SHMDT:
		return shim_shmdt((void *)A(4));
	case SHMGET:
		return shim_shmget(A(1), A(2), A(3));
	case SHMCTL:
		return shim_shmctl(A(1), A(2), (void *)A(4));
	}
	return shim_refuse();
}
#endif /* SYS_ipc */
