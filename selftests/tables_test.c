// SPDX-License-Identifier: GPL-2.0
/*
 * The tables sysvipc/shm, sem and msg: byte for byte what the kernel shows in
 * /proc/sysvipc, so that programs that read one read the other. Class 6.
 */
#include "instance_fixture.h"
#include "table.h"

#define SHM_HEADING \
	"       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  " \
	"cgid      atime      dtime      ctime                   rss                  swap\n"
#define SEM_HEADING \
	"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"
#define MSG_HEADING \
	"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid" \
	"      stime      rtime      ctime\n"

/* The row that the table must show for a segment, by what IPC_STAT says of it. */
static const char *row(int id, unsigned long long rss)
{
	static char text[512];
	struct shmid_ds ds = shm_ds(id);

	snprintf(text, sizeof(text),
		 "%10d %10d  %4o %21lu %5d %5d  %5lu %5u %5u %5u %5u %10lu %10lu %10lu %21llu %21u\n",
		 ds.shm_perm.__key, id, ds.shm_perm.mode, ds.shm_segsz, ds.shm_cpid, ds.shm_lpid,
		 ds.shm_nattch, ds.shm_perm.uid, ds.shm_perm.gid, ds.shm_perm.cuid,
		 ds.shm_perm.cgid, ds.shm_atime, ds.shm_dtime, ds.shm_ctime, rss, 0U);
	return text;
}

static char *table(void)
{
	static char text[1 << 16];

	return file_read(shm->table, text, sizeof(text)) < 0 ? "(cannot be read)" : text;
}

/* --- format */

TEST_F(shm, empty_tables_are_a_heading)
{
	char path[128], text[512];

	EXPECT_STREQ(SHM_HEADING, table());
	snprintf(path, sizeof(path), "%.*ssem", (int)strlen(shm->table) - 3, shm->table);
	ASSERT_LT(0, file_read(path, text, sizeof(text)));
	EXPECT_STREQ(SEM_HEADING, text);
	snprintf(path, sizeof(path), "%.*smsg", (int)strlen(shm->table) - 3, shm->table);
	ASSERT_LT(0, file_read(path, text, sizeof(text)));
	EXPECT_STREQ(MSG_HEADING, text);
}

TEST_F(shm, row_shows_what_stat_says)
{
	struct shmid_ds ds = { .shm_perm = { .uid = 1234567, .gid = 7, .mode = 0421 } };
	char want[4096], *p;
	int id;

	id = shm->get(KEY, 12345, IPC_CREAT | 0640);
	ASSERT_LE(0, id);
	snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 0));
	EXPECT_STREQ(want, table());

	/* attached, and two of its pages touched */
	p = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	p[0] = 1;
	p[12344] = 1;
	EXPECT_EQ(1, shm_nattch(id));
	EXPECT_EQ(getpid(), shm_ds(id).shm_lpid);
	snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 8192));
	EXPECT_STREQ(want, table());

	/* an owner that is wider than its column */
	ASSERT_EQ(0, shm->ctl(id, IPC_SET, &ds));
	EXPECT_EQ(1234567, shm_ds(id).shm_perm.uid);
	snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 8192));
	EXPECT_STREQ(want, table());

	/* locked, then removed while attached */
	ASSERT_EQ(0, shm->ctl(id, SHM_LOCK, NULL));
	EXPECT_EQ(02421, shm_ds(id).shm_perm.mode);
	snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 8192));
	EXPECT_STREQ(want, table());
	ASSERT_EQ(0, shm->ctl(id, SHM_UNLOCK, NULL));
	ASSERT_EQ(0, shm_remove(id));
	EXPECT_EQ(01421, shm_ds(id).shm_perm.mode);
	snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 8192));
	EXPECT_STREQ(want, table());
	EXPECT_EQ(0, strncmp(table() + strlen(SHM_HEADING), "         0 ", 11));
	ASSERT_EQ(0, shm->dt(p));
	EXPECT_STREQ(SHM_HEADING, table());
}

