#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Independent judges: openssl verifies a stored statement from a database dump; Go's x/mod verifies
# receipts, consistency and tiles of a log that duband made.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
enrol u001 --unit u001
enrol u002 --unit u002 --alg ed25519
for n in 1 2 3; do
    as u001 report "$(led_task u001 "$n")" --period 2022Q1 --status on-track >/dev/null || bail "no report"
    http u001 /log/checkpoint
    mkdir -p "$W/log/checkpoints" && cp "$W/.body" "$W/log/checkpoints/$n"
done
as u002 report "$(led_task u002)" --status on-track >/dev/null || bail "no report"
clock 2022-04-08T17:31:00+08:00 # several hundred alerts: more than one full tile

# openssl, from a dump
pg_dump -h "$DUBAN_PGHOST" -U postgres -d duban --data-only -t duban.statement --column-inserts >"$W/dump.sql"
for u in u001 u002; do
    openssl pkey -in "$W/$u/sign.key" -pubout -out "$W/$u.pem"
    key=$(openssl pkey -in "$W/$u/sign.key" -pubout -outform DER | sha256sum | cut -c 1-64)
    python3 - "$W/dump.sql" "$key" "$W" <<'P'
import re, sys
text, key, w = open(sys.argv[1], encoding="utf-8").read(), sys.argv[2], sys.argv[3]
line = [l for l in text.splitlines() if l.startswith("INSERT INTO duban.statement") and f"'\\x{key}'" in l][-1]
names = [n.strip() for n in re.search(r"\(([^)]*)\) VALUES", line).group(1).split(",")]
values = dict(zip(names, re.findall(r"'((?:[^']|'')*)'|(-?\d+)", line.split(" VALUES ", 1)[1])))
raw = {n: bytes.fromhex(values[n][0][2:]) for n in ("payload", "signature", "id")}
kind = values["payload_type"][0].encode()
pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(raw["payload"]), raw["payload"])
open(w + "/pae", "wb").write(pae)
open(w + "/sig", "wb").write(raw["signature"])
open(w + "/id", "w").write(raw["id"].hex())
P
    if [[ $u == u002 ]]; then
        run openssl pkeyutl -verify -pubin -inkey "$W/$u.pem" -rawin -in "$W/pae" -sigfile "$W/sig"
    else
        run openssl dgst -sha256 -verify "$W/$u.pem" -signature "$W/sig" "$W/pae"
    fi
    is "$STATUS" 0 "openssl verifies a stored statement of $u from the dump"
    is "$(sha256sum <"$W/pae" | cut -c 1-64)" "$(<"$W/id")" "… and its identity"
done
run "$SOURCE/examples/check-receipt.sh" "$DUBAN_LOG_VKEY" "$W/u001/receipts/1.tlog-proof" "$W/u001/sent/1.dsse.json" "$W/u001.pem"
is "$STATUS" 0 "openssl checks a receipt with its statement"
run "$SOURCE/examples/check-receipt.sh" "$DUBAN_LOG_VKEY" "$W/u001/receipts/1.tlog-proof" "$W/u001/sent/2.dsse.json" "$W/u001.pem"
isnt "$STATUS" 0 "… and refuses it with another statement"

