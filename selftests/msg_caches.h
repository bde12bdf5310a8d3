/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The caches that the kernel keeps the bytes of messages in, as /proc/slabinfo and sysfs
 * show them.
 */
#ifndef KIPC_MSG_CACHES_H
#define KIPC_MSG_CACHES_H

#include "mounts.h"

#define SLAB_DIR	"/sys/kernel/slab/"

/* Each cache, and a size that only a message of that cache has. */
static const struct message_cache {
	const char *name;
	size_t size;
} message_caches[] = {
	{ "kipc_msg_80", 8 },
	{ "kipc_msg_400", 200 },
	{ "kipc_msg_912", 700 },
	{ "kipc_msg_1936", 1500 },
	{ "kipc_msg_4224", 3000 },
};

/* Give back what the caches keep, on a debug kernel also what it keeps from being used. */
static inline void message_caches_shrink(void)
{
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(message_caches); i++) {
		snprintf(path, sizeof(path), SLAB_DIR "%s/shrink", message_caches[i].name);
		file_write(path, "1");
	}
}

/* How many objects the cache has room for; -1 if there is no such cache. */
static inline long slab_objects(const char *name)
{
	char line[512], is[128];
	long objects = -1, used, n;
	FILE *f = fopen("/proc/slabinfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%127s %ld %ld", is, &used, &n) == 3 && !strcmp(is, name))
			objects = n;
	if (f)
		fclose(f);
	return objects;
}

/* Likewise all caches of kmalloc() whose objects have room for @size bytes. */
static inline long kmalloc_objects(size_t size)
{
	char line[512], is[128];
	long objects = 0, used, n;
	size_t each;
	FILE *f = fopen("/proc/slabinfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%127s %ld %ld %zu", is, &used, &n, &each) == 4 &&
		    strstr(is, "kmalloc-") && each >= size)
			objects += n;
	if (f)
		fclose(f);
	return objects;
}

#endif /* KIPC_MSG_CACHES_H */
