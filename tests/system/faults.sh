# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# For tests that break things under load: clients that report without end through their outbox, and the
# question whether anything that was acknowledged got lost. Sourced after lib.sh.
. "$SYSTEM/hostile.sh"
LOADS=() LOADED=()

load_start() { # UNIT...: enrols them; each reports until load_end
    local u
    for u in "$@"; do
        enrol "$u" --unit "$u"
        LOADED+=("$u")
        load_one "$u" "$(led_task "$u")" &
        LOADS+=($!)
        CHILDREN+=($!)
    done
    ok "load runs" progress
}
load_one() { # UNIT TASK: a statement kept in the outbox (exit 3) is no fault, anything else is
    local n=0 status
    while [[ ! -e $W/stop ]]; do
        status=0
        timeout -k 1 60 duban --home "$W/$1" --lang en report "$2" --period 2022Q1 --status on-track --progress $((n % 100)) \
            >/dev/null 2>"$W/$1.err" || status=$?
        echo "$status" >>"$W/$1.status"
        ((status == 0 || status == 3)) || cp "$W/$1.err" "$W/$1.bad"
        ((++n))
        ((status == 0)) || sleep 0.3
    done
}
receipts() { find "$W/$1/receipts" -name '*.tlog-proof' 2>/dev/null | wc -l; }
progress() { # every client gets three more receipts within 45 seconds
    local u before=()
    for u in "${LOADED[@]}"; do before+=("$(receipts "$u")"); done
    eventually 45 moved "${before[@]}"
}
moved() { # COUNT...: each client has more receipts than that
    local u
    for u in "${LOADED[@]}"; do
        (($(receipts "$u") > $1 + 2)) || return 1
        shift
    done
}
ready() { [[ $(curl -s --noproxy '*' -m 5 -o /dev/null -w '%{http_code}' "$DUBAN_ADMIN_URL/readyz") == "${1:-200}" ]]; }

acknowledged() { # every entry that a receipt holds is in the log at its place, byte for byte
    local u
    for u in "${LOADED[@]}"; do
        find "$W/$u/receipts" -name '*.tlog-proof' -exec awk 'FNR == 2 { e = substr($0, 7) } FNR == 3 { print substr($0, 7) "\t" e }' {} +
    done >"$W/acknowledged"
    {
        echo "create temp table a (index bigint, entry text);"
        echo "copy a from stdin;"
        cat "$W/acknowledged"
        echo '\.'
        echo "select count(*), count(e.index) from a left join duban.log_entry e on e.index = a.index and translate(encode(e.entry, 'base64'), E'\n', '') = a.entry;"
    } | psql -XqAt -v ON_ERROR_STOP=1 -h "$DUBAN_PGHOST" -p "$DUBAN_PGPORT" -d "$DUBAN_PGDATABASE" -U postgres
}
load_end() { # the outboxes drain; nothing is lost, nothing is twice
    local u stored counts
    touch "$W/stop"
    wait "${LOADS[@]}" 2>/dev/null
    for u in "${LOADED[@]}"; do
        drained() { as "$u" flush >/dev/null 2>"$W/flush.err"; }
        ok "$u: the outbox drains" eventually 30 drained || diag "$(<"$W/flush.err")"
        is "$(find "$W/$u/outbox" -name '*.dsse.json' | wc -l)" 0 "$u: … it is empty"
        like "$(sort -u "$W/$u.status" | tr '\n' ' ')" '^(0 )?(3 )?$' "$u: each was acknowledged or kept, never refused" ||
            diag "$(cat "$W/$u.bad" 2>/dev/null)"
        stored=$(sql "select count(*) || ' ' || coalesce(max(seq), 0) from duban.statement s join duban.signing_key k on k.id = s.key_id where k.code = '$u'")
        is "$stored" "$(receipts "$u") $(wc -l <"$W/$u.status")" "$u: as many receipts as statements, without a gap"
        run as "$u" receipts verify
        is "$STATUS" 0 "$u: duban verifies every receipt" || diag "$(tail -n 3 <<<"$OUT$ERR")"
        judge_receipts "$W/$u/receipts" "$u: so does x/mod"
    done
    counts=$(acknowledged)
    is "${counts%%|*}" "${counts##*|}" "every acknowledged entry is in the log ($counts)"
    is "$(sql 'select count(*) = max(index) + 1 from duban.log_entry')" t "the log has no gap"
    is "$(sql 'select count(*) from (select 1 from duban.statement group by key, seq having count(*) > 1) x')" 0 "no place is taken twice"
    is "$(sql 'select count(*) from duban.missing_verdicts')" 0 "no verdict is missing"
}
