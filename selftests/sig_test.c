// SPDX-License-Identifier: GPL-2.0
/*
 * What pending signals are: merged or queued, of a group or of one of its members, lowest
 * first, taken once. Every test runs with the kernel's own signals as well as with kipc's,
 * so that what it expects is proved to be what the kernel does; where kipc differs, the test
 * says what both do.
 */
#include "sig_ops.h"

#include <sys/resource.h>

#define RTMIN	KIPC_SIG_RTMIN
#define SIG	(RTMIN + 5)

FIXTURE(signals)
{
	long long objects;
};

FIXTURE_VARIANT(signals)
{
	const struct sig_ops *ops;
};

FIXTURE_VARIANT_ADD(signals, native)
{
	.ops = &sig_native,
};

FIXTURE_VARIANT_ADD(signals, kipc)
{
	.ops = &sig_kipc,
};

FIXTURE_SETUP(signals)
{
	sig = variant->ops;
	if (sig == &sig_kipc) {
		self->objects = param_get("objects");
		sig_dev = sigq_instance();
		ASSERT_LE(0, sig_dev)
			TH_LOG(QUEUE_MOUNT ": %s", strerror(errno));
	}
	ASSERT_EQ(0, members_begin());
}

FIXTURE_TEARDOWN(signals)
{
	struct got got;

	children_reap();
	while (sig->take(0, ALL, false, &got) > 0)
		;
	EXPECT_TRUE(sig != &sig_kipc || sigq_adds_up(sig_queue, SELF));
	members_end();
	if (sig != &sig_kipc)
		return;
	EXPECT_TRUE(EVENTUALLY(stats_of(sig_dev).sig_queues == 0));
	EXPECT_TRUE(EVENTUALLY(stats_of(sig_dev).user_signals == 0));
	close(sig_dev);
	EXPECT_TRUE(EVENTUALLY(umount(QUEUE_MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

/* Send with a value, as sigqueue(). */
static int put(int member, int signo, __u64 value)
{
	return sig->send(member, signo, SI_QUEUE, value);
}

/* Whether the first member takes this one next, of all. */
static bool takes(int signo, __u64 value)
{
	int got = member_take(0, ALL);

	if (got != signo || members[0].got.value != value)
		printf("# signal %d with %llu\n", got, members[0].got.value);
	return got == signo && members[0].got.signo == signo && members[0].got.value == value;
}

static bool nothing_waits_for(int member)
{
	return member_take(member, ALL) == -1 && errno == EAGAIN;
}

/* The kernel's cannot be sent without killing or stopping the test. */
static bool can_be_sent(int signo)
{
	return sig == &sig_kipc || !(UNBLOCKABLE & BIT_OF(signo));
}

/* --- numbers */

TEST_F(signals, numbers_are_1_to_64)
{
	static const int bad[] = { -1, 65, 66, 128, 1000, INT_MAX, INT_MIN, 1 << 16 | 5 };
	size_t i;
	int signo;

	for (signo = 1; signo <= KIPC_SIG_MAX; signo++) {
		if (!can_be_sent(signo))
			continue;
		EXPECT_EQ(0, put(ANY, signo, 7))
			TH_LOG("signal %d: %s", signo, strerror(errno));
		EXPECT_EQ(BIT_OF(signo), sig->shared());
		EXPECT_TRUE(takes(signo, 7));
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, put(ANY, bad[i], 7));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, put(1, bad[i], 7));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_TRUE(nothing_waits_for(0));
}

TEST_F(signals, signal_0_only_asks)
{
	EXPECT_EQ(0, put(ANY, 0, 7));
	EXPECT_EQ(0, put(1, 0, 7));
	EXPECT_EQ(0, sig->shared());
	EXPECT_EQ(0, sig->own(1));
	EXPECT_TRUE(nothing_waits_for(0));
	EXPECT_TRUE(nothing_waits_for(1));
	if (sig == &sig_kipc)
		EXPECT_EQ(0, sigq_stat(sig_queue, SELF).sent);
}

/* --- standard signals are one bit, real-time ones a queue */

TEST_F(signals, second_standard_signal_is_merged_into_the_one_that_waits)
{
	int signo;

	for (signo = 1; signo < RTMIN; signo++) {
		if (!can_be_sent(signo))
			continue;
		EXPECT_EQ(0, sig->send(ANY, signo, SI_QUEUE, 1));
		EXPECT_EQ(0, sig->send(ANY, signo, SI_ASYNCIO, 2));
		EXPECT_EQ(0, sig->send(ANY, signo, SI_QUEUE, 3));
		/* what is known of the first is kept */
		EXPECT_EQ(signo, member_take(0, ALL));
		EXPECT_EQ(1, members[0].got.value);
		EXPECT_EQ(SI_QUEUE, members[0].got.code);
		EXPECT_TRUE(nothing_waits_for(0));
		/* and the next one waits again */
		EXPECT_EQ(0, put(ANY, signo, 4));
		EXPECT_TRUE(takes(signo, 4));
	}
}

TEST_F(signals, each_set_has_a_standard_signal_of_its_own)
{
	int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(0, put(ANY, SIGUSR1, 1));
		EXPECT_EQ(0, put(0, SIGUSR1, 2));
		EXPECT_EQ(0, put(1, SIGUSR1, 3));
	}
	EXPECT_EQ(BIT_OF(SIGUSR1), sig->shared());
	EXPECT_EQ(BIT_OF(SIGUSR1), sig->own(0));
	EXPECT_EQ(BIT_OF(SIGUSR1), sig->own(1));
	EXPECT_EQ(0, sig->own(2));
	EXPECT_EQ(SIGUSR1, member_take(1, ALL));
	EXPECT_EQ(3, members[1].got.value);
	EXPECT_EQ(SIGUSR1, member_take(1, ALL));
	EXPECT_EQ(1, members[1].got.value);
	EXPECT_TRUE(nothing_waits_for(1));
	EXPECT_TRUE(takes(SIGUSR1, 2));
	EXPECT_TRUE(nothing_waits_for(0));
}

TEST_F(signals, real_time_signals_all_come_in_their_order_with_their_values)
{
	enum { EACH = 9 };
	__u64 value = 0x1234567800000000ULL;
	int signo, i;

	for (i = 0; i < EACH; i++)
		for (signo = KIPC_SIG_MAX; signo >= RTMIN; signo--)
			ASSERT_EQ(0, put(ANY, signo, value + signo * 100 + i));
	EXPECT_EQ(~STANDARD, sig->shared());
	for (signo = RTMIN; signo <= KIPC_SIG_MAX; signo++) {
		for (i = 0; i < EACH; i++)
			ASSERT_TRUE(takes(signo, value + signo * 100 + i));
		EXPECT_EQ(signo == 64 ? 0 : ~(BIT_OF(signo + 1) - 1), sig->shared());
	}
	EXPECT_TRUE(nothing_waits_for(0));
}

TEST_F(signals, one_standard_and_one_real_time_burst)
{
	int i;

	for (i = 0; i < 10; i++) {
		EXPECT_EQ(0, put(ANY, SIGUSR1, i));
		EXPECT_EQ(0, put(ANY, SIG, i));
	}
	EXPECT_TRUE(takes(SIGUSR1, 0));
	for (i = 0; i < 10; i++)
		EXPECT_TRUE(takes(SIG, i));
	EXPECT_TRUE(nothing_waits_for(0));
}

/* --- which comes first */

TEST_F(signals, lowest_number_comes_first)
{
	/* no two of these have to do with each other in the kernel */
	static const int sent[] = { 40, 1, 64, 17, 2, 33, 10, 12, 14, 63, 3, 30 };
	static const int taken[] = { 1, 2, 3, 10, 12, 14, 17, 30, 33, 40, 63, 64 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sent); i++)
		ASSERT_EQ(0, put(ANY, sent[i], i));
	for (i = 0; i < ARRAY_SIZE(taken); i++)
		EXPECT_EQ(taken[i], member_take(0, ALL));
	EXPECT_TRUE(nothing_waits_for(0));
	/* also of those that are asked for */
	ASSERT_EQ(0, put(ANY, 1, 1));
	ASSERT_EQ(0, put(ANY, 50, 2));
	ASSERT_EQ(0, put(ANY, 45, 3));
	EXPECT_EQ(45, member_take(0, ALL & ~BIT_OF(1)));
	EXPECT_EQ(1, member_take(0, ALL));
	EXPECT_EQ(-1, member_take(0, BIT_OF(45) | BIT_OF(1)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(50, member_take(0, BIT_OF(50)));
}

/* The kernel takes those that a fault of the program's own raises before all others. */
TEST_F(signals, faults_are_first_in_the_kernel_and_have_no_meaning_in_kipc)
{
	bool native = sig == &sig_native;

	ASSERT_EQ(0, put(ANY, SIGHUP, 1));
	ASSERT_EQ(0, put(ANY, SIGSEGV, 2));
	ASSERT_EQ(0, put(ANY, SIGBUS, 3));
	EXPECT_TRUE(native ? takes(SIGBUS, 3) : takes(SIGHUP, 1));
	EXPECT_TRUE(native ? takes(SIGSEGV, 2) : takes(SIGBUS, 3));
	EXPECT_TRUE(native ? takes(SIGHUP, 1) : takes(SIGSEGV, 2));
	/* nor do those that stop and go on end each other */
	ASSERT_EQ(0, put(ANY, SIGTSTP, 1));
	ASSERT_EQ(0, put(ANY, SIGCONT, 2));
	EXPECT_TRUE(takes(SIGCONT, 2));
	EXPECT_EQ(native ? -1 : SIGTSTP, member_take(0, ALL));
}

TEST_F(signals, own_come_before_those_of_the_group_with_the_same_number)
{
	ASSERT_EQ(0, put(ANY, SIG, 1));
	ASSERT_EQ(0, put(0, SIG, 2));
	ASSERT_EQ(0, put(ANY, SIG, 3));
	ASSERT_EQ(0, put(0, SIG, 4));
	EXPECT_TRUE(takes(SIG, 2));
	EXPECT_TRUE(takes(SIG, 4));
	EXPECT_TRUE(takes(SIG, 1));
	EXPECT_TRUE(takes(SIG, 3));
}

/* In the kernel all of a thread's own come before all of the process's. */
TEST_F(signals, own_ones_of_a_higher_number_come_first_in_the_kernel_alone)
{
	ASSERT_EQ(0, put(ANY, SIG, 1));
	ASSERT_EQ(0, put(0, SIG + 1, 2));
	if (sig == &sig_native) {
		EXPECT_TRUE(takes(SIG + 1, 2));
		EXPECT_TRUE(takes(SIG, 1));
	} else {
		EXPECT_TRUE(takes(SIG, 1));
		EXPECT_TRUE(takes(SIG + 1, 2));
	}
}

/* --- who takes it */

TEST_F(signals, signal_of_one_member_is_nothing_to_the_others)
{
	ASSERT_EQ(0, put(1, SIG, 1));
	ASSERT_EQ(0, put(1, SIGUSR1, 2));
	EXPECT_EQ(0, sig->shared());
	EXPECT_EQ(BIT_OF(SIG) | BIT_OF(SIGUSR1), sig->own(1));
	EXPECT_EQ(0, sig->own(0));
	EXPECT_TRUE(nothing_waits_for(0));
	EXPECT_TRUE(nothing_waits_for(2));
	EXPECT_EQ(SIGUSR1, member_take(1, ALL));
	EXPECT_EQ(SIG, member_take(1, ALL));
	EXPECT_EQ(1, members[1].got.value);
	EXPECT_TRUE(nothing_waits_for(1));
}

TEST_F(signals, signal_of_the_group_can_be_taken_by_each_but_only_once)
{
	int i;

	for (i = 0; i < MEMBERS; i++) {
		ASSERT_EQ(0, put(ANY, SIG, i));
		EXPECT_EQ(BIT_OF(SIG), sig->shared());
		EXPECT_EQ(SIG, member_take(i, ALL));
		EXPECT_EQ((unsigned long long)i, members[i].got.value);
		EXPECT_TRUE(nothing_waits_for((i + 1) % MEMBERS));
	}
}

TEST_F(signals, exactly_one_of_those_who_wait_takes_it)
{
	int i, winner;

	ASSERT_TRUE(member_sleep(1, BIT_OF(SIG)));
	ASSERT_TRUE(member_sleep(2, BIT_OF(SIG)));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, put(ANY, SIG, 100 + i));
		ASSERT_TRUE(EVENTUALLY(member_is_done(1) || member_is_done(2)));
		winner = member_is_done(1) ? 1 : 2;
		EXPECT_TRUE(member_is_asleep(3 - winner));
		EXPECT_EQ(SIG, member_result(winner));
		EXPECT_EQ((unsigned long long)(100 + i), members[winner].got.value);
		EXPECT_EQ(0, sig->shared());
		ASSERT_TRUE(member_sleep(winner, BIT_OF(SIG)));
	}
	ASSERT_EQ(0, put(1, SIG, 1));
	ASSERT_EQ(0, put(2, SIG, 2));
	EXPECT_EQ(SIG, member_result(1));
	EXPECT_EQ(SIG, member_result(2));
	EXPECT_EQ(1, members[1].got.value);
	EXPECT_EQ(2, members[2].got.value);
}

TEST_F(signals, one_who_wants_it_takes_it_and_others_sleep_on)
{
	ASSERT_TRUE(member_sleep(1, BIT_OF(SIG) | BIT_OF(SIGUSR1)));
	ASSERT_TRUE(member_sleep(2, BIT_OF(SIG + 1) | BIT_OF(SIGUSR2)));
	ASSERT_EQ(0, put(ANY, SIG + 2, 0));
	EXPECT_TRUE(member_is_asleep(1));
	EXPECT_TRUE(member_is_asleep(2));
	ASSERT_EQ(0, put(ANY, SIGUSR2, 1));
	EXPECT_EQ(SIGUSR2, member_result(2));
	EXPECT_TRUE(member_is_asleep(1));
	/* its own, which it does not want, and what is meant for another */
	ASSERT_EQ(0, put(1, SIG + 1, 2));
	ASSERT_EQ(0, put(2, SIG, 3));
	EXPECT_TRUE(member_is_asleep(1));
	ASSERT_EQ(0, put(ANY, SIG, 4));
	EXPECT_EQ(SIG, member_result(1));
	EXPECT_EQ(4, members[1].got.value);
	EXPECT_EQ(SIG, member_take(2, ALL));
	EXPECT_EQ(3, members[2].got.value);
	EXPECT_EQ(SIG + 1, member_take(1, BIT_OF(SIG + 1)));
	EXPECT_EQ(SIG + 2, member_take(1, ALL));
}

TEST_F(signals, sleeper_gets_the_first_of_many_and_the_rest_wait)
{
	int i;

	ASSERT_TRUE(member_sleep(1, BIT_OF(SIG)));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, put(ANY, SIG, i));
	EXPECT_EQ(SIG, member_result(1));
	EXPECT_EQ(0, members[1].got.value);
	for (i = 1; i < 5; i++)
		EXPECT_TRUE(takes(SIG, i));
	EXPECT_TRUE(nothing_waits_for(1));
}

