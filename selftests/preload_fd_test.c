// SPDX-License-Identifier: GPL-2.0
/*
 * libkipc-preload.so: the descriptors that it uses for its calls, and what threads, children,
 * handlers of signals and limits do to them. No program is to find one of them, lose what it
 * needs by closing it, or have another closed.
 *
 * The library is preloaded to this program; each test mounts the instance that it uses.
 */
#include "preload_fixture.h"
#include "threads.h"

#include <pthread.h>
#include <setjmp.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* --- descriptors */

TEST_F(preload, calls_are_made_on_the_instance_and_leave_no_descriptor)
{
	int before = fds_open(), shmid, semid, msgid;
	struct kipc_stats stats;

	EXPECT_EQ(NULL, use_everything());
	shmid = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	semid = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
	msgid = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	EXPECT_EQ(before, fds_open());
	stats = instance_stats();
	EXPECT_EQ(1, stats.shm_segments);
	EXPECT_EQ(3, stats.sems);
	EXPECT_EQ(1, stats.msg_queues);
	EXPECT_EQ(0, shmctl(shmid, IPC_RMID, NULL));
	EXPECT_EQ(0, semctl(semid, 0, IPC_RMID));
	EXPECT_EQ(0, msgctl(msgid, IPC_RMID, NULL));
}

TEST_F(preload, programs_that_sweep_their_descriptors_go_on)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600), fd;
	char *p = shmat(id, NULL, 0);

	ASSERT_NE((char *)-1, p);
	*p = 1;
	closefrom(3);
	EXPECT_EQ(NULL, use_everything());
	EXPECT_EQ(0, close_range(3, ~0U, 0));
	EXPECT_EQ(NULL, use_everything());
	for (fd = 3; fd < 1024; fd++) {
		EXPECT_EQ(-1, close(fd));
		EXPECT_EQ(EBADF, errno);
	}
	EXPECT_EQ(NULL, use_everything());
	/* the next number is that which it would be without us */
	fd = open("/dev/null", O_RDONLY);
	EXPECT_EQ(3, fd);
	close(fd);
	EXPECT_EQ(1, *p);
	EXPECT_EQ(1, nattch(id));
	EXPECT_EQ(0, shmdt(p));
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
}

TEST_F(preload, soft_limit_of_descriptors_does_not_matter_the_hard_one_is_enomem)
{
	struct rlimit limit = { .rlim_cur = 32, .rlim_max = 64 }, now;
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	while (dup(0) >= 0)
		;
	ASSERT_EQ(EMFILE, errno);
	EXPECT_EQ(NULL, use_everything());
	EXPECT_EQ(0, getrlimit(RLIMIT_NOFILE, &now));
	EXPECT_EQ(32, now.rlim_cur);
	EXPECT_EQ(64, now.rlim_max);
	EXPECT_EQ(-1, dup(0));

	limit.rlim_max = 32;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(-1, add(id, 1, 0));
	EXPECT_EQ(ENOMEM, errno);
	close(31);
	EXPECT_EQ(0, add(id, 1, 0));
	EXPECT_EQ(1, value_of(id));
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

/* --- threads */

struct receiver {
	int id;
	pid_t tid;
	ssize_t got;
	struct message m;
};

static void *receive(void *arg)
{
	struct receiver *r = arg;

	__atomic_store_n(&r->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	r->got = msgrcv(r->id, &r->m, sizeof(r->m.text), 0, 0);
	return NULL;
}

static bool is_asleep(struct receiver *r)
{
	pid_t tid = __atomic_load_n(&r->tid, __ATOMIC_ACQUIRE);

	return tid && task_is_blocked(tid, SYS_ioctl);
}

TEST_F(preload, what_took_the_number_of_a_sleepers_descriptor_stays_open)
{
	struct receiver r = { .id = msgget(IPC_PRIVATE, IPC_CREAT | 0600) };
	struct message m = { .type = 5 };
	pthread_t thread;
	int i, fd;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &r));
	ASSERT_TRUE(EVENTUALLY(is_asleep(&r)));
	closefrom(3);
	for (i = 0; i < 8; i++) {
		fd = open("/dev/null", O_RDONLY);
		EXPECT_EQ(3 + i, fd);
	}
	EXPECT_EQ(0, msgsnd(r.id, &m, 3, 0));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(3, r.got);
	EXPECT_EQ(5, r.m.type);
	for (i = 0; i < 8; i++)
		EXPECT_EQ(0, close(3 + i));
	EXPECT_EQ(0, msgctl(r.id, IPC_RMID, NULL));
}

