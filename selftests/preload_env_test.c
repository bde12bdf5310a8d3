// SPDX-License-Identifier: GPL-2.0
/*
 * libkipc-preload.so with programs that know nothing of it, the stock tools of util-linux,
 * and its environment variables: what is chosen by them, and what is said when that fails.
 *
 * The library is preloaded to the shell that runs them; each test mounts the instance.
 */
#include "mounts.h"
#include "preload_deep.h"

#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/sysmacros.h>

#define INSTANCE MOUNTS "/instance"

FIXTURE(preload)
{
	long long objects;
	char out[8192];
};

FIXTURE_SETUP(preload)
{
	self->objects = param_get("objects");
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(INSTANCE, NULL));
	/* where the kernel has tables of its own, the tools read these and not the calls */
	if (!access("/proc/sysvipc", F_OK))
		ASSERT_EQ(0, mount(INSTANCE "/sysvipc", "/proc/sysvipc", NULL, MS_BIND, NULL));
}

FIXTURE_TEARDOWN(preload)
{
	children_reap();
	umount("/proc/sysvipc");
	EXPECT_TRUE(EVENTUALLY(umount(INSTANCE) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

/* Run a command of the shell; its exit status. What it said, here and there, is in @out. */
static int run(char out[8192], const char *command)
{
	char with_errors[1024];
	size_t n;
	FILE *f;

	snprintf(with_errors, sizeof(with_errors), "exec 2>&1; %s", command);
	f = popen(with_errors, "re");
	if (!f)
		return -1;
	n = fread(out, 1, 8191, f);
	out[n] = '\0';
	return WEXITSTATUS(pclose(f));
}

static int count(const char *text, const char *word)
{
	int n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

static void says(struct __test_metadata *_metadata, const char *out, const char *word)
{
	EXPECT_NE(NULL, strstr(out, word))
		TH_LOG("'%s' is not in: %s", word, out);
}

#define SAYS(word) says(_metadata, self->out, word)

static struct kipc_stats instance_stats(void)
{
	int fd = open_in(INSTANCE, "control", O_RDWR);
	struct kipc_stats stats = stats_of(fd);

	close(fd);
	return stats;
}

/* --- this program, run anew with other variables */

static char self_path[PATH_MAX];

/* Make a set as that library does: how many there are in the instance then? */
static void deep(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_DEEPBIND);
	int (*get)(void), (*remove)(int), id;

	if (!library) {
		puts(dlerror());
		return;
	}
	get = (int (*)(void))dlsym(library, "deep_semget");
	remove = (int (*)(int))dlsym(library, "deep_remove");
	id = get();
	printf("sets: %llu\n", instance_stats().sem_sets);
	if (id >= 0 && remove(id))
		puts("it cannot be removed");
}

/* Make a pipe on the device, and one where that is no more. */
static void pipes(void)
{
	int fds[2], more[2], ret, error;

	ret = pipe(fds);
	printf("first: %d\n", ret ? errno : 0);
	ret = chroot("/proc") ? -1 : pipe(more);
	error = errno;
	printf("second: %d\n", ret ? error : 0);
}

/* Whatever the program is called for. */
__attribute__((constructor)) static void be_another(int argc, char **argv)
{
	if (readlink("/proc/self/exe", self_path, sizeof(self_path) - 1) < 0)
		return;
	if (argc != 3)
		return;
	if (!strcmp(argv[1], "--deep"))
		deep(argv[2]);
	else if (!strcmp(argv[1], "--pipes"))
		pipes();
	else
		return;
	fflush(stdout);
	_exit(0);
}

/* Run it so, with @variables. */
static int run_self(char out[8192], const char *variables, const char *option, const char *arg)
{
	char command[PATH_MAX + 512];

	snprintf(command, sizeof(command), "%s %s %s %s", variables, self_path, option, arg);
	return run(out, command);
}

TEST_F_TIMEOUT(preload, libraries_that_bind_deeply_are_served_if_that_is_asked_for, 240)
{
	int fd = open(MOUNTS "/deep.so", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	ASSERT_EQ(deep_end - deep_begin, write(fd, deep_begin, deep_end - deep_begin));
	close(fd);
	/* so it is, if we cannot be there */
	EXPECT_EQ(0, run_self(self->out, "", "--deep", MOUNTS "/deep.so"));
	EXPECT_STREQ("sets: 0\n", self->out);
	EXPECT_EQ(0, run_self(self->out, "KIPC_DEEPBIND=ignore", "--deep", MOUNTS "/deep.so"));
	EXPECT_STREQ("sets: 1\n", self->out);
	EXPECT_EQ(0, run_self(self->out, "KIPC_DEEPBIND=keep", "--deep", MOUNTS "/deep.so"));
	EXPECT_STREQ("sets: 0\n", self->out);
	run_self(self->out, "KIPC_DEEPBIND=igno", "--deep", MOUNTS "/deep.so");
	SAYS("KIPC_DEEPBIND: 'igno' is taken for 'keep'; give keep or ignore");
	SAYS("sets: 0\n");
	EXPECT_EQ(0, instance_stats().sems);
}

TEST_F_TIMEOUT(preload, pipes_without_the_device_are_the_kernels_or_refused, 240)
{
	char expected[64];

	EXPECT_EQ(0, run_self(self->out, "KIPC_FAMILIES=pipe KIPC_FALLBACK=native", "--pipes",
			      "-"));
	EXPECT_STREQ("first: 0\nsecond: 0\n", self->out);
	EXPECT_EQ(0, run_self(self->out, "KIPC_FAMILIES=pipe", "--pipes", "-"));
	snprintf(expected, sizeof(expected), "first: 0\nsecond: %d\n", ENOSYS);
	SAYS(expected);
	SAYS("cannot use " INSTANCE ": it does not exist");
	EXPECT_EQ(1, count(self->out, "libkipc-preload"));
	EXPECT_EQ(0, run_self(self->out, "KIPC_FAMILIES=pipe KIPC_DEV=/dev/no", "--pipes", "-"));
	snprintf(expected, sizeof(expected), "first: %d\nsecond: %d\n", ENOSYS, ENOSYS);
	SAYS(expected);
}

/* --- stock tools */

TEST_F_TIMEOUT(preload, stock_tools_make_show_and_remove, 240)
{
	struct kipc_stats stats;

	EXPECT_EQ(0, run(self->out, "ipcmk -M 12345 -p 640 && ipcmk -S 7 && ipcmk -Q"));
	stats = instance_stats();
	EXPECT_EQ(1, stats.shm_segments);
	EXPECT_EQ(7, stats.sems);
	EXPECT_EQ(1, stats.msg_queues);
	EXPECT_EQ(0, run(self->out, "ipcs"));
	SAYS(" 640 ");
	SAYS(" 12345 ");
	EXPECT_EQ(3, count(self->out, "\n0x"));
	EXPECT_EQ(0, run(self->out, "ipcs -u"));
	SAYS("segments allocated 1");
	SAYS("allocated semaphores = 7");
	SAYS("allocated queues = 1");
	EXPECT_EQ(0, run(self->out, "lsipc -m --noheadings -o SIZE,PERMS,NATTCH -b"));
	SAYS("12345");
	EXPECT_EQ(0, run(self->out, "lsipc -s --noheadings -o NSEMS"));
	SAYS("7");
	EXPECT_EQ(0, run(self->out, "lsipc -q --noheadings -o MSGS"));
	SAYS("0");
	EXPECT_EQ(0, run(self->out, "ipcrm -a"));
	stats = instance_stats();
	EXPECT_EQ(0, stats.shm_segments + stats.sems + stats.msg_queues);
	EXPECT_NE(0, run(self->out, "ipcrm -m 0"));
}

TEST_F_TIMEOUT(preload, families_are_chosen_by_name, 240)
{
	EXPECT_EQ(0, run(self->out, "KIPC_FAMILIES=msg,sem ipcmk -S 1"));
	EXPECT_EQ(1, instance_stats().sems);
	run(self->out, "KIPC_FAMILIES=shm,msg ipcmk -S 1; KIPC_FAMILIES=none ipcmk -Q");
	EXPECT_EQ(1, instance_stats().sems);
	EXPECT_EQ(0, instance_stats().msg_queues);
	/* what is meant is done, what is not understood is said */
	EXPECT_EQ(0, run(self->out, "KIPC_FAMILIES=msg,smh ipcmk -Q"));
	EXPECT_EQ(1, instance_stats().msg_queues);
	SAYS("KIPC_FAMILIES: 'smh' is ignored; give shm, sem, msg, sysv, pipe, all or none");
	EXPECT_EQ(0, run(self->out, "ipcrm -a"));
}

TEST_F_TIMEOUT(preload, device_that_is_missing_is_told_in_one_sentence, 240)
{
	static const char *const devices[] = { "/dev/kipc-no", "/tmp/no/dir", "/dev/null" };
	bool is_native = !access("/proc/sys/kernel/msgmni", F_OK);
	char command[256];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(command, sizeof(command), "KIPC_DEV=%s ipcmk -Q", devices[i]);
		EXPECT_NE(0, run(self->out, command));
		SAYS("cannot use ");
		SAYS(devices[i]);
		EXPECT_EQ(1, count(self->out, "libkipc-preload"));
		SAYS(i < 2 ? "it does not exist; load the module" : "it is not a node of kipc");
		SAYS("ipcmk: create message queue failed: Function not implemented");
	}
	/* the kernel's own call, if there is one */
	EXPECT_EQ(is_native, !run(self->out, "KIPC_FALLBACK=nativ KIPC_DEV=/dev/no ipcmk -Q"));
	SAYS("KIPC_FALLBACK: 'nativ' is taken for 'native'; give native or refuse");
	SAYS("cannot use /dev/no");
	EXPECT_EQ(0, instance_stats().msg_queues);
	run(self->out, "unset LD_PRELOAD; ipcrm --all=msg");
}

TEST_F_TIMEOUT(preload, every_family_is_refused_where_nothing_else_is_wanted, 240)
{
	static const char *const commands[] = {
		"ipcmk -M 100", "ipcmk -S 1", "ipcmk -Q", "ipcrm -m 0", "ipcrm -s 0", "ipcrm -q 0",
		"ipcrm -M 1", "ipcrm -S 1", "ipcrm -Q 1",
	};
	char command[256];
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(command, sizeof(command), "KIPC_DEV=/dev/no KIPC_FALLBACK=refuse %s",
			 commands[i]);
		EXPECT_NE(0, run(self->out, command));
		SAYS("libkipc-preload: cannot use /dev/no: it does not exist");
		SAYS(": Function not implemented");
	}
}

TEST_F_TIMEOUT(preload, device_that_cannot_be_opened_is_told_in_one_sentence, 240)
{
	pid_t pid;

	/* a number that the kernel leaves to nobody */
	ASSERT_EQ(0, mknod(MOUNTS "/dead", S_IFCHR | 0666, makedev(60, 0)));
	EXPECT_NE(0, run(self->out, "KIPC_DEV=" MOUNTS "/dead ipcmk -Q"));
	SAYS("cannot use " MOUNTS "/dead: no driver stands behind it; load the module");
	EXPECT_NE(0, run(self->out, "KIPC_DEV=" MOUNTS " ipcmk -Q"));
	SAYS("cannot use " MOUNTS ": no kipcfs is mounted there; mount one");
	ASSERT_EQ(0, chmod(INSTANCE "/control", 0));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_NE(0, run(self->out, "ipcmk -Q"));
		SAYS("cannot use " INSTANCE ": you may not open it");
		EXPECT_EQ(1, count(self->out, "libkipc-preload"));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, instance_stats().msg_queues);
}

TEST_F_TIMEOUT(preload, device_may_be_a_node_or_a_directory_near_or_far, 240)
{
	EXPECT_EQ(0, run(self->out, "KIPC_DEV=" INSTANCE "/control ipcmk -Q"));
	EXPECT_EQ(0, run(self->out, "cd " MOUNTS "; KIPC_DEV=instance ipcmk -Q"));
	EXPECT_EQ(2, instance_stats().msg_queues);
	EXPECT_EQ(0, run(self->out, "KIPC_DEV= ipcmk -Q && KIPC_DEV= ipcs -q"));
	EXPECT_EQ(2, instance_stats().msg_queues);
	EXPECT_EQ(0, run(self->out, "KIPC_DEV= ipcrm --all=msg && ipcrm --all=msg"));
	EXPECT_EQ(0, instance_stats().msg_queues);
}

/* Make a queue of the default instance, see it among the tables of /proc, remove it. */
#define QUEUE_OF_DEFAULT \
	"export KIPC_DEV=/dev/kipc; " \
	"ipcmk -Q -p 0611 > /dev/null && { cat /proc/sysvipc/msg; ipcrm --all=msg; }"

TEST_F_TIMEOUT(preload, tables_of_the_default_instance_are_shown_to_who_may_mount_or_sees_it, 240)
{
	pid_t pid;
	int round;

	EXPECT_EQ(0, run(self->out, QUEUE_OF_DEFAULT));
	SAYS("  611 ");
	for (round = 0; round < 2; round++) {
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, become(OTHER_UID));
			run(self->out, QUEUE_OF_DEFAULT);
			EXPECT_EQ(round, count(self->out, "  611 "));
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
		if (!round)
			EXPECT_EQ(0, kipcfs_mount(MOUNTS "/default", "default"));
	}
	EXPECT_TRUE(EVENTUALLY(umount(MOUNTS "/default") == 0));
}

