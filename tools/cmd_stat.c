// SPDX-License-Identifier: GPL-2.0
/* kipc stat: the figures of an instance, or of single pipes and FIFOs. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tool.h"

static void show_stats(const struct kipc_stats *stats)
{
	__u64 page = stats->page_size;
	char a[32], b[32];

	printf("%-22s %s\n", "instance", device_path);
	printf("%-22s %llu\n", "anonymous pipes", stats->pipes);
	printf("%-22s %llu\n", "open FIFOs", stats->fifos);
	printf("%-22s %s\n", "buffer memory",
	       format_size(stats->buffer_pages * page, a, sizeof(a)));
	printf("%-22s %s of %s\n", "your pipes' capacity",
	       format_size(stats->user_pages * page, a, sizeof(a)),
	       stats->user_pages_max ?
	       format_size(stats->user_pages_max * page, b, sizeof(b)) : "no limit");
	printf("%-22s %s for an unprivileged user\n", "largest capacity",
	       format_size(stats->pipe_size_max, a, sizeof(a)));
}

static void show_stats_json(const struct kipc_stats *stats)
{
	printf("{\"instance\": ");
	print_json_string(device_path);
	print_json_number("pipes", stats->pipes);
	print_json_number("fifos", stats->fifos);
	print_json_number("buffer_pages", stats->buffer_pages);
	print_json_number("user_pages", stats->user_pages);
	print_json_number("user_pages_max", stats->user_pages_max);
	print_json_number("pipe_size_max", stats->pipe_size_max);
	print_json_number("page_size", stats->page_size);
	printf("}\n");
}

static int stat_instance(bool json)
{
	struct kipc_stats stats;
	int device, err;

	device = device_open();
	if (device < 0)
		return EXIT_FAILED;
	err = ioctl(device, KIPC_IOC_STATS, &stats) ? errno : 0;
	close(device);
	if (err)
		return fail("cannot read the figures of %s: %s", device_path, call_problem(err));
	if (json)
		show_stats_json(&stats);
	else
		show_stats(&stats);
	return EXIT_OK;
}

static void show_pipe(const char *path, const struct kipc_pipe_stat *stat)
{
	char sleeping[40];

	snprintf(sleeping, sizeof(sleeping), "%u/%u/%u", stat->sleeping_readers,
		 stat->sleeping_writers, stat->sleeping_openers);
	printf("%10llu %10llu %6llu %8llu %8u %8u %9s  %s\n",
	       stat->size, stat->used, stat->pages,
	       stat->packets, stat->readers, stat->writers, sleeping, path);
}

static void show_pipe_json(const char *path, const struct kipc_pipe_stat *stat)
{
	printf("{\"file\": ");
	print_json_string(path);
	print_json_number("size", stat->size);
	print_json_number("used", stat->used);
	print_json_number("pages", stat->pages);
	print_json_number("packets", stat->packets);
	print_json_number("readers", stat->readers);
	print_json_number("writers", stat->writers);
	print_json_number("sleeping_readers", stat->sleeping_readers);
	print_json_number("sleeping_writers", stat->sleeping_writers);
	print_json_number("sleeping_openers", stat->sleeping_openers);
	printf("}");
}

static const char advice[] =
	"--open opens it to look, and lets a writer that waits for a reader go on";

static int read_pipe_stat(const char *path, bool open_it, struct kipc_pipe_stat *stat)
{
	struct pipe_handle handle;
	int err;

	if (pipe_find(path, open_it ? NULL : advice, &handle))
		return EXIT_FAILED;
	err = ioctl(handle.fd, KIPC_IOC_PIPE_STAT, stat) ? errno : 0;
	pipe_drop(&handle);
	if (err)
		return fail("cannot read the figures of %s: %s", path, call_problem(err));
	/* what we had to open ourselves is not part of the picture */
	stat->readers -= handle.readers;
	stat->writers -= handle.writers;
	return EXIT_OK;
}

/* All are read before one is shown, so that no complaint falls into the output. */
static int stat_pipes(char **paths, int n, bool open_it, bool json)
{
	struct kipc_pipe_stat *stats = calloc(n, sizeof(*stats));
	bool *bad = calloc(n, sizeof(*bad));
	int result = EXIT_OK, shown = 0;

	if (!stats || !bad) {
		result = fail("no memory for %d files", n);
		n = 0;
	}
	for (int i = 0; i < n; i++) {
		bad[i] = read_pipe_stat(paths[i], open_it, &stats[i]);
		if (bad[i])
			result = EXIT_FAILED;
	}
	for (int i = 0; i < n; i++) {
		if (bad[i])
			continue;
		if (json) {
			printf("%s", shown++ ? ",\n " : "[");
			show_pipe_json(paths[i], &stats[i]);
			continue;
		}
		if (!shown++)
			printf("%10s %10s %6s %8s %8s %8s %9s  %s\n", "SIZE", "USED", "PAGES",
			       "PACKETS", "READERS", "WRITERS", "SLEEPING", "FILE");
		show_pipe(paths[i], &stats[i]);
	}
	if (json)
		printf("%s]\n", shown ? "" : "[");
	free(stats);
	free(bad);
	return result;
}

static int stat_run(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "open", no_argument, NULL, 'o' },
		{ }
	};
	bool json = false, open_it = false;
	int opt, result;

	while ((opt = getopt_long(argc, argv, "+:hjo", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			print_help(self);
			return finish_output();
		case 'j':
			json = true;
			break;
		case 'o':
			open_it = true;
			break;
		default:
			return bad_option(self, opt, options, argv);
		}
	}
	if (optind == argc)
		result = stat_instance(json);
	else
		result = stat_pipes(argv + optind, argc - optind, open_it, json);
	return finish_output() ?: result;
}

const struct command cmd_stat = {
	.name = "stat",
	.synopsis = "[-j] [-o] [FILE...]",
	.summary = "show the figures of the instance, or of pipes and FIFOs",
	.help =
	"Without FILE show the figures of the instance (see 'kipc --device'). With FILE,\n"
	"a FIFO or /proc/PID/fd/N, show that pipe: capacity, bytes waiting, pages of\n"
	"memory held, packets waiting, open readers and writers, and how many threads\n"
	"sleep in a read/write/open of it.\n"
	"\n"
	"  -j, --json  one JSON object for the instance, an array of them for FILEs\n"
	"  -o, --open  open a FIFO that no process holds; by default it is left alone,\n"
	"              since to open it for reading lets a waiting writer go on\n"
	"\n"
	"Exits with 0, 1 if a FILE could not be shown, 2 for a wrong command line.\n",
	.run = stat_run,
};
