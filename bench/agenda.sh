#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/agenda.sh [DIR]: G7. The alerter's question for the next deadline with AGENDA (10000000) obligations on
# the agenda and nothing due, prepared and warm as the alerter asks it; and again when a thousand of the
# earliest have just been dealt with (dead index entries). In a database of its own. Floor: select 1.
. "$(dirname -- "$0")/lib.sh"
AGENDA=${AGENDA:-10000000} ASKED=${ASKED:-3000}
instance "${1:-}"
figure agenda "one descent of the index on agenda(at) and the way to the server and back"
FOR=0
row 'select 1' ms
row 'next deadline, p50' ms lower 0.5 0.2 G7
row 'next deadline, p99' ms
row 'after 1,000 were dealt with, p50' ms lower 0.5 0.2 'G7, after a round'
row 'after 1,000 were dealt with, p99' ms

base() { psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -d agenda "$@"; }
asked() { # ROW LOGIN QUERY
    printf '%s;\n' "$3" >"$STEP/query.sql"
    rm -f -- "$STEP"/times.*
    (cd "$STEP" && "$PGBIN/pgbench" -n -M prepared -t "$ASKED" -l --log-prefix=times -f query.sql -h "$DUBAN_PGHOST" -U "$2" agenda >pgbench.log 2>&1) ||
        fail "pgbench: $(grep -m 1 -i error "$STEP/pgbench.log")"
    tail -n +20 "$STEP"/times.* | awk '{ print $3 / 1000 }' >"$STEP/ms"
    [[ $1 == 'select 1' ]] || sample "$1, p99" "$(quantile 0.99 <"$STEP/ms")"
    sample "$1$([[ $1 == 'select 1' ]] || echo ', p50')" "$(quantile 0.5 <"$STEP/ms")"
}
sql -c 'drop database if exists agenda' -c 'create database agenda owner duban_owner'
at_exit "sql -c 'drop database if exists agenda'"
base -U postgres -f "$DUBAN_SOURCE/sql/roles.sql" >/dev/null
for file in "$DUBAN_SOURCE"/sql/schema/*.sql; do base -1 -U duban_owner -f "$file"; done
# as the alerter asks: an outage of an hour would be a blind period
next=$(sed 's/^--.*//; s/\$1/3600000000/; s/\$2/0/' "$DUBAN_SOURCE/sql/query/next_due.sql")
base -U postgres -c 'insert into duban.alive (at) values (clock_timestamp()) on conflict do nothing'
began=$SECONDS
base -U postgres -c "set synchronous_commit = off" -c "set maintenance_work_mem = '1GB'" -c "begin" \
    -f "$HERE/indexes.sql" -c "call bench.bare('duban.agenda')" \
    -c "insert into duban.agenda (task, period, unit, at)
        select 'b/' || g % 2048 || '.' || g / 2048, '2022Q1', 'b' || g % 2048, duban.now() + interval '1 day' + g % 40 * interval '1 hour' + g % 1000 * interval '1 ms'
          from generate_series(1, $AGENDA) g" \
    -c "call bench.dressed('duban.agenda')" -c commit -c "vacuum (analyze) duban.agenda" -c checkpoint
say "$AGENDA obligations on the agenda after $((SECONDS - began)) s"
for ((r = 1; r <= ROUNDS; r++)); do
    asked 'select 1' duban_alerter 'select 1'
    asked 'next deadline' duban_alerter "$next"
done
base -U postgres -c "delete from duban.agenda x using (select task, period, unit from duban.agenda order by at limit 1000) y
    where x.task = y.task and x.period = y.period and x.unit = y.unit"
for ((r = 1; r <= ROUNDS; r++)); do
    asked 'after 1,000 were dealt with' duban_alerter "$next"
done
publish
