// SPDX-License-Identifier: GPL-2.0
/*
 * Storms of processes that use every kind of object at once: killed at random; while their
 * instance is unmounted; while instances are mounted and unmounted in loops; while the module
 * is loaded and unloaded; as a fork bomb with little memory. And a token that goes round
 * through all kinds of objects, which nobody may lose.
 *
 * All of it has 64 MiB, in a group of its own, and the machine has its memory back afterwards.
 */
#include "oom.h"
#include "race.h"
#include "storm.h"
#include "unload.h"

#include <sys/epoll.h>

#define PIDS		"/sys/fs/cgroup/kipc-test/pids.max"
#define PIDS_MAX	40
#define MIB		(1LL << 20)
/* no storm has more objects of the kernel's at the same time */
#define NOTES		20000

/* What the group was charged for at most; the count of a moment if the kernel has no other. */
static long long memcg_used(void)
{
	long long peak = memcg_read("memory.peak", NULL);

	return peak > 0 ? peak : memcg_read("memory.current", NULL);
}

FIXTURE(storm)
{
	int dev;
	long long objects;
	/* what the machine had before; the least seen since, and the charge of the group */
	long long available, least, charged;
};

FIXTURE_SETUP(storm)
{
	self->dev = kipc_open();
	ASSERT_LE(0, self->dev)
		TH_LOG(KIPC_DEVICE ": %s", strerror(errno));
	self->objects = param_get("objects");
	count = shared_alloc(sizeof(*count));
	ASSERT_NE(NULL, count);
	ASSERT_EQ(0, mounts_private());
	self->available = memory_available();
	self->least = LLONG_MAX;
	ASSERT_EQ(0, memcg_make("64M"));
	ASSERT_EQ(0, memcg_enter());
}

FIXTURE_TEARDOWN(storm)
{
	children_reap();
	/* it was used, unless the test has removed it, and nothing of it is left */
	EXPECT_NE(0, memcg_used());
	EXPECT_NE(LLONG_MAX, self->least);
	EXPECT_GT(memory_bound(self->charged, NOTES), self->available - self->least)
		TH_LOG("%lld bytes charged, %lld less in the machine", self->charged,
		       self->available - self->least);
	EXPECT_EQ(0, memcg_leave());
	EXPECT_EQ(0, memcg_remove());
	EXPECT_TRUE(EVENTUALLY(memory_available() > self->available - 32 * MIB))
		TH_LOG("%lld -> %lld", self->available, memory_available());
	EXPECT_EQ(0, count->bad)
		TH_LOG("%s", count->what);
	umount(STORM_DIR);
	if (self->dev >= 0)
		close(self->dev);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects))
		TH_LOG("objects %lld -> %lld", self->objects, param_get("objects"));
}

/* How much of the machine's memory is left, now that all are at work. */
static void look_at_memory(struct _test_data_storm *self)
{
	long long now = memory_available();

	self->least = now < self->least ? now : self->least;
	self->charged = memcg_used();
}

static void say_memory(const struct _test_data_storm *self)
{
	printf("# %lld KiB charged, %lld KiB less in the machine\n", self->charged / 1024,
	       (self->available - self->least) / 1024);
}

/* The first @kinds of what is done in a storm have succeeded. */
static void expect_done(struct __test_metadata *_metadata, int kinds)
{
	int kind;

	for (kind = 0; kind < kinds; kind++)
		EXPECT_LT(0, count->done[kind])
			TH_LOG("%s", storm_kinds[kind]);
	for (kind = 0; kind < STORM_KINDS; kind++)
		printf("%s%ld", kind ? ", " : "# done: ", count->done[kind]);
	printf("\n");
	fflush(stdout);
}

/* A storm in an instance of its own. */
static int begin(struct storm *st)
{
	int node;

	if (kipcfs_mount(STORM_DIR, NULL))
		return -1;
	node = open_in(STORM_DIR, "control", O_RDWR);
	return node < 0 ? -1 : storm_make(st, node, STORM_DIR);
}

static int end(struct storm *st)
{
	storm_close(st);
	close(st->node);
	return EVENTUALLY(!umount(STORM_DIR)) ? 0 : -1;
}

/* --- killed at random */

