// SPDX-License-Identifier: GPL-2.0
/*
 * The files of the limits, which read and are written as those of /proc/sys/kernel:
 * what they say at first, what they take and refuse, and what each limit does.
 */
#include "instance_fixture.h"

static const char *limit(const char *name)
{
	static char text[2][128];
	static int turn;

	turn = !turn;
	if (shm_limit_get(name, text[turn], sizeof(text[turn])))
		return "(cannot be read)";
	return text[turn];
}

static int limit_open(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", shm->limits, name);
	return open(path, flags | O_CLOEXEC, 0644);
}

/* --- the files */

TEST_F(shm, defaults_are_those_of_the_kernel)
{
	EXPECT_STREQ("18446744073692774399\n", limit("shmmax"));
	EXPECT_STREQ("18446744073692774399\n", limit("shmall"));
	EXPECT_STREQ("4096\n", limit("shmmni"));
	EXPECT_STREQ("0\n", limit("shm_rmid_forced"));
	EXPECT_STREQ("-1\n", limit("shm_next_id"));
	EXPECT_STREQ("32000\t1024000000\t500\t32000\n", limit("sem"));
	EXPECT_STREQ("-1\n", limit("sem_next_id"));
	EXPECT_STREQ("8192\n", limit("msgmax"));
	EXPECT_STREQ("16384\n", limit("msgmnb"));
	EXPECT_STREQ("32000\n", limit("msgmni"));
	EXPECT_STREQ("-1\n", limit("msg_next_id"));
}

TEST_F(shm, written_values_are_read_back)
{
	static const struct {
		const char *name;
		const char *value;
		const char *text;
	} cases[] = {
		{ "shmmax", "0", "0\n" },
		{ "shmmax", "4096\n", "4096\n" },
		{ "shmmax", " 18446744073709551615 ", "18446744073709551615\n" },
		{ "shmmax", "0x1000", "4096\n" },
		{ "shmall", "1", "1\n" },
		{ "shmall", "18446744073709551615", "18446744073709551615\n" },
		{ "shmmni", "0", "0\n" },
		{ "shmmni", "\t12\t\n", "12\n" },
		{ "shmmni", "32768", "32768\n" },
		{ "shm_rmid_forced", "1", "1\n" },
		{ "shm_rmid_forced", "0", "0\n" },
		{ "shm_next_id", "0", "0\n" },
		{ "shm_next_id", "2147483647", "2147483647\n" },
		{ "sem", "1 2 3 4", "1\t2\t3\t4\n" },
		{ "sem", "250\t32000\t32\t128\n", "250\t32000\t32\t128\n" },
		{ "sem", "77", "77\t32000\t32\t128\n" },
		{ "sem", "78 79", "78\t79\t32\t128\n" },
		{ "sem_next_id", "5", "5\n" },
		{ "msgmax", "0", "0\n" },
		{ "msgmax", "2147483647", "2147483647\n" },
		{ "msgmnb", "1", "1\n" },
		{ "msgmni", "32768", "32768\n" },
		{ "msg_next_id", "6", "6\n" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(0, shm_limit_set(cases[i].name, cases[i].value))
			TH_LOG("%s: %s: %s", cases[i].name, cases[i].value, strerror(errno));
		EXPECT_STREQ(cases[i].text, limit(cases[i].name))
			TH_LOG("%s: %s", cases[i].name, cases[i].value);
	}
}

TEST_F(shm, bad_values_are_einval_and_change_nothing)
{
	static const struct {
		const char *name;
		const char *value;
	} cases[] = {
		{ "shmmax", "x" }, { "shmmax", "12x" }, { "shmmax", "99999999999999999999" },
		{ "shmall", "x" }, { "shmmni", "many" }, { "shmmni", "-1" },
		{ "shmmni", "1048577" }, { "shmmni", "4294967296" }, { "shmmni", "5x" },
		{ "shm_rmid_forced", "2" }, { "shm_rmid_forced", "-1" },
		{ "shm_rmid_forced", "yes" }, { "shm_next_id", "-1" }, { "shm_next_id", "-2" },
		{ "shm_next_id", "2147483648" }, { "shm_next_id", "x" },
		{ "sem", "x" }, { "sem", "-" }, { "sem_next_id", "-2" },
		{ "msgmax", "-1" }, { "msgmax", "2147483648" }, { "msgmnb", "-1" },
		{ "msgmni", "-1" }, { "msgmni", "1048577" }, { "msg_next_id", "-3" },
	};
	char before[128];
	size_t i;

	ASSERT_EQ(0, shm_limit_set("shm_next_id", "77"));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(before, limit(cases[i].name));
		EXPECT_EQ(-1, shm_limit_set(cases[i].name, cases[i].value))
			TH_LOG("%s: %s", cases[i].name, cases[i].value);
		EXPECT_EQ(EINVAL, errno)
			TH_LOG("%s: %s: %s", cases[i].name, cases[i].value, strerror(errno));
		EXPECT_STREQ(before, limit(cases[i].name))
			TH_LOG("%s: %s", cases[i].name, cases[i].value);
	}
	ASSERT_EQ(77, shm_new(1));
	EXPECT_EQ(0, shm_remove(77));
}

