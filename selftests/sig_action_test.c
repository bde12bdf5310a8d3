// SPDX-License-Identifier: GPL-2.0
/*
 * What a subscriber wants done with a signal: kept to be read, ignored, or delivered to its
 * process as a real one; and for how long that holds.
 */
#include "sig_fixture.h"

#include <pthread.h>
#include <sys/resource.h>

#define SIG	(SIGRTMIN + 5)
#define VALUE	0x123456789abcULL

/* --- what the handler has seen */

#define SEEN_MAX 64

/* Not static, as signals_seen. */
struct {
	int nr;
	siginfo_t infos[SEEN_MAX];
} seen;

static void on_real(int signo, siginfo_t *info, void *context)
{
	int i = __atomic_fetch_add(&seen.nr, 1, __ATOMIC_SEQ_CST);

	if (signo == info->si_signo && context && i < SEEN_MAX)
		seen.infos[i] = *info;
}

static void catch(int signo)
{
	struct sigaction action = { .sa_sigaction = on_real, .sa_flags = SA_SIGINFO };

	/* one after the other */
	sigfillset(&action.sa_mask);
	sigaction(signo, &action, NULL);
}

static void unblock(int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Whether just this real signal has come since the last call: the handler runs at once. */
static bool caught(int signo, __u64 value)
{
	int nr = seen.nr;

	seen.nr = 0;
	if (nr != 1)
		printf("# %d signals\n", nr);
	return nr == 1 && seen.infos[0].si_signo == signo &&
	       seen.infos[0].si_value.sival_ptr == (void *)(unsigned long)value;
}

/* A subscriber whose process gets these as real signals. */
static int deliver(const struct _test_data_sigq *self, __u64 set, __u32 *number)
{
	int sub = sub_new(self->dev, self->id, number);

	return sub >= 0 && !sub_action(sub, KIPC_SIG_DELIVER, set) ? sub : -1;
}

/* --- to keep */

TEST_F(sigq, signals_are_kept_unless_something_else_is_said)
{
	__u32 number;
	int sub = sub_new(self->dev, self->id, &number);
	struct kipc_sig_pending now = sub_pending(sub);

	ASSERT_LE(0, sub);
	EXPECT_EQ(0, now.ignored);
	EXPECT_EQ(0, now.delivered);
	EXPECT_EQ(0, now.blocked);
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_IGNORE, 0xff));
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_DELIVER, 0xf));
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_KEEP, 0x11));
	EXPECT_EQ(0xe0, sub_pending(sub).ignored);
	EXPECT_EQ(0xe, sub_pending(sub).delivered);
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_IGNORE, 0x2));
	EXPECT_EQ(0xe2, sub_pending(sub).ignored);
	EXPECT_EQ(0xc, sub_pending(sub).delivered);
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_KEEP, ALL));
	ASSERT_EQ(0, sigq_put(self->fd, number, 1, 0));
	EXPECT_EQ(1, sub_read_one(sub));
	EXPECT_EQ(-1, sub_action(sub, 3, ALL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, sub_action(sub, ~0U, ALL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, sub_pending(sub).ignored | sub_pending(sub).delivered);
	close(sub);
}

/* --- to ignore */

TEST_F(sigq, ignored_signals_are_dropped_when_they_are_sent)
{
	__u32 number, second;
	int sub = sub_new(self->dev, self->id, &number);
	int other = sub_new(self->dev, self->id, &second);
	struct kipc_sig_stat stat;

	ASSERT_LE(0, sub);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_IGNORE, BIT_OF(SIG) | BIT_OF(9)));
	/* for this one alone: it is no error */
	EXPECT_EQ(0, sigq_put(self->fd, number, SIG, 1));
	EXPECT_EQ(0, sigq_put(self->fd, number, 9, 1));
	EXPECT_TRUE(sub_awaits(sub, 0, 0));
	EXPECT_EQ(2, sigq_stat(self->fd, SELF).ignored);
	/* the other one wants it */
	EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
	EXPECT_EQ(0, sigq_put(self->fd, second, SIG, 3));
	EXPECT_EQ(-1, sub_read_one(sub));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, sub_take(sub, ALL));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(2, sub_drain(other));
	/* until it does not either */
	ASSERT_EQ(0, sub_action(other, KIPC_SIG_IGNORE, BIT_OF(SIG)));
	EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 4));
	EXPECT_EQ(0, sigq_put(self->fd, GROUP, 9, 4));
	stat = sigq_stat(self->fd, SELF);
	EXPECT_EQ(3, stat.ignored);
	EXPECT_EQ(1, stat.queued);
	EXPECT_EQ(6, stat.sent);
	EXPECT_EQ(9, sub_read_one(other));
	close(sub);
	close(other);
}

