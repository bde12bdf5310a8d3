// SPDX-License-Identifier: GPL-2.0
/*
 * Takes the pages of idle pipes back.
 *
 * A ring keeps its pages while it is in use, because to allocate and free one
 * for each burst of bytes costs more than the copy. A pipe that has pages is in
 * a list; about once a second the ones that are empty and were not used for a
 * while lose their pages, and leave the list.
 */
#include <linux/jiffies.h>
#include <linux/workqueue.h>

#include "obj/pipe.h"

#define KIPC_TRIM_PERIOD	HZ
/* How many pages are freed, and pipes looked at, without dropping the lock. */
#define KIPC_TRIM_BATCH		256

static void kipc_trim_work(struct work_struct *work);

static struct {
	spinlock_t lock; /* guards pipes and nr */
	struct list_head pipes;
	unsigned long nr;
	struct delayed_work work;
} kipc_trim = {
	.lock = __SPIN_LOCK_UNLOCKED(kipc_trim.lock),
	.pipes = LIST_HEAD_INIT(kipc_trim.pipes),
	.work = __DELAYED_WORK_INITIALIZER(kipc_trim.work, kipc_trim_work, 0),
};

/**
 * kipc_trim_add - tell that a pipe has pages
 * @pipe: the pipe; the caller has wr_lock
 */
void kipc_trim_add(struct kipc_pipe *pipe)
{
	bool first;

	lockdep_assert_held(&pipe->wr_lock);
	if (pipe->trim_listed)
		return;
	spin_lock(&kipc_trim.lock);
	first = !kipc_trim.nr++;
	list_add_tail(&pipe->trim_node, &kipc_trim.pipes);
	pipe->trim_listed = true;
	pipe->trim_used = true;
	spin_unlock(&kipc_trim.lock);
	if (first)
		schedule_delayed_work(&kipc_trim.work, KIPC_TRIM_PERIOD);
}

static void kipc_trim_del_locked(struct kipc_pipe *pipe)
{
	list_del(&pipe->trim_node);
	pipe->trim_listed = false;
	kipc_trim.nr--;
}

/**
 * kipc_trim_forget - have done with a pipe that is going to be freed
 * @pipe: the pipe, which was in the list once; nobody can add it any more
 *
 * The worker may be busy with a pipe that it has just taken off the list, so
 * pass through its lock even if the pipe is not there now.
 */
void kipc_trim_forget(struct kipc_pipe *pipe)
{
	spin_lock(&kipc_trim.lock);
	if (pipe->trim_listed)
		kipc_trim_del_locked(pipe);
	spin_unlock(&kipc_trim.lock);
	pipe->trim_used = false;
}

static bool kipc_trim_is_recent(unsigned long at)
{
	return time_before(jiffies, at + KIPC_TRIM_PERIOD);
}

static bool kipc_trim_is_due(const struct kipc_pipe *pipe)
{
	return READ_ONCE(pipe->ring.head) == READ_ONCE(pipe->ring.tail) &&
	       !kipc_trim_is_recent(READ_ONCE(pipe->read_at)) &&
	       !kipc_trim_is_recent(READ_ONCE(pipe->written_at));
}

/*
 * Trims one pipe, as far as a batch allows, if it is idle. Its side locks rank
 * above the list's lock, so try them: who holds one uses the pipe anyway.
 * Returns how many pages went.
 */
static unsigned int kipc_trim_one_locked(struct kipc_pipe *pipe)
{
	unsigned int freed = 0;
	bool idle;

	if (!kipc_trim_is_due(pipe) || !mutex_trylock(&pipe->rd_lock))
		return 0;
	if (mutex_trylock(&pipe->wr_lock)) {
		spin_lock(&pipe->lock);
		idle = kipc_pipe_is_unused_locked(pipe);
		if (idle)
			kipc_pipe_rewind_locked(pipe);
		spin_unlock(&pipe->lock);
		if (idle)
			freed = kipc_ring_trim(&pipe->ring, KIPC_TRIM_BATCH);
		if (idle && !pipe->ring.nr_pages)
			kipc_trim_del_locked(pipe);
		mutex_unlock(&pipe->wr_lock);
	}
	mutex_unlock(&pipe->rd_lock);
	return freed;
}

static void kipc_trim_work(struct work_struct *work)
{
	unsigned int batch = 0;
	struct kipc_pipe *pipe;
	unsigned long nr;

	spin_lock(&kipc_trim.lock);
	for (nr = kipc_trim.nr; nr && kipc_trim.nr; nr--) {
		pipe = list_first_entry(&kipc_trim.pipes, struct kipc_pipe,
					trim_node);
		list_move_tail(&pipe->trim_node, &kipc_trim.pipes);
		batch += 1 + kipc_trim_one_locked(pipe);
		if (batch >= KIPC_TRIM_BATCH) {
			batch = 0;
			spin_unlock(&kipc_trim.lock);
			cond_resched();
			spin_lock(&kipc_trim.lock);
		}
	}
	nr = kipc_trim.nr;
	spin_unlock(&kipc_trim.lock);
	if (nr)
		schedule_delayed_work(&kipc_trim.work, KIPC_TRIM_PERIOD);
}

/**
 * kipc_trim_exit - stop trimming; no pipe is left
 */
void kipc_trim_exit(void)
{
	cancel_delayed_work_sync(&kipc_trim.work);
	WARN_ON(!list_empty(&kipc_trim.pipes));
}
