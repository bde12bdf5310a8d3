#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Make the guest's root file system from stock Debian programs: a cpio archive,
# build/image/SUITE-ARCH.cpio, for the architecture of the kernel NAME of qemu/kernels; with the
# word "apps" behind it build/image/SUITE-ARCH-apps.cpio, which has the programs of
# "make apps" as well. The module and its programs are not in it: qemu/run.sh appends
# them as a second archive.
#
# It is not compressed: under TCG it takes longer to unpack than to read.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/../scripts/lib.sh"

read -r _ _ arch _ < <(kernel_line "${1:?usage: make-image.sh NAME [apps]}")
set=${2:-}
image=$BUILD/image/$GUEST_SUITE-$arch${set:+-$set}.cpio
# whatever changes what is in the image must be in these lists or in this script
packages=(bash coreutils dash diffutils findutils grep gawk sed procps
	  util-linux util-linux-extra mount kmod make socat libc-bin tar gzip)
# files below /usr/share, which is left out else
shared=()
case $set in
'') ;;
apps)
	packages+=(postgresql-15 postgresql-client-15 stress-ng fakeroot dpkg perl perl-base
		   perl-modules-5.36 xvfb x11-utils x11-apps x11-xkb-utils xkb-data)
	shared+=('./usr/share/postgresql/*' './usr/share/X11/xkb/*'
		 './usr/share/perl/5.??' './usr/share/perl/*/Class/*') ;;
*)
	die "no such set of programs: $set" ;;
esac
key=$(sha256sum < "$0")

[ "$key" = "$(cat "$image.key" 2>/dev/null)" ] && exit 0
hold_lock "image-$arch$set"
[ "$key" = "$(cat "$image.key" 2>/dev/null)" ] && exit 0
rm -f "$image.key"

mkdir -p "$BUILD/image"
tmp=$(mktemp -d "$BUILD/image/.tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

hold_lock "apt-$GUEST_SUITE-$arch"
apt_root "$GUEST_SUITE" "$arch"
# The closure of the packages, without what serves maintenance scripts, which never run
# here, and without the compilers that the database and OpenGL load if they are there.
fetch=()
while read -r package; do
	case $package in
	libllvm* | libz3-* | libgl1-mesa-dri | *-perl) ;;
	libperl* | libdb* | libgdbm*)
		[ -z "$set" ] || fetch+=("$package") ;;
	lib* | zlib1g | base-files | readline-common)
		fetch+=("$package") ;;
	*)
		[[ " ${packages[*]} " != *" $package "* ]] || fetch+=("$package") ;;
	esac
done < <(apt_closure "${packages[@]}")
[ ${#fetch[@]} -gt 0 ] || die "cannot tell what the guest's programs need (see above)"
say "fetching the guest's programs: ${packages[*]}"
mkdir "$tmp/debs"
(cd "$tmp/debs" && apt-get -qq download "${fetch[@]}" > /dev/null) ||
	die "cannot fetch the guest's programs (see above)"

root=$tmp/root
# Debian has merged /usr: some packages still ship files in /bin and /lib, which
# must meet the others through the links.
mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
for link in bin sbin lib lib64; do
	ln -s "usr/$link" "$root/$link"
done

for deb in "$tmp"/debs/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" > "$tmp/tar"
	tar -x -f "$tmp/tar" -C "$root" --keep-directory-symlink --no-same-owner \
		--exclude='./usr/share/*' --exclude='./etc/*.d' \
		--exclude='*/gconv' --exclude='*/audit' --exclude='*/systemd' \
		--exclude='*/bitcode'
	# most packages have none of these
	[ ${#shared[@]} = 0 ] || tar -x -f "$tmp/tar" -C "$root" --keep-directory-symlink --no-same-owner \
		--wildcards "${shared[@]}" 2> /dev/null || true
done
rm -rf "$tmp/debs" "$tmp/tar"

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
