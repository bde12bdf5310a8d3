// SPDX-License-Identifier: GPL-2.0
/* kipc limits: the files of limits/ of a mounted instance. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define LIMIT_FORMAT	"%-16s %s\n"

static const struct meaning limit_meanings[] = {
	{ EINVAL,
	  "it is no number, or not in the range that kipcfs(5) gives"
	},
	{ EACCES,
	  "you may not; the owner of the mount, or root, can"
	},
	{ EPERM,
	  "you may not; the owner of the mount, or root, can"
	},
	{ EROFS,
	  "it is mounted read-only"
	},
};

static void limit_path(const char *directory, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/limits/%s", directory, name);
}

static int is_limit(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

/* Those that there are, for a message: " NAME NAME" */
static void limit_names(const char *directory, char *names, size_t size)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int n;

	*names = '\0';
	limit_path(directory, "", path);
	n = scandir(path, &entries, is_limit, alphasort);
	for (int i = 0; i < n; i++) {
		size_t len = strlen(names);

		snprintf(names + len, size - len, " %s", entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

/* @value is what it was to be set to, NULL if it was to be read. */
static int limit_problem(const char *directory, const char *name, const char *value, int err)
{
	const char *why = explain(limit_meanings, ARRAY_SIZE(limit_meanings), -err);
	char names[1024];

	if (err == -ENOENT) {
		limit_names(directory, names, sizeof(names));
		return fail("there is no limit '%s'; there is:%s", name, names);
	}
	if (value)
		return fail("cannot set the limit %s to '%s': %s", name, value, why);
	return fail("cannot read the limit %s: %s", name, why);
}

/* The first line without its end; 0 or a negative errno. */
static int limit_read(const char *directory, const char *name, char *value, int len)
{
	char path[PATH_MAX];
	FILE *file;
	int err = 0;

	limit_path(directory, name, path);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	if (!fgets(value, len, file))
		err = ferror(file) ? -errno : -EINVAL;
	value[err ? 0 : strcspn(value, "\n")] = '\0';
	fclose(file);
	return err;
}

/* In one write: a limit of several numbers takes all or none. */
static int limit_write(const char *directory, const char *name, const char *value)
{
	char path[PATH_MAX], line[256];
	int fd, len, err = 0;

	len = snprintf(line, sizeof(line), "%s\n", value);
	if (len >= (int)sizeof(line))
		return -EINVAL;
	limit_path(directory, name, path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, line, len) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* A number, or an array if there are several. */
static void print_value_json(const char *value)
{
	const char *part = value + strspn(value, " \t");
	bool many = strpbrk(part, " \t");

	printf("%s", many ? "[" : "");
	while (*part) {
		int len = strcspn(part, " \t");

		printf("%.*s", len, part);
		part += len;
		part += strspn(part, " \t");
		printf("%s", *part ? ", " : "");
	}
	printf("%s", many ? "]" : "");
}

static int show_all(const char *directory, bool json)
{
	struct dirent **entries;
	int n, result = EXIT_OK, shown = 0;
	char path[PATH_MAX], value[256];

	limit_path(directory, "", path);
	n = scandir(path, &entries, is_limit, alphasort);
	if (n < 0)
		return fail("cannot read %s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		int err = limit_read(directory, name, value, sizeof(value));

		if (err) {
			result = limit_problem(directory, name, NULL, err);
		} else if (json) {
			printf("%s\"%s\": ", shown++ ? ", " : "{", name);
			print_value_json(value);
		} else {
			printf(LIMIT_FORMAT, name, value);
		}
		free(entries[i]);
	}
	free(entries);
	if (json)
		printf("%s}\n", shown ? "" : "{");
	return result;
}

/* @word is NAME or NAME=VALUE; a value is shown behind the name if it is @one_of_many. */
static int show_or_set(const char *directory, char *word, bool one_of_many)
{
	char *equals = strchr(word, '=');
	char value[256];
	int err;

	if (equals) {
		*equals = '\0';
		err = limit_write(directory, word, equals + 1);
		return err ? limit_problem(directory, word, equals + 1, err) : EXIT_OK;
	}
	err = limit_read(directory, word, value, sizeof(value));
	if (err)
		return limit_problem(directory, word, NULL, err);
	if (one_of_many)
		printf(LIMIT_FORMAT, word, value);
	else
		printf("%s\n", value);
	return EXIT_OK;
}

static int limits_run(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "instance", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ }
	};
	int opt, n, result = EXIT_OK;
	const char *directory;
	bool json = false;

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
	n = argc - optind;
	if (json && n)
		return usage(self, "--json shows all limits; give it without NAME");
	for (int i = optind; i < argc; i++) {
		size_t len = strcspn(argv[i], "=");

		if (!len || *argv[i] == '.' || memchr(argv[i], '/', len))
			return usage(self, "'%s' is not the name of a limit", argv[i]);
		if (argv[i][len] && !argv[i][len + 1])
			return usage(self, "a value is missing behind %s", argv[i]);
	}
	directory = instance_directory();
	if (!directory)
		return EXIT_FAILED;
	if (!n)
		result = show_all(directory, json);
	for (; optind < argc && !result; optind++)
		result = show_or_set(directory, argv[optind], n > 1);
	return finish_output() ?: result;
}

const struct command cmd_limits = {
	.name = "limits",
	.synopsis = "[-i PATH] [-j | NAME[=VALUE]...]",
	.summary = "show or set the limits of a mounted instance",
	.help =
	"Show all limits of the instance, or the value of one (NAME), or set it\n"
	"(NAME=VALUE). Names and values are those of the files in limits/ of its mount,\n"
	"see kipcfs(5), and of /proc/sys/kernel. The instance of /dev/kipc has its limits\n"
	"in a mount with the option default. Several NAMEs are shown with their values.\n"
	"\n"
	INSTANCE_HELP
	"  -j, --json           one object with all limits; sem is an array\n"
	"\n"
	"Example: kipc limits -i /mnt/kipc shmmni=32768\n"
	"\n"
	"Exits with 0, 1 if a limit could not be read or set (those behind it are left\n"
	"alone), 2 for a wrong command line.\n",
	.run = limits_run,
};
