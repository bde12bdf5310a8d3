/* SPDX-License-Identifier: GPL-2.0 */
/* Buckets: memory of a size that users decide. */
#ifndef KIPC_BUCKET_H
#define KIPC_BUCKET_H

#include <linux/types.h>

void *kipc_bucket_alloc(size_t size, gfp_t gfp) __alloc_size(1);
int kipc_buckets_init(void);
void kipc_buckets_exit(void);

#endif /* KIPC_BUCKET_H */
