// SPDX-License-Identifier: GPL-2.0
/*
 * Classes 1 and 6: processes on all CPUs that make, find, list, attach, set and remove
 * the same few segments, and are killed at random. Whatever is found must be complete,
 * no two segments may share an id or memory, and in the end nothing may be left.
 *
 * Environment: KIPC_STRESS_SECONDS, how long it lasts (default: 5, for each kind).
 */
#include "shm_fixture.h"

#include <sys/sysinfo.h>

#define WORKERS_MAX	12
#define KEYS		6
#define KEY_FIRST	0x6b697000
/* Where ids that somebody has met are left for the others. */
#define IDS		16

struct shared {
	time_t begin;
	int ids[IDS];
	int bad;
	long long operations;
	long long met;
	long long attached;
	long long removed;
	char what[120];
};

static struct shared *sh;

static void complain(const char *what, long detail)
{
	int error = errno;

	if (ADD(&sh->bad, 1) == 1)
		snprintf(sh->what, sizeof(sh->what), "%s (%ld, errno %d)", what, detail, error);
}

/* Only what is gone may fail, and only so. */
static void expect_gone(const char *what)
{
	if (errno != EINVAL && errno != EIDRM)
		complain(what, 0);
}

static size_t size_of_key(key_t key)
{
	return (key - KEY_FIRST + 1) * PAGE;
}

/* A segment that can be found is complete. */
static void judge(int id, const struct shmid_ds *ds)
{
	key_t key = ds->shm_perm.__key;
	unsigned int mode = ds->shm_perm.mode;

	ADD(&sh->met, 1);
	if (key != IPC_PRIVATE && (key < KEY_FIRST || key >= KEY_FIRST + KEYS))
		complain("a key that nobody made", key);
	else if (key != IPC_PRIVATE && ds->shm_segsz != size_of_key(key))
		complain("the size of another one", ds->shm_segsz);
	if (!ds->shm_segsz || ds->shm_segsz % PAGE || ds->shm_segsz > KEYS * PAGE)
		complain("a size that nobody asked for", ds->shm_segsz);
	if (((mode & 0777) != 0600 && (mode & 0777) != 0640) || (mode & ~01777))
		complain("a mode that nobody set", mode);
	if (key != IPC_PRIVATE && (mode & SHM_DEST))
		complain("removed, but with a key", mode);
	if (ds->shm_perm.uid || ds->shm_perm.gid || ds->shm_perm.cuid || ds->shm_perm.cgid)
		complain("an owner that is nobody", ds->shm_perm.uid);
	if (ds->shm_perm.__seq != id >> shm->index_bits)
		complain("the sequence of another id", id);
	if (ds->shm_ctime < sh->begin - 1 || !ds->shm_cpid)
		complain("without a time or a creator", ds->shm_cpid);
	if (ds->shm_nattch > 1000)
		complain("attachments", ds->shm_nattch);
}

static void look(int id)
{
	struct shmid_ds ds;

	memset(&ds, POISON, sizeof(ds));
	if (!shm->ctl(id, IPC_STAT, &ds))
		judge(id, &ds);
	else
		expect_gone("IPC_STAT");
}

static void list(void)
{
	int max = shm->ctl(0, SHM_INFO, &(struct shm_info) { 0 }), index, id, last = -1;
	struct shmid_ds ds;

	if (max < 0)
		complain("SHM_INFO", max);
	for (index = 0; index <= max; index++) {
		memset(&ds, POISON, sizeof(ds));
		id = shm->ctl(index, index % 2 ? SHM_STAT : SHM_STAT_ANY, &ds);
		if (id < 0) {
			expect_gone("SHM_STAT");
			continue;
		}
		if ((id & ((1 << shm->index_bits) - 1)) != index || id == last)
			complain("an id at another index", id);
		judge(id, &ds);
		last = id;
	}
}

/* Lines of the table have a key, an id, a mode and a size that belong together. */
static void read_table(void)
{
	unsigned long size;
	unsigned int mode;
	char line[512];
	int key, id;
	FILE *f = fopen(shm->table, "re");

	if (!f || !fgets(line, sizeof(line), f) || !strstr(line, "shmid")) {
		complain("the table's heading", 0);
	} else {
		while (fgets(line, sizeof(line), f)) {
			if (sscanf(line, "%d %d %o %lu", &key, &id, &mode, &size) != 4)
				complain("a line of the table", 0);
			else if (key && size != size_of_key(key))
				complain("a line of the table mixes two", key);
		}
	}
	if (f)
		fclose(f);
}

/* The first who writes into a segment leaves its id there: nobody else's memory is it. */
static void use_memory(int id, char *p)
{
	int none = 0;

	ADD(&sh->attached, 1);
	if (!__atomic_compare_exchange_n((int *)p, &none, id + 1, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST) && none != id + 1)
		complain("memory of another segment", none);
}

static void attach(int id, unsigned int seed)
{
	char *p = shm->at(id, NULL, 0);

	if (p == NOT_ATTACHED) {
		expect_gone("attach");
		return;
	}
	use_memory(id, p);
	/* removed while attached, it is there until we leave */
	if (seed % 4 == 0) {
		if (shm_remove(id))
			complain("removal while attached", id);
		look(id);
		if (!shm_exists(id))
			complain("gone while attached", id);
		use_memory(id, p);
	}
	if (shm->dt(p))
		complain("detach", id);
}