TEST_F_TIMEOUT(preload, trace_has_a_line_for_each_call, 240)
{
	EXPECT_EQ(0, run(self->out, "KIPC_TRACE=2 ipcmk -S 3"));
	SAYS(" semget(0x");
	SAYS(", 3, 0");
	SAYS(") = ");
	EXPECT_EQ(0, run(self->out, "KIPC_TRACE=" MOUNTS "/trace ipcmk -Q; "
			 "KIPC_TRACE=" MOUNTS "/trace ipcrm -q 99999; cat " MOUNTS "/trace"));
	SAYS(" msgget(0x");
	SAYS(" msgctl(99999, 0, ");
	SAYS(" = -1 EINVAL\n");
	EXPECT_EQ(0, run(self->out, "ipcrm -a"));
}

/* --- filters of system calls */

/* Install one; what seccomp(2) returns. */
static int filter_install(struct sock_filter *filter, unsigned short len, unsigned int flags)
{
	struct sock_fprog program = { .len = len, .filter = filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* What becomes of every ioctl whose command has the bits @command in @mask. */
static int filter_ioctl(unsigned int mask, unsigned int command, unsigned int action,
			unsigned int flags)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, command, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, action),
	};

	return filter_install(filter, sizeof(filter) / sizeof(filter[0]), flags);
}

