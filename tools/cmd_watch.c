// SPDX-License-Identifier: GPL-2.0
/*
 * kipc watch: a table of the objects of an instance that is drawn again and again, with who
 * holds them, who waits, and how fast things go. On a terminal it is drawn in place.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "terminal.h"
#include "users.h"

/* Of what is no terminal: nothing is cut */
#define NO_WIDTH	INT_MAX

/**
 * struct row - an object as it is shown
 * @kind: of it, NULL for a pipe
 * @object: it, unless it is a pipe
 * @dev: of a pipe
 * @ino: of a pipe
 * @path: of a pipe
 * @users: of it
 * @rate: what is counted, a second
 * @has_rate: it was there before
 */
struct row {
	const struct kind *kind;
	struct object object;
	dev_t dev;
	ino_t ino;
	char *path;
	struct users users;
	double rate;
	bool has_rate;
};

/* A picture of the instance */
struct picture {
	struct row *rows;
	int n;
	struct kipc_stats stats;
	struct timespec time;
	struct timespec date;
};

struct watch {
	int device;
	unsigned int instance;
	double interval;
	__u64 count;
	bool json;
	struct terminal terminal;
};

/* --- looking */

static struct row *add_row(struct picture *picture)
{
	struct row *rows = picture->rows;

	/* room is a power of two */
	if (!(picture->n & (picture->n - 1))) {
		size_t room = picture->n ? 2 * (size_t)picture->n : 1;

		rows = realloc(rows, room * sizeof(*rows));
		if (!rows)
			return NULL;
		picture->rows = rows;
	}
	rows[picture->n] = (struct row){ };
	return &rows[picture->n++];
}

static void picture_drop(struct picture *picture)
{
	for (int i = 0; i < picture->n; i++) {
		users_drop(&picture->rows[i].users);
		free(picture->rows[i].path);
	}
	free(picture->rows);
	*picture = (struct picture){ };
}

static int add_objects(const struct watch *watch, const struct census *census,
		       const struct kind *kind, struct picture *picture)
{
	struct list list;
	int err = list_read(watch->device, kind, &list);

	for (int i = 0; i < list.n && !err; i++) {
		struct row *row = add_row(picture);

		if (!row) {
			err = -ENOMEM;
			break;
		}
		row->kind = kind;
		row->object = list.objects[i];
		if (users_of_object(watch->device, watch->instance, census, &row->object,
				    &row->users))
			err = -ENOMEM;
	}
	list_drop(&list);
	return err;
}

static struct row *find_pipe(struct picture *picture, dev_t dev, ino_t ino)
{
	for (int i = 0; i < picture->n; i++) {
		struct row *row = &picture->rows[i];

		if (!row->kind && row->dev == dev && row->ino == ino)
			return row;
	}
	return NULL;
}

/* A module that does not tell instances apart shows the pipes of all. */
static int add_pipes(const struct watch *watch, const struct census *census,
		     struct picture *picture)
{
	for (int i = 0; i < census->n; i++) {
		const struct use *use = &census->uses[i];
		struct row *row;

		if (use->kind || use->instance != watch->instance ||
		    find_pipe(picture, use->dev, use->ino))
			continue;
		row = add_row(picture);
		if (!row)
			return -ENOMEM;
		row->dev = use->dev;
		row->ino = use->ino;
		row->path = strdup(use->path);
		if (!row->path || users_of_pipe(census, use->dev, use->ino, &row->users))
			return -ENOMEM;
	}
	return 0;
}

/* 0, or the exit code after a message */
static int picture_take(const struct watch *watch, struct picture *picture)
{
	struct census census;
	int err = 0;

	*picture = (struct picture){ };
	clock_gettime(CLOCK_MONOTONIC, &picture->time);
	clock_gettime(CLOCK_REALTIME, &picture->date);
	if (ioctl(watch->device, KIPC_IOC_STATS, &picture->stats))
		return fail("cannot read the figures of %s: %s", device_path, call_problem(errno));
	if (census_take(&census))
		return fail("no memory for all processes");
	for (size_t i = 0; i < kinds_count && !err; i++)
		err = add_objects(watch, &census, kinds[i], picture);
	if (!err)
		err = add_pipes(watch, &census, picture);
	census_drop(&census);
	if (!err)
		return 0;
	picture_drop(picture);
	return fail("cannot list the objects of %s: %s", device_path, object_problem(-err));
}

/* --- rates */

