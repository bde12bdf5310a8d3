#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetch a packaged kernel of qemu/kernels, without root and without touching the
# host. Leaves in build/kernels/NAME/:
#
#   vmlinuz   the kernel to boot
#   kdir      the directory to build modules against
#   release   what uname -r will say
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

name=${1:?usage: fetch-kernel.sh NAME}
read -r kind suite arch _ flavour < <(kernel_line "$name")
[ "$kind" = debian ] || die "kernel '$name' is not a packaged one"

dir=$BUILD/kernels/$name
[ -e "$dir/release" ] && exit 0
hold_lock "kernel-$name"
[ -e "$dir/release" ] && exit 0

hold_lock "apt-$suite-$arch"
apt_root "$suite" "$arch"

# The meta package names the newest ABI's real headers; those name the rest.
read -r headers < <(apt_depends "linux-headers-$flavour" '^linux-headers-') || die "$suite has no package linux-headers-$flavour"
release=${headers#linux-headers-}
mapfile -t parts < <(apt_depends "$headers" '^linux-(headers|kbuild)-')

mkdir -p "$BUILD/kernels"
# All work is done aside and moved into place complete: an interrupted run leaves
# nothing that looks like a kernel.
tmp=$(mktemp -d "$BUILD/kernels/.$name.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
apt_fetch "$tmp/debs" "$headers" "${parts[@]}" "linux-image-$release"
for deb in "$tmp"/debs/*.deb; do
	case $deb in
	*/linux-image-*)
		# the modules are most of it, and no test needs one
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$tmp" --wildcards './boot/vmlinuz-*' './boot/config-*' ;;
	*)
		dpkg-deb -x "$deb" "$tmp" ;;
	esac
done
rm -rf "$tmp/debs"

# Debian's headers name their common part, a neighbour, by its absolute path.
# shellcheck disable=SC2016 # it is make that expands it
sed -i 's,/usr/src/,$(dir $(lastword $(MAKEFILE_LIST)))../,' "$tmp/usr/src/$headers/Makefile"
ln -s "usr/src/$headers" "$tmp/kdir"
ln -s "boot/vmlinuz-$release" "$tmp/vmlinuz"
echo "$release" > "$tmp/release"
chmod 755 "$tmp"
rm -rf "$dir"
mv -T "$tmp" "$dir"
say "kernel $name: $release"
