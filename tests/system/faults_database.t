#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# PostgreSQL stopped, killed and hanging under load: duband says so, recovers by itself, nothing
# acknowledged is lost.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/faults.sh"
instance_start --now "$NOW" --plan "$SAMPLE" --set receivers=2
load_start u001 u002 u003
PGBIN=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
PGDIR=$(realpath "$I/pg")
postgres() { # pg_ctl ARGUMENT...
    local user=()
    [[ $(id -u) == 0 ]] && user=(runuser -u "$(stat -c %U "$PGDIR")" --)
    (cd / && "${user[@]}" "$PGBIN/pg_ctl" -D "$PGDIR" -l "$PGDIR/server.log" -w -s "$@" >/dev/null 2>&1)
}
pids() { pgrep -P "$(<"$DUBAN_PIDFILE")" | tr '\n' ' '; }
running=$(pids)
for mode in fast immediate; do
    postgres stop -m $mode || bail "PostgreSQL does not stop"
    ok "stopped ($mode): readyz says 503" eventually 10 ready 503
    ok "… healthz goes on" test "$(curl -s -o /dev/null -w '%{http_code}' "$DUBAN_ADMIN_URL/healthz")" = 200
    http u001 /v1/me
    like "$CODE $(field "$BODY" .code) $(field "$BODY" .retry)" '^503 (busy|unknown) later$' "… readers are told to come later"
    sleep 1
    postgres start || bail "PostgreSQL does not start"
    ok "… started: ready again by itself" eventually 40 ready
    ok "… all clients go on" progress
done
kill -KILL "$(head -n 1 "$PGDIR/postmaster.pid")"
sleep 1
eventually 20 postgres start || bail "PostgreSQL does not start"
ok "the postmaster killed, started: all clients go on" progress
backend=$(super "select pid from pg_stat_activity where usename = 'duban_receiver' and application_name = 'duband append' order by random() limit 1")
ok "there is an append session" test -n "$backend"
kill -KILL "$backend"
ok "a backend killed (every session ends): all clients go on" progress
super "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename like 'duban\_%'" >/dev/null
ok "all sessions ended: all clients go on" progress
super "select pg_cancel_backend(pid) from pg_stat_activity where usename = 'duban_receiver'" >/dev/null
ok "all queries cancelled: all clients go on" progress

# a backend that hangs while it may hold the log lock
backend=$(super "select pid from pg_stat_activity where usename = 'duban_receiver' and application_name = 'duband append' order by random() limit 1")
kill -STOP "$backend"
sleep 3
kill -CONT "$backend"
ok "a backend stopped for 3 s: all clients go on" progress
{ echo 'begin; select 1 from duban.log_lock for update;' && sleep 4; } | psql -Xq -h "$DUBAN_PGHOST" -U postgres -d duban >/dev/null
ok "the log lock held by somebody for 4 s: all clients go on" progress
is "$(pids)" "$running" "no process of duband died of all this"
load_end

# the last question can be answered with no
super "delete from duban.log_entry where index = (select max(s.entry) from duban.statement s join duban.signing_key k on k.id = s.key_id where k.code = 'u001')" >/dev/null
counts=$(acknowledged)
isnt "${counts%%|*}" "${counts##*|}" "an acknowledged entry taken out of the log is noticed ($counts)"
stop_clean
done_testing