TEST_F(sigq, blocked_signals_can_be_ignored_too_and_full_queues_do_not_refuse_them)
{
	__u32 number;
	int sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_NONBLOCK, ALL, &number);

	ASSERT_LE(0, sub);
	ASSERT_EQ(0, sigq_resize(self->fd, SELF, 0));
	EXPECT_EQ(-1, sigq_put(self->fd, number, SIG, 1));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_IGNORE, ALL));
	EXPECT_EQ(0, sigq_put(self->fd, number, SIG, 1));
	EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(0, stats_of(self->dev).user_signals);
	EXPECT_EQ(2, sigq_stat(self->fd, SELF).ignored);
	EXPECT_EQ(1, sigq_stat(self->fd, SELF).refused);
	close(sub);
}

TEST_F(sigq, ignoring_drops_what_waits_for_this_one_and_what_nobody_wants_any_more)
{
	__u32 number;
	int sub = sub_new(self->dev, self->id, &number), other = sub_new(self->dev, self->id, NULL);
	int i;

	ASSERT_LE(0, sub);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sigq_put(self->fd, number, SIG, i));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
		ASSERT_EQ(0, sigq_put(self->fd, number, SIGUSR1, i));
	}
	EXPECT_EQ(6, stats_of(self->dev).user_signals);
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_IGNORE, BIT_OF(SIG)));
	EXPECT_TRUE(sub_awaits(sub, BIT_OF(SIGUSR1), BIT_OF(SIG)));
	EXPECT_EQ(3, sigq_stat(self->fd, SELF).ignored);
	EXPECT_EQ(3, stats_of(self->dev).user_signals);
	EXPECT_EQ(SIG, sub_take(other, ALL));
	ASSERT_EQ(0, sub_action(other, KIPC_SIG_IGNORE, BIT_OF(SIG)));
	EXPECT_TRUE(sub_awaits(sub, BIT_OF(SIGUSR1), 0));
	EXPECT_EQ(5, sigq_stat(self->fd, SELF).ignored);
	EXPECT_EQ(0, stats_of(self->dev).user_signals);
	/* what was dropped does not come back */
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_KEEP, ALL));
	EXPECT_EQ(SIGUSR1, sub_take(sub, ALL));
	EXPECT_EQ(-1, sub_take(sub, ALL));
	close(sub);
	close(other);
}

/* --- to deliver */

TEST_F(sigq, handler_sees_who_sent_it_and_what)
{
	__u32 number;
	int sub, i;
	pid_t pid;

	catch(SIG);
	catch(SIGUSR1);
	sub = deliver(self, BIT_OF(SIG) | BIT_OF(SIGUSR1), &number);
	ASSERT_LE(0, sub);
	for (i = 0; i < 4; i++) {
		pid = child_fork();
		if (!pid)
			_exit((i && become(OTHER_UID)) ||
			      sigq_send(self->fd, SELF, i % 2 ? number : GROUP,
					i < 2 ? SIG : SIGUSR1, i < 3 ? SI_QUEUE : -60, VALUE + i) ?
			      1 : 0);
		EXPECT_EQ(0, child_wait(pid));
		EXPECT_EQ(pid, seen.infos[0].si_pid);
		EXPECT_EQ(i ? OTHER_UID : 0U, seen.infos[0].si_uid);
		EXPECT_EQ(i < 3 ? SI_QUEUE : -60, seen.infos[0].si_code);
		EXPECT_EQ(0, seen.infos[0].si_errno);
		EXPECT_TRUE(caught(i < 2 ? SIG : SIGUSR1, VALUE + i));
	}
	EXPECT_EQ(4, sigq_stat(self->fd, SELF).delivered);
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).queued);
	EXPECT_EQ(0, stats_of(self->dev).user_signals);
	EXPECT_EQ(-1, sub_read_one(sub));
	close(sub);
}

