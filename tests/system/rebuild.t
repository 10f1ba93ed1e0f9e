#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The ledger is a function of the log: after a lively history duband rebuild --compare finds the same rows
# from the log alone; a row changed by somebody with all rights is named.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
for u in u001 u002 u003; do enrol "$u" --unit "$u"; done
enrol u005 --unit u005 --alg ed25519
enrol office --post office
T1=$(led_task u001) T2=$(led_task u002) T5=$(led_task u005) pids=()
must() { # COMMAND...: part of the history; it has to work
    run "$@"
    ((STATUS == 0)) || bail "history: $*: $OUT$ERR"
}

# ---- a lively history ----------------------------------------------------------------------------------
must as u001 report "$T1" --period 2022Q1 --status on-track --progress 10 --text '第一季度 “正常”'
must as u001 report "$T1" --period 2022Q1 --status at-risk --progress 20 --risk 资金 --next 督促 --next-by 2022-05-01
must as u005 report "$T5" --period 2022Q1 --status "done" --progress 100
post u001 u001 --body "$(reports '{"task":"p1/99999","period":"2022Q1","status":"done"}')"
is "$(field "$BODY" '.outcomes[0].outcome')" refused "history: a statement with nothing but a refused report"
post u001 u001 --body "$(reports '{"task":"no such","status":"fine","progress":101}' "{\"task\":\"$(led_task u001 2)\",\"period\":\"2022Q1\",\"status\":\"blocked\",\"values\":[{\"name\":\"x\",\"value\":\"5.5\"}]}")"
is "$(field "$BODY" '.outcomes[1].outcome')" on-time "history: a good report beside a bad one"
part=$(sql "select task from duban.assignment where code = 'u001' and role <> 'lead' and not roster order by task limit 1")
must as u001 report "$part" --period 2022Q1 --status on-track
like "$OUT" 'not owed' "history: a report of one who only takes part"
for n in 1 2 3 4 5 6; do # several at once: batches
    for u in u001 u002 u003 u005; do
        background as "$u" report "$(led_task "$u" 2)" --period 2022Q1 --status on-track --progress "$n" >/dev/null
        pids+=("$BACKGROUND")
    done
    wait "${pids[@]}"
done
clock 2022-04-08T17:31:00+08:00
must as u002 report "$T2" --period 2022Q1 --status on-track --progress 50
like "$OUT" late "history: a late report"
must as office ack "$(sql "select min(alert) from duban.alert where post = 'office' and level = 1")" --comment 已知悉
must as u003 ack "$(sql "select min(alert) from duban.alert where post in ('u003-contact', 'u003-head') and level = 1")"
clock +2d
cat >"$W/change.conf" <<'END'
unit "u003" { name = "改名后的单位" alias "旧名" { from = "2019-01-01" } }
rule "monthly" { name = "月报" cadence = "monthly" of = "next" day = 5 time = "17:00" shift = "next" calendar = "cn" zone = "Asia/Shanghai" }
post "u003-contact" { name = "联络员" role = "contact" unit = "u003" holder "新人" { from = "2022-01-01" } }
contact "u003-contact" { name = "新人" phone = "555-9999" }
END
must operator registry apply --yes "$W/change.conf"
sed -n '1,60p' "$SAMPLE" >"$W/second.txt"
must duban-local start "$I" --plan "$W/second.txt=p2"
key=$(openssl pkey -in "$W/u005/sign.key" -pubout -outform DER | sha256sum | cut -c 1-64)
spki=$(openssl pkey -in "$W/u005/sign.key" -pubout -outform DER | base64 -w 0)
printf 'key "%s" { spki = "%s" alg = "ed25519" for = "u005" revoked = "lost" }\n' "$key" "$spki" >"$W/revoke.conf"
must operator registry apply --yes "$W/revoke.conf"
clock 2022-07-08T18:00:00+08:00
must as u001 report "$T1" --period 2022Q2 --status "done" --progress 100
clock +20d
must as u002 report "$T2" --period 2022Q2 --status on-track
like "$OUT" late "history: another late report"
quiet() { [[ $(curl -sS "$DUBAN_ADMIN_URL/readyz" | jq -c '[.pending_alerts, .pending_obligations]') == '[0,0]' ]]; }
ok "history: everything is raised and made" eventually 60 quiet
diag "$(entries) entries: $(sql "select string_agg(k || ' ' || n, ', ') from (select split_part(split_part(convert_from(entry, 'UTF8'), E'\n', 2), ' ', 2) k, count(*) n from duban.log_entry group by 1) x")"

