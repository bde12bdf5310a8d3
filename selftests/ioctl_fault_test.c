// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: every call with an argument of which one part lies on a page that can be used, and
 * the other on one that cannot: it fails with EFAULT, and nothing has happened. Single members
 * that are read and written by get_user() and put_user() fail in no other way: injection
 * (failnth.h) does not come to them.
 */
#include "ioctl_calls.h"

#define SEM_FEW_MAX	20

/* Where the second of two pages begins, which has @prot, or is not there without any. */
static char *border_alloc(int prot)
{
	unsigned long page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + page, page, prot))
		return NULL;
	return p + page;
}

/* What serves @call, one descriptor after the other: the number @i of them, or -1. */
static int nth_server(struct _test_data_kipc *self, const struct call *call, size_t i)
{
	if (!i)
		return served_by(self, call);
	return call->targets & objects[i - 1] ? object_fd(objects[i - 1]) : -1;
}

#define NR_SERVERS	(NR_OBJECTS + 1)

static void good_argument_for(const struct call *call, size_t server, void *arg)
{
	good_argument(call, arg);
	if (server)
		argument_for_itself(call, arg);
}

/* Put @arg such that @good bytes of it are before the border. */
static char *place_at(char *border, size_t good, const void *arg, size_t size)
{
	unsigned long page = sysconf(_SC_PAGESIZE);

	mprotect(border, page, PROT_READ | PROT_WRITE);
	memcpy(border - good, arg, size);
	mprotect(border, page, PROT_READ);
	return border - good;
}

TEST_F(kipc, result_of_which_a_part_cannot_be_written_is_efault_and_nothing_happens)
{
	char *border = border_alloc(PROT_READ), *at;
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	struct state state;
	size_t good, i;
	int fd, n = 0;

	ASSERT_NE(NULL, border);
	ASSERT_TRUE(prepare(self));
	for (call = calls; call < calls_end; call++) {
		if (!(_IOC_DIR(call->cmd) & _IOC_READ))
			continue;
		for (i = 0; i < NR_SERVERS; i++) {
			for (good = 0; good < arg_size(call); good += 4) {
				fd = nth_server(self, call, i);
				if (fd < 0)
					break;
				state = state_of(self);
				good_argument_for(call, i, arg);
				at = place_at(border, good, arg, arg_size(call));
				errno = 0;
				if (!ioctl(fd, call->cmd, at)) {
					/* behind its results there is but what it was given */
					EXPECT_EQ(0, memcmp(at + good, arg + good,
							    arg_size(call) - good));
					EXPECT_EQ(KIPC_IOC_MSG_RECEIVE, call->cmd);
					undo(self, call, at);
					continue;
				}
				n++;
				EXPECT_EQ(EFAULT, errno)
					TH_LOG("%s with %zu bytes", call->name, good);
				EXPECT_EQ(0, memcmp(at + good, arg + good, arg_size(call) - good));
				ASSERT_TRUE(unchanged(self, &state))
					TH_LOG("%s with %zu bytes", call->name, good);
			}
		}
	}
	EXPECT_LT(200, n);
}

TEST_F(kipc, argument_of_which_a_part_cannot_be_read_is_efault_and_nothing_happens)
{
	char *border = border_alloc(PROT_NONE);
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	struct state state;
	size_t good, i;
	int fd;

	ASSERT_NE(NULL, border);
	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	for (call = calls; call < calls_end; call++) {
		for (i = 0; i < NR_SERVERS; i++) {
			fd = nth_server(self, call, i);
			for (good = 0; fd >= 0 && good < arg_size(call); good++) {
				good_argument_for(call, i, arg);
				memcpy(border - good, arg, good);
				errno = 0;
				EXPECT_EQ(-1, ioctl(fd, call->cmd, border - good));
				EXPECT_EQ(EFAULT, errno)
					TH_LOG("%s with %zu bytes", call->name, good);
			}
		}
		ASSERT_TRUE(unchanged(self, &state))
			TH_LOG("%s", call->name);
	}
}

/* Of what this module does not know it wants to see that it is zero. */
TEST_F(kipc, tail_of_which_a_part_cannot_be_read_is_efault_and_nothing_happens)
{
	char *border = border_alloc(PROT_NONE);
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	struct state state;
	size_t tail, i;
	int fd;

	ASSERT_NE(NULL, border);
	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	for (call = calls; call < calls_end; call++) {
		for (i = 0; i < NR_SERVERS; i++) {
			fd = nth_server(self, call, i);
			for (tail = 0; fd >= 0 && tail < 16; tail++) {
				good_argument_for(call, i, arg);
				memset(border - tail, 0, tail);
				memcpy(border - tail - arg_size(call), arg, arg_size(call));
				errno = 0;
				EXPECT_EQ(-1, ioctl(fd, resized(call, arg_size(call) + 16),
						    border - tail - arg_size(call)));
				EXPECT_EQ(EFAULT, errno)
					TH_LOG("%s with a tail of %zu bytes", call->name, tail);
			}
		}
		ASSERT_TRUE(unchanged(self, &state))
			TH_LOG("%s", call->name);
	}
}

