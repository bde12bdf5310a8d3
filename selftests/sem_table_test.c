// SPDX-License-Identifier: GPL-2.0
/*
 * The table sysvipc/sem: byte for byte what the kernel shows in /proc/sysvipc. What all
 * tables have in common is in tables_test. Class 6.
 */
#define SEM_BY_ID_ALONE
#include "sem_fixture.h"
#include "table.h"

#define KEY 0x6b697063

#define HEADING \
	"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"

/* The row that the table must show for a set, by what IPC_STAT says of it. */
static const char *row(int id)
{
	static char text[512];
	struct semid_ds ds = sem_ds(id);

	snprintf(text, sizeof(text), "%10d %10d  %4o %10lu %5u %5u %5u %5u %10lu %10lu\n",
		 ds.sem_perm.__key, id, ds.sem_perm.mode, ds.sem_nsems, ds.sem_perm.uid,
		 ds.sem_perm.gid, ds.sem_perm.cuid, ds.sem_perm.cgid, ds.sem_otime, ds.sem_ctime);
	return text;
}

static char *table(void)
{
	static char text[1 << 16];

	return file_read(sem->table, text, sizeof(text)) < 0 ? "(cannot be read)" : text;
}

TEST_F(sem, row_shows_what_stat_says)
{
	char want[4096];
	int id;

	EXPECT_STREQ(HEADING, table());
	id = sem->get(KEY, 123, IPC_CREAT | 0640);
	ASSERT_LE(0, id);
	snprintf(want, sizeof(want), HEADING "%s", row(id));
	EXPECT_STREQ(want, table());
	EXPECT_NE(NULL, strstr(want, "          0 "));
	/* used; an owner that is wider than its column */
	EXPECT_EQ(0, sem_do(id, 100, 1, 0));
	ASSERT_EQ(0, sem_set(id, 1234567, 7, 0421));
	EXPECT_NE(0, sem_ds(id).sem_otime);
	snprintf(want, sizeof(want), HEADING "%s", row(id));
	EXPECT_STREQ(want, table());
	EXPECT_NE(NULL, strstr(want, "   421        123 1234567     7     0     0 "));
	ASSERT_EQ(0, sem_rmid(id));
	EXPECT_STREQ(HEADING, table());
}

TEST_F(sem, rows_come_in_the_order_of_their_indices)
{
	int nsems[] = { 1, 250, 32000, 5, 2 }, keys[] = { -1, INT_MIN, INT_MAX, 0, 1 };
	char want[4096] = HEADING;
	int ids[5];
	size_t i;

	for (i = 0; i < 5; i++) {
		ids[i] = sem->get(keys[i], nsems[i], IPC_CREAT | (i * 0111));
		ASSERT_LE(0, ids[i]);
	}
	ASSERT_EQ(0, sem_rmid(ids[2]));
	for (i = 0; i < 5; i++)
		if (i != 2)
			strcat(want, row(ids[i]));
	EXPECT_STREQ(want, table());
	for (i = 0; i < 5; i++)
		EXPECT_EQ(i == 2 ? -1 : 0, sem_rmid(ids[i]));
}