TEST_F(shm, rows_come_in_the_order_of_their_indices)
{
	int sizes[] = { 1, 4096, 4097, 1 << 20, 3 << 20 }, keys[] = { -1, INT_MIN, INT_MAX, 0, 1 };
	char want[4096] = SHM_HEADING;
	int ids[5];
	size_t i;

	for (i = 0; i < 5; i++) {
		ids[i] = shm->get(keys[i], sizes[i], IPC_CREAT | (i * 0111));
		ASSERT_LE(0, ids[i]);
	}
	ASSERT_EQ(0, shm_remove(ids[2]));
	for (i = 0; i < 5; i++)
		if (i != 2)
			strcat(want, row(ids[i], 0));
	EXPECT_STREQ(want, table());
	for (i = 0; i < 5; i++)
		EXPECT_EQ(i == 2 ? -1 : 0, shm_remove(ids[i]));
}

TEST_F(shm, everybody_reads_the_whole_table)
{
	char want[4096];
	pid_t pid;
	int id;

	id = shm->get(KEY, 4096, IPC_CREAT | 0);
	ASSERT_LE(0, id);
	snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 0));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, open(shm->table, O_RDWR));
		EXPECT_EQ(EACCES, errno);
		EXPECT_STREQ(want, table());
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, shm_remove(id));
}

/* The same, side by side. */
TEST_F(instance, table_is_the_kernels_but_for_ids_and_times)
{
	static const struct {
		size_t from;
		size_t to;
	} differ[] = { { 11, 21 }, { 91, 101 }, { 102, 112 }, { 113, 123 } };
	const struct shm_ops *both[] = { &shm_native, &shm_kipc };
	char texts[2][2048], *p;
	size_t i, k;
	int id;

	if (access("/proc/sysvipc/shm", F_OK))
		SKIP(return, "this kernel has no shared memory of its own");
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	shm_dev = self->in.node;
	for (i = 0; i < 2; i++) {
		id = both[i]->get(KEY, 5000, IPC_CREAT | 0640);
		ASSERT_LE(0, id);
		p = both[i]->at(id, NULL, 0);
		ASSERT_NE(NOT_ATTACHED, p);
		p[4999] = 1;
		id = both[i]->get(-5, 1 << 30, IPC_CREAT | SHM_NORESERVE | 0777);
		ASSERT_LE(0, id);
		ASSERT_LT(0, file_read(i ? OWN "/sysvipc/shm" : "/proc/sysvipc/shm",
				       texts[i], sizeof(texts[i])));
		ASSERT_EQ(3 * strlen(SHM_HEADING), strlen(texts[i]));
		for (k = 0; k < 2 * ARRAY_SIZE(differ); k++)
			memset(texts[i] + (k / ARRAY_SIZE(differ) + 1) * strlen(SHM_HEADING) +
			       differ[k % ARRAY_SIZE(differ)].from, '?',
			       differ[k % ARRAY_SIZE(differ)].to -
			       differ[k % ARRAY_SIZE(differ)].from);
		EXPECT_EQ(0, both[i]->dt(p));
		EXPECT_EQ(0, both[i]->ctl(id, IPC_RMID, NULL));
	}
	EXPECT_STREQ(texts[0], texts[1]);
	EXPECT_NE(NULL, strstr(texts[1], "?   777            1073741824 "));
}

TEST_F(instance, segments_without_an_id_are_not_in_the_table)
{
	struct kipc_shm_create arg = { .size = 4096, .mode = 0600, .fd = -1 };

	ASSERT_EQ(0, ioctl(self->in.node, KIPC_IOC_SHM_CREATE, &arg));
	EXPECT_STREQ(SHM_HEADING, text_in(&self->in, "sysvipc/shm"));
	close(arg.fd);
}

/* --- reading it in pieces */

static int many(int *ids, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		ids[i] = shm->get(KEY + i, 1 + i, IPC_CREAT | 0600);
		if (ids[i] < 0)
			return -1;
	}
	return 0;
}

TEST_F(shm, pieces_of_any_size_make_the_whole)
{
	static const size_t sizes[] = { 1, 7, 150, 4096, 4097, 1 << 16 };
	char *got = malloc(1 << 16), *want;
	int ids[100], fd;
	size_t i, sum;
	ssize_t n;

	ASSERT_NE(NULL, got);
	ASSERT_EQ(0, many(ids, 100));
	want = strdup(table());
	ASSERT_NE(NULL, want);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(got, POISON, 1 << 16);
		fd = open(shm->table, O_RDONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		for (sum = 0; (n = read(fd, got + sum, sizes[i])) > 0; sum += n)
			ASSERT_GE(sizes[i], n);
		EXPECT_EQ(0, n);
		EXPECT_EQ(strlen(want), sum);
		EXPECT_EQ(0, memcmp(want, got, sum));
		EXPECT_EQ(0, read(fd, got, 100));
		close(fd);
	}
	for (i = 0; i < 100; i++)
		EXPECT_EQ(0, shm_remove(ids[i]));
	free(want);
	free(got);
}

