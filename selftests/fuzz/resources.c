// SPDX-License-Identifier: GPL-2.0
/* What calls work on: descriptors, ids, addresses, numbers that are at some edge. */
#include "fuzz.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define ATTACHED	16
#define CHILDREN	16

/* Threads take from and add to these as it happens. */
static int fds[FD_KINDS][SLOTS];
static unsigned int fds_next[FD_KINDS];
static struct { __u64 addr, size; } attached[ATTACHED];
static unsigned int attached_next;
static pid_t children[CHILDREN];
static unsigned int children_n;

void fd_add(enum fd_kind kind, int fd)
{
	if (fd >= 0)
		STORE(&fds[kind][(ADD(&fds_next[kind], 1) - 1) % SLOTS], fd);
}

static int fd_make(struct context *c, enum fd_kind kind)
{
	int ends[2];

	switch (kind) {
	case FD_INSTANCE:
		return open("/dev/" KIPC_DEVICE_NAME, O_RDWR);
	case FD_NATIVE:
		if (pipe2(ends, once_in(&c->d, 2) ? O_NONBLOCK : 0))
			return -1;
		fd_add(FD_NATIVE, ends[0]);
		return ends[1];
	case FD_FILE:
		return once_in(&c->d, 3) ? open("/dev/zero", O_RDWR) :
		       memfd_create("fuzz", MFD_ALLOW_SEALING);
	case FD_PLACE:
		return open(".", O_RDONLY | O_DIRECTORY);
	case FD_EPOLL:
		return epoll_create1(0);
	case FD_EVENT:
		return eventfd(0, EFD_NONBLOCK);
	default:
		return object_make(c, kind, fd_pick(c, FD_INSTANCE));
	}
}

int fd_pick(struct context *c, enum fd_kind kind)
{
	static const int none[] = { -1, 1 << 30, 999, -100 };
	unsigned int n;
	int fd;

	if (once_in(&c->d, 100))
		return none[below(&c->d, ARRAY_SIZE(none))];
	if (once_in(&c->d, 30))
		kind = below(&c->d, FD_KINDS);
	n = LOAD(&fds_next[kind]);
	/* some more than the first one, for there to be different ones */
	if (!n || (n < SLOTS && once_in(&c->d, 12))) {
		fd = fd_make(c, kind);
		fd_add(kind, fd);
		if (fd >= 0 || !n)
			return fd;
	}
	/* the same again and again, or nothing that is sent is ever received; or both ends */
	if (once_in(&c->d, 2))
		n = kind == FD_PIPE && n > 1 ? 2 : 1;
	return LOAD(&fds[kind][below(&c->d, n < SLOTS ? n : SLOTS)]);
}

int fd_end(int end)
{
	return LOAD(&fds_next[FD_PIPE]) > 1 ? LOAD(&fds[FD_PIPE][end]) : -1;
}

int fd_any(struct context *c)
{
	unsigned int tries, kind;

	/* mostly of what the program works on already */
	for (tries = 0; tries < 4; tries++) {
		kind = FD_PIPE + below(&c->d, FD_SUBSCRIBER);
		if (LOAD(&fds_next[kind]))
			return fd_pick(c, kind);
	}
	return fd_pick(c, below(&c->d, once_in(&c->d, 4) ? FD_KINDS : FD_SUBSCRIBER + 1));
}

void id_add(int block, int id)
{
	STORE(&sh->ids[block][(ADD(&sh->ids_next[block], 1) - 1) % IDS], id);
}

/* A new one, in the instance that most calls are made on. */
static int id_make(struct context *c, int block)
{
	struct kipc_shm_get shm = { .size = 16 * PAGE, .mode = 0666, .flags = KIPC_GET_CREAT };
	struct kipc_sem_get sem = { .nsems = 3, .mode = 0666, .flags = KIPC_GET_CREAT };
	struct kipc_msg_get msg = { .mode = 0666, .flags = KIPC_GET_CREAT };
	struct kipc_sig_get sig = { .mode = 0666, .flags = KIPC_GET_CREAT };
	int instance = fd_pick(c, FD_INSTANCE), id = -1;

	if (block == 2)
		id = ioctl(instance, KIPC_IOC_SHM_GET, &shm) ? -1 : shm.id;
	else if (block == 3)
		id = ioctl(instance, KIPC_IOC_SEM_GET, &sem) ? -1 : sem.id;
	else if (block == 4)
		id = ioctl(instance, KIPC_IOC_MSG_GET, &msg) ? -1 : msg.id;
	else
		id = ioctl(instance, KIPC_IOC_SIG_GET, &sig) ? -1 : sig.id;
	if (id >= 0)
		id_add(block, id);
	return id;
}

int id_pick(struct context *c, int block)
{
	unsigned int n = LOAD(&sh->ids_next[block]);

	if (!n || once_in(&c->d, 16))
		return id_make(c, block);
	if (once_in(&c->d, 24))
		return once_in(&c->d, 2) ? (int)draw(&c->d) : KIPC_ID_SELF;
	/* indices, for those calls that take them */
	if (once_in(&c->d, 12))
		return below(&c->d, 8);
	/* the newest one, or any of the last ones */
	return LOAD(&sh->ids[block][once_in(&c->d, 2) ? (n - 1) % IDS :
				    below(&c->d, n < IDS ? n : IDS)]);
}

