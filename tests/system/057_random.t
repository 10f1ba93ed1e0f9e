#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Random statements of many kinds in random order by random keys, with the clock moving between them: nothing
# breaks, nothing is missing, and a rebuild from the log gives the same rows. SEED=n STEPS=n repeats a run.
. "$(dirname "$0")/lib.sh"
SEED=${SEED:-$RANDOM} STEPS=${STEPS:-80}
instance_start --now "$NOW" --plan "$SAMPLE"
cd "$W" || bail "no work directory"
run operator plan register --handle p2 --from 2022-01-01 --to 2022-12-31 --countersign --yes "$SAMPLE"
is "$STATUS" 0 "a second plan, whose reports the heads countersign"
RANDOM=$SEED
mapfile -t units < <(sql "select accountable from duban.task where accountable is not null and plan = 'p1' group by 1 order by count(*) desc, 1 limit 3")
for unit in "${units[@]}"; do
    enrol "$unit" --unit "$unit"
    enrol "$unit-head" --post "$unit-head"
done
leader=$(sql "select l.code from duban.task_leader l join duban.task t on t.name = l.task join duban.post p on p.code = l.code
               where t.accountable = '${units[0]}' order by 1 limit 1")
enrol office --post office
enrol "$leader" --post "$leader"
mapfile -t tasks < <(sql "select name from (select name, row_number() over (partition by accountable, plan order by ordinal) as n, ordinal from duban.task
                           where accountable in ('${units[0]}', '${units[1]}', '${units[2]}') and not continuous) x where n <= 2 order by name")
who=("${units[@]}" "${units[@]/%/-head}" office "$leader")
statuses=(not-started on-track at-risk blocked "done" "done")
echo 证据 >"$W/file.txt"

pick() { # ITEM...: one of them, in $P
    P=${!#}
    (($# == 0)) || { local n=$((RANDOM % $# + 1)); P=${!n}; }
}
day() { date -d "$(sql 'select duban.day(duban.now())') + $1 days" +%F; }

mostly() { # NAME: that one three times out of four, else anybody
    by=$1
    ((RANDOM % 4)) || { pick "${who[@]}" && by=$P; }
}
some() { # FROM-AND-WHERE: one object of a view, or a name that nothing has
    local n
    n=$(sql "select count(*) from $1")
    ((n)) && sql "select object from (select * from $1) x order by object offset $((RANDOM % n)) limit 1" || echo 1.0
}

declare -A DONE=()
step() {
    local task period by owner
    pick "${tasks[@]}" && task=$P
    owner=$(sql "select accountable from duban.task where name = '$task'")
    period=$(sql "select coalesce((select period from duban.v_due where task = '$task' and kind <> 'completion' and state in ('open', 'overdue', 'returned')
        order by due desc offset $((RANDOM % 2)) limit 1), '2022Q$((RANDOM % 4 + 1))')")
    case $((RANDOM % 16)) in
    0 | 1 | 2 | 3)
        mostly "$owner"
        pick "${statuses[@]}"
        run as "$by" report "$task" --period "$period" --status "$P" --progress $((RANDOM % 101)) --text "第$STEP步"
        ;;
    4) mostly office && run as "$by" review --accept "$(some '(select report as object from duban.v_review_due) y')" ;;
    5 | 6) mostly office && run as "$by" review --return "$(some '(select report as object from duban.v_review_due) y')" --reason 复核 ;;
    7) mostly "$owner-head" && run as "$by" countersign "$(some "(select waiting as object from duban.v_due where waiting is not null) y")" ;;
    8) mostly "$owner" && run as "$by" extend "$task" --until "$(day $((RANDOM % 90 + 200)))" --reason 汛期 --progress 10 ;;
    9) mostly "$owner" && run as "$by" extend "$task" --period "$period" --until "$(day $((RANDOM % 40 + 60)))" --reason 汛期 --progress 10 ;;
    10 | 11)
        pick --grant --grant --refuse
        mostly office && run as "$by" extend "$P" --reason 意见 "$(some "(select request as object from duban.v_request where kind = 'extension') y")"
        ;;
    12)
        run as "$owner" report "$task" --period "$period" --status "done" --text "第$STEP步"
        run as "$owner" close "$task" --text 办结 --evidence "$W/file.txt"
        ;;
    13)
        pick --grant --refuse
        mostly office && run as "$by" close "$P" --reason 意见 "$(some "(select request as object from duban.v_request where kind = 'closure') y")"
        ;;
    14)
        if ((RANDOM % 2)); then
            mostly office && run as "$by" close --reopen --reason 反弹 "$(sql "select coalesce((select name from duban.task where closed is not null order by name limit 1), '$task')")"
        else
            run as office record "$task" --for "$owner" --period "$period" --status on-track --source phone --received-on 2022-04-01 --text "代录$STEP"
        fi
        ;;
    15)
        STATUS=0
        duban-local clock "$I" "+$((RANDOM % 12 + 1))d" >/dev/null 2>&1 || STATUS=99
        ;;
    esac
    ((++DONE[$STATUS]))
    # refused is an answer, and so is a wrong call (nothing to name yet); anything else is a fault
    ((STATUS <= 2)) || diag "step $STEP: status $STATUS: $OUT$ERR"
    ! grep -q 'could not record\|internal' <<<"$OUT$ERR" || diag "step $STEP: $OUT$ERR"
    ((STATUS <= 2)) && ! grep -q 'could not record\|internal' <<<"$OUT$ERR"
}
diag "SEED=$SEED STEPS=$STEPS"
bad=0
for ((STEP = 1; STEP <= STEPS; STEP++)); do
    step || ((++bad))
done
is "$bad" 0 "$STEPS random statements (SEED=$SEED): each is taken or refused with a reason"
ok "some were taken, some refused" test "${DONE[0]:-0}" -gt 15
duban-local clock "$I" +40d >/dev/null
diag "$(sql "select string_agg(kind || ' ' || n, ', ' order by kind) from (select substring(s.payload_type from 'duban.([a-z]+)') || ' ' || a.outcome as kind, count(*) as n
    from duban.statement s join duban.act a on a.entry = s.entry where s.payload_type !~ 'registry|plan' group by 1) x")"
is "$(sql 'select count(*) from duban.missing_verdicts')" 0 "no verdict is missing"
is "$(sql 'select count(*) from duban.missing_alerts')" 0 "no alert is missing"
is "$(sql 'select count(*) from duban.orphans')" 0 "nothing hangs loose"
is "$(sql 'select count(*) from duban.verdict v where v.silence and exists (select from duban.verdict x where x.task = v.task and x.period = v.period and x.unit = v.unit and not x.silence and x.received < v.received)')" 0 \
    "nothing was declared missing after it had come"
for name in "${who[@]}"; do
    [[ -d $W/$name/receipts ]] || continue
    run as "$name" receipts verify
    is "$STATUS" 0 "every receipt of $name verifies"
done
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
is "$STATUS" 0 "a rebuild from the log gives the same rows" || diag "$(head -n 20 <<<"$OUT$ERR")"
done_testing
