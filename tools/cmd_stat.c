// SPDX-License-Identifier: GPL-2.0
/* kipc stat: the figures of an instance, or of single pipes, FIFOs and objects with ids. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "users.h"

static void print_share(const char *name, __u64 used, __u64 max)
{
	printf("%-22s %llu of ", name, used);
	if (max)
		printf("%llu\n", max);
	else
		printf("no limit\n");
}

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
	printf("%-22s %llu\n", "shared memory segments", stats->shm_segments);
	printf("%-22s %s\n", "their size", format_size(stats->shm_pages * page, a, sizeof(a)));
	printf("%-22s %llu\n", "semaphore sets", stats->sem_sets);
	printf("%-22s %llu\n", "their semaphores", stats->sems);
	print_share("your adjustments", stats->user_undos, stats->user_undos_max);
	printf("%-22s %llu\n", "message queues", stats->msg_queues);
	printf("%-22s %llu\n", "signal queues", stats->sig_queues);
	print_share("your waiting signals", stats->user_signals, stats->user_signals_max);
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
	print_json_number("shm_segments", stats->shm_segments);
	print_json_number("shm_pages", stats->shm_pages);
	print_json_number("sem_sets", stats->sem_sets);
	print_json_number("sems", stats->sems);
	print_json_number("user_undos", stats->user_undos);
	print_json_number("user_undos_max", stats->user_undos_max);
	print_json_number("msg_queues", stats->msg_queues);
	print_json_number("sig_queues", stats->sig_queues);
	print_json_number("user_signals", stats->user_signals);
	print_json_number("user_signals_max", stats->user_signals_max);
	printf("}\n");
}

static int stat_instance(bool json)
{
	struct kipc_stats stats = { };
	int device, err;

	device = device_open_to_look();
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
	char sleeping[40], name[PATH_MAX];

	snprintf(name, sizeof(name), "%s", path);
	make_printable(name);
	snprintf(sleeping, sizeof(sleeping), "%u/%u/%u", stat->sleeping_readers,
		 stat->sleeping_writers, stat->sleeping_openers);
	printf("%10llu %10llu %6llu %8llu %8u %8u %9s  %s\n",
	       stat->size, stat->used, stat->pages,
	       stat->packets, stat->readers, stat->writers, sleeping, name);
}

/* What a word of the command line names, once it was read */
struct item {
	const char *name;
	const struct kind *kind;	/* NULL for a pipe */
	int id;
	union {
		struct kipc_pipe_stat pipe;
		struct object object;
	};
	struct users users;
	bool bad;
};

