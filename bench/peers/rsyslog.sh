#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# rsyslog: imtcp with mutual TLS → memory queue → ompgsql, PEER_CONNECTIONS (16) connections. Counted when the rows are
# in its table. No signature, no acknowledgement, no duplicate check; the queue is lost in a crash.
. "$(dirname -- "$0")/lib.sh"
COUNT=${COUNT:-$((25000 * FOR))}

prepare() {
    packages rsyslog rsyslog-pgsql rsyslog-gnutls
    certificates
    cat >"$WORK/rsyslog.conf" <<END
global(workDirectory="$WORK" defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="$WORK/ca.pem"
       defaultNetstreamDriverCertFile="$WORK/server.pem" defaultNetstreamDriverKeyFile="$WORK/server.key")
module(load="imtcp" maxSessions="500" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
module(load="ompgsql")
template(name="row" type="list" option.stdsql="on") {
  constant(value="insert into message (reported, host, tag, message) values ('")
  property(name="timereported" dateFormat="pgsql" date.inUTC="on")
  constant(value="', '") property(name="hostname")
  constant(value="', '") property(name="syslogtag")
  constant(value="', '") property(name="msg") constant(value="')")
}
ruleset(name="in" queue.type="LinkedList" queue.size="2000000" queue.dequeueBatchSize="1024" queue.workerThreads="2"
        queue.workerThreadMinimumMessages="10000") {
  action(type="ompgsql" server="$DUBAN_PGHOST" user="postgres" pass="none" db="peer_rsyslog" template="row")
}
input(type="imtcp" port="$(port)" address="127.0.0.1" ruleset="in")
END
    awk -v n="$COUNT" -v t="$(text 560)" 'BEGIN { for (i = 0; i < n; i++) printf "<13>Apr  1 00:00:%02d h app: %d %s\n", i % 60, i, t }' >"$WORK/lines"
}
rows() { peer_sql -c 'select count(*) from message'; }
arrived() { (($(rows) >= $1)); }
measure() {
    local from poured until_ before
    database
    peer_sql -c 'create table message (id bigint generated always as identity primary key, received timestamptz not null default now(),
        reported timestamptz not null, host text not null, tag text not null, message text not null)'
    rm -f "$WORK/rsyslog.pid"
    serve rsyslogd -n -f "$WORK/rsyslog.conf" -i "$WORK/rsyslog.pid"
    up
    before=$(cpu_of "$SERVER")
    from=$(now_us)
    poured=$("$LOAD" pour --url "https://127.0.0.1:$(port)" --ca "$WORK/ca.pem" --cert "$WORK/client.pem" --key "$WORK/client.key" \
        --lines "$WORK/lines" --connections "${PEER_CONNECTIONS:-16}")
    await 120 arrived "$COUNT" || fail "rsyslog: $(rows) of $COUNT messages arrived: $(tail -n 2 "$WORK/server.log")"
    until_=$(now_us)
    timed "$COUNT" $((until_ - from)) "{\"poured_per_second\":$(jq .per_second <<<"$poured"),\"cpu\":$(awk -v a="$before" -v b="$(cpu_of "$SERVER")" 'BEGIN { print b - a }')}"
}
peer rsyslog "$@"
