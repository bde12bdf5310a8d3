/* SPDX-License-Identifier: GPL-2.0 */
/* The queue that sig_sender sends to, and sig_listener and sig_worker subscribe to. */
#ifndef SIG_QUEUE_H
#define SIG_QUEUE_H

#include "instance.h"

#define SIGNALS_KEY	0x7369676e

/*
 * Its maker is the first who subscribes. It goes by itself when that one has exited and nobody
 * has it open. A descriptor to take signals by, or -1 after a message.
 */
static inline int queue_subscribe(int kipc)
{
	struct kipc_sig_get get = {
		.key = SIGNALS_KEY, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_GET_AUTOREMOVE,
	};
	struct kipc_sig_subscribe subscribe = { .flags = KIPC_SIG_CLOEXEC };

	if (ioctl(kipc, KIPC_IOC_SIG_GET, &get))
		return complain("cannot make the queue");
	subscribe.id = get.id;
	if (ioctl(kipc, KIPC_IOC_SIG_SUBSCRIBE, &subscribe))
		return complain("no subscription");
	printf("subscriber %u of queue %d\n", subscribe.number, get.id);
	fflush(stdout);
	return subscribe.fd;
}

#endif /* SIG_QUEUE_H */