TEST_F(preload, thread_that_is_cancelled_in_msgrcv_leaves_no_descriptor)
{
	struct receiver r = { .id = msgget(IPC_PRIVATE, IPC_CREAT | 0600) };
	int before = fds_open();
	pthread_t thread;
	void *result;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &r));
	ASSERT_TRUE(EVENTUALLY(is_asleep(&r)));
	EXPECT_EQ(before + 1, fds_open());
	EXPECT_EQ(0, pthread_cancel(thread));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(PTHREAD_CANCELED, result);
	EXPECT_EQ(before, fds_open());
	EXPECT_EQ(NULL, use_everything());
	EXPECT_EQ(0, msgctl(r.id, IPC_RMID, NULL));
}

TEST_F(preload, child_has_no_descriptor_of_a_thread_that_sleeps)
{
	struct receiver r = { .id = msgget(IPC_PRIVATE, IPC_CREAT | 0600) };
	int before = fds_open();
	pthread_t thread;
	pid_t pid;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_EQ(0, pthread_create(&thread, NULL, receive, &r));
	ASSERT_TRUE(EVENTUALLY(is_asleep(&r)));
	EXPECT_EQ(before + 1, fds_open());
	pid = child_fork();
	if (!pid)
		_exit(fds_open() == before && !use_everything() ? 0 : 1);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, msgctl(r.id, IPC_RMID, NULL));
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(-1, r.got);
	EXPECT_EQ(before, fds_open());
}

static void *add_many(void *arg)
{
	int i, set = *(int *)arg, bad = 0;

	for (i = 0; i < 200; i++)
		bad += add(set, 1, 0) != 0;
	return bad ? arg : NULL;
}

TEST_F(preload, threads_call_at_the_same_time)
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), before = fds_open(), i;
	pthread_t threads[4];
	void *bad;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, add_many, &id));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &bad));
		EXPECT_EQ(NULL, bad);
	}
	EXPECT_EQ(800, value_of(id));
	EXPECT_EQ(before, fds_open());
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

static bool is_told_to_stop;

static void *look_on(void *arg)
{
	bool good = true;

	while (!LOAD(&is_told_to_stop))
		good = value_of(*(int *)arg) == 7 && good;
	return good ? NULL : arg;
}

/* Threads that make calls without end, until they are joined. */
static int looking_on_begin(pthread_t *threads, int n, int *set)
{
	int i;

	STORE(&is_told_to_stop, false);
	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, look_on, set))
			return -1;
	return 0;
}

/* Whether all their calls were right. */
static bool looking_on_end(pthread_t *threads, int n)
{
	bool good = true;
	void *bad;
	int i;

	STORE(&is_told_to_stop, true);
	for (i = 0; i < n; i++)
		good = !pthread_join(threads[i], &bad) && !bad && good;
	return good;
}

TEST_F_TIMEOUT(preload, child_has_no_descriptor_of_threads_that_make_short_calls, 240)
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), before = fds_open(), i, bad = 0;
	pthread_t threads[3];
	pid_t pid;

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_EQ(0, add(id, 7, 0));
	ASSERT_EQ(0, looking_on_begin(threads, 3, &id));
	for (i = 0; i < 100; i++) {
		pid = child_fork();
		if (!pid)
			_exit(fds_open() == before && value_of(id) == 7 ? 0 : 1);
		bad += child_wait(pid) != 0;
	}
	EXPECT_EQ(0, bad);
	EXPECT_TRUE(looking_on_end(threads, 3));
	EXPECT_EQ(before, fds_open());
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

TEST_F_TIMEOUT(preload, call_goes_on_whose_descriptor_another_thread_sweeps_away, 120)
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), before = fds_open(), i;
	pthread_t threads[2];

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_EQ(0, add(id, 7, 0));
	ASSERT_EQ(0, looking_on_begin(threads, 2, &id));
	for (i = 0; i < 1000; i++) {
		closefrom(3);
		nap();
	}
	EXPECT_TRUE(looking_on_end(threads, 2));
	EXPECT_EQ(before, fds_open());
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

TEST_F_TIMEOUT(preload, limit_of_descriptors_is_raised_for_nobody_else, 120)
{
	struct rlimit limit = { .rlim_cur = 32, .rlim_max = 128 }, now;
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), i, raised = 0;
	pthread_t threads[3];

	if (!has_threads())
		SKIP(return, "this kernel has no threads for 32-bit programs");
	ASSERT_EQ(0, add(id, 7, 0));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	while (dup(0) >= 0)
		;
	ASSERT_EQ(0, looking_on_begin(threads, 3, &id));
	for (i = 0; i < 3000; i++)
		raised += getrlimit(RLIMIT_NOFILE, &now) || now.rlim_cur != 32 || dup(0) >= 0;
	EXPECT_TRUE(looking_on_end(threads, 3));
	EXPECT_EQ(0, raised);
	EXPECT_EQ(0, getrlimit(RLIMIT_NOFILE, &now));
	EXPECT_EQ(32, now.rlim_cur);
	EXPECT_EQ(128, now.rlim_max);
	/* who helped to open is gone */
	EXPECT_EQ(-1, waitpid(-1, NULL, __WALL));
	EXPECT_EQ(ECHILD, errno);
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
	/* who looks after us needs one */
	closefrom(3);
}

