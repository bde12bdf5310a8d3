// SPDX-License-Identifier: GPL-2.0
/*
 * What shmget(2), shmat(2), shmdt(2) and shmctl(2) do, and each of their errors.
 * Permissions are in shm_perm_test, what becomes of mappings in shm_vma_test.
 */
#include "shm_fixture.h"

#include <sys/resource.h>

#define KEY 0x6b697063

/* --- shmget */

TEST_F(shm, private_key_makes_a_new_segment_each_time)
{
	int a = shm->get(IPC_PRIVATE, 1, 0600), b = shm->get(IPC_PRIVATE, 1, IPC_EXCL | 0600);

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_NE(a, b);
	EXPECT_EQ(2, shm_used());
	EXPECT_EQ(2, shm_total());
	EXPECT_EQ(0, shm_remove(a));
	EXPECT_EQ(0, shm_remove(b));
}

TEST_F(shm, key_finds_its_segment)
{
	int id;

	EXPECT_EQ(-1, shm->get(KEY, 1, 0600));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, shm->get(KEY, 1, IPC_EXCL | 0600));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, shm_used());
	id = shm->get(KEY, 5000, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, id);
	EXPECT_EQ(id, shm->get(KEY, 5000, 0600));
	EXPECT_EQ(id, shm->get(KEY, 0, 0));
	EXPECT_EQ(id, shm->get(KEY, 4999, IPC_CREAT | 0600));
	EXPECT_EQ(id, shm->get(KEY, 1, IPC_EXCL));
	EXPECT_EQ(-1, shm->get(KEY + 1, 1, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(1, shm_used());
	EXPECT_EQ(KEY, shm_ds(id).shm_perm.__key);
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(-1, shm->get(KEY, 1, 0600));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(shm, any_bits_make_a_key)
{
	static const key_t keys[] = { 1, -1, INT_MAX, INT_MIN, 0x01000000, -2 };
	int ids[ARRAY_SIZE(keys)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		ids[i] = shm->get(keys[i], 1, IPC_CREAT | IPC_EXCL | 0600);
		ASSERT_LE(0, ids[i]);
		EXPECT_EQ(keys[i], shm_ds(ids[i]).shm_perm.__key);
	}
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		EXPECT_EQ(ids[i], shm->get(keys[i], 1, 0));
		EXPECT_EQ(0, shm_remove(ids[i]));
	}
}

TEST_F(shm, exclusive_creation_of_what_exists_is_eexist)
{
	int id = shm->get(KEY, 5000, IPC_CREAT | 0600);

	ASSERT_LE(0, id);
	EXPECT_EQ(-1, shm->get(KEY, 5000, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EEXIST, errno);
	/* it comes before all that is wrong with the size */
	EXPECT_EQ(-1, shm->get(KEY, 0, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, shm->get(KEY, 50000, IPC_CREAT | IPC_EXCL | 0600));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(1, shm_used());
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, size_beyond_that_of_an_existing_segment_is_einval)
{
	int id = shm->get(KEY, 5000, IPC_CREAT | 0600);

	ASSERT_LE(0, id);
	/* the size asked for counts, not the pages that it has */
	EXPECT_EQ(-1, shm->get(KEY, 5001, 0600));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, shm->get(KEY, ULONG_MAX, IPC_CREAT | 0600));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(5000, shm_ds(id).shm_segsz);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, new_segment_of_an_impossible_size_is_refused)
{
	static const struct {
		size_t size;
		int flags, error;
	} bad[] = {
		{ 0, 0, EINVAL },
		{ 0, SHM_NORESERVE, EINVAL },
#if __SIZEOF_LONG__ == 8
		/* above shmmax */
		{ ULONG_MAX, 0, EINVAL },
		{ ULONG_MAX - (1UL << 24) + 1, 0, EINVAL },
		/* larger than any file */
		{ ULONG_MAX - (1UL << 24), 0, EINVAL },
		{ 1UL << 63, SHM_NORESERVE, EINVAL },
		/* more than there is memory */
		{ 1UL << 46, 0, ENOMEM },
#else
		/* no size is too large for a file, or for shmmax */
		{ ULONG_MAX, 0, ENOMEM },
#endif
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, shm->get(IPC_PRIVATE, bad[i].size, bad[i].flags | 0600));
		EXPECT_EQ(bad[i].error, errno)
			TH_LOG("%#zx", bad[i].size);
		EXPECT_EQ(-1, shm->get(KEY, bad[i].size, IPC_CREAT | bad[i].flags | 0600));
		EXPECT_EQ(bad[i].error, errno)
			TH_LOG("%#zx with a key", bad[i].size);
	}
	EXPECT_EQ(0, shm_used());
	EXPECT_EQ(-1, shm->get(KEY, 1, 0));
	EXPECT_EQ(ENOENT, errno);
}

TEST_F(shm, segment_without_reservation_may_be_larger_than_memory)
{
	/* more than the guest has, and less than a program of 32 bits can address */
	size_t size = sizeof(size) == 8 ? (size_t)(1ULL << 40) : 3UL << 29;
	int id = shm->get(IPC_PRIVATE, size, SHM_NORESERVE | 0600);
	char *p;

	ASSERT_LE(0, id);
	EXPECT_EQ(size, shm_ds(id).shm_segsz);
	EXPECT_EQ((long)(size / PAGE), shm_total());
	p = shm->at(id, NULL, 0);
	ASSERT_NE(NOT_ATTACHED, p);
	p[0] = 1;
	p[size - 1] = 2;
	EXPECT_EQ(0, p[size / 2]);
	EXPECT_EQ(1, p[0]);
	EXPECT_EQ(2, p[size - 1]);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, limits_of_number_and_size_hold)
{
	char value[64];
	int a, b, id;

	a = shm_new(3 * PAGE);
	ASSERT_LE(0, a);
	ASSERT_EQ(0, shm_limit_set("shmmni", "2"));
	b = shm->get(KEY, 1, IPC_CREAT | 0600);
	ASSERT_LE(0, b);
	EXPECT_EQ(-1, shm_new(1));
	EXPECT_EQ(ENOSPC, errno);
	/* to find one needs no room */
	EXPECT_EQ(b, shm->get(KEY, 1, IPC_CREAT | 0600));
	EXPECT_EQ(-1, shm->get(KEY + 1, 1, IPC_CREAT | 0600));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(0, shm_remove(b));
	b = shm_new(1);
	EXPECT_LE(0, b);
	EXPECT_EQ(0, shm_remove(b));
	ASSERT_EQ(0, shm_limit_set("shmmni", "4096"));

	/* in pages; what is there already counts */
	ASSERT_EQ(0, shm_limit_set("shmall", "5"));
	EXPECT_EQ(-1, shm_new(2 * PAGE + 1));
	EXPECT_EQ(ENOSPC, errno);
	b = shm_new(2 * PAGE);
	EXPECT_LE(0, b);
	EXPECT_EQ(5, shm_total());
	EXPECT_EQ(-1, shm_new(1));
	EXPECT_EQ(ENOSPC, errno);
	EXPECT_EQ(0, shm_remove(b));
	ASSERT_EQ(0, shm_limit_set("shmall", "18446744073692774399"));

	ASSERT_EQ(0, shm_limit_set("shmmax", "10000"));
	EXPECT_EQ(-1, shm_new(10001));
	EXPECT_EQ(EINVAL, errno);
	id = shm_new(10000);
	EXPECT_LE(0, id);
	/* what exists stays */
	EXPECT_EQ(3 * PAGE, shm_ds(a).shm_segsz);
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm_limit_get("shmmax", value, sizeof(value)));
	EXPECT_STREQ("10000\n", value);

	/* as many pages as this cannot be counted, but those of 32 bits can */
	ASSERT_EQ(0, shm_limit_set("shmmax", "18446744073709551615"));
	EXPECT_EQ(-1, shm_new(ULONG_MAX));
	EXPECT_EQ(sizeof(long) == 8 ? ENOSPC : ENOMEM, errno);
	EXPECT_EQ(0, shm_remove(a));
}

