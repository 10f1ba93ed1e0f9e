#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The ledger chosen, sorted and written to files; what is due as a calendar. Other programs read them.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol clerk --unit u001
cd "$W" || exit

T=$(led_task u001)
run as clerk report "$T" --status at-risk --progress 40 --text '=1+1，进展"正常"'
is "$STATUS" 0 "a report"
TASKS=$(sql 'select count(*) from duban.task')

run operator ledger --csv all.csv
is "$STATUS" 0 "ledger --csv"
like "$ERR" "all.csv: $TASKS" "… says how much"
run python3 - all.csv "$T" <<'PY'
import csv, sys
raw = open(sys.argv[1], 'rb').read()
rows = list(csv.DictReader(raw.decode('utf-8-sig').splitlines()))
one = [r for r in rows if r['task'] == sys.argv[2]][0]
print(raw[:3] == b'\xef\xbb\xbf', b'\r\n' in raw, len(rows), one['status'], one['progress'], one['text'])
PY
is "$OUT" "True True $TASKS at-risk 40 '=1+1，进展\"正常\"" "RFC 4180 with a mark; words of the HTTP answer; no formula"
run operator ledger --csv gb.csv --encoding gb18030 --columns task,unit_name,text
is "$(iconv -f gb18030 -t utf-8 gb.csv | head -n 1 | tr -d '\r')" "task,unit_name,text" "--columns, --encoding"
run operator ledger --csv - --columns task --status 有风险
is "$(tr -d '\r' <<<"$OUT")" "task
$T" "--status in either language; - prints"
run operator ledger --csv - --columns task --text '进展"正常"'
like "$OUT" "$T" "--text finds the newest report"
run operator ledger --csv - --columns task --text 没有这样的话
is "$(tr -d '\r' <<<"$OUT")" "task" "… or nothing"
run operator ledger --csv - --columns task,progress --sort -progress
like "$(sed -n 2p <<<"$OUT")" "$T,40" "--sort, greatest first"
run operator ledger --columns task,title
like "$OUT" 'TASK +TITLE' "--columns on the terminal"
run operator ledger --sort colour
is "$STATUS" 2 "a column that is none"
like "$ERR" 'unit_name' "… lists those there are"
run operator ledger --status sunny
is "$STATUS" 2 "a status that is none"
run operator ledger --csv a --xlsx b
is "$STATUS" 2 "one file at a time"
run operator ledger --csv /nowhere/x.csv
is "$STATUS" 5 "a folder that is not there"
like "$ERR" '/nowhere' "… is named"

