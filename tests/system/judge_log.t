#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Independent judges of the log: programs in Go on golang.org/x/mod alone sign and send tens of thousands of
# statements, verify every receipt and head, and recompute the whole log from what is served.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
LOAD=${LOAD:-66000} # beyond 65,536 entries there are tiles of a third level
instance_start --now "$NOW" --plan "$SAMPLE"
for u in u001 u002 u003; do enrol "$u" --unit "$u"; done
judge_build
(cd "$SOURCE/tests/judges/outsider" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$W/.go GOFLAGS='' go build -o "$W/outsider" .) ||
    bail "the outsider does not build"

for n in 1 2 3; do
    as u003 report "$(led_task u003)" --period 2022Q1 --status on-track --progress "$n" >/dev/null || bail "no report"
done
run "$W/outsider" load "$LOAD" "$W/load" "$W/u001:u001:$(led_task u001):2022Q1" "$W/u002:u002:$(led_task u002):2022Q1"
is "$STATUS" 0 "receipts of $LOAD statements: digest, entry, outcomes, path, signature, consistency" || diag "$OUT$ERR"
diag "$OUT"
is "$(wc -l <"$W/load")" "$LOAD" "… one receipt each"
is "$(cut -d ' ' -f 1 "$W/load" | sort -u | wc -l)" "$LOAD" "… no entry twice"
is "$(sort "$W/load" | sha256sum)" "$(sql "select s.entry || ' ' || encode(s.id, 'hex') from duban.statement s join duban.signing_key k on k.id = s.key_id where k.code in ('u001', 'u002')" | sort | sha256sum)" \
    "… and the database holds exactly these"
as u003 report "$(led_task u003)" --period 2022Q1 --status at-risk --progress 4 >/dev/null || bail "no report"
clock 2022-04-08T17:31:00+08:00 # alerts and missing reports: entries of other kinds
sealed() { [[ $(curl -sS "$DUBAN_ADMIN_URL/readyz" | jq '.log_size == .sealed_size') == true ]]; }
ok "everything is sealed" eventually 10 sealed
run "$W/outsider" monitor "$W/u003" "$W/load.heads"
is "$STATUS" 0 "the log as served: entries, tiles, proofs, heads" || diag "$OUT$ERR"
diag "$OUT"
like "$OUT" 'alert:[1-9]' "… with alerts in it"
like "$OUT" 'missing:[1-9]' "… and missing reports"
is "$(sql 'select max(level) from duban.tile')" 1 "… and full tiles of two levels below the top"

# receipts that the client kept
run "$W/judge-receipt" "$DUBAN_LOG_VKEY" "$W"/u003/receipts/*.tlog-proof
is "$STATUS $(grep -c '^verified' <<<"$OUT")" "0 4" "x/mod verifies the receipts that duban kept"
run as u003 receipts verify
is "$STATUS" 0 "… so does duban"
judge_tampered() { # NAME SED: neither believes it
    sed "$2" "$W/u003/receipts/3.tlog-proof" >"$W/changed"
    ! cmp -s "$W/changed" "$W/u003/receipts/3.tlog-proof" || bail "$1 changes nothing"
    run "$W/judge-receipt" "$DUBAN_LOG_VKEY" "$W/changed"
    is "$STATUS" 1 "$1: refused by x/mod"
    run as u003 receipts verify "$W/changed"
    is "$STATUS" 4 "$1: refused by duban, exit 4"
}
judge_tampered "another index" 's/^index \([0-9]*\)/index 1\1/'
judge_tampered "another entry" '2s/\(.\{200\}\)./\1A/;2s/\(.\{204\}\)./\1B/'
judge_tampered "another path" '4s/^..../AAAA/'
judge_tampered "a shorter path" '4d'
judge_tampered "another size" '/^$/,$s/^\([0-9][0-9]*\)$/1\1/'
judge_tampered "another signature" '$s/ \([^ ]*\)....$/ AAAA\1/'
judge_tampered "another origin" '/^$/,$s/^duban/dubam/'
judge_tampered "no signature" '$d'

# the judges notice: somebody with all rights rewrites one byte of the database
tampered() { # NAME UPDATE UNDO
    super "$2" >/dev/null
    run "$W/outsider" monitor "$W/u003"
    isnt "$STATUS" 0 "$1: the monitor notices"
    diag "$(tail -n 1 <<<"$OUT")"
    super "$3" >/dev/null
}
tampered "a changed entry" "update duban.log_entry set entry = set_byte(entry, 40, get_byte(entry, 40) # 1) where index = 7" \
    "update duban.log_entry set entry = set_byte(entry, 40, get_byte(entry, 40) # 1) where index = 7"
tampered "a changed leaf hash" "update duban.log_entry set hash = set_byte(hash, 9, get_byte(hash, 9) # 1) where index = 25700" \
    "update duban.log_entry set hash = set_byte(hash, 9, get_byte(hash, 9) # 1) where index = 25700"
tampered "a changed node" "update duban.tile set root = set_byte(root, 9, get_byte(root, 9) # 1) where level = 0 and n = 100" \
    "update duban.tile set root = set_byte(root, 9, get_byte(root, 9) # 1) where level = 0 and n = 100"
run "$W/outsider" monitor "$W/u003" "$W/load.heads"
is "$STATUS" 0 "put back: it verifies again" || diag "$OUT"
stop_clean
done_testing