/* Where they are to be killed asleep, too. */
static const struct asleep {
	const char *name;
	long nr;
	unsigned long request;	/* of an ioctl */
	int wish;		/* has them do it each time: now and then may be too rare */
} asleep[] = {
	{ "read", SYS_read, 0, STORM_READ },
	{ "write", SYS_write, 0, STORM_WRITE },
	{ "the open of a FIFO", SYS_openat, 0, STORM_OPEN },
	{ "sending a message", SYS_ioctl, KIPC_IOC_MSG_SEND, STORM_ANY },
};

static bool is_asleep_in(pid_t pid, const struct asleep *in)
{
	char path[64], buf[256];
	unsigned long request;

	if (!task_is_blocked(pid, in->nr))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	return !in->request || (file_read(path, buf, sizeof(buf)) > 0 &&
				sscanf(buf, "%*d %*x %lx", &request) == 1 &&
				request == in->request);
}

/* One of @n that sleeps there, or -1. */
static int who_is_asleep_in(const pid_t *pids, int n, const struct asleep *in)
{
	int i;

	for (i = 0; i < n; i++)
		if (is_asleep_in(pids[i], in))
			return i;
	return -1;
}

TEST_F_TIMEOUT(storm, kills_at_random_lose_no_token_and_leave_nothing, 180)
{
	enum { WORKERS = 6, KILLS = 20 };
	pid_t workers[WORKERS];
	unsigned int seed = 1;
	const struct asleep *in;
	struct storm st;
	int i, kills = 0;
	long long until;

	ASSERT_EQ(0, begin(&st));
	for (i = 0; i < WORKERS; i++)
		workers[i] = storm_worker(&st, i);
	until = now_ms() + 3000;
	while (not_yet(until, kills >= KILLS && storm_has_done(STORM_KINDS))) {
		i = rand_r(&seed) % WORKERS;
		spin(rand_r(&seed) % 100000);
		/* at any moment, and each second one in its sleep */
		in = &asleep[kills / 2 % ARRAY_SIZE(asleep)];
		STORE(&count->wish, kills % 2 ? in->wish : STORM_ANY);
		if (kills % 2)
			ASSERT_TRUE(EVENTUALLY((i = who_is_asleep_in(workers, WORKERS, in)) >= 0))
				TH_LOG("nobody sleeps in %s, after %d kills, %ld rounds",
				       in->name, kills, LOAD(&count->rounds));
		/* nobody hangs, whatever it was in */
		ASSERT_EQ(128 + SIGKILL, child_kill(workers[i]));
		workers[i] = storm_worker(&st, seed);
		kills++;
		look_at_memory(self);
	}
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(128 + SIGKILL, child_kill(workers[i]));
	EXPECT_TRUE(storm_is_over(&st));
	printf("# %d kills, %ld rounds\n", kills, count->rounds);
	say_memory(self);
	expect_done(_metadata, STORM_KINDS);
	EXPECT_LE(KILLS, kills);
	EXPECT_LT(0, count->rounds);
	EXPECT_EQ(0, end(&st));
}

/* --- the instance goes while all work in it */

TEST_F_TIMEOUT(storm, umount_under_load_of_all_objects_leaves_nothing, 120)
{
	enum { WORKERS = 4, ROUNDS = 8 };
	pid_t workers[WORKERS];
	struct storm st;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		long rounds = count->rounds;

		ASSERT_EQ(0, begin(&st));
		for (i = 0; i < WORKERS; i++)
			workers[i] = storm_worker(&st, round * WORKERS + i);
		/* the first time until there was something of everything */
		ASSERT_TRUE(EVENTUALLY(LOAD(&count->rounds) > rounds + 10 &&
				       (round || storm_has_done(STORM_KINDS))));
		look_at_memory(self);
		ASSERT_EQ(0, umount2(STORM_DIR, MNT_DETACH));
		/* some with the node open still, which keeps it; some without */
		storm_close(&st);
		close(st.node);
		for (i = 0; i < WORKERS; i++)
			ASSERT_EQ(128 + SIGKILL, child_kill(workers[i]));
		ASSERT_TRUE(EVENTUALLY(param_get("objects") == self->objects))
			TH_LOG("objects %lld", param_get("objects"));
	}
	say_memory(self);
	expect_done(_metadata, STORM_KINDS);
}

/* --- instances come and go */

