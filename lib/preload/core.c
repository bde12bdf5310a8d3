// SPDX-License-Identifier: GPL-2.0
/* The functions behind ours, the memory of the program, and other descriptors. */
#include "shim.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

void *shim_next(void **cache, const char *name)
{
	void *found = __atomic_load_n(cache, __ATOMIC_RELAXED);
	int error = errno;

	if (found)
		return found;
	found = dlsym(RTLD_NEXT, name);
	errno = error;
	__atomic_store_n(cache, found, __ATOMIC_RELAXED);
	return found;
}

/*
 * The kernel reads a new mask of signals before it looks at what is to be done with it, and
 * writes the old one, eight bytes, without asking anything: the cheapest calls that every
 * process may make, and that end with EFAULT where the memory is not there. NULL means to
 * them that there is no mask.
 */
#define MASK_SIZE 8

static bool can_read(const void *addr)
{
	return addr && SHIM_RAW(SYS_rt_sigprocmask, -1, addr, 0, MASK_SIZE) != -EFAULT;
}

static bool can_write(void *addr)
{
	return addr && SHIM_RAW(SYS_rt_sigprocmask, SIG_BLOCK, 0, addr, MASK_SIZE) != -EFAULT;
}

/* As many bytes as an int has, exactly: the least that any call writes. */
static bool can_write_int(void *addr)
{
	return addr && SHIM_RAW(SYS_getcpu, addr, NULL, NULL) != -EFAULT;
}

/*
 * @size is less than a page, so that both ends tell. What is smaller than a mask may be the
 * last in its page, but lies within eight bytes that are all there.
 */
bool shim_can_read(const void *addr, size_t size)
{
	const char *last = (const char *)addr + size - MASK_SIZE;

	if (size < MASK_SIZE)
		return can_read((const void *)((uintptr_t)addr & -MASK_SIZE));
	return can_read(last) && (last == addr || can_read(addr));
}

/* What is there is lost. @size is that of an int, or as above. */
bool shim_can_write(void *addr, size_t size)
{
	char *last = (char *)addr + size - MASK_SIZE;

	if (size < MASK_SIZE)
		return can_write_int(addr);
	return can_write(last) && (last == addr || can_write(addr));
}

long shim_give(void *to, const void *from, size_t size)
{
	if (!shim_can_write(to, size))
		return -EFAULT;
	memcpy(to, from, size);
	return 0;
}

struct shim_file shim_file(int fd)
{
	struct shim_file file = { .fd = fd };
	struct shim_stat st;

	if (SHIM_RAW(SHIM_SYS_fstat, fd, &st) == 0) {
		file.is_known = true;
		file.dev = st.st_dev;
		file.ino = st.st_ino;
	}
	return file;
}

bool shim_file_is_same(const struct shim_file *file)
{
	struct shim_file now;

	if (!file->is_known)
		return true;
	now = shim_file(file->fd);
	return now.is_known && now.dev == file->dev && now.ino == file->ino;
}

void shim_file_close(const struct shim_file *file)
{
	if (file->fd >= 0 && shim_file_is_same(file))
		SHIM_RAW(SYS_close, file->fd);
}
