// SPDX-License-Identifier: GPL-2.0
/*
 * A worker: a process that runs one program after another by its threads, until it is killed.
 * One more thread wakes those that sleep too long in a call, first by a signal after which the
 * kernel goes on with the call, then by one that ends it.
 */
#include "fuzz.h"

#include <linux/kcov.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <stdarg.h>

#define COVER_SIZE	(32 * 1024)
#define TICK_NS		15000000
#define WAKE_RESTART	SIGURG
#define WAKE		SIGALRM

static struct thread {
	struct context context;
	pthread_t pthread;
	pid_t tid;
	/* number of the step that it runs, 0 for none */
	unsigned int step;
	/* where the kernel counts and lists what the thread runs through */
	int cover_fd;
	__u64 *cover;
	/* of /proc/self/fail-nth, or -1 */
	int nth_fd;
	bool found;
} threads[THREADS];

static struct program current;
static pthread_barrier_t begin, end;

void complain(const char *what, ...)
{
	va_list args;

	if (ADD(&sh->bad, 1) != 1)
		return;
	va_start(args, what);
	vsnprintf(sh->what, sizeof(sh->what), what, args);
	va_end(args);
}

/* --- what the kernel has run through */

static void cover_open(struct thread *t)
{
	t->cover_fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (t->cover_fd < 0 || ioctl(t->cover_fd, KCOV_INIT_TRACE, COVER_SIZE))
		return;
	t->cover = mmap(NULL, COVER_SIZE * sizeof(__u64), PROT_READ | PROT_WRITE, MAP_SHARED,
			t->cover_fd, 0);
	if (t->cover == MAP_FAILED)
		t->cover = NULL;
}

static bool bit_set(__u64 *bits, unsigned int bit)
{
	__u64 mask = 1ULL << bit % 64;

	if (bits[bit / 64] & mask)
		return false;
	return !(__atomic_fetch_or(&bits[bit / 64], mask, __ATOMIC_SEQ_CST) & mask);
}

static void cover_take(struct thread *t)
{
	__u64 n = LOAD(&t->cover[0]), last = 0, pc, i;

	for (i = 1; i <= n && i < COVER_SIZE; i++) {
		/* the module's code is smaller than what these bits tell apart */
		pc = t->cover[i] >> 2;
		if (bit_set(sh->block_seen, pc % EDGE_BITS))
			ADD(&sh->blocks, 1);
		if (bit_set(sh->edge_seen, (pc * 31 ^ last * 0x9e3779b1) % EDGE_BITS)) {
			ADD(&sh->edges, 1);
			t->found = true;
		}
		last = pc;
	}
}

/* --- allocations that fail */

static void nth_set(struct thread *t, unsigned int nth)
{
	char text[16];
	int tries, len = snprintf(text, sizeof(text), "%u", nth);

	/* what is still armed may hit this very call, once */
	for (tries = 0; tries < 5; tries++)
		if (pwrite(t->nth_fd, text, len, 0) == len)
			return;
}

/* Whether one is to fail in this step. */
static bool fault_arm(struct thread *t, const struct step *step)
{
	struct draw d = { .seed = step->seed * 3ULL + step->tweak };

	if (!t->context.faults || t->nth_fd < 0 || !once_in(&d, 4) ||
	    !strcmp(calls[step->call].name, "fork") ||
	    !strcmp(calls[step->call].name, "faulty"))
		return false;
	nth_set(t, 1 + below(&d, once_in(&d, 2) ? 6 : 40));
	ADD(&sh->faults, 1);
	return true;
}

/* --- steps */

static void step_count(const struct step *step, long ret, int error)
{
	struct counts *counts = &sh->counts[step->call];

	ADD(&counts->tried, 1);
	if (ret >= 0) {
		ADD(&counts->succeeded, 1);
		return;
	}
	if (error < 0 || error > ERRNO_MAX) {
		complain("%s failed with errno %d, which only the kernel knows",
			 calls[step->call].name, error);
		return;
	}
	bit_set(counts->errnos, error);
}

static void step_run(struct thread *t, const struct step *step, unsigned int number)
{
	const struct call *call = &calls[step->call];
	struct context *c = &t->context;
	bool armed;
	int error;
	long ret;

	c->d = draw_of_step(step);
	c->name = call->name;
	if (t->cover)
		STORE(&t->cover[0], 0);
	STORE(&t->step, number);
	armed = fault_arm(t, step);
	errno = 0;
	ret = call->run(c, call);
	error = errno;
	if (armed)
		nth_set(t, 0);
	STORE(&t->step, 0);
	step_count(step, ret, error);
	if (t->cover)
		cover_take(t);
	ADD(&sh->steps, 1);
	if (options.verbose)
		dprintf(2, "# %d.%s.%x = %ld%s%s\n", c->thread, call->name, step->seed, ret,
			ret < 0 ? " " : "", ret < 0 ? strerrorname_np(error) : "");
}