/* Use the instance that is mounted just now, and unmount it. */
static void visit(unsigned int *seed, int flags)
{
	int node = open_in(STORM_DIR, "control", O_RDWR), i;
	struct storm st;

	if (node < 0 || storm_make(&st, node, STORM_DIR)) {
		storm_complain("a mounted instance does not work");
		_exit(51);
	}
	for (i = 0; i < 3; i++)
		storm_round(&st, rand_r(seed));
	storm_close(&st);
	close(node);
	if (!EVENTUALLY(!umount2(STORM_DIR, flags)))
		storm_complain("an instance that nobody uses cannot be unmounted");
}

static pid_t mount_and_unmount(unsigned int seed)
{
	pid_t pid = child_fork();

	if (pid)
		return pid;
	/* what is mounted when it is killed goes with it */
	if (unshare(CLONE_NEWNS))
		_exit(50);
	for (;;) {
		if (kipcfs_mount(STORM_DIR, NULL)) {
			storm_complain("no instance can be mounted");
			_exit(52);
		}
		visit(&seed, 0);
	}
}

TEST_F_TIMEOUT(storm, mounts_and_unmounts_in_loops_with_random_kills_leave_nothing, 120)
{
	enum { WORKERS = 4, KILLS = 20 };
	pid_t workers[WORKERS];
	unsigned int seed = 1;
	int i, kills = 0;
	long long until;
	long seen;

	for (i = 0; i < WORKERS; i++)
		workers[i] = mount_and_unmount(i);
	until = now_ms() + 3000;
	while (kills < KILLS || not_yet(until, storm_has_done(FOR_TWO))) {
		i = rand_r(&seed) % WORKERS;
		seen = LOAD(&count->rounds);
		/* at any moment, but some are to come far */
		if (kills % 2)
			ASSERT_TRUE(EVENTUALLY(LOAD(&count->rounds) > seen));
		spin(rand_r(&seed) % 100000);
		ASSERT_EQ(128 + SIGKILL, child_kill(workers[i]));
		workers[i] = mount_and_unmount(seed);
		kills++;
		look_at_memory(self);
	}
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(128 + SIGKILL, child_kill(workers[i]));
	printf("# %d kills, %ld rounds\n", kills, count->rounds);
	say_memory(self);
	expect_done(_metadata, FOR_TWO);
}

/* --- the module comes and goes */

/* In a process for each time: what it leaves to its exit, mappings say, is gone with it. */
static void come_and_go_once(unsigned int seed)
{
	pid_t pid = child_fork();

	if (!pid) {
		/* the module may be anywhere between there and not there */
		if (unshare(CLONE_NEWNS) || kipcfs_mount(STORM_DIR, NULL))
			_exit(0);
		visit(&seed, MNT_DETACH);
		_exit(0);
	}
	if (child_wait_long(pid))
		storm_complain("a process that uses all objects does not end");
}

/* Open whatever is there, use it, and let it go. */
static void come_and_go(unsigned int seed)
{
	if (mkdir(STORM_DIR, 0755) && errno != EEXIST)
		_exit(50);
	while (!LOAD(&count->stop)) {
		if (LOAD(&count->away) || access(KIPC_DEVICE, F_OK)) {
			nap();
			continue;
		}
		come_and_go_once(rand_r(&seed));
		/* so that now and then nobody uses it */
		usleep(rand_r(&seed) % 40000);
	}
	_exit(0);
}

