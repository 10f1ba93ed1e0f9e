#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The ledger's life with the real client and daemon: amendments, mergers, asks and answers, indicators, early
# warnings, tasks filed once; and the same rows again from the log alone.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
for u in u001 u002 u003; do enrol "$u" --unit "$u"; done
enrol office --post office
T1=$(led_task u001) T2=$(led_task u001 2) T3=$(led_task u001 3)
cd "$W" || bail "no work directory"
accountable() { sql "select accountable from duban.task where name = '$1'"; }
quiet() { [[ $(curl -sS "$DUBAN_ADMIN_URL/readyz" | jq -c '[.pending_alerts, .pending_obligations]') == '[0,0]' ]]; }

# ---- amendments --------------------------------------------------------------------------------------------
LED=$(sql "select l.code from duban.task_leader l join duban.post o on o.code = l.code order by l.task, l.ordinal limit 1")
OTHER=$(sql "select code from duban.post where role = 'leader' and code <> '$LED' order by code limit 1")
run operator plan amend --plan p1 --set title=调整后的分工方案 --set leader="$LED:$OTHER" --set countersign=maybe --yes
is "$STATUS" 2 "a plan's countersign is yes or no"
run operator plan amend --plan p1 --set leads=u001 --yes
is "$STATUS" 2 "what a plan has not is named"
run operator plan amend --plan p1 --withdraw --yes
is "$STATUS" 2 "a plan is not withdrawn"
TITLE=$(sql "select title from duban.plan")
run operator plan amend --plan p1 --set title=调整后的分工方案 --set leader="$LED:$OTHER" --basis 政办〔2022〕8号 --yes
is "$STATUS" 0 "a plan itself is amended"
like "$OUT" "title: ${TITLE:0:4}.* → 调整后的分工方案" "the old title stands beside the new one"
like "$OUT" "leader: $LED → $OTHER" "… and one leader beside the other"
is "$(sql "select count(*) from duban.task_leader where code = '$LED'")" 0 "who leads none of its tasks any more"
run operator plan show p1
is "$STATUS" 0 "plan show"
like "$OUT" '^.*title.*: 调整后的分工方案' "… the plan as it stands"
like "$OUT" 'amended by entry [0-9]+ from 2022-04-02, by 政办〔2022〕8号' "… and what amended it"
run operator plan show p1 --as-of "$(sql 'select entry from duban.plan')"
like "$OUT" "title.*: ${TITLE:0:4}" "as of its registration it has its old title"
unlike "$OUT" 'amended by' "… and no amendment"
run operator plan amend --task "$T1" --set lead=u002
is "$STATUS" 2 "without a terminal an amendment needs --yes"
like "$OUT" 'leads: u001.* → u002' "but the difference was shown"
is "$(accountable "$T1")" u001 "and nothing signed"
run operator plan amend --task "$T1" --set lead=u002 --set deadline=2022-11-30 --basis 政办〔2022〕9号 --yes
is "$STATUS" 0 "an amendment"
like "$OUT" 'amended' "… is said to be made"
is "$(accountable "$T1")" u002 "the new lead answers"
run as u002 due
like "$OUT" "$T1 +2022Q1" "it is in its list"
run as u001 due
unlike "$OUT" "$T1 " "and no more in the old lead's"
run as office show "$T1"
like "$OUT" '政办〔2022〕9号' "show names the basis"
like "$OUT" 'u001' "… and who led before"
run as office history "$T1"
like "$OUT" 'amendment' "history has the amendment"
run as office ledger --unit u001
like "$OUT" "$T1 " "a former lead's tasks are found by its name too"
run operator plan amend --task "$T1" --set lead=nobody --yes
is "$STATUS" 2 "an unknown unit is told before signing"
run operator plan amend --task p1/99999 --set title=x --yes
is "$STATUS" 1 "an unknown task is refused"
run as u001 plan amend --task "$T2" --set title=x --yes
isnt "$STATUS" 0 "a unit amends nothing"
printf '{"amend":"p1","from":"2022-04-03","basis":"b","changes":[{"change":"withdraw","task":"%s","reason":"并入"},{"change":"new","task":"900","kind":"task","text":"新增","leads":["u001"]}]}' "${T3#p1/}" >amend.json
run operator plan amend amend.json --yes
is "$STATUS" 0 "an amendment by file, for a day to come"
like "$OUT" 'takes effect on its day' "… is scheduled"
is "$(accountable "$T3")" u001 "until then nothing changes"
clock 2022-04-03T00:00:00+08:00
ok "on the day" eventually 20 test "$(accountable p1/900)" = u001
is "$(accountable "$T3")" '' "… one task came and one went"
run as u001 report "$T3" --period 2022Q1 --status on-track
is "$STATUS" 1 "a withdrawn task takes no report"
like "$OUT" 'withdrawn' "… and says so"

