/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KIPC_FAULTY_H
#define KIPC_FAULTY_H

#include <linux/types.h>

/* Write a byte that no detector that instruments code sees written. */
void unseen_write(u8 *where);

#endif
