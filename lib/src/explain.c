// SPDX-License-Identifier: GPL-2.0
/* What an errno means of a call that reached the module: which limit, and where it is set. */
#include <errno.h>

#include "lib.h"

/* The first that fits counts: a range of calls, by their numbers, and an errno */
static const struct meaning {
	unsigned char first;
	unsigned char last;
	int err;
	const char *text;
} meanings[] = {
	{ KIPC_NR_PIPE_CREATE, KIPC_NR_PIPE_CREATE, EPERM,
	  "a pipe of an unprivileged user may not be so large (parameter pipe_size_max of the module)"
	},
	{ KIPC_NR_PIPE_CREATE, KIPC_NR_PIPE_CREATE, ENFILE,
	  "the user's pipes have all the memory they may (parameter pipe_user_pages of the module), or the system's table of open files is full"
	},
	{ KIPC_NR_PIPE_CREATE, KIPC_NR_PIPE_CREATE, EINVAL,
	  "a pipe cannot be larger than 2 GiB, or a flag is wrong"
	},
	{ KIPC_NR_PIPE_SET_SIZE, KIPC_NR_PIPE_SET_SIZE, EPERM,
	  "an unprivileged user's pipes may not be so large (parameters pipe_size_max and pipe_user_pages of the module)"
	},
	{ KIPC_NR_PIPE_SET_SIZE, KIPC_NR_PIPE_SET_SIZE, EBUSY,
	  "more bytes are in the pipe than would fit"
	},
	{ KIPC_NR_SHM_GET, KIPC_NR_SHM_CREATE, ENOSPC,
	  "the instance has all the segments (limit shmmni) or all the memory in them (shmall) that it may; remove some (kipc rm shm) or raise the limit (kipc limits)"
	},
	{ KIPC_NR_SHM_GET, KIPC_NR_SHM_CREATE, EINVAL,
	  "a segment cannot be so large (limit shmmax, see kipc limits), or the existing one is smaller, or a flag is wrong"
	},
	{ KIPC_NR_SHM_LOCK, KIPC_NR_SHM_LOCK, ENOMEM,
	  "more memory would be locked than 'ulimit -l' allows"
	},
	{ KIPC_NR_SEM_GET, KIPC_NR_SEM_CREATE, ENOSPC,
	  "the instance has all the sets (limit semmni) or all the semaphores (semmns) that it may; remove some (kipc rm sem) or raise the limit (kipc limits)"
	},
	{ KIPC_NR_SEM_GET, KIPC_NR_SEM_CREATE, EINVAL,
	  "a set cannot have so many semaphores (limit semmsl, see kipc limits), or the existing one has fewer, or a flag is wrong"
	},
	{ KIPC_NR_SEM_OP, KIPC_NR_SEM_OP_ONE, E2BIG,
	  "a call may not have so many operations (limit semopm, see kipc limits)"
	},
	{ KIPC_NR_SEM_OP, KIPC_NR_SEM_OP_ONE, ENOSPC,
	  "the user has all the adjustments of SEM_UNDO that it may (parameter sem_user_undos of the module)"
	},
	{ KIPC_NR_SEM_OP, KIPC_NR_SEM_OP_ONE, EFBIG,
	  "the set has no such semaphore"
	},
	{ KIPC_NR_SEM_OP, KIPC_NR_SEM_OP_ONE, EOWNERDEAD,
	  "it was done, but a process died while it held this semaphore: what that guards may be half changed"
	},
	{ KIPC_NR_SEM_WATCH, KIPC_NR_SEM_WATCH, E2BIG,
	  "so many operations cannot be watched (limit semopm, see kipc limits)"
	},
	{ KIPC_NR_SEM_WATCH, KIPC_NR_SEM_WATCH, ENOSPC,
	  "those who poll the set wait for 1048576 operations already; close some, or poll for fewer"
	},
	{ KIPC_NR_MSG_GET, KIPC_NR_MSG_GET, ENOSPC,
	  "the instance has all the queues that it may (limit msgmni); remove some (kipc rm msg) or raise the limit (kipc limits)"
	},
	{ KIPC_NR_MSG_SEND, KIPC_NR_MSG_SEND, EINVAL,
	  "there is no such queue, or the message is too large (limit msgmax, see kipc limits), or its type is below 1"
	},
	{ KIPC_NR_MSG_SEND, KIPC_NR_MSG_SEND, EAGAIN,
	  "the queue is full"
	},
	{ KIPC_NR_MSG_RECEIVE, KIPC_NR_MSG_RECEIVE, E2BIG,
	  "the message is larger than the room for it, and stays"
	},
	{ KIPC_NR_MSG_SET, KIPC_NR_MSG_SET, EPERM,
	  "only its owner may change a queue, and only a privileged user let it hold more than the limit msgmnb (see kipc limits)"
	},
	{ KIPC_NR_SIG_GET, KIPC_NR_SIG_GET, ENOSPC,
	  "the instance has all the signal queues that it may (limit sigmni, see kipc limits)"
	},
	{ KIPC_NR_SIG_SUBSCRIBE, KIPC_NR_SIG_SUBSCRIBE, ENOSPC,
	  "the queue has all the subscribers that it may"
	},
	{ KIPC_NR_SIG_SEND, KIPC_NR_SIG_SEND, EAGAIN,
	  "as many signals wait as may: in the queue (limit sigqmax when it was made), or of the user (parameter sig_user_signals of the module)"
	},
	{ KIPC_NR_SIG_SEND, KIPC_NR_SIG_SEND, ESRCH,
	  "the queue has no such subscriber"
	},
	{ KIPC_NR_SIG_SET, KIPC_NR_SIG_SET, EPERM,
	  "only its owner may change a queue, and only a privileged user let more signals wait than the limit sigqmax (see kipc limits)"
	},
	{ 0, 0xff, ENOTTY,
	  "it is not served there: the descriptor is of another kind, or kipc's module is older than this program (run kipc doctor)"
	},
	{ 0, 0xff, E2BIG,
	  "kipc's module is older than this program (run kipc doctor)"
	},
	{ 0, 0xff, EIDRM,
	  "it was removed, or its instance was unmounted"
	},
	{ 0, 0xff, EMFILE,
	  "the process has no descriptor left; raise 'ulimit -n'"
	},
};

const char *kipc_explain(unsigned long cmd, int err)
{
	const struct meaning *end = meanings + sizeof(meanings) / sizeof(meanings[0]);

	for (const struct meaning *m = meanings; m < end; m++) {
		if (m->err == err && m->first <= _IOC_NR(cmd) && _IOC_NR(cmd) <= m->last)
			return m->text;
	}
	return strerror(err);
}