/* The same by a descriptor, which only kipc has. */
static void map_by_descriptor(int id)
{
	struct kipc_shm_open arg = { .id = id, .fd = -7 };
	char *p;

	if (ioctl(shm_dev, KIPC_IOC_SHM_OPEN, &arg)) {
		expect_gone("open");
		return;
	}
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, arg.fd, 0);
	close(arg.fd);
	if (p == MAP_FAILED) {
		complain("mmap", id);
		return;
	}
	use_memory(id, p);
	if (!shm_exists(id))
		complain("gone while mapped", id);
	munmap(p, PAGE);
}

static void remove_it(int id)
{
	if (shm_remove(id))
		expect_gone("removal");
	else
		ADD(&sh->removed, 1);
}

static void set_it(int id, unsigned int seed)
{
	struct shmid_ds ds = { .shm_perm.mode = seed % 2 ? 0600 : 0640 };

	if (shm->ctl(id, IPC_SET, &ds))
		expect_gone("IPC_SET");
}

static int get(unsigned int seed)
{
	static const int flags[] = { 0, IPC_CREAT, IPC_CREAT | IPC_EXCL };
	key_t key = KEY_FIRST + seed % KEYS;
	int id = shm->get(key, size_of_key(key), flags[seed / KEYS % 3] | 0600);

	if (id < 0 && errno != ENOENT && errno != EEXIST && errno != EIDRM)
		complain("shmget", key);
	return id;
}

/* A life that nobody else takes part in, but for the listers and those who guess. */
static void live_alone(void)
{
	char *p, *q;
	int id = shm_new_at(2 * PAGE, &p);
	struct shmid_ds ds;

	/* somebody who guessed the id may have removed it */
	if (id < 0) {
		expect_gone("a segment of one's own");
		return;
	}
	if (p[0] || p[PAGE])
		use_memory(id, p);
	q = shm->at(id, NULL, SHM_RDONLY);
	if (q == NOT_ATTACHED)
		complain("a second attachment", id);
	else if (shm->dt(q))
		complain("detach", id);
	remove_it(id);
	ds = shm_ds(id);
	judge(id, &ds);
	if (shm->dt(p))
		complain("detach of the last", id);
}

static void worker(unsigned int seed)
{
	int id;

	for (;;) {
		ADD(&sh->operations, 1);
		id = LOAD(&sh->ids[rand_r(&seed) % IDS]);
		/* ids that nobody has told either: of the index next to it, of the next life */
		if (rand_r(&seed) % 8 == 0)
			id += rand_r(&seed) % 2 ? 1 : 1 << shm->index_bits;
		switch (rand_r(&seed) % 16) {
		case 0 ... 4:
			id = get(rand_r(&seed));
			if (id >= 0)
				STORE(&sh->ids[rand_r(&seed) % IDS], id);
			break;
		case 5 ... 6:
			look(id);
			break;
		case 7 ... 8:
			attach(id, rand_r(&seed));
			break;
		case 9:
			if (shm == &shm_kipc)
				map_by_descriptor(id);
			break;
		case 10:
			list();
			break;
		case 11:
			read_table();
			break;
		case 12 ... 13:
			remove_it(id);
			break;
		case 14:
			set_it(id, rand_r(&seed));
			break;
		case 15:
			live_alone();
			break;
		}
	}
}

static pid_t worker_start(unsigned int seed)
{
	pid_t pid = child_fork();

	if (!pid)
		worker(seed);
	return pid;
}

static void remove_all(void)
{
	int max = shm->ctl(0, SHM_INFO, &(struct shm_info) { 0 }), index, id;
	struct shmid_ds ds;

	for (index = 0; index <= max; index++) {
		id = shm->ctl(index, SHM_STAT, &ds);
		if (id >= 0)
			shm_remove(id);
	}
}

TEST_F_TIMEOUT(shm, storm_of_all_calls_finds_nothing_half_made_and_leaves_nothing, 3600)
{
	const char *env = getenv("KIPC_STRESS_SECONDS");
	long long end = now_ms() + 1000LL * (env ? atoi(env) : 5);
	int workers = 3 * get_nprocs(), i, kills = 0;
	pid_t pids[WORKERS_MAX];
	unsigned int seed = 42;

	workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
	sh = shared_alloc(sizeof(*sh));
	ASSERT_NE(NULL, sh);
	sh->begin = time(NULL);
	for (i = 0; i < workers; i++)
		pids[i] = worker_start(i);
	while (!LOAD(&sh->bad) &&
	       not_yet(end, LOAD(&sh->met) && LOAD(&sh->attached) && LOAD(&sh->removed) && kills)) {
		for (i = 0; i < 50; i++)
			nap();
		i = rand_r(&seed) % workers;
		ASSERT_EQ(128 + SIGKILL, child_kill(pids[i]));
		kills++;
		pids[i] = worker_start(1000 + kills);
	}
	for (i = 0; i < workers; i++)
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[i]));
	EXPECT_EQ(0, sh->bad)
		TH_LOG("%s", sh->what);
	printf("# %lld operations, %lld met, %lld attached, %lld removed, %d kills\n",
	       sh->operations, sh->met, sh->attached, sh->removed, kills);
	fflush(stdout);
	EXPECT_LT(0, sh->met);
	EXPECT_LT(0, sh->attached);
	EXPECT_LT(0, sh->removed);
	EXPECT_LT(0, kills);
	/* the dead have no attachments: what is left goes at once */
	remove_all();
	EXPECT_EQ(0, shm_used());
}

TEST_HARNESS_MAIN
