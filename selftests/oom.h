/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests that take more memory than their control group may have.
 *
 * The kernel writes a report when it kills somebody for want of memory. It is expected then
 * and taken out of the log; anything else in the log stays there, to be found.
 */
#ifndef KIPC_OOM_H
#define KIPC_OOM_H

#include "memcg.h"

#include <sys/klog.h>

/*
 * Who was reaped, of the report before; what was not said; the module was loaded just now;
 * there are random numbers; the machine is slow; a group has all the processes it may have;
 * the lines of the module that run are counted.
 */
static inline bool log_is_harmless(const char *line)
{
	static const char *const parts[] = {
		"oom_reaper", "oom_kill_process: ", "taints kernel", "tainting kernel",
		"crng init done", "hrtimer: interrupt took", "fork rejected by pids controller",
		"version magic: ",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(line, parts[i]))
			return true;
	return false;
}

/*
 * Clear the log if, since it was cleared last, the kernel wrote nothing but reports of
 * killing for want of memory. Returns their number, or -1 and leaves the log alone.
 */
static inline int oom_reports_clear(void)
{
	static char line[8192];
	/* the kernel has races of its own, which KCSAN reports */
	FILE *log = popen("dmesg | awk -f /kipc/guest/kcsan.awk", "r");
	bool inside = false, trouble = false;
	int reports = 0;

	if (!log)
		return -1;
	while (fgets(line, sizeof(line), log)) {
		if (strstr(line, "invoked oom-killer"))
			inside = true;
		/* of many reports in a row some are only this line */
		if (strstr(line, "out of memory: Killed process")) {
			inside = false;
			reports++;
		} else if ((!inside && !log_is_harmless(line)) || strstr(line, "BUG") ||
			   strstr(line, "WARNING") || strstr(line, "KASAN") ||
			   strstr(line, "UBSAN")) {
			if (!trouble)
				printf("# the log has: %s", line);
			fflush(stdout);
			trouble = true;
		}
	}
	return pclose(log) || trouble || klogctl(5, NULL, 0) < 0 ? -1 : reports;
}

/*
 * Free memory that each CPU keeps for itself, in bytes. The kernel counts it neither as free
 * nor as available, and it can be tens of megabytes: what was freed a moment ago is there.
 */
static inline long long memory_kept_by_cpus(void)
{
	long long pages = 0, count;
	bool inside = false;
	char line[256];
	FILE *f = fopen("/proc/zoneinfo", "r");

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, " cpu: "))
			inside = true;
		else if (inside && sscanf(line, " count: %lld", &count) == 1)
			pages += count;
		else if (strstr(line, "node_unreclaimable") || strstr(line, "Node "))
			inside = false;
	}
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

/* What all processes could still have, in bytes. */
static inline long long memory_available(void)
{
	char buf[8192], *line;

	if (file_read("/proc/meminfo", buf, sizeof(buf)) < 0)
		return -1;
	line = strstr(buf, "MemAvailable:");
	return line ? strtoll(line + strlen("MemAvailable:"), NULL, 10) * 1024 +
		      memory_kept_by_cpus() : -1;
}

/*
 * So many bytes of the machine's memory may be in use at most for what the group was charged
 * for: the other processes' needs change meanwhile, and slabs are not full. As much again as
 * was charged is too much, but with kmemleak, which charges nobody: it takes some 300 bytes of
 * notes for each of the kernel's objects, and those that were freed are kept for a while.
 */
static inline long long memory_bound(long long charged, long long objects)
{
	if (!access("/sys/kernel/debug/kmemleak", F_OK))
		return 2 * charged + (16LL << 20) + 512 * objects;
	return charged + charged / 4 + (6LL << 20);
}

/* A process that takes all it can get in a control group of its own. */
struct hog {
	long long limit;	/* the group's, in bytes */
	long long before;	/* what all processes could have had before it */
	long long charged;	/* what the group was charged for when it had ended */
	int status;		/* how it ended: 0, or killed for want of memory */
};

/* Have it take memory by @fill, which returns the errno that it ended with. */
static inline void hog_run(struct __test_metadata *_metadata, struct hog *hog, long long limit,
			   int (*fill)(void *arg), void *arg)
{
	char max[32];
	int error;
	pid_t pid;

	hog->limit = limit;
	hog->before = memory_available();
	snprintf(max, sizeof(max), "%lld", limit);
	ASSERT_EQ(0, memcg_make(max));
	memcg_write("memory.swap.max", "0");
	pid = child_fork();
	if (!pid) {
		if (memcg_enter())
			_exit(98);
		error = fill(arg);
		_exit(error == ENOMEM || error == ENOSPC ? 0 : 1);
	}
	hog->status = child_wait_long(pid);
	EXPECT_TRUE(hog->status == 0 || hog->status == 128 + SIGKILL)
		TH_LOG("status %d", hog->status);
	hog->charged = memcg_read("memory.current", NULL);
}

/* It got something, at least half of its limit, and no more than its own: so many @objects. */
static inline void hog_was_limited(struct __test_metadata *_metadata, struct hog *hog,
				   long long objects)
{
	long long less = hog->before - memory_available();

	printf("# %lld bytes are charged, %lld less in the machine\n", hog->charged, less);
	fflush(stdout);
	EXPECT_LT(5, objects);
	EXPECT_GE(hog->limit, hog->charged);
	EXPECT_LT(hog->limit / 2, hog->charged);
	EXPECT_GT(memory_bound(hog->limit, objects), less);
	EXPECT_EQ(memcg_read("memory.events", "oom_kill"), hog->status ? 1 : 0);
}

/* What it took has been removed, and is there again; @shrink, if any, empties caches. */
static inline void hog_is_gone(struct __test_metadata *_metadata, struct hog *hog,
			       void (*shrink)(void))
{
	EXPECT_TRUE(EVENTUALLY(((shrink ? shrink() : (void)0),
				memcg_read("memory.current", NULL) < hog->limit / 4)))
		TH_LOG("%lld bytes are left", memcg_read("memory.current", NULL));
	EXPECT_EQ(0, memcg_remove());
	EXPECT_TRUE(EVENTUALLY(memory_available() > hog->before - hog->limit / 2))
		TH_LOG("%lld -> %lld", hog->before, memory_available());
	EXPECT_EQ(hog->status ? 1 : 0, oom_reports_clear());
}

#endif /* KIPC_OOM_H */
