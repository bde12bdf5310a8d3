// SPDX-License-Identifier: GPL-2.0
/*
 * libkipc-preload.so with programs that know nothing of it, the stock tools of util-linux,
 * and its environment variables: what is chosen by them, and what is said when that fails.
 *
 * The library is preloaded to the shell that runs them; each test mounts the instance.
 */
#include "mounts.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/sem.h>

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

/* Have every ioctl of the type of kipc fail. */
static int forbid_ioctl(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff00),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KIPC_IOC_TYPE << 8, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog program = { .len = 7, .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
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
