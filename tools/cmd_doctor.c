// SPDX-License-Identifier: GPL-2.0
/*
 * kipc doctor: is kipc usable here, and if not, what to do about it. Each check
 * says one sentence; those that make no sense after a failed one are left out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"
#include "exec.h"

#define ON_SIGNALS	(KIPC_ON_INSTANCE | KIPC_ON_SIG | KIPC_ON_SUBSCRIBER)

/* The calls that this program and its ABI know */
static const struct call {
	const char *name;
	unsigned int nr;
	unsigned int size;
	unsigned int targets;
} calls[] = {
#define CALL(name, targets) \
	{ #name, _IOC_NR(KIPC_IOC_##name), _IOC_SIZE(KIPC_IOC_##name), targets }
	CALL(QUERY, KIPC_ON_INSTANCE | KIPC_ON_PIPE | KIPC_ON_SHM | KIPC_ON_SEM | KIPC_ON_MSG |
	     ON_SIGNALS),
	CALL(STATS, KIPC_ON_INSTANCE),
	CALL(PIPE_CREATE, KIPC_ON_INSTANCE),
	CALL(PIPE_GET_SIZE, KIPC_ON_PIPE),
	CALL(PIPE_SET_SIZE, KIPC_ON_PIPE),
	CALL(PIPE_SPLICE, KIPC_ON_PIPE),
	CALL(PIPE_TEE, KIPC_ON_PIPE),
	CALL(PIPE_STAT, KIPC_ON_PIPE),
	CALL(SHM_GET, KIPC_ON_INSTANCE),
	CALL(SHM_CREATE, KIPC_ON_INSTANCE),
	CALL(SHM_OPEN, KIPC_ON_INSTANCE | KIPC_ON_SHM),
	CALL(SHM_ATTACH, KIPC_ON_INSTANCE | KIPC_ON_SHM),
	CALL(SHM_DETACH, KIPC_ON_INSTANCE),
	CALL(SHM_STAT, KIPC_ON_INSTANCE | KIPC_ON_SHM),
	CALL(SHM_SET, KIPC_ON_INSTANCE | KIPC_ON_SHM),
	CALL(SHM_REMOVE, KIPC_ON_INSTANCE | KIPC_ON_SHM),
	CALL(SHM_LOCK, KIPC_ON_INSTANCE | KIPC_ON_SHM),
	CALL(SHM_INFO, KIPC_ON_INSTANCE),
	CALL(SEM_GET, KIPC_ON_INSTANCE),
	CALL(SEM_CREATE, KIPC_ON_INSTANCE),
	CALL(SEM_OPEN, KIPC_ON_INSTANCE | KIPC_ON_SEM),
	CALL(SEM_OP, KIPC_ON_INSTANCE | KIPC_ON_SEM),
	CALL(SEM_OP_ONE, KIPC_ON_SEM),
	CALL(SEM_GET_VALUE, KIPC_ON_INSTANCE | KIPC_ON_SEM),
	CALL(SEM_SET_VALUE, KIPC_ON_INSTANCE | KIPC_ON_SEM),
	CALL(SEM_GET_ALL, KIPC_ON_INSTANCE | KIPC_ON_SEM),
	CALL(SEM_SET_ALL, KIPC_ON_INSTANCE | KIPC_ON_SEM),
	CALL(SEM_STAT, KIPC_ON_INSTANCE | KIPC_ON_SEM),
	CALL(SEM_SET, KIPC_ON_INSTANCE | KIPC_ON_SEM),
	CALL(SEM_REMOVE, KIPC_ON_INSTANCE | KIPC_ON_SEM),
	CALL(SEM_INFO, KIPC_ON_INSTANCE),
	CALL(SEM_WATCH, KIPC_ON_SEM),
	CALL(MSG_GET, KIPC_ON_INSTANCE),
	CALL(MSG_CREATE, KIPC_ON_INSTANCE),
	CALL(MSG_OPEN, KIPC_ON_INSTANCE | KIPC_ON_MSG),
	CALL(MSG_SEND, KIPC_ON_INSTANCE | KIPC_ON_MSG),
	CALL(MSG_RECEIVE, KIPC_ON_INSTANCE | KIPC_ON_MSG),
	CALL(MSG_STAT, KIPC_ON_INSTANCE | KIPC_ON_MSG),
	CALL(MSG_SET, KIPC_ON_INSTANCE | KIPC_ON_MSG),
	CALL(MSG_REMOVE, KIPC_ON_INSTANCE | KIPC_ON_MSG),
	CALL(MSG_INFO, KIPC_ON_INSTANCE),
	CALL(MSG_FILTER, KIPC_ON_MSG),
	CALL(MSG_NOTIFY, KIPC_ON_MSG),
	CALL(SIG_GET, KIPC_ON_INSTANCE),
	CALL(SIG_CREATE, KIPC_ON_INSTANCE),
	CALL(SIG_OPEN, ON_SIGNALS),
	CALL(SIG_SUBSCRIBE, ON_SIGNALS),
	CALL(SIG_SEND, ON_SIGNALS),
	CALL(SIG_WAIT, KIPC_ON_SUBSCRIBER),
	CALL(SIG_MASK, KIPC_ON_SUBSCRIBER),
	CALL(SIG_ACTION, KIPC_ON_SUBSCRIBER),
	CALL(SIG_PENDING, KIPC_ON_SUBSCRIBER),
	CALL(SIG_STAT, ON_SIGNALS),
	CALL(SIG_SET, ON_SIGNALS),
	CALL(SIG_REMOVE, ON_SIGNALS),
	CALL(SIG_INFO, KIPC_ON_INSTANCE),
#undef CALL
};

bool report(struct doctor *doctor, const char *check, enum level level,
	    const char *format, ...)
{
	static const char *const words[] = { "PROBLEM", "note", "ok" };
	char text[PATH_MAX + 512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	make_printable(text);

	if (doctor->json) {
		printf("%s{\"check\": ", doctor->checks ? ",\n " : "[");
		print_json_string(check);
		printf(", \"good\": %s, \"note\": %s, \"text\": ",
		       level != PROBLEM ? "true" : "false", level == NOTE ? "true" : "false");
		print_json_string(text);
		printf("}");
	} else {
		printf("%-7s %-12s %s\n", words[level], check, text);
	}
	doctor->checks++;
	doctor->problems += level == PROBLEM;
	return level != PROBLEM;
}

/* The first line of @path without its end, empty if there is none. */
static void read_line(const char *path, char *line, int len)
{
	FILE *file = fopen(path, "re");

	*line = '\0';
	if (!file)
		return;
	if (!fgets(line, len, file))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(file);
}

/* Call @match for the lines of @path until it returns true; how many passed? */
static bool any_line(const char *path, bool (*match)(const char *line, void *arg), void *arg)
{
	char line[4096];
	bool found = false;
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = match(line, arg);
	fclose(file);
	return found;
}

static bool is_module_line(const char *line, void *arg)
{
	(void)arg;
	return !strncmp(line, "kipc ", 5);
}

static bool is_kipcfs_line(const char *line, void *arg)
{
	(void)arg;
	return !strcmp(line, "nodev\t" KIPCFS_NAME "\n");
}

static bool count_kipcfs_mount(const char *line, void *arg)
{
	int *mounts = arg;
	char root[3];

	/* a bind mount of a single file or directory is not another one */
	*mounts += strstr(line, " - " KIPCFS_NAME " ") &&
		   sscanf(line, "%*s %*s %*s %2s", root) == 1 && !strcmp(root, "/");
	return false;
}

static bool check_module(struct doctor *doctor)
{
	char version[64];

	if (access("/sys/module/kipc", F_OK) &&
	    !any_line("/proc/modules", is_module_line, NULL))
		return report(doctor, "module", PROBLEM,
			      "kipc is not loaded; as root run 'modprobe kipc', or 'insmod kipc.ko' where it was built");
	read_line("/sys/module/kipc/version", version, sizeof(version));
	return report(doctor, "module", OK, "kipc%s%s is loaded",
		      *version ? " version " : "", version);
}

/* /dev/kipc, or control of a mount */
static bool is_node(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st))
		return false;
	return S_ISCHR(st.st_mode) ||
	       (S_ISREG(st.st_mode) && !fstatfs(fd, &fs) && fs.f_type == KIPCFS_MAGIC);
}

