// SPDX-License-Identifier: GPL-2.0
/*
 * What only kipc has of SEM_UNDO: descriptors, their closing, a limit for each user, and
 * instances that are unmounted. Classes 4, 10 and 18.
 */
#include "sem_kipc_fixture.h"
#include "sem_steps.h"

#define SECOND MOUNTS "/second"

/* --- descriptors */

TEST_F(set, closing_descriptors_does_not_run_it)
{
	pid_t pid;

	ASSERT_EQ(0, sem_setval(self->id, 0, 5));
	ASSERT_EQ(0, steps_begin());
	pid = child_fork();
	if (!pid) {
		int fd = sem_open_on(self->dev, self->id, 0), copy = dup(fd), second;

		EXPECT_EQ(0, sem_do_on(fd, 0, -1, SEM_UNDO));
		close(fd);
		EXPECT_EQ(0, sem_one_on(copy, KIPC_SEM_ONE(0, -1) | KIPC_SEM_ONE_UNDO));
		close(copy);
		close(self->dev);
		reach(1);
		EXPECT_TRUE(is_reached(2));
		/* one adjustment, through whatever it was made */
		second = open_in(SEM_MOUNT, "control", O_RDWR);
		EXPECT_EQ(0, sem_op_on(second, self->id, &SEM_OP(0, 2, SEM_UNDO), 1, 0,
				       KIPC_TIMEOUT_NONE));
		close(second);
		reach(3);
		EXPECT_TRUE(is_reached(4));
		child_exit();
	}
	ASSERT_TRUE(is_reached(1));
	EXPECT_TRUE(EVENTUALLY(sem_stat_of(self->dev, self->id).fds == 0));
	EXPECT_EQ(3, sem_getval(self->id, 0));
	EXPECT_EQ(1, sem_stat_of(self->dev, self->id).undos);
	reach(2);
	ASSERT_TRUE(is_reached(3));
	EXPECT_EQ(5, sem_getval(self->id, 0));
	/* nothing is left to be undone */
	EXPECT_EQ(0, sem_do(self->id, 0, 4, 0));
	reach(4);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(9, sem_getval(self->id, 0));
}

TEST_F(set, process_that_has_closed_a_nameless_set_adjusts_it_in_the_end)
{
	int fd = sem_create_on(self->dev, 2, 0600, 0);
	pid_t pid;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, steps_begin());
	EXPECT_EQ(0, sem_do_on(fd, 0, 3, 0));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, sem_do_on(fd, 0, -2, SEM_UNDO));
		close(fd);
		reach(1);
		EXPECT_TRUE(is_reached(2));
		child_exit();
	}
	ASSERT_TRUE(is_reached(1));
	EXPECT_EQ(1, sem_value(fd, SELF, 0).value);
	reach(2);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(3, sem_value(fd, SELF, 0).value);
	EXPECT_EQ(pid, sem_value(fd, SELF, 0).pid);
	EXPECT_EQ(0, sem_stat_of(fd, SELF).undos);
	close(fd);
}

/* Adjustments do not keep a set that nobody else can use any more. */
TEST_F(set, nameless_set_goes_with_its_descriptor_and_all_adjustments)
{
	int fd = sem_create_on(self->dev, 2, 0600, 0), i;
	unsigned long long undos = stats_of(self->dev).user_undos;
	pid_t pids[3];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, steps_begin());
	for (i = 0; i < 3; i++) {
		pids[i] = child_fork();
		if (!pids[i]) {
			EXPECT_EQ(0, sem_do_on(fd, 0, 1, SEM_UNDO));
			/* one of them has it to its own end */
			if (i)
				close(fd);
			ADD(step, 1);
			EXPECT_TRUE(is_reached(10));
			child_exit();
		}
	}
	ASSERT_TRUE(is_reached(3));
	EXPECT_EQ(3, sem_value(fd, SELF, 0).value);
	EXPECT_EQ(3, sem_stat_of(fd, SELF).undos);
	EXPECT_EQ(undos + 3, stats_of(self->dev).user_undos);
	close(fd);
	EXPECT_EQ(2, stats_of(self->dev).sem_sets);
	EXPECT_EQ(128 + SIGKILL, child_kill(pids[0]));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == 1));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_undos == undos));
	reach(10);
	EXPECT_EQ(0, child_wait(pids[1]));
	EXPECT_EQ(0, child_wait(pids[2]));
}

