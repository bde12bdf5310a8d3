#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Boot the kernel NAME of qemu/kernels with the module and all programs inside and
# run qemu/guest/MODE.sh there. What the guest leaves in its $OUT directory ends up
# in the directory RESULTS (default: none). For the modes that judge, the last line
# is the guest's verdict and the exit status says whether it is good.
#
# Environment: T, the test or bench programs to run, between blanks (default: all); MINUTES,
# how long the guest goes on to begin another test program (default: to the last), or the
# fuzzer runs; SMP, the number of CPUs; ICOUNT=1, count instructions instead of time;
# DIFF_SECONDS, DIFF_SEED, DIFF_STEPS and DIFF_VERBOSE, for diff_*_test; KIPC_STRESS_SECONDS,
# for stress_*; COMPILER=clang, the module is the one that qemu/build-module.sh made with
# clang; MODULE, another kipc.ko than that of build/NAME; FUZZ, the arguments of kipc_fuzz;
# MISTAKE, one of selftests/faulty to be planted there; APPEND, more words for the kernel's
# command line; PROGRAMS, a directory with other selftests than those of build/, and SKIPS,
# another list than selftests/skips.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

mode=${1:?usage: run.sh MODE NAME [RESULTS]}
name=${2:?usage: run.sh MODE NAME [RESULTS]}
results=${3:-}
read -r kind _ arch _ what < <(kernel_line "$name")
kernel=$BUILD/kernels/$name
built=$(programs_dir "$arch")
module=${MODULE:-$BUILD/$name${COMPILER:+-$COMPILER}/src/kipc.ko}
programs=${PROGRAMS:-$built/selftests}
skips=${SKIPS:-$ROOT/selftests/skips}
options="panic=-1 quiet log_buf_len=4M kasan_multi_shot"
# a busy host may not let the timer tick while the kernel counts its ticks
options+=" no_timer_check"
# the emulator translates code anew for each address that it runs at, and where pages of code
# are given back it looks through all of these for each byte: commands run three times as fast
options+=" norandmaps"
image=$BUILD/image/$GUEST_SUITE-$arch.cpio
[ -e "$ROOT/qemu/guest/$mode.sh" ] || die "no such mode: $mode"

# A debug kernel is some five times slower, and its shadow memory must fit as well.
case $kind in
source) memory=2048 limit=600 ;;
*)      memory=1024 limit=480 ;;
esac
# The first report ends the run, and the console then gets all of the log. But mistakes on
# purpose are to be survived, and the fuzzer is to live on and to tell which programs were
# running. KCSAN also reports races of the kernel's own, which only the guest can tell
# (kcsan.awk); in emulation a CPU does little in the time for which it stops one by default.
case $mode in
controls | fuzz) lives=true ;;
*)               lives=false; options+=" oops=panic" ;;
esac
if [[ $what == *kcsan.config* ]]; then
	options+=" kcsan.udelay_task=400 kcsan.skip_watch=2000"
elif [ "$kind" = source ] && ! $lives; then
	options+=" panic_on_warn=1 panic_print=0x20"
fi
# Free pages, and objects of slab caches, that are written to: KASAN sees only what compiled code
# does to them. And what nobody has set in an object is seen where it is given out.
[[ $what != *debug.config* ]] || options+=" page_poison=1 slub_debug=P,kipc_*,kmalloc-*"
# Debian's programs instead of ours; their commands have limits of their own.
if [ "$mode" = apps ]; then
	image=$BUILD/image/$GUEST_SUITE-$arch-apps.cpio
	memory=2048 limit=180
fi
# the storms have it for each of two kinds
limit=$((limit + ${DIFF_SECONDS:-0} + 2 * ${KIPC_STRESS_SECONDS:-0}))

mkdir -p "$BUILD/log"
tmp=$(mktemp -d "$BUILD/.run.XXXXXX")
qemu=
# However this script ends, the guest it started must not go on alone.
trap '[ -z "$qemu" ] || kill "$qemu" 2>/dev/null; rm -rf "$tmp"' EXIT

# a serial line cannot tell the guest how large the terminal behind it is
if ! size=$(stty size 2>/dev/null) || [[ ! $size =~ ^[1-9][0-9]*\ [1-9][0-9]*$ ]]; then
	size="24 80"
fi

