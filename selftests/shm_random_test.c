// SPDX-License-Identifier: GPL-2.0
/*
 * Class 14 by chance: some processes attach, unmap, move, protect, fork and are killed
 * at random. After each step the number of attachments is what their maps show, and
 * each mapping shows the pages that its offset says.
 */
#include "shm_fixture.h"
#include "shm_maps.h"

#include <sys/socket.h>

#define PAGES		16
#define PROCESSES	4
#define STEPS		600
#define MAPPINGS_MAX	40

struct process {
	pid_t pid;
	int sock;
};

static int find(pid_t pid, int id, struct mapping *found, int max)
{
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%.5s", shm->mapped_as);
	return maps_find(pid, id, prefix, found, max);
}

/* Each page of the segment begins with its number. */
static bool shows_its_pages(const struct mapping *m)
{
	char *p;

	for (p = m->begin; p < m->end; p += PAGE)
		if (*p != (char)(1 + (m->offset + (p - m->begin)) / PAGE))
			return false;
	return true;
}

static bool all_show_their_pages(int id)
{
	static struct mapping m[MAPPINGS_MAX];
	int n = find(getpid(), id, m, MAPPINGS_MAX), i;

	for (i = 0; i < n && i < MAPPINGS_MAX; i++)
		if (!shows_its_pages(&m[i]))
			return false;
	return true;
}

static size_t pages_of(const struct mapping *m)
{
	return (m->end - m->begin) / PAGE;
}

/* Something happens to a mapping of the calling process; false if it went wrong. */
static bool step(int id, unsigned int seed)
{
	static struct mapping all[MAPPINGS_MAX], *m;
	int n = find(getpid(), id, all, MAPPINGS_MAX), status;
	size_t first, count;
	char *p;
	pid_t pid;

	if (n < 1 || (n < MAPPINGS_MAX / 2 && rand_r(&seed) % 3 == 0)) {
		p = shm->at(id, NULL, rand_r(&seed) % 4 ? 0 : SHM_RDONLY);
		return p != NOT_ATTACHED;
	}
	m = &all[rand_r(&seed) % (n < MAPPINGS_MAX ? n : MAPPINGS_MAX)];
	first = rand_r(&seed) % pages_of(m);
	count = 1 + rand_r(&seed) % (pages_of(m) - first);
	p = m->begin + first * PAGE;
	if (n > MAPPINGS_MAX - 5)
		return !munmap(m->begin, m->end - m->begin);
	switch (rand_r(&seed) % 10) {
	case 0 ... 1:
		return !munmap(p, count * PAGE);
	case 2:
		return !mprotect(p, count * PAGE, PROT_READ);
	case 3:
		return !m->writable || !mprotect(p, count * PAGE, PROT_READ | PROT_WRITE);
	case 4:
		return mremap(p, count * PAGE, count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			      free_place(count * PAGE, PAGE)) != MAP_FAILED;
	case 5:
		return mremap(p, count * PAGE, PAGE, 0) != MAP_FAILED;
	case 6:
		/* a copy of the mapping from there on */
		return mremap(p, 0, count * PAGE, MREMAP_MAYMOVE) != MAP_FAILED;
	case 7:
		return mmap(p, count * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			    -1, 0) != MAP_FAILED && !munmap(p, count * PAGE);
	case 8:
		/* it is not at its begin, maybe: then it is EINVAL */
		return !shm->dt(m->begin - m->offset) || errno == EINVAL;
	default:
		pid = fork();
		if (!pid)
			_exit(!all_show_their_pages(id));
		return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
	}
}

static void process_run(int sock, int id)
{
	unsigned int seed;
	char ok;

	while (read(sock, &seed, sizeof(seed)) == sizeof(seed)) {
		ok = step(id, seed) && all_show_their_pages(id);
		if (write(sock, &ok, 1) != 1)
			break;
	}
	_exit(0);
}

static int process_start(struct process *process, int id)
{
	int socks[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks))
		return -1;
	process->pid = child_fork();
	if (!process->pid)
		process_run(socks[1], id);
	close(socks[1]);
	process->sock = socks[0];
	return process->pid < 0 ? -1 : 0;
}

static int process_kill(struct process *process)
{
	close(process->sock);
	return child_kill(process->pid);
}

/* The attachments of all of them, as their maps show them. */
static long oracle(const struct process *processes, int id)
{
	long sum = find(getpid(), id, NULL, 0);
	int i;

	for (i = 0; i < PROCESSES; i++)
		sum += find(processes[i].pid, id, NULL, 0);
	return sum;
}

static void storm(struct __test_metadata *_metadata, int id, char *mine, unsigned int seed)
{
	struct process processes[PROCESSES];
	int i, round, kills = 0;
	long most = 0, sum;
	unsigned int order;
	char ok;

	for (i = 0; i < PROCESSES; i++)
		ASSERT_EQ(0, process_start(&processes[i], id));
	for (round = 0; round < STEPS; round++) {
		i = rand_r(&seed) % PROCESSES;
		if (rand_r(&seed) % 16 == 0) {
			/* the new one inherits what this one has */
			ASSERT_EQ(128 + SIGKILL, process_kill(&processes[i]));
			ASSERT_EQ(0, process_start(&processes[i], id));
			kills++;
		} else {
			order = rand_r(&seed);
			ok = 0;
			ASSERT_EQ(sizeof(order), write(processes[i].sock, &order, sizeof(order)));
			ASSERT_EQ(1, read(processes[i].sock, &ok, 1));
			ASSERT_EQ(1, ok)
				TH_LOG("step %d, order %u", round, order);
		}
		sum = oracle(processes, id);
		most = sum > most ? sum : most;
		ASSERT_EQ(sum, shm_nattch(id))
			TH_LOG("step %d", round);
	}
	printf("# at most %ld attachments, %d kills\n", most, kills);
	fflush(stdout);
	EXPECT_LT(10, most);
	for (i = 0; i < PROCESSES; i++)
		EXPECT_EQ(128 + SIGKILL, process_kill(&processes[i]));
	EXPECT_EQ(1, shm_nattch(id));
	EXPECT_EQ(0, shm->dt(mine));
}

static int numbered_segment(char **addr)
{
	int id = shm_new_at(PAGES * PAGE, addr), i;

	for (i = 0; id >= 0 && i < PAGES; i++)
		(*addr)[i * PAGE] = i + 1;
	return id;
}

TEST_F_TIMEOUT(shm, attachments_are_counted_through_everything, 120)
{
	char *mine;
	int id = numbered_segment(&mine);

	ASSERT_LE(0, id);
	storm(_metadata, id, mine, 1);
	EXPECT_EQ(0, shm_nattch(id));
	EXPECT_EQ(0, shm_remove(id));
}

TEST_F_TIMEOUT(shm, removed_segment_is_counted_through_everything_too, 120)
{
	char *mine;
	int id = numbered_segment(&mine);

	ASSERT_LE(0, id);
	ASSERT_EQ(0, shm_remove(id));
	storm(_metadata, id, mine, 2);
	EXPECT_FALSE(shm_exists(id));
}

TEST_HARNESS_MAIN
