// SPDX-License-Identifier: GPL-2.0
/* Real signals to a process that has asked for them; see notify.h. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/user_namespace.h>

#include "core/notify.h"

/* So many threads of a process are looked at, since spinlocks are held meanwhile. */
#define KIPC_TARGET_THREADS	64

/**
 * kipc_target_init - the calling process asks for signals
 * @target: where to note it; for kipc_target_destroy()
 */
void kipc_target_init(struct kipc_target *target)
{
	target->pid = get_pid(task_tgid(current));
	target->thread = get_pid(task_pid(current));
	target->exec_id = current->self_exec_id;
}

/**
 * kipc_target_destroy - undo kipc_target_init()
 * @target: what it has filled, or zeroes
 *
 * Context: any but hard interrupt.
 */
void kipc_target_destroy(struct kipc_target *target)
{
	put_pid(target->thread);
	put_pid(target->pid);
}

static bool kipc_thread_blocks(struct task_struct *thread, int signo)
{
	/* Without the lock: it is to be a good choice, and may change right after. */
	return data_race(sigismember(&thread->blocked, signo));
}

/* It gets no other signal then, whatever the kernel says who sends it. */
static bool kipc_thread_is_killed(struct task_struct *thread)
{
	/* It may also be killed right after this was looked at. */
	return data_race(sigismember(&thread->pending.signal, SIGKILL));
}

/* Can this thread be sent a signal that its process has asked for? */
static bool kipc_target_fits(const struct kipc_target *target,
			     struct task_struct *thread)
{
	/* As may a thread come to its end. */
	return !(data_race(thread->flags) & (PF_EXITING | PF_IO_WORKER)) &&
	       !kipc_thread_is_killed(thread) &&
	       READ_ONCE(thread->self_exec_id) == target->exec_id;
}

/*
 * Finds a thread for a signal: one that takes it or waits for it, else any; the one that has
 * asked comes first. NULL if the process is no more, or runs another program; -EAGAIN if that
 * cannot be told at once. What is read of other threads is a hint: they may change it.
 */
static struct task_struct *
kipc_target_thread(const struct kipc_target *target, int signo)
{
	unsigned int left = KIPC_TARGET_THREADS;
	struct task_struct *leader, *thread, *any;

	any = pid_task(target->thread, PIDTYPE_PID);
	if (any && !kipc_target_fits(target, any))
		any = NULL;
	if (any && !kipc_thread_blocks(any, signo))
		return any;
	leader = pid_task(target->pid, PIDTYPE_TGID);
	if (!leader)
		return NULL;
	for_each_thread(leader, thread) {
		if (!left--)
			return any ?: ERR_PTR(-EAGAIN);
		if (!kipc_target_fits(target, thread))
			continue;
		if (!kipc_thread_blocks(thread, signo))
			return thread;
		if (!any)
			any = thread;
	}
	return any;
}

/**
 * kipc_target_is_live - is there still somebody to get a signal?
 * @target: who
 *
 * Return: true if so.
 */
bool kipc_target_is_live(const struct kipc_target *target)
{
	bool live;

	rcu_read_lock();
	/* Any signal will do. */
	live = kipc_target_thread(target, SIGKILL);
	rcu_read_unlock();
	return live;
}

/*
 * Whose terms a user has to be told in: the kernel takes it for one of the caller's, and
 * translates, but where it takes the member for something else.
 */
static struct user_namespace *kipc_target_uid_ns(struct task_struct *thread,
						 int code)
{
	if (code == SI_TIMER || code == SI_SIGIO)
		return task_cred_xxx(thread, user_ns);
	return current_user_ns();
}

/*
 * Is there room for all that comes with a signal? Where there is none, the kernel says so only
 * of a real-time signal with a code below SI_USER; others it sends without what comes with
 * them, or merges. Somebody else may be quicker, but mostly this is right.
 */
static bool kipc_target_has_room(struct task_struct *thread, int signo,
				 int code)
{
	if (signo < SIGRTMIN && code >= SI_USER)
		return true;
	return get_rlimit_value(task_ucounts(thread), UCOUNT_RLIMIT_SIGPENDING) <
	       task_rlimit(thread, RLIMIT_SIGPENDING);
}

/**
 * kipc_target_send - send a signal
 * @target: to whom
 * @info: the signal, its code and value; the rest is filled in
 * @sender: the process that it comes from
 * @uid: the user of that
 * @whole: it can wait, rather than be sent without its code and value
 *
 * Context: any but hard interrupt; spinlocks may be held.
 * Return: 0; -ESRCH if there is nobody to get it any more; -EAGAIN if there is no room among
 * those of the process's user, for a real-time signal or for a @whole one.
 */
int kipc_target_send(const struct kipc_target *target,
		     struct kernel_siginfo *info, struct pid *sender,
		     kuid_t uid, bool whole)
{
	struct task_struct *thread, *leader;
	int ret = -EAGAIN;

	rcu_read_lock();
	leader = pid_task(target->pid, PIDTYPE_TGID);
	/* Before threads are looked at, of which there may be many. */
	if (leader && whole && kipc_target_fits(target, leader) &&
	    !kipc_target_has_room(leader, info->si_signo, info->si_code))
		goto out_unlock;
	do {
		thread = kipc_target_thread(target, info->si_signo);
		ret = thread ? PTR_ERR_OR_ZERO(thread) : -ESRCH;
		if (ret)
			break;
		ret = -EAGAIN;
		/* The leader may have ended. */
		if (whole &&
		    !kipc_target_has_room(thread, info->si_signo, info->si_code))
			break;
		info->si_pid = pid_nr_ns(sender, ns_of_pid(target->pid));
		info->si_uid =
			from_kuid_munged(kipc_target_uid_ns(thread,
							    info->si_code), uid);
		ret = send_sig_info(info->si_signo, info, thread);
		/* One that has ended meanwhile is not found again. */
	} while (ret == -ESRCH);
out_unlock:
	rcu_read_unlock();
	return ret;
}
