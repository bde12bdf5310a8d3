#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Negative controls: for each detector a mistake that it must report, and the run must be
# judged to have failed. In few boots: some reports switch off what others need (lockdep
# stays silent after any report of memory), or leave a lock held (list_corruption).
#
# Arguments: the kernels to try, of those that check-args.sh lets through; on 6.1 it is only
# looked how the programs are judged. The last line adds up.
# Environment: SHORT=1, what fits into CI: on debug one boot of those mistakes that show at once,
# and not the programs, which are judged by the same scripts on 6.1.
set -uo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
passed=0 failed=0
work=$(mktemp -d "$BUILD/.controls.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The mistakes for kernel $1: those of one boot a line.
boots()
{
	case $1${SHORT:+-short} in
	debug-short)
		echo "unset_member unset_in_object suspicious_rcu lock_inversion sleep_in_atomic" \
			"cpu_while_preemptible free_active_timer double_call_rcu reference_underflow leak" \
			"use_after_free heap_out_of_bounds stack_out_of_bounds" \
			"global_out_of_bounds vmalloc_out_of_bounds array_index shift_too_far" \
			"bool_of_a_byte write_to_free_page"
		;;
	debug)
		echo "suspicious_rcu lock_inversion sleep_in_atomic schedule_in_atomic" \
			"cpu_while_preemptible warning taint_without_a_word" \
			"reference_underflow free_active_timer free_queued_work" \
			"double_call_rcu unset_member unset_in_object failure_of_a_page" \
			"failure_of_a_copy"
		echo "irq_inversion leak leak_after_failure leak_at_unload use_after_free" \
			"heap_out_of_bounds stack_out_of_bounds global_out_of_bounds" \
			"vmalloc_out_of_bounds array_index shift_too_far bool_of_a_byte" \
			"write_to_free_page cache_with_an_object rcu_stall workqueue_lockup" \
			"hung_task soft_lockup copy_more_than_an_object" \
			"unlock_page_that_is_not_locked list_corruption"
		echo destroyed_mutex
		;;
	kcsan | kcsan-short)
		echo "unlocked_counter missing_barrier unlocked_constant counter_in_interrupt" \
			"unset_member failure_of_a_page failure_of_a_copy warning" \
			"workqueue_lockup hung_task soft_lockup list_corruption"
		;;
	esac
}

# Add up the last line of run.sh.
part()
{
	local line status

	"$@" | tee "$work/output"
	status=${PIPESTATUS[0]}
	line=$(tail -n 1 "$work/output")
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
		[ "$status" = 0 ] || [ "${BASH_REMATCH[2]}" != 0 ] || failed=$((failed + 1))
	else
		failed=$((failed + 1))
	fi
}

# Check $1 holds if the command that follows succeeds.
check()
{
	local name=$1

	shift
	if "$@"; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "not ok $name"
	fi
}

# --- what judges the selftests: programs that behave badly, in place of them

program()
{
	printf '#!/bin/bash\necho TAP version 13\n%s\n' "$2" > "$work/programs/$1"
	chmod +x "$work/programs/$1"
}

mkdir "$work/programs"
program good 'echo 1..1; echo ok 1 it
printf "%s\n" "kmem_cache_create_usercopy(kipc_it) failed with error -12" \
	"CPU: 0 PID: 1 Comm: it" "Call Trace:" " <TASK>" " it+0x1/0x2" " </TASK>" \
	"kmem_cache_create(kipc_it) failed with error -22" "Call Trace:" |
	awk "{ print > \"/dev/kmsg\"; fflush() }"'
program fails 'echo 1..1; echo not ok 1 it; exit 1'
program shows_too_little 'echo 1..2; echo ok 1 it'
program shows_nothing 'echo 1..0'
program says_no_plan 'echo ok 1 it'
program skips 'echo 1..1; echo "# RUN it ..."; echo "ok 1 # SKIP no time"'
program may_skip 'echo 1..1; echo "# RUN it ..."; echo "ok 1 # SKIP no time"'
program skips_no_more 'echo 1..1; echo "# RUN it ..."; echo "ok 1 it"'
program exits_badly 'echo 1..1; echo ok 1 it; exit 3'
program dies 'echo 1..1; echo ok 1 it; kill -SEGV $$'
program leaves_a_process 'echo 1..1; echo ok 1 it; sleep 1000 > /dev/null 2>&1 &'
program leaves_words 'echo 1..1; echo ok 1 it; echo "WARNING: it" > /dev/kmsg'
# what is left out of the log after a cache that there was no memory for hides none of these
program leaves_words_behind_a_cache 'echo 1..1; echo ok 1 it
printf "%s\n" "kmem_cache_create(kipc_it) failed with error -12" "CPU: 0 PID: 1 Comm: it" \
	"BUG: it" "Call Trace:" " <TASK>" |
	awk "{ print > \"/dev/kmsg\"; fflush() }"'
