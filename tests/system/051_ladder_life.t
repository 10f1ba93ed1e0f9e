#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A ladder's life as people see it: tried before it is signed, silences, holds until a day, told by telephone, why and
# why not, rehearsal; the log of all of it replays.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
. "$SYSTEM/ladder.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
ladder_units
alert_of() { sql "select min(alert) from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$1' and c.period = '2022Q1' and a.level = $2 and a.post = '$3'"; }
levels() { sql "select coalesce(string_agg(distinct a.level::text, ' ' order by a.level::text), '-') from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$1' and c.period = '2022Q1'"; }

# a ladder that is not signed yet
cat >"$W/strict.conf" <<'EOF2'
ladder "standard" {
  name = "从严催办阶梯"
  calendar = "cn"
  hold = 2
  hold-max = 5
  quiet-from = "18:00"
  quiet-to = "08:00"
  quiet-off = true
  quiet-except = { "chief" }
  silence-max = 7
  step { level = 0 before = "90m" to = { "contact" } }
  step { level = 1 after = 0 to = { "contact", "head", "office" } repeat = "2h" rounds = 2 text "report-missing" { say = "{unit}：{task} {period} 未报送，编号{number}" } }
  step { level = 2 after = 1 time = "09:00" to = { "leader" } answer = "6wh" }
  step { level = 3 after = 3 to = { "chief" } }
}
EOF2
run operator ladder test "$W/strict.conf" --due 2022-04-08T17:30 --for "$TB"
is "$STATUS" 0 "a ladder is tried before it is signed"
like "$OUT" "2022-04-08.*16:00.*-90m" "… a reminder 90 minutes before"
like "$OUT" "2022-04-08.*17:31" "… level 1 at the first late minute"
like "$OUT" "2022-04-11.*09:00.*leader" "… level 2 on Monday at nine"
run operator --json ladder test standard --due 2022-04-08T17:30
is "$(grep -c '"step"' <<<"$OUT")" 5 "the shipped ladder has five steps"
run operator ladder test nothing --due 2022-04-08
is "$STATUS" 1 "an unknown ladder is refused"
run operator ladder test standard
is "$STATUS" 2 "without a due instant there is nothing to try"
run operator registry apply --yes "$W/strict.conf"
is "$STATUS" 0 "it is signed"
run operator registry export
like "$OUT" 'after = 1 time = "09:00"' "and exported as it was written"
like "$OUT" 'before = "90m"' "… with its waits"
run operator registry apply --yes "$W/strict.conf"
like "$OUT" "nothing to do" "applied again it is no change"

# silences
run as b silence --unit "$C" --until 2022-04-12 --reason 汛情
is "$STATUS" 1 "a unit silences nobody"
run as office silence --unit "$C" --until 2022-06-30 --reason 汛情
is "$STATUS" 1 "nor the office longer than the ladder allows"
run as office silence --unit "$C" --until 2022-04-08
is "$STATUS" 2 "a silence has a reason"
run as office silence --unit "$C" --until 2022-04-08 --reason 汛情
is "$STATUS" 0 "the office silences C"
run as office silence
like "$OUT" "汛情" "and sees it"
clock 2022-04-08T17:31:05+08:00
is "$(levels "$TB")" "0 1" "B has level 1"
is "$(levels "$TC")" "-" "C is silenced"
is "$(sql "select count(*) from duban.verdict where task = '$TC' and period = '2022Q1' and silence")" 1 "… its verdict is not"
run as office why --not "$TC"
like "$OUT" "silence lies over it" "why not: a silence"
like "$OUT" "汛情" "… with its reason"
run as office --lang zh_CN why --not "$TC"
unlike "$OUT" "silence lies" "… in Chinese"
clock 2022-04-09T00:00:05+08:00
is "$(levels "$TC")" "1" "when the silence ends, level 1 falls"
run as office why "$(alert_of "$TC" 1 office)"
like "$OUT" "a silence lay over it" "why: it was not at its printed instant"
like "$OUT" "quarterly@" "… the rule"

