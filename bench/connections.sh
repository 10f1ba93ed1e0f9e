#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/connections.sh [DIR]: acknowledged statements/s and latency with 1 … 1,000 connections (SWEEP), one
# request in flight on each: single statements, NDJSON of 32, signed batches of 100 reports.
. "$(dirname -- "$0")/lib.sh"
SWEEP=${SWEEP:-1 8 64 256 1000} ROUNDS=${SWEEP_ROUNDS:-2} FOR=${SWEEP_FOR:-3}
instance "${1:-}"
figure connections "with few connections the latency of one commit and one sync of the signer, with many the CPU"
row 'floor A' statements/s
for kind in single ndjson batches; do
    row "$kind" "$([[ $kind == batches ]] && echo reports/s || echo statements/s)"
    row "$kind p50" ms
    row "$kind p99" ms
done

one() { # KIND CONNECTIONS ENVELOPES REPORTS STATEMENTS-TO-A-REQUEST
    local requests
    requests=$(many $(($2 < 8 ? 4 * $5 : $5)))
    ((requests > 3 * $2)) || requests=$((3 * $2))
    loaded "$1-$2" --connections "$2" --envelopes "$3" --reports "$4" --requests "$requests"
    sample "$1" "$(part "$RESULT" .reports_per_second)" "$2"
    sample "$1 p50" "$(part "$RESULT" .latency_ms.p50)" "$2"
    sample "$1 p99" "$(part "$RESULT" .latency_ms.p99)" "$2"
}
for ((r = 1; r <= ROUNDS; r++)); do
    floored floor-a verified
    sample 'floor A' "$(part "$RESULT" .per_second)"
    for n in $SWEEP; do
        ((n <= KEYS)) || continue
        one single "$n" 1 1 1
        one ndjson "$n" 32 1 24
        one batches "$n" 1 100 15
    done
done
publish connections
chart throughput 'Throughput against connections' connections 'reports/s' log single ndjson batches
chart latency 'Latency of a request against connections, 99th percentile' connections ms log 'single p99' 'ndjson p99' 'batches p99'
chart median 'Latency of a request against connections, median' connections ms log 'single p50' 'ndjson p50' 'batches p50'