program leaves_a_stack_behind_a_cache 'echo 1..1; echo ok 1 it
printf "%s\n" "kmem_cache_create(kipc_it) failed with error -12" "Call Trace:" " <TASK>" \
	" </TASK>" "Call Trace:" |
	awk "{ print > \"/dev/kmsg\"; fflush() }"'
program leaves_a_cache_that_is_wrong 'echo 1..1; echo ok 1 it
printf "%s\n" "kmem_cache_create(kipc_it) failed with error -17" "Call Trace:" |
	awk "{ print > \"/dev/kmsg\"; fflush() }"'
program leaves_a_mount 'echo 1..1; echo ok 1 it; mount -t kipcfs none /mnt/kipc'
program warns 'echo 1..1; echo ok 1 it
insmod /kipc/selftests/kipc_faulty.ko commit=warning'
ends='ran to its end and showed all its results'
cat > "$work/expected" <<TEXT
fails: it
shows_too_little: $ends
shows_nothing: $ends
says_no_plan: $ends
skips: it (skipped, but not listed in selftests/skips: no time)
skips_no_more: it (listed in selftests/skips, but it ran)
exits_badly: $ends
dies: $ends
leaves_a_process: leaves no process behind
leaves_words: the kernel's log is clean
leaves_words_behind_a_cache: the kernel's log is clean
leaves_a_stack_behind_a_cache: the kernel's log is clean
leaves_a_cache_that_is_wrong: the kernel's log is clean
leaves_a_mount: leaves no object and no reference behind
skips: what is listed is there
module: unloads
TEXT
cat > "$work/skips" <<TEXT
# of all kernels, and of another one
* may_skip:it
* skips_no_more:i*
* good:what_there_was
none good:it
TEXT

# Exactly that fails which should.
programs_are_judged()
{
	PROGRAMS=$work/programs SKIPS=$work/skips T="good fails shows_too_little shows_nothing
		says_no_plan skips may_skip skips_no_more exits_badly dies leaves_a_process
		leaves_words leaves_words_behind_a_cache leaves_a_stack_behind_a_cache
		leaves_a_cache_that_is_wrong leaves_a_mount" \
		"$ROOT/qemu/run.sh" test "$1" > "$work/output" && return 1
	sed -nE 's/^not ok [0-9]+ //p' "$BUILD/log/$1-test.log" | diff "$work/expected" - &&
		[[ $(tail -n 1 "$work/output") == *", $(wc -l < "$work/expected") failed, 1 skipped" ]]
}

# A warning ends the guest, and that is a failure.
warning_ends_the_guest()
{
	cp "$BUILD/$1/faulty/src/kipc_faulty.ko" "$work/programs"
	PROGRAMS=$work/programs T=warns "$ROOT/qemu/run.sh" test "$1" > "$work/output" && return 1
	grep -q 'Kernel panic - not syncing: .*panic_on_warn set' "$BUILD/log/$1-test.log" &&
		[ "$(tail -n 1 "$work/output")" = "0 passed, 1 failed" ]
}

# The fuzzer's programs are told when the guest dies of one, and kill the next one, too.
programs_of_a_dead_guest_are_told()
{
	local -x MISTAKE=last_word MINUTES=1
	local programs

	"$ROOT/scripts/fuzz.sh" "$1" > "$work/output" 2>&1 && return 1
	programs=$(sed -nE 's/^# at the same time: PROGRAM="(.*)"$/\1/p' "$work/output")
	[[ $programs == *.faulty.* ]] || { cat "$work/output"; return 1; }
	PROGRAM=$programs "$ROOT/scripts/fuzz.sh" "$1" > "$work/output" 2>&1 && return 1
	grep -q 'Kernel panic - not syncing: kipc_faulty' "$BUILD/log/$1-fuzz.log"
}

for kernel; do
	if [ "$kernel" != debug ] || [ -z "${SHORT:-}" ]; then
		check "$kernel: programs that behave badly fail" programs_are_judged "$kernel"
	fi
	[ "$kernel" != debug ] ||
		check "$kernel: a warning ends the guest" warning_ends_the_guest "$kernel"
	[ "$kernel" = 6.1 ] || [ -n "${SHORT:-}" ] ||
		check "$kernel: programs of a dead guest are told" \
			programs_of_a_dead_guest_are_told "$kernel"
	while read -r mistakes; do
		[ -z "$mistakes" ] || T=$mistakes part "$ROOT/qemu/run.sh" controls "$kernel"
	done <<< "$(boots "$kernel")"
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
