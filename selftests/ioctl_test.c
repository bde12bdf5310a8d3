// SPDX-License-Identifier: GPL-2.0
/*
 * Every call with every kind of bad input, from one table (ioctl_calls.h): the right errno,
 * nothing written, nothing left behind. And class 8: every byte that comes out is defined.
 */
#include "ioctl_calls.h"

#include <sys/resource.h>

/* Expect that @cmd fails with @error and leaves the argument of @call as it was. */
static void expect_failure(struct __test_metadata *_metadata, const struct call *call, int error,
			   int fd, unsigned int cmd, const void *arg)
{
	unsigned char copy[CALLS_MAX_SIZE];

	memcpy(copy, arg, arg_size(call));
	errno = 0;
	EXPECT_EQ(-1, ioctl(fd, cmd, arg))
		TH_LOG("%s %#x", call->name, cmd);
	EXPECT_EQ(error, errno)
		TH_LOG("%s %#x", call->name, cmd);
	EXPECT_EQ(0, memcmp(copy, arg, arg_size(call)))
		TH_LOG("%s wrote its argument", call->name);
}

TEST_F(kipc, every_call_succeeds_with_a_good_argument)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	size_t i;

	ASSERT_TRUE(prepare(self));
	for (call = calls; call < calls_end; call++) {
		good_argument(call, arg);
		EXPECT_EQ(0, ioctl(served_by(self, call), call->cmd, arg))
			TH_LOG("%s: %s", call->name, strerror(errno));
		undo(self, call, arg);
		for (i = 0; i < NR_OBJECTS; i++) {
			if (!(call->targets & objects[i]))
				continue;
			good_argument(call, arg);
			argument_for_itself(call, arg);
			EXPECT_EQ(0, ioctl(object_fd(objects[i]), call->cmd, arg))
				TH_LOG("%s on a descriptor: %s", call->name, strerror(errno));
			undo(self, call, arg);
		}
	}
}

/* What an older program was built with. */
TEST_F(kipc, structures_of_older_versions_are_accepted)
{
	unsigned char arg[CALLS_MAX_SIZE], whole[CALLS_MAX_SIZE];
	const struct call *call;
	size_t size;

	ASSERT_TRUE(prepare(self));
	for (call = calls; call < calls_end; call++) {
		for (size = arg_size_min(call); size < arg_size(call); size++) {
			good_argument(call, whole);
			ASSERT_EQ(0, ioctl(served_by(self, call), call->cmd, whole));
			memset(arg, POISON, sizeof(arg));
			EXPECT_EQ(0, ioctl(served_by(self, call), resized(call, size), arg))
				TH_LOG("%s of %zu bytes: %s", call->name, size, strerror(errno));
			EXPECT_EQ(0, memcmp(whole, arg, size));
			EXPECT_TRUE(is_all(arg + size, POISON, sizeof(arg) - size));
		}
	}
}

TEST_F(kipc, structures_shorter_than_their_first_version_are_einval)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	struct state state;
	size_t size;

	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	for (call = calls; call < calls_end; call++) {
		good_argument(call, arg);
		for (size = 0; size < arg_size_min(call); size++)
			expect_failure(_metadata, call, EINVAL, served_by(self, call),
				       resized(call, size), arg);
	}
	EXPECT_TRUE(unchanged(self, &state));
}

TEST_F(kipc, longer_structures_are_accepted_with_a_tail_of_zeroes)
{
	static const size_t extra[] = { 1, 3, 4, 8, 100, 4096, 8192 };
	unsigned char *arg = malloc(1 << _IOC_SIZEBITS);
	const struct call *call;
	size_t i, size;

	ASSERT_NE(NULL, arg);
	ASSERT_TRUE(prepare(self));
	for (call = calls; call < calls_end; call++) {
		for (i = 0; i < ARRAY_SIZE(extra); i++) {
			size = arg_size(call) + extra[i];
			memset(arg, 0, size);
			good_argument(call, arg);
			EXPECT_EQ(0, ioctl(served_by(self, call), resized(call, size), arg))
				TH_LOG("%s + %zu: %s", call->name, extra[i], strerror(errno));
			EXPECT_TRUE(is_all(arg + arg_size(call), 0, extra[i]));
			undo(self, call, arg);
		}
	}
}

