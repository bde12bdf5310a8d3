// SPDX-License-Identifier: GPL-2.0
/*
 * libkipc: the way to an instance, and what is said when there is none. Also for 32-bit
 * programs.
 */
#include "lib_fixture.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/sysmacros.h>

/* Constructor of a program that was executed: what does the environment lead it to? */
__attribute__((constructor)) static void after_exec(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--after-exec"))
		_exit(kipc_open(NULL) < 0 ? errno : 0);
}

/* Whether two descriptors are of the same instance. */
static bool same_instance(int one, int other)
{
	int id = kipc_msg_get(one, KIPC_KEY_PRIVATE, 0600, 0);
	struct kipc_msg_stat stat;
	bool same;

	if (id < 0)
		return false;
	same = !kipc_msg_stat(other, id, 0, &stat, sizeof(stat));
	return !kipc_msg_remove(one, id) && same;
}

/* Whether @path, which may be NULL, leads to the instance of @fd. */
static bool leads_to(const char *path, int fd)
{
	int found = kipc_open(path);
	bool same = found >= 0 && same_instance(found, fd);

	close(found);
	return same;
}

TEST_F(lib, instance_is_found_by_directory_node_environment_and_default)
{
	int device = raw_open();

	ASSERT_LE(0, device);
	EXPECT_FALSE(same_instance(device, self->raw));
	EXPECT_TRUE(leads_to(OWN, self->raw));
	EXPECT_TRUE(leads_to(OWN "/control", self->raw));
	EXPECT_TRUE(leads_to(KIPC_DEVICE, device));
	EXPECT_TRUE(leads_to(NULL, device));
	EXPECT_TRUE(leads_to("", device));

	ASSERT_EQ(0, setenv("KIPC_DEV", OWN, 1));
	EXPECT_TRUE(leads_to(NULL, self->raw));
	EXPECT_TRUE(leads_to("", self->raw));
	EXPECT_TRUE(leads_to(KIPC_DEVICE, device));
	ASSERT_EQ(0, setenv("KIPC_DEV", "", 1));
	EXPECT_TRUE(leads_to(NULL, device));
	close(device);
}

TEST_F(lib, descriptor_is_for_both_directions_and_closed_by_an_exec)
{
	int fd = kipc_open_why(OWN, KIPC_ABI_VERSION, NULL, 0);

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDWR, fcntl(fd, F_GETFL) & O_ACCMODE);
	close(fd);
}

/*
 * Both ways to open must fail with @err, the one that says why with a sentence that begins
 * with @path, NULL for the default, and has @words in it; and neither may leave a
 * descriptor.
 */
static void expect_refusal(struct __test_metadata *_metadata, const char *path, int err,
			   const char *words)
{
	const char *name = path ? path : KIPC_DEVICE;
	int before = descriptors();
	char why[KIPC_WHY_SIZE] = "";

	EXPECT_FAILS(err, kipc_open(path));
	EXPECT_FAILS(err, kipc_open_why(path, 0, why, sizeof(why)));
	EXPECT_EQ(0, strncmp(why, name, strlen(name)))
		TH_LOG("%s", why);
	EXPECT_NE(NULL, strstr(why, words))
		TH_LOG("%s", why);
	EXPECT_EQ(NULL, strchr(why, '\n'));
	EXPECT_EQ(before, descriptors());
}

TEST_F(lib, path_that_leads_to_no_instance_is_refused_with_the_reason)
{
	ASSERT_EQ(0, mkdir(MOUNTS "/empty", 0755));
	ASSERT_EQ(0, mkfifo(OWN "/fifo", 0600));
	ASSERT_EQ(0, mknod(MOUNTS "/node", S_IFCHR | 0600, makedev(4000, 77)));
	expect_refusal(_metadata, MOUNTS "/nothing", ENOENT, "does not exist");
	expect_refusal(_metadata, MOUNTS "/empty", ENOENT, "no kipcfs is mounted there");
	expect_refusal(_metadata, MOUNTS "/node", ENXIO, "modprobe kipc");
	expect_refusal(_metadata, "/dev/null", ENOTTY, "is not a node of kipc");
	expect_refusal(_metadata, "/proc/self/exe", ETXTBSY, "Text file busy");
	/* a descriptor of it knows kipc's calls, but not those of an instance */
	expect_refusal(_metadata, OWN "/fifo", ENOTTY, "is not a node of kipc");
}

