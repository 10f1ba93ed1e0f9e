# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the scripts of bench/ share: the instance, its CPU time, quiet moments, medians. Everything is in
# one private directory; nothing but 127.0.0.1 is talked to.
set -Eeuo pipefail
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
BUILD=$(realpath -m -- "${BUILD:-build}")
OUT=${OUT:-$BUILD/bench/results}
ALG=${ALG:-ecdsa-p256}
KEYS=${KEYS:-256}
OBLIGATIONS=${OBLIGATIONS:-1000000}
DUE=${DUE:-10000}
PERIODS=2022Q1,2022Q2,2022Q3,2022Q4
TASKS=$(((OBLIGATIONS + 4 * KEYS - 1) / (4 * KEYS))) # per unit; four periods each
export DUBAN_SOURCE=${HERE%/*}

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "bench: $*"
    exit 1
}
need() { command -v "$1" >/dev/null || fail "$1 is missing: apt-get install $2"; }
need jq jq
need psql postgresql-client-15

local_() { "$BUILD/duban-local" "$@"; }
sql() { psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -U postgres -d duban "$@"; }

attach() { # DIR: the environment of an instance that instance.sh made
    DIR=$1
    [[ -f $DIR/duban-local.conf ]] || fail "$DIR is no instance; make one: bench/instance.sh start $DIR"
    eval "$(local_ env "$DIR")"
    FLOOR="host=$DUBAN_PGHOST user=postgres dbname=floor"
}

load_run() { # OPTIONS...: one line of JSON
    "$BUILD/bench/load" run "$DIR/keys" --url "$DUBAN_URL" --ca "$DUBAN_CA" --aud "$DUBAN_AUD" \
        --vkey "${DUBAN_LOG_VKEY%% *}" --cert "$DUBAN_OPERATOR_HOME/client.pem" \
        --key "$DUBAN_OPERATOR_HOME/client.key" --tasks "$TASKS" --periods "$PERIODS" "$@"
}
floor_run() { "$BUILD/bench/floor" "$@" --conninfo "$FLOOR" --alg "$ALG" --units "$KEYS" --tasks "$TASKS"; }

tree() { # PID: it and everything below
    local child
    printf '%s\n' "$1"
    for child in $(pgrep -P "$1" || true); do tree "$child"; done
}
cpu_of() { # PID: seconds of CPU of the tree, with children that ended
    local pid ticks=0 f
    for pid in $(tree "$1"); do
        f=$(sed 's/^.*) //' "/proc/$pid/stat" 2>/dev/null) || continue
        # shellcheck disable=SC2086
        set -- $f
        ticks=$((ticks + ${12} + ${13} + ${14} + ${15}))
    done
    awk -v t="$ticks" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", t / hz }'
}
postmaster() { head -n 1 "$(realpath "$DIR/pg")/postmaster.pid"; }

measured() { # LABEL COMMAND...: the JSON of the command, with label, load average and the server's CPU
    local label=$1 d0 p0 d1 p1 result
    shift
    d0=$(cpu_of "$(cat "$DUBAN_PIDFILE")") p0=$(cpu_of "$(postmaster)")
    result=$("$@")
    d1=$(cpu_of "$(cat "$DUBAN_PIDFILE")") p1=$(cpu_of "$(postmaster)")
    jq -c --arg l "$label" --argjson d "$(awk -v a="$d0" -v b="$d1" 'BEGIN { print b - a }')" \
        --argjson p "$(awk -v a="$p0" -v b="$p1" 'BEGIN { print b - a }')" \
        --arg avg "$(cut -d' ' -f1 /proc/loadavg)" \
        '{label: $l, load_average: ($avg | tonumber), cpu: {duband: $d, postgres: $p}} + .' <<<"$result" |
        tee -a "$OUT/measurements.jsonl"
}

busy_ticks() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat; }
quiet() { # waits for a quiet machine (under a quarter busy for two seconds), at most QUIET seconds (600)
    local until=$((SECONDS + ${QUIET:-600})) before
    while ((SECONDS < until)); do
        before=$(busy_ticks)
        sleep 2
        (($(busy_ticks) - before < $(getconf CLK_TCK) * $(nproc) / 2)) && break
    done
    say "load average $(cut -d' ' -f1-3 /proc/loadavg)"
}

machine() { # the machine and the settings, as JSON
    jq -nc --arg cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" --argjson cores "$(nproc)" \
        --arg memory "$(awk '/MemTotal/ { printf "%.0f MiB", $2 / 1024 }' /proc/meminfo)" --arg kernel "$(uname -r)" \
        --arg fs "$(stat -f -c %T "$DIR")" --arg postgres "$(sql -c 'show server_version')" \
        --arg openssl "$(openssl version)" --arg duban "$("$BUILD/duband" -V 2>/dev/null | head -n 1)" \
        --arg load "$(cut -d' ' -f1-3 /proc/loadavg)" --arg alg "$ALG" --argjson keys "$KEYS" \
        --argjson obligations "$OBLIGATIONS" --arg date "$(date -u +%FT%TZ)" \
        --argjson settings "$(sql -c "select json_object_agg(name, current_setting(name)) from pg_settings where name in
            ('shared_buffers', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'min_wal_size', 'max_wal_size', 'jit')")" \
        '$ARGS.named'
}
