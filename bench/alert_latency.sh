#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/alert_latency.sh [DIR]: due instant → bytes on the watcher's socket, DUE obligations that fall due one after
# the other over SPREAD seconds, while statements arrive at SHARE of the capacity. Watchers: an operator,
# 督查室 (office) and a unit's contact. Afterwards nothing may be missing, in the database or on a stream.
. "$(dirname -- "$0")/lib.sh"
SPREAD=${SPREAD:-40} SHARE=${SHARE:-0.4} AFTER=${AFTER:-4}
instance "${1:-}"
figure alert_latency "the log lock: an alert waits for the batch that is being appended, then for its own commit and the receiver's turn; raising costs 0.15 ms of CPU each, in batches that hold the lock for 40 ms"
row capacity statements/s
row offered statements/s
p50=() p99=() last=() acknowledged=()
if (($(awk_ "$SPREAD > 0"))); then
    p50=(lower 50 20 'alerts under load, p50') p99=(lower 250 150 'alerts under load, p99')
else # all stand in one queue: what counts is its end, and those who report meanwhile
    last=(lower 5000 3000 'at one instant, last') acknowledged=(lower 250 150 'at one instant, acknowledgements')
fi
row 'acknowledgement p50' ms
row 'acknowledgement p99' ms "${acknowledged[@]}"
for who in office operator contact; do
    row "$who: alerts" ''
    row "$who: p50" ms "${p50[@]}"
    row "$who: p99" ms "${p99[@]}"
    row "$who: greatest" ms "${last[@]}"
done
row 'p99 until the entry' ms

if [[ -z ${CAPACITY:-} ]]; then
    FOR=4 loaded capacity --connections "$CONNECTIONS" --requests $((MOST * 5))
    CAPACITY=$(part "$RESULT" .per_second)
fi
sample capacity "$CAPACITY"
rate=$(awk_ "int($CAPACITY * $SHARE)")
sample offered "$rate"
watching "$STEP/seen" "$DUBAN_OPERATOR_HOME" "$DIR/b0001-contact" "$DIR/office"
FOR=$(awk_ "$SPREAD + $AFTER") loaded load --connections "$CONNECTIONS" --rate "$rate" --trace "$STEP/trace" >/dev/null &
LOADER=$!
while [[ ! -s $STEP/trace ]]; do # it signs first
    kill -0 "$LOADER" 2>/dev/null || fail "the load did not start"
    sleep 0.1
done
fall_due "$DUE" 2 "$SPREAD"
wait "$LOADER"
all_raised "$DUE"
sleep 1
RESULT=$(tail -n 1 "$OUT/measurements.jsonl")
for p in p50 p99; do sample "acknowledgement $p" "$(part "$RESULT" ".latency_ms.$p")"; done
delays "$STEP/seen" >"$STEP/delays"
for who in office operator contact; do
    grep "^\S*$who " "$STEP/delays" | cut -d' ' -f2 >"$STEP/$who" || true
    sample "$who: alerts" "$(wc -l <"$STEP/$who")"
    sample "$who: p50" "$(quantile 0.5 <"$STEP/$who")"
    sample "$who: p99" "$(quantile 0.99 <"$STEP/$who")"
    sample "$who: greatest" "$(quantile 1 <"$STEP/$who")"
done
sample 'p99 until the entry' "$(grep '^office ' "$STEP/delays" | cut -d' ' -f3 | quantile 0.99)"

# what must hold afterwards; the views give the alerter two minutes of grace, here none
alerts=$(sql -c "select count(*) from duban.alert a join duban.\"case\" c using (\"case\") join duban.task t on t.name = c.task
    where t.plan = 'd' and t.ordinal >= $FIRST and a.level = 1")
check 'three alerts for each' $((3 * DUE)) "$alerts"
check 'the office saw each of its own' "$DUE" "$(wc -l <"$STEP/office")"
check 'the operator saw all' "$alerts" "$(wc -l <"$STEP/operator")"
check 'nothing past its cut-off is without verdict' 0 "$(sql -c "select count(*) from duban.obligation o where o.cutoff < duban.now() and not exists (
    select from duban.verdict v where v.task = o.task and v.period = o.period and v.unit = o.unit)")"
check 'nothing overdue is without case' 0 "$(sql -c "select count(*) from duban.obligation o where o.task like 'd/%' and o.cutoff < duban.now() and not exists (
    select from duban.\"case\" c where c.task = o.task and c.period = o.period and c.unit = o.unit)")"
check 'missing_verdicts and missing_alerts are empty' 0 "$(sql -c 'select (select count(*) from duban.missing_verdicts) + (select count(*) from duban.missing_alerts)')"
check 'every entry is under a head' "$(sql -c 'select count(*) from duban.log_entry')" "$(sql -c 'select max(size) from duban.head')"
publish
