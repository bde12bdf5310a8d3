# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: GPL-2.0
# kipc exec, which finds the library itself: programs in an instance of their own. It is
# quiet where what is left behind is not the question: fakeroot's daemon ends after it.

by_itself "fakeroot in an instance of its own" 60 '^0$' 'kipc exec -q --new -- fakeroot-sysv id -u'
by_itself "what a program leaves is told, and goes with the instance" 60 \
	'Shared memory id: .*left behind: shared memory segments.* 8192 .*all that went with the instance' \
	'kipc exec --new -- ipcmk -M 8192'
by_itself "other instances do not see it" 60 '^Semaphore id: [0-9]+.nothing$' \
	'kipc exec -q --new -- sh -c "ipcmk -S 3; kipc -i /dev/kipc ls sem | grep -q root || echo nothing"'

# An instance that root has mounted for all users, as on a machine with several of them
mkdir -p /mnt/users && mount -t kipcfs none /mnt/users
as_nobody='setpriv --reuid nobody --regid nogroup --clear-groups'
by_itself "a user's fakeroot in an instance for all users" 60 '^0$' \
	'$AS_USER kipc exec -q --instance /mnt/users -- fakeroot-sysv id -u'
by_itself "what a user leaves there is told to them" 60 \
	'left behind: shared memory segments.* user +600 +8192' \
	'$AS_USER kipc exec --instance /mnt/users -- ipcmk -M 8192 -p 600'
by_itself "another user sees it, and cannot remove it" 60 \
	' user +600 +8192 .*permission denied.*only its owner, its creator or root can' \
	"id=\$(kipc -i /mnt/users ls shm | awk '/ user / { print \$1 }')
	$as_nobody kipc -i /mnt/users ls shm
	! $as_nobody kipc exec --instance /mnt/users -- ipcrm -m \$id &&
	! $as_nobody kipc -i /mnt/users rm shm \$id"
by_itself "what the other one makes meanwhile is their own" 60 '^Message queue id: [0-9]+.gone$' \
	"$as_nobody kipc exec -q --instance /mnt/users -- sh -c 'x=\$(ipcmk -Q); echo \$x; ipcrm -q \${x##* }'
	! kipc -i /mnt/users ls msg | grep nobody && echo gone"
by_itself "its owner removes it" 60 '^$' \
	"\$AS_USER kipc exec --instance /mnt/users -- sh -c 'ipcrm -a'; ! kipc -i /mnt/users ls | grep ' user '"
within 20 umount /mnt/users
