#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
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
