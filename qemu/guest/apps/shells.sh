# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: GPL-2.0
# Pipelines of dash and bash, whose pipes are kipc's; and make's jobserver, which is a
# pipe that all makes read their right to another job from.

for shell in dash bash; do
	on_kipc "$shell: its pipes are kipc's" 60 '^l[^ ]* .* /proc/self/fd/0 -> .*kipc' \
		"$shell -c ': | ls -l /proc/self/fd/0'"
	on_kipc "$shell: ps -ef | grep" 60 'ps -ef' "$shell -c 'ps -ef | grep \"[p]s -ef\"'"
	on_kipc "$shell: yes | head" 60 '^y.y$' "$shell -c 'yes | head -n 2'"
	on_kipc "$shell: the output of a pipeline becomes a word" 60 '^271 words$' \
		"$shell -c 'echo \$(seq 1000 | grep 7 | wc -l) words'"
	on_kipc "$shell: what goes in comes out" 120 '^the same$' \
		"seq 200000 > /tmp/apps/numbers
		$shell -c 'cat /tmp/apps/numbers | gzip -1 | cat | gzip -d | tee /dev/null | cmp - /tmp/apps/numbers && echo the same'"
	on_kipc "$shell: the last program's status, and all of them on SIGPIPE" 60 '^3$' \
		"$shell -c 'yes | exit 3' || echo \$?"
done
on_kipc "bash: the writer is told by SIGPIPE that nobody reads" 60 '^y.141 0$' \
	'yes | head -n 1; echo ${PIPESTATUS[@]}'
on_kipc "bash: process substitution" 60 '^1c1.< one.---.> two$' \
	'diff <(echo one) <(echo two) || true'
on_kipc "bash: a coprocess, here-documents" 60 '^got HELLO.a line$' \
	'coproc stdbuf -oL tr a-z A-Z; echo hello >&${COPROC[1]}; read -r x <&${COPROC[0]}; echo got $x
	cat <<< "a line"'

cat > /tmp/apps/Makefile <<'MAKE'
jobs := $(addprefix job-,$(shell seq 8))
all: one two
one two:
	+@$(MAKE) --no-print-directory -f /tmp/apps/Makefile SUB=$@ jobs
jobs: $(jobs)
	@echo $(SUB) done
$(jobs):
	@echo start >> log; sleep 0.2; readlink /proc/$$PPID/fd/3 > pipe; echo end >> log
MAKE
on_kipc "make -j4: 16 jobs of two makes below it, four at once by a pipe of kipc" 120 \
	'^one done.two done.16 jobs, at most [234] at once.*kipc' \
	'cd /tmp/apps && rm -f log && make --no-print-directory -j4 | sort
	awk "/start/ { n++; jobs++; if (n > most) most = n } /end/ { n-- }
		END { print jobs \" jobs, at most \" most \" at once\" }" log
	cat pipe'
