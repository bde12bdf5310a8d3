// SPDX-License-Identifier: GPL-2.0
/*
 * Built without the instrumentation of KASAN, as much of a kernel is: its assembly, its
 * devices.
 */
#include <linux/compiler.h>

#include "faulty.h"

void unseen_write(u8 *where)
{
	WRITE_ONCE(*where, 0x5c);
}
