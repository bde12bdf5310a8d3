/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What msg_server and msg_client have to agree on: the key of the queue, the types of
 * messages and what is in them. The server makes upper case of what it is asked.
 *
 * One queue serves all of them in both directions, since whoever receives says of which
 * types: the server takes requests, each client the answers to itself.
 */
#ifndef MSG_TALK_H
#define MSG_TALK_H

#include <stddef.h>

#include <linux/types.h>

#define TALK_KEY	0x74616c6b	/* any number: "talk" */

enum {
	TALK_URGENT	= 1,	/* requests: the lower the type, the sooner */
	TALK_ORDINARY	= 2,
	TALK_ANSWER	= 100,	/* answers: to this plus the client's process id */
};

/*
 * With KIPC_MSG_TYPED the bytes of read(2) and write(2) begin with the type. The rest is
 * up to the users.
 */
struct talk {
	__s64 type;
	__s64 answer_to;	/* of a request: the type of its answer */
	char text[48];
};

/* Bytes of a message without text */
#define TALK_HEAD	((ssize_t)offsetof(struct talk, text))

#endif /* MSG_TALK_H */
