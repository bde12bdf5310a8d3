#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Commit the mistakes of selftests/faulty, one after the other, and see that those checks
# that judge the runs of the selftests (kernel_is_quiet, no_leak, lockdep_is_on) do not
# let them pass. Some end what others need, so scripts/controls.sh says which to commit
# in one boot, and in which order.

# shellcheck source=qemu/guest/lib.sh
. /kipc/guest/lib.sh
faulty=/sys/module/kipc_faulty/parameters/commit

# In a process of its own: it may not survive it.
commit()
{
	bash -c "echo $1 > $faulty"
}

# Commit the mistake $1, by the command $4 if there is one: within $3 seconds the check of the
# kernel's log fails and what it shows then matches $2.
log_shows()
{
	local mistake=$1 words=$2 until judged=quiet all='' new

	"${4:-commit}" "$mistake"
	until=$((SECONDS + ${3:-10}))
	until grep -qE -- "$words" <<< "$all" && [ $judged = trouble ]; do
		if [ $SECONDS -ge $until ]; then
			echo "the check says $judged; expected: $words; the log since:"
			printf '%s\n' "$all"
			return 1
		fi
		new=$(kernel_is_quiet) || judged=trouble
		all+=$new$'\n'
		sleep 0.1
	done
}

# Commit the mistake $1, a race, until the log shows $2: whether two CPUs meet is chance,
# the more so on a busy host.
race_is_found()
{
	local i

	for ((i = 0; i < 30; i++)); do
		! log_shows "$1" "$2" 1 > /dev/null || return 0
	done
	echo "the log never shows: $2"
	return 1
}

# Commit a mistake by the command $1 and see no_leak() fail, and because of this module.
no_leak_fails_after()
{
	local i said

	forget_leaks
	# a stack may happen to hold one of them still
	for ((i = 0; i < 5; i++)); do
		"$@"
	done
	if said=$(no_leak); then
		echo "no_leak() found nothing"
		return 1
	fi
	grep -F kipc_faulty <<< "$said" > /dev/null || { printf '%s\n' "$said"; return 1; }
	forget_leaks
}

# Let each allocation and copy of a process that commits the mistake $1 fail, as
# selftests/failnth.h does: the first, the second, and so on.
commit_with_failures()
{
	local n

	for ((n = 1; n < 40; n++)); do
		bash -c "echo $n > /proc/self/fail-nth; echo $1 > $faulty" 2> /dev/null
	done
}

# No failure, no warning.
failure_shows()
{
	commit "$1"
	kernel_is_quiet || { echo "it warns without a failure"; return 1; }
	log_shows "$1" "WARNING: .* $1" 10 commit_with_failures
}

# No failure, no leak: it is really the failures that show this one.
leak_after_failure()
{
	forget_leaks
	commit leak_after_failure
	no_leak || { echo "it leaks without a failure"; return 1; }
	no_leak_fails_after commit_with_failures leak_after_failure
}

# As long as the module is there, it is no leak. Who allocated it has no name any more then, but
# it holds its own.
leak_at_unload()
{
	local said

	forget_leaks
	commit leak_at_unload
	no_leak || { echo "it leaks before"; return 1; }
	rmmod kipc_faulty
	said=$(no_leak)
	insmod /kipc/kipc_faulty.ko
	forget_leaks
	grep -F leak_at_unload <<< "$said" > /dev/null || { printf '%s\n' "$said"; return 1; }
}

lockdep_goes_off()
{
	lockdep_is_on || { echo "lockdep is off before"; return 1; }
	log_shows lock_inversion 'possible circular locking dependency' || return
	! lockdep_is_on || { echo "lockdep_is_on() has not noticed"; return 1; }
}

hung_task()
{
	echo 2 > /proc/sys/kernel/hung_task_timeout_secs
	log_shows hung_task 'kipc_faulty.* blocked for more than' 30 || return
	echo 60 > /proc/sys/kernel/hung_task_timeout_secs
}

soft_lockup()
{
	echo 1 > /proc/sys/kernel/watchdog_thresh
	log_shows soft_lockup 'soft lockup.*kipc_faulty' 30
}

# Where lockdep proves RCU right it is given five seconds more.
rcu_stall()
{
	echo 3 > /sys/module/rcupdate/parameters/rcu_cpu_stall_timeout
	log_shows rcu_stall 'rcu: INFO: .*detected stall'
}

workqueue_lockup()
{
	echo 2 > /sys/module/workqueue/parameters/watchdog_thresh
	log_shows workqueue_lockup 'BUG: workqueue lockup'
}