/* Those whose members mean something else to the kernel. */
TEST_F(sigq, handler_sees_the_codes_of_timers_and_of_files)
{
	static const int codes[] = { SI_TIMER, SI_SIGIO };
	size_t i;
	int sub;

	catch(SIG);
	sub = deliver(self, BIT_OF(SIG), NULL);
	ASSERT_LE(0, sub);
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		EXPECT_EQ(0, sigq_send(self->fd, SELF, GROUP, SIG, codes[i], VALUE));
		EXPECT_EQ(1, seen.nr);
		EXPECT_EQ(SIG, seen.infos[0].si_signo);
		EXPECT_EQ(codes[i], seen.infos[0].si_code);
		seen.nr = 0;
	}
	EXPECT_EQ(2, sigq_stat(self->fd, SELF).delivered);
	close(sub);
}

/* Each real-time signal is delivered; standard ones are merged by the kernel. */
TEST_F(sigq, delivered_signals_wait_in_the_process_if_that_blocks_them)
{
	int sub, i;

	catch(SIG);
	catch(SIGUSR1);
	block_signal(SIG);
	block_signal(SIGUSR1);
	sub = deliver(self, BIT_OF(SIG) | BIT_OF(SIGUSR1), NULL);
	ASSERT_LE(0, sub);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, i));
	}
	EXPECT_EQ(0, seen.nr);
	EXPECT_EQ(10, sigq_stat(self->fd, SELF).delivered);
	unblock(SIGUSR1);
	EXPECT_TRUE(caught(SIGUSR1, 0));
	unblock(SIG);
	EXPECT_EQ(5, seen.nr);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(i, seen.infos[i].si_value.sival_int);
	close(sub);
}

TEST_F(sigq, what_the_subscriber_blocks_is_delivered_when_it_unblocks_it)
{
	__u32 number;
	int sub, i;

	catch(SIG);
	sub = deliver(self, BIT_OF(SIG), &number);
	ASSERT_LE(0, sub);
	sub_mask(sub, KIPC_SIG_BLOCK, BIT_OF(SIG));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sigq_put(self->fd, number, SIG, i));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 10 + i));
	}
	EXPECT_EQ(0, seen.nr);
	EXPECT_TRUE(sub_awaits(sub, BIT_OF(SIG), BIT_OF(SIG)));
	/* it may be waited for meanwhile */
	EXPECT_EQ(SIG, sub_take(sub, ALL));
	sub_mask(sub, KIPC_SIG_SETMASK, 0);
	EXPECT_EQ(5, seen.nr);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(i < 2 ? i + 1 : i + 8, seen.infos[i].si_value.sival_int);
	EXPECT_TRUE(sub_awaits(sub, 0, 0));
	close(sub);
}

TEST_F(sigq, signals_that_wait_are_delivered_when_that_is_asked_for)
{
	__u32 number;
	int sub = sub_new(self->dev, self->id, &number);

	ASSERT_LE(0, sub);
	catch(SIG);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
	ASSERT_EQ(0, sigq_put(self->fd, number, SIG, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 3));
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIG)));
	EXPECT_EQ(2, seen.nr);
	EXPECT_EQ(1, seen.infos[0].si_value.sival_int);
	EXPECT_EQ(2, seen.infos[1].si_value.sival_int);
	EXPECT_TRUE(sub_awaits(sub, 0, BIT_OF(SIGUSR1)));
	/* and not any more when it is kept */
	seen.nr = 0;
	ASSERT_EQ(0, sub_action(sub, KIPC_SIG_KEEP, BIT_OF(SIG)));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 4));
	EXPECT_EQ(0, seen.nr);
	EXPECT_EQ(2, sub_drain(sub));
	close(sub);
}

