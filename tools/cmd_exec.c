// SPDX-License-Identifier: GPL-2.0
/*
 * kipc exec: run a program that makes System V IPC calls and pipes, but on kipc's objects:
 * with libkipc-preload.so. It waits for the program, passes signals on, and says what was
 * left behind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"

enum {
	OPT_NEW = 256,
	OPT_REPORT,
	OPT_TABLES,
};

static const struct option options[] = {
	{ "families", required_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "instance", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, 'j' },
	{ "new", no_argument, NULL, OPT_NEW },
	{ "quiet", no_argument, NULL, 'q' },
	{ "refuse", no_argument, NULL, 'r' },
	{ "report", required_argument, NULL, OPT_REPORT },
	{ "tables", no_argument, NULL, OPT_TABLES },
	{ "trace", required_argument, NULL, 't' },
	{ }
};

/* What the command line asks for */
struct request {
	bool fresh;
	bool named;
	bool tables;
	bool refuse;
	bool quiet;
	bool json;
	const char *families;
	const char *trace;
	const char *report;
	char **command;
};

/* The state of a run */
struct run {
	const struct request *request;
	struct space space;
	struct snapshot before;
	int device;
	int report;
	sigset_t mask;
	struct sigaction child_action;
	pid_t pid;
	int status;
};

/* --- before */

static bool families_known(const struct command *self, const char *text)
{
	static const char *const known[] = { "shm", "sem", "msg", "sysv", "pipe", "all", "none" };
	size_t i, len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		for (i = 0; i < ARRAY_SIZE(known); i++)
			if (strlen(known[i]) == len && !strncmp(known[i], text, len))
				break;
		if (i == ARRAY_SIZE(known)) {
			usage(self,
			      "'%.*s' is no family; give shm, sem, msg, sysv, pipe, all or none, with commas between them",
			      (int)len, text);
			return false;
		}
		if (!text[len])
			return true;
	}
}

/* A program that the library does not reach runs on the kernel's own IPC. */
static int check_program(const struct request *request, const struct program *program)
{
	if (!program->deaf)
		return 0;
	if (request->refuse) {
		fail("%s will not load libkipc-preload.so: %s; without --refuse it runs on %s",
		     program->path, program->deaf, "the kernel's own IPC");
		return -1;
	}
	if (!request->quiet)
		fail("%s will not load libkipc-preload.so: %s; it runs on the kernel's own IPC",
		     program->path, program->deaf);
	return 0;
}

static int check_abi(int device)
{
	struct kipc_query query = { .nr = KIPC_NR_QUERY };

	if (ioctl(device, KIPC_IOC_QUERY, &query) || query.abi >= KIPC_ABI_VERSION)
		return 0;
	fail("the module has ABI %u, older than this program's %d; %s", query.abi,
	     KIPC_ABI_VERSION,
	     "install the module built with it and load that (rmmod kipc; modprobe kipc)");
	return -1;
}

static int set_variable(const char *name, const char *value)
{
	if (!value || !setenv(name, value, 1))
		return 0;
	fail("no memory for %s", name);
	return -1;
}

/* What the library reads. The program may change its directory. */
static int set_environment(const struct request *request)
{
	char path[PATH_MAX], *absolute;
	int err;

	if (instance_export() || set_variable("KIPC_FAMILIES", request->families) ||
	    set_variable("KIPC_FALLBACK", request->refuse ? "refuse" : NULL))
		return -1;
	if (!request->trace || *request->trace == '/' || !getcwd(path, sizeof(path)))
		return set_variable("KIPC_TRACE", request->trace);
	if (asprintf(&absolute, "%s/%s", path, request->trace) < 0)
		return set_variable("KIPC_TRACE", request->trace);
	err = set_variable("KIPC_TRACE", absolute);
	free(absolute);
	return err;
}

static int make_trace(const char *path)
{
	int fd;

	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		fail("cannot write the trace to %s: %s", path, strerror(errno));
		return -1;
	}
	close(fd);
	return 0;
}

static int open_report(const char *path)
{
	int fd;

	/* whoever has closed it does not want to read it */
	if (!path && fcntl(STDERR_FILENO, F_GETFD) < 0)
		path = "/dev/null";
	if (!path)
		return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		fail("cannot write the report to %s: %s", path, strerror(errno));
	return fd;
}

/* --- the run */

