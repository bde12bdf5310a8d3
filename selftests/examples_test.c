// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of examples/ that nothing else runs: what they say where something is wrong, and
 * the one that decides what becomes of signals.
 */
#include "command.h"

#define EXAMPLES "/kipc/examples/"
#define RUN(...) run_as(0, (char *const []){ __VA_ARGS__, NULL })

static char text[4096];

/* A program in the background, whose output goes to a file */
static pid_t start(char *program)
{
	pid_t pid = child_fork();
	int fd;

	if (pid)
		return pid;
	fd = open("/tmp/output", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, 1) < 0)
		_exit(98);
	execl(program, program, OWN, NULL);
	_exit(97);
}

static bool output_has(const char *expected)
{
	return EVENTUALLY(file_read("/tmp/output", text, sizeof(text)) >= 0 &&
			  strstr(text, expected));
}

static int send(char *signo, char *value)
{
	return RUN(EXAMPLES "sig_sender", OWN, signo, value);
}

TEST_F(instance, path_that_is_none_is_named)
{
	EXPECT_EQ(1, RUN(EXAMPLES "sig_sender", "/nowhere", "1", "1"));
	EXPECT_STREQ("sig_sender: /nowhere: No such file or directory\n", said.err);
	EXPECT_EQ(1, RUN(EXAMPLES "sig_sender", "/tmp", "1", "1"));
	EXPECT_STREQ("sig_sender: /tmp/control: No such file or directory\n", said.err);
	EXPECT_EQ(1, RUN(EXAMPLES "sig_sender", "/dev/null", "1", "1"));
	EXPECT_STREQ("sig_sender: /dev/null: Inappropriate ioctl for device\n", said.err);
	EXPECT_EQ(1, send("40", "1"));
	EXPECT_TRUE(COMPLAINS("^sig_sender: there is no sig_listener or sig_worker: No such file"));
}

TEST_F_TIMEOUT(instance, worker_blocks_ignores_and_is_delivered_signals, 120)
{
	pid_t pid = start(EXAMPLES "sig_worker");

	ASSERT_TRUE(output_has("subscriber 1 of queue 0\n"));
	/* in the loop: what it does with which signal is settled */
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	EXPECT_EQ(0, send("40", "7"));
	EXPECT_TRUE(output_has("job 7\n"));
	EXPECT_EQ(0, send("1", "0"));
	EXPECT_EQ(0, send("10", "0"));
	EXPECT_TRUE(output_has("resting\n"));
	EXPECT_EQ(0, send("40", "8"));
	EXPECT_EQ(0, KIPC("stat", "-i", OWN, "sig:0"));
	EXPECT_TRUE(SAYS("^signals that wait +1$"));
	EXPECT_TRUE(SAYS("^ignored +1$"));
	EXPECT_EQ(0, send("12", "0"));
	EXPECT_TRUE(output_has("working\njob 8\n"));
	EXPECT_EQ(0, send("15", "0"));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(output_has("job 8\nterminated\n"));
}

TEST_HARNESS_MAIN
