// SPDX-License-Identifier: GPL-2.0
/*
 * Lives that cross: resizing under load, closing under an operation, references by
 * the dozen, unloading while in use. Classes 1, 10, 13, 17 and 18.
 */
#include "kipc_fixture.h"
#include "unload.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>

/* --- resize under load: class 10 */

TEST_F_TIMEOUT(kipc, resize_storm_keeps_every_byte_in_place, 120)
{
	enum { LEN = 3000000 };
	static unsigned char buf[20000];
	int *stop = shared_alloc(sizeof(*stop));
	pid_t writer, resizers[2];
	unsigned int seed = 1, k;
	size_t at = 0, size;
	ssize_t n;

	ASSERT_NE(NULL, stop);
	writer = child_fork();
	if (!writer) {
		for (at = 0; at < LEN; at += n) {
			size = 1 + rand_r(&seed) % sizeof(buf);
			size = size < LEN - at ? size : LEN - at;
			pattern(buf, size, at);
			n = write(self->w, buf, size);
			if (n <= 0)
				_exit(1);
		}
		_exit(0);
	}
	for (k = 0; k < 2; k++) {
		resizers[k] = child_fork();
		if (!resizers[k]) {
			seed = k;
			while (!LOAD(stop)) {
				errno = 0;
				if (size_set(self->r, 4096 << rand_r(&seed) % 8) < 0 &&
				    errno != EBUSY)
					_exit(1);
			}
			_exit(0);
		}
	}
	end_close(&self->w);
	while (at < LEN) {
		n = read(self->r, buf, 1 + rand_r(&seed) % sizeof(buf));
		ASSERT_LT(0, n);
		ASSERT_TRUE(is_pattern(buf, n, at));
		at += n;
	}
	ADD(stop, 1);
	EXPECT_EQ(0, child_wait(writer));
	EXPECT_EQ(0, child_wait(resizers[0]));
	EXPECT_EQ(0, child_wait(resizers[1]));
	EXPECT_EQ(0, bytes_in(self->r));
	/* what is charged is what it has become */
	EXPECT_EQ(self->before.user_pages + size_get(self->r) / 4096,
		  stats_of(self->dev).user_pages);
}

/* A splice copies without the locks of the pipe; its bytes must not move meanwhile. */
TEST_F_TIMEOUT(kipc, resize_storm_keeps_what_a_splice_is_taking, 120)
{
	enum { LEN = 300000, CAPACITY = 1 << 20 };
	int *stop = shared_alloc(sizeof(*stop)), fd = memfd_create("file", MFD_CLOEXEC), k;
	unsigned char *in = malloc(LEN + 256), *out = malloc(LEN);
	struct kipc_pipe_splice arg;
	long long end;
	size_t at, round;
	pid_t resizer;

	ASSERT_NE(NULL, stop);
	ASSERT_LE(0, fd);
	ASSERT_NE(NULL, in);
	ASSERT_NE(NULL, out);
	ASSERT_EQ(CAPACITY, size_set(self->r, CAPACITY));
	pattern(in, LEN + 256, 0);
	resizer = child_fork();
	if (!resizer) {
		for (k = 0; !LOAD(stop); k++)
			if (size_set(self->r, CAPACITY >> k % 2) < 0)
				_exit(1);
		_exit(0);
	}
	end = now_ms() + 5000;
	for (round = 0; now_ms() < end; round++) {
		/* each round writes something else to each place */
		ASSERT_EQ(LEN, write(self->w, in + round % 256, LEN));
		for (at = 0; at < LEN; at += arg.len) {
			arg = (struct kipc_pipe_splice) {
				.fd = fd, .len = LEN - at, .offset = at,
				.flags = KIPC_SPLICE_FROM_PIPE | KIPC_SPLICE_OFFSET,
			};
			ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_PIPE_SPLICE, &arg));
			ASSERT_LT(0, arg.len);
		}
		ASSERT_EQ(LEN, pread(fd, out, LEN, 0));
		ASSERT_EQ(0, memcmp(out, in + round % 256, LEN))
			TH_LOG("round %zu", round);
	}
	ADD(stop, 1);
	EXPECT_EQ(0, child_wait(resizer));
	EXPECT_EQ(0, bytes_in(self->r));
	free(in);
	free(out);
	close(fd);
}

