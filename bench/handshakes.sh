#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/handshakes.sh [DIR]: full mutual TLS 1.3 handshakes/s (HANDSHAKES connections, 64 at a time) beside
# a bare OpenSSL server with the same certificates, and G3c: acknowledgements while RECONNECT (10000)
# watchers come back at once. One receiver of duban serves one core; the bare server has one thread.
. "$(dirname -- "$0")/lib.sh"
HANDSHAKES=${HANDSHAKES:-2000} RECONNECT=${RECONNECT:-10000} RECONNECT_FOR=${RECONNECT_FOR:-30}
instance "${1:-}"
figure handshakes "the CPU of a handshake in OpenSSL 3.0, 0.6 to 1 ms on each side; the generator has its own half of the machine"
row 'bare OpenSSL' handshakes/s
row duban handshakes/s
row 'duban ÷ bare OpenSSL' ratio
row 'server CPU, bare OpenSSL' µs/handshake
row 'server CPU, duband' µs/handshake
row 'generator CPU' µs/handshake
row 'duban, handshake p50' ms
row 'duban, handshake p99' ms
row 'reconnect: all back after' s
row 'reconnect: statements offered' statements/s
row 'reconnect: acknowledgement p50' ms
row 'reconnect: acknowledgement p99' ms lower 100 50 G3c

# NAME URL PID ROW: opens, closes
shaken() {
    local before after
    before=$(cpu_of "$3")
    holding hold "$2" "$DIR/office" --connections "$HANDSHAKES"
    after=$(cpu_of "$3")
    ended hold
    say "$1: $(part "$RESULT" '"\(.per_second) handshakes/s, p50 \(.handshake_ms.p50) ms"')"
    sample "$1" "$(part "$RESULT" .per_second)"
    sample "server CPU, $4" "$(awk_ "($after - $before) / $HANDSHAKES * 1e6")"
}
raw_server
for ((r = 1; r <= ROUNDS; r++)); do
    shaken 'bare OpenSSL' "$RAW_URL" "$raw_pid" 'bare OpenSSL'
    bare=$(part "$RESULT" .per_second)
    shaken duban "$DUBAN_URL" "$(cat "$DUBAN_PIDFILE")" duband
    sample 'duban ÷ bare OpenSSL' "$(part "$RESULT" ".per_second / $bare")"
    sample 'generator CPU' "$(part "$RESULT" '(.own_cpu.user + .own_cpu.system) / .opened * 1e6')"
    for p in p50 p99; do sample "duban, handshake $p" "$(part "$RESULT" ".handshake_ms.$p")"; done
done
ended raw

loaded capacity --connections "$CONNECTIONS" --requests "$(many 1)"
rate=$(part "$RESULT" '.per_second * 0.4 | floor')
holding crowd "$DUBAN_URL" "$DIR/office" --connections "$RECONNECT" --parallel 256 --get /v1/alerts/stream --since "$(events)"
for ((r = 1; r <= ROUNDS; r++)); do
    FOR=$RECONNECT_FOR loaded reconnect --connections "$CONNECTIONS" --rate "$rate" --trace "$STEP/trace" >/dev/null &
    LOADER=$!
    while [[ ! -s $STEP/trace ]]; do
        kill -0 "$LOADER" 2>/dev/null || fail "the load did not start"
        sleep 0.1
    done
    for _ in {1..20}; do # those who report are all inside before the others come back
        (($(wc -l <"$STEP/trace") < 8 * CONNECTIONS)) || break
        sleep 0.1
    done
    order crowd again
    wait "$LOADER"
    rm -f -- "$STEP/trace"
    answered crowd $((r + 1))
    sample 'reconnect: all back after' "$(part "$RESULT" .seconds)"
    check 'reconnect: all are back' "$RECONNECT" "$(part "$RESULT" .opened)"
    RESULT=$(tail -n 1 "$OUT/measurements.jsonl")
    sample 'reconnect: statements offered' "$rate"
    for p in p50 p99; do sample "reconnect: acknowledgement $p" "$(part "$RESULT" ".latency_ms.$p")"; done
done
ended crowd
publish
