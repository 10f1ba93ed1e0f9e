#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The sheet: written for Excel and WPS, filled, sent; five wrong cells named, nothing signed.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
unit=$(sql "select accountable from duban.task where accountable is not null group by 1 having count(*) >= 4 order by count(*), 1 limit 1")
enrol clerk --unit "$unit"
cd "$W" || exit

run as clerk due --sheet s.csv
is "$STATUS" 0 "the sheet is written"
is "$(head -c 3 s.csv | od -An -tx1 | tr -d ' ')" efbbbf "with a byte order mark"
like "$(sed -n 1p s.csv)" 'task,period,unit,title,due,targets,last_status,last_progress,last_text,last_values,status,progress,text,values,risk,next,next_by,evidence' "columns in order"
rows=$(python3 -c 'import csv,sys; print(sum(1 for _ in csv.reader(open("s.csv", encoding="utf-8-sig")))-1)')
is "$rows" "$(as clerk --json due | jq -s '[.[] | select(.kind == "report")] | length')" "a row for each report that is due"
edit() { # IN OUT [ENCODING]: Python edits rows (a list of dicts) with the program on standard input
    python3 -c '
import csv, sys
program = sys.stdin.read()
with open(sys.argv[1], encoding="utf-8-sig", newline="") as f:
    reader = csv.DictReader(f)
    fields, rows = reader.fieldnames, list(reader)
exec(program)
with open(sys.argv[2], "w", encoding=sys.argv[3] if len(sys.argv) > 3 else "utf-8-sig", newline="") as f:
    w = csv.DictWriter(f, fields)
    w.writeheader()
    w.writerows(rows)' "$@"
}
edit s.csv bad.csv <<'P'
rows[0].update(status="sleepy", progress="10")
rows[1].update(status="on-track", progress="101")
rows[2].update(status="on-track", values="x=5,5")
rows[2].update(next_by="31.12.2022")
rows[3].update(status="", progress="50")
P
before=$(entries)
run as clerk report --sheet bad.csv
is "$STATUS" 5 "wrong cells: exit 5"
is "$(entries)" "$before" "nothing was signed"
for cell in '2.*status' '3.*progress' '4.*values' '4.*next_by' '5.*status'; do
    like "$OUT$ERR" "$cell" "row and column $cell are named"
done
edit s.csv half.csv <<'P'
rows[0].update(status="on-track", progress="30", text="逗号, 引号\" 和\n换行")
rows[1].update(status="nonsense")
P
run as clerk report --sheet half.csv --good-rows
isnt "$STATUS" 2 "--good-rows sends the rest"
is "$(sql "select count(*) from duban.verdict where unit = '$unit'")" 1 "one row was taken"
edit s.csv rest.csv gb18030 <<'P'
rows[1].update(status="正常推进", progress="20", text="按计划")
rows[2].update(status="有风险", progress="5")
P
run as clerk report --sheet rest.csv
is "$STATUS" 0 "a sheet saved as GB18030, status in Chinese"
is "$(sql "select count(*) from duban.verdict where unit = '$unit'")" 3 "its filled rows are one statement"
like "$(sql "select convert_from(payload, 'UTF8') from duban.statement where payload_type like '%report%' order by entry desc limit 1")" '按计划' "text survives the encoding"
run as clerk --lang zh_CN due --sheet zh.csv --encoding gb18030
is "$STATUS" 0 "a Chinese header in GB18030"
not_ok "it is not UTF-8" iconv -f utf-8 -t utf-8 zh.csv -o /dev/null
run as clerk report --sheet zh.csv
like "$STATUS" '^[05]$' "an empty sheet sends nothing"
last=$(sql "select count(*) from duban.statement where payload_type like '%report%'")
is "$last" 2 "two report statements in all"
printf '{"task":"%s","period":"2022Q1","status":"on-track","progress":55}\n' "$(led_task "$unit" 4)" >r.jsonl
run as clerk report --file r.jsonl
is "$STATUS" 0 "report --file"
printf '{"task":"p1/none","period":"2022Q1","status":"on-track"}\n' >r.jsonl
run as clerk report --file r.jsonl
is "$STATUS" 1 "a refused report: exit 1"
done_testing
