/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libkipc: the calls of the kipc module as C functions, one for each, see libkipc(3).
 *
 * The library keeps nothing between two calls: no descriptor, no lock, no memory, no
 * handler of fork or exit. Every function may be called by any thread at any time, after
 * fork(2), and by a handler of signals unless it says otherwise. None is a point of
 * cancellation.
 *
 * What all functions keep:
 *
 * - @fd is the descriptor of an instance's node, from kipc_open(), or one of an object.
 *   Where a function takes an id, that is KIPC_ID_SELF for the object that @fd itself is.
 * - A failure is -1 and errno; functions that return an id, a descriptor or a count return
 *   nothing else below 0. Descriptors are O_CLOEXEC only if a flag says so.
 * - Errors that any function can have: EBADF, @fd is no descriptor; ENOTTY, @fd does not
 *   serve the call, or the module is too old to know it; E2BIG, the module is too old for
 *   something that was asked for; EINVAL, a flag that the module does not know; EFAULT.
 *   Those that are listed with a function come from the module, unless something else is
 *   said. linux/kipc.h and the manual pages tell more of each.
 * - @size after a pointer to a structure is sizeof() of that: which version of it the
 *   program was compiled with. Members that the module is too old to know are 0.
 * - Sizes and places in memory are bytes. Times are ns of CLOCK_MONOTONIC, or ns from now
 *   on with a flag _RELATIVE; KIPC_TIMEOUT_NONE never comes.
 */
#ifndef KIPC_H
#define KIPC_H

#include <stddef.h>
#include <sys/types.h>

#include <linux/kipc.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- instances: open.c, core.c, explain.c */

/** KIPC_WHY_SIZE - room enough for most sentences of kipc_open_why(), bytes */
#define KIPC_WHY_SIZE	512

/**
 * kipc_open - open an instance's node
 * @path: the node, or the directory where the instance is mounted; NULL or "" for what
 *	the environment variable KIPC_DEV says, or else /dev/kipc
 *
 * KIPC_DEV is ignored in a program that runs with more rights than its user (set-user-id
 * and the like). The descriptor is O_CLOEXEC. Reading the environment is all that keeps
 * this function from being called by a handler of signals: with a @path it may.
 *
 * Errors, of open(2): ENOENT (no such node: the module is not loaded, or nothing is mounted
 * there), ENXIO, ENODEV (a node without a driver), EACCES, EROFS, EMFILE, ENFILE and so on.
 * Of the library: ENOTTY (what was opened is no instance of kipc). EPERM, ENOSYS and the
 * like may come from a filter that refuses ioctl(2).
 *
 * Return: the descriptor, or -1 and errno.
 */
int kipc_open(const char *path);

/**
 * kipc_open_why - open an instance's node, or say why it cannot be used
 * @path: as of kipc_open()
 * @abi: the lowest version of the module that will do; KIPC_ABI_VERSION for the one that
 *	the program was compiled for, 0 for any. Newer modules always will do
 * @why: where to put one sentence, without a full stop, about what is wrong and what to do;
 *	may be NULL
 * @size: room there, KIPC_WHY_SIZE is enough; what does not fit is cut
 *
 * Not for handlers of signals. Errors: as of kipc_open(), and of the library
 * EPROTONOSUPPORT (the module is older than @abi).
 *
 * Return: the descriptor, or -1 and errno, and @why.
 */
int kipc_open_why(const char *path, unsigned int abi, char *why, size_t size);

/**
 * kipc_abi - ask for the version of the module
 * @fd: any descriptor of kipc
 *
 * Errors: ENOTTY (@fd is not of kipc).
 *
 * Return: its KIPC_ABI_VERSION, 1 or more, or -1 and errno.
 */
int kipc_abi(int fd);

/**
 * kipc_serves - ask whether the module serves a call
 * @fd: any descriptor of kipc
 * @cmd: the call, KIPC_IOC_*
 *
 * Errors: ENOTTY (the module is too old to know it; or @fd is not of kipc); E2BIG (the
 * module knows it, but is older than the structure that the program was compiled with:
 * new members must be 0).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_serves(int fd, unsigned long cmd);

/**
 * kipc_query - ask what the module knows of a call
 * @fd: any descriptor of kipc
 * @nr: number of the call, KIPC_NR_*
 * @query: what is known
 * @size: sizeof(*@query)
 *
 * Errors: ENOTTY (the module is too old to know it; or @fd is not of kipc).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_query(int fd, unsigned int nr, struct kipc_query *query, size_t size);

/**
 * kipc_stats - count what is alive in an instance
 * @fd: an instance
 * @stats: the counts
 * @size: sizeof(*@stats)
 *
 * Return: 0, or -1 and errno.
 */
