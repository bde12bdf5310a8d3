#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Fetch a compiler for the architecture ARCH, without root and without touching the
# host, whose own packages for it and for 32-bit programs exclude each other. It is of the
# guest's Debian release, and so are its libraries: what it links runs there. Leaves in
# build/cross/ARCH/bin/ the programs TRIPLET-gcc and so on.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

arch=${1:?usage: fetch-cross.sh ARCH}
cross=$(cross_prefix "$arch")
triplet=$(basename "${cross%-}")
version=12
dir=$BUILD/cross/$arch
key=$(sha256sum < "$0")
[ "$key" = "$(cat "$dir/key" 2> /dev/null)" ] && exit 0
hold_lock "cross-$arch"
[ "$key" = "$(cat "$dir/key" 2> /dev/null)" ] && exit 0

mkdir -p "$BUILD/cross"
tmp=$(mktemp -d "$BUILD/cross/.$arch.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
(
	hold_lock "apt-$GUEST_SUITE-amd64"
	apt_root "$GUEST_SUITE" amd64
	# all but what every host has, in a version as good
	mapfile -t packages < <(apt_closure "gcc-$version-$triplet" "libc6-dev-$arch-cross" |
		grep -vxE 'libc6|libgcc-s1|libstdc\+\+6|gcc-[0-9]+-base')
	[ ${#packages[@]} -gt 0 ] || die "cannot tell what a compiler for $arch needs (see above)"
	apt_fetch "$tmp/debs" "${packages[@]}"
)
(
	hold_lock "apt-$GUEST_SUITE-$arch"
	apt_root "$GUEST_SUITE" "$arch"
	apt_fetch "$tmp/debs" liburing-dev
)
for deb in "$tmp"/debs/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$tmp" --exclude './usr/share/*'
done
rm -rf "$tmp/debs"

# liburing where the compiler looks
cp -r "$tmp"/usr/include/liburing* "$tmp/usr/$triplet/include/"
cp "$tmp/usr/lib/$triplet/liburing.a" "$tmp/usr/$triplet/lib/"
# these are texts that name others by their place in a host
sed -i "s,/usr/$triplet/lib/,,g" "$tmp/usr/$triplet"/lib/lib{c.so,m.so,m.a}

mkdir "$tmp/bin"
for program in "$tmp/usr/bin/$triplet"-*; do
	name=$(basename "$program")
	wrapper=$tmp/bin/${name%"-$version"}
	cat > "$wrapper" <<-WRAPPER
	#!/bin/sh
	usr=\${0%/*}/../usr
	LD_LIBRARY_PATH=\$usr/lib/x86_64-linux-gnu exec "\$usr/bin/$name" "\$@"
	WRAPPER
	chmod 755 "$wrapper"
done

# Try it: programs of both kinds.
printf '#include <math.h>\nint main(int c, char **v) { return (int)cos(c); }\n' > "$tmp/try.c"
for kind in -static '-shared -fPIC -Wl,-z,defs'; do
	# shellcheck disable=SC2086 # these are several options
	"$tmp/bin/$triplet-gcc" $kind -o "$tmp/try" "$tmp/try.c" -lm -pthread ||
		die "the compiler for $arch that was fetched does not work (see above)"
done
rm "$tmp"/try*
chmod 755 "$tmp"
echo "$key" > "$tmp/key"
rm -rf "$dir"
mv -T "$tmp" "$dir"
say "compiler for $arch: $("$dir/bin/$triplet-gcc" --version | head -n 1)"
