// SPDX-License-Identifier: GPL-2.0
/* Messages, numbers and JSON for the subcommands of kipc(8). */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* There may be names in it that others have given. */
static void complain(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0) {
		fputs("no memory for a message", stderr);
		return;
	}
	make_printable(text);
	fputs(text, stderr);
	free(text);
}

int fail(const char *format, ...)
{
	va_list args;

	fputs("kipc: ", stderr);
	va_start(args, format);
	complain(format, args);
	va_end(args);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

/* The command line is wrong; @cmd is NULL in front of a subcommand. */
int usage(const struct command *cmd, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "kipc%s%s: ", cmd ? " " : "", cmd ? cmd->name : "");
	va_start(args, format);
	complain(format, args);
	va_end(args);
	if (cmd)
		fprintf(stderr, "\nUsage: kipc %s %s\n", cmd->name, cmd->synopsis);
	else
		fputs("\nUsage: kipc [-i PATH] COMMAND [ARGUMENT...]; 'kipc help' tells more\n",
		      stderr);
	return EXIT_USAGE;
}

/*
 * After getopt_long() has returned @opt, '?' or ':' (with opterr 0 and a short
 * option string that starts "+:").
 */
int bad_option(const struct command *cmd, int opt, const struct option *options, char **argv)
{
	const char *word = argv[optind - 1];

	if (opt == ':') {
		/* nothing follows, so the word is the one with the option */
		if (!strncmp(word, "--", 2))
			return usage(cmd, "the option %s needs a value", word);
		return usage(cmd, "the option -%c needs a value", optopt);
	}
	if (!optopt)
		return usage(cmd, "the option %s is unknown, or short for more than one", word);
	for (; options->name; options++) {
		if (options->val == optopt)
			return usage(cmd, "the option --%s takes no value", options->name);
	}
	/* in the middle of a word, which is not passed yet */
	return usage(cmd, "the option -%c is unknown", optopt);
}

void print_help(const struct command *cmd)
{
	printf("Usage: kipc %s %s\n\n%s", cmd->name, cmd->synopsis, cmd->help);
}

/* What was printed counts only once it is out: a full disk is a failure, told once. */
int finish_output(void)
{
	int err = fflush(stdout) ? errno : 0;

	if (!err && !ferror(stdout))
		return EXIT_OK;
	clearerr(stdout);
	/* of what was written on the way it is not known any more why it failed */
	return fail("cannot write the output: %s", err ? strerror(err) : "a part of it is lost");
}

/*
 * With a standard descriptor closed, the next file would come to stand there, and be written
 * to. A file that allows nothing takes the place, and is no program's that we become.
 */
int fill_standard_descriptors(void)
{
	static const int useless[] = { O_WRONLY, O_RDONLY, O_RDONLY };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", useless[fd] | O_CLOEXEC) != fd)
			return fail("cannot open /dev/null: %s", strerror(errno));
	}
	return EXIT_OK;
}

/* Read a number of bytes, see SIZE_HELP. */
int parse_size(const struct command *cmd, const char *text, __u64 *bytes)
{
	static const char units[] = "kmgt";
	unsigned long long value;
	unsigned int shift = 0;
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)*text))
		goto bad;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text)
		goto bad;
	if (*end) {
		unit = strchr(units, tolower((unsigned char)*end));
		if (!unit || end[1])
			goto bad;
		shift = 10 * (unit - units + 1);
	}
	if (value > UINT64_MAX >> shift)
		goto bad;
	if (!value) {
		usage(cmd, "a size is 1 or more");
		return -1;
	}
	*bytes = value << shift;
	return 0;
bad:
	usage(cmd, "'%s' is not a size; give bytes in decimal, or a number with K, M, G or T",
	      text);
	return -1;
}

/* Read all of @text as a number to the base @base, 0 for C's rules. */
static bool read_number(const char *text, int base, long long *value)
{
	char *end;

	/* no blank, and no second sign */
	if (!isdigit((unsigned char)text[*text == '-']))
		return false;
	errno = 0;
	*value = strtoll(text, &end, base);
	return !errno && !*end;
}

/* Read how many of @what there should be. */
int parse_count(const struct command *cmd, const char *text, const char *what, __u64 *count)
{
	long long value;

	if (!read_number(text, 10, &value) || value < 1 || value > INT32_MAX) {
		usage(cmd, "'%s' is not a number of %s; give a decimal number from 1 on", text,
		      what);
		return -1;
	}
	*count = value;
	return 0;
}

