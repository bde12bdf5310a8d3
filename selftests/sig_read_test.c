// SPDX-License-Identifier: GPL-2.0
/*
 * How a subscriber takes signals: read(2) and its records, KIPC_IOC_SIG_WAIT and its
 * timeouts, and what it blocks. Polling is in sig_poll_test.
 */
#include "sig_fixture.h"
#include "stuck.h"

#include <assert.h>
#include <sys/uio.h>

#define SIG	(KIPC_SIG_RTMIN + 5)
#define RECORD	sizeof(struct signalfd_siginfo)

static_assert(sizeof(struct signalfd_siginfo) == 128, "as the kernel has it");

/* Whether all of @info is right, to its last byte. */
static bool record_is(const struct signalfd_siginfo *info, int signo, int code, pid_t pid,
		      uid_t uid, __u64 value)
{
	struct signalfd_siginfo want;

	memset(&want, 0, sizeof(want));
	want.ssi_signo = signo;
	want.ssi_code = code;
	want.ssi_pid = pid;
	want.ssi_uid = uid;
	want.ssi_int = (int)value;
	want.ssi_ptr = value;
	return !memcmp(info, &want, sizeof(want));
}

/* --- records */

TEST_F(sigq, record_is_that_of_a_signalfd_to_the_last_byte)
{
	struct signalfd_siginfo infos[3], native;
	__u64 value = 0x8123456789abcdefULL;
	siginfo_t info = { .si_code = SI_QUEUE };
	int sub = sub_new(self->dev, self->id, NULL), fd;
	sigset_t set;

	ASSERT_LE(0, sub);
	memset(infos, POISON, sizeof(infos));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, value));
	EXPECT_EQ(1, sub_read(sub, infos, 3));
	EXPECT_TRUE(record_is(&infos[0], SIG, SI_QUEUE, getpid(), 0, value));
	EXPECT_TRUE(is_all(&infos[1], POISON, 2 * RECORD));

	/* the kernel's, of the same signal */
	block_signal(SIG);
	sigemptyset(&set);
	sigaddset(&set, SIG);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	ASSERT_LE(0, fd);
	info.si_pid = getpid();
	info.si_value.sival_ptr = (void *)(unsigned long)value;
	ASSERT_EQ(0, syscall(SYS_rt_sigqueueinfo, getpid(), SIG, &info));
	memset(&native, ~POISON, sizeof(native));
	ASSERT_EQ((ssize_t)RECORD, read(fd, &native, sizeof(native)));
	EXPECT_EQ(0, memcmp(&native, &infos[0], RECORD));
	close(fd);
	close(sub);
}

TEST_F(sigq, read_gives_as_many_as_there_are_and_fit)
{
	int sub = sub_new(self->dev, self->id, NULL), i;
	struct signalfd_siginfo infos[8];

	ASSERT_LE(0, sub);
	for (i = 0; i < 7; i++)
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG + 6 - i, i));
	memset(infos, POISON, sizeof(infos));
	EXPECT_EQ(3, sub_read(sub, infos, 3));
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(record_is(&infos[i], SIG + i, SI_QUEUE, getpid(), 0, 6 - i));
	EXPECT_TRUE(is_all(&infos[3], POISON, 5 * RECORD));
	/* a part of a record is room for none */
	EXPECT_EQ((ssize_t)RECORD, read(sub, infos, 2 * RECORD - 1));
	EXPECT_TRUE(record_is(&infos[0], SIG + 3, SI_QUEUE, getpid(), 0, 3));
	EXPECT_EQ(3, sub_read(sub, infos, 8));
	for (i = 0; i < 3; i++)
		EXPECT_TRUE(record_is(&infos[i], SIG + 4 + i, SI_QUEUE, getpid(), 0, 2 - i));
	EXPECT_EQ(-1, sub_read(sub, infos, 8));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(7, sigq_stat(self->fd, SELF).taken);
	close(sub);
}

