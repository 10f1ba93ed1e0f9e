#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The ladder under the test clock: reminders, levels, addressees, holding, vacancy, closing.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/ladder.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
ladder_units
alerts() { # TASK LEVEL: posts that were alerted
    sql "select coalesce(string_agg(a.post, ' ' order by a.post), '-') from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$1' and c.period = '2022Q1' and a.level = $2"
}
leaders() { sql "select string_agg(distinct l.code, ' ' order by l.code) from duban.task_leader l join duban.post p on p.code = l.code where l.task = '$1'"; }

# Q1 is due on Friday 2022-04-08 17:30; working days before it: 7, 6, 2 (3 to 5 are holidays)
is "$(alerts "$TA" 0)" - "nothing yet"
clock 2022-04-02T09:00:30+08:00
is "$(alerts "$TA" 0)" - "the reminder of 2022-04-02 09:00 was not before the registration"
clock 2022-04-06T08:59:50+08:00
is "$(alerts "$TA" 0)" - "no reminder two working days before"
clock 2022-04-07T09:00:05+08:00
is "$(alerts "$TA" 0)" "$A-contact" "the reminder of one working day before goes to the contact"
run as a report "$TA" --status on-track
is "$STATUS" 0 "A reports"
clock 2022-04-08T17:30:30+08:00
is "$(alerts "$TB" 1)" - "17:30:30 is still on time"
clock 2022-04-08T17:31:00+08:00
is "$(alerts "$TA" 1)" - "nobody is alerted about A"
is "$(alerts "$TB" 1)" "office $B-contact $B-head" "level 1: contact, head, office"
is "$(sql "select verdict from duban.verdict where task = '$TB' and period = '2022Q1' and silence")" 3 "the verdict is missing"
is "$(sql "select at = c.cutoff from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$TB' and a.level = 1 limit 1")" t "at the cut-off"
is "$(sql 'select count(*) from duban.missing_alerts')" 0 "no alert is missing"
is "$(sql 'select count(*) from duban.missing_verdicts')" 0 "no verdict is missing"

# the owing unit's own acknowledgement holds nothing; the office's holds what is above
one() { sql "select min(alert) from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$1' and c.period = '2022Q1' and a.level = $2 and a.post = '$3'"; }
run as b ack "$(one "$TB" 1 "$B-contact")" --comment 已知悉
is "$STATUS" 0 "the contact acknowledges"
run as office ack "$(one "$TC" 1 office)" --comment 正在核实
is "$STATUS" 0 "the office acknowledges for C"
run as b ack "$(one "$TC" 1 office)"
is "$STATUS" 1 "an alert to somebody else is refused"
clock 2022-04-11T17:31:10+08:00
is "$(alerts "$TB" 2)" "$(leaders "$TB")" "level 2 one working day later: each leader of the task"
is "$(alerts "$TC" 2)" - "C is held"
clock 2022-04-13T17:31:10+08:00
is "$(alerts "$TB" 3)" chief "level 3 after three working days: chief"
is "$(alerts "$TC" 2)" - "C is still held"
run as office --json ack "$(one "$TC" 1 office)"
like "$OUT" already "acknowledged twice: already"
clock 2022-04-18T17:31:10+08:00
is "$(alerts "$TC" 2)" "$(leaders "$TC")" "after five working days the next level is due at once"

# a late report closes the case and withdraws its alerts; missing stays beside late
before=$(sql "select count(*) from duban.closing")
run as b report "$TB" --period 2022Q1 --status blocked --text 材料不全
is "$STATUS" 0 "B reports late"
like "$OUT" late "… and is told so"
is "$(sql "select string_agg(verdict::text, ' ' order by verdict) from duban.verdict where task = '$TB' and period = '2022Q1'")" "2 3" "late stands beside missing"
is "$(sql "select count(*) from duban.\"case\" where task = '$TB' and period = '2022Q1' and closed is null")" 0 "the case is closed"
isnt "$(sql "select count(*) from duban.closing")" "$before" "… and the stream says so"
n=$(sql "select count(*) from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$TB'")
clock +5d
is "$(sql "select count(*) from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$TB' and c.period = '2022Q1'")" "$n" "no alert after that"

# a vacant post is passed at once; each alert exists once
is "$(sql 'select count(*) from (select 1 from duban.alert group by "case", step, post having count(*) > 1) x')" 0 "no alert twice"
cat >"$W/vacant.conf" <<EOF2
post "$A-head" { name = "空缺" role = "head" unit = "$A" }
EOF2
run operator registry apply --yes "$W/vacant.conf"
is "$STATUS" 0 "the head of A leaves"
clock 2022-07-08T17:31:05+08:00
is "$(alerts "$TA" 1)" - "Q1 of A stays quiet"
q2=$(sql "select string_agg(a.post, ' ' order by a.post) from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$TA' and c.period = '2022Q2' and a.level = 1")
unlike "$q2" "$A-head" "a vacant post is not alerted"
like "$(sql "select string_agg(a.why, ' ') from duban.alert a join duban.\"case\" c using (\"case\") where c.task = '$TA' and c.period = '2022Q2'")" "vacant|空缺" "… and the alert says so"
is "$(sql 'select count(*) from duban.missing_alerts')" 0 "no alert is missing"
done_testing
