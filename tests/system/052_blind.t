#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The service is away over a deadline while outboxes fill: the gap is recorded, the outboxes empty first, then who is
# silent is late, in one bundle a post; the log of it replays.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
instance_start --now 2022-04-07T08:00:00+08:00 --plan "$SAMPLE" --set blind-after=8 --set drain=15
TOTAL=$(sql "select count(*) from duban.obligation where period = '2022Q1'")
mapfile -t units < <(sql "select accountable from duban.task where accountable is not null group by 1 order by count(*) desc, 1 limit 4")
SENT=0
for u in "${units[@]}"; do
    enrol "$u" --unit "$u"
    sql "select json_build_object('task', name, 'period', '2022Q1', 'status', 'on-track', 'text', '已完成') from duban.task where accountable = '$u'" >"$W/$u.jsonl"
    SENT=$((SENT + $(wc -l <"$W/$u.jsonl")))
done
run operator clock 2022-04-08T17:30:56+08:00
is "$STATUS" 0 "four seconds before the deadline of $TOTAL reports"
duban-local stop "$I" >/dev/null || bail "stop"
for u in "${units[@]}"; do
    run as "$u" report --file "$W/$u.jsonl"
    is "$STATUS" 3 "the server is away: kept in the outbox"
done
sleep 10
duban-local start "$I" >/dev/null || bail "start"
ok "the gap is an entry" eventually 20 test "$(sql 'select count(*) from duban.blind')" = 1
like "$(sql "select convert_from(entry, 'UTF8') from duban.log_entry where index = (select entry from duban.blind)" | tr '\n' ' ')" "kind blind.*from 2022-04-08T09:30.*until 2022-04-08T09:31" "… with its beginning and the drain time"
is "$(sql "select count(*) from duban.verdict where period = '2022Q1' and silence")" 0 "nobody is missing yet"
is "$(sql "select count(*) from duban.alert where level = 1")" 0 "nobody is alerted"
run operator why --not "$(sql "select name from duban.task where accountable = '${units[0]}' limit 1")"
like "$OUT" "service was away" "why not: the outage"
for u in "${units[@]}"; do
    run as "$u" flush --wait 15
    is "$STATUS" 0 "an outbox empties"
done
is "$(sql "select count(*) from duban.v_verdict where period = '2022Q1' and verdict = 'late' and blind")" "$SENT" "the $SENT reports that waited are late by the clock, and marked"
raised() { test "$(sql "select count(*) from duban.verdict where period = '2022Q1' and silence")" = $((TOTAL - SENT)); }
ok "after the drain time $((TOTAL - SENT)) are missing, no more" eventually 40 raised
is "$(sql "select count(distinct bundle) from duban.alert where post = 'office' and level = 1")" 1 "one bundle for the office"
is "$(sql "select count(*) from (select post from duban.alert where level = 1 group by post having count(distinct bundle) > 1) x")" 0 "one bundle a post"
is "$(sql "select count(*) from duban.alert a join duban.\"case\" c using (\"case\") where a.level = 1 and c.unit in ($(printf "'%s'," "${units[@]}" | sed 's/,$//'))")" 0 "none about those whose outboxes waited"
is "$(sql 'select count(*) from duban.missing_verdicts')" 0 "no verdict is missing"
is "$(sql 'select count(*) from duban.missing_alerts')" 0 "no alert is missing"
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
like "$OUT" " 0 differences" "the log of it gives the same ledger again" || diag "$(head -n 20 <<<"$OUT$ERR")"
done_testing
