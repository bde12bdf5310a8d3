/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the examples find the instance of kipc whose objects they use: by the path that
 * they are given, or else the environment variable KIPC_DEV, or else that of /dev/kipc.
 * The path may be the directory where a kipcfs is mounted; its node is control in there.
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kipc.h>

/* Always -1. */
static inline int complain(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	return -1;
}

/*
 * Open the node of an instance, @path may be NULL; -1 after a message with the path that was
 * tried. What is no node at all does not know the call.
 */
static inline int instance_open(const char *path)
{
	struct kipc_query query = { .nr = KIPC_NR_QUERY };
	char control[PATH_MAX];
	int fd;

	if (!path)
		path = getenv("KIPC_DEV");
	if (!path || !*path)
		path = "/dev/" KIPC_DEVICE_NAME;
	fd = open(path, O_RDWR | O_CLOEXEC);
	/* a directory is never opened to be written */
	if (fd < 0 && errno == EISDIR) {
		snprintf(control, sizeof(control), "%s/control", path);
		path = control;
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (fd >= 0 && ioctl(fd, KIPC_IOC_QUERY, &query)) {
		close(fd);
		fd = -1;
	}
	return fd < 0 ? complain(path) : fd;
}

/* Read all of @text as a number. */
static inline int read_number(const char *text, unsigned long long *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return errno || end == text || *end ? -1 : 0;
}

#endif /* INSTANCE_H */
