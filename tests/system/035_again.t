#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Nothing is filled in twice: the last report as the beginning of the next, an editor, drafts that
# survive, and what would be signed.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol clerk --unit u001
cd "$W" || exit
T=$(led_task u001) T2=$(led_task u001 2)
statements() { sql 'select count(*) from duban.statement'; }
payload() { jq -r .payload "$W/clerk/sent/$1.dsse.json" | base64 -d; }

run as clerk report "$T2" --again
is "$STATUS" 2 "--again without an earlier report"
like "$ERR" "$T2" "… names the task"
run as clerk report "$T" --status at-risk --progress 40 --text $'第一行\n第二行' --value 产值=5.5亿元 --risk 用地 --next 招标 --next-by 2022-05-01
is "$STATUS" 0 "a report"
clock 2022-04-09T09:00:00+08:00

before=$(statements)
run as clerk --json report "$T" --again --progress 60 --dry-run
is "$STATUS" 0 "--dry-run"
is "$(jq -c '.reports[0] | [.status, .progress, .text, .values[0].value, .risk, .next, .next_by, .period]' <<<"$OUT")" \
    '["at-risk",60,"第一行\n第二行","5.5","用地","招标",null,"2022Q2"]' "what is not said stays, a promise is not made again"
is "$(statements)" "$before" "… and nothing was signed"
not_ok "… nor kept" test -e "$W/clerk/outbox/2.dsse.json"

cat >change <<'END'
#!/bin/sh
cp "$1" seen
sed -i 's/^progress: .*/progress: 70%/; s/第二行/第三行/' "$1"
END
chmod +x change
EDITOR="$W/change" run as clerk report "$T" --again
is "$STATUS" 0 "--again opens the editor"
like "$(cat seen)" 'status: at-risk' "… on the last report"
is "$(payload 2 | jq -c '.reports[0] | [.status, .progress, .text, .values[0].unit]')" '["at-risk",70,"第一行\n第三行","亿元"]' "only what was typed changed"
is "$(as clerk draft)" "no drafts" "a signed draft is gone"

run env -u VISUAL -u EDITOR duban --home "$W/clerk" --lang en report "$T2" --period 2022Q2 --edit
is "$STATUS" 5 "no editor is chosen"
like "$ERR" 'EDITOR' "… says what to set"
cat >typed <<'END'
#!/bin/sh
printf 'status: 正常推进\nprogress: viel\ntext:\n写了很久\n' >"$1"
END
chmod +x typed
is "$(as clerk draft)" "no drafts" "… and leaves nothing behind"
EDITOR="$W/typed" run as clerk report "$T2" --period 2022Q2 --edit
is "$STATUS" 2 "a fault in what was typed"
like "$ERR" 'line 2.*viel' "… is named with its line"
is "$(as clerk draft)" "${T2/\//_}~2022Q2" "… and nothing typed is lost"
like "$(as clerk draft show "${T2/\//_}~2022Q2")" '写了很久' "draft show"
cat >mend <<'END'
#!/bin/sh
sed -i 's/viel/20/' "$1"
END
chmod +x mend
EDITOR="sh $W/mend" run as clerk report "$T2" --period 2022Q2 --edit
is "$STATUS" 0 "an editor with options goes on from the draft"
is "$(payload 3 | jq -c '.reports[0] | [.status, .progress, .text]')" '["on-track",20,"写了很久"]' "… and it is signed"
EDITOR=false run as clerk report "$T2" --period 2022Q2 --again
is "$STATUS" 5 "an editor that fails"
like "$(as clerk draft)" '2022Q2' "… leaves the draft"
EDITOR=true run as clerk report "$T2" --period 2022Q2 --again </dev/null
is "$STATUS" 2 "unchanged: asked about, not signed without a terminal"
is "$(statements)" $((before + 2)) "nothing more was signed"
EDITOR='truncate -s 0' run as clerk report "$T2" --period 2022Q2 --again
is "$STATUS" 1 "an emptied file"
is "$(as clerk draft)" "no drafts" "… stops and forgets the draft"
run as clerk draft show ../client
is "$STATUS" 2 "a draft is a name, not a path"
printf '#!/bin/sh\ncp "$1" peeked\nfalse\n' >peek
chmod +x peek
enrol office --post office
run as office review --return "$(sql "select max(entry) || '.0' from duban.report where task = '$T' and period = '2022Q1'")" --reason 没有写用地进展
is "$STATUS" 0 "its period is returned"
run as clerk show "$T"
like "$OUT" 'newest report: entry [0-9]+, .*2022Q2 at risk 70 %.*: 第一行' "the old text is shown as one reads it"
like "$OUT" '没有写用地进展' "… beside the reason of the return"
EDITOR="$W/peek" run as clerk report "$T" --again --period 2022Q1
like "$(cat peeked)" '^# returned: 没有写用地进展' "the reason stands in front of the old text in the editor"
like "$(cat peeked)" '^第一行' "… which is there"
done_testing