TEST_F(shm, shell_redirections_write_them)
{
	char command[256], path[128];

	snprintf(path, sizeof(path), "%sshmmni", shm->limits);
	snprintf(command, sizeof(command), "echo 55 > %s", path);
	EXPECT_EQ(0, system(command));
	EXPECT_STREQ("55\n", limit("shmmni"));
	snprintf(command, sizeof(command), "cat %s | grep -qx 55", path);
	EXPECT_EQ(0, system(command));
	snprintf(command, sizeof(command), "echo x 2>/dev/null > %s", path);
	EXPECT_NE(0, system(command));
	EXPECT_STREQ("55\n", limit("shmmni"));
}

TEST_F(shm, truncation_changes_nothing)
{
	int fd;

	ASSERT_EQ(0, shm_limit_set("shmmni", "55"));
	fd = limit_open("shmmni", O_WRONLY | O_TRUNC);
	ASSERT_LE(0, fd);
	EXPECT_STREQ("55\n", limit("shmmni"));
	EXPECT_EQ(2, write(fd, "56", 2));
	close(fd);
	EXPECT_STREQ("56\n", limit("shmmni"));
	fd = limit_open("shmmni", O_WRONLY | O_CREAT | O_TRUNC);
	ASSERT_LE(0, fd);
	close(fd);
	EXPECT_STREQ("56\n", limit("shmmni"));
}

TEST_F(shm, limits_are_read_in_pieces_and_again)
{
	char buf[64] = "";
	int fd;

	fd = limit_open("sem", O_RDONLY);
	ASSERT_LE(0, fd);
	EXPECT_EQ(27, read(fd, buf, sizeof(buf)));
	EXPECT_STREQ("32000\t1024000000\t500\t32000\n", buf);
	EXPECT_EQ(0, read(fd, buf, sizeof(buf)));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(27, read(fd, buf, sizeof(buf)));
	ASSERT_EQ(0, shm_limit_set("sem", "5"));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	memset(buf, 0, sizeof(buf));
	EXPECT_LT(0, read(fd, buf, sizeof(buf)));
	EXPECT_STREQ("5\t1024000000\t500\t32000\n", buf);
	close(fd);
}

TEST_F(shm, everybody_reads_and_root_alone_writes_limits)
{
	static const char *const names[] = {
		"shmmax", "shmall", "shmmni", "shm_rmid_forced", "shm_next_id", "sem",
		"sem_next_id", "msgmax", "msgmnb", "msgmni", "msg_next_id",
	};
	pid_t pid = child_fork();
	size_t i;

	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		for (i = 0; i < ARRAY_SIZE(names); i++) {
			EXPECT_EQ(-1, limit_open(names[i], O_WRONLY));
			EXPECT_EQ(EACCES, errno);
			EXPECT_EQ(-1, limit_open(names[i], O_RDWR));
			EXPECT_EQ(EACCES, errno);
			EXPECT_NE('(', limit(names[i])[0])
				TH_LOG("file %zu", i);
		}
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
}