static void show_pipe_json(const struct item *item)
{
	const struct kipc_pipe_stat *stat = &item->pipe;

	printf("{\"file\": ");
	print_json_string(item->name);
	print_json_number("size", stat->size);
	print_json_number("used", stat->used);
	print_json_number("pages", stat->pages);
	print_json_number("packets", stat->packets);
	print_json_number("readers", stat->readers);
	print_json_number("writers", stat->writers);
	print_json_number("sleeping_readers", stat->sleeping_readers);
	print_json_number("sleeping_writers", stat->sleeping_writers);
	print_json_number("sleeping_openers", stat->sleeping_openers);
	print_users_json(&item->users);
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

static int read_object(struct item *item, const struct census *census)
{
	int device, err;

	device = device_open_to_look();
	if (device < 0)
		return EXIT_FAILED;
	err = object_read(device, item->kind, item->id, 0, &item->object);
	if (!err)
		err = object_read_parts(device, &item->object);
	if (!err && users_of_object(device, instance_number(device), census, &item->object,
				    &item->users)) {
		object_drop_parts(&item->object);
		err = -ENOMEM;
	}
	close(device);
	if (err)
		return fail("cannot read the figures of %s: %s", item->name, object_problem(-err));
	return EXIT_OK;
}

static int read_pipe(struct item *item, const struct census *census, bool open_it)
{
	struct stat st;

	if (read_pipe_stat(item->name, open_it, &item->pipe))
		return EXIT_FAILED;
	if (stat(item->name, &st) || users_of_pipe(census, st.st_dev, st.st_ino, &item->users))
		return fail("cannot tell who has %s open: %s", item->name, strerror(errno));
	return EXIT_OK;
}

static void show_items_json(const struct item *items, int n)
{
	int shown = 0;

	printf("[");
	for (int i = 0; i < n; i++) {
		const struct item *item = &items[i];

		if (item->bad)
			continue;
		printf("%s", shown++ ? ",\n " : "");
		if (item->kind)
			print_object_json(&item->object, &item->users);
		else
			show_pipe_json(item);
	}
	printf("]\n");
}

/* The pipes in a table, then the others, each in a paragraph */
static void show_items(const struct item *items, int n)
{
	int shown = 0;

	for (int i = 0; i < n; i++) {
		if (items[i].bad || items[i].kind)
			continue;
		if (!shown++)
			printf("%10s %10s %6s %8s %8s %8s %9s  %s\n", "SIZE", "USED", "PAGES",
			       "PACKETS", "READERS", "WRITERS", "SLEEPING", "FILE");
		show_pipe(items[i].name, &items[i].pipe);
		print_users(&items[i].users, "           ");
	}
	for (int i = 0; i < n; i++) {
		if (items[i].bad || !items[i].kind)
			continue;
		if (shown++)
			putchar('\n');
		print_object_details(&items[i].object);
		print_users(&items[i].users, "");
	}
}

static int name_items(const struct command *self, char **words, int n, struct item *items)
{
	for (int i = 0; i < n; i++) {
		items[i].name = words[i];
		items[i].kind = kind_prefix(words[i]);
		if (items[i].kind) {
			if (parse_id(self, strchr(words[i], ':') + 1, &items[i].id))
				return EXIT_USAGE;
		} else if (access(words[i], F_OK) && errno == ENOENT) {
			if (kind_misspelt(self, words[i]))
				return EXIT_USAGE;
		}
	}
	return EXIT_OK;
}

/* All are read before one is shown, so that no complaint falls into the output. */
static int stat_items(const struct command *self, char **words, int n, bool open_it, bool json)
{
	struct item *items = calloc(n, sizeof(*items));
	struct census census = { };
	int result;

	if (!items)
		return fail("no memory for %d files", n);
	result = name_items(self, words, n, items);
	if (result)
		goto out;
	if (census_take(&census)) {
		result = fail("no memory for all processes");
		goto out;
	}
	for (int i = 0; i < n; i++) {
		struct item *item = &items[i];

		if (item->kind)
			item->bad = read_object(item, &census);
		else
			item->bad = read_pipe(item, &census, open_it);
		if (item->bad)
			result = EXIT_FAILED;
	}
	if (json)
		show_items_json(items, n);
	else
		show_items(items, n);
	for (int i = 0; i < n; i++) {
		if (items[i].kind && !items[i].bad)
			object_drop_parts(&items[i].object);
		users_drop(&items[i].users);
	}
	census_drop(&census);
out:
	free(items);
	return result;
}

static int stat_run(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "instance", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "open", no_argument, NULL, 'o' },
		{ }
	};
	bool json = false, open_it = false;
	int opt, result;

	while ((opt = getopt_long(argc, argv, ":hi:jo", options, NULL)) != -1) {
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
		result = stat_items(self, argv + optind, argc - optind, open_it, json);
	return finish_output() ?: result;
}

const struct command cmd_stat = {
	.name = "stat",
	.synopsis = "[-i PATH] [-j] [-o] [FILE | KIND:ID]...",
	.summary = "show the figures of the instance, or of single objects",
	.help =
	"Without FILE show the figures of the instance. With FILE, a FIFO or\n"
	"/proc/PID/fd/N, show that pipe: capacity, bytes waiting, pages of memory held,\n"
	"packets waiting, open readers and writers, and how many threads sleep in a\n"
	"read/write/open of it, as long as some process holds it: one that still sleeps\n"
	"in its open does not yet. With KIND:ID, such as shm:42, show all about the\n"
	"object with that id; of a semaphore set (sem:ID) each semaphore's value, process\n"
	"that used it last, and how many threads wait until it is larger (NCNT) or 0\n"
	"(ZCNT).\n"
	"\n"
	INSTANCE_HELP
	"  -j, --json           one JSON object for the instance, an array of them\n"
	"                       otherwise\n"
	"  -o, --open           open a FIFO that no process holds; by default it is left\n"
	"                       alone, since to open it for reading lets a waiting writer\n"
	"                       go on\n"
	"\n"
	"Exits with 0, 1 if something could not be shown, 2 for a wrong command line.\n",
	.run = stat_run,
};