/* What is counted: bytes through a pipe, messages, waits for semaphores, memory. */
static const char *unit_of(const struct row *row)
{
	if (!row->kind || row->kind == &kind_shm)
		return "B/s";
	if (row->kind == &kind_sig)
		return "sig/s";
	return row->kind == &kind_msg ? "msg/s" : "waits/s";
}

static double difference(const struct row *before, const struct row *now)
{
	/* a pipe counts in 32 bits */
	if (!now->kind)
		return (__u32)(now->users.count - before->users.count);
	if (now->kind == &kind_shm)
		return (double)now->object.shm.rss - (double)before->object.shm.rss;
	if (now->kind == &kind_sig)
		return now->object.sig.sent - before->object.sig.sent;
	return (double)now->users.count - (double)before->users.count;
}

static int compare_numbers(__u64 a, __u64 b)
{
	return (a > b) - (a < b);
}

static int compare_rows(const void *one, const void *other)
{
	const struct row *a = *(const struct row *const *)one;
	const struct row *b = *(const struct row *const *)other;

	if (a->kind != b->kind)
		return compare_numbers((uintptr_t)a->kind, (uintptr_t)b->kind);
	if (a->kind)
		return compare_numbers(a->object.perm.id, b->object.perm.id);
	return compare_numbers(a->ino, b->ino) ?: compare_numbers(a->dev, b->dev);
}

/* Its rows in the order in which they are searched; NULL if there is no memory or no row. */
static const struct row **sort_rows(const struct picture *picture)
{
	const struct row **sorted = calloc(picture->n, sizeof(*sorted));

	for (int i = 0; i < picture->n && sorted; i++)
		sorted[i] = &picture->rows[i];
	if (sorted)
		qsort(sorted, picture->n, sizeof(*sorted), compare_rows);
	return sorted;
}

static void set_rates(const struct picture *before, struct picture *now)
{
	double seconds = now->time.tv_sec - before->time.tv_sec +
			 (now->time.tv_nsec - before->time.tv_nsec) / 1e9;
	const struct row **sorted = before->n && seconds > 0 ? sort_rows(before) : NULL;

	for (int i = 0; i < now->n && sorted; i++) {
		struct row *row = &now->rows[i];
		const struct row *key = row, *const *found, *same;

		found = bsearch(&key, sorted, before->n, sizeof(*sorted), compare_rows);
		if (!found)
			continue;
		same = *found;
		/* some counts are seen by who can open it alone */
		row->has_rate = row->kind == &kind_shm || row->kind == &kind_sig ||
				(row->users.known && same->users.known);
		row->rate = row->has_rate ? difference(same, row) / seconds : 0;
	}
	free(sorted);
}

/* --- showing */

static void format_rate(const struct row *row, char *text, size_t len)
{
	static const char *const prefixes[] = { "", "k", "M", "G" };
	double rate = row->rate;
	unsigned int i = 0;

	if (!row->has_rate) {
		snprintf(text, len, "-");
		return;
	}
	while (i < 3 && (rate >= 9999.5 || rate <= -9999.5)) {
		rate /= 1000;
		i++;
	}
	snprintf(text, len, "%.0f %s%s", rate, prefixes[i], unit_of(row));
}

static void format_name(const struct row *row, char *text, size_t len)
{
	const char *base;

	if (row->kind) {
		snprintf(text, len, "%s:%d", row->kind->name, row->object.perm.id);
		return;
	}
	base = strrchr(row->path, '/');
	snprintf(text, len, "%s", base ? base + 1 : row->path);
	make_printable(text);
}

static void format_contents(const struct row *row, char *text, size_t len)
{
	const struct object *object = &row->object;
	__u32 used = row->users.count - row->users.count_read;

	if (!row->kind)
		format_size(used, text, len);
	else if (row->kind == &kind_shm)
		format_size(object->shm.size, text, len);
	else if (row->kind == &kind_sem)
		format_count(object->sem.nsems, "semaphore", text, len);
	else if (row->kind == &kind_msg)
		format_count(object->msg.qnum, "message", text, len);
	else
		format_count(object->sig.queued, "signal", text, len);
}

/* "3: postgres(12) postgres(13) ...", for the caller to free; NULL for lack of memory */
static char *format_holders(const struct row *row)
{
	const struct users *users = &row->users;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fprintf(out, "%d", users->n_holders);
	for (int i = 0; i < users->n_holders; i++)
		fprintf(out, "%s%s(%d)", i ? " " : ": ", users->holders[i].name,
			users->holders[i].pid);
	return fclose(out) ? NULL : text;
}