TEST_F(sigq, who_waits_for_a_delivered_signal_gets_it_and_readers_leave_it_to_the_handler)
{
	int sub;
	pid_t waiter, reader;

	catch(SIG);
	sub = deliver(self, BIT_OF(SIG), NULL);
	ASSERT_LE(0, sub);
	ASSERT_EQ(0, set_flag(sub, O_NONBLOCK, false));
	reader = sub_reader(sub);
	waiter = sub_waiter(sub, BIT_OF(SIG));
	ASSERT_LT(0, reader);
	ASSERT_LT(0, waiter);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_EQ(TOOK(SIG), child_wait(waiter));
	EXPECT_EQ(0, seen.nr);
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
	EXPECT_TRUE(caught(SIG, 2));
	ASSERT_TRUE(wait_blocked(reader, SYS_read));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGUSR1, 3));
	EXPECT_EQ(TOOK(SIGUSR1), child_wait(reader));
	close(sub);
}

/* Any of its threads runs the handler, one that does not block the signal. */
static void *thread_with_the_handler(void *data)
{
	struct gate *gate = data;

	unblock(SIG);
	gate_pass(gate);
	EVENTUALLY(LOAD(&seen.nr) == 3);
	return NULL;
}

TEST_F(sigq, delivery_is_to_the_process_and_runs_in_a_thread_that_wants_it)
{
	/* which no thread blocks while it runs the handler */
	struct sigaction action = { .sa_sigaction = on_real, .sa_flags = SA_SIGINFO | SA_NODEFER };
	struct gate gate = { .n = 2 };
	pthread_t thread;
	int sub, i;

	ASSERT_EQ(0, sigaction(SIG, &action, NULL));
	block_signal(SIG);
	sub = deliver(self, BIT_OF(SIG), NULL);
	ASSERT_LE(0, sub);
	ASSERT_EQ(0, pthread_create(&thread, NULL, thread_with_the_handler, &gate));
	gate_pass(&gate);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
	EXPECT_TRUE(EVENTUALLY(LOAD(&seen.nr) == 3));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	close(sub);
}

TEST_F(sigq, group_signal_is_delivered_to_one_subscriber_alone)
{
	int first, second, i;

	catch(SIG);
	first = deliver(self, BIT_OF(SIG), NULL);
	second = deliver(self, BIT_OF(SIG), NULL);
	ASSERT_LE(0, first);
	ASSERT_LE(0, second);
	for (i = 0; i < 5; i++) {
		if (i == 2)
			sub_mask(first, KIPC_SIG_BLOCK, BIT_OF(SIG));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
		EXPECT_TRUE(caught(SIG, i));
	}
	EXPECT_EQ(5, sigq_stat(self->fd, SELF).delivered);
	close(first);
	close(second);
}

/* --- at the limit of the process, RLIMIT_SIGPENDING */

TEST_F(sigq, signal_without_room_in_the_process_waits_to_be_read)
{
	static const struct {
		int signo;
		int code;
	} cases[] = {
		{ SIGUSR1, SI_QUEUE }, { 40, SI_QUEUE }, { 40, SI_USER }, { 40, -60 },
	};
	struct rlimit limit, full;
	struct kipc_sig_wait got;
	int sub, i, k;

	ASSERT_EQ(0, getrlimit(RLIMIT_SIGPENDING, &limit));
	full = (struct rlimit) { 0, limit.rlim_max };
	for (i = 0; i < (int)ARRAY_SIZE(cases); i++)
		catch(cases[i].signo);
	sub = deliver(self, ALL, NULL);
	ASSERT_LE(0, sub);
	for (i = 0; i < (int)ARRAY_SIZE(cases); i++) {
		ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &full));
		for (k = 0; k < 2; k++)
			EXPECT_EQ(0, sigq_send(self->fd, SELF, GROUP, cases[i].signo,
					       cases[i].code, VALUE + k));
		EXPECT_EQ(0, seen.nr);
		ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &limit));
		/* none of them is lost, nor what goes with it */
		EXPECT_EQ(cases[i].signo, sub_take_info(sub, ALL, &got));
		EXPECT_EQ(VALUE, got.value);
		EXPECT_EQ(cases[i].code, got.code);
		/* of real-time signals there are two */
		if (cases[i].signo == 40)
			EXPECT_EQ(40, sub_take(sub, ALL));
		EXPECT_EQ(-1, sub_take(sub, ALL));
		EXPECT_EQ(0, sigq_stat(self->fd, SELF).queued);
		/* and with room it is as before */
		EXPECT_EQ(0, sigq_put(self->fd, GROUP, cases[i].signo, 7));
		EXPECT_TRUE(caught(cases[i].signo, 7));
	}
	close(sub);
}

