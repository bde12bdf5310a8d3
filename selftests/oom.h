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

/* One record of the log, as text; false when there is no more. */
static inline bool log_next(int kmsg, char *line, size_t size)
{
	ssize_t n = read(kmsg, line, size - 1);
	char *text;

	if (n <= 0)
		return false;
	line[n] = 0;
	text = strchr(line, ';');
	if (text)
		memmove(line, text + 1, strlen(text));
	return true;
}

/*
 * Who was reaped, of the report before; what was not said; the module was loaded just now;
 * there are random numbers; the machine is slow; a group has all the processes it may have.
 */
static inline bool log_is_harmless(const char *line)
{
	static const char *const parts[] = {
		"oom_reaper", "oom_kill_process: ", "taints kernel", "tainting kernel",
		"crng init done", "hrtimer: interrupt took", "fork rejected by pids controller",
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
	bool inside = false;
	int reports = 0, kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (kmsg < 0 || lseek(kmsg, 0, SEEK_DATA) < 0)
		return -1;
	while (log_next(kmsg, line, sizeof(line))) {
		if (strstr(line, "invoked oom-killer"))
			inside = true;
		/* of many reports in a row some are only this line */
		if (strstr(line, "out of memory: Killed process")) {
			inside = false;
			reports++;
		} else if ((!inside && !log_is_harmless(line)) || strstr(line, "BUG") ||
			   strstr(line, "WARNING") || strstr(line, "KASAN") ||
			   strstr(line, "UBSAN")) {
			printf("# the log has: %s", line);
			fflush(stdout);
			reports = -1;
			break;
		}
	}
	close(kmsg);
	return reports < 0 || klogctl(5, NULL, 0) < 0 ? -1 : reports;
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
 * for: the other processes' needs change meanwhile, and kmemleak, which charges nobody, takes
 * some 300 bytes of notes for each of the kernel's objects.
 */
static inline long long memory_bound(long long charged, long long objects)
{
	long long notes = access("/sys/kernel/debug/kmemleak", F_OK) ? 0 : 512;

	return 2 * charged + (16LL << 20) + notes * objects;
}

#endif /* KIPC_OOM_H */