/* Have every ioctl of the type of kipc fail. */
static int forbid_ioctl(void)
{
	return filter_ioctl(0xff00, KIPC_IOC_TYPE << 8, SECCOMP_RET_ERRNO | EPERM, 0);
}

static int forbid_open(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
	};

	return filter_install(filter, sizeof(filter) / sizeof(filter[0]), 0);
}

TEST_F_TIMEOUT(preload, seccomp_that_refuses_the_ioctl_is_told, 240)
{
	pid_t pid = child_fork();

	if (!pid) {
		if (forbid_ioctl())
			_exit(1);
		EXPECT_NE(0, run(self->out, "ipcmk -S 3"));
		SAYS("this process may not make ioctl calls, as by seccomp");
		EXPECT_EQ(1, count(self->out, "libkipc-preload"));
		SAYS("Function not implemented");
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, instance_stats().sems);
}

/* Make calls, forbid something, make them again: what was said on the standard error. */
static int seal_oneself(char out[8192], int (*forbid)(void))
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600), fds[2], errors = 0;
	struct sembuf one = { .sem_op = 1 };
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) || id < 0 || semctl(id, 0, IPC_RMID))
		return -1;
	dup2(fds[1], 2);
	close(fds[1]);
	if (forbid())
		return -1;
	errors += semget(IPC_PRIVATE, 1, IPC_CREAT | 0600) != -1 || errno != ENOSYS;
	errors += semop(id, &one, 1) != -1 || errno != ENOSYS;
	errors += msgget(IPC_PRIVATE, IPC_CREAT | 0600) != -1 || errno != ENOSYS;
	close(2);
	n = read(fds[0], out, 8191);
	out[n > 0 ? n : 0] = '\0';
	return errors;
}