TEST_F_TIMEOUT(storm, module_comes_and_goes_under_load, 180)
{
	enum { WORKERS = 2, UNLOADS = 4 };
	int fd, i, unloaded = 0, refused = 0, used = 0, tries = 0;
	unsigned int seed = 1;
	pid_t workers[WORKERS];
	long long until;
	long seen;

	ASSERT_EQ(0, self->objects);
	close(self->dev);
	self->dev = -1;
	fd = open(MODULE_FILE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	for (i = 0; i < WORKERS; i++) {
		workers[i] = child_fork();
		if (!workers[i])
			come_and_go(i);
	}
	until = now_ms() + 3000;
	while (not_yet(until, used >= UNLOADS && refused && storm_has_done(FOR_TWO))) {
		look_at_memory(self);
		if (syscall(SYS_delete_module, "kipc", O_NONBLOCK)) {
			ASSERT_TRUE(errno == EWOULDBLOCK || errno == EBUSY);
			refused++;
			/* so that at some time nobody uses it, however slow they are */
			STORE(&count->away, ++tries > 100);
			nap();
			continue;
		}
		unloaded++;
		seen = LOAD(&count->rounds);
		ASSERT_EQ(0, syscall(SYS_finit_module, fd, "", 0));
		tries = 0;
		STORE(&count->away, 0);
		/* at times at once, while they look whether it is back; else when it was used */
		if (unloaded % 4 == 0) {
			usleep(rand_r(&seed) % 20000);
			continue;
		}
		ASSERT_TRUE(EVENTUALLY(LOAD(&count->rounds) > seen))
			TH_LOG("nobody uses it after %d unloads", unloaded);
		used++;
	}
	STORE(&count->stop, 1);
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(0, child_wait(workers[i]));
	close(fd);
	printf("# unloaded %d times, %d times after use, refused %d times, %ld rounds\n",
	       unloaded, used, refused, count->rounds);
	say_memory(self);
	expect_done(_metadata, FOR_TWO);
	EXPECT_LE(UNLOADS, used);
	EXPECT_LT(0, refused);
	self->dev = kipc_open();
	ASSERT_LE(0, self->dev);
}

/* --- a fork bomb with little memory */

/* In a group that counts them, the kernel says itself whether one more process may be. */
static bool has_pids;

static pid_t bomb_fork(void)
{
	pid_t pid = -1;

	if (has_pids || ADD(&count->alive, 1) < PIDS_MAX)
		pid = fork();
	if (pid < 0 && !has_pids)
		ADD(&count->alive, -1);
	if (pid < 0)
		ADD(&count->refused, 1);
	return pid;
}

/* Fork as long as it goes, work a little, and end somehow. */
static void multiply(const struct storm *st, unsigned int seed)
{
	int rounds = 2 + rand_r(&seed) % 10;
	pid_t pid;

	while (rounds-- && !LOAD(&count->stop)) {
		pid = bomb_fork();
		if (!pid) {
			/* the child begins anew */
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			seed = seed * 31 + rounds;
			rounds = 2 + rand_r(&seed) % 10;
		}
		storm_round(st, rand_r(&seed));
		if (pid > 0 && rand_r(&seed) % 2)
			kill(pid, SIGKILL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			ADD(&count->alive, -1);
	}
	_exit(0);
}

static long long all_memory(const char *name)
{
	char buf[8192], *line;

	if (file_read("/proc/meminfo", buf, sizeof(buf)) < 0)
		return -1;
	line = strstr(buf, name);
	return line ? strtoll(line + strlen(name) + 1, NULL, 10) * 1024 : -1;
}

TEST_F_TIMEOUT(storm, fork_bomb_in_a_small_group_ends_and_takes_no_memory_of_others, 180)
{
	struct storm st;
	siginfo_t info;
	long long slab, before, until, room;
	pid_t pid;
	int n = 0, reports;

	ASSERT_LE(0, oom_reports_clear());
	/* it is the bomb's alone */
	ASSERT_EQ(0, memcg_leave());
	ASSERT_EQ(0, begin(&st));
	file_write("/sys/fs/cgroup/cgroup.subtree_control", "+pids");
	has_pids = !file_write(PIDS, "40");
	/* the orphans are ours */
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	slab = all_memory("SUnreclaim");
	before = memory_available();
	until = now_ms() + 3000;
	while (not_yet(until, storm_has_done(STORM_KINDS) && LOAD(&count->refused))) {
		STORE(&count->alive, 0);
		pid = child_fork();
		if (!pid) {
			if (memcg_enter())
				_exit(60);
			multiply(&st, n);
		}
		info.si_pid = 0;
		EXPECT_TRUE(EVENTUALLY((look_at_memory(self),
					!waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
					info.si_pid)));
		EXPECT_LT(-1, child_wait_long(pid));
		n++;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
	STORE(&count->stop, 1);
	ASSERT_EQ(0, memcg_write("cgroup.kill", "1"));
	while (waitpid(-1, NULL, 0) > 0)
		;
	EXPECT_TRUE(storm_is_over(&st));
	EXPECT_EQ(0, end(&st));
	printf("# %d bombs, %ld rounds, %ld forks refused%s\n", n, count->rounds, count->refused,
	       has_pids ? "" : " by themselves");
	/* it has come to its limits */
	EXPECT_LT(0, count->refused);
	if (has_pids)
		EXPECT_LT(0, memcg_read("pids.events", "max"));
	EXPECT_EQ(0, memcg_remove());
	say_memory(self);
	expect_done(_metadata, STORM_KINDS);
	/* all of the group is back, and what was not charged to it was never much */
	EXPECT_TRUE(EVENTUALLY(memory_available() > before - 32 * MIB))
		TH_LOG("%lld -> %lld", before, memory_available());
	room = memory_bound(8 * MIB, NOTES);
	EXPECT_TRUE(EVENTUALLY(all_memory("SUnreclaim") < slab + room))
		TH_LOG("%lld -> %lld", slab, all_memory("SUnreclaim"));
	reports = oom_reports_clear();
	EXPECT_LE(0, reports);
}

/* --- mounts are charged to who makes them */

TEST_F_TIMEOUT(storm, instances_end_at_the_limit_of_the_group, 120)
{
	long long before, *peak = shared_alloc(sizeof(*peak));
	int *mounted = shared_alloc(sizeof(*mounted)), status;
	pid_t pid;

	ASSERT_NE(NULL, peak);
	ASSERT_NE(NULL, mounted);
	ASSERT_LE(0, oom_reports_clear());
	ASSERT_EQ(0, memcg_leave());
	ASSERT_EQ(0, memcg_write("memory.max", "24M"));
	before = memory_available();
	pid = child_fork();
	if (!pid) {
		char dir[64];

		if (memcg_enter() || user_namespace_enter(OTHER_UID) ||
		    mount("none", MOUNTS, "tmpfs", 0, NULL))
			_exit(70);
		for (; *mounted < 400; ++*mounted) {
			snprintf(dir, sizeof(dir), MOUNTS "/%d", *mounted);
			if (kipcfs_mount(dir, NULL))
				break;
			*peak = before - memory_available();
		}
		_exit(0);
	}
	status = child_wait_long(pid);
	EXPECT_TRUE(status == 0 || status == 128 + SIGKILL)
		TH_LOG("status %d", status);
	printf("# %d instances, %lld KiB charged, %lld KiB less in the machine\n", *mounted,
	       memcg_read("memory.peak", NULL) / 1024, *peak / 1024);
	fflush(stdout);
	/* what there was least of was seen there */
	self->least = self->available;
	EXPECT_LT(10, *mounted);
	EXPECT_GT(memory_bound(24 * MIB, *mounted * 100LL), *peak);
	EXPECT_EQ(0, memcg_remove());
	EXPECT_TRUE(EVENTUALLY(memory_available() > before - 16 * MIB))
		TH_LOG("%lld -> %lld", before, memory_available());
	EXPECT_LE(0, oom_reports_clear());
}

/* --- a token that goes round */

enum { BY_PIPE, BY_FIFO, BY_SEM, BY_MSG, BY_SIG, BY_FUTEX, BY_POLL, HOPS };

static const char *const hop_names[HOPS] = {
	"pipe", "FIFO", "semaphore", "message", "signal", "futex in a segment", "epoll",
};

/* Of the ring: objects that nobody else uses, and where the token was last. */
struct ring {
	struct storm st;
	int polled[2];
	int *word;
	int *at;
	long *rounds;
};

static int send_signal(int node, int id)
{
	struct kipc_sig_send send = { .id = id, .signo = KIPC_SIG_RTMIN };

	return ioctl(node, KIPC_IOC_SIG_SEND, &send);
}

static void token_give(const struct ring *ring, int hop)
{
	const struct storm *st = &ring->st;
	struct kipc_msg_send send = {
		.id = st->msg, .type = 1, .addr = (unsigned long)"t", .size = 1,
		.timeout = KIPC_TIMEOUT_NONE,
	};
	int ret = 0;

	STORE(ring->at, hop);
	switch (hop) {
	case BY_PIPE:
		ret = write(st->pipe[1], "t", 1) != 1;
		break;
	case BY_FIFO:
		ret = write(st->fifo, "t", 1) != 1;
		break;
	case BY_SEM:
		ret = storm_sem(st->node, st->sem, MOMENTS, 1, 0, KIPC_TIMEOUT_NONE);
		break;
	case BY_MSG:
		ret = ioctl(st->node, KIPC_IOC_MSG_SEND, &send);
		break;
	case BY_SIG:
		ret = send_signal(st->node, st->sig);
		break;
	case BY_FUTEX:
		STORE(ring->word, 1);
		syscall(SYS_futex, ring->word, FUTEX_WAKE, 1, NULL, NULL, 0);
		break;
	case BY_POLL:
		ret = write(ring->polled[1], "t", 1) != 1;
	}
	if (ret)
		storm_complain(hop_names[hop]);
}

static int take_by_epoll(int epoll, int fd)
{
	struct epoll_event event;
	char c;

	/* edge-triggered: one edge for each token */
	if (epoll_wait(epoll, &event, 1, -1) != 1)
		return -1;
	return read(fd, &c, 1) == 1 ? 0 : -1;
}

static void token_take(const struct ring *ring, int hop, int epoll)
{
	const struct storm *st = &ring->st;
	struct kipc_msg_receive receive = { .id = st->msg, .timeout = KIPC_TIMEOUT_NONE };
	struct kipc_sig_wait wait = { .set = ~0ULL, .timeout = KIPC_TIMEOUT_NONE };
	char c;
	int ret = 0;

	receive.addr = (unsigned long)&c;
	receive.size = 1;
	switch (hop) {
	case BY_PIPE:
		ret = read(st->pipe[0], &c, 1) != 1;
		break;
	case BY_FIFO:
		ret = read(st->fifo, &c, 1) != 1;
		break;
	case BY_SEM:
		ret = storm_sem(st->node, st->sem, MOMENTS, -1, 0, KIPC_TIMEOUT_NONE);
		break;
	case BY_MSG:
		ret = ioctl(st->node, KIPC_IOC_MSG_RECEIVE, &receive);
		break;
	case BY_SIG:
		ret = ioctl(st->sub_fd, KIPC_IOC_SIG_WAIT, &wait);
		break;
	case BY_FUTEX:
		while (!__atomic_exchange_n(ring->word, 0, __ATOMIC_SEQ_CST))
			syscall(SYS_futex, ring->word, FUTEX_WAIT, 0, NULL, NULL, 0);
		break;
	case BY_POLL:
		ret = take_by_epoll(epoll, ring->polled[0]);
	}
	if (ret)
		storm_complain(hop_names[hop]);
}

/* It takes by one kind of object and gives by the next. */
static void pass_on(const struct ring *ring, int hop)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, ring->polled[0], &event))
		_exit(80);
	for (;;) {
		token_take(ring, hop, epoll);
		if (!hop)
			ADD(ring->rounds, 1);
		token_give(ring, (hop + 1) % HOPS);
	}
}

