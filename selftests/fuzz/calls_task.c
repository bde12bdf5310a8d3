// SPDX-License-Identifier: GPL-2.0
/* What processes do: children, other programs, other users, limits, signals. */
#include "fuzz.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* A child makes some calls with what it inherits, and ends in one way or another. */
static void child_run(struct context *c)
{
	char *const argv[] = { "kipc_fuzz", "-x", NULL };
	unsigned int n = 1 + below(&c->d, 6), end = below(&c->d, 4);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(3);
	while (n--) {
		const struct call *call = &calls[below(&c->d, calls_n)];

		/* no children of children */
		if (strcmp(call->name, "fork"))
			call->run(c, call);
	}
	if (end == 0)
		raise(SIGKILL);
	if (end == 1)
		execv("/proc/self/exe", argv);
	/* the parent kills it */
	if (end == 2)
		pause();
	_exit(0);
}

static long run_fork(struct context *c, const struct call *call)
{
	pid_t pid = fork();

	(void)call;
	if (!pid)
		child_run(c);
	if (pid < 0)
		return -1;
	if (once_in(&c->d, 3)) {
		child_add(pid);
		return 0;
	}
	if (once_in(&c->d, 2))
		kill(pid, SIGKILL);
	else
		usleep(1000);
	child_add(pid);
	return 0;
}

/* Another user, for this thread alone and this call and the next few. */
static long run_user(struct context *c, const struct call *call)
{
	uid_t uid = once_in(&c->d, 2) ? 1000 : once_in(&c->d, 2) ? 1001 : 0;
	unsigned int n = 1 + below(&c->d, 3);
	long ret;

	(void)call;
	ret = syscall(SYS_setresuid, -1, uid, -1);
	while (!ret && n--) {
		const struct call *other = &calls[below(&c->d, calls_n)];

		if (other->row)
			other->run(c, other);
	}
	syscall(SYS_setresuid, -1, 0, -1);
	return ret;
}

static long run_rlimit(struct context *c, const struct call *call)
{
	static const int which[] = { RLIMIT_MEMLOCK, RLIMIT_SIGPENDING, RLIMIT_FSIZE };
	static const rlim_t values[] = { 0, 4096, 1 << 20 };
	struct rlimit limit;
	int resource = which[below(&c->d, ARRAY_SIZE(which))];

	(void)call;
	if (getrlimit(resource, &limit))
		return -1;
	limit.rlim_cur = once_in(&c->d, 2) ? limit.rlim_max :
			 values[below(&c->d, ARRAY_SIZE(values))];
	return setrlimit(resource, &limit);
}

/* Signals that wait, or that come while another thread sleeps. */
static long run_signal(struct context *c, const struct call *call)
{
	static const int some[] = { SIGUSR1, SIGUSR2, SIGIO, 34, 40 };
	int sig = some[below(&c->d, ARRAY_SIZE(some))];
	sigset_t set;

	(void)call;
	sigemptyset(&set);
	sigaddset(&set, sig);
	switch (below(&c->d, 3)) {
	case 0:
		return pthread_sigmask(SIG_BLOCK, &set, NULL);
	case 1:
		return pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	default:
		return kill(getpid(), sig);
	}
}

static long run_parameter(struct context *c, const struct call *call)
{
	static const char *const names[] = {
		"pipe_user_pages", "pipe_size_max", "sem_user_undos", "sig_user_signals",
	};
	static const char *const values[] = { "0", "16", "4096", "1048576" };
	unsigned int which = below(&c->d, ARRAY_SIZE(names));
	const char *value = values[below(&c->d, ARRAY_SIZE(values))];
	char path[96];
	long ret;
	int fd;

	(void)call;
	snprintf(path, sizeof(path), "/sys/module/kipc/parameters/%s", names[which]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, value, strlen(value));
	close(fd);
	return ret;
}

void calls_add_task(void)
{
	calls_add("fork", run_fork, 4, NULL);
	calls_add("user", run_user, 6, NULL);
	calls_add("rlimit", run_rlimit, 2, NULL);
	calls_add("signal", run_signal, 4, NULL);
	calls_add("parameter", run_parameter, 1, NULL);
}