TEST_F(preload, program_that_seals_itself_later_is_told)
{
	static int (*const forbid[])(void) = { forbid_ioctl, forbid_open };
	static const char *const told[] = {
		"this process may not make ioctl calls, as by seccomp",
		"you may not open it, or seccomp does not let this process open anything",
	};
	pid_t pid;
	int i;

	for (i = 0; i < 2; i++) {
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, seal_oneself(self->out, forbid[i]));
			SAYS(told[i]);
			EXPECT_EQ(1, count(self->out, "libkipc-preload"));
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
	}
}

/* Who mounts is ended; and, if @secret, who asks for a filter is told that they may not. */
static int end_who_mounts(bool secret)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fsopen, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, secret ? PR_GET_SECCOMP : ~0U, 1, 2),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return filter_install(filter, sizeof(filter) / sizeof(filter[0]), 0);
}

TEST_F_TIMEOUT(preload, nobody_with_a_filter_mounts_the_default_instance, 240)
{
	pid_t pid;
	int secret;

	for (secret = 0; secret < 2; secret++) {
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, end_who_mounts(secret));
			EXPECT_EQ(secret ? -1 : SECCOMP_MODE_FILTER, prctl(PR_GET_SECCOMP));
			run(self->out, "KIPC_DEV=/dev/kipc cat /proc/sysvipc/msg; echo ended: $?");
			EXPECT_TRUE(strstr(self->out, "ended: 0\n") ||
				    strstr(self->out, "ended: 1\n"))
				TH_LOG("%s", self->out);
			child_exit();
		}
		EXPECT_EQ(0, child_wait(pid));
	}
}

