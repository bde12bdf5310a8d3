/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the bench programs share: a command line, a clock, series of samples, and
 * the one line per case that they print. Each case is run for the kernel's own
 * object and for kipc's in turns, in the same process and boot, so that whatever
 * disturbs one disturbs the other too.
 *
 * The line is the case's name followed by pairs of a key and a value, "-" for one
 * that was not measured:
 *
 *   pipe.write_read_1 native 2324 kipc 1440 ratio 0.620 bar 0.70 unit insn n 301 \
 *	native_min 2310 kipc_min 1433
 *
 * native, kipc: medians; ratio: kipc / native; bar: the ratio not to pass; unit:
 * insn (instructions), ns or bytes, for one operation; n: samples of each. New keys
 * may be added at the end. Lines that start with "#" are remarks.
 *
 * A bench never judges: its exit status says whether it could measure, and is 2 for a
 * wrong command line.
 */
#ifndef KIPC_BENCH_H
#define KIPC_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum bench_impl {
	BENCH_NATIVE,
	BENCH_KIPC,
	BENCH_IMPLS
};

/**
 * struct bench_options - the command line, as bench_start() read it
 * @use: the implementations to measure
 * @quick: a tenth of the samples, to see that everything runs
 * @device: descriptor of the kipc instance, -1 without kipc
 * @unit: name of what the clock counts: "insn" where the machine counts
 *	instructions (QEMU's icount), "ns" elsewhere
 * @only: NULL-terminated prefixes of the cases to run; all if there is none
 * @matched: for each of @only, whether a case has such a name
 */
struct bench_options {
	bool use[BENCH_IMPLS];
	bool quick;
	int device;
	const char *unit;
	char **only;
	bool *matched;
};

extern struct bench_options bench;

/**
 * struct bench_series - samples of one case and one implementation
 * @values: the samples
 * @n: how many there are
 * @room: how many fit
 */
struct bench_series {
	double *values;
	unsigned int n;
	unsigned int room;
};

/**
 * struct bench_case - a case whose samples are batches of the same operation
 * @name: name of the case
 * @bar: the ratio not to pass, 0 for none
 * @samples: samples to take, each
 * @batch: operations of a sample; should take some 200,000 instructions: much more
 *	than reading the clock, much less than the time between two ticks
 * @size: for @open and @run to use
 * @open: prepare; returns what @run and @close get
 * @run: do the operation @n times
 * @close: clean up
 */
struct bench_case {
	const char *name;
	double bar;
	unsigned int samples;
	unsigned int batch;
	size_t size;
	void *(*open)(enum bench_impl impl, const struct bench_case *c);
	void (*run)(void *object, unsigned int n);
	void (*close)(void *object);
};

void bench_start(int argc, char **argv, void (*run_cases)(void));
bool bench_wants(const char *name);
unsigned int bench_samples(unsigned int n);
double bench_now(void);
void bench_run(const struct bench_case *c);

void bench_add(struct bench_series *series, double value);
void bench_report(const char *name, double bar, const char *unit,
		  struct bench_series series[BENCH_IMPLS]);

/*
 * Measure bytes: @measure is called in turns with @what, and gives back all that it took. What
 * is freed is back only after a grace period, which is waited for after each call.
 */
void bench_memory(const char *name, double (*measure)(enum bench_impl impl, const void *what),
		  const void *what);

/* For all that cannot fail but does: say so and exit. */
void bench_check(bool good, const char *what);
void *bench_alloc(size_t size);
double bench_free_memory(void);
/* Fork a child that does not outlive its parent. */
pid_t bench_fork(void);

#endif /* KIPC_BENCH_H */
