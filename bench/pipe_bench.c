// SPDX-License-Identifier: GPL-2.0
/*
 * Pipes, the kernel's own and kipc's: the same system calls on either, only their
 * creation differs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#include <linux/kipc.h>

#define KIB	1024UL
#define MIB	(1024 * KIB)
#define LIVE	1000

struct pipe {
	int rfd;
	int wfd;
};

static bool pipe_try(enum bench_impl impl, struct pipe *pipe)
{
	struct kipc_pipe_create create = { .flags = KIPC_PIPE_CLOEXEC };
	int fds[2];

	if (impl == BENCH_NATIVE) {
		if (pipe2(fds, O_CLOEXEC))
			return false;
		pipe->rfd = fds[0];
		pipe->wfd = fds[1];
		return true;
	}
	if (ioctl(bench.device, KIPC_IOC_PIPE_CREATE, &create))
		return false;
	pipe->rfd = create.rfd;
	pipe->wfd = create.wfd;
	return true;
}

static void pipe_open(enum bench_impl impl, struct pipe *pipe)
{
	bench_check(pipe_try(impl, pipe), "cannot make a pipe");
}

static void pipe_close(const struct pipe *pipe)
{
	close(pipe->rfd);
	close(pipe->wfd);
}

static void transfer(const struct pipe *pipe, void *buffer, size_t size)
{
	if (write(pipe->wfd, buffer, size) != (ssize_t)size ||
	    read(pipe->rfd, buffer, size) != (ssize_t)size)
		bench_check(false, "write and read");
}

/* --- one process writes and reads */

struct write_read {
	struct pipe pipe;
	size_t size;
	void *buffer;
};

static void *write_read_open(enum bench_impl impl, const struct bench_case *c)
{
	struct write_read *w = bench_alloc(sizeof(*w));

	pipe_open(impl, &w->pipe);
	w->size = c->size;
	w->buffer = bench_alloc(w->size);
	memset(w->buffer, 'k', w->size);
	return w;
}

static void write_read_run(void *object, unsigned int n)
{
	struct write_read *w = object;

	while (n--)
		transfer(&w->pipe, w->buffer, w->size);
}

static void write_read_close(void *object)
{
	struct write_read *w = object;

	pipe_close(&w->pipe);
	free(w->buffer);
	free(w);
}

/* --- a byte goes to another process and back */

struct ping_pong {
	struct pipe ping;
	struct pipe pong;
	pid_t child;
};

static noreturn void ping_pong_child(struct ping_pong *p)
{
	char byte;

	while (read(p->ping.rfd, &byte, 1) == 1 && write(p->pong.wfd, &byte, 1) == 1)
		;
	_exit(1);
}

static void *ping_pong_open(enum bench_impl impl, const struct bench_case *c)
{
	struct ping_pong *p = bench_alloc(sizeof(*p));

	(void)c;
	pipe_open(impl, &p->ping);
	pipe_open(impl, &p->pong);
	p->child = bench_fork();
	if (!p->child)
		ping_pong_child(p);
	return p;
}

static void ping_pong_run(void *object, unsigned int n)
{
	struct ping_pong *p = object;
	char byte = 'k';

	while (n--) {
		if (write(p->ping.wfd, &byte, 1) != 1 || read(p->pong.rfd, &byte, 1) != 1)
			bench_check(false, "ping-pong");
	}
}

static void ping_pong_close(void *object)
{
	struct ping_pong *p = object;

	kill(p->child, SIGKILL);
	waitpid(p->child, NULL, 0);
	pipe_close(&p->ping);
	pipe_close(&p->pong);
	free(p);
}

/* --- a pipe's whole life */

struct life {
	enum bench_impl impl;
	size_t size;
	char buffer[1];
};

static void *life_open(enum bench_impl impl, const struct bench_case *c)
{
	struct life *l = bench_alloc(sizeof(*l));

	l->impl = impl;
	l->size = c->size;
	return l;
}

static void life_run(void *object, unsigned int n)
{
	struct life *l = object;
	struct pipe pipe;

	while (n--) {
		pipe_open(l->impl, &pipe);
		if (l->size)
			transfer(&pipe, l->buffer, l->size);
		pipe_close(&pipe);
	}
}

/* --- the same with many other pipes alive */

struct crowd {
	struct pipe pipes[LIVE];
	void *object;
};

static struct crowd *crowd_open(enum bench_impl impl)
{
	struct crowd *crowd = bench_alloc(sizeof(*crowd));

	for (int i = 0; i < LIVE; i++)
		pipe_open(impl, &crowd->pipes[i]);
	return crowd;
}

