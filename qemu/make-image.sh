#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Make the guest's root file system from stock Debian programs: a cpio archive,
# build/image/SUITE-ARCH.cpio, for the kernel NAME of qemu/kernels. The module and
# its programs are not in it: qemu/run.sh appends them as a second archive.
#
# It is not compressed: under TCG it takes longer to unpack than to read.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

read -r _ suite arch _ < <(kernel_line "${1:?usage: make-image.sh NAME}")
image=$BUILD/image/$suite-$arch.cpio
# whatever changes what is in the image must be in this list or in this script
packages=(bash coreutils dash diffutils findutils grep gawk sed procps
	  util-linux util-linux-extra mount kmod make socat libc-bin tar gzip)
key=$(sha256sum < "$0")

[ "$key" = "$(cat "$image.key" 2>/dev/null)" ] && exit 0
hold_lock "image-$suite-$arch"
[ "$key" = "$(cat "$image.key" 2>/dev/null)" ] && exit 0
rm -f "$image.key"

hold_lock "apt-$suite-$arch"
apt_root "$suite" "$arch"
say "fetching the guest's programs: ${packages[*]}"
# emptied first: afterwards the archives are the programs and all they need
apt-get clean
apt-get -qq -d install "${packages[@]}" > /dev/null || die "cannot fetch the guest's programs (see above)"

mkdir -p "$BUILD/image"
tmp=$(mktemp -d "$BUILD/image/.tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
root=$tmp/root
# Debian has merged /usr: some packages still ship files in /bin and /lib, which
# must meet the others through the links.
mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
for link in bin sbin lib lib64; do
	ln -s "usr/$link" "$root/$link"
done

for deb in "$APT_ROOT"/cache/archives/*.deb; do
	package=${deb##*/}
	package=${package%%_*}
	# The rest of the closure serves maintenance scripts, which never run here.
	case $package in
	libperl* | *-perl | libdb* | libgdbm*)
		continue ;;
	lib* | zlib1g | base-files | readline-common) ;;
	*)
		[[ " ${packages[*]} " == *" $package "* ]] || continue ;;
	esac
	dpkg-deb --fsys-tarfile "$deb" |
		tar -x -C "$root" --keep-directory-symlink --no-same-owner \
			--exclude='./usr/share/*' --exclude='./etc/*.d' \
			--exclude='*/gconv' --exclude='*/audit' --exclude='*/systemd'
done

# what the maintenance scripts would have made
ln -s gawk "$root/usr/bin/awk"
ln -sf dash "$root/usr/bin/sh"
(cd "$root" && rm -rf boot home media mnt opt srv var)
mkdir -p "$root"/{dev,proc,sys,run,mnt,root,home/user,var} "$root"/{tmp,var/tmp}
chmod 1777 "$root"/{tmp,var/tmp}
ln -s ../run "$root/var/run"
rm -f "$root/etc/mtab"
ln -s /proc/self/mounts "$root/etc/mtab"
cat > "$root/etc/passwd" <<-PASSWD
	root:x:0:0:root:/root:/bin/bash
	user:x:1000:1000:an unprivileged user:/home/user:/bin/bash
	nobody:x:65534:65534:nobody:/nonexistent:/bin/false
PASSWD
cat > "$root/etc/group" <<-GROUP
	root:x:0:
	tty:x:5:
	user:x:1000:
	nogroup:x:65534:
GROUP
(cd "$root" && find . ! -path . -print0 | sort -z | cpio --quiet -0 -o -H newc -R 0:0) > "$tmp/image"
mv "$tmp/image" "$image"
echo "$key" > "$image.key"
say "guest image: $(stat -c %s "$image") bytes"