TEST_F(sigq, order_of_real_time_signals_is_kept_at_the_limit_of_the_process)
{
	struct rlimit limit, full;
	int sub, i;

	ASSERT_EQ(0, getrlimit(RLIMIT_SIGPENDING, &limit));
	full = (struct rlimit) { 0, limit.rlim_max };
	catch(SIG);
	sub = deliver(self, BIT_OF(SIG), NULL);
	ASSERT_LE(0, sub);
	ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &full));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, i));
	EXPECT_EQ(0, seen.nr);
	ASSERT_EQ(0, setrlimit(RLIMIT_SIGPENDING, &limit));
	/* those that waited come before the next one */
	EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 3));
	EXPECT_EQ(4, seen.nr);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(i, seen.infos[i].si_value.sival_int);
	close(sub);
}

/* --- whose it is, and how long */

TEST_F(sigq, child_of_the_process_gets_nothing)
{
	int sub, go[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	catch(SIG);
	sub = deliver(self, BIT_OF(SIG), NULL);
	ASSERT_LE(0, sub);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(1, read(go[0], &c, 1));
		EXPECT_EQ(0, seen.nr);
		/* it has the descriptor, and may ask for itself; then it is not the parent's */
		EXPECT_EQ(0, sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIG)));
		EXPECT_EQ(0, sigq_put(self->fd, GROUP, SIG, 2));
		EXPECT_TRUE(caught(SIG, 2));
		child_exit();
	}
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	EXPECT_TRUE(caught(SIG, 1));
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, seen.nr);
	/* who asked last has ended: it waits to be read */
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 3));
	EXPECT_EQ(0, seen.nr);
	EXPECT_EQ(SIG, sub_read_one(sub));
	EXPECT_EQ(0, sub_pending(sub).delivered);
	close(sub);
}

TEST_F(sigq, processes_share_a_subscriber_and_each_gets_what_it_asked_for)
{
	int sub, go[2], said[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(said, O_CLOEXEC));
	catch(SIG);
	catch(SIG + 1);
	sub = deliver(self, BIT_OF(SIG) | BIT_OF(SIG + 1), NULL);
	ASSERT_LE(0, sub);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIG + 1)));
		EXPECT_EQ(1, write(said[1], "x", 1));
		EXPECT_TRUE(EVENTUALLY(LOAD(&seen.nr) == 1));
		EXPECT_TRUE(caught(SIG + 1, 2));
		child_exit();
	}
	ASSERT_EQ(1, read(said[0], &c, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG + 1, 2));
	EXPECT_TRUE(caught(SIG, 1));
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 3));
	EXPECT_TRUE(caught(SIG, 3));
	close(sub);
}

/* Constructor of a program that was executed: whether a signal came to it. */
__attribute__((constructor)) static void after_exec(int argc, char **argv)
{
	char c;

	if (argc != 4 || strcmp(argv[1], "--after-exec"))
		return;
	if (write(atoi(argv[2]), "x", 1) != 1 || read(atoi(argv[3]), &c, 1) != 1)
		_exit(1);
	_exit(signals_pending(getpid()) ? 2 : 0);
}

