# SPDX-License-Identifier: BSD-2-Clause
# The text of one figure's JSON.
def short: if . == null then "-" elif . == 0 then "0" elif fabs >= 1000 then round | tostring
           elif fabs >= 100 then . * 10 | round / 10 | tostring elif fabs >= 1 then . * 100 | round / 100 | tostring
           else . * 10000 | round / 10000 | tostring end;
"\(.figure): \(.machine.cpu), \(.machine.cores) cores, \(.machine.memory), \(.machine.fs), Linux \(.machine.kernel), PostgreSQL \(.machine.postgres), load average \(.machine.load)",
"rounds \(.parameters.rounds), \(.parameters.seconds) s each, \(.parameters.obligations) obligations, \(.parameters.keys) keys, \(.parameters.alg); "
  + ([.machine.settings | to_entries[] | "\(.key)=\(.value)"] | join(" ")),
(.x as $x | .rows[] | "  " + .name + (if .x == null then "" else " at \($x) \(.x | short)" end) + "\t\(.median | short) \(.unit)\t[\(.min | short)–\(.max | short)]"
  + (if .bar == null then "" else "\t\(.goal): bar \(.bar), stretch \(.stretch): \(.reached)" end)),
(.checks[] | select(.ok | not) | "  NOT SO: \(.what): \(.wanted) and \(.got)"),
"  checks: \([.checks[] | select(.ok)] | length) of \(.checks | length) hold",
(.notes[] | "  note: \(.)"),
"  bounded by: \(.bound)"
