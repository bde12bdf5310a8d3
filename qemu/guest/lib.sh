# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Checks for the guest's scripts: TAP lines, counted. To be sourced.

number=0 passed=0 failed=0 skipped=0
# the kernel's log, moved here piece by piece as it is read
LOG=/run/dmesg

# $1 says whether check $2 holds.
result()
{
	number=$((number + 1))
	if [ "$1" = true ]; then
		passed=$((passed + 1))
		echo "ok $number $2"
	else
		failed=$((failed + 1))
		echo "not ok $number $2"
	fi
}

# Check $1 holds if the command that follows succeeds; show what it printed if not.
check()
{
	local name=$1 output

	shift
	if output=$("$@" 2>&1); then
		result true "$name"
	else
		[ -z "$output" ] || printf '# %s\n' "${output//$'\n'/$'\n# '}"
		result false "$name"
	fi
}

# Run a command for at most $1 seconds, until it succeeds.
within()
{
	local until=$((SECONDS + $1))

	shift
	until "$@"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}

# The bits of /proc/sys/kernel/tainted that are no trouble or were reported already.
# In a file: checks run in subshells. 12 and 13: a module from outside, not signed.
echo $((1 << 12 | 1 << 13)) > /run/known-taint

# What the kernel must never say. Read what it said since the last call.
TROUBLE='WARNING|(^|[^A-Z])BUG|Oops|general protection|KASAN|UBSAN|KCSAN|KFENCE|kmemleak: [0-9]+ new'
TROUBLE+='|possible (recursive|circular) locking|possible irq lock inversion|inconsistent lock state'
TROUBLE+='|circular locking|suspicious RCU|blocked for more than|hung task|soft lockup|hard LOCKUP'
TROUBLE+='|rcu.*(detected|self-detected) stall|refcount_t:|list_(add|del) corruption|bad page state'
TROUBLE+='|scheduling while atomic|sleeping function called|Objects remaining|still has objects'
TROUBLE+='|on deprecated workqueue|ODEBUG|pagealloc: |stack segment|Call Trace|unable to handle|DEBUG_LOCKS|Bad rss-counter|invalid opcode'
kernel_is_quiet()
{
	local tainted known new ours tries status=0

	new=$(dmesg -c)
	# a report may be half written
	for ((tries = 0; tries < 20 && ${#new}; tries++)); do
		[ $(($(grep -c '====================$' <<< "$new") % 2)) = 1 ] || break
		sleep 0.1
		new+=$'\n'$(dmesg -c)
	done
	if [ -n "$new" ]; then
		printf '%s\n' "$new" >> "$LOG"
		ours=$(awk -f /kipc/guest/kcsan.awk <<< "$new" | awk -f /kipc/guest/caches.awk)
		if grep -qE "$TROUBLE" <<< "$ours"; then
			printf '%s\n' "$ours"
			status=1
		fi
	fi
	tainted=$(< /proc/sys/kernel/tainted)
	known=$(< /run/known-taint)
	if [ $((tainted & ~known)) -ne 0 ]; then
		echo "/proc/sys/kernel/tainted is $tainted"
		echo $((tainted | known)) > /run/known-taint
		status=1
	fi
	return $status
}

# After any report, of whomever, lockdep switches itself off and stays silent.
lockdep_is_on()
{
	grep 'debug_locks: *1' /proc/lockdep_stats
}

kcsan=/sys/kernel/debug/kcsan

# Look for races from here on: the kernel has some of its own while it boots.
[ ! -e $kcsan ] || echo on > $kcsan

kmemleak=/sys/kernel/debug/kmemleak

# What looks like a leak so far is none of ours; from here on only no_leak() looks for more.
forget_leaks()
{
	echo scan=off > $kmemleak
	echo scan > $kmemleak
	echo clear > $kmemleak
}

no_leak()
{
	# an object counts as leaked only when it is some seconds old
	sleep 6
	if ! { echo scan > $kmemleak && sleep 1 && echo scan > $kmemleak; }; then
		echo "kmemleak has switched itself off"
		return 1
	fi
	[ -z "$(cat $kmemleak)" ] || { head -n 60 $kmemleak; return 1; }
}

# All kinds of allocations of a task that asks for it can fail, without a word in the log.
prepare_faults()
{
	local dir file

	for dir in failslab fail_page_alloc fail_usercopy; do
		for file in ignore-gfp-wait=N ignore-gfp-highmem=N min-order=0 task-filter=Y verbose=0; do
			[ ! -e /sys/kernel/debug/$dir/${file%=*} ] ||
				echo "${file#*=}" > /sys/kernel/debug/$dir/${file%=*}
		done
	done
}

# Write the verdict. To be the last thing a script does.
verdict()
{
	local line="$passed passed, $failed failed"

	[ "$skipped" = 0 ] || line+=", $skipped skipped"
	echo "1..$number"
	cp "$LOG" "$OUT/dmesg" 2>/dev/null
	echo "$line" > "$OUT/verdict"
}
