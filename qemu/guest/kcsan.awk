# SPDX-License-Identifier: GPL-2.0
# The kernel's log without those reports of KCSAN that are not about the module. The kernel
# has races of its own, also when it works for the module: with its files, credentials, timers.
# So a report is the module's if one of the two who touch the memory is a function of it. Not
# asked are those functions that work on whatever their caller gives them, without a lock of
# their own: then it is who called them.
#
# One race is left out by name: the head of a chain in a table of adjustments or of keys, which
# rhashtable_*_fast(), a part of the kernel that is compiled into who calls it, reads when it
# has locked it by a bit in it, while another one tries to set that bit; or which the kernel's
# worker reads that makes the table larger.
#
# A report stands between two lines of "=", and begins with its name; a few lines of what another
# CPU says may come before that. Other reports have one such line, or two.

function has(words,	i)
{
	for (i = 2; i < nr; i++)
		if (report[i] ~ words)
			return 1
	return 0
}

BEGIN {
	chains = "kipc_(sem_undo_(insert|detach_locked)|table_(add|doom)_locked) \\[kipc\\]|rht_deferred_worker"
	tools = "mem(cpy|set|move|cmp|chr|scan|dup)|kmemdup|kstr|str|v?s[cn]*printf|seq_|sort|" \
		"list_(add|del|move|splice|sort)|hlist_|llist_|rb_|idr_|ida_|radix_tree_|xas_|" \
		"bitmap_|find_(next|first|last)_|refcount_|rhashtable_|rht_|iov_iter_|" \
		"(raw_)?copy_?(to|from|in|out|user|page_to|page_from)|clear_user"
}

function is_a_tool(line)
{
	sub(/^.*[]] +/, "", line)
	return line ~ ("^_*(" tools ")[_a-z0-9.]*[+]")
}

function is_ours(	i, at_top)
{
	if (report[1] ~ ("data-race in (" chains ")( / (" chains "))?$") &&
	    has("[]] read to 0x[0-9a-f]+ of 8 bytes by ") &&
	    has("[]] read-write \\(marked\\) to 0x[0-9a-f]+ of 8 bytes by "))
		return 0
	for (i = 2; i < nr; i++) {
		if (report[i] ~ / by (task [0-9]+|interrupt) on cpu /) {
			at_top = 1
		} else if (at_top && !is_a_tool(report[i])) {
			if (report[i] ~ /\[kipc/)
				return 1
			at_top = 0
		}
	}
	return 0
}

# Who follows the log wants it at once.
function show(	i)
{
	for (i = 0; i < nr; i++)
		print report[i]
	fflush()
	open = nr = others = 0
}

open {
	report[nr++] = $0
	if (/====================$/) {
		if (!is_ours())
			nr = 0
		show()
	}
	next
}

nr && /BUG: KCSAN/ { open = 1; report[nr++] = $0; next }

/====================$/ { show(); report[nr++] = $0; next }

nr && ++others < 5 { print; fflush(); next }

{ report[nr++] = $0; show() }

# cut off: nobody knows what it is about
END { show() }
