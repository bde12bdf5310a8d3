// SPDX-License-Identifier: GPL-2.0
/*
 * kipc pipeline 'A' 'B' ...: what a shell does for A | B, with kipc's pipes. The
 * commands are strangers to kipc: they find a pipe at their standard input or
 * output and never learn whose it is.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

/* The pipe between a command and the next one */
struct link {
	int rfd;
	int wfd;
};

struct pipeline {
	char **commands;
	struct link *links;
	pid_t *pids;
	int n;
	__u64 size;
	bool verbose;
	bool pipefail;
};

static int link_create(int device, __u64 size, struct link *link, __u64 *given)
{
	struct kipc_pipe_create create = {
		.flags = KIPC_PIPE_CLOEXEC,
		.size = size,
	};

	if (ioctl(device, KIPC_IOC_PIPE_CREATE, &create) < 0)
		return -1;
	link->rfd = create.rfd;
	link->wfd = create.wfd;
	*given = create.size;
	return 0;
}

/* All pipes are made before anything runs, so that a limit hit harms nobody. */
static int create_links(struct pipeline *p)
{
	int device, i;

	device = device_open();
	if (device < 0)
		return -1;
	for (i = 0; i < p->n - 1; i++) {
		__u64 given;

		if (link_create(device, p->size, &p->links[i], &given)) {
			fail("cannot make pipe %d of %d: %s", i + 1, p->n - 1,
			     call_problem(errno));
			close(device);
			return -1;
		}
		if (p->verbose)
			fprintf(stderr, "kipc: pipe %d: fd %d -> %d, %llu bytes: '%s' | '%s'\n",
				i + 1, p->links[i].wfd, p->links[i].rfd, given,
				p->commands[i], p->commands[i + 1]);
	}
	close(device);
	return 0;
}

/* In the child: everything but 0, 1 and 2 is closed by the exec. */
static noreturn void run_command(const struct pipeline *p, int i, const sigset_t *mask)
{
	sigprocmask(SIG_SETMASK, mask, NULL);
	if ((i > 0 && dup2(p->links[i - 1].rfd, STDIN_FILENO) < 0) ||
	    (i < p->n - 1 && dup2(p->links[i].wfd, STDOUT_FILENO) < 0)) {
		fail("cannot connect '%s': %s", p->commands[i], strerror(errno));
		_exit(EXIT_FAILED);
	}
	execl("/bin/sh", "sh", "-c", "--", p->commands[i], (char *)NULL);
	fail("cannot run /bin/sh: %s", strerror(errno));
	_exit(127);
}

static void close_links(struct pipeline *p)
{
	for (int i = 0; i < p->n - 1; i++) {
		close(p->links[i].rfd);
		close(p->links[i].wfd);
	}
}

static int start_commands(struct pipeline *p)
{
	sigset_t all, mask;
	int ret = 0;

	/* whoever started kipc may have it ignored, and then wait finds nobody */
	signal(SIGCHLD, SIG_DFL);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	for (int i = 0; i < p->n && !ret; i++) {
		p->pids[i] = fork();
		if (!p->pids[i])
			run_command(p, i, &mask);
		if (p->pids[i] < 0)
			ret = fail("cannot start '%s': %s", p->commands[i], strerror(errno));
	}
	/* An interrupt from the terminal is for the commands; wait for their end. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close_links(p);
	return ret;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return fail("cannot wait for process %d: %s", pid, strerror(errno));
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The last command's status; with --pipefail the last one that is not 0. */
static int wait_all(const struct pipeline *p)
{
	int result = 0;

	for (int i = 0; i < p->n && p->pids[i] > 0; i++) {
		int status = wait_for(p->pids[i]);

		if (!p->pipefail || status)
			result = status;
		if (p->verbose)
			fprintf(stderr, "kipc: '%s' exited with %d\n", p->commands[i], status);
	}
	return result;
}

static int run_pipeline(struct pipeline *p)
{
	int failed, status;

	p->links = calloc(p->n, sizeof(*p->links));
	p->pids = calloc(p->n, sizeof(*p->pids));
	if (!p->links || !p->pids)
		return fail("no memory for %d commands", p->n);
	if (create_links(p))
		return EXIT_FAILED;
	failed = start_commands(p);
	status = wait_all(p);
	return failed ?: status;
}

static int pipeline_run(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "instance", required_argument, NULL, 'i' },
		{ "pipefail", no_argument, NULL, 'p' },
		{ "size", required_argument, NULL, 's' },
		{ "verbose", no_argument, NULL, 'v' },
		{ }
	};
	struct pipeline p = { };
	int opt, status;

	while ((opt = getopt_long(argc, argv, "+:hi:ps:v", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			print_help(self);
			return finish_output();
		case 'i':
			if (instance_option(self, optarg))
				return EXIT_USAGE;
			break;
		case 'p':
			p.pipefail = true;
			break;
		case 's':
			if (parse_size(self, optarg, &p.size))
				return EXIT_USAGE;
			break;
		case 'v':
			p.verbose = true;
			break;
		default:
			return bad_option(self, opt, options, argv);
		}
	}
	p.commands = argv + optind;
	p.n = argc - optind;
	if (!p.n)
		return usage(self, "at least one command is needed, each as one argument");

	status = run_pipeline(&p);
	free(p.links);
	free(p.pids);
	return status;
}

const struct command cmd_pipeline = {
	.name = "pipeline",
	.synopsis = "[-i PATH] [-p] [-s SIZE] [-v] 'COMMAND' ['COMMAND'...]",
	.summary = "run commands connected by kipc's pipes, as a shell does for A | B",
	.help =
	"Run each COMMAND by sh -c, all at once, the standard output of each connected to\n"
	"the standard input of the next by a pipe of kipc, and wait for all of them.\n"
	"\n"
	INSTANCE_HELP
	"  -p, --pipefail       exit as the last command that failed, if any did\n"
	"  -s, --size SIZE      capacity of each pipe\n"
	"  -v, --verbose        show the pipes and the commands' exit statuses\n"
	"\n"
	SIZE_HELP
	"\n"
	"Exits as the last COMMAND does (128 + N if signal N ended it); 1 if a pipe could\n"
	"not be made, and then nothing was run; 2 for a wrong command line.\n"
	"\n"
	"Example: kipc pipeline 'ps -ef' 'grep sh' 'wc -l'\n",
	.run = pipeline_run,
};
