// SPDX-License-Identifier: GPL-2.0
/* kipc mk: make an object with an id. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

enum {
	OPT_AUTOREMOVE = 256,
	OPT_HUGE,
	OPT_NO_HUGE,
};

static const struct option options[] = {
	{ "autoremove", no_argument, NULL, OPT_AUTOREMOVE },
	{ "help", no_argument, NULL, 'h' },
	{ "huge", no_argument, NULL, OPT_HUGE },
	{ "instance", required_argument, NULL, 'i' },
	{ "key", required_argument, NULL, 'k' },
	{ "mode", required_argument, NULL, 'm' },
	{ "no-huge", no_argument, NULL, OPT_NO_HUGE },
	{ }
};

/*
 * In place of this process, so that the creator of the object, which lives as long as
 * that, is the command.
 */
static int run_command(int id, char **command)
{
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%d", id);
	setenv("KIPC_ID", text, 1);
	execvp(*command, command);
	err = errno;
	fail("cannot run '%s': %s", *command, strerror(err));
	return err == ENOENT ? 127 : 126;
}

static int make_object(const struct kind *kind, const struct make *make, char **command)
{
	int device, id, err;

	device = device_open();
	if (device < 0)
		return EXIT_FAILED;
	err = kind->make(device, make, &id);
	close(device);
	if (err)
		return fail("cannot make the %s: %s", kind->name, kind->make_problem(-err));
	if (*command)
		return run_command(id, command);
	printf("%d\n", id);
	return finish_output();
}

/* True if @opt was understood; otherwise @result is what to exit with. */
static bool take_option(const struct command *self, int opt, char **argv, struct make *make,
			int *result)
{
	*result = EXIT_USAGE;
	switch (opt) {
	case 'h':
		print_help(self);
		*result = finish_output();
		return false;
	case 'i':
		return !instance_option(self, optarg);
	case 'k':
		return !parse_key(self, optarg, &make->key);
	case 'm':
		return !parse_mode(self, optarg, &make->mode);
	case OPT_AUTOREMOVE:
		make->flags |= KIPC_GET_AUTOREMOVE;
		return true;
	case OPT_HUGE:
		make->flags |= KIPC_SHM_HUGE;
		return true;
	case OPT_NO_HUGE:
		make->flags |= KIPC_SHM_NO_HUGE;
		return true;
	default:
		bad_option(self, opt, options, argv);
		return false;
	}
}

static int mk_run(const struct command *self, int argc, char **argv)
{
	const __u32 huge = KIPC_SHM_HUGE | KIPC_SHM_NO_HUGE;
	struct make make = { .mode = 0600 };
	const struct kind *kind;
	int opt, result;

	while ((opt = getopt_long(argc, argv, ":hi:k:m:", options, NULL)) != -1) {
		if (!take_option(self, opt, argv, &make, &result))
			return result;
	}
	if (optind == argc)
		return usage(self, "the KIND of the object is missing");
	kind = kind_find(self, argv[optind++]);
	if (!kind)
		return EXIT_USAGE;
	if (kind->argument) {
		if (optind == argc)
			return usage(self, "a %s needs a %s", kind->name, kind->argument);
		if (kind->parse(self, argv[optind++], &make))
			return EXIT_USAGE;
	}
	if ((make.flags & huge) && !kind->huge_pages)
		return usage(self, "a %s has no huge pages", kind->name);
	if ((make.flags & huge) == huge)
		return usage(self, "--huge and --no-huge exclude each other");
	if ((make.flags & KIPC_GET_AUTOREMOVE) && optind == argc)
		return usage(self,
			     "--autoremove needs a COMMAND: the object goes when its creator exits");
	return make_object(kind, &make, argv + optind);
}

const struct command cmd_mk = {
	.name = "mk",
	.synopsis = "[OPTION...] shm SIZE [--] [COMMAND [ARGUMENT...]]",
	.summary = "make an object that has an id",
	.help =
	"Make a shared memory segment (shm) of SIZE and print its id. With COMMAND, run that\n"
	"instead, in place of this process and with the id in the environment variable\n"
	"KIPC_ID. Without --autoremove the object stays until it is removed.\n"
	"\n"
	"      --autoremove     remove it once COMMAND has exited and nobody uses it\n"
	"      --huge           in huge pages, whatever its size\n"
	INSTANCE_HELP
	"  -k, --key KEY        with this key, decimal or 0x and hexadecimal; an object that\n"
	"                       has it already is an error (default: no key)\n"
	"  -m, --mode MODE      with these permissions, octal (default: 600)\n"
	"      --no-huge        not in huge pages, whatever its size\n"
	"\n"
	SIZE_HELP
	"\n"
	"Example: kipc mk shm 1M -k 0x1234 --autoremove -- sh -c 'echo $KIPC_ID; kipc ls'\n"
	"\n"
	"Exits with 0, 1 if that failed, 2 for a wrong command line; with COMMAND as that\n"
	"does, 127 if there is no such command, 126 if it cannot be run.\n",
	.run = mk_run,
};
