#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Install the manual pages below the directory DIR. A page of functions is found by the name
# of each that its NAME section lists.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

dir=${1:?usage: install-man.sh DIR}

for page in "$ROOT"/Documentation/man/*.[1-9]; do
	file=${page##*/}
	section=${page##*.}
	install -D -m 644 "$page" "$dir/man$section/$file"
	[ "$section" = 3 ] || continue
	while read -r name; do
		[ "$name.3" = "$file" ] || ln -sf "$file" "$dir/man3/$name.3"
	done < <(awk '/^\.SH/ { on = $2 == "NAME"; next }
		      on { for (i = 1; i <= NF; i++) {
				if ($i == "\\-")
					exit
				sub(/,$/, "", $i)
				print $i
		      } }' "$page")
done
