/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who holds objects, and who waits for them.
 *
 * Holders are found in /proc: descriptors, attached memory, and what fdinfo says about
 * adjustments of SEM_UNDO. Who has used a set or a queue by its id alone holds nothing.
 * Waiters are told by fdinfo of any descriptor of the object. Of processes that one may
 * not look into nothing is seen.
 */
#ifndef KIPC_USERS_H
#define KIPC_USERS_H

#include <sys/stat.h>

#include "tool.h"

/**
 * struct use - what one process has of one object
 * @pid: the process
 * @name: its name
 * @kind: of the object, NULL for a pipe
 * @is_pipe: it says so itself, as files that are none of kipc do not
 * @instance: the number of its instance, 0 if it is not known
 * @id: its id, where descriptors of it say so
 * @dev: where the file is, of a pipe or memory
 * @ino: which it is there
 * @ctime: when that was changed last, to tell it from one of another instance; 0 if
 *	that cannot be seen
 * @descriptors: how many it has open
 * @readers: how many of them can read, of a pipe
 * @writers: how many of them can write, of a pipe
 * @attached: how many mappings it has
 * @undo: that it would change a semaphore by its end, empty if not
 * @fd: the number of a descriptor, -1 if there is none
 * @path: the name of a pipe, of a census alone; NULL for the rest
 */
struct use {
	int pid;
	char name[32];
	const struct kind *kind;
	bool is_pipe;
	unsigned int instance;
	int id;
	dev_t dev;
	ino_t ino;
	struct timespec ctime;
	unsigned int descriptors;
	unsigned int readers;
	unsigned int writers;
	unsigned int attached;
	char undo[32];
	int fd;
	char *path;
};

/**
 * struct waiter - a thread that waits for an object
 * @pid: its process
 * @tid: the thread
 * @name: its name
 * @what: what it waits for, as fdinfo has it
 */
struct waiter {
	int pid;
	int tid;
	char name[32];
	char what[64];
};

/**
 * struct census - all uses of kipc's objects by all processes
 * @uses: them, those of a process one after the other
 * @n: how many
 */
struct census {
	struct use *uses;
	int n;
};

/**
 * struct users - of one object
 * @holders: who holds it
 * @n_holders: how many they are
 * @waiters: who waits
 * @n_waiters: how many they are
 * @known: the object could be opened, so that waiters are known
 * @count: messages sent, waits for semaphores, or bytes written, so far
 * @count_read: bytes read of a pipe so far
 */
struct users {
	struct use *holders;
	int n_holders;
	struct waiter *waiters;
	int n_waiters;
	bool known;
	__u64 count;
	__u64 count_read;
};

/* census.c */
int census_take(struct census *census);
void census_drop(struct census *census);
unsigned int instance_number(int device);
bool fdinfo_lines(int pid, int fd, void (*line)(void *arg, char *text), void *arg);
const char *process_name(int pid, char *name, size_t len);

/* users.c */
int users_of_object(int device, unsigned int instance, const struct census *census,
		    const struct object *object, struct users *users);
int users_of_pipe(const struct census *census, dev_t dev, ino_t ino, struct users *users);
void users_drop(struct users *users);
void print_users(const struct users *users, const char *indent);
void print_users_json(const struct users *users);

#endif /* KIPC_USERS_H */