static noreturn void become_program(const struct run *run)
{
	char **command = run->request->command;
	int err;

	sigaction(SIGCHLD, &run->child_action, NULL);
	sigprocmask(SIG_SETMASK, &run->mask, NULL);
	execvp(*command, command);
	err = errno;
	fail("cannot run '%s': %s", *command, strerror(err));
	_exit(err == ENOENT ? 127 : 126);
}

/* Those that stop a process stop this one, and the program if they are the terminal's. */
static void signals_to_wait_for(sigset_t *set)
{
	static const int others[] = {
		SIGTSTP, SIGTTIN, SIGTTOU, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS,
		SIGABRT,
	};

	sigfillset(set);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		sigdelset(set, others[i]);
}

static int start_program(struct run *run)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };

	/* whoever started kipc may have it ignored, and then wait finds nobody */
	sigaction(SIGCHLD, &plain, &run->child_action);
	run->pid = fork();
	if (!run->pid)
		become_program(run);
	if (run->pid < 0) {
		fail("cannot start '%s': %s", *run->request->command, strerror(errno));
		return -1;
	}
	return 0;
}

/*
 * What the terminal sends goes to all processes of its foreground, the program too; what a
 * process sent may be for this one alone.
 */
static void pass_on(const struct run *run, const siginfo_t *info)
{
	if (info->si_code <= 0)
		kill(run->pid, info->si_signo);
}

/* Does it stop as programs do for the sake of a shell, which then waits for us to stop? */
static bool wants_the_shell(int status)
{
	return WIFSTOPPED(status) && (WSTOPSIG(status) == SIGTSTP ||
				      WSTOPSIG(status) == SIGTTIN || WSTOPSIG(status) == SIGTTOU);
}

