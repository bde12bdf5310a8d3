// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphore sets, the kernel's own and kipc's. The kernel has one way to them: semop(2)
 * and semctl(2) by id. kipc has three, each in cases of its own against that one:
 *
 *	_id	KIPC_IOC_SEM_OP by id, on the instance
 *	_fd	KIPC_IOC_SEM_OP on a descriptor of the set
 *	_one	KIPC_IOC_SEM_OP_ONE on it: a single operation, in the argument itself
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "crowd.h"

#include <linux/kipc.h>

/* the key of a set, that of none in a crowd */
#define KEY	0x6b697063

enum way {
	BY_ID,
	BY_FD,
	BY_ONE
};

/* The kernel's ignores @way and @fd. */
struct set {
	enum bench_impl impl;
	enum way way;
	int id;
	int fd;
};

/* --- the calls */

static int set_try(enum bench_impl impl, int key, unsigned int nsems, bool create)
{
	struct kipc_sem_get get = {
		.key = key,
		.flags = create ? KIPC_GET_CREAT | KIPC_GET_EXCL : 0,
		.nsems = nsems,
		.mode = 0600,
	};

	if (impl == BENCH_NATIVE)
		return semget(key, nsems, create ? IPC_CREAT | IPC_EXCL | 0600 : 0600);
	return ioctl(bench.device, KIPC_IOC_SEM_GET, &get) ? -1 : get.id;
}

static int set_create(enum bench_impl impl, int key, unsigned int nsems)
{
	int id = set_try(impl, key, nsems, true);

	bench_check(id >= 0, "cannot make a semaphore set");
	return id;
}

static bool set_try_remove(enum bench_impl impl, int id)
{
	struct kipc_remove remove = { .id = id };

	if (impl == BENCH_NATIVE)
		return !semctl(id, 0, IPC_RMID);
	return !ioctl(bench.device, KIPC_IOC_SEM_REMOVE, &remove);
}

static void set_remove(enum bench_impl impl, int id)
{
	bench_check(set_try_remove(impl, id), "cannot remove a semaphore set");
}

static bool set_op(const struct set *set, const struct sembuf *ops, unsigned int nops)
{
	struct kipc_sem_ops arg;

	if (set->impl == BENCH_NATIVE)
		return !semop(set->id, (struct sembuf *)ops, nops);
	if (set->way == BY_ONE)
		return !ioctl(set->fd, KIPC_IOC_SEM_OP_ONE,
			      KIPC_SEM_ONE(ops->sem_num, ops->sem_op) |
			      (ops->sem_flg & SEM_UNDO ? KIPC_SEM_ONE_UNDO : 0));
	arg = (struct kipc_sem_ops){
		.id = set->way == BY_ID ? set->id : KIPC_ID_SELF,
		.nops = nops,
		.ops = (uintptr_t)ops,
		.timeout = KIPC_TIMEOUT_NONE,
	};
	return !ioctl(set->way == BY_ID ? bench.device : set->fd, KIPC_IOC_SEM_OP, &arg);
}

static int set_value(const struct set *set, unsigned int num)
{
	struct kipc_sem_value arg;

	if (set->impl == BENCH_NATIVE)
		return semctl(set->id, num, GETVAL);
	arg = (struct kipc_sem_value){
		.id = set->way == BY_ID ? set->id : KIPC_ID_SELF,
		.num = num,
	};
	if (ioctl(set->way == BY_ID ? bench.device : set->fd, KIPC_IOC_SEM_GET_VALUE, &arg))
		return -1;
	return arg.value;
}

/* How many threads sleep on it? */
static unsigned int set_sleepers(const struct set *set, unsigned int nsems)
{
	struct kipc_sem_stat stat = { .perm.id = set->id };
	unsigned int n = 0;

	if (set->impl == BENCH_KIPC) {
		bench_check(!ioctl(bench.device, KIPC_IOC_SEM_STAT, &stat), "KIPC_IOC_SEM_STAT");
		return stat.sleepers;
	}
	for (unsigned int num = 0; num < nsems; num++) {
		int sleepers = semctl(set->id, num, GETNCNT);

		bench_check(sleepers >= 0, "GETNCNT");
		n += sleepers;
	}
	return n;
}

static void set_open(struct set *set, enum bench_impl impl, enum way way, unsigned int nsems)
{
	struct kipc_sem_open open = { .flags = KIPC_SEM_CLOEXEC };

	*set = (struct set){ .impl = impl, .way = way, .fd = -1 };
	set->id = set_create(impl, IPC_PRIVATE, nsems);
	if (impl == BENCH_NATIVE || way == BY_ID)
		return;
	open.id = set->id;
	bench_check(!ioctl(bench.device, KIPC_IOC_SEM_OPEN, &open), "KIPC_IOC_SEM_OPEN");
	set->fd = open.fd;
}

