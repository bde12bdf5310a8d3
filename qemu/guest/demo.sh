#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Show the module at work with stock programs. Every step is a command as one would
# type it, and what it must print; the summary at the end says which did.

# shellcheck disable=SC2016 # commands are shown as they are typed
# shellcheck source=qemu/guest/lib.sh
. /kipc/guest/lib.sh
summary=()
cd / || exit

title()
{
	printf '\n=== %s\n' "$1"
}

# Type and run command $2, which is to show $1: its output must match the extended
# regular expression $3, all lines of it taken together.
step()
{
	local output status=FAILED

	printf '$ %s\n' "$2"
	output=$(timeout -k 5 60 bash -c "$2"$'\nwait' 2>&1 < /dev/null)
	[ -z "$output" ] || printf '%s\n' "$output"
	if [[ $output =~ $3 ]]; then
		status=ok
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf '*** expected: %s\n' "$3"
	fi
	summary+=("$(printf '%-6s  %s' "$status" "$1")")
}

# what boot said is none of the module's business
kernel_is_quiet > /dev/null
export -f kernel_is_quiet
export LOG TROUBLE

title "The module brings a device and a file system"
step "the module loads" 'insmod /kipc/kipc.ko' '^$'
step "every user may open the device" 'ls -l /dev/kipc' '^crw-rw-rw- .* /dev/kipc$'
step "a kipcfs can be mounted" 'mount -t kipcfs none /mnt/kipc; grep kipcfs /proc/mounts' '^none /mnt/kipc kipcfs '
step "all is well, says kipc itself" 'kipc doctor; echo "status $?"' 'status 0$'

echo '$ cd /mnt/kipc'
cd /mnt/kipc || exit

title "FIFOs, used by stock programs"
step "mkfifo makes one, ls shows it" 'mkfifo hello; ls -l hello' '^p.* hello$'
step "what echo writes, cat reads" 'echo "hello world" > hello & cat < hello' '^hello world$'
step "the lines of ten writers arrive whole" \
	'{ for w in {0..9}; do stdbuf -oL seq ${w}000 ${w}099 & done; wait; } > hello & sort -u hello | wc -l' '^1000$'
step "a million bytes arrive" 'head -c 1000000 /dev/zero > hello & wc -c < hello' '^1000000$'
step "polling: nothing to read yet" 'read -t 0.2 line <> hello; echo "status $?"' '^status 142$'
step "polling: woken by a writer" \
	'(sleep 0.3; echo late > hello) & read -t 20 line <> hello; echo "got $line"' '^got late$'
step "permissions hold" \
	'chmod 600 hello; setpriv --reuid user --regid user --clear-groups cat hello' 'Permission denied$'
step "its figures while somebody writes" \
	'(echo 12345; sleep 1) > hello & exec 3< hello; sleep 0.3; kipc stat hello; cat <&3' '12345$'
step "its size can be set and read" 'exec 3<> hello; kipc size hello 1M; kipc size hello' '1048576$'
step "renamed and removed like any file" 'mkdir d; mv hello d/bye; ls d; rm -r d; ls d' '^bye.ls: .*No such file'
step "another mount is another instance" \
	'mkfifo here; mkdir /tmp/other; mount -t kipcfs none /tmp/other; ls /tmp/other/here; umount /tmp/other; rm here' \
	'^ls: .*No such file'

title "Pipes made by kipc between stock programs"
step "ps | grep" "kipc pipeline 'ps -ef' 'grep kipc'" 'grep kipc'
step "both ends carry a kipc name" "kipc pipeline 'ls -l /proc/self/fd' 'grep kipc'" ' 1 -> .*kipc.*'
step "both programs see a FIFO" "kipc pipeline 'stat -L -c %F /dev/stdout' cat" '^fifo$'
step "the bytes are the same as through the kernel's own pipe" \
	"kipc pipeline 'seq 100000' 'sha256sum' > /tmp/a; seq 100000 | sha256sum > /tmp/b; cmp /tmp/a /tmp/b && echo same" '^same$'
step "a pipe of the size asked for" \
	"kipc pipeline -s 256K 'sleep 1' 'kipc size /dev/stdin'" '^262144$'
