#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The push stream: live, backlog, Last-Event-ID, who sees what, closed; within a second.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE" --set stream-heartbeat=1
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
closed() { [[ -n $(data "$1" | jq -r "select(.reason == \"reported\" and .case == $case) | .case") ]]; }
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

# the watcher is watched: signs of life, and an alarm here when they stop
background curl -sSN --noproxy '*' --max-time 60 --cacert "$DUBAN_CA" --cert "$W/office/client.pem" \
    --key "$W/office/client.key" -o "$W/beats" "$DUBAN_URL/v1/alerts/stream?heartbeat=1"
beats() { (($(grep -cs "^event: heartbeat" "$W/beats" || true) >= $1)); } 2>/dev/null
eventually 5 test -s "$W/beats"
ok "signs of life, each second here" eventually 10 beats 3
is "$(sed -n '/^event: heartbeat/{n;s/^data: //p;}' "$W/beats" | head -n 1 | jq -r .head | grep -c "^— $DUBAN_AUD ")" 2 "a head with the log's signature, and one that says when"
is "$(grep -c '^event: heartbeat' "$W/live")" 0 "only who asks gets them"
http office '/v1/alerts/stream?heartbeat=yes'
is "$CODE" 400 "heartbeat is 1 or 0"
rm -f "$W/office/watch.head"
background duban --home "$W/office" --lang en watch --silence 4 --alarm "echo \$DUBAN_ALARM >>'$W/alarms'" >"$W/guard" 2>"$W/guard.err"
GUARD=$BACKGROUND
ok "duban watch verifies them" eventually 10 test -s "$W/office/watch.head"
not_ok "and is quiet" test -e "$W/alarms"
frozen="$(<"$DUBAN_PIDFILE") $(pgrep -P "$(<"$DUBAN_PIDFILE")" | tr '\n' ' ')"
# shellcheck disable=SC2086
kill -STOP $frozen
ok "frozen: an alarm here" eventually 12 grep -qs silent "$W/alarms"
like "$(<"$W/guard.err")" 'ALARM .silent.*no valid sign of life since 20' "… on standard error too"
run timeout 20 duban --home "$W/u001" --lang en watch --silence 2 --alarm-exit
is "$STATUS" 6 "--alarm-exit leaves with a status of its own"
# shellcheck disable=SC2086
kill -CONT $frozen
ok "thawed: over" eventually 30 grep -qs recovered "$W/alarms"
is "$(sort "$W/alarms" | uniq -c | tr -s ' \n' ' ')" ' 1 recovered 1 silent ' "each told once"
T=$(led_task u001 2)
run as u001 report "$T" --period 2022Q1 --status on-track
newest() { [[ $(<"$W/office/watch.state") == "$(sql "select max(event) from duban.closing")" ]]; }
ok "what happened since is there, after the last one seen" eventually 15 newest
kill "$GUARD"

# killed in between: nothing is missed, nothing comes twice
duban-local kill "$I"
duban-local start "$I" || bail "start after kill"
listen office "$W/after" -H "Last-Event-ID: $mid"
ok "the stream resumes after kill -9" eventually 10 closed "$W/after"
is "$(sed -n 's/^id: //p' "$W/after" | sort | uniq -d)" '' "no id twice"

