/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's caches of objects, as /proc/slabinfo and sysfs show them. */
#ifndef KIPC_SLAB_H
#define KIPC_SLAB_H

#include "mounts.h"

#define SLAB_DIR	"/sys/kernel/slab/"

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

/* Give back what a cache keeps, on a debug kernel also what it keeps from being used. */
static inline void slab_shrink(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), SLAB_DIR "%s/shrink", name);
	file_write(path, "1");
}

/* Whether this cache is there and has no others' objects in it: one that was merged is a link. */
static inline bool slab_is_alone(const char *name)
{
	char path[128], buf[64];
	struct stat st;

	snprintf(path, sizeof(path), SLAB_DIR "%s", name);
	if (slab_objects(name) < 0 || lstat(path, &st) || !S_ISDIR(st.st_mode))
		return false;
	snprintf(path, sizeof(path), SLAB_DIR "%s/aliases", name);
	return file_read(path, buf, sizeof(buf)) > 0 && atoi(buf) == 0;
}

#endif /* KIPC_SLAB_H */
