# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# kipc exec, which finds the library itself: programs in an instance of their own. It is
# quiet where what is left behind is not the question: fakeroot's daemon ends after it.

by_itself "fakeroot in an instance of its own" 60 '^0$' 'kipc exec -q --new -- fakeroot-sysv id -u'
by_itself "what a program leaves is told, and goes with the instance" 60 \
	'Shared memory id: .*left behind: shared memory segments.* 8192 .*all that went with the instance' \
	'kipc exec --new -- ipcmk -M 8192'
by_itself "other instances do not see it" 60 '^Semaphore id: [0-9]+.nothing$' \
	'kipc exec -q --new -- sh -c "ipcmk -S 3; kipc -i /dev/kipc ls sem | grep -q root || echo nothing"'
