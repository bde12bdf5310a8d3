# SPDX-License-Identifier: GPL-2.0
# The kernel's log without those reports of KCSAN that are not about the module. The kernel
# has races of its own; a report is one of these
# - if no function of the module stands in either stack, up to the interrupt or fault, if it
#   was in one: that has nothing to do with what it interrupts;
# - or if it is about a variable of the kernel itself, not in memory that was allocated nor in
#   a module, and both functions that touch it are the kernel's;
# - or if it is about the timer that a sleeping task has on its stack, a variable of the kernel's
#   schedule_hrtimeout_range_clock(), which looks at it once more when it wakes up, while the
#   timer's interrupt may mark it;
# - or if it is about the head of a chain in the table of adjustments, which rhashtable_*_fast(),
#   a part of the kernel that is compiled into who calls it, reads when it has locked it by a bit
#   in it, while another one tries to set that bit.
# A report stands between two lines of "=", and begins with its name. Other reports have one
# such line, or two.

function has(words,	i)
{
	for (i = 2; i < nr; i++)
		if (report[i] ~ words)
			return 1
	return 0
}

function is_ours(	i, interrupted)
{
	if (report[1] !~ /\[kipc/ && report[3] ~ / to 0xffffffff[89][0-9a-f]+ of /)
		return 0
	if (report[1] ~ / in hrtimer_wakeup \/ schedule_hrtimeout_range_clock$/)
		return 0
	if (report[1] ~ / in kipc_sem_undo_(insert|detach_locked) .* kipc_sem_undo_(insert|detach_locked) / &&
	    has("[]] read to 0x[0-9a-f]+ of 8 bytes by ") &&
	    has("[]] read-write \\(marked\\) to 0x[0-9a-f]+ of 8 bytes by "))
		return 0
	for (i = 2; i < nr; i++) {
		if (report[i] ~ / by (task [0-9]+|interrupt) on cpu /)
			interrupted = 0
		else if (report[i] ~ / asm_(sysvec|exc|common_interrupt|call_irq)/)
			interrupted = 1
		else if (report[i] ~ /\[kipc/ && !interrupted)
			return 1
	}
	return 0
}

# Who follows the log wants it at once.
function show(	i)
{
	for (i = 0; i < nr; i++)
		print report[i]
	fflush()
	open = nr = 0
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

{ report[nr++] = $0; show() }

# cut off: nobody knows what it is about
END { show() }
