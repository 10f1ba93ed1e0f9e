#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A second, independent reading of docs/rules.md in Python, for tests only.

    rule_dates.py make SEED N      N random rules as lines "JSON<TAB>calendar JSON<TAB>from<TAB>to"
    rule_dates.py dates            reads such lines, writes for each its periods: "name due cutoff closes flags" joined by ;

Written from the page, day by day with datetime, so that a slip of the SQL (sql/schema/014_periods.sql) is not repeated.
"""
import json
import random
import sys
from datetime import date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
ONE = timedelta(1)


def end_of_month(d):
    return (d.replace(day=28) + timedelta(4)).replace(day=1) - ONE


def add_months(d, n):
    y, m = divmod(d.year * 12 + d.month - 1 + n, 12)
    return date(y, m + 1, 1)


class Rule:
    def __init__(self, r, cal):
        self.r = r
        self.off = {date.fromisoformat(x) for x in cal.get("off", [])}
        self.work = {date.fromisoformat(x) for x in cal.get("work", [])}
        self.loaded = (date.fromisoformat(cal["from"]), date.fromisoformat(cal["to"]))
        self.first = date.fromisoformat(r["from"]) if "from" in r else None

    def worked(self, d):
        return d in self.work if d.weekday() > 4 else d not in self.off

    def nth_worked(self, d, n):
        while n:
            d += ONE if n > 0 else -ONE
            if self.worked(d):
                n += -1 if n > 0 else 1
        return d

    def period(self, d):
        """first and last day of the period that holds d"""
        r, every = self.r, self.r.get("every", 1)
        c = r["cadence"]
        if c == "daily":
            a = self.first or d
            while a + timedelta(every) <= d and every > 1:
                a += timedelta(every)
            a = d if every == 1 else a
            return a, a + timedelta(every - 1)
        if c == "weekly":
            a = d - timedelta(d.weekday())
            if every > 1:
                b = self.first - timedelta(self.first.weekday())
                while b + timedelta(7 * every) <= d:
                    b += timedelta(7 * every)
                a = b
            return a, a + timedelta(7 * every - 1)
        if c == "ten-day":
            cuts = [(1, 10), (11, 20), (21, end_of_month(d).day)]
            a, b = next(x for x in cuts if x[0] <= d.day <= x[1])
            return d.replace(day=a), d.replace(day=b)
        if c == "half-monthly":
            return (d.replace(day=1), d.replace(day=15)) if d.day < 16 else (d.replace(day=16), end_of_month(d))
        n = {"monthly": every, "quarterly": 3, "half-yearly": 6, "yearly": 12}[c]
        a = date(d.year, 1, 1)
        if c == "monthly" and every > 1:
            a = self.first.replace(day=1)
        elif c == "monthly":
            a = d.replace(day=1)
        while add_months(a, n) <= d:
            a = add_months(a, n)
        return a, add_months(a, n) - ONE

    def name(self, a):
        c = self.r["cadence"]
        y, w, _ = a.isocalendar()
        return {"daily": a.isoformat(), "weekly": f"{y:04}-W{w:02}", "monthly": f"{a:%Y-%m}", "yearly": f"{a:%Y}",
                "ten-day": f"{a:%Y-%m}-{ {1: 1, 11: 2, 21: 3}.get(a.day, 0)}", "half-monthly": f"{a:%Y-%m}H{1 if a.day == 1 else 2}",
                "quarterly": f"{a:%Y}Q{(a.month + 2) // 3}", "half-yearly": f"{a:%Y}H{1 if a.month < 7 else 2}"}[c]

    def planned(self, a, b):
        """the day before it is moved; None: the period has no such day"""
        r = self.r
        if r["of"] == "next":
            a, b = self.period(b + ONE)
        months = r["cadence"] in ("monthly", "quarterly", "half-yearly", "yearly")
        if "month" in r:
            all_months = []
            m = a.replace(day=1)
            while m <= b:
                all_months.append(m)
                m = add_months(m, 1)
            m = all_months[r["month"] - 1 if r["month"] > 0 else r["month"]]
            a, b = m, end_of_month(m)
        elif months and 0 < r.get("day", 0) <= 31:
            b = end_of_month(a)
        if "working_day" in r:
            return self.nth_worked(a - ONE, r["working_day"]) if r["working_day"] > 0 else self.nth_worked(b + ONE, r["working_day"])
        days = [a + timedelta(i) for i in range((b - a).days + 1)]
        if "weekday" in r:
            days = [d for d in days if d.isoweekday() == r["weekday"]]
            n = r.get("week", 1)
            if abs(n) > len(days):
                return None
            return days[n - 1 if n > 0 else n]
        n = r["day"]
        if abs(n) > len(days):
            return days[-1] if n > 0 else days[0]
        return days[n - 1 if n > 0 else n]

    def due(self, a, b):
        """day, time of day, flags"""
        r, flags = self.r, ""
        x = next((e for e in r.get("except", []) if e["period"] == self.name(a)), None)
        if x and "due" in x:
            return date.fromisoformat(x["due"]), x.get("time", r["time"]), "e"
        d = self.planned(a, b)
        if x:
            flags += "es"
        if d and "working_day" not in r and not self.worked(d):
            shift = r.get("shift", "none")
            if shift == "skip" and not x:
                flags += "s"
            n = {"next": 1, "previous": -1, "after": r.get("shift_days", 0)}.get(shift, 0)
            if n:
                d, flags = self.nth_worked(d, n), flags + "m"
        return d, r["time"], flags

    def dates(self, lo, hi):
        r = self.r
        d = max(lo, self.first) if self.first else lo
        last = min(hi, date.fromisoformat(r["to"])) if "to" in r else hi
        while True:
            a, b = self.period(d)
            if a > last:
                return
            day, at, flags = self.due(a, b)
            if day is None:
                yield f"{self.name(a)} - - - {''.join(sorted(flags + 'i'))}"
            else:
                h, m = map(int, at.split(":"))
                due = datetime(day.year, day.month, day.day, h, m, tzinfo=BEIJING)
                cutoff = due + timedelta(minutes=1 + r.get("grace", 0))
                closes = "-"
                if "closes" in r:
                    z = self.nth_worked(day, r["closes"])
                    h, m = map(int, r["time"].split(":"))
                    closes = utc(max(cutoff, datetime(z.year, z.month, z.day, h, m, tzinfo=BEIJING) + timedelta(minutes=1)))
                if not self.loaded[0] <= day <= self.loaded[1]:
                    flags += "b"
                yield f"{self.name(a)} {utc(due)} {utc(cutoff)} {closes} {''.join(sorted(flags)) or '-'}"
            d = b + ONE


def utc(t):
    return t.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def make(rng):
    start = date(2022, 1, 1) + timedelta(rng.randrange(0, 1200))
    c = rng.choice(["daily", "weekly", "ten-day", "half-monthly", "monthly", "quarterly", "half-yearly", "yearly"])
    r = {"set": "rule", "code": "x", "name": "x", "cadence": c, "of": rng.choice(["this", "next"]),
         "time": f"{rng.randrange(24):02}:{rng.randrange(60):02}", "calendar": "x", "zone": "Asia/Shanghai"}
    if c in ("daily", "weekly", "monthly") and rng.random() < 0.5:
        r["every"] = rng.randrange(2, 9)
        r["from"] = (start + timedelta(rng.randrange(-90, 90))).isoformat()
    elif rng.random() < 0.2:
        r["from"] = (start + timedelta(rng.randrange(-90, 90))).isoformat()
    if rng.random() < 0.15:
        r["to"] = (date.fromisoformat(r.get("from", start.isoformat())) + timedelta(rng.randrange(0, 400))).isoformat()
    n = {"monthly": r.get("every", 1), "quarterly": 3, "half-yearly": 6, "yearly": 12}.get(c)
    if n and rng.random() < 0.4:
        r["month"] = rng.choice([1, -1]) * rng.randrange(1, n + 1)
    kind = rng.choice(["day", "working_day", "weekday"])
    if kind == "weekday":
        r["weekday"] = rng.randrange(1, 8)
        if rng.random() < 0.6:
            r["week"] = rng.choice([1, -1]) * rng.randrange(1, 6)
    else:
        r[kind] = rng.choice([1, -1]) * rng.randrange(1, 32)
    if kind == "working_day":
        r["shift"] = "none"
    else:
        r["shift"] = rng.choice(["none", "next", "previous", "after", "skip"])
        if r["shift"] == "after":
            r["shift_days"] = rng.randrange(1, 8)
    if rng.random() < 0.2:
        r["grace"] = rng.randrange(0, 3000)
    if rng.random() < 0.2:
        r["closes"] = rng.randrange(1, 30)
    days = [start + timedelta(rng.randrange(-40, 500)) for _ in range(60)]
    cal = {"set": "calendar", "code": "x", "name": "x", "source": "x", "from": (start - timedelta(rng.randrange(0, 60))).isoformat(),
           "to": (start + timedelta(rng.randrange(200, 500))).isoformat(),
           "off": sorted({d.isoformat() for d in days if d.weekday() < 5}), "work": sorted({d.isoformat() for d in days if d.weekday() > 4})}
    lo, hi = start, start + timedelta(rng.randrange(0, 420))
    names = [(x.split(" ")[0], a) for a, x in enumerate(Rule(r, cal).dates(lo, hi))]
    if names and rng.random() < 0.3:
        r["except"] = []
        for name, _ in rng.sample(names, min(len(names), rng.randrange(1, 4))):
            e = {"period": name}
            if rng.random() < 0.6:
                e["due"] = (start + timedelta(rng.randrange(0, 400))).isoformat()
                if rng.random() < 0.5:
                    e["time"] = "09:30"
            r["except"].append(e)
    return r, cal, lo, hi


if __name__ == "__main__":
    if sys.argv[1] == "make":
        rng = random.Random(int(sys.argv[2]))
        for _ in range(int(sys.argv[3])):
            r, cal, lo, hi = make(rng)
            print(json.dumps(r), json.dumps(cal), lo, hi, sep="\t")
    else:
        for line in sys.stdin:
            r, cal, lo, hi = line.rstrip("\n").split("\t")
            print(";".join(Rule(json.loads(r), json.loads(cal)).dates(date.fromisoformat(lo), date.fromisoformat(hi))))
