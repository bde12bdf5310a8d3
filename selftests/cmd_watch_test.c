// SPDX-License-Identifier: GPL-2.0
/*
 * 'kipc watch': pictures on a file, a terminal and as JSON; rates; how it ends.
 */
#include "command.h"

#include <stdlib.h>
#include <termios.h>

#define I "--instance", OWN
#define WATCH(...) KIPC("watch", I, __VA_ARGS__)

static int queue_make(int node)
{
	struct kipc_msg_get get = { .key = 0x33, .flags = KIPC_GET_CREAT, .mode = 0600 };

	return ioctl(node, KIPC_IOC_MSG_GET, &get) ? -1 : get.id;
}

static int queue_send(int node, int id)
{
	struct kipc_msg_send arg = {
		.id = id, .type = 1, .addr = (unsigned long)"x", .size = 1,
		.timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(node, KIPC_IOC_MSG_SEND, &arg);
}

static int queue_receive(int node, int id)
{
	char byte;
	struct kipc_msg_receive arg = {
		.id = id, .addr = (unsigned long)&byte, .size = 1, .timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(node, KIPC_IOC_MSG_RECEIVE, &arg);
}

/* A terminal of 24 lines and 80 columns: its two ends */
static int terminal_make(int fds[2])
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fds[0] < 0 || grantpt(fds[0]) || unlockpt(fds[0]))
		return -1;
	fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fds[1] < 0 || ioctl(fds[1], TIOCSWINSZ, &size) ? -1 : 0;
}

/* kipc watch on a terminal */
static pid_t terminal_watch(int fd)
{
	char *const argv[] = { KIPC_COMMAND, "watch", I, "-s", "0.2", NULL };
	pid_t pid = child_fork();

	if (!pid) {
		if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
			_exit(98);
		execv(argv[0], argv);
		_exit(97);
	}
	return pid;
}

/* Read what comes until it has @text, or for long enough; appends to said.out. */
static bool terminal_reads(int fd, const char *text)
{
	long long end = now_ms() + DEADLINE_MS;
	size_t len = strlen(said.out);

	while (!strstr(said.out, text) && now_ms() < end) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&pfd, 1, 100) <= 0)
			continue;
		n = read(fd, said.out + len, sizeof(said.out) - 1 - len);
		if (n <= 0)
			break;
		len += n;
		said.out[len] = '\0';
	}
	return strstr(said.out, text);
}

TEST_F(instance, two_pictures_are_two_tables_when_it_is_no_terminal)
{
	const char *second;
	int id = segment(&self->in, 0x11);

	ASSERT_LE(0, id);
	EXPECT_EQ(0, WATCH("-n", "2", "-s", "0.1"));
	EXPECT_TRUE(SAYS("^kipc /tmp/own  [0-9:]{8}  every 0\\.1 s$"));
	EXPECT_TRUE(SAYS("^pipes 0, FIFOs 0, segments 1, semaphore sets 0, queues 0, of sig.* 0$"));
	EXPECT_TRUE(SAYS("^OBJECT +CONTENTS +RATE +HOLDERS +WAITERS *$"));
	EXPECT_TRUE(SAYS("^shm:0 +4 KiB +-  0 +0$"));
	EXPECT_EQ(NULL, strchr(said.out, '\033'));
	second = strstr(said.out, "shm:0");
	second = second ? strstr(second + 1, "shm:0") : NULL;
	ASSERT_NE(NULL, second);
	/* and only the second one has a rate */
	EXPECT_TRUE(matches(second, "^shm:0 +4 KiB +0 B/s  0 +0$"))
		TH_LOG("%s", second);
	EXPECT_EQ(NULL, strstr(second + 1, "shm:0"));
}