# a corrected document is offered as an amendment
sed '0,/6\.5/s//6.8/' "$SAMPLE" >corrected.txt
run operator plan register --handle p1 corrected.txt
is "$STATUS" 2 "the same document corrected is offered as an amendment"
like "$OUT" 'amendment of plan p1' "… with its difference"
run operator plan register --handle p1 "$SAMPLE" --yes
like "$OUT" 'nothing to do' "the same document again is nothing"
is "$(sql 'select count(*) from duban.plan')" 1 "no plan stands twice"

# ---- asks and answers ----------------------------------------------------------------------------------------
TASK=$(sql "select t.name from duban.task t join duban.assignment a on a.task = t.name where t.accountable = 'u001' and a.code = 'u002' and a.role = 'participant' and t.plain limit 1")
if [[ -z $TASK ]]; then
    operator plan amend --task "$T2" --set units=u002,u003 --yes >/dev/null || bail "no participants"
    TASK=$T2
fi
run as u001 ask "$TASK" --unit u002 --due 2022-04-06 --text 请报进展
is "$STATUS" 0 "a lead asks"
like "$OUT" 'asked.*number [0-9]+\.1' "… and gets a number"
ASK=$(grep -o 'number [0-9]*\.1' <<<"$OUT" | cut -d ' ' -f 2)
run as u002 ask "$TASK" --unit u001 --due 2022-04-06 --text x
is "$STATUS" 1 "a participant does not"
run as u002 due
like "$OUT" "answer.*$ASK, asked by u001" "the asked unit has it in its list"
run as u002 answer "$TASK" --text 已完成三个 --value 个数=3
is "$STATUS" 0 "it answers by the task"
like "$OUT" 'on time' "… on time"
run as u003 answer "$ASK" --text x
is "$STATUS" 1 "nobody else does"
run as u001 show "$TASK"
like "$OUT" '已完成三个' "the lead sees the answer"
ANSWER=$(sql "select entry || '.' || ord from duban.answer")
run as u001 report "$TASK" --period 2022Q1 --status on-track --text 汇总 --cite "$ANSWER"
is "$STATUS" 0 "its report cites it"
is "$(sql "select duban.report_body(entry, ord) -> 'cites' ->> 0 from duban.report where task = '$TASK' order by entry desc limit 1")" "$ANSWER" "… in what was signed"
run as u001 report "$TASK" --period 2022Q1 --status on-track --cite nonsense
is "$STATUS" 2 "what is no answer is not cited"

# ---- indicators ------------------------------------------------------------------------------------------------
printf '{"amend":"p1","from":"2022-04-03","changes":[{"change":"set","task":"900","targets":[{"name":"项目","op":">=","value":"100","unit":"个","cumulative":true}]}]}' >target.json
run operator plan amend target.json --yes
is "$STATUS" 0 "a target is added"
run as u001 report p1/900 --period 2022Q1 --status on-track --value 项目=20
is "$STATUS" 0 "a value"
first=$(($(sql 'select size from duban.head order by size desc limit 1') - 1))
run as u001 report p1/900 --period 2022Q1 --status on-track --value 项目=18
is "$STATUS" 2 "a cumulative value that falls is asked about"
like "$ERR" '项目 is counted up and falls from 20 .* to 18' "… by name and figures"
printf '{"task":"p1/900","period":"2022Q1","status":"on-track","values":[{"name":"项目","value":"18"}]}\n' >fallen.jsonl
run as u001 report --file fallen.jsonl
is "$STATUS" 2 "… in a file, too"
like "$ERR" '项目 is counted up and falls from 20 .* to 18' "… by name and figures"
sed 's/}$/,"explanation":"口径调整"}/' fallen.jsonl >explained.jsonl
run as u001 report --file explained.jsonl --dry-run
is "$STATUS" 0 "a line that says why is not asked about"
run as u001 report --file fallen.jsonl --yes
is "$STATUS" 0 "it can be signed"
like "$OUT" '项目 fell from 20 to 18' "… and the receipt asks again"
run as u001 due
like "$OUT" 'say why 项目 fell from 20 to 18' "so does the list"
run as u001 report p1/900 --period 2022Q1 --status on-track --value 项目=18 --explain 两个项目终止
is "$STATUS" 0 "an explanation"
run as u001 due
unlike "$OUT" 'say why' "… is enough"
run as office indicators --plan p1
like "$OUT" 'p1/900.*18个.*>=100个.*18.0%' "the list shows value, target and share"
run as office indicators --plan p1 --as-of "$first"
like "$OUT" 'p1/900.*20个.*>=100个.*20.0%' "… and what it showed as of an entry"
run as office --json indicators --as-of $((first - 1))
is "$STATUS $(jq -r 'select(.task == "p1/900") | .target + " " + (.value // "none")' <<<"$OUT")" '0 100 none' "… and before the first value"

run as u002 report "$(led_task u002 2)" --period 2022Q1 --status "done"
like "$OUT" 'the task itself: on time  due 20[0-9-]+' "done: the task's own verdict is told beside that of the report"

