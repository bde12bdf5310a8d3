// SPDX-License-Identifier: GPL-2.0
/*
 * Buckets: memory of a size that users decide, and with values of theirs in it.
 *
 * In the kernel's general caches such memory could be made to lie where an object of the
 * kernel's was, or beside one. So here are caches of the same sizes that nobody else uses. The
 * kernel has something like that since 6.11.
 *
 * What is larger than two pages comes from the page allocator, as it does natively.
 */
#include <linux/cache.h>
#include <linux/kasan.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "compat.h"
#include "core/bucket.h"

/* The first has objects of KIPC_BUCKET_MIN bytes, each of the others twice as large ones. */
static const char *const kipc_bucket_names[] = {
	"kipc_bucket_64", "kipc_bucket_128", "kipc_bucket_256", "kipc_bucket_512",
	"kipc_bucket_1k", "kipc_bucket_2k", "kipc_bucket_4k", "kipc_bucket_8k",
#if PAGE_SIZE > SZ_4K
	"kipc_bucket_16k",
#endif
#if PAGE_SIZE > SZ_8K
	"kipc_bucket_32k",
#endif
#if PAGE_SIZE > SZ_16K
	"kipc_bucket_64k", "kipc_bucket_128k",
#endif
};

#define KIPC_BUCKET_MIN		64
#define KIPC_BUCKET_MAX		(KIPC_BUCKET_MIN << (ARRAY_SIZE(kipc_bucket_names) - 1))

/* The largest cache of kmalloc(), with pages of up to 64 KiB. */
static_assert(KIPC_BUCKET_MAX == 2 * PAGE_SIZE);

static struct kmem_cache *kipc_buckets[ARRAY_SIZE(kipc_bucket_names)] __ro_after_init;

/**
 * kipc_bucket_alloc - allocate memory of a size that a user has decided
 * @size: bytes, more than 0
 * @gfp: as for kvmalloc(), so GFP_KERNEL with flags
 *
 * kvfree() frees it: that takes objects of any cache. Only SLOB, which is gone since 6.4, has no
 * such thing, nor caches that could be shared.
 *
 * Context: may sleep.
 * Return: the memory, or NULL.
 */
void *kipc_bucket_alloc(size_t size, gfp_t gfp)
{
	struct kmem_cache *bucket;
	unsigned int order;
	void *p;

	if (size > KIPC_BUCKET_MAX || IS_ENABLED(CONFIG_SLOB))
		return kvmalloc(size, gfp);
	order = order_base_2(max_t(size_t, size, KIPC_BUCKET_MIN));
	bucket = kipc_buckets[order - ilog2(KIPC_BUCKET_MIN)];
	p = kmem_cache_alloc(bucket, gfp);
	/* What is behind is nobody's, KASAN is told. */
	return p ? kasan_kmalloc(bucket, p, size, gfp) : NULL;
}

/**
 * kipc_buckets_init - make the caches
 *
 * Return: 0, or -ENOMEM.
 */
int __init kipc_buckets_init(void)
{
	unsigned int i, size;

	for (i = 0; i < ARRAY_SIZE(kipc_buckets); i++) {
		size = KIPC_BUCKET_MIN << i;
		kipc_buckets[i] = kmem_cache_create_usercopy(kipc_bucket_names[i], size, 0,
							     SLAB_HWCACHE_ALIGN |
							     SLAB_NO_MERGE,
							     0, size, NULL);
		if (!kipc_buckets[i]) {
			kipc_buckets_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * kipc_buckets_exit - destroy the caches; nothing of them is in use
 */
void kipc_buckets_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kipc_buckets); i++)
		kmem_cache_destroy(kipc_buckets[i]);
}
