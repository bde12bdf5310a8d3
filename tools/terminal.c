// SPDX-License-Identifier: GPL-2.0
/* See terminal.h. Signals are read from a descriptor, so that no handler is needed. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "terminal.h"
#include "tool.h"

static void set_modes(const struct terminal *terminal)
{
	struct termios raw = terminal->saved;

	raw.c_lflag &= ~(ICANON | ECHO);
	/* not 0: if we are stopped by SIGSTOP, the shell would read that as an end of file */
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void take_terminal(struct terminal *terminal)
{
	terminal->reads = terminal->draws && isatty(STDIN_FILENO) &&
			  !tcgetattr(STDIN_FILENO, &terminal->saved);
	if (terminal->reads)
		set_modes(terminal);
}

static void give_terminal_back(const struct terminal *terminal)
{
	if (!terminal->draws)
		return;
	putchar('\n');
	fflush(stdout);
	if (terminal->reads)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal->saved);
}

/* Those that somebody had ignored before stay so, as under nohup(1). */
static void signals_to_read(const struct terminal *terminal, sigset_t *set)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	static const int others[] = { SIGTSTP, SIGCONT, SIGWINCH };
	struct sigaction action;

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		sigaddset(set, ends[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others) && terminal->draws; i++)
		sigaddset(set, others[i]);
	for (int signo = 1; signo < SIGRTMIN; signo++) {
		if (!sigaction(signo, NULL, &action) && action.sa_handler == SIG_IGN)
			sigdelset(set, signo);
	}
}

/* Begin to read signals, and to draw if that is @wanted and possible. */
int terminal_begin(struct terminal *terminal, bool wanted)
{
	const char *type = getenv("TERM");
	sigset_t set;

	terminal->draws = wanted && isatty(STDOUT_FILENO) && !(type && !strcmp(type, "dumb"));
	signals_to_read(terminal, &set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	terminal->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (terminal->signals < 0)
		return fail("cannot wait for signals: %s", strerror(errno));
	take_terminal(terminal);
	return EXIT_OK;
}

void terminal_end(struct terminal *terminal)
{
	give_terminal_back(terminal);
	close(terminal->signals);
}

/* The terminal is somebody else's until we go on. */
static void stop_here(struct terminal *terminal)
{
	sigset_t stop;

	give_terminal_back(terminal);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	take_terminal(terminal);
}

static enum next take_signal(struct terminal *terminal)
{
	struct signalfd_siginfo info;

	if (read(terminal->signals, &info, sizeof(info)) != sizeof(info))
		return NEXT_PICTURE;
	switch (info.ssi_signo) {
	case SIGTSTP:
		stop_here(terminal);
		return NEXT_PICTURE;
	case SIGCONT:
		/* after a SIGSTOP the shell has set it as it likes */
		if (terminal->reads)
			set_modes(terminal);
		return NEXT_PICTURE;
	case SIGWINCH:
		return NEXT_PICTURE;
	default:
		return NEXT_END;
	}
}

static enum next take_key(struct terminal *terminal)
{
	char key;

	/* when it is gone nobody will press a key */
	if (read(STDIN_FILENO, &key, 1) != 1)
		terminal->reads = false;
	else if (key == 'q' || key == 'Q')
		return NEXT_END;
	return NEXT_PICTURE;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Until the time is over, a key is pressed or a signal comes. */
enum next terminal_wait(struct terminal *terminal, double seconds)
{
	struct pollfd fds[] = {
		{ .fd = terminal->signals, .events = POLLIN },
		{ .fd = terminal->reads ? STDIN_FILENO : -1, .events = POLLIN },
	};
	long long end = now_ms() + seconds * 1000, left;

	while ((left = end - now_ms()) > 0) {
		if (poll(fds, ARRAY_SIZE(fds), left) <= 0)
			continue;
		return fds[0].revents ? take_signal(terminal) : take_key(terminal);
	}
	return NEXT_PICTURE;
}
