#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/report.sh [OUT]: the results in OUT as a Markdown table, goals first, then every row of every figure.
# bench/report.sh --into FILE [OUT]: machine and goals between the marks <!-- figures … --> and <!-- end --> of FILE.
set -euo pipefail
into=
if [[ ${1:-} == --into ]]; then
    into=${2:?FILE}
    shift 2
fi
OUT=${1:-${OUT:-${BUILD:-build}/bench/results}}
files=()
for f in throughput latency connections algorithms handshakes memory fanout due alert_latency agenda read materialise recovery rebuild ledger; do
    [[ ! -s $OUT/$f.json ]] || files+=("$OUT/$f.json")
done
((${#files[@]})) || {
    echo "bench: no results in $OUT" >&2
    exit 1
}
table() { jq -rs --arg all "$1" -f "$(dirname -- "$0")/report.jq" "${files[@]}" "${peers[@]}"; }
peers=()
[[ ! -s $OUT/peers.json ]] || peers=("$OUT/peers.json")
if [[ -z $into ]]; then
    table all
else
    table '' >"$into.table"
    awk -v table="$into.table" '/^<!-- end -->/ { skip = 0 } !skip { print } /^<!-- figures/ { skip = 1; while ((getline line < table) > 0) print line }' "$into" >"$into.new"
    mv -- "$into.new" "$into"
    rm -f -- "$into.table"
fi
