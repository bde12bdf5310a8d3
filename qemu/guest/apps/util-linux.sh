# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: GPL-2.0
# The stock tools for System V IPC: ipcmk, ipcs, lsipc, ipcrm.

natively "ipcmk makes no segment" 60 'Function not implemented' 'ipcmk -M 4096'
natively "ipcmk makes no semaphores" 60 'Function not implemented' 'ipcmk -S 2'
natively "ipcmk makes no queue" 60 'Function not implemented' 'ipcmk -Q'
natively "ipcs knows no shared memory" 60 'kernel not configured for shared memory' \
	'ipcs -mu'
natively "ipcs knows no limits" 60 'unable to fetch message limits.*shared memory.*semaphore' \
	'ipcs -l'
natively "ipcrm removes nothing" 60 'id failed: Function not implemented' 'ipcrm -m 1'
natively "lsipc finds room for no queue" 60 'MSGMNI +Number of message queues +0 ' 'lsipc'
id='{ print $NF }'
on_kipc "ipcmk and ipcs: a segment" 60 '^0x[0-9a-f]+ +[0-9]+ +root +640 +8192 +0 +$' \
	"id=\$(ipcmk -M 8192 -p 640 | awk '$id') && ipcs -m | awk -v id=\$id '\$2 == id'"
on_kipc "ipcmk and ipcs: semaphores" 60 '^0x[0-9a-f]+ +[0-9]+ +root +640 +7 +$' \
	"id=\$(ipcmk -S 7 -p 640 | awk '$id') && ipcs -s | awk -v id=\$id '\$2 == id'"
on_kipc "ipcmk and ipcs: a queue" 60 '^0x[0-9a-f]+ +[0-9]+ +root +640 +0 +0 +$' \
	"id=\$(ipcmk -Q -p 640 | awk '$id') && ipcs -q | awk -v id=\$id '\$2 == id'"
on_kipc "kipc lists them, too" 60 '8192.*640' 'kipc ls'
on_kipc "ipcs -i tells about the semaphores of a set" 60 'nsems = 7.*semnum +value.*6 +0 +0 +0 +' \
	"ipcs -s -i \$(ipcs -s | awk '/root/ { print \$2 }')"
on_kipc "ipcs -u adds up" 60 'allocated queues = 1.*segments allocated 1.*used arrays = 1' 'ipcs -u'
on_kipc "ipcs -l tells kipc's limits" 60 \
	'max queues system wide = 66.*max number of segments = 77.*max number of arrays = ' \
	'export KIPC_DEV=/mnt/kipc; kipc limits msgmni=66 shmmni=77 > /dev/null && ipcs -l'
on_kipc "lsipc: segments" 60 ' rw-r----- +root +8K +0 ' 'lsipc -m'
on_kipc "lsipc: sets" 60 ' rw-r----- +root +7( |$)' 'lsipc -s'
on_kipc "lsipc: queues" 60 ' rw-r----- +root +0B +0 ' 'lsipc -q'
on_kipc "lsipc: how much there is of what" 60 \
	'MSGMNI [^0-9]*32000 +1 .*SHMMNI [^0-9]*4096 +1 .*SEMMNS [^0-9]*1024000000 +7 ' 'lsipc'
on_kipc "ipcrm by id and by key" 60 '^$' \
	"ipcrm -m \$(ipcs -m | awk '/root/ { print \$2 }') -S \$(ipcs -s | awk '/root/ { print \$1 }') \
		-q \$(ipcs -q | awk '/root/ { print \$2 }')"
on_kipc "ipcrm removes all" 60 '^0$' \
	'ipcmk -M 1 -S 1 -Q > /dev/null && ipcrm -a && ipcs | grep -c root || true'
on_kipc "ipcrm says what is not there" 60 'invalid id|already removed' '! ipcrm -m 12345 2>&1'
