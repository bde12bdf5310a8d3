// SPDX-License-Identifier: GPL-2.0
/*
 * The table sysvipc/msg: byte for byte what the kernel shows in /proc/sysvipc. What all
 * tables have in common is in tables_test. Class 6.
 */
#include "msg_fixture.h"
#include "table.h"

#define KEY 0x6b697063

#define HEADING \
	"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid" \
	"      stime      rtime      ctime\n"

/* The row that the table must show for a queue, by what IPC_STAT says of it. */
static const char *row(int id)
{
	static char text[512];
	struct msqid_ds ds = msg_ds(id);

	snprintf(text, sizeof(text),
		 "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10lu %10lu %10lu\n",
		 ds.msg_perm.__key, id, ds.msg_perm.mode, ds.msg_cbytes, ds.msg_qnum,
		 ds.msg_lspid, ds.msg_lrpid, ds.msg_perm.uid, ds.msg_perm.gid,
		 ds.msg_perm.cuid, ds.msg_perm.cgid, ds.msg_stime, ds.msg_rtime, ds.msg_ctime);
	return text;
}

static char *table(void)
{
	static char text[1 << 16];

	return file_read(msg->table, text, sizeof(text)) < 0 ? "(cannot be read)" : text;
}

/* What it is with this queue alone. */
static const char *table_of(int id)
{
	static char text[1024];

	snprintf(text, sizeof(text), HEADING "%s", row(id));
	return text;
}

TEST_F(msg, row_shows_what_stat_says)
{
	pid_t pid;
	int id;

	EXPECT_STREQ(HEADING, table());
	id = msg->get(KEY, IPC_CREAT | 0640);
	ASSERT_LE(0, id);
	EXPECT_STREQ(table_of(id), table());
	EXPECT_NE(NULL, strstr(table(), "  640           0          0     0     0     0 "));
	/* used, also by others; an owner that is wider than its column */
	EXPECT_EQ(0, msg_send(id, 1, 5000, 0));
	EXPECT_EQ(0, msg_send(id, 2, 77, 0));
	EXPECT_STREQ(table_of(id), table());
	EXPECT_NE(NULL, strstr(table(), "  640        5077          2 "));
	pid = child_fork();
	if (!pid)
		_exit(!msg_arrives(id, 1, 5000));
	EXPECT_EQ(0, child_wait(pid));
	ASSERT_EQ(0, msg_set(id, 1234567, 7, 0421, 100));
	EXPECT_NE(0, msg_ds(id).msg_stime);
	EXPECT_NE(0, msg_ds(id).msg_rtime);
	EXPECT_NE(msg_ds(id).msg_lspid, msg_ds(id).msg_lrpid);
	EXPECT_STREQ(table_of(id), table());
	EXPECT_NE(NULL, strstr(table(), "   421          77          1 "));
	EXPECT_NE(NULL, strstr(table(), " 1234567     7     0     0 "));
	ASSERT_EQ(0, msg_rmid(id));
	EXPECT_STREQ(HEADING, table());
}

TEST_F(msg, rows_come_in_the_order_of_their_indices)
{
	int keys[] = { -1, INT_MIN, INT_MAX, 0, 1 };
	char want[4096] = HEADING;
	int ids[5];
	size_t i;

	for (i = 0; i < 5; i++) {
		ids[i] = msg->get(keys[i], IPC_CREAT | (i * 0111));
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(0, msg_send(ids[i], 1, i * 1000, 0));
	}
	ASSERT_EQ(0, msg_rmid(ids[2]));
	for (i = 0; i < 5; i++)
		if (i != 2)
			strcat(want, row(ids[i]));
	EXPECT_STREQ(want, table());
	for (i = 0; i < 5; i++)
		EXPECT_EQ(i == 2 ? -1 : 0, msg_rmid(ids[i]));
}