/* A process is the last to have the descriptor, and ends: in which order, nobody sees. */
TEST_F_TIMEOUT(set, end_that_closes_the_last_descriptor_leaves_nothing, 60)
{
	int round, fd;
	pid_t pid;

	for (round = 0; round < 100; round++) {
		pid = child_fork();
		if (!pid) {
			fd = sem_create_on(self->dev, 3, 0600, 0);
			if (fd < 0 || SEM_DO_ON(fd, SEM_OP(0, 1, SEM_UNDO), SEM_OP(2, 1, SEM_UNDO)))
				_exit(77);
			end_by(round % ENDINGS);
		}
		EXPECT_EQ(status_of(round % ENDINGS), child_wait(pid));
	}
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == 1));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_undos == 0));
}

/* --- how many there are */

TEST_F(set, adjustments_are_counted_by_process_and_set)
{
	int ids[3], i;
	pid_t pid;

	for (i = 0; i < 3; i++) {
		ids[i] = sem_new(2);
		ASSERT_LE(0, ids[i]);
	}
	ASSERT_EQ(0, steps_begin());
	pid = child_fork();
	if (!pid) {
		struct kipc_stats before = stats_of(self->dev);

		EXPECT_EQ(0, sem_do(ids[0], 0, 1, 0));
		EXPECT_EQ(before.user_undos, stats_of(self->dev).user_undos);
		for (i = 0; i < 3; i++) {
			EXPECT_EQ(0, sem_do(ids[i], 0, 1, SEM_UNDO));
			EXPECT_EQ(0, sem_do(ids[i], 1, 1, SEM_UNDO));
			EXPECT_EQ(0, in_a_thread(ids[i], 1, 1, SEM_UNDO));
			EXPECT_EQ(before.user_undos + i + 1, stats_of(self->dev).user_undos);
			EXPECT_EQ(1, sem_stat_of(self->dev, ids[i]).undos);
		}
		reach(1);
		EXPECT_TRUE(is_reached(2));
		child_exit();
	}
	ASSERT_TRUE(is_reached(1));
	EXPECT_EQ(0, sem_do(ids[0], 0, 1, SEM_UNDO));
	EXPECT_EQ(2, sem_stat_of(self->dev, ids[0]).undos);
	EXPECT_EQ(4, stats_of(self->dev).user_undos);
	EXPECT_EQ(param_get("sem_user_undos"), (long long)stats_of(self->dev).user_undos_max);
	/* those for a set that is removed count no more */
	EXPECT_EQ(0, sem_rmid(ids[1]));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_undos == 3));
	reach(2);
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(1, sem_stat_of(self->dev, ids[0]).undos);
	EXPECT_EQ(0, sem_stat_of(self->dev, ids[2]).undos);
	EXPECT_EQ(1, stats_of(self->dev).user_undos);
	EXPECT_EQ(0, sem_rmid(ids[0]));
	EXPECT_EQ(0, sem_rmid(ids[2]));
}

/* Sets that anybody may use; as many as the limit is, and one more. */
enum { LIMIT = 3 };

static int public_sets(int *ids)
{
	int i;

	for (i = 0; i <= LIMIT; i++) {
		ids[i] = sem->get(IPC_PRIVATE, 2, IPC_CREAT | 0666);
		if (ids[i] < 0 || SET_VALUES(ids[i], 5, 5))
			return -1;
	}
	return 0;
}

static void sets_remove(const int *ids)
{
	int i;

	for (i = 0; i <= LIMIT; i++)
		sem_rmid(ids[i]);
}