/* Returns the opened node, or -1. */
static int check_device(struct doctor *doctor)
{
	const char *path = device_path;
	char control[PATH_MAX];
	struct stat st;
	int fd;

	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		snprintf(control, sizeof(control), "%s/control", path);
		path = control;
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		report(doctor, "device", PROBLEM, "%s cannot be opened: %s", path,
		       device_problem(errno));
		return -1;
	}
	if (!is_node(fd) || fstat(fd, &st)) {
		report(doctor, "device", PROBLEM,
		       "%s is not a node of an instance; name the right one with --instance", path);
		close(fd);
		return -1;
	}
	report(doctor, "device", OK, "%s can be opened", path);
	if ((st.st_mode & 0666) == 0666)
		report(doctor, "permissions", OK, "every user may open it");
	else if (S_ISREG(st.st_mode))
		report(doctor, "permissions", OK, "it has mode %04o, as the mount was asked for",
		       st.st_mode & 07777);
	else
		report(doctor, "permissions", PROBLEM,
		       "%s has mode %04o, so that some users are shut out; run 'chmod 0666 %s' and look for the udev rule that set it",
		       path, st.st_mode & 07777, path);
	return fd;
}

static bool check_abi(struct doctor *doctor, int device)
{
	struct kipc_query query = { .nr = KIPC_NR_QUERY };

	if (ioctl(device, KIPC_IOC_QUERY, &query))
		return report(doctor, "abi", PROBLEM,
			      "%s does not answer as kipc does (%s); name the right node with --instance",
			      device_path, strerror(errno));
	if (query.abi < KIPC_ABI_VERSION)
		return report(doctor, "abi", PROBLEM,
			      "the module has ABI %u, older than this program's %d; install the module built with it and load that (rmmod kipc; modprobe kipc)",
			      query.abi, KIPC_ABI_VERSION);
	if (query.abi > KIPC_ABI_VERSION)
		return report(doctor, "abi", OK,
			      "the module has ABI %u, newer than this program's %d, which it still serves",
			      query.abi, KIPC_ABI_VERSION);
	return report(doctor, "abi", OK, "module and program have ABI %u", query.abi);
}

