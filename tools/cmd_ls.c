// SPDX-License-Identifier: GPL-2.0
/* kipc ls: the objects of an instance that have ids. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "users.h"

/* What is shown, all of it read before */
struct view {
	struct list list;
	struct users *users;	/* of each object; NULL if that was not asked for */
};

static void view_show(const struct view *view, bool title)
{
	if (title)
		printf("%s:\n", view->list.kind->title);
	print_table_heading(view->list.kind);
	for (int i = 0; i < view->list.n; i++) {
		print_table_row(&view->list.objects[i]);
		if (view->users)
			print_users(&view->users[i], "         ");
	}
}

static void view_show_json(const struct view *view)
{
	printf(", \"%s\": [", view->list.kind->name);
	for (int i = 0; i < view->list.n; i++) {
		printf("%s", i ? ",\n " : "");
		print_object_json(&view->list.objects[i], view->users ? &view->users[i] : NULL);
	}
	printf("]");
}

static void view_drop(struct view *view)
{
	for (int i = 0; view->users && i < view->list.n; i++)
		users_drop(&view->users[i]);
	free(view->users);
	list_drop(&view->list);
}

/* 0 or a negative errno; @census is NULL if users are not asked for */
static int view_read(int device, const struct kind *kind, const struct census *census,
		     struct view *view)
{
	int err = list_read(device, kind, &view->list);
	unsigned int instance = instance_number(device);

	if (err || !census || !view->list.n)
		return err;
	view->users = calloc(view->list.n, sizeof(*view->users));
	if (!view->users)
		return -ENOMEM;
	for (int i = 0; i < view->list.n; i++) {
		if (users_of_object(device, instance, census, &view->list.objects[i],
				    &view->users[i]))
			return -ENOMEM;
	}
	return 0;
}

/* All are read before one is shown, so that no complaint falls into the output. */
static int read_views(const struct kind *const *wanted, size_t n, bool users,
		      struct view *views)
{
	struct census census = { };
	int device, result = EXIT_OK;

	device = device_open_to_look();
	if (device < 0)
		return EXIT_FAILED;
	if (users && census_take(&census))
		result = fail("no memory for all processes");
	for (size_t i = 0; i < n && !result; i++) {
		int err = view_read(device, wanted[i], users ? &census : NULL, &views[i]);

		if (err)
			result = fail("cannot list the %s of %s: %s", wanted[i]->title,
				      device_path, object_problem(-err));
	}
	census_drop(&census);
	close(device);
	return result;
}

static int show(const struct kind *const *wanted, size_t n, bool users, bool json)
{
	struct view *views = calloc(n, sizeof(*views));
	int result;

	if (!views)
		return fail("no memory");
	result = read_views(wanted, n, users, views);
	if (!result && json) {
		printf("{\"instance\": ");
		print_json_string(device_path);
	}
	for (size_t i = 0; i < n && !result; i++) {
		if (json)
			view_show_json(&views[i]);
		else
			view_show(&views[i], n > 1);
	}
	if (!result && json)
		printf("}\n");
	for (size_t i = 0; i < n; i++)
		view_drop(&views[i]);
	free(views);
	return finish_output() ?: result;
}

static int ls_run(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "instance", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "long", no_argument, NULL, 'l' },
		{ }
	};
	const struct kind *kind;
	bool json = false, users = false;
	int opt;

	while ((opt = getopt_long(argc, argv, ":hi:jl", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			print_help(self);
			return finish_output();
		case 'i':
			if (instance_option(self, optarg))
				return EXIT_USAGE;
			break;
		case 'j':
			json = true;
			break;
		case 'l':
			users = true;
			break;
		default:
			return bad_option(self, opt, options, argv);
		}
	}
	if (optind == argc)
		return show(kinds, kinds_count, users, json);
	if (argc - optind > 1)
		return usage(self, "at most one KIND can be given");
	kind = kind_find(self, argv[optind]);
	return kind ? show(&kind, 1, users, json) : EXIT_USAGE;
}

const struct command cmd_ls = {
	.name = "ls",
	.synopsis = "[-i PATH] [-j] [-l] [KIND]",
	.summary = "list the objects of the instance that have ids",
	.help =
	"List all objects of the instance that have ids, or those of a KIND (shm, sem,\n"
	"msg, sig), whoever may use them: id, key, owner, permissions, open descriptors\n"
	"(FDS), and of a segment its size in bytes and attachments (NATTCH); STATUS is\n"
	"dest if it was removed and goes with its last user, locked if it is kept out of\n"
	"swap space; of a set its semaphores (NSEMS), threads that wait for them\n"
	"(WAITING), and processes that used SEM_UNDO on it (UNDOS); STATUS is robust if\n"
	"who takes what a dead process held is told; of a message queue the bytes and the\n"
	"number of its messages (BYTES, MESSAGES), the bytes that it may hold (QBYTES),\n"
	"threads that wait for room (SENDERS) and for a message (RECEIVERS); of a signal\n"
	"queue the signals in it (QUEUED), how many of those from 32 on may be (LIMIT),\n"
	"subscribers, and threads that wait for one.\n"
	"\n"
	INSTANCE_HELP
	"  -j, --json           one object, with an array for each kind\n"
	"  -l, --long           also who holds each object and who waits for it, by\n"
	"                       process id and name; of processes that you may look into\n"
	"\n"
	"Exits with 0, 1 if that failed, 2 for a wrong command line.\n",
	.run = ls_run,
};
