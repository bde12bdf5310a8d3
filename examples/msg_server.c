// SPDX-License-Identifier: GPL-2.0
/*
 * msg_server [PATH]: serve requests that come as messages, until a signal says that it is
 * enough (SIGINT, SIGTERM). PATH is that of an instance, see instance.h. Run msg_client
 * beside it.
 *
 * msgrcv(2) can wait for a message and nothing else. A queue of kipc has a descriptor, so
 * poll(2) waits for requests and for the signal at once. KIPC_IOC_MSG_FILTER says which
 * messages that means: the descriptor is not readable while there are only answers that
 * clients have not taken yet.
 */
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "instance.h"
#include "msg_talk.h"

/*
 * The key lets clients, kipc(8) and ipcs(1) find the queue; EXCL keeps a second server
 * out. With AUTOREMOVE it goes when this process has exited, however that comes, and the
 * last client has closed it.
 */
static int make_queue(int kipc)
{
	struct kipc_msg_get get = {
		.key = TALK_KEY,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE,
		.mode = 0600,
	};
	struct kipc_msg_open open = {
		.flags = KIPC_MSG_TYPED | KIPC_MSG_NONBLOCK | KIPC_MSG_CLOEXEC,
	};

	if (ioctl(kipc, KIPC_IOC_MSG_GET, &get))
		return complain("cannot make the queue");
	open.id = get.id;
	return ioctl(kipc, KIPC_IOC_MSG_OPEN, &open) ? complain("cannot open the queue") : open.fd;
}

/*
 * Requests only, and urgent ones first: of the types up to this the lowest. One that is
 * too long is cut, as it would stay in the queue otherwise.
 */
static int want_requests(int queue)
{
	struct kipc_msg_filter filter = {
		.type = -TALK_ORDINARY,
		.send_type = TALK_ANSWER,
		.flags = KIPC_MSG_NOERROR,
	};

	return ioctl(queue, KIPC_IOC_MSG_FILTER, &filter) ? complain("cannot set the filter") : 0;
}

static int signals_as_file(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? complain("signalfd") : fd;
}

/*
 * @size: as much as was read of @talk, which becomes the answer.
 *
 * A server that waited for room here would wait for itself, once the queue is full of
 * requests. So where there is no room there is no answer.
 */
static int send_answer(int queue, struct talk *talk, ssize_t size)
{
	for (char *c = talk->text; c < (char *)talk + size; c++)
		*c = toupper((unsigned char)*c);
	talk->type = talk->answer_to;
	if (write(queue, talk, size) == size)
		return 0;
	if (errno != EAGAIN)
		return complain("cannot send");
	fprintf(stderr, "msg_server: no room for an answer\n");
	return 0;
}

/* All that are there; how many that were, or -1. */
static int serve(int queue)
{
	struct talk talk;
	ssize_t size;
	int n = 0;

	/* one message each time, however many there are */
	while ((size = read(queue, &talk, sizeof(talk))) >= 0) {
		/* an answer to a request's type would be the next request */
		if (size < TALK_HEAD || talk.answer_to < TALK_ANSWER)
			continue;
		printf("%s request: %.*s\n", talk.type == TALK_URGENT ? "urgent" : "ordinary",
		       (int)(size - TALK_HEAD), talk.text);
		if (send_answer(queue, &talk, size))
			return -1;
		n++;
	}
	return errno == EAGAIN ? n : complain("cannot receive");
}

/* Until a signal comes; how many were served, or -1. */
static int loop(int queue, int signals)
{
	struct pollfd fds[] = {
		{ .fd = queue, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	int now, n = 0;

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) < 0)
			return complain("poll");
		/* a queue that was removed counts as readable, too: to read tells why */
		if (!fds[0].revents)
			continue;
		now = serve(queue);
		if (now < 0)
			return -1;
		n += now;
	}
	return n;
}

int main(int argc, char **argv)
{
	int kipc, queue, signals, n;

	if (argc > 2 || (argc > 1 && *argv[1] == '-')) {
		fprintf(stderr, "usage: msg_server [PATH]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	kipc = instance_open(argc > 1 ? argv[1] : NULL);
	if (kipc < 0)
		return 1;
	queue = make_queue(kipc);
	if (queue < 0 || want_requests(queue))
		return 1;
	signals = signals_as_file();
	if (signals < 0)
		return 1;
	n = loop(queue, signals);
	if (n < 0)
		return 1;
	printf("served %d requests\n", n);
	return 0;
}
