# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# For system tests: TAP, throw-away instances, and a clean end whatever happens. A test file is
#     . "$(dirname "$0")/lib.sh"
#     instance_start --now 2022-04-02T09:00:00+08:00 --plan "$SAMPLE"
#     run duban --home "$W/u001" due
#     is "$STATUS" 0 "due works"
#     done_testing
set -uo pipefail
SYSTEM=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
SOURCE=$(dirname -- "$(dirname -- "$SYSTEM")")
BUILD=$(realpath -m -- "${BUILD:-$SOURCE/build}")
export DUBAN_LOCAL_WAIT=${DUBAN_LOCAL_WAIT:-90}
export BUILD DUBAN_SOURCE=$SOURCE PATH=$BUILD:$PATH LC_ALL=C.UTF-8 LANGUAGE='' DUBAN_LOCALEDIR=$BUILD/locale
unset DUBAN_HOME PGHOST PGPORT PGUSER PGDATABASE
# shellcheck disable=SC2034  # used by the tests
SAMPLE=$SOURCE/examples/sample-plan.txt
# shellcheck disable=SC2034
NOW=2022-04-02T09:00:00+08:00 # the worked example of docs/architecture.md

W=$(mktemp -d /tmp/duban-t.XXXXXX) # work directory of this file
chmod 711 "$W"
INSTANCES=() CHILDREN=()
TESTS=0 FAILED=0

cleanup() {
    local status=$? dir pid
    trap - EXIT
    trap '' INT TERM # timeout(1) signals twice: the process and its group
    for pid in "${CHILDREN[@]}"; do
        kill -KILL "$pid" 2>/dev/null
    done
    for dir in "${INSTANCES[@]}"; do
        [[ -d $dir ]] || continue
        ((status == 0 && FAILED == 0)) || keep_logs "$dir"
        duban-local kill "$dir" >/dev/null 2>&1
        duban-local destroy "$dir" >/dev/null 2>&1
    done
    rm -rf -- "$W"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

keep_logs() { # the tail of the logs of a failed test goes to standard error
    local file
    for file in "$1"/log/duband.log "$1"/log/clock.log "$1"/pg/server.log; do
        [[ -s $file ]] && diag "$file:" "$(tail -n "${LOG_LINES:-15}" "$file")"
    done
}

# ---- TAP ---------------------------------------------------------------------------------------
diag() { printf '%s\n' "$*" | sed 's/^/# /' >&2; }
result() { # STATUS NAME
    ((++TESTS))
    if (($1 == 0)); then
        printf 'ok %d - %s\n' "$TESTS" "$2"
    else
        ((++FAILED))
        printf 'not ok %d - %s\n' "$TESTS" "$2"
    fi
    return "$1"
}
ok() { # NAME COMMAND...
    local name=$1 status=0
    shift
    "$@" || status=1
    result "$status" "$name"
}
not_ok() { # NAME COMMAND...: the command must fail
    local name=$1 status=0
    shift
    "$@" && status=1
    result "$status" "$name"
}
is() { # GOT WANT NAME
    [[ $1 == "$2" ]]
    result $? "$3" || {
        diag " got: $1" $'\n'"want: $2" ${STATUS:+$'\n'"$(head -c 1500 <<<"${OUT-}${ERR-}")"}
        return 1
    }
}
isnt() { # GOT NOT NAME
    [[ $1 != "$2" ]]
    result $? "$3" || {
        diag "got: $1"
        return 1
    }
}
like() { # GOT REGEX NAME
    grep -Eq -- "$2" <<<"$1"
    result $? "$3" || {
        diag "     got: $(head -c 1500 <<<"$1")" $'\n'"no match: $2"
        return 1
    }
}
unlike() { # GOT REGEX NAME
    ! grep -Eq -- "$2" <<<"$1"
    result $? "$3" || {
        diag "     got: $(head -c 1500 <<<"$1")" $'\n'"matches: $2"
        return 1
    }
}
skip_all() {
    printf '1..0 # SKIP %s\n' "$*"
    exit 0
}
bail() {
    printf 'Bail out! %s\n' "$*"
    exit 1
}
done_testing() {
    printf '1..%d\n' "$TESTS"
    ((FAILED == 0))
    exit
}

# ---- doing things ------------------------------------------------------------------------------
run() { # COMMAND...: OUT, ERR and STATUS
    STATUS=0
    OUT=$("$@" 2>"$W/.err") || STATUS=$?
    ERR=$(<"$W/.err")
}
background() { # COMMAND...: its number in BACKGROUND
    "$@" &
    BACKGROUND=$!
    CHILDREN+=("$BACKGROUND")
}
eventually() { # SECONDS COMMAND...: repeats until it succeeds
    local limit=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < limit)) || return 1
        sleep 0.1
    done
}

