#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Zabbix: CLIENTS zabbix_sender at a time (250 values a connection, mutual TLS), server, PostgreSQL. Counted
# when the values are in its table. No signature; the sender is answered before anything is committed.
. "$(dirname -- "$0")/lib.sh"
CLIENTS=${CLIENTS:-8} COUNT=${COUNT:-$((16000 * FOR))}
ALGORITHM=rsa:2048

prepare() {
    packages zabbix-server-pgsql zabbix-agent # the agent's package brings zabbix_sender
    certificates
    cat >"$WORK/server.conf" <<END
ListenPort=$(port)
ListenIP=127.0.0.1
LogType=console
DBHost=$DUBAN_PGHOST
DBName=peer_zabbix
DBUser=postgres
AllowRoot=1
StartPollers=0
StartPollersUnreachable=0
StartDiscoverers=0
StartHTTPPollers=0
StartPingers=0
StartTrappers=8
StartDBSyncers=4
CacheSize=64M
HistoryCacheSize=1G
HistoryIndexCacheSize=128M
ValueCacheSize=64M
HousekeepingFrequency=0
SocketDir=$WORK
PidFile=$WORK/server.pid
TLSCAFile=$WORK/ca.pem
TLSCertFile=$WORK/server.pem
TLSKeyFile=$WORK/server.key
END
    local body
    body=$(text 560)
    # a row is an item at an instant: no two senders name the same
    awk -v n=$((COUNT / CLIENTS)) -v c="$CLIENTS" -v t="$body" -v now="$(date +%s)" -v f="$WORK/lines." 'BEGIN {
        for (k = 0; k < c; k++)
            for (i = 0; i < n; i++)
                printf "h k%d %d %d \"%s\"\n", i % 1000, now + int(i / 1000), k + 1, t >(f k) }'
    fill
    sql -d postgres -c 'drop database if exists peer_zabbix_empty' -c 'alter database peer_zabbix rename to peer_zabbix_empty' 2>/dev/null
}
fill() { # one host with 1,000 text items that wait for values
    database
    local f=/usr/share/zabbix-server-pgsql
    zcat $f/schema.sql.gz $f/images.sql.gz $f/data.sql.gz | peer_sql -q >/dev/null
    peer_sql -c "insert into hosts (hostid, host, name, name_upper, status, tls_accept) values (90001, 'h', 'h', 'H', 0, 4)" \
        -c "insert into items (itemid, type, hostid, name, key_, value_type, trends, name_upper) select 900000 + i, 2, 90001, 'k' || i, 'k' || i, 4, '0', 'K' || i from generate_series(0, 999) i" \
        -c "insert into item_rtdata (itemid) select 900000 + i from generate_series(0, 999) i"
}
zabbix() { exec /usr/sbin/zabbix_server -f -c "$WORK/server.conf"; }
rows() { peer_sql -c 'select count(*) from history_text'; }
arrived() { (($(rows) >= $1)); }
measure() {
    local from answered until_ i senders=() before expected=$((COUNT / CLIENTS * CLIENTS))
    sql -d postgres -c 'drop database if exists peer_zabbix' -c 'create database peer_zabbix template peer_zabbix_empty' 2>/dev/null
    serve zabbix
    up
    sleep 2 # its first look at the configuration
    before=$(cpu_of "$SERVER")
    from=$(now_us)
    for ((i = 0; i < CLIENTS; i++)); do
        zabbix_sender -z 127.0.0.1 -p "$(port)" -T -N -i "$WORK/lines.$i" --tls-connect cert --tls-ca-file "$WORK/ca.pem" \
            --tls-cert-file "$WORK/client.pem" --tls-key-file "$WORK/client.key" >"$WORK/client.$i" 2>&1 &
        senders+=($!)
    done
    for i in "${senders[@]}"; do wait "$i" || fail "zabbix: zabbix_sender: $(tail -qn 3 "$WORK"/client.*)"; done
    answered=$(now_us)
    await 60 arrived "$expected" || fail "zabbix: $(rows) of $expected values arrived: $(tail -n 2 "$WORK/client.0")"
    until_=$(now_us)
    timed "$expected" $((until_ - from)) "{\"clients\":$CLIENTS,\"answered_per_second\":$((expected * 1000000 / (answered - from))),\"cpu\":$(awk -v a="$before" -v b="$(cpu_of "$SERVER")" 'BEGIN { print b - a }')}"
}
peer zabbix "$@"