int kipc_stats(int fd, struct kipc_stats *stats, size_t size);

/**
 * kipc_explain - say what an errno means
 * @cmd: the call that failed, KIPC_IOC_*
 * @err: its errno
 *
 * Names the limit that was reached and where it is set, where @err alone does not.
 *
 * Return: a few words, without a full stop; strerror(3) of @err if there is no more to say,
 * and good as long as that is.
 */
const char *kipc_explain(unsigned long cmd, int err);

/* --- pipes: pipe.c */

/**
 * kipc_pipe - make a pipe
 * @fd: an instance
 * @fds: descriptors of the end to read, and of the end to write
 * @flags: KIPC_PIPE_*
 * @size: its capacity; 0 for the default, 16 pages
 *
 * Errors: EINVAL (flags, @size above 2^31); EMFILE; ENFILE (also: the limit of the user's
 * pipe memory is reached); EPERM (@size is above the limit for unprivileged users); ENOMEM.
 *
 * Return: 0, or -1 and errno; then @fds has not changed.
 */
int kipc_pipe(int fd, int fds[2], unsigned int flags, __u64 size);

/**
 * kipc_pipe_get_size - ask for the capacity of a pipe
 * @fd: either end, or an open FIFO
 *
 * Return: the capacity, or -1 and errno.
 */
__s64 kipc_pipe_get_size(int fd);

/**
 * kipc_pipe_set_size - change the capacity of a pipe
 * @fd: either end, or an open FIFO
 * @size: the capacity wanted, rounded up to a page times a power of two
 *
 * Errors: EINVAL (above 2^31); EPERM (a limit of unprivileged users would be passed); EBUSY
 * (more is in the pipe than would fit); ENOMEM.
 *
 * Return: the capacity given, or -1 and errno.
 */
__s64 kipc_pipe_set_size(int fd, __u64 size);

/**
 * kipc_pipe_splice - move bytes between a pipe and another file
 * @fd: an end of the pipe
 * @file: the other file
 * @offset: where in @file, and afterwards where next; NULL for its own position
 * @len: how many bytes at most
 * @flags: KIPC_SPLICE_TO_PIPE or KIPC_SPLICE_FROM_PIPE, and KIPC_SPLICE_NONBLOCK;
 *	KIPC_SPLICE_OFFSET goes with @offset and need not be given
 *
 * Errors, as of splice(2): EBADF (a descriptor is not open in this direction); EINVAL
 * (flags, no or both directions, @file cannot take part or is the same pipe, @offset is
 * above 2^63 - 1; KIPC_SPLICE_OFFSET without @offset, which the library finds); ESPIPE;
 * EAGAIN; EPIPE and SIGPIPE; EINTR; ENOMEM; and those of @file.
 *
 * Return: bytes moved, 0 at the end of input, or -1 and errno.
 */
ssize_t kipc_pipe_splice(int fd, int file, __u64 *offset, size_t len, unsigned int flags);

/**
 * kipc_pipe_tee - copy what is in a pipe to another file, and leave it there
 * @fd: the end to read
 * @file: the other file
 * @len: how many bytes at most
 * @flags: KIPC_SPLICE_NONBLOCK
 *
 * Errors: as of kipc_pipe_splice().
 *
 * Return: bytes copied, 0 at the end of input, or -1 and errno.
 */
ssize_t kipc_pipe_tee(int fd, int file, size_t len, unsigned int flags);

/**
 * kipc_pipe_stat - look at a pipe
 * @fd: either end, or an open FIFO
 * @stat: its figures
 * @size: sizeof(*@stat)
 *
 * Return: 0, or -1 and errno.
 */
int kipc_pipe_stat(int fd, struct kipc_pipe_stat *stat, size_t size);

/* --- shared memory: shm.c */

