#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Reporting rules where users see them: `duban rule test`, several owing units, starts per unit, windows that
# close, a rule past the calendar, a faulty rule, a corrected calendar, the last second of a day, wrong clocks.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW"
RULES=$SOURCE/conf/registry/rules.conf

# ---- rule test: dates worked by hand from the calendar of 2022 -------------------------------------------
# off: 3 Jan, 31 Jan–4 Feb, 4–5 Apr, 2–4 May, 3 Jun, 12 Sep, 3–7 Oct; worked: 29–30 Jan, 2 Apr, 24 Apr, 7 May, 8–9 Oct
operator --json rule test "$RULES" --from 2022-01-01 --to 2023-12-31 >"$W/dates" || bail "rule test"
due() { # RULE FROM TO: "period due" of each period that begins in between, Beijing time
    jq -r --arg r "$1" --arg a "$2" --arg b "$3" 'select(.rule == $r and .from >= $a and .from <= $b and (.skipped | not)) |
        "\(.period) \(.due | fromdateiso8601 + 28800 | strftime("%m-%d %H:%M"))"' "$W/dates" | paste -sd ';'
}
is "$(due weekly-tuesday 2022-03-28 2022-04-17)" "2022-W13 03-29 12:00;2022-W14 04-07 12:00;2022-W15 04-12 12:00" \
    "Tuesday 5 April is off: the second working day after it is Thursday 7 April"
is "$(due weekly-tuesday 2022-10-03 2022-10-03)" "2022-W40 10-09 12:00" "Tuesday 4 October is off: 8 and 9 October are worked, the second is Sunday the 9th"
is "$(due fortnightly-friday 2022-01-03 2022-02-10)" "2022-W01 01-14 17:30;2022-W03 01-28 17:30;2022-W05 02-11 17:30" \
    "every second week by its first: the last Friday of each"
is "$(due ten-days 2022-04-01 2022-04-30)" "2022-04-1 04-12 17:30;2022-04-2 04-22 17:30;2022-04-3 05-06 17:30" \
    "ten-day periods: 1 to 4 May are off, the second working day of May is the 6th"
is "$(due half-months 2022-01-16 2022-02-28)" "2022-01H2 01-30 17:30;2022-02H1 02-15 17:30;2022-02H2 02-28 17:30" \
    "half-months: the last working day of January 2022 is Sunday the 30th, worked for a holiday"
is "$(due monthly-28 2022-02-01 2022-02-28)" "2022-02 02-28 17:30" "the 28th"
is "$(due monthly-10 2022-08-01 2022-09-30)" "2022-08 09-13 17:30;2022-09 10-10 17:30" "Saturday 10 September, Monday the 12th off: Tuesday the 13th"
is "$(due month-end-5 2022-01-01 2022-01-31)" "2022-01 01-26 17:30" "fifth-last working day of January: 30, 29, 28, 27, 26"
is "$(due two-monthly 2022-01-01 2022-06-30)" "2022-01 02-28 17:30;2022-03 04-29 17:30;2022-05 06-30 17:30" \
    "every two months; Saturday 30 April is off, Friday the 29th"
is "$(due quarterly-20 2022-01-01 2022-12-31)" "2022Q2 07-20 17:30;2022Q3 10-20 17:30;2022Q4 01-20 17:30" "from the second quarter on"
is "$(due quarter-end-30 2022-01-01 2022-12-31)" "2022Q1 03-30 17:30;2022Q2 06-30 17:30;2022Q3 09-30 17:30;2022Q4 12-30 17:30" "the 30th of the last month"
is "$(due half-yearly 2022-01-01 2022-12-31)" "2022H1 07-01 17:30;2022H2 01-03 17:30" "1 and 2 January 2023 are off"
is "$(due yearly 2022-01-01 2023-12-31)" "2022 12-20 12:00;2023 12-15 17:30" "an exception has a day and a time of its own"
is "$(due daily 2022-09-30 2022-10-08)" "2022-09-30 09-30 12:00;2022-10-08 10-08 12:00" "daily: days off are left out"
is "$(jq -r 'select(.rule == "daily") | .period' "$W/dates" | wc -l)" 61 "… between its first and last day"
is "$(jq -r 'select(.rule == "quarterly-20" and .period == "2022Q2") | .cutoff' "$W/dates")" 2022-07-20T10:01:00Z "half an hour of grace: late from 18:01"
is "$(jq -r 'select(.rule == "quarter-end-30" and .period == "2022Q1") | .closes' "$W/dates")" 2022-04-14T09:31:00Z \
    "closes ten working days later: 31 Mar, 1, 2, 6, 7, 8, 11, 12, 13, 14 April"
