#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# long.sh [NAME…]: fuzzes each target (or those named, such as "envelope") with libFuzzer for
# FUZZ_SECONDS, on a scratch copy of its corpus. A crash leaves its input in $FUZZ_BUILD and fails.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${FUZZ_SECONDS:-60}
build=${FUZZ_BUILD:-build/fuzz}
clang=${FUZZ_CC:-clang}
command -v "$clang" > /dev/null || { echo "fuzzing needs clang: apt-get install clang" >&2; exit 1; }

targets=()
if [ $# -gt 0 ]; then
    targets=("$@")
else
    for f in tests/fuzz/fuzz_*.c; do
        f=${f##*/fuzz_}
        targets+=("${f%.c}")
    done
fi
objects=("${targets[@]/#/$build/obj/tests/fuzz/fuzz_}")
libraries=()
for lib in client daemon plan common; do
    libraries+=("$build/libduban-$lib.a")
done
make -s BUILD="$build" CC="$clang" SAN=1 CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' \
    "${objects[@]/%/.o}" "${libraries[@]}" > /dev/null
read -ra libs <<< "$(pkg-config --libs libevent_core libssl libpq libconfuse zlib libcurl smartcols \
    libcrypto jansson libutf8proc)"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0
for t in "${targets[@]}"; do
    "$clang" -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -o "$build/fuzz_$t" "$build/obj/tests/fuzz/fuzz_$t.o" "${libraries[@]}" "${libs[@]}"
    mkdir -p "$scratch/$t"
    cp -r "tests/fuzz/corpus/$t/." "$scratch/$t/"
    # a parser that needs 10 s or 1 GiB for one input is broken too
    if "$build/fuzz_$t" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="$build/$t-" "$scratch/$t" \
        > "$build/fuzz_$t.log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/fuzz_$t.log")
        echo "ok - $t: $runs inputs in $seconds s, $(find "$scratch/$t" -type f | wc -l) kept"
    else
        echo "not ok - $t: see $build/fuzz_$t.log"
        tail -n 30 "$build/fuzz_$t.log"
        failed=1
    fi
done
exit $failed
