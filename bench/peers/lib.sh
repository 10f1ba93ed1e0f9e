# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What the peers' scripts share. Each has two commands:
#   NAME.sh prepare DIR   installs (apt as root, or says the line to run), configures in the instance's DIR/NAME
#   NAME.sh measure DIR   starts it, loads it for FOR seconds or COUNT items, stops it; one line of JSON
# A peer whose package cannot be had says so and ends with 77. Peers that store use the instance's own PostgreSQL
# (a database of their own): the same disk, the same settings. Everything listens on 127.0.0.1.
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
FOR=${FOR:-6}
LOAD=$BUILD/bench/peer_load
SKIP=77

peer() { # NAME COMMAND DIR: sets WORK, the peer's own directory
    NAME=$1
    attach "$3"
    WORK=$DIR/peers/$NAME
    mkdir -p "$WORK"
    chmod 755 "$DIR/peers" "$WORK"
    at_exit stop
    case $2 in
    prepare) prepare ;;
    measure) measure ;;
    *) fail "$NAME.sh prepare DIR | measure DIR" ;;
    esac
}
skip() {
    say "$NAME: skipped: $*"
    exit "$SKIP"
}
packages() { # PACKAGE...: installs what is missing; nothing of it is started
    local missing=() p
    for p; do
        [[ $(dpkg-query -W -f '${Status}' "$p" 2>/dev/null) == *'ok installed' ]] || missing+=("$p")
    done
    ((${#missing[@]})) || return 0
    if [[ $(id -u) == 0 ]]; then
        say "$NAME: installing ${missing[*]}"
        local policy=/usr/sbin/policy-rc.d
        if [[ -e $policy ]]; then policy=''; else printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"; fi
        DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}" \
            >"$WORK/apt.log" 2>&1 || { [[ -z $policy ]] || rm -f "$policy"; skip "apt-get install ${missing[*]} failed ($(tail -n 1 "$WORK/apt.log"))"; }
        [[ -z $policy ]] || rm -f "$policy"
    else
        skip "sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
}
port() { # a free one, kept for this peer
    [[ -s $WORK/port ]] || local_port >"$WORK/port"
    cat "$WORK/port"
}
local_port() {
    local p tries
    for ((tries = 0; tries < 200; tries++)); do
        p=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        (exec 8<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { printf '%s\n' "$p" && return; }
    done
    fail "no free port"
}
certificates() { # in WORK: ca, server (127.0.0.1), client (CN client); P-256 unless ALGORITHM says otherwise
    local name
    [[ ! -s $WORK/client.pem ]] || return 0
    (
        cd "$WORK"
        # shellcheck disable=SC2086
        new() { openssl req -newkey ${ALGORITHM:-ec -pkeyopt ec_paramgen_curve:P-256} -nodes "$@"; }
        new -x509 -days 30 -subj '/CN=peers' -addext basicConstraints=critical,CA:TRUE -keyout ca.key -out ca.pem
        for name in server client; do
            new -subj "/CN=$name" -keyout $name.key -out $name.csr
            printf 'subjectAltName=DNS:%s,IP:127.0.0.1\n' "$name" >ext
            openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out $name.pem
        done
    ) >"$WORK/openssl.log" 2>&1 || fail "$NAME: openssl failed: $(tail -n 1 "$WORK/openssl.log")"
}
database() { # in the instance's server, empty
    sql -d postgres -c "drop database if exists peer_$NAME with (force)" -c "create database peer_$NAME" 2>/dev/null
}
peer_sql() { psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -U postgres -d "peer_$NAME" "$@"; }
SERVER=''
serve() { # COMMAND...: in the background
    "$@" >>"$WORK/server.log" 2>&1 </dev/null &
    SERVER=$!
}
listening() { (exec 8<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
await() { # SECONDS COMMAND...
    local limit=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < limit)) || return 1
        [[ -z $SERVER ]] || kill -0 "$SERVER" 2>/dev/null || return 1
        sleep 0.05
    done
}
up() { await 30 listening "$(port)" || fail "$NAME does not listen: $(tail -n 3 "$WORK/server.log")"; }
stop() { # the server with all its children, each by its own number
    local pid pids=() tries
    [[ -n $SERVER ]] || return 0
    mapfile -t pids < <(tree "$SERVER")
    kill "${pids[@]}" 2>/dev/null || true
    for ((tries = 0; tries < 100; tries++)); do
        kill -0 "$SERVER" 2>/dev/null || break
        sleep 0.1
    done
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    wait "$SERVER" 2>/dev/null || true
    SERVER=''
}
ask() { # OPTIONS...
    "$LOAD" ask --url "https://127.0.0.1:$(port)" --ca "$WORK/ca.pem" --cert "$WORK/client.pem" --key "$WORK/client.key" \
        --lines "$WORK/lines" --seconds "$FOR" "$@"
}
now_us() { echo $((${EPOCHREALTIME/./})); }
text() { # BYTES: as an office writes
    local t='The schedule for this quarter was kept: tenders for lots 3 and 4 are awarded, the survey of the northern section is finished, and the funds of the second instalment have arrived. What remains open is the land permit for lot 5, promised by the district for the end of the month. '
    while ((${#t} < $1)); do t+=$t; done
    printf '%s' "${t:0:$1}"
}
# JSON of a count that took some time: answer PER_SECOND COUNT and what else
timed() { # COUNT MICROSECONDS [JSON]
    jq -nc --arg peer "$NAME" --argjson n "$1" --argjson us "$2" --argjson more "${3:-{\}}" \
        '{peer: $peer, stored: $n, seconds: ($us / 1e6), per_second: ($n / $us * 1e6)} + $more'
}