step "three programs, two pipes" "kipc pipeline 'seq 1000' 'grep 7' 'wc -l'" '^271$'
step "a writer without a reader gets SIGPIPE" \
	"kipc pipeline yes 'head -n 2'" '^y.y$'

title "Shared memory between two programs, seen by stock ipcs"
export KIPC_DEV=/mnt/kipc PATH=$PATH:/kipc/examples
echo '$ export KIPC_DEV=/mnt/kipc'
step "the instance brings its own table, in the kernel's format" 'head -n 1 sysvipc/shm' \
	'^ +key +shmid perms +size +cpid +lpid nattch +uid +gid +cuid +cgid +atime +dtime +ctime +rss +swap$'
# the row of the ring of examples/shm_ring.h while it has its key, and afterwards
if [ -e /proc/sysvipc/shm ]; then
	list='ipcs -m'
	row='0x72696e67 [0-9]+ +root +600 +[0-9]+ +2 +'
	row_removed='0x00000000 [0-9]+ +root +600 +[0-9]+ +2 +dest'
	step "ipcs is shown that instead of the kernel's" \
		'mount --bind sysvipc/shm /proc/sysvipc/shm; grep -c " /proc/sysvipc/shm " /proc/mounts' '^1$'
else
	# nothing that one could mount it over, without CONFIG_SYSVIPC
	list='kipc ls'
	row='0x72696e67 root +600 +[0-9]+ +2 '
	row_removed='0x00000000 root +600 +[0-9]+ +2 .*dest'
fi
step "at first there is nothing" "$list | grep -c 0x" '^0$'
echo '$ shm_producer $KIPC_DEV/control 300 & shm_consumer $KIPC_DEV/control 20 &'
timeout -k 5 60 shm_producer $KIPC_DEV/control 300 > /tmp/producer 2>&1 &
timeout -k 5 60 shm_consumer $KIPC_DEV/control 20 > /tmp/consumer 2>&1 &
step "a producer and a consumer have a segment attached" \
	"until $list | grep -qE '0x72696e67.* 2 '; do sleep 0.2; done; pkill -STOP shm_consumer; $list" "$row"
step "kipc tells more about it" 'kipc stat shm:$(kipc ls shm | awk "/0x72696e67/ { print \$1 }")' \
	'attachments +2.*open descriptors +0'
step "it is removed under their feet" "kipc rm shm -k 0x72696e67; $list; pkill -CONT shm_consumer" "$row_removed"
wait
step "they did not mind: all records came, in order" 'cat /tmp/producer /tmp/consumer' \
	'^producer: 300 records written.consumer: all 300 records came, in order$'
step "with the last of them the segment is gone" "$list | grep -c 0x" '^0$'
step "a segment without an id, passed on as a descriptor" 'shm_fd' \
	'the last is 998001.segments while it is mapped: 1.segments after the last use: 0$'
step "a segment that outlives its maker, until it is removed" \
	"kipc mk shm 2M -k 0x1234; $list; kipc rm shm -k 0x1234; $list | grep -c 0x" \
	'^[0-9]+.*0x00001234 .* 2097152 .*.0$'
step "one that goes with a command, whatever happens to that" \
	'kipc mk shm 2M -k 0x1234 --autoremove -- sh -c "kipc ls; kill -KILL \$\$"; kipc ls | grep -c 0x' \
	'0x00001234 .* 2097152 .*.0$'
step "one whose command cannot be run" 'kipc mk shm 2M -- /nonexistent; kipc ls | grep -c 0x' \
	"cannot run '/nonexistent'.*.0$"
step "limits are files" \
	'kipc limits shmmax=1048576; cat limits/shmmax; kipc mk shm 2M; kipc limits shmmax=0x' \
	'^1048576.kipc: cannot make .*shmmax.*kipc: cannot set the limit shmmax'
[ ! -e /proc/sysvipc/shm ] || step "ipcs sees the kernel's own again" \
	'umount /proc/sysvipc/shm; grep -c " /proc/sysvipc/shm " /proc/mounts' '^0$'

title "Semaphores: one at a time in shared memory, and a holder that dies"
# the row of the set of examples/sem_shm.c
if [ -e /proc/sysvipc/sem ]; then
	list='ipcs -s'
	row='0x73686172 [0-9]+ +root +600 +2 '
	step "ipcs is shown this instance's sets, too" \
		'mount --bind sysvipc/sem /proc/sysvipc/sem; grep -c " /proc/sysvipc/sem " /proc/mounts' '^1$'
