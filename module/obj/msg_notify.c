// SPDX-License-Identifier: GPL-2.0
/* Message queues: telling once that a message has come; see msg.h. */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "core/notify.h"
#include "obj/msg.h"

/**
 * struct kipc_msg_notice - whom to tell of a message, and how
 * @owner: the open file that has asked; constant
 * @eventfd: an eventfd, a counted reference, or NULL for a signal
 * @target: who has asked, and gets the signal
 * @sender: process that has sent the message, a counted reference, or NULL so far
 * @uid: user of that
 * @info: what comes with the signal
 */
struct kipc_msg_notice {
	struct kipc_msg_file *owner;
	struct eventfd_ctx *eventfd;
	struct kipc_target target;
	struct pid *sender;
	kuid_t uid;
	struct kernel_siginfo info;
};

/**
 * kipc_msg_notice_free - free a notice
 * @notice: the notice, which is in no queue, or NULL
 *
 * Context: may sleep.
 */
void kipc_msg_notice_free(struct kipc_msg_notice *notice)
{
	if (!notice)
		return;
	if (notice->eventfd)
		eventfd_ctx_put(notice->eventfd);
	kipc_target_destroy(&notice->target);
	put_pid(notice->sender);
	kfree(notice);
}

/**
 * kipc_msg_notice_sign_locked - note who has sent the message
 * @notice: the notice of a queue that is locked; not signed yet
 * @sender: who
 */
void kipc_msg_notice_sign_locked(struct kipc_msg_notice *notice,
				 struct task_struct *sender)
{
	notice->sender = get_pid(task_tgid(sender));
	notice->uid = task_uid(sender);
}

/* Is there still somebody to tell? */
static bool kipc_msg_notice_is_live(const struct kipc_msg_notice *notice)
{
	return notice->eventfd || kipc_target_is_live(&notice->target);
}

/**
 * kipc_msg_notice_tell - tell of a message, and free the notice
 * @notice: the notice, signed, and in no queue any more
 *
 * Context: may sleep.
 */
void kipc_msg_notice_tell(struct kipc_msg_notice *notice)
{
	if (notice->eventfd)
		kipc_eventfd_signal(notice->eventfd);
	else
		kipc_target_send(&notice->target, &notice->info,
				 notice->sender, notice->uid, false);
	kipc_msg_notice_free(notice);
}

static struct kipc_msg_notice *
kipc_msg_notice_alloc(struct kipc_msg_file *msg_file,
		      const struct kipc_msg_notify *arg)
{
	struct kipc_msg_notice *notice;
	struct eventfd_ctx *eventfd = NULL;

	if (arg->how == KIPC_NOTIFY_EVENTFD) {
		eventfd = eventfd_ctx_fdget(arg->target);
		if (IS_ERR(eventfd))
			return ERR_CAST(eventfd);
	} else if (arg->how != KIPC_NOTIFY_SIGNAL ||
		   !valid_signal(arg->target) || !arg->target) {
		return ERR_PTR(-EINVAL);
	}
	notice = kzalloc(sizeof(*notice), GFP_KERNEL_ACCOUNT);
	if (!notice) {
		if (eventfd)
			eventfd_ctx_put(eventfd);
		return ERR_PTR(-ENOMEM);
	}
	notice->owner = msg_file;
	notice->eventfd = eventfd;
	kipc_target_init(&notice->target);
	clear_siginfo(&notice->info);
	notice->info.si_signo = arg->target;
	notice->info.si_code = SI_MESGQ;
	notice->info.si_value.sival_ptr = u64_to_user_ptr(arg->value);
	return notice;
}

/**
 * kipc_msg_notify_drop - do not tell an open file's owner any more
 * @msg_file: the open file
 *
 * Context: may sleep.
 */
void kipc_msg_notify_drop(struct kipc_msg_file *msg_file)
{
	struct kipc_msg_queue *queue = msg_file->queue;
	struct kipc_msg_notice *notice = NULL;

	spin_lock(&queue->entry.lock);
	if (queue->notice && queue->notice->owner == msg_file)
		swap(notice, queue->notice);
	spin_unlock(&queue->entry.lock);
	kipc_msg_notice_free(notice);
}

/**
 * kipc_msg_notify - serve KIPC_IOC_MSG_NOTIFY
 * @msg_file: the open file it is made on
 * @arg: its argument
 *
 * Context: may sleep. Return: 0 or a negative errno, as the ABI says.
 */
int kipc_msg_notify(struct kipc_msg_file *msg_file,
		    const struct kipc_msg_notify *arg)
{
	struct kipc_msg_queue *queue = msg_file->queue;
	struct kipc_msg_notice *notice;
	int ret = 0;

	if (arg->how == KIPC_NOTIFY_NONE) {
		kipc_msg_notify_drop(msg_file);
		return 0;
	}
	notice = kipc_msg_notice_alloc(msg_file, arg);
	if (IS_ERR(notice))
		return PTR_ERR(notice);
	spin_lock(&queue->entry.lock);
	if (queue->entry.gone)
		ret = -EIDRM;
	else if (queue->notice && kipc_msg_notice_is_live(queue->notice))
		ret = -EBUSY;
	else
		swap(notice, queue->notice);
	spin_unlock(&queue->entry.lock);
	kipc_msg_notice_free(notice);
	return ret;
}
