// SPDX-License-Identifier: GPL-2.0
/*
 * Message queues, the kernel's own and kipc's: each way to kipc's (msg_queue.h), _id, _fd
 * and _rw, is a case of its own against the kernel's one.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crowd.h"
#include "msg_queue.h"

#include <linux/kipc.h>

/* the key of a queue, that of none in a crowd */
#define KEY	0x6b697063

/* --- operations on a queue */

/**
 * struct msg_case - a case, with what it does
 * @base: what bench_run() looks at, @size the bytes of a message; first, so that open()
 *	finds the rest
 * @way: how kipc's queue is reached
 * @type: what is received
 */
struct msg_case {
	struct bench_case base;
	enum way way;
	long type;
};

struct work {
	struct queue queue;
	size_t size;
	long type;
	int flags;
	pid_t child;
	unsigned int random;
	struct message message;
};

static void *work_open(enum bench_impl impl, const struct bench_case *base)
{
	const struct msg_case *c = (const struct msg_case *)base;
	struct work *w = bench_alloc(sizeof(*w));

	queue_open(&w->queue, impl, c->way, c->type);
	w->size = base->size;
	w->type = c->type;
	w->random = 1;
	/* every page of it is there before the first sample */
	memset(w->message.text, 'k', sizeof(w->message.text));
	w->message.type = 1;
	if (w->size > 4096)
		queue_set_qbytes(&w->queue, 4 * w->size);
	return w;
}

static void work_close(void *object)
{
	struct work *w = object;

	queue_close(&w->queue);
	free(w);
}

static void send_receive_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--) {
		if (!queue_send(&w->queue, &w->message, w->size) ||
		    !queue_receive(&w->queue, &w->message, w->size, w->type, 0))
			bench_check(false, "send and receive");
	}
}

static void stat_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--)
		bench_check(queue_stat(&w->queue), "stat");
}

/* --- a message to another process and one back: type 1 is for it, 2 for us */

static noreturn void ping_pong_child(struct work *w)
{
	struct queue q;

	/* an open file of its own: the filter belongs to that */
	queue_open_id(&q, w->queue.impl, w->queue.way, w->queue.id, 1);
	while (queue_receive(&q, &w->message, w->size, 1, 0)) {
		w->message.type = 2;
		if (!queue_send(&q, &w->message, w->size))
			break;
	}
	_exit(1);
}

static void *ping_pong_open(enum bench_impl impl, const struct bench_case *base)
{
	struct work *w = work_open(impl, base);

	w->child = bench_fork();
	if (!w->child)
		ping_pong_child(w);
	return w;
}

