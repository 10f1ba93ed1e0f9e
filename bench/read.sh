#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/read.sh [DIR]: the documented views and the read API with as many tasks as the instance has
# (OBLIGATIONS / 4; make bench: 1,000,000), as one unit, one supervising leader and 督查室 see them by
# their own logins. Bar 50 ms each; those that need longer are listed in OUT/read-slow.txt. Each view alone, over a
# ledger seeded for it: bench/views.sh.
. "$(dirname -- "$0")/lib.sh"
TIMES=${TIMES:-5} LONGEST=${LONGEST:-10000} BAR=${BAR:-50} # ms after which a query is broken off
instance "${1:-}"
figure read "rows that the view reads to answer: those of one unit or one post when an index leads to them"
FOR=0 ROUNDS=$TIMES
note "$(sql -c 'select count(*) from duban.task') tasks, $(sql -c 'select count(*) from duban.obligation') obligations, $(sql -c 'select count(*) from duban.verdict') verdicts"

queries() { # WHOSE: lines LABEL|QUERY; a unit and a leader see their own, the office asks for one unit
    local of='' v
    [[ $1 != office ]] || of="where unit = 'b0001'"
    for v in v_due v_overdue v_ledger v_report v_verdict v_unit_punctuality; do printf '%s|select * from duban.%s %s\n' "$v" "$v" "$of"; done
    printf 'v_due, first 100|select * from duban.v_due %s order by due, task limit 100\n' "$of"
    printf 'v_ledger, first 100|select * from duban.v_ledger %s order by plan, task limit 100\n' "$of"
    printf 'v_ledger, one task|select * from duban.v_ledger where task = '\''b/1.1'\''\n'
    printf 'v_alert|select * from duban.v_alert %s\n' "$of"
    printf 'v_unassigned|select * from duban.v_unassigned\n'
    [[ $1 != office ]] || printf 'missing_verdicts|select * from duban.missing_verdicts\nmissing_alerts|select * from duban.missing_alerts\nv_overdue, all|select * from duban.v_overdue order by due limit 100\n'
}
asked() { # LOGIN LABEL QUERY: TIMES times on one connection, after one that is not counted
    local us n=0
    row "$1: $2" ms lower "$BAR" "$BAR" "view, one ${1%%[-_]*}"
    printf '%s;\n' "$3" >"$STEP/query.sql"
    rm -f -- "$STEP"/times.*
    (cd "$STEP" && PGOPTIONS="-c statement_timeout=$LONGEST" "$PGBIN/pgbench" -n -M prepared -t $((TIMES + 1)) -l --log-prefix=times \
        -f query.sql -h "$DUBAN_PGHOST" -U "${4:-$1}" duban >"$STEP/pgbench.log" 2>&1) || true
    while read -r _ _ us _; do
        ((n++ == 0)) || sample "$1: $2" "$(awk_ "$us / 1000")"
    done < <(cat "$STEP"/times.* 2>/dev/null)
    ((n > 1)) || {
        sample "$1: $2" "$LONGEST"
        note "$1: $2: $(grep -m 1 -i 'error' "$STEP/pgbench.log" | cut -c 1-160)"
    }
}
fetched() { # HOME LABEL PATH: the read API, on one connection
    local url=$DUBAN_URL$3 urls=() i
    row "$1: $2" ms lower "$BAR" "$BAR" "read API"
    for ((i = 0; i <= TIMES; i++)); do urls+=(-o /dev/null "$url"); done
    curl -sS --max-time $((LONGEST / 1000 + 5)) --cacert "$DUBAN_CA" --cert "$DIR/$1/client.pem" --key "$DIR/$1/client.key" \
        -w '%{http_code} %{time_total}\n' "${urls[@]}" >"$STEP/http" || true
    while read -r code seconds; do
        [[ $code == 200 ]] || note "$1: $2: HTTP $code after $seconds s"
        sample "$1: $2" "$(awk_ "$seconds * 1000")"
    done < <(tail -n +2 "$STEP/http")
}
for who in unit leader office; do
    case $who in
    unit) login=b0001_contact home=b0001-contact ;;
    leader) login=leader_0001 home=leader-0001 ;;
    office) login=office home=office ;;
    esac
    while IFS='|' read -r label query; do asked "$who" "$label" "$query" "$login"; done < <(queries "$who")
    fetched "$home" 'GET /v1/due' '/v1/due?limit=100'
    fetched "$home" 'GET /v1/ledger' '/v1/ledger?limit=100'
    fetched "$home" 'GET /v1/tasks/b/1.1' /v1/tasks/b/1.1
    fetched "$home" 'GET /v1/me' /v1/me
done
publish
jq -r '.rows[] | select(.bar != null and .median > .bar) | "\(.name)\t\(.median) ms\t[\(.min)–\(.max)]"' "$OUT/read.json" | tee "$OUT/read-slow.txt" >&2
