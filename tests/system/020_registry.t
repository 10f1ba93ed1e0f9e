#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# From a plan to obligations by hand: draft, difference, confirmation, export, registering again.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW"
cd "$W" || exit

run operator plan register --handle p1 --yes "$SAMPLE"
is "$STATUS" 5 "unknown owners: exit 5"
draft=$(find "$W" "$DUBAN_OPERATOR_HOME" -maxdepth 1 -name registry.draft)
ok "registry.draft is written" test -s "$draft"
is "$(sql 'select count(*) from duban.plan')" 0 "nothing was registered"
like "$(cat "$draft")" '^unit "u001"' "units are numbered in order of appearance"
like "$(cat "$draft")" '"leader-01"' "leaders too"

cat > few.conf <<'EOF2'
unit "x01" {
  name = "试验单位"
  alias "老名字" { from = "2019-01-01" to = "2021-12-31" }
}
post "x01-contact" { name = "试验联络员" role = "contact" unit = "x01" holder "某人" { from = "2022-01-01" } }
roster "r01" { name = "试验名册" of = "units" member "x01" { from = "2022-01-01" } }
EOF2
run operator registry apply few.conf </dev/null
is "$STATUS" 2 "without a terminal apply needs --yes"
is "$(sql "select count(*) from duban.unit where code = 'x01'")" 0 "… and signs nothing"
run operator registry apply --yes few.conf
is "$STATUS" 0 "apply"
like "$OUT$ERR" 'x01' "the difference is shown"
is "$(sql "select name from duban.unit where code = 'x01'")" 试验单位 "the unit is there"
before=$(entries)
run operator registry apply --yes few.conf
is "$STATUS" 0 "apply again"
is "$(entries)" "$before" "… signs nothing when nothing differs"

run operator registry export
is "$STATUS" 0 "export"
printf '%s\n' "$OUT" >export.conf
for object in 'calendar "cn"' 'rule "quarterly"' 'ladder "standard"' 'unit "x01"' 'post "x01-contact"' 'roster "r01"'; do
    like "$OUT" "^$object" "export holds $object"
done
like "$OUT" '2022-01-29' "… and the worked Saturday 2022-01-29"
run operator registry apply --yes export.conf
is "$STATUS" 0 "the export can be applied"
is "$(entries)" "$before" "… and differs in nothing"

sed 's/试验单位/改名单位/' few.conf >renamed.conf
run operator registry apply --yes renamed.conf
is "$(sql "select name from duban.unit where code = 'x01'")" 改名单位 "an object is replaced as a whole"
echo 'unit "x02" { name = "甲" colour = "red" }' >bad.conf
run operator registry apply --yes bad.conf
is "$STATUS" 5 "an unknown word in the text"
like "$ERR" 'bad.conf.*(line 1|:1)' "… is named with file and line"
before=$(entries)
{ echo 'unit "x03" { name = "乙" }'; echo 'post "x03-contact" { name = "丙" role = "contact" unit = "nowhere" }'; } >half.conf
run operator registry apply --yes half.conf
isnt "$STATUS" 0 "a post of an unknown unit"
is "$(sql "select count(*) from duban.unit where code = 'x03'")" 0 "all or nothing: the unit beside it is not there either"

duban-local start "$I" --plan "$SAMPLE" || bail "start with a plan"
isnt "$(sql 'select count(*) from duban.task')" 0 "with the blanks filled the plan goes through"
is "$(sql "select count(*) from duban.task t where accountable is null and not exists (select from duban.v_unassigned u where u.task = t.name)")" 0 \
    "every task without a lead is in v_unassigned"
is "$(sql "select count(*) from duban.obligation o join duban.task t on t.name = o.task where t.accountable is null")" 0 "… and owes nothing"
before=$(entries)
run operator plan register --handle p1 --yes "$SAMPLE"
is "$STATUS" 0 "the same plan again"
is "$(entries)" "$before" "… changes nothing"
is "$(sql "select to_char(due at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI') || ' ' || owed from duban.plan_period where period = '2022Q1' limit 1" 2>/dev/null)" \
    '2022-04-08 17:30 true' "Q1 is due on the fifth working day of April, 2022-04-08 17:30"
run operator plan register --handle p9 --yes /dev/null
isnt "$STATUS" 0 "an empty plan is refused"
done_testing
