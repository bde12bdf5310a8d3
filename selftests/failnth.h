/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Class 20: an operation, with its first allocation or copy failing, its second, and so on until
 * there is none left to fail. Each failure is the error that says what has failed, and changes
 * nothing that can be asked; and what can do without has done the same as where nothing fails.
 * Needs a kernel with fault injection.
 *
 * The idea and the way to do it are those of iommufd_fail_nth.c of the kernel.
 */
#ifndef KIPC_FAILNTH_H
#define KIPC_FAILNTH_H

#include "failnth_state.h"

#include <sys/rseq.h>
#include <sys/syscall.h>

#define DEBUGFS		"/sys/kernel/debug"
#define NTH_MAX		500

static int nth_fd = -1;

/* How far the clock is ahead of the time. */
static int clock_ahead;

/* What can be made to fail. */
enum fault_kind { FAULT_SLAB, FAULT_PAGE, FAULT_COPY, FAULT_KINDS };

static const char *const fault_names[FAULT_KINDS] = { "an allocation", "a page", "a copy" };

/*
 * Each kind counts down from here when one has been made to fail, if it is not told otherwise;
 * so it can be seen which one it was.
 */
#define FAULTS_LEFT	1000000000

static const char *const faults_times[FAULT_KINDS] = {
	DEBUGFS "/failslab/times", DEBUGFS "/fail_page_alloc/times",
	DEBUGFS "/fail_usercopy/times",
};

