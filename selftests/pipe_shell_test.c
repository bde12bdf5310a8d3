// SPDX-License-Identifier: GPL-2.0
/* What shells and make do with pipes. With the shim the pipes are kipc's, of all programs. */
#include "pipe_calls.h"

#include <sys/wait.h>

FIXTURE(shell)
{
	char dir[32];
	int dev;
	struct kipc_stats before;
};

FIXTURE_VARIANT(shell)
{
	const char *shell;
};

FIXTURE_VARIANT_ADD(shell, dash)
{
	.shell = "/bin/dash",
};

FIXTURE_VARIANT_ADD(shell, bash)
{
	.shell = "/bin/bash",
};

FIXTURE_SETUP(shell)
{
	strcpy(self->dir, "/tmp/shell-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->dir));
	ASSERT_EQ(0, chdir(self->dir));
	self->dev = kipc_open();
	ASSERT_LE(0, self->dev);
	self->before = stats_of(self->dev);
}

FIXTURE_TEARDOWN(shell)
{
	char command[64];

	children_reap();
	EXPECT_EQ(0, chdir("/"));
	snprintf(command, sizeof(command), "rm -rf %s", self->dir);
	EXPECT_EQ(0, system(command));
	EXPECT_TRUE(stats_return_to(self->dev, &self->before));
	close(self->dev);
}

static char output[4096];

/* The exit status of a script; what it writes goes to output. */
static int run(const char *shell, const char *script)
{
	int file = memfd_create("output", MFD_CLOEXEC), status;
	ssize_t n;
	pid_t pid;

	if (file < 0)
		return -1;
	pid = child_fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		dup2(file, 1);
		dup2(file, 2);
		execl(shell, shell, "-c", script, NULL);
		_exit(127);
	}
	status = child_wait_long(pid);
	n = pread(file, output, sizeof(output) - 1, 0);
	output[n < 0 ? 0 : n] = '\0';
	close(file);
	if (status)
		printf("# %s: %s\n# status %d: %s\n", shell, script, status, output);
	return status;
}

#define EXPECT_OUTPUT_OF(shell, text, script) do { \
	EXPECT_EQ(0, run(shell, script)); \
	EXPECT_STREQ(text, output); \
} while (0)

#define EXPECT_OUTPUT(text, script) EXPECT_OUTPUT_OF(variant->shell, text, script)
#define EXPECT_BASH(text, script) EXPECT_OUTPUT_OF("/bin/bash", text, script)

#define TEST_SHELL(name) TEST_F_TIMEOUT(shell, name, 120)

TEST_SHELL(pipelines_are_of_the_pipes_that_they_should_be)
{
	EXPECT_EQ(0, run(variant->shell, ": | readlink /proc/self/fd/0"));
	EXPECT_EQ(UNDER_SHIM, !strncmp(output, "kipc_pipe:", 10));
	EXPECT_EQ(0, run(variant->shell, "x=$(readlink /proc/self/fd/1); echo $x"));
	EXPECT_EQ(UNDER_SHIM, !strncmp(output, "kipc_pipe:", 10));
}

TEST_SHELL(pipelines_carry_all_and_end)
{
	EXPECT_OUTPUT("y\n", "yes | head -n 1");
	EXPECT_OUTPUT("found\n",
		      "sleep 9876 & ps -ef | grep '[s]leep 9876' >/dev/null && echo found; kill $!");
	EXPECT_OUTPUT("1000000\n", "head -c 1000000 /dev/zero | cat | tr '\\0' x | cat | wc -c");
	EXPECT_OUTPUT("5050\n",
		      "seq 100 | while read n; do s=$((s + n)); [ $n = 100 ] && echo $s; done; :");
	EXPECT_OUTPUT("c b a\n", "echo $(echo c $(echo b $(echo a | cat) | cat) | cat)");
	EXPECT_OUTPUT("7\n", "true | (exit 7); echo $?");
	EXPECT_OUTPUT("one\ntwo\n", "{ echo one; echo two >&2; } 2>&1 | sort");
}

TEST_SHELL(here_documents_of_any_size)
{
	EXPECT_OUTPUT("3 6 30\n",
		      "cat <<X | wc | tr -s ' ' | sed 's/^ //'\n"
		      "a line\nanother line\nlast line\nX\n");
	EXPECT_OUTPUT("60001\n", "x=$(head -c 60000 /dev/zero | tr '\\0' x); wc -c <<X\n$x\nX\n");
	EXPECT_OUTPUT("200001\n", "x=$(head -c 200000 /dev/zero | tr '\\0' x); wc -c <<X\n$x\nX\n");
}

TEST_SHELL(background_jobs_and_traps)
{
	EXPECT_OUTPUT("done\n", "(sleep 0.1; echo done) | cat & wait");
	EXPECT_OUTPUT("end\n", "trap 'echo end' EXIT; true | false | true");
	EXPECT_OUTPUT("a\n", "exec 3>&1; echo a | tee /dev/fd/3 >/dev/null");
}

TEST_SHELL(jobserver_of_make)
{
	static const char makefile[] =
		"all: $(addprefix t,1 2 3 4)\n"
		"\t@echo $(words $^)\n"
		"t%:\n"
		"\t@touch $@; $(MAKE) -s -f Makefile sub$*\n"
		"sub%:\n"
		"\t@test -e t$*\n";
	int fd = open("Makefile", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)strlen(makefile), write(fd, makefile, strlen(makefile)));
	close(fd);
	EXPECT_OUTPUT("4\n", "make -s -j3 2>&1 | cat");
	EXPECT_OUTPUT("4\n", "rm -f t*; make -s -j2");
}

TEST_F_TIMEOUT(libc, what_only_bash_can, 120)
{
	EXPECT_BASH("141 0\n", "yes | head -n 1 >/dev/null; echo ${PIPESTATUS[*]}");
	EXPECT_BASH("same\n", "diff <(seq 1000) <(seq 1000) && echo same");
	EXPECT_BASH("HELLO\n",
		    "coproc tr a-z A-Z; echo hello >&${COPROC[1]}\n"
		    "eval \"exec 5<&${COPROC[0]} ${COPROC[1]}>&-\"; cat <&5");
	EXPECT_BASH("a b\n", "read x < <(echo a); read y <<< b; echo $x $y");
	EXPECT_BASH("1 2 3\n", "mapfile -t a < <(seq 3); echo ${a[*]}");
	EXPECT_BASH("9\n", "set -o pipefail; (exit 9) | cat; echo $?");
}

TEST_HARNESS_MAIN
