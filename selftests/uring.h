/* SPDX-License-Identifier: GPL-2.0 */
/* io_uring: what its requests came to, and whether a worker thread waits for one. */
#ifndef KIPC_URING_H
#define KIPC_URING_H

#include "kipc_test.h"

#include <dirent.h>
#include <liburing.h>

/* Threads of ours that the kernel made to block for io_uring. */
static inline int workers(void)
{
	char path[300], name[64];
	struct dirent *entry;
	int count = 0;
	DIR *dir;
	FILE *f;

	dir = opendir("/proc/self/task");
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(name, sizeof(name), f) && !strncmp(name, "iou-wrk", 7))
			count++;
		fclose(f);
	}
	closedir(dir);
	return count;
}

/* The result of the next completion, which must be that of @data; -ETIME if there is none. */
static inline int take_result(struct io_uring *ring, __u64 data, bool wait)
{
	struct __kernel_timespec ts = { .tv_sec = DEADLINE_MS / 1000 };
	struct io_uring_cqe *cqe;
	int ret;

	ret = wait ? io_uring_wait_cqe_timeout(ring, &cqe, &ts) : io_uring_peek_cqe(ring, &cqe);
	if (ret)
		return ret == -EAGAIN ? -ETIME : ret;
	ret = cqe->user_data == data ? cqe->res : -EBADMSG;
	io_uring_cqe_seen(ring, cqe);
	return ret;
}

#endif /* KIPC_URING_H */
