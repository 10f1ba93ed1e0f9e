#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The parent and its children, without a database: death, silence, reload, a bad configuration, drain,
# a second daemon, five deaths, a dead parent, the service manager, one process, the check command.
. "$(dirname "$0")/lib.sh"

HTTPS=$((20000 + $$ % 10000))
ADMIN=$((HTTPS + 10000))
D=$W/d
mkdir "$D"

# ---- a directory as an administrator would have it ---------------------------------------------
pki() {
    local ext
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=test CA' \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
        -keyout "$D/ca.key" -out "$D/ca.pem" 2>/dev/null
    for ext in "server serverAuth DNS:localhost,IP:127.0.0.1" "client clientAuth URI:urn:duban:unit:u001"; do
        # shellcheck disable=SC2086
        set -- $ext
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$D/$1.key" \
            -out "$D/$1.csr" 2>/dev/null
        printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
            "extendedKeyUsage=$2" "subjectAltName=$3" authorityKeyIdentifier=keyid \
            subjectKeyIdentifier=hash >"$D/ext"
        openssl x509 -req -in "$D/$1.csr" -CA "$D/ca.pem" -CAkey "$D/ca.key" -CAcreateserial -days 60 \
            -extfile "$D/ext" -out "$D/$1.pem" 2>/dev/null
    done
    openssl genpkey -algorithm ED25519 -out "$D/log.key"
    chmod 600 "$D"/*.key
}
configure() { # LINE...: the usual configuration with these lines changed or added
    printf '%s\n' 'origin = "duban.example/processes"' "listen = \"127.0.0.1:$HTTPS\"" \
        "admin-listen = \"127.0.0.1:$ADMIN\"" 'receivers = 2' "database = \"host=$D dbname=none\"" \
        'signer-state = "signer-state"' 'pid-file = "duband.pid"' 'drain-timeout = 5' >"$D/duband.conf"
    local line
    for line; do
        sed -i "/^${line%% *} /d" "$D/duband.conf"
        printf '%s\n' "$line" >>"$D/duband.conf"
    done
}
start() { # OPTIONS...
    : >"$D/log"
    duband -c "$D/duband.conf" "$@" 2>>"$D/log" &
    P=$!
    CHILDREN+=("$P")
    eventually 10 healthy || diag "not up: $(<"$D/log")"
}
healthy() { curl -fsS --noproxy '*' --max-time 2 "http://127.0.0.1:$ADMIN/healthz" >/dev/null 2>&1; }
children() { ps -o pid= --ppid "$P" | tr -d ' ' | sort -n; }
count() { children | wc -l; }
has_children() { [[ $(count) == "$1" ]]; }
logged() { grep -Eq "$1" "$D/log"; }
finish() { # waits for the daemon; its exit status in $STATUS
    STATUS=0
    wait "$P" 2>/dev/null || STATUS=$?
}
ask() {
    curl -sS --noproxy '*' --max-time 5 --cacert "$D/ca.pem" --cert "$D/client.pem" --key "$D/client.key" \
        -o "$W/body" -w '%{http_code}' "https://localhost:$HTTPS/v1/me" 2>/dev/null
}

pki
configure

# ---- up ----------------------------------------------------------------------------------------
start
ok "signer, two receivers, alerter" eventually 5 has_children 4
ok "ready is said when all have started" eventually 5 logged 'parent: ready receivers=2'
is "$(<"$D/duband.pid")" "$P" "the pid file holds the parent"
is "$(ask)" 403 "a certificate that nobody registered is told so over TLS"
run duband -c "$D/duband.conf"
is "$STATUS" 1 "a second daemon refuses"
like "$ERR" 'locked: another duband' "and says why"
for pid in $(children); do
    grep -q '^NoNewPrivs:[[:space:]]1' "/proc/$pid/status" || echo "$pid"
done >"$W/bad"
is "$(<"$W/bad")" "" "no child can gain privileges"

# ---- death and silence ---------------------------------------------------------------------------
before=$(children)
victim=$(tail -n 1 <<<"$before")
kill -9 "$victim"
restarted() { has_children 4 && ! grep -qx "$1" <<<"$(children)"; }
ok "a killed child is started again at once" eventually 2 restarted "$victim"
ok "its death is logged" logged "died role=.* pid=$victim signal=9"
victim=$(children | sed -n 2p)
kill -STOP "$victim"
ok "a stopped child is killed and started again" eventually 9 restarted "$victim"
ok "for want of a heartbeat" logged "no heartbeat for 5 s, killed role=.* pid=$victim"
is "$(ask)" 403 "and the service goes on"

# ---- reload --------------------------------------------------------------------------------------
before=$(children)
renewed() { has_children "$1" && [[ -z $(comm -12 <(sort <<<"$before") <(children | sort)) ]]; }
configure 'receivers = 3'
kill -HUP "$P"
ok "reload: a new generation of another size" eventually 10 renewed 5
ok "the old one has left" eventually 5 logged 'old generation has left'
is "$(ask)" 403 "the new one answers"
before=$(children)
refusals() { [[ $(grep -c 'reload refused' "$D/log") == "$1" ]]; }
configure 'receivers = many'
kill -HUP "$P"
ok "a bad configuration is refused" eventually 5 refusals 1
ok "with file and line" logged "duband.conf:[0-9]+: receivers must be"
configure 'tls-key = "ca.key"'
kill -HUP "$P"
ok "so is a key that does not fit" eventually 5 refusals 2
configure 'origin = "duban.example/other"'
kill -HUP "$P"
ok "and another log" eventually 5 refusals 3
is "$(children)" "$before" "everything stays as it was"
configure

# ---- stop ----------------------------------------------------------------------------------------
kill -TERM "$P"
finish
is "$STATUS" 0 "SIGTERM: an orderly stop"
not_ok "without a pid file left" test -e "$D/duband.pid"
is "$(ps -o pid= --ppid "$P" | wc -l)" 0 "and without children left"

# ---- five deaths ---------------------------------------------------------------------------------
start
for _ in 1 2 3 4 5; do
    eventually 10 has_children 4 && kill -9 "$(children | sed -n 4p)" 2>/dev/null
done
for _ in 1 2 3 4 5 6; do # whichever role that was, one of three gets its five
    kill -0 "$P" 2>/dev/null || break
    eventually 10 has_children 4 || break
    # shellcheck disable=SC2046
    kill -9 $(children) 2>/dev/null
    sleep 0.3
done
finish
is "$STATUS" 1 "five deaths within a minute stop the daemon with a status that systemd sees"
ok "and it says so" logged 'died 5 times within a minute'

# ---- a dead parent ---------------------------------------------------------------------------------
start
eventually 5 has_children 4
before=$(children)
kill -9 "$P"
finish
orphans() { local pid; for pid in $before; do gone "$pid" || return 1; done; }
ok "children do not outlive their parent" eventually 3 orphans
start
is "$(ask)" 403 "the next daemon starts beside the old pid file and state"

# ---- the service manager -----------------------------------------------------------------------------
kill -TERM "$P"
finish
python3 - "$D/notify" >"$W/notified" <<'PY' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(20)
while True:
    text = s.recv(100).decode()
    print(text, flush=True)
    if text == "STOPPING=1":
        break
PY
CHILDREN+=("$!")
eventually 5 test -S "$D/notify"
NOTIFY_SOCKET=$D/notify start
ok "systemd is told READY" eventually 5 grep -qx READY=1 "$W/notified"
kill -TERM "$P"
finish
ok "and STOPPING" eventually 5 grep -qx STOPPING=1 "$W/notified"

# ---- one process -------------------------------------------------------------------------------------
start --single
is "$(ask)" 403 "--single answers"
is "$(count)" 0 "in one process"
kill -HUP "$P"
sleep 0.3
is "$(ask)" 403 "with its certificate read anew"
kill -TERM "$P"
finish
is "$STATUS" 0 "and stops orderly"

# ---- a port that is taken ------------------------------------------------------------------------------
start
sed 's/duband.pid/other.pid/; s/signer-state"/other-state"/2' "$D/duband.conf" >"$D/other.conf"
run duband -c "$D/other.conf"
is "$STATUS" 1 "another instance on the same port refuses"
like "$ERR" "cannot listen on 127.0.0.1:$HTTPS: Address already in use" "instead of sharing it silently"

# ---- check -----------------------------------------------------------------------------------------------
run duband -c "$D/duband.conf" check
is "$STATUS" 5 "check: something is wrong"
like "$OUT" 'ok .*server.pem is valid until' "the certificate is not it"
like "$OUT" 'note .*signer-state is in use: duband is running' "nor the signer"
like "$OUT" 'WRONG .*database' "the database is"
kill -TERM "$P"
finish
chmod 644 "$D/log.key" "$D/server.key"
configure 'zone = "Mars/Olympus"' 'tls-ca = "none.pem"' 'user = "nobody-of-that-name"' 'tls-certificate = "client.pem"'
run duband -c "$D/duband.conf" check
line() { grep -n "^$1 " "$D/duband.conf" | cut -d: -f1; }
like "$OUT" "WRONG .*duband.conf: tls-key: .*server.key can be read by others .*chmod 600" "key mode"
like "$OUT" "WRONG .*duband.conf: log-key: .*log.key" "log key mode"
like "$OUT" "WRONG .*duband.conf:$(line tls-ca): tls-ca: .*none.pem" "missing file, with its line"
like "$OUT" "WRONG .*duband.conf:$(line tls-certificate): tls-certificate: .*client.pem is not meant for a TLS server" "purpose"
like "$OUT" "WRONG .*client.pem names no host" "host name"
like "$OUT" "WRONG .*duband.conf:$(line zone): zone: .*Mars/Olympus" "zone"
like "$OUT" "WRONG .*duband.conf:$(line user): user: .*nobody-of-that-name" "account"
configure 'colour = "red"' 'receivers = 99'
run duband -c "$D/duband.conf" check
is "$STATUS" 5 "check: faults of the file itself"
like "$OUT" "WRONG .*duband.conf:$(line colour): unknown setting colour" "unknown key"
like "$OUT" "WRONG .*duband.conf:$(line receivers): receivers must be" "range"
done_testing
