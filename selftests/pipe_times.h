/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Since 6.15 the kernel saves itself the times of its anonymous pipes, but not of FIFOs; kipc
 * does not.
 */
#ifndef KIPC_PIPE_TIMES_H
#define KIPC_PIPE_TIMES_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/utsname.h>

static inline bool kernel_keeps_times(void)
{
	struct utsname name;
	int major, minor;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		return false;
	return major < 6 || (major == 6 && minor < 15);
}

#endif /* KIPC_PIPE_TIMES_H */
