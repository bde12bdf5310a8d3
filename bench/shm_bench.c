// SPDX-License-Identifier: GPL-2.0
/*
 * Shared memory, the kernel's own and kipc's, both by id: shmget(2), shmat(2), shmdt(2)
 * and shmctl(2) against the ioctls that stand for them.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"

#include <linux/kipc.h>

#define KIB	1024UL
#define MIB	(1024 * KIB)
#define PAGE	(4 * KIB)

/* the key of a segment, that of none in a crowd */
#define KEY	0x6b697063

static int segment_try(enum bench_impl impl, int key, size_t size, bool create)
{
	struct kipc_shm_get get = {
		.key = key,
		.flags = create ? KIPC_GET_CREAT | KIPC_GET_EXCL : 0,
		.size = size,
		.mode = 0600,
	};

	if (impl == BENCH_NATIVE)
		return shmget(key, size, create ? IPC_CREAT | IPC_EXCL | 0600 : 0600);
	return ioctl(bench.device, KIPC_IOC_SHM_GET, &get) ? -1 : get.id;
}

static int segment_create(enum bench_impl impl, int key, size_t size)
{
	int id = segment_try(impl, key, size, true);

	bench_check(id >= 0, "cannot make a segment");
	return id;
}

static bool segment_try_remove(enum bench_impl impl, int id)
{
	struct kipc_remove remove = { .id = id };

	if (impl == BENCH_NATIVE)
		return !shmctl(id, IPC_RMID, NULL);
	return !ioctl(bench.device, KIPC_IOC_SHM_REMOVE, &remove);
}

static void segment_remove(enum bench_impl impl, int id)
{
	bench_check(segment_try_remove(impl, id), "cannot remove a segment");
}

static void *segment_attach(enum bench_impl impl, int id)
{
	struct kipc_shm_attach attach = { .id = id };

	if (impl == BENCH_NATIVE) {
		void *memory = shmat(id, NULL, 0);

		bench_check(memory != (void *)-1, "shmat");
		return memory;
	}
	bench_check(!ioctl(bench.device, KIPC_IOC_SHM_ATTACH, &attach), "KIPC_IOC_SHM_ATTACH");
	return (void *)(uintptr_t)attach.addr;
}

static void segment_detach(enum bench_impl impl, void *memory)
{
	struct kipc_shm_detach detach = { .addr = (uintptr_t)memory };

	if (impl == BENCH_NATIVE)
		bench_check(!shmdt(memory), "shmdt");
	else
		bench_check(!ioctl(bench.device, KIPC_IOC_SHM_DETACH, &detach),
			    "KIPC_IOC_SHM_DETACH");
}

static void segment_stat(enum bench_impl impl, int id)
{
	struct kipc_shm_stat stat = { .perm.id = id };
	struct shmid_ds ds;

	if (impl == BENCH_NATIVE)
		bench_check(!shmctl(id, IPC_STAT, &ds), "IPC_STAT");
	else
		bench_check(!ioctl(bench.device, KIPC_IOC_SHM_STAT, &stat), "KIPC_IOC_SHM_STAT");
}

/* Write to each page. */
static void touch(void *memory, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE) {
		((char *)memory)[at] = 'k';
		/* each store is to happen, and alone */
		asm volatile("" : : : "memory");
	}
}

/* --- operations on a segment, or a segment's whole life */

struct work {
	enum bench_impl impl;
	size_t size;
	int id;
	int fd;			/* kipc's other handle, if it is used */
};

static void *work_open(enum bench_impl impl, const struct bench_case *c)
{
	struct work *w = bench_alloc(sizeof(*w));

	w->impl = impl;
	w->size = c->size;
	w->id = -1;
	w->fd = -1;
	return w;
}

static void *segment_open(enum bench_impl impl, const struct bench_case *c)
{
	struct work *w = work_open(impl, c);

	w->id = segment_create(impl, IPC_PRIVATE, w->size);
	return w;
}

/* The same with all pages of the segment in memory */
static void *populated_open(enum bench_impl impl, const struct bench_case *c)
{
	struct work *w = segment_open(impl, c);
	void *memory = segment_attach(impl, w->id);

	touch(memory, w->size);
	segment_detach(impl, memory);
	return w;
}

