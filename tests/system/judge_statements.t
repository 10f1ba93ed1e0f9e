#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Independent judges of statements: openssl and coreutils verify what the database holds, from a dump; an
# envelope made with the openssl command is taken.
. "$(dirname "$0")/lib.sh"
. "$SYSTEM/hostile.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
declare -A ALG=([u001]=ecdsa-p256 [u002]=ed25519 [u003]=sm2)
for u in u001 u002 u003; do
    enrol "$u" --unit "$u" --alg "${ALG[$u]}"
    for n in 1 2; do
        as "$u" report "$(led_task "$u")" --period 2022Q1 --status on-track --progress "$n" --text '按计划推进 “甲”' >/dev/null || bail "no report of $u"
    done
    openssl pkey -in "$W/$u/sign.key" -pubout -out "$W/$u.pem"
done

verify() { # ALG PUBLIC-KEY SIGNATURE FILE: the auditor's stock command
    case $1 in
    ed25519) openssl pkeyutl -verify -pubin -inkey "$2" -rawin -in "$4" -sigfile "$3" ;;
    ecdsa-p256) openssl dgst -sha256 -verify "$2" -signature "$3" "$4" ;;
    sm2) openssl dgst -sm3 -sigopt distid:1234567812345678 -verify "$2" -signature "$3" "$4" ;;
    esac >/dev/null 2>&1
}
pae() { # TYPE PAYLOAD-FILE
    printf 'DSSEv1 %d %s %d ' "${#1}" "$1" "$(stat -c %s "$2")"
    cat "$2"
}

