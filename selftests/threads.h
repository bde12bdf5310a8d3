/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a program of 32 bits can have threads: the debug kernel is built without what
 * the C library needs for them.
 */
#ifndef KIPC_THREADS_H
#define KIPC_THREADS_H

#include <linux/futex.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Threads of 32-bit programs need the futex of before times had 64 bits. */
static inline bool has_threads(void)
{
	int word = 0;

	return syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0;
}

#endif /* KIPC_THREADS_H */
