#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Install the module for the kernel tree KDIR, the header and the kipc command with
# its manual page and completion.
# INSTALL_MOD_PATH, or else DESTDIR, goes before the module's directory.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

kdir=$1 destdir=$2 prefix=$3
[ -n "$kdir" ] || die "no headers of the running kernel ($(uname -r)) were found;" \
	"name the kernel to install for: make install KDIR=DIR"
[ -e "$BUILD/host/src/kipc.ko" ] || die "the module is not built"

install -D -m 644 "$ROOT/uapi/linux/kipc.h" "$destdir$prefix/include/linux/kipc.h"
if [ -x "$BUILD/bin/kipc" ]; then
	install -D -m 755 "$BUILD/bin/kipc" "$destdir$prefix/bin/kipc"
fi
install -D -m 644 "$ROOT/tools/kipc.bash-completion" \
	"$destdir$prefix/share/bash-completion/completions/kipc"
install -D -m 644 "$ROOT/Documentation/man/kipc.8" "$destdir$prefix/share/man/man8/kipc.8"
# Distributions sign with a key that only they have.
export INSTALL_MOD_PATH=${INSTALL_MOD_PATH:-$destdir}
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u KDIR \
	make -C "$kdir" M="$BUILD/host/src" --no-print-directory CONFIG_MODULE_SIG_ALL= modules_install
say "installed; load it with: modprobe kipc"
