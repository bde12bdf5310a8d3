/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two implementations in lockstep: on each of two sides there are the same processes, the
 * actors, which are told to make the same calls in the same order, one at a time. After each
 * step all that either side answers, and who sleeps, must be the same.
 *
 * What is different by nature is made the same before it is compared: ids are told by the
 * order of their coming ("slots"), processes by the order of their birth, and times by the
 * number of the step in which they were taken: the clock is set forward before each step.
 *
 * Actor 0 of each side only looks. A program that includes this says what the steps are, by
 * the functions that are declared below.
 */
#ifndef KIPC_LOCKSTEP_H
#define KIPC_LOCKSTEP_H

#include "mounts.h"

#include <setjmp.h>
#include <sys/socket.h>

enum { NATIVE, KIPC, SIDES };
enum { ACTORS = 6, KINDS = 3, SLOTS = 64, SEMS = 16, BIRTHS = 400, ARGS = 16, TEXT = 40000 };

/* The descriptors of an actor. An exec keeps them. */
enum { FD_COMMON = 200, FD_DEV, FD_ACTOR };

/* Seconds from one step to the next, on the clock that both sides look at. */
#define STEP_SECONDS	1000

struct step {
	int op;
	long arg[ARGS];
};

struct answer {
	long ret;
	int error;
	char text[TEXT];
};

/* What all actors of a side know. */
struct common {
	int which;
	time_t began;
	int nids[KINDS];
	int ids[KINDS][SLOTS];
	/* of each id: what it was made with; whether there is no such object any more */
	long size[KINDS][SLOTS];
	bool gone[KINDS][SLOTS];
	/* semaphores: a process has ended since the last operation */
	bool otime_unknown[SLOTS];
	/* and their values, of a set the first few */
	int values[SLOTS][SEMS];
	/* a pipe: something was spliced since the last read, or write */
	bool atime_unknown, mtime_unknown;
	/* and: something was written from a bad address since it was empty; a large write sleeps */
	bool empty_slots, large_write;
	/* message queues: how full they are, and the type of the first message */
	long queued[SLOTS], bytes[SLOTS], room[SLOTS], first_type[SLOTS];
	int births;
	pid_t pids[BIRTHS];
};

struct side {
	struct common *common;
	int sock[ACTORS];
	pid_t pid[ACTORS];
	int pidfd[ACTORS];
	struct answer answer;
};

/* Steps that every program has. */
enum { LOOK, FORK, EXEC, EXIT, BECOME, STEPS_COMMON };

/* --- to be said by the program */

/* What the first actor of a side does when it is born; the others inherit it. 0 or -1. */
static int side_prepare(int which);
/* What an actor does when it is born, or has executed this program again. */
static void actor_prepare(void);
/* Make the step; LOOK: say all that can be seen of this side. */
static void actor_do(const struct step *step, struct answer *answer);
/* The system calls of both sides that a step may sleep in. */
static bool may_sleep_in(int which, long nr);

/* --- in the actors */

static struct common *common;
static int me;
static sigjmp_buf after_fault;

static inline void on_fault(int sig)
{
	siglongjmp(after_fault, sig);
}

__attribute__((format(printf, 2, 3)))
static inline void say(struct answer *answer, const char *format, ...)
{
	size_t used = strlen(answer->text);
	va_list args;

	va_start(args, format);
	vsnprintf(answer->text + used, sizeof(answer->text) - used, format, args);
	va_end(args);
}

static inline int slot_of(int kind, int id)
{
	int i;

	for (i = common->nids[kind] - 1; i >= 0; i--)
		if (common->ids[kind][i] == id)
			return i;
	return -1;
}

/* A slot, or a negative number for an id that nothing has. */
static inline int id_of(int kind, long slot)
{
	static const int bad[] = { -1, INT_MAX, 12345, -100 };

	return slot < 0 ? bad[(-slot - 1) % ARRAY_SIZE(bad)] : common->ids[kind][slot];
}

/* The number of a process, by the order of birth; 0 for none, -1 for others. */
static inline int birth_of(pid_t pid)
{
	int i;

	if (!pid)
		return 0;
	for (i = common->births - 1; i >= 0; i--)
		if (common->pids[i] == pid)
			return i + 1;
	return -1;
}

