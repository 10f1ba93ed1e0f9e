#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/memory.sh [DIR]: G4. Memory that is the server's own for each idle connection (mutual TLS 1.3, one
# request answered, then silent), IDLE (10000) of them in four steps, beside nginx with ssl_verify_client
# and a bare OpenSSL server; and for each busy one (one statement in flight on each of BUSY connections).
. "$(dirname -- "$0")/lib.sh"
IDLE=${IDLE:-10000} BUSY=${BUSY:-1000} SETTLE=${SETTLE:-2.5}
instance "${1:-}"
figure memory "OpenSSL's own state of a connection, with SSL_MODE_RELEASE_BUFFERS"
row 'bare OpenSSL' KiB/connection
row nginx KiB/connection
row duban KiB/connection
row 'duban ÷ nginx' ratio lower 1.35 1.20 G4
row 'duban ÷ bare OpenSSL' ratio
row 'duban, busy' KiB/connection
((BUSY <= KEYS)) || BUSY=$KEYS

nginx_start() { # one worker, nothing but TLS
    local port
    port=$(free_port)
    mkdir -p "$STEP/nginx/html"
    echo ok >"$STEP/nginx/html/ok"
    cat >"$STEP/nginx/nginx.conf" <<END
daemon off; pid $STEP/nginx/pid; error_log $STEP/nginx/error.log; worker_processes 1; worker_rlimit_nofile 20000;
$([[ $(id -u) != 0 ]] || echo 'user root;')
events { worker_connections 16000; }
http {
    access_log off; keepalive_timeout 600; root $STEP/nginx/html;
    client_body_temp_path $STEP/nginx/1; proxy_temp_path $STEP/nginx/2; fastcgi_temp_path $STEP/nginx/3; uwsgi_temp_path $STEP/nginx/4; scgi_temp_path $STEP/nginx/5;
    server {
        listen 127.0.0.1:$port ssl backlog=4096; ssl_protocols TLSv1.3; ssl_session_cache off; ssl_session_tickets off;
        ssl_certificate $DIR/server/server.pem; ssl_certificate_key $DIR/server/server.key;
        ssl_client_certificate $DUBAN_CA; ssl_verify_client on;
    }
}
END
    nginx -p "$STEP/nginx" -c "$STEP/nginx/nginx.conf" 2>"$STEP/nginx/start.log" &
    NGINX=$!
    at_exit "stop_ $NGINX"
    NGINX_URL=https://127.0.0.1:$port
    for ((i = 0; i < 50; i++)); do
        [[ -z $(ss -Htln "sport = :$port") ]] || return 0
        sleep 0.1
    done
    fail "nginx: $(tail -n 1 "$STEP/nginx/start.log")"
}
step() { # ROW URL PID PATH: a quarter more; sets GROWN, KiB a connection
    local before
    before=$(memory_of "$3")
    holding "c$((++HELD))" "$2" "$DIR/office" --connections $((IDLE / 4)) --get "$4"
    sleep "$SETTLE"
    GROWN=$(awk_ "($(memory_of "$3") - $before) / ($IDLE / 4)")
    say "$1: $GROWN KiB"
    sample "$1" "$GROWN"
}

# busy first: the daemon is new, what it takes then is what the load makes it take
restart
base=$(memory_of "$(cat "$DUBAN_PIDFILE")")
FOR=$(awk_ "$FOR < 4 ? $FOR : 4") loaded busy --connections "$BUSY" --requests $((MOST * 5 + BUSY)) >/dev/null &
LOADER=$! most=0
while kill -0 "$LOADER" 2>/dev/null; do
    now=$(memory_of "$(cat "$DUBAN_PIDFILE")")
    most=$((now > most ? now : most))
    sleep 0.25
done
wait "$LOADER"
sample 'duban, busy' "$(awk_ "($most - $base) / $BUSY")"

restart
HELD=0
raw_server
if command -v nginx >/dev/null; then nginx_start; else note "nginx is not installed (apt-get install nginx-light): G4 is not measured"; fi
for ((q = 1; q <= 4; q++)); do
    step 'bare OpenSSL' "$RAW_URL" "$raw_pid" /
    bare=$GROWN
    [[ -z ${NGINX:-} ]] || step nginx "$NGINX_URL" "$NGINX" /ok
    peer=$GROWN
    step duban "$DUBAN_URL" "$(cat "$DUBAN_PIDFILE")" /v1/me
    sample 'duban ÷ bare OpenSSL' "$(awk_ "$GROWN / ($bare > 0 ? $bare : 1)")"
    [[ -z ${NGINX:-} ]] || sample 'duban ÷ nginx' "$(awk_ "$GROWN / ($peer > 0 ? $peer : 1)")"
done
publish
