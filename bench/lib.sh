# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the scripts of bench/ share: the instance, CPU time and memory of its processes, quiet moments,
# and a figure's samples, which become one JSON file, one text and charts. Everything is in one private
# directory; nothing but 127.0.0.1 is talked to. Settings are environment variables: bench/README.md.
set -Eeuo pipefail
shopt -s inherit_errexit
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
BUILD=$(realpath -m -- "${BUILD:-build}")
OUT=$(realpath -m -- "${OUT:-$BUILD/bench/results}")
ALG=${ALG:-ecdsa-p256}
KEYS=${KEYS:-1024}
OBLIGATIONS=${OBLIGATIONS:-1000000}
ASKED_DUE=${DUE:-} # by the environment, which wins over what the instance was made with
DUE=${DUE:-10000}
SPARE_DUE=5000 # deadlines beyond DUE, for the other figures
ROUNDS=${ROUNDS:-3} FOR=${FOR:-5}
: "${CONNECTIONS=256}"
MOST=${MOST:-15000} # statements/s for which a closed loop has enough of them signed
PERIODS=2022Q1,2022Q2,2022Q3,2022Q4
TASKS=$(((OBLIGATIONS + 4 * KEYS - 1) / (4 * KEYS))) # per unit; four periods each
export PGBIN=/usr/lib/postgresql/15/bin PGOPTIONS='-c client_min_messages=warning'
export DUBAN_SOURCE=${HERE%/*}
LC_ALL=C.UTF-8 LANGUAGE=''
export LC_ALL LANGUAGE

ulimit -n "$(ulimit -Hn)" # thousands of connections

say() { printf '%s\n' "$*" >&2; }
fail() {
    say "bench: $*"
    exit 1
}
need() { command -v "$1" >/dev/null || fail "$1 is missing: apt-get install $2"; }
need jq jq
need psql postgresql-client-15

CLEANUP=()
at_exit() { CLEANUP=("$*" "${CLEANUP[@]}"); } # COMMAND: run when the script ends, the newest first
leave() {
    local status=$? command
    for command in "${CLEANUP[@]}"; do eval "$command" || true; done
    exit "$status"
}
trap leave EXIT
trap 'say "bench: ${BASH_SOURCE[0]##*/}:$LINENO failed: $BASH_COMMAND"' ERR
trap 'exit 130' INT TERM

local_() { "$BUILD/duban-local" "$@"; }
sql() { psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -U postgres -d duban "$@"; }
awk_() { awk "BEGIN { print ($1) }"; } # EXPRESSION; bare, "a > 0" would write a file called 0

attach() { # DIR: the environment of an instance that instance.sh made
    DIR=$1
    [[ -f $DIR/duban-local.conf ]] || fail "$DIR is no instance; make one: bench/instance.sh start $DIR"
    eval "$(local_ env "$DIR")"
    # shellcheck disable=SC1091
    . "$DIR/bench.conf" # the sizes it was made with
    : "${SEEDED_DUE:?$DIR/bench.conf does not say how many deadlines there are; make the instance anew}"
    DUE=${ASKED_DUE:-$((SEEDED_DUE > SPARE_DUE ? SEEDED_DUE - SPARE_DUE : 0))}
    ((${CONNECTIONS:-0} <= KEYS)) || CONNECTIONS=$KEYS
    FLOOR="host=$DUBAN_PGHOST user=postgres dbname=floor"
}

instance() { # [DIR]: the instance in DIR, or one of its own that goes away at the end
    local own
    mkdir -p "$OUT"
    if [[ -n ${1:-} ]]; then
        attach "$1"
        return
    fi
    own=$(mktemp -d /var/tmp/duban-bench.XXXXXX)
    at_exit "local_ destroy '$own/instance'; rmdir '$own'"
    "$HERE/instance.sh" start "$own/instance"
    attach "$own/instance"
}
restart() { # the daemon anew, the database stays
    local pid
    pid=$(cat "$DUBAN_PIDFILE")
    kill "$pid"
    while [[ -e $DUBAN_PIDFILE ]]; do sleep 0.05; done
    local_ start "$DIR"
}
stop_() { # PID: a process that we started
    kill "$1" 2>/dev/null && wait "$1" 2>/dev/null || true
}

