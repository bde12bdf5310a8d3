#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Check that everything the build, the VM and the checks need is installed, for a VM of the
# architecture ARCH (default: amd64) and the compiler COMPILER. On Debian and its relatives
# install what is missing, after naming it; elsewhere say what is needed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

# package, and what to look for where there is no dpkg
needed='
bash bash
bc bc
bison bison
clang clang
cpio cpio
debian-archive-keyring /usr/share/keyrings/debian-archive-keyring.gpg
dwarves pahole
flex flex
gawk gawk
gcc gcc
gcc-12 gcc-12
gcc-multilib /usr/include/x86_64-linux-gnu/asm
git git
kmod modinfo
libelf-dev /usr/include/libelf.h
liburing-dev /usr/include/liburing.h
make make
perl perl
pkgconf pkg-config
procps ps
python3 python3
python3-docutils rst2pseudoxml
qemu-system-x86 qemu-system-x86_64
shellcheck shellcheck
sparse sparse
util-linux flock
xz-utils xz
'
case ${1:-amd64} in
amd64) ;;
arm64) needed+='qemu-system-arm qemu-system-aarch64
' ;;
*)     die "there is no VM of the architecture '$1'; there are amd64 and arm64" ;;
esac
# a kernel of today wants a newer clang than Debian 12 has by default
[ "${COMPILER:-}" != clang ] || needed+='clang-19 clang-19
'

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	say "This is not a Debian-like system: kipc's scripts cannot install what they need here."
	say "Needed (Debian's package name: what it provides; - marks what was not found):"
	while read -r package thing; do
		[ -n "$package" ] || continue
		if command -v "$thing" >/dev/null || [ -e "$thing" ]; then mark=' '; else mark=-; fi
		say "  $mark $package: $thing"
	done <<< "$needed"
	say "The VM's kernel and programs are Debian packages, fetched with apt-get and dpkg-deb:"
	say "the packages apt and dpkg of your distribution, and a mirror named by KIPC_MIRROR."
	say "Or use any Debian 12 or 13 system or container."
	exit 1
fi

mapfile -t packages < <(awk 'NF { print $1 }' <<< "$needed")
missing=()
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
for package in "${packages[@]}"; do
	grep -qx "installed $package" <<< "$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

hold_lock setup
say "These Debian packages are missing and are installed now: ${missing[*]}"
sudo=()
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null ||
		die "not root, and there is no sudo; as root do: apt-get install ${missing[*]}"
	sudo=(sudo)
fi
if ! apt-cache show "${missing[@]}" >/dev/null 2>&1; then
	"${sudo[@]}" apt-get -q update >&2
fi
install=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive
	 apt-get -q -y --no-install-recommends install "${missing[@]}")
# The lists may be older than the archive.
"${install[@]}" >&2 || { "${sudo[@]}" apt-get -q update >&2 && "${install[@]}" >&2; } ||
	die "could not install: ${missing[*]}"