/* The step in which a time was taken, 0 for never. */
static inline long step_of(time_t t)
{
	return t ? (t - common->began) / STEP_SECONDS : 0;
}

static inline void actor_answer(struct answer *answer)
{
	size_t size = offsetof(struct answer, text) + strlen(answer->text) + 1;

	if (send(FD_ACTOR + me, answer, size, 0) != (ssize_t)size)
		_exit(90);
}

static inline int actor_become(const struct step *step)
{
	gid_t group = step->arg[2];

	if (seteuid(0) || setegid(0))
		return -1;
	if (syscall(SYS_setgroups, step->arg[2] ? 1 : 0, &group) || setegid(step->arg[1]))
		return -1;
	return seteuid(step->arg[0]);
}

__attribute__((noreturn)) static inline void actor_exec(void)
{
	char number[12];

	snprintf(number, sizeof(number), "%d", me);
	execl("/proc/self/exe", "lockstep", "--actor", number, NULL);
	_exit(91);
}

static inline void actor_run(void)
{
	static struct answer answer;
	struct sigaction fault = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	struct step step;

	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGBUS, &fault, NULL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	handle_signal(SIGUSR1, 0);
	actor_prepare();
	while (recv(FD_ACTOR + me, &step, sizeof(step), 0) == sizeof(step)) {
		memset(&answer, 0, offsetof(struct answer, text) + 1);
		errno = 0;
		switch (step.op) {
		case FORK:
			answer.ret = fork();
			if (!answer.ret) {
				me = step.arg[0];
				continue;
			}
			break;
		case EXEC:
			actor_exec();
		case EXIT:
			_exit(0);
		case BECOME:
			answer.ret = actor_become(&step);
			break;
		default:
			actor_do(&step, &answer);
		}
		if (answer.ret < 0 && !answer.error)
			answer.error = errno;
		actor_answer(&answer);
	}
	_exit(0);
}

/* This program again, as an actor that has executed it. */
__attribute__((constructor)) static void actor_after_exec(int argc, char **argv)
{
	static struct answer answer;

	if (argc != 3 || strcmp(argv[1], "--actor"))
		return;
	me = atoi(argv[2]);
	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE, MAP_SHARED, FD_COMMON, 0);
	if (common == MAP_FAILED)
		_exit(92);
	actor_answer(&answer);
	actor_run();
}

/* --- with the one who compares them */

/* The clock is set; what it was is known by the one that is not. */
static inline long long clock_lag(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * NSEC + now.tv_nsec - now_ns();
}

static inline int clock_put(long long ns)
{
	struct timespec now = { .tv_sec = ns / NSEC, .tv_nsec = ns % NSEC };

	return clock_settime(CLOCK_REALTIME, &now);
}

static inline void side_clear(struct side *side)
{
	int i;

	memset(side, 0, offsetof(struct side, answer));
	for (i = 0; i < ACTORS; i++) {
		side->sock[i] = -1;
		side->pidfd[i] = -1;
	}
}

/* Note that the actor @n has been born as @pid. */
static inline int side_note_birth(struct side *side, int n, pid_t pid)
{
	side->pid[n] = pid;
	side->pidfd[n] = syscall(SYS_pidfd_open, pid, 0);
	side->common->pids[side->common->births++] = pid;
	return side->pidfd[n] < 0 ? -1 : 0;
}

static inline void first_actor(int which, int memory, int ends[ACTORS])
{
	static struct answer ready;
	int i;

	if (dup2(memory, FD_COMMON) < 0)
		_exit(93);
	for (i = 0; i < ACTORS; i++)
		if (dup2(ends[i], FD_ACTOR + i) < 0)
			_exit(93);
	if (side_prepare(which))
		_exit(94);
	actor_answer(&ready);
	actor_run();
}

