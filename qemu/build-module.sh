#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build kipc.ko for the kernel NAME of qemu/kernels, in build/NAME/src. Further arguments
# go to the kernel's make.
#
# Environment: COMPILER=clang, build it with clang, in build/NAME-clang/src, though the
# kernel was not, and by clang 19 if it is there: newer kernels want more than Debian 12's
# own. Exit status 2: this clang is too old for that kernel.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

name=${1:?usage: build-module.sh NAME [MAKE ARGUMENT...]}
shift
read -r _ _ arch cc _ < <(kernel_line "$name")
cross=$(cross_prefix "$arch")
kdir=$BUILD/kernels/$name/kdir
case $arch in
amd64) karch=x86 ;;
*)     karch=$arch ;;
esac

args=(ARCH="$karch" CROSS_COMPILE="$cross" CC="$cross$cc")
# newer headers of Debian know these programs by their names only
[ -z "$cross" ] || export PATH="${cross%/*}:$PATH"
if [ -z "${COMPILER:-}" ]; then
	exec "$ROOT/scripts/build-module.sh" "$name" "$kdir" "${args[@]}" "$@"
fi

[ "$COMPILER" = clang ] || die "COMPILER= can only be clang"
clang=$(basename "$(command -v clang-19 clang | head -n 1)")
mapfile -t -O ${#args[@]} args < <(clang_args "$clang")
mkdir -p "$BUILD/log"
log=$BUILD/log/$name-clang-module.log
"$ROOT/scripts/build-module.sh" "$name-clang" "$kdir" "${args[@]}" \
	KCFLAGS="-Wno-unknown-warning-option -Wno-duplicate-decl-specifier -include $ROOT/qemu/clang.h" \
	"$@" 2>&1 | tee "$log" && exit
if option=$(grep -oE "clang.*: error: (unknown argument|unsupported).*" "$log" | head -n 1); then
	say "clang $("$clang" -dumpversion) is too old for kernel '$name': ${option#*: error: }"
	exit 2
fi
exit 1
