/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls of System V semaphores: the kernel's own, kipc's on the node of an instance
 * with ids, and kipc's on descriptors of the sets. sem->get(), sem->op(), sem->timedop()
 * and sem->ctl() have the arguments and results of semget(), semop(), semtimedop() and
 * semctl(), but that GETALL and SETALL are told the number of values, in place of the
 * number of a semaphore, which the kernel's calls do not look at.
 *
 * Below them is a function for each command, and what tests ask all the time.
 */
#ifndef KIPC_SEM_OPS_H
#define KIPC_SEM_OPS_H

#include "mounts.h"

#include <sys/ipc.h>
#include <sys/sem.h>

#define SEM_MOUNT	MOUNTS "/instance"

/* i386 has no numbers for them; there only the C library's functions are called. */
#ifndef SYS_semop
#define SYS_semop	(-1)
#define SYS_semtimedop	(-1)
#endif

#ifndef SEMVMX
#define SEMVMX		32767
#endif

/* How the C library wants the last argument of semctl(). */
union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
	struct seminfo *info;
};

struct sem_ops {
	const char *table;
	const char *limits;
	/* how many bits of an id are the index */
	int index_bits;
	/* what a call on a set that was removed before says */
	int gone;
	/* the system calls that op() and timedop() sleep in */
	long op_nr;
	long timedop_nr;
	int (*get)(key_t key, int nsems, int flags);
	int (*op)(int id, struct sembuf *ops, size_t nops);
	int (*timedop)(int id, struct sembuf *ops, size_t nops, const struct timespec *timeout);
	int (*ctl)(int id, int num, int cmd, union semun arg);
};

/* The implementation under test. */
static const struct sem_ops *sem;
/* Where kipc's calls go. */
static int sem_dev = -1;

/* --- the kernel's */

static inline int native_sem_op(int id, struct sembuf *ops, size_t nops)
{
	return syscall(SYS_semop, id, ops, nops);
}

static inline int native_sem_timedop(int id, struct sembuf *ops, size_t nops,
				     const struct timespec *timeout)
{
	return syscall(SYS_semtimedop, id, ops, nops, timeout);
}

static inline int native_sem_ctl(int id, int num, int cmd, union semun arg)
{
	return semctl(id, num, cmd, arg);
}

static const struct sem_ops sem_native = {
	.table = "/proc/sysvipc/sem",
	.limits = "/proc/sys/kernel/",
	.index_bits = 15,
	.gone = EINVAL,
	.op_nr = SYS_semop,
	.timedop_nr = SYS_semtimedop,
	.get = semget,
	.op = native_sem_op,
	.timedop = native_sem_timedop,
	.ctl = native_sem_ctl,
};

/* --- kipc's, on a node or descriptor @fd */

/* One more flag for get(): a set that reports dead holders. Nothing of the C library's. */
#define SEM_GET_ROBUST	0x10000000
#define SEM_GET_AUTOREMOVE 0x20000000

static inline int kipc_sem_get(key_t key, int nsems, int flags)
{
	struct kipc_sem_get arg = {
		.key = key, .nsems = nsems, .mode = flags & 0777, .id = -7,
	};

	arg.flags = (flags & IPC_CREAT ? KIPC_GET_CREAT : 0) |
		    (flags & IPC_EXCL ? KIPC_GET_EXCL : 0) |
		    (flags & SEM_GET_ROBUST ? KIPC_SEM_ROBUST : 0) |
		    (flags & SEM_GET_AUTOREMOVE ? KIPC_GET_AUTOREMOVE : 0);
	return ioctl(sem_dev, KIPC_IOC_SEM_GET, &arg) ? -1 : arg.id;
}

/* @timeout is an argument of KIPC_IOC_SEM_OP here. */
static inline int sem_op_on(int fd, int id, const struct sembuf *ops, size_t nops,
			    unsigned int flags, __u64 timeout)
{
	struct kipc_sem_ops arg = {
		.id = id, .nops = nops, .ops = (unsigned long)ops, .flags = flags,
		.timeout = timeout,
	};

	return ioctl(fd, KIPC_IOC_SEM_OP, &arg);
}

