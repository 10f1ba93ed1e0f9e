#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Bad HTTP, bad TLS, slow and idle connections, no descriptors left: each beside a well-behaved client
# all of whose statements are acknowledged at the first try.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
if (($(ulimit -Hn) < 16384)); then ulimit -Hn 16384 || bail "this test needs 16,384 descriptors"; fi
ulimit -Sn "$(ulimit -Hn)"
HANDSHAKE=4 HEADER=5 BODY=6 IDLE=40
instance_start --now "$NOW" --plan "$SAMPLE" --set receivers=2 --set handshake-timeout=$HANDSHAKE \
    --set header-timeout=$HEADER --set body-timeout=$BODY --set idle-timeout=$IDLE
enrol u001 --unit u001
enrol good --unit u003
good_start good u003

# client certificates that must not get in
mkdir "$W/certificates"
make_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }
certificate() { # NAME SAN OPENSSL-OPTION...: by the instance's CA
    local name=$W/certificates/$1 san=$2
    shift 2
    make_key "$name.key"
    openssl req -new -key "$name.key" -subj /CN=u001 -out "$name.csr"
    printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=%s\n%s' "${EKU:-clientAuth}" "${san:+subjectAltName=$san}" >"$name.ext"
    openssl x509 -req -in "$name.csr" -CA "$DUBAN_CA" -CAkey "$DUBAN_OPERATOR_HOME/ca.key" \
        -set_serial "0x$(openssl rand -hex 8)" -extfile "$name.ext" -out "$name.pem" "$@" 2>/dev/null ||
        bail "no certificate $name"
    rm "$name.csr" "$name.ext"
}
certificate expired URI:urn:duban:unit:u001 -days -1
certificate without-a-name '' -days 9
certificate with-two-names URI:urn:duban:unit:u001,URI:urn:duban:unit:u002 -days 9
certificate with-a-name-of-another-kind DNS:u001 -days 9
EKU=serverAuth certificate for-servers URI:urn:duban:unit:u001 -days 9
make_key "$W/certificates/foreign.key"
openssl req -x509 -key "$W/certificates/foreign.key" -subj "$(openssl x509 -in "$W/u001/client.pem" -noout -subject -nameopt compat | sed 's/^subject=//')" \
    -addext subjectAltName=URI:urn:duban:unit:u001 -days 9 -out "$W/certificates/foreign.pem" 2>/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$W/ca2.key" -out "$W/ca2.pem" -days 9 \
    -subj "$(openssl x509 -in "$DUBAN_CA" -noout -subject -nameopt compat | sed 's/^subject=//')" 2>/dev/null
make_key "$W/certificates/of-a-CA-of-the-same-name.key"
openssl req -new -key "$W/certificates/of-a-CA-of-the-same-name.key" -subj /CN=u001 2>/dev/null |
    openssl x509 -req -CA "$W/ca2.pem" -CAkey "$W/ca2.key" -set_serial 7 -days 9 \
        -extfile <(echo subjectAltName=URI:urn:duban:unit:u001) -out "$W/certificates/of-a-CA-of-the-same-name.pem" 2>/dev/null
is "$(find "$W/certificates" -name '*.pem' | wc -l)" 7 "seven bad certificates are made"

TASK=$(led_task u001) SANITIZED=
[[ $(ldd "$BUILD/duband") == *libasan* ]] && SANITIZED=yes # these need more memory
export TASK SANITIZED
relay python3 "$HOSTILE/wire.py" "$W" $HANDSHAKE $HEADER $BODY $IDLE
good_on "after bad HTTP and bad TLS"

# our CA's certificate, but not registered: the public log, nothing else
certificate unregistered URI:urn:duban:unit:u001 -days 9
mkdir "$W/unregistered" && mv "$W/certificates/unregistered.pem" "$W/unregistered/client.pem" &&
    mv "$W/certificates/unregistered.key" "$W/unregistered/client.key"