static void steps_run(struct thread *t)
{
	static unsigned int number;
	unsigned int i;

	for (i = 0; i < current.n && !LOAD(&sh->stop); i++)
		if (current.steps[i].thread == t->context.thread)
			step_run(t, &current.steps[i], ADD(&number, 1) | 1U << 31);
}

/* The kernel writes to a page of the thread, and kills it if that cannot be had. */
static void rseq_stop(void)
{
	if (__rseq_size)
		syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32,
			RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
}

static void thread_begin(struct thread *t)
{
	char path[64];

	rseq_stop();
	STORE(&t->tid, gettid());
	snprintf(path, sizeof(path), "/proc/self/task/%d/fail-nth", t->tid);
	t->nth_fd = open(path, O_RDWR | O_CLOEXEC);
	if (t->cover && ioctl(t->cover_fd, KCOV_ENABLE, KCOV_TRACE_PC))
		t->cover = NULL;
}

static void *thread_main(void *arg)
{
	struct thread *t = arg;

	thread_begin(t);
	for (;;) {
		pthread_barrier_wait(&begin);
		steps_run(t);
		pthread_barrier_wait(&end);
	}
	return NULL;
}

static void *ticker_main(void *arg)
{
	struct timespec ts = { .tv_nsec = TICK_NS };
	unsigned int last[THREADS] = { 0 }, ticks[THREADS] = { 0 }, now, i;

	(void)arg;
	for (;;) {
		nanosleep(&ts, NULL);
		for (i = 0; i < THREADS; i++) {
			now = LOAD(&threads[i].step);
			ticks[i] = now && now == last[i] ? ticks[i] + 1 : 0;
			last[i] = now;
			if (ticks[i])
				syscall(SYS_tgkill, getpid(), threads[i].tid,
					ticks[i] == 1 ? WAKE_RESTART : WAKE);
		}
	}
	return NULL;
}

/* --- the process */

static void on_signal(int sig)
{
	(void)sig;
}

static void signals_handle(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	int sig;

	for (sig = 1; sig <= 64; sig++) {
		/* bugs of the fuzzer's own are to be seen, and waitpid() is to work */
		if (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE ||
		    sig == SIGABRT || sig == SIGCHLD)
			continue;
		action.sa_flags = sig == WAKE_RESTART || sig % 2 ? SA_RESTART : 0;
		sigaction(sig, &action, NULL);
	}
}

static void data_make(struct thread *t, int number)
{
	char *p = mmap(NULL, DATA_SIZE + 4 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(3);
	memset(p, 1, PAGE);
	/* a hole, and a page that cannot be written behind it */
	munmap(p + DATA_SIZE, PAGE);
	mprotect(p + DATA_SIZE + PAGE, PAGE, PROT_READ);
	munmap(p + DATA_SIZE + 3 * PAGE, PAGE);
	t->context.thread = number;
	t->context.data = p;
	t->context.constant = p + DATA_SIZE + PAGE;
	t->context.structures = p + DATA_SIZE + 2 * PAGE;
	t->nth_fd = -1;
}

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* what does not exist here, on this kernel or for this user, is done without */
	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		errno = 0;
	close(fd);
}

/* Mounts of one's own. */
static void places_make(void)
{
	unshare(CLONE_NEWNS);
	mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mount("none", "/tmp", "tmpfs", 0, "size=1m,mode=1777");
	mkdir("/tmp/fuzz", 0777);
	mkdir("/tmp/fuzz/m0", 0777);
	mkdir("/tmp/fuzz/m1", 0777);
	mkdir("/tmp/fuzz/m2", 0777);
	chmod("/tmp/fuzz", 0777);
}

/* As whom a program failed it does not say: one that is given is run as each. */
static void identity_choose(struct draw *d, unsigned int number)
{
	unsigned int who = options.given_n ? number % 4 : below(d, 4);

	if (who < 2)
		return;
	if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
		_exit(3);
	prctl(PR_SET_DUMPABLE, 1);
	if (who == 3 && !unshare(CLONE_NEWUSER | CLONE_NEWNS)) {
		write_to("/proc/self/setgroups", "deny");
		write_to("/proc/self/uid_map", "0 1000 1");
		write_to("/proc/self/gid_map", "0 1000 1");
	}
}

static void process_prepare(struct draw *d, unsigned int number)
{
	struct rlimit files = { .rlim_cur = 512, .rlim_max = 512 };
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	write_to("/sys/fs/cgroup/kipc-fuzz/cgroup.procs", "0");
	signals_handle();
	for (i = 0; i < THREADS; i++) {
		data_make(&threads[i], i);
		cover_open(&threads[i]);
	}
	if (once_in(d, 8))
		files.rlim_cur = FD_FIRST + 8;
	setrlimit(RLIMIT_NOFILE, &files);
	places_make();
	identity_choose(d, number);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	resources_init();
	resources_reset();
}

