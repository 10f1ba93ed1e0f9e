#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/peers.sh [DIR]: duban beside other people's servers, interleaved in each of ROUNDS (3) rounds of FOR (6)
# seconds each, on the same machine, its PostgreSQL and an honest load client for each. Ratios, bars and stretches:
#   G2   G1  ÷ Node.js doing the same job (signature, commit, answer)           ≥ 3     4.5
#   G2b  G1n ÷ Icinga 2's API, ÷ NSCA-ng (no signature, no database)            ≥ 1.0   1.3
#   G2c  G1b ÷ Zabbix' values in its database                                   ≥ 1.0   1.5
#            ÷ rsyslog → PostgreSQL (neither signs nor waits for the commit)    ≥ 0.7   1.0
# DIR is an instance of bench/instance.sh; without it one is made and removed. PEERS="node zabbix" for some. A peer
# whose package cannot be had is skipped. Writes peers.json and peers.txt to OUT.
OBLIGATIONS=${OBLIGATIONS:-1500000}
export OBLIGATIONS
. "$(dirname -- "$0")/lib.sh"
export ROUNDS=${ROUNDS:-3} FOR=${FOR:-6}
PEERS=${PEERS:-node icinga nsca zabbix rsyslog}
make -s -C "$DUBAN_SOURCE" BUILD="$BUILD" "$BUILD"/bench/{load,peer_load}
mkdir -p "$OUT"
WHERE=${1:-}
if [[ -z $WHERE ]]; then
    WHERE=$(mktemp -d "${BENCH_DIR:-/var/tmp}/duban-peers.XXXXXX")/instance
    chmod 711 "${WHERE%/*}" # some peers run as users of their own
    trap '[[ ! -e $WHERE ]] || local_ destroy "$WHERE"; rmdir "${WHERE%/*}"' EXIT
    "$HERE/instance.sh" start "$WHERE"
fi
attach "$WHERE"

duban() { # LABEL OPTIONS...: what was acknowledged must be in the database, no more and no less
    local label=$1 before after result
    shift
    before=$(sql -c 'select count(*) from duban.statement')
    result=$(measured "$label" load_run --seconds "$FOR" "$@")
    after=$(sql -c 'select count(*) from duban.statement')
    (($(jq .acknowledged <<<"$result") == after - before)) || fail "$label: answers and rows differ: $result"
    say "$label $(jq -r '"\(.per_second) statements/s, \(.reports_per_second) reports/s, p50 \(.latency_ms.p50) ms, p99 \(.latency_ms.p99) ms"' <<<"$result")"
    jq -c --arg l "$label" '{peer: $l} + .' <<<"$result" >>"$OUT/peers.round"
}
other() { # NAME
    local result status=0
    [[ " $READY " == *" $1 "* ]] || return 0
    result=$("$HERE/peers/$1.sh" measure "$WHERE") || status=$?
    ((status == 0)) || { say "$1 failed with $status: not in this round" && return; }
    say "$1 $(jq -r '"\(.per_second | round)/s" + if .latency_ms then ", p50 \(.latency_ms.p50) ms, p99 \(.latency_ms.p99) ms" else "" end' <<<"$result")"
    printf '%s\n' "$result" >>"$OUT/peers.round"
}

READY='' SKIPPED=()
for p in $PEERS; do
    status=0
    "$HERE/peers/$p.sh" prepare "$WHERE" || status=$?
    case $status in
    0) READY+=" $p" ;;
    77) SKIPPED+=("$p") ;;
    *) fail "$p cannot be prepared" ;;
    esac
done
: >"$OUT/peers.rounds"
for ((r = 1; r <= ROUNDS; r++)); do
    say "--- round $r of $ROUNDS, load average $(cut -d' ' -f1-3 /proc/loadavg)"
    : >"$OUT/peers.round"
    duban g1 --connections 64 --requests $((9000 * (FOR + 1)))
    other node
    duban g1n --connections 64 --envelopes 32 --requests $((500 * (FOR + 1)))
    other icinga
    other nsca
    duban g1b --connections 16 --reports 100 --requests $((900 * (FOR + 1)))
    other zabbix
    other rsyslog
    jq -cs 'map({key: .peer, value: .}) | from_entries' "$OUT/peers.round" >>"$OUT/peers.rounds"
done
rm -f "$OUT/peers.round"
jq -s --argjson machine "$(machine)" --arg skipped "${SKIPPED[*]}" '
    def median: sort | if length % 2 == 1 then .[length / 2 | floor] else (.[length / 2] + .[length / 2 - 1]) / 2 end;
    def spread: map(select(. != null)) | if length > 0 then {median: median, min: min, max: max} else null end;
    def over($own; $unit; $peer): [.[] | if .[$own] and .[$peer] then .[$own][$unit] / .[$peer].per_second else null end] | spread;
    . as $rounds | {machine: $machine, skipped: ($skipped | split(" ")), rounds: $rounds,
    rates: ({g1: [$rounds[].g1.per_second], g1n: [$rounds[].g1n.per_second], g1b: [$rounds[].g1b.reports_per_second]}
        + (reduce ("node", "icinga", "nsca", "zabbix", "rsyslog") as $p ({}; .[$p] = [$rounds[] | .[$p].per_second])) | map_values(spread)),
    ratios: [
        {goal: "G2", what: "G1 ÷ Node, same job", bar: 3, stretch: 4.5, ratio: ($rounds | over("g1"; "per_second"; "node"))},
        {goal: "G2b", what: "G1n ÷ Icinga 2 API", bar: 1, stretch: 1.3, ratio: ($rounds | over("g1n"; "per_second"; "icinga"))},
        {goal: "G2b", what: "G1n ÷ NSCA-ng", bar: 1, stretch: 1.3, ratio: ($rounds | over("g1n"; "per_second"; "nsca"))},
        {goal: "G2c", what: "G1b ÷ Zabbix, in its database", bar: 1, stretch: 1.5, ratio: ($rounds | over("g1b"; "reports_per_second"; "zabbix"))},
        {goal: "G2c", what: "G1b ÷ rsyslog → PostgreSQL", bar: 0.7, stretch: 1, ratio: ($rounds | over("g1b"; "reports_per_second"; "rsyslog"))}]}' \
    "$OUT/peers.rounds" >"$OUT/peers.json"
jq -r '
    def two: . * 100 | round / 100;
    (.rates | to_entries[] | select(.value) | "\(.key)\t\(.value.median | round)/s\t[\(.value.min | round)–\(.value.max | round)]"),
    (.ratios[] | "\(.goal) \(.what)\t" + if .ratio then
        "\(.ratio.median | two)\t[\(.ratio.min | two)–\(.ratio.max | two)]\tbar \(.bar), stretch \(.stretch): " +
        (if .ratio.median >= .stretch then "stretch held" elif .ratio.median >= .bar then "held" else "NOT held" end)
        else "not measured" end)' "$OUT/peers.json" | tee "$OUT/peers.txt"