TEST_F_TIMEOUT(kipc, resize_storm_keeps_small_writes_whole, 120)
{
	enum { WRITERS = 3, COUNT = 300 };
	unsigned char buf[PIPE_BUF];
	int *stop = shared_alloc(sizeof(*stop));
	pid_t writers[WRITERS], resizer;
	int i, k, size, records = 0;
	unsigned int seed = 5;
	ssize_t n, have;

	ASSERT_NE(NULL, stop);
	for (i = 0; i < WRITERS; i++) {
		writers[i] = child_fork();
		if (!writers[i]) {
			for (k = 0; k < COUNT; k++) {
				size = 2 + (k * 331 + i) % (PIPE_BUF - 1);
				memset(buf, i + 1, size);
				memcpy(buf, &(unsigned short){ size }, 2);
				if (write(self->w, buf, size) != size)
					_exit(1);
			}
			_exit(0);
		}
	}
	resizer = child_fork();
	if (!resizer) {
		while (!LOAD(stop))
			size_set(self->r, 4096 << rand_r(&seed) % 6);
		_exit(0);
	}
	end_close(&self->w);
	for (;;) {
		unsigned short len;

		n = read(self->r, buf, 2);
		if (n == 1)
			n += read(self->r, buf + 1, 1);
		if (n != 2)
			break;
		memcpy(&len, buf, 2);
		ASSERT_GE(PIPE_BUF, len);
		for (have = 2; have < len; have += n) {
			n = read(self->r, buf + have, len - have);
			ASSERT_LT(0, n);
		}
		EXPECT_TRUE(len < 4 || is_all(buf + 3, buf[2], len - 3));
		records++;
		/* the resizer keeps no write end, the fork has given it one */
		if (records == WRITERS * COUNT)
			break;
	}
	ADD(stop, 1);
	EXPECT_EQ(WRITERS * COUNT, records);
	for (i = 0; i < WRITERS; i++)
		EXPECT_EQ(0, child_wait(writers[i]));
	EXPECT_EQ(0, child_wait(resizer));
}

TEST_F_TIMEOUT(kipc, resize_against_close_returns_all_that_was_charged, 60)
{
	int round, fds[2], i;
	pid_t pids[2];

	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
		for (i = 0; i < 2; i++) {
			pids[i] = child_fork();
			if (!pids[i]) {
				close(fds[!i]);
				for (int k = 0; k < 20; k++)
					size_set(fds[i], 4096 << (k + i) % 5);
				_exit(0);
			}
		}
		close(fds[0]);
		close(fds[1]);
		EXPECT_EQ(0, child_wait(pids[0]));
		EXPECT_EQ(0, child_wait(pids[1]));
	}
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_pages == self->before.user_pages + 16));
}

/* --- a pipe is used by its descriptor before its creator knows it: class 1 */

struct prober {
	int fd;
	int stop;
	int met;
	int wrong;
};

static void *probe_descriptor(void *data)
{
	struct prober *prober = data;
	struct kipc_pipe_stat stat;
	struct stat st;
	char c;

	while (!LOAD(&prober->stop)) {
		memset(&stat, POISON, sizeof(stat));
		if (!ioctl(prober->fd, KIPC_IOC_PIPE_STAT, &stat)) {
			prober->met++;
			/* we hold its read end; the write end may be closed already */
			if (stat.size != 8192 || stat.used || stat.readers != 1 ||
			    stat.writers > 1 || stat.reserved)
				prober->wrong++;
		} else if (errno != EBADF) {
			prober->wrong++;
		}
		if (!fstat(prober->fd, &st) && st.st_mode != (S_IFIFO | 0600))
			prober->wrong++;
		if (read(prober->fd, &c, 1) > 0)
			prober->wrong++;
		if (poll_now(prober->fd, POLLIN) & POLLIN)
			prober->wrong++;
	}
	return NULL;
}

TEST_F_TIMEOUT(kipc, pipe_is_complete_when_its_descriptor_appears, 60)
{
	struct prober prober = { 0 };
	int fds[2], i;
	pthread_t thread;

	/* the number that the next one will get */
	prober.fd = dup(self->r);
	ASSERT_LE(0, prober.fd);
	close(prober.fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, probe_descriptor, &prober));
	for (i = 0; i < 20000 && (i < 300 || !LOAD(&prober.met)); i++) {
		ASSERT_EQ(0, kipc_pipe(self->dev, fds, KIPC_PIPE_NONBLOCK, 8192));
		ASSERT_EQ(prober.fd, fds[0]);
		close(fds[1]);
		close(fds[0]);
	}
	__atomic_store_n(&prober.stop, 1, __ATOMIC_SEQ_CST);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_LT(0, prober.met);
	EXPECT_EQ(0, prober.wrong);
}

