# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the scripts of qemu/ and scripts/ share: places, messages, locks and the
# private apt root. To be sourced.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$ROOT/build}
export LC_ALL=C
# the Debian release that the guest's programs come from, whatever its kernel is
export GUEST_SUITE=bookworm

say()
{
	printf '%s\n' "$*" >&2
}

die()
{
	say "error: $*"
	exit 1
}

# Hold the lock NAME until the script ends (or the subshell does): several makes
# may run in one tree, and only one of them may fetch or build a given thing.
hold_lock()
{
	local fd

	mkdir -p "$BUILD/lock"
	exec {fd}> "$BUILD/lock/$1"
	if ! flock -n "$fd"; then
		say "waiting for another run that uses $1 ..."
		flock "$fd"
	fi
}

# Print the fields after the name of kernel $1 in qemu/kernels.
kernel_line()
{
	local name rest

	while read -r name rest; do
		if [ "$name" = "$1" ]; then
			printf '%s\n' "$rest"
			return
		fi
	done < "$ROOT/qemu/kernels"
	die "no kernel '$1' (KERNEL=, with ARCH= behind it); qemu/kernels knows: $(kernel_names)"
}

# Print what is before the names of the compiler and so on for architecture $1, which
# is nothing for this host's own.
cross_prefix()
{
	case $1 in
	amd64) ;;
	arm64) echo "$BUILD/cross/arm64/bin/aarch64-linux-gnu-" ;;
	*)     die "nothing is known about the architecture '$1'; known are amd64 and arm64" ;;
	esac
}

# Print the arguments of a kernel's make that let clang build modules for a kernel which is
# configured for gcc, one a line: the options that only gcc has are taken out, but for those that
# only headers ask for, see qemu/clang.h. $1: the clang.
clang_args()
{
	local clang=$1 option

	for option in CC_IS_GCC RETHUNK SLS MITIGATION_RETHUNK MITIGATION_SLS FTRACE_MCOUNT_USE_CC \
		      UBSAN_BOUNDS_STRICT; do
		echo "CONFIG_$option="
	done
	echo CC="$clang" CONFIG_CC_IS_CLANG=y \
	     CONFIG_CC_IMPLICIT_FALLTHROUGH=-Wimplicit-fallthrough | tr ' ' '\n'
	# an option that older ones need and newer ones do not know
	[ "$("$clang" -dumpversion | cut -d. -f1)" -ge 16 ] ||
		echo CONFIG_CC_HAS_AUTO_VAR_INIT_ZERO_ENABLER=y
}

# Print where the programs for architecture $1 are built.
programs_dir()
{
	case $1 in
	amd64) echo "$BUILD" ;;
	*)     echo "$BUILD/$1" ;;
	esac
}

kernel_names()
{
	awk '!/^#/ && NF { printf "%s%s", sep, $1; sep = " " }' "$ROOT/qemu/kernels"
}

# Print the archives that the host's own apt uses for Debian: $1 is "main" or
# "security". A third party's archive is told by its Origin or its suite's name.
host_mirror()
{
	local release uri component origin found=

	# shellcheck disable=SC2016 # it is apt that expands them
	apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(COMPONENT) $(ORIGIN)' \
		'Created-By: Packages' 2>/dev/null |
	while read -r release uri component origin; do
		# shellcheck disable=SC2016 # what apt leaves when it does not know
		case $origin in
		Debian | '$(ORIGIN)' | '') ;;
		*) continue ;;
		esac
		[ "$component" = main ] || continue
		case $release in
		*-security | */updates)
			[ "$1" = security ] || continue ;;
		bookworm | trixie | forky | sid | stable | oldstable | testing | unstable)
			[ "$1" = main ] || continue ;;
		*)
			continue ;;
		esac
		# read to the end all the same: apt must not die of a closed pipe
		[ -n "$found" ] || printf '%s\n' "$uri"
		found=yes
	done
}

# Make a private apt root for suite $1 and architecture $2 and have every later
# apt command use it. It sees Debian's archive alone and an empty dpkg status, so
# it resolves whole closures, needs no root and leaves the host as it is.
apt_root()
{
	local suite=$1 arch=$2 main security keyring k

	command -v apt-get >/dev/null ||
		die "apt-get is needed to fetch Debian packages for the VM; see scripts/setup.sh"
	main=${KIPC_MIRROR:-$(host_mirror main)}
	[ -n "$main" ] ||
		die "this host's apt names no Debian archive for the VM's kernel;" \
		    "name one: make KIPC_MIRROR=http://HOST/debian KIPC_SECURITY_MIRROR=http://HOST/debian-security"
	security=${KIPC_SECURITY_MIRROR:-$(host_mirror security)}
	for k in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		[ -r "$k" ] && keyring=$k && break
	done
	[ -n "${keyring:-}" ] || die "the package debian-archive-keyring is missing"

	APT_ROOT=$BUILD/apt/$suite-$arch
	mkdir -p "$APT_ROOT"/{etc/apt.conf.d,etc/preferences.d,etc/sources.list.d} \
		 "$APT_ROOT"/{state/lists/partial,cache/archives/partial}
	: > "$APT_ROOT/state/status"
	{
		echo "deb [signed-by=$keyring] $main $suite main"
		case $suite in
		*-backports) ;; # has its updates in itself
		*)
			echo "deb [signed-by=$keyring] $main $suite-updates main"
			[ -z "$security" ] ||
				echo "deb [signed-by=$keyring] $security $suite-security main" ;;
		esac
	} > "$APT_ROOT/etc/sources.list"
	{
		# how the host reaches its archives: proxies, time-outs and the like
		env -u APT_CONFIG apt-config dump |
			grep -E '^Acquire::' | grep -vE '^Acquire::(IndexTargets|cdrom|Languages)'
		cat <<-CONF
		Dir "$APT_ROOT";
		Dir::Etc "$APT_ROOT/etc";
		Dir::State "$APT_ROOT/state";
		Dir::State::status "$APT_ROOT/state/status";
		Dir::Cache "$APT_ROOT/cache";
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
		APT::Install-Recommends "false";
		APT::Sandbox::User "";
		Acquire::Languages "none";
		CONF
	} > "$APT_ROOT/apt.conf"
	export APT_CONFIG=$APT_ROOT/apt.conf

	if ! cmp -s "$APT_ROOT/etc/sources.list" "$APT_ROOT/updated" ||
	   [ -n "$(find "$APT_ROOT/updated" -mmin +60)" ]; then
		say "reading the package lists of $suite ..."
		apt-get -q update >&2 || die "cannot read the package lists (see above)"
		cp "$APT_ROOT/etc/sources.list" "$APT_ROOT/updated"
	fi
}

# Print those packages that $1 depends on whose names match the regex $2. Names of what
# the archive does not have are in angle brackets.
apt_depends()
{
	apt-cache depends "$1" | awk '$1 ~ /Depends:$/ { gsub(/[<>]/, ""); print $2 }' | grep -E -- "$2" || true
}

# Print all that is needed for the packages $@, these included.
apt_closure()
{
	apt-get -qq -s install "$@" | awk '$1 == "Inst" { print $2 }'
}

# Download the packages $2.. (without their dependencies) into directory $1.
apt_fetch()
{
	local dir=$1

	shift
	mkdir -p "$dir"
	say "fetching $*"
	(cd "$dir" && apt-get -q download "$@" >&2) || die "cannot fetch $* (see above)"
}
