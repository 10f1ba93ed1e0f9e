#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/alert_latency.sh DIR: due instant → bytes on the watcher's socket, with OBLIGATIONS obligations, DUE
# of them due one after the other over SPREAD seconds, while statements arrive at SHARE of the capacity.
# Watchers: an operator, 督查室 (office) and a unit's contact. Bars: p50 ≤ 50 ms, p99 ≤ 250 ms. The test
# clock runs at the real rate; the offset is taken out. Writes alerts.json and alerts.txt to OUT.
. "$(dirname -- "$0")/lib.sh"
SPREAD=${SPREAD:-60} SHARE=${SHARE:-0.4} LEAD=${LEAD:-12}
attach "${1:?DIR}"
mkdir -p "$OUT"
STEP=$OUT/alerts
rm -rf -- "$STEP"
mkdir -p "$STEP"
WATCHER='' LOADER=''
trap '[[ -z $WATCHER ]] || kill "$WATCHER" 2>/dev/null || true; [[ -z $LOADER ]] || kill "$LOADER" 2>/dev/null || true' EXIT

[[ $(sql -c "select count(*) from duban.obligation where task like 'd/%'") == 0 ]] || fail "$DIR was used for this already"
capacity=${CAPACITY:-$(load_run --seconds 4 --warmup 1 --connections 256 --requests 45000 | jq .per_second)}
rate=$(awk -v c="$capacity" -v s="$SHARE" 'BEGIN { printf "%d", c * s }')
say "capacity $capacity statements/s, offered $rate, load average $(cut -d' ' -f1-3 /proc/loadavg)"

"$BUILD/bench/watch" --url "$DUBAN_URL" --ca "$DUBAN_CA" --seconds 3600 \
    "$DUBAN_OPERATOR_HOME" "$DIR/office" "$DIR/b0001-contact" >"$STEP/seen" 2>"$STEP/watch.log" &
WATCHER=$!
load_run --connections 256 --rate "$rate" --warmup 1 --seconds $((SPREAD + 4)) --requests "$((rate * (SPREAD + 8) * 5 / 4))" >"$STEP/load.json" &
LOADER=$!
while [[ -z $(ss -Htn state established dport = ":${DUBAN_URL##*:}" 2>/dev/null | sed -n 10p) ]]; do
    kill -0 "$LOADER" 2>/dev/null || fail "the load did not start"
    sleep 0.2
done # it signs first
d0=$(cpu_of "$(cat "$DUBAN_PIDFILE")") p0=$(cpu_of "$(postmaster)")
average=$(cut -d' ' -f1-3 /proc/loadavg)
sql -v due="$DUE" -v lead=2 -v spread="$SPREAD" -f "$HERE/due.sql"
wait "$LOADER"
LOADER=''
for ((i = 0; i < 600; i++)); do # what is still to come
    [[ $(sql -c "select count(*) from duban.verdict where silence and task like 'd/%'") == "$DUE" ]] && break
    sleep 0.2
done
sleep 1
d1=$(cpu_of "$(cat "$DUBAN_PIDFILE")") p1=$(cpu_of "$(postmaster)")
kill "$WATCHER"
wait "$WATCHER" || true
WATCHER=''

sql -c "create temp table seen (watcher text, alert bigint, us bigint)" \
    -c "\\copy seen from '$STEP/seen' with (format text, delimiter ' ')" \
    -c "select json_agg(x) from (
        select s.watcher, count(*) as alerts, round(percentile_cont(0.5) within group (order by l.ms)::numeric, 2) as p50,
               round(percentile_cont(0.99) within group (order by l.ms)::numeric, 2) as p99, round(max(l.ms)::numeric, 2) as max,
               round(percentile_cont(0.5) within group (order by l.raised_ms)::numeric, 2) as raised_p50,
               round(percentile_cont(0.99) within group (order by l.raised_ms)::numeric, 2) as raised_p99
          from seen s join duban.alert a on a.alert = s.alert join duban.\"case\" c on c.\"case\" = a.\"case\"
         cross join duban.log_lock k
         cross join lateral (select s.us / 1000.0 - extract(epoch from a.at - k.clock_offset)::float8 * 1000 as ms,
                                    extract(epoch from a.raised - a.at)::float8 * 1000 as raised_ms) l
         where c.task like 'd/%' and a.level = 1
         group by s.watcher order by s.watcher) x" >"$STEP/latency.json"
