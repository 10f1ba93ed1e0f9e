# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# For tests with hostile clients: the well-behaved one beside them, and cases written in Python. Sourced after lib.sh.
HOSTILE=$SYSTEM/hostile
export PYTHONDONTWRITEBYTECODE=1

good_start() { # NAME UNIT [PAUSE]: an enrolled identity begins to report
    background python3 "$HOSTILE/good.py" "$DUBAN_URL" "$DUBAN_CA" "$DUBAN_AUD" "$W/$1" "$2" "$(led_task "$2")" \
        2022Q1 "$W/good.log" "${3:-0.05}"
    GOOD=$BACKGROUND
    eventually 20 test -s "$W/good.log" || bail "the well-behaved client does not start"
}
good_count() { cut -d ' ' -f 1 "$W/good.log"; }
good_faults() { cut -d ' ' -f 2 "$W/good.log"; }
good_beyond() { (($(good_count) > $1)); }
good_on() { # NAME: it gets further acknowledgements within ten seconds, and had no fault so far
    local n
    n=$(good_count)
    eventually 10 good_beyond $((n + 2)) && [[ $(good_faults) == 0 ]]
    result $? "$1: the well-behaved client goes on" || diag "$(tail -n 3 "$W/good.log.faults" 2>/dev/null)"
}
good_end() { # each statement acknowledged at once, each receipt in the log
    local count faults worst n
    kill -TERM "$GOOD"
    wait "$GOOD" 2>/dev/null
    read -r count faults worst <"$W/good.log"
    is "$faults" 0 "the well-behaved client: $count statements, all acknowledged at the first try (worst $worst s)" ||
        diag "$(head -n 5 "$W/good.log.faults")"
    n=$(find "$W/good.log.receipts" -type f | wc -l)
    is "$n" "$count" "… each has its receipt"
    judge_receipts "$W/good.log.receipts" "… and each receipt verifies"
}
judge_build() { # the independent verifier, once
    [[ -x $W/judge-receipt ]] && return
    GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$W/.go GOFLAGS='' \
        go build -o "$W/judge-receipt" "$SOURCE/tests/judges/receipt/main.go" || bail "the judge does not build"
}
judge_receipts() { # DIRECTORY NAME: all receipts in it verify
    judge_build
    run find "$1" -type f -exec "$W/judge-receipt" "$DUBAN_LOG_VKEY" {} +
    is "$STATUS" 0 "$2" || diag "$(grep -v '^verified' <<<"$OUT" | head -n 5)"
}
stop_clean() { # it stops in order, and nothing in it broke on the way
    run duban-local stop "$I"
    is "$STATUS" 0 "it stops in order" || diag "$ERR"
    unlike "$(<"$I/log/duband.log")" 'Sanitizer|runtime error|signal=(4|6|7|8|11)$|assert' "no crash, no fault that a sanitizer saw, no leak"
}
relay() { # COMMAND...: lines "ok NAME" and "not ok NAME" of a program become results
    local line ended=no
    while IFS= read -r line; do
        case $line in
        'ok '*) result 0 "${line#ok }" ;;
        'not ok '*) result 1 "${line#not ok }" ;;
        'end') ended=yes ;;
        *) diag "$line" ;;
        esac
    done < <("$@" 2>&1)
    is "$ended" yes "${2##*/} ran to its end"
}
