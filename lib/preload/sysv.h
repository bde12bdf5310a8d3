/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the three families of System V share, and their calls as door.c makes them.
 *
 * The *_ctl.c and sysv_sem_timed.c files, which know structures with times in them, are
 * compiled once more for 32-bit programs, with times of 64 bits (SHIM_TIME64). The C
 * library's headers give the functions their other names then.
 */
#ifndef KIPC_PRELOAD_SYSV_H
#define KIPC_PRELOAD_SYSV_H

#include "shim.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

/*
 * The flag by which 32-bit programs tell the kernel which structures they mean. To others it
 * is an unknown command.
 */
#define SHIM_IPC_64	(sizeof(long) == 4 ? 0x100 : 0)

#ifdef SHIM_TIME64
#define SHIM_TIMED(name) name##_time64
#define SHIM_TIMED_NEXT(name) ({ \
	static void *next__; \
	(__typeof__(name) *)shim_next(&next__, "__" #name "64"); \
})
#else
#define SHIM_TIMED(name) name
#define SHIM_TIMED_NEXT(name) SHIM_NEXT(name)
#endif

/*
 * All structures have 64 bits for a time: as one member, or for 32-bit programs as one for
 * the lower half and one behind it for the upper.
 */
static inline void shim_set_time(void *ds, size_t offset, __u64 time)
{
	static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the lower half comes first");
	memcpy((char *)ds + offset, &time, sizeof(time));
}

static inline unsigned int shim_get_flags(int flags)
{
	return (flags & IPC_CREAT ? KIPC_GET_CREAT : 0) | (flags & IPC_EXCL ? KIPC_GET_EXCL : 0);
}

static inline void shim_get_perm(struct ipc_perm *to, const struct kipc_perm *from)
{
	to->__key = from->key;
	to->uid = from->uid;
	to->gid = from->gid;
	to->cuid = from->cuid;
	to->cgid = from->cgid;
	to->mode = from->mode;
	to->__seq = from->seq;
}

static inline struct kipc_set shim_put_perm(int id, const struct ipc_perm *perm)
{
	return (struct kipc_set) {
		.id = id, .uid = perm->uid, .gid = perm->gid, .mode = perm->mode,
	};
}

/* What *_STAT answer: the id that stands at the index. */
static inline long shim_stat_result(const struct kipc_perm *perm, unsigned int flags)
{
	return flags ? perm->id : 0;
}

/* What *_INFO answer: the highest index, 0 for none. */
static inline long shim_info_result(int max_index)
{
	return max_index < 0 ? 0 : max_index;
}

/* Limits, where a program has only an int or a long of 32 bits for them. */
static inline unsigned long shim_clamp(__u64 value)
{
	return sizeof(long) == 4 && value > INT32_MAX ? INT32_MAX : value;
}

/* The calls: the results of the C library's functions. */
int shim_shmget(key_t key, size_t size, int flags);
void *shim_shmat(int id, const void *addr, int flags);
int shim_shmdt(const void *addr);
int shim_shmctl(int id, int cmd, struct shmid_ds *buf);
int shim_semget(key_t key, int nsems, int flags);
int shim_semop(int id, struct sembuf *ops, size_t nops);
int shim_semtimedop(int id, struct sembuf *ops, size_t nops, const struct timespec *timeout);
int shim_semctl(int id, int num, int cmd, unsigned long arg);
int shim_msgget(key_t key, int flags);
int shim_msgsnd(int id, const void *msg, size_t size, int flags, bool is_cancellable);
ssize_t shim_msgrcv(int id, void *msg, size_t size, long type, int flags, bool is_cancellable);
int shim_msgctl(int id, int cmd, struct msqid_ds *buf);
#ifdef SYS_ipc
long shim_ipc(const struct shim_args *args);
#endif
#if defined(SYS_semtimedop_time64) && !defined(SHIM_TIME64)
int shim_semtimedop_time64(int id, struct sembuf *ops, size_t nops, const void *timeout);
#endif

/* Operations as semtimedop() makes them; @timeout as of struct kipc_sem_ops. */
long shim_sem_refuse(const struct sembuf *ops, size_t nops);
long shim_sem_do(int id, struct sembuf *ops, size_t nops, unsigned int flags, __u64 timeout);

#endif /* KIPC_PRELOAD_SYSV_H */
