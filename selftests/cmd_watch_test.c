// SPDX-License-Identifier: GPL-2.0
/*
 * 'kipc watch': pictures on a file, a terminal and as JSON; rates; how it stops and ends.
 */
#include "terminal.h"

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

/* kipc watch on a terminal */
static pid_t terminal_watch(const struct terminal *t)
{
	char *const argv[] = { KIPC_COMMAND, "watch", I, "-s", "0.2", NULL };

	return terminal_run(t, argv);
}

/* What ends a line on the screen, or begins a picture; escape sequences have no width. */
static int longest_line(const char *text)
{
	int longest = 0, columns = 0;

	for (; *text; text++) {
		if (*text == '\033')
			text += strcspn(text, "HJ");
		else if (*text == '\r' || *text == '\n')
			columns = 0;
		else if ((*text & 0xc0) != 0x80)
			columns++;
		if (columns > longest)
			longest = columns;
	}
	return longest;
}

TEST_F(instance, two_pictures_are_two_tables_when_it_is_no_terminal)
{
	const char *second;
	int id = segment(&self->in, 0x11);

	ASSERT_LE(0, id);
	EXPECT_EQ(0, WATCH("-n", "2", "-s", "0.1"));
	EXPECT_TRUE(SAYS("^kipc /tmp/own  [0-9:]{8}  every 0\\.1 s$"));
	EXPECT_TRUE(SAYS("^pipes 0, FIFOs 0, segments 1, sets 0, message queues 0, signal q.* 0$"));
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
	EXPECT_TRUE(SAYS("^pipes 1, FIFOs 0, segments 0, .*queues 1, signal queues 0$"));
	EXPECT_TRUE(SAYS("^msg:0 +[01] messages? +[1-9][0-9]* [kM]?msg/s  0 "));
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
	EXPECT_TRUE(SAYS("^msg:0 +0 messages +-  0 +1: idle\\([0-9]+\\)$"));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(instance, on_a_terminal_no_line_is_too_long_and_q_ends_it)
{
	struct terminal t;
	pid_t pid;
	int i;

	for (i = 0; i < 40; i++)
		ASSERT_LE(0, segment(&self->in, 0));
	ASSERT_EQ(0, terminal_make(&t));
	pid = terminal_watch(&t);
	EXPECT_TRUE(terminal_shows(&t, "... and 20 more"));
	EXPECT_FALSE(terminal_is_plain(&t));
	EXPECT_TRUE(terminal_press(&t, "q"));
	EXPECT_EQ(0, terminal_wait(&t, pid));
	EXPECT_TRUE(terminal_is_plain(&t));
	EXPECT_EQ('\033', said.out[0]);
	EXPECT_GE(80, longest_line(said.out))
		TH_LOG("%s", said.out);
	terminal_close(&t);
}

TEST_F_TIMEOUT(instance, signals_that_end_it_leave_the_terminal_as_it_was, 120)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct terminal t;
	size_t i;
	pid_t pid;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		ASSERT_EQ(0, terminal_make(&t));
		pid = terminal_watch(&t);
		EXPECT_TRUE(terminal_shows(&t, "OBJECT"));
		EXPECT_FALSE(terminal_is_plain(&t));
		EXPECT_EQ(0, kill(pid, signals[i]));
		EXPECT_EQ(0, terminal_wait(&t, pid));
		EXPECT_TRUE(terminal_is_plain(&t));
		terminal_close(&t);
	}
}

/* Ctrl-Z in a shell, and back */
TEST_F_TIMEOUT(instance, terminal_is_as_it_was_while_it_is_stopped_and_drawn_again_afterwards, 120)
{
	struct terminal t;
	pid_t shell;

	ASSERT_EQ(0, terminal_make(&t));
	shell = terminal_shell(&t);
	EXPECT_TRUE(terminal_shows(&t, "prompt> "));
	EXPECT_TRUE(terminal_press(&t, "kipc watch -i " OWN " -s 1000\n"));
	EXPECT_TRUE(terminal_shows(&t, "WAITERS"));
	EXPECT_FALSE(terminal_is_plain(&t));
	EXPECT_TRUE(terminal_press(&t, "\032"));
	EXPECT_TRUE(terminal_shows(&t, "Stopped"));
	EXPECT_TRUE(terminal_shows(&t, "prompt> "));
	EXPECT_TRUE(terminal_is_plain(&t));
	EXPECT_TRUE(terminal_press(&t, "fg\n"));
	EXPECT_TRUE(terminal_shows(&t, "WAITERS"));
	EXPECT_FALSE(terminal_is_plain(&t));
	EXPECT_TRUE(terminal_press(&t, "q"));
	EXPECT_TRUE(terminal_shows(&t, "prompt> "));
	EXPECT_TRUE(terminal_is_plain(&t));
	EXPECT_TRUE(terminal_press(&t, "exit\n"));
	EXPECT_EQ(0, terminal_wait(&t, shell));
	terminal_close(&t);
}