run operator rule test "$RULES" --from 2022-04-01 --to 2022-04-30
is "$STATUS" 0 "for people"
like "$OUT" '2022-W14 .*2022-04-07 Thu 12:00.*moved from 2022-04-05 Tue, no working day' "… with weekday and reason"
like "$OUT" '2022-04 .*2022-04-28 Thu 17:30 .*17:31' "… and the first late minute"
run operator rule test quarterly --from 2028-01-01 --to 2028-12-31
like "$OUT" 'BEYOND THE LOADED CALENDAR' "a registered rule by its code, past the loaded calendar"
run operator rule test nosuch
is "$STATUS" 1 "an unknown rule"
cat >"$W/both.conf" <<'END'
calendar "x" { name = "x" source = "x" from = "2022-01-01" to = "2022-12-31" off = { "2022-04-06" } work = { } }
rule "fridays" { name = "五" cadence = "monthly" of = "this" weekday = 5 week = 5 time = "17:30" shift = "none" calendar = "x" zone = "Asia/Shanghai" }
rule "six" { name = "六" cadence = "monthly" of = "this" day = 6 time = "17:30" shift = "next" calendar = "x" zone = "Asia/Shanghai" }
END
run operator rule test "$W/both.conf" --from 2022-04-01 --to 2022-05-31
like "$OUT" 'the period has no such day' "May has no fifth Friday … April has"
like "$OUT" '2022-04-07 Thu.*moved from 2022-04-06 Wed' "a calendar of the same file counts before it is signed"
is "$(sql "select count(*) from duban.reporting_rule where code = 'six'")" 0 "nothing was set"
for bad in 'weekday = 5 day = 3 shift = "none"' 'day = 0 shift = "none"' 'day = 5 shift = "after"' 'every = 2 day = 5 shift = "none"' \
    'day = 5 shift = "none" asked = { "u001" }' 'working-day = 5 shift = "next"' 'day = 5'; do
    printf 'rule "bad" { name = "b" cadence = "monthly" of = "this" %s time = "17:30" calendar = "cn" zone = "Asia/Shanghai" }\n' "$bad" >"$W/bad.conf"
    run operator rule test "$W/bad.conf"
    is "$STATUS" 5 "refused: $bad"
done
printf 'rule "bad" { name = "b" cadence = "quarterly" of = "this" month = 4 day = 1 shift = "none" time = "17:30" calendar = "cn" zone = "Asia/Shanghai" }\n' >"$W/bad.conf"
run operator rule test "$W/bad.conf"
is "$STATUS" 1 "a quarter has three months"
run operator registry apply --yes "$W/bad.conf"
is "$STATUS" 1 "… also when it is signed"

# ---- rules in force --------------------------------------------------------------------------------------
cat >"$W/registry.conf" <<'END'
unit "u001" { name = "甲局" }
unit "u002" { name = "乙局" }
unit "u003" { name = "丙局" }
post "u001-contact" { name = "甲" role = "contact" unit = "u001" holder "甲" { } }
post "u002-contact" { name = "乙" role = "contact" unit = "u002" holder "乙" { } }
post "u003-contact" { name = "丙" role = "contact" unit = "u003" holder "丙" { } }
rule "leads" {
  name = "各牵头单位" cadence = "monthly" of = "this" day = 28 time = "17:30" shift = "none" owes = "leads" closes = 2
  start "u002" { from = "2022-05-01" }
  calendar = "cn" zone = "Asia/Shanghai"
}
rule "fifth-friday" { name = "第五个星期五" cadence = "monthly" of = "this" weekday = 5 week = 5 time = "17:30" shift = "none" calendar = "cn" zone = "Asia/Shanghai" }
END
run operator registry apply --yes "$W/registry.conf"
is "$STATUS" 0 "rules with owners, starts and windows are set"
run operator registry export
like "$OUT" 'start "u002" \{ from = "2022-05-01"' "… and written again"
plan() { # HANDLE RULE TO
    python3 - "$1" "$2" "$3" <<'P'
import json, sys
h, r, to = sys.argv[1:]
print(json.dumps({"plan": {"handle": h, "title": h, "from": "2022-04-01", "to": to, "rule": r, "source_sha256": "0" * 64, "tasks": [
    {"task": "1", "no": "1", "kind": "task", "text": "one", "leads": ["u001", "u002"], "units": ["u003"], "leaders": []},
    {"task": "2", "no": "2", "kind": "task", "text": "two", "leads": ["u003"], "leaders": []}]}}))
P
}
register() { # HANDLE RULE TO
    enrol op --operator
    envelope op office --kind plan --body "$(plan "$@")" >"$W/envelope" || bail "no envelope"
    submit op "$W/envelope"
    is "$(field "$BODY" '.outcomes[0].outcome')" registered "plan $1 by rule $2" || diag "$BODY"
}
made() { [[ $(curl -sS "$DUBAN_ADMIN_URL/readyz" | jq -c .pending_obligations) == 0 ]]; }
register pl leads 2022-12-31
register pf fifth-friday 2022-06-30
ok "obligations are made" eventually 30 made
owing() { sql "select coalesce(string_agg(unit, ' ' order by unit), '-') from duban.obligation where task = '$1' and period = '$2'"; }
is "$(owing pl/1 2022-04)" u001 "April: the second lead starts in May"
is "$(owing pl/1 2022-05)" "u001 u002" "May: every lead owes"
paged() { # the due list of everybody, one item a page
    local n=0 cursor=''
    while http op "/v1/due?limit=1${cursor:+&cursor=$cursor}" && ((n < 100)); do
        n=$((n + $(jq '.items | length' <<<"$BODY")))
        cursor=$(jq -r '.next // empty | @uri' <<<"$BODY")
        [[ -n $cursor ]] || break
    done
    echo "$n"
}
is "$(sql "select string_agg(to_char(opens at time zone 'Asia/Shanghai', 'MM-DD HH24:MI'), ' ' order by unit) from duban.obligation where task = 'pl/1' and period = '2022-05'")" \
    "04-28 17:31 05-01 00:00" "… each from its own beginning"
