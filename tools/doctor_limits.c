// SPDX-License-Identifier: GPL-2.0
/* Which limits of the instance and of the caller have been reached, or nearly so. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "doctor.h"

/**
 * struct limit - how much there is of something, and how much may be
 * @what: of it
 * @used: there is
 * @max: may be
 * @advice: how there can be more
 */
struct limit {
	const char *what;
	__u64 used;
	__u64 max;
	const char *advice;
};

/* True if there was something to say. */
static bool check_limit(struct doctor *doctor, const struct limit *limit)
{
	if (limit->used >= limit->max) {
		report(doctor, "limits", PROBLEM, "all %s are used, %llu of %llu: %s",
		       limit->what, limit->used, limit->max, limit->advice);
		return true;
	}
	if (limit->used < limit->max - limit->max / 10)
		return false;
	report(doctor, "limits", NOTE, "most %s are used, %llu of %llu: %s", limit->what,
	       limit->used, limit->max, limit->advice);
	return true;
}

static bool check_instance(struct doctor *doctor, int device)
{
	struct kipc_shm_info shm = { };
	struct kipc_sem_info sem = { };
	struct kipc_msg_info msg = { };
	struct kipc_sig_info sig = { };
	bool told = false;

	/* what is not served is another check's */
	if (ioctl(device, KIPC_IOC_SHM_INFO, &shm) || ioctl(device, KIPC_IOC_SEM_INFO, &sem) ||
	    ioctl(device, KIPC_IOC_MSG_INFO, &msg) || ioctl(device, KIPC_IOC_SIG_INFO, &sig))
		return true;
	const struct limit limits[] = {
		{ "segments of the instance", shm.used_ids, shm.shmmni,
		  "remove some (kipc rm shm), or raise shmmni (kipc limits)" },
		{ "pages of its segments", shm.total, shm.shmall,
		  "remove some (kipc rm shm), or raise shmall (kipc limits)" },
		{ "semaphore sets of the instance", sem.used_ids, sem.semmni,
		  "remove some (kipc rm sem), or raise the last number of sem (kipc limits)" },
		{ "semaphores of its sets", sem.used_sems, sem.semmns,
		  "remove sets (kipc rm sem), or raise the second number of sem (kipc limits)" },
		{ "message queues of the instance", msg.used_ids, msg.msgmni,
		  "remove some (kipc rm msg), or raise msgmni (kipc limits)" },
		{ "signal queues of the instance", sig.used_ids, sig.sigmni,
		  "remove some (kipc rm sig), or raise sigmni (kipc limits)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		told |= check_limit(doctor, &limits[i]);
	return told;
}

/* Those of users are not for root. */
static bool check_user(struct doctor *doctor, int device)
{
	struct kipc_stats stats = { };
	bool told = false;

	if (!geteuid() || ioctl(device, KIPC_IOC_STATS, &stats))
		return false;
	const struct limit limits[] = {
		{ "pages of your pipes", stats.user_pages, stats.user_pages_max,
		  "close some, or let root raise the module's parameter pipe_user_pages" },
		{ "adjustments of SEM_UNDO of yours", stats.user_undos, stats.user_undos_max,
		  "end some processes, or let root raise the module's parameter sem_user_undos" },
		{ "waiting signals of yours", stats.user_signals, stats.user_signals_max,
		  "let them be read, or root raise the module's parameter sig_user_signals" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		told |= limits[i].max && check_limit(doctor, &limits[i]);
	return told;
}

void check_limits(struct doctor *doctor, int device)
{
	bool told = check_instance(doctor, device);

	if (!check_user(doctor, device) && !told)
		report(doctor, "limits", OK, "no limit is near");
}
