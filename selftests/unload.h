/* SPDX-License-Identifier: GPL-2.0 */
/*
 * To unload the module, or to see that it does not let itself be unloaded, and to load it
 * again.
 */
#ifndef KIPC_UNLOAD_H
#define KIPC_UNLOAD_H

#include "kipc_test.h"

#define MODULE_FILE	"/kipc/kipc.ko"

/* Whether somebody still uses it; if not, it is gone now. */
static inline bool unload_is_refused(void)
{
	if (!syscall(SYS_delete_module, "kipc", O_NONBLOCK))
		return false;
	return errno == EWOULDBLOCK || errno == EBUSY;
}

/* The last references may be dropped a moment after what had them. */
static inline bool module_unload(void)
{
	return EVENTUALLY(!syscall(SYS_delete_module, "kipc", O_NONBLOCK));
}

/* The device of the module that was loaded, or -1. */
static inline int module_load(void)
{
	int fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	int ret = syscall(SYS_finit_module, fd, "", 0);

	close(fd);
	return ret ? -1 : kipc_open();
}

#endif /* KIPC_UNLOAD_H */
