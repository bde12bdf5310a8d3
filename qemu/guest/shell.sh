#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A prompt in the guest, with the module loaded and a kipcfs mounted.

stty sane rows "$KIPC_ROWS" cols "$KIPC_COLUMNS"
insmod /kipc/kipc.ko && mount -t kipcfs none /mnt/kipc ||
	printf '\n*** The module does not work (see above and dmesg).\n'
export PATH=$PATH:/kipc/examples
cd /mnt/kipc || exit
cat <<'TEXT'

This is the kipc VM; the module is loaded, and this directory is a kipcfs.
Nothing you do here touches the host. Try:

    mkfifo hello; ls -l hello
    echo "hello world" > hello & cat < hello
    kipc pipeline 'ps -ef' 'grep kipc'
    export KIPC_DEV=/mnt/kipc; kipc mk shm 1M -k 0x1234; kipc ls
    mount --bind sysvipc/shm /proc/sysvipc/shm; ipcs -m
    kipc exec ipcrm -M 0x1234  # by itself ipcrm removes the kernel's own
    umount /proc/sysvipc/shm   # before an umount of /mnt/kipc
    kipc mk sem 2 -k 0x1234; kipc stat sem:0; kipc rm sem -k 0x1234
    sem_shm; sem_shm . hold &  # a lock that is given back: kill -KILL its holder
    msg_server & sleep 1; msg_client . one two +three; kill $!
    shm_fd; ls /kipc/examples  # a C file in examples/ of the host comes here, too
    kipc exec --new bash       # all that you run there is on an instance of its own
    kipc watch                 # q ends it; kipc help tells the rest
    ls /kipc/selftests /kipc/bench

"exit" ends the VM.

TEXT
exec bash -i