static inline int sem_timedop_on(int fd, int id, const struct sembuf *ops, size_t nops,
				 const struct timespec *ts)
{
	if (!ts)
		return sem_op_on(fd, id, ops, nops, 0, KIPC_TIMEOUT_NONE);
	return sem_op_on(fd, id, ops, nops, KIPC_SEM_RELATIVE,
			 ts->tv_sec * 1000000000ULL + ts->tv_nsec);
}

/* Poison but for what is asked, and all of that if it fails. */
static inline int sem_value_on(int fd, int id, unsigned int num, struct kipc_sem_value *arg)
{
	memset(arg, POISON, sizeof(*arg));
	arg->id = id;
	arg->num = num;
	return ioctl(fd, KIPC_IOC_SEM_GET_VALUE, arg);
}

static inline int sem_set_value_on(int fd, int id, unsigned int num, int value)
{
	struct kipc_sem_set_value arg = { .id = id, .num = num, .value = value };

	return ioctl(fd, KIPC_IOC_SEM_SET_VALUE, &arg);
}

/* How many there are. */
static inline int sem_get_all_on(int fd, int id, unsigned short *values, unsigned int nsems)
{
	struct kipc_sem_values arg = {
		.id = id, .nsems = nsems, .values = (unsigned long)values,
	};

	return ioctl(fd, KIPC_IOC_SEM_GET_ALL, &arg) ? -1 : (int)arg.nsems;
}

static inline int sem_set_all_on(int fd, int id, const unsigned short *values,
				 unsigned int nsems)
{
	struct kipc_sem_values arg = {
		.id = id, .nsems = nsems, .values = (unsigned long)values,
	};

	return ioctl(fd, KIPC_IOC_SEM_SET_ALL, &arg);
}

static inline int sem_stat_on(int fd, int id, unsigned int flags, struct kipc_sem_stat *arg)
{
	memset(arg, POISON, sizeof(*arg));
	arg->perm.id = id;
	arg->flags = flags;
	return ioctl(fd, KIPC_IOC_SEM_STAT, arg);
}

static inline int sem_set_on(int fd, int id, uid_t uid, gid_t gid, unsigned int mode)
{
	struct kipc_set arg = { .id = id, .uid = uid, .gid = gid, .mode = mode };

	return ioctl(fd, KIPC_IOC_SEM_SET, &arg);
}

static inline int sem_remove_on(int fd, int id)
{
	struct kipc_remove arg = { .id = id };

	return ioctl(fd, KIPC_IOC_SEM_REMOVE, &arg);
}

static inline int sem_info_on(int fd, struct kipc_sem_info *arg)
{
	memset(arg, POISON, sizeof(*arg));
	arg->flags = 0;
	return ioctl(fd, KIPC_IOC_SEM_INFO, arg);
}

/* A descriptor, of the set @id or of a new one. */
static inline int sem_open_on(int fd, int id, unsigned int flags)
{
	struct kipc_sem_open arg = { .id = id, .flags = flags, .fd = -7 };

	return ioctl(fd, KIPC_IOC_SEM_OPEN, &arg) ? -1 : arg.fd;
}

static inline int sem_create_on(int fd, unsigned int nsems, unsigned int mode,
				unsigned int flags)
{
	struct kipc_sem_create arg = { .nsems = nsems, .mode = mode, .flags = flags, .fd = -7 };

	return ioctl(fd, KIPC_IOC_SEM_CREATE, &arg) ? -1 : arg.fd;
}

/* @one is KIPC_SEM_ONE() with its flags. */
static inline int sem_one_on(int fd, __u32 one)
{
	return ioctl(fd, KIPC_IOC_SEM_OP_ONE, (unsigned long)one);
}