static bool check_call(struct doctor *doctor, int device, const struct call *call)
{
	struct kipc_query query = { .nr = call->nr };

	if (ioctl(device, KIPC_IOC_QUERY, &query))
		return report(doctor, "calls", PROBLEM,
			      "the module does not serve %s; install the module built with this program",
			      call->name);
	if (call->size < query.size_min || call->size > query.size_max ||
	    (query.targets & call->targets) != call->targets)
		return report(doctor, "calls", PROBLEM,
			      "the module serves %s in another form (%u to %u bytes, targets %#x); install the module built with this program",
			      call->name, query.size_min, query.size_max, query.targets);
	return true;
}

static void check_calls(struct doctor *doctor, int device)
{
	unsigned int good = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		good += check_call(doctor, device, &calls[i]);
	if (good == ARRAY_SIZE(calls))
		report(doctor, "calls", OK, "all %u calls are served", good);
}

static void check_pipe(struct doctor *doctor, int device)
{
	struct kipc_pipe_create create = { .flags = KIPC_PIPE_CLOEXEC };
	char byte = 'k';
	bool good;

	if (ioctl(device, KIPC_IOC_PIPE_CREATE, &create)) {
		report(doctor, "pipe", PROBLEM, "no pipe can be made: %s", call_problem(errno));
		return;
	}
	good = write(create.wfd, &byte, 1) == 1 && read(create.rfd, &byte, 1) == 1 && byte == 'k';
	close(create.wfd);
	close(create.rfd);
	report(doctor, "pipe", good ? OK : PROBLEM, good ? "a byte went through a pipe" :
	       "a pipe was made but a byte did not come through; read the kernel's log (dmesg)");
}

static void check_shm(struct doctor *doctor, int device)
{
	struct kipc_shm_create create = {
		.flags = KIPC_SHM_CLOEXEC,
		.mode = 0600,
		.size = sysconf(_SC_PAGESIZE),
	};
	char *one, *other;
	bool good = false;

	if (ioctl(device, KIPC_IOC_SHM_CREATE, &create)) {
		report(doctor, "shm", PROBLEM, "no shared memory can be made: %s",
		       object_problem(errno));
		return;
	}
	one = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, create.fd, 0);
	other = mmap(NULL, create.size, PROT_READ, MAP_SHARED, create.fd, 0);
	if (one != MAP_FAILED && other != MAP_FAILED) {
		*one = 'k';
		good = *other == 'k';
	}
	if (one != MAP_FAILED)
		munmap(one, create.size);
	if (other != MAP_FAILED)
		munmap(other, create.size);
	close(create.fd);
	report(doctor, "shm", good ? OK : PROBLEM, good ? "two mappings share a segment's memory" :
	       "a segment was made but its memory is not shared; read the kernel's log (dmesg)");
}

