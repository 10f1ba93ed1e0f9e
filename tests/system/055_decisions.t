#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The whole life of one task with the real daemon and client: report, return, sent again late, accepted,
# extension asked and granted, closing asked, refused, asked, granted, reopened; and everybody who must not.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
T=$(sql "select t.name from duban.task t join duban.task_leader l on l.task = t.name join duban.post p on p.code = l.code
          where t.accountable is not null and t.printed between '2022-06-01' and '2022-11-30' order by t.ordinal limit 1")
[[ $T ]] || T=$(sql "select t.name from duban.task t join duban.task_leader l on l.task = t.name join duban.post p on p.code = l.code
          where t.accountable is not null and not t.continuous order by t.ordinal limit 1")
U=$(sql "select accountable from duban.task where name = '$T'")
L=$(sql "select l.code from duban.task_leader l join duban.post p on p.code = l.code where l.task = '$T' order by l.ordinal limit 1")
V=$(sql "select accountable from duban.task where accountable <> '$U' order by ordinal limit 1")
enrol unit --unit "$U"
enrol head --post "$U-head"
enrol other --unit "$V"
enrol office --post office
enrol leader --post "$L"
enrol chief --post chief
last() { # the newest report of the task
    sql "select entry || '.' || ord from duban.report where task = '$T' and outcome <> 5 order by entry desc, ord desc limit 1"
}
due() { # NAME JQ-FILTER: of the task's items in due
    as "$1" --json due | jq -r "select(.task == \"$T\") | $2"
}
refused() { # NAME REGEX ARGUMENT...: the server refuses it and says why
    local name=$1 why=$2
    shift 2
    run as "$name" "$@"
    is "$STATUS" 1 "$name must not: $1 $2"
    like "$OUT$ERR" "$why" "… because of $why"
}

# ---- report, return, again ------------------------------------------------------------------------
run as unit report "$T" --period 2022Q1 --status on-track --progress 20 --text 第一稿
is "$STATUS" 0 "the unit reports"
R1=$(last)
run as office review
like "$OUT" "$R1 +$T +2022Q1" "the office sees that it waits for a review"
run as office --json review --unit "$U" --period 2022Q1
is "$(field "$OUT" 'select(.report == "'"$R1"'") | .text')" 第一稿 "with its text"
refused unit "Only the office or a leader" review --accept "$R1"
refused other "Only the office or a leader" review --accept "$R1"
refused chief "neither the office nor a leader" review --accept "$R1"
refused office "no accepted report" review --accept 1.0
run as office review --return "$R1"
is "$STATUS" 2 "a return needs a reason"
run as office review --return "$R1" --reason 缺少数据 --dry-run
is "$STATUS" 0 "it can be looked at before"
like "$OUT" '"decision": ?"return"' "… as it would be signed"
is "$(sql "select count(*) from duban.review")" 0 "… and nothing is signed"
run as office review --return "$R1" --reason 缺少数据 --due 2022-04-08
is "$STATUS" 0 "the office returns it"
like "$OUT" "returned .*2022-04-08" "… and reads until when"
is "$(due unit 'select(.period == "2022Q1") | .state + " " + .reason + " " + .due')" "returned 缺少数据 2022-04-08T15:59:00Z" "the clerk finds state, reason and date in due"
is "$(due unit 'select(.period == "2022Q1") | .returned.text')" 第一稿 "… and the old text beside them"
run as unit due
like "$OUT" "returned: 缺少数据" "… also in the table"
run as unit show "$T"
like "$OUT" 缺少数据 "… and in show"
clock 2022-04-09T00:00:05+08:00
is "$(sql "select string_agg(distinct a.kind, ' ') from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$T' and c.period = '2022Q1!1' and a.level = 1")" returned "not sent again it is chased as returned"
http office '/v1/alerts?open=1&limit=1000'
is "$(field "$BODY" "[.items[] | select(.task == \"$T\" and .kind == \"returned\")][0].period")" 2022Q1 "the alert names the printed period"
run as unit --json report "$T" --period 2022Q1 --status on-track --progress 22 --text 第二稿
is "$(field "$OUT" '.outcomes[0] | .outcome + " " + .resubmission')" "correction returned-late" "sent again too late: a correction, returned-late"
R2=$(last)
run as unit receipts verify
is "$STATUS" 0 "the receipt verifies with its further line"
refused office "sent this period again" review --accept "$R1"
run as leader review --accept "$R2"
is "$STATUS" 0 "the leader accepts"
is "$(due unit 'select(.period == "2022Q1") | .state')" accepted "due says so"
run as leader --json review --accept "$R2"
is "$(field "$OUT" .outcomes[0].outcome)" already "once"
run as unit history "$T"
like "$OUT" "缺少数据" "history keeps the reason"
like "$OUT" "第一稿" "… and both texts"
like "$OUT" "第二稿" "… both"

# ---- a whole list at once ------------------------------------------------------------------------
mapfile -t mine < <(sql "select name from duban.task where accountable = '$V' order by ordinal limit 3")
for task in "${mine[@]}"; do
    as other report "$task" --period 2022Q1 --status on-track --text 列表 >/dev/null
done
run as office review --accept --period 2022Q1 --unit "$V" --dry-run
is "$(grep -c accept <<<"$OUT")" "${#mine[@]}" "a list is shown first"
run as office review --accept --period 2022Q1 --unit "$V"
is "$STATUS" 2 "without a terminal it asks for --yes"
run as office review --accept --period 2022Q1 --unit "$V" --yes
is "$STATUS" 0 "all of a unit and period at once"
is "$(sql "select count(*) from duban.review w where w.unit = '$V' and decision = 'accepted'")" "${#mine[@]}" "each is accepted"
printf '{"report":"%s","decision":"return","reason":"%s"}\n' "$(sql "select entry || '.' || ord from duban.report where task = '${mine[0]}' order by entry desc limit 1")" 复核 >"$W/list.jsonl"
run as office review --file "$W/list.jsonl"
is "$STATUS" 0 "decisions from a file"
is "$(sql "select count(*) from duban.review where reason = '复核'")" 1 "… are recorded"

# ---- extension -----------------------------------------------------------------------------------
D=$(sql "select coalesce(printed, inherited) from duban.task where name = '$T'")
N=$(date -d "$D + 60 days" +%F)
clock "$(date -d "$D - 5 days" +%F)T09:00:00+08:00"
refused other "owes nothing here" extend "$T" --until "$N" --reason 汛期 --progress 40
run as unit extend "$T" --until "$N" --reason 汛期
is "$STATUS" 2 "the progress so far belongs to it"
run as unit extend "$T" --until "$N" --reason 汛期 --progress 40
is "$STATUS" 0 "the unit asks for an extension"
X=$(sql "select entry || '.' || ord from duban.extension")
is "$(due unit 'select(.kind == "completion") | .asked_until')" "$N" "due shows what is asked for"
run as leader extend
like "$OUT" "$X +$T" "the leader sees the request"
refused unit "cannot decide about its own" extend --grant "$X"
refused head "cannot decide about its own" extend --grant "$X"
refused other "neither the office nor a leader" extend --grant "$X"
refused chief "neither the office nor a leader" extend --grant "$X"
run as leader extend --grant "$X" --reason 同意
is "$STATUS" 0 "the leader grants it"
like "$OUT" "granted .*$N" "… and reads the new date"
refused office "decided about it already" extend --refuse "$X" --reason 迟了
is "$(due unit 'select(.kind == "completion") | .due')" "${N}T15:59:00Z" "the new date counts"
is "$(sql "select coalesce(printed, inherited) || ' ' || approved from duban.task where name = '$T'")" "$D $N" "the old one stays beside it"
clock "$(date -d "$D + 2 days" +%F)T09:00:00+08:00"
is "$(sql "select count(*) from duban.verdict where task = '$T' and period = '-'")" 0 "the old date passes without a verdict"

# ---- closing -------------------------------------------------------------------------------------
echo 证明 >"$W/proof.txt"
P=$(sql "select period from duban.v_due where task = '$T' and kind = 'report' and state in ('open', 'overdue') order by due desc limit 1")
refused unit "first report it done" close "$T" --text 办结 --evidence "$W/proof.txt"
run as unit --json report "$T" --period "$P" --status "done" --progress 100 --text 完成
is "$(field "$OUT" .outcomes[0].completion)" on-time "done before the granted date is on time"
refused other "accountable" close "$T" --text 办结 --evidence "$W/proof.txt"
run as unit close "$T" --text 办结 --evidence "$W/proof.txt"
is "$STATUS" 0 "the unit asks for closing"
C1=$(sql "select max(entry) || '.0' from duban.closure")
run as office --json close
is "$(field "$OUT" '.evidence[0].sha256')" "$(sha256sum "$W/proof.txt" | cut -c 1-64)" "the office sees the hash of the evidence"
refused unit "cannot decide about its own" close --grant "$C1"
refused head "cannot decide about its own" close --grant "$C1"
refused other "neither the office nor a leader" close --grant "$C1"
run as office close --refuse "$C1" --reason 未见成效
is "$STATUS" 0 "the office refuses"
is "$(due unit 'select(.kind == "completion") | .state')" open "the completion is owed again"
run as unit --json report "$T" --period "$P" --status "done" --text 补充
is "$(field "$OUT" '.outcomes[0].completion_period')" "-!1" "done again settles it"
run as unit close "$T" --text 再报 --evidence "$W/proof.txt"
C2=$(sql "select max(entry) || '.0' from duban.closure")
clock "$(sql "select max(cutoff) at time zone 'Asia/Shanghai' from duban.obligation where task = '$T' and kind = 'report' and opens < duban.now()" | cut -c 1-10)T23:00:00+08:00"
open=$(sql "select count(*) from duban.\"case\" where task = '$T' and closed is null")
run as leader close --grant "$C2"
is "$STATUS" 0 "the leader grants the closing"
is "$(sql "select state from duban.v_ledger where task = '$T'")" closed "the ledger says closed"
is "$(sql "select count(*) from duban.\"case\" where task = '$T' and reason = 'closed'")" "$open" "open cases end as closed"
is "$(due unit 'select(.state == "open" or .state == "overdue" or .state == "returned") | .period')" "" "it owes nothing"
run as office ledger --state closed
like "$OUT" "$T" "the ledger can be asked for what is closed"
refused unit "neither|own" close --reopen "$T" --reason 反弹
run as office close --reopen "$T" --reason 反弹 --due "$(date -d "$N + 30 days" +%F)"
is "$STATUS" 0 "the office reopens"
is "$(due unit 'select(.kind == "completion") | .state + " " + .due')" "open $(date -d "$N + 30 days" +%F)T15:59:00Z" "and the unit owes the task again"

# ---- office record, other forms --------------------------------------------------------------------
echo 扫描 >"$W/scan.pdf"
Q=$(sql "select name from duban.task where accountable = '$V' order by ordinal offset 3 limit 1")
[[ $Q ]] || Q=$(sql "select name from duban.task where accountable is not null and accountable not in ('$U', '$V') order by ordinal limit 1")
W2=$(sql "select accountable from duban.task where name = '$Q'")
QP=$(sql "select period from duban.v_due where task = '$Q' and kind = 'report' and state in ('open', 'overdue') order by due desc limit 1")
refused unit "Only the office" record "$Q" --for "$W2" --period "$QP" --status on-track --source paper --received-on 2022-04-01 --scan "$W/scan.pdf"
refused leader "only the office enters" record "$Q" --for "$W2" --period "$QP" --status on-track --source paper --received-on 2022-04-01 --scan "$W/scan.pdf"
run as office record "$Q" --for "$W2" --period "$QP" --status on-track --source paper --received-on 2022-04-01
is "$STATUS" 2 "what came on paper has a scan"
refused office "day to come" record "$Q" --for "$W2" --period "$QP" --status on-track --source paper --received-on "$(date -d "$N + 1 day" +%F)" --scan "$W/scan.pdf"
run as office --json record "$Q" --for "$W2" --period "$QP" --status on-track --progress 33 --text 纸质 --source paper --received-on 2022-04-01 --scan "$W/scan.pdf"
is "$STATUS" 0 "the office enters a report"
like "$(field "$OUT" '.outcomes[0].outcome')" "on-time|late" "judged like any other"
run as office --json history "$Q"
is "$(field "$OUT" 'select(.by_office and .outcome != "refused") | .source + " " + .received_on + " " + .text')" "paper 2022-04-01 纸质" "history shows it as the office's"
is "$(sql "select sum(by_office) from duban.v_unit_punctuality where unit = '$W2' and period = '$QP'")" 1 "counted apart"
for name in unit office leader other; do
    run as "$name" receipts verify
    is "$STATUS" 0 "every receipt of $name verifies"
done
run duban --home "$W/unit" --lang zh_CN due
unlike "$OUT" "returned|open|overdue" "Chinese words in Chinese"
is "$(sql "select (select count(*) from duban.missing_alerts) + (select count(*) from duban.missing_verdicts) + (select count(*) from duban.orphans)")" 0 "nothing is missing"

# ---- the whole of it from the log ------------------------------------------------------------------
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
is "$STATUS" 0 "a rebuild from the log gives the same rows" || diag "$(head -n 20 <<<"$OUT$ERR")"
done_testing
