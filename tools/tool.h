/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the subcommands of kipc(8) share: the table of commands, messages, the
 * way to a kipc descriptor, numbers, JSON.
 *
 * Every function that can fail for a reason of the user's has said so on
 * standard error, in one sentence, when it returns.
 */
#ifndef KIPC_TOOL_H
#define KIPC_TOOL_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kipc.h>

#define TOOL_VERSION	"0.1"

/* Exit codes of the command itself, documented in kipc(8) */
enum {
	EXIT_OK		= 0,
	EXIT_FAILED	= 1,
	EXIT_USAGE	= 2,
};

/*
 * A subcommand. @run gets the arguments after its name and with it as argv[0],
 * and returns the exit code.
 */
struct command {
	const char *name;
	const char *synopsis;
	const char *summary;
	const char *help;
	int (*run)(const struct command *self, int argc, char **argv);
};

extern const struct command cmd_doctor;
extern const struct command cmd_pipeline;
extern const struct command cmd_size;
extern const struct command cmd_stat;

/* The node of the instance to use, from --device or KIPC_DEV */
extern const char *device_path;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#ifndef __printf
#define __printf(a, b)	__attribute__((	\
	format(printf, a, b)))
#endif

/* util.c: messages; they return the exit code to leave with */
int fail(const char *format, ...) __printf(1, 2);
int usage(const struct command *cmd, const char *format, ...) __printf(2, 3);
int bad_option(const struct command *cmd, int opt, const struct option *options,
	       char **argv);
void print_help(const struct command *cmd);
int finish_output(void);

/* What parse_size() reads, for the help of its users */
#define SIZE_HELP \
	"SIZE is a number of bytes, decimal and 1 or more, or one with K, M or G (or k, m,\n" \
	"g) behind it: powers of 1024.\n"

/* util.c: numbers and JSON */
int parse_size(const struct command *cmd, const char *text, __u64 *bytes);
void print_json_string(const char *text);
void print_json_number(const char *name, __u64 value);
const char *format_size(__u64 bytes, char *buf, size_t len);

/* device.c: descriptors; -1 after a message */
int device_open(void);
const char *device_problem(int err);
const char *call_problem(int err);

/**
 * struct pipe_handle - a descriptor of somebody else's pipe or FIFO
 * @fd: descriptor on which the calls of pipes are served
 * @readers: how many of the pipe's readers are @fd itself
 * @writers: how many of the pipe's writers are @fd itself
 */
struct pipe_handle {
	int fd;
	unsigned int readers;
	unsigned int writers;
};

/* find.c */
int pipe_find(const char *path, const char *advice, struct pipe_handle *handle);
void pipe_drop(struct pipe_handle *handle);

#endif /* KIPC_TOOL_H */
