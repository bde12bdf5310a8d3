// SPDX-License-Identifier: GPL-2.0
/* The common part of the bench programs, see bench.h. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"

#include <linux/kipc.h>

struct bench_options bench = {
	.use = { true, true },
	.device = -1,
};

/* what two readings of the clock in a row are apart */
static double clock_cost;

/* the cases are only asked for their names */
static bool naming;

void bench_check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(1);
}

void *bench_alloc(size_t size)
{
	void *memory = calloc(1, size);

	bench_check(memory, "out of memory");
	return memory;
}

pid_t bench_fork(void)
{
	pid_t parent = getpid(), pid;

	fflush(stdout);
	pid = fork();
	bench_check(pid >= 0, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* --- memory */

/*
 * Free memory in bytes, with the pages that each CPU keeps at hand: MemFree leaves them
 * out. A difference means something only while nothing else runs.
 */
double bench_free_memory(void)
{
	unsigned long long pages = 0, n;
	char line[256];
	FILE *file = fopen("/proc/zoneinfo", "re");

	bench_check(file, "/proc/zoneinfo");
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " pages free %llu", &n) == 1 ||
		    sscanf(line, " count: %llu", &n) == 1)
			pages += n;
	}
	fclose(file);
	bench_check(pages, "/proc/zoneinfo");
	return (double)pages * sysconf(_SC_PAGESIZE);
}

/* --- series */

