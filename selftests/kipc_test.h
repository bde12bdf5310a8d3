/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the selftests share: opening the device, children that are certain to be
 * gone at the end, waiting until a task is really blocked, and data whose every
 * byte tells its place.
 *
 * A child may use EXPECT_*() (not ASSERT_*(), which would run the parent's teardown
 * in it) and ends with child_exit(); the parent expects child_wait() to be 0.
 */
#ifndef KIPC_TEST_H
#define KIPC_TEST_H

#include "kselftest_harness.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include <linux/kipc.h>

#define KIPC_DEVICE	"/dev/" KIPC_DEVICE_NAME
#define KIPC_PARAMETERS	"/sys/module/kipc/parameters/"

/* A bound for what happens at once, on a machine that is very slow and very busy. */
#define DEADLINE_MS	20000

/* Somebody who is not root; the guest need not know a name. */
#define OTHER_UID	1000
#define THIRD_UID	1001

#define POISON		0xA5

/* Whether this is built for libkipc-preload.so. */
#ifdef KIPC_SHIM
#define UNDER_SHIM	true
#else
#define UNDER_SHIM	false
#endif

#define NSEC	1000000000LL

static inline long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

static inline long long now_ms(void)
{
	return now_ns() / 1000000;
}

static inline void nap(void)
{
	struct timespec ts = { .tv_nsec = 200000 };

	nanosleep(&ts, NULL);
}

/* Wait until the next second has begun, so that a time that is set now is another one. */
static inline time_t next_second(void)
{
	time_t now = time(NULL), t;

	while ((t = time(NULL)) == now)
		nap();
	/* the kernel's clock of seconds may be a tick behind */
	for (now = 0; now < 50; now++)
		nap();
	return t;
}

/* For what threads, or processes by shared memory, tell each other. */
#define LOAD(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define STORE(p, n) __atomic_store_n(p, n, __ATOMIC_SEQ_CST)
#define ADD(p, n) __atomic_add_fetch(p, n, __ATOMIC_SEQ_CST)

/* Whether @condition becomes true before the deadline. */
#define EVENTUALLY(condition) ({ \
	long long end__ = now_ms() + DEADLINE_MS; \
	bool held__; \
	while (!(held__ = (condition)) && now_ms() < end__) \
		nap(); \
	held__; \
})

/*
 * Whether a storm goes on: until its time @end, and on a slow machine somewhat longer, as long
 * as not everything in it has @happened.
 */
static inline bool not_yet(long long end, bool happened)
{
	return now_ms() < (happened ? end : end + 3 * DEADLINE_MS);
}

/* --- tasks */

/* What the C library really calls. */
#ifdef SYS_poll
#define CALL_POLL	SYS_poll
#define CALL_EPOLL_WAIT	SYS_epoll_wait
#define CALL_PAUSE	SYS_pause
#else
#define CALL_POLL	SYS_ppoll
#define CALL_EPOLL_WAIT	SYS_epoll_pwait
#define CALL_PAUSE	SYS_ppoll
#endif
#define CALL_OPEN	SYS_openat

#define CHILDREN_MAX 64
static pid_t children[CHILDREN_MAX];

/* fork() a child that dies with its parent and that children_reap() knows. */
static inline pid_t child_fork(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();
	int i;

	if (pid == 0) {
		memset(children, 0, sizeof(children));
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(99);
	}
	for (i = 0; pid > 0 && i < CHILDREN_MAX; i++) {
		if (!children[i]) {
			children[i] = pid;
			break;
		}
	}
	return pid;
}

static inline void child_forget(pid_t pid)
{
	int i;

	for (i = 0; i < CHILDREN_MAX; i++)
		if (children[i] == pid)
			children[i] = 0;
}

