/* SPDX-License-Identifier: GPL-2.0 */
/* io_uring: requests, what they came to, and whether a worker thread waits for one. */
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

/* Requests: each of them whether it could be given to the kernel. */

static inline bool submit_read(struct io_uring *ring, int fd, void *buf, size_t size, __u64 data)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_read(sqe, fd, buf, size, 0);
	io_uring_sqe_set_data64(sqe, data);
	return io_uring_submit(ring) == 1;
}

static inline bool submit_poll(struct io_uring *ring, int fd, int events, bool again, __u64 data)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (again)
		io_uring_prep_poll_multishot(sqe, fd, events);
	else
		io_uring_prep_poll_add(sqe, fd, events);
	io_uring_sqe_set_data64(sqe, data);
	return io_uring_submit(ring) == 1;
}

/* The two completions of a cancelled request, in either order. */
static inline bool cancelled(struct io_uring *ring, __u64 data)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
	int a, b;

	io_uring_prep_cancel64(sqe, data, 0);
	io_uring_sqe_set_data64(sqe, data);
	if (io_uring_submit(ring) != 1)
		return false;
	a = take_result(ring, data, true);
	b = take_result(ring, data, true);
	return (a == 0 && b == -ECANCELED) || (a == -ECANCELED && b == 0);
}

#endif /* KIPC_URING_H */
