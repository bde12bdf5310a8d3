#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A prompt in the guest, with the module loaded and a kipcfs mounted.

stty sane rows "$KIPC_ROWS" cols "$KIPC_COLUMNS"
insmod /kipc/kipc.ko && mount -t kipcfs none /mnt/kipc ||
	printf '\n*** The module does not work (see above and dmesg).\n'
cd /mnt/kipc || exit
cat <<'TEXT'

This is the kipc VM; the module is loaded, and this directory is a kipcfs.
Nothing you do here touches the host. Try:

    mkfifo hello; ls -l hello
    echo "hello world" > hello & cat < hello
    kipc pipeline 'ps -ef' 'grep kipc'
    export KIPC_DEV=/mnt/kipc; kipc mk shm 1M -k 0x1234; kipc ls
    mount --bind sysvipc/shm /proc/sysvipc/shm; ipcs -m
    kipc help
    ls /kipc/selftests /kipc/bench /kipc/examples

"exit" ends the VM.

TEXT
exec bash -i
