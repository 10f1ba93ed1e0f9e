#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/recovery.sh [DIR]: seconds without an acknowledgement, seen by PROBES (16) connections that send the
# same bytes again every 5 ms until a receipt comes: duband stopped and started, reloaded, killed with
# SIGKILL and started; PostgreSQL killed with SIGKILL in the midst of a load and started at once. Each time
# from the event (or the start) to the first acknowledgement behind the gap. Nothing may be lost.
. "$(dirname -- "$0")/lib.sh"
PROBES=${PROBES:-16} RELOAD_FOR=${RELOAD_FOR:-6} START_FOR=${START_FOR:-8} CRASH_FOR=${CRASH_FOR:-14} LULL=${LULL:-1}
((PROBES <= KEYS)) || PROBES=$KEYS
instance "${1:-}"
figure recovery "start-up: reading keys and certificates, connecting, the signer's tail; after a crash of PostgreSQL its replay of the WAL since the last checkpoint"
FOR=0
row 'reload: longest gap' s
row 'without any event: longest gap' s
row 'start-up: exec to acknowledgement' s
row 'kill -9 of duband: start to acknowledgement' s
row 'kill -9 of PostgreSQL: kill to acknowledgement' s
row 'kill -9 of PostgreSQL: it accepts connections' s
row 'kill -9 of PostgreSQL: from there to acknowledgement' s

micros() { date +%s%6N; }
probe() { # SECONDS: a load in the background, its instants in STEP/trace; waits until it runs
    rm -f -- "$STEP/trace"
    BEFORE=$(end_of_log)
    load_run --connections "$PROBES" --seconds "$1" --warmup 0 --requests "$(awk_ "int($MOST / 2 * $1)")" --patient 5 --trace "$STEP/trace" >"$STEP/probe.json" &
    PROBE=$!
    while [[ ! -s $STEP/trace ]]; do
        kill -0 "$PROBE" 2>/dev/null || fail "the probe did not start"
        sleep 0.05
    done
    sleep "$LULL"
}
probed() { # WHAT: waits for its end; every acknowledgement is a row
    wait "$PROBE"
    check_rows "$1" "$(cat "$STEP/probe.json")" "$(stored_since "$BEFORE")"
    check "$1: the probe had enough to send" false "$(jq .used_up "$STEP/probe.json")"
}
# ROW END FROM: what ended within the probe's time
until_() {
    if (($2 > $3)); then sample "$1" "$(seconds $(($2 - $3)))"; else note "$1: not within the time of the probe"; fi
}
gap() { # FROM: the longest time without acknowledgement behind an instant: "length end", µs
    awk -v from="$1" 'last && $1 > from && $1 - last > most { most = $1 - last; end = $1 } { last = $1 } END { printf "%d %d\n", most, end }' "$STEP/trace"
}
seconds() { awk_ "$1 / 1e6"; }
start_duband() {
    setsid "$BUILD/duband" -c "$DIR/duband.conf" --test-clock </dev/null >>"$DIR/log/duband.log" 2>&1 &
    disown
}
gone() { while [[ $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null || true) == [!ZX] ]]; do sleep 0.01; done; } # PID; a zombie is gone

for ((r = 1; r <= ROUNDS; r++)); do
    probe "$RELOAD_FOR"
    read -r length _ < <(gap 0)
    sample 'without any event: longest gap' "$(seconds "$length")"
    at=$(micros)
    kill -HUP "$(cat "$DUBAN_PIDFILE")"
    probed reload
    read -r length _ < <(gap "$at")
    sample 'reload: longest gap' "$(seconds "$length")"

    for signal in TERM KILL; do
        probe "$START_FOR"
        pid=$(cat "$DUBAN_PIDFILE")
        mapfile -t pids < <(tree "$pid")
        kill "-$signal" "$([[ $signal == TERM ]] && echo "$pid" || echo "${pids[0]}")"
        [[ $signal == TERM ]] || kill -KILL "${pids[@]:1}" 2>/dev/null || true
        gone "$pid"
        at=$(micros)
        start_duband
        probed "$signal"
        read -r _ end < <(gap "$at")
        case $signal in
        TERM) until_ 'start-up: exec to acknowledgement' "$end" "$at" ;;
        KILL) until_ 'kill -9 of duband: start to acknowledgement' "$end" "$at" ;;
        esac
    done

    probe "$CRASH_FOR"
    sleep "$LULL"
    mapfile -t pids < <(tree "$(postmaster)")
    at=$(micros)
    kill -KILL "${pids[@]}" 2>/dev/null || true
    for pid in "${pids[@]}"; do gone "$pid"; done
    local_ start "$DIR" &
    starter=$!
    until "$PGBIN/pg_isready" -q -h "$DUBAN_PGHOST"; do sleep 0.01; done
    up=$(micros)
    wait "$starter"
    probed 'kill -9 of PostgreSQL'
    read -r _ end < <(gap "$at")
    until_ 'kill -9 of PostgreSQL: kill to acknowledgement' "$end" "$at"
    sample 'kill -9 of PostgreSQL: it accepts connections' "$(seconds $((up - at)))"
    until_ 'kill -9 of PostgreSQL: from there to acknowledgement' "$end" "$up"
done
publish
