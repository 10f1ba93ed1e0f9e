#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A history of 500 entries: at each of them, every view as of it equals a ledger that was made again from the
# log up to it and knows nothing later (duband rebuild --past). The views are taken from the catalogue, so one
# that is added is tested too.
. "$(dirname "$0")/lib.sh"
sed -n '1,/^4\. /p' "$SAMPLE" >"$W/plan.txt"
instance_start --now "$NOW" --plan "$W/plan.txt"
mapfile -t units < <(sql "select distinct accountable from duban.task where accountable is not null order by 1")
for u in "${units[@]}"; do enrol "$u" --unit "$u"; done
enrol office --post office
enrol leader-01 --post leader-01
rebuild() { # OPTIONS...
    super 'drop database if exists duban_rebuild' >/dev/null 2>&1
    super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
    run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild "$@" --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
}
must() { # COMMAND...: part of the history; it has to work
    run "$@"
    ((STATUS == 0)) || bail "history: $*: $OUT$ERR"
}

# ---- the history --------------------------------------------------------------------------------------------
must operator registry apply --yes "$SOURCE/conf/lights/yinchuan.conf"
must operator registry apply --yes "$SOURCE/conf/lights/sanya.conf"
report() { # TASK PERIOD OPTIONS...: by its lead
    local unit
    unit=$(sql "select accountable from duban.task where name = '$1'")
    must as "$unit" report "$1" --period "$2" "${@:3}"
}
mapfile -t tasks < <(sql "select name from duban.task where accountable is not null order by plan, ordinal")
report "${tasks[0]}" 2022Q1 --status on-track --progress 20 --text 一
report "${tasks[0]}" 2022Q1 --status at-risk --progress 21 --risk 资金
last=$(sql "select entry || '.' || ord from duban.report where task = '${tasks[0]}' order by entry desc limit 1")
post office office --kind review --body "{\"reviews\":[{\"report\":\"$last\",\"decision\":\"return\",\"reason\":\"没有数据\",\"due\":\"2022-04-20\"}]}"
is "$(field "$BODY" '.outcomes[0].outcome')" returned "history: a return" || diag "$BODY"
clock 2022-04-08T17:31:00+08:00
report "${tasks[1]}" 2022Q1 --status on-track --progress 10
report "${tasks[0]}" 2022Q1 --status on-track --progress 25 --text 补
must as office ack "$(sql "select min(alert) from duban.alert where post = 'office' and level = 1")" --comment 已知悉
clock 2022-04-14T09:00:00+08:00
cat >"$W/change.conf" <<'END'
unit "u001" { name = "改名后的单位" alias "旧名" { to = "2022-04-13" } }
rule "quarterly" { name = "季度报送" cadence = "quarterly" of = "next" working-day = 7 time = "12:00" shift = "none" calendar = "cn" zone = "Asia/Shanghai" }
END
must operator registry apply --yes "$W/change.conf"
unit=$(sql "select accountable from duban.task where name = '${tasks[2]}'")
post "$unit" "$unit" --kind extension --body "{\"requests\":[{\"task\":\"${tasks[2]}\",\"until\":\"2023-01-20\",\"reason\":\"汛期\",\"progress\":40}]}"
is "$(field "$BODY" '.outcomes[0].outcome')" asked "history: an extension asked" || diag "$BODY"
entry=$(sql "select entry || '.' || ord from duban.extension limit 1")
post office office --kind extension --body "{\"decisions\":[{\"request\":\"$entry\",\"decision\":\"grant\",\"reason\":\"同意\"}]}"
is "$(field "$BODY" '.outcomes[0].outcome')" granted "history: … and granted" || diag "$BODY"
for period in 2022Q2 2022Q3; do
    case $period in 2022Q2) clock 2022-07-05T09:00:00+08:00 ;; *) clock 2022-10-10T09:00:00+08:00 ;; esac
    for n in 0 1 2; do report "${tasks[$n]}" $period --status on-track --progress $((30 + n)); done
    case $period in 2022Q2) clock 2022-07-20T09:00:00+08:00 ;; *) clock 2022-10-25T09:00:00+08:00 ;; esac
    report "${tasks[3]}" $period --status blocked --risk 受阻
done
report "${tasks[1]}" 2022Q4 --status "done" --progress 100
clock 2023-02-20T09:00:00+08:00
n=0 # up to 500: reports of everything again and again
while (($(entries) < 500 && ++n < 400)); do
    report "${tasks[$((n % ${#tasks[@]}))]}" 2022Q4 --status on-track --progress $((n % 100))
done
diag "$(entries) entries of ${#tasks[@]} tasks; $(sql "select string_agg(k || ' ' || n, ', ') from (select split_part(split_part(convert_from(entry, 'UTF8'), E'\n', 2), ' ', 2) k, count(*) n from duban.log_entry group by 1) x")"
ok "a history of 500 entries" test "$(entries)" -ge 500

# ---- at every entry --------------------------------------------------------------------------------------------
rebuild --past
is "$STATUS" 0 "every view as of every entry equals the ledger rebuilt up to it" || diag "$(head -n 30 <<<"$OUT$ERR")"
views=$(sql "select count(*) from pg_class where relnamespace = 'duban'::regnamespace and relkind = 'v'")
like "$OUT" ", 0 differences" "it says so: $(grep 'views compared' <<<"$OUT")"
compared=$(sed -n 's/^\([0-9]*\) views compared.*/\1/p' <<<"$OUT")
ok "… having looked at all of the $views views again and again" test "${compared:-0}" -ge $((views * 300))

# ---- stopped at one ---------------------------------------------------------------------------------------------
stop=$(sql "select entry from duban.verdict where period = '2022Q2' order by entry limit 1")
rebuild --until "$stop"
is "$STATUS" 0 "rebuild --until" || diag "$OUT$ERR"
digest() { sql "$1select md5(string_agg(x::text, E'\n' order by x::text collate \"C\")) from $2 x" "${@:3}"; }
is "$(digest '' duban.v_ledger -d duban_rebuild)" "$(digest "set duban.as_of = '$stop'; " duban_asof.v_ledger)" "the ledger there is the one as of the entry"
is "$(sql 'select count(*) from duban.log_entry' -d duban_rebuild)" $((stop + 1)) "the log there ends with the entry"
is "$(sql 'select duban.now()' -d duban_rebuild)" "$(sql "select duban.received_of($stop)")" "its clock stands still"
rebuild --until x
isnt "$STATUS" 0 "--until takes a number"
rebuild --until 3 --compare
isnt "$STATUS" 0 "--compare needs the whole log"

# ---- somebody changes an older version ------------------------------------------------------------------------------
super "update duban.unit_past set name = 'x' where code = 'u001'" >/dev/null || bail "no older version"
rebuild --past --until "$stop"
isnt "$STATUS" 0 "an older version that was changed is noticed"
like "$OUT" 'entry [0-9]+, v_' "… and named: $(grep -m 1 '^entry' <<<"$OUT")"
done_testing
