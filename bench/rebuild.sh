#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/rebuild.sh: an instance of its own with a plan that stands in the log, REPLAYED_FOR (4) seconds of load on it,
# then `duband rebuild --compare` (every signature, chain and byte; the ledger made again and compared), and
# `duban receipts verify` over VERIFIED (100) receipts, without a server.
. "$(dirname -- "$0")/lib.sh"
REPLAYED_FOR=${REPLAYED_FOR:-4} VERIFIED=${VERIFIED:-100} ROUNDS=${REBUILD_ROUNDS:-2}
KEYS=$((KEYS < 64 ? KEYS : 64)) TASKS=25 OBLIGATIONS=$((KEYS * 100)) PERIODS=2022Q1
own=$(mktemp -d /var/tmp/duban-bench.XXXXXX)
at_exit "local_ destroy '$own/instance'; rmdir '$own'"
mkdir -p "$OUT"

operator() { "$BUILD/duban" --home "$DUBAN_OPERATOR_HOME" "$@"; }
start() { # instance.sh without its seed: what is not in the log cannot be rebuilt
    DIR=$own/instance
    local_ start "$DIR" --now 2022-03-21T10:00:00+08:00
    printf '%s=%s\n' ALG "$ALG" KEYS "$KEYS" OBLIGATIONS "$OBLIGATIONS" SEEDED_DUE 0 TASKS "$TASKS" >"$DIR/bench.conf"
    attach "$DIR"
    sql -c 'create database floor'
    "$BUILD/bench/load" keys "$DIR/keys" --count "$KEYS" --alg "$ALG"
    {
        printf 'post "%s" { name = "%s" role = "%s" holder "Holder" { } }\n' office 督查室 office chief 主要领导 chief
        cat "$DIR/keys/registry.conf"
        printf 'client "%s" { name = "operator" for = "office" operator = true deliver = { %s } }\n' \
            "$(openssl x509 -in "$DUBAN_OPERATOR_HOME/client.pem" -outform DER | sha256sum | cut -d' ' -f1)" "$(seq -f '"b%04g"' -s ', ' 1 "$KEYS")"
    } >"$DIR/registry.conf"
    operator registry apply --yes "$DIR/registry.conf" >/dev/null
}
plan() { # b, with the tasks that the load reports for, as a signed statement
    local curl=(curl -sS --cacert "$DUBAN_CA" --cert "$DUBAN_OPERATOR_HOME/client.pem" --key "$DUBAN_OPERATOR_HOME/client.key")
    "${curl[@]}" "$DUBAN_URL/v1/me" | jq -c --argjson units "$KEYS" --argjson tasks "$TASKS" '.aud as $aud | .keys[0] | {v: 1, aud: $aud, unit: "office",
        key, seq, prev, id: "00000000-0000-4000-8000-000000000001", nonce: "AAAAAAAAAAAAAAAAAAAAAA", iat: "2022-03-21T02:00:00Z", plan: {handle: "b",
        title: "Plan b", from: "2022-01-01", to: "2022-12-31", rule: "quarterly", ladder: "standard", source_sha256: ("0" * 64),
        tasks: [range(1; $units + 1) as $u | range(1; $tasks + 1) | {task: "\($u).\(.)", kind: "task", title: "Section \(.) of route \($u)",
            text: "Finish section \(.) of route \($u).", leaders: ["chief"], leads: ["b" + ("000\($u)" | .[-4:])]}]}}' >"$STEP/plan.json"
    operator sign --type plan <"$STEP/plan.json" >"$STEP/plan.dsse.json"
    "${curl[@]}" -H 'Content-Type: application/vnd.dsse.envelope.v1+json' --data-binary @"$STEP/plan.dsse.json" "$DUBAN_URL/v1/statements" >"$STEP/plan.receipt"
    jq -e '.entry' "$STEP/plan.receipt" >/dev/null || fail "plan: $(cut -c 1-300 "$STEP/plan.receipt")"
}
timed() { # COMMAND...: sets SECONDS_
    local from to
    from=$(date +%s%N)
    "$@" >"$STEP/out" 2>&1 || fail "$*: $(tail -n 2 "$STEP/out")"
    to=$(date +%s%N)
    SECONDS_=$(awk_ "($to - $from) / 1e9")
}

figure rebuild "one connection, one entry after the other: append_at for each, the signature check beside it"
row 'rebuild --compare' entries/s
row 'entries' ''
row 'receipts verify' receipts/s
row 'receipts verify, one' s
start
plan
FOR=$REPLAYED_FOR loaded history --connections "$KEYS" --requests "$(awk_ "int($MOST * ($REPLAYED_FOR + 1))")"
local_ enrol "$DIR" --unit b0001 --home "$DIR/b0001"
for ((i = 1; i <= VERIFIED; i++)); do
    "$BUILD/duban" --home "$DIR/b0001" report "b/1.$((i % TASKS + 1))" --period 2022Q1 --status on-track --progress $((i % 101)) >/dev/null
done
entries=$(sql -c 'select count(*) from duban.log_entry')
mapfile -t receipts < <(find "$DIR/b0001/receipts" -name '*.tlog-proof')
check 'receipts kept' "$VERIFIED" "${#receipts[@]}"
for ((r = 1; r <= ROUNDS; r++)); do
    timed env PGUSER=duban_owner "$BUILD/duband" -c "$DIR/duband.conf" rebuild --compare
    check 'rebuild finds the same rows' 0 "$(grep -oE '[0-9]+ differences' "$STEP/out" | cut -d' ' -f1)"
    sample 'rebuild --compare' "$(awk_ "$entries / $SECONDS_")"
    sample entries "$entries"
    timed "$BUILD/duban" --home "$DIR/b0001" receipts verify "${receipts[0]}"
    one=$SECONDS_
    sample 'receipts verify, one' "$one"
    timed "$BUILD/duban" --home "$DIR/b0001" receipts verify "${receipts[@]}"
    sample 'receipts verify' "$(awk_ "($VERIFIED - 1) / ($SECONDS_ > $one ? $SECONDS_ - $one : 1e-3)")"
done
publish
