#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The shipped calendar: the working days of 2022 to 2026, counted, and the days that are known.
. "$(dirname "$0")/lib.sh"
FILE=$SOURCE/conf/calendars/cn-2022-2026.conf
read_calendar() { # off|work: its dates, one a line
    sed -n "/^  $1 = {/,/^  }/p" "$FILE" | sed 's/#.*//' | grep -oE '"[0-9-]{10}"' | tr -d '"'
}
working() { # DATE: by the file alone
    if [[ $(date -d "$1" +%u) -le 5 ]]; then ! grep -qx "$1" <<<"$OFF"; else grep -qx "$1" <<<"$WORK"; fi
}
OFF=$(read_calendar off) WORK=$(read_calendar work)
count() { # YEAR
    python3 -c '
import datetime, sys
off, work, day = set(sys.argv[2].split()), set(sys.argv[3].split()), datetime.date(int(sys.argv[1]), 1, 1)
n = 0
while day.year == int(sys.argv[1]):
    n += str(day) in work or (day.weekday() < 5 and str(day) not in off)
    day += datetime.timedelta(1)
print(n)' "$1" "$OFF" "$WORK"
}
is "$(sort <<<"$OFF" | uniq -d)$(sort <<<"$WORK" | uniq -d)" '' "no day twice"
for day in $OFF; do (($(date -d "$day" +%u) <= 5)) || bad+=" $day"; done
for day in $WORK; do (($(date -d "$day" +%u) >= 6)) || bad+=" $day"; done
is "${bad:-}" '' "off are weekdays, work are weekend days"
for pair in 2022:249 2023:249 2024:251 2025:248 2026:248; do
    is "$(count "${pair%:*}")" "${pair#*:}" "${pair%:*} has ${pair#*:} working days"
done
for day in 2022-01-29 2022-01-30 2022-04-02 2022-04-24 2022-05-07 2022-10-08 2022-10-09 2023-01-28 2024-02-04 2025-02-08 \
    2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10; do
    ok "$day is worked" working "$day"
done
for day in 2022-04-04 2022-04-05 2022-02-01 2023-10-02 2024-02-12 2025-10-08 2026-02-23 2026-10-07; do
    not_ok "$day is off" working "$day"
done
instance_start --now "$NOW"
is "$(sql "select string_agg(day::text, ' ' order by day) from duban.calendar_day where code = 'cn' and work")" "$(sort <<<"$WORK" | paste -sd ' ')" \
    "the genesis holds the same worked days"
is "$(sql "select string_agg(day::text, ' ' order by day) from duban.calendar_day where code = 'cn' and not work")" "$(sort <<<"$OFF" | paste -sd ' ')" \
    "… and the same days off"
done_testing
