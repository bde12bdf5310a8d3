// SPDX-License-Identifier: GPL-2.0
/* pipe and pipe2 of the C library: what they give, to whom, and what when they cannot. */
#include "pipe_calls.h"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#ifndef O_NOTIFICATION_PIPE
#define O_NOTIFICATION_PIPE O_EXCL
#endif

#define PIPEFS_MAGIC 0x50495045

static void ends_close(int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

TEST_F(libc, pipe_and_pipe2_give_what_their_flags_say)
{
	static const int flags[] = {
		0, O_CLOEXEC, O_NONBLOCK, O_DIRECT, O_CLOEXEC | O_NONBLOCK | O_DIRECT,
	};
	int fds[2], k;
	size_t i;

	ASSERT_EQ(0, pipe(fds));
	EXPECT_EQ(UNDER_SHIM, is_kipc_pipe(fds[0]));
	EXPECT_EQ(0, fcntl(fds[0], F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(fds[0], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(O_WRONLY, fcntl(fds[1], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	ends_close(fds);
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		errno = 77;
		ASSERT_EQ(0, pipe2(fds, flags[i]));
		EXPECT_EQ(77, errno);
		EXPECT_EQ(UNDER_SHIM, is_kipc_pipe(fds[1]));
		for (k = 0; k < 2; k++) {
			EXPECT_EQ(flags[i] & O_CLOEXEC ? FD_CLOEXEC : 0, fcntl(fds[k], F_GETFD));
			EXPECT_EQ(flags[i] & O_NONBLOCK, fcntl(fds[k], F_GETFL) & O_NONBLOCK);
		}
		EXPECT_EQ(flags[i] & O_DIRECT, fcntl(fds[1], F_GETFL) & O_DIRECT);
		ends_close(fds);
	}
}

/* What programs rely upon who close one and expect it back. */
TEST_F(libc, new_descriptors_are_the_lowest)
{
	int fds[2], more[2], low = self->low;

	ASSERT_EQ(0, pipe2(fds, 0));
	EXPECT_EQ(low, fds[0]);
	EXPECT_EQ(low + 1, fds[1]);
	EXPECT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(1, bytes_in(fds[0]));
	/* with a gap of one, and in it all alone */
	close(fds[0]);
	ASSERT_EQ(0, pipe2(more, O_CLOEXEC));
	EXPECT_EQ(low, more[0]);
	EXPECT_EQ(low + 2, more[1]);
	EXPECT_EQ(FD_CLOEXEC, fcntl(more[0], F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(more[1], F_GETFD));
	EXPECT_EQ(1, write(more[1], "x", 1));
	EXPECT_EQ(1, bytes_in(more[0]));
	ends_close(more);
	close(fds[1]);
	/* nothing else was left open */
	ASSERT_EQ(low, dup(0));
	EXPECT_EQ(low + 1, dup(0));
	close(low);
	close(low + 1);
}

TEST_F(libc, standard_descriptors_that_were_closed_are_taken)
{
	pid_t child = child_fork();
	int fds[2] = { -1, -1 };

	if (child == 0) {
		close(0);
		close(1);
		EXPECT_EQ(0, pipe(fds));
		EXPECT_EQ(0, fds[0]);
		EXPECT_EQ(1, fds[1]);
		EXPECT_EQ(1, write(1, "x", 1));
		EXPECT_EQ(1, bytes_in(0));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(child));
}

TEST_F(libc, pipe2_refuses_flags_that_it_does_not_know)
{
	int fds[2] = { 1111, 2222 };

	EXPECT_EQ(-1, pipe2(fds, 0x40));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pipe2(fds, O_CLOEXEC | O_APPEND));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1111, fds[0]);
	EXPECT_EQ(2222, fds[1]);
}

TEST_F(libc, pipe_to_no_memory_is_efault_and_leaves_nothing)
{
	char *edge = edge_alloc(1);

	ASSERT_NE(NULL, edge);
	EXPECT_EQ(-1, pipe(nowhere()));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pipe2((int *)(edge + sysconf(_SC_PAGESIZE) - 4), 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, mprotect(edge, sysconf(_SC_PAGESIZE), PROT_READ));
	EXPECT_EQ(-1, pipe2((int *)edge, O_CLOEXEC));
	EXPECT_EQ(EFAULT, errno);
}

/* Whoever has taken all descriptors but one: nothing is written, and nothing is left. */
TEST_F(libc, a_full_table_of_descriptors_is_emfile)
{
	int fds[2] = { 1111, 2222 }, last = -1, fd, pipes = 0;
	struct rlimit limit = { .rlim_cur = 40, .rlim_max = 40 };
	pid_t child = child_fork();

	if (child == 0) {
		EXPECT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
		while ((fd = dup(0)) >= 0)
			last = fd;
		EXPECT_EQ(EMFILE, errno);
		EXPECT_EQ(-1, pipe(fds));
		EXPECT_EQ(EMFILE, errno);
		close(last);
		EXPECT_EQ(-1, pipe(fds));
		EXPECT_EQ(EMFILE, errno);
		EXPECT_EQ(1111, fds[0]);
		EXPECT_EQ(2222, fds[1]);
		EXPECT_EQ(last, dup(0));
		/* two are enough */
		close(last);
		close(last - 1);
		EXPECT_EQ(0, pipe(fds));
		EXPECT_EQ(last - 1, fds[0]);
		EXPECT_EQ(last, fds[1]);
		for (fd = 3; fd < 40; fd++)
			close(fd);
		while (pipe(fds) == 0)
			pipes++;
		EXPECT_EQ(EMFILE, errno);
		EXPECT_EQ(18, pipes);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(child));
}

TEST_F_TIMEOUT(libc, ends_reach_children_of_all_kinds, 120)
{
	char *argv[4] = { (char *)"sh", (char *)"-c", (char *)"echo spawned >&7", NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], status;
	char buf[20];
	pid_t pid;

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_EQ(0, posix_spawn_file_actions_init(&actions));
	ASSERT_EQ(0, posix_spawn_file_actions_adddup2(&actions, fds[1], 7));
	ASSERT_EQ(0, posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, environ));
	posix_spawn_file_actions_destroy(&actions);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(8, read(fds[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "spawned\n", 8));

	pid = vfork();
	if (pid == 0) {
		/* the shells' way */
		dup2(fds[1], 1);
		execl("/bin/sh", "sh", "-c", "echo vforked", NULL);
		_exit(127);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(8, read(fds[0], buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, "vforked\n", 8));
	ends_close(fds);
}

/* A child of vfork has the memory of its parent, but descriptors of its own. */
TEST_F(libc, a_child_of_vfork_that_makes_pipes_does_not_disturb_its_parent)
{
	int fds[2], status;
	pid_t pid;

	pid = vfork();
	if (pid == 0) {
		int own[2];

		_exit(pipe(own) || write(own[1], "x", 1) != 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, pipe(fds));
	EXPECT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(1, bytes_in(fds[0]));
	ends_close(fds);
}

TEST_F(libc, an_end_is_opened_again_by_its_name_in_proc)
{
	char path[64];
	int fds[2], fd;

	ASSERT_EQ(0, pipe(fds));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(UNDER_SHIM, is_kipc_pipe(fd));
	EXPECT_EQ(3, write(fd, "abc", 3));
	EXPECT_EQ(3, bytes_in(fds[0]));
	close(fd);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[1]);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(3, read(fd, path, 10));
	EXPECT_EQ(65536, fcntl(fd, F_GETPIPE_SZ));
	close(fd);
	ends_close(fds);
}

TEST_F(libc, an_end_looks_like_a_pipe)
{
	struct statfs fs;
	struct stat st;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(0, fstat(fds[0], &st));
	EXPECT_TRUE(S_ISFIFO(st.st_mode));
	EXPECT_EQ(0600, st.st_mode & 07777);
	EXPECT_EQ(geteuid(), st.st_uid);
	EXPECT_EQ(-1, lseek(fds[0], 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
	/* a deliberate difference */
	ASSERT_EQ(0, fstatfs(fds[0], &fs));
	EXPECT_EQ(UNDER_SHIM ? KIPCFS_MAGIC : PIPEFS_MAGIC, (unsigned int)fs.f_type);
	ends_close(fds);
}

#ifdef KIPC_SHIM

/* Whether a pipe of a new process, whose environment has @variable too, is kipc's. */
static int pipe_of_child_is_kipcs(const char *variable)
{
	char command[200];

	snprintf(command, sizeof(command),
		 "%s sh -c ': | readlink /proc/self/fd/0' 2>/dev/null | grep -q '^kipc_pipe:'",
		 variable);
	return WEXITSTATUS(system(command));
}

TEST_F_TIMEOUT(libc, the_environment_says_whose_pipes_there_are, 120)
{
	/* the guest's shells have 64 bits, and a library of 32 is nothing to them */
	int yes = sizeof(long) == 8 ? 0 : 1, none = yes ? 0 : 2;

	EXPECT_EQ(yes, pipe_of_child_is_kipcs(""));
	EXPECT_EQ(yes, pipe_of_child_is_kipcs("KIPC_FAMILIES=all"));
	EXPECT_EQ(1, pipe_of_child_is_kipcs("KIPC_FAMILIES=sysv"));
	EXPECT_EQ(1, pipe_of_child_is_kipcs("KIPC_DEV=/none KIPC_FALLBACK=native"));
	EXPECT_EQ(1, pipe_of_child_is_kipcs("LD_PRELOAD="));
	/* it has none at all */
	EXPECT_EQ(0, setenv("KIPC_DEV", "/none", 1));
	EXPECT_EQ(none, WEXITSTATUS(system("KIPC_FALLBACK=refuse sh -c ': | :' 2>/dev/null")));
	EXPECT_EQ(0, unsetenv("KIPC_DEV"));
}

/* Notification pipes are no data's way: the kernel has them or has not. */
TEST_F(libc, pipes_of_other_kinds_are_the_kernels)
{
	int fds[2];

	if (pipe2(fds, O_NOTIFICATION_PIPE) == 0) {
		EXPECT_FALSE(is_kipc_pipe(fds[0]));
		ends_close(fds);
	} else {
		EXPECT_TRUE(errno == ENOPKG || errno == EINVAL);
	}
}

/* The kernel goes on with smaller pipes at its own limit; we go on with the kernel's. */
TEST_F(libc, beyond_a_users_share_pipes_are_the_kernels)
{
	long long user_pages = param_get("pipe_user_pages");
	pid_t child;
	int i;

	ASSERT_LT(0, user_pages);
	ASSERT_EQ(0, param_set("pipe_user_pages", 40));
	child = child_fork();
	if (child == 0) {
		int fds[4][2];

		EXPECT_EQ(0, become(THIRD_UID));
		for (i = 0; i < 4; i++) {
			EXPECT_EQ(0, pipe(fds[i]));
			EXPECT_EQ(i < 2, is_kipc_pipe(fds[i][0]));
		}
		child_exit();
	}
	EXPECT_EQ(0, child_wait(child));
	EXPECT_EQ(0, param_set("pipe_user_pages", user_pages));
}

#endif /* KIPC_SHIM */

TEST_HARNESS_MAIN