/* SIGSTOP cannot be seen; whoever continues it may have set the terminal otherwise. */
TEST_F_TIMEOUT(instance, after_a_stop_that_it_does_not_see_it_is_drawn_again_too, 120)
{
	struct termios plain;
	struct terminal t;
	pid_t shell;

	ASSERT_EQ(0, terminal_make(&t));
	ASSERT_EQ(0, tcgetattr(t.tty, &plain));
	shell = terminal_shell(&t);
	EXPECT_TRUE(terminal_press(&t, "kipc watch -i " OWN " -s 1000\n"));
	EXPECT_TRUE(terminal_shows(&t, "WAITERS"));
	EXPECT_EQ(0, system("pkill -STOP -x kipc"));
	EXPECT_TRUE(terminal_shows(&t, "Stopped"));
	EXPECT_EQ(0, tcsetattr(t.tty, TCSANOW, &plain));
	EXPECT_TRUE(terminal_press(&t, "fg\n"));
	EXPECT_TRUE(terminal_shows(&t, "WAITERS"));
	EXPECT_FALSE(terminal_is_plain(&t));
	EXPECT_TRUE(terminal_press(&t, "q"));
	EXPECT_TRUE(terminal_shows(&t, "prompt> "));
	EXPECT_TRUE(terminal_press(&t, "exit\n"));
	EXPECT_EQ(0, terminal_wait(&t, shell));
	terminal_close(&t);
}

TEST_F(instance, terminal_that_gets_another_size_is_drawn_again_at_once)
{
	struct winsize narrow = { .ws_row = 24, .ws_col = 40 };
	char *const argv[] = { KIPC_COMMAND, "watch", I, "-s", "1000", NULL };
	struct terminal t;
	pid_t pid;

	ASSERT_LE(0, segment(&self->in, 0x11));
	ASSERT_EQ(0, terminal_make(&t));
	pid = terminal_run(&t, argv);
	EXPECT_TRUE(terminal_shows(&t, "shm:0"));
	terminal_forget(&t);
	EXPECT_EQ(0, ioctl(t.tty, TIOCSWINSZ, &narrow));
	EXPECT_TRUE(terminal_shows(&t, "shm:0"));
	EXPECT_TRUE(terminal_press(&t, "q"));
	EXPECT_EQ(0, terminal_wait(&t, pid));
	EXPECT_GE(40, longest_line(said.out))
		TH_LOG("%s", said.out);
	terminal_close(&t);
}

TEST_F(instance, what_is_ignored_does_not_end_it)
{
	char *const argv[] = {
		"/bin/sh", "-c",
		"trap '' HUP; kipc watch -i " OWN " -s 0.1 -n 5 > /tmp/pictures & pid=$!;"
		"until grep -q OBJECT /tmp/pictures; do sleep 0.1; done; kill -HUP $pid; wait $pid;"
		"echo $? $(grep -c OBJECT /tmp/pictures)", NULL
	};

	EXPECT_EQ(0, run_as(0, argv));
	EXPECT_STREQ("0 5\n", said.out);
}