TEST_F(kipc, longer_structures_with_an_unknown_tail_are_e2big)
{
	static const size_t extra[] = { 1, 3, 4, 8, 100, 4096, 8192 };
	unsigned char *arg = malloc(1 << _IOC_SIZEBITS);
	const struct call *call;
	struct state state;
	size_t i, size;

	ASSERT_NE(NULL, arg);
	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	for (call = calls; call < calls_end; call++) {
		for (i = 0; i < ARRAY_SIZE(extra); i++) {
			size = arg_size(call) + extra[i];
			memset(arg, 0, size);
			good_argument(call, arg);
			arg[size - 1] = 1;
			expect_failure(_metadata, call, E2BIG, served_by(self, call),
				       resized(call, size), arg);
			arg[size - 1] = 0;
			arg[arg_size(call)] = 0x80;
			expect_failure(_metadata, call, E2BIG, served_by(self, call),
				       resized(call, size), arg);
		}
	}
	EXPECT_TRUE(unchanged(self, &state));
}

TEST_F(kipc, each_unknown_flag_is_einval)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	unsigned int bit, flags;
	struct state state;

	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	for (call = calls; call < calls_end; call++) {
		for (bit = 1; call->flags_at >= 0 && bit; bit <<= 1) {
			if (call->flags & bit)
				continue;
			good_argument(call, arg);
			memcpy(&flags, arg + call->flags_at, sizeof(flags));
			flags |= bit;
			memcpy(arg + call->flags_at, &flags, sizeof(flags));
			expect_failure(_metadata, call, EINVAL, served_by(self, call),
				       call->cmd, arg);
		}
	}
	EXPECT_TRUE(unchanged(self, &state));
}

TEST_F(kipc, each_reserved_bit_is_einval)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	struct state state;
	unsigned int bit;

	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	for (call = calls; call < calls_end; call++) {
		for (bit = 1; call->reserved_at >= 0 && bit; bit <<= 1) {
			good_argument(call, arg);
			memcpy(arg + call->reserved_at, &bit, sizeof(bit));
			expect_failure(_metadata, call, EINVAL, served_by(self, call),
				       call->cmd, arg);
		}
	}
	EXPECT_TRUE(unchanged(self, &state));
}

TEST_F(kipc, bad_addresses_are_efault_and_nothing_happens)
{
	unsigned long page = sysconf(_SC_PAGESIZE);
	const struct call *call;
	struct state state;
	size_t good;
	char *edge;
	int fd;

	ASSERT_TRUE(prepare(self));
	/* last: nothing may come to lie behind it */
	edge = edge_alloc(1);
	ASSERT_NE(NULL, edge);
	good_argument(calls, edge);
	state = state_of(self);
	for (call = calls; call < calls_end; call++) {
		unsigned char arg[CALLS_MAX_SIZE];
		void *bad[] = { NULL, (void *)1, edge + page, (void *)-page, (void *)-1L };
		size_t i;

		fd = served_by(self, call);
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			errno = 0;
			EXPECT_EQ(-1, ioctl(fd, call->cmd, bad[i]));
			EXPECT_EQ(EFAULT, errno)
				TH_LOG("%s at %p", call->name, bad[i]);
		}
		/* only so many bytes of it can be reached */
		good_argument(call, arg);
		for (good = 1; good < arg_size(call); good++) {
			memcpy(edge + page - good, arg, good);
			errno = 0;
			EXPECT_EQ(-1, ioctl(fd, call->cmd, edge + page - good));
			EXPECT_EQ(EFAULT, errno)
				TH_LOG("%s with %zu bytes", call->name, good);
		}
	}
	EXPECT_TRUE(unchanged(self, &state));
}

TEST_F(kipc, argument_that_cannot_be_written_is_efault_and_nothing_happens)
{
	unsigned long page = sysconf(_SC_PAGESIZE);
	char *arg = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct call *call;
	struct state state;

	ASSERT_NE(MAP_FAILED, arg);
	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	for (call = calls; call < calls_end; call++) {
		/* some of them give nothing back */
		if (!(_IOC_DIR(call->cmd) & _IOC_READ))
			continue;
		ASSERT_EQ(0, mprotect(arg, page, PROT_READ | PROT_WRITE));
		good_argument(call, arg);
		ASSERT_EQ(0, mprotect(arg, page, PROT_READ));
		expect_failure(_metadata, call, EFAULT, served_by(self, call), call->cmd, arg);
		ASSERT_TRUE(unchanged(self, &state))
			TH_LOG("%s had an effect", call->name);
	}
}