gone() { # PID: no such process, or one that nobody has reaped yet
    ! [[ -d /proc/$1 ]] || [[ $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) == Z ]]
}

# ---- instances -----------------------------------------------------------------------------------
instance_start() { # OPTIONS...: the instance in $I, its variables DUBAN_…
    I=$W/i
    INSTANCES+=("$I")
    run duban-local start "$I" "$@"
    ((STATUS == 0)) || {
        diag "$OUT$ERR"
        keep_logs "$I"
        bail "no instance: $ERR"
    }
    instance_env "$I"
}
instance_env() { # DIR
    local text
    text=$(duban-local env "$1") || bail "duban-local env failed"
    eval "$text"
    export DUBAN_URL DUBAN_ADMIN_URL DUBAN_CA DUBAN_LOG_VKEY DUBAN_AUD DUBAN_PGHOST DUBAN_PGPORT \
        DUBAN_PGDATABASE DUBAN_PGUSER DUBAN_PIDFILE DUBAN_OPERATOR_HOME
}
enrol() { # NAME OPTION...: an identity in $W/NAME; enrol u001 --unit u001
    local name=$1
    shift
    [[ -f $W/$name/duban.conf ]] || duban-local enrol "$I" "$@" --home "$W/$name" || bail "enrolment of $name failed"
}
as() { # NAME ARGUMENT...: duban with that identity, in English
    local name=$1
    shift
    duban --home "$W/$name" --lang en "$@"
}
operator() { duban --home "$DUBAN_OPERATOR_HOME" --lang en "$@"; }
sql() { # STATEMENT [PSQL OPTIONS]: as the owner
    local statement=$1
    shift
    psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -p "$DUBAN_PGPORT" -d "$DUBAN_PGDATABASE" \
        -U "$DUBAN_PGUSER" "$@" -c "$statement"
}
super() { sql "$1" -U postgres; }
# shellcheck disable=SC2034
http() { # NAME PATH CURL-OPTION...: the body; HTTP status in $CODE
    local name=$1 path=$2
    shift 2
    CODE=$(curl -sS --noproxy '*' --max-time 60 --cacert "$DUBAN_CA" --cert "$W/$name/client.pem" \
        --key "$W/$name/client.key" -o "$W/.body" -w '%{http_code}' "$@" "$DUBAN_URL$path" 2>"$W/.curl")
    BODY=$(tr -d '\0' <"$W/.body")
}
field() { # JSON JQ-FILTER
    jq -r "$2" <<<"$1" 2>/dev/null
}
clock() { duban-local clock "$I" "$1" || bail "the clock did not move to $1"; }
led_task() { # UNIT [N]: the N-th task that the unit is accountable for
    sql "select name from duban.task where accountable = '$1' order by plan, ordinal offset $((${2:-1} - 1)) limit 1"
}

# ---- statements made by hand, with openssl only ----------------------------------------------------
envelope() { # NAME UNIT ARGUMENT...: see statement.py; seq and prev as the server expects them
    local name=$1 unit=$2 me seq prev key
    shift 2
    key=$(openssl pkey -in "$W/$name/sign.key" -pubout -outform DER | sha256sum | cut -c 1-64)
    http "$name" /v1/me
    me=$(field "$BODY" ".keys[] | select(.key == \"$key\")")
    seq=$(field "$me" .seq)
    prev=$(field "$me" .prev)
    python3 "$SYSTEM/statement.py" --home "$W/$name" --aud "$DUBAN_AUD" --unit "$unit" \
        --seq "${seq:-1}" --prev "${prev:-}" "$@"
}
submit() { # NAME FILE: one envelope; BODY and CODE
    http "$1" /v1/statements -H 'Content-Type: application/vnd.dsse.envelope.v1+json' --data-binary "@$2"
}
post() { # NAME UNIT ARGUMENT...: envelope and submit; the envelope stays in $W/envelope
    envelope "$@" >"$W/envelope" || bail "no envelope: $*"
    submit "$1" "$W/envelope"
}
reports() { # JSON...: the body of a report statement
    local IFS=,
    printf '{"reports":[%s]}' "$*"
}
entries() { sql 'select count(*) from duban.log_entry'; }
