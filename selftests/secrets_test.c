// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing of the kernel's memory, and of what others have had in it, is in what is given out:
 * structures, texts, events that are traced, new memory, and what a message does not fill.
 */
#include "ioctl_calls.h"
#include "mounts.h"

#include <ctype.h>
#include <dirent.h>
#include <sys/signalfd.h>

#define OWN	MOUNTS "/own"

/* Where the kernel's own memory begins, an address in it, and the fifth digits that there are. */
#ifdef __aarch64__
#define KERNEL_MEMORY	0xffff000000000000ULL
#define SOME_ADDRESS	0xffff0000c8123480ULL
#define FIFTH_DIGITS	"0123456789abcdef"
#else
#define KERNEL_MEMORY	0xffff800000000000ULL
#define SOME_ADDRESS	0xffff888003a12480ULL
#define FIFTH_DIGITS	"89cef"
#endif

/* Whether the eight bytes are an address of the kernel: no small negative number, no mask. */
static bool is_address(unsigned long long n)
{
	return n >= KERNEL_MEMORY && n < 0xfffffffff0000000ULL;
}

/* What is in memory that was freed, or not set, on kernels that look for that. */
static bool has_poison(const void *buf, size_t size)
{
	unsigned int n;
	size_t at;

	/* padding is rarely more than this */
	for (at = 0; at + sizeof(n) <= size; at += sizeof(n)) {
		memcpy(&n, (const char *)buf + at, sizeof(n));
		if (is_undefined(&n)) {
			printf("# at %zu: %x\n", at, n);
			return true;
		}
	}
	return false;
}

static bool has_address(const void *buf, size_t size)
{
	unsigned long long n;
	size_t at;

	for (at = 0; at + sizeof(n) <= size; at += sizeof(n)) {
		memcpy(&n, (const char *)buf + at, sizeof(n));
		if (is_address(n)) {
			printf("# at %zu: %llx\n", at, n);
			return true;
		}
	}
	return false;
}

/* Masks of signals, and "for ever", may look like an address. */
static bool gives_masks(unsigned int cmd)
{
	return cmd == KIPC_IOC_SIG_MASK || cmd == KIPC_IOC_SIG_ACTION ||
	       cmd == KIPC_IOC_SIG_WAIT || cmd == KIPC_IOC_SIG_SUBSCRIBE;
}

TEST_F(kipc, no_structure_has_an_address_of_the_kernel_or_what_was_freed)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	int looked_at = 0;

	EXPECT_TRUE(has_address(&(unsigned long long) { 0xffffffff81000000ULL }, 8));
	EXPECT_TRUE(has_address(&(unsigned long long) { SOME_ADDRESS }, 8));
	EXPECT_TRUE(has_poison("xxxxxxxxxxxx\x6b\x6b\x6b\x6b", 16));
	EXPECT_TRUE(has_poison("xxxx\xfe\xfe\xfe\xfe", 8));
	EXPECT_FALSE(has_poison("xx\x5a\x5a\x5a\x5axx", 8));
	ASSERT_TRUE(prepare(self));
	for (call = calls; call < calls_end; call++) {
		good_argument(call, arg);
		if (!(_IOC_DIR(call->cmd) & _IOC_READ))
			continue;
		/* or it would be found again */
		EXPECT_FALSE(has_poison(arg, arg_size(call)))
			TH_LOG("%s, before", call->name);
		ASSERT_EQ(0, ioctl(served_by(self, call), call->cmd, arg))
			TH_LOG("%s: %s", call->name, strerror(errno));
		EXPECT_FALSE(has_poison(arg, arg_size(call)))
			TH_LOG("%s", call->name);
		EXPECT_FALSE(!gives_masks(call->cmd) && has_address(arg, arg_size(call)))
			TH_LOG("%s", call->name);
		undo(self, call, arg);
		looked_at++;
	}
	EXPECT_LT(20, looked_at);
}

/*
 * A number of 16 digits that begins like an address of the kernel, wherever it is. The page
 * of vsyscall(7), in the maps of each process, is always at the same.
 */
static bool text_has_address(const char *text)
{
	const char *p;
	int digits;

	for (p = text; *p; p += digits ? digits : 1) {
		for (digits = 0; isxdigit(p[digits]); digits++)
			;
		if (digits == 16 && !strncmp(p, "ffff", 4) && strchr(FIFTH_DIGITS, p[4]) &&
		    strncmp(p, "ffffffffffffffff", 16) && strncmp(p, "ffffffffff60", 12))
			return true;
	}
	return false;
}

