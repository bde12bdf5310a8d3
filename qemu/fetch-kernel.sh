#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetch a packaged kernel of qemu/kernels, without root and without touching the
# host. Leaves in build/kernels/NAME/:
#
#   vmlinuz   the kernel to boot
#   kdir      the directory to build modules against, on this host
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

mkdir -p "$BUILD/kernels"
# All work is done aside and moved into place complete: an interrupted run leaves
# nothing that looks like a kernel.
tmp=$(mktemp -d "$BUILD/kernels/.$name.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# In the private apt root of suite $1 for architecture $2: run $3...
in_suite()
(
	hold_lock "apt-$1-$2"
	apt_root "$1" "$2"
	"${@:3}"
)

# Fetch the packages $@, and what they need.
fetch_closure()
{
	local packages

	mapfile -t packages < <(apt_closure "$@")
	[ ${#packages[@]} -gt 0 ] || die "cannot tell what $* need (see above)"
	apt_fetch "$tmp/debs" "${packages[@]}"
}

# The meta package names the newest ABI's real headers; those name the rest.
resolve()
{
	local headers image

	read -r headers < <(apt_depends "linux-headers-$flavour" '^linux-headers-') ||
		die "$suite has no package linux-headers-$flavour"
	image=linux-image-${headers#linux-headers-}
	# what is booted is in the image, or in what newer images depend on
	echo "$headers $image $(apt_depends "$headers" '^linux-(headers|kbuild)-') $(apt_depends "$image" '^linux-binary-')"
}

resolved=$(in_suite "$suite" "$arch" resolve)
read -r headers _ <<< "$resolved"
release=${headers#linux-headers-}
for package in $resolved; do
	case $package in
	linux-kbuild-*) kbuild=$package ;;
	*)              parts+=("$package") ;;
	esac
done
in_suite "$suite" "$arch" apt_fetch "$tmp/debs" "${parts[@]}"
# its programs run here, whatever they build for
in_suite "$suite" amd64 apt_fetch "$tmp/debs" "${kbuild:?"no package linux-kbuild in $resolved"}"
for deb in "$tmp"/debs/*.deb; do
	case $deb in
	*/linux-image-* | */linux-binary-*)
		# the modules are most of it, and no test needs one; not all of these have it
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$tmp" --wildcards './boot/vmlinuz-*' './usr/lib/modules/*/vmlinuz' \
				2> /dev/null || true ;;
	*)
		dpkg-deb -x "$deb" "$tmp" ;;
	esac
done
rm -rf "$tmp/debs"
vmlinuz=$(cd "$tmp" && ls "boot/vmlinuz-$release" "usr/lib/modules/$release/vmlinuz" 2> /dev/null) ||
	[ -n "$vmlinuz" ] || die "no kernel in ${parts[*]}"

# Debian's headers name their common part, a neighbour, by its absolute path.
# shellcheck disable=SC2016 # it is make that expands it
sed -i 's,/usr/src/,$(dir $(lastword $(MAKEFILE_LIST)))../,' "$tmp/usr/src/$headers/Makefile"
# with it, kbuild would want to add type information to the module
rm -f "$tmp/usr/src/$headers/vmlinux"

# Programs of $kbuild that want a newer C library than there is here get it, and the other
# libraries that they were built with, from their own suite.
mapfile -t programs < <(find "$tmp/usr/lib/$kbuild" -type f -perm -100 -print0 |
	xargs -0 ldd 2>&1 | awk '/^\// && /: version .* not found/ { sub(":.*", ""); print }' | sort -u)
if [ ${#programs[@]} -gt 0 ]; then
	mapfile -t libs < <(in_suite "$suite" amd64 apt_depends "$kbuild" '^(lib|zlib)')
	in_suite "${suite%-backports}" amd64 fetch_closure "${libs[@]}"
	mkdir "$tmp/libs"
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$tmp/libs" --wildcards --exclude '*/gconv' --exclude '*/engines-3' \
				--transform 's,.*/,,' '*/lib/x86_64-linux-gnu/*.so*' 2> /dev/null || true
	done
	rm -rf "$tmp/debs"
	for program in "${programs[@]}"; do
		to_libs=$(realpath --relative-to "$(dirname "$program")" "$tmp/libs")
		mv "$program" "$program.real"
		cat > "$program" <<-WRAPPER
		#!/bin/sh
		d=\${0%/*}
		exec "\$d/$to_libs/ld-linux-x86-64.so.2" --library-path "\$d/$to_libs" "\$0.real" "\$@"
		WRAPPER
		chmod 755 "$program"
	done
fi

ln -s "usr/src/$headers" "$tmp/kdir"
ln -s "$vmlinuz" "$tmp/vmlinuz"
echo "$release" > "$tmp/release"
chmod 755 "$tmp"
rm -rf "$dir"
mv -T "$tmp" "$dir"
say "kernel $name: $release"