/* --- operation against close of the same descriptor: class 18 */

struct pair {
	int fd;
	int gate;
	pid_t tid;
	ssize_t result;
	int error;
	int (*operation)(int fd);
};

static int do_read(int fd)
{
	char c;

	return read(fd, &c, 1);
}

static int do_write(int fd)
{
	char c = 'x';

	return write(fd, &c, 1);
}

static int do_stat(int fd)
{
	struct kipc_pipe_stat stat;

	return ioctl(fd, KIPC_IOC_PIPE_STAT, &stat);
}

static int do_resize(int fd)
{
	return size_set(fd, 8192) < 0 ? -1 : 0;
}

static int do_poll(int fd)
{
	return poll_now(fd, POLL_ALL);
}

/* Opened beforehand: a new descriptor would get the number that was just closed. */
static int null_fd;

static int do_tee(int fd)
{
	struct kipc_pipe_splice arg = {
		.fd = null_fd, .len = 1, .flags = KIPC_SPLICE_NONBLOCK,
	};

	return ioctl(fd, KIPC_IOC_PIPE_TEE, &arg);
}

static void *run_operation(void *data)
{
	struct pair *pair = data;

	__atomic_store_n(&pair->tid, gettid(), __ATOMIC_SEQ_CST);
	while (!LOAD(&pair->gate))
		;
	errno = 0;
	pair->result = pair->operation(pair->fd);
	pair->error = errno;
	return NULL;
}

TEST_F_TIMEOUT(kipc, operation_against_close_of_the_same_descriptor_is_safe, 120)
{
	static int (*const operations[])(int fd) = {
		do_read, do_write, do_stat, do_resize, do_poll, do_tee,
	};
	int round, fds[2], writes;
	pthread_t thread;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, null_fd);
	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		for (round = 0; round < 60; round++) {
			struct pair pair = { .operation = operations[i] };

			writes = operations[i] == do_write;
			ASSERT_EQ(0, kipc_pipe(self->dev, fds, KIPC_PIPE_NONBLOCK, 0));
			ASSERT_EQ(1, write(fds[1], "x", 1));
			pair.fd = fds[writes];
			ASSERT_EQ(0, pthread_create(&thread, NULL, run_operation, &pair));
			ASSERT_TRUE(EVENTUALLY(LOAD(&pair.tid)));
			__atomic_store_n(&pair.gate, 1, __ATOMIC_SEQ_CST);
			if (round % 3)
				sched_yield();
			close(fds[writes]);
			ASSERT_EQ(0, pthread_join(thread, NULL));
			/* it came first or too late, there is nothing between */
			EXPECT_TRUE(pair.result >= 0 || pair.error == EBADF)
				TH_LOG("operation %zu: errno %d", i, pair.error);
			close(fds[!writes]);
		}
	}
}

TEST_F(kipc, close_of_a_descriptor_that_is_read_leaves_the_reader_its_pipe)
{
	struct pair pair = { .fd = self->r, .gate = 1, .operation = do_read };
	pthread_t thread;

	ASSERT_EQ(0, pthread_create(&thread, NULL, run_operation, &pair));
	ASSERT_TRUE(EVENTUALLY(LOAD(&pair.tid)));
	ASSERT_TRUE(wait_blocked(pair.tid, SYS_read));
	end_close(&self->r);
	/* as everywhere in Unix, the call in progress keeps it open */
	EXPECT_EQ(1, stat_of(self->w).readers);
	EXPECT_EQ(1, write(self->w, "x", 1));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(1, pair.result);
	EXPECT_TRUE(EVENTUALLY(stat_of(self->w).readers == 0));
}

/* --- references: class 13 */