static void check_sem(struct doctor *doctor, int device)
{
	struct kipc_sem_create create = {
		.flags = KIPC_SEM_CLOEXEC,
		.nsems = 1,
		.mode = 0600,
	};
	bool good;

	if (ioctl(device, KIPC_IOC_SEM_CREATE, &create)) {
		report(doctor, "sem", PROBLEM, "no semaphore can be made: %s",
		       object_problem(errno));
		return;
	}
	/* it can be taken as often as it was given, and not more often */
	good = !ioctl(create.fd, KIPC_IOC_SEM_OP_ONE, KIPC_SEM_ONE(0, 1)) &&
	       !ioctl(create.fd, KIPC_IOC_SEM_OP_ONE, KIPC_SEM_ONE(0, -1) | KIPC_SEM_ONE_NOWAIT) &&
	       ioctl(create.fd, KIPC_IOC_SEM_OP_ONE, KIPC_SEM_ONE(0, -1) | KIPC_SEM_ONE_NOWAIT) &&
	       errno == EAGAIN;
	close(create.fd);
	report(doctor, "sem", good ? OK : PROBLEM, good ? "a semaphore was given and taken" :
	       "a semaphore was made but does not count; read the kernel's log (dmesg)");
}

static void check_msg(struct doctor *doctor, int device)
{
	struct kipc_msg_create create = {
		.flags = KIPC_MSG_CLOEXEC | KIPC_MSG_NONBLOCK,
		.mode = 0600,
	};
	char text[8] = "";
	bool good;

	if (ioctl(device, KIPC_IOC_MSG_CREATE, &create)) {
		report(doctor, "msg", PROBLEM, "no message queue can be made: %s",
		       object_problem(errno));
		return;
	}
	/* one unit, whatever there is room for; then there is no more */
	good = write(create.fd, "ki", 2) == 2 && write(create.fd, "pc", 2) == 2 &&
	       read(create.fd, text, sizeof(text)) == 2 && !memcmp(text, "ki", 2) &&
	       read(create.fd, text, sizeof(text)) == 2 && !memcmp(text, "pc", 2) &&
	       read(create.fd, text, sizeof(text)) == -1 && errno == EAGAIN;
	close(create.fd);
	report(doctor, "msg", good ? OK : PROBLEM, good ? "two messages went through a queue" :
	       "a message queue was made but messages do not come through; read the kernel's log (dmesg)");
}

static void check_sig(struct doctor *doctor, int device)
{
	struct kipc_sig_create create = { .flags = KIPC_SIG_CLOEXEC, .mode = 0600 };
	struct kipc_sig_subscribe subscribe = {
		.id = KIPC_ID_SELF,
		.flags = KIPC_SIG_CLOEXEC | KIPC_SIG_NONBLOCK,
	};
	struct kipc_sig_send send = {
		.id = KIPC_ID_SELF,
		.to = KIPC_SIG_GROUP,
		.signo = SIGUSR1,
		.code = SI_QUEUE,
	};
	struct signalfd_siginfo info = { };
	bool good;

	if (ioctl(device, KIPC_IOC_SIG_CREATE, &create)) {
		report(doctor, "sig", PROBLEM, "no signal queue can be made: %s",
		       object_problem(errno));
		return;
	}
	good = !ioctl(create.fd, KIPC_IOC_SIG_SUBSCRIBE, &subscribe);
	if (good) {
		good = !ioctl(create.fd, KIPC_IOC_SIG_SEND, &send) &&
		       read(subscribe.fd, &info, sizeof(info)) == sizeof(info) &&
		       info.ssi_signo == SIGUSR1;
		close(subscribe.fd);
	}
	close(create.fd);
	report(doctor, "sig", good ? OK : PROBLEM, good ? "a signal went through a queue" :
	       "a signal queue was made but a signal does not come through; read the kernel's log (dmesg)");
}

static void check_kipcfs(struct doctor *doctor)
{
	int mounts = 0;

	if (!any_line("/proc/filesystems", is_kipcfs_line, NULL)) {
		report(doctor, "kipcfs", PROBLEM,
		       "the kernel knows no file system kipcfs, though the module registers it; read the kernel's log (dmesg) and load the module again");
		return;
	}
	any_line("/proc/self/mountinfo", count_kipcfs_mount, &mounts);
	if (mounts)
		report(doctor, "kipcfs", OK, "kipcfs is known, and mounted %d time%s", mounts,
		       mounts == 1 ? "" : "s");
	else
		report(doctor, "kipcfs", OK,
		       "kipcfs is known; for FIFOs, tables and limits mount it: mount -t kipcfs none DIRECTORY");
}

