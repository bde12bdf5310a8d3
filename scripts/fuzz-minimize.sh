#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Leave out of a program of kipc_fuzz, or of several with ";" between them, for kernel NAME, what
# is not needed for the run to fail: halves, quarters and so on, then single calls. Each attempt
# is a boot. The last line is what is left.
#
# Environment, as check-args.sh has let it through: PROGRAM; MISTAKE; MINUTES, how long an
# attempt may take to fail (default: 1).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

name=${1:?usage: fuzz-minimize.sh NAME}
# a ";" is a step that can be left out like any other
read -ra steps <<< "$PROGRAM"
read -ra steps <<< "${steps[*]//;/ ; }"
export MINUTES=${MINUTES:-1}
log=$BUILD/log/$name-fuzz-minimize.log

# Whether the run fails with the steps $@, and not because these are no programs.
fails()
{
	say "trying ${#} calls: $*"
	! PROGRAM="$*" "$ROOT/scripts/fuzz.sh" "$name" > "$log" 2>&1 || return
	grep -qE '^not ok |^0 passed, 1 failed' "$log" || die "this is no run; see $log"
	! grep -q 'this is no program' "$log"
}

fails "${steps[@]}" || die "this program does not fail within $MINUTES minutes"
size=$(((${#steps[@]} + 1) / 2))
while [ ${#steps[@]} -gt 1 ] && [ $size -gt 0 ]; do
	for ((at = 0; at < ${#steps[@]} && ${#steps[@]} > 1; )); do
		rest=("${steps[@]:0:at}" "${steps[@]:at + size}")
		if [ ${#rest[@]} -gt 0 ] && fails "${rest[@]}"; then
			steps=("${rest[@]}")
		else
			at=$((at + size))
		fi
	done
	size=$((size / 2))
done
echo "PROGRAM=\"${steps[*]}\""
