// SPDX-License-Identifier: GPL-2.0
/*
 * sig_listener [PATH]: take the signals that sig_sender sends, show each, and end with
 * signal 64. PATH is that of the instance, see instance.h.
 *
 * The signals are kipc's, so nothing happens to this process by them: it reads them when it
 * likes. Whoever may write to the queue may send, a right to kill(2) is not needed. Several
 * listeners share the queue of the first: each signal goes to one of them.
 */
#include <sys/signalfd.h>
#include <unistd.h>

#include "sig_queue.h"

#define LAST_SIGNAL	KIPC_SIG_MAX

static void show(const struct signalfd_siginfo *info)
{
	printf("signal %u, value %d, of process %u, user %u\n", info->ssi_signo, info->ssi_int,
	       info->ssi_pid, info->ssi_uid);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct signalfd_siginfo infos[16];
	int kipc, fd;
	ssize_t size;

	if (argc > 2 || (argc == 2 && *argv[1] == '-')) {
		fprintf(stderr, "usage: sig_listener [PATH]\n");
		return 2;
	}
	kipc = instance_open(argc == 2 ? argv[1] : NULL);
	if (kipc < 0)
		return 1;
	fd = queue_subscribe(kipc);
	if (fd < 0)
		return 1;
	for (;;) {
		/* as many as there are, the lowest number first */
		size = read(fd, infos, sizeof(infos));
		if (size < 0)
			return complain("cannot read") ? 1 : 0;
		for (ssize_t i = 0; i < size / (ssize_t)sizeof(*infos); i++) {
			show(&infos[i]);
			if (infos[i].ssi_signo == LAST_SIGNAL)
				return 0;
		}
	}
}
