#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Rule arithmetic: thousands of random rules with random calendars, the SQL against an independent reading of
# docs/rules.md in Python. SEED repeats a run; RULES says how many (2000).
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || skip_all "python3 is not installed"
SEED=${SEED:-$RANDOM} RULES=${RULES:-2000}
diag "SEED=$SEED"
PGHOST_=$(mktemp -d "$W/sql.XXXXXX")
chmod 755 "$W"
SOCKET=$(cd "$SOURCE" && tests/cluster.sh start "$PGHOST_") || bail "no cluster"
stop() { (cd "$SOURCE" && tests/cluster.sh stop "$PGHOST_"); }
trap 'stop; cleanup' EXIT
q() { psql -XqAt -v ON_ERROR_STOP=1 -h "$SOCKET" -U postgres -d duban_template "$@"; }
python3 "$SYSTEM/rule_dates.py" make "$SEED" "$RULES" >"$W/rules" || bail "no rules"
python3 "$SYSTEM/rule_dates.py" dates <"$W/rules" >"$W/python" || bail "no dates"
cat >"$W/ask.sql" <<'END'
create temp table asked (n int generated always as identity, rule text, calendar text, a text, b text);
\copy asked (rule, calendar, a, b) from pstdin with (format csv, delimiter E'\t', quote E'\b')
-- a zone that a rule names already is not looked up in the system's files again
insert into duban.reporting_rule (code, entry, name, cadence, of, day, at, calendar, zone)
values ('known', 0, 'x', 'daily', 'this', 1, '10:00', 'x', 'Asia/Shanghai') on conflict do nothing;
select coalesce((select string_agg(concat_ws(' ', x.item ->> 'period', coalesce(x.item ->> 'due', '-'), coalesce(x.item ->> 'cutoff', '-'), coalesce(x.item ->> 'closes', '-'),
           coalesce(nullif(concat(case when x.item ->> 'beyond_calendar' = 'true' then 'b' end, case when x.item ->> 'exception' = 'true' then 'e' end,
                                  case when x.item ->> 'impossible' = 'true' then 'i' end, case when x.item ? 'planned' then 'm' end,
                                  case when x.item ->> 'skipped' = 'true' then 's' end), ''), '-')), ';' order by x.from_date)
         from (select p.from_date, p.item::jsonb as item from duban.rule_preview(q.rule, q.calendar, q.a, q.b) p) x), '')
  from asked q order by q.n;
END
for zone in Asia/Shanghai America/New_York; do # the session's time zone must not matter
    PGTZ=$zone q -f "$W/ask.sql" <"$W/rules" >"$W/sql" || bail "the database did not answer"
    is "$(wc -l <"$W/sql")" "$RULES" "$RULES rules are answered ($zone)"
    if cmp -s "$W/sql" "$W/python"; then
        result 0 "$(tr ';' '\n' <"$W/sql" | wc -l) periods fall on the same days ($zone)"
    else
        result 1 "the periods fall on the same days ($zone)"
        n=$(cmp "$W/sql" "$W/python" | sed 's/.*line //')
        diag "rule: $(sed -n "${n}p" "$W/rules")" $'\n'"sql:    $(sed -n "${n}p" "$W/sql" | tr ';' '\n' | head -5)" $'\n'"python: $(sed -n "${n}p" "$W/python" | tr ';' '\n' | head -5)"
        diag "$(paste -d '\n' "$W/sql" "$W/python" | awk 'NR % 2 { a = $0; next } a != $0 { n++ } END { print n " rules differ" }')"
    fi
done
unlike "$(<"$W/sql")" error "no rule was refused"
done_testing
