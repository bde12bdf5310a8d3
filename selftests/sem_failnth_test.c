// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: every operation of semaphores with each of its allocations and copies failing;
 * see failnth.h.
 */
#include "failnth.h"

#define KEY	0x6b697063
#define NSEMS	40
#define LONG	100

static int set_make(int dev, int key)
{
	struct kipc_sem_get get = {
		.key = key, .nsems = NSEMS, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(dev, KIPC_IOC_SEM_GET, &get) ? -1 : get.id;
}

static int run_get(struct work *work)
{
	struct kipc_sem_get get = {
		.key = KEY, .nsems = NSEMS, .mode = 0600,
		.flags = KIPC_GET_CREAT | KIPC_GET_EXCL | KIPC_GET_AUTOREMOVE,
	};

	return ioctl(work->dev, KIPC_IOC_SEM_GET, &get);
}

/* One that is not freed page by page, but as a whole. */
static int run_get_large(struct work *work)
{
	struct kipc_sem_get get = {
		.key = KEY, .nsems = 32000, .mode = 0600, .flags = KIPC_GET_CREAT,
	};

	return ioctl(work->dev, KIPC_IOC_SEM_GET, &get);
}

static void undo_get(struct work *work)
{
	struct kipc_sem_get get = { .key = KEY };
	struct kipc_remove remove = { .id = -1 };

	/* when its id could not be written it is there all the same, maybe */
	if (ioctl(work->dev, KIPC_IOC_SEM_GET, &get))
		return;
	remove.id = get.id;
	ioctl(work->dev, KIPC_IOC_SEM_REMOVE, &remove);
}

static int run_find(struct work *work)
{
	struct kipc_sem_get get = { .key = KEY + 1, .flags = KIPC_GET_CREAT };

	return ioctl(work->dev, KIPC_IOC_SEM_GET, &get);
}

static int run_create_set(struct work *work)
{
	struct kipc_sem_create create = { .nsems = NSEMS, .mode = 0600 };
	int ret = ioctl(work->dev, KIPC_IOC_SEM_CREATE, &create);

	work->made = create.fd;
	return ret;
}

static void undo_made(struct work *work)
{
	close(work->made);
}

static int run_open(struct work *work)
{
	struct kipc_sem_open open = { .id = work->id };
	int ret = ioctl(work->dev, KIPC_IOC_SEM_OPEN, &open);

	work->made = open.fd;
	return ret;
}

static int run_open_again(struct work *work)
{
	struct kipc_sem_open open = { .id = KIPC_ID_SELF, .flags = KIPC_SEM_RDONLY };
	int ret = ioctl(work->fd, KIPC_IOC_SEM_OPEN, &open);

	work->made = open.fd;
	return ret;
}

static int run_list(int fd, int id, const struct kipc_sem_op *ops, unsigned int nops)
{
	struct kipc_sem_ops arg = {
		.id = id, .ops = (unsigned long)ops, .nops = nops,
		.timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(fd, KIPC_IOC_SEM_OP, &arg);
}

/*
 * The first adjustment of the process for the set of @other. Without SEM_UNDO nothing can fail
 * there, and no more in short lists: what is copied there is so one by one, which is in
 * ioctl_fault_test.
 */
static int run_op_one(struct work *work)
{
	return ioctl(work->other, KIPC_IOC_SEM_OP_ONE,
		     (unsigned long)(KIPC_SEM_ONE(0, 1) | KIPC_SEM_ONE_UNDO));
}

static void prepare_other(struct work *work)
{
	struct kipc_sem_create create = { .nsems = 2, .mode = 0600 };

	MUST(!ioctl(work->dev, KIPC_IOC_SEM_CREATE, &create));
	work->other = create.fd;
}

static void undo_op_one(struct work *work)
{
	close(work->other);
	prepare_other(work);
}

static int run_long(struct work *work)
{
	static struct kipc_sem_op ops[LONG];
	int i;

	for (i = 0; i < LONG; i++)
		ops[i] = (struct kipc_sem_op) { .num = i % NSEMS, .op = i == LONG - 1 ? 1 : 0 };
	for (i = 0; i < LONG; i++)
		if (ops[i].num == ops[LONG - 1].num)
			ops[i].op = i == LONG - 1 ? 1 : 0;
	return run_list(work->fd, KIPC_ID_SELF, ops, LONG);
}

static void undo_long(struct work *work)
{
	static const struct kipc_sem_op op = { .num = (LONG - 1) % NSEMS, .op = -1 };

	run_list(work->fd, KIPC_ID_SELF, &op, 1);
}

/* The first adjustment of a process for a set. */
static int run_adjust(struct work *work)
{
	static const struct kipc_sem_op op = { .num = 1, .op = 1, .flags = KIPC_SEM_UNDO };

	return run_list(work->dev, work->victim, &op, 1);
}

static int run_adjust_list(struct work *work)
{
	static const struct kipc_sem_op ops[] = {
		{ .num = 1, .op = 2, .flags = KIPC_SEM_UNDO },
		{ .num = 2, .op = 1 },
		{ .num = 1, .op = -1, .flags = KIPC_SEM_UNDO },
	};

	return run_list(work->dev, work->victim, ops, 3);
}

static int run_remove(struct work *work)
{
	struct kipc_remove remove = { .id = work->victim };

	return ioctl(work->dev, KIPC_IOC_SEM_REMOVE, &remove);
}

static void undo_remove(struct work *work)
{
	work->victim = set_make(work->dev, KIPC_KEY_PRIVATE);
}

static void undo_adjust(struct work *work)
{
	run_remove(work);
	undo_remove(work);
}

/* Sleeps until the time is over. */
static int run_timed(struct work *work)
{
	static const struct kipc_sem_op ops[LONG] = { { .op = -9 }, { .num = 1, .op = 1 } };
	struct kipc_sem_ops arg = {
		.id = KIPC_ID_SELF, .ops = (unsigned long)ops, .nops = LONG,
		.flags = KIPC_SEM_RELATIVE, .timeout = 1000000,
	};

	return ioctl(work->fd, KIPC_IOC_SEM_OP, &arg) && errno == EAGAIN ? 0 : -1;
}

static int run_get_value(struct work *work)
{
	struct kipc_sem_value value = { .id = work->id };

	return ioctl(work->dev, KIPC_IOC_SEM_GET_VALUE, &value);
}

static int run_set_value(struct work *work)
{
	struct kipc_sem_set_value value = { .id = work->id, .value = 7 };

	return ioctl(work->dev, KIPC_IOC_SEM_SET_VALUE, &value);
}

static void undo_set_value(struct work *work)
{
	struct kipc_sem_set_value value = { .id = work->id };

	ioctl(work->dev, KIPC_IOC_SEM_SET_VALUE, &value);
}

static __u16 values[NSEMS];

static int run_get_all(struct work *work)
{
	struct kipc_sem_values arg = {
		.id = work->id, .nsems = NSEMS, .values = (unsigned long)values,
	};

	return ioctl(work->dev, KIPC_IOC_SEM_GET_ALL, &arg);
}

static int set_all(struct work *work, int value)
{
	struct kipc_sem_values arg = {
		.id = work->id, .nsems = NSEMS, .values = (unsigned long)values,
	};
	int i;

	for (i = 0; i < NSEMS; i++)
		values[i] = value;
	return ioctl(work->dev, KIPC_IOC_SEM_SET_ALL, &arg);
}

static int run_set_all(struct work *work)
{
	return set_all(work, 9);
}

static void undo_set_all(struct work *work)
{
	set_all(work, 0);
}

static int run_stat_set(struct work *work)
{
	struct kipc_sem_stat stat = { .perm.id = work->id };

	return ioctl(work->dev, KIPC_IOC_SEM_STAT, &stat);
}

static int run_set(struct work *work)
{
	struct kipc_set set = {
		.id = work->id, .uid = OTHER_UID, .gid = OTHER_UID, .mode = 0640,
	};

	return ioctl(work->dev, KIPC_IOC_SEM_SET, &set);
}

static void undo_set(struct work *work)
{
	struct kipc_set set = { .id = work->id, .mode = 0600 };

	MUST(!ioctl(work->dev, KIPC_IOC_SEM_SET, &set));
}

static int run_info(struct work *work)
{
	struct kipc_sem_info info = { .flags = 0 };

	return ioctl(work->dev, KIPC_IOC_SEM_INFO, &info);
}

static int watch(struct work *work, unsigned int nops)
{
	static const struct kipc_sem_op ops[] = { { .num = 1, .op = -1 }, { .num = 39 } };
	struct kipc_sem_watch arg = { .ops = (unsigned long)ops, .nops = nops };

	return ioctl(work->fd, KIPC_IOC_SEM_WATCH, &arg);
}

static int run_watch(struct work *work)
{
	return watch(work, 2);
}

static void undo_watch(struct work *work)
{
	watch(work, 0);
}

static int run_poll_set(struct work *work)
{
	return poll_now(work->fd, POLLIN);
}

static const struct operation sem_operations[] = {
	ROW("get", run_get, undo_get, .undone_after = EFAULT),
	ROW("get of 32000", run_get_large, undo_get, .undone_after = EFAULT),
	ROW("get of what exists", run_find, NULL),
	ROW("create", run_create_set, undo_made),
	ROW("open", run_open, undo_made),
	ROW("open of a descriptor", run_open_again, undo_made),
	ROW("operation in the argument", run_op_one, undo_op_one, .prepare = prepare_other),
	ROW("long list", run_long, undo_long),
	ROW("operation with SEM_UNDO", run_adjust, undo_adjust),
	ROW("list with SEM_UNDO", run_adjust_list, undo_adjust),
	ROW("list that times out", run_timed, NULL),
	ROW("get value", run_get_value, NULL),
	ROW("set value", run_set_value, undo_set_value),
	ROW("get all", run_get_all, NULL),
	ROW("set all", run_set_all, undo_set_all),
	ROW("stat", run_stat_set, NULL),
	ROW("set", run_set, undo_set),
	ROW("remove", run_remove, undo_remove),
	ROW("info", run_info, NULL),
	ROW("watch", run_watch, undo_watch),
	ROW("poll", run_poll_set, NULL),
};

TEST_F_TIMEOUT(kipc, failing_allocations_of_semaphores_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	work.id = set_make(self->dev, KEY + 1);
	work.victim = set_make(self->dev, KIPC_KEY_PRIVATE);
	ASSERT_LE(0, work.id);
	ASSERT_LE(0, work.victim);
	ASSERT_EQ(0, run_open(&work));
	work.fd = work.made;
	for (i = 0; i < ARRAY_SIZE(sem_operations); i++)
		fail_each(_metadata, &work, &sem_operations[i]);
	EXPECT_TRUE(calls_are_complete(self->dev, KIPC_NR_SEM_GET));
	close(work.other);
	close(work.fd);
	work.fd = 0;
	EXPECT_EQ(0, run_remove(&work));
	work.victim = work.id;
	EXPECT_EQ(0, run_remove(&work));
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == self->before.sem_sets));
	EXPECT_EQ(self->before.sems, stats_of(self->dev).sems);
	EXPECT_EQ(self->before.user_undos, stats_of(self->dev).user_undos);
	faults_done();
}

/* What a process owes is given back when there is no memory to be had, too. */
TEST_F_TIMEOUT(kipc, exits_without_memory_give_back_what_was_taken, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	struct kipc_sem_value value;
	pid_t pid;
	int nth;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	close(nth_fd);
	faults_prepare();
	work.victim = set_make(self->dev, KIPC_KEY_PRIVATE);
	ASSERT_LE(0, work.victim);
	for (nth = 1; nth <= 60; nth++) {
		pid = child_fork();
		if (!pid) {
			rseq_stop();
			if (run_adjust(&work) || !have_fault_injection())
				_exit(1);
			nth_set(nth);
			_exit(0);
		}
		ASSERT_EQ(0, child_wait(pid));
		value = (struct kipc_sem_value) { .id = work.victim, .num = 1 };
		ASSERT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_GET_VALUE, &value));
		EXPECT_EQ(0, value.value)
			TH_LOG("allocation %d", nth);
		EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).user_undos == self->before.user_undos));
	}
	EXPECT_EQ(0, run_remove(&work));
}

TEST_HARNESS_MAIN
