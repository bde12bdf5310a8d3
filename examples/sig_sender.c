// SPDX-License-Identifier: GPL-2.0
/*
 * sig_sender PATH SIGNAL VALUE...: send SIGNAL once for each VALUE, to whichever
 * sig_listener or sig_worker comes first. PATH is that of the instance, see instance.h.
 */
#include <signal.h>

#include "sig_queue.h"

static int find_queue(int kipc)
{
	struct kipc_sig_get get = { .key = SIGNALS_KEY };

	if (ioctl(kipc, KIPC_IOC_SIG_GET, &get))
		return complain(errno == ENOENT ? "there is no sig_listener or sig_worker" :
						  "cannot find the queue");
	return get.id;
}

int main(int argc, char **argv)
{
	struct kipc_sig_send send = { .to = KIPC_SIG_GROUP, .code = SI_QUEUE };
	unsigned long long number;
	int kipc;

	if (argc < 4 || read_number(argv[2], &number) || !number || number > KIPC_SIG_MAX) {
		fprintf(stderr, "usage: sig_sender PATH SIGNAL VALUE...; SIGNAL is 1 to %d\n",
			KIPC_SIG_MAX);
		return 2;
	}
	send.signo = number;
	kipc = instance_open(argv[1]);
	if (kipc < 0)
		return 1;
	send.id = find_queue(kipc);
	if (send.id < 0)
		return 1;
	for (int i = 3; i < argc; i++) {
		if (read_number(argv[i], &number)) {
			fprintf(stderr, "sig_sender: '%s' is no number\n", argv[i]);
			return 2;
		}
		send.value = number;
		if (ioctl(kipc, KIPC_IOC_SIG_SEND, &send))
			return complain(errno == EAGAIN ? "as many signals wait as may" :
							  "cannot send") ? 1 : 0;
	}
	return 0;
}
