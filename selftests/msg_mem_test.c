// SPDX-License-Identifier: GPL-2.0
/*
 * Where the bytes of messages are: every one of them is right, for all sizes; in caches of
 * their own and never in those of kmalloc() (class 12), never in one large piece; and none
 * comes out that was not sent (class 8).
 */
#include "msg_caches.h"
#include "msg_kipc_fixture.h"

#define PAGE	4096
#define MIB	(1 << 20)

/* What is sent, and where it is received: room for the largest message, and a margin. */
static char *sent, *got;

#define MARGIN	256

static int buffers_make(struct _test_data_queue *self)
{
	sent = malloc(MIB + MARGIN);
	got = malloc(MIB + MARGIN);
	if (!sent || !got)
		return -1;
	pattern(sent, MIB + MARGIN, 0);
	return queue_limit_set("msgmax", MIB) || queue_resize(self->fd, SELF, 4 * MIB) ? -1 : 0;
}

/* Different bytes for each size, without making the pattern again. */
static const char *message_of(size_t size)
{
	return sent + size % MARGIN;
}

/* Whether just the first @n bytes of a message of @size are in the buffer. */
static bool is_received(size_t size, size_t n)
{
	return !memcmp(got, message_of(size), n) && is_all(got + n, POISON, MARGIN);
}

static void buffer_poison(size_t size)
{
	memset(got, POISON, size + MARGIN);
}

/* Send and receive one of @size bytes, in one of several ways. */
static bool goes_through(int fd, size_t size, unsigned int way)
{
	size_t first = size / 3, second = size - first;
	struct iovec out[] = {
		{ (char *)message_of(size), first },
		{ (char *)message_of(size) + first, second },
	};
	struct iovec in[] = { { got, second }, { got + second, first } };

	buffer_poison(size);
	if (way % 3 == 0) {
		if (queue_send(fd, SELF, 5, message_of(size), size, NOWAIT))
			return false;
	} else if (way % 3 == 1 || !size) {
		if (write(fd, message_of(size), size) != (ssize_t)size)
			return false;
	} else if (writev(fd, out, 2) != (ssize_t)size) {
		return false;
	}
	if (queue_receive(fd, SELF, 0, got, size, NOWAIT | KIPC_MSG_COPY, NULL) !=
	    (ssize_t)size || !is_received(size, size))
		return false;
	buffer_poison(size);
	if (way / 3 % 3 == 0) {
		if (queue_receive(fd, SELF, 0, got, size, NOWAIT, NULL) != (ssize_t)size)
			return false;
	} else if (way / 3 % 3 == 1 || !size) {
		if (read(fd, got, size) != (ssize_t)size)
			return false;
	} else if (readv(fd, in, 2) != (ssize_t)size) {
		return false;
	}
	return is_received(size, size) && queue_holds(fd, SELF, 0, 0);
}

TEST_F_TIMEOUT(queue, every_byte_of_every_size_arrives, 120)
{
	size_t size, around;
	unsigned int way = 0;

	ASSERT_EQ(0, buffers_make(self));
	for (size = 0; size <= 3 * PAGE + 300; size++) {
		/* all that are near to where a new piece begins, and some of the others */
		around = (size + 150) % PAGE;
		if (size > 300 && around > 300 && size % 23)
			continue;
		ASSERT_TRUE(goes_through(self->fd, size, way++))
			TH_LOG("%zu bytes", size);
	}
}

TEST_F_TIMEOUT(queue, every_byte_of_large_messages_arrives, 120)
{
	static const size_t sizes[] = {
		65535, 65536, 65537, 65536 + 4000, 131072 - 96, 300001, MIB - PAGE, MIB - 1, MIB,
	};
	unsigned int way;
	size_t i;

	ASSERT_EQ(0, buffers_make(self));
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (way = 0; way < 9; way += 2)
			ASSERT_TRUE(goes_through(self->fd, sizes[i], way))
				TH_LOG("%zu bytes, way %u", sizes[i], way);
	EXPECT_EQ(-1, queue_send(self->fd, SELF, 5, sent, MIB + 1, NOWAIT));
	EXPECT_EQ(EINVAL, errno);
	/* handed over without having been in the queue */
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 1));
	for (i = 0; i < 2; i++) {
		pid_t pid = child_fork();

		if (!pid) {
			if (i)
				_exit(queue_send(self->fd, SELF, 5, message_of(MIB), MIB, 0) ?
				      1 : 0);
			buffer_poison(MIB);
			_exit(queue_receive(self->fd, SELF, 5, got, MIB, 0, NULL) == MIB &&
			      is_received(MIB, MIB) ? 0 : 1);
		}
		ASSERT_TRUE(wait_blocked(pid, SYS_ioctl));
		buffer_poison(MIB);
		if (!i) {
			EXPECT_EQ(0, queue_send(self->fd, SELF, 5, message_of(MIB), MIB, 0));
		} else {
			EXPECT_EQ(MIB, queue_receive(self->fd, SELF, 5, got, MIB, 0, NULL));
			EXPECT_TRUE(is_received(MIB, MIB));
		}
		EXPECT_EQ(0, child_wait(pid));
	}
}

