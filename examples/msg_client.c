// SPDX-License-Identifier: GPL-2.0
/*
 * msg_client PATH WORD...: have msg_server make upper case of each WORD. PATH is that of
 * the instance, see instance.h. A WORD with + in front is urgent and may overtake others.
 *
 * All requests are sent before the first answer is waited for. What comes is shown.
 */
#include <poll.h>
#include <unistd.h>

#include "instance.h"
#include "msg_talk.h"

/* Long enough for a server that is busy, in ms */
#define PATIENCE	30000

static int open_queue(int kipc)
{
	struct kipc_msg_get get = { .key = TALK_KEY };
	struct kipc_msg_open open = { .flags = KIPC_MSG_TYPED | KIPC_MSG_CLOEXEC };

	if (ioctl(kipc, KIPC_IOC_MSG_GET, &get))
		return complain(errno == ENOENT ? "there is no msg_server" :
						  "cannot find the queue");
	open.id = get.id;
	return ioctl(kipc, KIPC_IOC_MSG_OPEN, &open) ? complain("cannot open the queue") : open.fd;
}

/* Read, and poll for, nothing but answers to us. */
static int want_answers(int queue)
{
	struct kipc_msg_filter filter = { .type = TALK_ANSWER + getpid(), .send_type = 1 };

	return ioctl(queue, KIPC_IOC_MSG_FILTER, &filter) ? complain("cannot set the filter") : 0;
}

/* This may wait for room in the queue. */
static int ask(int queue, const char *word)
{
	struct talk talk = {
		.type = *word == '+' ? TALK_URGENT : TALK_ORDINARY,
		.answer_to = TALK_ANSWER + getpid(),
	};
	size_t len = strlen(word += *word == '+');
	ssize_t size = TALK_HEAD + len;

	if (len > sizeof(talk.text)) {
		errno = EMSGSIZE;
		return complain(word);
	}
	memcpy(talk.text, word, len);
	return write(queue, &talk, size) == size ? 0 : complain("cannot send");
}

static int show_answer(int queue)
{
	struct pollfd fd = { .fd = queue, .events = POLLIN };
	struct talk talk;
	ssize_t size;

	switch (poll(&fd, 1, PATIENCE)) {
	case -1:
		return complain("poll");
	case 0:
		errno = ETIMEDOUT;
		return complain("no answer");
	}
	/* nobody else takes what is for us, so there still is one */
	size = read(queue, &talk, sizeof(talk));
	if (size < 0)
		return complain("cannot receive");
	printf("%.*s\n", (int)(size - TALK_HEAD), talk.text);
	return 0;
}

int main(int argc, char **argv)
{
	int kipc, queue;

	if (argc < 3 || *argv[1] == '-') {
		fprintf(stderr, "usage: msg_client PATH WORD...\n");
		return 2;
	}
	kipc = instance_open(argv[1]);
	if (kipc < 0)
		return 1;
	queue = open_queue(kipc);
	if (queue < 0 || want_answers(queue))
		return 1;
	for (int i = 2; i < argc; i++) {
		if (ask(queue, argv[i]))
			return 1;
	}
	for (int i = 2; i < argc; i++) {
		if (show_answer(queue))
			return 1;
	}
	return 0;
}
