// SPDX-License-Identifier: GPL-2.0
/* Who holds one object, and who waits for it; see users.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "users.h"

/* Where what fdinfo says is gathered */
struct gathering {
	struct users *users;
	int err;
};

/* Room for one more in an array that has @n of @size bytes, NULL if there is none */
static void *grow(void *array, int n, size_t size)
{
	if (n & (n - 1))
		return array;
	return realloc(array, (n ? 2 * (size_t)n : 1) * size);
}

static int add_holder(struct users *users, const struct use *use)
{
	struct use *holders = grow(users->holders, users->n_holders, sizeof(*holders));

	if (!holders)
		return -1;
	users->holders = holders;
	holders[users->n_holders] = *use;
	holders[users->n_holders++].path = NULL;
	return 0;
}

static int add_waiter(struct users *users, struct waiter *waiter)
{
	struct waiter *waiters = grow(users->waiters, users->n_waiters, sizeof(*waiters));

	if (!waiters)
		return -1;
	users->waiters = waiters;
	process_name(waiter->tid, waiter->name, sizeof(waiter->name));
	waiters[users->n_waiters++] = *waiter;
	return 0;
}

/* A process with adjustments holds what it has taken. */
static int add_undo(struct users *users, int pid, const char *what)
{
	struct use use = { .pid = pid, .fd = -1 };

	for (int i = 0; i < users->n_holders; i++) {
		if (users->holders[i].pid != pid)
			continue;
		snprintf(users->holders[i].undo, sizeof(use.undo), "%s", what);
		return 0;
	}
	process_name(pid, use.name, sizeof(use.name));
	snprintf(use.undo, sizeof(use.undo), "%s", what);
	return add_holder(users, &use);
}

static void read_users(void *arg, char *text)
{
	struct gathering *g = arg;
	struct waiter waiter = { };
	unsigned long long count;
	char what[32] = "";
	int pid;

	if (sscanf(text, "kipc-waiter:\t%d %d %63[^\n]", &waiter.pid, &waiter.tid,
		   waiter.what) == 3)
		g->err |= add_waiter(g->users, &waiter);
	else if (sscanf(text, "kipc-undo:\t%d %31[^\n]", &pid, what) == 2)
		g->err |= add_undo(g->users, pid, what);
	else if (sscanf(text, "kipc-waits:\t%llu", &count) == 1 ||
		 sscanf(text, "kipc-sent:\t%llu", &count) == 1 ||
		 sscanf(text, "kipc-written:\t%llu", &count) == 1)
		g->users->count = count;
	else if (sscanf(text, "kipc-read:\t%llu", &count) == 1)
		g->users->count_read = count;
}

static bool holds(const struct use *use, const struct object *object, unsigned int instance,
		  const struct stat *st)
{
	if (use->kind != object->kind)
		return false;
	if (use->descriptors && use->id == object->perm.id && use->instance == instance)
		return true;
	/* memory: by the file, whose time only root sees */
	return use->attached && st && use->dev == st->st_dev && use->ino == st->st_ino &&
	       (!use->ctime.tv_sec || (use->ctime.tv_sec == st->st_ctim.tv_sec &&
				       use->ctime.tv_nsec == st->st_ctim.tv_nsec));
}

/*
 * 0, or -1 for lack of memory. @instance is the number of that of @device. The object is
 * opened for that; who may not open it sees holders of descriptors alone.
 */
int users_of_object(int device, unsigned int instance, const struct census *census,
		    const struct object *object, struct users *users)
{
	struct gathering g = { .users = users };
	int fd = object->kind->open(device, object->perm.id);
	struct stat st;
	bool found = fd >= 0 && object->kind == &kind_shm && !fstat(fd, &st);

	*users = (struct users){ };
	for (int i = 0; i < census->n && !g.err; i++) {
		if (holds(&census->uses[i], object, instance, found ? &st : NULL))
			g.err = add_holder(users, &census->uses[i]);
	}
	if (fd >= 0) {
		users->known = fdinfo_lines(getpid(), fd, read_users, &g);
		close(fd);
	}
	if (g.err)
		users_drop(users);
	return g.err;
}

/* The same of a pipe: every descriptor of it tells all. */
int users_of_pipe(const struct census *census, dev_t dev, ino_t ino, struct users *users)
{
	struct gathering g = { .users = users };

	*users = (struct users){ };
	for (int i = 0; i < census->n && !g.err; i++) {
		const struct use *use = &census->uses[i];

		if (use->kind || use->dev != dev || use->ino != ino)
			continue;
		g.err = add_holder(users, use);
		if (!g.err && !users->known)
			users->known = fdinfo_lines(use->pid, use->fd, read_users, &g);
	}
	if (g.err)
		users_drop(users);
	return g.err;
}

void users_drop(struct users *users)
{
	free(users->holders);
	free(users->waiters);
	*users = (struct users){ };
}

static void print_count(const char *what, unsigned int n)
{
	if (n)
		printf(", %s%s%.0u", what, n > 1 ? " x " : "", n > 1 ? n : 0);
}

static void print_holder(const struct use *use)
{
	printf("%d (%s)", use->pid, use->name);
	print_count("attached", use->attached);
	if (use->kind || !use->descriptors) {
		print_count("descriptor", use->descriptors);
	} else {
		print_count("reads", use->readers);
		print_count("writes", use->writers);
	}
	if (*use->undo)
		printf(", will undo %s", use->undo);
	putchar('\n');
}

/* A line for each, after @indent and a heading */
void print_users(const struct users *users, const char *indent)
{
	for (int i = 0; i < users->n_holders; i++) {
		printf("%s%-22s ", indent, i ? "" : "held by");
		print_holder(&users->holders[i]);
	}
	for (int i = 0; i < users->n_waiters; i++) {
		const struct waiter *waiter = &users->waiters[i];

		printf("%s%-22s %d (%s)", indent, i ? "" : "waiting", waiter->pid, waiter->name);
		if (waiter->tid != waiter->pid)
			printf(", thread %d", waiter->tid);
		printf(", %s\n", waiter->what);
	}
}

/* Two members, after others */
void print_users_json(const struct users *users)
{
	printf(", \"holders\": [");
	for (int i = 0; i < users->n_holders; i++) {
		const struct use *use = &users->holders[i];

		printf("%s{\"pid\": %d, \"name\": ", i ? ", " : "", use->pid);
		print_json_string(use->name);
		print_json_number("attached", use->attached);
		print_json_number("descriptors", use->descriptors);
		if (!use->kind && use->descriptors) {
			print_json_number("readers", use->readers);
			print_json_number("writers", use->writers);
		}
		if (*use->undo) {
			printf(", \"undo\": ");
			print_json_string(use->undo);
		}
		printf("}");
	}
	printf("], \"waiters\": ");
	/* not an empty list of what one may not see */
	if (!users->known) {
		printf("null");
		return;
	}
	printf("[");
	for (int i = 0; i < users->n_waiters; i++) {
		const struct waiter *waiter = &users->waiters[i];

		printf("%s{\"pid\": %d, \"tid\": %d, \"name\": ", i ? ", " : "", waiter->pid,
		       waiter->tid);
		print_json_string(waiter->name);
		printf(", \"for\": ");
		print_json_string(waiter->what);
		printf("}");
	}
	printf("]");
}