static inline int sem_watch_on(int fd, const struct sembuf *ops, unsigned int nops)
{
	struct kipc_sem_watch arg = { .ops = (unsigned long)ops, .nops = nops };

	return ioctl(fd, KIPC_IOC_SEM_WATCH, &arg);
}

static inline int sem_ds_on(int fd, int id, unsigned int flags, struct semid_ds *ds)
{
	struct kipc_sem_stat arg;

	if (sem_stat_on(fd, id, flags, &arg))
		return -1;
	memset(ds, 0, sizeof(*ds));
	ds->sem_perm.__key = arg.perm.key;
	ds->sem_perm.uid = arg.perm.uid;
	ds->sem_perm.gid = arg.perm.gid;
	ds->sem_perm.cuid = arg.perm.cuid;
	ds->sem_perm.cgid = arg.perm.cgid;
	ds->sem_perm.mode = arg.perm.mode;
	ds->sem_perm.__seq = arg.perm.seq;
	ds->sem_otime = arg.otime;
	ds->sem_ctime = arg.ctime;
	ds->sem_nsems = arg.nsems;
	return flags ? arg.perm.id : 0;
}

static inline int sem_info_as(int cmd, struct seminfo *info)
{
	struct kipc_sem_info arg;

	if (sem_info_on(sem_dev, &arg))
		return -1;
	memset(info, 0, sizeof(*info));
	info->semmni = arg.semmni;
	info->semmns = arg.semmns;
	info->semmsl = arg.semmsl;
	info->semopm = arg.semopm;
	info->semvmx = KIPC_SEM_VALUE_MAX;
	info->semaem = KIPC_SEM_VALUE_MAX;
	if (cmd == SEM_INFO) {
		info->semusz = arg.used_ids;
		info->semaem = arg.used_sems;
	}
	return arg.max_index < 0 ? 0 : arg.max_index;
}

static inline int sem_ctl_on(int fd, int id, int num, int cmd, union semun arg)
{
	struct kipc_sem_value value;

	switch (cmd) {
	case GETVAL:
		return sem_value_on(fd, id, num, &value) ? -1 : value.value;
	case GETPID:
		return sem_value_on(fd, id, num, &value) ? -1 : value.pid;
	case GETNCNT:
		return sem_value_on(fd, id, num, &value) ? -1 : (int)value.ncnt;
	case GETZCNT:
		return sem_value_on(fd, id, num, &value) ? -1 : (int)value.zcnt;
	case SETVAL:
		return sem_set_value_on(fd, id, num, arg.val);
	case GETALL:
		return sem_get_all_on(fd, id, arg.array, num) < 0 ? -1 : 0;
	case SETALL:
		return sem_set_all_on(fd, id, arg.array, num);
	case IPC_STAT:
		return sem_ds_on(fd, id, 0, arg.buf);
	case SEM_STAT:
		return sem_ds_on(sem_dev, id, KIPC_STAT_INDEX, arg.buf);
	case SEM_STAT_ANY:
		return sem_ds_on(sem_dev, id, KIPC_STAT_INDEX | KIPC_STAT_ANY, arg.buf);
	case IPC_INFO:
	case SEM_INFO:
		return sem_info_as(cmd, arg.info);
	case IPC_SET:
		return sem_set_on(fd, id, arg.buf->sem_perm.uid, arg.buf->sem_perm.gid,
				  arg.buf->sem_perm.mode);
	case IPC_RMID:
		return sem_remove_on(fd, id);
	}
	errno = EINVAL;
	return -1;
}

/* --- kipc's by id */

static inline int kipc_sem_op(int id, struct sembuf *ops, size_t nops)
{
	return sem_op_on(sem_dev, id, ops, nops, 0, KIPC_TIMEOUT_NONE);
}

static inline int kipc_sem_timedop(int id, struct sembuf *ops, size_t nops,
				   const struct timespec *timeout)
{
	return sem_timedop_on(sem_dev, id, ops, nops, timeout);
}

static inline int kipc_sem_ctl(int id, int num, int cmd, union semun arg)
{
	return sem_ctl_on(sem_dev, id, num, cmd, arg);
}