# ---- early warning ------------------------------------------------------------------------------------------------
LEADER=$(sql "select l.code from duban.task_leader l where l.task = '$T2' limit 1")
run as u001 report "$T2" --period 2022Q2 --status on-track --early-warning x
is "$STATUS" 2 "a warning does not go with a good status"
run as u001 report "$T2" --period 2022Q3 --status blocked --early-warning 征地受阻
is "$STATUS" 0 "a warning for any period"
like "$OUT" 'told at once' "… says who is told"
warned() { [[ $(sql "select count(*) from duban.alert where kind = 'early-warning'") -ge 1 ]]; }
ok "the alert is there at once" eventually 5 warned
ok "… for the leader" test "$(sql "select count(*) from duban.alert where kind = 'early-warning' and post in ('$LEADER', 'chief')")" -ge 1
ALERT=$(sql "select alert from duban.alert where kind = 'early-warning' and post = 'office'")
run as office ack "$ALERT" --comment 协调
is "$(sql "select count(*) from duban.v_warning where open")" 0 "who was told takes note: closed"

# ---- filed once ------------------------------------------------------------------------------------------------------
sed '1s/.*/另一个市政府工作计划/' "$SAMPLE" >second.txt
rm -f same.draft
run operator plan register --handle p2 --from 2022-01-01 --to 2022-12-31 second.txt --yes
is "$STATUS" 0 "a second plan with the same tasks"
ok "they are listed in same.draft" test -s same.draft
ln -s "$DUBAN_OPERATOR_HOME" "$W/operator"
http operator '/v1/same?plan=p2'
ok "… as the read API says" test "$(field "$BODY" '.items | length')" -ge 1
http operator "/v1/same?plan=p2&as_of=$first"
is "$CODE $(field "$BODY" '.items | length')" '200 0' "before the second plan there was nothing alike"
S=$(led_task u002 3)
sql "select 1 from duban.task a join duban.task b on b.name = 'p2/' || split_part(a.name, '/', 2) where a.name = '$S' and b.accountable = a.accountable" | grep -q 1 || bail "no twin of $S"
printf 'same "s1" { tasks = { "%s", "p2/%s" } }\n' "$S" "${S#p1/}" >same.conf
run operator registry apply same.conf --yes
is "$STATUS" 0 "two are declared the same"
run as u002 report "$S" --period 2022Q1 --status on-track --progress 30
is "$STATUS" 0 "one report"
like "$OUT" "counts too for p2/${S#p1/} 2022Q1 +on time" "… settles both"
is "$(sql "select count(*) from duban.verdict where period = '2022Q1' and verdict = 1 and task in ('$S', 'p2/${S#p1/}')")" 2 "two verdicts"
run as u002 receipts verify
is "$STATUS" 0 "the receipt verifies with both lines"
run operator registry export
like "$OUT" 'same "s1"' "the declaration is in the registry's text"

# ---- a merger ---------------------------------------------------------------------------------------------------------
NAME=$(sql "select name from duban.unit where code = 'u003'")
M=$(led_task u003)
cat >merge.conf <<END
unit "u900" { name = "合并后的局" }
post "u900-contact" { name = "联络员" role = "contact" unit = "u900" holder "戊" { from = "2020-01-01" } }
unit "u003" { name = "$NAME" retired = "2022-04-20" successor = { "u900" } }
END
run operator registry apply merge.conf --yes
is "$STATUS" 0 "a unit is retired on a day to come, with a successor"
is "$(accountable "$M")" u003 "until then it answers"
clock 2022-04-20T00:00:00+08:00
ok "everything is raised" eventually 30 quiet
is "$(accountable "$M")" u900 "on the day its tasks follow"
run as office ledger --unit "$NAME"
like "$OUT" "$M .*合并后的局" "the old name finds them under the new one"
run as office ledger --unit u900
like "$OUT" "$M " "the new one too"
is "$(sql "select count(*) from duban.\"case\" where unit = 'u003' and closed is null")" 0 "no case of the old unit is open"
ok "the successor's contact is told of what is overdue" test "$(sql "select count(*) from duban.alert where post = 'u900-contact'")" -ge 1
clock 2022-07-08T18:00:00+08:00
ok "everything is raised" eventually 60 quiet
is "$(sql "select count(*) from duban.obligation where unit = 'u003' and opens > '2022-04-20'")" 0 "the retired unit owes nothing new"
is "$(sql 'select count(*) from duban.missing_alerts')" 0 "no alert is missing"
is "$(sql 'select count(*) from duban.missing_verdicts')" 0 "no verdict is missing"

# ---- the same rows from the log alone ------------------------------------------------------------------------------------
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
is "$STATUS" 0 "rebuilt from the log alone, the ledger has the same rows" || diag "$(head -n 60 <<<"$OUT$ERR")"
like "$OUT" ' 0 differences' "… it says so"
done_testing
