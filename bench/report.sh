#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/report.sh [OUT]: the results in OUT as a Markdown table, goals first, then every row of every figure.
set -euo pipefail
OUT=${1:-${OUT:-${BUILD:-build}/bench/results}}
files=()
for f in throughput latency connections algorithms handshakes memory fanout due alert_latency agenda views materialise recovery rebuild ledger; do
    [[ ! -s $OUT/$f.json ]] || files+=("$OUT/$f.json")
done
((${#files[@]})) || {
    echo "bench: no results in $OUT" >&2
    exit 1
}
jq -rs -f "$(dirname -- "$0")/report.jq" "${files[@]}"