# Go
[[ -d /usr/share/gocode/src/golang.org/x/mod ]] && command -v go >/dev/null || { diag "no Go: not judged by x/mod" && done_testing; }
export GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$W/.go GOFLAGS=''
go build -o "$W/judge-receipt" "$SOURCE/tests/judges/receipt/main.go" || bail "the judge does not build"
go build -o "$W/judge-log" "$SOURCE/tests/judges/log/main.go" || bail "the judge does not build"
run "$W/judge-receipt" "$DUBAN_LOG_VKEY" "$W"/u00?/receipts/*.tlog-proof
is "$STATUS" 0 "x/mod verifies every receipt"
is "$(grep -c '^verified' <<<"$OUT")" 4 "… four of them"
for change in 's/^index \([0-9]*\)/index 1\1/' '4s/^./=/' '$s/.\{5\}$/AAAA=/' '2s/A/B/'; do
    sed "$change" "$W/u001/receipts/1.tlog-proof" >"$W/changed"
    cmp -s "$W/changed" "$W/u001/receipts/1.tlog-proof" && continue
    run "$W/judge-receipt" "$DUBAN_LOG_VKEY" "$W/changed"
    isnt "$STATUS" 0 "… and refuses a changed one ($change)"
    run duban --home "$W/u001" --lang en receipts verify "$W/changed"
    is "$STATUS" 4 "… so does duban: exit 4"
done

for name in $DUBAN_LOG_VKEY; do printf '%s\n' "$name"; done >"$W/log/vkey"
http u001 /log/checkpoint
cp "$W/.body" "$W/log/checkpoint"
size=$(sed -n 2p "$W/log/checkpoint")
ok "the log has more than a full tile ($size entries)" test "$size" -gt 256
sql "select translate(encode(entry, 'base64'), E'\n', '') from duban.log_entry where index < $size order by index" >"$W/log/entries"
path() { # N: C2SP tile index
    local n=$1 out
    out=$(printf '%03d' $((n % 1000)))
    while ((n >= 1000)); do n=$((n / 1000)) && out=$(printf 'x%03d' $((n % 1000)))/$out; done
    printf '%s' "$out"
}
fetch_tiles() { # LEVEL COUNT: full tiles and the partial one
    local level=$1 count=$2 n
    for ((n = 0; n < count / 256; n++)); do
        mkdir -p "$W/log/tile/$level"
        http u001 "/log/tile/$level/$(path "$n")" && cp "$W/.body" "$W/log/tile/$level/$(path "$n")"
    done
    if ((count % 256)); then
        mkdir -p "$W/log/tile/$level/$(path "$n").p"
        http u001 "/log/tile/$level/$(path "$n").p/$((count % 256))" && cp "$W/.body" "$W/log/tile/$level/$(path "$n").p/$((count % 256))"
    fi
    ((count < 256)) || fetch_tiles $((level + 1)) $((count / 256))
}
fetch_tiles 0 "$size"
mkdir -p "$W/log/consistency"
for m in 1 2 3 7 8 100 255 256 257 $((size - 1)) "$size"; do
    http u001 "/log/consistency?from=$m&to=$size"
    is "$CODE" 200 "consistency from $m to $size"
    cp "$W/.body" "$W/log/consistency/$m-$size"
done
run "$W/judge-log" "$W/log"
is "$STATUS" 0 "x/mod recomputes root, older heads, consistency proofs, tiles" || diag "$OUT"
sed -i '5s/A/B/' "$W/log/entries"
run "$W/judge-log" "$W/log"
isnt "$STATUS" 0 "… and sees a changed entry"

http u001 "/log/tile/entries/000"
python3 - "$W/.body" "$W/log/entries" <<'P'
import base64, struct, sys
data, at, entries = open(sys.argv[1], "rb").read(), 0, []
while at < len(data):
    (n,) = struct.unpack_from(">H", data, at)
    entries.append(data[at + 2 : at + 2 + n])
    at += 2 + n
want = [base64.b64decode(l) for l in open(sys.argv[2])][:256]
sys.exit(sum(a != b for a, b in zip(entries, want)) > 1 or len(entries) != 256)
P
result $? "the entry bundle holds 256 entries"
http u001 "/log/entry/0"
like "$BODY" '^duban-entry/v1' "one raw entry"
http u001 "/log/proof?entry=0"
is "$CODE" 200 "a proof against the newest signed head"
cp "$W/.body" "$W/proof"
run "$W/judge-receipt" "$DUBAN_LOG_VKEY" "$W/proof"
is "$STATUS" 0 "… verified by x/mod"
http u001 "/log/proof?entry=0&size=999999999"
is "$CODE" 404 "a size without a signed head: 404"
done_testing