# The judge of the tests' own for what the kernel gives out by the file $1.
is_noticed()
{
	local said

	if ! said=$(/kipc/selftests/judge_test) ||
	   ! grep "looked at .*/$1$" <<< "$said" > /dev/null; then
		printf '%s\n' "$said"
		return 1
	fi
}

# The control $1, what it shows in words.
control()
{
	case $1 in
	use_after_free)        log_shows "$1" "KASAN: (slab-)?use-after-free in $1" ;;
	heap_out_of_bounds)    log_shows "$1" "KASAN: slab-out-of-bounds in $1" ;;
	stack_out_of_bounds)   log_shows "$1" "KASAN: stack-out-of-bounds in $1" ;;
	global_out_of_bounds)  log_shows "$1" "KASAN: global-out-of-bounds in $1" ;;
	vmalloc_out_of_bounds) log_shows "$1" "KASAN: vmalloc-out-of-bounds in $1" ;;
	write_to_free_page)    log_shows "$1" 'pagealloc: memory corruption' ;;
	copy_more_than_an_object)
		log_shows "$1" 'usercopy: Kernel memory exposure attempt.*kmalloc' ;;
	unlock_page_that_is_not_locked)
		log_shows "$1" 'VM_BUG_ON_[A-Z]*\(!folio_test_locked' ;;
	failure_of_a_page)     failure_shows "$1" ;;
	failure_of_a_copy)     failure_shows "$1" ;;
	leak)                  no_leak_fails_after commit leak ;;
	leak_after_failure)    leak_after_failure ;;
	leak_at_unload)        leak_at_unload ;;
	cache_with_an_object)  log_shows "$1" 'Objects remaining in kipc_faulty' ;;
	array_index)           log_shows "$1" 'UBSAN: array-index-out-of-bounds' ;;
	shift_too_far)         log_shows "$1" 'UBSAN: shift-out-of-bounds' ;;
	bool_of_a_byte)        log_shows "$1" 'UBSAN: invalid-load' ;;
	irq_inversion)         log_shows "$1" 'possible irq lock inversion dependency' ;;
	destroyed_mutex)       log_shows "$1" 'DEBUG_LOCKS_WARN_ON\(lock->magic != lock\)' ;;
	cpu_while_preemptible) log_shows "$1" 'BUG: using smp_processor_id\(\) in preemptible' ;;
	lock_inversion)        lockdep_goes_off ;;
	sleep_in_atomic)       log_shows "$1" 'sleeping function called from invalid context' ;;
	schedule_in_atomic)    log_shows "$1" 'scheduling while atomic' ;;
	suspicious_rcu)        log_shows "$1" 'suspicious RCU usage' ;;
	free_active_timer)     log_shows "$1" 'ODEBUG: free active.*timer_list' ;;
	free_queued_work)      log_shows "$1" 'ODEBUG: free active.*work_struct' ;;
	double_call_rcu)       log_shows "$1" 'ODEBUG: activate active.*rcu_head' ;;
	reference_underflow)   log_shows "$1" 'refcount_t: .*leaking memory|refcount_t: underflow' ;;
	list_corruption)       log_shows "$1" 'list_del corruption' ;;
	hung_task)             hung_task ;;
	soft_lockup)           soft_lockup ;;
	rcu_stall)             rcu_stall ;;
	workqueue_lockup)      workqueue_lockup ;;
	unlocked_counter)      race_is_found "$1" 'KCSAN: data-race in count' ;;
	missing_barrier)       race_is_found "$1" 'reordered to: count_locked' ;;
	unlocked_constant)     race_is_found "$1" 'KCSAN: data-race in store_the_same' ;;
	counter_in_interrupt)  race_is_found "$1" 'data-race in count_in(_interrupt|terrupted)' ;;
	unset_member | unset_in_object)
		is_noticed "$1" ;;
	warning)               log_shows "$1" 'WARNING: .* warning' ;;
	taint_without_a_word)  log_shows "$1" '/proc/sys/kernel/tainted is' ;;
	*)                     echo "no such control"; return 1 ;;
	esac
}

[ ! -e $kmemleak ] || forget_leaks

prepare_faults

echo "TAP version 13"
check "kernel: boots without a word of trouble" kernel_is_quiet
check "the faulty module loads, and as long as it does nothing all is well" \
	eval 'insmod /kipc/kipc_faulty.ko && kernel_is_quiet'
for mistake in $KIPC_TESTS; do
	check "$mistake: does not pass" control "$mistake"
	sleep 0.5
	within 20 kernel_is_quiet > /dev/null
done
verdict
