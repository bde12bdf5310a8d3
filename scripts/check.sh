#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# All checks that need no VM. A check that silently looks at nothing is worse than
# none: each is first tried on a planted mistake in build/check/plant, which it must
# report, and only then on the tree.
set -uo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit

work=$BUILD/check
plant=$work/plant
tools=$BUILD/linux-source/tools/scripts
kdir=$BUILD/kernels/6.1/kdir
number=0 passed=0 failed=0
hold_lock check

# Check $1: command $2 is to fail on the planted mistake and to say something that
# matches $3 about it; and the command after that is to succeed.
check()
{
	local name=$1 control=$2 words=$3 output

	shift 3
	number=$((number + 1))
	if output=$($control 2>&1); then
		output="the planted mistake was not found: $control"$'\n'$output
	elif ! grep -qE -- "$words" <<< "$output"; then
		output="the planted mistake was not reported ($words): $control"$'\n'$output
	elif output=$("$@" 2>&1); then
		passed=$((passed + 1))
		echo "ok $number $name"
		return
	fi
	failed=$((failed + 1))
	[ -z "$output" ] || printf '# %s\n' "${output//$'\n'/$'\n# '}"
	echo "not ok $number $name"
}

# All files of the tree, committed or about to be, with the given names.
tree_files()
{
	git ls-files --cached --others --exclude-standard -- "$@" |
		while read -r file; do [ ! -e "$file" ] || printf '%s\n' "$file"; done
}

mapfile -t kernel_files < <(tree_files 'module/*.[ch]' 'selftests/faulty/*.[ch]' ':!module/trace.h')
mapfile -t user_files < <(tree_files 'uapi/*.h' 'lib/*.[ch]' 'tools/*.[ch]' 'bench/*.[ch]' \
				     'examples/*.[ch]' 'selftests/*.[ch]' ':!selftests/faulty/')