TEST_F(shm, pread_and_lseek_find_every_place)
{
	char buf[500], *want;
	size_t at, len;
	int ids[60], fd, i;
	ssize_t n;

	ASSERT_EQ(0, many(ids, 60));
	want = strdup(table());
	ASSERT_NE(NULL, want);
	len = strlen(want);
	fd = open(shm->table, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	for (at = 0; at < len; at += 37) {
		memset(buf, POISON, sizeof(buf));
		n = pread(fd, buf, sizeof(buf), at);
		ASSERT_LT(0, n);
		ASSERT_EQ(0, memcmp(want + at, buf, n));
	}
	EXPECT_EQ(0, pread(fd, buf, sizeof(buf), len));
	EXPECT_EQ(0, pread(fd, buf, sizeof(buf), len + 10000));
	/* pread has moved nothing */
	EXPECT_EQ(10, read(fd, buf, 10));
	EXPECT_EQ(0, memcmp(want, buf, 10));
	for (at = 0; at < len; at += 1013) {
		ASSERT_EQ(len - at - 1, lseek(fd, len - at - 1, SEEK_SET));
		ASSERT_EQ(1, read(fd, buf, 1));
		ASSERT_EQ(want[len - at - 1], buf[0]);
	}
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(10, read(fd, buf, 10));
	EXPECT_EQ(5, lseek(fd, -5, SEEK_CUR));
	EXPECT_EQ(5, read(fd, buf, 5));
	EXPECT_EQ(0, memcmp(want + 5, buf, 5));
	EXPECT_EQ(-1, lseek(fd, -1, SEEK_SET));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
	for (i = 0; i < 60; i++)
		EXPECT_EQ(0, shm_remove(ids[i]));
	free(want);
}

/* A file that stays open is read anew from its beginning. */
TEST_F(shm, rewound_table_shows_what_is_there_then)
{
	char buf[4096], want[4096];
	int fd, id;
	ssize_t n;

	fd = open(shm->table, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	n = read(fd, buf, sizeof(buf));
	EXPECT_EQ(strlen(SHM_HEADING), n);
	id = shm->get(KEY, 4096, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 0));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	memset(buf, 0, sizeof(buf));
	n = read(fd, buf, sizeof(buf) - 1);
	while (n > 0 && n < (ssize_t)strlen(want)) {
		ssize_t more = read(fd, buf + n, sizeof(buf) - 1 - n);

		ASSERT_LT(0, more);
		n += more;
	}
	EXPECT_STREQ(want, buf);
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(strlen(SHM_HEADING), read(fd, buf, sizeof(buf)));
	close(fd);
}

/* --- whose pids, whose uids */

TEST_F(shm, pids_are_those_of_the_readers_namespace)
{
	int id = shm_new(4096), *inner = shared_alloc(sizeof(*inner)), status;
	char want[4096];
	pid_t pid, init;
	char *p;

	ASSERT_LE(0, id);
	ASSERT_NE(NULL, inner);
	EXPECT_EQ(getpid(), shm_ds(id).shm_cpid);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWPID));
		init = fork();
		if (!init) {
			/* who made it is not in this namespace */
			EXPECT_EQ(1, getpid());
			EXPECT_EQ(0, shm_ds(id).shm_cpid);
			EXPECT_EQ(0, shm_ds(id).shm_lpid);
			snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 0));
			EXPECT_STREQ(want, table());
			*inner = shm->get(KEY, 4096, IPC_CREAT | 0600);
			EXPECT_LE(0, *inner);
			EXPECT_EQ(1, shm_ds(*inner).shm_cpid);
			p = shm->at(id, NULL, 0);
			EXPECT_NE(NOT_ATTACHED, p);
			EXPECT_EQ(0, shm->dt(p));
			EXPECT_EQ(1, shm_ds(id).shm_lpid);
			EXPECT_EQ(0, shm_ds(id).shm_cpid);
			snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 0));
			strcat(want, row(*inner, 0));
			EXPECT_STREQ(want, table());
			child_exit();
		}
		EXPECT_EQ(init, waitpid(init, &status, 0));
		EXPECT_EQ(0, status);
		/* and here it is a number of this one */
		EXPECT_EQ(init, shm_ds(id).shm_lpid);
		EXPECT_EQ(init, shm_ds(*inner).shm_cpid);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(getpid(), shm_ds(id).shm_cpid);
	snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 0));
	strcat(want, row(*inner, 0));
	EXPECT_STREQ(want, table());
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm_remove(*inner));
}

