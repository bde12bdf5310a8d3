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
kmemleak=/sys/kernel/debug/kmemleak

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

# Run the fuzzer with the arguments that follow: its lines "true NAME" and "false NAME" are
# checks.
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
	done < <(cd /mnt/kipc && timeout -k 5 7200 "$fuzz" -k "$TROUBLE" "$@" 2>&1)
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

no_leak()
{
	# an object counts as leaked only when it is some seconds old
	sleep 6
	echo scan > $kmemleak
	sleep 1
	echo scan > $kmemleak
	[ -z "$(cat $kmemleak)" ] || { head -n 60 $kmemleak; return 1; }
}

# A run with one call more, that makes a mistake of the module kipc_faulty.
mistake_is_noticed()
{
	local said mistake=warning

	grep -q KASAN <(zcat /proc/config.gz 2>/dev/null) && mistake=use_after_free
	insmod /kipc/kipc.ko && insmod /kipc/kipc_faulty.ko && mkdir -p $group || return
	said=$(cd /tmp && FUZZ_FAULTY=/sys/module/kipc_faulty/parameters/commit \
		FUZZ_MISTAKE=$mistake timeout -k 5 300 "$fuzz" -t 120 -k "$TROUBLE" 2>&1)
	grep -q '^false nothing wrong is seen' <<< "$said" &&
		grep -q '^# the kernel said: ' <<< "$said" &&
		grep -q '^# worker .*PROGRAM=.*[.]faulty[.]' <<< "$said" && return
	printf '%s\n' "$said"
	return 1
}

if [ -e $kmemleak ]; then
	echo scan=off > $kmemleak
	echo scan > $kmemleak
	echo clear > $kmemleak
fi

echo "TAP version 13"
# what a mount option has wrong is said there, again and again
dmesg -n 3
check "kernel: boots without a word of trouble" kernel_is_quiet
check "module: loads" insmod /kipc/kipc.ko
prepare_faults
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
check "kernel: its log is clean at the end" kernel_is_quiet
[ ! -e /proc/lockdep_stats ] || check "kernel: lockdep was on to the end" lockdep_is_on
# last of all: what the kernel says then must not be said before
[ ! -e /kipc/kipc_faulty.ko ] ||
	check "control: a mistake is noticed, and the program told that makes it" mistake_is_noticed
verdict
