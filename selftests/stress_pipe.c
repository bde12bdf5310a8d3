// SPDX-License-Identifier: GPL-2.0
/*
 * A storm on a few pipes and a FIFO: processes that read, write, poll, resize, splice,
 * open and close at random, and are killed at random. Packets that arrive must be whole
 * and arrive once, a stream that nobody is killed at must be complete, and in the end
 * nothing may be left.
 *
 * Environment: KIPC_STRESS_SECONDS, how long it lasts (default: 10).
 */
#include "kipc_fixture.h"

#include <sched.h>
#include <sys/epoll.h>

#define WORKERS		6
#define PIPES		3
#define IDS		131072
#define FIFO		"/tmp/fifo"

/* One write in packet mode. */
struct packet {
	unsigned int id;
	unsigned int size;
	unsigned char data[PIPE_BUF - 8];
};

struct storm {
	int dev;
	int fds[PIPES][2];
	int null;
	struct shared {
		int stop;
		unsigned int next_id;
		int bad;
		long long packets;
		long long streamed;
		long long fifo;
		long long teed;
		long long operations;
		char what[100];
		unsigned char seen[IDS];
	} *sh;
};

static void complain(struct storm *st, const char *what)
{
	if (ADD(&st->sh->bad, 1) == 1)
		snprintf(st->sh->what, sizeof(st->sh->what), "%s (errno %d)", what, errno);
}

static void send_packet(struct storm *st, int fd, unsigned int seed)
{
	struct packet packet;
	ssize_t n;

	packet.id = ADD(&st->sh->next_id, 1);
	packet.size = 8 + seed % sizeof(packet.data);
	pattern(packet.data, packet.size - 8, packet.id);
	n = write(fd, &packet, packet.size);
	if (n != packet.size && !(n < 0 && errno == EAGAIN))
		complain(st, "write of a packet");
}

static void take_packet(struct storm *st, int fd)
{
	struct packet packet;
	ssize_t n = read(fd, &packet, sizeof(packet));

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 8 || n != packet.size || !is_pattern(packet.data, n - 8, packet.id)) {
		complain(st, "a packet is damaged");
		return;
	}
	/* numbers begin again only after a long time */
	if (__atomic_exchange_n(&st->sh->seen[packet.id % IDS], 1 + packet.id / IDS % 255,
				__ATOMIC_SEQ_CST) == 1 + packet.id / IDS % 255)
		complain(st, "a packet has arrived twice");
	ADD(&st->sh->packets, 1);
}

static int reopen(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

/* Another open file of the same pipe: a packet through it, without sleeping. */
static void use_reopened(struct storm *st, int pipe, unsigned int seed)
{
	int fd = reopen(st->fds[pipe][0], (seed & 1 ? O_RDONLY : O_RDWR) | O_NONBLOCK);

	if (fd < 0) {
		complain(st, "reopen");
		return;
	}
	take_packet(st, fd);
	close(fd);
}

static void use_epoll(struct storm *st, int pipe)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, st->fds[pipe][0], &event) ||
	    epoll_ctl(ep, EPOLL_CTL_ADD, st->fds[pipe][1], &event) ||
	    epoll_wait(ep, &event, 1, 1) < 0)
		complain(st, "epoll");
	close(ep);
}

/* A pipe of one's own, used and left. */
static void use_own(struct storm *st, unsigned int seed)
{
	struct kipc_pipe_splice arg;
	int fds[2];

	if (kipc_pipe(st->dev, fds, 0, 4096 << seed % 4)) {
		complain(st, "create");
		return;
	}
	arg = (struct kipc_pipe_splice) {
		.fd = st->null, .len = 3000, .flags = KIPC_SPLICE_FROM_PIPE,
	};
	if (!write_pattern(fds[1], 4096, seed) || ioctl(fds[0], KIPC_IOC_PIPE_SPLICE, &arg) ||
	    !read_pattern(fds[0], 1096, seed + 3000))
		complain(st, "a pipe of one's own");
	close(fds[seed & 1]);
	close(fds[!(seed & 1)]);
}

