// SPDX-License-Identifier: GPL-2.0
/*
 * Signals of a process, which has them all blocked, and those of kipc's signal queues: a
 * process stands against the subscriber of a queue, sigtimedwait(2) against KIPC_IOC_SIG_WAIT,
 * signalfd(2) against read(2) on the subscriber's descriptor.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#include <linux/kipc.h>

#define STANDARD	SIGUSR1
/* the C library keeps the first ones for itself, in both, so that the numbers are the same */
#define REAL_TIME	40
/* what only waits: it is taken after the others */
#define LAST		KIPC_SIG_MAX
/* so many may wait in a new queue */
#define SIGQMAX		1024

static sigset_t measured;

/**
 * struct mailbox - where one process gets its signals
 * @impl: whose they are
 * @fd: a signalfd, or the subscriber's descriptor
 * @to: the process; of kipc the subscriber's number, or KIPC_SIG_GROUP
 */
struct mailbox {
	enum bench_impl impl;
	int fd;
	int to;
};

static struct kipc_sig_subscribe subscribe(int queue)
{
	struct kipc_sig_subscribe subscribe = { .id = KIPC_ID_SELF, .flags = KIPC_SIG_CLOEXEC };

	bench_check(!ioctl(queue, KIPC_IOC_SIG_SUBSCRIBE, &subscribe), "KIPC_IOC_SIG_SUBSCRIBE");
	return subscribe;
}

static int queue_create(void)
{
	struct kipc_sig_create create = { .flags = KIPC_SIG_CLOEXEC, .mode = 0600 };

	bench_check(!ioctl(bench.device, KIPC_IOC_SIG_CREATE, &create), "KIPC_IOC_SIG_CREATE");
	return create.fd;
}

/* So many signals may wait; that takes root. */
static void queue_enlarge(int queue, unsigned int signals)
{
	struct kipc_sig_set set = {
		.set = { .id = KIPC_ID_SELF, .mode = 0600, .uid = geteuid(), .gid = getegid() },
		.limit = signals,
	};

	bench_check(!ioctl(queue, KIPC_IOC_SIG_SET, &set), "KIPC_IOC_SIG_SET");
}

static int signalfd_create(void)
{
	int fd = signalfd(-1, &measured, SFD_CLOEXEC);

	bench_check(fd >= 0, "signalfd");
	return fd;
}

static bool mailbox_send(const struct mailbox *from, const struct mailbox *to, int signo)
{
	struct kipc_sig_send send;

	if (from->impl == BENCH_NATIVE && signo == STANDARD)
		return !kill(to->to, signo);
	if (from->impl == BENCH_NATIVE)
		return !sigqueue(to->to, signo, (union sigval){ .sival_int = 1 });
	send = (struct kipc_sig_send){
		.id = KIPC_ID_SELF,
		.to = to->to,
		.signo = signo,
		.code = signo == STANDARD ? SI_USER : SI_QUEUE,
		.value = 1,
	};
	return !ioctl(from->fd, KIPC_IOC_SIG_SEND, &send);
}

static bool mailbox_wait(const struct mailbox *m, int signo)
{
	struct kipc_sig_wait wait;
	siginfo_t info;

	if (m->impl == BENCH_NATIVE)
		return sigwaitinfo(&measured, &info) == signo;
	wait = (struct kipc_sig_wait){ .set = ~0ULL, .timeout = KIPC_TIMEOUT_NONE };
	return !ioctl(m->fd, KIPC_IOC_SIG_WAIT, &wait) && wait.signo == signo;
}

static bool mailbox_read(const struct mailbox *m, int signo)
{
	struct signalfd_siginfo info;

	return read(m->fd, &info, sizeof(info)) == sizeof(info) && (int)info.ssi_signo == signo;
}

/* --- a process sends to itself; and to a child, which answers */

/**
 * struct sig_case - a case, with what it does
 * @base: what bench_run() looks at; first, so that open() finds the rest
 * @signo: what is sent
 * @take: how it is taken
 * @waiting: so many others wait all the time, and are taken after it
 */
struct sig_case {
	struct bench_case base;
	int signo;
	bool (*take)(const struct mailbox *m, int signo);
	unsigned int waiting;
};

struct work {
	const struct sig_case *c;
	struct mailbox own;
	struct mailbox peer;
	pid_t child;
};

static void *self_open(enum bench_impl impl, const struct bench_case *base)
{
	struct work *w = bench_alloc(sizeof(*w));
	int queue;

	w->c = (const struct sig_case *)base;
	w->own.impl = impl;
	if (impl == BENCH_NATIVE) {
		w->own.fd = signalfd_create();
		w->own.to = getpid();
	} else {
		queue = queue_create();
		if (w->c->waiting > SIGQMAX)
			queue_enlarge(queue, w->c->waiting);
		w->own.fd = subscribe(queue).fd;
		w->own.to = KIPC_SIG_GROUP;
		close(queue);
	}
	for (unsigned int i = 0; i < w->c->waiting; i++)
		bench_check(mailbox_send(&w->own, &w->own, LAST), "cannot send so many signals");
	return w;
}

