/* SPDX-License-Identifier: GPL-2.0 */
/* The pipe family of libkipc-preload.so: what its files share. */
#ifndef KIPC_PRELOAD_PIPE_H
#define KIPC_PRELOAD_PIPE_H

#include "shim.h"

#include <sys/types.h>
#include <sys/uio.h>

/* A pipe or a FIFO of whatever kind. */
bool shim_is_fifo(int fd);

/* One of kipc, in whichever instance. */
bool shim_is_kipc_pipe(int fd);

/* Functions of the C library that its headers do not declare. */
int __pipe(int fds[2]);
#if __TIMESIZE == 32
int __fcntl_time64(int fd, int cmd, ...);
#endif

/* The calls, as door.c makes them: the results of the C library's functions. */
int shim_pipe2(int fds[2], int flags);
int shim_fcntl_size(int fd, int cmd, unsigned long size);
ssize_t shim_splice(int in, loff_t *in_at, int out, loff_t *out_at, size_t len,
		    unsigned int flags, bool is_cancellable);
ssize_t shim_tee(int in, int out, size_t len, unsigned int flags, bool is_cancellable);
ssize_t shim_vmsplice(int fd, const struct iovec *iov, size_t nr, unsigned int flags,
		      bool is_cancellable);
ssize_t shim_sendfile(int out, int in, off_t *offset, size_t count);
ssize_t shim_sendfile64(int out, int in, off64_t *offset, size_t count);

#endif /* KIPC_PRELOAD_PIPE_H */