/* --- what they do */

TEST_F(shm, shmmax_limits_the_size_of_new_segments)
{
	int old = shm->get(KEY, 100000, IPC_CREAT | 0600), id;
	struct shminfo info;

	ASSERT_LE(0, old);
	ASSERT_EQ(0, shm_limit_set("shmmax", "8192"));
	EXPECT_EQ(-1, shm_new(8193));
	EXPECT_EQ(EINVAL, errno);
	id = shm_new(8192);
	EXPECT_LE(0, id);
	EXPECT_EQ(0, shm_remove(id));
	memset(&info, POISON, sizeof(info));
	EXPECT_LE(0, shm->ctl(0, IPC_INFO, &info));
	EXPECT_EQ(8192, info.shmmax);
	EXPECT_EQ(1, info.shmmin);
	/* what is there stays and is found, whatever its size */
	EXPECT_EQ(old, shm->get(KEY, 100000, IPC_CREAT | 0600));
	EXPECT_EQ(100000, shm_ds(old).shm_segsz);
	EXPECT_EQ(0, shm_remove(old));
	ASSERT_EQ(0, shm_limit_set("shmmax", "0"));
	EXPECT_EQ(-1, shm_new(1));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(shm, shmall_limits_the_pages_of_all_segments)
{
	struct shminfo info;
	int a, b;
	char *p;

	ASSERT_EQ(0, shm_limit_set("shmall", "10"));
	memset(&info, POISON, sizeof(info));
	EXPECT_LE(0, shm->ctl(0, IPC_INFO, &info));
	EXPECT_EQ(10, info.shmall);
	EXPECT_EQ(-1, shm_new(10 * PAGE + 1));
	EXPECT_EQ(ENOSPC, errno);
	a = shm_new(6 * PAGE + 1);
	ASSERT_LE(0, a);
	EXPECT_EQ(7, shm_total());
	EXPECT_EQ(-1, shm_new(3 * PAGE + 1));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(7, shm_total());
	b = shm_new(3 * PAGE);
	ASSERT_LE(0, b);
	EXPECT_EQ(-1, shm_new(1));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(10, shm_total());

	/* removed but attached, its pages count still */
	p = shm->at(b, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	EXPECT_EQ(0, shm_remove(b));
	EXPECT_EQ(-1, shm_new(1));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(0, shm->dt(p));
	b = shm_new(3 * PAGE);
	EXPECT_LE(0, b);
	EXPECT_EQ(0, shm_remove(b));
	ASSERT_EQ(0, shm_limit_set("shmall", "5"));
	EXPECT_EQ(-1, shm_new(1));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(0, shm_remove(a));
	a = shm_new(5 * PAGE);
	EXPECT_LE(0, a);
	EXPECT_EQ(0, shm_remove(a));
}

/* Sizes near the end of the numbers must not come out small. */
TEST_F(shm, sizes_that_overflow_are_refused)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 4095, SIZE_MAX - 4096, 1UL << 63 };
	size_t i;

	ASSERT_EQ(0, shm_limit_set("shmmax", "18446744073709551615"));
	ASSERT_EQ(0, shm_limit_set("shmall", "18446744073709551615"));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		EXPECT_EQ(-1, shm->get(IPC_PRIVATE, sizes[i], 0600 | SHM_NORESERVE))
			TH_LOG("%zx", sizes[i]);
		EXPECT_TRUE(errno == ENOSPC || errno == EINVAL || errno == ENOMEM)
			TH_LOG("%zx: %s", sizes[i], strerror(errno));
	}
	EXPECT_EQ(0, shm_used());
	EXPECT_EQ(0, shm_total());
}