/* --- handlers of signals */

enum way { BY_SEMOP, BY_MSGSND, BY_MSGRCV };

struct ids {
	int set;	/* a semaphore that is 0 */
	int full;	/* queues */
	int empty;
};

static struct ids ids_make(void)
{
	struct message m = { .type = 1 };
	struct ids ids = {
		.set = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600),
		.full = msgget(IPC_PRIVATE, IPC_CREAT | 0600),
		.empty = msgget(IPC_PRIVATE, IPC_CREAT | 0600),
	};

	while (!msgsnd(ids.full, &m, sizeof(m.text), IPC_NOWAIT))
		;
	return ids;
}

static int ids_remove(const struct ids *ids)
{
	return semctl(ids->set, 0, IPC_RMID) || msgctl(ids->full, IPC_RMID, NULL) ||
	       msgctl(ids->empty, IPC_RMID, NULL);
}

/* Sleep until a signal comes. */
static long sleep_by(const struct ids *ids, enum way way)
{
	struct message m = { .type = 1 };

	switch (way) {
	case BY_SEMOP:
		return add(ids->set, -1, 0);
	case BY_MSGSND:
		return msgsnd(ids->full, &m, sizeof(m.text), 0);
	case BY_MSGRCV:
		return msgrcv(ids->empty, &m, sizeof(m.text), 0, 0);
	}
	return 0;
}

/* A child that sends us a signal as soon as we sleep in a call of the library. */
static pid_t waker(void)
{
	pid_t parent = getpid(), pid = child_fork();

	if (!pid) {
		unsetenv("LD_PRELOAD");
		_exit(wait_blocked(parent, SYS_ioctl) && !kill(parent, SIGUSR1) ? 0 : 1);
	}
	return pid;
}

static sigjmp_buf left;

static void leave(int sig)
{
	siglongjmp(left, sig);
}

/* Whether the handler, and not the call, has come back here. */
static __attribute__((noinline)) bool is_left(const struct ids *ids, enum way way)
{
	if (sigsetjmp(left, 1))
		return true;
	sleep_by(ids, way);
	return false;
}

TEST_F_TIMEOUT(preload, calls_that_a_handler_leaves_behind_keep_no_descriptor, 120)
{
	struct ids ids = ids_make();
	int before = fds_open(), round;
	enum way way;
	pid_t pid;

	signal(SIGUSR1, leave);
	for (way = BY_SEMOP; way <= BY_MSGRCV; way++) {
		for (round = 0; round < 3; round++) {
			pid = waker();
			EXPECT_TRUE(is_left(&ids, way));
			EXPECT_EQ(0, child_wait(pid));
			/* the next call finds it */
			EXPECT_GE(before + 1, fds_open());
			EXPECT_EQ(0, value_of(ids.set));
			EXPECT_EQ(before, fds_open());
		}
	}
	EXPECT_EQ(0, ids_remove(&ids));
}

static struct ids handler_ids;
static int handler_fd = -1;
static pid_t handler_child;

/* Make a call, and open something that gets whatever number is free. */
static void make_a_call(int sig)
{
	(void)sig;
	if (value_of(handler_ids.set) == 0)
		handler_fd = open("/dev/null", O_RDONLY);
}

TEST_F_TIMEOUT(preload, call_that_is_interrupted_by_another_closes_nothing_of_the_handler, 120)
{
	struct ids ids = ids_make();
	int before = fds_open();
	enum way way;
	pid_t pid;

	handler_ids = ids;
	signal(SIGUSR1, make_a_call);
	for (way = BY_SEMOP; way <= BY_MSGRCV; way++) {
		handler_fd = -1;
		pid = waker();
		EXPECT_EQ(-1, sleep_by(&ids, way));
		EXPECT_EQ(EINTR, errno);
		EXPECT_EQ(0, child_wait(pid));
		EXPECT_EQ(before + 1, fds_open());
		EXPECT_EQ(0, close(handler_fd));
	}
	EXPECT_EQ(0, ids_remove(&ids));
}

static void make_a_child(int sig)
{
	(void)sig;
	handler_child = fork();
}