TEST_F(lib, module_that_is_not_loaded_is_told)
{
	/* as /dev looks then */
	ASSERT_EQ(0, mount("none", "/dev", "tmpfs", 0, "mode=755"));
	expect_refusal(_metadata, NULL, ENOENT, "modprobe kipc");
}

TEST_F(lib, node_that_may_not_be_opened_is_told)
{
	ASSERT_EQ(0, kipcfs_mount(MOUNTS "/closed", "mode=0600"));
	ASSERT_EQ(0, kipcfs_mount(MOUNTS "/hidden", "dirmode=0700"));
	ASSERT_EQ(0, become(OTHER_UID));
	expect_refusal(_metadata, MOUNTS "/closed", EACCES, "may not be opened by this user");
	expect_refusal(_metadata, MOUNTS "/hidden", EACCES, "may not be opened by this user");
}

TEST_F(lib, instance_that_is_mounted_read_only_is_told)
{
	/* nobody may have something there open to be written */
	close(self->dev);
	close(self->raw);
	ASSERT_EQ(0, mount("none", OWN, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	expect_refusal(_metadata, OWN, EROFS, "remount,rw");
}

TEST_F(lib, full_descriptor_table_is_told)
{
	struct rlimit none = { .rlim_cur = 0, .rlim_max = 4096 };
	char why[KIPC_WHY_SIZE] = "";

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_FAILS(EMFILE, kipc_open(OWN));
	EXPECT_FAILS(EMFILE, kipc_open_why(OWN "/control", 0, why, sizeof(why)));
	EXPECT_NE(NULL, strstr(why, "ulimit -n"));
}

TEST_F(lib, module_older_than_wanted_is_told_with_both_versions)
{
	const unsigned int next = KIPC_ABI_VERSION + 1;
	char why[KIPC_WHY_SIZE] = "", words[64];
	int before = descriptors();

	EXPECT_FAILS(EPROTONOSUPPORT, kipc_open_why(OWN, next, why, sizeof(why)));
	snprintf(words, sizeof(words), "version %u of kipc's module, and version %u",
		 KIPC_ABI_VERSION, next);
	EXPECT_NE(NULL, strstr(why, words))
		TH_LOG("%s", why);
	EXPECT_EQ(before, descriptors());
}

/* Refuse ioctls of kipc's type with EPERM, as a sandbox does that does not know them. */
static int refuse_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff00),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KIPC_IOC_TYPE << 8, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = ARRAY_SIZE(filter), .filter = filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ?:
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

TEST_F(lib, filter_of_system_calls_is_told_from_a_lack_of_permission)
{
	ASSERT_EQ(0, refuse_calls());
	EXPECT_FAILS(EPERM, kipc_abi(self->dev));
	expect_refusal(_metadata, OWN, EPERM, "filter of system calls");
}

TEST_F(lib, sentence_is_cut_to_the_room_there_is)
{
	char why[16];

	memset(why, POISON, sizeof(why));
	EXPECT_FAILS(ENOTTY, kipc_open_why("/dev/null", 0, why, 10));
	EXPECT_STREQ("/dev/null", why);
	EXPECT_TRUE(is_all(why + 10, POISON, sizeof(why) - 10));
	memset(why, POISON, sizeof(why));
	EXPECT_FAILS(ENOTTY, kipc_open_why("/dev/null", 0, why, 0));
	EXPECT_TRUE(is_all(why, POISON, sizeof(why)));
}

TEST_F(lib, success_leaves_the_room_for_the_sentence_alone)
{
	char why[16];
	int fd;

	memset(why, POISON, sizeof(why));
	fd = kipc_open_why(OWN, KIPC_ABI_VERSION, why, sizeof(why));
	EXPECT_LE(0, fd);
	EXPECT_TRUE(is_all(why, POISON, sizeof(why)));
	close(fd);
}

/* A copy of this program with @mode. */
static int copy_of_program(const char *path, int mode)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int ret = -1;
	ssize_t n;

	if (from >= 0 && to >= 0) {
		do
			n = sendfile(to, from, NULL, 1 << 20);
		while (n > 0);
		ret = n ? -1 : fchmod(to, mode);
	}
	close(from);
	close(to);
	return ret;
}

