// SPDX-License-Identifier: GPL-2.0
/* Accounting per user; see account.h for what is counted. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "core/account.h"

/**
 * struct kipc_user - what one user has charged
 * @node: in kipc_users.table; guarded by kipc_users.lock
 * @ref: one per object and per look-up
 * @uid: the user, a key of the table; constant
 * @charged: how many are charged of each
 */
struct kipc_user {
	struct hlist_node node;
	refcount_t ref;
	kuid_t uid;
	atomic_long_t charged[KIPC_CHARGE_NR];
};

#define KIPC_USERS_BITS	6

static struct {
	spinlock_t lock; /* guards table */
	DECLARE_HASHTABLE(table, KIPC_USERS_BITS);
} kipc_users = {
	.lock = __SPIN_LOCK_UNLOCKED(kipc_users.lock),
};

static struct kipc_user *kipc_user_find_locked(kuid_t uid)
{
	struct kipc_user *user;

	lockdep_assert_held(&kipc_users.lock);
	hash_for_each_possible(kipc_users.table, user, node, __kuid_val(uid))
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

static struct kipc_user *kipc_user_lookup(kuid_t uid)
{
	struct kipc_user *user;

	spin_lock(&kipc_users.lock);
	user = kipc_user_find_locked(uid);
	if (user)
		refcount_inc(&user->ref);
	spin_unlock(&kipc_users.lock);
	return user;
}

/**
 * kipc_user_get - find or make the account of a user
 * @uid: the user
 *
 * Context: may sleep.
 * Return: the account with a reference for the caller, or NULL for lack of
 * memory.
 */
struct kipc_user *kipc_user_get(kuid_t uid)
{
	struct kipc_user *user, *new;

	user = kipc_user_lookup(uid);
	if (user)
		return user;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	new->uid = uid;
	refcount_set(&new->ref, 1);

	spin_lock(&kipc_users.lock);
	user = kipc_user_find_locked(uid);
	if (user) {
		refcount_inc(&user->ref);
	} else {
		user = new;
		hash_add(kipc_users.table, &user->node, __kuid_val(uid));
	}
	spin_unlock(&kipc_users.lock);
	if (user != new)
		kfree(new);
	return user;
}

/**
 * kipc_user_put - drop a reference; the last one frees the account
 * @user: the account, or NULL
 *
 * Context: any but hard interrupt.
 */
void kipc_user_put(struct kipc_user *user)
{
	int i;

	if (!user || !refcount_dec_and_lock(&user->ref, &kipc_users.lock))
		return;
	kipc_dec_locked(&kipc_users.lock);
	hash_del(&user->node);
	spin_unlock(&kipc_users.lock);
	for (i = 0; i < KIPC_CHARGE_NR; i++)
		WARN_ON_ONCE(atomic_long_read(&user->charged[i]));
	kfree(user);
}

/**
 * kipc_user_try_charge - charge something to a user, whoever that is
 * @user: the account
 * @what: what
 * @nr: how many more
 * @limit: how many the user may have in all, 0 for no limit
 *
 * Return: false when the limit would be passed; then nothing is charged.
 */
bool kipc_user_try_charge(struct kipc_user *user, enum kipc_charge what,
			  unsigned long nr, unsigned long limit)
{
	unsigned long sum = atomic_long_add_return(nr, &user->charged[what]);

	if (likely(!limit || sum <= limit))
		return true;
	atomic_long_sub(nr, &user->charged[what]);
	return false;
}

/**
 * kipc_user_charge - charge something to a user
 * @user: the account
 * @what: what
 * @nr: how many more
 * @limit: how many the user may have in all, 0 for no limit. CAP_SYS_RESOURCE
 *	or CAP_SYS_ADMIN, in the initial user namespace, lift it: memory is the
 *	machine's, whoever owns the instance.
 *
 * Return: 0, or -EDQUOT when the limit would be passed; then nothing is
 * charged.
 */
int kipc_user_charge(struct kipc_user *user, enum kipc_charge what,
		     unsigned long nr, unsigned long limit)
{
	if (likely(kipc_user_try_charge(user, what, nr, limit)))
		return 0;
	if (!capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		return -EDQUOT;
	atomic_long_add(nr, &user->charged[what]);
	return 0;
}

/**
 * kipc_user_uncharge - give back what was charged
 * @user: the account
 * @what: what
 * @nr: how many
 */
void kipc_user_uncharge(struct kipc_user *user, enum kipc_charge what,
			unsigned long nr)
{
	long left = atomic_long_sub_return(nr, &user->charged[what]);

	WARN_ON_ONCE(left < 0);
}

/**
 * kipc_user_charged - what a user has charged now
 * @uid: the user
 * @what: what
 *
 * Return: how many.
 */
unsigned long kipc_user_charged(kuid_t uid, enum kipc_charge what)
{
	struct kipc_user *user = kipc_user_lookup(uid);
	unsigned long nr;

	if (!user)
		return 0;
	nr = atomic_long_read(&user->charged[what]);
	kipc_user_put(user);
	return nr;
}
