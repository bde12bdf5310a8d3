// SPDX-License-Identifier: GPL-2.0
/*
 * The table sysvipc/sem: byte for byte what the kernel shows in /proc/sysvipc. What all
 * tables have in common is in tables_test. Class 6.
 */
#define SEM_BY_ID_ALONE
#include "sem_fixture.h"

#define KEY 0x6b697063

#define HEADING \
	"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"

#define LOAD(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)
#define STORE(p, n) __atomic_store_n(p, n, __ATOMIC_SEQ_CST)

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

#define LONG_LIVED 40

struct listing {
	int rows;
	int seen[LONG_LIVED];
};

static const char *check_row(char *line, struct listing *list, const int *ids, int *last)
{
	int key, id, i, mode;
	unsigned int nsems;

	if (strlen(line) != strlen(HEADING) - 1)
		return "a row has another length than the heading";
	if (sscanf(line, "%d %d %o %u", &key, &id, &mode, &nsems) != 4)
		return "a row has no key, id, mode and number";
	if (sem_index(id) <= *last)
		return "an index came twice, or out of order";
	*last = sem_index(id);
	if (mode != 0600 || (nsems != 7 && nsems != 1))
		return "a row is not what anybody made";
	for (i = 0; i < LONG_LIVED; i++)
		list->seen[i] += ids[i] == id;
	list->rows++;
	return NULL;
}

/* Read the table with a buffer of @size: what was wrong with it, or NULL. */
static const char *check_listing(const int *ids, size_t size, struct listing *list)
{
	static char text[1 << 18];
	char *line, *rest = text;
	const char *wrong = NULL;
	size_t sum = 0;
	int last = -1, i;
	ssize_t n;
	int fd;

	memset(list, 0, sizeof(*list));
	fd = open(sem->table, O_RDONLY | O_CLOEXEC);
	while ((n = read(fd, text + sum, size)) > 0 && sum < sizeof(text) - 2 * size)
		sum += n;
	close(fd);
	text[sum] = 0;
	if (n != 0 || strncmp(text, HEADING, strlen(HEADING)) || text[sum - 1] != '\n')
		return "it does not begin with the heading and end with a line";
	text[sum - 1] = 0;
	strsep(&rest, "\n");
	while (!wrong && (line = strsep(&rest, "\n")))
		wrong = check_row(line, list, ids, &last);
	for (i = 0; !wrong && i < LONG_LIVED; i++)
		if (list->seen[i] != 1)
			wrong = "one that was there all the time is missing";
	return wrong;
}

/* Make, use and remove sets in no order until @stop. */
static void come_and_go(int *stop, unsigned int seed)
{
	int ids[50], k, n = 0;

	while (!LOAD(stop)) {
		k = rand_r(&seed) % 50;
		if (k >= n) {
			ids[n] = sem_new(1);
			if (ids[n] < 0 || sem_do(ids[n], 0, 1, 0))
				_exit(1);
			n++;
		} else {
			if (sem_rmid(ids[k]))
				_exit(2);
			ids[k] = ids[--n];
		}
	}
	while (n--)
		sem_rmid(ids[n]);
	_exit(0);
}

TEST_F_TIMEOUT(sem, listing_while_sets_come_and_go_shows_all_that_stay, 120)
{
	static const size_t sizes[] = { 13, 90, 1000, 4096, 1 << 15 };
	int *stop = shared_alloc(sizeof(*stop)), ids[LONG_LIVED], i, k, seen, max, most = 0;
	struct listing list;
	struct seminfo info;
	struct semid_ds ds;
	const char *wrong;
	long long end;
	pid_t pids[2];

	ASSERT_NE(NULL, stop);
	/* those that stay, with places between them for those that do not */
	for (i = 0; i < LONG_LIVED; i++) {
		int gap[4];

		for (k = 0; k < 4; k++)
			gap[k] = sem_new(1);
		ids[i] = sem->get(KEY + i, 7, IPC_CREAT | 0600);
		ASSERT_LE(0, ids[i]);
		for (k = 0; k < 4; k++)
			ASSERT_EQ(0, sem_rmid(gap[k]));
	}
	for (i = 0; i < 2; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			come_and_go(stop, i);
	}
	end = now_ms() + 4000;
	for (k = 0; now_ms() < end; k++) {
		wrong = check_listing(ids, sizes[k % ARRAY_SIZE(sizes)], &list);
		ASSERT_EQ(NULL, wrong)
			TH_LOG("round %d: %s", k, wrong ?: "");
		most = list.rows > most ? list.rows : most;

		/* and by index */
		max = sem_info(SEM_INFO, &info);
		for (i = 0, seen = 0; i <= max; i++) {
			if (sem_stat_any(i, &ds) < 0) {
				ASSERT_TRUE(errno == EINVAL || errno == EIDRM);
				continue;
			}
			ASSERT_TRUE(ds.sem_nsems == 7 || ds.sem_nsems == 1);
			seen += ds.sem_nsems == 7;
		}
		ASSERT_EQ(LONG_LIVED, seen);
	}
	/* others were really there */
	EXPECT_LT(LONG_LIVED, most);
	STORE(stop, 1);
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[1]));
	for (i = 0; i < LONG_LIVED; i++)
		EXPECT_EQ(0, sem_rmid(ids[i]));
}

/* --- stock programs */

/* Put the table where programs look for it. */
static int show_table_to_programs(void)
{
	int fd;

	if (sem == &sem_native)
		return 0;
	if (!access("/proc/sysvipc/sem", F_OK))
		return mount(sem->table, "/proc/sysvipc/sem", NULL, MS_BIND, NULL);
	/* this kernel has no such place */
	if (mount("none", "/proc", "tmpfs", 0, NULL) || mkdir("/proc/sysvipc", 0755))
		return -1;
	fd = open("/proc/sysvipc/sem", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	close(fd);
	return mount(sem->table, "/proc/sysvipc/sem", NULL, MS_BIND, NULL);
}

/* What a command prints, runs of blanks as one, and none at the end of a line. */
static const char *output_of(const char *command)
{
	static char text[8192];
	size_t len = 0;
	FILE *f = popen(command, "r");
	int c;

	while (f && (c = fgetc(f)) != EOF && len < sizeof(text) - 1) {
		if (len && text[len - 1] == ' ' && (c == ' ' || c == '\n'))
			len--;
		text[len++] = c;
	}
	if (f)
		pclose(f);
	text[len] = 0;
	return text;
}

TEST_F(sem, stock_ipcs_and_lsipc_show_it)
{
	char want[128];
	int id;

	id = sem->get(KEY, 17, IPC_CREAT | 0640);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, show_table_to_programs());
	snprintf(want, sizeof(want), "\n0x%08x %d root 640 17\n", KEY, id);
	EXPECT_NE(NULL, strstr(output_of("ipcs -s"), want))
		TH_LOG("%s", output_of("ipcs -s"));
	snprintf(want, sizeof(want), "\n0x%08x %d rw-r----- 17\n", KEY, id);
	EXPECT_NE(NULL, strstr(output_of("lsipc -s -r -b -o KEY,ID,PERMS,NSEMS"), want))
		TH_LOG("%s", output_of("lsipc -s -r -b -o KEY,ID,PERMS,NSEMS"));
	EXPECT_EQ(0, sem_rmid(id));
}

TEST_HARNESS_MAIN