mapfile -t doc_files < <(tree_files 'module/*.[ch]' 'uapi/*.h' 'lib/include/*.h')
mapfile -t shell_files < <(tree_files |
	while read -r file; do
		case $file in *.sh) echo "$file"; continue ;; esac
		[[ $(head -c 64 "$file" | head -n 1 | tr -d '\0') =~ ^#!.*/(env )?(ba|da)?sh ]] && echo "$file"
	done)

# --- the mistakes

rm -rf "$plant"
mkdir -p "$plant"/{module/core,module/obj,uapi}
cat > "$plant/Kbuild" <<'TEXT'
obj-m := kipc.o
kipc-y := module/main.o
TEXT
cat > "$plant/module/main.c" <<'TEXT'
// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
void *kipc_planted(void __user *address);
void *kipc_planted(void __user *address)
{
	int planted_unused = 1;
	if(planted_unused)
	planted_unused = 2;
	return address;
}
MODULE_LICENSE("GPL");
TEXT
# set, but never used: only W=1 minds
cat > "$plant/module/w1.c" <<'TEXT'
// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
void kipc_planted(int given);
void kipc_planted(int given)
{
	int planted_unused;

	planted_unused = given;
}
MODULE_LICENSE("GPL");
TEXT
cat > "$plant/doc.h" <<'TEXT'
/**
 * struct kipc_planted - a description that forgets a member
 * @one: the first member
 */
struct kipc_planted {
	int one;
	int two;
};
TEXT
cat > "$plant/uapi.h" <<'TEXT'
#include <linux/types.h>
/**
 * struct kipc_planted - differs between callers
 * @number: four bytes or eight
 */
struct kipc_planted {
	long number;
};
TEXT
# shellcheck disable=SC2016 # it is meant to be a mistake
printf '#!/bin/bash\necho $planted\n' > "$plant/planted.sh"
touch "$plant/module/obj/pipe.h"
echo '#include "obj/pipe.h"' > "$plant/module/core/object.c"
echo 'int x = LINUX_VERSION_CODE;' > "$plant/module/obj/pipe.c"
# shellcheck disable=SC2016 # these are no commands
printf '```c\nint main(void) { return planted; }\n```\n' > "$plant/README.md"
# shellcheck disable=SC2016 # these are no commands
printf '``pipe_test:planted_test``\n' > "$plant/names.rst"
printf 'Planted title\n=====\n' > "$plant/title.rst"
echo 'int kipc_planted(void);' > "$plant/lib.h"
echo 'int planted = 1;' > "$plant/state.c"
# shellcheck disable=SC2016 # these are no commands
printf '```c\n#include <kipc.h>\nint main(void) { return planted; }\n```\n' > "$plant/lib.md"

# --- the checks

run_checkpatch()
{
	[ $# -gt 0 ] || { echo "no files to check"; return 1; }
	perl "$tools/checkpatch.pl" --quiet --no-summary "$@"
}

# TRACE_EVENT() has a layout of its own.
run_checkpatch_trace()
{
	run_checkpatch --ignore PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE "$@"
}

# Programs, and the header that they include, have no BIT(), ARRAY_SIZE(), __printf()
# and so on of the kernel's, and the C library and the harness mix upper and lower case.
# The shim answers ENOSYS as the kernel does that has no System V IPC.
run_checkpatch_user()
{
	run_checkpatch --ignore BIT_MACRO,ARRAY_SIZE,PREFER_DEFINED_ATTRIBUTE_MACRO,CAMELCASE,ENOSYS "$@"
}

# Build tree $2 with gcc; $1 names the build.
w1_gcc()
{
	TREE=$2 scripts/build-module.sh "check/$1-gcc" "$kdir" CC=gcc-12 W=1 KCFLAGS=-Werror --keep-going
}

# The same with clang.
w1_clang()
{
	local args

	mapfile -t args < <(clang_args clang)
	TREE=$2 scripts/build-module.sh "check/$1-clang" "$kdir" "${args[@]}" W=1 --keep-going \
		KCFLAGS="-Werror -Wno-unknown-warning-option -Wno-address-of-packed-member"
}

# sparse warns and kbuild succeeds all the same. C=2 checks every file each time.
run_sparse()
{
	local output

	output=$(TREE=$2 scripts/build-module.sh "check/$1-sparse" "$kdir" CC=gcc-12 C=2 2>&1) ||
		{ printf '%s\n' "$output"; return 1; }
	grep -q 'CHECK .*main\.c' <<< "$output" || { echo "sparse did not run"; return 1; }
	! grep -E 'warning:|error:' <<< "$output"
}

run_kernel_doc()
{
	[ $# -gt 0 ] || { echo "no files to check"; return 1; }
	perl "$tools/kernel-doc" -none -Werror "$@"
}

run_shellcheck()
{
	[ $# -gt 0 ] || { echo "no files to check"; return 1; }
	shellcheck -x -P . "$@"
}

# docutils says what it minds on standard error, and goes on.
run_docutils()
{
	local file output

	[ $# -gt 0 ] || { echo "no files to check"; return 1; }
	for file; do
		output=$(rst2pseudoxml --report=info "$file" 2>&1 > /dev/null) ||
			{ printf '%s\n' "$output"; return 1; }
		[ -z "$output" ] || { printf '%s\n' "$output"; return 1; }
	done
}

same_imports()
{
	scripts/build-module.sh 6.1 "$kdir" CC=gcc-12 > "$work/build.log" 2>&1 ||
		{ cat "$work/build.log"; return 1; }
	diff -u "$1" <(scripts/imports.sh "$BUILD/6.1/src/kipc.ko")
}

# The first C example in README $1 is to compile.
readme_compiles()
{
	awk '/^```c$/ { on = 1; next } /^```/ { if (on) exit } on' "$1" > "$work/readme.c"
	[ -s "$work/readme.c" ] || { echo "$1 has no C example"; return 1; }
	gcc -Wall -Wextra -Werror -Iuapi -c -o "$work/readme.o" "$work/readme.c"
}

# No file of the list $1 may be something that was built.
sources_only()
{
	local file bad=0

	while read -r file; do
		case $file in
		*.o | *.ko | *.a | *.so | *.mod | *.mod.c | *.cmd | *.cpio | *.log | *.pyc | */Module.symvers)
			;;
		*)
			[ "$(head -c 4 "$file" | tr -d '\0')" = $'\x7fELF' ] || continue ;;
		esac
		echo "built file in the tree: $file"
		bad=1
	done < "$1"
	return $bad
}

git ls-files > "$work/committed"
echo "module/kipc.ko" > "$work/planted-list"

mkdir -p "$BUILD/lock"
flock "$BUILD/lock/lib-amd64" make -s -C lib O="$BUILD/lib" O32="$BUILD/lib32" > "$work/lib.log" 2>&1 || cat "$work/lib.log"
gcc -c -o "$work/state.o" "$plant/state.c"

# main.c carries what checkpatch and sparse mind, w1.c what W=1 minds
w1_plant=$work/plant-w1
rm -rf "$w1_plant"
cp -r "$plant" "$w1_plant"
mv "$w1_plant/module/w1.c" "$w1_plant/module/main.c"

check "checkpatch --strict, the module: ${#kernel_files[@]} files" \
	"run_checkpatch $plant/module/main.c" SPACING run_checkpatch "${kernel_files[@]}"
check "checkpatch --strict, tracepoints" \
	"run_checkpatch_trace $plant/module/main.c" SPACING run_checkpatch_trace module/trace.h
check "checkpatch --strict, programs: ${#user_files[@]} files" \
	"run_checkpatch_user $plant/module/main.c" SPACING run_checkpatch_user "${user_files[@]}"
check "the module builds without a warning: gcc, W=1" \
	"w1_gcc plant $w1_plant" planted_unused w1_gcc tree "$ROOT"
check "the module builds without a warning: clang, W=1" \
	"w1_clang plant $w1_plant" planted_unused w1_clang tree "$ROOT"
check "sparse" "run_sparse plant $plant" 'different address spaces' run_sparse tree "$ROOT"
check "kernel-doc: ${#doc_files[@]} files" \
	"run_kernel_doc $plant/doc.h" "'two' not described" run_kernel_doc "${doc_files[@]}"
check "shellcheck: ${#shell_files[@]} files" \
	"run_shellcheck $plant/planted.sh" SC2154 run_shellcheck "${shell_files[@]}"
check "imports: the module needs the kernel's symbols that module/imports lists" \
	"same_imports /dev/null" '^\+' same_imports module/imports
check "layering" "scripts/layering.py $plant/module" 'object.c must not include obj/pipe.h' \
	scripts/layering.py module
check "kernel versions: only compat.h asks" "scripts/layering.py $plant/module" \
	'only compat.h may ask' scripts/layering.py module
check "ABI: the same for 32-bit and 64-bit callers, no padding, documented" \
	"scripts/abi.sh $plant/uapi.h $work/abi-plant" '^[-+].*long' \
	scripts/abi.sh uapi/linux/kipc.h "$work/abi"
check "README: its example compiles" "readme_compiles $plant/README.md" "'planted' undeclared" \
	readme_compiles README.md
check "libkipc: it exports and its manual has what its header declares" \
	"scripts/libkipc.sh exports $plant/lib.h" '^-kipc_planted' \
	scripts/libkipc.sh exports lib/include/kipc.h
check "libkipc: it keeps nothing between two calls" \
	"scripts/libkipc.sh stateless $work/state.o" '\.data' \
	scripts/libkipc.sh stateless "$BUILD/lib/libkipc.a"
check "libkipc: the README's example is a C and C++ program of either library" \
	"scripts/libkipc.sh example $plant/lib.md" "'planted' undeclared" \
	scripts/libkipc.sh example README.md
check "documentation names only what there is" "scripts/doc-names.py $plant/names.rst" \
	planted_test scripts/doc-names.py Documentation/*.rst README.md CONTRIBUTING.md
check "documentation is proper reStructuredText" "run_docutils $plant/title.rst" \
	'underline too short' run_docutils Documentation/*.rst
check "the repository holds sources only" "sources_only $work/planted-list" kipc.ko \
	sources_only "$work/committed"

echo "1..$number"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