/**
 * kipc_shm_get - find or make the segment of a key, shmget(2)
 * @fd: an instance
 * @key: the key, or KIPC_KEY_PRIVATE for a new segment
 * @size: bytes
 * @mode: permissions of a new segment, or those wanted of an existing one
 * @flags: KIPC_GET_*, KIPC_SHM_NORESERVE, KIPC_SHM_HUGE, KIPC_SHM_NO_HUGE
 * @page_shift: with KIPC_SHM_HUGE the size of a huge page as a power of two, or 0
 *
 * Errors: EINVAL (flags, @page_shift, @size of a new or of the existing segment); ENOENT;
 * EEXIST; EACCES; ENOSPC (the limit shmmni or shmall is reached); ENOMEM; ENFILE.
 *
 * Return: the id, or -1 and errno.
 */
int kipc_shm_get(int fd, int key, __u64 size, unsigned int mode, unsigned int flags,
		 unsigned int page_shift);

/**
 * kipc_shm_create - make a segment that has no id
 * @fd: an instance
 * @size: bytes
 * @mode: permissions that kipc_shm_open() on the descriptor looks at
 * @flags: KIPC_SHM_CLOEXEC, KIPC_SHM_NORESERVE, KIPC_SHM_HUGE, KIPC_SHM_NO_HUGE
 * @page_shift: as of kipc_shm_get()
 *
 * Errors: as of kipc_shm_get() for a new segment, and EMFILE.
 *
 * Return: a descriptor for reading and writing, or -1 and errno.
 */
int kipc_shm_create(int fd, __u64 size, unsigned int mode, unsigned int flags,
		    unsigned int page_shift);

/**
 * kipc_shm_open - make a descriptor of a segment
 * @fd: an instance, or the segment
 * @id: which segment
 * @flags: KIPC_SHM_RDONLY, KIPC_SHM_CLOEXEC
 *
 * Errors: EINVAL (no such @id, flags); EIDRM; EACCES; EMFILE; ENFILE; ENOMEM.
 *
 * Return: the descriptor, to be mapped with mmap(2), or -1 and errno.
 */
int kipc_shm_open(int fd, int id, unsigned int flags);

/**
 * kipc_shm_attach - map all of a segment, shmat(2)
 * @fd: an instance, or the segment
 * @id: which segment
 * @addr: where, or NULL for anywhere
 * @flags: KIPC_SHM_RDONLY, KIPC_SHM_RND, KIPC_SHM_REMAP, KIPC_SHM_EXEC
 *
 * With KIPC_SHM_REMAP @addr must not be where the stack is.
 *
 * Errors: EINVAL (no such @id; @addr is no multiple of the page size; something is there;
 * KIPC_SHM_REMAP without @addr); EIDRM; EACCES; EPERM (@addr is below vm.mmap_min_addr);
 * ENOMEM; EAGAIN (RLIMIT_MEMLOCK); ENFILE; EINTR (only before a signal kills).
 *
 * Return: where it is mapped, or KIPC_SHM_FAILED and errno.
 */
void *kipc_shm_attach(int fd, int id, const void *addr, unsigned int flags);

/** KIPC_SHM_FAILED - what kipc_shm_attach() returns with errno */
#define KIPC_SHM_FAILED	((void *)-1)

/**
 * kipc_shm_detach - unmap a segment, shmdt(2)
 * @fd: any instance or segment
 * @addr: where the segment was attached
 *
 * Errors: EINVAL (no attachment begins there); EINTR (only before a signal kills); ENOMEM (it
 * is still there, or what is left of it); EPERM (likewise: it is sealed, mseal(2)).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_shm_detach(int fd, const void *addr);

/**
 * kipc_shm_stat - look at a segment: IPC_STAT, SHM_STAT, SHM_STAT_ANY
 * @fd: an instance, or the segment
 * @id: which segment; with KIPC_STAT_INDEX an index
 * @flags: KIPC_STAT_*
 * @stat: what is known; @stat->perm.id is its id
 * @size: sizeof(*@stat)
 *
 * Errors: EINVAL (no such @id, flags); EIDRM; EACCES.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_shm_stat(int fd, int id, unsigned int flags, struct kipc_shm_stat *stat, size_t size);

/**
 * kipc_shm_set - change owner and permissions of a segment: IPC_SET
 * @fd: an instance, or the segment
 * @id: which segment
 * @uid: its new owner
 * @gid: its new group
 * @mode: its new permissions
 *
 * Errors: EINVAL (no such @id, @uid or @gid); EIDRM; EPERM (not its owner).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_shm_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode);

/**
 * kipc_shm_remove - remove a segment, once nobody uses it any more: IPC_RMID
 * @fd: an instance, or the segment
 * @id: which segment
 *
 * Errors: EINVAL (no such @id); EIDRM; EPERM (not its owner).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_shm_remove(int fd, int id);

/**
 * kipc_shm_lock - keep a segment out of swap space: SHM_LOCK, SHM_UNLOCK
 * @fd: an instance, or the segment
 * @id: which segment
 * @lock: 1 to keep it out, 0 to end that
 *
 * Errors: EINVAL (no such @id, @lock); EIDRM; EPERM (not its owner, or RLIMIT_MEMLOCK is
 * 0); ENOMEM (RLIMIT_MEMLOCK would be passed).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_shm_lock(int fd, int id, int lock);

/**
 * kipc_shm_info - look at limits and use of shared memory: IPC_INFO, SHM_INFO
 * @fd: an instance
 * @flags: KIPC_SHM_INFO_USAGE
 * @info: what is known
 * @size: sizeof(*@info)
 *
 * Return: 0, or -1 and errno.
 */
