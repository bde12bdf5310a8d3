# SPDX-License-Identifier: GPL-2.0
# Of TAP output, only what failed: each "not ok" line with the last words said before it.
# Where a log is shown cut to its end, as CI systems do, that end then says what matters.

BEGIN { keep = 12 }

{ sub(/\r$/, "") }

/^ok [0-9]+/ || /^# +RUN / { said = 0; next }

/^not ok [0-9]+/ {
	for (i = said > keep ? said - keep : 0; i < said; i++)
		print "  " word[i]
	print "  " $0
	said = 0
	next
}

{ word[said++] = substr($0, 1, 200) }