/* The exit status of a child, 128 + the signal that killed it, -1 if it lives on. */
static inline int child_wait(pid_t pid)
{
	int status;

	if (!EVENTUALLY(waitpid(pid, &status, WNOHANG) != 0))
		return -1;
	child_forget(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* As child_wait(), for one that has much to do, or that reclaim keeps busy. */
static inline int child_wait_long(pid_t pid)
{
	int status = -1, i;

	for (i = 0; i < 6 && status < 0; i++)
		status = child_wait(pid);
	return status;
}

static inline int child_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	return child_wait(pid);
}

static inline void children_reap(void)
{
	int i;

	for (i = 0; i < CHILDREN_MAX; i++)
		if (children[i])
			child_kill(children[i]);
}

#define child_exit() _exit(_metadata->passed ? 0 : 1)

/* The number that the next file will get. */
static inline int lowest_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* The letter of the task's state, 0 if there is no such task. */
static inline char task_state(pid_t tid)
{
	char path[64], line[512] = "", *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	f = fopen(path, "r");
	if (!f)
		return 0;
	end = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	return end && end[1] == ' ' ? end[2] : 0;
}

/* Whether the task sleeps, interruptibly, in the system call @nr. */
static inline bool task_is_blocked(pid_t tid, long nr)
{
	char path[64], line[512];
	bool asleep;
	FILE *f;

	if (task_state(tid) != 'S')
		return false;
	snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
	f = fopen(path, "r");
	if (!f)
		return false;
	asleep = fgets(line, sizeof(line), f) && line[0] != 'r' && strtol(line, NULL, 10) == nr;
	fclose(f);
	return asleep;
}

/* Whether a signal waits to be handled by the task. */
static inline bool signals_pending(pid_t tid)
{
	unsigned long long mask, sum = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "r");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "SigPnd: %llx", &mask) == 1 ||
		    sscanf(line, "ShdPnd: %llx", &mask) == 1)
			sum |= mask;
	fclose(f);
	return sum;
}

static inline bool wait_blocked(pid_t tid, long nr)
{
	return EVENTUALLY(task_is_blocked(tid, nr));
}

/* The child, if it was made and comes to sleep in the system call; or -1. */
static inline pid_t asleep_in(pid_t pid, long nr)
{
	return pid > 0 && wait_blocked(pid, nr) ? pid : -1;
}

/* Become an ordinary user, for good. */
static inline int become(uid_t uid)
{
	if (syscall(SYS_setgroups, 0, NULL) || setresgid(uid, uid, uid) ||
	    setresuid(uid, uid, uid))
		return -1;
	/* a changed uid forgets it */
	return prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static inline void *shared_alloc(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* An address that nothing can be at, which the compiler must not know. */
static inline void *nowhere(void)
{
	void *p = NULL;

	__asm__("" : "+r" (p));
	return p;
}

/* @pages writable pages, followed by one that is not mapped. */
static inline char *edge_alloc(size_t pages)
{
	size_t page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	munmap(p + pages * page, page);
	return p;
}

/* --- signals */

/*
 * Not static: some calls are declared such that the compiler believes that nothing in this
 * file, no handler either, runs in them.
 */
int signals_seen;

static inline void on_signal(int sig)
{
	if (sig)
		signals_seen++;
}

static inline void handle_signal(int sig, int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	signals_seen = 0;
	sigaction(sig, &action, NULL);
}

static inline void block_signal(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Take the pending blocked signal @sig, waiting @ms for it: 0, or -1 if none came. */
static inline int take_signal(int sig, siginfo_t *info, int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, info, &ts) == sig ? 0 : -1;
}

/* --- data */

static inline unsigned char pattern_byte(size_t at)
{
	return at * 31 + (at >> 8) * 7 + (at >> 16) * 3;
}

/* Fill @buf with what belongs at offset @at of the stream. */
static inline void pattern(void *buf, size_t len, size_t at)
{
	unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = pattern_byte(at + i);
}

static inline bool is_pattern(const void *buf, size_t len, size_t at)
{
	const unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != pattern_byte(at + i))
			return false;
	return true;
}

static inline bool is_all(const void *buf, int byte, size_t len)
{
	const unsigned char *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != (unsigned char)byte)
			return false;
	return true;
}

/*
 * Whether these four bytes are what a variable on the stack, an object of a slab cache or a page
 * holds before it is written to or when it is freed, on the kernels that look for errors
 * (scripts/build-module.sh, qemu/run.sh). A byte or two may happen to have that value.
 */
static inline bool is_undefined(const void *word)
{
	static const unsigned char undefined[] = { 0xfe, 0x5a, 0x6b, 0xaa, 0xcc };
	size_t i;

	for (i = 0; i < sizeof(undefined); i++)
		if (is_all(word, undefined[i], 4))
			return true;
	return false;
}

/* Whether all of two outputs is defined that went to buffers filled with different bytes. */
static inline bool is_defined(const void *one, const void *other, size_t len)
{
	size_t at;

	for (at = 0; at + 4 <= len; at += 4)
		if (is_undefined((const char *)one + at))
			return false;
	return !memcmp(one, other, len);
}

/* --- files */

static inline int set_flag(int fd, int flag, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	return fcntl(fd, F_SETFL, on ? flags | flag : flags & ~flag);
}

static inline int bytes_in(int fd)
{
	int n = -1;

	return ioctl(fd, FIONREAD, &n) ? -1 : n;
}

static inline int poll_now(int fd, int events)
{
	struct pollfd pfd = { .fd = fd, .events = events };

	return poll(&pfd, 1, 0) < 0 ? -1 : pfd.revents;
}