int kipc_shm_info(int fd, unsigned int flags, struct kipc_shm_info *info, size_t size);

/* --- semaphore sets: sem.c */

/**
 * kipc_sem_get - find or make the set of a key, semget(2)
 * @fd: an instance
 * @key: the key, or KIPC_KEY_PRIVATE for a new set
 * @nsems: number of semaphores
 * @mode: permissions of a new set, or those wanted of an existing one
 * @flags: KIPC_GET_*, KIPC_SEM_ROBUST
 *
 * Errors: EINVAL (flags, @nsems of a new or of the existing set); ENOENT; EEXIST; EACCES;
 * ENOSPC (the limit semmni or semmns is reached); ENOMEM.
 *
 * Return: the id, or -1 and errno.
 */
int kipc_sem_get(int fd, int key, unsigned int nsems, unsigned int mode, unsigned int flags);

/**
 * kipc_sem_create - make a set that has no id
 * @fd: an instance
 * @nsems: number of semaphores
 * @mode: permissions that kipc_sem_open() on the descriptor looks at
 * @flags: KIPC_SEM_CLOEXEC, KIPC_SEM_ROBUST
 *
 * Errors: as of kipc_sem_get() for a new set, and EMFILE, ENFILE.
 *
 * Return: a descriptor, or -1 and errno.
 */
int kipc_sem_create(int fd, unsigned int nsems, unsigned int mode, unsigned int flags);

/**
 * kipc_sem_open - make a descriptor of a set
 * @fd: an instance, or the set
 * @id: which set
 * @flags: KIPC_SEM_RDONLY, KIPC_SEM_CLOEXEC
 *
 * Errors: EINVAL (no such @id, flags); EIDRM; EACCES; EMFILE; ENFILE; ENOMEM.
 *
 * Return: the descriptor, or -1 and errno.
 */
int kipc_sem_open(int fd, int id, unsigned int flags);