/* What the program @path says, run by an ordinary user whose KIPC_DEV leads nowhere. */
static int run_by_user(const char *path)
{
	char *const argv[] = { "lib_open_test", "--after-exec", NULL };
	char *const env[] = { "KIPC_DEV=/nothing", NULL };
	pid_t pid = child_fork();

	if (!pid) {
		if (become(OTHER_UID))
			_exit(100);
		execve(path, argv, env);
		_exit(101);
	}
	return child_wait(pid);
}

TEST_F(lib, program_with_more_rights_than_its_user_ignores_the_environment)
{
	ASSERT_EQ(0, copy_of_program(MOUNTS "/ordinary", 0755));
	ASSERT_EQ(0, copy_of_program(MOUNTS "/set_user_id", 04755));
	EXPECT_EQ(ENOENT, run_by_user(MOUNTS "/ordinary"));
	EXPECT_EQ(0, run_by_user(MOUNTS "/set_user_id"));
}

/* --- calls that reach the module */

TEST_F(lib, limit_that_is_reached_is_named)
{
	int fd, id;

	ASSERT_EQ(0, kipcfs_mount(MOUNTS "/small", "shmmni=1,semmsl=2,msgmax=10"));
	fd = kipc_open(MOUNTS "/small");
	ASSERT_LE(0, fd);
	ASSERT_LE(0, kipc_shm_get(fd, KIPC_KEY_PRIVATE, 1, 0600, 0, 0));
	EXPECT_FAILS(ENOSPC, kipc_shm_get(fd, KIPC_KEY_PRIVATE, 1, 0600, 0, 0));
	EXPECT_NE(NULL, strstr(kipc_explain(KIPC_IOC_SHM_GET, ENOSPC), "shmmni"));
	EXPECT_FAILS(EINVAL, kipc_sem_get(fd, KIPC_KEY_PRIVATE, 3, 0600, 0));
	EXPECT_NE(NULL, strstr(kipc_explain(KIPC_IOC_SEM_GET, EINVAL), "semmsl"));
	id = kipc_msg_get(fd, KIPC_KEY_PRIVATE, 0600, 0);
	ASSERT_LE(0, id);
	EXPECT_FAILS(EINVAL, kipc_msg_send(fd, id, 1, "0123456789+", 11, 0, KIPC_TIMEOUT_NONE));
	EXPECT_NE(NULL, strstr(kipc_explain(KIPC_IOC_MSG_SEND, EINVAL), "msgmax"));
	close(fd);
}

TEST_F(lib, errno_that_says_it_all_is_told_in_the_words_of_the_c_library)
{
	EXPECT_STREQ(strerror(ENOMEM), kipc_explain(KIPC_IOC_MSG_GET, ENOMEM));
	/* means a limit of another call */
	EXPECT_STREQ(strerror(ENOSPC), kipc_explain(KIPC_IOC_MSG_SEND, ENOSPC));
	EXPECT_STREQ(kipc_explain(KIPC_IOC_SEM_OP, EFBIG),
		     kipc_explain(KIPC_IOC_SEM_OP_ONE, EFBIG));
}

TEST_HARNESS_MAIN