/* The same, and kipc's is open */
static void *populated_fd_open(enum bench_impl impl, const struct bench_case *c)
{
	struct work *w = populated_open(impl, c);
	struct kipc_shm_open open = { .id = w->id, .flags = KIPC_SHM_CLOEXEC };

	if (impl == BENCH_KIPC) {
		bench_check(!ioctl(bench.device, KIPC_IOC_SHM_OPEN, &open), "KIPC_IOC_SHM_OPEN");
		w->fd = open.fd;
	}
	return w;
}

static void segment_close(void *object)
{
	struct work *w = object;

	if (w->fd >= 0)
		close(w->fd);
	segment_remove(w->impl, w->id);
	free(w);
}

static void attach_detach_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--)
		segment_detach(w->impl, segment_attach(w->impl, w->id));
}

/* With a descriptor at hand, to attach is to map. */
static void attach_detach_fd_run(void *object, unsigned int n)
{
	struct work *w = object;

	if (w->impl == BENCH_NATIVE) {
		attach_detach_run(object, n);
		return;
	}
	while (n--) {
		void *memory = mmap(NULL, w->size, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);

		bench_check(memory != MAP_FAILED && !munmap(memory, w->size), "mmap");
	}
}

static void attach_touch_detach_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--) {
		void *memory = segment_attach(w->impl, w->id);

		touch(memory, PAGE);
		segment_detach(w->impl, memory);
	}
}

/* Get, attach, touch @size bytes, detach, remove. */
static void live_one(struct work *w, size_t size)
{
	int id = segment_create(w->impl, IPC_PRIVATE, w->size);
	void *memory = segment_attach(w->impl, id);

	touch(memory, size);
	segment_detach(w->impl, memory);
	segment_remove(w->impl, id);
}

static void life_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--)
		live_one(w, w->size);
}

static void sparse_life_run(void *object, unsigned int n)
{
	while (n--)
		live_one(object, PAGE);
}

/*
 * kipc without an id: create, map, touch, unmap, close. The kernel's can only be had
 * with one.
 */
static void fd_life_run(void *object, unsigned int n)
{
	struct work *w = object;

	if (w->impl == BENCH_NATIVE) {
		life_run(object, n);
		return;
	}
	while (n--) {
		struct kipc_shm_create create = { .mode = 0600, .size = w->size };
		void *memory;

		bench_check(!ioctl(bench.device, KIPC_IOC_SHM_CREATE, &create),
			    "KIPC_IOC_SHM_CREATE");
		memory = mmap(NULL, w->size, PROT_READ | PROT_WRITE, MAP_SHARED, create.fd, 0);
		bench_check(memory != MAP_FAILED, "mmap");
		touch(memory, w->size);
		munmap(memory, w->size);
		close(create.fd);
	}
}

static void create_remove_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--)
		segment_remove(w->impl, segment_create(w->impl, KEY, w->size));
}

static const struct bench_case cases[] = {
	{
		"shm.attach_detach_64m", 1.00, 301, 16, 64 * MIB,
		populated_open, attach_detach_run, segment_close
	}, {
		"shm.attach_detach_64m_fd", 1.00, 301, 16, 64 * MIB,
		populated_fd_open, attach_detach_fd_run, segment_close
	}, {
		"shm.attach_detach_64m_empty", 1.00, 301, 16, 64 * MIB,
		segment_open, attach_detach_run, segment_close
	}, {
		"shm.attach_touch_detach_64m", 0, 301, 12, 64 * MIB,
		populated_open, attach_touch_detach_run, segment_close
	}, {
		"shm.attach_detach_4k", 0, 301, 16, 4 * KIB,
		populated_open, attach_detach_run, segment_close
	}, {
		"shm.create_remove", 0, 301, 16, 4 * KIB,
		work_open, create_remove_run, free
	}, {
		"shm.life_4k", 1.00, 301, 8, 4 * KIB,
		work_open, life_run, free
	}, {
		"shm.life_4k_fd", 0, 301, 8, 4 * KIB,
		work_open, fd_life_run, free
	}, {
		"shm.life_64k", 0, 201, 2, 64 * KIB,
		work_open, life_run, free
	}, {
		"shm.life_1m", 0, 61, 1, MIB,
		work_open, life_run, free
	}, {
		/* what a huge page costs those who need only a small one */
		"shm.life_64m_sparse", 0, 61, 1, 64 * MIB,
		work_open, sparse_life_run, free
	},
};