TEST_F(sigq, short_reads_are_einval_and_take_nothing)
{
	int sub = sub_new(self->dev, self->id, NULL);
	char buf[RECORD + 1];
	size_t n;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	memset(buf, POISON, sizeof(buf));
	for (n = 0; n < RECORD; n++) {
		EXPECT_EQ(-1, read(sub, buf, n));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(is_all(buf, POISON, sizeof(buf)));
	EXPECT_TRUE(sub_awaits(sub, 0, BIT_OF(SIG)));
	EXPECT_EQ((ssize_t)RECORD, read(sub, buf, RECORD + 1));
	EXPECT_EQ(POISON, (unsigned char)buf[RECORD]);
	/* whether there is one or not */
	EXPECT_EQ(-1, read(sub, buf, RECORD - 1));
	EXPECT_EQ(EINVAL, errno);
	close(sub);
}

TEST_F(sigq, read_that_faults_takes_nothing)
{
	int sub = sub_new(self->dev, self->id, NULL), i;
	size_t page = sysconf(_SC_PAGESIZE);
	struct signalfd_siginfo infos[4];
	char *edge = edge_alloc(1);
	__u32 number;

	ASSERT_LE(0, sub);
	ASSERT_NE(NULL, edge);
	number = sub_pending(sub).number;
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 3));
	ASSERT_EQ(0, sigq_put(self->fd, number, SIG, 4));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, read(sub, i ? edge + page - RECORD + i : nowhere(), RECORD));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_TRUE(sub_awaits(sub, BIT_OF(SIG), BIT_OF(SIGUSR1) | BIT_OF(SIG)));
	}
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).taken);
	EXPECT_EQ(4, sigq_stat(self->fd, SELF).queued);
	/* in the second record: the first was read */
	EXPECT_EQ((ssize_t)RECORD, read(sub, edge + page - 2 * RECORD + 1, 2 * RECORD));
	memcpy(infos, edge + page - 2 * RECORD + 1, RECORD);
	EXPECT_TRUE(record_is(&infos[0], SIGUSR1, SI_QUEUE, getpid(), 0, 1));
	/* everything else is where it was, in its order */
	EXPECT_EQ(3, sub_read(sub, infos, 4));
	EXPECT_TRUE(record_is(&infos[0], SIG, SI_QUEUE, getpid(), 0, 4));
	EXPECT_TRUE(record_is(&infos[1], SIG, SI_QUEUE, getpid(), 0, 2));
	EXPECT_TRUE(record_is(&infos[2], SIG, SI_QUEUE, getpid(), 0, 3));
	close(sub);
}

/* One that was handed over to a thread that slept is put back at its place. */
TEST_F(sigq, sleeper_that_faults_leaves_the_signal_to_others)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL), i;
	struct kipc_sig_wait *arg;
	pid_t pid;

	ASSERT_LE(0, sub);
	for (i = 0; i < 2; i++) {
		pid = child_fork();
		if (!pid && i == 0)
			_exit(read(sub, nowhere(), RECORD) < 0 ? errno : 0);
		if (!pid) {
			arg = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			*arg = (struct kipc_sig_wait) { .set = ALL, .timeout = KIPC_TIMEOUT_NONE };
			mprotect(arg, 4096, PROT_READ);
			_exit(ioctl(sub, KIPC_IOC_SIG_WAIT, arg) < 0 ? errno : 0);
		}
		ASSERT_LT(0, asleep_in(pid, i ? SYS_ioctl : SYS_read));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 7));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 8));
		EXPECT_EQ(EFAULT, child_wait(pid));
		EXPECT_EQ(2, sigq_stat(self->fd, SELF).queued);
		EXPECT_EQ(2 * i, sigq_stat(self->fd, SELF).taken);
		EXPECT_EQ(SIG, sub_read_one(sub));
		EXPECT_EQ(SIG, sub_read_one(sub));
	}
	close(sub);
}

static ssize_t take_by_read(struct stuck_taker *taker)
{
	return read(taker->from, taker->page, RECORD);
}

/* The older one of two stays, as if it had never been taken. */
TEST_F(sigq, standard_signal_that_comes_back_merges_with_one_that_came_meanwhile)
{
	int sub = sub_new(self->dev, self->id, NULL);
	struct stuck_taker taker = { .take = take_by_read, .from = sub };
	struct kipc_sig_wait got;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	ASSERT_TRUE(stuck_taker_start(&taker));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 2));
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).taken);
	EXPECT_EQ(EFAULT, stuck_taker_fail(&taker));
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).taken);
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).merged);
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).queued);
	EXPECT_EQ(SIGUSR1, sub_take_info(sub, ALL, &got));
	EXPECT_EQ(1, got.value);
	close(sub);
}