# each statement of a plain-text dump: COPY lines of duban.statement
pg_dump -h "$DUBAN_PGHOST" -p "$DUBAN_PGPORT" -U postgres -d duban --data-only -t duban.statement -t duban.signing_key >"$W/dump.sql" || bail "no dump"
columns=$(sed -n 's/^COPY duban.statement (\(.*\)) FROM stdin;$/\1/p' "$W/dump.sql")
is "$columns" "entry, id, payload_type, payload, signature, key, key_id, seq" "the dump has the documented columns"
sed -n '/^COPY duban.statement /,/^\\\.$/p' "$W/dump.sql" | sed '1d;$d' >"$W/rows"
unhex() { python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read().strip().split("x")[1]))'; }
declare -A good=()
bad=0 identities=0
while IFS=$'\t' read -r _ id type payload signature key _; do
    unhex <<<"$payload" >"$W/payload"
    unhex <<<"$signature" >"$W/signature"
    pae "$type" "$W/payload" >"$W/pae"
    [[ $(sha256sum <"$W/pae" | cut -c 1-64) == "${id#*x}" ]] && ((++identities))
    for u in u001 u002 u003; do
        [[ ${key#*x} == $(openssl pkey -pubin -in "$W/$u.pem" -outform DER | sha256sum | cut -c 1-64) ]] || continue
        if verify "${ALG[$u]}" "$W/$u.pem" "$W/signature" "$W/pae"; then good[$u]=$((${good[$u]:-0} + 1)); fi
        printf x >>"$W/pae"
        if verify "${ALG[$u]}" "$W/$u.pem" "$W/signature" "$W/pae"; then ((++bad)); fi
        cp "$W/payload" "$W/last.$u"
    done
done <"$W/rows"
is "$identities" "$(wc -l <"$W/rows")" "each statement's id is the SHA-256 of its PAE ($identities)"
for u in u001 u002 u003; do is "${good[$u]:-0}" 2 "openssl verifies both statements of $u (${ALG[$u]}) from the dump"; done
is "$bad" 0 "… and none with a byte more"
ok "the stored payload is what was sent, byte for byte" cmp "$W/last.u001" <(jq -r .payload "$W/u001/sent/2.dsse.json" | base64 -d)

# the entry in the log names the statement, and its own signature is the statement's
sql "select convert_from(e.entry, 'UTF8') from duban.log_entry e join duban.statement s on s.entry = e.index where s.id = '\\x$(
    pae application/vnd.duban.report.v1+json "$W/last.u001" | sha256sum | cut -c 1-64)'" >"$W/entry"
is "$(sed -n 's/^pae-sha256 //p' "$W/entry")" "$(pae application/vnd.duban.report.v1+json "$W/last.u001" | sha256sum | cut -c 1-64)" "the entry holds the digest"
sed -n 's/^sig //p' "$W/entry" | base64 -d >"$W/signature"
pae application/vnd.duban.report.v1+json "$W/last.u001" >"$W/pae"
ok "… and the signature, which verifies" verify ecdsa-p256 "$W/u001.pem" "$W/signature" "$W/pae"

# genesis: signed by the operator's key that it registers
sql "select encode(payload, 'hex') from duban.statement where entry = 0" | sed 's/^/x/' | unhex >"$W/payload"
sql "select encode(signature, 'hex') from duban.statement where entry = 0" | sed 's/^/x/' | unhex >"$W/signature"
pae "$(sql 'select payload_type from duban.statement where entry = 0')" "$W/payload" >"$W/pae"
openssl pkey -in "$DUBAN_OPERATOR_HOME/sign.key" -pubout -out "$W/operator.pem"
ok "entry 0 is signed by the operator's key" verify ecdsa-p256 "$W/operator.pem" "$W/signature" "$W/pae"
like "$(jq -r '.changes[] | select(.set == "key") | .key' "$W/payload")" \
    "^$(openssl pkey -pubin -in "$W/operator.pem" -outform DER | sha256sum | cut -c 1-64)$" "… which it registers itself"

# examples/check-receipt.sh, openssl only
for u in u001 u002; do
    run "$SOURCE/examples/check-receipt.sh" "$DUBAN_LOG_VKEY" "$W/$u/receipts/1.tlog-proof" "$W/$u/sent/1.dsse.json" "$W/$u.pem"
    is "$STATUS" 0 "check-receipt.sh: a receipt of $u with its statement" || diag "$OUT$ERR"
done
run "$SOURCE/examples/check-receipt.sh" "$DUBAN_LOG_VKEY" "$W/u001/receipts/1.tlog-proof" "$W/u001/sent/2.dsse.json" "$W/u001.pem"
isnt "$STATUS" 0 "… not with another statement"
run "$SOURCE/examples/check-receipt.sh" "$DUBAN_LOG_VKEY" "$W/u001/receipts/1.tlog-proof" "$W/u001/sent/1.dsse.json" "$W/u002.pem"
isnt "$STATUS" 0 "… not with another key"
sed '$s/ \([^ ]*\)....$/ \1AAA=/' "$W/u001/receipts/1.tlog-proof" >"$W/changed"
run "$SOURCE/examples/check-receipt.sh" "$DUBAN_LOG_VKEY" "$W/changed"
isnt "$STATUS" 0 "… not with another signature of the log"

# an envelope by openssl, sent by curl
key=$(openssl pkey -in "$W/u001/sign.key" -pubout -outform DER | sha256sum | cut -c 1-64)
http u001 /v1/me
seq=$(field "$BODY" ".keys[] | select(.key == \"$key\") | .seq") prev=$(field "$BODY" ".keys[] | select(.key == \"$key\") | .prev")
is "$seq" 3 "/v1/me says what comes next"
cat >"$W/payload" <<END
{"v":1,"aud":"$DUBAN_AUD","unit":"u001","key":"$key","seq":$seq,"prev":"$prev","id":"$(</proc/sys/kernel/random/uuid)",
 "nonce":"$(openssl rand -hex 16)","iat":"2026-01-01T00:00:00Z","reports":[{"task":"$(led_task u001 2)","period":"2022Q1","status":"on-track"}]}
END
python3 "$HOSTILE/sign.py" "$W/u001/sign.key" application/vnd.duban.report.v1+json <"$W/payload" >"$W/envelope"
submit u001 "$W/envelope"
is "$CODE $(field "$BODY" .duplicate) $(field "$BODY" '.outcomes[0].outcome')" "200 false on-time" "an envelope by openssl is taken"
mkdir "$W/one" && jq -j .proof <<<"$BODY" >"$W/one/receipt"
judge_receipts "$W/one" "… and its receipt verifies"
stop_clean
done_testing