void bench_add(struct bench_series *series, double value)
{
	if (series->n == series->room) {
		series->room = series->room ? 2 * series->room : 64;
		series->values = realloc(series->values, series->room * sizeof(double));
		bench_check(series->values, "out of memory");
	}
	series->values[series->n++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct bench_series *series)
{
	unsigned int n = series->n;

	qsort(series->values, n, sizeof(double), compare);
	return (series->values[n / 2] + series->values[(n - 1) / 2]) / 2;
}

static void print_value(const char *key, double value, int digits, bool known)
{
	if (known)
		printf(" %s %.*f", key, digits, value);
	else
		printf(" %s -", key);
}

/* Print the case's line and free the samples. */
void bench_report(const char *name, double bar, const char *unit,
		  struct bench_series series[BENCH_IMPLS])
{
	struct bench_series *native = &series[BENCH_NATIVE], *kipc = &series[BENCH_KIPC];
	double n = native->n ? median(native) : 0, k = kipc->n ? median(kipc) : 0;

	printf("%s", name);
	print_value("native", n, 0, native->n);
	print_value("kipc", k, 0, kipc->n);
	print_value("ratio", k / n, 3, native->n && kipc->n && n > 0);
	print_value("bar", bar, 2, bar > 0);
	printf(" unit %s n %u", unit, native->n > kipc->n ? native->n : kipc->n);
	/* the median has sorted them */
	print_value("native_min", native->n ? native->values[0] : 0, 0, native->n);
	print_value("kipc_min", kipc->n ? kipc->values[0] : 0, 0, kipc->n);
	printf("\n");
	fflush(stdout);

	for (int i = 0; i < BENCH_IMPLS; i++) {
		free(series[i].values);
		series[i] = (struct bench_series){ };
	}
}

void bench_memory(const char *name, double (*measure)(enum bench_impl impl, const void *what),
		  const void *what)
{
	struct bench_series series[BENCH_IMPLS] = { };
	unsigned int samples = bench_samples(5);

	if (!bench_wants(name))
		return;
	crowd_have(0);
	/* the first round makes room in the descriptor table and fills the caches */
	for (unsigned int s = 0; s <= samples; s++) {
		for (int i = 0; i < BENCH_IMPLS; i++) {
			double value;

			if (!bench.use[i])
				continue;
			value = measure(i, what);
			sleep(1);
			if (s)
				bench_add(&series[i], value);
		}
	}
	bench_report(name, 0, "bytes", series);
}

/* --- cases of batches */

bool bench_wants(const char *name)
{
	bool wanted = !*bench.only;

	for (int i = 0; bench.only[i]; i++) {
		if (!strncmp(name, bench.only[i], strlen(bench.only[i]))) {
			bench.matched[i] = true;
			wanted = true;
		}
	}
	return wanted && !naming;
}

/* @n, or a tenth of it for -q */
unsigned int bench_samples(unsigned int n)
{
	return bench.quick ? n / 10 + 1 : n;
}

static double sample(const struct bench_case *c, void *object)
{
	double start = bench_now();

	c->run(object, c->batch);
	return (bench_now() - start - clock_cost) / c->batch;
}

void bench_run(const struct bench_case *c)
{
	struct bench_series series[BENCH_IMPLS] = { };
	unsigned int samples = bench_samples(c->samples);
	unsigned int warm_up = samples / 5 + 1;
	void *objects[BENCH_IMPLS] = { };

	if (!bench_wants(c->name))
		return;
	for (int i = 0; i < BENCH_IMPLS; i++) {
		if (bench.use[i])
			objects[i] = c->open(i, c);
	}
	for (unsigned int s = 0; s < warm_up + samples; s++) {
		for (int i = 0; i < BENCH_IMPLS; i++) {
			double value;

			if (!bench.use[i])
				continue;
			value = sample(c, objects[i]);
			if (s >= warm_up)
				bench_add(&series[i], value);
		}
	}
	for (int i = 0; i < BENCH_IMPLS; i++) {
		if (bench.use[i])
			c->close(objects[i]);
	}
	bench_report(c->name, c->bar, bench.unit, series);
}

/* --- the clock */

static void loop_short(unsigned long n)
{
	for (; n; n--)
		asm volatile("nop" : "+r"(n));
}

static void loop_long(unsigned long n)
{
	for (; n; n--)
		asm volatile(".rept 61\n\tnop\n\t.endr" : "+r"(n));
}

/* The shortest of some runs: one at least is not hit by an interrupt. */
static double time_loop(void (*loop)(unsigned long n), unsigned long n)
{
	double best = 0;

	for (int i = 0; i < 9; i++) {
		double start = bench_now(), taken;

		loop(n);
		taken = bench_now() - start;
		if (!i || taken < best)
			best = taken;
	}
	return best;
}

/*
 * Does the clock count instructions? Then a loop body with 60 more of them takes
 * exactly 60 more a round, and the short one a few whole ones; no real machine
 * keeps to that.
 */
static bool clock_counts_instructions(void)
{
	const unsigned long n = 10000;
	double few = time_loop(loop_short, n) / n;
	double many = time_loop(loop_long, n) / n;

	return many - few > 59.5 && many - few < 60.5 && few > 2.5 && few < 10.5;
}

static void measure_clock(void)
{
	for (int i = 0; i < 1000; i++) {
		double start = bench_now(), taken = bench_now() - start;

		if (!i || taken < clock_cost)
			clock_cost = taken;
	}
	if (!bench.unit)
		bench.unit = clock_counts_instructions() ? "insn" : "ns";
}

/* --- the start */

static noreturn void usage(int status)
{
	fprintf(status ? stderr : stdout,
		"Usage: %s [-i native|kipc|both] [-d DEVICE] [-u UNIT] [-q] [CASE...]\n\n"
		"Measure the kernel's own IPC and kipc's in turns; one line per case.\n\n"
		"  -i IMPL    what to measure (default: both)\n"
		"  -d DEVICE  kipc instance (default: $KIPC_DEV or /dev/kipc)\n"
		"  -u UNIT    what the clock counts, insn or ns (default: find out)\n"
		"  -q         a tenth of the samples\n"
		"  -h, --help\n"
		"  CASE       only the cases whose names begin so\n",
		program_invocation_short_name);
	exit(status);
}

static void choose(const char *impl)
{
	bool both = !strcmp(impl, "both");

	bench.use[BENCH_NATIVE] = both || !strcmp(impl, "native");
	bench.use[BENCH_KIPC] = both || !strcmp(impl, "kipc");
	if (!bench.use[BENCH_NATIVE] && !bench.use[BENCH_KIPC]) {
		fprintf(stderr, "%s: -i %s: it can be native, kipc or both\n",
			program_invocation_short_name, impl);
		exit(2);
	}
}

static void open_device(const char *path)
{
	bench.device = open(path, O_RDWR | O_CLOEXEC);
	if (bench.device >= 0)
		return;
	fprintf(stderr, "%s: cannot open %s: %s; load the module, or measure only -i native\n",
		program_invocation_short_name, path, strerror(errno));
	exit(1);
}

static void print_heading(void)
{
	struct utsname name;

	uname(&name);
	printf("# %s: Linux %s %s, %ld CPUs, unit %s, clock read costs %.0f\n",
	       program_invocation_short_name, name.release, name.machine,
	       sysconf(_SC_NPROCESSORS_ONLN), bench.unit, clock_cost);
	fflush(stdout);
}

/* Each CASE of the command line is to name something, or a typo looks like success. */
static void check_names(void (*run_cases)(void))
{
	bool good = true;
	int n = 0;

	while (bench.only[n])
		n++;
	bench.matched = bench_alloc((n + 1) * sizeof(*bench.matched));
	naming = true;
	run_cases();
	naming = false;
	for (int i = 0; i < n; i++) {
		if (bench.matched[i])
			continue;
		fprintf(stderr, "%s: there is no case whose name begins with '%s'\n",
			program_invocation_short_name, bench.only[i]);
		good = false;
	}
	if (!good)
		usage(2);
}

/*
 * Read the command line, open the instance, look at the clock, print the heading.
 * @run_cases asks bench_wants() about each case, and is what to call afterwards.
 */
void bench_start(int argc, char **argv, void (*run_cases)(void))
{
	static const struct option options[] = { { "help", no_argument, NULL, 'h' }, { } };
	const char *env = getenv("KIPC_DEV");
	const char *device = env && *env ? env : "/dev/" KIPC_DEVICE_NAME;
	struct rlimit limit;
	int opt;

	while ((opt = getopt_long(argc, argv, "d:hi:qu:", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			device = optarg;
			break;
		case 'h':
			usage(0);
		case 'i':
			choose(optarg);
			break;
		case 'q':
			bench.quick = true;
			break;
		case 'u':
			bench.unit = optarg;
			break;
		default:
			usage(2);
		}
	}
	bench.only = argv + optind;
	check_names(run_cases);
	if (bench.use[BENCH_KIPC])
		open_device(device);

	/* cases with many live objects need many descriptors; root may raise the limit */
	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < 65536) {
		struct rlimit high = { 65536, limit.rlim_max > 65536 ? limit.rlim_max : 65536 };

		if (setrlimit(RLIMIT_NOFILE, &high)) {
			limit.rlim_cur = limit.rlim_max;
			setrlimit(RLIMIT_NOFILE, &limit);
		}
	}
	measure_clock();
	print_heading();
}
