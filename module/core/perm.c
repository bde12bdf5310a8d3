// SPDX-License-Identifier: GPL-2.0
/* Permissions of objects with an id, as System V has them; see table.h. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/timekeeping.h>
#include <linux/user_namespace.h>

#include "core/instance.h"
#include "core/table.h"

/**
 * kipc_perm_check - may the caller do this with an object?
 * @entry: the object
 * @wanted: bits of a mode; it does not matter in which of its three groups
 *
 * Return: 0; -EACCES if the object's mode does not grant all of @wanted and the
 * caller has no CAP_IPC_OWNER over the instance.
 */
int kipc_perm_check(struct kipc_entry *entry, umode_t wanted)
{
	kuid_t uid, euid = current_euid();
	umode_t granted;
	kgid_t gid;

	spin_lock(&entry->lock);
	uid = entry->uid;
	gid = entry->gid;
	granted = entry->mode;
	spin_unlock(&entry->lock);

	if (uid_eq(euid, entry->cuid) || uid_eq(euid, uid))
		granted >>= 6;
	else if (in_group_p(entry->cgid) || in_group_p(gid))
		granted >>= 3;
	wanted |= wanted >> 3 | wanted >> 6;
	if (!(wanted & ~granted & 07))
		return 0;
	return ns_capable(entry->obj.inst->user_ns, CAP_IPC_OWNER) ? 0 : -EACCES;
}

/* Is the caller owner or creator? */
static bool kipc_perm_is_owner(struct kipc_entry *entry)
{
	kuid_t uid, euid = current_euid();

	spin_lock(&entry->lock);
	uid = entry->uid;
	spin_unlock(&entry->lock);
	return uid_eq(euid, entry->cuid) || uid_eq(euid, uid);
}

/**
 * kipc_perm_check_owner - may the caller do what only an owner may?
 * @entry: the object
 * @cap: the capability over the instance that stands in for being the owner
 *
 * Return: 0; or -EPERM if the caller is neither owner nor creator and has not
 * that capability.
 */
int kipc_perm_check_owner(struct kipc_entry *entry, int cap)
{
	if (kipc_perm_is_owner(entry))
		return 0;
	return ns_capable(entry->obj.inst->user_ns, cap) ? 0 : -EPERM;
}

/**
 * kipc_perm_of_set - what does IPC_SET set?
 * @set: what the caller says
 * @perm: where to leave it
 *
 * Return: 0, or -EINVAL if the user or group does not exist in the caller's user
 * namespace.
 */
int kipc_perm_of_set(const struct kipc_set *set, struct kipc_perm_set *perm)
{
	perm->uid = make_kuid(current_user_ns(), set->uid);
	perm->gid = make_kgid(current_user_ns(), set->gid);
	perm->mode = set->mode & 0777;
	return uid_valid(perm->uid) && gid_valid(perm->gid) ? 0 : -EINVAL;
}

/**
 * kipc_perm_set_locked - change owner and mode of an object
 * @entry: the object, locked
 * @perm: what to
 *
 * Return: true if that makes a difference.
 */
bool kipc_perm_set_locked(struct kipc_entry *entry,
			  const struct kipc_perm_set *perm)
{
	bool differs = !uid_eq(entry->uid, perm->uid) ||
		       !gid_eq(entry->gid, perm->gid) ||
		       (entry->mode & 0777) != perm->mode;

	lockdep_assert_held(&entry->lock);
	entry->uid = perm->uid;
	entry->gid = perm->gid;
	entry->mode = (entry->mode & ~0777) | perm->mode;
	entry->ctime = ktime_get_real_seconds();
	return differs;
}

/**
 * kipc_perm_set - change owner and mode of an object as IPC_SET does
 * @entry: the object
 * @set: what to
 *
 * Return: 0; -EPERM; -EINVAL if the user or group does not exist in the caller's
 * user namespace; -EIDRM.
 */
int kipc_perm_set(struct kipc_entry *entry, const struct kipc_set *set)
{
	int ret = kipc_perm_check_owner(entry, CAP_SYS_ADMIN);
	struct kipc_perm_set perm;

	if (!ret)
		ret = kipc_perm_of_set(set, &perm);
	if (ret)
		return ret;
	spin_lock(&entry->lock);
	if (entry->gone)
		ret = -EIDRM;
	else
		kipc_perm_set_locked(entry, &perm);
	spin_unlock(&entry->lock);
	return ret;
}

/**
 * kipc_perm_fill_locked - describe an object to the caller
 * @entry: the object, locked
 * @perm: where to
 */
void kipc_perm_fill_locked(struct kipc_entry *entry, struct kipc_perm *perm)
{
	struct user_namespace *ns = current_user_ns();

	lockdep_assert_held(&entry->lock);
	perm->id = entry->gone ? KIPC_ID_SELF : entry->id;
	perm->key = entry->key;
	perm->uid = from_kuid_munged(ns, entry->uid);
	perm->gid = from_kgid_munged(ns, entry->gid);
	perm->cuid = from_kuid_munged(ns, entry->cuid);
	perm->cgid = from_kgid_munged(ns, entry->cgid);
	perm->mode = entry->mode;
	perm->seq = perm->id == KIPC_ID_SELF ? 0 : perm->id >> KIPC_INDEX_BITS;
}