/* --- a module that is older than the library */

/* Answer KIPC_IOC_QUERY in the place of the kernel, as version 3 of the ABI had it. */
static void *answer_of_old(void *arg)
{
	struct {
		struct seccomp_notif in;
		struct seccomp_notif_resp out;
	} call;
	struct kipc_query query;
	char path[64];
	int mem;

	for (;;) {
		memset(&call, 0, sizeof(call));
		if (ioctl(*(int *)arg, SECCOMP_IOCTL_NOTIF_RECV, &call.in))
			return NULL;
		snprintf(path, sizeof(path), "/proc/%u/mem", call.in.pid);
		mem = open(path, O_RDWR | O_CLOEXEC);
		if (pread(mem, &query, sizeof(query), call.in.data.args[2]) == sizeof(query)) {
			query.abi = 3;
			if (pwrite(mem, &query, sizeof(query), call.in.data.args[2]) < 0)
				call.out.error = -EIO;
		}
		close(mem);
		call.out.id = call.in.id;
		ioctl(*(int *)arg, SECCOMP_IOCTL_NOTIF_SEND, &call.out);
	}
}

TEST_F_TIMEOUT(preload, module_that_is_too_old_is_told, 240)
{
	pthread_t thread;
	int listener;
	pid_t pid;

	pid = child_fork();
	if (!pid) {
		listener = filter_ioctl(~0U, KIPC_IOC_QUERY, SECCOMP_RET_USER_NOTIF,
					SECCOMP_FILTER_FLAG_NEW_LISTENER);
		EXPECT_LE(0, listener);
		EXPECT_EQ(0, pthread_create(&thread, NULL, answer_of_old, &listener));
		EXPECT_NE(0, run(self->out, "ipcmk -S 3"));
		SAYS("cannot use " INSTANCE ": its module is too old for this library; "
		     "load the kipc module that came with the library");
		EXPECT_EQ(1, count(self->out, "libkipc-preload"));
		SAYS("Function not implemented");
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, instance_stats().sems);
}

/* --- programs that have more rights than their users */

