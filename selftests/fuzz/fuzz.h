/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kipc_fuzz: random programs of kipc's calls, kept and changed if they reach code of the
 * module that none reached before.
 *
 * A program is a list of steps. A step names a call, the thread of the worker that is to make
 * it, and a seed: whatever the call needs is drawn from that (which descriptor, which flags,
 * what is wrong with them), so that a step means the same whenever it is run again, and a
 * program is a line of text. What it meets there, other workers and other threads decide.
 *
 * main.c has the process that starts, watches and kills the workers, and that reads the
 * kernel's log; worker.c runs programs; program.c makes, changes and prints them; calls_*.c
 * have the calls.
 */
#ifndef KIPC_FUZZ_H
#define KIPC_FUZZ_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <linux/kipc.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define LOAD(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define STORE(p, n)	__atomic_store_n(p, n, __ATOMIC_SEQ_CST)
#define ADD(p, n)	__atomic_add_fetch(p, n, __ATOMIC_SEQ_CST)
#define PAGE		4096UL

enum {
	STEPS_MAX = 24,
	THREADS = 3,
	WORKERS_MAX = 8,
	CALLS_MAX = 160,
	CORPUS_MAX = 4096,
	/* a report takes its time to be printed, in which short programs go on */
	HISTORY = 16,
	SLOTS = 8,
	IDS = 16,
	EDGE_BITS = 1 << 19,
	PROGRAM_TEXT = 2048,
	/* an errno above it never leaves the kernel */
	ERRNO_MAX = 134,
	/* descriptors below are the fuzzer's own */
	FD_FIRST = 40,
};

/* --- programs */

struct step {
	unsigned short call;
	unsigned char thread;
	/* this number that the step draws is another one; 0 for none */
	unsigned char tweak_at;
	unsigned int seed;
	unsigned int tweak;
};

struct program {
	unsigned int n;
	struct step steps[STEPS_MAX];
};

/* A source of random numbers; of a step, if it has a tweak. */
struct draw {
	__u64 seed;
	unsigned int at;
	unsigned int tweak_at;
	unsigned int tweak;
};

__u64 draw(struct draw *d);
/* A number below @n, which is above 0. */
unsigned int below(struct draw *d, unsigned int n);
/* Once in @n times. */
bool once_in(struct draw *d, unsigned int n);
struct draw draw_of_step(const struct step *step);

void program_make(struct program *p, struct draw *d);
void program_make_of(struct program *p, struct draw *d, unsigned int call);
void program_change(struct program *p, struct draw *d);
void program_print(const struct program *p, char *text, size_t size);
/* Whether @text is a program. */
bool program_parse(struct program *p, const char *text);

/* --- what workers and their parent share */

struct counts {
	unsigned long long tried;
	unsigned long long succeeded;
	__u64 errnos[(ERRNO_MAX + 64) / 64];
};

struct worker {
	pid_t pid;
	/* when its program began, ms; 0 between programs */
	long long since;
	unsigned int newest;
	struct program history[HISTORY];
};

struct shared {
	int stop;
	/* what a worker found wrong */
	int bad;
	char what[PROGRAM_TEXT + 256];
	unsigned long long programs;
	unsigned long long steps;
	unsigned int edges;
	unsigned int blocks;
	unsigned int faults;
	/* so many are kept; of those of another run so many are to be tried, and were */
	unsigned int corpus_n;
	unsigned int loaded_n;
	unsigned int loaded_next;
	/* so many calls had their first program */
	unsigned int first_next;
	/* ids that were made lately, by block of numbers: 2 shm, 3 sem, 4 msg, 5 sig */
	int ids[6][IDS];
	unsigned int ids_next[6];
	struct counts counts[CALLS_MAX];
	struct worker workers[WORKERS_MAX];
	__u64 edge_seen[EDGE_BITS / 64];
	__u64 block_seen[EDGE_BITS / 64];
	struct program corpus[CORPUS_MAX];
	struct program loaded[CORPUS_MAX];
};

extern struct shared *sh;

