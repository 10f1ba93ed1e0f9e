#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/due.sh [DIR]: G6 on an idle daemon. Due instant → first byte on the socket of 督查室: SINGLES (200)
# obligations that fall due one after the other, and AT_ONCE (1000) at one instant; and what raising costs.
. "$(dirname -- "$0")/lib.sh"
SINGLES=${SINGLES:-200} APART=${APART:-0.1} AT_ONCE=${AT_ONCE:-1000} AHEAD=${AHEAD:-2}
instance "${1:-}"
figure due "one due: the timer, one commit, one look of the receiver; many: raising, about 0.15 ms of CPU each in batches that hold the lock for 40 ms"
row 'one due, p50' ms
row 'one due, p99' ms lower 50 20 'G6, one due'
row 'one due, greatest' ms
row 'one due, p99 until the entry' ms
row "$AT_ONCE at once, first" ms
row "$AT_ONCE at once, last" ms lower 250 150 'G6, 1,000 at once'
row 'raised' obligations/s
row 'CPU of raising, duband' µs/obligation
row 'CPU of raising, postgres' µs/obligation

watching "$STEP/seen" "$DIR/office"
fall_due "$SINGLES" 1 "$(awk_ "$SINGLES * $APART")"
sleep "$(awk_ "$SINGLES * $APART + 1")"
all_raised "$SINGLES"
sleep 0.5
delays "$STEP/seen" >"$STEP/single"
check 'one due: every alert was seen' "$SINGLES" "$(wc -l <"$STEP/single")"
sample 'one due, p50' "$(cut -d' ' -f2 "$STEP/single" | quantile 0.5)"
sample 'one due, p99' "$(cut -d' ' -f2 "$STEP/single" | quantile 0.99)"
sample 'one due, greatest' "$(cut -d' ' -f2 "$STEP/single" | quantile 1)"
sample 'one due, p99 until the entry' "$(cut -d' ' -f3 "$STEP/single" | quantile 0.99)"
for ((r = 1; r <= ROUNDS; r++)); do
    fall_due "$AT_ONCE" "$AHEAD" 0
    d0=$(cpu_of "$(cat "$DUBAN_PIDFILE")") p0=$(cpu_of "$(postmaster)")
    sleep "$AHEAD"
    all_raised "$AT_ONCE"
    sleep 1
    d1=$(cpu_of "$(cat "$DUBAN_PIDFILE")") p1=$(cpu_of "$(postmaster)")
    delays "$STEP/seen" >"$STEP/once-$r"
    check 'at once: every alert was seen' "$AT_ONCE" "$(wc -l <"$STEP/once-$r")"
    sample "$AT_ONCE at once, first" "$(cut -d' ' -f2 "$STEP/once-$r" | quantile 0)"
    sample "$AT_ONCE at once, last" "$(cut -d' ' -f2 "$STEP/once-$r" | quantile 1)"
    sample raised "$(awk_ "$AT_ONCE / $(cut -d' ' -f2 "$STEP/once-$r" | quantile 1) * 1000")"
    sample 'CPU of raising, duband' "$(awk_ "($d1 - $d0) / $AT_ONCE * 1e6")"
    sample 'CPU of raising, postgres' "$(awk_ "($p1 - $p0) / $AT_ONCE * 1e6")"
done
publish
