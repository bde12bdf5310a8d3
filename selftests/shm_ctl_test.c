// SPDX-License-Identifier: GPL-2.0
/*
 * What shmctl(2) does, the table of all segments, and segments that go by themselves.
 */
#include "shm_fixture.h"

#define KEY 0x6b697063

/* --- IPC_STAT */

TEST_F(shm, times_and_processes_of_attach_and_detach_are_recorded)
{
	struct shmid_ds made, at, dt, ds;
	int id = shm_new(PAGE);
	time_t before;
	pid_t pid;
	char *p;

	ASSERT_LE(0, id);
	made = shm_ds(id);
	before = next_second();
	p = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	at = shm_ds(id);
	EXPECT_LE(before, at.shm_atime);
	EXPECT_GE(time(NULL), at.shm_atime);
	EXPECT_EQ(0, at.shm_dtime);
	EXPECT_EQ(made.shm_ctime, at.shm_ctime);
	EXPECT_EQ(getpid(), at.shm_lpid);
	EXPECT_EQ(1, at.shm_nattch);

	before = next_second();
	pid = child_fork();
	if (!pid) {
		/* the child has it by inheritance */
		EXPECT_EQ(2, shm_nattch(id));
		EXPECT_EQ(getppid(), shm_ds(id).shm_cpid);
		EXPECT_EQ(0, shm->dt(p));
		EXPECT_EQ(getpid(), shm_ds(id).shm_lpid);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	dt = shm_ds(id);
	EXPECT_LE(before, dt.shm_dtime);
	EXPECT_LE(before, dt.shm_atime);
	EXPECT_EQ(made.shm_ctime, dt.shm_ctime);
	EXPECT_EQ(pid, dt.shm_lpid);
	EXPECT_EQ(getpid(), dt.shm_cpid);
	EXPECT_EQ(1, dt.shm_nattch);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(getpid(), shm_ds(id).shm_lpid);

	/* what only looks, or fails, records nothing */
	ds = shm_ds(id);
	next_second();
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, (void *)1, 0));
	EXPECT_EQ(-1, shm->dt((void *)PAGE));
	dt = shm_ds(id);
	EXPECT_TRUE(shm_ds_same(&dt, &ds));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, processes_are_those_of_the_namespace_of_who_asks)
{
	int id = shm_new(PAGE), status;
	pid_t pid, inner;
	char *p;

	ASSERT_LE(0, id);
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, unshare(CLONE_NEWPID));
		inner = fork();
		if (!inner) {
			/* the creator has no number in here, we have the first */
			EXPECT_EQ(0, shm_ds(id).shm_cpid);
			p = shm->at(id, NULL, 0);
			EXPECT_NE(NOT_ATTACHED, p);
			EXPECT_EQ(1, shm_ds(id).shm_lpid);
			EXPECT_EQ(0, shm->dt(p));
			child_exit();
		}
		EXPECT_EQ(inner, waitpid(inner, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(inner, shm_ds(id).shm_lpid);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(getpid(), shm_ds(id).shm_cpid);
	EXPECT_EQ(0, shm_remove(id));
}

/* --- IPC_SET */

TEST_F(shm, set_changes_owner_group_and_permissions_alone)
{
	int id = shm->get(KEY, 5000, IPC_CREAT | 0640);
	struct shmid_ds before, ds, now;
	time_t since;
	char *p;

	ASSERT_LE(0, id);
	p = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	before = shm_ds(id);
	since = next_second();
	memset(&ds, POISON, sizeof(ds));
	ds.shm_perm.uid = OTHER_UID;
	ds.shm_perm.gid = THIRD_UID;
	ds.shm_perm.mode = 07421;
	ASSERT_EQ(0, shm->ctl(id, IPC_SET, &ds));
	now = shm_ds(id);
	EXPECT_EQ(OTHER_UID, now.shm_perm.uid);
	EXPECT_EQ(THIRD_UID, now.shm_perm.gid);
	EXPECT_EQ(0421, now.shm_perm.mode);
	EXPECT_LE(since, now.shm_ctime);
	EXPECT_GE(time(NULL), now.shm_ctime);
	/* and nothing else */
	now.shm_perm.uid = before.shm_perm.uid;
	now.shm_perm.gid = before.shm_perm.gid;
	now.shm_perm.mode = before.shm_perm.mode;
	now.shm_ctime = before.shm_ctime;
	EXPECT_TRUE(shm_ds_same(&now, &before));
	EXPECT_EQ(id, shm->get(KEY, 1, 0));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, set_keeps_the_marks_that_are_not_permissions)
{
	struct shmid_ds ds;
	char *p;
	int id = shm_new_at(PAGE, &p);

	ASSERT_LE(0, id);
	ASSERT_EQ(0, shm->ctl(id, SHM_LOCK, NULL));
	ASSERT_EQ(0, shm_remove(id));
	ds = shm_ds(id);
	EXPECT_EQ(03600, ds.shm_perm.mode);
	ds.shm_perm.mode = 0444;
	ASSERT_EQ(0, shm->ctl(id, IPC_SET, &ds));
	EXPECT_EQ(03444, shm_ds(id).shm_perm.mode);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_FALSE(shm_exists(id));
}

TEST_F(shm, set_to_a_user_or_group_that_is_none_is_einval)
{
	int id = shm_new(PAGE);
	struct shmid_ds before, ds, now;

	ASSERT_LE(0, id);
	before = shm_ds(id);
	ds = before;
	ds.shm_perm.uid = -1;
	ds.shm_perm.mode = 0777;
	EXPECT_EQ(-1, shm->ctl(id, IPC_SET, &ds));
	EXPECT_EQ(EINVAL, errno);
	ds = before;
	ds.shm_perm.gid = -1;
	ds.shm_perm.uid = OTHER_UID;
	EXPECT_EQ(-1, shm->ctl(id, IPC_SET, &ds));
	EXPECT_EQ(EINVAL, errno);
	now = shm_ds(id);
	EXPECT_TRUE(shm_ds_same(&before, &now));
	EXPECT_EQ(0, shm_remove(id));
}

/* --- IPC_RMID */

TEST_F(shm, remove_takes_an_unattached_segment_at_once)
{
	int id = shm->get(KEY, 5 * PAGE, IPC_CREAT | 0600), again;

	ASSERT_LE(0, id);
	EXPECT_EQ(5, shm_total());
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm_total());
	EXPECT_EQ(0, shm_used());
	EXPECT_EQ(-1, shm_remove(id));
	EXPECT_EQ(EINVAL, errno);
	again = shm->get(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	EXPECT_LE(0, again);
	EXPECT_NE(id, again);
	EXPECT_EQ(0, shm_remove(again));
}

TEST_F(shm, removed_segment_lives_until_its_last_detach)
{
	int id = shm->get(KEY, 5 * PAGE, IPC_CREAT | 0600), again;
	struct shmid_ds ds;
	char *p, *q;

	ASSERT_LE(0, id);
	p = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	p[0] = 5;
	ASSERT_EQ(0, shm_remove(id));
	ds = shm_ds(id);
	EXPECT_EQ(IPC_PRIVATE, ds.shm_perm.__key);
	EXPECT_EQ(01600, ds.shm_perm.mode);
	EXPECT_EQ(1, ds.shm_nattch);
	EXPECT_EQ(5, shm_total());
	EXPECT_EQ(1, shm_used());
	EXPECT_EQ(5, p[0]);
	/* its key is nobody's */
	EXPECT_EQ(-1, shm->get(KEY, 1, 0));
	EXPECT_EQ(ENOENT, errno);
	again = shm->get(KEY, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	EXPECT_LE(0, again);
	EXPECT_NE(id, again);
	/* it can be removed and attached as long as it is there */
	EXPECT_EQ(0, shm_remove(id));
	q = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, q);
	EXPECT_EQ(5, q[0]);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(1, shm_nattch(id));
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_FALSE(shm_exists(id));
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, NULL, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, shm_total());
	EXPECT_EQ(again, shm->get(KEY, 1, 0));
	EXPECT_EQ(0, shm_remove(again));
}

