// SPDX-License-Identifier: GPL-2.0
/* The environment variables of libkipc-preload.so, and what it says to its user. */
#include "shim.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct shim_config config;
/* 0: not read yet; 1: read. Whoever comes meanwhile reads the same. */
static int is_read;

void shim_say(const char *format, ...)
{
	char line[1024] = "libkipc-preload: ";
	int start = strlen(line), n;
	va_list args;

	va_start(args, format);
	n = vsnprintf(line + start, sizeof(line) - start - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	n = strlen(line);
	line[n++] = '\n';
	SHIM_RAW(SYS_write, STDERR_FILENO, line, n);
}

static const struct {
	const char *name;
	unsigned int families;
} family_names[] = {
	{ "shm", SHIM_SHM },
	{ "sem", SHIM_SEM },
	{ "msg", SHIM_MSG },
	{ "sysv", SHIM_SHM | SHIM_SEM | SHIM_MSG },
	{ "pipe", SHIM_PIPE },
	{ "all", SHIM_SHM | SHIM_SEM | SHIM_MSG | SHIM_PIPE },
	{ "none", 0 },
};

static unsigned int find_families(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(family_names); i++) {
		if (strlen(family_names[i].name) == len &&
		    !strncmp(family_names[i].name, word, len))
			return family_names[i].families;
	}
	shim_say("KIPC_FAMILIES: '%.*s' is ignored; %s", (int)len, word,
		 "give shm, sem, msg, sysv, pipe, all or none, with commas between them");
	return 0;
}

static unsigned int parse_families(const char *text)
{
	unsigned int families = 0;
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		families |= find_families(text, len);
		if (!text[len])
			return families;
	}
}

static bool parse_fallback(const char *text)
{
	if (!strcmp(text, "refuse"))
		return true;
	if (strcmp(text, "native"))
		shim_say("KIPC_FALLBACK: '%s' is taken for 'native'; give native or refuse", text);
	return false;
}

static bool parse_deepbind(const char *text)
{
	if (!strcmp(text, "ignore"))
		return true;
	if (strcmp(text, "keep"))
		shim_say("KIPC_DEEPBIND: '%s' is taken for 'keep'; give keep or ignore", text);
	return false;
}

/* Copy @path, which may be of the current directory; programs change that. */
static void copy_path(char *to, size_t size, const char *variable, const char *path)
{
	size_t len = 0;

	if (*path != '/') {
		/* the directory's length with its NUL */
		long n = SHIM_RAW(SYS_getcwd, to, size);

		if (n > 0) {
			len = n;
			to[len - 1] = '/';
		}
	}
	if (len + strlen(path) >= size) {
		shim_say("%s: the path is too long and is ignored", variable);
		*to = '\0';
		return;
	}
	strcpy(to + len, path);
}

static void parse_trace(const char *text)
{
	char *end;
	long fd;

	fd = strtol(text, &end, 10);
	if (end != text && !*end && fd >= 0 && fd <= INT_MAX) {
		config.trace_fd = fd;
		strcpy(config.trace, "-");
	} else {
		config.trace_fd = -1;
		copy_path(config.trace, sizeof(config.trace), "KIPC_TRACE", text);
	}
}

static void read_environment(void)
{
	const char *device = secure_getenv("KIPC_DEV");
	const char *families = secure_getenv("KIPC_FAMILIES");
	const char *fallback = secure_getenv("KIPC_FALLBACK");
	const char *deepbind = secure_getenv("KIPC_DEEPBIND");
	const char *trace = secure_getenv("KIPC_TRACE");

	if (device && *device)
		copy_path(config.device, sizeof(config.device), "KIPC_DEV", device);
	config.device_is_named = *config.device;
	if (!*config.device)
		strcpy(config.device, "/dev/" KIPC_DEVICE_NAME);
	config.families = parse_families(families && *families ? families : "all");
	config.refuse = fallback && *fallback && parse_fallback(fallback);
	config.ignore_deepbind = deepbind && *deepbind && parse_deepbind(deepbind);
	if (trace && *trace)
		parse_trace(trace);
}

const struct shim_config *shim_config(void)
{
	if (!__atomic_load_n(&is_read, __ATOMIC_ACQUIRE)) {
		int error = errno;

		read_environment();
		errno = error;
		__atomic_store_n(&is_read, 1, __ATOMIC_RELEASE);
	}
	return &config;
}

/* Programs overwrite their environment, and change the current directory. */
static __attribute__((constructor)) void read_early(void)
{
	shim_config();
}
