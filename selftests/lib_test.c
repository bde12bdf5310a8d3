// SPDX-License-Identifier: GPL-2.0
/*
 * libkipc: each function does what its call does, and returns what that says. Also for
 * 32-bit programs.
 */
#include "lib_fixture.h"

#define PAGE	4096

/* --- the module, and structures of other versions */

TEST_F(lib, query_and_version_are_those_of_the_module)
{
	struct kipc_query by_call = { .nr = KIPC_NR_SHM_GET }, by_lib;

	memset(&by_lib, POISON, sizeof(by_lib));
	ASSERT_EQ(0, kipc_query(self->dev, KIPC_NR_SHM_GET, &by_lib, sizeof(by_lib)));
	ASSERT_EQ(0, ioctl(self->raw, KIPC_IOC_QUERY, &by_call));
	EXPECT_EQ(0, memcmp(&by_call, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(by_call.abi, kipc_abi(self->dev));
	EXPECT_EQ(KIPC_ABI_VERSION, kipc_abi(self->dev));
}

TEST_F(lib, call_that_is_unknown_or_older_is_told)
{
	const unsigned int size = _IOC_SIZE(KIPC_IOC_SHM_GET);

	EXPECT_EQ(0, kipc_serves(self->dev, KIPC_IOC_SHM_GET));
	EXPECT_EQ(0, kipc_serves(self->dev, KIPC_IOC_SEM_OP_ONE));
	EXPECT_EQ(0, kipc_serves(self->dev, _IOC(_IOC_READ | _IOC_WRITE, KIPC_IOC_TYPE,
						 KIPC_NR_SHM_GET, size - 8)));
	EXPECT_FAILS(E2BIG, kipc_serves(self->dev, _IOC(_IOC_READ | _IOC_WRITE, KIPC_IOC_TYPE,
							KIPC_NR_SHM_GET, size + 8)));
	EXPECT_FAILS(ENOTTY, kipc_serves(self->dev, _IO(KIPC_IOC_TYPE, 0x7f)));
}

TEST_F(lib, stats_are_those_of_the_instance)
{
	struct kipc_stats by_call = stats_of(self->raw), by_lib;
	int queue;

	memset(&by_lib, POISON, sizeof(by_lib));
	ASSERT_EQ(0, kipc_stats(self->dev, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(0, memcmp(&by_call, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(0, by_lib.msg_queues);
	queue = kipc_msg_create(self->dev, 0600, 0);
	ASSERT_LE(0, queue);
	ASSERT_EQ(0, kipc_stats(self->dev, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(1, by_lib.msg_queues);
	close(queue);
}

/* What a program has that was compiled with an older or a newer header than the library. */
TEST_F(lib, structure_is_filled_up_to_the_size_that_the_program_has)
{
	const size_t first = offsetof(struct kipc_stats, shm_segments);
	struct kipc_stats stats = stats_of(self->raw);
	unsigned char buf[sizeof(stats) + 16];

	memset(buf, POISON, sizeof(buf));
	ASSERT_EQ(0, kipc_stats(self->dev, (void *)buf, first));
	EXPECT_EQ(0, memcmp(&stats, buf, first));
	EXPECT_TRUE(is_all(buf + first, POISON, sizeof(buf) - first));

	memset(buf, POISON, sizeof(buf));
	ASSERT_EQ(0, kipc_stats(self->dev, (void *)buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(&stats, buf, sizeof(stats)));
	EXPECT_TRUE(is_all(buf + sizeof(stats), 0, sizeof(buf) - sizeof(stats)));
}

TEST_F(lib, inputs_of_a_longer_structure_arrive)
{
	int id = kipc_shm_get(self->dev, KIPC_KEY_PRIVATE, PAGE, 0600, 0, 0);
	unsigned char buf[sizeof(struct kipc_shm_stat) + 16];
	struct kipc_shm_stat *stat = (void *)buf;

	ASSERT_LE(0, id);
	memset(buf, POISON, sizeof(buf));
	ASSERT_EQ(0, kipc_shm_stat(self->dev, id, 0, stat, sizeof(buf)));
	EXPECT_EQ(id, stat->perm.id);
	EXPECT_EQ(PAGE, stat->size);
	EXPECT_TRUE(is_all(buf + sizeof(*stat), 0, sizeof(buf) - sizeof(*stat)));
}

TEST_F(lib, size_that_no_structure_has_is_einval_and_nothing_is_written)
{
	const size_t too_large = 1 << _IOC_SIZEBITS;
	char buf[256];

	memset(buf, POISON, sizeof(buf));
	EXPECT_FAILS(EINVAL, kipc_stats(self->dev, (void *)buf, too_large));
	EXPECT_FAILS(EINVAL, kipc_query(self->dev, 0, (void *)buf, 3));
	EXPECT_FAILS(EINVAL, kipc_query(self->dev, 0, (void *)buf, too_large));
	EXPECT_FAILS(EINVAL, kipc_shm_stat(self->dev, 0, 0, (void *)buf, 35));
	EXPECT_FAILS(EINVAL, kipc_shm_info(self->dev, 0, (void *)buf, 3));
	EXPECT_FAILS(EINVAL, kipc_sem_stat(self->dev, 0, 0, (void *)buf, 35));
	EXPECT_FAILS(EINVAL, kipc_sem_info(self->dev, 0, (void *)buf, 3));
	EXPECT_FAILS(EINVAL, kipc_sem_get_value(self->dev, 0, 0, (void *)buf, 7));
	EXPECT_FAILS(EINVAL, kipc_msg_stat(self->dev, 0, 0, (void *)buf, 35));
	EXPECT_FAILS(EINVAL, kipc_msg_info(self->dev, 0, (void *)buf, 3));
	EXPECT_FAILS(EINVAL, kipc_sig_stat(self->dev, 0, 0, (void *)buf, 35));
	EXPECT_FAILS(EINVAL, kipc_sig_info(self->dev, 0, (void *)buf, 3));
	EXPECT_FAILS(EINVAL, kipc_sig_wait(self->dev, 0, 0, 0, (void *)buf, 19));
	EXPECT_TRUE(is_all(buf, POISON, sizeof(buf)));
}

/* --- pipes */

TEST_F(lib, pipe_has_the_flags_and_the_size_that_were_asked_for)
{
	struct kipc_pipe_stat by_call, by_lib;
	int fds[2] = { -1, -1 };
	char buf[8] = "";

	ASSERT_EQ(0, kipc_pipe(self->dev, fds, KIPC_PIPE_CLOEXEC | KIPC_PIPE_NONBLOCK, 8 * PAGE));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fds[0], F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fds[1], F_GETFD));
	EXPECT_EQ(O_RDONLY | O_NONBLOCK, fcntl(fds[0], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(O_WRONLY | O_NONBLOCK, fcntl(fds[1], F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	EXPECT_EQ(8 * PAGE, kipc_pipe_get_size(fds[0]));
	EXPECT_EQ(16 * PAGE, kipc_pipe_set_size(fds[1], 9 * PAGE));
	EXPECT_EQ(16 * PAGE, kipc_pipe_get_size(fds[1]));

	ASSERT_EQ(5, write(fds[1], "hello", 5));
	by_call = stat_of(fds[0]);
	memset(&by_lib, POISON, sizeof(by_lib));
	EXPECT_EQ(0, kipc_pipe_stat(fds[0], &by_lib, sizeof(by_lib)));
	EXPECT_EQ(0, memcmp(&by_call, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(5, by_lib.used);
	EXPECT_EQ(5, read(fds[0], buf, sizeof(buf)));
	EXPECT_STREQ("hello", buf);

	EXPECT_FAILS(EINVAL, kipc_pipe(self->dev, fds, 1U << 31, 0));
	EXPECT_FAILS(EINVAL, kipc_pipe_set_size(fds[0], 1ULL << 40));
	EXPECT_EQ(16 * PAGE, kipc_pipe_get_size(fds[0]));
}

TEST_F(lib, pipe_that_fails_leaves_the_descriptors_alone)
{
	int fds[2] = { 77, 78 };

	EXPECT_FAILS(EINVAL, kipc_pipe(self->dev, fds, 1U << 31, 0));
	EXPECT_EQ(77, fds[0]);
	EXPECT_EQ(78, fds[1]);
}

TEST_F(lib, splice_and_tee_move_and_copy_and_keep_offsets)
{
	int file = open(MOUNTS "/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	__u64 offset = 2;
	char buf[16] = "";
	int fds[2];

	ASSERT_LE(0, file);
	ASSERT_EQ(8, pwrite(file, "abcdefgh", 8, 0));
	ASSERT_EQ(0, kipc_pipe(self->dev, fds, 0, 0));

	EXPECT_EQ(3, kipc_pipe_splice(fds[1], file, &offset, 3, KIPC_SPLICE_TO_PIPE));
	EXPECT_EQ(5, offset);
	EXPECT_EQ(0, lseek(file, 0, SEEK_CUR));
	EXPECT_EQ(2, kipc_pipe_splice(fds[1], file, NULL, 2, KIPC_SPLICE_TO_PIPE));
	EXPECT_EQ(2, lseek(file, 0, SEEK_CUR));
	EXPECT_EQ(5, kipc_pipe_tee(fds[0], file, 100, 0));
	EXPECT_EQ(5, pread(file, buf, 5, 2));
	EXPECT_STREQ("cdeab", buf);
	offset = 100;
	EXPECT_EQ(5, kipc_pipe_splice(fds[0], file, &offset, 100, KIPC_SPLICE_FROM_PIPE));
	EXPECT_EQ(105, offset);
	EXPECT_EQ(0, bytes_in(fds[0]));

	EXPECT_FAILS(EAGAIN, kipc_pipe_splice(fds[0], file, NULL, 1, KIPC_SPLICE_FROM_PIPE |
					      KIPC_SPLICE_NONBLOCK));
	EXPECT_FAILS(EAGAIN, kipc_pipe_tee(fds[0], file, 1, KIPC_SPLICE_NONBLOCK));
	EXPECT_FAILS(EINVAL, kipc_pipe_splice(fds[0], file, NULL, 1, KIPC_SPLICE_FROM_PIPE |
					      KIPC_SPLICE_OFFSET));
	offset = ~0ULL;
	EXPECT_FAILS(EINVAL, kipc_pipe_splice(fds[1], file, &offset, 1, KIPC_SPLICE_TO_PIPE));
	EXPECT_EQ(~0ULL, offset);
}

/* --- shared memory */

/* Whether the library says of a segment what the call says. */
static bool shm_stats_agree(int dev, int raw, int id)
{
	struct kipc_shm_stat by_call = { .perm.id = id }, by_lib;

	memset(&by_lib, POISON, sizeof(by_lib));
	return !kipc_shm_stat(dev, id, 0, &by_lib, sizeof(by_lib)) &&
	       !ioctl(raw, KIPC_IOC_SHM_STAT, &by_call) &&
	       !memcmp(&by_call, &by_lib, sizeof(by_lib));
}

TEST_F(lib, segment_of_a_key_is_made_and_found)
{
	struct kipc_shm_get get = { .key = KEY, .size = PAGE };
	struct kipc_shm_stat stat;
	int id;

	EXPECT_FAILS(ENOENT, kipc_shm_get(self->dev, KEY, PAGE, 0600, 0, 0));
	id = kipc_shm_get(self->dev, KEY, PAGE + 5, 0640, KIPC_GET_CREAT, 0);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, ioctl(self->raw, KIPC_IOC_SHM_GET, &get));
	EXPECT_EQ(get.id, id);
	EXPECT_FAILS(EEXIST, kipc_shm_get(self->dev, KEY, PAGE, 0600,
					  KIPC_GET_CREAT | KIPC_GET_EXCL, 0));
	/* a size of huge pages without asking for them */
	EXPECT_FAILS(EINVAL, kipc_shm_get(self->dev, KIPC_KEY_PRIVATE, PAGE, 0600, 0, 21));

	EXPECT_TRUE(shm_stats_agree(self->dev, self->raw, id));
	ASSERT_EQ(0, kipc_shm_stat(self->dev, id, 0, &stat, sizeof(stat)));
	EXPECT_EQ(id, stat.perm.id);
	EXPECT_EQ(KEY, stat.perm.key);
	EXPECT_EQ(0640, stat.perm.mode);
	EXPECT_EQ(PAGE + 5, stat.size);
	EXPECT_EQ(0, kipc_shm_remove(self->dev, id));
	EXPECT_FAILS(EINVAL, kipc_shm_remove(self->dev, id));
}

TEST_F(lib, segment_is_attached_where_it_was_asked_for_and_detached)
{
	int fd = kipc_shm_create(self->dev, 2 * PAGE, 0600, KIPC_SHM_CLOEXEC, 0);
	char *place = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *mapped, *p;
	int id;

	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	p = kipc_shm_attach(fd, SELF, NULL, 0);
	ASSERT_NE(KIPC_SHM_FAILED, (void *)p);
	mapped = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)mapped);
	strcpy(p + PAGE, "hello");
	EXPECT_STREQ("hello", mapped + PAGE);
	EXPECT_EQ(0, kipc_shm_detach(self->dev, p));
	EXPECT_FAILS(EINVAL, kipc_shm_detach(self->dev, p));

	id = kipc_shm_get(self->dev, KIPC_KEY_PRIVATE, PAGE, 0600, 0, 0);
	ASSERT_LE(0, id);
	EXPECT_FAILS(EINVAL, (long)kipc_shm_attach(self->dev, id, place, 0));
	EXPECT_EQ((void *)place, kipc_shm_attach(self->dev, id, place + 5,
						 KIPC_SHM_RND | KIPC_SHM_REMAP));
	*place = 1;
	EXPECT_EQ(0, kipc_shm_detach(self->dev, place));
}

TEST_F(lib, segment_is_opened_for_reading_changed_and_locked)
{
	struct kipc_shm_stat stat;
	int id, fd;

	id = kipc_shm_get(self->dev, KEY, PAGE, 0600, KIPC_GET_CREAT, 0);
	ASSERT_LE(0, id);
	fd = kipc_shm_open(self->dev, id, KIPC_SHM_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(fd, F_GETFL) & O_ACCMODE);

	EXPECT_EQ(0, kipc_shm_lock(self->dev, id, 1));
	ASSERT_EQ(0, kipc_shm_stat(fd, SELF, 0, &stat, sizeof(stat)));
	EXPECT_EQ(KIPC_MODE_LOCKED | 0600, stat.perm.mode);
	EXPECT_EQ(0, kipc_shm_lock(self->dev, id, 0));
	EXPECT_FAILS(EINVAL, kipc_shm_lock(self->dev, id, 2));
	EXPECT_EQ(0, kipc_shm_set(self->dev, id, OTHER_UID, THIRD_UID, 0444));
	ASSERT_EQ(0, kipc_shm_stat(self->dev, id, 0, &stat, sizeof(stat)));
	EXPECT_EQ(OTHER_UID, stat.perm.uid);
	EXPECT_EQ(THIRD_UID, stat.perm.gid);
	EXPECT_EQ(0444, stat.perm.mode);
}

TEST_F(lib, figures_of_shared_memory_are_those_of_the_call)
{
	struct kipc_shm_info by_call = { .flags = KIPC_SHM_INFO_USAGE }, by_lib;

	ASSERT_LE(0, kipc_shm_get(self->dev, KIPC_KEY_PRIVATE, PAGE, 0600, 0, 0));
	memset(&by_lib, POISON, sizeof(by_lib));
	ASSERT_EQ(0, kipc_shm_info(self->dev, KIPC_SHM_INFO_USAGE, &by_lib, sizeof(by_lib)));
	ASSERT_EQ(0, ioctl(self->raw, KIPC_IOC_SHM_INFO, &by_call));
	EXPECT_EQ(0, memcmp(&by_call, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(1, by_lib.used_ids);
	EXPECT_FAILS(EINVAL, kipc_shm_info(self->dev, 1U << 31, &by_lib, sizeof(by_lib)));
}

/* --- semaphores */

static bool sem_stats_agree(int dev, int raw, int id)
{
	struct kipc_sem_stat by_call = { .perm.id = id }, by_lib;

	memset(&by_lib, POISON, sizeof(by_lib));
	return !kipc_sem_stat(dev, id, 0, &by_lib, sizeof(by_lib)) &&
	       !ioctl(raw, KIPC_IOC_SEM_STAT, &by_call) &&
	       !memcmp(&by_call, &by_lib, sizeof(by_lib));
}

TEST_F(lib, set_of_a_key_is_made_found_changed_and_removed)
{
	struct kipc_sem_get get = { .key = KEY };
	struct kipc_sem_stat stat;
	int id, fd;

	EXPECT_FAILS(ENOENT, kipc_sem_get(self->dev, KEY, 3, 0600, 0));
	id = kipc_sem_get(self->dev, KEY, 3, 0640, KIPC_GET_CREAT | KIPC_SEM_ROBUST);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, ioctl(self->raw, KIPC_IOC_SEM_GET, &get));
	EXPECT_EQ(get.id, id);
	EXPECT_TRUE(sem_stats_agree(self->dev, self->raw, id));

	fd = kipc_sem_open(self->dev, id, KIPC_SEM_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, kipc_sem_set(self->dev, id, OTHER_UID, THIRD_UID, 0660));
	ASSERT_EQ(0, kipc_sem_stat(fd, SELF, 0, &stat, sizeof(stat)));
	EXPECT_EQ(3, stat.nsems);
	EXPECT_EQ(1, stat.robust);
	EXPECT_EQ(OTHER_UID, stat.perm.uid);
	EXPECT_EQ(THIRD_UID, stat.perm.gid);
	EXPECT_EQ(0660, stat.perm.mode);
	EXPECT_EQ(0, kipc_sem_remove(self->dev, id));
	EXPECT_FAILS(EIDRM, kipc_sem_op_one(fd, KIPC_SEM_ONE(0, 1)));
}

TEST_F(lib, operations_on_a_set_are_done_or_say_why_not)
{
	struct kipc_sem_op ops[] = { { .num = 0, .op = 3 }, { .num = 1, .op = 1 } };
	int set = kipc_sem_create(self->dev, 2, 0600, 0);
	struct kipc_sem_value by_call = { .id = SELF }, by_lib;

	ASSERT_LE(0, set);
	ASSERT_EQ(0, kipc_sem_op(set, SELF, ops, 2, 0, KIPC_TIMEOUT_NONE));
	ASSERT_EQ(0, kipc_sem_op_one(set, KIPC_SEM_ONE(0, -1)));
	memset(&by_lib, POISON, sizeof(by_lib));
	ASSERT_EQ(0, kipc_sem_get_value(set, SELF, 0, &by_lib, sizeof(by_lib)));
	ASSERT_EQ(0, ioctl(set, KIPC_IOC_SEM_GET_VALUE, &by_call));
	EXPECT_EQ(0, memcmp(&by_call, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(2, by_lib.value);
	EXPECT_EQ(getpid(), by_lib.pid);

	EXPECT_FAILS(EAGAIN, kipc_sem_op_one(set, KIPC_SEM_ONE(0, -3) | KIPC_SEM_ONE_NOWAIT));
	ops[0].op = -3;
	EXPECT_FAILS(EAGAIN, kipc_sem_op(set, SELF, ops, 2, KIPC_SEM_RELATIVE, 1000));
	EXPECT_FAILS(EAGAIN, kipc_sem_op(set, SELF, ops, 2, 0, 1));
	ops[0].num = 2;
	EXPECT_FAILS(EFBIG, kipc_sem_op(set, SELF, ops, 2, 0, KIPC_TIMEOUT_NONE));
	EXPECT_FAILS(EINVAL, kipc_sem_op(set, SELF, ops, 0, 0, KIPC_TIMEOUT_NONE));
}

TEST_F(lib, values_of_a_set_are_read_and_set)
{
	int id = kipc_sem_get(self->dev, KIPC_KEY_PRIVATE, 3, 0600, 0);
	__u16 values[4] = { 1, 2, 3, 0xa5a5 };
	struct kipc_sem_value value;

	ASSERT_LE(0, id);
	EXPECT_EQ(0, kipc_sem_set_all(self->dev, id, values, 3));
	EXPECT_FAILS(EINVAL, kipc_sem_set_all(self->dev, id, values, 4));
	EXPECT_EQ(0, kipc_sem_set_value(self->dev, id, 1, 20));
	EXPECT_FAILS(ERANGE, kipc_sem_set_value(self->dev, id, 1, -1));
	memset(values, 0, sizeof(values));
	EXPECT_EQ(3, kipc_sem_get_all(self->dev, id, values, 4));
	EXPECT_EQ(1, values[0]);
	EXPECT_EQ(20, values[1]);
	EXPECT_EQ(3, values[2]);
	EXPECT_EQ(0, values[3]);
	EXPECT_FAILS(EINVAL, kipc_sem_get_all(self->dev, id, values, 2));
	EXPECT_FAILS(EINVAL, kipc_sem_get_value(self->dev, id, 3, &value, sizeof(value)));
}

TEST_F(lib, descriptor_of_a_set_is_readable_when_what_is_watched_can_be_done)
{
	struct kipc_sem_op wanted = { .num = 0, .op = -2 };
	int set = kipc_sem_create(self->dev, 1, 0600, 0);

	ASSERT_LE(0, set);
	EXPECT_EQ(0, kipc_sem_op_one(set, KIPC_SEM_ONE(0, 1)));
	EXPECT_EQ(0, kipc_sem_watch(set, &wanted, 1));
	EXPECT_EQ(0, poll_now(set, POLLIN));
	EXPECT_EQ(0, kipc_sem_op_one(set, KIPC_SEM_ONE(0, 1)));
	EXPECT_EQ(POLLIN, poll_now(set, POLLIN));
	EXPECT_EQ(0, kipc_sem_watch(set, NULL, 0));
	EXPECT_EQ(0, poll_now(set, POLLIN));
}

TEST_F(lib, figures_of_semaphores_are_those_of_the_call)
{
	struct kipc_sem_info by_call = { }, by_lib;

	ASSERT_LE(0, kipc_sem_get(self->dev, KIPC_KEY_PRIVATE, 7, 0600, 0));
	memset(&by_lib, POISON, sizeof(by_lib));
	ASSERT_EQ(0, kipc_sem_info(self->dev, 0, &by_lib, sizeof(by_lib)));
	ASSERT_EQ(0, ioctl(self->raw, KIPC_IOC_SEM_INFO, &by_call));
	EXPECT_EQ(0, memcmp(&by_call, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(7, by_lib.used_sems);
	EXPECT_FAILS(EINVAL, kipc_sem_info(self->dev, 1, &by_lib, sizeof(by_lib)));
}

/* --- message queues */

static bool msg_stats_agree(int dev, int raw, int id)
{
	struct kipc_msg_stat by_call = { .perm.id = id }, by_lib;

	memset(&by_lib, POISON, sizeof(by_lib));
	return !kipc_msg_stat(dev, id, 0, &by_lib, sizeof(by_lib)) &&
	       !ioctl(raw, KIPC_IOC_MSG_STAT, &by_call) &&
	       !memcmp(&by_call, &by_lib, sizeof(by_lib));
}

TEST_F(lib, queue_of_a_key_is_made_found_changed_and_removed)
{
	struct kipc_msg_get get = { .key = KEY };
	struct kipc_msg_stat stat;
	int id, fd;

	EXPECT_FAILS(ENOENT, kipc_msg_get(self->dev, KEY, 0600, 0));
	id = kipc_msg_get(self->dev, KEY, 0640, KIPC_GET_CREAT);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, ioctl(self->raw, KIPC_IOC_MSG_GET, &get));
	EXPECT_EQ(get.id, id);
	EXPECT_TRUE(msg_stats_agree(self->dev, self->raw, id));

	fd = kipc_msg_open(self->dev, id, KIPC_MSG_RDONLY | KIPC_MSG_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_FAILS(EACCES, kipc_msg_send(fd, SELF, 1, "x", 1, 0, KIPC_TIMEOUT_NONE));
	EXPECT_EQ(0, kipc_msg_set(self->dev, id, OTHER_UID, THIRD_UID, 0660, 1000));
	ASSERT_EQ(0, kipc_msg_stat(fd, SELF, 0, &stat, sizeof(stat)));
	EXPECT_EQ(OTHER_UID, stat.perm.uid);
	EXPECT_EQ(THIRD_UID, stat.perm.gid);
	EXPECT_EQ(0660, stat.perm.mode);
	EXPECT_EQ(1000, stat.qbytes);
	EXPECT_EQ(0, kipc_msg_remove(self->dev, id));
	EXPECT_FAILS(EIDRM, kipc_msg_open(fd, SELF, 0));
}

TEST_F(lib, messages_are_sent_and_received_by_type)
{
	int id = kipc_msg_get(self->dev, KIPC_KEY_PRIVATE, 0600, 0);
	__s64 type = 1LL << 30;
	char buf[8] = "";

	ASSERT_LE(0, id);
	EXPECT_EQ(0, kipc_msg_send(self->dev, id, 7, "seven", 5, 0, KIPC_TIMEOUT_NONE));
	EXPECT_EQ(0, kipc_msg_send(self->dev, id, type, "large", 5, 0, KIPC_TIMEOUT_NONE));
	EXPECT_EQ(0, kipc_msg_send(self->dev, id, 3, NULL, 0, 0, KIPC_TIMEOUT_NONE));

	type = -10;
	EXPECT_EQ(0, kipc_msg_receive(self->dev, id, &type, NULL, 0, 0, KIPC_TIMEOUT_NONE));
	EXPECT_EQ(3, type);
	type = 7;
	EXPECT_EQ(5, kipc_msg_receive(self->dev, id, &type, buf, sizeof(buf), KIPC_MSG_EXCEPT,
				      KIPC_TIMEOUT_NONE));
	EXPECT_STREQ("large", buf);
	EXPECT_EQ(1LL << 30, type);
	type = 0;
	EXPECT_FAILS(E2BIG, kipc_msg_receive(self->dev, id, &type, buf, 2, 0,
					     KIPC_TIMEOUT_NONE));
	EXPECT_EQ(0, type);
	EXPECT_EQ(2, kipc_msg_receive(self->dev, id, &type, buf, 2, KIPC_MSG_NOERROR,
				      KIPC_TIMEOUT_NONE));
	EXPECT_STREQ("serge", buf);
	EXPECT_EQ(7, type);

	EXPECT_FAILS(ENOMSG, kipc_msg_receive(self->dev, id, &type, buf, 2, KIPC_MSG_NOWAIT,
					      KIPC_TIMEOUT_NONE));
	EXPECT_FAILS(ETIMEDOUT, kipc_msg_receive(self->dev, id, &type, buf, 2, KIPC_MSG_RELATIVE,
						 1000));
	EXPECT_FAILS(EINVAL, kipc_msg_send(self->dev, id, 0, "x", 1, 0, KIPC_TIMEOUT_NONE));
}

TEST_F(lib, queue_that_is_full_makes_senders_wait_as_long_as_they_said)
{
	int queue = kipc_msg_create(self->dev, 0600, 0);
	struct kipc_msg_stat stat;

	ASSERT_LE(0, queue);
	ASSERT_EQ(0, kipc_msg_set(queue, SELF, getuid(), getgid(), 0600, 4));
	EXPECT_EQ(0, kipc_msg_send(queue, SELF, 1, "full", 4, 0, KIPC_TIMEOUT_NONE));
	EXPECT_FAILS(EAGAIN, kipc_msg_send(queue, SELF, 1, "x", 1, KIPC_MSG_NOWAIT,
					   KIPC_TIMEOUT_NONE));
	EXPECT_FAILS(ETIMEDOUT, kipc_msg_send(queue, SELF, 1, "x", 1, KIPC_MSG_RELATIVE, 1000));
	EXPECT_FAILS(ETIMEDOUT, kipc_msg_send(queue, SELF, 1, "x", 1, 0, 1));
	ASSERT_EQ(0, kipc_msg_stat(queue, SELF, 0, &stat, sizeof(stat)));
	EXPECT_EQ(1, stat.qnum);
}

static int value_seen;

static void see_value(int sig, siginfo_t *info, void *context)
{
	value_seen = sig && context ? info->si_value.sival_int : -1;
}

TEST_F(lib, descriptor_of_a_queue_reads_and_writes_by_its_filter_and_notifies)
{
	struct sigaction action = { .sa_sigaction = see_value, .sa_flags = SA_SIGINFO };
	int queue = kipc_msg_create(self->dev, 0600, KIPC_MSG_NONBLOCK);
	char buf[8] = "";

	ASSERT_LE(0, queue);
	EXPECT_EQ(O_NONBLOCK, fcntl(queue, F_GETFL) & O_NONBLOCK);
	ASSERT_EQ(0, sigaction(SIGRTMIN + 5, &action, NULL));
	EXPECT_EQ(0, kipc_msg_notify(queue, KIPC_NOTIFY_SIGNAL, SIGRTMIN + 5, 42));
	EXPECT_FAILS(EBUSY, kipc_msg_notify(queue, KIPC_NOTIFY_SIGNAL, SIGRTMIN + 5, 42));

	EXPECT_EQ(0, kipc_msg_filter(queue, 9, 8, 0));
	EXPECT_EQ(5, write(queue, "eight", 5));
	EXPECT_EQ(42, value_seen);
	EXPECT_FAILS(EAGAIN, read(queue, buf, sizeof(buf)));
	EXPECT_EQ(0, kipc_msg_filter(queue, 8, 8, 0));
	EXPECT_EQ(5, read(queue, buf, sizeof(buf)));
	EXPECT_STREQ("eight", buf);
	EXPECT_FAILS(EINVAL, kipc_msg_filter(queue, 0, 0, 0));
}

TEST_F(lib, figures_of_message_queues_are_those_of_the_call)
{
	struct kipc_msg_info by_call = { .flags = KIPC_MSG_INFO_USAGE }, by_lib;
	int id = kipc_msg_get(self->dev, KIPC_KEY_PRIVATE, 0600, 0);

	ASSERT_LE(0, id);
	ASSERT_EQ(0, kipc_msg_send(self->dev, id, 1, "x", 1, 0, KIPC_TIMEOUT_NONE));
	memset(&by_lib, POISON, sizeof(by_lib));
	ASSERT_EQ(0, kipc_msg_info(self->dev, KIPC_MSG_INFO_USAGE, &by_lib, sizeof(by_lib)));
	ASSERT_EQ(0, ioctl(self->raw, KIPC_IOC_MSG_INFO, &by_call));
	EXPECT_EQ(0, memcmp(&by_call, &by_lib, sizeof(by_lib)));
	EXPECT_EQ(1, by_lib.messages);
	EXPECT_FAILS(EINVAL, kipc_msg_info(self->dev, 1U << 31, &by_lib, sizeof(by_lib)));
}

/* --- all of them */

TEST_F(lib, object_without_an_id_has_the_flags_and_the_mode_that_were_asked_for)
{
	int shm = kipc_shm_create(self->dev, PAGE, 0640, KIPC_SHM_CLOEXEC, 0);
	int sem = kipc_sem_create(self->dev, 2, 0604, KIPC_SEM_CLOEXEC | KIPC_SEM_ROBUST);
	int msg = kipc_msg_create(self->dev, 0644, KIPC_MSG_CLOEXEC);
	struct kipc_shm_stat shm_stat;
	struct kipc_sem_stat sem_stat;
	struct kipc_msg_stat msg_stat;

	EXPECT_EQ(FD_CLOEXEC, fcntl(shm, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(sem, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(msg, F_GETFD));
	ASSERT_EQ(0, kipc_shm_stat(shm, SELF, 0, &shm_stat, sizeof(shm_stat)));
	EXPECT_EQ(PAGE, shm_stat.size);
	EXPECT_EQ(0640, shm_stat.perm.mode & 0777);
	ASSERT_EQ(0, kipc_sem_stat(sem, SELF, 0, &sem_stat, sizeof(sem_stat)));
	EXPECT_EQ(2, sem_stat.nsems);
	EXPECT_EQ(1, sem_stat.robust);
	EXPECT_EQ(0604, sem_stat.perm.mode);
	ASSERT_EQ(0, kipc_msg_stat(msg, SELF, 0, &msg_stat, sizeof(msg_stat)));
	EXPECT_EQ(0644, msg_stat.perm.mode);
	/* a size of huge pages without asking for them */
	EXPECT_FAILS(EINVAL, kipc_shm_create(self->dev, PAGE, 0600, 0, 21));
}

TEST_F(lib, object_is_found_by_its_index)
{
	const int index = 3, id = 5 << 20 | index;
	struct kipc_shm_stat shm = { };
	struct kipc_sem_stat sem = { };
	struct kipc_msg_stat msg = { };
	char text[16];

	snprintf(text, sizeof(text), "%d", id);
	ASSERT_EQ(0, file_write(OWN "/limits/shm_next_id", text));
	ASSERT_EQ(0, file_write(OWN "/limits/sem_next_id", text));
	ASSERT_EQ(0, file_write(OWN "/limits/msg_next_id", text));
	ASSERT_EQ(id, kipc_shm_get(self->dev, KIPC_KEY_PRIVATE, PAGE, 0600, 0, 0));
	ASSERT_EQ(id, kipc_sem_get(self->dev, KIPC_KEY_PRIVATE, 1, 0600, 0));
	ASSERT_EQ(id, kipc_msg_get(self->dev, KIPC_KEY_PRIVATE, 0600, 0));

	EXPECT_FAILS(EINVAL, kipc_shm_stat(self->dev, index, 0, &shm, sizeof(shm)));
	EXPECT_FAILS(EINVAL, kipc_sem_stat(self->dev, index, 0, &sem, sizeof(sem)));
	EXPECT_FAILS(EINVAL, kipc_msg_stat(self->dev, index, 0, &msg, sizeof(msg)));
	EXPECT_EQ(0, kipc_shm_stat(self->dev, index, KIPC_STAT_INDEX, &shm, sizeof(shm)));
	EXPECT_EQ(0, kipc_sem_stat(self->dev, index, KIPC_STAT_INDEX, &sem, sizeof(sem)));
	EXPECT_EQ(0, kipc_msg_stat(self->dev, index, KIPC_STAT_INDEX, &msg, sizeof(msg)));
	EXPECT_EQ(id, shm.perm.id);
	EXPECT_EQ(id, sem.perm.id);
	EXPECT_EQ(id, msg.perm.id);
}

/* Every function, on @fd, which serves none. */
static void expect_all_to_fail(struct __test_metadata *_metadata, int fd, int err)
{
	struct kipc_sem_op op = { .op = 1 };
	__u16 values[1] = { 0 };
	__s64 type = 0;
	union {
		struct kipc_query query;
		struct kipc_stats stats;
		struct kipc_pipe_stat pipe;
		struct kipc_shm_stat shm;
		struct kipc_shm_info shm_info;
		struct kipc_sem_value value;
		struct kipc_sem_stat sem;
		struct kipc_sem_info sem_info;
		struct kipc_msg_stat msg;
		struct kipc_msg_info msg_info;
		struct kipc_sig_wait wait;
		struct kipc_sig_pending pending;
		struct kipc_sig_stat sig;
		struct kipc_sig_info sig_info;
	} u;
	int fds[2];

	EXPECT_FAILS(err, kipc_abi(fd));
	EXPECT_FAILS(err, kipc_serves(fd, KIPC_IOC_STATS));
	EXPECT_FAILS(err, kipc_query(fd, 0, &u.query, sizeof(u.query)));
	EXPECT_FAILS(err, kipc_stats(fd, &u.stats, sizeof(u.stats)));

	EXPECT_FAILS(err, kipc_pipe(fd, fds, 0, 0));
	EXPECT_FAILS(err, kipc_pipe_get_size(fd));
	EXPECT_FAILS(err, kipc_pipe_set_size(fd, PAGE));
	EXPECT_FAILS(err, kipc_pipe_splice(fd, 0, NULL, 1, KIPC_SPLICE_FROM_PIPE));
	EXPECT_FAILS(err, kipc_pipe_tee(fd, 0, 1, 0));
	EXPECT_FAILS(err, kipc_pipe_stat(fd, &u.pipe, sizeof(u.pipe)));

	EXPECT_FAILS(err, kipc_shm_get(fd, KEY, PAGE, 0600, 0, 0));
	EXPECT_FAILS(err, kipc_shm_create(fd, PAGE, 0600, 0, 0));
	EXPECT_FAILS(err, kipc_shm_open(fd, SELF, 0));
	EXPECT_FAILS(err, (long)kipc_shm_attach(fd, SELF, NULL, 0));
	EXPECT_FAILS(err, kipc_shm_detach(fd, NULL));
	EXPECT_FAILS(err, kipc_shm_stat(fd, SELF, 0, &u.shm, sizeof(u.shm)));
	EXPECT_FAILS(err, kipc_shm_set(fd, SELF, 0, 0, 0));
	EXPECT_FAILS(err, kipc_shm_remove(fd, SELF));
	EXPECT_FAILS(err, kipc_shm_lock(fd, SELF, 1));
	EXPECT_FAILS(err, kipc_shm_info(fd, 0, &u.shm_info, sizeof(u.shm_info)));

	EXPECT_FAILS(err, kipc_sem_get(fd, KEY, 1, 0600, 0));
	EXPECT_FAILS(err, kipc_sem_create(fd, 1, 0600, 0));
	EXPECT_FAILS(err, kipc_sem_open(fd, SELF, 0));
	EXPECT_FAILS(err, kipc_sem_op(fd, SELF, &op, 1, 0, KIPC_TIMEOUT_NONE));
	EXPECT_FAILS(err, kipc_sem_op_one(fd, KIPC_SEM_ONE(0, 1)));
	EXPECT_FAILS(err, kipc_sem_get_value(fd, SELF, 0, &u.value, sizeof(u.value)));
	EXPECT_FAILS(err, kipc_sem_set_value(fd, SELF, 0, 0));
	EXPECT_FAILS(err, kipc_sem_get_all(fd, SELF, values, 1));
	EXPECT_FAILS(err, kipc_sem_set_all(fd, SELF, values, 1));
	EXPECT_FAILS(err, kipc_sem_stat(fd, SELF, 0, &u.sem, sizeof(u.sem)));
	EXPECT_FAILS(err, kipc_sem_set(fd, SELF, 0, 0, 0));
	EXPECT_FAILS(err, kipc_sem_remove(fd, SELF));
	EXPECT_FAILS(err, kipc_sem_info(fd, 0, &u.sem_info, sizeof(u.sem_info)));
	EXPECT_FAILS(err, kipc_sem_watch(fd, &op, 1));

	EXPECT_FAILS(err, kipc_msg_get(fd, KEY, 0600, 0));
	EXPECT_FAILS(err, kipc_msg_create(fd, 0600, 0));
	EXPECT_FAILS(err, kipc_msg_open(fd, SELF, 0));
	EXPECT_FAILS(err, kipc_msg_send(fd, SELF, 1, "x", 1, 0, KIPC_TIMEOUT_NONE));
	EXPECT_FAILS(err, kipc_msg_receive(fd, SELF, &type, &u, 1, 0, KIPC_TIMEOUT_NONE));
	EXPECT_FAILS(err, kipc_msg_stat(fd, SELF, 0, &u.msg, sizeof(u.msg)));
	EXPECT_FAILS(err, kipc_msg_set(fd, SELF, 0, 0, 0, 0));
	EXPECT_FAILS(err, kipc_msg_remove(fd, SELF));
	EXPECT_FAILS(err, kipc_msg_info(fd, 0, &u.msg_info, sizeof(u.msg_info)));
	EXPECT_FAILS(err, kipc_msg_filter(fd, 0, 1, 0));
	EXPECT_FAILS(err, kipc_msg_notify(fd, KIPC_NOTIFY_NONE, 0, 0));

	EXPECT_FAILS(err, kipc_sig_get(fd, KEY, 0600, 0));
	EXPECT_FAILS(err, kipc_sig_create(fd, 0600, 0));
	EXPECT_FAILS(err, kipc_sig_open(fd, SELF, 0));
	EXPECT_FAILS(err, kipc_sig_subscribe(fd, SELF, 0, 0, NULL));
	EXPECT_FAILS(err, kipc_sig_send(fd, SELF, KIPC_SIG_GROUP, 0, 0, 0));
	EXPECT_FAILS(err, kipc_sig_wait(fd, ~0ULL, KIPC_SIG_NOWAIT, 0, &u.wait, sizeof(u.wait)));
	EXPECT_FAILS(err, kipc_sig_mask(fd, KIPC_SIG_BLOCK, 0, NULL));
	EXPECT_FAILS(err, kipc_sig_action(fd, KIPC_SIG_KEEP, 0));
	EXPECT_FAILS(err, kipc_sig_pending(fd, &u.pending, sizeof(u.pending)));
	EXPECT_FAILS(err, kipc_sig_stat(fd, SELF, 0, &u.sig, sizeof(u.sig)));
	EXPECT_FAILS(err, kipc_sig_set(fd, SELF, 0, 0, 0, 0));
	EXPECT_FAILS(err, kipc_sig_remove(fd, SELF));
	EXPECT_FAILS(err, kipc_sig_info(fd, 0, &u.sig_info, sizeof(u.sig_info)));
}

TEST_F(lib, descriptor_that_is_none_is_ebadf_everywhere)
{
	expect_all_to_fail(_metadata, -1, EBADF);
}

TEST_F(lib, descriptor_of_another_file_is_enotty_everywhere)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, null);
	expect_all_to_fail(_metadata, null, ENOTTY);
	close(null);
}

TEST_HARNESS_MAIN
