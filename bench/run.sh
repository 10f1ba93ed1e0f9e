#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/run.sh: every figure beside its floor, in about ten minutes; results in build/bench/results. Sizes:
# OBLIGATIONS (1000000) DUE (10000) SPREAD (60) KEYS (256) ROUNDS (3) FOR (6, seconds of a step) ALG
# (ecdsa-p256) CONNECTIONS (256) QUIET (600: longest wait for a quiet machine) BENCH_DIR (where the instance goes).
. "$(dirname -- "$0")/lib.sh"
make -s -C "$DUBAN_SOURCE" BUILD="$BUILD" "$BUILD"/bench/{load,floor,watch}
mkdir -p "$OUT"
: >"$OUT/measurements.jsonl"
WHERE=${BENCH_DIR:-$(mktemp -d /var/tmp/duban-bench.XXXXXX)}/instance
trap '[[ ! -e $WHERE ]] || local_ destroy "$WHERE"; [[ -n ${BENCH_DIR:-} ]] || rmdir "${WHERE%/*}"' EXIT
"$HERE/instance.sh" start "$WHERE"
quiet
attach "$WHERE"
machine | tee "$OUT/machine.json" | jq -r '"\(.cpu), \(.cores) cores, \(.memory), \(.fs), Linux \(.kernel), PostgreSQL \(.postgres), \(.openssl)"'
"$HERE/throughput.sh" "$WHERE"
quiet
"$HERE/alert_latency.sh" "$WHERE"
say "results: $OUT"