TEST_F_TIMEOUT(preload, child_that_a_handler_makes_returns_into_the_call, 120)
{
	struct ids ids = ids_make();
	int before = fds_open(), bad;
	pid_t pid;

	signal(SIGUSR1, make_a_child);
	pid = waker();
	handler_child = -1;
	bad = sleep_by(&ids, BY_MSGRCV) != -1 || errno != EINTR || fds_open() != before ||
	      value_of(ids.set) != 0;
	if (!handler_child)
		_exit(bad);
	EXPECT_EQ(0, bad);
	EXPECT_EQ(0, child_wait(handler_child));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, ids_remove(&ids));
}

/* --- handlers that come at a certain step of a call */

enum call { FIRST_CALL, SEMCTL, SEMOP, MSGSND, PIPE, OPEN_PROC, FOPEN_PROC, CALLS };

/* The step after which the signal comes; there are others before and behind it. */
static const long steps[CALLS] = {
	[FIRST_CALL] = SYS_ioctl,
	[SEMCTL] = SYS_ioctl,
	[SEMOP] = SYS_ioctl,
	[MSGSND] = SYS_ioctl,
	[PIPE] = SYS_ioctl,
	[OPEN_PROC] = SYS_faccessat,
	[FOPEN_PROC] = SYS_faccessat,
};

/* Let the child go on from its SIGSTOP, with SIGUSR1 after that step; its exit status. */
static int disturb(pid_t pid, long step)
{
	enum __ptrace_request how = PTRACE_SYSCALL;
	struct __ptrace_syscall_info info;
	bool is_in_it = false;
	int status, sig;

	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		sig = WSTOPSIG(status);
		if (sig == SIGSTOP) {
			ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD);
			sig = 0;
		} else if (sig == (SIGTRAP | 0x80)) {
			sig = 0;
			ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
			if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
				is_in_it = (long)info.entry.nr == step;
			} else if (is_in_it) {
				sig = SIGUSR1;
				how = PTRACE_CONT;
			}
		}
		ptrace(how, pid, NULL, sig);
	}
	child_forget(pid);
	/* without the step there was no signal */
	return WIFEXITED(status) && how == PTRACE_CONT ? WEXITSTATUS(status) : -1;
}

static int number;

/* What a program does that closes all descriptors it finds, and opens some of its own. */
static void replace_number(int sig)
{
	(void)sig;
	close(number);
	open("/dev/null", O_RDONLY);
}

static bool is_null(int fd)
{
	struct stat st, null;

	return !stat("/dev/null", &null) && !fstat(fd, &st) && st.st_rdev == null.st_rdev;
}

/* Make the call, which may have to do its work again. */
static bool is_made(enum call call, const struct ids *ids)
{
	struct message m = { .type = 1 };
	int fds[2] = { -1, -1 };
	FILE *f;

	switch (call) {
	case FIRST_CALL:
		return semget(IPC_PRIVATE, 1, IPC_CREAT | 0600) >= 0 && instance_stats().sems == 1;
	case SEMCTL:
		return value_of(ids->set) == 0;
	case SEMOP:
		return add(ids->set, 0, 0) == 0;
	case MSGSND:
		return msgsnd(ids->empty, &m, 8, 0) == 0;
	case PIPE:
		return pipe(fds) == 0 && write(fds[1], "x", 1) == 1 && read(fds[0], &m, 1) == 1 &&
		       fds[0] != number && fds[1] != number && !close(fds[0]) && !close(fds[1]);
	case OPEN_PROC:
		fds[0] = open("/proc/sysvipc/sem", O_RDONLY);
		return fds[0] >= 0 && fds[0] != number && !close(fds[0]);
	case FOPEN_PROC:
		f = fopen("/proc/sysvipc/sem", "r");
		return f && fileno(f) != number && !fclose(f);
	default:
		return false;
	}
}

/* The call's descriptor has been replaced when the call goes on: who did that keeps his file. */
static int replaced_in(enum call call, const struct ids *ids)
{
	pid_t pid = child_fork();
	int before, bad = 0;

	if (pid)
		return disturb(pid, steps[call]);
	before = fds_open();
	number = lowest_free();
	signal(SIGUSR1, replace_number);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	if (!is_made(call, ids))
		bad |= 1;
	if (!is_null(number))
		bad |= 2;
	if (close(number) || fds_open() != before)
		bad |= 4;
	_exit(bad);
}

TEST_F(preload, what_took_the_number_of_a_calls_descriptor_stays_open)
{
	enum call call = FIRST_CALL;
	struct ids ids;

	EXPECT_EQ(0, replaced_in(call, NULL));
	ids = ids_make();
	for (call = FIRST_CALL + 1; call < CALLS; call++) {
		EXPECT_EQ(0, replaced_in(call, &ids))
			TH_LOG("call %d", call);
	}
	EXPECT_EQ(0, ids_remove(&ids));
}

TEST_HARNESS_MAIN
