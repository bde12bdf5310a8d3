/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Class 20: an operation, with its first allocation failing, its second, and so on until
 * there is none left to fail. Each failure is an error that says so, and leaves nothing
 * behind. Needs a kernel with fault injection.
 *
 * The idea and the way to do it are those of iommufd_fail_nth.c of the kernel.
 */
#ifndef KIPC_FAILNTH_H
#define KIPC_FAILNTH_H

#include "kipc_fixture.h"

#include <sys/rseq.h>
#include <sys/syscall.h>

#define DEBUGFS		"/sys/kernel/debug"
#define NTH_MAX		500

static int nth_fd = -1;

/* From now on the @nth allocation of this task fails; 0 for none. */
static inline void nth_set(int nth)
{
	int tries, len;
	char buf[16];

	len = snprintf(buf, sizeof(buf), "%d", nth);
	/* what is still armed may hit this very call, once */
	for (tries = 0; tries < 5; tries++)
		if (pwrite(nth_fd, buf, len, 0) == len)
			return;
	abort();
}

/* Whether what nth_set() asked for has happened; ends it. */
static inline bool nth_was_reached(void)
{
	char buf[16] = "";
	bool reached;

	/* if it hits this call, it has not hit the operation */
	reached = pread(nth_fd, buf, sizeof(buf) - 1, 0) > 0 && strtol(buf, NULL, 10) == 0;
	nth_set(0);
	return reached;
}

/*
 * The kernel writes the CPU's number to a page of the thread whenever it has been
 * preempted, and kills it if that page cannot be had: after a fork it is a new one.
 */