# ---- thousands of connections ------------------------------------------------------------------
# NAME URL HOME OPTIONS...: holds connections as the client in HOME; orders go to the descriptor
# NAME_in, its answers are lines of STEP/NAME.out; sets RESULT to the line of the opening
holding() {
    local name=$1 url=$2 home=$3
    shift 3
    rm -f -- "$STEP/$name.in"
    mkfifo "$STEP/$name.in"
    : >"$STEP/$name.out"
    "$BUILD/bench/hold" --url "$url" --ca "$DUBAN_CA" --cert "$home/client.pem" --key "$home/client.key" "$@" \
        <"$STEP/$name.in" >"$STEP/$name.out" 2>"$STEP/$name.err" &
    local pid=$!
    at_exit "stop_ $pid"
    eval "exec {${name}_in}>'$STEP/$name.in'; ${name}_pid=$pid"
    answered "$name" 1
}
raw_server() { # OPTIONS...: the floor beside it, at RAW_URL; orders to raw_in, answers in STEP/raw.out
    local port
    port=$(free_port)
    rm -f -- "$STEP/raw.in"
    mkfifo "$STEP/raw.in"
    : >"$STEP/raw.out"
    "$BUILD/bench/raw" --port "$port" --cert "$DIR/server/server.pem" --key "$DIR/server/server.key" --ca "$DUBAN_CA" "$@" \
        <"$STEP/raw.in" >"$STEP/raw.out" 2>"$STEP/raw.err" &
    raw_pid=$!
    at_exit "stop_ $raw_pid"
    eval "exec {raw_in}>'$STEP/raw.in'"
    answered raw 1
    export RAW_URL=https://127.0.0.1:$port
}
answered() { # NAME N: waits for the N-th line of an answer; sets RESULT
    local i pid=${1}_pid
    for ((i = 0; i < 1500; i++)); do
        RESULT=$(sed -n "${2}p" "$STEP/$1.out")
        [[ -z $RESULT ]] || return 0
        kill -0 "${!pid:-$$}" 2>/dev/null || fail "$1: $(tail -n 1 "$STEP/$1.err")"
        sleep 0.1
    done
    fail "$1: no answer"
}
order() { # NAME ORDER: again, send or quit
    local to=${1}_in
    printf '%s\n' "$2" >&"${!to}"
}
ended() { # NAME: quits it and waits
    local to=${1}_in pid=${1}_pid fd
    order "$1" quit
    fd=${!to}
    exec {fd}>&-
    wait "${!pid}" || fail "$1: $(tail -n 1 "$STEP/$1.err")"
}
free_port() {
    local p
    while :; do
        p=$((20000 + RANDOM % 12000))
        [[ -n $(ss -Htln "sport = :$p" 2>/dev/null) ]] || break
    done
    printf '%s\n' "$p"
}
events() { sql -c 'select events from duban.log_lock'; } # the last event of the alert stream

load_run() { # OPTIONS...: one line of JSON
    "$BUILD/bench/load" run "${LOAD_KEYS:-$DIR/keys}" --url "$DUBAN_URL" --ca "$DUBAN_CA" --aud "$DUBAN_AUD" \
        --vkey "${DUBAN_LOG_VKEY%% *}" --cert "$DUBAN_OPERATOR_HOME/client.pem" \
        --key "$DUBAN_OPERATOR_HOME/client.key" --tasks "$TASKS" --periods "$PERIODS" --warmup "${WARMUP:-1}" "$@"
}
floor_run() { "$BUILD/bench/floor" "$@" --conninfo "$FLOOR" --alg "$ALG" --units "$KEYS" --tasks "$TASKS"; }