http unregistered /log/checkpoint
is "$CODE" 200 "a certificate that is not registered reads the log"
http unregistered /v1/me
is "$CODE $(field "$BODY" .code)" "403 certificate" "… and nothing else"
is "$(curl -s --noproxy '*' -o /dev/null -w '%{http_code}' --cacert "$DUBAN_CA" "$DUBAN_URL/v1/me")" 000 "curl without a certificate"

# 5,000 idle connections
receivers() { pgrep -P "$(<"$DUBAN_PIDFILE")"; }
descriptors() { local p n=0; for p in $(receivers); do n=$((n + $(find "/proc/$p/fd" -type l 2>/dev/null | wc -l))); done; echo "$n"; }
resident() { local p n=0; for p in $(receivers); do n=$((n + $(awk '/^VmRSS/ { print $2 }' "/proc/$p/status"))); done; echo "$n"; }
processor() { local p n=0; for p in $(receivers); do n=$((n + $(awk '{ print $14 + $15 }' "/proc/$p/stat"))); done; echo "$n"; }
before=$(resident) usual=$(descriptors)
hold() { # NAME COUNT [silent]: connections held until release
    mkfifo "$W/$1.hold"
    python3 "$HOSTILE/idle.py" "$DUBAN_URL" "$DUBAN_CA" "$W/u001" "${@:2}" <"$W/$1.hold" >"$W/$1.held" &
    CHILDREN+=($!)
}
hold a 2500
hold b 2500
exec 6>"$W/a.hold" 7>"$W/b.hold"
ok "5,000 connections are opened" eventually 60 test -s "$W/a.held" -a -s "$W/b.held"
is "$(cat "$W/a.held" "$W/b.held" | sort -u)" "2500 0" "… none is refused"
ok "… duband holds them ($(descriptors) descriptors)" test "$(descriptors)" -gt 5000
diag "$((($(resident) - before) / 5000)) KiB each"
most=${SANITIZED:+400}
most=${most:-40}
ok "… at less than $most KiB each" test $((($(resident) - before) / 5000)) -lt $most
good_on "beside 5,000 idle connections"
http u001 /v1/me
is "$CODE" 200 "… a polite newcomer is served"
exec 6>&- 7>&-
few() { (($(descriptors) < usual + 10)); }
ok "… they go when their peers do" eventually 20 few

# handshakes that never come: more than may be under way, and again when they are hung up on
hold s 1200 silent
exec 6>"$W/s.hold"
ok "1,200 silent connections" eventually 20 test -s "$W/s.held"
sleep 5
good_on "beside 1,200 silent connections"
exec 6>&-
rest() { (($(wc -l <"$W/s.held") == 2)); }
ok "… they end" eventually 10 rest
diag "hung up on $(tail -n 1 "$W/s.held") times"
ok "… and leave nothing behind" eventually 20 few

# out of descriptors: a small limit on the running processes
for pid in $(receivers); do
    n=$(find "/proc/$pid/fd" -type l | wc -l)
    prlimit --nofile=$((n + 30)): --pid "$pid" || bail "no prlimit"
done
hold c 150
exec 6>"$W/c.hold"
ok "150 connections are tried where 60 more descriptors are allowed" eventually 60 test -s "$W/c.held"
grep -q 'Too many open files' "$I/log/duband.log"
result $? "… the processes do run out of descriptors" || diag "$(<"$W/c.held")" "$(descriptors)"
good_on "without descriptors"
http u001 /v1/me
is "$CODE" 200 "… a polite newcomer is served, at the cost of who was idle longest"
before=$(processor)
sleep 2
used=$(($(processor) - before))
ok "… and nothing spins ($used ticks in 2 s, with the load)" test "$used" -lt 100
exec 6>&-
for pid in $(receivers); do prlimit --nofile="$(ulimit -Hn)": --pid "$pid"; done
is "$(receivers | wc -l)" "$(sort -u <<<"$(receivers)" | wc -l)" "no process died"
unlike "$(<"$I/log/duband.log")" 'exited|killed|signal=' "… nor was one started again"
good_end
stop_clean
done_testing
