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

# what a make above us was told is not meant for the kernel's make
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u O -u T -u KERNEL -u KDIR \
	make -C "$kdir" M="$src" -j"$(nproc)" --no-print-directory "$@" modules
