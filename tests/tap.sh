#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Makes one test program speak TAP.
#   tap.sh unit PROGRAM         a cmocka program, of one group or several
#   tap.sh fuzz PROGRAM NAME    a fuzz target over tests/fuzz/corpus/NAME
#   tap.sh sql FILE             a pgTAP script, in a database of its own
set -uo pipefail

unit() { # each group prints a plan of its own and counts from 1: number them through
    { CMOCKA_MESSAGE_OUTPUT=TAP "$1" && echo "exit 0" || echo "exit $?"; } | awk '
        /^[0-9]+\.\.[0-9]+/ { planned += substr($1, index($1, "..") + 2); next }
        /^ok / { sub(/^ok [0-9]+/, "ok " ++n); print; next }
        # a test that skips itself: cmocka says "not ok" to that
        /^not ok .*# SKIP/ { sub(/^not ok [0-9]+/, "ok " ++n); print; next }
        /^not ok / { sub(/^not ok [0-9]+/, "not ok " ++n); bad++; print; next }
        /^exit [0-9]+$/ { status = $2; next }
        { print }
        END {
            # a crash or a failing fixture: nothing says "not ok", the status does
            if (n < planned || (status != 0 && !bad)) {
                print "not ok " ++n " - the program ended early or with status " status
                bad++
            }
            if (!n) { print "not ok 1 - no test was run"; n = 1; bad = 1 }
            print "1.." n
            exit bad != 0
        }'
}

fuzz() { # the same entry point as libFuzzer, over what is kept
    local program=$1 dir=tests/fuzz/corpus/$2 files=() out
    mapfile -d '' -t files < <(find "$dir" -type f -print0 2>/dev/null | sort -z)
    echo 1..2
    if ((${#files[@]})); then echo "ok 1 - ${#files[@]} inputs in $dir"; else echo "not ok 1 - $dir is empty"; fi
    if out=$(printf '%s\0' "${files[@]}" | xargs -0 -r "$program" 2>&1); then
        echo "ok 2 - $2: no crash"
    else
        echo "not ok 2 - $2"
        tail -n 40 <<<"$out" | sed 's/^/# /'
        return 1
    fi
}

sql() {
    local db
    db=t_$(basename "${1%.sql}" | tr -c 'a-z0-9\n' _)
    psql -XqAt -d postgres -c "set client_min_messages = warning" -c "drop database if exists $db" -c "create database $db template duban_template" >&2 || return 1
    psql -XqAt -v ON_ERROR_STOP=1 -d "$db" -P pager=off -f "$1" 2>&1
    local status=$?
    psql -XqAt -d postgres -c "drop database $db" >&2
    return "$status"
}

"$@"
