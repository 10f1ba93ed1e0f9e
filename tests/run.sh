#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every test of the tree, as TAP: cmocka units, fuzz targets over their corpora, pgTAP in a
# throw-away cluster, system tests. Called by `make check`.
#   BUILD=dir      where the binaries are (build)
#   T=text         only tests whose name holds the text (or one of several words): unit/test_json,
#                  sql/schedule, system/030 ...
#   NOT=text       not those whose name holds the text (or one of several words)
#   JOBS=n         that many test files at a time (1)
#   VECTORS=dir PLANS=dir   published vectors and plans, given in CI
# The last line is "N passed, N failed"; exit status 0 only when nothing failed.
set -euo pipefail
cd -- "$(dirname -- "$0")/.."
BUILD=$(realpath -m -- "${BUILD:-build}")
export BUILD T=${T:-} NOT=${NOT:-}
VECTORS=${VECTORS:+$(realpath -- "$VECTORS")}
PLANS=${PLANS:+$(realpath -- "$PLANS")}
export VECTORS PLANS DUBAN_SOURCE=$PWD LC_ALL=C.UTF-8 LANGUAGE=
[[ -n $VECTORS ]] || echo "# VECTORS is not given: only a few vectors of our own are read"
[[ -n $PLANS ]] || echo "# PLANS is not given: only our own sample plans are read"

tests=()
wanted() { # NAME
    local word
    for word in $NOT; do
        [[ $1 != *"$word"* ]] || return 1
    done
    [[ -n $T ]] || return 0
    for word in $T; do
        [[ $1 == *"$word"* ]] && return
    done
    return 1
}
add() { # NAME FILE...
    local name=$1 file
    shift
    for file in "$@"; do
        [[ -e $file ]] || continue
        file=${file#"$PWD"/}
        wanted "$name/$(basename -- "${file%.*}")" && tests+=("$file")
    done
    return 0
}
add unit tests/unit/test_*.c
add fuzz tests/fuzz/fuzz_*.c
add docs tests/docs/*.t
add guard tests/guard/*.t
add sql tests/sql/*.sql
add system tests/system/*.t
((${#tests[@]})) || {
    echo "no test has $T in its name" >&2
    exit 1
}

targets=()
[[ ${tests[*]} == *tests/unit/* ]] && targets+=(check-unit)
[[ ${tests[*]} == *tests/fuzz/* ]] && targets+=(check-fuzz)
[[ ${tests[*]} == *tests/guard/* || ${tests[*]} == *reporting_day* || ${tests[*]} == *faults_queue* ]] && targets+=(check-guard)
if ((${#targets[@]})) && ! ${MAKE:-make} --no-print-directory -s BUILD="$BUILD" "${targets[@]}"; then
    echo "the test programs do not build"
    echo "0 passed, 1 failed"
    exit 1
fi

cluster=
cleanup() {
    [[ -z $cluster ]] || tests/cluster.sh stop "$cluster"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
if [[ ${tests[*]} == *tests/sql/* ]]; then
    cluster=$(mktemp -d /tmp/duban-sql.XXXXXX)
    if ! PGHOST=$(tests/cluster.sh start "$cluster"); then
        echo "no cluster for the pgTAP tests"
        echo "0 passed, 1 failed"
        exit 1
    fi
    export PGHOST PGPORT=5432 PGUSER=postgres
fi
status=0
perl tests/harness.pl "${tests[@]}" || status=$?
exit "$status"