static const struct sem_ops sem_kipc = {
	.table = SEM_MOUNT "/sysvipc/sem",
	.limits = SEM_MOUNT "/limits/",
	.index_bits = 20,
	.gone = EINVAL,
	.op_nr = SYS_ioctl,
	.timedop_nr = SYS_ioctl,
#ifdef KIPC_SHIM
	/* libkipc-preload.so makes them kipc's */
	.get = semget,
	.op = semop,
	.timedop = semtimedop,
	.ctl = native_sem_ctl,
#else
	.get = kipc_sem_get,
	.op = kipc_sem_op,
	.timedop = kipc_sem_timedop,
	.ctl = kipc_sem_ctl,
#endif
};

/*
 * --- kipc's by descriptor: get() opens one for each set, which the calls with its id
 * are made on. With an id that get() did not give, they are made on the node.
 */

#define SEM_FDS_MAX 64
static struct sem_fd {
	int id;
	int fd;
} sem_fds[SEM_FDS_MAX];
static int sem_fds_used;

static inline struct sem_fd *sem_fd_find(int id)
{
	int i;

	for (i = 0; i < sem_fds_used; i++)
		if (sem_fds[i].id == id)
			return &sem_fds[i];
	return NULL;
}

/* Where to make a call with *@id. */
static inline int sem_fd_of(int *id)
{
	struct sem_fd *known = sem_fd_find(*id);

	if (!known)
		return sem_dev;
	*id = KIPC_ID_SELF;
	return known->fd;
}

static inline void sem_fds_close(void)
{
	while (sem_fds_used)
		close(sem_fds[--sem_fds_used].fd);
}

static inline int fd_sem_get(key_t key, int nsems, int flags)
{
	int id = kipc_sem_get(key, nsems, flags), error = errno, fd;
	struct sem_fd *known;

	if (id < 0)
		return id;
	known = sem_fd_find(id);
	fd = sem_open_on(sem_dev, id, KIPC_SEM_CLOEXEC);
	if (fd >= 0 && !known && sem_fds_used < SEM_FDS_MAX) {
		known = &sem_fds[sem_fds_used++];
		known->id = id;
		known->fd = fd;
	} else if (fd >= 0 && known) {
		/* the old one may be of a set that is gone */
		close(known->fd);
		known->fd = fd;
	} else if (fd >= 0) {
		close(fd);
	}
	errno = error;
	return id;
}

static inline int fd_sem_op(int id, struct sembuf *ops, size_t nops)
{
	int fd = sem_fd_of(&id);

	return sem_op_on(fd, id, ops, nops, 0, KIPC_TIMEOUT_NONE);
}

static inline int fd_sem_timedop(int id, struct sembuf *ops, size_t nops,
				 const struct timespec *timeout)
{
	int fd = sem_fd_of(&id);

	return sem_timedop_on(fd, id, ops, nops, timeout);
}

static inline int fd_sem_ctl(int id, int num, int cmd, union semun arg)
{
	int fd = sem_dev;

	/* an index is no id */
	if (cmd != SEM_STAT && cmd != SEM_STAT_ANY)
		fd = sem_fd_of(&id);

	return sem_ctl_on(fd, id, num, cmd, arg);
}

static const struct sem_ops sem_kipc_fd = {
	.table = SEM_MOUNT "/sysvipc/sem",
	.limits = SEM_MOUNT "/limits/",
	.index_bits = 20,
	.gone = EIDRM,
	.op_nr = SYS_ioctl,
	.timedop_nr = SYS_ioctl,
	.get = fd_sem_get,
	.op = fd_sem_op,
	.timedop = fd_sem_timedop,
	.ctl = fd_sem_ctl,
};

/* --- a function for each command */

static inline int sem_getval(int id, int num)
{
	return sem->ctl(id, num, GETVAL, (union semun){ 0 });
}

static inline int sem_setval(int id, int num, int value)
{
	return sem->ctl(id, num, SETVAL, (union semun){ .val = value });
}

