#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/ledger.sh [DIR]: G8. The same load with SIZES (0 1000000 10000000) earlier statements in the log and
# the ledger (fill.sql), floor A beside each. Cost: CPU of duband and PostgreSQL for each statement, after a load
# of STEADY seconds (30) behind the checkpoint: PostgreSQL has one each half hour (or 16 GB), and until each page has
# been changed once, its first change goes to the WAL as a whole page; that time has a row of its own. The last size
# takes some 25 GB of disk and minutes to fill. Nothing after it should be measured on this instance.
. "$(dirname -- "$0")/lib.sh"
SIZES=${SIZES:-0 1000000 10000000} STEADY=${STEADY:-30}
instance "${1:-}"
figure ledger "the depth of the indexes, and after each checkpoint the first change of a page, which is written to the WAL whole: the more pages, the longer that lasts"
row 'floor A' statements/s
row G1 statements/s
row 'G1 ÷ floor A' ratio
row 'p50 at 40 %' ms
row 'p99 at 40 %' ms
row cost µs/statement
row 'cost ÷ cost with none' ratio lower 1.10 1.05 G8
row 'cost behind a checkpoint' µs/statement
row 'WAL' bytes/statement
row 'WAL behind a checkpoint' bytes/statement
row disk bytes/statement
row filled statements/s

level() { # minimal or replica: PostgreSQL anew
    sql -c "alter system set wal_level = $1" -c "alter system set max_wal_senders = $([[ $1 == minimal ]] && echo 0 || echo 10)"
    local_ stop "$DIR"
    local_ start "$DIR"
}
free_GiB() { df -k --output=avail "$(realpath "$DIR/pg")" | awk 'NR == 2 { printf "%d", $1 / 1048576 }'; }

fill() { # NUMBER of earlier statements there shall be
    local missing began=$SECONDS pid table
    local -A wanted
    missing=$(($1 - $(sql -c 'select count(*) from duban.statement')))
    ((missing > 0)) || return 0
    for table in log_entry statement report verdict; do wanted[$table]=$(($(sql -c "select count(*) from duban.$table") + missing)); done
    level minimal
    kill "$(cat "$DUBAN_PIDFILE")"
    while [[ -e /proc/$(cat "$DUBAN_PIDFILE" 2>/dev/null || echo none) ]]; do sleep 0.1; done
    sql -v prepare=1 -v n="$missing" -v tasks="$TASKS" -v alg="$ALG" -f "$HERE/fill.sql"
    sql -v log=1 -f "$HERE/fill.sql" &
    pid=$!
    sql -v ledger=1 -f "$HERE/fill.sql"
    wait "$pid"
    sql -v tree=1 -f "$HERE/fill.sql"
    # the load goes on behind them
    sql -F ' ' -c "select k.code, k.last_seq, encode(k.last_id, 'hex') from duban.signing_key k join bench.key b on b.id = k.id" >"$STEP/places"
    awk 'NR == FNR { seq[$1] = $2; id[$1] = $3; next } $1 in seq { $2 = seq[$1]; $3 = id[$1] } 1' "$STEP/places" "$DIR/keys/state" >"$STEP/state"
    cp "$STEP/state" "$DIR/keys/state"
    level replica
    for ((i = 0; i < 1200; i++)); do # the signer reads the leaves
        [[ $(sql -c 'select h.size = h.sealed_size from duban.head() h') == t ]] && break
        sleep 0.1
    done
    for table in "${!wanted[@]}"; do # by the estimate of ANALYZE: counting would read them all
        check "$1: as many rows of $table" t "$(sql -c "select reltuples > 0.95 * ${wanted[$table]} from pg_class where oid = 'duban.$table'::regclass")"
    done
    sample filled "$(awk_ "$missing / ($SECONDS - $began)")" "$1"
    say "$missing statements more after $((SECONDS - began)) s"
}
wal_end() { sql -c "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"; }
cost() { part "$RESULT" '(.cpu.duband + .cpu.postgres) / .acknowledged * 1e6'; }
settle() { # SIZE: the first two seconds behind a checkpoint, then until most pages are in the WAL
    local wal0 wal1
    sql -c checkpoint
    wal0=$(wal_end)
    FOR=$(awk_ "$STEADY < 2 ? $STEADY : 2") loaded "checkpoint-$1" --connections "$CONNECTIONS" --requests $((MOST * 3))
    wal1=$(wal_end)
    sample 'cost behind a checkpoint' "$(cost)" "$1"
    sample 'WAL behind a checkpoint' "$(part "$RESULT" "($wal1 - $wal0) / .acknowledged")" "$1"
    FOR=$STEADY loaded "settle-$1" --connections "$CONNECTIONS" --requests $((MOST * STEADY))
}
measure() { # SIZE
    local a wal0 wal1 rate
    floored floor-a verified
    a=$(part "$RESULT" .per_second)
    sample 'floor A' "$a" "$1"
    wal0=$(wal_end)
    loaded "g1-$1" --connections "$CONNECTIONS" --requests "$(many 1)"
    wal1=$(wal_end)
    sample G1 "$(part "$RESULT" .per_second)" "$1"
    sample 'G1 ÷ floor A' "$(part "$RESULT" ".per_second / $a")" "$1"
    sample WAL "$(part "$RESULT" "($wal1 - $wal0) / .acknowledged")" "$1"
    COST[r]=$(cost)
    sample cost "${COST[r]}" "$1"
    rate=$(part "$RESULT" '.per_second * 0.4 | floor')
    loaded "open-$1" --connections "$CONNECTIONS" --rate "$rate"
    sample 'p50 at 40 %' "$(part "$RESULT" .latency_ms.p50)" "$1"
    sample 'p99 at 40 %' "$(part "$RESULT" .latency_ms.p99)" "$1"
}
NONE=()
for size in $SIZES; do
    COST=()
    if (($(free_GiB) < 5 + size / 300000)); then
        note "$(free_GiB) GiB of disk are free: too little for $size statements"
        continue
    fi
    fill "$size"
    FOR=$(awk_ "$FOR < 2 ? $FOR : 2") loaded warm --connections "$CONNECTIONS" --requests $((MOST * 3)) # both sizes warm alike
    settle "$size"
    for ((r = 1; r <= ROUNDS; r++)); do measure "$size"; done
    sample disk "$(sql -c "select sum(pg_total_relation_size('duban.' || t)) / (select max(index) from duban.log_entry)
        from unnest(array['log_entry', 'statement', 'report', 'verdict', 'task_state', 'head', 'checkpoint', 'tile']) t")" "$size"
    ((${#NONE[@]})) || NONE=([0]=0 "${COST[@]}")
    [[ $size == "${SIZES%% *}" ]] || for ((r = 1; r <= ROUNDS; r++)); do sample 'cost ÷ cost with none' "$(awk_ "${COST[r]} / ${NONE[r]}")" "$size"; done
done
publish 'earlier statements'
chart throughput 'Throughput against the size of the ledger' 'earlier statements' 'statements/s' log G1
chart latency 'Latency at 40 % of the capacity against the size of the ledger' 'earlier statements' ms log 'p50 at 40 %' 'p99 at 40 %'
chart cost 'CPU of duband and PostgreSQL against the size of the ledger' 'earlier statements' 'µs/statement' log cost
