#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# NSCA-ng: CLIENTS send_nsca at a time, thousands of results in each session, TLS with a pre-shared key; its FIFO is
# drained into a file. No signature, nothing stored; and when the FIFO is full, it loses some of what it acknowledged
# (version 1.6 tears a line: about 10 of 48,000): what arrived is counted, "lost" says how many did not.
. "$(dirname -- "$0")/lib.sh"
CLIENTS=${CLIENTS:-8} COUNT=${COUNT:-$((12000 * FOR))}

prepare() {
    packages nsca-ng-server nsca-ng-client
    cat >"$WORK/server.cfg" <<END
command_file = "$WORK/fifo"
listen = "127.0.0.1:$(port)"
log_level = 1
authorize "*" { password = "peers" hosts = ".*" services = ".*" }
END
    printf '%s\n' 'server = "127.0.0.1"' "port = $(port)" 'identity = "peer"' 'password = "peers"' >"$WORK/client.cfg"
    local body
    body=$(text 500)
    awk -v n=$((COUNT / CLIENTS)) -v t="$body" 'BEGIN { for (i = 0; i < n; i++) printf "h\ts%d\t0\t%s\n\027", i % 1000, t }' >"$WORK/lines"
}
measure() {
    local from until_ i senders=() drain got sent=$((COUNT / CLIENTS * CLIENTS)) before
    rm -f "$WORK/fifo" "$WORK/drained"
    mkfifo "$WORK/fifo"
    (exec 7<>"$WORK/fifo" && exec cat <&7 >"$WORK/drained") &
    drain=$!
    serve nsca-ng -F -c "$WORK/server.cfg"
    up
    before=$(cpu_of "$SERVER")
    from=$(now_us)
    for ((i = 0; i < CLIENTS; i++)); do
        send_nsca -c "$WORK/client.cfg" <"$WORK/lines" >>"$WORK/client.log" 2>&1 &
        senders+=($!)
    done
    for i in "${senders[@]}"; do wait "$i" || fail "nsca: send_nsca failed: $(tail -n 1 "$WORK/client.log")"; done
    until_=$(now_us)
    sleep 0.3
    kill "$drain"
    got=$(grep -cF ";0;$(text 500)" "$WORK/drained") || true # whole ones
    ((got * 1000 >= sent * 999)) || fail "nsca: $got of $sent results arrived"
    timed "$got" $((until_ - from)) "{\"clients\":$CLIENTS,\"lost\":$((sent - got)),\"cpu\":$(awk -v a="$before" -v b="$(cpu_of "$SERVER")" 'BEGIN { print b - a }')}"
    rm -f "$WORK/drained"
}
peer nsca "$@"