/**
 * kipc_sem_op - operate on a set, semop(2), semtimedop(2)
 * @fd: an instance, or the set
 * @id: which set
 * @ops: operations, of the layout of struct sembuf
 * @nops: number of operations
 * @flags: KIPC_SEM_RELATIVE
 * @timeout: when to stop waiting, or KIPC_TIMEOUT_NONE
 *
 * Errors: EINVAL (no such @id, flags, no operation); E2BIG (more than the limit semopm);
 * EFBIG (no such semaphore); EACCES; EAGAIN (KIPC_SEM_NOWAIT, or the time is over); EIDRM;
 * EINTR; ERANGE; ENOSPC (the limit sem_user_undos is reached); ENOMEM. EOWNERDEAD, only of
 * sets that were made with KIPC_SEM_ROBUST: *the operations were done*, but somebody has
 * died who held what they took.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_op(int fd, int id, const struct kipc_sem_op *ops, unsigned int nops,
		unsigned int flags, __u64 timeout);

/**
 * kipc_sem_op_one - do one operation on a set, faster
 * @fd: the set
 * @op: KIPC_SEM_ONE(), with KIPC_SEM_ONE_NOWAIT and KIPC_SEM_ONE_UNDO or-ed to it
 *
 * Errors: as of kipc_sem_op().
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_op_one(int fd, unsigned int op);

/**
 * kipc_sem_get_value - look at a semaphore: GETVAL, GETPID, GETNCNT, GETZCNT
 * @fd: an instance, or the set
 * @id: which set
 * @num: which semaphore
 * @value: what is known; its value is @value->value
 * @size: sizeof(*@value)
 *
 * Errors: EINVAL (no such @id, @num); EIDRM; EACCES.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_get_value(int fd, int id, unsigned int num, struct kipc_sem_value *value,
		       size_t size);

/**
 * kipc_sem_set_value - set the value of a semaphore: SETVAL
 * @fd: an instance, or the set
 * @id: which set
 * @num: which semaphore
 * @value: its value from now on
 *
 * Errors: EINVAL (no such @id, @num); ERANGE (@value); EIDRM; EACCES.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_set_value(int fd, int id, unsigned int num, int value);

/**
 * kipc_sem_get_all - read the values of all semaphores of a set: GETALL
 * @fd: an instance, or the set
 * @id: which set
 * @values: where to put them
 * @nsems: for how many there is room
 *
 * Errors: EINVAL (no such @id, the set has more than @nsems); EIDRM; EACCES; ENOMEM.
 *
 * Return: how many the set has, or -1 and errno.
 */
int kipc_sem_get_all(int fd, int id, __u16 *values, unsigned int nsems);

/**
 * kipc_sem_set_all - set the values of all semaphores of a set: SETALL
 * @fd: an instance, or the set
 * @id: which set
 * @values: their values from now on
 * @nsems: how many the set has
 *
 * Errors: EINVAL (no such @id, @nsems); ERANGE; EIDRM; EACCES; ENOMEM.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_set_all(int fd, int id, const __u16 *values, unsigned int nsems);

/**
 * kipc_sem_stat - look at a set: IPC_STAT, SEM_STAT, SEM_STAT_ANY
 * @fd: an instance, or the set
 * @id: which set; with KIPC_STAT_INDEX an index
 * @flags: KIPC_STAT_*
 * @stat: what is known; @stat->perm.id is its id
 * @size: sizeof(*@stat)
 *
 * Errors: EINVAL (no such @id, flags); EIDRM; EACCES.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_stat(int fd, int id, unsigned int flags, struct kipc_sem_stat *stat, size_t size);

/**
 * kipc_sem_set - change owner and permissions of a set: IPC_SET
 * @fd: an instance, or the set
 * @id: which set
 * @uid: its new owner
 * @gid: its new group
 * @mode: its new permissions
 *
 * Errors: EINVAL (no such @id, @uid or @gid); EIDRM; EPERM (not its owner).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode);

/**
 * kipc_sem_remove - remove a set: IPC_RMID
 * @fd: an instance, or the set
 * @id: which set
 *
 * Errors: EINVAL (no such @id); EIDRM; EPERM (not its owner).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_remove(int fd, int id);

/**
 * kipc_sem_info - look at limits and use of semaphores: IPC_INFO, SEM_INFO
 * @fd: an instance
 * @flags: 0
 * @info: what is known
 * @size: sizeof(*@info)
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_info(int fd, unsigned int flags, struct kipc_sem_info *info, size_t size);

/**
 * kipc_sem_watch - say what poll(2) on the descriptor of a set waits for
 * @fd: the set
 * @ops: operations that it should wait to be possible; their flags must be 0
 * @nops: number of operations, 0 for none any more
 *
 * Errors: EINVAL (a flag in @ops); E2BIG (more than the limit semopm); EFBIG (no such
 * semaphore); EIDRM; ENOMEM; ENOSPC (more than KIPC_SEM_WATCHED_MAX of all who poll the set).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sem_watch(int fd, const struct kipc_sem_op *ops, unsigned int nops);

/* --- message queues: msg.c */

/**
 * kipc_msg_get - find or make the queue of a key, msgget(2)
 * @fd: an instance
 * @key: the key, or KIPC_KEY_PRIVATE for a new queue
 * @mode: permissions of a new queue, or those wanted of an existing one
 * @flags: KIPC_GET_*
 *
 * Errors: EINVAL (flags); ENOENT; EEXIST; EACCES; ENOSPC (the limit msgmni is reached);
 * ENOMEM.
 *
 * Return: the id, or -1 and errno.
 */