static bool file_tells_address(const char *path)
{
	static char text[1 << 20];

	if (file_read(path, text, sizeof(text)) <= 0 || !text_has_address(text))
		return false;
	printf("# %s\n", path);
	return true;
}

static bool descriptor_tells_address(int fd)
{
	char path[64], text[128] = "";

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (file_tells_address(path))
		return true;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, text, sizeof(text) - 1) < 0 || text_has_address(text);
}

TEST_F(kipc, no_text_has_an_address_of_the_kernel)
{
	static const char *const files[] = {
		"/proc/self/maps", "/proc/self/smaps", "/proc/misc", "/proc/filesystems",
		"/proc/self/mountinfo", OWN "/sysvipc/shm", OWN "/sysvipc/sem",
		OWN "/sysvipc/msg", OWN "/limits/shmmax", OWN "/limits/sem",
		KIPC_PARAMETERS "objects", KIPC_PARAMETERS "pipe_user_pages",
	};
	size_t i;

	EXPECT_TRUE(text_has_address("at ffff888012345678 it is"));
	EXPECT_FALSE(text_has_address("ffffffffffffffff 00007fffffffe000"));
	EXPECT_FALSE(text_has_address("ffffffffff600000-ffffffffff601000 --xp"));
	ASSERT_TRUE(prepare(self));
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(OWN, "default"));
	for (i = 0; i < NR_OBJECTS; i++)
		EXPECT_FALSE(descriptor_tells_address(object_fd(objects[i])));
	EXPECT_FALSE(descriptor_tells_address(self->r));
	EXPECT_FALSE(descriptor_tells_address(self->dev));
	for (i = 0; i < ARRAY_SIZE(files); i++)
		EXPECT_FALSE(file_tells_address(files[i]));
	EXPECT_TRUE(EVENTUALLY(!umount(OWN)));
}

/* --- tracepoints: root may see them, but what they show is passed on in reports */

#define TRACING	"/sys/kernel/tracing/instances/kipc-security"
#define EVENTS	TRACING "/events/kipc"

/*
 * An address, or the hash of one that %p prints: nothing else has so many digits. @text is
 * what the module's events have written.
 */
static bool trace_has_address(const char *text)
{
	const char *p;
	int digits;

	for (p = text; *p; p += digits ? digits : 1) {
		for (digits = 0; isxdigit(p[digits]); digits++)
			;
		if (digits >= 12) {
			printf("# %.*s\n", digits, p);
			return true;
		}
	}
	return strstr(text, "____ptrval____");
}

/* Each member of an event's record, as "format" of tracefs declares it, and how it is printed. */
static bool format_has_address(const char *format)
{
	const char *line = format, *end;

	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (!strncmp(line, "\tfield:", 7) && memchr(line, '*', end - line))
			return true;
	}
	line = strstr(format, "print fmt:");
	return !line || strstr(line, "%p");
}

/* How many events the module has; -1 if one of them could show an address. */
static int events_scan(void)
{
	static char format[8192];
	struct dirent *entry;
	char path[512];
	DIR *dir = opendir(EVENTS);
	int n = 0;

	while (dir && n >= 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || entry->d_type != DT_DIR)
			continue;
		snprintf(path, sizeof(path), EVENTS "/%s/format", entry->d_name);
		n++;
		if (file_read(path, format, sizeof(format)) <= 0 || format_has_address(format)) {
			printf("# %s\n%s\n", path, format);
			n = -1;
		}
	}
	if (dir)
		closedir(dir);
	return n;
}

