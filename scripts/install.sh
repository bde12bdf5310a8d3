#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Install the module for the kernel tree KDIR, libkipc with the headers, the preloaded
# library, the kipc command with its completion, and the manual pages.
# INSTALL_MOD_PATH, or else DESTDIR, goes before the module's directory.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kdir=$1 destdir=$2 prefix=$3
[ -n "$kdir" ] || die "no headers of the running kernel ($(uname -r)) were found;" \
	"name the kernel to install for: make install KDIR=DIR"
[ -e "$BUILD/host/src/kipc.ko" ] || die "the module is not built"

export INSTALL_MOD_PATH=${INSTALL_MOD_PATH:-$destdir}
# where a user that is not root does not look
PATH=$PATH:/usr/sbin:/sbin
read -r release _ < <(modinfo -F vermagic "$BUILD/host/src/kipc.ko")
modules=$INSTALL_MOD_PATH/lib/modules/$release

# Die with what to do if directory $1 can neither be written to nor made; $2 names
# what puts it elsewhere.
must_be_writable()
{
	local dir=$1

	while [ ! -e "$dir" ]; do
		dir=$(dirname "$dir")
	done
	[ -w "$dir" ] || die "you may not write to $dir;" \
		"install as root (sudo make install), or elsewhere with $2"
}

must_be_writable "$destdir$prefix" "PREFIX=DIR or DESTDIR=DIR"
must_be_writable "$modules" "DESTDIR=DIR or INSTALL_MOD_PATH=DIR"

make -s -C "$ROOT/lib" O="$BUILD/lib" O32="$BUILD/lib32" PREFIX="$prefix" DESTDIR="$destdir" install
if [ -x "$BUILD/bin/kipc" ]; then
	install -D -m 755 "$BUILD/bin/kipc" "$destdir$prefix/bin/kipc"
fi
for lib in lib lib32; do
	[ ! -e "$BUILD/$lib/libkipc-preload.so" ] ||
		install -D -m 644 -t "$destdir$prefix/$lib" "$BUILD/$lib/libkipc-preload.so"
done
install -D -m 644 "$ROOT/tools/kipc.bash-completion" \
	"$destdir$prefix/share/bash-completion/completions/kipc"
"$ROOT/scripts/install-man.sh" "$destdir$prefix/share/man"
# Distributions sign with a key that only they have.
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u KDIR \
	make -C "$kdir" M="$BUILD/host/src" --no-print-directory CONFIG_MODULE_SIG_ALL= modules_install

# The loader finds a new library by its cache.
if [ -z "$destdir" ] && [ "$(id -u)" = 0 ]; then
	ldconfig
fi

# Without its System.map, as from Debian's headers, kbuild leaves depmod out.
if [ -n "$INSTALL_MOD_PATH" ]; then
	say "installed; the module is below $modules"
elif grep -q '/kipc\.ko' "$modules/modules.dep" 2>/dev/null; then
	say "installed; load it, as root, with: modprobe kipc"
else
	say "installed; depmod was skipped, so load it, as root, with: depmod && modprobe kipc"
fi
