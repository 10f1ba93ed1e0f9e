# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# For tests that count: what was counted is held against tests/guard/limits, lines "NAME LIMIT".
# GUARD_RAISE=1 rewrites the limits of what the test counts: today's figure and ROOM percent more.
. "$SOURCE_TESTS/system/lib.sh"
LIMITS=$SOURCE_TESTS/guard/limits
ROOM=${ROOM:-3}

raise() { # NAME VALUE
    local limit
    limit=$(awk -v v="$2" -v room="$ROOM" 'BEGIN {
        x = v * (1 + room / 100)
        printf v >= 1000 ? "%.0f" : v >= 10 ? "%.1f" : "%.2f", x + (v < 1 ? 0.02 : 0) }')
    grep -v "^$1 " "$LIMITS" >"$W/.limits" || true
    printf '%s %s\n' "$1" "$limit" >>"$W/.limits"
    { grep '^#' "$W/.limits" || true; } >"$W/.new"
    { grep -v '^#' "$W/.limits" || true; } | LC_ALL=C sort >>"$W/.new"
    cp "$W/.new" "$LIMITS"
}
bounded() { # NAME VALUE WHAT: fails when the value is above the limit of that name
    local name=$1 value=$2 what=$3 limit
    [[ $value =~ ^[0-9]+(\.[0-9]+)?$ ]] || bail "$name: nothing was counted: '$value'"
    [[ -z ${GUARD_RAISE:-} ]] || raise "$name" "$value"
    limit=$(sed -n "s/^$name //p" "$LIMITS")
    if [[ -z $limit ]]; then
        result 0 "$name: $value $what # SKIP no limit is stored for it"
        return
    fi
    awk -v v="$value" -v l="$limit" 'BEGIN { exit !(v <= l) }'
    result $? "$name: $value $what (limit $limit)" || diag "$name has grown: $value $what, the limit is $limit." \
        "Every statement pays for it. Find the change (callgrind_annotate, pg_stat_statements) and take it back; or," \
        "when it is worth its price, store new limits with" \
        $'\n    GUARD_RAISE=1 make check T=guard/\n' "and say in the commit what the price buys."
    awk -v v="$value" -v l="$limit" 'BEGIN { exit !(v < l * 0.85) }' &&
        printf '# %s is well below its limit: GUARD_RAISE=1 keeps what was won\n' "$name"
    return 0
}
leave_cluster() {
    local status=$?
    "$SOURCE/tests/cluster.sh" stop "$W/cluster"
    (exit "$status")
    cleanup
}
# A cluster of its own for the rest of the test, with the schema in the database that psql goes to.
cluster() {
    mkdir "$W/cluster" && chmod 755 "$W" "$W/cluster"
    trap leave_cluster EXIT
    PGHOST=$("$SOURCE/tests/cluster.sh" start "$W/cluster") || bail "no cluster"
    export PGHOST PGPORT=5432 PGUSER=postgres PGDATABASE=duban_template
}