static void use_fifo(struct storm *st, unsigned int seed)
{
	/* two of them wait for each other, or to be killed */
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDONLY | O_NONBLOCK,
		O_WRONLY | O_NONBLOCK, O_RDONLY | O_NONBLOCK, O_WRONLY | O_NONBLOCK,
	};
	int fd = open(FIFO, flags[seed % ARRAY_SIZE(flags)] | O_CLOEXEC);
	bool is_writer = seed & 64;
	char c = 'x';
	ssize_t n;

	if (fd < 0) {
		if (errno != ENXIO)
			complain(st, "open of the FIFO");
		return;
	}
	set_flag(fd, O_NONBLOCK, true);
	n = is_writer ? write(fd, &c, 1) : read(fd, &c, 1);
	if (n > 0)
		ADD(&st->sh->fifo, 1);
	/* it was opened for the other direction; all others have gone */
	else if (n && errno != EAGAIN && errno != EBADF && (errno != EPIPE || !is_writer))
		complain(st, "use of the FIFO");
	if ((!n && is_writer) || c != 'x')
		complain(st, "a byte of the FIFO");
	close(fd);
}

static void resize(struct storm *st, int pipe, unsigned int seed)
{
	errno = 0;
	if (size_set(st->fds[pipe][0], 4096 << seed % 7) < 0 && errno != EBUSY)
		complain(st, "resize");
}

static void tee_away(struct storm *st, int pipe)
{
	struct kipc_pipe_splice arg = {
		.fd = st->null, .len = 5000, .flags = KIPC_SPLICE_NONBLOCK,
	};

	if (!ioctl(st->fds[pipe][0], KIPC_IOC_PIPE_TEE, &arg))
		ADD(&st->sh->teed, 1);
	else if (errno != EAGAIN)
		complain(st, "tee");
}

static void look(struct storm *st, int pipe)
{
	struct kipc_pipe_stat stat = stat_of(st->fds[pipe][1]);

	if (stat.used > stat.size || stat.packets > stat.size / 64 || !stat.readers ||
	    !stat.writers || stat.reserved || bytes_in(st->fds[pipe][0]) < 0)
		complain(st, "stat");
}

static void worker(struct storm *st, unsigned int seed)
{
	int pipe, *fds;

	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		/* the first one blocks, and would soon have them all */
		pipe = rand_r(&seed) % 16 ? 1 + rand_r(&seed) % (PIPES - 1) : 0;
		fds = st->fds[pipe];
		ADD(&st->sh->operations, 1);
		switch (rand_r(&seed) % 16) {
		case 0 ... 3:
			send_packet(st, fds[1], rand_r(&seed));
			break;
		case 4 ... 7:
			take_packet(st, fds[0]);
			break;
		case 8:
			poll_now(fds[0], POLLIN);
			poll_now(fds[1], POLLOUT);
			break;
		case 9:
			resize(st, pipe, rand_r(&seed));
			break;
		case 10:
			use_reopened(st, pipe, rand_r(&seed));
			break;
		case 11:
			use_epoll(st, pipe);
			break;
		case 12:
			use_own(st, rand_r(&seed));
			break;
		case 13:
			use_fifo(st, rand_r(&seed));
			break;
		case 14:
			tee_away(st, pipe);
			break;
		case 15:
			look(st, pipe);
			break;
		}
	}
}

/* Two that are never killed, with a stream between them that others resize. */
static void streamer(struct storm *st, int fd)
{
	unsigned char buf[9000];
	unsigned int seed = 1;
	size_t at = 0, size;
	ssize_t n;

	while (!LOAD(&st->sh->stop)) {
		size = 1 + rand_r(&seed) % sizeof(buf);
		pattern(buf, size, at);
		n = write(fd, buf, size);
		if (n != (ssize_t)size)
			_exit(1);
		at += n;
	}
	_exit(0);
}