static void ping_pong_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--) {
		w->message.type = 1;
		if (!queue_send(&w->queue, &w->message, w->size) ||
		    !queue_receive(&w->queue, &w->message, w->size, 2, 0))
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

/* --- a queue's whole life */

static void *life_open(enum bench_impl impl, const struct bench_case *base)
{
	struct queue *q = bench_alloc(sizeof(*q));

	(void)base;
	q->impl = impl;
	return q;
}

static void create_remove_run(void *object, unsigned int n)
{
	struct queue *q = object;

	while (n--)
		queue_remove(q->impl, queue_create(q->impl, IPC_PRIVATE));
}

static void create_remove_key_run(void *object, unsigned int n)
{
	struct queue *q = object;

	while (n--)
		queue_remove(q->impl, queue_create(q->impl, KEY));
}

/* kipc's without an id, by its descriptor. The kernel's can only be had with one. */
static void create_close_run(void *object, unsigned int n)
{
	struct queue *q = object;

	if (q->impl == BENCH_NATIVE) {
		create_remove_run(object, n);
		return;
	}
	while (n--) {
		struct kipc_msg_create create = { .mode = 0600 };

		bench_check(!ioctl(bench.device, KIPC_IOC_MSG_CREATE, &create),
			    "KIPC_IOC_MSG_CREATE");
		close(create.fd);
	}
}

#define CASE(name, bar, batch, size, open, run, close) \
	{ "msg." name, bar, 301, batch, size, open, run, close }
#define SEND_RECEIVE(name, bar, batch, size) \
	CASE(name, bar, batch, size, work_open, send_receive_run, work_close)
#define PING_PONG(name, bar) \
	CASE(name, bar, 20, 64, ping_pong_open, ping_pong_run, ping_pong_close)
#define LIFE(name, bar, run)	CASE(name, bar, 32, 0, life_open, run, free)
#define STAT(name)		CASE(name, 0, 200, 64, work_open, stat_run, work_close)

static const struct msg_case cases[] = {
	{ SEND_RECEIVE("send_receive_64_fd", 0.75, 100, 64), BY_FD, 0 },
	{ SEND_RECEIVE("send_receive_64_rw", 0.75, 100, 64), BY_RW, 0 },
	{ SEND_RECEIVE("send_receive_64_id", 0, 100, 64), BY_ID, 0 },
	{ SEND_RECEIVE("send_receive_4k_fd", 0.65, 50, 4096), BY_FD, 0 },
	{ SEND_RECEIVE("send_receive_4k_rw", 0.65, 50, 4096), BY_RW, 0 },
	{ SEND_RECEIVE("send_receive_4k_id", 0, 50, 4096), BY_ID, 0 },
	{ SEND_RECEIVE("send_receive_0_fd", 0, 100, 0), BY_FD, 0 },
	{ SEND_RECEIVE("send_receive_64_type_fd", 0, 100, 64), BY_FD, 1 },
	{ SEND_RECEIVE("send_receive_64_type_rw", 0, 100, 64), BY_RW, 1 },

	{ PING_PONG("ping_pong_64_fd", 0.90), BY_FD, 2 },
	{ PING_PONG("ping_pong_64_rw", 0.90), BY_RW, 2 },
	{ PING_PONG("ping_pong_64_id", 0), BY_ID, 2 },

	{ LIFE("create_remove", 0, create_remove_run), BY_ID, 0 },
	{ LIFE("create_remove_key", 0, create_remove_key_run), BY_ID, 0 },
	{ LIFE("create_close", 0, create_close_run), BY_FD, 0 },

	{ STAT("stat_fd"), BY_FD, 0 },
	{ STAT("stat_id"), BY_ID, 0 },
};

/* with msgmax raised */
static const struct msg_case large_cases[] = {
	{ SEND_RECEIVE("send_receive_64k_fd", 0, 4, 65536), BY_FD, 0 },
	{ SEND_RECEIVE("send_receive_64k_rw", 0, 4, 65536), BY_RW, 0 },
};

static void large_run(void)
{
	bool any = false, good = true;

	for (size_t i = 0; i < ARRAY_SIZE(large_cases); i++)
		any |= bench_wants(large_cases[i].base.name);
	if (!any)
		return;
	for (int i = 0; i < BENCH_IMPLS; i++)
		good &= !bench.use[i] || msgmax_raise(i);
	if (!good)
		printf("# messages of 64 KiB are not measured: msgmax cannot be raised\n");
	for (size_t i = 0; good && i < ARRAY_SIZE(large_cases); i++)
		bench_run(&large_cases[i].base);
	msgmax_restore();
}

/*
 * --- a long queue: one message is received, and one like it sent, while LONG_NR of
 * LONG_TYPES types are there, in turns. Which type is received is chosen at random. None
 * is 1, where the kernel would stop to look for a lower one.
 */
#define LONG_NR		100000
#define LONG_TYPES	1000

static void choose_any(struct work *w)
{
	w->type = 0;
}

static void choose_type(struct work *w)
{
	w->random = w->random * 1664525 + 1013904223;
	w->type = 2 + (((unsigned long)w->random * LONG_TYPES) >> 32);
}

static void choose_lowest(struct work *w)
{
	choose_type(w);
	w->type = -w->type;
}

static void choose_except(struct work *w)
{
	choose_type(w);
	w->flags = MSG_EXCEPT;
}

static const struct long_case {
	const char *name;
	enum way way;
	unsigned int batch;
	void (*choose)(struct work *w);
} long_cases[] = {
	{ "msg.receive_any_fd.queued_100000", BY_FD, 50, choose_any },
	{ "msg.receive_type_fd.queued_100000", BY_FD, 20, choose_type },
	{ "msg.receive_type_id.queued_100000", BY_ID, 20, choose_type },
	{ "msg.receive_lowest_fd.queued_100000", BY_FD, 1, choose_lowest },
	{ "msg.receive_except_fd.queued_100000", BY_FD, 50, choose_except },
};

static struct work *long_open(enum bench_impl impl, enum way way)
{
	const struct msg_case c = { .base = { .size = 64 }, .way = way };
	struct work *w = work_open(impl, &c.base);

	queue_set_qbytes(&w->queue, LONG_NR * 2 * w->size);
	for (int i = 0; i < LONG_NR; i++) {
		w->message.type = 2 + i % LONG_TYPES;
		bench_check(queue_send(&w->queue, &w->message, w->size), "send");
	}
	return w;
}

/* What was received has its type, and goes back. */
static void long_run(struct work *w, unsigned int n, void (*choose)(struct work *w))
{
	while (n--) {
		choose(w);
		if (!queue_receive(&w->queue, &w->message, w->size, w->type, w->flags) ||
		    !queue_send(&w->queue, &w->message, w->size))
			bench_check(false, "receive out of a long queue");
	}
}

static void long_case_run(const struct long_case *c)
{
	struct bench_series series[BENCH_IMPLS] = { };
	unsigned int samples = bench_samples(101), warm_up = samples / 5 + 1;
	struct work *works[BENCH_IMPLS] = { };

	if (!bench_wants(c->name))
		return;
	for (int i = 0; i < BENCH_IMPLS; i++) {
		if (bench.use[i])
			works[i] = long_open(i, c->way);
	}
	for (unsigned int s = 0; s < warm_up + samples; s++) {
		for (int i = 0; i < BENCH_IMPLS; i++) {
			double start = bench_now();

			if (!bench.use[i])
				continue;
			long_run(works[i], c->batch, c->choose);
			if (s >= warm_up)
				bench_add(&series[i], (bench_now() - start) / c->batch);
		}
	}
	for (int i = 0; i < BENCH_IMPLS; i++) {
		if (bench.use[i])
			work_close(works[i]);
	}
	bench_report(c->name, 0, bench.unit, series);
}

/*
 * --- receivers: threads that wait for messages of types of their own, from 2 up, while
 * we send and receive some of type 1
 *
 * The two implementations are measured one after the other, since a thread can sleep in
 * one only and there is not always memory for twice as many. There is always a thread
 * more, which sleeps elsewhere: to look up a descriptor is dearer for a process with
 * threads, and that is not to be taken for a cost of the receivers.
 */
#define CREW_STACK	(16UL << 10)	/* PTHREAD_STACK_MIN */

struct crew;

struct receiver {
	struct crew *crew;
	long type;
	pthread_t thread;
};

struct crew {
	struct work *work;
	unsigned int n;
	struct receiver *receivers;
	atomic_uint begun;
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

static void *receiver_run(void *object)
{
	struct receiver *r = object;
	struct crew *crew = r->crew;
	struct {
		long type;
		char text[64];
	} message;

	atomic_fetch_add(&crew->begun, 1);
	/* until the queue is removed */
	if (queue_receive(&crew->work->queue, (struct message *)&message, sizeof(message.text),
			  r->type, 0) || errno != EIDRM)
		bench_check(false, "a receiver was woken");
	return NULL;
}

/* Threads of ours that sleep: the kernel does not tell how many wait for a queue. */
static unsigned int sleeping_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	unsigned int n = 0;

	bench_check(dir, "/proc/self/task");
	while ((entry = readdir(dir))) {
		char path[300], state = 0;
		FILE *file;

		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/stat", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%*d (%*[^)]) %c", &state) == 1)
			n += state == 'S';
		fclose(file);
	}
	closedir(dir);
	return n;
}