/* From now on the @nth allocation or copy of this task fails; 0 for none. */
static inline void nth_set(int nth)
{
	int tries, len;
	char buf[16];

	len = snprintf(buf, sizeof(buf), "%d", nth);
	/* what is still armed may hit this very call, once */
	for (tries = 0; tries < 5; tries++)
		if (pwrite(nth_fd, buf, len, 0) == len)
			return;
	MUST(false);
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

/* Make all kinds of allocations of a task take part, and copies. */
static inline void faults_prepare(void)
{
	static const char *const files[][2] = {
		{ DEBUGFS "/failslab/ignore-gfp-wait", "N" },
		{ DEBUGFS "/failslab/cache-filter", "N" },
		{ DEBUGFS "/failslab/task-filter", "Y" },
		{ DEBUGFS "/failslab/verbose", "0" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUGFS "/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ DEBUGFS "/fail_page_alloc/min-order", "0" },
		{ DEBUGFS "/fail_page_alloc/task-filter", "Y" },
		{ DEBUGFS "/fail_page_alloc/verbose", "0" },
		{ DEBUGFS "/fail_usercopy/verbose", "0" },
	};
	char left[16];
	size_t i;

	rseq_stop();
	/* or few would fail, and all would seem well */
	for (i = 0; i < ARRAY_SIZE(files); i++)
		MUST(!file_write(files[i][0], files[i][1]));
	snprintf(left, sizeof(left), "%d", FAULTS_LEFT);
	for (i = 0; i < FAULT_KINDS; i++)
		MUST(!file_write(faults_times[i], left));
}

static inline bool have_fault_injection(void)
{
	nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	return nth_fd >= 0;
}

/* How many of each kind can still be made to fail. */
struct faults {
	long left[FAULT_KINDS];
};

static inline struct faults faults_left(void)
{
	struct faults faults;
	char buf[32];
	ssize_t n;
	int i, fd;

	for (i = 0; i < FAULT_KINDS; i++) {
		fd = open(faults_times[i], O_RDONLY | O_CLOEXEC);
		n = read(fd, buf, sizeof(buf) - 1);
		MUST(n > 0);
		close(fd);
		buf[n] = '\0';
		faults.left[i] = strtol(buf, NULL, 10);
	}
	return faults;
}

/* The only kind of which one has failed since then, or FAULT_KINDS. */
static inline enum fault_kind fault_since(const struct faults *then)
{
	enum fault_kind kind = FAULT_KINDS;
	struct faults now = faults_left();
	int i, n = 0;

	for (i = 0; i < FAULT_KINDS; i++) {
		n += then->left[i] - now.left[i];
		if (then->left[i] != now.left[i])
			kind = i;
	}
	return n == 1 ? kind : FAULT_KINDS;
}

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
	/* once, before all; undo() leads back to that */
	void (*prepare)(struct work *work);
	/*
	 * Run it in a process of its own each time, as whatever this makes of that, and let the
	 * end of the process undo it.
	 */
	void (*enter)(struct work *work);
	/* what else, beside ENOMEM, the kernel says for lack of memory there */
	int lack;
	/* what cannot be had may be a page that is copied to or from, or its page table */
	bool touches;
	/* can do without a copy, or do a part and say so: more than one byte is read or written */
	bool partial;
	/* does something else without memory, which undo() looks at */
	bool otherwise;
	/* clears what a failure changes all the same, which is said there */
	void (*spare)(struct whole_state *state);
};

#define ROW(what, how, back, ...) { .name = what, .run = how, .undo = back, ##__VA_ARGS__ }

/* What fail_each() has found. */
struct verdict {
	int failed[FAULT_KINDS];
	/* what could do without */
	int without[FAULT_KINDS];
	int complaints;
	/* how all is when it is done, if that is known */
	bool known;
	struct whole_state done;
	/* the last one */
	char words[160];
	/* nothing is printed, but whether one with these words was found is told */
	bool quiet;
	const char *wanted;
	bool found;
};

__attribute__((format(printf, 4, 5)))
static inline void complain(struct verdict *verdict, const struct operation *op, int nth,
			    const char *format, ...)
{
	va_list args;

	verdict->complaints++;
	va_start(args, format);
	vsnprintf(verdict->words, sizeof(verdict->words), format, args);
	va_end(args);
	if (verdict->wanted && strstr(verdict->words, verdict->wanted))
		verdict->found = true;
	if (!verdict->quiet)
		printf("# %s, with number %d failing: %s\n", op->name, nth, verdict->words);
	/* before somebody ends what takes too long */
	fflush(stdout);
}

/* Whether the error says what has been made to fail. */
static inline bool error_is_of(int error, enum fault_kind kind, const struct operation *op)
{
	if (kind == FAULT_COPY)
		return error == EFAULT;
	if (op->touches && error == EFAULT)
		return true;
	return error == ENOMEM || (op->lack && error == op->lack);
}

/* --- which calls have been made to fail, see calls_are_complete() */

static bool calls_tried[256], calls_failed[256];

static inline int ioctl_noted(int fd, unsigned long cmd, unsigned long arg)
{
	if (_IOC_TYPE(cmd) == KIPC_IOC_TYPE)
		calls_tried[_IOC_NR(cmd)] = true;
	return ioctl(fd, cmd, arg);
}

#define ioctl(fd, cmd, arg) ioctl_noted(fd, cmd, (unsigned long)(arg))

/* Whether each call of this block (see the numbers in kipc.h) was there when one failed. */
static inline bool calls_are_complete(int dev, unsigned int block)
{
	bool complete = true;
	unsigned int nr;

	for (nr = block; nr < block + 16; nr++) {
		struct kipc_query query = { .nr = nr };

		if ((ioctl)(dev, KIPC_IOC_QUERY, &query) || calls_failed[nr])
			continue;
		printf("# no row makes a failure in the call %#x\n", nr);
		complete = false;
	}
	return complete;
}

/* --- */

/* What is done from now on is so many seconds later than what was. */
static inline void clock_step(int seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += seconds;
	MUST(!clock_settime(CLOCK_REALTIME, &now));
	clock_ahead += seconds;
}

/* The last thing to do. */
static inline void faults_done(void)
{
	clock_step(-clock_ahead);
	close(nth_fd);
}

/* One time that an operation was run. */
struct attempt {
	int ret;
	int error;
	/* one of its allocations or copies did fail, of this kind */
	bool reached;
	enum fault_kind kind;
};

static inline void attempt_here(struct work *work, const struct operation *op, int nth,
				struct attempt *attempt)
{
	nth_set(nth);
	errno = 0;
	attempt->ret = op->run(work);
	attempt->error = errno;
	attempt->reached = nth_was_reached();
}

/*
 * What the process writes to for the first time after a fork is copied; that must not be where
 * there is no memory, or the kernel complains.
 */
static inline void pages_touch(struct work *work)
{
	char stack[16384];

	memset(stack, 0, sizeof(stack));
	memset(&work->byte, 0, sizeof(work->byte));
	memset(calls_tried, 0, sizeof(calls_tried));
	/* so the compiler believes that they are read */
	__asm__("" : : "r" (stack), "r" (work) : "memory");
}

static inline void attempt_in_child(struct work *work, const struct operation *op, int nth,
				    struct attempt *attempt)
{
	static struct attempt *shared;
	pid_t pid;

	if (!shared)
		shared = shared_alloc(sizeof(*shared));
	MUST(shared);
	pid = child_fork();
	if (!pid) {
		rseq_stop();
		MUST(have_fault_injection());
		op->enter(work);
		pages_touch(work);
		*shared = (struct attempt) { .ret = -2 };
		attempt_here(work, op, nth, shared);
		_exit(0);
	}
	MUST(!child_wait(pid));
	*attempt = *shared;
}

static inline void attempt_make(struct work *work, const struct operation *op, int nth,
				struct attempt *attempt)
{
	struct faults faults = faults_left();

	if (op->enter)
		attempt_in_child(work, op, nth, attempt);
	else
		attempt_here(work, op, nth, attempt);
	attempt->kind = attempt->reached ? fault_since(&faults) : FAULT_KINDS;
}

/* Judge what has become of an attempt that failed, before which all was as in @was. */
static inline void failure_judge(struct work *work, const struct operation *op, int nth,
				 const struct attempt *attempt, const struct whole_state *base,
				 const struct whole_state *was, struct verdict *verdict)
{
	const char *part;
	size_t i;

	verdict->failed[attempt->kind]++;
	for (i = 0; i < ARRAY_SIZE(calls_tried); i++)
		calls_failed[i] |= calls_tried[i];
	if (!error_is_of(attempt->error, attempt->kind, op))
		complain(verdict, op, nth, "%s for %s", strerror(attempt->error),
			 fault_names[attempt->kind]);
	if (op->undone_after && op->undone_after == attempt->error) {
		if (op->undo)
			op->undo(work);
		part = state_differs(work, base, true, op->spare);
	} else {
		part = state_differs(work, was, false, op->spare);
	}
	if (part)
		complain(verdict, op, nth, "%s for %s has changed %s", strerror(attempt->error),
			 fault_names[attempt->kind], part);
}

/* Likewise of one that succeeded; what can do without an allocation may. */
static inline void success_judge(struct work *work, const struct operation *op, int nth,
				 const struct attempt *attempt, const struct whole_state *base,
				 struct verdict *verdict)
{
	const char *part;

	if (!attempt->reached) {
		whole_state_of(work, &verdict->done);
		state_forget(&verdict->done);
		verdict->known = true;
	} else if (verdict->known && !op->partial && !op->otherwise) {
		part = state_differs(work, &verdict->done, true, op->spare);
		if (part)
			complain(verdict, op, nth, "%s is not as if nothing had failed", part);
	}
	if (op->undo)
		op->undo(work);
	part = state_differs(work, base, true, op->spare);
	if (part)
		complain(verdict, op, nth, "%s is not as before", part);
	if (!attempt->reached)
		return;
	if (attempt->kind == FAULT_COPY && !op->partial)
		complain(verdict, op, nth, "it does without a copy");
	verdict->without[attempt->kind]++;
}

/* Go on until nothing is left to fail; returns how many there were. */
static inline int fail_each_once(struct work *work, const struct operation *op,
				 const struct whole_state *base, struct verdict *verdict)
{
	static struct whole_state was;
	struct attempt attempt;
	int nth;

	for (nth = 1; nth <= NTH_MAX; nth++) {
		clock_step(1);
		whole_state_of(work, &was);
		memset(calls_tried, 0, sizeof(calls_tried));
		attempt_make(work, op, nth, &attempt);
		if (attempt.reached && attempt.kind == FAULT_KINDS)
			complain(verdict, op, nth, "nothing that is known has failed");
		else if (attempt.ret >= 0)
			success_judge(work, op, nth, &attempt, base, verdict);
		else if (attempt.reached)
			failure_judge(work, op, nth, &attempt, base, &was, verdict);
		else
			complain(verdict, op, nth, "it fails by itself: %s",
				 strerror(attempt.error));
		if (attempt.kind == FAULT_KINDS)
			return nth - 1;
	}
	complain(verdict, op, nth, "it never comes to its end");
	return nth - 1;
}

/*
 * When a cache has to take a page, that is one or two more that can fail, and the number of each
 * that comes after it is another: some are met twice then, and others not at all. So all are
 * tried twice, but where there are many; then, too, if some can be done without: only now it is
 * known how all has to be after that.
 */
#define NTH_FEW		16

/*
 * Run @op with each of its allocations and copies failing in turn; what can be asked must be
 * the same after each failure, and the operation must succeed in the end.
 */
static inline void fail_each_quietly(struct work *work, const struct operation *op,
				     struct verdict *verdict)
{
	static struct whole_state base;
	int i, tried, sum = 0, without = 0;

	if (op->prepare)
		op->prepare(work);
	whole_state_of(work, &base);
	state_forget(&base);
	tried = fail_each_once(work, op, &base, verdict);
	for (i = 0; i < FAULT_KINDS; i++)
		without += verdict->without[i];
	if (tried <= NTH_FEW || (without && !op->partial && !op->otherwise))
		fail_each_once(work, op, &base, verdict);
	for (i = 0; i < FAULT_KINDS; i++)
		sum += verdict->failed[i] + verdict->without[i];
	/* or this row shows nothing */
	if (!sum)
		complain(verdict, op, 0, "nothing can be made to fail there");
}

static inline void fail_each(struct __test_metadata *_metadata, struct work *work,
			     const struct operation *op)
{
	static struct verdict verdict;

	memset(&verdict, 0, sizeof(verdict));
	fail_each_quietly(work, op, &verdict);
	EXPECT_EQ(0, verdict.complaints)
		TH_LOG("%s", op->name);
	printf("# %s: %d allocations, %d pages, %d copies; not missed: %d, %d, %d\n", op->name,
	       verdict.failed[FAULT_SLAB], verdict.failed[FAULT_PAGE], verdict.failed[FAULT_COPY],
	       verdict.without[FAULT_SLAB], verdict.without[FAULT_PAGE],
	       verdict.without[FAULT_COPY]);
	fflush(stdout);
}

#endif /* KIPC_FAILNTH_H */