# what must hold afterwards; the views give the alerter two minutes of grace, here none
sql -c "select json_build_object(
    'due', (select count(*) from duban.obligation where task like 'd/%'),
    'missing', (select count(*) from duban.verdict where silence and task like 'd/%'),
    'alerts', (select count(*) from duban.alert a join duban.\"case\" c using (\"case\") where c.task like 'd/%' and a.level = 1),
    'without_verdict', (select count(*) from duban.obligation o where o.cutoff < duban.now() and not exists (
        select from duban.verdict v where v.task = o.task and v.period = o.period and v.unit = o.unit)),
    'overdue_without_case', (select count(*) from duban.obligation o where o.task like 'd/%' and o.cutoff < duban.now() and not exists (
        select from duban.\"case\" c where c.task = o.task and c.period = o.period and c.unit = o.unit)),
    'missing_verdicts', (select count(*) from duban.missing_verdicts), 'missing_alerts', (select count(*) from duban.missing_alerts),
    'entries', (select count(*) from duban.log_entry), 'head', (select max(size) from duban.head),
    'statements', (select count(*) from duban.statement))" >"$STEP/database.json"
jq -n --argjson machine "$(machine)" --argjson latency "$(cat "$STEP/latency.json")" --argjson database "$(cat "$STEP/database.json")" \
    --argjson load "$(cat "$STEP/load.json")" --arg average "$average" --argjson spread "$SPREAD" --argjson capacity "$capacity" \
    --argjson duband "$(awk -v a="$d0" -v b="$d1" 'BEGIN { print b - a }')" --argjson postgres "$(awk -v a="$p0" -v b="$p1" 'BEGIN { print b - a }')" \
    '$ARGS.named' >"$OUT/alerts.json"
{
    jq -r '"load average before: \(.average); statements offered \(.load.rate)/s of \(.capacity)/s, acknowledged \(.load.per_second)/s, p50 \(.load.latency_ms.p50) ms, p99 \(.load.latency_ms.p99) ms",
        "\(.database.due) obligations due in \(.spread) s: \(.database.missing) missing verdicts, \(.database.alerts) alerts; views missing_verdicts \(.database.missing_verdicts), missing_alerts \(.database.missing_alerts)",
        "CPU s: duband \(.duband), postgres \(.postgres)",
        (.latency[] | "\(.watcher)\t\(.alerts) alerts\tp50 \(.p50) ms\tp99 \(.p99) ms\tmax \(.max) ms\t(of it until the entry: p50 \(.raised_p50), p99 \(.raised_p99))")' "$OUT/alerts.json"
} | tee "$OUT/alerts.txt"
jq -e '.database | .due == .missing and .alerts == 3 * .due and .without_verdict == 0 and .overdue_without_case == 0
       and .missing_verdicts == 0 and .missing_alerts == 0 and .entries == .head' "$OUT/alerts.json" >/dev/null ||
    fail "something is missing: $(cat "$STEP/database.json")"
jq -e '.database as $d | [.latency[] | select(.watcher == "operator").alerts == $d.alerts, select(.watcher == "office").alerts == $d.due] | all' \
    "$OUT/alerts.json" >/dev/null || fail "a watcher has not seen every alert of its own"
if jq -e '[.latency[] | .p50 <= 50 and .p99 <= 250] | all' "$OUT/alerts.json" >/dev/null; then
    say "bars held: p50 ≤ 50 ms, p99 ≤ 250 ms"
else
    say "bars NOT held: p50 ≤ 50 ms, p99 ≤ 250 ms"
fi