static void self_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--) {
		if (!mailbox_send(&w->own, &w->own, w->c->signo) ||
		    !w->c->take(&w->own, w->c->signo))
			bench_check(false, "send and take");
	}
}

static void self_close(void *object)
{
	struct work *w = object;

	if (w->own.impl == BENCH_NATIVE) {
		for (unsigned int i = 0; i < w->c->waiting; i++)
			bench_check(mailbox_wait(&w->own, LAST), "sigwaitinfo");
	}
	close(w->own.fd);
	free(w);
}

static noreturn void child_run(struct work *w)
{
	while (w->c->take(&w->peer, w->c->signo)) {
		if (!mailbox_send(&w->peer, &w->own, w->c->signo))
			break;
	}
	_exit(1);
}

static void *ping_pong_open(enum bench_impl impl, const struct bench_case *base)
{
	struct work *w = bench_alloc(sizeof(*w));
	struct kipc_sig_subscribe ours, its;
	int queue;

	w->c = (const struct sig_case *)base;
	if (impl == BENCH_NATIVE) {
		w->own = (struct mailbox){ impl, signalfd_create(), getpid() };
		w->peer = (struct mailbox){ impl, signalfd_create(), 0 };
	} else {
		queue = queue_create();
		ours = subscribe(queue);
		its = subscribe(queue);
		w->own = (struct mailbox){ impl, ours.fd, ours.number };
		w->peer = (struct mailbox){ impl, its.fd, its.number };
		close(queue);
	}
	w->child = bench_fork();
	if (!w->child)
		child_run(w);
	if (impl == BENCH_NATIVE)
		w->peer.to = w->child;
	return w;
}

static void ping_pong_run(void *object, unsigned int n)
{
	struct work *w = object;

	while (n--) {
		if (!mailbox_send(&w->own, &w->peer, w->c->signo) ||
		    !w->c->take(&w->own, w->c->signo))
			bench_check(false, "ping-pong");
	}
}

static void ping_pong_close(void *object)
{
	struct work *w = object;

	kill(w->child, SIGKILL);
	waitpid(w->child, NULL, 0);
	close(w->own.fd);
	close(w->peer.fd);
	free(w);
}

/* --- a subscriber's whole life, which the queue is part of; a signalfd's, which has none */

static void *life_open(enum bench_impl impl, const struct bench_case *base)
{
	enum bench_impl *object = bench_alloc(sizeof(*object));

	(void)base;
	*object = impl;
	return object;
}

static void create_close_run(void *object, unsigned int n)
{
	const enum bench_impl *impl = object;
	int queue;

	while (n--) {
		if (*impl == BENCH_NATIVE) {
			close(signalfd_create());
		} else {
			queue = queue_create();
			close(subscribe(queue).fd);
			close(queue);
		}
	}
}

#define CASE(name, batch, open, run, close) \
	{ "sig." name, 0, 301, batch, 0, open, run, close }
#define SELF(name, batch)	CASE(name, batch, self_open, self_run, self_close)
#define PING_PONG(name)		CASE(name, 20, ping_pong_open, ping_pong_run, ping_pong_close)

static const struct sig_case cases[] = {
	{ SELF("send_wait", 100), REAL_TIME, mailbox_wait, 0 },
	{ SELF("send_read", 100), REAL_TIME, mailbox_read, 0 },
	{ SELF("send_wait_standard", 100), STANDARD, mailbox_wait, 0 },
	{ SELF("send_wait.queued_1000", 20), REAL_TIME, mailbox_wait, 1000 },
	{ PING_PONG("ping_pong_wait"), REAL_TIME, mailbox_wait, 0 },
	{ PING_PONG("ping_pong_read"), REAL_TIME, mailbox_read, 0 },
	{ CASE("create_close", 32, life_open, create_close_run, free), 0, NULL, 0 },
};

/* --- memory of signals that wait: many, as for messages */

#define MEMORY_CASE	"sig.queued_memory"
#define LIVE		10000

static double queued_memory(enum bench_impl impl, const void *what)
{
	static const struct sig_case filled = { .waiting = LIVE };
	double before = bench_free_memory(), taken;
	struct work *w = self_open(impl, &filled.base);

	(void)what;
	sleep(1);
	taken = (before - bench_free_memory()) / LIVE;
	self_close(w);
	return taken;
}

static void memory_run(void)
{
	struct rlimit pending = { LIVE, LIVE };

	if (!bench_wants(MEMORY_CASE))
		return;
	if (setrlimit(RLIMIT_SIGPENDING, &pending) || geteuid())
		printf("# " MEMORY_CASE " is not measured: that takes root\n");
	else
		bench_memory(MEMORY_CASE, queued_memory, NULL);
}

static void run_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		bench_run(&cases[i].base);
	memory_run();
}

int main(int argc, char **argv)
{
	sigemptyset(&measured);
	sigaddset(&measured, STANDARD);
	sigaddset(&measured, REAL_TIME);
	sigaddset(&measured, LAST);
	bench_check(!sigprocmask(SIG_BLOCK, &measured, NULL), "sigprocmask");
	bench_start(argc, argv, run_cases);
	run_cases();
	return 0;
}
