// SPDX-License-Identifier: GPL-2.0
/* The locks of a semaphore set: narrow and wide; see sem.h. */
#include "obj/sem.h"

/**
 * kipc_sem_claim - make a semaphore the caller's until kipc_sem_unlock_wide()
 * @set: the set, locked wide
 * @sem: one of its semaphores, claimed already or not
 */
void kipc_sem_claim(struct kipc_sem_set *set, struct kipc_sem *sem)
{
	lockdep_assert_held(&set->lock);
	if (sem->claimed)
		return;
	/* Whoever has the lock ends; whoever takes it next sees the mark. */
	spin_lock(&sem->lock);
	WRITE_ONCE(sem->claimed, set->claims);
	spin_unlock(&sem->lock);
	set->claims = sem - set->sems + 1;
}

/**
 * kipc_sem_claim_all - claim all semaphores of a set
 * @set: the set, locked wide
 */
void kipc_sem_claim_all(struct kipc_sem_set *set)
{
	unsigned int i;

	for (i = 0; i < set->nsems; i++)
		kipc_sem_claim(set, &set->sems[i]);
}

static struct kipc_sem *kipc_sem_of_claim(struct kipc_sem_set *set, u32 claim)
{
	return claim == KIPC_SEM_CLAIM_END ? NULL : &set->sems[claim - 1];
}

/**
 * kipc_sem_first_claimed - begin to walk over the semaphores that are claimed
 * @set: the set, locked wide
 *
 * Return: the one claimed last, or NULL. The walk does not meet what is claimed
 * meanwhile.
 */
struct kipc_sem *kipc_sem_first_claimed(struct kipc_sem_set *set)
{
	lockdep_assert_held(&set->lock);
	return kipc_sem_of_claim(set, set->claims);
}

/**
 * kipc_sem_next_claimed - go on walking over the semaphores that are claimed
 * @set: the set, locked wide
 * @sem: where the walk is
 *
 * Return: the next, or NULL.
 */
struct kipc_sem *kipc_sem_next_claimed(struct kipc_sem_set *set,
				       const struct kipc_sem *sem)
{
	lockdep_assert_held(&set->lock);
	return kipc_sem_of_claim(set, sem->claimed);
}

/**
 * kipc_sem_lock_wide - lock a set for more than one of its semaphores
 * @set: the set; none of its locks is held
 *
 * The semaphores that are touched are to be claimed.
 */
void kipc_sem_lock_wide(struct kipc_sem_set *set)
	__acquires(&set->lock)
{
	spin_lock(&set->lock);
}

/**
 * kipc_sem_unlock_wide - undo kipc_sem_lock_wide(), and all claims
 * @set: the set
 */
void kipc_sem_unlock_wide(struct kipc_sem_set *set)
	__releases(&set->lock)
{
	struct kipc_sem *sem, *next;

	for (sem = kipc_sem_first_claimed(set); sem; sem = next) {
		next = kipc_sem_next_claimed(set, sem);
		sem->changed = false;
		/* Pairs with the acquire of who takes its lock. */
		smp_store_release(&sem->claimed, 0);
	}
	set->claims = KIPC_SEM_CLAIM_END;
	spin_unlock(&set->lock);
}

/**
 * kipc_sem_lock - lock a set for one of its semaphores
 * @set: the set; none of its locks is held
 * @sem: the semaphore
 *
 * Return: false if only that semaphore is locked; true if the set is locked wide
 * and the semaphore claimed, and that lock is not held.
 */
bool kipc_sem_lock(struct kipc_sem_set *set, struct kipc_sem *sem)
	__acquires(&sem->lock)
{
	spin_lock(&sem->lock);
	if (likely(kipc_sem_is_narrow(sem)))
		return false;
	spin_unlock(&sem->lock);
	kipc_sem_lock_wide(set);
	kipc_sem_claim(set, sem);
	return true;
}

/**
 * kipc_sem_unlock - undo kipc_sem_lock()
 * @set: the set
 * @sem: the semaphore
 * @wide: what kipc_sem_lock() returned
 */
void kipc_sem_unlock(struct kipc_sem_set *set, struct kipc_sem *sem, bool wide)
	__releases(&sem->lock)
{
	if (wide)
		kipc_sem_unlock_wide(set);
	else
		spin_unlock(&sem->lock);
}
