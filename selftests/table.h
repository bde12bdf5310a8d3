/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the tables of sysvipc/ share: a listing while objects come and go,
 * class 6, and programs that read the tables.
 */
#ifndef KIPC_TABLE_H
#define KIPC_TABLE_H

#include "mounts.h"

/* --- while it changes */

#define LONG_LIVED 40

struct table {
	const char *path;
	const char *heading;
	int index_bits;
	/* a new object with this key; those that stay can be told from the others */
	int (*make)(int key, bool stays);
	int (*remove)(int id);
	int (*max_index)(void);
	/* of the object at an index: whether it is one that stays; -1 if there is none */
	int (*stays)(int index);
	/* whether a row is of an object that make() has made */
	bool (*row_is_right)(const char *row);
};

struct listing {
	const struct table *table;
	/* those that stay */
	int ids[LONG_LIVED];
	int seen[LONG_LIVED];
	int rows;
	int last;
};

static inline const char *listing_row(struct listing *list, const char *row)
{
	int key, id, index, i;

	if (strlen(row) != strlen(list->table->heading) - 1)
		return "a row has another length than the heading";
	if (sscanf(row, "%d %d", &key, &id) != 2)
		return "a row has no key and id";
	index = id & ((1 << list->table->index_bits) - 1);
	if (index <= list->last)
		return "an index came twice, or out of order";
	list->last = index;
	if (!list->table->row_is_right(row))
		return "a row is not what anybody made";
	for (i = 0; i < LONG_LIVED; i++)
		list->seen[i] += list->ids[i] == id;
	list->rows++;
	return NULL;
}

/* Read the table with a buffer of @size: what was wrong with it, or NULL. */
static inline const char *listing_check(struct listing *list, size_t size)
{
	const char *heading = list->table->heading, *wrong = NULL;
	static char text[1 << 18];
	char *line, *rest = text;
	size_t sum = 0;
	ssize_t n;
	int fd, i;

	memset(list->seen, 0, sizeof(list->seen));
	list->rows = 0;
	list->last = -1;
	fd = open(list->table->path, O_RDONLY | O_CLOEXEC);
	while ((n = read(fd, text + sum, size)) > 0 && sum < sizeof(text) - 2 * size)
		sum += n;
	close(fd);
	text[sum] = 0;
	if (n != 0 || strncmp(text, heading, strlen(heading)) || text[sum - 1] != '\n')
		return "it does not begin with the heading and end with a line";
	text[sum - 1] = 0;
	strsep(&rest, "\n");
	while (!wrong && (line = strsep(&rest, "\n")))
		wrong = listing_row(list, line);
	for (i = 0; !wrong && i < LONG_LIVED; i++)
		if (list->seen[i] != 1)
			wrong = "one that was there all the time is missing";
	return wrong;
}

/* The same by index. */
static inline const char *listing_check_indices(const struct table *table)
{
	int i, max = table->max_index(), seen = 0, stays;

	for (i = 0; i <= max; i++) {
		stays = table->stays(i);
		if (stays < 0 && errno != EINVAL && errno != EIDRM)
			return "what is at an index cannot be asked";
		seen += stays > 0;
	}
	return seen == LONG_LIVED ? NULL : "one that was there all the time has no index";
}

/* Make and remove objects in no order until @stop. */
static inline void come_and_go(const struct table *table, int *stop, unsigned int seed)
{
	int ids[50], k, n = 0;

	while (!__atomic_load_n(stop, __ATOMIC_SEQ_CST)) {
		k = rand_r(&seed) % 50;
		if (k >= n) {
			ids[n] = table->make(0, false);
			if (ids[n++] < 0)
				_exit(1);
		} else {
			if (table->remove(ids[k]))
				_exit(2);
			ids[k] = ids[--n];
		}
	}
	while (n--)
		table->remove(ids[n]);
	_exit(0);
}

/* Those that stay, with places between them for those that do not. */
static inline int listing_begin(struct listing *list, const struct table *table)
{
	int i, k, gap[4];

	list->table = table;
	for (i = 0; i < LONG_LIVED; i++) {
		for (k = 0; k < 4; k++)
			gap[k] = table->make(0, false);
		list->ids[i] = table->make(0x6b697063 + i, true);
		if (list->ids[i] < 0)
			return -1;
		for (k = 0; k < 4; k++)
			if (table->remove(gap[k]))
				return -1;
	}
	return 0;
}

static inline void listing_while_they_come_and_go(struct __test_metadata *_metadata,
						  const struct table *table)
{
	static const size_t sizes[] = { 13, 150, 1000, 4096, 1 << 15 };
	int *stop = shared_alloc(sizeof(*stop)), i, k, most = 0;
	struct listing list;
	const char *wrong;
	long long end;
	pid_t pids[2];

	ASSERT_NE(NULL, stop);
	ASSERT_EQ(0, listing_begin(&list, table));
	for (i = 0; i < 2; i++) {
		pids[i] = child_fork();
		if (!pids[i])
			come_and_go(table, stop, i);
	}
	end = now_ms() + 4000;
	for (k = 0; not_yet(end, most > LONG_LIVED); k++) {
		wrong = listing_check(&list, sizes[k % ARRAY_SIZE(sizes)]) ?:
			listing_check_indices(table);
		ASSERT_EQ(NULL, wrong)
			TH_LOG("round %d: %s", k, wrong ?: "");
		most = list.rows > most ? list.rows : most;
	}
	/* others were really there */
	EXPECT_LT(LONG_LIVED, most);
	__atomic_store_n(stop, 1, __ATOMIC_SEQ_CST);
	EXPECT_EQ(0, child_wait(pids[0]));
	EXPECT_EQ(0, child_wait(pids[1]));
	for (i = 0; i < LONG_LIVED; i++)
		EXPECT_EQ(0, table->remove(list.ids[i]));
}

/* --- programs */

/* Put a table of kipc's where programs look for the one of this name. */
static inline int show_table_to_programs(const char *table, const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/sysvipc/%s", name);
	if (!strcmp(table, path))
		return 0;
	if (!access(path, F_OK))
		return mount(table, path, NULL, MS_BIND, NULL);
	/* this kernel has no such place */
	if (mount("none", "/proc", "tmpfs", 0, NULL) || mkdir("/proc/sysvipc", 0755))
		return -1;
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	close(fd);
	return mount(table, path, NULL, MS_BIND, NULL);
}

/* What a command prints, runs of blanks as one, and none at the end of a line. */
static inline const char *output_of(const char *command)
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

#endif /* KIPC_TABLE_H */
