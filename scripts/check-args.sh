#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Refuse what the GOAL of the Makefile cannot do with the variables that it was given, before
# anything is fetched or built for it.
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

# Die if there is a kernel for which the pattern $1 says nothing.
only_on()
{
	local kernel

	for kernel in $KERNELS; do
		[[ $kernel =~ ^($1)$ ]] || die "make $goal is not for '$kernel', but for ${1//|/, }"
	done
}

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