/* --- SHM_STAT, SHM_STAT_ANY, IPC_INFO, SHM_INFO */

TEST_F(shm, stat_by_index_finds_every_segment_once)
{
	enum { COUNT = 20 };
	int ids[COUNT], i, k, index, max, found[COUNT] = { 0 }, cmd;
	struct shmid_ds ds, same;
	struct shm_info info;

	for (i = 0; i < COUNT; i++) {
		ids[i] = shm_new(PAGE * (i + 1));
		ASSERT_LE(0, ids[i]);
	}
	/* leave holes */
	for (i = 0; i < COUNT; i += 3)
		EXPECT_EQ(0, shm_remove(ids[i]));
	for (cmd = SHM_STAT; cmd <= SHM_STAT_ANY; cmd += SHM_STAT_ANY - SHM_STAT) {
		max = shm->ctl(0, SHM_INFO, &info);
		EXPECT_LE(12, max);
		for (index = 0; index <= max; index++) {
			memset(&ds, POISON, sizeof(ds));
			same = ds;
			k = shm->ctl(index, cmd, &ds);
			if (k < 0) {
				EXPECT_EQ(EINVAL, errno);
				EXPECT_TRUE(shm_ds_same(&ds, &same));
				continue;
			}
			EXPECT_EQ(index, k & ((1 << shm->index_bits) - 1));
			for (i = 0; i < COUNT; i++) {
				if (ids[i] != k)
					continue;
				found[i]++;
				EXPECT_EQ(PAGE * (i + 1), ds.shm_segsz);
				same = shm_ds(k);
				EXPECT_TRUE(shm_ds_same(&ds, &same));
			}
		}
		EXPECT_EQ(-1, shm->ctl(max + 1, cmd, &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, shm->ctl(-1, cmd, &ds));
		EXPECT_EQ(EINVAL, errno);
	}
	for (i = 0; i < COUNT; i++) {
		EXPECT_EQ(i % 3 ? 2 : 0, found[i]);
		if (i % 3)
			EXPECT_EQ(0, shm_remove(ids[i]));
	}
}

TEST_F(shm, info_tells_limits_and_what_is_used)
{
	struct shminfo limits;
	struct shm_info info;
	int a, b, max;
	char *p;

	memset(&limits, POISON, sizeof(limits));
	EXPECT_EQ(0, shm->ctl(0, IPC_INFO, &limits));
	EXPECT_EQ(sizeof(long) == 8 ? ULONG_MAX - (1UL << 24) : INT_MAX, limits.shmmax);
	EXPECT_EQ(ULONG_MAX - (1UL << 24), limits.shmall);
	EXPECT_EQ(1, limits.shmmin);
	EXPECT_EQ(4096, limits.shmmni);
	EXPECT_EQ(4096, limits.shmseg);
	memset(&info, POISON, sizeof(info));
	EXPECT_EQ(0, shm->ctl(0, SHM_INFO, &info));
	EXPECT_EQ(0, info.used_ids);
	EXPECT_EQ(0, info.shm_tot);
	EXPECT_EQ(0, info.shm_rss);
	EXPECT_EQ(0, info.shm_swp);

	a = shm_new(3 * PAGE);
	b = shm_new_at(10 * PAGE, &p);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	p[0] = 1;
	p[5 * PAGE] = 1;
	max = b & ((1 << shm->index_bits) - 1);
	EXPECT_EQ(max, shm->ctl(0, SHM_INFO, &info));
	EXPECT_EQ(max, shm->ctl(0, IPC_INFO, &limits));
	EXPECT_EQ(2, info.used_ids);
	EXPECT_EQ(13, info.shm_tot);
	EXPECT_EQ(2, info.shm_rss);
	ASSERT_EQ(0, shm_limit_set("shmmni", "100"));
	ASSERT_EQ(0, shm_limit_set("shmmax", "1000000"));
	ASSERT_EQ(0, shm_limit_set("shmall", "2000"));
	EXPECT_EQ(max, shm->ctl(0, IPC_INFO, &limits));
	EXPECT_EQ(100, limits.shmmni);
	EXPECT_EQ(1000000, limits.shmmax);
	EXPECT_EQ(2000, limits.shmall);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(b));
	EXPECT_EQ(a & ((1 << shm->index_bits) - 1), shm->ctl(0, SHM_INFO, &info));
	EXPECT_EQ(1, info.used_ids);
	EXPECT_EQ(3, info.shm_tot);
	EXPECT_EQ(0, info.shm_rss);
	EXPECT_EQ(0, shm_remove(a));
}