#define POLL_ALL (POLLIN | POLLRDNORM | POLLPRI | POLLOUT | POLLWRNORM | POLLRDHUP)

/* Write as much of the pattern, from offset 0 on, as the pipe takes. */
static inline ssize_t fill(int fd)
{
	bool blocking = !(fcntl(fd, F_GETFL) & O_NONBLOCK);
	unsigned char buf[PIPE_BUF];
	ssize_t sum = 0, n;

	if (blocking)
		set_flag(fd, O_NONBLOCK, true);
	do {
		pattern(buf, sizeof(buf), sum);
		n = write(fd, buf, sizeof(buf));
		if (n > 0)
			sum += n;
	} while (n > 0);
	if (blocking)
		set_flag(fd, O_NONBLOCK, false);
	return n < 0 && errno == EAGAIN ? sum : -1;
}

/* Read exactly @len bytes of the pattern, from offset @at on, in whatever pieces. */
static inline bool read_pattern(int fd, size_t len, size_t at)
{
	unsigned char buf[5000];
	ssize_t n;

	while (len) {
		n = read(fd, buf, len < sizeof(buf) ? len : sizeof(buf));
		if (n <= 0 || !is_pattern(buf, n, at))
			return false;
		len -= n;
		at += n;
	}
	return true;
}

static inline bool write_pattern(int fd, size_t len, size_t at)
{
	unsigned char buf[5000];
	size_t part;

	while (len) {
		part = len < sizeof(buf) ? len : sizeof(buf);
		pattern(buf, part, at);
		if (write(fd, buf, part) != (ssize_t)part)
			return false;
		len -= part;
		at += part;
	}
	return true;
}

static inline int file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static inline long long param_get(const char *name)
{
	char path[128], buf[64] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), KIPC_PARAMETERS "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	return n > 0 ? strtoll(buf, NULL, 10) : -1;
}

static inline int param_set(const char *name, long long value)
{
	char path[128], buf[32];

	snprintf(path, sizeof(path), KIPC_PARAMETERS "%s", name);
	snprintf(buf, sizeof(buf), "%lld", value);
	return file_write(path, buf);
}

/* --- the device */

static inline int kipc_open(void)
{
	return open(KIPC_DEVICE, O_RDWR | O_CLOEXEC);
}

/* Like pipe2(), but with KIPC_PIPE_* and a capacity. */
static inline int kipc_pipe(int dev, int fds[2], unsigned int flags, unsigned long long size)
{
	struct kipc_pipe_create arg = { .flags = flags, .size = size, .rfd = -1, .wfd = -1 };

	if (ioctl(dev, KIPC_IOC_PIPE_CREATE, &arg))
		return -1;
	fds[0] = arg.rfd;
	fds[1] = arg.wfd;
	return 0;
}

/* pipe2() by the implementation under test: the kernel's if @dev is -1. */
static inline int pipe_make(int dev, int fds[2], int flags)
{
#ifdef KIPC_SHIM
	dev = -1;
#endif
	if (dev < 0)
		return pipe2(fds, flags);
	return kipc_pipe(dev, fds, (flags & O_CLOEXEC ? KIPC_PIPE_CLOEXEC : 0) |
			 (flags & O_NONBLOCK ? KIPC_PIPE_NONBLOCK : 0) |
			 (flags & O_DIRECT ? KIPC_PIPE_PACKET : 0), 0);
}

static inline struct kipc_stats stats_of(int dev)
{
	struct kipc_stats stats;

	memset(&stats, POISON, sizeof(stats));
	ioctl(dev, KIPC_IOC_STATS, &stats);
	return stats;
}

static inline struct kipc_pipe_stat stat_of(int fd)
{
	struct kipc_pipe_stat stat;

	memset(&stat, POISON, sizeof(stat));
	ioctl(fd, KIPC_IOC_PIPE_STAT, &stat);
	return stat;
}

/* Whether the counts of what lives come back to @before: the last step of a close is
 * not always done when the close has returned.
 */
static inline bool stats_return_to(int dev, const struct kipc_stats *before)
{
	struct kipc_stats now;
	bool same;

	same = EVENTUALLY((now = stats_of(dev), now.pipes == before->pipes &&
			   now.fifos == before->fifos && now.user_pages == before->user_pages));
	if (!same)
		printf("# pipes %llu -> %llu, fifos %llu -> %llu, user_pages %llu -> %llu\n",
		       before->pipes, now.pipes, before->fifos, now.fifos,
		       before->user_pages, now.user_pages);
	return same;
}

#endif /* KIPC_TEST_H */
