// SPDX-License-Identifier: GPL-2.0
/* kipc ls: the objects of an instance that have ids. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool.h"

/* All objects of a kind */
struct list {
	const struct kind *kind;
	struct object *objects;
	int n;
};

static int list_add(struct list *list, const struct object *object)
{
	struct object *objects = list->objects;

	/* room is a power of two */
	if (!(list->n & (list->n - 1))) {
		size_t room = list->n ? 2 * (size_t)list->n : 1;

		objects = realloc(objects, room * sizeof(*objects));
		if (!objects)
			return -ENOMEM;
		list->objects = objects;
	}
	objects[list->n++] = *object;
	return 0;
}

/* By index, as objects come and go meanwhile; 0 or a negative errno. */
static int list_read(int device, struct list *list)
{
	struct object object;
	int highest, err;

	err = list->kind->highest(device, &highest);
	for (int i = 0; !err && i <= highest; i++) {
		err = object_read(device, list->kind, i, KIPC_STAT_INDEX | KIPC_STAT_ANY,
				  &object);
		if (!err)
			err = list_add(list, &object);
		else if (err == -EINVAL || err == -EIDRM)
			err = 0;	/* nothing there */
	}
	return err;
}

static void list_show(const struct list *list, bool title)
{
	if (title)
		printf("%s:\n", list->kind->title);
	print_table_heading(list->kind);
	for (int i = 0; i < list->n; i++)
		print_table_row(&list->objects[i]);
}

static void list_show_json(const struct list *list)
{
	printf(", \"%s\": [", list->kind->name);
	for (int i = 0; i < list->n; i++) {
		printf("%s", i ? ",\n " : "");
		print_object_json(&list->objects[i]);
	}
	printf("]");
}

/* All are read before one is shown, so that no complaint falls into the output. */
static int show(const struct kind *const *wanted, size_t n, bool json)
{
	struct list *lists = calloc(n, sizeof(*lists));
	int device, result = EXIT_OK;

	if (!lists)
		return fail("no memory");
	device = device_open_to_look();
	if (device < 0) {
		free(lists);
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < n && !result; i++) {
		int err;

		lists[i].kind = wanted[i];
		err = list_read(device, &lists[i]);
		if (err)
			result = fail("cannot list the %s of %s: %s", wanted[i]->title,
				      device_path, object_problem(-err));
	}
	close(device);
	if (!result && json) {
		printf("{\"instance\": ");
		print_json_string(device_path);
	}
	for (size_t i = 0; i < n && !result; i++) {
		if (json)
			list_show_json(&lists[i]);
		else
			list_show(&lists[i], n > 1);
	}
	if (!result && json)
		printf("}\n");
	for (size_t i = 0; i < n; i++)
		free(lists[i].objects);
	free(lists);
	return finish_output() ?: result;
}

static int ls_run(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "instance", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ }
	};
	const struct kind *kind;
	bool json = false;
	int opt;

	while ((opt = getopt_long(argc, argv, ":hi:j", options, NULL)) != -1) {
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
		default:
			return bad_option(self, opt, options, argv);
		}
	}
	if (optind == argc)
		return show(kinds, kinds_count, json);
	if (argc - optind > 1)
		return usage(self, "at most one KIND can be given");
	kind = kind_find(self, argv[optind]);
	return kind ? show(&kind, 1, json) : EXIT_USAGE;
}

const struct command cmd_ls = {
	.name = "ls",
	.synopsis = "[-i PATH] [-j] [KIND]",
	.summary = "list the objects of the instance that have ids",
	.help =
	"List all objects of the instance that have ids, or those of a KIND (shm, sem, msg),\n"
	"whoever may use them: id, key, owner, permissions, open descriptors (FDS), and\n"
	"of a segment its size in bytes and attachments (NATTCH); STATUS is dest if it was\n"
	"removed and goes with its last user, locked if it is kept out of swap space;\n"
	"of a set its semaphores (NSEMS), threads that wait for them (WAITING), and processes\n"
	"that used SEM_UNDO on it (UNDOS); STATUS is robust if who takes what a dead process\n"
	"held is told;\n"
	"of a queue the bytes and the number of its messages (BYTES, MESSAGES), the bytes that\n"
	"it may hold (QBYTES), threads that wait for room (SENDERS) and for a message\n"
	"(RECEIVERS).\n"
	"\n"
	INSTANCE_HELP
	"  -j, --json           one object, with an array for each kind\n"
	"\n"
	"Exits with 0, 1 if that failed, 2 for a wrong command line.\n",
	.run = ls_run,
};