static void crowd_close(struct crowd *crowd)
{
	for (int i = 0; i < LIVE; i++)
		pipe_close(&crowd->pipes[i]);
	free(crowd);
}

static void *crowd_write_read_open(enum bench_impl impl, const struct bench_case *c)
{
	struct crowd *crowd = crowd_open(impl);

	crowd->object = write_read_open(impl, c);
	return crowd;
}

static void crowd_write_read_run(void *object, unsigned int n)
{
	write_read_run(((struct crowd *)object)->object, n);
}

static void crowd_write_read_close(void *object)
{
	write_read_close(((struct crowd *)object)->object);
	crowd_close(object);
}

static void *crowd_life_open(enum bench_impl impl, const struct bench_case *c)
{
	struct crowd *crowd = crowd_open(impl);

	crowd->object = life_open(impl, c);
	return crowd;
}

static void crowd_life_run(void *object, unsigned int n)
{
	life_run(((struct crowd *)object)->object, n);
}

static void crowd_life_close(void *object)
{
	free(((struct crowd *)object)->object);
	crowd_close(object);
}

static const struct bench_case cases[] = {
	{
		"pipe.write_read_1", 0.70, 301, 100, 1,
		write_read_open, write_read_run, write_read_close
	}, {
		"pipe.write_read_4k", 0.80, 301, 64, 4 * KIB,
		write_read_open, write_read_run, write_read_close
	}, {
		"pipe.write_read_64k", 0.50, 201, 8, 64 * KIB,
		write_read_open, write_read_run, write_read_close
	}, {
		"pipe.ping_pong_1", 0.88, 301, 20, 1,
		ping_pong_open, ping_pong_run, ping_pong_close
	}, {
		"pipe.create_close", 1.10, 301, 20, 0,
		life_open, life_run, free
	}, {
		"pipe.create_use_close", 1.20, 301, 20, 1,
		life_open, life_run, free
	}, {
		"pipe.write_read_1.live_1000", 0.70, 101, 100, 1,
		crowd_write_read_open, crowd_write_read_run, crowd_write_read_close
	}, {
		"pipe.create_close.live_1000", 1.10, 101, 20, 0,
		crowd_life_open, crowd_life_run, crowd_life_close
	},
};

/*
 * --- streams: one process writes, another reads
 *
 * How often the two take turns is the scheduler's choice, and it sticks to one of
 * several patterns for as long as a stream lasts, with costs that differ by a
 * factor of two. So each case is measured in several phases that begin, or go on,
 * under other conditions, and each phase has its own line.
 */
enum stream_phase {
	TOGETHER,		/* both begin at once */
	READER_FIRST,		/* the writer begins when the reader sleeps */
	WRITER_FIRST,		/* the reader begins when the writer sleeps */
	READER_PREFERRED,	/* the writer is nice */
	WRITER_PREFERRED,	/* the reader is nice */
	AGAIN,			/* as the first one, later */
	STREAM_PHASES
};

static const char *const phase_names[] = {
	"together", "reader_first", "writer_first", "reader_preferred", "writer_preferred", "again",
};

static const struct stream_case {
	const char *name;
	double bar;
	size_t chunk;		/* size of each write, and of the reader's buffer */
	size_t sample;		/* bytes of a sample */
	unsigned int samples;
} streams[] = {
	{ "pipe.stream_4k", 0.90, 4 * KIB, 256 * KIB, 61 },
	{ "pipe.stream_64k", 0.55, 64 * KIB, MIB, 31 },
	{ "pipe.stream_1m", 0.30, MIB, 4 * MIB, 21 },
};

/* One phase of one implementation; the times are shared with the reader */
struct stream {
	const struct stream_case *c;
	enum stream_phase phase;
	struct pipe pipe;
	unsigned int samples;
	unsigned int warm_up;
	double *times;
};

static void *stream_buffer(size_t size)
{
	void *buffer = aligned_alloc(4 * KIB, size);

	bench_check(buffer, "out of memory");
	memset(buffer, 'k', size);
	return buffer;
}

static noreturn void stream_write(struct stream *s)
{
	size_t total = (s->warm_up + s->samples) * s->c->sample;
	char *buffer = stream_buffer(s->c->chunk);

	close(s->pipe.rfd);
	if (s->phase == READER_PREFERRED)
		setpriority(PRIO_PROCESS, 0, 10);
	for (size_t done = 0; done < total; done += s->c->chunk)
		bench_check(write(s->pipe.wfd, buffer, s->c->chunk) == (ssize_t)s->c->chunk,
			    "write to a stream");
	_exit(0);
}

