#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Nothing acknowledged is lost: kill -9 of a receiver, of PostgreSQL, of everything, under load;
# PostgreSQL stopped and started; disk full under the database.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE" --set receivers=2
mapfile -t clients < <(sql "select distinct accountable from duban.task where accountable is not null order by 1 limit 4")
for u in "${clients[@]}"; do enrol "$u" --unit "$u"; done
load() { # NAME TASK: reports until told to stop; a kept one (exit 3) is no fault
    local n=0 status
    while [[ ! -e $W/stop ]]; do
        status=0
        as "$1" report "$2" --period 2022Q1 --status on-track --progress $((n % 100)) >/dev/null 2>"$W/$1.err" || status=$?
        echo "$status" >>"$W/$1.status"
        ((++n))
        [[ $status == [03] ]] || cat "$W/$1.err" >>"$W/$1.odd"
        ((status == 0)) || sleep 0.2
    done
}
for u in "${clients[@]}"; do
    load "$u" "$(led_task "$u")" &
    CHILDREN+=($!)
    loads+=($!)
done
progress() { # all clients get receipts again
    local u before=()
    for u in "${clients[@]}"; do before+=("$(find "$W/$u/receipts" -name '*.tlog-proof' 2>/dev/null | wc -l)"); done
    eventually 40 moved "${before[@]}"
}
moved() { # COUNT...: each client has more receipts than that
    local u
    for u in "${clients[@]}"; do
        (($(find "$W/$u/receipts" -name '*.tlog-proof' 2>/dev/null | wc -l) > $1 + 2)) || return 1
        shift
    done
}
parent() { cat "$DUBAN_PIDFILE"; }
postmaster() { head -n 1 "$I/pg/postmaster.pid"; }
ok "load runs" progress
for round in 1 2 3; do
    kill -KILL "$(pgrep -P "$(parent)" | shuf -n 1)"
    ok "round $round: a child of duband killed, all go on" progress
done
kill -KILL "$(pgrep -P "$(postmaster)" | shuf -n 1)"
ok "a backend killed (all sessions end), all go on" progress
kill -STOP "$(parent)" && sleep 0.3 && kill -CONT "$(parent)"
ok "the parent stopped for a moment, all go on" progress
for mode in fast immediate; do
    user=()
    [[ $(id -u) == 0 ]] && user=(runuser -u "$(stat -c %U "$I/pg/")" --)
    (cd / && "${user[@]}" /usr/lib/postgresql/15/bin/pg_ctl -D "$(realpath "$I/pg")" -m $mode -w -s stop)
    sleep 2
    is "$(curl -s -o /dev/null -w '%{http_code}' "$DUBAN_ADMIN_URL/readyz")" 503 "PostgreSQL stopped ($mode): readyz is 503"
    (cd / && "${user[@]}" /usr/lib/postgresql/15/bin/pg_ctl -D "$(realpath "$I/pg")" -l "$(realpath "$I/pg")/server.log" -w -s start >/dev/null)
    ok "… started: all go on" progress
done
duban-local kill "$I"
sleep 1
duban-local start "$I" || bail "start after kill -9"
ok "kill -9 of everything, start: all go on" progress

touch "$W/stop"
wait "${loads[@]}" 2>/dev/null
for u in "${clients[@]}"; do
    run as "$u" flush
    is "$STATUS" 0 "$u: the outbox is delivered"
    like "$(sort -u "$W/$u.status" | tr '\n' ' ')" '^0 (3 )?$' "$u: acknowledged or kept, never refused" || diag "$(<"$W/$u.odd")"
    receipts=$(find "$W/$u/receipts" -name '*.tlog-proof' | wc -l)
    is "$receipts" "$(wc -l <"$W/$u.status")" "$u: $receipts statements, as many receipts"
    is "$(sql "select count(*) from duban.statement s join duban.signing_key k on k.id = s.key_id where k.code = '$u'")" "$receipts" "$u: each stored once"
    run as "$u" receipts verify
    is "$STATUS" 0 "$u: every receipt verifies"
    key=$(openssl pkey -in "$W/$u/sign.key" -pubout -outform DER | sha256sum | cut -c 1-64)
    http "$u" "/v1/statements/$key/1"
    is "$CODE" 200 "$u: the first receipt can be had again"
done
is "$(sql 'select count(*) = max(index) + 1 from duban.log_entry')" t "the log has no gap"
is "$(sql 'select count(*) from (select 1 from duban.statement group by key, seq having count(*) > 1) x')" 0 "no place is taken twice"
is "$(sql 'select count(*) from duban.missing_verdicts')" 0 "no verdict is missing"
done_testing
