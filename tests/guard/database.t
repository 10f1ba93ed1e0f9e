#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a batch and a statement cost in PostgreSQL, counted with pg_stat_statements: statements sent by
# the receiver, write transactions, queries inside duban.append(), blocks touched, WAL. A real daemon takes a
# fixed load twice: one statement a batch, and many. From both follow the share of the batch and that
# of each statement in it: a query for each statement shows in the latter at once.
SOURCE_TESTS=$(cd -- "$(dirname -- "$0")/.." && pwd)
. "$SOURCE_TESTS/guard/lib.sh"
ONE=400 MANY=4096

I=$W/i
INSTANCES+=("$I")
# nothing that happens by the clock: no vacuum, no checkpoint, no full pages
run env OBLIGATIONS=10000 KEYS=64 DUE=1 SHARED_BUFFERS=256MB MIN_WAL=80 OUT="$W/out" PG_SETTINGS="shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = all
autovacuum = off
full_page_writes = off
checkpoint_timeout = 1h" "$SOURCE/bench/instance.sh" start "$I"
is "$STATUS" 0 "an instance" || bail "$ERR"
instance_env "$I"
super 'create extension pg_stat_statements'

load() { # STATEMENTS ENVELOPES
    run "$BUILD/bench/load" run "$I/keys" --url "$DUBAN_URL" --ca "$DUBAN_CA" --aud "$DUBAN_AUD" \
        --vkey "${DUBAN_LOG_VKEY%% *}" --cert "$DUBAN_OPERATOR_HOME/client.pem" \
        --key "$DUBAN_OPERATOR_HOME/client.key" --tasks 40 --periods 2022Q1,2022Q2,2022Q3,2022Q4 \
        --connections 1 --envelopes "$2" --requests $(($1 / $2 - 1)) --warmup 0 --seconds 20
    ((STATUS == 0)) && [[ $(field "$OUT" .acknowledged) == "$1" ]] ||
        bail "$1 statements were to be acknowledged: $OUT$ERR"
}
# statements batches sent transactions queries blocks records bytes
FIGURES="select (select count(*) from duban.statement) - :before, a.calls,
    (select sum(s.calls) from pg_stat_statements s join pg_roles r on r.oid = s.userid where s.toplevel and r.rolname = 'duban_receiver'
        and s.calls > a.calls / 2), -- what is sent once a second is not meant
    -- heads that are signed while nothing is being appended are stored by the clock, not by the batch
    pg_current_xact_id()::text::bigint - :xact - 1
        - (select coalesce(sum(s.calls), 0) from pg_stat_statements s where s.toplevel and s.query ~ 'duban\\.seal\\('),
    (select sum(s.calls) from pg_stat_statements s where not s.toplevel and s.query !~* '^\\s*(begin|commit)'),
    a.shared_blks_hit + a.shared_blks_read, a.wal_records, a.wal_bytes
    from pg_stat_statements a where a.toplevel and a.query ~ 'from duban\\.append\\('"
measure() { # ARRAY STATEMENTS ENVELOPES
    local before xact
    local -n into=$1
    super 'select pg_stat_statements_reset()' >/dev/null
    before=$(super 'select count(*) from duban.statement')
    xact=$(super 'select pg_current_xact_id()')
    load "$2" "$3"
    read -r -a into < <(psql -XqAt -F ' ' -h "$DUBAN_PGHOST" -U postgres -d duban -v before="$before" -v xact="$xact" <<<"$FIGURES;")
    [[ ${into[0]:-} == "$2" ]] || bail "$2 statements were to be stored: ${into[*]}"
}

load 64 1 # plans are made, caches filled
one=() many=()
measure one "$ONE" 1
measure many "$MANY" 64
is "${one[1]}" "$ONE" "one at a time: each statement is a batch of its own"
ok "together: at least four a batch (${many[1]} batches)" test "$((many[0] / many[1]))" -ge 4

per() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
# FIELD: SHARE_BATCH and SHARE_STATEMENT, so that  x = batches * SHARE_BATCH + statements * SHARE_STATEMENT  in both runs
shares() {
    read -r SHARE_BATCH SHARE_STATEMENT < <(awk -v x1="${one[$1]}" -v b1="${one[1]}" -v x2="${many[$1]}" -v b2="${many[1]}" -v s2="${many[0]}" 'BEGIN {
        both = x1 / b1
        s = (x2 - both * b2) / (s2 - b2)
        printf "%.2f %.2f\n", both - s, s < 0 ? 0 : s }')
}
bounded database.sent.batch "$(per "${one[2]}" "$ONE")" "statements sent to PostgreSQL for a batch"
ROOM=10 bounded database.transactions.batch "$(per "${one[3]}" "$ONE")" "write transactions for a batch"
# Signed heads go along every 50 ms, on a slow machine with each batch: the limits of a batch have room for that.
shares 4 # the alerter's look each second is in it: room for that, not for one query more
ROOM=8 bounded database.queries.batch "$SHARE_BATCH" "queries inside append for a batch"
ROOM=50 bounded database.queries.statement "$SHARE_STATEMENT" "queries inside append for each statement more"
shares 5
bounded database.blocks.batch "$SHARE_BATCH" "blocks touched for a batch"
bounded database.blocks.statement "$SHARE_STATEMENT" "blocks touched for each statement more"
shares 6
bounded database.wal-records.batch "$SHARE_BATCH" "WAL records for a batch"
bounded database.wal-records.statement "$SHARE_STATEMENT" "WAL records for each statement more"
shares 7
bounded database.wal-bytes.batch "$SHARE_BATCH" "bytes of WAL for a batch"
bounded database.wal-bytes.statement "$SHARE_STATEMENT" "bytes of WAL for each statement more"

# plans were made while no case was open: they must not look at all of those that are open now
super "insert into duban.\"case\" (\"case\", task, period, unit, due, cutoff, ladder, ladder_entry, step, level, base)
       select -n, 'x/' || n, '2022Q1', 'x', now(), now(), 'x', 0, 1, 1, now() from generate_series(1, 5000) n" >/dev/null || bail "no open cases"
open=()
measure open "$ONE" 1
ok "5,000 open cases cost a batch a few blocks, not all of theirs (${one[5]} blocks without, ${open[5]} with)" test "$((open[5]))" -lt "$((one[5] + 15 * ONE))"
done_testing
