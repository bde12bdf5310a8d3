// SPDX-License-Identifier: GPL-2.0
/* What the module knows and has, and how a structure of any version goes to it. */
#include <errno.h>

#include "lib.h"

/* Make the call @cmd with the caller's structure, which has @size bytes. */
int kipc_lib_call(int fd, unsigned long cmd, void *arg, size_t size)
{
	return ioctl(fd, _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), size), arg);
}

/*
 * Clear the caller's structure: what the module does not know must come to it as 0. The
 * first @inputs bytes of it, before its first output, must be there, and a command can tell
 * sizes up to a limit.
 */
int kipc_lib_prepare(void *arg, size_t size, size_t inputs)
{
	if (size < inputs || size > _IOC_SIZEMASK) {
		errno = EINVAL;
		return -1;
	}
	memset(arg, 0, size);
	return 0;
}

int kipc_query(int fd, unsigned int nr, struct kipc_query *query, size_t size)
{
	if (kipc_lib_prepare(query, size, offsetof(struct kipc_query, abi)))
		return -1;
	query->nr = nr;
	return kipc_lib_call(fd, KIPC_IOC_QUERY, query, size);
}

int kipc_abi(int fd)
{
	struct kipc_query query;

	if (kipc_query(fd, KIPC_NR_QUERY, &query, sizeof(query)))
		return -1;
	return query.abi;
}

int kipc_serves(int fd, unsigned long cmd)
{
	struct kipc_query query;

	if (kipc_query(fd, _IOC_NR(cmd), &query, sizeof(query)))
		return -1;
	if (_IOC_SIZE(cmd) <= query.size_max)
		return 0;
	errno = E2BIG;
	return -1;
}

int kipc_stats(int fd, struct kipc_stats *stats, size_t size)
{
	if (kipc_lib_prepare(stats, size, 0))
		return -1;
	return kipc_lib_call(fd, KIPC_IOC_STATS, stats, size);
}
