/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A terminal of a test's own: programs that run on it, the keys that are pressed, and what
 * appears there, which is gathered in said.out.
 */
#ifndef KIPC_TERMINAL_TEST_H
#define KIPC_TERMINAL_TEST_H

#include "command.h"

#include <stdlib.h>
#include <termios.h>

struct terminal {
	int keys;	/* to press them and to read the screen */
	int tty;	/* what programs have */
	size_t seen;	/* so much of said.out was found before */
};

/* What appeared so far is of no interest any more. */
static inline void terminal_forget(struct terminal *t)
{
	*said.out = '\0';
	t->seen = 0;
}

/* One of 24 lines and 80 columns, as most are */
static inline int terminal_make(struct terminal *t)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	terminal_forget(t);
	t->keys = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->keys < 0 || grantpt(t->keys) || unlockpt(t->keys))
		return -1;
	t->tty = open(ptsname(t->keys), O_RDWR | O_NOCTTY | O_CLOEXEC);
	return t->tty < 0 || ioctl(t->tty, TIOCSWINSZ, &size) ? -1 : 0;
}

static inline void terminal_close(struct terminal *t)
{
	close(t->keys);
	close(t->tty);
}

/* Run @argv there: it begins a session, whose terminal this is. */
static inline pid_t terminal_run(const struct terminal *t, char *const argv[])
{
	pid_t pid = child_fork();

	if (pid)
		return pid;
	if (setsid() < 0 || ioctl(t->tty, TIOCSCTTY, 0))
		_exit(98);
	if (dup2(t->tty, 0) < 0 || dup2(t->tty, 1) < 0 || dup2(t->tty, 2) < 0)
		_exit(98);
	setenv("TERM", "linux", 1);
	execv(argv[0], argv);
	_exit(97);
}

/* Add what has come to said.out; false if nothing comes any more. */
static inline bool terminal_look(const struct terminal *t)
{
	struct pollfd pfd = { .fd = t->keys, .events = POLLIN };
	size_t len = strlen(said.out);
	ssize_t n;

	if (poll(&pfd, 1, 100) <= 0)
		return true;
	n = read(t->keys, said.out + len, sizeof(said.out) - 1 - len);
	if (n <= 0)
		return false;
	said.out[len + n] = '\0';
	return true;
}

/* Until @text appears behind what was seen before, or for long enough */
static inline bool terminal_shows(struct terminal *t, const char *text)
{
	long long end = now_ms() + DEADLINE_MS;
	char *found;

	while (!(found = strstr(said.out + t->seen, text)) && now_ms() < end)
		if (!terminal_look(t))
			break;
	if (!found) {
		printf("# no '%s' behind character %zu of:\n# %s\n", text, t->seen, said.out);
		return false;
	}
	t->seen = found + strlen(text) - said.out;
	return true;
}

static inline bool terminal_press(const struct terminal *t, const char *keys)
{
	return write(t->keys, keys, strlen(keys)) == (ssize_t)strlen(keys);
}

/* Is it as it is for those who read lines? */
static inline bool terminal_is_plain(const struct terminal *t)
{
	struct termios modes;

	return !tcgetattr(t->tty, &modes) &&
	       (modes.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

/* Wait for the end of @pid, as child_wait(); what it writes is read meanwhile. */
static inline int terminal_wait(const struct terminal *t, pid_t pid)
{
	long long end = now_ms() + DEADLINE_MS;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_ms() >= end)
			return -1;
		terminal_look(t);
	}
	child_forget(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A shell with jobs that does not touch the terminal, so that it stays as programs leave it */
static inline pid_t terminal_shell(const struct terminal *t)
{
	static char *const argv[] = { "/bin/dash", "-i", NULL };

	setenv("PS1", "prompt> ", 1);
	return terminal_run(t, argv);
}

#endif /* KIPC_TERMINAL_TEST_H */
