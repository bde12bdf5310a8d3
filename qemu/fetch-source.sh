#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetch the linux-source package that the kernel NAME of qemu/kernels is built
# from. Leaves in build/linux-source/:
#
#   linux.tar.xz  the whole source
#   version       the package's version
#   tools/        what is used without building a kernel: the selftest harness
#                 and the check scripts
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

read -r kind suite arch _ package _ < <(kernel_line "${1:?usage: fetch-source.sh NAME}")
[ "$kind" = source ] || die "kernel '$1' is not built from source"

dir=$BUILD/linux-source
[ -e "$dir/version" ] && exit 0
hold_lock linux-source
[ -e "$dir/version" ] && exit 0

hold_lock "apt-$suite-$arch"
apt_root "$suite" "$arch"

mkdir -p "$BUILD"
tmp=$(mktemp -d "$BUILD/.linux-source.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
apt_fetch "$tmp" "$package"
dpkg-deb --fsys-tarfile "$tmp/$package"_*.deb |
	tar -xO "./usr/src/$package.tar.xz" > "$tmp/linux.tar.xz"
dpkg-deb -f "$tmp/$package"_*.deb Version > "$tmp/version"
rm "$tmp/$package"_*.deb

say "unpacking the selftest harness and the check scripts ..."
mkdir "$tmp/tools"
tar -xJf "$tmp/linux.tar.xz" -C "$tmp/tools" --strip-components=1 \
	"$package/scripts/checkpatch.pl" "$package/scripts/spelling.txt" \
	"$package/scripts/const_structs.checkpatch" "$package/scripts/kernel-doc" \
	"$package/tools/testing/selftests/kselftest.h" \
	"$package/tools/testing/selftests/kselftest_harness.h"
chmod 755 "$tmp"
rm -rf "$dir"
mv -T "$tmp" "$dir"