/* As many as are copied one by one, and more. */
TEST_F(kipc, list_of_which_a_part_cannot_be_read_is_efault_and_nothing_happens)
{
	char *border = border_alloc(PROT_NONE);
	struct kipc_sem_op ops[SEM_FEW_MAX];
	struct state state;
	size_t good, nr, i;

	ASSERT_NE(NULL, border);
	ASSERT_TRUE(prepare(self));
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		ops[i] = (struct kipc_sem_op) { .op = 1 };
	state = state_of(self);
	for (nr = 1; nr <= ARRAY_SIZE(ops); nr++) {
		for (good = 0; good < nr * sizeof(ops[0]); good++) {
			struct kipc_sem_ops arg = {
				.id = set.id, .nops = nr, .ops = (unsigned long)(border - good),
				.timeout = KIPC_TIMEOUT_NONE,
			};

			memcpy(border - good, ops, good);
			errno = 0;
			EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_SEM_OP, &arg));
			EXPECT_EQ(EFAULT, errno);
			arg.id = KIPC_ID_SELF;
			errno = 0;
			EXPECT_EQ(-1, ioctl(set.fd, KIPC_IOC_SEM_OP, &arg));
			EXPECT_EQ(EFAULT, errno);
		}
		ASSERT_TRUE(unchanged(self, &state))
			TH_LOG("%zu operations", nr);
	}
}

TEST_F(kipc, number_of_bytes_of_which_a_part_cannot_be_written_is_efault)
{
	char *border = border_alloc(PROT_READ);
	struct state state;
	size_t good;

	ASSERT_NE(NULL, border);
	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	for (good = 0; good < sizeof(int); good++) {
		errno = 0;
		EXPECT_EQ(-1, ioctl(self->r, FIONREAD, border - good));
		EXPECT_EQ(EFAULT, errno);
		errno = 0;
		EXPECT_EQ(-1, ioctl(queue.fd, FIONREAD, border - good));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_TRUE(unchanged(self, &state));
	EXPECT_EQ(0, ioctl(self->r, FIONREAD, border - sizeof(int)));
	EXPECT_EQ(0, ioctl(queue.fd, FIONREAD, border - sizeof(int)));
}

/* It is received whole the next time, and before those that were sent after it. */
TEST_F(kipc, message_whose_size_cannot_be_written_lies_at_its_place_again)
{
	struct kipc_msg_receive arg = {
		.id = KIPC_ID_SELF, .type = -3, .size = sizeof(queue_buf),
		.addr = (unsigned long)queue_buf, .flags = KIPC_MSG_NOWAIT,
	};
	size_t good = offsetof(struct kipc_msg_receive, addr) + 8, i;
	struct kipc_msg_send send = {
		.id = KIPC_ID_SELF, .addr = (unsigned long)queue_text, .flags = KIPC_MSG_NOWAIT,
	};
	char *border = border_alloc(PROT_READ), *at;
	struct state state;

	ASSERT_NE(NULL, border);
	ASSERT_TRUE(prepare(self));
	/* behind "hello", of type 1 */
	for (i = 1; i <= 3; i++) {
		send.type = 1 + i % 2;
		send.size = i;
		ASSERT_EQ(0, ioctl(queue.fd, KIPC_IOC_MSG_SEND, &send));
	}
	state = state_of(self);
	at = place_at(border, good, &arg, sizeof(arg));
	errno = 0;
	EXPECT_EQ(-1, ioctl(queue.fd, KIPC_IOC_MSG_RECEIVE, at));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(unchanged(self, &state));
	for (i = 0; i < 4; i++) {
		static const size_t sizes[] = { 5, 2, 1, 3 };

		arg.type = i < 2 ? 1 : 2;
		arg.size = sizeof(queue_buf);
		ASSERT_EQ(0, ioctl(queue.fd, KIPC_IOC_MSG_RECEIVE, &arg));
		EXPECT_EQ(sizes[i], arg.size);
		EXPECT_EQ(0, memcmp(queue_buf, queue_text, sizes[i]));
	}
}

TEST_HARNESS_MAIN
