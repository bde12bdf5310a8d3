/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of libkipc-preload.so alone, with which they are run: each mounts
 * the instance that it uses. And a few calls of the C library that they make all the time.
 */
#ifndef KIPC_PRELOAD_FIXTURE_H
#define KIPC_PRELOAD_FIXTURE_H

#include "mounts.h"

#include <dirent.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define INSTANCE MOUNTS "/instance"
#define PAGE	 4096

/* What the compiler makes of calls of open() without a mode. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

struct message {
	long type;
	char text[8];
};

FIXTURE(preload)
{
	long long objects;
};

FIXTURE_SETUP(preload)
{
	self->objects = param_get("objects");
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(INSTANCE, NULL));
}

FIXTURE_TEARDOWN(preload)
{
	children_reap();
	EXPECT_TRUE(EVENTUALLY(umount(INSTANCE) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

/* What lives in the instance, as kipc itself says. */
static inline struct kipc_stats instance_stats(void)
{
	int fd = open_in(INSTANCE, "control", O_RDWR);
	struct kipc_stats stats = stats_of(fd);

	close(fd);
	return stats;
}

static inline int fds_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static inline int value_of(int set)
{
	return semctl(set, 0, GETVAL);
}

static inline int add(int set, int op, int flags)
{
	struct sembuf one = { .sem_op = op, .sem_flg = flags };

	return semop(set, &one, 1);
}

static inline long nattch(int id)
{
	struct shmid_ds ds;

	return shmctl(id, IPC_STAT, &ds) ? -1 : (long)ds.shm_nattch;
}

/* Every call once; the first that fails, or NULL. */
static inline const char *use_everything(void)
{
	struct message m = { .type = 1 };
	struct timespec second = { .tv_sec = 1 };
	struct sembuf one = { .sem_op = 1 };
	int id;
	void *p;

	id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	p = shmat(id, NULL, 0);
	if (id < 0 || p == (void *)-1 || nattch(id) != 1)
		return "shmget and shmat";
	if (shmdt(p) || shmctl(id, IPC_RMID, NULL))
		return "shmdt and shmctl";
	id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	if (id < 0 || semop(id, &one, 1) || semtimedop(id, &one, 1, &second) ||
	    value_of(id) != 2 || semctl(id, 0, IPC_RMID))
		return "semaphores";
	id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	if (id < 0 || msgsnd(id, &m, 8, 0) || msgrcv(id, &m, 8, 0, 0) != 8 ||
	    msgctl(id, IPC_RMID, NULL))
		return "messages";
	return NULL;
}
#endif /* KIPC_PRELOAD_FIXTURE_H */