TEST_F(sigq, signal_that_comes_back_is_dropped_if_it_is_ignored_by_then)
{
	int sub = sub_new(self->dev, self->id, NULL);
	struct stuck_taker taker = { .take = take_by_read, .from = sub };

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	ASSERT_TRUE(stuck_taker_start(&taker));
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_IGNORE, BIT_OF(SIG)));
	EXPECT_EQ(EFAULT, stuck_taker_fail(&taker));
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).ignored);
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).queued);
	EXPECT_EQ(-1, sub_take(sub, ALL));
	EXPECT_EQ(EAGAIN, errno);
	close(sub);
}

TEST_F(sigq, vectors_and_flags_of_a_read_are_served)
{
	int sub = sub_new(self->dev, self->id, NULL);
	int blocking = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL);
	char a[100], b[156], c;
	struct iovec iov[] = { { a, sizeof(a) }, { b, sizeof(b) } };
	struct signalfd_siginfo infos[2];

	ASSERT_LE(0, sub);
	ASSERT_LE(0, blocking);
	EXPECT_EQ(O_NONBLOCK, fcntl(sub, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(0, fcntl(blocking, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(FD_CLOEXEC, fcntl(sub, F_GETFD));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
	EXPECT_EQ(256, readv(sub, iov, 2));
	memcpy(infos, a, 100);
	memcpy((char *)infos + 100, b, 156);
	EXPECT_TRUE(record_is(&infos[0], SIG, SI_QUEUE, getpid(), 0, 1));
	EXPECT_TRUE(record_is(&infos[1], SIG, SI_QUEUE, getpid(), 0, 2));
	/* one that would wait need not */
	iov[0] = (struct iovec) { infos, sizeof(infos) };
	EXPECT_EQ(-1, preadv2(blocking, iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, set_flag(blocking, O_NONBLOCK, true));
	EXPECT_EQ(-1, sub_read(blocking, infos, 1));
	EXPECT_EQ(EAGAIN, errno);
	/* neither is a file to seek in, or to write */
	EXPECT_EQ(-1, write(sub, &c, 1));
	EXPECT_EQ(-1, read(self->fd, infos, sizeof(infos)));
	EXPECT_EQ(-1, pread(sub, infos, sizeof(infos), 0));
	EXPECT_EQ(ESPIPE, errno);
	close(sub);
	close(blocking);
}

/* --- sleeping */

TEST_F(sigq, read_sleeps_for_the_first_record_alone)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL), i;
	struct signalfd_siginfo infos[4];
	pid_t pid;

	ASSERT_LE(0, sub);
	for (i = 0; i < 5; i++) {
		pid = child_fork();
		if (!pid)
			_exit(sub_read(sub, infos, 4) == 1 &&
			      record_is(&infos[0], SIG, SI_QUEUE, getppid(), 0, i) ? 0 : 1);
		ASSERT_LT(0, asleep_in(pid, SYS_read));
		EXPECT_EQ(1, sigq_stat(self->fd, SELF).waiters);
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
		EXPECT_EQ(0, child_wait(pid));
		EXPECT_EQ(pid, sigq_stat(self->fd, SELF).lrpid);
	}
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).waiters);
	close(sub);
}

TEST_F(sigq, sleepers_of_one_subscriber_take_turns)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL);
	__u32 number = sub_pending(sub).number;
	pid_t pids[3];
	int i;

	ASSERT_LE(0, sub);
	/* who has waited longest is served first */
	pids[0] = sub_reader(sub);
	pids[1] = sub_waiter(sub, BIT_OF(SIG) | BIT_OF(SIG + 1));
	pids[2] = sub_reader(sub);
	for (i = 0; i < 3; i++)
		ASSERT_LT(0, pids[i]);
	EXPECT_EQ(3, sigq_stat(self->fd, SELF).waiters);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sigq_put(self->fd, i % 2 ? number : GROUP, SIG + i, i));
		EXPECT_EQ(TOOK(SIG + i), child_wait(pids[i]));
		EXPECT_EQ(2U - i, sigq_stat(self->fd, SELF).waiters);
	}
	close(sub);
}

TEST_F(sigq, killed_sleepers_leave_no_trace)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL), i;
	pid_t pids[4];

	ASSERT_LE(0, sub);
	for (i = 0; i < 4; i++) {
		pids[i] = i % 2 ? sub_reader(sub) : sub_waiter(sub, ALL);
		ASSERT_LT(0, pids[i]);
	}
	for (i = 3; i >= 0; i--) {
		EXPECT_EQ(i + 1U, sigq_stat(self->fd, SELF).waiters);
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
	}
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).waiters);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_TRUE(sub_awaits(sub, 0, BIT_OF(SIG)));
	close(sub);
}