/* The same of waiters. How many wait is known of what cannot be opened, too. */
static char *format_waiters(const struct row *row)
{
	const struct users *users = &row->users;
	unsigned int n = users->n_waiters;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (row->kind == &kind_sem)
		n = row->object.sem.sleepers;
	else if (row->kind == &kind_msg)
		n = row->object.msg.senders + row->object.msg.receivers;
	else if (row->kind == &kind_sig)
		n = row->object.sig.waiters;
	fprintf(out, "%u", n);
	for (int i = 0; i < users->n_waiters; i++)
		fprintf(out, "%s%s(%d)", i ? " " : ": ", users->waiters[i].name,
			users->waiters[i].pid);
	return fclose(out) ? NULL : text;
}

/*
 * The columns of a line. Where a terminal has more than the usual 80, holders and waiters
 * share what is more; elsewhere nothing is cut.
 */
enum {
	NAME_COLUMNS	= 20,
	CONTENTS_COLUMNS = 14,
	RATE_COLUMNS	= 13,
	OTHER_COLUMNS	= NAME_COLUMNS + 1 + CONTENTS_COLUMNS + 1 + RATE_COLUMNS + 2,
};

static int holders_width(int width)
{
	if (width == NO_WIDTH)
		return 30;
	return width > 80 ? (width - OTHER_COLUMNS) / 2 : 15;
}

/* Print what there is of at most @width columns. */
static void show_line(char *line, int width)
{
	if (width != NO_WIDTH)
		cut_columns(line, width);
	puts(line);
}

static void show_row(const struct row *row, int width)
{
	char name[256], contents[32], rate[32], *line;
	char *holders = format_holders(row), *waiters = format_waiters(row);
	int wide = holders_width(width);

	format_name(row, name, sizeof(name));
	format_contents(row, contents, sizeof(contents));
	format_rate(row, rate, sizeof(rate));
	if (width != NO_WIDTH) {
		cut_columns(name, NAME_COLUMNS);
		if (holders)
			cut_columns(holders, wide);
	}
	if (asprintf(&line, "%-*s %*s %*s  %-*s %s", field_width(name, NAME_COLUMNS), name,
		     CONTENTS_COLUMNS, contents, RATE_COLUMNS, rate,
		     holders ? field_width(holders, wide) : wide, holders ?: "?",
		     waiters ?: "?") >= 0) {
		show_line(line, width);
		free(line);
	}
	free(holders);
	free(waiters);
}

static void show_heading(const struct watch *watch, const struct picture *picture, int width)
{
	const struct kipc_stats *stats = &picture->stats;
	char clock[16], line[PATH_MAX + 200];

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&picture->date.tv_sec));
	snprintf(line, sizeof(line), "kipc %s  %s  every %g s%s", device_path, clock,
		 watch->interval, watch->terminal.reads ? "  q: quit" : "");
	make_printable(line);
	show_line(line, width);
	snprintf(line, sizeof(line),
		 "pipes %llu, FIFOs %llu, segments %llu, sets %llu, message queues %llu, signal queues %llu",
		 stats->pipes, stats->fifos, stats->shm_segments, stats->sem_sets,
		 stats->msg_queues, stats->sig_queues);
	show_line(line, width);
	snprintf(line, sizeof(line), "%-*s %*s %*s  %-*s %s", NAME_COLUMNS, "OBJECT",
		 CONTENTS_COLUMNS, "CONTENTS", RATE_COLUMNS, "RATE", holders_width(width),
		 "HOLDERS", "WAITERS");
	show_line(line, width);
}

/* Without a terminal all rows are shown, in their whole length. */
static void show_table(const struct watch *watch, const struct picture *picture)
{
	struct winsize size = { };
	int width = NO_WIDTH, rows = picture->n;

	if (watch->terminal.draws) {
		ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
		width = size.ws_col ?: 80;
		/* heading, and a last line that says what is not shown */
		rows = (size.ws_row ?: 24) - 4;
		if (rows < 0)
			rows = 0;
		printf("\033[H\033[J");
	}
	show_heading(watch, picture, width);
	for (int i = 0; i < picture->n && i < rows; i++)
		show_row(&picture->rows[i], width);
	if (rows < picture->n)
		printf("... and %d more", picture->n - rows);
	else if (!watch->terminal.draws)
		putchar('\n');
}

static void show_row_json(const struct row *row)
{
	if (row->kind) {
		printf("{\"object\": ");
		print_object_json(&row->object, &row->users);
	} else {
		printf("{\"pipe\": {\"file\": ");
		print_json_string(row->path);
		print_json_number("ino", row->ino);
		print_json_number("used", (__u32)(row->users.count - row->users.count_read));
		print_users_json(&row->users);
		printf("}");
	}
	if (row->has_rate)
		printf(", \"rate\": %.3f, \"unit\": \"%s\"}", row->rate, unit_of(row));
	else
		printf(", \"rate\": null, \"unit\": \"%s\"}", unit_of(row));
}

