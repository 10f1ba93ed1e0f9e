#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The service is away over 200 deadlines while 150 outboxes fill: the gap is recorded, the outboxes empty first, then the
# 50 that are silent are late, in one bundle a post; the log of it replays.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
UNITS=200 WAITING=150
for ((i = 1; i <= UNITS; i++)); do
    number=$(printf '%03d' "$i" | sed 's/0/零/g; s/1/一/g; s/2/二/g; s/3/三/g; s/4/四/g; s/5/五/g; s/6/六/g; s/7/七/g; s/8/八/g; s/9/九/g')
    printf '%d. 完成专项工作第%d项。（牵头领导：韩牧野；牵头单位：市第%s局）\n\n' "$i" "$i" "$number"
done >"$W/items"
cat >"$W/plan.txt" - "$W/items" <<'END'
云台市人民政府文件

云政发〔2022〕9号

云台市人民政府
关于印发《云台市2022年专项工作分工方案》的通知

2022年2月18日

云台市2022年专项工作分工方案

一、专项工作

END
instance_start --now 2022-04-07T08:00:00+08:00 --plan "$W/plan.txt" --set blind-after=8 --set drain=300
is "$(sql "select count(*), count(distinct unit) from duban.obligation where period = '2022Q1'")" "$UNITS|$UNITS" "$UNITS units owe a report each"

# a key of its own for each outbox, registered in one go; the connection is the first one's
enrol u001 --unit u001
first=$(openssl x509 -in "$W/u001/client.pem" -outform DER | sha256sum | cut -d' ' -f1)
mapfile -t units < <(sql "select accountable from duban.task order by 1 limit $WAITING")
{
    printf 'client "%s" { name = "u001" for = "u001" deliver = { %s } }\n' "$first" "$(printf '"%s", ' "${units[@]}" | sed 's/, $//')"
    for u in "${units[@]:1}"; do
        mkdir "$W/$u"
        cp "$W/u001"/{ca.pem,client.key,client.pem} "$W/$u"
        sed "s/^unit = .*/unit = \"$u\"/" "$W/u001/duban.conf" >"$W/$u/duban.conf"
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$W/$u/sign.key" 2>/dev/null
        chmod 600 "$W/$u/sign.key"
        openssl pkey -in "$W/$u/sign.key" -pubout -outform DER >"$W/$u/spki"
        printf 'key "%s" { spki = "%s" alg = "ecdsa-p256" for = "%s" }\n' "$(sha256sum <"$W/$u/spki" | cut -d' ' -f1)" "$(base64 -w0 "$W/$u/spki")" "$u"
    done
} >"$W/keys.conf"
run operator registry apply --yes "$W/keys.conf"
is "$STATUS" 0 "their keys are registered"
sql "select accountable || ' ' || name from duban.task order by 1 limit $WAITING" >"$W/tasks"
run operator clock 2022-04-08T17:30:45+08:00
is "$STATUS" 0 "a quarter of a minute before the deadline of $UNITS reports"
duban-local stop "$I" >/dev/null || bail "stop"
stopped=$SECONDS
report_one() { duban --home "$W/$1" --lang en report "$2" --period 2022Q1 --status on-track --text 已完成 >/dev/null 2>&1; }
flush_one() { duban --home "$W/$1" --lang en flush --wait 30 >/dev/null 2>&1; }
export W
export -f report_one flush_one
each() { # FUNCTION: with each outbox's unit and task, four at a time: how often which status
    xargs -a "$W/tasks" -P 4 -L 1 bash -c "$1"' "$@"; echo $?' each | sort | uniq -c | xargs
}
is "$(each report_one)" "$WAITING 3" "the server is away: $WAITING reports are kept in outboxes"
while ((SECONDS < stopped + 20)); do sleep 0.2; done
duban-local start "$I" >/dev/null || bail "start"
gap() { [[ $(sql 'select count(*) from duban.blind') == 1 ]]; }
ok "the gap is an entry" eventually 20 gap
like "$(sql "select convert_from(entry, 'UTF8') from duban.log_entry where index = (select entry from duban.blind)" | tr '\n' ' ')" "kind blind.*from 2022-04-08T09:30:.* until 2022-04-08" "… with its beginning"
is "$(sql "select drained - ended = interval '300 seconds' and began < timestamptz '2022-04-08T17:31:00+08' and ended > '2022-04-08T17:31:00+08' from duban.blind")" t "… and the drain time; the deadline lay in it"
is "$(sql "select count(*) from duban.verdict where period = '2022Q1' and silence")" 0 "nobody is missing yet"
is "$(sql "select count(*) from duban.alert where level = 1")" 0 "nobody is alerted"
run operator why --not "$(cut -d' ' -f2 "$W/tasks" | head -n 1)"
like "$OUT" "service was away" "why not: the outage"
is "$(each flush_one)" "$WAITING 0" "the outboxes empty"
is "$(sql "select count(*) from duban.v_verdict where period = '2022Q1' and verdict = 'late' and blind")" "$WAITING" "the $WAITING reports that waited are late by the clock, and marked"
is "$(sql 'select duban.now() < drained from duban.blind')" t "within the drain time"
clock "$(sql "select to_char(drained at time zone 'UTC' + interval '1 second', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') from duban.blind")"
SILENT=$((UNITS - WAITING))
raised() { [[ $(sql "select count(*) from duban.verdict where period = '2022Q1' and silence") == "$SILENT" ]]; }
ok "after the drain time $SILENT are missing, no more" eventually 40 raised
is "$(sql "select count(*), count(distinct bundle) from duban.alert where post = 'office' and level = 1")" "$SILENT|1" "one bundle of $SILENT for the office"
is "$(sql "select count(*) from (select post from duban.alert where level = 1 group by post having count(distinct bundle) > 1) x")" 0 "one bundle a post"
is "$(sql "select count(*) from duban.alert a join duban.\"case\" c using (\"case\") where a.level = 1 and c.unit in ($(printf "'%s'," "${units[@]}" | sed 's/,$//'))")" 0 "none about those whose outboxes waited"
is "$(sql 'select count(*) from duban.missing_verdicts')" 0 "no verdict is missing"
is "$(sql 'select count(*) from duban.missing_alerts')" 0 "no alert is missing"
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
like "$OUT" " 0 differences" "the log of it gives the same ledger again" || diag "$(head -n 20 <<<"$OUT$ERR")"
done_testing
