/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of 'kipc doctor': what each check has to say, and the checks in files of their own. */
#ifndef KIPC_DOCTOR_H
#define KIPC_DOCTOR_H

#include "tool.h"

/**
 * struct doctor - what has been found so far
 * @json: say it in JSON
 * @checks: how many have said something
 * @problems: how many of them were problems
 */
struct doctor {
	bool json;
	int checks;
	int problems;
};

/* What a check comes to: a note is about what not everybody needs */
enum level {
	PROBLEM,
	NOTE,
	OK,
};

/* Is it no problem? So that a check can end with it. */
bool report(struct doctor *doctor, const char *check, enum level level,
	    const char *format, ...) __printf(4, 5);

/* doctor_limits.c */
void check_limits(struct doctor *doctor, int device);

#endif /* KIPC_DOCTOR_H */
