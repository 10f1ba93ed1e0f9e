#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Instructions and allocations of the receiver for one statement (tests/guard/hot_path.c), counted under
# callgrind: the program's own, and those of each library on its behalf; the signature check is left out.
# The counts do not depend on the machine's speed or load. They depend on the compiler (limits carry its
# name) and, in libraries, on the distribution: held against the limits on Debian 12 only.
SOURCE_TESTS=$(cd -- "$(dirname -- "$0")/.." && pwd)
. "$SOURCE_TESTS/guard/lib.sh"
PROGRAM=$BUILD/tests/guard/hot_path

[[ $(uname -m) == x86_64 ]] || skip_all "limits are stored for x86_64 only"
command -v valgrind >/dev/null || skip_all "valgrind is not installed (apt-get install valgrind)"
grep -aq __asan_init "$PROGRAM" && skip_all "valgrind and sanitizers exclude each other"
objcopy --strip-debug "$PROGRAM" "$W/hot_path" # valgrind 3.19 does not read what clang writes there

# the same instructions on each machine: no code chosen by the processor's abilities
export OPENSSL_ia32cap=0:0 GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX512VL,-ERMS,-FSRM
run valgrind -q --tool=callgrind --collect-atstart=no --callgrind-out-file="$W/cg" "$W/hot_path"
is "$STATUS" 0 "the statements go through" || bail "$ERR"
value() { sed -n "s/^$1 //p" <<<"$OUT"; }
[[ $(value optimized) == 1 ]] || skip_all "built without optimization"
N=$(value statements)
COMPILER=$(value compiler)
# shellcheck disable=SC1091
DISTRIBUTION=$(. /etc/os-release && echo "$ID-${VERSION_ID:-}")

is "$(value signatures)" "$N" "one signature check a statement"
is "$(value database.calls)" "$(value batches)" "one call to the database a batch"
phases=(accept append acknowledge)
for i in 0 1 2; do
    phase=${phases[i]}
    bounded "$phase.allocations" "$(value "$phase.allocations")" "allocations a statement"
    other=0
    while read -r object count; do
        count=$((count / N))
        if [[ $object == own ]]; then
            bounded "$phase.own.$COMPILER" "$count" "instructions a statement in duban's own code"
        else
            ((other += count))
        fi
    done < <(perl "$SOURCE_TESTS/guard/objects.pl" "$W/cg.$((i + 1))" "$W/hot_path")
    if [[ $DISTRIBUTION == debian-12 ]]; then
        bounded "$phase.libraries" "$other" "instructions a statement in libraries"
    else
        printf '# %s.libraries: %s instructions a statement (not held against the limit of Debian 12)\n' "$phase" "$other"
    fi
done
done_testing