# PID FILTER: one pass over all processes; FILTER sees each of the tree: pid, and ticks with children that ended
each_of() {
    { cat /proc/[0-9]*/stat 2>/dev/null || true; } | awk -v root="$1" '
        { pid = $1; sub(/^.*\) /, ""); parent[pid] = $2; ticks[pid] = $12 + $13 + $14 + $15 }
        END { for (pid in parent) { for (p = pid; p != root && p > 1; p = parent[p]); if (p == root) print pid, ticks[pid] } }' | sort -n
}
tree() { each_of "$1" | cut -d' ' -f1; } # PID: it and everything below
cpu_of() { # PID: seconds of CPU of the tree, with children that ended
    each_of "$1" | awk -v hz="$(getconf CLK_TCK)" '{ t += $2 } END { printf "%.2f", t / hz }'
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
quiet() { # waits for a quiet machine (under a quarter busy for two seconds), at most QUIET seconds (120)
    local until=$((SECONDS + ${QUIET:-120})) before
    while ((SECONDS < until)); do
        before=$(busy_ticks)
        sleep 2
        (($(busy_ticks) - before < $(getconf CLK_TCK) * $(nproc) / 2)) && break
    done
    say "load average $(cut -d' ' -f1-3 /proc/loadavg)"
}

many() { awk_ "int($MOST / $1 * ($FOR + 1)) + 1"; } # N: requests to sign, N times fewer than statements would be
part() { jq -r "$2" <<<"$1"; } # JSON FILTER
end_of_log() { sql -c 'select coalesce(max(index), -1) + 1 from duban.log_entry'; }
stored_since() { sql -c "select count(*) from duban.statement where entry >= $1"; } # ENTRY: rows; not all of millions
median() { sort -n | awk '{ x[NR] = $1 } END { if (NR) print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'; }
quantile() { sort -n | awk -v q="$1" '{ x[NR] = $1 } END { i = int(q * NR); if (i < q * NR) i++; if (NR) print x[i < 1 ? 1 : i] }'; } # Q

# LABEL OPTIONS...: sets RESULT; what was acknowledged must be in the database, no more and no less
loaded() {
    local label=$1 before
    shift
    before=$(end_of_log)
    RESULT=$(measured "$label" load_run --seconds "$FOR" "$@")
    check_rows "$label" "$RESULT" "$(stored_since "$before")"
    [[ $(part "$RESULT" .used_up) == false ]] || note "$label: the signed requests ran out; the figure is too low"
    say "$label $(part "$RESULT" '"\(.per_second) statements/s, \(.reports_per_second) reports/s, p50 \(.latency_ms.p50) ms, p99 \(.latency_ms.p99) ms, refused \(.refused)"')"
}
floored() { # LABEL MODE [OPTIONS...]: sets RESULT
    local label=$1
    shift
    RESULT=$(measured "$label" floor_run "$@" --seconds "$FOR")
    # else autovacuum would clear up behind the floor while the next is measured; its rows stay, as duban's do
    psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -U postgres -d floor -c 'vacuum (analyze)'
    say "$label $(part "$RESULT" '"\(.per_second)/s, p50 \(.latency_ms.p50) ms, p99 \(.latency_ms.p99) ms"')"
}
per_statement() { # JSON WHO: µs of CPU of each acknowledged statement; WHO: duband, postgres or generator
    case $2 in # the generator's is read inside the measured window, the servers' around the whole run
    generator) part "$1" '(.own_cpu.user + .own_cpu.system) / ([.statements, 1] | max) * 1e6' ;;
    *) part "$1" ".cpu.$2 / ([.acknowledged, 1] | max) * 1e6" ;;
    esac
}