TEST_F_TIMEOUT(queue, only_what_there_is_room_for_is_written, 60)
{
	static const size_t sizes[] = { 1, 80, 81, 4000, PAGE, PAGE + 1, 3 * PAGE, 70000 };
	size_t i, k, room;

	ASSERT_EQ(0, buffers_make(self));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const size_t rooms[] = {
			0, 1, sizes[i] / 2, sizes[i] - 1, sizes[i], sizes[i] + 99,
		};

		for (k = 0; k < ARRAY_SIZE(rooms); k++) {
			room = rooms[k] < sizes[i] ? rooms[k] : sizes[i];
			ASSERT_EQ(0, queue_send(self->fd, SELF, 5, message_of(sizes[i]), sizes[i],
						NOWAIT));
			buffer_poison(sizes[i]);
			EXPECT_EQ((ssize_t)room,
				  queue_receive(self->fd, SELF, 0, got, rooms[k],
						NOWAIT | KIPC_MSG_NOERROR, NULL));
			EXPECT_TRUE(is_received(sizes[i], room))
				TH_LOG("%zu of %zu bytes", rooms[k], sizes[i]);
		}
	}
}

/* Memory that one cannot read or write in the middle of a message. */
TEST_F(queue, fault_half_way_loses_nothing)
{
	enum { PAGES = 20 };
	static const int holes[] = { 0, 1, 2, 10, PAGES - 1 };
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	size_t size = PAGES * PAGE - 10, i;

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, buffers_make(self));
	for (i = 0; i < ARRAY_SIZE(holes); i++) {
		ASSERT_EQ(0, mprotect(p + holes[i] * PAGE, PAGE, PROT_NONE));
		EXPECT_EQ(-1, queue_send(self->fd, SELF, 5, p, size, NOWAIT));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_EQ(-1, write(self->fd, p, size));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_TRUE(queue_holds(self->fd, SELF, 0, 0));

		ASSERT_EQ(0, queue_send(self->fd, SELF, 4, "a", 1, 0));
		ASSERT_EQ(0, queue_send(self->fd, SELF, 5, message_of(size), size, 0));
		ASSERT_EQ(0, queue_send(self->fd, SELF, 6, "b", 1, 0));
		EXPECT_EQ(-1, queue_receive(self->fd, SELF, 5, p, size, NOWAIT, NULL));
		EXPECT_EQ(EFAULT, errno);
		ASSERT_EQ(0, queue_filter(self->fd, 5, 0));
		EXPECT_EQ(-1, read(self->fd, p, size));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_TRUE(queue_holds(self->fd, SELF, 3, size + 2));
		/* at its place, whole */
		EXPECT_EQ(1, queue_receive(self->fd, SELF, 0, got, size, NOWAIT, NULL));
		buffer_poison(size);
		EXPECT_EQ((ssize_t)size, queue_receive(self->fd, SELF, 0, got, size, NOWAIT, NULL));
		EXPECT_TRUE(is_received(size, size));
		EXPECT_EQ(1, queue_receive(self->fd, SELF, 0, got, size, NOWAIT, NULL));
		ASSERT_EQ(0, mprotect(p + holes[i] * PAGE, PAGE, PROT_READ | PROT_WRITE));
	}
	munmap(p, PAGES * PAGE);
}

/* --- class 12 */

TEST_F(queue, caches_are_shared_with_nothing)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(message_caches); i++)
		EXPECT_TRUE(slab_is_alone(message_caches[i].name))
			TH_LOG("cache %zu", i);
}