/* Leaves in times[] what every 4 KiB of each sample took. */
static noreturn void stream_read(struct stream *s)
{
	char *buffer = stream_buffer(s->c->chunk);
	double *times = s->times;
	size_t done = 0;

	close(s->pipe.wfd);
	if (s->phase == WRITER_PREFERRED)
		setpriority(PRIO_PROCESS, 0, 10);
	for (unsigned int i = 0; i < s->warm_up + s->samples; i++) {
		double start = bench_now();
		size_t before = done;

		while (done < (i + 1) * s->c->sample) {
			ssize_t n = read(s->pipe.rfd, buffer, s->c->chunk);

			bench_check(n > 0, "read from a stream");
			done += n;
		}
		if (i >= s->warm_up)
			*times++ = 4 * KIB * (bench_now() - start) / (done - before);
	}
	_exit(0);
}

static void wait_until_asleep(pid_t pid)
{
	char path[64], state = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int tries = 0; state != 'S' && tries < 10000; tries++) {
		FILE *file;

		usleep(1000);
		file = fopen(path, "re");
		bench_check(file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1, path);
		fclose(file);
	}
	bench_check(state == 'S', "a stream's first process does not sleep");
}

static pid_t stream_start(struct stream *s, bool reader)
{
	pid_t pid = bench_fork();

	if (!pid && reader)
		stream_read(s);
	if (!pid)
		stream_write(s);
	return pid;
}

static void stream_phase(struct stream *s)
{
	bool reader_first = s->phase != WRITER_FIRST;
	pid_t pids[2];

	pids[0] = stream_start(s, reader_first);
	if (s->phase == READER_FIRST || s->phase == WRITER_FIRST)
		wait_until_asleep(pids[0]);
	pids[1] = stream_start(s, !reader_first);
	pipe_close(&s->pipe);
	for (int i = 0; i < 2; i++) {
		int status;

		bench_check(waitpid(pids[i], &status, 0) == pids[i], "waitpid");
		if (status) {
			fprintf(stderr, "%s: %s: a process failed\n",
				program_invocation_short_name, s->c->name);
			exit(1);
		}
	}
}

static void stream_measure(enum bench_impl impl, const struct stream_case *c,
			   enum stream_phase phase, struct bench_series *series)
{
	struct stream s = {
		.c = c,
		.phase = phase,
		.samples = bench_samples(c->samples),
		.warm_up = bench_samples(c->samples) / 5 + 1,
	};
	size_t size = s.samples * sizeof(*s.times);

	s.times = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bench_check(s.times != MAP_FAILED, "mmap");
	pipe_open(impl, &s.pipe);
	stream_phase(&s);
	for (unsigned int i = 0; i < s.samples; i++)
		bench_add(series, s.times[i]);
	munmap(s.times, size);
}

static void stream_run(const struct stream_case *c)
{
	for (int phase = 0; phase < STREAM_PHASES; phase++) {
		struct bench_series series[BENCH_IMPLS] = { };
		char name[64];

		snprintf(name, sizeof(name), "%s.%s", c->name, phase_names[phase]);
		if (!bench_wants(name))
			continue;
		for (int i = 0; i < BENCH_IMPLS; i++) {
			if (bench.use[i])
				stream_measure(i, c, phase, &series[i]);
		}
		bench_report(name, c->bar, bench.unit, series);
	}
}

/* --- memory of idle pipes */

/* Bytes per pipe; if @what says true each pipe has passed a page's worth of data before. */
static double idle_memory(enum bench_impl impl, const void *what)
{
	bool used = *(const bool *)what;
	struct crowd *crowd = bench_alloc(sizeof(*crowd));
	char *buffer = bench_alloc(4 * KIB);
	double before, taken;
	int n;

	memset(crowd, 0, sizeof(*crowd));
	before = bench_free_memory();
	for (n = 0; n < LIVE; n++)
		pipe_open(impl, &crowd->pipes[n]);
	for (n = 0; used && n < LIVE; n++)
		transfer(&crowd->pipes[n], buffer, 4 * KIB);
	/* memory held for the next write is given back some time after the last one */
	sleep(used ? 4 : 1);
	taken = (before - bench_free_memory()) / LIVE;
	crowd_close(crowd);
	free(buffer);
	return taken;
}

static void run_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bench_run(&cases[i]);
	for (size_t i = 0; i < ARRAY_SIZE(streams); i++)
		stream_run(&streams[i]);
	bench_memory("pipe.idle_memory", idle_memory, &(const bool){ false });
	bench_memory("pipe.idle_memory_used", idle_memory, &(const bool){ true });
}

int main(int argc, char **argv)
{
	bench_start(argc, argv, run_cases);
	run_cases();
	return 0;
}
