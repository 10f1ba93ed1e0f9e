#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# One statement's path: outcomes, receipts, duplicates, order, the other ways to read it back.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
enrol u002 --unit u002 --alg ed25519
enrol office --post office
T1=$(led_task u001) T2=$(led_task u001 2)
isnt "$T1" '' "u001 leads something"

run as u001 due
is "$STATUS" 0 "due"
like "$OUT" "$T1" "… names the task"
like "$OUT" '2022-04-08' "… and the date"
run as u001 report "$T1" --status on-track --progress 25 --text '按计划推进'
is "$STATUS" 0 "report"
like "$OUT" 'on.time' "one line back says on time"
ok "the statement is kept" test -s "$W/u001/sent/1.dsse.json"
ok "the receipt is kept" test -s "$W/u001/receipts/1.tlog-proof"
is "$(find "$W/u001/outbox" -name '*.dsse.json' | wc -l)" 0 "the outbox is empty"
ok "log.state is kept" test -s "$W/u001/log.state"
is "$(sql "select verdict from duban.verdict where task = '$T1' and period = '2022Q1' and unit = 'u001'")" 1 "the verdict is on-time"
run as u001 receipts verify
is "$STATUS" 0 "kept receipts verify offline"

run as u001 --json report "$T1" --period 2022Q1 --status at-risk
is "$(field "$OUT" '.outcomes[0].outcome')" correction "a second report for the period is a correction"
run as u001 --json report "$T2" --period 2022Q2 --status on-track
is "$(field "$OUT" '.outcomes[0].outcome')" not-owed "a period that is not open: not-owed"
run as u002 --json report "$(led_task u002)" --status 正常推进 --progress 0
is "$(field "$OUT" '.outcomes[0].outcome')" on-time "ed25519, status in Chinese, on time"
is "$(field "$OUT" '.outcomes[0].due')" '2022-04-08T09:30:00Z' "due is the printed instant" ||
    diag "$(field "$OUT" '.outcomes[0].due')"

post u001 u001 --body "$(reports "{\"task\":\"$T2\",\"period\":\"2022Q1\",\"status\":\"on-track\",\"progress\":40}")"
is "$CODE" 200 "curl with an envelope made by openssl"
first=$BODY
is "$(field "$BODY" .duplicate)" false "… is new"
is "$(field "$BODY" '.outcomes[0].outcome')" on-time "… on time"
cp "$W/envelope" "$W/again"
submit u001 "$W/again"
is "$CODE" 200 "the same bytes again"
is "$(field "$BODY" .duplicate)" true "… are a duplicate"
for name in id entry received; do
    is "$(field "$BODY" .$name)" "$(field "$first" .$name)" "… with the same $name"
done
is "$(field "$BODY" '.outcomes | tojson')" "$(field "$first" '.outcomes | tojson')" "… and the same outcomes"
key=$(field "$(<"$W/again")" '.signatures[0].keyid')
seq=$(field "$(<"$W/again")" '.payload' | base64 -d | jq -r .seq)
http u001 "/v1/statements/$key/$seq"
is "$CODE" 200 "GET of the statement"
is "$(field "$BODY" .id)" "$(field "$first" .id)" "… gives the receipt again"
http u002 "/v1/statements/$key/$seq"
unlike "$CODE" '^200$' "… but not to another unit"

# each report has its own outcome; one bad row hurts no other
T3=$(led_task u001 3)
other=$(sql "select t.name from duban.task t where t.accountable <> 'u001' and not exists (select from duban.assignment a where a.task = t.name and a.code = 'u001') order by t.ordinal limit 1")
part=$(sql "select a.task from duban.assignment a where a.code = 'u001' and a.role <> 'lead' limit 1")
good="{\"task\":\"$T3\",\"period\":\"2022Q1\",\"status\":\"on-track\"}"
post u001 u001 --body "$(reports \
    "{\"task\":\"p1/nonsense\",\"period\":\"2022Q1\",\"status\":\"on-track\"}" \
    "{\"task\":\"$other\",\"period\":\"2022Q1\",\"status\":\"on-track\"}" \
    "{\"task\":\"$T3\",\"period\":\"1999Q1\",\"status\":\"on-track\"}" \
    "{\"task\":\"$T3\",\"period\":\"2022-13\",\"status\":\"on-track\"}" \
    "{\"task\":\"$T3\",\"status\":\"on-track\"}" \
    "{\"task\":\"$T3\",\"period\":\"2022Q1\",\"status\":\"on-track\",\"progress\":101}" \
    "{\"task\":\"$T3\",\"period\":\"2022Q1\",\"status\":\"sleepy\"}" \
    "{\"task\":\"$T3\",\"period\":\"2022Q1\",\"status\":\"on-track\",\"values\":[{\"name\":\"x\",\"value\":\"5,5\"}]}" \
    "$good")"
