# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: GPL-2.0
# fakeroot asks its daemon who owns a file, by message queues, one at a time, by a
# semaphore. dpkg-deb below it packs a Debian package.

tree=/tmp/apps/tree
mkdir -p $tree/{DEBIAN,usr/bin,srv}
cat > $tree/DEBIAN/control <<'CONTROL'
Package: small
Version: 1
Architecture: all
Maintainer: nobody <nobody@example.invalid>
Description: a package with owners that its maker is not
CONTROL
echo 'echo small' > $tree/usr/bin/small
chown -R user: $tree
chmod 4755 $tree/usr/bin/small

natively "no package" 60 'while creating message channels: Function not implemented' \
	'$AS_USER fakeroot-sysv dpkg-deb --build '$tree' /tmp/native.deb'
on_kipc "a user is told to be root" 60 '^0$' '$AS_USER fakeroot-sysv id -u'
on_kipc "a package is built, whose files are root's and another's" 120 \
	"building package .small." \
	'$AS_USER fakeroot-sysv sh -ec "
		chown -R root:root '$tree'; chown 33:44 '$tree'/srv; chmod 4755 '$tree'/usr/bin/small
		mknod '$tree'/srv/null c 1 3
		dpkg-deb --build '$tree' /tmp/small.deb"'
on_kipc "so says the archive" 60 \
	'drwx[^ ]* 33/44 .* ./srv/.*crw[^ ]* 0/0 +1,3 .* ./srv/null.*-rwsr-xr-x 0/0 .* ./usr/bin/small' \
	'dpkg-deb --fsys-tarfile /tmp/small.deb | tar --numeric-owner -tv'
on_kipc "outside of it nothing has changed hands" 60 '^user user$' \
	"stat -c %U $tree/srv $tree/usr/bin/small | xargs; [ ! -c $tree/srv/null ]"
rm -rf $tree /tmp/small.deb