/* Sleep in read(2) or WAIT, be interrupted by a handler; 0, the errno value, or TOOK(). */
static pid_t interrupted(int sub, bool waits, int flags)
{
	pid_t pid = child_fork();
	int signo;

	if (!pid) {
		handle_signal(SIGUSR1, flags);
		signo = waits ? sub_wait(sub, ALL, 0, KIPC_TIMEOUT_NONE, NULL) : sub_read_one(sub);
		_exit(signals_seen != 1 ? 1 : signo > 0 ? TOOK(signo) : errno);
	}
	return asleep_in(pid, waits ? SYS_ioctl : SYS_read);
}

TEST_F(sigq, handlers_interrupt_as_they_do_a_signalfd_and_sigtimedwait)
{
	static const struct {
		bool waits;
		int flags;
		bool goes_on;
	} cases[] = {
		{ false, 0, false }, { false, SA_RESTART, true },
		{ true, 0, false }, { true, SA_RESTART, false },
	};
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL);
	size_t i;
	int want;
	pid_t pid;

	ASSERT_LE(0, sub);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		pid = interrupted(sub, cases[i].waits, cases[i].flags);
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, kill(pid, SIGUSR1));
		if (cases[i].goes_on) {
			ASSERT_TRUE(EVENTUALLY(!signals_pending(pid) &&
					       task_is_blocked(pid, SYS_read)));
			ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
		}
		want = EINTR;
		if (cases[i].goes_on)
			want = TOOK(SIG);
		EXPECT_EQ(want, child_wait(pid))
			TH_LOG("case %zu", i);
		EXPECT_EQ(0, sigq_stat(self->fd, SELF).waiters);
	}
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).taken);
	close(sub);
}

/* --- KIPC_IOC_SIG_WAIT */

TEST_F(sigq, wait_takes_of_its_set_alone_blocked_or_not)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, ALL, NULL);
	struct kipc_sig_wait got;
	pid_t pid;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
	EXPECT_EQ(-1, sub_take(sub, 0));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, sub_take(sub, ~(BIT_OF(SIGUSR1) | BIT_OF(SIG))));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(SIG, sub_take_info(sub, BIT_OF(SIG), &got));
	EXPECT_EQ(2, got.value);
	EXPECT_EQ(GROUP, got.to);
	/* one that sleeps wants no others either */
	pid = sub_waiter(sub, BIT_OF(SIG));
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG + 1, 3));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR2, 3));
	ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 4));
	EXPECT_EQ(TOOK(SIG), child_wait(pid));
	EXPECT_TRUE(sub_awaits(sub, 0, BIT_OF(SIGUSR1) | BIT_OF(SIGUSR2) | BIT_OF(SIG + 1)));
	close(sub);
}

TEST_F(sigq, wait_tells_all_of_a_signal_and_writes_nothing_else)
{
	struct kipc_sig_wait arg, want;
	__u32 number;
	int sub = sub_new(self->dev, self->id, &number);

	ASSERT_LE(0, sub);
	EXPECT_LT(0, number);
	EXPECT_EQ(number, sub_pending(sub).number);
	ASSERT_EQ(0, sigq_send(sub, SELF, number, SIG, -60, 0xfedcba9876543210ULL));
	memset(&arg, POISON, sizeof(arg));
	arg.set = ALL;
	arg.flags = NOWAIT;
	want = arg;
	want.signo = SIG;
	want.code = -60;
	want.pid = getpid();
	want.uid = 0;
	want.to = number;
	want.value = 0xfedcba9876543210ULL;
	ASSERT_EQ(0, ioctl(sub, KIPC_IOC_SIG_WAIT, &arg));
	EXPECT_EQ(0, memcmp(&want, &arg, sizeof(arg)));
	/* nothing if it fails */
	EXPECT_EQ(-1, ioctl(sub, KIPC_IOC_SIG_WAIT, &arg));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, memcmp(&want, &arg, sizeof(arg)));
	close(sub);
}