/* An object on one line for each picture, for programs that read as they come */
static void show_json(const struct picture *picture)
{
	printf("{\"instance\": ");
	print_json_string(device_path);
	printf(", \"time\": %lld.%03ld", (long long)picture->date.tv_sec,
	       picture->date.tv_nsec / 1000000);
	print_json_number("pipes", picture->stats.pipes);
	print_json_number("fifos", picture->stats.fifos);
	print_json_number("shm_segments", picture->stats.shm_segments);
	print_json_number("sem_sets", picture->stats.sem_sets);
	print_json_number("msg_queues", picture->stats.msg_queues);
	print_json_number("sig_queues", picture->stats.sig_queues);
	printf(", \"objects\": [");
	for (int i = 0; i < picture->n; i++) {
		printf("%s", i ? ", " : "");
		show_row_json(&picture->rows[i]);
	}
	printf("]}\n");
}

/* --- going on */

static int watch_instance(struct watch *watch)
{
	struct picture before = { }, now;
	int result = EXIT_OK;

	for (__u64 i = 0; !result; i++) {
		result = picture_take(watch, &now);
		if (result)
			break;
		set_rates(&before, &now);
		if (watch->json)
			show_json(&now);
		else
			show_table(watch, &now);
		result = finish_output();
		picture_drop(&before);
		before = now;
		if (i + 1 == watch->count ||
		    (!result && terminal_wait(&watch->terminal, watch->interval) == NEXT_END))
			break;
	}
	picture_drop(&before);
	return result;
}

static bool parse_interval(const struct command *self, const char *text, double *interval)
{
	char *end;

	*interval = strtod(text, &end);
	if (end != text && !*end && *interval >= 0.1 && *interval <= 86400)
		return true;
	usage(self, "'%s' is no number of seconds from 0.1 to 86400", text);
	return false;
}

static int run(struct watch *watch)
{
	int result;

	watch->device = device_open_to_look();
	if (watch->device < 0)
		return EXIT_FAILED;
	watch->instance = instance_number(watch->device);
	result = terminal_begin(&watch->terminal, !watch->json);
	if (!result) {
		result = watch_instance(watch);
		terminal_end(&watch->terminal);
	}
	close(watch->device);
	return finish_output() ?: result;
}

static int watch_run(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ "instance", required_argument, NULL, 'i' },
		{ "interval", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ }
	};
	struct watch watch = { .interval = 2 };
	int opt;

	while ((opt = getopt_long(argc, argv, ":hi:jn:s:", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			print_help(self);
			return finish_output();
		case 'i':
			if (instance_option(self, optarg))
				return EXIT_USAGE;
			break;
		case 'j':
			watch.json = true;
			break;
		case 'n':
			if (parse_count(self, optarg, "pictures", &watch.count))
				return EXIT_USAGE;
			break;
		case 's':
			if (!parse_interval(self, optarg, &watch.interval))
				return EXIT_USAGE;
			break;
		default:
			return bad_option(self, opt, options, argv);
		}
	}
	if (optind < argc)
		return usage(self, "it takes no argument");
	return run(&watch);
}

const struct command cmd_watch = {
	.name = "watch",
	.synopsis = "[-i PATH] [-j] [-n COUNT] [-s SECONDS]",
	.summary = "show objects, who holds them, who waits, and rates, again and again",
	.help =
	"Show the objects of the instance that have ids, and its pipes and FIFOs, with\n"
	"what is in them, who holds them and who waits, by name and process id, and a\n"
	"rate: bytes that go through a pipe, messages or signals sent to a queue, waits\n"
	"for semaphores, memory that a segment takes. On a terminal the table is drawn\n"
	"anew in its place, as much as there is room for: q ends that, any other key\n"
	"draws at once. Of processes that you may not look into nothing is seen, nor of\n"
	"pipes that only those hold.\n"
	"\n"
	INSTANCE_HELP
	"  -j, --json           a line with one object for each picture\n"
	"  -n, --count COUNT    end after so many pictures\n"
	"  -s, --interval SECS  seconds from one to the next, at least 0.1 (default: 2)\n"
	"\n"
	"Exits with 0, after SIGINT, SIGTERM, SIGHUP and SIGQUIT too; 1 if that failed, 2\n"
	"for a wrong command line.\n",
	.run = watch_run,
};