/* --- SHM_LOCK; the limit is in shm_mem_test */

TEST_F(shm, lock_and_unlock_show_in_the_mode)
{
	int id = shm_new(PAGE);
	struct shmid_ds before, now;

	ASSERT_LE(0, id);
	before = shm_ds(id);
	EXPECT_EQ(0, shm->ctl(id, SHM_UNLOCK, NULL));
	EXPECT_EQ(0600, shm_ds(id).shm_perm.mode);
	EXPECT_EQ(0, shm->ctl(id, SHM_LOCK, NULL));
	EXPECT_EQ(02600, shm_ds(id).shm_perm.mode);
	EXPECT_EQ(0, shm->ctl(id, SHM_LOCK, NULL));
	EXPECT_EQ(02600, shm_ds(id).shm_perm.mode);
	EXPECT_EQ(0, shm->ctl(id, SHM_UNLOCK, NULL));
	now = shm_ds(id);
	EXPECT_TRUE(shm_ds_same(&before, &now));
	EXPECT_EQ(0, shm_remove(id));
}

/* --- the table */

static bool table_is(const char *want)
{
	static char have[8192];

	if (file_read(shm->table, have, sizeof(have)) < 0)
		return false;
	if (strcmp(have, want))
		printf("# it is:\n%s# and not:\n%s", have, want);
	return !strcmp(have, want);
}

