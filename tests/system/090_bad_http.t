#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Bad HTTP and bad TLS, beside a well-behaved client all of whose statements are acknowledged.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
enrol good --unit u003
good_task=$(led_task u003)
(
    n=0
    while [[ ! -e $W/stop ]]; do
        as good report "$good_task" --period 2022Q1 --status on-track --progress $((n % 100)) >>"$W/good.log" 2>&1 || echo "exit $?" >>"$W/good.fail$(cat "$W/scarce" 2>/dev/null)"
        echo $((++n)) >"$W/good.count"
        sleep 0.2
    done
) &
GOOD=$!
CHILDREN+=("$GOOD")
abuse() { # CASE [CERT KEY]: what the server did, in $SAID
    SAID=$(python3 "$SYSTEM/http_abuse.py" "$1" 127.0.0.1 "${DUBAN_URL##*:}" "$DUBAN_CA" "${2-$W/u001/client.pem}" "${3-$W/u001/client.key}" 2>&1 | tail -n 1)
}
no_certificate() { SAID=$(python3 "$SYSTEM/http_abuse.py" "$1" 127.0.0.1 "${DUBAN_URL##*:}" "$DUBAN_CA" 2>&1 | tail -n 1); }

abuse polite
like "$SAID" 'status=200 closed=no' "a polite request"
abuse no-alpn
like "$SAID" 'status=200' "without ALPN: served"
for case in two-lengths same-length-twice chunked chunked-and-length two-hosts no-host bare-lf obs-fold nul \
    space-before-colon negative-length huge-length; do
    abuse "$case"
    like "$SAID" 'status=(400|501) closed=yes' "$case: 400 and close"
done
for case in many-fields long-field header-20-megabytes; do
    abuse "$case"
    like "$SAID" 'status=(400|431|0) closed=yes' "$case: refused and closed"
done
abuse five-megabytes
like "$SAID" 'status=413' "five megabytes: 413"
abuse no-length
like "$SAID" 'status=(400|411)' "POST without a length"
abuse http-2-preface
like "$SAID" 'closed=yes' "an HTTP/2 preface"
abuse alpn-h2-only
like "$SAID" 'refused=|status=0' "ALPN without http/1.1"
abuse plain-http
like "$SAID" 'status=(0|400) closed=yes' "plain HTTP on the TLS port"
abuse tls-1.2
like "$SAID" 'refused=|status=0' "TLS 1.2"

# certificates: none, foreign, expired
no_certificate certificate
like "$SAID" 'refused=|status=0' "no client certificate"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=u001 -days 9 -keyout "$W/foreign.key" -out "$W/foreign.pem" 2>/dev/null
abuse certificate "$W/foreign.pem" "$W/foreign.key"
like "$SAID" 'refused=|status=0' "a foreign client certificate"
ca_key=$(find "$I/ca" "$DUBAN_OPERATOR_HOME" -name '*ca*.key' | head -n 1)
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=u001 -keyout "$W/old.key" -out "$W/old.csr" 2>/dev/null
openssl x509 -req -in "$W/old.csr" -CA "$DUBAN_CA" -CAkey "$ca_key" -set_serial 77 -days -1 -out "$W/old.pem" 2>/dev/null
abuse certificate "$W/old.pem" "$W/old.key"
like "$SAID" 'refused=|status=0' "an expired client certificate"
openssl x509 -req -in "$W/old.csr" -CA "$DUBAN_CA" -CAkey "$ca_key" -set_serial 78 -days 9 -out "$W/unknown.pem" 2>/dev/null
abuse certificate "$W/unknown.pem" "$W/old.key"
unlike "$SAID" 'status=200' "a certificate of our CA that is not registered"
is "$(curl -s -o /dev/null -w '%{http_code}' --cacert "$DUBAN_CA" "$DUBAN_URL/v1/me")" 000 "curl without a certificate"

# slow ones: absolute deadlines
for case in silence header-without-end byte-a-second body-stalls; do
    (abuse "$case" && echo "$SAID" >"$W/slow.$case") &
    CHILDREN+=($!)
    slow+=($!)
done
wait "${slow[@]}"
for case in silence header-without-end byte-a-second body-stalls; do
    like "$(<"$W/slow.$case")" 'closed=yes after=([0-9]|[1-5][0-9]|6[0-5])$' "$case: closed within a minute ($(<"$W/slow.$case"))"
done

# many idle connections; out of descriptors
IDLE=${IDLE:-5000}
mkfifo "$W/hold"
IDLE=$IDLE python3 "$SYSTEM/http_abuse.py" idle 127.0.0.1 "${DUBAN_URL##*:}" "$DUBAN_CA" "$W/u001/client.pem" "$W/u001/client.key" <"$W/hold" >"$W/idle" &
CHILDREN+=($!)
exec 7>"$W/hold"
ok "$IDLE connections are opened or refused" eventually 120 test -s "$W/idle"
diag "$(<"$W/idle")"
n=$(<"$W/good.count")
sleep 3
isnt "$(<"$W/good.count")" "$n" "the good client goes on beside them"
abuse polite
like "$SAID" 'status=(200|503)|Error' "an answer, or busy"
exec 7>&-
# a new connection may have to wait now: kept and delivered later (exit 3), never refused
echo .scarce >"$W/scarce"
receivers=$(pgrep -P "$(<"$DUBAN_PIDFILE")" | wc -l)
for pid in $(pgrep -P "$(<"$DUBAN_PIDFILE")"); do prlimit --nofile=60:60 --pid "$pid" 2>/dev/null; done
IDLE=200 timeout 20 python3 "$SYSTEM/http_abuse.py" idle 127.0.0.1 "${DUBAN_URL##*:}" "$DUBAN_CA" "$W/u001/client.pem" "$W/u001/client.key" </dev/null >"$W/few" 2>&1
diag "out of descriptors: $(<"$W/few")"
for pid in $(pgrep -P "$(<"$DUBAN_PIDFILE")"); do prlimit --nofile=65536:65536 --pid "$pid" 2>/dev/null; done
is "$(pgrep -P "$(<"$DUBAN_PIDFILE")" | wc -l)" "$receivers" "out of descriptors: no process died"
polite() { abuse polite && [[ $SAID == *status=200* ]]; }
ok "… and it serves again" eventually 20 polite

touch "$W/stop"
wait "$GOOD" 2>/dev/null
ok "the well-behaved client was never refused ($(<"$W/good.count") reports)" test ! -e "$W/good.fail" || diag "$(tail -n 3 "$W/good.log")"
is "$(sort -u "$W/good.fail.scarce" 2>/dev/null | grep -v '^exit 3$')" '' "… nor out of descriptors: at most kept"
run as good flush
is "$STATUS" 0 "… and delivered then"
is "$(find "$W/good/receipts" -name '*.tlog-proof' | wc -l)" "$(<"$W/good.count")" "… a receipt for each"
done_testing
