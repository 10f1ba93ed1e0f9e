#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The client when things are not well: server away, statement refused, wrong server, log rewritten.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
T=$(led_task u001) T2=$(led_task u001 2)
duban-local stop "$I"
start=$SECONDS
run as u001 report "$T" --period 2022Q1 --status on-track
is "$STATUS" 3 "the server is away: exit 3"
ok "… soon" test $((SECONDS - start)) -le 30
is "$(find "$W/u001/outbox" -name '*.dsse.json' | wc -l)" 1 "the statement is kept"
run as u001 report "$T2" --period 2022Q1 --status at-risk
is "$STATUS" 3 "a second one"
run as u001 outbox
like "$OUT" '2|1' "outbox lists them"
cp "$W/u001/outbox/1.dsse.json" "$W/1.before"
duban-local start "$I" || bail "start"
run as u001 flush
is "$STATUS" 0 "flush delivers"
is "$(find "$W/u001/outbox" -name '*.dsse.json' | wc -l)" 0 "the outbox is empty"
ok "the same bytes were sent" cmp -s "$W/1.before" "$W/u001/sent/1.dsse.json"
is "$(sql 'select count(*) from duban.verdict')" 2 "both count"
run as u001 flush
is "$STATUS" 0 "flush with nothing to do"

# the answer is lost: sent again, the same receipt
cp "$W/u001/sent/2.dsse.json" "$W/u001/outbox/2.dsse.json"
rm "$W/u001/receipts/2.tlog-proof" "$W/u001/sent/2.dsse.json"
run as u001 flush
is "$STATUS" 0 "a statement whose answer was lost is sent again"
ok "… and its receipt is kept" test -s "$W/u001/receipts/2.tlog-proof"

# a statement that takes no place is set aside, those behind it are signed anew
duban-local stop "$I"
run as u001 report "$T" --period 2022Q1 --status on-track --progress 11
run as u001 report "$T2" --period 2022Q1 --status on-track --progress 12
third=$(find "$W/u001/outbox" -name '3.dsse.json')
python3 - "$third" <<'P'
import base64, json, sys
e = json.load(open(sys.argv[1]))
s = bytearray(base64.b64decode(e["signatures"][0]["sig"]))
s[-1] ^= 1
e["signatures"][0]["sig"] = base64.b64encode(bytes(s)).decode()
json.dump(e, open(sys.argv[1], "w"))
P
duban-local start "$I" || bail "start"
run as u001 flush
like "$STATUS" '^[14]$' "a spoilt statement is refused"
like "$OUT$ERR" '3' "… loudly"
is "$(find "$W/u001/outbox" -name '*.dsse.json' | wc -l)" 0 "nothing is stuck behind it"
run as u001 --json show "$T2"
like "$OUT" '12' "the one behind it was signed anew and arrived"

# somebody else's certificate, somebody else's server
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other-ca -days 9 -keyout "$W/other.key" -out "$W/other.pem" 2>/dev/null
cp -a "$W/u001" "$W/wrong"
ca=$(sed -n 's/^ca = "\(.*\)"/\1/p' "$W/wrong/duban.conf")
[[ $ca == /* ]] || ca=$W/wrong/$ca
sed -i "s|^ca = .*|ca = \"$W/other.pem\"|" "$W/wrong/duban.conf"
run as wrong due
is "$STATUS" 5 "a CA that did not sign the server: exit 5"
like "$ERR" 'other.pem' "… names the CA file"
cp -a "$W/u001" "$W/open"
chmod 644 "$W/open/sign.key"
run as open report "$T" --period 2022Q1 --status on-track
is "$STATUS" 5 "a signing key that others can read: exit 5"
like "$ERR" 'sign.key' "… named"
cp -a "$W/u001" "$W/none"
rm "$W/none/client.pem"
run as none due
is "$STATUS" 5 "no certificate: exit 5"
like "$ERR" 'client.pem' "… named"
run duban --home "$W/nowhere" --lang en due
is "$STATUS" 5 "no HOME: exit 5"
like "$ERR" 'enrol' "… and the next command"
run duban --home "$W/nowhere" --lang zh_CN due
like "$ERR" '登记|目录|没有|不存在|申请' "… in Chinese too"
run duban nonsense
is "$STATUS" 2 "an unknown command: exit 2"

# the log was rewritten: loud, exit 4, evidence kept
cp -a "$W/u001" "$W/liar"
state=$(<"$W/liar/log.state")
python3 - "$W/liar/log.state" <<'P'
import re, sys
text = open(sys.argv[1]).read()
found = re.search(r"[A-Za-z0-9+/]{43}=|[0-9a-f]{64}", text)
root = found.group(0)
text = text.replace(root, ("1" if root[0] != "1" else "2") + root[1:])
open(sys.argv[1], "w").write(text)
P
isnt "$(<"$W/liar/log.state")" "$state" "another root is remembered"
run as liar report "$T" --period 2022Q1 --status on-track
is "$STATUS" 4 "a log that is not the one seen before: exit 4"
like "$ERR" '/' "… names the evidence"
done_testing