/* The programs of each worker as lines of text, each overwritten by one HISTORY later. */
struct record {
	char lines[WORKERS_MAX][HISTORY][PROGRAM_TEXT + 64];
};

/* What the run is asked to do. */
struct options {
	__u64 seed;
	int seconds;
	int workers;
	/* programs to run again and again instead of new ones */
	struct program given[WORKERS_MAX];
	int given_n;
	bool verbose;
	/* in every second program */
	bool faults;
	/* a file that commits a mistake in the kernel if its name is written to it */
	const char *faulty;
	const char *mistake;
	struct record *record;
	/* two sockets that all workers pass descriptors by */
	int post[2];
};

extern struct options options;

long long now_ms(void);
void complain(const char *what, ...) __attribute__((format(printf, 1, 2)));

/* The life of worker @number, the @life-th to have it. */
void worker_run(int number, unsigned int life) __attribute__((noreturn));

/* Remove all objects with an id from the instance of descriptor @fd. */
void ids_sweep(int fd);

/* --- what calls work on */

enum fd_kind {
	FD_INSTANCE, FD_PIPE, FD_SHM, FD_SEM, FD_MSG, FD_SIG, FD_SUBSCRIBER,
	/* not of kipc: pipes, files, directories, epoll, eventfd */
	FD_NATIVE, FD_FILE, FD_PLACE, FD_EPOLL, FD_EVENT, FD_KINDS,
};

/* One thread of a worker while it runs a step. */
struct context {
	struct draw d;
	int thread;
	const char *name;
	/* whether steps of this program may be made to fail */
	bool faults;
	/* pages for data, the last one followed by nothing; one that cannot be written */
	char *data;
	char *constant;
	/* a page for structures, followed by nothing, which no other call is given */
	char *structures;
};

/* enough for writes that pipes pass on without copying them twice */
#define DATA_SIZE	(256 * 1024UL)

/* Where segments are attached at an address of our choice, and nothing else is. */
#define ARENA		0x200000000UL
#define ARENA_SIZE	(64UL << 20)

struct call {
	const char *name;
	/* what the call returned, or -1 with errno */
	long (*run)(struct context *c, const struct call *call);
	/* how often it is chosen, against the others */
	unsigned int weight;
	/* of calls_ioctl.c alone */
	const struct ioctl_row *row;
};

extern struct call calls[CALLS_MAX];
extern unsigned int calls_n;

void calls_add(const char *name, long (*run)(struct context *c, const struct call *call),
	       unsigned int weight, const struct ioctl_row *row);
void calls_add_ioctl(void);
void calls_add_file(void);
void calls_add_memory(void);
void calls_add_fs(void);
void calls_add_task(void);
/* Whether every call of the header was among those. */
bool calls_are_complete(void);

void fd_add(enum fd_kind kind, int fd);
/* A descriptor of this kind, made if there is none; now and then of another, or none. */
int fd_pick(struct context *c, enum fd_kind kind);
/* Whichever. */
int fd_any(struct context *c);
/* The read end or the write end of the first pipe, 0 or 1, if it is still there; or -1. */
int fd_end(int end);
/* A process of one's own to be killed in the end. */
void child_add(pid_t pid);
void child_clear(void);

int id_pick(struct context *c, int block);
void id_add(int block, int id);

/* An address for up to @size bytes that may be anything. */
char *buffer_pick(struct context *c, size_t *size);
__u64 number_pick(struct context *c);
size_t size_pick(struct context *c);
__u64 timeout_pick(struct context *c);
/* A page of the arena. */
__u64 place_pick(struct context *c);
/* Where something is mapped; @size is 0 for an attachment by SHM_ATTACH. */
void attached_add(__u64 addr, __u64 size);
__u64 range_pick(struct context *c, size_t *length);
__u64 attached_pick(struct context *c);
void resources_reset(void);
void resources_init(void);

/* Make one of a kind on instance @instance: its descriptor, or -1. */
int object_make(struct context *c, enum fd_kind kind, int instance);

#endif /* KIPC_FUZZ_H */
