// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: the module is loaded with each allocation of its beginning failing in turn. It does
 * without, or it is refused for lack of memory and leaves nothing behind; and in the end it
 * loads and works.
 *
 * What finit_module(2) allocates before it calls the module is the kernel's own, and some of it
 * the kernel loses when the next one fails. So this begins with the last allocation and goes
 * back, until one fails before the kernel has traced that the module is there.
 */
#include "failnth.h"
#include "mounts.h"
#include "unload.h"

#define TRACING		"/sys/kernel/tracing/instances/kipc_load"
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

/* More than it has. */
#define MANY		100000

/*
 * Where loading takes half a second there is no time for each of its hundreds of allocations:
 * every STRIDE-th fails, then those between, until this has taken so long.
 */
#define STRIDE		8
#define LONG_ENOUGH_MS	30000

static bool tracing_begin(void)
{
	return !mkdir(TRACING, 0700) &&
	       !file_write(TRACING "/events/module/module_load/enable", "1");
}

static void tracing_end(void)
{
	rmdir(TRACING);
}

/* Whether the kernel was ready to call a module, since this was asked last. */
static bool module_was_called(void)
{
	char text[4096] = "";

	file_read(TRACING "/trace", text, sizeof(text));
	file_write(TRACING "/trace", "\n");
	return strstr(text, "module_load: kipc");
}

/* Load the module with its @nth allocation failing; what kind that was is left in @kind. */
static int load(int file, int nth, enum fault_kind *kind)
{
	struct faults faults = faults_left();
	int ret, error;

	nth_set(nth);
	ret = syscall(SYS_finit_module, file, "", 0);
	error = errno;
	*kind = nth_was_reached() ? fault_since(&faults) : FAULT_KINDS;
	errno = error;
	return ret;
}

/* How many allocations it takes to load the module with these parameters, or to fail to. */
static int allocations(int file, const char *params)
{
	char left[16] = "";
	int ret;

	nth_set(MANY);
	syscall(SYS_finit_module, file, params, 0);
	ret = pread(nth_fd, left, sizeof(left) - 1, 0);
	nth_set(0);
	return ret <= 0 ? -1 : MANY - strtol(left, NULL, 10);
}

static bool nothing_is_left(void)
{
	char text[4096] = "";

	file_read("/proc/filesystems", text, sizeof(text));
	return access(KIPC_DEVICE, F_OK) && access("/sys/module/kipc", F_OK) &&
	       !strstr(text, "kipcfs");
}

static const struct operation loading = { .name = "loading" };

TEST_F_TIMEOUT(kipc, module_whose_allocations_fail_as_it_loads_leaves_nothing, 400)
{
	static const int order[STRIDE] = { 0, 4, 2, 6, 1, 5, 3, 7 };
	int i, nth, last, first, failed = 0, loaded = 0, error, file;
	long long until;
	enum fault_kind kind;

	if (!have_fault_injection())
		SKIP(return, "no fault injection in this kernel");
	if (!access(KMEMLEAK, F_OK))
		SKIP(return, "what the kernel loses here would count as the module's");
	end_close(&self->r);
	end_close(&self->w);
	end_close(&self->dev);
	file = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, file);
	faults_prepare();
	ASSERT_TRUE(module_unload());
	ASSERT_TRUE(tracing_begin());

	/* before it reads parameters the kernel even warns of allocations that fail */
	first = allocations(file, "pipe_size_max=many");
	EXPECT_FALSE(module_was_called());
	last = allocations(file, "");
	ASSERT_LT(0, first);
	ASSERT_LT(first, last);
	EXPECT_TRUE(module_was_called());
	ASSERT_TRUE(module_unload());
	until = now_ms() + LONG_ENOUGH_MS;
	for (i = 0; i < STRIDE && now_ms() < until; i++) {
		for (nth = last - order[i]; nth > first; nth -= STRIDE) {
			error = load(file, nth, &kind) ? errno : 0;
			if (!module_was_called()) {
				EXPECT_NE(0, error);
				first = nth;
			} else if (error) {
				failed++;
				EXPECT_TRUE(error_is_of(error, kind, &loading))
					TH_LOG("allocation %d: %s", nth, strerror(error));
			} else {
				loaded++;
				ASSERT_TRUE(module_unload());
			}
			EXPECT_TRUE(EVENTUALLY(nothing_is_left()))
				TH_LOG("allocation %d", nth);
		}
	}
	tracing_end();
	printf("# of %d allocations, %d failed and the module did without, %d it did not\n",
	       last - first, loaded, failed);
	fflush(stdout);
	EXPECT_LT(0, failed);

	close(file);
	self->dev = module_load();
	ASSERT_LE(0, self->dev);
	self->before = stats_of(self->dev);
}

TEST_HARNESS_MAIN
