#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/run.sh: every figure beside its floor, in some 25 minutes on two cores; T=name for one or some of them
# (several words; a goal such as G5 is a name too). Results in OUT (build/bench/results): NAME.json, NAME.txt,
# NAME-*.svg, and report.md, the table of them all. BENCH_DIR: where the instance goes (/var/tmp/…);
# BENCH_KEEP=1: it stays. QUIET: the longest wait for a quiet machine, in seconds (120; 0 = none).
OBLIGATIONS=${OBLIGATIONS:-4000000} # a million tasks
export OBLIGATIONS QUIET=${QUIET:-120}
. "$(dirname -- "$0")/lib.sh"
# what fills the instance, or leaves alerts open, comes late
FIGURES=(throughput latency connections algorithms handshakes memory fanout due read agenda materialise alert_latency recovery rebuild ledger)
declare -A GOALS=([throughput]='G1 G1n G1b' [latency]='G3' [handshakes]='G3c' [memory]='G4' [fanout]='G5' [due]='G6' [agenda]='G7' [ledger]='G8')

wanted() { # FIGURE
    local word
    [[ -n ${T:-} ]] || return 0
    for word in $T; do
        [[ " ${FIGURES[*]} " != *" $word "* || $1 == "$word" ]] || continue # a whole name is that figure alone
        [[ $1 == *"$word"* || " ${GOALS[$1]:-} " == *" $word "* ]] && return
    done
    return 1
}
chosen=()
for f in "${FIGURES[@]}"; do if wanted "$f"; then chosen+=("$f"); fi; done
((${#chosen[@]})) || fail "no figure has $T in its name; they are: ${FIGURES[*]}"
make -s -C "$DUBAN_SOURCE" BUILD="$BUILD" "$BUILD"/bench/{load,floor,watch,hold,raw}
mkdir -p "$OUT"
: >"$OUT/measurements.jsonl"
began=$SECONDS
where=${BENCH_DIR:-$(mktemp -d /var/tmp/duban-bench.XXXXXX)}
[[ -n ${BENCH_DIR:-} ]] || at_exit "rmdir '$where' 2>/dev/null"
own() { [[ $1 == rebuild || $1 == ledger ]]; } # in an instance of its own, where nothing has happened yet
shared=
for f in "${chosen[@]}"; do own "$f" || shared=$where/instance; done
if [[ -n $shared && ! -e $shared ]]; then
    [[ -n ${BENCH_KEEP:-} ]] || at_exit "local_ destroy '$shared'"
    "$HERE/instance.sh" start "$shared"
fi
failed=()
for f in "${chosen[@]}"; do
    [[ $QUIET == 0 ]] || quiet
    from=$SECONDS
    if own "$f"; then "$HERE/$f.sh"; else "$HERE/$f.sh" "$shared"; fi || failed+=("$f")
    say "$f took $((SECONDS - from)) s"
done
"$HERE/report.sh" >"$OUT/report.md"
say "$((SECONDS - began)) s in all; results: $OUT, the table: $OUT/report.md"
((${#failed[@]} == 0)) || fail "failed: ${failed[*]}"