/* --- the memory itself, per MiB */

#define LARGE	(16 * MIB)

enum stage {
	FIRST_TOUCH,		/* each page is new */
	DETACH_REMOVE,		/* after the first touch */
	TOUCH_AGAIN,		/* all pages are there, but the attachment is new */
	DETACH_REMOVE_AGAIN,	/* after that one */
	STAGES
};

static const struct {
	const char *name;
	double bar;
} stages[STAGES] = {
	{ "shm.first_touch", 0.25 },
	{ "shm.detach_remove", 0.10 },
	{ "shm.touch_again", 0.05 },
	{ "shm.detach_remove_again", 0.10 },
};

static double timed_touch(void *memory)
{
	double start = bench_now();

	touch(memory, LARGE);
	return bench_now() - start;
}

static double timed_end(enum bench_impl impl, int id, void *memory)
{
	double start = bench_now();

	segment_detach(impl, memory);
	segment_remove(impl, id);
	return bench_now() - start;
}

/*
 * Two lives, since pages that were mapped twice cost the kernel more in the end: they
 * are activated.
 */
static void large_lives(enum bench_impl impl, double times[STAGES])
{
	int id = segment_create(impl, IPC_PRIVATE, LARGE);
	void *memory = segment_attach(impl, id);

	times[FIRST_TOUCH] = timed_touch(memory);
	times[DETACH_REMOVE] = timed_end(impl, id, memory);

	id = segment_create(impl, IPC_PRIVATE, LARGE);
	memory = segment_attach(impl, id);
	touch(memory, LARGE);
	segment_detach(impl, memory);
	memory = segment_attach(impl, id);
	times[TOUCH_AGAIN] = timed_touch(memory);
	times[DETACH_REMOVE_AGAIN] = timed_end(impl, id, memory);
}

static void stages_run(void)
{
	struct bench_series series[STAGES][BENCH_IMPLS] = { };
	unsigned int samples = bench_samples(31), warm_up = samples / 5 + 1;
	bool wanted[STAGES], any = false;

	for (int stage = 0; stage < STAGES; stage++) {
		wanted[stage] = bench_wants(stages[stage].name);
		any |= wanted[stage];
	}
	if (!any)
		return;
	for (unsigned int s = 0; s < warm_up + samples; s++) {
		for (int i = 0; i < BENCH_IMPLS; i++) {
			double times[STAGES];

			if (!bench.use[i])
				continue;
			large_lives(i, times);
			for (int stage = 0; s >= warm_up && stage < STAGES; stage++)
				bench_add(&series[stage][i], times[stage] / (LARGE / MIB));
		}
	}
	for (int stage = 0; stage < STAGES; stage++) {
		if (wanted[stage])
			bench_report(stages[stage].name, stages[stage].bar, bench.unit,
				     series[stage]);
	}
}

/* --- segments that live beside: all have keys, none was touched */

/* shmmni as it was, if it was changed */
static char limits[BENCH_IMPLS][32];

static int crowd_make(enum bench_impl impl, int key)
{
	return segment_try(impl, key, PAGE, true);
}

static const char *shmmni_path(enum bench_impl impl)
{
	static char path[256];
	char link[64], *slash;
	ssize_t len;

	if (impl == BENCH_NATIVE)
		return "/proc/sys/kernel/shmmni";
	/* beside the node, if that is one of a mount */
	snprintf(link, sizeof(link), "/proc/self/fd/%d", bench.device);
	len = readlink(link, path, sizeof(path) - sizeof("limits/shmmni"));
	bench_check(len > 0, link);
	path[len] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash + 1, "limits/shmmni");
	return path;
}

