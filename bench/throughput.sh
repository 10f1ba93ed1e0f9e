#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/throughput.sh DIR: G1, G1n, G1b and G3 as ratios to the floors, all interleaved in each of ROUNDS
# rounds on the instance in DIR (bench/instance.sh). Writes throughput.json and throughput.txt to OUT.
#   G1   acknowledged statements/s, one report each, one in flight on CONNECTIONS (256) connections ÷ floor A
#   G1n  the same in NDJSON of 32                                                            ÷ floor A
#   G1b  reports/s under signatures over 100 reports each                      ÷ unsigned rows/s, batch 256
#   G3   latency, open loop at 40 % of this round's G1: p50 and p99 ÷ those of a durable one-row commit
. "$(dirname -- "$0")/lib.sh"
ROUNDS=${ROUNDS:-3} FOR=${FOR:-6} CONNECTIONS=${CONNECTIONS:-256}
attach "${1:?DIR}"
mkdir -p "$OUT"

part() { jq -r "$2" <<<"$1"; }
stored() { sql -c 'select count(*) from duban.statement'; }

# LABEL OPTIONS...: sets RESULT; what was acknowledged must be in the database, no more and no less
loaded() {
    local label=$1 before after acknowledged
    shift
    before=$(stored)
    RESULT=$(measured "$label" load_run --seconds "$FOR" "$@")
    after=$(stored)
    acknowledged=$(part "$RESULT" .acknowledged)
    ((after - before == acknowledged)) ||
        fail "$label: $acknowledged statements acknowledged, $((after - before)) rows more in the database"
    [[ $(part "$RESULT" .used_up) == false ]] || say "$label: the signed requests ran out; the figure is too low"
    say "$label $(part "$RESULT" '"\(.per_second) statements/s, \(.reports_per_second) reports/s, p50 \(.latency_ms.p50) ms, p99 \(.latency_ms.p99) ms, refused \(.refused)"')"
}

floored() { # LABEL MODE
    RESULT=$(measured "$1" floor_run "$2" --seconds "$FOR")
    say "$1 $(part "$RESULT" '"\(.per_second)/s, p50 \(.latency_ms.p50) ms, p99 \(.latency_ms.p99) ms"')"
}

round() { # one line of JSON with everything
    local a g1 g1n rows g1b commit g3 rate
    floored floor-a verified && a=$RESULT
    loaded g1 --connections "$CONNECTIONS" --requests $((9000 * (FOR + 1))) && g1=$RESULT
    loaded g1n --connections 64 --envelopes 32 --requests $((400 * (FOR + 1))) && g1n=$RESULT
    floored floor-rows rows && rows=$RESULT
    loaded g1b --connections 16 --reports 100 --requests $((800 * (FOR + 1))) && g1b=$RESULT
    floored floor-commit commit && commit=$RESULT
    rate=$(part "$g1" '.per_second * 0.4 | floor')
    loaded g3 --connections "$CONNECTIONS" --rate "$rate" && g3=$RESULT
    jq -nc --argjson a "$a" --argjson g1 "$g1" --argjson g1n "$g1n" --argjson rows "$rows" --argjson g1b "$g1b" \
        --argjson commit "$commit" --argjson g3 "$g3" '{
            floor_a: $a.per_second, g1: $g1.per_second, g1_ratio: ($g1.per_second / $a.per_second),
            g1n: $g1n.per_second, g1n_ratio: ($g1n.per_second / $a.per_second),
            floor_rows: $rows.per_second, g1b: $g1b.reports_per_second,
            g1b_ratio: ($g1b.reports_per_second / $rows.per_second),
            commit_p50: $commit.latency_ms.p50, commit_p99: $commit.latency_ms.p99,
            g3_rate: $g3.rate, g3_p50: $g3.latency_ms.p50, g3_p99: $g3.latency_ms.p99,
            g3_p50_ratio: ($g3.latency_ms.p50 / $commit.latency_ms.p50),
            g3_p99_ratio: ($g3.latency_ms.p99 / $commit.latency_ms.p99),
            g1_cpu_us: {duband: ($g1.cpu.duband / $g1.acknowledged * 1e6), postgres: ($g1.cpu.postgres / $g1.acknowledged * 1e6)},
            g1n_cpu_us: {duband: ($g1n.cpu.duband / $g1n.acknowledged * 1e6), postgres: ($g1n.cpu.postgres / $g1n.acknowledged * 1e6)},
            load_average: $a.load_average}'
}

