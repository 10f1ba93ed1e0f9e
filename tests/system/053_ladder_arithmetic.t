#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Property: the instants of random ladders over random calendars, by the database and by a second implementation
# written from docs/rules.md (tests/sql/ladder_arithmetic.py), are the same. SEED and CASES repeat or extend a run.
. "$(dirname "$0")/lib.sh"
SEED=${SEED:-$RANDOM} CASES=${CASES:-2000}
D=$W/cluster
mkdir -p "$D"
PGHOST=$("$SOURCE/tests/cluster.sh" start "$D") || bail "no cluster"
export PGHOST PGPORT=5432 PGUSER=postgres PGDATABASE=duban_template
trap '"$SOURCE/tests/cluster.sh" stop "$D"; cleanup' EXIT
diag "SEED=$SEED CASES=$CASES"
python3 - "$SEED" "$CASES" >"$W/cases.jsonl" <<'PY'
import datetime as dt, json, random, sys
r = random.Random(int(sys.argv[1]))
day = lambda: dt.date(2022, 1, 1) + dt.timedelta(days=r.randrange(500))
def delay(zero):
    n = r.choice([0, 1, 1, 2, 3, 5, 10] if zero else [1, 2, 3])
    return r.choice([n, n, f"{r.randrange(1, 3000)}m", f"{r.randrange(1, 90)}h", f"{r.randrange(1, 9)}d", f"{r.randrange(1, 2000)}wm", f"{r.randrange(1, 40)}wh"])
for _ in range(int(sys.argv[2])):
    days = sorted({day() for _ in range(r.randrange(60))})
    off = [d.isoformat() for d in days if d.weekday() < 5]
    work = [d.isoformat() for d in days if d.weekday() >= 5]
    steps = []
    for _ in range(r.randrange(3)):
        before = r.choice([r.randrange(6), f"{r.randrange(1, 200)}h"])
        steps.append({"level": 0, "before": before, "to": ["contact"], **({"time": f"{r.randrange(24):02}:{r.randrange(60):02}"} if isinstance(before, int) else {})})
    reminders = len(steps)
    for level in range(1, r.randrange(2, 6)):
        after = delay(True)
        steps.append({"level": level, "after": after, "to": ["head"], **({"time": f"{r.randrange(24):02}:{r.randrange(60):02}"} if isinstance(after, int) and r.random() < .3 else {})})
    due = dt.datetime.combine(day(), dt.time(r.randrange(24), r.randrange(60)))
    held = r.choice([0, 0, r.randrange(reminders + 1, len(steps) + 1)])
    base = due + (dt.timedelta(minutes=1) if not held else dt.timedelta(seconds=r.randrange(10**6), microseconds=r.randrange(10**6)))
    opens = r.randrange(6, 12); closes = r.randrange(13, 20)
    print(json.dumps({"off": off, "work": work, "due": due.isoformat() + "+08:00", "base": base.isoformat() + "+08:00", "base_step": held,
        "ladder": {"code": "l", "name": "n", "calendar": "c", "hold": 1, "opens": f"{opens:02}:00", "closes": f"{closes:02}:30", "steps": steps}}))
PY
python3 "$SOURCE/tests/sql/ladder_arithmetic.py" <"$W/cases.jsonl" >"$W/python.out"
psql -XqAt -v ON_ERROR_STOP=1 >"$W/sql.out" 2>"$W/sql.err" <<SQL || bail "$(cat "$W/sql.err")"
create table public.c (n serial, j jsonb);
\copy public.c (j) from program 'sed s/\\\\\\\\/\\\\\\\\\\\\\\\\/g $W/cases.jsonl'
insert into duban.calendar (code, entry, name, source, from_date, to_date) select 'c', n, 'c', 'x', '2022-01-01', '2024-01-01' from public.c;
insert into duban.calendar_day (code, entry, day, work) select 'c', n, d::date, false from public.c, jsonb_array_elements_text(j -> 'off') d;
insert into duban.calendar_day (code, entry, day, work) select 'c', n, d::date, true from public.c, jsonb_array_elements_text(j -> 'work') d;
set timezone = 'America/New_York';
select array_to_json(array(select duban.utc_micro(x) from unnest(duban.steps_at(duban.ladder_of(j -> 'ladder', 1),
    array(select s from duban.ladder_steps_of(j -> 'ladder', 1) s order by s.step), n, (j ->> 'due')::timestamptz, (j ->> 'base')::timestamptz,
    (j ->> 'base_step')::int, 'Asia/Shanghai')) x)) from public.c order by n;
SQL
is "$(wc -l <"$W/sql.out")" "$CASES" "the database computes $CASES ladders"
sed 's/, /,/g' "$W/python.out" >"$W/python.flat"
first=$(cmp "$W/sql.out" "$W/python.flat" 2>/dev/null | grep -o 'line [0-9]*' | cut -d' ' -f2)
is "$first" "" "both agree in every instant" || diag "case: $(sed -n "${first}p" "$W/cases.jsonl")" "sql: $(sed -n "${first}p" "$W/sql.out")" "python: $(sed -n "${first}p" "$W/python.flat")"
done_testing
