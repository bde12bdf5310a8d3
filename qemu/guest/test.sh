#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Load the module, run the selftests and look after each whether it left anything
# behind: objects, references, processes, words in the kernel's log. Then unload
# the module, load it again. The verdict is written after the last of all this.

# shellcheck source=qemu/guest/lib.sh
. /kipc/guest/lib.sh
objects=/sys/module/kipc/parameters/objects
refcnt=/sys/module/kipc/refcnt

counts()
{
	echo "$(< $objects) $(< $refcnt)"
}

counts_are()
{
	[ "$(counts)" = "$1" ]
}

# The last references may be dropped a moment after a program has ended.
counts_return_to()
{
	within 10 counts_are "$1" ||
		{ echo "objects and references were $1, are $(counts)"; return 1; }
}

session_is_empty()
{
	! pgrep -s "$1" > /dev/null
}

# What comes before the selftest program $1: it may want libkipc-preload.so, for pipes, for
# System V on an instance that each of its tests mounts, or for both on that.
environment()
{
	local lib=lib set

	case $1 in
	*_shim32) lib=lib32 ;;
	*_shim) ;;
	*) return ;;
	esac
	case $1 in
	pipe_*)	set=(KIPC_FAMILIES=pipe) ;;
	preload_fd_*)	set=(KIPC_DEV=/tmp/instance KIPC_FALLBACK=refuse) ;;
	*)	set=(KIPC_DEV=/tmp/instance KIPC_FAMILIES=sysv KIPC_FALLBACK=refuse) ;;
	esac
	echo env LD_PRELOAD=/usr/$lib/kipc/libkipc-preload.so "${set[@]}"
}

# Run the selftest program $1 in a session of its own, so that whatever it leaves
# running can be found.
run_program()
{
	local program=$1 sid status counts wrong ok=true env started=$SECONDS

	read -r -a env < <(environment "$program")

	echo "# $program"
	rm -f /run/{sid,status,left,counts}
	(
		setsid -w bash -c 'echo $$ > /run/sid; exec timeout -k 5 "$@"' - \
			"$KIPC_LIMIT" "${env[@]}" "/kipc/selftests/$program" < /dev/null 2>&1
		echo $? > /run/status
		read -r sid < /run/sid
		if ! within 5 session_is_empty "$sid"; then
			pgrep -a -s "$sid" > /run/left
			pkill -KILL -s "$sid"
		fi
	) | awk -v program="$program" -v number="$number" -v skips=/run/skips \
		-v counts=/run/counts -v needed=/run/needed -f /kipc/guest/tap.awk

	read -r status < /run/status
	read -r -a counts < /run/counts
	number=${counts[0]}
	passed=$((passed + counts[1]))
	failed=$((failed + counts[2]))
	skipped=$((skipped + counts[3]))
	wrong=${counts[*]:4}

	[ $((SECONDS - started)) -lt 20 ] || echo "# $program took $((SECONDS - started)) s"
	# what its own result lines do not say
	if [ "$status" = 124 ] || [ "$status" = 137 ]; then
		echo "# it was stopped after $KIPC_LIMIT s"
		ok=false
	elif [ "$status" -gt 128 ]; then
		echo "# it was killed by signal $((status - 128))"
		ok=false
	elif [ "$status" != 0 ] && [ "${counts[2]}" = 0 ]; then
		echo "# it exited with status $status but showed no failure"
		ok=false
	fi
	if [ "$wrong" != - ]; then
		echo "# $wrong"
		ok=false
	fi
	result $ok "$program: ran to its end and showed all its results"
	check "$program: leaves no process behind" eval '! cat /run/left 2>/dev/null'
	check "$program: leaves no object and no reference behind" counts_return_to "$baseline"
	check "$program: the kernel's log is clean" kernel_is_quiet
	# what one program left is not the next one's failure
	baseline=$(counts)
}

# Whether there is time for another program.
there_is_time()
{
	[ -z "$KIPC_MINUTES" ] || [ $SECONDS -lt $((KIPC_MINUTES * 60)) ]
}

# The program $1 is not begun: it counts as one that was skipped.
leave_out()
{
	number=$((number + 1))
	skipped=$((skipped + 1))
	echo "ok $number $1 # SKIP not begun, MINUTES=$KIPC_MINUTES are over"
}

# Every test that may be skipped is there: of the programs that have run, and of patterns of
# programs if all have.
skips_are_needed()
{
	local name status=0

	while read -r name; do
		if [ -n "$KIPC_TESTS$left_out" ] && [[ $begun != *" ${name%%:*} "* ]]; then
			continue
		elif ! grep -qxF -- "$name" /run/needed; then
			echo "selftests/skips: there is no $name"
			status=1
		fi
	done < /run/skips
	return $status
}

# Run a command and say which it was if it fails.
try()
{
	"$@" || { echo "failed: $*"; return 1; }
}

# Loading and one use of each front door.
load_and_use()
{
	try insmod /kipc/kipc.ko &&
	try test -c /dev/kipc &&
	try mount -t kipcfs none /mnt/kipc &&
	try mkfifo /mnt/kipc/f &&
	{ timeout 30 bash -c 'echo again > /mnt/kipc/f' & } &&
	try grep -qx again <(timeout 30 cat /mnt/kipc/f) &&
	try within 10 umount /mnt/kipc &&
	try counts_return_to "0 0" &&
	unload
}

unload()
{
	try rmmod kipc &&
	try test ! -e /dev/kipc &&
	try test ! -e /sys/module/kipc &&
	try eval '! grep -w kipcfs /proc/filesystems'
}

# How often each line of the module has run, if it was built to count that; the counts
# outlive the module. These files are said to be empty.
keep_counts()
{
	local file gcov=/sys/kernel/debug/gcov

	find $gcov -name '*.gcda' 2> /dev/null | while read -r file; do
		mkdir -p "$OUT$(dirname "${file#/sys/kernel/debug}")"
		cat "$file" > "$OUT${file#/sys/kernel/debug}"
	done
}

[ ! -e $kmemleak ] || forget_leaks

# the names that this kernel may skip, one "program:test" a line
: > /run/skips
: > /run/needed
if [ -e /kipc/skips ]; then
	while read -r pattern name _; do
		# shellcheck disable=SC2053 # it is meant to be a pattern
		[[ $KIPC_KERNEL == $pattern ]] && echo "$name"
	done < <(grep -v '^#' /kipc/skips) > /run/skips
fi

echo "TAP version 13"
check "kernel: boots without a word of trouble" kernel_is_quiet
check "module: loads" insmod /kipc/kipc.ko
if [ -e $objects ]; then
	baseline=$(counts)
	check "module: starts with no object and no reference" [ "$baseline" = "0 0" ]

	begun=" " left_out=""
	for program in ${KIPC_TESTS:-$(ls /kipc/selftests)}; do
		if there_is_time; then
			begun+="$program "
			run_program "$program"
		else
			left_out+="$program "
			leave_out "$program"
		fi
	done

	check "skips: what is listed is there" skips_are_needed
	[ ! -e $kmemleak ] || check "module: leaks no memory" no_leak
	check "module: unloads" unload
	for i in 1 2 3; do
		[ ! -e $refcnt ] || break
		check "module: loads, works and unloads again ($i)" load_and_use
	done
	# what only the module's own variables pointed to is lost now
	[ ! -e $kmemleak ] || check "module: leaves no memory when it goes" no_leak
fi
check "kernel: its log is clean at the end" kernel_is_quiet
[ ! -e /proc/lockdep_stats ] || check "kernel: lockdep was on to the end" lockdep_is_on
keep_counts
verdict