TEST_F(set, limit_of_a_user_is_enospc_and_changes_nothing)
{
	long long limit = param_get("sem_user_undos");
	struct semid_ds before, after;
	int ids[LIMIT + 1], i;
	pid_t pid;

	ASSERT_EQ(0, public_sets(ids));
	ASSERT_EQ(0, steps_begin());
	before = sem_ds(ids[LIMIT]);
	ASSERT_EQ(0, param_set("sem_user_undos", LIMIT));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		for (i = 0; i < LIMIT; i++)
			EXPECT_EQ(0, sem_do(ids[i], 0, -1, SEM_UNDO));
		EXPECT_EQ(-1, sem_do(ids[LIMIT], 0, -1, SEM_UNDO));
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_EQ(-1, SEM_DO(ids[LIMIT], SEM_OP(1, -1, 0),
				     SEM_OP(0, -1, SEM_UNDO | IPC_NOWAIT)));
		EXPECT_EQ(ENOSPC, errno);
		EXPECT_TRUE(VALUES_ARE(ids[LIMIT], 5, 5));
		EXPECT_EQ(LIMIT, stats_of(self->dev).user_undos);
		EXPECT_EQ(LIMIT, stats_of(self->dev).user_undos_max);
		/* what there is serves on, and who wants none needs none */
		EXPECT_EQ(0, sem_do(ids[0], 1, -1, SEM_UNDO));
		EXPECT_EQ(0, in_a_thread(ids[1], 1, -1, SEM_UNDO));
		EXPECT_EQ(0, sem_do(ids[LIMIT], 0, -1, 0));
		EXPECT_EQ(0, sem_do(ids[LIMIT], 0, 1, 0));
		/* another process of the user has nothing of its own */
		pid = child_fork();
		if (!pid)
			_exit(sem_do(ids[0], 0, -1, SEM_UNDO) ? errno : 0);
		EXPECT_EQ(ENOSPC, child_wait(pid));
		reach(1);
		EXPECT_TRUE(is_reached(2));
		child_exit();
	}
	EXPECT_TRUE(is_reached(1));
	after = sem_ds(ids[LIMIT]);
	EXPECT_EQ(before.sem_ctime, after.sem_ctime);
	/* others have a limit of their own, and root has none */
	for (i = 0; i < 2; i++) {
		pid_t other = child_fork();

		if (!other) {
			int k;

			EXPECT_EQ(0, i ? 0 : become(THIRD_UID));
			for (k = 0; k < LIMIT + i; k++)
				EXPECT_EQ(0, sem_do(ids[k], 0, -1, SEM_UNDO));
			EXPECT_EQ(k, stats_of(self->dev).user_undos);
			child_exit();
		}
		EXPECT_EQ(0, child_wait(other));
	}
	reach(2);
	EXPECT_EQ(0, child_wait(pid));
	for (i = 0; i <= LIMIT; i++)
		EXPECT_TRUE(VALUES_ARE(ids[i], 5, 5));
	EXPECT_EQ(0, param_set("sem_user_undos", limit));
	sets_remove(ids);
}

/* Those of processes that have ended are no obstacle, however lately they have. */
TEST_F_TIMEOUT(set, room_is_free_as_soon_as_a_process_has_ended, 60)
{
	long long limit = param_get("sem_user_undos");
	int ids[LIMIT + 1], i, round, failed = 0;
	pid_t pid, user;

	ASSERT_EQ(0, public_sets(ids));
	ASSERT_EQ(0, param_set("sem_user_undos", LIMIT));
	user = child_fork();
	if (!user) {
		EXPECT_EQ(0, become(OTHER_UID));
		for (round = 0; round < 60; round++) {
			pid = child_fork();
			if (!pid) {
				for (i = 0; i < LIMIT; i++)
					if (sem_do(ids[(i + round) % (LIMIT + 1)], 0, -1, SEM_UNDO))
						_exit(errno);
				_exit(0);
			}
			EXPECT_EQ(pid, waitpid(pid, &i, 0));
			child_forget(pid);
			failed += i != 0;
		}
		EXPECT_EQ(0, failed);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(user));
	EXPECT_EQ(0, param_set("sem_user_undos", limit));
	sets_remove(ids);
}

