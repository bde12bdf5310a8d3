// SPDX-License-Identifier: GPL-2.0
/* kipc rm: remove objects by their ids or keys. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tool.h"

/* What names an object on the command line */
struct name {
	const char *text;
	bool is_key;
	int value;
};

static int remove_one(int device, const struct kind *kind, const struct name *name)
{
	int id = name->value, err = 0;

	if (name->is_key)
		err = kind->find(device, name->value, &id);
	if (!err)
		err = kind->remove(device, id);
	if (err)
		return fail("cannot remove %s %s%s: %s", kind->name, name->is_key ? "key " : "",
			    name->text, object_problem(-err));
	return EXIT_OK;
}

/* One that cannot be removed does not keep the others. */
static int remove_all(const struct kind *kind, const struct name *names, int n)
{
	int device, result = EXIT_OK;

	device = device_open();
	if (device < 0)
		return EXIT_FAILED;
	for (int i = 0; i < n; i++) {
		if (remove_one(device, kind, &names[i]))
			result = EXIT_FAILED;
	}
	close(device);
	return result;
}

static int read_key(const struct command *self, const char *text, struct name *name)
{
	*name = (struct name){ .text = text, .is_key = true };
	if (parse_key(self, text, &name->value))
		return -1;
	if (name->value == KIPC_KEY_PRIVATE) {
		usage(self, "the key 0 finds no object; give its id");
		return -1;
	}
	return 0;
}

/* Fills @names, which has room for all of @argv. */
static int read_names(const struct command *self, int argc, char **argv,
		      const struct kind **kind, struct name *names, int *n)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "instance", required_argument, NULL, 'i' },
		{ "key", required_argument, NULL, 'k' },
		{ }
	};
	int opt;

	while ((opt = getopt_long(argc, argv, ":hi:k:", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			print_help(self);
			*n = 0;
			return finish_output();
		case 'i':
			if (instance_option(self, optarg))
				return EXIT_USAGE;
			break;
		case 'k':
			if (read_key(self, optarg, &names[(*n)++]))
				return EXIT_USAGE;
			break;
		default:
			return bad_option(self, opt, options, argv);
		}
	}
	if (optind == argc)
		return usage(self, "the KIND of the objects is missing");
	*kind = kind_find(self, argv[optind++]);
	if (!*kind)
		return EXIT_USAGE;
	for (; optind < argc; optind++) {
		struct name *name = &names[(*n)++];

		*name = (struct name){ .text = argv[optind] };
		if (parse_id(self, name->text, &name->value))
			return EXIT_USAGE;
	}
	if (!*n)
		return usage(self, "name at least one object by its ID or KEY");
	return EXIT_OK;
}

static int rm_run(const struct command *self, int argc, char **argv)
{
	struct name *names = calloc(argc, sizeof(*names));
	const struct kind *kind = NULL;
	int n = 0, result;

	if (!names)
		return fail("no memory for %d names", argc);
	result = read_names(self, argc, argv, &kind, names, &n);
	if (!result && n)
		result = remove_all(kind, names, n);
	free(names);
	return result;
}

const struct command cmd_rm = {
	.name = "rm",
	.synopsis = "[-i PATH] KIND [-k KEY]... [ID]...",
	.summary = "remove objects by their ids or keys",
	.help =
	"Remove the objects of a KIND (shm, sem, msg, sig) that have these IDs or KEYs.\n"
	"Their keys are free at once; a segment that somebody has attached or open goes\n"
	"with its last user. A semaphore set and a queue are gone at once, with all that\n"
	"is in it, and who waits for one is told.\n"
	"\n"
	INSTANCE_HELP
	"  -k, --key KEY        the object with this key\n"
	"\n"
	KEY_HELP
	"\n"
	"Example: kipc rm shm -k 0x1234\n"
	"\n"
	"Exits with 0, 1 if an object could not be removed, 2 for a wrong command line;\n"
	"then none was removed.\n",
	.run = rm_run,
};