#define HEADING \
	"       key      shmid perms                  size  cpid  lpid nattch   uid   gid" \
	"  cuid  cgid      atime      dtime      ctime                   rss" \
	"                  swap\n"

static void table_line(char *line, size_t size, int id, unsigned long rss)
{
	struct shmid_ds ds = shm_ds(id);

	snprintf(line, size,
		 "%10d %10d  %4o %21zu %5u %5u  %5lu %5u %5u %5u %5u %10llu %10llu %10llu %21lu %21lu\n",
		 ds.shm_perm.__key, id, ds.shm_perm.mode, ds.shm_segsz, ds.shm_cpid, ds.shm_lpid,
		 ds.shm_nattch, ds.shm_perm.uid, ds.shm_perm.gid, ds.shm_perm.cuid,
		 ds.shm_perm.cgid, (long long)ds.shm_atime, (long long)ds.shm_dtime,
		 (long long)ds.shm_ctime, rss, 0UL);
}

TEST_F(shm, table_shows_every_segment_byte_for_byte)
{
	char want[2000], *p;
	struct shmid_ds ds;
	int a, b;

	EXPECT_TRUE(table_is(HEADING));
	a = shm->get(-5, (size_t)123456789012ULL, IPC_CREAT | SHM_NORESERVE | 0644);
	b = shm_new_at(5 * PAGE, &p);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	p[PAGE] = 1;
	ds = shm_ds(b);
	ds.shm_perm.uid = OTHER_UID;
	ds.shm_perm.gid = 4000000000U;
	ds.shm_perm.mode = 0;
	ASSERT_EQ(0, shm->ctl(b, IPC_SET, &ds));
	strcpy(want, HEADING);
	table_line(want + strlen(want), 500, a, 0);
	table_line(want + strlen(want), 500, b, PAGE);
	EXPECT_TRUE(table_is(want));
	ASSERT_EQ(0, shm_remove(b));
	strcpy(want, HEADING);
	table_line(want + strlen(want), 500, a, 0);
	table_line(want + strlen(want), 500, b, PAGE);
	EXPECT_TRUE(table_is(want));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(a));
	EXPECT_TRUE(table_is(HEADING));
}

