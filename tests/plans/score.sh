#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# score.sh DIR: reads the published plans in DIR with the importer and compares with DIR/truth by
# DIR/../tools/score_import.py, as TAP. A plan is right where its title, owners, dates and targets
# all are; the bars stand below.
#   BUILD=dir   where duban is (build)
set -euo pipefail
cd -- "$(dirname -- "$0")/../.."
plans=$(realpath -- "${1:?usage: score.sh DIR}")
build=${BUILD:-build}
scorer=$plans/../tools/score_import.py
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

# at least this share of whole records right, by the first characters of the file's name
declare -A bars=([004]=0.97 [000]=0.97 [002]=0.90)
# items without owners that a plan without truth must give
declare -A counts=([001]=130 [003]=99)

n=0 failed=0
result() { # OK TEXT
    n=$((n + 1))
    if [[ $1 == 0 ]]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        failed=1
    fi
}

for file in "$plans"/*.txt; do
    name=$(basename -- "$file" .txt)
    key=${name%%_*}
    out=$work/$key.jsonl
    if ! "$build/duban" plan parse --format jsonl "$file" > "$out" 2> "$work/err"; then
        result 1 "$key is parsed: $(head -c 300 "$work/err")"
        continue
    fi
    if [[ -n ${counts[$key]:-} ]]; then
        items=$(grep -c '"kind": *"task"' "$out" || true)
        [[ $items == "${counts[$key]}" ]] && ok=0 || ok=1
        result $ok "$key gives $items tasks, wanted ${counts[$key]}"
    fi
    truth=$plans/truth/$key.jsonl
    if [[ -e $truth && -e $scorer && -n ${bars[$key]:-} ]]; then
        whole=$(python3 -I "$scorer" "$truth" "$out" --json |
            sed -n 's/.*"whole_records": \([0-9.]*\).*/\1/p')
        awk -v a="${whole:-0}" -v b="${bars[$key]}" 'BEGIN { exit !(a >= b) }' && ok=0 || ok=1
        result $ok "$key: whole records right $whole, at least ${bars[$key]}"
        [[ $ok == 0 ]] || python3 -I "$scorer" "$truth" "$out" --misses 20 | sed 's/^/# /'
    fi
done
[[ -e $scorer ]] || echo "# $scorer is not there: nothing was scored"
echo "1..$n"
exit $failed
