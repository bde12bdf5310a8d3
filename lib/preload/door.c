// SPDX-License-Identifier: GPL-2.0
/*
 * syscall(2): the calls that we take over, by their numbers, from programs that make them
 * that way. All other numbers go on as they are.
 */
#include "pipe.h"
#include "sysv.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

typedef long (*door_fn)(const struct shim_args *args);

#define A(n) (args->a[n])
#define DOOR(name, result) \
	static long door_##name(const struct shim_args *args) { return (long)(result); }

DOOR(shmget, shim_shmget(A(0), A(1), A(2)))
DOOR(shmat, shim_shmat(A(0), (void *)A(1), A(2)))
DOOR(shmdt, shim_shmdt((void *)A(0)))
DOOR(shmctl, shim_shmctl(A(0), A(1), (void *)A(2)))
DOOR(semget, shim_semget(A(0), A(1), A(2)))
DOOR(semctl, shim_semctl(A(0), A(1), A(2), A(3)))
DOOR(msgget, shim_msgget(A(0), A(1)))
DOOR(msgsnd, shim_msgsnd(A(0), (void *)A(1), A(2), A(3), false))
DOOR(msgrcv, shim_msgrcv(A(0), (void *)A(1), A(2), A(3), A(4), false))
DOOR(msgctl, shim_msgctl(A(0), A(1), (void *)A(2)))
#ifdef SYS_semop
DOOR(semop, shim_semop(A(0), (void *)A(1), A(2)))
#endif
#ifdef SYS_semtimedop
DOOR(semtimedop, shim_semtimedop(A(0), (void *)A(1), A(2), (void *)A(3)))
#endif
#ifdef SYS_semtimedop_time64
DOOR(semtimedop_time64, shim_semtimedop_time64(A(0), (void *)A(1), A(2), (void *)A(3)))
#endif

#ifdef SYS_ipc
DOOR(ipc, shim_ipc(args))
#endif

#ifdef SYS_pipe
DOOR(pipe, shim_pipe2((int *)A(0), 0))
#endif
DOOR(pipe2, shim_pipe2((int *)A(0), A(1)))
DOOR(splice, shim_splice(A(0), (void *)A(1), A(2), (void *)A(3), A(4), A(5), false))
DOOR(tee, shim_tee(A(0), A(1), A(2), A(3), false))
DOOR(vmsplice, shim_vmsplice(A(0), (void *)A(1), A(2), A(3), false))
DOOR(sendfile, shim_sendfile(A(0), A(1), (void *)A(2), A(3)))
#ifdef SYS_sendfile64
DOOR(sendfile64, shim_sendfile64(A(0), A(1), (void *)A(2), A(3)))
#endif

static long do_fcntl(long nr, const struct shim_args *args)
{
	if (A(1) == F_GETPIPE_SZ || A(1) == F_SETPIPE_SZ)
		return shim_fcntl_size(A(0), A(1), A(2));
	return shim_result(SHIM_RAW(nr, A(0), A(1), A(2)));
}

DOOR(fcntl, do_fcntl(SYS_fcntl, args))
#ifdef SYS_fcntl64
DOOR(fcntl64, do_fcntl(SYS_fcntl64, args))
#endif

/* --- the table */

static const door_fn doors[] = {
	[SYS_shmget] = door_shmget,
	[SYS_shmat] = door_shmat,
	[SYS_shmdt] = door_shmdt,
	[SYS_shmctl] = door_shmctl,
	[SYS_semget] = door_semget,
	[SYS_semctl] = door_semctl,
	[SYS_msgget] = door_msgget,
	[SYS_msgsnd] = door_msgsnd,
	[SYS_msgrcv] = door_msgrcv,
	[SYS_msgctl] = door_msgctl,
#ifdef SYS_semop
	[SYS_semop] = door_semop,
#endif
#ifdef SYS_semtimedop
	[SYS_semtimedop] = door_semtimedop,
#endif
#ifdef SYS_semtimedop_time64
	[SYS_semtimedop_time64] = door_semtimedop_time64,
#endif
#ifdef SYS_ipc
	[SYS_ipc] = door_ipc,
#endif
#ifdef SYS_pipe
	[SYS_pipe] = door_pipe,
#endif
	[SYS_pipe2] = door_pipe2,
	[SYS_fcntl] = door_fcntl,
#ifdef SYS_fcntl64
	[SYS_fcntl64] = door_fcntl64,
#endif
	[SYS_splice] = door_splice,
	[SYS_tee] = door_tee,
	[SYS_vmsplice] = door_vmsplice,
	[SYS_sendfile] = door_sendfile,
#ifdef SYS_sendfile64
	[SYS_sendfile64] = door_sendfile64,
#endif
};

/*
 * The next library's, for what we do not serve; found when we are loaded, as looking for it
 * allocates memory and an allocator may be who calls.
 */
static void *next;

static __attribute__((constructor)) void find_next(void)
{
	shim_next(&next, "syscall");
}

static long pass_on(long nr, const long *a)
{
	__typeof__(syscall) *function = __atomic_load_n(&next, __ATOMIC_RELAXED);

	if (function)
		return function(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	return shim_result(SHIM_RAW(nr, a[0], a[1], a[2], a[3], a[4], a[5]));
}

long syscall(long nr, ...)
{
	struct shim_args args;
	va_list list;
	long ret;
	int i;

	va_start(list, nr);
	for (i = 0; i < 6; i++)
		args.a[i] = va_arg(list, long);
	va_end(list);
	if (nr < 0 || nr >= (long)ARRAY_SIZE(doors) || !doors[nr])
		return pass_on(nr, args.a);
	ret = doors[nr](&args);
	shim_trace(ret, "(%ld, %#lx, %#lx, %#lx, %#lx, %#lx, %#lx)", nr, args.a[0], args.a[1],
		   args.a[2], args.a[3], args.a[4], args.a[5]);
	return ret;
}
