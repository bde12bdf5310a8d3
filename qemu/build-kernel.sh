#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build a kernel of qemu/kernels from a linux-source package. Leaves in
# build/kernels/NAME/ the same names as fetch-kernel.sh does. The key file is
# written last and says what the kernel was built from: an interrupted build is
# continued, a changed configuration or compiler is noticed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

name=${1:?usage: build-kernel.sh NAME}
read -r kind _ arch cc package fragments < <(kernel_line "$name")
[ "$kind" = source ] || die "kernel '$name' is not built from source"
[ "$arch" = amd64 ] || die "kernel '$name': building for $arch is not supported yet"
read -ra fragments <<< "$fragments"

"$ROOT/qemu/fetch-source.sh" "$name"
dir=$BUILD/kernels/$name
src=$dir/src
out=$dir/kdir

key()
{
	cat "$BUILD/linux-source/version"
	"$cc" -dumpfullversion
	cd "$ROOT/qemu/configs" && sha256sum "${fragments[@]}"
}

[ "$(key)" = "$(cat "$dir/key" 2>/dev/null)" ] && exit 0
hold_lock "kernel-$name"
[ "$(key)" = "$(cat "$dir/key" 2>/dev/null)" ] && exit 0
rm -f "$dir/key"

if [ "$(cat "$src/.version-unpacked" 2>/dev/null)" != "$(cat "$BUILD/linux-source/version")" ]; then
	say "unpacking $package ..."
	rm -rf "$src"
	mkdir -p "$src"
	tar -xJf "$BUILD/linux-source/linux.tar.xz" -C "$src" --strip-components=1
	cp "$BUILD/linux-source/version" "$src/.version-unpacked"
fi

kmake()
{
	# a make above us must not lend its flags and variables to the kernel's
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u O -u T -u KERNEL \
		nice make -s -C "$src" O="$out" ARCH=x86_64 CC="$cc" HOSTCC="$cc" \
		KBUILD_BUILD_USER=kipc KBUILD_BUILD_HOST=kipc "$@"
}

mkdir -p "$out"
(cd "$ROOT/qemu/configs" && cat "${fragments[@]}") > "$dir/asked.config"
kmake KCONFIG_ALLCONFIG="$dir/asked.config" allnoconfig

# Kconfig drops what it cannot satisfy without a word.
missing=
while read -r line; do
	case $line in
	CONFIG_*=*)
		grep -qxF -- "$line" "$out/.config" || missing+="  $line"$'\n' ;;
	'# CONFIG_'*' is not set')
		option=${line#'# '}
		! grep -q "^${option%% *}=" "$out/.config" || missing+="  $line"$'\n' ;;
	esac
done < "$dir/asked.config"
[ -z "$missing" ] || die "kernel '$name': the source does not grant these options:"$'\n'"$missing"

say "building the '$name' kernel: some minutes, once ..."
started=$SECONDS
kmake -j"$(nproc)" bzImage modules > "$dir/build.log" 2>&1 ||
	die "kernel '$name' does not build; the end of $dir/build.log:"$'\n'"$(tail -n 20 "$dir/build.log")"
ln -sf kdir/arch/x86/boot/bzImage "$dir/vmlinuz"
cat "$out/include/config/kernel.release" > "$dir/release"
key > "$dir/key"
say "kernel $name: $(cat "$dir/release"), built in $((SECONDS - started)) s"
