#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Icinga 2: process-check-result through its API, mutual TLS, one result a request, 1,000 services. No signature;
# state in memory.
. "$(dirname -- "$0")/lib.sh"

prepare() {
    packages icinga2-bin icinga2-common
    certificates
    local d
    for d in data log cache spool run; do mkdir -p "$WORK/$d"; done
    mkdir -p "$WORK/data/certs"
    cp "$WORK/server.pem" "$WORK/data/certs/server.crt"
    cp "$WORK/server.key" "$WORK/data/certs/server.key"
    cp "$WORK/ca.pem" "$WORK/data/certs/ca.crt"
    cat >"$WORK/icinga2.conf" <<END
const NodeName = "server"
const ZoneName = "server"
include <itl>
object Endpoint "server" { }
object Zone "server" { endpoints = [ "server" ] }
object ApiListener "api" { bind_host = "127.0.0.1", bind_port = $(port) }
object ApiUser "client" { client_cn = "client", permissions = [ "*" ] }
object CheckerComponent "checker" { }
object Host "h" { check_command = "passive", enable_active_checks = false }
for (i in range(1000)) {
  object Service "s" + i { host_name = "h", check_command = "passive", enable_active_checks = false }
}
END
    local i body
    body=$(text 500)
    for ((i = 0; i < 1000; i++)); do
        printf '/v1/actions/process-check-result?service=h!s%d\t{"exit_status":0,"plugin_output":"%s"}\n' "$i" "$body"
    done >"$WORK/lines"
    [[ $(id -u) != 0 ]] || chown -R nagios "$WORK"
}
icinga() {
    ICINGA2_USER=$([[ $(id -u) == 0 ]] && echo nagios || id -un) ICINGA2_GROUP=$([[ $(id -u) == 0 ]] && echo nagios || id -gn) \
        exec icinga2 daemon -c "$WORK/icinga2.conf" -D DataDir="$WORK/data" -D LogDir="$WORK/log" -D CacheDir="$WORK/cache" \
        -D SpoolDir="$WORK/spool" -D InitRunDir="$WORK/run" -D ConfigDir="$WORK" -x critical
}
measure() {
    local result before
    : >"$WORK/server.log"
    serve icinga
    up
    before=$(cpu_of "$SERVER")
    result=$(ask --connections "${PEER_CONNECTIONS:-64}" --header 'Accept: application/json')
    jq -c --arg peer icinga --argjson cpu "$(awk -v a="$before" -v b="$(cpu_of "$SERVER")" 'BEGIN { print b - a }')" '{peer: $peer, cpu: $cpu} + .' <<<"$result"
}
peer icinga "$@"