static void check_shim(struct doctor *doctor)
{
	char path[PATH_MAX];
	const char *problem = shim_locate(64, path);

	if (problem)
		report(doctor, "shim", PROBLEM, "kipc exec cannot run programs: %s", problem);
	else
		report(doctor, "shim", OK, "kipc exec preloads %s", path);
	problem = shim_locate(32, path);
	if (problem)
		report(doctor, "shim32", NOTE, "kipc exec cannot run 32-bit programs: %s", problem);
}

/* May a user make one? In a child: this process is to stay where it is. */
static bool can_unshare(int flags)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(unshare(flags) ? 1 : 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static void check_kernel(struct doctor *doctor)
{
	if (access("/proc/sysvipc", F_OK))
		report(doctor, "sysvipc", OK,
		       "the kernel has no System V IPC (CONFIG_SYSVIPC): run programs by kipc exec");
	else
		report(doctor, "sysvipc", OK,
		       "the kernel has a System V IPC of its own: only what kipc exec runs uses kipc's");
	if (can_unshare(CLONE_NEWNS))
		report(doctor, "namespaces", OK, "kipc exec --new can make namespaces");
	else if (can_unshare(CLONE_NEWUSER | CLONE_NEWNS))
		report(doctor, "namespaces", OK,
		       "kipc exec --new can make namespaces, in a user namespace");
	else
		report(doctor, "namespaces", NOTE,
		       "kipc exec --new can make no namespaces here: run it as root, or with --instance where one is mounted");
	if (syscall(SYS_pidfd_open, getpid(), 0) < 0)
		report(doctor, "pidfd", NOTE,
		       "the kernel has no pidfd_open(2) (Linux 5.3): kipc stat opens a FIFO to look at it");
}

static void examine_module(struct doctor *doctor)
{
	int device;

	if (!check_module(doctor))
		return;
	check_kipcfs(doctor);
	device = check_device(doctor);
	if (device < 0)
		return;
	if (check_abi(doctor, device)) {
		check_calls(doctor, device);
		check_pipe(doctor, device);
		check_shm(doctor, device);
		check_sem(doctor, device);
		check_msg(doctor, device);
		check_sig(doctor, device);
		check_limits(doctor, device);
	}
	close(device);
}

static void examine(struct doctor *doctor)
{
	examine_module(doctor);
	check_shim(doctor);
	check_kernel(doctor);
}

static int doctor_run(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "instance", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ }
	};
	struct doctor doctor = { };
	int opt;

	while ((opt = getopt_long(argc, argv, ":hi:j", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			print_help(self);
			return finish_output();
		case 'i':
			if (instance_option(self, optarg))
				return EXIT_USAGE;
			break;
		case 'j':
			doctor.json = true;
			break;
		default:
			return bad_option(self, opt, options, argv);
		}
	}
	if (optind < argc)
		return usage(self, "it takes no argument");

	examine(&doctor);
	if (doctor.json)
		printf("]\n");
	else if (doctor.problems)
		printf("%d problem%s found.\n", doctor.problems, doctor.problems == 1 ? "" : "s");
	else
		printf("kipc is in good health.\n");
	return finish_output() ?: doctor.problems ? EXIT_FAILED : EXIT_OK;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.synopsis = "[-i PATH] [-j]",
	.summary = "check that kipc is usable here, and say what to do if not",
	.help =
	"Check that the module is loaded, its file system registered, the instance's node\n"
	"reachable by every user, its ABI the one that this program knows, every call\n"
	"served, that a pipe, shared memory, a semaphore and both queues work, and that\n"
	"no limit is reached; that kipc exec finds its library, and what the kernel lacks\n"
	"that it wants. Each problem is told with what to do; a note is about what not\n"
	"everybody needs.\n"
	"\n"
	INSTANCE_HELP
	"  -j, --json           an array of objects with the members check, good, note\n"
	"                       and text\n"
	"\n"
	"Exits with 0 if all is well, 1 if there is a problem, 2 for a wrong command\n"
	"line.\n",
	.run = doctor_run,
};
