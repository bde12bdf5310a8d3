/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of what only kipc's semaphores do: an instance of the test's
 * own, and a set of 4 semaphores in it, with an id but without a key.
 */
#ifndef KIPC_SEM_KIPC_FIXTURE_H
#define KIPC_SEM_KIPC_FIXTURE_H

#include "sem_ops.h"

#define SELF KIPC_ID_SELF

FIXTURE(set)
{
	/* the control node, and the set */
	int dev;
	int id;
	long long objects;
};

FIXTURE_SETUP(set)
{
	umask(022);
	sem = &sem_kipc;
	self->objects = param_get("objects");
	self->dev = sem_instance();
	ASSERT_LE(0, self->dev)
		TH_LOG(SEM_MOUNT ": %s", strerror(errno));
	sem_dev = self->dev;
	self->id = sem_new(4);
	ASSERT_LE(0, self->id);
}

FIXTURE_TEARDOWN(set)
{
	children_reap();
	if (self->dev < 0)
		return;
	sem_rmid(self->id);
	EXPECT_TRUE(EVENTUALLY(sem_used() == 0))
		TH_LOG("%d sets are left", sem_used());
	EXPECT_TRUE(EVENTUALLY(stats_of(self->dev).sem_sets == 0));
	EXPECT_EQ(0, stats_of(self->dev).sems);
	EXPECT_EQ(0, sem_total());
	EXPECT_EQ(0, stats_of(self->dev).user_undos);
	close(self->dev);
	EXPECT_TRUE(EVENTUALLY(umount(SEM_MOUNT) == 0));
	EXPECT_TRUE(EVENTUALLY(param_get("objects") == self->objects));
}

/* One operation on a descriptor. */
static inline int sem_do_on(int fd, int num, int op, int flags)
{
	struct sembuf one = SEM_OP(num, op, flags);

	return sem_op_on(fd, SELF, &one, 1, 0, KIPC_TIMEOUT_NONE);
}

/* A list on a descriptor: SEM_DO_ON(fd, SEM_OP(0, -1, 0), SEM_OP(1, 1, 0)). */
#define SEM_DO_ON(fd, ...) ({ \
	struct sembuf ops__[] = { __VA_ARGS__ }; \
	sem_op_on(fd, SELF, ops__, sizeof(ops__) / sizeof(ops__[0]), 0, KIPC_TIMEOUT_NONE); \
})

/* A child that does one operation on a descriptor, and sleeps; its exit status as of
 * sem_sleeper().
 */
static inline pid_t sem_sleeper_on(int fd, int num, int op, int flags)
{
	pid_t pid = child_fork();

	if (!pid)
		_exit(sem_do_on(fd, num, op, flags) ? errno : 0);
	return pid > 0 && wait_blocked(pid, SYS_ioctl) ? pid : -1;
}

/* Poison if it fails. */
static inline struct kipc_sem_value sem_value(int fd, int id, unsigned int num)
{
	struct kipc_sem_value value;

	if (sem_value_on(fd, id, num, &value))
		memset(&value, POISON, sizeof(value));
	return value;
}

static inline struct kipc_sem_stat sem_stat_of(int fd, int id)
{
	struct kipc_sem_stat stat;

	if (sem_stat_on(fd, id, 0, &stat))
		memset(&stat, POISON, sizeof(stat));
	return stat;
}

#endif /* KIPC_SEM_KIPC_FIXTURE_H */
