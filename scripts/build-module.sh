#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build kipc.ko against the kernel tree KDIR, in build/NAME/src: a mirror of
# symlinks, so that the source tree stays clean and several kernels' builds do not
# mix. Further arguments go to the kernel's make, e.g. CC=gcc-12 or W=1.
#
# Environment: TREE, the tree to build instead of this one, and PARTS, what belongs to it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

name=${1:?usage: build-module.sh NAME KDIR [MAKE ARGUMENT...]}
kdir=${2:?usage: build-module.sh NAME KDIR [MAKE ARGUMENT...]}
shift 2
[ -e "$kdir/Makefile" ] || die "$kdir is no kernel build tree (it has no Makefile)"

src=$BUILD/$name/src
hold_lock "module-${name//\//-}"
mkdir -p "$src"
read -ra parts <<< "${PARTS:-Kbuild module uapi}"
(cd "${TREE:-$ROOT}" && cp -rsfu "${parts[@]/#/$PWD/}" "$src")
find "$src" -xtype l -delete

# A kernel built by a newer compiler than ours can ask for an option that ours does not have.
cc=gcc
for arg; do
	case $arg in CC=*) cc=${arg#CC=} ;; esac
done
if grep -qs '^CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=y' "$kdir/include/config/auto.conf" &&
   ! "$cc" -fmin-function-alignment=16 -E -x c /dev/null > /dev/null 2>&1; then
	set -- CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT= "$@"
	# On arm64 ftrace writes before each function and relies on that alignment: without it,
	# loading the module is a BUG. So functions cannot be traced there.
	if grep -qs '^CONFIG_DYNAMIC_FTRACE_WITH_CALL_OPS=y' "$kdir/include/config/auto.conf"; then
		set -- CC_FLAGS_FTRACE= "$@"
	fi
fi

# What the module does not initialise on its stack is zero by the kernel's default, and no test
# could tell. For the kernels that look for errors it is something else; the last option counts.
if grep -qsE '^CONFIG_K[AC]SAN=y' "$kdir/include/config/auto.conf" &&
   "$cc" -ftrivial-auto-var-init=pattern -E -x c /dev/null > /dev/null 2>&1; then
	set -- KCFLAGS=-ftrivial-auto-var-init=pattern "$@"
fi

# what a make above us was told is not meant for the kernel's make
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u O -u T -u KERNEL -u KDIR -u ARCH \
	make -C "$kdir" M="$src" -j"$(nproc)" --no-print-directory "$@" modules
