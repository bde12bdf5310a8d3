// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: every operation on shared memory with each of its allocations and copies failing; see
 * failnth.h.
 */
#include "failnth.h"

#include <sched.h>
#include <sys/mman.h>

#define KEY	0x6b697063
#define SIZE	(4 * 4096)

static int run_shm_get(struct work *work)
{
	struct kipc_shm_get get = {
		.key = KEY, .size = SIZE, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(work->dev, KIPC_IOC_SHM_GET, &get);
}

static int run_shm_get_huge(struct work *work)
{
	struct kipc_shm_get get = {
		.key = KEY, .size = 4 << 20, .mode = 0600, .flags = KIPC_GET_CREAT,
	};

	return ioctl(work->dev, KIPC_IOC_SHM_GET, &get);
}

static void undo_shm_get(struct work *work)
{
	struct kipc_shm_get get = { .key = KEY };
	struct kipc_remove remove = { .id = -1 };

	/* when its id could not be written it is there all the same, maybe */
	if (ioctl(work->dev, KIPC_IOC_SHM_GET, &get))
		return;
	remove.id = get.id;
	ioctl(work->dev, KIPC_IOC_SHM_REMOVE, &remove);
}

static int run_shm_find(struct work *work)
{
	struct kipc_shm_get get = { .key = KEY + 1, .flags = KIPC_GET_CREAT };

	return ioctl(work->dev, KIPC_IOC_SHM_GET, &get);
}

static int run_shm_create(struct work *work)
{
	struct kipc_shm_create create = { .size = SIZE, .mode = 0600 };
	int ret = ioctl(work->dev, KIPC_IOC_SHM_CREATE, &create);

	work->made = create.fd;
	return ret;
}

static void undo_made(struct work *work)
{
	close(work->made);
}

static int run_shm_open(struct work *work)
{
	struct kipc_shm_open open = { .id = work->id };
	int ret = ioctl(work->dev, KIPC_IOC_SHM_OPEN, &open);

	work->made = open.fd;
	return ret;
}

static int run_shm_open_again(struct work *work)
{
	struct kipc_shm_open open = { .id = KIPC_ID_SELF, .flags = KIPC_SHM_RDONLY };
	int ret = ioctl(work->fd, KIPC_IOC_SHM_OPEN, &open);

	work->made = open.fd;
	return ret;
}

static int run_shm_attach(struct work *work)
{
	struct kipc_shm_attach attach = { .id = work->id, .addr = (unsigned long)work->place };

	return ioctl(work->dev, KIPC_IOC_SHM_ATTACH, &attach);
}

static void undo_shm_attach(struct work *work)
{
	munmap(work->place, SIZE);
}

static int run_shm_detach(struct work *work)
{
	struct kipc_shm_detach detach = { .addr = (unsigned long)work->addr };

	return ioctl(work->dev, KIPC_IOC_SHM_DETACH, &detach);
}

/* Attach it again where it was, and whole. */
static void undo_shm_detach(struct work *work)
{
	struct kipc_shm_attach attach = {
		.id = work->id, .addr = (unsigned long)work->addr, .flags = KIPC_SHM_REMAP,
	};

	ioctl(work->dev, KIPC_IOC_SHM_ATTACH, &attach);
}

/* What was detached left its place. */
static void undo_shm_detach_all(struct work *work)
{
	struct kipc_shm_attach attach = { .id = work->id, .addr = (unsigned long)work->addr };

	MUST(!ioctl(work->dev, KIPC_IOC_SHM_ATTACH, &attach));
}

static int run_shm_stat(struct work *work)
{
	struct kipc_shm_stat stat = { .perm.id = work->id };

	return ioctl(work->dev, KIPC_IOC_SHM_STAT, &stat);
}

static int run_shm_set(struct work *work)
{
	struct kipc_set set = {
		.id = work->id, .uid = OTHER_UID, .gid = OTHER_UID, .mode = 0640,
	};

	return ioctl(work->dev, KIPC_IOC_SHM_SET, &set);
}

static void undo_shm_set(struct work *work)
{
	struct kipc_set set = { .id = work->id, .mode = 0600 };

	ioctl(work->dev, KIPC_IOC_SHM_SET, &set);
}

static int run_shm_remove(struct work *work)
{
	struct kipc_remove remove = { .id = work->victim };

	return ioctl(work->dev, KIPC_IOC_SHM_REMOVE, &remove);
}

static int segment_make(int dev, int key)
{
	struct kipc_shm_get get = {
		.key = key, .size = SIZE, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(dev, KIPC_IOC_SHM_GET, &get) ? -1 : get.id;
}

static void undo_shm_remove(struct work *work)
{
	work->victim = segment_make(work->dev, KIPC_KEY_PRIVATE);
}

static int run_shm_lock(struct work *work)
{
	struct kipc_shm_lock lock = { .id = work->id, .lock = 1 };

	return ioctl(work->dev, KIPC_IOC_SHM_LOCK, &lock);
}

static void undo_shm_lock(struct work *work)
{
	struct kipc_shm_lock lock = { .id = work->id, .lock = 0 };

	ioctl(work->dev, KIPC_IOC_SHM_LOCK, &lock);
}

static int run_shm_info(struct work *work)
{
	struct kipc_shm_info info = { .flags = KIPC_SHM_INFO_USAGE };

	return ioctl(work->dev, KIPC_IOC_SHM_INFO, &info);
}

static int run_shm_mmap(struct work *work)
{
	return mmap(work->place, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, work->fd,
		    0) == MAP_FAILED ? -1 : 0;
}

static int run_shm_populate(struct work *work)
{
	return madvise(work->addr, SIZE, MADV_POPULATE_WRITE);
}

static void undo_shm_populate(struct work *work)
{
	madvise(work->addr, SIZE, MADV_REMOVE);
}

static int run_shm_fallocate(struct work *work)
{
	return fallocate(work->fd, 0, 0, SIZE);
}

/* Pages that the kernel itself comes to when it copies. */
static int run_shm_touch(struct work *work)
{
	return read(work->other, work->addr, SIZE);
}

static int run_shm_huge(struct work *work)
{
	struct kipc_shm_get get = {
		.key = KEY, .size = 2 << 20, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_SHM_HUGE,
	};

	return ioctl(work->dev, KIPC_IOC_SHM_GET, &get);
}

static char *look_at;

/* Attached where no page was yet, so that there are no page tables either. */
static void look_again(struct work *work)
{
	struct kipc_shm_attach attach = { .id = work->id };

	look_at = work->place - (1UL << 30);
	munmap(look_at, SIZE);
	attach.addr = (unsigned long)look_at;
	MUST(!ioctl(work->dev, KIPC_IOC_SHM_ATTACH, &attach) && !ftruncate(work->made, 0));
}

static void prepare_shm_look(struct work *work)
{
	work->made = memfd_create("look", MFD_CLOEXEC);
	MUST(work->made >= 0);
	memset(work->addr, 1, SIZE);
	look_again(work);
}

/* Pages that are there already are mapped, several at once. */
static int run_shm_look(struct work *work)
{
	return pwrite(work->made, look_at, SIZE, 0);
}

#define HUGE	(2UL << 20)

static char *huge;

/* A segment that the next page fault takes a huge page for, if it gets one. */
static void prepare_shm_huge_touch(struct work *work)
{
	struct kipc_shm_create create = {
		.size = 2 * HUGE, .mode = 0600, .flags = KIPC_SHM_HUGE,
	};

	MUST(!ioctl(work->dev, KIPC_IOC_SHM_CREATE, &create));
	huge = (char *)(((unsigned long)work->place & ~(HUGE - 1)) - 16 * HUGE);
	MUST(mmap(huge, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, create.fd, 0) ==
	     huge);
	close(create.fd);
}

static int run_shm_huge_touch(struct work *work)
{
	return read(work->other, huge, 1);
}

static void undo_shm_huge_touch(struct work *work)
{
	(void)work;
	madvise(huge, 2 * HUGE, MADV_REMOVE);
}

static int run_shm_split(struct work *work)
{
	return munmap(work->addr + 4096, 4096);
}

static int run_shm_protect(struct work *work)
{
	return mprotect(work->addr + 4096, 4096, PROT_READ);
}

static int run_shm_move(struct work *work)
{
	return mremap(work->addr, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, work->place) ==
	       MAP_FAILED ? -1 : 0;
}

static void undo_shm_move(struct work *work)
{
	munmap(work->place, SIZE);
	undo_shm_detach(work);
}

/* The child inherits the attachment and goes at once. */
static int run_shm_fork(struct work *work)
{
	pid_t pid = fork();

	(void)work;
	if (!pid)
		_exit(0);
	if (pid < 0 && errno == EAGAIN)
		errno = ENOMEM;
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	return pid < 0 ? -1 : 0;
}

/*
 * Stacks of processes that have gone are used again. So none has to be allocated, of
 * which the kernel complains in its log when it cannot be.
 */
static void stacks_warm(struct work *work)
{
	pid_t pids[2];
	int i;

	(void)work;
	for (i = 0; i < 2; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(0);
	}
	for (i = 0; i < 2; i++)
		waitpid(pids[i], NULL, 0);
}

static const struct operation shm_operations[] = {
	ROW("get", run_shm_get, undo_shm_get, .undone_after = EFAULT),
	ROW("get of 4 MiB", run_shm_get_huge, undo_shm_get, .undone_after = EFAULT),
	ROW("get of what exists", run_shm_find, NULL),
	ROW("create", run_shm_create, undo_made),
	ROW("open", run_shm_open, undo_made),
	ROW("open of a descriptor", run_shm_open_again, undo_made),
	ROW("attach", run_shm_attach, undo_shm_attach, .undone_after = EFAULT),
	ROW("detach", run_shm_detach, undo_shm_detach_all),
	ROW("stat", run_shm_stat, NULL),
	ROW("set", run_shm_set, undo_shm_set),
	ROW("remove", run_shm_remove, undo_shm_remove),
	ROW("lock", run_shm_lock, undo_shm_lock),
	ROW("info", run_shm_info, NULL),
	ROW("mmap", run_shm_mmap, undo_shm_attach),
	ROW("populate", run_shm_populate, undo_shm_populate),
	ROW("fallocate", run_shm_fallocate, undo_shm_populate),
	ROW("touch", run_shm_touch, undo_shm_populate, .touches = true, .partial = true),
	ROW("look", run_shm_look, look_again, .prepare = prepare_shm_look, .touches = true,
	    .partial = true),
	ROW("touch of a huge page", run_shm_huge_touch, undo_shm_huge_touch,
	    .prepare = prepare_shm_huge_touch, .touches = true),
	ROW("get in huge pages", run_shm_huge, undo_shm_get, .undone_after = EFAULT),
	ROW("split by munmap", run_shm_split, undo_shm_detach, .undone_after = ENOMEM),
	ROW("split by mprotect", run_shm_protect, undo_shm_detach, .undone_after = ENOMEM),
	/* the kernel leaves the old mapping if it has no memory to take it away */
	ROW("move", run_shm_move, undo_shm_move, .undone_after = ENOMEM, .otherwise = true),
	ROW("fork", run_shm_fork, stacks_warm, .undone_after = ENOMEM),
};

TEST_F_TIMEOUT(kipc, failing_allocations_of_shared_memory_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	struct kipc_shm_attach attach;
	cpu_set_t cpus;
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	work.id = segment_make(self->dev, KEY + 1);
	work.victim = segment_make(self->dev, KIPC_KEY_PRIVATE);
	ASSERT_LE(0, work.id);
	ASSERT_LE(0, work.victim);
	ASSERT_EQ(0, run_shm_open(&work));
	work.fd = work.made;
	work.other = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, work.other);
	attach = (struct kipc_shm_attach) { .id = work.id };
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_ATTACH, &attach));
	work.addr = (char *)(unsigned long)attach.addr;
	/* far from everything that is mapped meanwhile */
	work.place = work.addr - (1UL << 32);
	/* stacks are kept by each CPU */
	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpus), &cpus));
	for (i = 0; i < ARRAY_SIZE(shm_operations); i++) {
		/* threads of the kernel may have taken those that were kept */
		stacks_warm(&work);
		fail_each(_metadata, &work, &shm_operations[i]);
	}
	EXPECT_TRUE(calls_are_complete(self->dev, KIPC_NR_SHM_GET));
	munmap(work.addr, SIZE);
	munmap(look_at, SIZE);
	munmap(huge, 2 * HUGE);
	close(work.made);
	close(work.other);
	close(work.fd);
	work.fd = 0;
	EXPECT_EQ(0, run_shm_remove(&work));
	work.victim = work.id;
	EXPECT_EQ(0, run_shm_remove(&work));
	EXPECT_EQ(self->before.shm_segments, stats_of(self->dev).shm_segments);
	EXPECT_EQ(self->before.shm_pages, stats_of(self->dev).shm_pages);
	faults_done();
}

TEST_HARNESS_MAIN