static void set_close(const struct set *set)
{
	if (set->fd >= 0)
		close(set->fd);
	set_remove(set->impl, set->id);
}

/* --- operations on a set */

/**
 * struct sem_case - a case, with what it does
 * @base: what bench_run() looks at; first, so that open() finds the rest
 * @way: how kipc's set is reached
 * @nsems: semaphores of the set
 * @num: the semaphore to use
 * @nops: operations of a call: on as many semaphores, @num the first of them
 * @flags: of each operation
 */
struct sem_case {
	struct bench_case base;
	enum way way;
	unsigned short nsems;
	unsigned short num;
	unsigned short nops;
	short flags;
};

#define NOPS_MAX	2

struct work {
	struct set set;
	unsigned int num;
	unsigned int nops;
	struct sembuf v[NOPS_MAX];
	struct sembuf p[NOPS_MAX];
	pid_t child;
};

static void work_init(struct work *w, enum bench_impl impl, const struct sem_case *c)
{
	set_open(&w->set, impl, c->way, c->nsems);
	w->num = c->num;
	w->nops = c->nops;
	for (unsigned int i = 0; i < c->nops; i++) {
		w->v[i] = (struct sembuf){ c->num + i, 1, c->flags };
		w->p[i] = (struct sembuf){ c->num + i, -1, c->flags };
	}
}

static void *work_open(enum bench_impl impl, const struct bench_case *base)
{
	struct work *w = bench_alloc(sizeof(*w));

	work_init(w, impl, (const struct sem_case *)base);
	return w;
}

static void work_close(void *object)
{
	struct work *w = object;

	set_close(&w->set);
	free(w);
}

static void v_p_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--) {
		if (!set_op(&w->set, w->v, w->nops) || !set_op(&w->set, w->p, w->nops))
			bench_check(false, "V and P");
	}
}

static void get_value_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--)
		bench_check(set_value(&w->set, w->num) == 0, "value");
}

/* --- the turn goes to another process and back: semaphore 0 is its, 1 ours */

static const struct sembuf v0 = { 0, 1, 0 }, p0 = { 0, -1, 0 };
static const struct sembuf v1 = { 1, 1, 0 }, p1 = { 1, -1, 0 };

static noreturn void ping_pong_child(const struct set *set)
{
	while (set_op(set, &p0, 1) && set_op(set, &v1, 1))
		;
	_exit(1);
}

static void *ping_pong_open(enum bench_impl impl, const struct bench_case *base)
{
	struct work *w = work_open(impl, base);

	w->child = bench_fork();
	if (!w->child)
		ping_pong_child(&w->set);
	return w;
}

static void ping_pong_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--) {
		if (!set_op(&w->set, &v0, 1) || !set_op(&w->set, &p1, 1))
			bench_check(false, "ping-pong");
	}
}

static void ping_pong_close(void *object)
{
	struct work *w = object;

	kill(w->child, SIGKILL);
	waitpid(w->child, NULL, 0);
	work_close(w);
}

/* --- a process that leaves an adjustment behind */

/* The child only calls the kernel, so it may be one that shares our memory. */
static void undo_exit(struct work *w, bool share)
{
	pid_t pid = share ? vfork() : fork();
	int status;

	if (!pid)
		_exit(!set_op(&w->set, w->v, w->nops));
	bench_check(pid > 0 && waitpid(pid, &status, 0) == pid && !status, "child");
}

static void fork_undo_exit_run(void *object, unsigned int n)
{
	while (n--)
		undo_exit(object, false);
}

static void vfork_undo_exit_run(void *object, unsigned int n)
{
	while (n--)
		undo_exit(object, true);
}

/* --- a set's whole life */

static void *life_open(enum bench_impl impl, const struct bench_case *base)
{
	struct work *w = bench_alloc(sizeof(*w));
	const struct sem_case *c = (const struct sem_case *)base;

	w->set = (struct set){ .impl = impl, .way = c->way };
	w->num = c->nsems;
	return w;
}

static void create_remove_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--)
		set_remove(w->set.impl, set_create(w->set.impl, IPC_PRIVATE, w->num));
}

static void create_remove_key_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--)
		set_remove(w->set.impl, set_create(w->set.impl, KEY, w->num));
}

