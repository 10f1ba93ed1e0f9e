#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Amendments, asks, early warnings, tasks filed once and mergers in the past: at every entry of a small history every
# view equals a rebuild stopped there.
. "$(dirname "$0")/lib.sh"
sed -n '1,40p' "$SAMPLE" >"$W/small.txt"
instance_start --now "$NOW" --plan "$W/small.txt"
for u in u001 u002 u003; do enrol "$u" --unit "$u"; done
enrol office --post office
cd "$W" || bail "no work directory"
T1=$(led_task u001) T2=$(led_task u001 2)
must() { # COMMAND...: part of the history; it has to work
    run "$@"
    ((STATUS == 0)) || bail "history: $*: $OUT$ERR"
}
quiet() { [[ $(curl -sS "$DUBAN_ADMIN_URL/readyz" | jq -c '[.pending_alerts, .pending_obligations]') == '[0,0]' ]]; }
must as u001 report "$T1" --period 2022Q1 --status on-track --progress 5
must operator plan amend --task "$T1" --set lead=u002 --set deadline=2022-11-30 --yes
must operator plan amend --task "$T2" --set units=u002,u003 --yes
printf '{"amend":"p1","from":"2022-04-04","changes":[{"change":"new","task":"900","kind":"task","text":"新增","leads":["u001"],"targets":[{"name":"项目","op":">=","value":"100","unit":"个","cumulative":true}]}]}' >new.json
must operator plan amend new.json --yes
must operator plan amend --plan p1 --set title=调整后的计划 --set to=2023-01-31 --basis 政办〔2022〕10号 --yes
must as u001 ask "$T2" --unit u002 --unit u003 --due 2022-04-06 --text 请报进展
clock 2022-04-04T00:00:00+08:00
must as u002 answer "$T2" --text 三个
must as u001 report p1/900 --period 2022Q1 --status on-track --value 项目=20
must as u001 report p1/900 --period 2022Q1 --status blocked --value 项目=18 --early-warning 征地受阻 --yes
ok "an early warning is raised" eventually 10 quiet
must as office ack "$(sql "select alert from duban.alert where kind = 'early-warning' and post = 'office'")"
sed '1s/.*/另一个计划/' small.txt >second.txt
must operator plan register --handle p2 --from 2022-01-01 --to 2022-12-31 second.txt --yes
S=$(led_task u002 2)
printf 'same "s1" { tasks = { "%s", "p2/%s" } }\n' "$S" "${S#p1/}" >same.conf
must operator registry apply same.conf --yes
must as u002 report "$S" --period 2022Q1 --status "done" --progress 100
must as u002 report "$S" --period 2022Q1 --status "done" --progress 100 --text 更正
clock 2022-04-09T00:00:00+08:00
printf 'unit "u900" { name = "承接单位" }\nunit "u002" { name = "撤并单位" retired = "2022-04-20" successor = { "u900" } }\n' >merge.conf
must operator registry apply merge.conf --yes
must operator plan amend --task p1/900 --withdraw --reason 并入 --yes
must operator registry export
sed -n '/^rule "quarterly"/,/^}/p' <<<"$OUT" | sed 's/quarterly" {/signed" {\n  countersign = true/; s/working-day = 5/working-day = 6/' >signed.conf
must operator registry apply signed.conf --yes
must operator plan amend --plan p2 --set rule=signed --set countersign=yes --from 2022-04-20 --yes
clock 2022-04-20T00:00:00+08:00
ok "a merger is made" eventually 30 quiet
clock 2022-07-10T00:00:00+08:00
ok "and goes on" eventually 30 quiet
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --past --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
is "$STATUS" 0 "every view as of every entry, and the last row for row" || diag "$(grep -v '^applied' <<<"$OUT$ERR" | head -n 40)"
diag "$(tail -n 2 <<<"$OUT")"
done_testing