is "$(sql "select string_agg(period, ' ' order by period) from duban.plan_period where plan = 'pf'")" "2022-04" "only April has a fifth Friday"
like "$(sql "select string_agg(plan || ' ' || period || ' ' || why, '; ' order by period) from duban.v_rule_fault")" 'pf 2022-05 the period has no such day; pf 2022-06' "… the others are faults"
run operator due
like "$ERR" 'plan pf: rule fifth-friday@[0-9]+ makes no obligation \(period 2022-05\)' "duban due tells the operator"
like "$(cat "$I/log/duband.log")" 'plan pf: rule fifth-friday@[0-9]+ makes nothing for 2022-05' "the log too"
for u in u001 u002 u003; do enrol "$u" --unit "$u"; done
run as u002 report pl/1 --period 2022-04 --status on-track
like "$OUT" 'not owed' "before its start a unit gets no verdict"
run as u001 report pl/1 --period 2022-04 --status on-track --text 牵头单位的话
like "$OUT" 'on time' "the accountable lead reports"
clock 2022-04-28T17:31:00+08:00
is "$(sql "select string_agg(unit, ' ') from duban.verdict where period = '2022-04' and silence and task like 'pl/%'")" u003 "silence: only who owed"
clock 2022-05-05T17:29:00+08:00
run as u003 report pl/2 --period 2022-04 --status on-track
like "$OUT" late "until two working days later (29 April, 5 May) a first report is late"
run as u002 report pl/1 --period 2022-05 --status at-risk --text 另一牵头单位的话
like "$OUT" 'on time' "the second lead has a verdict of its own"
is "$(sql "select s.entry = r.entry from duban.task_state s join duban.report r on r.task = s.task and r.unit = 'u001' where s.task = 'pl/1'")" t \
    "… but the task's newest text is the accountable unit's"
http op "/v1/due?limit=1000"
is "$(paged)" "$(jq '.items | length' <<<"$BODY")" "page by page nothing is lost where two units owe the same"
clock 2022-05-28T17:31:00+08:00
is "$(sql "select string_agg(unit || verdict, ' ' order by unit, verdict) from duban.verdict where task = 'pl/1' and period = '2022-05'")" "u0013 u0021" "May: one on time, one missing"
clock 2022-05-31T17:31:00+08:00
run as u001 report pl/1 --period 2022-05 --status on-track
like "$OUT" 'not owed' "the window has closed (30, 31 May): kept, without a verdict"
is "$(sql "select count(*) from duban.verdict where task = 'pl/1' and period = '2022-05' and unit = 'u001' and not silence")" 0 "… missing stays alone"