static inline void rseq_stop(void)
{
	syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32,
		RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

/* Make all kinds of allocations of a task take part. */
static inline void faults_prepare(void)
{
	static const char *const files[][2] = {
		{ DEBUGFS "/failslab/ignore-gfp-wait", "N" },
		{ DEBUGFS "/failslab/task-filter", "Y" },
		{ DEBUGFS "/failslab/verbose", "0" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ DEBUGFS "/fail_page_alloc/min-order", "0" },
		{ DEBUGFS "/fail_page_alloc/task-filter", "Y" },
		{ DEBUGFS "/fail_page_alloc/verbose", "0" },
		{ DEBUGFS "/fail_usercopy/verbose", "0" },
	};
	size_t i;

	rseq_stop();
	for (i = 0; i < ARRAY_SIZE(files); i++)
		file_write(files[i][0], files[i][1]);
}

static inline bool have_fault_injection(void)
{
	nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	return nth_fd >= 0;
}

/* What an operation works on, and where it leaves what is to be undone. */
struct work {
	int dev;
	int r;
	int w;
	int other;
	struct kipc_pipe_create create;
	char byte;
	/* a segment, set or queue that stays, its descriptor, where it is attached */
	int id;
	int fd;
	char *addr;
	/* one to remove, a place to attach at, what was made */
	int victim;
	char *place;
	int made;
};

struct operation {
	const char *name;
	/* 0 or a count, or -1 with errno */
	int (*run)(struct work *work);
	void (*undo)(struct work *work);
	/*
	 * The error after which it may have done its work, or a part of it. EFAULT: it is
	 * done when its result is written. That was found possible before (see ioctl_test),
	 * so it can only fail by injection. ENOMEM: the kernel leaves mappings split.
	 */
	int undone_after;
};

static inline bool is_lack_of_memory(int error)
{
	/*
	 * EFAULT: copying from and to user space is made to fail in the same way. ENOSPC: so
	 * tmpfs says that it gets no inode, and shmget(2), too.
	 */
	return error == ENOMEM || error == EFAULT || error == ENFILE || error == EMFILE ||
	       error == ENOSPC;
}

/* What lives of objects with an id; all of it is here and nowhere else. */
struct living {
	unsigned long long segments;
	unsigned long long pages;
	unsigned long long sets;
	unsigned long long sems;
	unsigned long long undos;
	unsigned long long nattch;
	unsigned long long queues;
	unsigned long long qbytes;
	unsigned long long cbytes;
	unsigned long long qnum;
	unsigned long long sig_queues;
	unsigned long long signals;
	unsigned long long queued;
	unsigned long long pending;
	unsigned int subscribers;
	unsigned int fds;
	unsigned int mode;
	unsigned int nr_undos;
	int values[2];
};

static inline struct living living_of(const struct work *work)
{
	struct kipc_sem_stat sem = { .perm.id = KIPC_ID_SELF };
	struct kipc_shm_stat shm = { .perm.id = KIPC_ID_SELF };
	struct kipc_msg_stat msg = { .perm.id = KIPC_ID_SELF };
	struct kipc_sig_stat sig = { .perm.id = KIPC_ID_SELF };
	struct kipc_stats stats = stats_of(work->dev);
	struct living living;
	int i;

	memset(&living, 0, sizeof(living));
	living.segments = stats.shm_segments;
	living.pages = stats.shm_pages;
	living.sets = stats.sem_sets;
	living.sems = stats.sems;
	living.undos = stats.user_undos;
	living.queues = stats.msg_queues;
	living.sig_queues = stats.sig_queues;
	living.signals = stats.user_signals;
	if (work->fd > 0 && !ioctl(work->fd, KIPC_IOC_SHM_STAT, &shm)) {
		living.nattch = shm.nattch;
		living.fds = shm.fds;
		living.mode = shm.perm.mode;
	}
	if (work->fd > 0 && !ioctl(work->fd, KIPC_IOC_SEM_STAT, &sem)) {
		living.fds = sem.fds;
		living.mode = sem.perm.mode;
		living.nr_undos = sem.undos;
		for (i = 0; i < 2; i++) {
			struct kipc_sem_value value = { .id = KIPC_ID_SELF, .num = i };

			ioctl(work->fd, KIPC_IOC_SEM_GET_VALUE, &value);
			living.values[i] = value.value;
		}
	}
	if (work->fd > 0 && !ioctl(work->fd, KIPC_IOC_MSG_STAT, &msg)) {
		living.qbytes = msg.qbytes;
		living.cbytes = msg.cbytes;
		living.qnum = msg.qnum;
		living.fds = msg.fds;
		living.mode = msg.perm.mode;
	}
	if (work->fd > 0 && !ioctl(work->fd, KIPC_IOC_SIG_STAT, &sig)) {
		living.queued = sig.queued;
		living.pending = sig.pending;
		living.subscribers = sig.subscribers;
		living.fds = sig.fds;
		living.mode = sig.perm.mode;
	}
	return living;
}

static inline bool living_are(const struct work *work, const struct living *want)
{
	struct living now = living_of(work);

	return !memcmp(&now, want, sizeof(now));
}

/*
 * Run @op with each of its allocations failing in turn; what lives must be the same
 * after each failure, and the operation must succeed in the end.
 */
static inline void fail_each(struct __test_metadata *_metadata, struct work *work,
			     const struct operation *op)
{
	struct kipc_stats before = stats_of(work->dev);
	struct kipc_pipe_stat pipe = stat_of(work->r), now;
	struct living living = living_of(work);
	int nth, ret, error;
	bool reached;

	for (nth = 1; nth <= NTH_MAX; nth++) {
		nth_set(nth);
		errno = 0;
		ret = op->run(work);
		error = errno;
		reached = nth_was_reached();
		if (ret >= 0) {
			/* what can do without that allocation may */
			if (op->undo)
				op->undo(work);
			if (!reached)
				break;
		} else {
			EXPECT_TRUE(reached && is_lack_of_memory(error))
				TH_LOG("%s, allocation %d: %s", op->name, nth, strerror(error));
			if (!reached)
				break;
			if (op->undone_after && op->undone_after == error)
				op->undo(work);
		}
		EXPECT_TRUE(stats_return_to(work->dev, &before))
			TH_LOG("%s, allocation %d", op->name, nth);
		now = stat_of(work->r);
		EXPECT_EQ(pipe.used, now.used);
		EXPECT_EQ(pipe.size, now.size);
		EXPECT_EQ(pipe.packets, now.packets);
		EXPECT_TRUE(EVENTUALLY(stat_of(work->r).readers == pipe.readers));
		EXPECT_TRUE(EVENTUALLY(living_are(work, &living)))
			TH_LOG("%s, allocation %d: segments, sets or queues", op->name, nth);
	}
	EXPECT_GE(NTH_MAX, nth)
		TH_LOG("%s never came to its end", op->name);
	printf("# %s: %d allocations made to fail\n", op->name, nth - 1);
	fflush(stdout);
}

#endif /* KIPC_FAILNTH_H */
