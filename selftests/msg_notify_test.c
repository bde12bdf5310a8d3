// SPDX-License-Identifier: GPL-2.0
/*
 * KIPC_IOC_MSG_NOTIFY: to be told, once, that a message has come into an empty queue.
 */
#include "msg_kipc_fixture.h"

#include <sys/eventfd.h>

/* One that queues, and the value that goes with it. */
#define SIG	(SIGRTMIN + 5)
#define VALUE	0x123456789abcULL

static int ask(int fd)
{
	block_signal(SIG);
	return queue_notify(fd, KIPC_NOTIFY_SIGNAL, SIG, VALUE);
}

static int ask_no_more(int fd)
{
	return queue_notify(fd, KIPC_NOTIFY_NONE, 0, 0);
}

/* Whether the signal has come by now: it is sent before the message's send returns. */
static bool told(siginfo_t *info)
{
	return take_signal(SIG, info, 0) == 0;
}

/* A child that sends one message; whether that went well. */
static bool sent_by_child(int fd, uid_t uid, pid_t *pid)
{
	*pid = child_fork();
	if (!*pid)
		_exit((uid && become(uid)) || queue_put(fd, SELF, 5, 10, NOWAIT) ? 1 : 0);
	return child_wait(*pid) == 0;
}

/* Constructor of a program that was executed: whether a signal came to it, see below. */
__attribute__((constructor)) static void after_exec(int argc, char **argv)
{
	int go, said;
	char c = 0;

	if (argc != 4 || strcmp(argv[1], "--after-exec"))
		return;
	said = atoi(argv[2]);
	go = atoi(argv[3]);
	if (write(said, "x", 1) != 1 || read(go, &c, 1) != 1)
		_exit(1);
	_exit(signals_pending(getpid()) ? 2 : 0);
}

/* --- by a signal */

TEST_F(queue, signal_tells_who_sent_the_first_message)
{
	siginfo_t info;
	pid_t pid;

	ASSERT_EQ(0, ask(self->fd));
	EXPECT_FALSE(told(&info));
	ASSERT_TRUE(sent_by_child(self->fd, OTHER_UID, &pid));
	memset(&info, POISON, sizeof(info));
	ASSERT_TRUE(told(&info));
	EXPECT_EQ(SIG, info.si_signo);
	EXPECT_EQ(SI_MESGQ, info.si_code);
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(OTHER_UID, info.si_uid);
	EXPECT_EQ((void *)(unsigned long)VALUE, info.si_value.sival_ptr);
	EXPECT_EQ(0, info.si_errno);
}

TEST_F(queue, each_way_to_send_tells)
{
	struct iovec iov = { "hello", 5 };
	siginfo_t info;
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, ask(self->fd));
		switch (i) {
		case 0:
			ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
			break;
		case 1:
			ASSERT_EQ(0, queue_put(self->dev, self->id, 5, 0, NOWAIT));
			break;
		case 2:
			ASSERT_EQ(5, write(self->fd, "hello", 5));
			break;
		case 3:
			ASSERT_EQ(5, writev(self->fd, &iov, 1));
			break;
		}
		EXPECT_TRUE(told(&info));
		EXPECT_EQ(getpid(), info.si_pid);
		EXPECT_EQ(1, queue_drain(self->fd, SELF));
	}
}

TEST_F(queue, it_is_told_once_and_must_be_asked_again)
{
	siginfo_t info;

	ASSERT_EQ(0, ask(self->fd));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_TRUE(told(&info));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_EQ(2, queue_drain(self->fd, SELF));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_FALSE(told(&info));
	/* asked when it is not empty: it must become so first */
	ASSERT_EQ(0, ask(self->fd));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 6, 10, 0));
	EXPECT_EQ(5, queue_next(self->fd, SELF, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 7, 10, 0));
	EXPECT_FALSE(told(&info));
	EXPECT_EQ(2, queue_drain(self->fd, SELF));
	EXPECT_FALSE(told(&info));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 7, 10, 0));
	EXPECT_TRUE(told(&info));
}