/* Nor in a set that the process had nothing to do with. */
TEST_F_TIMEOUT(set, room_is_free_for_another_set_as_soon_as_a_process_has_ended, 60)
{
	long long limit = param_get("sem_user_undos");
	int ids[LIMIT + 1], i, round, failed = 0;
	pid_t pid, user;

	ASSERT_EQ(0, public_sets(ids));
	ASSERT_EQ(0, param_set("sem_user_undos", 1));
	user = child_fork();
	if (!user) {
		EXPECT_EQ(0, become(OTHER_UID));
		for (round = 0; round < 60; round++) {
			pid = child_fork();
			if (!pid)
				_exit(sem_do(ids[round % 2], 0, -1, SEM_UNDO) ? errno : 0);
			EXPECT_EQ(pid, waitpid(pid, &i, 0));
			child_forget(pid);
			failed += i != 0;
		}
		EXPECT_EQ(0, failed);
		/* its own, in the end */
		EXPECT_EQ(0, sem_do(ids[0], 0, -1, SEM_UNDO));
		child_exit();
	}
	EXPECT_EQ(0, child_wait(user));
	for (i = 0; i < 2; i++)
		EXPECT_TRUE(VALUES_ARE(ids[i], 5, 5));
	EXPECT_EQ(0, param_set("sem_user_undos", limit));
	sets_remove(ids);
}

/* Many end at once, in sets of their own and in one that all share. */
TEST_F_TIMEOUT(set, many_that_end_at_once_hold_up_nobody, 120)
{
	enum { PROCESSES = 40, ROUNDS = 5 };
	int own = sem_new(1), many = sem_new(2000), round, i;
	static unsigned short values[2000];
	pid_t pids[PROCESSES], pid;

	ASSERT_LE(0, own);
	ASSERT_LE(0, many);
	for (i = 0; i < 2000; i++)
		values[i] = PROCESSES;
	ASSERT_EQ(0, sem_setall(many, values, 2000));
	for (round = 0; round < ROUNDS; round++) {
		struct sembuf ops[500];

		for (i = 0; i < 500; i++)
			ops[i] = SEM_OP(i * 4 + round % 4, -1, SEM_UNDO);
		for (i = 0; i < PROCESSES; i++) {
			pids[i] = holder_of(many, ops, 500);
			ASSERT_LT(0, pids[i]);
		}
		EXPECT_EQ(0, sem_getval(many, round % 4));
		for (i = 0; i < PROCESSES; i++)
			kill(pids[i], SIGKILL);
		/* as each is reaped its share is there, and nothing is lost for others */
		for (i = 0; i < PROCESSES; i++) {
			EXPECT_EQ(128 + SIGKILL, child_wait(pids[i]));
			EXPECT_LE(i + 1, sem_getval(many, 1996 + round % 4));
			pid = child_fork();
			if (!pid)
				_exit(sem_do(own, 0, 1, SEM_UNDO) ? errno : 0);
			EXPECT_EQ(0, child_wait(pid));
			EXPECT_EQ(0, sem_getval(own, 0));
		}
		EXPECT_TRUE(values_same(many, values, 2000));
		EXPECT_EQ(0, sem_stat_of(self->dev, many).undos);
	}
	EXPECT_EQ(0, sem_rmid(own));
	EXPECT_EQ(0, sem_rmid(many));
}

TEST_F(set, adjustments_stay_charged_to_who_made_them)
{
	int id = sem->get(IPC_PRIVATE, 1, IPC_CREAT | 0666);
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, steps_begin());
	pid = child_fork();
	if (!pid) {
		/* only the user that files are made by changes, so that it can be changed back */
		EXPECT_EQ(0, syscall(SYS_setfsuid, OTHER_UID));
		EXPECT_EQ(0, sem_do(id, 0, 1, SEM_UNDO));
		EXPECT_EQ(1, stats_of(self->dev).user_undos);
		EXPECT_EQ(OTHER_UID, syscall(SYS_setfsuid, 0));
		EXPECT_EQ(0, stats_of(self->dev).user_undos);
		EXPECT_EQ(0, sem_do(id, 0, 1, SEM_UNDO));
		EXPECT_EQ(0, stats_of(self->dev).user_undos);
		EXPECT_EQ(0, become(THIRD_UID));
		EXPECT_EQ(0, sem_do(id, 0, 1, SEM_UNDO));
		EXPECT_EQ(0, stats_of(self->dev).user_undos);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_getval(id, 0));
	pid = child_fork();
	if (!pid) {
		EXPECT_EQ(0, become(OTHER_UID));
		EXPECT_EQ(0, stats_of(self->dev).user_undos);
		child_exit();
	}
	EXPECT_EQ(0, child_wait(pid));
	EXPECT_EQ(0, sem_rmid(id));
}

/* --- instances */