TEST_F_TIMEOUT(storm, token_goes_round_through_every_kind_of_object_and_is_never_lost, 240)
{
	struct kipc_shm_attach attach = { 0 };
	long *rounds = shared_alloc(sizeof(*rounds)), seen;
	int *at = shared_alloc(sizeof(*at)), hop;
	struct ring ring = { .at = at, .rounds = rounds };
	pid_t pids[HOPS];
	long long until;

	ASSERT_NE(NULL, rounds);
	ASSERT_NE(NULL, at);
	ASSERT_EQ(0, begin(&ring.st));
	set_flag(ring.st.pipe[0], O_NONBLOCK, false);
	set_flag(ring.st.fifo, O_NONBLOCK, false);
	ASSERT_EQ(0, kipc_pipe(ring.st.node, ring.polled, KIPC_PIPE_NONBLOCK, 0));
	attach.id = ring.st.shm;
	ASSERT_EQ(0, ioctl(ring.st.node, KIPC_IOC_SHM_ATTACH, &attach));
	ring.word = (int *)(unsigned long)attach.addr;
	for (hop = 0; hop < HOPS; hop++) {
		pids[hop] = child_fork();
		if (!pids[hop])
			pass_on(&ring, hop);
	}
	token_give(&ring, 0);
	/* the watchdog: it is on its way as long as there are new rounds */
	until = now_ms() + 3000;
	while (now_ms() < until) {
		seen = LOAD(rounds);
		ASSERT_TRUE(EVENTUALLY(LOAD(rounds) > seen))
			TH_LOG("it is lost in the %s, after %ld rounds", hop_names[LOAD(at)], seen);
		look_at_memory(self);
	}
	for (hop = 0; hop < HOPS; hop++)
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[hop]));
	printf("# %ld rounds\n", *rounds);
	say_memory(self);
	fflush(stdout);
	munmap(ring.word, STORM_SIZE);
	close(ring.polled[0]);
	close(ring.polled[1]);
	EXPECT_EQ(0, end(&ring.st));
}

TEST_HARNESS_MAIN