else
	list='kipc ls sem'
	row='0x73686172 root +600 +2 '
fi
step "four processes share memory, each alone while it writes" 'sem_shm $KIPC_DEV' \
	'^left 0, right 4000, together 4000 of 4000; 0 of 4 workers were disturbed.the lock is 1$'
step "without the semaphore they get in each other's way" 'sem_shm $KIPC_DEV none' \
	'[1-4] of 4 workers were disturbed'
echo '$ sem_shm $KIPC_DEV hold &'
timeout -k 5 120 sem_shm $KIPC_DEV hold > /tmp/holder 2>&1 &
step "one has the lock and stops, the others wait for it" \
	"until kipc ls sem | grep -qE '0x73686172 .* 2 +3 +4 ' && grep 'have the lock' /tmp/holder
do sleep 0.2; done; $list" \
	"have the lock.*$row"
step "kipc tells that three wait for semaphore 0" \
	'kipc stat sem:$(kipc ls sem | awk "/0x73686172/ { print \$1 }")' \
	'waiting threads +3.*STATUS. +0 +0 +[1-9][0-9]* +3 +0.'
step "who has it, who waits, and how often, by name" 'kipc ls -l sem; kipc watch -n 2 -s 0.5' \
	'will undo sem 0 1.*waiting +.*sem_shm.*sem:[0-9]+ +2 semaphores +0 waits/s +[1-9]: .*3: sem_shm\('
step "the holder is killed: its lock is given back, and the next one told" \
	'kill -KILL $(sed -n "s/^worker \([0-9]*\): have the lock.*/\1/p" /tmp/holder)
while pgrep -x sem_shm > /dev/null; do sleep 0.2; done; cat /tmp/holder' \
	'died between the two steps.*left 999, right 3001, together 4000 of 4000; 0 of 4 .*the lock is 1$'
wait
step "set and segment went with their maker" "$list | grep -c 0x; kipc ls | grep -c 0x" '^0.0$'
step "a semaphore and a process waited for at once, by epoll" 'sem_epoll' \
	'^the worker has exited.took 50 of 50 pieces$'
step "a set that outlives its maker, until it is removed" \
	"kipc mk sem 3 -k 0x1234; $list; kipc rm sem -k 0x1234; $list | grep -c 0x" \
	'^[0-9]+.*0x00001234 .*root +600 +3 .*.0$'
[ ! -e /proc/sysvipc/sem ] || step "ipcs sees the kernel's own again" \
	'umount /proc/sysvipc/sem; grep -c " /proc/sysvipc/sem " /proc/mounts' '^0$'

title "Message queues: two processes exchange typed messages"
# the row of the queue of examples/msg_talk.h with three requests
if [ -e /proc/sysvipc/msg ]; then
	list='ipcs -q'
	row='0x74616c6b [0-9]+ +root +600 +[0-9]+ +3 '
	step "ipcs is shown this instance's queues, too" \
		'mount --bind sysvipc/msg /proc/sysvipc/msg; grep -c " /proc/sysvipc/msg " /proc/mounts' '^1$'
else
	list='kipc ls msg'
	row='0x74616c6b root +600 +[0-9]+ +3 '
fi
echo '$ msg_server &'
timeout -k 5 120 msg_server > /tmp/server 2>&1 &
step "a client asks a server, which polls its queue" \
	'until kipc ls msg | grep -q 0x74616c6b; do sleep 0.2; done; msg_client $KIPC_DEV hello' '^HELLO$'
step "the server stops" 'pkill -STOP -x msg_server; cat /tmp/server' '^ordinary request: hello$'
echo '$ msg_client $KIPC_DEV one two +three &'
timeout -k 5 60 msg_client $KIPC_DEV one two +three > /tmp/client 2>&1 &
step "three requests wait in the queue" \
	"until kipc ls msg | grep -qE '0x74616c6b .* 3 '; do sleep 0.2; done; $list" "$row"
step "kipc tells more about it" 'kipc stat msg:$(kipc ls msg | awk "/0x74616c6b/ { print \$1 }")' \
	'messages +3.*waiting senders +0.*open descriptors +2'
