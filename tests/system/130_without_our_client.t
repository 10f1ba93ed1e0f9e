#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# docs/without-our-client.md, run as it is written: each shell block in order, in one shell.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
mkdir "$W/own"
cd "$W/own" || exit
python3 - "$SOURCE/docs/without-our-client.md" <<'P' >"$W/blocks.sh"
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
for block in re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M):
    print(block)
P
ok "the document has shell blocks" test -s "$W/blocks.sh"
cat >"$W/run.sh" <<'EOF2'
set -euo pipefail
UNIT=$1 TASK=$2
. "$3"
EOF2
T=$(led_task u001)
run bash "$W/run.sh" u001 "$T" "$W/blocks.sh"
is "$STATUS" 0 "it runs to its end" || diag "$OUT" "$ERR"
is "$(field "$(cat receipt.json)" '.outcomes[0].outcome')" on-time "the report is on time"
is "$(sql "select verdict from duban.verdict where task = '$T' and period = '2022Q1'")" 1 "… and stored"
run "$SOURCE/examples/check-receipt.sh" "$DUBAN_LOG_VKEY" "$W/own/receipt.tlog-proof"
is "$STATUS" 0 "the receipt verifies"
like "$OUT" 'Signature Verified Successfully' "… by openssl"
done_testing