TEST_F(sigq, timeout_is_eagain_and_never_early)
{
	static const long long timeouts[] = { 0, 1, 999, 1000000, 20000000, 1100000000 };
	int sub = sub_new(self->dev, self->id, NULL);
	long long begin;
	size_t i;

	ASSERT_LE(0, sub);
	/* one that nobody asks for */
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
		begin = now_ns();
		EXPECT_EQ(-1, sub_wait(sub, BIT_OF(SIG), RELATIVE, timeouts[i], NULL));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_LE(timeouts[i], now_ns() - begin);
		begin = now_ns();
		EXPECT_EQ(-1, sub_wait(sub, BIT_OF(SIG), 0, begin + timeouts[i], NULL));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_LE(timeouts[i], now_ns() - begin);
	}
	/* times that are over; what is there is taken all the same */
	EXPECT_EQ(-1, sub_wait(sub, BIT_OF(SIG), 0, 1, NULL));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(SIG, sub_wait(sub, BIT_OF(SIG), 0, 1, NULL));
	EXPECT_EQ(SIGUSR1, sub_wait(sub, ALL, RELATIVE, 0, NULL));
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).waiters);
	close(sub);
}

TEST_F(sigq, times_too_far_to_come_are_slept_through)
{
	static const struct {
		unsigned int flags;
		__u64 timeout;
	} cases[] = {
		{ 0, KIPC_TIMEOUT_NONE }, { RELATIVE, KIPC_TIMEOUT_NONE },
		{ 0, KIPC_TIMEOUT_NONE - 1 }, { RELATIVE, KIPC_TIMEOUT_NONE - 1 },
		{ 0, 1ULL << 63 }, { RELATIVE, (1ULL << 63) - 1 }, { RELATIVE, 3600 * NSEC },
	};
	int sub = sub_new(self->dev, self->id, NULL);
	size_t i;
	pid_t pid;

	ASSERT_LE(0, sub);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		pid = child_fork();
		if (!pid)
			_exit(sub_wait(sub, BIT_OF(SIG), cases[i].flags, cases[i].timeout,
				       NULL) != SIG);
		ASSERT_LT(0, asleep_in(pid, SYS_ioctl));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
		EXPECT_EQ(0, child_wait(pid));
	}
	close(sub);
}

/* --- what is blocked */

TEST_F(sigq, mask_is_blocked_unblocked_and_set)
{
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0x12, NULL);
	struct kipc_sig_mask arg;
	static const unsigned int bad[] = { 3, 4, ~0U };
	size_t i;

	ASSERT_LE(0, sub);
	EXPECT_EQ(0x12, sub_pending(sub).blocked);
	EXPECT_EQ(0x12, sub_mask(sub, KIPC_SIG_BLOCK, 0x101));
	EXPECT_EQ(0x113, sub_pending(sub).blocked);
	EXPECT_EQ(0x113, sub_mask(sub, KIPC_SIG_UNBLOCK, 0x201ULL));
	EXPECT_EQ(0x112, sub_mask(sub, KIPC_SIG_SETMASK, 1ULL << 63));
	EXPECT_EQ(1ULL << 63, sub_mask(sub, KIPC_SIG_BLOCK, 0));
	/* 9 and 19 can be blocked */
	EXPECT_EQ(1ULL << 63, sub_mask(sub, KIPC_SIG_SETMASK, ALL));
	EXPECT_EQ(ALL, sub_pending(sub).blocked);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		arg = (struct kipc_sig_mask) { .how = bad[i], .set = 5 };
		EXPECT_EQ(-1, ioctl(sub, KIPC_IOC_SIG_MASK, &arg));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(5, arg.set);
	}
	EXPECT_EQ(ALL, sub_pending(sub).blocked);
	close(sub);
}

TEST_F(sigq, blocked_signals_stay_until_they_are_unblocked)
{
	__u64 both = BIT_OF(SIGUSR1) | BIT_OF(SIG);
	__u32 number;
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_NONBLOCK, both, &number), i;

	ASSERT_LE(0, sub);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, i));
		ASSERT_EQ(0, sigq_put(self->fd, number, SIG, i));
	}
	EXPECT_EQ(-1, sub_read_one(sub));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, poll_now(sub, POLLIN));
	EXPECT_TRUE(sub_awaits(sub, BIT_OF(SIG), BIT_OF(SIGUSR1)));
	EXPECT_EQ(3, sub_pending(sub).own_queued);
	/* one that is not blocked comes past them */
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, 64, 0));
	EXPECT_EQ(64, sub_read_one(sub));
	EXPECT_EQ(both, sub_mask(sub, KIPC_SIG_UNBLOCK, BIT_OF(SIG)));
	EXPECT_EQ(POLLIN, poll_now(sub, POLLIN));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(SIG, sub_read_one(sub));
	EXPECT_EQ(-1, sub_read_one(sub));
	EXPECT_EQ(BIT_OF(SIGUSR1), sub_mask(sub, KIPC_SIG_SETMASK, 0));
	EXPECT_EQ(SIGUSR1, sub_read_one(sub));
	EXPECT_EQ(-1, sub_read_one(sub));
	close(sub);
}

