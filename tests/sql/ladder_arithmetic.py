#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Ladder arithmetic a second time, from docs/rules.md and not from the SQL: reads cases as JSON lines, writes the instants
# that a ladder gives. tests/sql/ladder_arithmetic.t compares both.
import datetime as dt
import json
import sys

ZONE = dt.timezone(dt.timedelta(hours=8))  # Asia/Shanghai has had no other since 1991
DAY = dt.timedelta(days=1)


def parse(s):
    return dt.datetime.fromisoformat(s).astimezone(ZONE)


def clock(s):
    return dt.time.fromisoformat(s)


class Calendar:
    def __init__(self, off, work):
        self.off, self.on = set(off), set(work)

    def worked(self, day):
        s = day.isoformat()
        return s in self.on or (day.weekday() < 5 and s not in self.off)

    def add(self, day, n):
        step = DAY if n > 0 else -DAY
        for _ in range(abs(n)):
            day += step
            while not self.worked(day):
                day += step
        return day

    def office(self, at, length, opens, closes):
        while True:
            day = at.date()
            begin = dt.datetime.combine(day, opens, ZONE)
            end = dt.datetime.combine(day, closes, ZONE)
            start = max(at, begin)
            if self.worked(day) and start < end:
                if length <= end - start:
                    return start + length
                length -= end - start
            at = dt.datetime.combine(day + DAY, dt.time(0), ZONE)


def measure(delay):
    if isinstance(delay, int):
        return "days", delay
    unit = delay.lstrip("0123456789")
    n = int(delay[: len(delay) - len(unit)])
    seconds = {"m": 60, "h": 3600, "d": 86400, "wm": 60, "wh": 3600}[unit] * n
    return ("office" if unit[0] == "w" else "clock"), dt.timedelta(seconds=seconds)


def behind(cal, ladder, at, kind, n, hour):
    if kind == "clock":
        return at + n
    if kind == "office":
        return cal.office(at, n, clock(ladder.get("opens", "09:00")), clock(ladder.get("closes", "17:30")))
    return dt.datetime.combine(cal.add(at.date(), n), hour or at.timetz().replace(tzinfo=None), ZONE)


def instants(case):
    cal = Calendar(case["off"], case["work"])
    ladder, due, base, held = case["ladder"], parse(case["due"]), parse(case["base"]), case["base_step"]
    passed = measure(ladder["steps"][held - 1]["after"]) if held else None
    result, last = [], None
    for step in ladder["steps"]:
        hour = clock(step["time"]) if "time" in step else None
        if "before" in step:
            kind, n = measure(step["before"])
            at = dt.datetime.combine(cal.add(due.date(), -n), hour, ZONE) if kind == "days" else due - n
        else:
            kind, n = measure(step["after"])
            if passed and passed[0] == kind:
                n = max(n - passed[1], type(n)(0))
            at = max(behind(cal, ladder, base, kind, n, hour), base)
        last = at if last is None else max(last, at)
        result.append(last)
    return [r.astimezone(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ") for r in result]


for line in sys.stdin:
    print(json.dumps(instants(json.loads(line))))