# quiet hours and repeats are recorded
is "$(sql "select to_char(deliver_at at time zone 'Asia/Shanghai', 'MM-DD HH24:MI') from duban.alert where alert = $(alert_of "$TC" 1 office)")" "04-11 08:00" "mail waits for Monday morning"
is "$(sql "select count(*) from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$TB' and c.period = '2022Q1' and a.post = 'office' and a.level = 1")" 2 "level 1 was repeated once"
like "$(sql "select data from duban.alert_events(array[$(alert_of "$TB" 1 office)])")" "未报送，编号催办" "the text is the ladder's"

# holds until a day, told by telephone
run as office ack "$(alert_of "$TB" 1 office)" --until 2022-04-30
is "$STATUS" 1 "a hold beyond the ladder's cap is refused"
run as office ack "$(alert_of "$TB" 1 office)" --until 2022-04-12 --comment 已联系
is "$STATUS" 0 "a hold until Tuesday"
run as office why --not "$TB"
like "$OUT" "an acknowledgement holds it" "why not: held"
clock 2022-04-11T09:00:05+08:00
is "$(levels "$TB")" "0 1" "… nothing climbs"
LEADER=$(sql "select a.post from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$TA' and c.period = '2022Q1' and a.level = 2 order by 1 limit 1")
isnt "$LEADER" "" "A is at level 2"
run as a ack "$(alert_of "$TA" 2 "$LEADER")" --told 甲 --to 丙 --at 2022-04-11T09:30:00+08:00 --how 电话
is "$STATUS" 1 "a unit cannot say that a leader was told"
run as office ack "$(alert_of "$TA" 2 "$LEADER")" --told 甲 --to 丙 --at 2022-04-11T09:30:00+08:00 --how 电话
is "$STATUS" 0 "the office can"
run as office why "$(alert_of "$TA" 2 "$LEADER")"
like "$OUT" "told by 甲 to 丙" "and it reads so"
clock 2022-04-13T17:31:05+08:00
is "$(levels "$TB")" "0 1 2" "after the hold level 2 is due at once"

run as office why "$(alert_of "$TB" 2 "$(sql "select a.post from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$TB' and c.period = '2022Q1' and a.level = 2 order by 1 limit 1")")"
like "$OUT" "an acknowledgement held it" "why: the hold moved it"
run as b why "$(alert_of "$TA" 1 office)"
is "$STATUS" 1 "others' alerts are not explained"
run as b report "$TB" --period 2022Q1 --status on-track --text 已补报
run as b why --not "$TB" --period 2022Q1
like "$OUT" "reported" "why not: reported"

# a rehearsal that chases promises: the climb above the office is recorded, and told to nobody
sed 's/hold = 2/hold = 2 rehearsal = true kinds = { "report", "completion", "promise" }/' "$W/strict.conf" >"$W/rehearsal.conf"
run operator registry apply --yes "$W/rehearsal.conf"
is "$STATUS" 0 "a rehearsal is signed"
run as b report "$TB" --status at-risk --text 资金未到位 --next-by 2022-04-15
is "$STATUS" 0 "B promises the next report"
run as b due
like "$OUT" "2022-04-15" "it is owed"
run as office silence --unit "$A" --until 2022-04-18 --reason 会议
clock 2022-04-18T09:00:05+08:00
is "$(sql "select string_agg(distinct a.kind || ' ' || a.rehearsal, ', ' order by a.kind || ' ' || a.rehearsal) from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$TB' and c.period like 'next!%' and a.level > 0")" "promise-broken false, promise-broken true" "a broken promise climbs; above the office as a rehearsal"
like "$(sql "select number from duban.alert where rehearsal limit 1")" "演练督办" "… numbered apart"
run as b report "$TB" --period 2022Q2 --status on-track --text 资金已到位
is "$(sql "select string_agg(verdict::text, ' ' order by verdict) from duban.verdict where task = '$TB' and period like 'next!%'")" "2 3" "late beside missing"
is "$(sql "select count(*) from duban.alert where kind = 'silence-ending'")" 2 "the office was reminded of each silence"
is "$(sql 'select count(*) from duban.missing_alerts')" 0 "no alert is missing"
is "$(sql 'select count(*) from (select 1 from duban.alert group by "case", level, round, post having count(*) > 1) x')" 0 "no alert twice"
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
like "$OUT" " 0 differences" "the log of it gives the same ledger again" || diag "$(head -n 20 <<<"$OUT$ERR")"
done_testing