TEST_F(kipc, dup_and_reopen_loops_leave_the_counts_right)
{
	char path[64];
	int round, fds[100], i;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->r);
	for (round = 0; round < 10; round++) {
		for (i = 0; i < 100; i++) {
			fds[i] = i % 2 ? dup(self->r) : open(path, O_RDWR | O_CLOEXEC);
			ASSERT_LE(0, fds[i]);
		}
		EXPECT_EQ(51, stat_of(self->r).readers);
		EXPECT_EQ(51, stat_of(self->r).writers);
		for (i = 0; i < 100; i++)
			close(fds[i]);
	}
	EXPECT_TRUE(EVENTUALLY(stat_of(self->r).readers == 1));
	EXPECT_EQ(1, stat_of(self->r).writers);
}

TEST_F_TIMEOUT(kipc, splice_and_tee_loops_leave_no_page_behind, 60)
{
	struct kipc_pipe_splice arg;
	int fds[2], round;

	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
	ASSERT_TRUE(write_pattern(self->w, 10000, 0));
	for (round = 0; round < 500; round++) {
		arg = (struct kipc_pipe_splice) { .fd = fds[1], .len = 10000 };
		ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_PIPE_TEE, &arg));
		ASSERT_EQ(10000, arg.len);
		arg = (struct kipc_pipe_splice) {
			.fd = self->w, .len = 10000, .flags = KIPC_SPLICE_FROM_PIPE,
		};
		ASSERT_EQ(0, ioctl(fds[0], KIPC_IOC_PIPE_SPLICE, &arg));
		ASSERT_EQ(10000, arg.len);
		ASSERT_TRUE(read_pattern(self->r, 10000, 0));
	}
	ASSERT_TRUE(read_pattern(self->r, 10000, 0));
	EXPECT_EQ(0, bytes_in(self->r));
	EXPECT_TRUE(EVENTUALLY(stat_of(self->r).pages == 0 && stat_of(fds[0]).pages == 0));
	close(fds[0]);
	close(fds[1]);
}

TEST_F(kipc, many_pipes_come_and_go)
{
	int fds[200][2], round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < 200; i++) {
			ASSERT_EQ(0, kipc_pipe(self->dev, fds[i], 0, 4096));
			ASSERT_EQ(1, write(fds[i][1], "x", 1));
		}
		EXPECT_EQ(self->before.pipes + 201, stats_of(self->dev).pipes);
		for (i = 0; i < 200; i++) {
			close(fds[i][round % 2]);
			close(fds[i][!(round % 2)]);
		}
		EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).pipes == self->before.pipes + 1));
	}
}

TEST_F(kipc, pipes_in_flight_in_a_ring_of_sockets_are_collected)
{
	char control[CMSG_SPACE(2 * sizeof(int))] = "";
	struct iovec iov = { "f", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int socks[2], fds[2], pass[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));
	/* the socket travels in itself: only the garbage collector can end it */
	pass[0] = fds[0];
	pass[1] = socks[1];
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(pass));
	memcpy(CMSG_DATA(cmsg), pass, sizeof(pass));
	ASSERT_EQ(1, sendmsg(socks[0], &msg, 0));
	close(fds[0]);
	EXPECT_EQ(0, poll_now(fds[1], POLLOUT) & POLLERR);
	close(socks[0]);
	close(socks[1]);
	/* it runs when a socket is closed */
	EXPECT_TRUE(EVENTUALLY(({
		if (!socketpair(AF_UNIX, SOCK_STREAM, 0, socks)) {
			close(socks[0]);
			close(socks[1]);
		}
		poll_now(fds[1], POLLOUT) & POLLERR;
	})));
	close(fds[1]);
}

/* --- unloading while in use: class 17 */

TEST_F(kipc, module_stays_while_the_device_is_open)
{
	end_close(&self->r);
	end_close(&self->w);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).pipes == self->before.pipes));
	EXPECT_TRUE(unload_is_refused());
	EXPECT_EQ(sysconf(_SC_PAGESIZE), stats_of(self->dev).page_size);
}

/* Close the device, so that only @hold keeps the module; then open it again. */
static bool keeps_module(struct _test_data_kipc *self)
{
	bool refused;

	close(self->dev);
	refused = unload_is_refused();
	self->dev = kipc_open();
	return refused && self->dev >= 0;
}

