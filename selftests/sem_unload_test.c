// SPDX-License-Identifier: GPL-2.0
/*
 * Class 17: the module is unloaded while there are semaphore sets, and processes that have
 * adjusted them; and it stays while somebody has one open. The sets are those of the default
 * instance, which nothing but the module keeps.
 */
#include "sem_ops.h"
#include "sem_steps.h"
#include "unload.h"

FIXTURE(module)
{
	int dev;
};

FIXTURE_SETUP(module)
{
	sem = &sem_kipc;
	self->dev = kipc_open();
	ASSERT_LE(0, self->dev)
		TH_LOG(KIPC_DEVICE ": %s", strerror(errno));
	sem_dev = self->dev;
	ASSERT_EQ(0, param_get("objects"));
	ASSERT_EQ(0, steps_begin());
}

FIXTURE_TEARDOWN(module)
{
	children_reap();
	EXPECT_EQ(0, sem_used());
	EXPECT_EQ(0, stats_of(self->dev).user_undos);
	close(self->dev);
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == 0));
}

/* The test has nothing open of the module any more. */
static bool module_goes(struct _test_data_module *self)
{
	close(self->dev);
	self->dev = -1;
	return module_unload();
}

static bool module_returns(struct _test_data_module *self)
{
	self->dev = module_load();
	sem_dev = self->dev;
	return self->dev >= 0;
}

/* A process that has adjusted the sets and has nothing open; it waits for a step, and ends. */
static pid_t adjuster(int dev, const int *ids, int n, int until)
{
	pid_t pid = child_fork();
	int i;

	if (pid)
		return pid;
	for (i = 0; i < n; i++)
		if (sem_do(ids[i], i % 3, 1, SEM_UNDO))
			_exit(77);
	close(dev);
	ADD(step, 1);
	_exit(is_reached(until) ? 0 : 78);
}

TEST_F_TIMEOUT(module, sets_and_adjustments_go_with_the_module, 120)
{
	int ids[8], round, i;
	pid_t pids[4];

	for (round = 0; round < 4; round++) {
		reach(0);
		EXPECT_EQ(0, sem_used());
		for (i = 0; i < 8; i++) {
			ids[i] = sem->get(i % 2 ? 0x5000 + i : IPC_PRIVATE, 3,
					  IPC_CREAT | IPC_EXCL | 0600 |
					  (i % 3 ? 0 : SEM_GET_ROBUST));
			ASSERT_LE(0, ids[i]);
			ASSERT_EQ(0, SET_VALUES(ids[i], 1, 1, 1));
		}
		for (i = 0; i < 4; i++)
			pids[i] = adjuster(self->dev, ids, 8 - i, 10);
		ASSERT_TRUE(is_reached(4));
		EXPECT_EQ(8 + 7 + 6 + 5, stats_of(self->dev).user_undos);
		/* one ends before, some without the module, some with the next one */
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[0]));
		ASSERT_TRUE(module_goes(self));
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[1]));
		ASSERT_TRUE(module_returns(self));
		EXPECT_EQ(0, sem_used());
		EXPECT_EQ(0, stats_of(self->dev).user_undos);
		EXPECT_EQ(-1, sem->get(0x5001, 0, 0));
		EXPECT_EQ(ENOENT, errno);
		ids[0] = sem_new(3);
		ASSERT_LE(0, ids[0]);
		EXPECT_EQ(128 + SIGKILL, child_kill(pids[2]));
		reach(10);
		EXPECT_EQ(0, child_wait(pids[3]));
		EXPECT_TRUE(VALUES_ARE(ids[0], 0, 0, 0));
		EXPECT_EQ(0, sem_rmid(ids[0]));
	}
}

/* What is to be done for processes that end just now is done, or not, but never too late. */
TEST_F_TIMEOUT(module, module_goes_while_processes_end, 240)
{
	enum { PROCESSES = 12 };
	pid_t pids[PROCESSES];
	int ids[6], round, i;

	for (round = 0; round < 8; round++) {
		reach(0);
		for (i = 0; i < 6; i++) {
			ids[i] = sem->get(IPC_PRIVATE, 3, 0600);
			ASSERT_LE(0, ids[i]);
		}
		for (i = 0; i < PROCESSES; i++)
			pids[i] = adjuster(self->dev, ids, 6, 100);
		ASSERT_TRUE(is_reached(PROCESSES));
		if (round % 2)
			reach(100);
		else
			for (i = 0; i < PROCESSES; i++)
				kill(pids[i], SIGKILL);
		ASSERT_TRUE(module_goes(self));
		for (i = 0; i < PROCESSES; i++)
			EXPECT_EQ(round % 2 ? 0 : 128 + SIGKILL, child_wait(pids[i]));
		ASSERT_TRUE(module_returns(self));
		EXPECT_EQ(0, sem_used());
	}
}

TEST_F(module, module_stays_while_a_set_is_open_slept_on_or_polled)
{
	int id = sem_new(2), fd, nameless;
	struct pollfd pfd = { .events = POLLIN };
	pid_t pid;

	ASSERT_LE(0, id);
	fd = sem_open_on(self->dev, id, 0);
	nameless = sem_create_on(self->dev, 2, 0600, 0);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, nameless);
	close(self->dev);
	EXPECT_TRUE(unload_is_refused());
	/* one alone, of a set that is removed */
	close(nameless);
	EXPECT_EQ(0, sem_remove_on(fd, KIPC_ID_SELF));
	EXPECT_TRUE(unload_is_refused());
	close(fd);

	self->dev = kipc_open();
	ASSERT_LE(0, self->dev);
	sem_dev = self->dev;
	for (id = 0; id < 2; id++) {
		fd = sem_create_on(self->dev, 2, 0600, 0);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, WATCH(fd, SEM_OP(0, -1, 0)));
		pid = child_fork();
		if (!pid) {
			close(self->dev);
			pfd.fd = fd;
			if (id)
				poll(&pfd, 1, -1);
			else
				sem_op_on(fd, KIPC_ID_SELF, &SEM_OP(0, -1, 0), 1, 0,
					  KIPC_TIMEOUT_NONE);
			_exit(1);
		}
		ASSERT_TRUE(wait_blocked(pid, id ? CALL_POLL : SYS_ioctl));
		close(fd);
		close(self->dev);
		EXPECT_TRUE(unload_is_refused());
		EXPECT_EQ(128 + SIGKILL, child_kill(pid));
		self->dev = kipc_open();
		ASSERT_LE(0, self->dev);
		sem_dev = self->dev;
	}
	ASSERT_TRUE(module_goes(self));
	ASSERT_TRUE(module_returns(self));
}

TEST_HARNESS_MAIN