static void write_number(const char *path, unsigned int number)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return;
	fprintf(file, "%u\n", number);
	fclose(file);
}

static void crew_open(struct crew *crew, enum bench_impl impl, enum way way, unsigned int n)
{
	const struct msg_case c = { .base = { .size = 64 }, .way = way, .type = 1 };
	pthread_attr_t attr;

	*crew = (struct crew){ .n = n };
	crew->work = work_open(impl, &c.base);
	pthread_mutex_init(&crew->shut, NULL);
	pthread_mutex_lock(&crew->shut);
	errno = pthread_create(&crew->bystander, NULL, bystander_run, crew);
	bench_check(!errno, "cannot make a thread");
	if (!n)
		return;
	crew->receivers = bench_alloc(n * sizeof(*crew->receivers));
	/* in one mapping: the number of those is limited */
	crew->stacks = mmap(NULL, n * CREW_STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bench_check(crew->stacks != MAP_FAILED, "mmap");
	pthread_attr_init(&attr);
	for (unsigned int i = 0; i < n; i++) {
		struct receiver *r = &crew->receivers[i];

		r->crew = crew;
		r->type = 2 + i;
		pthread_attr_setstack(&attr, crew->stacks + i * CREW_STACK, CREW_STACK);
		errno = pthread_create(&r->thread, &attr, receiver_run, r);
		bench_check(!errno, "cannot make so many threads");
	}
	pthread_attr_destroy(&attr);
	while (crew->begun < n)
		usleep(10000);
	/* where else could they sleep now? */
	while (sleeping_threads() < n + 1)
		usleep(10000);
}

static void crew_close(struct crew *crew)
{
	queue_remove(crew->work->queue.impl, crew->work->queue.id);
	for (unsigned int i = 0; i < crew->n; i++) {
		errno = pthread_join(crew->receivers[i].thread, NULL);
		bench_check(!errno, "pthread_join");
	}
	pthread_mutex_unlock(&crew->shut);
	errno = pthread_join(crew->bystander, NULL);
	bench_check(!errno, "pthread_join");
	if (crew->work->queue.fd >= 0)
		close(crew->work->queue.fd);
	if (crew->n)
		munmap(crew->stacks, crew->n * CREW_STACK);
	free(crew->receivers);
	free(crew->work);
}

static const struct crew_case {
	const char *name;
	enum way way;
	unsigned int n;
} crew_cases[] = {
	{ "msg.send_receive_64_fd.receivers_0", BY_FD, 0 },
	{ "msg.send_receive_64_fd.receivers_1000", BY_FD, 1000 },
	{ "msg.send_receive_64_fd.receivers_10000", BY_FD, 10000 },
	{ "msg.send_receive_64_id.receivers_10000", BY_ID, 10000 },
};

static void crew_run(const struct crew_case *c)
{
	struct bench_series series[BENCH_IMPLS] = { };
	unsigned int samples = bench_samples(101), warm_up = samples / 5 + 1;
	const unsigned int batch = c->n > 1000 ? 10 : 50;

	if (!bench_wants(c->name))
		return;
	if (c->n > 1000)
		write_number("/proc/sys/kernel/threads-max", 2 * c->n);
	for (int i = 0; i < BENCH_IMPLS; i++) {
		struct crew crew;

		if (!bench.use[i])
			continue;
		crew_open(&crew, i, c->way, c->n);
		for (unsigned int s = 0; s < warm_up + samples; s++) {
			double start = bench_now();

			send_receive_run(crew.work, batch);
			if (s >= warm_up)
				bench_add(&series[i], (bench_now() - start) / batch);
		}
		crew_close(&crew);
	}
	bench_report(c->name, 0, bench.unit, series);
}

/* --- queues that live beside: all have keys, none was used */

static int crowd_make(enum bench_impl impl, int key)
{
	return queue_try(impl, key, true);
}

static const struct crowd_kind queues = {
	.what = "queues",
	.make = crowd_make,
	.remove = queue_try_remove,
};

static void find_key_run(void *object, unsigned int n)
{
	struct crowd_member *m = object;

	while (n--)
		bench_check(queue_try(m->impl, crowd_next_key(m), false) >= 0,
			    "cannot find a queue by its key");
}

static void member_send_receive_run(void *object, unsigned int n)
{
	static struct message message = { .type = 1 };
	struct crowd_member *m = object;

	while (n--) {
		struct queue q = {
			.impl = m->impl,
			.way = BY_ID,
			.id = crowd_next_id(m),
		};

		if (!queue_send(&q, &message, 64) || !queue_receive(&q, &message, 64, 0, 0))
			bench_check(false, "send and receive");
	}
}

#define BESIDE(n, name, batch, open, run) \
	{ n, { { "msg." name ".live_" #n, 0, 101, batch, 0, open, run, free }, BY_ID, 0 } }

static const struct {
	unsigned int beside;
	struct msg_case c;
} crowd_cases[] = {
	BESIDE(1000, "create_remove", 32, life_open, create_remove_run),
	BESIDE(1000, "find_key", 200, crowd_member_open, find_key_run),
	BESIDE(1000, "send_receive_64_id", 100, crowd_member_open, member_send_receive_run),

	BESIDE(30000, "create_remove", 32, life_open, create_remove_run),
	BESIDE(30000, "find_key", 200, crowd_member_open, find_key_run),
	BESIDE(30000, "send_receive_64_id", 100, crowd_member_open, member_send_receive_run),
};

/* --- memory of idle queues, and of messages that wait in one */

/*
 * Many: the kernel has general caches, of which the cases before leave half-empty pages,
 * and what fits in there seems to be for nothing.
 */
#define LIVE	10000

static double memory_taken(double before, unsigned int n)
{
	sleep(1);
	return (before - bench_free_memory()) / n;
}

/* Make one, with an id or, of kipc, without one; what to give back. */
static int idle_open(enum bench_impl impl, enum way way)
{
	struct kipc_msg_create create = { .flags = KIPC_MSG_CLOEXEC };

	if (impl == BENCH_NATIVE || way == BY_ID)
		return queue_create(impl, IPC_PRIVATE);
	bench_check(!ioctl(bench.device, KIPC_IOC_MSG_CREATE, &create), "KIPC_IOC_MSG_CREATE");
	return create.fd;
}

static void idle_close(enum bench_impl impl, int handle, enum way way)
{
	if (impl == BENCH_NATIVE || way == BY_ID)
		queue_remove(impl, handle);
	else
		close(handle);
}

struct memory_case {
	const char *name;
	size_t size;
	enum way way;
	double (*measure)(enum bench_impl impl, const void *what);
};

/* Bytes per queue */
static double idle_memory(enum bench_impl impl, const void *what)
{
	const struct memory_case *m = what;
	int *handles = bench_alloc(LIVE * sizeof(*handles));
	double before, taken;

	memset(handles, 0, LIVE * sizeof(*handles));
	before = bench_free_memory();
	for (int i = 0; i < LIVE; i++)
		handles[i] = idle_open(impl, m->way);
	taken = memory_taken(before, LIVE);
	for (int i = 0; i < LIVE; i++)
		idle_close(impl, handles[i], m->way);
	free(handles);
	return taken;
}

/* Bytes per message */
static double queued_memory(enum bench_impl impl, const void *what)
{
	const struct memory_case *m = what;
	const struct msg_case c = { .base = { .size = m->size }, .way = m->way };
	struct work *w = work_open(impl, &c.base);
	double before, taken;

	queue_set_qbytes(&w->queue, (unsigned long)LIVE * m->size);
	before = bench_free_memory();
	for (int i = 0; i < LIVE; i++)
		bench_check(queue_send(&w->queue, &w->message, m->size), "send");
	taken = memory_taken(before, LIVE);
	work_close(w);
	return taken;
}

static const struct memory_case memory_cases[] = {
	{ "msg.idle_memory", 0, BY_ID, idle_memory },
	{ "msg.idle_memory_fd", 0, BY_FD, idle_memory },
	{ "msg.queued_memory_64", 64, BY_ID, queued_memory },
	{ "msg.queued_memory_1k", 1024, BY_ID, queued_memory },
	{ "msg.queued_memory_8k", 8192, BY_ID, queued_memory },
};

static void run_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bench_run(&cases[i].base);
	large_run();
	for (size_t i = 0; i < ARRAY_SIZE(long_cases); i++)
		long_case_run(&long_cases[i]);
	for (size_t i = 0; i < ARRAY_SIZE(crew_cases); i++)
		crew_run(&crew_cases[i]);
	for (size_t i = 0; i < ARRAY_SIZE(crowd_cases); i++)
		crowd_run(crowd_cases[i].beside, &crowd_cases[i].c.base);
	for (size_t i = 0; i < ARRAY_SIZE(memory_cases); i++)
		bench_memory(memory_cases[i].name, memory_cases[i].measure, &memory_cases[i]);
}

int main(int argc, char **argv)
{
	bench_start(argc, argv, run_cases);
	crowd_start(&queues);
	atexit(msgmax_restore);
	run_cases();
	return 0;
}
