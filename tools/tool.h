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
extern const struct command cmd_exec;
extern const struct command cmd_limits;
extern const struct command cmd_ls;
extern const struct command cmd_mk;
extern const struct command cmd_pipeline;
extern const struct command cmd_rm;
extern const struct command cmd_size;
extern const struct command cmd_stat;
extern const struct command cmd_watch;

/*
 * The instance to use, from --instance, --device or KIPC_DEV: its node, or the directory
 * where it is mounted
 */
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
int fill_standard_descriptors(void);

/* What parse_size() reads, for the help of its users */
#define SIZE_HELP \
	"SIZE is a number of bytes, decimal and 1 or more, or one with K, M, G or T (or\n" \
	"k, m, g, t) behind it: powers of 1024.\n"

/* What parse_key() reads, likewise */
#define KEY_HELP \
	"KEY is a number of 32 bits as in C: decimal, 0x and hexadecimal, or 0 and octal.\n"

/* util.c: numbers and JSON */
int parse_size(const struct command *cmd, const char *text, __u64 *bytes);
int parse_count(const struct command *cmd, const char *text, const char *what, __u64 *count);
int parse_key(const struct command *cmd, const char *text, int *key);
int parse_id(const struct command *cmd, const char *text, int *id);
int parse_mode(const struct command *cmd, const char *text, unsigned int *mode);
void make_printable(char *text);
void cut_columns(char *text, int columns);
int field_width(const char *text, int columns);
void print_json_string(const char *text);
void print_json_number(const char *name, __u64 value);
const char *format_size(__u64 bytes, char *buf, size_t len);
const char *format_count(__u64 n, const char *what, char *buf, size_t len);

/* What an errno means somewhere, and what to do about it */
struct meaning {
	int err;
	const char *text;
};

/* device.c: descriptors; -1 after a message */
int device_open(void);
int device_open_to_look(void);
int instance_option(const struct command *cmd, const char *path);
int instance_export(void);
const char *instance_directory(void);
const char *device_problem(int err);
const char *call_problem(int err);
const char *explain(const struct meaning *meanings, size_t n, int err);

/* The option that all commands have that look at an instance's objects */
#define INSTANCE_HELP \
	"  -i, --instance PATH  where the instance is mounted, or its node\n"

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

struct kind;
struct users;

/**
 * struct object - an object with an id, as read once
 * @kind: what it is
 * @perm: what all kinds have
 * @shm: all of a shared memory segment
 * @sem: all of a semaphore set but its semaphores
 * @sems: those, once object_read_parts() has read them
 * @msg: all of a message queue but its messages
 * @sig: all of a signal queue but its subscribers
 */
struct object {
	const struct kind *kind;
	struct kipc_perm perm;
	union {
		struct kipc_shm_stat shm;
		struct {
			struct kipc_sem_stat sem;
			struct kipc_sem_value *sems;
		};
		struct kipc_msg_stat msg;
		struct kipc_sig_stat sig;
	};
};

/* Options of 'kipc mk' that not every kind has */
#define MAKE_HUGE	(1U << 0)
#define MAKE_NO_HUGE	(1U << 1)
#define MAKE_NO_RESERVE	(1U << 2)
#define MAKE_ROBUST	(1U << 3)

/**
 * struct make - what an object to be made should be
 * @key: its key, KIPC_KEY_PRIVATE for none
 * @mode: its permissions
 * @flags: KIPC_GET_*
 * @options: MAKE_*
 * @size: from the kind's argument
 */
struct make {
	int key;
	unsigned int mode;
	__u32 flags;
	__u32 options;
	__u64 size;
};

/**
 * struct kind - a kind of objects that have ids
 * @name: as on the command line
 * @noun: one of them, in a message
 * @title: in the plural, above a table
 * @argument: name of what 'kipc mk' needs of the user, or NULL if that is nothing
 * @make_options: those of MAKE_* that it has
 * @columns: heading of what @print_row prints
 * @parse: read @argument; says what is wrong; NULL without one
 * @make: make an object; 0 or a negative errno, as all that follow
 * @make_problem: what the errno of that means
 * @find: the id of the object that has a key
 * @read: read the object with an id, or with KIPC_STAT_* flags at an index
 * @read_parts: read what it consists of, NULL if there is no such thing
 * @drop_parts: free what @read_parts has allocated
 * @open: a descriptor of the object with an id, to look at; -1 if that fails
 * @highest: highest index in use, -1 if there is none
 * @remove: remove an object
 * @print_row: columns of the table, after those that all have
 * @print_details: lines, likewise
 * @print_json: members, likewise
 */
struct kind {
	const char *name;
	const char *noun;
	const char *title;
	const char *argument;
	__u32 make_options;
	const char *columns;
	int (*parse)(const struct command *cmd, const char *text, struct make *make);
	int (*make)(int device, const struct make *make, int *id);
	const char *(*make_problem)(int err);
	int (*find)(int device, int key, int *id);
	int (*read)(int device, int id, __u32 flags, struct object *object);
	int (*read_parts)(int device, struct object *object);
	void (*drop_parts)(struct object *object);
	int (*open)(int device, int id);
	int (*highest)(int device, int *index);
	int (*remove)(int device, int id);
	void (*print_row)(const struct object *object);
	void (*print_details)(const struct object *object);
	void (*print_json)(const struct object *object);
};

extern const struct kind kind_msg;
extern const struct kind kind_sem;
extern const struct kind kind_sig;
extern const struct kind kind_shm;

/* kind.c */
extern const struct kind *const kinds[];
extern const size_t kinds_count;

const struct kind *kind_find(const struct command *cmd, const char *name);
const struct kind *kind_prefix(const char *text);
bool kind_misspelt(const struct command *cmd, const char *text);
const char *object_problem(int err);
const char *user_name(unsigned int uid, char *buf, size_t len);
int object_read(int device, const struct kind *kind, int id, __u32 flags, struct object *object);
int object_read_parts(int device, struct object *object);
void object_drop_parts(struct object *object);
void print_table_heading(const struct kind *kind);
void print_table_row(const struct object *object);
void print_object_details(const struct object *object);
void print_object_json(const struct object *object, const struct users *users);
void print_time(const char *name, __u64 seconds);

/**
 * struct list - objects of a kind
 * @kind: which
 * @objects: the objects, by their index, or once sorted by id
 * @n: how many
 */
struct list {
	const struct kind *kind;
	struct object *objects;
	int n;
};

/* list.c */
int list_read(int device, const struct kind *kind, struct list *list);
void list_drop(struct list *list);
void list_sort(struct list *list);
const struct object *list_find(const struct list *list, int id);

#endif /* KIPC_TOOL_H */
