#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/peers.sh [DIR]: G2. duban beside other people's servers, interleaved in each round, on the same machine, with
# the same PostgreSQL where they store, and an honest load client for each. A peer whose package cannot be had is
# skipped, with the line that would install it. PEERS="node zabbix" for some of them; bench/peers/NAME.sh is one.
OBLIGATIONS=${OBLIGATIONS:-1500000}
export OBLIGATIONS
. "$(dirname -- "$0")/lib.sh"
export FOR
PEERS=${PEERS:-node icinga nsca zabbix rsyslog}
make -s -C "$DUBAN_SOURCE" BUILD="$BUILD" "$BUILD"/bench/{load,peer_load}
instance "${1:-}"
chmod o+x "$DIR" "$(dirname -- "$DIR")" # some peers run as users of their own
figure peers "CPU of the two cores, which each server shares with its load client and its database"

READY=''
for p in $PEERS; do
    status=0
    "$HERE/peers/$p.sh" prepare "$DIR" 2>"$STEP/$p.err" || status=$?
    [[ ! -s $STEP/$p.err ]] || cat "$STEP/$p.err" >&2
    case $status in
    0) READY+=" $p" ;;
    77) note "$(tail -n 1 "$STEP/$p.err")" ;;
    *) fail "$p cannot be prepared" ;;
    esac
done
for what in 'G1 statements/s' 'G1n statements/s' 'G1b reports/s'; do
    # shellcheck disable=SC2086
    row $what
done
ready() { [[ " $READY " == *" $1 "* ]]; }
peer_row() { # NAME UNIT GOAL OURS BAR STRETCH LABEL
    ready "$1" || return 0
    row "$1" "$2"
    row "$4 ÷ $1" ratio higher "$5" "$6" "$3"
}
peer_row node requests/s G2 G1 3 4.5                # the same job: signature, commit, answer
peer_row icinga results/s 'G2b, Icinga 2' G1n 1 1.3 # neither signs nor stores
peer_row nsca results/s 'G2b, NSCA-ng' G1n 1 1.3    # the same
peer_row zabbix values/s 'G2c, Zabbix' G1b 1 1.5    # no signature, answers before the commit
peer_row rsyslog rows/s 'G2c, rsyslog' G1b 0.7 1    # no signature, no answer at all

other() { # NAME OURS RATE
    local result status=0 rate
    ready "$1" || return 0
    result=$("$HERE/peers/$1.sh" measure "$DIR") || status=$?
    if ((status)); then
        note "$1 failed with $status and is missing in a round"
        return 0
    fi
    rate=$(part "$result" .per_second)
    say "$1 $(part "$result" '"\(.per_second | round)/s" + if .latency_ms then ", p50 \(.latency_ms.p50) ms, p99 \(.latency_ms.p99) ms" else "" end')"
    sample "$1" "$rate"
    sample "$2 ÷ $1" "$(awk_ "$3 / $rate")"
    printf '%s\n' "$result" >>"$STEP/results.jsonl"
}
for ((r = 1; r <= ROUNDS; r++)); do
    loaded g1 --connections "$CONNECTIONS" --requests "$(many 1)" # as in throughput.sh; each peer as it is fastest
    g1=$(part "$RESULT" .per_second)
    sample G1 "$g1"
    other node G1 "$g1"
    loaded g1n --connections $((KEYS < 64 ? KEYS : 64)) --envelopes 32 --requests "$(many 24)"
    g1n=$(part "$RESULT" .per_second)
    sample G1n "$g1n"
    other icinga G1n "$g1n"
    other nsca G1n "$g1n"
    loaded g1b --connections 16 --reports 100 --requests "$(many 15)"
    g1b=$(part "$RESULT" .reports_per_second)
    sample G1b "$g1b"
    other zabbix G1b "$g1b"
    other rsyslog G1b "$g1b"
done
publish