static bool write_limit(enum bench_impl impl, const char *value)
{
	FILE *file = fopen(shmmni_path(impl), "we");
	bool good;

	if (!file)
		return false;
	good = fputs(value, file) >= 0;
	return !fclose(file) && good;
}

/* Have room for @n segments, or as many as are allowed; the old limit is kept. */
static void limit_raise(enum bench_impl impl, int n)
{
	FILE *file = fopen(shmmni_path(impl), "re");
	char now[32], wanted[32];

	if (!file)
		return;
	if (!fgets(now, sizeof(now), file))
		now[0] = '\0';
	fclose(file);
	snprintf(wanted, sizeof(wanted), "%d\n", n);
	/* 32768 is all that the kernel takes, unless booted with ipcmni_extend */
	if (atoi(now) >= n || (!write_limit(impl, wanted) && !write_limit(impl, "32768\n")))
		return;
	strcpy(limits[impl], now);
}

static void limit_restore(enum bench_impl impl)
{
	if (limits[impl][0])
		write_limit(impl, limits[impl]);
	limits[impl][0] = '\0';
}

static const struct crowd_kind segments = {
	.what = "segments",
	.make = crowd_make,
	.remove = segment_try_remove,
	.limit_raise = limit_raise,
	.limit_restore = limit_restore,
};

static void find_key_run(void *object, unsigned int n)
{
	struct crowd_member *m = object;

	while (n--)
		bench_check(segment_try(m->impl, crowd_next_key(m), 0, false) >= 0,
			    "cannot find a segment by its key");
}

static void stat_id_run(void *object, unsigned int n)
{
	struct crowd_member *m = object;

	while (n--)
		segment_stat(m->impl, crowd_next_id(m));
}

#define BESIDE(n, name, batch, open, run) \
	{ n, { "shm." name ".live_" #n, 0, 101, batch, PAGE, open, run, free } }

static const struct {
	unsigned int beside;
	struct bench_case c;
} crowd_cases[] = {
	BESIDE(10, "create_remove", 16, work_open, create_remove_run),
	BESIDE(10, "find_key", 200, crowd_member_open, find_key_run),
	BESIDE(10, "stat_id", 150, crowd_member_open, stat_id_run),

	BESIDE(1000, "create_remove", 16, work_open, create_remove_run),
	BESIDE(1000, "find_key", 200, crowd_member_open, find_key_run),
	BESIDE(1000, "stat_id", 150, crowd_member_open, stat_id_run),

	BESIDE(100000, "create_remove", 16, work_open, create_remove_run),
	BESIDE(100000, "find_key", 200, crowd_member_open, find_key_run),
	BESIDE(100000, "stat_id", 150, crowd_member_open, stat_id_run),
};

/* --- memory of idle segments */

#define LIVE	1000

/* Bytes per segment of one page; if @what says true that page is in memory. */
static double idle_memory(enum bench_impl impl, const void *what)
{
	bool used = *(const bool *)what;
	int *ids = bench_alloc(LIVE * sizeof(*ids));
	double before, taken;

	memset(ids, 0, LIVE * sizeof(*ids));
	before = bench_free_memory();
	for (int i = 0; i < LIVE; i++) {
		ids[i] = segment_create(impl, IPC_PRIVATE, PAGE);
		if (used) {
			void *memory = segment_attach(impl, ids[i]);

			touch(memory, PAGE);
			segment_detach(impl, memory);
		}
	}
	/* what was freed on the way is back only after a grace period */
	sleep(1);
	taken = (before - bench_free_memory()) / LIVE;
	for (int i = 0; i < LIVE; i++)
		segment_remove(impl, ids[i]);
	free(ids);
	return taken;
}

static void run_cases(void)
{
	stages_run();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bench_run(&cases[i]);
	for (size_t i = 0; i < ARRAY_SIZE(crowd_cases); i++)
		crowd_run(crowd_cases[i].beside, &crowd_cases[i].c);
	bench_memory("shm.idle_memory", idle_memory, &(const bool){ false });
	bench_memory("shm.idle_memory_used", idle_memory, &(const bool){ true });
}

int main(int argc, char **argv)
{
	bench_start(argc, argv, run_cases);
	crowd_start(&segments);
	run_cases();
	return 0;
}