/* The first actor of the side; 0 or -1. */
static inline int side_begin(struct side *side, int which)
{
	int memory = memfd_create("lockstep", MFD_CLOEXEC), ends[ACTORS], pair[2], i;
	pid_t pid;

	side_clear(side);
	if (memory < 0 || ftruncate(memory, sizeof(*common)))
		return -1;
	side->common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (side->common == MAP_FAILED)
		return -1;
	side->common->which = which;
	for (i = 0; i < ACTORS; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
			return -1;
		side->sock[i] = pair[0];
		ends[i] = pair[1];
	}
	pid = child_fork();
	if (!pid) {
		common = side->common;
		/* so that they see the end of who compares */
		for (i = 0; i < ACTORS; i++)
			close(side->sock[i]);
		first_actor(which, memory, ends);
	}
	close(memory);
	for (i = 0; i < ACTORS; i++)
		close(ends[i]);
	if (pid < 0 || side_note_birth(side, 0, pid))
		return -1;
	/* it is ready before the clock is set again */
	return recv(side->sock[0], &side->answer, sizeof(side->answer), 0) > 0 ? 0 : -1;
}

/* Wait for an actor that ends; whatever it leaves to be done is done then. */
static inline int actor_gone(struct side *side, int n)
{
	struct pollfd pfd = { .fd = side->pidfd[n], .events = POLLIN };
	int ret = poll(&pfd, 1, 3 * DEADLINE_MS) == 1 ? 0 : -1;

	close(side->pidfd[n]);
	side->pidfd[n] = -1;
	side->pid[n] = 0;
	return ret;
}

static inline int actor_kill(struct side *side, int n)
{
	kill(side->pid[n], SIGKILL);
	return actor_gone(side, n);
}

static inline int side_end(struct side *side)
{
	pid_t first = side->pid[0];
	int i, ret = 0;

	for (i = ACTORS - 1; i >= 0; i--) {
		if (side->pid[i])
			ret |= actor_kill(side, i);
		if (side->sock[i] >= 0)
			close(side->sock[i]);
	}
	if (first)
		child_wait(first);
	if (side->common && side->common != MAP_FAILED)
		munmap(side->common, sizeof(*common));
	side_clear(side);
	return ret;
}

static inline int actor_tell(struct side *side, int n, const struct step *step)
{
	return send(side->sock[n], step, sizeof(*step), 0) == sizeof(*step) ? 0 : -1;
}

/* Whether the task sleeps in a call that a step may sleep in. */
static inline bool actor_sleeps(const struct side *side, int n)
{
	char path[64], line[256];
	bool sleeps = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/syscall", side->pid[n]);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f) && line[0] != 'r')
		sleeps = may_sleep_in(side->common->which, strtol(line, NULL, 10)) &&
			 task_is_blocked(side->pid[n], strtol(line, NULL, 10));
	if (f)
		fclose(f);
	return sleeps;
}

enum { ANSWERED, ASLEEP, LOST };

/*
 * What comes of a step: side->answer, or the actor sleeps. @patience: so many milliseconds are
 * waited for an answer before it is looked at what the actor does, which takes long.
 */
static inline int actor_settle(struct side *side, int n, int patience)
{
	struct pollfd pfd = { .fd = side->sock[n], .events = POLLIN };
	long long end = now_ms() + 3 * DEADLINE_MS;

	while (now_ms() < end) {
		if (poll(&pfd, 1, patience) == 1) {
			if (recv(pfd.fd, &side->answer, sizeof(side->answer), 0) <= 0)
				return LOST;
			return ANSWERED;
		}
		/* in this order: who sleeps now, and has not answered yet, sleeps in the step */
		if (actor_sleeps(side, n) && poll(&pfd, 1, 0) == 0)
			return ASLEEP;
		patience = 1;
	}
	return LOST;
}

/* --- random numbers that depend on nothing but the seed */

static unsigned long long random_state;

static inline void random_seed(unsigned long long seed)
{
	random_state = seed * 0x9e3779b97f4a7c15ULL + 88172645463325252ULL;
}

static inline unsigned int random_below(unsigned int n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 16) % n;
}

#define ONE_OF(...) ({ \
	const long choice__[] = { __VA_ARGS__ }; \
	choice__[random_below(ARRAY_SIZE(choice__))]; \
})

static inline bool chance(unsigned int one_in)
{
	return random_below(one_in) == 0;
}

/* A number that the environment gives, or else @n. */
static inline long number_from(const char *name, long n)
{
	const char *value = getenv(name);

	return value && *value ? strtol(value, NULL, 10) : n;
}

#endif /* KIPC_LOCKSTEP_H */
