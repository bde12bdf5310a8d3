#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Refuse what the GOAL of the Makefile cannot do with the variables that it was given, before
# anything is fetched or built for it. The scripts that do it rely on that.
#
# Environment: these variables of make, and KERNELS, those that GOAL would run on.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

goal=${1:?usage: check-args.sh GOAL}

for name in SEED DIFF_SEED DIFF_SECONDS DIFF_STEPS DIFF_VERBOSE KIPC_STRESS_SECONDS; do
	[[ ${!name:-0} =~ ^[0-9]+$ ]] || die "$name=${!name} is no number"
done
[[ ${MINUTES:-1} =~ ^[1-9][0-9]*$ ]] || die "MINUTES=$MINUTES is no number of minutes"
for compiler in ${COMPILERS:-} ${COMPILER:-}; do
	[[ $compiler =~ ^(gcc|clang)$ ]] || die "no compiler '$compiler': it can be gcc or clang"
done

# Die if there is a kernel for which the pattern $1 says nothing.
only_on()
{
	local kernel

	for kernel in $KERNELS; do
		[[ $kernel =~ ^($1)$ ]] || die "make $goal is not for '$kernel', but for ${1//|/, }"
	done
}

# Print the selftests that are built for the kernel $1.
selftests()
{
	local arch

	read -r _ _ arch _ <<< "$(kernel_line "$1")"
	shift
	[ "$arch" = amd64 ] || set -- LIB32=
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$ROOT/selftests" list "$@"
}

# Die if T= has a name that is not in the list $1.
only_programs()
{
	local known=${1//$'\n'/ } program names

	read -rd '' -a names <<< "${T:-}" || true
	for program in "${names[@]}"; do
		[[ " $known " == *" $program "* ]] ||
			die "no program '$program'; there are:"$'\n'"$(fold -s -w 80 <<< "$known")"
	done
}

case $goal in
# several, or for the matrix none, which is all
matrix | controls)
	for kernel in $KERNELS; do
		kernel_line "$kernel" > /dev/null
	done
	;;
*)
	kernel_line "$KERNELS" > /dev/null
	;;
esac
case $goal in
test | coverage) only_programs "$(selftests "$KERNELS")" ;;
# what is not for arm64 is left out there
matrix)          only_programs "$(selftests 6.1)" ;;
differential)    only_programs "diff_sysv_test diff_pipe_test" ;;
bench)           only_programs "$(basename -s .c "$ROOT"/bench/*_bench.c)" ;;
apps)            only_programs "$(basename -s .sh "$ROOT"/qemu/guest/apps/*.sh)" ;;
esac
case $goal in
controls) only_on "6.1|debug|kcsan" ;;
coverage) only_on gcov ;;
fuzz)
	only_on "debug|kcsan"
	[ -z "${MINIMIZE:-}" ] || [ -n "${PROGRAM:-}" ] ||
		die 'MINIMIZE=1 needs PROGRAM="...", as a run that failed has printed it'
	[[ ${PROGRAM:-} =~ ^[A-Za-z0-9_.\;\ ]*$ ]] || die "PROGRAM is no program: $PROGRAM"
	;;
esac