/* --- shm_rmid_forced */

TEST_F(shm, forced_removal_takes_segments_with_their_last_detach)
{
	char *p, *q;
	int a, b;

	a = shm_new_at(PAGE, &p);
	ASSERT_LE(0, a);
	ASSERT_EQ(0, shm_limit_set("shm_rmid_forced", "1"));
	/* it has a creator that lives, and a user */
	EXPECT_TRUE(shm_exists(a));
	b = shm_new(PAGE);
	ASSERT_LE(0, b);
	EXPECT_TRUE(shm_exists(b));
	q = shm->at(b, NULL, 0);
	EXPECT_NE(NOT_ATTACHED, q);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_FALSE(shm_exists(a));
	EXPECT_TRUE(shm_exists(b));
	EXPECT_EQ(0, munmap(q, PAGE));
	EXPECT_FALSE(shm_exists(b));
}

TEST_F(shm, forced_removal_takes_what_an_exited_process_made_and_nobody_uses)
{
	int *ids = shared_alloc(2 * sizeof(int));
	char *p;
	pid_t pid;

	ASSERT_NE(NULL, ids);
	ASSERT_EQ(0, shm_limit_set("shm_rmid_forced", "1"));
	pid = child_fork();
	if (!pid) {
		ids[0] = shm_new(PAGE);
		ids[1] = shm_new(PAGE);
		/* somebody else has it still */
		kill(getpid(), SIGSTOP);
		_exit(ids[0] < 0 || ids[1] < 0);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, WUNTRACED));
	p = shm->at(ids[1], NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	EXPECT_TRUE(shm_exists(ids[0]));
	kill(pid, SIGCONT);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_FALSE(shm_exists(ids[0]));
	EXPECT_TRUE(shm_exists(ids[1]));
	p[0] = 1;
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_FALSE(shm_exists(ids[1]));
}

TEST_F(shm, forcing_removal_takes_the_orphans_that_are_there)
{
	int *ids = shared_alloc(2 * sizeof(int)), mine = shm_new(PAGE);
	char *p;
	pid_t pid;

	ASSERT_NE(NULL, ids);
	ASSERT_LE(0, mine);
	pid = child_fork();
	if (!pid) {
		ids[0] = shm_new(PAGE);
		ids[1] = shm_new(PAGE);
		_exit(ids[0] < 0 || ids[1] < 0);
	}
	ASSERT_EQ(0, child_wait(pid));
	p = shm->at(ids[1], NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	EXPECT_TRUE(shm_exists(ids[0]));
	ASSERT_EQ(0, shm_limit_set("shm_rmid_forced", "1"));
	EXPECT_FALSE(shm_exists(ids[0]));
	EXPECT_TRUE(shm_exists(ids[1]));
	EXPECT_TRUE(shm_exists(mine));
	ASSERT_EQ(0, shm_limit_set("shm_rmid_forced", "0"));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_TRUE(shm_exists(ids[1]));
	EXPECT_EQ(0, shm_remove(ids[1]));
	EXPECT_EQ(0, shm_remove(mine));
}

TEST_HARNESS_MAIN
