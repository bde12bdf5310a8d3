/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_NOTIFY_H
#define _KIPC_CORE_NOTIFY_H

#include <linux/types.h>
#include <linux/uidgid.h>

/*
 * Real signals to a process that has asked for them.
 *
 * Who asks need not be allowed to be sent signals by those whose doing they tell of: that
 * it has asked is the permission. So it matters who is asked for: a &struct kipc_target is
 * a process and the program that it runs. The signal reaches nobody when the process has
 * ended, and not a program that it has executed since, which has not asked and may be more
 * privileged. (A signal that is sent while the exec is on its way is to the new program
 * as one that was pending when it began.)
 *
 * A signal can be sent to a thread only: of all that carries a value, nothing else is
 * exported. So a thread is chosen that does not block it, if there is one: the one that has
 * asked before all others, and that one as well if all block it.
 */

struct kernel_siginfo;
struct pid;

/**
 * struct kipc_target - a process that has asked for signals
 * @pid: the process, a counted reference
 * @thread: the thread of it that has asked, a counted reference
 * @exec_id: which program of it has asked
 */
struct kipc_target {
	struct pid *pid;
	struct pid *thread;
	u64 exec_id;
};

void kipc_target_init(struct kipc_target *target);
void kipc_target_destroy(struct kipc_target *target);
bool kipc_target_is_live(const struct kipc_target *target);
int kipc_target_send(const struct kipc_target *target,
		     struct kernel_siginfo *info, struct pid *sender,
		     kuid_t uid, bool whole);

#endif /* _KIPC_CORE_NOTIFY_H */
