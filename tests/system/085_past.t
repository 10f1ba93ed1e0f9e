#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The past and the papers made of it: as_of over HTTP and in the client; bulletin, brief and printed alerts as
# text and HTML, in both languages, the same bytes for ever as of one entry.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
enrol u002 --unit u002
enrol office --post office
enrol leader-01 --post leader-01
T1=$(led_task u001) T2=$(led_task u001 2) T3=$(led_task u001 3)
sed 's/^  name = .*/&\n  standard = true/' "$SOURCE/conf/lights/ouhai.conf" >"$W/light.conf"
run operator registry apply --yes "$W/light.conf"
is "$STATUS" 0 "a standard light" || bail "$OUT$ERR"
as u001 report "$T1" --status on-track --progress 20 --next '开工 <第二段> & "验收"' --next-by 2022-05-01 >/dev/null || bail "report"
as u001 report "$T2" --status blocked --progress 5 --risk '征地未批' --text '等待批复' >/dev/null || bail "report"
early=$(($(entries) - 1))
clock 2022-04-08T17:31:00+08:00
as u001 report "$T3" --period 2022Q1 --status at-risk --progress 10 --text '补报：雨季影响' >/dev/null || bail "late report"
N=$(($(entries) - 1))
missed=$(sql "select task from duban.v_finding where unit = 'u002' and finding = 'missing' order by task limit 1")

# ---- over HTTP ---------------------------------------------------------------------------------------------
state() { # AS_OF: what u001 reads of its third task
    http u001 "/v1/ledger?limit=1000&as_of=$1"
    field "$BODY" ".items[] | select(.task == \"$T3\") | .state + \" \" + (.status // \"-\") + \" \" + (.light // \"-\")"
}
is "$(state "$early")" 'open - green' "as of an early entry the report was open"
is "$(state $((N - 1)))" 'overdue - red' "… then overdue and red"
is "$(state "$N")" 'open at-risk yellow' "… then made up, and yellow; the next period is open"
is "$(state 2022-04-08T17:30:59%2B08:00)" 'open - green' "a second before the cut-off, by instant"
is "$(state 2022-04-08T17:31:00%2B08:00)" 'overdue - red' "at the cut-off, by instant"
for bad in x -1 999999 2999-01-01T00:00:00Z 2001-01-01T00:00:00Z '%27'; do
    http u001 "/v1/ledger?as_of=$bad"
    is "$CODE $(field "$BODY" .code)" '400 malformed' "as_of=$bad is refused"
