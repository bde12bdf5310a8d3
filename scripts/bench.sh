#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Measure in the VM, in two boots of kernel NAME: once counting instructions, which
# is exact and repeatable, and once by the clock on two CPUs, of which only trends
# can be read. The results are build/bench/NAME-icount.txt and NAME-clock.txt.
# Nothing here passes or fails by a figure; only a bench that breaks fails.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

name=${1:?usage: bench.sh NAME}
out=$BUILD/bench
tmp=$(mktemp -d "$BUILD/.bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

status=0
ICOUNT=1 "$ROOT/qemu/run.sh" bench "$name" "$tmp/icount" || status=1
"$ROOT/qemu/run.sh" bench "$name" "$tmp/clock" || status=1
for kind in icount clock; do
	[ ! -e "$tmp/$kind/results" ] || cp "$tmp/$kind/results" "$out/$name-$kind.txt"
done
if [ -x "$ROOT/bench/report.py" ]; then
	"$ROOT/bench/report.py" "$out"
fi
say "results: $out/$name-icount.txt $out/$name-clock.txt"
exit $status