TEST_F(shm, new_segment_is_described_completely)
{
	long long begin = time(NULL);
	int id = shm->get(KEY, 5000, IPC_CREAT | IPC_EXCL | 0640);
	struct shmid_ds ds;

	ASSERT_LE(0, id);
	memset(&ds, POISON, sizeof(ds));
	ASSERT_EQ(0, shm->ctl(id, IPC_STAT, &ds));
	EXPECT_EQ(KEY, ds.shm_perm.__key);
	EXPECT_EQ(0, ds.shm_perm.uid);
	EXPECT_EQ(0, ds.shm_perm.gid);
	EXPECT_EQ(0, ds.shm_perm.cuid);
	EXPECT_EQ(0, ds.shm_perm.cgid);
	EXPECT_EQ(0640, ds.shm_perm.mode);
	EXPECT_EQ(id >> shm->index_bits, ds.shm_perm.__seq);
	EXPECT_EQ(5000, ds.shm_segsz);
	EXPECT_EQ(0, ds.shm_atime);
	EXPECT_EQ(0, ds.shm_dtime);
	EXPECT_LE(begin, ds.shm_ctime);
	EXPECT_GE(time(NULL), ds.shm_ctime);
	EXPECT_EQ(getpid(), ds.shm_cpid);
	EXPECT_EQ(0, ds.shm_lpid);
	EXPECT_EQ(0, ds.shm_nattch);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, memory_begins_with_zeroes_and_outlives_its_users)
{
	size_t size = 100000;
	char *p, *zero = calloc(1, size);
	pid_t pid;
	int id;

	id = shm_new_at(size, &p);
	ASSERT_LE(0, id);
	EXPECT_EQ(0, memcmp(zero, p, size));
	pid = child_fork();
	if (!pid) {
		pattern(p, size, 3);
		EXPECT_EQ(0, shm->dt(p));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_TRUE(is_pattern(p, size, 3));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_nattch(id));
	p = shm->at(id, NULL, SHM_RDONLY);
	ASSERT_NE(NOT_ATTACHED, p);
	EXPECT_TRUE(is_pattern(p, size, 3));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
	/* the next one has nothing of it */
	id = shm_new_at(size, &p);
	ASSERT_LE(0, id);
	EXPECT_EQ(0, memcmp(zero, p, size));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, last_page_is_whole_and_there_is_none_behind_it)
{
	char *place = free_place(4 * PAGE, PAGE), *p;
	int id = shm_new(PAGE + 1);

	ASSERT_LE(0, id);
	p = shm->at(id, place, 0);
	ASSERT_EQ(place, p);
	p[2 * PAGE - 1] = 5;
	EXPECT_EQ(5, p[2 * PAGE - 1]);
	EXPECT_EQ(SIGSEGV, touch_dies(p + 2 * PAGE, false));
	EXPECT_EQ(2, shm_total());
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

/* --- ids */

TEST_F(shm, stale_ids_are_einval_and_do_not_come_back_soon)
{
	enum { ROUNDS = 1000 };
	int *ids = calloc(ROUNDS, sizeof(*ids)), i, k;
	struct shmid_ds ds, same;

	for (i = 0; i < ROUNDS; i++) {
		ids[i] = shm_new(1);
		ASSERT_LE(0, ids[i]);
		for (k = 0; k < i; k++)
			ASSERT_NE(ids[k], ids[i]);
		ASSERT_EQ(0, shm_remove(ids[i]));
	}
	memset(&ds, POISON, sizeof(ds));
	same = ds;
	for (i = 0; i < ROUNDS; i += 99) {
		EXPECT_EQ(-1, shm->ctl(ids[i], IPC_STAT, &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_TRUE(shm_ds_same(&ds, &same));
		EXPECT_EQ(-1, shm_remove(ids[i]));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(NOT_ATTACHED, shm->at(ids[i], NULL, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	free(ids);
}

TEST_F(shm, ids_that_are_none_are_einval)
{
	int id = shm_new(1), bad[5], one = 1 << shm->index_bits;
	struct shmid_ds ds;
	size_t i;

	ASSERT_LE(0, id);
	bad[0] = -1;
	bad[1] = INT_MIN;
	bad[2] = id + 1;
	/* the right index of another sequence */
	bad[3] = id + one;
	bad[4] = INT_MAX;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&ds, 0, sizeof(ds));
		EXPECT_EQ(-1, shm->ctl(bad[i], IPC_STAT, &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, shm->ctl(bad[i], IPC_SET, &ds));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, shm->ctl(bad[i], IPC_RMID, NULL));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, shm->ctl(bad[i], SHM_LOCK, NULL));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, shm->ctl(bad[i], SHM_UNLOCK, NULL));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(NOT_ATTACHED, shm->at(bad[i], NULL, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(1, shm_used());
	EXPECT_EQ(0600, shm_ds(id).shm_perm.mode);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, next_id_is_given_once_and_only_if_it_is_free)
{
	char value[32];
	int a, b, c, want = 77 << shm->index_bits | 9;

	EXPECT_EQ(0, shm_limit_get("shm_next_id", value, sizeof(value)));
	EXPECT_STREQ("-1\n", value);
	snprintf(value, sizeof(value), "%d", want);
	ASSERT_EQ(0, shm_limit_set("shm_next_id", value));
	a = shm_new(1);
	EXPECT_EQ(want, a);
	EXPECT_EQ(0, shm_limit_get("shm_next_id", value, sizeof(value)));
	EXPECT_STREQ("-1\n", value);
	b = shm_new(1);
	EXPECT_LE(0, b);
	EXPECT_NE(want + 1, b);
	/* its index is taken: the next free one, of the same sequence */
	snprintf(value, sizeof(value), "%d", want);
	ASSERT_EQ(0, shm_limit_set("shm_next_id", value));
	c = shm_new(1);
	EXPECT_EQ(want + 1, c);
	EXPECT_EQ(0, shm_remove(a));
	EXPECT_EQ(0, shm_remove(b));
	EXPECT_EQ(0, shm_remove(c));
}

/* --- shmat */

TEST_F(shm, attach_gives_the_same_memory_at_places_of_its_own)
{
	int id, fd = dup(0), next;
	char *p, *q, *r;

	id = shm_new_at(3 * PAGE, &p);
	ASSERT_LE(0, id);
	q = shm->at(id, NULL, 0);
	r = shm->at(id, NULL, SHM_RDONLY);
	ASSERT_NE(NOT_ATTACHED, q);
	ASSERT_NE(NOT_ATTACHED, r);
	EXPECT_EQ(0, (unsigned long)p % PAGE);
	EXPECT_TRUE(p != q && q != r && p != r);
	EXPECT_EQ(3, shm_nattch(id));
	pattern(p, 3 * PAGE, 1);
	EXPECT_TRUE(is_pattern(q, 3 * PAGE, 1));
	EXPECT_TRUE(is_pattern(r, 3 * PAGE, 1));
	/* none of it is a descriptor of ours */
	next = dup(0);
	EXPECT_EQ(fd + 1, next);
	close(next);
	close(fd);
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(2, shm_nattch(id));
	EXPECT_TRUE(is_pattern(r, 3 * PAGE, 1));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm->dt(r));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, attach_takes_the_address_that_it_is_given)
{
	char *place = free_place(4 * PAGE, PAGE), *p;
	int id = shm_new(2 * PAGE);

	ASSERT_LE(0, id);
	p = shm->at(id, place, 0);
	ASSERT_EQ(place, p);
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, place + 1, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, place + PAGE - 1, SHM_RDONLY | SHM_REMAP));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, shm_nattch(id));
	p = shm->at(id, place + PAGE - 1, SHM_RND);
	EXPECT_EQ(place, p);
	p[0] = 1;
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, attach_replaces_only_if_told_to)
{
	char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int id = shm_new(2 * PAGE);

	ASSERT_NE(MAP_FAILED, p);
	ASSERT_LE(0, id);
	memset(p, 7, 3 * PAGE);
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, p, 0));
	EXPECT_EQ(EINVAL, errno);
	/* its second page would be in the way */
	ASSERT_EQ(0, munmap(p, PAGE));
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, p, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_TRUE(is_all(p + PAGE, 7, 2 * PAGE));
	EXPECT_EQ(0, shm_nattch(id));

	ASSERT_EQ(p, shm->at(id, p, SHM_REMAP));
	EXPECT_TRUE(is_all(p, 0, 2 * PAGE));
	EXPECT_TRUE(is_all(p + 2 * PAGE, 7, PAGE));
	/* over itself, too */
	p[0] = 3;
	EXPECT_EQ(p, shm->at(id, p, SHM_REMAP));
	EXPECT_EQ(1, shm_nattch(id));
	EXPECT_EQ(3, p[0]);
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, NULL, SHM_REMAP));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, (void *)1, SHM_REMAP | SHM_RND));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(1, shm_nattch(id));
	EXPECT_EQ(0, shm->dt(p));
	munmap(p + 2 * PAGE, PAGE);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, attach_at_an_impossible_address_is_refused)
{
	int id = shm_new(2 * PAGE);
	pid_t pid;

	ASSERT_LE(0, id);
	/* it would wrap around, but for who has less than all of that */
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, (void *)-PAGE, 0));
	EXPECT_EQ(sizeof(long) == 8 ? EINVAL : ENOMEM, errno);
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, (void *)-PAGE, SHM_REMAP));
	EXPECT_EQ(ENOMEM, errno);
