#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/fanout.sh [DIR]: G5. One alert to WATCHERS (10000) streams: from the commit of its entry to the last
# watcher, beside one SSL_write of as many bytes to each of as many connections of a bare OpenSSL server,
# counted from its first. Both crowds are open all the time and take turns.
. "$(dirname -- "$0")/lib.sh"
WATCHERS=${WATCHERS:-10000} ROUNDS=${FANOUT_ROUNDS:-5}
instance "${1:-}"
figure fanout "encryption and the kernel's loopback TCP, about 16 µs a connection; the receiving client runs on the same cores"
row 'SSL_write, last' ms
row 'duban, entry to last watcher' ms
row 'duban ÷ SSL_write' ratio lower 1.5 1.25 G5
row 'duban, entry to first watcher' ms
row 'duban, due instant to last watcher' ms
row 'duban, median watcher behind the first' ms
row 'SSL_write, median behind the first' ms
row 'CPU, duband' µs/watcher
row 'CPU, bare OpenSSL' µs/watcher

bytes=$(sql -c "select coalesce(avg(length(e.data))::int, 700) + 40 from duban.stream_resume(null, greatest($(events) - 50, 0), 50) e where e.kind = 'alert'")
raw_server --bytes "$bytes"
holding bare "$RAW_URL" "$DIR/office" --connections "$WATCHERS" --get /
holding crowd "$DUBAN_URL" "$DIR/office" --connections "$WATCHERS" --get /v1/alerts/stream --since "$(events)"
say "$((2 * WATCHERS)) connections are open, an event has $bytes bytes"
sleep 1.5
for ((r = 1; r <= ROUNDS; r++)); do
    order raw send
    answered raw $((r + 1))
    sent=$RESULT
    answered bare $((r + 1))
    check 'SSL_write reached all' "$WATCHERS" "$(part "$RESULT" .reached)"
    raw=$(awk_ "($(part "$RESULT" .last_us) - $(part "$sent" .from_us)) / 1000")
    sample 'SSL_write, last' "$raw"
    sample 'SSL_write, median behind the first' "$(part "$RESULT" .behind_ms.p50)"
    sample 'CPU, bare OpenSSL' "$(part "$sent" "(.cpu.user + .cpu.system) / $WATCHERS * 1e6")"
    sleep 0.5
    before=$(cpu_of "$(cat "$DUBAN_PIDFILE")")
    fall_due 1 0.5 0
    answered crowd $((r + 1))
    after=$(cpu_of "$(cat "$DUBAN_PIDFILE")")
    check 'the alert reached all' "$WATCHERS" "$(part "$RESULT" .reached)"
    IFS=' ' read -r at raised < <(sql -F ' ' -c "select (extract(epoch from a.at - k.clock_offset) * 1e6)::bigint, (extract(epoch from a.raised - k.clock_offset) * 1e6)::bigint
        from duban.alert a cross join duban.log_lock k where a.alert = (select max(x.alert) from duban.alert x where x.post = 'office')")
    last=$(awk_ "($(part "$RESULT" .last_us) - $raised) / 1000")
    say "SSL_write $raw ms, duban $last ms"
    sample 'duban, entry to last watcher' "$last"
    sample 'duban ÷ SSL_write' "$(awk_ "$last / $raw")"
    sample 'duban, entry to first watcher' "$(awk_ "($(part "$RESULT" .first_us) - $raised) / 1000")"
    sample 'duban, due instant to last watcher' "$(awk_ "($(part "$RESULT" .last_us) - $at) / 1000")"
    sample 'duban, median watcher behind the first' "$(part "$RESULT" .behind_ms.p50)"
    sample 'CPU, duband' "$(awk_ "($after - $before) / $WATCHERS * 1e6")"
    sleep 0.5
done
publish
