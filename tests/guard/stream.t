#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How many blocks are touched when a stream opens (for one post with a few alerts beside 30,000 open ones of others,
# for its return after all of them, for a page of the office, to which all went), by a page of what is new, which is
# also an operator's return, and by the alerter's question who left a case unanswered. The plans are made while the
# tables are empty, as those of a process that has run since the beginning; once as PostgreSQL finds them, and once
# analyzed, where it believes in no row at all.
SOURCE_TESTS=$(cd -- "$(dirname -- "$0")/.." && pwd)
. "$SOURCE_TESTS/guard/lib.sh"

cluster
cat >"$W/measure.sql" <<'END'
set session_replication_role = replica;
set plan_cache_mode = force_generic_plan; -- as after some calls
set statement_timeout = '2min'; -- a plan that reads all again for each row would not end
create function pg_temp.blocks(p_call text) returns text language plpgsql as $$
declare
    plan json;
begin
    execute format('explain (analyze, buffers, timing off, format json) select from duban.%s', p_call) into plan;
    return (plan -> 0 -> 'Plan' ->> 'Actual Rows') || ' ' ||
           (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint;
end $$;
create temp table call (name text, call text);
insert into call values
    ('open', 'stream_open(''{u00006-contact,u00006-head}'', 0, 1000000, 200)'),
    ('closed', 'stream_open(''{u00007-contact,u00007-head}'', 0, 1000000, 200)'),
    ('resume', 'stream_resume(''{u00007-contact,u00007-head}'', 0, 200)'),
    ('open-office', 'stream_open(''{office}'', 0, 1000000, 200)'),
    ('later-office', 'stream_open(''{office}'', 25000, 1000000, 200)'),
    ('resume-office', 'stream_resume(''{office}'', 25000, 200)'),
    ('open-operator', 'stream_open(null, 0, 1000000, 200)'),
    ('live', 'stream_resume(null, 25000, 200)'),
    ('unanswered', 'unanswered(json_populate_record(null::duban."case", ''{"case": 4006, "step": 1}''), now())');
\if :analyzed
vacuum analyze duban.alert, duban."case", duban.closing;
\endif
select count(pg_temp.blocks(call)) from call \g /dev/null
-- 30,000 open cases and 10,000 closed ones, of 4,000 units; contact and office have an alert about each
insert into duban."case" ("case", task, period, unit, due, cutoff, ladder, ladder_entry, step, level, base, closed, reason)
    select n, 'x/' || n, '2022Q1', 'u' || lpad((n % 4000)::text, 5, '0'), '2022-04-08', '2022-04-08', 'standard', 0, 1, 1, '2022-04-08',
           case when n % 4 = 3 then n end, case when n % 4 = 3 then 'reported' end from generate_series(1, 40000) n;
insert into duban.alert (alert, number, bundle, kind, "case", step, level, post, at, raised, entry, why)
    select 2 * n + x, '催办', n || ' ' || x, 'missing', n, 1, 1, case x when 0 then 'office' else 'u' || lpad((n % 4000)::text, 5, '0') || '-contact' end,
           '2022-04-08', '2022-04-08', n, 'why' from generate_series(1, 40000) n cross join generate_series(0, 1) x;
insert into duban.closing (event, "case", reason, entry) select 80001 + n, n, 'reported', n from generate_series(1, 40000) n where n % 4 = 3;
-- the keys of all posts, and a delegate for each
insert into duban.post (code, name, role, unit, entry) select 'u' || lpad(n::text, 5, '0') || '-contact', 'n', 'contact', 'u' || lpad(n::text, 5, '0'), 1 from generate_series(0, 3999) n;
insert into duban.signing_key (id, key, spki, alg, code, operator, entry)
    select n, sha256(n::text::bytea), 'spki', 'ed25519', 'u' || lpad((n / 2)::text, 5, '0') || case n % 2 when 0 then '-contact' else '' end, false, 1 from generate_series(0, 7999) n;
insert into duban.delegate (post, name, key) select code, 'n', key from duban.signing_key where id % 2 = 0;
select count(pg_temp.blocks(call)) from call \g /dev/null
select name, pg_temp.blocks(call) from call;
END
rows() { awk -v n="$1" '$1 == n { print $2 }' "$W/figures"; }
for analyzed in 0 1; do
    psql -XqAt -d postgres -c "create database stream_$analyzed template duban_template" || bail "no database"
    psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -v analyzed=$analyzed -d stream_$analyzed -f "$W/measure.sql" >"$W/figures" 2>"$W/err" ||
        bail "$(cat "$W/err")"
    # a unit has ten alerts: those of unit 6 are about open cases, those of unit 7 about closed ones (7 % 4 = 3)
    is "$(rows open)" 10 "alerts of open cases of one unit"
    is "$(rows closed)" 0 "closed cases are passed over"
    is "$(rows resume)" 20 "alerts and withdrawals of one unit"
    is "$(rows live)" 200 "a page of what is new"
    is "$(rows open-office)" 200 "the office gets a page"
    while read -r name _ blocks; do
        ROOM=10 bounded "stream.$name" "$blocks" "blocks"
    done <"$W/figures"
done
done_testing