is "$CODE" 200 "eight bad reports and a good one"
is "$(field "$BODY" '[.outcomes[].outcome] | join(" ")')" \
    "refused refused refused refused refused refused refused refused on-time" "each has its own outcome"
is "$(field "$BODY" '[.outcomes[0:8][] | select((.errors | length) > 0)] | length')" 8 "each refused one says why"
like "$(field "$BODY" '.outcomes[5].errors[0].field')" progress "progress 101 is named"
is "$(sql "select count(*) from duban.verdict where task = '$T3'")" 1 "one verdict was stored"
if [[ -n $part ]]; then
    post u001 u001 --body "$(reports "{\"task\":\"$part\",\"period\":\"2022Q1\",\"status\":\"blocked\"}")"
    is "$(field "$BODY" '.outcomes[0].outcome')" not-owed "a participant's early warning gets in, without a verdict"
fi

# NDJSON: one answer a line, in order
me=$(openssl pkey -in "$W/u001/sign.key" -pubout -outform DER | sha256sum | cut -c 1-64)
http u001 /v1/me
seq=$(field "$BODY" ".keys[] | select(.key == \"$me\") | .seq")
prev=$(field "$BODY" ".keys[] | select(.key == \"$me\") | .prev")
: >"$W/batch"
for i in 0 1 2; do
    python3 "$SYSTEM/statement.py" --home "$W/u001" --aud "$DUBAN_AUD" --unit u001 --seq $((seq + i)) --prev "$prev" \
        --body "$(reports "$good")" --save "$W" >>"$W/batch"
    prev=$(sha256sum <"$W/pae" | cut -c 1-64)
done
sed -n 2p "$W/batch" | tr 'a-z' 'A-Z' >"$W/bad" # not an envelope any more
{ sed -n 1p "$W/batch"; cat "$W/bad"; sed -n '2,3p' "$W/batch"; } >"$W/ndjson"
http u001 /v1/statements -H 'Content-Type: application/x-ndjson' --data-binary "@$W/ndjson"
is "$CODE" 200 "NDJSON of four lines, one bad"
is "$(wc -l <<<"$BODY")" 4 "four answers"
is "$(jq -r 'if .entry then "entry" else .code end' <<<"$BODY" | tr '\n' ' ')" "entry malformed entry entry " "in order"
is "$(jq -r 'select(.entry) | .entry' <<<"$BODY" | sort -n | tr '\n' ' ')" "$(jq -r 'select(.entry) | .entry' <<<"$BODY" | tr '\n' ' ')" "entries rise"

http u001 /v1/due
is "$(field "$BODY" '[.items[] | select(.unit != "u001")] | length')" 0 "due shows a unit its own"
http office '/v1/ledger?limit=5'
is "$(field "$BODY" '.items | length')" 5 "limit"
cursor=$(field "$BODY" .next)
isnt "$cursor" null "a cursor to the next page"
http office "/v1/ledger?limit=5&cursor=$cursor"
is "$(field "$BODY" '.items | length')" 5 "the next page"
http u001 "/v1/tasks/$T1"
is "$CODE" 200 "one task"
for path in /v1/nothing /v1/tasks/p1/none; do
    http u001 "$path"
    is "$CODE" 404 "$path: 404"
    is "$(field "$BODY" .status)" 404 "… as a problem document"
done
run as u001 show "$T1"
is "$STATUS" 0 "show"
run as u001 history "$T1"
is "$STATUS" 0 "history"
like "$OUT" 'correction' "… with the correction"
run as office ledger
is "$STATUS" 0 "ledger"
is "$(sql 'select count(*) from duban.orphans' 2>/dev/null || echo 0)" 0 "audit views are empty"
done_testing