#if __SIZEOF_LONG__ == 8
	/* the kernel's half */
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, (void *)(1UL << 63), 0));
	EXPECT_EQ(ENOMEM, errno);
#endif
	EXPECT_EQ(0, shm_nattch(id));
	/* below vm.mmap_min_addr */
	pid = child_fork();
	if (!pid) {
		struct shmid_ds ds = shm_ds(id);

		ds.shm_perm.uid = OTHER_UID;
		EXPECT_EQ(0, shm->ctl(id, IPC_SET, &ds));
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(NOT_ATTACHED, shm->at(id, (void *)1, SHM_RND));
		EXPECT_EQ(EPERM, errno);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, shm_nattch(id));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, attach_beyond_the_address_space_of_the_process_is_enomem)
{
	struct rlimit old, limit = { .rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY };
	int id = shm_new(1 << 20);
	struct shmid_ds ds;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, getrlimit(RLIMIT_AS, &old));
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &limit));
	EXPECT_EQ(NOT_ATTACHED, shm->at(id, NULL, 0));
	EXPECT_EQ(ENOMEM, errno);
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &old));
	ds = shm_ds(id);
	EXPECT_EQ(0, ds.shm_nattch);
	EXPECT_EQ(0600, ds.shm_perm.mode);
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm_used());
}