step "the server goes on: the urgent one is served first" \
	'pkill -CONT -x msg_server; while pgrep -x msg_client > /dev/null; do sleep 0.2; done; cat /tmp/client' \
	'^THREE.ONE.TWO$'
step "a signal ends it, which it polls for, too" \
	'pkill -TERM -x msg_server; while pgrep -x msg_server > /dev/null; do sleep 0.2; done; cat /tmp/server' \
	'served 4 requests$'
wait
step "the queue went with it" "$list | grep -c 0x; kipc ls | grep -c 0x" '^0.0$'
step "a queue that outlives its maker, until it is removed" \
	"kipc mk msg -k 0x1234; $list; kipc rm msg -k 0x1234; $list | grep -c 0x" \
	'^[0-9]+.*0x00001234 .*root +600 +0 +0 .*.0$'
[ ! -e /proc/sysvipc/msg ] || step "ipcs sees the kernel's own again" \
	'umount /proc/sysvipc/msg; grep -c " /proc/sysvipc/msg " /proc/mounts' '^0$'

title "Signal queues: standard signals merge, real-time signals do not"
echo '$ sig_listener $KIPC_DEV &'
timeout -k 5 60 sig_listener $KIPC_DEV > /tmp/listener 2>&1 &
step "it stops for a moment" \
	'until grep -q subscriber /tmp/listener; do sleep 0.2; done; pkill -STOP -x sig_listener; cat /tmp/listener' \
	'^subscriber 1 of queue [0-9]+$'
step "five times the real-time signal 40, five times the standard signal 10" \
	'sig_sender $KIPC_DEV 40 1 2 3 4 5; sig_sender $KIPC_DEV 10 6 7 8 9 10; kipc stat sig:$(kipc ls sig | awk "/0x7369676e/ { print \$1 }")' \
	'signals that wait +6.for any subscriber +0000008000000200.*sent so far +10.*merged +4'
step "it goes on: the one arrives once, the other every time, the lowest number first" \
	'pkill -CONT -x sig_listener; sig_sender $KIPC_DEV 64 0; while pgrep -x sig_listener > /dev/null; do sleep 0.2; done; sed s/,.of.*// /tmp/listener' \
	'signal 10, value 6.signal 40, value 1.signal 40, value 2.signal 40, value 3.signal 40, value 4.signal 40, value 5.signal 64, value 0$'
wait
step "the queue went with it" 'kipc ls sig | grep -c 0x' '^0$'

title "Stock programs that know nothing of kipc, on kipc"
step "ipcmk, ipcs and ipcrm in an instance of their own" \
	"kipc exec --new sh -c 'ipcmk -M 4096; ipcs -m; ipcrm -m 0; ipcs -m | grep -c 0x'" \
	'^Shared memory id: 0.*0x[0-9a-f]+ 0 +root +644 +4096 +0 .*.0$'
step "what they leave behind is told, and gone with the instance" \
	"kipc exec --new ipcmk -Q -S 3; ls -d /tmp/kipc-*; kipc ls | grep -c 0x" \
	'left behind: semaphore sets.*left behind: message queues.*went with the instance.*No such file.*.0$'
step "a user without privileges can do that, too" \
	"setpriv --reuid user --regid user --clear-groups kipc exec --new sh -c 'id -un; ipcmk -M 4096; ipcs -m; ipcrm -m 0'" \
	'^user.Shared memory id: 0.* 0 +user +644 +4096 '
step "in this instance, and each call is written down" \
	'kipc exec -q -t /tmp/calls ipcmk -M 4096 -p 600; kipc exec ipcrm -a; grep shmget /tmp/calls; kipc ls | grep -c 0x' \
	'^Shared memory id: [0-9]+.[0-9]+ shmget\(.*.0$'
unset KIPC_DEV

title "Nothing is left behind"
echo '$ cd /'
cd / || exit
step "the mount goes" 'umount /mnt/kipc; grep -c kipcfs /proc/mounts' '^0$'
step "no object is left" 'cat /sys/module/kipc/parameters/objects' '^0$'
step "the module unloads" 'rmmod kipc; ls /dev/kipc' 'No such file'
step "the kernel said nothing about it" 'kernel_is_quiet && echo quiet' '^quiet$'

title "Summary"
printf '%s\n' "${summary[@]}"
echo
number=$((passed + failed))
verdict > /dev/null
