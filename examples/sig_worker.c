// SPDX-License-Identifier: GPL-2.0
/*
 * sig_worker [PATH]: a subscriber that decides what becomes of which signal. PATH is that of
 * the instance, see instance.h. With sig_sender,
 *
 *   40 (any value)   is a job, which is shown
 *   10 (SIGUSR1)     makes it rest: jobs are blocked, and wait in the queue
 *   12 (SIGUSR2)     makes it go on: they are not blocked any more
 *   1  (SIGHUP)      is ignored: dropped when it is sent
 *   15 (SIGTERM)     is delivered: it becomes a real signal to this process
 *
 * What is not delivered is read, when this process likes.
 */
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sig_queue.h"

#define JOB		40

/* A signal's bit in a set */
#define BIT(signo)	(1ULL << ((signo) - 1))

static void set_action(int fd, unsigned int action, int signo)
{
	struct kipc_sig_action arg = { .action = action, .set = BIT(signo) };

	if (ioctl(fd, KIPC_IOC_SIG_ACTION, &arg))
		exit(complain("cannot say what becomes of a signal") ? 1 : 0);
}

static void set_mask(int fd, unsigned int how, int signo)
{
	struct kipc_sig_mask arg = { .how = how, .set = BIT(signo) };

	if (ioctl(fd, KIPC_IOC_SIG_MASK, &arg))
		exit(complain("cannot change what is blocked") ? 1 : 0);
}

/* By a real signal, for which its sender needs no right to kill(2), only to the queue. */
static void terminate(int signo)
{
	static const char text[] = "terminated\n";

	_exit(write(STDOUT_FILENO, text, sizeof(text) - 1) > 0 && signo == SIGTERM ? 0 : 1);
}

static void take(int fd, const struct signalfd_siginfo *info)
{
	switch (info->ssi_signo) {
	case SIGUSR1:
		set_mask(fd, KIPC_SIG_BLOCK, JOB);
		printf("resting\n");
		break;
	case SIGUSR2:
		set_mask(fd, KIPC_SIG_UNBLOCK, JOB);
		printf("working\n");
		break;
	case JOB:
		printf("job %d\n", info->ssi_int);
		break;
	default:
		printf("signal %u is none of mine\n", info->ssi_signo);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = terminate };
	struct signalfd_siginfo info;
	int kipc, fd;

	if (argc > 2 || (argc == 2 && *argv[1] == '-')) {
		fprintf(stderr, "usage: sig_worker [PATH]\n");
		return 2;
	}
	kipc = instance_open(argc == 2 ? argv[1] : NULL);
	if (kipc < 0)
		return 1;
	fd = queue_subscribe(kipc);
	if (fd < 0)
		return 1;
	/* first the handler: without one a real SIGTERM is the end of a process */
	sigaction(SIGTERM, &action, NULL);
	set_action(fd, KIPC_SIG_DELIVER, SIGTERM);
	set_action(fd, KIPC_SIG_IGNORE, SIGHUP);
	/* one at a time, so that what is blocked by one is not read with it */
	while (read(fd, &info, sizeof(info)) == sizeof(info))
		take(fd, &info);
	return complain("cannot read") ? 1 : 0;
}
