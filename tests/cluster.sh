#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A throw-away PostgreSQL cluster for the pgTAP tests: fsync off, roles.sql, schema, pgtap in the
# template database duban_template.
#   cluster.sh start DIR    prints the socket directory     ·     cluster.sh stop DIR
set -euo pipefail
cd -- "$(dirname -- "$0")/.."
bin=$(pg_config --bindir 2>/dev/null || true)
[[ -x $bin/initdb ]] || bin=/usr/lib/postgresql/15/bin
dir=$2

as_server() {
    if [[ $(id -u) == 0 ]]; then (cd / && exec runuser -u postgres -- "$@"); else (cd / && exec "$@"); fi
}

start() {
    [[ $(id -u) != 0 ]] || chown postgres "$dir"
    as_server "$bin/initdb" -D "$dir/data" -U postgres -A trust -N -E UTF8 --locale=C.UTF-8 \
        --no-instructions >"$dir/../$(basename "$dir").log" 2>&1 || {
        cat "$dir/../$(basename "$dir").log" >&2
        exit 1
    }
    rm -f "$dir/../$(basename "$dir").log"
    as_server env LC_ALL=C.UTF-8 "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -w -s start -o \
        "-c listen_addresses='' -c unix_socket_directories=$dir -c fsync=off -c shared_buffers=64MB" >&2
    export PGHOST=$dir PGPORT=5432 PGUSER=postgres
    psql -XqAt -v ON_ERROR_STOP=1 -d postgres -c 'create database duban_template' >&2
    PGDATABASE=duban_template psql -XqAt -v ON_ERROR_STOP=1 -f sql/roles.sql >&2
    local file
    for file in sql/schema/*.sql; do
        psql -XqAt -1 -v ON_ERROR_STOP=1 -U duban_owner -d duban_template -f "$file" >&2 || {
            echo "$file failed" >&2
            exit 1
        }
    done
    psql -XqAt -v ON_ERROR_STOP=1 -U duban_owner -d duban_template -c 'select duban.asof_build()' >&2
    psql -XqAt -v ON_ERROR_STOP=1 -d duban_template -c 'create extension pgtap schema public' \
        -c 'grant usage on schema public to public' >&2
    printf '%s\n' "$dir"
}

stop() {
    as_server "$bin/pg_ctl" -D "$dir/data" -m immediate -w -s stop || true
    rm -rf -- "$dir"
}

"$1"
