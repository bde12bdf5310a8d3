#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Print the kernel symbols that the module KIPC.KO imports, in the form that is
# kept in module/imports.
set -euo pipefail

module=${1:?usage: imports.sh KIPC.KO}
[ -r "$module" ] || { echo "error: no module $module; build it first" >&2; exit 1; }
cat <<'TEXT'
# Every kernel symbol that kipc.ko imports when it is built for the 6.1 amd64 kernel
# of the VM. Each is a promise: a kernel without it cannot load the module. To accept
# a changed list: make imports
TEXT
nm -u "$module" | awk '{ print $2 }' | LC_ALL=C sort