/* Where the dynamic linker of a setuid program looks, if the library is setuid, too. */
#define STANDARD "/usr/lib/libkipc-preload-suid.so"

FIXTURE(setuid)
{
	char out[8192];
	bool is_native;
	int dev;
	struct kipc_stats before;
};

FIXTURE_SETUP(setuid)
{
	char command[PATH_MAX + 200];

	self->is_native = !access("/proc/sys/kernel/msgmni", F_OK);
	self->dev = kipc_open();
	ASSERT_LE(0, self->dev);
	self->before = stats_of(self->dev);
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(INSTANCE, NULL));
	ASSERT_EQ(0, run(self->out, "cp $(command -v ipcmk) " MOUNTS "/plain"));
	ASSERT_EQ(0, run(self->out, "cp " MOUNTS "/plain " MOUNTS "/suid"));
	ASSERT_EQ(0, chmod(MOUNTS "/suid", 04755));
	snprintf(command, sizeof(command), "cp %s " STANDARD " && chmod 4755 " STANDARD,
		 getenv("LD_PRELOAD"));
	ASSERT_EQ(0, run(self->out, command));
}

FIXTURE_TEARDOWN(setuid)
{
	children_reap();
	unlink(STANDARD);
	/* those of the device, of the instance, and of the kernel */
	run(self->out, "KIPC_DEV= ipcrm --all=msg; ipcrm --all=msg");
	run(self->out, "unset LD_PRELOAD; ipcrm --all=msg");
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).msg_queues == self->before.msg_queues));
	close(self->dev);
	EXPECT_TRUE(EVENTUALLY(umount(INSTANCE) == 0));
}

/* What an ordinary user's command says. */
static int run_as_user(char out[8192], const char *command)
{
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid = child_fork();
	if (!pid) {
		if (become(OTHER_UID))
			_exit(99);
		status = run(out, command);
		if (write(fds[1], out, strlen(out)) < 0)
			_exit(99);
		_exit(status);
	}
	close(fds[1]);
	n = read(fds[0], out, 8191);
	out[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	return child_wait(pid);
}

TEST_F_TIMEOUT(setuid, programs_run_natively, 240)
{
	EXPECT_EQ(0, run_as_user(self->out, MOUNTS "/plain -Q"));
	EXPECT_EQ(1, instance_stats().msg_queues);
	/* the dynamic linker leaves us out */
	EXPECT_EQ(self->is_native, !run_as_user(self->out, MOUNTS "/suid -Q"));
	EXPECT_EQ(0, count(self->out, "libkipc-preload:"));
	EXPECT_EQ(1, instance_stats().msg_queues);
	EXPECT_EQ(self->before.msg_queues, stats_of(self->dev).msg_queues);
}

TEST_F_TIMEOUT(setuid, administrators_library_serves_them_without_its_variables, 240)
{
	static const char *const variables[][2] = {
		{ "LD_PRELOAD", "libkipc-preload-suid.so" },
		{ "KIPC_DEV", "/dev/no" },
		{ "KIPC_FAMILIES", "none" },
		{ "KIPC_TRACE", MOUNTS "/trace" },
	};
	pid_t pid;
	size_t i;

	pid = child_fork();
	if (!pid) {
		for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
			EXPECT_EQ(0, setenv(variables[i][0], variables[i][1], 1));
		EXPECT_EQ(0, run_as_user(self->out, MOUNTS "/suid -Q"));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, instance_stats().msg_queues);
	EXPECT_EQ(self->before.msg_queues + 1, stats_of(self->dev).msg_queues);
	EXPECT_NE(0, access(MOUNTS "/trace", F_OK));
}

/* --- a device that vanishes */

/* The device is gone while the program runs: no call is made elsewhere. */
TEST_F_TIMEOUT(preload, device_that_goes_is_no_reason_to_change_worlds, 240)
{
	pid_t pid = child_fork();

	if (!pid) {
		int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);

		EXPECT_LE(0, id);
		EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
		EXPECT_EQ(0, chroot("/proc"));
		EXPECT_EQ(-1, semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
		EXPECT_EQ(ENOSYS, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

TEST_HARNESS_MAIN