TEST_F(queue, message_that_somebody_waits_for_is_not_told)
{
	siginfo_t info;
	pid_t pid;

	ASSERT_EQ(0, ask(self->fd));
	pid = queue_receiver(self->fd, SELF, 5, 0, 10);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_FALSE(told(&info));
	/* one of which nobody wants the next */
	pid = queue_receiver(self->fd, SELF, 5, 0, 10);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, queue_put(self->fd, SELF, 6, 10, 0));
	EXPECT_TRUE(told(&info));
	EXPECT_EQ(128 + SIGKILL, child_kill(pid));
}

TEST_F(queue, message_that_waited_for_room_is_told_when_it_comes_in)
{
	siginfo_t info;
	pid_t pid;

	ASSERT_EQ(0, queue_resize(self->fd, SELF, 100));
	ASSERT_EQ(0, ask(self->fd));
	/* taken from the one who waits, it never was in the queue */
	pid = queue_sender(self->fd, SELF, 5, 200);
	ASSERT_LT(0, pid);
	EXPECT_EQ(200, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_FALSE(told(&info));
	pid = queue_sender(self->fd, SELF, 5, 200);
	ASSERT_LT(0, pid);
	EXPECT_FALSE(told(&info));
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 200));
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_TRUE(told(&info));
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(200, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
	/* it comes in as the last one goes out */
	ASSERT_EQ(0, ask(self->fd));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 150, 0));
	ASSERT_TRUE(told(&info));
	ASSERT_EQ(0, ask(self->fd));
	pid = queue_sender(self->fd, SELF, 6, 100);
	ASSERT_LT(0, pid);
	EXPECT_EQ(150, queue_take(self->fd, SELF, 0, NOWAIT, NULL));
	ASSERT_TRUE(told(&info));
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(0, child_wait(pid));
}

/* --- by an eventfd */

TEST_F(queue, eventfd_counts_one)
{
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), copy;
	unsigned long long n = 0;

	ASSERT_LE(0, event);
	ASSERT_EQ(0, queue_notify(self->fd, KIPC_NOTIFY_EVENTFD, event, 0));
	EXPECT_EQ(0, poll_now(event, POLLIN));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_EQ(POLLIN, poll_now(event, POLLIN));
	EXPECT_EQ(8, read(event, &n, sizeof(n)));
	EXPECT_EQ(1, n);
	EXPECT_EQ(2, queue_drain(self->fd, SELF));
	/* the descriptor by which it was named may be closed */
	copy = dup(event);
	ASSERT_EQ(0, queue_notify(self->fd, KIPC_NOTIFY_EVENTFD, copy, 0));
	close(copy);
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_EQ(8, read(event, &n, sizeof(n)));
	EXPECT_EQ(1, n);
	EXPECT_EQ(1, queue_drain(self->fd, SELF));
	/* and all of them */
	ASSERT_EQ(0, queue_notify(self->fd, KIPC_NOTIFY_EVENTFD, event, 0));
	close(event);
	EXPECT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
}

TEST_F(queue, sleeping_reader_of_an_eventfd_wakes)
{
	int event = eventfd(0, EFD_CLOEXEC);
	unsigned long long n;
	pid_t pid;

	ASSERT_LE(0, event);
	ASSERT_EQ(0, queue_notify(self->fd, KIPC_NOTIFY_EVENTFD, event, 0));
	pid = child_fork();
	if (!pid)
		_exit(read(event, &n, sizeof(n)) == 8 && n == 1 ? 0 : 1);
	ASSERT_TRUE(wait_blocked(pid, SYS_read));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_EQ(0, child_wait(pid));
	close(event);
}

/* --- who may ask, and for how long */

