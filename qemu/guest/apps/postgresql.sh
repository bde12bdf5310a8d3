# shellcheck shell=bash disable=SC2016
# SPDX-License-Identifier: GPL-2.0
# PostgreSQL with all its shared memory from shmget(): a small benchmark, a parallel
# query, a backend and then the whole server killed; after each the sums must agree.

export PATH=/usr/lib/postgresql/15/bin:$PATH
export PGDATA=/tmp/apps/database PGHOST=/tmp/apps PGDATABASE=postgres PGUSER=user
mkdir -p /tmp/apps && chmod 1777 /tmp/apps
initdb='initdb -A trust -E UTF8 --no-locale'
sql='psql -XqAt -c'
# Every transaction of the benchmark adds one amount to a row of three tables each and
# notes it in the fourth.
sums='select sum(abalance) = (select sum(bbalance) from pgbench_branches)
	and sum(abalance) = (select sum(tbalance) from pgbench_tellers)
	and sum(abalance) = (select sum(delta) from pgbench_history),
	(select count(*) from pgbench_history) from pgbench_accounts'

natively "no database" 120 'could not create shared memory segment: Function not implemented' \
	"rm -rf \$PGDATA; \$AS_USER $initdb"
on_kipc "initdb makes a database" 300 'Success. You can now start the database server' \
	"rm -rf \$PGDATA; \$AS_USER $initdb"
cat >> "$PGDATA/postgresql.conf" <<'CONF'
shared_memory_type = sysv
dynamic_shared_memory_type = sysv
shared_buffers = 16MB
max_connections = 20
listen_addresses = ''
unix_socket_directories = '/tmp/apps'
# what a query must cost before several processes share it
parallel_setup_cost = 0
parallel_tuple_cost = 0
min_parallel_table_scan_size = 0
CONF
start='$AS_USER pg_ctl start -w -t 120 -l /tmp/apps/database.log'
on_kipc "the server starts" 150 'server started' "$start"
on_kipc "its shared memory is System V's" 60 '^sysv.sysv$' \
	"\$AS_USER $sql \"select setting from pg_settings where name like '%shared_memory_type'\""
on_kipc "it waits for the disk, as it does by default" 60 '^on$' "\$AS_USER $sql 'show fsync'"
on_kipc "it has it from kipc" 60 ' user .* [1-9]' 'kipc ls shm'
on_kipc "pgbench fills its tables" 300 'done in' '$AS_USER pgbench -i -s 1'
on_kipc "four clients for a minute, without one error" 200 \
	'number of transactions actually processed: [1-9].*number of failed transactions: 0 ' \
	'$AS_USER pgbench -n -c 4 -j 2 -T 60 | tee /tmp/apps/pgbench'
sed -n 's/^\(tps\|number of transactions actually\)/# &/p' /tmp/apps/pgbench
on_kipc "each transaction is there, and the sums agree" 120 '^t\|[1-9][0-9]*.the same$' \
	"\$AS_USER $sql \"$sums\" | tee /tmp/apps/sums
	awk '/actually processed/ { print \"t|\" \$NF }' /tmp/apps/pgbench | cmp - /tmp/apps/sums && echo the same"
# pg_sleep() is there for the segment to be seen.
on_kipc "a query in three processes, by a dynamic segment" 120 '^one segment more.* Workers Launched: 2' \
	"segments() { kipc ls shm | grep -c ' user '; }; before=\$(segments)
	\$AS_USER $sql 'explain (analyze, timing off) select sum(abalance) from pgbench_accounts
		where case when aid = 1 then pg_sleep(5) is not null else true end' > /tmp/apps/plan &
	until [ \$(segments) -gt \$before ]; do kill -0 \$! || exit; sleep 0.1; done
	echo one segment more; wait; cat /tmp/apps/plan"
on_kipc "a backend is killed under load: the server begins anew" 240 \
	'terminated by signal 9.*reinitializing.*accepts again$' \
	"\$AS_USER pgbench -n -c 4 -T 60 > /tmp/apps/pgbench 2>&1 &
	until [ \$(\$AS_USER $sql 'select count(*) from pgbench_history') -gt \$(cut -d'|' -f2 /tmp/apps/sums) ]; do sleep 0.2; done
	kill -KILL \$(\$AS_USER $sql \"select pid from pg_stat_activity where application_name = 'pgbench' limit 1\")
	wait
	until \$AS_USER $sql 'select 1' 2> /dev/null; do sleep 0.2; done
	grep -E 'signal 9|reinitializing' /tmp/apps/database.log; echo accepts again"
on_kipc "the sums agree all the same" 120 '^t\|[1-9][0-9]*$' "\$AS_USER $sql \"$sums\""
on_kipc "the server is killed: its segment stays, as System V has it" 60 ' user .* 0 ' \
	'kill -KILL $(head -n 1 $PGDATA/postmaster.pid)
	while pgrep -x postgres; do sleep 0.2; done > /dev/null; kipc ls shm'
on_kipc "it is started again, and finds what it left" 150 'server started' "$start"
on_kipc "the sums agree after that, too" 120 '^t\|[1-9][0-9]*$' "\$AS_USER $sql \"$sums\""
on_kipc "the server stops" 120 'server stopped' '$AS_USER pg_ctl stop -m fast -w -t 100'
by_itself "kipc exec starts it, as the README has it" 150 'server started' \
	'$AS_USER kipc exec -q pg_ctl start -w -t 120 -l /tmp/apps/database.log'
by_itself "its memory is kipc's, and a client needs no library" 120 'user .* [1-9].*t\|[1-9][0-9]*$' \
	"kipc ls shm; \$AS_USER $sql \"$sums\""
by_itself "that server stops" 120 'server stopped' '$AS_USER pg_ctl stop -m fast -w -t 100'
on_kipc "after that it has left no object" 60 '^nothing$' '! kipc ls | grep " user " && echo nothing'
rm -rf "$PGDATA"