int kipc_msg_get(int fd, int key, unsigned int mode, unsigned int flags);

/**
 * kipc_msg_create - make a queue that has no id
 * @fd: an instance
 * @mode: permissions that kipc_msg_open() on the descriptor looks at
 * @flags: KIPC_MSG_TYPED, KIPC_MSG_NONBLOCK, KIPC_MSG_CLOEXEC
 *
 * Errors: EINVAL (flags); EMFILE; ENFILE; ENOMEM.
 *
 * Return: a descriptor for both directions, or -1 and errno.
 */
int kipc_msg_create(int fd, unsigned int mode, unsigned int flags);

/**
 * kipc_msg_open - make a descriptor of a queue
 * @fd: an instance, or the queue
 * @id: which queue
 * @flags: KIPC_MSG_RDONLY or KIPC_MSG_WRONLY or neither; KIPC_MSG_TYPED,
 *	KIPC_MSG_NONBLOCK, KIPC_MSG_CLOEXEC
 *
 * Errors: EINVAL (no such @id, flags); EIDRM; EACCES; EMFILE; ENFILE; ENOMEM.
 *
 * Return: the descriptor, or -1 and errno.
 */
int kipc_msg_open(int fd, int id, unsigned int flags);

/**
 * kipc_msg_send - send a message, msgsnd(2)
 * @fd: an instance, or the queue
 * @id: which queue
 * @type: the message's type, above 0
 * @data: its bytes, without the type
 * @size: how many bytes, 0 is allowed
 * @flags: KIPC_MSG_NOWAIT, KIPC_MSG_RELATIVE
 * @timeout: when to stop waiting for room, or KIPC_TIMEOUT_NONE
 *
 * Errors: EINVAL (no such @id, flags, @type, @size above the limit msgmax); EACCES; EAGAIN
 * (KIPC_MSG_NOWAIT); ETIMEDOUT; EIDRM; EINTR; ENOMEM.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_msg_send(int fd, int id, __s64 type, const void *data, size_t size, unsigned int flags,
		  __u64 timeout);

/**
 * kipc_msg_receive - receive a message, msgrcv(2)
 * @fd: an instance, or the queue
 * @id: which queue
 * @type: which message, as of msgrcv(2); afterwards the type of the one received
 * @data: where to put its bytes, without the type
 * @size: room there
 * @flags: KIPC_MSG_NOWAIT, KIPC_MSG_RELATIVE, KIPC_MSG_NOERROR, KIPC_MSG_EXCEPT,
 *	KIPC_MSG_COPY
 * @timeout: when to stop waiting for a message, or KIPC_TIMEOUT_NONE
 *
 * Errors: EINVAL (no such @id, flags); EACCES; ENOMSG (KIPC_MSG_NOWAIT); ETIMEDOUT; E2BIG
 * (the message is longer than @size, without KIPC_MSG_NOERROR); EIDRM; EINTR; ENOMEM.
 *
 * Return: how many bytes were put to @data, or -1 and errno; then @type has not changed.
 */
ssize_t kipc_msg_receive(int fd, int id, __s64 *type, void *data, size_t size,
			 unsigned int flags, __u64 timeout);

/**
 * kipc_msg_stat - look at a queue: IPC_STAT, MSG_STAT, MSG_STAT_ANY
 * @fd: an instance, or the queue
 * @id: which queue; with KIPC_STAT_INDEX an index
 * @flags: KIPC_STAT_*
 * @stat: what is known; @stat->perm.id is its id
 * @size: sizeof(*@stat)
 *
 * Errors: EINVAL (no such @id, flags); EIDRM; EACCES.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_msg_stat(int fd, int id, unsigned int flags, struct kipc_msg_stat *stat, size_t size);

/**
 * kipc_msg_set - change owner, permissions and capacity of a queue: IPC_SET
 * @fd: an instance, or the queue
 * @id: which queue
 * @uid: its new owner
 * @gid: its new group
 * @mode: its new permissions
 * @qbytes: how many bytes it may hold from now on
 *
 * Errors: EINVAL (no such @id, @uid or @gid); EIDRM; EPERM (not its owner, or @qbytes is
 * above the limit msgmnb and the caller has no CAP_SYS_RESOURCE).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_msg_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode, __u64 qbytes);

/**
 * kipc_msg_remove - remove a queue: IPC_RMID
 * @fd: an instance, or the queue
 * @id: which queue
 *
 * Errors: EINVAL (no such @id); EIDRM; EPERM (not its owner).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_msg_remove(int fd, int id);

/**
 * kipc_msg_info - look at limits and use of message queues: IPC_INFO, MSG_INFO
 * @fd: an instance
 * @flags: KIPC_MSG_INFO_USAGE
 * @info: what is known
 * @size: sizeof(*@info)
 *
 * Return: 0, or -1 and errno.
 */