TEST_F(queue, one_at_a_time_may_ask)
{
	int other = queue_open(self->dev, self->id, KIPC_MSG_RDONLY);
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	siginfo_t info;
	pid_t pid;

	ASSERT_LE(0, other);
	ASSERT_LE(0, event);
	ASSERT_EQ(0, ask(self->fd));
	EXPECT_EQ(-1, ask(self->fd));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(-1, queue_notify(other, KIPC_NOTIFY_EVENTFD, event, 0));
	EXPECT_EQ(EBUSY, errno);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(-1, ask(other));
		EXPECT_EQ(EBUSY, errno);
		/* it is not this one's to end */
		ask_no_more(other);
		EXPECT_EQ(-1, ask(other));
		EXPECT_EQ(EBUSY, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_TRUE(told(&info));
	/* done: the next, please */
	EXPECT_EQ(0, queue_notify(other, KIPC_NOTIFY_EVENTFD, event, 0));
	EXPECT_EQ(-1, ask(self->fd));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(0, ask_no_more(other));
	EXPECT_EQ(0, ask(self->fd));
	EXPECT_EQ(1, queue_drain(self->fd, SELF));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_TRUE(told(&info));
	EXPECT_EQ(0, poll_now(event, POLLIN));
	/* to end what was not asked for is no error */
	EXPECT_EQ(0, ask_no_more(self->fd));
	close(event);
	close(other);
}

TEST_F(queue, queues_do_not_share_what_was_asked_for)
{
	int other = queue_create(self->dev, 0), event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	siginfo_t info;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, ask(self->fd));
	ASSERT_EQ(0, queue_notify(other, KIPC_NOTIFY_EVENTFD, event, 0));
	ASSERT_EQ(0, queue_put(other, SELF, 5, 10, 0));
	EXPECT_FALSE(told(&info));
	EXPECT_EQ(POLLIN, poll_now(event, POLLIN));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_TRUE(told(&info));
	close(other);
	close(event);
}

TEST_F(queue, last_close_of_the_open_file_ends_it)
{
	int asked = queue_open(self->dev, self->id, KIPC_MSG_RDONLY), copy;
	siginfo_t info;

	ASSERT_LE(0, asked);
	ASSERT_EQ(0, ask(asked));
	copy = dup(asked);
	close(asked);
	EXPECT_EQ(-1, ask(self->fd));
	EXPECT_EQ(EBUSY, errno);
	close(copy);
	EXPECT_EQ(0, ask(self->fd));
	ASSERT_EQ(0, ask_no_more(self->fd));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_FALSE(told(&info));
}

TEST_F(queue, it_belongs_to_the_process_that_asked_and_the_file_it_asked_by)
{
	siginfo_t info;
	pid_t pid;
	char c;
	int go[2], said[2];

	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(said, O_CLOEXEC));
	ASSERT_EQ(0, ask(self->fd));
	pid = child_fork();
	if (!pid) {
		/* the signal is not the child's, and its close ends nothing */
		EXPECT_EQ(1, write(said[1], "x", 1));
		EXPECT_EQ(1, read(go[0], &c, 1));
		EXPECT_FALSE(told(&info));
		/* but it has the same open file */
		EXPECT_EQ(0, ask_no_more(self->fd));
		EXPECT_EQ(0, ask(self->fd));
		EXPECT_EQ(1, write(said[1], "x", 1));
		EXPECT_EQ(1, read(go[0], &c, 1));
		EXPECT_TRUE(told(&info));
		close(self->fd);
		child_exit();
	}
	ASSERT_EQ(1, read(said[0], &c, 1));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_TRUE(told(&info));
	EXPECT_EQ(1, queue_drain(self->fd, SELF));
	ASSERT_EQ(0, ask(self->fd));
	ASSERT_EQ(1, write(go[1], "x", 1));
	ASSERT_EQ(1, read(said[0], &c, 1));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_FALSE(told(&info));
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, ask(self->fd));
}

/* Its file may still be open somewhere. */
TEST_F(queue, nobody_is_told_for_a_process_that_has_ended)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(ask(self->fd) ? 1 : 0);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_EQ(1, queue_drain(self->fd, SELF));
	/* that was it, or it had ended before */
	EXPECT_EQ(0, ask(self->fd));
}

TEST_F(queue, program_that_a_process_executes_is_not_told)
{
	int go[2], said[2];
	char a[16], b[16], c;
	siginfo_t info;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(said));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFD, 0));
	snprintf(a, sizeof(a), "%d", said[1]);
	snprintf(b, sizeof(b), "%d", go[0]);
	pid = child_fork();
	if (!pid) {
		if (!ask(self->fd))
			execl("/proc/self/exe", "msg_notify_test", "--after-exec", a, b, NULL);
		_exit(1);
	}
	ASSERT_EQ(1, read(said[0], &c, 1));
	/* it has the file, but another may ask now, or at the latest when this was sent */
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	ASSERT_EQ(1, write(go[1], "x", 1));
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(1, queue_drain(self->fd, SELF));
	ASSERT_EQ(0, ask(self->fd));
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_TRUE(told(&info));
}