TEST_F(kipc, wrong_directions_numbers_and_types_are_enotty)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	struct state state;
	unsigned int dir, nr;
	bool known[256] = { false };
	size_t i;

	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	mark_known(known);
	for (call = calls; call < calls_end; call++) {
		good_argument(call, arg);
		for (dir = 0; dir < 4; dir++) {
			if (dir == _IOC_DIR(call->cmd))
				continue;
			expect_failure(_metadata, call, ENOTTY, served_by(self, call),
				       _IOC(dir, KIPC_IOC_TYPE, _IOC_NR(call->cmd), arg_size(call)),
				       arg);
		}
		expect_failure(_metadata, call, ENOTTY, served_by(self, call),
			       _IOC(_IOC_DIR(call->cmd), KIPC_IOC_TYPE + 1, _IOC_NR(call->cmd),
				    arg_size(call)),
			       arg);
		expect_failure(_metadata, call, ENOTTY, served_by(self, call),
			       _IOC(_IOC_DIR(call->cmd), KIPC_IOC_TYPE - 1, _IOC_NR(call->cmd),
				    arg_size(call)),
			       arg);
	}
	call = calls;
	for (nr = 0; nr < 256; nr++) {
		if (known[nr])
			continue;
		expect_failure(_metadata, call, ENOTTY, self->dev,
			       _IOC(3, KIPC_IOC_TYPE, nr, 32), arg);
		expect_failure(_metadata, call, ENOTTY, self->r,
			       _IOC(3, KIPC_IOC_TYPE, nr, 32), arg);
		for (i = 0; i < NR_OBJECTS; i++)
			expect_failure(_metadata, call, ENOTTY, object_fd(objects[i]),
				       _IOC(3, KIPC_IOC_TYPE, nr, 32), arg);
	}
	for (dir = 1; dir < 4; dir++)
		expect_failure(_metadata, call, ENOTTY, set.fd,
			       _IOC(dir, KIPC_IOC_TYPE, KIPC_NR_SEM_OP_ONE, 0), arg);
	EXPECT_TRUE(unchanged(self, &state));
}

TEST_F(kipc, descriptors_that_do_not_serve_a_call_are_enotty)
{
	int fds[2], file = memfd_create("file", MFD_CLOEXEC);
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	struct state state;
	size_t i;

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	for (call = calls; call < calls_end; call++) {
		good_argument(call, arg);
		if (!(call->targets & KIPC_ON_INSTANCE))
			expect_failure(_metadata, call, ENOTTY, self->dev, call->cmd, arg);
		if (!(call->targets & KIPC_ON_PIPE)) {
			expect_failure(_metadata, call, ENOTTY, self->r, call->cmd, arg);
			expect_failure(_metadata, call, ENOTTY, self->w, call->cmd, arg);
		}
		for (i = 0; i < NR_OBJECTS; i++)
			if (!(call->targets & objects[i]))
				expect_failure(_metadata, call, ENOTTY, object_fd(objects[i]),
					       call->cmd, arg);
		expect_failure(_metadata, call, ENOTTY, fds[0], call->cmd, arg);
		expect_failure(_metadata, call, ENOTTY, file, call->cmd, arg);
	}
	EXPECT_TRUE(unchanged(self, &state));
	close(fds[0]);
	close(fds[1]);
	close(file);
}

TEST_F(kipc, closed_and_path_descriptors_are_ebadf)
{
	unsigned char arg[CALLS_MAX_SIZE];
	const struct call *call;
	int closed, path, paths[NR_OBJECTS];
	char link[64];
	size_t i;

	closed = dup(self->r);
	close(closed);
	null_fd();
	snprintf(link, sizeof(link), "/proc/self/fd/%d", self->r);
	path = open(link, O_PATH | O_CLOEXEC);
	ASSERT_LE(0, path);
	ASSERT_TRUE(prepare(self));
	for (i = 0; i < NR_OBJECTS; i++) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", object_fd(objects[i]));
		paths[i] = open(link, O_PATH | O_CLOEXEC);
		ASSERT_LE(0, paths[i]);
	}
	for (call = calls; call < calls_end; call++) {
		good_argument(call, arg);
		expect_failure(_metadata, call, EBADF, 1 << 20, call->cmd, arg);
		expect_failure(_metadata, call, EBADF, -1, call->cmd, arg);
		expect_failure(_metadata, call, EBADF, path, call->cmd, arg);
		for (i = 0; i < NR_OBJECTS; i++)
			expect_failure(_metadata, call, EBADF, paths[i], call->cmd, arg);
	}
	close(path);
	for (i = 0; i < NR_OBJECTS; i++)
		close(paths[i]);
}

TEST_F(kipc, full_descriptor_table_is_emfile_and_leaks_nothing)
{
	struct kipc_pipe_create arg = { .rfd = -7, .wfd = -7 }, same = arg;
	struct rlimit old, limit;
	struct state state;
	int room;

	ASSERT_TRUE(prepare(self));
	state = state_of(self);
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
	for (room = 0; room < 2; room++) {
		limit = old;
		limit.rlim_cur = state.next_fd + room;
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
		EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, &arg));
		EXPECT_EQ(EMFILE, errno);
		EXPECT_EQ(0, memcmp(&arg, &same, sizeof(arg)));
		ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
		EXPECT_TRUE(unchanged(self, &state));
	}
	limit = old;
	limit.rlim_cur = state.next_fd + 2;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(0, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, &arg));
	close(arg.rfd);
	close(arg.wfd);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
}

