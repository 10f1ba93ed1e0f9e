#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/algorithms.sh [DIR]: G1 with each signature algorithm beside floor A with the same one.
. "$(dirname -- "$0")/lib.sh"
ALGORITHMS=${ALGORITHMS:-ecdsa-p256 ed25519 sm2}
instance "${1:-}"
figure algorithms "CPU; the signature check is the part that differs"
FRESH=1 # each algorithm reports for tasks and periods of its own

keys() { # ALG: keys for units that exist; the reports begin further on, where nothing was reported yet
    local dir=$DIR/keys-$1
    [[ ! -e $dir ]] || return 0
    "$BUILD/bench/load" keys "$dir" --count "$CONNECTIONS" --alg "$1"
    grep '^key ' "$dir/registry.conf" >"$dir/keys.conf"
    "$BUILD/duban" --home "$DUBAN_OPERATOR_HOME" registry apply --yes "$dir/keys.conf" >/dev/null
    awk -v at="$((TASKS * ++FRESH))" '{ $4 = at } 1' "$dir/state" >"$dir/state.new"
    mv "$dir/state.new" "$dir/state"
}
for alg in $ALGORITHMS; do
    keys "$alg"
    row "$alg: floor A" statements/s
    row "$alg: G1" statements/s
    row "$alg: G1 ÷ floor A" ratio
    for who in duband postgres generator; do row "$alg: CPU, $who" µs/statement; done
done
for ((r = 1; r <= ROUNDS; r++)); do
    for alg in $ALGORITHMS; do
        ALG=$alg floored "floor-a-$alg" verified
        a=$(part "$RESULT" .per_second)
        sample "$alg: floor A" "$a"
        LOAD_KEYS=$DIR/keys-$alg loaded "g1-$alg" --connections "$CONNECTIONS" --requests "$(many 1)"
        sample "$alg: G1" "$(part "$RESULT" .per_second)"
        sample "$alg: G1 ÷ floor A" "$(part "$RESULT" ".per_second / $a")"
        for who in duband postgres generator; do sample "$alg: CPU, $who" "$(per_statement "$RESULT" "$who")"; done
    done
done
publish
