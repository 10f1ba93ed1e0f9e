#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/report.sh [OUT]: the results in OUT as a Markdown table, goals first, then every row of every figure.
# bench/report.sh --into FILE [OUT]: machine and goals between the marks <!-- figures … --> and <!-- end --> of FILE,
# every row, a column for each size or load, between <!-- rows … --> and <!-- end -->.
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
table() { jq -rs --arg form "$1" -f "$(dirname -- "$0")/report.jq" "${files[@]}" "${peers[@]}"; }
peers=()
[[ ! -s $OUT/peers.json ]] || peers=("$OUT/peers.json")
if [[ -z $into ]]; then
    table goals
    table rows
else
    table goals >"$into.goals"
    table rows >"$into.rows"
    awk -v goals="$into.goals" -v rows="$into.rows" '
        function put(file, line) { while ((getline line < file) > 0) print line }
        /^<!-- end -->/ { skip = 0 } !skip { print }
        /^<!-- figures/ { skip = 1; put(goals) } /^<!-- rows/ { skip = 1; put(rows) }' "$into" >"$into.new"
    mv -- "$into.new" "$into"
    rm -f -- "$into.goals" "$into.rows"
fi