/* A process that has adjusted sets of an instance that is unmounted ends in peace. */
TEST_F_TIMEOUT(set, umount_forgets_adjustments, 60)
{
	long long objects = param_get("objects");
	int round, second, id, nameless;
	pid_t pid;

	ASSERT_EQ(0, sem_setval(self->id, 0, 9));
	for (round = 0; round < 10; round++) {
		ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
		second = open_in(SECOND, "control", O_RDWR);
		ASSERT_LE(0, second);
		sem_dev = second;
		id = sem_new(3);
		nameless = sem_create_on(second, 1, 0600, 0);
		ASSERT_LE(0, id);
		ASSERT_LE(0, nameless);
		EXPECT_EQ(0, sem_do_on(nameless, 0, 2, 0));
		ASSERT_EQ(0, steps_begin());
		pid = child_fork();
		if (!pid) {
			EXPECT_EQ(0, sem_do(id, 0, 1, SEM_UNDO));
			EXPECT_EQ(0, sem_do_on(nameless, 0, -2, SEM_UNDO));
			sem_dev = self->dev;
			EXPECT_EQ(0, sem_do(self->id, 0, -3, SEM_UNDO));
			close(second);
			reach(1);
			EXPECT_TRUE(is_reached(2));
			child_exit();
		}
		ASSERT_TRUE(is_reached(1));
		close(second);
		sem_dev = self->dev;
		EXPECT_EQ(3, stats_of(self->dev).user_undos);
		/* before the end, after it, or at the same time */
		if (round % 3 == 0)
			reach(2);
		ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));
		if (round % 3 == 1)
			EXPECT_EQ(2, stats_of(self->dev).user_undos);
		reach(2);
		EXPECT_EQ(0, child_wait(pid));
		EXPECT_EQ(9, sem_getval(self->id, 0));
		/* the set without a name is there and gets its own back */
		EXPECT_EQ(2, sem_value(nameless, SELF, 0).value);
		close(nameless);
		EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
	}
}

struct load {
	int begun;
};

/* Use a set until it is gone, which is to be said as it is. */
static void use_until_gone(int fd, struct load *load, unsigned int seed)
{
	struct timespec soon = { .tv_nsec = 100000 };
	struct sembuf op = SEM_OP(0, -2, SEM_UNDO);
	int ret;

	for (;;) {
		ADD(&load->begun, 1);
		switch (rand_r(&seed) % 6) {
		case 0:
			ret = sem_do_on(fd, 0, 1, SEM_UNDO);
			break;
		case 1:
			/* for as long as it takes */
			ret = sem_op_on(fd, SELF, &op, 1, 0, KIPC_TIMEOUT_NONE);
			break;
		case 2:
			ret = sem_timedop_on(fd, SELF, &op, 1, &soon);
			break;
		case 3:
			ret = WATCH(fd, SEM_OP(0, -1, 0), SEM_OP(2, 0, 0));
			break;
		case 4:
			ret = poll_now(fd, POLLIN) < 0;
			break;
		default:
			ret = sem_one_on(fd, KIPC_SEM_ONE(1, 1) | KIPC_SEM_ONE_UNDO);
		}
		if (!ret || errno == EAGAIN || errno == ERANGE)
			continue;
		_exit(errno == EIDRM && poll_now(fd, POLLIN) == (POLLERR | POLLHUP) ? 0 : errno);
	}
}

TEST_F_TIMEOUT(set, umount_under_load_ends_all_operations_on_descriptors, 120)
{
	enum { USERS = 5 };
	struct load *load = shared_alloc(sizeof(*load));
	long long objects = param_get("objects");
	int round, second, fds[2], i;
	pid_t pids[USERS];

	ASSERT_NE(NULL, load);
	for (round = 0; round < 12; round++) {
		ASSERT_EQ(0, kipcfs_mount(SECOND, NULL));
		second = open_in(SECOND, "control", O_RDWR);
		ASSERT_LE(0, second);
		sem_dev = second;
		for (i = 0; i < 2; i++) {
			fds[i] = sem_open_on(second, sem_new(3), 0);
			ASSERT_LE(0, fds[i]);
		}
		STORE(&load->begun, 0);
		for (i = 0; i < USERS; i++) {
			pids[i] = child_fork();
			if (!pids[i]) {
				close(second);
				use_until_gone(fds[i % 2], load, round * USERS + i);
			}
		}
		close(second);
		sem_dev = self->dev;
		ASSERT_TRUE(EVENTUALLY(LOAD(&load->begun) >= USERS));
		if (round % 2)
			kill(pids[0], SIGKILL);
		ASSERT_TRUE(EVENTUALLY(umount(SECOND) == 0));
		for (i = 0; i < USERS; i++)
			EXPECT_EQ(i || round % 2 == 0 ? 0 : 128 + SIGKILL, child_wait(pids[i]))
				TH_LOG("round %d, user %d", round, i);
		close(fds[0]);
		close(fds[1]);
		EXPECT_TRUE(EVENTUALLY(param_get("objects") == objects));
		EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_undos == 0));
	}
}