TEST_F(shm, read_only_attachment_cannot_be_written)
{
	char *p, *q;
	int id = shm_new_at(PAGE, &p);

	ASSERT_LE(0, id);
	p[0] = 5;
	q = shm->at(id, NULL, SHM_RDONLY);
	ASSERT_NE(NOT_ATTACHED, q);
	EXPECT_EQ(5, q[0]);
	EXPECT_EQ(SIGSEGV, touch_dies(q, true));
	EXPECT_EQ(0, touch_dies(q, false));
	EXPECT_EQ(-1, mprotect(q, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(SIGSEGV, touch_dies(q, true));
	EXPECT_EQ(5, p[0]);
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm_remove(id));
}

/* What a child that runs @code dies of, or the value that it returns. */
static int run_code(const void *code)
{
	pid_t pid = child_fork();

	if (!pid) {
		int (*function)(void);

		signal(SIGSEGV, SIG_DFL);
		memcpy(&function, &code, sizeof(function));
		_exit(function());
	}
	return child_wait(pid);
}

TEST_F(shm, only_an_executable_attachment_can_be_executed)
{
	/* a function that returns 42, and the change that makes it return 43 */
#ifdef __aarch64__
	static const unsigned char code[] = { 0x40, 5, 0x80, 0x52, 0xc0, 3, 0x5f, 0xd6 };
	const int at = 0, change = 0x20;
#else
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	const int at = 1, change = 1;
#endif
	int id = shm->get(IPC_PRIVATE, PAGE, 0700);
	char *p = shm->at(id, NULL, 0), *x, *rx;

	ASSERT_LE(0, id);
	ASSERT_NE(NOT_ATTACHED, p);
	memcpy(p, code, sizeof(code));
	x = shm->at(id, NULL, SHM_EXEC);
	rx = shm->at(id, NULL, SHM_EXEC | SHM_RDONLY);
	ASSERT_NE(NOT_ATTACHED, x);
	ASSERT_NE(NOT_ATTACHED, rx);
	__builtin___clear_cache(x, x + sizeof(code));
	EXPECT_EQ(128 + SIGSEGV, run_code(p));
	EXPECT_EQ(42, run_code(x));
	EXPECT_EQ(42, run_code(rx));
	x[at] += change;
	__builtin___clear_cache(x, x + sizeof(code));
	EXPECT_EQ(43, run_code(rx));
	EXPECT_EQ(SIGSEGV, touch_dies(rx, true));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(0, shm->dt(x));
	EXPECT_EQ(0, shm->dt(rx));
	EXPECT_EQ(0, shm_remove(id));
}

/* --- shmdt */

TEST_F(shm, detach_of_what_is_not_attached_is_einval)
{
	char *anon = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *p;
	int id = shm_new_at(3 * PAGE, &p);
	void *bad[6];
	size_t i;

	ASSERT_LE(0, id);
	ASSERT_NE(MAP_FAILED, anon);
	bad[0] = NULL;
	bad[1] = p + 1;
	bad[2] = p + PAGE;
	bad[3] = p - PAGE;
	bad[4] = anon;
	bad[5] = (void *)-PAGE;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-1, shm->dt(bad[i]));
		EXPECT_EQ(EINVAL, errno)
			TH_LOG("case %zu", i);
	}
	EXPECT_EQ(1, shm_nattch(id));
	EXPECT_EQ(0, touch_dies(anon, false));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(-1, shm->dt(p));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, shm_nattch(id));
	munmap(anon, PAGE);
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F(shm, detach_takes_what_is_left_of_one_attachment)
{
	char *place = free_place(16 * PAGE, PAGE), *p, *q;
	int id = shm_new(8 * PAGE), other = shm_new(PAGE);

	ASSERT_LE(0, id);
	ASSERT_LE(0, other);
	p = shm->at(id, place, 0);
	ASSERT_EQ(place, p);
	q = shm->at(id, place + 8 * PAGE, 0);
	ASSERT_EQ(place + 8 * PAGE, q);
	/* without its begin, in pieces, one of them of another segment */
	ASSERT_EQ(0, munmap(p, PAGE));
	ASSERT_EQ(0, munmap(p + 3 * PAGE, PAGE));
	ASSERT_EQ(p + 3 * PAGE, shm->at(other, p + 3 * PAGE, 0));
	ASSERT_EQ(0, mprotect(p + 5 * PAGE, PAGE, PROT_READ));
	EXPECT_EQ(5, shm_nattch(id));
	EXPECT_EQ(0, shm->dt(p));
	EXPECT_EQ(1, shm_nattch(id));
	EXPECT_EQ(1, shm_nattch(other));
	EXPECT_EQ(SIGSEGV, touch_dies(p + PAGE, false));
	EXPECT_EQ(SIGSEGV, touch_dies(p + 7 * PAGE, false));
	EXPECT_EQ(0, touch_dies(p + 3 * PAGE, true));
	EXPECT_EQ(0, touch_dies(q, true));
	EXPECT_EQ(-1, shm->dt(p));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, shm->dt(p + 3 * PAGE));
	EXPECT_EQ(0, shm->dt(q));
	EXPECT_EQ(0, shm_remove(id));
	EXPECT_EQ(0, shm_remove(other));
}

TEST_HARNESS_MAIN
