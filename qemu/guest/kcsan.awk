# SPDX-License-Identifier: GPL-2.0
# The kernel's log without those reports of KCSAN that are not about the module. The kernel
# has races of its own; a report is one of these
# - if no function of the module stands in either stack, up to the interrupt or fault, if it
#   was in one: that has nothing to do with what it interrupts;
# - or if it is about a variable of the kernel itself, not in memory that was allocated nor in
#   a module, and both functions that touch it are the kernel's.
# A report stands between two lines of "=".

function is_ours(	i, interrupted)
{
	if (report[1] !~ /\[kipc/ && report[3] ~ / to 0xffffffff[89][0-9a-f]+ of /)
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

function show(	i)
{
	for (i = 0; i < nr; i++)
		print report[i]
}

/====================$/ {
	report[nr++] = $0
	if (!open) {
		open = 1
		next
	}
	if (report[1] !~ /BUG: KCSAN/ || is_ours())
		show()
	open = nr = 0
	next
}

open { report[nr++] = $0; next }

{ print }

# cut off: nobody knows what it is about
END { show() }