/* A key has 32 bits, of either sign. */
int parse_key(const struct command *cmd, const char *text, int *key)
{
	long long value;

	if (!read_number(text, 0, &value) || value < INT32_MIN || value > UINT32_MAX) {
		usage(cmd,
		      "'%s' is not a key; give a number of 32 bits, such as 1234, 0xabcd or (octal) 017",
		      text);
		return -1;
	}
	*key = (int)(__u32)value;
	return 0;
}

int parse_id(const struct command *cmd, const char *text, int *id)
{
	long long value;

	if (!read_number(text, 10, &value) || value < 0 || value > INT32_MAX) {
		usage(cmd, "'%s' is not an id; 'kipc ls' shows the ids", text);
		return -1;
	}
	*id = value;
	return 0;
}

int parse_mode(const struct command *cmd, const char *text, unsigned int *mode)
{
	long long value;

	if (!read_number(text, 8, &value) || value < 0 || value > 0777) {
		usage(cmd, "'%s' is not a mode; give an octal number up to 777", text);
		return -1;
	}
	*mode = value;
	return 0;
}

/* 65536 -> "64 KiB"; what is no multiple of a unit stays as it is. */
const char *format_size(__u64 bytes, char *buf, size_t len)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	unsigned int i = 0;

	while (i < 4 && bytes && !(bytes % 1024)) {
		bytes /= 1024;
		i++;
	}
	snprintf(buf, len, "%llu %s", bytes, bytes == 1 && !i ? "byte" : units[i]);
	return buf;
}

/* "1 signal", "2 signals" */
const char *format_count(__u64 n, const char *what, char *buf, size_t len)
{
	snprintf(buf, len, "%llu %s%s", n, what, n == 1 ? "" : "s");
	return buf;
}

/* A member of an object, after others. */
void print_json_number(const char *name, __u64 value)
{
	printf(", \"%s\": %llu", name, value);
}

/* How many bytes the character at @text has, 0 if it is not one of UTF-8. */
static size_t utf8_length(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t n;

	if (*c < 0x80)
		return 1;
	if (*c < 0xc2 || *c > 0xf4)
		return 0;
	n = *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : 4;
	for (size_t i = 1; i < n; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	}
	/* too long for what they say, surrogates, and beyond the last */
	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) ||
	    (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	return n;
}

/* Processes and files are called as others like: no name is to command the terminal. */
void make_printable(char *text)
{
	size_t n;

	for (; *text; text += n ?: 1) {
		unsigned char c = *text;

		n = utf8_length(text);
		if (!n || c < 0x20 || c == 0x7f)
			*text = '?';
		else if (c == 0xc2 && (unsigned char)text[1] < 0xa0)
			memset(text, '?', 2);
	}
}

/*
 * How many columns the character at @text, of @n bytes, takes at most: those that take two
 * begin at U+1100.
 */
static int columns_of(const char *text, size_t n)
{
	return n > 2 && (unsigned char)*text > 0xe0 ? 2 : 1;
}

/* How many columns all of @text takes, which is printable. */
static int text_columns(const char *text)
{
	int columns = 0;

	for (size_t n; *text; text += n) {
		n = utf8_length(text) ?: 1;
		columns += columns_of(text, n);
	}
	return columns;
}

/* Cut @text where it would take more columns. */
void cut_columns(char *text, int columns)
{
	for (size_t n; *text; text += n) {
		n = utf8_length(text) ?: 1;
		columns -= columns_of(text, n);
		if (columns < 0) {
			*text = '\0';
			return;
		}
	}
}

/* printf() counts bytes: the width of a field for @text that is to take so many columns. */
int field_width(const char *text, int columns)
{
	return columns + (int)strlen(text) - text_columns(text);
}

void print_json_string(const char *text)
{
	putchar('"');
	for (size_t n; *text; text += n ?: 1) {
		unsigned char c = *text;

		n = utf8_length(text);
		if (!n)
			printf("\\ufffd");
		else if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else if (c == 0xc2 && (unsigned char)text[1] < 0xa0)
			printf("\\u%04x", (unsigned char)text[1]);
		else
			fwrite(text, n, 1, stdout);
	}
	putchar('"');
}
