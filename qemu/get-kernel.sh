#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Have the kernel NAME of qemu/kernels ready in build/kernels/NAME.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

read -r kind _ < <(kernel_line "${1?usage: get-kernel.sh NAME}")
case $kind in
debian) exec "$ROOT/qemu/fetch-kernel.sh" "$1" ;;
source) exec "$ROOT/qemu/build-kernel.sh" "$1" ;;
*)      die "qemu/kernels: kernel '$1' is of the unknown kind '$kind'" ;;
esac
