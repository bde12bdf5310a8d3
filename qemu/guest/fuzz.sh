#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run kipc_fuzz for a while, on a module that tells what of it is run, and look afterwards
# whether anything is left: objects, references, memory, words in the kernel's log. What
# the fuzzer sees of trouble itself it reports with the programs that were running.

# shellcheck source=qemu/guest/lib.sh
. /kipc/guest/lib.sh
fuzz=/kipc/fuzz/kipc_fuzz
group=/sys/fs/cgroup/kipc-fuzz
objects=/sys/module/kipc/parameters/objects
refcnt=/sys/module/kipc/refcnt

# A group for the workers, so that none of their children is lost, and limits of the default
# instance with which what they make fits into memory.
prepare_room()
{
	mkdir $group &&
	echo 800M > $group/memory.max &&
	echo 200 > $group/pids.max &&
	mount -t kipcfs -o default,dirmode=1777 none /mnt/kipc &&
	kipc limits shmall=32768 shmmni=200 'sem=32000 100000 500 200' msgmni=200 sigmni=200
}

# Where the host can see which programs are run, also when this machine has died: memory of a
# device that is a file there.
record()
{
	local device

	for device in /sys/bus/pci/devices/*; do
		[ "$(cat "$device/vendor" "$device/device")" != $'0x1af4\n0x1110' ] ||
			echo "$device/resource2"
	done
}

# Run the fuzzer in $1, at most $2 seconds, with the arguments that follow. What it hears of the
# kernel's log is judged as kernel_is_quiet() does, without the kernel's own races.
run_fuzzer()
{
	local dir=$1 time=$2 log reader status

	shift 2
	# from what kernel_is_quiet() has read last
	exec {log}< <(dmesg --follow | awk -f /kipc/guest/kcsan.awk)
	reader=$!
	(cd "$dir" && exec timeout -k 5 "$time" "$fuzz" -k "$TROUBLE" -l "/dev/fd/$log" \
		-r "$(record)" "$@" 2>&1)
	status=$?
	exec {log}<&-
	pkill -P $reader
	return $status
}

# Its lines "true NAME" and "false NAME" are checks.
fuzz()
{
	local line ended=false

	while IFS= read -r line; do
		case $line in
		'true '* | 'false '*)
			ended=true
			result "${line%% *}" "fuzzer: ${line#* }" ;;
		*)
			printf '%s\n' "$line" ;;
		esac
	done < <(run_fuzzer /mnt/kipc $((KIPC_MINUTES * 60 + 1800)) "$@")
	result $ended "fuzzer: ran to its end"
}

is_idle()
{
	[ "$(cat $objects) $(cat $refcnt)" = "0 0" ]
}

nothing_is_left()
{
	within 60 is_idle || {
		echo "objects: $(cat $objects), references: $(cat $refcnt)"
		ps -ef
		return 1
	}
}

group_is_empty()
{
	rmdir $group
}

# What makes mistakes; the fuzzer has one call more, that makes the one of FUZZ_MISTAKE.
export FUZZ_FAULTY=/sys/module/kipc_faulty/parameters/commit
plant()
{
	[ -e /sys/module/kipc_faulty ] || insmod /kipc/kipc_faulty.ko
}

# A run with a mistake planted finds it; then one of the programs that it prints does alone.
mistake_is_noticed()
{
	local said again program mistake=use_after_free

	[ ! -e $kcsan ] || mistake=unlocked_counter
	{ [ -e $objects ] || insmod /kipc/kipc.ko; } && plant && mkdir -p $group || return
	export FUZZ_MISTAKE=$mistake
	said=$(run_fuzzer /tmp 600 -t 120)
	program=$(sed -nE 's/^# worker .*PROGRAM="(.*[.]faulty[.].*)"$/\1/p' <<< "$said" | head -n 1)
	if ! grep -q '^false nothing wrong is seen' <<< "$said" || [ -z "$program" ] ||
	   ! grep -q '^# the kernel said: ' <<< "$said"; then
		echo "$mistake is not found, or not the program that makes it:"
		printf '%s\n' "$said"
		return 1
	fi
	# KCSAN says the same only once in some seconds
	kernel_is_quiet > /dev/null
	again=$(run_fuzzer /tmp 600 -t 120 -p "$program")
	grep -q '^# the kernel said: ' <<< "$again" && return
	echo "it is not found again by PROGRAM=\"$program\":"
	printf '%s\n' "$again"
	return 1
}

[ ! -e $kmemleak ] || forget_leaks

echo "TAP version 13"
# what a mount option has wrong is said there, again and again
dmesg -n 3
check "kernel: boots without a word of trouble" kernel_is_quiet
check "module: loads" insmod /kipc/kipc.ko
prepare_faults
if [ -n "$KIPC_MISTAKE" ]; then
	check "a mistake is planted" plant
	export FUZZ_MISTAKE=$KIPC_MISTAKE
fi
check "kipcfs: mounts, and takes limits" prepare_room
# shellcheck disable=SC2086 # these are words
eval "fuzz -c /kipc/fuzz/corpus -o $OUT/corpus -m $OUT/blocks $KIPC_FUZZ"
cp /sys/module/kipc/sections/.text "$OUT/text"
check "fuzzer: leaves no process behind" within 60 group_is_empty
rm -rf /mnt/kipc/f* /mnt/kipc/d
check "kipcfs: unmounts" within 60 umount /mnt/kipc
check "module: no object and no reference is left" nothing_is_left
check "kernel: its log is clean" kernel_is_quiet
[ ! -e $kmemleak ] || check "module: leaks no memory" no_leak
check "module: unloads" rmmod kipc
[ ! -e $kmemleak ] || check "module: leaves no memory when it goes" no_leak
check "kernel: its log is clean at the end" kernel_is_quiet
[ ! -e /proc/lockdep_stats ] || check "kernel: lockdep was on to the end" lockdep_is_on
# last of all: what the kernel says then must not be said before
[[ $KIPC_FUZZ == *-p* ]] ||
	check "control: a mistake is noticed, and the program told that makes it" mistake_is_noticed
verdict
