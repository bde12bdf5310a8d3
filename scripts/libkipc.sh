#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What must be true of libkipc as it was built:
#
#   libkipc.sh exports HEADER   the shared library exports, and the manual describes, the
#                               functions of the header and no others
#   libkipc.sh stateless OBJECT an object, or an archive of them, has nothing that it could
#                               keep or do between calls: no data, no constructor
#   libkipc.sh example README   the C example of the README that includes kipc.h compiles as
#                               C and C++, links with either library by pkg-config, and
#                               says that there is no instance
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

usage="usage: libkipc.sh exports HEADER | stateless OBJECT | example README"
what=${1:?$usage} file=$(realpath "${2:?$usage}")
lib=$BUILD/lib
work=$BUILD/check/libkipc
mkdir -p "$work"

# The functions that a header declares, one a line.
declared()
{
	sed -n 's/^[a-z_].*[ *]\(kipc_[a-z_]*\)(.*/\1/p' "$1" | sort
}

exports()
{
	declared "$file" > "$work/declared"
	[ -s "$work/declared" ] || die "$file declares no function"
	diff -u "$work/declared" <(nm -D --defined-only "$lib/libkipc.so" |
		sed -n 's/.* T \(.*\)@@KIPC_.*/\1/p' | sort) ||
		die "the library exports other functions than $file declares"
	scripts/install-man.sh "$work/man"
	diff -u "$work/declared" <(cd "$work/man/man3" && find . -name 'kipc_*.3' |
		sed 's,^\./\(.*\)\.3$,\1,' | grep -xf "$work/declared" | sort) ||
		die "the manual has no page for some function of $file"
	wc -l < "$work/declared"
}

# What the linker would put into a segment that can be written, or run by itself. Relocated
# constants are protected before the program begins.
stateless()
{
	local sections

	sections=$(readelf -SW "$file" | sed 's/\[ */[/' |
		awk '$1 ~ /^\[[0-9]+\]$/ && $8 ~ /W/ && $2 !~ /^\.data\.rel\.ro/ && $6 !~ /^0+$/ { print $2 }')
	[ -z "$sections" ] || die "$file has sections of its own to write or to run:" "$sections"
	readelf -SW "$file" | grep -c ' \.text'
}

# Compile and link $1 as the program $2 with the given compiler and options, run it where
# no instance is.
says_so()
{
	local source=$1 program=$2 output status=0

	shift 2
	"$@" -Wall -Wextra -Werror -o "$program" "$source" "${link[@]}" ||
		die "does not compile or link: $*"
	output=$(LD_LIBRARY_PATH=$stage/usr/lib KIPC_DEV=/nothing "$program" 2>&1) || status=$?
	[[ $status = 1 && $output = */nothing\ does\ not\ exist* ]] ||
		die "$* made a program that exits with $status and says: $output"
}

example()
{
	local stage=$work/stage cflags link

	awk '/^```c$/ { text = ""; on = 1; next }
	     /^```/ { if (on && text ~ /<kipc\.h>/) { printf "%s", text; exit } on = 0 }
	     on { text = text $0 "\n" }' "$file" > "$work/example.c"
	[ -s "$work/example.c" ] || die "$file has no C example that includes kipc.h"

	rm -rf "$stage"
	make -s -C lib O="$lib" O32="$BUILD/lib32" PREFIX=/usr DESTDIR="$stage" install > "$work/install.log"
	export PKG_CONFIG_LIBDIR=$stage/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$stage
	export PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
	read -r -a cflags < <(pkg-config --cflags libkipc)
	read -r -a link < <(pkg-config --libs libkipc)

	says_so "$work/example.c" "$work/shared" gcc -std=c99 "${cflags[@]}"
	readelf -d "$work/shared" | grep -q 'NEEDED.*libkipc\.so\.0' ||
		die "the program does not use the shared library"
	says_so "$work/example.c" "$work/static" gcc -static "${cflags[@]}"
	says_so "$work/example.c" "$work/cxx" clang -x c++ "${cflags[@]}"
	link=("$BUILD/lib32/libkipc.a")
	says_so "$work/example.c" "$work/static32" gcc -m32 -static "${cflags[@]}"
}

cd "$ROOT"
"$what"
