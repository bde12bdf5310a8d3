// SPDX-License-Identifier: GPL-2.0
/*
 * shm_fd [PATH]: shared memory held by descriptors alone. PATH is that of an instance,
 * see instance.h.
 *
 * The segment has no key and no id, so nobody can find it. Whoever is to have it gets a
 * descriptor: inherited, or as here by a message over a Unix socket, which works between
 * programs that know nothing of each other. When the last descriptor is closed and the
 * last mapping gone, by an exit or a crash as well, the segment is gone too.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance.h"

#define SEGMENT_SIZE	(1 << 20)

/* What the bytes of the segment mean is up to its users. */
struct shared {
	__u64 count;
	__u64 squares[1000];
};

/* Room for one descriptor beside a message, aligned as its header must be */
union descriptor_room {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static int send_descriptor(int sock, int fd)
{
	union descriptor_room room = { };
	char byte = 0;	/* nothing goes over a stream without data */
	struct iovec data = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&msg);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : complain("cannot send the descriptor");
}

static int receive_descriptor(int sock)
{
	union descriptor_room room;
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room),
	};
	struct cmsghdr *header;
	ssize_t got;
	int fd;

	got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	if (!got)
		return -1;	/* the other side has gone, and said why */
	if (got < 0)
		return complain("cannot receive the descriptor");
	header = CMSG_FIRSTHDR(&msg);
	if (!header || header->cmsg_type != SCM_RIGHTS) {
		errno = EPROTO;
		return complain("the message has no descriptor with it");
	}
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* The mapping keeps the segment, too: the descriptor is not needed any more. */
static struct shared *map_and_close(int fd)
{
	void *addr = mmap(NULL, SEGMENT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	close(fd);
	if (addr != MAP_FAILED)
		return addr;
	complain("cannot map the segment");
	return NULL;
}

/* The other program. It has the socket, and knows no instance of kipc. */
static int work(int sock)
{
	int fd = receive_descriptor(sock);
	struct shared *shared;

	if (fd < 0)
		return 1;
	shared = map_and_close(fd);
	if (!shared)
		return 1;
	for (__u64 n = 0; n < 1000; n++)
		shared->squares[n] = n * n;
	shared->count = 1000;
	return 0;
}

/* Make the segment and send it over @sock; its memory, or NULL. */
static struct shared *make_and_send(int kipc, int sock)
{
	struct kipc_shm_create create = {
		.flags = KIPC_SHM_CLOEXEC,
		.mode = 0600,
		.size = SEGMENT_SIZE,
	};

	if (ioctl(kipc, KIPC_IOC_SHM_CREATE, &create)) {
		complain("cannot make the segment");
		return NULL;
	}
	if (send_descriptor(sock, create.fd)) {
		close(create.fd);
		return NULL;
	}
	return map_and_close(create.fd);
}

static long long segments(int kipc)
{
	struct kipc_stats stats;

	return ioctl(kipc, KIPC_IOC_STATS, &stats) ? -1 : (long long)stats.shm_segments;
}

int main(int argc, char **argv)
{
	int socks[2], kipc, status;
	struct shared *shared;
	long long before;
	pid_t worker;

	if (argc > 2 || (argc > 1 && *argv[1] == '-')) {
		fprintf(stderr, "usage: shm_fd [PATH]\n");
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks)) {
		complain("cannot make a pair of sockets");
		return 1;
	}
	worker = fork();
	if (worker < 0) {
		complain("cannot start the worker");
		return 1;
	}
	if (!worker) {
		close(socks[0]);
		return work(socks[1]);
	}
	/* so that each side sees the other's end */
	close(socks[1]);

	kipc = instance_open(argc > 1 ? argv[1] : NULL);
	if (kipc < 0)
		return 1;
	before = segments(kipc);
	shared = make_and_send(kipc, socks[0]);
	if (!shared)
		return 1;

	/* its exit says that all is written; programs that go on need a futex, see shm_ring.h */
	if (waitpid(worker, &status, 0) < 0 || status) {
		fprintf(stderr, "shm_fd: the worker failed\n");
		return 1;
	}
	printf("the worker wrote %llu numbers, the last is %llu\n", shared->count,
	       shared->squares[shared->count - 1]);
	printf("segments while it is mapped: %lld\n", segments(kipc) - before);
	munmap(shared, SEGMENT_SIZE);
	printf("segments after the last use: %lld\n", segments(kipc) - before);
	return 0;
}