/* --- operation against close of the same descriptor: class 18 */

struct pair {
	int fd;
	int dev;
	int gate;
	int ready;
	int result;
	int error;
	int (*operation)(int fd);
};

static int do_list(int fd)
{
	return SEM_DO_ON(fd, SEM_OP(0, 1, SEM_UNDO), SEM_OP(1, 1, 0));
}

static int do_one(int fd)
{
	return sem_one_on(fd, KIPC_SEM_ONE(2, 1) | KIPC_SEM_ONE_UNDO);
}

static int do_timed(int fd)
{
	struct timespec ts = { .tv_nsec = 200000 };
	struct sembuf op = SEM_OP(3, -1, SEM_UNDO);
	int ret = sem_timedop_on(fd, SELF, &op, 1, &ts);

	return ret && errno == EAGAIN ? 0 : ret;
}

static int do_get_all(int fd)
{
	unsigned short values[4];

	return sem_get_all_on(fd, SELF, values, 4) == 4 ? 0 : -1;
}

static int do_set_all(int fd)
{
	unsigned short values[4] = { 1, 2, 3, 4 };

	return sem_set_all_on(fd, SELF, values, 4);
}

static int do_watch(int fd)
{
	return WATCH(fd, SEM_OP(0, -1, 0), SEM_OP(1, 0, 0));
}

static int do_poll(int fd)
{
	int ret = poll_now(fd, POLL_ALL);

	/* poll says it in its own way */
	errno = EBADF;
	return ret & POLLNVAL ? -1 : 0;
}

static int do_stat(int fd)
{
	struct kipc_sem_stat stat;

	return sem_stat_on(fd, SELF, 0, &stat);
}

static int do_open(int fd)
{
	int ret = sem_open_on(fd, SELF, 0);

	if (ret >= 0)
		close(ret);
	return ret < 0 ? -1 : 0;
}

static int do_remove(int fd)
{
	return sem_remove_on(fd, SELF);
}

static void *run_operation(void *data)
{
	struct pair *pair = data;

	STORE(&pair->ready, 1);
	while (!LOAD(&pair->gate))
		;
	pair->result = pair->operation(pair->fd);
	pair->error = errno;
	return NULL;
}

TEST_F_TIMEOUT(set, operation_against_close_of_the_same_descriptor_is_safe, 120)
{
	static int (*const operations[])(int fd) = {
		do_list, do_one, do_timed, do_get_all, do_set_all, do_watch, do_poll, do_stat,
		do_open, do_remove,
	};
	pthread_t thread;
	int round;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(operations); i++) {
		for (round = 0; round < 40; round++) {
			struct pair pair = { .operation = operations[i] };

			/* the last descriptor, so the set goes under the operation */
			pair.fd = sem_create_on(self->dev, 4, 0600, 0);
			ASSERT_LE(0, pair.fd);
			if (round % 2)
				ASSERT_EQ(0, WATCH(pair.fd, SEM_OP(0, -1, 0)));
			ASSERT_EQ(0, pthread_create(&thread, NULL, run_operation, &pair));
			ASSERT_TRUE(EVENTUALLY(LOAD(&pair.ready)));
			STORE(&pair.gate, 1);
			if (round % 3)
				sched_yield();
			close(pair.fd);
			ASSERT_EQ(0, pthread_join(thread, NULL));
			/* it came first or too late, there is nothing between */
			EXPECT_TRUE(!pair.result || pair.error == EBADF)
				TH_LOG("operation %zu: errno %d", i, pair.error);
		}
	}
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == 1));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_undos == 0));
}

TEST_HARNESS_MAIN