TEST_F_TIMEOUT(queue, messages_grow_their_own_caches_and_no_others, 120)
{
	enum { MESSAGES = 2000 };
	long own, general, own_now, general_now;
	const struct message_cache *cache;
	size_t i;
	int k;

	ASSERT_EQ(0, buffers_make(self));
	ASSERT_EQ(0, queue_resize(self->fd, SELF, 16 * MIB));
	for (i = 0; i < ARRAY_SIZE(message_caches); i++) {
		cache = &message_caches[i];
		message_caches_shrink();
		own = slab_objects(cache->name);
		general = kmalloc_objects(cache->size);
		for (k = 0; k < MESSAGES; k++)
			ASSERT_EQ(0, queue_send(self->fd, SELF, 1 + k, sent, cache->size, NOWAIT));
		own_now = slab_objects(cache->name);
		general_now = kmalloc_objects(cache->size);
		printf("# %s %ld -> %ld, kmalloc %ld -> %ld\n", cache->name, own, own_now, general,
		       general_now);
		fflush(stdout);
		/* a few were there and free */
		EXPECT_LE(MESSAGES / 2, own_now - own);
		EXPECT_GT(MESSAGES / 4, general_now - general);
		for (k = 0; k < MESSAGES; k++)
			ASSERT_EQ((ssize_t)cache->size,
				  queue_receive(self->fd, SELF, 0, got, cache->size, NOWAIT, NULL));
	}
}

/* --- how memory is asked for, as the kernel's tracing shows it */

#define TRACING	"/sys/kernel/tracing/instances/kipc-test"

/* An event of this process, with a further condition. */
static int trace_event(const char *event, const char *condition)
{
	char path[128], filter[128];

	snprintf(path, sizeof(path), TRACING "/events/kmem/%s/filter", event);
	snprintf(filter, sizeof(filter), "common_pid == %d && %s", getpid(), condition);
	if (file_write(path, filter))
		return -1;
	snprintf(path, sizeof(path), TRACING "/events/kmem/%s/enable", event);
	return file_write(path, "1");
}

static int trace_begin(void)
{
	rmdir(TRACING);
	if (mkdir(TRACING, 0755) || file_write(TRACING "/tracing_on", "0"))
		return -1;
	/* a slab may be of order 3, and who charges it wants a little of kmalloc() */
	return trace_event("mm_page_alloc", "order >= 4") ||
	       trace_event("kmalloc", "bytes_req >= 1024") ? -1 : 0;
}

/* How many events there were since the last call, which are shown if they were unexpected. */
static int trace_events(bool expected)
{
	static char buf[65536];
	char *line, *next;
	int events = 0;

	file_write(TRACING "/tracing_on", "0");
	if (file_read(TRACING "/trace", buf, sizeof(buf)) < 0)
		return -1;
	for (line = buf; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (*line == '#')
			continue;
		events++;
		if (!expected)
			printf("# %s\n", line);
	}
	fflush(stdout);
	close(open(TRACING "/trace", O_WRONLY | O_TRUNC | O_CLOEXEC));
	file_write(TRACING "/tracing_on", "1");
	return events;
}

TEST_F_TIMEOUT(queue, large_messages_are_many_single_pages, 60)
{
	static const size_t sizes[] = { 2000, 4000, 8000, 65536, 300000, MIB };
	int fds[2], i;
	size_t k;

	ASSERT_EQ(0, buffers_make(self));
	ASSERT_EQ(0, trace_begin());
	trace_events(true);
	/* it does see such things: this takes an array of 160 KiB */
	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_LT(0, fcntl(fds[0], F_SETPIPE_SZ, 16 * MIB));
	EXPECT_LT(0, trace_events(true));
	close(fds[0]);
	close(fds[1]);
	trace_events(true);
	for (k = 0; k < ARRAY_SIZE(sizes); k++) {
		for (i = 0; i < 4; i++)
			ASSERT_EQ(0, queue_send(self->fd, SELF, 5, sent, sizes[k], NOWAIT));
		for (i = 0; i < 4; i++)
			ASSERT_EQ((ssize_t)sizes[k],
				  queue_receive(self->fd, SELF, 0, got, sizes[k], NOWAIT, NULL));
		EXPECT_EQ(0, trace_events(false))
			TH_LOG("messages of %zu bytes", sizes[k]);
	}
	file_write(TRACING "/tracing_on", "0");
	EXPECT_EQ(0, rmdir(TRACING));
}

TEST_HARNESS_MAIN
