/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Running the kipc command and looking at what it says: its output, its complaints, its
 * exit status, and whether JSON is JSON.
 */
#ifndef KIPC_COMMAND_H
#define KIPC_COMMAND_H

#include "instance_fixture.h"

#include <ctype.h>
#include <regex.h>

#define KIPC_COMMAND "/usr/bin/kipc"

static struct {
	int status;
	char out[65536];
	char err[16384];
} said;

/* All that a file has, as a string */
static inline void file_slurp(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n < 0 ? 0 : n] = '\0';
}

/*
 * Run @argv, as another user if @uid is not 0. The status is 128 + a signal that ended it,
 * -1 if it did not end. In files: a pipe that is full would stop it.
 */
static inline int run_as(uid_t uid, char *const argv[])
{
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	pid_t pid = child_fork();

	if (!pid) {
		if (dup2(out, 1) < 0 || dup2(err, 2) < 0 || (uid && become(uid)))
			_exit(98);
		/* becoming somebody else makes /proc/self root's */
		prctl(PR_SET_DUMPABLE, 1);
		execv(argv[0], argv);
		_exit(97);
	}
	said.status = child_wait_long(pid);
	if (said.status < 0)
		child_kill(pid);
	file_slurp(out, said.out, sizeof(said.out));
	file_slurp(err, said.err, sizeof(said.err));
	close(out);
	close(err);
	return said.status;
}

/* Run kipc with these words: its status */
#define KIPC_AS(uid, ...) \
	run_as(uid, (char *const []){ KIPC_COMMAND, __VA_ARGS__, NULL })
#define KIPC(...) KIPC_AS(0, __VA_ARGS__)

/* Does a text match an extended regular expression, in which ^ and $ are those of a line? */
static inline bool matches(const char *text, const char *pattern)
{
	regex_t regex;
	bool found;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE))
		return false;
	found = !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return found;
}

/* Does @text, which is one of the outputs, match? If not, all of it is shown. */
static inline bool output_matches(const char *text, const char *pattern)
{
	bool found = matches(text, pattern);

	if (!found)
		printf("# status %d, no '%s' in:\n# %s# %s\n", said.status, pattern, said.out,
		       said.err);
	return found;
}

#define SAYS(pattern)		output_matches(said.out, pattern)
#define COMPLAINS(pattern)	output_matches(said.err, pattern)

static inline int lines_of(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* One sentence, and nothing on standard output */
static inline bool is_one_complaint(void)
{
	return !*said.out && lines_of(said.err) == 1 && !strncmp(said.err, "kipc", 4);
}

/* --- JSON: what RFC 8259 says, and nothing else */

static inline const char *json_value(const char *at);

static inline const char *json_blank(const char *at)
{
	return at + strspn(at, " \t\n\r");
}

static inline const char *json_string(const char *at)
{
	if (*at++ != '"')
		return NULL;
	for (; *at != '"'; at++) {
		if ((unsigned char)*at < 0x20)
			return NULL;
		if (*at != '\\')
			continue;
		at++;
		if (*at == 'u') {
			for (int i = 0; i < 4; i++)
				if (!isxdigit((unsigned char)*++at))
					return NULL;
		} else if (!*at || !strchr("\"\\/bfnrt", *at)) {
			return NULL;
		}
	}
	return at + 1;
}

static inline const char *json_number(const char *at)
{
	size_t n;

	at += *at == '-';
	n = strspn(at, "0123456789");
	if (!n || (n > 1 && *at == '0'))
		return NULL;
	at += n;
	if (*at == '.') {
		n = strspn(++at, "0123456789");
		if (!n)
			return NULL;
		at += n;
	}
	return at;
}

/* What is between two brackets: values, or members if @object */
static inline const char *json_list(const char *at, bool object)
{
	char end = object ? '}' : ']';

	at = json_blank(at + 1);
	if (*at == end)
		return at + 1;
	for (;;) {
		if (object) {
			at = json_string(json_blank(at));
			if (!at)
				return NULL;
			at = json_blank(at);
			if (*at++ != ':')
				return NULL;
		}
		at = json_value(at);
		if (!at)
			return NULL;
		at = json_blank(at);
		if (*at == end)
			return at + 1;
		if (*at++ != ',')
			return NULL;
	}
}

/* Behind the value that begins at @at; NULL if there is none */
static inline const char *json_value(const char *at)
{
	static const char *const words[] = { "true", "false", "null" };

	at = json_blank(at);
	if (*at == '{' || *at == '[')
		return json_list(at, *at == '{');
	if (*at == '"')
		return json_string(at);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(at, words[i], strlen(words[i])))
			return at + strlen(words[i]);
	return json_number(at);
}

/* Is this so many values, each of them ended by a newline? */
static inline bool is_json(const char *text, int values)
{
	while (values--) {
		text = json_value(text);
		if (!text || *text++ != '\n')
			return false;
	}
	return !*text;
}

/* Is the output that? If not it is shown. */
static inline bool says_json(int values)
{
	bool good = is_json(said.out, values);

	if (!good)
		printf("# status %d, not %d of JSON:\n# %s# %s\n", said.status, values,
		       said.out, said.err);
	return good;
}

#endif /* KIPC_COMMAND_H */
