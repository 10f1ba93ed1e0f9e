#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# duban-local: a whole private instance of duban in one directory, for trying it, for integrators'
# own tests and for ours. It uses initdb, psql -f roles.sql, duband and duban: public commands only.
# Who trusts whom: everything below DIR belongs to the caller; the database server listens on a
# unix socket inside a directory that nobody else can enter, and there trusts whoever gets in.
set -Eeuo pipefail
trap 'printf "%s: stopped by a failure at line %d: %s\n" "${0##*/}" "$LINENO" "$BASH_COMMAND" >&2' ERR
umask 022

VERSION='@VERSION@'
PROGRAM=${0##*/}
MARKER=duban-local.conf

usage() {
    cat <<'EOF'
duban-local: a private instance of duban in one directory

  duban-local start DIR [--port N] [--plan FILE[=HANDLE]]... [--set KEY=VALUE]... [--now TIME]
  duban-local stop DIR        stop in order
  duban-local kill DIR        kill -9 of every process that was started
  duban-local destroy DIR     stop and remove
  duban-local env DIR         lines NAME='value' for scripts: eval "$(duban-local env DIR)"
  duban-local enrol DIR (--unit U | --post P | --operator)
                        [--alg ecdsa-p256|ed25519|sm2] --home HOME
  duban-local clock DIR TIME|+DURATION        move the test clock (instances made with --now)

TIME is RFC 3339; a time without offset is Asia/Shanghai. More: duban-local(1).
EOF
}

# ---- small things ------------------------------------------------------------------------------
die() { # STATUS TEXT...: one line that names the thing and the remedy
    local status=$1
    shift
    printf '%s: %s\n' "$PROGRAM" "$*" >&2
    exit "$status"
}
note() { printf '%s: %s\n' "$PROGRAM" "$*" >&2; }

quote() { # a shell word in single quotes, whatever it holds
    local s=$1
    printf "'%s'" "${s//\'/\'\\\'\'}"
}

need() { # TOOL PACKAGE
    command -v "$1" >/dev/null 2>&1 ||
        die 5 "$1 is missing. Install it: sudo apt-get install $2"
}

bytes() { # TEXT: its length as the kernel counts
    local LC_ALL=C
    printf '%s' "${#1}"
}

conf_quote() { # TEXT: a libconfuse string
    local s=${1//\\/\\\\}
    s=${s//\"/\\\"}
    printf '"%s"' "${s//\$/\\\$}"
}

absolute() { realpath -m -- "$1"; }

alive() { # PID NAME: is this process there, and is it (still) that program?
    [[ -n $1 && -r /proc/$1/comm && $(<"/proc/$1/comm") == "$2" ]] &&
        [[ $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) != Z ]]
}

tree() { # PID: the process and everything below it
    local child
    printf '%s\n' "$1"
    for child in $(pgrep -P "$1" 2>/dev/null || true); do
        tree "$child"
    done
}

instant() { # TEXT: RFC 3339 with seconds and offset; a bare local time is Asia/Shanghai
    local t=$1
    [[ $t =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}([T\ ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$ ]] ||
        die 2 "not a time: $t. Write RFC 3339, for example 2022-04-02T09:00:00+08:00"
    TZ=Asia/Shanghai date -d "${t/T/ }" '+%Y-%m-%dT%H:%M:%S%:z' 2>/dev/null ||
        die 2 "no such time: $t"
}

# ---- where things are --------------------------------------------------------------------------
find_parts() {
    local here
    here=$(dirname -- "$(realpath -- "$0")")
    if [[ -x $here/duband && -x $here/duban ]]; then # a build tree
        DUBAND=$here/duband DUBAN=$here/duban
        DATA=${DUBAN_SOURCE:-$here/..}
        [[ -f $DATA/sql/roles.sql ]] || DATA=$PWD
    else
        DUBAND='@sbindir@/duband' DUBAN='@bindir@/duban' DATA='@datadir@'
        [[ -x $DUBAND ]] || DUBAND=$here/../sbin/duband
        [[ -x $DUBAN ]] || DUBAN=$here/duban
        [[ -f $DATA/sql/roles.sql ]] || DATA=$here/../share/duban
    fi
    [[ -x $DUBAND ]] || die 5 "$DUBAND is missing. Build duban (make) or install it (make install)"
    [[ -x $DUBAN ]] || die 5 "$DUBAN is missing. Build duban (make) or install it (make install)"
    [[ -f $DATA/sql/roles.sql ]] ||
        die 5 "sql/roles.sql is not in $DATA. Name the source tree in DUBAN_SOURCE"
    DATA=$(absolute "$DATA")
    export DUBAN_DATADIR="$DATA"
}

find_postgres() {
    local v
    PGBIN=
    for v in 17 16 15; do
        [[ -x /usr/lib/postgresql/$v/bin/initdb ]] && PGBIN=/usr/lib/postgresql/$v/bin && break
    done
    [[ -n $PGBIN ]] || { command -v pg_config >/dev/null && PGBIN=$(pg_config --bindir); }
    [[ -n $PGBIN && -x $PGBIN/initdb ]] ||
        die 5 "PostgreSQL 15 or newer is missing. Install it: sudo apt-get install postgresql-15"
    RUNAS=
    if [[ $(id -u) == 0 ]]; then # the server refuses to run as root
        for v in postgres nobody daemon; do
            id -u "$v" >/dev/null 2>&1 && RUNAS=$v && break
        done
        [[ -n $RUNAS ]] || die 5 "no ordinary user for PostgreSQL. Add one: useradd -r postgres"
    fi
}

as_server() { # COMMAND...: as the user that PostgreSQL runs as; never with our lock open
    if [[ -n $RUNAS ]]; then
        (cd / && exec runuser -u "$RUNAS" -- "$@") 8>&- 9>&-
    else
        (cd / && exec "$@") 8>&- 9>&-
    fi
}

# ---- the instance's own notes: NAME='value' lines in DIR/duban-local.conf ------------------------
load() { # DIR
    DIR=$(absolute "$1")
    [[ -d $DIR ]] || die 5 "$DIR does not exist. Make it: $PROGRAM start $(quote "$1")"
    [[ -f $DIR/$MARKER ]] || die 5 "$DIR is not an instance of duban-local (no $MARKER in it)"
    PORT='' ADMIN_PORT='' ORIGIN='' NOW='' PGDIR='' SOCKET=''
    # shellcheck disable=SC1090
    . "$DIR/$MARKER"
    CONF=$DIR/duband.conf PIDFILE=$DIR/duband.pid OPERATOR=$DIR/operator
    export PGHOST=$SOCKET PGPORT=5432 PGDATABASE=duban PGUSER=duban_owner
    unset PGSERVICE PGOPTIONS PGPASSWORD PGHOSTADDR DUBAN_HOME
}

save() {
    local name
    for name in PORT ADMIN_PORT ORIGIN NOW PGDIR SOCKET; do
        printf '%s=%s\n' "$name" "$(quote "${!name}")"
    done >"$DIR/$MARKER.new"
    mv -- "$DIR/$MARKER.new" "$DIR/$MARKER"
}

lock() { # one start, stop, enrol at a time
    exec 9>"$DIR/.lock"
    flock -w 300 9 || die 5 "$DIR is in use by another $PROGRAM"
}

listening() { (exec 8<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() { # below the range of outgoing connections
    local p tries
    for ((tries = 0; tries < 200; tries++)); do
        p=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        listening "$p" || { printf '%s\n' "$p" && return; }
    done
    die 5 "no free port between 20000 and 32000 on 127.0.0.1"
}

# ---- PostgreSQL ----------------------------------------------------------------------------------
can_reach() { # may the server's user enter this directory?
    [[ -z $RUNAS ]] || runuser -u "$RUNAS" -- test -x "$1" 2>/dev/null
}

# DIR/NAME; or elsewhere with a link to it, when the path is too long for a socket's name, needs
# quoting (connection strings; pg_ctl hands it to a shell), or the server's user cannot enter DIR.
server_dir() { # NAME MAX
    local path=$DIR/$1 max=$2 there
    if [[ -L $path && ! -d $path ]]; then rm -f -- "$path"; fi
    if [[ ! -e $path ]]; then
        if (($(bytes "$path") <= max)) && [[ $path =~ ^[A-Za-z0-9._/-]+$ ]] && can_reach "$DIR"; then
            mkdir -m 700 -- "$path"
        else
            there=$(mktemp -d "${3:-/var/tmp}/duban-$1.XXXXXX")
            ln -s -- "$there" "$path"
        fi
        [[ -z $RUNAS ]] || chown "$RUNAS" -- "$(realpath -- "$path")"
    fi
    realpath -- "$path"
}

postgres_pid() { head -n 1 "$PGDIR/postmaster.pid" 2>/dev/null || true; }
postgres_running() { alive "$(postgres_pid)" postgres; }

postgres_make() {
    PGDIR=$(server_dir pg 4000)
    if [[ ! -f $PGDIR/PG_VERSION ]]; then
        as_server "$PGBIN/initdb" -D "$PGDIR" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
            --no-instructions >"$DIR/log/initdb.log" 2>&1 ||
            die 5 "initdb failed: $(tail -n 1 "$DIR/log/initdb.log") (whole text: $DIR/log/initdb.log)"
    fi
    SOCKET=$(server_dir run 90 /tmp)
    as_server tee "$PGDIR/duban.conf" >/dev/null <<EOF
# written by duban-local at each start; your own settings go below it in postgresql.conf
listen_addresses = ''
unix_socket_directories = '$SOCKET'
unix_socket_permissions = 0700
port = 5432
max_connections = 200
shared_buffers = 128MB
work_mem = 8MB
maintenance_work_mem = 64MB
wal_buffers = 16MB
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
fsync = on
full_page_writes = on
synchronous_commit = on
jit = off
lc_messages = 'C'
log_line_prefix = '%m [%p] %q%u '
EOF
    grep -q '^include_if_exists = .duban.conf.' "$PGDIR/postgresql.conf" ||
        printf "include_if_exists = 'duban.conf'\n" | as_server tee -a "$PGDIR/postgresql.conf" >/dev/null
}

# A killed postmaster that nobody has reaped yet (containers without an init) still has its number:
# the new one would take it for alive. Its children are gone before its file is removed.
postgres_forget() {
    local pid tries link
    pid=$(postgres_pid)
    [[ -n $pid && -d /proc/$pid ]] || return 0
    for ((tries = 0; tries < 100; tries++)); do
        link=
        for link in /proc/[0-9]*/cwd; do
            [[ $(readlink -- "$link" 2>/dev/null) == "$PGDIR" ]] && break
            link=
        done
        [[ -n $link ]] || break
        sleep 0.1
    done
    [[ -n $link ]] || as_server rm -f -- "$PGDIR/postmaster.pid" "$SOCKET/.s.PGSQL.5432.lock"
}

postgres_start() {
    postgres_running && return
    postgres_forget
    as_server env LC_ALL=C.UTF-8 "$PGBIN/pg_ctl" -D "$PGDIR" -l "$PGDIR/server.log" -w -t 120 -s start ||
        die 5 "PostgreSQL did not start: $(as_server tail -n 1 "$PGDIR/server.log") (whole text: $PGDIR/server.log)"
}

super() { psql -XqAt -v ON_ERROR_STOP=1 -U postgres "$@"; }
owner() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

database_make() {
    [[ $(super -d postgres -c "select count(*) from pg_catalog.pg_database where datname = 'duban'") == 1 ]] ||
        super -d postgres -c 'create database duban'
    super -f "$DATA/sql/roles.sql" >/dev/null
    # where duband rebuild makes the ledger again, to hold it against this one
    [[ $(super -d postgres -c "select count(*) from pg_catalog.pg_database where datname = 'duban_rebuild'") == 1 ]] ||
        super -d postgres -c 'create database duban_rebuild owner duban_owner'
    super -d duban_rebuild -f "$DATA/sql/roles.sql" >/dev/null
    "$DUBAND" -c "$CONF" migrate >>"$DIR/log/migrate.log" 2>&1 ||
        die 5 "duband migrate failed: $(tail -n 1 "$DIR/log/migrate.log") (whole text: $DIR/log/migrate.log)"
}

# ---- duband ----------------------------------------------------------------------------------------
conf_make() { # the first configuration; later only --set changes it
    [[ -f $CONF ]] && return
    cat >"$CONF.new" <<EOF
# duband.conf of a private instance, made by duban-local; see duband.conf(5)
origin = "$ORIGIN"
listen = "127.0.0.1:$PORT"
admin-listen = "127.0.0.1:$ADMIN_PORT"
database = "host=$SOCKET port=5432 dbname=duban"
tls-certificate = $(conf_quote "$DIR/server/server.pem")
tls-key = $(conf_quote "$DIR/server/server.key")
tls-ca = $(conf_quote "$DIR/ca/ca.pem")
log-key = $(conf_quote "$DIR/server/log.key")
signer-state = $(conf_quote "$DIR/server/signer-state")
pid-file = $(conf_quote "$PIDFILE")
EOF
    mv -- "$CONF.new" "$CONF"
}

conf_set() { # KEY VALUE: replaces or adds; libconfuse takes any scalar in quotes
    local key=$1 value=$2 line
    [[ $key =~ ^[a-z][a-z0-9-]*$ ]] || die 2 "--set: not a key of duband.conf: $key"
    line="$key = $(conf_quote "$value")"
    grep -v -E "^[[:space:]]*${key}[[:space:]]*=" "$CONF" >"$CONF.new" || true
    printf '%s\n' "$line" >>"$CONF.new"
    cmp -s "$CONF" "$CONF.new" && rm -f -- "$CONF.new" && return
    mv -- "$CONF.new" "$CONF"
    CHANGED=yes
}

conf_get() { sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*\"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}.*/\\1/p" "$CONF" | tail -n 1; }

duband_pid() { cat "$PIDFILE" 2>/dev/null || true; }
duband_running() { alive "$(duband_pid)" duband; }

duband_start() {
    local options=() tries pid
    duband_running && return
    [[ -n $NOW ]] && options+=(--test-clock)
    for ((tries = 0; tries < 100; tries++)); do # who was there a moment ago may still be leaving
        listening "$PORT" || break
        sleep 0.1
    done
    ((tries < 100)) ||
        die 5 "port $PORT on 127.0.0.1 is taken by another program. Choose one: $PROGRAM start DIR --port N"
    rm -f -- "$PIDFILE"
    (cd / && exec setsid "$DUBAND" -c "$CONF" "${options[@]}" </dev/null >>"$DIR/log/duband.log" 2>&1 8>&- 9>&-) &
    pid=$!
    for ((tries = 0; tries < 600; tries++)); do
        [[ -s $PIDFILE ]] && return
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    die 5 "duband did not start: $(tail -n 1 "$DIR/log/duband.log") (whole text: $DIR/log/duband.log; check: $DUBAND -c $CONF check)"
}

duband_stop() {
    local pid tries
    pid=$(duband_pid)
    if alive "$pid" duband; then
        kill -TERM "$pid"
        for ((tries = 0; tries < 600; tries++)); do
            alive "$pid" duband || break
            sleep 0.05
        done
        alive "$pid" duband && kill_trees "$pid"
    fi
    rm -f -- "$PIDFILE"
}

kill_trees() { # PID...: each with all its children, at once
    local pid all=()
    for pid in "$@"; do
        mapfile -t -O "${#all[@]}" all < <(tree "$pid")
    done
    ((${#all[@]})) || return 0
    kill -KILL "${all[@]}" 2>/dev/null || true
    for pid in "${all[@]}"; do
        while kill -0 "$pid" 2>/dev/null &&
            [[ $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null) != Z ]]; do
            sleep 0.02
        done
    done
}

ready() { curl -sS --noproxy '*' --max-time 10 "http://127.0.0.1:$ADMIN_PORT/readyz" 2>/dev/null; }
ready_field() { sed -n "s/.*\"$1\" *: *\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" <<<"$2"; }

await() { # FIELD...: until readyz says ready and each of these is 0
    local tries=0 text field open
    while :; do
        text=$(ready || true)
        open=no
        [[ $(ready_field ready "$text") == true ]] || open=yes
        for field in "$@"; do
            [[ $(ready_field "$field" "$text") == 0 ]] || open=yes
        done
        [[ $open == no ]] && return
        duband_running ||
            die 5 "duband has stopped: $(tail -n 1 "$DIR/log/duband.log") (whole text: $DIR/log/duband.log)"
        ((++tries < ${DUBAN_LOCAL_WAIT:-600} * 10)) ||
            die 5 "not ready after ${DUBAN_LOCAL_WAIT:-600} s; readyz says: ${text:-nothing} (log: $DIR/log/duband.log)"
        if ((tries < 40)); then sleep 0.05; else sleep 0.1; fi
    done
}

# ---- registry and plans ------------------------------------------------------------------------------
duban() { "$DUBAN" --home "$OPERATOR" --lang en "$@" 8>&- 9>&-; }

genesis() {
    local options=() count
    count=$(owner -c 'select count(*) from duban.log_entry') || die 5 "the database of $DIR does not answer"
    [[ $count == 0 ]] || return 0
    [[ -n $NOW ]] && options+=(--test-clock "$NOW")
    mkdir -p -- "$DIR/server" "$DIR/ca"
    chmod 700 "$DIR/server" "$DIR/ca"
    "$DUBAN" --lang en init -c "$CONF" --home "$OPERATOR" "${options[@]}" >"$DIR/log/init.log" 2>&1 ||
        die 5 "duban init failed: $(tail -n 1 "$DIR/log/init.log") (whole text: $DIR/log/init.log)"
}

# The blanks of registry.draft, filled: each unit gets a contact and a head, each post without a
# holder an invented one, and office and chief are added once. Whole blocks are passed through.
fill_draft() { # DRAFT OUTPUT
    local have
    have=$(owner -c "select coalesce(string_agg(code, ' '), '') from duban.post where code in ('office', 'chief')" 2>/dev/null || true)
    LC_ALL=C.UTF-8 awk -v have=" $have " '
        function holder(code) { return "  holder \"持岗人 " code "\" { }\n" }
        function post(code, name, role, unit) {
            printf "post \"%s\" {\n  name = \"%s\"\n  role = \"%s\"\n%s%s}\n", code, name, role,
                unit == "" ? "" : "  unit = \"" unit "\"\n", holder(code)
            if (role == "contact") telephone(code)
        }
        function telephone(code) {
            printf "contact \"%s\" { name = \"持岗人 %s\" phone = \"555-%04d\" }\n", code, code, ++phone
        }
        function flush_block(   at) {
            if (kind == "unit") { units[++n] = code; unitname[code] = name }
            if (kind == "post") {
                posts[code] = 1
                if (!held) {
                    at = match(block, /}[ \t]*\n$/)
                    block = substr(block, 1, at - 1) (substr(block, at - 1, 1) == "\n" ? "" : "\n") holder(code) "}\n"
                }
            }
            printf "%s", block
            if (kind == "post" && contact) telephone(code)
            block = ""; kind = ""
        }
        {
            bare = $0
            gsub(/\\./, "", bare)
            gsub(/"[^"]*"/, "\"\"", bare)
            sub(/[ \t]*(#|\/\/).*$/, "", bare)
            if (depth == 0) {
                if (bare ~ /^[ \t]*$/) { print; next }
                split($0, part, "\"")
                kind = $1; code = part[2]; name = code; held = contact = 0
            }
            if (match($0, /(^|[{ \t])name[ \t]*=[ \t]*"[^"]*"/) && kind == "unit" && name == code) {
                name = substr($0, RSTART, RLENGTH)
                sub(/^[^"]*"/, "", name); sub(/"$/, "", name)
            }
            if (bare ~ /(^|[{ \t])holder[ \t]/) held = 1
            if ($0 ~ /(^|[{ \t])role[ \t]*=[ \t]*"contact"/) contact = 1
            block = block $0 "\n"
            depth += gsub(/{/, "{", bare) - gsub(/}/, "}", bare)
            if (depth == 0) flush_block()
        }
        END {
            for (i = 1; i <= n; i++) {
                u = units[i]
                if (!((u "-contact") in posts)) post(u "-contact", unitname[u] "联络员", "contact", u)
                if (!((u "-head") in posts)) post(u "-head", unitname[u] "负责人", "head", u)
            }
            if (!("office" in posts) && have !~ / office /) post("office", "督查室", "office", "")
            if (!("chief" in posts) && have !~ / chief /) post("chief", "主要领导", "chief", "")
        }' "$1" >"$2"
}

instance_year() {
    local now
    now=$(ready_field now "$(ready)")
    [[ -n $now ]] || now=$(date +%FT%TZ)
    TZ=Asia/Shanghai date -d "$now" +%Y
}

plan_try() { # HANDLE FILE OPTION...: sets STATUS; output in DIR/log/plan-HANDLE.log
    local handle=$1 file=$2
    shift 2
    STATUS=0
    (cd "$DIR/work" && duban plan register --handle "$handle" "$@" --yes "$file") \
        >"$DIR/log/plan-$handle.log" 2>&1 || STATUS=$?
}

registry_apply() { # FILE
    duban registry apply --yes "$1" >"$DIR/log/registry.log" 2>&1 ||
        die 5 "duban registry apply failed: $(tail -n 1 "$DIR/log/registry.log") (whole text: $DIR/log/registry.log)"
}

plan_add() { # HANDLE FILE
    local handle=$1 file=$2 draft options=() year tries
    for ((tries = 0; tries < 4; tries++)); do
        find "$DIR/work" "$OPERATOR" -maxdepth 1 -name registry.draft -delete
        plan_try "$handle" "$file" "${options[@]}"
        ((STATUS == 0)) && return
        ((STATUS == 5)) || break
        draft=$(find "$DIR/work" "$OPERATOR" -maxdepth 1 -name registry.draft | head -n 1)
        if [[ -n $draft ]]; then
            mkdir -p -- "$DIR/registry"
            mv -- "$draft" "$DIR/registry/$handle.draft"
            fill_draft "$DIR/registry/$handle.draft" "$DIR/registry/$handle.conf"
            registry_apply "$DIR/registry/$handle.conf"
        elif ((${#options[@]} == 0)) && grep -q -e '--from' "$DIR/log/plan-$handle.log"; then
            year=$(instance_year)
            options=(--from "$year-01-01" --to "$year-12-31")
        else
            break
        fi
    done
    die 5 "plan $handle ($file) was not registered: $(tail -n 1 "$DIR/log/plan-$handle.log") (whole text: $DIR/log/plan-$handle.log)"
}

plans_add() { # FILE[=HANDLE]...: handles default to p1, p2 ... in the order of registration
    local spec file handle count
    mkdir -p -- "$DIR/plans" "$DIR/work"
    count=$(find "$DIR/plans" -type f | wc -l)
    for spec in "$@"; do
        file=$spec handle=
        if [[ ! -f $file && $spec =~ ^(.*)=([a-z0-9-]{1,16})$ ]]; then
            file=${BASH_REMATCH[1]} handle=${BASH_REMATCH[2]}
        fi
        file=$(absolute "$file")
        if [[ -z $handle ]]; then # the same file again keeps its handle
            handle=$(grep -lxF -- "$file" "$DIR"/plans/* 2>/dev/null | head -n 1 || true)
            handle=${handle##*/}
            [[ -n $handle ]] || { while [[ -e $DIR/plans/p$((++count)) ]]; do :; done && handle=p$count; }
        fi
        plan_add "$handle" "$file"
        printf '%s\n' "$file" >"$DIR/plans/$handle"
    done
}

# ---- commands ----------------------------------------------------------------------------------------
check_plans() { # FILE[=HANDLE]...: before anything is made
    local spec file
    for spec in "$@"; do
        file=$spec
        [[ -f $file ]] || file=${spec%=*}
        [[ -f $file && -r $file ]] || die 5 "plan $file does not exist or cannot be read"
        [[ $file == "$spec" || ${spec##*=} =~ ^[a-z0-9-]{1,16}$ ]] ||
            die 2 "plan handle ${spec##*=}: write 1 to 16 of a-z, 0-9 and -"
    done
}

new_instance() {
    local name
    [[ -z $(find "$DIR" -mindepth 1 -maxdepth 1 ! -name .lock -print -quit) ]] ||
        die 5 "$DIR is not empty and not an instance of duban-local. Choose another directory"
    name=$(basename -- "$DIR" | LC_ALL=C tr -c 'a-z0-9\n' '-' | LC_ALL=C cut -c 1-20)
    ORIGIN=duban.local/$name-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')${NOW:+/test}
    PORT=${WANT_PORT:-$(free_port)}
    ADMIN_PORT=$(free_port)
    while [[ $ADMIN_PORT == "$PORT" ]]; do ADMIN_PORT=$(free_port); done
    PGDIR='' SOCKET=''
    save
}

cmd_start() {
    local dir='' plans=() settings=() now='' setting
    WANT_PORT=''
    while (($#)); do
        case $1 in
        --port | --plan | --set | --now)
            (($# > 1)) || die 2 "$1 needs a value"
            case $1 in
            --port)
                [[ $2 =~ ^[1-9][0-9]{0,4}$ && $2 -le 65535 ]] || die 2 "--port $2: not a port"
                WANT_PORT=$2
                ;;
            --plan) plans+=("$2") ;;
            --set)
                [[ $2 =~ ^[a-z][a-z0-9-]*= ]] || die 2 "--set $2: write KEY=VALUE with a key of duband.conf"
                settings+=("$2")
                ;;
            --now) now=$(instant "$2") || exit ;;
            esac
            shift 2
            ;;
        -*) die 2 "start: unknown option $1 ($PROGRAM --help)" ;;
        *)
            [[ -z $dir ]] || die 2 "start: one directory, not also $1"
            dir=$1
            shift
            ;;
        esac
    done
    [[ -n $dir ]] || die 2 "start: which directory? ($PROGRAM start DIR)"
    check_plans "${plans[@]}"
    DIR=$(absolute "$dir")
    mkdir -p -- "$DIR" || die 5 "cannot make $DIR"
    [[ -w $DIR ]] || die 5 "cannot write to $DIR"
    lock
    if [[ -f $DIR/$MARKER ]]; then
        [[ -z $now ]] || note "--now is ignored: $DIR exists and keeps its clock (move it: $PROGRAM clock DIR TIME)"
    else
        NOW=$now
        new_instance
    fi
    load "$DIR"
    mkdir -p -- "$DIR/log" "$DIR/work"
    if [[ -n $WANT_PORT && $WANT_PORT != "$PORT" ]]; then
        PORT=$WANT_PORT
        [[ ! -f $CONF ]] || settings+=("listen=127.0.0.1:$PORT")
        MOVED=yes
    fi
    local socket_before=$SOCKET
    postgres_make
    save
    load "$DIR"
    conf_make
    CHANGED=''
    [[ $socket_before == "$SOCKET" || -z $socket_before ]] ||
        conf_set database "host=$SOCKET port=5432 dbname=duban"
    for setting in "${settings[@]}"; do
        conf_set "${setting%%=*}" "${setting#*=}"
    done
    postgres_start
    if ! duband_running; then
        database_make
        genesis
    elif [[ -n $CHANGED ]]; then
        duband_stop
    fi
    duband_start
    [[ -z ${MOVED:-} ]] || move_clients
    await
    plans_add "${plans[@]}"
    await pending_obligations
}

move_clients() { # the operator's client follows to the new port
    sed -i -E "s|(https://[^\":/]+):[0-9]+|\\1:$PORT|" "$OPERATOR/duban.conf"
}

cmd_stop() {
    load "$1"
    lock
    duband_stop
    postgres_running || return 0
    as_server "$PGBIN/pg_ctl" -D "$PGDIR" -m fast -w -t 120 -s stop ||
        die 5 "PostgreSQL did not stop (log: $PGDIR/server.log). Force it: $PROGRAM kill $(quote "$1")"
}

cmd_kill() { # no lock: it must work while a start hangs
    local pids=() pid
    load "$1"
    pid=$(duband_pid)
    alive "$pid" duband && pids+=("$pid")
    pid=$(postgres_pid)
    alive "$pid" postgres && pids+=("$pid")
    kill_trees "${pids[@]}"
}

cmd_destroy() {
    local path
    load "$1"
    (cmd_stop "$1") || cmd_kill "$1"
    for path in "$PGDIR" "$SOCKET"; do
        case $path in
        "$DIR"/* | '') ;;
        /tmp/duban-* | /var/tmp/duban-*) rm -rf -- "$path" ;;
        esac
    done
    rm -rf -- "$DIR"
}

cmd_env() {
    load "$1"
    set -- \
        DUBAN_URL "https://127.0.0.1:$PORT" DUBAN_ADMIN_URL "http://127.0.0.1:$ADMIN_PORT" \
        DUBAN_CA "$DIR/ca/ca.pem" DUBAN_LOG_VKEY "$(vkeys)" DUBAN_AUD "$ORIGIN" \
        DUBAN_PGHOST "$SOCKET" DUBAN_PGPORT 5432 DUBAN_PGDATABASE duban DUBAN_PGUSER duban_owner \
        DUBAN_PIDFILE "$PIDFILE" DUBAN_OPERATOR_HOME "$OPERATOR"
    while (($#)); do
        printf '%s=%s\n' "$1" "$(quote "$2")"
        shift 2
    done
}

vkeys() { # the log's verifier keys, as the operator's client holds them
    grep -oE "[^\"', {}]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/=]+" "$OPERATOR/duban.conf" 2>/dev/null |
        sort -u | paste -sd ' ' - || true
}

cmd_enrol() {
    local dir='' who=() home='' alg=() code login
    while (($#)); do
        case $1 in
        --unit | --post | --alg | --home)
            (($# > 1)) || die 2 "$1 needs a value"
            case $1 in
            --home) home=$2 ;;
            --alg) alg=(--alg "$2") ;;
            *) who+=("$1" "$2") ;;
            esac
            shift 2
            ;;
        --operator)
            who+=(--operator)
            shift
            ;;
        -*) die 2 "enrol: unknown option $1 ($PROGRAM --help)" ;;
        *)
            [[ -z $dir ]] || die 2 "enrol: one directory, not also $1"
            dir=$1
            shift
            ;;
        esac
    done
    [[ -n $dir ]] || die 2 "enrol: which instance? ($PROGRAM enrol DIR ...)"
    [[ ${#who[@]} == 2 || ${who[*]} == --operator ]] ||
        die 2 "enrol: one of --unit U, --post P, --operator"
    [[ -n $home ]] || die 2 "enrol: where to? (--home HOME)"
    load "$dir"
    home=$(absolute "$home")
    [[ ! -e $home/duban.conf ]] || die 5 "$home holds an identity already. Choose another directory, or use it"
    lock
    duband_running || die 5 "$DIR is not running. Start it: $PROGRAM start $(quote "$dir")"
    mkdir -p -- "$home"
    enrol_run "$home" "${who[@]}" "${alg[@]}"
    code=$(enrol_code "${who[@]}")
    login=${code//-/_}
    super -c "set client_min_messages = warning;
              do \$\$ begin create role \"$login\" login; exception when duplicate_object then null; end \$\$;
              grant duban_reader to \"$login\";" >/dev/null
    if [[ $code == operator ]]; then code='*'; fi
    printf 'login "%s" { for = "%s" }\n' "$login" "$code" >"$DIR/work/login.conf"
    registry_apply "$DIR/work/login.conf"
}

enrol_run() { # HOME OPTIONS...
    local home=$1 log=$DIR/log/enrol.log
    shift
    {
        "$DUBAN" --home "$home" --lang en enrol "$@" 9>&- &&
            duban approve --yes "$home/request.json" &&
            "$DUBAN" --home "$home" --lang en enrol --accept "$home/request.json.cert" 9>&-
    } >"$log" 2>&1 || die 5 "enrolment failed: $(tail -n 1 "$log") (whole text: $log)"
}

enrol_code() { # (--unit U | --post P | --operator): the code; U and P may be names
    local text=${2:-}
    [[ $1 != --operator ]] || { echo operator && return; }
    if [[ $text =~ ^[a-z0-9-]{1,32}$ ]]; then
        printf '%s\n' "$text"
    else
        printf "select code from duban.%s where name = :'n' limit 1" "${1#--}" | owner -v n="$text"
    fi
}

cmd_clock() {
    local to
    load "$1"
    [[ -n $NOW ]] || die 5 "$DIR has the real clock. Only an instance made with --now has a test clock"
    to=$2
    [[ $to == +* ]] || to=$(instant "$to") || exit
    lock
    duban clock "$to" >"$DIR/log/clock.log" 2>&1 ||
        die 1 "$(tail -n 1 "$DIR/log/clock.log")"
    await pending_alerts pending_obligations
}

main() {
    local command=${1:-}
    (($#)) && shift
    case $command in
    start | enrol) ;;
    stop | kill | destroy | env)
        (($# == 1)) || die 2 "$command takes one directory ($PROGRAM --help)"
        ;;
    clock)
        (($# == 2)) || die 2 "clock takes a directory and a time or +duration ($PROGRAM --help)"
        ;;
    -h | --help | help)
        usage
        return
        ;;
    -V | --version)
        printf 'duban-local %s\n' "$VERSION"
        return
        ;;
    '')
        usage >&2
        return 2
        ;;
    *) die 2 "unknown command $command ($PROGRAM --help)" ;;
    esac
    need curl curl
    need psql postgresql-client
    need flock util-linux
    need pgrep procps
    find_parts
    find_postgres
    "cmd_$command" "$@"
}

main "$@"
