// SPDX-License-Identifier: GPL-2.0
/*
 * sem_epoll [PATH]: wait for a semaphore and for something else at once. PATH is that
 * of an instance, see instance.h.
 *
 * semop(2) can wait for semaphores and nothing else, so a program that also has sockets,
 * timers or children to attend to needs a thread for it. A set of kipc has a descriptor:
 * KIPC_IOC_SEM_WATCH says which operations one would like to do, and poll(2), epoll(7)
 * and io_uring report it as readable when they could be done.
 *
 * Here a worker counts what it has finished in a semaphore, and the parent takes that,
 * in an event loop that also learns of the worker's exit. The set has no id and no key:
 * it goes with its last descriptor.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "instance.h"

#define PIECES	50

static int make_set(int kipc)
{
	struct kipc_sem_create create = {
		.flags = KIPC_SEM_CLOEXEC,
		.nsems = 1,
		.mode = 0600,
	};

	return ioctl(kipc, KIPC_IOC_SEM_CREATE, &create) ? complain("cannot make the set") :
							   create.fd;
}

/* The other process. It inherited the descriptor, and knows no instance of kipc. */
static int work(int set)
{
	for (int i = 0; i < PIECES; i++) {
		struct timespec time = { .tv_nsec = i % 10 ? 0 : 20000000 };

		nanosleep(&time, NULL);
		if (ioctl(set, KIPC_IOC_SEM_OP_ONE, KIPC_SEM_ONE(0, 1))) {
			complain("cannot hand over a piece");
			return 1;
		}
	}
	return 0;
}

/* From now on the descriptor is readable while semaphore 0 could be decreased. */
static int watch_set(int set)
{
	struct kipc_sem_op take = { .num = 0, .op = -1 };
	struct kipc_sem_watch watch = { .ops = (uintptr_t)&take, .nops = 1 };

	return ioctl(set, KIPC_IOC_SEM_WATCH, &watch) ? complain("cannot watch the set") : 0;
}

static int add_to_loop(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? complain("epoll_ctl") : 0;
}

/*
 * Take what there is; how much that is, or -1. To see is not to have: others may be
 * quicker, so we must not sleep here.
 */
static int take_all(int set)
{
	int taken = 0;

	while (!ioctl(set, KIPC_IOC_SEM_OP_ONE, KIPC_SEM_ONE(0, -1) | KIPC_SEM_ONE_NOWAIT))
		taken++;
	return errno == EAGAIN ? taken : complain("cannot take a piece");
}

/* Until the worker has exited and all is taken; how much that was, or -1. */
static int loop(int epoll, int set, int worker)
{
	bool exited = false;
	int taken = 0;

	while (!exited) {
		struct epoll_event event;
		int now;

		if (epoll_wait(epoll, &event, 1, -1) < 0) {
			if (errno == EINTR)
				continue;
			return complain("epoll_wait");
		}
		if (event.data.fd == worker) {
			printf("the worker has exited\n");
			exited = true;
		}
		/* after its exit once more: then nothing more can come */
		now = take_all(set);
		if (now < 0)
			return -1;
		taken += now;
	}
	return taken;
}

int main(int argc, char **argv)
{
	int kipc, set, epoll, worker, taken;
	pid_t pid;

	if (argc > 2 || (argc > 1 && *argv[1] == '-')) {
		fprintf(stderr, "usage: sem_epoll [PATH]\n");
		return 2;
	}
	kipc = instance_open(argc > 1 ? argv[1] : NULL);
	if (kipc < 0)
		return 1;
	set = make_set(kipc);
	if (set < 0 || watch_set(set))
		return 1;
	pid = fork();
	if (pid < 0) {
		complain("cannot start the worker");
		return 1;
	}
	if (!pid)
		return work(set);

	worker = syscall(SYS_pidfd_open, pid, 0);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (worker < 0 || epoll < 0) {
		complain("cannot prepare the event loop");
		return 1;
	}
	if (add_to_loop(epoll, set) || add_to_loop(epoll, worker))
		return 1;
	taken = loop(epoll, set, worker);
	if (taken < 0)
		return 1;
	printf("took %d of %d pieces\n", taken, PIECES);
	return taken != PIECES;
}
