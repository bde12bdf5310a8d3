// SPDX-License-Identifier: GPL-2.0
/* kipc size: show or set the capacity of a pipe or FIFO. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "tool.h"

static const char advice[] =
	"open it first (exec 3<> FILE), since a FIFO forgets its size with its last close";

/* @wanted is NULL to look only. */
static int size_change(const char *path, const __u64 *wanted)
{
	struct kipc_pipe_size size = { };
	struct pipe_handle handle;
	unsigned long call = KIPC_IOC_PIPE_GET_SIZE;
	int err;

	if (pipe_find(path, advice, &handle))
		return EXIT_FAILED;
	if (wanted) {
		call = KIPC_IOC_PIPE_SET_SIZE;
		size.size = *wanted;
	}
	err = ioctl(handle.fd, call, &size) ? errno : 0;
	pipe_drop(&handle);
	if (err)
		return fail("cannot %s the capacity of %s: %s", wanted ? "change" : "read",
			    path, call_problem(err));
	printf("%llu\n", size.size);
	return finish_output();
}

static int size_run(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	__u64 wanted;
	int opt;

	while ((opt = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (opt != 'h')
			return bad_option(self, opt, options, argv);
		print_help(self);
		return finish_output();
	}
	argc -= optind;
	argv += optind;
	if (argc < 1 || argc > 2)
		return usage(self, "a FILE is needed, and at most one SIZE");
	if (kind_prefix(argv[0]))
		return usage(self, "FILE is a pipe or FIFO; 'kipc stat %s' shows that object",
			     argv[0]);
	if (argc == 2 && parse_size(self, argv[1], &wanted))
		return EXIT_USAGE;
	return size_change(argv[0], argc == 2 ? &wanted : NULL);
}

const struct command cmd_size = {
	.name = "size",
	.synopsis = "FILE [SIZE]",
	.summary = "show or set the capacity of a pipe or FIFO",
	.help =
	"Print the capacity in bytes of FILE, a FIFO that some process has open or\n"
	"/proc/PID/fd/N. With SIZE set it first; it is rounded up to a page times a power\n"
	"of two. A FIFO forgets its capacity when the last process closes it.\n"
	"\n"
	SIZE_HELP
	"\n"
	"Example: exec 3<> hello; kipc size hello 1M\n"
	"\n"
	"Exits with 0, 1 if that failed, 2 for a wrong command line.\n",
	.run = size_run,
};
