// SPDX-License-Identifier: GPL-2.0
/*
 * Class 20: the first thing that a user or a process does, with each of its allocations and
 * copies failing; see failnth.h. Each attempt is made by a new process, and by a user who has
 * nothing: so the account of the user, what a process is watched by until it exits, and its
 * adjustments have to be made.
 */
#include "failnth.h"
#include "mounts.h"
#include "sig_fixture.h"

#define MOUNT		MOUNTS "/instance"
#define FIFO		MOUNT "/fifo"

static void be_another(struct work *work)
{
	(void)work;
	MUST(!become(OTHER_UID));
}

/* --- objects, which go with the process */

static int run_pipe_create(struct work *work)
{
	struct kipc_pipe_create arg = { .rfd = -7 };

	return ioctl(work->dev, KIPC_IOC_PIPE_CREATE, &arg);
}

static int run_shm_create(struct work *work)
{
	struct kipc_shm_create arg = { .size = 4096, .mode = 0600 };

	return ioctl(work->dev, KIPC_IOC_SHM_CREATE, &arg);
}

static int run_sem_create(struct work *work)
{
	struct kipc_sem_create arg = { .nsems = 2, .mode = 0600 };

	return ioctl(work->dev, KIPC_IOC_SEM_CREATE, &arg);
}

static int run_msg_create(struct work *work)
{
	struct kipc_msg_create arg = { .mode = 0600 };

	return ioctl(work->dev, KIPC_IOC_MSG_CREATE, &arg);
}

static int run_sig_create(struct work *work)
{
	return sigq_create(work->dev, 0);
}

/* --- objects with an id, which remove themselves when the process has exited */

static int run_shm_get(struct work *work)
{
	struct kipc_shm_get arg = { .size = 4096, .flags = KIPC_GET_AUTOREMOVE };

	return ioctl(work->dev, KIPC_IOC_SHM_GET, &arg);
}

static int run_sem_get(struct work *work)
{
	struct kipc_sem_get arg = { .nsems = 2, .flags = KIPC_GET_AUTOREMOVE };

	return ioctl(work->dev, KIPC_IOC_SEM_GET, &arg);
}

static int run_msg_get(struct work *work)
{
	struct kipc_msg_get arg = { .flags = KIPC_GET_AUTOREMOVE };

	return ioctl(work->dev, KIPC_IOC_MSG_GET, &arg);
}

static int run_sig_get(struct work *work)
{
	struct kipc_sig_get arg = { .flags = KIPC_GET_AUTOREMOVE };

	return ioctl(work->dev, KIPC_IOC_SIG_GET, &arg);
}

/* --- what is charged to who does it: @victim is a set, @fd a signal queue */

static int run_adjust(struct work *work)
{
	static const struct kipc_sem_op op = { .num = 1, .op = 1, .flags = KIPC_SEM_UNDO };
	struct kipc_sem_ops arg = {
		.id = work->victim, .ops = (unsigned long)&op, .nops = 1,
		.timeout = KIPC_TIMEOUT_NONE,
	};

	return ioctl(work->dev, KIPC_IOC_SEM_OP, &arg);
}

static int run_send(struct work *work)
{
	return sigq_put(work->fd, GROUP, KIPC_SIG_RTMIN, 7);
}

/* It stays when its sender has gone. */
static void undo_send(struct work *work)
{
	MUST(sub_take(work->other, ALL) == KIPC_SIG_RTMIN);
}

/* --- */

static int run_fifo(struct work *work)
{
	(void)work;
	return open(FIFO, O_RDWR | O_CLOEXEC);
}

/* The user's own pipe, which is there already, by another door. */
static void be_another_with_pipe(struct work *work)
{
	int fds[2];

	be_another(work);
	MUST(!kipc_pipe(work->dev, fds, 0, 0));
	work->create.rfd = fds[0];
}

static int run_reopen(struct work *work)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", work->create.rfd);
	return open(path, O_RDWR | O_CLOEXEC);
}

static const struct operation operations[] = {
	ROW("pipe", run_pipe_create, NULL, .enter = be_another),
	ROW("segment", run_shm_create, NULL, .enter = be_another),
	ROW("set", run_sem_create, NULL, .enter = be_another),
	ROW("queue", run_msg_create, NULL, .enter = be_another),
	ROW("signals", run_sig_create, NULL, .enter = be_another),
	ROW("segment with an id", run_shm_get, NULL, .enter = be_another),
	ROW("set with an id", run_sem_get, NULL, .enter = be_another),
	ROW("queue with an id", run_msg_get, NULL, .enter = be_another),
	ROW("signals with an id", run_sig_get, NULL, .enter = be_another),
	ROW("adjustment", run_adjust, NULL, .enter = be_another),
	ROW("signal", run_send, undo_send, .enter = be_another),
	ROW("open of a fifo", run_fifo, NULL, .enter = be_another),
	/* so /proc says that it gets no inode */
	ROW("open of a pipe", run_reopen, NULL, .enter = be_another_with_pipe, .lack = ENOENT),
};

static int set_make(int dev)
{
	struct kipc_sem_get arg = { .nsems = 2, .mode = 0666, .flags = KIPC_GET_AUTOREMOVE };

	return ioctl(dev, KIPC_IOC_SEM_GET, &arg) ? -1 : arg.id;
}

TEST_F_TIMEOUT(kipc, failing_allocations_of_a_user_who_has_nothing_leave_nothing, 240)
{
	struct work work = { .dev = self->dev, .r = self->r, .w = self->w };
	struct kipc_remove remove;
	size_t i;

	if (!have_fault_injection())
		SKIP(return, "this kernel has no fault injection");
	faults_prepare();
	ASSERT_EQ(0, mounts_private());
	ASSERT_EQ(0, kipcfs_mount(MOUNT, NULL));
	ASSERT_EQ(0, mkfifo(FIFO, 0666));
	ASSERT_EQ(0, chmod(FIFO, 0666));
	work.victim = set_make(self->dev);
	ASSERT_LE(0, work.victim);
	work.fd = sigq_create(self->dev, 0);
	ASSERT_LE(0, work.fd);
	work.other = sub_new(work.fd, SELF, NULL);
	ASSERT_LE(0, work.other);
	for (i = 0; i < ARRAY_SIZE(operations); i++)
		fail_each(_metadata, &work, &operations[i]);
	close(work.other);
	close(work.fd);
	remove = (struct kipc_remove) { .id = work.victim };
	EXPECT_EQ(0, ioctl(self->dev, KIPC_IOC_SEM_REMOVE, &remove));
	EXPECT_TRUE(EVENTUALLY(umount(MOUNT) == 0));
	faults_done();
}

TEST_HARNESS_MAIN
