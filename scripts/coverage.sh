#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run the selftests with a module that counts how often each of its lines runs, and show
# the share of lines that have run, by file. Leaves the annotated sources in
# build/coverage.
#
# Environment: T, the selftests to run (default: all, and then 90 % of the lines must run).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

out=$BUILD/coverage
read -r _ _ _ cc _ < <(kernel_line gcov)
rm -rf "$out"
status=0
"$ROOT/qemu/run.sh" test gcov "$out/results" || status=$?
[ -d "$out/results/gcov" ] || die "the guest has left no counts"
least=90
[ -z "${T:-}" ] || least=0
"$ROOT/scripts/coverage.py" "${cc/gcc/gcov}" "$BUILD/gcov/src" "$out/results/gcov" "$out" "$least" ||
	status=1
say "what never ran: $out/missed; the sources with their counts: $out/module"
tail -n 1 "$out/results/verdict"
exit $status
