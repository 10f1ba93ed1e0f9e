#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/throughput.sh [DIR]: G1, G1n and G1b as ratios to the floors, all interleaved in each round.
#   G1   acknowledged statements/s, one report each, one in flight on CONNECTIONS (256) connections ÷ floor A
#   G1n  the same in NDJSON of 32 on 64 connections                                          ÷ floor A
#   G1b  reports/s under signatures over 100 reports each, 16 connections  ÷ unsigned rows/s, batch 256
. "$(dirname -- "$0")/lib.sh"
instance "${1:-}"
figure throughput "CPU: on two cores duband, PostgreSQL and the generator share them; of duband's, the signature check is about half"
row 'floor A' statements/s
row G1 statements/s
row 'G1 ÷ floor A' ratio higher 0.45 0.60 G1
row G1n statements/s
row 'G1n ÷ floor A' ratio higher 0.60 0.75 G1n
row 'floor, unsigned rows' rows/s
row G1b reports/s
row 'G1b ÷ unsigned rows' ratio higher 0.60 0.90 G1b
for who in duband postgres generator; do row "G1 CPU, $who" µs/statement; done
for who in duband postgres generator; do row "G1n CPU, $who" µs/statement; done
for who in duband postgres generator; do row "G1b CPU, $who" µs/report; done

costs() { # LABEL JSON REPORTS
    local who
    for who in duband postgres generator; do sample "$1 CPU, $who" "$(awk_ "$(per_statement "$2" "$who") / $3")"; done
}
for ((r = 1; r <= ROUNDS; r++)); do
    floored floor-a verified
    a=$(part "$RESULT" .per_second)
    sample 'floor A' "$a"
    loaded g1 --connections "$CONNECTIONS" --requests "$(many 1)"
    sample G1 "$(part "$RESULT" .per_second)"
    sample 'G1 ÷ floor A' "$(part "$RESULT" ".per_second / $a")"
    costs G1 "$RESULT" 1
    loaded g1n --connections $((KEYS < 64 ? KEYS : 64)) --envelopes 32 --requests "$(many 24)"
    sample G1n "$(part "$RESULT" .per_second)"
    sample 'G1n ÷ floor A' "$(part "$RESULT" ".per_second / $a")"
    costs G1n "$RESULT" 1
    floored floor-rows rows
    rows=$(part "$RESULT" .per_second)
    sample 'floor, unsigned rows' "$rows"
    loaded g1b --connections 16 --reports 100 --requests "$(many 15)"
    sample G1b "$(part "$RESULT" .reports_per_second)"
    sample 'G1b ÷ unsigned rows' "$(part "$RESULT" ".reports_per_second / $rows")"
    costs G1b "$RESULT" 100
done
publish