TEST_F(sigq, group_signal_goes_to_one_who_does_not_block_it)
{
	int deaf = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, BIT_OF(SIG), NULL);
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL), i;
	pid_t pids[2];

	ASSERT_LE(0, deaf);
	ASSERT_LE(0, sub);
	for (i = 0; i < 5; i++) {
		/* the first to sleep is not the one who can have it */
		pids[0] = sub_reader(deaf);
		pids[1] = sub_reader(sub);
		ASSERT_LT(0, pids[0]);
		ASSERT_LT(0, pids[1]);
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
		EXPECT_EQ(TOOK(SIG), child_wait(pids[1]));
		EXPECT_TRUE(wait_blocked(pids[0], SYS_read));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, i));
		EXPECT_EQ(TOOK(SIGUSR1), child_wait(pids[0]));
	}
	close(deaf);
	close(sub);
}

TEST_F(sigq, unblocking_and_unmasking_wakes_a_reader)
{
	__u32 number;
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, ALL, &number);
	pid_t pid;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	ASSERT_EQ(0, sigq_put(self->fd, number, SIG + 1, 2));
	pid = sub_reader(sub);
	ASSERT_LT(0, pid);
	sub_mask(sub, KIPC_SIG_UNBLOCK, ~(BIT_OF(SIG) | BIT_OF(SIG + 1)));
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	sub_mask(sub, KIPC_SIG_UNBLOCK, BIT_OF(SIG + 1));
	EXPECT_EQ(TOOK(SIG + 1), child_wait(pid));
	pid = sub_reader(sub);
	ASSERT_LT(0, pid);
	sub_mask(sub, KIPC_SIG_SETMASK, 0);
	EXPECT_EQ(TOOK(SIG), child_wait(pid));
	/* and blocking keeps what comes from one who sleeps already */
	pid = sub_reader(sub);
	ASSERT_LT(0, pid);
	sub_mask(sub, KIPC_SIG_BLOCK, BIT_OF(SIG));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	EXPECT_TRUE(sub_awaits(sub, 0, BIT_OF(SIG)));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, 64, 1));
	EXPECT_EQ(TOOK(64), child_wait(pid));
	close(sub);
}

TEST_F(sigq, sleeper_gets_the_lowest_of_what_is_unblocked)
{
	__u32 number;
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, ALL, &number);
	pid_t pid;

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_put(self->fd, number, SIG + 1, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
	pid = sub_reader(sub);
	ASSERT_LT(0, pid);
	sub_mask(sub, KIPC_SIG_SETMASK, 0);
	/* what is its own comes first of one number only */
	EXPECT_EQ(TOOK(SIG), child_wait(pid));
	EXPECT_TRUE(sub_awaits(sub, BIT_OF(SIG + 1), 0));
	EXPECT_EQ(SIG + 1, sub_read_one(sub));
	close(sub);
}

/* --- nobody there yet */

TEST_F(sigq, signals_wait_for_the_first_subscriber)
{
	__u32 number, second;
	int sub, i;

	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 2));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
	EXPECT_EQ(6, sigq_stat(self->fd, SELF).queued);
	EXPECT_EQ(BIT_OF(SIGUSR1) | BIT_OF(SIG), sigq_stat(self->fd, SELF).pending);
	EXPECT_EQ(-1, sigq_put(self->fd, 1, SIG, 1));
	EXPECT_EQ(ESRCH, errno);
	sub = sub_new(self->fd, SELF, &number);
	ASSERT_LE(0, sub);
	EXPECT_EQ(1, number);
	EXPECT_EQ(POLLIN, poll_now(sub, POLLIN));
	EXPECT_EQ(SIGUSR1, sub_read_one(sub));
	EXPECT_EQ(SIG, sub_read_one(sub));
	close(sub);
	/* those of the group stay for the next one, whose number is another */
	sub = sub_new(self->fd, SELF, &second);
	ASSERT_LE(0, sub);
	EXPECT_LT(number, second);
	EXPECT_EQ(4, sub_drain(sub));
	EXPECT_EQ(-1, sigq_put(self->fd, number, SIG, 1));
	EXPECT_EQ(ESRCH, errno);
	close(sub);
}

TEST_HARNESS_MAIN