TEST_F(kipc, module_stays_while_either_end_of_a_pipe_is_open)
{
	char path[64], c;
	int o;

	EXPECT_TRUE(keeps_module(self));
	end_close(&self->w);
	EXPECT_TRUE(keeps_module(self));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->r);
	o = open(path, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, o);
	EXPECT_EQ(0, read(self->r, &c, 1));
	end_close(&self->r);
	/* even a descriptor that is no end needs the module's code when it goes */
	EXPECT_TRUE(keeps_module(self));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", o);
	self->w = open(path, O_RDWR | O_CLOEXEC);
	EXPECT_LE(0, self->w);
	close(o);
	EXPECT_EQ(1, write(self->w, "x", 1));
	EXPECT_EQ(1, read(self->w, &c, 1));
}

TEST_F(kipc, module_stays_while_somebody_sleeps_in_it)
{
	struct pollfd pfd = { .fd = self->r, .events = POLLIN };
	pid_t reader, poller;
	char c;

	reader = child_fork();
	if (!reader) {
		close(self->dev);
		close(self->w);
		EXPECT_EQ(1, read(self->r, &c, 1));
		EXPECT_EQ(0, read(self->r, &c, 1));
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(reader, SYS_read));
	EXPECT_TRUE(keeps_module(self));
	ASSERT_EQ(1, write(self->w, "x", 1));
	ASSERT_TRUE(EVENTUALLY(bytes_in(self->r) == 0));
	poller = child_fork();
	if (!poller) {
		close(self->dev);
		close(self->w);
		EXPECT_EQ(1, poll(&pfd, 1, -1));
		EXPECT_EQ(POLLHUP, pfd.revents);
		child_exit();
	}
	ASSERT_TRUE(wait_blocked(poller, CALL_POLL));
	EXPECT_TRUE(keeps_module(self));
	end_close(&self->w);
	EXPECT_EQ(0, child_wait(reader));
	EXPECT_EQ(0, child_wait(poller));
}

TEST_F(kipc, module_stays_while_kipcfs_is_mounted)
{
	long long objects = param_get("objects");
	int rw;
	char c;

	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("none", "/tmp", KIPCFS_NAME, 0, NULL));
	end_close(&self->r);
	end_close(&self->w);
	EXPECT_TRUE(keeps_module(self));
	ASSERT_EQ(0, mkfifo("/tmp/f", 0600));
	rw = open("/tmp/f", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, rw);
	ASSERT_EQ(0, umount2("/tmp", MNT_DETACH));
	EXPECT_TRUE(keeps_module(self));
	EXPECT_EQ(1, write(rw, "x", 1));
	EXPECT_EQ(1, read(rw, &c, 1));
	close(rw);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") <= objects));
}

TEST_F(kipc, refused_unloads_do_not_change_the_reference_count)
{
	long before, i;
	char buf[32] = "";
	int fd;

	fd = open("/sys/module/kipc/refcnt", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, pread(fd, buf, sizeof(buf) - 1, 0));
	before = strtol(buf, NULL, 10);
	EXPECT_LT(0, before);
	for (i = 0; i < 50; i++) {
		EXPECT_TRUE(unload_is_refused());
		close(kipc_open());
	}
	EXPECT_TRUE(EVENTUALLY(pread(fd, buf, sizeof(buf) - 1, 0) > 0 &&
			       strtol(buf, NULL, 10) == before));
	close(fd);
}

/* --- the module and shared memory */

static int segment_make(int dev, int key, unsigned int flags)
{
	struct kipc_shm_get get = { .key = key, .size = 10000, .mode = 0600, .flags = flags };

	return ioctl(dev, KIPC_IOC_SHM_GET, &get) ? -1 : get.id;
}

static void segment_remove(int dev, int id)
{
	struct kipc_remove remove = { .id = id };

	ioctl(dev, KIPC_IOC_SHM_REMOVE, &remove);
}

static int segment_open(int dev, int id)
{
	struct kipc_shm_open open = { .id = id };

	return ioctl(dev, KIPC_IOC_SHM_OPEN, &open) ? -1 : open.fd;
}

static char *segment_attach(int dev, int id)
{
	struct kipc_shm_attach attach = { .id = id };

	return ioctl(dev, KIPC_IOC_SHM_ATTACH, &attach) ? NULL :
	       (char *)(unsigned long)attach.addr;
}

/* Nothing of the test uses the module any more: it goes, and comes back. */
static bool module_goes(struct _test_data_kipc *self)
{
	end_close(&self->r);
	end_close(&self->w);
	end_close(&self->dev);
	return module_unload();
}