TEST_F(msg, everybody_reads_the_whole_table)
{
	pid_t pid;
	int id;

	id = msg->get(KEY, IPC_CREAT | 0);
	ASSERT_LE(0, id);
	table_of(id);
	pid = child_fork();
	if (!pid) {
		char want[1024];

		strcpy(want, table_of(id));
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(-1, open(msg->table, O_RDWR));
		EXPECT_EQ(EACCES, errno);
		EXPECT_STREQ(want, table());
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_F(msg, users_and_processes_are_those_of_the_readers_namespaces)
{
	int id, status;
	pid_t pid;

	id = msg->get(KEY, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, msg_set(id, THIRD_UID, OTHER_UID, 0666, 100));
	EXPECT_EQ(0, msg_put(id, 1, 1));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, user_namespace_enter_with_two());
		EXPECT_EQ(1, msg_ds(id).msg_perm.uid);
		EXPECT_EQ(getppid(), msg_ds(id).msg_lspid);
		EXPECT_STREQ(table_of(id), table());
		EXPECT_EQ(0, unshare(CLONE_NEWPID));
		pid = fork();
		if (!pid) {
			EXPECT_EQ(0, msg_ds(id).msg_lspid);
			EXPECT_STREQ(table_of(id), table());
			EXPECT_EQ(1, msg_take(id, 0));
			EXPECT_EQ(1, msg_ds(id).msg_lrpid);
			EXPECT_STREQ(table_of(id), table());
			child_exit();
		}
		EXPECT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_STREQ(table_of(id), table());
	EXPECT_EQ(0, msg_rmid(id));
}

/* --- side by side */

FIXTURE(both)
{
};

FIXTURE_SETUP(both)
{
	if (access(msg_native.table, F_OK))
		SKIP(_exit(255), "this kernel has no message queues of its own");
	ASSERT_EQ(0, unshare(CLONE_NEWIPC));
	msg_dev = msg_instance();
	ASSERT_LE(0, msg_dev);
}

FIXTURE_TEARDOWN(both)
{
	close(msg_dev);
	EXPECT_TRUE(EVENTUALLY(umount(MSG_MOUNT) == 0));
}

TEST_F(both, table_is_the_kernels_but_for_ids_and_times)
{
	static const struct {
		size_t from;
		size_t to;
	} differ[] = { { 11, 21 }, { 87, 97 }, { 98, 108 }, { 109, 119 } };
	const struct msg_ops *impl[] = { &msg_native, &msg_kipc };
	char texts[2][2048];
	size_t i, k;
	int id, other;

	for (i = 0; i < 2; i++) {
		msg = impl[i];
		id = msg->get(KEY, IPC_CREAT | 0640);
		ASSERT_LE(0, id);
		EXPECT_EQ(0, msg_send(id, 4, 3000, 0));
		EXPECT_EQ(0, msg_send(id, 5, 10, 0));
		EXPECT_TRUE(msg_arrives(id, 5, 10));
		other = msg->get(-5, IPC_CREAT | 0777);
		ASSERT_LE(0, other);
		EXPECT_EQ(0, msg_set(other, 1, 22222, 07, 100));
		ASSERT_LT(0, file_read(msg->table, texts[i], sizeof(texts[i])));
		ASSERT_EQ(3 * strlen(HEADING), strlen(texts[i]));
		for (k = 0; k < 2 * ARRAY_SIZE(differ); k++) {
			size_t n = k % ARRAY_SIZE(differ), line = 1 + k / ARRAY_SIZE(differ);

			memset(texts[i] + line * strlen(HEADING) + differ[n].from, '?',
			       differ[n].to - differ[n].from);
		}
		EXPECT_EQ(0, msg_rmid(id));
		EXPECT_EQ(0, msg_rmid(other));
	}
	EXPECT_STREQ(texts[0], texts[1]);
	EXPECT_NE(NULL, strstr(texts[1], "?   640        3000          1 "));
	EXPECT_NE(NULL, strstr(texts[1], "?     7           0          0     0     0     1 "));
}

/* --- while it changes: class 6 */

static int listed_make(int key, bool stays)
{
	int id = msg->get(key, IPC_CREAT | 0600);

	return id >= 0 && msg_send(id, 1, stays ? 7 : 1, 0) ? -1 : id;
}

static int listed_max_index(void)
{
	struct msginfo info;

	return msg_info(MSG_INFO, &info);
}

static int listed_stays(int index)
{
	struct msqid_ds ds;

	return msg_stat_any(index, &ds) < 0 ? -1 : ds.msg_cbytes == 7;
}

/* Those that come and go have their message a moment later. */
static bool listed_row_is_right(const char *row)
{
	unsigned int mode, cbytes, qnum;

	return sscanf(row, "%*d %*d %o %u %u", &mode, &cbytes, &qnum) == 3 && mode == 0600 &&
	       (cbytes == 7 || cbytes == qnum) && qnum <= 1;
}

TEST_F_TIMEOUT(msg, listing_while_queues_come_and_go_shows_all_that_stay, 120)
{
	struct table table = {
		.path = msg->table, .heading = HEADING, .index_bits = msg->index_bits,
		.make = listed_make, .remove = msg_rmid, .max_index = listed_max_index,
		.stays = listed_stays, .row_is_right = listed_row_is_right,
	};

	listing_while_they_come_and_go(_metadata, &table);
}

/* --- stock programs */

TEST_F(msg, stock_ipcs_and_lsipc_show_it)
{
	char want[128];
	int id;

	id = msg->get(KEY, IPC_CREAT | 0640);
	ASSERT_LE(0, id);
	EXPECT_EQ(0, msg_send(id, 1, 1000, 0));
	EXPECT_EQ(0, msg_send(id, 2, 17, 0));
	ASSERT_EQ(0, show_table_to_programs(msg->table, "msg"));
	snprintf(want, sizeof(want), "\n0x%08x %d root 640 1017 2\n", KEY, id);
	EXPECT_NE(NULL, strstr(output_of("ipcs -q"), want))
		TH_LOG("%s", output_of("ipcs -q"));
	snprintf(want, sizeof(want), "\n%d root %d 0\n", id, getpid());
	EXPECT_NE(NULL, strstr(output_of("ipcs -q -p"), want))
		TH_LOG("%s", output_of("ipcs -q -p"));
	snprintf(want, sizeof(want), "\n0x%08x %d rw-r----- 1017 2\n", KEY, id);
	EXPECT_NE(NULL, strstr(output_of("lsipc -q -r -b -o KEY,ID,PERMS,USEDBYTES,MSGS"), want))
		TH_LOG("%s", output_of("lsipc -q -r -b -o KEY,ID,PERMS,USEDBYTES,MSGS"));
	EXPECT_EQ(0, msg_rmid(id));
}

TEST_HARNESS_MAIN