static void stream_reader(struct storm *st, int fd)
{
	unsigned char buf[9000];
	unsigned int seed = 2;
	size_t at = 0;
	ssize_t n;

	for (;;) {
		n = read(fd, buf, 1 + rand_r(&seed) % sizeof(buf));
		if (n <= 0)
			_exit(n < 0);
		if (!is_pattern(buf, n, at))
			_exit(2);
		at += n;
		ADD(&st->sh->streamed, n);
	}
}

static void stream_resizer(int fd)
{
	unsigned int seed = 3;

	for (;;) {
		size_set(fd, 4096 << rand_r(&seed) % 6);
		nap();
	}
}

TEST_F_TIMEOUT(kipc, storm_with_random_kills_damages_and_leaks_nothing, 3600)
{
	const char *env = getenv("KIPC_STRESS_SECONDS");
	long long end = now_ms() + 1000LL * (env ? atoi(env) : 10);
	long long objects = param_get("objects");
	struct storm st = { .dev = self->dev };
	pid_t pids[WORKERS], writer, reader, resizer;
	unsigned int seed = 42;
	int i, kills = 0;

	st.sh = shared_alloc(sizeof(*st.sh));
	ASSERT_NE(NULL, st.sh);
	st.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, st.null);
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("none", "/tmp", KIPCFS_NAME, 0, NULL));
	ASSERT_EQ(0, mkfifo(FIFO, 0600));

	writer = child_fork();
	if (!writer)
		streamer(&st, self->w);
	resizer = child_fork();
	if (!resizer) {
		close(self->w);
		stream_resizer(self->r);
	}
	end_close(&self->w);
	reader = child_fork();
	if (!reader)
		stream_reader(&st, self->r);
	for (i = 0; i < PIPES; i++)
		ASSERT_EQ(0, kipc_pipe(self->dev, st.fds[i],
				       KIPC_PIPE_PACKET | (i ? KIPC_PIPE_NONBLOCK : 0), 0));
	for (i = 0; i < WORKERS; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			worker(&st, i);
	}
	while (!LOAD(&st.sh->bad) &&
	       not_yet(end, LOAD(&st.sh->packets) && LOAD(&st.sh->streamed) &&
		       LOAD(&st.sh->fifo) && LOAD(&st.sh->teed) && kills)) {
		for (i = 0; i < 50; i++)
			nap();
		i = rand_r(&seed) % WORKERS;
		ASSERT_EQ(128 + SIGKILL, child_kill(pids[i]));
		kills++;
		pids[i] = child_fork();
		if (!pids[i])
			worker(&st, 1000 + kills);
	}
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
	ADD(&st.sh->stop, 1);
	EXPECT_EQ(0, child_wait(writer));
	EXPECT_EQ(128 + SIGKILL, child_kill(resizer));
	EXPECT_EQ(0, child_wait(reader));
	EXPECT_EQ(0, st.sh->bad)
		TH_LOG("%s", st.sh->what);
	printf("# %lld operations, %lld packets, %lld bytes streamed, %d kills\n",
	       st.sh->operations, st.sh->packets, st.sh->streamed, kills);
	printf("# %lld bytes through the FIFO, %lld times tee\n", st.sh->fifo, st.sh->teed);
	fflush(stdout);
	EXPECT_LT(0, st.sh->packets);
	EXPECT_LT(0, st.sh->streamed);
	EXPECT_LT(0, st.sh->fifo);
	EXPECT_LT(0, st.sh->teed);
	EXPECT_LT(0, kills);
	for (i = 0; i < PIPES; i++) {
		EXPECT_EQ(0, stat_of(st.fds[i][0]).sleeping_readers);
		EXPECT_EQ(0, stat_of(st.fds[i][0]).sleeping_writers);
		close(st.fds[i][0]);
		close(st.fds[i][1]);
	}
	EXPECT_TRUE(EVENTUALLY(umount("/tmp") == 0));
	end_close(&self->r);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects - 1));
}

TEST_HARNESS_MAIN