static inline int sem_getpid(int id, int num)
{
	return sem->ctl(id, num, GETPID, (union semun){ 0 });
}

static inline int sem_getncnt(int id, int num)
{
	return sem->ctl(id, num, GETNCNT, (union semun){ 0 });
}

static inline int sem_getzcnt(int id, int num)
{
	return sem->ctl(id, num, GETZCNT, (union semun){ 0 });
}

static inline int sem_getall(int id, unsigned short *values, int nsems)
{
	return sem->ctl(id, nsems, GETALL, (union semun){ .array = values });
}

static inline int sem_setall(int id, const unsigned short *values, int nsems)
{
	return sem->ctl(id, nsems, SETALL,
			(union semun){ .array = (unsigned short *)values });
}

static inline int sem_stat(int id, struct semid_ds *ds)
{
	return sem->ctl(id, 0, IPC_STAT, (union semun){ .buf = ds });
}

/* With an index in place of an id. */
static inline int sem_stat_index(int index, struct semid_ds *ds)
{
	return sem->ctl(index, 0, SEM_STAT, (union semun){ .buf = ds });
}

static inline int sem_stat_any(int index, struct semid_ds *ds)
{
	return sem->ctl(index, 0, SEM_STAT_ANY, (union semun){ .buf = ds });
}

static inline int sem_index(int id)
{
	return id & ((1 << sem->index_bits) - 1);
}

static inline int sem_set(int id, uid_t uid, gid_t gid, unsigned int mode)
{
	struct semid_ds ds = { .sem_perm = { .uid = uid, .gid = gid, .mode = mode } };

	return sem->ctl(id, 0, IPC_SET, (union semun){ .buf = &ds });
}

static inline int sem_rmid(int id)
{
	return sem->ctl(id, 0, IPC_RMID, (union semun){ 0 });
}

/* @cmd is IPC_INFO for the limits, SEM_INFO for what is used, too. */
static inline int sem_info(int cmd, struct seminfo *info)
{
	return sem->ctl(0, 0, cmd, (union semun){ .info = info });
}

/* --- operations */

#define SEM_OP(num, op, flags) \
	((struct sembuf){ .sem_num = (num), .sem_op = (op), .sem_flg = (flags) })

/* A list of operations, written out: SEM_DO(id, SEM_OP(0, -1, 0), SEM_OP(1, 1, 0)). */
#define SEM_DO(id, ...) ({ \
	struct sembuf ops__[] = { __VA_ARGS__ }; \
	sem->op(id, ops__, sizeof(ops__) / sizeof(ops__[0])); \
})

static inline int sem_do(int id, int num, int op, int flags)
{
	struct sembuf one = SEM_OP(num, op, flags);

	return sem->op(id, &one, 1);
}

/* 0 or the errno value, as an exit status; no call of these fails with 0. */
static inline int sem_do_error(int id, struct sembuf *ops, size_t nops)
{
	return sem->op(id, ops, nops) ? errno : 0;
}

/* Whether the task sleeps in op() or timedop(). */
static inline bool sem_is_asleep(pid_t tid)
{
	return task_is_blocked(tid, sem->op_nr) || task_is_blocked(tid, sem->timedop_nr);
}

/*
 * A child that does the operations and exits, with 0 or what errno was: waited for until
 * it sleeps, so that one that is made later sleeps later. -1 if it does not sleep.
 */
static inline pid_t sem_sleeper(int id, struct sembuf *ops, size_t nops)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(sem_do_error(id, ops, nops));
	return pid > 0 && EVENTUALLY(sem_is_asleep(pid)) ? pid : -1;
}

#define SEM_SLEEPER(id, ...) ({ \
	struct sembuf ops__[] = { __VA_ARGS__ }; \
	sem_sleeper(id, ops__, sizeof(ops__) / sizeof(ops__[0])); \
})

/* --- what the tests ask all the time */

