#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Bad statements, beside a well-behaved client all of whose statements are acknowledged at once.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
enrol u002 --unit u002
enrol good --unit u003
T=$(led_task u001)
BODY1=$(reports "{\"task\":\"$T\",\"period\":\"2022Q1\",\"status\":\"on-track\"}")
good_task=$(led_task u003)
(
    n=0
    while [[ ! -e $W/stop ]]; do
        as good report "$good_task" --period 2022Q1 --status on-track --progress $((n % 100)) >>"$W/good.log" 2>&1 || echo "exit $?" >>"$W/good.fail"
        echo $((++n)) >"$W/good.count"
    done
) &
CHILDREN+=($!)
mine() { sql "select count(*) from duban.statement s join duban.signing_key k on k.id = s.key_id where k.code in ('u001', 'u002')"; }
before=$(mine)
refused() { # STATUS CODE NAME: the last answer, and nothing was stored
    like "$CODE" "^($1)$" "$3: HTTP $1" || diag "$BODY"
    like "$(field "$BODY" .code)" "^($2)$" "$3: code $2" || diag "$BODY"
    like "$(field "$BODY" .retry)" '^(never|later|after-fix)$' "$3: retry"
    is "$(mine)" "$before" "$3: nothing is stored"
}

post u001 u001 --body "$BODY1" --flip
refused 403 signature "a wrong signature"
post u001 u001 --body "$BODY1" --sign-key "$W/u002/sign.key"
refused 403 'signature|key' "signed by another unit's key, named as ours"
post u002 u001 --body "$BODY1"
refused 403 unit "another unit's key speaks for us"
envelope u001 u001 --body "$BODY1" >"$W/e"
submit u002 "$W/e"
refused 403 unit "a certificate that may not deliver for this unit"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$W/stranger.key" 2>/dev/null
mkdir "$W/stranger" && cp "$W"/u001/client.* "$W/u001/duban.conf" "$W/stranger/" && cp "$W/stranger.key" "$W/stranger/sign.key"
post stranger u001 --body "$BODY1"
refused 403 key "an unregistered key"
post u001 u001 --body "$BODY1" --set 'aud="duban.example/other"'
refused 403 audience "aud of another server"
post u001 u001 --body "$BODY1" --set 'seq=99'
refused 409 sequence "a gap in seq"
is "$(field "$BODY" .expected.seq)" 1 "… and what is expected"
post u001 u001 --body "$BODY1" --set "prev=\"$(printf '1%.0s' {1..64})\""
refused 409 sequence "a wrong prev"
post u001 u001 --body "$BODY1" --set 'seq=0'
refused '400|409' 'schema|sequence' "seq 0"
post u001 u001 --body "$BODY1" --set 'seq=9007199254740993'
refused 400 'schema|malformed' "2^53 + 1"
post u001 u001 --body "$BODY1" --set 'seq=1.0'
refused 400 'schema|malformed' "a real number"
post u001 u001 --body "$BODY1" --set 'unknown=1'
refused 400 schema "an unknown member"
post u001 u001 --body "$BODY1" --set 'nonce'
refused 400 schema "a missing member"
post u001 u001 --body "$BODY1" --set 'nonce="short"'
refused 400 schema "a nonce that is too short"
post u001 u001 --body "$BODY1" --set 'v=2'
refused 400 schema "another version"
post u001 u001 --body '{"reports":[{"task":"x"}]}'
refused 400 schema "a report without status"
post u001 u001 --body '{"reports":[]}'
refused 400 schema "no report at all"
post u001 u001 --body "$(reports "{\"task\":\"$T\",\"period\":\"2022Q1\",\"status\":null}")"
refused 400 schema "null"
post u001 u001 --body "$BODY1" --type application/vnd.duban.nonsense.v1+json
refused '400|403' 'schema|malformed' "an unknown payload type"
post u001 u001 --body "$BODY1" --kind registry
unlike "$CODE" '^200$' "a registry statement by a unit"
is "$(mine)" "$before" "… is not stored"
python3 - "$W" "$T" <<'P'
import json, sys
w, t = sys.argv[1:]
r = {"task": t, "period": "2022Q1", "status": "on-track"}
json.dump({"reports": [r] * 1001}, open(w + "/1001.json", "w"))
json.dump({"reports": [dict(r, text="a" * 263000)]}, open(w + "/257k.json", "w"))
P
post u001 u001 --body "$(<"$W/1001.json")"
refused '400|413' 'schema|size' "1,001 reports"
envelope u001 u001 --body '{"reports":[]}' >/dev/null # a head to build raw payloads from
python3 "$SYSTEM/statement.py" --home "$W/u001" --aud "$DUBAN_AUD" --unit u001 --body "$BODY1" --save "$W" >/dev/null
raw() { # NAME PYTHON-EXPRESSION over p (the right payload, bytes): signed as it is
    python3 -c "import sys; p = open('$W/payload', 'rb').read(); sys.stdout.buffer.write($2)" >"$W/raw"
    python3 "$SYSTEM/statement.py" --home "$W/u001" --raw "$W/raw" >"$W/e"
    submit u001 "$W/e"
    refused "${3:-400}" "${4:-malformed|schema}" "$1"
}
raw "257 KiB" 'p[:-1] + b" " * (257 * 1024 - len(p)) + b"}"' 413 size
raw "a duplicate member" 'p[:-1] + b", \"v\": 1}"'
raw "a member twice, deep" 'p.replace(b"\"status\"", b"\"status\": \"done\", \"status\"")'
raw "NaN" 'p.replace(b"\"v\": 1", b"\"v\": NaN")'
raw 'a \u0000' 'p.replace(b"on-track", b"on\\u0000track")'
raw "invalid UTF-8" 'p.replace(b"on-track", b"on\xfftrack")'
raw "overlong UTF-8" 'p.replace(b"on-track", b"on\xc0\xaftrack")'
raw "a lone surrogate" 'p.replace(b"on-track", b"on\\ud800track")'
raw "a byte order mark" 'b"\xef\xbb\xbf" + p'
raw "bytes behind the end" 'p + b"{}"'
raw "a depth bomb" 'p[:-1] + b", \"x\": " + b"[" * 5000 + b"]" * 5000 + b"}"'
raw "an array instead of an object" 'b"[" + p + b"]"'
raw "nothing" 'b""'
for body in '' '{}' '[]' 'null' '{"payloadType":"x"}' '{"payloadType":"x","payload":"!!","signatures":[]}'; do
    printf '%s' "$body" >"$W/e"
    submit u001 "$W/e"
    refused 400 malformed "as envelope: ${body:-nothing}"