TEST_F(sem, everybody_reads_the_whole_table)
{
	char want[4096];
	pid_t pid;
	int id;

	id = sem->get(KEY, 1, IPC_CREAT | 0);
	ASSERT_LE(0, id);
	snprintf(want, sizeof(want), HEADING "%s", row(id));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, open(sem->table, O_RDWR));
		EXPECT_EQ(EACCES, errno);
		EXPECT_STREQ(want, table());
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_F(sem, uids_are_those_of_the_readers_namespace)
{
	char want[4096];
	pid_t pid;
	int id;

	id = sem->get(KEY, 1, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, sem_set(id, THIRD_UID, OTHER_UID, 0666));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(1, sem_ds(id).sem_perm.uid);
		snprintf(want, sizeof(want), HEADING "%s", row(id));
		EXPECT_STREQ(want, table());
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	snprintf(want, sizeof(want), HEADING "%s", row(id));
	EXPECT_STREQ(want, table());
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- side by side */

FIXTURE(both)
{
};

FIXTURE_SETUP(both)
{
	if (access(sem_native.table, F_OK))
		SKIP(_exit(255), "this kernel has no semaphores of its own");
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	sem_dev = sem_instance();
	ASSERT_LE(0, sem_dev);
}

FIXTURE_TEARDOWN(both)
{
	close(sem_dev);
	EXPECT_TRUE(EVENTUALLY(umount(SEM_MOUNT) == 0));
}

TEST_F(both, table_is_the_kernels_but_for_ids_and_times)
{
	static const struct {
		size_t from;
		size_t to;
	} differ[] = { { 11, 21 }, { 63, 73 }, { 74, 84 } };
	const struct sem_ops *impl[] = { &sem_native, &sem_kipc };
	char texts[2][2048];
	size_t i, k;
	int id, other;

	for (i = 0; i < 2; i++) {
		sem = impl[i];
		id = sem->get(KEY, 5000, IPC_CREAT | 0640);
		ASSERT_LE(0, id);
		EXPECT_EQ(0, sem_do(id, 4999, 1, 0));
		other = sem->get(-5, 1, IPC_CREAT | 0777);
		ASSERT_LE(0, other);
		EXPECT_EQ(0, sem_set(other, 1, 22222, 07));
		ASSERT_LT(0, file_read(sem->table, texts[i], sizeof(texts[i])));
		ASSERT_EQ(3 * strlen(HEADING), strlen(texts[i]));
		for (k = 0; k < 2 * ARRAY_SIZE(differ); k++) {
			size_t n = k % ARRAY_SIZE(differ), line = 1 + k / ARRAY_SIZE(differ);

			memset(texts[i] + line * strlen(HEADING) + differ[n].from, '?',
			       differ[n].to - differ[n].from);
		}
		EXPECT_EQ(0, sem_rmid(id));
		EXPECT_EQ(0, sem_rmid(other));
	}
	EXPECT_STREQ(texts[0], texts[1]);
	EXPECT_NE(NULL, strstr(texts[1], "?   640       5000     0     0     0     0 ?"));
	EXPECT_NE(NULL, strstr(texts[1], "?     7          1     1 22222     0     0 ?"));
}

/* --- while it changes: class 6 */

static int listed_make(int key, bool stays)
{
	int id = sem->get(key, stays ? 7 : 1, IPC_CREAT | 0600);

	/* those that come and go are used, too */
	return id >= 0 && !stays && sem_do(id, 0, 1, 0) ? -1 : id;
}

static int listed_max_index(void)
{
	struct seminfo info;

	return sem_info(SEM_INFO, &info);
}

static int listed_stays(int index)
{
	struct semid_ds ds;

	return sem_stat_any(index, &ds) < 0 ? -1 : ds.sem_nsems == 7;
}

static bool listed_row_is_right(const char *row)
{
	unsigned int mode, nsems;

	return sscanf(row, "%*d %*d %o %u", &mode, &nsems) == 2 && mode == 0600 &&
	       (nsems == 7 || nsems == 1);
}

TEST_F_TIMEOUT(sem, listing_while_sets_come_and_go_shows_all_that_stay, 120)
{
	struct table table = {
		.path = sem->table, .heading = HEADING, .index_bits = sem->index_bits,
		.make = listed_make, .remove = sem_rmid, .max_index = listed_max_index,
		.stays = listed_stays, .row_is_right = listed_row_is_right,
	};

	listing_while_they_come_and_go(_metadata, &table);
}

/* --- stock programs */

TEST_F(sem, stock_ipcs_and_lsipc_show_it)
{
	char want[128];
	int id;

	id = sem->get(KEY, 17, IPC_CREAT | 0640);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, show_table_to_programs(sem->table, "sem"));
	snprintf(want, sizeof(want), "\n0x%08x %d root 640 17\n", KEY, id);
	EXPECT_NE(NULL, strstr(output_of("ipcs -s"), want))
		TH_LOG("%s", output_of("ipcs -s"));
	snprintf(want, sizeof(want), "\n0x%08x %d rw-r----- 17\n", KEY, id);
	EXPECT_NE(NULL, strstr(output_of("lsipc -s -r -b -o KEY,ID,PERMS,NSEMS"), want))
		TH_LOG("%s", output_of("lsipc -s -r -b -o KEY,ID,PERMS,NSEMS"));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_HARNESS_MAIN
