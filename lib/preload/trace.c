// SPDX-License-Identifier: GPL-2.0
/* KIPC_TRACE: a line for each call, much as strace(1) shows it. */
#include "shim.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool shim_is_traced(void)
{
	return *shim_config()->trace;
}

static void put_line(const char *line, size_t len)
{
	const struct shim_config *config = shim_config();
	int fd = config->trace_fd;
	struct shim_file file;

	if (fd >= 0) {
		SHIM_RAW(SYS_write, fd, line, len);
		return;
	}
	fd = SHIM_RAW(SYS_openat, AT_FDCWD, config->trace,
		      O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return;
	/* it may be a terminal or a FIFO, for which one waits */
	file = shim_file(fd);
	SHIM_RAW(SYS_write, fd, line, len);
	shim_file_close(&file);
}

void shim_trace_line(long ret, const char *call, const char *format, ...)
{
	int error = errno, n;
	const char *name;
	char line[512];
	va_list args;

	n = snprintf(line, sizeof(line), "%ld %s", SHIM_RAW(SYS_gettid), call);
	va_start(args, format);
	vsnprintf(line + n, sizeof(line) - n, format, args);
	va_end(args);
	n = strlen(line);
	name = ret == -1 ? strerrorname_np(error) : NULL;
	if (ret == -1)
		snprintf(line + n, sizeof(line) - n, " = -1 %s\n", name ? name : "?");
	else if (ret > -4096 && ret < 1L << 24)
		snprintf(line + n, sizeof(line) - n, " = %ld\n", ret);
	else
		snprintf(line + n, sizeof(line) - n, " = %#lx\n", (unsigned long)ret);
	n = strlen(line);
	line[n - 1] = '\n';
	put_line(line, n);
	errno = error;
}