TEST_F(instance, holders_waiters_and_rates_are_shown)
{
	int id = queue_make(self->in.node), fds[2];
	char byte = 0;
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, kipc_pipe(self->in.node, fds, KIPC_PIPE_CLOEXEC, 0));
	pid = child_fork();
	if (!pid) {
		prctl(PR_SET_NAME, "busy");
		for (;;) {
			if (queue_send(self->in.node, id) || queue_receive(self->in.node, id))
				_exit(3);
			if (write(fds[1], &byte, 1) != 1 || read(fds[0], &byte, 1) != 1)
				_exit(4);
		}
	}
	EXPECT_EQ(0, WATCH("-n", "2", "-s", "0.5"));
	EXPECT_TRUE(SAYS("^pipes 1, FIFOs 0, segments 0, .*queues 1, of signals 0$"));
	EXPECT_TRUE(SAYS("^msg:0 +[01] msgs +[1-9][0-9]* [kM]?msg/s  0 "));
	EXPECT_TRUE(SAYS("^kipc_pipe:\\[[0-9]+\\] +[01] bytes? +[1-9][0-9]* [kM]?B/s  2: "));
	EXPECT_TRUE(matches(said.out, "busy\\([0-9]+\\)"));
	EXPECT_EQ(0, WATCH("-j", "-n", "2", "-s", "0.2"));
	EXPECT_TRUE(says_json(2));
	EXPECT_TRUE(SAYS("\"rate\": [0-9.]+, \"unit\": \"msg/s\""));
	EXPECT_TRUE(SAYS("\"rate\": null, \"unit\": \"msg/s\""));
	children_reap();

	pid = child_fork();
	if (!pid) {
		prctl(PR_SET_NAME, "idle");
		while (!queue_receive(self->in.node, id))
			;
		_exit(0);
	}
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	EXPECT_EQ(0, WATCH("-n", "1"));
	EXPECT_TRUE(SAYS("^msg:0 +0 msgs +-  0 +1: idle\\([0-9]+\\)$"));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(instance, on_a_terminal_no_line_is_too_long_and_q_ends_it)
{
	struct termios before, after;
	int fds[2], i, column = 0;
	pid_t pid;

	for (i = 0; i < 40; i++)
		ASSERT_LE(0, segment(&self->in, 0));
	ASSERT_EQ(0, terminal_make(fds));
	ASSERT_EQ(0, tcgetattr(fds[1], &before));
	*said.out = '\0';
	pid = terminal_watch(fds[1]);
	EXPECT_TRUE(terminal_reads(fds[0], "... and 20 more"));
	EXPECT_EQ(1, write(fds[0], "q", 1));
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, tcgetattr(fds[1], &after));
	EXPECT_EQ(before.c_lflag, after.c_lflag);
	EXPECT_EQ('\033', said.out[0]);
	for (i = 0; said.out[i]; i++) {
		if (said.out[i] == '\r' || said.out[i] == '\n' || said.out[i] == '\033')
			column = 0;
		else
			column++;
		/* ESC [ H and ESC [ J are three characters each */
		if (column > 80 + 3)
			break;
	}
	EXPECT_EQ('\0', said.out[i])
		TH_LOG("%s", said.out);
	close(fds[0]);
	close(fds[1]);
}

TEST_F(instance, sigint_ends_it_and_the_terminal_is_as_before)
{
	struct termios before, after;
	int fds[2];
	pid_t pid;

	ASSERT_EQ(0, terminal_make(fds));
	ASSERT_EQ(0, tcgetattr(fds[1], &before));
	*said.out = '\0';
	pid = terminal_watch(fds[1]);
	EXPECT_TRUE(terminal_reads(fds[0], "OBJECT"));
	EXPECT_EQ(0, kill(pid, SIGINT));
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, tcgetattr(fds[1], &after));
	EXPECT_EQ(before.c_lflag, after.c_lflag);
	close(fds[0]);
	close(fds[1]);
}

/* The name has an escape sequence, and half a character. */
TEST_F(instance, names_do_not_command_the_terminal)
{
	int fds[2];
	pid_t pid;

	ASSERT_EQ(0, kipc_pipe(self->in.node, fds, KIPC_PIPE_CLOEXEC, 0));
	pid = child_fork();
	if (!pid) {
		prctl(PR_SET_NAME, "a\33]0;b\7c\302\233\303");
		for (;;)
			pause();
	}
	EXPECT_TRUE(EVENTUALLY(!WATCH("-n", "1") &&
			       matches(said.out, "a\\?\\]0;b\\?c\\?\\?\\?\\([0-9]+\\)")));
	EXPECT_EQ(NULL, strpbrk(said.out, "\33\7\302\233\303"));
	EXPECT_EQ(0, WATCH("-j", "-n", "1"));
	EXPECT_TRUE(says_json(1));
	EXPECT_EQ(NULL, strpbrk(said.out, "\33\7\302\233\303"));
	children_reap();
	close(fds[0]);
	close(fds[1]);
}

TEST_F(instance, objects_that_come_and_go_meanwhile_do_no_harm)
{
	pid_t pid = child_fork();

	if (!pid)
		for (;;)
			seg_remove(&self->in, segment(&self->in, 0x11));
	EXPECT_EQ(0, WATCH("-j", "-n", "4", "-s", "0.1"));
	EXPECT_TRUE(says_json(4));
	children_reap();
	KIPC("rm", I, "shm", "-k", "0x11");
}

TEST_HARNESS_MAIN