# ---- the last second of a day, and clocks that are wrong -------------------------------------------------
cat >"$W/midnight.conf" <<'END'
rule "midnight" { name = "当日" cadence = "daily" from = "2022-06-01" of = "this" day = 1 time = "23:59" shift = "none" calendar = "cn" zone = "Asia/Shanghai" }
END
run operator registry apply --yes "$W/midnight.conf"
register pm midnight 2022-06-10
ok "made" eventually 30 made
clock 2022-06-01T23:59:30+08:00
run as u001 --json due
is "$(jq -r 'select(.task == "pm/1" and .period == "2022-06-01") | .state' <<<"$OUT")" open "due today is still open in its last minute"
envelope u001 u001 --set 'iat="2024-06-01T00:00:00Z"' --body "$(reports '{"task":"pm/1","period":"2022-06-01","status":"on-track"}')" >"$W/envelope"
submit u001 "$W/envelope"
is "$(field "$BODY" '.outcomes[0].outcome')" on-time "a client clock two years ahead decides nothing" || diag "$BODY"
is "$(sql "select iat_flagged from duban.v_report where task = 'pm/1' and period = '2022-06-01'")" t "… and is flagged"
clock 2022-06-02T00:00:00+08:00
run as u003 --json due
is "$(jq -r 'select(.task == "pm/2" and .period == "2022-06-01") | .state' <<<"$OUT")" overdue "at midnight it is overdue"
envelope u003 u003 --set 'iat="2020-06-01T00:00:00Z"' --body "$(reports '{"task":"pm/2","period":"2022-06-01","status":"on-track"}')" >"$W/envelope"
submit u003 "$W/envelope"
is "$(field "$BODY" '.outcomes[0].outcome')" late "a client clock two years behind helps nobody"

# ---- a corrected calendar ---------------------------------------------------------------------------------
sed -n '/^calendar "cn"/,/^}/p' "$SOURCE/conf/registry/standard.conf" | sed 's/"2022-06-03",/"2022-06-03", "2022-06-02",/' >"$W/cn.conf"
cat >"$W/june.conf" <<'END'
rule "june" { name = "六月" cadence = "monthly" of = "this" working-day = 2 time = "17:30" calendar = "cn" zone = "Asia/Shanghai" }
END
run operator registry apply --yes "$W/june.conf"
register pj june 2022-12-31
clock 2022-06-02T17:31:00+08:00
is "$(sql "select string_agg(task, ' ' order by task) from duban.verdict where period = '2022-06' and silence and task like 'pj/%'")" "pj/1 pj/2" "due on 2 June: silence"
run as u001 report pj/1 --period 2022-06 --status on-track
like "$OUT" late "a report an hour later is late"
run operator registry apply --yes "$W/cn.conf"
is "$STATUS" 0 "2 June is declared a day off after the fact"
# 1 June is the first working day, 2 and 3 June are off now, 4 and 5 a weekend: the second is Monday 6 June
is "$(sql "select string_agg(task || ' ' || first || ' ' || second, '; ' order by task, first) from duban.v_second_verdict where plan = 'pj'")" \
    "pj/1 late on-time; pj/1 missing not-missing; pj/2 missing open" "the second verdicts stand beside the first"
is "$(sql "select string_agg(verdict::text, ' ' order by verdict) from duban.verdict where task = 'pj/1' and period = '2022-06'")" "2 3" "… which nothing changes"
run as u001 history pj/1
like "$OUT" 'second|calendar' "the history shows it"
http u001 "/v1/statements/$(sql "select encode(s.key, 'hex') || '/' || s.seq from duban.report r join duban.statement s using (entry) where r.task = 'pj/1'")"
is "$(field "$BODY" '.outcomes[0].outcome + " " + .outcomes[0].second')" "late on-time" "so does the receipt, when it is asked for again"
clock 2022-06-06T17:00:00+08:00
run as u003 report pj/2 --period 2022-06 --status on-track
like "$OUT" late "before the corrected cut-off a report is late by the rule under which the period opened …"
is "$(sql "select string_agg(first || ' ' || second, '; ' order by first) from duban.v_second_verdict where task = 'pj/2'")" "late on-time; missing not-missing" "… and on time by the corrected calendar"

# ---- past the calendar, and replay ------------------------------------------------------------------------
register pz quarterly 2027-12-31
clock 2026-10-15T00:00:00+08:00
ok "everything is made" eventually 60 made
run operator due
like "$ERR" 'plan pz: rule quarterly@0 runs past the loaded calendar cn@[0-9]+: 2026Q4' "duban due warns of a rule past the loaded calendar"
like "$(cat "$I/log/duband.log")" 'plan pz: period 2026Q4 is due outside the loaded calendar' "… and the log"
quiet() { [[ $(curl -sS "$DUBAN_ADMIN_URL/readyz" | jq -c '[.pending_alerts, .pending_obligations]') == '[0,0]' ]]; }
ok "everything is raised" eventually 120 quiet
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
is "$STATUS" 0 "rebuilt from the log alone, the ledger is the same" || diag "$(head -n 30 <<<"$OUT$ERR")"
done_testing
