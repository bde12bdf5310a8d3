# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Perl's functions for System V IPC and its classes IPC::SharedMem, IPC::Semaphore, IPC::Msg.

natively "no segment" 60 '^shmget: Function not implemented$' 'perl /kipc/guest/apps/sysv.pl'
for class in 'Msg->new(0,' 'Semaphore->new(0, 1,' 'SharedMem->new(0, 1,'; do
	natively "no IPC::${class%%-*}" 60 '^Function not implemented$' \
		"perl -e 'use IPC::${class%%-*}; IPC::$class 01600) or die \"\$!\\n\"'"
done
on_kipc "IPC::SysV works" 120 '^counted 400 of 400, the child is done, child.s status 0
undone: 1, child.s status 0
nothing to take: EAGAIN
removed: EINVAL
twice: EEXIST
by a class, 8192 bytes, 1 attached
by address, 2 attached
values 1,1,9 of 3, last by me: yes
2 messages, 1 first 3 third
all removed$' 'perl /kipc/guest/apps/sysv.pl'