# ---- obligations that fall due -----------------------------------------------------------------
fall_due() { # COUNT LEAD SPREAD: of plan d, unused ones; sets FIRST, their ordinals begin there
    local left
    FIRST=$(sql -c "select coalesce(max(t.ordinal), 0) + 1 from duban.obligation o join duban.task t on t.name = o.task where t.plan = 'd'")
    left=$((SEEDED_DUE - FIRST + 1))
    ((left >= $1)) || fail "$1 deadlines are wanted, $DIR has $left left that nothing used; make one with more: DUE=$(($1 > DUE ? $1 : DUE + $1)) bench/instance.sh start DIR"
    sql -v first="$FIRST" -v due="$1" -v lead="$2" -v spread="$3" -f "$HERE/due.sql"
}
all_raised() { # COUNT: waits until the obligations since FIRST have their verdict
    local i
    for ((i = 0; i < 600; i++)); do
        [[ $(sql -c "select count(*) from duban.verdict v join duban.task t on t.name = v.task
            where v.silence and t.plan = 'd' and t.ordinal >= $FIRST") == "$1" ]] && return
        sleep 0.2
    done
    fail "not all of $1 obligations were raised"
}
# FILE: what bench/watch saw of level 1 since FIRST, as lines WATCHER MS-SINCE-DUE MS-UNTIL-THE-ENTRY; the
# test clock runs at the real rate, its offset is taken out
delays() {
    sql -c "create temp table seen (watcher text, alert bigint, us bigint)" \
        -c "\\copy seen from '$1' with (format text, delimiter ' ')" \
        -c "select s.watcher || ' ' || round((s.us / 1000.0 - extract(epoch from a.at - k.clock_offset) * 1000)::numeric, 3)
                   || ' ' || round(extract(epoch from a.raised - a.at) * 1000, 3)
              from seen s join duban.alert a on a.alert = s.alert join duban.\"case\" c on c.\"case\" = a.\"case\"
              join duban.task t on t.name = c.task cross join duban.log_lock k
             where t.plan = 'd' and t.ordinal >= $FIRST and a.level = 1"
}
watching() { # FILE HOME...: sets WATCHER, a process that notes alerts in FILE
    local file=$1 i
    shift
    "$BUILD/bench/watch" --url "$DUBAN_URL" --ca "$DUBAN_CA" --seconds 3600 "$@" >"$file" 2>"$file.log" &
    WATCHER=$!
    at_exit "stop_ $WATCHER"
    for ((i = 0; i < 100; i++)); do
        grep -q 'watch: open' "$file.log" && return
        sleep 0.1
    done
    fail "the streams did not open: $(tail -n 1 "$file.log")"
}

# ---- memory ------------------------------------------------------------------------------------
memory_of() { # PID...: KiB that belong to the process trees alone (unique set size, without files)
    local pid top
    for top; do for pid in $(tree "$top"); do
        awk '/^(Private_Dirty|Private_Hugetlb|Swap):/ { n += $2 } END { print n + 0 }' "/proc/$pid/smaps_rollup" 2>/dev/null || true
    done; done | awk '{ n += $1 } END { print n + 0 }'
}

# ---- one figure --------------------------------------------------------------------------------
figure() { # NAME BOUND: begins; everything of it is in OUT/NAME.json, NAME.txt, NAME-*.svg
    FIGURE=$1 STEP=$OUT/$1.d
    rm -rf -- "$STEP"
    mkdir -p "$STEP"
    rm -f -- "$OUT/$1.json" "$OUT/$1.txt" "$OUT/$1"-*.svg
    : >"$STEP/samples" && : >"$STEP/rows" && : >"$STEP/checks" && : >"$STEP/notes"
    printf '%s\n' "$2" >"$STEP/bound"
    say "--- $1"
}
# NAME UNIT [BETTER BAR STRETCH [LABEL]]: what a row is; BETTER: higher or lower; LABEL: G1 …
row() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "${3:-}" "${4:-}" "${5:-}" "${6:-}" >>"$STEP/rows"; }
sample() { printf '%s\t%s\t%s\n' "$1" "$2" "${3:-}" >>"$STEP/samples"; } # NAME VALUE [X]
note() {
    say "note: $*"
    printf '%s\n' "$*" >>"$STEP/notes"
}
check() { # WHAT WANTED GOT
    printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$STEP/checks"
    [[ $2 == "$3" ]] || say "NOT SO: $1: $2 and $3"
}
# LABEL JSON ROWS: no more and no less; of requests that were given up nobody knows
check_rows() {
    local acknowledged unanswered
    acknowledged=$(part "$2" .acknowledged)
    unanswered=$(part "$2" '.unanswered * .envelopes')
    [[ $unanswered == 0 ]] || note "$1: $unanswered statements were not answered in the end"
    check "$1: acknowledged = rows in the database" "$acknowledged" "$(($3 >= acknowledged && $3 <= acknowledged + unanswered ? acknowledged : $3))"
}
publish() { # [X NAME]: writes JSON and text; fails when a check did
    jq -n --arg figure "$FIGURE" --rawfile bound "$STEP/bound" --arg x "${1:-}" --argjson machine "$(machine)" \
        --argjson rounds "$ROUNDS" --argjson seconds "$FOR" --rawfile rows "$STEP/rows" --rawfile samples "$STEP/samples" \
        --rawfile checks "$STEP/checks" --rawfile notes "$STEP/notes" -f "$HERE/publish.jq" >"$OUT/$FIGURE.json"
    jq -r -f "$HERE/text.jq" "$OUT/$FIGURE.json" | tee "$OUT/$FIGURE.txt"
    jq -e '[.checks[].ok] | all' "$OUT/$FIGURE.json" >/dev/null || fail "$FIGURE: a check failed, the figures count for nothing"
}
# NAME TITLE X-AXIS Y-AXIS log|linear ROW...: OUT/FIGURE-NAME.svg, one line a ROW with its spread
chart() {
    local name=$1 title=$2 x=$3 y=$4 scale=$5
    shift 5
    jq -r '.rows[] | select(.x != null and (.name | IN($ARGS.positional[]))) | [.name, .x, .median, .min, .max] | @tsv' \
        "$OUT/$FIGURE.json" --args "$@" | awk -f "$HERE/chart.awk" -v title="$title" -v xlabel="$x" -v ylabel="$y" -v scale="$scale" \
        >"$OUT/$FIGURE-$name.svg"
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
