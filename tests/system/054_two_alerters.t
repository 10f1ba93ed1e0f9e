#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Two daemons deliver from one database: each message goes out once. One of them is stopped in the middle of
# a delivery and continued after the other has taken over: nothing is lost, and what arrives twice has one id.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/channels.sh"
certificates "$W/pki"
sink smtp smtp_sink.py --cert "$W/pki/sink.pem" --key "$W/pki/sink.key"
instance_start --now "$NOW" --set "mail-server=127.0.0.1:$SINK_PORT" --set mail-from=duban@city.example --set "mail-ca=$W/pki/ca.pem" \
    --set delivery-timeout=3 --set hook-timeout=3 --set delivery-parallel=2
for i in {10..49}; do
    printf 'post "leader-%s" { name = "n" role = "leader" holder "x" { } channels = { "mail" } } contact "leader-%s" { name = "x" mail = "p%s@city.example" }\n' $i $i $i
done >"$W/posts"
{
    printf 'channel "mail" { name = "m" kind = "mail" }\n'
    cat "$W/posts"
} >"$W/channels.conf"
operator registry apply --yes "$W/channels.conf" >/dev/null || bail "registry"
# the second daemon: its own ports, signer state and pid file
port=$((20000 + RANDOM % 10000))
sed -E "s/^(listen =).*/\1 \"127.0.0.1:$port\"/; s/^(admin-listen =).*/\1 \"127.0.0.1:$((port + 1))\"/; s|^(signer-state =).*|\1 \"$W/signer-state\"|; s|^(pid-file =).*|\1 \"$W/pid\"|" \
    "$I/duband.conf" >"$W/second.conf"
background setsid duband -c "$W/second.conf" --test-clock >"$W/second.log" 2>&1 </dev/null
second=$BACKGROUND
ok "the second daemon is there" eventually 20 test -s "$W/pid"
two() { [[ $(super "select count(*) from pg_stat_activity where usename = 'duban_alerter' and application_name like '%deliver%'") == 2 ]]; }
ok "and connects" eventually 20 two || diag "$(super "select application_name, usename from pg_stat_activity")"

posts=$(printf 'leader-%s ' {10..49})
for _ in 1 2 3; do
    # shellcheck disable=SC2086
    operator alert --test $posts >/dev/null || bail "alert --test"
done
rest() { [[ $(sql "select count(*) from duban.v_delivery where state = 'waiting'") == 0 ]]; }
ok "all is delivered" eventually 60 rest
is "$(mails)" 120 "each once"
is "$(sql "select count(distinct by) from duban.delivery_attempt")" 2 "both had their part"
is "$(sql "select count(*) from duban.delivery_attempt")" 120 "one attempt each"

# the first daemon stops in the middle of a delivery
mode smtp stall
operator alert --test leader-10 leader-11 leader-12 leader-13 >/dev/null || bail "alert --test"
taken() { (($(sql "select count(*) from duban.delivery where lease_until is not null") == 4)); }
ok "four are under way, two with each" eventually 10 taken
kill -STOP -- "-$(ps -o pgid= "$(cat "$DUBAN_PIDFILE")" | tr -d ' ')"
mode smtp accept
ok "the other one takes them over when the leases have run out" eventually 90 rest
kill -CONT -- "-$(ps -o pgid= "$(cat "$DUBAN_PIDFILE")" | tr -d ' ')"
sleep 3
is "$(sql "select count(*) from duban.v_delivery where state <> 'sent'")" 0 "nothing is lost"
is "$(cat "$W"/smtp/*.eml | tr -d '\r' | sed -n 's/^Message-ID: //p' | sort -u | wc -l)" 124 "124 messages"
is "$(sql 'select count(*) from duban.stuck_deliveries')" 0 "nothing is stuck"
kill -TERM "$second"
ok "the second daemon leaves in order" eventually 20 gone "$second"
done_testing