/* kipc's without an id, by its descriptor. The kernel's can only be had with one. */
static void create_close_run(void *object, unsigned int n)
{
	struct work *w = object;

	if (w->set.impl == BENCH_NATIVE) {
		create_remove_run(object, n);
		return;
	}
	while (n--) {
		struct kipc_sem_create create = { .nsems = w->num, .mode = 0600 };

		bench_check(!ioctl(bench.device, KIPC_IOC_SEM_CREATE, &create),
			    "KIPC_IOC_SEM_CREATE");
		close(create.fd);
	}
}

#define CASE(name, bar, batch, open, run, close) \
	{ "sem." name, bar, 301, batch, 0, open, run, close }
#define V_P(name, bar)		CASE(name, bar, 100, work_open, v_p_run, work_close)
#define PING_PONG(name, bar) \
	CASE(name, bar, 20, ping_pong_open, ping_pong_run, ping_pong_close)
#define LIFE(name, bar, run)	CASE(name, bar, 32, life_open, run, free)

static const struct sem_case cases[] = {
	{ V_P("v_p_one", 0.70), BY_ONE, 1, 0, 1, 0 },
	{ V_P("v_p_fd", 0.70), BY_FD, 1, 0, 1, 0 },
	{ V_P("v_p_id", 0), BY_ID, 1, 0, 1, 0 },
	{ V_P("v_p_undo_one", 0.70), BY_ONE, 1, 0, 1, SEM_UNDO },
	{ V_P("v_p_undo_fd", 0.70), BY_FD, 1, 0, 1, SEM_UNDO },
	{ V_P("v_p_undo_id", 0), BY_ID, 1, 0, 1, SEM_UNDO },
	{ V_P("v_p_two_fd", 0.75), BY_FD, 2, 0, 2, 0 },
	{ V_P("v_p_two_id", 0), BY_ID, 2, 0, 2, 0 },
	{ V_P("v_p_two_undo_fd", 0), BY_FD, 2, 0, 2, SEM_UNDO },

	/* the last semaphores of a large set */
	{ V_P("v_p_one.of_250", 0.70), BY_ONE, 250, 249, 1, 0 },
	{ V_P("v_p_fd.of_250", 0.70), BY_FD, 250, 249, 1, 0 },
	{ V_P("v_p_id.of_250", 0), BY_ID, 250, 249, 1, 0 },
	{ V_P("v_p_undo_one.of_250", 0.70), BY_ONE, 250, 249, 1, SEM_UNDO },
	{ V_P("v_p_two_fd.of_250", 0.75), BY_FD, 250, 248, 2, 0 },

	{ PING_PONG("ping_pong_one", 0.90), BY_ONE, 2, 0, 1, 0 },
	{ PING_PONG("ping_pong_fd", 0.90), BY_FD, 2, 0, 1, 0 },
	{ PING_PONG("ping_pong_id", 0), BY_ID, 2, 0, 1, 0 },

	{ LIFE("create_remove", 0.90, create_remove_run), BY_ID, 1, 0, 1, 0 },
	{ LIFE("create_remove_key", 0, create_remove_key_run), BY_ID, 1, 0, 1, 0 },
	{ LIFE("create_close", 0, create_close_run), BY_FD, 1, 0, 1, 0 },
	{ LIFE("create_remove.of_250", 0, create_remove_run), BY_ID, 250, 0, 1, 0 },

	{ CASE("get_value_fd", 0, 200, work_open, get_value_run, work_close),
	  BY_FD, 1, 0, 1, 0 },
	{ CASE("get_value_id", 0, 200, work_open, get_value_run, work_close),
	  BY_ID, 1, 0, 1, 0 },

	{ CASE("fork_undo_exit", 0, 2, work_open, fork_undo_exit_run, work_close),
	  BY_ONE, 1, 0, 1, SEM_UNDO },
	{ CASE("vfork_undo_exit", 0, 4, work_open, vfork_undo_exit_run, work_close),
	  BY_ONE, 1, 0, 1, SEM_UNDO },
};

/*
 * --- sleepers: threads that wait for semaphores 1 and up of a set, each for one, or
 * each for two at once, while we use semaphore 0
 *
 * The two implementations are measured one after the other, since a thread can sleep in
 * one only and there is not always memory for twice as many. There is always a thread
 * more, which sleeps elsewhere: to look up a descriptor is dearer for a process with
 * threads, and that is not to be taken for a cost of the sleepers.
 */
#define CREW_SEMS	250
#define CREW_STACK	(16UL << 10)	/* PTHREAD_STACK_MIN */

struct crew;

struct sleeper {
	struct crew *crew;
	unsigned int num;
	pthread_t thread;
};