static bool module_returns(struct _test_data_kipc *self)
{
	self->dev = module_load();
	self->before = stats_of(self->dev);
	return self->dev >= 0;
}

TEST_F_TIMEOUT(kipc, unloaded_module_takes_persistent_segments_with_it, 120)
{
	int id, i, round;
	char *p;

	for (round = 0; round < 3; round++) {
		EXPECT_EQ(0, stats_of(self->dev).shm_segments);
		for (i = 0; i < 50; i++) {
			/* with keys and without, and with memory */
			id = segment_make(self->dev, i % 2 ? 0x1000 + i : 0, KIPC_GET_CREAT);
			ASSERT_LE(0, id);
			p = segment_attach(self->dev, id);
			ASSERT_NE(NULL, p);
			memset(p, i, 10000);
			munmap(p, 12288);
		}
		EXPECT_EQ(50, stats_of(self->dev).shm_segments);
		ASSERT_TRUE(module_goes(self));
		ASSERT_TRUE(module_returns(self));
		EXPECT_EQ(0, stats_of(self->dev).shm_segments);
		EXPECT_EQ(0, stats_of(self->dev).shm_pages);
		EXPECT_EQ(0, param_get("objects"));
	}
}

TEST_F(kipc, module_stays_while_a_segment_is_attached_or_open)
{
	int id = segment_make(self->dev, 0, 0), fd;
	char *p = segment_attach(self->dev, id);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_NE(NULL, p);
	end_close(&self->r);
	end_close(&self->w);
	EXPECT_TRUE(keeps_module(self));
	/* a part of it, of a removed segment, in a child alone */
	munmap(p, 4096);
	segment_remove(self->dev, id);
	pid = child_fork();
	if (!pid) {
		close(self->dev);
		for (;;)
			pause();
	}
	munmap(p, 12288);
	EXPECT_TRUE(keeps_module(self));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));

	id = segment_make(self->dev, 0, 0);
	ASSERT_LE(0, id);
	fd = segment_open(self->dev, id);
	ASSERT_LE(0, fd);
	segment_remove(self->dev, id);
	EXPECT_TRUE(keeps_module(self));
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	close(fd);
	EXPECT_TRUE(keeps_module(self));
	munmap(p, 4096);
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).shm_segments == 0));
	ASSERT_TRUE(module_goes(self));
	ASSERT_TRUE(module_returns(self));
}

TEST_F(kipc, path_descriptor_of_a_segment_outlives_the_module)
{
	int id, fd, path, raw, round;
	char link[64], name[64] = "";
	struct stat st;

	for (round = 0; round < 2; round++) {
		/* with and without the segment still there */
		id = segment_make(self->dev, 0, 0);
		ASSERT_LE(0, id);
		fd = segment_open(self->dev, id);
		ASSERT_LE(0, fd);
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		path = open(link, O_PATH | O_CLOEXEC);
		ASSERT_LE(0, path);
		close(fd);
		if (round)
			segment_remove(self->dev, id);
		ASSERT_TRUE(module_goes(self));
		snprintf(link, sizeof(link), "/proc/self/fd/%d", path);
		EXPECT_EQ(0, fstat(path, &st));
		EXPECT_LT(0, readlink(link, name, sizeof(name) - 1));
		EXPECT_STREQ("/kipc_shm:00000000 (deleted)", name);
		/* nothing that is left of it is the module's */
		raw = open(link, O_RDWR | O_CLOEXEC);
		if (raw >= 0)
			close(raw);
		ASSERT_TRUE(module_returns(self));
		if (round)
			close(path);
		else
			dup2(path, 100);
	}
	close(100);
}

/* Their creator has exited just now: what removes them must not outlive the module. */
TEST_F_TIMEOUT(kipc, module_goes_while_segments_remove_themselves, 120)
{
	int round, i;
	pid_t pid;

	for (round = 0; round < 5; round++) {
		pid = child_fork();
		if (!pid) {
			for (i = 0; i < 100; i++)
				segment_make(self->dev, 0, KIPC_GET_AUTOREMOVE);
			_exit(0);
		}
		EXPECT_EQ(0, child_wait(pid));
		ASSERT_TRUE(module_goes(self));
		ASSERT_TRUE(module_returns(self));
	}
}

TEST_HARNESS_MAIN