done
http u001 '/v1/me?as_of=3'
is "$CODE" 400 "what has no past says so"
http u002 "/v1/ledger?limit=1000&as_of=$N"
unlike "$(field "$BODY" '.items[].task')" "^$T3\$" "today's rights hold in the past"
http u001 "/v1/tasks/$T3?as_of=$early"
is "$(field "$BODY" '.periods[0].state + (.last // "none")')" 'opennone' "one task as of an entry"
http u001 "/v1/tasks/$T3/entries?as_of=$early"
is "$(field "$BODY" '.items | length')" 0 "its entries as of an entry"
http u001 "/v1/due?limit=1000&as_of=$early"
is "$(field "$BODY" "[.items[] | select(.task == \"$T3\" and .kind == \"report\") | .state] | join(\" \")")" open "due as of an entry"

# ---- in the client -----------------------------------------------------------------------------------------
run as u001 ledger --as-of "$early" --light ouhai
like "$OUT" "^$T3 .*open.* green .*reported in time" "ledger --as-of --light"
run as u001 ledger
like "$OUT" "^$T3 .* yellow .*made up" "the standard light stands in the ledger, with its reason"
run as u001 ledger --as-of never
is "$STATUS" 1 "--as-of never is refused"
run as u001 show "$T3"
like "$OUT" 'lights: ouhai: yellow the last period was made up' "show answers why"
run as u001 show "$T3" --as-of "$early"
like "$OUT" 'lights: ouhai: green' "… and why it was green before"
run duban --home "$W/u001" --lang zh_CN show "$T3"
like "$OUT" 'ouhai: 黄灯 最近一期逾期后补报' "… in Chinese too"
run as u001 history "$T3" --as-of "$early"
like "$OUT" 'no entry that is yours to see names' "history --as-of"

# ---- the circular ------------------------------------------------------------------------------------------
run as office bulletin --period 2022Q1 --as-of "$N"
is "$STATUS" 0 "bulletin" || diag "$ERR"
cp "$W/.err" "$W/ignored"
printf '%s\n' "$OUT" >"$W/first.txt"
expected=$(sql "select sum(expected) from duban.v_unit_punctuality where period = '2022Q1'")
like "$OUT" "owed $expected reports; $expected are decided" "figures with their denominator"
like "$OUT" "On time 2/$expected \(" "… on time"
like "$OUT" "late 1/$expected \(" "… late"
like "$OUT" "$T3 .*late +$(sql "select entry from duban.v_finding where task = '$T3'") .*补报：雨季影响 \(entry $N\)" "criticism names the entry and the unit's answer" || diag "$(grep "$T3" <<<"$OUT")"
like "$OUT" "$missed .*missing .*no answer yet" "… and what nobody answered"
like "$OUT" "as-of $N" "the text says how to get it again"
run as office bulletin --as-of "$N"
is "$OUT" "$(cat "$W/first.txt")" "without --period: the newest past its cut-off"
for lang in en zh_CN; do
    run duban --home "$W/office" --lang $lang bulletin --period 2022Q1 --as-of "$N" --html "$W/b1.$lang.html"
    is "$STATUS" 0 "bulletin as HTML, $lang"
    run duban --home "$W/office" --lang $lang brief leader-01 --as-of "$N" --html "$W/brief1.$lang.html"
    is "$STATUS" 0 "brief as HTML, $lang"
done
like "$(cat "$W/b1.zh_CN.html")" '关于2022Q1报送情况的通报' "the circular in Chinese"
run as u001 bulletin --period 2022Q1 --as-of "$N"
unlike "$OUT" "$missed" "a unit's circular holds its own rows only"
run as office bulletin --period 1999Q1
is "$STATUS" 1 "a period that no plan has"

# ---- the brief ------------------------------------------------------------------------------------------------
run as leader-01 brief leader-01
is "$STATUS" 0 "brief of one's own post" || diag "$ERR"
for line in 'Exceptions' 'Trend' 'Risk' 'Next step' 'Decision wanted'; do like "$OUT" "^[1-5]\. $line" "it has: $line"; done
like "$OUT" '征地未批' "it has the risk of a blocked task"
like "$OUT" "help wanted: $T2" "… and asks for help"
like "$OUT" '开工 <第二段>' "it has the next step"
((lines = $(wc -l <<<"$OUT")))
ok "it fits on two pages ($lines lines)" test "$lines" -le 90
run as leader-01 brief nobody
is "$STATUS" 1 "no such post"

# ---- a numbered alert -----------------------------------------------------------------------------------------
alert=$(sql "select min(alert) from duban.alert where post = 'office' and level = 1")
number=$(sql "select number from duban.alert where alert = $alert")
run as office print "$alert" --html "$W/alert.en.html"
run as office print "$alert"
like "$OUT" "^$number\$" "a printed alert has its number"
like "$OUT" 'reason .*was due 2022-04-08 17:30' "… and its reason"
like "$OUT" 'requirement' "… and the requirement"
run duban --home "$W/office" --lang zh_CN print "$alert"
like "$OUT" '^催办单' "in Chinese it is a 催办单"
run as u002 print "$alert"
is "$STATUS" 1 "another post's alert is not printed"
run as office print x
is "$STATUS" 2 "an alert has a number"

# ---- valid HTML, and nothing of a sender's text in it as markup ---------------------------------------------------
for file in "$W"/*.html; do
    if command -v xmllint >/dev/null; then
        run xmllint --html --noout "$file"
        is "$STATUS$ERR" 0 "$(basename "$file") is valid HTML"
    fi
    run python3 - "$file" <<'PY'
import sys
from html.parser import HTMLParser
void = {"meta", "br"}
class P(HTMLParser):
    def __init__(self):
        super().__init__(); self.open = []; self.bad = []
    def handle_starttag(self, tag, attrs):
        if tag in ("script", "link", "img", "iframe"): self.bad.append(tag)
        if any(k in ("src", "href") or k.startswith("on") for k, _ in attrs): self.bad.append(str(attrs))
        if tag not in void: self.open.append(tag)
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag: self.bad.append("/" + tag)
p = P(); p.feed(open(sys.argv[1], encoding="utf-8").read())
print(p.bad, p.open); sys.exit(bool(p.bad or p.open))
PY
    is "$STATUS" 0 "$(basename "$file") stands alone and is well nested" || diag "$OUT"
done
like "$(cat "$W/brief1.en.html")" '开工 &lt;第二段&gt; &amp; &quot;验收&quot;' "what a sender wrote is text"

# ---- later: the same bytes -----------------------------------------------------------------------------------------
printf 'unit "u002" { name = "改了名的单位" }\npost "office" { name = "改名督查室" role = "office" holder "新人" { } }\n' >"$W/change.conf"
operator registry apply --yes "$W/change.conf" >/dev/null || bail "change"
as u002 report "$missed" --period 2022Q1 --status on-track --text '已补' >/dev/null || bail "report"
clock +3d
run as office bulletin --period 2022Q1 --as-of "$N"
is "$OUT" "$(cat "$W/first.txt")" "the circular as of the same entry is the same text later"
for lang in en zh_CN; do
    duban --home "$W/office" --lang $lang bulletin --period 2022Q1 --as-of "$N" --html "$W/b2.$lang.html" >/dev/null
    ok "… byte for byte as HTML, $lang" cmp -s "$W/b1.$lang.html" "$W/b2.$lang.html"
    duban --home "$W/office" --lang $lang brief leader-01 --as-of "$N" --html "$W/brief2.$lang.html" >/dev/null
    ok "… the brief too, $lang" cmp -s "$W/brief1.$lang.html" "$W/brief2.$lang.html"
done
run as office bulletin --period 2022Q1
like "$OUT" '改了名的单位' "now it says something else"
like "$OUT" "$missed .*late .*已补" "… with the answer that came"
done_testing
