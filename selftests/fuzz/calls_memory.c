// SPDX-License-Identifier: GPL-2.0
/*
 * What can be done with segments in memory. The pages are touched by system calls alone, which
 * fail where there is nothing any more.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <sys/uio.h>

static size_t length_pick(struct context *c)
{
	return once_in(&c->d, 8) ? 2UL << 20 : PAGE * (1 + below(&c->d, 16));
}

static int protection_pick(struct context *c)
{
	static const int some[] = {
		PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE, PROT_READ | PROT_EXEC,
	};

	return some[below(&c->d, ARRAY_SIZE(some))];
}

static long run_mmap(struct context *c, const struct call *call)
{
	int fd = fd_pick(c, once_in(&c->d, 20) ? below(&c->d, FD_SUBSCRIBER + 1) : FD_SHM);
	int flags = once_in(&c->d, 4) ? MAP_PRIVATE : MAP_SHARED;
	__u64 at = 0, offset = once_in(&c->d, 2) ? 0 : PAGE * below(&c->d, 20);
	size_t length = length_pick(c);
	void *p;

	(void)call;
	if (once_in(&c->d, 2)) {
		at = place_pick(c) & -PAGE;
		flags |= MAP_FIXED;
	}
	flags |= once_in(&c->d, 8) ? MAP_POPULATE : 0;
	flags |= once_in(&c->d, 16) ? MAP_LOCKED : 0;
	p = mmap((void *)at, length, protection_pick(c), flags, fd, offset);
	if (p == MAP_FAILED)
		return -1;
	attached_add((uintptr_t)p, length);
	return 0;
}

static long run_munmap(struct context *c, const struct call *call)
{
	size_t length;
	__u64 at = range_pick(c, &length);

	(void)call;
	return munmap((void *)at, length);
}

static long run_mremap(struct context *c, const struct call *call)
{
	__u64 from = attached_pick(c) & -PAGE, to = place_pick(c) & -PAGE;
	size_t old = once_in(&c->d, 6) ? 0 : length_pick(c), new = length_pick(c);
	int flags = MREMAP_MAYMOVE;
	void *p;

	(void)call;
	if (once_in(&c->d, 2)) {
		flags |= MREMAP_FIXED;
		flags |= once_in(&c->d, 4) ? MREMAP_DONTUNMAP : 0;
		p = mremap((void *)from, old, new, flags, to);
	} else {
		p = mremap((void *)from, old, new, once_in(&c->d, 4) ? 0 : flags);
	}
	if (p == MAP_FAILED)
		return -1;
	attached_add((uintptr_t)p, new);
	return 0;
}

static long run_madvise(struct context *c, const struct call *call)
{
	static const int advices[] = {
		MADV_NORMAL, MADV_RANDOM, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE, MADV_REMOVE,
		MADV_DONTFORK, MADV_DOFORK, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_COLD,
		MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_DONTDUMP,
	};
	size_t length;
	__u64 at = range_pick(c, &length);

	(void)call;
	return madvise((void *)at, length, advices[below(&c->d, ARRAY_SIZE(advices))]);
}

static long run_protect(struct context *c, const struct call *call)
{
	size_t length;
	__u64 at = range_pick(c, &length);

	(void)call;
	switch (below(&c->d, 5)) {
	case 0:
		return mlock((void *)at, length);
	case 1:
		return munlock((void *)at, length);
	case 2:
		return msync((void *)at, length, once_in(&c->d, 2) ? MS_SYNC : MS_INVALIDATE);
	case 3:
		return mincore((void *)at, length, (unsigned char *)c->data);
	default:
		return mprotect((void *)at, length, protection_pick(c));
	}
}

static long run_touch(struct context *c, const struct call *call)
{
	struct iovec ours = { .iov_base = c->data, .iov_len = 3 * PAGE };
	size_t length, skip = below(&c->d, PAGE);
	char *at = (char *)range_pick(c, &length) + skip;
	struct iovec there = { .iov_base = at, .iov_len = length - skip };

	(void)call;
	if (there.iov_len > ours.iov_len)
		there.iov_len = ours.iov_len;
	/* by the page tables of the process, or as if another one looked at them */
	if (once_in(&c->d, 2))
		return read(fd_pick(c, FD_FILE), there.iov_base, there.iov_len);
	if (once_in(&c->d, 2))
		return process_vm_readv(getpid(), &ours, 1, &there, 1, 0);
	return process_vm_writev(getpid(), &ours, 1, &there, 1, 0);
}

void calls_add_memory(void)
{
	calls_add("mmap", run_mmap, 10, NULL);
	calls_add("munmap", run_munmap, 6, NULL);
	calls_add("mremap", run_mremap, 6, NULL);
	calls_add("madvise", run_madvise, 8, NULL);
	calls_add("protect", run_protect, 6, NULL);
	calls_add("touch", run_touch, 10, NULL);
}
