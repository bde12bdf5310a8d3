/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the sources of libkipc share. A call is made with the structure of the header that
 * the library was compiled with, or with the caller's own, of whatever version, where that
 * is what the function fills.
 */
#ifndef KIPC_LIB_H
#define KIPC_LIB_H

#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <kipc.h>

/* core.c */
int kipc_lib_prepare(void *arg, size_t size, size_t inputs);
int kipc_lib_call(int fd, unsigned long cmd, void *arg, size_t size);

static inline __u64 kipc_lib_address(const void *pointer)
{
	return (uintptr_t)pointer;
}

#endif /* KIPC_LIB_H */
