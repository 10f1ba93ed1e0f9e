#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Node.js doing the same job: mutual TLS, signature, INSERT, answer after the commit (node_server.js). `pg` comes
# from the npm registry into the build directory. COUNT statements are signed beforehand.
. "$(dirname -- "$0")/lib.sh"
COUNT=${COUNT:-$((6000 * (FOR + 1)))}
MODULES=$BUILD/bench/peers/node_modules

prepare() {
    command -v node >/dev/null || skip "node is not installed: sudo apt-get install -y nodejs npm"
    if [[ ! -d $MODULES/pg ]]; then
        command -v npm >/dev/null || skip "npm is not installed: sudo apt-get install -y npm"
        mkdir -p "${MODULES%/*}"
        npm install --silent --no-audit --no-fund --prefix "${MODULES%/*}" pg@8 >"$WORK/npm.log" 2>&1 || skip "npm install pg failed ($(tail -n 1 "$WORK/npm.log"))"
    fi
    certificates
    text 290 >"$WORK/text"
    node "${BASH_SOURCE[0]%/*}/node_server.js" "$WORK" sign "$COUNT"
}
measure() {
    local result before
    database
    peer_sql -c 'create table statement (entry bigint generated always as identity primary key, received timestamptz not null default clock_timestamp(),
        unit text not null, key text not null, seq bigint not null, task text not null, period text not null, status text not null,
        progress int not null, payload bytea not null, signature bytea not null)'
    serve env NODE_PATH="$MODULES" node "${BASH_SOURCE[0]%/*}/node_server.js" "$WORK" "$(port)" "$DUBAN_PGHOST"
    up
    sleep 0.5 # both workers
    before=$(cpu_of "$SERVER")
    result=$(ask --connections "${PEER_CONNECTIONS:-64}")
    jq -c --arg peer node --argjson rows "$(peer_sql -c 'select count(*) from statement')" \
        --argjson cpu "$(awk -v a="$before" -v b="$(cpu_of "$SERVER")" 'BEGIN { print b - a }')" '{peer: $peer, stored: $rows, cpu: $cpu} + .' <<<"$result"
    (($(jq .acknowledged <<<"$result") == $(peer_sql -c 'select count(*) from statement'))) || fail "node: rows and answers differ"
}
peer node "$@"