/* How many of the module's events @trace does not have. */
static int events_missing(const char *trace)
{
	struct dirent *entry;
	char name[300];
	DIR *dir = opendir(EVENTS);
	int n = 0;

	while (dir && (entry = readdir(dir))) {
		snprintf(name, sizeof(name), " %s: ", entry->d_name);
		if (entry->d_name[0] == '.' || entry->d_type != DT_DIR || strstr(trace, name))
			continue;
		printf("# not seen: %s\n", entry->d_name);
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* A signal for somebody who waits for it, and one that becomes a real one. */
static int signals_wake_and_deliver(void)
{
	struct kipc_sig_wait wait = { .set = 1ULL << (SIGUSR1 - 1), .timeout = KIPC_TIMEOUT_NONE };
	struct kipc_sig_action action = { .action = KIPC_SIG_DELIVER, .set = wait.set };
	struct kipc_sig_send send = { .id = KIPC_ID_SELF, .signo = SIGUSR1 };
	pid_t pid = child_fork();

	if (!pid)
		_exit(ioctl(signals.sub, KIPC_IOC_SIG_WAIT, &wait) ? errno : 0);
	if (!wait_blocked(pid, SYS_ioctl) || ioctl(signals.fd, KIPC_IOC_SIG_SEND, &send) ||
	    child_wait(pid))
		return -1;
	if (signal(SIGUSR1, SIG_IGN) == SIG_ERR ||
	    ioctl(signals.sub, KIPC_IOC_SIG_ACTION, &action))
		return -1;
	return ioctl(signals.fd, KIPC_IOC_SIG_SEND, &send);
}

/* All calls, and reading and writing. */
static void use_everything(struct _test_data_kipc *self, struct __test_metadata *_metadata)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;

	for (call = calls; call < calls_end; call++) {
		good_argument(call, arg);
		ASSERT_EQ(0, ioctl(served_by(self, call), call->cmd, arg))
			TH_LOG("%s: %s", call->name, strerror(errno));
		undo(self, call, arg);
	}
	ASSERT_EQ(5, write(self->w, "hello", 5));
	ASSERT_EQ(1, read(self->r, arg, 1));
	ASSERT_EQ(0, signals_wake_and_deliver());
}

/* All that was traced: as it is printed, or, where the kernel can do that, member by member. */
static void trace_is_clean(struct __test_metadata *_metadata, int nevents)
{
	static char trace[1 << 20];

	ASSERT_LT(0, file_read(TRACING "/trace", trace, sizeof(trace)));
	EXPECT_FALSE(trace_has_address(trace));
	EXPECT_EQ(0, events_missing(trace))
		TH_LOG("of %d events", nevents);
}

TEST_F(kipc, no_event_that_is_traced_has_an_address_of_the_kernel)
{
	int nevents;

	EXPECT_TRUE(trace_has_address("kipc_event: at 00000000a1b2c3d4 it is"));
	EXPECT_TRUE(trace_has_address("kipc_event: obj=0xffff888012345678"));
	EXPECT_FALSE(trace_has_address("12345.678901: kipc_event: ino=4294967295 key=0x00000000"));
	EXPECT_TRUE(format_has_address("\tfield:void * obj;\toffset:8;\nprint fmt: \"%d\""));
	EXPECT_TRUE(format_has_address("\tfield:int id;\toffset:8;\nprint fmt: \"%p\""));
	ASSERT_TRUE(prepare(self));
	rmdir(TRACING);
	ASSERT_EQ(0, mkdir(TRACING, 0755));
	nevents = events_scan();
	EXPECT_LT(10, nevents);
	ASSERT_EQ(0, file_write(EVENTS "/enable", "1"));
	use_everything(self, _metadata);
	ASSERT_EQ(0, file_write(TRACING "/tracing_on", "0"));
	trace_is_clean(_metadata, nevents);
	if (!access(TRACING "/options/fields", W_OK)) {
		ASSERT_EQ(0, file_write(TRACING "/options/fields", "1"));
		trace_is_clean(_metadata, nevents);
	}
	EXPECT_EQ(0, file_write(EVENTS "/enable", "0"));
	EXPECT_TRUE(EVENTUALLY(!rmdir(TRACING)));
}

/* New memory is 0, whatever was in it before. */
TEST_F(kipc, new_memory_of_segments_has_nothing_of_who_had_it_before)
{
	enum { SIZE = 1 << 20, ROUNDS = 20 };
	struct kipc_shm_create create = { .size = SIZE, .mode = 0600 };
	char *p;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		create.fd = -1;
		ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SHM_CREATE, &create));
		p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, create.fd, 0);
		ASSERT_NE(MAP_FAILED, p);
		ASSERT_TRUE(is_all(p, 0, SIZE));
		/* for the next one to find, if it could */
		memset(p, 0x77, SIZE);
		munmap(p, SIZE);
		close(create.fd);
	}
}

