# SPDX-License-Identifier: BSD-2-Clause
# All figures as Markdown. Input: an array of what publish.jq made.
def grouped: tostring | [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(",");
def short: if . == null then "–" elif fabs >= 1000 then round | if . < 0 then "-" + (-. | grouped) else grouped end
           elif fabs >= 100 then round | tostring elif fabs >= 10 then . * 10 | round / 10 | tostring
           elif fabs >= 0.1 then . * 100 | round / 100 | tostring else . * 10000 | round / 10000 | tostring end;
def unit: if .unit == "ratio" or .unit == "" then "" else " " + .unit end;
def spread: if .n < 2 then "" else " [\(.min | short)–\(.max | short)]" end;
def size: if . >= 1000000 then "\(. / 1000000 | short) M" else short end;
def at($f): if .x == null then "" else ", \($f.x) \(.x | size)" end;
def better: if .better == "higher" then "≥" else "≤" end;
def cell: if . == null then "" else "\(.median | short)\(spread)" end;
def command: if .figure == "peers" then "`bench/peers.sh`" else "`make bench T=\(.figure)`" end;
def goals($peers):
  (.[0].machine) as $m
  | "Machine: \($m.cores) cores (\($m.cpu)), \($m.memory), \($m.fs), Linux \($m.kernel), PostgreSQL \($m.postgres | split(" ")[0]), \($m.openssl | split(" ")[0:2] | join(" ")); "
    + "\([$m.settings | to_entries[] | "\(.key) = \(.value)"] | join(", ")). \(.[0].parameters.obligations | short) obligations, \(.[0].parameters.keys) keys, \(.[0].parameters.alg). "
    + "Medians, [least–greatest] of the rounds.",
  "",
  "| goal | measured | bar | stretch | reached | command |",
  "|---|---|---|---|---|---|",
  (.[] | . as $f | .rows[] | select(.bar != null and $f.figure != "read")
   | "| \(.goal): \(.name)\(at($f)) | \(.median | short)\(unit)\(spread) | \(better) \(.bar) | \(better) \(.stretch) | \(.reached) | \($f | command) |"),
  (.[] | select(.figure == "read") | [.rows[] | select(.bar != null)] | select(length > 0)
   | "| views and read API | \([.[] | select(.median <= .bar)] | length) of \(length) within 50 ms | ≤ 50 ms | | \(if all(.median <= .bar) then "bar" else "no" end) | `make bench T=read` |"),
  ($peers[].ratios[] | select(.ratio) | "| \(.goal): \(.what) | \(.ratio.median | short) [\(.ratio.min | short)–\(.ratio.max | short)] | ≥ \(.bar) | ≥ \(.stretch) | \(if .ratio.median >= .stretch then "stretch" elif .ratio.median >= .bar then "bar" else "no" end) | `bench/peers.sh` |");
def title: if .unit == "ratio" or .unit == "" then .name else "\(.name), \(.unit)" end;
def alone: [.rows[] | select(.x == null)] | select(length > 0)
  | "", "| | |", "|---|---|", (.[] | "| \(title) | \(cell) |");
def across: . as $f | [.rows[] | select(.x != null)] | select(length > 0) | ([.[].x] | unique) as $xs
  | "", "| \($f.x) | \([$xs[] | size] | join(" | ")) |", "|---|\([$xs[] | "---|"] | join(""))",
    (group_by(.name) | sort_by(.[0].name as $n | [$f.rows[].name] | index($n))[] as $r
     | "| \($r[0] | title) | \([$xs[] as $x | [$r[] | select(.x == $x)][0] | cell] | join(" | ")) |");
def rows:
  .[] | "### \(.figure)", "", "\(command), rounds: \(.parameters.rounds) of \(.parameters.seconds) s. Bounded by \(.bound).",
        alone, across, "",
        (.notes[] | "- \(.)"), (.checks[] | select(.ok | not) | "- **not so:** \(.what): \(.wanted) and \(.got)"),
        (if (.notes | length) > 0 then "" else empty end);
map(select(.ratios)) as $peers | map(select(.figure)) | if $form == "goals" then goals($peers) else "", rows end