static void threads_make(void)
{
	pthread_t ticker;
	int i;

	pthread_barrier_init(&begin, NULL, THREADS);
	pthread_barrier_init(&end, NULL, THREADS);
	threads[0].pthread = pthread_self();
	thread_begin(&threads[0]);
	for (i = 1; i < THREADS; i++)
		if (pthread_create(&threads[i].pthread, NULL, thread_main, &threads[i]))
			_exit(3);
	if (pthread_create(&ticker, NULL, ticker_main, NULL))
		_exit(3);
}

/* The next number below @max that no worker has had, or @max. */
static unsigned int number_take(unsigned int *next, unsigned int max)
{
	unsigned int at = LOAD(next) < max ? ADD(next, 1) - 1 : max;

	return at < max ? at : max;
}

/* A call that has never succeeded, or calls_n. */
static unsigned int call_wanted(struct draw *d)
{
	unsigned int first = below(d, calls_n), i;

	for (i = 0; i < calls_n; i++)
		if (!LOAD(&sh->counts[(first + i) % calls_n].succeeded))
			return (first + i) % calls_n;
	return calls_n;
}

static void program_choose(struct draw *d, int number)
{
	unsigned int kept = LOAD(&sh->corpus_n), at;

	if (options.given_n) {
		current = options.given[number % options.given_n];
		return;
	}
	/* each call by itself, then what another run has kept */
	at = number_take(&sh->first_next, calls_n);
	if (at < calls_n) {
		program_make_of(&current, d, at);
		return;
	}
	at = number_take(&sh->loaded_next, sh->loaded_n);
	if (at < sh->loaded_n) {
		current = sh->loaded[at];
		return;
	}
	if (once_in(d, 8)) {
		at = call_wanted(d);
		if (at < calls_n) {
			program_make_of(&current, d, at);
			return;
		}
	}
	current.n = 0;
	if (kept && !once_in(d, 4))
		current = sh->corpus[below(d, kept < CORPUS_MAX ? kept : CORPUS_MAX)];
	if (!current.n)
		program_make(&current, d);
	else if (!once_in(d, 10))
		program_change(&current, d);
}

static void program_keep(void)
{
	unsigned int at = ADD(&sh->corpus_n, 1) - 1, n = current.n;

	if (at >= CORPUS_MAX) {
		ADD(&sh->corpus_n, -1);
		return;
	}
	/* it can be seen when its length is there */
	current.n = 0;
	sh->corpus[at] = current;
	STORE(&sh->corpus[at].n, n);
	current.n = n;
}

/* On paper before it is run: it may be the last thing that this machine does. */
static void program_record(int number, unsigned int newest)
{
	char text[PROGRAM_TEXT], *line = options.record->lines[number][newest % HISTORY];

	program_print(&current, text, sizeof(text));
	memset(line, 0, sizeof(options.record->lines[0][0]));
	snprintf(line, sizeof(options.record->lines[0][0]),
		 "# worker %d, program %u: PROGRAM=\"%s\"\n", number, newest, text);
}

static void program_run(int number)
{
	struct worker *worker = &sh->workers[number];
	bool together = false, found = false;
	unsigned int i;

	worker->history[(worker->newest + 1) % HISTORY] = current;
	STORE(&worker->newest, worker->newest + 1);
	if (options.record)
		program_record(number, worker->newest);
	for (i = 0; i < THREADS; i++)
		threads[i].context.faults = options.faults && worker->newest % 2;
	STORE(&worker->since, now_ms());
	for (i = 0; i < current.n; i++)
		together |= current.steps[i].thread;
	if (together)
		pthread_barrier_wait(&begin);
	steps_run(&threads[0]);
	if (together)
		pthread_barrier_wait(&end);
	for (i = 0; i < THREADS; i++) {
		found |= threads[i].found;
		threads[i].found = false;
	}
	resources_reset();
	STORE(&worker->since, 0);
	ADD(&sh->programs, 1);
	if (found && !options.given_n)
		program_keep();
}

void worker_run(int number, unsigned int life)
{
	struct draw d = { .seed = options.seed * 1000003 + number * 10007ULL + life };
	int dev;

	process_prepare(&d, number);
	dev = open("/dev/" KIPC_DEVICE_NAME, O_RDWR | O_CLOEXEC);
	threads_make();
	while (!LOAD(&sh->stop)) {
		program_choose(&d, number);
		program_run(number);
		if (once_in(&d, 30))
			ids_sweep(dev);
	}
	_exit(0);
}
