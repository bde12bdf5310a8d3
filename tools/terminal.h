/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A terminal on which a picture is drawn again and again: keys are read one by one, and
 * what the terminal was set to is restored when we end, and while we are stopped.
 */
#ifndef KIPC_TERMINAL_H
#define KIPC_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

/**
 * struct terminal - the terminal, if there is one
 * @draws: standard output is one
 * @reads: standard input is one, too, so that keys can be pressed
 * @saved: what that was set to
 * @signals: a descriptor of the signals that end, stop or redraw
 */
struct terminal {
	bool draws;
	bool reads;
	struct termios saved;
	int signals;
};

/* What comes next */
enum next {
	NEXT_END,
	NEXT_PICTURE,
};

int terminal_begin(struct terminal *terminal, bool wanted);
void terminal_end(struct terminal *terminal);
enum next terminal_wait(struct terminal *terminal, double seconds);

#endif /* KIPC_TERMINAL_H */