/* A new set without a key, for its owner; all values are 0. */
static inline int sem_new(int nsems)
{
	return sem->get(IPC_PRIVATE, nsems, IPC_CREAT | 0600);
}

/* Poison if there is no such set. */
static inline struct semid_ds sem_ds(int id)
{
	struct semid_ds ds;

	memset(&ds, POISON, sizeof(ds));
	sem_stat(id, &ds);
	return ds;
}

/* Every member, but no padding. */
static inline bool sem_ds_same(const struct semid_ds *a, const struct semid_ds *b)
{
	const struct ipc_perm *p = &a->sem_perm, *q = &b->sem_perm;

	return p->__key == q->__key && p->uid == q->uid && p->gid == q->gid &&
	       p->cuid == q->cuid && p->cgid == q->cgid && p->mode == q->mode &&
	       p->__seq == q->__seq && a->sem_otime == b->sem_otime &&
	       a->sem_ctime == b->sem_ctime && a->sem_nsems == b->sem_nsems;
}

static inline bool sem_exists(int id)
{
	struct semid_ds ds;

	return !sem_stat(id, &ds);
}

static inline bool sem_values_are(int id, const unsigned short *want, int nsems)
{
	unsigned short is[1024];
	int i;

	memset(is, POISON, sizeof(is));
	if (sem_getall(id, is, nsems))
		return false;
	for (i = 0; i < nsems; i++)
		if (is[i] != want[i])
			printf("# semaphore %d is %d, not %d\n", i, is[i], want[i]);
	return !memcmp(is, want, nsems * sizeof(*is));
}

/* Whether the values of all semaphores are these: SEM_VALUES(id, 1, 0, 5). */
#define SEM_VALUES(id, ...) ({ \
	const unsigned short want__[] = { __VA_ARGS__ }; \
	sem_values_are(id, want__, sizeof(want__) / sizeof(want__[0])); \
})

/* All that can be asked of a set, of the first so many semaphores. */
#define SEM_STATE_MAX 8

struct sem_state {
	struct semid_ds ds;
	struct {
		int value, pid, ncnt, zcnt;
	} sems[SEM_STATE_MAX];
};

static inline struct sem_state sem_state(int id)
{
	struct sem_state state;
	int i;

	memset(&state, 0, sizeof(state));
	state.ds = sem_ds(id);
	for (i = 0; i < SEM_STATE_MAX; i++) {
		state.sems[i].value = sem_getval(id, i);
		state.sems[i].pid = sem_getpid(id, i);
		state.sems[i].ncnt = sem_getncnt(id, i);
		state.sems[i].zcnt = sem_getzcnt(id, i);
	}
	return state;
}

/* Whether the set is as it was, with the same sleepers. */
static inline bool sem_unchanged(int id, const struct sem_state *before)
{
	struct sem_state now = sem_state(id);

	return sem_ds_same(&now.ds, &before->ds) &&
	       !memcmp(now.sems, before->sems, sizeof(now.sems));
}

/* How many sets there are, and how many semaphores they have. */
static inline int sem_used(void)
{
	struct seminfo info;

	memset(&info, POISON, sizeof(info));
	return sem_info(SEM_INFO, &info) < 0 ? -1 : info.semusz;
}

static inline int sem_total(void)
{
	struct seminfo info;

	memset(&info, POISON, sizeof(info));
	return sem_info(SEM_INFO, &info) < 0 ? -1 : info.semaem;
}

static inline int sem_limit_set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", sem->limits, name);
	return file_write(path, value);
}

static inline int sem_limit_get(const char *name, char *buf, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", sem->limits, name);
	return file_read(path, buf, size) > 0 ? 0 : -1;
}

/* A new mount of kipcfs that nobody else sees; its control node, or -1. */
static inline int sem_instance(void)
{
	if (mounts_private() || kipcfs_mount(SEM_MOUNT, NULL))
		return -1;
	return open_in(SEM_MOUNT, "control", O_RDWR);
}

#endif /* KIPC_SEM_OPS_H */
