# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: GPL-2.0
# An X server (Xvfb) and its clients with the MIT-SHM extension, by which images pass
# through shared memory; the server has its screen in shared memory, too.

export DISPLAY=:1
server='Xvfb :1 -nolisten tcp -extension GLX -screen 0'

# Print the command that runs client $1 below the server with the screen, and what else,
# that $2 says.
below_server()
{
	echo "$server $2 > /tmp/apps/x.log 2>&1 & x=\$!
	until xdpyinfo > /dev/null 2>&1; do kill -0 \$x 2> /dev/null || { cat /tmp/apps/x.log; exit 1; }; sleep 0.2; done
	$1
	status=\$?; kill \$x; wait \$x; exit \$status"
}

natively "no server with its screen in shared memory" 60 'shmget.*Function not implemented' \
	"timeout 30 $server 320x240x24 -shmem"
natively "no images by shared memory" 120 '^MIT-SHM.*shmget: Function not implemented' \
	"$(below_server 'xdpyinfo -queryExtensions | grep -o MIT-SHM; x11perf -repeat 1 -reps 20 -shmput100 2>&1' 800x800x24)"
on_kipc "a client puts images by shared memory and gets them" 180 \
	'MIT-SHM +\(opcode.*[1-9][0-9]* reps .*ShmPutImage 100x100.*[1-9][0-9]* reps .*ShmGetImage 100x100' \
	"$(below_server 'xdpyinfo -queryExtensions | grep MIT-SHM
	x11perf -repeat 1 -reps 20 -shmput100 -shmget100' 800x800x24)"
# The server detaches its screen when it ends, but never removes it; that is for ipcrm.
on_kipc "the screen is what the server's segment has" 120 \
	'^320x240, ([2-9]|[1-9][0-9]+) colours, sum [^ ]+.the same$' \
	"$(below_server 'xlogo -geometry 320x240+0+0 > /dev/null 2>&1 &
	id=$(sed -n "s/^screen 0 shmid //p" /tmp/apps/x.log)
	until perl /kipc/guest/apps/xwd.pl $id | grep -qv " 1 colours"; do sleep 0.2; done
	sleep 1; xwd -root -silent > /tmp/apps/screen
	perl /kipc/guest/apps/xwd.pl $id | tee /tmp/apps/seen
	perl /kipc/guest/apps/xwd.pl /tmp/apps/screen | cmp - /tmp/apps/seen && echo the same
	status=$?; ipcrm -m $id; (exit $status)' '320x240x24 -shmem')"