/* --- errors and ends */

TEST_F(queue, bad_questions_are_refused_and_change_nothing)
{
	int wo = queue_open(self->dev, self->id, KIPC_MSG_WRONLY);
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), closed = dup(event);
	siginfo_t info;

	ASSERT_LE(0, wo);
	close(closed);
	EXPECT_EQ(-1, queue_notify(self->fd, 3, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, queue_notify(self->fd, ~0U, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, queue_notify(self->fd, KIPC_NOTIFY_SIGNAL, 65, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, queue_notify(self->fd, KIPC_NOTIFY_SIGNAL, -1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, queue_notify(self->fd, KIPC_NOTIFY_EVENTFD, self->fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, queue_notify(self->fd, KIPC_NOTIFY_EVENTFD, -1, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, queue_notify(self->fd, KIPC_NOTIFY_EVENTFD, closed, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, ask(wo));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, queue_notify(wo, KIPC_NOTIFY_EVENTFD, event, 0));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, ioctl(self->fd, KIPC_IOC_MSG_NOTIFY, nowhere()));
	EXPECT_EQ(EFAULT, errno);
	/* nothing of it was accepted, nor does it end what was */
	ASSERT_EQ(0, ask(self->fd));
	EXPECT_EQ(-1, queue_notify(self->fd, 3, 0, 0));
	EXPECT_EQ(-1, queue_notify(self->fd, KIPC_NOTIFY_EVENTFD, closed, 0));
	ask_no_more(wo);
	ASSERT_EQ(0, queue_put(self->fd, SELF, 5, 10, 0));
	EXPECT_TRUE(told(&info));
	close(wo);
	close(event);
}

TEST_F(queue, removal_tells_nobody_and_lets_the_eventfd_go)
{
	int fd = queue_create(self->dev, 0), event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	siginfo_t info;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ask(self->fd));
	ASSERT_EQ(0, queue_notify(fd, KIPC_NOTIFY_EVENTFD, event, 0));
	ASSERT_EQ(0, queue_remove(self->fd, SELF));
	ASSERT_EQ(0, queue_remove(fd, SELF));
	EXPECT_FALSE(told(&info));
	EXPECT_EQ(0, poll_now(event, POLLIN));
	EXPECT_EQ(-1, ask(self->fd));
	EXPECT_EQ(EIDRM, errno);
	EXPECT_EQ(-1, queue_notify(fd, KIPC_NOTIFY_EVENTFD, event, 0));
	EXPECT_EQ(EIDRM, errno);
	close(fd);
	close(event);
}

/* Questions, ends of questions, messages and closes at the same time. */
TEST_F_TIMEOUT(queue, asking_against_sending_and_closing_is_safe, 60)
{
	enum { ROUNDS = 3000, ASKERS = 3 };
	pid_t pids[ASKERS];
	int i, k, fd, event;

	for (i = 0; i < ASKERS; i++) {
		pids[i] = child_fork();
		if (pids[i])
			continue;
		signal(SIG, SIG_IGN);
		event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		for (k = 0; k < ROUNDS; k++) {
			fd = queue_open(self->dev, self->id, KIPC_MSG_RDONLY);
			if (queue_notify(fd, 1 + k % 2, k % 2 ? event : SIG, k) && errno != EBUSY)
				_exit(1);
			if (k % 3 == 0)
				queue_notify(fd, KIPC_NOTIFY_NONE, 0, 0);
			close(fd);
		}
		_exit(0);
	}
	for (k = 0; k < 2 * ROUNDS; k++) {
		EXPECT_EQ(0, queue_put(self->dev, self->id, 5, 10, NOWAIT));
		EXPECT_EQ(5, queue_next(self->dev, self->id, 0));
	}
	for (i = 0; i < ASKERS; i++)
		EXPECT_EQ(0, child_wait(pids[i]));
	EXPECT_EQ(0, ask(self->fd));
}

TEST_HARNESS_MAIN
