// SPDX-License-Identifier: GPL-2.0
/*
 * Calls on the device. Each has a descriptor for as long as it lasts. Meanwhile another thread
 * may fork, or close descriptors that it does not know; so may the handler of a signal, or it
 * leaves by siglongjmp(3) and never comes back; and the thread may be cancelled.
 *
 * So the use of a descriptor is noted. The child of a fork closes what is noted, as nobody in it
 * would; a thread, when it makes its next call, what it has left behind. Whose descriptor was
 * closed under it opens another one.
 */
#include "shim.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>

/* Changed by compare-and-exchange of @use alone, which is that of the thread meanwhile. */
struct shim_note {
	const struct shim_use *use;	/* NULL: free */
	pthread_t thread;		/* 0: not known yet */
	int fd;				/* -1: being opened */
};

/*
 * How many uses have ended: one that ended while a fork was made may have been copied. Each
 * thread that forks remembers how many there were before.
 */
static size_t ended;
static __thread size_t ended_before __attribute__((tls_model("initial-exec")));

#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define STORE(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELEASE)

static struct shim_note notes[256];
/* More than there was room for: those are known by their marks alone. */
static bool is_overfull;
/* how many of them were ever used */
static size_t notes_end;
/* the user of a note whose descriptor is being closed */
static const struct shim_use closing;

static bool change_user(struct shim_note *note, const struct shim_use *from,
			const struct shim_use *to)
{
	return __atomic_compare_exchange_n(&note->use, &from, to, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

static void free_note(struct shim_note *note)
{
	STORE(note->thread, 0);
	STORE(note->fd, -1);
	__atomic_add_fetch(&ended, 1, __ATOMIC_ACQ_REL);
	STORE(note->use, NULL);
}

/* What has got its number since, which may be long ago, must not be closed. */
static void close_ours(int fd)
{
	if (shim_is_ours(fd))
		SHIM_RAW(SYS_close, fd);
}

/*
 * Close what this thread has left behind. Or it has not: if this is called by a handler, the
 * call that it interrupts finds its descriptor closed, and opens another.
 */
static void collect(void)
{
	pthread_t self = pthread_self();
	size_t i, end = LOAD(notes_end);

	for (i = 0; i < end; i++) {
		struct shim_note *note = &notes[i];
		const struct shim_use *use;
		int fd;

		if (LOAD(note->thread) != self)
			continue;
		use = LOAD(note->use);
		fd = LOAD(note->fd);
		if (!use || use == &closing || fd < 0 || !change_user(note, use, &closing))
			continue;
		close_ours(fd);
		free_note(note);
	}
}

static struct shim_note *find_note(const struct shim_use *use)
{
	size_t i, end = LOAD(notes_end);

	for (i = 0; i < ARRAY_SIZE(notes); i++) {
		if (!change_user(&notes[i], NULL, use))
			continue;
		STORE(notes[i].fd, -1);
		STORE(notes[i].thread, pthread_self());
		while (end <= i && !__atomic_compare_exchange_n(&notes_end, &end, i + 1, false,
								__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			;
		return &notes[i];
	}
	STORE(is_overfull, true);
	return NULL;
}

int shim_begin(struct shim_use *use)
{
	collect();
	use->note = find_note(use);
	use->fd = shim_open();
	if (use->note && use->fd < 0)
		free_note(use->note);
	else if (use->note)
		STORE(use->note->fd, use->fd);
	return use->fd;
}

bool shim_take(struct shim_use *use)
{
	return !use->note || change_user(use->note, use, &closing);
}

void shim_forget(struct shim_use *use)
{
	if (use->note)
		free_note(use->note);
}

void shim_end(struct shim_use *use)
{
	if (!shim_take(use))
		return;
	/* others may have closed it, however short the call was, and have its number by now */
	if (shim_is_still_ours(use->fd))
		SHIM_RAW(SYS_close, use->fd);
	shim_forget(use);
}

static void end_cancelled(void *use)
{
	shim_end(use);
}

/* --- forks */

/* What another thread was just opening or closing is known by its marks alone. */
static void close_all_of_ours(void)
{
	struct rlimit64 limit = { .rlim_cur = 1024 };
	int fd, end;

	SHIM_RAW(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
	end = limit.rlim_cur < 65536 ? limit.rlim_cur + SHIM_MORE_FDS : 65536;
	for (fd = 0; fd < end; fd++)
		close_ours(fd);
}

static void count_in_parent(void)
{
	ended_before = LOAD(ended);
}

static void forget_in_child(void)
{
	bool is_hidden = is_overfull || ended != ended_before;
	size_t i;

	for (i = 0; i < notes_end; i++) {
		struct shim_note *note = &notes[i];

		if (note->use && note->fd < 0)
			is_hidden = true;
		else if (note->use)
			close_ours(note->fd);
		free_note(note);
	}
	if (is_hidden)
		close_all_of_ours();
}

static __attribute__((constructor)) void watch_forks(void)
{
	pthread_atfork(count_in_parent, NULL, forget_in_child);
}

/* --- calls */

static long ioctl_once(unsigned int cmd, void *arg)
{
	struct shim_use use;
	int fd = shim_begin(&use);
	long ret;

	if (fd < 0)
		return shim_lost(-fd);
	ret = shim_filtered(fd, SHIM_RAW(SYS_ioctl, fd, cmd, arg));
	shim_end(&use);
	return ret;
}

long shim_ioctl(unsigned int cmd, void *arg)
{
	int tries = SHIM_TRIES;
	long ret;

	do {
		ret = ioctl_once(cmd, arg);
	} while (shim_is_lost(ret) && --tries);
	return tries ? ret : shim_lost(-ret);
}

static long sleep_cancellable(struct shim_use *use, unsigned int cmd, void *arg)
{
	int type, old;
	long ret;

	pthread_cleanup_push(end_cancelled, use);
	/* acts upon a request that came before, too */
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
	ret = SHIM_RAW(SYS_ioctl, use->fd, cmd, arg);
	pthread_setcanceltype(type, &old);
	pthread_cleanup_pop(0);
	return ret;
}

static long sleep_once(unsigned int cmd, void *arg, bool is_cancellable)
{
	struct shim_use use;
	int fd = shim_begin(&use);
	long ret;

	if (fd < 0)
		return shim_lost(-fd);
	if (is_cancellable && !__libc_single_threaded)
		ret = sleep_cancellable(&use, cmd, arg);
	else
		ret = SHIM_RAW(SYS_ioctl, fd, cmd, arg);
	ret = shim_filtered(fd, ret);
	shim_end(&use);
	return ret;
}

long shim_ioctl_sleep(unsigned int cmd, void *arg, bool is_cancellable)
{
	int tries = SHIM_TRIES;
	long ret;

	do {
		ret = sleep_once(cmd, arg, is_cancellable);
	} while (shim_is_lost(ret) && --tries);
	return tries ? ret : shim_lost(-ret);
}