run duban --home "$DUBAN_OPERATOR_HOME" --lang zh_CN ledger --xlsx book.xlsx
is "$STATUS" 0 "ledger --xlsx"
run python3 - book.xlsx "$T" <<'PY'
import sys, zipfile, xml.etree.ElementTree as E
n = {'m': 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'}
z = zipfile.ZipFile(sys.argv[1])
words = [''.join(t.text or '' for t in s.iter('{%s}t' % n['m'])) for s in E.fromstring(z.read('xl/sharedStrings.xml'))]
sheet = E.fromstring(z.read('xl/worksheets/sheet1.xml'))
rows = sheet.findall('.//m:row', n)
def cell(c):
    v = c.find('m:v', n)
    return None if v is None else words[int(v.text)] if c.get('t') == 's' else float(v.text)
table = [{c.get('r').rstrip('0123456789'): cell(c) for c in r} for r in rows]
head = {v: k for k, v in table[0].items()}
one = [r for r in table if r.get('A') == sys.argv[2]][0]
print(len(rows) - 1, one[head['%']], one[head['内容']], isinstance(one[head['截止时间']], float),
      sheet.find('.//m:pane', n).get('state'), sheet.find('m:autoFilter', n) is not None)
PY
is "$OUT" "$TASKS 40.0 =1+1，进展\"正常\" True frozen True" "numbers and dates are real ones, texts no formulas, the head is frozen and filters"
ok "nothing is left beside it" test ! -e book.xlsx.new

# ---- what cannot be written ------------------------------------------------------------------------
mkfifo pipe
for call in "ledger --xlsx /nowhere/x.xlsx" "ledger --xlsx $W" "ledger --xlsx pipe" "ledger --csv pipe" "due --ics pipe" \
    "due --sheet pipe" "bulletin --period 2022Q1 --html pipe"; do
    # shellcheck disable=SC2086
    run operator $call
    is "$STATUS" 5 "$call"
    file=${call##* }
    like "$ERR" "^duban: $file: (No such file or directory|not a regular file)\$" "… is named, once, in our words"
done
ok "a pipe stays a pipe" test -p pipe
for call in due "ledger --csv -" "due --ics -" "registry export" "--json due" help; do
    # shellcheck disable=SC2086
    run bash -c 'duban --home "$DUBAN_OPERATOR_HOME" "$@" >/dev/full' - $call
    is "$STATUS" 5 "$call on a full disk"
    like "$ERR" 'standard output' "… says so"
done
run bash -c 'exec duban --home clerk due >&-'
is "$STATUS" 5 "standard output is closed"
as clerk report "$T" --period 2022Q1 --status on-track >&- 2>/dev/null
run as clerk receipts verify
is "$STATUS" 0 "… what is printed does not end in a file of HOME"

# ---- wrong calls: each names what was typed, and what to try -----------------------------------------
says() { # STATUS REGEX ARGUMENT...: as the clerk
    local status=$1 regex=$2
    shift 2
    run duban --home clerk --lang en "$@"
    is "$STATUS" "$status" "$*"
    like "$ERR$OUT" "$regex" "… says why"
}
before=$(entries)
says 1 'no alert 99999.*duban alerts' why 99999
says 1 'no alert 99999.*duban alerts' print 99999
says 2 'whole number\), not nope' print nope
says 1 'no task p1/9999.*duban ledger' show p1/9999
says 0 'names p1/9999.*duban ledger' history p1/9999
says 1 'no task p1/9999.*duban ledger' ladder test standard --due 2022-05-01 --for p1/9999
says 1 'no circular for nope.*duban plan show' bulletin --plan nope
says 1 'no circular for p1 2019Q1.*duban plan show' bulletin --plan p1 --period 2019Q1
says 1 'no period is past' bulletin
says 1 'no post of the code nope.*duban ledger' brief nope
says 1 'no plan nope.*duban plan show' brief office --plan nope
says 0 'office' brief office --plan p1
says 1 'no plan nope.*duban plan show' plan show nope
says 0 '^p1 .*2022-12-31' plan show
says 2 'changes in nope.*--set' plan amend --plan nope
says 2 'changes in p1/1.*--withdraw' plan amend --task p1/1
says 2 'must be a date.*not “soon”' review --return 1.0 --reason x --due soon
says 2 'must be .*not “nope”' review --accept nope
says 2 'must be a date.*not “soon”' ack 1 --until soon
says 2 'must be a date.*not “soon”' silence --unit u001 --until soon --reason x
says 2 'name of a silence.*not “nope”' silence --end nope
says 2 'no open task of yours has the number 9999' silence --task 9999 --until 2022-05-01 --reason x
says 2 'entry.*not xx' report "$T" --status on-track --corrects xx
says 2 'open, overdue.*not sunny' ledger --state sunny
says 2 'task, indicator, not x' ledger --kind x
says 2 'green.*not x' ledger --colour x
says 2 'period.*not x' ledger --period x
says 1 'no light rule x' ledger --light x
says 2 'goes with --sheet' due --encoding gb18030
says 2 'date.*not x' ladder test standard --due x
says 2 'days, not x' ladder test standard --due 2022-05-01 --late x
says 2 'date.*not x' rule test quarterly --from x
says 0 'no target' indicators --plan nope
says 5 '^duban: nope: No such file or directory$' receipts verify nope
says 5 '^duban: nope: No such file or directory$' approve nope
says 2 'which draft' draft delete
says 2 'duban plan parse, duban plan register' plan
says 2 'unknown command “nope”; all' help nope
is "$(entries)" "$before" "nothing of it was signed"
run operator ack --bundle nope
is "$STATUS" 1 "a bundle that nobody got"
like "$OUT" 'nothing was done' "… says so"
printf 'nothing but words\n' >words.txt
run duban --lang en plan parse words.txt
like "$ERR" 'words.txt: no task was found' "a plan without tasks"
for call in --frob frob "check more"; do
    # shellcheck disable=SC2086
    run duband $call
    is "$STATUS $(head -n 1 <<<"$ERR" | grep -c "duband: ${call##* }: ")" "2 1" "duband $call: is named"
done
run duban-local clock "$I" soon
is "$STATUS $(wc -l <<<"$ERR")" "2 1" "duban-local: one line about a time that is none"

run as clerk due --ics due.ics
is "$STATUS" 0 "due --ics"
OPEN=$(as clerk --json due | jq -r 'select(.state != "submitted" and .state != "accepted") | .due' | sort)
run /usr/bin/python3 - due.ics <<'PY'
import sys, icalendar
raw = open(sys.argv[1], 'rb').read()
assert all(len(l) <= 75 for l in raw.split(b'\r\n')), 'a line is too long'
c = icalendar.Calendar.from_ical(raw)
events = c.walk('VEVENT')
assert len({str(e['UID']) for e in events}) == len(events), 'a UID stands twice'
assert all(len(e.walk('VALARM')) == 2 for e in events)
print('\n'.join(sorted(e['DTEND'].dt.strftime('%Y-%m-%dT%H:%M:%SZ') for e in events)))
PY
is "$OUT" "$OPEN" "each open item ends at its due instant"
uids() { grep -a '^UID' "$1" | sort; }
as clerk due --ics again.ics >/dev/null
is "$(uids again.ics)" "$(uids due.ics)" "an event keeps its UID"
done_testing
