#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Check the structures of the uapi header HEADER: 32-bit and 64-bit callers must
# see the same sizes and offsets, there must be no implicit padding, and each must
# have its kernel-doc. Works in the directory WORK.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

header=$(realpath "${1:?usage: abi.sh HEADER WORK}")
work=${2:?usage: abi.sh HEADER WORK}
status=0
mkdir -p "$work"

mapfile -t structs < <(sed -n 's/^struct \([a-z0-9_]*\) {$/\1/p' "$header")
[ ${#structs[@]} -gt 0 ] || die "no structures found in $header"

{
	echo "#include \"$header\""
	for s in "${structs[@]}"; do
		echo "struct $s the_$s;"
	done
} > "$work/abi.c"

for bits in 32 64; do
	gcc -m$bits -g -c -o "$work/abi$bits.o" "$work/abi.c"
	for s in "${structs[@]}"; do
		pahole -C "$s" "$work/abi$bits.o"
	done > "$work/abi$bits"
done

diff -u "$work/abi32" "$work/abi64" || status=1
if grep -nE 'hole|padding' "$work/abi64"; then
	say "$header: a structure has implicit padding"
	status=1
fi
for s in "${structs[@]}"; do
	if ! grep -q "^struct $s {" "$work/abi64"; then
		say "$header: pahole does not know struct $s"
		status=1
	fi
	if ! grep -q "^ \* struct $s - " "$header"; then
		say "$header: struct $s has no kernel-doc"
		status=1
	fi
done
echo "${#structs[@]} structures"
exit $status
