#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Random statements of all kinds in random order by random keys: nothing is answered but a receipt or a
# problem, and the ledger made again from the log is the live one, row for row. SEED=n repeats a run.
. "$(dirname "$0")/lib.sh"
instance_start --now "$NOW" --plan "$SAMPLE"
for u in u001 u002 u003 u004; do enrol "$u" --unit "$u"; done
enrol head --post u001-head
enrol leader --post leader-01
SEED=${SEED:-$(date +%s)}
diag "SEED=$SEED"
run python3 "$SYSTEM/anything.py" "${STATEMENTS:-300}" "$SEED" "$W" operator=office u001=u001 u002=u002 u003=u003 u004=u004 head=u001-head leader=leader-01
is "$STATUS" 0 "each statement is answered with a receipt or a problem (SEED=$SEED)" || diag "$OUT$ERR"
[[ -z ${WHY:-} ]] || diag "$ERR"
while read -r kind taken refused; do
    ok "$kind: $taken taken, $refused not" test "$((taken + refused))" -gt 0
done <<<"$OUT"
quiet() { [[ $(curl -sS "$DUBAN_ADMIN_URL/readyz" | jq -c '[.pending_alerts, .pending_obligations]') == '[0,0]' ]]; }
ok "everything is raised and made" eventually 120 quiet
super 'drop database if exists duban_rebuild' >/dev/null 2>&1
super 'create database duban_rebuild owner duban_owner' >/dev/null || bail "no empty database"
run env PGUSER=duban_owner duband -c "$I/duband.conf" rebuild --compare --into "host=$DUBAN_PGHOST port=$DUBAN_PGPORT dbname=duban_rebuild"
is "$STATUS" 0 "the ledger made again from the log is the live one (SEED=$SEED)" || diag "$(head -n 40 <<<"$OUT$ERR")"
for view in missing_alerts missing_verdicts orphans; do
    is "$(sql "select count(*) from duban.$view")" 0 "$view has no row" || diag "$(sql "select * from duban.$view limit 5")"
done
done_testing
