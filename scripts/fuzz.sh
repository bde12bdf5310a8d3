#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run kipc_fuzz in the VM on the kernel NAME, on a module that was built to tell which of its
# code is run. What is worth keeping of it is in build/fuzz/NAME: the programs that reached
# something new (corpus), with which the next run begins, and which code was reached (blocks).
#
# Environment, as check-args.sh has let it through: MINUTES, how long (default: 3); SEED;
# PROGRAM, a program as the fuzzer prints it, or several with ";" between them, to be run again
# and again instead, at the same time; MISTAKE, one of selftests/faulty: the call "faulty" makes
# it; ARGS, further arguments for kipc_fuzz.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

name=${1:?usage: fuzz.sh NAME}
minutes=${MINUTES:-3}
read -r _ _ _ cc _ < <(kernel_line "$name")

"$ROOT/scripts/build-module.sh" "$name/fuzz" "$BUILD/kernels/$name/kdir" CC="$cc" \
	KCOV_INSTRUMENT=y >&2
PARTS="Kbuild faulty.c faulty.h unseen.c" TREE=$ROOT/selftests/faulty \
	"$ROOT/scripts/build-module.sh" "$name/faulty" "$BUILD/kernels/$name/kdir" CC="$cc" >&2
module=$BUILD/$name/fuzz/src/kipc.ko
blocks=$(objdump -dr -j .text "$module" | grep -c __sanitizer_cov_trace_pc || true)
[ "$blocks" -gt 0 ] || die "the module was built without coverage: has kernel '$name' KCOV?"

arguments="-t $((minutes * 60))"
[ -z "${SEED:-}" ] || arguments+=" -s $SEED"
if [ -n "${PROGRAM:-}" ]; then
	IFS=';' read -ra programs <<< "$PROGRAM"
	for program in "${programs[@]}"; do
		[[ $program =~ ^\ *$ ]] || arguments+=" -p \"$program\""
	done
else
	arguments+=" -b $((blocks * 2 / 5))"
fi
say "fuzzing $blocks pieces of code for $minutes minutes"
mkdir -p "$BUILD/fuzz/$name"
MODULE=$module FUZZ="$arguments ${ARGS:-}" MINUTES=$minutes \
	exec "$ROOT/qemu/run.sh" fuzz "$name" "$BUILD/fuzz/$name"
