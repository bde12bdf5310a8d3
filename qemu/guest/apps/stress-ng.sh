# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: GPL-2.0
# stress-ng's stressors of what kipc has, each with its own verification.

# Run the stressor $1 for some seconds with its options $4; meanwhile the instance $3 has
# some of what kipc's figures call $2.
stress()
{
	on_kipc "$1, verified" 200 \
		"\"$2\": [1-9].*stress-ng: metrc: .* $1 +[1-9][0-9]* .*successful run completed" \
		"stress-ng --$1 2 --verify --metrics-brief --timeout 8 --temp-path /mnt/kipc $4 \
			> /tmp/apps/stress 2>&1 &
		until kipc -i $3 stat -j > /tmp/apps/stat && grep -E '\"$2\": [1-9]' /tmp/apps/stat
		do kill -0 \$! || break; sleep 0.1; done
		wait \$!; status=\$?; cat /tmp/apps/stress; exit \$status"
}

# It tries without end, and counts what it has done; it has no words for that.
natively "not one operation on shared memory" 60 'shm-sysv +0 .*shm-sysv +0\.00 nanosecs per shmget' \
	'stress-ng --shm-sysv 1 --metrics-brief --timeout 2'
natively "no semaphores" 60 'semaphore init .System V. failed: .*Function not implemented' \
	'stress-ng --sem-sysv 1 --timeout 2'
natively "no message queues" 60 'msgget out of resources or not implemented' \
	'stress-ng --msg 1 --timeout 2'
stress shm-sysv shm_segments /dev/kipc '--shm-sysv-bytes 1M --shm-sysv-segs 4'
stress sem-sysv sem_sets /dev/kipc
stress msg msg_queues /dev/kipc '--msg-types 4'
stress pipe pipes /dev/kipc
stress fifo fifos /mnt/kipc