# more than a page: all that is the office's, each once, in order
clock 2022-07-08T17:31:00+08:00
ids() { sed -n 's/^id: //p' "$1"; }
open=$(sql "select a.alert from duban.alert a join duban.\"case\" c using (\"case\") where c.closed is null and a.post = 'office' order by 1")
all=$(sql "select x from (select alert from duban.alert where post = 'office' union
    select event from duban.closing d where exists (select from duban.alert a where a.\"case\" = d.\"case\" and a.post = 'office')) e (x) order by 1")
isnt "$(sed -n 201p <<<"$open")" '' "more than 200 alerts are open"
listen office "$W/pages"
listen office "$W/history" -H 'Last-Event-ID: 0'
ln -s "$DUBAN_OPERATOR_HOME" "$W/op"
listen op "$W/operator"
has_all() { (($(grep -c '^id: ' "$1" 2>/dev/null || true) >= $(wc -l <<<"$2"))); }
ok "the open ones come" eventually 15 has_all "$W/pages" "$open"
ok "all that happened comes" eventually 15 has_all "$W/history" "$all"
is "$(ids "$W/pages")" "$open" "… each open one once, in order"
is "$(ids "$W/history")" "$all" "… each once, in order"
everybody=$(sql "select a.alert from duban.alert a join duban.\"case\" c using (\"case\") where c.closed is null order by 1")
ok "an operator gets those of all" eventually 15 has_all "$W/operator" "$everybody"
is "$(ids "$W/operator")" "$everybody" "… once, in order"
T=$(led_task u001 3)
run as u001 report "$T" --period 2022Q1 --status on-track
newest=$(sql "select max(event) from duban.closing")
all_live() { grep -q "^id: $newest$" "$W/pages" && grep -q "^id: $newest$" "$W/history" && grep -q "^id: $newest$" "$W/operator"; }
ok "then all of them are live" eventually 10 all_live

# a delegate has what the post has: on the stream, in the list, printed, explained; and nothing else
LEADER=$(sql "select a.post from duban.alert a join duban.post o on o.code = a.post where o.role = 'leader' group by 1 order by count(*) desc, 1 limit 1")
its=$(sql "select alert from duban.alert where post = '$LEADER' order by 1")
N=$(head -n 1 <<<"$its")
http u001 "/v1/alerts/$N"
is "$CODE" 404 "what went to a leader is not the unit's to see"
http u001 "/v1/alerts/$N/why"
is "$CODE" 404 "nor why"
printf 'post "%s" { name = "分管领导" role = "leader" holder "张三" { } delegate "李四" { key = "%s" } }\n' "$LEADER" \
    "$(sql "select encode(key, 'hex') from duban.signing_key where code = 'u001' limit 1")" >"$W/delegate.conf"
run operator registry apply --yes "$W/delegate.conf"
is "$STATUS" 0 "a key of the unit becomes the leader's delegate"
list() { # NAME: the alerts that GET /v1/alerts lists, all pages
    local cursor=''
    while :; do
        http "$1" "/v1/alerts?limit=150&cursor=$cursor"
        field "$BODY" '.items[].alert'
        cursor=$(field "$BODY" '.next // empty')
        [[ -n $cursor ]] || break
    done
}
mine=$(sql "select alert from duban.alert where post in ('u001-contact', 'u001-head', '$LEADER') order by 1")
delegated() { http u001 "/v1/alerts/$N" && [[ $CODE == 200 ]]; }
ok "the delegate is given it" eventually 10 delegated
is "$(field "$BODY" .post)" "$LEADER" "… as printed"
isnt "$(field "$BODY" .text)" null "… with the task's words"
http u001 "/v1/alerts/$N/why"
is "$CODE" 200 "… and why"
is "$(list u001)" "$mine" "the list has those of the unit and of the post"
http u001 '/v1/alerts?open=1&limit=1000'
is "$(field "$BODY" '.items[].alert')" "$(sql "select a.alert from duban.alert a join duban.\"case\" c using (\"case\") where c.closed is null and
    a.post in ('u001-contact', 'u001-head', '$LEADER') order by 1")" "… also the open ones alone"
listen u001 "$W/delegate" -H 'Last-Event-ID: 0'
ok "the stream gives the same" eventually 10 has_all "$W/delegate" "$mine"
is "$(data "$W/delegate" | jq -r 'select(.kind) | .alert')" "$mine" "… each once"
http u001 "/v1/alerts/$(head -n 1 <<<"$open")"
is "$CODE" 404 "what went to 督查室 alone is not theirs"
is "$(list office)" "$(sql "select alert from duban.alert where post = 'office' order by 1")" "督查室 lists its own"
http u001 /v1/brief/office
is "$(field "$BODY" '[.decisions[] | select(.wanted == "acknowledge")] | length')" 0 "the brief of another post names no alert to it"
http office /v1/brief/office
isnt "$(field "$BODY" '[.decisions[] | select(.wanted == "acknowledge")] | length')" 0 "its own does"
done_testing
