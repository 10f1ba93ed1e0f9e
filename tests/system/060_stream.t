#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The push stream: live, backlog, Last-Event-ID, who sees what, closed; within a second.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol office --post office
enrol u001 --unit u001
listen() { # NAME FILE [CURL-OPTION...]
    local name=$1 file=$2
    shift 2
    background curl -sSN --noproxy '*' --max-time 120 --cacert "$DUBAN_CA" --cert "$W/$name/client.pem" \
        --key "$W/$name/client.key" -o "$file" -D "$file.head" "$@" "$DUBAN_URL/v1/alerts/stream"
}
events() { grep -c '^event: alert' "$1" 2>/dev/null || true; }
data() { sed -n 's/^data: //p' "$1" 2>/dev/null; }
has_events() { local n; n=$(events "$1"); ((${n:-0} >= $2)); }

listen office "$W/live"
eventually 10 test -s "$W/live.head"
like "$(cat "$W/live.head")" 'text/event-stream' "an event stream"
start=$(date +%s%N)
clock 2022-04-08T17:31:00+08:00
want=$(sql "select count(*) from duban.alert where post = 'office'")
isnt "$want" 0 "alerts were raised to the office"
ok "all of them arrive" eventually 15 has_events "$W/live" "$want"
diag "$want alerts in $((($(date +%s%N) - start) / 1000000)) ms with the clock's move"
is "$(data "$W/live" | jq -r 'select(.level == 1) | .post' | sort -u)" office "only those of the own post"
first=$(data "$W/live" | head -n 1)
for name in alert number kind case level post unit task title period due raised entry why; do
    isnt "$(field "$first" ".$name")" null "an alert has $name"
done
is "$(sed -n 's/^id: //p' "$W/live" | sort -n -c && echo sorted)" sorted "ids rise"
is "$(sed -n 's/^id: //p' "$W/live" | head -n 1)" "$(field "$first" .alert)" "id is the alert's number"

mid=$(sed -n 's/^id: //p' "$W/live" | sed -n "$((want / 2))p")
listen office "$W/resumed" -H "Last-Event-ID: $mid"
ok "resume behind Last-Event-ID" eventually 15 has_events "$W/resumed" $((want - want / 2))
sleep 0.5
is "$(sed -n 's/^id: //p' "$W/resumed" | head -n 1)" "$(sed -n 's/^id: //p' "$W/live" | sed -n "$((want / 2 + 1))p")" "… exactly at the next"
listen office "$W/all" -H 'Last-Event-ID: 0'
ok "0: all of them" eventually 15 has_events "$W/all" "$want"
listen u001 "$W/unit"
ok "a unit sees its contact's and head's" eventually 15 has_events "$W/unit" 1
sleep 0.5
is "$(data "$W/unit" | jq -r .unit | sort -u)" u001 "… and nothing else"

T=$(led_task u001)
case=$(sql "select \"case\" from duban.\"case\" where task = '$T' and period = '2022Q1'")
run as u001 report "$T" --period 2022Q1 --status on-track
closed() { data "$1" | jq -e "select(.reason == \"reported\" and .case == $case)" >/dev/null; }
ok "a report withdraws the case live" eventually 15 closed "$W/live"
listen office "$W/replayed" -H "Last-Event-ID: $mid"
ok "… and is replayed too" eventually 15 closed "$W/replayed"
listen office "$W/open"
ok "without Last-Event-ID: alerts of open cases" eventually 15 has_events "$W/open" 1
sleep 0.5
is "$(data "$W/open" | jq -r "select(.case == $case) | .alert")" '' "… not of closed ones"

timeout 6 duban --home "$W/office" --lang en watch --since 0 >"$W/watch" 2>"$W/watch.err"
isnt "$(wc -l <"$W/watch")" 0 "duban watch prints them"
timeout 6 duban --home "$W/office" --json watch --since 0 >"$W/watch.json" 2>/dev/null
is "$(head -n 1 "$W/watch.json" | jq -r .alert)" "$(sed -n 's/^id: //p' "$W/all" | head -n 1)" "watch --json prints the objects"
timeout 6 duban --home "$W/office" watch --since "$mid" --exec "echo ran >>'$W/ran'" >/dev/null 2>&1
isnt "$(wc -l <"$W/ran" 2>/dev/null)" '' "watch --exec runs a command for each"

# killed in between: nothing is missed, nothing comes twice
duban-local kill "$I"
duban-local start "$I" || bail "start after kill"
listen office "$W/after" -H "Last-Event-ID: $mid"
ok "the stream resumes after kill -9" eventually 10 closed "$W/after"
is "$(sed -n 's/^id: //p' "$W/after" | sort | uniq -d)" '' "no id twice"
done_testing