char *buffer_pick(struct context *c, size_t *size)
{
	static const uintptr_t nowhere[] = { 0, 1, 0x7ffffffff000, 0xffff888000000000, ~0UL };
	size_t off;

	if (once_in(&c->d, 30))
		return (char *)nowhere[below(&c->d, ARRAY_SIZE(nowhere))];
	if (once_in(&c->d, 40))
		return c->constant;
	if (once_in(&c->d, 16))
		return (char *)place_pick(c);
	if (*size > DATA_SIZE)
		*size = DATA_SIZE;
	off = DATA_SIZE - *size;
	/* now and then the end of it is not there */
	return c->data + (off ? below(&c->d, off + 1) : 0) + (once_in(&c->d, 30) ? PAGE / 2 : 0);
}

__u64 number_pick(struct context *c)
{
	static const __u64 edges[] = {
		0, 1, 2, 7, 8, 63, 64, 127, 128, 255, 256, 4095, 4096, 4097, 32767, 32768, 65535,
		65536, INT32_MAX, 1ULL << 31, UINT32_MAX, 1ULL << 32, INT64_MAX, 1ULL << 63,
		UINT64_MAX, UINT64_MAX - 4095,
	};

	if (once_in(&c->d, 4))
		return draw(&c->d);
	return edges[below(&c->d, ARRAY_SIZE(edges))] + (once_in(&c->d, 4) ? -1 : 0);
}

size_t size_pick(struct context *c)
{
	switch (below(&c->d, 8)) {
	case 0:
		return number_pick(c);
	case 1:
		return PAGE * (1 + below(&c->d, 600));
	case 2:
		return below(&c->d, DATA_SIZE);
	case 3:
		return PAGE * (1 + below(&c->d, 16));
	case 4:
		return 0;
	default:
		return 1 + below(&c->d, 200);
	}
}

__u64 timeout_pick(struct context *c)
{
	struct timespec ts;

	switch (below(&c->d, 6)) {
	case 0:
		return 0;
	case 1:
		return KIPC_TIMEOUT_NONE;
	case 2:
		return number_pick(c);
	case 3:
		return below(&c->d, 2000000);
	default:
		clock_gettime(CLOCK_MONOTONIC, &ts);
		return ts.tv_sec * 1000000000ULL + ts.tv_nsec + below(&c->d, 2000000);
	}
}

__u64 place_pick(struct context *c)
{
	__u64 at = ARENA + below(&c->d, 64) * PAGE;

	if (once_in(&c->d, 8))
		at = ARENA + below(&c->d, 16) * (2UL << 20);
	return once_in(&c->d, 8) ? at + below(&c->d, PAGE) : at;
}

void attached_add(__u64 addr, __u64 size)
{
	unsigned int at = (ADD(&attached_next, 1) - 1) % ATTACHED;

	STORE(&attached[at].size, size);
	STORE(&attached[at].addr, addr);
}

__u64 attached_pick(struct context *c)
{
	unsigned int n = LOAD(&attached_next);

	if (!n || once_in(&c->d, 16))
		return place_pick(c);
	return LOAD(&attached[below(&c->d, n < ATTACHED ? n : ATTACHED)].addr);
}

/*
 * Some pages of an attachment: beyond one that is where the kernel wanted it there may be
 * what the fuzzer itself needs.
 */
__u64 range_pick(struct context *c, size_t *length)
{
	__u64 at = attached_pick(c) & -PAGE;

	if (at >= ARENA && at < ARENA + ARENA_SIZE) {
		*length = once_in(&c->d, 8) ? 2UL << 20 : PAGE * (1 + below(&c->d, 16));
		return at + PAGE * below(&c->d, 8);
	}
	*length = PAGE;
	return at;
}

void child_add(pid_t pid)
{
	unsigned int at = ADD(&children_n, 1) - 1;

	if (at < CHILDREN) {
		STORE(&children[at], pid);
		return;
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

void child_clear(void)
{
	unsigned int i;

	for (i = 0; i < CHILDREN; i++) {
		if (!children[i])
			continue;
		kill(children[i], SIGKILL);
		while (waitpid(children[i], NULL, 0) < 0 && errno == EINTR)
			;
		children[i] = 0;
	}
	children_n = 0;
}

/* The fuzzer's own, which no program can close. */
static int instance = -1;

void resources_init(void)
{
	if (instance < 0)
		instance = open("/dev/" KIPC_DEVICE_NAME, O_RDWR | O_CLOEXEC);
	mmap((void *)ARENA, ARENA_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* After a program nothing is left of it but objects with an id. */
void resources_reset(void)
{
	unsigned int i;

	child_clear();
	/* what was attached at an address of the kernel's choice */
	for (i = 0; i < ATTACHED; i++) {
		struct kipc_shm_detach detach = { .addr = attached[i].addr };

		if (attached[i].size)
			munmap((void *)attached[i].addr, attached[i].size);
		else if (attached[i].addr)
			ioctl(instance, KIPC_IOC_SHM_DETACH, &detach);
	}
	memset(attached, 0, sizeof(attached));
	attached_next = 0;
	close_range(FD_FIRST, ~0U, 0);
	memset(fds, 0xff, sizeof(fds));
	memset(fds_next, 0, sizeof(fds_next));
	munmap((void *)ARENA, 1UL << 46);
	resources_init();
}