struct crew {
	struct work work;
	bool complex;
	unsigned int n;
	struct sleeper *sleepers;
	char *stacks;
	pthread_t bystander;
	pthread_mutex_t shut;
};

static void *bystander_run(void *object)
{
	struct crew *crew = object;

	pthread_mutex_lock(&crew->shut);
	pthread_mutex_unlock(&crew->shut);
	return NULL;
}

static void *sleeper_run(void *object)
{
	struct sleeper *s = object;
	struct crew *crew = s->crew;
	struct set set = crew->work.set;
	struct sembuf p[NOPS_MAX] = { { s->num, -1, 0 }, { s->num + 1, -1, 0 } };

	/* a list does not fit into the argument itself */
	if (crew->complex && set.way == BY_ONE)
		set.way = BY_FD;
	/* until the set is removed */
	if (set_op(&set, p, crew->complex ? 2 : 1) || errno != EIDRM)
		bench_check(false, "a sleeper was woken");
	return NULL;
}

static void write_number(const char *path, unsigned int number)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return;
	fprintf(file, "%u\n", number);
	fclose(file);
}

static void crew_open(struct crew *crew, enum bench_impl impl, enum way way, unsigned int n,
		      bool complex)
{
	const struct sem_case c = { .way = way, .nsems = CREW_SEMS, .nops = 1 };
	pthread_attr_t attr;

	*crew = (struct crew){ .complex = complex, .n = n };
	work_init(&crew->work, impl, &c);
	pthread_mutex_init(&crew->shut, NULL);
	pthread_mutex_lock(&crew->shut);
	errno = pthread_create(&crew->bystander, NULL, bystander_run, crew);
	bench_check(!errno, "cannot make a thread");
	if (!n)
		return;
	crew->sleepers = bench_alloc(n * sizeof(*crew->sleepers));
	/* in one mapping: the number of those is limited */
	crew->stacks = mmap(NULL, n * CREW_STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bench_check(crew->stacks != MAP_FAILED, "mmap");
	pthread_attr_init(&attr);
	for (unsigned int i = 0; i < n; i++) {
		struct sleeper *s = &crew->sleepers[i];

		s->crew = crew;
		s->num = 1 + i % (CREW_SEMS - 2);
		pthread_attr_setstack(&attr, crew->stacks + i * CREW_STACK, CREW_STACK);
		errno = pthread_create(&s->thread, &attr, sleeper_run, s);
		bench_check(!errno, "cannot make so many threads");
	}
	pthread_attr_destroy(&attr);
	while (set_sleepers(&crew->work.set, CREW_SEMS) < n)
		usleep(10000);
}

static void crew_close(struct crew *crew)
{
	set_remove(crew->work.set.impl, crew->work.set.id);
	for (unsigned int i = 0; i < crew->n; i++) {
		errno = pthread_join(crew->sleepers[i].thread, NULL);
		bench_check(!errno, "pthread_join");
	}
	pthread_mutex_unlock(&crew->shut);
	errno = pthread_join(crew->bystander, NULL);
	bench_check(!errno, "pthread_join");
	if (crew->work.set.fd >= 0)
		close(crew->work.set.fd);
	if (crew->n)
		munmap(crew->stacks, crew->n * CREW_STACK);
	free(crew->sleepers);
}

static const struct crew_case {
	const char *name;
	enum way way;
	unsigned int n;
	bool complex;
} crew_cases[] = {
	{ "sem.v_p_one.sleepers_0", BY_ONE, 0, false },
	{ "sem.v_p_one.sleepers_100", BY_ONE, 100, false },
	{ "sem.v_p_one.sleepers_10000", BY_ONE, 10000, false },
	{ "sem.v_p_id.sleepers_10000", BY_ID, 10000, false },
	{ "sem.v_p_one.complex_sleepers_1", BY_ONE, 1, true },
	{ "sem.v_p_one.complex_sleepers_100", BY_ONE, 100, true },
};

static void crew_run(const struct crew_case *c)
{
	struct bench_series series[BENCH_IMPLS] = { };
	unsigned int samples = bench_samples(101), warm_up = samples / 5 + 1;
	const unsigned int batch = 100;

	if (!bench_wants(c->name))
		return;
	if (c->n > 1000)
		write_number("/proc/sys/kernel/threads-max", 2 * c->n);
	for (int i = 0; i < BENCH_IMPLS; i++) {
		struct crew crew;

		if (!bench.use[i])
			continue;
		crew_open(&crew, i, c->way, c->n, c->complex);
		for (unsigned int s = 0; s < warm_up + samples; s++) {
			double start = bench_now();

			v_p_run(&crew.work, batch);
			if (s >= warm_up)
				bench_add(&series[i], (bench_now() - start) / batch);
		}
		crew_close(&crew);
	}
	bench_report(c->name, 0, bench.unit, series);
}

/* --- sets that live beside: all have keys, none was used */

static int crowd_make(enum bench_impl impl, int key)
{
	return set_try(impl, key, 1, true);
}

static const struct crowd_kind sets = {
	.what = "sets",
	.make = crowd_make,
	.remove = set_try_remove,
};

static void find_key_run(void *object, unsigned int n)
{
	struct crowd_member *m = object;

	while (n--)
		bench_check(set_try(m->impl, crowd_next_key(m), 0, false) >= 0,
			    "cannot find a set by its key");
}

static void member_v_p_run(void *object, unsigned int n)
{
	struct crowd_member *m = object;

	while (n--) {
		struct set set = {
			.impl = m->impl,
			.way = BY_ID,
			.id = crowd_next_id(m),
		};

		if (!set_op(&set, &v0, 1) || !set_op(&set, &p0, 1))
			bench_check(false, "V and P");
	}
}

#define BESIDE(n, name, bar, batch, open, run) \
	{ n, { { "sem." name ".live_" #n, bar, 101, batch, 0, open, run, free }, \
	       BY_ID, 1, 0, 1, 0 } }

static const struct {
	unsigned int beside;
	struct sem_case c;
} crowd_cases[] = {
	BESIDE(1000, "create_remove", 0.90, 32, life_open, create_remove_run),
	BESIDE(1000, "find_key", 0, 200, crowd_member_open, find_key_run),
	BESIDE(1000, "v_p_id", 0, 100, crowd_member_open, member_v_p_run),

	BESIDE(30000, "create_remove", 0.90, 32, life_open, create_remove_run),
	BESIDE(30000, "find_key", 0, 200, crowd_member_open, find_key_run),
	BESIDE(30000, "v_p_id", 0, 100, crowd_member_open, member_v_p_run),
};

/* --- memory of idle sets */

#define LIVE	1000

/* Make one, with an id or, of kipc, without one; what to give back. */
static int idle_open(enum bench_impl impl, unsigned int nsems, enum way way)
{
	struct kipc_sem_create create = { .flags = KIPC_SEM_CLOEXEC, .nsems = nsems };

	if (impl == BENCH_NATIVE || way == BY_ID)
		return set_create(impl, IPC_PRIVATE, nsems);
	bench_check(!ioctl(bench.device, KIPC_IOC_SEM_CREATE, &create), "KIPC_IOC_SEM_CREATE");
	return create.fd;
}

static void idle_close(enum bench_impl impl, int handle, enum way way)
{
	if (impl == BENCH_NATIVE || way == BY_ID)
		set_remove(impl, handle);
	else
		close(handle);
}

struct idle_case {
	const char *name;
	unsigned int nsems;
	enum way way;
};

static const struct idle_case idle_cases[] = {
	{ "sem.idle_memory", 1, BY_ID },
	{ "sem.idle_memory_fd", 1, BY_FD },
	{ "sem.idle_memory.of_250", 250, BY_ID },
};

/* Bytes per set */
static double idle_memory(enum bench_impl impl, const void *what)
{
	const struct idle_case *c = what;
	int *handles = bench_alloc(LIVE * sizeof(*handles));
	double before, taken;

	memset(handles, 0, LIVE * sizeof(*handles));
	before = bench_free_memory();
	for (int i = 0; i < LIVE; i++)
		handles[i] = idle_open(impl, c->nsems, c->way);
	sleep(1);
	taken = (before - bench_free_memory()) / LIVE;
	for (int i = 0; i < LIVE; i++)
		idle_close(impl, handles[i], c->way);
	free(handles);
	return taken;
}

static void run_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bench_run(&cases[i].base);
	for (size_t i = 0; i < ARRAY_SIZE(crew_cases); i++)
		crew_run(&crew_cases[i]);
	for (size_t i = 0; i < ARRAY_SIZE(crowd_cases); i++)
		crowd_run(crowd_cases[i].beside, &crowd_cases[i].c.base);
	for (size_t i = 0; i < ARRAY_SIZE(idle_cases); i++)
		bench_memory(idle_cases[i].name, idle_memory, &idle_cases[i]);
}

int main(int argc, char **argv)
{
	bench_start(argc, argv, run_cases);
	crowd_start(&sets);
	run_cases();
	return 0;
}