/* Of larger ones, which have been where this is now. */
static int leave_traces(void)
{
	static char text[8000];
	struct kipc_msg_send send = {
		.id = KIPC_ID_SELF, .type = 1, .addr = (unsigned long)text, .size = sizeof(text),
		.flags = KIPC_MSG_NOWAIT, .timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_msg_receive receive = {
		.id = KIPC_ID_SELF, .addr = (unsigned long)text, .size = sizeof(text),
		.flags = KIPC_MSG_NOWAIT, .timeout = KIPC_TIMEOUT_NONE,
	};

	memset(text, 0x77, sizeof(text));
	return ioctl(queue.fd, KIPC_IOC_MSG_SEND, &send) ||
	       ioctl(queue.fd, KIPC_IOC_MSG_RECEIVE, &receive) ? -1 : 0;
}

/* A message of @size bytes in room for more: what it does not fill stays as it was. */
TEST_F(kipc, receiver_gets_the_bytes_of_a_message_and_none_behind_them)
{
	static const size_t sizes[] = { 0, 1, 7, 63, 100, 4000, 4048, 4049, 7000 };
	static char text[8000], room[8192];
	struct kipc_msg_send send = {
		.id = KIPC_ID_SELF, .type = 1, .addr = (unsigned long)text,
		.flags = KIPC_MSG_NOWAIT, .timeout = KIPC_TIMEOUT_NONE,
	};
	struct kipc_msg_receive copy;
	size_t i;

	ASSERT_TRUE(prepare(self));
	while (!ioctl(queue.fd, KIPC_IOC_MSG_RECEIVE, &(struct kipc_msg_receive) {
			.id = KIPC_ID_SELF, .addr = (unsigned long)room, .size = sizeof(room),
			.flags = KIPC_MSG_NOWAIT, .timeout = KIPC_TIMEOUT_NONE }))
		;
	pattern(text, sizeof(text), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, leave_traces());
		send.size = sizes[i];
		ASSERT_EQ(0, ioctl(queue.fd, KIPC_IOC_MSG_SEND, &send));
		copy = (struct kipc_msg_receive) {
			.id = KIPC_ID_SELF, .addr = (unsigned long)room, .size = sizeof(room),
			.flags = KIPC_MSG_NOWAIT | KIPC_MSG_COPY, .timeout = KIPC_TIMEOUT_NONE,
		};
		memset(room, POISON, sizeof(room));
		EXPECT_EQ(0, ioctl(queue.fd, KIPC_IOC_MSG_RECEIVE, &copy));
		EXPECT_EQ(sizes[i], copy.size);
		EXPECT_TRUE(is_pattern(room, sizes[i], 0));
		EXPECT_TRUE(is_all(room + sizes[i], POISON, sizeof(room) - sizes[i]));
		memset(room, POISON, sizeof(room));
		EXPECT_EQ((ssize_t)sizes[i], read(queue.fd, room, sizeof(room)));
		EXPECT_TRUE(is_pattern(room, sizes[i], 0));
		EXPECT_TRUE(is_all(room + sizes[i], POISON, sizeof(room) - sizes[i]));
	}
}

/* What a record of a signal does not use is 0. */
TEST_F(kipc, signal_that_is_read_has_zeroes_where_it_says_nothing)
{
	struct kipc_sig_send send = { .id = KIPC_ID_SELF, .signo = KIPC_SIG_RTMIN };
	size_t used = offsetof(struct signalfd_siginfo, ssi_utime);
	struct signalfd_siginfo info[2];

	ASSERT_TRUE(prepare(self));
	ASSERT_EQ(0, set_flag(signals.sub, O_NONBLOCK, true));
	while (read(signals.sub, info, sizeof(info[0])) > 0)
		;
	ASSERT_EQ(0, ioctl(signals.fd, KIPC_IOC_SIG_SEND, &send));
	memset(info, POISON, sizeof(info));
	ASSERT_EQ((ssize_t)sizeof(info[0]), read(signals.sub, info, sizeof(info)));
	EXPECT_FALSE(has_poison(info, sizeof(info[0])));
	EXPECT_TRUE(is_all((char *)info + used, 0, sizeof(info[0]) - used));
	EXPECT_TRUE(is_all(info + 1, POISON, sizeof(info[1])));
}

TEST_HARNESS_MAIN