TEST_F(signals, member_that_is_not_there_is_esrch)
{
	struct member old = members[2];

	/* as high as a process or subscriber can get */
	members[2].tid = 0x3ffff0;
	members[2].number = 0xfffffff0;
	EXPECT_EQ(-1, put(2, SIG, 1));
	EXPECT_EQ(ESRCH, errno);
	EXPECT_EQ(-1, put(2, 0, 1));
	EXPECT_EQ(ESRCH, errno);
	members[2] = old;
	EXPECT_EQ(0, put(2, 0, 1));
	EXPECT_TRUE(nothing_waits_for(2));
}

/* --- what travels with it */

TEST_F(signals, sender_and_value_and_code_arrive)
{
	static const unsigned long long values[] = { 0, 1, 0xfedcba9876543210ULL, ~0ULL };
	static const int codes[] = { SI_QUEUE, SI_ASYNCIO, -60, INT_MIN, SI_MESGQ };
	size_t i;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(values) * ARRAY_SIZE(codes); i++) {
		unsigned long long value = values[i % ARRAY_SIZE(values)];
		int code = codes[i % ARRAY_SIZE(codes)], signo = i % 2 ? SIG : SIGUSR1;

		pid = child_fork();
		if (!pid)
			_exit(sig->send(i % 3 ? ANY : 0, signo, code, value) ? errno : 0);
		EXPECT_EQ(0, child_wait(pid));
		EXPECT_EQ(signo, member_take(0, ALL));
		EXPECT_EQ(signo, members[0].got.signo);
		EXPECT_EQ(code, members[0].got.code);
		EXPECT_EQ(value, members[0].got.value);
		EXPECT_EQ(pid, members[0].got.pid);
		EXPECT_EQ(0, members[0].got.uid);
	}
}

