#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run programs as Debian ships them on kipc, by its LD_PRELOAD library, on a kernel that
# has no System V IPC. Each file of qemu/guest/apps/ is one program or a few: what it
# does without kipc, what it does with it, and that nothing is left behind.

# shellcheck source=qemu/guest/lib.sh
. /kipc/guest/lib.sh
objects=/sys/module/kipc/parameters/objects
refcnt=/sys/module/kipc/refcnt
# for the commands of apps/*.sh
export SHIM=/usr/lib/kipc/libkipc-preload.so
export AS_USER="setpriv --reuid user --regid user --init-groups env HOME=/home/user"

# Run command $2 for at most $1 seconds; its output goes to $OUT/last, the words of the
# environment that follow to it.
run()
{
	local limit=$1 command=$2

	shift 2
	env "$@" timeout -k 5 "$limit" bash -c "$command" > "$OUT/last" 2>&1 < /dev/null
}

# Whether the output of the last command matches the extended regular expression $1, all
# lines of it taken together; its status was $2 and must be $3, if that is given.
judge()
{
	local output

	output=$(cat "$OUT/last")
	if [ "$2" != "${3:-$2}" ] || ! [[ $output =~ $1 ]]; then
		printf 'expected: %s\nstatus %s:\n%s\n' "$1" "$2" "$(tail -c 3000 "$OUT/last")"
		return 1
	fi
}

# Check $1: command $4, without kipc, says $3 within $2 seconds, which is that it cannot.
natively()
{
	local status=0

	run "$2" "$4" LD_PRELOAD= || status=$?
	check "$app without kipc: $1" judge "$3" "$status"
}

# Check $2: command $5 with the library $1 succeeds within $3 seconds and says $4.
succeeds()
{
	local started=$SECONDS status=0

	run "$3" "$5" LD_PRELOAD="$1" || status=$?
	check "$app: $2" judge "$4" "$status" 0
	[ $((SECONDS - started)) -lt 10 ] || echo "# took $((SECONDS - started)) s"
}

on_kipc()
{
	succeeds "$SHIM" "$@"
}

# The same for a command that finds its way to kipc itself.
by_itself()
{
	succeeds "" "$@"
}

is_idle()
{
	[ "$(cat $objects)" = 0 ] && [ "$(cat $refcnt)" = "$references" ]
}

nothing_is_left()
{
	within 20 is_idle || {
		echo "objects: $(cat $objects), references: $(cat $refcnt), at first $references"
		kipc ls
		ps -ef
		return 1
	}
}

# An option that depends on others which are off is not in the configuration at all.
option_is_off()
{
	if ! zcat /proc/config.gz > /run/config || ! grep -qx "CONFIG_MODULES=y" /run/config; then
		echo "/proc/config.gz is no configuration"
		return 1
	fi
	! grep "^CONFIG_$1=" /run/config
}

# What would be there if one of them were on
has_no_ipc()
{
	! ls -d /proc/sysvipc /proc/self/ns/ipc /proc/sys/fs/mqueue 2> /dev/null &&
		! grep -w mqueue /proc/filesystems
}

printf 'TAP version 13\n'
kernel_is_quiet > /dev/null
for option in SYSVIPC POSIX_MQUEUE IPC_NS; do
	check "kernel: built without $option" option_is_off $option
done
check "kernel: has no System V IPC, no POSIX queues and no IPC namespaces" has_no_ipc
check "library: is there" test -e "$SHIM"
check "module: loads" insmod /kipc/kipc.ko
check "kipcfs: mounts" mount -t kipcfs none /mnt/kipc
references=$(cat $refcnt)
mkdir -p /tmp/apps && cd /tmp/apps || exit

for app in ${KIPC_TESTS:-$(cd /kipc/guest/apps && echo *.sh)}; do
	app=${app%.sh}
	# shellcheck source=/dev/null # one of qemu/guest/apps
	. "/kipc/guest/apps/$app.sh"
	check "$app: leaves nothing behind" nothing_is_left
	check "$app: the kernel's log is clean" kernel_is_quiet
done

cd /
rm "$OUT/last"
check "kipcfs: unmounts" umount /mnt/kipc
check "module: unloads" rmmod kipc
check "kernel: its log is clean" kernel_is_quiet
verdict
