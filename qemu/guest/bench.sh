#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run every bench program, or those asked for. Their lines are the results; the verdict
# only says which programs ran to their end.

# shellcheck source=qemu/guest/lib.sh
. /kipc/guest/lib.sh

check "module: loads" insmod /kipc/kipc.ko
# not /dev/kipc: the limits of a mount are at hand
check "kipcfs: mounts" mount -t kipcfs none /mnt/kipc
export KIPC_DEV=/mnt/kipc/control
for program in ${KIPC_TESTS:-$(ls /kipc/bench)}; do
	"/kipc/bench/$program" < /dev/null | tee -a "$OUT/results"
	status=${PIPESTATUS[0]}
	check "$program: ran to its end" [ "$status" = 0 ]
done
check "kernel: its log is clean" kernel_is_quiet
verdict
