#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The palettes of conf/lights, each through a worked quarter: March to May 2022 with monthly reports.
#
# The plan runs from 1 January to 31 December (365 days) and was registered on 2 April, so March is the first
# period that is owed. Reports are due on the 5th of the next month, 17:00, or the next working day: 6 April (5
# April is a holiday), 5 May, 6 June (5 June is a holiday). What the plan expects (序时进度):
#   31 March: 90/365 = 24.7 %     30 April: 120/365 = 32.9 %     31 May: 151/365 = 41.4 %
# The progress that each unit reports, "-" for nothing, "*" for after the cut-off:
#              A     B     C     D
#   March      25    12    20    5*
#   April      25    30    28    6
#   May        50*   done  8     41
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
cat >"$W/monthly.conf" <<'END'
rule "monthly" { name = "月报" cadence = "monthly" of = "next" day = 5 time = "17:00" shift = "next" calendar = "cn" zone = "Asia/Shanghai" }
END
cat >"$W/plan.txt" <<'END'
一、重点工作

1. 建成甲路。（牵头领导：韩牧野；牵头单位：市发展改革委）

2. 建成乙路。（牵头领导：韩牧野；牵头单位：市财政局）

3. 建成丙路。（牵头领导：韩牧野；牵头单位：市商务局）

4. 建成丁路。（牵头领导：韩牧野；牵头单位：市工业和信息化局）
END
for file in "$W/monthly.conf" "$SOURCE"/conf/lights/*.conf; do
    run operator registry apply --yes "$file"
    is "$STATUS" 0 "$(basename "$file") is applied" || bail "$OUT$ERR"
done
run operator plan register --handle m --from 2022-01-01 --to 2022-12-31 --rule monthly --yes "$W/plan.txt"
is "$STATUS" 0 "a plan with monthly reports" || bail "$OUT$ERR"
operator registry export >"$W/export.conf"
like "$(cat "$W/export.conf")" 'light "sanya"' "an exported registry has the lights"
run operator registry apply --yes "$W/export.conf"
like "$OUT" 'nothing|same|unchanged|no change' "… and reads as the same again" || diag "$OUT$ERR"

declare -A unit
for n in 1 2 3 4; do
    unit[$n]=$(sql "select accountable from duban.task where name = 'm/$n'")
    enrol "${unit[$n]}" --unit "${unit[$n]}"
done
said() { # N PERIOD PROGRESS|done
    local more=(--status on-track --progress "$3")
    [[ $3 != "done" ]] || more=(--status "done")
    run as "${unit[$1]}" report "m/$1" --period "$2" "${more[@]}"
    ((STATUS == 0)) || bail "report of $1 for $2: $OUT$ERR"
}
lights() { # RULE WANTED WHEN: the lights of A, B, C, D
    is "$(sql "select string_agg(light, ' ' order by task) from duban.v_light where plan = 'm' and rule = '$1'")" "$2" "$3: $1: $2"
}
why() { # RULE N REGEX WHEN
    like "$(sql "select light || ' ' || coalesce(meaning, '') || ' ' || why || ' ' || why_en from duban.v_light where task = 'm/$2' and rule = '$1'")" "$3" "$4: $1, task $2: $3"
}

# March, before its cut-off: 24.7 % is expected. Behind: A -, B 12.7, C 4.7, D 24.7 and not started for the three
# months to the end of March. Short: A 0, B 12.7/24.7 = 51.4 %, C 4.7/24.7 = 19.0 %, D 100 %. Nothing was missed yet.
said 1 2022-03 25
said 2 2022-03 12
said 3 2022-03 20
clock 2022-04-06T12:00:00+08:00
lights yinchuan 'green yellow green red' March
lights sanya 'green red yellow red' March
lights ouhai 'green green green green' March
why yinchuan 2 '应达24\.7%，落后12\.7个百分点 12\.7 points behind' March
why yinchuan 4 '三个月未启动 3个月未启动' March
why sanya 2 '51\.4' March
why sanya 3 'yellow 欠进度 欠进度19\.0%' March

# the cut-off of March: D missed it
clock 2022-04-06T17:01:00+08:00
lights ouhai 'green green green red' "the cut-off of March"
march=$(($(entries) - 1))
# D makes up for it. 7 April, April being open: 97/365 = 26.6 %, D is 21.6 behind
clock 2022-04-07T12:00:00+08:00
said 4 2022-03 5
lights ouhai 'green green green yellow' "made up later: yellow, not green"
why ouhai 4 '事后补报' "made up later"
why yinchuan 4 'yellow 滞后 应达26\.6%，落后21\.6' "7 April"

# April, before its cut-off: 32.9 %. Behind: A 7.9, B 2.9, C 4.9, D 26.9. Short: A 24.0, B 8.8, C 14.9, D 81.8. C was yellow
# in March too; A was green, B and D red.
said 1 2022-04 25
said 2 2022-04 30
said 3 2022-04 28
said 4 2022-04 6
clock 2022-05-05T12:00:00+08:00
lights yinchuan 'green green green yellow' April
lights sanya 'yellow yellow yellow red' April
why sanya 1 'yellow 欠进度 欠进度24\.0%' "April, the first yellow of A"
why sanya 2 'yellow 欠进度 欠进度8\.8%' "April, B was red before"
why sanya 3 '约谈 .*14\.9' "April, the second yellow of C in a row"
lights ouhai 'green green green yellow' "April, while March is the newest that was judged"
clock 2022-05-05T17:01:00+08:00
lights ouhai 'green green green green' "the cut-off of April: all in time"

# May, before its cut-off: 41.4 %. Behind: A 16.4 (nothing new), B done, C 33.4, D 0.4. Short: A 39.6, C 80.7, D 1.0.
said 2 2022-05 "done"
said 3 2022-05 8
said 4 2022-05 41
clock 2022-06-06T12:00:00+08:00
lights yinchuan 'yellow green red green' May
lights sanya 'yellow green red yellow' May
why sanya 1 '约谈 .*39\.6' "May, the second yellow of A in a row"
why sanya 4 'yellow 欠进度 .*1\.0' "May, D was red before"
clock 2022-06-06T17:01:00+08:00
lights ouhai 'red green green green' "the cut-off of May: A missed it"
said 1 2022-05 50
lights ouhai 'yellow green green green' "… and made it up"

# what was lit in the past stays lit in the past, by function and by view
is "$(sql "select string_agg(l.light, ' ' order by t.name) from duban.task t cross join lateral duban.light_at(t.name, 'sanya', '2022-05-05T12:00:00+08:00') l where t.plan = 'm'")" \
    'yellow yellow yellow red' "April again, by duban.light_at"
is "$(sql "set duban.as_of = '$march'; select string_agg(light, ' ' order by task) from duban_asof.v_light where plan = 'm' and rule = 'ouhai'")" \
    'green green green red' "the cut-off of March again, as of its entry"
done_testing
