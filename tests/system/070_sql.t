#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Central queries: every example of docs/sql.md runs; a reader sees its own rows whatever it tries.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
enrol u002 --unit u002
enrol office --post office
as u001 report "$(led_task u001)" --status on-track >/dev/null || bail "no report"
other=$(sql "select name from duban.task where accountable = 'u002' and name not in (select task from duban.assignment where code = 'u001') limit 1")
as u002 report "$other" --period 2022Q1 --status blocked >/dev/null || bail "no report of another unit"
clock 2022-04-08T17:31:00+08:00
login() { # LOGIN STATEMENT
    psql -XqAt -h "$DUBAN_PGHOST" -d duban -U "$1" -c "$2" 2>&1
}

# the examples of the documentation, each block as the reader of everything
python3 - "$SOURCE/docs/sql.md" "$W/examples" <<'P'
import os, re, sys
os.makedirs(sys.argv[2])
text = open(sys.argv[1], encoding="utf-8").read()
for n, block in enumerate(re.findall(r"^```sql\n(.*?)^```", text, re.S | re.M), 1):
    open(f"{sys.argv[2]}/{n:02}.sql", "w", encoding="utf-8").write(block)
P
ok "docs/sql.md has examples" test -s "$W/examples/01.sql"
for file in "$W"/examples/*.sql; do
    run psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -d duban -U duban_owner -f "$file"
    is "$STATUS" 0 "example $(basename "$file" .sql): $(grep -v '^--' "$file" | head -n 1 | cut -c 1-60)"
done

# what a unit may read: the tasks in which it has a part
allowed=$(sql "select distinct task from duban.assignment where code = 'u001' order by 1")
strange=$(sql "select name from duban.task where name not in (select task from duban.assignment where code = 'u001') and accountable is not null limit 1")
isnt "$strange" '' "there are tasks that are none of its business ($strange)"
only() { # NAME STATEMENTS: whatever tasks come out are allowed ones
    local text
    text=$(login u001 "$2" | grep -oE 'p1/[0-9A-Za-z.-]+' | sort -u)
    is "$(comm -13 <(sort <<<"$allowed") <(printf '%s' "$text"))" '' "$1"
}
is "$(login u001 'select distinct task from duban.v_ledger order by 1')" "$allowed" "a reader sees the tasks in which it has a part"
is "$(login u001 "select count(*) from duban.v_due where unit = 'u001'")" "$(sql "select count(*) from duban.v_due where unit = 'u001'")" "… and everything it owes"
isnt "$(login office 'select count(distinct unit) from duban.v_overdue')" 1 "the office sees the tasks of all"
isnt "$(sql 'select count(*) from duban.v_overdue')" 0 "the owner sees what is overdue"

# whatever it tries
look="select task from duban.v_ledger union select task from duban.v_due union select task from duban.v_overdue union select task from duban.v_verdict union select task from duban.v_alert"
only "plain" "$look"
only "SET duban.client" "set duban.client = 'u002'; $look"
only "SET duban.client = *" "set duban.client = '*'; $look"
only "set_config" "select set_config('duban.client', '*', false); $look"
only "SET ROLE receiver" "set role duban_receiver; $look"
only "SET ROLE owner" "set role duban_owner; $look"
only "SET ROLE auditor" "set role duban_auditor; $look"
only "SET ROLE reader" "set role duban_reader; $look"
only "SET SESSION AUTHORIZATION" "set session authorization u002; $look"
only "RESET" "reset role; reset session authorization; $look"
only "row_security off" "set row_security = off; $look"
only "a leaking function of its own" "create function pg_temp.f(text) returns boolean language plpgsql cost 0.0001 as 'begin raise notice ''%'', \$1; return true; end'; select task from duban.v_ledger where pg_temp.f(task)"
only "a search_path with a session_user of its own" "create function pg_temp.session_user() returns name language sql as 'select ''office''::name'; set search_path = pg_temp, duban, pg_catalog; $look"
only "tables" "select task from duban.report union select task from duban.obligation union select task from duban.verdict union select name from duban.task union select task from duban.target union select task from duban.assignment"
only "signed payloads" "select convert_from(payload, 'UTF8') from duban.statement"
only "raw entries" "select convert_from(entry, 'UTF8') from duban.log_entry"
only "functions that read" "select duban.report_body(r.entry, r.ord::smallint) from generate_series(0, 500) r(entry), generate_series(0, 9) o(ord)"
only "tasks_of another" "select duban.tasks_of('u002', current_date)"
only "copy" "copy (select task from duban.v_ledger) to stdout"
only "statistics" "select most_common_vals::text from pg_catalog.pg_stats where schemaname = 'duban'"
only "a division by zero that tells" "select task from duban.v_ledger where 1 / (case when task = '$strange' then 0 else 1 end) = 1"
for table in statement task assignment target '"case"' alert obligation report verdict task_state contact signing_key login; do
    n=$(sql "select count(*) from duban.$table")
    seen=$(login u001 "select count(*) from duban.$table" | tail -n 1)
    [[ $seen =~ ^[0-9]+$ && $seen -ge $n && $n -gt 0 ]]
    result $((! $?)) "a reader does not see all of $table" || diag "$seen of $n"
done

for statement in "insert into duban.login values ('u001', '*', 0)" "update duban.login set code = '*'" \
    "delete from duban.verdict" "truncate duban.report" "select duban.raise(1)" "select duban.materialise(1)" \
    "select duban.seal('{1}', '{x}')" "create table duban.x (a int)" "create table public.x (a int)" \
    "create temp table x (a int)" "lock table duban.log_lock" "select * from duban.log_lock for update" \
    "alter role u001 set search_path = x; alter role duban_reader createrole"; do
    like "$(login u001 "$statement")" 'ERROR' "a reader may not: $statement"
done
for who in duban_receiver duban_alerter; do
    for statement in "update duban.verdict set verdict = 1" "delete from duban.log_entry" "insert into duban.log_entry values (99999, 'x', 'y')" \
        "update duban.obligation set due = now()" "drop table duban.report" "create role x"; do
        like "$(login "$who" "$statement")" 'ERROR' "$who may not: $statement"
    done
done
like "$(login duban_receiver 'select count(*) from duban.v_ledger where true')" '^0$|ERROR' "the receiver's role sees nothing before it says for whom"
is "$(sql "select count(*) from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where n.nspname = 'duban' and p.prosecdef and not coalesce(p.proconfig::text like '%search_path=pg_catalog, pg_temp%', false)")" 0 \
    "every definer function pins its search_path"
is "$(sql "select count(*) from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = 'duban' and c.relkind = 'v' and not coalesce(c.reloptions::text like '%security_invoker=true%' or c.reloptions::text like '%security_invoker=on%', false)")" 0 \
    "every view is security_invoker"
done_testing
