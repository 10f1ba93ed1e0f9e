#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
<<<<<<< HEAD
# bench/materialise.sh [DIR]: obligations/s that the alerter makes for a new plan of MADE (50000) tasks, three
# periods and completions, in slices beside everything else. Floor: the same rows by one INSERT … SELECT.
. "$(dirname -- "$0")/lib.sh"
MADE=${MADE:-50000}
instance "${1:-}"
figure materialise "index entries of obligation (three indexes) and agenda (two) for each"
FOR=0
row made obligations/s
row 'one INSERT … SELECT' obligations/s
row 'made ÷ INSERT' ratio

one() { # HANDLE
    local from to count floor
    sql -v handle="$1" -v n="$MADE" <<'END'
set search_path = pg_catalog, pg_temp;
begin;
insert into duban.plan (handle, title, from_date, to_date, rule, ladder, zone, source_sha256, entry, received)
values (:'handle', 'Plan ' || :'handle', '2022-01-01', '2022-12-31', 'quarterly', 'standard', 'Asia/Shanghai', repeat('0', 64), 0, duban.now());
select duban.plan_schedule(:'handle', '-infinity');
insert into duban.task (name, plan, ordinal, no, kind, section, title, text, accountable, inherited, continuous, ends, entry)
select :'handle' || '/' || g, :'handle', g, g::text, 'task', '{}', 'Task ' || g, 'Task ' || g, 'b0002', '2022-12-31', false, '2022-12-31', 0
  from generate_series(1, :n) g;
commit;
END
    from=$(date +%s%N)
    sql -c "insert into duban.materialised (plan) values ('$1')" -c 'notify duban_agenda'
    while [[ $(sql -c "select m.ordinal >= 0 and m.ordinal >= duban.materialise_target(m.plan, duban.now()) from duban.materialised m where m.plan = '$1'") != t ]]; do sleep 0.05; done
    to=$(date +%s%N)
    count=$(sql -c "select count(*) from duban.obligation where task like '$1/%'")
    sample made "$(awk_ "$count / ($to - $from) * 1e9")"
    # the same rows, set-based, into tables of the same shape
    sql -c "drop table if exists bench_o, bench_a" -c "create table bench_o (like duban.obligation including all)" -c "create table bench_a (like duban.agenda including all)"
    from=$(date +%s%N)
    sql -c "with o as (insert into bench_o select * from duban.obligation where task like '$1/%' returning task, period, unit, cutoff)
            insert into bench_a (task, period, unit, at) select * from o"
    to=$(date +%s%N)
    floor=$(awk_ "$count / ($to - $from) * 1e9")
    sql -c 'drop table bench_o, bench_a'
    sample 'one INSERT … SELECT' "$floor"
    sample 'made ÷ INSERT' "$(awk_ "$(tail -n 2 "$STEP/samples" | head -n 1 | cut -f2) / $floor")"
}
taken=$(sql -c "select count(*) from duban.plan where handle like 'm%'")
for ((r = 1; r <= ROUNDS; r++)); do one "m$((taken + r))"; done
publish
=======
# bench/materialise.sh DIR: how long the daemon takes to make the obligations of TASKS_AHEAD (1000000) tasks two
# periods ahead, with their completions and the agenda, while reports arrive at RATE (200) statements/s. DIR is an
# instance of bench/instance.sh that was not used for this before (OBLIGATIONS=262144 DUE=1 is enough). The
# tasks are written by ahead.sql; the obligations are made by duband's alerter as always. Bar: 180 s for a
# million tasks on two cores. Writes materialise.json to OUT.
. "$(dirname -- "$0")/lib.sh"
TASKS_AHEAD=${TASKS_AHEAD:-1000000} RATE=${RATE:-200}
attach "${1:?DIR}"
mkdir -p "$OUT"
LOADER=''
trap '[[ -z $LOADER ]] || kill "$LOADER" 2>/dev/null || true' EXIT

[[ $(sql -c "select count(*) from duban.plan where handle = 'm'") == 0 ]] || fail "$DIR was used for this already"
say "writing $TASKS_AHEAD tasks"
sql -v units="$KEYS" -v tasks="$TASKS_AHEAD" -f "$HERE/ahead.sql" >/dev/null
limit=$((TASKS_AHEAD / 5000 + 60)) # seconds for which reports are signed beforehand
if ((RATE > 0)); then
    load_run --connections 64 --rate "$RATE" --warmup 1 --seconds "$limit" --requests $((RATE * (limit + 2))) >"$OUT/materialise-load.json" &
    LOADER=$!
    while [[ -z $(ss -Htn state established dport = ":${DUBAN_URL##*:}" 2>/dev/null | sed -n 10p) ]]; do
        kill -0 "$LOADER" 2>/dev/null || fail "the load did not start"
        sleep 0.2
    done # it signs first
fi
average=$(cut -d' ' -f1-3 /proc/loadavg)
d0=$(cpu_of "$(cat "$DUBAN_PIDFILE")") p0=$(cpu_of "$(postmaster)")
began=$(date +%s.%N)
sql -c "insert into duban.materialised (plan) values ('m')" -c "notify duban_agenda"
until [[ $(sql -c "select count(*) from duban.materialised where wanted_at <= duban.now()") == 0 ]]; do
    (($(date +%s) - ${began%.*} < 3600)) || fail "it does not come to an end"
    sleep 0.2
done
ended=$(date +%s.%N)
d1=$(cpu_of "$(cat "$DUBAN_PIDFILE")") p1=$(cpu_of "$(postmaster)")
made=$(sql -c "select count(*) from duban.obligation where task > 'm/' and task < 'm0'")
noted=$(sql -c "select count(*) from duban.agenda where task > 'm/' and task < 'm0'")
[[ $made == "$noted" && $made == $((TASKS_AHEAD * 4)) ]] || fail "$made obligations, $noted on the agenda: not four for each task"
[[ -z $LOADER ]] || kill -INT "$LOADER" 2>/dev/null || true
[[ -z $LOADER ]] || wait "$LOADER" || true
LOADER=''
jq -nc --argjson tasks "$TASKS_AHEAD" --argjson made "$made" --argjson seconds "$(awk -v a="$began" -v b="$ended" 'BEGIN { printf "%.1f", b - a }')" \
    --argjson rate "$RATE" --arg load "$average" --argjson duband "$(awk -v a="$d0" -v b="$d1" 'BEGIN { print b - a }')" \
    --argjson postgres "$(awk -v a="$p0" -v b="$p1" 'BEGIN { print b - a }')" \
    '{tasks: $tasks, obligations: $made, seconds: $seconds, per_second: ($made / $seconds | floor), offered: $rate,
      load_average: $load, cpu: {duband: $duband, postgres: $postgres}}' | tee "$OUT/materialise.json"
>>>>>>> 597a6b8 (bench/materialise.sh; rule arithmetic against an independent reading; faults, exceptions and owners in pgTAP)