/* What comes from a pipe is no key. */
TEST_F(instance, input_that_is_no_terminal_is_left_alone)
{
	char *const argv[] = {
		"/bin/sh", "-c", "kipc watch -i " OWN " -s 0.3 -n 3 < " OWN "/fifo", NULL
	};
	long long start;
	struct terminal t;
	pid_t pid;
	int fd;

	ASSERT_EQ(0, mkfifo(OWN "/fifo", 0600));
	fd = open(OWN "/fifo", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(3, write(fd, "q\n\n", 3));
	ASSERT_EQ(0, terminal_make(&t));
	start = now_ms();
	pid = terminal_run(&t, argv);
	EXPECT_EQ(0, terminal_wait(&t, pid));
	EXPECT_LE(600, now_ms() - start);
	EXPECT_EQ(NULL, strstr(said.out, "q: quit"));
	terminal_close(&t);
	close(fd);
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

/* Of two columns each, and of three bytes */
#define WIDE	"\344\270\200"

TEST_F(instance, wide_characters_are_not_cut_in_the_middle_and_stay_in_their_columns)
{
	static const char name[] = WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE;
	struct terminal t;
	pid_t pid, holder;
	int fd;

	ASSERT_EQ(0, mkfifo(path_in(&self->in, name), 0600));
	fd = open(path_in(&self->in, name), O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	holder = child_fork();
	if (!holder) {
		prctl(PR_SET_NAME, WIDE WIDE WIDE WIDE WIDE);
		for (;;)
			pause();
	}
	ASSERT_EQ(0, terminal_make(&t));
	pid = terminal_watch(&t);
	/* ten of them fill the column */
	EXPECT_TRUE(terminal_shows(&t, WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE
				   "        0 bytes"));
	EXPECT_EQ(NULL, strstr(said.out, WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE WIDE));
	EXPECT_TRUE(terminal_press(&t, "q"));
	EXPECT_EQ(0, terminal_wait(&t, pid));
	EXPECT_GE(80, longest_line(said.out));
	terminal_close(&t);
	close(fd);
}

/* 200 bytes, five times over: longer than any line, with all that JSON must escape */
TEST_F_TIMEOUT(instance, long_names_are_whole_where_they_are_not_cut_for_a_terminal, 120)
{
	char part[201], path[1200] = OWN, expected[2400] = "\"file\": \"" OWN;
	int i, fd;

	memset(part, 'x', 200);
	memcpy(part, "\"\\\n\033\377\302\233", 7);
	part[200] = '\0';
	for (i = 0; i < 5; i++) {
		strcat(strcat(path, "/"), part);
		strcat(strcat(expected, "/\\\"\\\\\\u000a\\u001b\\ufffd\\u009b"), part + 7);
		ASSERT_EQ(0, i < 4 ? mkdir(path, 0755) : mkfifo(path, 0644));
	}
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, WATCH("-j", "-n", "1"));
	EXPECT_TRUE(says_json(1));
	EXPECT_NE(NULL, strstr(said.out, expected))
		TH_LOG("%s", said.out);
	EXPECT_EQ(0, WATCH("-n", "1"));
	EXPECT_TRUE(SAYS("^\"\\\\\\?\\?\\?\\?\\?x{193} "));
	EXPECT_EQ(0, KIPC("stat", path));
	EXPECT_EQ(NULL, strpbrk(said.out, "\033\377\302"));
	EXPECT_EQ(0, KIPC("stat", "-j", path));
	EXPECT_TRUE(says_json(1));
	EXPECT_NE(NULL, strstr(said.out, expected));
	close(fd);
}

TEST_F_TIMEOUT(instance, all_holders_are_named_where_nothing_is_cut, 120)
{
	int fds[2], i, n = 0;
	const char *at;

	ASSERT_EQ(0, kipc_pipe(self->in.node, fds, KIPC_PIPE_CLOEXEC, 0));
	for (i = 0; i < 20; i++) {
		if (!child_fork()) {
			prctl(PR_SET_NAME, "a-long-holder");
			for (;;)
				pause();
		}
	}
	EXPECT_TRUE(EVENTUALLY(!WATCH("-n", "1") && matches(said.out, "  21: (.*long-.*){20} 0$")));
	for (at = said.out; (at = strstr(at, "a-long-holder(")); at++)
		n++;
	EXPECT_EQ(20, n)
		TH_LOG("%s", said.out);
	children_reap();
	close(fds[0]);
	close(fds[1]);
}

TEST_F(instance, a_full_disk_is_told_once)
{
	char *const argv[] = { "/bin/sh", "-c", "kipc watch -i " OWN " > /dev/full", NULL };

	EXPECT_EQ(1, run_as(0, argv));
	EXPECT_TRUE(is_one_complaint());
	EXPECT_TRUE(COMPLAINS("cannot write the output: No space left"));
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