TEST_F(shm, shm_rmid_forced_destroys_what_nobody_will_use)
{
	int *id = shared_alloc(3 * sizeof(*id)), mine = shm_new(PAGE);
	pid_t pid;
	char *p;

	ASSERT_NE(NULL, id);
	ASSERT_LE(0, mine);
	pid = child_fork();
	if (!pid) {
		id[0] = shm_new(PAGE);
		id[1] = shm_new(PAGE);
		_exit(id[0] < 0 || id[1] < 0);
	}
	EXPECT_EQ(0, child_wait(pid));
	p = shm->at(id[1], NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	EXPECT_TRUE(shm_exists(id[0]));
	ASSERT_EQ(0, shm_limit_set("shm_rmid_forced", "1"));
	/* its maker is gone, and nobody has it attached */
	EXPECT_FALSE(shm_exists(id[0]));
	EXPECT_TRUE(shm_exists(id[1]));
	EXPECT_TRUE(shm_exists(mine));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_FALSE(shm_exists(id[1]));
	EXPECT_EQ(1, shm_used());
	/* from now on they go with their maker */
	pid = child_fork();
	if (!pid) {
		id[2] = shm_new(PAGE);
		_exit(id[2] < 0);
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_FALSE(shm_exists(id[2]));
	EXPECT_EQ(0, shm_remove(mine));
}

/* --- of kipc alone */

TEST_F(instance, numbers_of_objects_may_be_a_million)
{
	static const char *const names[] = { "shmmni", "msgmni", "sigmni" };
	char name[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(name, sizeof(name), "limits/%s", names[i]);
		EXPECT_EQ(0, file_write(path_in(&self->in, name), "1048576"));
		EXPECT_STREQ("1048576\n", text_in(&self->in, name));
	}
	EXPECT_EQ(1048576, seg_info(&self->in).shmmni);
	EXPECT_EQ(0, file_write(path_in(&self->in, "limits/sem"), "1 2 3 1048576"));
	EXPECT_EQ(-1, file_write(path_in(&self->in, "limits/sem"), "5 6 7 1048577"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_STREQ("1\t2\t3\t1048576\n", text_in(&self->in, "limits/sem"));
}

/* Where the kernel's own goes on and keeps half of them. */
TEST_F(instance, a_list_with_one_bad_value_changes_none)
{
	static const char *const bad[] = {
		"5 6 7 x", "5 6 -7 8", "5 6 7 8 9", "5 x", "4294967296 2 3 4", "-1",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, file_write(path_in(&self->in, "limits/sem"), bad[i]))
			TH_LOG("value %zu", i);
		EXPECT_EQ(EINVAL, errno);
		EXPECT_STREQ("32000\t1024000000\t500\t32000\n", text_in(&self->in, "limits/sem"));
	}
	EXPECT_EQ(-1, file_write(path_in(&self->in, "limits/shmmax"), "-1"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, file_write(path_in(&self->in, "limits/shmmax"), "1 2"));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_STREQ("18446744073692774399\n", text_in(&self->in, "limits/shmmax"));
}

/* As it is with the kernel's files of this kind. */
TEST_F(instance, a_write_of_nothing_changes_nothing)
{
	int fds[2], i;

	fds[0] = open("/proc/sys/kernel/pid_max", O_WRONLY | O_CLOEXEC);
	fds[1] = open(path_in(&self->in, "limits/shmmni"), O_WRONLY | O_CLOEXEC);
	for (i = 0; i < 2; i++) {
		ASSERT_LE(0, fds[i]);
		EXPECT_EQ(0, write(fds[i], "", 0));
		close(fds[i]);
	}
	EXPECT_STREQ("4096\n", text_in(&self->in, "limits/shmmni"));
}

/* Every file that the kernel has is there and reads the same, as long as nobody wrote. */
TEST_F(instance, files_are_those_of_proc_sys_kernel)
{
	static const char *const names[] = {
		"shmmax", "shmall", "shmmni", "shm_rmid_forced", "shm_next_id", "sem",
		"sem_next_id", "msgmax", "msgmnb", "msgmni", "msg_next_id",
	};
	char path[64], native[128];
	size_t i;

	if (access("/proc/sys/kernel/shmmax", F_OK))
		SKIP(return, "this kernel has no shared memory of its own");
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/proc/sys/kernel/%s", names[i]);
		ASSERT_LT(0, file_read(path, native, sizeof(native)));
		snprintf(path, sizeof(path), "limits/%s", names[i]);
		EXPECT_STREQ(native, text_in(&self->in, path));
	}
}

TEST_HARNESS_MAIN