: >"$OUT/rounds.jsonl"
for ((r = 1; r <= ROUNDS; r++)); do
    say "--- round $r of $ROUNDS, load average $(cut -d' ' -f1-3 /proc/loadavg)"
    round >>"$OUT/rounds.jsonl"
done
jq -s --argjson machine "$(machine)" '
    def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2] + .[length / 2 - 1]) / 2 end;
    def spread(f): [.[] | f] | {median: median, min: min, max: max};
    . as $rounds | {machine: $machine, rounds: $rounds, figures: {
        floor_a: spread(.floor_a), g1: spread(.g1), g1_ratio: spread(.g1_ratio), g1n: spread(.g1n), g1n_ratio: spread(.g1n_ratio),
        floor_rows: spread(.floor_rows), g1b: spread(.g1b), g1b_ratio: spread(.g1b_ratio),
        commit_p50: spread(.commit_p50), commit_p99: spread(.commit_p99), g3_rate: spread(.g3_rate),
        g3_p50: spread(.g3_p50), g3_p99: spread(.g3_p99), g3_p50_ratio: spread(.g3_p50_ratio), g3_p99_ratio: spread(.g3_p99_ratio),
        g1_cpu_us_duband: spread(.g1_cpu_us.duband), g1_cpu_us_postgres: spread(.g1_cpu_us.postgres),
        g1n_cpu_us_duband: spread(.g1n_cpu_us.duband), g1n_cpu_us_postgres: spread(.g1n_cpu_us.postgres)}}' \
    "$OUT/rounds.jsonl" >"$OUT/throughput.json"
jq -r '
    def two: . * 100 | round / 100;
    def row(name; f; bar): "\(name)\t\(f.median | two)\t[\(f.min | two)–\(f.max | two)]\t\(bar)";
    .figures as $f |
    row("floor A, statements/s"; $f.floor_a; ""), row("G1, statements/s"; $f.g1; ""),
    row("G1 ÷ floor A"; $f.g1_ratio; "bar 0.45, stretch 0.60"),
    row("G1n, statements/s"; $f.g1n; ""), row("G1n ÷ floor A"; $f.g1n_ratio; "bar 0.60, stretch 0.75"),
    row("floor, unsigned rows/s"; $f.floor_rows; ""), row("G1b, reports/s"; $f.g1b; ""),
    row("G1b ÷ floor"; $f.g1b_ratio; "bar 0.60, stretch 0.90"),
    row("commit p50, ms"; $f.commit_p50; ""), row("commit p99, ms"; $f.commit_p99; ""),
    row("G3 offered, statements/s"; $f.g3_rate; ""), row("G3 p50, ms"; $f.g3_p50; ""), row("G3 p99, ms"; $f.g3_p99; ""),
    row("G3 p50 ÷ commit p50"; $f.g3_p50_ratio; "bar 10, stretch 6"), row("G3 p99 ÷ commit p99"; $f.g3_p99_ratio; "bar 25, stretch 12"),
    row("G1 CPU µs a statement, duband"; $f.g1_cpu_us_duband; ""), row("G1 CPU µs a statement, postgres"; $f.g1_cpu_us_postgres; ""),
    row("G1n CPU µs a statement, duband"; $f.g1n_cpu_us_duband; ""), row("G1n CPU µs a statement, postgres"; $f.g1n_cpu_us_postgres; "")' \
    "$OUT/throughput.json" | tee "$OUT/throughput.txt"