# Build the archive that is unpacked over the guest image and runs script $1.
overlay()
{
	local dir=$tmp/overlay lib variable

	rm -rf "$dir"
	mkdir -p "$dir"/kipc/{selftests,bench,examples} "$dir/usr/bin"
	cp "$ROOT/qemu/init" "$dir/init"
	cp -r "$ROOT/qemu/guest" "$dir/kipc/guest"
	[ ! -e "$module" ] || cp "$module" "$dir/kipc/"
	[ ! -e "$BUILD/$name/faulty/src/kipc_faulty.ko" ] || [ "$1" != controls ] ||
		cp "$BUILD/$name/faulty/src/kipc_faulty.ko" "$dir/kipc/"
	[ ! -d "$programs" ] || [ "$1" = apps ] || cp -r "$programs/." "$dir/kipc/selftests"
	[ ! -d "$built/bench" ] || [ "$1" = apps ] || find "$built/bench" -maxdepth 1 -name '*_bench' \
		-exec cp -t "$dir/kipc/bench" {} +
	[ ! -d "$built/examples" ] || cp -r "$built/examples/." "$dir/kipc/examples"
	[ ! -x "$built/bin/kipc" ] || cp "$built/bin/kipc" "$dir/usr/bin/"
	install -D -m 644 "$ROOT/tools/kipc.bash-completion" \
		"$dir/usr/share/bash-completion/completions/kipc"
	# commands of other versions, for the tests
	[ "$1" != test ] || cp "$built"/bin/kipc-* "$dir/usr/bin/"
	for lib in lib lib32; do
		[ ! -e "$built/$lib/libkipc-preload.so" ] ||
			install -D -t "$dir/usr/$lib/kipc" "$built/$lib/libkipc-preload.so"
	done
	# the guest has nothing for 32-bit programs; libgcc_s is for cancelled threads
	if [ -e "$built/lib32/libkipc-preload.so" ]; then
		install -D -t "$dir/usr/lib" "$(gcc -m32 -print-file-name=ld-linux.so.2)"
		install -D -t "$dir/usr/lib32" "$(gcc -m32 -print-file-name=libc.so.6)" \
			"$(gcc -m32 -print-file-name=libgcc_s.so.1)"
		ln -s usr/lib32 "$dir/lib32"
	fi
	if [ "$1" = fuzz ]; then
		rm -rf "$dir"/kipc/{selftests,bench,examples}/*
		install -D -t "$dir/kipc/fuzz" "$built/fuzz/kipc_fuzz"
		cp "$BUILD/$name/faulty/src/kipc_faulty.ko" "$dir/kipc/"
		[ ! -e "$BUILD/fuzz/$name/corpus" ] || cp "$BUILD/fuzz/$name/corpus" "$dir/kipc/fuzz/"
	fi
	[ ! -e "$skips" ] || cp "$skips" "$dir/kipc/skips"
	find "$dir/kipc" -name '.*' -exec rm -rf {} +
	# debug information is of no use in there and would fill the memory
	"$(cross_prefix "$arch")strip" -g "$dir"/kipc/{kipc.ko,selftests/*,bench/*,examples/*} 2>/dev/null || true
	cat > "$dir/kipc/run.conf" <<-CONF
	KIPC_MODE=$1
	KIPC_KERNEL=$name
	KIPC_LIMIT=$limit
	KIPC_TESTS='${T:-}'
	KIPC_MINUTES=${MINUTES:-}
	KIPC_FUZZ='${FUZZ:-}'
	KIPC_MISTAKE=${MISTAKE:-}
	KIPC_ROWS=${size% *}
	KIPC_COLUMNS=${size#* }
	CONF
	for variable in DIFF_{SECONDS,SEED,STEPS,VERBOSE} KIPC_STRESS_SECONDS; do
		[ -z "${!variable:-}" ] || echo "export $variable=${!variable}"
	done >> "$dir/kipc/run.conf"
	(cd "$dir" && find . ! -path . -print0 | sort -z |
		cpio --quiet -0 -o -H newc -R 0:0) > "$tmp/overlay.cpio"
	cat "$image" "$tmp/overlay.cpio" > "$tmp/initrd"
}

# Become the guest, so to be called in a subshell; $1: its serial console's QEMU back
# end; $2: the longest time it may take, 0 for no limit; then QEMU's accelerator
# arguments.
boot()
{
	local console=$1 time=$2 machine tty report

	shift 2
	case $arch in
	amd64)
		machine=(qemu-system-x86_64 -M pc -serial "$console" -serial "file:$tmp/report")
		tty=ttyS0 report=ttyS1 ;;
	arm64)
		# it has one serial port of its own
		machine=(qemu-system-aarch64 -M virt -serial "$console"
			 -chardev "file,id=report,path=$tmp/report" -device "pci-serial,chardev=report")
		tty=ttyAMA0 report=ttyS0 ;;
	esac
	# the fuzzer's programs outlive the guest
	[ "$mode" != fuzz ] ||
		machine+=(-object "memory-backend-file,id=record,share=on,size=1M,mem-path=$tmp/record"
			  -device "ivshmem-plain,memdev=record")
	# what the kernel does not know it gives the first process as its environment
	exec timeout --foreground -k 10 "$time" "${machine[@]}" "$@" \
		-m "$memory" -nic none -display none -monitor none -no-reboot \
		-kernel "$kernel/vmlinuz" -initrd "$tmp/initrd" \
		-append "console=$tty $options KIPC_CONSOLE=/dev/$tty KIPC_REPORT=/dev/$report ${APPEND:-}"
}

# KVM can exist and still not be able to run a kernel: only a boot proves it.
kvm_works()
{
	local answer=$BUILD/kvm-works

	[ "$arch" = amd64 ] && grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ] || return
	if ! [ -e "$answer" ]; then
		say "trying whether KVM works here ..."
		overlay probe
		(boot null 60 -accel kvm -cpu host -smp 2 < /dev/null >&2) || true
		tar -xOf "$tmp/report" ./verdict > "$answer" 2>/dev/null || echo no > "$answer"
		rm -f "$tmp/report"
	fi
	[ "$(cat "$answer")" = yes ]
}

if [ -n "${ICOUNT:-}" ]; then
	[ "$arch" = amd64 ] || die "ICOUNT= is for amd64 only"
	# For figures the plain qemu64 CPU: with "max" the kernel copies by rep movsb,
	# which TCG runs byte by byte.
	accel=(-accel tcg -icount "shift=0,sleep=off" -smp 1)
elif kvm_works; then
	accel=(-accel kvm -cpu host -smp "${SMP:-2}")
elif [ "$arch" = arm64 ]; then
	# authentic pointer authentication would cost a third of the time
	accel=(-accel tcg -cpu "max,pauth-impdef=on" -smp "${SMP:-2}")
elif [ "$mode" = bench ]; then
	accel=(-accel tcg -smp "${SMP:-2}")
else
	# QEMU 7.2's cmpxchg16b crashes newer kernels at random. A kernel that believes rep movsb and
	# rep stosb to be fast copies and clears by these, which TCG runs byte by byte.
	accel=(-accel tcg -cpu "max,-cx16,-erms,-fsrm" -smp "${SMP:-2}")
	# All of its CPUs read one time stamp counter; a kernel that does not trust that asks a device
	# instead, which only one CPU at a time can do.
	options+=" tsc=reliable"
fi

overlay "$mode"

if [ "$mode" = shell ]; then
	# Ctrl-C belongs to the guest here.
	(boot chardev:console 0 "${accel[@]}" -chardev stdio,id=console,signal=off)
	exit
fi

# The host's limit only catches a guest that hangs: all work in there has limits of
# its own.
log=$BUILD/log/$name${COMPILER:+-$COMPILER}-$mode${ICOUNT:+-icount}.log
nr_programs=$(find "$tmp/overlay/kipc"/{selftests,bench,guest/apps} -type f | wc -l)
say "booting $name ($(cat "$kernel/release")) for '$mode'; log: $log"
mkfifo "$tmp/console"
sed -u 's/\r$//' < "$tmp/console" | tee "$tmp/log" &
show=$!
boot stdio $((600 + nr_programs * limit + ${MINUTES:-0} * 60)) "${accel[@]}" < /dev/null > "$tmp/console" 2>&1 &
qemu=$!
status=0
wait "$qemu" || status=$?
qemu=
wait "$show"
cp "$tmp/log" "$log"

# What the fuzzer was running when the guest died, to be found in the log: of each worker the last
# programs, newest first, and those that ran at the same time.
last_programs()
{
	[ "$mode" = fuzz ] || return 0
	tr -d '\0' < "$tmp/record" | grep '"$' | sort -k 3,3n -k 5,5nr |
		awk -F '"' '{ print; split($1, word, " ") }
			word[3] != last { all = all (all ? "; " : "") $2; last = word[3] }
			END { print "# at the same time: PROGRAM=\"" all "\"" }' | tee -a "$log"
}

mkdir "$tmp/out"
if [ "$status" = 124 ] || [ "$status" = 137 ]; then
	say "error: the guest did not end in time and was stopped; its console is in $log"
	last_programs
	echo "0 passed, 1 failed"
	exit 1
elif ! tar -xf "$tmp/report" -C "$tmp/out" 2>/dev/null || ! [ -s "$tmp/out/verdict" ]; then
	say "error: the guest died before its verdict; its console is in $log"
	grep -nE -m 5 'Kernel panic|BUG|WARNING' "$log" >&2 || true
	last_programs
	echo "0 passed, 1 failed"
	exit 1
fi
if [ -n "$results" ]; then
	mkdir -p "$results"
	cp -r "$tmp/out/." "$results"
fi
if grep -q ' failed' "$tmp/out/verdict" && ! grep -q ', 0 failed' "$tmp/out/verdict"; then
	echo "what failed, of '$mode' on $name:"
	awk -f "$ROOT/scripts/failures.awk" "$log"
fi
cat "$tmp/out/verdict"
grep -qE '^[1-9][0-9]* passed, 0 failed' "$tmp/out/verdict"