# ---- the same rows again --------------------------------------------------------------------------------
rebuild() {
    super 'drop database if exists duban_rebuild' >/dev/null 2>&1
    super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
    run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
}
rebuild
is "$STATUS" 0 "rebuilt from the log alone, the ledger has the same rows" || diag "$(head -n 40 <<<"$OUT$ERR")"
diag "$(tail -n 2 <<<"$OUT")"
like "$OUT" ' 0 differences' "… it says so"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
isnt "$STATUS" 0 "it refuses a database that holds something"
is "$(sql 'select count(*) from duban.log_entry')" "$(sql 'select count(*) from duban.log_entry' -d duban_rebuild)" "… and leaves it alone"

# ---- somebody changes a row -------------------------------------------------------------------------------
duban-local stop "$I" >/dev/null || bail "stop"
duban-local start "$I" >/dev/null || bail "start"
change() { # TABLE CHANGE: of one row; the table is kept for put_back
    super "create table if not exists public.${1#duban.} as select * from $1" >/dev/null 2>&1
    run super "set session_replication_role = replica; with x as ($2 returning 1) select count(*) from x" # no older version is kept of it
    is "$OUT" 1 "one row: ${2:0:70}" || diag "$ERR"
}
put_back() { # TABLE...
    local table
    for table in "$@"; do
        super "begin; set local session_replication_role = replica; delete from $table; insert into $table select * from public.${table#duban.}; drop table public.${table#duban.}; commit" >/dev/null ||
            bail "$table was not put back"
    done
}
changed() { # REGEX TABLE CHANGE: rebuild stops there and names it
    change "$2" "$3"
    rebuild
    ok "… noticed" test "$STATUS" != 0
    like "$OUT$ERR" "$1" "… and named"
    put_back "$2"
}
TABLES=() NAMED=()
ledger() { # REGEX TABLE CHANGE: of those that are looked at together
    NAMED+=("$1")
    TABLES+=("$2")
    change "$2" "$3"
}
S=$(sql "select s.entry from duban.statement s join duban.signing_key k on k.id = s.key_id where k.code = 'u001' order by 1 limit 1")
ledger "task_state .*$T1" duban.task_state "update duban.task_state set progress = 99 where task = '$T1'"
ledger "verdict .*$T2,2022Q1" duban.verdict "update duban.verdict set verdict = 1 where task = '$T2' and period = '2022Q1' and verdict = 2"
ledger "closing" duban.closing "delete from duban.closing where event = (select min(event) from duban.closing)"
ledger "report .*$S," duban.report "update duban.report set progress = 11 where entry = $S"
ledger "obligation .*$T1,2022Q3" duban.obligation "update duban.obligation set due = due + interval '1 day' where task = '$T1' and period = '2022Q3'"
ledger "alert .*office" duban.alert "delete from duban.alert where alert = (select min(alert) from duban.alert where post = 'office')"
ledger "acknowledgement" duban.acknowledgement "update duban.acknowledgement set comment = 'x' where ctid = (select min(ctid) from duban.acknowledgement where comment is not null)"
ledger "unit .*u001" duban.unit "update duban.unit set name = 'x' where code = 'u001'"
ledger "signing_key" duban.signing_key "update duban.signing_key set revoked = null where key = '\\x$key'"
ledger "log_lock" duban.log_lock "update duban.log_lock set clock_offset = clock_offset + interval '1 second'"
rebuild
ok "${#TABLES[@]} rows of the ledger were changed: noticed" test "$STATUS" != 0
for i in "${!NAMED[@]}"; do
    like "$OUT" "^[-+] ${NAMED[$i]}" "… and named: ${TABLES[$i]}"
done
put_back "${TABLES[@]}"
changed "entry ${S}[: ]" duban.log_entry "update duban.log_entry set entry = convert_to(replace(convert_from(entry, 'UTF8'), 'received 2022-04-02', 'received 2022-04-01'), 'UTF8') where index = $S"
changed "entry ${S}[: ]" duban.statement "update duban.statement set payload = convert_to(replace(convert_from(payload, 'UTF8'), 'on-track', 'at-risk'), 'UTF8') where entry = $S"
changed "entry ${S}[: ]" duban.statement "update duban.statement set signature = set_byte(signature, 20, get_byte(signature, 20) # 1) where entry = $S"
changed "entry ${S}[: ]" duban.log_entry "delete from duban.log_entry where index = $S"
rebuild
is "$STATUS" 0 "put back: the same rows again" || diag "$(head -n 20 <<<"$OUT$ERR")"
stop_clean
done_testing
