#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/latency.sh [DIR]: G3, and latency at SHARES (25 40 50 75 90) per cent of the capacity of the same
# round. Open loop: arrivals by a Poisson process, latency from the scheduled instant to the
# acknowledgement, whether or not a connection was free then. Floor: a durable commit of one row.
. "$(dirname -- "$0")/lib.sh"
SHARES=${SHARES:-25 40 50 75 90}
instance "${1:-}"
figure latency "below half of the capacity the commit of the batch before, the own commit and the signer's sync, one behind the other; above it the queue for the CPU"
row 'capacity' statements/s
row 'commit p50' ms
row 'commit p99' ms
row 'p50 ÷ commit p50, at 40 %' ratio lower 10 6 'G3, p50'
row 'p99 ÷ commit p99, at 40 %' ratio lower 25 12 'G3, p99'
row 'acknowledged' statements/s
for p in p50 p90 p99 p999; do row "$p" ms; done
row 'generator CPU' 'per cent of a core'

offer() { # PER-CENT CAPACITY COMMIT
    local rate
    rate=$(awk_ "int($2 * $1 / 100)")
    loaded "open-$1" --connections "$CONNECTIONS" --rate "$rate"
    sample acknowledged "$(part "$RESULT" .per_second)" "$1"
    for p in p50 p90 p99 p999; do sample "$p" "$(part "$RESULT" ".latency_ms.$p")" "$1"; done
    sample 'generator CPU' "$(part "$RESULT" '(.own_cpu.user + .own_cpu.system) / .seconds * 100')" "$1"
    [[ $(part "$RESULT" .unsent) == 0 ]] || note "at $1 %: $(part "$RESULT" .unsent) arrivals were never sent"
    [[ $1 == 40 ]] || return 0
    for p in p50 p99; do
        sample "$p ÷ commit $p, at 40 %" "$(part "$RESULT" ".latency_ms.$p / $(part "$3" ".latency_ms.$p")")"
    done
}
for ((r = 1; r <= ROUNDS; r++)); do
    loaded capacity --connections "$CONNECTIONS" --requests "$(many 1)"
    capacity=$(part "$RESULT" .per_second)
    sample capacity "$capacity"
    floored floor-commit commit
    commit=$RESULT
    for p in p50 p99; do sample "commit $p" "$(part "$commit" ".latency_ms.$p")"; done
    for share in $SHARES; do offer "$share" "$capacity" "$commit"; done
done
publish '%'
chart load 'Latency against offered load' 'offered load, per cent of the capacity' 'ms' linear p50 p90 p99
chart acknowledged 'Throughput against offered load' 'offered load, per cent of the capacity' 'statements/s' linear acknowledged
