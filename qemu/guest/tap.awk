# SPDX-License-Identifier: GPL-2.0
# Read one selftest program's output (the kselftest harness's TAP), number its
# results on from "number" with the program's name before each, and leave in the
# file "counts" how many passed, failed and were skipped, and what was wrong with
# the output as a whole.
#
# "skips" lists the tests that may be skipped, one "program:test" a line, in which
# "*" stands for anything. They must be skipped, then; the lines that are of use are
# added to the file "needed".

BEGIN {
	while ((getline line < skips) > 0) {
		pattern = line
		gsub(/[.]/, "[.]", pattern)
		gsub(/[*]/, ".*", pattern)
		listed["^" pattern "$"] = line
	}
}

function is_listed(name,	pattern, found)
{
	for (pattern in listed) {
		if (name ~ pattern) {
			print listed[pattern] >> needed
			found = 1
		}
	}
	return found
}

/^TAP version / { next }

/^1\.\.[0-9]+$/ {
	plan = substr($0, 4) + 0
	next
}

/^# +RUN / { test = $3; broken = 0 }

# A skip hides an expectation that failed before it.
/^# [^ ]+:[0-9]+:[^:]+:Expected / { broken = 1 }

/^(not )?ok [0-9]+/ {
	bad = $1 == "not"
	seen++
	if ($(bad ? 2 + 1 : 2) != seen)
		disorder = 1
	if (match($0, /# SKIP ?/)) {
		reason = substr($0, RSTART + RLENGTH)
		name = program ": " test
		if (broken) {
			failed++
			print "not ok " ++number " " name " (skipped after an expectation failed)"
		} else if (is_listed(program ":" test)) {
			skipped++
			print "ok " ++number " " name " # SKIP " reason
		} else {
			failed++
			print "not ok " ++number " " name " (skipped, but not listed in selftests/skips: " reason ")"
		}
	} else {
		name = $0
		sub(/^(not )?ok [0-9]+ *(- )?/, "", name)
		name = program ": " name
		if (bad) {
			failed++
			print "not ok " ++number " " name
		} else if (is_listed(program ":" test)) {
			failed++
			print "not ok " ++number " " name " (listed in selftests/skips, but it ran)"
		} else {
			passed++
			print "ok " ++number " " name
		}
	}
	fflush()
	next
}

{
	print ($0 ~ /^#/ ? "" : "# ") $0
	fflush()
}

END {
	wrong = "-"
	if (plan == "")
		wrong = "it printed no plan"
	else if (plan == 0)
		wrong = "it has no tests"
	else if (plan != seen)
		wrong = "it planned " plan " tests and showed " seen + 0
	else if (disorder)
		wrong = "its results are not numbered in order"
	print number + 0, passed + 0, failed + 0, skipped + 0, wrong > counts
}
