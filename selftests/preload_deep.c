// SPDX-License-Identifier: GPL-2.0
/*
 * A library for preload_env_test, which opens it with RTLD_DEEPBIND: it looks for its calls in
 * the C library first.
 */
#include <sys/ipc.h>
#include <sys/sem.h>

int deep_semget(void)
{
	return semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
}

int deep_remove(int id)
{
	return semctl(id, 0, IPC_RMID);
}
