/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libkipc-preload.so: the C library's calls of System V IPC and pipes, made on kipc. What
 * its parts share.
 *
 * A call is a function of the C library's name, which stands before that of libc, or a
 * number of syscall(2) (door.c). It asks shim_world() where the call is to go and then
 * either makes an ioctl on the device or calls the next library's function.
 *
 * The library keeps no descriptor: every call opens the device, makes its ioctl and closes
 * it again. So there is nothing that a program could see in its table of descriptors, close
 * by sweeping it, or lose by exec or daemonising; what becomes of that of a call which is
 * interrupted, or copied by a fork, is told in call.c.
 * All it makes are system calls by shim_raw(): what it does cannot end up in the functions
 * that it, or another preloaded library, takes over.
 */
#ifndef KIPC_PRELOAD_SHIM_H
#define KIPC_PRELOAD_SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include <linux/kipc.h>

#include "raw.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* --- the environment: config.c */

enum shim_family {
	SHIM_SHM = 1,
	SHIM_SEM = 2,
	SHIM_MSG = 4,
	SHIM_PIPE = 8,
};

struct shim_config {
	/* KIPC_DEV: the node, or the directory where a kipcfs is mounted; and whether it was set */
	char device[4096];
	bool device_is_named;
	/* KIPC_FAMILIES */
	unsigned int families;
	/* KIPC_FALLBACK=refuse */
	bool refuse;
	/* KIPC_DEEPBIND=ignore */
	bool ignore_deepbind;
	/* KIPC_TRACE: a descriptor, or a file if that is -1; not at all if the name is empty */
	int trace_fd;
	char trace[4096];
};

/* Read once, by who comes first. */
const struct shim_config *shim_config(void);

/* One line on the standard error. */
void shim_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- where calls go: device.c */

enum shim_world {
	SHIM_NATIVE,		/* to the next library's function */
	SHIM_KIPC,
	SHIM_REFUSED,		/* ENOSYS: there is no device, and KIPC_FALLBACK=refuse */
};

/* For a process this is decided once: ids of the one mean nothing to the other. */
enum shim_world shim_world(enum shim_family family);

/* A descriptor of the device, O_CLOEXEC, or what open(2) answered, negative. */
int shim_open(void);

/* Whether shim_open() has made it. */
bool shim_is_ours(int fd);

/* The same of one that was it a moment ago, by its flags alone: one short system call. */
bool shim_is_still_ours(int fd);

/* How many descriptors there may be above the soft limit for them. */
#define SHIM_MORE_FDS 64

/* What a call answers for an error of shim_open(); the user is told. */
long shim_lost(int error);

/* The same for an ioctl that was refused by others than the device; @ret otherwise. */
long shim_filtered(int fd, long ret);

/* --- calls there: call.c */

/* A descriptor of the device, from shim_begin() to shim_end(). */
struct shim_use {
	int fd;
	struct shim_note *note;
};

/* Its descriptor, or what open(2) answered, negative. */
int shim_begin(struct shim_use *use);
void shim_end(struct shim_use *use);

/* In place of shim_end(): is the descriptor still there, for the caller to close? */
bool shim_take(struct shim_use *use);
void shim_forget(struct shim_use *use);

/*
 * What an ioctl says if another thread, or a handler, has closed its descriptor or put
 * something else in its place: to be made again, but not for ever.
 */
#define SHIM_TRIES 5

static inline bool shim_is_lost(long ret)
{
	return ret == -EBADF || ret == -ENOTTY;
}

/* An ioctl on the device: what it returns, or a negative errno value. */
long shim_ioctl(unsigned int cmd, void *arg);

/* The same for one that may sleep; @is_cancellable: as pthread_cancel(3) has it. */
long shim_ioctl_sleep(unsigned int cmd, void *arg, bool is_cancellable);

/* What a call of the C library returns for @ret of the above. */
static inline long shim_result(long ret)
{
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* --- the functions behind ours: core.c */

/* The next function called @name, which is looked for when it is first needed. */
void *shim_next(void **cache, const char *name);

#define SHIM_NEXT(name) ({ \
	static void *next__; \
	(__typeof__(name) *)shim_next(&next__, #name); \
})

/* What the next function returned: a word to the user if the kernel has no such call. */
long shim_native_result(long ret);

/* ENOSYS. */
long shim_refuse(void);

/* --- memory of the program: core.c */

/* Whether it is there: the kernel says EFAULT where we would end the program. */
bool shim_can_read(const void *addr, size_t size);
bool shim_can_write(void *addr, size_t size);

/* Copy an answer there: 0 or -EFAULT. */
long shim_give(void *to, const void *from, size_t size);

/* --- other files that the library has open for a while: core.c */

/* A descriptor, and which file that was. */
struct shim_file {
	int fd;
	bool is_known;
	unsigned long long dev;
	unsigned long long ino;
};

/* The kernel's own structure, which is that of the C library in these cases. */
#ifdef SYS_fstat64
#define SHIM_SYS_fstat SYS_fstat64
#define shim_stat stat64
#else
#define SHIM_SYS_fstat SYS_fstat
#define shim_stat stat
#endif

struct shim_file shim_file(int fd);

/* Is it not known to be another by now? That which was closed meanwhile is. */
bool shim_file_is_same(const struct shim_file *file);

/* Close it if it is the same; nothing if it never was there. */
void shim_file_close(const struct shim_file *file);

/* --- KIPC_TRACE: trace.c */

bool shim_is_traced(void);
void shim_trace_line(long ret, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* One line for a call that returned @ret and left errno; keeps errno. */
#define shim_trace(ret, ...) do { \
	if (shim_is_traced()) \
		shim_trace_line((long)(ret), __func__, __VA_ARGS__); \
} while (0)

/* --- syscall(2): door.c. The arguments are those of the call; the result is as libc's. */

struct shim_args {
	long a[6];
};

#endif /* KIPC_PRELOAD_SHIM_H */