/* Whatever was in the buffer, what comes out is the same: no byte was left alone. */
TEST_F(kipc, outputs_are_defined_to_the_last_byte)
{
	unsigned char a[CALLS_MAX_SIZE], b[CALLS_MAX_SIZE];
	const struct call *call;

	ASSERT_TRUE(prepare(self));
	for (call = calls; call < calls_end; call++) {
		/* the others keep their inputs, which the caller defines */
		if (_IOC_DIR(call->cmd) != _IOC_READ)
			continue;
		memset(a, POISON, sizeof(a));
		memset(b, ~POISON, sizeof(b));
		ASSERT_EQ(0, ioctl(served_by(self, call), call->cmd, a));
		ASSERT_EQ(0, ioctl(served_by(self, call), call->cmd, b));
		EXPECT_TRUE(is_defined(a, b, arg_size(call)))
			TH_LOG("%s", call->name);
		/* and no more than the structure */
		EXPECT_TRUE(is_all(a + arg_size(call), POISON, sizeof(a) - arg_size(call)));
	}
}

TEST_F(kipc, calls_that_take_and_give_write_only_what_they_say)
{
	struct kipc_pipe_create create;
	struct kipc_pipe_splice splice;
	struct kipc_query query;

	memset(&create, 0, sizeof(create));
	create.size = 5000;
	create.rfd = -7;
	create.wfd = -7;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_PIPE_CREATE, &create));
	EXPECT_EQ(0, create.flags);
	EXPECT_EQ(0, create.reserved);
	EXPECT_EQ(8192, create.size);
	EXPECT_LE(0, create.rfd);
	EXPECT_LT(create.rfd, create.wfd);
	close(create.rfd);
	close(create.wfd);

	ASSERT_EQ(5, write(self->w, "hello", 5));
	splice = (struct kipc_pipe_splice) { .fd = null_fd(), .len = 100 };
	ASSERT_EQ(0, ioctl(self->r, KIPC_IOC_PIPE_TEE, &splice));
	EXPECT_EQ(null_fd(), splice.fd);
	EXPECT_EQ(0, splice.flags);
	EXPECT_EQ(5, splice.len);
	EXPECT_EQ(0, splice.offset);

	memset(&query, POISON, sizeof(query));
	query.nr = KIPC_NR_STATS;
	query.reserved = 0;
	ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_QUERY, &query));
	EXPECT_EQ(KIPC_NR_STATS, query.nr);
	EXPECT_EQ(0, query.reserved);
}

TEST_F(kipc, query_describes_every_call)
{
	const struct call *call = &call_of_a_value;
	struct kipc_query query;
	int fds[3 + NR_OBJECTS];
	size_t i;

	ASSERT_TRUE(prepare(self));
	fds[0] = self->dev;
	fds[1] = self->r;
	fds[2] = self->w;
	for (i = 0; i < NR_OBJECTS; i++)
		fds[3 + i] = object_fd(objects[i]);
	while (call != calls_end) {
		for (i = 0; i < ARRAY_SIZE(fds); i++) {
			memset(&query, POISON, sizeof(query));
			query.nr = _IOC_NR(call->cmd);
			query.reserved = 0;
			ASSERT_EQ(0, ioctl(fds[i], KIPC_IOC_QUERY, &query));
			EXPECT_EQ(KIPC_ABI_VERSION, query.abi);
			EXPECT_EQ(arg_size_min(call), query.size_min);
			EXPECT_EQ(arg_size(call), query.size_max);
			EXPECT_EQ(call->flags, query.flags);
			EXPECT_EQ(call->targets, query.targets);
		}
		call = call == &call_of_a_value ? calls : call + 1;
	}
}

TEST_F(kipc, query_of_an_unknown_call_is_enotty)
{
	struct kipc_query query, same;
	bool known[256] = { false };
	unsigned int nr;

	mark_known(known);
	for (nr = 0; nr <= 256; nr++) {
		if (nr < 256 && known[nr])
			continue;
		memset(&query, POISON, sizeof(query));
		/* the last one has bits that no number has */
		query.nr = nr < 256 ? nr : 0xffffff00U;
		query.reserved = 0;
		same = query;
		errno = 0;
		EXPECT_EQ(-1, ioctl(self->dev, KIPC_IOC_QUERY, &query));
		EXPECT_EQ(ENOTTY, errno);
		EXPECT_EQ(0, memcmp(&query, &same, sizeof(query)));
	}
}

TEST_HARNESS_MAIN