int kipc_msg_info(int fd, unsigned int flags, struct kipc_msg_info *info, size_t size);

/**
 * kipc_msg_filter - say what read(2), write(2) and poll(2) on a queue are about
 * @fd: the queue
 * @type: which messages to read and to wait for, as of msgrcv(2)
 * @send_type: type of the messages that are written, above 0
 * @flags: KIPC_MSG_EXCEPT, KIPC_MSG_NOERROR
 *
 * Errors: EINVAL (flags, @send_type).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_msg_filter(int fd, __s64 type, __s64 send_type, unsigned int flags);

/**
 * kipc_msg_notify - ask to be told of the next message, mq_notify(3)
 * @fd: the queue
 * @how: KIPC_NOTIFY_*
 * @target: number of a signal, or an eventfd(2)
 * @value: what goes with a signal as si_value
 *
 * Errors: EBUSY (somebody has asked already); EINVAL (@how, @target); EBADF (@target is no
 * descriptor); EACCES; EIDRM; ENOMEM.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_msg_notify(int fd, unsigned int how, int target, __u64 value);

/* --- signal queues: sig.c */

/**
 * kipc_sig_get - find or make the signal queue of a key
 * @fd: an instance
 * @key: the key, or KIPC_KEY_PRIVATE for a new queue
 * @mode: permissions of a new queue, or those wanted of an existing one: to write is to
 *	send, to read is to subscribe
 * @flags: KIPC_GET_*
 *
 * Errors: EINVAL (flags); ENOENT; EEXIST; EACCES; ENOSPC (the limit sigmni is reached);
 * ENOMEM.
 *
 * Return: the id, or -1 and errno.
 */
int kipc_sig_get(int fd, int key, unsigned int mode, unsigned int flags);

/**
 * kipc_sig_create - make a signal queue that has no id
 * @fd: an instance
 * @mode: permissions that kipc_sig_open() and kipc_sig_subscribe() on the descriptor look at
 * @flags: KIPC_SIG_CLOEXEC
 *
 * Errors: EINVAL (flags); EMFILE; ENFILE; ENOMEM.
 *
 * Return: a descriptor to send by, or -1 and errno.
 */
int kipc_sig_create(int fd, unsigned int mode, unsigned int flags);

/**
 * kipc_sig_open - make a descriptor to send signals by
 * @fd: an instance, the queue, or a subscriber
 * @id: which queue
 * @flags: KIPC_SIG_CLOEXEC
 *
 * Errors: EINVAL (no such @id, flags); EIDRM; EACCES; EMFILE; ENFILE; ENOMEM.
 *
 * Return: the descriptor, or -1 and errno.
 */
int kipc_sig_open(int fd, int id, unsigned int flags);

/**
 * kipc_sig_subscribe - become a subscriber of a signal queue
 * @fd: an instance, the queue, or a subscriber
 * @id: which queue
 * @blocked: set of the signals that it blocks from the start; signal n is bit n - 1
 * @flags: KIPC_SIG_NONBLOCK, KIPC_SIG_CLOEXEC
 * @number: where to put what kipc_sig_send() calls it, or NULL
 *
 * Errors: EINVAL (no such @id, flags); EIDRM; EACCES; ENOSPC (the queue has
 * KIPC_SIG_SUBSCRIBERS_MAX); EMFILE; ENFILE; ENOMEM.
 *
 * Return: the subscriber's descriptor, or -1 and errno; then @number has not changed.
 */
int kipc_sig_subscribe(int fd, int id, __u64 blocked, unsigned int flags, unsigned int *number);

