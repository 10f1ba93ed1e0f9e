#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/instance.sh start DIR | destroy DIR: a private instance with OBLIGATIONS obligations of KEYS units,
# made by duban-local; units, posts, keys and rights of the client by signed registry statements, plans
# and obligations by seed.sql. Beside it, in the same server, a database "floor" for the floors.
. "$(dirname -- "$0")/lib.sh"
MIN_WAL=${MIN_WAL:-4096} # MiB of WAL files that are there, and used again, from the beginning

settings() { # below duban-local's own in postgresql.conf: those of a server, same for the floors
    cat >>"$(realpath "$DIR/pg")/postgresql.conf" <<END
shared_buffers = ${SHARED_BUFFERS:-2GB}
min_wal_size = ${MIN_WAL}MB
max_wal_size = 16GB
checkpoint_timeout = 30min
autovacuum_naptime = 20s
${PG_SETTINGS:-}
END
}

client() { # the operator's certificate may deliver for every unit
    local hex
    hex=$(openssl x509 -in "$DUBAN_OPERATOR_HOME/client.pem" -outform DER | sha256sum | cut -d' ' -f1)
    printf 'client "%s" { name = "operator" for = "office" operator = true deliver = { %s } }\n' "$hex" \
        "$(seq -f '"b%04g"' -s ', ' 1 "$KEYS")" >"$DIR/client.conf"
    "$BUILD/duban" --home "$DUBAN_OPERATOR_HOME" registry apply --yes "$DIR/client.conf" >/dev/null
}

posts() {
    cat >"$DIR/posts.conf" <<'END'
post "office" { name = "督查室" role = "office" holder "Holder" { } }
post "chief" { name = "主要领导" role = "chief" holder "Holder" { } }
post "leader-0001" { name = "分管领导" role = "leader" holder "Holder" { } }
END
    "$BUILD/duban" --home "$DUBAN_OPERATOR_HOME" registry apply --yes "$DIR/posts.conf" >/dev/null
}

recycled() { # a server that has run for a while overwrites old WAL files; a new one makes them while it is measured
    sql -c "select pg_logical_emit_message(false, 'bench', 'x'), pg_switch_wal() from generate_series(1, $((MIN_WAL / 16 - 1))) g" >/dev/null
    sql -c checkpoint
}

start() {
    local began=$SECONDS
    DIR=$1
    [[ ! -e $DIR ]] || fail "$DIR exists"
    # ten thousand watchers and a load beside them, also on one receiver; idle ones stay while others are counted
    local_ start "$DIR" --now 2022-03-21T10:00:00+08:00 --set max-connections=25000 --set idle-timeout=900
    settings
    local_ stop "$DIR"
    local_ start "$DIR"
    printf '%s=%s\n' ALG "$ALG" KEYS "$KEYS" OBLIGATIONS "$OBLIGATIONS" SEEDED_DUE "$((DUE + SPARE_DUE))" TASKS "$TASKS" >"$DIR/bench.conf"
    attach "$DIR"
    "$BUILD/bench/load" keys "$DIR/keys" --count "$KEYS" --alg "$ALG"
    posts
    "$BUILD/duban" --home "$DUBAN_OPERATOR_HOME" registry apply --yes "$DIR/keys/registry.conf" >/dev/null
    client
    sql -v units="$KEYS" -v tasks="$TASKS" -v due="$SEEDED_DUE" -f "$HERE/seed.sql" >/dev/null
    sql -c 'create database floor'
    local_ enrol "$DIR" --post b0001-contact --home "$DIR/b0001-contact"
    local_ enrol "$DIR" --post leader-0001 --home "$DIR/leader-0001"
    local_ enrol "$DIR" --post office --home "$DIR/office"
    recycled
    say "instance with $(sql -c 'select count(*) from duban.obligation') obligations after $((SECONDS - began)) s"
}

case ${1:-} in
start) start "${2:?DIR}" ;;
destroy) local_ destroy "${2:?DIR}" ;;
*) fail "instance.sh start DIR | destroy DIR" ;;
esac
