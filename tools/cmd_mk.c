// SPDX-License-Identifier: GPL-2.0
/* kipc mk: make an object with an id. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

enum {
	OPT_AUTOREMOVE = 256,
	OPT_HUGE,
	OPT_NO_HUGE,
	OPT_NO_RESERVE,
	OPT_ROBUST,
};

static const struct option options[] = {
	{ "autoremove", no_argument, NULL, OPT_AUTOREMOVE },
	{ "help", no_argument, NULL, 'h' },
	{ "huge", no_argument, NULL, OPT_HUGE },
	{ "instance", required_argument, NULL, 'i' },
	{ "key", required_argument, NULL, 'k' },
	{ "mode", required_argument, NULL, 'm' },
	{ "no-huge", no_argument, NULL, OPT_NO_HUGE },
	{ "no-reserve", no_argument, NULL, OPT_NO_RESERVE },
	{ "robust", no_argument, NULL, OPT_ROBUST },
	{ }
};

/*
 * What the command line asks for. @command is what follows "--", up to a NULL; words
 * before that are ours.
 */
struct request {
	const struct kind *kind;
	bool has_argument;
	struct make make;
	char **command;
};

/*
 * In place of this process, so that the creator of the object, which lives as long as
 * that, is the command. Returns only if it cannot be run.
 */
static int run_command(int id, char **command)
{
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%d", id);
	if (setenv("KIPC_ID", text, 1))
		return fail("no memory for KIPC_ID");
	if (instance_export())
		return EXIT_FAILED;
	execvp(*command, command);
	err = errno;
	fail("cannot run '%s': %s", *command, strerror(err));
	return err == ENOENT ? 127 : 126;
}

/* A reader that has gone is an error to tell, not the end of us. */
static int print_id(int id)
{
	signal(SIGPIPE, SIG_IGN);
	printf("%d\n", id);
	return finish_output();
}

/* An object whose id nobody has been told would stay for ever. */
static int make_object(const struct request *request)
{
	const struct kind *kind = request->kind;
	int device, id, err, result;

	device = device_open();
	if (device < 0)
		return EXIT_FAILED;
	err = kind->make(device, &request->make, &id);
	if (err) {
		close(device);
		return fail("cannot make the %s: %s", kind->noun, kind->make_problem(-err));
	}
	result = *request->command ? run_command(id, request->command) : print_id(id);
	if (result) {
		err = kind->remove(device, id);
		/* it may have been found and removed by others */
		if (err && err != -EINVAL && err != -EIDRM)
			fail("%s:%d stays: %s", kind->name, id, object_problem(-err));
	}
	close(device);
	return result;
}

/* Words before "--": the KIND and its argument. */
static bool take_word(const struct command *self, const char *word, struct request *request)
{
	if (!request->kind) {
		request->kind = kind_find(self, word);
		return request->kind;
	}
	if (request->kind->argument && !request->has_argument) {
		request->has_argument = true;
		return !request->kind->parse(self, word, &request->make);
	}
	usage(self, "'%s' is one word too many; put -- before a COMMAND", word);
	return false;
}

/* True if @opt was understood; otherwise @result is what to exit with. */
static bool take_option(const struct command *self, int opt, char **argv,
			struct request *request, int *result)
{
	struct make *make = &request->make;

	*result = EXIT_USAGE;
	switch (opt) {
	case 1:
		return take_word(self, optarg, request);
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
		make->options |= MAKE_HUGE;
		return true;
	case OPT_NO_HUGE:
		make->options |= MAKE_NO_HUGE;
		return true;
	case OPT_NO_RESERVE:
		make->options |= MAKE_NO_RESERVE;
		return true;
	case OPT_ROBUST:
		make->options |= MAKE_ROBUST;
		return true;
	default:
		bad_option(self, opt, options, argv);
		return false;
	}
}

static int mk_run(const struct command *self, int argc, char **argv)
{
	const __u32 huge = MAKE_HUGE | MAKE_NO_HUGE;
	struct request request = { .make.mode = 0600 };
	const struct make *make = &request.make;
	const struct kind *kind;
	int opt, result;

	/* "-": words come in their order, as 1, so that a COMMAND's options stay its own */
	while ((opt = getopt_long(argc, argv, "-:hi:k:m:", options, NULL)) != -1) {
		if (!take_option(self, opt, argv, &request, &result))
			return result;
	}
	request.command = argv + optind;
	kind = request.kind;
	if (!kind)
		return usage(self, "the KIND of the object is missing");
	if (kind->argument && !request.has_argument)
		return usage(self, "a %s needs a %s", kind->noun, kind->argument);
	if (make->options & ~kind->make_options)
		return usage(self, "these options are not for a %s", kind->noun);
	if ((make->options & huge) == huge)
		return usage(self, "--huge and --no-huge exclude each other");
	if ((make->flags & KIPC_GET_AUTOREMOVE) && !*request.command)
		return usage(self,
			     "--autoremove needs a COMMAND: the object goes when its creator exits");
	return make_object(&request);
}

const struct command cmd_mk = {
	.name = "mk",
	.synopsis = "[OPTION...] shm SIZE | sem NUMBER | msg | sig [-- COMMAND...]",
	.summary = "make an object that has an id",
	.help =
	"Make a shared memory segment (shm) of SIZE, a set (sem) of NUMBER semaphores\n"
	"that are 0, or an empty queue of messages (msg) or signals (sig), and print its\n"
	"id. With COMMAND, run that instead, in place of this process. Its environment\n"
	"has the id in KIPC_ID, and the absolute path of the instance in KIPC_DEV, so\n"
	"that kipc finds the object there. Without --autoremove the object stays until it\n"
	"is removed; if COMMAND cannot be run, or the id not be printed, it is removed at\n"
	"once.\n"
	"\n"
	"      --autoremove     remove it once COMMAND has exited and nobody uses it: has\n"
	"                       it attached or open\n"
	"      --huge           shm: in huge pages, whatever its size\n"
	INSTANCE_HELP
	"  -k, --key KEY        with this key; an object that has it already is an error\n"
	"                       (default: 0, no key)\n"
	"  -m, --mode MODE      with these permissions, octal (default: 600)\n"
	"      --no-huge        shm: not in huge pages, whatever its size\n"
	"      --no-reserve     shm: set no memory or swap space aside for it\n"
	"      --robust         sem: tell who takes what a dead process held (EOWNERDEAD)\n"
	"\n"
	SIZE_HELP
	KEY_HELP
	"\n"
	"Example: kipc mk shm 1M -k 0x1234 --autoremove -- sh -c 'echo $KIPC_ID; kipc ls'\n"
	"\n"
	"Exits with 0, 1 if that failed, 2 for a wrong command line; with COMMAND as that\n"
	"does, 127 if there is no such command, 126 if it cannot be run.\n",
	.run = mk_run,
};