TEST_F(signals, codes_of_the_kernel_are_eperm)
{
	static const int codes[] = { 1, SI_KERNEL, 4, INT_MAX };
	size_t i;
	pid_t pid = child_fork();

	if (!pid) {
		for (i = 0; i < ARRAY_SIZE(codes); i++) {
			EXPECT_EQ(-1, sig->send(ANY, SIG, codes[i], 1));
			EXPECT_EQ(EPERM, errno);
			EXPECT_EQ(-1, sig->send(1, SIGUSR1, codes[i], 1));
			EXPECT_EQ(EPERM, errno);
		}
		/* kill(2) is what the kernel has for this one */
		EXPECT_EQ(sig == &sig_native ? -1 : 0, sig->send(ANY, SIG, SI_USER, 5));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(sig == &sig_native ? -1 : SIG, member_take(0, ALL));
	EXPECT_TRUE(nothing_waits_for(1));
}

/* --- by a descriptor, which a process has from signalfd(2) */

TEST_F(signals, what_is_wanted_is_read_and_the_rest_waits)
{
	__u64 both = BIT_OF(SIGUSR1) | BIT_OF(SIG), all = both | BIT_OF(SIGHUP) | BIT_OF(SIG + 1);
	static const int rest[] = { SIGHUP, SIG, SIG, SIG + 1 };
	struct signalfd_siginfo infos[5];
	int fd = sig->reader(-1, both), i;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, poll_now(fd, POLLIN));
	EXPECT_EQ(-1, sub_read(fd, infos, 5));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, put(ANY, SIG + 1, 1));
	ASSERT_EQ(0, put(ANY, SIGHUP, 2));
	EXPECT_EQ(0, poll_now(fd, POLLIN));
	EXPECT_EQ(-1, sub_read(fd, infos, 5));
	EXPECT_EQ(EAGAIN, errno);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, put(ANY, SIG, 3 + i));
		ASSERT_EQ(0, put(ANY, SIGUSR1, 3 + i));
	}
	ASSERT_EQ(0, put(1, SIGUSR1, 9));
	EXPECT_EQ(POLLIN, poll_now(fd, POLLIN));
	EXPECT_EQ(-1, read(fd, infos, sizeof(infos[0]) - 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(2, sub_read(fd, infos, 2));
	EXPECT_EQ(SIGUSR1, (int)infos[0].ssi_signo);
	EXPECT_EQ(3, infos[0].ssi_int);
	EXPECT_EQ(SIG, (int)infos[1].ssi_signo);
	EXPECT_EQ(3, infos[1].ssi_int);
	EXPECT_EQ(getpid(), (int)infos[1].ssi_pid);
	EXPECT_EQ(SI_QUEUE, infos[1].ssi_code);
	/* more is wanted now, and was there */
	ASSERT_EQ(fd, sig->reader(fd, all));
	EXPECT_EQ(4, sub_read(fd, infos, 5));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(rest[i], (int)infos[i].ssi_signo);
	EXPECT_EQ(0, poll_now(fd, POLLIN));
	/* and less, which stays where it is */
	ASSERT_EQ(0, put(ANY, SIG, 6));
	ASSERT_EQ(fd, sig->reader(fd, BIT_OF(SIGHUP)));
	EXPECT_EQ(-1, sub_read(fd, infos, 5));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(takes(SIG, 6));
	EXPECT_EQ(SIGUSR1, member_take(1, ALL));
	close(fd);
}

/* --- at the limit */

/* The kernel's own kill(2) is silent there, and loses what goes with the signal. */
TEST_F(signals, real_time_signal_above_the_limit_is_eagain)
{
	int i, n = 0;

	if (sig == &sig_native) {
		struct rlimit limit = { 30, 30 };

		/* a user who has none yet; this thread alone */
		ASSERT_EQ(0, syscall(SYS_setresuid, THIRD_UID, THIRD_UID, THIRD_UID));
		ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &limit));
	} else {
		ASSERT_EQ(0, sigq_resize(sig_queue, SELF, 30));
	}
	while (n < 100 && !put(ANY, SIG, n))
		n++;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(30, n);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-1, put(ANY, SIG + i, 7));
		EXPECT_EQ(EAGAIN, errno);
		EXPECT_EQ(-1, put(0, SIG, 7));
		EXPECT_EQ(EAGAIN, errno);
	}
	if (sig == &sig_kipc)
		EXPECT_EQ(7, sigq_stat(sig_queue, SELF).refused);
	/* none of those that were accepted is lost, and there is room for as many again */
	for (i = 0; i < n; i++)
		ASSERT_TRUE(takes(SIG, i));
	EXPECT_TRUE(nothing_waits_for(0));
	EXPECT_EQ(0, put(ANY, SIG, 1));
	EXPECT_TRUE(takes(SIG, 1));
}

TEST_HARNESS_MAIN