static void wait_for_program(struct run *run)
{
	siginfo_t info;
	sigset_t set;
	int status;

	signals_to_wait_for(&set);
	for (;;) {
		if (waitpid(run->pid, &status, WNOHANG | WUNTRACED) == run->pid) {
			if (!WIFSTOPPED(status))
				break;
			/* SIGCONT is one of those that are passed on */
			if (wants_the_shell(status))
				raise(SIGTSTP);
			continue;
		}
		if (sigwaitinfo(&set, &info) > 0 && info.si_signo != SIGCHLD)
			pass_on(run, &info);
	}
	run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- after */

static void tell_space(const struct run *run, int left, int processes)
{
	if (processes)
		printf("kipc: processes of it run on in the instance: %d; with the last %s %s\n",
		       processes, "it goes, but for the empty directory",
		       run->space.directory);
	else if (left && run->space.made)
		printf("kipc: all that went with the instance\n");
}

/* The report is printed as other output is, so that goes to where the report goes. */
static int report(struct run *run)
{
	const struct request *request = run->request;
	struct snapshot after;
	int left, processes;
	bool failed;

	failed = snapshot_take(run->device, &after);
	close(run->device);
	space_end(&run->space, &processes);
	if (failed)
		return -1;
	if (!request->quiet && dup2(run->report, STDOUT_FILENO) >= 0) {
		if (request->json)
			printf("{\"status\": %d, \"left\": [", run->status);
		left = snapshot_report(&run->before, &after, request->json);
		if (request->json)
			printf("], \"instance_gone\": %s, \"processes\": %d}\n",
			       run->space.made && !processes ? "true" : "false", processes);
		else
			tell_space(run, left, processes);
		finish_output();
	}
	snapshot_drop(&after);
	return 0;
}

/* The instance is known as soon as this begins. */
static int run_program(struct run *run)
{
	int processes;

	run->device = device_open();
	if (run->device < 0)
		goto out_space;
	if (check_abi(run->device) || snapshot_take(run->device, &run->before))
		goto out_device;
	if (start_program(run))
		goto out_snapshot;
	wait_for_program(run);
	/* the status is the program's, whether the report succeeds or not */
	report(run);
	snapshot_drop(&run->before);
	return run->status;

out_snapshot:
	snapshot_drop(&run->before);
out_device:
	close(run->device);
out_space:
	space_end(&run->space, &processes);
	return EXIT_EXEC;
}

static int exec_program(const struct request *request)
{
	struct run run = { .request = request };
	char shim[PATH_MAX], node[PATH_MAX + 16];
	struct program program;
	const char *problem;
	sigset_t set;

	if (program_find(*request->command, &program)) {
		fail("cannot run '%s': there is no such program in PATH", *request->command);
		return 127;
	}
	problem = shim_locate(program.bits, shim);
	if (problem) {
		fail("%s", problem);
		return EXIT_EXEC;
	}
	if (check_program(request, &program) || make_trace(request->trace))
		return EXIT_EXEC;
	run.report = open_report(request->report);
	if (run.report < 0)
		return EXIT_EXEC;
	/* from here on there is something to be cleared up; the program will get them */
	signals_to_wait_for(&set);
	sigprocmask(SIG_BLOCK, &set, &run.mask);
	if ((request->fresh || request->tables) && space_make(&run.space, request->fresh))
		return EXIT_EXEC;
	if (request->fresh) {
		snprintf(node, sizeof(node), "%s/control", run.space.directory);
		device_path = node;
	}
	if (set_environment(request) || shim_preload(shim)) {
		space_end(&run.space, &(int){ 0 });
		return EXIT_EXEC;
	}
	return run_program(&run);
}

/* True if @opt was understood; otherwise @result is what to exit with. */
static bool take_option(const struct command *self, int opt, char **argv,
			struct request *request, int *result)
{
	*result = EXIT_USAGE;
	switch (opt) {
	case 'f':
		request->families = optarg;
		return families_known(self, optarg);
	case 'h':
		print_help(self);
		*result = finish_output();
		return false;
	case 'i':
		request->named = true;
		return !instance_option(self, optarg);
	case 'j':
		request->json = true;
		return true;
	case 'q':
		request->quiet = true;
		return true;
	case 'r':
		request->refuse = true;
		return true;
	case 't':
		request->trace = optarg;
		return true;
	case OPT_NEW:
		request->fresh = true;
		return true;
	case OPT_REPORT:
		request->report = optarg;
		return true;
	case OPT_TABLES:
		request->tables = true;
		return true;
	default:
		bad_option(self, opt, options, argv);
		return false;
	}
}

static int exec_run(const struct command *self, int argc, char **argv)
{
	struct request request = { };
	int opt, result;

	while ((opt = getopt_long(argc, argv, "+:f:hi:jqrt:", options, NULL)) != -1) {
		if (!take_option(self, opt, argv, &request, &result))
			return result;
	}
	request.command = argv + optind;
	if (!*request.command)
		return usage(self, "the PROGRAM to run is missing");
	if (request.fresh && request.named)
		return usage(self, "--new and --instance exclude each other");
	if (request.quiet && (request.json || request.report))
		return usage(self, "--quiet excludes --json and --report");
	return exec_program(&request);
}

const struct command cmd_exec = {
	.name = "exec",
	.synopsis = "[OPTION...] [--] PROGRAM [ARGUMENT...]",
	.summary = "run a program on kipc instead of the kernel's own IPC",
	.help =
	"Run PROGRAM so that its System V IPC calls and its pipes, and those of all that\n"
	"it starts, are kipc's: with libkipc-preload.so. That is looked for in the lib\n"
	"directory beside the one that kipc is in; KIPC_PRELOAD names another. Signals\n"
	"that processes send to kipc are passed on. At the end the objects are listed, on\n"
	"standard error, that are in the instance and were not there before: what the\n"
	"program has left behind (or somebody else has made meanwhile).\n"
	"\n"
	"  -f, --families LIST  only these: shm, sem, msg, sysv (all three), pipe, all,\n"
	"                       none, with commas between them (default: all)\n"
	INSTANCE_HELP
	"  -j, --json           report as one JSON object, also if nothing was left: the\n"
	"                       exit status, objects left, whether the instance is gone\n"
	"                       with them, processes that run on in it\n"
	"      --new            in a new instance, which goes with the program, in a\n"
	"                       namespace of mounts of its own; --tables is done there as\n"
	"                       well. Without the privilege to mount, in a user namespace\n"
	"  -q, --quiet          no report\n"
	"  -r, --refuse         calls fail where kipc cannot serve them; by default the\n"
	"                       kernel's own are made then\n"
	"      --report FILE    report there\n"
	"      --tables         lay the instance's tables over those of the kernel, for\n"
	"                       ipcs(1) and lsipc(1), in a namespace of mounts of its own\n"
	"  -t, --trace FILE     write a line there for each call\n"
	"\n"
	"A program that is linked statically, or has more privileges than its user, does\n"
	"not load the library; that is told.\n"
	"\n"
	"Exits as PROGRAM does (128 + N if signal N ended it); 127 if there is no such\n"
	"program, 126 if it cannot be run; 125 if kipc itself failed; 2 for a wrong\n"
	"command line.\n"
	"\n"
	"Example: kipc exec --new -- sh -c 'ipcmk -M 4096; ipcs -m'\n",
	.run = exec_run,
};