/**
 * kipc_sig_send - send a signal, kill(2), tgkill(2), sigqueue(3)
 * @fd: an instance, the queue, or a subscriber
 * @id: which queue
 * @to: number of a subscriber, or KIPC_SIG_GROUP
 * @signo: the signal, or 0 to see only whether it could be sent
 * @code: its si_code, SI_USER, SI_QUEUE or another that is not above 0
 * @value: its si_value
 *
 * Errors: EINVAL (no such @id or @signo); EPERM (@code); EACCES; ESRCH (no subscriber @to);
 * EAGAIN (as many real-time signals wait in the queue, or of the user in all of them, as may
 * do so); EIDRM; ENOMEM.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sig_send(int fd, int id, unsigned int to, int signo, int code, __u64 value);

/**
 * kipc_sig_wait - take a signal, sigtimedwait(2)
 * @fd: the subscriber
 * @set: take one of these, blocked or not
 * @flags: KIPC_SIG_NOWAIT, KIPC_SIG_RELATIVE
 * @timeout: when to stop waiting, or KIPC_TIMEOUT_NONE
 * @wait: what was taken; the signal is @wait->signo
 * @size: sizeof(*@wait)
 *
 * Errors: EINVAL (flags); EAGAIN (KIPC_SIG_NOWAIT, or the time is over); EIDRM; EINTR.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sig_wait(int fd, __u64 set, unsigned int flags, __u64 timeout,
		  struct kipc_sig_wait *wait, size_t size);

/**
 * kipc_sig_mask - change what a subscriber blocks, sigprocmask(2)
 * @fd: the subscriber
 * @how: KIPC_SIG_BLOCK, KIPC_SIG_UNBLOCK, KIPC_SIG_SETMASK
 * @set: which signals
 * @before: where to put what it blocked before, or NULL
 *
 * Errors: EINVAL (@how); EIDRM.
 *
 * Return: 0, or -1 and errno; then @before has not changed.
 */
int kipc_sig_mask(int fd, unsigned int how, __u64 set, __u64 *before);

/**
 * kipc_sig_action - say what becomes of a subscriber's signals, sigaction(2)
 * @fd: the subscriber
 * @action: KIPC_SIG_KEEP, KIPC_SIG_IGNORE, KIPC_SIG_DELIVER
 * @set: of which signals
 *
 * Errors: EINVAL (@action); EIDRM; ENOMEM.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sig_action(int fd, unsigned int action, __u64 set);

/**
 * kipc_sig_pending - look at what waits for a subscriber, sigpending(2)
 * @fd: the subscriber
 * @pending: sets of what waits, and what it blocks, ignores and has delivered
 * @size: sizeof(*@pending)
 *
 * Errors: EIDRM.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sig_pending(int fd, struct kipc_sig_pending *pending, size_t size);

/**
 * kipc_sig_stat - look at a signal queue
 * @fd: an instance, the queue, or a subscriber
 * @id: which queue; with KIPC_STAT_INDEX an index
 * @flags: KIPC_STAT_*
 * @stat: what is known; @stat->perm.id is its id
 * @size: sizeof(*@stat)
 *
 * Errors: EINVAL (no such @id, flags); EIDRM; EACCES.
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sig_stat(int fd, int id, unsigned int flags, struct kipc_sig_stat *stat, size_t size);

/**
 * kipc_sig_set - change owner, permissions and capacity of a signal queue
 * @fd: an instance, the queue, or a subscriber
 * @id: which queue
 * @uid: its new owner
 * @gid: its new group
 * @mode: its new permissions
 * @limit: how many real-time signals may wait from now on
 *
 * Errors: EINVAL (no such @id, @uid or @gid); EIDRM; EPERM (not its owner, or @limit is above
 * the limit sigqmax and the caller has no CAP_SYS_RESOURCE).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sig_set(int fd, int id, uid_t uid, gid_t gid, unsigned int mode, __u64 limit);

/**
 * kipc_sig_remove - remove a signal queue
 * @fd: an instance, the queue, or a subscriber
 * @id: which queue
 *
 * Errors: EINVAL (no such @id); EIDRM; EPERM (not its owner).
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sig_remove(int fd, int id);

/**
 * kipc_sig_info - look at limits and use of signal queues
 * @fd: an instance
 * @flags: KIPC_SIG_INFO_USAGE
 * @info: what is known
 * @size: sizeof(*@info)
 *
 * Return: 0, or -1 and errno.
 */
int kipc_sig_info(int fd, unsigned int flags, struct kipc_sig_info *info, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* KIPC_H */
