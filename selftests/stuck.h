/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads that are stopped where the kernel copies something to memory of theirs, as long as a
 * test wants: what happens meanwhile happens between two certain steps of a call.
 */
#ifndef KIPC_STUCK_H
#define KIPC_STUCK_H

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Have those stopped who touch the pages of @len bytes at @place; a descriptor, or -1. */
static inline int faults_catch(char *place, size_t len)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (unsigned long)place, len },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int faults = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (faults < 0 || ioctl(faults, UFFDIO_API, &api) || ioctl(faults, UFFDIO_REGISTER, &reg))
		return -1;
	return faults;
}

/* Wait until somebody is stopped. */
static inline bool faults_wait(int faults)
{
	struct uffd_msg msg;

	return read(faults, &msg, sizeof(msg)) == sizeof(msg) &&
	       msg.event == UFFD_EVENT_PAGEFAULT;
}

/* Let them go on: the pages are zeroes until something is written there. */
static inline int faults_let_go(int faults, char *place, size_t len)
{
	struct uffdio_zeropage zero = { .range = { (unsigned long)place, len } };

	return ioctl(faults, UFFDIO_ZEROPAGE, &zero);
}

/* A thread that takes something by a call, and is stopped when it has it. */
struct stuck_taker {
	ssize_t (*take)(struct stuck_taker *taker);
	int from;
	char *page;
	int faults;
	int error;
	pthread_t thread;
};

#define STUCK_PAGE	4096

static inline void *stuck_taker_run(void *arg)
{
	struct stuck_taker *taker = arg;

	errno = 0;
	taker->error = taker->take(taker) < 0 ? errno : 0;
	return NULL;
}

/* Begin, and wait until it is stopped. */
static inline bool stuck_taker_start(struct stuck_taker *taker)
{
	taker->page = mmap(NULL, STUCK_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (taker->page == MAP_FAILED)
		return false;
	taker->faults = faults_catch(taker->page, STUCK_PAGE);
	return taker->faults >= 0 &&
	       !pthread_create(&taker->thread, NULL, stuck_taker_run, taker) &&
	       faults_wait(taker->faults);
}

/* Let it find that there is no memory to copy to; what errno it got, 0 if it did succeed. */
static inline int stuck_taker_fail(struct stuck_taker *taker)
{
	munmap(taker->page, STUCK_PAGE);
	close(taker->faults);
	pthread_join(taker->thread, NULL);
	return taker->error;
}

#endif /* KIPC_STUCK_H */
