#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/materialise.sh [DIR]: obligations/s that the alerter makes for a new plan of MADE (200000) tasks: the open period,
# two ahead, completions, and the agenda, in slices, while RATE (200) statements arrive each second. The plan is
# written by ahead.sql, the obligations are made by duband as always. Bar: a million tasks (four million
# obligations) in 180 s on two cores. Floor: the same rows by one INSERT … SELECT into tables with the same indexes.
. "$(dirname -- "$0")/lib.sh"
MADE=${MADE:-200000} RATE=${RATE:-200}
instance "${1:-}"
figure materialise "index entries of obligation (three indexes) and agenda (two) for each"
row made obligations/s higher 22222 44444 'obligations to come'
row 'one INSERT … SELECT' obligations/s
row 'made ÷ INSERT' ratio
row 'CPU, postgres' µs/obligation
row 'statements meanwhile, p99' ms

made() { # HANDLE: until nothing of it is wanted any more; sets TOOK and COUNT
    local from to
    from=$(date +%s%N)
    sql -c "insert into duban.materialised (plan) values ('$1')" -c 'notify duban_agenda'
    until [[ $(sql -c "select wanted_at > duban.now() from duban.materialised where plan = '$1'") == t ]]; do
        (($(date +%s%N) - from < 1800 * 1000000000)) || fail "it does not come to an end"
        sleep 0.1
    done
    to=$(date +%s%N)
    TOOK=$(awk_ "($to - $from) / 1e9")
    COUNT=$(sql -c "select count(*) from duban.obligation where task > '$1/' and task < '${1}0'")
    check "$1: four for each task" $((4 * MADE)) "$COUNT"
    check "$1: each is on the agenda" "$COUNT" "$(sql -c "select count(*) from duban.agenda where task > '$1/' and task < '${1}0'")"
}
floor_of() { # HANDLE: the same rows, set-based; sets TOOK
    local from to
    sql -c "drop table if exists bench_o, bench_a" -c "create table bench_o (like duban.obligation including all)" -c "create table bench_a (like duban.agenda including all)"
    from=$(date +%s%N)
    sql -c "with o as (insert into bench_o select * from duban.obligation where task > '$1/' and task < '${1}0' returning task, period, unit, cutoff)
            insert into bench_a (task, period, unit, at) select task, period, unit, cutoff from o"
    to=$(date +%s%N)
    TOOK=$(awk_ "($to - $from) / 1e9")
    sql -c 'drop table bench_o, bench_a'
}
one() { # HANDLE
    local rate p0 loader=''
    sql -v handle="$1" -v units="$KEYS" -v tasks="$MADE" -f "$HERE/ahead.sql"
    if ((RATE > 0)); then
        load_run --connections "$CONNECTIONS" --rate "$RATE" --seconds $((MADE / 20000 + 2)) --trace "$STEP/trace" >"$STEP/load.json" &
        loader=$!
        until [[ -s $STEP/trace ]]; do
            kill -0 "$loader" 2>/dev/null || fail "the load did not start"
            sleep 0.1
        done
    fi
    p0=$(cpu_of "$(postmaster)")
    made "$1"
    sample 'CPU, postgres' "$(awk_ "($(cpu_of "$(postmaster)") - $p0) / $COUNT * 1e6")"
    [[ -z $loader ]] || wait "$loader"
    [[ -z $loader ]] || sample 'statements meanwhile, p99' "$(jq .latency_ms.p99 "$STEP/load.json")"
    rm -f -- "$STEP/trace"
    rate=$(awk_ "$COUNT / $TOOK")
    sample made "$rate"
    floor_of "$1"
    sample 'one INSERT … SELECT' "$(awk_ "$COUNT / $TOOK")"
    sample 'made ÷ INSERT' "$(awk_ "$rate * $TOOK / $COUNT")"
}
taken=$(sql -c "select count(*) from duban.plan where handle like 'm%'")
for ((r = 1; r <= ROUNDS; r++)); do one "m$((taken + r))"; done
publish
