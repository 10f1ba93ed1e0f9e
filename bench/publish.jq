# SPDX-License-Identifier: BSD-2-Clause
# One figure's JSON: rows in the order in which they were declared, each with median and spread of its
# samples, at each x on its own. Called by publish in lib.sh.
def lines: split("\n") | map(select(length > 0) | split("\t"));
def number: if . == null or . == "" then null else tonumber end;
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2] + .[length / 2 - 1]) / 2 end;
def held($better; $goal): if $goal == null then null elif $better == "higher" then . >= $goal else . <= $goal end;
($samples | lines | map({name: .[0], value: (.[1] | number), x: (.[2] | number)})) as $all
| {figure: $figure, bound: ($bound | rtrimstr("\n")), x: (if $x == "" then null else $x end), machine: $machine,
   parameters: {rounds: $rounds, seconds: $seconds, obligations: $machine.obligations, keys: $machine.keys, alg: $machine.alg},
   rows: [($rows | lines)[] as $r
          | [$all[] | select(.name == $r[0] and .value != null)] | group_by(.x)[]
          | [.[].value] as $v | ($v | median) as $median | ($r[3] | number) as $bar | ($r[4] | number) as $stretch
          | {name: $r[0], unit: $r[1], x: .[0].x, n: ($v | length), median: $median, min: ($v | min), max: ($v | max)}
            + (if $bar == null then {} else {goal: $r[5], better: $r[2], bar: $bar, stretch: $stretch,
                  reached: (if $median | held($r[2]; $stretch) then "stretch" elif $median | held($r[2]; $bar) then "bar" else "no" end)} end)],
   checks: [($checks | lines)[] | {what: .[0], wanted: .[1], got: .[2], ok: (.[1] == .[2])}],
   notes: ($notes | split("\n") | map(select(length > 0)))}