done
http u001 /v1/statements -H 'Content-Type: text/plain' --data-binary "@$W/envelope"
like "$CODE" '^(400|415)$' "another content type"
yes '{}' | head -n 257 >"$W/e"
http u001 /v1/statements -H 'Content-Type: application/x-ndjson' --data-binary "@$W/e"
like "$CODE" '^(400|413)$' "257 lines"

# keys: expired, not yet valid, revoked; the duplicate of what came before still gets its receipt
post u001 u001 --body "$BODY1"
is "$CODE" 200 "the right statement is taken"
cp "$W/envelope" "$W/first"
before=$(mine)
operator registry export >"$W/export.conf"
key=$(field "$(<"$W/first")" '.signatures[0].keyid')
key_with() { # EXTRA: the key object with other dates
    python3 - "$W/export.conf" "$key" "$1" <<'P' >"$W/key.conf"
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
block = re.search(r'^key "%s" \{.*?^\}|^key "%s" \{[^\n]*\}$' % (sys.argv[2], sys.argv[2]), text, re.S | re.M).group(0)
block = re.sub(r'\s*\b(from|until|revoked)\s*=\s*"[^"]*"', "", block)
print(block.rstrip()[:-1] + " " + sys.argv[3] + "\n}")
P
    operator registry apply --yes "$W/key.conf" >/dev/null 2>"$W/key.err" || diag "$(<"$W/key.err")"
}
for what in 'until = "2020-01-01T00:00:00Z"' 'from = "2099-01-01T00:00:00Z"' 'revoked = "lost"'; do
    key_with "$what"
    post u001 u001 --body "$BODY1"
    refused 403 key "a key with $what"
    submit u001 "$W/first"
    is "$CODE $(field "$BODY" .duplicate)" "200 true" "… but its earlier statement still gets its receipt"
done
key_with ''
post u001 u001 --body "$BODY1"
is "$CODE" 200 "valid again: taken"

touch "$W/stop"
wait "${CHILDREN[0]}" 2>/dev/null
ok "the well-behaved client beside it was never refused ($(<"$W/good.count") reports)" test ! -e "$W/good.fail"
is "$(find "$W/good/outbox" -name '*.dsse.json' | wc -l)" 0 "… and nothing is left in its outbox"
is "$(find "$W/good/receipts" -name '*.tlog-proof' | wc -l)" "$(<"$W/good.count")" "… each with a receipt"
run as good receipts verify
is "$STATUS" 0 "… that verifies"
done_testing
