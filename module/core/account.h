/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KIPC_CORE_ACCOUNT_H
#define _KIPC_CORE_ACCOUNT_H

#include <linux/uidgid.h>

/*
 * Accounting per user, over all instances: a user who mounts many instances,
 * or makes user namespaces, gains nothing by it. What is charged of pipes, in
 * pages, is the capacity promised, not the memory in use, so that a write
 * cannot fail half-way because of a limit; the memory itself is charged to the
 * memory cgroup of whoever causes its allocation.
 *
 * A &struct kipc_user lives while anything is charged to, or refers to it.
 */

struct kipc_user;

/**
 * enum kipc_charge - what is counted for each user
 * @KIPC_CHARGE_PAGES: pages of capacity of pipes
 * @KIPC_CHARGE_UNDOS: pairs of a process and a set that it has adjustments for
 * @KIPC_CHARGE_SIGNALS: real-time signals sent to signal queues and not taken yet
 * @KIPC_CHARGE_PINNED: pages of writers of pipes that readers copy from
 * @KIPC_CHARGE_NR: number of counters
 */
enum kipc_charge {
	KIPC_CHARGE_PAGES,
	KIPC_CHARGE_UNDOS,
	KIPC_CHARGE_SIGNALS,
	KIPC_CHARGE_PINNED,
	KIPC_CHARGE_NR,
};

struct kipc_user *kipc_user_get(kuid_t uid);
void kipc_user_put(struct kipc_user *user);
bool kipc_user_try_charge(struct kipc_user *user, enum kipc_charge what,
			  unsigned long nr, unsigned long limit);
int kipc_user_charge(struct kipc_user *user, enum kipc_charge what,
		     unsigned long nr, unsigned long limit);
void kipc_user_uncharge(struct kipc_user *user, enum kipc_charge what,
			unsigned long nr);
unsigned long kipc_user_charged(kuid_t uid, enum kipc_charge what);

#endif /* _KIPC_CORE_ACCOUNT_H */