TEST_F(sigq, program_that_a_process_executes_gets_nothing_but_can_read)
{
	char a[16], b[16], c;
	int go[2], said[2], sub;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(said));
	sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_NONBLOCK, 0, NULL);
	ASSERT_LE(0, sub);
	snprintf(a, sizeof(a), "%d", said[1]);
	snprintf(b, sizeof(b), "%d", go[0]);
	pid = child_fork();
	if (!pid) {
		/* it would end the program, or be seen to wait */
		block_signal(SIG);
		if (!sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIG) | BIT_OF(SIGTERM)))
			execl("/proc/self/exe", "sig_action_test", "--after-exec", a, b, NULL);
		_exit(1);
	}
	ASSERT_EQ(1, read(said[0], &c, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGTERM, 2));
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(SIGTERM, sub_read_one(sub));
	EXPECT_EQ(SIG, sub_read_one(sub));
	EXPECT_EQ(0, sigq_stat(self->fd, SELF).delivered);
	close(sub);
}

TEST_F(sigq, nothing_is_delivered_for_a_process_that_has_ended)
{
	int sub = sub_new(self->dev, self->id, NULL), i;
	pid_t pid;

	ASSERT_LE(0, sub);
	for (i = 0; i < 2; i++) {
		pid = child_fork();
		if (!pid) {
			sub_action(sub, KIPC_SIG_DELIVER, ALL);
			if (i)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		EXPECT_EQ(i ? 128 + SIGKILL : 0, child_wait(pid));
		ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGKILL, 1));
		EXPECT_EQ(SIGKILL, sub_read_one(sub));
	}
	close(sub);
}

/* Nobody gets a signal that it did not ask for itself, even one that kill(2) could not send. */
TEST_F(sigq, who_may_not_kill_can_have_a_signal_delivered_to_who_asked)
{
	int go[2], sub;
	__u32 number;
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	ASSERT_EQ(0, sigq_set(self->fd, SELF, 0, 0, 0602, SIGQMAX));
	catch(SIG);
	sub = deliver(self, BIT_OF(SIG), &number);
	ASSERT_LE(0, sub);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, kill(getppid(), SIG));
		EXPECT_EQ(EPERM, errno);
		EXPECT_EQ(0, sigq_send(self->dev, self->id, number, SIG, SI_USER, 5));
		/* not one that was not asked for */
		EXPECT_EQ(0, sigq_send(self->dev, self->id, number, SIGKILL, SI_USER, 5));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(1, seen.nr);
	EXPECT_EQ(pid, seen.infos[0].si_pid);
	EXPECT_EQ((unsigned int)OTHER_UID, seen.infos[0].si_uid);
	EXPECT_EQ(SI_USER, seen.infos[0].si_code);
	EXPECT_EQ(SIGKILL, sub_read_one(sub));
	/* SIGKILL itself, to who has asked for it */
	pid = child_fork();
	if (!pid) {
		sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIGKILL));
		write(go[1], "x", 1);
		pause();
		_exit(0);
	}
	ASSERT_EQ(1, read(go[0], &c, 1));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIGKILL, 1));
	EXPECT_EQ(128 + SIGKILL, child_wait(pid));
	EXPECT_EQ(2, sigq_stat(self->fd, SELF).delivered);
	close(sub);
}

/* Its descriptor interrupts a sleep in its own read, as any signal does. */
TEST_F(sigq, delivered_signal_interrupts_the_sleep_of_its_process)
{
	int sub, go[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	sub = sigq_subscribe(self->dev, self->id, KIPC_SIG_CLOEXEC, 0, NULL);
	ASSERT_LE(0, sub);
	pid = child_fork();
	if (!pid) {
		catch(SIG);
		sub_action(sub, KIPC_SIG_DELIVER, BIT_OF(SIG));
		EXPECT_EQ(-1, read(go[0], &c, 1));
		EXPECT_EQ(EINTR, errno);
		EXPECT_TRUE(caught(SIG, 9));
		child_exit();
	}
	ASSERT_LT(0, asleep_in(pid, SYS_read));
	ASSERT_EQ(0, sigq_put(self->fd, GROUP, SIG, 9));
	EXPECT_EQ(0, child_wait(pid));
	close(sub);
}

TEST_HARNESS_MAIN
