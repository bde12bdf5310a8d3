// SPDX-License-Identifier: GPL-2.0
/* shmget(2), shmat(2), shmdt(2). */
#include "sysv.h"

/* As in linux/mman.h and asm-generic/hugetlb_encode.h. */
#define HUGE_SHIFT	26
#define HUGE_MASK	0x3f

#define NOT_ATTACHED	((void *)-1)

static long do_shmget(key_t key, size_t size, int flags)
{
	struct kipc_shm_get get = {
		.key = key, .flags = shim_get_flags(flags), .size = size, .mode = flags & 0777,
	};
	long ret;

	if (flags & SHM_NORESERVE)
		get.flags |= KIPC_SHM_NORESERVE;
	if (flags & SHM_HUGETLB) {
		get.flags |= KIPC_SHM_HUGE;
		get.page_shift = (unsigned int)flags >> HUGE_SHIFT & HUGE_MASK;
	}
	ret = shim_ioctl(KIPC_IOC_SHM_GET, &get);
	return ret < 0 ? ret : get.id;
}

int shim_shmget(key_t key, size_t size, int flags)
{
	switch (shim_world(SHIM_SHM)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_NEXT(shmget)(key, size, flags));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	return shim_result(do_shmget(key, size, flags));
}

int shmget(key_t key, size_t size, int flags)
{
	int ret = shim_shmget(key, size, flags);

	shim_trace(ret, "(%#x, %zu, %#o)", (unsigned int)key, size, flags);
	return ret;
}

static void *do_shmat(int id, const void *addr, int flags)
{
	struct kipc_shm_attach attach = { .id = id, .addr = (uintptr_t)addr };

	attach.flags = (flags & SHM_RDONLY ? KIPC_SHM_RDONLY : 0) |
		       (flags & SHM_RND ? KIPC_SHM_RND : 0) |
		       (flags & SHM_REMAP ? KIPC_SHM_REMAP : 0) |
		       (flags & SHM_EXEC ? KIPC_SHM_EXEC : 0);
	if (shim_result(shim_ioctl(KIPC_IOC_SHM_ATTACH, &attach)) < 0)
		return NOT_ATTACHED;
	return (void *)(uintptr_t)attach.addr;
}

void *shim_shmat(int id, const void *addr, int flags)
{
	switch (shim_world(SHIM_SHM)) {
	case SHIM_NATIVE:
		return (void *)shim_native_result((long)SHIM_NEXT(shmat)(id, addr, flags));
	case SHIM_REFUSED:
		shim_refuse();
		return NOT_ATTACHED;
	case SHIM_KIPC:
		break;
	}
	return do_shmat(id, addr, flags);
}

void *shmat(int id, const void *addr, int flags)
{
	void *ret = shim_shmat(id, addr, flags);

	shim_trace((long)ret, "(%d, %p, %#x)", id, addr, flags);
	return ret;
}

/* An attachment that somebody made without us is the kernel's to end. */
static int do_shmdt(const void *addr)
{
	struct kipc_shm_detach detach = { .addr = (uintptr_t)addr };
	long ret = shim_ioctl(KIPC_IOC_SHM_DETACH, &detach);

	if (ret == -EINVAL && SHIM_NEXT(shmdt)(addr) == 0)
		return 0;
	return shim_result(ret);
}

int shim_shmdt(const void *addr)
{
	switch (shim_world(SHIM_SHM)) {
	case SHIM_NATIVE:
		return shim_native_result(SHIM_NEXT(shmdt)(addr));
	case SHIM_REFUSED:
		return shim_refuse();
	case SHIM_KIPC:
		break;
	}
	return do_shmdt(addr);
}

int shmdt(const void *addr)
{
	int ret = shim_shmdt(addr);

	shim_trace(ret, "(%p)", addr);
	return ret;
}
