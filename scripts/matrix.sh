#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# "make matrix": the selftests on every packaged kernel of qemu/kernels, with the module
# built by gcc and by clang, and a table of what came of it. The last line adds it up. What
# cannot be run here is a row, too, and counts as skipped.
#
# Environment, as check-args.sh has let it through: KERNELS, those of qemu/kernels (default: all
# packaged ones); COMPILERS (default: gcc clang); T, the programs; SHORT=1: without T a program
# of each kind, not all of them.
# Modules that clang built always get the short list: their rows are about the compiler.
set -uo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit

# each kind of object, a race and a storm of them, mounts, the library, the command, a
# program on the preloaded library and a 32-bit one, which is left out where there is none
short="pipe_test fifo_test shm_test sem_test msg_test sig_test sem_race_test stress_pipe
	instance_test ioctl_test lib_test cmd_test preload_test_shim abi_test_32"
rows=()
passed=0 failed=0 skipped=0

# Print the programs for architecture $1 and compiler $2, nothing if that means all. Fails if
# there are none.
programs_for()
{
	local list=${T:-} program

	[ -n "$list" ] || [ "$2$SHORT" = gcc ] || list=$short
	[ -n "$list" ] || return 0
	for program in $list; do
		case $1:$program in
		amd64:*32 | *:*[!2]) printf '%s ' "$program" ;;
		esac
	done | grep .
}

# Run kernel $1, of architecture $2, with the module built by $3.
row()
{
	local name=$1 arch=$2 compiler=$3 log=$BUILD/log/matrix-$1-$3.log started=$SECONDS
	local arguments programs line status=0 note='' p=0 f=0 s=0

	arguments=(KERNEL="$name" ARCH="$arch" COMPILER="$compiler")
	# in two steps: only the first one can find that the compiler does not suit
	make --no-print-directory vm-module "${arguments[@]}" T= > "$log" 2>&1 || status=$?
	if [ "$status" = 0 ] && ! programs=$(programs_for "$arch" "$compiler"); then
		s=1 note="none of these programs is for $arch"
	elif [ "$status" = 0 ]; then
		make --no-print-directory test "${arguments[@]}" \
			T="$programs" 2>&1 < /dev/null | tee -a "$log"
		status=${PIPESTATUS[0]}
		line=$(tail -n 1 "$log")
		if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
			p=${BASH_REMATCH[1]} f=${BASH_REMATCH[2]} s=${BASH_REMATCH[4]:-0}
			[ "$status" = 0 ] || [ "$f" != 0 ] || f=1
		else
			f=1 note="no verdict, see $log"
		fi
	elif note=$(grep -E '^clang .* is too old' "$log"); then
		s=1
	else
		cat "$log"
		f=1 note="the module does not build, see $log"
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	rows+=("$(printf '%-12s %-6s %-9s %7d %7d %8d %6d s  %s' "$name" "$arch" "$compiler" \
		"$p" "$f" "$s" $((SECONDS - started)) "$note")")
}

SHORT=${SHORT:-}
# what a make above us was told is not meant for all of them
unset MAKEFLAGS MFLAGS MAKELEVEL
mkdir -p "$BUILD/log"
: "${KERNELS:=$(awk '$2 == "debian" { print $1 }' qemu/kernels)}"
for compiler in ${COMPILERS:-gcc clang}; do
	for name in $KERNELS; do
		read -r _ _ arch _ < <(kernel_line "$name")
		row "$name" "$arch" "$compiler"
	done
done

printf '\n%-12s %-6s %-9s %7s %7s %8s %8s\n' kernel arch compiler passed failed skipped time
printf '%s\n' "${rows[@]}"
line="$passed passed, $failed failed"
[ "$skipped" = 0 ] || line+=", $skipped skipped"
echo "$line"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
