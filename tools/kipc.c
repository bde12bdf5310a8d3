// SPDX-License-Identifier: GPL-2.0
/*
 * kipc: look at kipc's objects and use them from the shell. This is the front:
 * the table of subcommands, the options in front of them, the help.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const struct command *const commands[] = {
	&cmd_ls,
	&cmd_stat,
	&cmd_watch,
	&cmd_mk,
	&cmd_rm,
	&cmd_limits,
	&cmd_exec,
	&cmd_pipeline,
	&cmd_size,
	&cmd_doctor,
};

static void print_overview(void)
{
	printf("Usage: kipc [--instance PATH] COMMAND [ARGUMENT...]\n\n"
	       "Use and inspect the IPC objects of the kipc module.\n\n"
	       "Commands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	printf("  %-10s %s\n", "help", "show this text, or a command's");
	printf("\nOptions:\n"
	       "  -i, --instance PATH  the instance to use: the directory where it is mounted,\n"
	       "                       or its node (default: the environment variable\n"
	       "                       KIPC_DEV, or else /dev/" KIPC_DEVICE_NAME ")\n"
	       "  -d, --device PATH    the same\n"
	       "  -h, --help           show this text\n"
	       "  -V, --version        show the version of this program and of the ABI it knows\n"
	       "\n"
	       "Exit status: 0 on success, 1 if something failed, 2 for a wrong command line.\n"
	       "'kipc pipeline' exits as its commands do, 'kipc mk' and 'kipc exec' as the one\n"
	       "that they run; 125 if 'kipc exec' cannot.\n");
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	}
	usage(NULL, "there is no command '%s'", name);
	return NULL;
}

static int show_help(const char *name)
{
	const struct command *cmd;

	if (!name || *name == '-' || !strcmp(name, "help")) {
		print_overview();
		return finish_output();
	}
	cmd = find_command(name);
	if (!cmd)
		return EXIT_USAGE;
	print_help(cmd);
	return finish_output();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "instance", required_argument, NULL, 'i' },
		{ "version", no_argument, NULL, 'V' },
		{ }
	};
	const struct command *cmd;
	const char *env = getenv("KIPC_DEV");
	int opt;

	if (fill_standard_descriptors())
		return EXIT_FAILED;
	if (env && *env)
		device_path = env;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:d:hi:V", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
		case 'i':
			if (instance_option(NULL, optarg))
				return EXIT_USAGE;
			break;
		case 'h':
			return show_help(NULL);
		case 'V':
			printf("kipc %s (ABI %d)\n", TOOL_VERSION, KIPC_ABI_VERSION);
			return finish_output();
		default:
			return bad_option(NULL, opt, options, argv);
		}
	}

	argc -= optind;
	argv += optind;
	if (!argc)
		return usage(NULL, "a command is missing");
	if (!strcmp(argv[0], "help"))
		return show_help(argv[1]);

	cmd = find_command(argv[0]);
	if (!cmd)
		return EXIT_USAGE;
	optind = 0;
	return cmd->run(cmd, argc, argv);
}
