/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls as the kernel takes them: without errno, without a cancellation point, and
 * by no name that another library, or this one, could have taken over. Good at any time:
 * before constructors have run, in a signal's handler, in the child of a vfork.
 */
#ifndef KIPC_PRELOAD_RAW_H
#define KIPC_PRELOAD_RAW_H

#include <sys/syscall.h>

#if defined(__x86_64__) && !defined(__ILP32__)

static inline long shim_raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall" : "=a" (ret)
			 : "0" (nr), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8), "r" (r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__i386__)

/* The sixth argument wants %ebp, which the compiler does not give away: raw_i386.S. */
long shim_raw(long nr, long a, long b, long c, long d, long e, long f);

#elif defined(__aarch64__)

static inline long shim_raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0" : "+r" (x0)
			 : "r" (x8), "r" (x1), "r" (x2), "r" (x3), "r" (x4), "r" (x5)
			 : "memory");
	return x0;
}

#else
#error "libkipc-preload: no system calls for this architecture yet"
#endif

#define SHIM_RAW_1(nr) shim_raw(nr, 0, 0, 0, 0, 0, 0)
#define SHIM_RAW_2(nr, a) shim_raw(nr, (long)(a), 0, 0, 0, 0, 0)
#define SHIM_RAW_3(nr, a, b) shim_raw(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define SHIM_RAW_4(nr, a, b, c) shim_raw(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SHIM_RAW_5(nr, a, b, c, d) \
	shim_raw(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SHIM_RAW_6(nr, a, b, c, d, e) \
	shim_raw(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SHIM_RAW_7(nr, a, b, c, d, e, f) \
	shim_raw(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SHIM_RAW_PICK(a, b, c, d, e, f, g, name, ...) name

/* SHIM_RAW(SYS_read, fd, buf, n): the result, or a negative errno value. */
#define SHIM_RAW(...) \
	SHIM_RAW_PICK(__VA_ARGS__, SHIM_RAW_7, SHIM_RAW_6, SHIM_RAW_5, SHIM_RAW_4, SHIM_RAW_3, \
		      SHIM_RAW_2, SHIM_RAW_1)(__VA_ARGS__)

#endif /* KIPC_PRELOAD_RAW_H */
