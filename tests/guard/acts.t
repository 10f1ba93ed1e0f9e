#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# How many blocks single acts touch that happen under the log lock or in the alerter, in a ledger of 40,000 tasks: what
# they do concerns a task or a report, so none may read with the size of the ledger. Statements: database.t.
SOURCE_TESTS=$(cd -- "$(dirname -- "$0")/.." && pwd)
. "$SOURCE_TESTS/guard/lib.sh"

cluster
psql -XqAt -v tasks=40000 -v units=800 -v leaders=800 -f "$SOURCE/bench/views.sql" >/dev/null || bail "the ledger was not filled"
cat >"$W/measure.sql" <<'END'
set session_replication_role = replica;
create function pg_temp.blocks(p_call text) returns bigint language plpgsql as $$
declare
    plan json;
begin
    execute format('explain (analyze, buffers, timing off, format json) select duban.%s', p_call) into plan;
    return (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint;
end $$;
-- a second plan, whose only task is that of b/7 too
insert into duban.plan select (jsonb_populate_record(p, '{"handle": "c"}')).* from duban.plan p;
insert into duban.task select (jsonb_populate_record(t, '{"name": "c/7", "plan": "c"}')).* from duban.task t where t.name = 'b/7';
insert into duban.materialised (plan, ordinal) values ('b', 2);
insert into duban.remake (task) values ('b/8'), ('b/9'); -- the first call also fills caches
insert into duban.signing_key (id, key, spki, alg, code, operator, entry)
    select row_number() over (order by o.code), sha256(o.code::bytea), 'spki', 'ed25519', o.code, false, 1 from duban.post o;
insert into duban.client (certificate, name, code, operator, deliver, entry) select sha256(u.code::bytea), u.code, u.code, false, '{}', 0 from duban.unit u;
analyze duban.signing_key, duban.client;
create temp table call (ord int, name text, call text);
insert into call values
    (1, '', 'materialise_tasks(1)'), (2, 'remake', 'materialise_tasks(1)'),
    (3, '', 'set_same(100, 0, ''{"code": "x", "tasks": ["b/7", "c/7"]}'')'), (4, 'same', 'set_same(100, 0, ''{"code": "x", "tasks": ["b/7", "c/7"]}'')'),
    (5, '', 'report_newest(''b/8'', ''2022Q2'', ''v00009'')'), (6, 'newest-report', 'report_newest(''b/8'', ''2022Q2'', ''v00009'')'),
    (7, '', 'credentials_of(''{key/00}'', false)'), (8, 'credentials', 'credentials_of(''{key/00}'', false)');
create temp table figure as select name, pg_temp.blocks(call) as blocks from call order by ord;
select name, blocks from figure where name <> '';
END
psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -f "$W/measure.sql" >"$W/figures" 2>"$W/err" || bail "$(cat "$W/err")"
is "$(psql -XqAt -c "select string_agg(task, ' ' order by task) from duban.same_task where code = 'x'")" "b/7 c/7" "the tasks are the same now"
is "$(psql -XqAt -c "select count(*) from duban.remake")" 0 "the tasks were made again"
while read -r name blocks; do
    ROOM=10 bounded "acts.$name" "$blocks" "blocks"
done <"$W/figures"
done_testing