TEST_F(shm, uids_are_those_of_the_readers_namespace)
{
	struct shmid_ds ds = {
		.shm_perm = { .uid = THIRD_UID, .gid = OTHER_UID, .mode = 0666 },
	};
	char want[4096];
	pid_t pid;
	int id;

	id = shm->get(KEY, 4096, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, shm->ctl(id, IPC_SET, &ds));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(1, shm_ds(id).shm_perm.uid);
		EXPECT_EQ(0, shm_ds(id).shm_perm.gid);
		/* somebody whom it does not know */
		EXPECT_EQ(65534, shm_ds(id).shm_perm.cuid);
		EXPECT_EQ(65534, shm_ds(id).shm_perm.cgid);
		snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 0));
		EXPECT_STREQ(want, table());
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(THIRD_UID, shm_ds(id).shm_perm.uid);
	snprintf(want, sizeof(want), SHM_HEADING "%s", row(id, 0));
	EXPECT_STREQ(want, table());
	EXPECT_EQ(0, shm_remove(id));
}

/* --- while it changes: class 6 */

static int listed_make(int key, bool stays)
{
	return shm->get(key, stays ? 4096 : 100, IPC_CREAT | 0600);
}

static int listed_max_index(void)
{
	struct shm_info info;

	return shm->ctl(0, SHM_INFO, (void *)&info);
}

static int listed_stays(int index)
{
	struct shmid_ds ds;

	return shm->ctl(index, SHM_STAT_ANY, &ds) < 0 ? -1 : ds.shm_segsz == 4096;
}

static bool listed_row_is_right(const char *row)
{
	unsigned long long size;
	unsigned int mode;

	return sscanf(row, "%*d %*d %o %llu", &mode, &size) == 2 && (mode & 0777) == 0600 &&
	       (size == 4096 || size == 100);
}

TEST_F_TIMEOUT(shm, listing_while_segments_come_and_go_shows_all_that_stay, 120)
{
	struct table table = {
		.path = shm->table, .heading = SHM_HEADING, .index_bits = shm->index_bits,
		.make = listed_make, .remove = shm_remove, .max_index = listed_max_index,
		.stays = listed_stays, .row_is_right = listed_row_is_right,
	};

	listing_while_they_come_and_go(_metadata, &table);
}

/* --- stock programs */

TEST_F(shm, stock_ipcs_and_lsipc_show_it)
{
	char want[128], command[128];
	int id, dest;
	char *p;

	id = shm->get(KEY, 5000, IPC_CREAT | 0640);
	ASSERT_LE(0, id);
	dest = shm_new_at(123456, &p);
	ASSERT_LE(0, dest);
	ASSERT_EQ(0, shm_remove(dest));
	ASSERT_EQ(0, show_table_to_programs(shm->table, "shm"));

	snprintf(want, sizeof(want), "\n0x%08x %d root 640 5000 0\n", KEY, id);
	EXPECT_NE(NULL, strstr(output_of("ipcs -m"), want))
		TH_LOG("%s", output_of("ipcs -m"));
	snprintf(want, sizeof(want), "\n0x00000000 %d root 600 123456 1 dest\n", dest);
	EXPECT_NE(NULL, strstr(output_of("ipcs -m"), want))
		TH_LOG("%s", output_of("ipcs -m"));
	snprintf(command, sizeof(command), "ipcs -m -i %d", id);
	EXPECT_NE(NULL, strstr(output_of(command), "bytes=5000"))
		TH_LOG("%s", output_of(command));
	snprintf(want, sizeof(want), "\n%d root %d 0\n", id, getpid());
	EXPECT_NE(NULL, strstr(output_of("ipcs -m -p"), want))
		TH_LOG("%s", output_of("ipcs -m -p"));

	snprintf(want, sizeof(want), "\n0x%08x %d rw-r----- 5000 0\n", KEY, id);
	EXPECT_NE(NULL, strstr(output_of("lsipc -m -r -b -o KEY,ID,PERMS,SIZE,NATTCH"), want))
		TH_LOG("%s", output_of("lsipc -m -r -b -o KEY,ID,PERMS,SIZE,NATTCH"));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_HARNESS_MAIN
